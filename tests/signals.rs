//! A signal is locked while it is updated: whatever reads it then, in the closure or further down in a helper, panics in
//! the browser. So the closure of an update works with what it is given and with plain values that were read before.
//! This test holds every source that uses Leptos to that.

mod sources;

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use sources::sources;

/// The methods that run a closure while they hold a signal or a stored value.
const UPDATES: [&str; 6] =
    ["update", "try_update", "maybe_update", "update_untracked", "update_value", "try_update_value"];

/// The methods that lock a signal or a stored value. Those of [`BARE`] have other meanings too when they take an
/// argument.
const LOCKS: [&str; 24] = [
    "get_untracked",
    "get_value",
    "with",
    "with_untracked",
    "with_value",
    "read_untracked",
    "read_value",
    "write_untracked",
    "write_value",
    "set",
    "set_untracked",
    "set_value",
    "try_get",
    "try_get_untracked",
    "try_get_value",
    "try_with",
    "try_with_untracked",
    "try_with_value",
    "update",
    "update_untracked",
    "update_value",
    "try_update",
    "try_update_value",
    "maybe_update",
];
const BARE: [&str; 3] = ["get", "read", "write"];

/// What holds signals: nothing of it is asked for anything while one of them is locked.
const OWNERS: [&str; 3] = ["self", "state", "app"];

/// What is wrong with a source, a sentence each.
fn faults(source: &str) -> Vec<String> {
    let tokens: TokenStream = source.parse().expect("a source of Rust");
    let mut closures = BTreeMap::new();
    find_closures(&tokens, &mut closures);
    let mut found = Vec::new();
    find_faults(&tokens, &closures, &mut found);
    found
}

/// The tokens in parentheses.
fn arguments(token: Option<&TokenTree>) -> Option<TokenStream> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => Some(group.stream()),
        _ => None,
    }
}

fn is_punct(token: Option<&TokenTree>, what: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == what)
}

fn ident(token: Option<&TokenTree>) -> Option<String> {
    match token {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    }
}

/// The groups within these tokens, each with what it holds.
fn inner(tokens: &[TokenTree]) -> impl Iterator<Item = TokenStream> + '_ {
    tokens.iter().filter_map(|token| match token {
        TokenTree::Group(group) => Some(group.stream()),
        _ => None,
    })
}

/// Every `let name = |…| …;`, by name.
fn find_closures(stream: &TokenStream, out: &mut BTreeMap<String, TokenStream>) {
    let tokens: Vec<TokenTree> = stream.clone().into_iter().collect();
    for at in 0..tokens.len() {
        if ident(tokens.get(at)).as_deref() != Some("let") || !is_punct(tokens.get(at + 2), '=') {
            continue;
        }
        let is_move = ident(tokens.get(at + 3)).as_deref() == Some("move");
        let body = at + 3 + usize::from(is_move);
        if let Some(name) = ident(tokens.get(at + 1))
            && is_punct(tokens.get(body), '|')
        {
            let end = (body..tokens.len()).find(|end| is_punct(tokens.get(*end), ';')).unwrap_or(tokens.len());
            out.insert(name, tokens[body..end].iter().cloned().collect());
        }
    }
    inner(&tokens).for_each(|stream| find_closures(&stream, out));
}

/// Every update whose closure does more than change what it is given.
fn find_faults(stream: &TokenStream, closures: &BTreeMap<String, TokenStream>, out: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = stream.clone().into_iter().collect();
    for at in 0..tokens.len() {
        let name = ident(tokens.get(at + 1)).filter(|name| UPDATES.contains(&name.as_str()));
        let (true, Some(name), Some(given)) = (is_punct(tokens.get(at), '.'), name, arguments(tokens.get(at + 2)))
        else {
            continue;
        };
        // The closure may have been given a name before.
        let named = closures.get(&given.to_string());
        if let Some(used) = lock_in(named.unwrap_or(&given), closures) {
            out.push(format!("{name}({given}) uses {used} while the value is locked; read it before"));
        }
    }
    inner(&tokens).for_each(|stream| find_faults(&stream, closures, out));
}

/// The first thing within these tokens that locks a signal, or may.
fn lock_in(stream: &TokenStream, closures: &BTreeMap<String, TokenStream>) -> Option<String> {
    let tokens: Vec<TokenTree> = stream.clone().into_iter().collect();
    for at in 0..tokens.len() {
        let Some(name) = ident(tokens.get(at)) else { continue };
        let given = arguments(tokens.get(at + 1));
        let is_method = at > 0 && is_punct(tokens.get(at - 1), '.');
        let is_owner = OWNERS.contains(&&*name);
        let locks = match given {
            Some(given) if is_method => LOCKS.contains(&&*name) || given.is_empty() && BARE.contains(&&*name),
            Some(_) if is_owner => true,
            Some(_) => {
                let mut others = closures.clone();
                others.remove(&name).is_some_and(|body| lock_in(&body, &others).is_some())
            }
            // A field of an owner may be plain.
            None => {
                is_owner
                    && !is_method
                    && !(is_punct(tokens.get(at + 1), '.') && arguments(tokens.get(at + 3)).is_none())
            }
        };
        if locks {
            return Some(name);
        }
    }
    inner(&tokens).find_map(|stream| lock_in(&stream, closures))
}

#[test]
fn no_update_reads_a_signal() {
    let with_signals: Vec<_> = sources().into_iter().filter(|(_, text)| text.contains("leptos")).collect();
    assert!(with_signals.len() > 20, "only {} sources use Leptos", with_signals.len());
    let wrong: Vec<String> = with_signals
        .iter()
        .flat_map(|(path, text)| faults(text).into_iter().map(|fault| format!("{}: {fault}", path.display())))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// How "Next" under the table of requests once broke the page, and its relatives.
#[test]
fn finds_updates_that_read() {
    let wrong = [
        // A helper that reads the signal that is being updated.
        "fn f() { let page = move || how.get().page.min(page_count() - 1);
         let turn = move |by: isize| how.update(|how| how.page = page().saturating_add_signed(by)); }",
        // Reading it plainly, also within a view.
        "fn f() { view! { <button on:click=move |_| how.update(|it| it.page = how.get().page + 1)/> } }",
        "fn f() { how.update(|it| it.page = how.read().page + 1); }",
        "fn f() { how.try_update(|it| { if open { it.page = how.with_untracked(|how| how.page) } }); }",
        // Another signal may be made of this one.
        "fn f() { how.update(|it| it.last = places.with(Vec::len)); }",
        // A method may read anything.
        "fn f() { self.backstage.try_update_value(|backstage| self.forget(backstage.id)); }",
        "fn f() { state.shelf.update(|shelf| tick(shelf, state)); }",
        "fn f() { state.shelf.update(|shelf| shelf.tick(id, app())); }",
        // The closure has a name.
        "fn f() { let put = |shelf: &mut Shelf| shelf.put(entry.get()); state.shelf.update(put); }",
    ];
    for source in wrong {
        assert_eq!(faults(source).len(), 1, "{source}: {:?}", faults(source));
    }
    let fine = [
        "fn f() { let page = page(); how.update(|how| how.page = page.min(how.last)); }",
        "fn f() { shelf.update(|shelf| shelf.get(&id).read(3).write(text)); }",
        "fn f() { self.phase.update(|phase| *phase = session::next(std::mem::take(phase), event)); }",
        "fn f() { let flag = |form: &Form| form.flag; self.form.update(|form| form.leave(self.flag, flag(form))); }",
        "fn f() { hasher.update(bytes); let put = |shelf: &mut Shelf| shelf.put(entry); state.shelf.update(put); }",
    ];
    for source in fine {
        assert_eq!(faults(source), Vec::<String>::new(), "{source}");
    }
}

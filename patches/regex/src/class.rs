//! Classes of characters in brackets, and the properties that Unicode gives them.

use crate::case;
use crate::translate::{Escape, Refused, Translator, write};

/// What `\w` is.
pub(crate) const WORD: &str = r"[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]";

/// `[:name:]`: these are ASCII's only.
const POSIX: [(&str, &str); 14] = [
    ("alnum", "0-9A-Za-z"),
    ("alpha", "A-Za-z"),
    ("ascii", r"\u{0}-\u{7f}"),
    ("blank", r"\t\u{20}"),
    ("cntrl", r"\u{0}-\u{1f}\u{7f}"),
    ("digit", "0-9"),
    ("graph", r"\u{21}-\u{7e}"),
    ("lower", "a-z"),
    ("print", r"\u{20}-\u{7e}"),
    ("punct", r"\u{21}-\u{2f}\u{3a}-\u{40}\u{5b}-\u{60}\u{7b}-\u{7e}"),
    ("space", r"\t\n\v\f\r\u{20}"),
    ("upper", "A-Z"),
    ("word", r"0-9A-Za-z\u{5f}"),
    ("xdigit", "0-9A-Fa-f"),
];

/// Of a class: what stands before an operation, and its sign.
type Before = Option<(String, &'static str)>;

impl Translator<'_> {
    /// What is behind `[`.
    pub(crate) fn class(&mut self) -> Result<String, Refused> {
        self.deeper(Self::class_inside)
    }

    fn class_inside(&mut self) -> Result<String, Refused> {
        let negated = self.eat("^");
        let mut before: Before = None;
        let mut items = String::new();
        // These stand for themselves at the beginning.
        while self.eat("-") {
            items.push_str(r"\-");
        }
        if items.is_empty() && self.eat("]") {
            items.push_str(r"\]");
        }
        loop {
            if self.eat("]") {
                let inside = operate(before, items);
                return Ok(if negated { format!("[^{inside}]") } else { inside });
            }
            if self.eat("&&") {
                before = Some((operate(before, std::mem::take(&mut items)), "&&"));
            } else if self.eat("--") {
                before = Some((operate(before, std::mem::take(&mut items)), "--"));
            } else if self.is_next("~~") {
                return Err(Refused("~~ in a class is not known here"));
            } else {
                items.push_str(&self.item()?);
            }
        }
    }

    /// A character, a range, or a class in a class.
    fn item(&mut self) -> Result<String, Refused> {
        if self.eat("[") {
            return match self.posix() {
                Some(text) => Ok(text),
                None => self.class(),
            };
        }
        let first = match self.member()? {
            Escape::Char(c) => c,
            Escape::Set(text) => return Ok(text),
            Escape::Place(_) => return Err(Refused("this cannot stand in a class")),
        };
        if !self.is_next("-") || self.is_next("-]") || self.is_next("--") {
            return Ok(self.range(first, first));
        }
        self.next();
        match self.member()? {
            Escape::Char(last) if first <= last => Ok(self.range(first, last)),
            _ => Err(Refused("this is no range of characters")),
        }
    }

    fn member(&mut self) -> Result<Escape, Refused> {
        match self.next().ok_or(Refused("a class does not end"))? {
            '\\' if self.eat("b") => Ok(Escape::Char('\u{8}')),
            '\\' => self.escape(),
            c => Ok(Escape::Char(c)),
        }
    }

    /// `[:name:]` or `[:^name:]`, of which `[` is gone past.
    fn posix(&mut self) -> Option<String> {
        let found = POSIX.iter().find_map(|(name, members)| {
            let plain = self.eat(&format!(":{name}:]"));
            (plain || self.eat(&format!(":^{name}:]"))).then_some((plain, *members))
        });
        found.map(|(plain, members)| format!("[{}{members}]", if plain { "" } else { "^" }))
    }

    /// Characters from one to another, and those that differ from them in case where that does not matter.
    fn range(&self, first: char, last: char) -> String {
        let mut text = if first == last { write(first) } else { format!("{}-{}", write(first), write(last)) };
        if self.ignores_case() {
            let others = (first..=last).flat_map(case::variants).filter(|c| !(first..=last).contains(c));
            text.extend(others.map(write));
        }
        text
    }
}

/// A class of these items, or of what is left of those before by an operation with these.
fn operate(before: Before, items: String) -> String {
    match before {
        None => format!("[{items}]"),
        Some((left, sign)) => format!("[{left}{sign}[{items}]]"),
    }
}

/// A property by one of the names that Unicode's notation allows, which may be written in several ways, or by that of a
/// script: ECMAScript has one way.
pub(crate) fn property(name: &str, negated: bool, knows: &dyn Fn(&str) -> bool) -> Result<String, Refused> {
    let (name, negated) = match name.strip_prefix('^') {
        Some(name) => (name, !negated),
        None => (name, negated),
    };
    let (key, value) =
        match name.split_once("!=").map(|it| (it, true)).or(name.split_once(['=', ':']).map(|it| (it, false))) {
            Some(((key, value), differs)) => (Some((key, differs)), value),
            None => (None, name),
        };
    let negated = negated ^ key.is_some_and(|(_, differs)| differs);
    let keys: &[&str] = match key.map(|(key, _)| key.to_ascii_lowercase()).as_deref() {
        None => &["", "Script="],
        Some("gc" | "general_category" | "generalcategory") => &["General_Category="],
        Some("sc" | "script") => &["Script="],
        Some("scx" | "script_extensions" | "scriptextensions") => &["Script_Extensions="],
        Some(_) => return Err(Refused("properties of this kind are not known here")),
    };
    let spellings = [value.to_owned(), capitalised(value), value.to_ascii_uppercase()];
    let names = spellings.iter().flat_map(|value| keys.iter().map(move |key| format!("{key}{value}")));
    // What is in it is letters of names only, so that nothing else can be said in braces.
    let plain = names.filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '=')));
    let found = plain.map(|name| format!(r"\p{{{name}}}")).find(|property| knows(property));
    let found = found.ok_or(Refused("the browser knows no such property of characters"))?;
    Ok(if negated { found.replacen('p', "P", 1) } else { found })
}

/// `old italic` as `Old_Italic`.
fn capitalised(name: &str) -> String {
    let words = name.split([' ', '_', '-']).map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(letters.map(|c| c.to_ascii_lowercase())).collect::<String>()
    });
    words.collect::<Vec<_>>().join("_")
}

//! Classes of characters in brackets, and the properties that Unicode gives them.

use crate::case;
use crate::translate::{Escape, Find, Refused, Translator, write};

/// What `\w` is.
pub(crate) const WORD: &str = r"[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]";

/// `[:name:]`: these are ASCII's only.
const POSIX: [(&str, &[(char, char)]); 14] = [
    ("alnum", &[('0', '9'), ('A', 'Z'), ('a', 'z')]),
    ("alpha", &[('A', 'Z'), ('a', 'z')]),
    ("ascii", &[('\0', '\x7f')]),
    ("blank", &[('\t', '\t'), (' ', ' ')]),
    ("cntrl", &[('\0', '\x1f'), ('\x7f', '\x7f')]),
    ("digit", &[('0', '9')]),
    ("graph", &[('!', '~')]),
    ("lower", &[('a', 'z')]),
    ("print", &[(' ', '~')]),
    ("punct", &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
    ("space", &[('\t', '\r'), (' ', ' ')]),
    ("upper", &[('A', 'Z')]),
    ("word", &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
    ("xdigit", &[('0', '9'), ('A', 'F'), ('a', 'f')]),
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
            if let Some(sign) = ["&&", "--", "~~"].into_iter().find(|sign| self.eat(sign)) {
                before = Some((operate(before, std::mem::take(&mut items)), sign));
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
            '\\' if self.eat("<") => Ok(Escape::Char('<')),
            '\\' if self.eat(">") => Ok(Escape::Char('>')),
            '\\' => self.escape(),
            c => Ok(Escape::Char(c)),
        }
    }

    /// `[:name:]` or `[:^name:]`, of which `[` is gone past.
    fn posix(&mut self) -> Option<String> {
        let (plain, ranges) = POSIX.iter().find_map(|(name, ranges)| {
            let plain = self.eat(&format!(":{name}:]"));
            (plain || self.eat(&format!(":^{name}:]"))).then_some((plain, ranges))
        })?;
        let members: String = ranges.iter().map(|&(first, last)| self.range(first, last)).collect();
        Some(format!("[{}{members}]", if plain { "" } else { "^" }))
    }

    /// Characters from one to another, and those that differ from them in case where that does not matter.
    fn range(&self, first: char, last: char) -> String {
        let mut text = if first == last { write(first) } else { format!("{}-{}", write(first), write(last)) };
        if self.ignores_case() {
            let cased = first..=last.min(case::LAST_CASED);
            text.extend(cased.flat_map(case::variants).filter(|c| !(first..=last).contains(c)).map(write));
        }
        text
    }

    /// A class, and what differs from what is in it in case alone.
    pub(crate) fn in_any_case(&self, class: &str) -> String {
        let text: String = case::CASED.iter().map(|(c, _)| c).collect();
        // In order, as the text is.
        let found: Vec<char> = (self.find)(class, &text).unwrap_or_default().chars().collect();
        let is_inside = |c: &char| found.binary_search(c).is_ok();
        let others = case::CASED.iter().filter(|(c, variants)| !is_inside(c) && variants.iter().any(is_inside));
        format!("[{class}{}]", others.map(|(c, _)| write(*c)).collect::<String>())
    }
}

/// A class of these items, or of what is left of those before by an operation with these.
fn operate(before: Before, items: String) -> String {
    match before {
        None => format!("[{items}]"),
        Some((left, "~~")) => format!("[[{left}[{items}]]--[{left}&&[{items}]]]"),
        Some((left, sign)) => format!("[{left}{sign}[{items}]]"),
    }
}

/// A property by one of the names that Unicode's notation allows, which may be written in several ways, or by that of a
/// script: ECMAScript has one way. Gives the class, and whether all others are meant.
pub(crate) fn property(name: &str, find: Find<'_>) -> Result<(String, bool), Refused> {
    let (name, negated) = name.strip_prefix('^').map_or((name, false), |name| (name, true));
    let (key, differs, value) = match (name.split_once("!="), name.split_once(['=', ':'])) {
        (Some((key, value)), _) => (key, true, value),
        (None, Some((key, value))) => (key, false, value),
        (None, None) => ("", false, name),
    };
    let keys: &[&str] = match plain(key).as_str() {
        "" => &["", "Script="],
        "gc" | "generalcategory" => &["General_Category="],
        "sc" | "script" => &["Script="],
        "scx" | "scriptextensions" => &["Script_Extensions="],
        _ => return Err(Refused("properties of this kind are not known here")),
    };
    let value = value.trim();
    let spellings = [value.to_owned(), capitalised(value), value.to_ascii_uppercase(), value.to_ascii_lowercase()];
    let names = spellings.iter().flat_map(|value| keys.iter().map(move |key| format!("{key}{value}")));
    // What is in it is letters of names only, so that nothing else can be said in braces.
    let plain = names.filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '=')));
    let found = plain.map(|name| format!(r"\p{{{name}}}")).find(|property| find(property, "").is_some());
    Ok((found.ok_or(Refused("the browser knows no such property of characters"))?, negated ^ differs))
}

/// A name without what does not matter in it.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).map(|c| c.to_ascii_lowercase()).collect()
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

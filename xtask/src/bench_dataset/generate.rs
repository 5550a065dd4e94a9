//! A large ShareGPT-like file out of thin air: words of ours in lengths like the real file's, written as Python's
//! `json.dump` writes it with an indent of 2. The same size gives the same bytes.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::run::{cache_dir, say};
use crate::{Doing, Error};

/// Raised with every change to what is written, so that older files are not taken for this one.
const VERSION: u32 = 1;
const MB: u64 = 1_000_000;

/// The file of this size, made if it is missing.
///
/// # Errors
/// When it cannot be written.
pub(super) fn ensure(size_mb: u64) -> Result<PathBuf, Error> {
    let folder = cache_dir()?.join("datasets");
    fs::create_dir_all(&folder).doing(|| format!("make {}", folder.display()))?;
    let path = folder.join(format!("sharegpt-v{VERSION}-{size_mb}mb.json"));
    if !path.is_file() {
        say(&format!("Writing {} (under a minute)", path.display()));
        // Under its own name only when it is whole.
        let partial = path.with_extension("partial");
        write(&partial, size_mb * MB)
            .and_then(|()| fs::rename(&partial, &path))
            .doing(|| format!("write {}", path.display()))?;
    }
    Ok(path)
}

fn write(path: &Path, size: u64) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    conversations(size, &mut file)?;
    file.flush()
}

/// A list of conversations of at least this many bytes.
fn conversations(size: u64, out: &mut impl Write) -> io::Result<()> {
    let mut dice = Dice(0);
    let mut text = String::from("[");
    let (mut written, mut count) = (0, 0);
    while written < size {
        text.push_str(if count == 0 { "\n" } else { ",\n" });
        conversation(count, &mut dice, &mut text);
        out.write_all(text.as_bytes())?;
        written += text.len() as u64;
        text.clear();
        count += 1;
    }
    out.write_all(b"\n]")
}

fn conversation(number: u64, dice: &mut Dice, out: &mut String) {
    out.push_str(&format!("  {{\n    \"id\": \"{:07x}_{number}\",\n    \"conversations\": [", dice.next() >> 36));
    // One in sixteen is too short to be used.
    // Most are plain ASCII, as in the real file: Python keeps and reads those fastest.
    let plain = dice.below(8) > 0;
    let turns = if dice.below(16) == 0 { dice.below(2) } else { 2 + dice.below(12) };
    for turn in 0..turns {
        let (from, shortest) = if turn % 2 == 0 { ("human", 20) } else { ("gpt", 100) };
        let comma = if turn == 0 { "" } else { "," };
        out.push_str(&format!("{comma}\n      {{\n        \"from\": \"{from}\",\n        \"value\": \""));
        // Six doublings, each as likely as the others: from a line to some pages.
        let len = shortest << dice.below(6);
        write_text(len + dice.below(len), plain, dice, out);
        out.push_str("\"\n      }");
    }
    out.push_str(if turns == 0 { "]\n  }" } else { "\n    ]\n  }" });
}

/// Words, for about this many bytes of JSON.
fn write_text(len: u64, plain: bool, dice: &mut Dice, out: &mut String) {
    let end = out.len() + len as usize;
    loop {
        let bits = dice.next() as usize;
        if plain || !(bits >> 48).is_multiple_of(4) {
            word(bits, out);
        } else {
            out.push_str(OTHERS[bits % OTHERS.len()]);
        }
        if out.len() >= end {
            return;
        }
        // One gap in sixteen is more than a space.
        let rare = (bits >> 32).is_multiple_of(16);
        out.push_str(if rare { GAPS[(bits >> 40) % GAPS.len()] } else { " " });
    }
}

/// A word as often as words of its rank are in English, where the tenth is a tenth as frequent as the first (Zipf's law):
/// as the real file's, most words of a text are common ones, and most of the 32768 there are come seldom.
fn word(bits: usize, out: &mut String) {
    // Each doubling of the rank is as likely as the others.
    let doubling = 1 << (bits % 15);
    let rank = doubling + (bits >> 4) % doubling - 1;
    match WORDS.get(rank) {
        Some(word) => out.push_str(word),
        None => [rank, rank / 32, rank / 1024].iter().for_each(|at| out.push_str(SYLLABLES[at % 32])),
    }
}

/// Splitmix64, by Sebastiano Vigna: good enough to pick words.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, sides: u64) -> u64 {
        self.next() % sides
    }
}

/// What stands between words now and then, as JSON.
const GAPS: &[&str] =
    &[", ", ". ", ".\\n\\n", ": ", " \\\"", "\\\" ", "\\n- ", "\\n\\t", " / ", " (", ") ", "? ", "\\\\"];

/// Words, as JSON.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "the", "a", "of", "and", "to", "in", "is", "that", "for", "with", "as", "on", "it", "be", "this", "are", "or", "by",
    "from", "you", "can", "your", "we", "not", "an", "will", "have", "which", "their", "more", "if", "each", "use", "when",
    "river", "water", "gauge", "station", "bridge", "level", "measure", "reading", "season", "flood", "valley", "rain",
    "meadow", "current", "channel", "harbour", "weather", "forecast", "village", "engineer", "notebook", "instrument",
    "explain", "describe", "compare", "example", "because", "however", "therefore", "before", "after", "between", "under",
    "function", "return", "value", "list", "string", "number", "server", "request", "response", "token", "latency", "load",
    "market", "history", "company", "customer", "product", "strategy", "budget", "research", "science", "language", "model",
    "first", "second", "third", "small", "large", "simple", "careful", "quick", "usual", "different", "important", "several",
    "12", "2024", "3.5", "100%", "x = y + 1;", "def run(self):", "`code`", "**bold**", "https://host.example/path?x=1",
];

/// What rarer words are made of.
#[rustfmt::skip]
const SYLLABLES: [&str; 32] = [
    "an", "ter", "con", "mi", "re", "sta", "lo", "ver", "in", "der", "pro", "ca", "ment", "su", "tion", "per", "al", "bro",
    "ness", "vi", "dis", "ga", "er", "ly", "com", "no", "ing", "pla", "ty", "ex", "fo", "us",
];

/// Words that are not ASCII, as JSON.
#[rustfmt::skip]
const OTHERS: &[&str] = &[
    "caf\\u00e9", "na\\u00efve", "\\u4f60\\u597d", "\\u6c34\\u4f4d", "\\u0440\\u0435\\u043a\\u0430", "\\ud83d\\ude00",
];

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn writes_the_same_json_of_the_size_each_time() {
        let made = || {
            let mut out = Vec::new();
            conversations(300_000, &mut out).unwrap();
            out
        };
        let bytes = made();
        assert_eq!(bytes, made());
        assert!((300_000..400_000).contains(&bytes.len()));
        assert!(bytes.is_ascii());
        let list: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
        let turns = |one: &Value| one["conversations"].as_array().unwrap().len();
        let usable = list.iter().filter(|one| turns(one) >= 2).count();
        assert!(usable * 10 > list.len() * 8 && usable < list.len(), "{usable} of {}", list.len());
    }
}

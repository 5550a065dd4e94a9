//! The README's table of flags is the code's own list. `UPDATE=1 cargo test --test readme` writes it anew.

use std::fmt::Write as _;

use streamgauge::settings::{FLAGS, Group, Origin, Settings};

const START: &str = "cargo test --test readme` -->\n";
const END: &str = "<!-- end of flags -->";

fn table() -> String {
    let mut text = String::from("| key | label | default | whose | meaning |\n| --- | --- | --- | --- | --- |\n");
    let default = Settings::default();
    for flag in FLAGS {
        let value = (flag.get)(&default).join(" ");
        let whose = match flag.origin {
            Origin::Reference => "reference",
            Origin::Vllm => "vLLM",
            Origin::Ours => "Streamgauge",
        };
        let label = if flag.group == Group::Link { "(link only)" } else { flag.label };
        let default = if value.is_empty() { String::new() } else { format!("`{value}`") };
        let _ = writeln!(text, "| `{}` | {label} | {default} | {whose} | {} |", flag.key, flag.help.trim());
    }
    text
}

#[test]
fn flag_table_is_the_codes_list() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).expect("README.md is readable");
    let start = readme.find(START).expect("the flag table's start mark") + START.len();
    let end = readme.find(END).expect("the flag table's end mark");
    if std::env::var_os("UPDATE").is_some() {
        let updated = format!("{}{}{}", &readme[..start], table(), &readme[end..]);
        std::fs::write(path, updated).expect("README.md is writable");
        return;
    }
    assert_eq!(&readme[start..end], table(), "run UPDATE=1 cargo test --test readme");
}

#[test]
fn every_key_and_label_is_unique() {
    let mut keys: Vec<_> = FLAGS.iter().map(|flag| flag.key).collect();
    let mut labels: Vec<_> = FLAGS.iter().map(|flag| flag.label).collect();
    for list in [&mut keys, &mut labels] {
        list.sort_unstable();
        let count = list.len();
        list.dedup();
        assert_eq!(list.len(), count);
    }
}

//! Addresses on a model hub: names of tokenizers, and the pages about files in place of the files.

use streamgauge::settings::{hub_file, hub_folder};

const HUB: &str = "https://huggingface.co";

#[test]
fn the_page_about_a_file_leads_to_the_file() {
    for (page, file) in [
        (
            "https://huggingface.co/datasets/o/n/blob/main/a/sg.json",
            "https://huggingface.co/datasets/o/n/resolve/main/a/sg.json",
        ),
        ("https://huggingface.co/o/m/tree/main/", "https://huggingface.co/o/m/resolve/main/"),
        ("https://huggingface.co/o/n/blob/main/blob/x.json", "https://huggingface.co/o/n/resolve/main/blob/x.json"),
    ] {
        assert_eq!(hub_file(page, HUB), file);
    }
    let mirror = "https://mirror.example";
    assert_eq!(
        hub_file("https://mirror.example/o/n/blob/main/x", "https://mirror.example/"),
        "https://mirror.example/o/n/resolve/main/x"
    );
    for other in [
        "https://huggingface.co/o/n/resolve/main/blob/x.json",
        "https://huggingface.co.evil.example/o/n/blob/main/x",
        "https://github.com/o/n/blob/main/x.json",
        "demo/blob/x.json",
    ] {
        assert_eq!(hub_file(other, mirror), other);
    }
}

#[test]
fn only_names_are_looked_up_on_the_hub() {
    assert_eq!(
        hub_folder("org/model", "https://huggingface.co/").as_deref(),
        Some("https://huggingface.co/org/model/resolve/main/")
    );
    assert_eq!(hub_folder("gpt2", HUB).as_deref(), Some("https://huggingface.co/gpt2/resolve/main/"));
    for place in
        ["a/b/c", "./tok", "../tok", "/tok", "//evil/tok", "https://x/y", "a b/c", "demo/tokenizer/", "", "a\\b"]
    {
        assert_eq!(hub_folder(place, HUB), None, "{place}");
    }
}

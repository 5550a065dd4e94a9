//! The shapes of conversations beside ShareGPT's list: JSON lines, lists inside an object, and chats.

use proptest::prelude::*;
use serde_json::Value;

use super::tests::{expected, fed, index_of, now, texts as texts_at};
use crate::dataset::file::DatasetError;
use crate::dataset::sharegpt::index;

/// The same conversations in every shape that is read, with the bytes of their texts.
fn shapes(conversations: &[Value]) -> Vec<String> {
    let chat = |text: &str| text.replace("\"conversations\"", "\"messages\"").replace("\"value\"", "\"content\"");
    let list = Value::from(conversations.to_vec()).to_string();
    let lines: String = conversations.iter().map(|row| format!("{row}\n")).collect();
    let mut shapes =
        vec![list.clone(), format!("{{\"data\": {list}}}"), format!("{{\"n\":[1],\"rows\":{list},\"data\":[2]}}")];
    if !conversations.is_empty() {
        shapes.extend([lines.clone(), lines.replace('\n', "\r\n\n"), lines.trim_end().to_owned()]);
    }
    shapes.iter().flat_map(|shape| [shape.clone(), chat(shape)]).collect()
}

proptest! {
    #[test]
    fn every_shape_gives_the_same_conversations(
        texts in prop::collection::vec(prop::collection::vec("[a-z \\n\"{}\\[\\]]{0,12}", 0..4), 0..5),
        cuts in prop::collection::vec(0_usize..10_000, 0..6),
    ) {
        let turn = |text: &String| serde_json::json!({"role": "user", "from": "human", "value": text});
        let row = |texts: &Vec<String>| serde_json::json!({"id": 7, "conversations": texts.iter().map(turn).collect::<Vec<_>>()});
        let conversations: Vec<Value> = texts.iter().map(row).collect();
        for shape in shapes(&conversations) {
            let index = fed(shape.as_bytes(), &cuts).unwrap_or_else(|error| panic!("{error}: {shape}"));
            prop_assert_eq!(index.conversations as usize, conversations.len(), "{}", shape);
            let found: Vec<_> = index.entries.iter().map(|entry| texts_at(shape.as_bytes(), entry)).collect();
            prop_assert_eq!(found, expected(&conversations), "{}", shape);
        }
    }
}

#[test]
fn sharegpts_words_count_before_a_chats() {
    let texts_of = |text: &str| {
        let index = index_of(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
        index.entries.iter().map(|entry| texts_at(text.as_bytes(), entry)).collect::<Vec<_>>()
    };
    let own = r#""conversations": [{"value": "a", "content": "x"}, {"content": "x", "value": "b"}]"#;
    let chat = r#""messages": [{"content": "x"}, {"content": "y"}]"#;
    for text in [format!("[{{{own}, {chat}}}]"), format!("[{{{chat}, {own}}}]"), format!("{{{chat}, {own}}}")] {
        assert_eq!(texts_of(&text), [["a", "b"]], "{text}");
    }
    assert_eq!(texts_of(&format!("{{\"data\": 1, {chat}, \"rows\": [1]}}")), [["x", "y"]]);
}

#[test]
fn tables_are_named_and_lines_of_json_are_not_taken_for_them() {
    let error = |text: &str| now(index(text.as_bytes(), &mut |_| {})).expect_err(text);
    assert_eq!(error("id,conversations\n1,[]\n"), DatasetError::Table);
    assert_eq!(error("\"id\",\"conversations\"\n"), DatasetError::Table);
    assert!(matches!(error("Shall I compare thee, to"), DatasetError::NotJson { at: 0, .. }));
    assert!(matches!(error("[{\"a\", 1}]"), DatasetError::NotJson { .. }));
}

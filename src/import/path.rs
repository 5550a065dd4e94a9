//! Which value of a document an error is about, as `records[0].lane`. It is found from the error's line and column after
//! the fact, so that no reader of a type has to carry a path, and each is compiled once.

/// A step from a container to a value in it.
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// The path of the value that begins or has just ended where the error was met.
pub(super) fn of_error(text: &str, error: &serde_json::Error) -> String {
    let lines_before = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    path_at(text, lines_before.map(str::len).sum::<usize>() + error.column())
}

/// Walks the document, which is JSON as far as `end`, in bytes.
fn path_at(text: &str, end: usize) -> String {
    let bytes = text.as_bytes();
    let mut open: Vec<Step<'_>> = Vec::new();
    let (mut at, mut key_is_next) = (0, false);
    while at < end.min(bytes.len()) {
        match bytes[at] {
            b'{' => open.push(Step::Key("")),
            b'[' => open.push(Step::Index(0)),
            b'}' | b']' => drop(open.pop()),
            b',' => {
                if let Some(Step::Index(index)) = open.last_mut() {
                    *index += 1;
                }
            }
            b'"' => {
                let start = at + 1;
                at = end_of_string(bytes, start);
                if let (true, Some(Step::Key(key))) = (key_is_next, open.last_mut()) {
                    *key = text.get(start..at).unwrap_or_default();
                }
            }
            _ => {}
        }
        if !bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            key_is_next = bytes.get(at).is_some_and(|byte| matches!(byte, b'{' | b','));
        }
        at += 1;
    }
    written(&open)
}

/// Where the quote is that ends a string.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at
}

fn written(steps: &[Step<'_>]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Key(key) if path.is_empty() || key.is_empty() => path.push_str(key),
            Step::Key(key) => path.extend([".", key]),
            Step::Index(index) => path.push_str(&format!("[{index}]")),
        }
    }
    if path.is_empty() { "its top".to_owned() } else { path }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Outer {
        name: String,
        rows: Vec<Row>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Row {
        lane: u16,
        #[serde(default)]
        at_ms: Vec<f64>,
    }

    fn path(text: &str) -> String {
        of_error(text, &serde_json::from_str::<Outer>(text).expect_err("a document that does not fit"))
    }

    #[test]
    fn names_the_value_that_does_not_fit() {
        let rows =
            |rows: &str| path(&format!("{{\n \"name\": \"a \\\" , {{ [\",\n \"rows\": [{{\"lane\": 1}},\n {rows}"));
        assert_eq!(rows("{\"lane\": -1}]}"), "rows[1].lane");
        assert_eq!(rows("{\"lane\": {}}]}"), "rows[1].lane");
        assert_eq!(rows("{\"lane\": \"x\", \"at_ms\": []}]}"), "rows[1].lane");
        assert_eq!(rows("{\"lane\": 2, \"at_ms\": [1.5, 2, \"3\"]}]}"), "rows[1].at_ms[2]");
        assert_eq!(rows("{\"lane\": 2, \"at_ms\": [1.5, [2]]}]}"), "rows[1].at_ms[1]");
        assert_eq!(rows("{\"lane\": 2, \"at_ms\": true}]}"), "rows[1].at_ms");
        assert_eq!(rows("{\"lane\": 2}, 7]}"), "rows[2]");
        assert_eq!(rows("{\"at_ms\": []}]}"), "rows[1]");
        assert_eq!(path("{\"x\": [1, {\"y\": 2}], \"rows\": []}"), "its top");
        assert_eq!(path("{\"é\": 1, \"name\": null}"), "name");
    }

    #[test]
    fn any_text_and_place_have_a_path() {
        let text = "{\"a\\\": [}]]é\", {\"";
        for end in 0..text.len() + 3 {
            let _ = path_at(text, end);
        }
    }
}

//! The figures of one or more results as a Markdown table, a column a result.

use crate::result::FIGURES;
use crate::result::{RunResult, python};

/// The table. Figures that none of the results has are left out.
pub fn table(results: &[&RunResult]) -> String {
    let mut lines = Vec::new();
    let cells = |first: &str, cells: Vec<String>| format!("| {} | {} |", first, cells.join(" | "));
    lines.push(cells("", results.iter().map(|result| escaped(&title(result))).collect()));
    lines.push(cells("---", results.iter().map(|_| "---:".to_owned()).collect()));
    for figure in FIGURES {
        if results.iter().any(|result| (figure.get)(&result.figures).is_some()) {
            let values = results.iter().map(|result| figure.show(&result.figures)).collect();
            lines.push(cells(&figure.title(), values));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// What a result is called beside others: its label, or its model, with its rate and its tool.
pub fn title(result: &RunResult) -> String {
    let about = &result.about;
    let name = about.label.as_deref().or(about.model_id.as_deref()).unwrap_or("unnamed");
    let rate = about.request_rate.map(|rate| format!(", {} req/s", python::repr(rate))).unwrap_or_default();
    format!("{name}{rate} ({})", result.tool.label())
}

/// Text from outside, such that Markdown takes it as text.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '!' | '#' | '~' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::{About, Figures};

    #[test]
    fn a_column_a_result_and_no_markup_from_outside() {
        let one = RunResult {
            about: About { label: Some("a|b <i>".into()), request_rate: Some(2.0), ..About::default() },
            figures: Figures { completed: Some(3), request_throughput: Some(1.005), ..Figures::default() },
            ..RunResult::default()
        };
        let two = RunResult::default();
        assert_eq!(
            table(&[&one, &two]),
            "|  | a\\|b &lt;i&gt;, 2.0 req/s (Streamgauge) | unnamed (Streamgauge) |\n| --- | ---: | ---: |\n\
             | Successful requests | 3 | - |\n| Request throughput (req/s) | 1.00 | - |\n"
        );
    }
}

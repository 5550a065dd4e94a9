//! The requests of a result as CSV (RFC 4180), one line a request, without prompts or outputs.

use crate::result::{RequestRow, RunResult};

const COLUMNS: [&str; 12] = [
    "index",
    "outcome",
    "prompt_tokens",
    "output_tokens",
    "sent_s",
    "send_delay_ms",
    "ttft_ms",
    "tpot_ms",
    "mean_itl_ms",
    "max_itl_ms",
    "e2el_ms",
    "error",
];

/// The requests, with a line of names before them. What is missing is an empty field.
pub fn requests(result: &RunResult) -> String {
    let mut lines = vec![COLUMNS.join(",")];
    lines.extend(result.requests.iter().map(line));
    lines.push(String::new());
    lines.join("\r\n")
}

fn line(row: &RequestRow) -> String {
    let times = &row.times;
    let ms = |seconds: Option<f64>| shown(seconds.map(|seconds| seconds * 1000.0));
    let itls = &times.itls_s;
    let mean_itl = (!itls.is_empty()).then(|| itls.iter().sum::<f64>() / itls.len() as f64);
    [
        times.index.to_string(),
        if times.succeeded { "completed" } else { "failed" }.to_owned(),
        shown(times.prompt_len),
        shown(times.output_len),
        shown(times.sent_s),
        ms(times.delay_s),
        ms(times.ttft_s),
        ms(times.tpot_s),
        ms(mean_itl),
        ms(itls.iter().copied().reduce(f64::max)),
        ms(times.latency_s),
        row.error.as_deref().map(field).unwrap_or_default(),
    ]
    .join(",")
}

fn shown<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Text as a field. A spreadsheet would take what begins with `=`, `+`, `-` or `@` for a formula, so an apostrophe
/// goes before it.
fn field(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::RequestTimes;

    #[test]
    fn one_line_a_request() {
        let done = RequestRow {
            times: RequestTimes {
                succeeded: true,
                prompt_len: Some(7),
                output_len: Some(3),
                ttft_s: Some(0.125),
                itls_s: vec![0.25, 0.5],
                latency_s: Some(1.0),
                ..RequestTimes::default()
            },
            ..RequestRow::default()
        };
        let failed = RequestRow { error: Some("=1+1, \"no\"".into()), ..RequestRow::default() };
        let csv = requests(&RunResult { requests: vec![done, failed], ..RunResult::default() });
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!(lines[1], "0,completed,7,3,,,125,,375,500,1000,");
        assert_eq!(lines[2], "0,failed,,,,,,,,,,\"'=1+1, \"\"no\"\"\"");
        assert_eq!(lines.len(), 4);
    }
}

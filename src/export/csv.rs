//! The requests of a result as CSV (RFC 4180), one line a request, without prompts or outputs.

use crate::metrics::{Metric, Read, RequestTimes};
use crate::result::{RequestRow, RunResult};

/// What stands before the standard latencies.
const FIRST: [&str; 6] = ["index", "outcome", "prompt_tokens", "output_tokens", "sent_s", "send_delay_ms"];

/// The requests, with a line of names before them. What is missing is an empty field. Latencies that came later, where a
/// request has them, follow the error, so that the columns before keep their places.
pub fn requests(result: &RunResult) -> String {
    let has_values = |metric: &Metric| result.requests.iter().any(|row| metric.of_request(&row.times).is_some());
    let further: Vec<Metric> = Metric::further().filter(has_values).collect();
    let columns = FIRST.map(str::to_owned).into_iter().chain(Metric::STANDARD.into_iter().flat_map(names));
    let columns = columns.chain(["error".to_owned()]).chain(further.iter().copied().flat_map(names));
    let mut lines = vec![columns.collect::<Vec<_>>().join(",")];
    lines.extend(result.requests.iter().map(|row| line(row, &further)));
    lines.push(String::new());
    lines.join("\r\n")
}

/// The columns of a latency.
fn names(metric: Metric) -> Vec<String> {
    let word = metric.word();
    if metric.is_pooled() {
        vec![format!("mean_{word}_ms"), format!("max_{word}_ms")]
    } else {
        vec![format!("{word}_ms")]
    }
}

/// A request's fields in the columns of a latency.
fn fields(metric: Metric, times: &RequestTimes) -> Vec<String> {
    match metric.row().read {
        Read::PerRequest(value) | Read::PerRequestWhere(value, _) => vec![ms(value(times))],
        Read::Pooled(values) => {
            let values = values(times);
            let mean = (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
            vec![ms(mean), ms(values.iter().copied().reduce(f64::max))]
        }
    }
}

fn line(row: &RequestRow, further: &[Metric]) -> String {
    let times = &row.times;
    let mut line = vec![
        times.index.to_string(),
        if times.succeeded { "completed" } else { "failed" }.to_owned(),
        shown(times.prompt_len),
        shown(times.output_len),
        shown(times.sent_s),
        ms(times.delay_s),
    ];
    line.extend(Metric::STANDARD.into_iter().flat_map(|metric| fields(metric, times)));
    line.push(row.error.as_deref().map(field).unwrap_or_default());
    line.extend(further.iter().flat_map(|metric| fields(*metric, times)));
    line.join(",")
}

fn ms(seconds: Option<f64>) -> String {
    shown(seconds.map(|seconds| seconds * 1000.0))
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
        assert!(lines[0].ends_with(",e2el_ms,error,ntpot_ms"), "{}", lines[0]);
        assert_eq!(lines[1], "0,completed,7,3,,,125,,375,500,1000,,333.3333333333333");
        assert_eq!(lines[2], "0,failed,,,,,,,,,,\"'=1+1, \"\"no\"\"\",");
        assert_eq!(lines.len(), 4);
    }
}

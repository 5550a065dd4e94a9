//! Files that somebody made to break the page: whatever of them is read goes through everything that the page does with a
//! result (list, tables, charts, comparison, downloads), and comes out as text that holds no markup of theirs.
#![cfg(feature = "charts")]

use streamgauge::chart::{self, Size, Span};
use streamgauge::export::{csv, markdown};
use streamgauge::import::from_json;
use streamgauge::page::compare_words::{difference, interval, value};
use streamgauge::page::history::entry::Gist;
use streamgauge::page::request_rows::RowView;
use streamgauge::result::compare::{Named, compare};
use streamgauge::result::{RunResult, WriteOptions, to_json};

const VLLM: &str = include_str!("fixtures/results/vllm.json");
const SIZE: Size = Size { width_px: 600, height_px: 240 };

/// Does with results what the page does, and gives back every SVG.
fn show(results: &[RunResult]) -> Vec<String> {
    let named: Vec<Named<'_>> =
        ["A", "B", "C", "D"].into_iter().zip(results).map(|(name, result)| Named { name, result }).collect();
    for row in compare(&named, 0).figures {
        for (known, change) in row.values.iter().zip(&row.changes) {
            let _ = value(row.figure, *known, 0.1);
            let _ = change.map(|change| (difference(row.figure, &change, 0.1), interval(row.figure, &change, 0.1)));
        }
    }
    let mut drawn = Vec::new();
    for result in results {
        let gist = Gist::of(result);
        let _ = (gist.words(), gist.figures(), markdown::table(&[result]), csv::requests(result));
        let _ = to_json(result, WriteOptions::default());
        let _ = RowView::default().places(&result.requests);
        drawn.extend(draw(result));
    }
    drawn
}

/// The charts of a result.
fn draw(result: &RunResult) -> [String; 3] {
    let records = result.own.as_ref().map(|own| own.records.as_slice()).unwrap_or_default();
    let done = || result.requests.iter().filter(|row| row.times.succeeded);
    let ttfts: Vec<f64> = done().filter_map(|row| row.times.ttft_s).map(|s| s * 1000.0).collect();
    let gaps: Vec<f64> = done().flat_map(|row| row.times.itls_s.iter().map(|s| s * 1000.0)).collect();
    let name = result.about.model_id.as_deref().unwrap_or_default();
    [
        chart::distribution(name, &ttfts, SIZE),
        chart::overlay(name, &[(name, &ttfts), ("B", &gaps)], SIZE),
        chart::timeline(name, &Span::all(records), SIZE),
    ]
}

#[test]
fn numbers_beyond_all_measure_are_shown_or_refused() {
    for number in ["1e308", "-1e308", "1e400", "-0.0", "5e-324", "18446744073709551616", "NaN", "Infinity", "-Infinity"]
    {
        for key in ["completed", "duration", "request_throughput", "mean_ttft_ms", "p99_itl_ms", "request_rate"] {
            let start = VLLM.find(&format!("\"{key}\": ")).expect("a key of the fixture") + key.len() + 4;
            let end = start + VLLM[start..].find([',', '\n']).expect("the value's end");
            let text = format!("{}{number}{}", &VLLM[..start], &VLLM[end..]);
            if let Ok(mut results) = from_json(&text) {
                results.extend(from_json(VLLM).expect("the fixture"));
                show(&results);
            }
        }
        let columns = VLLM.replace("[0.1, 0.2, 0.0]", &format!("[{number}, 0.2, 0.0]"));
        if let Ok(results) = from_json(&columns) {
            show(&results);
        }
    }
}

#[test]
fn markup_in_every_text_stays_text() {
    let nasty = "</title></svg><script>alert(1)</script><img src=x onerror=alert(1)>\u{0}\u{202e}";
    let mut value: serde_json::Value = serde_json::from_str(VLLM).expect("the fixture");
    for (_, entry) in value.as_object_mut().expect("an object") {
        if entry.is_string() {
            *entry = nasty.into();
        }
    }
    value["request_rate"] = "inf".into();
    value["errors"] = serde_json::json!([nasty, nasty, nasty]);
    value["__proto__"] = serde_json::json!({ "polluted": true });
    value["constructor"] = nasty.into();
    let results = from_json(&value.to_string()).expect("a result with odd names");
    assert_eq!(results[0].about.model_id.as_deref(), Some(nasty));
    for svg in show(&results) {
        assert!(!svg.contains("<script") && !svg.contains("<img") && !svg.contains('\u{0}'), "{svg}");
        assert_eq!(svg.matches("</svg>").count(), 1);
    }
}

#[test]
fn a_million_requests_are_opened_compared_and_drawn() {
    let n = 1_000_000;
    let column = |value: &dyn Fn(usize) -> String| {
        let mut text = String::with_capacity(n * 8);
        (0..n).for_each(|i| {
            text.push_str(if i == 0 { "" } else { "," });
            text.push_str(&value(i));
        });
        text
    };
    let text = |shift: f64| {
        format!(
            "{{\"endpoint_type\": \"vllm\", \"completed\": {n}, \"mean_ttft_ms\": 1.0, \"request_throughput\": 1.0, \
             \"input_lens\": [{}], \"output_lens\": [{}], \"ttfts\": [{}], \"itls\": [{}], \"errors\": [{}]}}",
            column(&|_| "7".into()),
            column(&|_| "2".into()),
            column(&|i| format!("{}", shift + (i % 1000) as f64 / 1000.0)),
            column(&|_| "[0.01]".into()),
            column(&|_| "\"\"".into()),
        )
    };
    let mut results = from_json(&text(0.1)).expect("a large result");
    results.extend(from_json(&text(0.2)).expect("another"));
    assert_eq!(results[1].requests.len(), n);
    let named = [Named { name: "A", result: &results[0] }, Named { name: "B", result: &results[1] }];
    let compared = compare(&named, 0);
    let row = compared.figures.iter().find(|row| row.figure.label == "Mean TTFT").expect("a figure of both");
    let (low, high) = row.changes[1].and_then(|change| change.interval).expect("an interval");
    // 1.96 standard errors of sqrt(2 / 12 / n) each way, about the shift.
    assert!((low - 99.2).abs() < 0.1 && (high - 100.8).abs() < 0.1, "{low} {high}");
    assert_eq!(RowView::default().places(&results[0].requests).len(), n);
    let sizes: Vec<usize> = results.iter().flat_map(draw).map(|svg| svg.len()).collect();
    assert!(sizes.iter().all(|size| *size < 500_000), "{sizes:?}");
}

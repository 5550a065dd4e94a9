//! Charts on odd inputs: always one well-formed SVG with its text equivalent, never a panic, never NaN in the markup.
#![cfg(feature = "charts")]

use quick_xml::Reader;
use quick_xml::events::Event;
use streamgauge::chart::{self, Series, Size, Span, Steps, SweepPoint, Theme};
use streamgauge::record::{Event as Arrival, EventKind, Failure, FailureKind, Outcome, Record, Reply};

const SIZES: [Size; 4] = [size(360, 220), size(800, 280), size(1, 1), size(1600, 600)];
const WIDE: Size = size(800, 280);

const fn size(width_px: u32, height_px: u32) -> Size {
    Size { width_px, height_px }
}

/// The texts of all elements with this name, in order. Fails where the SVG is not well formed or holds what no
/// renderer can place.
fn texts(svg: &str, name: &str) -> Vec<String> {
    assert!(!svg.contains("NaN") && !svg.contains("inf\""), "{svg}");
    let mut reader = Reader::from_str(svg);
    reader.config_mut().check_end_names = true;
    let (mut found, mut depth, mut roots) = (Vec::new(), 0, 0);
    let mut inside = false;
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(tag) => {
                roots += i32::from(depth == 0);
                depth += 1;
                inside = tag.name().as_ref() == name.as_bytes();
                if inside {
                    found.push(String::new());
                }
                tag.attributes().for_each(|attribute| drop(attribute.expect("well-formed attribute")));
            }
            Event::Empty(tag) => tag.attributes().for_each(|attribute| drop(attribute.expect("well-formed attribute"))),
            Event::End(_) => (depth, inside) = (depth - 1, false),
            Event::Text(text) if inside => {
                let text = text.decode().expect("UTF-8");
                found.last_mut().expect("an open element").push_str(&text);
            }
            Event::GeneralRef(entity) if inside => {
                let text = match entity.decode().expect("UTF-8").as_ref() {
                    "amp" => "&",
                    "lt" => "<",
                    "gt" => ">",
                    "quot" => "\"",
                    "#39" | "apos" => "'",
                    other => panic!("unknown entity {other}"),
                }
                .to_owned();
                found.last_mut().expect("an open element").push_str(&text);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!((depth, roots), (0, 1), "one root element");
    found
}

fn check(svg: &str) {
    assert_eq!(texts(svg, "desc").len(), 1);
    assert!(svg.starts_with("<svg xmlns="), "{svg}");
}

fn gist(svg: &str) -> String {
    texts(svg, "desc").remove(0)
}

/// Values without order, the same at each run: a small multiplicative generator is enough here.
fn noise(count: usize) -> impl Iterator<Item = f64> {
    let mut state = 1u64;
    (0..count).map(move |_| {
        state = state * 48271 % 2_147_483_647;
        state as f64 / 2_147_483_647.0
    })
}

fn span(index: u32, sent_ms: f64, end_ms: Option<f64>, failed: bool) -> Span {
    Span { index, intended_ms: sent_ms - 1.0, sent_ms, first_token_ms: Some(sent_ms + 50.0), end_ms, failed }
}

fn spans(count: u32) -> Vec<Span> {
    (0..count).map(|i| span(i, f64::from(i) * 20.0, Some(f64::from(i) * 20.0 + 800.0), i % 97 == 5)).collect()
}

#[test]
fn distributions_of_odd_values_are_drawn() {
    let long_tail: Vec<f64> = noise(500).map(|u| 10.0 / (1.0 - u).powf(1.5)).collect();
    let cases: Vec<Vec<f64>> = vec![
        vec![],
        vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY],
        vec![120.0],
        vec![0.0],
        vec![0.0; 100],
        vec![42.0; 1000],
        vec![-5.0, 3.0, f64::NAN],
        vec![1e-9, 1e12],
        vec![f64::MAX, 1.0],
        vec![f64::MAX, f64::MIN],
        vec![f64::MIN_POSITIVE, 1.0],
        long_tail,
        std::iter::repeat_n(0.0, 400).chain(noise(400).map(|u| u * 5000.0)).collect(),
    ];
    for values in &cases {
        for size in SIZES {
            check(&chart::distribution("TTFT", values, size));
            check(&chart::scatter_over_time("x", &values.iter().map(|v| (*v, *v)).collect::<Vec<_>>(), size));
            check(&chart::overlay("x", &[("a", values), ("b", &[1.0, 2.0])], size));
        }
    }
}

#[test]
fn a_distribution_says_its_percentiles() {
    let values: Vec<f64> = (1..=100).map(f64::from).collect();
    let svg = chart::distribution("TTFT", &values, WIDE);
    assert_eq!(gist(&svg), "100 values from 1 ms to 100 ms; p50 50.5 ms, p90 90.1 ms, p99 99 ms.");
    let marks = texts(&svg, "text");
    assert!(marks.contains(&"p50 50.5 ms".to_owned()), "{marks:?}");
}

#[test]
fn every_value_is_in_a_bar() {
    let values: Vec<f64> = noise(1000).map(|u| 100.0 + 50.0 * u).collect();
    let svg = chart::distribution("TTFT", &values, WIDE);
    let counts = texts(&svg, "title").into_iter().skip(1);
    let sum: u32 = counts.filter_map(|text| text.split(": ").nth(1)?.split(' ').next()?.parse::<u32>().ok()).sum();
    assert_eq!(sum, 1000);
}

#[test]
fn a_million_values_make_a_small_chart() {
    let values: Vec<f64> = noise(1_000_000).map(|u| 20.0 + 4.0 * u).collect();
    let svg = chart::distribution("ITL", &values, WIDE);
    check(&svg);
    assert!(svg.len() < 40_000, "{} bytes", svg.len());
}

#[test]
fn charts_over_time_take_odd_runs() {
    let odd = [
        vec![],
        vec![span(0, 0.0, None, false)],
        vec![span(0, 5.0, Some(5.0), true)],
        vec![span(0, f64::NAN, Some(1.0), false), span(1, 1.0, Some(f64::NAN), false)],
        spans(3),
        spans(5000),
    ];
    for spans in &odd {
        for size in SIZES {
            check(&chart::in_flight("In flight", &Steps::in_flight(spans), size));
            check(&chart::timeline("Requests", spans, size));
        }
    }
    for (events, end_ms) in
        [(vec![], 0.0), (vec![(1.0, 1.0)], 0.0), (vec![(f64::NAN, 1.0), (-1.0, 2.0), (9e9, 1.0)], 10.0)]
    {
        check(&chart::rate_over_time("Tokens", "tokens", &Steps::rate(&events, end_ms), WIDE));
        check(&chart::rate_over_time("Tokens", "tokens", &Steps::rate(&events, f64::NAN), WIDE));
    }
}

#[test]
fn in_flight_counts_the_overlap() {
    let spans =
        [span(0, 0.0, Some(100.0), false), span(1, 50.0, Some(150.0), false), span(2, 100.0, Some(200.0), false)];
    assert_eq!(
        gist(&chart::in_flight("x", &Steps::in_flight(&spans), WIDE)),
        "At most 2 requests at once over 200 ms."
    );
}

#[test]
fn rates_are_per_second() {
    let events: Vec<(f64, f64)> = (0..1000).map(|i| (f64::from(i) * 10.0, 1.0)).collect();
    let svg = chart::rate_over_time("Tokens", "tokens", &Steps::rate(&events, 10_000.0), WIDE);
    assert_eq!(gist(&svg), "100 tokens/s on average over 10 s, at most 100 tokens/s.");
}

#[test]
fn a_long_timeline_is_bounded_and_keeps_failures() {
    let svg = chart::timeline("Requests", &spans(10_000), size(800, 500));
    check(&svg);
    assert!(svg.len() < 400_000, "{} bytes", svg.len());
    assert!(svg.contains("failed after"), "failures are drawn");
    assert!(texts(&svg, "text").iter().any(|text| text.contains("of 10,000 requests")));
}

#[test]
fn text_from_outside_is_escaped() {
    let nasty = "<script>alert(\"1\")</script> & 'x' \u{1}\u{fffe} ]]>";
    let safe = |svg: String| {
        check(&svg);
        assert!(!svg.contains("<script"), "{svg}");
        assert!(!svg.contains('\u{1}') && !svg.contains('\u{fffe}'), "{svg:?}");
    };
    let wide = size(1200, 300);
    safe(chart::distribution(nasty, &[1.0, 2.0], wide));
    safe(chart::distribution(nasty, &[], wide));
    safe(chart::timeline(nasty, &spans(4), wide));
    safe(chart::sparkline(nasty, nasty, &Series::default(), wide));
    safe(chart::rate_over_time(nasty, nasty, &Steps::rate(&[(1.0, 1.0)], 1000.0), wide));
    safe(chart::overlay(nasty, &[(nasty, &[1.0])], wide));
    let point = SweepPoint { label: nasty.into(), throughput: 1.0, median_ms: 2.0, p99_ms: 3.0 };
    safe(chart::throughput_latency(nasty, nasty, &[point], Some(3.0), wide));
}

#[test]
fn a_sweep_is_drawn_in_order_with_its_limit_whatever_its_values() {
    let point = |label: &str, throughput: f64, median_ms: f64, p99_ms: f64| SweepPoint {
        label: label.into(),
        throughput,
        median_ms,
        p99_ms,
    };
    let points = [point("2", 30.0, 90.0, 120.0), point("8", 110.0, 110.0, 190.0), point("16", 105.0, 400.0, 900.0)];
    for size in SIZES {
        check(&chart::throughput_latency("TTFT", "output tokens/s", &points, Some(200.0), size));
    }
    let svg = chart::throughput_latency("TTFT", "output tokens/s", &points, Some(200.0), WIDE);
    let listed = "2: 30 output tokens/s, p50 90 ms, p99 120 ms; 8: 110 output tokens/s, p50 110 ms, p99 190 ms; \
                  16: 105 output tokens/s, p50 400 ms, p99 900 ms. The SLO is 200 ms.";
    assert_eq!(gist(&svg), listed);
    let labels = texts(&svg, "text");
    for label in ["2", "8", "16", "SLO 200 ms", "p50", "p99"] {
        assert!(labels.iter().any(|text| text == label), "{label} is not in {labels:?}");
    }
    // Without a limit none is drawn, and what spreads far is drawn on a logarithmic axis.
    let wide = [point("1", 9.0, 20.0, 30.0), point("2", 9.5, 2000.0, 30_000.0)];
    let svg = chart::throughput_latency("TTFT", "requests/s", &wide, None, WIDE);
    assert!(svg.contains("logarithmic") && !svg.contains("SLO") && svg.contains(">10 s<"), "{svg}");
    let odd = [f64::NAN, f64::INFINITY, 0.0, -1.0, 1e300].map(|value| point("x", value, value, value));
    for size in SIZES {
        check(&chart::throughput_latency("TTFT", "requests/s", &odd, Some(0.0), size));
        check(&chart::throughput_latency("TTFT", "requests/s", &odd[..2], None, size));
    }
}

#[test]
fn a_series_stays_bounded_and_keeps_its_mean() {
    let mut series = Series::default();
    for i in 0..100_000 {
        series.push(f64::from(i), 5.0);
    }
    series.push(f64::NAN, f64::NAN);
    assert!(series.points().len() <= Series::MOST);
    assert!(series.points().iter().all(|(_, value)| *value == 5.0));
    check(&chart::sparkline("Tokens", "tokens/s", &series, size(200, 60)));
}

#[test]
fn an_exported_chart_has_literal_colours() {
    let svg = chart::distribution("TTFT", &[1.0, 2.0, 3.0], WIDE);
    assert!(svg.contains("var(--chart-1, "));
    for theme in [Theme::Light, Theme::Dark] {
        let file = chart::export(&svg, theme);
        check(&file);
        assert!(!file.contains("var("), "{file}");
    }
}

#[test]
fn lengths_have_whole_bins() {
    let svg = chart::lengths("Prompt lengths", &[4, 5, 6, 7, 8, 9, 10, 900], WIDE);
    check(&svg);
    check(&chart::lengths("Prompt lengths", &[], WIDE));
    check(&chart::lengths("Prompt lengths", &[u32::MAX, 0], WIDE));
}

/// A record of a request sent at 10 ms, with events of (when, kind, characters).
fn record(events: &[(f64, EventKind, u32)], output_tokens: Option<u32>) -> Record {
    let event = |(at_ms, kind, chars): &(f64, EventKind, u32)| Arrival {
        at_ms: *at_ms,
        read: 0,
        kind: *kind,
        chars: *chars,
        tokens_so_far: None,
    };
    Record {
        index: 3,
        intended_ms: 9.0,
        sent_ms: Some(10.0),
        end_ms: Some(100.0),
        reply: Reply { events: events.iter().map(event).collect(), ..Reply::default() },
        outcome: Outcome::Completed,
        output_tokens,
        ..Record::default()
    }
}

#[test]
fn the_first_token_is_the_first_text_or_reasoning() {
    let events = [(20.0, EventKind::Empty, 0), (30.0, EventKind::Reasoning, 4), (40.0, EventKind::Text, 4)];
    let mut record = record(&events, None);
    assert_eq!(chart::ttfts(std::slice::from_ref(&record)), [(10.0, 20.0)]);
    let first_token_ms = Some(30.0);
    let span = Span { index: 3, intended_ms: 9.0, sent_ms: 10.0, first_token_ms, end_ms: Some(100.0), failed: false };
    assert_eq!(Span::of(&record), Some(span));
    record.outcome = Outcome::Failed(Failure { kind: FailureKind::Broken, message: String::new() });
    assert_eq!(Span::of(&record).map(|span| span.failed), Some(true));
    record.sent_ms = None;
    assert_eq!((Span::of(&record), chart::ttfts(&[record]).len()), (None, 0));
}

#[test]
fn tokens_are_shared_out_by_characters_once_they_are_counted() {
    let events = [(20.0, EventKind::Text, 12), (30.0, EventKind::Text, 4), (31.0, EventKind::Done, 0)];
    assert_eq!(chart::text_tokens(&[record(&events, None)]), [(20.0, 1.0), (30.0, 1.0)]);
    assert_eq!(chart::text_tokens(&[record(&events, Some(8))]), [(20.0, 6.0), (30.0, 2.0)]);
    let silent = [(20.0, EventKind::Text, 0)];
    assert_eq!(chart::text_tokens(&[record(&silent, Some(8))]), [(20.0, 1.0)]);
}

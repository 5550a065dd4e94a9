//! Charts on whatever a run, a file or a link may bring: always one well-formed SVG with its text equivalent, marks and
//! spots that agree, and labels that do not overprint one another.
#![cfg(feature = "charts")]

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use streamgauge::chart::{
    self, Chart, ChartData, Curve, Distribution, RunLatencies, Series, Size, Steps, SweepCurve, SweepPoint, Theme, list,
};
use streamgauge::metrics::{Metric, RequestSpan, RequestTimes};
use streamgauge::result::{RequestRow, RunResult};

const WIDE: Size = size(800, 280);

const fn size(width_px: u32, height_px: u32) -> Size {
    Size { width_px, height_px }
}

/// An element of an SVG: its name, the classes of the group that it is in, its attributes, and the text in it.
#[derive(Debug, Default)]
struct Element {
    name: String,
    group: String,
    attributes: Vec<(String, String)>,
    text: String,
}

impl Element {
    fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    fn number(&self, name: &str) -> i32 {
        self.attribute(name).parse().unwrap_or_else(|_| panic!("no number {name} in {self:?}"))
    }

    /// The points of a line.
    fn points(&self) -> Vec<(i32, i32)> {
        let point = |text: &str| {
            let (x, y) = text.split_once(',').expect("a point");
            (x.parse().expect("a number"), y.parse().expect("a number"))
        };
        self.attribute("points").split(' ').map(point).collect()
    }
}

fn element(tag: &BytesStart, group: &str) -> Element {
    let attribute = |attribute: quick_xml::events::attributes::Attribute| {
        let value =
            attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).expect("an attribute's value").into_owned();
        (String::from_utf8_lossy(attribute.key.as_ref()).into_owned(), value)
    };
    Element {
        name: String::from_utf8_lossy(tag.name().as_ref()).into_owned(),
        group: group.to_owned(),
        attributes: tag.attributes().map(|a| attribute(a.expect("a well-formed attribute"))).collect(),
        text: String::new(),
    }
}

/// All elements, in order. Fails where the SVG is not well formed or holds what no renderer can place.
fn elements(svg: &str) -> Vec<Element> {
    assert!(svg.starts_with("<svg xmlns=") && !svg.contains("NaN") && !svg.contains("inf\""), "{svg}");
    let mut reader = Reader::from_str(svg);
    reader.config_mut().check_end_names = true;
    let (mut found, mut open): (Vec<Element>, Vec<usize>) = (Vec::new(), Vec::new());
    let mut roots = 0;
    loop {
        let group = open.last().map_or("", |i: &usize| found[*i].attribute("class")).to_owned();
        match reader.read_event().expect("well-formed XML") {
            Event::Start(tag) => {
                roots += i32::from(open.is_empty());
                open.push(found.len());
                found.push(element(&tag, &group));
            }
            Event::Empty(tag) => found.push(element(&tag, &group)),
            Event::End(_) => drop(open.pop().expect("an open element")),
            Event::Text(text) => {
                let text = text.decode().expect("UTF-8");
                if let Some(i) = open.last() {
                    found[*i].text.push_str(&text);
                }
            }
            Event::GeneralRef(entity) => {
                let entity = entity.decode().expect("UTF-8");
                let plain = [("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", "\""), ("#39", "'")];
                let text = plain.iter().find(|(name, _)| *name == entity.as_ref()).expect("a known entity").1;
                found[*open.last().expect("an open element")].text.push_str(text);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!((open.len(), roots), (0, 1), "one root element");
    found
}

fn named<'e>(elements: &'e [Element], name: &str) -> Vec<&'e Element> {
    elements.iter().filter(|element| element.name == name).collect()
}

fn labels(chart: &Chart) -> Vec<String> {
    named(&elements(&chart.svg), "text").iter().map(|element| element.text.clone()).collect()
}

/// The width of a character in DejaVu Sans, a wide font that many systems fall back to, in heights of the text.
fn width_em(c: char) -> f64 {
    match c {
        ' ' | '.' | ',' | ';' | '\'' | '|' => 0.337,
        'i' | 'j' | 'l' => 0.278,
        'f' | 't' | ':' | '/' | 'I' | '(' | ')' | '-' => 0.4,
        'm' | 'M' | 'W' | '%' | '…' => 0.99,
        'w' | 'O' | 'Q' | 'G' | 'D' | 'N' | 'H' | 'U' => 0.82,
        'a'..='z' | '0'..='9' => 0.637,
        'A'..='Z' => 0.7,
        c if c.is_ascii() => 0.75,
        _ => 1.0,
    }
}

/// What a text covers on the screen: left, top, right, bottom; px.
fn text_box(text: &Element) -> [f64; 4] {
    let (px, bold) = if text.group.contains("as-title") { (14.0, 1.1) } else { (12.0, 1.0) };
    let width = text.text.chars().map(width_em).sum::<f64>() * px * bold;
    let dy: f64 = text.attribute("dy").trim_end_matches("em").parse().expect("em");
    let x = f64::from(text.number("x"));
    let left = match text.attribute("text-anchor") {
        "middle" => x - width / 2.0,
        "end" => x - width,
        _ => x,
    };
    let baseline = f64::from(text.number("y")) + dy * px;
    [left, baseline - 0.76 * px, left + width, baseline + 0.22 * px]
}

/// Checks what holds of every chart.
fn check(chart: &Chart) {
    let elements = elements(&chart.svg);
    let desc = named(&elements, "desc");
    assert_eq!((desc.len(), named(&elements, "title").len()), (1, 1 + chart.spots.len()));
    let (width, height) = (f64::from(chart.size.width_px), f64::from(chart.size.height_px));
    let boxes: Vec<(&str, [f64; 4])> =
        named(&elements, "text").into_iter().map(|text| (text.text.as_str(), text_box(text))).collect();
    for (i, (text, [left, top, right, bottom])) in boxes.iter().enumerate() {
        let inside = *left >= -1.0 && *top >= -1.0 && *right <= width + 1.0 && *bottom <= height + 1.0;
        assert!(inside, "{text:?} is outside of {width} × {height}: {boxes:?}");
        for (other, [l, t, r, b]) in &boxes[i + 1..] {
            let apart = right <= l || r <= left || bottom <= t || b <= top;
            assert!(apart, "{text:?} and {other:?} overlap: {boxes:?}");
        }
    }
    for spot in &chart.spots {
        assert!(spot.width_px >= 1 && spot.height_px >= 1 && !spot.text.is_empty(), "{spot:?}");
        let middle = |from: i32, length: i32| f64::from(from) + f64::from(length) / 2.0;
        let (x, y) = (middle(spot.left_px, spot.width_px), middle(spot.top_px, spot.height_px));
        assert!((0.0..=width).contains(&x) && (0.0..=height).contains(&y), "{spot:?}");
        assert!(chart.spot_at((x, y)).is_some());
    }
}

/// Values without order, the same at each run: a small multiplicative generator is enough here.
fn noise(count: usize) -> impl Iterator<Item = f64> {
    let mut state = 1u64;
    (0..count).map(move |_| {
        state = state * 48271 % 2_147_483_647;
        state as f64 / 2_147_483_647.0
    })
}

fn span(index: u32, sent_ms: f64, end_ms: Option<f64>, failed: bool) -> RequestSpan {
    RequestSpan { index, intended_ms: sent_ms - 1.0, sent_ms, first_token_ms: Some(sent_ms + 50.0), end_ms, failed }
}

fn spans(count: u32) -> Vec<RequestSpan> {
    (0..count).map(|i| span(i, f64::from(i) * 20.0, Some(f64::from(i) * 20.0 + 800.0), i % 97 == 5)).collect()
}

fn distribution(values_ms: Vec<f64>, size: Size) -> Chart {
    chart::distribution("TTFT", &Distribution::of_durations(values_ms), size)
}

/// A sweep whose runs have these throughputs, medians and 99th percentiles.
fn sweep(unit: &str, points: &[(&str, f64, f64, f64)], limit_ms: Option<f64>) -> SweepCurve {
    let point = |(label, throughput, median_ms, p99_ms): &(&str, f64, f64, f64)| SweepPoint {
        label: (*label).to_owned(),
        throughput: *throughput,
        median_ms: *median_ms,
        p99_ms: *p99_ms,
    };
    let points = points.iter().map(point).collect();
    SweepCurve { latency: "TTFT".to_owned(), unit: unit.to_owned(), points, limit_ms }
}

/// Every chart that there is, drawn from these values by the functions themselves, for this size.
fn all_of(values: &[f64], name: &str, size: Size) -> Vec<Chart> {
    let pairs: Vec<(f64, f64)> = values.iter().copied().zip(values.iter().rev().copied()).collect();
    let span = |(i, (sent_ms, length_ms)): (usize, &(f64, f64))| RequestSpan {
        index: i as u32,
        intended_ms: *sent_ms,
        sent_ms: sent_ms + 1.0,
        first_token_ms: (i % 3 != 0).then_some(sent_ms + length_ms / 2.0),
        end_ms: (i % 5 != 0).then_some(sent_ms + length_ms),
        failed: i % 7 == 0,
    };
    let spans: Vec<RequestSpan> = pairs.iter().enumerate().map(span).collect();
    let end_ms = values.first().copied().unwrap_or_default();
    let (rate, in_flight) = (Steps::rate(&pairs, end_ms), Steps::in_flight(&spans));
    let curve = Curve::of_durations(values.to_vec());
    let curves = [(name, &curve), ("B", &curve), (name, &curve)];
    let points: Vec<(&str, f64, f64, f64)> = values.iter().take(12).map(|v| (name, *v, v / 2.0, v * 2.0)).collect();
    let mut series = Series::default();
    pairs.iter().for_each(|(at_ms, value)| series.push(*at_ms, *value));
    let lengths: Vec<u32> = values.iter().map(|value| *value as u32).collect();
    vec![
        chart::distribution(name, &Distribution::of_durations(values.to_vec()), size),
        chart::lengths(name, &lengths, size),
        chart::rate_over_time(name, name, &rate, size),
        chart::in_flight(name, &in_flight, size),
        chart::ttft_over_time(name, &spans, size),
        chart::scatter_over_time(name, &pairs, size),
        chart::timeline(name, &spans, size),
        chart::overlay(name, &curves, size),
        chart::throughput_latency(&sweep(name, &points, values.last().copied()), size),
        chart::sparkline(name, name, &series, size),
    ]
}

/// Numbers as they come from broken files.
fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => 0.0..3000.0f64,
        1 => any::<f64>(),
        1 => prop::sample::select(vec![
            f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 0.0, -1.0, 1e12, 1e-9,
        ]),
    ]
}

/// Names as nobody would give them.
fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        Just("<script>alert(\"1\")</script> & 'x' \u{1}\u{fffe} ]]> <![CDATA[".to_owned()),
        Just("</title></desc></svg><script>alert(1)</script>".to_owned()),
        Just(String::new()),
        "[A-Za-z0-9 ,.]{1,80}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_values_and_names_make_charts_at_any_size(
        values in prop::collection::vec(any_value(), 0..60),
        name in any_name(),
        (width_px, height_px) in (1..=4000u32, 1..=4000u32),
    ) {
        for chart in all_of(&values, &name, size(width_px, height_px)) {
            check(&chart);
            prop_assert!(!chart.svg.contains("<script"), "{}", chart.svg);
            prop_assert!(chart.size.width_px >= width_px && chart.size.height_px >= height_px);
            elements(&chart.to_file(Theme::Dark));
        }
    }

    #[test]
    fn labels_never_overprint_one_another_at_the_widths_of_screens(
        centre in 0.1..5000.0f64,
        spread in 0.0..3.0f64,
        count in 1..300usize,
        width_px in 260..1300u32,
    ) {
        let values: Vec<f64> = noise(count).map(|u| centre * (1.0 + spread * u / (1.0 - u).max(0.05))).collect();
        for chart in all_of(&values, "A run of some model", size(width_px, 240)) {
            check(&chart);
            prop_assert_eq!(chart.size.width_px, width_px);
        }
    }

    #[test]
    fn points_are_read_off_where_they_are_drawn(
        points in prop::collection::vec((0.0..1e5f64, 0.0..5e3f64), 1..200),
        (width_px, height_px) in (100..2000u32, 100..600u32),
    ) {
        let chart = chart::scatter_over_time("TTFT", &points, size(width_px, height_px));
        let elements = elements(&chart.svg);
        let drawn: Vec<(i32, i32)> =
            named(&elements, "circle").into_iter().map(|point| (point.number("cx"), point.number("cy"))).collect();
        let centre = |from: i32, length: i32| from + length / 2;
        let read: Vec<(i32, i32)> = chart.spots.iter()
            .map(|spot| (centre(spot.left_px, spot.width_px), centre(spot.top_px, spot.height_px)))
            .collect();
        prop_assert_eq!(drawn, read);
    }

    #[test]
    fn bars_are_read_off_where_they_stand(
        values in prop::collection::vec(0.0..5e3f64, 1..300),
        (width_px, height_px) in (100..2000u32, 100..600u32),
    ) {
        let chart = distribution(values.clone(), size(width_px, height_px));
        let elements = elements(&chart.svg);
        let bars: Vec<&Element> = named(&elements, "rect").into_iter().filter(|rect| rect.group == "c-1 as-fill").collect();
        prop_assert_eq!(bars.len(), chart.spots.len());
        for (bar, spot) in bars.iter().zip(&chart.spots) {
            prop_assert_eq!(bar.number("x"), spot.left_px);
            prop_assert_eq!(bar.number("y") + bar.number("height"), spot.top_px + spot.height_px);
            prop_assert!((bar.number("width") - spot.width_px).abs() <= 1);
        }
        let counts = chart.spots.iter().filter_map(|spot| spot.text.split(": ").nth(1)?.split(' ').next()?.parse::<usize>().ok());
        prop_assert_eq!(counts.sum::<usize>(), values.len());
    }

    #[test]
    fn steps_are_read_off_below_their_line(
        events in prop::collection::vec((0.0..6e4f64, 0.0..50.0f64), 2..300),
        width_px in 200..2000u32,
    ) {
        let chart = chart::rate_over_time("Tokens", "tokens", &Steps::rate(&events, 6e4), size(width_px, 220));
        let elements = elements(&chart.svg);
        let line = named(&elements, "polyline").into_iter().find(|line| line.group == "c-1 as-line").expect("a line");
        for (step, spot) in line.points().chunks(2).zip(&chart.spots) {
            prop_assert_eq!((step[0].0, step[1].0.max(step[0].0 + 1)), (spot.left_px, spot.left_px + spot.width_px));
        }
    }

    #[test]
    fn requests_are_read_off_their_bars(
        starts in prop::collection::vec((0.0..1e4f64, 1.0..900.0f64), 1..60),
        width_px in 200..2000u32,
    ) {
        let spans: Vec<RequestSpan> =
            starts.iter().enumerate().map(|(i, (at, length))| span(i as u32, *at, Some(at + length), i % 9 == 4)).collect();
        let chart = chart::timeline("Requests", &spans, size(width_px, 600));
        let elements = elements(&chart.svg);
        let plot_top = chart.spots.iter().map(|spot| spot.top_px).min().unwrap_or(0);
        let bars = named(&elements, "rect").into_iter().filter(|rect| rect.group.contains("as-fill") && rect.number("y") >= plot_top);
        for bar in bars {
            let (x, y, width) = (bar.number("x"), bar.number("y"), bar.number("width"));
            let holds = chart.spots.iter().any(|spot| {
                spot.top_px == y && spot.left_px <= x && x + width <= spot.left_px + spot.width_px
            });
            prop_assert!(holds, "{bar:?} has no spot in {:?}", chart.spots);
        }
        let mut requests: Vec<u32> = chart.spots.iter().filter_map(|spot| spot.request).collect();
        requests.sort_unstable();
        prop_assert_eq!(requests, (0..spans.len() as u32).collect::<Vec<_>>());
    }
}

/// A result whose requests have these latencies, in ms.
fn result(ttfts_ms: &[f64]) -> RunResult {
    let row = |ttft_ms: &f64| {
        let times = RequestTimes {
            succeeded: true,
            ttft_s: Some(ttft_ms / 1000.0),
            tpot_s: Some(ttft_ms / 5000.0),
            itls_s: vec![ttft_ms / 5000.0, 0.0],
            latency_s: Some(ttft_ms / 100.0),
            ..RequestTimes::default()
        };
        RequestRow { times, ..RequestRow::default() }
    };
    RunResult { requests: ttfts_ms.iter().map(row).collect(), ..RunResult::default() }
}

#[test]
fn every_chart_of_the_list_is_drawn_at_the_widths_of_screens_and_has_a_name_of_its_own() {
    let ttfts: Vec<f64> = noise(300).map(|u| 80.0 + 200.0 * u).collect();
    let data = ChartData {
        tokens: Steps::rate(&noise(900).map(|u| (u * 1e4, 3.0)).collect::<Vec<_>>(), 1e4),
        in_flight: Steps::in_flight(&spans(300)),
        ended: Steps::rate(&noise(300).map(|u| (u * 1e4, 1.0)).collect::<Vec<_>>(), 1e4),
        spans: spans(300),
        all_spans: 300,
        ..ChartData::of(&result(&ttfts))
    };
    let runs: Vec<RunLatencies> = ["A", "B"].map(|name| RunLatencies::of(name, &result(&ttfts))).into();
    let curve = sweep("requests/s", &[("1", 0.9, 20.0, 30.0), ("2", 1.9, 25.0, 300.0)], Some(100.0));
    let mut series = Series::default();
    ttfts.iter().enumerate().for_each(|(i, ttft)| series.push(i as f64 * 250.0, *ttft));
    for width_px in [300, 360, 510, 1200] {
        let of_result: Vec<Chart> = list::of_result(true).map(|kind| kind.draw(&data, width_px)).collect();
        let comparisons: Vec<Chart> = list::comparisons().map(|kind| kind.draw(&runs, width_px)).collect();
        let lengths = [list::PROMPT_LENGTHS, list::OUTPUT_LENGTHS].map(|kind| kind.draw(&[4, 5, 6, 900], width_px));
        let live = [list::LIVE_TTFT, list::LIVE_TOKENS, list::LIVE_IN_FLIGHT].map(|kind| kind.draw(&series, width_px));
        assert_eq!((of_result.len(), comparisons.len()), (Metric::STANDARD.len() + 5, Metric::STANDARD.len()));
        let one = [list::SWEEP.draw(&curve, width_px), list::LIVE_REQUESTS.draw(&[(1.0, 2.0)], width_px)];
        for chart in of_result.iter().chain(&comparisons).chain(&lengths).chain(&one) {
            check(chart);
            assert!(!chart.spots.is_empty(), "{}", chart.summary);
        }
        live.iter().for_each(check);
    }
    let names: Vec<&str> = list::of_result(true).map(|kind| kind.name).collect();
    let mut apart = names.clone();
    apart.sort_unstable();
    apart.dedup();
    assert_eq!(apart.len(), names.len());
    assert!(list::of_result(false).all(|kind| list::OVER_TIME.iter().all(|other| other.name != kind.name)));
}

#[test]
fn a_distribution_says_its_percentiles() {
    let chart = distribution((1..=100).map(f64::from).collect(), WIDE);
    assert_eq!(chart.summary, "100 values from 1 ms to 100 ms; p50 50.5 ms, p90 90.1 ms, p99 99 ms.");
    assert_eq!(named(&elements(&chart.svg), "desc")[0].text, chart.summary);
    assert!(labels(&chart).contains(&"p50 50.5 ms".to_owned()), "{:?}", labels(&chart));
}

#[test]
fn a_million_values_make_a_small_chart() {
    let chart = distribution(noise(1_000_000).map(|u| 20.0 + 4.0 * u).collect(), WIDE);
    check(&chart);
    assert!(chart.svg.len() < 20_000, "{} bytes", chart.svg.len());
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
        for size in [size(360, 220), WIDE, size(1, 1), size(1600, 600)] {
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
    let chart = chart::in_flight("x", &Steps::in_flight(&spans), WIDE);
    assert_eq!(chart.summary, "At most 2 requests at once over 200 ms.");
}

#[test]
fn rates_are_per_second() {
    let events: Vec<(f64, f64)> = (0..1000).map(|i| (f64::from(i) * 10.0, 1.0)).collect();
    let chart = chart::rate_over_time("Tokens", "tokens", &Steps::rate(&events, 10_000.0), WIDE);
    assert_eq!(chart.summary, "100 tokens/s on average over 10 s, at most 100 tokens/s.");
}

#[test]
fn a_long_timeline_is_bounded_and_keeps_failures() {
    let chart = chart::timeline("Requests", &spans(10_000), size(800, 500));
    check(&chart);
    assert!(chart.svg.len() < 400_000, "{} bytes", chart.svg.len());
    assert!(chart.spots.iter().any(|spot| spot.text.contains("failed after")), "failures are drawn");
    assert!(labels(&chart).iter().any(|text| text.contains("of 10,000 requests")));
}

#[test]
fn a_sweep_is_drawn_in_order_with_its_limit() {
    let points = [("2", 30.0, 90.0, 120.0), ("8", 110.0, 110.0, 190.0), ("16", 105.0, 400.0, 900.0)];
    let chart = chart::throughput_latency(&sweep("output tokens/s", &points, Some(200.0)), WIDE);
    let listed = "2: 30 output tokens/s, p50 90 ms, p99 120 ms; 8: 110 output tokens/s, p50 110 ms, p99 190 ms; \
                  16: 105 output tokens/s, p50 400 ms, p99 900 ms. The SLO is 200 ms.";
    assert_eq!(chart.summary, listed);
    let shown = labels(&chart);
    for label in ["2", "8", "16", "SLO 200 ms", "p50", "p99"] {
        assert!(shown.iter().any(|text| text == label), "{label} is not in {shown:?}");
    }
    // Without a limit none is drawn, and what spreads far is drawn on a logarithmic axis.
    let wide = [("1", 9.0, 20.0, 30.0), ("2", 9.5, 2000.0, 30_000.0)];
    let svg = chart::throughput_latency(&sweep("requests/s", &wide, None), WIDE).svg;
    assert!(svg.contains("logarithmic") && !svg.contains("SLO") && svg.contains(">10 s<"), "{svg}");
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
fn a_chart_of_the_page_has_no_colour_and_one_in_a_file_has_its_own() {
    let chart = distribution(vec![1.0, 2.0, 3.0], WIDE);
    assert!(!chart.svg.contains('#') && !chart.svg.contains("style"), "{}", chart.svg);
    for (theme, ink) in [(Theme::Light, "#13211f"), (Theme::Dark, "#e4eeeb")] {
        let file = chart.to_file(theme);
        let elements = elements(&file);
        let style = &named(&elements, "style")[0].text;
        // Behind the page's rules stand those with literal colours, one for each class that has a colour.
        let classes: Vec<&str> =
            style.lines().filter_map(|line| line.split_once(" { color: var(")).map(|(of, _)| of).collect();
        assert_eq!(classes.len(), 8, "{style}");
        let last =
            |class: &str| style.rfind(&format!("{class}{{color:#")) > style.rfind(&format!("{class} {{ color: var("));
        assert!(classes.iter().all(|class| last(class)), "{style}");
        assert!(style.contains(&format!(".c-ink{{color:{ink}}}")), "{style}");
        assert_eq!((elements[0].number("width"), elements[0].number("height")), (800, 280));
    }
}

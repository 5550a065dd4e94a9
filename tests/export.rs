//! What leaves the page: a report that is well-formed whatever stands in a result, and a shared summary that is small,
//! private, the same when it is opened, and harmless when anybody made it.
#![cfg(feature = "charts")]

use std::io::Write;

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event as Xml;
use streamgauge::export::charts::{ChartData, ChartKind};
use streamgauge::export::html;
use streamgauge::export::link::SharedError;
use streamgauge::export::link::{LinkParts, Summarised, fragment, from_text, settings_for_link};
use streamgauge::export::shared::{MOST_BYTES, decode, encode};
use streamgauge::import::from_json;
use streamgauge::metrics::{Definition, MetricOptions};
use streamgauge::record::client::ClientReport;
use streamgauge::record::{Event, EventKind, Failure, FailureKind, Outcome, Record, Reply, Usage};
use streamgauge::result::moves::moves;
use streamgauge::result::{Run, RunResult, WorkloadFacts, WriteOptions, tables, to_json};
use streamgauge::settings::Settings;

const NASTY: &str =
    "<script>alert(\"1\")</script> & 'x' ]]> \u{1}\u{fffe} --> </style></title><img src=x onerror=alert(1)>";

/// Values without order, the same at each run.
fn noise() -> impl Iterator<Item = f64> {
    let mut state = 7_u64;
    std::iter::repeat_with(move || {
        state = state * 48271 % 2_147_483_647;
        state as f64 / 2_147_483_647.0
    })
}

/// A chat run: a role, reasoning, tokens at uneven gaps, usage and the end mark; every tenth request fails.
fn run(requests: u32, settings: Settings) -> Run {
    let mut noise = noise();
    let mut unit = || noise.next().unwrap_or(0.5);
    let mut due_ms = 0.0;
    let mut record = |index: u32| {
        due_ms += -125.0 * (1.0 - unit()).ln();
        let sent_ms = due_ms + 0.1;
        let mut at_ms = sent_ms + 80.0 + 60.0 * unit();
        let mut events = vec![(sent_ms + 40.0, EventKind::Empty, 0)];
        for _ in 0..20 {
            events.push((at_ms, EventKind::Text, 4));
            at_ms += 15.0 + 10.0 * unit();
        }
        events.push((at_ms, EventKind::Done, 0));
        let event = |(i, (at_ms, kind, chars)): (usize, &(f64, EventKind, u32))| Event {
            at_ms: *at_ms,
            read: i as u32,
            kind: *kind,
            chars: *chars,
            tokens_so_far: None,
        };
        let message = format!("secret words of {NASTY}");
        let failed = Outcome::Failed(Failure { kind: FailureKind::ServerError, message });
        Record {
            index,
            prompt_len: 20,
            asked_output_len: 20,
            intended_ms: due_ms,
            sent_ms: Some(sent_ms),
            end_ms: Some(at_ms + 1.0),
            output_tokens: Some(20),
            outcome: if index % 10 == 3 { failed } else { Outcome::Completed },
            reply: Reply {
                events: events.iter().enumerate().map(event).collect(),
                text: "secret output".into(),
                usage: Some(Usage { prompt_tokens: Some(20), completion_tokens: Some(22) }),
                ..Reply::default()
            },
            ..Record::default()
        }
    };
    let records: Vec<Record> = (0..requests).map(&mut record).collect();
    let duration_s = records.iter().filter_map(|record| record.end_ms).fold(0.0, f64::max) / 1000.0;
    let client = ClientReport { clock_step_ms: 0.1, user_agent: "Secret Browser".into(), ..ClientReport::default() };
    Run {
        settings,
        date: "20260102-030405".into(),
        duration_s,
        workload: WorkloadFacts {
            sha256: Some("ab".repeat(32)),
            requests: Some(requests),
            repeated_prompts: Some(0),
            ..WorkloadFacts::default()
        },
        client: Some(client),
        records,
        ..Run::default()
    }
}

fn settings() -> Settings {
    Settings {
        base_url: Some("http://secret.host:8000".into()),
        model: Some("org/model".into()),
        dataset_path: Some("secret-data.json".into()),
        tokenizer: Some("secret-tokenizer/".into()),
        request_rate: 8.0,
        num_prompts: 200,
        ..Settings::default()
    }
}

fn result(requests: u32) -> RunResult {
    RunResult::from_run(run(requests, settings()), &MetricOptions::default())
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory to write to");
    encoder.finish().expect("memory to write to")
}

/// All text of well-formed XML, and the names of its elements.
fn read(xml: &str) -> (String, Vec<String>) {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let (mut text, mut names, mut depth) = (String::new(), Vec::new(), 0);
    loop {
        match reader.read_event().expect("well-formed XML") {
            Xml::Start(tag) => {
                depth += 1;
                names.push(String::from_utf8_lossy(tag.name().as_ref()).into_owned());
                tag.attributes().for_each(|attribute| drop(attribute.expect("a well-formed attribute")));
            }
            Xml::Empty(tag) => {
                names.push(String::from_utf8_lossy(tag.name().as_ref()).into_owned());
                tag.attributes().for_each(|attribute| drop(attribute.expect("a well-formed attribute")));
            }
            Xml::End(_) => depth -= 1,
            Xml::Text(part) => text += &part.decode().expect("UTF-8"),
            Xml::GeneralRef(entity) => {
                text += match entity.decode().expect("UTF-8").as_ref() {
                    "amp" => "&",
                    "lt" => "<",
                    "gt" => ">",
                    "quot" => "\"",
                    "#39" => "'",
                    other => panic!("unknown entity {other}"),
                }
            }
            Xml::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "every element is closed");
    (text, names)
}

#[test]
fn a_report_has_the_pages_numbers_its_charts_and_its_settings() {
    let result = result(60);
    let report = html::report(&result, &ChartData::of(&result), None);
    let (text, names) = read(&report);
    for (_, _, cells) in tables::latencies(&result.figures, 0.1).rows {
        for cell in cells {
            assert!(report.contains(&format!("<td>{cell}</td>")), "{cell}");
        }
    }
    for (name, value, _) in tables::totals(&result.figures).into_iter().chain(tables::rates(&result.figures)) {
        assert!(report.contains(&format!("{name}</th><td>{value}</td>")), "{name} {value}");
    }
    assert_eq!(names.iter().filter(|name| *name == "svg").count(), 9);
    assert!(text.contains("http://secret.host:8000") && text.contains("6 requests failed"), "{text}");
    assert!(text.contains("This measurement is") && text.contains("What the figures mean (Reference client)"));
}

#[test]
fn a_report_loads_nothing_and_runs_nothing() {
    let result = result(12);
    let report = html::report(&result, &ChartData::of(&result), Some("It was stopped."));
    let (text, names) = read(&report);
    let active = ["script", "link", "img", "iframe", "object", "base", "form", "a"];
    assert!(names.iter().all(|name| !active.contains(&name.as_str())), "{names:?}");
    assert!(report.contains("default-src 'none'"));
    let outside = report.replace("http://www.w3.org/2000/svg", "").replace("http://secret.host:8000", "");
    assert!(!outside.contains("http://") && !outside.contains("https://") && !outside.contains("url("));
    assert!(text.contains("Partial result. It was stopped."));
}

#[test]
fn a_report_takes_hostile_text_as_text() {
    let nasty = Settings {
        base_url: Some(NASTY.into()),
        model: Some(NASTY.into()),
        label: Some(NASTY.into()),
        extra_body: Some(NASTY.into()),
        metadata: vec![format!("{NASTY}={NASTY}")],
        ..settings()
    };
    let mut result = RunResult::from_run(run(20, nasty), &MetricOptions::default());
    let own = result.own.as_mut().expect("a result of ours");
    own.version = NASTY.into();
    own.workload.sha256 = Some(NASTY.into());
    own.client.as_mut().expect("a client").user_agent = NASTY.into();
    own.verdict.as_mut().expect("a verdict").reasons[0].text = NASTY.into();
    let (text, names) = read(&html::report(&result, &ChartData::of(&result), Some(NASTY)));
    assert!(names.iter().all(|name| name != "script" && name != "img"), "{names:?}");
    let shown = NASTY.replace(['\u{1}', '\u{fffe}'], "");
    assert!(text.matches(&shown).count() >= 7, "{text}");
}

#[test]
fn other_tools_results_have_a_report_that_says_what_is_missing() {
    let mut foreign = result(30);
    foreign.own = None;
    foreign.figures.e2el = Default::default();
    let report = html::report(&foreign, &ChartData::of(&foreign), None);
    assert!(read(&report).0.contains("there are no charts over time"));
    assert!(report.contains("<td>–</td>"));
}

#[test]
fn a_shared_summary_is_small_and_the_same_when_it_is_opened() {
    let result = result(400);
    let charts = ChartData::of(&result);
    let parts = LinkParts::default();
    let bytes = encode(&result, &charts, false, parts).expect("bytes");
    let kept = settings_for_link(&settings(), parts);
    let link = fragment(&kept, Some((Summarised::Run, &deflated(&bytes))));
    println!("{} bytes, {} characters of link", bytes.len(), link.len());
    assert!(link.len() < 4000, "{} characters", link.len());
    let settings = Settings::from_fragment(&link).expect("settings");
    let (of, packed) = from_text(&settings.shared.clone().expect("a summary")).expect("base64url");
    assert_eq!(of, Summarised::Run);
    let mut unpacked = Vec::new();
    std::io::copy(&mut flate2::read::DeflateDecoder::new(packed.as_slice()), &mut unpacked).expect("deflate");
    let opened = decode(&unpacked, &settings).expect("a summary");
    assert_eq!(opened.result.figures, result.figures);
    assert_eq!(
        tables::headline(&opened.result.figures, opened.result.clock_step_ms()),
        tables::headline(&result.figures, 0.1)
    );
    let own = opened.result.own.expect("our own");
    let levels = |own: &streamgauge::result::Own| own.verdict.as_ref().map(|verdict| verdict.level);
    assert_eq!(levels(&own), levels(result.own.as_ref().expect("our own")));
    for kind in [ChartKind::Ttft, ChartKind::Itl, ChartKind::Tokens, ChartKind::InFlight, ChartKind::Ended] {
        assert_eq!(kind.draw(&opened.charts, 500), kind.draw(&charts, 500), "{kind:?}");
    }
    assert_eq!((opened.charts.spans.len(), opened.charts.all_spans), (80, 400));
    let far = opened.charts.spans.iter().map(|span| {
        let original = charts.spans.iter().find(|known| known.index == span.index).expect("a span of the run");
        (span.sent_ms - original.sent_ms).abs().max((span.end_ms.unwrap_or(0.0) - original.end_ms.unwrap_or(0.0)).abs())
    });
    assert!(far.fold(0.0, f64::max) < 0.25, "times within the clock's steps");
    assert!(ChartKind::Timeline.draw(&opened.charts, 500).contains("80 of 400"));
}

#[test]
fn a_shared_summary_holds_no_text_that_was_not_ticked() {
    let result = result(40);
    let bytes = encode(&result, &ChartData::of(&result), false, LinkParts::default()).expect("bytes");
    let text = String::from_utf8_lossy(&bytes).to_lowercase();
    assert!(!text.contains("secret"), "{text}");
    assert!(text.contains("org/model"));
    let files = LinkParts { files: true, ..LinkParts::default() };
    let bytes = encode(&result, &ChartData::of(&result), false, files).expect("bytes");
    assert!(String::from_utf8_lossy(&bytes).contains("secret-tokenizer"));
}

#[test]
fn a_broken_summary_is_refused_in_words() {
    let result = result(40);
    let bytes = encode(&result, &ChartData::of(&result), false, LinkParts::default()).expect("bytes");
    assert_eq!(decode(&bytes[..bytes.len() / 2], &settings()), Err(SharedError::CutOff));
    assert_eq!(decode(&[], &settings()), Err(SharedError::CutOff));
    assert_eq!(decode(&vec![0; MOST_BYTES + 1], &settings()), Err(SharedError::TooLong));
}

#[test]
fn the_result_names_the_definition_and_gives_its_figures_back() {
    let result = result(40);
    let reference = result.figures.clone();
    let vllm = MetricOptions { definition: Definition::Vllm, ..MetricOptions::default() };
    assert_eq!(result.figures_under(&vllm).as_ref().map(|f| f.ttft.mean_ms), Some(Some(result_ttft(&vllm))));
    let result = result.under(&vllm).expect("raw records");
    let moved = moves((Definition::Reference, &reference), (Definition::Vllm, &result.figures));
    let of: Vec<&str> = moved.iter().map(|moves| moves.of).collect();
    assert_eq!(of, ["TTFT", "TPOT", "ITL", "E2EL", "Output tokens"]);
    let json = to_json(&result, WriteOptions::default());
    assert!(json.contains("\"definition\": \"vllm\""));
    assert_eq!(from_json(&json).expect("a result")[0].figures, result.figures);
}

fn result_ttft(options: &MetricOptions) -> f64 {
    RunResult::from_run(run(40, settings()), options).figures.ttft.mean_ms.expect("a TTFT")
}

fn draw_all(charts: &ChartData) {
    for kind in ChartKind::all_of(charts.has_times()) {
        let svg = kind.draw(charts, 400);
        read(&svg);
        assert!(!svg.contains("NaN"), "{svg}");
        assert!(svg.len() < 2_000_000, "{} bytes", svg.len());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_can_be_shown(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        if let Ok(opened) = decode(&bytes, &Settings::default()) {
            draw_all(&opened.charts);
            read(&html::report(&opened.result, &opened.charts, None));
        }
    }

    #[test]
    fn a_changed_summary_is_refused_or_can_be_shown(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let result = result(15);
        let mut bytes = encode(&result, &ChartData::of(&result), false, LinkParts::default()).expect("bytes");
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(opened) = decode(&bytes, &Settings::default()) {
            draw_all(&opened.charts);
            read(&html::report(&opened.result, &opened.charts, None));
        }
    }
}

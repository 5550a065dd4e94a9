//! The connection plan and the calibration in words: how requests will travel, whether that is enough, what to do where it
//! is not, and what the browser adds.

use super::format::{count, digits, duration_ms, plural};
use crate::record::client::Calibration;
use crate::run::forecast::PlanReport;
use crate::run::lanes::{MAX_STREAMS_HTTP1, STREAMS_HTTP1, STREAMS_HTTP2, loopback_name};

/// A fact: its name, its value, and what it means.
pub type Fact = (&'static str, String, String);

/// How requests will travel.
pub fn travel(plan: &PlanReport) -> Vec<Fact> {
    let protocols: Vec<&str> = plan.protocols.iter().map(|protocol| version(protocol)).collect();
    let versions = match protocols.as_slice() {
        [] if plan.streams_that_fit == STREAMS_HTTP1 * plan.base_urls => "HTTP version not told, taken for 1.1".into(),
        [] => String::new(),
        some => some.join(", "),
    };
    let mut facts = vec![
        ("Lanes", lanes(plan), versions),
        ("Streams that fit", count(plan.streams_that_fit.into()), "at once".into()),
        ("Streams wanted", format!("about {}", count(plan.wanted_streams.into())), "at the schedule's peak".into()),
    ];
    if let Some(first_ms) = plan.pace.first_ms {
        let gap = plan.pace.gap_ms.map(|gap_ms| format!("then a token every {}", duration_ms(gap_ms)));
        facts.push(("Test request", format!("{} to the first token", duration_ms(first_ms)), gap.unwrap_or_default()));
    }
    facts
}

fn version(protocol: &str) -> &str {
    match protocol {
        "h2" => "HTTP/2",
        "h3" => "HTTP/3",
        "http/1.1" => "HTTP/1.1",
        other => other,
    }
}

fn lanes(plan: &PlanReport) -> String {
    let lanes = plan.lanes.len() as u64;
    if lanes > u64::from(plan.base_urls) {
        format!("{lanes} names of this machine")
    } else {
        format!("{lanes} {}", if lanes == 1 { "address" } else { "addresses" })
    }
}

/// What to do where the schedule wants more streams than fit; none where they fit.
pub fn advice(plan: &PlanReport) -> Option<String> {
    let (fit, wanted) = (plan.streams_that_fit, plan.wanted_streams);
    if wanted <= fit {
        return None;
    }
    let what = format!(
        "The schedule wants about {} streams at its peak, and {fit} fit: the others will wait in this page's queue, and the \
         server will see {fit} at a time.",
        count(wanted.into())
    );
    Some(format!("{what} {}", remedy(plan)))
}

fn remedy(plan: &PlanReport) -> String {
    let one = plan.lanes.first().map(String::as_str).unwrap_or_default();
    let spread = plan.lanes.len() as u32 > plan.base_urls;
    let http2 = "put HTTP/2 in front (deploy/ has a Caddyfile that serves page and server under one address)";
    if plan.protocols.iter().any(|protocol| protocol != "http/1.1") {
        return format!(
            "HTTP/2 carries {STREAMS_HTTP2} streams an address: for more, give the server's other addresses too (Base URL, \
             separated by spaces)."
        );
    }
    if spread || plan.streams_that_fit >= MAX_STREAMS_HTTP1 {
        return format!("Over HTTP/1.1 a browser carries some {MAX_STREAMS_HTTP1} in all: for more, {http2}.");
    }
    let local = match loopback_name(one, 1) {
        Some(name) => format!(
            " This machine's other names were tried, and the server does not answer to this page as {name}: look at its \
             CORS and host settings."
        ),
        None => String::new(),
    };
    format!(
        "Over HTTP/1.1 a browser carries {STREAMS_HTTP1} streams an address: for more, give further names or ports of the \
         server (Base URL, separated by spaces), or {http2}.{local}"
    )
}

/// What the browser adds.
pub fn added(found: &Calibration) -> Vec<Fact> {
    let both = |p50_ms: f64, p99_ms: f64| {
        format!("{} median, {} p99", duration_ms(p50_ms.max(0.0)), duration_ms(p99_ms.max(0.0)))
    };
    let with = format!("measured with {} at once", plural(found.streams.into(), "stream"));
    vec![
        ("Browser adds to TTFT", both(found.ttft_added_p50_ms, found.ttft_added_p99_ms), with),
        ("Browser moves token gaps by", both(found.itl_off_p50_ms, found.itl_off_p99_ms), String::new()),
        (
            "Events it can read",
            format!("{} a second", count(found.sustained_events_per_s as u64)),
            format!("{} a second while measured", digits(found.events_per_s, 2)),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::forecast::Pace;

    fn plan(lanes: &[&str], base_urls: u32, fit: u32, wanted: u32, protocol: Option<&str>) -> PlanReport {
        PlanReport {
            lanes: lanes.iter().map(ToString::to_string).collect(),
            base_urls,
            protocols: protocol.into_iter().map(str::to_owned).collect(),
            streams_that_fit: fit,
            wanted_streams: wanted,
            pace: Pace { took_ms: 300.0, first_ms: Some(51.2), gap_ms: Some(10.0) },
        }
    }

    #[test]
    fn a_plan_that_fits_needs_no_advice() {
        let plan = plan(&["http://localhost:1", "http://s1.localhost:1"], 1, 12, 12, Some("http/1.1"));
        assert_eq!(advice(&plan), None);
        let facts = travel(&plan);
        assert_eq!(facts[0], ("Lanes", "2 names of this machine".into(), "HTTP/1.1".into()));
        assert_eq!((facts[1].1.as_str(), facts[2].1.as_str()), ("12", "about 12"));
        assert_eq!(facts[3].1, "51.2 ms to the first token");
    }

    #[test]
    fn advice_depends_on_what_keeps_the_streams_few() {
        let said = |plan: PlanReport| advice(&plan).expect("advice");
        let remote = said(plan(&["http://gpu:8000"], 1, 6, 100, None));
        assert!(remote.starts_with("The schedule wants about 100 streams at its peak, and 6 fit"), "{remote}");
        assert!(remote.contains("give further names or ports") && remote.contains("Caddyfile"), "{remote}");
        assert!(!remote.contains("This machine's other names"));
        let local = said(plan(&["http://localhost:8000"], 1, 6, 100, None));
        assert!(local.contains("does not answer to this page as http://s1.localhost:8000"), "{local}");
        let spread = said(plan(&["http://localhost:1"; 40], 1, 240, 500, Some("http/1.1")));
        assert!(spread.contains("some 240 in all: for more, put HTTP/2 in front"), "{spread}");
        let http2 = said(plan(&["https://gpu"], 1, 100, 500, Some("h2")));
        assert!(http2.contains("carries 100 streams an address"), "{http2}");
    }

    #[test]
    fn a_calibration_in_words() {
        let found = Calibration {
            streams: 100,
            ttft_added_p50_ms: 12.0,
            ttft_added_p99_ms: 30.0,
            itl_off_p50_ms: 0.2,
            itl_off_p99_ms: 2.9,
            events_per_s: 8000.0,
            sustained_events_per_s: 14_200.4,
            ..Calibration::default()
        };
        let words: Vec<String> = added(&found).into_iter().map(|(name, value, _)| format!("{name}: {value}")).collect();
        assert_eq!(words[0], "Browser adds to TTFT: 12.0 ms median, 30.0 ms p99");
        assert!(words[2].ends_with("14,200 a second"), "{words:?}");
    }
}

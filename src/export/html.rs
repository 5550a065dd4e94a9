//! One self-contained HTML report of a result: figures, verdict, charts and settings. It opens from disk, with no
//! network and no script, in light and dark. Whatever comes from outside is escaped.

use std::fmt::Write as _;

use super::charts::{ChartData, ChartKind};
use super::link::settings_in_words;
use super::markdown;
use crate::chart::escape;
use crate::format::{count, date, plural};
use crate::result::tables::{self, Line};
use crate::result::{Own, RunResult, Verdict, VerdictLevel};

/// The look, light and dark; the charts' colours are the page's.
const STYLE: &str = include_str!("report.css");
/// Nothing may be loaded and nothing may run, whatever stands in the file.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
/// Width that charts are drawn for beside one another, and alone, px.
const HALF_PX: u32 = 510;
const WHOLE_PX: u32 = 1030;

/// The report. `partial` says why the run is not whole, if it is not.
pub fn report(result: &RunResult, charts: &ChartData, partial: Option<&str>) -> String {
    let title = escape(&markdown::title(result));
    let own = result.own.as_deref();
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<title>{title}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\"/>\n\
         <meta name=\"referrer\" content=\"no-referrer\"/>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header>\n<h1>{title}</h1>\n<p class=\"muted\">{}</p>\n</header>\n",
        escape(&subtitle(result, own))
    );
    if let Some(why) = partial {
        push(&mut out, format_args!("<p class=\"verdict bad\">Partial result. {}</p>\n", escape(why)));
    }
    out += &own.and_then(|own| own.verdict.as_ref()).map(verdict).unwrap_or_default();
    out += &figures(result);
    out += &failures(own);
    out += &drawn(charts);
    out += &definitions(own);
    out += &settings(own);
    out + "</main>\n</body>\n</html>\n"
}

/// Writing to a string cannot fail.
fn push(out: &mut String, text: std::fmt::Arguments) {
    let _ = out.write_fmt(text);
}

/// When, with what, and by what it was measured.
fn subtitle(result: &RunResult, own: Option<&Own>) -> String {
    let about = &result.about;
    let backend = about.backend.as_ref().map(|backend| format!("backend {backend}"));
    let model = about.model_id.as_ref().map(|model| format!("model {model}"));
    let by = match own {
        Some(own) => format!("measured with Streamgauge {}", own.version),
        None => format!("a result of {}", result.tool.label()),
    };
    let parts = [about.date.as_deref().map(date), backend, model, Some(by)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn verdict(verdict: &Verdict) -> String {
    let class = match verdict.level {
        VerdictLevel::Trusted => "good",
        VerdictLevel::Marginal => "marginal",
        VerdictLevel::NotTrusted => "bad",
    };
    let mut out = format!(
        "<section class=\"verdict {class}\">\n<p>This measurement is <strong>{}</strong></p>\n<ul>\n",
        verdict.level.label().to_lowercase()
    );
    for reason in &verdict.reasons {
        push(&mut out, format_args!("<li>{}</li>\n", escape(&reason.text)));
    }
    out + "</ul>\n</section>\n"
}

fn figures(result: &RunResult) -> String {
    let step_ms = result.clock_step_ms();
    let mut out = "<section>\n<dl class=\"tiles\">\n".to_owned();
    for tile in tables::headline(&result.figures, step_ms) {
        let (name, value, note) = (tile.name, tile.value, tile.note);
        push(
            &mut out,
            format_args!("<div class=\"card\"><dt>{name}</dt><dd><b>{value}</b><span>{note}</span></dd></div>\n"),
        );
    }
    out += "</dl>\n</section>\n<section class=\"card\">\n<table>\n<caption>Latencies in ms</caption>\n<thead><tr><th>Metric</th>";
    let table = tables::latencies(&result.figures, step_ms);
    out.extend(table.heads.iter().map(|head| format!("<th>{head}</th>")));
    out += "</tr></thead>\n<tbody>\n";
    for (short, long, cells) in table.rows {
        let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
        push(&mut out, format_args!("<tr><th scope=\"row\">{short}<small>{long}</small></th>{cells}</tr>\n"));
    }
    out += "</tbody>\n</table>\n</section>\n<div class=\"pair\">\n";
    out += &lines("Totals", &tables::totals(&result.figures));
    out += &lines("Throughput", &tables::rates(&result.figures));
    out + "</div>\n"
}

fn lines(caption: &str, lines: &[Line]) -> String {
    let mut out = format!("<section class=\"card\">\n<table>\n<caption>{caption}</caption>\n<tbody>\n");
    for (name, value, unit) in lines {
        let row =
            format_args!("<tr><th scope=\"row\">{name}</th><td>{value}</td><td class=\"unit\">{unit}</td></tr>\n");
        push(&mut out, row);
    }
    out + "</tbody>\n</table>\n</section>\n"
}

/// Failed requests by kind; a report goes further than a result, so the server's words stay out of it.
fn failures(own: Option<&Own>) -> String {
    let failures = own.map(|own| &own.summary.failures).filter(|failures| !failures.is_empty());
    let Some(failures) = failures else { return String::new() };
    let all = failures.values().copied().map(u64::from).sum();
    let mut out = format!("<section class=\"card\">\n<h2>{} failed</h2>\n<ul>\n", plural(all, "request"));
    for (kind, times) in failures {
        push(&mut out, format_args!("<li>{}: {}</li>\n", kind.label(), count((*times).into())));
    }
    out + "</ul>\n</section>\n"
}

fn drawn(charts: &ChartData) -> String {
    let mut out = "<section>\n<h2>Charts</h2>\n<div class=\"pair\">\n".to_owned();
    let mut last = String::new();
    for kind in ChartKind::all_of(charts.has_times()) {
        let whole = kind == ChartKind::Timeline;
        let svg = kind.draw(charts, if whole { WHOLE_PX } else { HALF_PX });
        let class = if whole { "card wide" } else { "card" };
        let figure = format!("<figure class=\"{class}\">{svg}<figcaption>{}</figcaption></figure>\n", gist(&svg));
        if whole { last = figure } else { out += &figure }
    }
    out += "</div>\n";
    if !charts.has_times() {
        out += "<p class=\"muted\">The result says nothing of when its requests were sent, so there are no charts over time.</p>\n";
    }
    out + &last + "</section>\n"
}

/// A chart's text equivalent, escaped as it stands in the chart.
fn gist(svg: &str) -> &str {
    let gist = svg.split_once("<desc>").and_then(|(_, rest)| rest.split_once("</desc>"));
    gist.map_or("", |(gist, _)| gist)
}

fn definitions(own: Option<&Own>) -> String {
    let Some(definition) = own.map(|own| own.summary.definition) else { return String::new() };
    let explained = definition.explained();
    let rows: Vec<(&str, String)> = explained.iter().map(|(metric, text)| (*metric, (*text).to_owned())).collect();
    named(&format!("What the figures mean ({})", definition.label()), &rows)
}

fn settings(own: Option<&Own>) -> String {
    let Some(own) = own else { return String::new() };
    let mut rows = settings_in_words(&own.settings);
    rows.extend(own.workload.sha256.clone().map(|sha256| ("Workload SHA-256", sha256)));
    rows.extend(
        own.client
            .as_ref()
            .map(|client| &client.user_agent)
            .filter(|agent| !agent.is_empty())
            .map(|agent| ("Browser", agent.clone())),
    );
    named("Settings that differ from the defaults", &rows)
}

fn named(caption: &str, rows: &[(&str, String)]) -> String {
    let mut out = format!("<section class=\"card\">\n<table>\n<caption>{}</caption>\n<tbody>\n", escape(caption));
    for (name, value) in rows {
        push(
            &mut out,
            format_args!("<tr><th scope=\"row\">{name}</th><td class=\"text\">{}</td></tr>\n", escape(value)),
        );
    }
    out + "</tbody>\n</table>\n</section>\n"
}

//! What changes when the figures of one recording are computed under another tool's definitions: which figure moved, by
//! how much, and why.

use super::{FIGURES, Figure, Figures};
use crate::format::fixed;
use crate::metrics::{Definition, Metric};

/// Figures that moved for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moves {
    /// What they are figures of: "TTFT", "Output tokens".
    pub of: &'static str,
    /// Why they moved, in a sentence or two.
    pub why: String,
    /// The figures.
    pub figures: Vec<Moved>,
}

/// One figure that moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Its name, with its unit.
    pub title: String,
    /// Under the first definition.
    pub from: String,
    /// Under the other.
    pub to: String,
    /// By how much: "+12.3 %"; empty where that has no meaning.
    pub by: String,
}

/// What moves from one definition to another, at the precision of the tables.
pub fn moves(from: (Definition, &Figures), to: (Definition, &Figures)) -> Vec<Moves> {
    let in_group = |of: &'static str| {
        let figures = FIGURES.iter().filter(|figure| group(figure) == of);
        let figures: Vec<Moved> = figures.filter_map(|figure| moved(figure, from.1, to.1)).collect();
        (!figures.is_empty()).then(|| Moves { of, why: why(of, from.0, to.0), figures })
    };
    // In the order of the tables, by the words of [`Definition::explained`].
    let latencies = Metric::ALL.iter().map(|metric| metric.label());
    latencies.chain(["Output tokens", "Goodput"]).filter_map(in_group).collect()
}

fn group(figure: &Figure) -> &'static str {
    match figure.of_latency() {
        Some((metric, _)) => metric.label(),
        None if figure.label.contains("goodput") => "Goodput",
        // Of what is no latency, only the count of output tokens has a definition.
        None => "Output tokens",
    }
}

fn moved(figure: &Figure, from: &Figures, to: &Figures) -> Option<Moved> {
    let (before, after) = (figure.show(from), figure.show(to));
    let by = match (figure.get(from), figure.get(to)) {
        (Some(before), Some(after)) if before != 0.0 => {
            let percent = (after / before - 1.0) * 100.0;
            format!("{}{} %", if percent < 0.0 { "" } else { "+" }, fixed(percent, 1))
        }
        _ => String::new(),
    };
    (before != after).then(|| Moved { title: figure.title(), from: before, to: after, by })
}

fn why(of: &str, from: Definition, to: Definition) -> String {
    let rule = |definition: Definition| {
        let explained = definition.explained();
        explained.into_iter().find(|(metric, _)| *metric == of).map_or("", |(_, sentence)| sentence)
    };
    match (rule(from), rule(to)) {
        ("", _) => format!("It counts requests that keep to the limits on what {} sees.", to.label()),
        (before, after) if before == after => {
            format!("The rule is the same, and what goes into it is not: {after}")
        }
        (before, after) => format!("{}: {after} {}: {before}", to.label(), from.label()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::StatFigures;

    fn figures(ttft_ms: f64, tokens: u64) -> Figures {
        let ttft = StatFigures { mean_ms: Some(ttft_ms), ..StatFigures::default() };
        Figures {
            latencies: [(Metric::Ttft, ttft)].into(),
            total_output_tokens: Some(tokens),
            completed: Some(2),
            ..Figures::default()
        }
    }

    #[test]
    fn says_which_figure_moved_by_how_much_and_why() {
        let (reference, vllm) = (figures(100.0, 30), figures(80.0, 30));
        let moves = moves((Definition::Reference, &reference), (Definition::Vllm, &vllm));
        assert_eq!(moves.len(), 1);
        assert_eq!(
            (moves[0].of, moves[0].figures[0].by.as_str(), moves[0].figures[0].to.as_str()),
            ("TTFT", "-20.0 %", "80.00")
        );
        assert_eq!(
            moves[0].why,
            "vLLM: To the first chunk with a choice, even one without text. Reference client: To the first chunk with text."
        );
    }

    #[test]
    fn what_does_not_move_is_not_named() {
        let same = figures(100.0, 30);
        assert_eq!(moves((Definition::Reference, &same), (Definition::Aiperf, &same)), []);
        let counted = figures(100.0, 33);
        let moves = moves((Definition::Reference, &same), (Definition::Sglang, &counted));
        assert_eq!((moves.len(), moves[0].of, moves[0].figures[0].by.as_str()), (1, "Output tokens", "+10.0 %"));
    }
}

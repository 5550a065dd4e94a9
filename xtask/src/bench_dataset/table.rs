//! The rounds as a table for a person and as JSON for a program.

use std::fmt;

use serde::Serialize;

use super::sides::{Page, Reference};

/// Both sides, once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Round {
    /// Python.
    pub(super) reference: Reference,
    /// The page, from a picked file.
    pub(super) picked: Page,
    /// The page, with the file behind an address.
    pub(super) address: Page,
}

impl Round {
    fn reference_s(&self) -> f64 {
        self.reference.load_s + self.reference.sample_s
    }

    fn pages(&self) -> [(&'static str, &Page); 2] {
        [("picked", &self.picked), ("address", &self.address)]
    }

    fn ratio(&self, page: &Page) -> f64 {
        page.total_s / self.reference_s()
    }

    fn same_prompts(&self) -> bool {
        self.pages().iter().all(|(_, page)| page.sha256 == self.reference.sha256)
    }
}

/// All rounds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Table {
    rounds: Vec<Round>,
}

impl Table {
    pub(super) fn new(rounds: Vec<Round>) -> Self {
        Self { rounds }
    }

    /// Whether both sides drew the same prompts in every round.
    pub(super) fn same_prompts(&self) -> bool {
        !self.rounds.is_empty() && self.rounds.iter().all(Round::same_prompts)
    }

    /// The figures as JSON.
    pub(super) fn to_json(&self) -> String {
        serde_json::json!({
            "rounds": self.rounds,
            "ratio_picked": self.median(|round| round.ratio(&round.picked)),
            "ratio_address": self.median(|round| round.ratio(&round.address)),
            "same_prompts": self.same_prompts(),
        })
        .to_string()
    }

    /// The middle one of a figure; of an even number of rounds the upper.
    fn median(&self, of: impl Fn(&Round) -> f64) -> f64 {
        let mut values: Vec<f64> = self.rounds.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    }
}

fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "round  file     json.load s  sampling s  Python s  page s  page/Python  Python MB  worker MB  prompts"
        )?;
        for (number, round) in (1..).zip(&self.rounds) {
            let reference = &round.reference;
            for (place, page) in round.pages() {
                writeln!(
                    out,
                    "{number:>5}  {place:<7}  {:>11.2}  {:>10.2}  {:>8.2}  {:>6.2}  {:>11.3}  {:>9.0}  {:>9.0}  {}",
                    reference.load_s,
                    reference.sample_s,
                    round.reference_s(),
                    page.total_s,
                    round.ratio(page),
                    mb(reference.peak_bytes),
                    mb(page.memory_bytes),
                    if page.sha256 == reference.sha256 { "equal" } else { "DIFFERENT" },
                )?;
            }
        }
        writeln!(
            out,
            "Medians: Python {:.2} s; page, picked {:.2} s, ratio {:.3}; page, by address {:.2} s, ratio {:.3}",
            self.median(Round::reference_s),
            self.median(|round| round.picked.total_s),
            self.median(|round| round.ratio(&round.picked)),
            self.median(|round| round.address.total_s),
            self.median(|round| round.ratio(&round.address)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(reference_s: f64, total_s: f64, sha256: &str) -> Round {
        let reference =
            Reference { load_s: reference_s, sample_s: 0.0, peak_bytes: 0, count: 1, sha256: "same".into() };
        let page = |total_s| Page { total_s, memory_bytes: 0, count: 1, sha256: sha256.into() };
        Round { reference, picked: page(total_s), address: page(2.0 * total_s) }
    }

    #[test]
    fn the_ratio_is_the_median_of_the_rounds() {
        let table = Table::new(vec![round(4.0, 1.0, "same"), round(4.0, 2.0, "same"), round(4.0, 3.0, "same")]);
        assert!(table.same_prompts());
        assert!(
            table.to_string().ends_with("picked 2.00 s, ratio 0.500; page, by address 4.00 s, ratio 1.000\n"),
            "{table}"
        );
    }

    #[test]
    fn one_round_with_other_prompts_is_told() {
        let table = Table::new(vec![round(4.0, 1.0, "same"), round(4.0, 1.0, "other")]);
        assert!(!table.same_prompts() && table.to_string().contains("DIFFERENT"));
        assert!(!Table::new(vec![]).same_prompts());
    }
}

//! Failed requests grouped for a person: by kind, and within a kind by what the server said.

use std::collections::BTreeMap;

use crate::record::{FailureKind, Record};

/// Different words of one kind that are shown; more are counted.
const MOST_WORDS: usize = 5;

/// Failures of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureGroup {
    /// The kind.
    pub kind: FailureKind,
    /// How many.
    pub count: u64,
    /// What was said, with how often, the commonest first.
    pub words: Vec<(String, u64)>,
    /// How many said something else.
    pub others: u64,
}

/// Groups the failures of records, the largest group first.
pub fn group(records: &[Record]) -> Vec<FailureGroup> {
    let mut kinds: BTreeMap<FailureKind, BTreeMap<&str, u64>> = BTreeMap::new();
    for failure in records.iter().filter_map(Record::failure) {
        *kinds.entry(failure.kind).or_default().entry(&failure.message).or_default() += 1;
    }
    let mut groups: Vec<FailureGroup> = kinds.into_iter().map(|(kind, words)| one_group(kind, words)).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    groups
}

fn one_group(kind: FailureKind, words: BTreeMap<&str, u64>) -> FailureGroup {
    let count = words.values().sum();
    let mut words: Vec<(String, u64)> = words.into_iter().map(|(text, count)| (text.to_owned(), count)).collect();
    words.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let others = words.iter().skip(MOST_WORDS).map(|(_, count)| count).sum();
    words.truncate(MOST_WORDS);
    FailureGroup { kind, count, words, others }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Failure, Outcome};

    #[test]
    fn groups_by_kind_and_by_words() {
        let failed = |kind, message: &str| Record {
            outcome: Outcome::Failed(Failure { kind, message: message.into() }),
            ..Record::default()
        };
        let mut records = vec![failed(FailureKind::Timeout, "too slow"), Record::default()];
        records.extend((0..8).map(|n| failed(FailureKind::HttpStatus, &format!("500 number {n}"))));
        records.push(failed(FailureKind::HttpStatus, "500 number 3"));
        let groups = group(&records);
        assert_eq!(
            groups.iter().map(|g| (g.kind, g.count)).collect::<Vec<_>>(),
            [(FailureKind::HttpStatus, 9), (FailureKind::Timeout, 1)]
        );
        assert_eq!(groups[0].words[0], ("500 number 3".into(), 2));
        assert_eq!((groups[0].words.len(), groups[0].others), (5, 3));
    }
}

//! A process and all that it started, as Linux tells under /proc: their processor time, and which of them show pages.

use std::collections::HashMap;
use std::fs;

/// Linux counts processor time for programs in hundredths of a second, on every machine in use.
const TICKS_A_SECOND: f64 = 100.0;

/// What one process has used.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Usage {
    parent: u32,
    /// Its own time and that of its ended children.
    ticks: u64,
}

/// Processor time in s that this process, its children and theirs have used so far; None where /proc does not tell.
pub fn tree_s(pid: u32) -> Option<f64> {
    let all = all()?;
    all.contains_key(&pid).then(|| tree_ticks(&all, pid) as f64 / TICKS_A_SECOND)
}

/// The processes of a browser that show pages and run their workers.
pub fn renderers(browser: u32) -> Vec<u32> {
    let shows_pages = |pid: &u32| {
        let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&words).contains("--type=renderer")
    };
    all().map(|all| tree(&all, browser).into_iter().filter(shows_pages).collect()).unwrap_or_default()
}

fn all() -> Option<HashMap<u32, Usage>> {
    let entries = fs::read_dir("/proc").ok()?.flatten();
    let process = |entry: fs::DirEntry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((pid, usage(&fs::read_to_string(entry.path().join("stat")).ok()?)?))
    };
    Some(entries.filter_map(process).collect())
}

/// A process and all below it.
fn tree(all: &HashMap<u32, Usage>, root: u32) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(pid) = found.get(next).copied() {
        found.extend(all.iter().filter(|(_, usage)| usage.parent == pid).map(|(child, _)| *child));
        next += 1;
    }
    found
}

fn tree_ticks(all: &HashMap<u32, Usage>, root: u32) -> u64 {
    tree(all, root).iter().filter_map(|pid| all.get(pid)).map(|usage| usage.ticks).sum()
}

/// Reads a line of `/proc/PID/stat`. The second field, the name, may hold spaces and brackets.
fn usage(stat: &str) -> Option<Usage> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    // Counted from the field after the name: state, parent, … user time, system time, and both of ended children.
    let parent = fields.get(1)?.parse().ok()?;
    let ticks = fields.get(11..15)?.iter().map(|field| field.parse::<u64>().ok()).sum::<Option<u64>>()?;
    Some(Usage { parent, ticks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_process_whose_name_has_brackets() {
        let stat = "77 (a) b) c) S 5 77 77 0 -1 4194560 1 2 3 4 100 20 3 1 20 0 1 0 9 10 11";
        assert_eq!(usage(stat), Some(Usage { parent: 5, ticks: 124 }));
        assert_eq!(usage("77 (a"), None);
    }

    #[test]
    fn sums_a_process_with_all_below_it() {
        let process = |pid, parent, ticks| (pid, Usage { parent, ticks });
        let all = [process(1, 0, 1000), process(5, 1, 1), process(6, 5, 2), process(7, 6, 4), process(8, 1, 500)];
        assert_eq!(tree_ticks(&HashMap::from(all), 5), 7);
    }
}

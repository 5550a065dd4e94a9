//! Debian's packages, where there is apt. Only root may install them; anyone else is told the one command to run.

use std::process::Command;

use crate::Error;
use crate::run::{is_root, output, run, say, which};

/// Whether this system has apt.
pub fn here() -> bool {
    which("apt-get", None).is_some()
}

/// Installs packages.
///
/// # Errors
/// When there is no apt (`elsewhere` is then the command to run), when this is not root, or when apt fails.
pub fn install(packages: &[&str], what: &str, elsewhere: &str) -> Result<(), Error> {
    let names = packages.join(" ");
    if !here() {
        return Err(Error::Missing { what: what.to_owned(), command: elsewhere.to_owned() });
    }
    if !is_root() {
        let command = format!("sudo apt-get update && sudo apt-get install -y {names}");
        return Err(Error::Missing { what: what.to_owned(), command });
    }
    say(&format!("Installing {what} with apt: {names} (1 to 3 minutes)"));
    if run(&mut apt_get(&["install", "-y", "--no-install-recommends"], packages), "").is_ok() {
        return Ok(());
    }
    say("apt's package lists may be old: updating them (under a minute)");
    run(&mut apt_get(&["update"], &[]), "Check the network and apt's sources.")?;
    run(
        &mut apt_get(&["install", "-y", "--no-install-recommends"], packages),
        &format!("Install {what} by hand, then run the same command again."),
    )
}

fn apt_get(words: &[&str], packages: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.args(words).args(packages).arg("-q").env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// The package of the newest lld that is at least this LLVM, or plain `lld` where apt knows none with a number.
pub fn lld_package(llvm_major: u32) -> String {
    let found = output(Command::new("apt-cache").args(["search", "--names-only", "^lld-[0-9]+$"])).unwrap_or_default();
    newest_lld(&found, llvm_major).map_or_else(|| "lld".to_owned(), |version| format!("lld-{version}"))
}

fn newest_lld(search: &str, at_least: u32) -> Option<u32> {
    let versions = search.lines().filter_map(|line| line.strip_prefix("lld-")?.split_whitespace().next()?.parse().ok());
    versions.filter(|version| *version >= at_least).max()
}

#[cfg(test)]
mod tests {
    use super::newest_lld;

    #[test]
    fn takes_the_newest_lld_that_is_new_enough() {
        let search = "lld-16 - LLVM-based linker\nlld-22 - LLVM-based linker\nlld-19 - LLVM-based linker\n";
        assert_eq!(newest_lld(search, 19), Some(22));
        assert_eq!(newest_lld(search, 22), Some(22));
        assert_eq!(newest_lld(search, 23), None);
        assert_eq!(newest_lld("", 1), None);
    }
}

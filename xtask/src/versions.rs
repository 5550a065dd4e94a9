//! Versions of the tools that set-up installs, in one place. wasm-bindgen's is the crate's own, from Cargo.lock, since
//! the two must be equal.

use crate::{Doing, Error, root};

/// Builds the site.
pub const TRUNK: &str = "0.21.14";
/// The npm package that ships wasm-opt; its major version is the one in Trunk.toml.
pub const BINARYEN: &str = "132.0.0";
/// Drives Firefox.
pub const GECKODRIVER: &str = "0.37.1";
/// The Python packages of the llama.cpp test, and of the client that the page's accuracy is held against.
pub const PYTHON_PACKAGES: &[&str] = &["xllamacpp==2026.10.11549", "gguf==0.19.0", "numpy>=1.26,<3", "aiohttp==3.14.5"];

/// The Python packages of the reference side of `bench-dataset`.
pub const REFERENCE_PACKAGES: &[&str] = &["tokenizers==0.23.2"];

/// The version that wasm-bindgen has in Cargo.lock.
///
/// # Errors
/// When there is no Cargo.lock, or none with wasm-bindgen.
pub fn wasm_bindgen() -> Result<String, Error> {
    let path = root().join("Cargo.lock");
    let lock = std::fs::read_to_string(&path).doing(|| format!("read {}", path.display()))?;
    locked(&lock, "wasm-bindgen")
        .map(str::to_owned)
        .ok_or_else(|| Error::Said("Cargo.lock names no wasm-bindgen; run `cargo generate-lockfile`".into()))
}

/// A package's version in a lock file's text: the first, where there are several.
fn locked<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

/// The first version number (`1.2.3`, or a plain number) in what a tool prints of itself.
pub fn printed(output: &str) -> Option<&str> {
    output
        .split(|c: char| c.is_whitespace() || c == '(' || c == ')')
        .map(|word| word.strip_prefix('v').unwrap_or(word))
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}

/// The number before the first dot.
pub fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"9.9.9\"\n\n\
                        [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"x\"\n";

    #[test]
    fn reads_a_version_from_the_lock_file_by_whole_name() {
        assert_eq!(locked(LOCK, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked(LOCK, "wasm"), None);
    }

    #[test]
    fn the_projects_lock_file_names_wasm_bindgen() {
        assert_eq!(wasm_bindgen().unwrap().split('.').count(), 3);
    }

    #[test]
    fn reads_what_tools_print_of_themselves() {
        assert_eq!(printed("trunk 0.21.14\n"), Some("0.21.14"));
        assert_eq!(printed("wasm-opt version 132 (version_132)"), Some("132"));
        assert_eq!(printed("Chromium 156.0.8078.73 built on Debian"), Some("156.0.8078.73"));
        assert_eq!(printed("v20.20.2"), Some("20.20.2"));
        assert_eq!(printed("Debian LLD 22.1.8"), Some("22.1.8"));
        assert_eq!(printed("no number"), None);
    }

    #[test]
    fn the_major_version_is_a_number() {
        assert_eq!(major("156.0.8078.73"), Some(156));
        assert_eq!(major("x.1"), None);
    }

    #[test]
    fn trunk_is_told_the_same_wasm_opt() {
        let trunk = std::fs::read_to_string(root().join("Trunk.toml")).unwrap();
        let major = major(BINARYEN).unwrap();
        assert!(trunk.contains(&format!("wasm_opt = \"version_{major}\"")), "{trunk}");
        assert!(trunk.contains(&format!("trunk-version = \"^{TRUNK}\"")), "{trunk}");
    }
}

//! The static site in `dist/`: built by trunk when the sources have changed, and left alone when they have not.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::run::{run, say};
use crate::{Doing, Error, root, tools, wasm};

/// What the programs are made from, under the root. Their hash is the build's name, which they carry.
const CODE: &[&str] = &["src", "patches", "Cargo.toml", "Cargo.lock"];
/// What the site is made from.
const SOURCES: &[&str] = &["src", "patches", "Cargo.toml", "Cargo.lock", "index.html", "Trunk.toml", "style", "assets"];
/// The file in `dist/` with the hash of the sources, which tells whether the site is up to date.
const MARK: &str = "sources.txt";

/// Files that get a copy compressed with gzip beside them, by the ends of their names. Servers that know of such copies, as
/// ours does, send those; data files keep their length and byte ranges.
const COMPRESSED: &[&str] = &["html", "css", "js", "wasm", "svg"];

/// The programs: binary, feature and profile, as in index.html. Compiled one after the other before trunk finds them
/// done, for trunk compiles all at once, with their messages mixed up, and fetches nothing.
const BINARIES: [(&str, &str, &str); 3] =
    [("page", "app", "page"), ("load-worker", "worker", "worker"), ("chat-template", "chat-template", "page")];

/// Where the site is built.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Builds the site unless it is there already, of these very sources.
///
/// # Errors
/// When set-up or trunk fails.
pub fn build() -> Result<PathBuf, Error> {
    let dist = dist();
    let mark = dist.join(MARK);
    let build = hash(&root(), CODE)?;
    let sources = hash(&root(), SOURCES)?;
    if fs::read_to_string(&mark).is_ok_and(|have| have.trim() == sources) {
        say(&format!("{} is up to date (build {build})", dist.display()));
        return Ok(dist);
    }
    let compiler = wasm::ensure()?;
    let path = tools::ensure_for_build(&compiler)?;
    for (binary, feature, profile) in BINARIES {
        say(&format!("Compiling {binary}, build {build} (2 to 5 minutes the first time, then about one)"));
        let mut cargo = compiler.cargo();
        compiler.apply_for_others(&mut cargo);
        cargo.args(["build", "--target", wasm::TARGET, "--profile", profile, "--bin", binary]);
        cargo.args(["--no-default-features", "--features", feature]).env("STREAMGAUGE_BUILD", &build);
        run(&mut cargo, "The messages above say why.")?;
    }
    say("Packing them with trunk (1 to 2 minutes)");
    let mut trunk = Command::new(crate::run::which("trunk", Some(&path)).unwrap_or_else(|| "trunk".into()));
    // Of the same flags, or trunk would compile all once more.
    compiler.apply_for_others(&mut trunk);
    // trunk takes NO_COLOR for a yes or no, and fails on the usual 1.
    trunk.env_remove("NO_COLOR").env("PATH", path).env("STREAMGAUGE_BUILD", &build);
    trunk.args(["build", "--release", "--offline", "--dist"]).arg(&dist);
    run(&mut trunk, "The messages above say why.")?;
    compress(&dist)?;
    fs::write(&mark, format!("{sources}\n")).doing(|| format!("write {}", mark.display()))?;
    Ok(dist)
}

/// Puts a compressed copy beside each of the [`COMPRESSED`] files of a folder, however deep.
fn compress(folder: &Path) -> Result<(), Error> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    for path in files {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if COMPRESSED.contains(&ending) {
            let copy = path.with_extension(format!("{ending}.gz"));
            gzip(&path, &copy).doing(|| format!("compress {}", path.display()))?;
        }
    }
    Ok(())
}

fn gzip(path: &Path, copy: &Path) -> io::Result<()> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&fs::read(path)?)?;
    fs::write(copy, packed.finish()?)
}

/// A short hash over files and folders: names and contents, in the order of the names.
fn hash(root: &Path, sources: &[&str]) -> Result<String, Error> {
    let mut files = Vec::new();
    for source in sources {
        collect(&root.join(source), &mut files)?;
    }
    files.sort();
    let mut hasher = Sha256::new();
    for path in files {
        let content = fs::read(&path).doing(|| format!("read {}", path.display()))?;
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        hasher.update((name.len() as u64).to_le_bytes());
        hasher.update(name);
        hasher.update((content.len() as u64).to_le_bytes());
        hasher.update(content);
    }
    Ok(hasher.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect())
}

/// Every file in a folder, however deep; or the file itself.
///
/// # Errors
/// When a folder cannot be read.
pub fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path).doing(|| format!("read {}", path.display()))? {
        collect(&entry.doing(|| format!("read {}", path.display()))?.path(), files)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read;

    #[test]
    fn programs_get_compressed_copies_and_data_none() {
        let folder = std::env::temp_dir().join(format!("streamgauge-compress-{}", std::process::id()));
        fs::create_dir_all(folder.join("deep")).unwrap();
        fs::write(folder.join("deep/load-worker_bg.wasm"), "program").unwrap();
        fs::write(folder.join("tokenizer.json"), "{}").unwrap();
        compress(&folder).unwrap();
        let mut text = String::new();
        let copy = fs::File::open(folder.join("deep/load-worker_bg.wasm.gz")).unwrap();
        GzDecoder::new(copy).read_to_string(&mut text).unwrap();
        assert_eq!(text, "program");
        let mut files = Vec::new();
        collect(&folder, &mut files).unwrap();
        assert_eq!(files.len(), 3, "{files:?}");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_hash_follows_names_and_contents() {
        let folder = std::env::temp_dir().join(format!("streamgauge-hash-{}", std::process::id()));
        fs::create_dir_all(folder.join("src/deep")).unwrap();
        fs::write(folder.join("src/a"), "one").unwrap();
        fs::write(folder.join("src/deep/b"), "two").unwrap();
        let of = || hash(&folder, &["src"]).unwrap();
        let first = of();
        assert_eq!((first.len(), of()), (12, first.clone()));
        fs::write(folder.join("src/deep/b"), "three").unwrap();
        let second = of();
        assert_ne!(first, second);
        fs::rename(folder.join("src/a"), folder.join("src/c")).unwrap();
        assert_ne!(second, of());
        fs::remove_dir_all(&folder).unwrap();
        assert!(hash(&folder, &["src"]).is_err());
    }
}

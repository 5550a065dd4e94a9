//! The compiler for the browser: the toolchain that runs this, with the wasm target that rustup adds; or, where that
//! cannot be had, Debian's compiler, with a standard library that is built once from Debian's source package.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::run::{cache_dir, cargo_home, output, run, say, search_path, which};
use crate::{Doing, Error, apt, root, versions};

/// The target's name.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// A compiler that was seen to build for the browser.
pub struct Compiler {
    /// Folder of cargo and rustc when they are not the ones on PATH.
    folder: Option<PathBuf>,
    /// The linker, when it is not rustc's own.
    linker: Option<PathBuf>,
    /// A sysroot of ours with the target's standard library.
    sysroot: Option<PathBuf>,
}

impl Compiler {
    /// Whether clippy can lint for this target: it comes with rustup's compiler alone.
    pub fn has_clippy(&self) -> bool {
        self.folder.is_none() && which("cargo-clippy", None).is_some()
    }

    /// The search path for this compiler's children: `before` comes first, then the compiler, then PATH and `after`.
    ///
    /// # Errors
    /// When a folder's name cannot stand in PATH.
    pub fn path(&self, before: &[PathBuf], after: &[PathBuf]) -> Result<OsString, Error> {
        let before: Vec<_> = before.iter().chain(&self.folder).cloned().collect();
        search_path(&before, after)
    }

    /// `cargo` for the browser.
    pub fn cargo(&self) -> Command {
        let mut command = match &self.folder {
            Some(folder) => Command::new(folder.join("cargo")),
            None => Command::new("cargo"),
        };
        self.apply(&mut command);
        command
    }

    /// Gives a command, and the cargo that it may start, this compiler and its own target folder (a compiler never
    /// shares one with another). PATH is set too, to [`Compiler::path`] of nothing.
    pub fn apply(&self, command: &mut Command) {
        command.current_dir(root()).env("CARGO_TARGET_DIR", target_dir());
        // They are meant for programs of this machine, and cargo would take them in place of the project's own.
        command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
        let Some(folder) = &self.folder else { return };
        // The running toolchain's marks would lead the other compiler astray.
        for name in ["RUSTUP_TOOLCHAIN", "RUSTUP_HOME", "CARGO", "RUSTC", "LD_LIBRARY_PATH"] {
            command.env_remove(name);
        }
        if let Ok(path) = self.path(&[], &[]) {
            command.env("PATH", path);
        }
        command.env("RUSTC", folder.join("rustc")).env("RUSTDOC", folder.join("rustdoc"));
        if let Some(linker) = &self.linker {
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        if !self.sysroot_flags().is_empty() {
            command.env(RUSTFLAGS, self.sysroot_flags().join(" "));
        }
    }

    /// As [`Compiler::apply`], for programs that others get: they name no folder of this machine.
    pub fn apply_for_others(&self, command: &mut Command) {
        self.apply(command);
        let flags = [self.sysroot_flags(), remap_flags(&self.named_folders())].concat();
        command.env(RUSTFLAGS, flags.join(" "));
    }

    fn sysroot_flags(&self) -> Vec<String> {
        self.sysroot.iter().map(|sysroot| format!("--sysroot={}", sysroot.display())).collect()
    }

    /// The folders of sources on this machine, each with what stands for it in a program; of two that hold a source, the
    /// later one.
    fn named_folders(&self) -> Vec<(PathBuf, &'static str)> {
        let mut rustc = Command::new("rustc");
        let sysroot = output(rustc.args(["--print", "sysroot"])).map(|line| PathBuf::from(line.trim()));
        let library = match self.folder {
            Some(_) => Some(DEBIAN_LIBRARY.into()),
            None => sysroot.map(|sysroot| sysroot.join("lib/rustlib/src/rust")),
        };
        let folders =
            [(env::home_dir(), "home"), (cargo_home(), "cargo"), (library, "rust"), (Some(root()), "streamgauge")];
        folders.into_iter().filter_map(|(folder, name)| Some((folder?, name))).collect()
    }

    /// Compiles and links a few lines with link-time optimisation, which shows a missing standard library, one of
    /// another compiler, one without bitcode, and a missing linker.
    fn works(&self) -> bool {
        let rustc = self.folder.as_ref().map_or_else(|| PathBuf::from("rustc"), |folder| folder.join("rustc"));
        let Ok(out) = cache_dir().map(|dir| dir.join(format!("probe-{}.wasm", std::process::id()))) else {
            return false;
        };
        let mut command = Command::new(rustc);
        command.args(["--edition=2024", "--target", TARGET, "--crate-type=cdylib", "-Clto=fat", "-o"]).arg(&out);
        self.apply(&mut command);
        command.args(self.linker.iter().map(|linker| format!("-Clinker={}", linker.display())));
        command.args(self.sysroot_flags());
        let source = "#[unsafe(no_mangle)] pub extern \"C\" fn digits(x: u32) -> usize { x.to_string().len() }";
        let fine = feed(command.arg("-"), source);
        let _ = fs::remove_file(out);
        fine
    }
}

/// Flags for the target's compiler, beside those in .cargo/config.toml.
const RUSTFLAGS: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS";

/// The flags with which rustc writes a folder's name in place of its path. The message of a panic says where it arose.
fn remap_flags(folders: &[(PathBuf, &str)]) -> Vec<String> {
    // cargo splits flags at spaces, and the root of all would be named in every path.
    let can_pass = |path: &Path| path.parent().is_some() && !path.to_string_lossy().contains(char::is_whitespace);
    let passed = folders.iter().filter(|(path, _)| can_pass(path));
    passed.map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display())).collect()
}

/// The target folder of builds for the browser: in the usual one, or in the one that the person chose.
fn target_dir() -> PathBuf {
    let chosen = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    chosen.unwrap_or_else(|| root().join("target")).join("wasm")
}

/// Runs a command silently with this text as its input; true when it succeeds.
fn feed(command: &mut Command, text: &str) -> bool {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = child else { return false };
    let written = child.stdin.take().is_some_and(|mut input| input.write_all(text.as_bytes()).is_ok());
    child.wait().is_ok_and(|status| status.success()) && written
}

/// Finds a compiler for the browser, or sets one up.
///
/// # Errors
/// When none can be set up; the error names the command to run.
pub fn ensure() -> Result<Compiler, Error> {
    let own = Compiler { folder: None, linker: None, sysroot: None };
    if own.works() {
        return Ok(own);
    }
    if let Some(debian) = debian_ready()? {
        return Ok(debian);
    }
    if which("rustup", None).is_some() {
        say(&format!("Adding the target {TARGET} with rustup (under a minute)"));
        let added = run(Command::new("rustup").args(["target", "add", TARGET]), "");
        if added.is_ok() && own.works() {
            return Ok(own);
        }
        say("rustup could not add it; falling back to Debian's compiler");
    }
    debian_set_up()
}

const DEBIAN: &str = "/usr/bin";
/// Its standard library's sources.
const DEBIAN_LIBRARY: &str = "/usr/lib/rustlib/src/rust";

/// Debian's compiler when it is there with all it needs.
fn debian_ready() -> Result<Option<Compiler>, Error> {
    let Some(about) = debian_rustc() else { return Ok(None) };
    let Some(linker) = wasm_ld(llvm_major(&about).unwrap_or_default()) else { return Ok(None) };
    let own = sysroot_for(&about)?;
    for sysroot in [None, Some(own)] {
        let compiler = Compiler { folder: Some(DEBIAN.into()), linker: Some(linker.clone()), sysroot };
        if compiler.works() {
            return Ok(Some(compiler));
        }
    }
    Ok(None)
}

fn debian_set_up() -> Result<Compiler, Error> {
    let elsewhere = format!("rustup target add {TARGET}");
    let ready = || debian_rustc().filter(|_| Path::new(DEBIAN_LIBRARY).join("library/std/Cargo.toml").exists());
    if ready().is_none() {
        let packages = ["rustc-web", "cargo-web", "rust-web-src", &apt::lld_package(0)];
        apt::install(&packages, "a Rust compiler for the browser", &elsewhere)?;
    }
    let about = ready().ok_or_else(|| Error::Missing { what: "The wasm target".into(), command: elsewhere.clone() })?;
    let llvm = llvm_major(&about).unwrap_or_default();
    if wasm_ld(llvm).is_none() {
        apt::install(&[&apt::lld_package(llvm)], "a linker for wasm", &elsewhere)?;
    }
    let sysroot = sysroot_for(&about)?;
    let compiler = Compiler { folder: Some(DEBIAN.into()), linker: wasm_ld(llvm), sysroot: Some(sysroot.clone()) };
    build_std(&compiler, &sysroot)?;
    if compiler.works() {
        Ok(compiler)
    } else {
        Err(Error::Missing { what: "The wasm target".into(), command: elsewhere })
    }
}

/// What Debian's rustc says of itself; None without it.
fn debian_rustc() -> Option<String> {
    let mut command = Command::new(Path::new(DEBIAN).join("rustc"));
    output(command.arg("-vV").env_remove("LD_LIBRARY_PATH"))
}

fn llvm_major(about: &str) -> Option<u32> {
    versions::major(about.lines().find_map(|line| line.strip_prefix("LLVM version: "))?)
}

/// The newest `wasm-ld-N` that is at least this LLVM, or a plain `wasm-ld` that is.
fn wasm_ld(llvm: u32) -> Option<PathBuf> {
    let numbered = (llvm..llvm + 20).rev().find_map(|version| which(&format!("wasm-ld-{version}"), None));
    let new_enough = |linker: &PathBuf| {
        let printed = output(Command::new(linker).arg("--version"));
        printed.and_then(|text| versions::major(versions::printed(&text)?)).is_some_and(|version| version >= llvm)
    };
    numbered.or_else(|| which("wasm-ld", None).filter(new_enough))
}

/// How [`build_std`] builds: counted up when its outcome changes.
const BUILD_STD: u32 = 2;

/// The sysroot of ours for this very compiler: an update of it, or of how we build it, gets another.
fn sysroot_for(about: &str) -> Result<PathBuf, Error> {
    let release = about.lines().find_map(|line| line.strip_prefix("release: ")).unwrap_or("unknown");
    let commit = about.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or_default();
    Ok(cache_dir()?.join(format!("rust-{release}-{}-{BUILD_STD}", commit.get(..9).unwrap_or("plain"))))
}

/// Builds the standard library with bitcode (link-time optimisation needs it), and what tests link beside it, and puts
/// them into the sysroot.
fn build_std(compiler: &Compiler, sysroot: &Path) -> Result<(), Error> {
    say("Building the standard library for the browser, once (1 to 2 minutes)");
    let work = cache_dir()?.join("std-build");
    let source = work.join("src");
    fs::create_dir_all(&source).doing(|| format!("make {}", source.display()))?;
    let manifest = "[package]\nname = \"throwaway\"\nedition = \"2021\"\n[workspace]\n[lib]\npath = \"src/lib.rs\"\n";
    for (path, text) in [(work.join("Cargo.toml"), manifest), (source.join("lib.rs"), "")] {
        fs::write(&path, text).doing(|| format!("write {}", path.display()))?;
    }
    let mut command = compiler.cargo();
    command.args(["build", "--release", "-Zbuild-std=std,panic_abort,test", "--target", TARGET]).current_dir(&work);
    command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", work.join("target"));
    let flags = [vec!["-Cembed-bitcode=yes".to_owned()], remap_flags(&compiler.named_folders())].concat();
    command.env(RUSTFLAGS, flags.join(" "));
    run(&mut command, "Check that rust-web-src is installed, or add the target with rustup.")?;
    let built = work.join("target").join(TARGET).join("release/deps");
    let lib = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    fs::create_dir_all(&lib).doing(|| format!("make {}", lib.display()))?;
    for entry in fs::read_dir(&built).doing(|| format!("read {}", built.display()))?.flatten() {
        let name = entry.file_name();
        let text = name.to_string_lossy();
        let library = text.ends_with(".rlib") || text.ends_with(".rmeta");
        if library && !text.starts_with("libthrowaway") {
            fs::copy(entry.path(), lib.join(&name)).doing(|| format!("copy {text} to {}", lib.display()))?;
        }
    }
    fs::remove_dir_all(&work).doing(|| format!("remove {}", work.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: &str = "rustc 1.96.0 (ac68faa20 2026-05-25)\nbinary: rustc\n\
        commit-hash: ac68faa20c58cbccd01ee7208bf3b6e93a7d7f96\nrelease: 1.96.0\nLLVM version: 22.1.8\n";

    #[test]
    fn reads_the_llvm_version() {
        assert_eq!(llvm_major(ABOUT), Some(22));
        assert_eq!(llvm_major("rustc 1.0"), None);
    }

    #[test]
    fn each_compiler_has_a_sysroot_of_its_own() {
        assert!(sysroot_for(ABOUT).unwrap().ends_with("rust-1.96.0-ac68faa20-2"));
        assert!(sysroot_for("release: 1.97.0\n").unwrap().ends_with("rust-1.97.0-plain-2"));
    }
    #[test]
    fn folders_are_named_and_not_told() {
        let flags = remap_flags(&[("/".into(), "all"), ("/home/ann".into(), "home"), ("/home/a b".into(), "spaced")]);
        assert_eq!(flags, ["--remap-path-prefix=/home/ann=home"]);
    }

    #[test]
    fn what_ships_names_no_folder_and_keeps_the_sysroot() {
        let flags = |apply: fn(&Compiler, &mut Command), sysroot: Option<&str>| {
            let compiler = Compiler { folder: Some(DEBIAN.into()), linker: None, sysroot: sysroot.map(PathBuf::from) };
            let mut command = Command::new("cargo");
            apply(&compiler, &mut command);
            let set = command.get_envs().find(|(name, _)| *name == RUSTFLAGS).and_then(|(_, value)| value);
            set.map(|flags| flags.to_string_lossy().into_owned())
        };
        assert_eq!(flags(Compiler::apply, None), None);
        assert_eq!(flags(Compiler::apply, Some("/ours")).as_deref(), Some("--sysroot=/ours"));
        let shipped = flags(Compiler::apply_for_others, Some("/ours")).unwrap();
        let root = format!("--remap-path-prefix={}=streamgauge", root().display());
        assert!(shipped.starts_with("--sysroot=/ours --remap-path-prefix="), "{shipped}");
        assert!(shipped.contains("=/usr/lib/rustlib/src/rust=rust ") && shipped.ends_with(&root), "{shipped}");
    }
}

//! A real server for the tests: llama.cpp's own HTTP server around a very small random model, made on the spot.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use flate2::read::GzDecoder;

/// A running llama.cpp server; ends with this value.
pub struct Llama {
    port: u16,
    child: Child,
    // The server ends when this closes.
    _stdin: Option<ChildStdin>,
    _folder: tempfile::TempDir,
}

impl Llama {
    /// Makes the model and starts the server with this many slots.
    ///
    /// # Panics
    /// When the Python environment that set-up made is not there, or the server does not start.
    pub fn start(slots: u32) -> Self {
        let python =
            std::env::var("STREAMGAUGE_LLAMA_PYTHON").expect("STREAMGAUGE_LLAMA_PYTHON; cargo xtask test sets it");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = tempfile::tempdir().expect("a folder for the model");
        let model = folder.path().join("tiny.gguf");
        let tokenizer = folder.path().join("tokenizer.json");
        fs::write(&tokenizer, golden_tokenizer(root)).expect("a tokenizer to write");
        let made = Command::new(&python).arg(root.join("llama/make_model.py")).args([&tokenizer, &model]).status();
        assert!(made.expect("python runs").success(), "the model was not made");
        let port = crate::driver::free_port();
        let mut child = Command::new(&python)
            .arg(root.join("llama/serve.py"))
            .arg(&model)
            .args([port.to_string(), slots.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let stdin = child.stdin.take();
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let ready = lines.by_ref().map_while(Result::ok).any(|line| line.starts_with("ready"));
        assert!(ready, "llama.cpp's server ended before it was ready");
        // What it prints later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { port, child, _stdin: stdin, _folder: folder }
    }

    /// The server's address.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// The byte-level BPE tokenizer of the golden tests.
fn golden_tokenizer(root: &Path) -> Vec<u8> {
    let packed = fs::read(root.join("../tests/golden/tokenizers/llama3ish.json.gz")).expect("the golden tokenizer");
    let mut json = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut json).expect("a gzip file");
    json
}

impl Drop for Llama {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! An X display that nobody sees, for a browser without a headless mode.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::{Doing, Error};

/// A running Xvfb; it ends when this is dropped.
#[derive(Debug)]
pub struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// Starts one with a number that is free.
    ///
    /// # Errors
    /// When there is no Xvfb, or it does not start.
    pub fn start() -> Result<Self, Error> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1600x2000x24", "-nolisten", "tcp"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = command.spawn().doing(|| "start Xvfb".into())?;
        let mut number = String::new();
        if let Some(stdout) = server.stdout.take() {
            BufReader::new(stdout).read_line(&mut number).doing(|| "read the display's number from Xvfb".into())?;
        }
        let display = Self { server, name: format!(":{}", number.trim()) };
        if display.name.len() > 1 { Ok(display) } else { Err(Error::Said("Xvfb ended before it had a display".into())) }
    }

    /// Its name, as DISPLAY takes it.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

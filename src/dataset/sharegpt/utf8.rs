//! Whether bytes that come in pieces are UTF-8.

use crate::dataset::sharegpt::runs::ascii_len;

/// The check, and the beginning of a character that the next piece must go on with.
#[derive(Debug, Default)]
pub(super) struct Utf8 {
    /// Bytes of whole characters seen so far.
    valid: u64,
    pending: Vec<u8>,
}

impl Utf8 {
    /// Reads on. The error is the offset of the first byte that fits nowhere.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) -> Result<(), u64> {
        while !self.pending.is_empty() {
            let Some((first, rest)) = bytes.split_first() else { return Ok(()) };
            self.pending.push(*first);
            bytes = rest;
            let joined = std::mem::take(&mut self.pending);
            self.check(&joined)?;
        }
        self.check(bytes)
    }

    /// At the end nothing may be pending.
    pub(super) fn finish(&self) -> Result<(), u64> {
        if self.pending.is_empty() { Ok(()) } else { Err(self.valid) }
    }

    fn check(&mut self, mut bytes: &[u8]) -> Result<(), u64> {
        while !bytes.is_empty() {
            let ascii = ascii_len(bytes);
            self.valid += ascii as u64;
            bytes = &bytes[ascii..];
            // No character has both ASCII bytes and others.
            let others = bytes.iter().position(u8::is_ascii).unwrap_or(bytes.len());
            let (run, rest) = bytes.split_at(others);
            if let Err(error) = std::str::from_utf8(run) {
                self.valid += error.valid_up_to() as u64;
                if error.error_len().is_some() || !rest.is_empty() {
                    return Err(self.valid);
                }
                self.pending = run[error.valid_up_to()..].to_vec();
                return Ok(());
            }
            self.valid += run.len() as u64;
            bytes = rest;
        }
        Ok(())
    }
}

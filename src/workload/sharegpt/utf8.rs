//! Whether bytes that come in pieces are UTF-8.

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

    fn check(&mut self, bytes: &[u8]) -> Result<(), u64> {
        match std::str::from_utf8(bytes) {
            Ok(_) => self.valid += bytes.len() as u64,
            Err(error) => {
                self.valid += error.valid_up_to() as u64;
                if error.error_len().is_some() {
                    return Err(self.valid);
                }
                self.pending = bytes[error.valid_up_to()..].to_vec();
            }
        }
        Ok(())
    }
}

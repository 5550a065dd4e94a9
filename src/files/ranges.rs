//! A large file behind an address whose server sends parts of it (HTTP ranges, RFC 9110 section 14): it is read from
//! end to end and in places, and never kept on disk.

use web_sys::Response;

use super::download;
use super::download::{Reason, header, length};
use super::read_ahead::ReadAhead;

/// Such a file.
pub(super) struct RangedFile {
    url: String,
    size: u64,
    /// What the server says of this version of the file, as far as a page may read it.
    version: Version,
}

/// The "etag" and "last-modified" of a file.
type Version = [Option<String>; 2];

/// What a server gave for a file's address.
pub(super) enum Opened {
    /// The file can be read in parts.
    Parts(RangedFile),
    /// The whole file comes as this response's body.
    Whole(Response),
}

/// Asks for a file from its first byte on.
///
/// # Errors
/// When it cannot be had.
pub(super) async fn open(url: &str) -> Result<Opened, Reason> {
    let response = match download::request_range(url, 0, None).await {
        Ok(response) if response.ok() => response,
        // A server may refuse the range alone: of an empty file there is none, and strange headers may be unwelcome.
        _ => return download::get(url).await.map(Opened::Whole),
    };
    match length(&response) {
        Some(size) if response.status() == 206 && size >= download::LARGE_BYTES => {
            // The thread that reads ahead asks again, for it cannot be given this answer.
            let _ = response.body().map(|body| body.cancel());
            let (size, version) = (size as u64, version(&response));
            Ok(Opened::Parts(RangedFile { url: url.to_owned(), size, version }))
        }
        _ => Ok(Opened::Whole(response)),
    }
}

fn version(response: &Response) -> Version {
    [header(response, "etag"), header(response, "last-modified")]
}

impl RangedFile {
    /// Its size in bytes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Begins to read it from end to end; further ahead where all of it will be kept.
    ///
    /// # Errors
    /// When the server sends something else than before.
    pub(super) async fn read_ahead(&self, kept: bool) -> Result<ReadAhead, Reason> {
        let reader = ReadAhead::start(&self.url.as_str().into(), kept)?;
        let (status, version) = reader.head().await.map_err(|reason| self.broke(&reason))?;
        self.check(status, || status.to_string(), &version)?;
        Ok(reader)
    }

    /// The bytes `start..start + len`; fewer where the file ends before.
    ///
    /// # Errors
    /// When the server does not send them, or sends another version's.
    pub(super) async fn read(&self, start: u64, len: usize) -> Result<Vec<u8>, Reason> {
        let end = self.size.min(start.saturating_add(len as u64));
        if start >= end {
            return Ok(Vec::new());
        }
        let response = download::request_range(&self.url, start, Some(end - 1)).await?;
        self.check(response.status(), || download::status(&response), &version(&response))?;
        download::bytes(&response).await
    }

    /// Why reading it cannot go on.
    pub(super) fn broke(&self, reason: &str) -> Reason {
        download::broke(&self.url, &reason.into())
    }

    fn check(&self, status: u16, words: impl Fn() -> String, version: &Version) -> Result<(), Reason> {
        if status != 206 {
            return Err(format!("{} answered {} for a part of it", self.url, words()));
        }
        if *version != self.version {
            return Err(format!("{} changed while it was read; try again", self.url));
        }
        Ok(())
    }
}

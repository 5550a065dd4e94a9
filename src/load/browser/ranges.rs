//! A large file behind an address whose server sends parts of it (HTTP ranges, RFC 9110 section 14): it is read in place
//! and never kept.

use futures_util::future::try_join_all;
use web_sys::Response;

use super::download::{self, Reason, header, length};
use crate::workload::dataset::RandomAccess;

/// Such a file.
pub(crate) struct RangedFile {
    url: String,
    size: u64,
    /// What the server says of this version of the file, as far as a page may read it.
    version: [Option<String>; 2],
}

/// What a server gave for a file's address.
pub(crate) enum Opened {
    /// The file can be read in parts.
    Parts(RangedFile),
    /// The whole file comes as this response's body.
    Whole(Response),
}

/// Asks for a file from its first byte on, and stops there if it is large and the server sends parts.
///
/// # Errors
/// When it cannot be had.
pub(crate) async fn open(url: &str) -> Result<Opened, Reason> {
    let response = match download::request_range(url, 0, None).await {
        Ok(response) if response.ok() => response,
        // A server may refuse the range alone: of an empty file there is none, and strange headers may be unwelcome.
        _ => return download::get(url).await.map(Opened::Whole),
    };
    match length(&response) {
        Some(size) if response.status() == 206 && size >= download::LARGE_BYTES => {
            // The rest of this answer is not wanted; a body that cannot be cancelled is dropped with the response.
            let _ = response.body().map(|body| body.cancel());
            let file = RangedFile { url: url.to_owned(), size: size as u64, version: version(&response) };
            Ok(Opened::Parts(file))
        }
        _ => Ok(Opened::Whole(response)),
    }
}

fn version(response: &Response) -> [Option<String>; 2] {
    [header(response, "etag"), header(response, "last-modified")]
}

impl RandomAccess for RangedFile {
    fn size(&self) -> u64 {
        self.size
    }

    async fn read(&self, start: u64, len: usize) -> Result<Vec<u8>, Reason> {
        let end = self.size.min(start.saturating_add(len as u64));
        if start >= end {
            return Ok(Vec::new());
        }
        let response = download::request_range(&self.url, start, Some(end - 1)).await?;
        if response.status() != 206 {
            return Err(format!("{} answered {} for a part of it", self.url, download::status(&response)));
        }
        if version(&response) != self.version {
            return Err(format!("{} changed while it was read; try again", self.url));
        }
        download::bytes(&response).await
    }

    async fn read_many(&self, ranges: &[(u64, usize)]) -> Result<Vec<Vec<u8>>, Reason> {
        try_join_all(ranges.iter().map(|&(start, len)| self.read(start, len))).await
    }
}

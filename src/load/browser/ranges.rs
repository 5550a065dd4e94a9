//! A large file behind an address whose server sends parts of it (HTTP ranges, RFC 9110 section 14): it is read once
//! from end to end, then in places, and never kept.

use std::cell::Cell;

use futures_util::future::try_join_all;
use web_sys::Response;

use super::body::{Blocks, BodyReader};
use super::download::{self, Reason, header, length};
use crate::workload::dataset::{DatasetError, Each, RandomAccess};

/// Such a file.
pub(crate) struct RangedFile {
    url: String,
    size: u64,
    /// What the server says of this version of the file, as far as a page may read it.
    version: [Option<String>; 2],
    /// The answer to the first request, from the first byte to the last, until it is read.
    first: Cell<Option<Response>>,
}

/// What a server gave for a file's address.
pub(crate) enum Opened {
    /// The file can be read in parts.
    Parts(RangedFile),
    /// The whole file comes as this response's body.
    Whole(Response),
}

/// Asks for a file from its first byte on.
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
            let (size, version) = (size as u64, version(&response));
            Ok(Opened::Parts(RangedFile { url: url.to_owned(), size, version, first: Cell::new(Some(response)) }))
        }
        _ => Ok(Opened::Whole(response)),
    }
}

fn version(response: &Response) -> [Option<String>; 2] {
    [header(response, "etag"), header(response, "last-modified")]
}

impl RangedFile {
    /// Asks for the bytes from `first` to `last` (both included; to the end without it).
    async fn part(&self, first: u64, last: Option<u64>) -> Result<Response, Reason> {
        let response = download::request_range(&self.url, first, last).await?;
        if response.status() != 206 {
            return Err(format!("{} answered {} for a part of it", self.url, download::status(&response)));
        }
        if version(&response) != self.version {
            return Err(format!("{} changed while it was read; try again", self.url));
        }
        Ok(response)
    }
}

impl Drop for RangedFile {
    fn drop(&mut self) {
        // An answer that nobody reads would hold its connection.
        let unread = self.first.take().and_then(|response| response.body());
        let _ = unread.map(|body| body.cancel());
    }
}

impl RandomAccess for RangedFile {
    fn size(&self) -> u64 {
        self.size
    }

    async fn scan(&self, each: Each<'_>) -> Result<(), DatasetError> {
        let response = match self.first.take() {
            Some(response) => response,
            None => self.part(0, None).await.map_err(DatasetError::Unreadable)?,
        };
        let Some(body) = response.body() else { return Ok(()) };
        let (mut reader, mut blocks) = (BodyReader::new(&body), Blocks::default());
        let broke = |error| DatasetError::Unreadable(download::broke(&self.url, &error));
        while let Some(piece) = reader.next().await.map_err(broke)? {
            blocks.pass(&piece, each)?;
        }
        Ok(())
    }

    async fn read(&self, start: u64, len: usize) -> Result<Vec<u8>, Reason> {
        let end = self.size.min(start.saturating_add(len as u64));
        if start >= end {
            return Ok(Vec::new());
        }
        download::bytes(&self.part(start, Some(end - 1)).await?).await
    }

    async fn read_many(&self, ranges: &[(u64, usize)]) -> Result<Vec<Vec<u8>>, Reason> {
        try_join_all(ranges.iter().map(|&(start, len)| self.read(start, len))).await
    }
}

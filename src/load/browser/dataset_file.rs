//! The dataset's file, wherever it is: picked, downloaded, or behind an address and read in parts.

use web_sys::File;

use super::blob::BlobFile;
use super::download::{self, Reason};
use super::ranges::{self, Opened, RangedFile};
use crate::workload::dataset::{DatasetError, Each, RandomAccess};

/// A file that the samplers read at any place.
pub(crate) enum DatasetFile {
    /// On disk or in memory.
    Here(BlobFile),
    /// On a server.
    There(RangedFile),
}

impl DatasetFile {
    /// A picked file.
    pub(crate) fn picked(file: &File) -> Self {
        Self::Here(BlobFile(file.clone().into()))
    }

    /// The file at an address. `progress` hears the bytes of a download so far and, where known, in all.
    ///
    /// # Errors
    /// When it cannot be had.
    pub(crate) async fn at(url: &str, progress: impl Fn(f64, Option<f64>)) -> Result<Self, Reason> {
        match ranges::open(url).await? {
            Opened::Parts(file) => Ok(Self::There(file)),
            Opened::Whole(response) => Ok(Self::Here(BlobFile(download::blob(&response, url, progress).await?))),
        }
    }
}

impl RandomAccess for DatasetFile {
    fn size(&self) -> u64 {
        match self {
            Self::Here(file) => file.size(),
            Self::There(file) => file.size(),
        }
    }

    async fn scan(&self, each: Each<'_>) -> Result<(), DatasetError> {
        match self {
            Self::Here(file) => file.scan(each).await,
            Self::There(file) => file.scan(each).await,
        }
    }

    async fn read(&self, start: u64, len: usize) -> Result<Vec<u8>, String> {
        match self {
            Self::Here(file) => file.read(start, len).await,
            Self::There(file) => file.read(start, len).await,
        }
    }

    async fn read_many(&self, ranges: &[(u64, usize)]) -> Result<Vec<Vec<u8>>, String> {
        match self {
            Self::Here(file) => file.read_many(ranges).await,
            Self::There(file) => file.read_many(ranges).await,
        }
    }
}

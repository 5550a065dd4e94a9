//! The dataset's file, wherever it is: picked, downloaded, or behind an address. A large one is gone through once with the
//! help of a thread that reads ahead, and then read in places: from memory where it was kept, else where it is.

use std::cell::RefCell;

use futures_util::future::try_join_all;
use web_sys::File;

use super::blob::BlobFile;
use super::body::Blocks;
use super::download;
use super::download::Reason;
use super::kept;
use super::kept::Kept;
use super::ranges;
use super::ranges::{Opened, RangedFile};
use super::read_ahead::{PIECE_BYTES, ReadAhead};
use crate::dataset::file::{DatasetError, Each, RandomAccess};

/// A file that the samplers read at any place.
pub(crate) struct DatasetFile {
    source: Source,
    /// What reads a large one, from the time on that it was opened.
    reader: RefCell<Option<ReadAhead>>,
    /// All of it, if there was room when it was gone through.
    kept: RefCell<Option<Kept>>,
}

enum Source {
    /// On disk or in memory.
    Here(BlobFile),
    /// On a server.
    There(RangedFile),
}

impl DatasetFile {
    /// A picked file. A large one is being read from here on.
    ///
    /// # Errors
    /// When it cannot be.
    pub(crate) async fn picked(file: &File) -> Result<Self, Reason> {
        Self::of(Source::Here(BlobFile(file.clone().into()))).await
    }

    /// The file at an address, likewise. `progress` hears the bytes of a download so far and, where known, in all.
    ///
    /// # Errors
    /// When it cannot be had.
    pub(crate) async fn at(url: &str, progress: impl Fn(f64, Option<f64>)) -> Result<Self, Reason> {
        let source = match ranges::open(url).await? {
            Opened::Parts(file) => Source::There(file),
            Opened::Whole(response) => Source::Here(BlobFile(download::blob(&response, url, progress).await?)),
        };
        Self::of(source).await
    }

    async fn of(source: Source) -> Result<Self, Reason> {
        let reader = if source.is_large() { Some(source.read_ahead().await?) } else { None };
        Ok(Self { source, reader: reader.into(), kept: RefCell::default() })
    }

    async fn scan_ahead(&self, each: Each<'_>) -> Result<(), DatasetError> {
        let unreadable = DatasetError::Unreadable;
        let reader = match self.reader.take() {
            Some(reader) => reader,
            None => self.source.read_ahead().await.map_err(unreadable)?,
        };
        let mut kept = kept::has_room(self.size()).then(Kept::default);
        let mut blocks = Blocks::default();
        while let Some(piece) = reader.next().await.map_err(|reason| unreadable(self.source.broke(reason)))? {
            blocks.pass(&piece, each)?;
            if let Some(kept) = &mut kept {
                kept.push(piece);
            }
        }
        self.kept.replace(kept);
        Ok(())
    }
}

impl Source {
    /// Whether a thread that reads it is worth its start.
    fn is_large(&self) -> bool {
        self.size() > u64::from(PIECE_BYTES)
    }

    fn size(&self) -> u64 {
        match self {
            Self::Here(file) => file.size(),
            Self::There(file) => file.size(),
        }
    }

    async fn read_ahead(&self) -> Result<ReadAhead, Reason> {
        let kept = kept::has_room(self.size());
        match self {
            Self::Here(file) => ReadAhead::start(&file.0, kept),
            Self::There(file) => file.read_ahead(kept).await,
        }
    }

    /// Why reading it cannot go on.
    fn broke(&self, reason: Reason) -> Reason {
        match self {
            Self::Here(_) => reason,
            Self::There(file) => file.broke(&reason),
        }
    }

    async fn read(&self, start: u64, len: usize) -> Result<Vec<u8>, Reason> {
        match self {
            Self::Here(file) => file.read(start, len).await,
            Self::There(file) => file.read(start, len).await,
        }
    }
}

impl RandomAccess for DatasetFile {
    fn size(&self) -> u64 {
        self.source.size()
    }

    async fn scan(&self, each: Each<'_>) -> Result<(), DatasetError> {
        if self.source.is_large() {
            return self.scan_ahead(each).await;
        }
        let bytes = self.read(0, self.size() as usize).await.map_err(DatasetError::Unreadable)?;
        self.kept.replace(Some(Kept::of(&bytes)));
        each(&bytes)
    }

    async fn read(&self, start: u64, len: usize) -> Result<Vec<u8>, Reason> {
        if let Some(kept) = self.kept.borrow().as_ref() {
            return Ok(kept.read(start, len));
        }
        self.source.read(start, len).await
    }

    async fn read_many(&self, ranges: &[(u64, usize)]) -> Result<Vec<Vec<u8>>, Reason> {
        try_join_all(ranges.iter().map(|&(start, len)| self.read(start, len))).await
    }
}

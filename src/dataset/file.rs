//! A dataset file, wherever it lies: on disk, in the browser's storage, behind HTTP ranges, or in memory.

/// Takes the next bytes of a file.
pub type Each<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), DatasetError>;

/// A file that can be read at any place without being held in memory.
#[allow(async_fn_in_trait, reason = "a browser's futures stay on one thread")]
pub trait RandomAccess {
    /// Its size in bytes.
    fn size(&self) -> u64;

    /// Gives every byte to `each`, from the first to the last, in pieces of whatever size comes best. Stops with what
    /// `each` finds wrong.
    ///
    /// # Errors
    /// What `each` finds wrong, or [`DatasetError::Unreadable`].
    async fn scan(&self, each: Each<'_>) -> Result<(), DatasetError>;

    /// The bytes `start..start + len`. Fewer only when the file ends before.
    ///
    /// # Errors
    /// A sentence on why it could not be read.
    async fn read(&self, start: u64, len: usize) -> Result<Vec<u8>, String>;

    /// Several ranges of (start, length), in their order. Where reading takes a while, read them side by side.
    ///
    /// # Errors
    /// As [`RandomAccess::read`].
    async fn read_many(&self, ranges: &[(u64, usize)]) -> Result<Vec<Vec<u8>>, String> {
        let mut parts = Vec::with_capacity(ranges.len());
        for &(start, len) in ranges {
            parts.push(self.read(start, len).await?);
        }
        Ok(parts)
    }
}

impl RandomAccess for [u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    async fn scan(&self, each: Each<'_>) -> Result<(), DatasetError> {
        each(self)
    }

    async fn read(&self, start: u64, len: usize) -> Result<Vec<u8>, String> {
        let start = usize::try_from(start).unwrap_or(usize::MAX).min(self.len());
        Ok(self[start..start.saturating_add(len).min(self.len())].to_vec())
    }
}

/// What is wrong with a dataset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatasetError {
    /// None was given.
    #[error("No dataset is given. Pick a file or name its address (dataset-path).")]
    Missing,
    /// It could not be read.
    #[error("The dataset cannot be read: {0}.")]
    Unreadable(String),
    /// Nothing in it.
    #[error("The dataset is empty. Pick another file.")]
    Empty,
    /// Not text.
    #[error(
        "The dataset is not UTF-8: there is an invalid byte at byte {at}. Save it as UTF-8, or download it again if it \
         was damaged."
    )]
    NotUtf8 {
        /// Offset of the first wrong byte.
        at: u64,
    },
    /// A byte-order mark.
    #[error("The dataset begins with a byte-order mark, which JSON does not allow. Save it as UTF-8 without BOM.")]
    ByteOrderMark,
    /// Broken JSON.
    #[error("The dataset is not JSON: {what} at byte {at}{}.", within(*.conversation))]
    NotJson {
        /// What is wrong, in words.
        what: &'static str,
        /// Offset of the byte at fault.
        at: u64,
        /// The conversation it lies in, counted from 0.
        conversation: Option<u32>,
    },
    /// The end comes too early.
    #[error(
        "The dataset is cut off: it ends at byte {at}{}, before its JSON does. Download it again.",
        within(*.conversation)
    )]
    CutOff {
        /// The file's size.
        at: u64,
        /// The conversation it ends in, counted from 0.
        conversation: Option<u32>,
    },
    /// JSON of another shape.
    #[error(
        "The dataset is JSON, but its top level is {found} where ShareGPT has a list of conversations. Pick a file such as \
         ShareGPT_V3_unfiltered_cleaned_split.json."
    )]
    NotAList {
        /// What it is instead.
        found: &'static str,
    },
    /// A conversation of another shape.
    #[error(
        "Conversation {conversation} of the dataset (counted from 0, at byte {at}) {what}. Mend it or take it out."
    )]
    Conversation {
        /// Its place in the list, from 0.
        conversation: u32,
        /// Its offset in the file.
        at: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A poem of no lines, or of no tokens.
    #[error("The poem has no lines that make tokens. Pick a text file with one line of verse on each line.")]
    NoLines,
    /// Too big to be read as a poem.
    #[error("The poem has {0} bytes, which is more than this page reads at once (64 MiB). Pick a smaller text file.")]
    PoemTooBig(u64),
    /// Nothing left after pruning.
    #[error("None of the dataset's {entries} conversations can be used: {reasons}. Pick another dataset.")]
    NothingUsable {
        /// Conversations in the file.
        entries: u32,
        /// Why, with counts.
        reasons: String,
    },
}

fn within(conversation: Option<u32>) -> String {
    conversation.map(|index| format!(", in conversation {index} (counted from 0)")).unwrap_or_default()
}

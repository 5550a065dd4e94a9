//! Datasets: where prompts come from. One file per kind, behind one trait ([`Kind`]) and one list ([`about`], [`draw`]);
//! [`file`] reads a dataset's bytes wherever they are.
//!
//! A new kind is a file that implements [`Kind`], a line in the list at the end of this file, and a variant of
//! [`DatasetName`].

pub mod file;
pub mod random;
pub mod sharegpt;
pub mod sonnet;

use serde::{Deserialize, Serialize};

use crate::rng::Generators;
use crate::settings::{DatasetName, Settings};
use crate::text::tokenize::{Tokenize, TokenizerError};
use file::{DatasetError, RandomAccess};

/// One request to send.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The prompt, templated or not as the backend wants it.
    pub prompt: String,
    /// Its length in tokens, as the reference records it.
    pub prompt_len: u32,
    /// Output tokens to ask for.
    pub output_len: u32,
}

/// What is known of a kind of dataset without reading one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// Whether prompts come from a file; if not, no dataset file is asked for or read.
    pub needs_file: bool,
    /// Whether prompts are rendered in the tokenizer's chat template.
    pub templated: bool,
    /// Where prompts come from when there is no file to name: "of random tokens".
    pub origin: &'static str,
    /// Keys of the settings that only this kind reads.
    pub settings: &'static [&'static str],
    /// Those of [`About::settings`] that stand in the form's first view, in order.
    pub first_settings: &'static [&'static str],
}

/// How far drawing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrawProgress {
    /// The dataset is read from front to end.
    Indexing {
        /// Bytes read.
        bytes: u64,
        /// Bytes in all.
        total: u64,
        /// Conversations found.
        conversations: u32,
    },
    /// Prompts are read, tokenized and pruned.
    Sampling {
        /// Requests made.
        requests: u32,
        /// Requests wanted.
        wanted: u32,
    },
}

/// What requests are drawn from.
pub struct Source<'a, R: ?Sized, T> {
    /// The settings of the run.
    pub settings: &'a Settings,
    /// The dataset's file; none for a kind that needs none, or where none was given.
    pub file: Option<&'a R>,
    /// Counts, decodes and templates.
    pub tokenizer: &'a T,
    /// Seeded, and left where drawing stopped: the schedule continues from there.
    pub generators: &'a mut Generators,
    /// Called with how far drawing is.
    pub progress: &'a mut dyn FnMut(DrawProgress),
}

impl<'a, R: ?Sized, T> Source<'a, R, T> {
    /// The dataset's file.
    ///
    /// # Errors
    /// [`DatasetError::Missing`] without one.
    pub fn file(&self) -> Result<&'a R, DatasetError> {
        self.file.ok_or(DatasetError::Missing)
    }
}

/// What was drawn from a dataset.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Drawn {
    /// The requests, in order.
    pub requests: Vec<Request>,
    /// Conversations or lines in the dataset; none for prompts that come from no file.
    pub entries: Option<u32>,
    /// Entries that were passed over, by reason: ("fewer than two turns", 12). Reasons without entries are left out.
    pub dropped: Vec<(String, u32)>,
}

/// Why no requests could be drawn.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DrawError {
    /// The dataset is at fault.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The tokenizer is at fault.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// A setting of this kind of dataset is at fault; the sentence names it by its key.
    #[error("{0}")]
    Settings(String),
}

/// A kind of dataset.
#[allow(async_fn_in_trait, reason = "a browser's futures stay on one thread")]
pub trait Kind {
    /// What is known of it without reading one.
    const ABOUT: About;

    /// Draws the requests of a run.
    ///
    /// # Errors
    /// When settings, dataset or tokenizer do not allow it.
    async fn draw<R: RandomAccess + ?Sized, T: Tokenize>(source: Source<'_, R, T>) -> Result<Drawn, DrawError>;
}

/// The one list of kinds: each name of the setting with the type that implements it.
macro_rules! kinds {
    ($($name:ident => $kind:ty),* $(,)?) => {
        /// What is known of a kind without reading one.
        pub fn about(name: DatasetName) -> &'static About {
            match name { $(DatasetName::$name => &<$kind as Kind>::ABOUT,)* }
        }

        /// Draws the requests of a run from the kind of dataset that its settings name.
        ///
        /// # Errors
        /// As [`Kind::draw`].
        pub async fn draw<R: RandomAccess + ?Sized, T: Tokenize>(
            source: Source<'_, R, T>,
        ) -> Result<Drawn, DrawError> {
            match source.settings.dataset_name { $(DatasetName::$name => <$kind as Kind>::draw(source).await,)* }
        }

        /// Every kind's name.
        const ALL: &[DatasetName] = &[$(DatasetName::$name),*];
    };
}

kinds! {
    Sharegpt => sharegpt::Sharegpt,
    Sonnet => sonnet::Sonnet,
    Random => random::Random,
}

/// Whether a setting is read with this kind of dataset: all are but those of other kinds.
pub fn reads_setting(name: DatasetName, key: &str) -> bool {
    about(name).settings.contains(&key) || !ALL.iter().any(|kind| about(*kind).settings.contains(&key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::FLAGS;

    #[test]
    fn the_settings_of_a_kind_are_flags_and_belong_to_it_alone() {
        for name in ALL {
            let About { settings, first_settings, .. } = about(*name);
            assert!(first_settings.iter().all(|key| settings.contains(key)), "{name:?}");
            for key in *settings {
                assert!(FLAGS.iter().any(|flag| flag.key == *key), "{key} is no flag");
                let others = ALL.iter().filter(|other| *other != name);
                assert_eq!(others.filter(|other| reads_setting(**other, key)).count(), 0, "{key}");
            }
        }
        assert!(ALL.iter().all(|name| reads_setting(*name, "num-prompts")));
    }
}

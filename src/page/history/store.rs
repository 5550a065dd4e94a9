//! The browser's database of kept runs: one store for the entries of the list, one for the pieces of the runs. Keys and
//! values are text, so that a database never has to be converted.

use std::rc::Rc;

use idb::{Database, DatabaseEvent, Factory, KeyRange, ObjectStoreParams, TransactionMode};
use wasm_bindgen::JsValue;

use crate::result::python;
use crate::view::history_entry::Entry;

const NAME: &str = "streamgauge";
const VERSION: u32 = 1;
const ENTRIES: &str = "runs";
const PIECES: &str = "pieces";

/// The database, open.
#[derive(Clone)]
pub(in crate::page) struct Store {
    database: Rc<Database>,
}

/// A piece of a run, and its place among them.
pub(in crate::page) struct Piece {
    pub(in crate::page) number: u32,
    pub(in crate::page) text: String,
}

impl Store {
    /// Opens the database, and makes it where there is none.
    ///
    /// # Errors
    /// When the browser has none for this page (a private window, say), in words.
    pub(in crate::page) async fn open() -> Result<Self, String> {
        let mut opening = Factory::new().and_then(|factory| factory.open(NAME, Some(VERSION))).map_err(words)?;
        opening.on_upgrade_needed(|event| {
            if let Ok(database) = event.database() {
                // A store that could not be made shows when it is written to.
                let _ = database.create_object_store(ENTRIES, ObjectStoreParams::new());
                let _ = database.create_object_store(PIECES, ObjectStoreParams::new());
            }
        });
        Ok(Self { database: Rc::new(opening.await.map_err(words)?) })
    }

    /// The entries of all runs; one that cannot be read is passed over.
    pub(in crate::page) async fn entries(&self) -> Result<Vec<Entry>, String> {
        let texts = self.all(ENTRIES, None).await.map_err(words)?;
        Ok(texts.iter().filter_map(|text| serde_json::from_str(&text.as_string()?).ok()).collect())
    }

    /// The pieces of a run. They are copied out of the browser one by one, since all together are large.
    pub(in crate::page) async fn pieces(&self, id: &str) -> Result<impl Iterator<Item = String> + use<>, String> {
        let range = pieces_of(id).map_err(words)?;
        let pieces = self.all(PIECES, Some(range)).await.map_err(words)?;
        Ok(pieces.into_iter().filter_map(|piece| piece.as_string()))
    }

    /// Writes an entry, and a piece of its run, both or neither. It is begun at once, so that writes keep their order.
    pub(in crate::page) fn write(
        &self,
        entry: &Entry,
        piece: Option<Piece>,
    ) -> impl Future<Output = Result<(), String>> + use<> {
        let begun = self.begin(|runs, pieces| {
            let text = python::to_json(entry);
            runs.put(&text.into(), Some(&entry.id.as_str().into()))?;
            if let Some(Piece { number, text }) = piece {
                pieces.put(&text.into(), Some(&format!("{}/{number:06}", entry.id).into()))?;
            }
            Ok(())
        });
        ended(begun)
    }

    /// Takes a run out.
    pub(in crate::page) fn delete(&self, id: &str) -> impl Future<Output = Result<(), String>> + use<> {
        let begun = self.begin(|runs, pieces| {
            runs.delete(JsValue::from(id))?;
            pieces.delete(pieces_of(id)?)?;
            Ok(())
        });
        ended(begun)
    }

    fn begin(
        &self,
        work: impl FnOnce(idb::ObjectStore, idb::ObjectStore) -> Result<(), idb::Error>,
    ) -> Result<idb::Transaction, idb::Error> {
        let transaction = self.database.transaction(&[ENTRIES, PIECES], TransactionMode::ReadWrite)?;
        work(transaction.object_store(ENTRIES)?, transaction.object_store(PIECES)?)?;
        Ok(transaction)
    }

    async fn all(&self, store: &str, range: Option<KeyRange>) -> Result<Vec<JsValue>, idb::Error> {
        let transaction = self.database.transaction(&[store], TransactionMode::ReadOnly)?;
        transaction.object_store(store)?.get_all(range.map(Into::into), None)?.await
    }
}

async fn ended(begun: Result<idb::Transaction, idb::Error>) -> Result<(), String> {
    match begun.map_err(words)?.await.map_err(words)? {
        idb::TransactionResult::Committed => Ok(()),
        idb::TransactionResult::Aborted => Err("the browser has no room for it".to_owned()),
    }
}

/// The keys of a run's pieces: `0` is what follows `/` in the order of keys.
fn pieces_of(id: &str) -> Result<KeyRange, idb::Error> {
    KeyRange::bound(&format!("{id}/").into(), &format!("{id}0").into(), None, Some(true))
}

fn words(error: idb::Error) -> String {
    error.to_string()
}

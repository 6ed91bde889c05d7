//! The store that a hub runs on: sled to read from, behind a journal that every acknowledgement rests on.
//!
//! | in the folder | |
//! |---|---|
//! | `register.journal`, `register.mark` | every event, one record each, synced before anybody is told: **the truth** |
//! | `index/` | sled: the changes by document, what is kept aside, invitations, devices, the roster |
//! | `index.damaged-<n>/` | indexes that were of no use, the newest three |
//! | `index.trial` | there while the index is looked at; found at a start, it means that looking ended the process |
//! | `ballast` | 1 MiB to be given up on a full disk |
//!
//! # Why the index need not be trusted
//!
//! - It is never flushed before an acknowledgement. What it lacks after a crash is in the journal.
//! - At opening, every record of the journal is verified, and every byte of the index is compared with what the
//!   journal says, both ways. Behind, it is caught up; in any other difference, error or panic it is moved aside and
//!   made again.
//! - While it runs, each answer is compared with digests of the journal's records before it is given: a document's
//!   changes with one digest over all of them in order, everything else record by record. When an answer is not what
//!   it must be, or sled fails, the index is given up and all answers come from memory, worked out from the journal.
//!   They are the same answers; [`EmbeddedStore::state`] says so and the next start makes the index again.
//!
//! # On a full disk
//!
//! Opening an intact store needs no room, but sled may. Then answers come from memory. Commits fail with
//! [`StoreError::NoRoom`] as long as the journal has no room, and [`Store::probe`] with them; reading goes on.
//! [`EmbeddedStore::release_ballast`] gives up the room that was kept for this.
//!
//! What may not enter: what an event means beyond the list in [`store`](crate::store).

mod ballast;
mod check;
mod expected;
mod index;
mod opening;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use daymark_core::document_id::DocumentId;
use daymark_journal::Journal;
use daymark_sync_protocol::event::{Aside, Branch, Enrolment, Event, Invitation, Note, StoredChange};

pub use opening::{IndexOpening, Opening};

use self::expected::{Expected, shelf};
use self::index::{Fault, Index, decode};
use super::memory::Model;
use super::{Store, StoreError, StoreReport, encode};

/// The store that a hub runs on.
#[derive(Debug)]
pub struct EmbeddedStore {
    folder: PathBuf,
    /// `None` once closed. Locked before `view` where both are.
    journal: Mutex<Option<Journal>>,
    view: RwLock<View>,
    health: Mutex<Health>,
}

/// Where the answers come from.
#[derive(Debug)]
enum View {
    Index {
        index: Index,
        expected: Expected,
    },
    Memory(Model),
    /// The store was closed: it answers nothing any more.
    Closed,
}

#[derive(Debug, Default)]
struct Health {
    is_full: bool,
    poisoned: Option<String>,
    /// Why the index was given up.
    fault: Option<String>,
}

/// How a store is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct State {
    /// Whether nothing kept the last commit, or the opening, from succeeding. When not, the store is read only.
    pub is_writable: bool,
    /// Why answers come from memory, when they do.
    pub in_memory: Option<String>,
    /// Whether the loss of the journal's end would be noticed. When not, the mark could not be written.
    pub is_mark_current: bool,
}

impl EmbeddedStore {
    /// Opens the store in a folder, and makes it when it is not there.
    ///
    /// # Errors
    /// - [`StoreError::Damaged`], [`StoreError::Behind`]: something acknowledged is gone or changed. Nothing was
    ///   changed on the disk. Damage to the index is never an error.
    /// - [`StoreError::InUse`], [`StoreError::Newer`], [`StoreError::NoRoom`], [`StoreError::Io`],
    ///   [`StoreError::Poisoned`] as they say.
    pub fn open(folder: impl AsRef<Path>) -> Result<(Self, Opening), StoreError> {
        let folder = folder.as_ref().to_owned();
        let (journal, view, opening) = opening::open(&folder)?;
        let fault = match &opening.index {
            IndexOpening::InMemory { why } => Some(why.clone()),
            _ => None,
        };
        let is_full = fault.is_some() && ballast::has_room(&folder).is_err();
        let health = Health {
            is_full,
            poisoned: None,
            fault,
        };
        let store = Self {
            folder,
            journal: Mutex::new(Some(journal)),
            view: RwLock::new(view),
            health: Mutex::new(health),
        };
        Ok((store, opening))
    }

    /// How it is doing.
    pub fn state(&self) -> State {
        let is_mark_current = lock(&self.journal).as_ref().is_some_and(Journal::is_mark_current);
        let health = lock(&self.health);
        State {
            is_writable: !health.is_full && health.poisoned.is_none(),
            in_memory: health.fault.clone(),
            is_mark_current,
        }
    }

    /// Gives up the room that was kept for a full disk. Says whether there was any left to give.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the file cannot be removed.
    pub fn release_ballast(&self) -> Result<bool, StoreError> {
        ballast::release(&self.folder).map_err(|error| StoreError::io(ballast::path(&self.folder), error))
    }

    fn poisoned(&self, why: &str) -> StoreError {
        StoreError::Poisoned {
            path: self.folder.clone(),
            why: why.to_owned(),
        }
    }

    /// Answers from the index, and when that is of no use, from memory.
    fn answer<T>(
        &self,
        from_index: impl FnOnce(&Index, &Expected) -> Result<T, Fault>,
        from_memory: impl FnOnce(&Model) -> T,
    ) -> Result<T, StoreError> {
        let fault = match &*self.view.read().unwrap_or_else(PoisonError::into_inner) {
            View::Closed => return Err(self.poisoned("it was closed")),
            View::Memory(model) => return Ok(from_memory(model)),
            View::Index { index, expected } => match from_index(index, expected) {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            },
        };
        let journal = lock(&self.journal);
        let journal = journal.as_ref().ok_or_else(|| self.poisoned("it was closed"))?;
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(&*view, View::Index { .. }) {
            *view = self.give_up(journal, &fault)?;
        }
        match &*view {
            View::Memory(model) => Ok(from_memory(model)),
            View::Index { .. } | View::Closed => Err(self.poisoned("it was closed")),
        }
    }

    /// Works the answers out from the journal, after the index failed.
    fn give_up(&self, journal: &Journal, fault: &Fault) -> Result<View, StoreError> {
        tracing::error!(%fault, "the index is of no use: answers come from memory until the next start");
        let model = opening::read_model(journal)?;
        lock(&self.health).fault = Some(fault.to_string());
        Ok(View::Memory(model))
    }

    /// Shows what was just made durable.
    fn show(&self, journal: &Journal, events: &[Event], records: &[Vec<u8>]) -> Result<(), StoreError> {
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        let applied = match &mut *view {
            View::Closed => Ok(()),
            View::Memory(model) => {
                events.iter().cloned().for_each(|event| model.apply(event));
                Ok(())
            }
            View::Index { index, expected } => {
                let writes: Vec<_> = events
                    .iter()
                    .zip(records)
                    .map(|(event, record)| expected.take(event, record))
                    .collect();
                let writes = writes
                    .iter()
                    .map(Vec::as_slice)
                    .zip(records.iter().map(Vec::as_slice));
                index.apply(writes, &journal.end())
            }
        };
        if let Err(fault) = applied {
            *view = self.give_up(journal, &fault)?;
        }
        Ok(())
    }

    fn events_on<T>(
        &self,
        shelf: u8,
        pick: impl Fn(Event) -> Option<T>,
        from_memory: impl FnOnce(&Model) -> Vec<T>,
    ) -> Result<Vec<T>, StoreError> {
        let from_index = |index: &Index, expected: &Expected| {
            let records = index.on_shelf(shelf, expected)?;
            records.iter().map(|record| picked(record, &pick)).collect()
        };
        self.answer(from_index, from_memory)
    }
}

/// What an event of one kind holds; `None` for every other kind.
macro_rules! only {
    ($kind:ident) => {
        |event| match event {
            Event::$kind(content) => Some(content),
            _ => None,
        }
    };
}

impl Store for EmbeddedStore {
    fn commit(&self, events: &[Event]) -> Result<(), StoreError> {
        let records = events.iter().map(encode).collect::<Result<Vec<_>, _>>()?;
        let mut journal = lock(&self.journal);
        let journal = journal.as_mut().ok_or_else(|| self.poisoned("it was closed"))?;
        if let Some(why) = &lock(&self.health).poisoned {
            return Err(self.poisoned(why));
        }
        let appended = journal.append(&records);
        let mut health = lock(&self.health);
        if let Err(error) = appended {
            let error = StoreError::from(error);
            health.is_full = matches!(error, StoreError::NoRoom { .. });
            if journal.is_poisoned() {
                health.poisoned = Some(error.to_string());
            }
            return Err(error);
        }
        if records.is_empty() {
            return Ok(());
        }
        health.is_full = false;
        drop(health);
        self.show(journal, events, &records).inspect_err(|error| {
            // The events are durable and cannot be shown: only a restart can tell what is true now.
            lock(&self.health).poisoned = Some(error.to_string());
        })
    }

    fn documents(&self) -> Result<Vec<(DocumentId, u64)>, StoreError> {
        let from_index = |_: &Index, expected: &Expected| {
            Ok(expected
                .documents()
                .iter()
                .map(|(document, fold)| (document.clone(), fold.changes))
                .collect())
        };
        self.answer(from_index, Model::documents)
    }

    fn changes(&self, document: &DocumentId) -> Result<Vec<StoredChange>, StoreError> {
        let pick = only!(Stored);
        let from_index = |index: &Index, expected: &Expected| {
            let records = index.changes(document, expected.document(document))?;
            records.iter().map(|record| picked(record, &pick)).collect()
        };
        self.answer(from_index, |model| model.changes(document))
    }

    fn aside(&self) -> Result<Vec<Aside>, StoreError> {
        self.events_on(shelf::ASIDE, only!(Aside), Model::aside)
    }

    fn invitations(&self) -> Result<Vec<Invitation>, StoreError> {
        self.events_on(shelf::INVITATION, only!(Invited), Model::invitations)
    }

    fn devices(&self) -> Result<Vec<Enrolment>, StoreError> {
        self.events_on(shelf::DEVICE, only!(Enrolled), Model::devices)
    }

    fn roster(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let pick = |event| only!(Roster)(event).map(Vec::from);
        let found = self.events_on(shelf::ROSTER, pick, |model| model.roster().into_iter().collect())?;
        Ok(found.into_iter().next_back())
    }

    fn branch(&self) -> Result<Option<Branch>, StoreError> {
        let found = self.events_on(shelf::BRANCH, only!(Branched), |model| {
            model.branch().into_iter().collect()
        })?;
        Ok(found.into_iter().next_back())
    }

    fn notes(&self) -> Result<Vec<Note>, StoreError> {
        self.events_on(shelf::NOTE, only!(Noted), Model::notes)
    }

    /// Reads the whole journal and compares the index with it. Commits go between, except while the index is read.
    fn check(&self) -> Result<StoreReport, StoreError> {
        self.deep_check()
    }

    fn probe(&self) -> Result<(), StoreError> {
        let is_full = {
            let health = lock(&self.health);
            if let Some(why) = &health.poisoned {
                return Err(self.poisoned(why));
            }
            health.is_full
        };
        let is_read = self.answer(
            |index, expected| {
                let applied = index.applied()?.map(|applied| applied.records);
                Ok(applied.is_some_and(|records| records == expected.records))
            },
            |_| true,
        )?;
        if !is_read {
            return Err(self.poisoned("the index is not where it should be"));
        }
        if is_full {
            ballast::has_room(&self.folder).map_err(|error| StoreError::io(&self.folder, error))?;
            lock(&self.health).is_full = false;
        }
        Ok(())
    }

    fn close(&self) -> Result<(), StoreError> {
        let mut journal = lock(&self.journal);
        let Some(open) = journal.take() else { return Ok(()) };
        lock(&self.health).poisoned = Some("it was closed".to_owned());
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        if let View::Index { index, .. } = std::mem::replace(&mut *view, View::Closed) {
            index.close();
        }
        Ok(open.close()?)
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        // The records are safe whether or not it succeeds.
        let _ = self.close();
    }
}

fn picked<T>(record: &[u8], pick: &impl Fn(Event) -> Option<T>) -> Result<T, Fault> {
    pick(decode(record)?).ok_or_else(|| Fault::Unusable("a record stands on the wrong shelf".to_owned()))
}

/// What every lock here guards is whole at any time, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

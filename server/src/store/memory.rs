//! The reference: a store that keeps everything in memory and nothing after it is dropped.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use daymark_core::document_id::DocumentId;
use daymark_core::ids::DeviceNumber;
use daymark_sync_protocol::event::{Aside, Branch, Enrolment, Event, Invitation, Note, StoredChange};

use super::{Store, StoreError, StoreReport};

/// What a store answers, worked out from the events in the plainest way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Model {
    events: u64,
    documents: BTreeMap<DocumentId, Vec<StoredChange>>,
    aside: Vec<Aside>,
    invitations: BTreeMap<[u8; 32], Invitation>,
    used: BTreeSet<[u8; 32]>,
    devices: BTreeMap<DeviceNumber, Enrolment>,
    roster: Option<Vec<u8>>,
    branch: Option<Branch>,
    notes: Vec<Note>,
}

impl Model {
    /// Takes one event.
    pub fn apply(&mut self, event: Event) {
        self.events += 1;
        match event {
            Event::Stored(change) => self
                .documents
                .entry(change.document.clone())
                .or_default()
                .push(change),
            Event::Aside(aside) => self.aside.push(aside),
            Event::Settled(hash) => self
                .aside
                .retain(|aside| aside.waits_as.unwrap_or(aside.key) != hash),
            Event::Invited(invitation) => {
                if !self.used.contains(&invitation.secret_hash) {
                    self.invitations.insert(invitation.secret_hash, invitation);
                }
            }
            Event::Enrolled(enrolment) => {
                self.invitations.remove(&enrolment.invitation);
                self.used.insert(enrolment.invitation);
                self.devices.insert(enrolment.device, enrolment);
            }
            Event::Roster(json) => self.roster = Some(json.into()),
            Event::Branched(branch) => self.branch = Some(branch),
            Event::Noted(note) => self.notes.push(note),
        }
    }

    /// Every document with the number of its changes.
    pub fn documents(&self) -> Vec<(DocumentId, u64)> {
        self.documents
            .iter()
            .map(|(document, changes)| (document.clone(), changes.len() as u64))
            .collect()
    }

    /// The changes of a document.
    pub fn changes(&self, document: &DocumentId) -> Vec<StoredChange> {
        self.documents.get(document).cloned().unwrap_or_default()
    }

    /// What is kept aside.
    pub fn aside(&self) -> Vec<Aside> {
        self.aside.clone()
    }

    /// The invitations that are not used up.
    pub fn invitations(&self) -> Vec<Invitation> {
        self.invitations.values().cloned().collect()
    }

    /// The devices.
    pub fn devices(&self) -> Vec<Enrolment> {
        self.devices.values().cloned().collect()
    }

    /// The newest roster.
    pub fn roster(&self) -> Option<Vec<u8>> {
        self.roster.clone()
    }

    /// The branch of the log.
    pub fn branch(&self) -> Option<Branch> {
        self.branch.clone()
    }

    /// The security log.
    pub fn notes(&self) -> Vec<Note> {
        self.notes.clone()
    }

    /// How much of everything there is.
    pub fn report(&self) -> StoreReport {
        StoreReport {
            events: self.events,
            documents: self.documents.len() as u64,
            changes: self.documents.values().map(|changes| changes.len() as u64).sum(),
            aside: self.aside.len() as u64,
            ..StoreReport::default()
        }
    }
}

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    model: Model,
    next_failure: Option<StoreError>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the next commit fail with this error, as if the disk had failed: it takes nothing.
    pub fn fail_next_commit(&self, error: StoreError) {
        self.inner().next_failure = Some(error);
    }

    /// Makes the next commit fail as on a full disk.
    pub fn fail_next_commit_for_room(&self) {
        let source = std::io::ErrorKind::StorageFull.into();
        self.fail_next_commit(StoreError::NoRoom {
            path: PathBuf::from("memory"),
            source,
        });
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing panics while the lock is held; and an event is applied whole or not at all.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn commit(&self, events: &[Event]) -> Result<(), StoreError> {
        for event in events {
            super::encode(event)?;
        }
        let mut inner = self.inner();
        if let Some(error) = inner.next_failure.take() {
            return Err(error);
        }
        events.iter().cloned().for_each(|event| inner.model.apply(event));
        Ok(())
    }

    fn documents(&self) -> Result<Vec<(DocumentId, u64)>, StoreError> {
        Ok(self.inner().model.documents())
    }

    fn changes(&self, document: &DocumentId) -> Result<Vec<StoredChange>, StoreError> {
        Ok(self.inner().model.changes(document))
    }

    fn aside(&self) -> Result<Vec<Aside>, StoreError> {
        Ok(self.inner().model.aside())
    }

    fn invitations(&self) -> Result<Vec<Invitation>, StoreError> {
        Ok(self.inner().model.invitations())
    }

    fn devices(&self) -> Result<Vec<Enrolment>, StoreError> {
        Ok(self.inner().model.devices())
    }

    fn roster(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.inner().model.roster())
    }

    fn branch(&self) -> Result<Option<Branch>, StoreError> {
        Ok(self.inner().model.branch())
    }

    fn notes(&self) -> Result<Vec<Note>, StoreError> {
        Ok(self.inner().model.notes())
    }

    fn check(&self) -> Result<StoreReport, StoreError> {
        Ok(self.inner().model.report())
    }

    fn probe(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance;

    #[test]
    fn the_memory_store_passes_the_suite() {
        conformance::run(&mut MemoryStore::new);
    }

    #[test]
    fn a_commit_that_was_made_to_fail_takes_nothing() {
        let store = MemoryStore::new();
        store.fail_next_commit_for_room();
        let events = [conformance::stored("sheet/2026-03-02/gate", 1)];
        assert!(matches!(store.commit(&events), Err(StoreError::NoRoom { .. })));
        assert_eq!(store.documents().unwrap(), []);
        store.commit(&events).unwrap();
        assert_eq!(store.documents().unwrap().len(), 1);
    }
}

//! What the index must hold, worked out from the journal: enough to find any difference, small enough to keep.

use std::collections::{BTreeMap, BTreeSet};

use daymark_core::document_id::DocumentId;
use daymark_core::ids::ChangeHash;
use daymark_sync_protocol::event::Event;
use sha2::{Digest, Sha256};

/// The first byte of a key: which shelf of the index it stands on.
pub(super) mod shelf {
    pub(in super::super) const CHANGE: u8 = b'c';
    pub(in super::super) const ASIDE: u8 = b'a';
    pub(in super::super) const INVITATION: u8 = b'i';
    pub(in super::super) const DEVICE: u8 = b'd';
    pub(in super::super) const ROSTER: u8 = b'r';
    pub(in super::super) const BRANCH: u8 = b'b';
    pub(in super::super) const NOTE: u8 = b'n';
    pub(in super::super) const META: u8 = b'm';
}

/// The number of a document's changes, and one digest over all of them in order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Fold {
    pub(super) changes: u64,
    digest: [u8; 32],
}

impl Fold {
    pub(super) fn take(&mut self, record: &[u8]) {
        self.changes += 1;
        self.digest = Sha256::new()
            .chain_update(self.digest)
            .chain_update(record)
            .finalize()
            .into();
    }
}

/// One write to the index. What is put is always the record itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Write {
    Put(Vec<u8>),
    Remove(Vec<u8>),
}

/// What the index must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Expected {
    /// The records that were taken.
    pub(super) records: u64,
    documents: BTreeMap<DocumentId, Fold>,
    /// Everything on the other shelves: key, and digest of the record.
    others: BTreeMap<Vec<u8>, [u8; 32]>,
    /// The records that wait under a hash.
    waiting: BTreeMap<ChangeHash, Vec<u64>>,
    used: BTreeSet<[u8; 32]>,
}

impl Expected {
    /// Takes the next record of the journal, and says what it does to the index.
    pub(super) fn take(&mut self, event: &Event, record: &[u8]) -> Vec<Write> {
        let number = self.records;
        self.records += 1;
        match event {
            Event::Stored(change) => {
                let fold = self.documents.entry(change.document.clone()).or_default();
                let key = change_key(&change.document, fold.changes);
                fold.take(record);
                vec![Write::Put(key)]
            }
            Event::Aside(aside) => {
                let name = aside.waits_as.unwrap_or(aside.key);
                self.waiting.entry(name).or_default().push(number);
                self.put(key(shelf::ASIDE, &number.to_be_bytes()), record)
            }
            Event::Settled(hash) => {
                let numbers = self.waiting.remove(hash).unwrap_or_default();
                let keys = numbers
                    .into_iter()
                    .map(|number| key(shelf::ASIDE, &number.to_be_bytes()));
                keys.map(|key| self.remove(key)).collect()
            }
            Event::Invited(invitation) if self.used.contains(&invitation.secret_hash) => Vec::new(),
            Event::Invited(invitation) => self.put(key(shelf::INVITATION, &invitation.secret_hash), record),
            Event::Enrolled(enrolment) => {
                self.used.insert(enrolment.invitation);
                let mut writes = self.put(key(shelf::DEVICE, &enrolment.device.0.to_be_bytes()), record);
                writes.push(self.remove(key(shelf::INVITATION, &enrolment.invitation)));
                writes
            }
            Event::Roster(_) => self.put(vec![shelf::ROSTER], record),
            Event::Branched(_) => self.put(vec![shelf::BRANCH], record),
            Event::Noted(_) => self.put(key(shelf::NOTE, &number.to_be_bytes()), record),
        }
    }

    fn put(&mut self, key: Vec<u8>, record: &[u8]) -> Vec<Write> {
        self.others.insert(key.clone(), digest(record));
        vec![Write::Put(key)]
    }

    fn remove(&mut self, key: Vec<u8>) -> Write {
        self.others.remove(&key);
        Write::Remove(key)
    }

    /// Every document with its fold, in order.
    pub(super) fn documents(&self) -> &BTreeMap<DocumentId, Fold> {
        &self.documents
    }

    /// What a document's changes must amount to.
    pub(super) fn document(&self, document: &DocumentId) -> Fold {
        self.documents.get(document).copied().unwrap_or_default()
    }

    /// Whether this record stands under this key, which is not that of a change.
    pub(super) fn has(&self, key: &[u8], record: &[u8]) -> bool {
        self.others.get(key) == Some(&digest(record))
    }

    /// How many keys there are on a shelf, which is not that of the changes.
    pub(super) fn on_shelf(&self, shelf: u8) -> usize {
        self.others.range(vec![shelf]..vec![shelf + 1]).count()
    }

    /// How many keys there are on all shelves but that of the changes.
    pub(super) fn others(&self) -> usize {
        self.others.len()
    }
}

/// The key of a change: one document's changes stand together, in order, whatever another document is called.
pub(super) fn change_key(document: &DocumentId, position: u64) -> Vec<u8> {
    let mut key = changes_prefix(document);
    key.extend_from_slice(&position.to_be_bytes());
    key
}

/// What the keys of a document's changes begin with.
pub(super) fn changes_prefix(document: &DocumentId) -> Vec<u8> {
    let document = document.to_bytes();
    let length = u8::try_from(document.len()).unwrap_or(u8::MAX);
    let mut key = vec![shelf::CHANGE, length];
    key.extend_from_slice(&document);
    key
}

/// The document and position that the key of a change says; `None` when it is not one.
pub(super) fn read_change_key(key: &[u8]) -> Option<(DocumentId, u64)> {
    let (&length, rest) = key.strip_prefix(&[shelf::CHANGE])?.split_first()?;
    let (document, position) = rest.split_at_checked(usize::from(length))?;
    let position = u64::from_be_bytes(position.try_into().ok()?);
    Some((DocumentId::from_bytes(document).ok()?, position))
}

fn key(shelf: u8, rest: &[u8]) -> Vec<u8> {
    let mut key = vec![shelf];
    key.extend_from_slice(rest);
    key
}

fn digest(record: &[u8]) -> [u8; 32] {
    Sha256::digest(record).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::document;

    #[test]
    fn a_change_key_reads_back_and_sorts_by_position() {
        let sheet = document("sheet/2026-03-02/class:4B");
        assert_eq!(
            read_change_key(&change_key(&sheet, 300)),
            Some((sheet.clone(), 300))
        );
        assert!(change_key(&sheet, 255) < change_key(&sheet, 256));
        assert!(!change_key(&sheet, 0).starts_with(&changes_prefix(&document("sheet/2026-03-02/class:4"))));
        assert_eq!(read_change_key(&[shelf::CHANGE, 200, 1]), None);
        assert_eq!(read_change_key(&[]), None);
    }
}

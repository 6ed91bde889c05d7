//! One document at the hub: the container, and its changes in the order in which they were stored.

use daymark_core::document::{Document, DocumentError};
use daymark_core::document_id::DocumentId;
use daymark_core::ids::{ChangeHash, SchoolId};
use minicbor::bytes::{ByteArray, ByteVec};

use crate::event::StoredChange;
use crate::frame::heads_digest;

/// A document and its log.
#[derive(Debug, Clone)]
pub struct HubDocument {
    document: Document,
    log: Vec<Logged>,
    /// The compacted form and the sequence number that it was made at.
    saved: Option<(u64, ByteVec)>,
    digest: ByteArray<16>,
    last_use: u64,
}

#[derive(Debug, Clone)]
struct Logged {
    hash: ChangeHash,
    bytes: ByteVec,
}

impl HubDocument {
    /// A document that nobody has written in.
    pub(super) fn new(school: SchoolId, id: DocumentId) -> Self {
        let document = Document::new(school, id);
        let digest = heads_digest(&document.heads());
        Self {
            document,
            log: Vec::new(),
            saved: None,
            digest,
            last_use: 0,
        }
    }

    pub(super) fn load(
        school: SchoolId,
        id: DocumentId,
        changes: Vec<StoredChange>,
    ) -> Result<Self, DocumentError> {
        let mut loaded = Self::new(school, id);
        for change in changes {
            loaded.document.replay(&change.bytes)?;
            loaded.log.push(Logged {
                hash: change.hash,
                bytes: change.bytes,
            });
        }
        loaded.digest = heads_digest(&loaded.document.heads());
        Ok(loaded)
    }

    /// The container.
    pub fn document(&self) -> &Document {
        &self.document
    }

    pub(super) fn document_mut(&mut self) -> &mut Document {
        &mut self.document
    }

    pub(super) fn logged(&mut self, hash: ChangeHash, bytes: ByteVec) {
        self.log.push(Logged { hash, bytes });
        self.digest = heads_digest(&self.document.heads());
    }

    /// How many changes it has: the newest cursor.
    pub fn sequence(&self) -> u64 {
        self.log.len() as u64
    }

    /// Digest of its heads.
    pub fn digest(&self) -> ByteArray<16> {
        self.digest
    }

    /// The changes after a cursor, with their hashes.
    pub fn after(&self, cursor: u64) -> impl Iterator<Item = (ChangeHash, &ByteVec)> {
        let start = usize::try_from(cursor).unwrap_or(usize::MAX).min(self.log.len());
        self.log[start..]
            .iter()
            .map(|logged| (logged.hash, &logged.bytes))
    }

    /// The compacted form, kept until the next change.
    pub(super) fn saved(&mut self) -> &ByteVec {
        let sequence = self.sequence();
        if self.saved.as_ref().is_none_or(|(at, _)| *at != sequence) {
            self.saved = Some((sequence, self.document.save().into()));
        }
        let (_, saved) = self.saved.as_ref().expect("it was set just above");
        saved
    }

    pub(super) fn last_use(&self) -> u64 {
        self.last_use
    }

    pub(super) fn used(&mut self, at: u64) {
        self.last_use = at;
    }
}

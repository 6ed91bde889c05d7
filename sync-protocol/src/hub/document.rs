//! One document at the hub: the container, and its changes in the order in which they were stored.

use std::collections::BTreeMap;

use daymark_core::document::{Document, DocumentError};
use daymark_core::document_id::DocumentId;
use daymark_core::ids::{ChangeHash, SchoolId};
use daymark_core::signature::{chunk_of, split};
use minicbor::bytes::{ByteArray, ByteVec};

use crate::event::StoredChange;
use crate::frame::{Content, Packed, SavedDocument, heads_digest};

/// The shortest form of a document is looked for again once it has grown by one part in so many.
const GROWTH: u64 = 16;

/// A document and its log.
#[derive(Debug, Clone)]
pub struct HubDocument {
    document: Document,
    log: Vec<Logged>,
    /// The shortest form, and the sequence number that it was made at.
    whole: Option<(u64, Content)>,
    /// How many of the changes are known to be on disk: nothing beyond is sent to anybody.
    durable: u64,
    first_digest: ByteArray<16>,
    last_use: u64,
}

#[derive(Debug, Clone)]
struct Logged {
    hash: ChangeHash,
    bytes: ByteVec,
    /// Digest of the document's heads after this change.
    digest: ByteArray<16>,
    /// Its place in the school's log.
    leaf: u64,
}

impl HubDocument {
    /// A document that nobody has written in.
    pub(super) fn new(school: SchoolId, id: DocumentId) -> Self {
        let document = Document::new(school, id);
        let digest = heads_digest(&document.heads());
        Self {
            document,
            log: Vec::new(),
            whole: None,
            durable: 0,
            first_digest: digest,
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
            loaded.document.take_stored(chunk_of(&change.bytes))?;
            loaded.logged(change.hash, change.bytes, change.leaf);
        }
        loaded.durable = loaded.sequence();
        Ok(loaded)
    }

    /// The container.
    pub fn document(&self) -> &Document {
        &self.document
    }

    pub(super) fn document_mut(&mut self) -> &mut Document {
        &mut self.document
    }

    pub(super) fn logged(&mut self, hash: ChangeHash, bytes: ByteVec, leaf: u64) {
        let digest = heads_digest(&self.document.heads());
        self.log.push(Logged {
            hash,
            bytes,
            digest,
            leaf,
        });
    }

    /// The place of a change in the school's log, and the signed change.
    pub(super) fn leaf_of(&self, hash: &ChangeHash) -> Option<u64> {
        let logged = self.log.iter().rev().find(|logged| logged.hash == *hash)?;
        Some(logged.leaf)
    }

    /// Every change, with its place in the school's log, in the order of storing.
    pub fn changes(&self) -> impl Iterator<Item = (u64, &ByteVec)> {
        self.log.iter().map(|logged| (logged.leaf, &logged.bytes))
    }

    /// How many changes it has: the newest cursor.
    pub fn sequence(&self) -> u64 {
        self.log.len() as u64
    }

    /// How many of its changes are on disk: the newest cursor that anybody is told.
    pub fn durable(&self) -> u64 {
        self.durable
    }

    pub(super) fn made_durable(&mut self, sequence: u64) {
        self.durable = self.durable.max(sequence).min(self.sequence());
    }

    /// Digest of its heads after so many changes.
    pub fn digest_at(&self, sequence: u64) -> ByteArray<16> {
        usize::try_from(sequence)
            .ok()
            .and_then(|sequence| self.log.get(sequence.checked_sub(1)?))
            .map_or(self.first_digest, |logged| logged.digest)
    }

    /// The durable changes after a cursor, with their hashes.
    pub fn after(&self, cursor: u64) -> impl Iterator<Item = (ChangeHash, &ByteVec)> {
        let place = |sequence: u64| {
            usize::try_from(sequence)
                .unwrap_or(usize::MAX)
                .min(self.log.len())
        };
        let (start, end) = (place(cursor), place(self.durable));
        self.log[start.min(end)..end]
            .iter()
            .map(|logged| (logged.hash, &logged.bytes))
    }

    /// The whole document in its shortest form; `None` while something in it is not durable yet, or where it cannot be
    /// made: then the changes go one by one.
    ///
    /// In a storm the document grows between any two replies. Finding the shortest form anew each time would cost more
    /// than all else, so for a while what came since is packed behind what was packed before.
    pub(super) fn whole(&mut self) -> Option<Content> {
        let sequence = self.sequence();
        if sequence != self.durable {
            return None;
        }
        match &self.whole {
            Some((at, whole)) if *at == sequence => return Some(whole.clone()),
            Some((at, Content::Packed(packed))) if sequence - at <= at / GROWTH => {
                let since: Vec<ByteVec> = self.after(*at).map(|(_, bytes)| bytes.clone()).collect();
                return Some(Content::Packed(packed.with(&since)));
            }
            Some((at, Content::Saved(_))) if sequence - at <= at / GROWTH => {
                return Some(Content::Saved(self.compacted()?));
            }
            _ => {}
        }
        let saved = self.compacted()?;
        let changes: Vec<ByteVec> = self.log.iter().map(|logged| logged.bytes.clone()).collect();
        let packed = Packed::of(&changes);
        // Many changes by few hands are shortest compacted, few by many packed: they keep no list of heads.
        let whole = if packed.size() < saved.size() {
            Content::Packed(packed)
        } else {
            Content::Saved(saved)
        };
        self.whole = Some((sequence, whole.clone()));
        Some(whole)
    }

    /// Automerge's own compacted form, and the signatures in the order of the changes' hashes.
    fn compacted(&mut self) -> Option<SavedDocument> {
        let by_hash: BTreeMap<ChangeHash, &ByteVec> = self
            .log
            .iter()
            .map(|logged| (logged.hash, &logged.bytes))
            .collect();
        let signatures = by_hash.values().filter_map(|bytes| split(bytes));
        let signatures: Vec<u8> = signatures.flat_map(|(signature, _)| signature.0).collect();
        Some(SavedDocument {
            saved: self.document.save().ok()?.into(),
            signatures: signatures.into(),
        })
    }

    pub(super) fn last_use(&self) -> u64 {
        self.last_use
    }

    pub(super) fn used(&mut self, at: u64) {
        self.last_use = at;
    }
}

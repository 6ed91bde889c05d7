//! Applying records, and what becomes of a change on its way to the school.

use std::collections::BTreeMap;
use std::sync::Arc;

use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::door::Refusal;
use daymark_core::ids::{ChangeHash, SchoolId};
use daymark_core::signature::{SIGNATURE_BYTES, Signature, chunk_of};
use minicbor::{Decode, Encode};

use super::{Held, LogView, Record, Replica, ReplicaError};
use crate::brief::Brief;
use crate::frame::RefusedWith;
use crate::limits::WINDOW_DAYS_MAX;

/// A change that this device made or carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnChange {
    /// In which document.
    pub document: DocumentId,
    /// Its hash.
    pub hash: ChangeHash,
    /// The signed change, kept past the acknowledgement: a hub restored from an older backup may ask for it again.
    pub bytes: Vec<u8>,
    /// How many marks or statements it holds.
    pub statements: u32,
    /// Whether another device made it.
    pub carried: bool,
    /// What became of it.
    pub state: SendState,
}

/// What became of a change on its way to the school.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum SendState {
    /// It is on this device only, as far as the device knows.
    #[n(0)]
    Here,
    /// The school has it.
    #[n(1)]
    Stored,
    /// The school keeps it, and waits for changes that have not arrived.
    #[n(2)]
    Waits,
    /// The school could not take it; it is kept here.
    #[n(3)]
    Refused(#[n(0)] RefusedWith),
    /// The school shows that it has it, and has not yet given the receipt: it is offered once more, and is not at school
    /// as far as anybody is told.
    #[n(4)]
    Told,
    /// The school refused it, or what it rests on, because a copy of the store had used its number. What it says is not
    /// issued again yet.
    #[n(5)]
    Apart,
    /// The same, and what it says was issued again: by these changes, as far as the school did not have it.
    #[n(6)]
    Reissued(#[n(0)] Vec<ChangeHash>),
}

impl SendState {
    /// Whether the school has it, and has proven so.
    pub fn is_stored(&self) -> bool {
        *self == Self::Stored
    }

    /// Whether what it says has yet to reach the school by this change, as far as is proven.
    pub fn is_unsent(&self) -> bool {
        !matches!(self, Self::Stored | Self::Reissued(_))
    }

    /// Whether the school refused it because another change came before it with the same number.
    pub(super) fn is_equivocation(&self) -> bool {
        matches!(self, Self::Refused(why) if why.code == Refusal::EQUIVOCATION)
    }

    /// Whether it was taken out of its document for good.
    pub(super) fn is_parted(&self) -> bool {
        matches!(self, Self::Apart | Self::Reissued(_))
    }

    /// Whether it is among what the school has, as far as both must have the same.
    pub(super) fn is_there(&self) -> bool {
        matches!(self, Self::Stored | Self::Told)
    }
}

impl Replica {
    /// Applies a record that is written down.
    ///
    /// # Errors
    /// A record that does not fit what came before it: the store is damaged.
    pub fn apply(&mut self, record: Record) -> Result<(), ReplicaError> {
        let trip = match &record {
            Record::Made { document, .. }
            | Record::Carried { document, .. }
            | Record::News { document, .. }
            | Record::Saved { document, .. }
            | Record::Parted { document, .. }
            | Record::Reissued { document, .. } => {
                Some(document.clone()).filter(|id| matches!(id, DocumentId::Trip(_)))
            }
            _ => None,
        };
        match record {
            Record::Enrolled(identity) => {
                self.log = Some(LogView::new(identity.school, &identity.school_key)?);
                self.identity = Some(*identity);
            }
            Record::Tap(entry) => {
                let id = DocumentId::Sheet(entry.cell.date, entry.duty.clone());
                self.held(&id)?.taps.push(*entry);
            }
            Record::Made {
                document,
                change,
                statements,
                taps,
            } => {
                let held = self.held(&document)?;
                held.document.replay(chunk_of(&change))?;
                held.vouched(&change);
                held.taps.drain(..(taps as usize).min(held.taps.len()));
                self.remember(document, change, statements, false)?;
            }
            Record::Carried {
                document,
                change,
                statements,
            } => {
                let held = self.held(&document)?;
                held.document.replay(chunk_of(&change))?;
                held.vouched(&change);
                self.remember(document, change, statements, true)?;
            }
            Record::Proven { change, leaf } => {
                self.receipts.insert(change, leaf);
            }
            Record::Followed(note) => {
                let log = self.log.as_mut().ok_or(ReplicaError::NotEnrolled)?;
                log.followed(&note)?;
            }
            Record::Doubted(note) => {
                let log = self.log.as_mut().ok_or(ReplicaError::NotEnrolled)?;
                log.doubted(&note)?;
            }
            Record::Answered { change, state } => {
                let own = self.own_index.get(&change).and_then(|at| self.own.get_mut(*at));
                // Of what was taken out of its document an answer, such as a late one, decides nothing more.
                if let Some(own) = own
                    && (!own.state.is_parted() || holds(&self.documents, &own.document, &change))
                {
                    own.state = state;
                }
            }
            Record::News {
                document,
                changes,
                cursor,
                ready,
            } => {
                let held = self.held(&document)?;
                if !ready.take_into(held) {
                    let chunks: Vec<&[u8]> = changes.iter().map(|change| chunk_of(change)).collect();
                    held.document.replay_all(&chunks)?;
                    for change in &changes {
                        held.vouched(change);
                    }
                }
                held.cursor = cursor;
            }
            Record::Saved {
                document,
                saved,
                signatures,
                cursor,
                ready,
            } => {
                let school = self.school()?;
                let held = self.held(&document)?;
                if !ready.take_into(held) {
                    let loaded = Document::load(school, document, &saved)?;
                    let signed = signatures_of(&loaded, &signatures)
                        .ok_or(ReplicaError::Store("the signatures of a document"))?;
                    held.signatures.extend(signed);
                    held.document = with_saved(loaded, Some(&held.document))?;
                }
                held.cursor = cursor;
            }
            Record::Fetched(window, at_ms) => {
                let dates = window.dates().take(WINDOW_DAYS_MAX.into());
                self.fetched.extend(dates.map(|date| (date, at_ms)));
            }
            Record::Draft(name, text) => {
                self.drafts.retain(|(other, _)| *other != name);
                if !text.is_empty() {
                    self.drafts.push((name, text));
                }
            }
            Record::Incarnation(fresh) => {
                let identity = self.identity.as_mut().ok_or(ReplicaError::NotEnrolled)?;
                identity.incarnation = fresh;
            }
            Record::Parted {
                document,
                apart,
                made,
            } => self.take_apart(&document, &apart, made)?,
            Record::Reissued {
                document,
                change,
                by,
                statements,
            } => self.take_reissued(document, change, by, statements)?,
            Record::Rewound { document, cursor } => self.held(&document)?.cursor = cursor,
            Record::Brief(bytes) => {
                let brief = Brief::decode(&bytes).ok_or(ReplicaError::Store("a brief"))?;
                self.brief = Some((bytes, brief));
            }
            Record::Contact(contact) => self.contact = Some(contact),
            Record::Keys(news) => {
                for entry in news.keys {
                    self.keys.add(entry.device, entry.key);
                }
            }
            Record::Duties(news) => {
                let before = self.grant()?.clone();
                self.duty_list.follow(&news);
                // Under another duty there is more to be told of a date.
                if *self.grant()? != before {
                    self.fetched.clear();
                }
                Arc::make_mut(&mut self.duties).granted_as(self.duty_list.judged_by());
            }
        }
        if let Some(id) = trip {
            self.note_along(&id);
        }
        Ok(())
    }

    fn school(&self) -> Result<SchoolId, ReplicaError> {
        Ok(self.identity()?.school)
    }

    pub(super) fn held(&mut self, id: &DocumentId) -> Result<&mut Held, ReplicaError> {
        let school = self.school()?;
        Ok(self.documents.entry(id.clone()).or_insert_with(|| Held {
            document: Document::new(school, id.clone()),
            signatures: BTreeMap::new(),
            cursor: 0,
            taps: Vec::new(),
            apart: Vec::new(),
        }))
    }

    pub(super) fn remember(
        &mut self,
        document: DocumentId,
        bytes: Vec<u8>,
        statements: u32,
        carried: bool,
    ) -> Result<(), ReplicaError> {
        let hash = change_hash(&bytes)?;
        if self.own_index.contains_key(&hash) {
            return Ok(());
        }
        self.own_index.insert(hash, self.own.len());
        self.own.push(OwnChange {
            document,
            hash,
            bytes,
            statements,
            carried,
            state: SendState::Here,
        });
        Ok(())
    }
}

fn holds(documents: &BTreeMap<DocumentId, Held>, id: &DocumentId, change: &ChangeHash) -> bool {
    documents.get(id).is_some_and(|held| held.document.has(change))
}

/// The school's compacted document, and on top of it every change that this device has and the school lacks: nothing
/// is ever deleted by a sync.
pub(super) fn with_saved(mut loaded: Document, ours: Option<&Document>) -> Result<Document, ReplicaError> {
    let mut lacking = Vec::new();
    for (hash, change) in ours.into_iter().flat_map(Document::raw_changes) {
        if !loaded.has(&hash) {
            lacking.push(change);
        }
    }
    loaded.replay_all(&lacking)?;
    Ok(loaded)
}

/// The signatures that came with a saved document, by change; `None` where their number differs from that of the
/// changes.
pub(super) fn signatures_of(
    document: &Document,
    signatures: &[u8],
) -> Option<BTreeMap<ChangeHash, Signature>> {
    let (all, rest) = signatures.as_chunks::<SIGNATURE_BYTES>();
    let hashes = document.change_hashes();
    let fits = rest.is_empty() && all.len() == hashes.len();
    fits.then(|| {
        let signatures = all.iter().map(|bytes| Signature(*bytes));
        hashes.into_iter().zip(signatures).collect()
    })
}

/// The hash of a signed change.
pub(super) fn change_hash(change: &[u8]) -> Result<ChangeHash, ReplicaError> {
    let header = daymark_core::chunk::parse(chunk_of(change)).map_err(|_| ReplicaError::Store("a change"))?;
    Ok(header.hash)
}

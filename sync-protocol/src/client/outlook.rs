//! What a replica will be once the records of a reply are applied: the news tried, the heads compared.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::ids::{ChangeHash, SchoolId};
use daymark_core::signature::{Signature, chunk_of};
use minicbor::bytes::ByteArray;

use super::exchange::SyncReport;
use super::record::Ready;
use super::state::{signatures_of, with_saved};
use super::{Held, OwnChange, Record, Replica, ReplicaError, SendState};
use crate::frame::{Content, News, heads_digest};
use crate::keys::{self, Attributed, KeyRing, NotVerified};

/// A replica as it will be when the records of a reply are applied, so far as its own changes go.
pub(super) struct Outlook<'a> {
    replica: &'a Replica,
    /// What became of changes since.
    answered: BTreeMap<ChangeHash, SendState>,
    /// The keys of the school's devices, as the reply makes them known.
    pub(super) keys: Cow<'a, KeyRing>,
    /// Whether it carries more changes than it did.
    pub(super) carries: bool,
}

impl<'a> Outlook<'a> {
    pub(super) fn new(replica: &'a Replica) -> Self {
        Self {
            replica,
            answered: BTreeMap::new(),
            keys: Cow::Borrowed(&replica.keys),
            carries: false,
        }
    }

    pub(super) fn state<'b>(&'b self, own: &'b OwnChange) -> &'b SendState {
        self.answered.get(&own.hash).unwrap_or(&own.state)
    }

    pub(super) fn answer(&mut self, change: ChangeHash, state: SendState) -> Record {
        self.answered.insert(change, state.clone());
        Record::Answered { change, state }
    }

    /// The changes of a document that the school has not acknowledged.
    fn outstanding(&self, id: &DocumentId) -> BTreeMap<ChangeHash, &'a OwnChange> {
        let own = self.replica.own.iter().filter(|own| own.document == *id);
        let own = own.filter(|own| !own.state.is_parted());
        own.filter(|own| !self.state(own).is_there())
            .map(|own| (own.hash, own))
            .collect()
    }

    /// Digest of the heads that the school must have at the cursor: those of the document without what is
    /// outstanding. `None` where the school has told nothing of the document and acknowledged nothing in it.
    pub(super) fn heads(&self, id: &DocumentId, cursor: u64, document: &Document) -> Option<ByteArray<16>> {
        let mut outstanding = self.outstanding(id);
        outstanding.retain(|hash, _| document.has(hash));
        if cursor == 0 && outstanding.len() >= document.change_count() {
            return None;
        }
        let mut heads: BTreeSet<ChangeHash> = BTreeSet::new();
        let mut open = document.heads();
        while let Some(hash) = open.pop() {
            match outstanding.get(&hash) {
                Some(own) => open.extend(daymark_core::chunk::parse(chunk_of(&own.bytes)).ok()?.parents),
                None => drop(heads.insert(hash)),
            }
        }
        if heads.len() > 1 && !outstanding.is_empty() {
            for head in heads.clone() {
                let (past, _) = document.ancestors(&[head]);
                heads.retain(|other| *other == head || !past.contains(other));
            }
        }
        let heads: Vec<ChangeHash> = heads.into_iter().collect();
        Some(heads_digest(&heads))
    }

    /// The records for what is new in one document. The document is tried on a copy first.
    pub(super) fn take_news(
        &mut self,
        school: SchoolId,
        id: &DocumentId,
        news: &News,
        more: bool,
        report: &mut SyncReport,
    ) -> Result<Vec<Record>, ReplicaError> {
        let held = self.replica.documents.get(id);
        let cursor = held.map_or(0, |held| held.cursor);
        if news.to < cursor {
            // The school knows less than it did: it is behind, never right. Offer again whatever it may lack.
            report.behind += 1;
            report.more = true;
            return Ok(self.offer_again(id, held));
        }
        if news.from != cursor {
            return Ok(Vec::new());
        }
        if let Some(record) = self.plain_news(school, id, held, news) {
            report.received += 1;
            return Ok(vec![record]);
        }
        let tried = unpacked(&news.content).and_then(|content| {
            let tried = try_news(&self.keys, school, id, held, &content)?;
            Ok((content, tried))
        });
        let (
            content,
            Tried {
                document,
                told,
                signatures,
            },
        ) = match tried {
            Ok(tried) => tried,
            Err(_) if cursor > 0 => {
                report.rewound += 1;
                report.more = true;
                return Ok(vec![Record::Rewound {
                    document: id.clone(),
                    cursor: 0,
                }]);
            }
            Err(error) => {
                report.unread.push((id.clone(), error.to_string()));
                return Ok(Vec::new());
            }
        };
        // What the school tells it has, whoever brought it there.
        let known: Vec<ChangeHash> = self
            .outstanding(id)
            .into_keys()
            .filter(|hash| told.has(hash))
            .collect();
        let known: Vec<Record> = known
            .into_iter()
            .map(|hash| self.answer(hash, SendState::Told))
            .collect();
        // The heads check: without what is outstanding, and with nothing more to come, the tablet must now have the
        // school's heads.
        let now = document.as_ref().or(held.map(|held| &held.document));
        let ours = now.and_then(|document| self.heads(id, news.to, document));
        let mut again = Vec::new();
        if !more && ours.is_some_and(|ours| ours != news.heads) {
            report.rewound += 1;
            report.more = true;
            again = self.offer_again(id, held);
        }
        let base = held.map_or(0, |held| held.document.change_count());
        let ready = document.map_or_else(Ready::default, |made| Ready::made(base, made, signatures));
        let packed = matches!(news.content, Content::Packed(_));
        let mut records = vec![match content.as_ref() {
            Content::Saved(saved) => {
                report.received += 1;
                Record::Saved {
                    document: id.clone(),
                    saved: saved.saved.to_vec(),
                    signatures: saved.signatures.to_vec(),
                    cursor: news.to,
                    ready,
                }
            }
            Content::Changes(changes) => {
                report.received += if packed { 1 } else { changes.len() };
                let changes = changes.iter().map(|change| change.to_vec()).collect();
                Record::News {
                    document: id.clone(),
                    changes,
                    cursor: news.to,
                    ready,
                }
            }
            Content::Packed(_) => return Err(ReplicaError::Store("changes that were packed twice")),
        }];
        records.extend(known);
        records.extend(again);
        Ok(records)
    }

    /// The record for the news of every day: one change that follows on a document with nothing outstanding and leads
    /// to the school's heads. It needs no trial on a copy. `None` for anything else.
    fn plain_news(
        &self,
        school: SchoolId,
        id: &DocumentId,
        held: Option<&Held>,
        news: &News,
    ) -> Option<Record> {
        let Content::Changes(changes) = &news.content else {
            return None;
        };
        let [change] = changes.as_slice() else { return None };
        let document = &held?.document;
        if !self.outstanding(id).is_empty() {
            return None;
        }
        let verified = self.keys.verify(school, id, change).ok()?;
        let checked = document.check(verified.chunk).ok()??;
        (heads_digest(checked.heads()) == news.heads).then(|| Record::News {
            document: id.clone(),
            changes: vec![change.to_vec()],
            cursor: news.to,
            ready: Ready::checked(checked, verified.signature),
        })
    }

    /// Records that start a document again from nothing agreed, and offer the school every change of it that this
    /// device has, whoever made it: a hub that lost its memory is filled again from its tablets.
    fn offer_again(&mut self, id: &DocumentId, held: Option<&Held>) -> Vec<Record> {
        // The rewinding goes last: a stop may leave only the first of these records, and while the cursor is ahead of
        // the school's, the next sync sees again that the school is behind.
        let rewound = Record::Rewound {
            document: id.clone(),
            cursor: 0,
        };
        let mut records = Vec::new();
        for (hash, change) in held.into_iter().flat_map(Held::signed_changes) {
            if self.replica.own_index.contains_key(&hash) {
                records.push(self.answer(hash, SendState::Here));
            } else {
                self.carries = true;
                records.push(Record::Carried {
                    document: id.clone(),
                    change,
                    statements: 0,
                });
            }
        }
        records.push(rewound);
        records
    }

    /// A school that is behind in one document may be so in those of which it tells this device nothing: what was
    /// carried for others is offered again too.
    pub(super) fn carry_again(&mut self) -> Vec<Record> {
        let told = |id: &DocumentId| self.replica.documents.get(id).is_some_and(|held| held.cursor > 0);
        let again: Vec<ChangeHash> = self
            .replica
            .own
            .iter()
            .filter(|own| own.carried && own.state.is_there() && !told(&own.document))
            .map(|own| own.hash)
            .collect();
        again
            .into_iter()
            .map(|hash| self.answer(hash, SendState::Here))
            .collect()
    }
}

/// News tried on a copy.
struct Tried {
    /// The document with the news in it; `None` where they brought nothing.
    document: Option<Document>,
    told: Told,
    /// The signatures of the changes that came.
    signatures: BTreeMap<ChangeHash, Signature>,
}

/// The changes that news tell of.
enum Told {
    Changes(BTreeSet<ChangeHash>),
    Saved(Box<Document>),
}

impl Told {
    fn has(&self, hash: &ChangeHash) -> bool {
        match self {
            Self::Changes(changes) => changes.contains(hash),
            Self::Saved(document) => document.has(hash),
        }
    }
}

/// What is new, with packed changes unpacked.
fn unpacked(content: &Content) -> Result<Cow<'_, Content>, ReplicaError> {
    match content {
        Content::Packed(packed) => Ok(Cow::Owned(Content::Changes(packed.unpack()?))),
        other => Ok(Cow::Borrowed(other)),
    }
}

fn try_news(
    ring: &KeyRing,
    school: SchoolId,
    id: &DocumentId,
    held: Option<&Held>,
    content: &Content,
) -> Result<Tried, ReplicaError> {
    let not_verified = |why| ReplicaError::NotVerified {
        document: id.clone(),
        why,
    };
    match content {
        Content::Changes(changes) if changes.is_empty() => Ok(Tried {
            document: None,
            told: Told::Changes(BTreeSet::new()),
            signatures: BTreeMap::new(),
        }),
        Content::Changes(changes) => {
            let mut document = match held {
                Some(held) => held.document.clone(),
                None => Document::new(school, id.clone()),
            };
            let read: Result<Vec<_>, _> = changes.iter().map(|change| keys::read(change)).collect();
            let read = read.map_err(not_verified)?;
            ring.verify_all(school, id, &read).map_err(not_verified)?;
            let told = read.iter().map(|change| change.hash).collect();
            let signatures = read
                .iter()
                .map(|change| (change.hash, change.signature))
                .collect();
            let chunks: Vec<&[u8]> = read.iter().map(|change| change.chunk).collect();
            document.replay_all(&chunks)?;
            Ok(Tried {
                document: Some(document),
                told: Told::Changes(told),
                signatures,
            })
        }
        Content::Packed(_) => Err(not_verified(NotVerified::Malformed)),
        Content::Saved(saved) => {
            let loaded = Document::load(school, id.clone(), &saved.saved)?;
            let signatures = signatures_of(&loaded, &saved.signatures)
                .ok_or_else(|| not_verified(NotVerified::Malformed))?;
            let named: Option<Vec<Attributed<'_>>> = signatures
                .iter()
                .map(|(hash, signature)| {
                    Some(Attributed {
                        hash: *hash,
                        author: loaded.author(hash)?,
                        signature: *signature,
                        chunk: &[],
                    })
                })
                .collect();
            let named = named.ok_or_else(|| not_verified(NotVerified::Malformed))?;
            ring.verify_all(school, id, &named).map_err(not_verified)?;
            let told = Told::Saved(Box::new(loaded.clone()));
            let document = with_saved(loaded, held.map(|held| &held.document))?;
            Ok(Tried {
                document: Some(document),
                told,
                signatures,
            })
        }
    }
}

//! One round trip with the school, seen from the tablet.

use std::collections::{BTreeMap, BTreeSet};

use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::ClockCheck;
use daymark_core::ids::{ChangeHash, SchoolId};
use minicbor::bytes::{ByteArray, ByteVec};

use super::record::Ready;
use super::state::{change_hash, with_saved};
use super::{Contact, Held, OwnChange, Record, Replica, ReplicaError, SendState};
use crate::brief::Brief;
use crate::frame::{Ack, Content, DocumentState, News, Offer, SyncReply, SyncRequest, Window, heads_digest};
use crate::limits::{OFFERS_MAX, REQUEST_BYTES_MAX};

/// What a round trip brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Changes that the school stored now.
    pub stored: usize,
    /// Changes that it had already.
    pub had: usize,
    /// Changes that it keeps and that wait for others.
    pub held: usize,
    /// Changes that it could not take, with the reasons.
    pub refused: Vec<(ChangeHash, String, String)>,
    /// Changes that came down, compacted documents counted as one.
    pub received: usize,
    /// Documents whose heads did not agree, and which are fetched again.
    pub rewound: usize,
    /// Documents in which the school knows less than this tablet, and gets again what it lacks.
    pub behind: usize,
    /// Documents that this program cannot read as the school sent them, and why; all others are taken.
    pub unread: Vec<(DocumentId, String)>,
    /// Whether another round trip is needed: the school has more, or this tablet has.
    pub more: bool,
}

/// Why a reply is not taken. The tablet keeps all it has.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    /// It answers another number of changes than were offered.
    #[error("the school answered {got} changes of {offered}; nothing is taken as sent")]
    Answers {
        /// How many were offered.
        offered: usize,
        /// How many were answered.
        got: usize,
    },
    /// The replica cannot take it.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
}

/// Headroom in a request for everything but changes.
const REQUEST_FRAME_BYTES: usize = 64 * 1024;

impl Replica {
    /// The request for one round trip. [`Replica::gather`] first; taps that are not gathered are counted in the backlog
    /// and stay here. `retry_refused` offers again what the school could not take before, as after the office gave the
    /// device another duty.
    ///
    /// # Errors
    /// [`ReplicaError::NotEnrolled`].
    pub fn request(
        &self,
        clock_ms: i64,
        window: Option<Window>,
        want_brief: bool,
        retry_refused: bool,
    ) -> Result<SyncRequest, ReplicaError> {
        let identity = self.identity()?;
        let mut documents: Vec<DocumentState> = Vec::new();
        let mut places: BTreeMap<&DocumentId, u16> = BTreeMap::new();
        let mut offers = Vec::new();
        let mut bytes = 0;
        let unsent = self.own.iter().filter(|own| match own.state {
            SendState::Here | SendState::Waits => true,
            SendState::Refused(_) => retry_refused,
            SendState::Stored => false,
        });
        // A trip's own document goes first: it says who may write in the trip's sheets.
        let (trips, others): (Vec<_>, Vec<_>) =
            unsent.partition(|own| matches!(own.document, DocumentId::Trip(_)));
        for own in trips.into_iter().chain(others) {
            bytes += own.bytes.len() + 8;
            if offers.len() >= OFFERS_MAX || bytes > REQUEST_BYTES_MAX - REQUEST_FRAME_BYTES {
                break;
            }
            let place = *places.entry(&own.document).or_insert_with(|| {
                documents.push(self.state_of(&own.document));
                u16::try_from(documents.len() - 1).unwrap_or(u16::MAX)
            });
            offers.push(Offer {
                document: place,
                change: own.bytes.clone().into(),
            });
        }
        for id in self.documents.keys() {
            let in_window = match (id.date(), window) {
                (Some(date), Some(window)) => (window.from..=window.to).contains(&date),
                (Some(_), None) => false,
                (None, _) => true,
            };
            if in_window && !places.contains_key(id) && documents.len() < crate::limits::DOCUMENTS_MAX {
                documents.push(self.state_of(id));
            }
        }
        let brief = want_brief.then(|| {
            let digest = self
                .brief
                .as_ref()
                .map(|(bytes, _)| Brief::digest(bytes).to_vec());
            ByteVec::from(digest.unwrap_or_default())
        });
        Ok(SyncRequest {
            school: identity.school,
            device: identity.device,
            clock_ms,
            backlog: u32::try_from(self.not_yet_sent()).unwrap_or(u32::MAX),
            documents,
            offers,
            window,
            brief,
        })
    }

    fn state_of(&self, id: &DocumentId) -> DocumentState {
        let held = self.documents.get(id);
        let heads = held.and_then(|held| Outlook::new(self).heads(id, held.cursor, &held.document));
        let cursor = held.map_or(0, |held| held.cursor);
        DocumentState {
            document: id.to_bytes().into(),
            cursor,
            heads,
        }
    }

    /// Turns the reply to `request` into records and a report. `sent_ms` and `received_ms` are the device's clock
    /// around the round trip: half of it is the doubt about the clock.
    ///
    /// # Errors
    /// See [`ReplyError`]; nothing is taken then.
    pub fn reply(
        &self,
        request: &SyncRequest,
        reply: &SyncReply,
        sent_ms: i64,
        received_ms: i64,
    ) -> Result<(Vec<Record>, SyncReport), ReplyError> {
        if reply.acks.len() != request.offers.len() {
            return Err(ReplyError::Answers {
                offered: request.offers.len(),
                got: reply.acks.len(),
            });
        }
        let school = self.identity()?.school;
        let mut records = Vec::new();
        let mut report = SyncReport {
            more: reply.more,
            ..SyncReport::default()
        };
        let mut outlook = Outlook::new(self);
        for (offer, ack) in request.offers.iter().zip(&reply.acks) {
            let Ok(hash) = change_hash(&offer.change) else {
                continue;
            };
            let change = outlook.answer(hash, note_ack(hash, ack, &mut report));
            records.push(change);
        }
        let asked: BTreeMap<&[u8], u64> = request
            .documents
            .iter()
            .map(|state| (&state.document[..], state.cursor))
            .collect();
        let mut answered = BTreeSet::new();
        for news in &reply.news {
            let Ok(id) = DocumentId::from_bytes(&news.document) else {
                continue;
            };
            let cursor = self.documents.get(&id).map_or(0, |held| held.cursor);
            let stale = asked.get(&news.document[..]).copied().unwrap_or(0) != cursor;
            if stale || !answered.insert(id.clone()) {
                continue; // An answer to an older question: this is known, or comes with the next.
            }
            records.extend(outlook.take_news(school, &id, news, reply.more, &mut report)?);
        }
        if report.behind + report.rewound > 0 {
            records.extend(outlook.carry_again());
        }
        if let Some(bytes) = &reply.brief
            && Brief::decode(bytes).is_some()
        {
            records.push(Record::Brief(bytes.to_vec()));
        }
        records.push(Record::Contact(contact(reply.now_ms, sent_ms, received_ms)));
        report.more |= outlook.carries || self.own.iter().any(|own| *outlook.state(own) == SendState::Here);
        Ok((records, report))
    }
}

impl Replica {
    /// The records for news that the school pushed by itself, without a request. `None` where they do not follow on
    /// what this device has, and a sync must fetch what lies between.
    ///
    /// # Errors
    /// [`ReplicaError::NotEnrolled`].
    pub fn pushed(&self, pushed: &[News]) -> Result<Option<Vec<Record>>, ReplicaError> {
        let school = self.identity()?.school;
        let mut outlook = Outlook::new(self);
        let mut records = Vec::new();
        for news in pushed {
            let Ok(id) = DocumentId::from_bytes(&news.document) else {
                continue;
            };
            let cursor = self.documents.get(&id).map_or(0, |held| held.cursor);
            if news.to <= cursor {
                continue;
            }
            if news.from != cursor {
                return Ok(None);
            }
            let mut report = SyncReport::default();
            records.extend(outlook.take_news(school, &id, news, false, &mut report)?);
            if report.more || !report.unread.is_empty() {
                return Ok(None);
            }
        }
        Ok(Some(records))
    }
}

/// A replica as it will be when the records of a reply are applied, so far as its own changes go.
struct Outlook<'a> {
    replica: &'a Replica,
    /// What became of changes since.
    answered: BTreeMap<ChangeHash, SendState>,
    /// Whether it carries more changes than it did.
    carries: bool,
}

impl<'a> Outlook<'a> {
    fn new(replica: &'a Replica) -> Self {
        Self {
            replica,
            answered: BTreeMap::new(),
            carries: false,
        }
    }

    fn state<'b>(&'b self, own: &'b OwnChange) -> &'b SendState {
        self.answered.get(&own.hash).unwrap_or(&own.state)
    }

    fn answer(&mut self, change: ChangeHash, state: SendState) -> Record {
        self.answered.insert(change, state.clone());
        Record::Answered { change, state }
    }

    /// The changes of a document that the school has not acknowledged.
    fn outstanding(&self, id: &DocumentId) -> BTreeMap<ChangeHash, &'a OwnChange> {
        let own = self.replica.own.iter().filter(|own| own.document == *id);
        own.filter(|own| !self.state(own).is_stored())
            .map(|own| (own.hash, own))
            .collect()
    }

    /// Digest of the heads that the school must have at the cursor: those of the document without what is
    /// outstanding. `None` where the school has told nothing of the document and acknowledged nothing in it.
    fn heads(&self, id: &DocumentId, cursor: u64, document: &Document) -> Option<ByteArray<16>> {
        let outstanding = self.outstanding(id);
        if cursor == 0 && outstanding.len() >= document.change_count() {
            return None;
        }
        let mut heads: BTreeSet<ChangeHash> = BTreeSet::new();
        let mut open = document.heads();
        while let Some(hash) = open.pop() {
            match outstanding.get(&hash) {
                Some(own) => open.extend(daymark_core::chunk::parse(&own.bytes).ok()?.parents),
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
    fn take_news(
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
            return self.offer_again(id, held.map(|held| &held.document));
        }
        if news.from != cursor {
            return Ok(Vec::new());
        }
        if let Some(record) = self.plain_news(id, held, news) {
            report.received += 1;
            return Ok(vec![record]);
        }
        let Tried { document, told } = match try_news(school, id, held, &news.content) {
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
            .map(|hash| self.answer(hash, SendState::Stored))
            .collect();
        // The heads check: without what is outstanding, and with nothing more to come, the tablet must now have the
        // school's heads.
        let now = document.as_ref().or(held.map(|held| &held.document));
        let ours = now.and_then(|document| self.heads(id, news.to, document));
        let mut again = Vec::new();
        if !more && ours.is_some_and(|ours| ours != news.heads) {
            report.rewound += 1;
            report.more = true;
            again = self.offer_again(id, now)?;
        }
        let base = held.map_or(0, |held| held.document.change_count());
        let ready = document.map_or_else(Ready::default, |made| Ready::made(base, made));
        let mut records = vec![match &news.content {
            Content::Saved(saved) => {
                report.received += 1;
                Record::Saved {
                    document: id.clone(),
                    saved: saved.to_vec(),
                    cursor: news.to,
                    ready,
                }
            }
            Content::Changes(changes) => {
                report.received += changes.len();
                let changes = changes.iter().map(|change| change.to_vec()).collect();
                Record::News {
                    document: id.clone(),
                    changes,
                    cursor: news.to,
                    ready,
                }
            }
        }];
        records.extend(known);
        records.extend(again);
        Ok(records)
    }

    /// The record for the news of every day: one change that follows on a document with nothing outstanding and leads
    /// to the school's heads. It needs no trial on a copy. `None` for anything else.
    fn plain_news(&self, id: &DocumentId, held: Option<&Held>, news: &News) -> Option<Record> {
        let Content::Changes(changes) = &news.content else {
            return None;
        };
        let [change] = changes.as_slice() else { return None };
        let document = &held?.document;
        if !self.outstanding(id).is_empty() {
            return None;
        }
        let heads = document.heads_with(change).ok()?;
        (heads_digest(&heads) == news.heads).then(|| Record::News {
            document: id.clone(),
            changes: vec![change.to_vec()],
            cursor: news.to,
            ready: Ready::default(),
        })
    }

    /// Records that start a document again from nothing agreed, and offer the school every change of it that this
    /// device has, whoever made it: a hub that lost its memory is filled again from its tablets.
    fn offer_again(
        &mut self,
        id: &DocumentId,
        document: Option<&Document>,
    ) -> Result<Vec<Record>, ReplicaError> {
        // The rewinding goes last: a stop may leave only the first of these records, and while the cursor is ahead of
        // the school's, the next sync sees again that the school is behind.
        let rewound = Record::Rewound {
            document: id.clone(),
            cursor: 0,
        };
        let mut records = Vec::new();
        for change in document.into_iter().flat_map(Document::raw_changes) {
            let hash = change_hash(&change)?;
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
        Ok(records)
    }

    /// A school that is behind in one document may be so in those of which it tells this device nothing: what was
    /// carried for others is offered again too.
    fn carry_again(&mut self) -> Vec<Record> {
        let told = |id: &DocumentId| self.replica.documents.get(id).is_some_and(|held| held.cursor > 0);
        let again: Vec<ChangeHash> = self
            .replica
            .own
            .iter()
            .filter(|own| own.carried && own.state.is_stored() && !told(&own.document))
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

fn try_news(
    school: SchoolId,
    id: &DocumentId,
    held: Option<&Held>,
    content: &Content,
) -> Result<Tried, ReplicaError> {
    match content {
        Content::Changes(changes) if changes.is_empty() => Ok(Tried {
            document: None,
            told: Told::Changes(BTreeSet::new()),
        }),
        Content::Changes(changes) => {
            let mut document = match held {
                Some(held) => held.document.clone(),
                None => Document::new(school, id.clone()),
            };
            let mut told = BTreeSet::new();
            for change in changes {
                told.insert(change_hash(change)?);
            }
            let changes: Vec<&[u8]> = changes.iter().map(|change| &change[..]).collect();
            document.replay_all(&changes)?;
            Ok(Tried {
                document: Some(document),
                told: Told::Changes(told),
            })
        }
        Content::Saved(saved) => {
            let loaded = Document::load(school, id.clone(), saved)?;
            let told = Told::Saved(Box::new(loaded.clone()));
            let document = with_saved(loaded, held.map(|held| &held.document))?;
            Ok(Tried {
                document: Some(document),
                told,
            })
        }
    }
}

fn note_ack(hash: ChangeHash, ack: &Ack, report: &mut SyncReport) -> SendState {
    match ack {
        Ack::Stored => {
            report.stored += 1;
            SendState::Stored
        }
        Ack::Had => {
            report.had += 1;
            SendState::Stored
        }
        Ack::Held(_) => {
            report.held += 1;
            SendState::Waits
        }
        Ack::Refused(why) => {
            report.refused.push((hash, why.code.clone(), why.reason.clone()));
            SendState::Refused(why.clone())
        }
    }
}

/// What a round trip says about the device's clock: the school's time was read somewhere between sending and
/// receiving.
fn contact(school_ms: u64, sent_ms: i64, received_ms: i64) -> Contact {
    let journey = received_ms.saturating_sub(sent_ms).max(0);
    let middle = sent_ms.saturating_add(journey / 2);
    let offset_ms = i64::try_from(school_ms)
        .unwrap_or(i64::MAX)
        .saturating_sub(middle);
    let doubt_ms = u32::try_from(journey / 2 + 1).unwrap_or(u32::MAX);
    Contact {
        at_ms: received_ms,
        clock: ClockCheck { offset_ms, doubt_ms },
    }
}

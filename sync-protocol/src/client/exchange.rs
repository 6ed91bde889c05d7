//! One round trip with the school, seen from the tablet.

use std::collections::BTreeMap;

use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::ClockCheck;
use daymark_core::ids::ChangeHash;
use minicbor::bytes::ByteVec;

use super::record::Ready;
use super::state::merged;
use super::{Contact, OwnChange, Record, Replica, ReplicaError, SendState};
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
            let place = if let Some(place) = places.get(&own.document) {
                *place
            } else {
                let place = u16::try_from(documents.len()).unwrap_or(u16::MAX);
                documents.push(self.state_of(&own.document));
                places.insert(&own.document, place);
                place
            };
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
        let heads = held
            .filter(|held| held.cursor > 0 && !self.outstanding(id))
            .map(|held| heads_digest(&held.document.heads()));
        let cursor = held.map_or(0, |held| held.cursor);
        DocumentState {
            document: id.to_bytes().into(),
            cursor,
            heads,
        }
    }

    /// Whether this device holds changes of a document that the school has not acknowledged.
    fn outstanding(&self, id: &DocumentId) -> bool {
        self.own
            .iter()
            .any(|own| own.document == *id && !own.state.is_stored())
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
        let mut records = Vec::new();
        let mut report = SyncReport {
            more: reply.more,
            ..SyncReport::default()
        };
        let mut answers = Answers::new();
        for (offer, ack) in request.offers.iter().zip(&reply.acks) {
            let Ok(header) = daymark_core::chunk::parse(&offer.change) else {
                continue;
            };
            let state = note_ack(header.hash, ack, &mut report);
            answers.insert(header.hash, state.clone());
            records.push(Record::Answered {
                change: header.hash,
                state,
            });
        }
        for news in &reply.news {
            let Ok(id) = DocumentId::from_bytes(&news.document) else {
                continue;
            };
            records.extend(self.take_news(&id, news, &answers, &mut report)?);
        }
        if let Some(bytes) = &reply.brief
            && Brief::decode(bytes).is_some()
        {
            records.push(Record::Brief(bytes.to_vec()));
        }
        records.push(Record::Contact(contact(reply.now_ms, sent_ms, received_ms)));
        report.more |= self
            .own
            .iter()
            .any(|own| own.state == SendState::Here && !answers.contains_key(&own.hash));
        Ok((records, report))
    }

    /// The records for news that the school pushed by itself, without a request. `None` where they do not follow on
    /// what this device has, and a sync must fetch what lies between.
    ///
    /// # Errors
    /// What was pushed does not fit: nothing is taken.
    pub fn pushed(&self, pushed: &[News]) -> Result<Option<Vec<Record>>, ReplicaError> {
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
            records.extend(self.take_news(&id, news, &Answers::new(), &mut report)?);
            if report.more {
                return Ok(None);
            }
        }
        Ok(Some(records))
    }

    /// Whether this device will still hold changes of a document that the school has not acknowledged, once the
    /// answers of a reply are noted.
    fn outstanding_after(&self, id: &DocumentId, answers: &Answers) -> bool {
        let state = |own: &OwnChange| answers.get(&own.hash).unwrap_or(&own.state).is_stored();
        self.own.iter().any(|own| own.document == *id && !state(own))
    }

    /// The records for what is new in one document.
    fn take_news(
        &self,
        id: &DocumentId,
        news: &News,
        answers: &Answers,
        report: &mut SyncReport,
    ) -> Result<Vec<Record>, ReplicaError> {
        let identity = self.identity()?;
        let held = self.documents.get(id);
        let cursor = held.map_or(0, |held| held.cursor);
        if news.to < cursor {
            // The school knows less than it did: it is behind, never right. Offer again whatever it may lack.
            report.behind += 1;
            report.more = true;
            return self.offer_again(id, held.map(|held| &held.document));
        }
        if news.from != cursor {
            return Ok(Vec::new()); // An answer to an older question: this is known, or comes with the next.
        }
        let current = match held {
            Some(held) => held.document.clone(),
            None => Document::new(identity.school, id.clone()),
        };
        let base = current.change_count();
        let taken = match &news.content {
            Content::Saved(saved) => {
                report.received += 1;
                merged(&current, saved).map(|document| {
                    let ready = Ready::made(base, document.clone());
                    (
                        document,
                        Record::Saved {
                            document: id.clone(),
                            saved: saved.to_vec(),
                            cursor: news.to,
                            ready,
                        },
                    )
                })
            }
            Content::Changes(changes) => {
                report.received += changes.len();
                let changes: Vec<Vec<u8>> = changes.iter().map(|change| change.to_vec()).collect();
                let mut document = current.clone();
                document
                    .replay_all(&changes)
                    .map_err(ReplicaError::from)
                    .map(|_| {
                        let ready = Ready::made(base, document.clone());
                        (
                            document,
                            Record::News {
                                document: id.clone(),
                                changes,
                                cursor: news.to,
                                ready,
                            },
                        )
                    })
            }
        };
        let (document, record) = match taken {
            Ok(taken) => taken,
            Err(_) if cursor > 0 => {
                // It does not follow on what is here: fetch the whole document, which is merged with it.
                report.rewound += 1;
                report.more = true;
                return Ok(vec![Record::Rewound {
                    document: id.clone(),
                    cursor: 0,
                }]);
            }
            Err(error) => return Err(error),
        };
        let mut records = vec![record];
        // The heads check: with nothing of its own outstanding, and nothing more to come, the tablet must now have the
        // school's heads.
        let agrees = heads_digest(&document.heads()) == news.heads;
        if !agrees && !report.more && cursor > 0 && !self.outstanding_after(id, answers) {
            report.rewound += 1;
            report.more = true;
            records.extend(self.offer_again(id, Some(&document))?);
        }
        Ok(records)
    }

    /// Records that start a document again from nothing agreed, and offer the school every change of it that this
    /// device has, whoever made it: a hub that lost its memory is filled again from its tablets.
    fn offer_again(&self, id: &DocumentId, document: Option<&Document>) -> Result<Vec<Record>, ReplicaError> {
        let mut records = Vec::new();
        for change in document.map(Document::raw_changes).unwrap_or_default() {
            let hash = daymark_core::chunk::parse(&change)
                .map_err(|_| ReplicaError::Store("a change"))?
                .hash;
            if self.own_index.contains_key(&hash) {
                records.push(Record::Answered {
                    change: hash,
                    state: SendState::Here,
                });
            } else {
                records.push(Record::Carried {
                    document: id.clone(),
                    change,
                    statements: 0,
                });
            }
        }
        // The rewinding goes last: a stop may leave only the first of these records, and while the cursor is ahead of
        // the school's, the next sync sees again that the school is behind.
        records.push(Record::Rewound {
            document: id.clone(),
            cursor: 0,
        });
        Ok(records)
    }
}

/// What the school answered to the changes of one request.
type Answers = BTreeMap<ChangeHash, SendState>;

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

//! One round trip with the school, seen from the tablet.

use std::collections::BTreeMap;

use daymark_core::document_id::DocumentId;
use daymark_core::entry::ClockCheck;
use daymark_core::ids::ChangeHash;
use minicbor::bytes::ByteVec;

use super::{Contact, Record, Replica, ReplicaError, SendState};
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
            let place = match places.get(&own.document) {
                Some(place) => *place,
                None => {
                    let place = u16::try_from(documents.len()).unwrap_or(u16::MAX);
                    documents.push(self.state_of(&own.document));
                    places.insert(&own.document, place);
                    place
                }
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
        let mut trial = self.clone();
        for (offer, ack) in request.offers.iter().zip(&reply.acks) {
            let Ok(header) = daymark_core::chunk::parse(&offer.change) else {
                continue;
            };
            let state = note_ack(header.hash, ack, &mut report);
            let answered = Record::Answered {
                change: header.hash,
                state,
            };
            trial.apply(answered.clone())?;
            records.push(answered);
        }
        for news in &reply.news {
            let Ok(id) = DocumentId::from_bytes(&news.document) else {
                continue;
            };
            for record in trial.take_news(&id, news, &mut report)? {
                records.push(record);
            }
        }
        if let Some(bytes) = &reply.brief
            && Brief::decode(bytes).is_some()
        {
            records.push(Record::Brief(bytes.to_vec()));
        }
        records.push(Record::Contact(contact(reply.now_ms, sent_ms, received_ms)));
        report.more |= trial.own.iter().any(|own| own.state == SendState::Here);
        Ok((records, report))
    }

    /// The records for what is new in one document; also applied to this (trial) replica.
    fn take_news(
        &mut self,
        id: &DocumentId,
        news: &News,
        report: &mut SyncReport,
    ) -> Result<Vec<Record>, ReplicaError> {
        let cursor = self.documents.get(id).map_or(0, |held| held.cursor);
        let mut records = Vec::new();
        if news.to < cursor {
            // The school knows less than it did: it is behind, never right. Offer again whatever it may lack.
            report.behind += 1;
            report.more = true;
            records.extend(self.offer_again(id)?);
        } else if news.from != cursor {
            return Ok(records); // An answer to an older question: this is known, or comes with the next.
        } else {
            let taken = match &news.content {
                Content::Saved(saved) => {
                    report.received += 1;
                    Record::Saved {
                        document: id.clone(),
                        saved: saved.to_vec(),
                        cursor: news.to,
                    }
                }
                Content::Changes(changes) => {
                    report.received += changes.len();
                    let changes = changes.iter().map(|change| change.to_vec()).collect();
                    Record::News {
                        document: id.clone(),
                        changes,
                        cursor: news.to,
                    }
                }
            };
            let fits = self.clone().apply(taken.clone()).is_ok();
            if fits {
                records.push(taken);
            } else if cursor > 0 {
                report.rewound += 1;
                report.more = true;
                records.push(Record::Rewound {
                    document: id.clone(),
                    cursor: 0,
                });
            } else {
                return Err(ReplicaError::Store("what the school sent"));
            }
        }
        for record in &records {
            self.apply(record.clone())?;
        }
        // The heads check: with nothing of its own outstanding, and nothing more to come, the tablet must now have the
        // school's heads.
        let agrees = self
            .documents
            .get(id)
            .is_none_or(|held| heads_digest(&held.document.heads()) == news.heads);
        if !agrees && !report.more && !self.outstanding(id) && news.to >= cursor && cursor > 0 {
            report.rewound += 1;
            report.more = true;
            for record in self.offer_again(id)? {
                self.apply(record.clone())?;
                records.push(record);
            }
        }
        Ok(records)
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

impl Replica {
    /// Records that start a document again from nothing agreed, and offer the school every change of it that this
    /// device has, whoever made it: a hub that lost its memory is filled again from its tablets.
    fn offer_again(&self, id: &DocumentId) -> Result<Vec<Record>, ReplicaError> {
        // The rewinding goes last: a stop may leave only the first of these records, and while the cursor is ahead of
        // the school's, the next sync sees again that the school is behind.
        let rewound = Record::Rewound {
            document: id.clone(),
            cursor: 0,
        };
        let mut records = Vec::new();
        let Some(held) = self.documents.get(id) else {
            return Ok(vec![rewound]);
        };
        for change in held.document.raw_changes() {
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
        records.push(rewound);
        Ok(records)
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

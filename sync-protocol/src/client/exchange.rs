//! One round trip with the school, seen from the tablet.

use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use daymark_core::document_id::DocumentId;
use daymark_core::entry::ClockCheck;
use daymark_core::ids::ChangeHash;
use daymark_core::signature::{BadSignature, split};
use minicbor::bytes::ByteVec;

use super::log;
use super::outlook::Outlook;
use super::state::change_hash;
use super::{Contact, Record, Replica, ReplicaError, SendState};
use crate::brief::Brief;
use crate::frame::{Ack, DocumentState, News, Offer, SyncReply, SyncRequest, Window};
use crate::limits::{DOCUMENTS_MAX, OFFERS_MAX, REQUEST_BYTES_MAX};
use crate::message::OfficeMessage;
use crate::poke::{Poke, Scope};

/// What a tablet asks of its school.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// Of which dates it wants sheets that it does not hold yet.
    pub window: Option<Window>,
    /// Whether it wants a newer brief.
    pub want_brief: bool,
    /// Whether it offers again what the school could not take before, as after the office gave the device another duty.
    pub retry_refused: bool,
    /// Whether it wants the list of duties whole: after [`ReplyError::OtherDuties`].
    pub duties_anew: bool,
    /// The message of the office that somebody has read here, by its time.
    pub heard: Option<u64>,
    /// Of what the sync speaks. Where documents are named, neither the window nor the brief is asked for.
    pub scope: Scope,
}

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
    /// Changes that the school says it has, without a receipt that holds: they count as not sent.
    pub unproven: usize,
    /// The school's log does not go on from what this tablet has seen of it: what the person must be told.
    pub doubt: Option<String>,
    /// What the office writes to this device and nobody has read, as far as the school knows.
    pub message: Option<OfficeMessage>,
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
    /// It is not signed by the school that this device enrolled at.
    #[error(
        "{0} is not signed by the school that this tablet enrolled at; nothing is taken: tell the office, and check the server's address"
    )]
    NotTheSchools(&'static str),
    /// The school's list of duties does not go on from the one that is here, as after the server was restored from an
    /// older backup: ask once more for the whole of it.
    #[error(
        "the school's list of duties does not go on from the one that this tablet has; nothing is taken: sync again"
    )]
    OtherDuties,
    /// The replica cannot take it.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
}

/// Headroom in a request for everything but changes.
const REQUEST_FRAME_BYTES: usize = 64 * 1024;

impl Replica {
    /// The request for one round trip. [`Replica::gather`] first; taps that are not gathered are counted in the backlog
    /// and stay here.
    ///
    /// # Errors
    /// [`ReplicaError::NotEnrolled`].
    pub fn request(&self, clock_ms: i64, ask: &Ask) -> Result<SyncRequest, ReplicaError> {
        let identity = self.identity()?;
        let mut documents: Vec<DocumentState> = Vec::new();
        let mut places: BTreeMap<&DocumentId, u16> = BTreeMap::new();
        let mut offers = Vec::new();
        let mut bytes = 0;
        let unsent = self.own.iter().filter(|own| match own.state {
            SendState::Here | SendState::Waits | SendState::Told => true,
            SendState::Refused(_) => ask.retry_refused,
            SendState::Stored | SendState::Apart | SendState::Reissued(_) => false,
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
        let (named, window, want_brief): (Box<dyn Iterator<Item = &DocumentId>>, _, _) = match &ask.scope {
            Scope::Everything => {
                let in_window = |id: &&DocumentId| match (id.date(), ask.window) {
                    (Some(date), Some(window)) => (window.from..=window.to).contains(&date),
                    (Some(_), None) => false,
                    (None, _) => true,
                };
                let named = self.documents.keys().filter(in_window);
                (Box::new(named), ask.window, ask.want_brief)
            }
            Scope::Documents(named) => (Box::new(named.iter()), None, false),
        };
        // What was taken out of a document goes back in when the school's part is here.
        let parted = self.documents.iter().filter(|(_, held)| !held.apart.is_empty());
        let parted = parted.map(|(id, _)| id);
        for id in parted.chain(named) {
            if documents.len() < DOCUMENTS_MAX
                && let Entry::Vacant(place) = places.entry(id)
            {
                place.insert(u16::try_from(documents.len()).unwrap_or(u16::MAX));
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
        let (log, shown) = self.log()?.claim();
        Ok(SyncRequest {
            school: identity.school,
            device: identity.device,
            clock_ms,
            backlog: u32::try_from(self.not_yet_sent()).unwrap_or(u32::MAX),
            documents,
            offers,
            window,
            brief,
            keys: self.keys.known(),
            duties: if ask.duties_anew {
                0
            } else {
                self.duty_list.known()
            },
            log,
            shown,
            heard: ask.heard,
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
        let identity = self.identity()?;
        let school = identity.school;
        let mut records = Vec::new();
        let mut report = SyncReport {
            more: reply.more,
            ..SyncReport::default()
        };
        let mut outlook = Outlook::new(self);
        if let Some(news) = &reply.keys {
            let ring = self.keys.with(school, &identity.school_key, news);
            let ring = ring.map_err(|BadSignature| ReplyError::NotTheSchools("the list of its devices"))?;
            outlook.keys = Cow::Owned(ring);
            records.push(Record::Keys(news.clone()));
        }
        if let Some(news) = &reply.duties {
            let list = self.duty_list.with(school, &identity.school_key, news);
            let list = list.map_err(|BadSignature| match request.duties {
                0 => ReplyError::NotTheSchools("the list of its devices' duties"),
                _ => ReplyError::OtherDuties,
            })?;
            if list != self.duty_list {
                records.push(Record::Duties(news.clone()));
            }
        }
        let mut receipts = BTreeMap::new();
        // An answer to an older question proves nothing about what was followed since.
        let follows = self.log()?.claim().0;
        if let Some(news) = reply.log.as_ref().filter(|_| request.log == follows) {
            let followed = self.log()?.follow(news)?;
            // A new doubt is shown to the school at once, so that it says whether it was restored.
            report.more |= followed.doubt.is_some() && followed.record.is_some() && request.shown.is_none();
            records.extend(followed.record);
            report.doubt = followed.doubt;
            if let Some(head) = &followed.head {
                receipts = log::receipts(school, request, news, head);
            }
        }
        for (place, (offer, ack)) in request.offers.iter().zip(&reply.acks).enumerate() {
            let Ok(hash) = change_hash(&offer.change) else {
                continue;
            };
            let mut state = note_ack(hash, ack, &mut report);
            match receipts.get(&place) {
                _ if !state.is_stored() => {}
                Some(leaf) => records.push(Record::Proven {
                    change: hash,
                    leaf: *leaf,
                }),
                // Proven before, by another answer.
                None if self.own_state(&hash).is_some_and(SendState::is_stored) => {}
                // The school says so, and does not prove it: it is offered again.
                None => {
                    report.unproven += 1;
                    state = SendState::Told;
                }
            }
            records.push(outlook.answer(hash, state));
        }
        let asked: BTreeMap<&[u8], u64> = request
            .documents
            .iter()
            .map(|state| (&state.document[..], state.cursor))
            .collect();
        let mut answered = BTreeSet::new();
        let mut is_taken = true;
        for news in &reply.news {
            let Ok(id) = DocumentId::from_bytes(&news.document) else {
                is_taken = false;
                continue;
            };
            let cursor = self.documents.get(&id).map_or(0, |held| held.cursor);
            let stale = asked.get(&news.document[..]).copied().unwrap_or(0) != cursor;
            if stale || !answered.insert(id.clone()) {
                is_taken = false;
                continue; // An answer to an older question: this is known, or comes with the next.
            }
            records.extend(outlook.take_news(school, &id, news, reply.more, &mut report)?);
        }
        if report.behind + report.rewound > 0 {
            records.extend(outlook.carry_again());
        }
        if let Some(signed) = &reply.brief {
            let not_theirs = ReplyError::NotTheSchools("what it says of names and of who is not expected");
            let Some((signature, bytes)) = split(signed) else {
                return Err(not_theirs);
            };
            let verified = identity
                .school_key
                .verify_brief(school, identity.device, bytes, &signature);
            verified.map_err(|BadSignature| not_theirs)?;
            if Brief::decode(bytes).is_some() {
                records.push(Record::Brief(bytes.to_vec()));
            }
        }
        if let Some(signed) = &reply.message {
            let not_theirs = ReplyError::NotTheSchools("a message from the office");
            let Some((signature, bytes)) = split(signed) else {
                return Err(not_theirs);
            };
            let verified = identity
                .school_key
                .verify_message(school, identity.device, bytes, &signature);
            verified.map_err(|BadSignature| not_theirs)?;
            report.message = OfficeMessage::decode(bytes);
        }
        // Every sheet of the window was asked for, told whole, and taken.
        let is_told = !reply.more && report.behind + report.rewound == 0 && report.unread.is_empty();
        let is_named = request.documents.len() < DOCUMENTS_MAX;
        if let Some(window) = request.window.filter(|_| is_told && is_named && is_taken) {
            records.push(Record::Fetched(window, reply.now_ms));
        }
        records.push(Record::Contact(contact(reply.now_ms, sent_ms, received_ms)));
        report.more |= outlook.carries || self.own.iter().any(|own| *outlook.state(own) == SendState::Here);
        Ok((records, report))
    }
}

impl Replica {
    /// What to sync after a poke; `None` where this device has it all already, as after it brought it itself.
    pub fn behind(&self, poke: &Poke) -> Option<Scope> {
        let Poke::Documents(documents) = poke else {
            return Some(Scope::Everything);
        };
        let cursor = |id: &DocumentId| self.documents.get(id).map_or(0, |held| held.cursor);
        let lacking = documents.iter().filter(|(id, to)| cursor(id) < **to);
        let lacking: BTreeSet<DocumentId> = lacking.map(|(id, _)| id.clone()).collect();
        (!lacking.is_empty()).then_some(Scope::Documents(lacking))
    }

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

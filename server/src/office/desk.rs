//! The office's desk: a device of its own whose changes go through the same door as a tablet's.

use std::collections::BTreeSet;
use std::sync::Arc;

use daymark_core::document::{Document, DocumentError};
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{ClockCheck, Duty, Person};
use daymark_core::ids::{ActorId, IdError, PersonId, PupilNumber};
use daymark_core::item::Item;
use daymark_core::record::{self, Author, RecordError};
use daymark_core::session::{Date, Session};
use daymark_core::signature::SignedChange;
use daymark_core::trip::checks::TripProblem;
use daymark_sync_protocol::frame::{Ack, DocumentState, Offer, SyncRequest};
use daymark_sync_protocol::hub::Hub;
use serde::{Deserialize, Serialize};

use super::amend::BesideError;
use crate::runtime::{DESK, Runtime, RuntimeError, now_ms};

/// Why the desk did not do it. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The rules refuse it.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Nobody of that id works here.
    #[error("staff id {0:?} is not in the staff list: import the staff list, or give another id")]
    NoSuchPerson(String),
    /// No pupil of that number is on the roster.
    #[error("pupil {0} is not on the roster: check the number, or import the roster")]
    NoSuchPupil(PupilNumber),
    /// What was given beside the code makes no sense.
    #[error(transparent)]
    Beside(#[from] BesideError),
    /// The school is closed.
    #[error("{date} {session} is no session of this school: no mark is made; check the date")]
    NoSession {
        /// Which date.
        date: Date,
        /// Which session.
        session: Session,
    },
    /// A row that was good when it was tried is so no more.
    #[error(
        "row {row} of {date} has changed meanwhile: {why}; key the sheet in again, what is entered already is passed over"
    )]
    KeyedSince {
        /// Of which date.
        date: Date,
        /// The row of the sheet.
        row: usize,
        /// Why.
        why: String,
    },
    /// The trip of a mark is not right.
    #[error(transparent)]
    Trip(#[from] TripProblem),
    /// The staff list has a name or position that cannot be kept with an entry.
    #[error(transparent)]
    Person(#[from] IdError),
    /// The office's sheet did not take it.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The hub did not take it.
    #[error("the register did not take it: {reason} ({code})")]
    Refused {
        /// A stable code.
        code: String,
        /// Why.
        reason: String,
    },
    /// It could not be stored or read.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

/// A sign-off to be made.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignOffWanted {
    /// Of which date.
    pub date: Date,
    /// Of which session.
    pub session: Session,
    /// Who signs.
    pub by: PersonId,
}

/// A sign-off that was made, and what it says is missing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignedOffNow {
    /// Of which date.
    pub date: Date,
    /// Of which session.
    pub session: Session,
    /// Who signed.
    pub by: String,
    /// How many sheets were seen.
    pub sheets: usize,
    /// Pupils with two different marks.
    pub disputed: Vec<PupilNumber>,
    /// Pupils with no mark.
    pub unmarked: Vec<PupilNumber>,
}

impl Runtime {
    pub(super) fn desk_author(hub: &Hub, by: &PersonId) -> Result<Author, DeskError> {
        let member = hub
            .roster()
            .staff
            .get(by)
            .ok_or_else(|| DeskError::NoSuchPerson(by.to_string()))?;
        Ok(Author {
            school: hub.facts().school,
            duty: Duty::Office,
            person: Person::new(member.id.clone(), &member.name, &member.position)?,
            device: DESK,
            now: i64::try_from(now_ms() / 1000).unwrap_or(i64::MAX),
            // The desk's clock is the school's own: there is nothing to compare it with.
            clock: Some(ClockCheck {
                offset_ms: 0,
                doubt_ms: 0,
            }),
            role: member.role,
            policy: Arc::clone(&hub.facts().policy),
        })
    }

    /// Signs off a session, naming the heads of every sheet and what is missing.
    ///
    /// # Errors
    /// See [`DeskError`].
    pub async fn sign_off(&self, wanted: &SignOffWanted) -> Result<SignedOffNow, DeskError> {
        self.desk_writes(wanted.date, |hub, day| {
            let author = Self::desk_author(hub, &wanted.by)?;
            let expected: BTreeSet<PupilNumber> = hub
                .roster()
                .pupils
                .values()
                .filter(|pupil| pupil.on_roll(wanted.date))
                .map(|pupil| pupil.number)
                .collect();
            let statement =
                record::sign_off(day, &author, wanted.session, hub.sheets(wanted.date), &expected)?;
            let made = SignedOffNow {
                date: wanted.date,
                session: wanted.session,
                by: author.person.to_string(),
                sheets: statement.body.saw.len(),
                disputed: statement.body.disputed.clone(),
                unmarked: statement.body.unmarked.clone(),
            };
            Ok((vec![Item::SignOff(statement)], made))
        })
        .await
    }

    /// Writes items in the office's sheet of a date, as one change, from what the register says at that moment.
    pub(super) async fn desk_writes<T>(
        &self,
        date: Date,
        make: impl Fn(&Hub, &daymark_core::fold::DayFold) -> Result<(Vec<Item>, T), DeskError>,
    ) -> Result<T, DeskError> {
        let id = DocumentId::Sheet(date, Duty::Office);
        let actor = ActorId {
            device: DESK,
            incarnation: self.desk_incarnation(),
        };
        // One at a time: the second of two people at the desk looks at a register that shows the first.
        let _turn = self.desk_turn().await;
        let (request, made) = self.look_at_day(date, |day, hub| {
            let (items, made) = make(hub, day)?;
            let mut sheet = match hub.document(&id) {
                Some(held) => held.document().clone(),
                None => Document::new(hub.facts().school, id.clone()),
            };
            let change = sheet.append(actor, &items)?;
            let change = change.map(|change| {
                let signature = self.desk_key().sign_change(hub.facts().school, &id, &change.hash);
                SignedChange::new(&signature, &change.bytes).into_bytes()
            });
            Ok::<_, DeskError>((Self::desk_request(hub, &id, change), made))
        })??;
        let reply = self.sync(DESK, &request).await?;
        match reply.acks.into_iter().next() {
            Some(Ack::Stored | Ack::Had) | None => Ok(made),
            Some(Ack::Refused(why)) => Err(DeskError::Refused {
                code: why.code,
                reason: why.reason,
            }),
            Some(Ack::Held(_)) => {
                let reason = "it waits for changes that are not here".to_owned();
                Err(DeskError::Refused {
                    code: "held".to_owned(),
                    reason,
                })
            }
        }
    }

    fn desk_request(hub: &Hub, id: &DocumentId, change: Option<Vec<u8>>) -> SyncRequest {
        let cursor = hub.index().get(id).copied().unwrap_or(0);
        SyncRequest {
            school: hub.facts().school,
            device: DESK,
            clock_ms: i64::try_from(now_ms()).unwrap_or(i64::MAX),
            backlog: 0,
            documents: vec![DocumentState {
                document: id.to_bytes().into(),
                cursor,
                heads: None,
            }],
            offers: change
                .into_iter()
                .map(|change| Offer {
                    document: 0,
                    change: change.into(),
                })
                .collect(),
            window: None,
            brief: None,
            keys: 0,
            log: 0,
            shown: None,
            duties: 0,
            heard: None,
        }
    }
}

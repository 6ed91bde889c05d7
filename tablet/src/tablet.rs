//! What a person does on a tablet. Each act is durable when it returns, and nothing of it is when it fails.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{ClockCheck, Duty, Entry, Person};
use daymark_core::fold::DayFold;
use daymark_core::ids::PupilNumber;
use daymark_core::item::{Item, Stamp, Statement};
use daymark_core::record::{self, Author, Mark, RecordError};
use daymark_core::session::{Date, Session};
use daymark_core::sign_off::SignOff;
use daymark_core::trip::TripStatement;
use daymark_core::visit::{AccountPart, VisitStatement};
use daymark_sync_protocol::client::{BundleReport, Contact, Record, Replica, ReplicaError};
use daymark_sync_protocol::frame::{Bundle, SyncReply};
use daymark_sync_protocol::poke::{Poke, Scope};

use crate::clock::Moment;
use crate::enrol::Enrolled;
use crate::event::SchoolEvent;
use crate::home::{Home, HomeError};
use crate::people;
use crate::storage::Storage;

/// A clock that nobody puts right may be off by a millisecond more each time that so many milliseconds have gone by.
const DRIFT_MS_EACH: i64 = 10_000;

/// A tablet.
#[derive(Debug)]
pub struct Tablet<S> {
    home: Home<S>,
    /// By how much the device's clock has jumped since a contact: milliseconds.
    jump: Option<(Option<Contact>, u32)>,
}

/// Why an act was not done. Nothing of it was saved.
#[derive(Debug, thiserror::Error)]
pub enum TabletError {
    /// The home.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The replica.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// The entry.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The system gives no random numbers for a fresh incarnation. All is as it was.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// The tablet belongs to a school already.
    #[error("this tablet is enrolled already, as {name:?}: use another folder for another enrolment")]
    Enrolled {
        /// As what.
        name: String,
    },
    /// Its duty is over.
    #[error(
        "this tablet's duty ended at {at}, so nothing more is recorded with it: ask the office for another, and sync; what it holds is kept"
    )]
    DutyEnded {
        /// When.
        at: Moment,
    },
}

/// What became of marks that were made together.
#[derive(Debug, Default)]
pub struct MarkReport {
    /// The entries that are saved.
    pub recorded: Vec<Entry>,
    /// The pupils whose mark was not made, and why.
    pub refused: Vec<(PupilNumber, RecordError)>,
}

impl<S: Storage> Tablet<S> {
    /// A tablet over its home.
    pub fn new(home: Home<S>) -> Self {
        Self { home, jump: None }
    }

    /// Its home.
    pub fn home(&self) -> &Home<S> {
        &self.home
    }

    /// The home, to change who may unlock it.
    pub fn home_mut(&mut self) -> &mut Home<S> {
        &mut self.home
    }

    /// What it holds.
    pub fn replica(&self) -> &Replica {
        self.home.replica()
    }

    /// Writes records down and applies them.
    ///
    /// # Errors
    /// See [`Home::commit`].
    pub fn commit(&mut self, records: Vec<Record>) -> Result<(), HomeError> {
        self.home.commit(records)
    }

    /// Makes it the device that its school enrolled.
    ///
    /// # Errors
    /// It is enrolled already, or cannot write.
    pub fn enrolled(&mut self, enrolled: Enrolled) -> Result<(), TabletError> {
        if let Ok(identity) = self.replica().identity() {
            return Err(TabletError::Enrolled {
                name: identity.name.clone(),
            });
        }
        Ok(self.commit(enrolled.records)?)
    }

    /// The device's clock jumped while the tablet was open, because somebody set it or the device slept: until the school
    /// is asked again, what was known of the clock is in doubt by as much.
    pub fn clock_jumped(&mut self, by_ms: i64) {
        let since = self.replica().contact();
        let before = self.jump.filter(|(contact, _)| *contact == since);
        let by = u32::try_from(by_ms.unsigned_abs()).unwrap_or(u32::MAX);
        self.jump = Some((since, before.map_or(by, |(_, before)| by.saturating_add(before))));
    }

    /// The device's clock, put right by what it last learnt of it: unix seconds.
    pub fn school_seconds(&self, at: Moment) -> i64 {
        let offset = self.replica().clock().map_or(0, |check| check.offset_ms / 1000);
        at.unix_seconds().saturating_add(offset)
    }

    /// What is known of the device's clock at a moment: what the last contact measured, whose doubt grows as the clock drifts on.
    pub fn clock_at(&self, at: Moment) -> Option<ClockCheck> {
        let contact = self.replica().contact()?;
        let since = at.unix_ms.saturating_sub(contact.at_ms).max(0);
        let drift = u32::try_from(since / DRIFT_MS_EACH).unwrap_or(u32::MAX);
        let jump = self.jump.filter(|(since, _)| *since == Some(contact));
        let jumped = jump.map_or(0, |(_, by)| by);
        Some(ClockCheck {
            doubt_ms: contact
                .clock
                .doubt_ms
                .saturating_add(drift)
                .saturating_add(jumped),
            ..contact.clock
        })
    }

    fn check_duty(&self, at: Moment) -> Result<(), TabletError> {
        let grant = self.replica().grant()?;
        match grant.ends_at {
            Some(end) if grant.has_ended(self.school_seconds(at)) => Err(TabletError::DutyEnded {
                at: Moment::from_unix_ms(end.saturating_mul(1000)),
            }),
            _ => Ok(()),
        }
    }

    /// Forgets the names of pupils where they may be used no more: without a contact for too long, or after the end of
    /// the duty. Marks and what is not sent stay. Gives whether it did.
    ///
    /// # Errors
    /// It cannot be written down.
    pub fn expire(&mut self, at: Moment) -> Result<bool, TabletError> {
        let Some(brief) = self.replica().brief() else {
            return Ok(false);
        };
        let now = self.school_seconds(at);
        let today = Moment::from_unix_ms(now.saturating_mul(1000)).date();
        let is_good = today.is_none_or(|today| brief.is_good_on(today));
        if brief.good_until.is_none() || (is_good && !self.replica().grant()?.has_ended(now)) {
            return Ok(false);
        }
        let record = Record::Brief(brief.without_pupils().encode());
        self.commit(vec![record])?;
        Ok(true)
    }

    /// A person at this tablet, under a duty.
    ///
    /// # Errors
    /// The tablet is not enrolled, or its duty has ended.
    pub fn author(&self, duty: Duty, person: Person, at: Moment) -> Result<Author, TabletError> {
        let identity = self.replica().identity()?;
        self.check_duty(at)?;
        let role = people::role(self.replica(), &person.id)?;
        Ok(Author {
            school: identity.school,
            duty,
            person,
            device: identity.device,
            now: at.unix_seconds(),
            clock: self.clock_at(at),
            role,
            policy: self.replica().policy(),
        })
    }

    /// The stamp of what a person says of a trip or a visit.
    ///
    /// # Errors
    /// The tablet is not enrolled, or its duty has ended.
    pub fn stamp(&self, person: Person, at: Moment) -> Result<Stamp, TabletError> {
        let identity = self.replica().identity()?;
        self.check_duty(at)?;
        Ok(Stamp {
            school: identity.school,
            device: identity.device,
            person,
            recorded_at: at.unix_seconds(),
            clock: self.clock_at(at),
        })
    }

    /// Marks pupils. The good marks are saved together, by one write; the others are refused one by one. They travel
    /// as one change when the next sync or hand-over gathers them.
    ///
    /// # Errors
    /// The tablet is not enrolled or cannot write: nothing is saved.
    pub fn mark(
        &mut self,
        author: &Author,
        date: Date,
        session: Session,
        marks: &[(PupilNumber, Mark)],
    ) -> Result<MarkReport, TabletError> {
        let pupils = marks.iter().map(|(pupil, _)| *pupil).collect();
        let day = self.replica().day_of(date, &pupils);
        let mut report = MarkReport::default();
        let mut done = BTreeSet::new();
        for (pupil, mark) in marks.iter().filter(|(pupil, _)| done.insert(*pupil)) {
            match record::mark(&day, author, session, *pupil, mark) {
                Ok(entry) => report.recorded.push(entry),
                Err(why) => report.refused.push((*pupil, why)),
            }
        }
        self.tap(&report.recorded)?;
        Ok(report)
    }

    /// Takes back what this duty marked.
    ///
    /// # Errors
    /// There is nothing of this duty to take back, or no reason; nothing is saved.
    pub fn undo(
        &mut self,
        author: &Author,
        date: Date,
        session: Session,
        pupil: PupilNumber,
        reason: &str,
    ) -> Result<Entry, TabletError> {
        let entry = record::undo(
            &self.replica().day_of(date, &[pupil].into()),
            author,
            session,
            pupil,
            reason,
        )?;
        self.tap(std::slice::from_ref(&entry))?;
        Ok(entry)
    }

    /// The office's decision.
    ///
    /// # Errors
    /// There is nothing to decide, or somebody else than the office decides; nothing is saved.
    pub fn decide(
        &mut self,
        author: &Author,
        date: Date,
        session: Session,
        pupil: PupilNumber,
        decision: &Mark,
    ) -> Result<Entry, TabletError> {
        let day = self.replica().day_of(date, &[pupil].into());
        let entry = record::decide(&day, author, session, pupil, decision)?;
        self.tap(std::slice::from_ref(&entry))?;
        Ok(entry)
    }

    fn tap(&mut self, entries: &[Entry]) -> Result<(), TabletError> {
        let records = self.replica().tap(entries)?;
        Ok(self.commit(records)?)
    }

    /// Takes what the school's stream says, and gives what must be synced now: `None` where nothing need be, because it
    /// was taken or is here already; everything where it cannot be read.
    ///
    /// # Errors
    /// The tablet cannot write; nothing is taken.
    pub fn hear(&mut self, event: &SchoolEvent) -> Result<Option<Scope>, TabletError> {
        match event.name.as_str() {
            "hello" => Ok(None),
            "poke" => Ok(self.replica().behind(&Poke::decode(&event.data))),
            "news" => self.take_pushed(&event.data),
            _ => Ok(Some(Scope::Everything)),
        }
    }

    fn take_pushed(&mut self, data: &str) -> Result<Option<Scope>, TabletError> {
        let pushed = STANDARD.decode(data).ok();
        let Some(reply) = pushed.and_then(|bytes| SyncReply::decode(&bytes).ok()) else {
            return Ok(Some(Scope::Everything));
        };
        if let Ok(Some(records)) = self.replica().pushed(&reply.news) {
            self.commit(records)?;
            return Ok(None);
        }
        // It does not follow on what is here: what lies between is fetched with it.
        let named = reply
            .news
            .iter()
            .map(|news| DocumentId::from_bytes(&news.document));
        let named: Result<_, _> = named.collect();
        Ok(Some(named.map_or(Scope::Everything, Scope::Documents)))
    }

    /// Gathers all that was tapped into changes, one for each sheet.
    ///
    /// # Errors
    /// A sheet does not take its taps: nothing is gathered, and the taps stay.
    pub fn gather(&mut self) -> Result<(), TabletError> {
        let records = self.replica().gather()?;
        Ok(self.commit(records)?)
    }

    /// The office's sign-off of a session, in sight of every sheet that is here. What is missing is written in it.
    ///
    /// # Errors
    /// Another duty than the office; nothing is saved.
    pub fn sign_off(
        &mut self,
        author: &Author,
        date: Date,
        session: Session,
        expected: &BTreeSet<PupilNumber>,
    ) -> Result<Statement<SignOff>, TabletError> {
        // What is not in a change yet would lie outside the heads that it names.
        self.gather()?;
        self.put_back()?;
        let replica = self.replica();
        let day: DayFold = replica.day(date);
        let statement = record::sign_off(&day, author, session, replica.documents(), expected)?;
        let sheet = Replica::sheet(date, &Duty::Office);
        self.say(&sheet, &Item::SignOff(statement.clone()))?;
        Ok(statement)
    }

    /// Says something in a document, as a change of its own, after what was tapped before it.
    ///
    /// # Errors
    /// The document does not take it; nothing is saved.
    pub fn say(&mut self, id: &DocumentId, item: &Item) -> Result<(), TabletError> {
        self.gather()?;
        let records = self.replica().say(id, item)?;
        Ok(self.commit(records)?)
    }

    /// Says something of a trip.
    ///
    /// # Errors
    /// As [`Tablet::say`].
    pub fn say_of_trip(
        &mut self,
        id: &DocumentId,
        statement: Statement<TripStatement>,
    ) -> Result<(), TabletError> {
        self.say(id, &Item::Trip(statement))
    }

    /// Says something of a visit.
    ///
    /// # Errors
    /// As [`Tablet::say`].
    pub fn say_of_visit(
        &mut self,
        id: &DocumentId,
        statement: Statement<VisitStatement>,
    ) -> Result<(), TabletError> {
        self.say(id, &Item::Visit(statement))
    }

    /// Makes a visitor's account read `text`.
    ///
    /// # Errors
    /// No such visit or account, or a text over its limit; nothing is saved.
    pub fn write_account(
        &mut self,
        id: &DocumentId,
        slot: usize,
        part: AccountPart,
        text: &str,
    ) -> Result<(), TabletError> {
        let records = self.replica().write_account(id, slot, part, text)?;
        Ok(self.commit(records)?)
    }

    /// A bundle of all that has not reached the school.
    ///
    /// # Errors
    /// The tablet is not enrolled.
    pub fn hand_over(&mut self, now_ms: i64) -> Result<Bundle, TabletError> {
        self.gather()?;
        self.put_back()?;
        Ok(self.replica().bundle(now_ms)?)
    }

    /// Takes a bundle in. What is new is shown here, and carried to the school from now on.
    ///
    /// # Errors
    /// A bundle of another school; nothing is taken.
    pub fn take_over(&mut self, bundle: &Bundle) -> Result<BundleReport, TabletError> {
        // What is carried may stand on the same heads as what was tapped here.
        self.gather()?;
        let (records, report) = self.replica().take_bundle(bundle)?;
        self.commit(records)?;
        Ok(report)
    }
}

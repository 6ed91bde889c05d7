//! A tablet: what it holds, and how it comes to agree with its school.
//!
//! Every method that would change something gives [`Record`]s instead. The runtime writes them down durably, and only
//! then [`Replica::apply`]s them; starting again is applying all records once more. So memory never runs ahead of
//! disk, and a tick is never shown before its mark is safe.

mod bundle;
mod exchange;
mod log;
mod outlook;
mod record;
mod reissue;
mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use daymark_core::document::{Document, DocumentError, NewChange};
use daymark_core::document_id::DocumentId;
use daymark_core::duties::Duties;
use daymark_core::entry::{ClockCheck, Duty, Entry};
use daymark_core::fold::{DatedRules, DayFold, Terms};
use daymark_core::grant::Grant;
use daymark_core::ids::{ActorId, ChangeHash, EntryId, INCARNATION_BYTES, PupilNumber, SchoolId};
use daymark_core::item::{Item, Statement, statement_id};
use daymark_core::rules::RegisterPolicy;
use daymark_core::session::Date;
use daymark_core::signature::{Signature, SignedChange, split};
use daymark_core::trip::TripView;
use daymark_core::visit::{AccountPart, VisitView};

use crate::brief::{Brief, BriefPolicy};
use crate::duties::DutyList;
use crate::keys::{KeyRing, NotVerified};
use crate::version::FrameError;
pub use bundle::{BundleReport, CarriedRefusal};
pub use exchange::{Ask, ReplyError, SyncReport};
pub use log::LogView;
pub use record::{Contact, Identity, Record};
pub use reissue::Copied;
pub use state::{OwnChange, SendState};

/// One document as the tablet holds it.
#[derive(Debug, Clone)]
struct Held {
    document: Document,
    /// The signatures of its changes.
    signatures: BTreeMap<ChangeHash, Signature>,
    /// How far the tablet has what the hub has.
    cursor: u64,
    /// Entries that are durable here and not yet gathered into a change.
    taps: Vec<Entry>,
    /// Changes that were taken out of the document and say something that is to be issued again, in their order.
    apart: Vec<ChangeHash>,
}

/// A replica on a device.
#[derive(Debug, Clone, Default)]
pub struct Replica {
    identity: Option<Identity>,
    documents: BTreeMap<DocumentId, Held>,
    own: Vec<OwnChange>,
    own_index: BTreeMap<ChangeHash, usize>,
    brief: Option<(Vec<u8>, Brief)>,
    contact: Option<Contact>,
    keys: KeyRing,
    duty_list: DutyList,
    /// What the fold judges by: the duties given, and who came along on which trip.
    duties: Arc<Duties>,
    log: Option<LogView>,
    /// Where in the school's log its own changes are, as far as it was proven.
    receipts: BTreeMap<ChangeHash, u64>,
    /// Of which dates the school has told every sheet that this device may read, and when: unix milliseconds of its clock.
    fetched: BTreeMap<Date, u64>,
    /// Whether the school has said that a copy of this store is in use.
    was_copied: bool,
    /// What was typed and not saved, by name.
    drafts: Vec<(String, String)>,
}

impl Held {
    /// Notes the signature of a signed change that the document holds.
    fn vouched(&mut self, signed: &[u8]) {
        if let (Some((signature, _)), Ok(hash)) = (split(signed), state::change_hash(signed)) {
            self.signatures.insert(hash, signature);
        }
    }

    /// Every change of the document, signed, parents before children.
    fn signed_changes(&self) -> impl Iterator<Item = (ChangeHash, Vec<u8>)> {
        self.document
            .raw_changes()
            .into_iter()
            .filter_map(|(hash, chunk)| {
                let signature = self.signatures.get(&hash)?;
                Some((hash, SignedChange::new(signature, &chunk).into_bytes()))
            })
    }
}

/// Why something cannot be done on this replica.
#[derive(Debug, thiserror::Error)]
pub enum ReplicaError {
    /// The device has not been enrolled.
    #[error("this tablet is not enrolled at a school yet: enrol it with an invitation from the office")]
    NotEnrolled,
    /// The document did not take it.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A change whose maker cannot be told, or is not the one that it names.
    #[error("a change of {document} is not taken: {why}")]
    NotVerified {
        /// Of which document.
        document: DocumentId,
        /// Why.
        #[source]
        why: NotVerified,
    },
    /// What the school sent cannot be unpacked.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A stored record does not fit what came before it.
    #[error("the tablet's own store does not fit together at {0}; keep its folder and fetch help")]
    Store(&'static str),
    /// A bundle of another school.
    #[error("this bundle is of school {theirs}, and this tablet belongs to school {ours}")]
    OtherSchool {
        /// Whose bundle it is.
        theirs: SchoolId,
        /// Whose tablet this is.
        ours: SchoolId,
    },
}

impl Replica {
    /// A replica with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Who this device is.
    ///
    /// # Errors
    /// [`ReplicaError::NotEnrolled`].
    pub fn identity(&self) -> Result<&Identity, ReplicaError> {
        self.identity.as_ref().ok_or(ReplicaError::NotEnrolled)
    }

    /// What the hub last told it.
    pub fn brief(&self) -> Option<&Brief> {
        self.brief.as_ref().map(|(_, brief)| brief)
    }

    /// When it last spoke with its school, and what it learnt about its clock.
    pub fn contact(&self) -> Option<Contact> {
        self.contact
    }

    /// When the school last told every sheet of a date that this device may read: unix milliseconds of its clock. `None`
    /// where it never has, and a sheet of the date may be unknown here.
    pub fn fetched(&self, date: Date) -> Option<u64> {
        self.fetched.get(&date).copied()
    }

    /// When the school last told every home visit that this device may read: with each answer about a date.
    pub fn visits_fetched(&self) -> Option<u64> {
        self.fetched.values().max().copied()
    }

    /// What it knows about its own clock.
    pub fn clock(&self) -> Option<ClockCheck> {
        self.contact.map(|contact| contact.clock)
    }

    /// What somebody has typed under a name and not saved yet.
    pub fn draft(&self, name: &str) -> Option<&str> {
        let found = self.drafts.iter().find(|(other, _)| other == name);
        found.map(|(_, text)| text.as_str())
    }

    /// Which rules its school lets settle by themselves, by the date of the marks.
    pub fn rules(&self) -> DatedRules {
        self.brief()
            .map(|brief| DatedRules::from(&brief.rules))
            .unwrap_or_default()
    }

    /// What it knows of its school's rules of recording, and of its calendar.
    pub fn policy(&self) -> Arc<RegisterPolicy> {
        let policy = self.brief().and_then(|brief| brief.policy.as_ref());
        Arc::new(policy.map(BriefPolicy::read).unwrap_or_default())
    }

    fn terms(&self, date: Date) -> Terms {
        Terms {
            rules: self.rules().on(date),
            duties: Arc::clone(&self.duties),
        }
    }

    /// What this device may see and write, as far as it has been told.
    ///
    /// # Errors
    /// [`ReplicaError::NotEnrolled`].
    pub fn grant(&self) -> Result<&Grant, ReplicaError> {
        let identity = self.identity()?;
        Ok(self.duty_list.of(identity.device).unwrap_or(&identity.grant))
    }

    /// The duties of the school's devices, as far as they are known here.
    pub fn duties(&self) -> &DutyList {
        &self.duty_list
    }

    /// Notes who came along on a trip, after its document has changed.
    fn note_along(&mut self, id: &DocumentId) {
        let DocumentId::Trip(trip) = id else { return };
        let statements = self.statements(id, |item| match item {
            Item::Trip(statement) => Some(statement),
            _ => None,
        });
        let along = TripView::ever_along(&statements.unwrap_or_default());
        Arc::make_mut(&mut self.duties).along(*trip, along);
    }

    /// The actor of this incarnation of the store.
    fn actor(&self) -> Result<ActorId, ReplicaError> {
        let identity = self.identity()?;
        Ok(ActorId {
            device: identity.device,
            incarnation: identity.incarnation,
        })
    }

    /// The documents that it holds.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.documents.values().map(|held| &held.document)
    }

    /// One document.
    pub fn document(&self, id: &DocumentId) -> Option<&Document> {
        self.documents.get(id).map(|held| &held.document)
    }

    /// Entries that are safe on this device and not yet part of a change.
    pub fn taps(&self) -> impl Iterator<Item = &Entry> {
        self.documents.values().flat_map(|held| &held.taps)
    }

    /// Changes that this device made or carries, oldest first, and what became of them.
    pub fn own_changes(&self) -> &[OwnChange] {
        &self.own
    }

    fn own_change(&self, change: &ChangeHash) -> Option<&OwnChange> {
        self.own.get(*self.own_index.get(change)?)
    }

    fn own_state(&self, change: &ChangeHash) -> Option<&SendState> {
        self.own_change(change).map(|own| &own.state)
    }

    /// How many marks and statements the school has not acknowledged: the true count.
    pub fn not_yet_sent(&self) -> usize {
        let unsent = self.own.iter().filter(|own| own.state.is_unsent());
        self.taps().count() + unsent.map(|own| own.statements as usize).sum::<usize>()
    }

    /// The register of a day as this replica sees it: its sheets, the taps that are not gathered yet, and what is to be
    /// issued again.
    pub fn day(&self, date: Date) -> DayFold {
        let mut day = daymark_core::day::fold(date, self.terms(date), self.documents());
        let loose = self.taps().cloned().chain(self.apart_entries());
        day.add(loose.filter(|entry| entry.cell.date == date));
        day
    }

    /// The same for some pupils alone: what a mark of theirs needs.
    pub fn day_of(&self, date: Date, pupils: &BTreeSet<PupilNumber>) -> DayFold {
        let mut day = daymark_core::day::fold_of(date, self.terms(date), self.documents(), pupils);
        let of_theirs = |entry: &Entry| entry.cell.date == date && pupils.contains(&entry.cell.pupil);
        let loose = self.taps().cloned().chain(self.apart_entries());
        day.add(loose.filter(of_theirs));
        day
    }

    /// A trip.
    pub fn trip(&self, id: &DocumentId) -> Option<TripView> {
        let statements = self.statements(id, |item| match item {
            Item::Trip(statement) => Some(statement),
            _ => None,
        })?;
        Some(TripView::of(&statements))
    }

    /// A visit.
    pub fn visit(&self, id: &DocumentId) -> Option<VisitView> {
        let statements = self.statements(id, |item| match item {
            Item::Visit(statement) => Some(statement),
            _ => None,
        })?;
        Some(VisitView::of(&statements))
    }

    fn statements<T>(
        &self,
        id: &DocumentId,
        pick: impl Fn(Item) -> Option<Statement<T>>,
    ) -> Option<BTreeMap<EntryId, Statement<T>>> {
        let document = self.document(id)?;
        let items = document.items().into_iter().chain(self.apart_items(id));
        let picked = items.filter_map(|(bytes, item)| Some((statement_id(id, &bytes), pick(item)?)));
        Some(picked.collect())
    }

    /// Entries to be made safe at once; they are gathered into a change later.
    pub fn tap(&self, entries: &[Entry]) -> Result<Vec<Record>, ReplicaError> {
        self.identity()?;
        Ok(entries
            .iter()
            .map(|entry| Record::Tap(Box::new(entry.clone())))
            .collect())
    }

    /// Gathers all taps into changes, one for each sheet. Do this at the latest when a sync or a hand-over starts.
    ///
    /// # Errors
    /// A sheet that does not take its taps; nothing is gathered then.
    pub fn gather(&self) -> Result<Vec<Record>, ReplicaError> {
        let mut records = Vec::new();
        for (id, held) in self.documents.iter().filter(|(_, held)| !held.taps.is_empty()) {
            let items = Item::slips(&held.taps);
            let mut document = held.document.clone();
            if let Some(change) = document.append(self.actor()?, &items)? {
                let taps = u32::try_from(held.taps.len()).unwrap_or(u32::MAX);
                records.push(Record::Made {
                    document: id.clone(),
                    change: self.signed(id, &change)?,
                    statements: taps,
                    taps,
                });
            }
        }
        Ok(records)
    }

    /// Says something in a document, as a change of its own. Taps of that document are gathered first, so that they
    /// stand before it.
    ///
    /// # Errors
    /// The document does not take it, or the device is not enrolled.
    pub fn say(&self, id: &DocumentId, item: &Item) -> Result<Vec<Record>, ReplicaError> {
        let identity = self.identity()?;
        let mut document = match self.documents.get(id) {
            Some(held) => held.document.clone(),
            None => Document::new(identity.school, id.clone()),
        };
        let change = document.append(self.actor()?, std::slice::from_ref(item))?;
        self.made(id, change)
    }

    /// Makes a visitor's account read `text`.
    ///
    /// # Errors
    /// No such account or document, or a text over its limit.
    pub fn write_account(
        &self,
        id: &DocumentId,
        slot: usize,
        part: AccountPart,
        text: &str,
    ) -> Result<Vec<Record>, ReplicaError> {
        let held = self
            .documents
            .get(id)
            .ok_or(ReplicaError::Store("an account of a visit that is not here"))?;
        let mut document = held.document.clone();
        let change = document.write_account(self.actor()?, slot, part, text)?;
        self.made(id, change)
    }

    /// The keys of the school's devices, as far as they are known here.
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }

    fn signed(&self, id: &DocumentId, change: &NewChange) -> Result<Vec<u8>, ReplicaError> {
        let identity = self.identity()?;
        let signature = identity.key.sign_change(identity.school, id, &change.hash);
        Ok(SignedChange::new(&signature, &change.bytes).into_bytes())
    }

    fn made(&self, id: &DocumentId, change: Option<NewChange>) -> Result<Vec<Record>, ReplicaError> {
        let Some(change) = change else {
            return Ok(Vec::new());
        };
        Ok(vec![Record::Made {
            document: id.clone(),
            change: self.signed(id, &change)?,
            statements: 1,
            taps: 0,
        }])
    }

    /// The sheet of a duty on a date.
    pub fn sheet(date: Date, duty: &Duty) -> DocumentId {
        DocumentId::Sheet(date, duty.clone())
    }
}

/// An incarnation: random bytes that the runtime draws when a store is made, and when it was copied.
pub type Incarnation = [u8; INCARNATION_BYTES];

//! The hub's state machine: it verifies, orders, stores, forwards and briefs. It never writes a register.
//!
//! It has no I/O. The runtime loads the documents that a request [`Hub::needs`], lets the hub [`Hub::receive`] it,
//! makes the resulting events durable, and only then asks for the [`Hub::reply`]. If the events cannot be made
//! durable, the runtime drops the hub and builds it again from the store, so that memory never runs ahead of disk.

mod access;
mod aside;
mod brief;
mod document;
mod log;
mod receive;
mod reply;
pub mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::duties::Duties;
use daymark_core::fold::{DatedRules, DayFold, Terms};
use daymark_core::grant::Grant;
use daymark_core::ids::{ChangeHash, DeviceNumber, SchoolId, TripId};
use daymark_core::log::checkpoint::{SignedCheckpoint, VerifiedCheckpoint};
use daymark_core::log::key::NoteKey;
use daymark_core::log::proof::LogHash;
use daymark_core::roster::Roster;
use daymark_core::rules::RegisterPolicy;
use daymark_core::session::Date;
use daymark_core::signature::SecretKey;
use daymark_core::trip::TripView;

use crate::duties::{DutyList, GivenDuty};
use crate::event::{Aside, Branch, Enrolment, StoredChange};
use crate::keys::KeyRing;
pub use document::HubDocument;
pub use log::HubLog;
pub use receive::Receipt;

/// What the hub is told about its school.
#[derive(Debug, Clone)]
pub struct SchoolFacts {
    /// Its number.
    pub school: SchoolId,
    /// Its name.
    pub name: String,
    /// Which rules settle by themselves, by the date of the marks.
    pub rules: DatedRules,
    /// What those who record must know of its rules, and its calendar.
    pub policy: Arc<RegisterPolicy>,
    /// Its file of rules as it is written; none where it has written none, and law and guidance stand.
    pub rules_text: Option<Arc<str>>,
    /// What the school signs with.
    pub key: SecretKey,
}

/// A device as the hub knows it.
#[derive(Debug, Clone)]
pub struct DeviceFacts {
    /// What it is called.
    pub name: String,
    /// What it may see and write.
    pub grant: Grant,
    /// Its enrolment, as it is stored.
    pub enrolment: Enrolment,
    /// When it last spoke: unix milliseconds of the hub's clock.
    pub last_heard_ms: Option<u64>,
    /// What it said it still holds, less what arrived with that.
    pub backlog: u32,
    /// Its clock less the hub's when it last spoke, in milliseconds, the journey included.
    pub clock_ahead_ms: Option<i64>,
}

impl DeviceFacts {
    /// Whether its duty has ended at a time, in unix milliseconds of the hub's clock.
    pub fn has_ended(&self, now_ms: u64) -> bool {
        let now = i64::try_from(now_ms / 1000).unwrap_or(i64::MAX);
        self.grant.has_ended(now)
    }
}

/// What of a trip decides who receives it.
#[derive(Debug, Clone, Default)]
struct TripFacts {
    along: BTreeSet<DeviceNumber>,
    last_date: Option<Date>,
}

/// How much is kept aside for a device.
#[derive(Debug, Clone, Copy, Default)]
struct AsideRoom {
    count: usize,
    bytes: usize,
}

/// The hub of one school.
#[derive(Debug)]
pub struct Hub {
    facts: SchoolFacts,
    roster: Roster,
    devices: BTreeMap<DeviceNumber, DeviceFacts>,
    keys: KeyRing,
    duty_list: DutyList,
    /// The place of the last of them among all that was ever given.
    last_place: u32,
    /// What the fold judges by: the duties given, and who came along on which trip.
    duties: Arc<Duties>,
    /// Every document that the store has, with the number of its changes.
    index: BTreeMap<DocumentId, u64>,
    documents: BTreeMap<DocumentId, HubDocument>,
    trips: BTreeMap<TripId, TripFacts>,
    /// Changes that wait for parents, by document and hash.
    waiting: BTreeMap<DocumentId, BTreeMap<ChangeHash, Aside>>,
    /// What is kept aside, by its key: whose room it takes, and how much.
    aside_keys: BTreeMap<ChangeHash, (DeviceNumber, usize)>,
    aside_room: BTreeMap<DeviceNumber, AsideRoom>,
    days: BTreeMap<Date, DayFold>,
    log: HubLog,
    uses: u64,
}

/// Everything that a hub is built from.
#[derive(Debug)]
pub struct HubState {
    /// What it is told about its school.
    pub facts: SchoolFacts,
    /// The newest roster.
    pub roster: Roster,
    /// The devices.
    pub devices: Vec<Enrolment>,
    /// The documents, with the number of their changes.
    pub documents: Vec<(DocumentId, u64)>,
    /// What is kept aside.
    pub aside: Vec<Aside>,
    /// The hashes of the log's leaves, in order: of the [`crate::keys::Attributed::leaf`] of every stored change.
    pub leaves: Vec<LogHash>,
    /// The branch that the log is on.
    pub branch: Option<Branch>,
}

impl Hub {
    /// A hub over what the store has. Trips must be [`Hub::load`]ed before the first request, because they say who
    /// receives what.
    pub fn new(state: HubState) -> Self {
        let mut hub = Self {
            facts: state.facts,
            roster: state.roster,
            devices: BTreeMap::new(),
            keys: KeyRing::default(),
            index: state.documents.into_iter().collect(),
            documents: BTreeMap::new(),
            trips: BTreeMap::new(),
            waiting: BTreeMap::new(),
            aside_keys: BTreeMap::new(),
            aside_room: BTreeMap::new(),
            days: BTreeMap::new(),
            log: HubLog::of(state.leaves, state.branch),
            duty_list: DutyList::default(),
            last_place: 0,
            duties: Arc::default(),
            uses: 0,
        };
        hub.give(&state.devices);
        for enrolment in state.devices {
            hub.enrolled(&enrolment);
        }
        for aside in state.aside {
            hub.note_aside(aside);
        }
        hub
    }

    /// The school's log.
    pub fn log(&self) -> &HubLog {
        &self.log
    }

    /// The checkpoint of all that is durable; `None` where the school's number makes no name for a log.
    pub fn checkpoint(&mut self) -> Option<&VerifiedCheckpoint> {
        self.log.checkpoint(&self.facts)
    }

    /// What the log goes on from, now that a checkpoint was shown that it does not continue: to be made durable, and then
    /// [`Hub::set_branch`]. `None` where the checkpoint is not the school's, where the log continues it, or where it was
    /// told already.
    pub fn branch_for(&mut self, shown: &str, shown_by: DeviceNumber, now_ms: u64) -> Option<Branch> {
        let key = NoteKey::of_school(self.facts.school, &self.facts.key.public().0).ok()?;
        let lost = SignedCheckpoint::parse(shown.as_bytes())
            .ok()?
            .verify(&key)
            .ok()?;
        if self.log.is_branching() {
            return None;
        }
        self.log.continues(lost.head()).err()?;
        let now = self.log.branch().map(|branch| LogHash(branch.from));
        if lost.checkpoint().branch() != now {
            return None; // Of a log that was left before: the branch that it is on since says so.
        }
        let from = self.checkpoint()?;
        Some(Branch {
            from: from.text_hash().0,
            size: from.head().size.0,
            lost: lost.note().to_owned(),
            shown_by: shown_by.0,
            at_ms: now_ms,
        })
    }

    /// Goes on on a branch, after that was stored.
    pub fn set_branch(&mut self, branch: Branch) {
        self.log.set_branch(branch);
    }

    /// What the hub is told about its school.
    pub fn facts(&self) -> &SchoolFacts {
        &self.facts
    }

    /// The roster.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Takes a newer roster, after it was stored.
    pub fn set_roster(&mut self, roster: Roster) {
        self.roster = roster;
    }

    /// Takes a device, or its new standing, after that was stored.
    pub fn enrolled(&mut self, enrolment: &Enrolment) {
        self.keys.add(enrolment.device, enrolment.key);
        self.give(std::slice::from_ref(enrolment));
        let known = self.devices.get(&enrolment.device).cloned();
        let known = known.as_ref();
        self.devices.insert(
            enrolment.device,
            DeviceFacts {
                name: enrolment.name.clone(),
                grant: enrolment.given.grant.clone(),
                enrolment: enrolment.clone(),
                last_heard_ms: known.and_then(|known| known.last_heard_ms),
                backlog: known.map_or(0, |known| known.backlog),
                clock_ahead_ms: known.and_then(|known| known.clock_ahead_ms),
            },
        );
    }

    /// Notes what devices were granted, in the order in which it was, where that is not known yet.
    fn give(&mut self, enrolments: &[Enrolment]) {
        let mut given: Vec<(u32, GivenDuty)> = enrolments
            .iter()
            .flat_map(|enrolment| {
                let all = enrolment.before.iter().chain([&enrolment.given]);
                all.map(|given| {
                    let duty = GivenDuty {
                        device: enrolment.device,
                        grant: given.grant.clone(),
                    };
                    (given.place, duty)
                })
            })
            .collect();
        given.sort_by_key(|(place, _)| *place);
        for (place, duty) in given {
            if place > self.last_place {
                self.last_place = place;
                Arc::make_mut(&mut self.duties).grant(duty.device, duty.grant.clone());
                self.duty_list.give(duty);
                // What they were judged by is another now.
                self.days.clear();
            }
        }
    }

    /// The duties that its devices were given.
    pub fn duties(&self) -> &DutyList {
        &self.duty_list
    }

    /// What the fold judges by: every duty given, and who came along on which trip.
    pub fn judged_by(&self) -> &Duties {
        &self.duties
    }

    /// The place of the next duty that is given.
    pub fn next_place(&self) -> u32 {
        self.last_place + 1
    }

    fn terms(&self, date: Date) -> Terms {
        Terms {
            rules: self.facts.rules.on(date),
            duties: Arc::clone(&self.duties),
        }
    }

    /// The keys of its devices.
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// The devices.
    pub fn devices(&self) -> &BTreeMap<DeviceNumber, DeviceFacts> {
        &self.devices
    }

    /// The number that the next device gets. Numbers are never given again.
    pub fn next_device(&self) -> DeviceNumber {
        DeviceNumber(self.devices.keys().next_back().map_or(1, |last| last.0 + 1))
    }

    /// Every document, with the number of its changes.
    pub fn index(&self) -> &BTreeMap<DocumentId, u64> {
        &self.index
    }

    /// How many changes wait for parents.
    pub fn waiting_count(&self) -> usize {
        self.waiting.values().map(BTreeMap::len).sum()
    }

    /// How many changes are kept aside, those that wait included.
    pub fn aside_count(&self) -> usize {
        self.aside_keys.len()
    }

    /// Puts a stored document into memory.
    ///
    /// # Errors
    /// A change that the store has and the document does not take: the store is damaged.
    pub fn load(
        &mut self,
        id: &DocumentId,
        changes: Vec<StoredChange>,
    ) -> Result<(), daymark_core::document::DocumentError> {
        if self.documents.contains_key(id) {
            return Ok(());
        }
        let document = HubDocument::load(self.facts.school, id.clone(), changes)?;
        self.index.insert(id.clone(), document.sequence());
        self.documents.insert(id.clone(), document);
        match id {
            DocumentId::Trip(trip) => self.refresh_trip(*trip),
            // A fold over the sheets that were in memory before does not know of this one.
            DocumentId::Sheet(date, _) => drop(self.days.remove(date)),
            DocumentId::Visit(_) => {}
        }
        Ok(())
    }

    /// A document in memory.
    pub fn document(&self, id: &DocumentId) -> Option<&HubDocument> {
        self.documents.get(id)
    }

    /// The sheets of a date, as far as they are in memory.
    pub fn sheets(&self, date: Date) -> impl Iterator<Item = &Document> {
        access::sheets_of(date, &self.documents).map(|(_, document)| document.document())
    }

    /// The sheets of a date that are not in memory yet.
    pub fn missing_sheets(&self, date: Date) -> Vec<DocumentId> {
        access::sheets_of(date, &self.index)
            .map(|(id, _)| id.clone())
            .filter(|id| !self.documents.contains_key(id))
            .collect()
    }

    /// The fold of a date over the sheets in memory: load [`Self::missing_sheets`] first.
    pub fn day(&mut self, date: Date) -> &DayFold {
        self.day_beside(date).0
    }

    /// The same, and the hub beside it, to be looked at together.
    pub fn day_beside(&mut self, date: Date) -> (&DayFold, &Self) {
        if !self.days.contains_key(&date) {
            let fold = daymark_core::day::fold(date, self.terms(date), self.sheets(date));
            self.days.insert(date, fold);
        }
        let hub = &*self;
        (&hub.days[&date], hub)
    }

    /// Drops the least recently used documents and folds until at most `keep` documents are in memory.
    pub fn shed(&mut self, keep: usize) {
        if self.documents.len() <= keep {
            return;
        }
        let mut by_use: Vec<(u64, DocumentId)> = self
            .documents
            .iter()
            .map(|(id, document)| (document.last_use(), id.clone()))
            .collect();
        by_use.sort_unstable();
        for (_, id) in by_use.into_iter().take(self.documents.len() - keep) {
            if let Some(date) = id.date() {
                self.days.remove(&date);
            }
            self.documents.remove(&id);
        }
    }

    fn refresh_trip(&mut self, trip: TripId) {
        if let Some(document) = self.documents.get(&DocumentId::Trip(trip)) {
            let statements = access::trip_statements(document.document());
            if Arc::make_mut(&mut self.duties).along(trip, TripView::ever_along(&statements)) {
                self.days.clear();
            }
            self.trips.insert(trip, access::trip_facts(&statements));
        }
    }

    fn note_aside(&mut self, aside: Aside) {
        let room = self.aside_room.entry(aside.carrier).or_default();
        room.count += 1;
        room.bytes += aside.bytes.len();
        self.aside_keys
            .insert(aside.key, (aside.carrier, aside.bytes.len()));
        if let (Some(hash), Ok(document)) = (aside.waits_as, DocumentId::from_bytes(&aside.document)) {
            self.waiting.entry(document).or_default().insert(hash, aside);
        }
    }
}

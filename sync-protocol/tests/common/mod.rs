//! Builders that the tests share: one school, one day, its devices, and a journal in memory.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "a module of each test file, which uses its own part of the builders"
)]

use std::collections::{BTreeMap, BTreeSet};

use daymark_core::code::Code;
use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Entry, Particulars, Person, VisitRef};
use daymark_core::fold::Rules;
use daymark_core::grant::Grant;
use daymark_core::ids::{ActorId, ChangeHash, DeviceNumber, PupilNumber, SchoolId, TripId};
use daymark_core::item::{Item, Stamp, Statement};
use daymark_core::log::proof::LogHash;
use daymark_core::record::{Author, Mark};
use daymark_core::roster::{Role, Roster};
use daymark_core::session::{Cell, Date, Session};
use daymark_core::signature::{KEY_BYTES, SecretKey, SignedChange, chunk_of};
use daymark_core::trip::{TripPlan, TripSession, TripStatement};
use daymark_sync_protocol::client::{Ask, Identity, Record, Replica};
use daymark_sync_protocol::event::{Aside, Enrolment, Event, Given, Standing, StoredChange};
use daymark_sync_protocol::frame::{SyncReply, SyncRequest, Window};
use daymark_sync_protocol::hub::{Hub, HubState, Receipt, SchoolFacts};
use daymark_sync_protocol::keys;

pub const SCHOOL: SchoolId = SchoolId(123_456);
pub const NOON_MS: u64 = 1_772_452_800_000;

pub fn date() -> Date {
    Date::from_ymd(2026, 3, 2).expect("a date")
}

pub fn window() -> Window {
    Window {
        from: date(),
        to: date(),
    }
}

/// A sync of everything of the days of the window.
pub fn of_the_day() -> Ask {
    Ask {
        window: Some(window()),
        ..Ask::default()
    }
}

pub fn trip_id(number: u8) -> TripId {
    format!("6e5f2c3a-0000-4000-8000-0000000000{number:02x}")
        .parse()
        .expect("an id")
}

pub fn class(name: &str) -> Duty {
    Duty::Class(name.parse().expect("a class"))
}

pub fn sheet(duty: &Duty) -> DocumentId {
    DocumentId::Sheet(date(), duty.clone())
}

pub fn document_id(text: &str) -> DocumentId {
    text.parse().expect("a document")
}

pub fn code(text: &str) -> Code {
    text.parse().expect("a code")
}

pub fn person(id: &str) -> Person {
    let name = format!("Name of {id}");
    Person::new(id.parse().expect("a staff id"), &name, "Teacher").expect("a person")
}

pub fn particulars(duty: &Duty, code: &str) -> Particulars {
    let mut particulars = Particulars::default();
    match code {
        "V" | "P" => {
            particulars.visit = Some(VisitRef {
                listed: true,
                trip: match duty {
                    Duty::Trip(trip) => *trip,
                    _ => trip_id(1),
                },
                supervisor: person("m-lead"),
            });
        }
        "L" => particulars.arrived_at = Some("09:05".parse().expect("a time")),
        "U" => particulars.arrived_at = Some("09:40".parse().expect("a time")),
        "B" | "K" | "Y7" => particulars.nature = Some("arranged".into()),
        _ => {}
    }
    particulars
}

pub fn mark(duty: &Duty, code_text: &str, reason: Option<&str>) -> Mark {
    Mark {
        code: code(code_text),
        particulars: particulars(duty, code_text),
        reason: reason.map(str::to_owned),
    }
}

pub fn author(device: u32, duty: &Duty, now: i64) -> Author {
    Author {
        school: SCHOOL,
        duty: duty.clone(),
        person: person(&format!("person-{device}")),
        device: DeviceNumber(device),
        now,
        clock: None,
        role: daymark_core::roster::Role::Office,
        policy: std::sync::Arc::default(),
    }
}

pub fn entry(device: u32, duty: &Duty, code_text: &str, pupil: u64) -> Entry {
    Entry {
        school: SCHOOL,
        cell: Cell {
            date: date(),
            session: Session::Am,
            pupil: PupilNumber(pupil),
        },
        code: Some(code(code_text)),
        particulars: particulars(duty, code_text),
        duty: duty.clone(),
        person: person(&format!("person-{device}")),
        device: DeviceNumber(device),
        recorded_at: date().start_unix_seconds() + 31_800,
        clock: None,
        supersedes: BTreeSet::new(),
        reason: None,
        sign_off: None,
    }
}

pub fn actor(device: u32) -> ActorId {
    ActorId {
        device: DeviceNumber(device),
        incarnation: [7; 8],
    }
}

pub fn stamp(device: u32) -> Stamp {
    Stamp {
        school: SCHOOL,
        device: DeviceNumber(device),
        person: person(&format!("person-{device}")),
        recorded_at: date().start_unix_seconds() + 25_000,
        clock: None,
    }
}

pub fn statement<T>(device: u32, body: T) -> Statement<T> {
    Statement {
        stamp: stamp(device),
        supersedes: BTreeSet::new(),
        reason: None,
        body,
    }
}

pub fn plan(device: u32, tablets: &[u32], participants: &[u64]) -> Item {
    Item::Trip(statement(
        device,
        TripStatement::Plan(TripPlan {
            title: "York Museum".into(),
            code: code("V"),
            nature: None,
            place: None,
            leader: person("m-lead"),
            supervisors: vec![person("m-lead")],
            sessions: Session::ALL
                .into_iter()
                .map(|session| TripSession {
                    date: date(),
                    session,
                })
                .collect(),
            participants: participants.iter().map(|number| PupilNumber(*number)).collect(),
            tablets: tablets.iter().map(|number| DeviceNumber(*number)).collect(),
            groups: None,
        }),
    ))
}

/// The key of a device: every test derives the same from its number.
pub fn device_key(device: u32) -> SecretKey {
    let mut seed = [0x5d; KEY_BYTES];
    seed[..4].copy_from_slice(&device.to_be_bytes());
    SecretKey::from_seed(&seed)
}

/// What the school signs with.
pub fn school_key() -> SecretKey {
    SecretKey::from_seed(&[0xa5; KEY_BYTES])
}

pub fn facts() -> SchoolFacts {
    SchoolFacts {
        school: SCHOOL,
        name: "Hill Road Primary".into(),
        rules: Rules::default().into(),
        policy: std::sync::Arc::default(),
        rules_text: None,
        key: school_key(),
    }
}

/// A chunk, signed by a device whether or not it made it.
pub fn signed(device: u32, id: &DocumentId, chunk: &[u8]) -> Vec<u8> {
    SignedChange::sign(&device_key(device), SCHOOL, id, chunk)
        .expect("a chunk")
        .into_bytes()
}

/// One signed change of a device in a document that nobody wrote in before.
pub fn change(device: u32, id: &DocumentId, items: &[Item]) -> Vec<u8> {
    let made = Document::new(SCHOOL, id.clone())
        .append(actor(device), items)
        .expect("a document that can be written")
        .expect("a change");
    signed(device, id, &made.bytes)
}

/// The hash of a signed change.
pub fn hash_of(change: &[u8]) -> ChangeHash {
    daymark_core::chunk::parse(chunk_of(change))
        .expect("a change")
        .hash
}

pub fn grant(role: Role, classes: &[&str]) -> Grant {
    Grant {
        classes: classes
            .iter()
            .map(|name| name.parse().expect("a class"))
            .collect(),
        ..Grant::of(role)
    }
}

pub fn enrolment(device: u32, grant: Grant) -> Enrolment {
    Enrolment {
        device: DeviceNumber(device),
        name: format!("Tablet {device}"),
        given: Given::by_invitation(device, grant, NOON_MS),
        key: device_key(device).public(),
        invitation: [2; 32],
        enrolled_at: NOON_MS,
        standing: Standing::Confirmed,
        before: Vec::new(),
        message: None,
    }
}

pub fn identity(device: u32, grant: Grant) -> Record {
    identity_of(device, grant, [7; 8])
}

fn identity_of(device: u32, grant: Grant, incarnation: [u8; 8]) -> Record {
    Record::Enrolled(Box::new(Identity {
        school: SCHOOL,
        device: DeviceNumber(device),
        name: format!("Tablet {device}"),
        grant,
        server: "https://school.example".into(),
        key: device_key(device),
        incarnation,
        school_key: school_key().public(),
    }))
}

/// A replica as a tablet has it that was enrolled and knows no other device yet.
pub fn replica(device: u32, grant: Grant) -> Replica {
    let mut replica = Replica::new();
    apply(&mut replica, vec![identity(device, grant)]);
    replica
}

/// The same device over another store.
pub fn replica_of(device: u32, grant: Grant, incarnation: [u8; 8]) -> Replica {
    let mut replica = Replica::new();
    apply(&mut replica, vec![identity_of(device, grant, incarnation)]);
    replica
}

/// What a hub tells whoever knows the key of no device.
pub fn all_keys(hub: &Hub) -> Record {
    let news = hub.keys().news(SCHOOL, &school_key(), 0);
    Record::Keys(news.expect("a device is enrolled"))
}

pub fn apply(replica: &mut Replica, records: Vec<Record>) {
    for record in records {
        replica.apply(record).expect("a record that fits");
    }
}

/// What is on a hub's disk.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    pub events: Vec<Event>,
}

impl Journal {
    pub fn of(enrolments: Vec<Enrolment>) -> Self {
        Self {
            events: enrolments.into_iter().map(Event::Enrolled).collect(),
        }
    }

    pub fn changes(&self) -> BTreeMap<DocumentId, Vec<StoredChange>> {
        let mut documents: BTreeMap<DocumentId, Vec<StoredChange>> = BTreeMap::new();
        for event in &self.events {
            if let Event::Stored(change) = event {
                documents
                    .entry(change.document.clone())
                    .or_default()
                    .push(change.clone());
            }
        }
        documents
    }

    pub fn aside(&self) -> Vec<Aside> {
        let mut kept: Vec<Aside> = Vec::new();
        for event in &self.events {
            match event {
                Event::Aside(aside) => kept.push(aside.clone()),
                Event::Settled(hash) => kept.retain(|aside| aside.waits_as.unwrap_or(aside.key) != *hash),
                _ => {}
            }
        }
        kept
    }

    pub fn hub(&self, roster: &Roster) -> Hub {
        self.hub_of(facts(), roster)
    }

    pub fn hub_of(&self, facts: SchoolFacts, roster: &Roster) -> Hub {
        let documents = self.changes();
        let mut hub = Hub::new(HubState {
            facts,
            roster: roster.clone(),
            devices: self
                .events
                .iter()
                .filter_map(|event| match event {
                    Event::Enrolled(enrolment) => Some(enrolment.clone()),
                    _ => None,
                })
                .collect(),
            documents: documents
                .iter()
                .map(|(id, changes)| (id.clone(), changes.len() as u64))
                .collect(),
            aside: self.aside(),
            leaves: self.leaves(),
            branch: self.events.iter().rev().find_map(|event| match event {
                Event::Branched(branch) => Some(branch.clone()),
                _ => None,
            }),
        });
        for (id, changes) in documents {
            if matches!(id, DocumentId::Trip(_)) {
                hub.load(&id, changes).expect("a stored document loads");
            }
        }
        hub
    }

    /// The leaves of the log, each in its place.
    fn leaves(&self) -> Vec<LogHash> {
        let mut leaves = BTreeMap::new();
        for event in &self.events {
            if let Event::Stored(change) = event {
                let signed = keys::read(&change.bytes).expect("a signed change");
                let leaf = signed.leaf(SCHOOL, &change.document).hash();
                let before = leaves.insert(change.leaf, leaf);
                assert_eq!(before, None, "two changes in one place of the log");
            }
        }
        let count = leaves.len() as u64;
        assert!(leaves.keys().copied().eq(0..count), "the log has a gap");
        leaves.into_values().collect()
    }

    pub fn load_needs(&self, hub: &mut Hub, device: DeviceNumber, request: &SyncRequest) {
        let needs = hub.needs(device, request, NOON_MS);
        if needs.is_empty() {
            return;
        }
        let mut changes = self.changes();
        for id in needs {
            hub.load(&id, changes.remove(&id).unwrap_or_default())
                .expect("a stored document loads");
        }
    }

    /// One whole round trip without faults.
    pub fn exchange(&mut self, hub: &mut Hub, device: u32, request: &SyncRequest) -> SyncReply {
        let receipt = self.receive(hub, device, request);
        hub.durable(&receipt);
        hub.reply(receipt)
    }

    /// Takes a request in and makes its events durable.
    pub fn receive(&mut self, hub: &mut Hub, device: u32, request: &SyncRequest) -> Receipt {
        let device = DeviceNumber(device);
        self.load_needs(hub, device, request);
        let receipt = hub.receive(NOON_MS, device, request);
        self.events.extend(receipt.events.iter().cloned());
        receipt
    }
}

/// A small, seeded source of numbers for tests (xorshift64*).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("smaller than a usize")
    }

    pub fn one_in(&mut self, limit: usize) -> bool {
        self.below(limit) == 0
    }

    pub fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

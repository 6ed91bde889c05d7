//! A whole school in one process, under faults: a hub with its journal, two to six tablets with their disks, and a
//! network that loses, repeats and reorders. Each world is a seed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;
mod simulation {
    pub(crate) mod deeds;
    mod stories;
}

use std::collections::{BTreeMap, BTreeSet};

use common::*;
use daymark_core::document::{Document, items_of_change};
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Entry};
use daymark_core::fold::Rules;
use daymark_core::grant::Grant;
use daymark_core::ids::{ChangeHash, DeviceNumber, EntryId, PupilNumber, SchoolId};
use daymark_core::item::Item;
use daymark_core::record;
use daymark_core::roster::{Role, Roster};
use daymark_core::session::Session;
use daymark_core::signature::{SIGNATURE_BYTES, SignedChange, chunk_of, split};
use daymark_sync_protocol::client::{Ask, CarriedRefusal, Record, Replica, SendState};
use daymark_sync_protocol::event::Event;
use daymark_sync_protocol::frame::{
    Ack, Bundle, Content, DocumentState, Offer, SavedDocument, SyncReply, SyncRequest,
};
use daymark_sync_protocol::hub::{Hub, Receipt};

const WORLDS: u64 = 400;
const STEPS: usize = 90;
const PUPILS: u64 = 5;

/// What happened, over all worlds.
type Counts = BTreeMap<&'static str, usize>;

/// Every kind of fault and deed that must have happened at least once.
const KINDS: [&str; 39] = [
    "amend",
    "another device",
    "bundle",
    "bundle before the first sync",
    "commit failed",
    "commit torn",
    "decide",
    "empty hub",
    "gather",
    "held",
    "hub crash after commit",
    "hub crash before commit",
    "late reply",
    "late request",
    "lost reply",
    "lost request",
    "mark",
    "poison",
    "poison: a bit of its signature is flipped",
    "poison: a stranger's change",
    "poison: a wrong school",
    "poison: damaged",
    "poison: for a sheet that is not its maker's",
    "poison: of an unknown kind",
    "poison: rubbish",
    "poison: signed by another device",
    "poison: signed for another document",
    "poison: without a signature",
    "reply while another waits",
    "repeated reply",
    "repeated request",
    "replica crash before a write",
    "replica crash in a reply",
    "restored hub",
    "shed",
    "shuffled offers",
    "sign-off",
    "split request",
    "undo",
];

struct Tablet {
    device: u32,
    grant: Grant,
    duties: Vec<Duty>,
    replica: Replica,
    /// Its disk.
    records: Vec<Record>,
    clock_off: i64,
}

impl Tablet {
    /// It knows itself and its school, and learns of all other devices with its first reply.
    fn new(device: u32, role: Role, classes: &[&str], duties: Vec<Duty>, clock_off: i64) -> Self {
        let grant = grant(role, classes);
        Self {
            device,
            duties,
            replica: replica(device, grant.clone()),
            records: vec![identity(device, grant.clone())],
            grant,
            clock_off,
        }
    }

    fn restart(&mut self) {
        self.replica = Replica::new();
        // What is on disk has been through its bytes.
        let read = |record: &Record| Record::decode(&record.encode()).unwrap();
        apply(&mut self.replica, self.records.iter().map(read).collect());
    }

    fn write(&mut self, records: Vec<Record>) {
        apply(&mut self.replica, records.clone());
        self.records.extend(records);
    }

    /// Its person hears from the office that the server was restored; `false` where it says nothing of the kind.
    fn accept_branch(&mut self) -> bool {
        let records = self.replica.accept_branch().unwrap();
        let accepts = !records.is_empty();
        self.write(records);
        accepts
    }

    /// What has not been sent, counted from the disk and the bytes of the changes.
    fn unsent_on_disk(&self) -> usize {
        let mut taps: BTreeSet<EntryId> = BTreeSet::new();
        let mut changes: BTreeMap<ChangeHash, (usize, bool)> = BTreeMap::new();
        for record in &self.records {
            match record {
                Record::Tap(entry) => {
                    taps.insert(entry.id());
                }
                Record::Made {
                    change,
                    taps: gathered,
                    ..
                } => {
                    let items = items_of_change(chunk_of(change));
                    let entries = entries_in(&items);
                    if *gathered > 0 {
                        for entry in &entries {
                            assert!(taps.remove(&entry.id()), "a change gathers what was not tapped");
                        }
                    }
                    let count =
                        entries.len() + items.iter().filter(|item| !matches!(item, Item::Slip(_))).count();
                    changes.entry(hash_of(change)).or_insert((count, false));
                }
                Record::Carried {
                    change, statements, ..
                } => {
                    changes
                        .entry(hash_of(change))
                        .or_insert((*statements as usize, false));
                }
                Record::Answered { change, state } => {
                    if let Some((_, stored)) = changes.get_mut(change) {
                        *stored = state.is_stored();
                    }
                }
                _ => {}
            }
        }
        taps.len()
            + changes
                .values()
                .filter(|(_, stored)| !stored)
                .map(|(count, _)| count)
                .sum::<usize>()
    }
}

fn entries_in(items: &[Item]) -> Vec<Entry> {
    items
        .iter()
        .filter_map(|item| match item {
            Item::Slip(entries) => Some(entries.clone()),
            _ => None,
        })
        .flatten()
        .collect()
}

/// A request that the hub took in.
struct Taken {
    tablet: usize,
    request: SyncRequest,
    receipt: Receipt,
}

/// A reply on its way.
#[derive(Clone)]
struct Mail {
    tablet: usize,
    request: SyncRequest,
    reply: Vec<u8>,
}

struct World {
    dice: Dice,
    tablets: Vec<Tablet>,
    journal: Journal,
    enrolments: usize,
    hub: Hub,
    /// Taken in, and not on disk.
    open: Vec<Taken>,
    /// On disk, and not answered.
    flushed: Vec<Taken>,
    mail: Vec<Mail>,
    old_requests: Vec<(usize, SyncRequest)>,
    /// Every entry that was ever safe on a tablet.
    tapped: BTreeMap<EntryId, Entry>,
    /// Every change that was ever on the hub's disk.
    ever_durable: BTreeSet<ChangeHash>,
    now: i64,
    steps: usize,
}

fn count(counts: &mut Counts, kind: &'static str) {
    *counts.entry(kind).or_default() += 1;
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let trip = Duty::Trip(trip_id(1));
        let mut tablets = vec![
            Tablet::new(1, Role::Teacher, &["4B"], vec![class("4B"), trip.clone()], 0),
            Tablet::new(2, Role::Office, &[], vec![Duty::Office], 0),
            Tablet::new(3, Role::Teacher, &[], vec![trip], 0),
            Tablet::new(4, Role::Gate, &[], vec![Duty::Gate], 0),
            Tablet::new(5, Role::Teacher, &["4B"], vec![class("4B")], 0),
            Tablet::new(6, Role::Teacher, &["5A"], vec![class("5A")], 0),
        ];
        // All are enrolled; some never come to school.
        let journal = Journal::of(
            tablets
                .iter()
                .map(|tablet| enrolment(tablet.device, tablet.grant.clone()))
                .collect(),
        );
        tablets.truncate(2 + dice.below(5));
        for tablet in &mut tablets {
            tablet.clock_off = *dice.pick(&[0, 0, 90, -4000, 31_536_000]);
        }
        let mut world = Self {
            enrolments: journal.events.len(),
            hub: journal.hub(&Roster::default()),
            journal,
            dice,
            tablets,
            open: Vec::new(),
            flushed: Vec::new(),
            mail: Vec::new(),
            old_requests: Vec::new(),
            tapped: BTreeMap::new(),
            ever_durable: BTreeSet::new(),
            now: 31_000,
            steps: 0,
        };
        let plan = plan(1, &[1, 3], &[1, 2, 3]);
        let said = world.tablets[0]
            .replica
            .say(&DocumentId::Trip(trip_id(1)), &plan)
            .unwrap();
        world.tablets[0].write(said);
        world
    }

    fn restart_hub(&mut self) {
        self.open.clear();
        self.flushed.clear();
        self.hub = self.journal.hub(&Roster::default());
    }

    fn durable_hashes(&self) -> BTreeSet<ChangeHash> {
        self.journal
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Stored(change) => Some(change.hash),
                _ => None,
            })
            .collect()
    }

    fn step(&mut self, counts: &mut Counts) {
        self.steps += 1;
        self.now += 60;
        let at = self.dice.below(self.tablets.len());
        match self.dice.below(100) {
            0..=24 => self.record(at, counts),
            25..=29 => self.gather(at, counts),
            30..=54 => self.send(at, counts),
            55..=70 => self.commit(counts),
            71..=80 => self.answer(counts),
            81..=91 => self.deliver(counts),
            92..=93 => self.hand_over(at, counts),
            94 => self.another_device(counts),
            95 => self.late_request(counts),
            96 => {
                count(counts, "shed");
                if self.open.is_empty() {
                    let keep = self.dice.below(4);
                    self.hub.shed(keep);
                }
            }
            97 => {
                count(counts, "restored hub");
                let length = self.journal.events.len() - self.enrolments;
                let keep = self.enrolments + self.dice.below(length + 1);
                self.journal.events.truncate(keep);
                self.restart_hub();
            }
            98 if self.dice.one_in(4) => {
                count(counts, "empty hub");
                self.journal.events.truncate(self.enrolments);
                self.restart_hub();
            }
            _ => {
                count(counts, "hub crash before commit");
                self.restart_hub();
            }
        }
        for tablet in &self.tablets {
            assert_eq!(
                tablet.replica.not_yet_sent(),
                tablet.unsent_on_disk(),
                "S10: the count of what was not sent"
            );
            for own in tablet.replica.own_changes() {
                assert!(
                    !own.state.is_stored() || self.ever_durable.contains(&own.hash),
                    "S10: told as stored, and never was"
                );
            }
        }
    }

    fn commit(&mut self, counts: &mut Counts) {
        if self.open.is_empty() {
            return;
        }
        let events: Vec<Event> = self
            .open
            .iter()
            .flat_map(|taken| taken.receipt.events.clone())
            .collect();
        match self.dice.below(12) {
            0 => {
                count(counts, "commit failed");
                self.restart_hub();
            }
            1 => {
                count(counts, "commit torn");
                let whole = self.dice.below(events.len() + 1);
                self.journal.events.extend_from_slice(&events[..whole]);
                self.note_durable();
                self.restart_hub();
            }
            2 => {
                count(counts, "hub crash after commit");
                self.journal.events.extend(events);
                self.note_durable();
                self.restart_hub();
            }
            _ => {
                self.journal.events.extend(events);
                self.note_durable();
                for taken in &self.open {
                    self.hub.durable(&taken.receipt);
                }
                self.flushed.append(&mut self.open);
            }
        }
    }

    fn note_durable(&mut self) {
        self.ever_durable.extend(self.durable_hashes());
    }

    fn answer(&mut self, counts: &mut Counts) {
        if self.flushed.is_empty() {
            return;
        }
        if !self.open.is_empty() {
            count(counts, "reply while another waits");
        }
        let taken = self.flushed.remove(0);
        self.journal.load_needs(
            &mut self.hub,
            DeviceNumber(self.tablets[taken.tablet].device),
            &taken.request,
        );
        let reply = self.hub.reply(taken.receipt);
        self.check_told(&taken.request, &reply);
        let mail = Mail {
            tablet: taken.tablet,
            request: taken.request,
            reply: reply.encode(),
        };
        if self.dice.one_in(6) {
            count(counts, "lost reply");
            return;
        }
        if self.dice.one_in(8) {
            count(counts, "repeated reply");
            self.mail.push(mail.clone());
        }
        self.mail.push(mail);
    }

    /// Nothing that is not on the hub's disk is ever told.
    fn check_told(&self, request: &SyncRequest, reply: &SyncReply) {
        let durable = self.durable_hashes();
        let stored = self.journal.changes();
        for (offer, ack) in request.offers.iter().zip(&reply.acks) {
            if matches!(ack, Ack::Stored | Ack::Had) {
                assert!(
                    durable.contains(&hash_of(&offer.change)),
                    "acknowledged and not on disk"
                );
            }
        }
        for news in &reply.news {
            let id = DocumentId::from_bytes(&news.document).unwrap();
            let length = stored.get(&id).map_or(0, |changes| changes.len() as u64);
            assert!(news.to <= length, "a cursor beyond the disk");
            let told: Vec<ChangeHash> = match &news.content {
                Content::Changes(changes) => changes
                    .iter()
                    .map(|change| self.hub.keys().verify(SCHOOL, &id, change).unwrap().hash)
                    .collect(),
                Content::Packed(packed) => packed
                    .unpack()
                    .unwrap()
                    .iter()
                    .map(|change| self.hub.keys().verify(SCHOOL, &id, change).unwrap().hash)
                    .collect(),
                Content::Saved(saved) => self.vouched(&id, saved),
            };
            for hash in told {
                assert!(durable.contains(&hash), "told and not on disk");
            }
        }
    }

    /// The changes of a compacted document, each of which comes with its maker's signature.
    fn vouched(&self, id: &DocumentId, saved: &SavedDocument) -> Vec<ChangeHash> {
        let document = Document::load(SCHOOL, id.clone(), &saved.saved).unwrap();
        let hashes = document.change_hashes();
        assert_eq!(saved.signatures.len(), hashes.len() * SIGNATURE_BYTES);
        for (hash, signature) in hashes.iter().zip(saved.signatures.chunks(SIGNATURE_BYTES)) {
            let (signature, _) = split(signature).unwrap();
            let author = document.author(hash).unwrap();
            let key = self.hub.keys().key(author).expect("an enrolled device");
            let checked = key.verify_change(SCHOOL, id, hash, &signature);
            checked.expect("a signature that is told holds");
        }
        hashes
    }

    /// The office takes another device in: lists of keys that are on their way are older than the school's now.
    fn another_device(&mut self, counts: &mut Counts) {
        count(counts, "another device");
        let enrolled = enrolment(self.hub.next_device().0, grant(Role::Gate, &[]));
        self.hub.enrolled(&enrolled);
        self.journal
            .events
            .insert(self.enrolments, Event::Enrolled(enrolled));
        self.enrolments += 1;
    }

    fn deliver(&mut self, counts: &mut Counts) {
        if self.mail.is_empty() {
            return;
        }
        let spot = self.dice.below(self.mail.len());
        if spot > 0 {
            count(counts, "late reply");
        }
        let mail = self.mail.remove(spot);
        let crash = self.dice.one_in(6);
        let (more, mut records) = self.take_reply(&mail);
        let _ = more;
        let tablet = &mut self.tablets[mail.tablet];
        if crash {
            count(counts, "replica crash in a reply");
            records.truncate(self.dice.below(records.len() + 1));
            tablet.records.extend(records);
            tablet.restart();
        } else {
            tablet.write(records);
        }
    }

    fn take_reply(&self, mail: &Mail) -> (bool, Vec<Record>) {
        let tablet = &self.tablets[mail.tablet];
        let reply = SyncReply::decode(&mail.reply).unwrap();
        let clock = (date().start_unix_seconds() + self.now + tablet.clock_off) * 1000;
        let (records, report) = tablet
            .replica
            .reply(&mail.request, &reply, clock, clock + 80)
            .unwrap();
        (report.more, records)
    }

    fn late_request(&mut self, counts: &mut Counts) {
        if self.old_requests.is_empty() {
            return;
        }
        count(counts, "late request");
        let (at, request) = self.dice.pick(&self.old_requests).clone();
        self.take(at, &request, counts);
    }

    fn hand_over(&mut self, from: usize, counts: &mut Counts) {
        let to = self.dice.below(self.tablets.len());
        let gathered = self.tablets[from].replica.gather().unwrap();
        self.tablets[from].write(gathered);
        let bundle = self.tablets[from].replica.bundle(0).unwrap();
        if bundle.documents.is_empty() || from == to {
            return;
        }
        count(counts, "bundle");
        let bundle = Bundle::decode(&bundle.encode()).unwrap();
        let (mut records, report) = self.tablets[to].replica.take_bundle(&bundle).unwrap();
        // Before its first sync a tablet knows nobody, and believes nobody.
        let knows_them = self.tablets[to].replica.keys().known() > 0;
        if !knows_them {
            count(counts, "bundle before the first sync");
        }
        let honest = |refused: &CarriedRefusal| !knows_them && refused.code == "not-enrolled";
        assert!(
            report.refused.iter().all(honest),
            "an honest bundle was refused: {:?}",
            report.refused
        );
        let crash = self.dice.one_in(6);
        if crash {
            records.truncate(self.dice.below(records.len() + 1));
        }
        let tablet = &mut self.tablets[to];
        tablet.write(records);
        if crash {
            tablet.restart();
        }
        // The same again brings nothing.
        if !crash {
            let (records, report) = tablet.replica.take_bundle(&bundle).unwrap();
            assert!(
                records.is_empty() && report.taken == 0,
                "S8: a bundle taken twice"
            );
        }
    }

    /// One sync without faults; gives the number of round trips.
    fn sync(&mut self, at: usize) -> usize {
        for trips in 1..=20 {
            let request = self.request(at, true);
            let device = self.tablets[at].device;
            let reply = self.journal.exchange(&mut self.hub, device, &request);
            self.note_durable();
            self.check_told(&request, &reply);
            let mail = Mail {
                tablet: at,
                request,
                reply: reply.encode(),
            };
            let (more, records) = self.take_reply(&mail);
            self.tablets[at].write(records);
            let accepts = self.tablets[at].accept_branch();
            if !more && !accepts {
                return trips;
            }
        }
        panic!(
            "L1: tablet {} still has more after 20 round trips",
            self.tablets[at].device
        );
    }

    fn converge(&mut self) -> usize {
        self.restart_hub();
        let mut longest = 0;
        for _ in 0..3 {
            for at in 0..self.tablets.len() {
                longest = longest.max(self.sync(at));
            }
        }
        for at in 0..self.tablets.len() {
            let request = self.request(at, false);
            assert!(request.offers.is_empty(), "L1: something is left to offer");
            assert_eq!(request.backlog, 0, "L1");
            let device = self.tablets[at].device;
            let reply = self.journal.exchange(&mut self.hub, device, &request);
            assert!(
                reply.news.is_empty() && !reply.more,
                "L1: the hub still has news: {:?}",
                reply.news
            );
        }
        longest
    }

    fn judge(&mut self) {
        let stored = self.journal.changes();
        let in_hub: BTreeSet<EntryId> = stored
            .values()
            .flatten()
            .flat_map(|change| entries_in(&items_of_change(chunk_of(&change.bytes))))
            .map(|entry| entry.id())
            .collect();
        for (id, entry) in &self.tapped {
            let explained = || {
                self.tablets
                    .iter()
                    .flat_map(|tablet| tablet.replica.own_changes())
                    .any(|own| {
                        let reason = match &own.state {
                            SendState::Refused(why) => !why.reason.is_empty(),
                            SendState::Waits => true,
                            _ => false,
                        };
                        reason
                            && entries_in(&items_of_change(chunk_of(&own.bytes)))
                                .iter()
                                .any(|held| held.id() == *id)
                    })
            };
            assert!(
                in_hub.contains(id) || explained(),
                "S1/S3: an entry vanished: {entry:?}"
            );
        }
        let durable = self.durable_hashes();
        for hash in &self.ever_durable {
            assert!(durable.contains(hash), "S1: an acknowledged change was lost");
        }
        self.same_heads_same_folds(&stored.keys().cloned().collect::<Vec<_>>());
    }

    fn same_heads_same_folds(&mut self, ids: &[DocumentId]) {
        let stored = self.journal.changes();
        for id in ids {
            if self.hub.document(id).is_none() {
                self.hub.load(id, stored[id].clone()).unwrap();
            }
        }
        let fold =
            |document: &Document| daymark_core::day::fold(date(), Rules::default(), [document]).canonical();
        for id in ids {
            let theirs = self.hub.document(id).unwrap().document();
            for tablet in &self.tablets {
                let device = DeviceNumber(tablet.device);
                let Some(ours) = tablet.replica.document(id) else {
                    assert!(
                        !self.hub.may_read(device, id, NOON_MS),
                        "L1: {id} never reached tablet {device}"
                    );
                    continue;
                };
                if self.hub.may_read(device, id, NOON_MS) {
                    assert_eq!(ours.heads(), theirs.heads(), "L1: {id} on tablet {device}");
                }
                if ours.heads() == theirs.heads() {
                    assert_eq!(fold(ours), fold(theirs), "S2: {id} on tablet {device}");
                }
            }
        }
        let office = self.tablets[1].replica.day(date()).canonical();
        assert_eq!(
            office,
            self.hub.day(date()).canonical(),
            "S2: the office and the hub"
        );
        let fresh = daymark_core::day::fold(date(), Rules::default(), self.hub.sheets(date())).canonical();
        assert_eq!(office, fresh, "S2: the hub's running fold");
    }
}

fn play(seed: u64, counts: &mut Counts) -> usize {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.step(counts);
    }
    let longest = world.converge();
    world.judge();
    longest
}

#[test]
#[allow(
    clippy::disallowed_macros,
    reason = "the counts are for whoever reads the test's output"
)]
fn a_school_under_faults_loses_nothing_and_converges() {
    let mut counts = Counts::new();
    let mut longest = 0;
    let mut failed = Vec::new();
    for seed in 1..=WORLDS {
        let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut counts = Counts::new();
            let longest = play(seed, &mut counts);
            (counts, longest)
        }));
        match played {
            Ok((more, trips)) => {
                for (kind, number) in more {
                    *counts.entry(kind).or_default() += number;
                }
                longest = longest.max(trips);
            }
            Err(_) => failed.push(seed),
        }
    }
    for (kind, number) in &counts {
        std::println!("{number:>6} {kind}");
    }
    std::println!("{longest:>6} round trips at most in a sync without faults");
    assert!(failed.is_empty(), "worlds that failed: {failed:?}");
    for kind in KINDS {
        assert!(
            counts.get(kind).is_some_and(|number| *number > 0),
            "it never came to: {kind}"
        );
    }
}

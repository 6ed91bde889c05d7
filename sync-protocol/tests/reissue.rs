//! A copied store: two replicas with one key and one actor, each with marks that the other does not know. The school
//! keeps the first change of each number; the second replica issues its marks again by itself, through any stop.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::*;
use daymark_core::document::items_of_change;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Entry};
use daymark_core::ids::{ChangeHash, EntryId};
use daymark_core::item::Item;
use daymark_core::roster::{Role, Roster};
use daymark_core::signature::chunk_of;
use daymark_core::visit::{AccountPart, Arrived, Opened, VisitStatement};
use daymark_sync_protocol::client::{Ask, Copied, Record, Replica, SendState};
use daymark_sync_protocol::event::{Deed, Event};
use daymark_sync_protocol::hub::Hub;

const WORLDS: u64 = 150;
const CODES: [&str; 2] = ["L", "U"];

/// A tablet's disk and what it adds up to.
#[derive(Clone)]
struct Store {
    device: u32,
    records: Vec<Record>,
    replica: Replica,
    /// How many more records it writes before it is killed.
    left: usize,
}

/// It was killed, and has started again.
struct Killed;

impl Store {
    fn new(device: u32, role: Role, classes: &[&str]) -> Self {
        let enrolled = vec![identity(device, grant(role, classes))];
        Self::of(device, enrolled)
    }

    fn of(device: u32, records: Vec<Record>) -> Self {
        let mut store = Self {
            device,
            records,
            replica: Replica::new(),
            left: usize::MAX,
        };
        store.restart();
        store
    }

    /// What is on disk has been through its bytes.
    fn restart(&mut self) {
        self.replica = Replica::new();
        let read = |record: &Record| {
            let read = Record::decode(&record.encode()).unwrap();
            assert_eq!(&read, record);
            read
        };
        let read = self.records.iter().map(read).collect();
        apply(&mut self.replica, read);
        self.check();
    }

    fn write(&mut self, mut records: Vec<Record>) -> Result<(), Killed> {
        let killed = records.len() > self.left;
        records.truncate(self.left);
        self.left -= records.len().min(self.left);
        for record in records {
            self.records.push(record.clone());
            self.replica.apply(record).unwrap();
            self.check();
        }
        if killed {
            self.left = usize::MAX;
            self.restart();
            return Err(Killed);
        }
        Ok(())
    }

    fn tap(&mut self, code: &str, pupil: u64) {
        let entry = entry(self.device, &Duty::Gate, code, pupil);
        let taps = self.replica.tap(&[entry]).unwrap();
        let _ = self.write(taps);
    }

    fn gather(&mut self) {
        let gathered = self.replica.gather().unwrap();
        let _ = self.write(gathered);
    }

    fn tapped(&self) -> BTreeSet<EntryId> {
        let taps = self.records.iter().filter_map(|record| match record {
            Record::Tap(entry) => Some(entry.id()),
            _ => None,
        });
        taps.collect()
    }

    /// What was ever recorded here is shown here, and every change that was ever made here is kept.
    fn check(&self) {
        if self.replica.identity().is_err() {
            return;
        }
        let day = self.replica.day(date());
        for id in self.tapped() {
            assert!(day.entry(&id).is_some(), "a mark is not shown any more");
        }
        for record in &self.records {
            if let Record::Made { change, .. } | Record::Carried { change, .. } = record {
                let own = self.replica.own_changes().iter();
                let kept = own.filter(|own| own.bytes == *change).count();
                assert_eq!(kept, 1, "a change is not kept any more");
            }
        }
    }

    /// What a tablet does in a sync.
    fn sync(&mut self, school: &mut School) -> Result<bool, Killed> {
        let gathered = self.replica.gather().unwrap();
        self.write(gathered)?;
        self.issue_again(false, school)?;
        let mut reissued = false;
        for _ in 0..20 {
            let ask = Ask {
                window: Some(window()),
                ..Ask::default()
            };
            let request = self.replica.request(0, &ask).unwrap();
            let reply = school.journal.exchange(&mut school.hub, self.device, &request);
            let (records, report) = self.replica.reply(&request, &reply, 0, 0).unwrap();
            self.write(records)?;
            let again = self.issue_again(!reply.more, school)?;
            reissued |= again;
            self.check_count(school);
            if !report.more && !again {
                return Ok(reissued);
            }
        }
        panic!("the sync does not come to its end");
    }

    fn issue_again(&mut self, is_all_told: bool, school: &mut School) -> Result<bool, Killed> {
        let mut records = Vec::new();
        if self.replica.must_part() {
            records = self.replica.part(school.fresh()).unwrap();
        }
        if records.is_empty() && is_all_told {
            records = self.replica.reissue().unwrap();
        }
        let goes_on = !records.is_empty();
        self.write(records)?;
        Ok(goes_on)
    }

    /// What is counted as not sent covers everything that the school lacks.
    fn check_count(&self, school: &School) {
        let there = school.entries();
        let lacking = self.tapped().iter().filter(|id| !there.contains_key(id)).count();
        assert!(
            self.replica.not_yet_sent() >= lacking,
            "{} counted as not sent, and the school lacks {lacking}",
            self.replica.not_yet_sent()
        );
    }

    fn states(&self) -> impl Iterator<Item = &SendState> {
        self.replica.own_changes().iter().map(|own| &own.state)
    }
}

struct School {
    journal: Journal,
    hub: Hub,
    incarnations: u8,
}

impl Clone for School {
    fn clone(&self) -> Self {
        Self {
            journal: self.journal.clone(),
            hub: self.journal.hub(&Roster::default()),
            incarnations: self.incarnations,
        }
    }
}

impl School {
    fn new(devices: &[(u32, Role)]) -> Self {
        let enrolments = devices
            .iter()
            .map(|(device, role)| enrolment(*device, grant(*role, &[])));
        let journal = Journal::of(enrolments.collect());
        Self {
            hub: journal.hub(&Roster::default()),
            journal,
            incarnations: 100,
        }
    }

    fn fresh(&mut self) -> [u8; 8] {
        self.incarnations += 1;
        [self.incarnations; 8]
    }

    /// How often it stored each entry.
    fn entries(&self) -> BTreeMap<EntryId, usize> {
        let mut entries: BTreeMap<EntryId, usize> = BTreeMap::new();
        for change in self.journal.changes().into_values().flatten() {
            for entry in entries_in(&change.bytes) {
                *entries.entry(entry.id()).or_default() += 1;
            }
        }
        entries
    }

    fn equivocations(&self) -> Vec<(ChangeHash, ChangeHash)> {
        let noted = self.journal.events.iter().filter_map(|event| match event {
            Event::Noted(note) => match &note.deed {
                Deed::Equivocated(first, second) => Some((*first, *second)),
                _ => None,
            },
            _ => None,
        });
        noted.collect()
    }
}

fn entries_in(change: &[u8]) -> Vec<Entry> {
    let items = items_of_change(chunk_of(change)).into_iter();
    let slips = items.filter_map(|item| match item {
        Item::Slip(entries) => Some(entries),
        _ => None,
    });
    slips.flatten().collect()
}

/// Syncs both until nobody has anything new, and judges.
fn settle(school: &mut School, stores: &mut [Store]) {
    for _ in 0..3 {
        for store in stores.iter_mut() {
            store.left = usize::MAX;
            assert!(store.sync(school).is_ok(), "nobody kills it");
        }
    }
    let there: BTreeSet<EntryId> = school.entries().into_keys().collect();
    let tapped: BTreeSet<EntryId> = stores.iter().flat_map(Store::tapped).collect();
    assert_eq!(there, tapped, "the school has every mark, and no other");
    let theirs = school.hub.day(date()).canonical();
    for store in stores.iter() {
        assert_eq!(store.replica.not_yet_sent(), 0);
        assert_eq!(store.replica.copied(), None, "nothing is left to be told");
        assert_eq!(store.replica.day(date()).canonical(), theirs, "the folds agree");
        let (ours, hubs) = (
            store.replica.document(&sheet(&Duty::Gate)).unwrap(),
            school.hub.document(&sheet(&Duty::Gate)).unwrap().document(),
        );
        assert_eq!(ours.heads(), hubs.heads());
        for own in store.replica.own_changes() {
            match &own.state {
                SendState::Stored => {}
                SendState::Reissued(by) => {
                    assert!(
                        by.iter().all(|by| store.replica.knows(&own.document, by)),
                        "it says by which change it was issued again"
                    );
                    for entry in entries_in(&own.bytes) {
                        assert!(there.contains(&entry.id()));
                    }
                }
                other => panic!("{other:?} is left"),
            }
        }
    }
}

/// A store and its copy, each with a mark of its own in the same sheet and one that they share.
fn copied() -> (School, Store, Store) {
    let mut school = School::new(&[(4, Role::Gate)]);
    let mut first = Store::new(4, Role::Gate, &[]);
    first.tap("L", 1);
    assert!(first.sync(&mut school).is_ok());
    first.tap("L", 2);
    let mut second = first.clone();
    first.tap("L", 3);
    second.tap("L", 4);
    second.gather();
    second.tap("U", 5);
    (school, first, second)
}

#[test]
fn the_second_copy_issues_its_marks_again_once_and_both_changes_are_kept() {
    let (mut school, mut first, mut second) = copied();
    let others = first.sync(&mut school);
    assert!(others.is_ok_and(|reissued| !reissued), "it came first");
    assert!(second.sync(&mut school).is_ok_and(|reissued| reissued));
    assert_eq!(second.replica.not_yet_sent(), 0, "one sync brings all");
    assert_eq!(second.replica.whose_copy(), Copied::ThisStore);
    let stored = school.entries();
    assert_eq!(stored.len(), 5);
    assert!(
        stored.values().all(|times| *times == 1),
        "what the copies share was stored once: {stored:?}"
    );
    let [(kept, refused)] = school.equivocations()[..] else {
        panic!("one equivocation is noted")
    };
    let own = second.replica.own_changes();
    let parted = own.iter().find(|own| own.hash == refused).unwrap();
    assert!(matches!(&parted.state, SendState::Reissued(by) if by.len() == 1));
    assert!(
        school
            .journal
            .aside()
            .iter()
            .any(|aside| aside.bytes[..] == parted.bytes)
    );
    assert!(first.replica.own_changes().iter().any(|own| own.hash == kept));
    // From now on the two write under different actors, and meet no more.
    for (pupil, store) in [(6, &mut first), (7, &mut second)] {
        store.tap("L", pupil);
        store.gather();
    }
    assert!(first.sync(&mut school).is_ok() && second.sync(&mut school).is_ok());
    assert_eq!(school.equivocations().len(), 1);
    settle(&mut school, &mut [first, second]);
}

#[test]
fn a_copy_of_what_was_issued_again_is_issued_again_in_its_turn() {
    let (mut school, mut first, mut second) = copied();
    assert!(first.sync(&mut school).is_ok());
    // Copied after its marks were made anew, and before they were sent.
    second.left = 0;
    let (mut school, mut third) = loop {
        let (mut school, mut copy) = (school.clone(), second.clone());
        assert!(copy.sync(&mut school).is_err(), "it never came to that");
        if copy.states().any(|state| matches!(state, SendState::Reissued(_))) {
            break (school, copy);
        }
        second.left += 1;
    };
    second = third.clone();
    second.tap("U", 6);
    third.tap("U", 7);
    for store in [&mut second, &mut third] {
        assert!(store.sync(&mut school).is_ok());
    }
    assert_eq!(school.equivocations().len(), 2);
    settle(&mut school, &mut [first, second, third]);
}

#[test]
fn a_stop_between_any_two_records_loses_nothing_and_repeats_nothing() {
    let (mut school, mut first, second) = copied();
    assert!(first.sync(&mut school).is_ok());
    let mut stops = 0;
    loop {
        let (mut school, first, mut second) = (school.clone(), first.clone(), second.clone());
        second.left = stops;
        let came_through = second.sync(&mut school).is_ok();
        second.left = usize::MAX;
        second.check_count(&school);
        assert!(second.sync(&mut school).is_ok());
        let stored = school.entries();
        assert!(
            stored.values().all(|times| *times == 1),
            "stopped after {stops}: {stored:?}"
        );
        assert_eq!(school.equivocations().len(), 1, "it is noted once");
        settle(&mut school, &mut [first, second]);
        if came_through {
            break;
        }
        stops += 1;
    }
    assert!(stops > 12, "every record was the last one: {stops}");
}

#[test]
fn a_stop_in_the_middle_is_told_by_the_next_sync() {
    let (mut school, mut first, second) = copied();
    assert!(first.sync(&mut school).is_ok());
    let mut told = 0;
    for stop in 0..30 {
        let (mut school, mut second) = (school.clone(), second.clone());
        second.left = stop;
        if second.sync(&mut school).is_ok() {
            break;
        }
        let must_know = second
            .states()
            .any(|state| matches!(state, SendState::Refused(_) | SendState::Apart));
        assert!(!must_know || second.replica.copied() == Some(Copied::ThisStore));
        told += usize::from(must_know);
    }
    assert!(told > 3, "{told}");
}

/// Random marks, an older or a newer copy, any order, stops anywhere.
fn play(seed: u64) -> usize {
    let mut dice = Dice::new(seed);
    let mut school = School::new(&[(4, Role::Gate)]);
    let mut first = Store::new(4, Role::Gate, &[]);
    let mut pupil = 0;
    let mut act = |dice: &mut Dice, school: &mut School, store: &mut Store| {
        match dice.below(8) {
            0..=3 => {
                pupil += 1;
                store.tap(CODES[dice.below(CODES.len())], pupil);
            }
            4 => store.gather(),
            5 => {
                store.left = dice.below(20);
                let _ = store.sync(school);
                store.left = usize::MAX;
            }
            _ => drop(store.sync(school)),
        }
        store.check_count(school);
    };
    for _ in 0..dice.below(12) {
        act(&mut dice, &mut school, &mut first);
    }
    let mut stores = vec![first];
    for _ in 0..=dice.below(2) {
        let copied = dice.pick(&stores).clone();
        let length = if dice.one_in(2) {
            copied.records.len()
        } else {
            1 + dice.below(copied.records.len())
        };
        stores.push(Store::of(4, copied.records[..length].to_vec()));
        for _ in 0..dice.below(30) {
            let at = dice.below(stores.len());
            act(&mut dice, &mut school, &mut stores[at]);
        }
    }
    settle_all(&mut school, &mut stores);
    school.equivocations().len()
}

/// As [`settle`], where nothing may have been marked at all.
fn settle_all(school: &mut School, stores: &mut [Store]) {
    if stores.iter().any(|store| !store.tapped().is_empty()) {
        settle(school, stores);
    }
}

#[test]
fn copies_in_any_order_and_with_any_stops_converge() {
    let mut equivocations = 0;
    for seed in 1..=WORLDS {
        let played = std::panic::catch_unwind(|| play(seed));
        assert!(played.is_ok(), "world {seed}");
        equivocations += played.unwrap_or_default();
    }
    assert!(
        equivocations > usize::try_from(WORLDS).unwrap() / 2,
        "the copies did meet: {equivocations}"
    );
}

fn visit() -> DocumentId {
    document_id("visit/6e5f2c3a-0000-4000-8000-000000000009")
}

fn say(store: &mut Store, body: VisitStatement) {
    let item = Item::Visit(statement(store.device, body));
    let said = store.replica.say(&visit(), &item).unwrap();
    let _ = store.write(said);
}

fn write(store: &mut Store, text: &str) {
    let written = store
        .replica
        .write_account(&visit(), 0, AccountPart::Facts, text)
        .unwrap();
    let _ = store.write(written);
}

fn account(store: &Store) -> String {
    let document = store.replica.document(&visit()).unwrap();
    document.account(0, AccountPart::Facts).unwrap()
}

#[test]
fn what_each_copy_wrote_in_a_visit_is_merged_and_nothing_is_written_over() {
    let mut school = School::new(&[(7, Role::Team)]);
    let mut first = Store::new(7, Role::Team, &[]);
    let opened = Opened {
        pupil: daymark_core::ids::PupilNumber(1),
        trigger: "3 days of unauthorised absence".into(),
        visitors: vec![person("k-osman"), person("p-fenn")],
        alone: None,
        back_by: None,
    };
    say(&mut first, VisitStatement::Opened(opened));
    write(&mut first, "The curtains were drawn.");
    assert!(first.sync(&mut school).is_ok());
    let mut second = first.clone();
    write(&mut first, "At ten the curtains were drawn.");
    write(&mut second, "The curtains were drawn. Nobody came.");
    say(
        &mut second,
        VisitStatement::Arrived(Arrived { other_address: None }),
    );
    assert!(first.sync(&mut school).is_ok());
    let mut stops = 0;
    loop {
        let (mut school, mut first, mut second) = (school.clone(), first.clone(), second.clone());
        second.left = stops;
        let came_through = second.sync(&mut school).is_ok();
        second.left = usize::MAX;
        assert!(
            account(&second).ends_with("Nobody came."),
            "stopped after {stops}, its own words are shown"
        );
        let arrived = |store: &Store| !store.replica.visit(&visit()).unwrap().events.is_empty();
        assert!(arrived(&second), "stopped after {stops}");
        for _ in 0..2 {
            for store in [&mut first, &mut second] {
                assert!(store.sync(&mut school).is_ok());
            }
        }
        for store in [&first, &second] {
            assert_eq!(account(store), "At ten the curtains were drawn. Nobody came.");
            assert!(arrived(store));
            assert_eq!(store.replica.not_yet_sent(), 0);
        }
        if came_through {
            break;
        }
        stops += 1;
    }
    assert!(stops > 8, "{stops}");
}

#[test]
fn marks_that_stand_on_a_carried_change_of_a_copied_store_are_issued_again_too() {
    let mut school = School::new(&[(4, Role::Gate), (5, Role::Gate)]);
    let (mut first, mut other) = (Store::new(4, Role::Gate, &[]), Store::new(5, Role::Gate, &[]));
    assert!(other.sync(&mut school).is_ok());
    let mut second = first.clone();
    first.tap("L", 1);
    assert!(first.sync(&mut school).is_ok());
    second.tap("L", 2);
    second.gather();
    let (carried, report) = other
        .replica
        .take_bundle(&second.replica.bundle(0).unwrap())
        .unwrap();
    assert_eq!(report.taken, 1);
    let _ = other.write(carried);
    other.tap("U", 3);
    assert!(other.sync(&mut school).is_ok_and(|reissued| reissued));
    assert_eq!(other.replica.whose_copy(), Copied::AnotherStore);
    assert_eq!(
        other.replica.not_yet_sent(),
        1,
        "its own mark is there; what it carries, its maker must issue again"
    );
    let day = other.replica.day(date());
    assert_eq!(day.entries().len(), 3, "all are shown");
    // The bundle once more brings nothing back.
    let (again, report) = other
        .replica
        .take_bundle(&second.replica.bundle(0).unwrap())
        .unwrap();
    assert_eq!((again.len(), report.had, report.refused.len()), (0, 1, 0));
    assert!(second.sync(&mut school).is_ok_and(|reissued| reissued));
    settle(&mut school, &mut [first, second, other]);
}

#[test]
fn a_hand_over_in_the_middle_carries_what_is_to_be_issued_again() {
    let (mut school, mut first, mut second) = copied();
    assert!(first.sync(&mut school).is_ok());
    let gathered = second.replica.gather().unwrap();
    assert!(second.write(gathered).is_ok());
    let request = second.replica.request(0, &Ask::default()).unwrap();
    let reply = school.journal.exchange(&mut school.hub, 4, &request);
    let (records, _) = second.replica.reply(&request, &reply, 0, 0).unwrap();
    let late = (request, reply);
    assert!(second.write(records).is_ok());
    let parted = second.replica.part(school.fresh()).unwrap();
    assert!(matches!(
        parted[..],
        [Record::Incarnation(_), Record::Parted { .. }]
    ));
    assert!(second.write(parted).is_ok());
    let before = second.replica.not_yet_sent();
    let again = second.replica.reissue_now().unwrap();
    assert!(second.write(again).is_ok());
    assert_eq!(second.replica.not_yet_sent(), before);
    // A late answer about the old changes decides nothing more.
    let (records, _) = second.replica.reply(&late.0, &late.1, 0, 0).unwrap();
    assert!(second.write(records).is_ok());
    assert!(!second.replica.must_part());
    let bundle = second.replica.bundle(0).unwrap();
    let mut helper = Store::new(5, Role::Gate, &[]);
    assert!(helper.write(vec![all_keys(&school.hub)]).is_ok());
    let (carried, report) = helper.replica.take_bundle(&bundle).unwrap();
    assert!(helper.write(carried).is_ok());
    assert_eq!(report.refused.len() + report.waiting, 0, "{report:?}");
    let shown = helper.replica.day(date());
    assert!(second.tapped().iter().all(|id| shown.entry(id).is_some()));
    settle(&mut school, &mut [first, second]);
}

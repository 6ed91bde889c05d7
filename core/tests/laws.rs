//! What must hold of any history: replicas that record, amend, take back, decide, sign off and exchange changes in
//! any order, any batch and any number of times.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::*;
use daymark_core::day;
use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::door::Verdict;
use daymark_core::entry::{Duty, Entry};
use daymark_core::fold::{CellFold, DayFold, Rules, SignedOff, Standing};
use daymark_core::ids::{ActorId, ChangeHash, DeviceNumber, EntryId, PupilNumber};
use daymark_core::item::Item;
use daymark_core::record;
use daymark_core::session::{Cell, Session};
use proptest::prelude::*;

const CODES: [&str; 8] = ["/", "\\", "N", "L", "U", "V", "P", "I"];

fn duties() -> [Duty; 5] {
    [class(), Duty::Gate, on_trip(1), on_trip(2), Duty::Office]
}

#[derive(Debug, Clone)]
enum Action {
    /// Marks one to three pupils in one change.
    Mark {
        pupils: Vec<u64>,
        code: usize,
    },
    Undo {
        pupil: u64,
    },
    Decide {
        pupil: u64,
        code: usize,
    },
    SignOff,
    /// Writes what `record` would refuse.
    Odd {
        pupil: u64,
        kind: usize,
    },
    /// Sends changes to another replica: shuffled, perhaps only some, perhaps some twice.
    Send {
        to: usize,
        part: usize,
        dice: u64,
    },
}

#[derive(Debug, Clone)]
struct Step {
    replica: usize,
    duty: usize,
    afternoon: bool,
    action: Action,
}

fn any_step() -> impl Strategy<Value = Step> {
    let pupil = 1_u64..4;
    let code = 0..CODES.len();
    let action = prop_oneof![
        6 => (prop::collection::vec(pupil.clone(), 1..4), code.clone())
            .prop_map(|(pupils, code)| Action::Mark { pupils, code }),
        2 => pupil.clone().prop_map(|pupil| Action::Undo { pupil }),
        3 => (pupil.clone(), code).prop_map(|(pupil, code)| Action::Decide { pupil, code }),
        1 => Just(Action::SignOff),
        2 => (pupil, 0_usize..5).prop_map(|(pupil, kind)| Action::Odd { pupil, kind }),
        5 => (0_usize..6, 0_usize..4, any::<u64>())
            .prop_map(|(to, part, dice)| Action::Send { to, part, dice }),
    ];
    (0_usize..6, 0_usize..5, prop::bool::weighted(0.2), action).prop_map(
        |(replica, duty, afternoon, action)| Step {
            replica,
            duty,
            afternoon,
            action,
        },
    )
}

#[derive(Clone)]
struct Replica {
    number: usize,
    sheets: BTreeMap<DocumentId, Document>,
    /// Every change it holds, in the order in which it came to hold them.
    log: Vec<(DocumentId, ChangeHash, Vec<u8>)>,
    /// Kept up entry by entry.
    running: DayFold,
}

impl Replica {
    fn new(number: usize) -> Self {
        let sheets = duties().map(|duty| sheet(&duty));
        Self {
            number,
            sheets: sheets
                .into_iter()
                .map(|document| (document.id().clone(), document))
                .collect(),
            log: Vec::new(),
            running: DayFold::new(date(), Rules::default()),
        }
    }

    fn day(&self) -> DayFold {
        day::fold(date(), Rules::default(), self.sheets.values())
    }

    fn actor(&self) -> ActorId {
        actor(u32::try_from(self.number).unwrap() + 1)
    }

    fn append(&mut self, duty: &Duty, items: &[Item]) {
        let id = DocumentId::Sheet(date(), duty.clone());
        let actor = self.actor();
        let change = self.sheets.get_mut(&id).unwrap().append(actor, items).unwrap();
        if let Some(change) = change {
            self.log.push((id, change.hash, change.bytes));
        }
        self.keep_up(items);
    }

    fn keep_up(&mut self, items: &[Item]) {
        for item in items {
            if let Item::Slip(entries) = item {
                self.running.add(entries.clone());
            }
        }
        let whole = self.day();
        for session in Session::ALL {
            for sign_off in whole.sign_offs(session) {
                self.running.sign_off(sign_off.clone());
            }
        }
    }

    /// Takes changes in the given order, holding those whose parents have not come.
    fn receive(&mut self, mut changes: Vec<(DocumentId, ChangeHash, Vec<u8>)>) {
        let mut items_came = Vec::new();
        loop {
            let mut held = Vec::new();
            let mut progress = false;
            for (id, hash, bytes) in changes {
                match self.sheets.get_mut(&id).unwrap().receive(&bytes) {
                    Verdict::Stored { items, .. } => {
                        progress = true;
                        items_came.extend(items);
                        self.log.push((id, hash, bytes));
                    }
                    Verdict::AlreadyHad(known) => assert_eq!(known, hash),
                    Verdict::Held { .. } => held.push((id, hash, bytes)),
                    Verdict::Refused(refusal) => panic!("an honest change was refused: {refusal}"),
                }
            }
            if !progress {
                break;
            }
            changes = held;
        }
        self.keep_up(&items_came);
    }
}

struct World {
    replicas: Vec<Replica>,
    made: BTreeMap<EntryId, Entry>,
}

/// Plays a history; `clocks` says how far each device's clock is off.
fn play(count: usize, steps: &[Step], clocks: &[i64]) -> World {
    let mut world = World {
        replicas: (0..count).map(Replica::new).collect(),
        made: BTreeMap::new(),
    };
    for (number, step) in steps.iter().enumerate() {
        let at = step.replica % count;
        let minutes = i64::try_from(number).unwrap() * 60;
        let now = date().start_unix_seconds() + 31_000 + minutes + clocks[at];
        act(&mut world, at, number, now, step);
    }
    world
}

fn act(world: &mut World, at: usize, number: usize, now: i64, step: &Step) {
    let duty = match step.action {
        Action::Decide { .. } | Action::SignOff => Duty::Office,
        _ => duties()[step.duty].clone(),
    };
    let session = if step.afternoon { Session::Pm } else { Session::Am };
    let day = world.replicas[at].day();
    let mut author = author(&duty);
    author.device = DeviceNumber(u32::try_from(at).unwrap() + 1);
    author.person = person(&format!("person-{at}"));
    author.now = now;
    // Each entry carries its number, so that the same entry is known again where ids differ.
    let with_label = |code: usize| {
        let mut mark = mark(&duty, CODES[code], Some(&format!("reason {number}")));
        mark.particulars.comment = Some(format!("entry {number}"));
        mark
    };
    let entries: Vec<Entry> = match &step.action {
        Action::Mark { pupils, code } => {
            let pupils: BTreeSet<u64> = pupils.iter().copied().collect();
            pupils
                .iter()
                .filter_map(|pupil| {
                    let pupil = PupilNumber(*pupil);
                    record::mark(&day, &author, session, pupil, &with_label(*code)).ok()
                })
                .collect()
        }
        Action::Undo { pupil } => {
            let reason = format!("reason {number}");
            record::undo(&day, &author, session, PupilNumber(*pupil), &reason)
                .ok()
                .into_iter()
                .collect()
        }
        Action::Decide { pupil, code } => {
            record::decide(&day, &author, session, PupilNumber(*pupil), &with_label(*code))
                .ok()
                .into_iter()
                .collect()
        }
        Action::SignOff => {
            let sheets = world.replicas[at].sheets.values();
            let statement = record::sign_off(&day, &author, session, sheets, &BTreeSet::new()).unwrap();
            world.replicas[at].append(&duty, &[Item::SignOff(statement)]);
            Vec::new()
        }
        Action::Odd { pupil, kind } => {
            let cell = cell_of(session, PupilNumber(*pupil));
            vec![odd(&day, &author, &duty, cell, *kind, number)]
        }
        Action::Send { to, part, dice } => {
            let to = to % world.replicas.len();
            let parcel = parcel(&world.replicas[at], *part, *dice);
            world.replicas[to].receive(parcel);
            Vec::new()
        }
    };
    for entry in &entries {
        world.made.insert(entry.id(), entry.clone());
    }
    world.replicas[at].append(&duty, &Item::slips(&entries));
}

fn odd(day: &DayFold, author: &record::Author, duty: &Duty, cell: Cell, kind: usize, number: usize) -> Entry {
    let mut odd = entry(duty, "N").at(cell);
    odd.device = author.device;
    odd.person = author.person.clone();
    odd.recorded_at = author.now;
    odd.particulars.comment = Some(format!("entry {number}"));
    let others: BTreeSet<EntryId> = day.history(&cell).into_iter().map(|(id, _)| id).collect();
    match kind {
        0 => odd.supersedes = others,
        1 => {
            odd.supersedes = others;
            odd.reason = Some(format!("reason {number}"));
        }
        2 => odd.code = Some(code("H")),
        3 => odd.supersedes = [EntryId([7; 32])].into(),
        _ => odd.code = None,
    }
    odd
}

/// What a replica sends: a part of all it has, shuffled, with some of it twice.
fn parcel(from: &Replica, part: usize, dice: u64) -> Vec<(DocumentId, ChangeHash, Vec<u8>)> {
    let mut dice = Dice::new(dice);
    let mut parcel = from.log.clone();
    dice.shuffle(&mut parcel);
    parcel.truncate(parcel.len() * (4 - part) / 4);
    let twice = parcel.len() / 3;
    parcel.extend_from_within(..twice);
    dice.shuffle(&mut parcel);
    parcel
}

/// Everybody gets everything, each in an order of their own.
fn settle(world: &mut World) {
    for round in 0..2_u64 {
        for from in 0..world.replicas.len() {
            for to in 0..world.replicas.len() {
                let seed = round * 100 + (from * 10 + to) as u64;
                let parcel = parcel(&world.replicas[from], 0, seed);
                world.replicas[to].receive(parcel);
            }
        }
    }
}

fn sign_offs(day: &DayFold) -> Vec<SignedOff> {
    Session::ALL
        .iter()
        .flat_map(|session| day.sign_offs(*session).cloned().collect::<Vec<_>>())
        .collect()
}

fn merged(into: &DayFold, from: &DayFold) -> DayFold {
    let mut merged = into.clone();
    merged.add(from.entries().values().cloned());
    for sign_off in sign_offs(from) {
        merged.sign_off(sign_off);
    }
    merged
}

fn void(fold: &CellFold) -> BTreeSet<EntryId> {
    let judged = fold.irregular.iter().filter(|found| found.why.moves_nothing());
    judged.map(|found| found.entry).collect()
}

fn check_that_nothing_vanished(day: &DayFold, made: &BTreeMap<EntryId, Entry>) {
    for (id, entry) in made {
        assert!(day.entry(id).is_some(), "an entry is gone");
        let fold = day.cell(&entry.cell).unwrap();
        let void = void(fold);
        let replaced = || {
            day.history(&entry.cell)
                .iter()
                .any(|(other, by)| by.supersedes.contains(id) && !void.contains(other))
        };
        let proposed = fold.proposals.iter().any(|proposal| proposal.entry == *id);
        assert!(
            fold.candidates.contains(id) || void.contains(id) || proposed || replaced(),
            "an entry neither stands, nor waits, nor is out of order, nor was replaced"
        );
    }
}

/// Leaving out one entry gives back what it alone replaced, and moves nothing else.
fn check_that_each_supersedes_exactly_what_it_names(day: &DayFold) {
    let sign_offs = sign_offs(day);
    for (id, entry) in day.entries() {
        let with = day.cell(&entry.cell).unwrap();
        if !with.candidates.contains(id) {
            continue;
        }
        let others = day
            .entries()
            .iter()
            .filter(|(other, _)| *other != id)
            .map(|(_, entry)| entry.clone());
        let without = DayFold::of(day.date(), day.rules(), others, sign_offs.clone());
        let before: BTreeSet<EntryId> = without
            .cell(&entry.cell)
            .map(|fold| fold.candidates.clone())
            .unwrap_or_default();
        let mut gone: BTreeSet<EntryId> = before.difference(&with.candidates).copied().collect();
        assert!(
            gone.is_subset(&entry.supersedes),
            "it took out what it did not name"
        );
        gone.extend(&with.candidates);
        let mut came = before.clone();
        came.insert(*id);
        assert_eq!(gone, came, "it brought in more than itself");
        assert!(
            entry.supersedes.is_disjoint(&with.candidates),
            "what it names still stands"
        );
    }
}

/// What stands, told by marks instead of ids: ids are hashes of clocks too.
type Told = BTreeMap<Cell, (Standing, bool, Vec<String>, Vec<String>, Vec<String>)>;

fn told(day: &DayFold) -> Told {
    let name = |id: &EntryId| {
        let entry = day.entry(id).unwrap();
        let label = entry.reason.as_ref().or(entry.particulars.comment.as_ref());
        format!("{:?} {:?} {} {}", label, entry.code, entry.duty, entry.device)
    };
    let sorted = |ids: &mut dyn Iterator<Item = EntryId>| {
        let mut names: Vec<String> = ids.map(|id| name(&id)).collect();
        names.sort();
        names
    };
    day.cells()
        .map(|(cell, fold)| {
            let told = (
                fold.standing.clone(),
                fold.signed_off,
                sorted(&mut fold.candidates.iter().copied()),
                sorted(&mut fold.proposals.iter().map(|proposal| proposal.entry)),
                sorted(&mut void(fold).into_iter()),
            );
            (*cell, told)
        })
        .collect()
}

/// Puts the same entries into sheets anew: other slips, other changes, another order.
fn regrouped(made: &BTreeMap<EntryId, Entry>, dice: &mut Dice) -> Vec<Document> {
    let mut sheets: BTreeMap<Duty, Document> = duties()
        .map(|duty| (duty.clone(), sheet(&duty)))
        .into_iter()
        .collect();
    let mut entries: Vec<Entry> = made.values().cloned().collect();
    dice.shuffle(&mut entries);
    while !entries.is_empty() {
        let take = 1 + dice.below(entries.len().min(5));
        let first = entries[0].clone();
        let (batch, rest): (Vec<_>, Vec<_>) = entries
            .into_iter()
            .enumerate()
            .partition(|(at, entry)| *at < take && entry.duty == first.duty && entry.device == first.device);
        let batch: Vec<Entry> = batch.into_iter().map(|(_, entry)| entry).collect();
        entries = rest.into_iter().map(|(_, entry)| entry).collect();
        write(sheets.get_mut(&first.duty).unwrap(), &batch);
    }
    sheets.into_values().collect()
}

fn cases() -> ProptestConfig {
    ProptestConfig {
        cases: 96,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn replicas_with_equal_heads_agree_byte_for_byte_and_nothing_vanishes(
        count in 2_usize..7,
        steps in prop::collection::vec(any_step(), 1..40),
    ) {
        let mut world = play(count, &steps, &[0; 6]);
        for replica in &world.replicas {
            prop_assert_eq!(replica.running.canonical(), replica.day().canonical(), "kept up as it came");
        }
        settle(&mut world);
        let first = &world.replicas[0];
        let day = first.day();
        for other in &world.replicas[1..] {
            for (id, document) in &first.sheets {
                prop_assert_eq!(document.heads(), other.sheets[id].heads());
            }
            prop_assert_eq!(day.canonical(), other.day().canonical());
            prop_assert_eq!(day.canonical(), other.running.canonical());
        }
        prop_assert_eq!(day.entries(), &world.made);
        check_that_nothing_vanished(&day, &world.made);
        check_that_each_supersedes_exactly_what_it_names(&day);
        for (_, fold) in day.cells() {
            if fold.standing.is_disputed() {
                prop_assert!(!fold.accounted_for());
                prop_assert!(fold.code().is_none());
                prop_assert!(fold.candidates.len() > 1);
            }
        }
        let superseding = world.made.values().filter(|entry| !entry.supersedes.is_empty()).count();
        prop_assert_eq!(day.amendments().len(), superseding, "an amendment for each");
    }

    #[test]
    fn merging_is_commutative_associative_and_idempotent(
        steps in prop::collection::vec(any_step(), 1..40),
    ) {
        let world = play(3, &steps, &[0; 6]);
        let days: Vec<DayFold> = world.replicas.iter().map(Replica::day).collect();
        let (a, b, c) = (&days[0], &days[1], &days[2]);
        prop_assert_eq!(merged(a, b).canonical(), merged(b, a).canonical());
        prop_assert_eq!(
            merged(&merged(a, b), c).canonical(),
            merged(a, &merged(b, c)).canonical()
        );
        prop_assert_eq!(merged(a, a).canonical(), a.canonical());
        prop_assert_eq!(merged(&merged(a, b), b).canonical(), merged(a, b).canonical());

        let join = |into: &Replica, from: &Replica| {
            let mut into = into.clone();
            into.receive(from.log.clone());
            into
        };
        let state = |replica: &Replica| {
            let heads: Vec<_> = replica.sheets.values().map(Document::heads).collect();
            (heads, replica.day().canonical())
        };
        let (a, b, c) = (&world.replicas[0], &world.replicas[1], &world.replicas[2]);
        prop_assert_eq!(state(&join(a, b)), state(&join(b, a)));
        prop_assert_eq!(state(&join(&join(a, b), c)), state(&join(a, &join(b, c))));
        prop_assert_eq!(state(&join(a, a)), state(a));
        prop_assert_eq!(state(&join(&join(a, b), b)), state(&join(a, b)));
    }

    #[test]
    fn entries_grouped_in_any_other_way_give_the_same_standings(
        steps in prop::collection::vec(any_step(), 1..40),
        seed: u64,
    ) {
        let mut world = play(4, &steps, &[0; 6]);
        settle(&mut world);
        let mut dice = Dice::new(seed);
        let day = world.replicas[0].day();
        let mut entries: Vec<Entry> = world.made.values().cloned().collect();
        dice.shuffle(&mut entries);

        let at_once = DayFold::of(date(), Rules::default(), entries.clone(), sign_offs(&day));
        prop_assert_eq!(at_once.canonical(), day.canonical());
        let mut one_by_one = DayFold::new(date(), Rules::default());
        for sign_off in sign_offs(&day) {
            one_by_one.sign_off(sign_off);
        }
        for entry in entries.clone() {
            one_by_one.add([entry.clone()]);
            one_by_one.add([entry]);
        }
        prop_assert_eq!(one_by_one.canonical(), day.canonical());

        let sheets = regrouped(&world.made, &mut dice);
        let anew = day::fold(date(), Rules::default(), &sheets);
        let unsigned = DayFold::of(date(), Rules::default(), entries, []);
        prop_assert_eq!(anew.canonical(), unsigned.canonical());
    }

    #[test]
    fn the_fold_of_some_pupils_is_their_part_of_the_whole_fold(
        steps in prop::collection::vec(any_step(), 1..40),
        pick in any::<u64>(),
    ) {
        let mut world = play(3, &steps, &[0; 6]);
        settle(&mut world);
        let replica = &world.replicas[0];
        let whole = replica.day();
        let all: BTreeSet<PupilNumber> = whole.cells().map(|(cell, _)| cell.pupil).collect();
        let some: BTreeSet<PupilNumber> = all.iter().copied().filter(|pupil| pick >> (pupil.0 % 64) & 1 == 1).collect();
        let part = day::fold_of(date(), Rules::default(), replica.sheets.values(), &some);
        let theirs: Vec<_> = whole.cells().filter(|(cell, _)| some.contains(&cell.pupil)).collect();
        prop_assert_eq!(part.cells().collect::<Vec<_>>(), theirs);
        let entries: Vec<_> = whole.entries().iter().filter(|(_, entry)| some.contains(&entry.cell.pupil)).collect();
        prop_assert_eq!(part.entries().iter().collect::<Vec<_>>(), entries);
    }

    #[test]
    fn no_clock_decides_what_stands(
        steps in prop::collection::vec(any_step(), 1..40),
        clocks in prop::collection::vec(-40_000_000_i64..40_000_000, 6),
    ) {
        let (mut right, mut off) = (play(5, &steps, &[0; 6]), play(5, &steps, &clocks));
        for (a, b) in right.replicas.iter().zip(&off.replicas) {
            prop_assert_eq!(told(&a.day()), told(&b.day()));
        }
        settle(&mut right);
        settle(&mut off);
        prop_assert_eq!(told(&right.replicas[0].day()), told(&off.replicas[0].day()));
    }

    #[test]
    fn a_saved_document_is_the_same_document(steps in prop::collection::vec(any_step(), 1..30)) {
        let world = play(3, &steps, &[0; 6]);
        for (id, document) in &world.replicas[0].sheets {
            let loaded = Document::load(SCHOOL, id.clone(), &document.save().unwrap()).unwrap();
            prop_assert_eq!(loaded.heads(), document.heads());
            prop_assert_eq!(loaded.items(), document.items());
            prop_assert_eq!(loaded.change_count(), document.change_count());
            let mut replayed = Document::new(SCHOOL, id.clone());
            for (_, _, bytes) in world.replicas[0].log.iter().filter(|(of, _, _)| of == id) {
                replayed.replay(bytes).unwrap();
            }
            prop_assert_eq!(replayed.heads(), document.heads());
            prop_assert_eq!(replayed.items(), document.items());
        }
    }
}

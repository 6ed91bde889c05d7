//! The door: what is honest passes in any order; nothing else can panic, stall or bloat a replica, or leave a
//! document that does not load.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "these tests measure time and memory, and print what they counted"
)]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use automerge::legacy::{ElementId, Key, MarkData, ObjectId, Op, OpId, OpType};
use automerge::{Change, ExpandedChange, ObjType, ScalarValue};
use common::*;
use daymark_core::chunk::{CHANGE_BYTES_MAX, OPERATIONS_MAX};
use daymark_core::document::{Document, DocumentError};
use daymark_core::document_id::DocumentId;
use daymark_core::door::{self, Verdict};
use daymark_core::entry::{Duty, Entry};
use daymark_core::ids::{DeviceNumber, PupilNumber, SchoolId};
use daymark_core::item::{ITEM_BYTES_MAX, Item};
use daymark_core::session::{Date, Session};
use daymark_core::trip::{HeadCount, TripStatement};
use daymark_core::visit::{AccountPart, Grade, Outcome, VisitStatement};
use sha2::{Digest, Sha256};

/// No single call may take longer, however busy the machine is.
const CALL_TIME_MAX: Duration = Duration::from_secs(1);

fn code_of(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Stored { .. } => "stored",
        Verdict::AlreadyHad(_) => "already-had",
        Verdict::Held { .. } => "held",
        Verdict::Refused(refusal) => refusal.code(),
    }
}

fn by_device(device: u32, pupil: u64, code: &str) -> Entry {
    Entry {
        device: DeviceNumber(device),
        ..entry(&class(), code).at(cell_of(Session::Am, PupilNumber(pupil)))
    }
}

fn append(document: &mut Document, device: u32, items: &[Item]) -> Vec<u8> {
    document.append(actor(device), items).unwrap().unwrap().bytes
}

fn head_count(device: u32, found: u32) -> Item {
    Item::Trip(statement(
        stamp(device, "m-lead"),
        TripStatement::HeadCount(HeadCount {
            expected: 30,
            found,
            missing: vec![PUPIL],
            place: Some("coach park".into()),
        }),
    ))
}

fn outcome(device: u32, grade: Grade) -> Item {
    Item::Visit(statement(
        stamp(device, "a-team"),
        VisitStatement::Outcome(Outcome {
            grade,
            answered: None,
            child_words: Some("fine".into()),
        }),
    ))
}

/// A document that holds some changes, and honest changes that it does not hold yet, parents first.
struct Corpus {
    document: Document,
    coming: Vec<Vec<u8>>,
}

/// Lets two devices write apart, by turns exchanging what they have.
fn corpus(id: DocumentId, mut write: impl FnMut(&mut Document, u32, usize) -> Vec<u8>) -> Corpus {
    let mut replicas = [
        Document::new(SCHOOL, id.clone()),
        Document::new(SCHOOL, id.clone()),
    ];
    let mut all: Vec<Vec<u8>> = Vec::new();
    for round in 0..12 {
        for (which, replica) in replicas.iter_mut().enumerate() {
            all.push(write(replica, 21 + u32::try_from(which).unwrap(), round));
        }
        if round % 3 == 2 {
            for replica in &mut replicas {
                for change in &all {
                    replica.receive(change);
                }
            }
        }
    }
    let coming = all.split_off(all.len() - 8);
    let mut document = Document::new(SCHOOL, id);
    for change in &all {
        assert_eq!(code_of(&document.receive(change)), "stored");
    }
    Corpus { document, coming }
}

fn sheet_corpus() -> Corpus {
    corpus(DocumentId::Sheet(date(), class()), |document, device, round| {
        let first = round as u64 * 10 + 1;
        let marks: Vec<Entry> = (first..first + 1 + round as u64 % 4)
            .map(|pupil| by_device(device, pupil, "N"))
            .collect();
        append(document, device, &Item::slips(&marks))
    })
}

fn trip_corpus() -> Corpus {
    corpus(DocumentId::Trip(trip_id(1)), |document, device, round| {
        append(
            document,
            device,
            &[head_count(device, u32::try_from(round).unwrap())],
        )
    })
}

fn visit_corpus() -> Corpus {
    corpus(DocumentId::Visit(visit_id(1)), |document, device, round| {
        if round % 3 == 0 {
            return append(document, device, &[outcome(device, Grade::ALL[round % 6])]);
        }
        let slot = (device - 21) as usize;
        let mut text = document.account(slot, AccountPart::Facts).unwrap();
        if round % 4 == 1 && text.len() > 4 {
            text.replace_range(1..3, "");
        }
        write!(text, "Round {round}: nobody. ").unwrap();
        let change = document.write_account(actor(device), slot, AccountPart::Facts, &text);
        change.unwrap().unwrap().bytes
    })
}

fn corpora() -> [Corpus; 3] {
    [sheet_corpus(), trip_corpus(), visit_corpus()]
}

// Honest changes.

#[test]
fn honest_changes_pass_in_any_order() {
    for (which, Corpus { document, coming }) in corpora().into_iter().enumerate() {
        let mut straight = document.clone();
        for change in &coming {
            assert_eq!(code_of(&straight.receive(change)), "stored");
        }
        for seed in 0..20 {
            let mut shuffled: Vec<&Vec<u8>> = coming.iter().chain(&coming).collect();
            Dice::new(seed * 3 + which as u64).shuffle(&mut shuffled);
            let mut other = document.clone();
            let mut waiting = shuffled;
            while !waiting.is_empty() {
                let before = waiting.len();
                waiting.retain(|change| match other.receive(change) {
                    Verdict::Held { missing, .. } => {
                        assert!(missing.iter().all(|parent| !other.has(parent)));
                        true
                    }
                    Verdict::Refused(refusal) => panic!("{refusal}"),
                    _ => false,
                });
                assert!(waiting.len() < before, "nothing moves any more");
            }
            assert_eq!(other.heads(), straight.heads());
            let sorted = |document: &Document| {
                let mut items: Vec<Vec<u8>> = document.items().into_iter().map(|(bytes, _)| bytes).collect();
                items.sort();
                items
            };
            assert_eq!(sorted(&other), sorted(&straight));
        }
    }
}

// Random damage.

fn leb(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

fn signed_leb(mut value: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (value & 0x7f).to_le_bytes()[0];
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

fn read_leb(bytes: &[u8], at: &mut usize) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = bytes[*at];
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

/// Where the body of a chunk begins.
fn body_of(chunk: &[u8]) -> usize {
    let mut at = 9;
    read_leb(chunk, &mut at);
    at
}

/// A chunk with a right length and a right checksum around a body.
fn chunk_around(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut hashed = vec![kind];
    hashed.extend(leb(body.len() as u64));
    hashed.extend(body);
    let mut chunk = vec![0x85, 0x6f, 0x4a, 0x83];
    chunk.extend(&Sha256::digest(&hashed)[..4]);
    chunk.extend(hashed);
    chunk
}

fn damage(bytes: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    if bytes.is_empty() {
        bytes.push(0);
    }
    let at = dice.below(bytes.len());
    let length = 1 + dice.below(8);
    let end = (at + length).min(bytes.len());
    match dice.below(10) {
        0 => bytes.truncate(at),
        1..=3 => bytes[at] ^= 1 << dice.below(8),
        4 => bytes[at] = *dice.pick(&[0, 1, 0x7f, 0x80, 0xff, 2, 0x40]),
        5 => {
            bytes.drain(at..end);
        }
        6 => bytes.extend_from_within(at..end),
        7 => {
            let copy = bytes[at..end].to_vec();
            let to = dice.below(bytes.len());
            bytes.splice(to..to, copy);
        }
        8 => {
            let from = dice.below(other.len());
            let to = (from + length * 4).min(other.len());
            bytes.splice(at..end, other[from..to].iter().copied());
        }
        _ => {
            let big = if dice.below(500) == 0 { 70_000 } else { 40 };
            let byte = bytes[at];
            bytes.splice(at..at, std::iter::repeat_n(byte, dice.below(big)));
        }
    }
}

/// Damage to a change's body, or to some of its columns, with all lengths and the checksum put right again.
fn damaged_and_repaired(change: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let times = 1 + dice.below(3);
    if dice.below(3) == 0 {
        let mut body = change[body_of(change)..].to_vec();
        for _ in 0..times {
            damage(&mut body, &other[body_of(other)..], dice);
        }
        return chunk_around(1, &body);
    }
    let mut parts = take_apart(change);
    let donor = take_apart(other);
    for _ in 0..times {
        let at = dice.below(parts.columns.len());
        let (kind, data) = &mut parts.columns[at];
        let replacement = donor.columns.iter().find(|(other, _)| other == kind);
        match replacement {
            Some((_, replacement)) if dice.below(4) == 0 => data.clone_from(replacement),
            _ => {
                let donor = &dice.pick(&donor.columns).1;
                damage(data, if donor.is_empty() { &[0] } else { donor }, dice);
            }
        }
    }
    put_together(&parts)
}

#[test]
fn two_hundred_thousand_damaged_changes_harm_nothing() {
    const EACH: usize = 75_000;
    door::quiet_caught_panics();
    let start = Instant::now();
    let mut slowest = Duration::ZERO;
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (which, Corpus { document, coming }) in corpora().into_iter().enumerate() {
        let mut dice = Dice::new(which as u64 + 1);
        // Each coming change is tried on the document that waits for it.
        let mut states = Vec::new();
        let mut grown = document;
        for change in &coming {
            states.push(grown.clone());
            grown.receive(change);
        }
        for round in 0..EACH {
            let at = dice.below(coming.len());
            let (change, other) = (&coming[at], dice.pick(&coming));
            let repaired = round % 2 == 0;
            let bytes = if repaired {
                damaged_and_repaired(change, other, &mut dice)
            } else {
                let mut bytes = change.clone();
                damage(&mut bytes, other, &mut dice);
                bytes
            };
            let heads = states[at].heads();
            let began = Instant::now();
            let verdict = if bytes == *change {
                continue;
            } else {
                let untouched = repaired.then(|| states[at].clone());
                let began = Instant::now();
                let verdict = states[at].receive(&bytes);
                slowest = slowest.max(began.elapsed());
                if let Verdict::Stored { hash, items } = &verdict {
                    let state = &states[at];
                    assert!(repaired, "a wrong checksum got past");
                    let loaded = Document::load(SCHOOL, state.id().clone(), &state.save()).unwrap();
                    assert_eq!(loaded.heads(), state.heads());
                    assert!(state.has(hash) && state.heads() != heads);
                    assert_eq!(loaded.items().len(), state.items().len());
                    assert_eq!(
                        state.items().len(),
                        untouched.as_ref().unwrap().items().len() + items.len()
                    );
                    states[at] = untouched.unwrap();
                }
                verdict
            };
            assert!(began.elapsed() < CALL_TIME_MAX * 2);
            assert_eq!(states[at].heads(), heads);
            *counts.entry(code_of(&verdict)).or_default() += 1;
        }
        // The documents are sound after all of it: what they waited for is still taken.
        for (state, change) in states.iter_mut().zip(&coming) {
            assert_eq!(code_of(&state.receive(change)), "stored");
        }
    }
    let tried: usize = counts.values().sum();
    println!(
        "{tried} damaged changes in {:?}, the slowest call {slowest:?}",
        start.elapsed()
    );
    for (code, count) in &counts {
        println!("{count:>8} {code}");
    }
    assert!(tried >= 200_000);
    assert!(slowest < CALL_TIME_MAX, "{slowest:?}");
    assert_memory_stayed_small();
}

/// The most memory that this process ever held, where the system says so.
fn assert_memory_stayed_small() {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return;
    };
    let peak: Option<u64> = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok());
    println!("peak memory {peak:?} KiB");
    assert!(peak.is_none_or(|peak| peak < 400_000), "{peak:?} KiB");
}

#[test]
fn a_batch_gives_each_change_the_verdict_that_it_has_alone() {
    door::quiet_caught_panics();
    for (which, Corpus { document, coming }) in corpora().into_iter().enumerate() {
        let mut dice = Dice::new(which as u64 + 40);
        for _ in 0..200 {
            let mut batch = coming.clone();
            for _ in 0..dice.below(6) {
                let (change, other) = (dice.pick(&coming).clone(), dice.pick(&coming).clone());
                batch.push(damaged_and_repaired(&change, &other, &mut dice));
            }
            if dice.below(2) == 0 {
                dice.shuffle(&mut batch);
            }
            let (mut together, mut alone) = (document.clone(), document.clone());
            let batch: Vec<&[u8]> = batch.iter().map(Vec::as_slice).collect();
            let verdicts: Vec<Verdict> = batch.iter().map(|change| alone.receive(change)).collect();
            assert_eq!(together.receive_all(&batch), verdicts);
            assert_eq!(together.heads(), alone.heads());
            let loaded = Document::load(SCHOOL, together.id().clone(), &together.save()).unwrap();
            assert_eq!(loaded.heads(), together.heads());
            assert_eq!(loaded.items(), alone.items());
        }
    }
    assert!(sheet(&class()).receive_all(&[]).is_empty());
}

// Lies with a right checksum, each refused by its name.

/// A sheet that holds one change of device 11 and one of device 12, made apart, and an honest change of device 11
/// on top of both.
struct Stage {
    document: Document,
    honest: Vec<u8>,
}

fn stage() -> Stage {
    let mut document = sheet(&class());
    let mut apart = sheet(&class());
    append(&mut document, 11, &Item::slips(&[by_device(11, 1, "N")]));
    let other = append(&mut apart, 12, &Item::slips(&[by_device(12, 2, "N")]));
    assert_eq!(code_of(&document.receive(&other)), "stored");
    let honest = append(&mut document.clone(), 11, &Item::slips(&[by_device(11, 3, "N")]));
    Stage { document, honest }
}

fn expand(bytes: &[u8]) -> ExpandedChange {
    let mut change = Change::from_bytes(bytes.to_vec()).unwrap().decode();
    change.hash = None;
    change
}

fn encode(change: ExpandedChange) -> Vec<u8> {
    Change::from(change).raw_bytes().to_vec()
}

fn judged(document: &mut Document, bytes: &[u8]) -> Verdict {
    door::quiet_caught_panics();
    let heads = document.heads();
    let began = Instant::now();
    let verdict = document.receive(bytes);
    assert!(began.elapsed() < CALL_TIME_MAX);
    if !matches!(verdict, Verdict::Stored { .. }) {
        assert_eq!(document.heads(), heads);
    }
    verdict
}

/// What the door says of the honest change after an edit.
fn lie(edit: impl FnOnce(&mut ExpandedChange)) -> &'static str {
    let mut stage = stage();
    let mut change = expand(&stage.honest);
    edit(&mut change);
    let verdict = judged(&mut stage.document, &encode(change));
    assert_eq!(code_of(&judged(&mut stage.document, &stage.honest)), "stored");
    code_of(&verdict)
}

fn with_item(item: &Item) -> &'static str {
    let bytes = item.encode();
    lie(move |change| change.operations[0].action = OpType::Put(ScalarValue::Bytes(bytes)))
}

#[test]
fn the_stage_itself_is_honest() {
    let mut stage = stage();
    let again = encode(expand(&stage.honest));
    assert_eq!(again, stage.honest);
    assert_eq!(code_of(&judged(&mut stage.document, &again)), "stored");
}

#[test]
fn wrong_numbers_are_refused() {
    for seq in [1, 3, u64::from(u32::MAX), u64::MAX] {
        let code = lie(|change| change.seq = seq);
        assert_eq!(code, if seq == 1 { "equivocation" } else { "sequence" });
    }
    for start in [1, 4, 6, 1 << 31, 1 << 32] {
        let code = lie(|change| change.start_op = NonZeroU64::new(start).unwrap());
        assert_eq!(code, "start-op", "{start}");
    }
}

#[test]
fn other_actors_are_refused() {
    for bytes in [
        &[7_u8; 16][..],
        &[0; 12],
        &[1],
        &[0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1],
    ] {
        let code = lie(|change| change.actor_id = bytes.into());
        assert_eq!(code, "actor");
    }
    let code = lie(|change| {
        change.actor_id = actor(99).to_bytes()[..].into();
        change.seq = 1;
    });
    assert_eq!(code, "other-device");
}

#[test]
fn parents_that_are_not_here_hold_a_change() {
    let unknown = automerge::ChangeHash([9; 32]);
    assert_eq!(lie(|change| change.deps.push(unknown)), "held");
    assert_eq!(lie(|change| change.deps = vec![unknown]), "held");
}

#[test]
fn a_change_with_no_parent_at_all_is_refused() {
    let code = lie(|change| {
        change.deps.clear();
        change.seq = 1;
        change.actor_id = actor(11).to_bytes()[..].into();
        change.start_op = NonZeroU64::MIN;
    });
    assert_eq!(code, "no-parents");
}

#[test]
fn parents_stand_in_order_and_once() {
    assert_eq!(lie(|change| change.deps.push(change.deps[0])), "malformed");
    let mut stage = stage();
    let mut body = stage.honest[body_of(&stage.honest)..].to_vec();
    assert_eq!(body[0], 2, "two parents");
    body[1..65].rotate_left(32);
    let swapped = judged(&mut stage.document, &chunk_around(1, &body));
    assert_eq!(code_of(&swapped), "malformed");
}

#[test]
fn operations_that_our_documents_do_not_use_are_refused() {
    let first = |edit: fn(&mut Op)| lie(|change| edit(&mut change.operations[0]));
    assert_eq!(
        first(|op| {
            op.obj = ObjectId::Root;
            op.key = Key::Map("school".into());
            op.insert = false;
        }),
        "operation"
    );
    assert_eq!(first(|op| op.action = OpType::Make(ObjType::Map)), "operation");
    assert_eq!(first(|op| op.action = OpType::Make(ObjType::List)), "operation");
    assert_eq!(first(|op| op.action = OpType::Make(ObjType::Text)), "operation");
    assert_eq!(
        first(|op| op.action = OpType::Put(ScalarValue::counter(1))),
        "operation"
    );
    assert_eq!(
        first(|op| op.action = OpType::Put(ScalarValue::Null)),
        "operation"
    );
    assert_eq!(first(|op| op.action = OpType::Put("x".into())), "operation");
    let mark = MarkData {
        name: "bold".into(),
        value: ScalarValue::Boolean(true),
        expand: true,
    };
    assert_eq!(
        lie(|change| change.operations[0].action = OpType::MarkBegin(mark)),
        "operation"
    );
    assert_eq!(lie(|change| change.operations.clear()), "operation");
}

/// The first item of the stage's sheet, as an operation id.
fn first_item(change: &ExpandedChange) -> OpId {
    OpId(change.start_op.get() - 1, actor(11).to_bytes()[..].into())
}

#[test]
fn nothing_in_the_list_can_be_deleted_overwritten_or_counted_up() {
    for action in [
        OpType::Delete,
        OpType::Increment(1),
        OpType::Put(ScalarValue::Bytes(
            Item::slips(&[by_device(11, 9, "N")])[0].encode(),
        )),
    ] {
        let code = lie(|change| {
            let target = first_item(change);
            let op = &mut change.operations[0];
            op.action = action;
            op.insert = false;
            op.key = Key::Seq(ElementId::Id(target.clone()));
            op.pred = vec![target].into();
        });
        assert_eq!(code, "operation");
    }
}

#[test]
fn nothing_goes_into_another_object() {
    for object in [
        OpId(1, actor(11).to_bytes()[..].into()),
        OpId(1, [0_u8; 12][..].into()),
        OpId(2, [0_u8; 12][..].into()),
        OpId(99, [0_u8; 12][..].into()),
    ] {
        let code = lie(|change| {
            change.operations[0].obj = ObjectId::Id(object);
            change.operations[0].key = Key::Seq(ElementId::Head);
        });
        assert_eq!(code, "operation");
    }
}

#[test]
fn nothing_follows_an_element_outside_its_own_past() {
    // The other device's item is here, but this change was made without sight of it.
    let code = lie(|change| {
        let own = stage().document;
        let mut only_own = sheet(&class());
        let first = append(&mut only_own, 11, &Item::slips(&[by_device(11, 1, "N")]));
        let parent = Change::from_bytes(first).unwrap().hash();
        assert!(own.heads().iter().any(|head| head.0 == parent.0));
        change.deps = vec![parent];
        let theirs = OpId(change.start_op.get() - 1, actor(12).to_bytes()[..].into());
        change.operations[0].key = Key::Seq(ElementId::Id(theirs));
    });
    assert_eq!(code, "operation");
    for (counter, by) in [(1_u64, actor(11)), (99, actor(11)), (4, actor(77))] {
        let code = lie(|change| {
            let nowhere = OpId(counter, by.to_bytes()[..].into());
            change.operations[0].key = Key::Seq(ElementId::Id(nowhere));
        });
        assert_eq!(code, "operation");
    }
    // Nor its own, later, operation.
    let code = lie(|change| {
        let own = OpId(change.start_op.get(), actor(11).to_bytes()[..].into());
        change.operations[0].key = Key::Seq(ElementId::Id(own));
    });
    assert_eq!(code, "operation");
}

#[test]
fn messages_times_and_extra_bytes_are_refused() {
    assert_eq!(lie(|change| change.message = Some("hello".into())), "extra");
    assert_eq!(lie(|change| change.time = 1), "extra");
    assert_eq!(lie(|change| change.time = -1), "extra");
    assert_eq!(lie(|change| change.extra_bytes = vec![1, 2]), "extra");
}

#[test]
fn items_that_do_not_belong_here_are_refused() {
    let mark = by_device(11, 3, "N");
    let slip = |entry: Entry| Item::Slip(vec![entry]);
    let elsewhere = Entry {
        school: SchoolId(654_321),
        ..mark.clone()
    };
    assert_eq!(with_item(&slip(elsewhere)), "other-school");
    let mut tomorrow = mark.clone();
    tomorrow.cell.date = date().plus(1).unwrap();
    assert_eq!(with_item(&slip(tomorrow)), "out-of-place");
    let gate = Entry {
        duty: Duty::Gate,
        ..mark.clone()
    };
    assert_eq!(with_item(&slip(gate)), "out-of-place");
    assert_eq!(with_item(&slip(by_device(12, 3, "N"))), "other-device");
    assert_eq!(with_item(&head_count(11, 3)), "out-of-place");
    assert_eq!(with_item(&outcome(11, Grade::Seen)), "out-of-place");
    let mut school = stamp(11, "m-lead");
    school.school = SchoolId(9);
    let TripStatement::HeadCount(count) = (match head_count(11, 3) {
        Item::Trip(statement) => statement.body,
        _ => unreachable!("a head count is said about a trip"),
    }) else {
        unreachable!("it is a head count")
    };
    let other_school = Item::Trip(statement(school, TripStatement::HeadCount(count)));
    assert_eq!(with_item(&other_school), "other-school");
}

#[test]
fn a_slip_does_not_belong_in_a_trip_nor_a_sign_off_in_a_class() {
    let mut trip = Document::new(SCHOOL, DocumentId::Trip(trip_id(1)));
    let refused = trip.append(actor(11), &Item::slips(&[by_device(11, 1, "N")]));
    assert!(
        matches!(&refused, Err(DocumentError::Refused { refusal, .. }) if refusal.code() == "out-of-place"),
        "{refused:?}"
    );
    let sign_off = daymark_core::sign_off::SignOff {
        session: Session::Am,
        saw: Vec::new(),
        disputed: Vec::new(),
        unmarked: Vec::new(),
    };
    assert_eq!(
        with_item(&Item::SignOff(statement(stamp(11, "a-class"), sign_off))),
        "out-of-place"
    );
}

#[test]
fn items_that_cannot_be_read_are_refused() {
    for bytes in [
        Vec::new(),
        vec![0],
        vec![9, 1, 2],
        vec![1],
        vec![1; ITEM_BYTES_MAX + 1],
        vec![3, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![2, 0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ] {
        let code = lie(|change| change.operations[0].action = OpType::Put(ScalarValue::Bytes(bytes)));
        assert_eq!(code, "item");
    }
}

#[test]
fn the_same_number_with_other_content_is_told_as_equivocation() {
    let mut stage = stage();
    let mut change = expand(&stage.honest);
    let other = Item::slips(&[by_device(11, 4, "N")])[0].encode();
    change.operations[0].action = OpType::Put(ScalarValue::Bytes(other));
    let forked = encode(change);
    assert_eq!(code_of(&judged(&mut stage.document, &stage.honest)), "stored");
    assert_eq!(code_of(&judged(&mut stage.document, &forked)), "equivocation");
    assert_eq!(
        code_of(&judged(&mut stage.document, &stage.honest)),
        "already-had"
    );
}

#[test]
fn a_change_cannot_be_carried_into_another_document_or_school() {
    let change = {
        let mut document = sheet(&class());
        append(&mut document, 11, &Item::slips(&[by_device(11, 1, "N")]))
    };
    let other_day = DocumentId::Sheet(Date::from_days(1), class());
    for mut other in [
        sheet(&Duty::Gate),
        Document::new(SchoolId(654_321), DocumentId::Sheet(date(), class())),
        Document::new(SCHOOL, other_day),
        Document::new(SCHOOL, DocumentId::Visit(visit_id(1))),
    ] {
        let code = code_of(&judged(&mut other, &change));
        assert!(
            ["out-of-place", "other-school"].contains(&code),
            "its items tell: {code}"
        );
        // Given the right parent by hand, its content gives it away.
        let mut forged = expand(&change);
        forged.deps = other
            .heads()
            .iter()
            .map(|head| automerge::ChangeHash(head.0))
            .collect();
        let genesis = Document::new(SCHOOL, other.id().clone());
        assert_eq!(genesis.change_count(), 0);
        let code = code_of(&judged(&mut other, &encode(forged)));
        assert!(
            ["out-of-place", "other-school", "start-op"].contains(&code),
            "{code}"
        );
    }
}

#[test]
fn a_wrong_checksum_is_told_as_damage() {
    let mut stage = stage();
    for at in (4..8).chain([stage.honest.len() - 1]) {
        let mut bytes = stage.honest.clone();
        bytes[at] ^= 1;
        assert_eq!(code_of(&judged(&mut stage.document, &bytes)), "checksum");
    }
}

#[test]
fn other_kinds_of_chunk_are_refused_unopened() {
    let mut stage = stage();
    let many: Vec<Entry> = (10..200)
        .map(|pupil| by_device(11, pupil * 977_777, "N"))
        .collect();
    let long = append(&mut stage.document.clone(), 11, &Item::slips(&many));
    let mut change = Change::from_bytes(long).unwrap();
    let deflated = change.bytes().into_owned();
    assert_eq!(deflated[8], 2, "the long change is compressed");
    assert_eq!(code_of(&judged(&mut stage.document, &deflated)), "not-a-change");
    let saved = stage.document.save();
    assert_eq!(code_of(&judged(&mut stage.document, &saved)), "not-a-change");
    let sync = automerge::sync::Message {
        heads: Vec::new(),
        need: Vec::new(),
        have: Vec::new(),
        changes: automerge::sync::ChunkList::empty(),
        flags: None,
        version: automerge::sync::MessageVersion::V1,
    }
    .encode();
    assert_eq!(code_of(&judged(&mut stage.document, &sync)), "malformed");
    assert_eq!(code_of(&judged(&mut stage.document, &[])), "malformed");
    let long = vec![0; CHANGE_BYTES_MAX + 1];
    assert_eq!(code_of(&judged(&mut stage.document, &long)), "change-too-long");
    let mut both = stage.honest.clone();
    both.extend(stage.honest.clone());
    assert_eq!(code_of(&judged(&mut stage.document, &both)), "malformed");
    for kind in [0, 2, 3, 4, 255] {
        let body = &stage.honest[body_of(&stage.honest)..];
        assert_eq!(
            code_of(&judged(&mut stage.document, &chunk_around(kind, body))),
            "not-a-change"
        );
    }
}

/// A change taken apart: what stands before the columns, the columns, and what follows.
struct Parts {
    head: Vec<u8>,
    columns: Vec<(u64, Vec<u8>)>,
    tail: Vec<u8>,
}

fn take_apart(chunk: &[u8]) -> Parts {
    let body = &chunk[body_of(chunk)..];
    let mut at = 0;
    let parents = usize::try_from(read_leb(body, &mut at)).unwrap();
    at += parents * 32;
    let actor = usize::try_from(read_leb(body, &mut at)).unwrap();
    at += actor;
    for _ in 0..3 {
        read_leb(body, &mut at);
    }
    let message = usize::try_from(read_leb(body, &mut at)).unwrap();
    at += message;
    for _ in 0..read_leb(body, &mut at) {
        let length = usize::try_from(read_leb(body, &mut at)).unwrap();
        at += length;
    }
    let head = body[..at].to_vec();
    let mut sizes = Vec::new();
    for _ in 0..read_leb(body, &mut at) {
        let specification = read_leb(body, &mut at);
        sizes.push((specification, usize::try_from(read_leb(body, &mut at)).unwrap()));
    }
    let mut columns = Vec::new();
    for (specification, size) in sizes {
        columns.push((specification, body[at..at + size].to_vec()));
        at += size;
    }
    Parts {
        head,
        columns,
        tail: body[at..].to_vec(),
    }
}

fn put_together(parts: &Parts) -> Vec<u8> {
    let mut body = parts.head.clone();
    body.extend(leb(parts.columns.len() as u64));
    for (specification, data) in &parts.columns {
        body.extend(leb(*specification));
        body.extend(leb(data.len() as u64));
    }
    for (_, data) in &parts.columns {
        body.extend(data);
    }
    body.extend(&parts.tail);
    chunk_around(1, &body)
}

/// Column data that says far more than it is long.
fn bombs(kind: u64, run: i64) -> Vec<Vec<u8>> {
    let count = signed_leb(run);
    let mut repeated = count.clone();
    let mut nothing = vec![0];
    nothing.extend(leb(run.unsigned_abs()));
    match kind {
        4 => {
            return vec![
                leb(run.unsigned_abs()),
                [leb(0), leb(run.unsigned_abs())].concat(),
            ];
        }
        5 => {
            let text = vec![b'x'; 8_000];
            repeated.extend(leb(text.len() as u64));
            repeated.extend(text);
        }
        6 => repeated.extend(leb(7 | 8_000 << 4)),
        _ => repeated.push(1),
    }
    let literal = signed_leb(-run);
    vec![repeated, nothing, literal]
}

#[test]
fn columns_that_announce_more_than_they_hold_are_refused_at_once() {
    for Corpus { document, coming } in corpora() {
        let parts = take_apart(&coming[0]);
        assert_eq!(put_together(&parts), coming[0]);
        let all: Vec<u64> = [
            0x01, 0x02, 0x11, 0x13, 0x15, 0x34, 0x42, 0x56, 0x70, 0x71, 0x73, 0x94, 0xa5,
        ]
        .into();
        let limit = i64::try_from(OPERATIONS_MAX).unwrap();
        for specification in all {
            for run in [1 << 40, i64::MAX, 1 << 20, limit + 1, limit, limit - 1, 500] {
                for bomb in bombs(specification & 7, run) {
                    let mut parts = take_apart(&coming[0]);
                    parts.columns.retain(|(kind, _)| *kind != specification);
                    parts.columns.push((specification, bomb));
                    parts.columns.sort_by_key(|(kind, _)| *kind);
                    let mut document = document.clone();
                    let verdict = judged(&mut document, &put_together(&parts));
                    assert!(
                        matches!(verdict, Verdict::Refused(_)),
                        "{specification:#x} {run} {verdict:?}"
                    );
                    if run > limit {
                        let code = code_of(&verdict);
                        assert!(["too-many-operations", "malformed"].contains(&code), "{code}");
                    }
                }
            }
        }
        // A compressed column inside an uncompressed change.
        let mut parts = take_apart(&coming[0]);
        parts.columns.last_mut().unwrap().0 |= 8;
        let mut document = document.clone();
        assert_eq!(
            code_of(&judged(&mut document, &put_together(&parts))),
            "malformed"
        );
    }
    assert_memory_stayed_small();
}

#[test]
fn all_columns_at_their_limit_at_once_stay_cheap() {
    let Corpus { document, coming } = sheet_corpus();
    let limit = i64::try_from(OPERATIONS_MAX).unwrap();
    for kinds in [
        &[0x01_u64, 0x02, 0x11, 0x13, 0x34, 0x42, 0x56, 0x70][..],
        &[0x15, 0x34, 0x42, 0x56, 0x70, 0x71, 0x73, 0x94, 0xa5][..],
    ] {
        let mut parts = take_apart(&coming[0]);
        parts.columns.clear();
        for kind in kinds {
            let mut data = match kind & 7 {
                4 => [leb(0), leb(limit.unsigned_abs())].concat(),
                _ => signed_leb(limit),
            };
            match kind & 7 {
                4 => {}
                5 => data.extend([1, b'x']),
                0 | 6 => data.push(0),
                _ => data.push(1),
            }
            parts.columns.push((*kind, data));
        }
        let mut document = document.clone();
        let verdict = judged(&mut document, &put_together(&parts));
        assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
    }
    assert_memory_stayed_small();
}

#[test]
fn a_document_says_when_it_is_full() {
    // A forged first operation near the limit is refused as such: only real growth fills a document.
    let mut visit = Document::new(SCHOOL, DocumentId::Visit(visit_id(1)));
    let long = "x".repeat(daymark_core::document::ACCOUNT_CHARS_MAX);
    let other = "y".repeat(daymark_core::document::ACCOUNT_CHARS_MAX);
    let mut refused = None;
    for round in 0..40 {
        let text = if round % 2 == 0 { &long } else { &other };
        match visit.write_account(actor(21), 0, AccountPart::Facts, text) {
            Ok(_) => {}
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    assert!(
        matches!(&refused, Some(DocumentError::Refused { refusal, .. }) if refusal.code() == "document-full"),
        "{refused:?}"
    );
    let loaded = Document::load(SCHOOL, visit.id().clone(), &visit.save()).unwrap();
    assert_eq!(loaded.heads(), visit.heads());
}

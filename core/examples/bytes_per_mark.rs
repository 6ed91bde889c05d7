//! What a mark costs: bytes in a change and in the saved document, the time of the door, and the time of the fold.
//!
//! `cargo run --release -p daymark-core --example bytes_per_mark`
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "an example that measures and prints"
)]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use automerge::{Automerge, Change};
use daymark_core::chunk;
use daymark_core::code::Code;
use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::door::Verdict;
use daymark_core::entry::{ClockCheck, Duty, Entry, Particulars, Person, VisitRef};
use daymark_core::fold::{DayFold, Rules};
use daymark_core::ids::{ActorId, DeviceNumber, PupilNumber, SchoolId, TripId};
use daymark_core::item::Item;
use daymark_core::session::{Cell, Date, Session};

const SCHOOL: SchoolId = SchoolId(123_456);

struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

fn trip() -> TripId {
    TripId(uuid::Uuid::from_u128(0x6e5f_2c3a_0000_4000_8000_0000_0000_0001))
}

fn date() -> Date {
    Date::from_ymd(2026, 3, 2).unwrap()
}

fn entry(device: u32, pupil: u64, code: Code, seconds: i64) -> Entry {
    let id = format!("staff-{device}").parse().unwrap();
    let person = Person::new(id, "Mrs A Shah", "Teacher").unwrap();
    Entry {
        school: SCHOOL,
        cell: Cell {
            date: date(),
            session: Session::Am,
            pupil: PupilNumber(pupil),
        },
        code: Some(code),
        particulars: Particulars {
            visit: (code == Code::VISIT).then(|| VisitRef {
                trip: trip(),
                listed: true,
                supervisor: person.clone(),
            }),
            ..Particulars::default()
        },
        duty: Duty::Trip(trip()),
        person,
        device: DeviceNumber(device),
        recorded_at: date().start_unix_seconds() + 31_000 + seconds,
        clock: Some(ClockCheck {
            offset_ms: -2_100,
            doubt_ms: 300,
        }),
        supersedes: BTreeSet::new(),
        reason: None,
        sign_off: None,
    }
}

fn sheet() -> Document {
    Document::new(SCHOOL, DocumentId::Sheet(date(), Duty::Trip(trip())))
}

fn actor(device: u32, dice: &mut Dice) -> ActorId {
    ActorId {
        device: DeviceNumber(device),
        incarnation: dice.next().to_be_bytes(),
    }
}

fn per_mark(what: &str, bytes: usize, marks: usize) {
    println!(
        "{what:<52} {bytes:>9} bytes {:>8.1} a mark",
        bytes as f64 / marks as f64
    );
}

fn thirty(dice: &mut Dice) {
    let marks: Vec<Entry> = (0..30)
        .map(|number| entry(7, 1000 + number, Code::VISIT, number.cast_signed() * 2))
        .collect();
    let actor = actor(7, dice);
    let mut together = sheet();
    let empty = together.save().unwrap().len();
    println!("an empty sheet saves to {empty} bytes\n");
    let change = together.append(actor, &Item::slips(&marks)).unwrap().unwrap();
    per_mark("30 marks in one change, one slip", change.bytes.len(), 30);
    per_mark("  saved", together.save().unwrap().len(), 30);
    let mut apart = sheet();
    let mut bytes = 0;
    for mark in &marks {
        let item = Item::slips(std::slice::from_ref(mark));
        bytes += apart.append(actor, &item).unwrap().unwrap().bytes.len();
    }
    per_mark("30 marks one by one", bytes, 30);
    per_mark("  saved", apart.save().unwrap().len(), 30);
}

/// 60 tablets that mark 30 pupils each, and 90 pupils marked a second time by the next tablet.
fn day(tablets: u32, dice: &mut Dice) -> Vec<Vec<Entry>> {
    let mut all: Vec<Vec<Entry>> = (0..tablets)
        .map(|tablet| {
            let mut marks: Vec<Entry> = (0..30)
                .map(|_| {
                    entry(
                        tablet + 1,
                        dice.next() | 1,
                        Code::VISIT,
                        (dice.next() % 14_400).cast_signed(),
                    )
                })
                .collect();
            marks.sort_by_key(|mark| mark.recorded_at);
            marks
        })
        .collect();
    let contested: Vec<u64> = all
        .iter()
        .flatten()
        .map(|mark| mark.cell.pupil.0)
        .step_by(20)
        .take(90)
        .collect();
    for (at, pupil) in contested.into_iter().enumerate() {
        let tablet = (at * 20 / 30 + 1) % all.len();
        let device = u32::try_from(tablet).unwrap() + 1;
        all[tablet].push(entry(device, pupil, Code::NOT_YET_KNOWN, 14_399));
    }
    all
}

fn shared_sheet(tablets: u32, dice: &mut Dice) -> Document {
    let day = day(tablets, dice);
    let marks: usize = day.iter().map(Vec::len).sum();
    let changes: Vec<Vec<u8>> = day
        .iter()
        .zip(1..)
        .map(|(marks, device)| {
            let change = sheet().append(actor(device, dice), &Item::slips(marks)).unwrap();
            change.unwrap().bytes
        })
        .collect();
    println!("\n{tablets} tablets, {marks} marks, one shared sheet, random 64-bit pupils, 4 hours");
    per_mark("  raw changes", changes.iter().map(Vec::len).sum(), marks);

    let mut hub = sheet();
    let mut times = Vec::new();
    for change in &changes {
        let began = Instant::now();
        let verdict = hub.receive(change);
        times.push(began.elapsed());
        assert!(matches!(verdict, Verdict::Stored { .. }), "{verdict:?}");
    }
    per_mark("  saved", hub.save().unwrap().len(), marks);
    let total: Duration = times.iter().sum();
    println!("  door, all changes one by one: {total:.1?}");
    for at in [1, 10, 30, 60, 120, 240] {
        if let Some(last) = times.get(at - 1) {
            let around = &times[at.saturating_sub(5)..at];
            let mean = around.iter().sum::<Duration>() / u32::try_from(around.len()).unwrap();
            println!("    at change {at}: {mean:.1?} (this one {last:.1?})");
        }
    }
    let mut batched = sheet();
    let all: Vec<&[u8]> = changes.iter().map(Vec::as_slice).collect();
    let began = Instant::now();
    for batch in all.chunks(20) {
        batched.receive_all(batch);
    }
    println!("  door, 20 changes at a time: {:.1?}", began.elapsed());
    assert_eq!(batched.heads(), hub.heads());
    where_the_time_goes(&hub, &changes);
    let began = Instant::now();
    let loaded = Document::load(SCHOOL, hub.id().clone(), &hub.save().unwrap()).unwrap();
    println!("  save and Document::load: {:.1?}", began.elapsed());
    assert_eq!(loaded.heads(), hub.heads());
    let began = Instant::now();
    let mut replayed = sheet();
    for change in &changes {
        replayed.replay(change).unwrap();
    }
    println!("  replay, no trial: {:.1?}", began.elapsed());
    hub
}

fn where_the_time_goes(hub: &Document, changes: &[Vec<u8>]) {
    const ROUNDS: u32 = 200;
    let mean = |body: &mut dyn FnMut()| {
        let began = Instant::now();
        for _ in 0..ROUNDS {
            body();
        }
        began.elapsed() / ROUNDS
    };
    let loaded = Automerge::load(&hub.save().unwrap()).unwrap();
    let last = changes.last().unwrap();
    let saved = loaded.save();
    let parse = mean(&mut || drop(chunk::parse(last)));
    let decode = mean(&mut || {
        let change = Change::from_bytes(last.clone()).unwrap().decode();
        drop(Change::from(change));
    });
    let clone = mean(&mut || drop(loaded.clone()));
    let save = mean(&mut || drop(loaded.save()));
    let load = mean(&mut || drop(Automerge::load(&saved)));
    let plain = loaded.save_nocompress();
    let save_plain = mean(&mut || drop(loaded.save_nocompress()));
    let load_plain = mean(&mut || drop(Automerge::load(&plain)));
    println!("    uncompressed: save {save_plain:.1?}, load {load_plain:.1?}");
    println!(
        "    parse {parse:.1?}, decode and encode {decode:.1?}, clone {clone:.1?}, save {save:.1?}, load {load:.1?}"
    );
}

fn folds(dice: &mut Dice) {
    let entries: Vec<Entry> = day(60, dice).into_iter().flatten().collect();
    let began = Instant::now();
    let ids: BTreeSet<_> = entries.iter().map(Entry::id).collect();
    println!("\nids of {} entries: {:.1?}", ids.len(), began.elapsed());
    let given = entries.clone();
    let began = Instant::now();
    let fold = DayFold::of(date(), Rules::default(), given, []);
    let whole = began.elapsed();
    let disputed = fold
        .cells()
        .filter(|(_, cell)| cell.standing.is_disputed())
        .count();
    println!(
        "DayFold::of {} entries: {whole:.1?}; {disputed} disputed",
        entries.len()
    );
    let mut running = fold.clone();
    let mut more = entries[77].clone();
    more.code = Some(Code::NOT_YET_KNOWN);
    more.particulars = Particulars::default();
    let began = Instant::now();
    let touched = running.add([more]);
    println!("one more entry: {:.1?}, {} cell", began.elapsed(), touched.len());
    let began = Instant::now();
    let bytes = fold.canonical();
    println!("canonical bytes: {} in {:.1?}", bytes.len(), began.elapsed());
}

fn main() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    thirty(&mut dice);
    let hub = shared_sheet(60, &mut dice);
    let began = Instant::now();
    let items = hub.items().len();
    println!("  all {items} items read again: {:.1?}", began.elapsed());
    shared_sheet(240, &mut dice);
    folds(&mut dice);
}

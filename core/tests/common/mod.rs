//! Builders that the tests share: one school, one day, a few adults and their duties.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "a module of each test file, which uses its own part of the builders"
)]

use std::collections::BTreeSet;

use daymark_core::code::Code;
use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Entry, Particulars, Person, TimeOfDay, VisitRef};
use daymark_core::fold::{CellFold, DayFold, Rules, SignedOff, Standing};
use daymark_core::ids::{ActorId, DeviceNumber, EntryId, PupilNumber, SchoolId, TripId, VisitId};
use daymark_core::item::{Item, Stamp, Statement};
use daymark_core::record::{Author, Mark};
use daymark_core::session::{Cell, Date, Session};

pub const SCHOOL: SchoolId = SchoolId(123_456);
pub const PUPIL: PupilNumber = PupilNumber(1042);

pub fn date() -> Date {
    Date::from_ymd(2026, 3, 2).expect("a date")
}

pub fn trip_id(number: u128) -> TripId {
    TripId(uuid::Uuid::from_u128(
        0x6e5f_2c3a_0000_4000_8000_0000_0000_0000 + number,
    ))
}

pub fn visit_id(number: u128) -> VisitId {
    VisitId(trip_id(number).0)
}

pub fn class() -> Duty {
    Duty::Class("4B".parse().expect("a class"))
}

pub fn on_trip(number: u128) -> Duty {
    Duty::Trip(trip_id(number))
}

pub fn person(id: &str) -> Person {
    let name = format!("Name of {id}");
    Person::new(id.parse().expect("a staff id"), &name, "Teacher").expect("a person")
}

pub fn code(text: &str) -> Code {
    text.parse().expect("a code")
}

pub fn time(text: &str) -> TimeOfDay {
    text.parse().expect("a time")
}

pub fn cell_of(session: Session, pupil: PupilNumber) -> Cell {
    Cell {
        date: date(),
        session,
        pupil,
    }
}

pub fn am() -> Cell {
    cell_of(Session::Am, PUPIL)
}

pub fn on_list(number: u128) -> VisitRef {
    VisitRef {
        trip: trip_id(number),
        listed: true,
        supervisor: person("m-lead"),
    }
}

/// What a code needs beside it, for a mark made under a duty.
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
        "L" => particulars.arrived_at = Some(time("09:05")),
        "U" => particulars.arrived_at = Some(time("09:40")),
        "B" | "K" | "Y7" => particulars.nature = Some("arranged".into()),
        _ => {}
    }
    particulars
}

/// A first mark, complete and in order. Its author is named after the duty and the code.
pub fn entry(duty: &Duty, code_text: &str) -> Entry {
    let device = match duty {
        Duty::Class(_) => 11,
        Duty::Trip(_) => 12,
        Duty::Gate => 13,
        Duty::Office => 14,
    };
    Entry {
        school: SCHOOL,
        cell: am(),
        code: Some(code(code_text)),
        particulars: particulars(duty, code_text),
        duty: duty.clone(),
        person: person(match duty {
            Duty::Class(_) => "a-class",
            Duty::Trip(_) => "b-trip",
            Duty::Gate => "c-gate",
            Duty::Office => "d-office",
        }),
        device: DeviceNumber(device),
        recorded_at: date().start_unix_seconds() + 8 * 3600 + 50 * 60,
        clock: None,
        supersedes: BTreeSet::new(),
        reason: None,
        sign_off: None,
    }
}

pub trait Edit: Sized {
    fn by(self, id: &str) -> Self;
    fn instead_of(self, originals: &[&Entry]) -> Self;
    fn knowing(self, sign_off: &SignedOff) -> Self;
    fn at(self, cell: Cell) -> Self;
}

impl Edit for Entry {
    fn by(mut self, id: &str) -> Self {
        self.person = person(id);
        self
    }

    fn instead_of(mut self, originals: &[&Entry]) -> Self {
        self.supersedes = originals.iter().map(|entry| entry.id()).collect();
        self.reason = Some("seen in class".into());
        self
    }

    fn knowing(mut self, sign_off: &SignedOff) -> Self {
        self.sign_off = Some(sign_off.id);
        self
    }

    fn at(mut self, cell: Cell) -> Self {
        self.cell = cell;
        self
    }
}

pub fn ids(entries: &[&Entry]) -> BTreeSet<EntryId> {
    entries.iter().map(|entry| entry.id()).collect()
}

pub fn sign_off_of(number: u8, covers: &[&Entry]) -> SignedOff {
    SignedOff {
        id: EntryId([number; 32]),
        date: date(),
        session: Session::Am,
        covers: ids(covers),
    }
}

pub fn day_of(entries: &[&Entry]) -> DayFold {
    signed_day(entries, &[])
}

pub fn signed_day(entries: &[&Entry], sign_offs: &[&SignedOff]) -> DayFold {
    DayFold::of(
        date(),
        Rules::default(),
        entries.iter().map(|entry| (*entry).clone()),
        sign_offs.iter().map(|sign_off| (*sign_off).clone()),
    )
}

pub fn fold_of(entries: &[&Entry]) -> CellFold {
    day_of(entries).cell(&am()).expect("a cell with entries").clone()
}

pub fn standing_of(entries: &[&Entry]) -> Standing {
    fold_of(entries).standing
}

pub fn author(duty: &Duty) -> Author {
    let sample = entry(duty, "N");
    Author {
        school: SCHOOL,
        duty: duty.clone(),
        person: sample.person,
        device: sample.device,
        now: sample.recorded_at + 3600,
        clock: None,
        role: daymark_core::roster::Role::Office,
        policy: std::sync::Arc::default(),
    }
}

pub fn mark(duty: &Duty, code_text: &str, reason: Option<&str>) -> Mark {
    Mark {
        code: code(code_text),
        particulars: particulars(duty, code_text),
        reason: reason.map(str::to_owned),
    }
}

pub fn actor(device: u32) -> ActorId {
    ActorId {
        device: DeviceNumber(device),
        incarnation: [7; 8],
    }
}

pub fn sheet(duty: &Duty) -> Document {
    Document::new(SCHOOL, DocumentId::Sheet(date(), duty.clone()))
}

pub fn stamp(device: u32, id: &str) -> Stamp {
    Stamp {
        school: SCHOOL,
        device: DeviceNumber(device),
        person: person(id),
        recorded_at: date().start_unix_seconds() + 10 * 3600,
        clock: None,
    }
}

pub fn statement<T>(stamp: Stamp, body: T) -> Statement<T> {
    Statement {
        stamp,
        supersedes: BTreeSet::new(),
        reason: None,
        body,
    }
}

/// Writes entries into a sheet as one change of the device that made them.
pub fn write(sheet: &mut Document, entries: &[Entry]) -> Vec<u8> {
    let device = entries.first().expect("an entry").device.0;
    sheet
        .append(actor(device), &Item::slips(entries))
        .expect("a sheet that can be written")
        .expect("a change")
        .bytes
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

    pub fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

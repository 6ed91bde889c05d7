//! The slip: the entries that one person made on one device under one duty, packed as one item of a sheet.
//!
//! What the entries share (school, date, duty, device, person, clock) is written once, so that a mark takes about
//! twelve bytes. A slip with a single entry is that entry's own byte form, which its id is the hash of; how entries
//! were gathered into slips therefore never shows in an id. The layout is in `docs/protocol.md`.

use std::collections::BTreeSet;

use crate::bytes::{BytesError, Reader, Writer};
use crate::code::{self, Code};
use crate::entry::{
    ClockCheck, Duty, Entry, NAME_BYTES_MAX, NOTE_BYTES_MAX, Particulars, Person, SUPERSEDES_MAX, TimeOfDay,
    VisitRef,
};
use crate::ids::{ClassName, DeviceNumber, EntryId, PersonId, PupilNumber, SchoolId, TripId};
use crate::item::ITEM_BYTES_MAX;
use crate::session::{Cell, Date, Session};

/// The most entries in one slip.
pub const ENTRIES_MAX: usize = 256;
/// The most different visits that one slip may name.
const VISITS_MAX: usize = 16;

const VERSION: u8 = 1;
const CODE_NONE: u8 = 62;
const CODE_ESCAPE: u8 = 63;
const CODE_BITS: u8 = 0x3f;
const EXTRAS: u8 = 0x40;
const AFTERNOON: u8 = 0x80;

const NATURE: u8 = 1;
const VISIT: u8 = 2;
const ARRIVED: u8 = 4;
const COMMENT: u8 = 8;
const SUPERSEDES: u8 = 16;
const REASON: u8 = 32;
const SIGN_OFF: u8 = 64;

/// Whether two entries can share a slip.
fn same_slip(a: &Entry, b: &Entry) -> bool {
    a.school == b.school
        && a.cell.date == b.cell.date
        && a.duty == b.duty
        && a.device == b.device
        && a.person == b.person
        && a.clock == b.clock
}

/// Groups entries, in their order, into as few slips as their people, devices and duties allow, each short enough
/// for an item.
pub fn groups(entries: &[Entry]) -> Vec<Vec<Entry>> {
    fn split(entries: &[Entry], groups: &mut Vec<Vec<Entry>>) {
        let fits = entries.len() <= ENTRIES_MAX
            && visits_of(entries).len() <= VISITS_MAX
            && encode(entries).len() < ITEM_BYTES_MAX;
        if fits || entries.len() == 1 {
            groups.push(entries.to_vec());
        } else {
            let (first, second) = entries.split_at(entries.len() / 2);
            split(first, groups);
            split(second, groups);
        }
    }
    let mut all = Vec::new();
    for group in entries.chunk_by(same_slip) {
        split(group, &mut all);
    }
    all
}

/// The different visits that entries name, in the order in which they are first named.
fn visits_of(entries: &[Entry]) -> Vec<&VisitRef> {
    let mut visits: Vec<&VisitRef> = Vec::new();
    for visit in entries
        .iter()
        .filter_map(|entry| entry.particulars.visit.as_ref())
    {
        if !visits.contains(&visit) {
            visits.push(visit);
        }
    }
    visits
}

/// The visit that a mark without extras has: that of the slip, for the codes that are marked from a trip's list.
fn default_visit<'a>(code: Option<Code>, visits: &[&'a VisitRef]) -> Option<&'a VisitRef> {
    let from_a_list = code.is_some_and(|code| code == Code::VISIT || code == Code::SPORT);
    visits.first().copied().filter(|_| from_a_list)
}

/// Encodes entries that share a slip. Entries that do not share one would be changed by this, so [`groups`]
/// brings them together first.
pub(crate) fn encode(entries: &[Entry]) -> Vec<u8> {
    let mut writer = Writer::default();
    let Some(first) = entries.first() else {
        return Vec::new();
    };
    debug_assert!(entries.iter().all(|entry| same_slip(first, entry)));

    let start = first.cell.date.start_unix_seconds();
    let base = entries
        .iter()
        .map(|entry| entry.recorded_at)
        .min()
        .unwrap_or(start);
    let visits = visits_of(entries);

    writer.byte(VERSION);
    writer.uint(u64::from(first.school.0));
    writer.uint(u64::from(first.cell.date.days()));
    write_duty(&mut writer, &first.duty);
    writer.uint(u64::from(first.device.0));
    write_person(&mut writer, &first.person);
    write_clock(&mut writer, first.clock);
    writer.int(base.wrapping_sub(start));
    writer.uint(visits.len() as u64);
    for visit in &visits {
        write_visit(&mut writer, visit, &first.duty, &first.person);
    }
    writer.uint(entries.len() as u64);
    for entry in entries {
        write_mark(&mut writer, entry, base, &visits);
    }
    writer.into_bytes()
}

fn write_duty(writer: &mut Writer, duty: &Duty) {
    match duty {
        Duty::Office => writer.byte(0),
        Duty::Gate => writer.byte(1),
        Duty::Class(class) => {
            writer.byte(2);
            writer.text(class.as_str());
        }
        Duty::Trip(trip) => {
            writer.byte(3);
            writer.raw(trip.0.as_bytes());
        }
    }
}

fn write_person(writer: &mut Writer, person: &Person) {
    writer.text(person.id.as_str());
    writer.text(&person.name);
    writer.text(&person.position);
}

fn write_clock(writer: &mut Writer, clock: Option<ClockCheck>) {
    match clock {
        None => writer.byte(0),
        Some(check) => {
            writer.byte(1);
            writer.int(check.offset_ms);
            writer.uint(u64::from(check.doubt_ms));
        }
    }
}

fn write_visit(writer: &mut Writer, visit: &VisitRef, duty: &Duty, person: &Person) {
    let own_trip = *duty == Duty::Trip(visit.trip);
    let own_person = visit.supervisor == *person;
    writer.byte(u8::from(visit.listed) | u8::from(!own_trip) << 1 | u8::from(!own_person) << 2);
    if !own_trip {
        writer.raw(visit.trip.0.as_bytes());
    }
    if !own_person {
        write_person(writer, &visit.supervisor);
    }
}

fn write_mark(writer: &mut Writer, entry: &Entry, base: i64, visits: &[&VisitRef]) {
    let Particulars {
        nature,
        visit,
        arrived_at,
        comment,
    } = &entry.particulars;
    let flag = |bit: u8, present: bool| if present { bit } else { 0 };
    let other = flag(NATURE, nature.is_some())
        | flag(ARRIVED, arrived_at.is_some())
        | flag(COMMENT, comment.is_some())
        | flag(SUPERSEDES, !entry.supersedes.is_empty())
        | flag(REASON, entry.reason.is_some())
        | flag(SIGN_OFF, entry.sign_off.is_some());
    let plain = other == 0 && visit.as_ref() == default_visit(entry.code, visits);
    let number = entry
        .code
        .map_or(CODE_NONE, |code| code::number_of(code).unwrap_or(CODE_ESCAPE));
    let afternoon = flag(AFTERNOON, entry.cell.session == Session::Pm);
    writer.byte(number | afternoon | flag(EXTRAS, !plain));
    if let (CODE_ESCAPE, Some(code)) = (number, entry.code) {
        writer.text(code.as_str());
    }
    writer.uint(entry.cell.pupil.0);
    writer.uint(entry.recorded_at.wrapping_sub(base).cast_unsigned());
    if plain {
        return;
    }
    writer.byte(other | flag(VISIT, visit.is_some()));
    if let Some(nature) = nature {
        writer.text(nature);
    }
    if let Some(index) = visit
        .as_ref()
        .and_then(|visit| visits.iter().position(|known| *known == visit))
    {
        writer.uint(index as u64);
    }
    if let Some(time) = arrived_at {
        writer.uint(u64::from(time.seconds()));
    }
    if let Some(comment) = comment {
        writer.text(comment);
    }
    if !entry.supersedes.is_empty() {
        writer.uint(entry.supersedes.len() as u64);
        for id in &entry.supersedes {
            writer.raw(&id.0);
        }
    }
    if let Some(reason) = &entry.reason {
        writer.text(reason);
    }
    if let Some(id) = &entry.sign_off {
        writer.raw(&id.0);
    }
}

/// Decodes a slip of 1 to [`ENTRIES_MAX`] entries.
///
/// # Errors
/// Bytes that are cut, over a limit, of a newer layout, or not the canonical form are refused; the error names
/// the field.
pub fn decode(bytes: &[u8]) -> Result<Vec<Entry>, BytesError> {
    let mut reader = Reader::new(bytes);
    match reader.byte("version")? {
        VERSION => {}
        other => return Err(BytesError::Version(other)),
    }
    let school = SchoolId(reader.number("school")?);
    let date = Date::from_days(reader.number("date")?);
    let duty = read_duty(&mut reader)?;
    let device = DeviceNumber(reader.number("device")?);
    let person = read_person(&mut reader)?;
    let clock = read_clock(&mut reader)?;
    let base = date
        .start_unix_seconds()
        .checked_add(reader.int("base time")?)
        .ok_or(BytesError::Invalid("base time"))?;
    let visit_count = reader.count("count of visits", VISITS_MAX)?;
    let mut visits = Vec::with_capacity(visit_count);
    for _ in 0..visit_count {
        visits.push(read_visit(&mut reader, &duty, &person)?);
    }
    let count = reader.count("count of entries", ENTRIES_MAX)?;
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        let mark = read_mark(&mut reader, &visits)?;
        entries.push(Entry {
            school,
            cell: Cell {
                date,
                session: mark.session,
                pupil: mark.pupil,
            },
            code: mark.code,
            particulars: mark.particulars,
            duty: duty.clone(),
            person: person.clone(),
            device,
            recorded_at: i64::try_from(mark.delta)
                .ok()
                .and_then(|delta| base.checked_add(delta))
                .ok_or(BytesError::Invalid("time of an entry"))?,
            clock,
            supersedes: mark.supersedes,
            reason: mark.reason,
            sign_off: mark.sign_off,
        });
    }
    reader.finish()?;
    if entries.is_empty() || encode(&entries) != bytes {
        return Err(BytesError::NotCanonical);
    }
    Ok(entries)
}

fn read_duty(reader: &mut Reader<'_>) -> Result<Duty, BytesError> {
    match reader.byte("duty")? {
        0 => Ok(Duty::Office),
        1 => Ok(Duty::Gate),
        2 => reader
            .text("class", ClassName::BYTES_MAX)?
            .parse()
            .map(Duty::Class)
            .map_err(|_| BytesError::Invalid("class")),
        3 => Ok(Duty::Trip(read_trip(reader)?)),
        _ => Err(BytesError::Invalid("duty")),
    }
}

fn read_trip(reader: &mut Reader<'_>) -> Result<TripId, BytesError> {
    Ok(TripId(uuid::Uuid::from_bytes(reader.array("trip")?)))
}

fn read_person(reader: &mut Reader<'_>) -> Result<Person, BytesError> {
    let id = reader.text("staff id", PersonId::BYTES_MAX)?;
    let id = id.parse().map_err(|_| BytesError::Invalid("staff id"))?;
    let name = reader.text("name", NAME_BYTES_MAX)?;
    let position = reader.text("position", NAME_BYTES_MAX)?;
    Person::new(id, name, position).map_err(|error| BytesError::Invalid(error.field))
}

fn read_clock(reader: &mut Reader<'_>) -> Result<Option<ClockCheck>, BytesError> {
    match reader.byte("clock")? {
        0 => Ok(None),
        1 => Ok(Some(ClockCheck {
            offset_ms: reader.int("clock offset")?,
            doubt_ms: reader.number("clock doubt")?,
        })),
        _ => Err(BytesError::Invalid("clock")),
    }
}

fn read_visit(reader: &mut Reader<'_>, duty: &Duty, person: &Person) -> Result<VisitRef, BytesError> {
    let flags = reader.byte("visit")?;
    let trip = match (flags & 2, duty) {
        (0, Duty::Trip(trip)) => *trip,
        (0, _) => return Err(BytesError::Invalid("visit")),
        _ => read_trip(reader)?,
    };
    let supervisor = if flags & 4 == 0 {
        person.clone()
    } else {
        read_person(reader)?
    };
    Ok(VisitRef {
        trip,
        listed: flags & 1 != 0,
        supervisor,
    })
}

struct Mark {
    session: Session,
    pupil: PupilNumber,
    code: Option<Code>,
    particulars: Particulars,
    delta: u64,
    supersedes: BTreeSet<EntryId>,
    reason: Option<String>,
    sign_off: Option<EntryId>,
}

fn read_mark(reader: &mut Reader<'_>, visits: &[VisitRef]) -> Result<Mark, BytesError> {
    let head = reader.byte("code")?;
    let code = match head & CODE_BITS {
        CODE_NONE => None,
        CODE_ESCAPE => Some(
            reader
                .text("code", 2)?
                .parse()
                .map_err(|_| BytesError::Invalid("code"))?,
        ),
        number => Some(code::by_number(number).ok_or(BytesError::Invalid("code"))?),
    };
    let mut mark = Mark {
        session: if head & AFTERNOON == 0 {
            Session::Am
        } else {
            Session::Pm
        },
        pupil: PupilNumber(reader.uint("pupil")?),
        code,
        particulars: Particulars::default(),
        delta: reader.uint("time of an entry")?,
        supersedes: BTreeSet::new(),
        reason: None,
        sign_off: None,
    };
    if mark.pupil.0 == 0 {
        return Err(BytesError::Invalid("pupil"));
    }
    if head & EXTRAS == 0 {
        mark.particulars.visit = default_visit(code, &visits.iter().collect::<Vec<_>>()).cloned();
        return Ok(mark);
    }
    let flags = reader.byte("extras")?;
    let note = |reader: &mut Reader<'_>, bit: u8, what: &'static str| {
        (flags & bit != 0)
            .then(|| reader.text(what, NOTE_BYTES_MAX).map(str::to_owned))
            .transpose()
    };
    mark.particulars.nature = note(reader, NATURE, "nature")?;
    if flags & VISIT != 0 {
        let index = reader.count("visit", VISITS_MAX)?;
        mark.particulars.visit = Some(visits.get(index).ok_or(BytesError::Invalid("visit"))?.clone());
    }
    if flags & ARRIVED != 0 {
        let time = TimeOfDay::from_seconds(reader.number("arrival time")?);
        mark.particulars.arrived_at = Some(time.ok_or(BytesError::Invalid("arrival time"))?);
    }
    mark.particulars.comment = note(reader, COMMENT, "comment")?;
    if flags & SUPERSEDES != 0 {
        for _ in 0..reader.count("count of superseded entries", SUPERSEDES_MAX)? {
            mark.supersedes.insert(EntryId(reader.array("superseded entry")?));
        }
    }
    mark.reason = note(reader, REASON, "reason")?;
    if flags & SIGN_OFF != 0 {
        mark.sign_off = Some(EntryId(reader.array("sign-off")?));
    }
    Ok(mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::Item;
    use proptest::prelude::*;

    fn person() -> Person {
        Person::new("a-shah".parse().expect("an id"), "Mrs A Shah", "Teacher").expect("a person")
    }

    prop_compose! {
        fn any_entry()(
            pupil in 1_u64..,
            pm: bool,
            code in prop::sample::select(vec![None, Some("/"), Some("V"), Some("P"), Some("Y7"), Some("~~")]),
            at in -100_000_i64..200_000,
            visit in prop::option::of((any::<bool>(), any::<bool>(), any::<bool>())),
            notes in (prop::option::of("[a-z]{1,9}"), prop::option::of("[a-z]{1,9}"), prop::option::of("[a-z]{1,9}")),
            arrived in prop::option::of(0_u32..86_400),
            supersedes in prop::collection::btree_set(any::<[u8; 32]>(), 0..3),
            sign_off: Option<[u8; 32]>,
            on_trip: bool,
        ) -> Entry {
            let date = Date::from_days(9_500);
            let trip = TripId(uuid::Uuid::from_u128(7));
            Entry {
                school: SchoolId(123_456),
                cell: Cell { date, session: if pm { Session::Pm } else { Session::Am }, pupil: PupilNumber(pupil) },
                code: code.map(Code::literal),
                particulars: Particulars {
                    nature: notes.0,
                    visit: visit.map(|(listed, own_trip, own_person)| VisitRef {
                        trip: if own_trip { trip } else { TripId(uuid::Uuid::from_u128(8)) },
                        listed,
                        supervisor: if own_person { person() } else { Person { name: "Mr B".into(), ..person() } },
                    }),
                    arrived_at: arrived.and_then(TimeOfDay::from_seconds),
                    comment: notes.1,
                },
                duty: if on_trip { Duty::Trip(trip) } else { Duty::Gate },
                person: person(),
                device: DeviceNumber(3),
                recorded_at: date.start_unix_seconds() + at,
                clock: None,
                supersedes: supersedes.into_iter().map(EntryId).collect(),
                reason: notes.2,
                sign_off: sign_off.map(EntryId),
            }
        }
    }

    proptest! {
        #[test]
        fn entries_survive_their_slips_and_keep_their_ids(entries in prop::collection::vec(any_entry(), 1..40)) {
            let mut back = Vec::new();
            for group in groups(&entries) {
                let bytes = encode(&group);
                prop_assert!(bytes.len() < ITEM_BYTES_MAX);
                back.extend(decode(&bytes).expect("its own bytes"));
            }
            prop_assert_eq!(&back, &entries);
            let ids = |list: &[Entry]| list.iter().map(Entry::id).collect::<Vec<_>>();
            prop_assert_eq!(ids(&back), ids(&entries));
        }

        #[test]
        fn a_changed_byte_is_another_slip_or_none(entry in any_entry(), at in any::<prop::sample::Index>(), flip in 1_u8..) {
            let mut bytes = encode(std::slice::from_ref(&entry));
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            if let Ok(other) = decode(&bytes) {
                prop_assert_ne!(other, vec![entry]);
            }
        }

        #[test]
        fn any_bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(entries) = decode(&bytes) {
                prop_assert_eq!(encode(&entries), bytes.clone());
            }
            let _ = Item::decode(&bytes);
        }
    }

    #[test]
    fn no_code_of_the_table_uses_the_numbers_that_slips_reserve() {
        for row in code::rows() {
            assert!(row.number < CODE_NONE, "{}", row.symbol);
        }
    }

    #[test]
    fn marks_of_more_visits_than_a_slip_may_name_take_several_slips() {
        let date = Date::from_days(9_500);
        let entries: Vec<Entry> = (1..=40_u128)
            .map(|number| Entry {
                school: SchoolId(123_456),
                cell: Cell {
                    date,
                    session: Session::Am,
                    pupil: PupilNumber(7),
                },
                code: Some(Code::VISIT),
                particulars: Particulars {
                    visit: Some(VisitRef {
                        trip: TripId(uuid::Uuid::from_u128(number)),
                        listed: true,
                        supervisor: person(),
                    }),
                    ..Particulars::default()
                },
                duty: Duty::Office,
                person: person(),
                device: DeviceNumber(3),
                recorded_at: date.start_unix_seconds(),
                clock: None,
                supersedes: BTreeSet::new(),
                reason: None,
                sign_off: None,
            })
            .collect();
        let mut found = Vec::new();
        for slip in groups(&entries) {
            found.extend(decode(&encode(&slip)).expect("a slip that can be read"));
        }
        assert_eq!(found, entries);
    }

    #[test]
    fn thirty_marks_of_a_trip_take_about_six_bytes_each_people_and_trip_included() {
        let date = Date::from_days(9_500);
        let trip = TripId(uuid::Uuid::from_u128(7));
        let mark = |number: u64| Entry {
            school: SchoolId(123_456),
            cell: Cell {
                date,
                session: Session::Am,
                pupil: PupilNumber(1000 + number),
            },
            code: Some(Code::VISIT),
            particulars: Particulars {
                visit: Some(VisitRef {
                    trip,
                    listed: true,
                    supervisor: person(),
                }),
                ..Particulars::default()
            },
            duty: Duty::Trip(trip),
            person: person(),
            device: DeviceNumber(3),
            recorded_at: date.start_unix_seconds() + 31_000 + number.cast_signed() * 2,
            clock: Some(ClockCheck {
                offset_ms: -2_100,
                doubt_ms: 300,
            }),
            supersedes: BTreeSet::new(),
            reason: None,
            sign_off: None,
        };
        let marks: Vec<Entry> = (0..30).map(mark).collect();
        assert!(encode(&marks).len() <= 190, "{}", encode(&marks).len());
    }
}

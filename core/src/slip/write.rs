//! From entries to bytes.

use super::{
    AFTERNOON, ARRIVED, CODE_ESCAPE, CODE_NONE, COMMENT, EXTRAS, NATURE, REASON, SIGN_OFF, SUPERSEDES,
    VERSION, VISIT, default_visit, same_slip, visits_of,
};
use crate::bytes::Writer;
use crate::code;
use crate::entry::{ClockCheck, Duty, Entry, Particulars, Person, VisitRef};
use crate::session::Session;

/// Encodes entries that share a slip. Entries that do not share one would be changed by this, so
/// [`groups`](super::groups) brings them together first.
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

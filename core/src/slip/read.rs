//! From bytes to entries, or to the field that is wrong.

use std::collections::BTreeSet;

use super::{
    AFTERNOON, ARRIVED, CODE_BITS, CODE_ESCAPE, CODE_NONE, COMMENT, ENTRIES_MAX, EXTRAS, NATURE, REASON,
    SIGN_OFF, SUPERSEDES, VERSION, VISIT, VISITS_MAX, default_visit, encode,
};
use crate::bytes::{BytesError, Reader};
use crate::code::{self, Code};
use crate::entry::{
    ClockCheck, Duty, Entry, NAME_BYTES_MAX, NOTE_BYTES_MAX, Particulars, Person, SUPERSEDES_MAX, TimeOfDay,
    VisitRef,
};
use crate::ids::{ClassName, DeviceNumber, EntryId, PersonId, PupilNumber, SchoolId, TripId};
use crate::session::{Cell, Date, Session};

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

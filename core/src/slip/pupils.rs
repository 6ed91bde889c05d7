//! Which pupils a slip is about, without reading it whole.

use super::{
    ARRIVED, CODE_BITS, CODE_ESCAPE, COMMENT, ENTRIES_MAX, EXTRAS, NATURE, REASON, SIGN_OFF, SUPERSEDES,
    VERSION, VISIT, VISITS_MAX,
};
use crate::bytes::{BytesError, Reader};
use crate::entry::{NAME_BYTES_MAX, NOTE_BYTES_MAX, SUPERSEDES_MAX};
use crate::ids::{ClassName, EntryId, PersonId, PupilNumber};

/// Bytes of a trip's id.
const TRIP_BYTES: usize = 16;

/// Whether a slip has an entry of a pupil who is `wanted`. It reads the bytes and makes nothing of them, at about a
/// tenth of the cost of [`decode`](super::decode), and judges nothing: what it calls wanted may be refused there.
///
/// # Errors
/// Bytes that `decode` refuses too.
pub(crate) fn has_pupil(bytes: &[u8], wanted: impl Fn(PupilNumber) -> bool) -> Result<bool, BytesError> {
    let mut reader = Reader::new(bytes);
    match reader.byte("version")? {
        VERSION => {}
        other => return Err(BytesError::Version(other)),
    }
    reader.uint("school")?;
    reader.uint("date")?;
    match reader.byte("duty")? {
        2 => drop(reader.text("class", ClassName::BYTES_MAX)?),
        3 => drop(reader.raw(TRIP_BYTES, "trip")?),
        _ => {}
    }
    reader.uint("device")?;
    pass_person(&mut reader)?;
    if reader.byte("clock")? != 0 {
        reader.int("clock offset")?;
        reader.uint("clock doubt")?;
    }
    reader.int("base time")?;
    for _ in 0..reader.count("count of visits", VISITS_MAX)? {
        let flags = reader.byte("visit")?;
        if flags & 2 != 0 {
            reader.raw(TRIP_BYTES, "trip")?;
        }
        if flags & 4 != 0 {
            pass_person(&mut reader)?;
        }
    }
    for _ in 0..reader.count("count of entries", ENTRIES_MAX)? {
        if wanted(pass_mark(&mut reader)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn pass_person(reader: &mut Reader<'_>) -> Result<(), BytesError> {
    reader.text("staff id", PersonId::BYTES_MAX)?;
    reader.text("name", NAME_BYTES_MAX)?;
    reader.text("position", NAME_BYTES_MAX)?;
    Ok(())
}

fn pass_mark(reader: &mut Reader<'_>) -> Result<PupilNumber, BytesError> {
    let head = reader.byte("code")?;
    if head & CODE_BITS == CODE_ESCAPE {
        reader.text("code", 2)?;
    }
    let pupil = PupilNumber(reader.uint("pupil")?);
    reader.uint("time of an entry")?;
    if head & EXTRAS == 0 {
        return Ok(pupil);
    }
    let flags = reader.byte("extras")?;
    let has = |bit: u8| flags & bit != 0;
    if has(NATURE) {
        reader.text("nature", NOTE_BYTES_MAX)?;
    }
    if has(VISIT) {
        reader.uint("visit")?;
    }
    if has(ARRIVED) {
        reader.uint("arrival time")?;
    }
    if has(COMMENT) {
        reader.text("comment", NOTE_BYTES_MAX)?;
    }
    if has(SUPERSEDES) {
        let count = reader.count("count of superseded entries", SUPERSEDES_MAX)?;
        reader.raw(count * size_of::<EntryId>(), "superseded entry")?;
    }
    if has(REASON) {
        reader.text("reason", NOTE_BYTES_MAX)?;
    }
    if has(SIGN_OFF) {
        reader.raw(size_of::<EntryId>(), "sign-off")?;
    }
    Ok(pupil)
}

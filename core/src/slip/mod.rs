//! The slip: the entries that one person made on one device under one duty, packed as one item of a sheet.
//!
//! What the entries share (school, date, duty, device, person, clock) is written once, so that a mark takes about
//! twelve bytes. A slip with a single entry is that entry's own byte form, which its id is the hash of; how entries
//! were gathered into slips therefore never shows in an id. The layout is in `docs/protocol.md`.

mod pupils;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use self::pupils::has_pupil;
pub use self::read::decode;
pub(crate) use self::write::encode;
use crate::code::Code;
use crate::entry::{Entry, VisitRef};
use crate::item::ITEM_BYTES_MAX;

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

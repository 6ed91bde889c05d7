//! The ledger: an amendment for every entry that replaces others, N included.
//!
//! Whoever amends a register must leave the original entry, the amended entry, the reason, the date, and the name
//! and position of the person who made it. The ledger is read off the entries alone. A first entry that arrived late
//! replaces nothing, so it is not an amendment.

use serde::Serialize;

use super::DayFold;
use crate::code::Code;
use crate::entry::{Entry, Person};
use crate::ids::EntryId;
use crate::session::Cell;

/// One amendment, with its six parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Amendment {
    /// The entry that amends.
    pub entry: EntryId,
    /// Whose mark, of which date and session.
    #[serde(flatten)]
    pub cell: Cell,
    /// The original entries; the amending entry commits to each by its hash.
    pub originals: Vec<Original>,
    /// The amended code; `None` where a mark was taken back.
    pub amended: Option<Code>,
    /// The reason. `None` only where the entry is irregular.
    pub reason: Option<String>,
    /// When, by the clock of the device: unix seconds.
    pub amended_at: i64,
    /// Name and position.
    pub person: Person,
    /// Under which duty it was made.
    pub source: crate::entry::Duty,
    /// Whether it moved the register; what is irregular or waits after sign-off did not.
    pub in_force: bool,
    /// What is out of order about it, in words.
    pub irregular: Vec<String>,
}

/// An entry that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Original {
    /// Its id.
    pub entry: EntryId,
    /// Its code; `None` where it took a mark back, or where it is not here.
    pub code: Option<Code>,
    /// Whether it is here.
    pub known: bool,
}

impl Amendment {
    /// The original codes as the office writes them, such as `V,N`.
    pub fn originals_text(&self) -> String {
        let words: Vec<String> = self
            .originals
            .iter()
            .map(|original| match (original.code, original.known) {
                (Some(code), _) => code.to_string(),
                (None, true) => "no mark".to_owned(),
                (None, false) => "not here".to_owned(),
            })
            .collect();
        words.join(",")
    }
}

pub(super) fn ledger(day: &DayFold) -> Vec<Amendment> {
    let mut ledger: Vec<Amendment> = day
        .entries()
        .iter()
        .filter(|(_, entry)| !entry.supersedes.is_empty())
        .map(|(id, entry)| amendment(day, *id, entry))
        .collect();
    ledger.sort_by_key(|amendment| (amendment.amended_at, amendment.entry));
    ledger
}

fn amendment(day: &DayFold, id: EntryId, entry: &Entry) -> Amendment {
    let mut originals: Vec<Original> = entry
        .supersedes
        .iter()
        .map(|original| {
            let known = day.entry(original);
            Original {
                entry: *original,
                code: known.and_then(|entry| entry.code),
                known: known.is_some(),
            }
        })
        .collect();
    originals.sort_by_key(|original| {
        (
            day.entry(&original.entry)
                .map_or(i64::MAX, |entry| entry.recorded_at),
            original.entry,
        )
    });
    let fold = day.cell(&entry.cell);
    let irregular: Vec<_> = fold
        .into_iter()
        .flat_map(|fold| &fold.irregular)
        // A remark, such as one about a clock, takes nothing from an amendment.
        .filter(|found| found.entry == id && found.why.moves_nothing())
        .collect();
    let waits = fold.is_some_and(|fold| {
        fold.signed_off
            && !day
                .sign_offs(entry.cell.session)
                .any(|sign_off| sign_off.covers.contains(&id))
    }) && entry.sign_off.is_none();
    Amendment {
        entry: id,
        cell: entry.cell,
        originals,
        amended: entry.code,
        reason: entry.reason_given().map(str::to_owned),
        amended_at: entry.recorded_at,
        person: entry.person.clone(),
        source: entry.duty.clone(),
        in_force: !waits && irregular.is_empty(),
        irregular: irregular.iter().map(|found| found.why.to_string()).collect(),
    }
}

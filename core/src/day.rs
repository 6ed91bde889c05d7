//! From the sheets of a date to its fold.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::Document;
use crate::document_id::DocumentId;
use crate::entry::Entry;
use crate::fold::{DayFold, SignedOff, Terms};
use crate::ids::{EntryId, PupilNumber};
use crate::item::{Item, Statement, statement_id};
use crate::session::Date;
use crate::sign_off::SignOff;

/// The register of a day: the fold of all its sheets that this replica holds.
pub fn fold<'a>(
    date: Date,
    terms: impl Into<Terms>,
    sheets: impl IntoIterator<Item = &'a Document>,
) -> DayFold {
    fold_where(date, terms, sheets, |_| true)
}

/// The same for some pupils alone. A cell is folded from its own entries, so theirs come out as in the whole fold, and
/// a mark for a few costs no fold of the whole school.
pub fn fold_of<'a>(
    date: Date,
    terms: impl Into<Terms>,
    sheets: impl IntoIterator<Item = &'a Document>,
    pupils: &BTreeSet<PupilNumber>,
) -> DayFold {
    fold_where(date, terms, sheets, |pupil| pupils.contains(&pupil))
}

fn fold_where<'a>(
    date: Date,
    terms: impl Into<Terms>,
    sheets: impl IntoIterator<Item = &'a Document>,
    wanted: impl Fn(PupilNumber) -> bool,
) -> DayFold {
    let sheets: BTreeMap<&DocumentId, &Document> = sheets
        .into_iter()
        .filter(|document| document.id().date() == Some(date))
        .map(|document| (document.id(), document))
        .collect();
    let mut entries = Vec::new();
    let mut signed = Vec::new();
    for document in sheets.values() {
        for (bytes, item) in document.items_where(|bytes| Item::may_concern(bytes, &wanted)) {
            match item {
                Item::Slip(slip) => {
                    entries.extend(slip.into_iter().filter(|entry| wanted(entry.cell.pupil)));
                }
                Item::SignOff(statement) => {
                    signed.push((statement_id(document.id(), bytes), statement));
                }
                Item::Trip(_) | Item::Visit(_) | Item::FollowUp(_) => {}
            }
        }
    }
    let sign_offs = signed.iter().map(|(id, statement)| SignedOff {
        id: *id,
        date,
        session: statement.body.session,
        // A session is closed once. A later sign-off that knew of the first records what is missing by then; it
        // does not take in what arrived in between, which only a decision with a reason may.
        covers: if signed
            .iter()
            .any(|(earlier, _)| statement.supersedes.contains(earlier))
        {
            BTreeSet::new()
        } else {
            covered(&statement.body, &sheets)
        },
    });
    DayFold::of(date, terms, entries, sign_offs.collect::<Vec<_>>())
}

/// The entries within the heads that a sign-off names, as far as their changes are here.
fn covered(sign_off: &SignOff, sheets: &BTreeMap<&DocumentId, &Document>) -> BTreeSet<EntryId> {
    let mut covers = BTreeSet::new();
    for seen in &sign_off.saw {
        let Some(document) = sheets.get(&seen.sheet) else {
            continue;
        };
        let (within, _) = document.ancestors(&seen.heads);
        for (change, items) in document.items_by_change() {
            if !within.contains(&change) {
                continue;
            }
            for bytes in items {
                if let Ok(Item::Slip(entries)) = Item::decode(&bytes) {
                    covers.extend(entries.iter().map(Entry::id));
                }
            }
        }
    }
    covers
}

/// The sign-offs that a sheet holds, with their ids.
pub fn sign_offs(document: &Document) -> Vec<(EntryId, Statement<SignOff>)> {
    document
        .items()
        .into_iter()
        .filter_map(|(bytes, item)| match item {
            Item::SignOff(statement) => Some((statement_id(document.id(), &bytes), statement)),
            _ => None,
        })
        .collect()
}

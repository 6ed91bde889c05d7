//! The documents of a file of evidence, put together again from its changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use daymark_core::day;
use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::door::Verdict;
use daymark_core::duties::Duties;
use daymark_core::entry::Entry;
use daymark_core::fold::{DatedRules, DayFold, Terms};
use daymark_core::ids::{ChangeHash, DeviceNumber, EntryId};
use daymark_core::item::Item;
use daymark_core::session::Date;
use daymark_core::signature::split;

use super::data::Evidence;

/// Where and when an entry came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrival {
    pub(super) leaf: u64,
    pub(super) received_at: u64,
    pub(super) carrier: DeviceNumber,
}

/// What the changes amount to. It never fails: what the door refuses is left out and has its verdict.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) documents: BTreeMap<DocumentId, Document>,
    /// The door's verdict on each change, in their order; `None` for one that is no signed change of a sheet.
    pub(super) verdicts: Vec<Option<Verdict>>,
    pub(super) arrivals: BTreeMap<EntryId, Arrival>,
    rules: DatedRules,
    duties: Arc<Duties>,
}

/// The dates of which there is a sheet, within the question.
pub(super) fn dates(evidence: &Evidence) -> BTreeSet<Date> {
    let dates = evidence
        .changes
        .iter()
        .filter_map(|change| change.document.date());
    dates.filter(|date| evidence.question.covers(*date)).collect()
}

impl Loaded {
    pub(super) fn of(evidence: &Evidence) -> Self {
        let mut by_document: BTreeMap<&DocumentId, Vec<usize>> = BTreeMap::new();
        for (place, change) in evidence.changes.iter().enumerate() {
            if change.document.date().is_some() && split(&change.bytes.0).is_some() {
                by_document.entry(&change.document).or_default().push(place);
            }
        }
        let mut loaded = Self {
            documents: BTreeMap::new(),
            verdicts: vec![None; evidence.changes.len()],
            arrivals: BTreeMap::new(),
            rules: evidence.school.dated_rules(),
            duties: Arc::new(duties(evidence)),
        };
        for (id, mut places) in by_document {
            // A hub logs no change before those that it builds on.
            places.sort_by_key(|place| evidence.changes[*place].leaf);
            let chunks: Vec<&[u8]> = places
                .iter()
                .filter_map(|place| split(&evidence.changes[*place].bytes.0))
                .map(|(_, chunk)| chunk)
                .collect();
            let mut document = Document::new(evidence.school.number, id.clone());
            let verdicts = document.receive_all(&chunks);
            for (place, verdict) in places.into_iter().zip(verdicts) {
                if let Verdict::Stored { items, .. } = &verdict {
                    loaded.arrived(evidence, place, items);
                }
                loaded.verdicts[place] = Some(verdict);
            }
            loaded.documents.insert(id.clone(), document);
        }
        loaded
    }

    fn arrived(&mut self, evidence: &Evidence, place: usize, items: &[Item]) {
        let change = &evidence.changes[place];
        let arrival = Arrival {
            leaf: change.leaf,
            received_at: change.received_at,
            carrier: change.carrier,
        };
        for entry in items.iter().flat_map(entries) {
            // The same entry may come again in another sheet: the first time counts.
            let first = self.arrivals.entry(entry.id()).or_insert(arrival);
            *first = arrival.min(*first);
        }
    }

    /// The heads of every document.
    pub(super) fn heads(&self) -> impl Iterator<Item = (&DocumentId, Vec<ChangeHash>)> {
        self.documents.iter().map(|(id, document)| (id, document.heads()))
    }

    /// The fold of a date, for the pupils that the page tells of.
    pub(super) fn fold(&self, evidence: &Evidence, date: Date) -> DayFold {
        let terms = Terms {
            rules: self.rules.on(date),
            duties: Arc::clone(&self.duties),
        };
        match evidence.question.pupil {
            Some(pupil) => day::fold_of(date, terms, self.documents.values(), &[pupil].into()),
            None => day::fold(date, terms, self.documents.values()),
        }
    }

    /// Every entry, of whomever it is.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.items().flat_map(|item| match item {
            Item::Slip(entries) => entries,
            _ => Vec::new(),
        })
    }

    /// Every item of every document.
    pub(super) fn items(&self) -> impl Iterator<Item = Item> {
        self.documents
            .values()
            .flat_map(|document| document.items().into_iter().map(|(_, item)| item))
    }
}

/// What the school says that the devices were given.
fn duties(evidence: &Evidence) -> Duties {
    let mut duties = Duties::default();
    for device in &evidence.devices {
        for grant in &device.granted {
            duties.grant(device.device, grant.clone());
        }
    }
    for trip in &evidence.trips {
        duties.along(trip.trip, trip.along.iter().copied());
    }
    duties
}

fn entries(item: &Item) -> &[Entry] {
    match item {
        Item::Slip(entries) => entries,
        _ => &[],
    }
}

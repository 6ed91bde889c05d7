//! Who receives which document.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::Duty;
use daymark_core::ids::{DeviceNumber, EntryId, TripId};
use daymark_core::item::{Item, Statement, statement_id};
use daymark_core::session::Date;
use daymark_core::trip::{TripStatement, TripView};

use super::{Hub, TripFacts};
use crate::frame::{SyncRequest, Window};

/// The sheets of one date in a map by document: they stand together.
pub(super) fn sheets_of<T>(
    date: Date,
    map: &BTreeMap<DocumentId, T>,
) -> impl Iterator<Item = (&DocumentId, &T)> {
    // `Office` is the last duty in order, so a date starts behind the office's sheet of the day before.
    let start = date.minus(1).map_or(Bound::Unbounded, |before| {
        Bound::Excluded(DocumentId::Sheet(before, Duty::Office))
    });
    map.range((start, Bound::Unbounded))
        .take_while(move |(id, _)| id.date() == Some(date))
}

/// What was said of a trip.
pub(super) fn trip_statements(document: &Document) -> BTreeMap<EntryId, Statement<TripStatement>> {
    let items = document.items().into_iter();
    items
        .filter_map(|(bytes, item)| match item {
            Item::Trip(statement) => Some((statement_id(document.id(), &bytes), statement)),
            _ => None,
        })
        .collect()
}

/// What of a trip decides who receives it: the tablets that a standing plan names, and those that made one.
pub(super) fn trip_facts(statements: &BTreeMap<EntryId, Statement<TripStatement>>) -> TripFacts {
    let view = TripView::of(statements);
    let authors = view.plans.iter().map(|(_, statement)| statement.stamp.device);
    let along: BTreeSet<DeviceNumber> = view.tablets().into_iter().chain(authors).collect();
    let last_date = view
        .plans
        .iter()
        .filter_map(|(_, statement)| match &statement.body {
            TripStatement::Plan(plan) => plan.sessions.iter().map(|session| session.date).max(),
            _ => None,
        })
        .max();
    TripFacts { along, last_date }
}

impl Hub {
    fn along(&self, device: DeviceNumber, document: &DocumentId) -> bool {
        let (DocumentId::Trip(trip) | DocumentId::Sheet(_, Duty::Trip(trip))) = document else {
            return false;
        };
        match self.trips.get(trip) {
            Some(facts) => facts.along.contains(&device),
            // Nobody has told the hub of this trip: whoever does comes along.
            None => matches!(document, DocumentId::Trip(_)),
        }
    }

    /// Whether a device receives a document at a time, in unix milliseconds of the hub's clock.
    pub fn may_read(&self, device: DeviceNumber, document: &DocumentId, now_ms: u64) -> bool {
        self.devices.get(&device).is_some_and(|facts| {
            !facts.has_ended(now_ms) && facts.grant.may_read(document, self.along(device, document))
        })
    }

    /// Whether a device may write in a document. Its duty may have ended since: what it recorded before that arrives
    /// when it has a signal again.
    pub fn may_write(&self, device: DeviceNumber, document: &DocumentId) -> bool {
        self.devices
            .get(&device)
            .is_some_and(|facts| facts.grant.may_write(document, self.along(device, document)))
    }

    /// The trips that a device goes along on.
    pub fn trips_of(&self, device: DeviceNumber) -> impl Iterator<Item = TripId> + '_ {
        let granted = self.devices.get(&device).map(|facts| &facts.grant.trips);
        self.trips
            .iter()
            .filter(move |(trip, facts)| {
                facts.along.contains(&device) || granted.is_some_and(|granted| granted.contains(trip))
            })
            .map(|(trip, _)| *trip)
    }

    /// The documents that the store has, that the device may read, and that fall in a window of dates: its sheets,
    /// the trips that have not ended before it, and every visit.
    pub(super) fn within(&self, device: DeviceNumber, window: Window, now_ms: u64) -> Vec<DocumentId> {
        let mut found = Vec::new();
        for date in window.dates() {
            found.extend(sheets_of(date, &self.index).map(|(id, _)| id.clone()));
        }
        let trips = self
            .trips
            .iter()
            .filter(|(_, facts)| facts.last_date.is_none_or(|last| last >= window.from))
            .map(|(trip, _)| DocumentId::Trip(*trip));
        found.extend(trips);
        let visits = self
            .index
            .keys()
            .rev()
            .take_while(|id| matches!(id, DocumentId::Visit(_)));
        found.extend(visits.cloned());
        found.retain(|id| self.may_read(device, id, now_ms));
        found
    }

    /// The documents that must be in memory before [`Hub::receive`] and [`Hub::reply`] of this request.
    pub fn needs(&self, device: DeviceNumber, request: &SyncRequest, now_ms: u64) -> Vec<DocumentId> {
        let offered: BTreeSet<u16> = request.offers.iter().map(|offer| offer.document).collect();
        let mut needed: BTreeSet<DocumentId> = BTreeSet::new();
        for (place, state) in request.documents.iter().enumerate() {
            let Ok(id) = DocumentId::from_bytes(&state.document) else {
                continue;
            };
            let Some(known) = self.index.get(&id) else {
                continue;
            };
            let written = u16::try_from(place).is_ok_and(|place| offered.contains(&place));
            if written || *known != state.cursor || state.heads.is_some() {
                needed.insert(id);
            }
        }
        if let Some(window) = request.window {
            needed.extend(self.within(device, window, now_ms));
        }
        if request.brief.is_some() {
            // The lists of its trips say whose names it is told.
            needed.extend(self.trips_of(device).map(DocumentId::Trip));
            for date in request.window.into_iter().flat_map(Window::dates) {
                needed.extend(sheets_of(date, &self.index).map(|(id, _)| id.clone()));
            }
        }
        needed
            .into_iter()
            .filter(|id| !self.documents.contains_key(id))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sheets_of_a_date_are_found_among_those_of_its_neighbours() {
        let names = [
            "sheet/2026-03-01/office",
            "sheet/2026-03-02/class:1A",
            "sheet/2026-03-02/gate",
            "sheet/2026-03-02/office",
            "sheet/2026-03-02/trip:6e5f2c3a-0000-4000-8000-000000000001",
            "sheet/2026-03-03/class:1A",
            "trip/6e5f2c3a-0000-4000-8000-000000000001",
        ];
        let map: BTreeMap<DocumentId, &str> = names
            .iter()
            .map(|name| (name.parse().expect("an id"), *name))
            .collect();
        let date = "2026-03-02".parse().expect("a date");
        assert_eq!(sheets_of(date, &map).count(), 4);
    }
}

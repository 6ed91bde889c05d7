//! What the counting of the register reads: days, visits and trips, one at a time, so that nobody waits for a year.

use std::collections::BTreeMap;

use daymark_core::attendance::worklists::DayCounted;
use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::Duty;
use daymark_core::ids::{EntryId, TripId, VisitId};
use daymark_core::item::{Item, Statement, statement_id};
use daymark_core::session::Date;
use daymark_core::trip::TripView;
use daymark_core::visit::VisitView;
use daymark_sync_protocol::hub::{Hub, HubDocument};

use super::{DOCUMENTS_IN_MEMORY, Runtime, RuntimeError};

impl Runtime {
    /// A day as it is counted.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) fn day_counted(&self, date: Date) -> Result<DayCounted, RuntimeError> {
        let counted = self.look_at_day(date, |day, hub| {
            let desk = hub.document(&DocumentId::Sheet(date, Duty::Office));
            DayCounted::of(day, desk.map(HubDocument::document))
        });
        self.shed();
        counted
    }

    /// What a home visit's document says.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) fn visit_counted(&self, visit: VisitId) -> Result<VisitView, RuntimeError> {
        let said = self.statements(&DocumentId::Visit(visit), |item| match item {
            Item::Visit(statement) => Some(statement),
            _ => None,
        })?;
        Ok(VisitView::of(&said))
    }

    /// The trips that any plan which stands sends out on a date.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) fn trips_on(&self, date: Date) -> Result<Vec<(TripId, TripView)>, RuntimeError> {
        let trips = self.look(|hub| {
            let ids = hub.index().keys();
            let trips = ids.filter_map(|id| match id {
                DocumentId::Trip(trip) => Some(*trip),
                _ => None,
            });
            trips.collect::<Vec<_>>()
        });
        let mut going = Vec::new();
        for trip in trips {
            let view = self.trip(trip)?;
            if view.goes_on(date) {
                going.push((trip, view));
            }
        }
        Ok(going)
    }

    /// What a trip's document says; nothing where the register has no such trip.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) fn trip(&self, trip: TripId) -> Result<TripView, RuntimeError> {
        let said = self.statements(&DocumentId::Trip(trip), |item| match item {
            Item::Trip(statement) => Some(statement),
            _ => None,
        })?;
        Ok(TripView::of(&said))
    }

    fn statements<T>(
        &self,
        id: &DocumentId,
        pick: impl Fn(Item) -> Option<Statement<T>>,
    ) -> Result<BTreeMap<EntryId, Statement<T>>, RuntimeError> {
        let read = |hub: &Hub| {
            let document = hub.document(id).map(HubDocument::document);
            let items = document.into_iter().flat_map(Document::items);
            let picked = items.filter_map(|(bytes, item)| Some((statement_id(id, &bytes), pick(item)?)));
            picked.collect()
        };
        let mut memory = self.lock();
        if memory.hub.document(id).is_none() {
            self.load_documents(&mut memory, vec![id.clone()])?;
        }
        Ok(read(&memory.hub))
    }

    /// Lets go of documents that nobody has used for long.
    fn shed(&self) {
        self.lock().hub.shed(DOCUMENTS_IN_MEMORY);
    }
}

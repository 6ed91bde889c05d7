//! What is counted, and how it follows the register.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use daymark_core::attendance::Enrolled;
use daymark_core::attendance::worklists::Basis;
use daymark_core::calendar::Calendar;
use daymark_core::document_id::DocumentId;
use daymark_core::duties::Duties;
use daymark_core::entry::Duty;
use daymark_core::session::Date;

use crate::runtime::{Runtime, RuntimeError};

/// The register as it was counted last.
pub(super) struct Model {
    pub(super) basis: Basis,
    /// How many changes of each document are counted.
    seen: BTreeMap<DocumentId, u64>,
    /// By which duties they were judged.
    judged_by: Duties,
    roster: Option<[u8; 32]>,
}

impl Model {
    pub(super) fn new(calendar: Arc<Calendar>) -> Self {
        Self {
            basis: Basis::new(calendar),
            seen: BTreeMap::new(),
            judged_by: Duties::default(),
            roster: None,
        }
    }

    /// Catches up with the register: reads the days of which a sheet has changed, and no others.
    pub(super) fn follow(&mut self, runtime: &Runtime) -> Result<(), RuntimeError> {
        self.follow_roster(runtime);
        let duties = runtime.look(|hub| {
            let duties = hub.judged_by();
            (*duties != self.judged_by).then(|| duties.clone())
        });
        if let Some(duties) = duties {
            self.judged_anew(duties);
        }
        let changed: Vec<(DocumentId, u64)> = runtime.look(|hub| {
            let behind = hub
                .index()
                .iter()
                .filter(|(id, count)| self.seen.get(id) != Some(count));
            behind.map(|(id, count)| (id.clone(), *count)).collect()
        });
        let days: BTreeSet<Date> = changed.iter().filter_map(|(id, _)| id.date()).collect();
        for date in days {
            self.basis.take_day(date, runtime.day_counted(date)?);
        }
        for (id, count) in changed {
            if let DocumentId::Visit(visit) = id {
                self.basis.take_visit(visit, runtime.visit_counted(visit)?);
            }
            // Noted last: what fails half-way is read again. What came while it was read is a larger count, next time.
            self.seen.insert(id, count);
        }
        Ok(())
    }

    fn follow_roster(&mut self, runtime: &Runtime) {
        let newer = runtime.look(|hub| {
            let digest = hub.roster().digest();
            (self.roster != Some(digest)).then(|| (digest, hub.roster().clone()))
        });
        if let Some((digest, roster)) = newer {
            for pupil in roster.pupils.values() {
                self.basis.attendance.enrol(Enrolled::from(pupil));
            }
            self.roster = Some(digest);
        }
    }

    /// Another list of duties may turn marks regular or irregular: the days that it touches are read again.
    fn judged_anew(&mut self, duties: Duties) {
        if duties.grants_as(&self.judged_by) {
            let trips = duties.trips_unlike(&self.judged_by);
            self.seen.retain(
                |id, _| !matches!(id, DocumentId::Sheet(_, Duty::Trip(trip)) if trips.contains(trip)),
            );
        } else {
            self.seen.retain(|id, _| id.date().is_none());
        }
        self.judged_by = duties;
    }
}

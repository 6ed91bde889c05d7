//! What a device may see and write: documents, not endpoints.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::document_id::DocumentId;
use crate::entry::Duty;
use crate::ids::{ClassName, TripId};
use crate::roster::Role;
use crate::session::Date;

/// What a device was enrolled for.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct Grant {
    /// The role of those who use it.
    #[n(0)]
    pub role: Role,
    /// The classes whose register it takes.
    #[n(1)]
    #[serde(default)]
    pub classes: BTreeSet<ClassName>,
    /// The trips that it goes along on, beside those whose plan names it.
    #[n(2)]
    #[serde(default)]
    pub trips: BTreeSet<TripId>,
    /// The only date whose sheets it covers, as for a supply teacher; any date where there is none.
    #[n(3)]
    #[serde(default)]
    pub day: Option<Date>,
    /// When it ends: unix seconds. From then on the device receives nothing and refuses to record. What it recorded
    /// before may still arrive.
    #[n(4)]
    #[serde(default)]
    pub ends_at: Option<i64>,
}

impl Grant {
    /// What a role covers by itself, on any day, without an end.
    pub fn of(role: Role) -> Self {
        Self {
            role,
            classes: BTreeSet::new(),
            trips: BTreeSet::new(),
            day: None,
            ends_at: None,
        }
    }

    /// Whether it has ended at a time, in unix seconds.
    pub fn has_ended(&self, now: i64) -> bool {
        self.ends_at.is_some_and(|end| now >= end)
    }

    /// Whether it covers the sheets of a date.
    pub fn covers_day(&self, date: Date) -> bool {
        self.day.is_none_or(|day| day == date)
    }

    /// Whether the device receives a document. `along` says whether a trip's own plan names the device.
    ///
    /// The office sees every sheet and trip. Visits reach only the attendance team, the safeguarding lead and the
    /// head. A teacher's or gate tablet receives its own sheets and nothing of another duty.
    pub fn may_read(&self, document: &DocumentId, along: bool) -> bool {
        if document.date().is_some_and(|date| !self.covers_day(date)) {
            return false;
        }
        match document {
            DocumentId::Visit(_) => self.role.reads_visits(),
            _ if self.role.holds_every_sheet() => true,
            DocumentId::Trip(trip) | DocumentId::Sheet(_, Duty::Trip(trip)) => {
                self.role == Role::Teacher && (along || self.trips.contains(trip))
            }
            DocumentId::Sheet(_, Duty::Gate) => self.role == Role::Gate,
            DocumentId::Sheet(_, Duty::Class(class)) => {
                self.role == Role::Teacher && self.classes.contains(class)
            }
            DocumentId::Sheet(_, Duty::Office) => false,
        }
    }

    /// Whether the device may write in a document. The office writes marks in its own sheet only, and settles those
    /// of others from there; it may plan trips.
    pub fn may_write(&self, document: &DocumentId, along: bool) -> bool {
        match (document, self.role) {
            (DocumentId::Sheet(_, duty), Role::Office) => *duty == Duty::Office,
            (DocumentId::Sheet(..), Role::Head) => false,
            _ => self.may_read(document, along),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(role: Role) -> Grant {
        Grant::of(role)
    }

    #[test]
    fn visits_reach_only_those_who_make_or_answer_for_them() {
        let visit: DocumentId = "visit/6e5f2c3a-0000-4000-8000-000000000001"
            .parse()
            .expect("an id");
        for role in Role::ALL {
            let allowed = matches!(role, Role::Team | Role::Lead | Role::Head);
            assert_eq!(grant(role).may_read(&visit, true), allowed, "{role:?}");
        }
    }

    #[test]
    fn a_tablet_sees_its_own_sheets_and_no_others() {
        let sheet = |duty: &str| -> DocumentId { format!("sheet/2026-03-02/{duty}").parse().expect("an id") };
        let trip = "trip:6e5f2c3a-0000-4000-8000-000000000001";
        let mut teacher = grant(Role::Teacher);
        teacher.classes.insert("4B".parse().expect("a class"));
        assert!(teacher.may_write(&sheet("class:4B"), false));
        assert!(!teacher.may_read(&sheet("class:4A"), false));
        assert!(!teacher.may_read(&sheet("gate"), false));
        assert!(!teacher.may_read(&sheet(trip), false));
        assert!(teacher.may_write(&sheet(trip), true));
        assert!(grant(Role::Gate).may_write(&sheet("gate"), false));
        assert!(!grant(Role::Gate).may_read(&sheet(trip), true));
        assert!(grant(Role::Office).may_read(&sheet("gate"), false));
        assert!(!grant(Role::Office).may_write(&sheet("gate"), false));
        assert!(grant(Role::Office).may_write(&sheet("office"), false));
    }

    #[test]
    fn a_supply_teacher_has_one_class_on_one_day_until_an_hour() {
        let sheet = |date: &str| -> DocumentId { format!("sheet/{date}/class:4B").parse().expect("an id") };
        let mut supply = grant(Role::Teacher);
        supply.classes.insert("4B".parse().expect("a class"));
        supply.day = Some("2026-03-02".parse().expect("a date"));
        supply.ends_at = Some(1_772_467_200);
        assert!(supply.may_write(&sheet("2026-03-02"), false));
        assert!(!supply.may_read(&sheet("2026-03-03"), false));
        assert!(!supply.has_ended(1_772_467_199) && supply.has_ended(1_772_467_200));
    }
}

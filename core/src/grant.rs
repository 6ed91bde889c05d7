//! What a device may see and write: documents, not endpoints.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::document_id::DocumentId;
use crate::entry::Duty;
use crate::ids::{ClassName, TripId};
use crate::roster::Role;

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
}

impl Grant {
    /// Whether the device receives a document. `along` says whether a trip's own plan names the device.
    ///
    /// The office sees every sheet and trip. Visits reach only the attendance team, the safeguarding lead and the
    /// head. A teacher's or gate tablet receives its own sheets and nothing of another duty.
    pub fn may_read(&self, document: &DocumentId, along: bool) -> bool {
        match document {
            DocumentId::Visit(_) => matches!(self.role, Role::Team | Role::Lead | Role::Head),
            _ if matches!(self.role, Role::Office | Role::Head) => true,
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
        Grant {
            role,
            classes: BTreeSet::new(),
            trips: BTreeSet::new(),
        }
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
}

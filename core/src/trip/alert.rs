//! Alarms that no single mark raises: two facts that do not fit, about where a child is.

use serde::Serialize;

use super::{TripSession, TripStatement, TripView};
use crate::code::Code;
use crate::entry::{Duty, Entry, TimeOfDay};
use crate::fold::{CellFold, DayFold};
use crate::ids::{EntryId, PupilNumber, TripId};
use crate::session::Cell;

/// Two facts about a child that do not fit. An alert is worked out anew each time, so it is gone once the office has
/// decided, or the fact was taken back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "alert", rename_all = "snake_case")]
pub enum Alert {
    /// A pupil who is due on a trip came through the gate: the bus may have gone without them, or the list is wrong.
    DueOnTripSeenAtGate {
        /// Who.
        pupil: PupilNumber,
        /// In which session.
        at: TripSession,
        /// The trip.
        trip: TripId,
        /// The gate's entry.
        entry: EntryId,
        /// When they came, school-local.
        arrived_at: Option<TimeOfDay>,
    },
    /// A pupil who left a trip's group is marked as attending a later session: somebody counts them in.
    LeftGroupMarkedAttending {
        /// Who.
        pupil: PupilNumber,
        /// In which session.
        at: TripSession,
        /// The trip.
        trip: TripId,
        /// The entry.
        entry: EntryId,
        /// Its code.
        code: Code,
        /// With whom they left.
        with: String,
    },
}

impl Alert {
    /// Who.
    pub fn pupil(&self) -> PupilNumber {
        match self {
            Self::DueOnTripSeenAtGate { pupil, .. } | Self::LeftGroupMarkedAttending { pupil, .. } => *pupil,
        }
    }

    /// The trip.
    pub fn trip(&self) -> TripId {
        match self {
            Self::DueOnTripSeenAtGate { trip, .. } | Self::LeftGroupMarkedAttending { trip, .. } => *trip,
        }
    }
}

/// The alerts of a day, in the order of the pupils: a function of its fold and of the trips' own statements.
pub fn alerts(day: &DayFold, trips: &[(TripId, &TripView)]) -> Vec<Alert> {
    let mut found: Vec<Alert> = day
        .cells()
        .flat_map(|(cell, fold)| {
            trips
                .iter()
                .flat_map(move |(trip, view)| of_cell(day, cell, fold, *trip, view))
        })
        .collect();
    found.sort();
    found
}

fn of_cell(day: &DayFold, cell: &Cell, fold: &CellFold, trip: TripId, view: &TripView) -> Vec<Alert> {
    let at = TripSession {
        date: cell.date,
        session: cell.session,
    };
    let pupil = cell.pupil;
    if !is_due(view, at, pupil) {
        return Vec::new();
    }
    let left_with = view.away_in(at).remove(&pupil);
    said(day, fold)
        .filter_map(|(entry, said)| {
            let code = said.code?;
            match &left_with {
                None if said.duty == Duty::Gate => Some(Alert::DueOnTripSeenAtGate {
                    pupil,
                    at,
                    trip,
                    entry,
                    arrived_at: said.particulars.arrived_at,
                }),
                Some(with) if code.approved_elsewhere() || code.means_present_in_school() => {
                    Some(Alert::LeftGroupMarkedAttending {
                        pupil,
                        at,
                        trip,
                        entry,
                        code,
                        with: with.clone(),
                    })
                }
                _ => None,
            }
        })
        .collect()
}

/// Whether any plan that stands has the pupil on its list and covers the session.
fn is_due(view: &TripView, at: TripSession, pupil: PupilNumber) -> bool {
    view.plans.iter().any(|(_, statement)| match &statement.body {
        TripStatement::Plan(plan) => plan.participants.contains(&pupil) && plan.sessions.contains(&at),
        _ => false,
    })
}

/// What stands in a cell or waits after sign-off: safety does not wait for the office.
fn said<'a>(day: &'a DayFold, fold: &'a CellFold) -> impl Iterator<Item = (EntryId, &'a Entry)> {
    fold.candidates
        .iter()
        .copied()
        .chain(fold.proposals.iter().map(|proposal| proposal.entry))
        .filter_map(|id| Some((id, day.entry(&id)?)))
}

//! Trips as those who are on them see them: who is on the list, who has left, who is to be marked.

use std::collections::{BTreeMap, BTreeSet};

use daymark_core::code::Code;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Person, VisitRef};
use daymark_core::ids::{EntryId, PersonId, PupilNumber, TripId};
use daymark_core::session::{Date, Session};
use daymark_core::trip::checks::{self, School, TripProblem};
use daymark_core::trip::{TripPlan, TripSession, TripStatement, TripView};
use daymark_sync_protocol::client::Replica;

/// The trips that this tablet holds.
pub fn held(replica: &Replica) -> impl Iterator<Item = (TripId, TripView)> + '_ {
    replica.documents().filter_map(|document| match document.id() {
        DocumentId::Trip(trip) => Some((*trip, replica.trip(document.id())?)),
        _ => None,
    })
}

/// Who is on the list.
pub fn listed(view: &TripView) -> BTreeSet<PupilNumber> {
    view.plan()
        .into_iter()
        .flat_map(|plan| plan.participants.iter().copied())
        .collect()
}

/// Who has left the group by the end of a date, and with whom: at a head count they are not looked for, whatever
/// session their mark changes in.
pub fn gone(view: &TripView, date: Date) -> BTreeMap<PupilNumber, String> {
    let next = date.plus(1).unwrap_or(date);
    view.away_in(TripSession {
        date: next,
        session: Session::Am,
    })
}

/// Whom a trip's screen fills in for a session: see [`checks::to_fill`].
pub fn unmarked(replica: &Replica, view: &TripView, at: TripSession) -> BTreeSet<PupilNumber> {
    let policy = replica.policy();
    checks::to_fill(view, at, &replica.day(at.date), policy.calendar())
}

/// Everything that is not right about a plan, by this tablet's staff list and calendar.
pub fn check_plan(replica: &Replica, plan: &TripPlan) -> Vec<TripProblem> {
    let named = plan.supervisors.iter().chain([&plan.leader]);
    with_school(replica, named, |school| checks::plan(plan, school))
}

/// Checks a mark that is to be made on a trip, in its own sheet: one of the trip's codes for who is with the group, a code
/// of absence for who did not come.
///
/// # Errors
/// What is not right about it, and what to do.
pub fn check_mark(
    replica: &Replica,
    view: &TripView,
    at: TripSession,
    pupil: PupilNumber,
    code: Code,
    supervisor: Option<&Person>,
) -> Result<(), TripProblem> {
    with_school(replica, supervisor, |school| {
        checks::mark(view, at, pupil, code, supervisor, school)
    })?;
    if code.approved_elsewhere() {
        Ok(())
    } else {
        checks::no_show(pupil, code, at.date)
    }
}

/// The school as the checks ask for it. Before the first sync there is no staff list, and nobody is held to it.
fn with_school<'a, T>(
    replica: &Replica,
    named: impl IntoIterator<Item = &'a Person>,
    body: impl FnOnce(&School<'_>) -> T,
) -> T {
    let staff: BTreeSet<PersonId> = match replica.brief() {
        Some(brief) => brief
            .staff
            .iter()
            .map(|member| member.person.id.clone())
            .collect(),
        None => named.into_iter().map(|person| person.id.clone()).collect(),
    };
    let policy = replica.policy();
    body(&School {
        calendar: policy.calendar(),
        staff: &staff,
    })
}

/// Whom the trip's own sheet has a mark for that was not taken back.
fn marked(replica: &Replica, trip: TripId, at: TripSession) -> BTreeSet<PupilNumber> {
    let day = replica.day(at.date);
    let superseded: BTreeSet<EntryId> = day
        .entries()
        .values()
        .flat_map(|entry| entry.supersedes.iter().copied())
        .collect();
    day.entries()
        .iter()
        .filter(|(id, entry)| {
            entry.cell.session == at.session
                && entry.duty == Duty::Trip(trip)
                && entry.code.is_some()
                && !superseded.contains(id)
        })
        .map(|(_, entry)| entry.cell.pupil)
        .collect()
}

/// From which session on a pupil who leaves now is no longer with the group: the first of the trip's sessions from
/// `now` on in which they have no mark yet, so that a mark that was true when it was made stays. `None` after the
/// trip's last session.
pub fn leaves_from(
    replica: &Replica,
    trip: TripId,
    view: &TripView,
    pupil: PupilNumber,
    now: TripSession,
) -> Option<TripSession> {
    let mut sessions = view.plan()?.sessions.clone();
    sessions.sort_unstable();
    sessions
        .into_iter()
        .find(|at| *at >= now && !marked(replica, trip, *at).contains(&pupil))
}

/// The statements that say a pupil has left, for who came back to replace.
pub fn left_statements(view: &TripView, pupil: PupilNumber) -> BTreeMap<EntryId, TripSession> {
    view.observations
        .iter()
        .filter_map(|(id, statement)| match &statement.body {
            TripStatement::LeftGroup(left) if left.pupil == pupil => Some((*id, left.from)),
            _ => None,
        })
        .collect()
}

/// The reference that a mark on a trip carries: the trip, whether the list has the pupil, and who supervises, which is
/// the first supervising member of staff unless another is given, and the leader where the plan names none.
pub fn visit_ref(
    trip: TripId,
    view: &TripView,
    pupil: PupilNumber,
    supervisor: Option<Person>,
) -> Option<VisitRef> {
    let plan = view.plan()?;
    let supervisor = supervisor
        .or_else(|| plan.supervisors.first().cloned())
        .unwrap_or_else(|| plan.leader.clone());
    Some(VisitRef {
        trip,
        listed: plan.participants.contains(&pupil),
        supervisor,
    })
}

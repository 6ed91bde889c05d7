//! What must be right about a trip and its marks before they are made.
//!
//! The rules are those of regulation 10 of SI 2024/208: V is for a visit that the school arranged and a member of its
//! staff supervises, a pupil who did not come is absent, and there is no register without a session.

use std::collections::BTreeSet;

use super::{TripGroup, TripPlan, TripSession, TripView};
use crate::calendar::{Calendar, Span};
use crate::code::{self, Class, Code, CountsAs, Particular};
use crate::entry::Person;
use crate::fold::DayFold;
use crate::ids::{PersonId, PupilNumber};
use crate::session::{Cell, Date};

/// What the checks know of the school.
pub struct School<'a> {
    /// Its calendar, as far as it is known there.
    pub calendar: Option<&'a Calendar>,
    /// Its members of staff. A parent who helps is not among them.
    pub staff: &'a BTreeSet<PersonId>,
}

/// Whether a session may be held: a calendar that is not there, or ends before the date, says nothing of it.
fn may_be_held(calendar: Option<&Calendar>, at: TripSession) -> bool {
    calendar.is_none_or(|calendar| !calendar.knows(at.date) || calendar.is_held(at.date, at.session))
}

/// What is not right about a trip or one of its marks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TripProblem {
    /// The trip's code is not one of an approved activity.
    #[error("code {code} is not one of a trip: give V, P, B, K or W")]
    Code {
        /// The code.
        code: Code,
    },
    /// Nobody supervises.
    #[error("code V is not lawful without a supervising member of the school's staff: name one")]
    NoSupervisor,
    /// Somebody who is not a member of the school's staff supervises.
    #[error(
        "{person} is not on the staff list, so their supervision is none for code V: name a member of the school's staff"
    )]
    NotStaff {
        /// Who.
        person: PersonId,
    },
    /// The code asks for the nature of the activity.
    #[error("code {code} needs the nature of the activity: give it")]
    Nature {
        /// The code.
        code: Code,
    },
    /// The trip covers a session that the school does not hold.
    #[error(
        "{date} {session} is no session of this school: count heads, and make no marks; take it out of the trip's sessions",
        date = at.date,
        session = at.session
    )]
    NoSession {
        /// Which.
        at: TripSession,
    },
    /// The mark is for a session that the trip does not cover.
    #[error(
        "the trip does not cover {date} {session}: add the session to its plan, or mark the pupil in class",
        date = at.date,
        session = at.session
    )]
    NotCovered {
        /// Which.
        at: TripSession,
    },
    /// The pupil is not on the list.
    #[error("pupil {pupil} is not on the trip's list: add them to its plan, or check the number")]
    NotListed {
        /// Who.
        pupil: PupilNumber,
    },
    /// The pupil has left the group.
    #[error(
        "pupil {pupil} left the group with {with}: say that they are back, or leave the session to the office"
    )]
    HasLeft {
        /// Who.
        pupil: PupilNumber,
        /// With whom.
        with: String,
    },
    /// A group has no name, or that of another.
    #[error("{name:?} is not the name of one group: give each group a name of its own, such as Coach A")]
    GroupName {
        /// The name.
        name: String,
    },
    /// A group has somebody who is not on the trip.
    #[error(
        "pupil {pupil} of group {group:?} is not on the trip's list: add them to it, or check the number"
    )]
    GroupNotListed {
        /// Who.
        pupil: PupilNumber,
        /// Which group.
        group: String,
    },
    /// Somebody is in two groups.
    #[error("pupil {pupil} is in group {first:?} and in group {second:?}: put them in one")]
    InTwoGroups {
        /// Who.
        pupil: PupilNumber,
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// A pupil who did not come was to be marked as if they had.
    #[error(
        "pupil {pupil} did not come, so code {code} cannot stand: give an absence code, such as N or I; if they came after all, count heads again"
    )]
    NoShow {
        /// Who.
        pupil: PupilNumber,
        /// The code.
        code: Code,
    },
}

/// Everything that is not right about a plan.
pub fn plan(plan: &TripPlan, school: &School<'_>) -> Vec<TripProblem> {
    let mut found = Vec::new();
    if !plan.code.approved_elsewhere() {
        found.push(TripProblem::Code { code: plan.code });
    }
    if plan.code == Code::VISIT {
        if plan.supervisors.is_empty() {
            found.push(TripProblem::NoSupervisor);
        }
        found.extend(
            plan.supervisors
                .iter()
                .filter_map(|person| not_staff(person, school)),
        );
    }
    let needs_nature = code::rows_for(plan.code).any(|row| row.needs.contains(&Particular::Nature));
    if needs_nature && plan.nature.as_ref().is_none_or(|nature| nature.trim().is_empty()) {
        found.push(TripProblem::Nature { code: plan.code });
    }
    found.extend(
        plan.sessions
            .iter()
            .filter(|at| !may_be_held(school.calendar, **at))
            .map(|at| TripProblem::NoSession { at: *at }),
    );
    for (place, group) in plan.groups().iter().enumerate() {
        found.extend(of_group(plan, &plan.groups()[..place], group));
    }
    found
}

/// What is not right about a group, beside the groups before it.
fn of_group(plan: &TripPlan, before: &[TripGroup], group: &TripGroup) -> Vec<TripProblem> {
    let mut found = Vec::new();
    let name = &group.name;
    if name.trim().is_empty() || before.iter().any(|other| other.name == *name) {
        found.push(TripProblem::GroupName { name: name.clone() });
    }
    for pupil in &group.pupils {
        if !plan.participants.contains(pupil) {
            found.push(TripProblem::GroupNotListed {
                pupil: *pupil,
                group: name.clone(),
            });
        }
        if let Some(other) = before.iter().find(|other| other.pupils.contains(pupil)) {
            found.push(TripProblem::InTwoGroups {
                pupil: *pupil,
                first: other.name.clone(),
                second: name.clone(),
            });
        }
    }
    found
}

fn not_staff(person: &Person, school: &School<'_>) -> Option<TripProblem> {
    (!school.staff.contains(&person.id)).then(|| TripProblem::NotStaff {
        person: person.id.clone(),
    })
}

/// Checks one mark that is to be made on a trip. Whom the last head count of the day found missing is not marked as
/// attending. `supervisor` is who the mark will name. That a pupil is not on the list is told last: an author who knows
/// of it may pass over that, and over nothing else.
///
/// # Errors
/// What is not right about it.
pub fn mark(
    view: &TripView,
    at: TripSession,
    pupil: PupilNumber,
    code: Code,
    supervisor: Option<&Person>,
    school: &School<'_>,
) -> Result<(), TripProblem> {
    lawful(at, code, supervisor, school)?;
    if !code.approved_elsewhere() {
        return Ok(());
    }
    let plan = view.plan().ok_or(TripProblem::NotCovered { at })?;
    if !plan.sessions.contains(&at) {
        return Err(TripProblem::NotCovered { at });
    }
    if let Some(with) = view.away_in(at).remove(&pupil) {
        return Err(TripProblem::HasLeft { pupil, with });
    }
    if view.missing_on(at.date).contains(&pupil) {
        return Err(TripProblem::NoShow { pupil, code });
    }
    if !plan.participants.contains(&pupil) {
        return Err(TripProblem::NotListed { pupil });
    }
    Ok(())
}

/// Checks what the law asks of any mark beside a trip, whoever makes it: a session that is held, and for V a supervising
/// member of the school's staff (SI 2024/208, regulation 10).
///
/// # Errors
/// [`TripProblem::NoSession`], [`TripProblem::NoSupervisor`] or [`TripProblem::NotStaff`].
pub fn lawful(
    at: TripSession,
    code: Code,
    supervisor: Option<&Person>,
    school: &School<'_>,
) -> Result<(), TripProblem> {
    if !may_be_held(school.calendar, at) {
        return Err(TripProblem::NoSession { at });
    }
    if code == Code::VISIT {
        let supervisor = supervisor.ok_or(TripProblem::NoSupervisor)?;
        not_staff(supervisor, school).map_or(Ok(()), Err)?;
    }
    Ok(())
}

/// Checks the code for a pupil of the list who did not come: an absence, never V or another code of attendance.
///
/// # Errors
/// [`TripProblem::NoShow`].
pub fn no_show(pupil: PupilNumber, code: Code, date: Date) -> Result<(), TripProblem> {
    let is_absence = code::row_on(code, date).is_ok_and(|row| match row.statistics {
        CountsAs::AuthorisedAbsence | CountsAs::UnauthorisedAbsence => code != Code::AFTER_CLOSING,
        CountsAs::NotPossible => row.class == Class::NotPossible,
        CountsAs::Attended => false,
    });
    if is_absence {
        Ok(())
    } else {
        Err(TripProblem::NoShow { pupil, code })
    }
}

/// Whom a trip's screen fills in with the trip's code in a session: those of the list who are with the group and for
/// whom nothing stands or waits yet. Somebody who left early keeps the mark of the session that they left in, and is
/// not filled in from the next one on; on a day without a session there is nobody to fill in.
pub fn to_fill(
    view: &TripView,
    at: TripSession,
    day: &DayFold,
    calendar: Option<&Calendar>,
) -> BTreeSet<PupilNumber> {
    let Some(plan) = view.plan() else {
        return BTreeSet::new();
    };
    if !may_be_held(calendar, at) || !plan.sessions.contains(&at) {
        return BTreeSet::new();
    }
    let away = view.away_in(at);
    let is_blank = |pupil: &PupilNumber| {
        let cell = Cell {
            date: at.date,
            session: at.session,
            pupil: *pupil,
        };
        day.cell(&cell).is_none_or(|fold| {
            !fold.standing.is_disputed() && fold.code().is_none() && fold.proposals.is_empty()
        })
    };
    plan.participants
        .iter()
        .filter(|pupil| !away.contains_key(pupil) && is_blank(pupil))
        .copied()
        .collect()
}

/// The sessions that a residential of some days covers: each that the school holds, and none on its other days. Head
/// counts of evenings and weekends are no register.
pub fn sessions_of_residential(calendar: &Calendar, days: Span) -> Vec<TripSession> {
    (days.first.days()..=days.last.days())
        .map(Date::from_days)
        .flat_map(|date| {
            calendar
                .sessions_on(date)
                .map(move |session| TripSession { date, session })
        })
        .collect()
}

//! A trip document: what an educational visit or a fixture is, and what was observed on it.
//!
//! Observations (head counts, a pupil leaving the group) are safety events with times of their own. They are never
//! register entries: a mark is made by a named person, in a sheet.

pub mod alert;
pub mod checks;

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};
use serde::Serialize;

use crate::calendar::london;
use crate::code::Code;
use crate::entry::Person;
use crate::ids::{DeviceNumber, EntryId, PupilNumber};
use crate::item::Statement;
use crate::register;
use crate::session::{Date, Session};

/// What can be said about a trip.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TripStatement {
    /// What the trip is. A later plan names the one it replaces; two made apart both stand, for the office to see.
    #[n(0)]
    Plan(#[n(0)] TripPlan),
    /// A head count.
    #[n(1)]
    HeadCount(#[n(0)] HeadCount),
    /// A pupil left the group.
    #[n(2)]
    LeftGroup(#[n(0)] LeftGroup),
    /// A pupil who had left came back.
    #[n(3)]
    Rejoined(#[n(0)] Rejoined),
}

/// What a trip is.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct TripPlan {
    /// What people call it, such as `York Museum`.
    #[n(0)]
    pub title: String,
    /// The code that its pupils are marked with: V, P, B, K or W.
    #[n(1)]
    pub code: Code,
    /// The nature of the activity; P wants it, B and K need it.
    #[n(2)]
    pub nature: Option<String>,
    /// Where it goes.
    #[n(3)]
    pub place: Option<String>,
    /// Who leads it.
    #[n(4)]
    pub leader: Person,
    /// The supervising members of school staff; V is not lawful without one.
    #[n(5)]
    pub supervisors: Vec<Person>,
    /// The sessions that it covers, in order.
    #[n(6)]
    pub sessions: Vec<TripSession>,
    /// Who is on the list, in ascending order.
    #[n(7)]
    pub participants: Vec<PupilNumber>,
    /// The tablets that go along: they receive the trip and may mark its sheets.
    #[n(8)]
    pub tablets: Vec<DeviceNumber>,
    /// The groups that the list is divided into; none where it is not divided.
    #[n(9)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<TripGroup>>,
}

/// A part of a trip's list that one adult answers for, such as who rides on one coach.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct TripGroup {
    /// What people call it, such as `Coach A`.
    #[n(0)]
    pub name: String,
    /// Who leads it.
    #[n(1)]
    pub leader: Person,
    /// Who is in it, in ascending order.
    #[n(2)]
    pub pupils: Vec<PupilNumber>,
}

/// One session that a trip covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
#[cbor(array)]
pub struct TripSession {
    /// The date.
    #[n(0)]
    pub date: Date,
    /// Morning or afternoon.
    #[n(1)]
    pub session: Session,
}

/// A head count: a safety event, not a mark.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct HeadCount {
    /// How many should be there.
    #[n(0)]
    pub expected: u32,
    /// How many were counted.
    #[n(1)]
    pub found: u32,
    /// Who was missing, where that is known.
    #[n(2)]
    pub missing: Vec<PupilNumber>,
    /// Where it was taken.
    #[n(3)]
    pub place: Option<String>,
    /// Which group was counted; none for the whole trip.
    #[n(4)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// A pupil left the group.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct LeftGroup {
    /// Who.
    #[n(0)]
    pub pupil: PupilNumber,
    /// The adult who took over, and who they are to the pupil.
    #[n(1)]
    pub with: String,
    /// From which session on the pupil is no longer with the group.
    #[n(2)]
    pub from: TripSession,
}

/// A pupil who had left came back.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct Rejoined {
    /// Who.
    #[n(0)]
    pub pupil: PupilNumber,
    /// From which session on.
    #[n(1)]
    pub from: TripSession,
}

impl TripPlan {
    /// The groups of the list, in the order of the plan.
    pub fn groups(&self) -> &[TripGroup] {
        self.groups.as_deref().unwrap_or_default()
    }

    /// A group by its name.
    pub fn group(&self, name: &str) -> Option<&TripGroup> {
        self.groups().iter().find(|group| group.name == name)
    }
}

/// What a trip amounts to: the fold of its statements.
#[derive(Debug, Clone, Default)]
pub struct TripView {
    /// The plans that stand: one, or several made without sight of each other.
    pub plans: Vec<(EntryId, Statement<TripStatement>)>,
    /// Head counts, left and rejoined, by time and id.
    pub observations: Vec<(EntryId, Statement<TripStatement>)>,
}

impl TripView {
    /// Folds the statements of one trip. The result is a function of the set alone.
    pub fn of(statements: &BTreeMap<EntryId, Statement<TripStatement>>) -> Self {
        let is_plan = |statement: &Statement<TripStatement>| matches!(statement.body, TripStatement::Plan(_));
        let plans = register::standing_ids(
            statements
                .iter()
                .filter(|(_, s)| is_plan(s))
                .map(|(id, s)| (*id, &s.supersedes)),
        );
        let replaced: BTreeSet<EntryId> = statements
            .values()
            .filter(|statement| !is_plan(statement))
            .flat_map(|statement| statement.supersedes.iter().copied())
            .collect();
        let pick = |id: &EntryId| Some((*id, statements.get(id)?.clone()));
        let mut observations: Vec<_> = statements
            .iter()
            .filter(|(id, statement)| !is_plan(statement) && !replaced.contains(id))
            .map(|(id, statement)| (*id, statement.clone()))
            .collect();
        observations.sort_by_key(|(id, statement)| (statement.stamp.recorded_at, *id));
        Self {
            plans: plans.iter().filter_map(pick).collect(),
            observations,
        }
    }

    /// Whether any plan that stands covers a session of the date.
    pub fn goes_on(&self, date: Date) -> bool {
        self.plans.iter().any(|(_, statement)| match &statement.body {
            TripStatement::Plan(plan) => plan.sessions.iter().any(|session| session.date == date),
            _ => false,
        })
    }

    /// The plan to work by: the only one that stands, or of several the one with the smallest id, so that every
    /// device shows the same one until the office has chosen.
    pub fn plan(&self) -> Option<&TripPlan> {
        self.plans
            .iter()
            .find_map(|(_, statement)| match &statement.body {
                TripStatement::Plan(plan) => Some(plan),
                _ => None,
            })
    }

    /// The tablets that any standing plan sends along.
    pub fn tablets(&self) -> BTreeSet<DeviceNumber> {
        self.plans
            .iter()
            .filter_map(|(_, statement)| match &statement.body {
                TripStatement::Plan(plan) => Some(&plan.tablets),
                _ => None,
            })
            .flatten()
            .copied()
            .collect()
    }

    /// The devices that any plan of a trip ever sent along, and those that made one: what they marked on it stays as good
    /// as it was, also where a later plan leaves them out.
    pub fn ever_along(statements: &BTreeMap<EntryId, Statement<TripStatement>>) -> BTreeSet<DeviceNumber> {
        let plans = statements.values().filter_map(|statement| match &statement.body {
            TripStatement::Plan(plan) => Some((statement.stamp.device, &plan.tablets)),
            _ => None,
        });
        plans
            .flat_map(|(author, tablets)| tablets.iter().copied().chain([author]))
            .collect()
    }

    /// Whether a head count says something of a pupil: one of the whole trip of everybody, one of a group of who is in it
    /// by the plan, and of whom it names.
    pub fn covers(&self, count: &HeadCount, pupil: PupilNumber) -> bool {
        let Some(name) = &count.group else {
            return true;
        };
        let group = self.plan().and_then(|plan| plan.group(name));
        count.missing.contains(&pupil) || group.is_some_and(|group| group.pupils.contains(&pupil))
    }

    /// Whom the last head count that covers them found missing on a date, by the clocks of those who counted: school-local,
    /// because a count belongs to a school's day. The count of a group neither clears nor accuses anybody of another one.
    /// Nobody where nobody counted, or where it was not said who was missing.
    pub fn missing_on(&self, date: Date) -> BTreeSet<PupilNumber> {
        let counts = self
            .observations
            .iter()
            .filter_map(|(_, statement)| match &statement.body {
                TripStatement::HeadCount(count) => Some((statement.stamp.recorded_at, count)),
                _ => None,
            });
        let counts: Vec<_> = counts
            .filter(|(recorded_at, _)| london::local(*recorded_at).is_some_and(|local| local.date == date))
            .collect();
        let is_missing = |pupil: &PupilNumber| {
            let of_pupil = || counts.iter().filter(|(_, count)| self.covers(count, *pupil));
            let last = of_pupil().map(|(recorded_at, _)| *recorded_at).max();
            // Of two of one second nobody can say which came last: only whom both missed is missing.
            of_pupil()
                .filter(|(recorded_at, _)| Some(*recorded_at) == last)
                .all(|(_, count)| count.missing.contains(pupil))
        };
        let named = counts.iter().flat_map(|(_, count)| count.missing.iter().copied());
        named.filter(is_missing).collect()
    }

    /// Who has left the group by a session: the latest statement about each pupil, by its session, decides; of a
    /// left and a rejoined for the same session, left stands, because it is the safer of the two.
    pub fn away_in(&self, at: TripSession) -> BTreeMap<PupilNumber, String> {
        let mut latest: BTreeMap<PupilNumber, (TripSession, bool, String)> = BTreeMap::new();
        for (_, statement) in &self.observations {
            let (pupil, from, left, with) = match &statement.body {
                TripStatement::LeftGroup(left) => (left.pupil, left.from, true, left.with.clone()),
                TripStatement::Rejoined(back) => (back.pupil, back.from, false, String::new()),
                _ => continue,
            };
            if from > at {
                continue;
            }
            let candidate = (from, left, with);
            let entry = latest.entry(pupil).or_insert_with(|| candidate.clone());
            if (candidate.0, candidate.1) > (entry.0, entry.1) {
                *entry = candidate;
            }
        }
        latest
            .into_iter()
            .filter(|(_, (_, left, _))| *left)
            .map(|(pupil, (_, _, with))| (pupil, with))
            .collect()
    }
}

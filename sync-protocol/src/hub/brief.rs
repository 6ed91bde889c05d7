//! What the hub tells a device beyond its own documents.

use std::collections::{BTreeMap, BTreeSet};

use daymark_core::code::Code;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Entry, Person};
use daymark_core::fold::{CellFold, DayFold, Standing};
use daymark_core::ids::{DeviceNumber, EntryId, PupilNumber, TripId};
use daymark_core::roster::{Pupil, Role};
use daymark_core::session::{Date, Session};
use daymark_core::trip::TripView;

use super::access::trip_statements;
use super::{DeviceFacts, Hub};
use crate::brief::{
    Became, Brief, BriefCell, BriefCounting, BriefPerson, BriefPolicy, BriefPupil, BriefRoll, BriefSession,
    Fate, SettledBy, Shown,
};
use crate::frame::Window;
use crate::limits::BRIEF_DAYS;

impl Hub {
    /// The brief of a device for the dates of a window, at a time in unix milliseconds of the hub's clock; `None` for a
    /// device that is not enrolled. A duty that has ended needs no names.
    pub fn brief_for(&mut self, device: DeviceNumber, window: Option<Window>, now_ms: u64) -> Option<Brief> {
        let facts = self.devices.get(&device)?.clone();
        if facts.has_ended(now_ms) {
            return Some(Brief {
                school_name: self.facts.name.clone(),
                rules: (&self.facts.rules).into(),
                staff: self.staff(),
                ..Brief::default()
            });
        }
        let trips: Vec<_> = self.trips_of(device).collect();
        let scope = self.pupils_in_scope(device, facts.grant.role);
        let mut brief = Brief {
            school_name: self.facts.name.clone(),
            rules: (&self.facts.rules).into(),
            staff: self.staff(),
            pupils: self.pupils(&scope, facts.grant.role),
            classes: facts.grant.classes.iter().cloned().collect(),
            good_until: self.good_until(&facts, &trips, now_ms),
            policy: self.policy(window, now_ms),
            counting: self.counting(facts.grant.role),
            trips,
            ..Brief::default()
        };
        for date in window.into_iter().flat_map(Window::dates) {
            let role = facts.grant.role;
            let duties: BTreeSet<Duty> = self.duties_on(device, date, now_ms);
            let day = self.day(date);
            for session in Session::ALL {
                if day.sign_offs(session).next().is_some() {
                    brief.signed_off.push(BriefSession { date, session });
                }
            }
            if role.holds_every_sheet() {
                continue; // They hold the sheets themselves.
            }
            tell(&mut brief, day, &scope, &duties);
        }
        Some(brief)
    }

    /// A trip may last longer than a brief does otherwise, and has no signal; a duty may end sooner.
    fn good_until(&self, facts: &DeviceFacts, trips: &[TripId], now_ms: u64) -> Option<Date> {
        let today = date_of(i64::try_from(now_ms / 1000).ok()?)?;
        let trips = trips.iter().filter_map(|trip| self.trips.get(trip)?.last_date);
        let last = trips.chain(today.plus(BRIEF_DAYS)).max()?;
        let end = facts.grant.ends_at.and_then(date_of);
        Some(end.map_or(last, |end| last.min(end)))
    }

    /// The rules of recording, and the calendar around the window: where there is none, around today.
    fn policy(&self, window: Option<Window>, now_ms: u64) -> Option<BriefPolicy> {
        let today = || date_of(i64::try_from(now_ms / 1000).ok()?);
        let around = window.map(|window| window.from).or_else(today)?;
        BriefPolicy::of(&self.facts.policy, around)
    }

    /// Whether a session ends at a time of its own for a national curriculum year.
    fn ends_apart(&self, year: &str) -> bool {
        let mut sets = self.facts.policy.sets().iter();
        sets.any(|(_, rules)| {
            let mut times = rules.am.iter().chain(&rules.pm);
            times.any(|times| times.ends_by_year.contains_key(year))
        })
    }

    fn staff(&self) -> Vec<BriefPerson> {
        self.roster
            .staff
            .values()
            .filter_map(|member| {
                let person = Person::new(member.id.clone(), &member.name, &member.position).ok()?;
                Some(BriefPerson {
                    person,
                    role: member.role,
                })
            })
            .collect()
    }

    /// By what the school counts absence, for those who hold its sheets.
    fn counting(&self, role: Role) -> Option<BriefCounting> {
        let text = self.facts.rules_text.as_deref();
        let counts = BriefCounting::of(text, &self.facts.policy);
        counts.filter(|_| role.holds_every_sheet())
    }

    fn pupils(&self, scope: &BTreeSet<PupilNumber>, role: Role) -> Vec<BriefPupil> {
        let families = if role == Role::Gate {
            self.families()
        } else {
            BTreeMap::new()
        };
        let family_of = |pupil: &Pupil| families.get(pupil.family_ref.as_deref()?).copied();
        self.roster
            .pupils
            .values()
            .filter(|pupil| scope.contains(&pupil.number))
            .map(|pupil| BriefPupil {
                number: pupil.number,
                name: pupil.listed_as(),
                class: pupil.class.clone(),
                year: Some(pupil.year.clone()).filter(|year| self.ends_apart(year)),
                roll: role.holds_every_sheet().then(|| BriefRoll::from(pupil)),
                family: family_of(pupil),
            })
            .collect()
    }

    /// The families of which several pupils are at the school, by their reference in the roster, numbered in its order.
    fn families(&self) -> BTreeMap<&str, u32> {
        let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
        let pupils = self.roster.pupils.values();
        for family in pupils.filter_map(|pupil| pupil.family_ref.as_deref()) {
            *sizes.entry(family).or_default() += 1;
        }
        let several = sizes.into_iter().filter(|(family, size)| *size > 1 && !family.is_empty());
        several.zip(0..).map(|((family, _), number)| (family, number)).collect()
    }

    /// A teacher's tablet needs its classes and the lists of its trips; gate, attendance team and office need to find
    /// any pupil.
    fn pupils_in_scope(&self, device: DeviceNumber, role: Role) -> BTreeSet<PupilNumber> {
        if role != Role::Teacher {
            return self.roster.pupils.keys().copied().collect();
        }
        let classes = self
            .devices
            .get(&device)
            .map(|facts| facts.grant.classes.clone())
            .unwrap_or_default();
        let mut scope: BTreeSet<PupilNumber> = self
            .roster
            .pupils
            .values()
            .filter(|pupil| classes.contains(&pupil.class))
            .map(|pupil| pupil.number)
            .collect();
        for trip in self.trips_of(device) {
            let Some(document) = self.documents.get(&DocumentId::Trip(trip)) else {
                continue;
            };
            if let Some(plan) = TripView::of(&trip_statements(document.document())).plan() {
                scope.extend(plan.participants.iter().copied());
            }
        }
        scope
    }

    fn duties_on(&self, device: DeviceNumber, date: Date, now_ms: u64) -> BTreeSet<Duty> {
        super::access::sheets_of(date, &self.index)
            .filter(|(id, _)| self.may_read(device, id, now_ms))
            .filter_map(|(id, _)| match id {
                DocumentId::Sheet(_, duty) => Some(duty.clone()),
                _ => None,
            })
            .collect()
    }
}

fn date_of(unix_seconds: i64) -> Option<Date> {
    let days = unix_seconds.checked_sub(Date::from_days(0).start_unix_seconds())? / 86_400;
    u16::try_from(days).ok().map(Date::from_days)
}

fn tell(brief: &mut Brief, day: &DayFold, scope: &BTreeSet<PupilNumber>, duties: &BTreeSet<Duty>) {
    for (cell, fold) in day.cells() {
        let expected_elsewhere = fold.code().is_some_and(Code::not_expected);
        if expected_elsewhere && scope.contains(&cell.pupil) {
            let (date, session, pupil) = (cell.date, cell.session, cell.pupil);
            brief.not_expected.push(BriefCell { date, session, pupil });
        }
        for (id, entry) in day.history(cell) {
            if duties.contains(&entry.duty)
                && let Some(became) = became(day, fold, id, entry, duties)
            {
                brief.fates.push(Fate { entry: id, became });
            }
        }
    }
}

/// What became of an entry, where its own sheet does not show it.
fn became(
    day: &DayFold,
    fold: &CellFold,
    id: EntryId,
    entry: &Entry,
    duties: &BTreeSet<Duty>,
) -> Option<Became> {
    if let Some(found) = fold
        .irregular
        .iter()
        .find(|found| found.entry == id && found.why.moves_nothing())
    {
        return Some(Became::Irregular(found.why.to_string()));
    }
    if fold.proposals.iter().any(|proposal| proposal.entry == id) {
        return Some(Became::Proposed);
    }
    let foreign = |other: &&Entry| !duties.contains(&other.duty);
    if fold.candidates.contains(&id) {
        return match &fold.standing {
            Standing::Disputed { .. } => {
                let other = fold
                    .candidates
                    .iter()
                    .filter_map(|other| day.entry(other))
                    .find(|other| foreign(other) && !other.says_the_same(entry))?;
                Some(Became::Disputed(shown(other)))
            }
            Standing::Settled { code, rule } => Some(Became::Settled(SettledBy {
                rule: rule.to_string(),
                code: *code,
            })),
            _ => None,
        };
    }
    let amending = fold
        .candidates
        .iter()
        .filter_map(|other| day.entry(other))
        .find(|other| foreign(other) && other.supersedes.contains(&id))?;
    Some(Became::Amended(shown(amending)))
}

/// A code as far as a duty may know it: for codes that reveal health, religion or justice, nothing but the name of
/// the person who gave it.
fn shown(entry: &Entry) -> Shown {
    let code = entry.code.filter(|code| !code.sensitive());
    Shown {
        code,
        by: entry.person.to_string(),
    }
}

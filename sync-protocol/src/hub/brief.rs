//! What the hub tells a device beyond its own documents.

use std::collections::BTreeSet;

use daymark_core::code::Code;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Entry, Person};
use daymark_core::fold::{CellFold, DayFold, Standing};
use daymark_core::ids::{DeviceNumber, EntryId, PupilNumber};
use daymark_core::roster::Role;
use daymark_core::session::Session;

use super::Hub;
use super::access::trip_view;
use crate::brief::{Became, Brief, BriefCell, BriefPerson, BriefPupil, BriefSession, Fate, SettledBy, Shown};
use crate::frame::Window;

impl Hub {
    /// The brief of a device for the dates of a window; `None` for a device that is not enrolled.
    pub fn brief_for(&mut self, device: DeviceNumber, window: Option<Window>) -> Option<Brief> {
        let facts = self.devices.get(&device)?.clone();
        let trips: Vec<_> = self.trips_of(device).collect();
        let scope = self.pupils_in_scope(device, facts.grant.role);
        let mut brief = Brief {
            school_name: self.facts.name.clone(),
            rules: self.facts.rules.into(),
            staff: self.staff(),
            pupils: self.pupils(&scope),
            classes: facts.grant.classes.iter().cloned().collect(),
            trips,
            ..Brief::default()
        };
        for date in window.into_iter().flat_map(Window::dates) {
            let role = facts.grant.role;
            let duties: BTreeSet<Duty> = self.duties_on(device, date);
            let day = self.day(date);
            for session in Session::ALL {
                if day.sign_offs(session).next().is_some() {
                    brief.signed_off.push(BriefSession { date, session });
                }
            }
            if matches!(role, Role::Office | Role::Head) {
                continue; // They hold the sheets themselves.
            }
            tell(&mut brief, day, &scope, &duties);
        }
        Some(brief)
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

    fn pupils(&self, scope: &BTreeSet<PupilNumber>) -> Vec<BriefPupil> {
        self.roster
            .pupils
            .values()
            .filter(|pupil| scope.contains(&pupil.number))
            .map(|pupil| BriefPupil {
                number: pupil.number,
                name: pupil.listed_as(),
                class: pupil.class.clone(),
            })
            .collect()
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
            if let Some(plan) = trip_view(document.document()).plan() {
                scope.extend(plan.participants.iter().copied());
            }
        }
        scope
    }

    fn duties_on(&self, device: DeviceNumber, date: daymark_core::session::Date) -> BTreeSet<Duty> {
        super::access::sheets_of(date, &self.index)
            .filter(|(id, _)| self.may_read(device, id))
            .filter_map(|(id, _)| match id {
                DocumentId::Sheet(_, duty) => Some(duty.clone()),
                _ => None,
            })
            .collect()
    }
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

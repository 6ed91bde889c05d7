//! The head counts of a session: of the whole trip and of its groups, and which of them still say that somebody is missing.

use daymark_core::ids::PupilNumber;
use daymark_core::trip::{HeadCount, TripGroup, TripStatement, TripView};

use super::Open;
use crate::action::Register;

/// A head count of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// What was counted.
    pub count: HeadCount,
    /// Who was missing, and whom no later count has found.
    pub missing: Vec<PupilNumber>,
    /// Whether all is well by it, or by the counts that came after it.
    pub is_well: bool,
    /// When: unix seconds.
    pub at: i64,
    /// By whom.
    pub by: String,
}

fn agrees(count: &HeadCount) -> bool {
    count.found == count.expected && count.missing.is_empty()
}

impl Counted {
    /// Whether it was found well only later.
    pub fn is_found_since(&self) -> bool {
        self.is_well && !agrees(&self.count)
    }

    fn hear(&mut self, later: &HeadCount, view: &TripView) {
        self.missing
            .retain(|pupil| later.missing.contains(pupil) || !view.covers(later, *pupil));
        // Whom it did not name is found by a count of the same people, or of everybody.
        let is_of_all = later.group.is_none() || later.group == self.count.group;
        let named = u32::try_from(self.count.missing.len()).unwrap_or(u32::MAX);
        let names_all = named > 0 && self.count.found.saturating_add(named) == self.count.expected;
        self.is_well |= agrees(later) && is_of_all || names_all && self.missing.is_empty();
    }
}

impl Open {
    /// The group of a trip that is shown; none for everybody.
    pub fn group_shown<'a>(&self, view: &'a TripView) -> Option<&'a TripGroup> {
        view.plan()?.group(self.group.as_deref()?)
    }

    /// The last head count of whom is shown, taken in a session of a day: one of the morning says nothing of the afternoon. Beside
    /// it the last ones of the others that say somebody is missing who may be of those shown.
    pub fn last_counts(&self, view: &TripView, register: &Register) -> (Option<Counted>, Vec<Counted>) {
        let mut last: Vec<Counted> = Vec::new();
        for (_, statement) in &view.observations {
            let TripStatement::HeadCount(count) = &statement.body else {
                continue;
            };
            let at = statement.stamp.shown_at();
            let local = self.local_of(at);
            let session = daymark_tablet::arrivals::session_at(local.time);
            if (local.date, session) != (register.date, register.session) {
                continue;
            }
            last.retain(|before| before.count.group != count.group);
            for before in &mut last {
                before.hear(count, view);
            }
            last.push(Counted {
                count: count.clone(),
                missing: count.missing.clone(),
                is_well: agrees(count),
                at,
                by: statement.stamp.person.name.clone(),
            });
        }
        let shown = self.group_shown(view);
        let name = shown.map(|group| &group.name);
        let place = last.iter().position(|one| one.count.group.as_ref() == name);
        let own = place.map(|place| last.remove(place));
        last.retain(|one| {
            let may_be_of = |group: &TripGroup| {
                let unnamed = one.missing.is_empty();
                one.count.group.is_none()
                    && (unnamed || one.missing.iter().any(|who| group.pupils.contains(who)))
            };
            !one.is_well && shown.is_none_or(may_be_of)
        });
        (own, last)
    }
}

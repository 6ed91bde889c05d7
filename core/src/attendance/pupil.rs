//! The marks of one pupil, and the sets that every counter is read from.

use std::collections::BTreeMap;
use std::ops::Range;

use super::day_set::SessionSet;
use super::outcome::{Enrolled, Outcome};
use super::tally::Tally;
use crate::calendar::{Calendar, CompulsoryAge, Span};
use crate::code::{self, Code, CountsAs};
use crate::rules::terms::Codes;
use crate::session::{Date, Session};

/// The marks of one pupil in the sessions of a calendar.
///
/// `outcomes` is the truth. The sets repeat it by code and by what it counts as, and a mark moves at most two bits of
/// the old and two of the new, so that nothing is ever counted again from the marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PupilMarks {
    enrolled: Option<Enrolled>,
    /// The school days on roll.
    on_roll: Range<usize>,
    /// Those of compulsory school age; all, where the date of birth is not known.
    compulsory: Range<usize>,
    /// Morning and afternoon of each school day.
    outcomes: Vec<[Outcome; 2]>,
    /// By code. A code with no session is not here, so that equal marks are equal values.
    by_code: BTreeMap<Code, SessionSet>,
    by_statistic: [SessionSet; 4],
}

fn index_of(statistic: CountsAs) -> usize {
    match statistic {
        CountsAs::Attended => 0,
        CountsAs::AuthorisedAbsence => 1,
        CountsAs::UnauthorisedAbsence => 2,
        CountsAs::NotPossible => 3,
    }
}

fn half(session: Session) -> usize {
    match session {
        Session::Am => 0,
        Session::Pm => 1,
    }
}

impl PupilMarks {
    pub(super) fn new(school_days: usize) -> Self {
        Self {
            enrolled: None,
            on_roll: 0..0,
            compulsory: 0..school_days,
            outcomes: vec![[Outcome::Blank; 2]; school_days],
            by_code: BTreeMap::new(),
            by_statistic: std::array::from_fn(|_| SessionSet::new(school_days)),
        }
    }

    /// Takes what the roster says. What is outside the time on roll stays, and counts nothing.
    pub(super) fn enrol(&mut self, enrolled: Enrolled, calendar: &Calendar) {
        let span = |first: Option<Date>, last: Option<Date>| {
            calendar.places(Span {
                first: first.unwrap_or_else(|| calendar.first_day()),
                last: last.unwrap_or_else(|| calendar.last_day()),
            })
        };
        self.on_roll = span(enrolled.start, enrolled.leave);
        let age = enrolled.born.and_then(CompulsoryAge::of);
        self.compulsory = span(age.map(|age| age.first), age.map(|age| age.last));
        self.enrolled = Some(enrolled);
    }

    pub(super) fn enrolled(&self) -> Option<&Enrolled> {
        self.enrolled.as_ref()
    }

    /// Whether there is nothing here that a new value would not have.
    pub(super) fn is_void(&self) -> bool {
        self.enrolled.is_none()
            && self
                .outcomes
                .iter()
                .flatten()
                .all(|outcome| *outcome == Outcome::Blank)
    }

    /// Puts an outcome in place of the one that was there, which it gives back.
    pub(super) fn put(&mut self, place: usize, date: Date, session: Session, outcome: Outcome) -> Outcome {
        let Some(day) = self.outcomes.get_mut(place) else {
            return Outcome::Blank;
        };
        let before = std::mem::replace(&mut day[half(session)], outcome);
        if before != outcome {
            self.index(before, place, date, session, false);
            self.index(outcome, place, date, session, true);
        }
        before
    }

    fn index(&mut self, outcome: Outcome, place: usize, date: Date, session: Session, is_in: bool) {
        let Some(code) = outcome.code() else {
            return;
        };
        let school_days = self.outcomes.len();
        let set = self
            .by_code
            .entry(code)
            .or_insert_with(|| SessionSet::new(school_days));
        set.put(place, session, is_in);
        if set.is_empty() {
            self.by_code.remove(&code);
        }
        // A symbol that is no code of that date counts as nothing; the fold lets none stand.
        if let Ok(row) = code::row_on(code, date) {
            self.by_statistic[index_of(row.statistics)].put(place, session, is_in);
        }
    }

    pub(super) fn outcome(&self, place: usize, session: Session) -> Outcome {
        self.outcomes
            .get(place)
            .map_or(Outcome::Blank, |day| day[half(session)])
    }

    /// The days of a range on which the pupil is on roll.
    pub(super) fn on_roll(&self, range: &Range<usize>) -> Range<usize> {
        both(&self.on_roll, range)
    }

    /// The days of a range on which the pupil is on roll and of compulsory school age.
    pub(super) fn of_compulsory_age(&self, range: &Range<usize>) -> Range<usize> {
        both(&self.compulsory, &self.on_roll(range))
    }

    pub(super) fn tally(&self, range: &Range<usize>) -> Tally {
        let range = self.on_roll(range);
        let count = |statistic| self.statistic(statistic).count(&range);
        Tally {
            attended: count(CountsAs::Attended),
            authorised: count(CountsAs::AuthorisedAbsence),
            unauthorised: count(CountsAs::UnauthorisedAbsence),
        }
    }

    /// What each school day on roll adds to the sums of the pupil's groups.
    pub(super) fn tallies_by_day(&self) -> impl Iterator<Item = (usize, Tally)> + '_ {
        self.on_roll.clone().map(|place| {
            let day = Session::ALL.map(|session| self.tally_at(place, session));
            (place, day[0] + day[1])
        })
    }

    /// What one session adds to the tally: nothing outside the time on roll.
    pub(super) fn tally_at(&self, place: usize, session: Session) -> Tally {
        let is_on_roll = self.on_roll.contains(&place);
        let one = |statistic| u32::from(is_on_roll && self.statistic(statistic).has(place, session));
        Tally {
            attended: one(CountsAs::Attended),
            authorised: one(CountsAs::AuthorisedAbsence),
            unauthorised: one(CountsAs::UnauthorisedAbsence),
        }
    }

    pub(super) fn statistic(&self, statistic: CountsAs) -> &SessionSet {
        &self.by_statistic[index_of(statistic)]
    }

    /// How many sessions of a range have one of the codes. The caller has cut the range to the days that count.
    pub(super) fn count(&self, codes: &Codes, range: &Range<usize>) -> u32 {
        self.sets(codes).map(|set| set.count(range)).sum()
    }

    /// The sessions with one of the codes.
    pub(super) fn with(&self, codes: &Codes) -> SessionSet {
        let mut joined = SessionSet::new(self.outcomes.len());
        self.sets(codes).for_each(|set| joined.join(set));
        joined
    }

    fn sets<'a>(&'a self, codes: &'a Codes) -> impl Iterator<Item = &'a SessionSet> + 'a {
        // A pupil has few codes, and a rule may name many.
        self.by_code
            .iter()
            .filter(|(code, _)| codes.contains(*code))
            .map(|(_, set)| set)
    }
}

fn both(a: &Range<usize>, b: &Range<usize>) -> Range<usize> {
    let start = a.start.max(b.start);
    start..a.end.min(b.end).max(start)
}

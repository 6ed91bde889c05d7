//! Days of absence: in a row, and in the school year.

use std::ops::Range;

use super::day_set::{DaySet, SessionSet};
use super::pupil::PupilMarks;
use crate::calendar::Calendar;
use crate::code::CountsAs;
use crate::rules::terms::{Counting, DayNeeds, DaysTrigger};
use crate::session::{Date, Session};

/// The days that count towards a trigger, up to a date.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DaysCounted {
    /// The run that has not ended: empty once the pupil was there again.
    pub current: Vec<Date>,
    /// The longest run that has a day in this school year, begun perhaps in the last; the latest of equal ones.
    pub longest: Vec<Date>,
    /// All days of this school year, in a row or not.
    pub in_year: Vec<Date>,
}

impl DaysCounted {
    /// The days by one way of counting, those of a run that has not ended for [`Counting::Consecutive`].
    pub fn by(&self, counting: Counting) -> &[Date] {
        match counting {
            Counting::Consecutive => &self.current,
            Counting::Cumulative => &self.in_year,
        }
    }
}

/// Each school day by whether it counts. A day does one of three things:
///
/// - it counts: its sessions stand in the codes as [`DayNeeds`] asks;
/// - it ends a run: some other mark says where the pupil was, or why not;
/// - neither: no session of it has a mark yet, or is disputed, or none was possible (a closed site). A run goes on
///   past it, because nothing says that the pupil was seen.
struct Judged {
    counts: DaySet,
    ends: DaySet,
}

impl Judged {
    fn of(marks: &PupilMarks, held: &SessionSet, trigger: &DaysTrigger) -> Self {
        let inside = marks.with(&trigger.codes);
        let [attended, authorised, unauthorised, not_possible] = [
            CountsAs::Attended,
            CountsAs::AuthorisedAbsence,
            CountsAs::UnauthorisedAbsence,
            CountsAs::NotPossible,
        ]
        .map(|statistic| marks.statistic(statistic));
        let half = |of: fn(&SessionSet) -> &DaySet, word: usize| {
            let word_of = |set: &SessionSet| of(set).words()[word];
            let inside = word_of(&inside);
            let possible = word_of(attended) | word_of(authorised) | word_of(unauthorised);
            Half {
                inside,
                other: possible & !inside,
                met: inside | word_of(not_possible) | !word_of(held),
            }
        };
        let words = held.am.words().len();
        let each = |say: fn(Half, Half, DayNeeds) -> u64| {
            DaySet::from_words((0..words).map(|word| {
                let am = half(|set| &set.am, word);
                let pm = half(|set| &set.pm, word);
                say(am, pm, trigger.day)
            }))
        };
        Self {
            counts: each(counts),
            ends: each(ends),
        }
    }
}

/// The mornings or the afternoons of 64 days.
#[derive(Clone, Copy)]
struct Half {
    /// In the codes.
    inside: u64,
    /// A possible session with another code.
    other: u64,
    /// Nothing that speaks against the day: in the codes, not possible, or not held.
    met: u64,
}

fn counts(am: Half, pm: Half, needs: DayNeeds) -> u64 {
    let any = am.inside | pm.inside;
    match needs {
        DayNeeds::AnySession => any,
        DayNeeds::EverySession => any & am.met & pm.met,
    }
}

fn ends(am: Half, pm: Half, needs: DayNeeds) -> u64 {
    (am.other | pm.other) & !counts(am, pm, needs)
}

/// Counts the days of a pupil: runs within all the days given, the others within those of the year.
pub(super) fn count(
    marks: &PupilMarks,
    calendar: &Calendar,
    held: &SessionSet,
    trigger: &DaysTrigger,
    all: &Range<usize>,
    year: &Range<usize>,
) -> DaysCounted {
    if marks.count(&trigger.codes, all) == 0 {
        return DaysCounted::default();
    }
    let judged = Judged::of(marks, held, trigger);
    let dates = |places: Vec<usize>| {
        places
            .iter()
            .map(|place| calendar.school_days()[*place].date)
            .collect()
    };
    DaysCounted {
        current: dates(current(&judged, all)),
        longest: dates(longest(&judged, all, year)),
        in_year: dates(judged.counts.within(year.clone()).collect()),
    }
}

fn current(judged: &Judged, all: &Range<usize>) -> Vec<usize> {
    let mut run: Vec<usize> = Vec::new();
    for place in all.clone().rev() {
        if judged.ends.has(place) {
            break;
        }
        if judged.counts.has(place) {
            run.push(place);
        }
    }
    run.reverse();
    run
}

fn longest(judged: &Judged, all: &Range<usize>, year: &Range<usize>) -> Vec<usize> {
    let mut counted: Vec<usize> = Vec::new();
    let (mut run_start, mut longest) = (0, 0..0);
    for place in all.clone() {
        if judged.ends.has(place) {
            run_start = counted.len();
        }
        if judged.counts.has(place) {
            counted.push(place);
            if year.contains(&place) && counted.len() - run_start >= longest.len() {
                longest = run_start..counted.len();
            }
        }
    }
    counted[longest].to_vec()
}

/// The sessions of a day that stand in the codes of a trigger.
pub(super) fn sessions_of_day(marks: &PupilMarks, trigger: &DaysTrigger, place: usize) -> Vec<Session> {
    Session::ALL
        .into_iter()
        .filter(|session| {
            let code = marks.outcome(place, *session).code();
            code.is_some_and(|code| trigger.codes.contains(&code))
        })
        .collect()
}

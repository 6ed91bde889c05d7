//! What a calendar is made from, and what cannot be right about it.

use crate::session::{Date, Session};

/// The most parts of one kind: a school's calendar of many years is far below it.
pub const PARTS_MAX: usize = 2000;
/// The longest name of a part, in bytes.
pub const NAME_BYTES_MAX: usize = 100;
/// The most days from the first of a term to its last, weekends included. The longest English terms have some 115.
pub const TERM_DAYS_MAX: u16 = 190;

/// A term, from its first day to its last. Half-terms may be terms of their own, or closures within one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// What the school calls it.
    pub name: String,
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
}

/// Days of a term without a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaysOff {
    /// What the school calls them.
    pub name: String,
    /// Why there is no session.
    pub kind: Off,
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
}

/// Why a day of a term has no session. Registers that leave the school print `#` for either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Off {
    /// In-service training: staff are in, pupils are not.
    Inset,
    /// A planned closure of the whole school: a half-term holiday, a bank holiday, a polling day. An unexpected one is
    /// no part of a calendar: its sessions stand in the register, as `Y4`.
    Closure,
}

/// A school day with one session instead of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HalfDay {
    /// The day.
    pub date: Date,
    /// Its only session.
    pub session: Session,
}

/// What a calendar is made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// The terms, of any number of years.
    pub terms: Vec<Term>,
    /// Days of the terms without a session.
    pub off: Vec<DaysOff>,
    /// Days with one session.
    pub half_days: Vec<HalfDay>,
}

/// Which part is meant, by its place among those of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The calendar as a whole.
    Whole,
    /// A term.
    Term(usize),
    /// Days off.
    Off(usize),
    /// A half day.
    HalfDay(usize),
}

/// What cannot be right about a part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartProblem {
    /// Nothing to make a calendar from.
    #[error("the calendar has no school day: give a term with its first and last day")]
    NoSchoolDay,
    /// More than can be meant.
    #[error("there are {count} {what}: give at most {PARTS_MAX}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        count: usize,
    },
    /// A name that cannot be shown.
    #[error("name {name:?} is not fit to be shown: give 1 to {NAME_BYTES_MAX} bytes of plain text")]
    Name {
        /// The name.
        name: String,
    },
    /// The last day before the first.
    #[error("last day {last} is before first day {first}: exchange or correct them")]
    Backwards {
        /// The first day.
        first: Date,
        /// The last.
        last: Date,
    },
    /// A term of most of a year.
    #[error("{name:?} is {days} days long: a term has at most {TERM_DAYS_MAX}; check the year of both days")]
    LongTerm {
        /// The term.
        name: String,
        /// From its first day to its last.
        days: u16,
    },
    /// Two terms on one day.
    #[error("{name:?} begins on {first}, before {other:?} ends on {last}: correct one of them")]
    Overlap {
        /// The later term.
        name: String,
        /// Its first day.
        first: Date,
        /// The earlier.
        other: String,
        /// Its last day.
        last: Date,
    },
    /// A day that is in no term.
    #[error("{date} is in no term: take it out, or correct it; days between terms need no entry")]
    NoTerm {
        /// The day.
        date: Date,
    },
    /// A day that has no sessions anyway.
    #[error("{date} is a Saturday or Sunday: take it out, or correct it")]
    Weekend {
        /// The day.
        date: Date,
    },
    /// A day that was named before.
    #[error("{date} was given before: take one of the two out")]
    Twice {
        /// The day.
        date: Date,
    },
    /// A half day on a day without sessions.
    #[error("{date} has no session at all: take it out of the half days, or of the days off")]
    HalfOfNothing {
        /// The day.
        date: Date,
    },
}

impl Parts {
    /// Everything that cannot be right, part by part.
    pub(super) fn problems(&self) -> Vec<(Part, PartProblem)> {
        let mut found = self.too_many();
        if !found.is_empty() {
            return found;
        }
        self.check_terms(&mut found);
        self.check_off(&mut found);
        self.check_half_days(&mut found);
        found
    }

    fn too_many(&self) -> Vec<(Part, PartProblem)> {
        [
            ("terms", self.terms.len()),
            ("days off", self.off.len()),
            ("half days", self.half_days.len()),
        ]
        .into_iter()
        .filter(|(_, count)| *count > PARTS_MAX)
        .map(|(what, count)| (Part::Whole, PartProblem::TooMany { what, count }))
        .collect()
    }

    fn check_terms(&self, found: &mut Vec<(Part, PartProblem)>) {
        for (at, term) in self.terms.iter().enumerate() {
            let mut add = |problem| found.push((Part::Term(at), problem));
            check_name(&term.name).into_iter().for_each(&mut add);
            let (first, last) = (term.first, term.last);
            if last < first {
                add(PartProblem::Backwards { first, last });
                continue;
            }
            let days = last.days() - first.days() + 1;
            if days > TERM_DAYS_MAX {
                let name = term.name.clone();
                add(PartProblem::LongTerm { name, days });
            }
            let overlapped = self.terms.iter().enumerate().find(|(other_at, other)| {
                (other.first, *other_at) < (first, at) && other.first <= other.last && first <= other.last
            });
            if let Some((_, other)) = overlapped {
                add(PartProblem::Overlap {
                    name: term.name.clone(),
                    first,
                    other: other.name.clone(),
                    last: other.last,
                });
            }
        }
    }

    fn check_off(&self, found: &mut Vec<(Part, PartProblem)>) {
        for (at, off) in self.off.iter().enumerate() {
            let mut add = |problem| found.push((Part::Off(at), problem));
            check_name(&off.name).into_iter().for_each(&mut add);
            let (first, last) = (off.first, off.last);
            if last < first {
                add(PartProblem::Backwards { first, last });
                continue;
            }
            if first == last && is_weekend(first) {
                add(PartProblem::Weekend { date: first });
            }
            for date in [first, last] {
                if !self.in_term(date) {
                    add(PartProblem::NoTerm { date });
                    break;
                }
            }
            let earlier = self.off[..at]
                .iter()
                .find(|other| other.first <= last && first <= other.last);
            if let Some(other) = earlier {
                add(PartProblem::Twice {
                    date: first.max(other.first),
                });
            }
        }
    }

    fn check_half_days(&self, found: &mut Vec<(Part, PartProblem)>) {
        for (at, half) in self.half_days.iter().enumerate() {
            let date = half.date;
            let is_off = self.off.iter().any(|off| off.first <= date && date <= off.last);
            let problem = if self.half_days[..at].iter().any(|other| other.date == date) {
                PartProblem::Twice { date }
            } else if !self.in_term(date) {
                PartProblem::NoTerm { date }
            } else if is_weekend(date) {
                PartProblem::Weekend { date }
            } else if is_off {
                PartProblem::HalfOfNothing { date }
            } else {
                continue;
            };
            found.push((Part::HalfDay(at), problem));
        }
    }

    fn in_term(&self, date: Date) -> bool {
        self.terms
            .iter()
            .any(|term| term.first <= date && date <= term.last)
    }
}

fn check_name(name: &str) -> Option<PartProblem> {
    let fits = !name.trim().is_empty() && name.len() <= NAME_BYTES_MAX && !name.chars().any(char::is_control);
    (!fits).then(|| PartProblem::Name {
        name: name.chars().take(NAME_BYTES_MAX).collect(),
    })
}

/// Days from Monday: Saturday is 5. 2000-01-01, day 0, was a Saturday.
pub(super) fn weekday(date: Date) -> u16 {
    (date.days() % 7 + 5) % 7
}

/// Saturday or Sunday.
pub(super) fn is_weekend(date: Date) -> bool {
    weekday(date) >= 5
}

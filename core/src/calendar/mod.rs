//! The school's calendar: which sessions are held, and how school days, weeks and years are counted.
//!
//! Every deadline of the register is in the school's own days (regulation 10(7) to (9) of SI 2024/208: five *school*
//! days), and the threshold of penalty notices in its own weeks, so nothing here is worked out from weekdays alone.
//! A calendar spans as many years as it was given, and counts through them: a span of school weeks may cross terms and
//! years.

pub mod age;
pub mod file;
pub mod london;
pub mod parts;
pub mod year;

use std::collections::BTreeMap;
use std::ops::Range;

pub use age::CompulsoryAge;
pub use parts::{DaysOff, HalfDay, Off, Part, PartProblem, Parts, Term};
pub use year::SchoolYear;

use crate::session::{Date, Session};

/// Which sessions of a school day are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    /// Both, as on nearly every school day.
    Both,
    /// One.
    Only(Session),
}

impl Held {
    /// Whether the session is held.
    pub fn has(self, session: Session) -> bool {
        match self {
            Self::Both => true,
            Self::Only(only) => only == session,
        }
    }
}

/// What a date is to the school.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayKind<'a> {
    /// A school day: a day with at least one session (Education Act 1996, section 579(1)).
    School(Held),
    /// A day of a term without a session, and what the school calls it.
    Off(Off, &'a str),
    /// A Saturday or Sunday.
    Weekend,
    /// Outside the terms that the calendar knows.
    OutOfTerm,
}

/// A school day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchoolDay {
    /// Its date.
    pub date: Date,
    /// Its sessions.
    pub held: Held,
    /// Its school year.
    pub year: SchoolYear,
}

/// A school week: Monday to Sunday, with at least one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchoolWeek {
    /// Its Monday.
    pub monday: Date,
    /// The school year of its first school day.
    pub year: SchoolYear,
    /// Its number in that year, from 1; weeks of holiday have none.
    pub number: u16,
    /// Which of the calendar's school days lie in it.
    pub(crate) days: Range<usize>,
}

/// A school's calendar. Two are equal when they were made from the same parts in the same order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    parts: Parts,
    days: Vec<SchoolDay>,
    weeks: Vec<SchoolWeek>,
    /// When each year that is known begins: with its first term.
    years: BTreeMap<SchoolYear, Date>,
    /// For each date from the first school day to the last, which school day it is.
    places: Vec<Option<usize>>,
}

impl Calendar {
    /// Makes a calendar.
    ///
    /// # Errors
    /// Everything that cannot be right about the parts.
    pub fn new(parts: Parts) -> Result<Self, Vec<(Part, PartProblem)>> {
        let problems = parts.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut calendar = Self {
            days: Vec::new(),
            weeks: Vec::new(),
            years: BTreeMap::new(),
            places: Vec::new(),
            parts,
        };
        calendar.find_years();
        calendar.find_days();
        calendar.find_weeks();
        if calendar.days.is_empty() {
            return Err(vec![(Part::Whole, PartProblem::NoSchoolDay)]);
        }
        Ok(calendar)
    }

    fn find_years(&mut self) {
        for term in &self.parts.terms {
            let start = self
                .years
                .entry(SchoolYear::of_term(term.first))
                .or_insert(term.first);
            *start = term.first.min(*start);
        }
    }

    fn find_days(&mut self) {
        let mut terms: Vec<(Date, Date)> = self
            .parts
            .terms
            .iter()
            .map(|term| (term.first, term.last))
            .collect();
        terms.sort_unstable();
        for date in terms
            .into_iter()
            .flat_map(|(first, last)| (first.days()..=last.days()).map(Date::from_days))
        {
            if let DayKind::School(held) = self.kind_by_parts(date) {
                let year = self.school_year(date);
                self.days.push(SchoolDay { date, held, year });
            }
        }
        let first = self.days.first().map_or(0, |day| day.date.days());
        let last = self.days.last().map_or(0, |day| day.date.days());
        self.places = vec![None; usize::from(last - first) + 1];
        for (place, day) in self.days.iter().enumerate() {
            self.places[usize::from(day.date.days() - first)] = Some(place);
        }
    }

    fn find_weeks(&mut self) {
        let mut weeks: Vec<SchoolWeek> = Vec::new();
        for (place, day) in self.days.iter().enumerate() {
            let monday = monday_of(day.date);
            match weeks.last_mut() {
                Some(week) if week.monday == monday => week.days.end = place + 1,
                last => {
                    let number = match last {
                        Some(before) if before.year == day.year => before.number + 1,
                        _ => 1,
                    };
                    weeks.push(SchoolWeek {
                        monday,
                        year: day.year,
                        number,
                        days: place..place + 1,
                    });
                }
            }
        }
        self.weeks = weeks;
    }

    fn kind_by_parts(&self, date: Date) -> DayKind<'_> {
        let in_term = self
            .parts
            .terms
            .iter()
            .any(|term| term.first <= date && date <= term.last);
        if parts::is_weekend(date) {
            return DayKind::Weekend;
        }
        if !in_term {
            return DayKind::OutOfTerm;
        }
        let off = self
            .parts
            .off
            .iter()
            .find(|off| off.first <= date && date <= off.last);
        if let Some(off) = off {
            return DayKind::Off(off.kind, &off.name);
        }
        let half = self.parts.half_days.iter().find(|half| half.date == date);
        DayKind::School(half.map_or(Held::Both, |half| Held::Only(half.session)))
    }

    /// What it was made from.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// What a date is to the school.
    pub fn kind(&self, date: Date) -> DayKind<'_> {
        match self.place(date) {
            Some(place) => DayKind::School(self.days[place].held),
            None => self.kind_by_parts(date),
        }
    }

    /// Whether a session is held on a date.
    pub fn is_held(&self, date: Date, session: Session) -> bool {
        self.place(date)
            .is_some_and(|place| self.days[place].held.has(session))
    }

    /// The sessions of a date, in order; none on a day that is no school day.
    pub fn sessions_on(&self, date: Date) -> impl Iterator<Item = Session> + '_ {
        Session::ALL
            .into_iter()
            .filter(move |session| self.is_held(date, *session))
    }

    /// Every school day that it knows, in order.
    pub fn school_days(&self) -> &[SchoolDay] {
        &self.days
    }

    /// Every school week that it knows, in order.
    pub fn school_weeks(&self) -> &[SchoolWeek] {
        &self.weeks
    }

    /// The first school day that it knows.
    pub fn first_day(&self) -> Date {
        self.days[0].date
    }

    /// The last school day that it knows.
    pub fn last_day(&self) -> Date {
        self.days[self.days.len() - 1].date
    }

    /// Whether a date lies between the first and the last school day that it knows: of others it says nothing.
    pub fn knows(&self, date: Date) -> bool {
        (self.first_day()..=self.last_day()).contains(&date)
    }

    /// The school day that comes so many school days after a date, the date itself not counted: weekends, holidays,
    /// INSET days and closures are passed over. 0 is the date itself. `None` where the calendar ends before it.
    pub fn nth_school_day_after(&self, date: Date, school_days: u16) -> Option<Date> {
        let Some(beyond) = usize::from(school_days).checked_sub(1) else {
            return Some(date);
        };
        let next = self.days.partition_point(|day| day.date <= date);
        self.days.get(next + beyond).map(|day| day.date)
    }

    /// The school year of a date. A year begins with its first term (Education Act 1996, section 579(1)), and goes on
    /// through the holidays to the first term of the next; where the calendar does not know that term, to 31 August.
    pub fn school_year(&self, date: Date) -> SchoolYear {
        let year = SchoolYear::by_september(date);
        let starts = |year: SchoolYear| self.years.get(&year).copied();
        if starts(year).is_some_and(|start| date < start) {
            return year.previous();
        }
        if starts(year.next()).is_some_and(|start| start <= date) {
            return year.next();
        }
        year
    }

    /// From the Monday of so many school weeks up to a date, the week of the date included, to the date itself.
    pub fn weeks_to(&self, date: Date, school_weeks: u16) -> Option<Span> {
        let last = self.latest_week_place(date)?;
        let first = (last + 1).saturating_sub(usize::from(school_weeks).max(1));
        Some(Span {
            first: self.weeks[first].monday,
            last: date,
        })
    }

    /// The school week that a date lies in, or the last one before it: `None` before the first.
    pub fn latest_week(&self, date: Date) -> Option<&SchoolWeek> {
        self.latest_week_place(date).map(|place| &self.weeks[place])
    }

    /// The place of that week among [`Calendar::school_weeks`].
    pub(crate) fn latest_week_place(&self, date: Date) -> Option<usize> {
        self.weeks
            .partition_point(|week| week.monday <= date)
            .checked_sub(1)
    }

    /// Which school day a date is, counted from the first that the calendar knows.
    pub(crate) fn place(&self, date: Date) -> Option<usize> {
        let from_first = date.days().checked_sub(self.days.first()?.date.days())?;
        self.places.get(usize::from(from_first)).copied().flatten()
    }

    /// The places of the school days of a span.
    pub(crate) fn places(&self, span: Span) -> Range<usize> {
        let start = self.days.partition_point(|day| day.date < span.first);
        let end = self.days.partition_point(|day| day.date <= span.last);
        start..end.max(start)
    }

    /// From the first school day of a date's school year to the date itself.
    pub fn year_to(&self, date: Date) -> Span {
        let year = self.school_year(date);
        let start = self.days.partition_point(|day| day.year < year);
        let first = self.days.get(start).map_or(date, |day| day.date.min(date));
        Span { first, last: date }
    }
}

/// Dates from a first to a last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub first: Date,
    /// The last.
    pub last: Date,
}

fn monday_of(date: Date) -> Date {
    // A Saturday at the very start of the range has its Monday before it: its week begins with the range.
    date.minus(parts::weekday(date)).unwrap_or(Date::from_days(0))
}

//! Counting the register: attendance by pupil and group, days and weeks of absence, and the worklists made from them.
//!
//! [`Attendance`] holds what stands in every cell and is told of each change, an amendment of an old cell included.
//! A pupil's marks stand in sets of bits, by code and by what they count as, so that a change moves a few bits, and a
//! figure is counted 64 school days at a time; groups are summed day by day. The same cells give the same value whatever
//! the order in which they were set, and tests compare every figure with a naive recount.

mod day_set;
mod days;
mod outcome;
mod pupil;
mod sums;
mod tally;
mod weeks;
pub mod worklists;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

pub use days::DaysCounted;
pub use outcome::{Counted, Enrolled, Outcome};
pub use tally::{Absence, Tally};
pub use weeks::WeeksMet;

use self::day_set::SessionSet;
use self::pupil::PupilMarks;
use self::sums::Sums;
use crate::calendar::{Calendar, Span};
use crate::code::CountsAs;
use crate::ids::{ClassName, PupilNumber};
use crate::rules::terms::{Codes, DaysTrigger, PenaltyThreshold};
use crate::session::{Cell, Date, Session};

/// Whose sessions are counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Group {
    /// The whole school.
    School,
    /// A registration group, as it is now.
    Class(ClassName),
    /// A national curriculum year, as the school writes it.
    Year(String),
}

/// For which pupils and days a rule of the law counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ages {
    /// Every day on roll.
    Any,
    /// Days on roll at compulsory school age (Education Act 1996, section 8). A pupil without a date of birth is
    /// counted as if of that age, so that a gap in the school's list hides nobody.
    Compulsory,
}

/// The register of a school as far as it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendance {
    calendar: Arc<Calendar>,
    /// The sessions that the calendar holds.
    held: SessionSet,
    pupils: BTreeMap<PupilNumber, PupilMarks>,
    sums: Sums,
    /// Marks of sessions that the calendar does not hold, such as of a trip on an INSET day: kept, shown, counted
    /// nowhere.
    outside: BTreeMap<Cell, Outcome>,
}

impl Attendance {
    /// A register with nothing in it.
    pub fn new(calendar: Arc<Calendar>) -> Self {
        let days = calendar.school_days();
        let mut held = SessionSet::new(days.len());
        for (place, day) in days.iter().enumerate() {
            for session in Session::ALL {
                held.put(place, session, day.held.has(session));
            }
        }
        Self {
            held,
            pupils: BTreeMap::new(),
            sums: Sums::new(days.len()),
            outside: BTreeMap::new(),
            calendar,
        }
    }

    /// A register from a roster and cells: the same as telling it of each, in any order.
    pub fn of(
        calendar: Arc<Calendar>,
        roster: impl IntoIterator<Item = Enrolled>,
        cells: impl IntoIterator<Item = (Cell, Outcome)>,
    ) -> Self {
        let mut attendance = Self::new(calendar);
        for enrolled in roster {
            attendance.enrol(enrolled);
        }
        for (cell, outcome) in cells {
            attendance.set(cell, outcome);
        }
        attendance
    }

    /// The same register by another calendar, such as one in which an INSET day was moved.
    #[must_use]
    pub fn with_calendar(&self, calendar: Arc<Calendar>) -> Self {
        let roster = self.pupils.values().filter_map(PupilMarks::enrolled).cloned();
        Self::of(calendar, roster, self.cells())
    }

    /// The calendar that it counts by.
    pub fn calendar(&self) -> &Arc<Calendar> {
        &self.calendar
    }

    /// Takes what the roster says of a pupil, in place of what it said before.
    pub fn enrol(&mut self, enrolled: Enrolled) {
        let school_days = self.calendar.school_days().len();
        let marks = self
            .pupils
            .entry(enrolled.pupil)
            .or_insert_with(|| PupilMarks::new(school_days));
        if let Some(before) = marks.enrolled() {
            self.sums.leave(before, marks.tallies_by_day());
        }
        marks.enrol(enrolled, &self.calendar);
        if let Some(enrolled) = marks.enrolled() {
            self.sums.join(enrolled, marks.tallies_by_day());
        }
    }

    /// Puts what stands in a cell in place of what stood there, which it gives back. Marks of pupils whom the roster
    /// does not have are kept, and counted once it has them.
    pub fn set(&mut self, cell: Cell, outcome: Outcome) -> Outcome {
        let held = self
            .calendar
            .place(cell.date)
            .filter(|place| self.held.has(*place, cell.session));
        let Some(place) = held else {
            let before = if outcome == Outcome::Blank {
                self.outside.remove(&cell)
            } else {
                self.outside.insert(cell, outcome)
            };
            return before.unwrap_or_default();
        };
        if outcome == Outcome::Blank && !self.pupils.contains_key(&cell.pupil) {
            return Outcome::Blank;
        }
        let school_days = self.calendar.school_days().len();
        let marks = self
            .pupils
            .entry(cell.pupil)
            .or_insert_with(|| PupilMarks::new(school_days));
        let tally_before = marks.tally_at(place, cell.session);
        let before = marks.put(place, cell.date, cell.session, outcome);
        if let Some(enrolled) = marks.enrolled() {
            let tally = marks.tally_at(place, cell.session);
            self.sums.exchange(enrolled, place, tally_before, tally);
        }
        if outcome == Outcome::Blank && marks.is_void() {
            self.pupils.remove(&cell.pupil);
        }
        before
    }

    /// What stands in a cell.
    pub fn outcome(&self, cell: &Cell) -> Outcome {
        match (self.calendar.place(cell.date), self.pupils.get(&cell.pupil)) {
            (Some(place), Some(marks)) if self.held.has(place, cell.session) => {
                marks.outcome(place, cell.session)
            }
            _ => self.outside.get(cell).copied().unwrap_or_default(),
        }
    }

    /// Every cell in which something stands.
    pub fn cells(&self) -> impl Iterator<Item = (Cell, Outcome)> + '_ {
        let inside = self.pupils.iter().flat_map(move |(pupil, marks)| {
            self.held
                .within(0..self.calendar.school_days().len())
                .map(move |(place, session)| {
                    (self.cell(*pupil, place, session), marks.outcome(place, session))
                })
        });
        inside
            .filter(|(_, outcome)| *outcome != Outcome::Blank)
            .chain(self.outside())
    }

    /// Marks of sessions that the calendar does not hold. An INSET day has head counts and no marks, so whatever
    /// stands here is for the office to look at.
    pub fn outside(&self) -> impl Iterator<Item = (Cell, Outcome)> + '_ {
        self.outside.iter().map(|(cell, outcome)| (*cell, *outcome))
    }

    /// The pupils that the roster has, in order.
    pub fn enrolled(&self) -> impl Iterator<Item = &Enrolled> {
        self.pupils.values().filter_map(PupilMarks::enrolled)
    }

    /// What the roster says of a pupil.
    pub fn pupil(&self, pupil: PupilNumber) -> Option<&Enrolled> {
        self.pupils.get(&pupil).and_then(PupilMarks::enrolled)
    }

    /// Whether a pupil is on roll for a session that is held: then a mark is due.
    pub fn is_due(&self, cell: &Cell) -> bool {
        let (Some(place), Some(marks)) = (self.calendar.place(cell.date), self.pupils.get(&cell.pupil))
        else {
            return false;
        };
        self.held.has(place, cell.session) && !marks.on_roll(&(place..place + 1)).is_empty()
    }

    /// The sessions of a pupil in a span.
    pub fn tally(&self, pupil: PupilNumber, span: Span) -> Tally {
        self.pupils
            .get(&pupil)
            .map(|marks| marks.tally(&self.calendar.places(span)))
            .unwrap_or_default()
    }

    /// The sessions of all pupils of a group in a span.
    pub fn tally_of(&self, group: &Group, span: Span) -> Tally {
        self.sums.of(group, &self.calendar.places(span))
    }

    /// How many sessions of a pupil in a span stand in some codes.
    pub fn count(&self, pupil: PupilNumber, codes: &Codes, span: Span) -> u32 {
        self.pupils.get(&pupil).map_or(0, |marks| {
            marks.count(codes, &marks.on_roll(&self.calendar.places(span)))
        })
    }

    /// The sessions of a pupil in a span that stand in some codes, in order.
    pub fn sessions(&self, pupil: PupilNumber, codes: &Codes, span: Span) -> Vec<Counted> {
        let Some(marks) = self.pupils.get(&pupil) else {
            return Vec::new();
        };
        let range = marks.on_roll(&self.calendar.places(span));
        self.counted(pupil, marks, &marks.with(codes), range)
    }

    /// The tally of a pupil after each possible session of a span, with the date of that session.
    pub fn running_tally(&self, pupil: PupilNumber, span: Span) -> Vec<(Date, Tally)> {
        let Some(marks) = self.pupils.get(&pupil) else {
            return Vec::new();
        };
        let mut tally = Tally::default();
        let mut running = Vec::new();
        for place in marks.on_roll(&self.calendar.places(span)) {
            for session in Session::ALL {
                let after = tally + marks.tally_at(place, session);
                if after != tally {
                    tally = after;
                    running.push((self.calendar.school_days()[place].date, tally));
                }
            }
        }
        running
    }

    /// The missed sessions of a pupil in a span, in order.
    pub fn missed(&self, pupil: PupilNumber, span: Span) -> Vec<Counted> {
        let Some(marks) = self.pupils.get(&pupil) else {
            return Vec::new();
        };
        let mut missed = marks.statistic(CountsAs::AuthorisedAbsence).clone();
        missed.join(marks.statistic(CountsAs::UnauthorisedAbsence));
        let range = marks.on_roll(&self.calendar.places(span));
        self.counted(pupil, marks, &missed, range)
    }

    /// The days of a pupil that count towards a trigger, up to a date: in a row, over terms and years, and in the
    /// school year of the date.
    pub fn days(&self, pupil: PupilNumber, trigger: &DaysTrigger, today: Date, ages: Ages) -> DaysCounted {
        let Some(marks) = self.pupils.get(&pupil) else {
            return DaysCounted::default();
        };
        let all = self.counting(marks, self.up_to(today), ages);
        let year = self.counting(marks, self.calendar.year_to(today), ages);
        days::count(marks, &self.calendar, &self.held, trigger, &all, &year)
    }

    /// The sessions that make days count towards a trigger.
    pub fn sessions_of_days(&self, pupil: PupilNumber, trigger: &DaysTrigger, days: &[Date]) -> Vec<Counted> {
        let Some(marks) = self.pupils.get(&pupil) else {
            return Vec::new();
        };
        days.iter()
            .filter_map(|date| self.calendar.place(*date))
            .flat_map(|place| {
                days::sessions_of_day(marks, trigger, place)
                    .into_iter()
                    .map(move |session| (place, session))
            })
            .map(|(place, session)| self.counted_at(pupil, marks, place, session))
            .collect()
    }

    /// The latest school weeks in which a pupil met a threshold, up to a date.
    pub fn weeks_met(
        &self,
        pupil: PupilNumber,
        threshold: &PenaltyThreshold,
        today: Date,
        ages: Ages,
    ) -> Option<WeeksMet> {
        let marks = self.pupils.get(&pupil)?;
        let counting = self.counting(marks, self.up_to(today), ages);
        weeks::met(marks, &self.calendar, threshold, today, &counting)
    }

    /// The sessions that were counted in such weeks.
    pub fn sessions_of_weeks(&self, pupil: PupilNumber, codes: &Codes, weeks: &WeeksMet) -> Vec<Counted> {
        self.pupils
            .get(&pupil)
            .map(|marks| self.counted(pupil, marks, &marks.with(codes), weeks.places.clone()))
            .unwrap_or_default()
    }

    fn up_to(&self, today: Date) -> Span {
        Span {
            first: self.calendar.first_day(),
            last: today,
        }
    }

    fn counting(&self, marks: &PupilMarks, span: Span, ages: Ages) -> Range<usize> {
        let places = self.calendar.places(span);
        match ages {
            Ages::Any => marks.on_roll(&places),
            Ages::Compulsory => marks.of_compulsory_age(&places),
        }
    }

    fn counted(
        &self,
        pupil: PupilNumber,
        marks: &PupilMarks,
        set: &SessionSet,
        range: Range<usize>,
    ) -> Vec<Counted> {
        set.within(range)
            .map(|(place, session)| self.counted_at(pupil, marks, place, session))
            .collect()
    }

    fn counted_at(&self, pupil: PupilNumber, marks: &PupilMarks, place: usize, session: Session) -> Counted {
        Counted {
            cell: self.cell(pupil, place, session),
            outcome: marks.outcome(place, session),
        }
    }

    fn cell(&self, pupil: PupilNumber, place: usize, session: Session) -> Cell {
        Cell {
            date: self.calendar.school_days()[place].date,
            session,
            pupil,
        }
    }
}

//! Every counter again, by the shortest way that can be read: loops over days and cells, with nothing kept.

use std::collections::BTreeMap;

use daymark_core::attendance::{DaysCounted, Enrolled, Outcome, Tally};
use daymark_core::calendar::{Calendar, CompulsoryAge, Held, Span};
use daymark_core::code::{self, CountsAs};
use daymark_core::ids::PupilNumber;
use daymark_core::rules::terms::{Codes, DayNeeds, DaysTrigger, PenaltyThreshold};
use daymark_core::session::{Cell, Date, Session};

/// The register as the plainest of maps.
pub(super) struct Naive<'a> {
    pub(super) calendar: &'a Calendar,
    pub(super) roster: &'a [Enrolled],
    pub(super) cells: &'a BTreeMap<Cell, Outcome>,
}

impl Naive<'_> {
    fn enrolled(&self, pupil: PupilNumber) -> &Enrolled {
        self.roster
            .iter()
            .find(|one| one.pupil == pupil)
            .expect("a pupil")
    }

    fn on_roll(&self, pupil: PupilNumber, date: Date) -> bool {
        let enrolled = self.enrolled(pupil);
        enrolled.start.is_none_or(|start| start <= date) && enrolled.leave.is_none_or(|leave| date <= leave)
    }

    fn of_age(&self, pupil: PupilNumber, date: Date) -> bool {
        let age = self.enrolled(pupil).born.and_then(CompulsoryAge::of);
        age.is_none_or(|age| age.holds_on(date))
    }

    fn held(&self, date: Date) -> Vec<Session> {
        let day = self.calendar.school_days().iter().find(|day| day.date == date);
        match day.map(|day| day.held) {
            None => Vec::new(),
            Some(Held::Both) => Session::ALL.into(),
            Some(Held::Only(session)) => vec![session],
        }
    }

    fn outcome(&self, pupil: PupilNumber, date: Date, session: Session) -> Outcome {
        let cell = Cell { date, session, pupil };
        self.cells.get(&cell).copied().unwrap_or_default()
    }

    fn statistic(&self, pupil: PupilNumber, date: Date, session: Session) -> Option<CountsAs> {
        let code = self.outcome(pupil, date, session).code()?;
        code::row_on(code, date).ok().map(|row| row.statistics)
    }

    fn dates(&self, span: Span) -> impl Iterator<Item = Date> + '_ {
        let days = self.calendar.school_days().iter().map(|day| day.date);
        days.filter(move |date| span.first <= *date && *date <= span.last)
    }

    pub(super) fn tally(&self, pupil: PupilNumber, span: Span) -> Tally {
        let mut tally = Tally::default();
        for date in self.dates(span).filter(|date| self.on_roll(pupil, *date)) {
            for session in self.held(date) {
                match self.statistic(pupil, date, session) {
                    Some(CountsAs::Attended) => tally.attended += 1,
                    Some(CountsAs::AuthorisedAbsence) => tally.authorised += 1,
                    Some(CountsAs::UnauthorisedAbsence) => tally.unauthorised += 1,
                    Some(CountsAs::NotPossible) | None => {}
                }
            }
        }
        tally
    }

    pub(super) fn sessions(&self, pupil: PupilNumber, codes: &Codes, span: Span) -> Vec<Cell> {
        let mut found = Vec::new();
        for date in self.dates(span).filter(|date| self.on_roll(pupil, *date)) {
            for session in self.held(date) {
                let code = self.outcome(pupil, date, session).code();
                if code.is_some_and(|code| codes.contains(&code)) {
                    found.push(Cell { date, session, pupil });
                }
            }
        }
        found
    }

    /// `Some(true)` for a day that counts, `Some(false)` for one that ends a run, `None` for neither.
    fn judge(&self, pupil: PupilNumber, date: Date, trigger: &DaysTrigger) -> Option<bool> {
        let sessions = self.held(date);
        let inside = |session: &Session| {
            let code = self.outcome(pupil, date, *session).code();
            code.is_some_and(|code| trigger.codes.contains(&code))
        };
        let other = |session: &Session| {
            !inside(session)
                && self
                    .statistic(pupil, date, *session)
                    .is_some_and(|statistic| statistic != CountsAs::NotPossible)
        };
        let impossible =
            |session: &Session| self.statistic(pupil, date, *session) == Some(CountsAs::NotPossible);
        let counts = match trigger.day {
            DayNeeds::AnySession => sessions.iter().any(inside),
            DayNeeds::EverySession => {
                sessions.iter().any(inside)
                    && sessions
                        .iter()
                        .all(|session| inside(session) || impossible(session))
            }
        };
        if counts {
            Some(true)
        } else if sessions.iter().any(other) {
            Some(false)
        } else {
            None
        }
    }

    pub(super) fn days(
        &self,
        pupil: PupilNumber,
        trigger: &DaysTrigger,
        today: Date,
        by_age: bool,
    ) -> DaysCounted {
        let year = self.calendar.school_year(today);
        let mut counted = DaysCounted::default();
        let first = self.calendar.first_day();
        for date in self.dates(Span { first, last: today }) {
            if !self.on_roll(pupil, date) || by_age && !self.of_age(pupil, date) {
                continue;
            }
            match self.judge(pupil, date, trigger) {
                Some(true) => {
                    counted.current.push(date);
                    if self.calendar.school_year(date) == year {
                        counted.in_year.push(date);
                        if counted.current.len() >= counted.longest.len() {
                            counted.longest.clone_from(&counted.current);
                        }
                    }
                }
                Some(false) => counted.current.clear(),
                None => {}
            }
        }
        counted
    }

    /// How many sessions the school weeks up to the one of a date have, the last so many; and whether they reach the
    /// threshold, with the Monday of the last week: the latest such weeks that end within as many weeks again.
    pub(super) fn weeks_met(
        &self,
        pupil: PupilNumber,
        threshold: &PenaltyThreshold,
        today: Date,
    ) -> Option<(Date, Date, u32)> {
        let mut mondays: Vec<Date> = Vec::new();
        for day in self.calendar.school_days() {
            let monday = monday(day.date);
            if monday <= today && mondays.last() != Some(&monday) {
                mondays.push(monday);
            }
        }
        let span = usize::from(threshold.school_weeks);
        for back in 0..=span {
            let Some(last) = mondays.len().checked_sub(1 + back) else {
                break;
            };
            let first = (last + 1).saturating_sub(span);
            let weeks = &mondays[first..=last];
            let until = weeks[weeks.len() - 1].plus(6).expect("a date").min(today);
            let sessions = self
                .sessions(
                    pupil,
                    &threshold.codes,
                    Span {
                        first: weeks[0],
                        last: until,
                    },
                )
                .into_iter()
                .filter(|cell| self.of_age(pupil, cell.date));
            let count = u32::try_from(sessions.count()).expect("few");
            if count >= u32::from(threshold.sessions) && count > 0 {
                return Some((weeks[0], weeks[weeks.len() - 1], count));
            }
        }
        None
    }
}

fn monday(date: Date) -> Date {
    use chrono::{Datelike, NaiveDate};
    let from_monday = NaiveDate::from(date).weekday().num_days_from_monday();
    date.minus(u16::try_from(from_monday).expect("few"))
        .expect("a date")
}

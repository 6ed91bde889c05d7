//! The register counted: worklists, attendance and alerts for the office, by the school's rules and calendar.
//!
//! What is counted is kept in memory and follows the register: when somebody asks, only the days of which a sheet has
//! changed are read again. It can be thrown away, and is made anew from the documents at each start.

mod model;
pub mod view;

use std::sync::{Arc, Mutex, PoisonError};

use daymark_core::attendance::worklists::trust::{School, TrustView, trust_view};
use daymark_core::attendance::worklists::{AsOf, List, Row, Worklists};
use daymark_core::attendance::{Group, Tally};
use daymark_core::calendar::{Calendar, SchoolYear, Span};
use daymark_core::ids::SchoolId;
use daymark_core::roster::{Pupil, Roster};
use daymark_core::rules::RuleBook;
use daymark_core::session::Date;
use daymark_sync_protocol::worklist::{ListView, RowView, Visits};

use self::model::Model;
use self::view::FigureRow;
use crate::runtime::{Runtime, RuntimeError, now_ms};

/// Why nothing can be counted.
#[derive(Debug, thiserror::Error)]
pub enum CountError {
    /// The school has written no calendar.
    #[error(
        "this school has no calendar.toml, so school days cannot be counted: write one into its home folder, look it over with `daymark calendar check`, and start the server again"
    )]
    NoCalendar,
    /// A time that no calendar has.
    #[error("the time is out of every calendar's range: check the server's clock")]
    NoSuchTime,
    /// The register cannot be read.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

/// By what a school counts: its rules and its calendar, as they were when the server started.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its rules over time.
    pub rules: Arc<RuleBook>,
    /// Its calendar; nothing is counted without.
    pub calendar: Option<Arc<Calendar>>,
}

impl Policy {
    /// The policy of a school that has written neither rules nor a calendar.
    pub fn statutory() -> Self {
        Self {
            rules: Arc::new(RuleBook::statutory()),
            calendar: None,
        }
    }
}

/// For which moment lists are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Now, in unix seconds.
    Now(i64),
    /// The end of a day.
    EndOf(Date),
}

impl When {
    /// Now, by the server's clock.
    pub fn now() -> Self {
        Self::Now(i64::try_from(now_ms() / 1000).unwrap_or(i64::MAX))
    }

    fn as_of(self) -> Result<AsOf, CountError> {
        match self {
            Self::Now(seconds) => AsOf::moment(seconds).ok_or(CountError::NoSuchTime),
            Self::EndOf(date) => Ok(AsOf::end_of(date)),
        }
    }
}

/// Attendance of a school year, pupil by pupil.
#[derive(Debug, Clone)]
pub struct YearTotals {
    /// Which year.
    pub year: SchoolYear,
    /// Everybody on the roster, in the order of their numbers, who has left included.
    pub pupils: Vec<(Pupil, Tally)>,
}

/// The register of a school, counted.
pub struct Counted {
    runtime: Arc<Runtime>,
    policy: Policy,
    model: Mutex<Option<Model>>,
}

impl Counted {
    /// Nothing is counted until somebody asks.
    pub fn new(runtime: Arc<Runtime>, policy: Policy) -> Self {
        Self {
            runtime,
            policy,
            model: Mutex::default(),
        }
    }

    /// Counts all that is there, so that the first who asks need not wait for it.
    ///
    /// # Errors
    /// As for [`Self::list`].
    pub fn warm_up(&self) -> Result<(), CountError> {
        self.with(|_, _| ())
    }

    /// A worklist.
    ///
    /// # Errors
    /// The school has no calendar, or the register cannot be read.
    pub fn list(&self, list: List, when: When) -> Result<ListView, CountError> {
        let at = when.as_of()?;
        self.with(|model, roster| {
            let rows = self.worklists(model, at, |lists| lists.rows(list));
            ListView {
                date: at.today(),
                rows: rows.iter().map(|row| shown(row, roster)).collect(),
            }
        })
    }

    /// How many rows each of some lists has.
    ///
    /// # Errors
    /// As for [`Self::list`].
    pub fn lengths(&self, lists: &[List], when: When) -> Result<Vec<usize>, CountError> {
        let at = when.as_of()?;
        self.with(|model, _| {
            self.worklists(model, at, |made| {
                lists.iter().map(|list| made.rows(*list).len()).collect()
            })
        })
    }

    /// Attendance of each pupil on roll, in a span of dates.
    ///
    /// # Errors
    /// As for [`Self::list`].
    pub fn pupils(&self, span: Option<Span>, when: When) -> Result<Vec<FigureRow>, CountError> {
        let at = when.as_of()?;
        self.with(|model, roster| {
            let calendar = model.basis.attendance.calendar();
            let whole_year = calendar.year_to(at.today());
            let in_span = span.unwrap_or(whole_year);
            self.worklists(model, at, |lists| {
                let enrolled = model.basis.attendance.enrolled();
                let here = enrolled.filter(|enrolled| enrolled.is_on_roll(in_span.last));
                here.map(|enrolled| {
                    let tally = model.basis.attendance.tally(enrolled.pupil, in_span);
                    // A band is of the school year, and says nothing of a week.
                    let band = (in_span == whole_year)
                        .then(|| lists.band(enrolled.pupil))
                        .flatten();
                    let rules = self.policy.rules.on(in_span.last);
                    FigureRow::of_pupil(enrolled, roster, tally, rules.absence, band)
                })
                .collect()
            })
        })
    }

    /// Attendance of groups, in a span of dates: each class, each year, or the school.
    ///
    /// # Errors
    /// As for [`Self::list`].
    pub fn groups(
        &self,
        groups: impl Fn(&Roster) -> Vec<Group>,
        span: Option<Span>,
        when: When,
    ) -> Result<Vec<FigureRow>, CountError> {
        let at = when.as_of()?;
        self.with(|model, roster| {
            let calendar = model.basis.attendance.calendar();
            let span = span.unwrap_or_else(|| calendar.year_to(at.today()));
            let groups = groups(roster).into_iter();
            groups
                .map(|group| FigureRow::of_group(&group, model.basis.attendance.tally_of(&group, span)))
                .collect()
        })
    }

    /// Attendance of everybody on the roster in a school year, or in this one, up to now.
    ///
    /// # Errors
    /// As for [`Self::list`].
    pub fn year_totals(&self, year: Option<SchoolYear>) -> Result<YearTotals, CountError> {
        let at = When::now().as_of()?;
        self.with(|model, roster| {
            let calendar = model.basis.attendance.calendar();
            let year = year.unwrap_or_else(|| calendar.school_year(at.today()));
            let days = calendar.school_days().iter();
            let mut of_year = days.filter(|day| day.year == year && day.date <= at.today());
            let first = of_year.next().map(|day| day.date);
            let span = first.map(|first| Span {
                first,
                last: of_year.next_back().map_or(first, |day| day.date),
            });
            let tally = |pupil: &Pupil| {
                let counted = span.map(|span| model.basis.attendance.tally(pupil.number, span));
                counted.unwrap_or_default()
            };
            let pupils = roster.pupils.values();
            YearTotals {
                year,
                pupils: pupils.map(|pupil| (pupil.clone(), tally(pupil))).collect(),
            }
        })
    }

    /// What a trust is shown of the school: sums alone.
    ///
    /// # Errors
    /// As for [`Self::list`].
    pub fn figures(&self, school: SchoolId, when: When) -> Result<TrustView, CountError> {
        let at = when.as_of()?;
        self.with(|model, _| {
            let school = School {
                school,
                attendance: &model.basis.attendance,
                rules: self.policy.rules.as_ref(),
            };
            trust_view(&[school], at.today())
        })
    }

    fn worklists<T>(&self, model: &Model, at: AsOf, body: impl FnOnce(Worklists<'_>) -> T) -> T {
        model.basis.worklists(self.policy.rules.as_ref(), at, body)
    }

    /// Looks at what is counted, after it has caught up with the register.
    fn with<T>(&self, body: impl FnOnce(&Model, &Roster) -> T) -> Result<T, CountError> {
        let calendar = self.policy.calendar.as_ref().ok_or(CountError::NoCalendar)?;
        // A panic while counting leaves the count in an unknown state: it is made anew.
        let mut kept = self.model.lock().unwrap_or_else(|poisoned: PoisonError<_>| {
            let mut kept = poisoned.into_inner();
            *kept = None;
            kept
        });
        let mut model = kept.take().unwrap_or_else(|| Model::new(Arc::clone(calendar)));
        model.follow(&self.runtime)?;
        let model = kept.insert(model);
        let roster = self.runtime.look(|hub| hub.roster().clone());
        Ok(body(model, &roster))
    }
}

/// A row as the office is shown it.
fn shown(row: &Row, roster: &Roster) -> RowView {
    let known = roster.pupils.get(&row.pupil);
    let named = known.map(|pupil| (pupil.listed_as(), pupil.class.to_string()));
    RowView::of(row, named.unwrap_or_default(), Visits::Named)
}

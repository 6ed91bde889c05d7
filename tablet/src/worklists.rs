//! Worklists out of what this tablet holds, counted by the same functions as at the school's server.
//!
//! A figure over days of which some are not known here would be another figure. So a list is told where the school has told
//! this tablet everything that the list rests on, to the end of each day that is over; otherwise what it cannot see is said
//! instead. See `docs/worklists.md`.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat};
use daymark_core::attendance::Enrolled;
use daymark_core::attendance::worklists::{AsOf, Basis, DayCounted, DaysNeeded, List, Row};
use daymark_core::calendar::{Calendar, Span};
use daymark_core::document_id::DocumentId;
use daymark_core::entry::Duty;
use daymark_core::grant::Grant;
use daymark_core::roster::Role;
use daymark_core::rules::{RuleBook, RuleErrors};
use daymark_core::session::Date;
use daymark_sync_protocol::brief::{Brief, BriefPupil};
use daymark_sync_protocol::client::{Replica, ReplicaError};
use daymark_sync_protocol::worklist::{ListView, RowView, Visits};
use serde::Serialize;

use crate::clock::Moment;
use crate::words;

/// A worklist as this tablet can tell it.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    /// Its rows, as the school's server would show them.
    #[serde(flatten)]
    pub list: ListView,
    /// All that it rests on is as the school had it then or later, by the school's clock.
    pub as_of: Option<String>,
    /// What the rows do not tell, in words.
    pub cannot_see: Vec<String>,
}

/// Why a list is not told.
#[derive(Debug, thiserror::Error)]
pub enum Untold {
    /// The replica.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// The duty holds a part of the school's sheets, or none.
    #[error(
        "this tablet ({0}) holds the sheets of its own duty alone, and counts nobody by them: ask at the office's tablet or the head's"
    )]
    Sheets(Role),
    /// Home visits reach others.
    #[error(
        "home visits reach the attendance team, the safeguarding lead and the head alone, so this tablet ({0}) cannot tell who was visited: ask there, or at the school's server"
    )]
    Visits(Role),
    /// Nothing is here to count by.
    #[error(
        "this tablet has no calendar of its school, so school days cannot be counted: sync, and if that does not help the office has no calendar.toml yet"
    )]
    NoCalendar,
    /// The rules are of a newer program.
    #[error("this program does not understand the school's rules, so update the app: {0}")]
    Rules(#[from] RuleErrors),
    /// They were forgotten, or have never been here.
    #[error("this tablet has no list of pupils that it may still use: sync")]
    NoPupils,
    /// The school has never told all home visits.
    #[error("this tablet has not fetched the home visits yet: sync")]
    VisitsUnknown,
    /// Days are not known to their end.
    #[error(
        "the list rests on {}, from {first} to {last}, that this tablet has not fetched since their end: `sync --from {first}`",
        words::count(*days, "school day")
    )]
    Days {
        /// How many.
        days: usize,
        /// The first.
        first: Date,
        /// The last.
        last: Date,
    },
}

/// All that this tablet can count.
pub struct Counted<'a> {
    replica: &'a Replica,
    brief: &'a Brief,
    role: Role,
    grant: &'a Grant,
    rules: RuleBook,
    calendar: Arc<Calendar>,
    basis: Basis,
    at: AsOf,
    today: Option<Date>,
}

/// The days that a list needs and that are not known, and the oldest word on those that are.
struct Sight {
    missing: Vec<Date>,
    as_of: Option<u64>,
}

impl<'a> Counted<'a> {
    /// Counts what is here for a moment. `now` is the school's time, in unix seconds.
    ///
    /// # Errors
    /// Nothing is here to count by, or nobody to count.
    pub fn of(replica: &'a Replica, at: AsOf, now: i64) -> Result<Self, Untold> {
        let grant = replica.grant()?;
        let role = grant.role;
        if !role.holds_every_sheet() && !role.reads_visits() {
            return Err(Untold::Sheets(role));
        }
        let brief = replica.brief().filter(|brief| !brief.pupils.is_empty());
        let brief = brief.ok_or(Untold::NoPupils)?;
        let counting = brief.counting.as_ref();
        let calendar = match counting {
            Some(counting) => counting.calendar(),
            None if role.holds_every_sheet() => None,
            // Who holds visits and no sheets counts no days.
            None => replica.policy().calendar().cloned(),
        };
        let calendar = Arc::new(calendar.ok_or(Untold::NoCalendar)?);
        let rules = match counting {
            Some(counting) => counting.rules()?,
            None => RuleBook::statutory(),
        };
        let mut counted = Self {
            replica,
            brief,
            role,
            grant,
            rules,
            basis: Basis::new(Arc::clone(&calendar)),
            calendar,
            at,
            today: Moment::from_unix_ms(now.saturating_mul(1000)).date(),
        };
        counted.count();
        Ok(counted)
    }

    fn count(&mut self) {
        for pupil in &self.brief.pupils {
            self.basis.attendance.enrol(enrolled(pupil));
        }
        let mut days: BTreeSet<Date> = self.replica.taps().map(|entry| entry.cell.date).collect();
        for document in self.replica.documents() {
            if let DocumentId::Visit(visit) = document.id()
                && let Some(view) = self.replica.visit(document.id())
            {
                self.basis.take_visit(*visit, view);
            }
            days.extend(document.id().date());
        }
        days.retain(|date| self.known(*date).is_some());
        for date in days {
            let desk = self.replica.document(&Replica::sheet(date, &Duty::Office));
            let day = DayCounted::of(&self.replica.day(date), desk);
            self.basis.take_day(date, day);
        }
    }

    /// When the school told all of a day, to its end where it is over: unix milliseconds.
    fn known(&self, date: Date) -> Option<u64> {
        let end = date
            .plus(1)
            .map(|next| next.start_unix_seconds().saturating_mul(1000));
        // Of a duty of one day the other days are not told, whatever was fetched before it was given.
        if !self.grant.covers_day(date) {
            return None;
        }
        let is_over = self.today.is_none_or(|today| date < today);
        let fetched = self.replica.fetched(date)?;
        (!is_over || end.is_none_or(|end| i64::try_from(fetched).is_ok_and(|at| at >= end)))
            .then_some(fetched)
    }

    fn sight(&self, span: Option<Span>) -> Sight {
        let days = self.calendar.school_days().iter().map(|day| day.date);
        let days = days.filter(|date| span.is_some_and(|span| span.first <= *date && *date <= span.last));
        let mut sight = Sight {
            missing: Vec::new(),
            as_of: None,
        };
        for date in days {
            match self.known(date) {
                Some(at_ms) => sight.as_of = Some(sight.as_of.map_or(at_ms, |oldest| oldest.min(at_ms))),
                None => sight.missing.push(date),
            }
        }
        sight
    }

    /// A list.
    ///
    /// # Errors
    /// What it rests on and this tablet does not know.
    pub fn tell(&self, list: List) -> Result<Told, Untold> {
        let needs = list.needs();
        if needs.days != DaysNeeded::None && !self.role.holds_every_sheet() {
            return Err(Untold::Sheets(self.role));
        }
        if needs.visits && !self.role.reads_visits() {
            return Err(Untold::Visits(self.role));
        }
        let today = self.at.today();
        let sight = self.sight(match needs.days {
            DaysNeeded::None => None,
            DaysNeeded::Today => Some(Span {
                first: today,
                last: today,
            }),
            DaysNeeded::ThisYear => Some(self.calendar.year_to(today)),
            DaysNeeded::All | DaysNeeded::EachAlone => Some(Span {
                first: self.calendar.first_day(),
                last: today,
            }),
        });
        let mut cannot_see = Vec::new();
        if needs.days != DaysNeeded::EachAlone
            && sight.missing.iter().any(|date| !self.grant.covers_day(*date))
        {
            return Err(Untold::Sheets(self.role));
        }
        if let (Some(first), Some(last)) = (sight.missing.first(), sight.missing.last()) {
            let lacking = Untold::Days {
                days: sight.missing.len(),
                first: *first,
                last: *last,
            };
            if needs.days != DaysNeeded::EachAlone {
                return Err(lacking);
            }
            cannot_see.push(format!("More may be owed, for {lacking}"));
        }
        let mut as_of = sight.as_of;
        if needs.visits {
            let visits = self.replica.visits_fetched().ok_or(Untold::VisitsUnknown)?;
            as_of = Some(as_of.map_or(visits, |days| days.min(visits)));
        }
        let own = self.replica.not_yet_sent();
        if own > 0 {
            let own = words::count_is(own, "record");
            cannot_see.push(format!("{own} on this tablet that the school does not have yet."));
        }
        let rows = self
            .basis
            .worklists(&self.rules, self.at, |lists| lists.rows(list));
        Ok(Told {
            list: ListView {
                date: today,
                rows: rows.iter().map(|row| self.shown(row)).collect(),
            },
            as_of: as_of.and_then(time),
            cannot_see,
        })
    }

    fn shown(&self, row: &Row) -> RowView {
        let known = self.brief.pupils.iter().find(|pupil| pupil.number == row.pupil);
        let named = known.map(|pupil| (pupil.name.clone(), pupil.class.to_string()));
        let visits = if self.role.reads_visits() {
            Visits::Read
        } else {
            Visits::Named
        };
        RowView::of(row, named.unwrap_or_default(), visits)
    }
}

/// A time as JSON and screens have it.
fn time(at_ms: u64) -> Option<String> {
    let time = DateTime::from_timestamp_millis(i64::try_from(at_ms).ok()?)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

fn enrolled(pupil: &BriefPupil) -> Enrolled {
    Enrolled {
        pupil: pupil.number,
        class: pupil.class.clone(),
        // No list goes by the national curriculum year.
        year: String::new(),
        born: pupil.roll.and_then(|roll| roll.born_like),
        start: pupil.roll.and_then(|roll| roll.start),
        leave: pupil.roll.and_then(|roll| roll.leave),
    }
}

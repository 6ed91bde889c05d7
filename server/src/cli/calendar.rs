//! `daymark calendar`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use daymark_core::calendar::{Calendar, DayKind, Off};
use daymark_core::session::{Date, Session};
use serde_json::json as value;

use super::codes::today;
use super::print::{counted, json, say};
use super::{Failure, Outcome, Place};
use crate::calendar_file::{CalendarFileError, read};
use crate::config::{CALENDAR_FILE, Home};

#[derive(Debug, Subcommand)]
pub(super) enum CalendarVerb {
    /// Check a calendar file (exit 3 with every mistake in it)
    Check(Check),
    /// Say what a date is: a school day, an INSET day, a closure, or outside the terms
    Show(Show),
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// The file, such as calendar.toml
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// Which date [default: today]
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
}

impl CalendarVerb {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        match self {
            Self::Check(check) => check.run(place),
            Self::Show(show) => show.run(place),
        }
    }
}

impl Check {
    fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let calendar = match read(&self.file) {
            Ok(calendar) => calendar,
            Err(CalendarFileError::Calendar { errors, .. }) => {
                if place.json {
                    let lines = errors.0.iter();
                    let lines = lines
                        .map(|error| value!({ "line": error.line, "problem": error.problem.to_string() }));
                    json(&value!({ "errors": lines.collect::<Vec<_>>() }))?;
                } else {
                    say!("{errors}");
                }
                return Ok(Outcome::Problems);
            }
            Err(other) => return Err(other.into()),
        };
        let (days, weeks) = (calendar.school_days().len(), calendar.school_weeks().len());
        let (first, last) = (calendar.first_day(), calendar.last_day());
        if place.json {
            json(
                &value!({ "errors": [], "first": first, "last": last, "school_days": days, "school_weeks": weeks }),
            )?;
            return Ok(Outcome::Ok);
        }
        say!(
            "{}: {} in {}, from {first} to {last}.",
            self.file.display(),
            counted(days, "school day", "school days"),
            counted(weeks, "school week", "school weeks")
        );
        Ok(Outcome::Ok)
    }
}

impl Show {
    fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let on = match self.on {
            Some(date) => date,
            None => today()?,
        };
        let home = Home::at(&place.home);
        let Some(calendar) = home.calendar()? else {
            return Err(format!(
                "{} is not there: this school has no calendar yet",
                home.path().join(CALENDAR_FILE).display()
            )
            .into());
        };
        let sessions: Vec<Session> = calendar.sessions_on(on).collect();
        let (kind, name) = kind_of(&calendar, on);
        if place.json {
            json(&value!({ "date": on, "kind": kind, "name": name, "sessions": sessions }))?;
            return Ok(Outcome::Ok);
        }
        let names: Vec<String> = sessions.iter().map(Session::to_string).collect();
        let held = if names.is_empty() {
            "no session".to_owned()
        } else {
            names.join(" and ")
        };
        say!(
            "{on}: {kind}{}. {held}.",
            name.map(|name| format!(", {name}")).unwrap_or_default()
        );
        Ok(Outcome::Ok)
    }
}

fn kind_of(calendar: &Calendar, date: Date) -> (&'static str, Option<String>) {
    match calendar.kind(date) {
        DayKind::School(_) => ("a school day", None),
        DayKind::Off(Off::Inset, name) => ("an INSET day", Some(name.to_owned())),
        DayKind::Off(Off::Closure, name) => ("closed", Some(name.to_owned())),
        DayKind::Weekend => ("a weekend", None),
        DayKind::OutOfTerm => ("outside the terms that the calendar knows", None),
    }
}

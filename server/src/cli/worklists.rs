//! `daymark worklist`, `attendance`, `alerts`, `attempt`, `step`

use clap::{Args, ValueEnum};
use daymark_core::attendance::worklists::{AttemptResult, How};
use daymark_core::ids::{PersonId, PupilNumber};
use daymark_core::session::{Date, Session};
use daymark_sync_protocol::worklist::{ListView, RowView};
use serde_json::Value;

use super::client::Office;
use super::codes::today;
use super::print::{counted, json, say, table};
use super::{Failure, Outcome, Place};
use crate::http::worklists::ListLength;
use crate::office::follow_up::{AttemptMade, StepMade};
use crate::worklists::view::FigureRow;

#[derive(Debug, Args)]
pub(super) struct Worklist {
    /// Which: unaccounted, reasons-owed, welfare-checks, visits, penalties, absence-return, sickness-return, absent, late or
    /// steps [default: how many rows each has]
    name: Option<String>,
    /// As it was, or will be, at the end of this date [default: now]
    #[arg(long)]
    date: Option<Date>,
    /// Of which session the unaccounted are asked [default: AM]
    #[arg(long)]
    session: Option<Session>,
    /// From how many sessions on a pupil is late [default: 3]
    #[arg(long)]
    sessions_min: Option<u16>,
    /// Show every session that a row rests on
    #[arg(long)]
    sessions: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    Pupil,
    Class,
    Year,
    School,
}

#[derive(Debug, Args)]
pub(super) struct Attendance {
    /// What it is added up by
    #[arg(long, value_enum, default_value = "school")]
    by: By,
    /// The first date [default: of this school year]
    #[arg(long, requires = "to")]
    from: Option<Date>,
    /// The last date [default: today]
    #[arg(long, requires = "from")]
    to: Option<Date>,
}

#[derive(Debug, Args)]
pub(super) struct Alerts {
    /// The date [default: today]
    #[arg(long)]
    date: Option<Date>,
}

#[derive(Debug, Args)]
pub(super) struct Attempt {
    /// The date of the absence [default: today]
    #[arg(long)]
    date: Option<Date>,
    /// The pupil's number
    #[arg(long)]
    pupil: PupilNumber,
    /// phone, emergency-contact, text, message or in-person
    #[arg(long)]
    how: How,
    /// reached, no-answer, message-left or wrong-contact
    #[arg(long)]
    result: AttemptResult,
    /// Who tried: a staff id
    #[arg(long)]
    by: PersonId,
}

#[derive(Debug, Args)]
pub(super) struct Step {
    /// On which day [default: today]
    #[arg(long)]
    date: Option<Date>,
    /// The pupil's number
    #[arg(long)]
    pupil: PupilNumber,
    /// What the school's rules call it
    #[arg(long)]
    name: String,
    /// Who took it: a staff id
    #[arg(long)]
    by: PersonId,
}

/// A path with what was given, in the order given.
pub(super) fn path(route: &str, given: &[(&str, Option<String>)]) -> String {
    let given = given
        .iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?)));
    let query: Vec<String> = given.collect();
    if query.is_empty() {
        return route.to_owned();
    }
    format!("{route}?{}", query.join("&"))
}

fn text<T: ToString>(value: Option<T>) -> Option<String> {
    value.map(|value| value.to_string())
}

impl Worklist {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let office = Office::at(place)?;
        let given = [
            ("date", text(self.date)),
            ("session", text(self.session)),
            ("sessions_min", text(self.sessions_min)),
        ];
        let Some(name) = &self.name else {
            let lists: Vec<ListLength> = office.get(&path("/v1/office/worklists", &given))?;
            let found = Outcome::found(lists.iter().any(|list| list.rows > 0));
            if place.json {
                json(&lists)?;
                return Ok(found);
            }
            let rows: Vec<Vec<String>> = lists
                .into_iter()
                .map(|list| vec![list.list, list.rows.to_string()])
                .collect();
            table(&["Worklist", "Rows"], &rows);
            return Ok(found);
        };
        let route = format!("/v1/office/worklists/{}", super::register::query_value(name));
        let list: ListView = office.get(&path(&route, &given))?;
        let found = Outcome::found(!list.rows.is_empty());
        if place.json {
            json(&list)?;
            return Ok(found);
        }
        if list.rows.is_empty() {
            say!("Nothing on {name}, {}.", list.date);
            return Ok(found);
        }
        let rows: Vec<Vec<String>> = list.rows.iter().map(|row| self.cells(row)).collect();
        table(
            &["No.", "Pupil", "Class", "Why", "Since", "Due", "Sessions"],
            &rows,
        );
        Ok(found)
    }

    fn cells(&self, row: &RowView) -> Vec<String> {
        let mut cells = row.cells();
        cells.push(if self.sessions {
            row.sessions()
        } else {
            row.counted.len().to_string()
        });
        cells
    }
}

impl Attendance {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let by = self
            .by
            .to_possible_value()
            .map(|value| value.get_name().to_owned());
        let given = [("by", by), ("from", text(self.from)), ("to", text(self.to))];
        let rows: Vec<FigureRow> = Office::at(place)?.get(&path("/v1/office/attendance", &given))?;
        if place.json {
            json(&rows)?;
            return Ok(Outcome::Ok);
        }
        let cells = |row: &FigureRow| {
            let percent = row.percent.clone().unwrap_or_else(|| "-".to_owned());
            let remarks = row.absence.iter().map(|absence| format!("{absence} absence"));
            let remarks: Vec<String> = remarks.chain(row.band.clone()).collect();
            vec![
                text(row.pupil).unwrap_or_default(),
                row.name.clone(),
                row.class.clone().unwrap_or_default(),
                percent,
                row.possible.to_string(),
                row.attended.to_string(),
                row.authorised.to_string(),
                row.unauthorised.to_string(),
                remarks.join(", "),
            ]
        };
        let headings = [
            "No.",
            "Name",
            "Class",
            "%",
            "Possible",
            "Attended",
            "Authorised",
            "Unauthorised",
            "",
        ];
        table(&headings, &rows.iter().map(cells).collect::<Vec<_>>());
        Ok(Outcome::Ok)
    }
}

impl Alerts {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let date = self.date.map_or_else(today, Ok)?;
        let alerts: Vec<Value> =
            Office::at(place)?.get(&path("/v1/office/alerts", &[("date", Some(date.to_string()))]))?;
        let found = Outcome::found(!alerts.is_empty());
        if place.json {
            json(&alerts)?;
            return Ok(found);
        }
        if alerts.is_empty() {
            say!("No alerts, {date}.");
        }
        for alert in &alerts {
            let word = |key: &str| alert[key].as_str().unwrap_or_default().to_owned();
            let what = match alert["alert"].as_str() {
                Some("due_on_trip_seen_at_gate") => {
                    let at = alert["arrived_at"].as_str();
                    let at = at.map(|at| format!(" at {at}")).unwrap_or_default();
                    format!("is due on a trip and came through the gate{at}")
                }
                Some("left_group_marked_attending") => format!(
                    "left the group with {} and is marked {} later",
                    word("with"),
                    word("code")
                ),
                _ => "is said to be in two places".to_owned(),
            };
            say!(
                "Pupil {}, {}, {what}: {} {}, trip {} ({})",
                alert["pupil"],
                word("name"),
                alert["at"]["date"].as_str().unwrap_or_default(),
                alert["at"]["session"].as_str().unwrap_or_default(),
                word("title"),
                word("trip")
            );
        }
        if !alerts.is_empty() {
            say!("{}.", counted(alerts.len(), "alert", "alerts"));
        }
        Ok(found)
    }
}

impl Attempt {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let wanted = AttemptMade {
            date: self.date.map_or_else(today, Ok)?,
            pupil: self.pupil,
            how: self.how,
            result: self.result,
            by: self.by,
        };
        let made: AttemptMade = Office::at(place)?.post("/v1/office/attempts", &wanted)?;
        if place.json {
            json(&made)?;
            return Ok(Outcome::Ok);
        }
        say!(
            "Written down: pupil {}, {}, {}, {}.",
            made.pupil,
            made.date,
            made.how,
            made.result
        );
        Ok(Outcome::Ok)
    }
}

impl Step {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let wanted = StepMade {
            date: self.date.map_or_else(today, Ok)?,
            pupil: self.pupil,
            name: self.name,
            by: self.by,
        };
        let made: StepMade = Office::at(place)?.post("/v1/office/steps", &wanted)?;
        if place.json {
            json(&made)?;
            return Ok(Outcome::Ok);
        }
        say!(
            "Written down: pupil {}, {}, on {}.",
            made.pupil,
            made.name,
            made.date
        );
        Ok(Outcome::Ok)
    }
}

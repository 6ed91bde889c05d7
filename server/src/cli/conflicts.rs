//! `daymark conflicts`, `daymark amend`

use clap::{Args, Subcommand};
use daymark_core::code::Code;
use daymark_core::entry::TimeOfDay;
use daymark_core::ids::{PersonId, PupilNumber, TripId};
use daymark_core::session::{Date, Session};

use super::client::Office;
use super::print::{json, say, table};
use super::register::{date_or_today, waits, words};
use super::{Failure, Outcome, Place};
use crate::office::amend::Decision;
use crate::office::view::RowView;

#[derive(Debug, Subcommand)]
pub(super) enum Conflicts {
    /// List what waits for the office, urgent first; what a rule settled comes last
    List(List),
    /// Decide what stands; the reason is written down
    Decide(Stated),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// The date [default: today]
    #[arg(long)]
    date: Option<Date>,
}

impl Conflicts {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let office = Office::at(place)?;
        match self {
            Self::List(list) => {
                let date = date_or_today(list.date)?;
                let rows: Vec<RowView> = office.get(&format!("/v1/office/decisions?date={date}"))?;
                if place.json {
                    json(&rows)?;
                } else if rows.is_empty() {
                    say!("Nothing to decide on {date}.");
                } else {
                    let lines: Vec<Vec<String>> = rows
                        .iter()
                        .map(|row| {
                            vec![
                                row.session.to_string(),
                                row.pupil.to_string(),
                                row.name.clone(),
                                words(row),
                            ]
                        })
                        .collect();
                    table(&["", "No.", "Pupil", ""], &lines);
                }
                Ok(Outcome::found(rows.iter().any(waits)))
            }
            Self::Decide(decision) => decision.tell(place, &office, "/v1/office/decisions"),
        }
    }
}

/// What the office says of a pupil's session.
#[derive(Debug, Args)]
pub(super) struct Stated {
    /// The date [default: today]
    #[arg(long)]
    date: Option<Date>,
    /// AM or PM
    #[arg(long)]
    session: Session,
    /// The pupil's number
    #[arg(long)]
    pupil: PupilNumber,
    /// What stands from now on
    #[arg(long)]
    code: Code,
    /// Why
    #[arg(long)]
    reason: String,
    /// Who says so: a staff id
    #[arg(long)]
    by: PersonId,
    /// When the pupil arrived, for L and U
    #[arg(long, value_name = "HH:MM")]
    arrived: Option<TimeOfDay>,
    /// The nature of the activity or cause, for B, K and Y7
    #[arg(long)]
    nature: Option<String>,
    /// Anything else worth keeping with the mark
    #[arg(long)]
    comment: Option<String>,
    /// The trip that the pupil was on, for V, P, B, K and W
    #[arg(long, value_name = "UUID")]
    trip: Option<TripId>,
    /// Who supervised on it [default: the first supervisor of the trip's plan]
    #[arg(long, value_name = "STAFF_ID", requires = "trip")]
    supervisor: Option<PersonId>,
}

impl Stated {
    /// Tells the server, and shows what stands after it.
    fn tell(self, place: &Place, office: &Office, route: &str) -> Result<Outcome, Failure> {
        let decision = Decision {
            date: date_or_today(self.date)?,
            session: self.session,
            pupil: self.pupil,
            code: self.code,
            reason: self.reason,
            by: self.by,
            arrived_at: self.arrived,
            nature: self.nature,
            comment: self.comment,
            trip: self.trip,
            supervisor: self.supervisor,
        };
        let row: RowView = office.post(route, &decision)?;
        if place.json {
            json(&row)?;
        } else {
            let stands = row.code.as_deref().unwrap_or("no mark");
            say!(
                "{} {} {}: {stands} stands. {}",
                row.name,
                row.date,
                row.session,
                words(&row)
            );
        }
        Ok(Outcome::Ok)
    }
}

/// Change a mark that stands; the original stays, and the reason is written down.
#[derive(Debug, Args)]
pub(super) struct Amend {
    #[command(flatten)]
    stated: Stated,
}

impl Amend {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        self.stated
            .tell(place, &Office::at(place)?, "/v1/office/amendments")
    }
}

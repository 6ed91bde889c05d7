//! `daymark key-in`: a printed register that was filled in by hand, keyed back.

use std::path::PathBuf;

use clap::Args;
use daymark_core::ids::{ClassName, PersonId, TripId};
use daymark_core::session::Date;
use daymark_exchange::keyed::KEYED_BYTES_MAX;

use super::client::Office;
use super::print::{counted, json, say};
use super::{Failure, Outcome, Place};
use crate::office::key_in::{KeyInWanted, KeyedIn};
use crate::text_file;

#[derive(Debug, Args)]
pub(super) struct KeyIn {
    /// What was keyed: the code of the sheet, then each session with every row
    file: PathBuf,
    /// The class of the sheet
    #[arg(long)]
    class: ClassName,
    /// A day of the first week of the sheet, as it was printed
    #[arg(long)]
    from: Date,
    /// Who keys it in: a staff id
    #[arg(long)]
    by: PersonId,
    /// Why, where it changes marks that stand
    #[arg(long)]
    reason: Option<String>,
    /// The trip of the marks that need one, such as V
    #[arg(long, value_name = "UUID")]
    trip: Option<TripId>,
    /// Who supervised on it [default: the first supervisor of the trip's plan]
    #[arg(long, value_name = "STAFF_ID", requires = "trip")]
    supervisor: Option<PersonId>,
    /// Try every row and write nothing
    #[arg(long)]
    dry_run: bool,
}

impl KeyIn {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let wanted = KeyInWanted {
            class: self.class,
            from: self.from,
            by: self.by,
            text: text_file::read(&self.file, KEYED_BYTES_MAX)?,
            reason: self.reason,
            trip: self.trip,
            supervisor: self.supervisor,
            dry_run: self.dry_run,
        };
        let keyed: KeyedIn = Office::at(place)?.post("/v1/office/key-in", &wanted)?;
        let outcome = Outcome::found(!keyed.refused.is_empty());
        if place.json {
            json(&keyed)?;
            return Ok(outcome);
        }
        for mark in &keyed.marks {
            let was = mark.was.as_ref().map(|was| format!(", was {was}"));
            say!(
                "{} {} row {}, pupil {}: {}{}",
                mark.date,
                mark.session,
                mark.row,
                mark.pupil,
                mark.code,
                was.unwrap_or_default()
            );
        }
        for row in &keyed.refused {
            say!(
                "REFUSED: {} {} row {}, pupil {}: {}",
                row.date,
                row.session,
                row.row,
                row.pupil,
                row.why
            );
        }
        let marks = counted(keyed.marks.len(), "mark", "marks");
        let same = match keyed.same {
            0 => String::new(),
            same => format!("; {} what stands already", counted(same, "row says", "rows say")),
        };
        let done = match (keyed.written, keyed.refused.is_empty()) {
            (true, _) => format!("{marks} entered"),
            (false, true) => format!("{marks} would be entered; nothing was written"),
            (false, false) => "Nothing was entered: put the refused rows right first".to_owned(),
        };
        say!("{done}{same}.");
        Ok(outcome)
    }
}

//! `daymark codes`

use clap::Args;
use daymark_core::code;
use daymark_core::session::Date;

use super::print::{json, table};
use super::{Failure, Outcome, Place};
use crate::office::view;
use crate::runtime::now_ms;

#[derive(Debug, Args)]
pub(super) struct Codes {
    /// The codes of this date [default: today]
    #[arg(long)]
    date: Option<Date>,
    /// Retired and future codes too
    #[arg(long)]
    all: bool,
}

/// Today, by this machine's clock.
pub(super) fn today() -> Result<Date, Failure> {
    let seconds = i64::try_from(now_ms() / 1000)?;
    let text = view::time(seconds);
    Ok(text[..10].parse()?)
}

/// A name of the code table as people read it: `am_only` is `am only`.
fn words(name: &impl serde::Serialize) -> String {
    match serde_json::to_value(name) {
        Ok(serde_json::Value::String(name)) => name.replace('_', " "),
        _ => String::new(),
    }
}

impl Codes {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let date = match self.date {
            Some(date) => date,
            None => today()?,
        };
        let rows: Vec<_> = code::rows()
            .iter()
            .filter(|row| self.all || row.in_force_on(date))
            .collect();
        if place.json {
            json(&rows)?;
            return Ok(Outcome::Ok);
        }
        let lines: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                let until = row.valid_to.map_or_else(String::new, |last| {
                    format!("until {last}, now {}", row.replaced_by)
                });
                let needs: Vec<String> = row.needs.iter().map(words).collect();
                vec![
                    row.symbol.to_string(),
                    row.title.to_owned(),
                    words(&row.class),
                    words(&row.statistics),
                    words(&row.sessions),
                    needs.join(", "),
                    until,
                ]
            })
            .collect();
        table(
            &["Code", "Title", "Class", "Counts as", "Sessions", "Needs", ""],
            &lines,
        );
        Ok(Outcome::Ok)
    }
}

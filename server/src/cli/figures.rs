//! `daymark figures`: the sums that a trust may see, of this school or of files of several.

use std::path::{Path, PathBuf};

use clap::Args;
use daymark_core::attendance::worklists::trust::{Figures as Shown, TrustView, join};
use daymark_core::session::Date;

use super::client::Office;
use super::print::{json, say, table, write_out};
use super::worklists::path;
use super::{Failure, Outcome, Place, Usage};
use crate::text_file;
use crate::worklists::view::percent;

/// The longest file of figures: some thousand schools.
const FILE_BYTES_MAX: usize = 256 * 1024;

#[derive(Debug, Args)]
pub(super) struct Figures {
    /// As they were at the end of this date [default: now]
    #[arg(long)]
    date: Option<Date>,
    /// Write them into a file, for the trust
    #[arg(long, short, value_name = "FILE", visible_alias = "output")]
    out: Option<PathBuf>,
    /// Join the files that schools have written with --out; no server is asked
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "date")]
    trust: Vec<PathBuf>,
}

impl Figures {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let figures: TrustView = if self.trust.is_empty() {
            let date = self.date.map(|date| date.to_string());
            Office::at(place)?.get(&path("/v1/office/figures", &[("date", date)]))?
        } else {
            let read = self
                .trust
                .iter()
                .map(|file| read(file))
                .collect::<Result<Vec<_>, _>>()?;
            join(&read)?
        };
        if let Some(file) = &self.out {
            let mut text = serde_json::to_string_pretty(&figures)?;
            text.push('\n');
            write_out(Some(file), text.as_bytes(), " It has sums alone.")?;
            return Ok(Outcome::Ok);
        }
        if place.json {
            json(&figures)?;
            return Ok(Outcome::Ok);
        }
        say!("This school year up to {}", figures.as_of);
        let schools = figures.schools.iter();
        let mut rows: Vec<Vec<String>> = schools
            .map(|(school, shown)| cells(school.to_string(), shown))
            .collect();
        rows.push(cells("All".to_owned(), &figures.total));
        let headings = [
            "School",
            "Pupils",
            "Attendance %",
            "Persistently absent",
            "Severely absent",
        ];
        table(&headings, &rows);
        Ok(Outcome::Ok)
    }
}

fn read(file: &Path) -> Result<TrustView, Failure> {
    let text = text_file::read(file, FILE_BYTES_MAX)?;
    let wrong = |why: String| Usage(format!("{} is no file of figures: {why}", file.display()));
    if text.len() > FILE_BYTES_MAX {
        return Err(wrong(format!("it is longer than {FILE_BYTES_MAX} bytes")).into());
    }
    Ok(serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?)
}

fn cells(school: String, shown: &Shown) -> Vec<String> {
    let percent = shown.sessions.and_then(percent);
    vec![
        school,
        shown.pupils.to_string(),
        percent.unwrap_or_else(|| "-".to_owned()),
        shown.persistently_absent.to_string(),
        shown.severely_absent.to_string(),
    ]
}

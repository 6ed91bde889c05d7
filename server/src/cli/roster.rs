//! `daymark import`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::client::Office;
use super::print::{counted, json, say};
use super::{Failure, Outcome, Place};

#[derive(Debug, Subcommand)]
pub(super) enum Import {
    /// Pupils, from a CSV list, a `OneRoster` 1.1 zip or a CTF; the file says which
    Roster(File),
    #[command(about = "Staff, from a CSV file with staff_id, name, position and role")]
    Staff(File),
}

#[derive(Debug, Args)]
pub(super) struct File {
    /// The file
    file: PathBuf,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Import {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let (path, file) = match self {
            Self::Roster(file) => ("/v1/office/roster/pupils", file),
            Self::Staff(file) => ("/v1/office/roster/staff", file),
        };
        let bytes = std::fs::read(&file.file)
            .map_err(|error| format!("cannot read {}: {error}", file.file.display()))?;
        let plan: Value = Office::at(place)?.post_file(&format!("{path}?dry_run={}", file.dry_run), bytes)?;
        let count = |key: &str| plan[key].as_array().map_or(0, Vec::len);
        let refused = count("refusals");
        if place.json {
            json(&plan)?;
        } else {
            show(&plan, file.dry_run);
        }
        Ok(Outcome::found(refused != 0))
    }
}

fn show(plan: &Value, dry_run: bool) {
    if let Some(source) = plan["source"].as_str() {
        say!("Read as {source}, {} rows.", plan["rows"]);
    }
    let list = |key: &str| plan[key].as_array().cloned().unwrap_or_default();
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    for add in list("adds").iter().take(SHOWN_MAX) {
        say!(
            "row {}: add {} {}",
            add["row"],
            word(&add["id"]),
            word(&add["name"])
        );
    }
    let adds = list("adds").len();
    if adds > SHOWN_MAX {
        say!("... and {} more to add", adds - SHOWN_MAX);
    }
    for change in list("changes") {
        for field in change["fields"].as_array().into_iter().flatten() {
            let (old, new) = (word(&field["old"]), word(&field["new"]));
            say!(
                "row {}: {} {}: {old:?} becomes {new:?}",
                change["row"],
                word(&change["name"]),
                word(&field["field"])
            );
        }
    }
    for refusal in list("refusals") {
        let file = refusal["file"]
            .as_str()
            .map(|file| format!("{file} "))
            .unwrap_or_default();
        say!(
            "{file}row {}: REFUSED, {} {:?}: {}",
            refusal["row"],
            word(&refusal["field"]),
            word(&refusal["value"]),
            word(&refusal["remedy"])
        );
    }
    for note in list("notes") {
        say!("note: row {}: {}", note["row"], word(&note["text"]));
    }
    for column in list("unknown_columns") {
        say!(
            "note: the column {:?} is not known and was not used",
            word(&column)
        );
    }
    let done = match (dry_run, adds) {
        (true, _) => "would be",
        (false, 1) => "was",
        (false, _) => "were",
    };
    let absent = list("absent").len();
    let verb = if absent == 1 { "is" } else { "are" };
    say!(
        "{} {done} added, {} changed, {} unchanged, {} refused; {} {verb} in the roster and not in the file (kept).",
        adds,
        list("changes").len(),
        plan["unchanged"],
        list("refusals").len(),
        counted(absent, "person", "people"),
    );
}

/// How many added rows are shown one by one.
const SHOWN_MAX: usize = 10;

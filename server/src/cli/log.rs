//! `daymark log`: what the school has signed for, and who did what that is no mark.

use clap::Subcommand;
use serde_json::Value;

use super::client::Office;
use super::print::{json, say, table};
use super::{Failure, Outcome, Place};

#[derive(Debug, Subcommand)]
pub(super) enum Log {
    /// The newest checkpoint of the log, the key that signs it, and the branch that it is on
    Show,
    /// The security log: who read a home visit, what was let in, what does not go together, which device was lost
    Notes,
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

impl Log {
    pub(super) fn run(&self, place: &Place) -> Result<Outcome, Failure> {
        let office = Office::at(place)?;
        match self {
            Self::Show => {
                let log: Value = office.get("/v1/office/log")?;
                if place.json {
                    json(&log)?;
                    return Ok(Outcome::Ok);
                }
                say!("{} changes are in the log.", log["size"]);
                say!("The school's key: {}", text(&log["fingerprint"]));
                say!("As verifiers read it: {}", text(&log["key"]));
                say!("\n{}", text(&log["checkpoint"]).trim_end());
                let branch = &log["branch"];
                if !branch.is_null() {
                    say!(
                        "\nON A BRANCH since {}: a checkpoint was shown that this log does not continue, when it had {} changes. Every tablet says so until its person has accepted it.",
                        text(&branch["at"]),
                        branch["size"]
                    );
                }
            }
            Self::Notes => {
                let notes: Vec<Value> = office.get("/v1/office/notes")?;
                if place.json {
                    json(&notes)?;
                } else if notes.is_empty() {
                    say!("Nothing is noted.");
                } else {
                    let rows: Vec<Vec<String>> = notes
                        .iter()
                        .map(|note| {
                            ["at", "what", "name", "by", "of", "words"]
                                .map(|key| text(&note[key]).to_owned())
                                .to_vec()
                        })
                        .collect();
                    table(&["When", "What", "Device", "By", "Of", "In words"], &rows);
                }
            }
        }
        Ok(Outcome::Ok)
    }
}

//! `daymark held`: what could not be taken, and letting it in.

use clap::{Args, Subcommand};
use daymark_core::ids::PersonId;
use serde_json::{Value, json as value};

use super::client::Office;
use super::devices::text;
use super::print::{counted, json, say, table};
use super::{Failure, Outcome, Place};

#[derive(Debug, Args)]
pub(super) struct Held {
    #[command(subcommand)]
    verb: Option<HeldVerb>,
}

#[derive(Debug, Subcommand)]
enum HeldVerb {
    /// Let one thing in that was held: somebody answers for it by name
    Release(Release),
}

#[derive(Debug, Args)]
struct Release {
    /// What it is held under, as `daymark held` shows it
    key: String,
    /// The staff id of the person who answers for it
    #[arg(long)]
    by: PersonId,
    /// Why it may be let in
    #[arg(long)]
    reason: String,
}

impl Held {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let Some(HeldVerb::Release(wanted)) = self.verb else {
            return held(place);
        };
        let path = format!("/v1/office/held/{}/release", wanted.key);
        let body = value!({ "by": wanted.by, "reason": wanted.reason });
        let released: Value = Office::at(place)?.post(&path, &body)?;
        if place.json {
            json(&released)?;
        } else {
            say!("Let in, by {}: it is in the register and in the log.", wanted.by);
        }
        Ok(Outcome::Ok)
    }
}

fn held(place: &Place) -> Result<Outcome, Failure> {
    let held: Vec<Value> = Office::at(place)?.get("/v1/office/held")?;
    if place.json {
        json(&held)?;
    } else if held.is_empty() {
        say!("Nothing is held.");
    } else {
        let rows: Vec<Vec<String>> = held
            .iter()
            .map(|item| {
                ["received_at", "device", "document", "code", "reason", "key"]
                    .map(|key| text(&item[key]))
                    .to_vec()
            })
            .collect();
        table(
            &["Received", "Device", "Document", "Code", "Why", "Held under"],
            &rows,
        );
        say!(
            "{} kept. With --json each comes with its bytes. To let one in: daymark held release KEY --by STAFF_ID --reason WHY",
            counted(held.len(), "item", "items")
        );
    }
    Ok(if held.is_empty() {
        Outcome::Ok
    } else {
        Outcome::Problems
    })
}

//! `daymark device`, `daymark held`, `daymark doctor`

use std::collections::BTreeSet;

use clap::{Args, Subcommand};
use daymark_core::grant::Grant;
use daymark_core::ids::{ClassName, TripId};
use daymark_core::roster::Role;
use serde_json::{Value, json as value};

use super::client::Office;
use super::print::{counted, json, say, table};
use super::{Failure, Outcome, Place};
use crate::config::Home;
use crate::tls::certificate::CertificateFacts;

#[derive(Debug, Subcommand)]
pub(super) enum Device {
    /// Make an invitation: it works once, for fifteen minutes
    Invite(Invite),
    /// List the devices, when each last spoke, and what it still holds
    List,
}

#[derive(Debug, Args)]
pub(super) struct Invite {
    /// What the device will be called, such as "Coach A iPad"
    #[arg(long)]
    name: String,
    /// teacher, gate, team, office, lead or head
    #[arg(long)]
    role: Role,
    /// A class whose register it takes; may be given again
    #[arg(long = "class")]
    classes: Vec<ClassName>,
    /// A trip that it goes along on; may be given again
    #[arg(long = "trip")]
    trips: Vec<TripId>,
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

impl Device {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let office = Office::at(place)?;
        match self {
            Self::Invite(invite) => {
                let classes: BTreeSet<ClassName> = invite.classes.into_iter().collect();
                let grant = Grant {
                    role: invite.role,
                    classes,
                    trips: invite.trips.into_iter().collect(),
                };
                let made: Value = office.post(
                    "/v1/office/invitations",
                    &value!({ "name": invite.name, "grant": grant }),
                )?;
                if place.json {
                    json(&made)?;
                } else {
                    say!(
                        "Invitation for {}: {}",
                        text(&made["name"]),
                        text(&made["invitation"])
                    );
                    say!("It works once, until {}.", text(&made["expires_at"]));
                }
            }
            Self::List => {
                let devices: Vec<Value> = office.get("/v1/office/devices")?;
                if place.json {
                    json(&devices)?;
                    return Ok(Outcome::Ok);
                }
                let rows: Vec<Vec<String>> = devices
                    .iter()
                    .map(|device| {
                        let heard = text(&device["last_heard"]);
                        let clock = device["clock_ahead_ms"].as_i64().map(|ms| {
                            let seconds = ms / 1000;
                            match seconds {
                                0 => "right".to_owned(),
                                1.. => format!("{seconds} s fast"),
                                _ => format!("{} s slow", -seconds),
                            }
                        });
                        vec![
                            text(&device["device"]),
                            text(&device["name"]),
                            text(&device["grant"]["role"]),
                            if heard.is_empty() {
                                "not since the server started".into()
                            } else {
                                heard
                            },
                            text(&device["still_holds"]),
                            clock.unwrap_or_default(),
                        ]
                    })
                    .collect();
                table(
                    &[
                        "No.",
                        "Device",
                        "Role",
                        "Last heard",
                        "Said it still holds",
                        "Clock",
                    ],
                    &rows,
                );
            }
        }
        Ok(Outcome::Ok)
    }
}

pub(super) fn held(place: &Place) -> Result<Outcome, Failure> {
    let held: Vec<Value> = Office::at(place)?.get("/v1/office/held")?;
    if place.json {
        json(&held)?;
    } else if held.is_empty() {
        say!("Nothing is held.");
    } else {
        let rows: Vec<Vec<String>> = held
            .iter()
            .map(|item| {
                ["received_at", "device", "document", "code", "reason"]
                    .map(|key| text(&item[key]))
                    .to_vec()
            })
            .collect();
        table(&["Received", "Device", "Document", "Code", "Why"], &rows);
        say!(
            "{} kept. With --json each comes with its bytes.",
            counted(held.len(), "item", "items")
        );
    }
    Ok(if held.is_empty() {
        Outcome::Ok
    } else {
        Outcome::Problems
    })
}

pub(super) fn doctor(place: &Place) -> Result<Outcome, Failure> {
    let office = Office::at(place)?;
    let ready = office.get_bytes("/readyz");
    let report: Value = office.get("/v1/office/check")?;
    let held: Vec<Value> = office.get("/v1/office/held")?;
    // Somewhere else there is no home folder to look into, and the register is what matters most.
    let certificate = super::tls::certificate(&Home::at(&place.home)).unwrap_or_default();
    let ending = certificate.as_ref().and_then(CertificateFacts::warning);
    let sound = report["ok"].as_bool().unwrap_or(false) && ready.is_ok() && ending.is_none();
    if place.json {
        json(&value!({
            "ready": ready.as_ref().err().map_or_else(|| "yes".to_owned(), ToString::to_string),
            "store": report,
            "held": held.len(),
            "certificate": certificate,
        }))?;
    } else {
        match &ready {
            Ok(_) => say!("Ready: it reads, and can acknowledge."),
            Err(error) => say!("NOT READY: {error}"),
        }
        match report["problem"].as_str() {
            None => say!(
                "Store: good. {} events, {} changes in {} documents, {} bytes of journal verified.",
                report["events"],
                report["changes"],
                report["documents"],
                report["journal_bytes"]
            ),
            Some(problem) => say!("STORE: {problem}"),
        }
        for note in report["notes"].as_array().into_iter().flatten() {
            say!("Note: {}", text(note));
        }
        match (&certificate, ending) {
            (_, Some(warning)) => say!("CERTIFICATE: {warning}"),
            (Some(facts), None) => say!("Certificate: good until {}.", facts.expires.date_naive()),
            (None, None) => {}
        }
        match held.len() {
            0 => say!("Held: nothing."),
            count => say!("Held: {}; see `daymark held`.", counted(count, "item", "items")),
        }
    }
    Ok(if sound && held.is_empty() {
        Outcome::Ok
    } else {
        Outcome::Problems
    })
}

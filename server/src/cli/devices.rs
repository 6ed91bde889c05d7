//! `daymark device`, `daymark doctor`

use chrono::{DateTime, FixedOffset};
use clap::{Args, Subcommand};
use daymark_core::grant::Grant;
use daymark_core::ids::{ClassName, PersonId, TripId};
use daymark_core::roster::Role;
use daymark_core::session::Date;
use serde_json::{Value, json as value};

use super::client::Office;
use super::print::{counted, json, say, table};
use super::{Failure, Outcome, Place};
use crate::config::{CONFIG_FILE, Home};
use crate::tls::certificate::CertificateFacts;

#[derive(Debug, Subcommand)]
pub(super) enum Device {
    /// Make an invitation: it works once, for fifteen minutes
    Invite(Invite),
    /// List the devices, when each last spoke, and what it still holds
    List,
    /// Confirm a device that has used its invitation, by the code on its screen
    Confirm(Confirm),
    /// Give a device another duty from now on; what it recorded before stays good
    Grant(GrantArgs),
    /// Report a device lost: from now on nothing of it is taken
    Lost(Lost),
    /// Retire a device that has brought all it had: from now on nothing of it is taken, and nothing on it is deleted
    Retire(Retire),
    /// Write a short text to a device; it is shown there until somebody has read it
    Message(Message),
}

/// What a device may see and write.
#[derive(Debug, Args)]
struct DutyArgs {
    /// teacher, gate, team, office, lead or head
    #[arg(long)]
    role: Role,
    /// A class whose register it takes; may be given again
    #[arg(long = "class")]
    classes: Vec<ClassName>,
    /// A trip that it goes along on; may be given again
    #[arg(long = "trip")]
    trips: Vec<TripId>,
    /// The only date whose sheets it covers, as for a supply teacher [default: any]
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    /// When the duty ends by itself, with the offset from UTC, such as 2026-11-23T16:00:00+00:00 [default: never]
    #[arg(long, value_name = "TIME")]
    until: Option<DateTime<FixedOffset>>,
}

impl DutyArgs {
    fn grant(self) -> Grant {
        Grant {
            classes: self.classes.into_iter().collect(),
            trips: self.trips.into_iter().collect(),
            day: self.on,
            ends_at: self.until.map(|until| until.timestamp()),
            ..Grant::of(self.role)
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct GrantArgs {
    /// The device's number, as `daymark device list` shows it
    device: u32,
    #[command(flatten)]
    duty: DutyArgs,
    /// The staff id of the person who changes it
    #[arg(long)]
    by: PersonId,
}

#[derive(Debug, Args)]
pub(super) struct Confirm {
    /// The device's number, as `daymark device list` shows it
    device: u32,
    /// The code that the device shows, such as K7M-31P
    #[arg(long)]
    code: String,
}

#[derive(Debug, Args)]
pub(super) struct Lost {
    /// The device's number, as `daymark device list` shows it
    device: u32,
    /// The staff id of the person who reports it
    #[arg(long)]
    by: PersonId,
    /// How it was lost, where that is known; it stands in the security log
    #[arg(long)]
    reason: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Retire {
    /// The device's number, as `daymark device list` shows it
    device: u32,
    /// The staff id of the person who retires it
    #[arg(long)]
    by: PersonId,
    /// Why; needed where something of it is still expected; it stands in the security log
    #[arg(long)]
    reason: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Message {
    /// The device's number, as `daymark device list` shows it
    device: u32,
    /// The staff id of the person who writes it
    #[arg(long)]
    by: PersonId,
    /// The text: one line of at most 200 characters
    text: String,
}

#[derive(Debug, Args)]
pub(super) struct Invite {
    /// What the device will be called, such as "Coach A iPad"
    #[arg(long)]
    name: String,
    #[command(flatten)]
    duty: DutyArgs,
    /// Where the device reaches the server, such as `https://daymark.school.example:8443` [default: where this command does]
    #[arg(long, value_name = "URL")]
    reach: Option<String>,
}

/// What a tablet without a screen is given as `--invitation`: where the server is, the secret, and the fingerprint of the
/// school's key. No pupil's data.
fn tablet_link(server: &str, invitation: &str, school_key: &str) -> String {
    format!(
        "daymark+{}/enrol/{invitation}/{school_key}",
        server.trim_end_matches('/')
    )
}

pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A device's duty in a few words: `teacher 4B, on 2026-11-23, ended`.
fn duty(device: &Value) -> String {
    let grant = &device["grant"];
    let mut words = text(&grant["role"]);
    for class in grant["classes"].as_array().into_iter().flatten() {
        words.push(' ');
        words.push_str(&text(class));
    }
    if let Some(day) = grant["day"].as_str() {
        words.push_str(", on ");
        words.push_str(day);
    }
    let ends = grant["ends_at"]
        .as_i64()
        .and_then(|end| DateTime::from_timestamp(end, 0));
    match (ends, device["ended"].as_bool()) {
        (Some(_), Some(true)) => words.push_str(", ended"),
        (Some(end), _) => {
            words.push_str(", until ");
            words.push_str(&end.format("%Y-%m-%dT%H:%MZ").to_string());
        }
        _ => {}
    }
    words
}

impl Device {
    pub(super) fn run(self, place: &Place) -> Result<Outcome, Failure> {
        let office = Office::at(place)?;
        match self {
            Self::Invite(invite) => {
                let mut made: Value = office.post(
                    "/v1/office/invitations",
                    &value!({ "name": invite.name, "grant": invite.duty.grant() }),
                )?;
                let server = invite.reach.as_deref().unwrap_or(office.server());
                let tablet = tablet_link(server, &text(&made["invitation"]), &text(&made["school_key"]));
                // The server knows the rest, and this command where the device reaches it.
                let link = format!("{}{}", server.trim_end_matches('/'), text(&made["link"]));
                let code = qrcode::QrCode::new(&link)?;
                made["tablet_link"] = value!(tablet);
                made["link"] = value!(link);
                if place.json {
                    json(&made)?;
                } else {
                    say!(
                        "Invitation for {}: {}",
                        text(&made["name"]),
                        text(&made["invitation"])
                    );
                    say!("It works once, until {}.", text(&made["expires_at"]));
                    say!("On the device, scan this or open it in the browser:\n{link}\n");
                    say!("{}", code.render::<qrcode::render::unicode::Dense1x2>().build());
                    say!("For daymark-tablet, give this as --invitation:\n{tablet}\n");
                    say!(
                        "The device must show this school key: {}",
                        text(&made["school_key"])
                    );
                    say!("Then confirm it: daymark device confirm NUMBER --code CODE-ON-ITS-SCREEN");
                }
            }
            Self::Confirm(wanted) => {
                let path = format!("/v1/office/devices/{}/confirm", wanted.device);
                let confirmed: Value = office.post(&path, &value!({ "code": wanted.code }))?;
                if place.json {
                    json(&confirmed)?;
                } else {
                    say!("Device {} is confirmed.", wanted.device);
                }
            }
            Self::Grant(wanted) => {
                let path = format!("/v1/office/devices/{}/grant", wanted.device);
                let body = value!({ "by": wanted.by, "grant": wanted.duty.grant() });
                let granted: Value = office.post(&path, &body)?;
                if place.json {
                    json(&granted)?;
                } else {
                    say!(
                        "Device {} has another duty from now on. It learns of it when it syncs.",
                        wanted.device
                    );
                }
            }
            Self::Lost(wanted) => {
                let path = format!("/v1/office/devices/{}/lost", wanted.device);
                let lost: Value =
                    office.post(&path, &value!({ "by": wanted.by, "reason": wanted.reason }))?;
                if place.json {
                    json(&lost)?;
                } else {
                    if lost["was_reported"] == true {
                        say!(
                            "{} was reported lost already, by {} at {}: that report stands, and it is refused since then.",
                            text(&lost["name"]),
                            text(&lost["lost_by"]),
                            text(&lost["lost_at"])
                        );
                    } else {
                        say!(
                            "{} is reported lost. It is refused from now on.",
                            text(&lost["name"])
                        );
                    }
                    let heard = text(&lost["last_heard"]);
                    say!(
                        "It last spoke {}, and then still held {} that had not arrived.",
                        if heard.is_empty() {
                            "before the server started".to_owned()
                        } else {
                            format!("at {heard}")
                        },
                        counted(
                            lost["still_holds"]
                                .as_u64()
                                .and_then(|held| usize::try_from(held).ok())
                                .unwrap_or(0),
                            "mark or statement",
                            "marks and statements"
                        )
                    );
                    say!(
                        "What it recorded and sent before is still good. What arrives from it now is kept aside: daymark held"
                    );
                }
            }
            Self::Retire(wanted) => {
                let path = format!("/v1/office/devices/{}/retire", wanted.device);
                let body = value!({ "by": wanted.by, "reason": wanted.reason });
                let retired: Value = office.post(&path, &body)?;
                if place.json {
                    json(&retired)?;
                } else if retired["was_retired"] == true {
                    say!(
                        "{} was retired already, by {} at {}.",
                        text(&retired["name"]),
                        text(&retired["retired_by"]),
                        text(&retired["retired_at"])
                    );
                } else {
                    say!(
                        "{} is retired. Nothing is taken from it from now on, and nothing on it is deleted.",
                        text(&retired["name"])
                    );
                }
            }
            Self::Message(wanted) => {
                let path = format!("/v1/office/devices/{}/message", wanted.device);
                let body = value!({ "by": wanted.by, "text": wanted.text });
                let written: Value = office.post(&path, &body)?;
                if place.json {
                    json(&written)?;
                } else {
                    say!(
                        "Device {} shows it from its next contact until somebody there has read it: daymark device list --json",
                        wanted.device
                    );
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
                        let standing = match device["code"].as_str() {
                            Some(code) => format!("shows {code}? confirm it"),
                            None => match device["spoke_since"].as_str() {
                                Some(time) => format!("lost, told to lock itself at {time}"),
                                None => text(&device["standing"]),
                            },
                        };
                        vec![
                            text(&device["device"]),
                            text(&device["name"]),
                            duty(device),
                            standing,
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
                        "Duty",
                        "Standing",
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

pub(super) fn doctor(place: &Place) -> Result<Outcome, Failure> {
    let office = Office::at(place)?;
    let ready = office.get_bytes("/readyz");
    let report: Value = office.get("/v1/office/check")?;
    let held: Vec<Value> = office.get("/v1/office/held")?;
    let home = Home::at(&place.home);
    // Somewhere else there is no home folder to look into.
    let certificate = if home.path().join(CONFIG_FILE).exists() {
        super::tls::certificate(&home).map_err(|error| error.to_string())
    } else {
        Ok(None)
    };
    let (certificate, ending) = match certificate {
        Ok(certificate) => {
            let ending = certificate.as_ref().and_then(CertificateFacts::warning);
            (certificate, ending)
        }
        Err(unread) => (None, Some(unread)),
    };
    let sound = report["ok"].as_bool().unwrap_or(false) && ready.is_ok() && ending.is_none();
    if place.json {
        json(&value!({
            "ready": ready.as_ref().err().map_or_else(|| "yes".to_owned(), ToString::to_string),
            "store": report,
            "held": held.len(),
            "certificate": certificate,
            "certificate_problem": ending,
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

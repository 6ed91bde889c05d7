//! What only the school's server knows and does: devices, invitations, files. All else works without it.

use serde::Deserialize;

use super::link::Response;
use super::open::words;
use super::{App, Effect, Link, Open, Stage};
use crate::action::{Action, Fields, File};

/// A device, as the server tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct DeviceShown {
    /// Its number.
    pub device: u32,
    /// What it is called.
    pub name: String,
    /// Its role.
    pub grant: GrantShown,
    /// Whether its duty has ended.
    pub ended: bool,
    /// When it last spoke.
    pub last_heard: Option<String>,
    /// How many records it said that it still holds.
    pub still_holds: u32,
    /// How far its clock is ahead.
    pub clock_ahead_ms: Option<i64>,
    /// `unconfirmed`, `confirmed` or `lost`.
    pub standing: String,
    /// The code to compare, before it is confirmed.
    pub code: Option<String>,
    /// When it was reported lost.
    pub lost_at: Option<String>,
    /// By whom.
    pub lost_by: Option<String>,
    /// When it spoke since.
    pub spoke_since: Option<String>,
}

/// What a device is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct GrantShown {
    /// The role.
    pub role: String,
    /// Its classes.
    pub classes: Vec<String>,
    /// The only day.
    pub day: Option<String>,
}

/// An invitation that was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Invited {
    /// For which device.
    pub name: String,
    /// The text that is used up.
    pub invitation: String,
    /// Until when.
    pub expires_at: String,
    /// The fingerprint of the school's key.
    pub school_key: String,
}

/// What the server told, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remote {
    /// The devices, and when they were told: unix milliseconds.
    pub devices: Option<(i64, Vec<DeviceShown>)>,
    /// The invitation that was made last.
    pub invited: Option<Invited>,
    /// What an import would do or did: the server's own words.
    pub imported: Option<String>,
    /// Whether something is being asked.
    pub is_asking: bool,
}

/// Something that is asked of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    method: &'static str,
    path: String,
    content_type: &'static str,
    body: Vec<u8>,
    then: Then,
}

/// What its answer is for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Then {
    Devices,
    Invited,
    Reread(String),
    Imported,
    Save { name: String, media_type: &'static str },
}

const JSON: &str = "application/json";
const CSV: &str = "text/csv";
const PDF: &str = "application/pdf";

impl Wish {
    pub(super) fn request(&self) -> (&'static str, String, &'static str, Vec<u8>) {
        (
            self.method,
            self.path.clone(),
            self.content_type,
            self.body.clone(),
        )
    }

    fn get(path: String, then: Then) -> Self {
        Self {
            method: "GET",
            path,
            content_type: "",
            body: Vec::new(),
            then,
        }
    }

    fn post(path: String, value: &serde_json::Value, then: Then) -> Self {
        Self {
            method: "POST",
            path,
            content_type: JSON,
            body: value.to_string().into_bytes(),
            then,
        }
    }

    fn devices() -> Self {
        Self::get("/v1/office/devices".to_owned(), Then::Devices)
    }
}

impl Open {
    /// Asks the server for what it alone can do.
    pub(super) fn ask_school(
        &mut self,
        link: &mut Link,
        action: &Action,
        fields: &Fields,
    ) -> Result<Option<String>, String> {
        let by = self.person.id.to_string();
        let wish = match action {
            Action::ReadDevices => Wish::devices(),
            Action::Invite => self.invitation(fields)?,
            Action::Confirm(device, code) => Wish::post(
                format!("/v1/office/devices/{device}/confirm"),
                &serde_json::json!({ "code": code }),
                Then::Reread("Confirmed: the tablet can record for the school now.".to_owned()),
            ),
            Action::ReportLost(device) => {
                let mut body = serde_json::json!({ "by": by });
                if let Some(reason) = fields.given("reason") {
                    body["reason"] = reason.into();
                }
                Wish::post(
                    format!("/v1/office/devices/{device}/lost"),
                    &body,
                    Then::Reread(
                        "Reported lost. It is told so when it next speaks, and locks itself.".to_owned(),
                    ),
                )
            }
            Action::Import { staff, dry_run } => {
                let what = if *staff { "staff" } else { "pupils" };
                let body = fields.get("text").as_bytes().to_vec();
                if body.is_empty() {
                    return Err("Choose a file first.".to_owned());
                }
                Wish {
                    method: "POST",
                    path: format!("/v1/office/roster/{what}?dry_run={dry_run}&by={by}"),
                    content_type: CSV,
                    body,
                    then: Then::Imported,
                }
            }
            Action::Save(file) => self.file(*file, fields)?,
            _ => return Ok(None),
        };
        self.remote.is_asking = true;
        link.wish(wish);
        Ok(None)
    }

    fn invitation(&self, fields: &Fields) -> Result<Wish, String> {
        let name = fields
            .given("name")
            .ok_or("Give the tablet a name, such as Hall iPad 2.")?;
        let role = fields.given("role").ok_or("Say what the tablet is for.")?;
        let mut grant = serde_json::json!({ "role": role });
        if let Some(class) = fields.given("class") {
            grant["classes"] = serde_json::json!([class]);
        }
        // A supply teacher's slip: one class, one day, until an hour.
        if fields.get("supply") == "yes" {
            let today = self.today();
            grant["day"] = today.to_string().into();
            let ends: daymark_core::entry::TimeOfDay = "16:00".parse().map_err(words)?;
            grant["ends_at"] = daymark_core::calendar::london::moments(today, ends)
                .first()
                .into();
        }
        Ok(Wish::post(
            "/v1/office/invitations".to_owned(),
            &serde_json::json!({ "name": name, "grant": grant }),
            Then::Invited,
        ))
    }

    fn file(&self, file: File, fields: &Fields) -> Result<Wish, String> {
        let today = self.today().to_string();
        let from = fields.given("from").unwrap_or_else(|| today.clone());
        let to = fields.given("to").unwrap_or_else(|| today.clone());
        let save = |name: String, media_type| Then::Save { name, media_type };
        Ok(match file {
            File::Marks => Wish::get(
                format!("/v1/office/export/marks?from={from}&to={to}"),
                save(format!("marks-{from}-{to}.csv"), CSV),
            ),
            File::Amendments => Wish::get(
                format!("/v1/office/export/amendments?from={from}&to={to}"),
                save(format!("amendments-{from}-{to}.csv"), CSV),
            ),
            File::Register => {
                let class = fields.given("class").ok_or("Say which class.")?;
                Wish::get(
                    format!("/v1/office/print/register?class={class}&from={from}&to={to}"),
                    save(format!("register-{class}-{from}.pdf"), PDF),
                )
            }
            File::Pupil(pupil) => Wish::get(
                format!("/v1/office/print/pupil?pupil={pupil}&from={from}&to={to}"),
                save(format!("pupil-{pupil}.pdf"), PDF),
            ),
            File::Evidence(pupil) => Wish::get(
                format!("/v1/office/evidence?pupil={pupil}&from={from}&to={to}"),
                save(format!("evidence-{pupil}.html"), "text/html"),
            ),
            File::Ctf => Wish::post(
                format!("/v1/office/export/ctf?from={from}&to={to}"),
                &serde_json::json!({}),
                save(format!("attendance-{to}.xml"), "application/xml"),
            ),
        })
    }
}

impl App {
    /// The server answered a wish.
    pub(super) fn granted(&mut self, wish: Wish, answer: Result<Response, String>) {
        let now_ms = self.now_ms;
        let Stage::Open(open) = &mut self.stage else {
            return;
        };
        open.remote.is_asking = false;
        let response = match answer {
            Ok(response) => response,
            Err(problem) => {
                open.problem = Some(problem);
                return;
            }
        };
        let unread = || "The school's answer cannot be understood: is the app too old?".to_owned();
        match wish.then {
            Then::Devices => match serde_json::from_slice(&response.body) {
                Ok(devices) => open.remote.devices = Some((now_ms, devices)),
                Err(_) => open.problem = Some(unread()),
            },
            Then::Invited => match serde_json::from_slice(&response.body) {
                Ok(invited) => {
                    open.remote.invited = Some(invited);
                    self.link.wish(Wish::devices());
                }
                Err(_) => open.problem = Some(unread()),
            },
            Then::Reread(said) => {
                self.said = Some(said);
                if matches!(open.screen, crate::action::Screen::Lost(_)) {
                    open.screen = crate::action::Screen::Devices;
                }
                self.link.wish(Wish::devices());
            }
            Then::Imported => {
                open.remote.imported = Some(String::from_utf8_lossy(&response.body).into_owned());
            }
            Then::Save { name, media_type } => {
                self.said = Some(format!("Saved as {name}."));
                self.effect(Effect::Save {
                    name,
                    media_type: media_type.to_owned(),
                    bytes: response.body,
                });
            }
        }
    }
}

//! What only the school's server knows and does: devices, invitations, files. All else works without it.

mod told;

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use daymark_core::session::Date;
use serde::Deserialize;

pub use told::{DeviceShown, Invited};

use super::link::Response;
use super::open::words;
use super::{App, Effect, Link, Open, Stage};
use crate::action::{Action, Fields, File};

/// What the server told, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remote {
    /// The devices, and when they were told: unix milliseconds.
    pub devices: Option<(i64, Vec<DeviceShown>)>,
    /// The invitation that was made last.
    pub invited: Option<Invited>,
    /// What an import would do or did.
    pub imported: Option<Imported>,
    /// Who is not in the transfer file that was made last.
    pub left_out: Vec<LeftOut>,
    /// Whether something is being asked.
    pub is_asking: bool,
    /// When a screen last asked for the devices by itself: unix milliseconds.
    looked_ms: Option<i64>,
}

/// What an import would do, or did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Whether it was of staff.
    pub staff: bool,
    /// Whether it was only tried.
    pub dry_run: bool,
    /// What it says.
    pub plan: Plan,
}

/// An import's plan, as the server tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// Rows of the file.
    pub rows: usize,
    /// Who is new.
    pub adds: Vec<PlanRow>,
    /// Who changes.
    pub changes: Vec<PlanRow>,
    /// How many are there just so.
    pub unchanged: usize,
    /// Who is known and not in the file. They stay.
    pub absent: Vec<PlanRow>,
    /// Rows that are left out.
    pub refusals: Vec<PlanRefusal>,
    /// What was put right.
    pub notes: Vec<PlanNote>,
    /// Columns that mean nothing here.
    pub unknown_columns: Vec<String>,
}

/// Somebody of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PlanRow {
    /// The row of the file.
    pub row: usize,
    /// The admission number or staff id.
    pub id: String,
    /// The name.
    pub name: String,
    /// What changes.
    pub fields: Vec<PlanField>,
}

/// One value that changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PlanField {
    /// The column.
    pub field: String,
    /// What it was.
    pub old: Option<String>,
    /// What it is in the file.
    pub new: Option<String>,
}

/// A cell for which a row is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PlanRefusal {
    /// The row of the file.
    pub row: usize,
    /// The column.
    pub field: String,
    /// What stands there.
    pub value: String,
    /// What is wrong and what to do.
    pub remedy: String,
}

/// Something that was put right.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PlanNote {
    /// The row of the file.
    pub row: usize,
    /// What was done.
    pub text: String,
}

/// Somebody who is not in a transfer file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LeftOut {
    /// The number.
    pub pupil: u64,
    /// The name.
    pub name: String,
    /// Why, and what to do.
    pub remedy: String,
}

/// A transfer file, as the server gives it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CtfGiven {
    name: String,
    file: String,
    left_out: Vec<LeftOut>,
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
    Devices { is_asked: bool },
    Invited,
    Reread(String),
    Imported { staff: bool, dry_run: bool },
    Ctf,
    Save { name: String, media_type: &'static str },
}

/// A list of devices that is older is read again: milliseconds.
const DEVICES_OLD_MS: i64 = 60_000;
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

    /// The list of devices; where nobody asked for it, nobody is told when it cannot be had.
    fn devices(is_asked: bool) -> Self {
        Self::get("/v1/office/devices".to_owned(), Then::Devices { is_asked })
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
        let reads = matches!(action, Action::ReadDevices | Action::Save(_));
        if !reads && !self.may_write() {
            return Err("This tablet reads the register. The office writes in it.".to_owned());
        }
        let wish = match action {
            Action::ReadDevices => Wish::devices(true),
            Action::Invite => self.invitation(fields)?,
            Action::Confirm(device, code) => Wish::post(
                format!("/v1/office/devices/{device}/confirm"),
                &serde_json::json!({ "code": code }),
                Then::Reread("Confirmed: the tablet can record for the school now.".to_owned()),
            ),
            Action::ReportLost(device) | Action::Retire(device) => {
                let mut body = serde_json::json!({ "by": by });
                if let Some(reason) = fields.given("reason") {
                    body["reason"] = reason.into();
                }
                let (path, said) = if matches!(action, Action::Retire(_)) {
                    (
                        "retire",
                        "Retired. It is told so when it next speaks, and nothing on it is deleted.",
                    )
                } else {
                    (
                        "lost",
                        "Reported lost. It is told so when it next speaks, and locks itself.",
                    )
                };
                Wish::post(
                    format!("/v1/office/devices/{device}/{path}"),
                    &body,
                    Then::Reread(said.to_owned()),
                )
            }
            Action::GiveDuty(device) => Wish::post(
                format!("/v1/office/devices/{device}/grant"),
                &serde_json::json!({ "by": by, "grant": duty(fields)? }),
                Then::Reread(
                    "It has the other duty from now on, and learns of it when it next speaks.".to_owned(),
                ),
            ),
            Action::Import { staff, dry_run } => {
                let what = if *staff { "staff" } else { "pupils" };
                let body = fields.get("text").as_bytes().to_vec();
                if body.is_empty() {
                    return Err("Choose a file first.".to_owned());
                }
                Wish {
                    method: "POST",
                    path: format!("/v1/office/roster/{what}?dry_run={dry_run}"),
                    content_type: CSV,
                    body,
                    then: Then::Imported {
                        staff: *staff,
                        dry_run: *dry_run,
                    },
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
        let mut grant = duty(fields)?;
        // A supply teacher's slip: one class, one day, until an hour.
        if fields.get("supply") == "yes" {
            if grant.get("classes").is_none() {
                return Err("Say which class the supply teacher takes.".to_owned());
            }
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
        let day = |name: &str| -> Result<Date, String> {
            let text = fields.given(name);
            text.map_or(Ok(self.today()), |text| text.parse().map_err(words))
        };
        let (from, to) = (day("from")?, day("to")?);
        if to < from {
            return Err("The last day is before the first: exchange them.".to_owned());
        }
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
                    format!("/v1/office/print/register?class={}&from={from}", in_query(&class)),
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
            File::Ctf => {
                let sequence = fields.given("sequence").unwrap_or_else(|| "1".to_owned());
                let sequence: u16 = sequence.parse().map_err(|_| "The running number is 1 to 999.")?;
                let mut body = serde_json::json!({ "sequence": sequence });
                if let Some(school) = fields.given("school") {
                    body["to"] = school.into();
                }
                if let Some(year) = fields.given("year") {
                    let year: u16 = year
                        .parse()
                        .map_err(|_| "The year is that in which it begins, such as 2025.")?;
                    body["year"] = year.into();
                }
                Wish::post("/v1/office/export/ctf".to_owned(), &body, Then::Ctf)
            }
        })
    }
}

/// A duty, as a form has it.
fn duty(fields: &Fields) -> Result<serde_json::Value, String> {
    let role = fields.given("role").ok_or("Say what the tablet is for.")?;
    let mut grant = serde_json::json!({ "role": role });
    // Of classes only a teacher's tablet takes the register.
    if let Some(class) = fields.given("class").filter(|_| role == "teacher") {
        grant["classes"] = serde_json::json!([class]);
    }
    Ok(grant)
}

/// A text as a part of a query.
fn in_query(text: &str) -> String {
    let mut query = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            query.push(char::from(byte));
        } else {
            // Writing into memory fails for nothing.
            let _ = write!(query, "%{byte:02X}");
        }
    }
    query
}

impl App {
    /// Reads the list of devices for a screen that shows it, while the school can be reached and nothing else is asked.
    pub(super) fn look_at_devices(&mut self) {
        let Stage::Open(open) = &mut self.stage else {
            return;
        };
        let shows = matches!(
            open.screen,
            crate::action::Screen::Devices | crate::action::Screen::Board(_)
        );
        let told_ms = open.remote.devices.as_ref().map(|(told_ms, _)| *told_ms);
        // Also an answer that did not come is not asked for again at once.
        let last_ms = told_ms.max(open.remote.looked_ms);
        let is_old = last_ms.is_none_or(|last_ms| self.now_ms - last_ms > DEVICES_OLD_MS);
        let is_there = self.link.signal == super::Signal::There;
        if shows && open.is_office() && is_old && is_there && !open.remote.is_asking {
            open.remote.is_asking = true;
            open.remote.looked_ms = Some(self.now_ms);
            self.link.wish(Wish::devices(false));
        }
    }

    /// The server answered a wish.
    pub(super) fn granted(&mut self, wish: Wish, answer: Result<Response, String>) {
        let now_ms = self.now_ms;
        let Stage::Open(open) = &mut self.stage else {
            return;
        };
        open.remote.is_asking = false;
        let response = match answer {
            Ok(response) => response,
            Err(_) if wish.then == (Then::Devices { is_asked: false }) => return,
            Err(problem) => {
                open.problem = Some(problem);
                return;
            }
        };
        let unread = || "The school's answer cannot be understood: is the app too old?".to_owned();
        match wish.then {
            Then::Devices { .. } => match serde_json::from_slice(&response.body) {
                Ok(devices) => open.remote.devices = Some((now_ms, devices)),
                Err(_) => open.problem = Some(unread()),
            },
            Then::Invited => match serde_json::from_slice(&response.body) {
                Ok(invited) => {
                    open.remote.invited = Some(invited);
                    self.link.wish(Wish::devices(false));
                }
                Err(_) => open.problem = Some(unread()),
            },
            Then::Reread(said) => {
                self.said = Some(said);
                if matches!(
                    open.screen,
                    crate::action::Screen::Lost(_) | crate::action::Screen::Device(_)
                ) {
                    open.screen = crate::action::Screen::Devices;
                }
                self.link.wish(Wish::devices(false));
            }
            Then::Imported { staff, dry_run } => match serde_json::from_slice(&response.body) {
                Ok(plan) => {
                    open.remote.imported = Some(Imported { staff, dry_run, plan });
                    let said = if dry_run {
                        "Tried: nothing was changed."
                    } else {
                        "Imported."
                    };
                    self.said = Some(said.to_owned());
                }
                Err(_) => open.problem = Some(unread()),
            },
            Then::Ctf => {
                let given = serde_json::from_slice::<CtfGiven>(&response.body).ok();
                let read = given.and_then(|given| Some((STANDARD.decode(&given.file).ok()?, given)));
                let Some((bytes, given)) = read else {
                    open.problem = Some(unread());
                    return;
                };
                open.remote.left_out = given.left_out;
                self.said = Some(format!("Saved as {}.", given.name));
                self.effect(Effect::Save {
                    name: given.name,
                    media_type: "application/xml".to_owned(),
                    bytes,
                });
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

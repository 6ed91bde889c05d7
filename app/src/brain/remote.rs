//! What only the school's server knows and does: devices, invitations, files. All else works without it.

mod told;
mod wishes;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub use told::{DeviceShown, Imported, Invited, LeftOut, Plan, PlanRow};

use super::link::Response;
use super::{App, Effect, Link, Open, Stage};
use crate::action::{Action, Fields};
use wishes::{checked, duty};

/// What the server told, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remote {
    /// The devices, and when they were told: unix milliseconds.
    pub devices: Option<(i64, Vec<DeviceShown>)>,
    /// The invitations that were made here, newest first, each with what it is for in words.
    pub invited: Vec<(String, Invited)>,
    /// When the school's server checked its ledger last, and what it said: unix milliseconds, and the words where it held.
    pub checked: Option<(i64, Result<String, String>)>,
    /// What an import would do or did.
    pub imported: Option<Imported>,
    /// Who is not in the transfer file that was made last.
    pub left_out: Vec<LeftOut>,
    /// Whether something is being asked.
    pub is_asking: bool,
    /// When a screen last asked for the devices by itself: unix milliseconds.
    looked_ms: Option<i64>,
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
    Invited(String),
    Checked,
    Keyed,
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
        let reads = matches!(
            action,
            Action::ReadDevices | Action::Save(_) | Action::CheckLedger
        );
        if !reads && !self.may_write() {
            return Err("This tablet reads the register. The office writes in it.".to_owned());
        }
        let wish = match action {
            Action::ReadDevices => Wish::devices(true),
            Action::CheckLedger => Wish::get("/v1/office/check".to_owned(), Then::Checked),
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
            Action::WriteTo(device) => Wish::post(
                format!("/v1/office/devices/{device}/message"),
                &serde_json::json!({ "by": by, "text": fields.given("text").ok_or("Write the message first.")? }),
                Then::Reread("Sent: it is shown there from its next contact.".to_owned()),
            ),
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
            Action::SendSheet(dry_run) => self.sheet_wish(*dry_run, fields)?,
            Action::Save(file) => self.file(*file, fields)?,
            _ => return Ok(None),
        };
        self.remote.is_asking = true;
        link.wish(wish);
        Ok(None)
    }
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
        let told = || serde_json::from_slice(&response.body).ok();
        match wish.then {
            Then::Devices { .. } => match told().as_ref().and_then(told::devices) {
                Some(devices) => open.remote.devices = Some((now_ms, devices)),
                None => open.problem = Some(unread()),
            },
            Then::Invited(words) => match told().as_ref().and_then(told::invited) {
                Some(invited) => {
                    open.remote.invited.insert(0, (words, invited));
                    self.link.wish(Wish::devices(false));
                }
                None => open.problem = Some(unread()),
            },
            Then::Checked => match told().as_ref().and_then(checked) {
                Some(said) => open.remote.checked = Some((now_ms, said)),
                None => open.problem = Some(unread()),
            },
            Then::Keyed => {
                let sheet = open.office.sheet.as_mut();
                let read = sheet.and_then(|sheet| Some((sheet.read(&response.body)?, sheet)));
                match read {
                    None => open.problem = Some(unread()),
                    Some(((true, told), _)) => {
                        self.said = told.lines.last().map(|line| format!("Entered: {line}"));
                        open.office.sheet = None;
                        open.screen = crate::action::Screen::Exports;
                    }
                    Some(((false, told), sheet)) => sheet.told = Some(told),
                }
            }
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
            Then::Imported { staff, dry_run } => match told().as_ref().and_then(told::plan) {
                Some(plan) => {
                    open.remote.imported = Some(Imported { staff, dry_run, plan });
                    let said = if dry_run {
                        "Tried: nothing was changed."
                    } else {
                        "Imported."
                    };
                    self.said = Some(said.to_owned());
                }
                None => open.problem = Some(unread()),
            },
            Then::Ctf => {
                let given = told().as_ref().and_then(told::ctf);
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

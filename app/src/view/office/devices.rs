//! The school's devices, as its server tells them: who is out, who asks to join, who is lost.

use daymark_core::entry::TimeOfDay;
use daymark_core::roster::Role;
use daymark_core::session::Date;
use maud::{Markup, html};

use super::super::hand::text_code;
use super::super::parts::{button, clock, day, field, glyph, go, moment_of, submit, time_of};
use super::Shown;
use super::parts::count;
use crate::action::{Action, Screen};
use crate::brain::{App, DeviceShown, Invited, Open};

/// A clock that is further off is named: milliseconds.
const OFF_MS: i64 = 60_000;

/// Unix seconds of `2026-03-02T08:12:00Z`.
fn seconds(text: &str) -> Option<i64> {
    let (date, time) = text.trim_end_matches('Z').split_once('T')?;
    let date: Date = date.parse().ok()?;
    let time: TimeOfDay = time.get(..8)?.parse().ok()?;
    Some(date.start_unix_seconds() + i64::from(time.seconds()))
}

/// A time of the server's, as the school's clock shows it.
pub(super) fn told_time(open: &Open, text: &str) -> String {
    let Some(at) = seconds(text) else {
        return text.to_owned();
    };
    if open.local_of(at).date == open.today() {
        time_of(open, at)
    } else {
        moment_of(open, at)
    }
}

/// When a device was last heard.
pub(super) fn heard(open: &Open, device: &DeviceShown) -> String {
    match &device.last_heard {
        Some(at) => format!("last heard {}", told_time(open, at)),
        None => "never heard".to_owned(),
    }
}

/// Whether a device said that it still holds something.
pub(super) fn is_out(device: &DeviceShown) -> bool {
    device.still_holds > 0 && !is_over(device)
}

/// Whether nothing is taken from a device any more.
pub(super) fn is_over(device: &DeviceShown) -> bool {
    matches!(device.standing.as_str(), "lost" | "retired")
}

/// A device by its number, as the school told it.
pub(super) fn told(open: &Open, device: u32) -> Option<&DeviceShown> {
    let shown = open.remote.devices.iter().flat_map(|(_, shown)| shown);
    shown.into_iter().find(|shown| shown.device == device)
}

/// Whether the message of the office was read, as far as the device told.
pub(super) fn read(open: &Open, device: &DeviceShown) -> String {
    let at = device.message_read_at.as_ref();
    at.map_or_else(
        || "not yet read".to_owned(),
        |at| format!("read {}", told_time(open, at)),
    )
}

/// The devices that ask to join.
pub(super) fn asking(open: &Open) -> impl Iterator<Item = &DeviceShown> {
    let shown = open.remote.devices.iter().flat_map(|(_, shown)| shown);
    shown.filter(|device| device.standing == "unconfirmed")
}

/// What a role is called on a tablet.
fn role(name: &str) -> &'static str {
    match name {
        "teacher" => "Class or trip register",
        "gate" => "Late gate",
        "team" => "Home visits",
        "office" => "Office",
        "lead" => "Attendance and safeguarding lead",
        "head" => "Head, reads",
        _ => "Another duty",
    }
}

pub(super) fn page(open: &Open) -> Shown {
    let told = open.remote.devices.as_ref();
    let shown: &[DeviceShown] = told.map(|(_, shown)| shown.as_slice()).unwrap_or_default();
    let out = shown.iter().filter(|device| is_out(device)).count();
    let title = match (told, out) {
        (None, _) => "Devices".to_owned(),
        (_, 0) => format!("{}. None is out.", count(shown.len(), "device")),
        (_, 1) => format!("{}. 1 is out.", count(shown.len(), "device")),
        (_, out) => format!("{}. {out} are out.", count(shown.len(), "device")),
    };
    Shown {
        title,
        lead: html! {
            @match told {
                None => p { "Only the school's server knows its devices: this needs a signal." },
                Some((told_ms, _)) => p { "As the school told it at " (time_of(open, told_ms.div_euclid(1000))) ". Nothing is lost: a tablet keeps what it has not sent." },
            }
        },
        acts: html! {
            (button(&Action::ReadDevices, "", if open.remote.is_asking { "Asking…" } else { "Ask again" }))
            @if open.may_write() { (go(Screen::Invite, "go", "Add a device")) }
        },
        main: html! {
            div.cols {
                section.panel {
                    @for device in shown { (row(open, device)) }
                    @if shown.is_empty() { p.empty { "The school's devices appear here." } }
                }
                aside.stack {
                    @for device in asking(open) { (join(open, device)) }
                    (clocks(shown))
                    section.card { h2 { "Kept for good?" }
                        p.soft { "Whether a tablet's browser may delete what it holds is seen on that tablet alone, under the person's name. Put Daymark on its home screen." } }
                }
            }
        },
    }
}

fn row(open: &Open, device: &DeviceShown) -> Markup {
    let is_lost = device.standing == "lost";
    html! {
        div class=(if is_out(device) { "d out" } else { "d" }) {
            div { b { (device.name) } br; span.soft { (role(&device.grant.role)) } }
            div { @if device.grant.classes.is_empty() { span.soft { "No class" } } @else { (device.grant.classes.join(", ")) }
                @if let Some(only) = &device.grant.day { br; span.soft { "only " (only.parse::<Date>().map_or_else(|_| only.clone(), day)) } }
                br; span.soft.num { (heard(open, device)) } }
            div {
                @if is_lost {
                    b { (glyph("lock")) "Lost" } br;
                    span.soft { @if let Some(at) = &device.lost_at { (told_time(open, at)) } @if let Some(by) = &device.lost_by { ", by " (by) } }
                    @match &device.spoke_since {
                        Some(at) => { br; span { "It spoke at " (told_time(open, at)) " and locked itself." } }
                        None => { br; span.soft { "It has not spoken since: it locks itself when it does." } }
                    }
                } @else if device.standing == "retired" {
                    b { (glyph("lock")) "Retired" } br; span.soft { "Nothing is taken from it any more. Nothing on it was deleted." }
                } @else if device.standing == "unconfirmed" {
                    b { "Asks to join" } br; span.soft { "Compare the code beside." }
                } @else if device.ended {
                    b { "Duty ended" }
                } @else if device.still_holds > 0 {
                    b { (count(device.still_holds as usize, "record")) " expected" } br; span.soft { "It said so when it was last heard." }
                } @else if device.last_heard.is_some() {
                    b { (glyph("tick")) "School has it" } br; span.soft { "All that it had when it was last heard." }
                } @else {
                    span.soft { "Nothing received yet." }
                }
                @if device.message.is_some() { br; span.soft { "Message: " (read(open, device)) } }
                @if let Some(ahead) = device.clock_ahead_ms.filter(|ahead| ahead.abs() >= OFF_MS) { br; span.soft { "Clock " (clock(-ahead)) ", allowed for" } }
            }
            @if open.may_write() && !is_lost {
                div.row {
                    (go(Screen::Lost(device.device), "", html! { "Lost" span.vh { ": " (device.name) } }))
                    @if !is_over(device) { (go(Screen::Device(device.device), "", html! { "Change" span.vh { ": " (device.name) } })) }
                }
            }
        }
    }
}

fn join(open: &Open, device: &DeviceShown) -> Markup {
    let code = device.code.clone().unwrap_or_default();
    html! {
        section.card {
            h2 { "New tablet asks to join" }
            p.soft { (device.name) ", " (role(&device.grant.role)) }
            p.code.num { (code) }
            p { "Does the tablet show the same code?" }
            @if open.may_write() {
                (button(&Action::Confirm(device.device, code), "wide", html! { "Same: confirm" span.vh { " " (device.name) } }))
                (go(Screen::Lost(device.device), "wide", html! { "Not the same" span.vh { ": report " (device.name) } }))
            }
        }
    }
}

fn clocks(shown: &[DeviceShown]) -> Markup {
    let known: Vec<i64> = shown.iter().filter_map(|device| device.clock_ahead_ms).collect();
    let off = known.iter().filter(|ahead| ahead.abs() >= OFF_MS).count();
    html! {
        @if !known.is_empty() {
            section.card { h2 { "Clocks" } p { (known.len() - off) " right, " (off) " off by a minute or more." }
                p.soft { "Marks keep the tablet's own time, and how that clock stood." } }
        }
    }
}

/// What a tablet is for, to be chosen.
pub(super) fn duty(open: &Open, now: &str) -> Markup {
    let brief = open.tablet.replica().brief();
    let mut classes: Vec<String> = brief
        .into_iter()
        .flat_map(|brief| &brief.pupils)
        .map(|pupil| pupil.class.to_string())
        .collect();
    classes.sort();
    classes.dedup();
    html! {
        label.field { span { "What it is for" }
            select name="role" { @for one in Role::ALL { option value=(one) selected[one.as_str() == now] { (role(one.as_str())) } } } }
        label.field { span { "Class, for a class register" }
            select name="class" { option value="" { "None" } @for class in &classes { option value=(class) { (class) } } } }
    }
}

pub(super) fn invite(app: &App, open: &Open) -> Shown {
    // One that is too old must not be handed out.
    let now = open.now_ms.div_euclid(1000);
    let is_valid = |invited: &Invited| seconds(&invited.expires_at).is_none_or(|until| until > now);
    let made = open.remote.invited.iter();
    let valid: Vec<_> = made.filter(|(_, invited)| is_valid(invited)).collect();
    Shown {
        title: "Add a device".to_owned(),
        lead: html! { p { "The invitation works once. The tablet then shows a code, and you confirm it here." } },
        acts: html! { (go(Screen::Devices, "quiet", "Devices")) },
        main: html! {
            div.cols {
                section.card {
                    @if open.may_write() {
                        form.stack data-do=(Action::Invite.encode()) {
                            (field("name", "What the tablet is called, such as Hall iPad 2", "text", ""))
                            (duty(open, ""))
                            label.tick { input type="checkbox" name="supply" value="yes"; " For a supply teacher: this class, today only, until 16:00" }
                            (submit("go", "Make the invitation"))
                        }
                    } @else { p { "The office invites devices. This tablet reads." } }
                }
                aside.stack {
                    @for (words, invited) in &valid { (slip(app, open, words, invited)) }
                    @if !valid.is_empty() {
                        button.btn.noprint type="button" data-print { @if valid.len() == 1 { "Print this slip" } @else { "Print these " (valid.len()) " slips" } }
                    } @else {
                        section.card { h2 { "The invitation" } p.soft { "It appears here as a code to scan, with the address beside it." } }
                    }
                }
            }
        },
    }
}

/// An invitation as it is handed out on paper.
fn slip(app: &App, open: &Open, words: &str, invited: &Invited) -> Markup {
    let link = format!(
        "{}/#join={}/{}",
        app.server, invited.invitation, invited.school_key
    );
    let school = open.tablet.replica().brief();
    html! {
        section.card.invited {
            p.small.soft { @if let Some(school) = school { (school.school_name) } }
            h2 { "For " (invited.name) }
            @if !words.is_empty() { p { b { (words) } } }
            (text_code(&link, "The invitation as a code, to scan with the tablet's camera"))
            ol {
                li { "Scan the code with the tablet's camera, or type the address below." }
                li { "Find your name, and choose a PIN that only you know." }
                li { "Show the office the code on the tablet. Then take the register." }
            }
            p.code-inline { (link) }
            p.soft { "It works once, until " (told_time(open, &invited.expires_at)) "." }
        }
    }
}

/// What is still expected of a device, as far as it said.
pub(super) fn expected(open: &Open, shown: Option<&DeviceShown>) -> Markup {
    html! {
        @if let Some(shown) = shown {
            p { (heard(open, shown)) ". "
                @if shown.still_holds > 0 { "It said that it still holds " (count(shown.still_holds as usize, "record")) ": they are expected, and not received." }
                @else if shown.last_heard.is_some() { "All that it had then was received." }
                @else { "Nobody knows what it still holds." } }
        }
    }
}

pub(super) fn lost(open: &Open, device: u32) -> Shown {
    let name = open.device_name(device);
    let shown = told(open, device);
    Shown {
        title: format!("Is {name} lost?"),
        lead: html! { p { "From then on it is refused, and locks itself when it next speaks. It deletes nothing, and what it made before may still arrive." } },
        acts: html! {},
        main: html! {
            section.card {
                (expected(open, shown))
                @if open.may_write() {
                    form.stack data-do=(Action::ReportLost(device).encode()) {
                        (field("reason", "How it was lost, where that is known", "text", ""))
                        div.row { (submit("go", "Report it lost")) (button(&Action::Back, "quiet", "Not lost")) }
                    }
                }
            }
        },
    }
}

//! What the app shows: HTML, drawn anew after each act.

mod gate;
mod hand;
mod join;
mod lock;
mod me;
pub mod office;
mod paper;
mod parts;
mod register;
mod row;
mod sent;
mod today;
mod visit;

use maud::{Markup, html};
pub(crate) use parts::day;

use crate::action::{Action, Screen, Theme};
use crate::brain::{App, Open, Stage};

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The title. It names nobody and nothing of the school: a browser writes it into its history, which is not sealed.
    pub title: String,
    /// What the page is about, in words: where it changes, the focus goes to the heading.
    pub about: String,
    /// The body.
    pub html: String,
    /// `light`, `dark` or `glare`.
    pub theme: &'static str,
    /// What screen it is: where it changes, the focus goes to the heading too.
    pub name: &'static str,
    /// What happened, for who does not see it.
    pub said: String,
    /// The same, where it cannot wait.
    pub alert: String,
}

/// The page of an app as it stands.
pub(crate) fn page(app: &App) -> Page {
    let (about, name, body) = match &app.stage {
        Stage::Joining(joining) => ("Join a school".to_owned(), "join", join::page(app, joining)),
        Stage::Locked(lock) => ("Unlock".to_owned(), "lock", lock::page(app, lock)),
        Stage::Stopped(why) => ("Stopped".to_owned(), "stopped", lock::stopped(why)),
        Stage::Open(open) => match &open.lock {
            Some(lock) => ("Locked".to_owned(), "lock", lock::page(app, lock)),
            None => open_page(app, open),
        },
    };
    // What is locked says nothing of what was done before, also to who hears it.
    let (said, alert) = match &app.stage {
        Stage::Joining(joining) => (None, &joining.problem),
        Stage::Locked(lock) => (None, &lock.problem),
        Stage::Stopped(_) => (None, &None),
        Stage::Open(open) => match &open.lock {
            Some(lock) => (None, &lock.problem),
            None => (app.said.clone(), &open.problem),
        },
    };
    Page {
        title: format!("{} · Daymark", title(name)),
        about,
        html: body.into_string(),
        theme: match app.theme() {
            Theme::Light => "light",
            Theme::Dark => "dark",
            Theme::Glare => "glare",
        },
        name,
        said: said.unwrap_or_default(),
        alert: alert.clone().unwrap_or_default(),
    }
}

/// What a screen is called, whatever it is about.
fn title(name: &str) -> &str {
    match name {
        "account" => "Account of a visit",
        "after-sign-off" => "After sign-off",
        "amendments" => "Amendments",
        "board" => "Day board",
        "count" => "Head count",
        "decisions" => "Decisions",
        "devices" | "lost" => "Devices",
        "exports" | "import" => "Files",
        "gate" | "gate-find" => "Late gate",
        "gate-reason" => "Why late",
        "hand-over" => "Hand over",
        "invite" => "Invite a device",
        "join" => "Join a school",
        "lock" => "Locked",
        "me" => "You and this tablet",
        "pupil" | "row" => "Pupil",
        "pupils" => "Pupils",
        "recovery" => "Recovery code",
        "register" => "Register",
        "rules" => "Rules",
        "sent" => "Sent to school",
        "sign-off" => "Sign off",
        "stopped" => "Stopped",
        "take-over" => "Take over",
        "today" => "Today",
        "visit" | "visit-start" | "visits" => "Home visits",
        "worklist" => "Worklists",
        _ => "Daymark",
    }
}

fn open_page(app: &App, open: &Open) -> (String, &'static str, Markup) {
    if let Some(code) = &open.recovery {
        return ("Recovery code".to_owned(), "recovery", join::recovery(open, code));
    }
    let (title, name, body) = match &open.screen {
        Screen::Today => ("Today".to_owned(), "today", today::page(app, open)),
        Screen::Register(register, filter) => (
            register::title(open, register),
            "register",
            register::page(app, open, register, *filter),
        ),
        Screen::Row(at, pupil) => (open.name(*pupil), "row", row::page(app, open, at, *pupil)),
        Screen::Count(at) => ("Count".to_owned(), "count", register::count(app, open, at)),
        Screen::Gate(class) => ("Gate".to_owned(), "gate", gate::page(app, open, class.as_ref())),
        Screen::GateFind => ("Find a pupil".to_owned(), "gate-find", gate::find(app, open)),
        Screen::GateReason(pupil) => (
            format!("Why was {} late?", open.name(*pupil)),
            "gate-reason",
            gate::reason(app, open, *pupil),
        ),
        Screen::Sent => ("Sent to school".to_owned(), "sent", sent::page(app, open)),
        Screen::HandOver => ("Hand over".to_owned(), "hand-over", hand::give(app, open)),
        Screen::TakeOver => ("Take over".to_owned(), "take-over", hand::take(app, open)),
        Screen::Paper => ("Blank paper register".to_owned(), "paper", paper::page(app, open)),
        Screen::Me => ("You and this tablet".to_owned(), "me", me::page(app, open)),
        Screen::Visits | Screen::VisitStart(_) | Screen::Visit(_) | Screen::Account(_) => {
            visit::page(app, open)
        }
        _ => office::page(app, open),
    };
    let message = open.message.as_ref();
    let unread = message.filter(|message| open.heard != Some(message.at_ms));
    let body = html! {
        @if let Some(message) = unread {
            section.note.loud.noprint aria-label="From the office" { (parts::glyph("two"))
                p.grow role="status" { b { "The office, " (parts::time_of(open, i64::try_from(message.at_ms / 1000).unwrap_or_default())) ": " } (message.text) " " span.soft { (message.by) } }
                (parts::button(&Action::ReadMessage(message.at_ms), "", "Heard"))
            }
        }
        div.app.office[open.is_office()].left[app.door.prefs.left_handed] { (body) }
    };
    (title, name, body)
}

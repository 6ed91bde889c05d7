//! The parts that every screen is made of.

use daymark_core::code::{self, Code, CountsAs};
use daymark_core::entry::TimeOfDay;
use daymark_core::session::{Date, Session};
use maud::{Markup, html};

use crate::action::{Action, Screen};
use crate::brain::{App, Open, Signal};

/// A state's shape. It always stands beside its words.
pub(super) fn glyph(name: &str) -> Markup {
    html! { span class=(format!("g g-{name}")) aria-hidden="true" {} }
}

/// A button: its words, what it does, how it looks.
pub(super) fn button(action: &Action, class: &str, words: impl maud::Render) -> Markup {
    html! { button type="button" class=(format!("btn {class}")) data-do=(action.encode()) { (words) } }
}

/// A button that opens a screen.
pub(super) fn go(screen: Screen, class: &str, words: impl maud::Render) -> Markup {
    button(&Action::Go(screen), class, words)
}

/// The class of a code's band, and the word of it.
pub(super) fn band(code: Code) -> (&'static str, &'static str) {
    let counts = code::rows_for(code).last().map(|row| row.statistics);
    match counts {
        _ if code.approved_elsewhere() => ("approved", "approved activity"),
        Some(CountsAs::Attended) => ("present", "present"),
        Some(CountsAs::AuthorisedAbsence) => ("authorised", "authorised absence"),
        Some(CountsAs::UnauthorisedAbsence) => ("unauth", "unauthorised absence"),
        Some(CountsAs::NotPossible) | None => ("nocount", "not counted"),
    }
}

/// What a code means, in words: `V, educational visit, approved activity`.
pub(super) fn meaning(code: Code) -> String {
    let row = code::rows_for(code).last();
    let title = row.map(|row| row.title).unwrap_or_default();
    format!("{code}, {}, {}", title, band(code).1)
}

/// A code as a chip that is no button.
pub(super) fn chip(code: Code, size: &str) -> Markup {
    html! {
        span class=(format!("chip {size} {}", band(code).0)) role="img" aria-label=(meaning(code)) { (code) }
    }
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// `Tue 14 Oct`.
pub(crate) fn day(date: Date) -> String {
    let text = date.to_string();
    let mut parts = text.split('-').map(|part| part.parse::<usize>().unwrap_or(0));
    let (_, month, day) = (parts.next(), parts.next().unwrap_or(1), parts.next().unwrap_or(1));
    let since_epoch = date.start_unix_seconds().div_euclid(86_400).rem_euclid(7);
    let weekday = usize::try_from(since_epoch).unwrap_or(0);
    format!("{} {day} {}", DAYS[weekday], MONTHS[(month.max(1) - 1) % 12])
}

/// `08:51`.
pub(super) fn time(time: TimeOfDay) -> String {
    let minutes = time.seconds() / 60;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// `08:51`, of unix seconds.
pub(super) fn time_of(open: &Open, seconds: i64) -> String {
    time(open.local_of(seconds).time)
}

/// `Tue 14 Oct 08:51`, of unix seconds.
pub(super) fn moment_of(open: &Open, seconds: i64) -> String {
    let local = open.local_of(seconds);
    format!("{} {}", day(local.date), time(local.time))
}

/// `2 s slow`, `right`.
pub(super) fn clock(offset_ms: i64) -> String {
    let seconds = offset_ms.abs() / 1000;
    let size = if seconds < 120 {
        format!("{seconds} s")
    } else {
        format!("{} min", seconds / 60)
    };
    match offset_ms {
        _ if seconds == 0 => "right to the second".to_owned(),
        // The offset is added to the device's clock, so one that is slow has a positive one.
        1.. => format!("{size} slow"),
        _ => format!("{size} fast"),
    }
}

/// The state of sending, the same on every screen.
pub(super) fn pill(app: &App, open: &Open) -> Markup {
    let waiting = open.waiting();
    let count = waiting.marks + waiting.others;
    let (class, shape, words) = match (&app.link.signal, count) {
        (_, count) if app.link.rounds.is_some() && count > 0 => ("", "sending", format!("Sending {count}")),
        (Signal::None, 0) => ("", "offline", "No signal. Nothing waits here.".to_owned()),
        (Signal::None, _) => ("", "offline", "No signal. Saving on this tablet.".to_owned()),
        (Signal::Trouble(_), _) => ("", "refused", "School not reached".to_owned()),
        (Signal::Untried, 0) => ("", "offline", "Looking for the school".to_owned()),
        (_, 0) => ("ok", "tick", "School has all".to_owned()),
        (_, 1) => ("", "saved", "1 saved on this tablet".to_owned()),
        (_, count) => ("", "saved", format!("{count} saved on this tablet")),
    };
    html! {
        button type="button" class=(format!("pill {class}")) data-do=(Action::Go(Screen::Sent).encode()) {
            (glyph(shape)) span role="status" { (words) }
        }
    }
}

/// The head of a tablet's screen, with the way back.
pub(super) fn header(app: &App, open: &Open, title: &str, under: &str) -> Markup {
    html! {
        header.head {
            button.back type="button" data-do=(Action::Back.encode()) aria-label="Back" { (glyph("back")) }
            div.grow {
                h1 tabindex="-1" { (title) }
                @if !under.is_empty() { p.small.soft { (under) } }
            }
            (pill(app, open))
        }
    }
}

/// What went wrong with the last act.
pub(super) fn problem(text: Option<&str>) -> Markup {
    html! {
        @if let Some(text) = text {
            div.note.problem {
                (glyph("refused"))
                p.grow { (text) }
            }
        }
    }
}

/// The button to undo, which names what it undoes.
pub(super) fn undo(open: &Open) -> Markup {
    html! {
        @if let Some(undoable) = open.undoable() {
            button.btn.undo type="button" data-do=(Action::Undo.encode()) data-shortcut="ctrl+z" {
                (glyph("undo")) span { "Undo: " (undoable.label) }
            }
        }
    }
}

/// `AM`, `PM`.
pub(super) fn half(session: Session) -> &'static str {
    match session {
        Session::Am => "AM",
        Session::Pm => "PM",
    }
}

/// A field of a form with its label.
pub(super) fn field(name: &str, label: &str, kind: &str, value: &str) -> Markup {
    html! {
        label.field {
            span { (label) }
            input name=(name) type=(kind) value=(value) autocomplete="off";
        }
    }
}

/// A form's button.
pub(super) fn submit(class: &str, words: &str) -> Markup {
    html! { button type="submit" class=(format!("btn {class}")) { (words) } }
}

/// The keys 1 to 9, 0 and delete.
pub(super) fn keys(last: &Markup) -> Markup {
    html! {
        div.keys role="group" aria-label="Keys" {
            @for digit in 1..=9_u8 {
                button.btn.key type="button" data-do=(Action::Digit(digit).encode()) data-shortcut=(digit) { (digit) }
            }
            (last)
            button.btn.key type="button" data-do=(Action::Digit(0).encode()) data-shortcut="0" { "0" }
            button.btn.key type="button" data-do=(Action::Rub.encode()) data-shortcut="backspace" aria-label="Delete the last digit" {
                (glyph("rub"))
            }
        }
    }
}

/// The beacon.
pub(super) fn logo() -> Markup {
    html! {
        span.logo {
            svg viewBox="0 0 22 30" aria-hidden="true" {
                path d="M11 1 20 17H2z" fill="currentColor" {}
                path d="M5.6 12.5h10.8" stroke="var(--surface)" stroke-width="2.4" {}
                path d="M11 17v12M5 29h12" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" {}
            }
            "Daymark"
        }
    }
}

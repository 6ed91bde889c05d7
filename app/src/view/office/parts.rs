//! What several of the office's screens show.

use daymark_core::code::{self, Code};
use daymark_core::entry::{ClockCheck, Entry};
use daymark_core::fold::{DayFold, Standing};
use daymark_core::ids::PupilNumber;
use daymark_core::item::{Item, Statement};
use daymark_core::session::{Cell, Date, Session};
use daymark_core::sign_off::SignOff;
use daymark_sync_protocol::client::Replica;
use maud::{Markup, html};

use super::super::parts::{band, button, chip, clock, day, time_of};
use crate::action::{Action, Screen};
use crate::brain::Open;

/// How a pupil's session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    Blank,
    Two,
    Code(Code),
}

impl Stand {
    pub(super) fn of(fold: &DayFold, cell: &Cell) -> Self {
        match fold.cell(cell).map(|fold| &fold.standing) {
            None | Some(Standing::Blank) => Self::Blank,
            Some(Standing::Disputed { .. }) => Self::Two,
            Some(standing) => standing.code().map_or(Self::Blank, Self::Code),
        }
    }

    /// The class of its shape.
    pub(super) fn band(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::Two => "two",
            Self::Code(code) => band(code).0,
        }
    }

    /// Why nobody knows where the child is; `None` where a mark says it.
    pub(super) fn missing(self) -> Option<&'static str> {
        match self {
            Self::Blank => Some("no mark yet"),
            Self::Two => Some("two different marks"),
            Self::Code(code) if code.unexplained() => Some("reason not known"),
            Self::Code(_) => None,
        }
    }
}

/// The sign-offs of a session, the newest first.
pub(super) fn sign_offs(open: &Open, date: Date, session: Session) -> Vec<Statement<SignOff>> {
    let sheet = Replica::sheet(date, &daymark_core::entry::Duty::Office);
    let Some(document) = open.tablet.replica().document(&sheet) else {
        return Vec::new();
    };
    let mut found: Vec<Statement<SignOff>> = document
        .items_where(|bytes| !Item::is_follow_up(bytes))
        .filter_map(|(_, item)| match item {
            Item::SignOff(statement) if statement.body.session == session => Some(statement),
            _ => None,
        })
        .collect();
    found.sort_by_key(|statement| std::cmp::Reverse(statement.stamp.shown_at()));
    found
}

/// `clock right to 2 s`, `clock 4 min fast, to 2 s`.
pub(super) fn clock_words(check: Option<ClockCheck>) -> String {
    match check {
        None => "clock not compared with the school's yet".to_owned(),
        Some(check) => {
            let doubt = check.doubt_ms.div_ceil(1000).max(1);
            if check.offset_ms.abs() < 1000 {
                format!("clock right to {doubt} s")
            } else {
                format!("clock {}, to {doubt} s", clock(check.offset_ms))
            }
        }
    }
}

/// Who made an entry, on what, when, and how that clock stood.
pub(super) fn made(open: &Open, entry: &Entry) -> Markup {
    html! {
        dl.made {
            dt { "Marked by" } dd { b { (entry.person.name) } ", " (entry.person.position) }
            dt { "On" } dd { (open.device_name(entry.device.0)) ", " (duty(open, entry)) }
            dt { "At" } dd.num { (when(open, entry)) ", " (clock_words(entry.clock)) }
            @if let Some(came) = entry.particulars.arrived_at { dt { "Came at" } dd.num { (came) } }
            @if let Some(visit) = &entry.particulars.visit { dt { "Trip led by" } dd { (visit.supervisor) } }
            @if let Some(nature) = &entry.particulars.nature { dt { "What" } dd { (nature) } }
            @if let Some(reason) = entry.reason_given() { dt { "Why" } dd { (reason) } }
        }
    }
}

/// When an entry was made by its device's clock: the time, with the day where it is another than that of the mark.
pub(super) fn when(open: &Open, entry: &Entry) -> String {
    let local = open.local_of(entry.shown_at());
    let time = time_of(open, entry.shown_at());
    if local.date == entry.cell.date {
        time
    } else {
        format!("{} {time}", day(local.date))
    }
}

/// Under which duty an entry was made, as people say it.
pub(super) fn duty(open: &Open, entry: &Entry) -> String {
    use daymark_core::entry::Duty;
    match &entry.duty {
        Duty::Class(class) => format!("register of {class}"),
        Duty::Gate => "late gate".to_owned(),
        Duty::Office => "office".to_owned(),
        Duty::Trip(trip) => {
            let id = daymark_core::document_id::DocumentId::Trip(*trip);
            let view = open.tablet.replica().trip(&id);
            let title = view.and_then(|view| view.plan().map(|plan| plan.title.clone()));
            title.map_or_else(|| "a trip".to_owned(), |title| format!("trip {title}"))
        }
    }
}

/// What a code is called, without its letter.
pub(super) fn title(code: Code) -> &'static str {
    code::rows_for(code)
        .last()
        .map(|row| row.title)
        .unwrap_or_default()
}

/// A mark as a chip, or that there is none.
pub(super) fn chip_or(code: Option<Code>, none: &str) -> Markup {
    html! { @match code { Some(code) => (chip(code, "s")), None => span.soft { (none) } } }
}

/// The days before and after, and any other.
pub(super) fn days(open: &Open, date: Date, screen: impl Fn(Date) -> Screen) -> Markup {
    html! {
        form.days.noprint data-do=(Action::PickDays.encode()) data-auto {
            @if let Some(before) = date.minus(1) {
                (button(&Action::Turn(screen(before)), "", html! { "‹" span.vh { "The day before" } }))
            }
            label { span.vh { "Day" } input type="date" name="date" value=(date); }
            @if let Some(after) = date.plus(1) {
                (button(&Action::Turn(screen(after)), "", html! { "›" span.vh { "The day after" } }))
            }
            @if date != open.today() { (button(&Action::Turn(screen(open.today())), "quiet", "Today")) }
        }
    }
}

/// Codes to choose from, one tap each: those that may stand there, and that the person may enter.
pub(super) fn codes(open: &Open, date: Date, session: Session) -> Markup {
    let policy = open.tablet.replica().policy();
    let role = daymark_tablet::people::role(open.tablet.replica(), &open.person.id);
    let may = |code: Code| match (policy.on(date), &role) {
        (Some(rules), Ok(role)) => rules.may_enter(*role, code).is_ok(),
        _ => true,
    };
    let fits: Vec<Code> = code::rows()
        .iter()
        .map(|row| row.symbol)
        .filter(|code| code::check(*code, date, session).is_ok() && may(*code))
        .collect();
    html! {
        fieldset.codes {
            legend { "New code" }
            @for name in ["present", "approved", "authorised", "unauth", "nocount"] {
                div.row.wrap {
                    @for code in fits.iter().filter(|code| band(**code).0 == name) {
                        label.pick title=(title(*code)) {
                            input.vh type="radio" name="code" value=(code);
                            (chip(*code, ""))
                        }
                    }
                }
            }
        }
    }
}

/// What some codes need beside them.
pub(super) fn beside(open: &Open, date: Date) -> Markup {
    let trips = open.trips_on(date);
    html! {
        details.more {
            summary.btn.quiet { "Time of arrival, trip or activity" }
            div.stack {
                label.field { span { "Came at (L, U)" } input type="time" name="arrived_at"; }
                label.field { span { "What the activity or cause was (B, K, Y7)" } input type="text" name="nature"; }
                @if !trips.is_empty() {
                    label.field { span { "Which trip (V, P, W)" }
                        select name="trip" {
                            option value="" { "None" }
                            @for (id, view) in &trips {
                                option value=(id) { (view.plan().map(|plan| plan.title.clone()).unwrap_or_default()) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A button that opens a pupil's page.
pub(super) fn pupil_link(open: &Open, pupil: PupilNumber, cell: Option<(Date, Session)>) -> Markup {
    html! {
        button.link type="button" data-do=(Action::Go(Screen::Pupil(pupil, cell)).encode()) { (open.name(pupil)) }
    }
}

/// A count with its word.
pub(super) use daymark_tablet::words::count;

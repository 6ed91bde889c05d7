//! A paper register, keyed in row by row.

use daymark_core::code::{self, Code};
use daymark_core::session::Session;
use maud::html;

use super::super::parts::{day, field, go, half, submit};
use super::Shown;
use super::parts::title;
use crate::action::{Action, Screen};
use crate::brain::Open;
use crate::brain::sheet::{EMPTY, Sheet, asks_beside};

/// The codes that have a big key.
const KEYS: [&str; 9] = ["/", "\\", "L", "N", "V", "P", "I", "M", "U"];

pub(super) fn page(open: &Open) -> Shown {
    let Some(sheet) = &open.office.sheet else {
        return Shown {
            title: "Key in a paper register".to_owned(),
            lead: html! { p { "No sheet is open." } },
            acts: html! { (go(Screen::Exports, "quiet", "Files")) },
            main: html! {},
        };
    };
    let keyed = sheet.rows.iter().filter(|row| row.keyed.is_some()).count();
    Shown {
        title: format!("{} · {} {}", sheet.class, day(sheet.date), half(sheet.session)),
        lead: html! { p { (keyed) " of " (sheet.rows.len()) " rows keyed. Entering them needs the school's server; until then they stay here." } },
        acts: html! { (go(Screen::Exports, "quiet", "Files")) },
        main: html! {
            @if open.may_write() {
                div.cols {
                    section.stack { (row(open, sheet)) (send(open, sheet)) }
                    aside.panel { (list(open, sheet)) }
                }
            } @else { p.note { "The office keys in. This tablet reads." } }
        },
    }
}

fn row(open: &Open, sheet: &Sheet) -> maud::Markup {
    let at = sheet.at;
    let now = sheet.rows.get(at);
    let keyed = now.and_then(|row| row.keyed.as_deref()).unwrap_or_default();
    let fits = |code: &Code| code::check(*code, sheet.date, sheet.session).is_ok();
    let key = |name: &str| {
        html! {
            button type="button" class=(if name == keyed { "btn key on" } else { "btn key" }) aria-pressed=(name == keyed)
                data-do=(Action::KeyRow(name.to_owned()).encode()) data-shortcut=(name.to_lowercase()) { (name) }
        }
    };
    let rest = code::rows().iter().map(|row| row.symbol);
    let rest = rest.filter(|code| fits(code) && !KEYS.contains(&code.as_str()));
    let next = u16::try_from(at + 1).unwrap_or(u16::MAX);
    html! {
        section.card.stack {
            div role="status" { h2 { "Row " span.num { (at + 1) } @if let Some(row) = now { ": " (open.name(row.pupil)) }
                @if !keyed.is_empty() { " · " (if keyed == EMPTY { "empty" } else { keyed }) } } }
            div.row.wrap role="group" aria-label="Code" {
                @for name in KEYS.into_iter().filter(|name| name.parse().is_ok_and(|code| fits(&code))) { (key(name)) }
                button type="button" class=(if keyed == EMPTY { "btn on" } else { "btn" }) aria-pressed=(keyed == EMPTY)
                    data-do=(Action::KeyRow(EMPTY.to_owned()).encode()) data-shortcut="-" { "Empty" }
            }
            details.more { summary.btn.quiet { "More" }
                div.row.wrap { @for code in rest {
                    button.btn type="button" title=(title(code)) data-do=(Action::KeyRow(code.to_string()).encode()) { (code) }
                } } }
            form.row.wrap data-do=(Action::RowAt(next).encode()) {
                @if asks_beside(keyed, sheet.date) {
                    (field("beside", "Time of arrival such as 09:05, or what it was", "text", now.map_or("", |row| &row.beside)))
                }
                button.btn.go type="submit" data-shortcut="enter" { "Next row" }
            }
        }
    }
}

fn send(open: &Open, sheet: &Sheet) -> maud::Markup {
    let trips = open.trips_on(sheet.date);
    html! {
        section.card {
            form.stack data-do=(Action::SendSheet(true).encode()) {
                (field("code", "The code that is printed on the sheet, such as ABCD-EFGH-JKLM", "text", &sheet.code))
                (field("reason", "Why, where it changes marks that stand", "text", ""))
                @if !trips.is_empty() {
                    label.field { span { "Which trip, for V and P" }
                        select name="trip" { option value="" { "None" }
                            @for (id, view) in &trips { option value=(id) { (view.plan().map(|plan| plan.title.clone()).unwrap_or_default()) } } } }
                }
                @if let Some(told) = &sheet.told {
                    ul.plain role="status" { @for line in &told.lines { li { (line) } } }
                }
                div.row.wrap {
                    (submit("", "Check the sheet"))
                    @if sheet.told.as_ref().is_some_and(|told| told.fits) {
                        button.btn.go type="submit" data-do=(Action::SendSheet(false).encode()) { "Enter these marks" }
                    }
                }
            }
        }
    }
}

fn list(open: &Open, sheet: &Sheet) -> maud::Markup {
    html! {
        table.tbl {
            caption.vh { "The rows of the sheet" }
            thead { tr { th scope="col" { "Row" } th scope="col" { "Pupil" } th scope="col" { "Keyed" } } }
            tbody { @for (place, row) in (0_u16..).zip(&sheet.rows) {
                tr { td.num { (place + 1) }
                    th scope="row" { button.link type="button" data-do=(Action::RowAt(place).encode()) { (open.name(row.pupil)) } }
                    td { @match row.keyed.as_deref() { None => span.soft { "not yet" }, Some(EMPTY) => "empty", Some(keyed) => { (keyed) " " (row.beside) } } } }
            } }
        }
    }
}

/// What opens a sheet.
pub(super) fn start(open: &Open, classes: &[String]) -> maud::Markup {
    let today = open.today();
    html! {
        section.card { h2 { "Paper register" } p.soft { "Keys in what was marked on paper. The school's server checks the sheet." }
            form.stack data-do=(Action::OpenSheet.encode()) {
                label.field { span { "Class" } select name="class" { @for class in classes { option value=(class) { (class) } } } }
                (field("date", "The day that was marked", "date", &today.to_string()))
                label.field { span { "Session" } select name="session" { @for session in Session::ALL { option value=(session) { (session) } } } }
                (field("from", "The first day printed on the sheet", "date", &crate::brain::monday(today).to_string()))
                (submit("", "Open the sheet"))
            }
        }
    }
}

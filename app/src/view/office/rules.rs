//! The school's rules in plain words, and where each value comes from.

use daymark_core::code::Code;
use daymark_core::rules::RecordingRules;
use daymark_core::rules::terms::{ClosingMinute, RegisterTimes, SignOffWith};
use daymark_core::session::{Date, Session};
use daymark_sync_protocol::brief::{Brief, BriefCounting};
use maud::{Markup, html};

use super::super::parts::{day, glyph};
use super::Shown;
use super::parts::count;
use crate::brain::Open;

pub(super) fn page(open: &Open) -> Shown {
    let brief = open.tablet.replica().brief();
    Shown {
        title: "The school's rules".to_owned(),
        lead: html! { p { "As the school told this tablet. They are written on the school's server; nobody changes them here." } },
        acts: html! { button.btn type="button" data-print { "Print" } },
        main: html! {
            @match brief {
                None => p.note { (glyph("offline")) "The school has told this tablet nothing yet." },
                Some(brief) => (of(open, brief)),
            }
        },
    }
}

fn of(open: &Open, brief: &Brief) -> Markup {
    let policy = open.tablet.replica().policy();
    html! {
        div.stack {
            section.card {
                h2 { "Two different marks" }
                p { "A person decides, and the child counts as missing meanwhile. Only these two settle by themselves, and the office may reverse each:" }
                ul.plain {
                    li { "R1: N in class and L or U at the gate. The mark of the gate stands. " b { (on(brief.rules.r1)) } }
                    li { "R2: N in class and V or P from a trip whose list names the pupil. The trip's mark stands. " b { (on(brief.rules.r2)) } }
                    @for later in brief.rules.later.iter().flatten() {
                        li { "From " (date(later.from)) ": R1 " b { (on(later.r1)) } ", R2 " b { (on(later.r2)) } }
                    }
                }
            }
            @if policy.sets().is_empty() { section.card { h2 { "Registers" } p { "The school has written no times: no tablet makes L or U of a time by itself." } } }
            @for (from, rules) in policy.sets() { (set(*from, rules)) }
            (calendar(open))
            (explained(open, brief))
        }
    }
}

fn on(is_on: bool) -> &'static str {
    if is_on { "on" } else { "off" }
}

fn date(date: Date) -> String {
    let text = date.to_string();
    format!("{} {}", day(date), text.get(..4).unwrap_or_default())
}

fn set(from: Date, rules: &RecordingRules) -> Markup {
    html! {
        section.card {
            h2 { "Registers, from " (date(from)) }
            @for session in Session::ALL {
                @match rules.times(session) {
                    Some(times) => (times_of(session, times)),
                    None => p { b { (session) } ": the school has not said when the register is taken." },
                }
            }
            p { "Nearer to the closing than " (rules.clock_doubt_seconds) " s no clock decides between L and U: the office is asked." }
            p { @match rules.sign_off {
                SignOffWith::NothingOpen => "A session is signed off only when no decision is open.",
                SignOffWith::OpenDecisionsNamed => "A session may be signed off with open decisions: they are written in it.",
            } }
            @if rules.codes_by_role.is_empty() { p { "Every role may enter every code." } }
            @for (role, codes) in &rules.codes_by_role {
                p { "The role " b { (role) } " may enter " (codes.iter().map(Code::to_string).collect::<Vec<_>>().join(" ")) "." }
            }
        }
    }
}

fn times_of(session: Session, times: &RegisterTimes) -> Markup {
    html! {
        p { b { (session) } ": opens " (times.opens) ", late from " (times.late_from) ", closes " (times.closes)
            @match times.closing_minute { ClosingMinute::Late => ", that minute still L", ClosingMinute::AfterClosing => ", that minute already U" }
            ", ends " (times.ends) "."
            @for (year, ends) in &times.ends_by_year { " Year " (year) " ends " (ends) "." } }
    }
}

fn calendar(open: &Open) -> Markup {
    let policy = open.tablet.replica().policy();
    html! {
        section.card {
            h2 { "Calendar" }
            @match policy.calendar() {
                None => p { "The school has written no calendar." },
                Some(calendar) => {
                    ul.plain {
                        @for term in &calendar.parts().terms { li { (term.name) ": " (date(term.first)) " to " (date(term.last)) } }
                        @for off in &calendar.parts().off { li { "Closed: " (off.name) @if !off.name.is_empty() { ", " } (date(off.first)) @if off.last != off.first { " to " (date(off.last)) } } }
                    }
                }
            }
        }
    }
}

/// Every value that counts absence, with where it was said.
fn explained(open: &Open, brief: &Brief) -> Markup {
    let book = brief.counting.as_ref().map(BriefCounting::rules);
    html! {
        @match book {
            None => {},
            Some(Err(why)) => p.note { (glyph("refused")) "This app is too old to read all of the rules: " (why) },
            Some(Ok(book)) => {
                @let values = book.explain(open.today());
                details.card.more {
                    summary { h2 { "Every value today, and where it comes from (" (count(values.len(), "value")) ")" } }
                    p.soft { "In force since " (date(book.in_force_from(open.today()))) "." }
                    div.scroll { table.tbl.small {
                        thead { tr { th scope="col" { "What" } th scope="col" { "Value" } th scope="col" { "Where it comes from" } } }
                        tbody { @for value in values {
                            tr { th scope="row" { (plain(&value.key)) } td { (if value.value == "false" { "none" } else { value.value.trim_matches('"') }) } td { (value.origin) } }
                        } }
                    } }
                }
            }
        }
    }
}

/// `am.closes` as people read it: `AM closes`.
fn plain(key: &str) -> String {
    let text = key.replace(['_', '.'], " ");
    match text.split_once(' ') {
        Some(("am", rest)) => format!("AM {rest}"),
        Some(("pm", rest)) => format!("PM {rest}"),
        _ => text,
    }
}

//! Sent to school: what is still here, and what the school could not take.

use daymark_tablet::pending;
use daymark_tablet::words as say;
use maud::{Markup, html};

use super::parts::{button, clock, day, glyph, go, header, moment_of, problem};
use crate::action::{Action, Screen};
use crate::brain::{App, Open, Signal};

/// A text whose dates are as people write them: `Tue 14 Oct` for `2025-10-14`.
fn dated(text: &str) -> String {
    let word = |word: &str| word.parse().map_or_else(|_| word.to_owned(), day);
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// What waits, with the pupil's name in place of the number.
fn named(open: &Open, what: &[String]) -> String {
    let one = |text: &String| {
        let number = text.strip_prefix("pupil ").and_then(|rest| rest.split_once(' '));
        match number.and_then(|(number, rest)| Some((number.parse().ok()?, rest))) {
            Some((pupil, rest)) => format!("{} {}", open.name(pupil), dated(rest)),
            None => dated(text),
        }
    };
    what.iter().map(one).collect::<Vec<_>>().join("; ")
}

pub(super) fn page(app: &App, open: &Open) -> Markup {
    let waiting = open.waiting();
    let count = waiting.marks + waiting.others;
    let items = pending::pending(open.tablet.replica());
    let refused: Vec<_> = items.iter().filter(|item| item.state == "refused").collect();
    let contact = open.tablet.replica().contact();
    html! {
        (header(app, open, "Sent to school", ""))
        main.sheet {
            (problem(open.problem.as_deref()))
            section.card {
                @match (&app.link.signal, count) {
                    (Signal::None, _) => h2 { "No signal. That is fine." },
                    (Signal::Trouble(why), _) => { h2 { "The school was not reached" } p { (why) } },
                    (_, 0) => h2 { (glyph("tick")) "School has all" },
                    _ => h2 { "On the way" },
                }
                @if count == 0 { p { "Nothing waits on this tablet." } }
                @else { p { b { (say::records_are(waiting)) } " saved on this tablet." } }
                @if let Some(contact) = contact {
                    p.soft { "School last answered " (moment_of(open, open.tablet.school_seconds(daymark_tablet::Moment::from_unix_ms(contact.at_ms))))
                        ". Clock " (clock(contact.clock.offset_ms)) "." }
                } @else {
                    p.soft { "The school has not answered this tablet yet." }
                }
                @if !app.is_kept { p.soft { (glyph("two")) "This browser has not promised to keep what is saved. Put Daymark on the home screen, and send today." } }
            }
            @for doubt in app.link.outcome.iter().flat_map(|outcome| outcome.doubt.iter().chain(outcome.store_copied.iter())) {
                p.note.fail role="alert" { (glyph("refused")) (doubt) }
            }
            @if !refused.is_empty() {
                section.card {
                    h2 { "School could not take" }
                    @for item in &refused {
                        div.note { (glyph("refused")) span { b { (named(open, &item.what)) } br; (item.words) br;
                            span.soft { "It is kept here. Tell the office; it is offered again when the duty changes." } } }
                    }
                }
            }
            @if count > refused.len() {
                section.card {
                    h2 { "Here now" }
                    ul.lines {
                        @for item in items.iter().filter(|item| item.state != "refused").take(60) {
                            li { (glyph(if item.state == "waits" { "after" } else { "saved" }))
                                span.grow { (named(open, &item.what)) @if item.carried { " (of another tablet)" } }
                                span.soft { (item.words) } }
                        }
                    }
                }
            }
        }
        footer.bar {
            (go(Screen::HandOver, "grow", "Hand over by code"))
            (go(Screen::TakeOver, "grow", "Take over"))
            (button(&Action::TryNow, "go", "Try now"))
        }
    }
}

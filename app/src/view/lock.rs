//! The lock, and the cover.

use maud::{Markup, html};

use super::parts::{button, field, glyph, keys, logo, problem, submit};
use crate::action::Action;
use crate::brain::{App, Lock};

pub(super) fn page(app: &App, lock: &Lock) -> Markup {
    let who = lock.who.as_ref().and_then(|who| app.door.person(who));
    html! {
        main.narrow.lock {
            (logo())
            @if lock.is_recovery {
                h1 tabindex="-1" { "Open with the office's code" }
                (problem(lock.problem.as_deref()))
                form.stack data-do=(Action::Recover.encode()) {
                    (field("code", "Recovery code", "text", ""))
                    (field("who", "Staff id of who gets a new PIN", "text", ""))
                    (field("pin", "New PIN", "password", ""))
                    (submit("go wide", "Open"))
                }
                (button(&Action::NotMe, "quiet", "Back"))
            } @else if lock.is_cover {
                h1 tabindex="-1" { "Covered" }
                p { "Unlock with your PIN." }
                (pad(lock))
                (button(&Action::NotMe, "quiet", "Somebody else"))
            } @else if let Some(who) = who {
                h1 tabindex="-1" { (who.name) }
                p.soft { @if who.position.is_empty() { "PIN" } @else { (who.position) } }
                (pad(lock))
                div.row {
                    (button(&Action::NotMe, "quiet", "Somebody else"))
                    (button(&Action::Recover, "quiet", "No PIN works"))
                }
            } @else {
                h1 tabindex="-1" { "Who is it?" }
                @if app.door.people.is_empty() {
                    p.note { (glyph("lock")) "The names on this tablet cannot be read. Open it with the office's recovery code." }
                }
                ul.people {
                    @for known in &app.door.people {
                        li { button.btn.wide type="button" data-do=(Action::Who(known.id.clone()).encode()) {
                            span { b { (known.name) } br; span.soft.small { (known.position) } }
                        } }
                    }
                }
                (button(&Action::Recover, "quiet", "No PIN works"))
            }
            p.soft.small { (app.door.tablet) @if !app.door.school.is_empty() && !lock.is_cover { " · " (app.door.school) } }
        }
    }
}

fn pad(lock: &Lock) -> Markup {
    let typed = lock.typed.len();
    html! {
        (problem(lock.problem.as_deref()))
        p.dots role="status" {
            span.vh { (typed) " digits" }
            @for _ in 0..typed { span.dot aria-hidden="true" {} }
            @if lock.trying.is_some() { span { "Unlocking" } }
        }
        (keys(&html! {
            button.btn.key.go type="button" data-do=(Action::Unlock.encode()) data-shortcut="enter" { "Unlock" }
        }))
        details.words {
            summary { "My PIN has letters" }
            form.stack data-do=(Action::Unlock.encode()) {
                (field("pin", "PIN", "password", ""))
                (submit("go wide", "Unlock"))
            }
        }
    }
}

pub(super) fn stopped(why: &str) -> Markup {
    html! {
        main.narrow {
            (logo())
            h1 tabindex="-1" { "Daymark has stopped on this tablet" }
            div.note.fail role="alert" { (glyph("refused")) p { (why) } }
            p { "Everything that was saved is still here, sealed. Do not clear this browser's data." }
        }
    }
}

//! Joining a school.

use maud::{Markup, html};

use super::parts::{button, field, glyph, logo, problem, submit};
use crate::action::Action;
use crate::brain::{App, Joining, Open};

pub(super) fn page(app: &App, joining: &Joining) -> Markup {
    let is_asking = joining.asked.is_some();
    html! {
        main.narrow {
            (logo())
            h1 tabindex="-1" { "Join a school" }
            @if joining.was_wiped {
                div.note.loud role="alert" {
                    (glyph("two"))
                    div {
                        p { b { "This browser's store is gone." } }
                        p { "Marks that had not reached the school were on it. Tell the office which tablet this is: the school knows how many it still expects." }
                    }
                }
            }
            (problem(joining.problem.as_deref()))
            @if is_asking {
                p.note role="status" { (glyph("sending")) "Asking the school." }
            } @else {
                form.stack data-do=(Action::Join.encode()) {
                    @if joining.invitation.is_some() {
                        p.note { (glyph("tick")) "The invitation came with the link." }
                    } @else {
                        (field("invitation", "Invitation from the office", "text", ""))
                    }
                    (field("who", "Your staff id, such as a-shah", "text", ""))
                    p.soft.small { "Your PIN locks what this tablet holds. Choose at least four digits; six are better." }
                    (field("pin", "PIN", "password", ""))
                    (field("again", "The same PIN again", "password", ""))
                    (submit("go wide", "Join"))
                }
            }
            p.soft.small { "School server: " (app.server) }
            @if !app.is_kept {
                p.soft.small { "Put Daymark on the home screen first: a browser may delete what a mere tab has saved." }
            }
        }
    }
}

/// The recovery code, shown once, with the code that the office compares.
pub(super) fn recovery(open: &Open, code: &str) -> Markup {
    html! {
        main.narrow {
            (logo())
            h1 tabindex="-1" { "Two things for the office" }
            @if let Some(matching) = &open.matching {
                section.card {
                    h2 { "1. Show this code" }
                    p.code { (matching) }
                    p.soft { "The office sees the same one, and confirms this tablet by it." }
                }
            }
            section.card {
                h2 { "2. Recovery code" }
                p.code.small-code { (code) }
                p.soft { "It is shown this once. The office writes it down and keeps it away from the tablet: it opens the tablet when every PIN is forgotten." }
            }
            (button(&Action::CodeKept, "go wide", "It is written down"))
        }
    }
}

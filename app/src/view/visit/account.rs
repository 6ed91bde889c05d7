//! Accounts: each visitor writes alone; afterwards both read both.

use maud::{Markup, html};

use super::super::parts::{button, field, glyph, header, problem, submit};
use super::{bar, child};
use crate::action::Action;
use crate::brain::{Account, App, Open, Visit};

pub(super) fn page(app: &App, open: &Open, visit: &Visit) -> Markup {
    let accounts = open.accounts(visit);
    let own = accounts.iter().find(|account| account.is_own);
    let is_all_written = accounts.iter().all(|account| account.is_written);
    let under = format!("Home visit to {}", child(open, visit));
    html! {
        (header(app, open, if own.is_some() { "My account" } else { "Accounts" }, &under))
        main.sheet.visits {
            (problem(open.problem.as_deref()))
            @if let (Some(own), Some(draft)) = (own, open.draft(visit)) {
                (write(visit, own, &draft))
            } @else {
                p.note { (glyph("lock")) "The visitors alone write accounts: " b { (open.person.name) } " did not go along." }
            }
            @for account in accounts.iter().filter(|account| !account.is_own) { (other(account)) }
            @if is_all_written && accounts.len() > 1 { (read_both(open, visit, own)) }
        }
        (bar(html! {
            (button(&Action::Lock, "grow", "Lock for the other visitor"))
            (button(&Action::Back, "grow", "Back to the visit"))
        }))
    }
}

fn write(visit: &Visit, own: &Account, draft: &[String; 2]) -> Markup {
    let [facts, opinion] = draft;
    html! {
        form.card.stack data-do=(Action::TypeAccount(visit.id).encode()) data-live="account" {
            label.field { span { "Facts: what you saw and heard" } textarea name="facts" rows="6" { (facts) } }
            label.field { span { "Opinion: what you make of it" } textarea name="opinion" rows="4" { (opinion) } }
            p.soft { @if own.is_written { (glyph("tick")) "Written. You can add to it." } @else { "Nobody else sees it before they have written their own." } }
            button.btn.go.wide type="submit" data-do=(Action::WriteAccount(visit.id).encode()) { "Save my account" }
        }
    }
}

fn other(account: &Account) -> Markup {
    html! {
        section.card {
            h2 { "Account of " (account.visitor.name) }
            @match &account.texts {
                None => p { (glyph("lock")) "Shown once you have written your own." },
                Some([facts, opinion]) if facts.is_empty() && opinion.is_empty() => p.soft { "Not written yet." },
                Some([facts, opinion]) => {
                    h3 { "Facts" } p.told { (facts) }
                    h3 { "Opinion" } p.told { (opinion) }
                },
            }
        }
    }
}

fn read_both(open: &Open, visit: &Visit, own: Option<&Account>) -> Markup {
    let read = visit.read();
    let has_read = read.iter().any(|(person, _)| person.id == open.person.id);
    html! {
        section.card {
            h2 { "Both accounts are read" }
            @for (person, said) in &read {
                p { (glyph(if said.agrees { "tick" } else { "two" })) b { (person.name) }
                    @match &said.note { Some(note) => { " saw it differently: " (note) }, None => " agrees" } }
            }
            @if own.is_some() && !has_read {
                (button(&Action::Agree(visit.id, true), "wide", "I agree"))
                details.why {
                    summary.btn { "I saw it differently" }
                    form.stack data-do=(Action::Agree(visit.id, false).encode()) {
                        (field("note", "In what", "text", ""))
                        (submit("", "Save the difference"))
                    }
                }
            }
        }
    }
}

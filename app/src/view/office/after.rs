//! What arrived after sign-off: each is accepted or declined. The register moves by neither before.

use daymark_core::fold::ProposalKind;
use daymark_core::session::{Cell, Date, Session};
use daymark_tablet::words as say;
use maud::{Markup, html};

use super::super::parts::{button, chip, day, field, glyph, submit, time_of};
use super::Shown;
use super::parts::{chip_or, days, made, pupil_link, sign_offs};
use crate::action::{Action, Screen};
use crate::brain::Open;

/// Why something is declined, most often.
const DECLINES: [&str; 3] = ["Wrong pupil", "Made by mistake", "The office knows better"];

pub(super) fn page(open: &Open, date: Date) -> Shown {
    let fold = open.tablet.replica().day(date);
    let waiting: Vec<_> = fold
        .cells()
        .flat_map(|(cell, folded)| folded.proposals.iter().map(move |one| (*cell, folded, one)))
        .collect();
    let differs = waiting
        .iter()
        .filter(|(_, _, one)| one.kind == ProposalKind::Differs)
        .count();
    let title = match (waiting.len(), differs) {
        (0, _) => format!("Nothing has arrived after sign-off for {}.", day(date)),
        (_, 0) => "All that arrived after sign-off says the same.".to_owned(),
        (_, 1) => format!("{}: 1 mark says otherwise.", say::AFTER_SIGN_OFF),
        (_, differs) => format!("{}: {differs} marks say otherwise.", say::AFTER_SIGN_OFF),
    };
    Shown {
        title,
        lead: html! {
            @for session in Session::ALL {
                @if let Some(signed) = sign_offs(open, date, session).first() {
                    p { (glyph("lock")) (session) ": Signed off " (time_of(open, signed.stamp.shown_at())) " by " (signed.stamp.person) }
                }
            }
            p { "The register does not move by itself." }
        },
        acts: days(open, date, Screen::AfterSignOff),
        main: html! {
            @if waiting.is_empty() { p.empty { "A mark that comes in after sign-off appears here, to accept or decline." } }
            @for (cell, folded, one) in &waiting {
                @if let Some(entry) = fold.entry(&one.entry) {
                    section.card.late {
                        div.row.wrap {
                            h2 { (pupil_link(open, cell.pupil, Some((cell.date, cell.session)))) " · " (day(cell.date)) " " (cell.session) }
                            span.tag { (glyph("after")) (say::AFTER_SIGN_OFF) }
                        }
                        div.row.wrap {
                            span.pair { "The register says " (chip_or(folded.code(), say::BLANK)) }
                            span.pair { "this says " (chip_or(entry.code, "mark taken back")) }
                        }
                        (made(open, entry))
                        @match one.kind {
                            ProposalKind::Confirms => p { (glyph("tick")) "It says the same. It is kept beside the mark that stands, and nothing is to be done." },
                            ProposalKind::Differs => (acts(open, *cell, entry.code, folded.code())),
                        }
                    }
                }
            }
        },
    }
}

fn acts(
    open: &Open,
    cell: Cell,
    says: Option<daymark_core::code::Code>,
    stands: Option<daymark_core::code::Code>,
) -> Markup {
    let Cell { date, session, pupil } = cell;
    html! {
        @if open.may_write() {
            div.row.wrap.top-align {
                @if let Some(code) = says {
                    (button(&Action::Accept(date, session, pupil, code), "", html! { "Accept " (code) }))
                }
                @if let Some(stands) = stands {
                    details.more {
                        summary.btn { "Decline, " (stands) " stays" }
                        form.stack data-do=(Action::Decline(date, session, pupil).encode()) {
                            div.chips role="group" aria-label="Why it is declined" {
                                @for why in DECLINES {
                                    button.btn type="submit" name="reason" value=(why) { (why) }
                                }
                            }
                            (field("other", "Another reason, in words", "text", ""))
                            (submit("", "Decline for this reason"))
                        }
                    }
                } @else {
                    p.soft { "Two marks or none stand there. To say otherwise, amend it on the pupil's page." }
                }
                @if let Some(code) = says { span.vh { (chip(code, "s")) } }
            }
        }
    }
}

//! Signing off a session: exactly what is missing, and then the one button.

use daymark_core::rules::terms::SignOffWith;
use daymark_core::session::{Cell, Date, Session};
use daymark_tablet::decisions::{Kind, cases};
use maud::{Markup, html};

use super::super::parts::{button, day, glyph, go, half, time_of};
use super::parts::{Stand, count, pupil_link, sign_offs};
use super::{Shown, devices};
use crate::action::{Action, Screen};
use crate::brain::Open;

pub(super) fn page(open: &Open, date: Date, session: Session) -> Shown {
    let replica = open.tablet.replica();
    let fold = replica.day(date);
    let on_roll = open.on_roll(date);
    let blank: Vec<_> = on_roll
        .iter()
        .filter(|pupil| {
            let cell = Cell {
                date,
                session,
                pupil: pupil.number,
            };
            Stand::of(&fold, &cell) == Stand::Blank
        })
        .collect();
    let all = cases(replica, date);
    let of = |kind: Kind| -> Vec<_> {
        all.iter()
            .filter(|case| case.session == session && case.kind == kind)
            .collect()
    };
    let (disputed, questions, late) = (of(Kind::Decision), of(Kind::Question), of(Kind::AfterSignOff));
    let missing = blank.len() + disputed.len() + questions.len() + late.len();
    let policy = replica.policy();
    let wants_all = policy
        .on(date)
        .is_some_and(|rules| rules.sign_off == SignOffWith::NothingOpen);
    let is_open = disputed.len() + questions.len() + late.len() > 0;
    let title = if missing == 0 {
        format!("Nothing is missing: {} {}.", day(date), half(session))
    } else {
        format!("What is missing: {} {}.", day(date), half(session))
    };
    Shown {
        title,
        lead: html! { p { "Sign-off is allowed with gaps. They are written in it, under your name. What comes in later is shown as arrived after sign-off." } },
        acts: html! {},
        main: html! {
            @if let Some(signed) = sign_offs(open, date, session).first() {
                p.note { (glyph("lock")) "Signed off " (time_of(open, signed.stamp.shown_at())) " by " (signed.stamp.person) ", with "
                    (signed.body.unmarked.len()) " without a mark and " (signed.body.disputed.len()) " with two different marks. Signing again says how it stands now." }
            }
            div.stack {
                section.card {
                    h2 { (count(blank.len(), "pupil")) " without a mark" }
                    @if blank.is_empty() { p { (glyph("tick")) "Everybody on roll has a mark." } }
                    ul.names { @for pupil in &blank { li { (pupil_link(open, pupil.number, Some((date, session)))) span.soft { " " (pupil.class) } } } }
                }
                section.card {
                    h2 { (count(disputed.len(), "pupil")) " with two different marks" }
                    @if disputed.is_empty() { p { (glyph("tick")) "No decision is owed." } }
                    ul.names { @for case in &disputed { li { (glyph("two")) (open.name(case.pupil)) span.soft { " " (case.words) } } } }
                    @if !disputed.is_empty() { (go(Screen::Decisions(date), "", "Decide now")) }
                }
                @if !questions.is_empty() || !late.is_empty() {
                    section.card {
                        h2 { "Open questions" }
                        ul.names { @for case in questions.iter().chain(&late) { li { (open.name(case.pupil)) span.soft { " " (case.words) } } } }
                    }
                }
                (expected(open))
            }
            @if open.may_write() {
                div.end {
                    p.grow.soft { "Signed by " b { (open.person.name) } ", " (open.person.position) "." }
                    (button(&Action::Back, "quiet", "Not now"))
                    @if wants_all && is_open {
                        button.btn.lacks type="button" aria-disabled="true" { "The school's rules want nothing open" }
                    } @else {
                        (button(&Action::SignOff(date, session), "go", html! { "Sign off " (day(date)) " " (half(session)) @if missing > 0 { " with " (count(missing, "gap")) } }))
                    }
                }
            }
        },
    }
}

/// What the devices said that they still hold.
fn expected(open: &Open) -> Markup {
    html! {
        section.card {
            h2 { "Still expected" }
            @match &open.remote.devices {
                None => p.soft { "The school's server was not asked for its devices on this tablet." },
                Some((told_ms, shown)) => {
                    @let out: Vec<_> = shown.iter().filter(|device| devices::is_out(device)).collect();
                    @if out.is_empty() { p { (glyph("tick")) "No device said that it still holds something." } }
                    ul.names { @for device in out { li { b { (device.name) } ": " (count(device.still_holds as usize, "record")) ", " (devices::heard(open, device)) } } }
                    p.small.soft { "Told at " (time_of(open, told_ms.div_euclid(1000))) "." }
                }
            }
        }
    }
}

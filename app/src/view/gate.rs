//! The late gate. It does not scroll: what a thumb needs is in the lower part.

use std::collections::BTreeMap;

use daymark_core::entry::TimeOfDay;
use daymark_core::ids::{ClassName, PupilNumber};
use daymark_sync_protocol::brief::BriefPupil;
use maud::{Markup, html};

use super::parts::{button, chip, clock, field, glyph, go, header, pill, problem, time, undo};
use crate::action::{Action, Screen};
use crate::brain::{App, Arrival, Open, REASONS};

/// Arrivals that stand as text; the rest are counted.
const SHOWN_MAX: usize = 4;

fn pupils(open: &Open) -> &[BriefPupil] {
    open.tablet
        .replica()
        .brief()
        .map(|brief| brief.pupils.as_slice())
        .unwrap_or_default()
}

fn by_class(open: &Open) -> BTreeMap<&ClassName, Vec<&BriefPupil>> {
    let mut classes: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for pupil in pupils(open) {
        classes.entry(&pupil.class).or_default().push(pupil);
    }
    for list in classes.values_mut() {
        list.sort_by(|a, b| a.name.cmp(&b.name));
    }
    classes
}

/// What a tap on a name does: names a kept time, or stamps the one that it is.
fn tap(open: &Open, pupil: PupilNumber) -> Action {
    if open.gate.times.is_empty() {
        Action::Arrived(pupil)
    } else {
        Action::Name(pupil)
    }
}

pub(super) fn page(app: &App, open: &Open, class: Option<&ClassName>) -> Markup {
    let arrivals = open.arrivals();
    let classes = by_class(open);
    html! {
        header.head.gatehead {
            button.back type="button" data-do=(Action::Back.encode()) aria-label="Back" { (glyph("back")) }
            h1.grow tabindex="-1" { "Late gate" }
            (go(Screen::GateFind, "", "Find"))
            (pill(app, open))
        }
        main.split.gate {
            div.informs {
                (now(open))
                (problem(open.problem.as_deref()))
                (recent(open, &arrivals))
            }
            div.acts {
                @if let Some(kept) = open.gate.times.first() {
                    p.note.loud role="status" { (glyph("after")) span { b { "Who came at " (time(kept.at)) "?" }
                        " " (daymark_tablet::words::count(open.gate.times.len(), "time")) " without a name." } }
                }
                @match class.and_then(|class| classes.get_key_value(class)) {
                    None => {
                        div.tiles.classes role="group" aria-label="Classes" {
                            @for (class, list) in &classes {
                                button.btn.tile type="button" aria-label=(format!("Class {class}, {} pupils", list.len()))
                                    data-do=(Action::Turn(Screen::Gate(Some((*class).clone()))).encode()) { (class) }
                            }
                        }
                        @if classes.is_empty() { p.empty { "Classes and names come from the office with the next signal." } }
                    },
                    Some((class, list)) => {
                        div.row.classline {
                            h2.grow { "Class " (class) }
                            (button(&Action::Turn(Screen::Gate(None)), "tall", html! { (glyph("back")) "Classes" }))
                        }
                        div.tiles.names role="group" aria-label=(format!("Class {class}")) {
                            @for pupil in list { (tile(open, &arrivals, pupil)) }
                        }
                    },
                }
            }
        }
        footer.bar {
            (undo(open))
            (button(&Action::JustTime, "grow", html! { "Just time" @if !open.gate.times.is_empty() { " · " (open.gate.times.len()) } }))
            p.tally { b { (arrivals.len()) } " today · L " (arrivals.iter().filter(|one| one.code.as_str() == "L").count())
                " · U " (arrivals.iter().filter(|one| one.code.as_str() == "U").count()) }
        }
    }
}

fn tile(open: &Open, arrivals: &[Arrival], pupil: &BriefPupil) -> Markup {
    let came = arrivals.iter().find(|one| one.pupil == pupil.number);
    html! {
        @match came {
            Some(came) => button.btn.tile.name.done type="button" aria-label=(format!("{} {}: came already, reason", pupil.name, came.code))
                data-do=(Action::Go(Screen::GateReason(pupil.number)).encode()) { span.grow { (pupil.name) " " } (chip(came.code, "s")) },
            None => button.btn.tile.name type="button" data-do=(tap(open, pupil.number).encode()) { (pupil.name) },
        }
    }
}

/// The clock, the code in force, and how long until it changes.
fn now(open: &Open) -> Markup {
    let local = open.local();
    let known = open.tablet.replica().clock();
    let times = open.times_now();
    html! {
        div.clockface {
            p.big.num role="timer" aria-live="off" { (time(local.time)) }
            div.facts {
                @match open.lateness_now() {
                    Ok(lateness) => {
                        p.row { (chip(lateness.mark.code, "l"))
                            span { b { (daymark_tablet::words::late(lateness.minutes_late)) }
                                @if lateness.arrival.in_doubt() { br; "within clock doubt: the office is asked" } } }
                    },
                    Err(why) => p.soft { (why) },
                }
                @if let Some(times) = &times {
                    p { "Register closes " b { (time(times.closes)) } "." }
                }
                p.soft.small { @match known {
                    Some(check) => { "Clock " (clock(check.offset_ms)) " by the school's; the time shown is the school's." },
                    None => "Clock not checked yet.",
                } }
            }
        }
        @if let Some(times) = &times { (needle(times.late_from, times.closes, local.time)) }
    }
}

/// How far the time for `L` has run: a bar, said in words beside it.
fn needle(from: TimeOfDay, to: TimeOfDay, now: TimeOfDay) -> Markup {
    let span = to.seconds().saturating_sub(from.seconds()).max(1);
    let gone = now.seconds().saturating_sub(from.seconds()).min(span);
    let minutes = to.seconds().saturating_sub(now.seconds()) / 60;
    let words = if now.seconds() < from.seconds() {
        format!("L from {}, U from {}", time(from), time(to))
    } else if now.seconds() < to.seconds() {
        format!(
            "L now, U in {}",
            daymark_tablet::words::count(minutes as usize + 1, "minute")
        )
    } else {
        "U now".to_owned()
    };
    html! {
        div.needle {
            progress max=(span) value=(gone) aria-label="Time until the register closes" {}
            p { (words) }
        }
    }
}

/// Brothers and sisters of who came last, who have not come yet: one tap each.
fn siblings<'a>(open: &'a Open, arrivals: &[Arrival]) -> Vec<&'a BriefPupil> {
    let last = open.gate.latest.first();
    let family = last.and_then(|last| pupils(open).iter().find(|pupil| pupil.number == *last)?.family);
    let same = |pupil: &&BriefPupil| family.is_some() && pupil.family == family;
    let came = |pupil: &&BriefPupil| arrivals.iter().any(|one| one.pupil == pupil.number);
    pupils(open)
        .iter()
        .filter(same)
        .filter(|pupil| !came(pupil))
        .collect()
}

fn recent(open: &Open, arrivals: &[Arrival]) -> Markup {
    let siblings = siblings(open, arrivals);
    html! {
        @if !siblings.is_empty() {
            div.tiles.names role="group" aria-label="Brothers and sisters" {
                @for sibling in &siblings {
                    button.btn.tile.name type="button" data-do=(tap(open, sibling.number).encode()) aria-label=(format!("{}, too", sibling.name)) {
                        (sibling.name) ", " (sibling.class) " too"
                    }
                }
            }
        }
        @if !arrivals.is_empty() {
            ul.recent aria-label="Came late" {
                @for (place, one) in arrivals.iter().take(SHOWN_MAX).enumerate() {
                    li.row {
                        (chip(one.code, "s"))
                        span.grow { b { (one.name) } " "
                            @if let Some(at) = one.at { (time(at)) } @if let Some(minutes) = one.minutes { " · " (minutes) " min" }
                            @if let Some(reason) = &one.reason { " · " (reason) } }
                        @if place > 0 || one.reason.is_some() { (go(Screen::GateReason(one.pupil), "", "Reason")) }
                    }
                    @if place == 0 && one.reason.is_none() { li { (why(one.pupil)) } }
                }
            }
        }
        @if arrivals.len() > SHOWN_MAX { p.soft { "and " (arrivals.len() - SHOWN_MAX) " more" } }
        @if arrivals.is_empty() { p.soft { "Nobody late yet. " (pupils(open).len()) " pupils on the lists." } }
    }
}

/// The reasons of who came last, one tap each.
fn why(pupil: PupilNumber) -> Markup {
    html! {
        div.chips role="group" aria-label="Why late?" {
            @for reason in REASONS { (button(&Action::Reason(pupil, reason.to_owned()), "", reason)) }
        }
    }
}

pub(super) fn find(app: &App, open: &Open) -> Markup {
    let text = open.search.to_lowercase();
    let found: Vec<&BriefPupil> = pupils(open)
        .iter()
        .filter(|pupil| !text.is_empty() && pupil.name.to_lowercase().contains(&text))
        .take(12)
        .collect();
    let arrivals = open.arrivals();
    html! {
        (header(app, open, "Find a pupil", "Late gate"))
        main.sheet {
            (problem(open.problem.as_deref()))
            form data-do=(Action::Search.encode()) data-live="text" { (field("text", "A part of the name", "search", &open.search)) }
            div.tiles.names role="group" aria-label="Found" {
                @for pupil in &found { (tile(open, &arrivals, pupil)) }
            }
            @if found.is_empty() && !text.is_empty() { p.empty { "Nobody of that name is on this tablet." } }
        }
        footer.bar { (undo(open)) }
    }
}

pub(super) fn reason(app: &App, open: &Open, pupil: PupilNumber) -> Markup {
    let arrivals = open.arrivals();
    let arrival = arrivals.iter().find(|one| one.pupil == pupil);
    html! {
        (header(app, open, &open.name(pupil), "Why late?"))
        main.sheet {
            (problem(open.problem.as_deref()))
            @if let Some(one) = arrival {
                p.row { (chip(one.code, "l")) span { @if let Some(at) = one.at { "Came at " (time(at)) } } }
            }
            div.tiles role="group" aria-label="Reason" {
                @for reason in REASONS {
                    (button(&Action::Reason(pupil, reason.to_owned()), "tile", reason))
                }
            }
        }
        footer.bar { (undo(open)) }
    }
}

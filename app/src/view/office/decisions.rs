//! What the office decides: two different marks, questions, and what a rule settled.

use daymark_core::code::Code;
use daymark_core::fold::DayFold;
use daymark_core::session::Date;
use daymark_tablet::decisions::{Case, Kind, cases};
use daymark_tablet::words as say;
use maud::{Markup, html};

use super::super::parts::{band, button, chip, day, field, glyph, submit};
use super::Shown;
use super::parts::{beside, codes, count, days, made, pupil_link, title};
use crate::action::{Action, Screen};
use crate::brain::{At, Open, WHYS};

/// Whether a person must decide here. What arrived after sign-off has a screen of its own.
pub(super) fn is_owed(kind: Kind) -> bool {
    matches!(kind, Kind::Decision | Kind::Question)
}

fn at(case: &Case) -> At {
    (case.date, case.session, case.pupil)
}

pub(super) fn page(open: &Open, date: Date) -> Shown {
    let all = cases(open.tablet.replica(), date);
    let mut owed: Vec<&Case> = all.iter().filter(|case| is_owed(case.kind)).collect();
    owed.sort_by_key(|case| open.office.later.contains(&at(case)));
    let settled: Vec<&Case> = all
        .iter()
        .filter(|case| case.kind == Kind::SettledByRule)
        .collect();
    let focus = open.office.focus;
    let focused = all
        .iter()
        .find(|case| Some(at(case)) == focus && (is_owed(case.kind) || case.kind == Kind::SettledByRule));
    let up = focused.or(owed.first().copied());
    let heading = match (up, owed.len()) {
        (Some(case), _) if !case.name.is_empty() => case.name.clone(),
        (Some(case), _) => open.name(case.pupil),
        (None, _) => format!("No decisions for {}.", day(date)),
    };
    let place = up.and_then(|case| owed.iter().position(|one| at(one) == at(case)));
    let fold = open.tablet.replica().day(date);
    Shown {
        title: heading,
        lead: html! {
            @if let Some(case) = up {
                p { @if let Some(place) = place { "Decision " (place + 1) " of " (owed.len()) " · " }
                    @else { "Settled by rule, and may be reversed · " }
                    (class_of(open, case)) (day(date)) " " (case.session) }
            } @else { p { "New ones appear here." } }
        },
        acts: html! {
            @if let Some(case) = up.filter(|case| case.kind == Kind::Decision) {
                span.tag.loud { (glyph("two")) (case.words) }
                span.tag.ink { "Counted as missing meanwhile" }
            }
            (days(open, date, Screen::Decisions))
        },
        main: html! {
            @if let Some(case) = up { (card(open, &fold, case)) }
            (others(open, &owed, up))
            (by_rule(open, &settled, up))
        },
    }
}

fn class_of(open: &Open, case: &Case) -> String {
    let brief = open.tablet.replica().brief();
    let mut pupils = brief.into_iter().flat_map(|brief| &brief.pupils);
    let known = pupils.find(|pupil| pupil.number == case.pupil);
    known
        .map(|pupil| format!("{} · ", pupil.class))
        .unwrap_or_default()
}

/// The codes that a case offers, in the order of its marks: no order of worth.
fn offered(case: &Case) -> Vec<Code> {
    let mut codes: Vec<Code> = Vec::new();
    for mark in &case.marks {
        if let Some(code) = mark.code.as_deref().and_then(|code| code.parse().ok())
            && !codes.contains(&code)
        {
            codes.push(code);
        }
    }
    // What is asked is whether a mark of lateness is the one or the other.
    if case.kind == Kind::Question {
        for code in [Code::LATE, Code::AFTER_CLOSING] {
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
    }
    codes
}

fn card(open: &Open, fold: &DayFold, case: &Case) -> Markup {
    let (date, session, pupil) = at(case);
    let choice = open.office.choices.get(&at(case)).cloned().unwrap_or_default();
    let may_write = open.may_write();
    let codes_here = offered(case);
    let use_button = |code: Code| {
        let is_on = choice.code == Some(code);
        html! {
            button type="button" class=(if is_on { "btn wide use on" } else { "btn wide use" }) aria-pressed=(is_on)
                data-do=(Action::Choose(date, session, pupil, code).encode()) { "Use " (code) }
        }
    };
    html! {
        @if case.kind != Kind::Decision { p.note { (glyph("two")) (case.words) } }
        div.duel {
            @for mark in &case.marks {
                @if let Some(entry) = fold.entry(&mark.entry) {
                    section.side aria-label=(format!("Mark {}", mark.code.as_deref().unwrap_or("taken back"))) {
                        @if let Some(code) = entry.code { (chip(code, "huge")) } @else { span.huge.soft { "–" } }
                        div {
                            @if let Some(code) = entry.code {
                                h2 { (title(code)) }
                                p.soft { (if code.unexplained() { "unauthorised until a reason is known" } else { band(code).1 }) }
                            } @else { h2 { "Mark taken back" } }
                            (made(open, entry))
                            p.small.soft { (mark.words) }
                        }
                        @if let Some(code) = entry.code.filter(|_| may_write) { (use_button(code)) }
                    }
                }
            }
            @for code in codes_here.iter().filter(|code| !case.marks.iter().any(|mark| mark.code.as_deref() == Some(code.as_str()))) {
                section.side aria-label=(format!("{code} instead")) {
                    (chip(*code, "huge"))
                    div { h2 { (title(*code)) } p.soft { (band(*code).1) } p { "Nobody has said this yet." } }
                    @if may_write { (use_button(*code)) }
                }
            }
        }
        @if case.kind == Kind::Decision { (order(open, fold, case)) }
        @if may_write { (choose(open, case, &choice)) }
        @else { p.note { "The office decides. This tablet reads." } }
    }
}

/// Which mark came first, as far as the clocks can say.
fn order(open: &Open, fold: &DayFold, case: &Case) -> Markup {
    let mut spans: Vec<(i64, i64, String)> = case
        .marks
        .iter()
        .filter_map(|mark| {
            let entry = fold.entry(&mark.entry)?;
            let clock = entry.clock?;
            let at = entry.recorded_at * 1000 + clock.offset_ms;
            let doubt = i64::from(clock.doubt_ms);
            Some((at - doubt, at + doubt + 999, entry.code?.to_string()))
        })
        .collect();
    spans.sort();
    let apart = spans.windows(2).all(|pair| pair[0].1 < pair[1].0);
    let said = match spans.first() {
        Some((.., first)) if spans.len() == case.marks.len() && apart => {
            format!("Allowing for the clocks, {first} came first.")
        }
        _ => "The clocks cannot say which came first.".to_owned(),
    };
    html! {
        section.card.order {
            h3 { (if case.marks.len() == 2 { "Neither had seen the other's mark." } else { "None had seen the others' marks." }) }
            p.soft { (said) " Order alone does not decide." }
            (time_line(open, fold, case))
        }
    }
}

/// The times on a line, each as wide as its clock is in doubt.
fn time_line(open: &Open, fold: &DayFold, case: &Case) -> Markup {
    let marks: Vec<(i64, i64, Code)> = case
        .marks
        .iter()
        .filter_map(|mark| {
            let entry = fold.entry(&mark.entry)?;
            let (offset, doubt) = entry
                .clock
                .map_or((0, 0), |clock| (clock.offset_ms, clock.doubt_ms));
            Some((
                entry.recorded_at + offset / 1000,
                i64::from(doubt.div_ceil(1000)),
                entry.code?,
            ))
        })
        .collect();
    let first = marks.iter().map(|(at, doubt, _)| at - doubt).min().unwrap_or(0);
    let last = marks.iter().map(|(at, doubt, _)| at + doubt).max().unwrap_or(0);
    let wide = (last - first).max(60);
    let place = |at: i64| 40 + (at - first) * 880 / wide;
    let words: Vec<String> = marks
        .iter()
        .map(|(at, _, code)| format!("{code} at {}", super::super::parts::time_of(open, *at)))
        .collect();
    html! {
        svg.line viewBox="0 0 960 76" role="img" aria-label=(format!("School time: {}", words.join(", "))) {
            path d="M10 56H950" stroke="var(--line-strong)" stroke-width="2" {}
            @for (place_of, (at, doubt, code)) in marks.iter().enumerate() {
                rect class=(band(*code).0) x=(place(at - doubt) - 6) y="47" width=(place(at + doubt) - place(at - doubt) + 12) height="18" rx="9"
                    fill="var(--f)" stroke="var(--t)" stroke-width="3" {}
                text x=(place(*at)) y=(if place_of % 2 == 0 { 18 } else { 38 }) text-anchor="middle" fill="var(--ink)" font-size="16" font-weight="650" {
                    (code) " " (super::super::parts::time_of(open, *at))
                }
            }
        }
    }
}

fn choose(open: &Open, case: &Case, choice: &crate::brain::Choice) -> Markup {
    let (date, session, pupil) = at(case);
    let save = Action::Decide(date, session, pupil);
    let is_other = choice.code.is_some_and(|code| !offered(case).contains(&code));
    let lacks = match (choice.code, &choice.why) {
        (Some(_), Some(_)) => None,
        (None, Some(_)) => Some("Choose a mark"),
        (Some(_), None) => Some("Choose a reason"),
        (None, None) => Some("Choose a mark and a reason"),
    };
    let reads = choice
        .code
        .map_or_else(|| "…".to_owned(), |code| code.to_string());
    let was: Vec<&str> = case
        .marks
        .iter()
        .map(|mark| mark.code.as_deref().unwrap_or("no mark"))
        .collect();
    html! {
        div.ask {
            section {
                h3 { "Or neither" }
                details.more open[is_other] {
                    summary.btn { "Another code" @if is_other { ": " (reads) } }
                    form.stack data-do=(Action::ChooseOther(date, session, pupil).encode()) {
                        (codes(open, date, session))
                        (beside(open, date))
                        (submit("", "Use this code"))
                    }
                }
            }
            section {
                h3 { "Why?" }
                div.chips role="group" aria-label="Why" {
                    @for why in WHYS {
                        @let is_on = choice.why.as_deref() == Some(why);
                        button type="button" class=(if is_on { "btn on" } else { "btn" }) aria-pressed=(is_on)
                            data-do=(Action::Why(date, session, pupil, why.to_owned()).encode()) { (why) }
                    }
                }
            }
        }
        form.end data-do=(save.encode()) {
            div.grow {
                (field("other", "Another reason, in words", "text", ""))
                p.soft { "Both marks and both names are kept. The amendment will read: "
                    b { (was.join(", ")) " to " (reads) ", " (open.person.name) ", " (open.person.position) } }
            }
            (button(&Action::LeaveForNow(date, session, pupil), "quiet", "Leave for now"))
            @match lacks {
                None => (submit("go", "Save the decision")),
                Some(lacks) => button.btn.lacks type="submit" { (lacks) },
            }
        }
    }
}

fn others(open: &Open, owed: &[&Case], up: Option<&Case>) -> Markup {
    let rest: Vec<&&Case> = owed
        .iter()
        .filter(|case| up.is_none_or(|up| at(up) != at(case)))
        .collect();
    html! {
        @if !rest.is_empty() {
            section.card {
                h2 { "Also waiting: " (count(rest.len(), "decision")) }
                ul.lines {
                    @for case in rest {
                        li { (glyph("two")) b { (open.name(case.pupil)) } span.soft { (case.session) }
                            span.grow { (case.words) @if open.office.later.contains(&at(case)) { " · left for now" } }
                            (button(&Action::Focus(case.date, case.session, case.pupil), "", html! { "Look" span.vh { " at " (open.name(case.pupil)) " " (case.session) } })) }
                    }
                }
            }
        }
    }
}

/// The other mark in two presses: that it is taken, and why.
fn reverse(open: &Open, case: &Case) -> Markup {
    let (date, session, pupil) = at(case);
    let other = offered(case).into_iter().find(|code| Some(*code) != case.code);
    html! {
        @if let Some(code) = other {
            details.more {
                summary.btn { "Reverse to " (code) span.vh { " for " (open.name(pupil)) } }
                form.stack data-do=(Action::Reverse(date, session, pupil, code).encode()) {
                    div.chips role="group" aria-label="Why" {
                        @for why in WHYS { button.btn type="submit" name="reason" value=(why) { (why) } }
                    }
                }
            }
        }
    }
}

fn by_rule(open: &Open, settled: &[&Case], up: Option<&Case>) -> Markup {
    html! {
        @if !settled.is_empty() {
            section.card {
                h2 { "Settled by rule: " (settled.len()) }
                p.soft { "Both marks are kept. The office may decide otherwise." }
                ul.lines {
                    @for case in settled.iter().filter(|case| up.is_none_or(|up| at(up) != at(case))) {
                        li { (pupil_link(open, case.pupil, Some((case.date, case.session)))) span.soft { (case.session) }
                            @if let Some(code) = case.code { (chip(code, "s")) }
                            span.grow { (case.words) ": " (case.marks.iter().map(|mark| format!("{} by {}", mark.code.as_deref().unwrap_or("no mark"), mark.by)).collect::<Vec<_>>().join("; ")) }
                            @if open.may_write() {
                                (reverse(open, case))
                                (button(&Action::Focus(case.date, case.session, case.pupil), "", html! { "Decide otherwise" span.vh { " for " (open.name(case.pupil)) } }))
                            } }
                    }
                }
            }
        }
        @if open.waits_after_sign_off(up.map_or(open.today(), |case| case.date)) > 0 {
            p.note { (glyph("after")) (say::AFTER_SIGN_OFF) ": these marks wait on their own screen." }
        }
    }
}

//! One visit: the door, what happened, what was seen, what must happen next.

use daymark_core::visit::{Grade, Outcome, VisitIrregularity, VisitStatement};
use maud::{Markup, html};

use super::super::parts::{button, field, glyph, go, header, problem, submit, time, time_of};
use super::{back, bar, child, disagree, leads, steps};
use crate::action::{Action, Screen};
use crate::brain::{App, Open, Step, TELL_LEAD, Visit};

/// Who answered the door.
const ANSWERED: [&str; 6] = [
    "Mother",
    "Father",
    "Grandparent",
    "Brother or sister",
    "Carer",
    "The child",
];
/// What was seen, in one tap each.
const SEEN: [&str; 7] = [
    "looked well",
    "waved",
    "at a window",
    "Nobody came to the door",
    "TV or voices heard",
    "Post behind the door",
    "Neighbour asked",
];
/// How many of them are about the child.
const OF_CHILD: usize = 3;
/// What must happen next.
const NEXT: [&str; 4] = [
    "Ring the family again",
    "Visit again",
    "The safeguarding lead decides",
    "Call 101 or children's services",
];
/// Why an outcome changes.
const CHANGED: [&str; 3] = [
    "Pressed the wrong one",
    "Seen or spoken to after that",
    "More became clear",
];

/// A rung of the ladder, in the child's first name.
fn rung(grade: Grade, name: &str) -> String {
    match grade {
        Grade::SpokenTo => format!("Spoke to {name}"),
        Grade::Seen => format!("Saw {name}, did not speak"),
        Grade::SeenThroughWindow => format!("Saw {name} through a window"),
        Grade::AdultOnly => format!("Adult only, {name} not seen"),
        Grade::NoAnswer => "No answer".to_owned(),
        Grade::NotAtAddress => "Not living here".to_owned(),
    }
}

/// What follows from an outcome.
fn consequence(grade: Grade, name: &str) -> (String, &'static str) {
    let open = || format!("{name} was not spoken to. This visit stays open.");
    match grade {
        Grade::SpokenTo => (
            format!("{name} was spoken to. The check can rest."),
            "Write both accounts, and say: back safe.",
        ),
        Grade::Seen => (open(), "Say who speaks to the child, and by when."),
        Grade::SeenThroughWindow => (
            open(),
            "To be seen through a window never closes a check. Say the next step.",
        ),
        Grade::AdultOnly => (open(), "The word of an adult is not enough. Say the next step."),
        Grade::NoAnswer => (
            open(),
            "Leave a card with a time to answer by, then say the next step.",
        ),
        Grade::NotAtAddress => (open(), "Ask for another address, and tell the safeguarding lead."),
    }
}

pub(super) fn page(app: &App, open: &Open, visit: &Visit) -> Markup {
    let arrived = visit.arrived_at();
    let under = match arrived {
        Some(at) => format!(
            "Home visit · arrived {} · {}",
            time_of(open, at),
            visit.opened.trigger
        ),
        None => format!("Home visit · {}", visit.opened.trigger),
    };
    let is_visitor = visit.view.account_of(&open.person.id).is_some();
    html! {
        (header(app, open, &open.name(visit.opened.pupil), &under))
        main.sheet.visits {
            (problem(open.problem.as_deref()))
            (who(visit))
            @for irregular in visit.view.irregular.iter().filter(|one| !matches!(one, VisitIrregularity::OutcomesDiffer { .. })) {
                p.note.loud { (glyph("two")) "Out of order: " (irregular) }
            }
            @match arrived {
                None => (at_door(visit)),
                Some(_) => (addresses(visit)),
            }
            (ladder(open, visit))
            @if is_visitor && visit.outcome().is_some() { (facts(open, visit)) }
            (after(open, visit))
            (safe(open, visit))
            @if !leads(open).is_empty() { p.meta { "Safeguarding lead: " b { (leads(open)) } "." } }
        }
        (bar(&html! {
            form data-do=(Action::NextStep(visit.id).encode()) { button.btn type="submit" name="lead" value="yes" { "Tell the safeguarding lead" } }
            (go(Screen::Account(visit.id), "go", html! { @if is_visitor { "My account" } @else { "Accounts" } (glyph("next")) }))
        }))
    }
}

fn who(visit: &Visit) -> Markup {
    html! {
        ul.visitors aria-label="Visited by" {
            @for (place, visitor) in visit.opened.visitors.iter().enumerate() {
                li { span.soft.small { @if place == 0 { "Leading" } @else { "Visitor " (place + 1) ", own account" } } br; b { (visitor.name) } }
            }
            @if let Some(alone) = &visit.opened.alone {
                li { span.soft.small { "Alone, allowed by" } br; b { (alone.authorised_by.name) } br; (alone.reason) }
            }
        }
    }
}

fn at_door(visit: &Visit) -> Markup {
    html! {
        section.card {
            (button(&Action::AtDoor(visit.id), "go wide tall", "Arrived"))
            details.why {
                summary.btn { "Use another address" }
                form.stack data-do=(Action::AtDoor(visit.id).encode()) {
                    p.soft { "The address on record stays; both are kept." }
                    (field("address", "Where you are", "text", ""))
                    (submit("", "Arrived there"))
                }
            }
        }
    }
}

fn addresses(visit: &Visit) -> Markup {
    let other = visit.view.events.iter().filter_map(|(_, said)| match &said.body {
        VisitStatement::Arrived(arrived) => arrived.other_address.as_deref(),
        _ => None,
    });
    html! { @for address in other { p { "At another address than on record: " b { (address) } } } }
}

fn ladder(open: &Open, visit: &Visit) -> Markup {
    let name = child(open, visit);
    let standing: Vec<Grade> = visit.view.outcomes().map(|outcome| outcome.grade).collect();
    let since = visit
        .outcome()
        .map(|(_, said)| time_of(open, said.stamp.shown_at()));
    html! {
        h2 { "What happened?" }
        div.ladder role="group" aria-label="What happened?" {
            @for (place, grade) in (0_u8..).zip(Grade::ALL) {
                @if standing.is_empty() {
                    button.rung type="button" data-do=(Action::Outcome(visit.id, place).encode()) {
                        i aria-hidden="true" {} span.grow { (rung(grade, &name)) }
                    }
                } @else if standing.contains(&grade) && !disagree(visit) {
                    p.rung.on { i aria-hidden="true" {} b.grow { (rung(grade, &name)) } span.small { (since.as_deref().unwrap_or_default()) } }
                } @else {
                    (change(visit, place, &rung(grade, &name), standing.contains(&grade)))
                }
            }
        }
        @if disagree(visit) {
            p.note.loud { (glyph("two")) span { b { "Two different outcomes." } br; "Both stand until the safeguarding lead decides, with a reason." } }
        } @else if let Some(grade) = standing.first() {
            @let (what, next) = consequence(*grade, &name);
            p class=(if grade.closes() { "note ok" } else { "note loud" }) role="status" {
                (glyph(if grade.closes() { "tick" } else { "two" })) span { b { (what) } br; (next) }
            }
        }
    }
}

/// Another rung: it needs a reason, which is one more tap.
fn change(visit: &Visit, place: u8, words: &str, is_on: bool) -> Markup {
    html! {
        details.why {
            summary class=(if is_on { "rung on" } else { "rung" }) { i aria-hidden="true" {} span.grow { (words) } }
            form.stack data-do=(Action::Outcome(visit.id, place).encode()) {
                p.soft { "Why? What was said first stays in the history." }
                div.chips role="group" aria-label="Why?" {
                    @for reason in CHANGED { button type="submit" class="btn" name="reason" value=(reason) { (reason) } }
                }
                (field("other", "Another reason", "text", ""))
                (submit("", "Change it"))
            }
        }
    }
}

fn facts(open: &Open, visit: &Visit) -> Markup {
    let name = child(open, visit);
    let Some((outcome, _)) = visit.outcome() else {
        return html! {};
    };
    let do_facts = Action::Facts(visit.id).encode();
    html! {
        h2 { "Who answered?" }
        form.stack data-do=(do_facts) {
            div.chips role="group" aria-label="Who answered?" { (answered(outcome)) }
            div.row { div.grow { (field("somebody", "Somebody else: name, and who they are to the child", "text", "")) } (submit("", "Save who")) }
        }
        @if let Some(who) = &outcome.answered { p { (glyph("tick")) "Answered by " b { (who) } "." } }
        form.stack data-do=(do_facts) {
            label.field { span { (name) "'s own words" } textarea name="words" rows="2" { (outcome.child_words.as_deref().unwrap_or_default()) } }
            (submit("", "Save the words"))
        }
        h2 { "What you saw " span.soft.small { "Facts only, in your own account" } }
        form.stack data-do=(do_facts) {
            div.chips role="group" aria-label="What you saw" {
                @for (at, words) in SEEN.iter().enumerate() {
                    @let fact = if at < OF_CHILD { format!("{name} {words}") } else { (*words).to_owned() };
                    @let is_on = open.has_fact(visit, &fact);
                    button type="submit" class=(if is_on { "btn on" } else { "btn" }) aria-pressed=(is_on) name="fact" value=(fact) {
                        @if is_on { (glyph("tick")) } (fact)
                    }
                }
            }
            div.row { div.grow { (field("text", "Write it", "text", "")) } (submit("", "Save the fact")) }
        }
    }
}

fn answered(outcome: &Outcome) -> Markup {
    html! {
        @for who in ANSWERED {
            @let is_on = outcome.answered.as_deref() == Some(who);
            button type="submit" class=(if is_on { "btn on" } else { "btn" }) aria-pressed=(is_on) name="answered" value=(who) {
                @if is_on { (glyph("tick")) } (who)
            }
        }
    }
}

/// The card, and the steps that follow, where the child was not spoken to.
fn after(open: &Open, visit: &Visit) -> Markup {
    let Some((outcome, _)) = visit.outcome() else {
        return html! { (steps(open, visit)) };
    };
    let due = time(open.reply_by());
    html! {
        @if !visit.view.closes() {
            h2 { "What happens next" }
            @if outcome.grade == Grade::NoAnswer && !visit.has_card() {
                form.card.row data-do=(Action::CardLeft(visit.id).encode()) {
                    div.grow { (field("due", "Answer by", "time", &due)) }
                    (submit("go", "Card left"))
                }
            }
        }
        @for step in &visit.steps { (step_card(visit, step, &due)) }
        (steps(open, visit))
        @if !visit.view.closes() {
            details.why {
                summary.btn { "Set the next step" }
                form.stack data-do=(Action::NextStep(visit.id).encode()) { (next(&due)) }
            }
        }
    }
}

fn next(due: &str) -> Markup {
    html! {
        (field("due", "By when. A time that is past is of tomorrow", "time", due))
        div.chips role="group" aria-label="What next?" {
            @for what in NEXT { button type="submit" class="btn" name="what" value=(what) { (what) } }
        }
        (field("step", "Something else", "text", ""))
        (submit("", "Save the step"))
    }
}

/// A step is settled by the one that follows, with what came of it.
fn step_card(visit: &Visit, step: &Step, due: &str) -> Markup {
    let words = match (step.is_card, step.what == TELL_LEAD) {
        (true, _) => "No answer to the card came, or one did",
        (_, true) => "The safeguarding lead was told",
        _ => "This step was taken",
    };
    html! {
        @if !visit.view.closes() || step.what == TELL_LEAD {
            details.why {
                summary.btn { (words) @if !step.is_card && step.what != TELL_LEAD { ": " (step.what) } }
                form.stack data-do=(Action::NextStep(visit.id).encode()) {
                    input type="hidden" name="settles" value=(step.id);
                    (field("reason", "What came of it", "text", ""))
                    (next(due))
                }
            }
        }
    }
}

fn safe(open: &Open, visit: &Visit) -> Markup {
    let safe = visit.back_safe();
    html! {
        (back(open, visit, ""))
        section.card.row {
            div.grow {
                @for (person, at) in &safe { p { (glyph("tick")) b { "Back safe" } " " (time_of(open, *at)) ", " (person.name) } }
                @if safe.is_empty() { p.soft { "Press it when you are away from the house." } }
            }
            @if !safe.iter().any(|(person, _)| person.id == open.person.id) {
                (button(&Action::BackSafe(visit.id), "", "Back safe"))
            }
        }
    }
}

//! Home visits: the list, and the start of a visit.

mod account;
mod door;

use daymark_core::ids::PupilNumber;
use daymark_core::roster::Role;
use daymark_core::visit::VisitIrregularity;
use daymark_sync_protocol::brief::{BriefPerson, BriefPupil};
use maud::{Markup, html};

use super::parts::{button, field, glyph, go, header, moment_of, problem, submit, time, time_of};
use crate::action::{Action, Screen};
use crate::brain::{App, Open, Visit, first_name, how_long};

/// Why a visit is made, in one tap.
const WHY: [&str; 5] = [
    "Third day of absence",
    "Absent, nobody answers",
    "Worry about the child",
    "Asked by children's services",
    "Agreed with the family",
];
/// Pupils that a search shows.
const FOUND_MAX: usize = 12;
/// Visits that need nothing any more, as they are shown.
const DONE_MAX: usize = 10;

pub(super) fn page(app: &App, open: &Open) -> (String, &'static str, Markup) {
    match &open.screen {
        Screen::VisitStart(pupil) => (
            format!("Visit {}", open.name(*pupil)),
            "visit-start",
            start(app, open, *pupil),
        ),
        Screen::Visit(id) => match open.visit_of(*id) {
            Some(visit) => (
                format!("Visit {}", open.name(visit.opened.pupil)),
                "visit",
                door::page(app, open, &visit),
            ),
            None => absent(app, open),
        },
        Screen::Account(id) => match open.visit_of(*id) {
            Some(visit) => (
                format!("Account, {}", open.name(visit.opened.pupil)),
                "account",
                account::page(app, open, &visit),
            ),
            None => absent(app, open),
        },
        _ => ("Home visits".to_owned(), "visits", list(app, open)),
    }
}

fn absent(app: &App, open: &Open) -> (String, &'static str, Markup) {
    let body = html! {
        (header(app, open, "Home visit", ""))
        main { p.empty { "This visit is not on this tablet yet. It comes with the next signal." } }
        (bar(&html! {}))
    };
    ("Home visit".to_owned(), "visit", body)
}

/// The bar of every screen about a visit: everything can be covered at once.
fn bar(acts: &Markup) -> Markup {
    html! {
        footer.bar {
            button.btn type="button" data-do=(Action::Cover.encode()) data-shortcut="escape" { (glyph("cover")) "Cover" }
            (acts)
        }
    }
}

/// The child's first name.
fn child(open: &Open, visit: &Visit) -> String {
    first_name(&open.name(visit.opened.pupil)).to_owned()
}

/// How a visit stands, in words.
fn state(open: &Open, visit: &Visit) -> String {
    let name = child(open, visit);
    let unwritten = || {
        let accounts = open.accounts(visit);
        let names: Vec<&str> = accounts
            .iter()
            .filter(|account| !account.is_written)
            .map(|account| account.visitor.name.as_str())
            .collect();
        names.join(" and ")
    };
    match (visit.outcome(), visit.arrived_at()) {
        _ if disagree(visit) => "Two different outcomes: the safeguarding lead decides.".to_owned(),
        (Some(_), _) if !visit.view.closes() => format!("{name} was not spoken to. Stays open."),
        (Some(_), _) if !unwritten().is_empty() => {
            format!("{name} was spoken to. Account to write: {}.", unwritten())
        }
        (Some(_), _) if visit.back_safe().is_empty() => {
            format!("{name} was spoken to. Nobody has said: back safe.")
        }
        (Some(_), _) => format!("{name} was spoken to."),
        (None, Some(at)) => format!("At the door since {}.", time_of(open, at)),
        (None, None) => "Not at the door yet.".to_owned(),
    }
}

fn disagree(visit: &Visit) -> bool {
    let mut irregular = visit.view.irregular.iter();
    irregular.any(|one| matches!(one, VisitIrregularity::OutcomesDiffer { .. }))
}

/// What a visit waits for: a deadline that is past goes first and says so.
fn steps(open: &Open, visit: &Visit) -> Markup {
    html! {
        @for step in &visit.steps {
            @match step.over {
                Some(over) => p.note.loud.step { (glyph("after")) span { b { "Next step due: " (step.what) } br;
                    "By " (moment_of(open, step.due)) ", " (how_long(over)) " over." } },
                None => p.note.step { (glyph("next")) span { b { (step.what) } br; "By " (moment_of(open, step.due)) "." } },
            }
        }
    }
}

fn list(app: &App, open: &Open) -> Markup {
    let (standing, done) = open.visits();
    let text = open.search.to_lowercase();
    let found: Vec<&BriefPupil> = pupils(open)
        .iter()
        .filter(|pupil| !text.is_empty() && pupil.name.to_lowercase().contains(&text))
        .take(FOUND_MAX)
        .collect();
    html! {
        (header(app, open, "Home visits", ""))
        main.sheet.visits {
            (problem(open.problem.as_deref()))
            p.meta { (match standing.len() {
                0 => "No visit stands open.".to_owned(),
                1 => "1 visit stands open.".to_owned(),
                count => format!("{count} visits stand open."),
            }) }
            @for visit in &standing { (card(open, visit)) }
            section.card {
                h2 { "Who is to be visited?" }
                form data-do=(Action::Search.encode()) data-live="text" { (field("text", "A part of the name", "search", &open.search)) }
                ul.found aria-label="Found" {
                    @for pupil in &found {
                        li { (go(Screen::VisitStart(pupil.number), "wide", html! { span.grow { (pupil.name) } " " span.soft { (pupil.class) } })) }
                    }
                }
                @if found.is_empty() && !text.is_empty() { p.empty { "Nobody of that name is on this tablet." } }
                @if pupils(open).is_empty() { p.empty { "Names come with the next signal." } }
            }
            @if !done.is_empty() {
                section.card {
                    h2 { "Nothing to do any more" }
                    ul.found {
                        @for visit in done.iter().take(DONE_MAX) {
                            li { (go(Screen::Visit(visit.id), "wide", html! { span.grow { (open.name(visit.opened.pupil)) } (glyph("tick")) })) }
                        }
                    }
                }
            }
        }
        (bar(&html! {}))
    }
}

fn card(open: &Open, visit: &Visit) -> Markup {
    let names: Vec<&str> = visit
        .opened
        .visitors
        .iter()
        .map(|visitor| visitor.name.as_str())
        .collect();
    html! {
        section.card.visitcard {
            div.row {
                div.grow {
                    h2 { (open.name(visit.opened.pupil)) }
                    p.meta { (visit.opened.trigger) " · " (names.join(" and ")) }
                }
                (go(Screen::Visit(visit.id), "", "Open visit"))
            }
            p { b { (state(open, visit)) } }
            (back(open, visit, ""))
            (steps(open, visit))
        }
    }
}

/// By when the visitors are back, while nobody has said that they are.
pub(super) fn back(open: &Open, visit: &Visit, of: &str) -> Markup {
    html! {
        @if let Some(due) = visit.view.back_due() {
            @match open.over(due) {
                Some(over) => p.note.loud role="status" { (glyph("two")) span { b { (of) "Not back yet." } br;
                    "Back by " (time_of(open, due)) ", " (how_long(over)) " over. Ring the visitors." } },
                None => p.meta { (of) "Back by " (time_of(open, due)) "." },
            }
        }
    }
}

/// Who leads safeguarding, by name; nothing where the school's list has nobody.
fn leads(open: &Open) -> String {
    let brief = open.tablet.replica().brief();
    let staff = brief.into_iter().flat_map(|brief| &brief.staff);
    let leads = staff.filter(|member| member.role == Role::Lead);
    let names: Vec<&str> = leads.map(|member| member.person.name.as_str()).collect();
    names.join(" or ")
}

fn pupils(open: &Open) -> &[BriefPupil] {
    let brief = open.tablet.replica().brief();
    brief.map(|brief| brief.pupils.as_slice()).unwrap_or_default()
}

/// The staff, those who make visits first.
fn staff(open: &Open) -> Vec<&BriefPerson> {
    let brief = open.tablet.replica().brief();
    let mut staff: Vec<&BriefPerson> = brief.into_iter().flat_map(|brief| &brief.staff).collect();
    let visits = |member: &BriefPerson| matches!(member.role, Role::Team | Role::Lead | Role::Head);
    staff.sort_by(|a, b| {
        let rank = |member: &BriefPerson| (member.person.id != open.person.id, !visits(member));
        (rank(a), &a.person.name).cmp(&(rank(b), &b.person.name))
    });
    staff
}

fn start(app: &App, open: &Open, pupil: PupilNumber) -> Markup {
    let chosen = &open.visit.visitors;
    let name = open.name(pupil);
    html! {
        (header(app, open, &name, "Home visit"))
        main.sheet.visits {
            (problem(open.problem.as_deref()))
            section.card {
                h2 { "Who visits?" }
                p.soft { "Two people. Whoever is first leads." }
                div.chips role="group" aria-label="Who visits?" {
                    @for member in staff(open) {
                        @let place = chosen.iter().position(|one| *one == member.person.id);
                        button type="button" class=(if place.is_some() { "btn on" } else { "btn" }) aria-pressed=(place.is_some())
                            data-do=(Action::Visitor(member.person.id.clone()).encode()) {
                            @if let Some(place) = place { b { (place + 1) } " " }
                            span { (member.person.name) br; span.small { (member.person.position) } }
                        }
                    }
                }
            }
            section.card {
                h2 { "Why?" }
                div.chips role="group" aria-label="Why?" {
                    @for why in WHY {
                        @let is_on = open.visit.why.as_deref() == Some(why);
                        button type="button" class=(if is_on { "btn on" } else { "btn" }) aria-pressed=(is_on)
                            data-do=(Action::VisitWhy(why.to_owned()).encode()) { (why) }
                    }
                }
            }
            form.card.stack data-do=(Action::StartVisit(pupil).encode()) {
                (field("why", "Another reason", "text", ""))
                (field("due", "Back by", "time", &time(open.back_by())))
                @if chosen.len() == 1 {
                    p.note { (glyph("two")) "One person visits alone only where the head allows it." }
                    label.field { span { "Who allows it" }
                        select name="head" {
                            option value="" { "Nobody" }
                            @for member in staff(open).into_iter().filter(|member| member.role == Role::Head) {
                                option value=(member.person.id) { (member.person.name) ", " (member.person.position) }
                            }
                        }
                    }
                    (field("reason", "Why one alone", "text", ""))
                }
                (submit("go wide", "Begin the visit"))
            }
        }
        (bar(&html! { (button(&Action::Back, "grow", "Not now")) }))
    }
}

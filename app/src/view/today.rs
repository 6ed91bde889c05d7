//! The first screen of a tablet: what there is to do today.

use daymark_core::entry::Duty;
use daymark_core::roster::Role;
use daymark_core::session::{Date, Session};
use daymark_core::trip::TripPlan;
use daymark_tablet::register::Row;
use maud::{Markup, html};

use super::parts::{chip, day, glyph, go, half, logo, pill, problem, time};
use crate::action::{Action, Filter, Register, Screen};
use crate::brain::{App, Open};

pub(super) fn page(app: &App, open: &Open) -> Markup {
    let today = open.today();
    let trips = open.trips_on(today);
    let duties = open.duties(today);
    let classes: Vec<&Duty> = duties
        .iter()
        .filter(|duty| matches!(duty, Duty::Class(_)))
        .collect();
    let role = open.role();
    let reads_visits = role.reads_visits();
    let things = trips.len() + classes.len() + usize::from(role == Role::Gate) + usize::from(reads_visits);
    let waiting = open.waiting();
    html! {
        header.head { (logo()) span.grow {} (pill(app, open)) }
        main {
            (problem(open.problem.as_deref()))
            @if let Some(code) = &open.matching {
                div.note.loud { (glyph("two")) p {
                    b { "Not confirmed yet. " } "Show the office this code: " b.code-inline { (code) }
                    " You can record already; it is kept here."
                } }
            }
            div.row.dateline {
                h1.date.grow tabindex="-1" { (day(today)) }
                (go(Screen::Me, "person", html! { (open.person.name) (glyph("down")) }))
            }
            p.meta { @match things { 0 => "Nothing to do today.", 1 => "1 thing today.", _ => { (things) " things today." } } }
            @for (trip, view) in &trips {
                @if let Some(plan) = view.plan() {
                    (trip_card(open, &Duty::Trip(*trip), plan))
                }
            }
            @for duty in &classes { (class_card(open, duty)) }
            @if role == Role::Gate {
                section.card.duty {
                    div.grow {
                        h2 { "Late gate" }
                        @if let Some(times) = open.times_now() { p.meta { "Register closes " (time(times.closes)) } }
                        @else { p.meta { "The school has not said when registers close." } }
                    }
                    (go(Screen::Gate(None), "go", "Open gate"))
                }
            }
            @if reads_visits {
                section.card.duty {
                    div.grow {
                        h2 { "Home visits" } p.meta { "In pairs, on doorsteps" }
                        @for visit in &open.visits().0 { (super::visit::back(open, visit, &format!("{}: ", open.name(visit.opened.pupil)))) }
                    }
                    (go(Screen::Visits, "go", "Open list"))
                }
            }
            @if open.tablet.replica().brief().is_some_and(|brief| !brief.pupils.is_empty()) {
                (go(Screen::Paper, "wide quiet", "Blank paper register"))
            }
            @if things == 0 {
                p.empty { "Trips, registers and duties that the office gives this tablet appear here." }
            }
        }
        footer.bar {
            button.btn.wide.sentline type="button" data-do=(Action::Go(Screen::Sent).encode()) {
                (glyph(if waiting.marks + waiting.others == 0 { "tick" } else { "saved" }))
                span.grow {
                    @if waiting.marks + waiting.others == 0 { "Nothing waits on this tablet" }
                    @else { b { (daymark_tablet::words::records(waiting)) } " saved on this tablet" }
                }
                span.soft { "Sent to school" } (glyph("next"))
            }
        }
    }
}

fn ready(open: &Open) -> Markup {
    let brief = open.tablet.replica().brief();
    html! {
        @match brief.and_then(|brief| brief.good_until) {
            Some(until) => p.row.ready { (glyph("tick")) b { "Ready for no signal until the end of " (day(until)) } },
            None if brief.is_some_and(|brief| !brief.pupils.is_empty()) => p.row.ready { (glyph("tick")) b { "Ready for no signal" } },
            None => p.row.ready { (glyph("blank")) "Names are not here yet: they come with the next signal." },
        }
    }
}

fn session_line(open: &Open, register: Register, title: &str, primary: bool) -> Markup {
    let rows = open.rows(&register);
    let is_blank = |row: &&Row| row.marks.iter().all(|mark| mark.code.is_none());
    let blank = rows.iter().filter(is_blank).count();
    let label = half(register.session);
    let words = match (blank, rows.len()) {
        (_, 0) => "nobody on the list".to_owned(),
        (0, all) => format!("all {all} marked"),
        (blank, all) if blank == all => format!("{all} with no mark yet"),
        (blank, all) => format!("{} of {all} marked", all - blank),
    };
    let verb = if blank == rows.len() { "Start" } else { "Open" };
    html! {
        div.sess {
            div { b { (label) } " " span.meta { (words) } }
            (go(Screen::Register(register, Filter::All), if primary { "go" } else { "" }, html! { (verb) " " (label) span.vh { ", " (title) } }))
        }
    }
}

/// Which day of a trip of several it is, and of how many.
fn day_of(plan: &TripPlan, today: Date) -> Option<(usize, usize)> {
    let mut days: Vec<Date> = plan.sessions.iter().map(|at| at.date).collect();
    days.sort_unstable();
    days.dedup();
    let place = days.iter().position(|date| *date == today)?;
    (days.len() > 1).then_some((place + 1, days.len()))
}

fn trip_card(open: &Open, duty: &Duty, plan: &TripPlan) -> Markup {
    let today = open.today();
    let sessions: Vec<Session> = plan
        .sessions
        .iter()
        .filter(|at| at.date == today)
        .map(|at| at.session)
        .collect();
    let now = open.session_now();
    html! {
        section.card.hero {
            div.row.top {
                div.grow {
                    h2 { (plan.title) }
                    p.meta {
                        (daymark_tablet::words::count(plan.participants.len(), "pupil"))
                        @if let Some(nature) = &plan.nature { " · " (nature) }
                        @if let Some((day, days)) = day_of(plan, today) { " · day " (day) " of " (days) }
                        " · with " (plan.leader.name)
                    }
                }
                (chip(plan.code, "l"))
            }
            (ready(open))
            @for session in sessions {
                (session_line(open, Register { duty: duty.clone(), date: today, session }, &plan.title, session == now))
            }
        }
    }
}

fn class_card(open: &Open, duty: &Duty) -> Markup {
    let today = open.today();
    let now = open.session_now();
    let title = match duty {
        Duty::Class(class) => format!("Class {class}"),
        other => other.to_string(),
    };
    html! {
        section.card.hero {
            h2 { (title) }
            (ready(open))
            @for session in Session::ALL {
                (session_line(open, Register { duty: duty.clone(), date: today, session }, &title, session == now))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use daymark_core::entry::Person;
    use daymark_core::trip::TripSession;

    use super::*;

    #[test]
    fn a_trip_of_several_days_says_which_day_it_is() {
        let date = |text: &str| text.parse::<Date>().expect("a date");
        let at = |text| {
            Session::ALL.map(|session| TripSession {
                date: date(text),
                session,
            })
        };
        let leader = Person::new("a-shah".parse().expect("an id"), "Asha Shah", "Teacher").expect("a person");
        let mut plan = TripPlan {
            title: "Hill camp".into(),
            code: daymark_core::code::Code::VISIT,
            nature: None,
            place: None,
            leader,
            supervisors: Vec::new(),
            sessions: ["2026-03-02", "2026-03-03", "2026-03-04"]
                .into_iter()
                .flat_map(at)
                .collect(),
            participants: Vec::new(),
            tablets: Vec::new(),
            groups: None,
        };
        assert_eq!(day_of(&plan, date("2026-03-03")), Some((2, 3)));
        assert_eq!(day_of(&plan, date("2026-03-05")), None);
        plan.sessions.truncate(2);
        assert_eq!(day_of(&plan, date("2026-03-02")), None, "one day needs no number");
    }
}

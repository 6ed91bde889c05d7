//! A blank register on paper, for the day on which nothing else works: drawn here, so that it needs neither school nor signal.

use daymark_core::code::Code;
use daymark_core::roster::Role;
use maud::{Markup, html};

use super::parts::{day, header, meaning};
use crate::brain::{App, Open};

/// The codes that a person on the spot writes.
const KEY: [&str; 7] = ["/", "\\", "L", "N", "V", "P", "I"];

/// A list with its title: the trips of today, and the classes of this tablet; all of them where it takes no register of its own.
fn lists(open: &Open) -> Vec<(String, Vec<String>)> {
    let Some(brief) = open.tablet.replica().brief() else {
        return Vec::new();
    };
    let mut lists: Vec<(String, Vec<String>)> = Vec::new();
    for (_, view) in open.trips_on(open.today()) {
        if let Some(plan) = view.plan() {
            let names = plan.participants.iter().map(|pupil| open.name(*pupil));
            lists.push((plan.title.clone(), names.collect()));
        }
    }
    let mut classes = brief.classes.clone();
    if open.role() != Role::Teacher {
        classes.extend(brief.pupils.iter().map(|pupil| pupil.class.clone()));
    }
    classes.sort();
    classes.dedup();
    for class in classes {
        let pupils = brief.pupils.iter().filter(|pupil| pupil.class == class);
        lists.push((
            format!("Class {class}"),
            pupils.map(|pupil| pupil.name.clone()).collect(),
        ));
    }
    lists.retain(|(_, names)| !names.is_empty());
    for (_, names) in &mut lists {
        names.sort();
    }
    lists
}

pub(super) fn page(app: &App, open: &Open) -> Markup {
    let lists = lists(open);
    html! {
        (header(app, open, "Blank paper register", "Print it, and key the marks in later."))
        main.sheet {
            @if lists.is_empty() { p.empty { "No class and no trip of today is on this tablet." } }
            @for (title, names) in &lists {
                section.card.paper {
                    h2 { (title) " · " (day(open.today())) " · " (daymark_tablet::words::count(names.len(), "pupil")) }
                    table {
                        thead { tr { th scope="col" { "Name" } th scope="col" { "AM" } th scope="col" { "PM" } } }
                        tbody { @for name in names { tr { th scope="row" { (name) } td {} td {} } } }
                    }
                    p { @for (place, code) in KEY.iter().filter_map(|code| code.parse::<Code>().ok()).enumerate() {
                        @if place > 0 { " · " } (meaning(code))
                    } }
                    p { "Marked by: ____________________ Time: ________" }
                }
            }
        }
        footer.bar { button.btn.go.grow type="button" data-print { "Print" } }
    }
}

//! A register: of a trip or of a class, and the head count of a trip.

use daymark_core::code::Code;
use daymark_core::entry::Duty;
use daymark_core::ids::PupilNumber;
use daymark_core::trip::{TripGroup, TripPlan, TripView};
use daymark_tablet::register::Row;
use maud::{Markup, html};

use super::parts::{band, button, day, glyph, go, half, header, keys, meaning, problem, time_of, undo};
use crate::action::{Action, Filter, Register, Screen};
use crate::brain::{App, Counted, Open};

/// Exceptions that stand above the list; more are counted.
const CARDS_MAX: usize = 2;

/// What a register is called.
pub(super) fn title(open: &Open, register: &Register) -> String {
    match &register.duty {
        Duty::Trip(_) => open
            .trip(register)
            .and_then(|view| view.plan().map(|plan| plan.title.clone()))
            .unwrap_or_else(|| "Trip".to_owned()),
        Duty::Class(class) => format!("Class {class}"),
        other => other.to_string(),
    }
}

/// How a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    Blank,
    Ticked,
    NotHere,
    Two,
    Left,
}

struct Listed<'a> {
    row: &'a Row,
    stand: Stand,
    left: Option<String>,
}

fn stand(row: &Row, is_left: bool) -> Stand {
    let is_disputed = row
        .words
        .iter()
        .any(|words| words.starts_with("Two different marks"));
    let code: Option<Code> = row.code.as_deref().and_then(|code| code.parse().ok());
    match code {
        _ if is_disputed => Stand::Two,
        _ if is_left => Stand::Left,
        None => Stand::Blank,
        Some(code) if code.approved_elsewhere() || code.means_present_in_school() || code.is_late() => {
            Stand::Ticked
        }
        Some(_) => Stand::NotHere,
    }
}

pub(super) fn page(app: &App, open: &Open, register: &Register, filter: Filter) -> Markup {
    let trip = open.trip(register);
    let group = trip.as_ref().and_then(|view| open.group_shown(view));
    let mut rows = open.rows(register);
    rows.retain(|row| group.is_none_or(|group| group.pupils.contains(&row.pupil)));
    let gone = open.gone(register);
    let listed: Vec<Listed<'_>> = rows
        .iter()
        .map(|row| Listed {
            row,
            stand: stand(row, gone.contains_key(&row.pupil)),
            left: gone.get(&row.pupil).cloned(),
        })
        .collect();
    let count_of = |wanted: Stand| listed.iter().filter(|one| one.stand == wanted).count();
    let ticked = count_of(Stand::Ticked);
    let blank = count_of(Stand::Blank);
    let missing = listed.iter().filter(|one| is_missing(one)).count();
    let with_group = listed.len() - count_of(Stand::Left);
    let plain = open.plain_code(register);
    let under = format!(
        "{} · {} · {}",
        half(register.session),
        meaning_short(plain),
        day(register.date)
    );
    let under = match group {
        Some(group) => format!("{under} · {}, led by {}", group.name, group.leader.name),
        None => under,
    };
    let here = |filter| Screen::Register(register.clone(), filter);
    let shown: Vec<&Listed<'_>> = listed
        .iter()
        .filter(|one| match filter {
            Filter::All => true,
            Filter::NotYet => one.stand == Stand::Blank,
            Filter::Missing => is_missing(one),
            Filter::Left => one.stand == Stand::Left,
        })
        .collect();
    html! {
        (header(app, open, &title(open, register), &under))
        main.split {
            div.informs {
                (problem(open.problem.as_deref()))
                div.count {
                    p { b.big.num { (ticked) } " " span.of { "of " (with_group) } }
                    @if let Some(view) = &trip { (counted(open, view, register, ticked)) }
                }
                (strip(&listed))
                (exceptions(register, &listed))
            }
            div.acts {
                @if let Some(plan) = trip.as_ref().and_then(TripView::plan) { (groups(plan, group)) }
                div.seg role="group" aria-label="Show" {
                    @for (one, words, count) in [
                        (Filter::All, "All", listed.len()),
                        (Filter::NotYet, "Not yet", blank),
                        (Filter::Missing, "Missing", missing),
                        (Filter::Left, "Left", count_of(Stand::Left)),
                    ] {
                        @if one != Filter::Left || trip.is_some() {
                            button type="button" class=(if one == filter { "btn on" } else { "btn" })
                                aria-pressed=(one == filter) data-do=(Action::Turn(here(one)).encode()) { (words) " " (count) }
                        }
                    }
                }
                div.list {
                    table.reg {
                        caption.vh { (title(open, register)) ", " (half(register.session)) ", " (listed.len()) " pupils" }
                        tbody {
                            @for one in &shown { (row(register, plain, one)) }
                        }
                    }
                    @if shown.is_empty() {
                        p.empty { @match filter {
                            Filter::All => "Nobody is on this list yet. The list comes from the office.",
                            Filter::NotYet => "Everybody has a mark.",
                            Filter::Missing => "Nobody is missing.",
                            Filter::Left => "Nobody has left the group.",
                        } }
                    }
                }
            }
        }
        footer.bar {
            (undo(open))
            @if trip.is_some() {
                (go(Screen::Count(register.clone()), if blank > 0 { "go" } else { "grow" }, if blank > 0 { "Count heads" } else { "Count again" }))
            }
            @if blank == 0 || trip.is_none() { (button(&Action::Back, "go", "Done")) }
        }
    }
}

fn meaning_short(code: Code) -> String {
    let whole = meaning(code);
    whole.split(", ").nth(1).unwrap_or_default().to_owned()
}

fn is_missing(one: &Listed<'_>) -> bool {
    one.stand != Stand::Left && !one.row.accounted_for && one.stand != Stand::Blank || one.stand == Stand::Two
}

/// The groups of a trip, one tap each; nothing where it has none.
fn groups(plan: &TripPlan, shown: Option<&TripGroup>) -> Markup {
    let one = |group: Option<&TripGroup>, words: &str| {
        let is_on = group == shown;
        let show = Action::ShowGroup(group.map(|group| group.name.clone()));
        html! { button type="button" class=(if is_on { "btn on" } else { "btn" }) aria-pressed=(is_on) data-do=(show.encode()) { (words) } }
    };
    let grouped = |pupil: &&PupilNumber| plan.groups().iter().any(|group| group.pupils.contains(pupil));
    let alone = plan.participants.iter().filter(|pupil| !grouped(pupil)).count();
    html! {
        @if !plan.groups().is_empty() {
            div.chips.groups role="group" aria-label="Group" {
                (one(None, "Everybody"))
                @for group in plan.groups() { (one(Some(group), &group.name)) }
            }
            @if alone > 0 { p.soft { (daymark_tablet::words::count_is(alone, "pupil")) " in no group." } }
        }
    }
}

fn counted(open: &Open, view: &TripView, register: &Register, ticked: usize) -> Markup {
    let (own, others) = open.last_counts(view, register);
    let name = open.group_shown(view).map(|group| group.name.as_str());
    html! {
        @match own {
            None => div.facts { p.soft { @match name { Some(name) => { "No head count of " (name) " yet." }, None => "No head count yet." } } },
            Some(one) if one.is_well => div.facts {
                p { (glyph("tick")) b { " Counted " (one.count.found) } " at " (time_of(open, one.at)) }
                p.soft { "by " (one.by) ". "
                    @if one.is_found_since() { "Who was missing has been found since." }
                    @else { (ticked) " ticked" @if u32::try_from(ticked) == Ok(one.count.found) { ": they agree." } @else { "." } } }
            },
            Some(one) => (alarm(open, &one, "")),
        }
        @for one in &others { (alarm(open, one, one.count.group.as_deref().unwrap_or("Everybody"))) }
    }
}

fn alarm(open: &Open, one: &Counted, of: &str) -> Markup {
    html! {
        div.facts.alarm {
            p { @if !of.is_empty() { (of) ": " } b { "Counted " (one.count.found) ", " (one.count.expected) " expected" } " at " (time_of(open, one.at)) }
            @for pupil in &one.missing { p { b { (open.name(*pupil)) } " missing" } }
        }
    }
}

fn strip(listed: &[Listed<'_>]) -> Markup {
    let count = |wanted: Stand| listed.iter().filter(|one| one.stand == wanted).count();
    let mut said = Vec::new();
    for (stand, words) in [
        (Stand::Ticked, "ticked"),
        (Stand::NotHere, "not here"),
        (Stand::Two, "with two different marks"),
        (Stand::Left, "left the group"),
        (Stand::Blank, "with no mark yet"),
    ] {
        if count(stand) > 0 {
            said.push(format!("{} {words}", count(stand)));
        }
    }
    html! {
        div.strip role="img" aria-label=(said.join(", ")) {
            @for one in listed {
                @let code: Option<Code> = one.row.code.as_deref().and_then(|code| code.parse().ok());
                @match (one.stand, code) {
                    (Stand::Two, _) => i.two { "!" },
                    (_, Some(code)) => i class=(band(code).0) { (code) },
                    _ => i.blank {},
                }
            }
        }
    }
}

/// Who needs a look, above the list: who is disputed first.
fn exceptions(register: &Register, listed: &[Listed<'_>]) -> Markup {
    let mut out: Vec<&Listed<'_>> = listed
        .iter()
        .filter(|one| matches!(one.stand, Stand::Two | Stand::NotHere | Stand::Left))
        .collect();
    out.sort_by_key(|one| match one.stand {
        Stand::Two => 0,
        Stand::NotHere => 1,
        _ => 2,
    });
    let more = out.len().saturating_sub(CARDS_MAX);
    html! {
        @if !out.is_empty() {
            div.shout {
                @for one in out.iter().take(CARDS_MAX) {
                    button type="button" class=(if one.stand == Stand::Two { "note loud" } else { "note plum" })
                        data-do=(Action::Go(Screen::Row(register.clone(), one.row.pupil)).encode()) {
                        @match one.stand {
                            Stand::Two => { (glyph("two")) span { b { (one.row.name) } br; "Two different marks." br; "Counted as missing." } },
                            Stand::Left => { (glyph("next")) span { b { (one.row.name) } br; "Left the group" @if let Some(with) = &one.left { " with " (with) } "." } },
                            _ => { (glyph("blank")) span { b { (one.row.name) } br; "Not here. The office will ring home." } },
                        }
                    }
                }
                @if more > 0 { p.soft { "and " (more) " more" } }
            }
        }
    }
}

fn row(register: &Register, plain: Code, one: &Listed<'_>) -> Markup {
    let pupil = one.row.pupil;
    let name = if one.row.name.is_empty() {
        format!("Pupil {pupil}")
    } else {
        one.row.name.clone()
    };
    let sheet = Action::Go(Screen::Row(register.clone(), pupil));
    let state = state(one);
    html! {
        tr id=(format!("p{pupil}")) class=(match one.stand { Stand::Two => "two", Stand::NotHere => "not", Stand::Left => "gone", _ => "" })
            data-keys=(Action::Letter(register.clone(), pupil).encode()) {
            th scope="row" { button.name type="button" data-do=(sheet.encode()) aria-label=(format!("{name}, open")) { (name) } }
            td.st { (state) }
            td.mk {
                @match one.stand {
                    Stand::Blank => {
                        button.btn.nothere type="button" aria-label=(format!("{name}: not here"))
                            data-do=(Action::Mark(register.clone(), pupil, Code::NOT_YET_KNOWN).encode()) { "Not here" }
                        button.chip.blank type="button" data-cell="mark" aria-label=(format!("{name}: no mark yet, mark {}", meaning(plain)))
                            data-do=(Action::Mark(register.clone(), pupil, plain).encode()) {}
                    },
                    Stand::Two => button.chip.two type="button" data-cell="mark" aria-label=(format!("{name}: two different marks, {}", codes(one)))
                        data-do=(sheet.encode()) { (pair(one)) },
                    _ => @if let Some(code) = one.row.code.as_deref().and_then(|code| code.parse::<Code>().ok()) {
                        button type="button" data-cell="mark" class=(format!("chip {}", band(code).0))
                            aria-label=(format!("{name}: {}", meaning(code))) data-do=(sheet.encode()) { (code) }
                    } @else {
                        button.chip.blank type="button" data-cell="mark" aria-label=(format!("{name}: left the group, no mark")) data-do=(sheet.encode()) {}
                    },
                }
            }
        }
    }
}

/// `V or N`.
fn codes(one: &Listed<'_>) -> String {
    let marks = one.row.marks.iter();
    let codes: Vec<&str> = marks.filter_map(|mark| mark.code.as_deref()).collect();
    codes.join(" or ")
}

fn pair(one: &Listed<'_>) -> Markup {
    html! { (glyph("two")) span { (codes(one)) } }
}

fn state(one: &Listed<'_>) -> Markup {
    let own = one
        .row
        .marks
        .iter()
        .find(|mark| mark.code.is_some())
        .or(one.row.marks.first());
    html! {
        @match one.stand {
            Stand::Blank => { (glyph("blank")) "No mark yet" },
            Stand::Two => { (glyph("two")) "Two different marks" },
            _ => {
                @if one.stand == Stand::NotHere { b { "Not here" } br; }
                @if let Some(with) = &one.left { b { "Left with " (with) } br; }
                @match own {
                    Some(mark) => {
                        (glyph(match mark.state { "saved" => "saved", "waits" => "after", "refused" => "refused", _ => "tick" }))
                        (mark.words)
                    },
                    None => { (glyph("blank")) "No mark yet" },
                }
            },
        }
        @if one.stand == Stand::Blank && one.row.words.iter().any(|words| words == "not expected") { br; "Not expected today" }
    }
}

/// The head count of a trip.
pub(super) fn count(app: &App, open: &Open, register: &Register) -> Markup {
    let Some(counting) = open.counting(register) else {
        return html! { (header(app, open, "Count", "")) main { p.empty { "This trip is not on this tablet yet." } } };
    };
    let plain = open.plain_code(register);
    let of = counting.group.as_ref().map_or("Everybody", |group| &group.name);
    let in_groups = open
        .trip(register)
        .is_some_and(|view| view.plan().is_some_and(|plan| !plan.groups().is_empty()));
    let mut under = format!("{} · {}", title(open, register), half(register.session));
    if in_groups {
        under = format!("{of} · {under}");
    }
    let suspects: Vec<_> = if counting.unmarked.is_empty() {
        &counting.ticked
    } else {
        &counting.unmarked
    }
    .iter()
    .collect();
    html! {
        (header(app, open, "Count heads", &under))
        main.split {
            div.informs {
                (problem(open.problem.as_deref()))
                div.count {
                    p { b.big.num { @match counting.found { Some(found) => (found), None => "–" } }
                        " " span.of { "of " (counting.expected()) } }
                    div.facts {
                        p { (counting.ticked.len()) " ticked, " (counting.unmarked.len()) " with no mark yet" }
                        @if !counting.apart.is_empty() { p.soft { (counting.apart.len()) " not here or left: not counted" } }
                    }
                }
                @if counting.agrees() {
                    p.note.ok role="status" { (glyph("tick")) b { "They agree." } }
                } @else if counting.found.is_some() {
                    div.alarm role="alert" {
                        p { b { (counting.difference()) } }
                        p { "Count again, or tick who is missing. Nobody is marked by this count." }
                    }
                    ul.suspects {
                        @for pupil in &suspects {
                            li { button type="button" class=(if open.missing.contains(pupil) { "btn on" } else { "btn" })
                                aria-pressed=(open.missing.contains(pupil))
                                data-do=(Action::Missing(register.clone(), **pupil).encode()) { (open.name(**pupil)) } }
                        }
                    }
                }
            }
            div.acts {
                (keys(&html! { span {} }))
            }
        }
        footer.bar {
            @if counting.agrees() && !counting.unmarked.is_empty() {
                (button(&Action::SaveCount(register.clone()), "grow", "Save count only"))
                (button(&Action::MarkRest(register.clone()), "go", html! { "Mark " (counting.unmarked.len()) " as " (plain) }))
            } @else if counting.found.is_some() {
                (button(&Action::SaveCount(register.clone()), "go", "Save count"))
            } @else {
                (button(&Action::Back, "grow", "Back to the list"))
            }
        }
    }
}

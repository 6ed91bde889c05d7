//! Every change of a mark, in order, for good.

use std::fmt::Write;

use daymark_core::fold::Amendment;
use daymark_core::ids::EntryId;
use daymark_core::session::Date;
use daymark_tablet::words as say;
use maud::{Markup, html};

use super::super::parts::{chip, day, glyph, go, half, moment_of};
use super::Shown;
use super::parts::{chip_or, count, pupil_link, sign_offs};
use crate::action::{Action, File, Screen, Span};
use crate::brain::{Open, monday};

/// The beginning of an entry's own number, as people compare it.
pub(super) fn check_value(entry: EntryId) -> String {
    let text = entry.to_string().to_uppercase();
    format!(
        "{} {}",
        text.get(..4).unwrap_or_default(),
        text.get(4..8).unwrap_or_default()
    )
}

fn dates(span: Span) -> impl Iterator<Item = Date> {
    (span.from.days()..=span.to.days()).map(Date::from_days)
}

/// Whether it is of the class, the person and the sessions that are looked at.
fn is_wanted(open: &Open, amendment: &Amendment) -> bool {
    let filter = &open.office.ledger;
    let cell = amendment.cell;
    let class_fits = || {
        let brief = open.tablet.replica().brief();
        let mut pupils = brief.into_iter().flat_map(|brief| &brief.pupils);
        pupils.any(|pupil| pupil.number == cell.pupil && pupil.class.as_str() == filter.class)
    };
    let person = filter.person.to_lowercase();
    let after = || {
        let signed = sign_offs(open, cell.date, cell.session);
        signed
            .iter()
            .any(|signed| signed.stamp.shown_at() <= amendment.amended_at)
    };
    (filter.class.is_empty() || class_fits())
        && (person.is_empty() || amendment.person.name.to_lowercase().contains(&person))
        && (!filter.after || after())
}

/// Which amendments these are, in words, for who holds the paper.
fn filter_line(open: &Open, span: Span) -> String {
    let filter = &open.office.ledger;
    let mut line = format!("{} to {}", day(span.from), day(span.to));
    for (words, wanted) in [
        ("class", &filter.class),
        ("pupil", &open.search),
        ("person", &filter.person),
    ] {
        if !wanted.is_empty() {
            let _ = write!(line, " · {words} {wanted}");
        }
    }
    if filter.after {
        line.push_str(" · after sign-off");
    }
    line
}

/// How many of how many, and how far this tablet has checked the school's log.
fn check_line(open: &Open, shown: usize, all: usize) -> Markup {
    let log = open.tablet.replica().log().ok();
    let doubted = log.is_some_and(|log| log.doubt().is_some());
    let last = log.and_then(|log| log.last()).filter(|_| !doubted);
    html! {
        p.small.check { (shown) " of " (count(all, "amendment")) " of these days. "
            @match last {
                Some(last) => { "This tablet checked the school's log up to " (last.head().size.0) " changes: " code { (last.head().root.to_base64()) } "." },
                None if doubted => "The school's log does not go on from what this tablet had checked: ask the office.",
                None => "This tablet has not checked the school's log yet.",
            }
        }
    }
}

pub(super) fn page(open: &Open, span: Span) -> Shown {
    let replica = open.tablet.replica();
    let mut all: Vec<Amendment> = Vec::new();
    for date in dates(span) {
        if replica
            .documents()
            .any(|document| document.id().date() == Some(date))
        {
            all.extend(replica.day(date).amendments());
        }
    }
    all.sort_by_key(|amendment| (amendment.amended_at, amendment.entry));
    let wanted = open.search.to_lowercase();
    let shown: Vec<(usize, &Amendment)> = all
        .iter()
        .enumerate()
        .map(|(place, amendment)| (place + 1, amendment))
        .filter(|(_, amendment)| {
            wanted.is_empty() || open.name(amendment.cell.pupil).to_lowercase().contains(&wanted)
        })
        .filter(|(_, amendment)| is_wanted(open, amendment))
        .rev()
        .collect();
    let mut classes: Vec<String> = open
        .on_roll(span.to)
        .iter()
        .map(|pupil| pupil.class.to_string())
        .collect();
    classes.dedup();
    let policy = replica.policy();
    let held = |date: &Date| {
        *date <= open.today()
            && daymark_core::session::Session::ALL
                .iter()
                .any(|session| policy.may_be_held(*date, *session))
    };
    let unknown: Vec<Date> = dates(span)
        .filter(held)
        .filter(|date| replica.fetched(*date).is_none())
        .collect();
    let today = open.today();
    let week = Span {
        from: monday(today),
        to: today,
    };
    let month = Span {
        from: today.minus(27).unwrap_or(today),
        to: today,
    };
    Shown {
        title: match shown.len() {
            0 => "No amendments.".to_owned(),
            many => format!("{}.", count(many, "amendment")),
        },
        lead: html! { p { "Every change to the register from " (day(span.from)) " to " (day(span.to)) ", numbered, in order, for good." } },
        acts: html! {
            button.btn type="button" data-print { "Print these " (shown.len()) }
            form data-do=(Action::Save(File::Amendments).encode()) {
                input type="hidden" name="from" value=(span.from);
                input type="hidden" name="to" value=(span.to);
                button.btn type="submit" { "Save as CSV" }
            }
        },
        main: html! {
            form.flt.noprint data-do=(Action::PickDays.encode()) data-live data-auto {
                @for (words, one) in [("This week", week), ("4 weeks", month)] {
                    button type="button" class=(if one == span { "btn on" } else { "btn" }) aria-pressed=(one == span)
                        data-do=(Action::Turn(Screen::Amendments(one)).encode()) { (words) }
                }
                label { "From " input type="date" name="from" value=(span.from); }
                label { "to " input type="date" name="to" value=(span.to); }
                label { "Pupil " input type="search" name="text" value=(open.search) autocomplete="off"; }
                label { "Class " select name="class" { option value="" { "All" }
                    @for class in &classes { option value=(class) selected[*class == open.office.ledger.class] { (class) } } } }
                label { "Person " input type="search" name="person" value=(open.office.ledger.person) autocomplete="off"; }
                label.tick { input type="checkbox" name="after" value="yes" checked[open.office.ledger.after]; " After sign-off" }
                span.grow {}
                span.soft { "newest first" }
            }
            p.onpaper { @if let Some(brief) = replica.brief() { b { (brief.school_name) } " · " } "Amendments · " (filter_line(open, span)) " · printed " (moment_of(open, open.now_ms.div_euclid(1000))) }
            @if let (Some(first), Some(last)) = (unknown.first(), unknown.last()) {
                p.note { (glyph("offline")) (count(unknown.len(), "day")) " from " (day(*first)) " to " (day(*last)) " are not on this tablet yet: they come with the next contact." }
            }
            section.panel { table.tbl.ledger {
                caption.vh { "Amendments" }
                thead { tr { @for head in ["No.", "Pupil", "Session", "Was", "Now", "Why", "When", "Who and position", "Check"] { th scope="col" { (head) } } } }
                tbody {
                    @for (number, amendment) in &shown {
                        tr {
                            td.no.num { (number) }
                            th scope="row" { (pupil_link(open, amendment.cell.pupil, Some((amendment.cell.date, amendment.cell.session)))) }
                            td.num { (day(amendment.cell.date)) " " (half(amendment.cell.session)) }
                            td { span.wn { @for original in &amendment.originals {
                                @match (original.code, original.known) {
                                    (Some(code), _) => (chip(code, "s")),
                                    (None, true) => span.soft { "no mark" },
                                    (None, false) => span.soft { "not here" },
                                }
                            } } }
                            td { (chip_or(amendment.amended, "no mark")) }
                            td.why { (amendment.reason.as_deref().unwrap_or("no reason given"))
                                @if !amendment.in_force && amendment.irregular.is_empty() { br; span.tag { (glyph("after")) (say::AFTER_SIGN_OFF) } }
                                @for why in &amendment.irregular { br; span.tag { "does not count: " (why) } } }
                            td.num { (moment_of(open, amendment.amended_at)) }
                            td { b { (amendment.person.name) } br; span.soft { (amendment.person.position) } }
                            td { code title=(amendment.entry) { (check_value(amendment.entry)) } }
                        }
                    }
                }
            } @if shown.is_empty() { p.empty { "A change of a mark appears here by itself, with what it was." } } }
            (check_line(open, shown.len(), all.len()))
            p.small.soft.noprint { "The check value is the beginning of the entry's own number: anybody can compare it with a file of evidence. " (go(Screen::Exports, "quiet", "Files")) }
        },
    }
}

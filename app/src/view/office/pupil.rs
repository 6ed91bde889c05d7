//! Finding a pupil, their marks by week, and the whole history of one mark, where it is amended.

use std::collections::{BTreeMap, BTreeSet};

use daymark_core::entry::Entry;
use daymark_core::fold::DayFold;
use daymark_core::ids::{EntryId, PupilNumber};
use daymark_core::session::{Cell, Date, Session};
use daymark_tablet::words as say;
use maud::{Markup, html};

use super::super::parts::{chip, day, field, glyph, go, half, meaning, submit};
use super::Shown;
use super::amendments::check_value;
use super::parts::{Stand, beside, chip_or, codes, count, made};
use crate::action::{Action, File, Screen};
use crate::brain::{AMEND_WHYS, Open, monday};

/// How many pupils a search shows.
const SHOWN_MAX: usize = 60;

pub(super) fn list(open: &Open) -> Shown {
    let wanted = open.search.to_lowercase();
    let all = open.on_roll(open.today());
    let found: Vec<_> = all
        .iter()
        .filter(|pupil| {
            let text = format!("{} {} {}", pupil.name, pupil.class, pupil.number).to_lowercase();
            wanted.split_whitespace().all(|word| text.contains(word))
        })
        .collect();
    Shown {
        title: if wanted.is_empty() {
            format!("{} on roll.", count(all.len(), "pupil"))
        } else {
            format!("{} found.", count(found.len(), "pupil"))
        },
        lead: html! { p { "By name, class or number." } },
        acts: html! {},
        main: html! {
            form.flt data-do=(Action::Search.encode()) data-live {
                label.field.grow { span { "Find a pupil" } input type="search" name="text" value=(open.search) autocomplete="off"; }
            }
            ul.found {
                @for pupil in found.iter().take(SHOWN_MAX) {
                    li { (go(Screen::Pupil(pupil.number, None), "", html! { (pupil.name) " " span.soft { (pupil.class) " · " (pupil.number) } })) }
                }
            }
            @if found.len() > SHOWN_MAX { p.soft { "and " (found.len() - SHOWN_MAX) " more: type more of the name." } }
            @if found.is_empty() { p.empty { "Nobody of that name is on this tablet." } }
        },
    }
}

/// The dates of which this tablet holds something of a pupil or was told all.
fn dates(open: &Open) -> BTreeSet<Date> {
    let replica = open.tablet.replica();
    let mut dates: BTreeSet<Date> = replica
        .documents()
        .filter_map(|document| document.id().date())
        .collect();
    dates.extend(replica.taps().map(|entry| entry.cell.date));
    dates.insert(open.today());
    dates
}

pub(super) fn page(open: &Open, pupil: PupilNumber, cell: Option<(Date, Session)>) -> Shown {
    let replica = open.tablet.replica();
    let mut dates = dates(open);
    dates.extend(cell.map(|(date, _)| date));
    let mut weeks: BTreeMap<Date, Vec<DayFold>> = BTreeMap::new();
    for date in dates {
        let fold = replica.day_of(date, &[pupil].into());
        weeks.entry(monday(date)).or_default().push(fold);
    }
    let listed = replica
        .brief()
        .and_then(|brief| brief.pupils.iter().find(|one| one.number == pupil));
    let (first, last) = (weeks.keys().next().copied(), open.today());
    Shown {
        title: open.name(pupil),
        lead: html! { p { @if let Some(listed) = listed { (listed.class) " · " } "Number " (pupil)
        ". Press a mark for its whole history." } },
        acts: html! {
            @for (file, words) in [(File::Pupil(pupil), "Print the register"), (File::Evidence(pupil), "File of evidence")] {
                form data-do=(Action::Save(file).encode()) {
                    @if let Some(first) = first { input type="hidden" name="from" value=(first); }
                    input type="hidden" name="to" value=(last);
                    button.btn type="submit" { (words) }
                }
            }
        },
        main: html! {
            div.cols {
                section.panel {
                    @for (first, days) in weeks.iter().rev() { (week(open, pupil, *first, days, cell)) }
                    p.small.soft { "The weeks that are on this tablet. Earlier ones come with the next contact." }
                }
                aside.stack {
                    @match cell {
                        Some((date, session)) => (history(open, Cell { date, session, pupil })),
                        None => section.card { h2 { "History" } p.soft { "Press a mark. Every entry of that session appears here, the newest first." } },
                    }
                }
            }
        },
    }
}

fn week(
    open: &Open,
    pupil: PupilNumber,
    first: Date,
    days: &[DayFold],
    shown: Option<(Date, Session)>,
) -> Markup {
    let policy = open.tablet.replica().policy();
    let of = |date: Date| days.iter().find(|fold| fold.date() == date);
    let dates: Vec<Date> = (0..7)
        .filter_map(|after| first.plus(after))
        .filter(|date| {
            date.days() - first.days() < 5 || of(*date).is_some_and(|fold| !fold.entries().is_empty())
        })
        .collect();
    html! {
        table.weeks {
            caption { "Week of " (day(first)) }
            thead { tr { td {} @for date in &dates { th scope="col" { (day(*date)) } } } }
            tbody {
                @for session in Session::ALL {
                    tr {
                        th scope="row" { (half(session)) }
                        @for date in &dates {
                            td { @if let Some(fold) = of(*date).filter(|_| policy.may_be_held(*date, session)) {
                                @let cell = Cell { date: *date, session, pupil };
                                @let is_on = shown == Some((*date, session));
                                button type="button" class=(if is_on { "cell on" } else { "cell" }) aria-pressed=(is_on)
                                    aria-label=(label(fold, &cell))
                                    data-do=(Action::Turn(Screen::Pupil(pupil, Some((*date, session)))).encode()) { (mark(fold, &cell)) }
                            } @else { span.soft { "–" } } }
                        }
                    }
                }
            }
        }
    }
}

fn label(fold: &DayFold, cell: &Cell) -> String {
    let at = format!("{} {}", day(cell.date), half(cell.session));
    match Stand::of(fold, cell) {
        Stand::Blank => format!("{at}: {}", say::BLANK),
        Stand::Two => format!("{at}: {}", say::DISPUTED),
        Stand::Code(code) => format!("{at}: {}", meaning(code)),
    }
}

fn mark(fold: &DayFold, cell: &Cell) -> Markup {
    html! {
        @match Stand::of(fold, cell) {
            Stand::Blank => span.chip.s.empty-box {},
            Stand::Two => span.chip.s.two { "!" },
            Stand::Code(code) => (chip(code, "s")),
        }
        @if fold.cell(cell).is_some_and(|folded| !folded.proposals.is_empty()) { (glyph("after")) }
        @if fold.history(cell).len() > 1 { span.dot-more aria-hidden="true" {} }
    }
}

fn history(open: &Open, cell: Cell) -> Markup {
    let fold = open.tablet.replica().day_of(cell.date, &[cell.pupil].into());
    let mut entries = fold.history(&cell);
    entries.reverse();
    html! {
        section.card.history {
            h2 { (day(cell.date)) " " (half(cell.session)) }
            @if entries.is_empty() { p { (say::BLANK) "." } }
            ol {
                @for (id, entry) in &entries {
                    li {
                        div.row.wrap { (chip_or(entry.code, "Mark taken back")) b { (state(&fold, &cell, *id)) } }
                        @if !entry.supersedes.is_empty() { p { "In place of " (replaced(&fold, entry)) "." } }
                        (made(open, entry))
                        @for by in entries.iter().filter(|(_, later)| later.supersedes.contains(id)) {
                            p.soft { "Replaced by " (by.1.code.map_or_else(|| "no mark".to_owned(), |code| code.to_string())) ", " (by.1.person) "." }
                        }
                        @for found in fold.cell(&cell).into_iter().flat_map(|folded| &folded.irregular).filter(|found| found.entry == *id) {
                            p.tag { @if found.why.moves_nothing() { "does not count: " } (found.why) }
                        }
                        p.small.soft { "Check value " code title=(id) { (check_value(*id)) } }
                    }
                }
            }
        }
        @if open.may_write() { (amend(open, cell, entries.is_empty())) }
    }
}

fn state(fold: &DayFold, cell: &Cell, id: EntryId) -> String {
    let Some(folded) = fold.cell(cell) else {
        return String::new();
    };
    let waits = folded.proposals.iter().any(|one| one.entry == id);
    match () {
        () if waits => say::AFTER_SIGN_OFF.to_owned(),
        () if folded.candidates.contains(&id) => {
            say::standing(&folded.standing).unwrap_or_else(|| "Stands".to_owned())
        }
        () => "Does not stand any more".to_owned(),
    }
}

fn replaced(fold: &DayFold, entry: &Entry) -> String {
    let was = entry.supersedes.iter().map(|id| match fold.entry(id) {
        Some(before) => {
            let code = before
                .code
                .map_or_else(|| "no mark".to_owned(), |code| code.to_string());
            format!("{code} of {}", before.person.name)
        }
        None => "an entry that is not here".to_owned(),
    });
    was.collect::<Vec<_>>().join(" and ")
}

fn amend(open: &Open, cell: Cell, is_first: bool) -> Markup {
    html! {
        section.card {
            h2 { (if is_first { "Mark" } else { "Amend" }) }
            form.stack data-do=(Action::Amend(cell.date, cell.session, cell.pupil).encode()) {
                (codes(open, cell.date, cell.session))
                (beside(open, cell.date))
                fieldset.chips {
                    legend { "Why?" }
                    @for why in AMEND_WHYS {
                        label.pick { input.vh type="radio" name="reason" value=(why); span.btn { (why) } }
                    }
                }
                (field("other", "Or in words", "text", ""))
                p.soft { "The earlier entries stay. Signed " b { (open.person.name) } ", " (open.person.position) "." }
                (submit("go", "Save"))
            }
        }
    }
}

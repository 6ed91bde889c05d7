//! Files out, and the roster in. The school's server makes and reads them.

use daymark_tablet::words as say;
use maud::{Markup, html};

use super::super::parts::{button, field, glyph, go, moment_of, submit};
use super::Shown;
use super::parts::count;
use crate::action::{Action, File, Screen};
use crate::brain::{Imported, Open, PlanRow, monday};

/// How many rows of an answer are shown.
const ROWS_MAX: usize = 40;

pub(super) fn exports(open: &Open) -> Shown {
    let today = open.today();
    let from = monday(today);
    let mut classes: Vec<String> = open
        .on_roll(today)
        .iter()
        .map(|pupil| pupil.class.to_string())
        .collect();
    classes.dedup();
    let span = html! {
        (field("from", "From", "date", &from.to_string()))
        (field("to", "To", "date", &today.to_string()))
    };
    Shown {
        title: "Files".to_owned(),
        lead: html! { p { "The school's server makes them, so this needs a signal. A pupil's own page and file of evidence are on the pupil's page." } },
        acts: html! { @if open.may_write() { (go(Screen::Import, "", "Import pupils or staff")) } },
        main: html! {
            @if open.remote.is_asking { p.note role="status" { (glyph("sending")) "Asking the school." } }
            section.card { h2 { "The ledger" } (ledger(open))
                (button(&Action::CheckLedger, "", "Check it now")) }
            div.tiles-wide {
                section.card { h2 { "Marks" } p.soft { "A table for the school's information system." }
                    form.stack data-do=(Action::Save(File::Marks).encode()) { (span) (submit("", "Save the marks")) } }
                section.card { h2 { "Amendments" } p.soft { "Every change with its six parts." }
                    form.stack data-do=(Action::Save(File::Amendments).encode()) { (span) (submit("", "Save the amendments")) } }
                section.card { h2 { "Printed register" } p.soft { "A class for the week, to print." }
                    form.stack data-do=(Action::Save(File::Register).encode()) {
                        (field("from", "A day of the week", "date", &from.to_string()))
                        label.field { span { "Class" } select name="class" { @for class in &classes { option value=(class) { (class) } } } }
                        (submit("", "Save the register")) } }
                @if open.may_write() { (super::sheet::start(open, &classes)) }
                section.card { h2 { "Common transfer file" } p.soft { "Totals of attendance, for another school." }
                    form.stack data-do=(Action::Save(File::Ctf).encode()) {
                        (field("sequence", "Running number of the files to that school", "number", "1"))
                        (field("school", "Where it goes, such as 820/1234; empty where it is not known", "text", ""))
                        (field("year", "School year by the year in which it begins; empty for this one", "number", ""))
                        (submit("", "Save the transfer file")) }
                    @if !open.remote.left_out.is_empty() {
                        p { "Not in the last file:" }
                        ul.plain { @for out in &open.remote.left_out { li { (out.name) " (" (out.pupil) "): " (out.remedy) } } }
                    } }
            }
        },
    }
}

/// What the last check of the ledger said, and when; nothing is said that was not checked.
fn ledger(open: &Open) -> Markup {
    html! {
        @match &open.remote.checked {
            None => p.soft { "Not checked from this tablet since it was unlocked. The school's server reads every record again, and compares it with the ledger." },
            Some((at_ms, Ok(words))) => p { (glyph("tick")) "Ledger checked " (moment_of(open, at_ms.div_euclid(1000))) ": good, " (words) "." },
            Some((at_ms, Err(why))) => p.note.fail role="alert" { (glyph("refused")) "Ledger checked " (moment_of(open, at_ms.div_euclid(1000))) ": it does not hold. " (why) },
        }
    }
}

pub(super) fn import(open: &Open) -> Shown {
    Shown {
        title: "Import pupils or staff".to_owned(),
        lead: html! { p { "Try it first: the school's server says what would change, and changes nothing. Nobody is ever deleted by a file." } },
        acts: html! { (go(Screen::Exports, "quiet", "Files")) },
        main: html! {
            @if !open.may_write() { p.note { "The office imports. This tablet reads." } }
            @else {
                div.cols {
                    section.stack {
                        @for (staff, words) in [(false, "Pupils"), (true, "Staff")] {
                            form.card.stack data-file="text" data-do=(Action::Import { staff, dry_run: true }.encode()) {
                                h2 { (words) }
                                (field("file", "The file, as the school's system exports it", "file", ""))
                                div.row.wrap {
                                    button.btn type="submit" { "Try it" span.vh { ": " (words) } }
                                    @let is_tried = open.remote.imported.as_ref().is_some_and(|imported| imported.staff == staff && imported.dry_run);
                                    @if is_tried {
                                        button.btn.go type="submit" data-do=(Action::Import { staff, dry_run: false }.encode()) { "Import for good" }
                                    }
                                }
                            }
                        }
                    }
                    aside.stack {
                        @if open.remote.is_asking { p.note role="status" { (glyph("sending")) "Asking the school." } }
                        @match &open.remote.imported {
                            None => section.card { h2 { "The answer" } p.soft { "What the school's server says of the file appears here." } },
                            Some(imported) => (answer(imported)),
                        }
                    }
                }
            }
        },
    }
}

fn answer(imported: &Imported) -> Markup {
    let plan = &imported.plan;
    let what = if imported.staff { "staff" } else { "pupils" };
    html! {
        section.card {
            h2 { @if imported.dry_run { "If it is imported (" (what) ")" } @else { (glyph("tick")) "Imported (" (what) ")" } }
            p { (count(plan.rows, "row")) " read: " b { (plan.adds.len()) " new, " (plan.changes.len()) " changed, " (plan.unchanged) " as before, " (plan.refusals.len()) " refused" } "." }
            @if !plan.refusals.is_empty() {
                h3 { "Refused: these rows stay out" }
                ul.plain { @for refused in plan.refusals.iter().take(ROWS_MAX) { li { "Row " (refused.row) ", " (refused.field) " “" (refused.value) "”: " (refused.remedy) } } }
            }
            (rows("New", &plan.adds))
            (rows("Changed", &plan.changes))
            (rows("Not in the file: they stay", &plan.absent))
            @if !plan.notes.is_empty() {
                h3 { "Put right" }
                ul.plain { @for note in plan.notes.iter().take(ROWS_MAX) { li { "Row " (note.row) ": " (note.text) } } }
            }
            @if !plan.unknown_columns.is_empty() { p.soft { "Columns that mean nothing here: " (plan.unknown_columns.join(", ")) "." } }
        }
    }
}

fn rows(words: &str, rows: &[PlanRow]) -> Markup {
    html! {
        @if !rows.is_empty() {
            details.more { summary { (words) ": " (rows.len()) }
                ul.plain {
                    @for row in rows.iter().take(ROWS_MAX) {
                        li { (row.name) " (" (row.id) ")"
                            @for field in &row.fields { "; " (field.field) ": " (field.old.as_deref().unwrap_or("nothing")) " to " (field.new.as_deref().unwrap_or("nothing")) } }
                    }
                    @if rows.len() > ROWS_MAX { li.soft { "and " (say::count(rows.len() - ROWS_MAX, "more row")) } }
                }
            }
        }
    }
}

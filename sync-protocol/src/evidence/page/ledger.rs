//! What was changed, what is disputed, what came late and what is out of order.

use std::fmt::{Display, Write};

use daymark_core::fold::{Amendment, CellFold, DayFold, ProposalKind, Standing};
use daymark_core::ids::EntryId;
use daymark_core::session::Cell;

use super::View;
use super::html::{Esc, end_table, row, table, time};
use super::register::mark;

impl View<'_> {
    fn cells(&self) -> impl Iterator<Item = (&DayFold, &Cell, &CellFold)> {
        self.folds
            .iter()
            .flat_map(|fold| fold.cells().map(move |(cell, folded)| (fold, cell, folded)))
    }

    fn pupil_text(&self, cell: &Cell) -> String {
        format!("{} {}", cell.pupil, self.name(cell.pupil))
    }

    fn entry_text(&self, fold: &DayFold, id: &EntryId) -> String {
        fold.entry(id).map_or_else(
            || format!("entry {}, which is not here", id.short()),
            |entry| format!("{}: {} [{}]", mark(entry), self.made(id, entry), id.short()),
        )
    }
}

fn session(cell: &Cell) -> String {
    format!("{} {}", cell.date, cell.session)
}

/// A heading, and a table of rows or a line that says that there are none.
fn section(out: &mut String, title: &str, none: &str, headings: &[&str], rows: &[Vec<String>]) {
    let _ = writeln!(out, "<h2>{title}</h2>");
    if rows.is_empty() {
        let _ = writeln!(out, "<p>{none}</p>");
        return;
    }
    table(out, headings);
    for cells in rows {
        let cells: Vec<&dyn Display> = cells.iter().map(|cell| cell as &dyn Display).collect();
        row(out, &cells);
    }
    end_table(out);
}

pub(super) fn disputes(out: &mut String, view: &View<'_>) {
    let rows: Vec<Vec<String>> = view
        .cells()
        .filter_map(|(fold, cell, folded)| {
            let Standing::Disputed { why } = &folded.standing else {
                return None;
            };
            let marks: Vec<String> = folded
                .candidates
                .iter()
                .map(|id| view.entry_text(fold, id))
                .collect();
            let why = why.words().to_owned();
            Some(vec![session(cell), view.pupil_text(cell), why, marks.join(" / ")])
        })
        .collect();
    let headings = ["Session", "Pupil", "Why", "The marks"];
    let none = "Nothing: no pupil has two different marks that wait for a person.";
    section(out, "Disputed", none, &headings, &rows);
}

pub(super) fn after_sign_off(out: &mut String, view: &View<'_>) {
    let mut rows = Vec::new();
    for (fold, cell, folded) in view.cells() {
        for proposal in &folded.proposals {
            let effect = match proposal.kind {
                ProposalKind::Confirms => "confirms",
                ProposalKind::Differs => "differs",
            };
            let entry = view.entry_text(fold, &proposal.entry);
            rows.push(vec![
                session(cell),
                view.pupil_text(cell),
                effect.to_owned(),
                entry,
            ]);
        }
    }
    let headings = ["Session", "Pupil", "Against the register", "The mark"];
    let none = "Nothing arrived after sign-off and waits.";
    section(out, "Arrived after sign-off, and waits", none, &headings, &rows);
}

/// The ledger. It is drawn by hand, because one cell lists several originals.
pub(super) fn amendments(out: &mut String, view: &View<'_>) {
    out.push_str("<h2>Amendments</h2>\n");
    let ledger: Vec<(&DayFold, Amendment)> = view
        .folds
        .iter()
        .flat_map(|fold| {
            fold.amendments()
                .into_iter()
                .map(move |amendment| (fold, amendment))
        })
        .collect();
    if ledger.is_empty() {
        out.push_str("<p>No entry was changed.</p>\n");
        return;
    }
    table(
        out,
        &[
            "No.",
            "Session",
            "Pupil",
            "Original entry",
            "Amended entry",
            "Reason",
            "Date (UTC)",
            "Name",
            "Position",
            "Remarks",
        ],
    );
    for (place, (fold, amendment)) in ledger.iter().enumerate() {
        let cell = &amendment.cell;
        let _ = write!(
            out,
            "<tr><td>{}<td>{}<td>{}<td>",
            place + 1,
            session(cell),
            Esc(view.pupil_text(cell))
        );
        for original in &amendment.originals {
            let _ = write!(out, "<p>{}</p>", Esc(view.entry_text(fold, &original.entry)));
        }
        let amended = fold.entry(&amendment.entry).map_or_else(String::new, mark);
        let _ = write!(
            out,
            "<td>{}<td>{}<td>{}<td>{}<td>{}<td>",
            Esc(amended),
            Esc(amendment.reason.as_deref().unwrap_or("NO REASON GIVEN")),
            time(amendment.amended_at),
            Esc(&amendment.person.name),
            Esc(&amendment.person.position)
        );
        if !amendment.in_force {
            out.push_str("<p>not in force</p>");
        }
        for irregular in &amendment.irregular {
            let _ = write!(out, "<p>{}</p>", Esc(irregular));
        }
        let arrival = fold
            .entry(&amendment.entry)
            .map_or_else(String::new, |entry| view.arrival(&amendment.entry, entry));
        let _ = writeln!(out, "<p>entry {}, {}</p>", amendment.entry.short(), Esc(arrival));
    }
    end_table(out);
}

pub(super) fn irregular(out: &mut String, view: &View<'_>) {
    let mut rows = Vec::new();
    for (fold, cell, folded) in view.cells() {
        for found in &folded.irregular {
            let effect = if found.why.moves_nothing() {
                "moves nothing"
            } else {
                "remark"
            };
            let entry = view.entry_text(fold, &found.entry);
            rows.push(vec![
                session(cell),
                view.pupil_text(cell),
                found.why.to_string(),
                effect.to_owned(),
                entry,
            ]);
        }
    }
    let headings = ["Session", "Pupil", "What is out of order", "Effect", "The entry"];
    section(out, "Out of order", "No entry is out of order.", &headings, &rows);
}

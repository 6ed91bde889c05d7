//! The register: a table for each session, and for one pupil every entry ever made.

use std::collections::BTreeMap;
use std::fmt::Write;

use daymark_core::entry::Entry;
use daymark_core::fold::{DayFold, Standing};
use daymark_core::ids::{DeviceNumber, EntryId, PupilNumber};
use daymark_core::item::Item;
use daymark_core::session::{Cell, Session};

use super::View;
use super::html::{Esc, end_table, row, table, time, time_ms};
use crate::evidence::data::EvidencePupil;

impl View<'_> {
    pub(super) fn pupil(&self, number: PupilNumber) -> Option<&EvidencePupil> {
        self.pupils.get(&number).copied()
    }

    pub(super) fn name(&self, number: PupilNumber) -> &str {
        self.pupil(number)
            .map_or("not on the roster", |pupil| &pupil.name)
    }

    pub(super) fn device(&self, device: DeviceNumber) -> String {
        let named = self.devices.get(&device);
        named.map_or_else(|| format!("device {device}"), |name| (*name).to_owned())
    }

    /// When the school received an entry, through whom where that was another device, and the leaf of its change.
    pub(super) fn arrival(&self, id: &EntryId, entry: &Entry) -> String {
        let Some(arrival) = self.loaded.arrivals.get(id) else {
            return String::new();
        };
        let through = if arrival.carrier == entry.device {
            String::new()
        } else {
            format!(" through {}", self.device(arrival.carrier))
        };
        format!(
            "received {}{through}, leaf {}",
            time_ms(arrival.received_at),
            arrival.leaf
        )
    }

    /// Who made an entry and when.
    pub(super) fn made(&self, id: &EntryId, entry: &Entry) -> String {
        format!(
            "{}; {}, {}, clock {}; {}",
            entry.person,
            time(entry.recorded_at),
            self.device(entry.device),
            clock(entry),
            self.arrival(id, entry)
        )
    }
}

/// What the device knew of its clock when the entry was made.
fn clock(entry: &Entry) -> String {
    let Some(check) = entry.clock else {
        return "not checked".to_owned();
    };
    let doubt = check.doubt_ms.div_ceil(1000);
    match check.offset_ms / 1000 {
        0 => format!("right to {doubt} s"),
        slow @ 1.. => format!("{slow} s slow, to {doubt} s"),
        fast => format!("{} s fast, to {doubt} s", fast.unsigned_abs()),
    }
}

/// What a session amounts to.
fn standing_text(standing: &Standing) -> String {
    match standing {
        Standing::Disputed { why } => format!("disputed: {}", why.words()),
        other => other.to_string(),
    }
}

/// A code and what was recorded beside it.
pub(super) fn mark(entry: &Entry) -> String {
    let mut text = entry
        .code
        .map_or_else(|| "no mark".to_owned(), |code| code.to_string());
    let particulars = &entry.particulars;
    if let Some(arrived) = particulars.arrived_at {
        let _ = write!(text, ", arrived {arrived}");
    }
    if let Some(nature) = &particulars.nature {
        let _ = write!(text, ", {nature}");
    }
    if let Some(visit) = &particulars.visit {
        let _ = write!(text, ", supervised by {}", visit.supervisor);
    }
    if let Some(comment) = &particulars.comment {
        let _ = write!(text, " ({comment})");
    }
    text
}

pub(super) fn register(out: &mut String, view: &View<'_>) {
    out.push_str("<h2>The register</h2>\n");
    if view.folds.is_empty() {
        out.push_str("<p>Nothing is recorded in this period.</p>\n");
    }
    for fold in view.folds {
        for session in Session::ALL {
            of_session(out, view, fold, session);
        }
    }
}

fn of_session(out: &mut String, view: &View<'_>, fold: &DayFold, session: Session) {
    let date = fold.date();
    let _ = writeln!(out, "<h3>{date} {session}</h3>");
    sign_offs(out, view, fold, session);
    let marked = fold.cells().map(|(cell, _)| *cell);
    let marked = marked
        .filter(|cell| cell.session == session)
        .map(|cell| cell.pupil);
    let on_roll = view
        .evidence
        .pupils
        .iter()
        .filter(|pupil| pupil.on_roll(date) && view.evidence.question.is_about(pupil.number));
    let mut pupils: BTreeMap<(&str, &str, PupilNumber), Cell> = BTreeMap::new();
    for number in on_roll.map(|pupil| pupil.number).chain(marked) {
        let pupil = view.pupil(number);
        let class = pupil.map_or("", |pupil| pupil.class.as_str());
        let cell = Cell {
            date,
            session,
            pupil: number,
        };
        pupils.insert((class, view.name(number), number), cell);
    }
    table(
        out,
        &[
            "Class",
            "No.",
            "Pupil",
            "Register",
            "Recorded by, when (UTC, by the device&#39;s clock), received",
        ],
    );
    for ((class, name, number), cell) in pupils {
        let folded = fold.cell(&cell);
        let standing = folded.map_or(&Standing::Blank, |folded| &folded.standing);
        let _ = write!(
            out,
            "<tr><td>{}<td>{number}<td>{}<td>{}<td>",
            Esc(class),
            Esc(name),
            Esc(standing_text(standing))
        );
        for id in folded.into_iter().flat_map(|folded| &folded.candidates) {
            if let Some(entry) = fold.entry(id) {
                let _ = write!(out, "<p>{}: {}</p>", Esc(mark(entry)), Esc(view.made(id, entry)));
            }
        }
        out.push('\n');
    }
    end_table(out);
}

/// Who signed the session off, and when.
fn sign_offs(out: &mut String, view: &View<'_>, fold: &DayFold, session: Session) {
    let sheets = view.loaded.documents.values();
    let sheets = sheets.filter(|document| document.id().date() == Some(fold.date()));
    for (_, item) in sheets.flat_map(daymark_core::document::Document::items) {
        let Item::SignOff(statement) = item else { continue };
        if statement.body.session != session {
            continue;
        }
        let stamp = &statement.stamp;
        let _ = writeln!(
            out,
            "<p>Signed off by {}; {}, {}.</p>",
            Esc(&stamp.person),
            time(stamp.recorded_at),
            Esc(view.device(stamp.device))
        );
    }
}

/// For one pupil: every entry, also those that others replaced.
pub(super) fn history(out: &mut String, view: &View<'_>) {
    let Some(pupil) = view.evidence.question.pupil else {
        return;
    };
    out.push_str("<h2>Every entry about this pupil</h2>\n");
    table(
        out,
        &[
            "Session",
            "Entry",
            "Made under",
            "Recorded by, when (UTC, by the device&#39;s clock), received",
            "Entry number",
        ],
    );
    for fold in view.folds {
        for session in Session::ALL {
            let cell = Cell {
                date: fold.date(),
                session,
                pupil,
            };
            for (id, entry) in fold.history(&cell) {
                let when = format!("{} {session}", fold.date());
                row(
                    out,
                    &[
                        &when,
                        &mark(entry),
                        &entry.duty,
                        &view.made(&id, entry),
                        &id.short(),
                    ],
                );
            }
        }
    }
    end_table(out);
}

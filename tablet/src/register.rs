//! The register as a screen shows it: a row for each pupil, with the state of every mark in the school's words.

use std::collections::{BTreeMap, BTreeSet};

use daymark_core::document_id::DocumentId;
use daymark_core::entry::Duty;
use daymark_core::fold::{CellFold, DayFold};
use daymark_core::ids::{EntryId, PupilNumber};
use daymark_core::item::Item;
use daymark_core::rules::RegisterPolicy;
use daymark_core::session::{Cell, Date, Session};
use daymark_core::trip::TripSession;
use daymark_sync_protocol::client::{Replica, SendState};
use serde::Serialize;

use crate::{people, trips, words};

/// One pupil's session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Who.
    pub pupil: PupilNumber,
    /// Their name, where this tablet knows it.
    pub name: String,
    /// The code that stands here; none where none does, or where two differ.
    pub code: Option<String>,
    /// The marks that stand, by whom, and where each is on its way.
    pub marks: Vec<MarkShown>,
    /// The state in words.
    pub words: Vec<String>,
    /// Whether a mark stands that explains where the child is.
    pub accounted_for: bool,
}

/// One mark of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MarkShown {
    /// The entry's id.
    pub entry: EntryId,
    /// The code; none where a mark was taken back.
    pub code: Option<String>,
    /// Name and position of the person.
    pub by: String,
    /// Under which duty.
    pub duty: Duty,
    /// `saved`, `received`, `waits` or `refused`.
    pub state: &'static str,
    /// The same in words.
    pub words: String,
}

/// The rows of a duty and session: its list, and whoever else has a mark there.
pub fn rows(replica: &Replica, date: Date, session: Session, duty: &Duty) -> Vec<Row> {
    let day = replica.day(date);
    let mut pupils: BTreeSet<PupilNumber> = day
        .entries()
        .values()
        .filter(|entry| entry.cell.session == session && (*duty == Duty::Office || entry.duty == *duty))
        .map(|entry| entry.cell.pupil)
        .collect();
    let brief = replica.brief();
    let mut left = BTreeMap::new();
    match duty {
        Duty::Class(class) => pupils.extend(
            brief
                .into_iter()
                .flat_map(|brief| &brief.pupils)
                .filter(|pupil| pupil.class == *class)
                .map(|pupil| pupil.number),
        ),
        Duty::Trip(trip) => {
            if let Some(view) = replica.trip(&DocumentId::Trip(*trip)) {
                pupils.extend(trips::listed(&view));
                left = view.away_in(TripSession { date, session });
            }
        }
        Duty::Office => pupils.extend(
            brief
                .into_iter()
                .flat_map(|brief| &brief.pupils)
                .map(|pupil| pupil.number),
        ),
        Duty::Gate => {}
    }
    let states = states(replica, date);
    let policy = replica.policy();
    let mut rows: Vec<Row> = pupils
        .into_iter()
        .map(|pupil| {
            let cell = Cell { date, session, pupil };
            let mut row = row(replica, &policy, &day, &states, cell);
            if let Some(with) = left.get(&pupil) {
                row.words.push(format!("left the group with {with}"));
            }
            row
        })
        .collect();
    rows.sort_by(|a, b| (&a.name, a.pupil).cmp(&(&b.name, b.pupil)));
    rows
}

fn row(
    replica: &Replica,
    policy: &RegisterPolicy,
    day: &DayFold,
    states: &BTreeMap<EntryId, Option<SendState>>,
    cell: Cell,
) -> Row {
    let fold = day.cell(&cell);
    let shown = fold.map(|fold| shown_ids(day, fold)).unwrap_or_default();
    let marks: Vec<MarkShown> = shown
        .iter()
        .filter_map(|id| mark_shown(day, states, *id))
        .collect();
    let mut said: Vec<String> = Vec::new();
    match fold {
        None => said.push(words::BLANK.to_owned()),
        Some(fold) => {
            said.extend(words::standing(&fold.standing));
            said.extend(
                policy
                    .question(day, &cell)
                    .map(|question| format!("{}: {question}", words::QUESTION)),
            );
            if !fold.proposals.is_empty() {
                said.push(words::AFTER_SIGN_OFF.to_owned());
            }
            let void = fold.irregular.iter().filter(|found| found.why.moves_nothing());
            said.extend(void.map(|found| format!("does not count: {}", found.why)));
        }
    }
    for mark in &marks {
        if !said.contains(&mark.words) {
            said.push(mark.words.clone());
        }
    }
    if let Some(brief) = replica.brief() {
        for fate in &brief.fates {
            let told = words::became(&fate.became);
            if shown.contains(&fate.entry) && !said.contains(&told) {
                said.push(told);
            }
        }
        let not_expected = brief
            .not_expected
            .iter()
            .any(|at| (at.date, at.session, at.pupil) == (cell.date, cell.session, cell.pupil));
        if not_expected {
            said.push("not expected".to_owned());
        }
    }
    Row {
        pupil: cell.pupil,
        name: people::pupil_name(replica, cell.pupil),
        code: fold.and_then(CellFold::code).map(|code| code.to_string()),
        marks,
        words: said,
        accounted_for: fold.is_some_and(CellFold::accounted_for),
    }
}

/// The entries of a cell that a screen shows: those that stand, those that wait, and those that count for nothing.
fn shown_ids(day: &DayFold, fold: &CellFold) -> BTreeSet<EntryId> {
    let standing = fold.candidates.iter().copied();
    let waiting = fold.proposals.iter().map(|proposal| proposal.entry);
    let void = fold
        .irregular
        .iter()
        .filter(|found| found.why.moves_nothing())
        .map(|found| found.entry);
    standing
        .chain(waiting)
        .chain(void)
        .filter(|id| {
            day.entry(id)
                .is_some_and(|entry| entry.code.is_some() || !entry.supersedes.is_empty())
        })
        .collect()
}

/// One entry as a screen shows it.
pub fn mark_shown(
    day: &DayFold,
    states: &BTreeMap<EntryId, Option<SendState>>,
    id: EntryId,
) -> Option<MarkShown> {
    let entry = day.entry(&id)?;
    let state = states.get(&id).and_then(Option::as_ref);
    Some(MarkShown {
        entry: id,
        code: entry.code.map(|code| code.to_string()),
        by: entry.person.to_string(),
        duty: entry.duty.clone(),
        state: match state {
            Some(SendState::Here | SendState::Told | SendState::Apart) => "saved",
            Some(SendState::Waits) => "waits",
            Some(SendState::Refused(_)) => "refused",
            Some(SendState::Stored | SendState::Reissued(_)) | None => "received",
        },
        words: words::on_its_way(state),
    })
}

/// Where each entry of a date is on its way; `None` is one that came from the school.
pub fn states(replica: &Replica, date: Date) -> BTreeMap<EntryId, Option<SendState>> {
    let mut states: BTreeMap<EntryId, Option<SendState>> = BTreeMap::new();
    let own: BTreeMap<_, _> = replica
        .own_changes()
        .iter()
        .filter(|own| own.document.date() == Some(date))
        .map(|own| (own.hash, &own.state))
        .collect();
    for document in replica
        .documents()
        .filter(|document| document.id().date() == Some(date))
    {
        for (change, items) in document.items_by_change() {
            let Some(state) = own.get(&change) else {
                continue;
            };
            for item in items {
                if let Ok(Item::Slip(entries)) = Item::decode(&item) {
                    states.extend(
                        entries
                            .iter()
                            .map(|entry| (entry.id(), Some(SendState::clone(state)))),
                    );
                }
            }
        }
    }
    for (own, items) in replica.apart() {
        let entries = items.into_iter().flat_map(|item| match item {
            Item::Slip(entries) => entries,
            _ => Vec::new(),
        });
        let entries = entries.filter(|entry| entry.cell.date == date);
        for entry in entries {
            // What a document holds already is as far as that is.
            states
                .entry(entry.id())
                .or_insert_with(|| Some(own.state.clone()));
        }
    }
    let taps = replica.taps().filter(|entry| entry.cell.date == date);
    states.extend(taps.map(|entry| (entry.id(), Some(SendState::Here))));
    states
}

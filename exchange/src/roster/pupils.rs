//! Pupils: what their cells must say, and what a sheet of them changes.

use std::collections::{BTreeMap, BTreeSet};

use daymark_core::ids::{ClassName, PupilNumber};
use daymark_core::roster::{Pupil, Roster, pupil_number};
use daymark_core::session::Date;
use daymark_core::upn::{Upn, UpnError};

use super::cells::{Cells, as_text, id_remedy, never, row_list};
use super::dates::{has_month_first, read_date};
use super::import::{Absentee, Field, ImportPlan, Note, People};
use super::pupil_columns::{COLUMNS, place};
use super::{Refusal, Row, Sheet};

/// For each column of dates, a row that has the month first.
struct MonthFirst<'a> {
    sheet: &'a Sheet,
}

impl MonthFirst<'_> {
    fn row(&self, column: &str) -> Option<usize> {
        let at = place(column);
        let wrong = self
            .sheet
            .rows
            .iter()
            .find(|row| row.cells[at].as_deref().is_some_and(has_month_first));
        wrong.map(|row| row.number)
    }
}

/// What every row is read against.
struct Context<'a> {
    existing: &'a Roster,
    by_upn: BTreeMap<Upn, &'a Pupil>,
    /// A row with the month first in `dob`, `start_date` and `leave_date`.
    month_first: [Option<usize>; 3],
}

/// What would become of a pupil.
struct Candidate {
    row: usize,
    pupil: Pupil,
}

pub(super) fn plan(existing: &Roster, sheet: &Sheet) -> ImportPlan {
    let mut plan = ImportPlan::new(sheet, People::Pupils(Vec::new()));
    let mut rows_of: BTreeMap<PupilNumber, Vec<(&Row, String)>> = BTreeMap::new();
    let mut read = Vec::new();
    let month_first = MonthFirst { sheet };
    let context = Context {
        existing,
        by_upn: existing
            .pupils
            .values()
            .filter_map(|pupil| Some((pupil.upn?, pupil)))
            .collect(),
        month_first: ["dob", "start_date", "leave_date"].map(|column| month_first.row(column)),
    };
    for row in &sheet.rows {
        let (number, candidate) = read_row(&context, row, &mut plan);
        if let Some((number, mis_id)) = number {
            rows_of.entry(number).or_default().push((row, mis_id));
        }
        read.extend(candidate);
    }
    let repeated = refuse_repeated_numbers(&rows_of, &mut plan.refusals);
    let mut candidates: BTreeMap<PupilNumber, Candidate> = read
        .into_iter()
        .filter(|candidate| !repeated.contains(&candidate.pupil.number))
        .map(|candidate| (candidate.pupil.number, candidate))
        .collect();
    refuse_repeated_upns(&mut candidates, &mut plan.refusals);
    refuse_taken_upns(existing, &mut candidates, &mut plan.refusals);

    let mut accepted: Vec<_> = candidates.into_values().collect();
    accepted.sort_by_key(|candidate| candidate.row);
    for Candidate { row, pupil } in &accepted {
        let old = existing
            .pupils
            .get(&pupil.number)
            .map(|old| (old.known_as(), fields(old)));
        let name = format!("{}, class {}", pupil.known_as(), pupil.class);
        plan.settle(*row, pupil.mis_id.clone(), name, old, fields(pupil));
    }
    plan.absent = existing
        .pupils
        .values()
        .filter(|pupil| !sheet.partial && !rows_of.contains_key(&pupil.number))
        .map(|pupil| Absentee {
            id: pupil.mis_id.clone(),
            name: pupil.known_as(),
            leave_date: pupil.leave_date,
        })
        .collect();
    plan.people = People::Pupils(accepted.into_iter().map(|candidate| candidate.pupil).collect());
    plan
}

/// The admission number of a row, where it has one, and its pupil, where nothing is wrong with it.
fn read_row(
    context: &Context<'_>,
    row: &Row,
    plan: &mut ImportPlan,
) -> (Option<(PupilNumber, String)>, Option<Candidate>) {
    let existing = context.existing;
    let [dob_doubt, start_doubt, leave_doubt] = context.month_first;
    let refusals_before = plan.refusals.len();
    let mut cells = Cells {
        row,
        columns: COLUMNS,
        refusals: &mut plan.refusals,
        nobody: false,
    };
    // A file that has no admission numbers, such as a CTF, is about pupils whom the roster knows by their UPNs.
    let known = cells
        .text("upn")
        .and_then(|text| text.parse().ok())
        .and_then(|upn: Upn| context.by_upn.get(&upn))
        .map(|pupil| (pupil.number, pupil.mis_id.clone()));
    let id = cells.required(
        "mis_id",
        known,
        |text| pupil_number(text).map(|id| (id, text.to_owned())),
        id_remedy,
    );
    let old = id.as_ref().and_then(|(number, _)| existing.pupils.get(number));
    let upn = cells.optional("upn", old.and_then(|old| old.upn), str::parse::<Upn>, |error| {
        upn_remedy(&error)
    });
    let surname = cells.required("surname", old.map(|old| old.surname.clone()), as_text, never);
    let forename = cells.required("forename", old.map(|old| old.forename.clone()), as_text, never);
    let preferred_forename = cells.optional(
        "preferred_forename",
        old.and_then(|old| old.preferred_forename.clone()),
        as_text,
        never,
    );
    let dob = cells.optional(
        "dob",
        old.and_then(|old| old.dob),
        |text| read_date(text, dob_doubt),
        as_remedy,
    );
    let year = cells.required("year", old.map(|old| old.year.clone()), as_text, never);
    let class = cells.required(
        "class",
        old.map(|old| old.class.clone()),
        str::parse::<ClassName>,
        id_remedy,
    );
    let family_ref = cells.optional(
        "family_ref",
        old.and_then(|old| old.family_ref.clone()),
        as_text,
        never,
    );
    let start_date = cells.optional(
        "start_date",
        old.and_then(|old| old.start_date),
        |text| read_date(text, start_doubt),
        as_remedy,
    );
    let leave_date = cells.optional(
        "leave_date",
        old.and_then(|old| old.leave_date),
        |text| read_date(text, leave_doubt),
        as_remedy,
    );
    if let (Some(first), Some(last)) = (start_date, leave_date)
        && last < first
    {
        cells.refuse(
            "leave_date",
            &last.to_string(),
            format!("it is before the start date {first}"),
        );
    }
    if let (Some(dob), Some(first)) = (dob, start_date)
        && first < dob
    {
        cells.refuse(
            "dob",
            &dob.to_string(),
            format!("it is after the start date {first}"),
        );
    }
    if let (Some(old), Some(upn), Some(dob)) = (old, upn, dob)
        && old.upn.is_some_and(|old| old != upn)
        && old.dob.is_some_and(|old| old != dob)
    {
        let remedy = format!(
            "this number belongs to {} in the roster, and both the UPN and the date of birth are others: give \
             the new pupil a number of their own, for the marks of the old one stay under it",
            old.known_as()
        );
        cells.refuse("mis_id", &cells.text("mis_id").unwrap_or_default(), remedy);
    }
    let sound = row.faults.is_empty() && plan.refusals.len() == refusals_before;
    let number = id.clone();
    let candidate = (|| {
        let ((number, typed), surname, forename, year, class) = (id?, surname?, forename?, year?, class?);
        let mis_id = match old {
            Some(old) if sound && old.mis_id.len() > typed.len() => {
                let text = format!(
                    "mis_id {typed} was taken as {}: spreadsheets drop leading zeros",
                    old.mis_id
                );
                plan.notes.push(Note {
                    row: row.number,
                    text,
                });
                old.mis_id.clone()
            }
            _ => typed,
        };
        sound.then_some(Candidate {
            row: row.number,
            pupil: Pupil {
                number,
                mis_id,
                upn,
                surname,
                forename,
                preferred_forename,
                dob,
                year,
                class,
                family_ref,
                start_date,
                leave_date,
            },
        })
    })();
    (number, candidate)
}

/// Two rows for one pupil: nobody can say which is right, so both stay out.
fn refuse_repeated_numbers(
    rows_of: &BTreeMap<PupilNumber, Vec<(&Row, String)>>,
    refusals: &mut Vec<Refusal>,
) -> BTreeSet<PupilNumber> {
    let mut repeated = BTreeSet::new();
    for (number, rows) in rows_of.iter().filter(|(_, rows)| rows.len() > 1) {
        repeated.insert(*number);
        let places = row_list(rows.iter().map(|(row, _)| row.number));
        for (row, mis_id) in rows {
            let remedy = format!("{places} have the same admission number: keep one");
            refusals.push(Refusal::new(row.number, "mis_id", mis_id, remedy));
        }
    }
    repeated
}

/// Two rows with one UPN: the same.
fn refuse_repeated_upns(candidates: &mut BTreeMap<PupilNumber, Candidate>, refusals: &mut Vec<Refusal>) {
    let mut rows_of: BTreeMap<Upn, Vec<(usize, PupilNumber)>> = BTreeMap::new();
    for candidate in candidates.values() {
        if let Some(upn) = candidate.pupil.upn {
            rows_of
                .entry(upn)
                .or_default()
                .push((candidate.row, candidate.pupil.number));
        }
    }
    for (upn, mut rows) in rows_of.into_iter().filter(|(_, rows)| rows.len() > 1) {
        rows.sort_unstable();
        let places = row_list(rows.iter().map(|(row, _)| *row));
        for (row, number) in rows {
            candidates.remove(&number);
            let remedy = format!("{places} have the same UPN: find out whose it is and correct the others");
            refusals.push(Refusal::new(row, "upn", upn.as_str(), remedy));
        }
    }
}

/// A UPN that another pupil of the roster has, and keeps. A row that is refused for it may have been the one that gave
/// its own old UPN away, so whoever claims that one is looked at again.
fn refuse_taken_upns(
    existing: &Roster,
    candidates: &mut BTreeMap<PupilNumber, Candidate>,
    refusals: &mut Vec<Refusal>,
) {
    let owners: BTreeMap<Upn, PupilNumber> = existing
        .pupils
        .values()
        .filter_map(|pupil| Some((pupil.upn?, pupil.number)))
        .collect();
    let claims: BTreeMap<Upn, PupilNumber> = candidates
        .values()
        .filter_map(|candidate| Some((candidate.pupil.upn?, candidate.pupil.number)))
        .collect();
    let mut open: Vec<Upn> = claims.keys().copied().collect();
    while let Some(upn) = open.pop() {
        let (Some(number), Some(owner)) = (claims.get(&upn), owners.get(&upn)) else {
            continue;
        };
        // One claim a UPN is left here, so an owner with a row of their own is giving it up.
        if number == owner || candidates.contains_key(owner) {
            continue;
        }
        let Some(refused) = candidates.remove(number) else {
            continue;
        };
        let holder = &existing.pupils[owner];
        let remedy = format!(
            "the roster has it for {} {}: correct one of them",
            holder.mis_id,
            holder.known_as()
        );
        refusals.push(Refusal::new(refused.row, "upn", upn.as_str(), remedy));
        open.extend(existing.pupils.get(number).and_then(|pupil| pupil.upn));
    }
}

fn as_remedy(remedy: String) -> String {
    remedy
}

/// The error without the value, which the refusal shows already.
fn upn_remedy(error: &UpnError) -> String {
    match error {
        UpnError::Length { characters, .. } => {
            format!("it has {characters} characters: a UPN has 13, such as B801200005001")
        }
        UpnError::Character {
            position,
            character,
            remedy,
            ..
        } => {
            format!("character {position} is {character:?}: {remedy}")
        }
        UpnError::CheckLetter { expected, .. } => {
            format!("the check letter of these digits is {expected}: correct the letter or the digits")
        }
    }
}

/// A pupil in the order of the columns.
fn fields(pupil: &Pupil) -> Vec<Field> {
    let date = |date: Option<Date>| date.map(|date| date.to_string());
    vec![
        ("upn", pupil.upn.map(|upn| upn.to_string())),
        ("mis_id", Some(pupil.mis_id.clone())),
        ("surname", Some(pupil.surname.clone())),
        ("forename", Some(pupil.forename.clone())),
        ("preferred_forename", pupil.preferred_forename.clone()),
        ("dob", date(pupil.dob)),
        ("year", Some(pupil.year.clone())),
        ("class", Some(pupil.class.to_string())),
        ("family_ref", pupil.family_ref.clone()),
        ("start_date", date(pupil.start_date)),
        ("leave_date", date(pupil.leave_date)),
    ]
}

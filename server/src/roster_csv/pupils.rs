//! Pupils: what their cells must say, and what a sheet of them changes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use daymark_core::ids::{ClassName, PupilNumber};
use daymark_core::roster::{Pupil, Roster, pupil_number};
use daymark_core::session::Date;
use daymark_core::upn::{Upn, UpnError};

use super::cells::{Cells, as_text, id_remedy, never, row_list};
use super::import::{Absentee, Field, ImportPlan, Note, People};
use super::table::Column;
use super::{Refusal, Row, Sheet};

const fn column(name: &'static str, also: &'static [&'static str], required: bool) -> Column {
    Column { name, also, required }
}

/// The columns, with the headers that the exports of common systems have for them.
pub(super) const COLUMNS: &[Column] = &[
    column("upn", &["uniquepupilnumber"], false),
    column(
        "mis_id",
        &["admno", "adno", "admnumber", "admissionno", "admissionnumber"],
        true,
    ),
    column(
        "surname",
        &["legalsurname", "lastname", "legallastname", "familyname"],
        true,
    ),
    column(
        "forename",
        &["legalforename", "firstname", "legalfirstname", "givenname"],
        true,
    ),
    column(
        "preferred_forename",
        &["preferredfirstname", "chosenforename", "chosenfirstname"],
        false,
    ),
    column("dob", &["dateofbirth", "birthdate"], false),
    column(
        "year",
        &["yeargroup", "ncyear", "nationalcurriculumyear", "yr"],
        true,
    ),
    column(
        "class",
        &["reg", "reggroup", "registrationgroup", "form", "tutorgroup"],
        true,
    ),
    column("family_ref", &["family", "familyid", "familynumber"], false),
    column("start_date", &["admissiondate", "dateofadmission", "doa"], false),
    column("leave_date", &["leavingdate", "dateofleaving", "dol"], false),
];

/// What would become of a pupil.
struct Candidate {
    row: usize,
    pupil: Pupil,
}

pub(super) fn plan(existing: &Roster, sheet: &Sheet) -> ImportPlan {
    let mut plan = ImportPlan::new(sheet, People::Pupils(Vec::new()));
    let mut rows_of: BTreeMap<PupilNumber, Vec<(&Row, String)>> = BTreeMap::new();
    let mut read = Vec::new();
    for row in &sheet.rows {
        let (number, candidate) = read_row(existing, row, &mut plan);
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
        .filter(|pupil| !rows_of.contains_key(&pupil.number))
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
    existing: &Roster,
    row: &Row,
    plan: &mut ImportPlan,
) -> (Option<(PupilNumber, String)>, Option<Candidate>) {
    let refusals_before = plan.refusals.len();
    let mut cells = Cells {
        row,
        columns: COLUMNS,
        refusals: &mut plan.refusals,
    };
    let id = cells.required(
        "mis_id",
        |text| pupil_number(text).map(|id| (id, text.to_owned())),
        id_remedy,
    );
    let old = id.as_ref().and_then(|(number, _)| existing.pupils.get(number));
    let upn = cells.optional("upn", old.and_then(|old| old.upn), str::parse::<Upn>, |error| {
        upn_remedy(&error)
    });
    let surname = cells.required("surname", as_text, never);
    let forename = cells.required("forename", as_text, never);
    let preferred_forename = cells.optional(
        "preferred_forename",
        old.and_then(|old| old.preferred_forename.clone()),
        as_text,
        never,
    );
    let dob = cells.optional("dob", old.and_then(|old| old.dob), read_date, as_remedy);
    let year = cells.required("year", as_text, never);
    let class = cells.required("class", str::parse::<ClassName>, id_remedy);
    let family_ref = cells.optional(
        "family_ref",
        old.and_then(|old| old.family_ref.clone()),
        as_text,
        never,
    );
    let start_date = cells.optional(
        "start_date",
        old.and_then(|old| old.start_date),
        read_date,
        as_remedy,
    );
    let leave_date = cells.optional(
        "leave_date",
        old.and_then(|old| old.leave_date),
        read_date,
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

/// A date as systems (`2016-11-03`) or people (`03/11/2016`) write it.
fn read_date(text: &str) -> Result<Date, String> {
    let english = |text: &str| {
        let mut parts = text.split('/');
        let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        let fits = parts.next().is_none()
            && digits(day, 2)
            && digits(month, 2)
            && digits(year, 4)
            && year.len() == 4;
        if !fits {
            return None;
        }
        NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    };
    let iso = || {
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()
            .filter(|_| text.len() == 10)
    };
    let date = english(text)
        .or_else(iso)
        .ok_or("it is no date: write 2016-11-03 or 03/11/2016, day first")?;
    Date::try_from(date)
        .map_err(|_| "dates from 2000-01-01 to 2179-06-06 can be kept: check the year".to_owned())
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

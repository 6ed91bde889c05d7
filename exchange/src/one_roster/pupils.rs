//! From the tables to a sheet of pupils.

use std::collections::{BTreeMap, BTreeSet};

use daymark_core::upn::Upn;

use super::ORPHANS_MAX;
use super::tables::{Line, Tables};
use crate::roster::pupil_columns::{COLUMNS, place};
use crate::roster::table::header_key;
use crate::roster::{Kind, Note, Refusal, Row, Separator, Sheet, Source};

/// The kinds of a `userIds` entry that are an admission number, as [`header_key`] makes them.
const ADMISSION_TYPES: [&str; 6] = [
    "admissionnumber",
    "admissionno",
    "admno",
    "adno",
    "misid",
    "admission",
];

/// What is known of every user from the other tables.
struct Links<'a> {
    /// How many rows each user has.
    rows_of: BTreeMap<&'a str, usize>,
    orgs: BTreeSet<&'a str>,
    /// Birth dates by the user's id.
    births: BTreeMap<&'a str, &'a str>,
    /// The classes of a user: name, and whether it is a registration group.
    classes: BTreeMap<&'a str, BTreeMap<&'a str, bool>>,
    faults: Vec<Refusal>,
}

pub(super) fn sheet(tables: &Tables) -> Sheet {
    let students: Vec<Line<'_>> = tables
        .users
        .rows()
        .filter(|row| row.cell("role").eq_ignore_ascii_case("student"))
        .collect();
    let links = links(tables);
    let mut notes = Vec::new();
    let others = tables.users.rows().count() - students.len();
    if others > 0 {
        notes.push(Note {
            row: 1,
            text: format!("{others} users are no pupils and were not read: staff come from the staff list"),
        });
    }
    let mut rows = Vec::new();
    for student in &students {
        if student.is_to_be_deleted() {
            let text = format!(
                "{} {} is marked tobedeleted, and stays: give a leaver a leave date in the list of the school's system",
                student.cell("givenName"),
                student.cell("familyName")
            );
            notes.push(Note {
                row: student.number(),
                text,
            });
        } else {
            rows.push(row(tables, &links, *student));
        }
    }
    Sheet {
        kind: Kind::Pupils,
        source: Source::OneRoster,
        file: Some(tables.users.file),
        partial: !tables.users.is_whole(),
        encoding: tables.encoding,
        separator: Separator::Comma,
        unknown_columns: tables.unknown.clone(),
        rows,
        faults: shortened(links.faults),
        notes,
    }
}

/// At most [`ORPHANS_MAX`] of them, and how many more there are.
fn shortened(mut faults: Vec<Refusal>) -> Vec<Refusal> {
    if faults.len() <= ORPHANS_MAX {
        return faults;
    }
    let more = faults.len() - ORPHANS_MAX;
    faults.truncate(ORPHANS_MAX);
    if let Some(last) = faults.last_mut() {
        last.remedy = format!(
            "{}; and {more} more rows like this, which are not shown",
            last.remedy
        );
    }
    faults
}

fn links(tables: &Tables) -> Links<'_> {
    let mut faults = Vec::new();
    let live = |row: &Line<'_>| !row.is_to_be_deleted();
    let mut users: BTreeMap<&str, usize> = BTreeMap::new();
    for user in tables.users.rows() {
        *users.entry(user.cell("sourcedId")).or_default() += 1;
    }
    let orgs: BTreeSet<&str> = tables
        .orgs
        .rows()
        .filter(live)
        .map(|row| row.cell("sourcedId"))
        .collect();
    let mut names: BTreeMap<&str, (&str, bool)> = BTreeMap::new();
    for class in tables.classes.rows().filter(live) {
        let school = class.cell("schoolSourcedId");
        if tables.orgs.is_whole() && !school.is_empty() && !orgs.contains(school) {
            let fault = Refusal::new(
                class.number(),
                "schoolSourcedId",
                school,
                "no such org in orgs.csv",
            );
            faults.push(fault.of(tables.classes.file));
        }
        let code = class.cell("classCode");
        let name = if code.is_empty() {
            class.cell("title")
        } else {
            code
        };
        let registration = class.cell("classType").eq_ignore_ascii_case("homeroom");
        names.insert(class.cell("sourcedId"), (name, registration));
    }
    let mut classes: BTreeMap<&str, BTreeMap<&str, bool>> = BTreeMap::new();
    for enrollment in tables.enrollments.rows().filter(live) {
        if !enrollment.cell("role").eq_ignore_ascii_case("student") {
            continue;
        }
        let (user, class) = (
            enrollment.cell("userSourcedId"),
            enrollment.cell("classSourcedId"),
        );
        let mut orphan = |field, value: &str, remedy: &str| {
            let fault = Refusal::new(enrollment.number(), field, value, remedy);
            faults.push(fault.of(tables.enrollments.file));
        };
        match names.get(class) {
            _ if !users.contains_key(user) => orphan(
                "userSourcedId",
                user,
                "no such user in users.csv: export users and enrolments together",
            ),
            None => orphan(
                "classSourcedId",
                class,
                "no such class in classes.csv: export classes and enrolments together",
            ),
            Some((name, registration)) => {
                classes.entry(user).or_default().insert(name, *registration);
            }
        }
    }
    let mut births = BTreeMap::new();
    for person in tables.demographics.rows().filter(live) {
        let id = person.cell("sourcedId");
        if users.contains_key(id) {
            births.insert(id, person.cell("birthDate"));
        } else {
            let remedy = "no such user in users.csv: export users and demographics together";
            let fault = Refusal::new(person.number(), "sourcedId", id, remedy);
            faults.push(fault.of(tables.demographics.file));
        }
    }
    Links {
        rows_of: users,
        orgs,
        births,
        classes,
        faults,
    }
}

fn row(tables: &Tables, links: &Links<'_>, user: Line<'_>) -> Row {
    let number = user.number();
    let mut faults = user.faults().to_vec();
    let mut cells = vec![None; COLUMNS.len()];
    let mut set = |column: &str, text: &str| cells[place(column)] = Some(text.to_owned());
    set("surname", user.cell("familyName"));
    set("forename", user.cell("givenName"));
    let numbers = Numbers::of(user);
    if let Some(upn) = numbers.upn {
        set("upn", upn);
    }
    if let Some(admission) = numbers.admission {
        set("mis_id", admission);
    }
    let grades = user.cell("grades");
    if !grades.is_empty() {
        // `04` and `4` are one year; what has letters, such as R or N2, stays as it is.
        let year = grades.trim_start_matches('0');
        set("year", if year.is_empty() { grades } else { year });
        if grades.contains(',') {
            faults.push(Refusal::new(
                number,
                "grades",
                grades,
                "the pupil is in several years: name one",
            ));
        }
    }
    let id = user.cell("sourcedId");
    if links.rows_of.get(id).is_some_and(|rows| *rows > 1) {
        let remedy = "users.csv has this sourcedId in several rows, so classes and birth dates may be another's: \
                      give each user one";
        faults.push(Refusal::new(number, "sourcedId", id, remedy));
    }
    if let Some(birth) = links.births.get(id).filter(|birth| !birth.is_empty()) {
        set("dob", birth);
    }
    match class_of(links.classes.get(id)) {
        Ok(Some(class)) => set("class", class),
        Ok(None) => {}
        Err(several) => faults.push(Refusal::new(
            number,
            "class",
            &several,
            "the pupil has several registration groups: give exactly one of their classes the classType homeroom",
        )),
    }
    if tables.orgs.is_whole() {
        let orgs = user.cell("orgSourcedIds");
        let known = orgs.split(',').any(|org| links.orgs.contains(org.trim()));
        if !known {
            faults.push(Refusal::new(
                number,
                "orgSourcedIds",
                orgs,
                "no such org in orgs.csv, so the pupil may be another school's",
            ));
        }
    }
    Row {
        number,
        cells,
        faults,
    }
}

/// The one registration group; or, where none is marked as one, the only class. `Err` names several.
fn class_of<'a>(classes: Option<&BTreeMap<&'a str, bool>>) -> Result<Option<&'a str>, String> {
    let Some(classes) = classes else { return Ok(None) };
    let marked: Vec<&str> = classes
        .iter()
        .filter(|(_, registration)| **registration)
        .map(|(name, _)| *name)
        .collect();
    let any: Vec<&str> = classes.keys().copied().collect();
    let choice = if marked.is_empty() { &any } else { &marked };
    match choice.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        several => Err(several.join(", ")),
    }
}

/// The numbers that a school knows a pupil by.
struct Numbers<'a> {
    upn: Option<&'a str>,
    admission: Option<&'a str>,
}

impl<'a> Numbers<'a> {
    /// `userIds` is a list of `{type:id}`; `identifier` is one number of a kind that is not said.
    fn of(user: Line<'a>) -> Self {
        let ids = user.cell("userIds").split(',').filter_map(|entry| {
            let entry = entry.trim().trim_start_matches('{').trim_end_matches('}');
            let (kind, id) = entry.split_once(':')?;
            Some((header_key(kind), id.trim()))
        });
        let mut numbers = Self {
            upn: None,
            admission: None,
        };
        for (kind, id) in ids {
            if kind == "upn" || kind == "uniquepupilnumber" {
                numbers.upn = Some(id);
            } else if ADMISSION_TYPES.contains(&kind.as_str()) {
                numbers.admission = Some(id);
            }
        }
        let identifier = user.cell("identifier");
        if identifier.parse::<Upn>().is_ok() {
            numbers.upn = numbers.upn.or(Some(identifier));
        } else if !identifier.is_empty() && identifier.bytes().all(|byte| byte.is_ascii_digit()) {
            numbers.admission = numbers.admission.or(Some(identifier));
        }
        numbers
    }
}

//! The tables of a `OneRoster` zip: their columns, and one that is read.

use super::manifest::{self, Delivery, Manifest};
use super::{FILES, OneRosterError, TABLE_ROWS_MAX, base_name};
use crate::archive::{Archive, ArchiveError};
use crate::roster::table::{self, Column};
use crate::roster::{Encoding, Refusal};

const fn known(name: &'static str) -> Column {
    Column {
        name,
        also: &[],
        required: false,
    }
}

const fn needed(name: &'static str) -> Column {
    Column {
        name,
        also: &[],
        required: true,
    }
}

const ORGS: &[Column] = &[
    needed("sourcedId"),
    known("status"),
    known("dateLastModified"),
    needed("name"),
    needed("type"),
    known("identifier"),
    known("parentSourcedId"),
];
const USERS: &[Column] = &[
    needed("sourcedId"),
    known("status"),
    known("dateLastModified"),
    known("enabledUser"),
    needed("orgSourcedIds"),
    needed("role"),
    known("username"),
    known("userIds"),
    needed("givenName"),
    needed("familyName"),
    known("middleName"),
    known("identifier"),
    known("email"),
    known("sms"),
    known("phone"),
    known("agentSourcedIds"),
    known("grades"),
    known("password"),
];
const CLASSES: &[Column] = &[
    needed("sourcedId"),
    known("status"),
    known("dateLastModified"),
    needed("title"),
    known("grades"),
    known("courseSourcedId"),
    known("classCode"),
    known("classType"),
    known("location"),
    known("schoolSourcedId"),
    known("termSourcedIds"),
    known("subjects"),
    known("subjectCodes"),
    known("periods"),
];
const ENROLLMENTS: &[Column] = &[
    known("sourcedId"),
    known("status"),
    known("dateLastModified"),
    needed("classSourcedId"),
    known("schoolSourcedId"),
    needed("userSourcedId"),
    needed("role"),
    known("primary"),
    known("beginDate"),
    known("endDate"),
];
const DEMOGRAPHICS: &[Column] = &[
    needed("sourcedId"),
    known("status"),
    known("dateLastModified"),
    needed("birthDate"),
    known("sex"),
    known("americanIndianOrAlaskaNative"),
    known("asian"),
    known("blackOrAfricanAmerican"),
    known("nativeHawaiianOrOtherPacificIslander"),
    known("white"),
    known("demographicRaceTwoOrMoreRaces"),
    known("hispanicOrLatinoEthnicity"),
    known("countryOfBirthCode"),
    known("stateOfBirthAbbreviation"),
    known("cityOfBirth"),
    known("publicSchoolResidenceStatus"),
];

/// One table, or none.
pub(super) struct Table {
    pub(super) file: &'static str,
    pub(super) delivery: Delivery,
    columns: &'static [Column],
    read: Option<table::Table>,
}

/// A row, with its columns by name.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    columns: &'static [Column],
    row: &'a crate::roster::Row,
}

impl<'a> Line<'a> {
    /// The row as a spreadsheet numbers it.
    pub(super) fn number(&self) -> usize {
        self.row.number
    }

    /// A cell; empty where there is none.
    pub(super) fn cell(&self, name: &str) -> &'a str {
        let at = self.columns.iter().position(|column| column.name == name);
        at.and_then(|at| self.row.cells.get(at)?.as_deref()).unwrap_or("")
    }

    /// What is wrong with its cells, whatever they mean.
    pub(super) fn faults(&self) -> &'a [Refusal] {
        &self.row.faults
    }

    /// Whether the other system has taken it away.
    pub(super) fn is_to_be_deleted(self) -> bool {
        self.cell("status").eq_ignore_ascii_case("tobedeleted")
    }
}

impl Table {
    pub(super) fn rows(&self) -> impl Iterator<Item = Line<'_>> {
        let columns = self.columns;
        let rows = self.read.iter().flat_map(|table| &table.rows);
        rows.map(move |row| Line { columns, row })
    }

    /// Whether it is there and lists everything, so that what it does not have does not exist.
    pub(super) fn is_whole(&self) -> bool {
        self.delivery == Delivery::Bulk
    }
}

/// The tables that say something of pupils.
pub(super) struct Tables {
    pub(super) orgs: Table,
    pub(super) users: Table,
    pub(super) classes: Table,
    pub(super) enrollments: Table,
    pub(super) demographics: Table,
    /// Headers and files that mean nothing here.
    pub(super) unknown: Vec<String>,
    pub(super) encoding: Encoding,
}

impl Tables {
    pub(super) fn read(archive: &Archive<'_>) -> Result<Self, OneRosterError> {
        let manifest = Manifest::read(&table(archive, FILES[0], Delivery::Bulk, manifest::COLUMNS)?)?;
        let read = |file: &'static str, columns| table(archive, file, manifest.delivery(file), columns);
        let orgs = read(FILES[1], ORGS)?;
        let users = read(FILES[2], USERS)?;
        let classes = read(FILES[3], CLASSES)?;
        let enrollments = read(FILES[4], ENROLLMENTS)?;
        let demographics = read(FILES[5], DEMOGRAPHICS)?;
        if users.read.is_none() {
            return Err(OneRosterError::Missing { file: FILES[2] });
        }
        one_school(&orgs)?;
        let all = [&orgs, &users, &classes, &enrollments, &demographics];
        let read = || {
            all.iter()
                .filter_map(|table| Some((table.file, table.read.as_ref()?)))
        };
        let unknown = read()
            .flat_map(|(file, table)| {
                let headers = table.unknown_columns.iter();
                headers.map(move |header| format!("{file}: {header}"))
            })
            .collect();
        let old = read().any(|(_, table)| table.encoding == Encoding::Windows1252);
        let encoding = if old {
            Encoding::Windows1252
        } else {
            Encoding::Utf8
        };
        Ok(Self {
            orgs,
            users,
            classes,
            enrollments,
            demographics,
            unknown,
            encoding,
        })
    }
}

fn table(
    archive: &Archive<'_>,
    file: &'static str,
    delivery: Delivery,
    columns: &'static [Column],
) -> Result<Table, OneRosterError> {
    let table = if delivery == Delivery::Absent {
        None
    } else {
        let bytes = entry(archive, file)?.ok_or(OneRosterError::Missing { file })?;
        let read = table::read_table(&bytes, columns, TABLE_ROWS_MAX);
        Some(read.map_err(|error| OneRosterError::Table { file, error })?)
    };
    Ok(Table {
        file,
        delivery,
        columns,
        read: table,
    })
}

/// A file by its last name. macOS puts a shadow of each file into a folder of its own.
fn entry(archive: &Archive<'_>, file: &'static str) -> Result<Option<Vec<u8>>, ArchiveError> {
    let mut found = archive
        .names()
        .filter(|name| base_name(name) == file && !name.starts_with("__MACOSX/"));
    let Some(name) = found.next() else {
        return Ok(None);
    };
    if found.next().is_some() {
        return Err(ArchiveError::Twice {
            name: file.to_owned(),
        });
    }
    archive.read(name)
}

/// A trust exports all its schools in one zip. Pupils of another school must not come in, and which school is ours
/// the file does not say.
fn one_school(orgs: &Table) -> Result<(), OneRosterError> {
    let is_school =
        |row: &Line<'_>| row.cell("type").eq_ignore_ascii_case("school") && !row.is_to_be_deleted();
    let names: Vec<&str> = orgs
        .rows()
        .filter(is_school)
        .map(|row| row.cell("name"))
        .collect();
    if names.len() < 2 {
        return Ok(());
    }
    Err(OneRosterError::SeveralSchools {
        count: names.len(),
        names: names[..names.len().min(3)].join(", "),
    })
}

//! Pupils from a `OneRoster` 1.1 zip, as the sheet that a roster list becomes.
//!
//! Read are `manifest.csv`, `orgs.csv`, `users.csv`, `classes.csv`, `enrollments.csv` and `demographics.csv`; 1EdTech,
//! `OneRoster` 1.1 CSV tables. `sourcedId` is the key between the files and nothing more: it is never taken for an
//! admission number, because a system's own number may be another pupil's admission number. The admission number is
//! looked for in `userIds` and `identifier`; without one, the pupil is known by the UPN.
//!
//! Whoever is marked `tobedeleted`, or is not in the files, stays as they are. What refers to nothing is reported.

mod manifest;
mod pupils;
mod tables;

use crate::archive::{Archive, ArchiveError};
use crate::roster::{FileError, Sheet};

pub use self::manifest::Delivery;

/// The files that are read.
pub const FILES: [&str; 6] = [
    "manifest.csv",
    "orgs.csv",
    "users.csv",
    "classes.csv",
    "enrollments.csv",
    "demographics.csv",
];
/// The most rows of one of the files: pupils with some fifteen enrolments each.
pub const TABLE_ROWS_MAX: usize = 100_000;
/// The most things that refer to nothing, one by one; beyond them only their number is told.
pub const ORPHANS_MAX: usize = 200;

/// Why a zip was refused whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OneRosterError {
    /// The zip itself.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// One of its tables.
    #[error("{file}: {error}")]
    Table {
        /// Which.
        file: &'static str,
        /// What is wrong.
        error: FileError,
    },
    /// A file that the manifest promises, or that must be there.
    #[error(
        "{file} is missing from the zip: export it with the others, or say in manifest.csv that it is absent"
    )]
    Missing {
        /// Which.
        file: &'static str,
    },
    /// The manifest is of another version.
    #[error("manifest.csv says oneroster.version {version:?}: export it as OneRoster 1.1")]
    Version {
        /// What it says.
        version: String,
    },
    /// The manifest says something else than absent, bulk or delta.
    #[error("manifest.csv says {value:?} for file.{file}: it must be absent, bulk or delta")]
    Delivery {
        /// Of which file, without `.csv`.
        file: String,
        /// What it says.
        value: String,
    },
    /// A trust's export.
    #[error("orgs.csv names {count} schools ({names}): export one school at a time")]
    SeveralSchools {
        /// How many.
        count: usize,
        /// The first of them.
        names: String,
    },
}

/// Whether a zip looks like `OneRoster`: a spreadsheet's file is a zip, too.
pub(crate) fn is_one_roster(archive: &Archive<'_>) -> bool {
    archive.names().any(|name| FILES.contains(&base_name(name)))
}

/// The last part of a name, so that a zip of a folder is read like a zip of files.
fn base_name(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Reads the pupils.
///
/// # Errors
/// See [`OneRosterError`]; what concerns one pupil is a refusal in the plan instead.
pub(crate) fn read(archive: &Archive<'_>) -> Result<Sheet, OneRosterError> {
    let tables = tables::Tables::read(archive)?;
    Ok(pupils::sheet(&tables))
}

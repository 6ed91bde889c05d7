//! `manifest.csv`: which files there are, and whether they are whole.

use std::collections::BTreeMap;

use super::OneRosterError;
use super::tables::Table;
use crate::roster::table::Column;

/// What a file of the zip lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// There is no such file.
    Absent,
    /// Everything.
    Bulk,
    /// What has changed since the last time.
    Delta,
}

pub(super) const COLUMNS: &[Column] = &[
    Column {
        name: "propertyName",
        also: &[],
        required: true,
    },
    Column {
        name: "value",
        also: &[],
        required: true,
    },
];

/// The version that is read. 1.2 moves roles into a file of their own.
const VERSION: &str = "1.1";

/// How each file is delivered, by its name without `.csv`.
pub(super) struct Manifest(BTreeMap<String, Delivery>);

impl Manifest {
    pub(super) fn read(table: &Table) -> Result<Self, OneRosterError> {
        let mut files = BTreeMap::new();
        for row in table.rows() {
            let (name, value) = (row.cell("propertyName"), row.cell("value"));
            if name == "oneroster.version" && value != VERSION {
                return Err(OneRosterError::Version {
                    version: value.to_owned(),
                });
            }
            let Some(file) = name.strip_prefix("file.") else {
                continue;
            };
            let delivery = match value.to_ascii_lowercase().as_str() {
                "absent" | "" => Delivery::Absent,
                "bulk" => Delivery::Bulk,
                "delta" => Delivery::Delta,
                _ => {
                    return Err(OneRosterError::Delivery {
                        file: file.to_owned(),
                        value: value.to_owned(),
                    });
                }
            };
            files.insert(file.to_owned(), delivery);
        }
        Ok(Self(files))
    }

    /// How a file is delivered; one that the manifest does not name is absent.
    pub(super) fn delivery(&self, file: &str) -> Delivery {
        let name = file.trim_end_matches(".csv");
        self.0.get(name).copied().unwrap_or(Delivery::Absent)
    }
}

//! A small checker of `OneRoster` 1.1 files that knows the specification's tables and nothing of our reader: which columns
//! must be there, which cells must not be empty, which identifiers must lead somewhere. What it passes, our reader must
//! take whole.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::{CLASSES, DEMOGRAPHICS, ENROLLMENTS, MANIFEST, ORGS, one_roster, users};
use daymark_core::roster::Roster;
use daymark_exchange::roster::plan;
use daymark_exchange::sniff::read_roster;

/// A table of the specification: its file, the columns that must not be empty, and where its identifiers lead.
struct Table {
    file: &'static str,
    required: &'static [&'static str],
    references: &'static [(&'static str, &'static str)],
}

const TABLES: [Table; 5] = [
    Table {
        file: "orgs",
        required: &["sourcedId", "name", "type"],
        references: &[("parentSourcedId", "orgs")],
    },
    Table {
        file: "users",
        required: &[
            "sourcedId",
            "enabledUser",
            "orgSourcedIds",
            "role",
            "givenName",
            "familyName",
        ],
        references: &[("orgSourcedIds", "orgs")],
    },
    Table {
        file: "classes",
        required: &[
            "sourcedId",
            "title",
            "courseSourcedId",
            "classType",
            "schoolSourcedId",
            "termSourcedIds",
        ],
        references: &[("schoolSourcedId", "orgs"), ("courseSourcedId", "courses")],
    },
    Table {
        file: "enrollments",
        required: &[
            "sourcedId",
            "classSourcedId",
            "schoolSourcedId",
            "userSourcedId",
            "role",
        ],
        references: &[
            ("classSourcedId", "classes"),
            ("schoolSourcedId", "orgs"),
            ("userSourcedId", "users"),
        ],
    },
    Table {
        file: "demographics",
        required: &["sourcedId"],
        references: &[("sourcedId", "users")],
    },
];

type Rows = Vec<BTreeMap<String, String>>;

fn rows(text: &str) -> Rows {
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headings = reader.headers().expect("a heading").clone();
    let records = reader.records().map(|record| record.expect("a row"));
    records
        .map(|record| {
            let cells = headings.iter().zip(record.iter());
            cells
                .map(|(name, cell)| (name.to_owned(), cell.to_owned()))
                .collect()
        })
        .collect()
}

/// Everything that the specification does not allow.
fn faults(files: &BTreeMap<&str, String>) -> Vec<String> {
    let mut found = Vec::new();
    let manifest = rows(files.get("manifest").map_or("", String::as_str));
    let said: BTreeMap<&str, &str> = manifest
        .iter()
        .map(|row| (row["propertyName"].as_str(), row["value"].as_str()))
        .collect();
    if said.get("oneroster.version") != Some(&"1.1") || said.get("manifest.version") != Some(&"1.0") {
        found.push("manifest: versions".to_owned());
    }
    let tables: BTreeMap<&str, Rows> = files
        .iter()
        .filter(|(name, _)| **name != "manifest")
        .map(|(name, text)| (*name, rows(text)))
        .collect();
    let ids = |file: &str| -> Option<BTreeSet<String>> {
        let rows = tables.get(file)?;
        Some(rows.iter().map(|row| row["sourcedId"].clone()).collect())
    };
    for table in &TABLES {
        let delivered = said.get(format!("file.{}", table.file).as_str()).copied();
        let Some(rows) = tables.get(table.file) else {
            if delivered != Some("absent") {
                found.push(format!("{}: not there", table.file));
            }
            continue;
        };
        if !matches!(delivered, Some("bulk" | "delta")) {
            found.push(format!("{}: not in the manifest", table.file));
        }
        let mut seen = BTreeSet::new();
        for row in rows {
            for column in table.required {
                if row.get(*column).is_none_or(String::is_empty) {
                    found.push(format!("{}: {column}", table.file));
                }
            }
            if !seen.insert(row.get("sourcedId").cloned().unwrap_or_default()) {
                found.push(format!("{}: sourcedId twice", table.file));
            }
            for (column, other) in table.references {
                let Some(known) = ids(other) else { continue };
                let named = row.get(*column).cloned().unwrap_or_default();
                for id in named.split(',').map(str::trim).filter(|id| !id.is_empty()) {
                    if !known.contains(id) {
                        found.push(format!("{}: {column} {id} leads nowhere", table.file));
                    }
                }
            }
        }
    }
    found
}

fn export() -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("manifest", MANIFEST.to_owned()),
        ("orgs", ORGS.to_owned()),
        ("users", users()),
        ("classes", CLASSES.to_owned()),
        ("enrollments", ENROLLMENTS.to_owned()),
        ("demographics", DEMOGRAPHICS.to_owned()),
    ])
}

fn read(files: &BTreeMap<&str, String>) -> Vec<(String, Option<&'static str>)> {
    let named: Vec<(String, &str)> = files
        .iter()
        .map(|(name, text)| (format!("{name}.csv"), text.as_str()))
        .collect();
    let changed: Vec<(&str, &str)> = named.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    match read_roster(&one_roster(&changed)) {
        Ok(sheet) => {
            let plan = plan(&Roster::default(), &sheet);
            let refusals = plan.refusals.iter();
            refusals
                .map(|found| (found.field.to_owned(), found.file))
                .collect()
        }
        Err(error) => vec![(error.to_string(), None)],
    }
}

#[test]
fn what_the_specification_allows_is_taken_whole() {
    let files = export();
    assert_eq!(faults(&files), [] as [&str; 0]);
    assert_eq!(read(&files), []);
    let sheet = read_roster(&one_roster(&[])).expect("a readable zip");
    let roster = plan(&Roster::default(), &sheet).apply(&Roster::default());
    let pupils: Rows = rows(&files["users"])
        .into_iter()
        .filter(|row| row["role"] == "student")
        .collect();
    assert_eq!(roster.pupils.len(), pupils.len(), "every pupil of the file");
    let born: BTreeMap<String, String> = rows(&files["demographics"])
        .into_iter()
        .map(|row| (row["sourcedId"].clone(), row["birthDate"].clone()))
        .collect();
    for row in &pupils {
        let by_name = |pupil: &&daymark_core::roster::Pupil| {
            pupil.surname == row["familyName"] && pupil.forename == row["givenName"]
        };
        let pupil = roster.pupils.values().find(by_name).expect("the name came whole");
        assert_eq!(
            pupil.dob.map(|date| date.to_string()).as_ref(),
            born.get(&row["sourcedId"])
        );
        assert_eq!(pupil.year, row["grades"].trim_start_matches('0'));
        let upn = pupil.upn.map(|upn| upn.to_string()).unwrap_or_default();
        assert!(row["userIds"].contains(&upn), "{row:?}");
        assert!(row["userIds"].contains(&pupil.mis_id) || row["identifier"] == pupil.mis_id);
    }
}

#[test]
fn what_the_specification_does_not_allow_is_named_by_our_reader_too() {
    for (file, was, is, fault) in [
        (
            "enrollments",
            "u-2,student",
            "u-404,student",
            "enrollments: userSourcedId u-404 leads nowhere",
        ),
        (
            "enrollments",
            "e3,,,c-4b",
            "e3,,,c-404",
            "enrollments: classSourcedId c-404 leads nowhere",
        ),
        ("users", "Sam,Okafor", ",Okafor", "users: givenName"),
        (
            "manifest",
            "oneroster.version,1.1",
            "oneroster.version,1.2",
            "manifest: versions",
        ),
    ] {
        let mut files = export();
        let changed = files[file].replace(was, is);
        assert_ne!(changed, files[file], "{was}");
        files.insert(file, changed);
        let said = faults(&files);
        assert!(said.iter().any(|said| said == fault), "{said:?}");
        assert!(!read(&files).is_empty(), "our reader passes over {fault}");
    }
}

//! Pupils from `OneRoster` zips. The goal: what the tables say arrives, nothing is removed, and what refers to nothing is
//! named by file and row. The zips are made by a writer that shares nothing with the reader, and by Python's.

use std::process::Command;

use crate::common::{CLASSES, ENROLLMENTS, MANIFEST, ORGS, USERS_HEADER, one_roster, users, zip};
use daymark_core::ids::PupilNumber;
use daymark_core::roster::Roster;
use daymark_exchange::roster::{ImportPlan, Source, plan, read_pupils};
use daymark_exchange::sniff::{RosterError, kind_of, read_roster};

fn planned(existing: &Roster, bytes: &[u8]) -> ImportPlan {
    plan(existing, &read_roster(bytes).expect("a readable zip"))
}

fn refused(plan: &ImportPlan) -> Vec<(Option<&str>, usize, &str, &str)> {
    let all = plan.refusals.iter();
    all.map(|found| (found.file, found.row, found.field, found.value.as_str()))
        .collect()
}

/// The exact header of a table, by the specification; the fixtures are held against it.
fn header_is(table: &str, expected: &str) {
    let first = table.trim_start_matches('\u{feff}').lines().next();
    assert_eq!(first, Some(expected));
}

#[test]
fn the_made_up_tables_have_the_headers_of_the_specification() {
    header_is(
        &users(),
        "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,\
         middleName,identifier,email,sms,phone,agentSourcedIds,grades,password",
    );
    header_is(
        ORGS,
        "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
    );
    header_is(
        CLASSES,
        "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,\
         termSourcedIds,subjects,subjectCodes,periods",
    );
    header_is(
        ENROLLMENTS,
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate",
    );
}

#[test]
fn a_bulk_export_gives_the_pupils_that_the_tables_describe() {
    let bytes = one_roster(&[]);
    assert_eq!(kind_of(&bytes), Source::OneRoster);
    let plan = planned(&Roster::default(), &bytes);
    assert_eq!(plan.refusals, [], "{plan}");
    assert_eq!(
        (plan.source, plan.file, plan.partial),
        (Source::OneRoster, Some("users.csv"), false)
    );
    let roster = plan.apply(&Roster::default());
    let pupil = &roster.pupils[&PupilNumber(42)];
    assert_eq!(
        (
            pupil.mis_id.as_str(),
            pupil.surname.as_str(),
            pupil.forename.as_str()
        ),
        ("0042", "O'Déa", "Bronwen")
    );
    assert_eq!(
        pupil.upn.map(|upn| upn.to_string()).as_deref(),
        Some("B801200005001")
    );
    assert_eq!(
        (pupil.class.as_str(), pupil.year.as_str()),
        ("4B", "4"),
        "the registration group, not the maths set"
    );
    assert_eq!(
        pupil.dob.map(|date| date.to_string()).as_deref(),
        Some("2016-11-03")
    );
    assert_eq!(roster.pupils[&PupilNumber(7)].upn, None);
    assert!(
        plan.notes
            .iter()
            .any(|note| note.text.contains("1 users are no pupils")),
        "{plan}"
    );
}

#[test]
fn it_is_the_same_pupil_as_in_a_csv_list() {
    let from_csv = plan(
        &Roster::default(),
        &read_pupils(crate::common::CSV.as_bytes()).expect("a list"),
    );
    let mut roster = from_csv.apply(&Roster::default());
    roster.pupils.get_mut(&PupilNumber(7)).expect("a pupil").upn = None;
    let plan = planned(&roster, &one_roster(&[]));
    assert!(plan.is_empty(), "{plan}");
    assert_eq!(plan.unchanged, 2);
}

#[test]
fn a_pupil_without_an_admission_number_is_known_by_the_upn() {
    let roster = planned(&Roster::default(), &one_roster(&[])).apply(&Roster::default());
    let no_number = users()
        .replace(",{AdmissionNumber:0042}", "")
        .replace("Bronwen", "Bron");
    let zip = one_roster(&[("users.csv", &no_number)]);
    let plan = planned(&roster, &zip);
    assert_eq!(
        (plan.changes.len(), plan.changes[0].id.as_str()),
        (1, "0042"),
        "{plan}"
    );
    let stranger = planned(&Roster::default(), &zip);
    assert_eq!(refused(&stranger)[0], (Some("users.csv"), 2, "mis_id", ""));
}

#[test]
fn a_sourced_id_is_never_taken_for_an_admission_number() {
    let digits = users().replace("u-2,", "1042,").replace(",7,,,,,4,", ",,,,,,4,");
    let enrolled = ENROLLMENTS.replace("u-2", "1042");
    let born = crate::common::DEMOGRAPHICS.replace("u-2", "1042");
    let plan = planned(
        &Roster::default(),
        &one_roster(&[
            ("users.csv", &digits),
            ("enrollments.csv", &enrolled),
            ("demographics.csv", &born),
        ]),
    );
    assert_eq!(refused(&plan), [(Some("users.csv"), 3, "mis_id", "")], "{plan}");
}

#[test]
fn nobody_is_removed_whatever_the_status_says() {
    let roster = planned(&Roster::default(), &one_roster(&[])).apply(&Roster::default());
    let gone = users().replace("u-2,,", "u-2,tobedeleted,");
    let plan = planned(&roster, &one_roster(&[("users.csv", &gone)]));
    assert!(plan.is_empty(), "{plan}");
    assert!(
        plan.notes
            .iter()
            .any(|note| note.row == 3 && note.text.contains("tobedeleted")),
        "{plan}"
    );
    assert_eq!(plan.absent.len(), 1);
    assert_eq!(plan.apply(&roster), roster);
}

#[test]
fn a_delta_changes_what_it_names_and_says_nothing_of_the_others() {
    let roster = planned(&Roster::default(), &one_roster(&[])).apply(&Roster::default());
    let delta = MANIFEST
        .replace("file.users,bulk", "file.users,delta")
        .replace("file.orgs,bulk", "file.orgs,absent")
        .replace("file.classes,bulk", "file.classes,absent")
        .replace("file.enrollments,bulk", "file.enrollments,absent")
        .replace("file.demographics,bulk", "file.demographics,absent");
    let changed = format!(
        "{USERS_HEADER}\r\nu-1,active,2026-03-02,true,org-1,student,,{{UPN:B801200005001}},Bronwen,Déa,,,,,,,04,\r\n"
    );
    let bytes = zip(&[("manifest.csv", &delta), ("users.csv", &changed)]);
    let plan = planned(&roster, &bytes);
    assert_eq!(
        (plan.partial, plan.absent.len(), plan.changes.len()),
        (true, 0, 1),
        "{plan}"
    );
    let after = plan.apply(&roster);
    assert_eq!(after.pupils[&PupilNumber(42)].surname, "Déa");
    assert_eq!(
        after.pupils[&PupilNumber(42)].class.as_str(),
        "4B",
        "the class stays"
    );
    assert_eq!(after.pupils[&PupilNumber(7)], roster.pupils[&PupilNumber(7)]);
}

#[test]
fn orphans_are_named_by_file_and_row() {
    let enrolled =
        format!("{ENROLLMENTS}e5,,,c-zz,org-1,u-1,student,false,,\r\ne6,,,c-4b,org-1,u-77,student,,,\r\n");
    let born = format!("{}u-78,,,2016-01-01,,,,,,,,,,,,\r\n", crate::common::DEMOGRAPHICS);
    let elsewhere = users().replace("u-2,,,true,org-1", "u-2,,,true,org-9");
    let plan = planned(
        &Roster::default(),
        &one_roster(&[
            ("enrollments.csv", &enrolled),
            ("demographics.csv", &born),
            ("users.csv", &elsewhere),
        ]),
    );
    assert_eq!(
        refused(&plan),
        [
            (Some("demographics.csv"), 4, "sourcedId", "u-78"),
            (Some("enrollments.csv"), 6, "classSourcedId", "c-zz"),
            (Some("enrollments.csv"), 7, "userSourcedId", "u-77"),
            (Some("users.csv"), 3, "orgSourcedIds", "org-9"),
        ]
    );
    assert_eq!(plan.adds.len(), 1, "the others go in");
}

#[test]
fn two_users_with_one_key_stay_out_for_their_classes_may_be_each_others() {
    let one_key = users().replace("u-2,", "u-1,");
    let plan = planned(&Roster::default(), &one_roster(&[("users.csv", &one_key)]));
    let found = refused(&plan);
    for row in [2, 3] {
        assert!(
            found.contains(&(Some("users.csv"), row, "sourcedId", "u-1")),
            "{plan}"
        );
    }
    assert!(plan.is_empty(), "{plan}");
}

#[test]
fn two_registration_groups_and_two_years_are_not_guessed() {
    let two = CLASSES.replace("Ma4,scheduled", "Ma4,homeroom");
    let years = users().replace(",04,", ",\"04,05\",");
    let plan = planned(
        &Roster::default(),
        &one_roster(&[("classes.csv", &two), ("users.csv", &years)]),
    );
    let found = refused(&plan);
    assert!(
        found.contains(&(Some("users.csv"), 2, "class", "4B, Ma4")),
        "{plan}"
    );
    assert!(
        found.contains(&(Some("users.csv"), 2, "grades", "04,05")),
        "{plan}"
    );
}

#[test]
fn what_makes_a_zip_no_export_of_one_school_is_refused_whole() {
    let reason = |changed: &[(&str, &str)]| {
        read_roster(&one_roster(changed))
            .expect_err("refused")
            .to_string()
    };
    let trust = format!("{ORGS}org-2,,,Elmfield Primary,school,654321,\r\n");
    assert!(reason(&[("orgs.csv", &trust)]).contains("2 schools (Larkfield Primary, Elmfield Primary)"));
    let newer = MANIFEST.replace("oneroster.version,1.1", "oneroster.version,1.2");
    assert!(reason(&[("manifest.csv", &newer)]).contains("1.2"));
    let odd = MANIFEST.replace("file.users,bulk", "file.users,some");
    assert!(reason(&[("manifest.csv", &odd)]).contains("\"some\" for file.users"));
    let nobody = MANIFEST.replace("file.users,bulk", "file.users,absent");
    assert!(reason(&[("manifest.csv", &nobody)]).contains("users.csv is missing"));
    assert!(reason(&[("users.csv", "sourcedId,role\r\n")]).contains("users.csv: row 1 does not name"));
    let missing = zip(&[("manifest.csv", MANIFEST), ("users.csv", &users())]);
    let error = read_roster(&missing).expect_err("refused").to_string();
    assert!(error.contains("orgs.csv is missing"), "{error}");
}

#[test]
fn a_zip_of_a_folder_is_read_and_a_spreadsheet_is_named() {
    let users = users();
    let files = [
        ("manifest.csv", MANIFEST),
        ("orgs.csv", ORGS),
        ("users.csv", users.as_str()),
        ("classes.csv", CLASSES),
        ("enrollments.csv", ENROLLMENTS),
        ("demographics.csv", crate::common::DEMOGRAPHICS),
    ];
    let in_folder: Vec<(String, &str)> = files
        .map(|(name, text)| (format!("Export/{name}"), text))
        .to_vec();
    let mut named: Vec<(&str, &str)> = in_folder
        .iter()
        .map(|(name, text)| (name.as_str(), *text))
        .collect();
    named.push(("__MACOSX/Export/._users.csv", "x"));
    assert_eq!(planned(&Roster::default(), &zip(&named)).adds.len(), 2);
    assert_eq!(
        read_roster(&zip(&[
            ("[Content_Types].xml", "<x/>"),
            ("xl/workbook.xml", "<x/>")
        ])),
        Err(RosterError::Spreadsheet)
    );
    assert_eq!(
        read_roster(&zip(&[("photo.jpg", "x")])),
        Err(RosterError::OtherZip)
    );
}

#[test]
fn a_zip_that_python_wrote_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("export.zip");
    let users = users();
    let script = "import sys, zipfile\n\
        z = zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED)\n\
        z.comment = b'made up'\n\
        for i in range(2, len(sys.argv), 2): z.writestr(sys.argv[i], sys.argv[i + 1])\n\
        z.close()\n";
    let status = Command::new("python3")
        .args(["-c", script])
        .arg(&path)
        .args([
            "manifest.csv",
            MANIFEST,
            "orgs.csv",
            ORGS,
            "users.csv",
            &users,
            "classes.csv",
            CLASSES,
        ])
        .args([
            "enrollments.csv",
            ENROLLMENTS,
            "demographics.csv",
            crate::common::DEMOGRAPHICS,
        ])
        .status()
        .expect("python3 is needed for this test: install it by that name");
    assert!(status.success());
    let bytes = std::fs::read(&path).expect("the zip");
    assert_eq!(planned(&Roster::default(), &bytes).adds.len(), 2);
}

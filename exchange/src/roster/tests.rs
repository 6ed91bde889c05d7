use daymark_core::ids::PupilNumber;

use super::*;

const HEADER: &str =
    "upn,mis_id,surname,forename,preferred_forename,dob,year,class,family_ref,start_date,leave_date";

fn file(rows: &[&str]) -> String {
    format!("{HEADER}\r\n{}\r\n", rows.join("\r\n"))
}

fn planned(existing: &Roster, text: &str) -> ImportPlan {
    plan(existing, &read_pupils(text.as_bytes()).expect("a readable file"))
}

fn imported(rows: &[&str]) -> Roster {
    let plan = planned(&Roster::default(), &file(rows));
    assert_eq!(plan.refusals, [], "{plan}");
    plan.apply(&Roster::default())
}

fn two_pupils() -> Roster {
    imported(&[
        "B801200005001,0042,O'Déa,Bronwen,Bron,2016-11-03,4,4B,F7,2020-09-03,",
        "H886200024001,7,Okafor,Sam,,03/02/2017,4,4B,,,",
    ])
}

fn refused(plan: &ImportPlan) -> Vec<(usize, &str, &str)> {
    plan.refusals
        .iter()
        .map(|refusal| (refusal.row, refusal.field, refusal.value.as_str()))
        .collect()
}

#[test]
fn a_first_import_adds_everybody_as_they_are_written() {
    let roster = two_pupils();
    let pupil = &roster.pupils[&PupilNumber(42)];
    assert_eq!(pupil.mis_id, "0042");
    assert_eq!(pupil.surname, "O'Déa");
    assert_eq!(pupil.dob, Some("2016-11-03".parse().expect("a date")));
    assert_eq!(pupil.start_date, Some("2020-09-03".parse().expect("a date")));
    assert_eq!(pupil.leave_date, None);
    assert_eq!(
        roster.pupils[&PupilNumber(7)].dob,
        Some("2017-02-03".parse().expect("a date"))
    );
}

#[test]
fn a_second_import_of_the_same_file_changes_nothing() {
    let roster = two_pupils();
    let text = file(&[
        "B801200005001,0042,O'Déa,Bronwen,Bron,2016-11-03,4,4B,F7,2020-09-03,",
        "H886200024001,7,Okafor,Sam,,03/02/2017,4,4B,,,",
    ]);
    let plan = planned(&roster, &text);
    assert!(plan.is_empty(), "{plan}");
    assert_eq!(plan.unchanged, 2);
    assert_eq!(plan.apply(&roster), roster);
}

#[test]
fn changes_name_the_old_and_the_new_and_nobody_is_removed() {
    let roster = two_pupils();
    let plan = planned(
        &roster,
        &file(&["B801200005001,0042,O'Déa,Bronwen,,2016-11-03,5,5B,F7,2020-09-03,"]),
    );
    assert_eq!(plan.changes.len(), 1);
    let change = |field, old: Option<&str>, new: Option<&str>| FieldChange {
        field,
        old: old.map(str::to_owned),
        new: new.map(str::to_owned),
    };
    assert_eq!(
        plan.changes[0].fields,
        [
            change("preferred_forename", Some("Bron"), None),
            change("year", Some("4"), Some("5")),
            change("class", Some("4B"), Some("5B")),
        ]
    );
    assert_eq!(
        plan.absent
            .iter()
            .map(|pupil| pupil.id.as_str())
            .collect::<Vec<_>>(),
        ["7"]
    );
    let after = plan.apply(&roster);
    assert_eq!(after.pupils.len(), 2);
    assert_eq!(after.pupils[&PupilNumber(42)].class.as_str(), "5B");
    assert_eq!(after.pupils[&PupilNumber(7)], roster.pupils[&PupilNumber(7)]);
}

#[test]
fn a_column_that_the_file_does_not_have_leaves_the_roster_as_it_is() {
    let roster = two_pupils();
    let plan = planned(
        &roster,
        "mis_id,surname,forename,year,class\n0042,O'Déa,Bronwen,4,4B\n",
    );
    assert_eq!((plan.unchanged, plan.changes.len()), (1, 0), "{plan}");
}

#[test]
fn headers_of_common_systems_are_understood_and_others_are_reported() {
    let plan = planned(
        &Roster::default(),
        "Adm No.,Legal Surname,FORENAME,Reg Group,Year Group,House,Date of Birth,\n12,Patel,Ivy,1A,1,Oak,01/09/2019,\n",
    );
    assert_eq!(plan.adds.len(), 1, "{plan}");
    assert_eq!(plan.unknown_columns, ["House"]);
    let roster = plan.apply(&Roster::default());
    assert_eq!(
        roster.pupils[&PupilNumber(12)].dob,
        Some("2019-09-01".parse().expect("a date"))
    );
}

/// Headers as the exports of four systems are known to have them, from memory and help pages; no vendor promises them.
#[test]
fn the_lists_of_four_systems_are_one_roster() {
    let row = "B801200005001|0042|O'Déa|Bronwen|4B|4|03/11/2016|03/09/2020";
    for (system, header, separator) in [
        (
            "SIMS",
            "UPN|Adno|Legal Surname|Legal Forename|Reg Group|Year taught in|DOB|Date of Admission",
            ",",
        ),
        (
            "Arbor",
            "UPN|Admission Number|Legal Last Name|Legal First Name|Registration Form|Year Group|Date of Birth|Enrolment start date",
            ",",
        ),
        (
            "Bromcom",
            "UPN|AdmissionNumber|Last Name|First Name|TutorGroup|YearGroup|DateOfBirth|Date of Entry",
            ";",
        ),
        (
            "ScholarPack",
            "UPN|Admission No|Surname|Forename|Class|NC Year|Date of birth|Start Date",
            "\t",
        ),
    ] {
        let text = format!("{header}\r\n{row}\r\n").replace('|', separator);
        let plan = planned(&Roster::default(), &text);
        assert!(
            plan.refusals.is_empty() && plan.unknown_columns.is_empty(),
            "{system}: {plan}"
        );
        assert_eq!(plan.separator.as_char().to_string(), separator, "{system}");
        let roster = plan.apply(&Roster::default());
        let pupil = &roster.pupils[&PupilNumber(42)];
        let dates = [pupil.dob, pupil.start_date].map(|date| date.map(|date| date.to_string()));
        assert_eq!(
            dates,
            [Some("2016-11-03".to_owned()), Some("2020-09-03".to_owned())],
            "{system}"
        );
        assert_eq!(
            (pupil.class.as_str(), pupil.mis_id.as_str()),
            ("4B", "0042"),
            "{system}"
        );
    }
}

#[test]
fn a_separator_is_chosen_by_the_columns_that_it_names() {
    let plan = planned(
        &Roster::default(),
        "mis_id;surname;forename;year;class;Name, as printed\n12;Patel;\"Ivy; Rose\";1;1A;Patel, Ivy\n",
    );
    assert_eq!(
        (plan.adds.len(), plan.separator),
        (1, Separator::Semicolon),
        "{plan}"
    );
    assert!(plan.to_string().contains("parted by semicolons"), "{plan}");
    assert_eq!(
        plan.apply(&Roster::default()).pupils[&PupilNumber(12)].forename,
        "Ivy; Rose"
    );
}

#[test]
fn one_date_with_the_month_first_puts_its_column_in_doubt_and_no_other() {
    let plan = planned(
        &Roster::default(),
        &file(&[
            ",1,Lane,Kit,,11/25/2016,3,3C,,03/04/2020,",
            ",2,Nash,Pia,,03/04/2016,3,3C,,03/04/2020,",
            ",3,Marsh,Ola,,25/11/2016,3,3C,,03/04/2020,",
        ]),
    );
    assert_eq!(
        refused(&plan),
        [(2, "dob", "11/25/2016"), (3, "dob", "03/04/2016")]
    );
    assert!(plan.refusals[1].remedy.contains("row 2 of this column"), "{plan}");
    assert_eq!(plan.adds.len(), 1);
}

#[test]
fn a_bad_row_is_refused_alone_with_everything_that_is_wrong_with_it() {
    let plan = planned(
        &Roster::default(),
        &file(&[
            "Q207000016049,A12,Lane,,,31/02/2016,3,3/C,,,",
            ",13,Marsh,Ola,,1999-12-31,3,3C,,2022-09-01,2021-09-01",
            ",14,Nash,Pia,,,3,3C,,,",
        ]),
    );
    assert_eq!(
        refused(&plan),
        [
            (2, "class", "3/C"),
            (2, "dob", "31/02/2016"),
            (2, "forename", ""),
            (2, "mis_id", "A12"),
            (2, "upn", "Q207000016049"),
            (3, "dob", "1999-12-31"),
            (3, "leave_date", "2021-09-01"),
        ]
    );
    let remedies: Vec<_> = plan
        .refusals
        .iter()
        .map(|refusal| refusal.remedy.as_str())
        .collect();
    assert!(remedies[1].contains("day first"), "{}", remedies[1]);
    assert!(remedies[4].contains("is P"), "{}", remedies[4]);
    assert!(remedies[5].contains("2000-01-01"), "{}", remedies[5]);
    assert_eq!(plan.adds.iter().map(|add| add.row).collect::<Vec<_>>(), [4]);
}

#[test]
fn a_repeated_admission_number_refuses_both_rows_and_names_them() {
    let plan = planned(
        &Roster::default(),
        &file(&[
            ",0042,Lane,Kit,,,3,3C,,,",
            ",13,Marsh,Ola,,,3,3C,,,",
            ",42,Nash,Pia,,,3,3C,,,",
        ]),
    );
    assert_eq!(refused(&plan), [(2, "mis_id", "0042"), (4, "mis_id", "42")]);
    assert!(
        plan.refusals
            .iter()
            .all(|refusal| refusal.remedy.contains("rows 2 and 4"))
    );
    assert_eq!(plan.adds.len(), 1);
}

#[test]
fn a_repeated_upn_refuses_both_rows_and_names_them() {
    let plan = planned(
        &Roster::default(),
        &file(&[
            "B801200005001,1,Lane,Kit,,,3,3C,,,",
            ",2,Marsh,Ola,,,3,3C,,,",
            "b801200005001,3,Nash,Pia,,,3,3C,,,",
        ]),
    );
    assert_eq!(
        refused(&plan),
        [(2, "upn", "B801200005001"), (4, "upn", "B801200005001")]
    );
    assert!(
        plan.refusals
            .iter()
            .all(|refusal| refusal.remedy.contains("rows 2 and 4"))
    );
    assert_eq!(plan.adds.len(), 1);
}

#[test]
fn a_upn_that_the_roster_has_for_another_pupil_is_refused_with_the_pupil_named() {
    let plan = planned(&two_pupils(), &file(&["B801200005001,9,Lane,Kit,,,3,3C,,,"]));
    assert_eq!(refused(&plan), [(2, "upn", "B801200005001")]);
    assert!(plan.refusals[0].remedy.contains("0042 Bron O'Déa"), "{plan}");
}

#[test]
fn a_upn_may_move_when_its_holder_gets_another_in_the_same_file() {
    let rows = [
        "B801200005001,7,Okafor,Sam,,2017-02-03,4,4B,,,",
        "H886200024001,0042,O'Déa,Bronwen,Bron,2016-11-03,4,4B,F7,2020-09-03,",
    ];
    let plan = planned(&two_pupils(), &file(&rows));
    assert_eq!((plan.changes.len(), plan.refusals.len()), (2, 0), "{plan}");
}

#[test]
fn a_upn_does_not_move_when_the_row_that_gives_it_up_is_refused() {
    // Kit takes Sam's UPN, Sam takes Bron's, and Bron, who is in no row, keeps it: so Sam keeps his, too.
    let plan = planned(
        &two_pupils(),
        &file(&[
            "H886200024001,9,Lane,Kit,,,3,3C,,,",
            "B801200005001,7,Okafor,Sam,,2017-02-03,4,4B,,,",
        ]),
    );
    assert_eq!(
        refused(&plan),
        [(2, "upn", "H886200024001"), (3, "upn", "B801200005001")]
    );
    assert!(plan.is_empty());
}

#[test]
fn leading_zeros_that_a_spreadsheet_dropped_are_put_back() {
    let plan = planned(
        &two_pupils(),
        &file(&["B801200005001,42,O'Déa,Bronwen,Bron,2016-11-03,4,4B,F7,2020-09-03,"]),
    );
    assert_eq!((plan.unchanged, plan.changes.len()), (1, 0), "{plan}");
    assert!(plan.notes[0].text.contains("0042"));
}

#[test]
fn an_admission_number_given_to_another_child_is_refused() {
    let plan = planned(
        &two_pupils(),
        &file(&["P207000016049,0042,Lane,Kit,,2020-01-02,R,RA,,2026-09-03,"]),
    );
    assert_eq!(refused(&plan), [(2, "mis_id", "0042")]);
    assert!(plan.refusals[0].remedy.contains("Bron O'Déa"), "{plan}");
}

#[test]
fn rows_are_named_as_a_spreadsheet_shows_them() {
    let text = format!("{HEADER}\n\n,1,\"Two\nlines\",Kit,,,3,3C,,,\n,,,,,,,,,,\n,x,Nash,Pia,,,3,3C,,,\n");
    let plan = planned(&Roster::default(), &text);
    assert_eq!(refused(&plan), [(3, "surname", "Two\nlines"), (5, "mis_id", "x")]);
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let plan = planned(
        &Roster::default(),
        &format!("\u{feff}{}", file(&[",1,Lane,Kit,,,3,3C,,,"])),
    );
    assert_eq!((plan.adds.len(), plan.encoding), (1, Encoding::Utf8));
}

#[test]
fn windows_1252_is_read_and_reported() {
    let mut bytes = file(&[]).into_bytes();
    bytes.extend(b",1,Bront\xeb,Zo\xe9 \x97 Anne,,,3,3C,,,\r\n");
    let plan = plan(&Roster::default(), &read_pupils(&bytes).expect("readable"));
    assert_eq!(plan.encoding, Encoding::Windows1252);
    let roster = plan.apply(&Roster::default());
    let pupil = &roster.pupils[&PupilNumber(1)];
    assert_eq!(
        (pupil.surname.as_str(), pupil.forename.as_str()),
        ("Brontë", "Zoé \u{2014} Anne")
    );
}

#[test]
fn what_is_no_csv_text_is_refused_by_name() {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    assert_eq!(
        read_pupils(&[b"\xff\xfe", utf16("mis_id").as_slice()].concat()),
        Err(FileError::Utf16)
    );
    assert_eq!(read_pupils(b"\xfe\xff\0m\0i"), Err(FileError::Utf16));
    assert_eq!(read_pupils(&utf16("mis_id,surname")), Err(FileError::Utf16));
    assert_eq!(read_pupils(b"PK\x03\x04\0\0\0\0\0\0"), Err(FileError::NotText));
    assert_eq!(read_pupils(b""), Err(FileError::Empty));
    assert_eq!(read_pupils(b"\xef\xbb\xbf\r\n\r\n"), Err(FileError::Empty));
}

#[test]
fn a_letter_that_was_lost_earlier_is_not_kept_lost() {
    let plan = planned(&Roster::default(), &file(&[",1,Bront\u{fffd},Kit,,,3,3C,,,"]));
    assert_eq!(refused(&plan), [(2, "surname", "Bront\u{fffd}")]);
}

#[test]
fn columns_that_are_missing_or_double_are_named() {
    let error = read_pupils(b"upn,surname,forename,year\n").expect_err("no number");
    assert_eq!(
        error.to_string(),
        "row 1 does not name the column mis_id, class: add it, or name it so in row 1"
    );
    let error = read_pupils(b"mis_id,Surname,Legal Surname,forename,year,class\n").expect_err("two surnames");
    assert_eq!(
        error.to_string(),
        "columns \"Surname\" and \"Legal Surname\" are both read as surname: keep one of them"
    );
}

#[test]
fn a_quotation_mark_out_of_place_is_refused_before_it_can_swallow_pupils() {
    let error = read_pupils(file(&[",1,Lane,Kit,,,3,3C,,,", ",2,\"Nash,Pia,,,3,3C,,,"]).as_bytes());
    assert_eq!(error, Err(FileError::UnclosedQuote { row: 3 }));
    let plan = planned(
        &Roster::default(),
        &file(&[",1,\"Lane\" x,Kit,,,3,3C,,,", ",2,Nash,Pia,,,3,3C,,,"]),
    );
    assert_eq!(refused(&plan), [(2, "surname", "Lane x")]);
    assert_eq!(plan.adds.len(), 1);
}

#[test]
fn a_name_with_a_comma_and_no_quotation_marks_is_refused() {
    let plan = planned(
        &Roster::default(),
        &file(&[",1,Lane, Jr,Kit,,,3,3C,,,,2026-01-01", ",2,Nash,Pia,,,3,3C"]),
    );
    assert!(refused(&plan).contains(&(2, "row", "2026-01-01")), "{plan}");
    assert_eq!(
        plan.adds.iter().map(|add| add.row).collect::<Vec<_>>(),
        [3],
        "cells missing at the end are empty"
    );
}

#[test]
fn limits_are_kept_to_the_byte_and_the_row() {
    let name = "x".repeat(FIELD_BYTES_MAX);
    let rows = [
        format!(",1,{name},Kit,,,3,3C,,,"),
        format!(",2,{name}y,Kit,,,3,3C,,,"),
    ];
    let plan = planned(&Roster::default(), &file(&[&rows[0], &rows[1]]));
    assert_eq!((plan.adds.len(), plan.refusals.len()), (1, 1));
    assert_eq!(
        (plan.refusals[0].row, plan.refusals[0].value.len()),
        (3, SHOWN_CHARS_MAX)
    );

    let many = |rows: usize| {
        (1..=rows).fold(format!("{HEADER}\n"), |text, id| {
            text + &format!(",{id},A,B,,,3,3C\n")
        })
    };
    assert_eq!(
        read_pupils(many(ROWS_MAX).as_bytes())
            .expect("at the limit")
            .rows(),
        ROWS_MAX
    );
    assert_eq!(
        read_pupils(many(ROWS_MAX + 1).as_bytes()),
        Err(FileError::TooManyRows { rows_max: ROWS_MAX })
    );

    assert_eq!(read_pupils(&vec![b'\n'; FILE_BYTES_MAX]), Err(FileError::Empty));
    let error = read_pupils(&vec![b'\n'; FILE_BYTES_MAX + 1]).expect_err("too large");
    assert_eq!(
        error,
        FileError::TooLarge {
            bytes: FILE_BYTES_MAX + 1
        }
    );

    let wide = format!("mis_id,surname,forename,year,class{}", ",x".repeat(COLUMNS_MAX));
    assert_eq!(read_pupils(wide.as_bytes()), Err(FileError::TooManyColumns));
}

#[test]
fn staff_are_read_the_same_way() {
    let text = "staff_id,name,position,role\r\n\
                A-Shah,Anika Shah,Class teacher,Teacher\r\n\
                k.obi,Ken Obi,Office manager,cook\r\n\
                j-may,Jo May,,gate\r\n\
                twin,One,Cook,team\r\n\
                twin,Two,Cook,team\r\n";
    let sheet = read_staff(text.as_bytes()).expect("readable");
    let first = plan(&Roster::default(), &sheet);
    assert_eq!(
        refused(&first),
        [
            (3, "role", "cook"),
            (4, "position", ""),
            (5, "staff_id", "twin"),
            (6, "staff_id", "twin")
        ]
    );
    let roster = first.apply(&two_pupils());
    assert_eq!(roster.pupils, two_pupils().pupils);
    assert_eq!(roster.staff.len(), 1);

    let moved = text.replace("Class teacher", "Head of year");
    let second = plan(&roster, &read_staff(moved.as_bytes()).expect("readable"));
    assert_eq!(second.changes[0].fields[0].field, "position");
    assert_eq!(second.changes[0].id, "a-shah");
}

#[test]
fn a_plan_can_be_read_by_people_and_by_programs() {
    let text = format!(
        "{HEADER},house\n{}\n{}\n{}\n",
        "B801200005001,0042,O'Déa,Bronwen,Bron,2016-11-03,4,5B,F7,2020-09-03,,Oak",
        ",9,Lane,Kit,,,3,3C,,,,Elm",
        "Q207000016049,10,Marsh,Ola,,,3,3C,,,,Ash"
    );
    let plan = planned(&two_pupils(), &text);
    assert_eq!(
        plan.to_string(),
        "3 rows of pupils, read as UTF-8\n\
         1 to add, 1 to change, 0 unchanged, 1 refusals\n\
         \x20 row 3: add 9 Kit Lane, class 3C\n\
         \x20 row 2: change 0042 Bron O'Déa\n\
         \x20   class from \"4B\" to \"5B\"\n\
         \x20 row 4: refused, upn \"Q207000016049\": the check letter of these digits is P: correct the letter or the digits\n\
         1 in the roster and not in the file, kept as they are\n\
         \x20 7 Sam Okafor, no leave date\n\
         columns not used: \"house\"\n"
    );
    let json = serde_json::to_value(&plan).expect("json");
    assert_eq!(json["kind"], "pupils");
    assert_eq!(json["changes"][0]["fields"][0]["new"], "5B");
    assert_eq!(json["refusals"][0]["row"], 4);
    assert!(json.get("people").is_none());
}

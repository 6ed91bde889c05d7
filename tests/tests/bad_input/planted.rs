//! Entries that our own tablets refuse to make, planted by a device that speaks the protocol well: they are kept, named
//! as irregular, and move nothing; a wrong clock is only remarked on.

use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Entry, Person};
use daymark_core::ids::PupilNumber;
use daymark_core::item::{Item, Stamp, Statement};
use daymark_core::session::Session;
use daymark_core::visit::{Opened, VisitStatement};
use daymark_sync_protocol::frame::Ack;
use daymark_tests::support::device::day;
use daymark_tests::support::{Device, School};
use serde_json::{Value, json};

fn class() -> Duty {
    Duty::Class("4B".parse().expect("a class"))
}

fn planted() -> (School, Device) {
    let school = School::open();
    let device = Device::enrol(&school, "Class 4B", "teacher", &["4B"]);
    (school, device)
}

/// What is out of order in a row: the words, and whether it moves nothing.
fn irregular(row: &Value) -> (String, bool) {
    let found = row["irregular"].as_array().expect("a list");
    assert_eq!(found.len(), 1, "{row}");
    let why = found[0]["why"].as_str().expect("words").to_owned();
    (why, found[0]["moves_nothing"].as_bool().expect("a word"))
}

#[test]
fn a_code_that_may_not_stand_there_is_kept_and_named_and_moves_nothing() {
    let (school, device) = planted();
    let cases = [
        (1001, Session::Am, "~~", "code ~~ is not a register code"),
        (
            1002,
            Session::Am,
            "H",
            "code H cannot stand on 2026-03-02: it was retired after 2024-08-18",
        ),
        (
            1003,
            Session::Am,
            "\\",
            "code \\ cannot stand in the AM session of 2026-03-02: use / there",
        ),
        (
            1004,
            Session::Pm,
            "/",
            "code / cannot stand in the PM session of 2026-03-02: use \\ there",
        ),
        (
            1005,
            Session::Am,
            "V",
            "code V needs the visit and its supervising member of staff",
        ),
        (
            1006,
            Session::Am,
            "B",
            "code B needs the nature of the activity or cause",
        ),
        (1007, Session::Am, "L", "code L needs the time of arrival"),
    ];
    for (pupil, session, code, _) in cases {
        device.record(&[device.entry(&class(), session, pupil, code)]);
    }
    for (pupil, session, code, words) in cases {
        let row = school.row(&session.to_string(), pupil);
        let (why, moves_nothing) = irregular(&row);
        assert!(why.contains(words), "{why}");
        assert!(moves_nothing);
        assert_eq!(
            (&row["state"], &row["code"]),
            (&json!("blank"), &json!(null)),
            "{row}"
        );
        assert_eq!(row["accounted_for"], false, "the child is still looked for");
        assert_eq!(row["irregular"][0]["code"], code);
        assert_eq!(row["irregular"][0]["by"], "Mrs A Shah, Teacher");
    }
    let mut early = device.entry(&class(), Session::Am, 1008, "Y1");
    early.cell.date = "2024-06-03".parse().expect("a date");
    early.recorded_at = early.cell.date.start_unix_seconds() + 9 * 3600;
    device.record(&[early]);
    let shown = school
        .office(&[
            "day",
            "show",
            "--date",
            "2024-06-03",
            "--session",
            "AM",
            "--marked",
        ])
        .done();
    let (why, _) = irregular(&shown["rows"][0]);
    assert!(why.contains("it is in force from 2024-08-19"), "{why}");
    assert_eq!(school.store_counts()["ok"], true);
}

#[test]
fn a_clock_that_is_a_year_off_is_remarked_on_and_the_mark_stands() {
    let (school, device) = planted();
    let year = 365 * 86_400;
    for (pupil, shift) in [(1001, year), (1002, -year), (1003, i64::MAX / 2)] {
        let mut entry = device.entry(&class(), Session::Am, pupil, "/");
        entry.recorded_at = entry.recorded_at.saturating_add(shift);
        device.record(&[entry]);
    }
    for (pupil, days) in [(1001, "365 days"), (1002, "-365 days")] {
        let row = school.row("AM", pupil);
        let (why, moves_nothing) = irregular(&row);
        assert!(
            why.contains("the tablet's clock was") && why.contains(days),
            "{why}"
        );
        assert!(!moves_nothing);
        assert_eq!((&row["state"], &row["code"]), (&json!("recorded"), &json!("/")));
        assert_eq!(row["accounted_for"], true);
    }
    assert_eq!(school.row("AM", 1003)["code"], "/", "no clock is too wrong");
    school.day("AM").done();
}

#[test]
fn an_amendment_without_a_reason_is_kept_reported_and_moves_nothing() {
    let (school, device) = planted();
    let first = device.entry(&class(), Session::Am, 1001, "/");
    let silent = Entry {
        supersedes: [first.id()].into(),
        ..device.entry(&class(), Session::Am, 1001, "N")
    };
    let blank = Entry {
        reason: Some("  ".to_owned()),
        recorded_at: silent.recorded_at + 1,
        ..silent.clone()
    };
    device.record(&[first, silent, blank]);
    let row = school.row("AM", 1001);
    assert_eq!((&row["state"], &row["code"]), (&json!("recorded"), &json!("/")));
    let whys: Vec<&Value> = row["irregular"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|found| &found["why"])
        .collect();
    assert_eq!(whys, [&json!("it changes an entry and gives no reason"); 2]);
    let ledger = school.office(&["ledger", "--date", "2026-03-02"]).found();
    assert_eq!(ledger.as_array().expect("a list").len(), 2);
    assert_eq!(
        (&ledger[0]["in_force"], &ledger[0]["reason"]),
        (&json!(false), &json!(null))
    );
    assert_eq!(
        ledger[0]["irregular"],
        json!(["it changes an entry and gives no reason"])
    );
}

#[test]
fn a_duty_cannot_replace_what_another_duty_said_nor_act_on_a_sign_off() {
    let (school, device) = planted();
    let gate = Device::enrol(&school, "Gate", "gate", &[]);
    let present = device.entry(&class(), Session::Am, 1001, "/");
    let mut late = gate.entry(&Duty::Gate, Session::Am, 1001, "L");
    late.particulars.arrived_at = Some("09:05".parse().expect("a time"));
    let mut over = late.clone();
    over.supersedes = [present.id()].into();
    over.reason = Some("I know better".to_owned());
    device.record(&[present]);
    gate.record(&[over]);
    let row = school.row("AM", 1001);
    assert_eq!(row["code"], "/", "{row}");
    assert!(
        irregular(&row)
            .0
            .contains("made under gate and replaces an entry made under class:4B"),
        "{row}"
    );

    let mut unknown = late.clone();
    unknown.cell.pupil = PupilNumber(1002);
    unknown.supersedes = [late.id()].into();
    unknown.reason = Some("It was there a minute ago".to_owned());
    gate.record(&[unknown]);
    assert!(
        irregular(&school.row("AM", 1002))
            .0
            .contains("which is not one of this pupil's session here")
    );

    let mut signed = late.clone();
    signed.cell.pupil = PupilNumber(1003);
    signed.sign_off = Some(late.id());
    gate.record(&[signed]);
    assert!(
        irregular(&school.row("AM", 1003))
            .0
            .contains("only the office may act upon")
    );

    let nothing = Entry {
        code: None,
        ..device.entry(&class(), Session::Am, 1004, "/")
    };
    device.record(&[nothing]);
    assert!(
        irregular(&school.row("AM", 1004))
            .0
            .contains("takes a mark back and does not say which")
    );
}

#[test]
fn a_visit_by_one_visitor_is_kept_and_named_on_every_tablet_that_sees_it() {
    let school = School::open();
    let device = Device::enrol(&school, "Visits", "team", &[]);
    let tablet = school.ready("Visits 2", "team", &[]);
    let person = Person::new(
        "k-osman".parse().expect("an id"),
        "Mr K Osman",
        "Attendance officer",
    )
    .expect("a person");
    let visit = "6e5f2c3a-0000-4000-8000-000000000001";
    let document: DocumentId = format!("visit/{visit}").parse().expect("an id");
    let opened = Opened {
        pupil: PupilNumber(1003),
        trigger: "Three days of silence".to_owned(),
        visitors: vec![person.clone()],
        alone: None,
        back_by: None,
    };
    let statement = Statement {
        stamp: Stamp {
            school: device.school,
            device: device.number,
            person,
            recorded_at: day().start_unix_seconds(),
            clock: None,
        },
        supersedes: [].into(),
        reason: None,
        body: VisitStatement::Opened(opened),
    };
    let change = device.change(&document, &[Item::Visit(statement)]);
    assert_eq!(device.offer(&document, &[change]), [Ack::Stored]);
    tablet.sync("10:00");
    let shown = tablet
        .by("p-fenn", "10:01")
        .run(&["visit", "show", visit])
        .found();
    assert!(
        shown["irregular"][0]
            .as_str()
            .expect("words")
            .contains("one visitor (k-osman)"),
        "{shown}"
    );
}

//! The office at its desk: rosters, invitations, devices.

use daymark_tests::support::{School, Tablet, school};
use serde_json::json;

#[test]
fn a_roster_is_tried_first_then_imported_and_what_is_wrong_is_named_by_row() {
    let school = School::open();
    let header = "upn,mis_id,surname,forename,year,class,start_date\r\n";
    let good = school::upn(1001);
    let wrong_letter = school::upn(1002).replace(|letter: char| letter.is_ascii_alphabetic(), "?");
    let csv = format!(
        "{header}{good},001001,Marsh,Ada,4,4A,2024-09-01\r\n\
         ,001099,=Nash,Zoe,4,4B,2024-09-01\r\n\
         {wrong_letter},001100,Quill,Tom,4,4B,2024-09-01\r\n\
         ,,Nobody,Nell,4,4B,2024-09-01\r\n"
    );
    let tried = school.import_with("roster", &csv, &["--dry-run"]).found();
    assert_eq!(tried["adds"][0]["id"], "001099", "leading zeros stay: {tried}");
    assert_eq!(tried["changes"][0]["fields"][0]["new"], "4A", "{tried}");
    let rows: Vec<_> = tried["refusals"]
        .as_array()
        .expect("refusals")
        .iter()
        .map(|refusal| (&refusal["row"], &refusal["field"]))
        .collect();
    assert_eq!(
        rows,
        [(&json!(4), &json!("upn")), (&json!(5), &json!("mis_id"))],
        "{tried}"
    );
    assert_eq!(school.row("AM", 1001)["class"], "4B", "a trial changes nothing");

    school.import("roster", &csv).found();
    assert_eq!(school.row("AM", 1001)["class"], "4A");
    assert_eq!(school.row("AM", 1099)["name"], "=Nash, Zoe");
    assert_eq!(
        school.row("AM", 1008)["class"],
        "4B",
        "who is not in the file is kept"
    );
    let again = school.import("roster", &csv).found();
    assert_eq!(
        (&again["adds"], &again["changes"]),
        (&json!([]), &json!([])),
        "a second time changes nothing"
    );
}

#[test]
fn an_invitation_works_once() {
    let school = School::open();
    let invitation = school.invite("Gate", "gate", &[]);
    let url = school.server().url();
    Tablet::enrol(school.path("first"), &url, &invitation);
    let words = Tablet::try_enrol(&school.path("second"), &url, &invitation).failed();
    assert!(words.contains("was used already"), "{words}");
    let words = Tablet::try_enrol(&school.path("third"), &url, "ABCDEFG-ABCDEFG").failed();
    assert!(words.contains("ask the office for another"), "{words}");
    let devices = school.office(&["device", "list"]).done();
    let names: Vec<_> = devices
        .as_array()
        .expect("a list")
        .iter()
        .map(|device| &device["name"])
        .collect();
    assert_eq!(names, ["Office desk", "Gate"], "the desk and the one tablet");
}

#[test]
fn the_office_sees_what_a_tablet_said_it_still_holds() {
    let school = School::open();
    let gate = school.ready("Gate", "gate", &[]);
    let devices = school.office(&["device", "list"]).done();
    let seen = &devices[1];
    assert_eq!((&seen["name"], &seen["still_holds"]), (&json!("Gate"), &json!(0)));
    assert!(
        seen["last_heard"].is_string() && seen["clock_ahead_ms"].is_number(),
        "{seen}"
    );
    gate.by("g-hobbs", "09:05")
        .mark("AM", "L", &[1005, 1006], &[])
        .done();
    assert_eq!(gate.pending(), 2);
    gate.sync("09:06");
    assert_eq!(gate.pending(), 0);
    let devices = school.office(&["device", "list"]).done();
    assert_eq!(devices[1]["still_holds"], 0, "what came with that has arrived");
}

#[test]
fn a_tablet_without_a_signal_says_so_and_keeps_its_marks() {
    let mut school = School::open();
    let gate = school.ready("Gate", "gate", &[]);
    gate.by("g-hobbs", "09:05").mark("AM", "L", &[1005], &[]).done();
    let stopped = school.take_server().stop();
    assert!(stopped.success(), "{stopped}");
    let words = gate.at("09:06").run(&["sync"]).failed();
    assert!(
        words.contains("No signal. 1 mark is saved on this tablet."),
        "{words}"
    );
    assert_eq!(gate.pending(), 1);
    let row = gate.row("09:07", "AM", 1005);
    assert_eq!(row["marks"][0]["words"], "Saved on this tablet");
    let words = school.office(&["day", "show"]).failed();
    assert!(words.contains("no Daymark server answers"), "{words}");
}

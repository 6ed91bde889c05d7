//! After sign-off the register moves by nobody's clock and nobody's late tablet: only by the office.

use daymark_tests::support::DAY;
use serde_json::Value;

use super::day::York;

/// Mr Quill's class says N, the office signs the morning off, and Coach A comes home at seven in the evening.
fn signed_off_without_coach_a(pupils: &[u64]) -> York {
    let day = York::morning();
    let class = day.class();
    day.coach_a
        .by("a-shah", "08:40")
        .mark("AM", "V", pupils, &[])
        .done();
    class.by("t-quill", "08:50").mark("AM", "N", pupils, &[]).done();
    class.sync("08:51");
    let signed = day.school.sign_off("AM");
    assert_eq!(signed["disputed"], Value::Array(Vec::new()));
    let unmarked = signed["unmarked"].as_array().expect("a list").len();
    assert_eq!(unmarked, 12 - pupils.len(), "gaps are allowed and written down");
    day
}

#[test]
fn a_tablet_that_syncs_after_sign_off_proposes_and_moves_nothing() {
    let day = signed_off_without_coach_a(&[1001]);
    let before = day.school.row("AM", 1001);
    day.coach_a.sync("19:00");
    let row = day.school.row("AM", 1001);
    assert_eq!((&row["state"], &row["code"]), (&"recorded".into(), &"N".into()));
    assert_eq!(row["marks"], before["marks"], "what stood stands");
    let waits = &row["after_sign_off"][0];
    assert_eq!(
        (&waits["code"], &waits["by"]),
        (&"V".into(), &"Mrs A Shah".into())
    );
    assert_eq!(waits["confirms"], false);
    let shown = day.school.day("AM").found();
    assert_eq!(shown["sessions"][0]["after_sign_off"], 1);
    assert_eq!(shown["sessions"][0]["signed_off"], true);
    assert!(
        day.school.ledger().is_empty(),
        "a first entry that arrives late amends nothing"
    );

    day.coach_a.sync("19:01");
    let words = super::day::said(&day.coach_a.row("19:01", "AM", 1001));
    assert!(
        words.contains("Arrived after sign-off"),
        "the coach is told: {words}"
    );
}

#[test]
fn the_office_accepts_what_arrived_after_sign_off_as_an_amendment() {
    let day = signed_off_without_coach_a(&[1001]);
    day.coach_a.sync("19:00");
    day.school
        .decide("AM", 1001, "V", "Was on the York visit", &[])
        .done();
    let row = day.school.row("AM", 1001);
    assert_eq!((&row["state"], &row["code"]), (&"recorded".into(), &"V".into()));
    assert_eq!(
        row["after_sign_off"],
        Value::Array(Vec::new()),
        "nothing waits any more"
    );
    let ledger = day.school.ledger();
    assert_eq!(ledger.len(), 1, "{ledger:?}");
    let mut originals: Vec<&str> = ledger[0]["original"]
        .as_str()
        .expect("a text")
        .split(',')
        .collect();
    originals.sort_unstable();
    assert_eq!(originals, ["N", "V"]);
    assert_eq!(
        (&ledger[0]["amended"], &ledger[0]["in_force"]),
        (&"V".into(), &true.into())
    );
}

#[test]
fn the_office_declines_what_arrived_after_sign_off_as_an_amendment_too() {
    let day = signed_off_without_coach_a(&[1001]);
    day.coach_a.sync("19:00");
    day.school
        .decide("AM", 1001, "N", "Mrs Shah marked a wrong child", &[])
        .done();
    let row = day.school.row("AM", 1001);
    assert_eq!((&row["state"], &row["code"]), (&"recorded".into(), &"N".into()));
    assert_eq!(row["after_sign_off"], Value::Array(Vec::new()));
    let ledger = day.school.ledger();
    assert_eq!(ledger.len(), 1);
    assert_eq!(ledger[0]["reason"], "Mrs Shah marked a wrong child");
    day.school.day("AM").done();
}

#[test]
fn what_arrives_after_sign_off_and_says_the_same_confirms() {
    let day = signed_off_without_coach_a(&[1002]);
    day.coach_b
        .by("m-lee", "08:45")
        .mark("AM", "N", &[1002], &[])
        .done();
    day.coach_b.sync("19:00");
    let row = day.school.row("AM", 1002);
    assert_eq!(row["code"], "N");
    assert_eq!(row["after_sign_off"][0]["confirms"], true, "{row}");
    day.school.day("AM").done();
    let listed = day.school.office(&["conflicts", "list", "--date", DAY]).done();
    assert_eq!(listed[0]["pupil"], 1002, "shown, and nobody has to act");
}

#[test]
fn the_office_tablet_signs_off_in_sight_of_its_sheets_and_sees_the_same_proposal() {
    let day = York::morning();
    day.coach_b
        .by("m-lee", "08:40")
        .mark("AM", "V", &[1001], &[])
        .done();
    day.coach_b.sync("09:00");
    day.office.sync("09:01");
    let signed = day
        .office
        .by("j-roe", "09:30")
        .run(&["sign-off", "--session", "AM"])
        .found();
    assert_eq!(signed["unmarked"].as_array().expect("a list").len(), 11);
    day.office.sync("09:31");
    day.coach_a
        .by("a-shah", "08:41")
        .mark("AM", "N", &[1001], &[])
        .done();
    day.coach_a.sync("19:00");
    day.office.sync("19:01");
    let cases = day.office.at("19:02").run(&["conflicts"]).found();
    assert_eq!(cases["cases"][0]["kind"], "after-sign-off", "{cases}");
    assert_eq!(cases["cases"][0]["code"], "V", "the register did not move");
    let row = day.school.row("AM", 1001);
    assert_eq!((&row["state"], &row["code"]), (&"recorded".into(), &"V".into()));

    let decided = [
        "conflicts",
        "decide",
        "--session",
        "AM",
        "--pupil",
        "1001",
        "--code",
        "N",
        "--reason",
        "Missed the coach",
    ];
    day.office.by("j-roe", "19:05").run(&decided).done();
    day.office.sync("19:06");
    let row = day.school.row("AM", 1001);
    assert_eq!((&row["state"], &row["code"]), (&"recorded".into(), &"N".into()));
}

#[test]
fn the_office_tablet_may_decide_for_a_code_that_nobody_gave_with_what_it_needs() {
    let day = York::morning();
    for (tablet, person, code) in [(&day.coach_a, "a-shah", "N"), (&day.coach_b, "m-lee", "V")] {
        tablet.by(person, "08:40").mark("AM", code, &[1001], &[]).done();
        tablet.sync("09:00");
    }
    day.office.sync("09:01");
    let decided = ["decide", "--session", "AM", "--pupil", "1001", "--code", "L"];
    let decided = [&decided[..], &["--reason", "Came to school instead"]].concat();
    let said = day.office.by("j-roe", "09:30").run(&decided).failed();
    assert!(said.contains("needs the time of arrival"), "{said}");
    let with_time = [&decided[..], &["--arrived", "09:10"]].concat();
    day.office.by("j-roe", "09:31").run(&with_time).done();
    day.office.sync("09:32");
    let row = day.school.row("AM", 1001);
    assert_eq!((&row["state"], &row["code"]), (&"recorded".into(), &"L".into()));
    let arrived = &row["marks"][0]["arrived_at"];
    assert_eq!(arrived, "09:10", "{row}");
}

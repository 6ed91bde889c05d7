//! The school's own rules where marks are made: at the gate, in class, on a trip and at the desk.

use daymark_tests::support::{DAY, School};
use serde_json::json;

use super::day::{York, plan};

const RULES: &str = r#"
[[rules]]
effective_from = 2025-09-01
am = { opens = "08:45", closes = "09:15" }
sign_off = "nothing-open"
codes_by_role = { teacher = ["/", "\\", "L", "N", "V"], gate = ["L", "U"] }
"#;

fn school() -> School {
    let mut school = School::open();
    assert!(school.take_server().stop().success());
    std::fs::write(school.home().join("rules.toml"), RULES).expect("rules can be written");
    school.serve();
    school
}

fn conflicts(school: &School) -> daymark_tests::support::Ran {
    school.office(&["conflicts", "list", "--date", DAY])
}

#[test]
fn the_gate_types_numbers_and_a_clock_in_doubt_asks_the_office() {
    let school = school();
    let gate = school.ready("Gate", "gate", &[]);
    // This tablet's clock is months off the school's, so every time is in doubt: never a U by itself.
    let came = gate
        .by("g-hobbs", "09:05")
        .run(&["arrive", "1005", "1006"])
        .done();
    let made = came["recorded"].as_array().expect("marks");
    assert_eq!(made.len(), 2, "{came}");
    assert_eq!(
        (&made[0]["code"], &made[0]["in_doubt"], &made[0]["minutes_late"]),
        (&json!("L"), &json!(true), &json!(20)),
        "{came}"
    );
    let typed = ["mark", "--session", "AM", "--pupil", "1007", "--arrived", "09:40"];
    let typed = gate.by("g-hobbs", "09:50").run(&typed).done();
    assert_eq!(typed["recorded"][0]["code"], "L", "{typed}");
    let early = gate.by("g-hobbs", "08:40").run(&["arrive", "1008"]).found();
    let why = early["refused"][0]["why"].as_str().expect("words");
    assert!(why.contains("lateness begins at 08:45"), "{why}");
    let inset = gate
        .by("g-hobbs", "09:05")
        .run(&["--date", "2026-03-06", "arrive", "1008"])
        .found();
    let why = inset["refused"][0]["why"].as_str().expect("words");
    assert!(why.contains("2026-03-06 AM is no session"), "{why}");
    let afternoon = gate.by("g-hobbs", "13:20").run(&["arrive", "1008"]).found();
    let why = afternoon["refused"][0]["why"].as_str().expect("words");
    assert!(why.contains("does not know when the register"), "{why}");
    let shown = gate.row("09:51", "AM", 1005);
    assert!(
        shown["words"].to_string().contains("Question for the office"),
        "{shown}"
    );
    gate.sync("09:55");

    let row = school.row("AM", 1005);
    assert_eq!((&row["code"], &row["accounted_for"]), (&json!("L"), &json!(true)));
    assert!(
        row["question"].as_str().expect("a question").contains("L or U?"),
        "{row}"
    );
    let day = school.day("AM").found();
    assert_eq!(day["sessions"][0]["questions"], 3, "{day}");
    assert_eq!(conflicts(&school).found().as_array().map(Vec::len), Some(3));
    let marks = school.office(&["export", "marks", "--date", DAY]).done();
    let marks = marks.as_str().expect("a file");
    assert!(
        marks.contains(",L,20,09:05,") && marks.contains(",L,55,09:40,"),
        "{marks}"
    );

    school
        .decide("AM", 1005, "L", "The gate saw the bell", &[])
        .done();
    school.decide("AM", 1006, "U", "Behind the bell", &[]).done();
    school.decide("AM", 1007, "U", "Behind the bell", &[]).done();
    assert_eq!(conflicts(&school).done(), json!([]));
    let row = school.row("AM", 1006);
    assert_eq!((&row["code"], &row["question"]), (&json!("U"), &json!(null)));
    assert_eq!(row["marks"][0]["arrived_at"], "09:05", "the time stays: {row}");
    assert_eq!(school.ledger().len(), 3, "each answer has its reason");
}

#[test]
fn a_session_with_something_open_is_not_signed_off_at_a_school_that_wants_none() {
    let school = school();
    let (gate, office) = (
        school.ready("Gate", "gate", &[]),
        school.ready("Office", "office", &[]),
    );
    gate.by("g-hobbs", "09:05").run(&["arrive", "1005"]).done();
    gate.sync("09:06");
    office.sync("09:07");
    let sign = [
        "day",
        "sign-off",
        "--date",
        DAY,
        "--session",
        "AM",
        "--by",
        "j-roe",
    ];
    let words = school.office(&sign).failed();
    assert!(
        words.contains("nothing open") && words.contains("pupil 1005"),
        "{words}"
    );
    let tablet = office
        .by("j-roe", "15:00")
        .run(&["sign-off", "--session", "AM"])
        .failed();
    assert!(
        tablet.contains("nothing open") && tablet.contains("pupil 1005"),
        "{tablet}"
    );
    school.decide("AM", 1005, "L", "Seen by the office", &[]).done();
    school.office(&sign).found();
}

#[test]
fn who_may_enter_a_code_is_asked_on_tablets_and_at_the_desk() {
    let school = school();
    let class = school.ready("Class 4B", "teacher", &["4B"]);
    let refused = class.by("t-quill", "08:50").mark("AM", "I", &[1001], &[]).found();
    let why = refused["refused"][0]["why"].as_str().expect("words");
    assert!(why.contains("a teacher does not enter code I"), "{why}");
    assert!(
        why.contains("office") && why.contains("head"),
        "who may is named: {why}"
    );
    class.by("t-quill", "08:50").mark("AM", "N", &[1001], &[]).done();
    class.sync("08:51");
    let amend = |by: &str| school.amend(by, 1001, "I", "Mother rang", &[]);
    assert!(
        amend("t-quill")
            .failed()
            .contains("a teacher does not enter code I")
    );
    assert_eq!(amend("j-roe").done()["code"], "I");
}

#[test]
fn a_trip_marks_who_came_and_an_inset_day_marks_nobody() {
    let day = York::morning();
    let coach = day.coach_a.by("a-shah", "08:40");
    coach
        .run(&["trip", "count", &day.trip, "--found", "3", "--missing", "1004"])
        .found();
    let marked = coach.mark("AM", "V", &[1001, 1004], &[]).found();
    assert_eq!(marked["recorded"].as_array().map(Vec::len), Some(1), "{marked}");
    let why = marked["refused"][0]["why"].as_str().expect("words");
    assert!(
        why.contains("pupil 1004 did not come") && why.contains("absence code"),
        "{why}"
    );
    let present = coach.mark("AM", "/", &[1004], &[]).found();
    let why = present["refused"][0]["why"].as_str().expect("words");
    assert!(why.contains("code / cannot stand"), "{why}");
    coach.mark("AM", "N", &[1004], &[]).done();
    let stranger = coach.mark("AM", "V", &[1008], &[]).found();
    assert!(
        stranger.to_string().contains("--unlisted") || stranger.to_string().contains("not among"),
        "{stranger}"
    );

    let left = [
        "trip",
        "left",
        &day.trip,
        "--pupil",
        "1001",
        "--with",
        "Jo Marsh, mother",
    ];
    day.coach_a.by("a-shah", "12:10").run(&left).done();
    let after = day
        .coach_a
        .by("a-shah", "13:05")
        .mark("PM", "V", &[1001], &[])
        .found();
    assert!(
        after.to_string().contains("left the group with Jo Marsh"),
        "{after}"
    );
    day.coach_a.sync("15:30");
    assert_eq!(day.school.row("AM", 1001)["code"], "V", "the morning stays");
    assert_eq!(
        day.school.row("PM", 1001)["state"],
        "blank",
        "the afternoon is not filled in"
    );
    assert_eq!(day.school.row("AM", 1004)["code"], "N");

    let supervised = ["--supervisor", "a-shah"];
    let afternoon = day.coach_a.by("a-shah", "15:40");
    let inset = afternoon.plan("Staff and choir", "V", &["2026-03-06/AM"], &[1002], &supervised);
    let made = inset.done();
    assert!(
        made["remarks"][0]
            .as_str()
            .expect("a remark")
            .contains("count heads, and make no marks"),
        "{made}"
    );
    let trip = made["trip"].as_str().expect("a trip");
    let friday = day.coach_a.by("a-shah", "2026-03-06T09:00:00");
    friday.run(&["trip", "count", trip, "--found", "1"]).done();
    let marks = ["mark", "--session", "AM", "--trip", trip, "--pupil", "1002"];
    assert!(
        friday
            .run(&marks)
            .found()
            .to_string()
            .contains("is no session of this school")
    );
    let all = ["mark", "--session", "AM", "--trip", trip, "--all", "--count", "0"];
    assert!(friday.run(&all).failed().contains("is no session of this school"));
}

#[test]
fn only_the_schools_staff_makes_a_visit_lawful() {
    let day = York::morning();
    let farm = |more: &[&str]| {
        let afternoon = day.coach_a.by("a-shah", "15:40");
        afternoon.plan("Farm", "V", &["2026-03-03/AM"], &[1002], more)
    };
    let words = farm(&["--supervisor", "mum-of-1002"]).failed();
    assert!(
        words.contains("mum-of-1002") && words.contains("staff list"),
        "{words}"
    );
    let words = farm(&[]).failed();
    assert!(
        words.contains("supervising member of the school's staff"),
        "{words}"
    );
    // The other way is still open: P needs no supervisor by name.
    plan(&day.office, "Netball", "P", &[1002], &[&day.coach_a]);
}

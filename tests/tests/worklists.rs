//! What the office is to do next, from outside: real marks of real tablets, counted by a school's own rules.

use daymark_tests::support::{School, Tablet};
use serde_json::{Value, json};

/// The profile whose policy sends two people to a home on the third day.
const RULES: &str = "profile = \"ben-rhydding\"\n\n[[rules]]\neffective_from = 2024-08-19\n";

fn school() -> School {
    let mut school = School::open();
    assert!(school.take_server().stop().success());
    std::fs::write(school.home().join("rules.toml"), RULES).expect("rules can be written");
    school.serve();
    school
}

/// Marks of class 4B on a day, morning and afternoon.
fn mark(class: &Tablet, date: &str, codes: &[(&str, u64)]) {
    for (session, time) in [("AM", "08:50"), ("PM", "13:05")] {
        for (code, pupil) in codes {
            let code = match (*code, session) {
                ("/", "PM") => "\\",
                (code, _) => code,
            };
            class
                .by("t-quill", &format!("{date}T{time}:00"))
                .mark(session, code, &[*pupil], &[])
                .done();
        }
    }
}

fn list(school: &School, name: &str, date: &str) -> Vec<Value> {
    let list = school.office(&["worklist", name, "--date", date]).value();
    list["rows"].as_array().expect("rows").clone()
}

fn pupils(rows: &[Value]) -> Vec<u64> {
    rows.iter().filter_map(|row| row["pupil"].as_u64()).collect()
}

#[test]
fn a_reason_is_owed_until_its_school_day_then_o_is_proposed_and_an_amendment_ends_it() {
    let school = school();
    let class = school.ready("Class 4B", "teacher", &["4B"]);
    mark(&class, "2026-03-02", &[("N", 1001), ("/", 1002)]);
    class.sync("15:30");

    let owed = list(&school, "reasons-owed", "2026-03-02");
    assert_eq!(pupils(&owed), [1001], "one for the day");
    // Friday the 6th is an INSET day: the fifth school day is Tuesday.
    assert_eq!(owed[0]["due"], "2026-03-10");
    assert_eq!(owed[0]["overdue"], false);
    assert_eq!(owed[0]["name"], school.row("AM", 1001)["name"]);
    let counted = json!([
        { "date": "2026-03-02", "session": "AM", "code": "N" },
        { "date": "2026-03-02", "session": "PM", "code": "N" },
    ]);
    assert_eq!(owed[0]["counted"], counted, "the exact sessions");
    assert_eq!(list(&school, "reasons-owed", "2026-03-10")[0]["overdue"], false);

    let late = list(&school, "reasons-owed", "2026-03-11");
    assert_eq!(late[0]["overdue"], true);
    assert_eq!(
        late[0]["facts"]["propose"], "O",
        "for a person to confirm: {}",
        late[0]
    );
    assert_eq!(school.row("AM", 1001)["code"], "N", "nothing changed by itself");

    let office = school.ready("Office tablet", "office", &[]);
    for session in ["AM", "PM"] {
        let amend = office.by("j-roe", "2026-03-05T09:30:00");
        let day = ["--date", "2026-03-02", "--reason", "Mother rang"];
        amend.mark(session, "I", &[1001], &day).done();
    }
    office.sync("2026-03-05T09:31:00");
    assert!(list(&school, "reasons-owed", "2026-03-11").is_empty());
}

#[test]
fn the_unaccounted_are_listed_with_who_tried_to_reach_them() {
    let school = school();
    let class = school.ready("Class 4B", "teacher", &["4B"]);
    mark(&class, "2026-03-02", &[("N", 1001), ("/", 1002)]);
    class.sync("09:00");
    let tried = [
        "attempt",
        "--date",
        "2026-03-02",
        "--pupil",
        "1001",
        "--how",
        "phone",
        "--result",
        "no-answer",
        "--by",
        "k-osman",
    ];
    school.office(&tried).done();
    let rows = list(&school, "unaccounted", "2026-03-02");
    assert_eq!(rows[0]["pupil"], 1001, "N before those with no mark: {rows:?}");
    assert!(!pupils(&rows).contains(&1002));
    assert_eq!(rows.len(), 11, "all but the one who is here");
    let attempts = &rows[0]["facts"]["attempts"];
    assert_eq!(attempts[0]["by"]["name"], "Mr K Osman");
    assert_eq!(attempts[0]["result"], "no-answer");
    assert_eq!(rows[1]["facts"]["attempts"], json!([]));

    let nobody = [
        "attempt", "--pupil", "99", "--how", "phone", "--result", "reached", "--by", "k-osman",
    ];
    assert!(school.office(&nobody).failed().contains("pupil 99"));
    let no_way = [
        "attempt", "--pupil", "1001", "--how", "owl", "--result", "reached", "--by", "k-osman",
    ];
    assert!(school.office(&no_way).misused().contains("emergency-contact"));
}

#[test]
fn the_third_day_sends_two_people_and_a_letter_is_due_until_it_was_sent() {
    let mut school = school();
    let class = school.ready("Class 4B", "teacher", &["4B"]);
    for date in ["2026-03-02", "2026-03-03"] {
        mark(&class, date, &[("O", 1001), ("/", 1002)]);
    }
    class.sync("2026-03-03T15:30:00");
    assert!(list(&school, "welfare-checks", "2026-03-03").is_empty());
    mark(&class, "2026-03-04", &[("O", 1001), ("/", 1002)]);
    class.sync("2026-03-04T15:30:00");
    let due = list(&school, "welfare-checks", "2026-03-04");
    assert_eq!(pupils(&due), [1001]);
    assert_eq!(due[0]["facts"]["visitors"], 2);
    assert_eq!(
        due[0]["counted"].as_array().map(Vec::len),
        Some(6),
        "six sessions of three days"
    );

    let letters = list(&school, "steps", "2026-03-04");
    let named = |rows: &[Value]| {
        let named = rows.iter().filter(|row| row["facts"]["name"] == "Stage 1 letter");
        named.filter_map(|row| row["pupil"].as_u64()).collect::<Vec<_>>()
    };
    assert_eq!(named(&letters), [1001]);
    let sent = [
        "step",
        "--date",
        "2026-03-04",
        "--pupil",
        "1001",
        "--name",
        "Stage 1 letter",
        "--by",
        "j-roe",
    ];
    school.office(&sent).done();
    let after = list(&school, "steps", "2026-03-04");
    assert!(named(&after).is_empty());

    // What is counted is made anew from the documents, and comes out the same.
    let before: Vec<Value> = ["welfare-checks", "steps", "absent", "reasons-owed"]
        .map(|name| json!(list(&school, name, "2026-03-05")))
        .to_vec();
    let figures = school.office(&["attendance", "--by", "pupil"]).done();
    assert!(school.take_server().stop().success());
    school.serve();
    let again: Vec<Value> = ["welfare-checks", "steps", "absent", "reasons-owed"]
        .map(|name| json!(list(&school, name, "2026-03-05")))
        .to_vec();
    assert_eq!(again, before);
    assert_eq!(school.office(&["attendance", "--by", "pupil"]).done(), figures);
}

#[test]
fn attendance_is_added_up_by_pupil_class_year_and_school_and_a_dispute_counts_as_nothing() {
    let school = school();
    let class = school.ready("Class 4B", "teacher", &["4B"]);
    let gate = school.ready("Gate", "gate", &[]);
    mark(
        &class,
        "2026-03-02",
        &[("/", 1001), ("I", 1002), ("X", 1003), ("/", 1004)],
    );
    // Somebody else says of 1004 what cannot both be.
    gate.by("g-hobbs", "09:20").mark("AM", "U", &[1004], &[]).done();
    class.sync("15:30");
    gate.sync("15:31");
    let span = ["attendance", "--from", "2026-03-02", "--to", "2026-03-02", "--by"];
    let by = |what: &str| school.office(&[&span[..], &[what]].concat()).done();
    let whole = &by("school")[0];
    assert_eq!(
        (&whole["possible"], &whole["attended"], &whole["authorised"]),
        (&json!(5), &json!(3), &json!(2)),
        "{whole}"
    );
    assert_eq!(whole["percent"], "60.0");
    let classes = by("class");
    assert_eq!(
        (&classes[0]["name"], &classes[0]["possible"]),
        (&json!("4B"), &json!(5))
    );
    assert_eq!(
        (&classes[1]["name"], &classes[1]["percent"]),
        (&json!("5A"), &Value::Null)
    );
    let pupils = by("pupil");
    let of = |number: u64| {
        pupils
            .as_array()
            .and_then(|all| all.iter().find(|row| row["pupil"] == number))
    };
    assert_eq!(of(1002).expect("a row")["absence"], "severe");
    assert_eq!(of(1003).expect("a row")["possible"], 0, "X is not possible");
    assert_eq!(of(1004).expect("a row")["possible"], 1, "the morning is disputed");
    let figures = school.office(&["figures", "--date", "2026-03-02"]).done();
    assert!(
        figures["total"].is_object() && !figures.to_string().contains("1002"),
        "{figures}"
    );
}

#[test]
fn a_pupil_due_on_a_trip_who_comes_through_the_gate_raises_an_alert() {
    let school = school();
    let coach = school.ready("Coach", "teacher", &[]);
    let gate = school.ready("Gate", "gate", &[]);
    let supervised = ["--supervisor", "a-shah"];
    let planned =
        coach
            .by("a-shah", "08:00")
            .plan("Museum", "V", &["2026-03-02/AM"], &[1001, 1002], &supervised);
    planned.done();
    coach.sync("08:05");
    let alerts = ["alerts", "--date", "2026-03-02"];
    assert_eq!(school.office(&alerts).done(), json!([]));
    gate.by("g-hobbs", "09:10")
        .mark("AM", "L", &[1001, 1005], &[])
        .done();
    gate.sync("09:11");
    let raised = school.office(&alerts).found();
    assert_eq!(raised.as_array().map(Vec::len), Some(1), "{raised}");
    assert_eq!(raised[0]["alert"], "due_on_trip_seen_at_gate");
    assert_eq!(raised[0]["pupil"], 1001);
    assert_eq!(raised[0]["name"], school.row("AM", 1001)["name"]);
    assert_eq!(raised[0]["title"], "Museum", "the office knows it by name");
}

#[test]
fn a_pupil_who_left_the_group_and_is_in_the_day_as_present_raises_an_alert_also_after_sign_off() {
    let school = school();
    let coach = school.ready("Coach", "teacher", &[]);
    let class = school.ready("Class 4B", "teacher", &["4B"]);
    let office = school.ready("Office tablet", "office", &[]);
    let sessions = ["2026-03-02/AM", "2026-03-02/PM"];
    let supervised = ["--supervisor", "a-shah"];
    let planned = coach
        .by("a-shah", "08:00")
        .plan("Museum", "V", &sessions, &[1001, 1002], &supervised);
    let made = planned.done();
    let trip = made["trip"].as_str().expect("an id").to_owned();
    coach
        .by("a-shah", "08:50")
        .mark("AM", "V", &[1001, 1002], &[])
        .done();
    coach.sync("08:51");
    // The mother takes the child at noon, far from any signal; at school somebody counts the child in.
    let left = [
        "trip",
        "left",
        &trip,
        "--pupil",
        "1001",
        "--with",
        "Jo Marsh, mother",
        "--session",
        "PM",
    ];
    coach.by("a-shah", "12:10").run(&left).done();
    class.by("t-quill", "13:05").mark("PM", "\\", &[1001], &[]).done();
    class.sync("13:06");
    school.sign_off("PM");
    let alerts = ["alerts", "--date", "2026-03-02"];
    assert_eq!(
        school.office(&alerts).done(),
        json!([]),
        "nobody at school knows yet"
    );

    coach.sync("19:02");
    let raised = school.office(&alerts).found();
    assert_eq!(raised.as_array().map(Vec::len), Some(1), "{raised}");
    assert_eq!(raised[0]["alert"], "left_group_marked_attending");
    assert_eq!(
        (&raised[0]["pupil"], &raised[0]["with"], &raised[0]["code"]),
        (&json!(1001), &json!("Jo Marsh, mother"), &json!("\\"))
    );
    assert_eq!(school.row("PM", 1001)["code"], "\\", "an alert changes no mark");
    assert_eq!(school.row("AM", 1001)["code"], "V", "the morning stands");

    office.sync("19:05");
    let reason = ["--reason", "The mother has her since noon"];
    office
        .by("j-roe", "19:06")
        .mark("PM", "C", &[1001], &reason)
        .done();
    office.sync("19:07");
    assert_eq!(school.office(&alerts).done(), json!([]), "the office has decided");
}

#[test]
fn the_office_is_told_that_a_visit_waits_and_not_what_it_says() {
    let school = school();
    let team = school.ready("Visits", "team", &[]);
    let visit = team.start_visit("10:00", 1003, "Three days of silence");
    let outcome = ["visit", "record", &visit, "--outcome", "no-answer"];
    team.by("k-osman", "10:20").run(&outcome).done();
    let next = [
        "visit",
        "record",
        &visit,
        "--next",
        "Ask about the bruise",
        "--due",
        "2026-03-03T09:00:00Z",
    ];
    team.by("k-osman", "10:21").run(&next).done();
    team.sync("11:00");
    let rows = list(&school, "visits", "2026-03-03");
    assert_eq!(pupils(&rows), [1003]);
    assert_eq!(
        (&rows[0]["due"], &rows[0]["overdue"]),
        (&json!("2026-03-03T09:00:00Z"), &json!(true))
    );
    let words = rows[0].to_string();
    assert!(!words.contains("bruise") && !words.contains("silence"), "{words}");
}

#[test]
fn a_school_without_a_calendar_is_told_what_to_write_and_a_broken_one_does_not_start() {
    let mut school = School::open();
    assert!(school.take_server().stop().success());
    let calendar = school.home().join("calendar.toml");
    std::fs::remove_file(&calendar).expect("it was there");
    school.serve();
    let words = school.office(&["worklist", "steps"]).failed();
    assert!(
        words.contains("calendar.toml") && words.contains("daymark calendar check"),
        "{words}"
    );
    assert!(school.take_server().stop().success());

    std::fs::write(
        &calendar,
        "[[terms]]\nname = \"Autumn\"\nfirst = 2026-12-18\nlast = 2026-09-02\n",
    )
    .expect("a file");
    let checked = school
        .office(&["calendar", "check", &calendar.to_string_lossy()])
        .found();
    assert_eq!(checked["errors"].as_array().map(Vec::len), Some(1), "{checked}");
    let refused = format!("{:?}", school.try_serve().expect_err("a broken calendar"));
    assert!(refused.contains("calendar.toml has mistakes"), "{refused}");
    let unknown = School::open().office(&["worklist", "everything"]).failed();
    assert!(unknown.contains("reasons-owed"), "{unknown}");
}

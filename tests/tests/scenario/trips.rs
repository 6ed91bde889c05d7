//! On the coach: who is there, who has left, and what a coach may not know.

use daymark_tests::support::holds;
use serde_json::{Value, json};

use super::day::{York, said};

#[test]
fn a_head_count_that_differs_is_loud_and_is_no_mark() {
    let day = York::morning();
    let coach = day.coach_a.by("a-shah", "08:40");
    let counted = coach
        .run(&["trip", "count", &day.trip, "--found", "3", "--missing", "1004"])
        .found();
    assert_eq!((&counted["expected"], &counted["found"]), (&json!(4), &json!(3)));
    assert_eq!(counted["missing"], json!([1004]));
    coach.run(&["trip", "count", &day.trip, "--found", "4"]).done();
    day.coach_a.sync("08:45");
    assert_eq!(
        day.school.row("AM", 1004)["state"],
        "blank",
        "counting marks nobody"
    );
    day.coach_b.sync("08:46");
    let shown = day.coach_b.at("08:47").run(&["trip", "show", &day.trip]).done();
    assert_eq!(
        shown["observations"].as_array().expect("a list").len(),
        2,
        "both counts reach the other coach"
    );
}

#[test]
fn whoever_left_the_group_is_not_marked_with_it_and_not_looked_for() {
    let day = York::morning();
    let coach = day.coach_a.by("a-shah", "08:40");
    coach
        .run(&[
            "trip",
            "left",
            &day.trip,
            "--pupil",
            "1003",
            "--with",
            "Jo Marsh, mother",
        ])
        .done();
    coach.run(&["trip", "count", &day.trip, "--found", "3"]).done();
    let all = |count| ["mark", "--session", "AM", "--all", "--count", count];
    let words = coach.run(&all("4")).found();
    assert_eq!(
        words["recorded"],
        json!([]),
        "a count that does not fit marks nobody"
    );
    let marked = coach.run(&all("3")).done();
    assert_eq!(marked["recorded"].as_array().expect("a list").len(), 3);
    day.coach_a.sync("09:00");
    for (pupil, code) in [
        (1001, json!("V")),
        (1002, json!("V")),
        (1003, json!(null)),
        (1004, json!("V")),
    ] {
        assert_eq!(day.school.row("AM", pupil)["code"], code, "{pupil}");
    }
    day.coach_b.sync("09:01");
    let shown = day.coach_b.at("09:02").run(&["trip", "show", &day.trip]).done();
    assert_eq!(
        shown["left"],
        json!([{ "pupil": 1003, "with": "Jo Marsh, mother" }])
    );
    day.coach_b
        .by("m-lee", "13:10")
        .run(&["trip", "rejoin", &day.trip, "--pupil", "1003", "--session", "PM"])
        .done();
    day.coach_b
        .by("m-lee", "13:11")
        .run(&["trip", "count", &day.trip, "--found", "4"])
        .done();
}

#[test]
fn a_coach_is_told_not_expected_and_never_the_code_of_an_illness() {
    let day = York::morning();
    day.office
        .by("j-roe", "08:05")
        .mark("AM", "I", &[1004], &["--comment", "chickenpox"])
        .done();
    day.office.sync("08:06");
    day.coach_a.sync("08:07");
    let row = day.coach_a.row("08:10", "AM", 1004);
    assert!(said(&row).contains("not expected"), "{row}");
    assert_eq!(row["code"], json!(null));
    day.coach_a
        .by("a-shah", "08:40")
        .mark("AM", "V", &[1004], &[])
        .done();
    day.coach_a.sync("08:50");
    let row = day.coach_a.row("08:51", "AM", 1004);
    assert!(
        said(&row).contains("Mrs J Roe, Office manager says not expected"),
        "{row}"
    );
    for verb in [
        &["register", "--session", "AM"][..],
        &["today"],
        &["conflicts"],
        &["ledger"],
        &["pending"],
        &["trip", "show", &day.trip],
    ] {
        let shown = day.coach_a.at("08:52").run(verb).stdout;
        assert!(
            !shown.contains("\"I\"") && !shown.contains(" I "),
            "{verb:?}: {shown}"
        );
    }
    assert!(
        holds(&day.office.bytes(), b"chickenpox"),
        "the search finds what is there"
    );
    assert!(!holds(&day.coach_a.bytes(), b"chickenpox"));
}

#[test]
fn a_visit_code_needs_its_visit_and_a_trip_its_supervisor() {
    let day = York::morning();
    let office = day.office.by("j-roe", "09:00");
    let marked = office.mark("AM", "V", &[1005], &[]).found();
    assert!(
        marked["refused"][0]["why"]
            .as_str()
            .expect("words")
            .contains("code V needs the visit"),
        "{marked}"
    );
    let words = office.plan("Zoo", "V", &["2026-03-02/AM"], &[1001], &[]).failed();
    assert!(words.contains("supervising member"), "{words}");
}

#[test]
fn a_plan_that_is_changed_takes_the_place_of_the_first_on_every_tablet() {
    let day = York::morning();
    let office = day.office.by("j-roe", "08:10");
    let change = |more: &[&str]| {
        let wanted = ["trip", "change", &day.trip, "--reason", "Dev is ill"];
        office.run(&[&wanted[..], more].concat())
    };
    let words = change(&[]).misused();
    assert!(words.contains("say what changes"), "{words}");
    let words = change(&["--drop-pupil", "1008"]).misused();
    assert!(words.contains("pupil 1008 is not on the list"), "{words}");
    let words = change(&["--code", "B"]).failed();
    assert!(words.contains("nature"), "{words}");
    let words = change(&["--leader", "mum-of-1002"]).failed();
    assert!(words.contains("staff list"), "{words}");
    let list = ["--drop-pupil", "1004", "--add-pupil", "1005"];
    let changed = change(&[&list[..], &["--title", "York, by train"]].concat()).done();
    assert_eq!(changed["plan"]["participants"], json!([1001, 1002, 1003, 1005]));
    day.office.sync("08:11");
    day.coach_a.sync("08:12");
    let shown = day.coach_a.at("08:13").run(&["trip", "show", &day.trip]).done();
    assert_eq!(shown["plan"], changed["plan"]);
    assert_eq!(shown["plans"], 1, "the first does not stand beside it");
    let coach = day.coach_a.by("a-shah", "08:40");
    let count = ["trip", "count", &day.trip, "--found", "4"];
    coach.run(&count).done();
    let all = [
        "mark",
        "--session",
        "AM",
        "--trip",
        &day.trip,
        "--all",
        "--count",
        "4",
    ];
    let marked = coach.run(&all).done();
    let pupils: Vec<&Value> = marked["recorded"]
        .as_array()
        .expect("marks")
        .iter()
        .map(|mark| &mark["pupil"])
        .collect();
    assert_eq!(pupils, [1001, 1002, 1003, 1005]);
    // Two changes that were made apart both stand, and a third chooses.
    for (tablet, title) in [(&day.office, "York at nine"), (&day.coach_b, "York at ten")] {
        let wanted = [
            "trip",
            "change",
            &day.trip,
            "--reason",
            "The train",
            "--title",
            title,
        ];
        tablet.by("j-roe", "08:45").run(&wanted).done();
        tablet.sync("08:46");
    }
    day.office.sync("08:47");
    let shown = || day.office.at("08:48").run(&["trip", "show", &day.trip]).done();
    assert_eq!(shown()["plans"], 2);
    change(&["--title", "York at ten"]).done();
    assert_eq!(
        (&shown()["plans"], &shown()["plan"]["title"]),
        (&json!(1), &json!("York at ten"))
    );
}

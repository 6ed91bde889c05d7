//! Worklists on a tablet, from outside: what it tells is what the school's server tells of the same register, and what it
//! cannot see it does not tell.

use daymark_tests::support::school::pupils_csv;
use daymark_tests::support::{Ran, School, Tablet};
use serde_json::{Value, json};

const LISTS: [&str; 10] = [
    "unaccounted",
    "reasons-owed",
    "welfare-checks",
    "visits",
    "penalties",
    "absence-return",
    "sickness-return",
    "absent",
    "late",
    "steps",
];
/// Fifteen school days; Friday the 6th is an INSET day.
const DAYS: [u16; 15] = [2, 3, 4, 5, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 23];
/// The last of them.
const TODAY: &str = "2026-03-23";

/// A school with a policy that asks for every list, and a roster with a child who is too young, one of whom no birthday is
/// known, and one who has left.
fn school() -> School {
    let mut school = School::open();
    assert!(school.take_server().stop().success());
    let rules = "profile = \"ben-rhydding\"\n\n[[rules]]\neffective_from = 2024-08-19\n";
    std::fs::write(school.home().join("rules.toml"), rules).expect("rules can be written");
    school.serve();
    let mut lines: Vec<String> = pupils_csv().lines().map(str::to_owned).collect();
    lines[2] = lines[2].replace("2017-05-01", "2021-04-20");
    lines[6] = lines[6].replace("2017-05-01", "");
    lines[7] = lines[7].replace("2024-09-01,", "2024-09-01,2026-03-13");
    let roster = lines.join("\r\n") + "\r\n";
    school.import("roster", &roster).done();
    school
}

/// Three weeks of absences, illness and lateness, and what was done about them.
fn three_weeks(school: &School) {
    let class = school.ready("Class 4B", "teacher", &["4B"]);
    for day in DAYS {
        let at = |time: &str| format!("2026-03-{day:02}T{time}:00");
        class.sync(&at("08:00"));
        for (session, time, here) in [("AM", "08:50", "/"), ("PM", "13:05", "\\")] {
            let mark = |code: &str, pupils: &[u64]| {
                let more: &[&str] = if code == "L" { &["--arrived", "08:59"] } else { &[] };
                class
                    .by("t-quill", &at(time))
                    .mark(session, code, pupils, more)
                    .done();
            };
            mark("O", &[1001, 1007]);
            mark("I", &[1002, 1006]);
            mark(if session == "AM" { "L" } else { here }, &[1003]);
            mark(here, &[1005]);
        }
    }
    for day in ["2026-03-12T09:00:00", "2026-03-23T09:00:00"] {
        class.by("t-quill", day).mark("AM", "N", &[1004], &[]).done();
    }
    class.sync(&format!("{TODAY}T15:30:00"));
    let team = school.ready("Visits", "team", &[]);
    for (pupil, day) in [(1002, "2026-03-04"), (1001, "2026-03-17")] {
        team.sync(&format!("{day}T09:00:00"));
        let visit = team.start_visit(&format!("{day}T10:00:00"), pupil, "Days of silence");
        let outcome = ["visit", "record", &visit, "--outcome", "no-answer"];
        team.by("k-osman", &format!("{day}T10:20:00"))
            .run(&outcome)
            .done();
    }
    team.sync(&format!("{TODAY}T15:31:00"));
    let by = ["--pupil", "1001", "--by", "k-osman", "--date", TODAY];
    let tried = ["attempt", "--how", "phone", "--result", "no-answer"];
    school.office(&[&tried[..], &by].concat()).done();
    let tried = ["attempt", "--how", "text", "--result", "message-left"];
    let of_another = ["--pupil", "1004", "--by", "j-roe", "--date", TODAY];
    school.office(&[&tried[..], &of_another].concat()).done();
    let sent = ["step", "--name", "Stage 1 letter"];
    school.office(&[&sent[..], &by].concat()).done();
}

fn on(tablet: &Tablet, list: &str, date: &str) -> Ran {
    tablet
        .at(&format!("{TODAY}T16:05:00"))
        .run(&["worklist", list, "--date", date])
}

/// Fetches all of the school year.
fn fetch(tablet: &Tablet) {
    tablet
        .at(&format!("{TODAY}T16:00:00"))
        .run(&["sync", "--from", "2025-09-01"])
        .done();
}

/// Whether tablet and server tell the same, row by row; how many rows.
#[track_caller]
fn same(school: &School, tablet: &Tablet, list: &str, date: &str) -> usize {
    let theirs = school.office(&["worklist", list, "--date", date]).value();
    let told = on(tablet, list, date);
    let ours = told.value();
    let rows = |list: &Value| {
        list["rows"]
            .as_array()
            .cloned()
            .unwrap_or_else(|| panic!("{told:?}"))
    };
    for (ours, theirs) in rows(&ours).iter().zip(&rows(&theirs)) {
        assert_eq!(ours, theirs, "{list}, {date}");
    }
    assert_eq!(rows(&ours).len(), rows(&theirs).len(), "{list}, {date}");
    assert_eq!(ours["date"], theirs["date"], "{list}");
    assert_eq!(ours["cannot_see"], json!([]), "{list}: {ours}");
    assert_eq!(told.code, if rows(&ours).is_empty() { 0 } else { 3 }, "{list}");
    rows(&ours).len()
}

#[test]
fn a_tablet_that_holds_all_tells_every_list_as_the_server_does_and_others_what_they_hold() {
    let school = school();
    three_weeks(&school);
    let head = school.ready("Head", "head", &[]);
    fetch(&head);
    for list in LISTS {
        assert!(
            same(&school, &head, list, TODAY) > 0,
            "{list} has rows to compare"
        );
        same(&school, &head, list, "2026-03-11");
        same(&school, &head, list, "2026-03-04");
    }
    let counts = |lists: &Value| {
        let lists = lists.as_array().expect("a list").iter();
        lists
            .map(|list| (list["list"].clone(), list["rows"].clone()))
            .collect::<Vec<_>>()
    };
    let now = format!("{TODAY}T16:05:00");
    let overview = head.at(&now).run(&["worklist", "--date", TODAY]).found();
    let theirs = school.office(&["worklist", "--date", TODAY]).found();
    assert_eq!(counts(&overview), counts(&theirs));

    // The office holds every sheet and no visit, the attendance team every visit and no sheet.
    let office = school.ready("Office tablet", "office", &[]);
    fetch(&office);
    let team = school.ready("Second team", "team", &[]);
    fetch(&team);
    for list in LISTS {
        let rests_on_visits = ["welfare-checks", "visits"].contains(&list);
        if rests_on_visits {
            let words = on(&office, list, TODAY).failed();
            assert!(words.contains("home visits reach"), "{words}");
        } else {
            assert!(same(&school, &office, list, TODAY) > 0, "{list}");
        }
        if list == "visits" {
            assert!(same(&school, &team, list, TODAY) > 0);
        } else {
            let words = on(&team, list, TODAY).failed();
            assert!(words.contains("ask at the office's tablet"), "{words}");
        }
    }
    let overview = office.at(&now).run(&["worklist", "--date", TODAY]).found();
    assert_eq!(overview[2]["rows"], Value::Null, "{overview}");
    let why = overview[2]["cannot_see"][0].as_str().expect("words");
    assert!(why.contains("home visits reach"), "{why}");
    let class = school.ready("Class 5A", "teacher", &["5A"]);
    let words = on(&class, "late", TODAY).failed();
    assert!(words.contains("the sheets of its own duty alone"), "{words}");

    // What is recorded here and not sent is counted, and said.
    let cured = office.by("j-roe", &now);
    cured
        .mark("AM", "I", &[1004], &["--reason", "Mother rang"])
        .done();
    let owed = on(&office, "reasons-owed", TODAY).found();
    assert_eq!(owed["rows"].as_array().map(Vec::len), Some(1), "{owed}");
    let said = owed["cannot_see"][0].as_str().expect("words");
    assert!(said.contains("1 record is on this tablet"), "{said}");

    // A tablet that is given the office's duty has not been told what that may read.
    let number = team.device.to_string();
    let grant = ["device", "grant", &number, "--role", "office", "--by", "j-roe"];
    school.office(&grant).done();
    team.sync(&now);
    let words = on(&team, "absent", TODAY).failed();
    assert!(words.contains("from 2025-09-02 to 2026-03-20"), "{words}");
    fetch(&team);
    assert!(same(&school, &team, "absent", TODAY) > 0);
}

#[test]
fn a_figure_is_not_told_while_a_day_of_it_is_unknown_and_the_way_to_know_it_is_named() {
    let school = school();
    three_weeks(&school);
    let office = school.ready("Office tablet", "office", &[]);
    office.sync(&format!("{TODAY}T16:00:00"));
    for list in [
        "penalties",
        "absence-return",
        "sickness-return",
        "steps",
        "absent",
        "late",
    ] {
        let words = on(&office, list, TODAY).failed();
        assert!(words.contains("sync --from 2025-09-02"), "{list}: {words}");
    }
    // Today alone is all that this one asks of.
    assert!(same(&school, &office, "unaccounted", TODAY) > 0);
    let of_another_day = on(&office, "unaccounted", "2026-03-12").failed();
    assert!(
        of_another_day.contains("1 school day, from 2026-03-12"),
        "{of_another_day}"
    );
    // A row of this one rests on its own day: those of known days are told, and that there may be more.
    let owed = on(&office, "reasons-owed", TODAY).found();
    let days: Vec<&Value> = owed["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| &row["since"])
        .collect();
    assert_eq!(days, [TODAY], "not that of the 12th");
    let said = owed["cannot_see"][0].as_str().expect("words");
    assert!(said.starts_with("More may be owed"), "{said}");
    let misused = on(&office, "everything", TODAY).misused();
    assert!(misused.contains("reasons-owed"), "{misused}");
}

#[test]
fn a_tablet_of_a_school_without_a_calendar_says_that_nothing_can_be_counted() {
    let mut school = School::open();
    assert!(school.take_server().stop().success());
    std::fs::remove_file(school.home().join("calendar.toml")).expect("it was there");
    school.serve();
    let office = school.tablet("Office tablet", "office", &[]);
    office.sync(&format!("{TODAY}T16:00:00"));
    let words = on(&office, "late", TODAY).failed();
    assert!(words.contains("has no calendar"), "{words}");
}

#[test]
fn a_duty_of_one_day_tells_that_day_and_no_figure_over_days_that_it_cannot_read() {
    let school = school();
    three_weeks(&school);
    let invite = [
        "device", "invite", "--name", "Cover", "--role", "office", "--on", TODAY,
    ];
    let made = school.office(&invite).done();
    let invitation = made["invitation"].as_str().expect("an invitation");
    let (cover, code) = Tablet::enrol(school.path("Cover"), &school.server().url(), invitation);
    school.confirm(cover.device, &code);
    fetch(&cover);
    assert!(same(&school, &cover, "unaccounted", TODAY) > 0);
    for list in ["penalties", "late", "absent"] {
        let words = on(&cover, list, TODAY).failed();
        assert!(words.contains("counts nobody by them"), "{list}: {words}");
    }
}

//! Home welfare visits: two visitors, two accounts, and nobody else's tablet.

use daymark_core::ids::VisitId;
use daymark_tests::support::{School, Tablet, holds};
use serde_json::Value;

use super::day::York;

fn start(tablet: &Tablet) -> String {
    tablet.start_visit("10:00", 1003, "Three days of silence")
}

fn show(tablet: &Tablet, by: &str, visit: &str) -> Value {
    tablet.by(by, "15:00").run(&["visit", "show", visit]).value()
}

fn write(tablet: &Tablet, by: &str, visit: &str, words: &[&str]) {
    tablet
        .by(by, "11:00")
        .run(&[&["visit", "account", visit], words].concat())
        .done();
}

fn account<'a>(shown: &'a Value, by: &str) -> &'a Value {
    let accounts = shown["accounts"].as_array().expect("accounts");
    accounts
        .iter()
        .find(|account| account["visitor"]["id"] == by)
        .expect("an account")
}

#[test]
fn two_visitors_write_two_accounts_and_neither_reads_the_others_before_their_own() {
    let school = School::open();
    let (first, second) = (
        school.ready("Visits 1", "team", &[]),
        school.ready("Visits 2", "team", &[]),
    );
    let visit = start(&first);
    write(
        &first,
        "k-osman",
        &visit,
        &["--facts", "Curtains drawn.", "--opinion", "Somebody was in."],
    );
    first.sync("11:01");
    second.sync("11:02");
    let shown = show(&second, "p-fenn", &visit);
    let theirs = account(&shown, "k-osman");
    assert_eq!(
        (&theirs["hidden"], &theirs["facts"]),
        (&true.into(), &"".into()),
        "{shown}"
    );

    write(
        &second,
        "p-fenn",
        &visit,
        &["--facts", "A dog barked.", "--opinion", "Nobody was in."],
    );
    let shown = show(&second, "p-fenn", &visit);
    assert_eq!(account(&shown, "k-osman")["facts"], "Curtains drawn.");
    second.sync("11:05");
    first.sync("11:06");
    let shown = show(&first, "k-osman", &visit);
    for (by, facts, opinion) in [
        ("k-osman", "Curtains drawn.", "Somebody was in."),
        ("p-fenn", "A dog barked.", "Nobody was in."),
    ] {
        let account = account(&shown, by);
        assert_eq!(
            (&account["facts"], &account["opinion"]),
            (&facts.into(), &opinion.into())
        );
    }
    let words = first
        .by("t-quill", "11:10")
        .run(&["visit", "account", &visit, "--facts", "I was not there."])
        .failed();
    assert!(words.contains("not one of this visit's visitors"), "{words}");
}

#[test]
fn one_visitor_who_writes_on_two_devices_keeps_both_texts() {
    let school = School::open();
    let (first, second) = (
        school.ready("Visits 1", "team", &[]),
        school.ready("Visits 2", "team", &[]),
    );
    let visit = start(&first);
    write(
        &first,
        "k-osman",
        &visit,
        &["--facts", "The door was opened by a neighbour."],
    );
    first.sync("11:01");
    second.sync("11:02");
    // Without a signal: a word in the middle here, a sentence at the end there.
    write(
        &first,
        "k-osman",
        &visit,
        &["--facts", "The blue door was opened by a neighbour."],
    );
    write(
        &second,
        "k-osman",
        &visit,
        &["--facts", "No car outside.", "--append"],
    );
    for tablet in [&first, &second, &first] {
        tablet.sync("12:00");
    }
    let shown = [&first, &second].map(|tablet| show(tablet, "k-osman", &visit));
    let facts = shown
        .each_ref()
        .map(|shown| account(shown, "k-osman")["facts"].clone());
    assert_eq!(
        facts[0],
        "The blue door was opened by a neighbour.\nNo car outside."
    );
    assert_eq!(facts[0], facts[1]);
}

#[test]
fn outcomes_recorded_apart_both_stand_until_a_person_chooses() {
    let school = School::open();
    let (first, second) = (
        school.ready("Visits 1", "team", &[]),
        school.ready("Visits 2", "team", &[]),
    );
    let visit = start(&first);
    first.sync("10:01");
    second.sync("10:02");
    first
        .by("k-osman", "10:30")
        .run(&["visit", "record", &visit, "--outcome", "no-answer"])
        .done();
    second
        .by("p-fenn", "10:31")
        .run(&["visit", "record", &visit, "--outcome", "seen-through-window"])
        .done();
    for tablet in [&first, &second, &first] {
        tablet.sync("11:00");
    }
    let shown = first
        .by("k-osman", "11:01")
        .run(&["visit", "show", &visit])
        .found();
    assert_eq!(
        shown["outcomes"].as_array().expect("outcomes").len(),
        2,
        "{shown}"
    );
    assert!(
        shown["irregular"][0]
            .as_str()
            .expect("words")
            .contains("2 different outcomes stand"),
        "{shown}"
    );
    assert_eq!(shown["case_may_rest"], false);

    let choose = ["visit", "record", &visit, "--outcome", "seen-through-window"];
    let words = first.by("k-osman", "11:02").run(&choose).failed();
    assert!(words.contains("--reason"), "{words}");
    first
        .by("k-osman", "11:03")
        .run(&[&choose[..], &["--reason", "Ms Fenn saw the child"]].concat())
        .done();
    first.sync("11:04");
    second.sync("11:05");
    let shown = second
        .by("p-fenn", "11:06")
        .run(&["visit", "show", &visit])
        .done();
    assert_eq!(shown["outcomes"].as_array().expect("outcomes").len(), 1);
    assert_eq!(
        shown["case_may_rest"], false,
        "a child behind a window was not spoken to"
    );
}

#[test]
fn one_visitor_alone_is_refused_unless_the_head_allowed_it() {
    let school = School::open();
    let tablet = school.ready("Visits", "team", &[]);
    let wanted = [
        "visit",
        "start",
        "--pupil",
        "1003",
        "--trigger",
        "Silence",
        "--visitor",
        "k-osman",
    ];
    let person = tablet.by("k-osman", "10:00");
    let words = person.run(&wanted).failed();
    assert!(
        words.contains("one visitor (k-osman)") && words.contains("pairs"),
        "{words}"
    );
    person
        .run(&[&wanted[..], &["--visitor", "k-osman"]].concat())
        .failed();
    assert_eq!(tablet.pending(), 0, "nothing was saved");
    let alone = [
        "--alone-authorised-by",
        "h-nash",
        "--alone-reason",
        "Seen from the gate",
    ];
    person.run(&[&wanted[..], &alone[..]].concat()).done();
    tablet.sync("10:05");
}

#[test]
fn what_is_written_of_a_visit_reaches_no_trip_gate_class_or_office_tablet() {
    let day = York::morning();
    let (class, gate) = (day.class(), day.gate());
    let (first, second) = (
        day.school.ready("Visits 1", "team", &[]),
        day.school.ready("Visits 2", "team", &[]),
    );
    let visit = start(&first);
    write(
        &first,
        "k-osman",
        &visit,
        &["--facts", "xylophone under the stairs"],
    );
    first.sync("11:01");
    for tablet in [&second, &class, &gate, &day.coach_a, &day.office] {
        tablet.sync("11:02");
    }
    let name = visit.parse::<VisitId>().expect("a visit").0;
    let canaries: [&[u8]; 3] = [b"xylophone", b"Three days of silence", name.as_bytes()];
    assert!(
        canaries.iter().all(|canary| holds(&first.bytes(), canary)),
        "the search finds what is there"
    );
    assert!(
        holds(&second.bytes(), name.as_bytes()),
        "the other team tablet has it"
    );
    for (name, tablet) in [
        ("class", &class),
        ("gate", &gate),
        ("coach", &day.coach_a),
        ("office", &day.office),
    ] {
        let bytes = tablet.bytes();
        assert!(
            !canaries.iter().any(|canary| holds(&bytes, canary)),
            "the {name} tablet holds the visit"
        );
        let words = tablet
            .by("j-roe", "11:10")
            .run(&["visit", "show", &visit])
            .failed();
        assert!(words.contains("not on this tablet"), "{words}");
    }
}

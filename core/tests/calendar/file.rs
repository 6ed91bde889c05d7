//! Reading `calendar.toml`: what is wrong is told with its line, all at once.

use daymark_core::calendar::file::{FILE_BYTES_MAX, read};
use proptest::prelude::*;

use super::school::{CALENDAR, date};

fn errors(text: &str) -> Vec<String> {
    let errors = read(text).expect_err("a calendar with mistakes");
    assert_eq!(errors.to_string().lines().count(), errors.0.len());
    errors.0.iter().map(ToString::to_string).collect()
}

const GOOD: &str = "\
[[terms]]
name = \"Autumn 2026\"
first = 2026-09-02
last = 2026-12-18

[[insets]]
date = 2026-09-02

[[closures]]
name = \"Half-term\"
first = 2026-10-26
last = 2026-10-30

[[half_days]]
date = 2026-12-18
session = \"AM\"
";

#[test]
fn a_calendar_is_read() {
    let calendar = read(GOOD).unwrap();
    assert_eq!(calendar.first_day(), date("2026-09-03"));
    assert_eq!(
        calendar.nth_school_day_after(date("2026-10-23"), 1),
        Some(date("2026-11-02"))
    );
    assert_eq!(calendar.sessions_on(date("2026-12-18")).count(), 1);
    assert!(read(CALENDAR).is_ok());
}

#[test]
fn mistakes_are_told_with_their_lines() {
    let text = GOOD
        .replace("name = \"Autumn 2026\"", "nam = \"Autumn 2026\"")
        .replace("date = 2026-09-02", "date = \"2026-09-02\"")
        .replace("last = 2026-10-30", "date = 2026-10-30")
        .replace("session = \"AM\"", "session = \"morning\"\nsession_2 = 1");
    assert_eq!(
        errors(&text),
        [
            "line 1: name is missing: give a name in quotes",
            "line 2: \"nam\" means nothing here: use name, first, last",
            "line 7: date is \"2026-09-02\": give a date without quotes, such as 2026-09-02, from 2000-01-01 to 2179-06-06",
            "line 9: date and first or last stand together: give date for one day, first and last for several",
            "line 16: session is \"morning\": give \"AM\" or \"PM\"",
            "line 17: \"session_2\" means nothing here: use date, session",
        ]
    );
}

#[test]
fn what_cannot_be_right_is_told_with_the_line_of_its_heading() {
    let text = GOOD
        .replace("last = 2026-10-30", "last = 2027-10-30")
        .replace("2026-12-18\nsession", "2026-12-19\nsession");
    assert_eq!(
        errors(&text),
        [
            "line 9: 2027-10-30 is in no term: take it out, or correct it; days between terms need no entry",
            "line 14: 2026-12-19 is in no term: take it out, or correct it; days between terms need no entry",
        ]
    );
    assert_eq!(
        errors(""),
        ["line 1: the calendar has no school day: give a term with its first and last day"]
    );
}

#[test]
fn what_is_not_toml_or_of_another_shape_is_told_with_its_line() {
    let broken = errors("[[terms]]\nname = \"Autumn\nfirst = 2026-09-02\n");
    assert!(broken[0].starts_with("line 2: this is not TOML: "), "{broken:?}");
    assert_eq!(
        errors("terms = 3\ninsets = [1]\n"),
        [
            "line 1: terms is 3: give tables, each under a heading of its own in double brackets",
            "line 2: insets is 1: give tables, each under a heading of its own in double brackets",
        ]
    );
    for (given, line) in [
        ("2026-09-02T08:45:00", 3),
        ("1999-09-02", 3),
        ("9", 3),
        ("08:45:00", 3),
    ] {
        let text = GOOD.replace("first = 2026-09-02", &format!("first = {given}"));
        let errors = errors(&text);
        assert!(
            errors[0].starts_with(&format!("line {line}: first is {given}: give a date")),
            "{errors:?}"
        );
    }
    let long = "#".repeat(FILE_BYTES_MAX + 1);
    assert_eq!(
        errors(&long),
        ["line 1: the file has 65537 bytes: a calendar has at most 65536"]
    );
    let nested = format!("{GOOD}{} = 1", vec!["a"; 20_000].join("."));
    assert_eq!(
        errors(&nested),
        ["line 17: there are 19999 dots in this line: give at most 16"]
    );
    assert!(!errors(&format!("terms = {}", "[".repeat(50_000))).is_empty());
}

proptest! {
    #[test]
    fn no_file_makes_it_panic(
        text in prop_oneof![
            ".{0,200}",
            (0_usize..GOOD.len(), 0_usize..GOOD.len(), ".{0,6}").prop_map(|(from, to, put)| {
                let mut text = GOOD.to_owned();
                text.replace_range(from.min(to)..from.max(to), &put);
                text
            }),
        ],
    ) {
        if let Err(errors) = read(&text) {
            prop_assert!(!errors.0.is_empty());
            let lines = text.lines().count().max(1) + 1;
            prop_assert!(errors.0.iter().all(|error| (1..=lines).contains(&error.line)));
        }
    }
}

//! Which rules hold on which day, and where each of their values comes from.

use daymark_core::code::Code;
use daymark_core::fold::Rules;
use daymark_core::rules::terms::{ClosingMinute, Counting, DayNeeds, PerMille, SignOffWith};
use daymark_core::rules::{Origin, Profile, RuleBook};

use crate::{book, date, explained, set};

const YEARS: &str = r#"profile = "ben-rhydding"

[[rules]]
effective_from = 2024-09-01

[[rules]]
effective_from = 2025-09-01
am = { opens = "08:45", late_from = "08:50" }
welfare_check = false
settle = ["R2"]
target_percent = 97.5
codes_by_role = { gate = ["L", "U"] }

[[rules]]
effective_from = 2026-01-05
am = { closes = "09:10" }
notify_by = false
bands = []
codes_by_role = { gate = false }
"#;

#[test]
fn each_day_keeps_the_rules_that_were_in_force_on_it() {
    let book = book(YEARS);
    let closes = |on: &str| book.on(date(on)).am.closes.to_string();
    assert_eq!(closes("2025-12-31"), "09:15");
    assert_eq!(closes("2026-01-04"), "09:15");
    assert_eq!(closes("2026-01-05"), "09:10");
    assert_eq!(closes("2179-06-06"), "09:10");
    let from: Vec<String> = book.sets().map(|(from, _)| from.to_string()).collect();
    assert_eq!(from, ["2024-09-01", "2025-09-01", "2026-01-05"]);
    assert_eq!(book.in_force_from(date("2026-01-04")), date("2025-09-01"));
    assert_eq!(book.profile(), Some(Profile::BenRhydding));
}

#[test]
fn days_before_the_first_set_are_judged_by_it() {
    let book = book(YEARS);
    assert_eq!(book.on(date("2020-01-01")), book.on(date("2024-09-01")));
    assert_eq!(book.in_force_from(date("2020-01-01")), date("2024-09-01"));
}

#[test]
fn a_set_keeps_what_it_does_not_change() {
    let book = book(YEARS);
    let last = book.on(date("2026-01-05"));
    assert_eq!(last.am.opens.to_string(), "08:45");
    assert_eq!(last.am.closing_minute, ClosingMinute::AfterClosing);
    assert_eq!(last.settle, Rules { r1: false, r2: true });
    assert_eq!(last.target.map(PerMille::get), Some(975));
    assert_eq!(last.welfare_check, None);
    assert_eq!(last.notify_by, None);
    assert!(last.bands.is_empty() && last.codes_by_role.is_empty());
    assert_eq!(book.on(date("2025-09-01")).bands.len(), 5);
    assert_eq!(book.on(date("2025-09-01")).codes_by_role.len(), 1);
}

#[test]
fn what_settles_is_dated_like_the_rest() {
    let settling = book(YEARS).settling();
    assert_eq!(settling.on(date("2020-01-01")), Rules::default());
    assert_eq!(
        settling.later(),
        [(date("2025-09-01"), Rules { r1: false, r2: true })]
    );
}

#[test]
fn every_value_says_where_it_comes_from() {
    let book = book(YEARS);
    for (on, key, value, origin) in [
        (
            "2024-09-01",
            "am.opens",
            "\"08:55\"",
            "profile ben-rhydding, line 12: times of the day",
        ),
        ("2025-09-01", "am.opens", "\"08:45\"", "line 8"),
        (
            "2026-01-05",
            "am.opens",
            "\"08:45\"",
            "line 8, kept from the set of 2025-09-01",
        ),
        ("2026-01-05", "am.closes", "\"09:10\"", "line 16"),
        (
            "2026-01-05",
            "am.at_close",
            "\"U\"",
            "profile ben-rhydding, line 16: late arrivals, settled here",
        ),
        (
            "2026-01-05",
            "settle",
            "[\"R2\"]",
            "line 10, kept from the set of 2025-09-01",
        ),
        (
            "2026-01-05",
            "welfare_check",
            "false",
            "line 9, kept from the set of 2025-09-01",
        ),
        ("2026-01-05", "notify_by", "false", "line 17"),
        ("2026-01-05", "bands", "[]", "line 18"),
        ("2026-01-05", "codes_by_role.gate", "false", "line 19"),
        (
            "2026-01-05",
            "penalty.codes",
            "[\"G\", \"N\", \"O\", \"U\"]",
            "statutory default: national framework of 19 August 2024: 10 sessions of G, N, O or U in 10 school weeks",
        ),
        (
            "2026-01-05",
            "retention_years",
            "6",
            "statutory default: SI 2024/208, regulation 7: six years from the entry",
        ),
        (
            "2026-01-05",
            "pm.opens",
            "\"13:00\"",
            "assumed, for nothing says it: write the school's own",
        ),
        (
            "2026-01-05",
            "pm.closes",
            "\"13:25\"",
            "default of the guidance: a register is open for the same length in each session",
        ),
    ] {
        assert_eq!(
            explained(&book, on, key),
            (value.to_owned(), origin.to_owned()),
            "{key} on {on}"
        );
    }
}

#[test]
fn what_is_explained_is_the_same_file_as_what_holds() {
    let book = book(YEARS);
    for (from, rules) in book.sets() {
        let file = crate::rules::wild::as_file(from, book.explain(from));
        assert_eq!(crate::book(&file).on(from), rules, "{file}");
    }
}

#[test]
fn a_school_that_wrote_nothing_has_the_law_and_the_guidance() {
    let book = RuleBook::statutory();
    let rules = book.on(date("2026-03-02"));
    assert_eq!(rules.reason_owed.school_days, 5);
    assert_eq!(rules.reason_owed.then.as_str(), "O");
    let penalty = &rules.penalty;
    let codes: Vec<&str> = penalty.codes.iter().map(Code::as_str).collect();
    assert_eq!(
        (penalty.sessions, penalty.school_weeks, codes),
        (10, 10, vec!["G", "N", "O", "U"])
    );
    let absence = rules.absence_return.as_ref().expect("the law asks for it");
    assert_eq!(
        (absence.school_days, absence.counting, absence.day),
        (10, Counting::Consecutive, DayNeeds::EverySession)
    );
    let sickness = rules.sickness_return.as_ref().expect("the law asks for it");
    assert_eq!(
        (sickness.school_days, sickness.counting, sickness.day),
        (15, Counting::Cumulative, DayNeeds::AnySession)
    );
    assert_eq!(
        (rules.absence.persistent.get(), rules.absence.severe.get()),
        (100, 500)
    );
    assert_eq!((rules.welfare_check.as_ref(), rules.notify_by), (None, None));
    assert_eq!(
        (rules.retention_years, rules.sign_off),
        (6, SignOffWith::OpenDecisionsNamed)
    );
    assert_eq!(rules.settle, Rules::default());
    assert!(
        book.explain(date("2026-03-02"))
            .iter()
            .all(|line| matches!(line.origin, Origin::Default(_)))
    );
}

#[test]
fn what_a_session_does_not_say_follows_its_opening() {
    let rules = book(&set(
        "am = { opens = \"09:00\", closes = \"09:20\", at_close = \"U\" }\npm.opens = \"12:45\"\n",
    ))
    .on(date("2025-09-01"))
    .clone();
    assert_eq!(rules.am.late_from.to_string(), "09:00");
    assert_eq!(rules.am.ends.to_string(), "12:45");
    assert_eq!(rules.pm.closes.to_string(), "13:05");
    assert_eq!(rules.pm.late_from.to_string(), "12:45");
    assert_eq!(rules.pm.closing_minute, ClosingMinute::AfterClosing);
}

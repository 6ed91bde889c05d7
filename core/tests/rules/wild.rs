//! Whatever is written: no panic, every mistake with a line of the file, and what is explained can be read again.

use std::fmt::Write;

use daymark_core::rules::{Explained, Profile, RuleBook};
use daymark_core::session::Date;
use proptest::prelude::*;

/// A file that says every value of an explanation.
pub(super) fn as_file(from: Date, explained: &[Explained]) -> String {
    let mut file = format!("[[rules]]\neffective_from = {from}\n");
    let mut lists = [("bands", Vec::new()), ("steps", Vec::new())];
    for line in explained {
        let list = lists.iter_mut().find(|(key, _)| {
            line.key
                .strip_prefix(*key)
                .is_some_and(|rest| rest.starts_with('['))
        });
        match list {
            Some((_, items)) => items.push(line.value.as_str()),
            None => writeln!(file, "{} = {}", line.key, line.value).expect("a String takes all"),
        }
    }
    for (key, items) in lists.iter().filter(|(_, items)| !items.is_empty()) {
        writeln!(file, "{key} = [\n  {},\n]", items.join(",\n  ")).expect("a String takes all");
    }
    file
}

/// Reads it; what comes out is a book that can be printed and read again, or mistakes within the file.
fn survives(text: &str) {
    match RuleBook::parse(text) {
        Ok(book) => {
            for (from, rules) in book.sets() {
                let file = as_file(from, book.explain(from));
                let again = RuleBook::parse(&file).unwrap_or_else(|errors| panic!("{errors}\nin\n{file}"));
                assert_eq!(again.on(from), rules, "{file}");
                assert_eq!(as_file(from, again.explain(from)), file);
            }
        }
        Err(errors) => {
            let lines = text.split('\n').count();
            assert!(!errors.errors.is_empty());
            for error in &errors.errors {
                assert!(
                    (1..=lines).contains(&error.line),
                    "line {} of {lines}:\n{text}",
                    error.line
                );
            }
            assert!(errors.errors.is_sorted_by_key(|error| error.line));
        }
    }
}

const CODES: [&str; 9] = ["G", "N", "O", "U", "I", "C1", "V", "H", "\\\\"];

fn codes() -> impl Strategy<Value = String> {
    proptest::sample::subsequence(&CODES[..], 1..=4)
        .prop_map(|codes| format!("[\"{}\"]", codes.join("\", \"")))
}

fn time() -> impl Strategy<Value = String> {
    (8_u32..16, 0_u32..60).prop_map(|(hour, minute)| format!("\"{hour:02}:{minute:02}\""))
}

fn word(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::sample::select(words).prop_map(str::to_owned)
}

/// A line of a set, mostly a sensible one.
fn line() -> impl Strategy<Value = String> {
    let key_time = (
        word(&["am", "pm"]),
        word(&["opens", "late_from", "closes", "ends"]),
        time(),
    );
    let trigger = word(&["welfare_check", "absence_return", "sickness_return"]);
    let of_trigger = prop_oneof![
        (1_u16..20).prop_map(|days| format!("school_days = {days}")),
        word(&["counting = \"consecutive\"", "counting = \"cumulative\""]),
        word(&["day = \"any-session\"", "day = \"every-session\""]),
        codes().prop_map(|codes| format!("codes = {codes}")),
        (0_u8..4).prop_map(|visitors| format!("visitors = {visitors}")),
    ];
    prop_oneof![
        key_time.prop_map(|(session, key, time)| format!("{session}.{key} = {time}")),
        (trigger, of_trigger).prop_map(|(key, rest)| format!("{key}.{rest}")),
        (0_u32..1100).prop_map(|tenths| format!("target_percent = {}.{}", tenths / 10, tenths % 10)),
        (codes(), word(&["gate", "office", "head"]))
            .prop_map(|(codes, role)| format!("codes_by_role.{role} = {codes}")),
        codes().prop_map(|codes| format!("penalty.codes = {codes}")),
        (1_u16..12).prop_map(|sessions| format!("penalty.sessions = {sessions}")),
        time().prop_map(|time| format!("notify_by = {time}")),
        word(&[
            "welfare_check = false",
            "notify_by = false",
            "settle = []",
            "settle = [\"R2\"]",
            "am.at_close = \"U\"",
            "am.ends_by_year = { R = \"11:30\" }",
            "sign_off = \"nothing-open\"",
            "retention_years = 25",
            "reason_owed = { school_days = 3 }",
            "bands = [{ name = \"a \\\"b\\\" #\", above_percent = 97.5 }, { name = \"ü\", from_percent = 90 }]",
            "steps = [{ name = 'x', sessions = 6, school_weeks = 6, codes = [\"G\"] }]",
            "steps = [{ name = 'x', late_sessions = 3, codes = [\"L\"] }, { name = 'y', attendance_below_percent = 90 }]",
        ]),
    ]
}

fn file() -> impl Strategy<Value = String> {
    let profile = proptest::option::of(proptest::sample::select(&Profile::ALL[..]));
    let sets = proptest::collection::vec(proptest::collection::vec(line(), 0..5), 1..4);
    (profile, sets).prop_map(|(profile, sets)| {
        let mut text = profile.map_or_else(String::new, |profile| format!("profile = \"{profile}\"\n"));
        for (year, lines) in (2025..).zip(sets) {
            writeln!(text, "[[rules]]\neffective_from = {year}-09-01").expect("a String takes all");
            for line in lines {
                writeln!(text, "{line}").expect("a String takes all");
            }
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_file_that_is_taken_is_explained_as_it_can_be_read_again(text in file()) {
        survives(&text);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        survives(&text);
    }

    #[test]
    fn no_pieces_of_rules_make_the_reader_panic(
        pieces in proptest::collection::vec(
            word(&[
                "[[rules]]", "[rules", "]", "[", "{", "}", "=", ",", ".", "\n", " ", "\"", "'''", "#", "am", "opens",
                "effective_from", "2025-09-01", "\"08:45\"", "steps", "bands", "name", "97.5", "false", "codes", "\\", "\r\n",
                "\u{feff}", "é",
            ]),
            0..60,
        )
    ) {
        survives(&pieces.concat());
    }

    #[test]
    fn no_edit_of_a_profile_makes_the_reader_panic(
        profile in proptest::sample::select(&Profile::ALL[..]), at in any::<prop::sample::Index>(),
        length in 0_usize..40, put in "[ -~\n]{0,12}"
    ) {
        let text = profile.text();
        let from = text.floor_char_boundary(at.index(text.len()));
        let to = text.floor_char_boundary((from + length).min(text.len()));
        survives(&format!("{}{put}{}", &text[..from], &text[to.max(from)..]));
    }
}

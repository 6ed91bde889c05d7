//! The exact words of every kind of mistake.

use daymark_core::rules::limits;

use crate::{errors, set};

/// The mistakes of a whole file.
fn check_file(text: &str, expected: &str) {
    let told = errors(text).to_string();
    let beginning: String = text.chars().take(2000).collect();
    assert_eq!(told, expected, "in\n{beginning}");
}

/// The mistakes of one set, whose own lines begin on line 3.
fn check(lines: &str, expected: &str) {
    check_file(&set(lines), expected);
}

#[test]
fn a_file_longer_than_rules_can_be_is_not_read() {
    let expected =
        "line 1: the file is longer than the 65536 bytes that rules may have: give a file of rules";
    check_file(&"#".repeat(limits::FILE_BYTES_MAX + 1), expected);
    check_file(&"[".repeat(100 << 20), expected);
    assert!(
        !errors(&"#".repeat(limits::FILE_BYTES_MAX))
            .to_string()
            .contains("longer")
    );
}

#[test]
fn a_line_that_nests_tables_by_dots_is_not_read() {
    check_file(
        &format!("x = 1\n{}y = 1\n", "a.".repeat(30_000)),
        "line 2: 30000 dots in one line, and 16 are allowed: write it on several lines",
    );
}

#[test]
fn what_nests_brackets_without_end_is_refused_and_harms_nothing() {
    for text in [
        "[",
        "{a=",
        "[{a=",
        "a.a.a.a={",
        "[a.a.a.a.a]\n",
        "[[a.a.a.a.a.b]]\n",
    ] {
        let many = text.repeat(limits::FILE_BYTES_MAX / text.len());
        assert!(!errors(&many).errors.is_empty(), "{text}");
        assert!(!errors(&format!("x = {many}")).errors.is_empty(), "x = {text}");
    }
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    check_file(
        "[[rules]]\neffective_from = 2025-09-01\nnotify_by = 09.15\nam = {",
        "line 3: not TOML at `0`: unexpected leading zero\nline 4: not TOML at the end: unclosed inline table, expected `}`",
    );
}

#[test]
fn a_file_without_a_set_says_how_to_write_one() {
    let expected = "line 1: there is no [[rules]] in the file: write one, with effective_from = 2025-09-01 or another \
                    date below it";
    for text in ["", "# nothing yet\n", "profile = \"allington\"\n", "rules = []\n"] {
        check_file(text, expected);
    }
}

#[test]
fn sets_are_a_list_of_tables() {
    let expected = "line 1: `rules` cannot be {}: write [[rules]], with two brackets on each side";
    check_file("rules = {}", expected);
    check_file("rules = [1]", "line 1: `rules[1]` cannot be 1: write a table");
}

#[test]
fn more_sets_than_a_school_has_are_refused() {
    let many = "[[rules]]\n".repeat(65);
    check_file(
        &many,
        "line 1: `rules` has 65 parts, and 64 are allowed: leave some out",
    );
    check(
        &"[[rules.bands]]\nname = \"x\"\nfrom_percent = 1\n".repeat(21),
        "line 3: `bands` has 21 parts, and 20 are allowed: leave some out",
    );
    check(
        &"[[rules.steps]]\nname = \"x\"\n".repeat(41),
        "line 3: `steps` has 41 parts, and 40 are allowed: leave some out",
    );
}

#[test]
fn a_set_needs_its_first_day() {
    check_file(
        "[[rules]]\nretention_years = 7\n",
        "line 1: `effective_from` is missing: write the first day of this set, such as 2025-09-01",
    );
    for (value, shown) in [
        ("\"2025-09-01\"", "\"2025-09-01\""),
        ("2025-09-01T00:00:00", "2025-09-01T00:00:00"),
        ("1999-12-31", "1999-12-31"),
        ("1", "1"),
    ] {
        check_file(
            &format!("[[rules]]\neffective_from = {value}\n"),
            &format!(
                "line 2: `effective_from` cannot be {shown}: write a date without quotes, such as 2025-09-01"
            ),
        );
    }
}

#[test]
fn an_unknown_key_is_named_with_the_nearest_known_one() {
    check(
        "am = { clsoes = \"09:15\" }",
        "line 3: `am.clsoes` is not a key: did you mean `closes`?",
    );
    check(
        "[rules.am]\nopens = \"08:45\"\nvisitors = 2",
        "line 5: `am.visitors` is not a key: the keys here are opens, late_from, closes, at_close, ends, ends_by_year",
    );
    check(
        "retention = 6\n",
        "line 3: `retention` is not a key: did you mean `retention_years`?",
    );
    check(
        "codes_by_role.gates = [\"L\"]",
        "line 3: `codes_by_role.gates` is not a key: did you mean `gate`?",
    );
    check_file(
        "profiles = \"allington\"\n[[rules]]\neffective_from = 2025-09-01\n",
        "line 1: `profiles` is not a key: did you mean `profile`?",
    );
}

#[test]
fn an_unknown_profile_is_told_which_there_are() {
    let remedy = "give one of allington, ben-rhydding, strathmore, ascension and leicestershire";
    for (value, shown) in [("\"alington\"", "\"alington\""), ("1", "1")] {
        check_file(
            &format!("profile = {value}\n[[rules]]\neffective_from = 2025-09-01\n"),
            &format!("line 1: `profile` cannot be {shown}: {remedy}"),
        );
    }
}

#[test]
fn a_time_is_in_quotes_and_in_whole_minutes() {
    for value in [
        "845",
        "\"8:45\"",
        "\"08:45:30\"",
        "08:45:00",
        "\"25:00\"",
        "true",
        "[]",
    ] {
        check(
            &format!("am.opens = {value}\n"),
            &format!(
                "line 3: `am.opens` cannot be {value}: write a time in quotes, in whole minutes, such as \"09:15\""
            ),
        );
    }
    check(
        "notify_by = 9\n",
        "line 3: `notify_by` cannot be 9: write a time in quotes, in whole minutes, such as \"09:15\"; or false, for none",
    );
    check(
        "am.ends_by_year = { 99 = \"15:00\" }\n",
        "line 3: `am.ends_by_year` cannot be { 99 = \"15:00\" }: write times by national curriculum year (E1, E2, N1, N2, \
         R, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, M, X), such as { R = \"15:10\", 1 = \"15:15\" }",
    );
}

#[test]
fn a_number_is_whole_and_within_its_bounds() {
    check(
        "clock_doubt_seconds = -1\n",
        "line 3: `clock_doubt_seconds` cannot be -1: write a whole number from 0 to 900",
    );
    check(
        "clock_doubt_seconds = 0x1F\n",
        "line 3: `clock_doubt_seconds` cannot be 0x1F: write a whole number from 0 to 900",
    );
    check(
        "penalty = { sessions = 0, school_weeks = 99999999999999999999 }\n",
        "line 3: `penalty.sessions` cannot be 0: write a whole number from 1 to 380\n\
         line 3: `penalty.school_weeks` cannot be 99999999999999999999: write a whole number from 1 to 52",
    );
    check(
        "welfare_check = { school_days = 3, visitors = 0 }\n",
        "line 3: `welfare_check.visitors` cannot be 0: write a whole number from 1 to 10",
    );
}

#[test]
fn the_law_bounds_deadlines_returns_and_retention() {
    check(
        "reason_owed.school_days = 6\n",
        "line 3: `reason_owed.school_days` cannot be 6: write a whole number from 1 to 5: regulation 10(7) to (9) of SI \
         2024/208 gives five school days",
    );
    check(
        "retention_years = 5\n",
        "line 3: `retention_years` cannot be 5: write a whole number from 6 to 100: regulation 7 of SI 2024/208 keeps \
         every entry for six years at least",
    );
    check(
        "absence_return.school_days = 11\n",
        "line 3: `absence_return.school_days` cannot be 11: write a whole number from 1 to 10: regulation 13 of SI \
         2024/208 asks for this return after 10 school days at the latest",
    );
    check(
        "sickness_return.school_days = 16\n",
        "line 3: `sickness_return.school_days` cannot be 16: write a whole number from 1 to 15: regulation 13 of SI \
         2024/208 asks for this return after 15 school days at the latest",
    );
}

#[test]
fn a_return_cannot_be_turned_off_and_a_visit_can() {
    check(
        "absence_return = false\n",
        "line 3: `absence_return` cannot be false: write a table, such as absence_return = { ... } or \
         [rules.absence_return]",
    );
    check(
        "welfare_check = true\n",
        "line 3: `welfare_check` cannot be true: write a table, such as welfare_check = { ... } or \
         [rules.welfare_check]",
    );
}

#[test]
fn a_share_is_a_percentage_to_a_tenth() {
    for value in ["101", "-1", "97.55", "1e1", "nan", "\"97\""] {
        check(
            &format!("absence.persistent_percent = {value}\n"),
            &format!(
                "line 3: `absence.persistent_percent` cannot be {value}: write a percentage from 0 to 100, to a tenth at \
                 most, such as 95 or 97.5"
            ),
        );
    }
}

#[test]
fn codes_are_a_list_with_none_twice() {
    for value in ["\"G\"", "[]", "[1]", "[\"GNO\"]", "[\"G\", \"G\"]"] {
        check(
            &format!("penalty.codes = {value}\n"),
            &format!(
                "line 3: `penalty.codes` cannot be {value}: write a list of register codes, each once, such as [\"G\", \
                 \"N\"]"
            ),
        );
    }
    check(
        "reason_owed.then = 0\n",
        "line 3: `reason_owed.then` cannot be 0: write a register code in quotes, such as \"O\"",
    );
}

#[test]
fn a_choice_names_its_words() {
    check(
        "am.at_close = \"N\"\n",
        "line 3: `am.at_close` cannot be \"N\": write \"L\" or \"U\"",
    );
    check(
        "sign_off = true\n",
        "line 3: `sign_off` cannot be true: write \"open-decisions-named\" or \"nothing-open\"",
    );
    check(
        "sickness_return = { counting = \"daily\", day = \"half\" }\n",
        "line 3: `sickness_return.counting` cannot be \"daily\": write \"consecutive\" or \"cumulative\"\n\
         line 3: `sickness_return.day` cannot be \"half\": write \"any-session\" or \"every-session\"",
    );
}

#[test]
fn only_r1_and_r2_settle_by_themselves() {
    let remedy = "write the rules that settle by themselves, each once: [\"R1\", \"R2\"], one of them, or []";
    check(
        "settle = [\"R1\", \"R3\"]\n",
        &format!("line 3: `settle` cannot be [\"R1\", \"R3\"]: there is no rule \"R3\"; {remedy}"),
    );
    for value in ["true", "[\"R1\", \"R1\"]", "[1]"] {
        check(
            &format!("settle = {value}\n"),
            &format!("line 3: `settle` cannot be {value}: {remedy}"),
        );
    }
}

#[test]
fn a_code_that_is_not_in_force_names_what_replaces_it() {
    check(
        "codes_by_role = { office = [\"C\", \"H\"] }\n",
        "line 3: `codes_by_role.office` (line 3) names a code that is not in force: code H cannot stand on 2025-09-01: it \
         was retired after 2024-08-18; use C where exceptional leave was given, G where it was not",
    );
    check(
        "codes_by_role = { office = [\"QQ\"] }\n",
        "line 3: `codes_by_role.office` (line 3) names a code that is not in force: code QQ is not a register code: use \
         one that `daymark codes` lists",
    );
    // Told once, by the first set on which it is no longer in force, with the line that names it.
    check_file(
        "[[rules]]\neffective_from = 2024-08-01\ncodes_by_role.office = [\"J\"]\n\
         [[rules]]\neffective_from = 2024-09-01\n[[rules]]\neffective_from = 2025-09-01\n",
        "line 3: `codes_by_role.office` (line 3) names a code that is not in force: code J cannot stand on 2024-09-01: it \
         was retired after 2024-08-18; use J1",
    );
    check_file(
        "[[rules]]\neffective_from = 2023-09-01\ncodes_by_role.office = [\"C2\"]\n",
        "line 3: `codes_by_role.office` (line 3) names a code that is not in force: code C2 cannot stand on 2023-09-01: it \
         is in force from 2024-08-19; use a code of that date",
    );
}

#[test]
fn a_rule_names_only_codes_that_it_can_be_about() {
    check(
        "penalty.codes = [\"G\", \"I\", \"N\", \"O\", \"U\"]\n",
        "line 3: `penalty.codes` (line 3) cannot name I: name codes of unauthorised absence: G, N, O or U",
    );
    check(
        "sickness_return.codes = [\"V\"]\n",
        "line 3: `sickness_return.codes` (line 3) cannot name V: name codes of absence, authorised or not",
    );
    check(
        "[[rules.steps]]\nname = \"Late\"\nlate_sessions = 10\ncodes = [\"N\"]\n",
        "line 3: `steps[1].codes` (line 3) cannot name N: name codes of late arrivals: L, U or both",
    );
    for code in ["N", "I"] {
        check(
            &format!("reason_owed.then = \"{code}\"\n"),
            &format!(
                "line 3: `reason_owed.then` (line 3) cannot name {code}: name the code of an absence that nobody \
                 explained, such as O"
            ),
        );
    }
}

#[test]
fn times_that_contradict_each_other_name_both_lines() {
    check(
        "[rules.am]\nopens = \"08:45\"\ncloses = \"08:30\"\n",
        "line 5: `am.closes` = \"08:30\" (line 5) is not after `am.opens` = \"08:45\" (line 4): write a later time for \
         closing",
    );
    check(
        "[rules.am]\ncloses = \"09:16\"\nopens = \"08:45\"\n",
        "line 5: `am.closes` = \"09:16\" (line 4) is too long after `am.opens` = \"08:45\" (line 5): the statutory \
         guidance lets a register be open for 30 minutes at most",
    );
    check(
        "[rules.am]\nopens = \"08:45\"\nlate_from = \"08:44\"\n",
        "line 5: `am.late_from` = \"08:44\" (line 5) is before `am.opens` = \"08:45\" (line 4): write a time from the \
         opening on and before the closing",
    );
    check(
        "[rules.am]\ncloses = \"09:15\"\nlate_from = \"09:15\"\n",
        "line 5: `am.late_from` = \"09:15\" (line 5) is not before `am.closes` = \"09:15\" (line 4): write a time from the \
         opening on and before the closing",
    );
    check(
        "pm = { opens = \"13:00\", closes = \"13:30\", ends = \"13:30\" }\n",
        "line 3: `pm.ends` = \"13:30\" (line 3) is not after `pm.closes` = \"13:30\" (line 3): write a later end of the \
         session",
    );
    check(
        "pm.closes = \"13:30\"\npm.ends_by_year = { R = \"13:15\" }\n",
        "line 4: `pm.ends_by_year.R` = \"13:15\" (line 4) is not after `pm.closes` = \"13:30\" (line 3): write a later end \
         of the session",
    );
    check(
        "am.ends = \"13:01\"\npm.opens = \"13:00\"\n",
        "line 4: `am.ends` = \"13:01\" (line 3) is after `pm.opens` = \"13:00\" (line 4): end the morning when the \
         afternoon opens, or before",
    );
}

#[test]
fn a_conflict_with_a_default_or_a_profile_says_whose_word_it_is() {
    check(
        "am.closes = \"08:30\"\n",
        "line 3: `am.closes` = \"08:30\" (line 3) is not after `am.opens` = \"08:45\" (assumed, for nothing says it: write \
         the school's own): write a later time for closing",
    );
    check_file(
        "profile = \"ascension\"\n[[rules]]\neffective_from = 2025-09-01\nam.closes = \"09:30\"\n",
        "line 4: `am.closes` = \"09:30\" (line 4) is too long after `am.opens` = \"08:50\" (profile ascension, line 11: \
         s4.1): the statutory guidance lets a register be open for 30 minutes at most",
    );
}

#[test]
fn severe_absence_is_the_larger_share() {
    check(
        "[rules.absence]\npersistent_percent = 10\nsevere_percent = 10\n",
        "line 5: `absence.severe_percent` = 10 (line 5) is not above `absence.persistent_percent` = 10 (line 4): severe \
         absence is the larger share: write a larger one",
    );
}

#[test]
fn bands_go_down() {
    let bands = |second: &str| {
        format!(
            "[[rules.bands]]\nname = \"Good\"\nfrom_percent = 97\n[[rules.bands]]\nname = \"Fair\"\n{second}\n"
        )
    };
    check(
        &bands("from_percent = 97.5"),
        "line 6: `bands[2]` = { name = \"Fair\", from_percent = 97.5 } (line 6) is not below `bands[1]` = { name = \
         \"Good\", from_percent = 97 } (line 3): write the highest band first, and each of the others lower than the one \
         before",
    );
    // "Above 97" is higher than "from 97".
    assert!(
        errors(&set(&bands("above_percent = 97")))
            .to_string()
            .contains("is not below")
    );
}

#[test]
fn sets_come_in_the_order_of_their_dates() {
    check_file(
        "[[rules]]\neffective_from = 2025-09-01\n[[rules]]\neffective_from = 2025-09-01\n",
        "line 4: `effective_from` = 2025-09-01 (line 4) is the same as `effective_from` = 2025-09-01 (line 2): give each \
         set its own date, or make one set of the two",
    );
    check_file(
        "[[rules]]\neffective_from = 2025-09-01\n[[rules]]\neffective_from = 2024-09-01\n",
        "line 4: `effective_from` = 2024-09-01 (line 4) is before `effective_from` = 2025-09-01 (line 2): write the sets \
         in the order of their dates, for each keeps what the one before it says",
    );
    check_file(
        "profile = \"allington\"\n[[rules]]\neffective_from = 2024-08-18\n",
        "line 3: `effective_from` = 2024-08-18 (line 3) is before `effective_from` = 2024-08-19 (profile allington, line \
         6: the first day of the codes that it uses (app 6)): begin with that date or a later one; earlier days are \
         judged by the first set anyway",
    );
}

#[test]
fn names_stand_once() {
    check(
        "[[rules.steps]]\nname = \"Letter 1\"\nattendance_below_percent = 95\n\
         [[rules.steps]]\nname = \"Letter 1\"\nattendance_below_percent = 90\n",
        "line 6: `steps[2].name` = \"Letter 1\" (line 6) is the same as `steps[1].name` = \"Letter 1\" (line 3): give each \
         its own name",
    );
    check(
        "[[rules.bands]]\nname = \"A\"\nfrom_percent = 95\n[[rules.bands]]\nname = \"A\"\nfrom_percent = 90\n",
        "line 6: `bands[2].name` = \"A\" (line 6) is the same as `bands[1].name` = \"A\" (line 3): give each its own name",
    );
    check(
        "steps = [{ name = \"\", attendance_below_percent = 95 }]\n",
        "line 3: `steps[1].name` cannot be \"\": write 1 to 100 bytes of plain text in quotes",
    );
}

#[test]
fn a_step_has_one_condition_and_all_of_it() {
    check(
        "[[rules.steps]]\nname = \"Letter 1\"\n",
        "line 3: `steps[1].attendance_below_percent` is missing: write when the step is due: one of \
         attendance_below_percent, late_sessions, missed_sessions, school_days, sessions",
    );
    check(
        "[[rules.steps]]\nattendance_below_percent = 95\n",
        "line 3: `steps[1].name` is missing: write what the school calls the step",
    );
    check(
        "[[rules.steps]]\nname = \"Late\"\nlate_sessions = 10\nmissed_sessions = 10\ncodes = [\"L\"]\n",
        "line 6: `steps[1].missed_sessions` = 10 (line 6) stands beside `steps[1].late_sessions` = 10 (line 5): keep one of \
         them",
    );
    check(
        "[[rules.steps]]\nname = \"Late\"\nlate_sessions = 10\n",
        "line 3: `steps[1].codes` is missing: `late_sessions` needs it",
    );
    check(
        "[[rules.steps]]\nname = \"Days\"\nschool_days = 3\ncodes = [\"N\"]\n",
        "line 3: `steps[1].counting` is missing: `school_days` needs it\n\
         line 3: `steps[1].day` is missing: `school_days` needs it",
    );
    check(
        "[[rules.steps]]\nname = \"Weeks\"\nsessions = 6\nattending_percent = 80\ncodes = [\"N\"]\n",
        "line 3: `steps[1].school_weeks` is missing: `sessions` needs it\n\
         line 3: `steps[1].attending_school_weeks` is missing: `sessions` needs it",
    );
    check(
        "[[rules.steps]]\nname = \"Letter\"\nattendance_below_percent = 95\ncodes = [\"N\"]\n",
        "line 6: `steps[1].codes` = [\"N\"] (line 6) stands beside `steps[1].attendance_below_percent` = 95 (line 5): keep \
         one of them",
    );
    check(
        "steps = 1\n",
        "line 3: `steps` cannot be 1: write a list of tables, such as [[rules.steps]]",
    );
}

#[test]
fn a_band_has_one_share() {
    check(
        "bands = [{ name = \"A\" }, { from_percent = 90 }]\n",
        "line 3: `bands[1].from_percent` is missing: write where the band begins, or above_percent\n\
         line 3: `bands[2].name` is missing: write what the school calls the band",
    );
    check(
        "[[rules.bands]]\nname = \"A\"\nfrom_percent = 95\nabove_percent = 97\n",
        "line 6: `bands[1].above_percent` = 97 (line 6) stands beside `bands[1].from_percent` = 95 (line 5): keep one of \
         them",
    );
}

#[test]
fn a_home_visit_without_a_trigger_is_no_rule() {
    check(
        "welfare_check = { visitors = 2 }\n",
        "line 3: `welfare_check.school_days` is missing: write after how many school days, such as school_days = 3",
    );
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_lines() {
    check(
        "retention_years = 1\nam = { opens = 845, closes = \"08:00\" }\nfoo = 1\n\
         [rules.pm]\nopens = \"13:00\"\ncloses = \"12:00\"\n[rules.penalty]\ncodes = [\"G\", \"I\", \"N\", \"O\", \"U\"]\n",
        "line 3: `retention_years` cannot be 1: write a whole number from 6 to 100: regulation 7 of SI 2024/208 keeps \
         every entry for six years at least\n\
         line 4: `am.opens` cannot be 845: write a time in quotes, in whole minutes, such as \"09:15\"\n\
         line 5: `foo` is not a key: the keys here are effective_from, am, pm, clock_doubt_seconds, notify_by, settle, \
         target_percent, sign_off, codes_by_role, reason_owed, penalty, absence, retention_years, welfare_check, \
         absence_return, sickness_return, bands, steps\n\
         line 8: `pm.closes` = \"12:00\" (line 8) is not after `pm.opens` = \"13:00\" (line 7): write a later time for \
         closing\n\
         line 10: `penalty.codes` (line 10) cannot name I: name codes of unauthorised absence: G, N, O or U",
    );
}

#[test]
fn more_mistakes_than_anybody_reads_are_counted() {
    let many: Vec<String> = (0..150).map(|at| format!("key{at} = 1")).collect();
    let errors = errors(&set(&many.join("\n")));
    assert_eq!((errors.errors.len(), errors.more), (limits::ERRORS_MAX, 50));
    assert!(errors.to_string().ends_with("\nand 50 more"));
}

#[test]
fn a_mistake_that_a_later_set_keeps_is_told_once() {
    let text =
        set("am = { opens = \"08:45\", closes = \"08:30\" }\n[[rules]]\neffective_from = 2026-01-01\n");
    assert_eq!(errors(&text).errors.len(), 1);
}

//! A threshold of penalty notices that is looser than the national one is refused by name; a stricter one is not.

use daymark_core::rules::{Profile, RuleBook};

use crate::{book, date, errors, set};

const NATIONAL: &str = "(statutory default: national framework of 19 August 2024: 10 sessions of G, N, O or U in 10 school weeks)";

#[track_caller]
fn refused(lines: &str, expected: &str) {
    assert_eq!(errors(&set(lines)).to_string(), expected, "in {lines}");
}

#[test]
fn more_sessions_than_the_national_threshold_are_refused_by_name() {
    refused(
        "penalty.sessions = 12\n",
        &format!(
            "line 3: `penalty.sessions` = 12 (line 3) is looser than `penalty.sessions` = 10 {NATIONAL}: a notice must be \
             considered at the national threshold: write it or a stricter one, and a local rule as a step"
        ),
    );
}

#[test]
fn too_few_weeks_for_the_sessions_are_refused_by_name() {
    refused(
        "penalty = { sessions = 6, school_weeks = 6 }\n",
        "line 3: `penalty.school_weeks` = 6 (line 3) is too few for `penalty.sessions` = 6 (line 3): pupils with 10 sessions \
         in 10 school weeks would be passed over: write more weeks or fewer sessions, and a local rule as a step",
    );
    assert_eq!(errors(&set("penalty.school_weeks = 9\n")).errors.len(), 1);
}

#[test]
fn a_share_above_the_national_definition_of_persistent_or_severe_absence_is_refused_by_name() {
    const REMEDY: &str = "(default of the guidance: persistent absence is 10 % or more missed, severe 50 % or more): whoever missed the \
                          national share is listed: write it or a smaller one, and a target of the school's own as a band";
    refused(
        "absence.persistent_percent = 11\n",
        &format!(
            "line 3: `absence.persistent_percent` = 11 (line 3) is above `absence.persistent_percent` = 10 {REMEDY}"
        ),
    );
    refused(
        "absence.severe_percent = 51\n",
        &format!(
            "line 3: `absence.severe_percent` = 51 (line 3) is above `absence.severe_percent` = 50 {REMEDY}"
        ),
    );
}

#[test]
fn a_threshold_without_n_is_refused_by_name() {
    refused(
        "penalty.codes = [\"G\", \"O\", \"U\"]\n",
        &format!(
            "line 3: `penalty.codes` = [\"G\", \"O\", \"U\"] (line 3) leaves out some of `penalty.codes` = [\"G\", \"N\", \
             \"O\", \"U\"] {NATIONAL}: N counts while it stands, as G, O and U do: name all four"
        ),
    );
}

#[test]
fn a_stricter_threshold_is_the_schools_own() {
    for lines in [
        "penalty.sessions = 6\n",
        "penalty.school_weeks = 12\n",
        "penalty = { sessions = 5, school_weeks = 5 }\n",
        "penalty = { sessions = 1, school_weeks = 1 }\n",
    ] {
        book(&set(lines));
    }
}

#[test]
fn a_looser_threshold_over_a_profile_is_told_once_where_it_is_written() {
    for profile in Profile::ALL {
        let text = format!(
            "profile = \"{profile}\"\n[[rules]]\neffective_from = 2025-09-01\npenalty.sessions = 20\n\
             [[rules]]\neffective_from = 2026-09-01\n"
        );
        let errors = errors(&text);
        assert_eq!(errors.errors.len(), 1, "{profile}: {errors}");
        assert_eq!(errors.errors[0].line, 4, "{profile}: {errors}");
    }
}

#[test]
fn what_cannot_be_read_is_not_compared() {
    let words = errors(&set("penalty = { sessions = 0, school_weeks = 0, codes = [] }\n")).to_string();
    assert!(
        !words.contains("looser") && !words.contains("too few for"),
        "{words}"
    );
}

#[test]
fn no_profile_has_a_looser_threshold_and_local_triggers_are_steps() {
    for profile in Profile::ALL {
        let book = RuleBook::of(profile).expect("a profile that is looser is no profile");
        let penalty = &book.on(date("2026-03-02")).penalty;
        assert_eq!((penalty.sessions, penalty.school_weeks), (10, 10), "{profile}");
    }
    let local = RuleBook::of(Profile::BenRhydding).expect("a profile");
    let steps = &local.on(date("2026-03-02")).steps;
    let named = |name: &str| steps.iter().any(|step| step.name.contains(name));
    assert!(
        named("6 sessions in 6 weeks") && named("more than 3 days"),
        "{steps:?}"
    );
}

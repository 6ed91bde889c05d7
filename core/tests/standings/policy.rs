//! The school's rules where marks are made: who may enter what, lateness near the closing, sign-off with nothing open.

use std::collections::BTreeSet;
use std::sync::Arc;

use daymark_core::calendar::file;
use daymark_core::document::Document;
use daymark_core::entry::{ClockCheck, Duty, Entry};
use daymark_core::fold::DayFold;
use daymark_core::record::{self, Author, RecordError};
use daymark_core::roster::Role;
use daymark_core::rules::{RegisterPolicy, RuleBook};
use daymark_core::session::Session;

use super::expected::recorded;
use crate::common::*;

const RULES: &str = r#"
    [[rules]]
    effective_from = 2025-09-01
    am = { opens = "08:45", closes = "09:15", at_close = "U" }
    codes_by_role = { teacher = ["/", "\\", "L", "N"], gate = ["L", "U"] }

    [[rules]]
    effective_from = 2026-03-01
    sign_off = "nothing-open"
"#;

fn policy(text: &str) -> Arc<RegisterPolicy> {
    let book = RuleBook::parse(text).expect("rules");
    Arc::new(RegisterPolicy::new(Some(&book), None))
}

fn by(duty: &Duty, role: Role) -> Author {
    Author {
        role,
        policy: policy(RULES),
        ..author(duty)
    }
}

/// A gate's mark of a time, by a clock that agrees with the school's.
fn arrived(code_text: &str, at: &str) -> Entry {
    let mut entry = entry(&Duty::Gate, code_text);
    entry.particulars.arrived_at = Some(time(at));
    entry.clock = Some(ClockCheck {
        offset_ms: 0,
        doubt_ms: 200,
    });
    entry
}

fn question(day: &DayFold) -> Option<String> {
    let asked = policy(RULES).question(day, &am());
    asked.map(|question| question.to_string())
}

#[test]
fn a_clock_that_was_put_right_is_in_doubt_by_its_measure_alone() {
    let by_a_clock = |code_text: &str, at: &str, offset_minutes: i64| {
        let mut entry = arrived(code_text, at);
        let offset_ms = offset_minutes * 60_000;
        entry.clock = Some(ClockCheck {
            offset_ms,
            doubt_ms: 200,
        });
        question(&day_of(&[&entry]))
    };
    for offset in [-40, 40] {
        assert_eq!(by_a_clock("L", "09:05", offset), None, "{offset}");
        assert_eq!(by_a_clock("U", "09:25", offset), None, "{offset}");
        assert!(
            by_a_clock("L", "09:15:10", offset).is_some(),
            "near the closing: {offset}"
        );
    }
    let days_off = by_a_clock("L", "09:05", 3 * 24 * 60);
    assert!(days_off.is_some(), "the school's clock had another day");
}

#[test]
fn a_code_that_the_rules_leave_to_others_is_refused_with_who_may_enter_it() {
    let day = day_of(&[]);
    let ill = mark(&class(), "I", None);
    let refused = record::mark(&day, &by(&class(), Role::Teacher), Session::Am, PUPIL, &ill);
    let words = refused.expect_err("a teacher enters no I").to_string();
    assert!(
        words.contains("a teacher does not enter code I") && words.contains("team, office, lead, head"),
        "{words}"
    );
    for role in [Role::Office, Role::Head] {
        assert!(record::mark(&day, &by(&class(), role), Session::Am, PUPIL, &ill).is_ok());
    }
    let present = mark(&class(), "/", None);
    assert!(record::mark(&day, &by(&class(), Role::Teacher), Session::Am, PUPIL, &present).is_ok());
    let before_any = record::mark(&day, &author(&class()), Session::Am, PUPIL, &ill);
    assert!(
        before_any.is_ok(),
        "a school without rules leaves nothing to others"
    );
}

#[test]
fn a_decision_is_held_to_the_same() {
    let day = day_of(&[&entry(&class(), "/"), &entry(&Duty::Gate, "L")]);
    let office = Author {
        policy: policy(&RULES.replace("teacher =", "office =")),
        ..author(&Duty::Office)
    };
    let decision = mark(&Duty::Office, "I", Some("Mother rang"));
    let refused = record::decide(&day, &office, Session::Am, PUPIL, &decision);
    assert!(
        matches!(refused, Err(RecordError::NotForRole { .. })),
        "{refused:?}"
    );
}

#[test]
fn what_arrives_from_elsewhere_is_not_judged_by_a_role_that_it_does_not_say() {
    let folded = fold_of(&[&entry(&class(), "I")]);
    assert_eq!(folded.standing, recorded("I"));
    assert!(folded.irregular.iter().all(|found| !found.why.moves_nothing()));
}

#[test]
fn a_mark_of_lateness_that_does_not_fit_its_time_is_a_question_and_stands() {
    for (code_text, at, asks) in [
        ("L", "09:05", None),
        ("L", "09:14:29", None),
        ("L", "09:14:45", Some("by a clock that cannot decide it")),
        ("L", "09:15", Some("L stands until the office decides")),
        ("L", "09:40", Some("the register closed at 09:15; L stands")),
        ("U", "09:40", None),
        ("U", "09:15:10", None),
        ("U", "09:05", Some("was open until 09:15; U stands")),
    ] {
        let day = day_of(&[&arrived(code_text, at)]);
        assert_eq!(
            day.cell(&am()).unwrap().standing,
            recorded(code_text),
            "{code_text} {at}"
        );
        let said = question(&day);
        assert_eq!(said.is_some(), asks.is_some(), "{code_text} at {at}: {said:?}");
        if let (Some(said), Some(words)) = (said, asks) {
            assert!(said.contains(words), "{said}");
        }
    }
    let unchecked = Entry {
        clock: None,
        ..arrived("L", "09:40")
    };
    assert!(
        question(&day_of(&[&unchecked])).is_some(),
        "a clock that was never compared"
    );
    assert_eq!(question(&day_of(&[&entry(&class(), "N")])), None);
    let afternoon = arrived("L", "13:40").at(cell_of(Session::Pm, PUPIL));
    let asked = policy(RULES).question(&day_of(&[&afternoon]), &afternoon.cell);
    assert_eq!(asked, None, "the school has not said when its afternoon is");
}

#[test]
fn two_marks_that_agree_ask_only_where_neither_is_certain() {
    let near = arrived("L", "09:14:50");
    let certain = Entry {
        duty: class(),
        ..arrived("L", "09:14:10")
    };
    assert!(question(&day_of(&[&near])).is_some());
    assert_eq!(question(&day_of(&[&near, &certain])), None);
}

#[test]
fn the_offices_own_mark_answers_a_gate_that_it_had_not_seen() {
    let near = arrived("L", "09:14:50");
    let office = Entry {
        duty: Duty::Office,
        ..arrived("L", "09:14:40")
    };
    assert_eq!(question(&day_of(&[&near, &office])), None);
    assert_eq!(question(&day_of(&[&office])), None);
}

#[test]
fn the_office_answers_with_either_code_and_the_question_is_over() {
    let near = arrived("L", "09:14:50");
    let day = day_of(&[&near]);
    let office = by(&Duty::Office, Role::Office);
    for code_text in ["L", "U"] {
        let answer = record::Mark {
            code: code(code_text),
            particulars: daymark_core::entry::Particulars::default(),
            reason: Some("The gate's bell had rung".to_owned()),
        };
        let answered = record::decide(&day, &office, Session::Am, PUPIL, &answer).expect("an answer");
        assert_eq!(answered.supersedes, ids(&[&near]));
        assert_eq!(
            answered.particulars.arrived_at,
            Some(time("09:14:50")),
            "the time is kept"
        );
        let after = day_of(&[&near, &answered]);
        assert_eq!(after.cell(&am()).unwrap().standing, recorded(code_text));
        assert_eq!(question(&after), None);
        assert_eq!(after.amendments().len(), 1, "with a reason, in the ledger");
    }
    let certain = day_of(&[&arrived("L", "09:05")]);
    let no_question = record::decide(
        &certain,
        &office,
        Session::Am,
        PUPIL,
        &mark(&Duty::Gate, "L", Some("why")),
    );
    assert!(matches!(no_question, Err(RecordError::NothingToDecide { .. })));
}

#[test]
fn a_school_that_wants_nothing_open_does_not_sign_off_what_waits() {
    let near = arrived("L", "09:14:50");
    let (here, there) = (entry(&class(), "/"), entry(&on_trip(1), "V"));
    let sign = |day: &DayFold, text: &str| {
        let office = Author {
            policy: policy(text),
            ..author(&Duty::Office)
        };
        let none: [&Document; 0] = [];
        record::sign_off(day, &office, Session::Am, none, &BTreeSet::from([PUPIL]))
    };
    for day in [day_of(&[&near]), day_of(&[&here, &there])] {
        let refused = sign(&day, RULES).expect_err("something waits").to_string();
        assert!(
            refused.contains("signs off with nothing open") && refused.contains(&PUPIL.to_string()),
            "{refused}"
        );
        assert!(
            sign(&day, &RULES.replace("2026-03-01", "2026-03-03")).is_ok(),
            "not yet in force"
        );
    }
    assert!(sign(&day_of(&[&here]), RULES).is_ok());
    assert!(
        sign(&day_of(&[]), RULES).is_ok(),
        "no mark is no decision: it is named in the sign-off"
    );
    let afternoon = arrived("L", "09:14:50").at(cell_of(Session::Pm, PUPIL));
    assert!(sign(&day_of(&[&afternoon]), RULES).is_ok(), "another session");
}

#[test]
fn times_that_nobody_said_make_no_mark_and_a_calendar_that_ended_closes_no_school() {
    let said_nothing = policy("[[rules]]\neffective_from = 2025-09-01\n");
    let rules = said_nothing.on(date()).expect("rules");
    assert_eq!((rules.times(Session::Am), rules.times(Session::Pm)), (None, None));
    assert!(RegisterPolicy::default().on(date()).is_none());

    let calendar = file::read("terms = [{ name = \"Spring\", first = 2026-02-23, last = 2026-03-27 }]\ninsets = [{ date = 2026-03-06 }]")
        .expect("a calendar");
    let policy = RegisterPolicy::new(None, Some(calendar));
    let held = |date: &str| policy.may_be_held(date.parse().unwrap(), Session::Am);
    assert!(held("2026-03-05") && !held("2026-03-06") && !held("2026-03-07"));
    assert!(held("2026-04-20"), "it says nothing of April");
}

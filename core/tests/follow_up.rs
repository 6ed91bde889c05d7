//! What was done about an absence: kept in the office's sheet, replaced by name, and no business of the register's.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(dead_code, reason = "every test room takes what it needs of the common tools")]

mod common;

use common::*;
use daymark_core::attendance::worklists::{AttemptResult, How};
use daymark_core::day;
use daymark_core::document::Document;
use daymark_core::entry::Duty;
use daymark_core::fold::Rules;
use daymark_core::follow_up::{Done, FollowUp};
use daymark_core::item::{Item, Statement, statement_id};

fn tried(result: AttemptResult) -> Statement<FollowUp> {
    let body = FollowUp::Attempt {
        pupil: PUPIL,
        how: How::Phone,
        result,
    };
    statement(stamp(14, "d-office"), body)
}

fn append(sheet: &mut Document, statement: Statement<FollowUp>) {
    sheet.append(actor(14), &[Item::FollowUp(statement)]).unwrap();
}

#[test]
fn an_attempt_and_a_step_are_read_back_and_the_register_does_not_move() {
    let mut office = sheet(&Duty::Office);
    append(&mut office, tried(AttemptResult::NoAnswer));
    let step = FollowUp::step(PUPIL, "First letter").unwrap();
    append(&mut office, statement(stamp(14, "d-office"), step));
    let done = Done::of(&office);
    assert_eq!(done.attempts.len(), 1);
    assert_eq!((done.attempts[0].pupil, done.attempts[0].date), (PUPIL, date()));
    assert_eq!(done.attempts[0].by, person("d-office"));
    assert_eq!(
        (done.steps[0].step.as_str(), done.steps[0].on),
        ("First letter", date())
    );
    let day = day::fold(date(), Rules::default(), [&office]);
    assert_eq!(day.cells().count(), 0);
}

#[test]
fn what_another_statement_replaces_is_not_counted() {
    let mut office = sheet(&Duty::Office);
    let first = tried(AttemptResult::NoAnswer);
    let bytes = Item::FollowUp(first.clone()).encode();
    append(&mut office, first);
    let mut right = tried(AttemptResult::Reached);
    right.supersedes = [statement_id(office.id(), &bytes)].into();
    right.reason = Some("It was the mother after all".into());
    append(&mut office, right);
    let results: Vec<_> = Done::of(&office)
        .attempts
        .into_iter()
        .map(|made| made.result)
        .collect();
    assert_eq!(results, [AttemptResult::Reached]);
}

#[test]
fn nobody_but_the_office_writes_one() {
    let mut class = sheet(&class());
    let refused = class.append(actor(14), &[Item::FollowUp(tried(AttemptResult::Reached))]);
    let words = refused.unwrap_err().to_string();
    assert!(words.contains("a follow-up"), "{words}");
    for bad in ["", "  ", "two\nlines", &"x".repeat(401)] {
        assert!(FollowUp::step(PUPIL, bad).is_err(), "{bad:?}");
    }
}

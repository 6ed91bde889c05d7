//! What the office decides.

use daymark_core::entry::{Duty, Particulars};
use daymark_core::record::{self, RecordError};
use daymark_core::session::Session;

use super::expected::recorded;
use crate::common::*;

#[test]
fn an_office_decision_reverses_what_a_rule_settled() {
    let (absent, late) = (entry(&class(), "N"), entry(&Duty::Gate, "L"));
    let day = day_of(&[&absent, &late]);
    let decision = mark(&Duty::Office, "N", Some("wrong child at the gate"));
    let decided = record::decide(&day, &author(&Duty::Office), Session::Am, PUPIL, &decision).unwrap();
    assert_eq!(decided.supersedes, ids(&[&absent, &late]));
    assert_eq!(standing_of(&[&absent, &late, &decided]), recorded("N"));
}

#[test]
fn one_office_entry_settles_marks_of_two_sheets() {
    let (visit, absent) = (entry(&on_trip(1), "V"), entry(&on_trip(1), "N").by("second"));
    let day = day_of(&[&visit, &absent]);
    let office = author(&Duty::Office);
    let decision = mark(&on_trip(1), "V", Some("the leader counted again"));
    let decided = record::decide(&day, &office, Session::Am, PUPIL, &decision).unwrap();
    let day = day_of(&[&visit, &absent, &decided]);
    assert_eq!(day.cell(&am()).unwrap().standing, recorded("V"));
    let late = entry(&Duty::Gate, "L");
    assert!(
        standing_of(&[&visit, &absent, &decided, &late]).is_disputed(),
        "what the decision had not seen is not settled by it"
    );
}

#[test]
fn a_decision_keeps_the_particulars_of_the_mark_that_it_picks() {
    let (absent, late) = (entry(&class(), "/"), entry(&Duty::Gate, "L"));
    let day = day_of(&[&absent, &late]);
    let decision = record::Mark {
        particulars: Particulars::default(),
        ..mark(&Duty::Gate, "L", Some("register was taken early"))
    };
    let decided = record::decide(&day, &author(&Duty::Office), Session::Am, PUPIL, &decision).unwrap();
    assert_eq!(decided.particulars.arrived_at, Some(time("09:05")));
}

#[test]
fn a_decision_between_two_trips_must_say_which() {
    let day = day_of(&[&entry(&on_trip(1), "V"), &entry(&on_trip(2), "V")]);
    let office = author(&Duty::Office);
    let mut decision = mark(&on_trip(2), "V", Some("went with the second coach"));
    let decided = record::decide(&day, &office, Session::Am, PUPIL, &decision).unwrap();
    assert_eq!(decided.particulars.visit.unwrap().trip, trip_id(2));
    decision.particulars = Particulars::default();
    let refused = record::decide(&day, &office, Session::Am, PUPIL, &decision);
    assert!(matches!(refused, Err(RecordError::Missing { .. })), "{refused:?}");
}

#[test]
fn nobody_but_the_office_decides_and_only_what_is_open() {
    let day = day_of(&[&entry(&class(), "/")]);
    let decision = mark(&class(), "/", Some("because"));
    let by_class = record::decide(&day, &author(&class()), Session::Am, PUPIL, &decision);
    assert!(matches!(by_class, Err(RecordError::NotTheOffice { .. })));
    let nothing = record::decide(&day, &author(&Duty::Office), Session::Am, PUPIL, &decision);
    assert!(matches!(nothing, Err(RecordError::NothingToDecide { .. })));
}

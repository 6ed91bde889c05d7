//! Amendments.

use daymark_core::entry::Duty;
use daymark_core::fold::Irregularity;
use daymark_core::record::{self, RecordError};
use daymark_core::session::Session;

use super::expected::recorded;
use crate::common::*;

#[test]
fn every_amendment_has_its_six_parts_n_included() {
    let absent = entry(&class(), "N");
    let day = day_of(&[&absent]);
    let change = mark(&class(), "I", Some("mother rang"));
    let amended = record::mark(&day, &author(&Duty::Office), Session::Am, PUPIL, &change).unwrap();
    let day = day_of(&[&absent, &amended]);
    let ledger = day.amendments();
    assert_eq!(ledger.len(), 1);
    let line = &ledger[0];
    assert_eq!(line.originals_text(), "N");
    assert_eq!(line.originals[0].entry, absent.id());
    assert_eq!(line.amended, Some(code("I")));
    assert_eq!(line.reason.as_deref(), Some("mother rang"));
    assert_eq!(line.amended_at, amended.recorded_at);
    assert_eq!(line.person.name, "Name of d-office");
    assert_eq!(line.person.position, "Teacher");
    assert!(line.in_force && line.irregular.is_empty());
}

#[test]
fn an_amendment_of_two_marks_names_both() {
    let (visit, absent) = (entry(&on_trip(1), "V"), entry(&on_trip(1), "N").by("second"));
    let decided = entry(&Duty::Office, "N").instead_of(&[&visit, &absent]);
    let ledger = day_of(&[&visit, &absent, &decided]).amendments();
    let mut originals: Vec<&str> = ledger[0]
        .originals
        .iter()
        .filter_map(|o| o.code.as_ref())
        .map(daymark_core::code::Code::as_str)
        .collect();
    originals.sort_unstable();
    assert_eq!(originals, ["N", "V"]);
}

#[test]
fn a_first_entry_that_arrives_late_is_no_amendment() {
    let late = entry(&class(), "/");
    assert!(day_of(&[&late]).amendments().is_empty());
    let signed = sign_off_of(1, &[]);
    assert!(signed_day(&[&late], &[&signed]).amendments().is_empty());
}

#[test]
fn a_change_without_a_reason_cannot_be_made() {
    let day = day_of(&[&entry(&class(), "N")]);
    for reason in [None, Some("   ")] {
        let refused = record::mark(
            &day,
            &author(&class()),
            Session::Am,
            PUPIL,
            &mark(&class(), "/", reason),
        );
        assert!(
            matches!(refused, Err(RecordError::ReasonNeeded { .. })),
            "{refused:?}"
        );
    }
    let empty = record::mark(
        &day,
        &author(&class()),
        Session::Am,
        PUPIL,
        &mark(&class(), "/", Some("")),
    );
    assert!(
        matches!(empty, Err(RecordError::Text { field: "reason" })),
        "{empty:?}"
    );
}

#[test]
fn a_change_without_a_reason_that_arrives_is_kept_and_moves_nothing() {
    let absent = entry(&class(), "N");
    let mut change = entry(&class(), "/").instead_of(&[&absent]);
    change.reason = None;
    let day = day_of(&[&absent, &change]);
    let fold = day.cell(&am()).unwrap();
    assert_eq!(fold.standing, recorded("N"));
    assert_eq!(fold.irregular[0].entry, change.id());
    assert_eq!(fold.irregular[0].why, Irregularity::NoReason);
    let ledger = day.amendments();
    assert!(!ledger[0].in_force);
    assert_eq!(ledger[0].reason, None);
    assert_eq!(ledger[0].irregular.len(), 1);
}

#[test]
fn saying_the_same_again_changes_nothing_and_is_refused() {
    let day = day_of(&[&entry(&class(), "/")]);
    let again = record::mark(
        &day,
        &author(&class()),
        Session::Am,
        PUPIL,
        &mark(&class(), "/", Some("again")),
    );
    assert!(matches!(again, Err(RecordError::NothingToChange { .. })));
}

//! Undo.

use daymark_core::entry::{Duty, Entry};
use daymark_core::fold::Standing;
use daymark_core::record::{self, RecordError};
use daymark_core::session::Session;

use super::expected::recorded;
use crate::common::*;

fn undo(entries: &[&Entry], duty: &Duty) -> Result<Entry, RecordError> {
    record::undo(
        &day_of(entries),
        &author(duty),
        Session::Am,
        PUPIL,
        "tapped the wrong name",
    )
}

#[test]
fn a_first_mark_taken_back_leaves_no_mark() {
    let wrong = entry(&class(), "/");
    let back = undo(&[&wrong], &class()).unwrap();
    assert_eq!(back.code, None);
    assert_eq!(back.supersedes, ids(&[&wrong]));
    let day = day_of(&[&wrong, &back]);
    assert_eq!(day.cell(&am()).unwrap().standing, Standing::Blank);
    assert!(!day.cell(&am()).unwrap().accounted_for());
    assert_eq!(day.amendments().len(), 1, "a take-back is an amendment");
}

#[test]
fn a_change_taken_back_restores_what_it_replaced() {
    let absent = entry(&class(), "N");
    let late = entry(&class(), "L").instead_of(&[&absent]);
    let back = undo(&[&absent, &late], &class()).unwrap();
    assert_eq!(back.code, Some(code("N")));
    assert_eq!(standing_of(&[&absent, &late, &back]), recorded("N"));
}

#[test]
fn a_decision_between_different_marks_taken_back_leaves_no_mark_to_hide_behind() {
    let (visit, absent) = (entry(&on_trip(1), "V"), entry(&on_trip(1), "N").by("second"));
    let decided = Entry {
        particulars: visit.particulars.clone(),
        ..entry(&Duty::Office, "V").instead_of(&[&visit, &absent])
    };
    let back = undo(&[&visit, &absent, &decided], &Duty::Office).unwrap();
    assert_eq!(back.code, None);
    let fold = fold_of(&[&visit, &absent, &decided, &back]);
    assert_eq!(fold.standing, Standing::Blank);
    assert!(!fold.accounted_for());
}

#[test]
fn undo_takes_back_what_this_duty_marked_and_nothing_else() {
    let (own, others) = (entry(&Duty::Office, "I"), entry(&class(), "/"));
    let back = undo(&[&own, &others], &Duty::Office).unwrap();
    assert_eq!(back.supersedes, ids(&[&own]));
    assert_eq!(standing_of(&[&own, &others, &back]), recorded("/"));
    let nothing_own = undo(&[&others], &Duty::Office);
    assert!(matches!(nothing_own, Err(RecordError::NothingToUndo { .. })));
}

#[test]
fn undo_needs_something_to_undo_and_a_reason() {
    assert!(matches!(
        undo(&[], &class()),
        Err(RecordError::NothingToUndo { .. })
    ));
    assert!(matches!(
        undo(&[&entry(&Duty::Gate, "L")], &class()),
        Err(RecordError::NothingToUndo { .. })
    ));
    let wrong = entry(&class(), "/");
    let back = undo(&[&wrong], &class()).unwrap();
    assert!(matches!(
        undo(&[&wrong, &back], &class()),
        Err(RecordError::NothingToUndo { .. })
    ));
    let no_reason = record::undo(&day_of(&[&wrong]), &author(&class()), Session::Am, PUPIL, " ");
    assert!(matches!(no_reason, Err(RecordError::ReasonNeeded { .. })));
}

#[test]
fn marking_again_after_a_take_back_is_an_amendment() {
    let wrong = entry(&class(), "/");
    let back = undo(&[&wrong], &class()).unwrap();
    let day = day_of(&[&wrong, &back]);
    let again = mark(&class(), "N", Some("checked the seats"));
    let again = record::mark(&day, &author(&class()), Session::Am, PUPIL, &again).unwrap();
    assert_eq!(again.supersedes, ids(&[&back]));
    assert_eq!(standing_of(&[&wrong, &back, &again]), recorded("N"));
}

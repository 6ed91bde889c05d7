//! Marks that meet before anybody has signed off.

use daymark_core::entry::{Duty, Entry};
use daymark_core::fold::{DayFold, Dispute, Rule, Rules};

use super::expected::{agreed, disputed, recorded, settled};
use crate::common::*;

fn unlisted(mut entry: Entry) -> Entry {
    if let Some(visit) = &mut entry.particulars.visit {
        visit.listed = false;
    }
    entry
}

#[test]
fn one_mark_is_recorded_and_no_mark_is_blank() {
    let present = entry(&class(), "/");
    assert_eq!(standing_of(&[&present]), recorded("/"));
    assert!(fold_of(&[&present]).accounted_for());
    assert!(day_of(&[]).cell(&am()).is_none());
    assert!(
        !fold_of(&[&entry(&class(), "N")]).accounted_for(),
        "N explains nothing"
    );
}

#[test]
fn the_same_code_twice_is_agreed_and_both_names_are_kept() {
    let (a, b) = (entry(&class(), "/").by("ann"), entry(&class(), "/").by("bob"));
    let day = day_of(&[&a, &b]);
    let fold = day.cell(&am()).unwrap();
    assert_eq!(fold.standing, agreed("/"));
    assert_eq!(fold.candidates, ids(&[&a, &b]));
    let names: Vec<&str> = day
        .history(&am())
        .iter()
        .map(|(_, entry)| entry.person.id.as_str())
        .collect();
    assert!(names.contains(&"ann") && names.contains(&"bob"), "{names:?}");
    assert!(day.amendments().is_empty(), "agreeing amends nothing");
}

#[test]
fn the_same_code_from_another_duty_is_agreed_too() {
    assert_eq!(
        standing_of(&[&entry(&class(), "L"), &entry(&Duty::Gate, "L")]),
        agreed("L")
    );
}

#[test]
fn n_in_class_and_l_or_u_at_the_gate_is_settled_by_r1() {
    let absent = entry(&class(), "N");
    for arrived in ["L", "U"] {
        let gate = entry(&Duty::Gate, arrived);
        let fold = fold_of(&[&absent, &gate]);
        assert_eq!(fold.standing, settled(arrived, Rule::R1));
        assert!(fold.accounted_for());
        assert_eq!(
            fold.candidates,
            ids(&[&absent, &gate]),
            "a rule takes nothing out"
        );
    }
}

#[test]
fn r1_asks_for_the_class_and_for_the_gate() {
    let n_at_the_gate = entry(&Duty::Gate, "N");
    let l_in_class = entry(&class(), "L");
    for pair in [
        [&entry(&class(), "N"), &l_in_class],
        [&n_at_the_gate, &entry(&Duty::Gate, "L")],
        [&n_at_the_gate, &l_in_class],
        [&entry(&class(), "N"), &entry(&Duty::Office, "L")],
        [&entry(&class(), "N"), &entry(&Duty::Gate, "/")],
    ] {
        assert_eq!(standing_of(&pair), disputed(Dispute::Different));
        assert!(!fold_of(&pair).accounted_for());
    }
}

#[test]
fn a_rule_that_is_switched_off_leaves_a_dispute() {
    let absent = entry(&class(), "N");
    let gate = entry(&Duty::Gate, "L");
    let trip = entry(&on_trip(1), "V");
    let under = |rules: Rules, other: &Entry| {
        let day = DayFold::of(date(), rules, [absent.clone(), other.clone()], []);
        day.cell(&am()).unwrap().standing.clone()
    };
    let (no_r1, no_r2) = (Rules { r1: false, r2: true }, Rules { r1: true, r2: false });
    assert_eq!(under(no_r1, &gate), disputed(Dispute::Different));
    assert_eq!(under(no_r1, &trip), settled("V", Rule::R2));
    assert_eq!(under(no_r2, &trip), disputed(Dispute::Different));
    assert_eq!(under(no_r2, &gate), settled("L", Rule::R1));
}

#[test]
fn n_in_class_and_v_or_p_from_a_list_is_settled_by_r2() {
    for elsewhere in ["V", "P"] {
        let fold = fold_of(&[&entry(&class(), "N"), &entry(&on_trip(1), elsewhere)]);
        assert_eq!(fold.standing, settled(elsewhere, Rule::R2));
        assert!(fold.accounted_for());
    }
}

#[test]
fn v_of_a_pupil_who_is_not_on_the_list_needs_a_decision() {
    let fold = fold_of(&[&entry(&class(), "N"), &unlisted(entry(&on_trip(1), "V"))]);
    assert_eq!(fold.standing, disputed(Dispute::Different));
    assert!(!fold.accounted_for());
}

#[test]
fn r2_asks_that_the_mark_comes_from_the_trip_itself() {
    let said_by_the_gate = entry(&Duty::Gate, "V");
    let of_another_trip = Entry {
        particulars: particulars(&on_trip(2), "V"),
        ..entry(&on_trip(1), "V")
    };
    for mark in [said_by_the_gate, of_another_trip] {
        assert!(standing_of(&[&entry(&class(), "N"), &mark]).is_disputed());
    }
}

#[test]
fn v_or_p_and_n_from_one_group_is_urgent_and_the_child_counts_as_missing() {
    for elsewhere in ["V", "P"] {
        let fold = fold_of(&[
            &entry(&on_trip(1), elsewhere),
            &entry(&on_trip(1), "N").by("second"),
        ]);
        assert_eq!(fold.standing, disputed(Dispute::SameGroup));
        assert!(Dispute::SameGroup.urgent());
        assert!(!fold.accounted_for());
        assert_eq!(fold.candidates.len(), 2);
    }
}

#[test]
fn n_from_another_group_than_v_is_no_dispute_within_a_group() {
    assert_eq!(
        standing_of(&[&entry(&on_trip(1), "V"), &entry(&on_trip(2), "N")]),
        disputed(Dispute::Different)
    );
}

#[test]
fn present_in_school_and_elsewhere_is_in_two_places_and_urgent() {
    for (here, elsewhere) in [("/", "V"), ("/", "P"), ("L", "V"), ("L", "P")] {
        let fold = fold_of(&[&entry(&class(), here), &entry(&on_trip(1), elsewhere)]);
        assert_eq!(
            fold.standing,
            disputed(Dispute::TwoPlaces),
            "{here} + {elsewhere}"
        );
        assert!(Dispute::TwoPlaces.urgent());
    }
    for other in ["W", "B", "K"] {
        let pair = [&entry(&class(), "/"), &entry(&Duty::Office, other)];
        assert_eq!(standing_of(&pair), disputed(Dispute::TwoPlaces), "/ + {other}");
    }
}

#[test]
fn v_and_p_or_v_of_two_trips_is_in_two_places() {
    assert_eq!(
        standing_of(&[&entry(&on_trip(1), "V"), &entry(&on_trip(2), "P")]),
        disputed(Dispute::TwoPlaces)
    );
    assert_eq!(
        standing_of(&[&entry(&on_trip(1), "V"), &entry(&on_trip(2), "V")]),
        disputed(Dispute::TwoPlaces)
    );
    assert_eq!(
        standing_of(&[&entry(&on_trip(1), "V"), &entry(&on_trip(1), "V").by("second")]),
        agreed("V")
    );
}

#[test]
fn l_and_u_is_always_a_decision() {
    for (a, b) in [(&class(), &Duty::Gate), (&Duty::Gate, &Duty::Gate)] {
        assert_eq!(
            standing_of(&[&entry(a, "L"), &entry(b, "U").by("other")]),
            disputed(Dispute::LateOrAfterClosing)
        );
    }
}

#[test]
fn a_planned_absence_and_a_child_who_was_seen_is_a_decision() {
    for planned in ["I", "M", "C"] {
        for (duty, seen) in [
            (class(), "/"),
            (Duty::Gate, "L"),
            (Duty::Gate, "U"),
            (on_trip(1), "V"),
        ] {
            let pair = [&entry(&Duty::Office, planned), &entry(&duty, seen)];
            assert_eq!(
                standing_of(&pair),
                disputed(Dispute::PlannedAbsenceButSeen),
                "{planned} + {seen}"
            );
        }
    }
}

#[test]
fn of_three_marks_the_most_pressing_difference_is_named() {
    let absent = entry(&class(), "N");
    let present = entry(&class(), "/").by("second");
    let late = entry(&Duty::Gate, "L");
    let visit = entry(&on_trip(1), "V");
    let not_on_bus = entry(&on_trip(1), "N").by("second");
    assert_eq!(
        standing_of(&[&absent, &late, &visit]),
        disputed(Dispute::TwoPlaces)
    );
    assert_eq!(
        standing_of(&[&absent, &visit, &not_on_bus]),
        disputed(Dispute::SameGroup)
    );
    assert_eq!(
        standing_of(&[&absent, &present, &late]),
        disputed(Dispute::Different)
    );
    let after = entry(&Duty::Gate, "U").by("second");
    assert_eq!(
        standing_of(&[&absent, &late, &after]),
        disputed(Dispute::LateOrAfterClosing)
    );
}

#[test]
fn rules_look_at_all_marks_however_many_agree() {
    let absent = [entry(&class(), "N"), entry(&class(), "N").by("second")];
    let late = [entry(&Duty::Gate, "L"), entry(&Duty::Gate, "L").by("second")];
    assert_eq!(
        standing_of(&[&absent[0], &absent[1], &late[0], &late[1]]),
        settled("L", Rule::R1)
    );
}

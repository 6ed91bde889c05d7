//! When marks meet: what stands, what is settled by a named rule, what a person must decide, and what waits.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::*;
use daymark_core::entry::{Duty, Entry, Particulars};
use daymark_core::fold::{DayFold, Dispute, Irregularity, ProposalKind, Rule, Rules, Standing};
use daymark_core::ids::{EntryId, PupilNumber};
use daymark_core::record::{self, RecordError};
use daymark_core::session::{Date, Session};

fn recorded(text: &str) -> Standing {
    Standing::Recorded { code: code(text) }
}
fn agreed(text: &str) -> Standing {
    Standing::Agreed { code: code(text) }
}
fn settled(text: &str, rule: Rule) -> Standing {
    Standing::Settled {
        code: code(text),
        rule,
    }
}
fn disputed(why: Dispute) -> Standing {
    Standing::Disputed { why }
}

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

// Sign-off.

#[test]
fn a_late_entry_after_sign_off_is_a_proposal_and_the_register_does_not_move() {
    let absent = entry(&class(), "N");
    let late = entry(&on_trip(1), "V");
    let signed = sign_off_of(1, &[&absent]);
    let fold = signed_day(&[&absent, &late], &[&signed])
        .cell(&am())
        .unwrap()
        .clone();
    assert!(fold.signed_off);
    assert_eq!(fold.standing, recorded("N"));
    assert_eq!(fold.candidates, ids(&[&absent]));
    assert_eq!(fold.proposals.len(), 1);
    assert_eq!(fold.proposals[0].entry, late.id());
    assert_eq!(fold.proposals[0].kind, ProposalKind::Differs);
}

#[test]
fn no_clock_makes_a_late_entry_early() {
    let signed = sign_off_of(1, &[]);
    let mut late = entry(&class(), "/");
    late.recorded_at = date().start_unix_seconds();
    let fold = signed_day(&[&late], &[&signed]).cell(&am()).unwrap().clone();
    assert_eq!(fold.standing, Standing::Blank);
    assert_eq!(fold.proposals.len(), 1);
}

#[test]
fn a_proposal_that_says_the_same_confirms() {
    let (absent, late) = (entry(&class(), "N"), entry(&Duty::Gate, "L"));
    let signed = sign_off_of(1, &[&absent, &late]);
    let again = entry(&Duty::Gate, "L").by("second");
    let other = entry(&Duty::Gate, "U").by("second");
    let kind = |entry: &Entry| {
        let day = signed_day(&[&absent, &late, entry], &[&signed]);
        let fold = day.cell(&am()).unwrap();
        assert_eq!(fold.standing, settled("L", Rule::R1));
        fold.proposals[0].kind
    };
    assert_eq!(kind(&again), ProposalKind::Confirms);
    assert_eq!(kind(&other), ProposalKind::Differs);
}

#[test]
fn a_proposal_that_would_replace_a_mark_differs_even_with_the_same_code() {
    let late = entry(&Duty::Gate, "L");
    let signed = sign_off_of(1, &[&late]);
    let mut corrected = entry(&Duty::Gate, "L").instead_of(&[&late]);
    corrected.particulars.arrived_at = Some(time("09:25"));
    let day = signed_day(&[&late, &corrected], &[&signed]);
    assert_eq!(day.cell(&am()).unwrap().proposals[0].kind, ProposalKind::Differs);
}

#[test]
fn a_proposal_about_a_disputed_mark_never_confirms() {
    let (here, there) = (entry(&class(), "/"), entry(&on_trip(1), "V"));
    let signed = sign_off_of(1, &[&here, &there]);
    let mut back = entry(&class(), "/").instead_of(&[&here]);
    back.code = None;
    for proposal in [back, entry(&class(), "/").by("second")] {
        let day = signed_day(&[&here, &there, &proposal], &[&signed]);
        let fold = day.cell(&am()).unwrap();
        assert_eq!(fold.standing, disputed(Dispute::TwoPlaces));
        assert_eq!(fold.proposals[0].kind, ProposalKind::Differs);
    }
}

#[test]
fn a_replaced_proposal_gives_way_to_the_one_that_replaces_it() {
    let signed = sign_off_of(1, &[]);
    let first = entry(&class(), "N");
    let second = entry(&class(), "/").instead_of(&[&first]);
    let day = signed_day(&[&first, &second], &[&signed]);
    let waiting: Vec<EntryId> = day
        .cell(&am())
        .unwrap()
        .proposals
        .iter()
        .map(|p| p.entry)
        .collect();
    assert_eq!(waiting, [second.id()]);
}

#[test]
fn an_office_entry_that_names_the_sign_off_moves_the_register() {
    let absent = entry(&class(), "N");
    let signed = sign_off_of(1, &[&absent]);
    let knowing = entry(&Duty::Office, "I").instead_of(&[&absent]).knowing(&signed);
    let day = signed_day(&[&absent, &knowing], &[&signed]);
    assert_eq!(day.cell(&am()).unwrap().standing, recorded("I"));
    assert!(day.amendments()[0].in_force);
}

#[test]
fn an_office_entry_made_without_sight_of_the_sign_off_does_not_move_it() {
    let absent = entry(&class(), "N");
    let signed = sign_off_of(1, &[&absent]);
    let blind = entry(&Duty::Office, "I").instead_of(&[&absent]);
    let day = signed_day(&[&absent, &blind], &[&signed]);
    let fold = day.cell(&am()).unwrap();
    assert_eq!(fold.standing, recorded("N"));
    assert_eq!(fold.proposals.len(), 1);
    assert!(!day.amendments()[0].in_force);
}

#[test]
fn the_office_accepts_a_proposal() {
    let absent = entry(&class(), "N");
    let late = entry(&on_trip(1), "V");
    let signed = sign_off_of(1, &[&absent]);
    let day = signed_day(&[&absent, &late], &[&signed]);
    let accept = mark(&on_trip(1), "V", Some("tablet synced at 19:00"));
    let accepted = record::decide(&day, &author(&Duty::Office), Session::Am, PUPIL, &accept).unwrap();
    assert_eq!(accepted.supersedes, ids(&[&absent, &late]));
    let day = signed_day(&[&absent, &late, &accepted], &[&signed]);
    let fold = day.cell(&am()).unwrap();
    assert_eq!(fold.standing, recorded("V"));
    assert!(fold.proposals.is_empty());
}

#[test]
fn the_office_accepts_the_only_mark_of_a_child_as_it_is() {
    let late = entry(&on_trip(1), "V");
    let signed = sign_off_of(1, &[]);
    let day = signed_day(&[&late], &[&signed]);
    let accept = record::Mark {
        particulars: Particulars::default(),
        ..mark(&on_trip(1), "V", Some("tablet synced at 19:00"))
    };
    let accepted = record::decide(&day, &author(&Duty::Office), Session::Am, PUPIL, &accept).unwrap();
    assert_eq!(accepted.particulars, late.particulars);
    let day = signed_day(&[&late, &accepted], &[&signed]);
    assert_eq!(day.cell(&am()).unwrap().standing, recorded("V"));
    assert!(day.cell(&am()).unwrap().proposals.is_empty());
}

#[test]
fn the_office_declines_a_proposal_and_the_standing_mark_stays() {
    let absent = entry(&class(), "N");
    let late = entry(&on_trip(1), "V");
    let signed = sign_off_of(1, &[&absent]);
    let day = signed_day(&[&absent, &late], &[&signed]);
    let decline = mark(&Duty::Office, "N", Some("the leader marked the wrong child"));
    let declined = record::decide(&day, &author(&Duty::Office), Session::Am, PUPIL, &decline).unwrap();
    let day = signed_day(&[&absent, &late, &declined], &[&signed]);
    let fold = day.cell(&am()).unwrap();
    assert_eq!(fold.standing, recorded("N"));
    assert!(fold.proposals.is_empty());
}

#[test]
fn two_sign_offs_made_apart_cover_what_either_saw() {
    let (a, b) = (entry(&class(), "N"), entry(&Duty::Gate, "L"));
    let (first, second) = (sign_off_of(1, &[&a]), sign_off_of(2, &[&b]));
    let day = signed_day(&[&a, &b], &[&first, &second]);
    assert_eq!(day.cell(&am()).unwrap().standing, settled("L", Rule::R1));
    assert!(day.cell(&am()).unwrap().proposals.is_empty());
    for known in [&first, &second] {
        let office = entry(&Duty::Office, "/").instead_of(&[&a, &b]).knowing(known);
        let day = signed_day(&[&a, &b, &office], &[&first, &second]);
        assert_eq!(day.cell(&am()).unwrap().standing, recorded("/"));
    }
}

#[test]
fn a_sign_off_says_nothing_about_the_other_session() {
    let afternoon = entry(&class(), "\\").at(cell_of(Session::Pm, PUPIL));
    let signed = sign_off_of(1, &[]);
    let day = signed_day(&[&afternoon], &[&signed]);
    let fold = day.cell(&afternoon.cell).unwrap();
    assert!(!fold.signed_off);
    assert_eq!(fold.standing, recorded("\\"));
}

#[test]
fn a_sign_off_names_what_is_disputed_and_what_is_missing() {
    let (here, there) = (entry(&class(), "/"), entry(&on_trip(1), "V"));
    let (mut in_class, mut in_trip) = (sheet(&class()), sheet(&on_trip(1)));
    write(&mut in_class, std::slice::from_ref(&here));
    write(&mut in_trip, std::slice::from_ref(&there));
    let day = daymark_core::day::fold(date(), Rules::default(), [&in_class, &in_trip]);
    let expected = [PUPIL, PupilNumber(2000)].into();
    let statement = record::sign_off(
        &day,
        &author(&Duty::Office),
        Session::Am,
        [&in_class, &in_trip],
        &expected,
    )
    .unwrap();
    assert_eq!(statement.body.disputed, [PUPIL]);
    assert_eq!(statement.body.unmarked, [PupilNumber(2000)]);
    assert_eq!(statement.body.saw.len(), 2);

    let mut office = sheet(&Duty::Office);
    office
        .append(actor(14), &[daymark_core::item::Item::SignOff(statement)])
        .unwrap();
    let late = Entry {
        device: here.device,
        ..entry(&class(), "N").by("second")
    };
    write(&mut in_class, std::slice::from_ref(&late));
    let day = daymark_core::day::fold(date(), Rules::default(), [&in_class, &in_trip, &office]);
    let fold = day.cell(&am()).unwrap();
    assert_eq!(fold.candidates, ids(&[&here, &there]));
    assert_eq!(fold.proposals[0].entry, late.id());
    let by_class = record::sign_off(&day, &author(&class()), Session::Am, [&in_class], &expected);
    assert!(matches!(by_class, Err(RecordError::NotTheOffice { .. })));
}

// Amendments.

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

// Irregular entries, each by name.

fn moves_nothing(others: &[&Entry], odd: &Entry) -> Irregularity {
    let mut all = others.to_vec();
    all.push(odd);
    let day = day_of(&all);
    let fold = day.cell(&odd.cell).unwrap();
    assert!(!fold.candidates.contains(&odd.id()));
    assert_eq!(fold.candidates, ids(others), "it takes nothing out either");
    let found: Vec<_> = fold
        .irregular
        .iter()
        .filter(|found| found.entry == odd.id())
        .collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].why.moves_nothing());
    found[0].why.clone()
}

#[test]
fn a_retired_code_is_named_with_its_replacement() {
    let why = moves_nothing(&[], &entry(&class(), "H"));
    assert!(matches!(why, Irregularity::Code { .. }));
    assert!(why.to_string().contains("retired"), "{why}");
    let old = Date::from_ymd(2023, 3, 2).unwrap();
    let mut then = entry(&class(), "H");
    then.cell.date = old;
    then.recorded_at = old.start_unix_seconds();
    let day = DayFold::of(old, Rules::default(), [then.clone()], []);
    assert_eq!(day.cell(&then.cell).unwrap().standing, recorded("H"));
}

#[test]
fn an_unknown_code_and_a_code_of_the_other_session_are_named() {
    assert!(
        moves_nothing(&[], &entry(&class(), "~~"))
            .to_string()
            .contains("~~")
    );
    let why = moves_nothing(&[], &entry(&class(), "\\"));
    assert!(why.to_string().contains("AM"), "{why}");
    let afternoon = entry(&class(), "/").at(cell_of(Session::Pm, PUPIL));
    assert!(moves_nothing(&[], &afternoon).to_string().contains("PM"));
}

#[test]
fn v_without_a_visit_l_without_a_time_and_b_without_its_nature_are_named() {
    for (text, needs) in [
        ("V", "visit"),
        ("L", "time of arrival"),
        ("U", "time of arrival"),
        ("B", "nature"),
    ] {
        let mut bare = entry(&class(), text);
        bare.particulars = Particulars::default();
        let why = moves_nothing(&[], &bare);
        assert!(why.to_string().contains(needs), "{why}");
        let refused = record::mark(
            &day_of(&[]),
            &author(&class()),
            Session::Am,
            PUPIL,
            &record::Mark {
                code: code(text),
                particulars: Particulars::default(),
                reason: None,
            },
        );
        assert!(matches!(refused, Err(RecordError::Missing { .. })), "{refused:?}");
    }
}

#[test]
fn replacing_what_another_duty_marked_is_named() {
    let gate = entry(&Duty::Gate, "L");
    let why = moves_nothing(&[&gate], &entry(&class(), "N").instead_of(&[&gate]));
    assert!(matches!(why, Irregularity::OutsideDuty { .. }));
}

#[test]
fn replacing_what_is_not_here_is_named_until_it_arrives() {
    let absent = entry(&class(), "N");
    let change = entry(&Duty::Office, "I").instead_of(&[&absent]);
    let why = moves_nothing(&[], &change);
    assert!(matches!(why, Irregularity::UnknownOriginal { entry } if entry == absent.id()));
    assert_eq!(standing_of(&[&absent, &change]), recorded("I"));
    let other_cell = absent.clone().at(cell_of(Session::Am, PupilNumber(5)));
    let change = entry(&Duty::Office, "I").instead_of(&[&other_cell]);
    let day = day_of(&[&other_cell, &change]);
    assert!(matches!(
        day.cell(&am()).unwrap().irregular[0].why,
        Irregularity::UnknownOriginal { .. }
    ));
    assert_eq!(day.cell(&other_cell.cell).unwrap().standing, recorded("N"));
}

#[test]
fn taking_back_nothing_is_named() {
    let mut nothing = entry(&class(), "/");
    nothing.code = None;
    assert_eq!(moves_nothing(&[], &nothing), Irregularity::NothingTakenBack);
}

#[test]
fn naming_a_sign_off_is_for_the_office_and_of_this_session() {
    let signed = sign_off_of(1, &[]);
    let why = |entry: &Entry, with: &[&daymark_core::fold::SignedOff]| {
        let day = signed_day(&[entry], with);
        let fold = day.cell(&am()).unwrap();
        assert!(fold.candidates.is_empty());
        fold.irregular[0].why.clone()
    };
    assert_eq!(
        why(&entry(&class(), "/").knowing(&signed), &[&signed]),
        Irregularity::SignOffNotOffice
    );
    assert_eq!(
        why(&entry(&Duty::Office, "/").knowing(&signed), &[]),
        Irregularity::UnknownSignOff { sign_off: signed.id }
    );
    let mut of_the_afternoon = sign_off_of(2, &[]);
    of_the_afternoon.session = Session::Pm;
    let odd = entry(&Duty::Office, "/").knowing(&of_the_afternoon);
    assert!(matches!(
        why(&odd, &[&of_the_afternoon]),
        Irregularity::UnknownSignOff { .. }
    ));
}

#[test]
fn a_clock_a_year_off_is_a_remark_and_the_mark_stands() {
    let mut off = entry(&class(), "/");
    off.recorded_at -= 366 * 86_400;
    let fold = fold_of(&[&off]);
    assert_eq!(fold.standing, recorded("/"));
    assert!(
        matches!(fold.irregular[0].why, Irregularity::Clock { days: -366 }),
        "{:?}",
        fold.irregular
    );
    for extreme in [i64::MIN, i64::MAX] {
        off.recorded_at = extreme;
        assert_eq!(standing_of(&[&off]), recorded("/"));
    }
}

#[test]
fn irregular_entries_supersede_nothing_and_can_be_superseded() {
    let bad = entry(&class(), "H");
    let put_right = entry(&class(), "/").instead_of(&[&bad]);
    let day = day_of(&[&bad, &put_right]);
    assert_eq!(day.cell(&am()).unwrap().standing, recorded("/"));
    assert_eq!(day.cell(&am()).unwrap().irregular.len(), 1, "it stays on show");
}

// Undo.

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

#[test]
fn a_second_sign_off_takes_in_nothing_that_arrived_in_between() {
    use daymark_core::document::Document;
    use daymark_core::document_id::DocumentId;
    use daymark_core::ids::{ActorId, DeviceNumber};
    use daymark_core::item::Item;
    use daymark_core::record::{self, Author, Mark};
    use std::collections::BTreeSet;

    let (school, date) = (
        daymark_core::ids::SchoolId(123_456),
        daymark_core::session::Date::from_days(9_500),
    );
    let person =
        |id: &str| daymark_core::entry::Person::new(id.parse().unwrap(), "A Person", "Teacher").unwrap();
    let author = |duty: Duty, device: u32| Author {
        school,
        duty,
        person: person("a-person"),
        device: DeviceNumber(device),
        now: date.start_unix_seconds() + 33_000,
        clock: None,
    };
    let actor = |device: u32| ActorId {
        device: DeviceNumber(device),
        incarnation: [7; 8],
    };
    let class = Duty::Class("4B".parse().unwrap());
    let mut sheets = [
        Document::new(school, DocumentId::Sheet(date, class.clone())),
        Document::new(school, DocumentId::Sheet(date, Duty::Office)),
    ];
    let fold = |sheets: &[Document; 2]| daymark_core::day::fold(date, Rules::default(), sheets);
    let sign = |sheets: &mut [Document; 2]| {
        let day = fold(sheets);
        let statement = record::sign_off(
            &day,
            &author(Duty::Office, 2),
            Session::Am,
            sheets.iter(),
            &BTreeSet::new(),
        )
        .unwrap();
        sheets[1].append(actor(2), &[Item::SignOff(statement)]).unwrap();
    };
    sign(&mut sheets);
    let mark = Mark {
        code: daymark_core::code::Code::PRESENT_AM,
        particulars: Default::default(),
        reason: None,
    };
    let day = fold(&sheets);
    let late = record::mark(
        &day,
        &author(class, 1),
        Session::Am,
        daymark_core::ids::PupilNumber(1),
        &mark,
    )
    .unwrap();
    let cell = late.cell;
    sheets[0].append(actor(1), &[Item::Slip(vec![late])]).unwrap();
    assert_eq!(fold(&sheets).cell(&cell).unwrap().proposals.len(), 1);
    sign(&mut sheets);
    let day = fold(&sheets);
    assert_eq!(day.sign_offs(Session::Am).count(), 2);
    let folded = day.cell(&cell).unwrap();
    assert_eq!(
        folded.proposals.len(),
        1,
        "it still waits for a decision with a reason"
    );
    assert_eq!(folded.standing, Standing::Blank);
}

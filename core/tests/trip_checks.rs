//! What must be right about a trip before it is marked, and what does not fit about where a child is.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::*;
use daymark_core::calendar::{Calendar, Span, file};
use daymark_core::entry::{Duty, Entry};
use daymark_core::fold::DayFold;
use daymark_core::ids::{DeviceNumber, EntryId, PersonId, PupilNumber};
use daymark_core::session::{Cell, Date, Session};
use daymark_core::trip::alert::{Alert, alerts};
use daymark_core::trip::checks::{self, School, TripProblem};
use daymark_core::trip::{LeftGroup, Rejoined, TripGroup, TripPlan, TripSession, TripStatement, TripView};

/// The day of the shared builders, 2 March 2026, is a Monday of term; the Friday after is an INSET day.
fn calendar() -> Calendar {
    let text = "
        terms = [{ name = \"Spring 2\", first = 2026-02-23, last = 2026-03-27 }]
        insets = [{ date = 2026-03-06 }]
    ";
    file::read(text).unwrap()
}

fn staff() -> BTreeSet<PersonId> {
    ["m-lead", "b-trip"].map(|id| id.parse().unwrap()).into()
}

fn at(day: &str, session: Session) -> TripSession {
    TripSession {
        date: day.parse().unwrap(),
        session,
    }
}

fn today(session: Session) -> TripSession {
    TripSession {
        date: date(),
        session,
    }
}

fn plan() -> TripPlan {
    TripPlan {
        title: "York Museum".to_owned(),
        code: code("V"),
        nature: None,
        place: None,
        leader: person("m-lead"),
        supervisors: vec![person("m-lead")],
        sessions: Session::ALL.map(today).into(),
        participants: vec![PupilNumber(1), PUPIL],
        tablets: vec![DeviceNumber(21)],
        groups: None,
    }
}

fn view(said: &[TripStatement]) -> TripView {
    let statements: BTreeMap<EntryId, _> = (1..)
        .zip(said)
        .map(|(number, body)| {
            (
                EntryId([number; 32]),
                statement(stamp(21, "m-lead"), body.clone()),
            )
        })
        .collect();
    TripView::of(&statements)
}

fn left(session: Session) -> TripStatement {
    TripStatement::LeftGroup(LeftGroup {
        pupil: PUPIL,
        with: "mother, Mrs N".to_owned(),
        from: today(session),
    })
}

fn problems(plan: &TripPlan) -> Vec<TripProblem> {
    let (calendar, staff) = (calendar(), staff());
    checks::plan(
        plan,
        &School {
            calendar: Some(&calendar),
            staff: &staff,
        },
    )
}

fn check(
    view: &TripView,
    at: TripSession,
    pupil: PupilNumber,
    text: &str,
    by: Option<&str>,
) -> Result<(), TripProblem> {
    let (calendar, staff) = (calendar(), staff());
    let school = School {
        calendar: Some(&calendar),
        staff: &staff,
    };
    let supervisor = by.map(person);
    checks::mark(view, at, pupil, code(text), supervisor.as_ref(), &school)
}

#[test]
fn a_group_has_a_name_of_its_own_and_pupils_of_the_trip_who_are_in_no_other() {
    let group = |name: &str, pupils: &[PupilNumber]| TripGroup {
        name: name.to_owned(),
        leader: person("m-lead"),
        pupils: pupils.to_vec(),
    };
    let of = |groups: Vec<TripGroup>| {
        problems(&TripPlan {
            groups: Some(groups),
            ..plan()
        })
    };
    let (one, other) = (PupilNumber(1), PUPIL);
    assert_eq!(of(vec![group("Coach A", &[one]), group("Coach B", &[other])]), []);
    let (first, second) = ("Coach A".to_owned(), "Coach B".to_owned());
    assert_eq!(
        of(vec![group("Coach A", &[one]), group("Coach B", &[other, one])]),
        [TripProblem::InTwoGroups {
            pupil: one,
            first: first.clone(),
            second,
        }]
    );
    let stranger = PupilNumber(99);
    let named = TripProblem::GroupNotListed {
        pupil: stranger,
        group: first.clone(),
    };
    assert!(
        named.to_string().contains("pupil 99 of group \"Coach A\""),
        "{named}"
    );
    assert_eq!(of(vec![group("Coach A", &[stranger])]), [named]);
    assert_eq!(
        of(vec![group("Coach A", &[one]), group("Coach A", &[])]),
        [TripProblem::GroupName { name: first }]
    );
}

#[test]
fn v_needs_a_supervising_member_of_staff_and_a_helper_is_none() {
    assert_eq!(problems(&plan()), []);
    let mut helper = plan();
    helper.supervisors.push(person("p-parent"));
    assert_eq!(
        problems(&helper),
        [TripProblem::NotStaff {
            person: "p-parent".parse().unwrap()
        }]
    );
    let mut nobody = plan();
    nobody.supervisors.clear();
    assert_eq!(problems(&nobody), [TripProblem::NoSupervisor]);
    // An activity of a centre, with the centre's staff alone, is B and never V.
    nobody.code = code("B");
    assert_eq!(problems(&nobody), [TripProblem::Nature { code: code("B") }]);
    nobody.nature = Some("Climbing at the Ridge Centre".to_owned());
    assert_eq!(problems(&nobody), []);
    nobody.code = code("I");
    assert_eq!(problems(&nobody), [TripProblem::Code { code: code("I") }]);

    let trip = view(&[TripStatement::Plan(plan())]);
    let mark = |by| check(&trip, today(Session::Am), PUPIL, "V", by);
    assert_eq!(mark(Some("b-trip")), Ok(()));
    assert_eq!(mark(None), Err(TripProblem::NoSupervisor));
    let error = mark(Some("p-parent")).unwrap_err().to_string();
    assert!(error.contains("p-parent is not on the staff list"), "{error}");
}

#[test]
fn a_pupil_who_did_not_come_gets_a_code_of_absence_and_never_v() {
    for text in ["N", "I", "M", "G", "O", "Y1"] {
        assert_eq!(checks::no_show(PUPIL, code(text), date()), Ok(()), "{text}");
    }
    for text in ["V", "P", "B", "K", "W", "/", "L", "U", "D", "X", "Z", "#", "Q9"] {
        let error = checks::no_show(PUPIL, code(text), date()).expect_err(text);
        assert!(error.to_string().contains("give an absence code"), "{error}");
    }
}

#[test]
fn an_early_leaver_keeps_the_mark_of_the_session_and_the_next_is_not_filled_in() {
    let calendar = calendar();
    let trip = view(&[TripStatement::Plan(plan()), left(Session::Pm)]);
    let morning = day_of(&[&entry(&on_trip(1), "V")]);
    let fill = |at: TripSession, day: &DayFold| checks::to_fill(&trip, at, day, Some(&calendar));
    assert_eq!(
        fill(today(Session::Am), &day_of(&[])),
        [PupilNumber(1), PUPIL].into(),
        "in the morning both were with the group"
    );
    assert_eq!(fill(today(Session::Am), &morning), [PupilNumber(1)].into());
    assert_eq!(fill(today(Session::Pm), &morning), [PupilNumber(1)].into());
    assert_eq!(
        morning.cell(&am()).unwrap().code(),
        Some(code("V")),
        "leaving changes no mark"
    );
    assert_eq!(
        check(&trip, today(Session::Pm), PUPIL, "V", Some("m-lead")),
        Err(TripProblem::HasLeft {
            pupil: PUPIL,
            with: "mother, Mrs N".to_owned()
        })
    );
    assert_eq!(
        check(&trip, today(Session::Am), PUPIL, "V", Some("m-lead")),
        Ok(())
    );
    let back = TripStatement::Rejoined(Rejoined {
        pupil: PUPIL,
        from: today(Session::Pm),
    });
    let statements = [TripStatement::Plan(plan()), left(Session::Am), back];
    assert_eq!(
        checks::to_fill(
            &view(&statements),
            today(Session::Pm),
            &day_of(&[]),
            Some(&calendar)
        )
        .len(),
        2
    );
}

#[test]
fn what_stands_or_is_disputed_is_not_filled_in() {
    let calendar = calendar();
    let trip = view(&[TripStatement::Plan(plan())]);
    let fill =
        |entries: &[&Entry]| checks::to_fill(&trip, today(Session::Am), &day_of(entries), Some(&calendar));
    assert_eq!(fill(&[&entry(&Duty::Office, "I")]), [PupilNumber(1)].into());
    let disputed = [&entry(&class(), "/"), &entry(&on_trip(1), "V")];
    assert_eq!(fill(&disputed), [PupilNumber(1)].into());
    assert_eq!(
        checks::to_fill(
            &TripView::default(),
            today(Session::Am),
            &day_of(&[]),
            Some(&calendar)
        ),
        BTreeSet::new()
    );
}

#[test]
fn a_trip_on_an_inset_day_has_head_counts_and_no_marks() {
    let calendar = calendar();
    let mut outing = plan();
    let inset = at("2026-03-06", Session::Am);
    outing.sessions = vec![inset];
    assert_eq!(problems(&outing), [TripProblem::NoSession { at: inset }]);
    let trip = view(&[TripStatement::Plan(outing)]);
    for text in ["V", "N", "/"] {
        assert_eq!(
            check(&trip, inset, PUPIL, text, Some("m-lead")),
            Err(TripProblem::NoSession { at: inset })
        );
    }
    assert_eq!(
        checks::to_fill(&trip, inset, &day_of(&[]), Some(&calendar)),
        BTreeSet::new()
    );
}

#[test]
fn a_residential_has_a_mark_for_each_session_and_none_on_other_days() {
    let days = |first: &str, last: &str| Span {
        first: first.parse::<Date>().unwrap(),
        last: last.parse().unwrap(),
    };
    let sessions = checks::sessions_of_residential(&calendar(), days("2026-03-04", "2026-03-09"));
    // Wednesday and Thursday, the INSET day and the weekend passed over, Monday.
    let expected: Vec<TripSession> = ["2026-03-04", "2026-03-05", "2026-03-09"]
        .into_iter()
        .flat_map(|day| Session::ALL.map(|session| at(day, session)))
        .collect();
    assert_eq!(sessions, expected);
    assert_eq!(
        checks::sessions_of_residential(&calendar(), days("2026-03-09", "2026-03-04")),
        []
    );
}

#[test]
fn a_mark_of_a_trip_is_for_its_list_and_its_sessions() {
    let mut morning = plan();
    morning.sessions = vec![today(Session::Am)];
    let trip = view(&[TripStatement::Plan(morning)]);
    let pm = today(Session::Pm);
    assert_eq!(
        check(&trip, pm, PUPIL, "V", Some("m-lead")),
        Err(TripProblem::NotCovered { at: pm })
    );
    assert_eq!(
        check(&trip, today(Session::Am), PupilNumber(9), "V", Some("m-lead")),
        Err(TripProblem::NotListed {
            pupil: PupilNumber(9)
        })
    );
    assert_eq!(
        check(&trip, pm, PUPIL, "\\", None),
        Ok(()),
        "back at school for the afternoon"
    );
    assert!(check(&TripView::default(), pm, PUPIL, "V", Some("m-lead")).is_err());
}

#[test]
fn a_pupil_due_on_a_trip_who_comes_through_the_gate_raises_an_alert() {
    let trip = view(&[TripStatement::Plan(plan())]);
    let trips = [(trip_id(1), &trip)];
    let gate = entry(&Duty::Gate, "L");
    let expected = [Alert::DueOnTripSeenAtGate {
        pupil: PUPIL,
        at: today(Session::Am),
        trip: trip_id(1),
        entry: gate.id(),
        arrived_at: Some(time("09:05")),
    }];
    assert_eq!(alerts(&day_of(&[&gate]), &trips), expected);
    let on_coach = entry(&on_trip(1), "V");
    assert_eq!(
        alerts(&day_of(&[&gate, &on_coach]), &trips),
        expected,
        "also while the coach says otherwise"
    );
    // After sign-off the gate's entry only waits; the alarm does not.
    let signed = signed_day(&[&on_coach, &gate], &[&sign_off_of(9, &[&on_coach])]);
    assert_eq!(alerts(&signed, &trips), expected);
    // The office has decided: the alarm is over.
    let decided = entry(&Duty::Office, "V").instead_of(&[&gate, &on_coach]);
    assert_eq!(alerts(&day_of(&[&gate, &on_coach, &decided]), &trips), []);
    // Somebody else at the gate, another session, or a trip that they are not on.
    let other = gate.clone().at(cell_of(Session::Am, PupilNumber(9)));
    let mut afternoon = plan();
    afternoon.sessions = vec![today(Session::Pm)];
    let afternoon = view(&[TripStatement::Plan(afternoon)]);
    assert_eq!(alerts(&day_of(&[&other]), &trips), []);
    assert_eq!(alerts(&day_of(&[&gate]), &[(trip_id(2), &afternoon)]), []);
    assert_eq!(alerts(&day_of(&[&gate]), &[]), []);
}

#[test]
fn a_pupil_who_left_the_group_and_is_marked_as_attending_raises_an_alert() {
    let trip = view(&[TripStatement::Plan(plan()), left(Session::Pm)]);
    let trips = [(trip_id(1), &trip)];
    let pm: Cell = cell_of(Session::Pm, PUPIL);
    let counted_in = entry(&on_trip(1), "V").at(pm);
    assert_eq!(
        alerts(&day_of(&[&counted_in]), &trips),
        [Alert::LeftGroupMarkedAttending {
            pupil: PUPIL,
            at: today(Session::Pm),
            trip: trip_id(1),
            entry: counted_in.id(),
            code: code("V"),
            with: "mother, Mrs N".to_owned(),
        }]
    );
    let morning = entry(&on_trip(1), "V");
    let absent = entry(&Duty::Office, "I").at(pm);
    assert_eq!(alerts(&day_of(&[&morning, &absent]), &trips), []);
}

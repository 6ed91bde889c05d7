//! Home visits: when one is due, and what one waits for.

use std::collections::{BTreeMap, BTreeSet};

use daymark_core::attendance::Attendance;
use daymark_core::attendance::worklists::{
    AsOf, Due, List, Records, Row, VisitCase, VisitWaits, Why, Worklists,
};
use daymark_core::calendar::london;
use daymark_core::entry::Person;
use daymark_core::ids::{DeviceNumber, EntryId, PupilNumber, SchoolId, VisitId};
use daymark_core::item::{Stamp, Statement};
use daymark_core::visit::{CardLeft, Grade, NextStep, Opened, Outcome, VisitStatement, VisitView};

use super::school::*;

const VISIT: VisitId = VisitId(uuid::Uuid::from_u128(7));

fn at(day: &str, time: &str) -> i64 {
    london::moments(date(day), time.parse().unwrap()).first()
}

fn person(id: &str) -> Person {
    Person::new(id.parse().unwrap(), "A Visitor", "Family liaison officer").unwrap()
}

/// A visit whose statements are made one after the other; each may replace earlier ones, by their places.
fn view(said: &[(i64, VisitStatement, &[usize])]) -> VisitView {
    let id = |place: usize| EntryId([u8::try_from(place).unwrap() + 1; 32]);
    let statements: BTreeMap<EntryId, Statement<VisitStatement>> = said
        .iter()
        .enumerate()
        .map(|(place, (recorded_at, body, replaces))| {
            let statement = Statement {
                stamp: Stamp {
                    school: SchoolId(123_456),
                    device: DeviceNumber(1),
                    person: person("a-visitor"),
                    recorded_at: *recorded_at,
                    clock: None,
                },
                supersedes: replaces.iter().map(|place| id(*place)).collect::<BTreeSet<_>>(),
                reason: None,
                body: body.clone(),
            };
            (id(place), statement)
        })
        .collect();
    VisitView::of(&statements)
}

fn opened() -> VisitStatement {
    VisitStatement::Opened(Opened {
        pupil: PupilNumber(1),
        trigger: "three days".to_owned(),
        visitors: vec![person("a-visitor"), person("b-visitor")],
        alone: None,
        back_by: None,
    })
}

fn ended(grade: Grade) -> VisitStatement {
    VisitStatement::Outcome(Outcome {
        grade,
        answered: None,
        child_words: None,
    })
}

fn rows(attendance: &Attendance, list: List, now: i64, views: &[VisitView]) -> Vec<Row> {
    let rules = rules();
    let visits: Vec<VisitCase<'_>> = views
        .iter()
        .map(|view| VisitCase { visit: VISIT, view })
        .collect();
    Worklists {
        attendance,
        rules: &rules,
        at: AsOf::moment(now).unwrap(),
        records: Records {
            visits: &visits,
            ..Records::default()
        },
    }
    .rows(list)
}

fn absent_three_days() -> Attendance {
    let mut attendance = register(1);
    set_days(
        &mut attendance,
        1,
        ["2025-10-23", "2025-10-24", "2025-11-03"],
        "O",
    );
    attendance
}

#[test]
fn the_third_day_of_absence_asks_for_a_visit_by_two_that_day() {
    let mut attendance = absent_three_days();
    let list = rows(&attendance, List::WelfareChecks, at("2025-11-03", "16:00"), &[]);
    assert_eq!(
        list[0].why,
        Why::WelfareCheck {
            school_days: 3,
            visitors: 2
        }
    );
    assert_eq!(
        (list[0].since, list[0].due, list[0].overdue),
        (date("2025-11-03"), Due::By(date("2025-11-03")), false)
    );
    assert_eq!(list[0].counted.len(), 6);
    assert!(rows(&attendance, List::WelfareChecks, at("2025-11-04", "09:00"), &[])[0].overdue);
    // The mother had rung on Friday: the register is amended, and the visit with it.
    set_days(&mut attendance, 1, ["2025-10-24"], "I");
    assert_eq!(
        rows(&attendance, List::WelfareChecks, at("2025-11-04", "09:00"), &[]),
        []
    );
}

#[test]
fn a_visit_with_an_outcome_answers_the_days_up_to_it_and_later_ones_count_anew() {
    let mut attendance = absent_three_days();
    let made = view(&[
        (at("2025-11-03", "10:00"), opened(), &[]),
        (at("2025-11-03", "10:20"), ended(Grade::NoAnswer), &[]),
    ]);
    let only_begun = view(&[(at("2025-11-03", "10:00"), opened(), &[])]);
    let due = |attendance: &Attendance, day: &str, views: &[VisitView]| {
        rows(attendance, List::WelfareChecks, at(day, "16:00"), views).len()
    };
    assert_eq!(due(&attendance, "2025-11-03", &[only_begun]), 1);
    let views = [made];
    assert_eq!(due(&attendance, "2025-11-03", &views), 0);
    set_days(&mut attendance, 1, ["2025-11-04", "2025-11-05"], "N");
    assert_eq!(due(&attendance, "2025-11-05", &views), 0);
    set_days(&mut attendance, 1, ["2025-11-06"], "N");
    assert_eq!(due(&attendance, "2025-11-06", &views), 1);
}

#[test]
fn nobody_at_home_starts_a_clock_that_runs_out() {
    let attendance = register(1);
    let card = VisitStatement::CardLeft(CardLeft {
        reply_by: Some(at("2025-11-03", "11:00")),
    });
    let views = [view(&[
        (at("2025-11-03", "10:00"), opened(), &[]),
        (at("2025-11-03", "10:20"), ended(Grade::NoAnswer), &[]),
        (at("2025-11-03", "10:25"), card, &[]),
    ])];
    let row = |time: &str| rows(&attendance, List::Visits, at("2025-11-03", time), &views)[0].clone();
    assert_eq!(row("10:59").due, Due::At(at("2025-11-03", "11:00")));
    assert!(!row("11:00").overdue && row("11:01").overdue);
    assert!(matches!(
        row("11:01").why,
        Why::Visit {
            waits: VisitWaits::Answer,
            ..
        }
    ));
}

#[test]
fn a_next_step_stays_until_it_is_replaced_or_the_child_was_spoken_to() {
    let attendance = register(1);
    let step = VisitStatement::NextStep(NextStep {
        what: "call 101".to_owned(),
        due: at("2025-11-03", "12:00"),
    });
    let begun = [
        (at("2025-11-03", "10:00"), opened(), &[][..]),
        (at("2025-11-03", "10:20"), ended(Grade::SeenThroughWindow), &[]),
    ];
    let waits = |view: VisitView| {
        let now = at("2025-11-03", "12:30");
        let list = rows(&attendance, List::Visits, now, &[view]);
        list.into_iter()
            .map(|row| match row.why {
                Why::Visit { waits, .. } => (waits, row.overdue),
                why => panic!("{why:?}"),
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        waits(view(&begun[..1])),
        [(VisitWaits::Outcome, false)],
        "nobody has said how it ended"
    );
    assert_eq!(
        waits(view(&begun)),
        [(VisitWaits::NoNextStep, false)],
        "a window does not close a case"
    );
    let with_step = [&begun[..], &[(at("2025-11-03", "10:30"), step.clone(), &[])]].concat();
    assert_eq!(
        waits(view(&with_step)),
        [(VisitWaits::NextStep("call 101".to_owned()), true)]
    );
    let spoken_to = [
        &with_step[..],
        &[(at("2025-11-03", "12:10"), ended(Grade::SpokenTo), &[1])],
    ]
    .concat();
    assert_eq!(waits(view(&spoken_to)), []);
    let later = VisitStatement::NextStep(NextStep {
        what: "second visit".to_owned(),
        due: at("2025-11-03", "15:00"),
    });
    let replaced = [&with_step[..], &[(at("2025-11-03", "12:10"), later, &[2])]].concat();
    assert_eq!(
        waits(view(&replaced)),
        [(VisitWaits::NextStep("second visit".to_owned()), false)]
    );
}

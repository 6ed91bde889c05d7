//! The worklists, by cases that can be checked by hand.

use daymark_core::attendance::Attendance;
use daymark_core::attendance::worklists::{
    AsOf, Attempt, AttemptResult, Due, How, List, Records, Row, RulesInForce, StepTaken, Unaccounted, Why,
    Worklists,
};
use daymark_core::entry::Person;
use daymark_core::ids::PupilNumber;
use daymark_core::rules::terms::{SchoolRules, StepWhen};
use daymark_core::session::Date;
use daymark_core::session::Session::{Am, Pm};

use super::school::*;

fn rows_with(attendance: &Attendance, list: List, today: &str, records: Records<'_>) -> Vec<Row> {
    let rules = rules();
    let worklists = Worklists {
        attendance,
        rules: &rules,
        at: AsOf::end_of(date(today)),
        records,
    };
    let rows = worklists.rows(list);
    for pupil in attendance.enrolled().map(|enrolled| enrolled.pupil) {
        let own: Vec<Row> = rows.iter().filter(|row| row.pupil == pupil).cloned().collect();
        assert_eq!(
            worklists.rows_of(list, pupil),
            own,
            "one pupil's rows are those of the whole list"
        );
    }
    rows
}

fn rows(attendance: &Attendance, list: List, today: &str) -> Vec<Row> {
    rows_with(attendance, list, today, Records::default())
}

fn numbers(rows: &[Row]) -> Vec<u64> {
    rows.iter().map(|row| row.pupil.0).collect()
}

fn attempt(number: u64, day: &str, at: i64, result: AttemptResult) -> Attempt {
    Attempt {
        pupil: PupilNumber(number),
        date: date(day),
        at,
        by: Person::new("j-roe".parse().unwrap(), "Jo Roe", "Office manager").unwrap(),
        how: How::Phone,
        result,
    }
}

#[test]
fn disputed_children_come_first_then_n_then_those_without_a_mark() {
    let mut attendance = register(6);
    for (number, text) in [(1, "-"), (2, "N"), (3, "/"), (4, "?"), (5, "I")] {
        set(&mut attendance, number, "2025-09-08", Am, text);
    }
    let mut gone = enrolled(6);
    gone.leave = Some(date("2025-09-05"));
    attendance.enrol(gone);
    let attempts = [
        attempt(2, "2025-09-08", 200, AttemptResult::Reached),
        attempt(2, "2025-09-08", 100, AttemptResult::NoAnswer),
        attempt(2, "2025-09-05", 50, AttemptResult::Reached),
    ];
    let records = Records {
        attempts: &attempts,
        ..Records::default()
    };
    let list = rows_with(&attendance, List::Unaccounted(Am), "2025-09-08", records);
    assert_eq!(numbers(&list), [4, 2, 1]);
    let Why::Unaccounted { what, attempts, .. } = &list[1].why else {
        panic!("{:?}", list[1]);
    };
    assert_eq!(*what, Unaccounted::NoReason);
    let results: Vec<_> = attempts.iter().map(|attempt| attempt.result).collect();
    assert_eq!(results, [AttemptResult::NoAnswer, AttemptResult::Reached]);
    assert_eq!(
        rows(&attendance, List::Unaccounted(Am), "2025-09-06"),
        [],
        "nobody is missed on a Saturday"
    );
    set(&mut attendance, 4, "2025-09-08", Am, "V");
    assert_eq!(
        numbers(&rows(&attendance, List::Unaccounted(Am), "2025-09-08")),
        [2, 1]
    );
}

#[test]
fn the_reason_for_an_n_is_due_five_school_days_later_over_a_half_term() {
    let mut attendance = register(1);
    // Wednesday before the half-term: Thursday, Friday, then Monday, Tuesday and Wednesday after it.
    set(&mut attendance, 1, "2025-10-22", Am, "N");
    set(&mut attendance, 1, "2025-10-22", Pm, "N");
    let list = rows(&attendance, List::ReasonsOwed, "2025-11-05");
    assert_eq!(list.len(), 1, "a day is one row");
    assert_eq!(
        (list[0].due, list[0].overdue),
        (Due::By(date("2025-11-05")), false)
    );
    assert_eq!(list[0].counted.len(), 2);
    assert_eq!(list[0].why, Why::ReasonOwed { propose: None });
    let list = rows(&attendance, List::ReasonsOwed, "2025-11-06");
    assert!(list[0].overdue);
    assert_eq!(
        list[0].why,
        Why::ReasonOwed {
            propose: Some(code("O"))
        }
    );
    set(&mut attendance, 1, "2025-10-22", Am, "I");
    assert_eq!(
        rows(&attendance, List::ReasonsOwed, "2025-11-06")[0]
            .counted
            .len(),
        1
    );
    set(&mut attendance, 1, "2025-10-22", Pm, "I");
    assert_eq!(rows(&attendance, List::ReasonsOwed, "2025-11-06"), []);
}

#[test]
fn a_reason_that_is_due_after_the_last_known_term_says_so() {
    let mut attendance = register(1);
    set(&mut attendance, 1, "2027-07-21", Am, "N");
    let list = rows(&attendance, List::ReasonsOwed, "2027-09-30");
    assert_eq!((list[0].due, list[0].overdue), (Due::BeyondCalendar, false));
}

struct Dated(Date, SchoolRules, SchoolRules);

impl RulesInForce for Dated {
    fn on(&self, date: Date) -> &SchoolRules {
        if date < self.0 { &self.1 } else { &self.2 }
    }
}

#[test]
fn a_deadline_keeps_the_rules_of_the_day_that_it_began_on() {
    let mut attendance = register(1);
    set(&mut attendance, 1, "2025-09-08", Am, "N");
    set(&mut attendance, 1, "2025-09-10", Am, "N");
    let mut strict = rules();
    strict.reason_owed.school_days = 1;
    let dated = Dated(date("2025-09-09"), rules(), strict);
    let worklists = Worklists {
        attendance: &attendance,
        rules: &dated,
        at: AsOf::end_of(date("2025-09-10")),
        records: Records::default(),
    };
    let due: Vec<Due> = worklists
        .rows(List::ReasonsOwed)
        .iter()
        .map(|row| row.due)
        .collect();
    assert_eq!(due, [Due::By(date("2025-09-11")), Due::By(date("2025-09-15"))]);
}

#[test]
fn a_threshold_row_names_the_sessions_it_counted_and_goes_with_the_amendment() {
    let mut attendance = register(2);
    let days = [
        "2025-10-20",
        "2025-10-21",
        "2025-10-22",
        "2025-10-23",
        "2025-11-03",
    ];
    set_days(&mut attendance, 1, days, "G");
    set_days(&mut attendance, 2, days[..4].iter().copied(), "G");
    let list = rows(&attendance, List::Penalties, "2025-11-04");
    assert_eq!(numbers(&list), [1]);
    assert_eq!(list[0].since, date("2025-11-03"));
    let counted: Vec<String> = list[0]
        .counted
        .iter()
        .map(|one| format!("{} {} {}", one.cell.date, one.cell.session, one.outcome))
        .collect();
    assert_eq!(counted.len(), 10);
    assert_eq!(
        (counted[0].as_str(), counted[9].as_str()),
        ("2025-10-20 AM G", "2025-11-03 PM G")
    );
    set(&mut attendance, 1, "2025-10-20", Am, "C");
    assert_eq!(rows(&attendance, List::Penalties, "2025-11-04"), []);
    assert_eq!(
        attendance.outcome(&cell(1, "2025-10-21", Am)),
        outcome("G"),
        "its history stays"
    );
}

#[test]
fn the_absence_return_keeps_both_counters() {
    let mut attendance = register(2);
    let november: Vec<String> = (3..=14)
        .filter(|day| ![8, 9].contains(day))
        .map(|day| format!("2025-11-{day:02}"))
        .collect();
    // Pupil 1: ten days in a row, then back. Pupil 2: ten days, with one of school in between.
    set_days(&mut attendance, 1, november.iter().map(String::as_str), "O");
    set_days(&mut attendance, 1, ["2025-11-17"], "V");
    set_days(&mut attendance, 2, november.iter().map(String::as_str), "O");
    set_days(&mut attendance, 2, ["2025-11-05"], "V");
    set_days(&mut attendance, 2, ["2025-11-17"], "O");
    let list = rows(&attendance, List::AbsenceReturn, "2025-11-18");
    assert_eq!(numbers(&list), [1, 2], "what the rules name comes first");
    let counts: Vec<_> = list
        .iter()
        .map(|row| match row.why {
            Why::AbsenceReturn(counts) => (counts.in_a_row, counts.in_year, counts.by_the_rules),
            _ => panic!("{row:?}"),
        })
        .collect();
    assert_eq!(counts, [(10, 10, true), (8, 10, false)]);
    assert_eq!(list[0].since, date("2025-11-14"));
    assert_eq!(list[1].counted.len(), 20);
}

#[test]
fn fifteen_days_of_illness_count_in_a_row_or_not_within_the_school_year() {
    let mut attendance = register(1);
    let days: Vec<_> = attendance
        .calendar()
        .school_days()
        .iter()
        .map(|day| day.date.to_string())
        .step_by(3)
        .take(15)
        .collect();
    set_days(&mut attendance, 1, days[..14].iter().map(String::as_str), "I");
    let end = days[14].clone();
    assert_eq!(rows(&attendance, List::SicknessReturn, &end), []);
    set_days(&mut attendance, 1, [end.as_str()], "I");
    let list = rows(&attendance, List::SicknessReturn, &end);
    assert_eq!(list[0].since.to_string(), end);
    assert_eq!(list[0].counted.len(), 30);
    assert_eq!(
        rows(&attendance, List::SicknessReturn, "2026-09-10"),
        [],
        "a new school year begins at nothing"
    );
}

#[test]
fn persistent_absence_says_since_when_without_a_break() {
    let mut attendance = register(2);
    for number in [1, 2] {
        set_present(&mut attendance, number, "2025-09-03", "2025-09-30");
    }
    // 20 days, 40 sessions: four missed are 10 %.
    set_days(&mut attendance, 1, ["2025-09-03", "2025-09-29"], "I");
    set_days(&mut attendance, 2, ["2025-09-29", "2025-09-30"], "I");
    let list = rows(&attendance, List::Absent, "2025-09-30");
    assert_eq!(numbers(&list), [1, 2]);
    assert_eq!(list[0].since, date("2025-09-29"));
    assert_eq!(list[1].since, date("2025-09-30"));
    set(&mut attendance, 2, "2025-09-30", Pm, "\\");
    assert_eq!(numbers(&rows(&attendance, List::Absent, "2025-09-30")), [1]);
}

#[test]
fn lateness_counts_l_and_u_apart() {
    let mut attendance = register(2);
    for day in ["2025-09-08", "2025-09-09", "2025-09-10"] {
        set(&mut attendance, 1, day, Am, "L");
    }
    set(&mut attendance, 1, "2025-09-11", Am, "U");
    set(&mut attendance, 2, "2025-09-11", Am, "L");
    let list = rows(&attendance, List::Late { sessions_min: 1 }, "2025-09-11");
    assert_eq!(numbers(&list), [1, 2]);
    assert_eq!(
        list[0].why,
        Why::Late {
            late: 3,
            after_closing: 1
        }
    );
    assert_eq!(
        numbers(&rows(&attendance, List::Late { sessions_min: 2 }, "2025-09-11")),
        [1]
    );
}

#[test]
fn a_letter_is_due_once_its_ground_is_there_and_not_again_once_it_was_sent() {
    let mut attendance = register(1);
    set_present(&mut attendance, 1, "2025-09-03", "2025-09-30");
    set(&mut attendance, 1, "2025-09-29", Am, "I");
    set(&mut attendance, 1, "2025-09-29", Pm, "I");
    assert_eq!(
        rows(&attendance, List::Steps, "2025-09-30"),
        [],
        "38 of 40 sessions are exactly 95 %"
    );
    set(&mut attendance, 1, "2025-09-30", Pm, "O");
    let list = rows(&attendance, List::Steps, "2025-09-30");
    assert_eq!(
        list[0].why,
        Why::Step {
            name: "Letter 1".to_owned()
        }
    );
    let sent = |on: &str| {
        [StepTaken {
            pupil: PupilNumber(1),
            step: "Letter 1".to_owned(),
            on: date(on),
        }]
    };
    let due_after = |attendance: &Attendance, steps: &[StepTaken]| {
        let records = Records {
            steps,
            ..Records::default()
        };
        rows_with(attendance, List::Steps, "2025-09-30", records).len()
    };
    assert_eq!(due_after(&attendance, &sent("2025-09-30")), 0);
    assert_eq!(
        due_after(&attendance, &sent("2025-07-01")),
        1,
        "last year's letter"
    );
    set(&mut attendance, 1, "2025-09-30", Pm, "\\");
    assert_eq!(due_after(&attendance, &[]), 0);
}

#[test]
fn three_days_of_illness_in_a_row_are_a_step_and_a_second_time_is_another() {
    let mut attendance = register(1);
    set_days(
        &mut attendance,
        1,
        ["2025-09-08", "2025-09-09", "2025-09-10"],
        "I",
    );
    let named = |rows: &[Row]| {
        rows.iter()
            .filter(|row| matches!(&row.why, Why::Step { name } if name == "Medical evidence"))
            .count()
    };
    let steps = [StepTaken {
        pupil: PupilNumber(1),
        step: "Medical evidence".to_owned(),
        on: date("2025-09-10"),
    }];
    let records = Records {
        steps: &steps,
        ..Records::default()
    };
    assert_eq!(named(&rows(&attendance, List::Steps, "2025-09-10")), 1);
    assert_eq!(
        named(&rows_with(&attendance, List::Steps, "2025-09-10", records)),
        0
    );
    set_days(&mut attendance, 1, ["2025-09-11"], "V");
    set_days(
        &mut attendance,
        1,
        ["2025-09-15", "2025-09-16", "2025-09-17"],
        "I",
    );
    assert_eq!(
        named(&rows_with(&attendance, List::Steps, "2025-09-17", records)),
        1
    );
}

#[test]
fn late_and_missed_sessions_and_weeks_are_grounds_of_steps_too() {
    let mut attendance = register(1);
    let days: Vec<_> = attendance
        .calendar()
        .school_days()
        .iter()
        .map(|day| day.date.to_string())
        .take(10)
        .collect();
    for day in &days {
        set(&mut attendance, 1, day, Am, "U");
    }
    let rules_with = |when: StepWhen| {
        let mut rules = rules();
        rules.steps[0].when = when;
        rules.steps.truncate(1);
        rules
    };
    let due = |when: StepWhen| {
        let rules = rules_with(when);
        let worklists = Worklists {
            attendance: &attendance,
            rules: &rules,
            at: AsOf::end_of(date(&days[9])),
            records: Records::default(),
        };
        let list = worklists.rows(List::Steps);
        list.first().map(|row| (row.since.to_string(), row.counted.len()))
    };
    let (sessions, codes) = (6, codes("U"));
    assert_eq!(
        due(StepWhen::LateSessions {
            sessions,
            codes: codes.clone()
        }),
        Some((days[5].clone(), 10))
    );
    assert_eq!(
        due(StepWhen::MissedSessions {
            sessions: 11,
            codes: codes.clone()
        }),
        None
    );
    assert_eq!(due(StepWhen::Weeks(penalty())), Some((days[9].clone(), 10)));
    // Ten mornings missed of ten marked: not a pupil who otherwise attends.
    let while_attending = |at_least| StepWhen::WeeksWhileAttending {
        threshold: penalty(),
        at_least: share(at_least),
        in_school_weeks: 12,
    };
    assert_eq!(due(while_attending(1)), None);
    assert_eq!(due(while_attending(0)), Some((days[9].clone(), 10)));
}

#[test]
fn the_band_is_the_highest_that_is_reached_and_the_target_is_met_at_exactly_its_share() {
    let mut attendance = register(1);
    set_present(&mut attendance, 1, "2025-09-03", "2025-09-30");
    let figures = |attendance: &Attendance| {
        let mut rules = rules();
        rules.target = Some(share(900));
        let worklists = Worklists {
            attendance,
            rules: &rules,
            at: AsOf::end_of(date("2025-09-30")),
            records: Records::default(),
        };
        let band = worklists.band(PupilNumber(1)).map(|band| band.name.clone());
        (band, worklists.meets_target(PupilNumber(1)))
    };
    let named = |name: &str| Some(name.to_owned());
    assert_eq!(figures(&attendance), (named("Excellent"), Some(true)));
    set_days(&mut attendance, 1, ["2025-09-29", "2025-09-30"], "I");
    assert_eq!(
        figures(&attendance),
        (named("A concern"), Some(true)),
        "exactly 90 %"
    );
    set_days(&mut attendance, 1, ["2025-09-26"], "I");
    assert_eq!(figures(&attendance), (None, Some(false)));
    assert_eq!(figures(&register(1)), (None, None), "nothing was possible yet");
}

#[test]
fn a_pupil_who_has_left_is_on_no_list_but_that_of_reasons_owed() {
    let mut attendance = register(1);
    set_days(
        &mut attendance,
        1,
        [
            "2025-09-08",
            "2025-09-09",
            "2025-09-10",
            "2025-09-11",
            "2025-09-12",
        ],
        "N",
    );
    let listed = |attendance: &Attendance, list| !rows(attendance, list, "2025-09-15").is_empty();
    let lists = [List::WelfareChecks, List::Penalties, List::Absent, List::Steps];
    assert!(
        lists.into_iter().all(|list| listed(&attendance, list)) && listed(&attendance, List::ReasonsOwed)
    );
    let mut gone = enrolled(1);
    gone.leave = Some(date("2025-09-12"));
    attendance.enrol(gone);
    assert!(!lists.into_iter().any(|list| listed(&attendance, list)));
    assert!(listed(&attendance, List::ReasonsOwed));
}

#[test]
fn the_words_of_an_attempt_are_written_as_they_are_read() {
    for how in How::ALL {
        assert_eq!(how.to_string().parse(), Ok(how));
    }
    for result in AttemptResult::ALL {
        assert_eq!(result.to_string().parse(), Ok(result));
    }
    let error = "fax".parse::<How>().unwrap_err().to_string();
    assert!(
        error.contains("\"fax\"") && error.contains("emergency-contact"),
        "{error}"
    );
}

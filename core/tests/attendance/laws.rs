//! Every counter against the naive recount, over random calendars, rolls, marks, amendments and orders.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use daymark_core::attendance::worklists::{AsOf, List, Records, Worklists};
use daymark_core::attendance::{Ages, Attendance, Enrolled, Group, Outcome, Tally};
use daymark_core::calendar::{Calendar, DaysOff, HalfDay, Off, Parts, Span, Term};
use daymark_core::ids::PupilNumber;
use daymark_core::rules::terms::{Counting, DayNeeds, DaysTrigger, PenaltyThreshold};
use daymark_core::session::{Cell, Date, Session};
use proptest::prelude::*;

use super::naive::Naive;
use super::school::{codes, date, enrolled, outcome, rules};

const PUPILS: u64 = 3;
/// The days over which marks are strewn: two years, weekends and holidays included.
const DAYS: u16 = 700;
const OUTCOMES: [&str; 16] = [
    "/", "\\", "L", "U", "N", "O", "G", "I", "V", "Y4", "D", "#", "C", "M", "-", "?",
];

fn first_day() -> Date {
    date("2025-09-01")
}

fn on(offset: u16) -> Date {
    first_day().plus(offset).expect("a date")
}

#[derive(Debug, Clone)]
struct Case {
    parts: Parts,
    roster: Vec<Enrolled>,
    sets: Vec<(Cell, Outcome)>,
    today: Date,
}

fn any_parts() -> impl Strategy<Value = Parts> {
    let gaps = prop::collection::vec((1_u16..60, 1_u16..45), 4..12);
    let off = prop::collection::btree_map(0_u16..DAYS, 0_u16..6, 0..8);
    let halves = prop::collection::btree_map(0_u16..DAYS, any::<bool>(), 0..60);
    (gaps, off, halves).prop_map(|(gaps, off, halves)| {
        let mut terms = Vec::new();
        let mut at = 0;
        for (length, gap) in gaps {
            let (first, last) = (on(at), on(at + length + 4));
            terms.push(Term {
                name: format!("Term from {first}"),
                first,
                last,
            });
            at += length + 4 + gap;
        }
        let parts = Parts {
            terms,
            ..Parts::default()
        };
        let plain = Calendar::new(parts.clone()).expect("terms alone");
        let is_school = |date: Date| plain.sessions_on(date).next().is_some();
        let mut taken = BTreeSet::new();
        let off = off
            .into_iter()
            .filter(|(first, length)| {
                is_school(on(*first))
                    && is_school(on(first + length))
                    && (*first..=first + length).all(|day| taken.insert(day))
            })
            .map(|(first, length)| DaysOff {
                name: "Closed".to_owned(),
                kind: if length == 0 { Off::Inset } else { Off::Closure },
                first: on(first),
                last: on(first + length),
            })
            .collect();
        let half_days = halves
            .into_iter()
            .filter(|(day, _)| is_school(on(*day)) && !taken.contains(day))
            .map(|(day, is_morning)| HalfDay {
                date: on(day),
                session: if is_morning { Session::Am } else { Session::Pm },
            })
            .collect();
        Parts {
            off,
            half_days,
            ..parts
        }
    })
}

fn any_pupil(number: u64) -> impl Strategy<Value = Enrolled> {
    let born = prop::option::weighted(
        0.8,
        prop_oneof![
            // Around the fifth and the sixteenth birthday, and well between.
            date("2020-06-01").days()..date("2022-06-01").days(),
            date("2009-08-01").days()..date("2011-03-01").days(),
            Just(date("2016-11-03").days()),
        ],
    );
    let roll = (
        prop::option::weighted(0.3, 0_u16..DAYS),
        prop::option::weighted(0.3, 0_u16..DAYS),
    );
    (born, roll).prop_map(move |(born, (start, leave))| Enrolled {
        born: born.map(Date::from_days),
        start: start.map(on),
        leave: leave.map(on),
        ..enrolled(number)
    })
}

/// One mark, or the same mark on days in a row: absences come in runs.
fn any_sets() -> impl Strategy<Value = Vec<(Cell, Outcome)>> {
    let one = (
        1..=PUPILS,
        0..DAYS,
        1_u16..16,
        0_usize..OUTCOMES.len(),
        0_usize..3,
    );
    prop::collection::vec(one, 0..60).prop_map(|runs| {
        let mut sets = Vec::new();
        for (pupil, start, length, text, which) in runs {
            for day in start..(start + length).min(DAYS) {
                for (at, session) in Session::ALL.into_iter().enumerate() {
                    if which == 2 || which == at {
                        let cell = Cell {
                            date: on(day),
                            session,
                            pupil: PupilNumber(pupil),
                        };
                        sets.push((cell, outcome(OUTCOMES[text])));
                    }
                }
            }
        }
        sets
    })
}

fn any_case() -> impl Strategy<Value = Case> {
    let roster = (1..=PUPILS).map(any_pupil).collect::<Vec<_>>();
    (any_parts(), roster, any_sets(), 0_u16..DAYS + 30).prop_map(|(parts, roster, sets, today)| Case {
        parts,
        roster,
        sets,
        today: on(today),
    })
}

fn any_trigger() -> impl Strategy<Value = DaysTrigger> {
    let counting = prop_oneof![Just(Counting::Consecutive), Just(Counting::Cumulative)];
    let day = prop_oneof![Just(DayNeeds::AnySession), Just(DayNeeds::EverySession)];
    let text = prop_oneof![Just("G N O U"), Just("I"), Just("O"), Just("N Y4 I C")];
    (1_u16..8, counting, day, text).prop_map(|(school_days, counting, day, text)| DaysTrigger {
        school_days,
        counting,
        day,
        codes: codes(text),
    })
}

fn shuffled<T>(mut items: Vec<T>, seed: u64) -> Vec<T> {
    let mut state = seed | 1;
    for at in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        items.swap(
            at,
            usize::try_from((state >> 33) % (at as u64 + 1)).expect("small"),
        );
    }
    items
}

fn final_cells(sets: &[(Cell, Outcome)]) -> BTreeMap<Cell, Outcome> {
    sets.iter().copied().collect()
}

fn build(case: &Case) -> (Attendance, BTreeMap<Cell, Outcome>) {
    let calendar = Arc::new(Calendar::new(case.parts.clone()).expect("a calendar"));
    let attendance = Attendance::of(calendar, case.roster.clone(), case.sets.clone());
    (attendance, final_cells(&case.sets))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_same_cells_give_the_same_register_in_any_order(case in any_case(), seed in any::<u64>()) {
        let (attendance, cells) = build(&case);
        let calendar = attendance.calendar().clone();
        let again = Attendance::of(
            calendar.clone(),
            shuffled(case.roster.clone(), seed),
            shuffled(cells.into_iter().collect(), seed),
        );
        prop_assert_eq!(&attendance, &again);
        // Also when the roster comes after the marks, and when the register is read back.
        let mut late = Attendance::of(calendar.clone(), [], attendance.cells());
        for pupil in shuffled(case.roster.clone(), seed) {
            late.enrol(pupil);
        }
        prop_assert_eq!(&attendance, &late);
        prop_assert_eq!(&attendance, &attendance.with_calendar(calendar));
        // And when a pupil was thought to be in another class, year and time on roll for a while.
        let mut moved = attendance.clone();
        for pupil in &case.roster {
            let elsewhere = Enrolled {
                class: "5A".parse().expect("a class"),
                year: "5".to_owned(),
                start: Some(case.today),
                leave: None,
                ..pupil.clone()
            };
            moved.enrol(elsewhere);
            moved.enrol(pupil.clone());
        }
        prop_assert_eq!(&attendance, &moved);
    }

    #[test]
    fn tallies_and_sessions_are_those_of_a_recount(case in any_case(), from in 0_u16..DAYS, wanted in any_trigger()) {
        let (attendance, cells) = build(&case);
        let naive = Naive { calendar: attendance.calendar(), roster: &case.roster, cells: &cells };
        let spans = [
            attendance.calendar().year_to(case.today),
            Span { first: on(from), last: case.today },
            Span { first: case.today, last: on(from) },
        ];
        for span in spans {
            let mut school = Tally::default();
            for pupil in (1..=PUPILS).map(PupilNumber) {
                let tally = attendance.tally(pupil, span);
                prop_assert_eq!(tally, naive.tally(pupil, span));
                school = school + tally;
                let sessions: Vec<Cell> = attendance
                    .sessions(pupil, &wanted.codes, span)
                    .iter()
                    .map(|counted| counted.cell)
                    .collect();
                prop_assert_eq!(&sessions, &naive.sessions(pupil, &wanted.codes, span));
                prop_assert_eq!(attendance.count(pupil, &wanted.codes, span) as usize, sessions.len());
                let running = attendance.running_tally(pupil, span);
                prop_assert_eq!(running.last().map_or_else(Default::default, |(_, last)| *last), tally);
                prop_assert_eq!(attendance.missed(pupil, span).len(), tally.missed() as usize);
            }
            let class = enrolled(1).class;
            for group in [Group::School, Group::Class(class), Group::Year("4".to_owned())] {
                prop_assert_eq!(attendance.tally_of(&group, span), school);
            }
        }
    }

    #[test]
    fn days_in_a_row_and_of_the_year_are_those_of_a_recount(case in any_case(), trigger in any_trigger()) {
        let (attendance, cells) = build(&case);
        let naive = Naive { calendar: attendance.calendar(), roster: &case.roster, cells: &cells };
        for pupil in (1..=PUPILS).map(PupilNumber) {
            for (ages, by_age) in [(Ages::Any, false), (Ages::Compulsory, true)] {
                let counted = attendance.days(pupil, &trigger, case.today, ages);
                prop_assert_eq!(counted, naive.days(pupil, &trigger, case.today, by_age));
            }
        }
    }

    #[test]
    fn rolling_school_weeks_are_those_of_a_recount(
        case in any_case(),
        sessions in 1_u16..12,
        school_weeks in 1_u16..12,
    ) {
        let (attendance, cells) = build(&case);
        let naive = Naive { calendar: attendance.calendar(), roster: &case.roster, cells: &cells };
        let threshold = PenaltyThreshold { sessions, school_weeks, codes: codes("G N O U") };
        for pupil in (1..=PUPILS).map(PupilNumber) {
            let met = attendance.weeks_met(pupil, &threshold, case.today, Ages::Compulsory);
            let expected = naive.weeks_met(pupil, &threshold, case.today);
            prop_assert_eq!(met.as_ref().map(|met| (met.first_week, met.last_week, met.sessions)), expected);
            if let Some(met) = met {
                let counted = attendance.sessions_of_weeks(pupil, &threshold.codes, &met);
                prop_assert_eq!(counted.len(), met.sessions as usize);
            }
        }
    }

    #[test]
    fn every_row_rests_on_sessions_that_stand_so_and_goes_when_they_are_amended(case in any_case()) {
        let (mut attendance, _) = build(&case);
        let rules = rules();
        let lists = [
            List::ReasonsOwed,
            List::WelfareChecks,
            List::Penalties,
            List::AbsenceReturn,
            List::SicknessReturn,
            List::Absent,
            List::Late { sessions_min: 1 },
            List::Steps,
        ];
        let rows_of = |attendance: &Attendance, list| {
            let worklists = Worklists {
                attendance,
                rules: &rules,
                at: AsOf::end_of(case.today),
                records: Records::default(),
            };
            worklists.rows(list)
        };
        for list in lists {
            for row in rows_of(&attendance, list) {
                prop_assert!(!row.counted.is_empty(), "{row:?}");
                for counted in &row.counted {
                    prop_assert_eq!(attendance.outcome(&counted.cell), counted.outcome);
                    prop_assert!(counted.cell.date <= case.today && counted.cell.pupil == row.pupil);
                }
            }
        }
        // Every mark of an absence or lateness is amended to V: nothing is left to do.
        for (cell, _) in attendance.cells().collect::<Vec<_>>() {
            attendance.set(cell, outcome("V"));
        }
        for list in lists {
            prop_assert_eq!(rows_of(&attendance, list), []);
        }
    }
}

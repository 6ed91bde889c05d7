//! What counting costs: a year's register from nothing, every worklist, and one mark with all that follows from it.
//!
//! `cargo run --release -p daymark-core --example worklists`
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "an example that measures and prints"
)]

#[path = "../tests/attendance/school.rs"]
mod school;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use daymark_core::attendance::worklists::{AsOf, List, Records, Worklists};
use daymark_core::attendance::{Ages, Attendance, Group, Outcome};
use daymark_core::calendar::Calendar;
use daymark_core::ids::PupilNumber;
use daymark_core::rules::terms::SchoolRules;
use daymark_core::session::{Cell, Date, Session};

const PUPILS: u64 = 420;
const LISTS: [List; 10] = [
    List::Unaccounted(Session::Am),
    List::ReasonsOwed,
    List::WelfareChecks,
    List::Visits,
    List::Penalties,
    List::AbsenceReturn,
    List::SicknessReturn,
    List::Absent,
    List::Late { sessions_min: 1 },
    List::Steps,
];

/// A few in a hundred sessions are absences, in runs, as in a school.
fn cells(calendar: &Calendar) -> Vec<(Cell, Outcome)> {
    let mut state = 7_u64;
    let mut roll = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let absences = ["I", "I", "I", "N", "O", "G", "M", "L", "U", "V"];
    let year = calendar.school_year(calendar.first_day());
    let mut cells = Vec::new();
    for pupil in (1..=PUPILS).map(PupilNumber) {
        let mut away: Option<(u64, Outcome)> = None;
        for day in calendar.school_days().iter().filter(|day| day.year == year) {
            away = match away {
                Some((left, why)) if left > 1 => Some((left - 1, why)),
                _ if roll() % 30 == 0 => {
                    let why = absences[usize::try_from(roll() % 10).expect("small")];
                    Some((1 + roll() % 4, school::outcome(why)))
                }
                _ => None,
            };
            for session in calendar.sessions_on(day.date) {
                let present = if session == Session::Am { "/" } else { "\\" };
                let outcome = away.map_or_else(|| school::outcome(present), |(_, why)| why);
                let date = day.date;
                cells.push((Cell { date, session, pupil }, outcome));
            }
        }
    }
    cells
}

fn worklists<'a>(attendance: &'a Attendance, rules: &'a SchoolRules, today: Date) -> Worklists<'a> {
    Worklists {
        attendance,
        rules,
        at: AsOf::end_of(today),
        records: Records::default(),
    }
}

/// Every counter of one pupil, and the sums of the class, the year and the school.
fn every_figure(attendance: &Attendance, rules: &SchoolRules, pupil: PupilNumber, today: Date) {
    let year = attendance.calendar().year_to(today);
    black_box(attendance.tally(pupil, year));
    for trigger in rules.absence_return.iter().chain(&rules.sickness_return) {
        black_box(attendance.days(pupil, trigger, today, Ages::Compulsory));
    }
    black_box(attendance.weeks_met(pupil, &rules.penalty, today, Ages::Compulsory));
    black_box(worklists(attendance, rules, today).band(pupil));
    let enrolled = attendance.pupil(pupil).expect("a pupil");
    for group in [
        Group::Class(enrolled.class.clone()),
        Group::Year(enrolled.year.clone()),
        Group::School,
    ] {
        black_box(attendance.tally_of(&group, year));
    }
}

fn microseconds(rounds: u32, mut work: impl FnMut(u32)) -> f64 {
    let started = Instant::now();
    (0..rounds).for_each(&mut work);
    started.elapsed().as_secs_f64() * 1e6 / f64::from(rounds)
}

fn main() {
    let calendar = school::calendar();
    let rules = school::rules();
    let today = school::date("2026-07-21");
    let cells = cells(&calendar);
    let rebuild = |calendar: &Arc<Calendar>| {
        let roster = (1..=PUPILS).map(school::enrolled);
        Attendance::of(Arc::clone(calendar), roster, cells.iter().copied())
    };

    let built = microseconds(10, |_| {
        black_box(rebuild(&calendar));
    });
    println!(
        "{PUPILS} pupils, {} cells from nothing: {:.1} ms",
        cells.len(),
        built / 1e3
    );
    let mut attendance = rebuild(&calendar);
    let all = microseconds(10, |_| {
        for list in LISTS {
            black_box(worklists(&attendance, &rules, today).rows(list));
        }
    });
    println!("every worklist of the school: {:.1} ms", all / 1e3);
    for list in LISTS {
        let rows = worklists(&attendance, &rules, today).rows(list).len();
        let cost = microseconds(10, |_| {
            black_box(worklists(&attendance, &rules, today).rows(list));
        });
        println!("  {list:?}: {rows} rows, {:.2} ms", cost / 1e3);
    }

    let change = |round: u32| {
        // Each mark is amended and then put back, so that the school stays as it was.
        let at = usize::try_from(round / 2).expect("small") * 7919 % cells.len();
        let (cell, before) = cells[at];
        let amended = school::outcome("N");
        (cell, if round.is_multiple_of(2) { amended } else { before })
    };
    let bare = microseconds(100_000, |round| {
        let (cell, outcome) = change(round);
        attendance.set(cell, outcome);
    });
    println!("one mark anywhere in the year: {bare:.2} microseconds");
    let figures = microseconds(10_000, |round| {
        let (cell, outcome) = change(round);
        attendance.set(cell, outcome);
        every_figure(&attendance, &rules, cell.pupil, today);
    });
    println!(
        "  with every counter of the pupil, the class, the year and the school: {figures:.1} microseconds"
    );
    let rows = microseconds(10_000, |round| {
        let (cell, outcome) = change(round);
        attendance.set(cell, outcome);
        for list in LISTS {
            black_box(worklists(&attendance, &rules, today).rows_of(list, cell.pupil));
        }
    });
    println!("  with every worklist row of the pupil: {rows:.1} microseconds");
}

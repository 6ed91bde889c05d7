//! Counters, by cases that can be checked by hand.

use daymark_core::attendance::{Absence, Ages, Attendance, Group, Outcome, Tally};
use daymark_core::calendar::Span;
use daymark_core::ids::PupilNumber;
use daymark_core::rules::terms::{Counting, DayNeeds};
use daymark_core::session::Session::{Am, Pm};

use super::school::*;

const ONE: PupilNumber = PupilNumber(1);

fn span(first: &str, last: &str) -> Span {
    Span {
        first: date(first),
        last: date(last),
    }
}

#[test]
fn codes_that_make_no_possible_session_leave_the_denominator() {
    let mut attendance = register(1);
    for (day, am, pm) in [
        ("2025-09-08", "/", "\\"),
        ("2025-09-09", "L", "I"),
        ("2025-09-10", "U", "N"),
        ("2025-09-11", "D", "Y4"),
        ("2025-09-12", "X", "#"),
        ("2025-09-15", "?", "-"),
    ] {
        set(&mut attendance, 1, day, Am, am);
        set(&mut attendance, 1, day, Pm, pm);
    }
    let tally = attendance.tally(ONE, span("2025-09-01", "2026-07-31"));
    assert_eq!(
        tally,
        Tally {
            attended: 3,
            authorised: 1,
            unauthorised: 2
        }
    );
    assert_eq!((tally.possible(), tally.missed()), (6, 3));
}

#[test]
fn an_amendment_of_an_old_cell_moves_every_figure_and_nothing_else() {
    let mut attendance = register(1);
    set_present(&mut attendance, 1, "2025-09-03", "2025-10-24");
    let before = attendance.clone();
    let year = span("2025-09-01", "2025-10-24");
    let was = attendance.set(cell(1, "2025-09-10", Am), outcome("N"));
    assert_eq!(was, outcome("/"));
    assert_eq!(attendance.tally(ONE, year).unauthorised, 1);
    assert_eq!(attendance.set(cell(1, "2025-09-10", Am), was), outcome("N"));
    assert_eq!(attendance, before);
}

#[test]
fn exactly_ten_percent_of_a_whole_year_is_persistent_absence() {
    let mut attendance = register(1);
    set_present(&mut attendance, 1, "2025-09-03", "2026-07-21");
    let year = span("2025-09-03", "2026-07-21");
    let possible = attendance.tally(ONE, year).possible();
    assert_eq!(
        possible % 10,
        5,
        "the year of the tests has {possible} sessions, so five are taken out"
    );
    for (day, session) in [
        ("2026-07-20", Am),
        ("2026-07-20", Pm),
        ("2026-07-17", Am),
        ("2026-07-17", Pm),
        ("2026-07-16", Am),
    ] {
        set(&mut attendance, 1, day, session, "Y2");
    }
    let possible = attendance.tally(ONE, year).possible();
    let days: Vec<_> = attendance
        .calendar()
        .school_days()
        .iter()
        .map(|day| day.date.to_string())
        .collect();
    let shares = rules().absence;
    let mut missed = 0;
    for day in days.iter().take(100) {
        for session in [Am, Pm] {
            if missed < possible / 10 {
                assert_eq!(attendance.tally(ONE, year).absence(&shares), Absence::Neither);
                set(&mut attendance, 1, day, session, "I");
                missed += 1;
            }
        }
    }
    let tally = attendance.tally(ONE, year);
    assert_eq!(tally.missed() * 10, tally.possible());
    assert_eq!(tally.absence(&shares), Absence::Persistent);
}

#[test]
fn a_pupil_is_counted_from_the_first_day_on_roll_to_the_last() {
    let mut attendance = register(1);
    set_present(&mut attendance, 1, "2025-09-03", "2025-09-12");
    let year = span("2025-09-01", "2026-07-21");
    assert_eq!(attendance.tally(ONE, year).possible(), 16);
    let mut late = enrolled(1);
    late.start = Some(date("2025-09-08"));
    late.leave = Some(date("2025-09-10"));
    attendance.enrol(late);
    assert_eq!(attendance.tally(ONE, year).possible(), 6);
    assert!(!attendance.is_due(&cell(1, "2025-09-05", Am)) && attendance.is_due(&cell(1, "2025-09-10", Pm)));
    attendance.enrol(enrolled(1));
    assert_eq!(attendance.tally(ONE, year).possible(), 16, "the marks were kept");
}

#[test]
fn sums_are_made_by_class_year_and_school() {
    let mut attendance = register(3);
    let mut other = enrolled(3);
    other.class = "5A".parse().expect("a class");
    other.year = "5".to_owned();
    attendance.enrol(other);
    for number in 1..=3 {
        set_days(&mut attendance, number, ["2025-09-08"], "V");
    }
    set(&mut attendance, 3, "2025-09-08", Pm, "O");
    let day = span("2025-09-08", "2025-09-08");
    let of = |group: &Group| {
        let tally = attendance.tally_of(group, day);
        (tally.attended, tally.unauthorised)
    };
    assert_eq!(of(&Group::School), (5, 1));
    assert_eq!(of(&Group::Class("4B".parse().expect("a class"))), (4, 0));
    assert_eq!(of(&Group::Year("5".to_owned())), (1, 1));
    assert_eq!(of(&Group::Year("6".to_owned())), (0, 0));
}

#[test]
fn marks_of_sessions_that_are_not_held_are_kept_and_count_nothing() {
    let mut attendance = register(1);
    // An INSET day, a Saturday, the half-term, and the afternoon of a half day.
    for (day, session) in [
        ("2025-09-02", Am),
        ("2025-09-06", Am),
        ("2025-10-28", Pm),
        ("2026-07-21", Pm),
    ] {
        set(&mut attendance, 1, day, session, "V");
        assert_eq!(attendance.outcome(&cell(1, day, session)), outcome("V"));
    }
    assert_eq!(attendance.outside().count(), 4);
    assert_eq!(
        attendance.tally(ONE, span("2025-09-01", "2026-08-31")),
        Tally::default()
    );
    set(&mut attendance, 1, "2025-09-06", Am, "-");
    assert_eq!(attendance.outside().count(), 3);
    assert_eq!(attendance.cells().count(), 3);
}

#[test]
fn marks_of_a_pupil_whom_the_roster_does_not_have_wait_for_it() {
    let mut attendance = register(1);
    let empty = attendance.clone();
    set(&mut attendance, 2, "2025-09-08", Am, "/");
    assert_eq!(
        attendance.tally(PupilNumber(2), span("2025-09-08", "2025-09-08")),
        Tally::default()
    );
    let mut known = attendance.clone();
    known.enrol(enrolled(2));
    assert_eq!(
        known
            .tally(PupilNumber(2), span("2025-09-08", "2025-09-08"))
            .attended,
        1
    );
    set(&mut attendance, 2, "2025-09-08", Am, "-");
    assert_eq!(attendance, empty);
}

#[test]
fn ten_sessions_in_ten_school_weeks_are_counted_over_a_holiday() {
    let mut attendance = register(1);
    // Two weeks before the half-term and, with it passed over, the eight after: 13 October to 12 December.
    set_days(&mut attendance, 1, ["2025-10-13", "2025-10-14"], "O");
    set_days(
        &mut attendance,
        1,
        ["2025-11-03", "2025-12-01", "2025-12-08"],
        "G",
    );
    let met = |attendance: &Attendance, today: &str| {
        attendance.weeks_met(ONE, &penalty(), date(today), Ages::Compulsory)
    };
    assert_eq!(met(&attendance, "2025-12-07"), None, "eight sessions by then");
    let weeks = met(&attendance, "2025-12-10").expect("ten sessions");
    assert_eq!(
        (weeks.first_week, weeks.last_week, weeks.sessions, weeks.is_now),
        (date("2025-09-29"), date("2025-12-08"), 10, true)
    );
    // 13 October is the third of these weeks; ten weeks that end with that of 15 December begin on 6 October, and
    // those that end with that of 5 January on 13 October. A week later it is no longer within.
    assert!(met(&attendance, "2026-01-06").expect("still").is_now);
    let rolled_off = met(&attendance, "2026-01-13").expect("listed on");
    assert_eq!(
        (rolled_off.is_now, rolled_off.last_week),
        (false, date("2026-01-05"))
    );
    // Ten school weeks later nobody is reminded any more.
    assert!(met(&attendance, "2026-03-23").is_some());
    assert_eq!(met(&attendance, "2026-04-13"), None);
    // An amendment takes its ground away at once.
    set(&mut attendance, 1, "2025-11-03", Pm, "I");
    assert_eq!(met(&attendance, "2025-12-10"), None);
}

#[test]
fn school_weeks_go_on_over_the_summer() {
    let mut attendance = register(1);
    set_days(
        &mut attendance,
        1,
        ["2026-07-13", "2026-07-14", "2026-07-15"],
        "G",
    );
    set_days(&mut attendance, 1, ["2026-09-03", "2026-09-04"], "U");
    let met = attendance
        .weeks_met(ONE, &penalty(), date("2026-09-04"), Ages::Compulsory)
        .expect("ten sessions");
    assert_eq!(met.last_week, date("2026-08-31"));
    assert_eq!(met.sessions, 10);
}

#[test]
fn sessions_before_compulsory_school_age_count_for_no_notice() {
    let mut attendance = register(1);
    let mut young = enrolled(1);
    young.born = Some(date("2020-10-15"));
    attendance.enrol(young);
    // Five on 15 October 2025, so of compulsory school age from 31 December.
    set_days(
        &mut attendance,
        1,
        [
            "2025-12-15",
            "2025-12-16",
            "2025-12-17",
            "2025-12-18",
            "2025-12-19",
        ],
        "G",
    );
    let met = |attendance: &Attendance, ages| {
        attendance
            .weeks_met(ONE, &penalty(), date("2026-01-09"), ages)
            .is_some()
    };
    assert!(!met(&attendance, Ages::Compulsory) && met(&attendance, Ages::Any));
    set_days(
        &mut attendance,
        1,
        [
            "2026-01-05",
            "2026-01-06",
            "2026-01-07",
            "2026-01-08",
            "2026-01-09",
        ],
        "G",
    );
    assert!(met(&attendance, Ages::Compulsory));
    let mut unknown = enrolled(1);
    unknown.born = None;
    attendance.enrol(unknown);
    assert!(
        met(&attendance, Ages::Compulsory),
        "a gap in the list hides nobody"
    );
}

fn run(attendance: &Attendance, day: DayNeeds, today: &str) -> (usize, usize, usize) {
    let trigger = trigger(3, Counting::Consecutive, day, "G N O U");
    let counted = attendance.days(ONE, &trigger, date(today), Ages::Any);
    (
        counted.current.len(),
        counted.longest.len(),
        counted.in_year.len(),
    )
}

#[test]
fn a_run_of_school_days_goes_on_over_weekends_and_holidays_and_ends_when_the_pupil_is_there() {
    let mut attendance = register(1);
    set_days(
        &mut attendance,
        1,
        ["2025-10-23", "2025-10-24", "2025-11-03"],
        "O",
    );
    let every = DayNeeds::EverySession;
    assert_eq!(run(&attendance, every, "2025-11-03"), (3, 3, 3));
    assert_eq!(
        run(&attendance, every, "2025-11-05"),
        (3, 3, 3),
        "nothing is marked yet, so nothing ends it"
    );
    set(&mut attendance, 1, "2025-11-04", Am, "/");
    assert_eq!(run(&attendance, every, "2025-11-05"), (0, 3, 3));
    set(&mut attendance, 1, "2025-11-04", Am, "-");
    set_days(&mut attendance, 1, ["2025-11-05"], "N");
    assert_eq!(
        run(&attendance, every, "2025-11-05"),
        (4, 4, 4),
        "a day without a mark says nothing"
    );
}

#[test]
fn a_day_on_which_the_site_was_closed_neither_counts_nor_ends_a_run() {
    let mut attendance = register(1);
    set_days(&mut attendance, 1, ["2026-01-06", "2026-01-08"], "O");
    set_days(&mut attendance, 1, ["2026-01-07"], "Y4");
    assert_eq!(run(&attendance, DayNeeds::EverySession, "2026-01-08"), (2, 2, 2));
    set_days(&mut attendance, 1, ["2026-01-07"], "I");
    assert_eq!(run(&attendance, DayNeeds::EverySession, "2026-01-08"), (1, 1, 2));
}

#[test]
fn a_half_absent_day_counts_where_either_session_is_enough_and_else_ends_a_run() {
    let mut attendance = register(1);
    set_days(&mut attendance, 1, ["2026-01-06", "2026-01-08"], "O");
    set(&mut attendance, 1, "2026-01-07", Am, "O");
    set(&mut attendance, 1, "2026-01-07", Pm, "\\");
    assert_eq!(run(&attendance, DayNeeds::AnySession, "2026-01-08"), (3, 3, 3));
    assert_eq!(run(&attendance, DayNeeds::EverySession, "2026-01-08"), (1, 1, 2));
    // A day with one session needs only that one.
    set_days(&mut attendance, 1, ["2026-07-17"], "V");
    set_days(&mut attendance, 1, ["2026-07-20", "2026-07-21"], "O");
    assert_eq!(run(&attendance, DayNeeds::EverySession, "2026-07-21"), (2, 2, 4));
}

#[test]
fn a_run_crosses_the_summer_and_the_days_of_the_year_do_not() {
    let mut attendance = register(1);
    set_days(&mut attendance, 1, ["2026-07-17", "2026-07-20"], "O");
    set(&mut attendance, 1, "2026-07-21", Am, "O");
    set_days(&mut attendance, 1, ["2026-09-03"], "O");
    assert_eq!(run(&attendance, DayNeeds::EverySession, "2026-08-20"), (3, 3, 3));
    assert_eq!(run(&attendance, DayNeeds::EverySession, "2026-09-03"), (4, 4, 1));
}

#[test]
fn an_outcome_is_what_the_fold_of_the_cell_says() {
    use daymark_core::fold::{Dispute, Rule, Standing};
    for (standing, expected) in [
        (Standing::Blank, "-"),
        (Standing::Recorded { code: code("I") }, "I"),
        (Standing::Agreed { code: code("V") }, "V"),
        (
            Standing::Settled {
                code: code("L"),
                rule: Rule::R1,
            },
            "L",
        ),
        (
            Standing::Disputed {
                why: Dispute::TwoPlaces,
            },
            "?",
        ),
    ] {
        assert_eq!(Outcome::from(&standing), outcome(expected));
    }
}

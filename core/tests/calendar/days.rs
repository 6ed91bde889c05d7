//! School days, weeks and years.

use daymark_core::calendar::{
    Calendar, DayKind, DaysOff, HalfDay, Held, Off, Part, PartProblem, Parts, SchoolYear, Span, Term,
};
use daymark_core::session::{Date, Session};
use proptest::prelude::*;

use super::school::{calendar, date};

fn term(name: &str, first: &str, last: &str) -> Term {
    Term {
        name: name.to_owned(),
        first: date(first),
        last: date(last),
    }
}

#[test]
fn a_date_is_a_school_day_a_day_off_a_weekend_or_out_of_term() {
    let calendar = calendar();
    for (day, kind) in [
        ("2025-09-02", DayKind::Off(Off::Inset, "INSET day")),
        ("2025-09-03", DayKind::School(Held::Both)),
        ("2025-09-06", DayKind::Weekend),
        ("2025-10-28", DayKind::OutOfTerm),
        ("2026-05-04", DayKind::Off(Off::Closure, "Early May bank holiday")),
        ("2026-07-21", DayKind::School(Held::Only(Session::Am))),
        ("2026-07-22", DayKind::OutOfTerm),
    ] {
        assert_eq!(calendar.kind(date(day)), kind, "{day}");
    }
    assert!(calendar.is_held(date("2026-07-21"), Session::Am));
    assert!(!calendar.is_held(date("2026-07-21"), Session::Pm));
    assert_eq!(calendar.sessions_on(date("2025-09-02")).count(), 0);
    assert_eq!(
        (calendar.first_day(), calendar.last_day()),
        (date("2025-09-03"), date("2027-07-21"))
    );
}

#[test]
fn school_days_are_counted_past_whatever_is_none() {
    let calendar = calendar();
    for (from, school_days, expected) in [
        ("2025-09-03", 0, Some("2025-09-03")),
        ("2025-09-03", 5, Some("2025-09-10")),
        // Over the half-term.
        ("2025-10-22", 5, Some("2025-11-05")),
        // Over a bank holiday.
        ("2026-04-30", 3, Some("2026-05-06")),
        // Over an INSET day after a half-term, from a Saturday.
        ("2026-05-30", 1, Some("2026-06-02")),
        // Over the summer.
        ("2026-07-20", 2, Some("2026-09-03")),
        ("2027-07-21", 1, None),
        ("2020-01-01", 1, Some("2025-09-03")),
    ] {
        let found = calendar.nth_school_day_after(date(from), school_days);
        assert_eq!(found, expected.map(date), "{school_days} after {from}");
    }
}

#[test]
fn a_year_begins_with_its_first_term_and_goes_on_through_the_summer() {
    let calendar = calendar();
    for (day, year) in [
        ("2025-09-01", 2024),
        ("2025-09-02", 2025),
        ("2026-08-31", 2025),
        ("2026-09-01", 2025),
        ("2026-09-02", 2026),
        ("2027-09-01", 2027),
        ("2027-08-31", 2026),
    ] {
        assert_eq!(calendar.school_year(date(day)), SchoolYear(year), "{day}");
    }
    let august = Parts {
        terms: vec![term("Autumn", "2026-08-26", "2026-12-18")],
        ..Parts::default()
    };
    let august = Calendar::new(august).unwrap();
    assert_eq!(august.school_year(date("2026-08-25")), SchoolYear(2025));
    assert_eq!(august.school_year(date("2026-08-26")), SchoolYear(2026));
    assert_eq!(
        calendar.year_to(date("2026-09-10")),
        Span {
            first: date("2026-09-03"),
            last: date("2026-09-10")
        }
    );
    assert_eq!(calendar.year_to(date("2026-08-10")).first, date("2025-09-03"));
}

#[test]
fn school_weeks_are_numbered_in_their_year_and_holidays_have_none() {
    let calendar = calendar();
    let number = |day: &str| {
        let week = calendar.latest_week(date(day)).unwrap();
        (week.monday.to_string(), week.year.0, week.number)
    };
    assert_eq!(number("2025-09-03"), ("2025-09-01".to_owned(), 2025, 1));
    assert_eq!(number("2025-10-24"), ("2025-10-20".to_owned(), 2025, 8));
    assert_eq!(number("2025-10-30"), ("2025-10-20".to_owned(), 2025, 8));
    assert_eq!(number("2025-11-03"), ("2025-11-03".to_owned(), 2025, 9));
    assert_eq!(number("2026-07-21"), ("2026-07-20".to_owned(), 2025, 40));
    assert_eq!(number("2026-09-03"), ("2026-08-31".to_owned(), 2026, 1));
    assert_eq!(calendar.latest_week(date("2025-08-31")), None);
}

#[test]
fn whatever_cannot_be_right_is_told_at_once() {
    let off = |first: &str, last: &str| DaysOff {
        name: "Closed".to_owned(),
        kind: Off::Closure,
        first: date(first),
        last: date(last),
    };
    let half = |day: &str| HalfDay {
        date: date(day),
        session: Session::Am,
    };
    let problems = Calendar::new(Parts {
        terms: vec![
            term("Autumn", "2025-09-02", "2025-12-19"),
            term("Winter", "2025-12-19", "2026-02-13"),
            term("", "2026-03-20", "2026-03-10"),
            term("Summer", "2026-04-13", "2027-07-21"),
        ],
        off: vec![
            off("2025-10-27", "2025-10-31"),
            off("2025-10-31", "2025-11-03"),
            off("2026-03-15", "2026-03-16"),
            off("2025-09-06", "2025-09-06"),
        ],
        half_days: vec![
            half("2025-12-18"),
            half("2025-12-18"),
            half("2025-10-28"),
            half("2025-12-20"),
            half("2026-03-16"),
        ],
    })
    .unwrap_err();
    let words: Vec<String> = problems
        .iter()
        .map(|(part, problem)| format!("{part:?}: {problem}"))
        .collect();
    assert_eq!(
        words,
        [
            "Term(1): \"Winter\" begins on 2025-12-19, before \"Autumn\" ends on 2025-12-19: correct one of them",
            "Term(2): name \"\" is not fit to be shown: give 1 to 100 bytes of plain text",
            "Term(2): last day 2026-03-10 is before first day 2026-03-20: exchange or correct them",
            "Term(3): \"Summer\" is 465 days long: a term has at most 190; check the year of both days",
            "Off(1): 2025-10-31 was given before: take one of the two out",
            "Off(2): 2026-03-15 is in no term: take it out, or correct it; days between terms need no entry",
            "Off(3): 2025-09-06 is a Saturday or Sunday: take it out, or correct it",
            "HalfDay(1): 2025-12-18 was given before: take one of the two out",
            "HalfDay(2): 2025-10-28 has no session at all: take it out of the half days, or of the days off",
            "HalfDay(3): 2025-12-20 is a Saturday or Sunday: take it out, or correct it",
            "HalfDay(4): 2026-03-16 is in no term: take it out, or correct it; days between terms need no entry",
        ]
    );
}

#[test]
fn a_calendar_without_a_school_day_is_none() {
    for terms in [vec![], vec![term("Saturday", "2025-09-06", "2025-09-07")]] {
        let parts = Parts {
            terms,
            ..Parts::default()
        };
        assert_eq!(
            Calendar::new(parts),
            Err(vec![(Part::Whole, PartProblem::NoSchoolDay)])
        );
    }
    let too_many = Parts {
        terms: vec![term("Autumn", "2025-09-02", "2025-12-19"); 2001],
        ..Parts::default()
    };
    let words = Calendar::new(too_many).unwrap_err()[0].1.to_string();
    assert_eq!(words, "there are 2001 terms: give at most 2000");
}

proptest! {
    #[test]
    fn school_days_after_a_date_are_those_that_one_counts_on_a_wall_calendar(
        from in date("2025-08-01").days()..date("2027-09-01").days(),
        school_days in 1_u16..40,
    ) {
        let calendar = calendar();
        let (from, mut left) = (Date::from_days(from), school_days);
        let by_hand = (from.days() + 1..=calendar.last_day().days()).map(Date::from_days).find(|day| {
            left -= u16::from(matches!(calendar.kind(*day), DayKind::School(_)) && left > 0);
            left == 0
        });
        prop_assert_eq!(calendar.nth_school_day_after(from, school_days), by_hand);
    }
}

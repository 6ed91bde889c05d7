//! The clock of England.

use daymark_core::calendar::london::{self, Local, Moments};
use daymark_core::entry::TimeOfDay;
use proptest::prelude::*;

use super::school::date;

fn time(text: &str) -> TimeOfDay {
    text.parse().expect(text)
}

fn shown(unix_seconds: i64) -> String {
    let Local { date, time } = london::local(unix_seconds).expect("a moment");
    format!("{date} {time}")
}

/// Unix seconds of a date and time of Greenwich.
fn utc(day: &str, clock: &str) -> i64 {
    date(day).start_unix_seconds() + i64::from(time(clock).seconds())
}

#[test]
fn the_clocks_change_on_the_last_sundays_of_march_and_october() {
    // As published for these years.
    for (forward, back) in [
        ("2000-03-26", "2000-10-29"),
        ("2001-03-25", "2001-10-28"),
        ("2019-03-31", "2019-10-27"),
        ("2024-03-31", "2024-10-27"),
        ("2025-03-30", "2025-10-26"),
        ("2026-03-29", "2026-10-25"),
        ("2027-03-28", "2027-10-31"),
    ] {
        assert_eq!(shown(utc(forward, "00:59:59")), format!("{forward} 00:59:59"));
        assert_eq!(shown(utc(forward, "01:00")), format!("{forward} 02:00"));
        assert_eq!(shown(utc(back, "00:59:59")), format!("{back} 01:59:59"));
        assert_eq!(shown(utc(back, "01:00")), format!("{back} 01:00"));
    }
}

#[test]
fn a_summer_register_of_a_quarter_to_nine_is_taken_an_hour_earlier_by_greenwich() {
    assert_eq!(
        london::moments(date("2026-06-15"), time("08:45")),
        Moments::Once(utc("2026-06-15", "07:45"))
    );
    assert_eq!(
        london::moments(date("2026-01-15"), time("08:45")),
        Moments::Once(utc("2026-01-15", "08:45"))
    );
    assert_eq!(shown(utc("2026-06-15", "23:30")), "2026-06-16 00:30");
}

#[test]
fn the_hour_that_comes_twice_and_the_hour_that_does_not_come() {
    let twice = london::moments(date("2026-10-25"), time("01:30"));
    assert_eq!(
        twice,
        Moments::Twice {
            summer: utc("2026-10-25", "00:30"),
            winter: utc("2026-10-25", "01:30")
        }
    );
    assert_eq!(twice.first(), utc("2026-10-25", "00:30"));
    let never = london::moments(date("2026-03-29"), time("01:30"));
    assert_eq!(
        never,
        Moments::Never {
            change: utc("2026-03-29", "01:00")
        }
    );
    assert_eq!(shown(never.first()), "2026-03-29 02:00");
}

#[test]
fn moments_beyond_the_range_of_dates_show_nothing() {
    assert_eq!(london::local(0), None);
    assert_eq!(london::local(i64::MAX), None);
    assert_eq!(london::local(i64::MIN), None);
    assert!(london::local(utc("2000-01-01", "00:00")).is_some());
    assert_eq!(shown(utc("2179-06-06", "12:00")), "2179-06-06 13:00");
}

proptest! {
    #[test]
    fn a_moment_is_among_those_at_which_the_clock_shows_what_it_shows(days in 0_u16..=65_534, seconds in 0_i64..86_400) {
        let moment = daymark_core::session::Date::from_days(days).start_unix_seconds() + seconds;
        let local = london::local(moment).expect("a moment");
        let found = match london::moments(local.date, local.time) {
            Moments::Once(one) => vec![one],
            Moments::Twice { summer, winter } => vec![summer, winter],
            Moments::Never { .. } => vec![],
        };
        prop_assert!(found.contains(&moment), "{local:?}: {found:?}");
    }
}

//! When a child is of compulsory school age.

use daymark_core::calendar::CompulsoryAge;
use daymark_core::session::Date;

use super::school::date;

fn days(born: &str) -> (String, String) {
    let age = CompulsoryAge::of(date(born)).expect(born);
    (age.first.to_string(), age.last.to_string())
}

#[test]
fn it_begins_on_the_prescribed_day_on_or_after_the_fifth_birthday() {
    for (born, first) in [
        ("2021-03-31", "2026-03-31"),
        ("2021-04-01", "2026-08-31"),
        ("2021-08-31", "2026-08-31"),
        ("2021-09-01", "2026-12-31"),
        ("2021-12-31", "2026-12-31"),
        ("2022-01-01", "2027-03-31"),
    ] {
        assert_eq!(days(born).0, first, "{born}");
    }
}

#[test]
fn it_ends_on_the_last_friday_in_june_of_the_school_year_of_the_sixteenth_birthday() {
    for (born, last) in [
        ("2010-08-31", "2026-06-26"),
        ("2010-09-01", "2027-06-25"),
        // 16 after the leaving date and before the next school year: it was that leaving date.
        ("2010-07-15", "2026-06-26"),
        ("2010-06-26", "2026-06-26"),
        // 30 June 2028 is itself a Friday.
        ("2011-12-01", "2028-06-30"),
    ] {
        assert_eq!(days(born).1, last, "{born}");
    }
}

#[test]
fn both_days_are_of_it_and_their_neighbours_are_not() {
    let age = CompulsoryAge::of(date("2010-09-01")).unwrap();
    for (day, holds) in [
        ("2015-12-30", false),
        ("2015-12-31", true),
        ("2027-06-25", true),
        ("2027-06-26", false),
    ] {
        assert_eq!(age.holds_on(date(day)), holds, "{day}");
    }
}

#[test]
fn a_child_of_the_leap_day_is_five_on_the_first_of_march() {
    assert_eq!(days("2020-02-29").0, "2025-03-31");
    assert_eq!(days("2012-02-29").1, "2028-06-30");
}

#[test]
fn a_date_of_birth_at_the_end_of_the_range_has_none() {
    assert_eq!(CompulsoryAge::of(date("2170-01-01")), None);
}

#[test]
fn the_birthday_that_is_told_to_a_tablet_gives_the_same_age_and_is_one_of_three_in_a_year() {
    let mut told = std::collections::BTreeSet::new();
    for days in date("2012-01-01").days()..=date("2016-12-31").days() {
        let born = Date::from_days(days);
        let alike = CompulsoryAge::alike(born).unwrap();
        assert_eq!(CompulsoryAge::of(alike), CompulsoryAge::of(born), "{born}");
        told.insert(alike);
    }
    assert_eq!(told.len(), 15, "three in each of five years");
}

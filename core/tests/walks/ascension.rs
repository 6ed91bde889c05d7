//! Church of the Ascension: two timed registers, five days for a reason, praise above 96 %, evidence after more than five days.

use std::collections::BTreeSet;

use daymark_core::attendance::worklists::{List, Why};
use daymark_core::code::Code;
use daymark_core::rules::Profile;
use daymark_core::rules::arrival::Arrival;
use daymark_core::rules::terms::Counting;
use daymark_core::session::Session::{Am, Pm};

use super::law::{closing, first_weeks, sickness_return, silence};
use super::support::{GOOD_CLOCK, Walk, code};

const EVIDENCE: &str = "Ask for medical evidence";

fn walk() -> Walk {
    Walk::under(Profile::Ascension, "5", "2015-11-03")
}

#[test]
fn ascension_late_from_ten_to_nine_and_the_minute_of_closing_is_late() {
    let walk = walk();
    let am = |time: &str| walk.arrival("2025-09-03", Am, time, GOOD_CLOCK);
    assert_eq!(am("08:49:59"), Arrival::OnTime);
    assert_eq!(am("08:50"), Arrival::Late);
    assert_eq!(
        am("09:20"),
        Arrival::Late,
        "settled: the policy leaves the minute out"
    );
    closing(&walk, "09:20:29", "09:21", "09:22");
}

#[test]
fn ascension_has_an_afternoon_register_of_its_own() {
    let mut walk = walk();
    let pm = |walk: &Walk, time: &str| walk.arrival("2025-11-12", Pm, time, GOOD_CLOCK);
    assert_eq!(pm(&walk, "12:59"), Arrival::OnTime);
    assert_eq!(pm(&walk, "13:30"), Arrival::Late);
    assert_eq!(pm(&walk, "15:20"), Arrival::AfterTheSession);
    assert_eq!(walk.gate("2025-11-12", Pm, "13:05"), Some(Code::LATE));
    assert_eq!(walk.gate("2025-11-13", Pm, "13:45"), Some(Code::AFTER_CLOSING));
    assert_eq!(walk.tally("2025-11-13").unauthorised, 1, "U is unauthorised");
}

#[test]
fn a_term_at_ascension() {
    let mut walk = walk();
    walk.there("2025-09-03", "2025-09-03");
    let praised = Some("Praised".to_owned());
    assert_eq!(
        walk.target_and_band("2025-09-03"),
        (None, praised.clone()),
        "no target is named"
    );
    first_weeks(&mut walk, Some("08:55"));
    assert_eq!(walk.target_and_band("2025-10-10").1, praised, "96.4 %");
    let owed = &walk.rules("2025-10-10").reason_owed;
    assert_eq!((owed.school_days, owed.then), (5, code("O")));

    silence(&mut walk, Counting::Consecutive, |walk, day| {
        assert_eq!(
            walk.rows(List::WelfareChecks, day),
            [],
            "the policy names no number of days"
        );
        assert!(walk.steps(day).is_empty(), "its letters have no figures");
        assert_eq!(walk.target_and_band(day).1, None);
    });

    // The deadline of the last N lies five school days after it, past the holiday.
    let overdue = |walk: &Walk, day: &str| {
        let rows = walk.rows(List::ReasonsOwed, day);
        rows.iter()
            .filter(|row| matches!(row.why, Why::ReasonOwed { propose: Some(_) }))
            .count()
    };
    walk.away(
        [
            "2025-11-03",
            "2025-11-04",
            "2025-11-05",
            "2025-11-06",
            "2025-11-07",
        ],
        "I",
    );
    assert_eq!(
        (overdue(&walk, "2025-11-07"), overdue(&walk, "2025-11-10")),
        (9, 10)
    );
    assert!(
        walk.steps("2025-11-07").is_empty(),
        "five days of illness are not over five"
    );
    walk.away(["2025-11-10"], "I");
    assert_eq!(walk.steps("2025-11-10"), BTreeSet::from([EVIDENCE.to_owned()]));
    walk.takes_step("2025-11-10", EVIDENCE);
    assert!(walk.steps("2025-11-10").is_empty());
    walk.there("2025-11-11", "2025-11-14");
    let more = [
        "2025-11-17",
        "2025-11-18",
        "2025-11-19",
        "2025-11-20",
        "2025-11-21",
        "2025-11-24",
        "2025-11-25",
        "2025-11-26",
        "2025-11-27",
    ];
    walk.away(more, "I");
    sickness_return(&walk, "2025-11-26", "2025-11-27");
    assert!(
        walk.steps("2025-11-27").contains(EVIDENCE),
        "another illness is another step"
    );
    walk.there("2025-11-28", "2025-12-19");
    assert!(walk.steps("2025-12-19").is_empty());
}

//! Strathmore: late from 09:00, closed after the minute of 09:15, days of the return in a row or not, letters for
//! attendance and lateness.

use std::collections::BTreeSet;

use daymark_core::attendance::worklists::{List, Why};
use daymark_core::code::Code;
use daymark_core::rules::Profile;
use daymark_core::rules::arrival::Arrival;
use daymark_core::rules::terms::Counting;
use daymark_core::session::Session::{Am, Pm};

use super::law::{SILENCE, closing, first_weeks, sickness_return, silence};
use super::support::{GOOD_CLOCK, Walk, only_since};

const LETTER_1: &str = "Letter 1";
const LATENESS: &str = "Lateness letter";
const TWENTY: &str = "Report to the authority: 20 sessions";

fn walk() -> Walk {
    Walk::under(Profile::Strathmore, "2", "2018-11-03")
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn strathmore_late_from_nine_and_the_minute_of_closing_is_late() {
    let walk = walk();
    let am = |time: &str| walk.arrival("2025-09-03", Am, time, GOOD_CLOCK);
    assert_eq!(am("08:59:59"), Arrival::OnTime, "doors are open from 08:45");
    assert_eq!(
        am("09:00"),
        Arrival::Late,
        "settled: 09:15 closes, and 09:00 only makes late"
    );
    assert_eq!(am("09:15"), Arrival::Late);
    closing(&walk, "09:15:29", "09:16", "09:17");
    let pm = |time: &str| walk.arrival("2025-09-03", Pm, time, GOOD_CLOCK);
    assert_eq!(pm("15:15"), Arrival::AfterTheSession);
}

#[test]
fn a_term_at_strathmore() {
    let mut walk = walk();
    walk.there("2025-09-03", "2025-09-03");
    assert_eq!(
        walk.target_and_band("2025-09-03"),
        (Some(true), None),
        "96 %, and no bands"
    );
    first_weeks(&mut walk, Some("09:15"));
    assert_eq!(walk.target_and_band("2025-10-10").0, Some(true), "96.4 %");
    assert!(walk.steps("2025-10-10").is_empty());

    silence(&mut walk, Counting::Cumulative, |walk, day| {
        assert_eq!(
            walk.rows(List::WelfareChecks, day),
            [],
            "the policy names no number of days"
        );
        match day {
            "2025-10-13" => {
                assert_eq!(walk.steps(day), set(&[LETTER_1]), "93.1 %");
                walk.takes_step(day, LETTER_1);
            }
            "2025-10-22" => assert!(walk.steps(day).is_empty(), "18 sessions"),
            "2025-10-23" => assert_eq!(walk.steps(day), set(&[TWENTY]), "20 sessions"),
            _ => {}
        }
    });
    for day in SILENCE {
        for session in [Am, Pm] {
            walk.office(day, session, "O", "No reason was found in five school days");
        }
    }

    // Late on the 4th of September, then each morning: the tenth time is after the closing, and counts too.
    let mornings = [
        "2025-11-03",
        "2025-11-04",
        "2025-11-05",
        "2025-11-06",
        "2025-11-07",
        "2025-11-10",
        "2025-11-11",
        "2025-11-12",
    ];
    for day in mornings {
        assert_eq!(walk.gate(day, Am, "09:05"), Some(Code::LATE));
    }
    walk.there("2025-11-03", "2025-11-12");
    assert!(!walk.steps("2025-11-12").contains(LATENESS), "nine");
    assert_eq!(walk.gate("2025-11-13", Am, "09:30"), Some(Code::AFTER_CLOSING));
    assert!(walk.steps("2025-11-13").contains(LATENESS));
    let late = walk.rows(List::Late { sessions_min: 10 }, "2025-11-13");
    assert_eq!(
        only_since(&late, "2025-09-04").why,
        Why::Late {
            late: 9,
            after_closing: 1
        }
    );
    walk.takes_step("2025-11-13", LATENESS);
    assert!(!walk.steps("2025-11-13").contains(LATENESS));
    walk.there("2025-11-13", "2025-11-14");

    let ill = [
        "2025-11-17",
        "2025-11-18",
        "2025-11-19",
        "2025-11-20",
        "2025-11-21",
        "2025-11-24",
        "2025-11-25",
        "2025-11-26",
        "2025-11-27",
        "2025-11-28",
        "2025-12-01",
        "2025-12-02",
        "2025-12-03",
        "2025-12-04",
        "2025-12-05",
    ];
    walk.away(ill, "I");
    sickness_return(&walk, "2025-12-04", "2025-12-05");
    walk.there("2025-12-08", "2025-12-19");
    assert_eq!(walk.steps("2025-12-19"), set(&[TWENTY]), "nobody has reported it");
}

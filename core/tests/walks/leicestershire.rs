//! Leicestershire: guidance without times; leave and 38 sessions are reported, the law gives the rest.

use std::collections::BTreeSet;

use daymark_core::attendance::worklists::List;
use daymark_core::rules::Profile;
use daymark_core::rules::arrival::Arrival;
use daymark_core::rules::terms::Counting;
use daymark_core::session::Session::{Am, Pm};

use super::law::{closing, first_weeks, silence};
use super::support::{GOOD_CLOCK, Walk};

const SESSIONS_38: &str = "38 sessions missed in the year";
const LEAVE: &str = "Report leave in term time to the authority";

fn walk() -> Walk {
    Walk::under(Profile::Leicestershire, "2", "2018-11-03")
}

#[test]
fn leicestershire_has_no_times_and_the_assumed_ones_are_the_guidances_half_hour() {
    let walk = walk();
    assert_eq!(walk.arrival("2025-09-03", Am, "08:45", GOOD_CLOCK), Arrival::Late);
    closing(&walk, "09:15:29", "09:16", "09:17");
}

#[test]
fn a_term_under_leicestershires_guidance() {
    let mut walk = walk();
    walk.there("2025-09-03", "2025-09-03");
    assert_eq!(
        walk.target_and_band("2025-09-03"),
        (Some(true), None),
        "every day"
    );
    first_weeks(&mut walk, None);
    assert_eq!(walk.target_and_band("2025-10-10").0, Some(false));
    silence(&mut walk, Counting::Consecutive, |walk, day| {
        assert_eq!(walk.rows(List::WelfareChecks, day), []);
        assert!(walk.steps(day).is_empty(), "unexplained absence is no leave");
    });

    // Leave of a week, given or not: four days are not reported, five are.
    walk.away(["2025-11-03", "2025-11-04"], "C");
    walk.away(["2025-11-05", "2025-11-06"], "G");
    assert!(walk.steps("2025-11-06").is_empty());
    walk.away(["2025-11-07"], "G");
    assert_eq!(walk.steps("2025-11-07"), BTreeSet::from([LEAVE.to_owned()]));
    walk.takes_step("2025-11-07", LEAVE);
    walk.there("2025-11-10", "2025-11-30");

    // 22 sessions by half-term, 10 of leave, and 6 of illness.
    walk.away(["2025-12-01", "2025-12-02"], "I");
    for (session, due) in [(Am, None), (Pm, Some(SESSIONS_38.to_owned()))] {
        walk.teacher("2025-12-03", session, "N");
        walk.office("2025-12-03", session, "I", "The family was reached");
        let steps: Vec<String> = walk.steps("2025-12-03").into_iter().collect();
        assert_eq!(steps, Vec::from_iter(due), "37, then 38 sessions");
    }
    walk.there("2025-12-04", "2025-12-19");
    assert_eq!(walk.rows(List::SicknessReturn, "2025-12-19"), []);
}

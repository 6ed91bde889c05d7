//! Allington: late from 08:45, closed after the minute of 09:15, ends by stage, penalties, both returns, no letters.

use daymark_core::attendance::Absence;
use daymark_core::attendance::worklists::{List, Why};
use daymark_core::rules::Profile;
use daymark_core::rules::arrival::Arrival;
use daymark_core::rules::terms::Counting;
use daymark_core::session::Session::{Am, Pm};

use super::law::{SILENCE, closing, first_weeks, sickness_return, silence};
use super::support::{GOOD_CLOCK, Walk, only_since};

fn walk() -> Walk {
    Walk::under(Profile::Allington, "2", "2018-11-03")
}

#[test]
fn allington_late_from_a_quarter_to_nine_and_the_minute_of_closing_is_late() {
    let walk = walk();
    let am = |time: &str| walk.arrival("2025-09-03", Am, time, GOOD_CLOCK);
    assert_eq!(am("08:44:59"), Arrival::OnTime);
    assert_eq!(am("08:45"), Arrival::Late);
    assert_eq!(
        am("09:15"),
        Arrival::Late,
        "settled: the policy leaves the minute out"
    );
    closing(&walk, "09:15:29", "09:16", "09:17");
}

#[test]
fn allington_ends_the_afternoon_when_the_stage_goes_home() {
    let walk = walk();
    let pm = |year: &str, time: &str| walk.arrival_in(year, "2025-09-03", Pm, time, GOOD_CLOCK);
    assert_eq!(pm("R", "15:09"), Arrival::AfterClosing);
    assert_eq!(pm("R", "15:10"), Arrival::AfterTheSession);
    assert_eq!(pm("2", "15:14"), Arrival::AfterClosing);
    assert_eq!(pm("2", "15:15"), Arrival::AfterTheSession);
    assert_eq!(pm("6", "15:19"), Arrival::AfterClosing);
    assert_eq!(pm("6", "15:20"), Arrival::AfterTheSession);
}

#[test]
fn a_term_at_allington() {
    let mut walk = walk();
    walk.there("2025-09-03", "2025-09-03");
    assert_eq!(
        walk.target_and_band("2025-09-03"),
        (Some(true), None),
        "97 %, and no bands"
    );
    first_weeks(&mut walk, None);
    assert_eq!(walk.target_and_band("2025-10-10").0, Some(false), "96.4 %");

    silence(&mut walk, Counting::Consecutive, |walk, day| {
        assert_eq!(walk.rows(List::WelfareChecks, day), [], "the policy has no visit");
        assert!(walk.steps(day).is_empty(), "the policy has no letter by figures");
    });

    // After the holiday the family brings a letter of the hospital: every N becomes I, each with its reason.
    for day in SILENCE {
        for session in [Am, Pm] {
            walk.office(day, session, "I", "The hospital's letter of 3 November");
        }
    }
    walk.away(["2025-11-03"], "I");
    for list in [List::Penalties, List::AbsenceReturn, List::ReasonsOwed] {
        assert_eq!(walk.rows(list, "2025-11-03"), [], "{list:?}: its ground is gone");
    }
    walk.away(["2025-11-04", "2025-11-05", "2025-11-06", "2025-11-07"], "I");
    sickness_return(&walk, "2025-11-06", "2025-11-07");

    // Severe at exactly half: 54 of 108 sessions.
    let weeks = [
        "2025-11-10",
        "2025-11-11",
        "2025-11-12",
        "2025-11-13",
        "2025-11-14",
        "2025-11-17",
        "2025-11-18",
        "2025-11-19",
        "2025-11-20",
        "2025-11-21",
    ];
    walk.away(weeks, "I");
    let absence = |walk: &Walk, day: &str| match &walk.rows(List::Absent, day)[0].why {
        Why::Absent { absence, tally } => (*absence, tally.missed(), tally.possible()),
        why => panic!("{why:?}"),
    };
    assert_eq!(absence(&walk, "2025-11-21"), (Absence::Persistent, 52, 106));
    walk.away(["2025-11-24"], "I");
    assert_eq!(absence(&walk, "2025-11-24"), (Absence::Severe, 54, 108));
    only_since(&walk.rows(List::Absent, "2025-11-24"), "2025-11-24");

    // Leave that was given is no ground of a penalty; a holiday that was not given is.
    walk.away(["2025-12-01", "2025-12-02"], "C");
    walk.away(["2025-12-03", "2025-12-04", "2025-12-05", "2025-12-08"], "G");
    assert_eq!(
        walk.rows(List::Penalties, "2025-12-08"),
        [],
        "eight sessions, September is over"
    );
    walk.away(["2025-12-09"], "G");
    only_since(&walk.rows(List::Penalties, "2025-12-09"), "2025-12-09");
    walk.there("2025-11-25", "2025-12-19");
    assert!(walk.steps("2025-12-19").is_empty());
    let late = only_since(
        &walk.rows(List::Late { sessions_min: 1 }, "2025-12-19"),
        "2025-09-04",
    );
    assert_eq!(
        late.why,
        Why::Late {
            late: 1,
            after_closing: 0
        }
    );
}

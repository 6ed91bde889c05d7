//! Ben Rhydding: the closing minute is U, a visit by two on the third day, letters and bands, and its own penalty triggers as
//! steps beside the national threshold.

use std::collections::BTreeSet;

use daymark_core::attendance::worklists::{List, VisitWaits, Why};
use daymark_core::rules::Profile;
use daymark_core::rules::arrival::Arrival;
use daymark_core::rules::terms::Counting;
use daymark_core::session::Session::Am;
use daymark_core::visit::{Grade, VisitIrregularity};

use super::law::{SILENCE, closing, first_weeks, silence};
use super::support::{GOOD_CLOCK, Walk, by, only_since};

const EARLY_REVIEW: &str = "Early review";
const STAGE_1: &str = "Stage 1 letter";
const STAGE_2: &str = "Stage 2 letter";
const STAGED: &str = "Staged approach with panel and home visits";
const MORE_THAN_3_DAYS: &str = "Local penalty warning: more than 3 days";
const SIX_IN_SIX: &str = "Local penalty warning: 6 sessions in 6 weeks";
const EVIDENCE: &str = "Consider asking for medical evidence";
const SEARCH: &str = "Joint search before deletion";

fn walk() -> Walk {
    Walk::under(Profile::BenRhydding, "4", "2016-11-03")
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn ben_rhydding_late_from_five_to_nine_and_the_minute_of_closing_is_unauthorised() {
    let walk = walk();
    let am = |time: &str| walk.arrival("2025-09-03", Am, time, GOOD_CLOCK);
    assert_eq!(am("08:54:59"), Arrival::OnTime);
    assert_eq!(am("08:55"), Arrival::Late);
    assert_eq!(
        am("09:15:30"),
        Arrival::AfterClosing,
        "settled: on or after 09:15"
    );
    closing(&walk, "09:14:29", "09:15", "09:16");
}

#[test]
fn a_term_at_ben_rhydding() {
    let mut walk = walk();
    walk.there("2025-09-03", "2025-09-03");
    let figures = |walk: &Walk, day: &str| {
        let (target, band) = walk.target_and_band(day);
        (target.unwrap(), band.unwrap())
    };
    assert_eq!(figures(&walk, "2025-09-03"), (true, "100 %".to_owned()));
    first_weeks(&mut walk, Some("09:15"));
    assert_eq!(figures(&walk, "2025-10-10"), (false, "95 to 97 %".to_owned()));
    assert!(walk.steps("2025-10-10").is_empty());

    silence(&mut walk, Counting::Consecutive, |walk, day| match day {
        "2025-10-13" => {
            assert_eq!(walk.steps(day), set(&[STAGE_1]), "93.1 %");
            walk.takes_step(day, STAGE_1);
            assert!(walk.steps(day).is_empty(), "the letter was sent");
        }
        "2025-10-14" => {
            assert_eq!(
                figures(walk, day).1,
                "90 to 95 %",
                "exactly 90 belongs to the higher band"
            );
            assert_eq!(
                walk.steps(day),
                set(&[EARLY_REVIEW, SIX_IN_SIX]),
                "exactly 90 is not below 90"
            );
            assert_eq!(walk.rows(List::WelfareChecks, day), []);
        }
        "2025-10-15" => {
            assert_eq!(figures(walk, day).1, "Below 90 %");
            assert_eq!(walk.steps(day), set(&[EARLY_REVIEW, SIX_IN_SIX, STAGE_2]));
            third_day(walk, day);
        }
        "2025-10-16" => {
            assert!(walk.steps(day).contains(MORE_THAN_3_DAYS));
            visit(walk, day);
        }
        "2025-10-17" => assert!(!walk.steps(day).contains(STAGED), "81.8 %"),
        "2025-10-20" => {
            assert!(walk.steps(day).contains(STAGED), "79.4 %");
            assert_eq!(
                walk.rows(List::WelfareChecks, day),
                [],
                "two days since the visit"
            );
        }
        "2025-10-21" => {
            let again = only_since(&walk.rows(List::WelfareChecks, day), day);
            assert!(matches!(again.why, Why::WelfareCheck { school_days: 3, .. }));
        }
        _ => {}
    });

    // Nobody finds out why. The run goes on over the holiday: on the twentieth day a joint search is due, not before.
    for day in SILENCE {
        for session in [Am, daymark_core::session::Session::Pm] {
            walk.office(day, session, "O", "No reason was found in five school days");
        }
    }
    let november = [
        "2025-11-03",
        "2025-11-04",
        "2025-11-05",
        "2025-11-06",
        "2025-11-07",
        "2025-11-10",
        "2025-11-11",
        "2025-11-12",
        "2025-11-13",
    ];
    walk.away(november, "O");
    assert!(!walk.steps("2025-11-13").contains(SEARCH));
    walk.away(["2025-11-14"], "O");
    assert!(walk.steps("2025-11-14").contains(SEARCH));
    assert!(
        walk.steps("2025-11-14").contains(MORE_THAN_3_DAYS),
        "nobody has sent it"
    );
    walk.there("2025-11-17", "2025-11-30");
    let back = walk.steps("2025-11-28");
    assert!(
        !back.contains(SEARCH) && !back.contains(MORE_THAN_3_DAYS),
        "the run has ended"
    );
    assert_eq!(walk.rows(List::WelfareChecks, "2025-11-28"), []);
    assert!(
        back.contains(SIX_IN_SIX),
        "reached while the child attended 87 %, and nobody has sent it"
    );

    walk.away(["2025-12-01", "2025-12-02"], "I");
    assert!(!walk.steps("2025-12-02").contains(EVIDENCE));
    walk.away(["2025-12-03"], "I");
    assert!(
        walk.steps("2025-12-03").contains(EVIDENCE),
        "a question for a person"
    );
    walk.there("2025-12-04", "2025-12-19");
    assert!(!walk.steps("2025-12-19").contains(EVIDENCE));
}

/// Three school days: two people, on that day.
fn third_day(walk: &Walk, day: &str) {
    let row = only_since(&walk.rows(List::WelfareChecks, day), day);
    assert_eq!(
        row.why,
        Why::WelfareCheck {
            school_days: 3,
            visitors: 2
        }
    );
    assert_eq!((row.due, row.overdue, row.counted.len()), (by(day), false, 6));
    assert!(walk.rows(List::WelfareChecks, "2025-10-16")[0].overdue);
}

/// Nobody answers two visitors: the days so far are answered, and the visit is not at its end.
fn visit(walk: &mut Walk, day: &str) {
    let view = walk.visits(day, 2, Grade::NoAnswer);
    assert_eq!(view.irregular, []);
    assert_eq!(walk.rows(List::WelfareChecks, day), []);
    let waits = only_since(&walk.rows(List::Visits, day), day);
    assert!(matches!(
        waits.why,
        Why::Visit {
            waits: VisitWaits::NoNextStep,
            ..
        }
    ));
}

#[test]
fn ben_rhydding_visits_in_pairs() {
    let alone = walk().visits("2025-10-16", 1, Grade::SpokenTo);
    assert!(
        matches!(alone.irregular.as_slice(), [VisitIrregularity::OneVisitor { .. }]),
        "{:?}",
        alone.irregular
    );
}

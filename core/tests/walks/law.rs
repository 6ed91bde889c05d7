//! What law and guidance give to every child, walked under each policy: the first weeks of the term and ten days of silence.
//!
//! Every walk takes these steps on these days, so that the figures of the five are comparable: by Friday 10 October the
//! child has missed 2 of 56 sessions, and is then away from Monday 13 to Friday 24 October, when the half-term holiday begins.

use daymark_core::attendance::Absence;
use daymark_core::attendance::worklists::{AttemptResult, Due, How, List, ReturnCounts, Unaccounted, Why};
use daymark_core::code::{self, Code};
use daymark_core::entry::Duty;
use daymark_core::fold::{Dispute, Rule, Standing};
use daymark_core::record::RecordError;
use daymark_core::roster::Role;
use daymark_core::rules::arrival::Arrival;
use daymark_core::rules::terms::Counting;
use daymark_core::session::Session::{Am, Pm};

use super::support::{CHILD, GOOD_CLOCK, Walk, by, class, coach, code, date, moment, only_since};

/// The ten school days of silence.
pub(super) const SILENCE: [&str; 10] = [
    "2025-10-13",
    "2025-10-14",
    "2025-10-15",
    "2025-10-16",
    "2025-10-17",
    "2025-10-20",
    "2025-10-21",
    "2025-10-22",
    "2025-10-23",
    "2025-10-24",
];

/// The first weeks, up to Friday 10 October. `call_from` is the time until which parents tell by themselves.
pub(super) fn first_weeks(walk: &mut Walk, call_from: Option<&str>) {
    walk.there("2025-09-03", "2025-09-03");
    first_day_call_and_late_arrival(walk, call_from);
    walk.there("2025-09-04", "2025-09-05");
    reason_owed(walk);
    walk.there("2025-09-08", "2025-09-09");
    sign_off(walk);
    trip(walk);
    walk.there("2025-09-10", "2025-10-10");
    let tally = walk.tally("2025-10-10");
    assert_eq!((tally.missed(), tally.possible()), (2, 56));
    every_role_may_enter_every_code(walk);
}

/// Thursday 4 September: `N` in class, a call to the family, and then the child at the gate at ten past nine.
fn first_day_call_and_late_arrival(walk: &mut Walk, call_from: Option<&str>) {
    const DAY: &str = "2025-09-04";
    let list = List::Unaccounted(Am);
    let before = only_since(&walk.rows_at(list, DAY, "08:40"), DAY);
    assert!(matches!(
        before.why,
        Why::Unaccounted {
            what: Unaccounted::NoMark,
            ..
        }
    ));
    walk.teacher(DAY, Am, "N");
    walk.tries(DAY, "09:06", How::Phone, AttemptResult::NoAnswer);
    let row = only_since(&walk.rows_at(list, DAY, "09:08"), DAY);
    let Why::Unaccounted {
        what,
        call_from: from,
        attempts,
    } = row.why
    else {
        panic!("{row:?}");
    };
    assert_eq!(what, Unaccounted::NoReason);
    assert_eq!(
        from,
        call_from.map(|time| moment(DAY, time)),
        "the policy's own time"
    );
    assert_eq!((attempts.len(), attempts[0].at), (1, moment(DAY, "09:06")));
    assert_eq!(walk.gate(DAY, Am, "09:10"), Some(Code::LATE));
    assert_eq!(
        walk.standing(DAY, Am),
        Standing::Settled {
            code: Code::LATE,
            rule: Rule::R1
        }
    );
    assert_eq!(walk.rows_at(list, DAY, "09:11"), [], "the child is found");
}

/// Monday 8 September: a reason is owed until Monday 15, then `O` is proposed, and nothing changes by itself.
fn reason_owed(walk: &mut Walk) {
    const DAY: &str = "2025-09-08";
    walk.away([DAY], "N");
    walk.there("2025-09-09", "2025-09-09");
    let owed = |walk: &Walk, on: &str| only_since(&walk.rows(List::ReasonsOwed, on), DAY);
    let in_time = owed(walk, "2025-09-15");
    assert_eq!((in_time.due, in_time.overdue), (by("2025-09-15"), false));
    assert_eq!(in_time.why, Why::ReasonOwed { propose: None });
    let over = owed(walk, "2025-09-16");
    assert!(over.overdue);
    assert_eq!(
        over.why,
        Why::ReasonOwed {
            propose: Some(code("O"))
        }
    );
    assert_eq!(walk.standing(DAY, Am).code(), Some(Code::NOT_YET_KNOWN));
    // Who amends says why.
    let silent = walk.try_mark(&Duty::Office, DAY, Am, "O", None);
    assert!(
        matches!(silent, Err(RecordError::ReasonNeeded { .. })),
        "{silent:?}"
    );
    for session in [Am, Pm] {
        walk.office(DAY, session, "O", "No reason was found in five school days");
    }
    assert_eq!(walk.rows(List::ReasonsOwed, "2025-09-16"), []);
    assert_eq!(walk.fold(DAY).amendments().len(), 2);
}

/// Wednesday 10 September: a sign-off names what is open, and what comes after it only proposes.
fn sign_off(walk: &mut Walk) {
    const DAY: &str = "2025-09-10";
    walk.teacher(DAY, Am, "/");
    walk.gate(DAY, Am, "09:10");
    let standing = walk.standing(DAY, Am);
    assert!(
        matches!(standing, Standing::Disputed { why } if why == Dispute::Different),
        "{standing:?}"
    );
    let open = only_since(&walk.rows(List::Unaccounted(Am), DAY), DAY);
    assert!(matches!(
        open.why,
        Why::Unaccounted {
            what: Unaccounted::Disputed,
            ..
        }
    ));
    assert_eq!(walk.signs_off(DAY, Am).disputed, [CHILD], "named, and still open");
    assert!(walk.standing(DAY, Am).is_disputed());
    walk.decides(DAY, Am, "/", "The gate had a wrong child");
    assert_eq!(walk.standing(DAY, Am).code(), Some(Code::PRESENT_AM));

    walk.teacher(DAY, Pm, "\\");
    let signed = walk.signs_off(DAY, Pm);
    assert!(signed.disputed.is_empty() && signed.unmarked.is_empty());
    walk.try_mark(&class(), DAY, Pm, "N", Some("Was another child"))
        .unwrap();
    assert_eq!(walk.standing(DAY, Pm).code(), Some(Code::PRESENT_PM));
    assert_eq!(walk.proposals(DAY, Pm), 1);
}

/// Thursday 11 September: on a visit, `N` in class is explained by the list, and `V` counts as attending.
fn trip(walk: &mut Walk) {
    const DAY: &str = "2025-09-11";
    let attended = walk.tally(DAY).attended;
    walk.teacher(DAY, Am, "N");
    walk.try_mark(&coach(), DAY, Am, "V", None).unwrap();
    assert_eq!(
        walk.standing(DAY, Am),
        Standing::Settled {
            code: Code::VISIT,
            rule: Rule::R2
        }
    );
    assert_eq!(walk.tally(DAY).attended, attended + 1);
}

/// None of the five limits which codes a role enters; the code table and what must stand beside a code bind everybody.
fn every_role_may_enter_every_code(walk: &Walk) {
    let day = "2025-10-10";
    let rules = walk.policy().on(date(day)).unwrap();
    for role in Role::ALL {
        for row in code::rows().iter().filter(|row| row.in_force_on(date(day))) {
            assert_eq!(rules.may_enter(role, row.symbol), Ok(()), "{role}");
        }
    }
    let retired = code::check(code("H"), date(day), Am);
    assert!(retired.is_err(), "agreed holiday went in 2024");
}

/// What a time at the gate amounts to, at the closing of the morning: the last minute that is `L`, the first that is in doubt
/// and stays `L`, and the first that is `U`; and that a clock which was never compared gives no `U`.
pub(super) fn closing(walk: &Walk, late: &str, in_doubt: &str, after: &str) {
    const DAY: &str = "2025-09-03";
    let of = |time: &str| walk.arrival(DAY, Am, time, GOOD_CLOCK);
    assert_eq!(of(late), Arrival::Late, "{late}");
    assert_eq!(of(in_doubt), Arrival::LateInDoubt, "{in_doubt}");
    assert_eq!(of(after), Arrival::AfterClosing, "{after}");
    assert_eq!(walk.arrival(DAY, Am, after, None), Arrival::LateInDoubt);
    assert_eq!(Arrival::LateInDoubt.code(), Some(Code::LATE));
    assert_eq!(Arrival::AfterClosing.code(), Some(Code::AFTER_CLOSING));
}

/// Ten school days of silence, day by day: `N` counts while it stands, at exactly 10 % missed the child is persistently
/// absent, and both counters of the return are kept. `each_day` asserts what the policy alone says.
pub(super) fn silence(walk: &mut Walk, named: Counting, mut each_day: impl FnMut(&mut Walk, &str)) {
    for day in SILENCE {
        walk.away([day], "N");
        match day {
            "2025-10-13" => {
                assert_eq!(walk.rows(List::Absent, day), []);
                assert_eq!(walk.rows(List::Penalties, day), []);
            }
            "2025-10-14" => {
                let row = only_since(&walk.rows(List::Absent, day), day);
                let Why::Absent { absence, tally } = row.why else {
                    panic!("{row:?}");
                };
                assert_eq!((tally.missed(), tally.possible()), (6, 60), "exactly a tenth");
                assert_eq!(absence, Absence::Persistent);
            }
            "2025-10-15" => assert_eq!(walk.rows(List::Penalties, day), [], "eight sessions"),
            "2025-10-16" => {
                let row = only_since(&walk.rows(List::Penalties, day), day);
                let Why::Penalty {
                    sessions,
                    first_week,
                    is_now,
                    age_known,
                    ..
                } = row.why
                else {
                    panic!("{row:?}");
                };
                assert_eq!((sessions, is_now, age_known), (10, true, true));
                assert!(first_week <= date("2025-09-08"));
                let codes: Vec<String> = row.counted.iter().map(|one| one.outcome.to_string()).collect();
                assert_eq!(codes[..2], ["O", "O"], "of September");
                assert!(codes[2..].iter().all(|code| code == "N"), "{codes:?}");
            }
            "2025-10-22" => assert_eq!(walk.rows(List::AbsenceReturn, day), []),
            "2025-10-23" => returns(walk, day, (9, 10), named == Counting::Cumulative, "2025-10-23"),
            "2025-10-24" => {
                let since = match named {
                    Counting::Consecutive => "2025-10-24",
                    Counting::Cumulative => "2025-10-23",
                };
                returns(walk, day, (10, 11), true, since);
            }
            _ => {}
        }
        each_day(walk, day);
    }
    // Deadlines pass over the holiday: school days, not working days.
    let owed = walk.rows(List::ReasonsOwed, "2025-10-24");
    let due = |day: &str| owed.iter().find(|row| row.since == date(day)).map(|row| row.due);
    assert_eq!(due("2025-10-17"), Some(by("2025-10-24")));
    assert_eq!(due("2025-10-24"), Some(by("2025-11-07")));
    assert_eq!(owed.iter().filter(|row| row.overdue).count(), 4);
    assert_eq!(walk.rows(List::SicknessReturn, "2025-10-24"), []);
}

fn returns(walk: &Walk, day: &str, (in_a_row, in_year): (u32, u32), by_the_rules: bool, since: &str) {
    let row = only_since(&walk.rows(List::AbsenceReturn, day), since);
    assert_eq!(
        row.why,
        Why::AbsenceReturn(ReturnCounts {
            in_a_row,
            in_year,
            by_the_rules,
            age_known: true
        }),
        "{day}"
    );
    assert_eq!(row.due, Due::Open);
}

/// The day on which the fifteenth school day of illness is reached, and the one before it.
pub(super) fn sickness_return(walk: &Walk, day_before: &str, day: &str) {
    assert_eq!(walk.rows(List::SicknessReturn, day_before), []);
    let row = only_since(&walk.rows(List::SicknessReturn, day), day);
    let Why::SicknessReturn(counts) = row.why else {
        panic!("{row:?}");
    };
    assert_eq!((counts.in_year, counts.by_the_rules), (15, true));
}

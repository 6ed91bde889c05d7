//! Where a boundary falls, what doubt does, and that later never means earlier.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn time(text: &str) -> TimeOfDay {
    text.parse().expect(text)
}

fn morning(closing_minute: ClosingMinute) -> RegisterTimes {
    RegisterTimes {
        opens: time("08:45"),
        late_from: time("08:45"),
        closes: time("09:15"),
        closing_minute,
        ends: time("12:00"),
        ends_by_year: BTreeMap::from([("R".to_owned(), time("11:30"))]),
    }
}

/// A clock that agrees with the school's to the millisecond.
const EXACT: Option<ClockCheck> = Some(ClockCheck {
    offset_ms: 0,
    doubt_ms: 0,
});

fn check(closing_minute: ClosingMinute, at: &str, clock: Option<ClockCheck>, doubt: u16) -> Arrival {
    Arrival::of(&morning(closing_minute), "4", time(at), clock, doubt)
}

#[test]
fn the_closing_minute_falls_as_the_rules_say() {
    use ClosingMinute::{AfterClosing, Late};
    for (minute, at, arrival) in [
        (Late, "08:44:59", Arrival::OnTime),
        (Late, "08:45", Arrival::Late),
        (Late, "09:14:59", Arrival::Late),
        (Late, "09:15", Arrival::Late),
        (Late, "09:15:59", Arrival::Late),
        (Late, "09:16", Arrival::AfterClosing),
        (AfterClosing, "09:14:59", Arrival::Late),
        (AfterClosing, "09:15", Arrival::AfterClosing),
        (AfterClosing, "11:59:59", Arrival::AfterClosing),
        (AfterClosing, "12:00", Arrival::AfterTheSession),
    ] {
        assert_eq!(check(minute, at, EXACT, 0), arrival, "{minute:?} at {at}");
    }
}

#[test]
fn near_the_closing_it_stays_l_with_a_question() {
    for (at, arrival) in [
        ("09:14:29", Arrival::Late),
        ("09:14:30", Arrival::LateInDoubt),
        ("09:15:29", Arrival::LateInDoubt),
        ("09:15:30", Arrival::AfterClosing),
    ] {
        assert_eq!(check(ClosingMinute::AfterClosing, at, EXACT, 30), arrival, "{at}");
    }
    assert_eq!(Arrival::LateInDoubt.code(), Some(Code::LATE));
    assert!(Arrival::LateInDoubt.in_doubt());
}

#[test]
fn a_doubt_of_its_own_counts_where_it_is_larger() {
    let poor = Some(ClockCheck {
        offset_ms: 0,
        doubt_ms: 120_000,
    });
    assert_eq!(
        check(ClosingMinute::AfterClosing, "09:16:59", poor, 30),
        Arrival::LateInDoubt
    );
    assert_eq!(
        check(ClosingMinute::AfterClosing, "09:17", poor, 30),
        Arrival::AfterClosing
    );
}

#[test]
fn a_clock_known_to_be_wrong_gives_a_u_only_where_it_is_one_by_either_clock() {
    let fast_by_ten_minutes = Some(ClockCheck {
        offset_ms: -600_000,
        doubt_ms: 500,
    });
    let slow_by_ten_minutes = Some(ClockCheck {
        offset_ms: 600_000,
        doubt_ms: 500,
    });
    let at = |time, clock| check(ClosingMinute::AfterClosing, time, clock, 30);
    assert_eq!(at("09:20", fast_by_ten_minutes), Arrival::LateInDoubt);
    assert_eq!(at("09:26", fast_by_ten_minutes), Arrival::AfterClosing);
    assert_eq!(at("09:10", slow_by_ten_minutes), Arrival::LateInDoubt);
    assert_eq!(at("09:04", slow_by_ten_minutes), Arrival::Late);
}

#[test]
fn a_clock_that_was_a_day_off_decides_nothing() {
    for offset_ms in [86_400_000, -86_400_000, i64::MAX, i64::MIN] {
        let clock = Some(ClockCheck {
            offset_ms,
            doubt_ms: 0,
        });
        for at in ["08:45", "09:15", "11:59"] {
            assert_eq!(
                check(ClosingMinute::AfterClosing, at, clock, 0),
                Arrival::LateInDoubt,
                "{at}"
            );
        }
        assert_eq!(
            check(ClosingMinute::AfterClosing, "08:44", clock, 0),
            Arrival::OnTime
        );
    }
}

#[test]
fn a_clock_that_was_never_compared_gives_no_u() {
    for at in ["09:15", "09:30", "11:59"] {
        assert_eq!(
            check(ClosingMinute::AfterClosing, at, None, 0),
            Arrival::LateInDoubt,
            "{at}"
        );
    }
    assert_eq!(
        check(ClosingMinute::AfterClosing, "09:00", None, 0),
        Arrival::Late
    );
}

#[test]
fn the_session_ends_by_the_year_of_the_pupil() {
    let times = morning(ClosingMinute::Late);
    let at = |year| Arrival::of(&times, year, time("11:45"), EXACT, 30);
    assert_eq!(at("R"), Arrival::AfterTheSession);
    assert_eq!(at("4"), Arrival::AfterClosing);
    assert_eq!(at("no such year"), Arrival::AfterClosing);
}

fn times() -> impl Strategy<Value = RegisterTimes> {
    let minute = prop_oneof![Just(ClosingMinute::Late), Just(ClosingMinute::AfterClosing)];
    (0_u32..1200, 0_u32..30, 1_u32..=30, 1_u32..200, minute).prop_map(
        |(opens, late_after, open_for, lasts, closing_minute)| {
            let at = |minutes: u32| TimeOfDay::from_seconds(minutes * 60).expect("within a day");
            RegisterTimes {
                opens: at(opens),
                late_from: at(opens + late_after.min(open_for - 1)),
                closes: at(opens + open_for),
                closing_minute,
                ends: at(opens + open_for + lasts),
                ends_by_year: BTreeMap::new(),
            }
        },
    )
}

fn clocks() -> impl Strategy<Value = Option<ClockCheck>> {
    let offset = prop_oneof![-7_200_000_i64..7_200_000, any::<i64>()];
    let doubt = prop_oneof![0_u32..300_000, any::<u32>()];
    proptest::option::of((offset, doubt).prop_map(|(offset_ms, doubt_ms)| ClockCheck { offset_ms, doubt_ms }))
}

fn any_time() -> impl Strategy<Value = TimeOfDay> {
    (0_u32..86_400).prop_map(|seconds| TimeOfDay::from_seconds(seconds).expect("within a day"))
}

/// A time within twenty minutes of the closing.
fn near(times: &RegisterTimes, away: i64) -> TimeOfDay {
    let seconds = i64::from(times.closes.seconds()) + away;
    let seconds = u32::try_from(seconds.clamp(0, 86_399)).expect("within a day");
    TimeOfDay::from_seconds(seconds).expect("within a day")
}

proptest! {
    #[test]
    fn later_is_never_earlier(
        times in times(), clock in clocks(), doubt in 0_u16..=900, one in any_time(), other in any_time()
    ) {
        let (first, second) = (one.min(other), one.max(other));
        let of = |at| Arrival::of(&times, "4", at, clock, doubt);
        prop_assert!(of(first) <= of(second));
    }

    #[test]
    fn doubt_never_gives_a_u(times in times(), clock in clocks(), doubt in 0_u16..=900, away in -1200_i64..1200) {
        let at = near(&times, away);
        if Arrival::of(&times, "4", at, clock, doubt) == Arrival::AfterClosing {
            let clock = clock.expect("without a comparison there is no U");
            let closed = i64::from(times.closed_from_seconds()) * 1000;
            let margin = i64::from(clock.doubt_ms).max(i64::from(doubt) * 1000);
            let shown = i64::from(at.seconds()) * 1000;
            prop_assert!(shown - margin >= closed, "by the clock as it stands");
            prop_assert!(shown.saturating_add(clock.offset_ms).saturating_sub(margin) >= closed, "and corrected");
        }
    }

    #[test]
    fn more_doubt_gives_no_more_us_and_no_fewer_questions(
        times in times(), clock in clocks(), doubt in 0_u16..=800, more in 0_u16..=100, away in -1200_i64..1200
    ) {
        let at = near(&times, away);
        let (less, more) = (
            Arrival::of(&times, "4", at, clock, doubt),
            Arrival::of(&times, "4", at, clock, doubt + more),
        );
        prop_assert!(less == more || more == Arrival::LateInDoubt);
    }

    #[test]
    fn a_code_is_given_wholly_within_the_session(
        times in times(), clock in clocks(), doubt in 0_u16..=900, at in any_time()
    ) {
        let arrival = Arrival::of(&times, "4", at, clock, doubt);
        prop_assert_eq!(arrival.code().is_some(), at >= times.late_from && at < times.ends);
    }

    #[test]
    fn an_exact_clock_without_doubt_asks_nothing(times in times(), at in any_time()) {
        let arrival = Arrival::of(&times, "4", at, EXACT, 0);
        prop_assert!(!arrival.in_doubt());
        prop_assert_eq!(
            arrival == Arrival::AfterClosing,
            at.seconds() >= times.closed_from_seconds() && at < times.ends
        );
    }
}

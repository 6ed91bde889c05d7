//! A made-up school for the tests of counting: its calendar, its rules, and short ways to say what stands where.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "a module of each test file, which uses its own part of it"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use daymark_core::attendance::{Attendance, Enrolled, Outcome};
use daymark_core::calendar::{Calendar, file};
use daymark_core::code::Code;
use daymark_core::fold;
use daymark_core::ids::PupilNumber;
use daymark_core::rules::terms::{
    AbsenceShares, Band, ClosingMinute, Codes, Counting, DayNeeds, DaysTrigger, Edge, PenaltyThreshold,
    PerMille, ReasonOwed, RegisterTimes, SchoolRules, SignOffWith, Step, StepWhen, WelfareCheck,
};
use daymark_core::session::{Cell, Date, Session};

/// Two school years, with half-terms between terms, INSET days, a bank holiday and a last day of one session.
pub const CALENDAR: &str = r#"
terms = [
    { name = "Autumn 1 2025", first = 2025-09-02, last = 2025-10-24 },
    { name = "Autumn 2 2025", first = 2025-11-03, last = 2025-12-19 },
    { name = "Spring 1 2026", first = 2026-01-05, last = 2026-02-13 },
    { name = "Spring 2 2026", first = 2026-02-23, last = 2026-03-27 },
    { name = "Summer 1 2026", first = 2026-04-13, last = 2026-05-22 },
    { name = "Summer 2 2026", first = 2026-06-01, last = 2026-07-21 },
    { name = "Autumn 1 2026", first = 2026-09-02, last = 2026-10-23 },
    { name = "Autumn 2 2026", first = 2026-11-02, last = 2026-12-18 },
    { name = "Spring 1 2027", first = 2027-01-04, last = 2027-02-12 },
    { name = "Spring 2 2027", first = 2027-02-22, last = 2027-03-25 },
    { name = "Summer 1 2027", first = 2027-04-12, last = 2027-05-28 },
    { name = "Summer 2 2027", first = 2027-06-07, last = 2027-07-21 },
]
insets = [{ date = 2025-09-02 }, { date = 2026-06-01 }, { date = 2026-09-02 }]
closures = [
    { name = "Early May bank holiday", date = 2026-05-04 },
    { name = "Early May bank holiday", date = 2027-05-03 },
]
half_days = [{ date = 2026-07-21, session = "AM" }]
"#;

pub fn calendar() -> Arc<Calendar> {
    Arc::new(file::read(CALENDAR).expect("a calendar"))
}

pub fn date(text: &str) -> Date {
    text.parse().expect(text)
}

pub fn code(text: &str) -> Code {
    text.parse().expect(text)
}

pub fn codes(text: &str) -> Codes {
    text.split(' ').map(code).collect()
}

pub fn share(tenths: u16) -> PerMille {
    PerMille::new(tenths).expect("a share")
}

pub fn enrolled(number: u64) -> Enrolled {
    Enrolled {
        pupil: PupilNumber(number),
        class: "4B".parse().expect("a class"),
        year: "4".to_owned(),
        born: Some(date("2016-11-03")),
        start: None,
        leave: None,
    }
}

pub fn cell(number: u64, day: &str, session: Session) -> Cell {
    Cell {
        date: date(day),
        session,
        pupil: PupilNumber(number),
    }
}

/// What a text says: a code, `?` for marks that differ, `-` for none.
pub fn outcome(text: &str) -> Outcome {
    match text {
        "-" => Outcome::Blank,
        "?" => Outcome::Disputed,
        text => Outcome::Code(code(text)),
    }
}

pub fn set(attendance: &mut Attendance, number: u64, day: &str, session: Session, text: &str) {
    attendance.set(cell(number, day, session), outcome(text));
}

/// The same in both sessions of each of some days.
pub fn set_days<'a>(
    attendance: &mut Attendance,
    number: u64,
    days: impl IntoIterator<Item = &'a str>,
    text: &str,
) {
    for day in days {
        for session in Session::ALL {
            set(attendance, number, day, session, text);
        }
    }
}

/// Present in every session that is held, from a day to a day.
pub fn set_present(attendance: &mut Attendance, number: u64, first: &str, last: &str) {
    let days: Vec<Date> = attendance
        .calendar()
        .school_days()
        .iter()
        .map(|day| day.date)
        .filter(|day| (date(first)..=date(last)).contains(day))
        .collect();
    for day in days {
        for (session, text) in Session::ALL.into_iter().zip(["/", "\\"]) {
            set(attendance, number, &day.to_string(), session, text);
        }
    }
}

pub fn trigger(school_days: u16, counting: Counting, day: DayNeeds, text: &str) -> DaysTrigger {
    DaysTrigger {
        school_days,
        counting,
        day,
        codes: codes(text),
    }
}

fn times(opens: &str, closes: &str, ends: &str) -> RegisterTimes {
    let time = |text: &str| text.parse().expect(text);
    RegisterTimes {
        opens: time(opens),
        late_from: time(opens),
        closes: time(closes),
        closing_minute: ClosingMinute::AfterClosing,
        ends: time(ends),
        ends_by_year: BTreeMap::new(),
    }
}

pub fn penalty() -> PenaltyThreshold {
    PenaltyThreshold {
        sessions: 10,
        school_weeks: 10,
        codes: codes("G N O U"),
    }
}

pub fn rules() -> SchoolRules {
    SchoolRules {
        am: times("08:45", "09:15", "12:00"),
        pm: times("13:00", "13:30", "15:20"),
        clock_doubt_seconds: 30,
        notify_by: None,
        settle: fold::Rules::default(),
        reason_owed: ReasonOwed {
            school_days: 5,
            then: code("O"),
        },
        welfare_check: Some(WelfareCheck {
            trigger: trigger(3, Counting::Consecutive, DayNeeds::EverySession, "G N O U"),
            visitors: 2,
            within_school_days: 0,
        }),
        absence_return: Some(trigger(
            10,
            Counting::Consecutive,
            DayNeeds::EverySession,
            "G N O U",
        )),
        sickness_return: Some(trigger(15, Counting::Cumulative, DayNeeds::EverySession, "I")),
        penalty: penalty(),
        absence: AbsenceShares {
            persistent: share(100),
            severe: share(500),
        },
        target: Some(share(970)),
        bands: vec![
            Band {
                name: "Excellent".to_owned(),
                from: share(970),
                edge: Edge::Excluded,
            },
            Band {
                name: "A concern".to_owned(),
                from: share(900),
                edge: Edge::Included,
            },
        ],
        steps: vec![
            Step {
                name: "Letter 1".to_owned(),
                when: StepWhen::AttendanceBelow(share(950)),
            },
            Step {
                name: "Lateness letter".to_owned(),
                when: StepWhen::LateSessions {
                    sessions: 10,
                    codes: codes("L U"),
                },
            },
            Step {
                name: "Medical evidence".to_owned(),
                when: StepWhen::Days(trigger(3, Counting::Consecutive, DayNeeds::AnySession, "I")),
            },
        ],
        codes_by_role: BTreeMap::new(),
        sign_off: SignOffWith::OpenDecisionsNamed,
        retention_years: 6,
    }
}

/// A register with pupils 1 to `pupils` and nothing marked.
pub fn register(pupils: u64) -> Attendance {
    Attendance::of(calendar(), (1..=pupils).map(enrolled), [])
}

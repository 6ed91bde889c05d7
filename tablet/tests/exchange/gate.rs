//! The late gate: `L` or `U` from the time and the school's rules, as its tablet was told them.

use crate::support::{School, author, date, sync};
use daymark_core::calendar::file;
use daymark_core::entry::Duty;
use daymark_core::ids::PupilNumber;
use daymark_core::roster::Role;
use daymark_core::rules::arrival::Arrival;
use daymark_core::rules::{RegisterPolicy, RuleBook};
use daymark_core::session::Session;
use daymark_tablet::arrivals::{Came, NoLateness, lateness, school_time, session_at};
use daymark_tablet::decisions::{Kind, cases};
use daymark_tablet::register::rows;
use daymark_tablet::{MemoryStorage, Tablet};

const PUPIL: PupilNumber = PupilNumber(1001);

fn policy() -> RegisterPolicy {
    let rules = r#"
        [[rules]]
        effective_from = 2025-09-01
        am = { opens = "08:45", closes = "09:15", ends_by_year = { 4 = "11:30" } }
        codes_by_role = { teacher = ["/", "\\", "L", "N", "U"] }
    "#;
    let calendar = "terms = [{ name = \"Spring\", first = 2026-02-23, last = 2026-03-27 }]\ninsets = [{ date = 2026-03-06 }]";
    let (book, calendar) = (
        RuleBook::parse(rules).expect("rules"),
        file::read(calendar).expect("a calendar"),
    );
    RegisterPolicy::new(Some(&book), Some(calendar))
}

fn came(at: &str) -> Came {
    Came {
        date: date(),
        session: Session::Am,
        at: at.parse().expect("a time"),
    }
}

fn arrival(tablet: &Tablet<MemoryStorage>, at: &str) -> Result<(Arrival, u32), NoLateness> {
    lateness(tablet.replica(), PUPIL, came(at), tablet.replica().clock())
        .map(|late| (late.arrival, late.minutes_late))
}

#[tokio::test]
async fn the_rules_and_the_calendar_reach_a_tablet_and_make_its_l_and_u() {
    let school = School::of(policy());
    let (mut gate, _) = school.tablet(Role::Gate);
    assert!(
        matches!(arrival(&gate, "09:05"), Err(NoLateness::NoTimes { .. })),
        "nothing was told yet"
    );
    sync(&mut gate, &school).await;
    assert_eq!(*gate.replica().policy(), policy(), "as the school has written it");
    let clock = gate.replica().clock().expect("it was compared");
    assert!(clock.offset_ms == 0 && clock.doubt_ms < 1000, "{clock:?}");
    assert_eq!(arrival(&gate, "09:05"), Ok((Arrival::Late, 20)));
    assert_eq!(
        arrival(&gate, "09:15:10"),
        Ok((Arrival::Late, 30)),
        "the closing minute is the child's"
    );
    assert_eq!(arrival(&gate, "09:15:45"), Ok((Arrival::LateInDoubt, 30)));
    assert_eq!(arrival(&gate, "09:16:10"), Ok((Arrival::LateInDoubt, 31)));
    assert_eq!(arrival(&gate, "09:16:30"), Ok((Arrival::AfterClosing, 31)));
    assert!(matches!(arrival(&gate, "08:30"), Err(NoLateness::OnTime { .. })));
    assert!(
        matches!(arrival(&gate, "11:30"), Err(NoLateness::Over { .. })),
        "year 4 ends early"
    );
    let inset = Came {
        date: "2026-03-06".parse().expect("a date"),
        ..came("09:05")
    };
    let refused = lateness(gate.replica(), PUPIL, inset, None).expect_err("an INSET day");
    assert!(matches!(refused, NoLateness::NoSession { .. }), "{refused}");
    let afternoon = Came {
        session: Session::Pm,
        ..came("13:20")
    };
    let refused = lateness(gate.replica(), PUPIL, afternoon, None).expect_err("nobody said when");
    assert!(refused.to_string().contains("rules.toml"), "{refused}");
}

#[tokio::test]
async fn a_mark_near_the_closing_is_l_and_a_question_on_every_screen_until_the_office_answers() {
    let school = School::of(policy());
    let (mut gate, _) = school.tablet(Role::Gate);
    let (mut office, _) = school.tablet(Role::Office);
    sync(&mut gate, &school).await;
    let late = lateness(gate.replica(), PUPIL, came("09:16:10"), gate.replica().clock()).expect("late");
    let by = author(&gate, "gate", "09:16:10");
    let report = gate
        .mark(&by, date(), Session::Am, &[(PUPIL, late.mark)])
        .expect("marked");
    assert_eq!(report.recorded.len(), 1, "{:?}", report.refused);
    let shown = &rows(gate.replica(), date(), Session::Am, &Duty::Gate)[0];
    assert_eq!(shown.code.as_deref(), Some("L"));
    let asks = |words: &[String]| {
        words
            .iter()
            .any(|words| words.contains("Question for the office: L or U?"))
    };
    assert!(asks(&shown.words), "{shown:?}");
    sync(&mut gate, &school).await;
    sync(&mut office, &school).await;

    let open = cases(office.replica(), date());
    assert_eq!(open.len(), 1, "{open:?}");
    assert!(open[0].kind == Kind::Question && open[0].kind.is_open() && open[0].code.is_some());
    let by = author(&office, "office", "10:00");
    let answer = daymark_core::record::Mark {
        code: "U".parse().expect("a code"),
        particulars: daymark_core::entry::Particulars::default(),
        reason: Some("The gate was shut".into()),
    };
    let entry = office
        .decide(&by, date(), Session::Am, PUPIL, &answer)
        .expect("answered");
    assert_eq!(entry.particulars.arrived_at, Some(came("09:16:10").at));
    assert!(cases(office.replica(), date()).is_empty());
}

#[tokio::test]
async fn a_role_is_that_of_the_person_and_refuses_on_the_tablet() {
    let school = School::of(policy());
    let (mut class, _) = school.tablet(Role::Teacher);
    sync(&mut class, &school).await;
    let by = author(&class, "class:4B", "09:00");
    assert_eq!(by.role, Role::Teacher);
    let report = class
        .mark(
            &by,
            date(),
            Session::Am,
            &crate::support::marks("I", &[1001, 1002]),
        )
        .expect("the tablet writes");
    assert!(report.recorded.is_empty());
    let words = report.refused[0].1.to_string();
    assert!(words.contains("a teacher does not enter code I"), "{words}");
    let report = class
        .mark(&by, date(), Session::Am, &crate::support::marks("N", &[1001]))
        .expect("the tablet writes");
    assert_eq!(report.recorded.len(), 1);
}

#[test]
fn the_time_at_the_gate_is_that_of_the_school_in_summer_too() {
    let shown = |moment: &str| school_time(moment.parse().expect("a time")).map(|time| time.to_string());
    assert_eq!(shown("2026-03-02T09:05:10").as_deref(), Some("09:05:10"));
    assert_eq!(shown("2026-07-01T08:05:00").as_deref(), Some("09:05"));
    assert_eq!(shown("2026-07-01T09:05:00+01:00").as_deref(), Some("09:05"));
    assert_eq!(session_at("11:59:59".parse().expect("a time")), Session::Am);
    assert_eq!(session_at("12:00".parse().expect("a time")), Session::Pm);
}

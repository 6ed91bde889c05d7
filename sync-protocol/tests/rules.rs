//! What settles by itself is dated: hub and tablets judge each day by the rules of that day.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::*;
use daymark_core::calendar::file;
use daymark_core::entry::{Duty, Entry};
use daymark_core::fold::{DatedRules, Dispute, Rule, Rules, Standing};
use daymark_core::ids::PupilNumber;
use daymark_core::roster::{Role, Roster};
use daymark_core::rules::{RegisterPolicy, RuleBook};
use daymark_core::session::{Cell, Date, Session};
use daymark_sync_protocol::brief::{Brief, BriefCounting, BriefPolicy, BriefRules};
use daymark_sync_protocol::client::{Ask, Replica};
use daymark_sync_protocol::frame::Window;
use daymark_sync_protocol::hub::{Hub, SchoolFacts};

const OFFICE: u32 = 1;
const TEACHER: u32 = 2;
const GATE: u32 = 3;
const NEITHER: Rules = Rules { r1: false, r2: false };

fn yesterday() -> Date {
    date().minus(1).unwrap()
}

/// R1 and R2 settled until yesterday, and neither does today.
fn dated() -> DatedRules {
    DatedRules::new(Rules::default(), [(date(), NEITHER)])
}

fn on(date: Date, entry: Entry) -> Entry {
    Entry {
        cell: Cell { date, ..entry.cell },
        recorded_at: date.start_unix_seconds() + 31_800,
        ..entry
    }
}

fn sync(journal: &mut Journal, hub: &mut Hub, device: u32, tablet: &mut Replica) {
    let gathered = tablet.gather().unwrap();
    apply(tablet, gathered);
    let ask = Ask {
        window: Some(Window {
            from: yesterday(),
            to: date(),
        }),
        want_brief: true,
        ..Ask::default()
    };
    let request = tablet.request(0, &ask).unwrap();
    let reply = journal.exchange(hub, device, &request);
    let (records, _) = tablet.reply(&request, &reply, 0, 0).unwrap();
    apply(tablet, records);
}

#[test]
fn each_day_is_settled_by_its_own_rules_on_hub_and_tablet_alike() {
    let mut journal = Journal::of(vec![
        enrolment(OFFICE, grant(Role::Office, &[])),
        enrolment(TEACHER, grant(Role::Teacher, &["4B"])),
        enrolment(GATE, grant(Role::Gate, &[])),
    ]);
    let facts = SchoolFacts {
        rules: dated(),
        policy: std::sync::Arc::default(),
        ..facts()
    };
    let mut hub = journal.hub_of(facts, &Roster::default());
    let mut office = replica(OFFICE, grant(Role::Office, &[]));
    let mut teacher = replica(TEACHER, grant(Role::Teacher, &["4B"]));
    let mut gate = replica(GATE, grant(Role::Gate, &[]));
    assert_eq!(office.rules(), DatedRules::default(), "nothing was told yet");
    for date in [yesterday(), date()] {
        let absent = on(date, entry(TEACHER, &class("4B"), "N", 7));
        let taps = teacher.tap(&[absent]).unwrap();
        apply(&mut teacher, taps);
        let late = on(date, entry(GATE, &Duty::Gate, "L", 7));
        let taps = gate.tap(&[late]).unwrap();
        apply(&mut gate, taps);
    }
    sync(&mut journal, &mut hub, TEACHER, &mut teacher);
    sync(&mut journal, &mut hub, GATE, &mut gate);
    sync(&mut journal, &mut hub, OFFICE, &mut office);

    for replica in [&office, &teacher, &gate] {
        assert_eq!(replica.rules(), dated());
    }
    let settled = Standing::Settled {
        code: code("L"),
        rule: Rule::R1,
    };
    let disputed = Standing::Disputed {
        why: Dispute::Different,
    };
    for (date, standing) in [(yesterday(), settled), (date(), disputed)] {
        let cell = Cell {
            date,
            session: Session::Am,
            pupil: PupilNumber(7),
        };
        let at_office = office.day(date);
        assert_eq!(at_office.cell(&cell).unwrap().standing, standing, "{date}");
        assert_eq!(at_office.canonical(), hub.day(date).canonical(), "{date}");
    }
}

#[test]
fn a_brief_carries_dates_only_where_something_changes() {
    for rules in [DatedRules::default(), NEITHER.into(), dated()] {
        let brief = Brief {
            rules: BriefRules::from(&rules),
            ..Brief::default()
        };
        let read = Brief::decode(&brief.encode()).unwrap();
        assert_eq!(DatedRules::from(&read.rules), rules);
        assert_eq!(read.rules.later.is_some(), rules == dated());
    }
}

/// Rules of every kind, and a calendar of two years.
fn policy() -> RegisterPolicy {
    let rules = r#"
        profile = "allington"
        [[rules]]
        effective_from = 2025-09-01
        sign_off = "nothing-open"
        codes_by_role = { teacher = ["/", "L", "N"] }
        [[rules]]
        effective_from = 2026-04-13
        am = { closes = "09:10", at_close = "U" }
        pm = { opens = "13:00", ends = "15:20", ends_by_year = { R = "15:10" } }
    "#;
    let calendar = r#"
        terms = [
            { name = "Autumn", first = 2024-09-02, last = 2024-12-20 },
            { name = "Spring", first = 2026-01-05, last = 2026-03-27 },
            { name = "Summer", first = 2026-04-13, last = 2026-07-21 },
        ]
        insets = [{ date = 2024-09-02 }, { date = 2026-03-06 }]
        closures = [{ name = "Half-term", first = 2026-02-16, last = 2026-02-20 }]
        half_days = [{ date = 2026-07-21, session = "AM" }]
    "#;
    RegisterPolicy::new(
        Some(&RuleBook::parse(rules).unwrap()),
        Some(file::read(calendar).unwrap()),
    )
}

#[test]
fn the_rules_of_recording_travel_whole_and_the_calendar_as_far_as_it_is_of_use() {
    let today: Date = "2026-03-02".parse().unwrap();
    let brief = Brief {
        policy: BriefPolicy::of(&policy(), today),
        ..Brief::default()
    };
    let read = Brief::decode(&brief.encode()).unwrap().policy.unwrap().read();
    assert_eq!(read.sets(), policy().sets());
    assert_eq!(read.sets().len(), 2);
    let (ours, theirs) = (
        policy().calendar().unwrap().clone(),
        read.calendar().unwrap().clone(),
    );
    for day in 0..200 {
        let date = today.minus(50).unwrap().plus(day).unwrap();
        for session in Session::ALL {
            assert_eq!(
                theirs.is_held(date, session),
                ours.is_held(date, session),
                "{date} {session}"
            );
        }
    }
    assert!(
        theirs.first_day() > "2025-01-01".parse().unwrap(),
        "a year ago is of no use"
    );
    assert!(theirs.last_day() >= "2026-07-01".parse().unwrap());
    assert_eq!(BriefPolicy::of(&RegisterPolicy::default(), today), None);
}

#[test]
fn by_what_a_school_counts_travels_whole() {
    let text = "profile = \"ben-rhydding\"\n# Ours.\n[[rules]]\neffective_from = 2024-08-19\n";
    let counting = BriefCounting::of(Some(text), &policy()).unwrap();
    let brief = Brief {
        counting: Some(counting),
        ..Brief::default()
    };
    let read = Brief::decode(&brief.encode()).unwrap().counting.unwrap();
    assert_eq!(read.rules().unwrap(), RuleBook::parse(text).unwrap());
    assert_eq!(read.calendar().as_ref(), policy().calendar(), "two years of it");
    let none = BriefCounting::of(None, &policy()).unwrap();
    assert_eq!(none.rules().unwrap(), RuleBook::statutory());
    assert_eq!(BriefCounting::of(Some(text), &RegisterPolicy::default()), None);
    let newer = BriefCounting::of(Some("profile = \"of-next-year\"\n"), &policy()).unwrap();
    assert!(
        newer.rules().is_err(),
        "what this program does not know is not guessed"
    );
}

#[test]
fn a_peer_that_knows_no_policy_reads_the_rest_and_a_brief_without_one_is_as_it_was() {
    /// A brief as an earlier program reads it: fields that it does not know are passed over.
    #[derive(Debug, minicbor::Decode)]
    #[cbor(array)]
    struct Earlier {
        #[n(0)]
        school_name: String,
        #[n(9)]
        good_until: Option<Date>,
    }
    let today: Date = "2026-03-02".parse().unwrap();
    let mut brief = Brief {
        school_name: "Hill Road Primary".into(),
        good_until: Some(today),
        ..Brief::default()
    };
    let without = brief.encode();
    brief.policy = BriefPolicy::of(&policy(), today);
    let with = brief.encode();
    let earlier: Earlier = minicbor::decode(&with).unwrap();
    assert_eq!(
        (earlier.school_name.as_str(), earlier.good_until),
        ("Hill Road Primary", Some(today))
    );
    assert_eq!(Brief::decode(&without).unwrap().policy, None);
    assert!(
        without.len() < with.len() && with.len() - without.len() < 600,
        "{} bytes",
        with.len()
    );
}

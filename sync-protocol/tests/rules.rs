//! What settles by itself is dated: hub and tablets judge each day by the rules of that day.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::*;
use daymark_core::entry::{Duty, Entry};
use daymark_core::fold::{DatedRules, Dispute, Rule, Rules, Standing};
use daymark_core::ids::PupilNumber;
use daymark_core::roster::{Role, Roster};
use daymark_core::session::{Cell, Date, Session};
use daymark_sync_protocol::brief::{Brief, BriefRules};
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

//! The formats, byte for byte: what is stored and hashed today must be read and hashed the same for ever.
//!
//! When a line differs, a format changed. Then either put it back, or make a new version of that format beside the
//! old one, and add lines; a line that is here never changes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write;

use common::*;
use daymark_core::attendance::worklists::{AttemptResult, How};
use daymark_core::document::Document;
use daymark_core::document_id::DocumentId;
use daymark_core::entry::{ClockCheck, Duty, Entry};
use daymark_core::follow_up::FollowUp;
use daymark_core::ids::{DeviceNumber, EntryId, PupilNumber, hex};
use daymark_core::item::{Item, Statement, statement_id};
use daymark_core::session::Session;
use daymark_core::sign_off::{SeenSheet, SignOff};
use daymark_core::trip::{HeadCount, LeftGroup, Rejoined, TripGroup, TripPlan, TripSession, TripStatement};
use daymark_core::visit::{
    Alone, Arrived, BackSafe, CardLeft, Grade, NextStep, Opened, Outcome, ReadBoth, VisitStatement,
};

const GOLDEN: &str = include_str!("golden/formats.txt");

struct Lines(BTreeMap<String, String>);

impl Lines {
    fn add(&mut self, name: &str, bytes: &[u8]) {
        assert!(
            self.0.insert(name.replace(' ', "-"), hex(bytes)).is_none(),
            "{name}"
        );
    }

    fn slip(&mut self, name: &str, entries: &[Entry]) {
        let item = Item::Slip(entries.to_vec());
        self.add(&format!("slip {name}"), &item.encode());
        assert_eq!(Item::decode(&item.encode()).unwrap(), item);
        for (index, entry) in entries.iter().enumerate() {
            self.add(&format!("slip {name} id {index}"), &entry.id().0);
        }
    }

    fn statement(&mut self, name: &str, document: &DocumentId, item: &Item) {
        let bytes = item.encode();
        assert_eq!(&Item::decode(&bytes).unwrap(), item);
        self.add(&format!("statement {name}"), &bytes);
        self.add(&format!("statement {name} id"), &statement_id(document, &bytes).0);
    }
}

fn slips(lines: &mut Lines) {
    lines.slip("first mark", &[entry(&class(), "/")]);
    lines.slip(
        "trip",
        &[entry(&on_trip(1), "V"), {
            entry(&on_trip(1), "V").at(cell_of(Session::Pm, PupilNumber(300)))
        }],
    );
    lines.slip("gate", &[entry(&Duty::Gate, "L"), entry(&Duty::Gate, "U")]);
    lines.slip("office", &[entry(&Duty::Office, "I"), entry(&Duty::Office, "B")]);
    lines.slip("a code outside the table", &[entry(&class(), "~~")]);
    let original = entry(&class(), "N");
    let mut change = entry(&Duty::Office, "V").instead_of(&[&original]);
    change.particulars.comment = Some("rang at 9".into());
    change.sign_off = Some(EntryId([5; 32]));
    lines.slip("amendment", &[change]);
    let mut back = entry(&class(), "/").instead_of(&[&original]);
    back.code = None;
    lines.slip("take-back", &[back]);
    let mut clock = entry(&class(), "/");
    clock.clock = Some(ClockCheck {
        offset_ms: -2_100,
        doubt_ms: 300,
    });
    clock.recorded_at = -7;
    clock.cell.pupil = PupilNumber(u64::MAX);
    clock.device = DeviceNumber(u32::MAX);
    lines.slip("clock and extremes", &[clock]);
}

fn sign_off_of_the_morning() -> Statement<SignOff> {
    let body = SignOff {
        session: Session::Am,
        saw: vec![SeenSheet {
            sheet: sheet(&Duty::Gate).id().clone(),
            heads: sheet(&Duty::Gate).heads(),
        }],
        disputed: vec![PUPIL],
        unmarked: vec![PupilNumber(3)],
    };
    statement(stamp(14, "d-office"), body)
}

fn statements(lines: &mut Lines) {
    let trip = DocumentId::Trip(trip_id(1));
    let visit = DocumentId::Visit(visit_id(1));
    let from = TripSession {
        date: date(),
        session: Session::Pm,
    };
    let office = sheet(&Duty::Office);
    lines.statement("sign-off", office.id(), &Item::SignOff(sign_off_of_the_morning()));
    let tried = FollowUp::Attempt {
        pupil: PUPIL,
        how: How::Phone,
        result: AttemptResult::NoAnswer,
    };
    let taken = FollowUp::step(PUPIL, "First letter").expect("a name");
    for (name, body) in [("follow-up attempt", tried), ("follow-up step", taken)] {
        let item = Item::FollowUp(statement(stamp(14, "d-office"), body));
        lines.statement(name, office.id(), &item);
    }

    let plan = TripPlan {
        title: "Museum".into(),
        code: code("V"),
        nature: Some("history".into()),
        place: Some("York".into()),
        leader: person("m-lead"),
        supervisors: vec![person("m-lead")],
        sessions: vec![from],
        participants: vec![PUPIL],
        tablets: vec![DeviceNumber(21)],
        groups: None,
    };
    let count = HeadCount {
        expected: 30,
        found: 29,
        missing: vec![PUPIL],
        place: None,
        group: None,
    };
    let left = LeftGroup {
        pupil: PUPIL,
        with: "mother".into(),
        from,
    };
    let group = TripGroup {
        name: "Coach A".into(),
        leader: person("b-trip"),
        pupils: vec![PUPIL],
    };
    let in_groups = TripPlan {
        groups: Some(vec![group]),
        ..plan.clone()
    };
    let of_group = HeadCount {
        group: Some("Coach A".into()),
        ..count.clone()
    };
    let of_the_trip = [
        ("trip plan in groups", TripStatement::Plan(in_groups)),
        ("trip head count of a group", TripStatement::HeadCount(of_group)),
        ("trip plan", TripStatement::Plan(plan)),
        ("trip head count", TripStatement::HeadCount(count)),
        ("trip left", TripStatement::LeftGroup(left)),
        (
            "trip rejoined",
            TripStatement::Rejoined(Rejoined { pupil: PUPIL, from }),
        ),
    ];
    for (name, body) in of_the_trip {
        let mut said = statement(stamp(21, "m-lead"), body);
        said.supersedes = [EntryId([1; 32]), EntryId([2; 32])].into();
        said.reason = Some("put right".into());
        lines.statement(name, &trip, &Item::Trip(said));
    }

    let opened = Opened {
        pupil: PUPIL,
        trigger: "3 days".into(),
        visitors: vec![person("ann")],
        alone: Some(Alone {
            authorised_by: person("h-head"),
            reason: "colleague ill".into(),
        }),
        back_by: None,
    };
    let back_by = Opened {
        back_by: Some(1_772_503_600),
        ..opened.clone()
    };
    let outcome = Outcome {
        grade: Grade::SeenThroughWindow,
        answered: Some("aunt".into()),
        child_words: None,
    };
    let other_address = Some("2 Mill Lane".into());
    let next = NextStep {
        what: "call".into(),
        due: 1_772_500_000,
    };
    let read = ReadBoth {
        agrees: false,
        note: Some("the time".into()),
    };
    let of_the_visit = [
        ("visit opened with a time", VisitStatement::Opened(back_by)),
        ("visit opened", VisitStatement::Opened(opened)),
        (
            "visit arrived",
            VisitStatement::Arrived(Arrived { other_address }),
        ),
        ("visit outcome", VisitStatement::Outcome(outcome)),
        (
            "visit card left",
            VisitStatement::CardLeft(CardLeft {
                reply_by: Some(1_772_500_000),
            }),
        ),
        ("visit next step", VisitStatement::NextStep(next)),
        ("visit read", VisitStatement::Read(read)),
        ("visit back safe", VisitStatement::BackSafe(BackSafe {})),
    ];
    for (name, body) in of_the_visit {
        let mut stamp = stamp(22, "ann");
        stamp.clock = Some(ClockCheck {
            offset_ms: 40,
            doubt_ms: 7,
        });
        lines.statement(name, &visit, &Item::Visit(statement(stamp, body)));
    }
}

fn documents(lines: &mut Lines) {
    for (name, id) in [
        ("class sheet", DocumentId::Sheet(date(), class())),
        ("gate sheet", DocumentId::Sheet(date(), Duty::Gate)),
        ("office sheet", DocumentId::Sheet(date(), Duty::Office)),
        ("trip sheet", DocumentId::Sheet(date(), on_trip(1))),
        ("trip", DocumentId::Trip(trip_id(1))),
        ("visit", DocumentId::Visit(visit_id(1))),
    ] {
        lines.add(&format!("document {name} id"), &id.to_bytes());
        let document = Document::new(SCHOOL, id);
        lines.add(&format!("document {name} first change"), &document.heads()[0].0);
    }
    let mut class_sheet = sheet(&class());
    let change = write(&mut class_sheet, &[entry(&class(), "/")]);
    lines.add("change with one mark", &change);
}

fn a_day(lines: &mut Lines) {
    let other = |number| cell_of(Session::Am, PupilNumber(number));
    let (absent, late) = (entry(&class(), "N"), entry(&Duty::Gate, "L"));
    let (here, there) = (
        entry(&class(), "/").at(other(2)),
        entry(&on_trip(1), "V").at(other(2)),
    );
    let twice = [
        entry(&class(), "/").at(other(3)),
        entry(&class(), "/").at(other(3)).by("ann"),
    ];
    let mut back = twice[0].clone().instead_of(&[&twice[0], &twice[1]]);
    back.code = None;
    let bad = entry(&class(), "H").at(other(4));
    let listed = [
        entry(&class(), "N").at(other(5)),
        entry(&on_trip(1), "V").at(other(5)),
    ];
    let afternoon = entry(&class(), "\\").at(cell_of(Session::Pm, PUPIL));
    let proposal = entry(&Duty::Gate, "U").by("second");
    let all = [
        &absent, &late, &here, &there, &twice[0], &twice[1], &back, &bad, &listed[0], &listed[1], &afternoon,
    ];
    let signed = sign_off_of(6, &all);
    let mut with_proposal = all.to_vec();
    with_proposal.push(&proposal);
    lines.add(
        "canonical day",
        &signed_day(&with_proposal, &[&signed]).canonical(),
    );
}

#[test]
fn the_formats_are_those_that_were_written_down() {
    let mut lines = Lines(BTreeMap::new());
    slips(&mut lines);
    statements(&mut lines);
    documents(&mut lines);
    a_day(&mut lines);
    let mut now = String::new();
    for (name, bytes) in &lines.0 {
        writeln!(now, "{name} {bytes}").unwrap();
    }
    for (was, is) in GOLDEN.lines().zip(now.lines()) {
        assert_eq!(was, is);
    }
    assert!(GOLDEN == now, "the lines should be:\n-----\n{now}-----");
}

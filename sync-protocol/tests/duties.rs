//! Duties: given, changed and ended; and what was recorded outside one, which every replica sees alike.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::*;
use daymark_core::entry::Duty;
use daymark_core::fold::Irregularity;
use daymark_core::grant::Grant;
use daymark_core::ids::{DeviceNumber, PupilNumber};
use daymark_core::roster::{Role, Roster};
use daymark_core::session::{Cell, Session};
use daymark_sync_protocol::client::{Ask, Record, Replica, ReplyError};
use daymark_sync_protocol::event::{Event, Given};
use daymark_sync_protocol::frame::Ack;
use daymark_sync_protocol::hub::Hub;

const OFFICE: u32 = 1;
const TEACHER: u32 = 2;
const GATE: u32 = 3;

struct School {
    journal: Journal,
    hub: Hub,
}

impl School {
    fn new() -> Self {
        let journal = Journal::of(vec![
            enrolment(OFFICE, grant(Role::Office, &[])),
            enrolment(TEACHER, grant(Role::Teacher, &["4B"])),
            enrolment(GATE, grant(Role::Gate, &[])),
        ]);
        let hub = journal.hub(&Roster::default());
        Self { journal, hub }
    }

    /// Gives a device another duty, as the office does.
    fn give(&mut self, device: u32, grant: Grant) {
        let mut enrolment = self.hub.devices()[&DeviceNumber(device)].enrolment.clone();
        let given = Given {
            place: self.hub.next_place(),
            grant,
            at_ms: NOON_MS,
            by: Some("j-roe".parse().unwrap()),
        };
        enrolment
            .before
            .push(std::mem::replace(&mut enrolment.given, given));
        self.journal.events.push(Event::Enrolled(enrolment.clone()));
        self.hub.enrolled(&enrolment);
    }

    fn sync(&mut self, device: u32, tablet: &mut Replica) -> Vec<Ack> {
        let gathered = tablet.gather().unwrap();
        apply(tablet, gathered);
        let ask = Ask {
            window: Some(window()),
            want_brief: true,
            ..Ask::default()
        };
        let request = tablet.request(0, &ask).unwrap();
        let reply = self.journal.exchange(&mut self.hub, device, &request);
        let (records, _) = tablet.reply(&request, &reply, 0, 0).unwrap();
        apply(tablet, records);
        reply.acks
    }
}

fn tap(tablet: &mut Replica, device: u32, duty: &Duty, pupil: u64) {
    let records = tablet.tap(&[entry(device, duty, "N", pupil)]).unwrap();
    apply(tablet, records);
}

fn cell(pupil: u64) -> Cell {
    Cell {
        date: date(),
        session: Session::Am,
        pupil: PupilNumber(pupil),
    }
}

#[test]
fn what_was_recorded_outside_a_duty_is_out_of_order_on_every_replica_alike() {
    let mut school = School::new();
    let mut teacher = replica(TEACHER, grant(Role::Teacher, &["4B"]));
    let mut office = replica(OFFICE, grant(Role::Office, &[]));
    school.sync(TEACHER, &mut teacher);
    tap(&mut teacher, TEACHER, &Duty::Gate, 7);
    tap(&mut teacher, TEACHER, &class("4B"), 8);
    let acks = school.sync(TEACHER, &mut teacher);
    assert!(matches!(&acks[..], [Ack::Stored, Ack::Refused(why)] if why.code == "not-granted"));

    // The office lets it in, so that it is in the register and seen; that gives the device no duty.
    let aside = school.journal.aside().remove(0);
    let by = "j-roe".parse().unwrap();
    let receipt = school
        .hub
        .release_aside(&aside, &by, "Looked at", NOON_MS)
        .unwrap();
    school.journal.events.extend(receipt.events.iter().cloned());
    school.hub.durable(&receipt);
    school.sync(OFFICE, &mut office);

    let at_office = office.day(date());
    for (whose, day) in [
        ("the hub's", school.hub.day(date())),
        ("the office's", &at_office),
        ("its own", &teacher.day(date())),
    ] {
        let outside = day.cell(&cell(7)).unwrap();
        assert!(
            matches!(&outside.irregular[..], [found] if matches!(found.why, Irregularity::NoDuty { .. })),
            "{whose}: {outside:?}"
        );
        assert!(outside.candidates.is_empty(), "{whose}: it moves nothing");
        assert!(day.cell(&cell(8)).unwrap().irregular.is_empty(), "{whose}");
    }
    assert_eq!(at_office.canonical(), school.hub.day(date()).canonical());
    let anew = school.journal.hub(&Roster::default());
    assert_eq!(anew.duties(), school.hub.duties(), "a restart knows the same");
}

#[test]
fn a_duty_that_is_given_later_counts_everywhere_and_what_was_recorded_before_stays_good() {
    let mut school = School::new();
    let mut teacher = replica(TEACHER, grant(Role::Teacher, &["4B"]));
    let mut office = replica(OFFICE, grant(Role::Office, &[]));
    school.sync(TEACHER, &mut teacher);
    tap(&mut teacher, TEACHER, &class("4B"), 8);
    assert_eq!(school.sync(TEACHER, &mut teacher), [Ack::Stored]);
    school.give(TEACHER, grant(Role::Gate, &[]));
    tap(&mut teacher, TEACHER, &Duty::Gate, 7);
    assert_eq!(school.sync(TEACHER, &mut teacher), [Ack::Stored]);
    assert_eq!(teacher.grant().unwrap().role, Role::Gate, "it was told");
    school.sync(OFFICE, &mut office);
    for pupil in [7, 8] {
        let fold = office.day(date());
        assert!(fold.cell(&cell(pupil)).unwrap().irregular.is_empty(), "{pupil}");
    }
    assert_eq!(office.day(date()).canonical(), school.hub.day(date()).canonical());
    let anew = school.journal.hub(&Roster::default());
    assert_eq!(anew.duties(), school.hub.duties());
}

#[test]
fn a_duty_that_has_ended_brings_nothing_down_and_still_lets_up_what_was_recorded() {
    let mut school = School::new();
    let now = i64::try_from(NOON_MS / 1000).unwrap();
    let sheet = sheet(&class("4B"));
    let mut teacher = replica(TEACHER, grant(Role::Teacher, &["4B"]));
    school.sync(TEACHER, &mut teacher);
    assert!(teacher.brief().unwrap().good_until.is_some());
    tap(&mut teacher, TEACHER, &class("4B"), 8);
    school.give(
        TEACHER,
        Grant {
            ends_at: Some(now),
            ..grant(Role::Teacher, &["4B"])
        },
    );
    let device = DeviceNumber(TEACHER);
    assert!(!school.hub.may_read(device, &sheet, NOON_MS));
    assert!(school.hub.may_read(device, &sheet, NOON_MS - 1000), "until then");
    assert_eq!(school.sync(TEACHER, &mut teacher), [Ack::Stored]);
    let brief = teacher.brief().unwrap();
    assert!(brief.pupils.is_empty() && brief.good_until.is_none(), "{brief:?}");
    assert!(teacher.grant().unwrap().has_ended(now));

    // Whoever takes that tablet over starts with nothing.
    let mut cold = replica(TEACHER, grant(Role::Teacher, &["4B"]));
    school.sync(TEACHER, &mut cold);
    assert_eq!(cold.documents().count(), 0, "nothing comes down");
}

#[test]
fn a_supply_teachers_duty_is_one_day_and_writes_nowhere_else() {
    let mut school = School::new();
    let supply = Grant {
        day: Some(date()),
        ..grant(Role::Teacher, &["5A"])
    };
    school.give(GATE, supply.clone());
    let mut tablet = replica(GATE, supply);
    tap(&mut tablet, GATE, &class("5A"), 8);
    assert_eq!(school.sync(GATE, &mut tablet), [Ack::Stored]);
    let mut tomorrow = entry(GATE, &class("5A"), "N", 8);
    tomorrow.cell.date = date().plus(1).unwrap();
    let records = tablet.tap(&[tomorrow]).unwrap();
    apply(&mut tablet, records);
    let acks = school.sync(GATE, &mut tablet);
    assert!(
        matches!(&acks[..], [Ack::Refused(why)] if why.code == "not-granted"),
        "{acks:?}"
    );
}

#[test]
fn a_school_that_was_restored_and_gave_other_duties_is_followed_when_it_says_the_whole_list() {
    let mut school = School::new();
    let backup = school.journal.clone();
    school.give(GATE, grant(Role::Team, &[]));
    let mut teacher = replica(TEACHER, grant(Role::Teacher, &["4B"]));
    school.sync(TEACHER, &mut teacher);

    // Restored from the backup, the office gives the device another duty, and then one more.
    let mut school = School {
        hub: backup.hub(&Roster::default()),
        journal: backup,
    };
    school.give(GATE, grant(Role::Teacher, &["5A"]));
    school.give(GATE, grant(Role::Office, &[]));
    tap(&mut teacher, TEACHER, &class("4B"), 8);
    let gathered = teacher.gather().unwrap();
    apply(&mut teacher, gathered);
    let mut ask = Ask::default();
    let request = teacher.request(0, &ask).unwrap();
    let reply = school.journal.exchange(&mut school.hub, TEACHER, &request);
    let refused = teacher.reply(&request, &reply, 0, 0);
    assert!(matches!(refused, Err(ReplyError::OtherDuties)), "{refused:?}");
    assert_eq!(teacher.not_yet_sent(), 1);

    ask.duties_anew = true;
    let request = teacher.request(0, &ask).unwrap();
    let reply = school.journal.exchange(&mut school.hub, TEACHER, &request);
    let (records, _) = teacher.reply(&request, &reply, 0, 0).unwrap();
    // What is written down says the same when it is read again.
    let records = records
        .iter()
        .map(|record| Record::decode(&record.encode()).unwrap());
    apply(&mut teacher, records.collect());
    assert_eq!(teacher.duties(), school.hub.duties());
    assert_eq!(reply.acks, [Ack::Had], "it was stored with the first question");
    assert_eq!(teacher.not_yet_sent(), 0);
}

//! The school's log as tablets see it: receipts, and servers that forget, rewrite, or say two things.
#![allow(
    clippy::unwrap_used,
    reason = "every helper here serves a test, which should fail on the spot"
)]

mod common;

use std::collections::BTreeMap;

use common::{Journal, apply, enrolment, entry, grant, of_the_day, replica};
use daymark_core::document_id::DocumentId;
use daymark_core::entry::Duty;
use daymark_core::log::follow::Outcome;
use daymark_core::roster::{Role, Roster};
use daymark_sync_protocol::client::{Replica, ReplyError, SendState, SyncReport};
use daymark_sync_protocol::event::{Enrolment, Event, StoredChange};
use daymark_sync_protocol::frame::{SyncReply, SyncRequest};
use daymark_sync_protocol::hub::Hub;

const GATE: u32 = 4;
const OTHER: u32 = 5;

fn enrolments() -> Vec<Enrolment> {
    [GATE, OTHER]
        .map(|device| enrolment(device, grant(Role::Gate, &[])))
        .to_vec()
}

fn school() -> (Journal, Hub, Replica) {
    let journal = Journal::of(enrolments());
    let hub = journal.hub(&Roster::default());
    (journal, hub, replica(GATE, grant(Role::Gate, &[])))
}

fn mark(tablet: &mut Replica, pupil: u64) {
    mark_as(tablet, GATE, pupil);
}

fn mark_as(tablet: &mut Replica, device: u32, pupil: u64) {
    let taps = tablet.tap(&[entry(device, &Duty::Gate, "L", pupil)]).unwrap();
    apply(tablet, taps);
    let gathered = tablet.gather().unwrap();
    apply(tablet, gathered);
}

fn ask(tablet: &Replica) -> SyncRequest {
    let request = tablet.request(0, &of_the_day()).unwrap();
    SyncRequest::decode(&request.encode()).unwrap()
}

fn take(tablet: &mut Replica, request: &SyncRequest, reply: &SyncReply) -> SyncReport {
    let (records, report) = tablet.reply(request, reply, 0, 0).unwrap();
    apply(tablet, records);
    report
}

fn sync(journal: &mut Journal, hub: &mut Hub, tablet: &mut Replica) -> SyncReport {
    sync_as(journal, hub, tablet, GATE)
}

fn sync_as(journal: &mut Journal, hub: &mut Hub, tablet: &mut Replica, device: u32) -> SyncReport {
    let request = ask(tablet);
    let reply = journal.exchange(hub, device, &request);
    take(tablet, &request, &SyncReply::decode(&reply.encode()).unwrap())
}

fn announced(journal: &Journal) -> usize {
    let branched = |event: &&Event| matches!(event, Event::Branched(_));
    journal.events.iter().filter(branched).count()
}

/// Puts the school's disk back to when it had so many changes.
fn restore(journal: &mut Journal, changes: usize) {
    let mut kept = 0;
    journal.events.retain(|event| {
        let change = matches!(event, Event::Stored(_));
        kept += usize::from(change);
        !change || kept <= changes
    });
}

/// A tablet that brought six changes, and a server that then was put back to yesterday's backup, which has two of them.
fn restored() -> (Journal, Hub, Replica) {
    let (mut journal, mut hub, mut tablet) = school();
    for pupil in 1..=6 {
        mark(&mut tablet, pupil);
        sync(&mut journal, &mut hub, &mut tablet);
    }
    restore(&mut journal, 2);
    let hub = journal.hub(&Roster::default());
    (journal, hub, tablet)
}

fn stored(journal: &Journal) -> Vec<StoredChange> {
    let changes: BTreeMap<DocumentId, Vec<StoredChange>> = journal.changes();
    changes.into_values().flatten().collect()
}

#[test]
fn every_acknowledged_change_comes_with_a_receipt_that_holds() {
    let (mut journal, mut hub, mut tablet) = school();
    for pupil in 1..20 {
        mark(&mut tablet, pupil);
        if pupil % 3 == 0 {
            let report = sync(&mut journal, &mut hub, &mut tablet);
            assert_eq!((report.stored, report.unproven, report.doubt), (3, 0, None));
        }
    }
    sync(&mut journal, &mut hub, &mut tablet);
    let size = tablet.log().unwrap().last().unwrap().head().size.0;
    assert_eq!(size, stored(&journal).len() as u64);
    for (place, own) in tablet.own_changes().iter().enumerate() {
        assert_eq!(own.state, SendState::Stored);
        assert_eq!(tablet.receipt(&own.hash), Some(place as u64));
    }
    // With nothing new the log costs nothing.
    let request = ask(&tablet);
    assert_eq!(journal.exchange(&mut hub, GATE, &request).log, None);
}

#[test]
fn what_is_acknowledged_without_a_receipt_that_holds_is_not_at_school() {
    type Spoil = fn(&mut SyncReply);
    let spoils: [(&str, Spoil); 6] = [
        ("no log", |reply| reply.log = None),
        ("no receipt", |reply| reply.log.as_mut().unwrap().receipts.clear()),
        ("another place", |reply| {
            reply.log.as_mut().unwrap().receipts[0].leaf += 1;
        }),
        ("another offer", |reply| {
            reply.log.as_mut().unwrap().receipts[0].offer += 1;
        }),
        ("another proof", |reply| {
            reply.log.as_mut().unwrap().receipts[0].inclusion[0][0] ^= 1;
        }),
        ("a longer proof", |reply| {
            let receipts = &mut reply.log.as_mut().unwrap().receipts;
            receipts[0].inclusion.push([0; 32].into());
        }),
    ];
    for (what, spoil) in spoils {
        let (mut journal, mut hub, mut tablet) = school();
        mark(&mut tablet, 1);
        mark(&mut tablet, 2);
        let request = ask(&tablet);
        let mut reply = journal.exchange(&mut hub, GATE, &request);
        spoil(&mut reply);
        let report = take(&mut tablet, &request, &reply);
        assert!(report.unproven > 0, "{what}");
        assert_eq!(tablet.own_changes()[0].state, SendState::Told, "{what}");
        assert!(tablet.not_yet_sent() > 0, "{what}: the count says so");
        // An honest answer settles it.
        let report = sync(&mut journal, &mut hub, &mut tablet);
        assert_eq!((report.unproven, tablet.not_yet_sent()), (0, 0), "{what}");
    }
}

#[test]
fn a_checkpoint_that_the_school_has_not_signed_is_no_answer() {
    let (mut journal, mut hub, mut tablet) = school();
    mark(&mut tablet, 1);
    let request = ask(&tablet);
    let mut reply = journal.exchange(&mut hub, GATE, &request);
    let log = reply.log.as_mut().unwrap();
    log.checkpoint = log.checkpoint.replace("\n1\n", "\n2\n");
    let refused = tablet.reply(&request, &reply, 0, 0);
    assert!(
        matches!(refused, Err(ReplyError::NotTheSchools(_))),
        "{refused:?}"
    );
}

#[test]
fn a_restored_server_is_noticed_by_the_first_tablet_says_so_and_loses_nothing() {
    let (mut journal, mut hub, mut tablet) = restored();
    // Another tablet, which had seen nothing, comes first.
    let mut other = replica(OTHER, grant(Role::Gate, &[]));
    mark_as(&mut other, OTHER, 30);
    let report = sync_as(&mut journal, &mut hub, &mut other, OTHER);
    assert_eq!(report.doubt, None);

    mark(&mut tablet, 7);
    let report = sync(&mut journal, &mut hub, &mut tablet);
    let words = report.doubt.expect("the first tablet that knows better notices");
    assert!(words.contains("has become shorter"), "{words}");
    assert!(words.contains("stays on this tablet"), "{words}");
    assert!(report.more, "it shows the school what it saw");
    assert!(
        tablet.accept_branch().unwrap().is_empty(),
        "nobody accepts what is not announced"
    );
    assert!(
        tablet.not_yet_sent() > 0,
        "nothing is at school on such a server's word"
    );

    // The server is shown its own signature, and goes on as a branch. The tablet asks a person.
    let report = sync(&mut journal, &mut hub, &mut tablet);
    let words = report.doubt.expect("still");
    assert!(words.contains("restored from an older backup"), "{words}");
    assert!(matches!(
        tablet.log().unwrap().doubt(),
        Some(Outcome::Branched(_))
    ));
    assert_eq!(announced(&journal), 1);
    let accepted = tablet.accept_branch().unwrap();
    assert!(!accepted.is_empty());
    apply(&mut tablet, accepted);
    for _ in 0..3 {
        sync(&mut journal, &mut hub, &mut tablet);
        sync_as(&mut journal, &mut hub, &mut other, OTHER);
    }
    assert!(tablet.log().unwrap().doubt().is_none());
    assert_eq!(tablet.not_yet_sent(), 0);
    assert_eq!(
        stored(&journal).len(),
        8,
        "all that the tablet held is there again"
    );
    assert_eq!(announced(&journal), 1, "announced once");
    // The branch outlives a restart of the server, and of the tablet's memory of it.
    let mut hub = journal.hub(&Roster::default());
    mark(&mut tablet, 8);
    let report = sync(&mut journal, &mut hub, &mut tablet);
    assert_eq!(
        (report.doubt, report.unproven, tablet.not_yet_sent()),
        (None, 0, 0)
    );
}

#[test]
fn a_restored_server_that_is_filled_again_as_it_was_has_nothing_to_announce() {
    let (mut journal, mut hub, mut tablet) = restored();
    assert!(sync(&mut journal, &mut hub, &mut tablet).doubt.is_some());
    for _ in 0..3 {
        sync(&mut journal, &mut hub, &mut tablet);
    }
    assert!(
        tablet.log().unwrap().doubt().is_none(),
        "the same log, to the last leaf"
    );
    assert_eq!((stored(&journal).len(), tablet.not_yet_sent()), (6, 0));
    assert_eq!(announced(&journal), 0);
}

#[test]
fn a_server_that_says_two_things_is_caught_and_not_believed() {
    let (mut journal, mut hub, mut tablet) = school();
    mark(&mut tablet, 1);
    sync(&mut journal, &mut hub, &mut tablet);
    // The same school, with the same key, and another history of the same length and more.
    let mut other_journal = Journal::of(enrolments());
    let mut other_hub = other_journal.hub(&Roster::default());
    let mut other_tablet = common::replica_of(GATE, grant(Role::Gate, &[]), [9; 8]);
    for pupil in 5..8 {
        mark(&mut other_tablet, pupil);
        sync(&mut other_journal, &mut other_hub, &mut other_tablet);
    }
    mark(&mut tablet, 2);
    let report = sync(&mut other_journal, &mut other_hub, &mut tablet);
    let words = report.doubt.expect("caught");
    assert!(
        words.contains("was changed after this tablet last saw it"),
        "{words}"
    );
    let state = &tablet.own_changes().last().unwrap().state;
    assert!(!state.is_stored(), "{state:?}");
    // Back at the honest server all is well, and the doubt is over.
    let report = sync(&mut journal, &mut hub, &mut tablet);
    assert_eq!((report.doubt, tablet.not_yet_sent()), (None, 0));
    assert!(tablet.log().unwrap().doubt().is_none());
}

#[test]
fn an_answer_to_an_older_question_raises_no_doubt_and_takes_no_receipt_back() {
    let (mut journal, mut hub, mut tablet) = school();
    mark(&mut tablet, 1);
    let old_request = ask(&tablet);
    let old_reply = journal.exchange(&mut hub, GATE, &old_request);
    mark(&mut tablet, 2);
    sync(&mut journal, &mut hub, &mut tablet);
    let report = take(&mut tablet, &old_request, &old_reply);
    assert_eq!((report.doubt, report.unproven), (None, 0));
    assert_eq!(tablet.not_yet_sent(), 0);
}

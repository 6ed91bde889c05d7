//! Single stories of the same school.

use super::super::*;

#[test]
fn a_document_that_cannot_be_read_stops_no_other() {
    let mut journal = Journal::of(vec![enrolment(4, grant(Role::Gate, &[]))]);
    let mut hub = journal.hub(&Roster::default());
    let mut tablet = replica(4, grant(Role::Gate, &[]));
    let taps = tablet.tap(&[entry(4, &Duty::Gate, "L", 1)]).unwrap();
    apply(&mut tablet, taps);
    let gathered = tablet.gather().unwrap();
    apply(&mut tablet, gathered);
    let request = tablet.request(0, &of_the_day()).unwrap();
    let mut reply = journal.exchange(&mut hub, 4, &request);
    let mut bad = reply.news[0].clone();
    bad.document = sheet(&Duty::Office).to_bytes().into();
    bad.content = Content::Saved(SavedDocument {
        saved: b"from a later program".to_vec().into(),
        signatures: Vec::new().into(),
    });
    reply.news.insert(0, bad);
    let (records, report) = tablet.reply(&request, &reply, 0, 0).unwrap();
    apply(&mut tablet, records);
    assert_eq!((report.unread.len(), report.stored, report.more), (1, 1, false));
    assert_eq!(tablet.not_yet_sent(), 0);
    let next = tablet.request(0, &of_the_day()).unwrap();
    assert_eq!(next.documents[0].cursor, 1);
}

#[test]
fn what_was_carried_for_a_tablet_that_is_gone_comes_back_to_a_school_that_lost_it() {
    let enrolments = vec![
        enrolment(4, grant(Role::Gate, &[])),
        enrolment(6, grant(Role::Teacher, &["5A"])),
    ];
    let mut journal = Journal::of(enrolments.clone());
    let mut hub = journal.hub(&Roster::default());
    let mut gate = replica(4, grant(Role::Gate, &[]));
    let mut class_tablet = replica(6, grant(Role::Teacher, &["5A"]));
    apply(&mut class_tablet, vec![all_keys(&hub)]);
    for (tablet, mark) in [
        (&mut gate, entry(4, &Duty::Gate, "L", 1)),
        (&mut class_tablet, entry(6, &class("5A"), "N", 1)),
    ] {
        let taps = tablet.tap(&[mark]).unwrap();
        apply(tablet, taps);
        let gathered = tablet.gather().unwrap();
        apply(tablet, gathered);
    }
    let (records, _) = class_tablet.take_bundle(&gate.bundle(0).unwrap()).unwrap();
    apply(&mut class_tablet, records);
    let mut sync = |journal: &mut Journal, hub: &mut Hub| {
        let request = class_tablet.request(0, &of_the_day()).unwrap();
        let reply = journal.exchange(hub, 6, &request);
        let (records, report) = class_tablet.reply(&request, &reply, 0, 0).unwrap();
        apply(&mut class_tablet, records);
        report.more
    };
    assert!(!sync(&mut journal, &mut hub));
    assert_eq!(journal.changes().len(), 2);
    // The school starts again from nothing; the gate's own tablet is gone.
    let mut journal = Journal::of(enrolments);
    let mut hub = journal.hub(&Roster::default());
    assert!(sync(&mut journal, &mut hub));
    assert!(!sync(&mut journal, &mut hub));
    assert!(journal.changes().contains_key(&sheet(&Duty::Gate)));
}

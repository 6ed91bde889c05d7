//! Tablets and a school in one process: what is counted, kept and told.

mod gate;
mod support;

use daymark_core::document_id::DocumentId;
use daymark_core::entry::Duty;
use daymark_core::ids::{PupilNumber, TripId};
use daymark_core::roster::Role;
use daymark_core::session::Session;
use daymark_core::trip::{LeftGroup, TripPlan, TripSession, TripStatement};
use daymark_sync_protocol::client::{Record, Replica};
use daymark_sync_protocol::frame::Bundle;
use daymark_tablet::decisions::{Kind, cases};
use daymark_tablet::pending::pending;
use daymark_tablet::register::rows;
use daymark_tablet::{Home, MemoryStorage, Storage, SyncError, Tablet, TransportError, trips};
use support::{School, Weather, author, date, marks, moment, sync, try_sync};

fn class() -> Duty {
    "class:4B".parse().expect("a duty")
}

fn class_sheet() -> DocumentId {
    Replica::sheet(date(), &class())
}

fn check_count(tablet: &Tablet<MemoryStorage>, expected: usize) {
    let listed: usize = pending(tablet.replica()).iter().map(|item| item.statements).sum();
    assert_eq!(tablet.replica().not_yet_sent(), expected);
    assert_eq!(listed, expected, "what is listed adds up to what is counted");
}

#[tokio::test]
async fn the_count_of_what_waits_is_true_at_every_step() {
    let school = School::new();
    let (mut tablet, _) = school.tablet(Role::Teacher);
    let by = author(&tablet, "class:4B", "09:00");
    check_count(&tablet, 0);
    tablet
        .mark(&by, date(), Session::Am, &marks("/", &[1001, 1002, 1003]))
        .expect("marked");
    check_count(&tablet, 3);
    school.set(Weather::NoSignal);
    let error = try_sync(&mut tablet, &school).await.expect_err("no signal");
    assert!(matches!(error, SyncError::Transport(error) if error.is_no_signal()));
    check_count(&tablet, 3);
    tablet
        .mark(&by, date(), Session::Am, &marks("N", &[1004]))
        .expect("marked");
    check_count(&tablet, 4);
    school.set(Weather::Fine);
    let outcome = sync(&mut tablet, &school).await;
    assert_eq!(
        (outcome.statements_acknowledged, outcome.statements_waiting),
        (4, 0)
    );
    check_count(&tablet, 0);
    assert_eq!(
        school.changes(&class_sheet()),
        2,
        "marks made together travel as one change"
    );
}

#[tokio::test]
async fn a_lost_reply_and_a_repeat_make_no_duplicates() {
    let school = School::new();
    let (mut tablet, _) = school.tablet(Role::Teacher);
    let by = author(&tablet, "class:4B", "09:00");
    tablet
        .mark(&by, date(), Session::Am, &marks("/", &[1001, 1002]))
        .expect("marked");
    school.set(Weather::ReplyLost);
    try_sync(&mut tablet, &school).await.expect_err("no reply");
    check_count(&tablet, 2);
    school.set(Weather::Fine);
    let outcome = sync(&mut tablet, &school).await;
    assert_eq!((outcome.stored, outcome.had), (0, 1));
    check_count(&tablet, 0);
    assert_eq!(school.changes(&class_sheet()), 1);
    assert_eq!(tablet.replica().day(date()).entries().len(), 2);
}

#[tokio::test]
async fn a_login_page_is_never_taken_for_the_school() {
    let school = School::new();
    let (mut tablet, _) = school.tablet(Role::Teacher);
    let by = author(&tablet, "class:4B", "09:00");
    tablet
        .mark(&by, date(), Session::Am, &marks("/", &[1001]))
        .expect("marked");
    school.set(Weather::Portal);
    let error = try_sync(&mut tablet, &school).await.expect_err("a portal");
    assert!(matches!(
        error,
        SyncError::Transport(TransportError::NotTheSchool(_))
    ));
    check_count(&tablet, 1);
}

#[tokio::test]
async fn taps_survive_a_stop_between_writing_down_and_applying() {
    let school = School::new();
    let (mut tablet, mut storage) = school.tablet(Role::Teacher);
    let by = author(&tablet, "class:4B", "09:00");
    tablet
        .mark(&by, date(), Session::Am, &marks("/", &[1001]))
        .expect("marked");
    // Written down, and the power goes before memory knows.
    let (pupil, mark) = marks("/", &[1002]).remove(0);
    let day = tablet.replica().day(date());
    let entry = daymark_core::record::mark(&day, &by, Session::Am, pupil, &mark).expect("an entry");
    let records = tablet.replica().tap(&[entry]).expect("records");
    let encoded: Vec<Vec<u8>> = records.iter().map(Record::encode).collect();
    storage.append(&encoded).expect("written down");
    drop(tablet);

    let mut tablet = Tablet::new(Home::start(storage.clone()).expect("a home"));
    check_count(&tablet, 2);
    sync(&mut tablet, &school).await;
    let again = Tablet::new(Home::start(storage).expect("a home"));
    check_count(&again, 0);
    assert_eq!(
        again.replica().day(date()).canonical(),
        tablet.replica().day(date()).canonical()
    );
}

#[tokio::test]
async fn a_bundle_travels_by_another_tablet_and_arrives_once() {
    let school = School::new();
    let (mut dying, _) = school.tablet(Role::Teacher);
    let (mut carrier, _) = school.tablet(Role::Teacher);
    let by = author(&dying, "class:4B", "09:00");
    dying
        .mark(&by, date(), Session::Am, &marks("/", &[1001, 1002]))
        .expect("marked");
    let bytes = dying.hand_over(0).expect("a bundle").encode();
    let bundle = Bundle::decode(&bytes).expect("a bundle");
    let report = carrier.take_over(&bundle).expect("taken");
    assert_eq!((report.taken, report.statements, report.refused.len()), (1, 2, 0));
    check_count(&carrier, 2);
    assert!(pending(carrier.replica())[0].carried);
    assert_eq!(carrier.take_over(&bundle).expect("taken again").had, 1);
    sync(&mut carrier, &school).await;
    check_count(&carrier, 0);
    let outcome = sync(&mut dying, &school).await;
    assert_eq!((outcome.stored, outcome.had), (0, 1));
    assert_eq!(school.changes(&class_sheet()), 1);
}

#[tokio::test]
async fn the_rows_say_where_each_mark_is_and_what_became_of_it() {
    let school = School::new();
    let (mut class_tablet, _) = school.tablet(Role::Teacher);
    let (mut gate, _) = school.tablet(Role::Gate);
    let (mut office, _) = school.tablet(Role::Office);
    let by = author(&class_tablet, "class:4B", "08:55");
    class_tablet
        .mark(&by, date(), Session::Am, &marks("N", &[1001]))
        .expect("marked");
    class_tablet
        .mark(&by, date(), Session::Am, &marks("/", &[1002]))
        .expect("marked");
    let words = |tablet: &Tablet<MemoryStorage>, pupil: u64| -> Vec<String> {
        rows(tablet.replica(), date(), Session::Am, &class())
            .into_iter()
            .find(|row| row.pupil == PupilNumber(pupil))
            .expect("a row")
            .words
    };
    assert_eq!(words(&class_tablet, 1001), ["Saved on this tablet"]);
    sync(&mut class_tablet, &school).await;
    assert_eq!(words(&class_tablet, 1001), ["School has it"]);
    assert_eq!(words(&class_tablet, 1003), ["No mark yet"]);

    let at_gate = author(&gate, "gate", "09:00");
    let report = gate
        .mark(&at_gate, date(), Session::Am, &marks("L", &[1001, 1002]))
        .expect("marked");
    assert!(report.refused.is_empty(), "{report:?}");
    sync(&mut gate, &school).await;
    sync(&mut class_tablet, &school).await;
    assert_eq!(words(&class_tablet, 1001), ["School has it", "L by rule R1"]);
    assert!(words(&class_tablet, 1002)[1].starts_with("Two different marks"));

    sync(&mut office, &school).await;
    let listed = cases(office.replica(), date());
    assert_eq!(
        listed.iter().map(|case| case.kind).collect::<Vec<_>>(),
        [Kind::Decision, Kind::SettledByRule]
    );
    assert_eq!(listed[1].words, "by rule R1");
    let in_office = author(&office, "office", "15:35");
    let mut decision = marks("L", &[1002]).remove(0).1;
    decision.particulars = daymark_core::entry::Particulars::default();
    decision.reason = Some("Seen at the gate".into());
    office
        .decide(&in_office, date(), Session::Am, PupilNumber(1002), &decision)
        .expect("decided");
    assert_eq!(cases(office.replica(), date()).len(), 1);
    let ledger = office.replica().day(date()).amendments();
    assert_eq!(ledger.len(), 1);
    assert_eq!(ledger[0].originals.len(), 2);
    sync(&mut office, &school).await;
    sync(&mut class_tablet, &school).await;
    assert!(words(&class_tablet, 1002)[1].starts_with("changed since"));
}

#[tokio::test]
async fn what_arrives_after_sign_off_waits_for_the_office() {
    let school = School::new();
    let (mut late, _) = school.tablet(Role::Teacher);
    let (mut office, _) = school.tablet(Role::Office);
    sync(&mut office, &school).await;
    let expected = daymark_tablet::people::known_pupils(office.replica()).expect("a brief");
    let by = author(&office, "office", "15:50");
    let statement = office
        .sign_off(&by, date(), Session::Am, &expected)
        .expect("signed off");
    assert_eq!(statement.body.unmarked.len(), 6);
    sync(&mut office, &school).await;
    let by = author(&late, "class:4B", "09:00");
    late.mark(&by, date(), Session::Am, &marks("/", &[1001]))
        .expect("marked");
    sync(&mut late, &school).await;
    let listed = rows(late.replica(), date(), Session::Am, &class());
    assert!(
        listed[0].words.contains(&"Arrived after sign-off".to_owned()),
        "{:?}",
        listed[0]
    );
    sync(&mut office, &school).await;
    let listed = cases(office.replica(), date());
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].kind, Kind::AfterSignOff);
}

#[tokio::test]
async fn who_left_the_group_keeps_the_mark_they_had_and_gets_no_next_one() {
    let school = School::new();
    let (mut tablet, _) = school.tablet(Role::Teacher);
    sync(&mut tablet, &school).await;
    let trip = TripId(uuid::Uuid::from_u128(7));
    let id = DocumentId::Trip(trip);
    let by = author(&tablet, &format!("trip:{trip}"), "08:50");
    let at = |session| TripSession {
        date: date(),
        session,
    };
    let plan = TripPlan {
        title: "York Museum".into(),
        code: "V".parse().expect("a code"),
        nature: None,
        place: None,
        leader: by.person.clone(),
        supervisors: vec![by.person.clone()],
        sessions: vec![at(Session::Am), at(Session::Pm)],
        participants: vec![PupilNumber(1001), PupilNumber(1002)],
        tablets: vec![by.device],
        groups: None,
    };
    let statement = |body| daymark_core::item::Statement {
        stamp: by.stamp(),
        supersedes: std::collections::BTreeSet::new(),
        reason: None,
        body,
    };
    tablet
        .say_of_trip(&id, statement(TripStatement::Plan(plan)))
        .expect("planned");
    let view = tablet.replica().trip(&id).expect("a trip");
    let mut to_mark = marks("V", &[1001, 1002]);
    for (pupil, mark) in &mut to_mark {
        mark.particulars.visit = trips::visit_ref(trip, &view, *pupil, None);
    }
    let report = tablet.mark(&by, date(), Session::Am, &to_mark).expect("marked");
    assert!(report.refused.is_empty(), "{report:?}");
    let replica = tablet.replica();
    let leaver = PupilNumber(1002);
    let from = trips::leaves_from(replica, trip, &view, leaver, at(Session::Am)).expect("a session");
    assert_eq!(from, at(Session::Pm), "the morning's mark stays");
    let left = LeftGroup {
        pupil: leaver,
        with: "Jo Marsh, mother".into(),
        from,
    };
    tablet
        .say_of_trip(&id, statement(TripStatement::LeftGroup(left)))
        .expect("said");
    let view = tablet.replica().trip(&id).expect("a trip");
    let in_pm = trips::unmarked(tablet.replica(), &view, at(Session::Pm));
    assert_eq!(in_pm.into_iter().collect::<Vec<_>>(), [PupilNumber(1001)]);
    assert_eq!(trips::gone(&view, date()).len(), 1);
    check_count(&tablet, 4);
    let outcome = sync(&mut tablet, &school).await;
    assert!(outcome.refused.is_empty(), "{outcome:?}");
    check_count(&tablet, 0);
    assert_eq!(moment("12:00").session(), Session::Pm);
}

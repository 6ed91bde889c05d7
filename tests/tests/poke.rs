//! Pokes: a tablet is told that a sync would bring something, and only where it would.

use std::time::{Duration, Instant};

use daymark_core::document_id::DocumentId;
use daymark_core::entry::{Duty, Person};
use daymark_core::ids::DeviceNumber;
use daymark_core::item::Item;
use daymark_core::session::Session;
use daymark_core::signature::SecretKey;
use daymark_core::trip::{TripPlan, TripStatement};
use daymark_tablet::http::Events;
use daymark_tablet::{HttpOptions, HttpTransport, Protocol, SchoolEvent, TransportError};
use daymark_tests::support::school::pupils_csv;
use daymark_tests::support::{Device, School};
use tokio::time::timeout;

/// Long enough for a poke of this machine, however busy it is.
const SOON: Duration = Duration::from_secs(10);
/// How long nothing must come. Pokes of one change are sent together, so the first that comes proves the rest.
const QUIET: Duration = Duration::from_millis(400);

async fn listen(school: &School, device: &Device, protocol: Protocol) -> Events {
    let options = HttpOptions {
        protocol,
        ..HttpOptions::default()
    };
    let transport = HttpTransport::new(&school.server().url(), options).expect("an address");
    let mut events = transport.events(&device.identity()).await.expect("a stream");
    assert_eq!(next(&mut events).await.as_deref(), Some("hello"));
    events
}

async fn said(events: &mut Events) -> Option<SchoolEvent> {
    timeout(SOON, events.next())
        .await
        .expect("something comes")
        .expect("the stream is sound")
}

async fn next(events: &mut Events) -> Option<String> {
    said(events).await.map(|event| event.name)
}

async fn is_quiet(events: &mut Events) -> bool {
    timeout(QUIET, events.next()).await.is_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poke_reaches_those_who_may_read_and_nobody_else_and_the_stream_ends_with_the_server() {
    let mut school = School::open();
    let gate = Device::enrol(&school, "East gate", "gate", &[]);
    let class = Device::enrol(&school, "Class 4B", "teacher", &["4B"]);
    let office = Device::enrol(&school, "Office", "office", &[]);
    let writer = Device::enrol(&school, "West gate", "gate", &[]);
    let teacher = Device::enrol(&school, "Class 4B spare", "teacher", &["4B"]);
    let mut at_gate = listen(&school, &gate, Protocol::Http2).await;
    let mut at_class = listen(&school, &class, Protocol::Http1).await;
    let mut at_office = listen(&school, &office, Protocol::Http2).await;

    let mut late = writer.entry(&Duty::Gate, Session::Am, 1005, "L");
    late.particulars.arrived_at = Some("09:05".parse().expect("a time"));
    writer.record(&[late.clone()]);
    assert_eq!(next(&mut at_gate).await.as_deref(), Some("news"));
    assert_eq!(next(&mut at_office).await.as_deref(), Some("news"));
    assert!(
        is_quiet(&mut at_class).await,
        "the gate's sheet is none of the class's business"
    );

    let class_4b = Duty::Class("4B".parse().expect("a class"));
    // A long change is only announced.
    let whole_class: Vec<_> = (1001..1200)
        .map(|pupil| teacher.entry(&class_4b, Session::Am, pupil, "N"))
        .collect();
    let sheet_4b = daymark_tests::support::device::sheet(&class_4b);
    let change = teacher.change(&sheet_4b, &daymark_core::item::Item::slips(&whole_class));
    teacher.offer(&sheet_4b, &[change]);
    for events in [&mut at_class, &mut at_office] {
        let poke = said(events).await.expect("a poke");
        assert_eq!(poke.name, "poke");
        assert_eq!(
            poke.data,
            format!(r#"{{"{sheet_4b}":1}}"#),
            "what has gone on, and how far"
        );
    }
    assert!(is_quiet(&mut at_gate).await);

    // What changes nothing pokes nobody: a sync without an offer, and an offer that is refused.
    teacher.offer(&daymark_tests::support::device::sheet(&class_4b), &[]);
    teacher.offer(
        &daymark_tests::support::device::sheet(&class_4b),
        &[b"rubbish".to_vec()],
    );
    assert!(is_quiet(&mut at_class).await && is_quiet(&mut at_office).await);

    let stopped = school.take_server().stop();
    assert!(stopped.success(), "{stopped}");
    for events in [&mut at_gate, &mut at_class, &mut at_office] {
        assert_eq!(next(events).await, None, "the stream ends, and does not break");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_roster_and_a_trip_that_one_comes_along_on_are_reasons_to_sync_everything() {
    let school = School::open();
    let teacher = Device::enrol(&school, "Coach 1", "teacher", &["4B"]);
    let second = Device::enrol(&school, "Coach 2", "teacher", &[]);
    let mut at_second = listen(&school, &second, Protocol::Http2).await;

    school
        .import("roster", &pupils_csv().replace("Ada", "Ida"))
        .done();
    let poke = said(&mut at_second).await.expect("a poke");
    assert_eq!((poke.name.as_str(), poke.data.as_str()), ("poke", "{}"));

    // The sheets of the trip may be there already, and say nothing new of themselves.
    let trip = "6e5f2c3a-0000-4000-8000-000000000001".parse().expect("a trip");
    let leader = Person::new("a-shah".parse().expect("an id"), "Mrs A Shah", "Teacher").expect("a person");
    let plan = TripStatement::Plan(TripPlan {
        title: "Museum".to_owned(),
        code: "V".parse().expect("a code"),
        nature: None,
        place: None,
        leader: leader.clone(),
        supervisors: vec![leader],
        sessions: Vec::new(),
        participants: Vec::new(),
        tablets: vec![second.number],
        groups: None,
    });
    let document = DocumentId::Trip(trip);
    let change = teacher.change(&document, &[Item::Trip(teacher.statement(plan))]);
    teacher.offer(&document, &[change]);
    let poke = said(&mut at_second).await.expect("a poke");
    assert_eq!((poke.name.as_str(), poke.data.as_str()), ("poke", "{}"));
}

#[tokio::test]
async fn only_an_enrolled_tablet_may_listen_and_only_with_its_own_key() {
    let school = School::open();
    let gate = Device::enrol(&school, "Gate", "gate", &[]);
    let nobody = Device {
        number: DeviceNumber(99),
        ..gate.clone()
    };
    let mut thief = gate.clone();
    thief.key = SecretKey::from_seed(&[66; 32]);
    for (device, code) in [(nobody, "unknown-device"), (thief, "forged-session")] {
        let transport =
            HttpTransport::new(&school.server().url(), HttpOptions::default()).expect("an address");
        match transport.events(&device.identity()).await {
            Err(TransportError::Problem { problem }) => {
                assert_eq!((problem.status, problem.code.as_str()), (401, code));
            }
            other => panic!("not refused: {other:?}"),
        }
    }
    listen(&school, &gate, Protocol::Http2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_tablet_is_cut_off_within_a_second_and_others_listen_on() {
    let school = School::open();
    let gate = Device::enrol(&school, "East gate", "gate", &[]);
    let other = Device::enrol(&school, "West gate", "gate", &[]);
    let mut at_gate = listen(&school, &gate, Protocol::Http2).await;
    let mut at_gate_over_http1 = listen(&school, &gate, Protocol::Http1).await;
    let mut at_other = listen(&school, &other, Protocol::Http2).await;

    school.report_lost(u64::from(gate.number.0));
    let reported = Instant::now();
    gate.post(&mut gate.wire(), b"").problem(403, "device-lost");
    for events in [&mut at_gate, &mut at_gate_over_http1] {
        assert_eq!(next(events).await, None, "the stream ends, and does not break");
    }
    let took = reported.elapsed();
    assert!(took < Duration::from_secs(1), "it took {took:?}");

    assert!(
        is_quiet(&mut at_other).await,
        "it is none of the other's business"
    );
    other.record(&[other.entry(&Duty::Gate, Session::Am, 1001, "N")]);
    assert_eq!(next(&mut at_other).await.as_deref(), Some("news"));
    let transport = HttpTransport::new(&school.server().url(), HttpOptions::default()).expect("an address");
    match transport.events(&gate.identity()).await {
        Err(TransportError::Problem { problem }) => {
            assert_eq!((problem.status, problem.code.as_str()), (403, "device-lost"));
        }
        other => panic!("not refused: {other:?}"),
    }
}

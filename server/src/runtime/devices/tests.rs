//! Who may end a device's duty, and when.

use std::sync::Arc;

use daymark_core::grant::Grant;
use daymark_core::ids::{DeviceNumber, PersonId, SchoolId};
use daymark_core::roster::Role;
use daymark_core::signature::{KEY_BYTES, SecretKey, split};
use daymark_sync_protocol::event::Standing;
use daymark_sync_protocol::frame::SyncRequest;
use daymark_sync_protocol::message::OfficeMessage;

use super::super::{DESK, Runtime, RuntimeError};
use crate::config::{Config, School};
use crate::store::Store;
use crate::store::memory::MemoryStore;

const SCHOOL: SchoolId = SchoolId(123_456);

fn key(byte: u8) -> SecretKey {
    SecretKey::from_seed(&[byte; KEY_BYTES])
}

fn start(store: &Arc<MemoryStore>) -> Arc<Runtime> {
    let school = School {
        urn: SCHOOL,
        name: "Made-up Primary".into(),
        laestab: None,
    };
    let config = Config::new(school, "127.0.0.1:0".parse().expect("an address"));
    let store: Arc<dyn Store> = Arc::<MemoryStore>::clone(store);
    Runtime::start(config.facts(None, None, key(1)), key(2), store).expect("a hub")
}

/// A gate's tablet that the office has confirmed; its number is 2, after the desk's.
async fn gate(runtime: &Runtime) -> DeviceNumber {
    runtime.ensure_desk().await.expect("a desk");
    let grant = Grant::of(Role::Gate);
    let (secret, _) = runtime.invite("East gate", grant).await.expect("an invitation");
    let proof = key(3).sign_enrolment(&secret);
    let enrolled = runtime
        .enrol(&secret, key(3).public(), &proof)
        .await
        .expect("enrolled");
    let Standing::Unconfirmed(code) = enrolled.standing else {
        panic!("confirmed before the codes were compared")
    };
    runtime.confirm(enrolled.device, &code).await.expect("confirmed");
    enrolled.device
}

/// The device speaks, and says how much it holds.
async fn speaks(runtime: &Runtime, device: DeviceNumber, backlog: u32) -> Option<Vec<u8>> {
    let request = SyncRequest {
        school: SCHOOL,
        device,
        clock_ms: 0,
        backlog,
        documents: Vec::new(),
        offers: Vec::new(),
        window: None,
        brief: None,
        keys: 0,
        log: 0,
        shown: None,
        duties: 0,
        heard: None,
    };
    let reply = runtime.sync(device, &request).await.expect("answered");
    reply.message.map(|message| message.to_vec())
}

fn roe() -> PersonId {
    "j-roe".parse().expect("a staff id")
}

#[tokio::test]
async fn a_device_that_may_still_bring_marks_is_retired_with_a_reason_only() {
    let runtime = start(&Arc::new(MemoryStore::new()));
    let device = gate(&runtime).await;
    let unheard = runtime.retire(device, roe(), None).await;
    assert!(matches!(
        unheard,
        Err(RuntimeError::StillHolds { expected: None, .. })
    ));
    speaks(&runtime, device, 31).await;
    let expected = runtime.retire(device, roe(), None).await;
    let words = expected.expect_err("it holds marks").to_string();
    assert!(
        words.contains("still holds 31") && words.contains("give a reason"),
        "{words}"
    );
    assert!(runtime.may_speak(device), "nothing was half done");
    let reason = Some("Dropped into the pond".to_owned());
    assert!(
        runtime
            .retire(device, roe(), reason)
            .await
            .expect("retired with a reason")
    );
    assert!(!runtime.may_speak(device));
}

#[tokio::test]
async fn a_retired_device_stays_so_and_may_still_be_reported_lost() {
    let store = Arc::new(MemoryStore::new());
    let runtime = start(&store);
    let device = gate(&runtime).await;
    speaks(&runtime, device, 0).await;
    assert!(
        runtime
            .retire(device, roe(), None)
            .await
            .expect("it holds nothing")
    );
    assert!(
        !runtime.retire(device, roe(), None).await.expect("again"),
        "the first stands"
    );
    let again = runtime.grant(device, Grant::of(Role::Office), roe()).await;
    assert!(matches!(again, Err(RuntimeError::IsRetired(_))));
    let again = runtime.confirm(device, "AAA-AAA").await;
    assert!(matches!(again, Err(RuntimeError::IsRetired(_))));
    drop(runtime);

    let runtime = start(&store);
    let enrolment = runtime.enrolment(device).expect("known");
    assert!(matches!(enrolment.standing, Standing::Retired(report) if report.by == roe()));
    assert!(runtime.lost(device, roe(), None).await.expect("reported"));
    let lost = runtime.retire(device, roe(), None).await;
    assert!(matches!(lost, Err(RuntimeError::IsLost(_))), "lost is more");
    let desk = runtime.retire(DESK, roe(), None).await;
    assert!(matches!(desk, Err(RuntimeError::IsTheDesk(_))));
}

#[tokio::test]
async fn a_message_comes_with_every_answer_until_the_device_tells_that_it_was_read() {
    let store = Arc::new(MemoryStore::new());
    let runtime = start(&store);
    let device = gate(&runtime).await;
    assert_eq!(speaks(&runtime, device, 0).await, None);
    let text = "Ring the office about Jay".to_owned();
    let at_ms = runtime
        .write_to(device, roe(), text.clone())
        .await
        .expect("written");
    let read = |device: DeviceNumber, signed: Vec<u8>| {
        let (signature, bytes) = split(&signed).expect("a signature");
        let school = key(1).public();
        let told = school.verify_message(SCHOOL, device, bytes, &signature);
        told.map(|()| OfficeMessage::decode(bytes).expect("a message").text)
    };
    for _ in 0..2 {
        let signed = speaks(&runtime, device, 0).await.expect("a message");
        assert_eq!(read(device, signed.clone()), Ok(text.clone()));
        assert!(read(DESK, signed).is_err(), "it is for one device");
    }
    runtime.message_heard(device, at_ms + 1).await.expect("noted");
    assert!(
        speaks(&runtime, device, 0).await.is_some(),
        "another one was read"
    );
    runtime.message_heard(device, at_ms).await.expect("noted");
    assert_eq!(speaks(&runtime, device, 0).await, None);
    drop(runtime);
    let runtime = start(&store);
    let message = runtime.enrolment(device).expect("known").message.expect("kept");
    assert!(message.heard_ms.is_some(), "also after a restart");
    let second = runtime.write_to(device, roe(), text).await.expect("written");
    assert!(second > at_ms);
    assert!(speaks(&runtime, device, 0).await.is_some());
    let report = runtime.lost(device, roe(), None).await;
    assert!(report.expect("reported"));
    let lost = runtime.write_to(device, roe(), "Where are you?".to_owned()).await;
    assert!(matches!(lost, Err(RuntimeError::IsLost(_))));
}

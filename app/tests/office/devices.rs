//! What the office does with a tablet of the school.

use daymark_app::action::Screen;
use daymark_core::roster::Role;
use serde_json::Value;

use super::common::{Device, School};
use super::{go, office};

const DEVICES: &str = r#"[
    {"device":1,"name":"Coach A iPad","grant":{"role":"teacher","classes":["4B"]},"last_heard":"2026-03-02T08:12:00Z","still_holds":31,"standing":"confirmed"},
    {"device":2,"name":"Hall iPad 4","grant":{"role":"gate","classes":[]},"last_heard":"2026-03-02T08:13:00Z","still_holds":0,"standing":"confirmed","message":"Come in at ten","message_read_at":"2026-03-02T10:41:00Z"},
    {"device":3,"name":"Old iPad","grant":{"role":"gate","classes":[]},"last_heard":"2026-02-02T08:13:00Z","still_holds":4,"standing":"retired"}
]"#;

fn told(school: &School) -> Device {
    let mut answers = school.answers.borrow_mut();
    answers.insert("/v1/office/devices".into(), DEVICES.into());
    drop(answers);
    let mut office = office(school);
    go(&mut office, Screen::Devices);
    office.wait();
    office
}

/// The body of what was asked last of a path.
fn asked(school: &School, path: &str) -> Option<Value> {
    let asked = school.asked.borrow();
    let last = asked.iter().rev().find(|request| request.path == path)?;
    serde_json::from_slice(&last.body).ok()
}

#[test]
fn a_tablet_is_retired_in_two_presses_and_a_retired_one_is_said_to_be_so() {
    let school = School::new();
    let mut office = told(&school);
    let text = office.text();
    assert!(
        text.contains("3 devices. 1 is out."),
        "a retired one is not out: {text}"
    );
    assert!(
        text.contains("Retired Nothing is taken from it any more."),
        "{text}"
    );
    assert!(!office.buttons().iter().any(|name| name == "Change : Old iPad"));
    office.presses = 0;
    office.press("Change : Hall iPad 4");
    let text = office.text();
    assert!(text.contains("All that it had then was received."), "{text}");
    office.press("Retire this tablet");
    assert_eq!((office.presses, office.alert().as_str()), (2, ""));
    assert_eq!(
        asked(&school, "/v1/office/devices/2/retire"),
        Some(serde_json::json!({ "by": "j-roe" }))
    );
    assert_eq!(office.app.screen(), Some(&Screen::Devices));
}

#[test]
fn what_is_still_expected_of_a_tablet_stands_above_the_reason_for_retiring_it() {
    let school = School::new();
    let mut office = told(&school);
    office.press("Change : Coach A iPad");
    let text = office.text();
    assert!(text.contains("It said that it still holds 31 records"), "{text}");
    office.fill("reason", "Dropped into the pond");
    office.press("Retire this tablet");
    let body = asked(&school, "/v1/office/devices/1/retire").expect("asked");
    assert_eq!(body["reason"], "Dropped into the pond");
}

#[test]
fn a_tablet_is_given_another_duty() {
    let school = School::new();
    let mut office = told(&school);
    office.press("Change : Hall iPad 4");
    office.fill("role", "teacher");
    office.fill("class", "4B");
    office.press("Give it this duty");
    assert_eq!(
        asked(&school, "/v1/office/devices/2/grant"),
        Some(serde_json::json!({ "by": "j-roe", "grant": { "role": "teacher", "classes": ["4B"] } }))
    );
    let mut head = Device::join(&school, Role::Head, "r-penhale", "11:40");
    go(&mut head, Screen::Device(2));
    head.wait();
    assert!(!head.buttons().iter().any(|name| name == "Retire this tablet"));
}

#[test]
fn a_message_goes_to_one_tablet_and_is_said_to_be_read_only_when_that_is_known() {
    let school = School::new();
    let mut office = told(&school);
    assert!(office.text().contains("Message: read 10:41"), "{}", office.text());
    office.press("Change : Hall iPad 4");
    assert!(
        office.text().contains("“Come in at ten”: read 10:41."),
        "{}",
        office.text()
    );
    office.press("Send the message");
    assert_eq!(office.alert(), "Write the message first.");
    office.fill("text", "Ring the office");
    office.press("Send the message");
    assert_eq!(
        asked(&school, "/v1/office/devices/2/message"),
        Some(serde_json::json!({ "by": "j-roe", "text": "Ring the office" }))
    );
    let mut answers = school.answers.borrow_mut();
    let unread = DEVICES.replace(r#","message_read_at":"2026-03-02T10:41:00Z""#, "");
    answers.insert("/v1/office/devices".into(), unread);
    drop(answers);
    office.press("Ask again");
    assert!(
        office.text().contains("Message: not yet read"),
        "{}",
        office.text()
    );
}

#[test]
fn a_message_is_a_bar_on_the_tablet_until_somebody_has_read_it_and_the_school_knows() {
    let school = School::new();
    let mut tablet = Device::join(&school, Role::Teacher, "a-shah", "10:30");
    let device = tablet.number();
    school.write_to(device, "Ring the office", "10:32");
    tablet.sync();
    let text = tablet.text();
    assert!(
        text.contains("The office, 10:32: Ring the office Jo Roe"),
        "{text}"
    );
    *school.has_signal.borrow_mut() = false;
    tablet.press("Heard");
    tablet.wait();
    assert!(!tablet.text().contains("Ring the office"), "{}", tablet.text());
    assert_eq!(school.heard(), None, "the school cannot know yet");
    *school.has_signal.borrow_mut() = true;
    tablet.sync();
    assert_eq!(school.heard(), Some(common_ms("10:32")));
}

fn common_ms(time: &str) -> u64 {
    u64::try_from(super::common::ms(time)).expect("positive")
}

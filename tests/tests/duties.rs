//! Duties over real HTTP and real tablets: given with the invitation, changed by the office, and ended by themselves.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use daymark_tests::support::{DAY, Device, School, Tablet};
use serde_json::Value;

/// So many minutes from now, as `--until` takes it. The tablets' clocks show another day; what they learn of the school's
/// clock when they sync puts that right.
fn in_minutes(minutes: u64) -> String {
    let at = SystemTime::now() + Duration::from_secs(minutes * 60);
    let seconds = at.duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let at = DateTime::from_timestamp(i64::try_from(seconds).expect("not far"), 0);
    at.expect("a time").to_rfc3339()
}

/// A tablet for a supply teacher: class 4B on the day, for so many minutes.
fn supply(school: &School, minutes: u64) -> Tablet {
    let until = in_minutes(minutes);
    let invited = school.office(&[
        "device", "invite", "--name", "Supply", "--role", "teacher", "--class", "4B", "--on", DAY, "--until",
        &until,
    ]);
    let invitation = invited.done()["invitation"]
        .as_str()
        .expect("an invitation")
        .to_owned();
    let (tablet, code) = Tablet::enrol(school.path("supply"), &school.server().url(), &invitation);
    school.confirm(tablet.device, &code);
    tablet.sync("08:00");
    tablet
}

fn listed(school: &School, device: u64) -> Value {
    let devices = school.office(&["device", "list"]).value();
    let devices = devices.as_array().expect("a list");
    let found = devices.iter().find(|listed| listed["device"] == device);
    found.expect("it is listed").clone()
}

#[test]
fn a_supply_teachers_tablet_stops_at_its_hour_and_what_it_recorded_still_arrives() {
    let school = School::open();
    let tablet = supply(&school, 30);
    let before = tablet.row("08:05", "AM", 1001);
    assert!(
        before["name"].as_str().is_some_and(|name| !name.is_empty()),
        "{before}"
    );
    tablet.by("a-shah", "08:10").mark("AM", "/", &[1001], &[]).done();

    // Half an hour after it was told so, by its own clock put right, nothing more is recorded and no name is shown.
    let late = tablet.by("a-shah", "08:40").mark("AM", "/", &[1002], &[]);
    let said = late.failed();
    assert!(said.contains("duty ended"), "{said}");
    assert!(said.contains("names of pupils"), "{said}");
    let rows = tablet.rows("08:41", &["--session", "AM"]);
    let named = |row: &Value| !row["name"].as_str().unwrap_or_default().is_empty();
    assert!(!rows.iter().any(named), "{rows:?}");

    // What it recorded in time arrives.
    assert_eq!(tablet.pending(), 1);
    tablet.sync("08:50");
    assert_eq!(tablet.pending(), 0);
    assert_eq!(school.row("AM", 1001)["code"], "/");
}

#[test]
fn the_office_changes_a_duty_and_the_tablet_learns_of_it() {
    let school = School::open();
    let tablet = school.ready("Spare", "teacher", &["4B"]);
    let refused = tablet.by("a-shah", "08:10").mark("AM", "N", &[1002], &["--gate"]);
    assert!(refused.failed().contains("no duty"));
    let device = tablet.device.to_string();
    let nobody = ["device", "grant", &device, "--role", "gate", "--by", "n-obody"];
    assert!(school.office(&nobody).failed().contains("staff list"));
    school
        .office(&["device", "grant", &device, "--role", "gate", "--by", "j-roe"])
        .done();
    assert_eq!(listed(&school, tablet.device)["grant"]["role"], "gate");
    tablet.sync("08:20");
    tablet.by("g-hobbs", "08:30").mark("AM", "N", &[1002], &[]).done();
    tablet.sync("08:40");
    assert_eq!(school.row("AM", 1002)["code"], "N");

    // An hour that has passed ends it for the server at once.
    let past = "2026-01-01T16:00:00+00:00";
    school
        .office(&[
            "device", "grant", &device, "--role", "gate", "--until", past, "--by", "j-roe",
        ])
        .done();
    assert_eq!(listed(&school, tablet.device)["ended"], true);
}

#[test]
fn a_tablet_is_the_office_as_long_as_it_has_that_duty() {
    let school = School::open();
    let desk = Device::enrol(&school, "Front office", "office", &[]);
    let number = desk.number.to_string();
    let mut wire = desk.wire();
    let pass = desk.pass();
    let mut ask = |method: &str, path: &str, body: &str| {
        let headers = [
            ("daymark-pass", pass.as_str()),
            ("content-type", "application/json"),
        ];
        wire.send(method, path, &headers, body.as_bytes())
    };
    let invite = r#"{ "name": "Gate", "grant": { "role": "gate" } }"#;
    assert_eq!(ask("GET", "/v1/office/devices", "").status, 200);
    let invited = ask("POST", "/v1/office/invitations", invite);
    assert_eq!(invited.status, 200);
    let made = invited.json();
    let link = made["link"].as_str().expect("a link");
    let (secret, key) = (made["invitation"].as_str(), made["school_key"].as_str());
    assert_eq!(
        link,
        format!("/#join={}/{}", secret.expect("a secret"), key.expect("a key"))
    );

    // The head looks, and changes nothing.
    let given = |more: &[&str]| {
        let grant = ["device", "grant", &number, "--by", "j-roe"];
        school.office(&[&grant, more].concat()).done();
    };
    given(&["--role", "head"]);
    assert_eq!(ask("GET", "/v1/office/devices", "").status, 200);
    ask("POST", "/v1/office/invitations", invite).problem(403, "not-the-office");

    let ended = in_minutes(0);
    for duty in [
        ["--role", "office", "--until", &ended],
        ["--role", "office", "--on", DAY],
        ["--role", "lead", "--class", "4B"],
    ] {
        given(&duty);
        ask("GET", "/v1/office/devices", "").problem(403, "not-the-office");
    }
    given(&["--role", "office"]);
    assert_eq!(ask("GET", "/v1/office/devices", "").status, 200);
    school.report_lost(u64::from(desk.number.0));
    ask("GET", "/v1/office/devices", "").problem(403, "device-lost");
}

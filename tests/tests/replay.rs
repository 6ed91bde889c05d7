//! Somebody caught every request that a device made and sends each again, byte for byte, over a connection of his own:
//! at once, after the device was reported lost, after a restart of the server, and to another school. Nothing changes.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use daymark_core::document::Document;
use daymark_core::entry::Duty;
use daymark_core::ids::ActorId;
use daymark_core::item::Item;
use daymark_core::session::Session;
use daymark_sync_protocol::frame::{Ack, Window};
use daymark_tests::support::device::{day, sheet};
use daymark_tests::support::wire::read_answer;
use daymark_tests::support::{Answer, DAY, Device, Recorder, School, Stream, Tablet};
use serde_json::{Value, json};

/// How often each request is sent again.
const TIMES: usize = 3;

/// All that a school keeps and answers. What a device last said of itself (when, its clock) is not kept and not here.
#[derive(Debug, PartialEq)]
struct State {
    journal: Vec<u8>,
    doctor: Value,
    answers: Vec<Value>,
    files: Vec<Vec<u8>>,
}

fn state(school: &School) -> State {
    let list = school.office(&["device", "list"]).done();
    let kept = |device: &Value| {
        json!([
            device["device"],
            device["name"],
            device["grant"],
            device["standing"],
            device["key"]
        ])
    };
    let devices = list.as_array().expect("a list").iter().map(kept).collect();
    let span = format!("?from={DAY}&to={DAY}");
    let file = |what: &str| {
        let path = format!("/v1/office/export/{what}{span}");
        school.ask("GET", &path, b"").body
    };
    State {
        journal: std::fs::read(school.journal()).expect("the journal"),
        doctor: school.store_counts(),
        answers: vec![
            devices,
            school.day("AM").value(),
            school.day("PM").value(),
            school.office(&["held"]).value(),
            Value::Array(school.ledger()),
        ],
        files: vec![file("marks"), file("amendments")],
    }
}

fn is_of(request: &[u8], route: &str) -> bool {
    request.starts_with(route.as_bytes())
}

/// Sends a request again and says what came of it.
fn again(address: &str, request: &[u8]) -> (u16, String) {
    if is_of(request, "GET /v1/events") {
        let stream = Stream::send(address, request);
        for _ in 0..1000 {
            let raw = String::from_utf8_lossy(&stream.raw()).into_owned();
            let is_whole = raw.contains("event: hello") || raw.contains("\"code\"") && raw.ends_with('}');
            if is_whole {
                let status = raw.split(' ').nth(1).and_then(|status| status.parse().ok());
                let code = raw
                    .split("\"code\":\"")
                    .nth(1)
                    .and_then(|rest| rest.split('"').next());
                return (status.expect("a status"), code.unwrap_or_default().to_owned());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the stream does not answer");
    }
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .expect("a socket");
    stream.write_all(request).expect("the server reads");
    let answer: Answer = read_answer(&mut stream).expect("an answer");
    let code = if answer.status == 200 {
        String::new()
    } else {
        answer.code()
    };
    (answer.status, code)
}

/// A device's day, each request over a connection of its own.
fn story(school: &School, recorder: &Recorder, name: &str) -> Device {
    let (device, code) = Device::join_by(school, recorder.address(), name, "gate", &[]);
    // Too early: it is not confirmed.
    device.post(&mut device.wire(), &[]).problem(403, "not-confirmed");
    school.confirm(u64::from(device.number.0), &code);
    let gates = sheet(&Duty::Gate);
    let entry = |pupil| device.entry(&Duty::Gate, Session::Am, pupil, "N");
    device.record(&[entry(1001), entry(1002)]);
    let acks = device.offer(&gates, &[b"rubbish".to_vec()]);
    assert!(matches!(acks[..], [Ack::Refused(_)]), "{acks:?}");
    // A change whose parent never came.
    let actor = ActorId {
        device: device.number,
        incarnation: [9; 8],
    };
    let mut document = Document::new(device.school, gates.clone());
    for pupil in [1003, 1004] {
        let made = document.append(actor, &[Item::Slip(vec![entry(pupil)])]);
        let change = made.expect("a change").expect("something").bytes;
        if pupil == 1004 {
            let acks = device.offer(&gates, &[change]);
            assert!(matches!(acks[..], [Ack::Held(_)]), "{acks:?}");
        }
    }
    let mut request = device.request(&gates.to_bytes(), &[]);
    request.brief = Some(Vec::new().into());
    request.window = Some(Window {
        from: day(),
        to: day(),
    });
    assert_eq!(device.post(&mut device.wire(), &request.encode()).status, 200);
    let other = sheet(&Duty::Class("4B".parse().expect("a class")));
    let acks = device.offer(&other, &[device.change(&gates, &[Item::Slip(vec![entry(1005)])])]);
    assert!(matches!(acks[..], [Ack::Refused(_)]), "{acks:?}");
    drop(Stream::open(recorder.address(), &device.pass()));
    device
}

fn caught(recorder: &Recorder) -> Vec<Vec<u8>> {
    recorder
        .recorded()
        .into_iter()
        .map(|connection| connection.sent)
        .collect()
}

#[test]
fn every_request_that_was_caught_changes_nothing_when_it_is_sent_again() {
    let mut school = School::open();
    let stays = Recorder::before(school.server().address());
    let goes = Recorder::before(school.server().address());
    story(&school, &stays, "East gate");
    let lost = story(&school, &goes, "West gate");
    let (stays, goes) = (caught(&stays), caught(&goes));
    assert_eq!((stays.len(), goes.len()), (9, 9));
    for routes in [&stays, &goes] {
        for route in ["POST /v1/enrol ", "POST /v1/sync ", "GET /v1/events "] {
            assert!(routes.iter().any(|request| is_of(request, route)), "{route}");
        }
    }
    let replay = |school: &School, caught: &[Vec<u8>], in_session: (u16, &str), too_short: (u16, &str)| {
        let before = state(school);
        for request in caught {
            let expected = if is_of(request, "POST /v1/enrol") {
                (403, "invitation")
            } else if request.ends_with(b"content-length: 0\r\n\r\n") {
                too_short
            } else {
                in_session
            };
            for _ in 0..TIMES {
                let (status, code) = again(school.server().address(), request);
                let words = String::from_utf8_lossy(request);
                assert_eq!((status, code.as_str()), expected, "{words}");
            }
        }
        assert_eq!(state(school), before, "something changed");
    };
    let good = (200, "");
    // An empty body was answered with not-confirmed; now the device is, and the body is looked at.
    let short = (400, "not-daymark");
    replay(&school, &stays, good, short);
    replay(&school, &goes, good, short);

    school.report_lost(u64::from(lost.number.0));
    replay(&school, &stays, good, short);
    let refused = (403, "device-lost");
    replay(&school, &goes, refused, refused);

    assert!(school.take_server().stop().success());
    school.serve();
    let stale = (401, "stale-session");
    replay(&school, &stays, stale, stale);
    replay(&school, &goes, stale, stale);

    // Another school of the same number: it has no such devices beyond its desk.
    let elsewhere = School::open();
    let unknown = (401, "unknown-device");
    replay(&elsewhere, &stays, unknown, unknown);
    replay(&elsewhere, &goes, unknown, unknown);
}

#[test]
fn a_real_tablets_connections_change_nothing_when_they_are_sent_again() {
    let mut school = School::open();
    let recorder = Recorder::before(school.server().address());
    let invitation = school.invite("East gate", "gate", &[]);
    let url = format!("http://{}", recorder.address());
    let (tablet, code) = Tablet::enrol(school.path("gate"), &url, &invitation);
    school.confirm(tablet.device, &code);
    tablet.sync("08:00");
    tablet.at("08:50").mark("AM", "N", &[1001, 1002], &[]).done();
    tablet.sync("08:51");
    tablet
        .at("09:00")
        .mark("AM", "L", &[1003], &["--arrived", "08:59"])
        .done();
    tablet.sync("09:01");
    assert_eq!(school.row("AM", 1003)["code"], "L");
    let caught = caught(&recorder);
    assert!(caught.len() >= 4, "{}", caught.len());
    let syncs = |school: &School| {
        let text = String::from_utf8(school.ask("GET", "/metrics", b"").body).expect("text");
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("daymark_sync_requests_total "));
        line.expect("a counter").parse::<u64>().expect("a number")
    };
    let replay = |school: &School| {
        let (before, counted) = (state(school), syncs(school));
        for connection in &caught {
            for _ in 0..TIMES {
                let stream = Stream::send(school.server().address(), connection);
                let answered = (0..500).any(|_| {
                    std::thread::sleep(Duration::from_millis(2));
                    !stream.raw().is_empty()
                });
                assert!(answered, "the server read nothing");
                // HTTP/2 greets before it answers; give it time to take the requests in.
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        assert_eq!(state(school), before, "something changed");
        syncs(school) - counted
    };
    let taken = replay(&school);
    assert!(
        taken >= 3 * TIMES as u64,
        "only {taken} syncs were looked at again"
    );
    school.report_lost(tablet.device);
    assert_eq!(replay(&school), 0);
    assert!(school.take_server().stop().success());
    school.serve();
    assert_eq!(replay(&school), 0);
}

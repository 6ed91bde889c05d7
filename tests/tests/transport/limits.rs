//! Slow, many, long and frequent: each is cut off, and others are served meanwhile.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use daymark_core::signature::{KEY_BYTES, SecretKey};
use daymark_tablet::Applicant;
use daymark_tests::support::wire::read_answer;
use daymark_tests::support::{Answer, Device, School, Wire};

const JSON: (&str, &str) = ("content-type", "application/json");
/// An address for documents: as if a proxy on this machine spoke for somebody.
const STRANGER: (&str, &str) = ("x-forwarded-for", "203.0.113.9, 192.0.2.7");

fn open(school: &School) -> TcpStream {
    let stream = TcpStream::connect(school.server().address()).expect("a connection");
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .expect("a timeout");
    stream
}

/// Reads until the other side closes; how long that took.
fn until_closed(mut stream: TcpStream, since: Instant) -> (Vec<u8>, Duration) {
    let mut said = Vec::new();
    let mut part = [0; 4096];
    // A reset is a close too.
    while let Ok(read @ 1..) = stream.read(&mut part) {
        said.extend(&part[..read]);
    }
    (said, since.elapsed())
}

fn livez(school: &School) -> Answer {
    Wire::to(school.server().address()).send("GET", "/livez", &[], b"")
}

#[test]
fn slow_heads_and_silent_connections_are_cut_while_others_are_served() {
    let school = School::open();
    let started = Instant::now();
    let silent = open(&school);
    let mut slow: Vec<TcpStream> = (0..100).map(|_| open(&school)).collect();
    for stream in &mut slow {
        stream
            .write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\nx-slow: ")
            .expect("written");
    }
    let mut drip = slow.pop().expect("one of them");
    let dripping = std::thread::spawn(move || {
        while started.elapsed() < Duration::from_secs(40) && drip.write_all(b"a").is_ok() {
            std::thread::sleep(Duration::from_millis(200));
        }
        started.elapsed()
    });
    let asked = Instant::now();
    assert_eq!(livez(&school).status, 200);
    assert!(asked.elapsed() < Duration::from_secs(5), "others are served");
    let (said, took) = until_closed(silent, started);
    assert!(said.is_empty());
    assert!(
        (8..25).contains(&took.as_secs()),
        "a silent connection is closed after {took:?}"
    );
    for stream in slow {
        let (_, took) = until_closed(stream, started);
        assert!(took.as_secs() < 30, "a slow head is cut after {took:?}");
    }
    let dripped = dripping.join().expect("no panic");
    assert!(dripped.as_secs() < 30, "a dripping head is cut after {dripped:?}");
}

#[test]
fn a_body_that_stops_coming_is_answered_and_cut() {
    let school = School::open();
    let device = Device::enrol(&school, "gate", "gate", &[]);
    let mut stream = open(&school);
    let head = format!(
        "POST /v1/sync HTTP/1.1\r\nhost: x\r\ndaymark-pass: {}\r\ncontent-length: 1000\r\n\r\nabc",
        device.pass()
    );
    stream.write_all(head.as_bytes()).expect("written");
    let started = Instant::now();
    let answer = read_answer(&mut stream).expect("an answer");
    answer.problem(408, "too-slow");
    assert!(
        (8..25).contains(&started.elapsed().as_secs()),
        "{:?}",
        started.elapsed()
    );
    let (_, took) = until_closed(stream, started);
    assert!(took.as_secs() < 30, "{took:?}");
}

#[test]
fn more_connections_than_there_are_places_are_closed_and_places_come_back() {
    let school = School::open();
    let mut held: Vec<TcpStream> = (0..800).map(|_| open(&school)).collect();
    let started = Instant::now();
    // Of those that the tests' own commands left open, some places may have come free; ten more cannot all have one.
    let more: Vec<TcpStream> = (0..10).map(|_| open(&school)).collect();
    let mut closed = 0;
    for mut stream in more {
        stream
            .set_read_timeout(Some(Duration::from_secs(2)))
            .expect("a timeout");
        let mut byte = [0];
        // Written to, because a place is taken only once the server has seen the connection.
        let _ = stream.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n");
        if !matches!(stream.read(&mut byte), Ok(1)) {
            closed += 1;
        }
    }
    assert!(closed >= 8, "{closed} of 10 were closed, {:?}", started.elapsed());
    held.clear();
    let again = (0..50).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        let mut stream = open(&school);
        stream
            .write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n")
            .is_ok()
            && read_answer(&mut stream).is_some_and(|answer| answer.status == 200)
    });
    assert!(again, "places come back");
    let metrics = metrics(&school);
    let refused = metrics
        .lines()
        .find(|line| line.starts_with("daymark_refused_connections_total"));
    assert!(refused.is_some_and(|line| !line.ends_with(" 0")), "{metrics}");
}

fn metrics(school: &School) -> String {
    let token = std::fs::read_to_string(school.home().join("office.token")).expect("a token");
    let token = format!("Bearer {}", token.trim());
    let headers = [("authorization", token.as_str())];
    let answer = Wire::to(school.server().address()).send("GET", "/metrics", &headers, b"");
    assert_eq!(answer.status, 200);
    String::from_utf8(answer.body).expect("text")
}

#[test]
fn long_heads_and_many_headers_are_refused() {
    let school = School::open();
    let mut wire = Wire::to(school.server().address());
    let long = "a".repeat(17 * 1024);
    assert_eq!(wire.send("GET", "/livez", &[("x-long", &long)], b"").status, 431);
    let names: Vec<String> = (0..70).map(|number| format!("x-{number}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
    assert_eq!(wire.send("GET", "/livez", &many, b"").status, 431);
    assert_eq!(wire.send("GET", "/livez", &many[..40], b"").status, 200);
}

#[track_caller]
fn too_many(answer: &Answer) {
    let detail = answer.problem(429, "too-many");
    assert!(detail.contains("try again in"), "{detail}");
    let after = answer
        .head
        .lines()
        .find_map(|line| line.strip_prefix("retry-after: "));
    let seconds: u64 = after.expect("Retry-After").trim().parse().expect("seconds");
    assert!((1..=60).contains(&seconds), "{seconds}");
}

#[test]
fn guessing_invitations_is_slowed_down_for_the_guesser_alone() {
    let school = School::open();
    let mut wire = Wire::to(school.server().address());
    let unknown = Applicant {
        invitation: "0000000-0000000".to_owned(),
        key: SecretKey::from_seed(&[8; KEY_BYTES]),
    };
    let unknown = unknown.request().to_string();
    let mut guess = |from: &[(&str, &str)]| {
        let headers = [&[JSON], from].concat();
        wire.send("POST", "/v1/enrol", &headers, unknown.as_bytes())
    };
    for _ in 0..20 {
        guess(&[STRANGER]).problem(403, "invitation");
    }
    too_many(&guess(&[STRANGER]));
    guess(&[("x-forwarded-for", "192.0.2.8")]).problem(403, "invitation");
    // Good ones cost nothing: a trolley of tablets enrols at once, also after a mistyped one.
    guess(&[]).problem(403, "invitation");
    for number in 0..30 {
        Device::enrol(&school, &format!("Tablet {number}"), "gate", &[]);
    }
    // The guesser must wait even with a good one.
    let invitation = school.invite("Late", "gate", &[]);
    let body = Applicant {
        invitation,
        key: SecretKey::from_seed(&[7; KEY_BYTES]),
    };
    let body = body.request().to_string();
    too_many(&wire.send("POST", "/v1/enrol", &[JSON, STRANGER], body.as_bytes()));
}

#[test]
fn bad_passes_busy_devices_and_strangers_are_slowed_down_and_good_ones_are_not() {
    let school = School::open();
    let device = Device::enrol(&school, "gate", "gate", &[]);
    let mut wire = device.wire();
    let mut sync = |pass: &str, from: (&str, &str)| {
        wire.send(
            "POST",
            "/v1/sync",
            &[("daymark-pass", pass), from],
            b"not a frame",
        )
    };
    let good = device.pass();
    let forged = Device {
        key: SecretKey::from_seed(&[9; KEY_BYTES]),
        ..device.clone()
    }
    .pass();
    let guesses: Vec<Answer> = (0..750).map(|_| sync(&forged, STRANGER)).collect();
    guesses[0].problem(401, "forged-session");
    too_many(
        guesses
            .iter()
            .rev()
            .find(|answer| answer.status == 429)
            .expect("a guesser is slowed down"),
    );
    assert_eq!(
        sync(&good, STRANGER).status,
        400,
        "a good pass is not held up by bad ones"
    );
    let busy: Vec<Answer> = (0..900).map(|_| sync(&good, STRANGER)).collect();
    assert_eq!(busy[500].status, 400);
    let last = busy.iter().rev().find(|answer| answer.status == 429);
    too_many(last.expect("a device that asks without end is slowed down"));
    let mut other = Device::enrol(&school, "west", "gate", &[]).wire();
    let strangers: Vec<Answer> = (0..400)
        .map(|_| other.send("GET", "/readyz", &[STRANGER], b""))
        .collect();
    assert_eq!(strangers[0].status, 200);
    too_many(
        strangers
            .iter()
            .rev()
            .find(|answer| answer.status == 429)
            .expect("a stranger is slowed down"),
    );
    assert_eq!(livez(&school).status, 200);
    let metrics = metrics(&school);
    let limited = metrics
        .lines()
        .find(|line| line.starts_with("daymark_limited_requests_total"));
    assert!(limited.is_some_and(|line| !line.ends_with(" 0")), "{metrics}");
}

#[test]
fn every_answer_has_the_headers_that_keep_browsers_out() {
    let school = School::open();
    let device = Device::enrol(&school, "gate", "gate", &[]);
    let pass = device.pass();
    let authorized = ("daymark-pass", pass.as_str());
    let mut wire = device.wire();
    let long = vec![0; 800 * 1024];
    let answers = [
        (200, wire.send("GET", "/livez", &[], b"")),
        (404, wire.send("GET", "/nowhere", &[], b"")),
        (405, wire.send("DELETE", "/livez", &[], b"")),
        (401, wire.send("GET", "/v1/office/devices", &[], b"")),
        (413, wire.send("POST", "/v1/enrol", &[JSON], &long)),
        (
            422,
            wire.send("POST", "/v1/enrol", &[JSON], br#"{"invitation":"x"}"#),
        ),
    ];
    for (status, answer) in &answers {
        assert_eq!(answer.status, *status, "{}", answer.head);
        for header in [
            "referrer-policy: no-referrer",
            "cross-origin-resource-policy: same-origin",
        ] {
            assert!(answer.head.contains(header), "{header} in {}", answer.head);
        }
        assert!(
            !answer.head.contains("strict-transport-security"),
            "only over TLS"
        );
    }
    let request = device.request(&[], &[]);
    let syncs = [
        (
            200,
            device.post(
                &mut wire,
                &daymark_sync_protocol::frame::SyncRequest {
                    documents: vec![],
                    ..request
                }
                .encode(),
            ),
        ),
        (400, device.post(&mut wire, b"x")),
        (413, wire.send("POST", "/v1/sync", &[authorized], &long)),
        (401, wire.send("POST", "/v1/sync", &[], b"x")),
    ];
    for (status, answer) in &syncs {
        assert_eq!(answer.status, *status, "{}", answer.head);
        assert!(
            !answer.head.contains("referrer-policy"),
            "a tablet does not pay for what it does not read"
        );
    }
    for (_, answer) in answers.iter().chain(&syncs) {
        for header in [
            "x-content-type-options: nosniff",
            "cache-control: no-store",
            "content-security-policy: default-src 'none'; frame-ancestors 'none'",
        ] {
            assert!(answer.head.contains(header), "{header} in {}", answer.head);
        }
    }
}

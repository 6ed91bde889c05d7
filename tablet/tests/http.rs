//! What answers on the wire, and what the tablet makes of it.

use std::io::{Read, Write};
use std::net::TcpListener;

use daymark_core::grant::Grant;
use daymark_core::ids::{DeviceNumber, SchoolId};
use daymark_core::roster::Role;
use daymark_core::signature::{CHALLENGE_BYTES, SecretKey};
use daymark_sync_protocol::client::Identity;
use daymark_tablet::{HttpOptions, HttpTransport, Protocol, Transport, TransportError};

/// A server that gives these answers over HTTP/1.1, in one connection, and tells the requests that it read.
fn answering_in_turn(answers: Vec<String>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut requests = Vec::new();
        for answer in answers {
            let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
            let end = |bytes: &[u8]| {
                let is_get = bytes.starts_with(b"GET ") && bytes.ends_with(b"\r\n\r\n");
                is_get || bytes.ends_with(b"request")
            };
            while !end(&bytes) {
                let read = stream.read(&mut part).expect("a request");
                assert!(read > 0, "the tablet went away");
                bytes.extend(&part[..read]);
            }
            requests.push(String::from_utf8_lossy(&bytes).into_owned());
            stream.write_all(answer.as_bytes()).expect("answered");
        }
        requests
    });
    (address, thread)
}

fn stale(challenge: &str) -> String {
    let body = "{\"title\":\"x\",\"detail\":\"it has ended\",\"code\":\"stale-session\"}";
    format!(
        "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Daymark challenge=\"{challenge}\"\r\n\
         content-type: application/problem+json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The `Authorization` that a device answers a challenge with.
fn pass(challenge: &str, bytes: [u8; CHALLENGE_BYTES]) -> String {
    use base64::Engine;
    let identity = identity();
    let signature = identity
        .key
        .sign_challenge(identity.school, identity.device, &bytes);
    let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(signature.0);
    format!("daymark-pass: 7.{challenge}.{signature}\r\n")
}

#[tokio::test]
async fn a_session_that_has_ended_is_opened_again_with_the_challenge_in_the_refusal() {
    let reply = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nreply".to_owned();
    let (server, thread) = answering_in_turn(vec![stale(NEW_CHALLENGE), reply]);
    let (answer, _) = ask(&server).await;
    assert_eq!(answer.expect("an answer"), b"reply");
    let requests = thread.join().expect("no panic");
    assert!(
        requests[0].contains(&pass(OLD_CHALLENGE, [0; 12])),
        "{}",
        requests[0]
    );
    assert!(
        requests[1].contains(&pass(NEW_CHALLENGE, [1; 12])),
        "{}",
        requests[1]
    );
}

#[tokio::test]
async fn a_school_that_never_lets_it_in_is_asked_twice_and_not_for_ever() {
    let (server, thread) = answering_in_turn(vec![stale(NEW_CHALLENGE), stale(OLD_CHALLENGE)]);
    let (answer, _) = ask(&server).await;
    let error = answer.expect_err("it is not let in");
    assert_eq!(error.to_string(), "the school says no: x: it has ended");
    assert_eq!(thread.join().expect("no panic").len(), 2);
}

#[tokio::test]
async fn a_tablet_without_a_challenge_asks_for_one_and_keeps_its_session() {
    let ok = |body: &str| {
        let length = body.len();
        format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}")
    };
    let challenge = format!("{{\"challenge\":\"{NEW_CHALLENGE}\"}}");
    let (server, thread) = answering_in_turn(vec![ok(&challenge), ok("one"), ok("two")]);
    let options = HttpOptions {
        protocol: Protocol::Http1,
        ..HttpOptions::default()
    };
    let transport = HttpTransport::new(&server, options).expect("an address");
    for expected in [b"one", b"two"] {
        let answer = transport.exchange(&identity(), b"request".to_vec()).await;
        assert_eq!(answer.expect("an answer"), expected);
    }
    let requests = thread.join().expect("no panic");
    assert!(requests[0].starts_with("GET /v1/challenge "), "{}", requests[0]);
    for request in &requests[1..] {
        assert!(request.starts_with("POST /v1/sync "), "{request}");
        assert!(request.contains(&pass(NEW_CHALLENGE, [1; 12])), "{request}");
    }
}

/// A server that gives one answer over HTTP/1.1 and says how many bytes it read and wrote.
fn answering(answer: &'static str) -> (String, std::thread::JoinHandle<(usize, usize)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut bytes = [0; 4096];
        let mut read = 0;
        while !bytes[..read].ends_with(b"request") {
            read += stream.read(&mut bytes[read..]).expect("a request");
        }
        stream.write_all(answer.as_bytes()).expect("answered");
        (read, answer.len())
    });
    (address, thread)
}

const OLD_CHALLENGE: &str = "AAAAAAAAAAAAAAAA";
const NEW_CHALLENGE: &str = "AQEBAQEBAQEBAQEB";

fn identity() -> Identity {
    Identity {
        school: SchoolId(123_456),
        device: DeviceNumber(7),
        name: "Blue tablet".into(),
        grant: Grant::of(Role::Gate),
        server: String::new(),
        key: SecretKey::from_seed(&[7; 32]),
        incarnation: [7; 8],
        school_key: SecretKey::from_seed(&[0xa5; 32]).public(),
    }
}

async fn ask(server: &str) -> (Result<Vec<u8>, TransportError>, HttpTransport) {
    let options = HttpOptions {
        protocol: Protocol::Http1,
        ..HttpOptions::default()
    };
    let transport = HttpTransport::new(server, options).expect("an address");
    // As after an enrolment, so that the first request needs no challenge.
    transport.answer_next(OLD_CHALLENGE);
    let answer = transport.exchange(&identity(), b"request".to_vec()).await;
    (answer, transport)
}

#[tokio::test]
async fn every_byte_on_the_wire_is_counted() {
    let (server, thread) = answering("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nreply");
    let (answer, transport) = ask(&server).await;
    assert_eq!(answer.expect("an answer"), b"reply");
    let (up, down) = thread.join().expect("no panic");
    let traffic = transport.traffic();
    assert_eq!((traffic.bytes_up, traffic.bytes_down), (up as u64, down as u64));
}

#[tokio::test]
async fn a_problem_is_told_in_the_words_of_the_school() {
    let (server, _) = answering(
        "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/problem+json\r\ncontent-length: 69\r\n\r\n\
         {\"title\":\"Not enrolled\",\"detail\":\"ask the office\",\"code\":\"no-device\"}",
    );
    let (answer, _) = ask(&server).await;
    let error = answer.expect_err("a problem");
    let words = "the school says no: Not enrolled: ask the office";
    assert_eq!(error.to_string(), words);
    assert!(!error.is_no_signal());
}

#[tokio::test]
async fn a_login_page_and_a_closed_port_are_told_apart() {
    let (server, _) = answering("HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 0\r\n\r\n");
    let (answer, _) = ask(&server).await;
    assert!(
        matches!(answer, Err(TransportError::NotTheSchool(_))),
        "{answer:?}"
    );

    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let (answer, _) = ask(&closed).await;
    assert!(answer.expect_err("nobody there").is_no_signal());
}

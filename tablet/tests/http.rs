//! What answers on the wire, and what the tablet makes of it.

use std::io::{Read, Write};
use std::net::TcpListener;

use daymark_tablet::{HttpOptions, HttpTransport, Protocol, Transport, TransportError};

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

async fn ask(server: &str) -> (Result<Vec<u8>, TransportError>, HttpTransport) {
    let options = HttpOptions {
        protocol: Protocol::Http1,
        ..HttpOptions::default()
    };
    let transport = HttpTransport::new(server, options).expect("an address");
    let answer = transport.exchange("token", b"request".to_vec()).await;
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

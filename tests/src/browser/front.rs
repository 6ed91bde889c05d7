//! Something that stands before the school's server, as a proxy does, and may change what it gives: another version of the app,
//! or a clock that a test sets.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// The path with which something begins, what to look for in it, and what to put there.
type Change = (&'static str, String, String);

/// A front. It ends with the test's process.
#[derive(Debug)]
pub struct Front {
    address: String,
    changes: Arc<Mutex<Vec<Change>>>,
}

impl Front {
    /// Stands before a server, given as `127.0.0.1:PORT`.
    pub fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("an address").to_string();
        let changes: Arc<Mutex<Vec<Change>>> = Arc::default();
        let (server, shared) = (server.to_owned(), Arc::clone(&changes));
        std::thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                let (server, changes) = (server.clone(), Arc::clone(&shared));
                // A browser ends connections as it likes.
                std::thread::spawn(move || drop(carry(stream, &server, &changes)));
            }
        });
        Self { address, changes }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on, what begins with a path has one text in the place of another.
    pub fn change(&self, path: &'static str, from: &str, to: &str) {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        changes.push((path, from.to_owned(), to.to_owned()));
    }
}

/// One request and its answer.
fn carry(mut browser: TcpStream, server: &str, changes: &Mutex<Vec<Change>>) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        browser.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let wanted: Vec<Change> = {
        let changes = changes.lock().unwrap_or_else(PoisonError::into_inner);
        changes
            .iter()
            .filter(|(begins, ..)| path.starts_with(begins))
            .cloned()
            .collect()
    };
    // One request a connection; what is changed must not come compressed.
    let lines = head.trim_end().split("\r\n").filter(|line| {
        let line = line.to_ascii_lowercase();
        let is_encoding = line.starts_with("accept-encoding:") && !wanted.is_empty();
        !line.starts_with("connection:") && !is_encoding
    });
    let head = lines.collect::<Vec<_>>().join("\r\n") + "\r\nconnection: close\r\n\r\n";
    let mut server = TcpStream::connect(server)?;
    server.write_all(head.as_bytes())?;
    let mut up = (browser.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || std::io::copy(&mut up.0, &mut up.1));
    if wanted.is_empty() {
        std::io::copy(&mut server, &mut browser)?;
    } else {
        let mut answer = Vec::new();
        server.read_to_end(&mut answer)?;
        browser.write_all(&changed(&answer, &wanted))?;
    }
    browser.shutdown(Shutdown::Both)
}

/// An answer with its texts changed, and its length put right.
fn changed(answer: &[u8], wanted: &[Change]) -> Vec<u8> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let mut body = body.to_owned();
    for (path, from, to) in wanted {
        assert!(body.contains(from.as_str()), "{path} has no {from:?}: {head}");
        body = body.replace(from, to);
    }
    let lines = head.split("\r\n").filter(|line| {
        let line = line.to_ascii_lowercase();
        !line.starts_with("content-length:") && !line.starts_with("etag:")
    });
    let head = lines.collect::<Vec<_>>().join("\r\n");
    format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

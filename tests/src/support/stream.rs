//! An event stream, read byte for byte over HTTP/1.1.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use daymark_sync_protocol::frame::SyncReply;

/// Long enough for an event on this machine, however busy it is.
const SOON: Duration = Duration::from_secs(20);

/// An open stream. A thread reads it, until the server ends it or it is dropped.
#[derive(Debug)]
pub struct Stream {
    connection: TcpStream,
    raw: Arc<Mutex<Vec<u8>>>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Such as `poke`.
    pub name: String,
    /// Its data.
    pub data: String,
}

impl Heard {
    /// The reply in a `news` event.
    pub fn reply(&self) -> Option<SyncReply> {
        let bytes = STANDARD.decode(&self.data).ok()?;
        SyncReply::decode(&bytes).ok()
    }
}

impl Stream {
    /// Opens one with a device's pass, and waits until the server says hello.
    #[track_caller]
    pub fn open(address: &str, pass: &str) -> Self {
        let request = format!("GET /v1/events HTTP/1.1\r\nhost: {address}\r\ndaymark-pass: {pass}\r\n\r\n");
        let stream = Self::send(address, request.as_bytes());
        stream.wait_for(1);
        stream
    }

    /// Sends any bytes over a connection of its own, and reads whatever comes back.
    pub fn send(address: &str, request: &[u8]) -> Self {
        let mut connection = TcpStream::connect(address).expect("the server listens");
        connection.write_all(request).expect("the server reads");
        let raw: Arc<Mutex<Vec<u8>>> = Arc::default();
        let (mut reading, kept) = (connection.try_clone().expect("a socket"), Arc::clone(&raw));
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(count @ 1..) = reading.read(&mut part) {
                kept.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend(&part[..count]);
            }
        });
        Self { connection, raw }
    }

    /// Every byte that came, the head and the sizes of chunks included.
    pub fn raw(&self) -> Vec<u8> {
        self.raw.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The events so far.
    pub fn heard(&self) -> Vec<Heard> {
        let raw = self.raw();
        let Some(head) = raw.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Vec::new();
        };
        let text = String::from_utf8_lossy(&unchunked(&raw[head + 4..])).into_owned();
        let blocks = text
            .split_inclusive("\n\n")
            .filter(|block| block.ends_with("\n\n"));
        let field = |block: &str, name: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(name));
            line.map(|value| value.trim().to_owned())
        };
        let event = |block: &str| {
            Some(Heard {
                name: field(block, "event:")?,
                data: field(block, "data:").unwrap_or_default(),
            })
        };
        blocks.filter_map(event).collect()
    }

    /// Waits until so many events have come, `hello` included.
    #[track_caller]
    pub fn wait_for(&self, count: usize) {
        let started = Instant::now();
        while self.heard().len() < count {
            let raw = self.raw();
            let said = String::from_utf8_lossy(&raw);
            assert!(started.elapsed() < SOON, "{count} events are awaited: {said}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // The server may have closed it.
        let _ = self.connection.shutdown(std::net::Shutdown::Both);
    }
}

/// The bodies of chunks, as far as they have come.
fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = bytes.windows(2).position(|window| window == b"\r\n") {
        let size = std::str::from_utf8(&bytes[..end]).ok();
        let Some(size @ 1..) = size.and_then(|size| usize::from_str_radix(size, 16).ok()) else {
            break;
        };
        let Some(chunk) = bytes.get(end + 2..end + 2 + size) else {
            break;
        };
        whole.extend(chunk);
        bytes = bytes.get(end + 4 + size..).unwrap_or_default();
    }
    whole
}

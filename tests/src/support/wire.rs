//! HTTP/1.1 by hand, for messages that no client of ours would send.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// A connection that is kept, and opened again where the server closed it.
#[derive(Debug)]
pub struct Wire {
    address: String,
    stream: Option<TcpStream>,
}

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The head, in small letters.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The stable code of a problem.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The words of a problem, which must be one (RFC 9457).
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> String {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        assert!(
            self.head.contains("content-type: application/problem+json"),
            "{}",
            self.head
        );
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(!detail.is_empty());
        detail.to_owned()
    }
}

impl Wire {
    /// To a server.
    pub fn to(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            stream: None,
        }
    }

    /// One request and its answer.
    ///
    /// # Panics
    /// Nobody answers, also not at a new connection.
    pub fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.address);
        let headers = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        head.extend(headers);
        head.extend([format!("content-length: {}\r\n\r\n", body.len())]);
        let request = [head.as_bytes(), body].concat();
        for _ in 0..2 {
            if let Some(answer) = self.exchange(&request) {
                return answer;
            }
            self.stream = None;
        }
        panic!("{method} {path}: the server does not answer");
    }

    fn exchange(&mut self, request: &[u8]) -> Option<Answer> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(&self.address).ok()?;
            stream.set_nodelay(true).ok()?;
            stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
            self.stream = Some(stream);
        }
        let stream = self.stream.as_mut()?;
        // A server that has read enough may answer before the end: its answer counts, not the write.
        let wrote = stream.write_all(request);
        let answer = read_answer(stream)?;
        if wrote.is_err() || answer.head.contains("connection: close") {
            self.stream = None;
        }
        Some(answer)
    }
}

/// Reads one answer; `None` where the server closes instead.
pub fn read_answer(stream: &mut TcpStream) -> Option<Answer> {
    let mut bytes = Vec::new();
    let mut part = [0; 16 * 1024];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend(&part[..read]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length?.trim().parse().ok()?;
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return None,
            Ok(read) => body.extend(&part[..read]),
        }
    }
    Some(Answer { status, head, body })
}

//! Server-sent events, as far as pokes need them.

use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::transport::TransportError;

/// The longest line that is kept; the rest of a longer one is passed over.
const LINE_BYTES_MAX: usize = 4096;

/// An open stream of pokes.
#[derive(Debug)]
pub struct Events {
    body: Incoming,
    lines: Lines,
}

impl Events {
    pub(super) fn new(body: Incoming) -> Self {
        Self {
            body,
            lines: Lines::default(),
        }
    }

    /// The next event, such as a `poke`, or `news` with what is new; `None` when the school has closed the stream. Dropping the future
    /// loses nothing.
    ///
    /// # Errors
    /// The connection broke; open another, and sync, because pokes may have been missed.
    pub async fn next(&mut self) -> Result<Option<SchoolEvent>, TransportError> {
        loop {
            if let Some(event) = self.lines.events.pop_front() {
                return Ok(Some(event));
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(Err(error)) => return Err(TransportError::NoSignal(error.to_string())),
                Some(Ok(frame)) => {
                    if let Some(bytes) = frame.data_ref() {
                        self.lines.take(bytes);
                    }
                }
            }
        }
    }
}

/// What the school's stream says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchoolEvent {
    /// `hello`, `poke` (what to sync), or `news` (what is new): see [`crate::Tablet::hear`].
    pub name: String,
    /// Its data.
    pub data: String,
}

/// The lines of a stream, put together to events.
#[derive(Debug, Default)]
struct Lines {
    line: Vec<u8>,
    name: Option<String>,
    data: Option<String>,
    events: std::collections::VecDeque<SchoolEvent>,
}

impl Lines {
    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' => self.end_line(),
                b'\r' => {}
                _ if self.line.len() < LINE_BYTES_MAX => self.line.push(*byte),
                _ => {}
            }
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        if line.is_empty() {
            let (name, data) = (self.name.take(), self.data.take());
            if data.is_some() || name.is_some() {
                let name = name.unwrap_or_else(|| "message".into());
                self.events.push_back(SchoolEvent {
                    name,
                    data: data.unwrap_or_default(),
                });
            }
            return;
        }
        match line.split_once(':') {
            Some(("event", value)) => self.name = Some(value.trim_start().to_owned()),
            Some(("data", value)) => self.data = Some(value.trim_start().to_owned()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_put_together_across_packets() {
        let mut lines = Lines::default();
        for part in [
            "event: po",
            "ke\ndata: {}\n",
            "\n: keep-alive\n\nevent:poke\r\n\r",
            "\ndata:x\n\n",
        ] {
            lines.take(part.as_bytes());
        }
        let heard: Vec<(&str, &str)> = lines
            .events
            .iter()
            .map(|event| (event.name.as_str(), event.data.as_str()))
            .collect();
        assert_eq!(heard, [("poke", "{}"), ("poke", ""), ("message", "x")]);
    }
}

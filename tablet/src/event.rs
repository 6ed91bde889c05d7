//! The school's stream of server-sent events, put together from bytes as they come.

/// The longest line that is kept; the rest of a longer one is passed over.
const LINE_BYTES_MAX: usize = 4096;

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
pub struct Lines {
    line: Vec<u8>,
    name: Option<String>,
    data: Option<String>,
    events: std::collections::VecDeque<SchoolEvent>,
}

impl Lines {
    /// Takes the next bytes of the stream, wherever they were cut.
    pub fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' => self.end_line(),
                b'\r' => {}
                _ if self.line.len() < LINE_BYTES_MAX => self.line.push(*byte),
                _ => {}
            }
        }
    }

    /// The next whole event.
    pub fn next_event(&mut self) -> Option<SchoolEvent> {
        self.events.pop_front()
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

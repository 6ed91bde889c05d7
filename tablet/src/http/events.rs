//! Server-sent events, as far as pokes need them.

use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::event::{Lines, SchoolEvent};
use crate::transport::TransportError;

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
            if let Some(event) = self.lines.next_event() {
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

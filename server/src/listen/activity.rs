//! What a connection is doing, so that one that does nothing can be closed, whatever its protocol.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

use crate::limits::{ANSWER_TIMEOUT, FIRST_REQUEST_TIMEOUT, IDLE_TIMEOUT};

/// What a request under way is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It ends by itself.
    Answer,
    /// An event stream, which may be open all day.
    Stream,
}

#[derive(Debug)]
struct State {
    answers: usize,
    streams: usize,
    has_asked: bool,
    /// When a request last began or ended.
    last: Instant,
}

/// The requests of one connection.
#[derive(Debug)]
pub(super) struct Activity(Mutex<State>);

impl Activity {
    pub(super) fn start() -> Self {
        Self(Mutex::new(State {
            answers: 0,
            streams: 0,
            has_asked: false,
            last: Instant::now(),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request has come, its head read.
    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        let mut state = self.lock();
        state.answers += 1;
        state.has_asked = true;
        state.last = Instant::now();
        Busy {
            activity: Arc::clone(self),
            kind: Kind::Answer,
        }
    }

    /// When the connection is to be closed unless something happens until then.
    pub(super) fn deadline(&self) -> Instant {
        let state = self.lock();
        match (state.answers, state.streams) {
            (0, 0) if state.has_asked => state.last + IDLE_TIMEOUT,
            (0, 0) => state.last + FIRST_REQUEST_TIMEOUT,
            // A stream alone has no deadline; this only says when to look again.
            (0, _) => Instant::now() + IDLE_TIMEOUT,
            _ => state.last + ANSWER_TIMEOUT,
        }
    }
}

/// One request under way, until it is dropped.
#[derive(Debug)]
pub(super) struct Busy {
    activity: Arc<Activity>,
    kind: Kind,
}

impl Busy {
    /// The answer is known to be of a kind.
    pub(super) fn answering(mut self, kind: Kind) -> Self {
        if kind == Kind::Stream && self.kind == Kind::Answer {
            let mut state = self.activity.lock();
            state.answers -= 1;
            state.streams += 1;
            drop(state);
            self.kind = kind;
        }
        self
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut state = self.activity.lock();
        match self.kind {
            Kind::Answer => state.answers -= 1,
            Kind::Stream => state.streams -= 1,
        }
        state.last = Instant::now();
    }
}

/// A body whose connection is busy until it was taken.
#[derive(Debug)]
pub(super) struct Held {
    body: Body,
    _busy: Busy,
}

impl Held {
    pub(super) fn new(body: Body, busy: Busy) -> Self {
        Self { body, _busy: busy }
    }
}

impl hyper::body::Body for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_may_be_idle_silent_or_a_stream_for_different_times() {
        let activity = Arc::new(Activity::start());
        let last = || activity.lock().last;
        assert_eq!(activity.deadline(), last() + FIRST_REQUEST_TIMEOUT);
        let busy = activity.begin();
        let another = activity.begin();
        assert_eq!(activity.deadline(), last() + ANSWER_TIMEOUT);
        let busy = busy.answering(Kind::Stream);
        assert_eq!(
            activity.deadline(),
            last() + ANSWER_TIMEOUT,
            "the other is still awaited"
        );
        drop(another);
        activity.lock().last -= IDLE_TIMEOUT * 3;
        assert!(activity.deadline() > Instant::now(), "a stream may stay open");
        drop(busy);
        assert_eq!(activity.deadline(), last() + IDLE_TIMEOUT);
        assert!(activity.deadline() > Instant::now());
    }
}

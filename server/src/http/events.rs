//! `GET /v1/events`: server-sent events that tell a connected device what changed. They pass the web filters of
//! schools, which break `WebSocket`s.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use daymark_core::ids::DeviceNumber;
use futures_util::stream::{Stream, StreamExt, unfold};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::watch;
use tokio::time::Instant;

use super::App;
use super::auth::Device;
use super::streams::Superseded;
use crate::runtime::Told;

/// How often a silent stream says that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// After a poke, the next waits this long: in a storm of changes one sync fetches many.
const POKE_APART: Duration = Duration::from_millis(100);

/// What a stream has to say.
enum Say {
    /// Something changed: sync.
    Poke,
    /// This is what changed.
    News(String),
}

/// One device's stream.
struct Listener {
    app: App,
    device: DeviceNumber,
    told: Receiver<Arc<Vec<Told>>>,
    stopping: watch::Receiver<bool>,
    /// The device has opened newer streams than it may have.
    superseded: Superseded,
    /// Not before this may the next poke go out.
    poke_after: Instant,
    ready: VecDeque<Say>,
}

impl Listener {
    /// Waits for the next thing to say; `None` when the server is going down, or a newer stream takes over.
    async fn next(&mut self) -> Option<Say> {
        loop {
            if let Some(say) = self.ready.pop_front() {
                if matches!(say, Say::Poke) {
                    self.poke_after = Instant::now() + POKE_APART;
                }
                return Some(say);
            }
            let first = tokio::select! {
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
                _ = &mut self.superseded => return None,
                told = self.told.recv() => told,
            };
            if !self.app.runtime.may_speak(self.device) {
                return None;
            }
            let mut must_poke = match first {
                Ok(told) => self.hear(&told),
                // Too slow to hear everything: one sync fetches it all.
                Err(RecvError::Lagged(_)) => true,
                Err(RecvError::Closed) => return None,
            };
            if must_poke {
                tokio::time::sleep_until(self.poke_after).await;
            }
            loop {
                match self.told.try_recv() {
                    Ok(told) => must_poke |= self.hear(&told),
                    Err(TryRecvError::Lagged(_)) => must_poke = true,
                    Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                }
            }
            if must_poke {
                self.ready.clear();
                self.ready.push_back(Say::Poke);
            }
        }
    }

    /// Takes what concerns the device; `true` where it cannot simply be passed on.
    fn hear(&mut self, told: &[Told]) -> bool {
        let readable: Vec<&Told> = self.app.runtime.look(|hub| {
            told.iter()
                .filter(|told| hub.may_read(self.device, &told.document))
                .collect()
        });
        for told in readable {
            match &told.push {
                Some(news) => self.ready.push_back(Say::News(news.clone())),
                None => return true,
            }
        }
        false
    }
}

/// Sends `event: news` with what is new where that is short, and `event: poke` where a sync must fetch it, whenever a
/// document that the device may read has changed. Only what is durable is ever told.
pub(super) async fn events(
    State(app): State<App>,
    Device(device): Device,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let listener = Listener {
        told: app.runtime.told(),
        stopping: app.stopping.clone(),
        superseded: app.guard.streams.open(device),
        app,
        device,
        poke_after: Instant::now(),
        ready: VecDeque::new(),
    };
    let listening = unfold(listener, |mut listener| async move {
        let event = match listener.next().await? {
            // A browser drops events without a data line, so there is an empty object.
            Say::Poke => Event::default().event("poke").data("{}"),
            Say::News(news) => Event::default().event("news").data(news),
        };
        Some((Ok(event), listener))
    });
    let hello = futures_util::stream::once(async { Ok(Event::default().event("hello").data("{}")) });
    Sse::new(hello.chain(listening)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

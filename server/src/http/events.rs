//! `GET /v1/events`: server-sent events that tell a connected device what changed. They pass the web filters of
//! schools, which break `WebSocket`s.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use daymark_core::document_id::DocumentId;
use daymark_core::ids::DeviceNumber;
use daymark_sync_protocol::poke::Poke;
use futures_util::stream::{Stream, StreamExt, unfold};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::watch;
use tokio::time::Instant;

use super::App;
use super::auth::Device;
use super::streams::Superseded;
use crate::runtime::{Told, now_ms};

/// How often a silent stream says that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// After a poke, the next waits this long: in a storm of changes one sync fetches many.
const POKE_APART: Duration = Duration::from_millis(100);

/// What a stream has to say.
enum Say {
    /// Something changed that must be fetched: sync.
    Poke(Poke),
    /// This is what changed.
    News(String),
}

/// What came together: all of it is pushed, or a sync fetches all of it.
struct Heard {
    news: Vec<String>,
    poke: Poke,
    must_poke: bool,
}

impl Default for Heard {
    fn default() -> Self {
        Self {
            news: Vec::new(),
            poke: Poke::nothing(),
            must_poke: false,
        }
    }
}

impl Heard {
    fn changed(&mut self, document: &DocumentId, cursor: u64, push: Option<&String>) {
        self.poke.add(document.clone(), cursor);
        self.news.extend(push.cloned());
        self.must_poke |= push.is_none();
    }

    /// Something that has no name: too slow to hear everything, say.
    fn missed(&mut self) {
        self.poke = Poke::Everything;
        self.must_poke = true;
    }
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
                if matches!(say, Say::Poke(_)) {
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
            let mut heard = Heard::default();
            match first {
                Ok(told) => self.hear(&told, &mut heard),
                Err(RecvError::Lagged(_)) => heard.missed(),
                Err(RecvError::Closed) => return None,
            }
            if heard.must_poke {
                tokio::time::sleep_until(self.poke_after).await;
            }
            loop {
                match self.told.try_recv() {
                    Ok(told) => self.hear(&told, &mut heard),
                    Err(TryRecvError::Lagged(_)) => heard.missed(),
                    Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                }
            }
            if heard.must_poke {
                self.ready.push_back(Say::Poke(heard.poke));
            } else {
                self.ready.extend(heard.news.into_iter().map(Say::News));
            }
        }
    }

    /// Takes what concerns the device.
    fn hear(&self, told: &[Told], heard: &mut Heard) {
        let now = now_ms();
        let readable: Vec<&Told> = self.app.runtime.look(|hub| {
            told.iter()
                .filter(|told| match told {
                    Told::Changed { document, .. } => hub.may_read(self.device, document, now),
                    Told::Brief => true,
                })
                .collect()
        });
        for told in readable {
            match told {
                // A newer brief is fetched, and who goes along on a trip may read sheets that say nothing new.
                Told::Brief
                | Told::Changed {
                    document: DocumentId::Trip(_),
                    ..
                } => heard.missed(),
                Told::Changed {
                    document,
                    cursor,
                    push,
                } => heard.changed(document, *cursor, push.as_ref()),
            }
        }
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
        // A device syncs as it connects: what happens in that moment is fetched together.
        poke_after: Instant::now() + POKE_APART,
        ready: VecDeque::new(),
    };
    let listening = unfold(listener, |mut listener| async move {
        let event = match listener.next().await? {
            Say::Poke(poke) => Event::default().event("poke").data(poke.encode()),
            Say::News(news) => Event::default().event("news").data(news),
        };
        Some((Ok(event), listener))
    });
    // A browser drops events without a data line, so there is an empty object.
    let hello = futures_util::stream::once(async { Ok(Event::default().event("hello").data("{}")) });
    Sse::new(hello.chain(listening)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

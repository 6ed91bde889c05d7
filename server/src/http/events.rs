//! `GET /v1/events`: server-sent events that poke a connected device to sync. They pass the web filters of schools,
//! which break WebSockets.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{Stream, StreamExt, unfold};
use tokio::sync::broadcast::error::RecvError;

use super::App;
use super::auth::Device;

/// How often a silent stream says that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Sends `event: poke` whenever a document that the device may read has changed. A poke carries nothing: what is new
/// comes with the sync that follows. (A browser drops events without a data line, so there is an empty object.)
pub(super) async fn events(
    State(app): State<App>,
    Device(device): Device,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let pokes = app.runtime.pokes();
    let stopping = app.stopping.clone();
    let listening = unfold(
        (app, pokes, stopping),
        move |(app, mut pokes, mut stopping)| async move {
            loop {
                let poke = tokio::select! {
                    _ = stopping.wait_for(|stopping| *stopping) => return None,
                    poke = pokes.recv() => poke,
                };
                let concerns = match poke {
                    Ok(changed) => app
                        .runtime
                        .look(|hub| changed.iter().any(|document| hub.may_read(device, document))),
                    // Too slow to hear every poke: one is as good as many.
                    Err(RecvError::Lagged(_)) => true,
                    Err(RecvError::Closed) => return None,
                };
                if concerns {
                    return Some((
                        Ok(Event::default().event("poke").data("{}")),
                        (app, pokes, stopping),
                    ));
                }
            }
        },
    );
    let hello = futures_util::stream::once(async { Ok(Event::default().event("hello").data("{}")) });
    Sse::new(hello.chain(listening)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

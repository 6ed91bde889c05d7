//! Accepts connections, within limits, and serves requests on them until told to stop.
//!
//! Our own loop and not `axum::serve`, because that one has neither time limits for heads nor a count of connections.

mod activity;
mod places;

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, header};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tower_service::Service;

use crate::limits;
use activity::{Activity, Held, Kind};
pub(crate) use places::counted;
pub use places::{Places, Refused};

/// Who is at the other end of a connection; an extension of every request.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// Whether what it sends cannot be read or changed on the way to this process.
    pub tls: bool,
}

/// After the system had no file left for a connection, the next try waits this long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves until `stopping` becomes true, and then until the requests that are under way have their answers, but not for ever.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    places: Arc<Places>,
    router: Router,
    mut stopping: watch::Receiver<bool>,
) {
    // Connections hold the other end: when all are gone, so are all of these.
    let (alive, mut all_gone) = tokio::sync::mpsc::channel::<Infallible>(1);
    loop {
        let accepted = tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_of_one_connection(&error) => continue,
            Err(error) => {
                tracing::warn!(error = %error, "cannot accept connections");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Ok(place) = places.take(address.ip()) else {
            // Closed without a word: an answer would cost more than the question. It is counted for /metrics.
            continue;
        };
        let (tls, router, stopping) = (tls.clone(), router.clone(), stopping.clone());
        let alive = alive.clone();
        tokio::spawn(async move {
            connection(stream, address, tls, router, stopping).await;
            drop((place, alive));
        });
    }
    drop((listener, alive));
    if timeout(limits::STOP_TIMEOUT, all_gone.recv()).await.is_err() {
        tracing::warn!("some requests did not end in time; their connections are closed");
    }
}

/// Whether an error is the fault of one connection, and not of the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

async fn connection(
    stream: TcpStream,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    stopping: watch::Receiver<bool>,
) {
    // A poke is a few bytes and must not wait for more.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(error = %error, "a connection keeps its delay");
    }
    let peer = Peer {
        address: address.ip().to_canonical(),
        tls: tls.is_some(),
    };
    match tls {
        None => requests(stream, peer, router, stopping).await,
        Some(tls) => match timeout(limits::FIRST_REQUEST_TIMEOUT, tls.accept(stream)).await {
            Ok(Ok(stream)) => requests(stream, peer, router, stopping).await,
            // Scanners, and tablets that do not trust this certificate; the latter say so to their people.
            Ok(Err(error)) => tracing::debug!(error = %error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        },
    }
}

/// Serves the requests of one connection.
async fn requests<S>(stream: S, peer: Peer, router: Router, mut stopping: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Arc::new(Activity::start());
    let service = {
        let activity = Arc::clone(&activity);
        service_fn(move |mut request: Request<Incoming>| {
            let busy = activity.begin();
            request.extensions_mut().insert(peer);
            let answered = router.clone().call(request.map(Body::new));
            async move {
                let Ok(response) = answered.await;
                let kind = response.headers().get(header::CONTENT_TYPE);
                let is_stream = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
                let busy = busy.answering(if is_stream { Kind::Stream } else { Kind::Answer });
                Ok::<_, Infallible>(response.map(|body| Held::new(body, busy)))
            }
        })
    };
    let builder = builder();
    let serving = builder.serve_connection(TokioIo::new(stream), service);
    let mut serving = std::pin::pin!(serving);
    let mut is_ending = false;
    loop {
        let check = activity.deadline();
        tokio::select! {
            ended = serving.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(error = %error, "a connection broke");
                }
                return;
            }
            _ = stopping.wait_for(|stopping| *stopping), if !is_ending => {
                serving.as_mut().graceful_shutdown();
                is_ending = true;
            }
            () = sleep_until(check) => {
                if activity.deadline() <= Instant::now() {
                    // Nobody waits for anything, or nobody takes it.
                    return;
                }
            }
        }
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEADER_READ_TIMEOUT)
        .max_headers(limits::HEADERS_MAX)
        .max_buf_size(limits::HEADER_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits::HEADER_BYTES_MAX).unwrap_or(u32::MAX))
        .max_concurrent_streams(limits::STREAMS_PER_CONNECTION_MAX)
        .keep_alive_interval(limits::PING_INTERVAL)
        .keep_alive_timeout(limits::PING_TIMEOUT);
    builder
}

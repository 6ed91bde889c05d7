//! What every request meets before its handler, and every answer on its way out.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use daymark_core::ids::DeviceNumber;
use http_body_util::BodyExt;
use tower_http::timeout::TimeoutBody;

use super::Problem;
use super::rates::Rates;
use super::streams::Streams;
use crate::limits;
use crate::listen::{Peer, Places, counted};

/// Stands for all whose address is not known.
const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Who asks, as far as limits are concerned: behind a proxy the address that the proxy names.
#[derive(Debug, Clone, Copy)]
struct Caller(IpAddr);

/// The limits of a running server.
#[derive(Debug)]
pub struct Guard {
    proxies: Vec<IpAddr>,
    /// The places for connections.
    pub places: Arc<Places>,
    pub(super) streams: Streams,
    enrolments: Rates<IpAddr>,
    tokens: Rates<IpAddr>,
    anonymous: Rates<IpAddr>,
    files: Rates<IpAddr>,
    devices: Rates<DeviceNumber>,
    office: Rates<()>,
    limited: AtomicU64,
}

impl Guard {
    /// Nothing has happened yet. `proxies` are believed when they name the address that they speak for.
    pub fn new(proxies: Vec<IpAddr>) -> Arc<Self> {
        Arc::new(Self {
            places: Places::new(proxies.clone()),
            proxies,
            streams: Streams::default(),
            enrolments: Rates::new(limits::FAILED_ENROLMENTS),
            tokens: Rates::new(limits::FAILED_TOKENS),
            anonymous: Rates::new(limits::ANONYMOUS),
            files: Rates::new(limits::FILES),
            devices: Rates::new(limits::DEVICE),
            office: Rates::new(limits::OFFICE),
            limited: AtomicU64::new(0),
        })
    }

    /// How many requests were answered with 429 since the start.
    pub fn limited(&self) -> u64 {
        self.limited.load(Ordering::Relaxed)
    }

    /// Whose request it is. A proxy on this machine or of the settings is believed, and nobody else.
    fn caller(&self, request: &Request) -> Caller {
        let Some(peer) = request.extensions().get::<Peer>() else {
            return Caller(NOBODY);
        };
        let is_proxy = peer.address.is_loopback() || self.proxies.contains(&peer.address);
        // The last one is the proxy's own word; those before it are the caller's.
        let forwarded = request.headers().get_all("x-forwarded-for").iter().next_back();
        let Some(named) = forwarded.filter(|_| is_proxy) else {
            return Caller(counted(peer.address));
        };
        let named = named.to_str().ok().and_then(|list| list.rsplit(',').next());
        let address = named.and_then(|named| {
            let named = named.trim();
            let with_port = || named.parse().map(|address: SocketAddr| address.ip());
            named.parse().or_else(|_| with_port()).ok()
        });
        // Whoever cannot be told from others shares their limits; it must not pass for the proxy's machine.
        Caller(counted(address.unwrap_or(NOBODY)))
    }

    fn say<T>(&self, outcome: Result<T, Duration>, what: &str) -> Result<T, Problem> {
        outcome.map_err(|wait| {
            self.limited.fetch_add(1, Ordering::Relaxed);
            Problem::too_many(what, wait)
        })
    }

    /// Counts a request of a device that showed a good token.
    pub(super) fn device(
        &self,
        parts: &axum::http::request::Parts,
        device: DeviceNumber,
    ) -> Result<(), Problem> {
        if is_this_machine(parts) {
            return Ok(());
        }
        let charged = self.devices.charge(device, Instant::now());
        self.say(charged, "this tablet asks too often; it keeps its marks")
    }

    /// Counts a request with the office's token.
    pub(super) fn office(&self, parts: &axum::http::request::Parts) -> Result<(), Problem> {
        if is_this_machine(parts) {
            return Ok(());
        }
        let charged = self.office.charge((), Instant::now());
        self.say(charged, "the office's token is used too often")
    }
}

/// Whether a request comes from this very machine, and not through a proxy on it. Such a one is not held up: whoever is here can
/// do worse.
fn is_this_machine(parts: &axum::http::request::Parts) -> bool {
    parts
        .extensions
        .get::<Caller>()
        .is_some_and(|Caller(address)| address.is_loopback())
}

/// Outermost: who asks, tokens that are no good, and the headers of every answer.
pub(super) async fn every(State(guard): State<Arc<Guard>>, mut request: Request, next: Next) -> Response {
    let Caller(address) = guard.caller(&request);
    request.extensions_mut().insert(Caller(address));
    let is_tls = request.extensions().get::<Peer>().is_some_and(|peer| peer.tls);
    let is_sync = request.uri().path() == "/v1/sync";
    let mut response = next.run(request).await;
    if response.status() == StatusCode::UNAUTHORIZED {
        let charged = guard.tokens.charge(address, Instant::now());
        if let Err(problem) = guard.say(charged, "too many requests without a good token came from here") {
            response = problem.into_response();
        }
    }
    let headers = response.headers_mut();
    // A page that is shown says more of this itself.
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(CACHE_CONTROL, "no-store");
    set(
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    );
    // A tablet's connection pays for every byte, and these three speak to browsers that show pages.
    if !is_sync {
        set(REFERRER_POLICY, "no-referrer");
        set(
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        );
        if is_tls {
            set(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
        }
    }
    response
}

/// For all but event streams: a request ends in time, and its body is not drawn out.
pub(super) async fn timely(request: Request, next: Next) -> Response {
    let slow = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&slow);
    let request = request.map(|body| {
        let timed = TimeoutBody::new(limits::BODY_SILENCE_TIMEOUT, body);
        Body::new(timed.map_err(move |error| {
            noted.store(true, Ordering::Relaxed);
            error
        }))
    });
    match tokio::time::timeout(limits::REQUEST_TIMEOUT, next.run(request)).await {
        // The handler saw a body that broke off; only here it is known why.
        Ok(response) if response.status().is_client_error() && slow.load(Ordering::Relaxed) => {
            too_slow("the body of the request stopped coming")
        }
        Ok(response) => response,
        Err(_) => too_slow("the request took too long"),
    }
}

fn too_slow(detail: &str) -> Response {
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "too-slow",
        format!("{detail}; try again with a better signal"),
    )
    .into_response()
}

/// For the enrolment: tries that fail are counted, and too many close the door for a while, also for a right guess.
pub(super) async fn guesses(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let what = "too many invitations from here were not good";
    let Caller(address) = guard.caller(&request);
    if let Err(problem) = guard.say(guard.enrolments.look(address, Instant::now()), what) {
        return problem.into_response();
    }
    let response = next.run(request).await;
    if response.status().is_client_error() {
        // Of many at once, all were let in by the look; only so many are told whether they were right.
        let charged = guard.enrolments.charge(address, Instant::now());
        if let Err(problem) = guard.say(charged, what) {
            return problem.into_response();
        }
    }
    response
}

/// For the files of the app, and for what is not there.
pub(super) async fn loads(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let Caller(address) = guard.caller(&request);
    if !address.is_loopback() {
        let charged = guard.files.charge(address, Instant::now());
        if let Err(problem) = guard.say(charged, "too many files were asked for from here") {
            return problem.into_response();
        }
    }
    next.run(request).await
}

/// For routes without a token.
pub(super) async fn strangers(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let Caller(address) = guard.caller(&request);
    if !address.is_loopback() {
        let charged = guard.anonymous.charge(address, Instant::now());
        if let Err(problem) = guard.say(charged, "too many requests came from here") {
            return problem.into_response();
        }
    }
    next.run(request).await
}

//! The school's server over HTTP: HTTP/2, or HTTP/1.1. Over TLS the two sides agree on which; over plain HTTP the tablet
//! begins with HTTP/2. Bytes are counted on the socket, those of TLS included.

mod counted;
mod events;
mod trust;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daymark_sync_protocol::client::Identity;
use daymark_sync_protocol::limits::REPLY_BYTES_MAX;
use daymark_sync_protocol::version::FrameError;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::enrol::{Applicant, Enrolment};
use crate::transport::{Problem, Traffic, Transport, TransportError};
use counted::{Connector, Counters};
pub use events::Events;
pub use trust::{CA_FILE, CaError, SchoolCa};

/// The media type of sync messages.
pub const SYNC_MEDIA_TYPE: &str = "application/vnd.daymark.sync";

/// The header that carries what lets a device in. Not `Authorization`, which HTTP/2 sends anew with each request: this one
/// goes over a connection once.
const PASS: &str = "daymark-pass";

/// Which HTTP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/2; over TLS also HTTP/1.1 where the server has nothing better.
    #[default]
    Http2,
    /// HTTP/1.1, for networks whose filters break HTTP/2.
    Http1,
}

const REMEDY: &str = "give it as https://HOST:PORT, or http://HOST:PORT where it has no TLS";

/// How to speak with a server.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Which HTTP.
    pub protocol: Protocol,
    /// How long a connection may take to open.
    pub connect_timeout: Duration,
    /// How long a whole exchange may take.
    pub timeout: Duration,
    /// The school's own authority, trusted besides the system's.
    pub ca: Option<SchoolCa>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            protocol: Protocol::Http2,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            ca: None,
        }
    }
}

/// A school's server. Clones share connections and counters; a new one has its own.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    server: String,
    client: Client<HttpsConnector<Connector>, Full<Bytes>>,
    counters: Arc<Counters>,
    timeout: Duration,
    session: Arc<Mutex<Session>>,
}

/// What opens the next request.
#[derive(Debug, Default)]
struct Session {
    /// A challenge that was not answered yet.
    challenge: Option<Vec<u8>>,
    /// What the last answered challenge made of the header.
    pass: Option<HeaderValue>,
}

#[derive(serde::Deserialize)]
struct Challenge {
    challenge: String,
}

impl HttpTransport {
    /// Speaks with the server at an address such as `https://daymark.school.example:8443`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`TransportError::Address`].
    pub fn new(server: &str, options: HttpOptions) -> Result<Self, TransportError> {
        let bad = |remedy| TransportError::Address {
            address: server.to_owned(),
            remedy,
        };
        let server_trimmed = server.trim_end_matches('/');
        let uri: Uri = server_trimmed.parse().map_err(|_| bad(REMEDY))?;
        let is_tls = match uri.scheme_str() {
            Some(scheme @ ("http" | "https")) if uri.host().is_some_and(|host| !host.is_empty()) => {
                scheme == "https"
            }
            _ => return Err(bad(REMEDY)),
        };
        if uri.query().is_some() {
            return Err(bad("leave out everything from the question mark on"));
        }
        let counters = Arc::new(Counters::default());
        let connector = Connector::new(Arc::clone(&counters), options.connect_timeout);
        let tls = if is_tls {
            trust::client_config(options.ca)
        } else {
            // Nobody is asked, so the system's authorities need not be read.
            trust::nobody()
        };
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls.map_err(|error| TransportError::NoSignal(error.to_string()))?)
            .https_or_http();
        let connector = match options.protocol {
            Protocol::Http2 => https.enable_all_versions().wrap_connector(connector),
            Protocol::Http1 => https.enable_http1().wrap_connector(connector),
        };
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_timer(TokioTimer::new()).timer(TokioTimer::new());
        if options.protocol == Protocol::Http2 {
            // Over TLS the server says whether it speaks HTTP/2.
            builder
                .http2_only(!is_tls)
                .http2_keep_alive_interval(Some(Duration::from_secs(20)));
        }
        Ok(Self {
            server: server_trimmed.to_owned(),
            client: builder.build(connector),
            counters,
            timeout: options.timeout,
            session: Arc::default(),
        })
    }

    /// Its address.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Uses an invitation.
    ///
    /// # Errors
    /// The invitation is not good any more, or the school cannot be reached.
    pub async fn enrol(&self, applicant: &Applicant) -> Result<Enrolment, TransportError> {
        let body = applicant.request().to_string();
        let request = self.request(
            Method::POST,
            "/v1/enrol",
            Some("application/json"),
            None,
            body.into(),
        )?;
        let bytes = self.whole(request).await?;
        let enrolment: Enrolment = serde_json::from_slice(&bytes)
            .map_err(|_| TransportError::NotTheSchool(FrameError::NotDaymark))?;
        self.answer_next(&enrolment.challenge);
        Ok(enrolment)
    }

    /// Keeps a challenge, so that the next session is opened without asking for one.
    pub fn answer_next(&self, challenge: &str) {
        let mut session = self.session();
        session.challenge = URL_SAFE_NO_PAD.decode(challenge).ok();
        session.pass = None;
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What lets a device in: the open session, or a new one, for which a challenge is asked for where there is none.
    async fn pass(&self, identity: &Identity) -> Result<HeaderValue, TransportError> {
        if let Some(pass) = self.session().pass.clone() {
            return Ok(pass);
        }
        let held = self.session().challenge.take();
        let challenge = match held {
            Some(challenge) => challenge,
            None => self.challenge().await?,
        };
        let signature = identity
            .key
            .sign_challenge(identity.school, identity.device, &challenge);
        let text = format!(
            "{}.{}.{}",
            identity.device,
            URL_SAFE_NO_PAD.encode(&challenge),
            URL_SAFE_NO_PAD.encode(signature.0)
        );
        let pass =
            HeaderValue::from_str(&text).map_err(|_| TransportError::NotTheSchool(FrameError::NotDaymark))?;
        self.session().pass = Some(pass.clone());
        Ok(pass)
    }

    async fn challenge(&self) -> Result<Vec<u8>, TransportError> {
        let request = self.request(Method::GET, "/v1/challenge", None, None, Bytes::new())?;
        let bytes = self.whole(request).await?;
        serde_json::from_slice::<Challenge>(&bytes)
            .ok()
            .and_then(|answer| URL_SAFE_NO_PAD.decode(answer.challenge).ok())
            .ok_or(TransportError::NotTheSchool(FrameError::NotDaymark))
    }

    /// Whether a refusal only says that the session has ended: the next one is opened with the challenge in it.
    fn session_ended(&self, response: &Response<Incoming>) -> bool {
        if response.status() != StatusCode::UNAUTHORIZED {
            return false;
        }
        let challenge = response
            .headers()
            .get(WWW_AUTHENTICATE)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Daymark challenge=\""))
            .and_then(|rest| rest.strip_suffix('"'));
        if let Some(challenge) = challenge {
            self.answer_next(challenge);
        }
        challenge.is_some()
    }

    /// Sends a request as a device. Where the session has ended, it opens another, once.
    async fn send_as(
        &self,
        identity: &Identity,
        make: impl Fn(HeaderValue) -> Result<Request<Full<Bytes>>, TransportError>,
    ) -> Result<Response<Incoming>, TransportError> {
        for attempt in 0..2 {
            let request = make(self.pass(identity).await?)?;
            let response = tokio::time::timeout(self.timeout, self.client.request(request))
                .await
                .map_err(|_| self.timed_out())?
                .map_err(|error| self.no_answer(&error))?;
            if attempt > 0 || !self.session_ended(&response) {
                return Ok(response);
            }
        }
        Err(self.timed_out())
    }

    /// The stream of the school's pokes: each says that a sync would bring something.
    ///
    /// # Errors
    /// The school cannot be reached or refuses.
    pub async fn events(&self, identity: &Identity) -> Result<Events, TransportError> {
        let response = self
            // The route has one answer, so it needs no `Accept`: every byte up is paid for.
            .send_as(identity, |pass| {
                self.request(Method::GET, "/v1/events", None, Some(pass), Bytes::new())
            })
            .await?;
        let is_stream = content_type(&response).is_some_and(|kind| kind.starts_with("text/event-stream"));
        if response.status() == StatusCode::OK && is_stream {
            return Ok(Events::new(response.into_body()));
        }
        Err(self.refusal(response).await)
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        media_type: Option<&str>,
        pass: Option<HeaderValue>,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, TransportError> {
        let mut builder = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.server));
        if let Some(media_type) = media_type {
            builder = builder.header(CONTENT_TYPE, media_type);
        }
        if let Some(pass) = pass {
            builder = builder.header(PASS, pass);
        }
        builder
            .body(Full::new(body))
            .map_err(|_| TransportError::Address {
                address: self.server.clone(),
                remedy: "give it as https://HOST:PORT",
            })
    }

    fn no_answer(&self, error: &hyper_util::client::legacy::Error) -> TransportError {
        if let Some(why) = trust::distrust(error) {
            return TransportError::NotTrusted {
                server: self.server.clone(),
                why,
            };
        }
        let mut why = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(inner) = source {
            why = inner.to_string();
            source = inner.source();
        }
        TransportError::NoSignal(why)
    }

    fn timed_out(&self) -> TransportError {
        TransportError::TimedOut {
            seconds: self.timeout.as_secs(),
        }
    }

    /// Sends a request and gives the whole body of a 200.
    async fn whole(&self, request: Request<Full<Bytes>>) -> Result<Vec<u8>, TransportError> {
        let exchange = async {
            let response = self
                .client
                .request(request)
                .await
                .map_err(|error| self.no_answer(&error))?;
            self.body_of(response).await
        };
        tokio::time::timeout(self.timeout, exchange)
            .await
            .unwrap_or_else(|_| Err(self.timed_out()))
    }

    async fn body_of(&self, response: Response<Incoming>) -> Result<Vec<u8>, TransportError> {
        if response.status() == StatusCode::OK {
            body(response).await
        } else {
            Err(self.refusal(response).await)
        }
    }

    /// A problem in words, or something that is not the school.
    async fn refusal(&self, response: Response<Incoming>) -> TransportError {
        let is_problem =
            content_type(&response).is_some_and(|kind| kind.starts_with("application/problem+json"));
        let status = response.status().as_u16();
        let read = tokio::time::timeout(self.timeout, body(response)).await;
        let problem = match read {
            Ok(Ok(bytes)) if is_problem => serde_json::from_slice::<Problem>(&bytes).ok(),
            _ => None,
        };
        match problem {
            Some(problem) => TransportError::Problem {
                problem: Problem { status, ..problem },
            },
            None => TransportError::NotTheSchool(FrameError::NotDaymark),
        }
    }
}

fn content_type(response: &Response<Incoming>) -> Option<&str> {
    response.headers().get(CONTENT_TYPE)?.to_str().ok()
}

async fn body(response: Response<Incoming>) -> Result<Vec<u8>, TransportError> {
    let collected = Limited::new(response.into_body(), REPLY_BYTES_MAX)
        .collect()
        .await;
    let body =
        collected.map_err(|error| TransportError::NoSignal(format!("the answer broke off: {error}")))?;
    Ok(body.to_bytes().to_vec())
}

impl Transport for HttpTransport {
    async fn exchange(&self, identity: &Identity, request: Vec<u8>) -> Result<Vec<u8>, TransportError> {
        let body = Bytes::from(request);
        let exchange = async {
            let response = self
                .send_as(identity, |pass| {
                    self.request(
                        Method::POST,
                        "/v1/sync",
                        Some(SYNC_MEDIA_TYPE),
                        Some(pass),
                        body.clone(),
                    )
                })
                .await?;
            self.body_of(response).await
        };
        tokio::time::timeout(self.timeout, exchange)
            .await
            .unwrap_or_else(|_| Err(self.timed_out()))
    }

    fn traffic(&self) -> Traffic {
        self.counters.read()
    }
}

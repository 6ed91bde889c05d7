//! Speaking to the running server as the office.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode, header};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Failure, Place};
use crate::config::Home;
use crate::tls::authority::TlsFiles;
use crate::tls::trusting::client_config;

/// The file in a home folder in which a running server writes where it listens, and below that the fingerprint of its
/// certificate where it has one.
pub(crate) const ADDRESS_FILE: &str = "server.address";
/// The longest answer that is taken.
const ANSWER_BYTES_MAX: usize = 256 * 1024 * 1024;

/// The server did not do it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OfficeError {
    /// Nobody answers.
    #[error("no Daymark server answers at {server}: start it with `daymark serve`, or give --server")]
    Nobody {
        /// Where.
        server: String,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server refused, and says why.
    #[error("{detail}")]
    Refused {
        /// Why.
        detail: String,
    },
}

/// The office, speaking to its server.
pub(crate) struct Office {
    server: String,
    token: String,
    runtime: tokio::runtime::Runtime,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// Reads what a running server wrote down: its URL, and its certificate's fingerprint.
fn running(written: &str) -> (String, Option<String>) {
    let mut lines = written.lines();
    let address = lines.next().unwrap_or_default().trim();
    (url(address), lines.next().map(|line| line.trim().to_owned()))
}

/// A URL for an address on which a server listens. Whoever listens everywhere is met on this machine.
fn url(address: &str) -> String {
    let (scheme, address) = address.split_once("://").unwrap_or(("http", address));
    match address.parse::<SocketAddr>() {
        Ok(mut address) if address.ip().is_unspecified() => {
            let here = if address.is_ipv4() {
                IpAddr::from(Ipv4Addr::LOCALHOST)
            } else {
                IpAddr::from(Ipv6Addr::LOCALHOST)
            };
            address.set_ip(here);
            format!("{scheme}://{address}")
        }
        _ => format!("{scheme}://{address}"),
    }
}

impl Office {
    /// Finds the server and the token.
    pub(crate) fn at(place: &Place) -> Result<Self, Failure> {
        let home = Home::at(&place.home);
        let (server, known) = match &place.server {
            Some(server) => (server.trim_end_matches('/').to_owned(), None),
            None => match std::fs::read_to_string(place.home.join(ADDRESS_FILE)) {
                Ok(written) => running(&written),
                Err(_) => (url(&home.config()?.listen.to_string()), None),
            },
        };
        let token = match &place.token {
            Some(token) => token.clone(),
            None => home.token()?,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let tls = client_config(known, &TlsFiles::of(&place.home).ca)?;
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self {
            server,
            token,
            runtime,
            client,
        })
    }

    /// Where it found the server.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        Ok(serde_json::from_slice(&self.ask(
            Method::GET,
            path,
            "",
            Vec::new(),
        )?)?)
    }

    pub(crate) fn get_bytes(&self, path: &str) -> Result<Vec<u8>, Failure> {
        self.ask(Method::GET, path, "", Vec::new())
    }

    pub(crate) fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Failure> {
        let body = serde_json::to_vec(body)?;
        Ok(serde_json::from_slice(&self.ask(
            Method::POST,
            path,
            "application/json",
            body,
        )?)?)
    }

    pub(crate) fn post_file<T: DeserializeOwned>(&self, path: &str, body: Vec<u8>) -> Result<T, Failure> {
        Ok(serde_json::from_slice(&self.ask(
            Method::POST,
            path,
            "text/csv",
            body,
        )?)?)
    }

    fn ask(&self, method: Method, path: &str, kind: &str, body: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.server))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        if !kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let request = request.body(Full::new(Bytes::from(body)))?;
        let nobody = |source: Failure| OfficeError::Nobody {
            server: self.server.clone(),
            source,
        };
        let (status, bytes) = self.runtime.block_on(async {
            let answer = self
                .client
                .request(request)
                .await
                .map_err(|error| nobody(error.into()))?;
            let status = answer.status();
            let limited = http_body_util::Limited::new(answer.into_body(), ANSWER_BYTES_MAX);
            let bytes = limited.collect().await.map_err(nobody)?.to_bytes().to_vec();
            Ok::<(StatusCode, Vec<u8>), OfficeError>((status, bytes))
        })?;
        if status.is_success() {
            return Ok(bytes);
        }
        let detail = serde_json::from_slice::<Value>(&bytes)
            .ok()
            .and_then(|problem| problem["detail"].as_str().map(str::to_owned))
            .unwrap_or_else(|| format!("the server answered {status}"));
        Err(OfficeError::Refused { detail }.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_wrote_down_is_where_it_is_met() {
        let plain = running("127.0.0.1:8443");
        assert_eq!(plain, ("http://127.0.0.1:8443".into(), None));
        let everywhere = running("https://0.0.0.0:8443\nAB:CD\n");
        assert_eq!(
            everywhere,
            ("https://127.0.0.1:8443".into(), Some("AB:CD".into()))
        );
        assert_eq!(url("https://[::]:8443"), "https://[::1]:8443");
    }
}

//! The server's side of TLS, and a certificate that can be changed while it runs.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::certificate::{CertificateFacts, facts, read_pair};
use super::{TlsError, provider};

/// Where the server's certificate and its key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The certificate, and those between it and its authority, in PEM.
    pub certificate: PathBuf,
    /// Its key, in PEM.
    pub key: PathBuf,
}

/// The certificate in use. Connections that open after [`Shown::reload`] see the new one; open ones go on.
pub struct Shown {
    pair: Pair,
    now: RwLock<Arc<CertifiedKey>>,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown")
            .field("pair", &self.pair)
            .finish_non_exhaustive()
    }
}

impl Shown {
    /// Reads a certificate and its key.
    ///
    /// # Errors
    /// See [`read_pair`].
    pub fn read(pair: Pair) -> Result<Arc<Self>, TlsError> {
        let now = read_pair(&pair.certificate, &pair.key, &provider())?;
        Ok(Arc::new(Self {
            pair,
            now: RwLock::new(Arc::new(now)),
        }))
    }

    /// Reads the files again. Where they are no good, the old certificate stays in use.
    ///
    /// # Errors
    /// See [`read_pair`].
    pub fn reload(&self) -> Result<(), TlsError> {
        let fresh = read_pair(&self.pair.certificate, &self.pair.key, &provider())?;
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        Ok(())
    }

    fn now(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the certificate in use says.
    ///
    /// # Errors
    /// It cannot be understood.
    pub fn facts(&self) -> Result<CertificateFacts, TlsError> {
        let now = self.now();
        let first = now.cert.first().ok_or_else(|| TlsError::Content {
            path: self.pair.certificate.clone(),
            wanted: "a certificate",
            why: "it is empty".into(),
        })?;
        facts(first, &self.pair.certificate)
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.now())
    }
}

/// How the server speaks TLS: 1.3, or 1.2 for what cannot do better, with HTTP/2 preferred.
///
/// # Errors
/// The provider lacks what is needed, which is a fault of the program.
pub fn server_config(shown: Arc<Shown>) -> Result<ServerConfig, TlsError> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Inside(error.to_string()))?
        .with_no_client_auth()
        .with_cert_resolver(shown);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // One ticket is enough for a tablet that comes back, and each costs a hundred bytes of every first connection.
    config.send_tls13_tickets = 1;
    Ok(config)
}

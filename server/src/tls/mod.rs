//! TLS by rustls: the server's certificate, a school's own authority, and whom our own client trusts.

pub mod authority;
pub mod certificate;
pub mod serving;
pub mod trusting;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;

/// Why something about TLS does not work.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("cannot use {path}: {source}; check that it is there and that the server's user may read it", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path} is not {wanted}: {why}", path = path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What it should be.
        wanted: &'static str,
        /// What is wrong.
        why: String,
    },
    /// The key is not the certificate's.
    #[error(
        "the key {key} does not belong to the certificate {certificate}: give the two files that were made together",
        key = key.display(), certificate = certificate.display()
    )]
    Pair {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// A file that would be overwritten.
    #[error(
        "{path} exists already: give --renew for a new server certificate of the same authority (tablets go on as they are), or \
         --replace for a new authority (every tablet must be given the new ca.pem)",
        path = path.display()
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A name for a certificate is none.
    #[error("{name:?} is not a host name: give one such as daymark.school.example, or --ip for an address")]
    Name {
        /// What was given.
        name: String,
    },
    /// No name was given.
    #[error("a certificate needs a name: give --name HOST or --ip ADDRESS, as tablets will type it")]
    NoName,
    /// Something inside failed.
    #[error("TLS cannot be set up: {0}")]
    Inside(String),
}

pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> TlsError {
    let path = path.to_owned();
    move |source| TlsError::Io { path, source }
}

/// The one provider of cryptography in this process: ring, which needs neither cmake nor an assembler to build.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

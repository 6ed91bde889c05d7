//! Certificates as files, and what they say.

use std::path::Path;

use chrono::{DateTime, Utc};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use serde::Serialize;
use sha2::{Digest, Sha256};
use x509_parser::extensions::GeneralName;

use super::{TlsError, io};
use crate::limits::CERTIFICATE_WARNING_DAYS;

/// What a certificate says, for people.
#[derive(Debug, Clone, Serialize)]
pub struct CertificateFacts {
    /// Whose it is.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The host names and addresses that it is good for.
    pub names: Vec<String>,
    /// Until when.
    pub expires: DateTime<Utc>,
    /// Full days that are left; negative when it has ended.
    pub days_left: i64,
    /// SHA-256 of its bytes, as pairs with colons between.
    pub fingerprint: String,
}

impl CertificateFacts {
    /// What should be done about it soon, in words.
    pub fn warning(&self) -> Option<String> {
        let remedy =
            "renew it (`daymark tls init --renew`, or with whoever issued it), then send the server a SIGHUP";
        if self.days_left < 0 {
            let date = self.expires.date_naive();
            Some(format!(
                "the server's certificate ended on {date}: tablets refuse it; {remedy}"
            ))
        } else if self.days_left < CERTIFICATE_WARNING_DAYS {
            Some(format!(
                "the server's certificate ends in {} days, on {}: {remedy}",
                self.days_left,
                self.expires.date_naive()
            ))
        } else {
            None
        }
    }
}

/// SHA-256 of a certificate, as browsers and `openssl x509 -fingerprint` show it.
pub fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let hash = Sha256::digest(certificate.as_ref());
    let pairs: Vec<String> = hash.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// The certificates of a PEM file, at least one.
///
/// # Errors
/// It cannot be read or holds none.
pub fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = std::fs::read(path).map_err(io(path))?;
    let bad = |why: String| TlsError::Content {
        path: path.to_owned(),
        wanted: "a certificate in PEM",
        why,
    };
    let chain = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| bad(error.to_string()))?;
    if chain.is_empty() {
        return Err(bad(
            "it has no part that begins with -----BEGIN CERTIFICATE-----".into()
        ));
    }
    Ok(chain)
}

/// A certificate with its key, ready to be shown to clients.
///
/// # Errors
/// A file cannot be read, holds something else, or the two do not belong together.
pub fn read_pair(
    certificate: &Path,
    key: &Path,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, TlsError> {
    let chain = read_chain(certificate)?;
    let bad = |path: &Path, wanted, why: String| TlsError::Content {
        path: path.to_owned(),
        wanted,
        why,
    };
    let pem = std::fs::read(key).map_err(io(key))?;
    let secret = PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|error| bad(key, "a private key in PEM", error.to_string()))?;
    CertifiedKey::from_der(chain, secret, provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => TlsError::Pair {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        },
        rustls::Error::InvalidCertificate(_) => bad(certificate, "a certificate", error.to_string()),
        other => bad(key, "a private key that can be used", other.to_string()),
    })
}

/// What a certificate says.
///
/// # Errors
/// It cannot be understood.
pub fn facts(certificate: &CertificateDer<'_>, path: &Path) -> Result<CertificateFacts, TlsError> {
    let bad = |why: String| TlsError::Content {
        path: path.to_owned(),
        wanted: "a certificate",
        why,
    };
    let (_, parsed) =
        x509_parser::parse_x509_certificate(certificate).map_err(|error| bad(error.to_string()))?;
    let names = parsed
        .subject_alternative_name()
        .map_err(|error| bad(error.to_string()))?
        .map(|names| names.value.general_names.iter().filter_map(name).collect())
        .unwrap_or_default();
    let expires = DateTime::from_timestamp(parsed.validity().not_after.timestamp(), 0)
        .ok_or_else(|| bad("its end is not a date".into()))?;
    let now = DateTime::<Utc>::from(std::time::SystemTime::now());
    Ok(CertificateFacts {
        subject: parsed.subject().to_string(),
        issuer: parsed.issuer().to_string(),
        names,
        expires,
        days_left: (expires - now).num_seconds().div_euclid(24 * 60 * 60),
        fingerprint: fingerprint(certificate),
    })
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(host) => Some((*host).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes)
                .ok()
                .map(|bytes| std::net::Ipv4Addr::from(bytes).to_string()),
            _ => <[u8; 16]>::try_from(*bytes)
                .ok()
                .map(|bytes| std::net::Ipv6Addr::from(bytes).to_string()),
        },
        _ => None,
    }
}

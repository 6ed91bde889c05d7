//! Whom a tablet believes to be the school, and what it says when it does not.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, ClientConfig, RootCertStore};

/// The file in a tablet's home that holds the school's own authority, where it has one.
pub const CA_FILE: &str = "ca.pem";

/// The longest file that is taken for an authority: one certificate has about a thousand bytes.
const CA_BYTES_MAX: usize = 64 * 1024;

/// The school's own authority: who may sign the server's certificate besides those whom the system trusts.
#[derive(Debug, Clone)]
pub struct SchoolCa {
    pem: Vec<u8>,
    certificates: Vec<CertificateDer<'static>>,
}

/// Why a file is no authority.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// It cannot be read or written.
    #[error("cannot use {path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It holds something else.
    #[error(
        "{path} is not a certificate in PEM ({why}): ask the office for the file tls/ca.pem of the school's server",
        path = path.display()
    )]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

impl SchoolCa {
    /// Reads a file in PEM.
    ///
    /// # Errors
    /// It cannot be read, or holds no certificate that can be trusted.
    pub fn read(path: &Path) -> Result<Self, CaError> {
        let bad = |why: String| CaError::Content {
            path: path.to_owned(),
            why,
        };
        let pem = std::fs::read(path).map_err(|source| CaError::Io {
            path: path.to_owned(),
            source,
        })?;
        if pem.len() > CA_BYTES_MAX {
            return Err(bad(format!("it has more than {CA_BYTES_MAX} bytes")));
        }
        let certificates = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| bad(error.to_string()))?;
        if certificates.is_empty() {
            return Err(bad(
                "it has no part that begins with -----BEGIN CERTIFICATE-----".into()
            ));
        }
        for certificate in &certificates {
            RootCertStore::empty()
                .add(certificate.clone())
                .map_err(|error| bad(error.to_string()))?;
        }
        Ok(Self { pem, certificates })
    }

    /// The authority that a tablet's home holds, if any.
    ///
    /// # Errors
    /// The file is there and is no good.
    pub fn of_home(home: &Path) -> Result<Option<Self>, CaError> {
        let path = home.join(CA_FILE);
        path.exists().then(|| Self::read(&path)).transpose()
    }

    /// Keeps it in a tablet's home, to be trusted from now on.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep_in(&self, home: &Path) -> Result<(), CaError> {
        let path = home.join(CA_FILE);
        let beside = home.join("ca.pem.new");
        std::fs::write(&beside, &self.pem)
            .and_then(|()| std::fs::rename(&beside, &path))
            .map_err(|source| CaError::Io { path, source })
    }
}

/// Trusts the system's authorities, which a school manages on its devices, and the school's own.
pub(super) fn client_config(ca: Option<SchoolCa>) -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots.add_parsable_certificates(ca.into_iter().flat_map(|ca| ca.certificates));
    trusting(roots)
}

/// Trusts nobody: for plain HTTP, which asks nobody.
pub(super) fn nobody() -> Result<ClientConfig, rustls::Error> {
    trusting(RootCertStore::empty())
}

fn trusting(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// What is wrong with a server's certificate, in plain words with a remedy, where that is why a connection failed.
pub(super) fn distrust(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if let Some(tls) = inner.or_else(|| error.downcast_ref::<rustls::Error>()) {
            return words(tls);
        }
        // An error made of another hides it from `source`, and gives the one below.
        let boxed = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match boxed {
            Some(boxed) => Some(boxed),
            None => error.source(),
        };
    }
    None
}

/// A certificate's name as people write it; rustls shows it as `DnsName("...")` or `IpAddress(...)`.
fn bare(presented: &str) -> &str {
    let inside = presented
        .split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'));
    inside.unwrap_or(presented).trim_matches('"')
}

fn words(error: &rustls::Error) -> Option<String> {
    use CertificateError as Bad;
    Some(match error {
        rustls::Error::InvalidCertificate(Bad::UnknownIssuer | Bad::BadSignature) => {
            "its certificate is signed by nobody whom this tablet trusts. If the school has an authority of its own, enrol with \
             --ca FILE (the file tls/ca.pem of its server); if it worked before, somebody may be in between: tell the office"
                .to_owned()
        }
        rustls::Error::InvalidCertificate(Bad::NotValidForNameContext { expected, presented }) => {
            let named: Vec<&str> = presented.iter().map(|name| bare(name)).collect();
            format!(
                "its certificate is for another name than {}: it is for {}. Check the server's address",
                expected.to_str(),
                named.join(", ")
            )
        }
        rustls::Error::InvalidCertificate(Bad::NotValidForName) => {
            "its certificate is for another name. Check the server's address".to_owned()
        }
        rustls::Error::InvalidCertificate(Bad::Expired | Bad::ExpiredContext { .. }) => {
            "its certificate has ended. Check this tablet's date; if it is right, the office must renew the certificate"
                .to_owned()
        }
        rustls::Error::InvalidCertificate(Bad::NotValidYet | Bad::NotValidYetContext { .. }) => {
            "its certificate is not valid yet. Check this tablet's date".to_owned()
        }
        rustls::Error::InvalidCertificate(other) => format!("its certificate is no good: {other}"),
        rustls::Error::InvalidMessage(_) => {
            "what answers there does not speak TLS. Check the server's address: perhaps it is http:// and not https://"
                .to_owned()
        }
        _ => return None,
    })
}

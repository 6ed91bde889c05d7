//! A private authority for a school's own network, and the server certificate that it signs.

use std::fs::OpenOptions;
use std::io::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};

use super::{TlsError, io};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long the authority lasts: tablets need not be touched for ten years.
const AUTHORITY_LIFE: Duration = Duration::from_secs(3652 * 24 * 60 * 60);
/// How long the server's certificate lasts: below the 825 days that Apple's systems take from a private authority.
const CERTIFICATE_LIFE: Duration = Duration::from_secs(730 * 24 * 60 * 60);

/// The files of a school's own TLS, in the folder `tls` of the server's home.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The authority's certificate: goes onto the tablets.
    pub ca: PathBuf,
    /// The authority's key: signs certificates, and is best kept away from the server.
    pub ca_key: PathBuf,
    /// The server's certificate.
    pub certificate: PathBuf,
    /// The server's key.
    pub key: PathBuf,
}

impl TlsFiles {
    /// The files of a home folder; nothing is read or made.
    pub fn of(home: &Path) -> Self {
        let folder = home.join("tls");
        Self {
            ca: folder.join("ca.pem"),
            ca_key: folder.join("ca-key.pem"),
            certificate: folder.join("server.pem"),
            key: folder.join("server-key.pem"),
        }
    }
}

/// What to do with files that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Refuse.
    Keep,
    /// Keep the authority, and have it sign a new server certificate.
    Renew,
    /// Make everything anew.
    Replace,
}

/// Makes what is wanted. A server certificate is for the names and addresses given.
///
/// # Errors
/// A file is there and must stay, cannot be read or written; a name is not one.
pub fn make(
    home: &Path,
    school: &str,
    names: &[String],
    addresses: &[IpAddr],
    existing: Existing,
) -> Result<TlsFiles, TlsError> {
    let files = TlsFiles::of(home);
    let alternatives = alternatives(names, addresses)?;
    let folder = home.join("tls");
    std::fs::create_dir_all(&folder).map_err(io(&folder))?;
    if existing == Existing::Keep {
        let mut there = [&files.ca, &files.ca_key, &files.certificate, &files.key].into_iter();
        if let Some(path) = there.find(|path| path.exists()) {
            return Err(TlsError::Exists { path: path.clone() });
        }
    }
    let issuer = if existing == Existing::Renew {
        authority_of(&files)?
    } else {
        new_authority(&files, school)?
    };
    let mut params = CertificateParams::default();
    let first = names.first().cloned();
    let first = first.or_else(|| addresses.first().map(ToString::to_string));
    params
        .distinguished_name
        .push(DnType::CommonName, first.unwrap_or_default());
    params.subject_alt_names = alternatives;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    lasting(&mut params, CERTIFICATE_LIFE);
    let key = KeyPair::generate().map_err(inside)?;
    let certificate = params.signed_by(&key, &issuer).map_err(inside)?;
    // The key first: a server that is started in between finds a pair that does not fit, and says so.
    write(&files.key, &key.serialize_pem(), 0o600)?;
    write(&files.certificate, &certificate.pem(), 0o644)?;
    Ok(files)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "made for map_err, which gives the error away"
)]
fn inside(error: rcgen::Error) -> TlsError {
    TlsError::Inside(error.to_string())
}

fn alternatives(names: &[String], addresses: &[IpAddr]) -> Result<Vec<SanType>, TlsError> {
    if names.is_empty() && addresses.is_empty() {
        return Err(TlsError::NoName);
    }
    let host = |name: &String| {
        let bad = || TlsError::Name { name: name.clone() };
        // What a client could not ask for must not be promised to it.
        let host = rustls::pki_types::DnsName::try_from(name.as_str()).map_err(|_| bad())?;
        if name.parse::<IpAddr>().is_ok() {
            return Err(bad());
        }
        Ok(SanType::DnsName(
            host.as_ref().to_owned().try_into().map_err(|_| bad())?,
        ))
    };
    let mut all = names.iter().map(host).collect::<Result<Vec<_>, _>>()?;
    all.extend(addresses.iter().copied().map(SanType::IpAddress));
    Ok(all)
}

fn lasting(params: &mut CertificateParams, life: Duration) {
    let now = SystemTime::now();
    // A tablet's clock may be behind by some hours.
    params.not_before = (now - DAY).into();
    params.not_after = (now + life).into();
}

fn new_authority(files: &TlsFiles, school: &str) -> Result<Issuer<'static, KeyPair>, TlsError> {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, format!("Daymark authority of {school}"));
    // It signs servers, and no further authorities.
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    lasting(&mut params, AUTHORITY_LIFE);
    let key = KeyPair::generate().map_err(inside)?;
    let certificate = params.self_signed(&key).map_err(inside)?;
    write(&files.ca_key, &key.serialize_pem(), 0o600)?;
    write(&files.ca, &certificate.pem(), 0o644)?;
    Ok(Issuer::new(params, key))
}

fn authority_of(files: &TlsFiles) -> Result<Issuer<'static, KeyPair>, TlsError> {
    let read = |path: &Path| std::fs::read_to_string(path).map_err(io(path));
    let bad = |path: &Path, wanted, error: rcgen::Error| TlsError::Content {
        path: path.to_owned(),
        wanted,
        why: error.to_string(),
    };
    let key = KeyPair::from_pem(&read(&files.ca_key)?)
        .map_err(|error| bad(&files.ca_key, "the authority's key", error))?;
    Issuer::from_ca_cert_pem(&read(&files.ca)?, key)
        .map_err(|error| bad(&files.ca, "the authority's certificate", error))
}

/// Writes beside, and then puts in place: what was there is whole until the new one is. The mode is there from the first
/// byte on.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), TlsError> {
    let beside = path.with_extension("pem.new");
    // Left behind by a run that was cut off, perhaps with another mode.
    let _ = std::fs::remove_file(&beside);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options
        .open(&beside)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&beside, path))
        .map_err(io(path))
}

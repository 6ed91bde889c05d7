//! The key that the school's log is signed with.
//!
//! Whoever has it can sign another history, so it is readable by the server's user alone and in no export. Whoever
//! lost it cannot go on with the log: it belongs in the backup.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use daymark_core::ids::{SchoolId, hex};
use daymark_core::log::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint, VerifiedCheckpoint};
use daymark_core::log::key::{KeyError, NoteKey};
use daymark_core::signature::{KEY_BYTES, SecretKey};

use super::atomic;

/// The key's file in a home folder.
pub const KEY_FILE: &str = "school.key";

const PEM_START: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_END: &str = "-----END PRIVATE KEY-----";
/// What PKCS #8 puts before the 32 bytes of an Ed25519 key: version 0, the algorithm 1.3.101.112, two lengths (RFC 8410,
/// section 7). There is one such encoding, so there is nothing to parse.
const PKCS8_START: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum LogKeyError {
    /// The file is not there.
    #[error("{path} is not there: put it back from a backup, for the log cannot go on without its key", path = path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Others than the server's user may read the file.
    #[error("{path} can be read by others: run `chmod 600 {path}`, and ask who has had access to this machine", path = path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// The content is not an Ed25519 key as this program writes it.
    #[error("{path} is not the Ed25519 private key in PKCS #8 PEM that was written there: put it back from a backup", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The key's public half is not a usable one.
    #[error(transparent)]
    Public(#[from] KeyError),
    /// The system has no random bytes to make a key of.
    #[error("this system gives no random bytes, so no key can be made: {0}")]
    NoRandomness(getrandom::Error),
    /// The file cannot be read or written.
    #[error("cannot read or write {path}: check that this user may use it, and the disk: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// The school's signing key. It is wiped from memory when it goes, and shows itself nowhere.
#[derive(Clone)]
pub struct LogKey {
    secret: SecretKey,
    public: NoteKey,
}

impl LogKey {
    /// The key of a home that is being made: a new one, or the one that an attempt which was cut off has left. A key is never
    /// overwritten.
    ///
    /// # Errors
    /// See [`LogKeyError`].
    pub fn init(home: &Path, school: SchoolId) -> Result<Self, LogKeyError> {
        Self::of(init_secret(home, KEY_FILE)?, school)
    }

    /// The key of a home.
    ///
    /// # Errors
    /// See [`LogKeyError`].
    pub fn open(home: &Path, school: SchoolId) -> Result<Self, LogKeyError> {
        Self::of(open_secret(home, KEY_FILE)?, school)
    }

    fn of(secret: SecretKey, school: SchoolId) -> Result<Self, LogKeyError> {
        let public = NoteKey::of_school(school, &secret.public().0)?;
        Ok(Self { secret, public })
    }

    /// The same key, for what a school signs beside its log.
    pub fn secret(&self) -> &SecretKey {
        &self.secret
    }

    /// The public half, under the name of the school's log.
    pub fn public(&self) -> &NoteKey {
        &self.public
    }

    /// The public half as people compare it; see [`daymark_core::log::key::fingerprint`].
    pub fn fingerprint(&self) -> String {
        self.public.fingerprint()
    }

    /// The signature over a note's text (Ed25519, RFC 8032).
    pub fn sign(&self, text: &[u8]) -> [u8; 64] {
        self.secret.sign_note(text).0
    }

    /// Signs a checkpoint, and verifies it before anybody sees it: a bit that flips while signing would give a note that
    /// no tablet accepts.
    ///
    /// # Errors
    /// The checkpoint is of another school's log, or the signature came out wrong.
    pub fn sign_checkpoint(&self, checkpoint: &Checkpoint) -> Result<VerifiedCheckpoint, CheckpointError> {
        let signature = self.sign(checkpoint.sign_text().as_bytes());
        SignedCheckpoint::assemble(checkpoint, &self.public, &signature)
    }
}

impl std::fmt::Debug for LogKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LogKey({:?})", self.public)
    }
}

/// The secret key in a file of a home that is being made: a new one, or the one that an attempt which was cut off has
/// left. A key is never overwritten.
///
/// # Errors
/// See [`LogKeyError`].
pub(crate) fn init_secret(home: &Path, file: &str) -> Result<SecretKey, LogKeyError> {
    match open_secret(home, file) {
        Err(LogKeyError::Missing { path }) => {
            let mut seed = [0; KEY_BYTES];
            getrandom::fill(&mut seed).map_err(LogKeyError::NoRandomness)?;
            let key = SecretKey::from_seed(&seed);
            let text = format!("{}\n{}", note(file, &key), to_pem(&seed));
            atomic::replace(home, file, text.as_bytes())
                .map_err(|source| LogKeyError::Io { path, source })?;
            Ok(key)
        }
        opened => opened,
    }
}

/// The secret key in a file of a home.
///
/// # Errors
/// See [`LogKeyError`].
pub(crate) fn open_secret(home: &Path, file: &str) -> Result<SecretKey, LogKeyError> {
    let path = home.join(file);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(LogKeyError::Missing { path });
        }
        Err(source) => return Err(LogKeyError::Io { path, source }),
    };
    if is_exposed(&path).map_err(|source| LogKeyError::Io {
        path: path.clone(),
        source,
    })? {
        return Err(LogKeyError::Exposed { path });
    }
    std::str::from_utf8(&text)
        .ok()
        .and_then(|text| noted(file, text))
        .ok_or(LogKeyError::Damaged { path })
}

/// The line before a key: which file it is for, and its public half. Any 32 bytes are a key, so without it an edit would
/// make another one that nobody notices until tablets turn away from the school.
fn note(file: &str, key: &SecretKey) -> String {
    format!("Daymark {file}, public half {}", hex(&key.public().0))
}

/// A key and the note before it. A key without one, as OpenSSL writes it, is taken as it is.
fn noted(file: &str, text: &str) -> Option<SecretKey> {
    let (said, pem) = match text.split_once('\n') {
        Some((said, pem)) if said.trim_end() != PEM_START => (Some(said), pem),
        _ => (None, text),
    };
    let key = SecretKey::from_seed(&from_pem(pem)?);
    said.is_none_or(|said| said.trim_end() == note(file, &key))
        .then_some(key)
}

pub(super) fn to_pem(seed: &[u8; 32]) -> String {
    let body = STANDARD.encode([&PKCS8_START[..], seed].concat());
    format!("{PEM_START}\n{body}\n{PEM_END}\n")
}

fn from_pem(text: &str) -> Option<[u8; 32]> {
    let mut lines = text.trim_end().lines();
    let (start, body, end) = (lines.next()?, lines.next()?, lines.next()?);
    if start != PEM_START || end != PEM_END || lines.next().is_some() {
        return None;
    }
    let der = STANDARD.decode(body).ok()?;
    der.strip_prefix(&PKCS8_START)?.try_into().ok()
}

#[cfg(unix)]
fn is_exposed(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_exposed(_: &Path) -> io::Result<bool> {
    Ok(false)
}

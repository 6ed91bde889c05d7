//! A tablet's home at rest: sealed, and opened by a person's PIN, offline.
//!
//! Every record is sealed with one random *data key*. The key is on the disk only wrapped: once for each person, under
//! what their PIN and the device's own secret make together, and once under the recovery code that the office keeps.
//!
//! | file | content |
//! |---|---|
//! | `tablet.journal` | the records, each sealed ([`Sealed`]); the journal beside it knows bytes only |
//! | `keyslots` | JSON: the wrapped keys, how costly a guess is made, how many tries are left; nobody's name |
//! | `device.secret` | 32 random bytes, for the owner alone (mode 0600): stands in for a key store of the device |
//!
//! What is *not* hidden: how many records there are, how long each is and when the files were written; how many people
//! have a PIN here. A file that a person exports on purpose is not sealed.
//!
//! Whoever copies the whole folder has `device.secret` as well and may put an older `keyslots` back, so against them
//! only the cost of a guess stands, and the length of the PIN. On a device whose key store keeps the secret, the folder
//! alone is worth nothing. See `docs/threat-model.md` and `docs/decisions/0019-sealed-home.md`.

mod aead;
mod error;
mod files;
mod keyring;
mod sealed;
mod secret;
mod slot;
mod slots;
mod status;

pub use error::SealError;
pub use keyring::Keyring;
pub use sealed::Sealed;
pub use secret::{DataKey, Pin, RecoveryCode};
pub use slot::Cost;
pub use slots::TRIES;
pub use status::Status;

pub(crate) use files::SealFiles;
#[cfg(unix)]
pub(crate) use sealed::is_sealed;
pub(crate) use slots::CountedTry;

//! The headless tablet: a replica with a disk, a network and a clock plugged in.
//!
//! The loop of a runtime is short. Whatever changes a tablet comes out of the state machine as records;
//! [`Home::commit`] writes them down durably and only then applies them, so a tick is never shown before its mark is
//! safe. [`Tablet::sync`] gathers what was tapped, exchanges with the school until neither side has more, and commits
//! what came back.
//!
//! - [`storage`] is where records are kept: a journal in a folder, or memory for simulation and load.
//! - [`seal`] keeps those records sealed under a PIN, and [`folder`] is a folder that holds a home, sealed or not.
//! - [`home`] is that storage with the replica that its records add up to.
//! - [`tablet`] is what a person does: mark, take back, decide, sign off, say something of a trip or a visit.
//! - [`sync`] is the exchange with the school, over any [`transport`]; [`http`] is the real one.
//! - [`kept`] is a sealed home whose bytes somebody else keeps, such as a browser.
//! - [`arrivals`] is `L` or `U` from the time, at the gate.
//! - [`worklists`] is what the office is to do next, as far as the tablet knows all that it rests on.
//! - [`register`], [`pending`] and [`decisions`] are what a screen shows, in the words of the school.
//!
//! ```
//! use daymark_tablet::{Home, MemoryStorage, Tablet};
//!
//! let tablet = Tablet::new(Home::start(MemoryStorage::default())?);
//! assert_eq!(tablet.replica().not_yet_sent(), 0);
//! assert!(tablet.replica().identity().is_err(), "not enrolled yet");
//! # Ok::<(), daymark_tablet::HomeError>(())
//! ```
#![forbid(unsafe_code)]

pub mod arrivals;
pub mod clock;
pub mod decisions;
pub mod enrol;
pub mod event;
#[cfg(unix)]
pub mod folder;
pub mod home;
#[cfg(unix)]
pub mod http;
pub mod kept;
pub mod pending;
pub mod people;
pub mod register;
mod reissue;
pub mod seal;
pub mod storage;
pub mod sync;
pub mod tablet;
pub mod transport;
pub mod trips;
pub mod words;
pub mod worklists;

pub use daymark_sync_protocol::client::Ask;

pub use clock::{DeviceClock, Moment};
pub use enrol::{Applicant, Enrolled, Enrolment, EnrolmentError, Invitation};
pub use event::SchoolEvent;
#[cfg(unix)]
pub use folder::FolderStorage;
pub use home::{Home, HomeError};
#[cfg(unix)]
pub use http::{CaError, HttpOptions, HttpTransport, Protocol, SchoolCa};
pub use kept::Kept;
pub use seal::{Cost, Keyring, Pin, RecoveryCode, SealError, Sealed};
#[cfg(unix)]
pub use storage::FileStorage;
pub use storage::{MemoryStorage, Storage, StorageError};
pub use sync::{Exchange, Step, SyncError, SyncOutcome};
pub use tablet::{MarkReport, Tablet, TabletError};
pub use transport::{Traffic, Transport, TransportError};

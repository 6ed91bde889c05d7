//! How a tablet and its school's hub come to hold the same documents.
//!
//! One round trip does everything: [`frame::SyncRequest`] up, [`frame::SyncReply`] down. Both sides are state
//! machines without I/O: [`client::Replica`] is a tablet, [`hub::Hub`] a school. A runtime gives them time, bytes and
//! disk; so the whole system also runs in one process under a simulated clock, network and disk.
//!
//! The loop of a tablet: `gather` what was tapped into changes, build a `request`, send it, and turn the answer into
//! records with `reply`; write the records down, then `apply` them. The loop of a hub: load what the request `needs`,
//! `receive` it, make the receipt's events durable, then `reply`.
//!
//! [`evidence`] is what a school gives to an outsider, and how that is checked without the school.
#![forbid(unsafe_code)]

pub mod brief;
pub mod client;
pub mod duties;
pub mod event;
pub mod evidence;
pub mod frame;
pub mod hub;
pub mod keys;
pub mod limits;
pub mod message;
pub mod poke;
pub mod version;
pub mod worklist;

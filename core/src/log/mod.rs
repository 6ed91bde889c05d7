//! The transparency log, as those see it who check it: no part of this module writes a log.
//!
//! Every change that a hub stores is a [`leaf`] of the school's Merkle log (RFC 6962, section 2). The hub signs
//! [`checkpoint`]s of it (C2SP tlog-checkpoint, in a C2SP signed [`note`]) with the school's [`key`]. [`proof`] checks that
//! a leaf is under a checkpoint, and that a later checkpoint only added to an earlier one. [`follow`] is what a
//! replica remembers, so that a hub that rewrites its history is caught by the next tablet that connects.
//!
//! The hub's own tree shares no code with this module: a fault in one is seen by the other. The formats are
//! written down for strangers in `docs/log.md`.

pub mod checkpoint;
pub mod follow;
pub mod key;
pub mod leaf;
pub mod note;
pub mod proof;

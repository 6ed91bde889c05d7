//! The transparency log as those see it who check it: published vectors, every way to spoil a proof, and notes that
//! others have signed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "log/follow.rs"]
mod follow;
#[path = "log/golden.rs"]
mod golden;
#[path = "log/notes.rs"]
mod notes;
#[path = "log/proofs.rs"]
mod proofs;
#[path = "log/reference.rs"]
mod reference;
#[path = "log/vectors.rs"]
mod vectors;

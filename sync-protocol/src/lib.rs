//! How a tablet and its school's hub come to hold the same documents: frames, and two state machines without I/O.
#![forbid(unsafe_code)]

pub mod event;

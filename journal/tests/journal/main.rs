//! The journal against a disk that loses, tears, refuses and changes what it is given.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod damage;
mod disk;
mod failures;
mod round_trip;
mod story;
mod torn;

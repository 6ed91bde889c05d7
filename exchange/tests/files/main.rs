//! Files in and out, whole: each kind read and written, what is written read again by somebody else, and what nobody
//! should send.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the tests run other programs and give them files; the room itself does neither"
)]

mod bad_files;
mod common;
mod ctf;
mod keyed;
mod mapping;
mod mutations;
mod one_roster;
mod one_roster_spec;
mod paper;

//! The attendance register of an English school as a mergeable, provable data type.
//!
//! This crate is the domain and nothing else: it has no I/O, no clock, no randomness and no async. Time and
//! random bytes are parameters. The same code runs in the hub, in a tablet and (as wasm32) in a browser, and
//! gives the same bytes everywhere.
//!
//! How the rooms fit together:
//!
//! - [`code`] is the statutory code table as dated data; [`ids`], [`session`] and [`upn`] are the small words.
//! - [`roster`] is who the marks are about, and who made them.
//! - [`entry`] is one immutable statement about a [`session::Cell`]; [`slip`] packs the entries of one moment.
//! - [`item`] is what a document holds: slips, sign-offs, and the statements of trips and visits.
//! - [`document`] is the Automerge container (a grow-only list of items, and text), [`door`] what guards it.
//! - [`signature`] is who vouches for a change.
//! - [`fold`] turns the entries of a date into standings, irregularities, proposals and amendments.
//! - [`calendar`] is when school is held, [`rules`] what the school asks; [`attendance`] counts what stands, and makes
//!   worklists of it.
#![forbid(unsafe_code)]

pub mod attendance;
pub mod bytes;
pub mod calendar;
pub mod cbor;
pub mod chunk;
pub mod code;
pub mod day;
pub mod document;
pub mod document_id;
pub mod door;
pub mod duties;
pub mod entry;
pub mod fold;
pub mod follow_up;
pub mod grant;
pub mod ids;
pub mod item;
pub mod log;
pub mod record;
pub mod register;
pub mod roster;
pub mod rules;
pub mod session;
pub mod sign_off;
pub mod signature;
pub mod slip;
pub mod trip;
pub mod upn;
pub mod visit;

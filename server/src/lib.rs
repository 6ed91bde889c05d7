//! The hub of one school: stores, HTTP, enrolment, the office's desk, imports and exports.
//!
//! The hub never writes a register. Even the office's decisions are changes of a device of its own, the desk, and go
//! through the same door as a tablet's.
#![forbid(unsafe_code)]

pub mod calendar_file;
pub mod cli;
pub mod commit;
pub mod config;
#[cfg(test)]
mod dice;
pub mod http;
pub mod invitation;
pub mod keys;
pub mod limits;
pub mod listen;
pub mod log;
pub mod office;
pub mod rules_file;
pub mod runtime;
pub mod session;
pub mod store;
pub mod text_file;
pub mod tls;
pub mod worklists;

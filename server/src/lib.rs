//! See the crate description in Cargo.toml.
#![forbid(unsafe_code)]

pub mod commit;
pub mod store;

//! See the crate description in Cargo.toml.

pub mod export_csv;
pub mod roster_csv;

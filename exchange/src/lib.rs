//! Files of the school's other systems, and of paper: bytes become typed data, and typed data become bytes.
//!
//! The room is pure: it opens no file and knows no clock. What is read is hostile until it is read: every reader has
//! its limits, refuses a file whole only where its rows cannot be told apart, and names the row of everything else.
//!
//! - [`sniff`] tells a CSV list, a `OneRoster` zip ([`one_roster`]) and a CTF ([`ctf`]) apart; each becomes a
//!   [`roster::Sheet`], and a sheet a plan that somebody applies.
//! - [`export_csv`] writes marks and amendments; [`mapping`] writes marks in the shape that another system takes;
//!   [`since`] picks what has changed since the last export.
//! - [`paper`] prints registers and one pupil's evidence; [`keyed`] reads back what was filled in by hand.
#![forbid(unsafe_code)]

pub mod archive;
pub mod ctf;
pub mod export_csv;
pub mod keyed;
pub mod mapping;
pub mod one_roster;
pub mod paper;
pub mod roster;
pub mod since;
pub mod sniff;

//! The office at the server: what it sees, what it decides, what it exports.

pub mod amend;
pub mod ctf;
pub mod desk;
pub mod evidence;
pub mod export;
pub mod follow_up;
pub mod key_in;
pub mod paper;
pub mod view;

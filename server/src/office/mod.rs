//! The office at the server: what it sees, what it decides, what it exports.

pub mod desk;
pub mod evidence;
pub mod export;
pub mod follow_up;
pub mod paper;
pub mod view;

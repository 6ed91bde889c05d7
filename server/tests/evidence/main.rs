//! A file of evidence from outside: what the page says, and that nothing can be changed in it unnoticed. The log and its
//! proofs are the server's, what checks them is not.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod command;
mod edited;
mod exports;
mod flips;
mod golden;
mod hub;
mod page;
mod python;
mod resigned;
mod school;
mod size;

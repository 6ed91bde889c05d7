//! Counting the register: tallies, days and weeks of absence, and the worklists made from them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "attendance/counters.rs"]
mod counters;
#[path = "attendance/laws.rs"]
mod laws;
#[path = "attendance/lists.rs"]
mod lists;
#[path = "attendance/naive.rs"]
mod naive;
#[path = "attendance/school.rs"]
mod school;
#[path = "attendance/trust.rs"]
mod trust;
#[path = "attendance/visits.rs"]
mod visits;

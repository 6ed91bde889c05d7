//! The school's calendar, compulsory school age and the clock of England.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "calendar/age.rs"]
mod age;
#[path = "calendar/days.rs"]
mod days;
#[path = "calendar/file.rs"]
mod file;
#[path = "calendar/london.rs"]
mod london;
#[path = "attendance/school.rs"]
mod school;

//! The whole app under test: a school with its hub, and devices whose clock, disk and network are in the test's hand.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "a module of each test file, which uses its own part of it"
)]

mod device;
mod page;
mod school;

pub use device::{Device, Disk, Net, TEACHER_PIN};
pub use page::{Node, Page};
pub use school::{Order, SCHOOL_DATE, School, school_key};

//! A made-up school and everything that speaks with it. Everything ends, and is removed, when it is dropped.

pub mod binaries;
pub mod device;
pub mod dice;
pub mod paper;
pub mod ran;
pub mod read;
pub mod recorder;
pub mod school;
pub mod server;
pub mod stream;
pub mod tablet;
pub mod wire;

pub use device::Device;
pub use dice::Dice;
pub use ran::Ran;
pub use recorder::Recorder;
pub use school::{DAY, STAFF, School};
pub use server::Server;
pub use stream::Stream;
pub use tablet::{Tablet, holds};
pub use wire::{Answer, Wire};

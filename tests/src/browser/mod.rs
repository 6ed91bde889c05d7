//! The app in a real browser, through the real server.

pub mod chromium;
pub mod clock;
pub mod front;
pub mod looks;
pub mod stage;

pub use chromium::{Browser, Size};
pub use stage::Stage;

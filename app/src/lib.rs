//! The app: tablet and office in a browser, offline first.
//!
//! It is one state machine without a browser in it. [`App`] takes what a person does and what the network answers, and gives
//! back [`Effect`]s: bytes to write down, requests to send. Its screens are HTML, drawn anew after each act; the page puts the
//! differences in place. So every screen and every journey runs in a test without a browser, and in the browser the same
//! code runs in a worker, off the thread that a finger waits for.
//!
//! - [`action`] is all that a person can do: what a button carries.
//! - [`brain`] is what the app knows and does.
//! - [`view`] is what it shows.
//! - [`scan`] reads codes out of a camera's picture.
//! - `bridge` hands both to the worker's JavaScript, which holds the store and the network and decides nothing.
//!
//! What must be durable is written before what follows from it is shown: whoever drives an [`App`] takes its effects, writes
//! [`Effect::Keep`] in one transaction, waits for the disk, and only then asks for the [`App::page`].
#![forbid(unsafe_code)]

pub mod action;
pub mod brain;
#[cfg(target_arch = "wasm32")]
pub mod bridge;
pub mod scan;
pub mod view;

pub use action::{Action, Fields};
pub use brain::{App, Effect, Request, Response, Start};
pub use view::Page;

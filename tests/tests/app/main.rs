//! The journeys of the app in a real browser, through the real server, offline where they are offline.

mod access;
mod coach;
mod gate;
mod kill;
mod office;
mod privacy;
mod store;
mod trip;
mod update;
mod visit;

//! The door: what is honest passes in any order; nothing else can panic, stall or bloat a replica, or leave a
//! document that does not load.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "these tests measure time and memory, and print what they counted"
)]

mod common;

mod door {
    mod bombs;
    mod chunk;
    mod corpus;
    mod damage;
    mod honest;
    mod items;
    mod lies;
    mod stage;
}

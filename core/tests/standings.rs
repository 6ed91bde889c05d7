//! When marks meet: what stands, what is settled by a named rule, what a person must decide, and what waits.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

mod standings {
    mod amendments;
    mod decisions;
    mod expected;
    mod irregular;
    mod marks;
    mod policy;
    mod sign_off;
    mod undo;
}

//! Five policies, walked: one made-up child through a term under each, with real entries in real documents, folded,
//! counted and listed, and every step that the policy states asserted on its day.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod walks {
    mod allington;
    mod ascension;
    mod ben_rhydding;
    mod law;
    mod leicestershire;
    mod strathmore;
    mod support;
}

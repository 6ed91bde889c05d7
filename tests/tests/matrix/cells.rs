//! What must come of a cell, by who asks and whom the route is for.

use super::cast::Caller;

/// The status, and the code of the problem where it is one.
pub(crate) type Outcome = (u16, &'static str);

/// All is well.
pub(crate) const DONE: Outcome = (200, "");

/// What comes of a call at the door, before anything that it says is looked at; `for_whom` is the document's word.
pub(crate) fn at_the_door(for_whom: &str, method: &str, caller: Caller) -> Outcome {
    match for_whom {
        "anybody" => DONE,
        "office" => match caller {
            Caller::Office | Caller::Role("office") => DONE,
            Caller::Role("head") if method == "GET" => DONE,
            Caller::Role(_) => (403, "not-the-office"),
            Caller::GarbageToken | Caller::PassAsToken => (401, "unknown-token"),
            Caller::Nobody => (401, "no-token"),
            other => with_a_pass(other),
        },
        "device" => with_a_pass(caller),
        other => panic!("the document names a caller that has no column here: {other}"),
    }
}

/// The same, where a device's pass is what lets in.
fn with_a_pass(caller: Caller) -> Outcome {
    match caller {
        Caller::Role(_) => DONE,
        Caller::Stranger => (401, "unknown-device"),
        Caller::Thief | Caller::Elsewhere => (401, "forged-session"),
        Caller::Stale => (401, "stale-session"),
        Caller::Unconfirmed => (403, "not-confirmed"),
        Caller::Lost => (403, "device-lost"),
        Caller::Nobody
        | Caller::GarbagePass
        | Caller::GarbageToken
        | Caller::PassAsToken
        | Caller::Office
        | Caller::TokenAsPass => (401, "no-session"),
    }
}

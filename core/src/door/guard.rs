//! Calls into Automerge, whose panics are caught and not printed.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Stops the panics that the door catches from being printed; all others are printed as before. Call it once at the
/// start of a program that takes changes from outside.
pub fn quiet_caught_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !GUARDED.with(Cell::get) {
                before(info);
            }
        }));
    });
}

/// Runs a call into Automerge; `None` if it panicked.
pub(crate) fn guarded<T>(body: impl FnOnce() -> T) -> Option<T> {
    let before = GUARDED.with(|guarded| guarded.replace(true));
    let outcome = catch_unwind(AssertUnwindSafe(body));
    GUARDED.with(|guarded| guarded.set(before));
    outcome.ok()
}

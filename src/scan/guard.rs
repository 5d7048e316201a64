//! Calls into readers of other people's formats, whose panics on corrupt bytes end here.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside a call whose panic will be caught and told as an error. A program's panic hook may ask, so
/// as not to print what will be told anyway.
#[must_use]
pub fn is_guarded() -> bool {
    GUARDED.with(Cell::get)
}

/// Runs a call; a panic inside it is `Err`. Whatever the call worked on must not be used again.
pub(crate) fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, ()> {
    let before = GUARDED.with(|guarded| guarded.replace(true));
    let result = catch_unwind(AssertUnwindSafe(call)).map_err(|_| ());
    GUARDED.with(|guarded| guarded.set(before));
    result
}

//! Blocks as schemas of other programs, and rules from such schemas: nothing is lost in silence, and what is said is what is judged.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod agree;
mod carried;
mod generate;
mod imports;
mod page;
mod round_trip;
mod support;
mod targets;

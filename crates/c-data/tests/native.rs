//! Batches of this very version of Arrow, sent through the interface: sound ones, and such as nobody should send. The same is asked of
//! other versions in `tests/ffi-majors`.
#![allow(clippy::missing_transmute_annotations, unreachable_pub, reason = "the cases are those of other versions too")]

use arrow::array;
use support::native::layouts;

mod support;

include!("support/cases.rs");

//! Batches of Arrow 58.

use arrow_array_58 as array;
use arrow_buffer_58 as buffer;
use arrow_schema_58 as schema;

#[path = "../../../crates/c-data/tests/support/layouts.rs"]
mod layouts;
#[path = "../../../crates/c-data/tests/support/mod.rs"]
mod support;

include!("../../../crates/c-data/tests/support/cases.rs");

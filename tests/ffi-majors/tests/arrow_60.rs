//! Batches of Arrow 60.

use arrow_array_60 as array;
use arrow_buffer_60 as buffer;
use arrow_schema_60 as schema;

#[path = "../../../crates/c-data/tests/support/layouts.rs"]
mod layouts;
#[path = "../../../crates/c-data/tests/support/mod.rs"]
mod support;

include!("../../../crates/c-data/tests/support/cases.rs");

//! The layouts in the version of Arrow that Rulegate is built with.

use arrow::array;
use arrow::buffer;
use arrow::datatypes as schema_types;

/// Where [`layouts`] looks for types of schemas.
mod schema {
    pub use super::schema_types::*;
}

#[path = "layouts.rs"]
pub mod layouts;

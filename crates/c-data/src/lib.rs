//! Batches of other Arrow versions and other languages, for [Rulegate](https://docs.rs/rulegate).
//!
//! Rulegate judges batches of one major version of the `arrow` crate. What comes from another, or from Python, C++, Go or R, comes through
//! the [C Data Interface](https://arrow.apache.org/docs/format/CDataInterface.html): structures in memory that all of them can fill, whose
//! buffers are used where they lie. Nothing is copied but what is not aligned.
//!
//! | entry | takes | looks at |
//! | --- | --- | --- |
//! | [`from_c_data`] | a batch | everything: lengths, offsets, text, keys, counts of nulls |
//! | [`CDataReader::from_raw`] | a stream of batches | the same, batch by batch |
//! | [`from_c_data_trusted`], [`CDataReader::from_raw_trusted`] | the same | the structures; that the values are valid is your word |
//!
//! # What is checked, and what cannot be
//! All entries are `unsafe`, because no code can tell whether an address is good, or how long the memory behind it is. That is what you promise:
//! the structures are filled as the interface says, and buffers are as long as the lengths and last offsets in them say. Of everything else
//! the checked entries believe nothing: types, numbers of children and buffers, negative lengths, what is released or missing, offsets that
//! do not rise, text that is not UTF-8, keys and views that point beyond their values, wrong counts of nulls, depth and number of fields.
//! What is wrong is an [`Error`] that names the column.
//!
//! # Ownership
//! Structures are moved out of the addresses, which are marked as released, whether the import succeeds or not. A batch is given back to
//! its producer when the last array of it is dropped, on whatever thread that is; the schema at once.
//!
//! # Example
//! ```
//! use std::sync::Arc;
//! use arrow::array::{Array, ArrayRef, Float64Array, RecordBatch, StructArray};
//! use rulegate::RuleSet;
//! use rulegate::gate::{Gate, Outcome, Policy};
//!
//! // Another program, or another version of `arrow`, fills the structures.
//! let theirs = RecordBatch::try_from_iter([("score", Arc::new(Float64Array::from(vec![91.5, 104.2])) as ArrayRef)])?;
//! let (mut array, mut schema) = arrow::ffi::to_ffi(&StructArray::from(theirs).into_data())?;
//!
//! // SAFETY: both were filled by Arrow's own export. Those of another version are cast: `(&raw mut array).cast()`.
//! let batch = unsafe { rulegate_c_data::from_c_data(&raw mut array, &raw mut schema) }?;
//!
//! let text = "rulegate 1\nfeatures scores { score : float64 between 0 and 100 }";
//! let rules = RuleSet::compile("scores.rules", text, &Default::default()).rule_set.ok_or("the rules have errors")?;
//! let validator = rules.bind(&batch.schema())?;
//! assert_eq!(validator.validate(&batch)?.rows_failed(), 1);
//!
//! let decision = Gate::new(&validator, Policy::Split)?.judge(&batch)?;
//! assert_eq!((decision.outcome, decision.counts.passed), (Outcome::Escalated, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

/// The page of the book; its examples are compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/c-data.md")]
struct Page;

mod array;
mod batch;
mod buffers;
mod error;
mod pointers;
mod schema;
mod stream;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema};

use crate::array::Trust;
pub use crate::error::Error;
pub use crate::stream::CDataReader;

/// Takes a batch over: a struct array with its schema. Every value of it is looked at.
///
/// Both structures are moved out of their addresses and marked as released there, also if this fails. See the
/// [crate] for an example.
///
/// # Errors
/// There is nothing at an address, or what is there breaks the rules of the interface, of a layout, or of the schema (a null in a field that has none).
///
/// # Safety
/// * An address that is not null is that of a structure that was filled, or released, as the
///   [C Data Interface](https://arrow.apache.org/docs/format/CDataInterface.html) says, and that nobody else uses meanwhile.
/// * The addresses in it are null, or can be read for as long as the interface says: lists of children and buffers for their numbers, texts up to their
///   zero, metadata for the lengths in it, buffers for the length of the array, for its last offset, or for the length that is told of them.
/// * Nobody writes to any of it until it is released; its `release` may be called from any thread.
pub unsafe fn from_c_data(array: *mut FFI_ArrowArray, schema: *mut FFI_ArrowSchema) -> Result<RecordBatch, Error> {
    // SAFETY: the caller's promise is handed on.
    unsafe { take(array, schema, Trust::Nothing) }
}

/// The same for a producer that is known to fill structures with valid data: its values are not looked at, so that
/// the cost does not grow with the rows.
///
/// Structures are still checked: what is missing, released, negative or too short for its parent is an error.
///
/// # Errors
/// As [`from_c_data`], as far as it is looked at.
///
/// # Safety
/// As [`from_c_data`]; and the content is valid for its types. Offsets rise and stay within their values, text is UTF-8, keys of dictionaries, views, ids
/// of unions and ends of runs point at something, counts of nulls are right.
pub unsafe fn from_c_data_trusted(array: *mut FFI_ArrowArray, schema: *mut FFI_ArrowSchema) -> Result<RecordBatch, Error> {
    // SAFETY: the caller's promise is handed on.
    unsafe { take(array, schema, Trust::Content) }
}

/// # Safety
/// As the functions above.
unsafe fn take(array: *mut FFI_ArrowArray, schema: *mut FFI_ArrowSchema, trust: Trust) -> Result<RecordBatch, Error> {
    // Both are taken before either is looked at, so that both are released whatever is wrong.
    // SAFETY: an address that is good is that of a structure which is ours from now on, as the caller promises.
    let array = is_good(array).then(|| unsafe { FFI_ArrowArray::from_raw(array) });
    // SAFETY: as above.
    let schema = is_good(schema).then(|| unsafe { FFI_ArrowSchema::from_raw(schema) });
    let array = array.ok_or(Error::NoStructure { what: "ArrowArray" })?;
    let schema = schema.ok_or(Error::NoStructure { what: "ArrowSchema" })?;
    if array.release.is_none() {
        return Err(Error::Released { what: "ArrowArray" });
    }
    if schema.release.is_none() {
        return Err(Error::Released { what: "ArrowSchema" });
    }
    // SAFETY: the caller's promise is handed on.
    let schema = Arc::new(unsafe { schema::read(&schema) }?);
    // SAFETY: and once more.
    unsafe { batch::import(array, &schema, trust) }
}

/// Whether a structure can stand at an address.
fn is_good<T>(address: *const T) -> bool {
    !address.is_null() && address.is_aligned()
}

//! One of the library's unsafe expressions: texts of responses as Arrow's strings without a second check of their UTF-8.
//!
//! # Source
//! docs/decisions/0011; the gain is in docs/performance.md.

use std::sync::Arc;

use arrow::array::{BinaryViewArray, StringViewArray};
use arrow::buffer::{Buffer, NullBuffer};
use arrow::error::ArrowError;

/// Strings of views that the reader has made of parts of texts, with all of them checked but their UTF-8: views lie in their buffers, and
/// begin as they say. Builds with debug assertions check that, too.
#[expect(unsafe_code, reason = "PERF: benches/outputs.rs: a seventh of the instructions of a response, which was UTF-8 before it was cut")]
pub(super) fn strings(views: Vec<u128>, buffers: &Arc<[Buffer]>, nulls: Option<NullBuffer>) -> Result<StringViewArray, ArrowError> {
    if cfg!(debug_assertions) {
        return StringViewArray::try_new(views.into(), Arc::clone(buffers), nulls);
    }
    let bytes = BinaryViewArray::try_new(views.into(), Arc::clone(buffers), nulls)?;
    // SAFETY: a view is of a `&str` cut after one quote and before another or before a backslash, all of them ASCII, which is no part of
    // another character of UTF-8; or of bytes of a side buffer that one call wrote from such parts and from whole `char`s. That a view is
    // of the bytes it was made of follows from its place, which `Cells` and `Side` count, and is checked above as far as its first bytes
    // and its bounds. Bytes that are not UTF-8 (base64) are in side buffers too, but no view of a text is made of them.
    Ok(unsafe { bytes.to_string_view_unchecked() })
}

//! An `ArrowArrayStream` that somebody else has filled, as a reader of batches.

use std::ffi::{CStr, c_char};
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow::ffi_stream::FFI_ArrowArrayStream;

use crate::array::Trust;
use crate::error::Error;
use crate::{batch, pointers, schema};

/// How much of a producer's message is kept, in bytes.
const MAX_MESSAGE: usize = 4 * 1024;

const WHAT: &str = "ArrowArrayStream";

/// Batches of a stream of the C Stream Interface, one at a time: what pyarrow, Polars and DuckDB hand over for whole tables.
///
/// Each batch is checked as [`from_c_data`](crate::from_c_data) checks one. After an error, of a batch or of the producer, there are no more. The
/// stream is released when the reader is dropped; batches live on.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchIterator, RecordBatchReader};
/// use arrow::ffi_stream::FFI_ArrowArrayStream;
/// use rulegate::RuleSet;
/// use rulegate::gate::{Gate, GuardedReader, Policy};
/// use rulegate_c_data::CDataReader;
///
/// // Whoever calls us hands over the address of such a structure.
/// let batch = RecordBatch::try_from_iter([("id", Arc::new(Int64Array::from(vec![1, 2, -3])) as ArrayRef)])?;
/// let theirs = RecordBatchIterator::new([Ok(batch.clone()), Ok(batch.clone())], batch.schema());
/// let mut stream = FFI_ArrowArrayStream::new(Box::new(theirs));
///
/// // SAFETY: the structure was filled by Arrow's own export.
/// let reader = unsafe { CDataReader::from_raw(&raw mut stream) }?;
///
/// let text = "rulegate 1\nfeatures t { id : int64 >= 0 }";
/// let rules = RuleSet::compile("t.rules", text, &Default::default()).rule_set.ok_or("the rules have errors")?;
/// let gate = Gate::new(&rules.bind(&reader.schema())?, Policy::Split)?;
/// let mut aside = 0;
/// let guarded = GuardedReader::new(gate, reader).on_decision(|decision| {
///     aside += decision.counts.quarantined;
///     Ok(())
/// });
/// let rows: usize = guarded.map(|batch| batch.map_or(0, |batch| batch.num_rows())).sum();
/// assert_eq!((rows, aside), (4, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CDataReader {
    stream: FFI_ArrowArrayStream,
    schema: SchemaRef,
    trust: Trust,
    ended: bool,
}

impl CDataReader {
    /// Takes a stream over, and asks it for its schema. What stands at the address is released then, also if this fails.
    ///
    /// # Errors
    /// There is no stream, it gives no schema, or one that is not that of a table.
    ///
    /// # Safety
    /// As [`from_c_data`](crate::from_c_data), for the stream, its schema and every batch that it gives; its functions may be called
    /// from the thread that holds the reader.
    pub unsafe fn from_raw(stream: *mut FFI_ArrowArrayStream) -> Result<Self, Error> {
        // SAFETY: the caller's promise is handed on.
        unsafe { Self::with(stream, Trust::Nothing) }
    }

    /// The same for a producer whose batches are known to be valid: their values are not looked at.
    ///
    /// # Errors
    /// As [`from_raw`](Self::from_raw).
    ///
    /// # Safety
    /// As [`from_raw`](Self::from_raw), and every batch is valid Arrow data, as for
    /// [`from_c_data_trusted`](crate::from_c_data_trusted).
    pub unsafe fn from_raw_trusted(stream: *mut FFI_ArrowArrayStream) -> Result<Self, Error> {
        // SAFETY: the caller's promise is handed on.
        unsafe { Self::with(stream, Trust::Content) }
    }

    /// # Safety
    /// As the functions above.
    unsafe fn with(stream: *mut FFI_ArrowArrayStream, trust: Trust) -> Result<Self, Error> {
        if stream.is_null() || !stream.is_aligned() {
            return Err(Error::NoStructure { what: WHAT });
        }
        // SAFETY: it is neither null nor misaligned, and filled, as the caller promises.
        let stream = unsafe { FFI_ArrowArrayStream::from_raw(stream) };
        if stream.release.is_none() {
            return Err(Error::Released { what: WHAT });
        }
        let mut reader = Self { stream, schema: SchemaRef::new(arrow::datatypes::Schema::empty()), trust, ended: false };
        reader.schema = reader.read_schema()?;
        Ok(reader)
    }

    fn read_schema(&mut self) -> Result<SchemaRef, Error> {
        let get_schema = self.stream.get_schema.ok_or_else(|| missing("get_schema"))?;
        let mut given = FFI_ArrowSchema::empty();
        // SAFETY: a function of a stream that is not released, with the stream it belongs to.
        let code = unsafe { get_schema(&raw mut self.stream, &raw mut given) };
        if code != 0 {
            return Err(self.failed("get_schema", code));
        }
        if given.release.is_none() {
            return Err(Error::Released { what: "ArrowSchema" });
        }
        // SAFETY: who made the reader has vouched for what the stream gives.
        unsafe { schema::read(&given) }.map(Arc::new)
    }

    fn read_batch(&mut self) -> Result<Option<RecordBatch>, Error> {
        let get_next = self.stream.get_next.ok_or_else(|| missing("get_next"))?;
        let mut given = FFI_ArrowArray::empty();
        // SAFETY: as for the schema.
        let code = unsafe { get_next(&raw mut self.stream, &raw mut given) };
        if code != 0 {
            return Err(self.failed("get_next", code));
        }
        if given.release.is_none() {
            return Ok(None);
        }
        // SAFETY: who made the reader has vouched for what the stream gives, and for its content where that is trusted.
        unsafe { batch::import(given, &self.schema, self.trust) }.map(Some)
    }

    /// What the producer says of its failure.
    fn failed(&mut self, call: &'static str, code: i32) -> Error {
        // SAFETY: a function of a stream that is not released, with the stream it belongs to, right after another has failed.
        let told = self.stream.get_last_error.map_or(std::ptr::null(), |last_error| unsafe { last_error(&raw mut self.stream) });
        // SAFETY: the text, where there is one, lives until the stream is used again.
        let message = unsafe { message(told) };
        Error::Stream { call, code, message }
    }
}

fn missing(call: &'static str) -> Error {
    Error::Stream { call, code: 0, message: "the stream has no such function".to_owned() }
}

/// A producer's message, if it gives one.
///
/// # Safety
/// A text that is there can be read up to its zero.
unsafe fn message(told: *const c_char) -> String {
    if told.is_null() {
        return "it does not say why".to_owned();
    }
    // SAFETY: each byte up to the zero can be read, and none behind it is asked for.
    let length = (0..MAX_MESSAGE).find(|at| unsafe { pointers::read::<c_char>(told.cast(), *at) } == 0);
    match length {
        // SAFETY: there is a zero, as was just seen.
        Some(_) => unsafe { CStr::from_ptr(told) }.to_string_lossy().into_owned(),
        None => "its message is too long".to_owned(),
    }
}

impl Iterator for CDataReader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let batch = self.read_batch();
        self.ended = !matches!(batch, Ok(Some(_)));
        batch.map_err(|error| ArrowError::CDataInterface(error.to_string())).transpose()
    }
}

impl RecordBatchReader for CDataReader {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

//! Formats that are written. One file each.

mod csv;
mod ipc;
mod json;
#[cfg(feature = "parquet")]
mod parquet;

use std::io::Write;
use std::path::Path;

use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use crate::scan::whole::About;
use crate::scan::{Format, guarded};

pub(super) use json::objects;

/// A format, as the ending of a path tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Parquet,
    IpcFile,
    IpcStream,
    JsonLines,
    Csv,
}

/// What a sink must know before the first row.
pub(super) struct Plan {
    pub schema: SchemaRef,
    /// What the first file that is read says of itself.
    #[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "only the writer of Parquet asks for it"))]
    pub about: About,
}

/// Rows to be written.
pub(super) enum Piece {
    Table(RecordBatch),
    /// Lines of JSON as they are; only JSON lines take them.
    Lines(StringArray),
}

/// Why a sink gave up.
pub(super) struct SinkError(pub String);

impl<E: std::error::Error> From<E> for SinkError {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Takes rows, and gives back what it writes to when it is done.
pub(super) trait Sink<W>: Send {
    fn write(&mut self, piece: &Piece) -> Result<(), SinkError>;
    fn finish(self: Box<Self>) -> Result<W, SinkError>;
}

impl Form {
    pub(super) fn of(path: &Path) -> Option<Self> {
        let is_stream = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("arrows"));
        Some(match Format::of(path)? {
            Format::Parquet => Self::Parquet,
            Format::ArrowIpc if is_stream => Self::IpcStream,
            Format::ArrowIpc => Self::IpcFile,
            Format::JsonLines => Self::JsonLines,
            Format::Csv => Self::Csv,
        })
    }

    pub(super) fn open<W: Write + Send + 'static>(self, out: W, plan: &Plan) -> Result<Box<dyn Sink<W>>, SinkError> {
        Ok(match self {
            #[cfg(feature = "parquet")]
            Self::Parquet => Box::new(parquet::ParquetSink::new(out, plan)?),
            #[cfg(not(feature = "parquet"))]
            Self::Parquet => return Err(SinkError("this build writes no Parquet".to_owned())),
            Self::IpcFile => Box::new(ipc::IpcSink::file(out, plan)?),
            Self::IpcStream => Box::new(ipc::IpcSink::stream(out, plan)?),
            Self::JsonLines => Box::new(json::JsonSink::new(out)),
            Self::Csv => Box::new(csv::CsvSink::new(out, plan)?),
        })
    }
}

/// The table of a piece; formats of columns are given no lines.
fn table(piece: &Piece) -> Result<&RecordBatch, SinkError> {
    match piece {
        Piece::Table(batch) => Ok(batch),
        Piece::Lines(_) => Err(SinkError("lines of JSON are written to JSON lines only".to_owned())),
    }
}

/// A call into a writer of other people's formats; its panic ends here.
fn caught<T, E: std::error::Error>(call: impl FnOnce() -> Result<T, E>) -> Result<T, SinkError> {
    match guarded(call) {
        Ok(result) => Ok(result?),
        Err(()) => Err(SinkError("the writer failed on these columns; write another format".to_owned())),
    }
}

/// A batch under the schema that a sink was opened with: types must agree, metadata and names of items need not.
fn fitted(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(std::sync::Arc::clone(schema), batch.columns().to_vec(), &options)
}

//! JSON lines: rows as objects with every column, and lines that are JSON already as they are.

use std::io::{BufWriter, Write};

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::json::WriterBuilder;
use arrow::json::writer::LineDelimited;

use super::{Piece, Sink, SinkError, caught};

pub(super) struct JsonSink<W: Write> {
    out: BufWriter<W>,
}

impl<W: Write> JsonSink<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out: BufWriter::with_capacity(1 << 16, out) }
    }
}

impl<W: Write + Send> Sink<W> for JsonSink<W> {
    fn write(&mut self, piece: &Piece) -> Result<(), SinkError> {
        match piece {
            Piece::Table(batch) => self.out.write_all(&caught(|| encoded(batch))?)?,
            Piece::Lines(lines) => {
                for line in lines.iter().flatten() {
                    self.out.write_all(line.as_bytes())?;
                    self.out.write_all(b"\n")?;
                }
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<W, SinkError> {
        self.out.into_inner().map_err(|error| SinkError(error.error().to_string()))
    }
}

/// Rows as lines of JSON; nulls are written, so that every line has every column.
fn encoded(batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
    let mut text = Vec::new();
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(&mut text);
    writer.write(batch)?;
    writer.finish()?;
    drop(writer);
    Ok(text)
}

/// The object of each row.
pub(in crate::split) fn objects(batch: &RecordBatch) -> Result<Vec<String>, ArrowError> {
    let text = String::from_utf8(encoded(batch)?).map_err(|error| ArrowError::JsonError(error.to_string()))?;
    Ok(text.lines().map(str::to_owned).collect())
}

//! Arrow IPC, files and streams, compressed with zstd.

use std::io::{BufWriter, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::CompressionType;
use arrow::ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};

use super::{Piece, Plan, Sink, SinkError, caught, fitted, table};

enum Writer<W: Write> {
    File(FileWriter<BufWriter<W>>),
    Stream(StreamWriter<BufWriter<W>>),
}

pub(super) struct IpcSink<W: Write> {
    writer: Writer<W>,
    schema: SchemaRef,
}

fn options() -> Result<IpcWriteOptions, ArrowError> {
    IpcWriteOptions::default().try_with_compression(Some(CompressionType::ZSTD))
}

impl<W: Write> IpcSink<W> {
    pub(super) fn file(out: W, plan: &Plan) -> Result<Self, SinkError> {
        let writer = caught(|| FileWriter::try_new_with_options(BufWriter::new(out), &plan.schema, options()?))?;
        Ok(Self { writer: Writer::File(writer), schema: SchemaRef::clone(&plan.schema) })
    }

    pub(super) fn stream(out: W, plan: &Plan) -> Result<Self, SinkError> {
        let writer = caught(|| StreamWriter::try_new_with_options(BufWriter::new(out), &plan.schema, options()?))?;
        Ok(Self { writer: Writer::Stream(writer), schema: SchemaRef::clone(&plan.schema) })
    }

    fn batch(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        match &mut self.writer {
            Writer::File(writer) => writer.write(batch),
            Writer::Stream(writer) => writer.write(batch),
        }
    }
}

impl<W: Write + Send> Sink<W> for IpcSink<W> {
    fn write(&mut self, piece: &Piece) -> Result<(), SinkError> {
        let batch = fitted(table(piece)?, &self.schema)?;
        if batch.num_rows() == 0 {
            return Ok(());
        }
        caught(|| self.batch(&batch)).map_err(|error| match error.0.contains("ictionary replacement") {
            true => {
                SinkError("an Arrow file has one dictionary a column, and these rows have several; write .arrows or .parquet".to_owned())
            }
            false => error,
        })
    }

    fn finish(self: Box<Self>) -> Result<W, SinkError> {
        let buffered = match self.writer {
            Writer::File(mut writer) => caught(|| writer.finish().and_then(|()| writer.into_inner()))?,
            Writer::Stream(mut writer) => caught(|| writer.finish().and_then(|()| writer.into_inner()))?,
        };
        buffered.into_inner().map_err(|error| SinkError(error.error().to_string()))
    }
}

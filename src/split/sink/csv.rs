//! CSV with a header line. Nested values are JSON, as they are read.

use std::io::{BufWriter, Write};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow::csv::WriterBuilder;
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use arrow::error::ArrowError;

use super::{Piece, Plan, Sink, SinkError, caught, objects, table};

pub(super) struct CsvSink<W: Write> {
    out: BufWriter<W>,
}

impl<W: Write> CsvSink<W> {
    /// Writes the header at once: a file without rows has one, too.
    pub(super) fn new(out: W, plan: &Plan) -> Result<Self, SinkError> {
        let mut out = BufWriter::with_capacity(1 << 16, out);
        let header = plan.schema.fields().iter().map(|field| field.name().as_str());
        let mut line = csv::Writer::from_writer(Vec::new());
        line.write_record(header)?;
        out.write_all(&line.into_inner().map_err(|error| SinkError(error.error().to_string()))?)?;
        Ok(Self { out })
    }
}

impl<W: Write + Send> Sink<W> for CsvSink<W> {
    fn write(&mut self, piece: &Piece) -> Result<(), SinkError> {
        let batch = table(piece)?;
        let text = caught(|| {
            let mut text = Vec::new();
            WriterBuilder::new().with_header(false).build(&mut text).write(&flat(batch)?)?;
            Ok::<_, ArrowError>(text)
        })?;
        Ok(self.out.write_all(&text)?)
    }

    fn finish(self: Box<Self>) -> Result<W, SinkError> {
        self.out.into_inner().map_err(|error| SinkError(error.error().to_string()))
    }
}

/// Nested columns as JSON texts.
fn flat(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    if !batch.schema().fields().iter().any(|field| field.data_type().is_nested()) {
        return Ok(batch.clone());
    }
    let (mut fields, mut columns) = (Vec::<FieldRef>::new(), Vec::<ArrayRef>::new());
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let is_nested = field.data_type().is_nested();
        fields.push(if is_nested { Arc::new(Field::new(field.name(), DataType::Utf8, true)) } else { Arc::clone(field) });
        columns.push(if is_nested { texts(column)? } else { Arc::clone(column) });
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

fn texts(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let lines = objects(&RecordBatch::try_from_iter_with_nullable([("c", Arc::clone(column), true)])?)?;
    let value = |(row, line): (usize, &String)| {
        let value = line.strip_prefix("{\"c\":").and_then(|rest| rest.strip_suffix('}'));
        value.filter(|_| column.is_valid(row)).map(str::to_owned)
    };
    Ok(Arc::new(lines.iter().enumerate().map(value).collect::<StringArray>()))
}

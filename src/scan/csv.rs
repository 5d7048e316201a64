//! CSV with a header line, read with the declared types: an empty cell is null, and so is a blank line where there is one column.

use std::fs::File;
use std::io::{BufReader, Read};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, new_null_array};
use arrow::datatypes::{DataType, Field, Schema};

use crate::types::ColumnType;

use super::blank_lines::{BlankLines, Lines};
use super::text::{self, Cell, Zoneless};
use super::typed::Taker;
use super::{Bound, Progress, Run, ScanError, ScanOptions, Source, text_batches};

/// Judges a CSV file.
pub(super) fn judge(run: &mut Run, source: &Source, progress: &dyn Progress, taker: &mut Option<Taker<'_>>) -> Result<(), ScanError> {
    let block = run.block(source)?;
    let io = |error: std::io::Error| ScanError::Io { file: source.name.clone(), reason: error.to_string() };
    let file = File::open(&source.path).map_err(io)?;
    let (reader, columns) = opened(file, source, &block, &run.options)?;
    let schema = schema_of(&columns);
    let (schema, partitions) = text::with_partitions(&Arc::new(schema), source, &block);
    let (_, input) = run.begin(source, &schema)?;
    if let ([(header, None)], Some(session)) = (columns.as_slice(), run.session.as_mut())
        && let Some(doubt) = run.options.delimiter.doubt(&source.name, header)
    {
        session.remark(&input, "delimiter", doubt);
    }
    let zoneless = Zoneless::default();
    progress.begin(&source.name, None);
    let mut records = reader.into_byte_records();
    let batch_rows = run.options.batch_rows.min(16_384);
    let next = || {
        let mut rows = Vec::with_capacity(batch_rows);
        for record in records.by_ref().take(batch_rows) {
            rows.push(record.map_err(|error| broken(source, &error))?);
        }
        Ok((!rows.is_empty()).then_some(rows))
    };
    let convert = |rows: Vec<csv::ByteRecord>| {
        let mut arrays = arrays(&columns, &rows, source, &zoneless)?;
        arrays.extend(partitions.iter().map(|partition| partition.column(rows.len())));
        Ok((arrays, rows.len()))
    };
    text_batches(run, Bound { source, input: &input, progress, taker }, next, &convert)?;
    zoneless.tell(run, &input);
    Ok(())
}

/// A reader past the header line.
pub(super) type Records = csv::Reader<Input>;
/// What it reads from.
pub(super) type Input = BlankLines<BufReader<LineLimit<File>>>;
/// Columns with their declared types.
pub(super) type Declared = Vec<(String, Option<ColumnType>)>;

/// A file whose header line has been read.
pub(super) fn opened(
    file: File,
    source: &Source,
    block: &crate::compile::ir::Block,
    options: &ScanOptions,
) -> Result<(Records, Declared), ScanError> {
    let (lines, kind) = BlankLines::new(BufReader::new(LineLimit::new(file, options.line_bytes)));
    let mut reader = csv::ReaderBuilder::new().flexible(false).delimiter(options.delimiter.byte()).from_reader(lines);
    let header = reader.byte_headers().map_err(|error| broken(source, &error))?.clone();
    kind.set(if header.len() == 1 { Lines::Values } else { Lines::AsTheyAre });
    let mut columns = Vec::new();
    for name in &header {
        let name = std::str::from_utf8(name).map_err(|_| invalid(source, 1))?.trim_start_matches('\u{feff}').to_owned();
        let ty = text::declared(block, &name);
        columns.push((name, ty));
    }
    Ok((reader, columns))
}

/// One row of a CSV file, with its marks; `None` where the file has fewer.
pub(super) fn row(
    source: &Source,
    block: &crate::compile::ir::Block,
    row: u64,
    options: &ScanOptions,
) -> Result<Option<RecordBatch>, ScanError> {
    let file = File::open(&source.path).map_err(|error| ScanError::Io { file: source.name.clone(), reason: error.to_string() })?;
    let (reader, columns) = opened(file, source, block, options)?;
    for (at, record) in reader.into_byte_records().enumerate() {
        let record = record.map_err(|error| broken(source, &error))?;
        if at as u64 == row {
            let arrays = arrays(&columns, &[record], source, &Zoneless::default())?;
            return super::stored::batch(source, schema_of(&columns), arrays).map(Some);
        }
    }
    Ok(None)
}

pub(super) fn schema_of(columns: &[(String, Option<ColumnType>)]) -> Schema {
    let mut fields = Vec::new();
    for (name, ty) in columns {
        match ty {
            Some(ty) => fields.extend(text::fields(name, ty)),
            None => fields.push(Field::new(name, DataType::Utf8, true)),
        }
    }
    Schema::new(fields)
}

pub(super) fn arrays(
    columns: &[(String, Option<ColumnType>)],
    rows: &[csv::ByteRecord],
    source: &Source,
    zoneless: &Zoneless,
) -> Result<Vec<ArrayRef>, ScanError> {
    let mut out = Vec::new();
    for (index, (name, ty)) in columns.iter().enumerate() {
        let Some(ty) = ty else {
            // Nobody reads an undeclared column.
            out.push(new_null_array(&DataType::Utf8, rows.len()));
            continue;
        };
        let mut cells = Vec::with_capacity(rows.len());
        for record in rows {
            let bytes = record.get(index).unwrap_or_default();
            let cell = std::str::from_utf8(bytes).map_err(|_| invalid(source, record.position().map_or(0, csv::Position::line)))?;
            cells.push(if cell.is_empty() { Cell::Null } else { Cell::Text(cell) });
        }
        out.extend(text::arrays(name, ty, &cells, zoneless));
    }
    Ok(out)
}

pub(super) fn invalid(source: &Source, line: u64) -> ScanError {
    let reason = "this is not UTF-8; convert the file to UTF-8 first".to_owned();
    ScanError::Corrupt { file: source.name.clone(), place: format!("line {line}: "), reason }
}

pub(super) fn broken(source: &Source, error: &csv::Error) -> ScanError {
    let file = source.name.clone();
    let place = error.position().map_or_else(String::new, |position| format!("line {}: ", position.line()));
    match error.kind() {
        csv::ErrorKind::Io(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
            ScanError::Limit { file, reason: format!("{error}; raise the limit, or check that the file is CSV with line ends") }
        }
        csv::ErrorKind::Io(error) => ScanError::Io { file, reason: error.to_string() },
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let cells = if *len == 1 { "cell" } else { "cells" };
            let reason = format!("{len} {cells}, where the header has {expected_len}; check its quotes and commas");
            ScanError::Corrupt { file, place, reason }
        }
        _ => ScanError::Corrupt { file, place, reason: error.to_string() },
    }
}

/// Refuses lines past a limit before they fill the memory.
pub(super) struct LineLimit<R> {
    inner: R,
    limit: usize,
    since_line_end: usize,
}

impl<R: Read> LineLimit<R> {
    pub(super) fn new(inner: R, limit: usize) -> Self {
        Self { inner, limit, since_line_end: 0 }
    }
}

impl<R: Read> Read for LineLimit<R> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(bytes)?;
        let got = bytes.get(..read).unwrap_or_default();
        match memchr::memrchr(b'\n', got) {
            Some(at) => self.since_line_end = read - at - 1,
            None => self.since_line_end += read,
        }
        if self.since_line_end > self.limit {
            let message = format!("a line has more than {} bytes", self.limit);
            return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, message));
        }
        Ok(read)
    }
}

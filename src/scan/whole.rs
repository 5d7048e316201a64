//! Files read whole: every column, and every row in its order, behind the checks that judging goes through.

use std::fs::File;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::compile::ir::Block;

use super::csv::{self, Declared, Input};
use super::json::{self, Lines, MAX_LINE};
use super::text::{self, Partition, Zoneless};
use super::{Format, ScanError, ScanOptions, Source, check_deadline, ipc};

/// Rows of a text that are read at a time.
const CSV_ROWS: usize = 16_384;
const JSON_ROWS: usize = 4_096;

/// A file that is being read.
pub(crate) struct Whole<'a> {
    source: &'a Source,
    options: &'a ScanOptions,
    /// The columns that rules are bound to: those of the file, of its folders, and marks of cells that did not parse.
    pub(crate) schema: SchemaRef,
    /// What the file says of itself besides its columns.
    pub(crate) about: About,
    partitions: Vec<Partition>,
    kind: Kind<'a>,
    rows: u64,
}

/// What a file says of itself besides its columns.
#[derive(Default, Clone)]
pub(crate) struct About {
    /// The Parquet schema.
    #[cfg(feature = "parquet")]
    pub(crate) parquet: Option<parquet::schema::types::SchemaDescriptor>,
    /// The Arrow schema that its writer has put in.
    #[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "only the writer of Parquet asks for it"))]
    pub(crate) arrow: Option<Schema>,
    /// Metadata of the file.
    pub(crate) metadata: Vec<(String, Option<String>)>,
}

enum Kind<'a> {
    #[cfg(feature = "parquet")]
    Parquet(Box<super::whole_parquet::Groups>),
    Ipc {
        reader: ipc::Reader,
        declared: u64,
    },
    Csv {
        records: Box<::csv::ByteRecordsIntoIter<Input>>,
        columns: Declared,
    },
    Json {
        lines: Box<Lines<'a>>,
        columns: Vec<(String, crate::types::ColumnType)>,
        responses: Option<String>,
        pending: Option<Objects>,
    },
}

/// Some rows of a file.
pub(crate) struct Part {
    /// As rules are bound to them.
    pub(crate) batch: RecordBatch,
    /// As they stand in a text.
    pub(crate) text: Option<Text>,
}

/// Rows as a text has them.
pub(crate) enum Text {
    /// The cells of CSV; an empty one is null.
    Cells(RecordBatch),
    /// Objects, one a line.
    Lines(StringArray),
}

impl<'a> Whole<'a> {
    /// Opens a file that a block is to judge.
    pub(crate) fn open(source: &'a Source, block: &'a Block, options: &'a ScanOptions) -> Result<Self, ScanError> {
        let io = |error: std::io::Error| ScanError::Io { file: source.name.clone(), reason: error.to_string() };
        let (schema, about, kind) = match source.format {
            #[cfg(feature = "parquet")]
            Format::Parquet => {
                let (groups, schema, about) = super::whole_parquet::Groups::open(source)?;
                (schema, about, Kind::Parquet(Box::new(groups)))
            }
            #[cfg(not(feature = "parquet"))]
            Format::Parquet => {
                return Err(ScanError::Unsupported { file: source.name.clone(), reason: "this build reads no Parquet".to_owned() });
            }
            Format::ArrowIpc => {
                let (reader, facts) = ipc::checked(source)?;
                (reader.schema(), About::default(), Kind::Ipc { reader, declared: facts.rows })
            }
            Format::Csv => {
                let file = File::open(&source.path).map_err(io)?;
                let (reader, columns) = csv::opened(file, source, block, options)?;
                let schema = Arc::new(csv::schema_of(&columns));
                (schema, About::default(), Kind::Csv { records: Box::new(reader.into_byte_records()), columns })
            }
            Format::JsonLines => {
                let mut lines = Lines::open(source, options.line_bytes.min(MAX_LINE), Some(block), options.envelopes)?;
                let first = objects(&mut lines, source, options.batch_rows.min(JSON_ROWS))?.unwrap_or_default();
                let columns = json::columns(block, &first.0);
                let schema = Arc::new(Schema::new(columns.iter().flat_map(|(name, ty)| text::fields(name, ty)).collect::<Vec<_>>()));
                let responses = json::responses_of(block).map(str::to_owned);
                let pending = Some(first).filter(|(rows, _)| !rows.is_empty());
                (schema, About::default(), Kind::Json { lines: Box::new(lines), columns, responses, pending })
            }
        };
        let metadata = schema.metadata().clone();
        let (schema, partitions) = text::with_partitions(&schema, source, block);
        let schema = Arc::new(schema.with_metadata(metadata));
        Ok(Self { source, options, schema, about, partitions, kind, rows: 0 })
    }

    /// The next rows; `None` once all that the file declares have been read.
    pub(crate) fn next(&mut self) -> Result<Option<Part>, ScanError> {
        check_deadline(self.options, self.source)?;
        let Some((mut columns, rows, text)) = self.read()? else { return Ok(None) };
        columns.extend(self.partitions.iter().map(|partition| partition.column(rows)));
        self.rows += rows as u64;
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options);
        Ok(Some(Part { batch: batch.map_err(|error| self.corrupt(&error))?, text }))
    }

    fn corrupt(&self, error: &dyn std::fmt::Display) -> ScanError {
        ScanError::Corrupt { file: self.source.name.clone(), place: String::new(), reason: error.to_string() }
    }

    fn read(&mut self) -> Result<Option<Rows>, ScanError> {
        let source = self.source;
        match &mut self.kind {
            #[cfg(feature = "parquet")]
            Kind::Parquet(groups) => {
                let batch = groups.next(source, self.options)?;
                Ok(batch.map(|batch| (batch.columns().to_vec(), batch.num_rows(), None)))
            }
            Kind::Ipc { reader, declared } => match ipc::next(reader, source)? {
                Some(batch) => Ok(Some((batch.columns().to_vec(), batch.num_rows(), None))),
                None if self.rows == *declared => Ok(None),
                None => {
                    let reason = format!("{} rows were read and {declared} are declared; write or fetch the file again", self.rows);
                    Err(ScanError::Corrupt { file: source.name.clone(), place: String::new(), reason })
                }
            },
            Kind::Csv { records, columns } => cells(records, columns, source, self.options.batch_rows.min(CSV_ROWS)),
            Kind::Json { lines, columns, responses, pending } => {
                let next = match pending.take() {
                    Some(first) => Some(first),
                    None => objects(lines, source, self.options.batch_rows.min(JSON_ROWS))?,
                };
                Ok(next.map(|(rows, texts)| {
                    let arrays = json::arrays(columns, &rows, responses.as_deref(), &Zoneless::default());
                    (arrays, rows.len(), Some(Text::Lines(StringArray::from(texts))))
                }))
            }
        }
    }
}

/// Columns of a file, how many rows they have, and the text they come from.
type Rows = (Vec<ArrayRef>, usize, Option<Text>);

type Objects = (Vec<serde_json::Map<String, serde_json::Value>>, Vec<String>);

/// The next rows and their texts.
fn objects(lines: &mut Lines<'_>, source: &Source, rows: usize) -> Result<Option<Objects>, ScanError> {
    let mut texts = Vec::new();
    // What is sound JSON is UTF-8.
    let found = lines.batch_with(source, rows, |text| texts.push(String::from_utf8_lossy(text).into_owned()))?;
    Ok(found.map(|rows| (rows, texts)))
}

fn cells(
    records: &mut ::csv::ByteRecordsIntoIter<Input>,
    columns: &Declared,
    source: &Source,
    batch_rows: usize,
) -> Result<Option<Rows>, ScanError> {
    let mut rows = Vec::with_capacity(batch_rows);
    for record in records.by_ref().take(batch_rows) {
        rows.push(record.map_err(|error| csv::broken(source, &error))?);
    }
    if rows.is_empty() {
        return Ok(None);
    }
    let mut typed = csv::arrays(columns, &rows, source, &Zoneless::default())?;
    let mut stored: Vec<(Field, ArrayRef)> = Vec::with_capacity(columns.len());
    let mut at = 0;
    for (index, (name, ty)) in columns.iter().enumerate() {
        let mut texts = Vec::with_capacity(rows.len());
        for record in &rows {
            let line = record.position().map_or(0, ::csv::Position::line);
            let cell = std::str::from_utf8(record.get(index).unwrap_or_default()).map_err(|_| csv::invalid(source, line))?;
            texts.push((!cell.is_empty()).then_some(cell));
        }
        let array: ArrayRef = Arc::new(StringArray::from(texts));
        if let (None, Some(slot)) = (ty, typed.get_mut(at)) {
            // Nobody judges an undeclared column, but it is kept.
            *slot = Arc::clone(&array);
        }
        at += ty.as_ref().map_or(1, |ty| text::fields(name, ty).len());
        stored.push((Field::new(name, DataType::Utf8, true), array));
    }
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = stored.into_iter().unzip();
    let stored = super::stored::batch(source, Schema::new(fields), arrays)?;
    Ok(Some((typed, rows.len(), Some(Text::Cells(stored)))))
}

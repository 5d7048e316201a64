//! Parquet files, safely: the footer is checked before the reader sees it, the Arrow schema is made here, pages are counted, every call
//! into the reader is guarded, and the rows it gives must be the rows the file declares.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, new_null_array};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use parquet::file::reader::{ChunkReader, Length};
use rayon::prelude::*;

use crate::report::Integrity;
use crate::session::{Input, Judged, Validator};

use super::guard::guarded;
use super::preflight::{self, ChunkFacts, FooterFacts, Limits, PageFacts, PageSource, PreflightError, PreflightKind};
use super::{Progress, Run, ScanError, ScanOptions, Source, check_deadline, text};

/// Largest embedded Arrow schema that is looked at, in bytes of base64.
const MAX_EMBEDDED_SCHEMA: usize = 1 << 20;

/// Judges a Parquet file.
pub(super) fn judge(run: &mut Run, source: &Source, progress: &dyn Progress) -> Result<(), ScanError> {
    let file = open(source)?;
    let mut handle = &file.file;
    let facts = preflight::footer(&mut handle, &Limits::default()).map_err(|error| refused(source, &error))?;
    let metadata = metadata(&file, source)?;
    reconcile(&facts, metadata.metadata(), source)?;
    let (schema, partitions) = text::with_partitions(metadata.schema(), source, &*run.block(source)?);
    let (validator, input) = run.begin(source, &schema)?;
    progress.begin(&source.name, Some(facts.num_rows));
    let reading = Reading {
        file: &file,
        facts: &facts,
        metadata: &metadata,
        validator: &validator,
        input: &input,
        source,
        options: &run.options,
        partitions: &partitions,
        progress,
    };
    let groups: Vec<usize> = (0..facts.row_groups.len()).collect();
    let parts: Vec<(Vec<Judged>, PageFacts)> = groups.into_par_iter().map(|group| reading.group(group)).collect::<Result<_, _>>()?;
    let mut pages = PageFacts::default();
    let Some(session) = run.session.as_mut() else { return Ok(()) };
    for (judged, facts) in parts {
        judged.into_iter().for_each(|part| session.fold(part));
        pages.pages = pages.pages.saturating_add(facts.pages);
        pages.with_crc = pages.with_crc.saturating_add(facts.with_crc);
    }
    session.describe(&input, Some(facts.row_groups.len() as u64), integrity(&pages));
    Ok(())
}

fn integrity(pages: &PageFacts) -> Integrity {
    match (pages.pages, pages.with_crc) {
        (_, 0) => Integrity::None,
        (pages, with_crc) if pages == with_crc => Integrity::Verified,
        _ => Integrity::Partial,
    }
}

fn refused(source: &Source, error: &PreflightError) -> ScanError {
    let file = source.name.clone();
    match error.kind {
        PreflightKind::Corrupt => {
            ScanError::Corrupt { file, place: String::new(), reason: format!("not a sound Parquet file: {error}; write or fetch it again") }
        }
        PreflightKind::Limit => ScanError::Limit { file, reason: error.to_string() },
        PreflightKind::Encrypted => ScanError::Unsupported { file, reason: format!("{error}; decrypt it first") },
        PreflightKind::Unsupported => ScanError::Unsupported { file, reason: error.to_string() },
        PreflightKind::Io => ScanError::Io { file, reason: error.to_string() },
    }
}

fn corrupt(source: &Source, place: impl Into<String>, reason: impl std::fmt::Display) -> ScanError {
    ScanError::Corrupt { file: source.name.clone(), place: place.into(), reason: reason.to_string() }
}

/// A file that many threads read at places of their own.
struct Shared {
    file: File,
    length: u64,
}

fn open(source: &Source) -> Result<Arc<Shared>, ScanError> {
    let io = |error: std::io::Error| ScanError::Io { file: source.name.clone(), reason: error.to_string() };
    let file = File::open(&source.path).map_err(io)?;
    let about = file.metadata().map_err(io)?;
    if !about.is_file() {
        return Err(ScanError::Io { file: source.name.clone(), reason: "it is not a regular file".to_owned() });
    }
    Ok(Arc::new(Shared { file, length: about.len() }))
}

impl Shared {
    #[cfg(unix)]
    fn read_at(&self, bytes: &mut [u8], at: u64) -> std::io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, bytes, at)
    }

    #[cfg(windows)]
    fn read_at(&self, bytes: &mut [u8], at: u64) -> std::io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.file, bytes, at)
    }

    /// Exactly these bytes; fewer are an error, and no more is asked for than the file has.
    fn bytes(&self, start: u64, length: usize) -> std::io::Result<Vec<u8>> {
        let left = self.length.saturating_sub(start);
        if u64::try_from(length).unwrap_or(u64::MAX) > left {
            return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof));
        }
        let mut out = vec![0; length];
        let mut done = 0;
        while let Some(rest) = out.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match self.read_at(rest, start + done as u64)? {
                0 => return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof)),
                read => done += read,
            }
        }
        Ok(out)
    }
}

/// The parquet crate's view of a shared file.
#[derive(Clone)]
struct Chunks(Arc<Shared>);

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.0.length
    }
}

impl ChunkReader for Chunks {
    type T = std::io::BufReader<At>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        // Page headers are read this way: a small buffer is enough.
        Ok(std::io::BufReader::with_capacity(1 << 10, At { file: Arc::clone(&self.0), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<bytes::Bytes, ParquetError> {
        Ok(self.0.bytes(start, length)?.into())
    }
}

/// Reads on from a place.
struct At {
    file: Arc<Shared>,
    at: u64,
}

impl Read for At {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read_at(bytes, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// Pages of a chunk in a shared file.
struct Pages<'a> {
    file: &'a Shared,
    chunk: &'a ChunkFacts,
}

impl PageSource for Pages<'_> {
    fn window(&self, start: u64, length: usize) -> std::io::Result<Vec<u8>> {
        let left = self.chunk.compressed.saturating_sub(start);
        let length = length.min(usize::try_from(left).unwrap_or(usize::MAX));
        self.file.bytes(self.chunk.start + start, length)
    }
}

/// The reader's metadata, with an Arrow schema made from the Parquet schema.
fn metadata(file: &Arc<Shared>, source: &Source) -> Result<ArrowReaderMetadata, ScanError> {
    let options = || ArrowReaderOptions::new().with_skip_arrow_metadata(true).with_page_index_policy(PageIndexPolicy::Skip);
    let loaded = guarded(|| ArrowReaderMetadata::load(&Chunks(Arc::clone(file)), options()));
    let plain =
        loaded.map_err(|()| corrupt(source, "footer: ", "the reader failed on it"))?.map_err(|error| corrupt(source, "footer: ", error))?;
    let schema = Arc::new(arrow_schema(&plain));
    let made = guarded(|| ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), options().with_schema(schema)));
    match made {
        Ok(Ok(metadata)) => Ok(metadata),
        // A shape that the crate cannot give in our layouts is read in its own.
        _ => Ok(plain),
    }
}

/// Strings and binaries as views or dictionaries: one short page of repeated strings can decode to gigabytes otherwise.
fn arrow_schema(plain: &ArrowReaderMetadata) -> Schema {
    let hints = embedded(plain.metadata());
    let fields: Fields = plain
        .schema()
        .fields()
        .iter()
        .enumerate()
        .map(|(index, field)| {
            let hint = hints.as_ref().and_then(|schema| schema.field_with_name(field.name()).ok());
            let encoded = is_string(field.data_type()) && small_dictionary(plain, index);
            let ty = if encoded {
                DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
            } else {
                layout(field.data_type(), hint.map(Field::data_type))
            };
            Arc::new(Field::new(field.name(), ty, field.is_nullable())) as FieldRef
        })
        .collect();
    Schema::new(fields)
}

fn is_string(ty: &DataType) -> bool {
    matches!(ty, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Whether a column's chunks are dictionary-encoded and small for their rows: then codes are what is read.
fn small_dictionary(plain: &ArrowReaderMetadata, root: usize) -> bool {
    let descriptor = plain.parquet_schema();
    let mut leaves = (0..descriptor.num_columns()).filter(|leaf| descriptor.get_column_root_idx(*leaf) == root);
    let (Some(leaf), None) = (leaves.next(), leaves.next()) else { return false };
    plain.metadata().row_groups().iter().all(|group| {
        group.columns().get(leaf).is_some_and(|chunk| {
            let rows = u64::try_from(chunk.num_values()).unwrap_or(0);
            let bytes = u64::try_from(chunk.uncompressed_size()).unwrap_or(u64::MAX);
            chunk.dictionary_page_offset().is_some() && bytes <= rows.saturating_mul(3).saturating_add(1 << 14)
        })
    })
}

/// Strings become views, also inside nested types; zones and durations are taken from the writer's schema where the stored type allows.
fn layout(ty: &DataType, hint: Option<&DataType>) -> DataType {
    let inside = |field: &FieldRef| Arc::new(Field::new(field.name(), layout(field.data_type(), None), field.is_nullable()));
    match (ty, hint) {
        (DataType::Timestamp(unit, Some(_)), Some(DataType::Timestamp(hinted, Some(zone)))) if unit == hinted => {
            DataType::Timestamp(*unit, Some(Arc::clone(zone)))
        }
        (DataType::Int64, Some(DataType::Duration(unit))) => DataType::Duration(*unit),
        (DataType::Utf8 | DataType::LargeUtf8, _) => DataType::Utf8View,
        (DataType::Binary | DataType::LargeBinary, _) => DataType::BinaryView,
        (DataType::List(field), _) => DataType::List(inside(field)),
        (DataType::LargeList(field), _) => DataType::LargeList(inside(field)),
        (DataType::FixedSizeList(field, length), _) => DataType::FixedSizeList(inside(field), *length),
        (DataType::Struct(fields), _) => DataType::Struct(fields.iter().map(inside).collect()),
        (DataType::Map(entries, sorted), _) => DataType::Map(inside(entries), *sorted),
        (other, _) => other.clone(),
    }
}

/// The schema a writer put into the footer, if it is small and can be read.
fn embedded(metadata: &Arc<ParquetMetaData>) -> Option<Schema> {
    let file = metadata.file_metadata();
    let pairs = file.key_value_metadata()?;
    let value = pairs.iter().find(|pair| pair.key == "ARROW:schema")?.value.as_ref()?;
    if value.len() > MAX_EMBEDDED_SCHEMA {
        return None;
    }
    guarded(|| parquet::arrow::parquet_to_arrow_schema(file.schema_descr(), Some(pairs))).ok()?.ok()
}

/// The reader must see the file that was checked: same rows, same chunks.
fn reconcile(facts: &FooterFacts, metadata: &ParquetMetaData, source: &Source) -> Result<(), ScanError> {
    let differ = |what: String| Err(corrupt(source, "footer: ", format!("{what} can be read in two ways; write the file again")));
    if metadata.num_row_groups() != facts.row_groups.len() {
        return differ("the number of row groups".to_owned());
    }
    for (number, (group, known)) in metadata.row_groups().iter().zip(&facts.row_groups).enumerate() {
        if u64::try_from(group.num_rows()) != Ok(known.rows) || group.columns().len() != known.columns.len() {
            return differ(format!("row group {number}"));
        }
        for (column, (chunk, known)) in group.columns().iter().zip(&known.columns).enumerate() {
            let (start, length) = chunk.byte_range();
            let same = start == known.start && length == known.compressed && u64::try_from(chunk.num_values()) == Ok(known.values);
            if !same {
                return differ(format!("the place of column {column} of row group {number}"));
            }
        }
    }
    Ok(())
}

/// Everything a row group's judge needs; shared by all threads.
struct Reading<'a> {
    file: &'a Arc<Shared>,
    facts: &'a FooterFacts,
    metadata: &'a ArrowReaderMetadata,
    validator: &'a Validator,
    input: &'a Input,
    source: &'a Source,
    options: &'a ScanOptions,
    partitions: &'a [text::Partition],
    progress: &'a dyn Progress,
}

impl Reading<'_> {
    /// Judges a row group.
    fn group(&self, group: usize) -> Result<(Vec<Judged>, PageFacts), ScanError> {
        let first: u64 = self.facts.row_groups.iter().take(group).map(|group| group.rows).sum();
        let Some(known) = self.facts.row_groups.get(group) else { return Ok((Vec::new(), PageFacts::default())) };
        let roots = self.roots();
        let pages = self.pages(group, &roots)?;
        if roots.is_empty() {
            // Nothing is read: rows are all there is to know.
            return Ok((self.rows_only(known.rows, first)?, pages));
        }
        let mut reader = self.reader(group, &roots)?;
        let (mut judged, mut rows) = (Vec::new(), 0);
        while let Some(batch) = self.next(&mut reader, group)? {
            check_deadline(self.options, self.source)?;
            let columns = self.widened(&roots, &batch);
            judged.push(self.input.judge_columns(&columns, batch.num_rows(), first + rows));
            rows += batch.num_rows() as u64;
            self.progress.advance(batch.num_rows() as u64);
        }
        if rows != known.rows {
            let reason = format!("{rows} rows were read and {} are declared; write or fetch the file again", known.rows);
            return Err(corrupt(self.source, format!("row group {group}: "), reason));
        }
        Ok((judged, pages))
    }

    /// Columns of the file that the rules read.
    fn roots(&self) -> Vec<usize> {
        let in_file = self.metadata.schema().fields().len();
        self.validator.projection().iter().copied().filter(|index| *index < in_file).collect()
    }

    fn leaves(&self, roots: &[usize]) -> Vec<usize> {
        let descriptor = self.metadata.parquet_schema();
        (0..descriptor.num_columns()).filter(|leaf| roots.contains(&descriptor.get_column_root_idx(*leaf))).collect()
    }

    /// Walks the page headers of the columns that will be read.
    fn pages(&self, group: usize, roots: &[usize]) -> Result<PageFacts, ScanError> {
        let mut all = PageFacts::default();
        let Some(known) = self.facts.row_groups.get(group) else { return Ok(all) };
        for leaf in self.leaves(roots) {
            let Some(chunk) = known.columns.get(leaf) else { continue };
            let source = Pages { file: self.file, chunk };
            let facts = preflight::pages(&source, chunk, &Limits::default()).map_err(|error| {
                let mut error = error;
                error.what = format!("row group {group}, column {leaf}: {}", error.what);
                refused(self.source, &error)
            })?;
            all.pages = all.pages.saturating_add(facts.pages);
            all.with_crc = all.with_crc.saturating_add(facts.with_crc);
        }
        Ok(all)
    }

    fn rows_only(&self, rows: u64, first: u64) -> Result<Vec<Judged>, ScanError> {
        let (mut judged, mut done) = (Vec::new(), 0);
        while done < rows {
            check_deadline(self.options, self.source)?;
            let step = (rows - done).min(1 << 20);
            let length = usize::try_from(step).unwrap_or(0);
            let columns = self.partition_columns(self.metadata.schema().fields().len(), length);
            judged.push(self.input.judge_columns(&columns, length, first + done));
            done += step;
            self.progress.advance(step);
        }
        Ok(judged)
    }

    fn reader(&self, group: usize, roots: &[usize]) -> Result<ParquetRecordBatchReader, ScanError> {
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), roots.iter().copied());
        let build = || {
            ParquetRecordBatchReaderBuilder::new_with_metadata(Chunks(Arc::clone(self.file)), self.metadata.clone())
                .with_projection(mask)
                .with_row_groups(vec![group])
                .with_batch_size(self.batch_rows(group, roots))
                .build()
        };
        self.caught(group, guarded(build))
    }

    /// As many rows as the byte budget allows, from what the footer says of their size.
    fn batch_rows(&self, group: usize, roots: &[usize]) -> usize {
        let Some(known) = self.facts.row_groups.get(group) else { return 1 };
        let bytes: u64 = self.leaves(roots).iter().filter_map(|leaf| known.columns.get(*leaf)).map(|chunk| chunk.uncompressed).sum();
        let per_row = bytes / known.rows.max(1) + 1;
        let budget = u64::try_from(self.options.batch_bytes).unwrap_or(u64::MAX) / per_row;
        usize::try_from(budget).unwrap_or(usize::MAX).clamp(64, self.options.batch_rows.max(64))
    }

    /// The next batch; a reader that has failed is not asked again.
    fn next(&self, reader: &mut ParquetRecordBatchReader, group: usize) -> Result<Option<RecordBatch>, ScanError> {
        match guarded(|| reader.next()) {
            Ok(Some(Ok(batch))) => Ok(Some(batch)),
            Ok(None) => Ok(None),
            Ok(Some(Err(error))) => Err(self.unreadable(group, &error.to_string())),
            Err(()) => Err(self.unreadable(group, "the reader failed on corrupt data")),
        }
    }

    fn caught<T>(&self, group: usize, result: Result<Result<T, ParquetError>, ()>) -> Result<T, ScanError> {
        match result {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(self.unreadable(group, &error.to_string())),
            Err(()) => Err(self.unreadable(group, "the reader failed on corrupt data")),
        }
    }

    fn unreadable(&self, group: usize, reason: &str) -> ScanError {
        corrupt(self.source, format!("row group {group}: "), format!("{reason}; write or fetch the file again"))
    }

    /// The columns of a batch at their places in the whole schema; those that are not read stand in as nulls.
    fn widened(&self, roots: &[usize], batch: &RecordBatch) -> Vec<ArrayRef> {
        let in_file = self.metadata.schema().fields().len();
        let placeholder = new_null_array(&DataType::Null, batch.num_rows());
        let mut columns = vec![placeholder; in_file];
        for (root, column) in roots.iter().zip(batch.columns()) {
            if let Some(slot) = columns.get_mut(*root) {
                *slot = Arc::clone(column);
            }
        }
        columns.extend(self.partitions.iter().map(|partition| partition.column(batch.num_rows())));
        columns
    }

    fn partition_columns(&self, in_file: usize, rows: usize) -> Vec<ArrayRef> {
        let mut columns = vec![new_null_array(&DataType::Null, rows); in_file];
        columns.extend(self.partitions.iter().map(|partition| partition.column(rows)));
        columns
    }
}

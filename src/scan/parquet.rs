//! Parquet files, safely: the footer is checked before the reader sees it, the Arrow schema is made here, pages are counted, every call
//! into the reader is guarded, and the rows it gives must be the rows the file declares.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, new_null_array};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use rayon::prelude::*;

use crate::plan::{Settled, Uses};
use crate::report::Integrity;
use crate::session::{Input, Judged, Validator};

use super::explain::Way;
use super::guard::guarded;
use super::preflight::{self, FooterFacts, Limits, PreflightError, PreflightKind};
use super::proof::{Proved, Prover, Walked};
use super::shared::{Chunks, Pages, Shared, open};
use super::typed::{self, Taker};
use super::{Columns, Progress, Run, ScanError, ScanOptions, Source, check_deadline, text};

/// Largest embedded Arrow schema that is looked at, in bytes of base64.
const MAX_EMBEDDED_SCHEMA: usize = 1 << 20;

/// A file whose footer has been checked.
pub(super) struct Opened {
    pub(super) file: Arc<Shared>,
    pub(super) facts: FooterFacts,
    pub(super) metadata: ArrowReaderMetadata,
}

/// A file that rules have been bound to.
struct Begun<'a> {
    source: &'a Source,
    opened: Opened,
    validator: Validator,
    input: Input,
    partitions: Vec<text::Partition>,
}

/// Judges Parquet files: their footers side by side, then their row groups, as if they were one file.
pub(super) fn judge(run: &mut Run, sources: &[Source], progress: &dyn Progress, taker: &mut Option<Taker<'_>>) -> Result<(), ScanError> {
    let opened: Vec<Result<Opened, ScanError>> = sources.par_iter().map(Opened::new).collect();
    // What comes before a file that cannot be judged is judged all the same: the same error is met, whatever the number of threads.
    let (mut begun, mut failed) = (Vec::with_capacity(sources.len()), None);
    for (source, opened) in sources.iter().zip(opened) {
        match opened.and_then(|opened| Begun::new(run, source, opened, progress)) {
            Ok(file) => begun.push(file),
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    if taker.is_some() {
        for file in &begun {
            let parts = file.row_groups_in_order(&run.options, progress, taker)?;
            file.fold(run, parts);
        }
        return failed.map_or(Ok(()), Err);
    }
    let options = &run.options;
    let row_groups = begun.iter().map(|file| file.opened.facts.row_groups.len()).sum();
    // All of them are waited for: the first error is told, and not the one that came first.
    let parts: Vec<Result<Vec<Group>, ScanError>> = begun.par_iter().map(|file| file.row_groups(options, row_groups, progress)).collect();
    for (file, parts) in begun.iter().zip(parts) {
        file.fold(run, parts?);
    }
    failed.map_or(Ok(()), Err)
}

/// The Arrow schema of a file, from its footer alone.
pub(super) fn schema(source: &Source) -> Result<Arc<Schema>, ScanError> {
    Ok(Arc::clone(Opened::new(source)?.metadata.schema()))
}

impl Opened {
    pub(super) fn new(source: &Source) -> Result<Self, ScanError> {
        let file = open(source)?;
        let facts = preflight::footer(&mut file.handle(), &Limits::default()).map_err(|error| refused(source, &error))?;
        let metadata = metadata(&file, source)?;
        reconcile(&facts, metadata.metadata(), source)?;
        Ok(Self { file, facts, metadata })
    }
}

/// One row of a Parquet file; `None` where it has fewer.
pub(super) fn row(source: &Source, row: u64) -> Result<Option<RecordBatch>, ScanError> {
    let opened = Opened::new(source)?;
    let Ok(offset) = usize::try_from(row) else { return Ok(None) };
    let read = || -> Result<Option<RecordBatch>, ScanError> {
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(Chunks(Arc::clone(&opened.file)), opened.metadata.clone());
        let reader = builder.with_offset(offset).with_limit(1).with_batch_size(1).build();
        let mut reader = reader.map_err(|error| corrupt(source, "", error))?;
        reader.next().transpose().map_err(|error| corrupt(source, "", error))
    };
    guarded(read).map_err(|()| corrupt(source, "", "the reader failed on corrupt data"))?
}

impl<'a> Begun<'a> {
    fn new(run: &mut Run, source: &'a Source, opened: Opened, progress: &dyn Progress) -> Result<Self, ScanError> {
        let (schema, partitions) = text::with_partitions(opened.metadata.schema(), source, &*run.block(source)?);
        let (validator, input) = run.begin(source, &schema)?;
        progress.begin(&source.name, Some(opened.facts.num_rows));
        Ok(Self { source, opened, validator, input, partitions })
    }

    /// Judges its row groups, which are some of `of_all`.
    fn row_groups(&self, options: &ScanOptions, of_all: usize, progress: &dyn Progress) -> Result<Vec<Group>, ScanError> {
        let threads = rayon::current_num_threads();
        let uses = Uses::of(self.validator.plan());
        let prover = self.prover(&uses, options);
        let reading = self.reading(&uses, &prover, options, progress, if of_all >= threads * 4 { 1 } else { threads });
        let groups: Vec<usize> = (0..self.opened.facts.row_groups.len()).collect();
        let judged: Vec<Result<Group, ScanError>> = groups.into_par_iter().map(|group| reading.group(group)).collect();
        judged.into_iter().collect()
    }

    /// Judges its row groups one after another, for who takes their rows.
    fn row_groups_in_order(
        &self,
        options: &ScanOptions,
        progress: &dyn Progress,
        taker: &mut Option<Taker<'_>>,
    ) -> Result<Vec<Group>, ScanError> {
        let uses = Uses::of(self.validator.plan());
        let prover = self.prover(&uses, options);
        let reading = self.reading(&uses, &prover, options, progress, rayon::current_num_threads());
        (0..self.opened.facts.row_groups.len()).map(|group| reading.group_in_order(group, taker)).collect()
    }

    fn prover<'b>(&'b self, uses: &'b Uses, options: &ScanOptions) -> Prover<'b> {
        let Opened { file, facts, metadata } = &self.opened;
        Prover::new(file, facts, metadata, self.validator.plan(), &self.input, uses, options.trust_statistics)
    }

    fn reading<'b>(
        &'b self,
        uses: &'b Uses,
        prover: &'b Prover<'b>,
        options: &'b ScanOptions,
        progress: &'b dyn Progress,
        lanes: usize,
    ) -> Reading<'b> {
        let Opened { file, facts, metadata } = &self.opened;
        let (input, source, partitions) = (&self.input, self.source, &self.partitions);
        Reading { file, facts, metadata, leaves: leaves(metadata), uses, prover, input, source, options, partitions, progress, lanes }
    }

    fn fold(&self, run: &mut Run, parts: Vec<Group>) {
        let Some(session) = run.session.as_mut() else { return };
        let (mut pages, mut checked) = (0_u64, 0_u64);
        for part in parts {
            part.judged.into_iter().for_each(|judged| session.fold(judged));
            session.add_proved(&self.input, part.rows_proved);
            pages += part.pages;
            checked += part.checked;
            run.explanation.add(self.validator.plan(), &part.ways);
        }
        session.describe(&self.input, Some(self.opened.facts.row_groups.len() as u64), integrity(pages, checked));
    }
}

fn integrity(pages: u64, checked: u64) -> Integrity {
    match (pages, checked) {
        (_, 0) => Integrity::None,
        (pages, checked) if pages == checked => Integrity::Verified,
        _ => Integrity::Partial,
    }
}

pub(super) fn refused(source: &Source, error: &PreflightError) -> ScanError {
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

pub(super) fn corrupt(source: &Source, place: impl Into<String>, reason: impl std::fmt::Display) -> ScanError {
    ScanError::Corrupt { file: source.name.clone(), place: place.into(), reason: reason.to_string() }
}

/// The embedded schema and the page index are not the reader's business.
fn reader_options() -> ArrowReaderOptions {
    ArrowReaderOptions::new().with_skip_arrow_metadata(true).with_page_index_policy(PageIndexPolicy::Skip)
}

/// The reader's metadata, with an Arrow schema made from the Parquet schema.
fn metadata(file: &Arc<Shared>, source: &Source) -> Result<ArrowReaderMetadata, ScanError> {
    let loaded = guarded(|| ArrowReaderMetadata::load(&Chunks(Arc::clone(file)), reader_options()));
    let plain =
        loaded.map_err(|()| corrupt(source, "footer: ", "the reader failed on it"))?.map_err(|error| corrupt(source, "footer: ", error))?;
    let schema = Arc::new(arrow_schema(&plain));
    let made = guarded(|| ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), reader_options().with_schema(schema)));
    match made {
        Ok(Ok(metadata)) => Ok(metadata),
        // A shape that the crate cannot give in our layouts is read in its own.
        _ => Ok(plain),
    }
}

/// Strings and binaries as views: one short page of repeated strings can decode to gigabytes otherwise.
fn arrow_schema(plain: &ArrowReaderMetadata) -> Schema {
    let hints = embedded(plain.metadata());
    let fields: Fields = plain
        .schema()
        .fields()
        .iter()
        .map(|field| {
            let hint = hints.as_ref().and_then(|schema| schema.field_with_name(field.name()).ok());
            let ty = layout(field.data_type(), hint.map(Field::data_type));
            Arc::new(Field::new(field.name(), ty, field.is_nullable())) as FieldRef
        })
        .collect();
    Schema::new(fields)
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
pub(super) fn embedded(metadata: &Arc<ParquetMetaData>) -> Option<Schema> {
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

/// A dictionary with more entries than this is read as texts: entries are tested anew for every slice of rows.
const MAX_CODES: u64 = 4_096;

/// Some columns of a row group, and their reader.
struct Lane {
    roots: Vec<usize>,
    reader: ParquetRecordBatchReader,
}

/// Columns by their places in the schema, and some of their rows.
type Part = (Vec<usize>, RecordBatch);

/// Judges a batch in parts of so many rows; its first row is that of the file which is told last.
type JudgeBatch<'a> = dyn FnMut(&Columns, usize, u64) -> Result<Vec<Judged>, ScanError> + 'a;

/// Everything a row group's judge needs; shared by all threads.
struct Reading<'a> {
    file: &'a Arc<Shared>,
    facts: &'a FooterFacts,
    metadata: &'a ArrowReaderMetadata,
    /// The leaves of each column of the file.
    leaves: Vec<Vec<usize>>,
    uses: &'a Uses,
    prover: &'a Prover<'a>,
    input: &'a Input,
    source: &'a Source,
    options: &'a ScanOptions,
    partitions: &'a [text::Partition],
    progress: &'a dyn Progress,
    /// Most parts that the columns of a row group are read in.
    lanes: usize,
}

/// The leaves of each top-level column.
fn leaves(metadata: &ArrowReaderMetadata) -> Vec<Vec<usize>> {
    let descriptor = metadata.parquet_schema();
    let mut all = vec![Vec::new(); metadata.schema().fields().len()];
    for leaf in 0..descriptor.num_columns() {
        if let Some(leaves) = all.get_mut(descriptor.get_column_root_idx(leaf)) {
            leaves.push(leaf);
        }
    }
    all
}

/// What a row group has come to.
struct Group {
    judged: Vec<Judged>,
    rows_proved: u64,
    /// Pages that verdicts rest on, and how many of them were compared with a checksum.
    pages: u64,
    checked: u64,
    ways: BTreeMap<usize, Way>,
}

impl Reading<'_> {
    /// Judges a row group: what can be proved first, then the rows of the columns that are left.
    fn group(&self, group: usize) -> Result<Group, ScanError> {
        let rows = self.facts.row_groups.get(group).map_or(0, |group| group.rows);
        let ruled = self.roots(&Settled::default());
        let walked = self.pages(group, &ruled)?;
        let proved = self.prover.prove(group, &walked, &|| check_deadline(self.options, self.source).is_err());
        check_deadline(self.options, self.source)?;
        let roots = self.roots(&proved.settled);
        let encoded = self.encoded(group, &roots, &walked);
        let mut judged = vec![self.input.proved(&proved.proofs)];
        judged.extend(if roots.is_empty() {
            // Nothing is read: rows are all there is to know.
            self.rows_only(group, &proved)?
        } else {
            self.rows(group, &roots, &encoded, &mut |batch, step, first| Ok(self.judged(batch, step, first, &proved)))?
        });
        let (pages, checked) = self.checked(&ruled, &roots, &walked, &proved);
        Ok(Group {
            judged,
            rows_proved: if self.prover.all_settled(&proved) { rows } else { 0 },
            pages,
            checked,
            ways: self.prover.ways(&proved, &encoded),
        })
    }

    /// Judges a row group without proofs, since all of its rows are taken.
    fn group_in_order(&self, group: usize, taker: &mut Option<Taker<'_>>) -> Result<Group, ScanError> {
        check_deadline(self.options, self.source)?;
        let (roots, proved) = (self.roots(&Settled::default()), Proved::default());
        let walked = self.pages(group, &roots)?;
        let encoded = self.encoded(group, &roots, &walked);
        let mut judge = |batch: &Columns, step: usize, first: u64| {
            let (columns, length) = batch;
            let part = |start: usize| typed::Part { columns, start, rows: step.min(length - start), first };
            typed::judge(self.input, self.source, (0..*length).step_by(step).map(part).collect(), taker)
        };
        let judged = self.rows(group, &roots, &encoded, &mut judge)?;
        let (pages, checked) = self.checked(&roots, &roots, &walked, &proved);
        Ok(Group { judged: judged.into_iter().collect(), rows_proved: 0, pages, checked, ways: self.prover.ways(&proved, &encoded) })
    }

    /// Judges a batch in parts of so many rows.
    fn judged(&self, (columns, length): &Columns, step: usize, first: u64, proved: &Proved) -> Vec<Judged> {
        let starts: Vec<usize> = (0..*length).step_by(step).collect();
        let judge = |start: usize| self.input.judge_open(columns, start, step.min(length - start), first, &proved.settled);
        starts.into_par_iter().map(judge).collect()
    }

    /// The rows before a row group.
    fn first(&self, group: usize) -> u64 {
        self.facts.row_groups.iter().take(group).map(|group| group.rows).sum()
    }

    /// Reads and judges the rows of some columns: columns side by side where there are fewer row groups than threads could use, then rows.
    /// `judge` is told a batch, how many rows of it are a thread's part, and the row of the file it begins with.
    fn rows(
        &self,
        group: usize,
        roots: &[usize],
        encoded: &BTreeSet<usize>,
        judge: &mut JudgeBatch<'_>,
    ) -> Result<Option<Judged>, ScanError> {
        let Some(known) = self.facts.row_groups.get(group) else { return Ok(None) };
        let first = self.first(group);
        let batch_rows = self.batch_rows(group, roots);
        let metadata = self.caught(group, guarded(|| self.laid_out(encoded)))?;
        let lanes = self.lanes(group, roots).into_iter();
        let mut lanes: Vec<Lane> = lanes.map(|roots| self.lane(group, roots, &metadata, batch_rows)).collect::<Result<_, _>>()?;
        let (mut judged, mut rows) = (None, 0);
        while let Some(batch) = self.next(&mut lanes, group)? {
            check_deadline(self.options, self.source)?;
            let batch: Columns = (self.widened(&batch), batch.first().map_or(0, |(_, batch)| batch.num_rows()));
            let length = batch.1;
            let step = if self.lanes == 1 { length.max(1) } else { length.div_ceil(self.lanes).max(1) };
            let parts = judge(&batch, step, first + rows)?;
            judged = parts.into_iter().fold(judged, |all, part| Some(self.input.joined(all, part)));
            rows += length as u64;
            self.progress.advance(length as u64);
        }
        if rows != known.rows {
            let reason = format!("{rows} rows were read and {} are declared; write or fetch the file again", known.rows);
            return Err(corrupt(self.source, format!("row group {group}: "), reason));
        }
        Ok(judged)
    }

    /// Columns in as many parts as there are to be lanes, of about the same number of bytes.
    fn lanes(&self, group: usize, roots: &[usize]) -> Vec<Vec<usize>> {
        let Some(known) = self.facts.row_groups.get(group).filter(|_| self.lanes > 1) else { return vec![roots.to_vec()] };
        let bytes =
            |root: usize| self.leaves(&[root]).filter_map(|leaf| known.columns.get(leaf)).map(|chunk| chunk.uncompressed).sum::<u64>();
        let mut sizes: Vec<(u64, usize)> = roots.iter().map(|root| (bytes(*root), *root)).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        let mut lanes = vec![(0_u64, Vec::new()); self.lanes.min(roots.len())];
        for (size, root) in sizes {
            if let Some(least) = lanes.iter_mut().min_by_key(|lane| lane.0) {
                least.0 = least.0.saturating_add(size);
                least.1.push(root);
            }
        }
        let sorted = |(_, mut lane): (u64, Vec<usize>)| {
            lane.sort_unstable();
            lane
        };
        lanes.into_iter().map(sorted).collect()
    }

    /// Columns of the file that what is not settled reads.
    fn roots(&self, settled: &Settled) -> Vec<usize> {
        let in_file = self.metadata.schema().fields().len();
        self.uses.read(settled).into_iter().filter(|index| *index < in_file).collect()
    }

    fn leaves(&self, roots: &[usize]) -> impl Iterator<Item = usize> {
        roots.iter().filter_map(|root| self.leaves.get(*root)).flatten().copied()
    }

    /// Walks the page headers of the ruled columns; facts by leaf.
    fn pages(&self, group: usize, roots: &[usize]) -> Result<Walked, ScanError> {
        let mut all = Walked::new();
        let Some(known) = self.facts.row_groups.get(group) else { return Ok(all) };
        for leaf in self.leaves(roots) {
            let Some(chunk) = known.columns.get(leaf) else { continue };
            let source = Pages { file: self.file, chunk };
            let facts = preflight::pages(&source, chunk, &Limits::default()).map_err(|error| {
                let mut error = error;
                error.what = format!("row group {group}, column {leaf}: {}", error.what);
                refused(self.source, &error)
            })?;
            all.insert(leaf, facts);
        }
        Ok(all)
    }

    /// Pages that verdicts rest on, and those of them whose checksums were compared: of columns that were read or proved from their
    /// pages all that have one, of columns proved from statistics none.
    fn checked(&self, ruled: &[usize], read: &[usize], walked: &Walked, proved: &Proved) -> (u64, u64) {
        let (mut pages, mut checked) = (0, 0);
        for root in ruled {
            let looked_at = read.binary_search(root).is_ok() || proved.on_pages.contains(root);
            if looked_at || proved.on_trust.contains(root) {
                for facts in self.leaves(&[*root]).filter_map(|leaf| walked.get(&leaf)) {
                    pages += u64::from(facts.pages);
                    checked += if looked_at { u64::from(facts.with_crc) } else { 0 };
                }
            }
        }
        (pages, checked)
    }

    /// Text columns whose pages are codes of few entries, so that codes are what is read.
    fn encoded(&self, group: usize, roots: &[usize], walked: &Walked) -> BTreeSet<usize> {
        let rows = self.facts.row_groups.get(group).map_or(0, |group| group.rows);
        let few = (rows / 2).min(MAX_CODES);
        let is_encoded = |root: &usize| {
            let text = self.metadata.schema().fields().get(*root).is_some_and(|field| *field.data_type() == DataType::Utf8View);
            let facts = self.leaves(&[*root]).next().and_then(|leaf| walked.get(&leaf));
            text && facts.is_some_and(|facts| facts.all_dictionary && facts.has_dictionary && facts.dictionary_values <= few)
        };
        roots.iter().copied().filter(is_encoded).collect()
    }

    /// Judges rows of which no column of the file is read.
    fn rows_only(&self, group: usize, proved: &Proved) -> Result<Option<Judged>, ScanError> {
        let (rows, first) = (self.facts.row_groups.get(group).map_or(0, |group| group.rows), self.first(group));
        let (mut judged, mut done) = (None, 0);
        while done < rows {
            check_deadline(self.options, self.source)?;
            let step = (rows - done).min(1 << 20);
            let length = usize::try_from(step).unwrap_or(0);
            let columns = self.partition_columns(self.metadata.schema().fields().len(), length);
            let part = self.input.judge_open(&columns, 0, length, first + done, &proved.settled);
            judged = Some(self.input.joined(judged, part));
            done += step;
            self.progress.advance(step);
        }
        Ok(judged)
    }

    fn lane(&self, group: usize, roots: Vec<usize>, metadata: &ArrowReaderMetadata, batch_rows: usize) -> Result<Lane, ScanError> {
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), roots.iter().copied());
        let build = || {
            ParquetRecordBatchReaderBuilder::new_with_metadata(Chunks(Arc::clone(self.file)), metadata.clone())
                .with_projection(mask)
                .with_row_groups(vec![group])
                .with_batch_size(batch_rows)
                .build()
        };
        Ok(Lane { reader: self.caught(group, guarded(build))?, roots })
    }

    /// The reader's metadata, with codes for some columns.
    fn laid_out(&self, encoded: &BTreeSet<usize>) -> Result<ArrowReaderMetadata, ParquetError> {
        if encoded.is_empty() {
            return Ok(self.metadata.clone());
        }
        let codes = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let fields = self.metadata.schema().fields().iter().enumerate().map(|(index, field)| match encoded.contains(&index) {
            true => Arc::new(Field::new(field.name(), codes.clone(), field.is_nullable())),
            false => Arc::clone(field),
        });
        let schema = Arc::new(Schema::new(fields.collect::<Fields>()));
        ArrowReaderMetadata::try_new(Arc::clone(self.metadata.metadata()), reader_options().with_schema(schema))
    }

    /// As many rows as the byte budget allows, from what the footer says of their size.
    fn batch_rows(&self, group: usize, roots: &[usize]) -> usize {
        let Some(known) = self.facts.row_groups.get(group) else { return 1 };
        let bytes: u64 = self.leaves(roots).filter_map(|leaf| known.columns.get(leaf)).map(|chunk| chunk.uncompressed).sum();
        let per_row = bytes / known.rows.max(1) + 1;
        let budget = u64::try_from(self.options.batch_bytes).unwrap_or(u64::MAX) / per_row;
        usize::try_from(budget).unwrap_or(usize::MAX).clamp(64, self.options.batch_rows.max(64))
    }

    /// The next rows of all lanes; a reader that has failed is not asked again.
    fn next(&self, lanes: &mut [Lane], group: usize) -> Result<Option<Vec<Part>>, ScanError> {
        let read = |lane: &mut Lane| match guarded(|| lane.reader.next()) {
            Ok(Some(Ok(batch))) => Ok(Some((lane.roots.clone(), batch))),
            Ok(None) => Ok(None),
            Ok(Some(Err(error))) => Err(self.unreadable(group, &error.to_string())),
            Err(()) => Err(self.unreadable(group, "the reader failed on corrupt data")),
        };
        let parts: Vec<Result<Option<Part>, ScanError>> = lanes.par_iter_mut().map(read).collect();
        let parts: Vec<Option<Part>> = parts.into_iter().collect::<Result<_, _>>()?;
        let rows = |part: &Option<Part>| part.as_ref().map(|(_, batch)| batch.num_rows());
        if parts.windows(2).any(|pair| matches!(pair, [a, b] if rows(a) != rows(b))) {
            return Err(self.unreadable(group, "its columns have different numbers of rows"));
        }
        Ok(parts.into_iter().collect())
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

    /// The columns of batches at their places in the whole schema; those that are not read stand in as nulls.
    fn widened(&self, batches: &[Part]) -> Vec<ArrayRef> {
        let in_file = self.metadata.schema().fields().len();
        let rows = batches.first().map_or(0, |(_, batch)| batch.num_rows());
        let mut columns = self.partition_columns(in_file, rows);
        for (root, column) in batches.iter().flat_map(|(roots, batch)| roots.iter().zip(batch.columns())) {
            if let Some(slot) = columns.get_mut(*root) {
                *slot = Arc::clone(column);
            }
        }
        columns
    }

    fn partition_columns(&self, in_file: usize, rows: usize) -> Vec<ArrayRef> {
        let mut columns = vec![new_null_array(&DataType::Null, rows); in_file];
        columns.extend(self.partitions.iter().map(|partition| partition.column(rows)));
        columns
    }
}

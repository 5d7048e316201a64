//! Arrow IPC, files and streams, checked before the reader sees them.

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::reader::{FileReader, StreamReader};

use super::guard::guarded;
use super::ipc_preflight::{self, IpcKind, IpcLimits};
use super::preflight::PreflightKind;
use super::typed::{self, Part, TYPED_ROWS, Taker};
use super::{Progress, Run, ScanError, Source, text};

/// Either reader.
pub(super) enum Reader {
    File(Box<FileReader<BufReader<File>>>),
    Stream(Box<StreamReader<BufReader<File>>>),
}

impl Reader {
    pub(super) fn schema(&self) -> SchemaRef {
        match self {
            Self::File(reader) => reader.schema(),
            Self::Stream(reader) => reader.schema(),
        }
    }

    fn next(&mut self) -> Option<Result<RecordBatch, ArrowError>> {
        match self {
            Self::File(reader) => reader.next(),
            Self::Stream(reader) => reader.next(),
        }
    }
}

/// One row of an Arrow IPC file or stream; `None` where it has fewer.
pub(super) fn row(source: &Source, row: u64) -> Result<Option<RecordBatch>, ScanError> {
    let (mut reader, _) = checked(source)?;
    let mut before = 0;
    while let Some(batch) = next(&mut reader, source)? {
        let rows = batch.num_rows() as u64;
        if let Some(at) = row.checked_sub(before).filter(|at| *at < rows).and_then(|at| usize::try_from(at).ok()) {
            return Ok(Some(batch.slice(at, 1)));
        }
        before += rows;
    }
    Ok(None)
}

/// Judges an Arrow IPC file or stream.
pub(super) fn judge(run: &mut Run, source: &Source, progress: &dyn Progress, taker: &mut Option<Taker<'_>>) -> Result<(), ScanError> {
    let (mut reader, facts) = checked(source)?;
    let block = run.block(source)?;
    let (schema, partitions) = text::with_partitions(&reader.schema(), source, &block);
    let (_, input) = run.begin(source, &schema)?;
    progress.begin(&source.name, Some(facts.rows));
    let mut rows = 0;
    while let Some(batch) = next(&mut reader, source)? {
        run.check_deadline(source)?;
        let mut columns = batch.columns().to_vec();
        columns.extend(partitions.iter().map(|partition| partition.column(batch.num_rows())));
        // A batch may be of any size: typed values of it are made some at a time.
        let part_rows = if taker.is_some() { TYPED_ROWS } else { 65_536 };
        let step = if taker.is_some() { TYPED_ROWS * rayon::current_num_threads().max(1) } else { batch.num_rows().max(1) };
        let part = |start: usize, end: usize| Part { columns: &columns, start, rows: (end - start).min(part_rows), first: rows };
        let mut parts = Vec::new();
        for start in (0..batch.num_rows()).step_by(step) {
            let end = batch.num_rows().min(start + step);
            let these = (start..end).step_by(part_rows).map(|start| part(start, end)).collect();
            parts.extend(typed::judge(&input, source, these, taker)?);
        }
        if let Some(session) = run.session.as_mut() {
            parts.into_iter().for_each(|part| session.fold(part));
        }
        rows += batch.num_rows() as u64;
        progress.advance(batch.num_rows() as u64);
    }
    if rows != facts.rows {
        let reason = format!("{rows} rows were read and {} are declared; write or fetch the file again", facts.rows);
        return Err(ScanError::Corrupt { file: source.name.clone(), place: String::new(), reason });
    }
    Ok(())
}

/// The Arrow schema of a file.
pub(super) fn schema(source: &Source) -> Result<SchemaRef, ScanError> {
    Ok(checked(source)?.0.schema())
}

/// A reader of a file whose structure has been checked.
pub(super) fn checked(source: &Source) -> Result<(Reader, ipc_preflight::IpcFacts), ScanError> {
    let io = |error: std::io::Error| ScanError::Io { file: source.name.clone(), reason: error.to_string() };
    let mut file = File::open(&source.path).map_err(io)?;
    let facts = ipc_preflight::check(&mut file, &IpcLimits::default()).map_err(|error| {
        let (file, reason) = (source.name.clone(), error.to_string());
        match error.kind {
            PreflightKind::Limit => ScanError::Limit { file, reason },
            PreflightKind::Unsupported | PreflightKind::Encrypted => ScanError::Unsupported { file, reason },
            PreflightKind::Io => ScanError::Io { file, reason },
            PreflightKind::Corrupt => {
                ScanError::Corrupt { file, place: String::new(), reason: format!("not sound Arrow IPC: {reason}; write or fetch it again") }
            }
        }
    })?;
    file.seek(SeekFrom::Start(0)).map_err(io)?;
    let reader = caught(source, guarded(|| open(file, facts.kind)))?;
    Ok((reader, facts))
}

fn open(file: File, kind: IpcKind) -> Result<Reader, ArrowError> {
    let buffered = BufReader::new(file);
    Ok(match kind {
        IpcKind::File => Reader::File(Box::new(FileReader::try_new(buffered, None)?)),
        IpcKind::Stream => Reader::Stream(Box::new(StreamReader::try_new(buffered, None)?)),
    })
}

pub(super) fn next(reader: &mut Reader, source: &Source) -> Result<Option<RecordBatch>, ScanError> {
    match guarded(|| reader.next()) {
        Ok(None) => Ok(None),
        Ok(Some(batch)) => caught(source, Ok(batch)).map(Some),
        Err(()) => caught(source, Err(())),
    }
}

fn caught<T>(source: &Source, result: Result<Result<T, ArrowError>, ()>) -> Result<T, ScanError> {
    let reason = match result {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => error.to_string(),
        Err(()) => "the reader failed on corrupt data".to_owned(),
    };
    Err(ScanError::Corrupt { file: source.name.clone(), place: String::new(), reason: format!("{reason}; write or fetch the file again") })
}

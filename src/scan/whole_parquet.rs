//! Parquet files, row group after row group, with all their columns.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::guard::guarded;
use super::parquet::{Opened, corrupt, embedded, refused};
use super::preflight::{self, Limits};
use super::shared::{Chunks, Pages};
use super::whole::About;
use super::{ScanError, ScanOptions, Source};

/// The row groups of a file.
pub(super) struct Groups {
    opened: Opened,
    next: usize,
    reader: Option<ParquetRecordBatchReader>,
    /// Rows of the current row group that have been read.
    rows: u64,
}

impl Groups {
    pub(super) fn open(source: &Source) -> Result<(Self, SchemaRef, About), ScanError> {
        let opened = Opened::new(source)?;
        let file = opened.metadata.metadata().file_metadata();
        let pairs = file.key_value_metadata().into_iter().flatten();
        let arrow = embedded(opened.metadata.metadata()).filter(|schema| schema.fields().len() == opened.metadata.schema().fields().len());
        let about = About {
            parquet: Some(file.schema_descr().clone()),
            arrow,
            metadata: pairs.map(|pair| (pair.key.clone(), pair.value.clone())).collect(),
        };
        let schema = Arc::clone(opened.metadata.schema());
        Ok((Self { opened, next: 0, reader: None, rows: 0 }, schema, about))
    }

    pub(super) fn next(&mut self, source: &Source, options: &ScanOptions) -> Result<Option<RecordBatch>, ScanError> {
        loop {
            let Some(reader) = &mut self.reader else {
                if self.next >= self.opened.facts.row_groups.len() {
                    return Ok(None);
                }
                self.reader = Some(self.begin(source, options)?);
                self.rows = 0;
                continue;
            };
            let unreadable =
                |reason: &str| corrupt(source, format!("row group {}: ", self.next), format!("{reason}; write or fetch the file again"));
            match guarded(|| reader.next()) {
                Ok(Some(Ok(batch))) => {
                    self.rows += batch.num_rows() as u64;
                    return Ok(Some(batch));
                }
                Ok(Some(Err(error))) => return Err(unreadable(&error.to_string())),
                Err(()) => return Err(unreadable("the reader failed on corrupt data")),
                Ok(None) => {
                    let declared = self.opened.facts.row_groups.get(self.next).map_or(0, |group| group.rows);
                    if self.rows != declared {
                        return Err(unreadable(&format!("{} rows were read and {declared} are declared", self.rows)));
                    }
                    self.reader = None;
                    self.next += 1;
                }
            }
        }
    }

    /// A reader of the next row group, once all its pages have been looked at.
    fn begin(&self, source: &Source, options: &ScanOptions) -> Result<ParquetRecordBatchReader, ScanError> {
        let group = self.next;
        let Opened { file, facts, metadata } = &self.opened;
        let (mut bytes, mut rows) = (0_u64, 0);
        if let Some(known) = facts.row_groups.get(group) {
            rows = known.rows;
            for (column, chunk) in known.columns.iter().enumerate() {
                bytes = bytes.saturating_add(chunk.uncompressed);
                preflight::pages(&Pages { file, chunk }, chunk, &Limits::default()).map_err(|mut error| {
                    error.what = format!("row group {group}, column {column}: {}", error.what);
                    refused(source, &error)
                })?;
            }
        }
        let budget = u64::try_from(options.batch_bytes).unwrap_or(u64::MAX) / (bytes / rows.max(1) + 1);
        let batch_rows = usize::try_from(budget).unwrap_or(usize::MAX).clamp(64, options.batch_rows.max(64));
        let build = || {
            ParquetRecordBatchReaderBuilder::new_with_metadata(Chunks(Arc::clone(file)), metadata.clone())
                .with_row_groups(vec![group])
                .with_batch_size(batch_rows)
                .build()
        };
        match guarded(build) {
            Ok(Ok(reader)) => Ok(reader),
            Ok(Err(error)) => Err(corrupt(source, format!("row group {group}: "), error)),
            Err(()) => Err(corrupt(source, format!("row group {group}: "), "the reader failed on corrupt data")),
        }
    }
}

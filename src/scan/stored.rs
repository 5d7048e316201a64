//! Single rows of data files, for tests of rules that give them.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::Schema;

use crate::compile::LoadError;
use crate::testing::{StoredRow, StoredRows};

use super::{FolderLoader, Format, ScanError, ScanOptions, Source};

impl StoredRows for FolderLoader {
    fn row(&self, asked: &StoredRow<'_>) -> Result<RecordBatch, LoadError> {
        let unreadable = |reason: String| LoadError::Unreadable { path: asked.path.to_owned(), reason };
        let path = self.resolve(asked.from, asked.path)?;
        // A pipe or device is told before it is opened, which could block for ever.
        let about = std::fs::metadata(&path).map_err(|error| unreadable(error.to_string()))?;
        if !about.is_file() {
            return Err(unreadable("it is not a regular file".to_owned()));
        }
        let Some(format) = Format::of(&path) else {
            return Err(unreadable(format!("its ending tells no format that is read; data files end in {}", Format::ENDINGS)));
        };
        let Some(block) = asked.rules.block(asked.block) else { return Err(unreadable(format!("there is no block `{}`", asked.block))) };
        let source = Source { path, name: asked.path.to_owned(), format, partitions: Vec::new() };
        let found = match format {
            #[cfg(feature = "parquet")]
            Format::Parquet => super::parquet::row(&source, asked.row),
            #[cfg(not(feature = "parquet"))]
            Format::Parquet => return Err(unreadable("this build reads no Parquet".to_owned())),
            Format::ArrowIpc => super::ipc::row(&source, asked.row),
            Format::JsonLines => super::json::row(&source, block, asked.row),
            Format::Csv => super::csv::row(&source, block, asked.row, &ScanOptions::default()),
        };
        let found = found.map_err(|error| unreadable(error.to_string()))?;
        found.ok_or_else(|| unreadable(format!("it has no row {}; rows count from 0", asked.row)))
    }
}

/// A row that was read from text.
pub(super) fn batch(source: &Source, schema: Schema, columns: Vec<ArrayRef>) -> Result<RecordBatch, ScanError> {
    let failed = |reason: String| ScanError::Corrupt { file: source.name.clone(), place: String::new(), reason };
    RecordBatch::try_new(Arc::new(schema), columns).map_err(|error| failed(error.to_string()))
}

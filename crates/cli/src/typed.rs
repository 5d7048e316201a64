//! Typed values of responses as a Parquet file: written row group by row group beside its place, and put there only when it is whole.

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use rulegate::RuleSet;
use rulegate::commit::{Commit, Finished, Keep, Staged, Target};

use crate::exit::Failure;
use crate::output;
use crate::render::text::escape;

/// Rows of a row group.
const GROUP_ROWS: usize = 262_144;
/// Bytes that a row group may come to before it is written, whatever its rows.
const GROUP_BYTES: usize = 64 << 20;

/// A file of typed values that is being written.
pub(crate) struct TypedFile {
    target: PathBuf,
    commit: Commit,
    writer: ArrowWriter<BufWriter<Staged>>,
}

/// Whether a path may be given for typed values.
pub(crate) fn parse_path(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    let is_parquet = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet") || ending.eq_ignore_ascii_case("pq"));
    if is_parquet { Ok(path) } else { Err("typed values are written as Parquet: name a file that ends in .parquet".to_owned()) }
}

impl TypedFile {
    /// Begins a file for the responses of a block.
    pub(crate) fn create(target: &Path, rules: &RuleSet, block: &str) -> Result<Self, Failure> {
        let schema = rules
            .typed_schema(Some(block))
            .map_err(|error| Failure::new(format!("--typed: {error}")).help("name an output block with --block, or leave --typed out"))?;
        // Responses may be nobody else's business.
        let mut commit = output::begin(&[Target::new(target, "typed").private()], Keep::Nothing)?;
        let file = BufWriter::new(commit.create(0)?);
        let writer = ArrowWriter::try_new(file, SchemaRef::clone(&schema), Some(properties(rules, block)));
        let writer = writer.map_err(|error| unwritten(target, &error))?;
        Ok(Self { target: target.to_path_buf(), commit, writer })
    }

    /// Adds rows; what they take in memory stays bounded.
    pub(crate) fn write(&mut self, rows: &RecordBatch) -> Result<(), String> {
        let failure = |error: parquet::errors::ParquetError| format!("{}: {error}", escape(&self.target.to_string_lossy()));
        self.writer.write(rows).map_err(failure)?;
        if self.writer.in_progress_size() > GROUP_BYTES { self.writer.flush().map_err(failure) } else { Ok(()) }
    }

    /// Puts the file, whole and synced, in its place.
    pub(crate) fn commit(self) -> Result<(), Failure> {
        let Self { target, commit, writer } = self;
        // What is still buffered is written before the file is synced.
        let file = writer.into_inner().map_err(|error| unwritten(&target, &error))?;
        let file = file.into_inner().map_err(|error| unwritten(&target, error.error()))?;
        commit.publish(vec![file.finish(None)?], Finished::default())?;
        Ok(())
    }
}

fn properties(rules: &RuleSet, block: &str) -> WriterProperties {
    let facts = [("rulegate.ruleset", rules.hash()), ("rulegate.block", block)];
    let facts = facts.into_iter().map(|(key, value)| KeyValue::new(key.to_owned(), value.to_owned())).collect();
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_key_value_metadata(Some(facts))
        .build()
}

fn unwritten(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("{}: typed values cannot be written: {error}", path.display())).help("check the folder's rights and space")
}

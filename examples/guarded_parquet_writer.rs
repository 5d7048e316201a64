//! A gate in front of a Parquet writer: what passes lands in one file, what does not in another, with columns that say why. The file counts
//! only once the checks on all of it have held.
//!
//! `cargo run --example guarded_parquet_writer`

use std::error::Error;
use std::fs::File;
use std::path::Path;

use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rulegate::compile::{CompileOptions, LoadError, LoadedColumn, LoadedRules, Loader};
use rulegate::gate::{Finished, Gate, GuardedWriter, Outcome, Policy, WriteError};
use rulegate::{BindOptions, RuleSet};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let (clean, aside) = (folder.path().join("clean.parquet"), folder.path().join("aside.parquet"));

    // Some rows fail, all within the bounds of the rule file.
    let finished = written("token_features.parquet", &clean, &aside)?;
    let (landed, set_aside) = (rows(&clean)?, rows(&aside)?);
    println!("{}: {landed} rows have landed, {set_aside} are set aside for a person", finished.outcome);
    assert_eq!(finished.outcome, Outcome::Escalated);
    assert_eq!((landed, set_aside), (finished.totals.passed, finished.totals.quarantined));
    assert_eq!(landed + set_aside, rows(&sample("token_features.parquet"))?, "no row is lost");

    // Too many rows fail: the bounds are past, and what was written is not committed.
    let (clean, aside) = (folder.path().join("clean-2.parquet"), folder.path().join("aside-2.parquet"));
    match written("token_features_bad.parquet", &clean, &aside) {
        Err(error) if matches!(error.downcast_ref(), Some(WriteError::Refused { .. })) => println!("{error}"),
        other => return Err(format!("it must be refused: {other:?}").into()),
    }
    assert!(rows(&clean).is_err(), "a Parquet file without its footer is none");
    Ok(())
}

/// Reads what the shipped rules import.
struct Shipped;

impl Loader for Shipped {
    fn rules(&self, _: &str, path: &str) -> Result<LoadedRules, LoadError> {
        let unreadable = |error: std::io::Error| LoadError::Unreadable { path: path.to_owned(), reason: error.to_string() };
        let text = std::fs::read_to_string(sample("../std").join(path)).map_err(unreadable)?;
        Ok(LoadedRules { name: path.to_owned(), text })
    }

    fn column(&self, _: &str, path: &str, _: Option<&str>) -> Result<LoadedColumn, LoadError> {
        Err(LoadError::Missing(path.to_owned()))
    }
}

/// Writes the rows of a sample through a gate.
fn written(name: &str, clean: &Path, aside: &Path) -> Result<Finished, Box<dyn Error>> {
    let options = CompileOptions { loader: Some(&Shipped), ..CompileOptions::default() };
    let compiled = RuleSet::compile("token_features.rules", &std::fs::read_to_string(sample("../std/token_features.rules"))?, &options);
    let rules = compiled.rule_set.ok_or("the rules do not compile")?;

    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(sample(name))?)?.with_batch_size(1_024).build()?;
    let batches = reader.collect::<Result<Vec<_>, _>>()?;
    let schema = batches.first().ok_or("no rows")?.schema();
    let gate = Gate::new(&rules.bind_with(&schema, &BindOptions::default())?, Policy::Split)?;

    let sink = ArrowWriter::try_new(File::create(clean)?, gate.schema(), None)?;
    let quarantine = ArrowWriter::try_new(File::create(aside)?, gate.quarantine_schema(), None)?;
    let mut writer = GuardedWriter::new(gate, sink).with_quarantine(quarantine);
    for batch in &batches {
        writer.write(batch)?;
    }
    Ok(writer.finish()?)
}

fn rows(path: &Path) -> Result<u64, Box<dyn Error>> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?;
    Ok(u64::try_from(reader.metadata().file_metadata().num_rows())?)
}

fn sample(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/samples").join(name)
}

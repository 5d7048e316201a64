//! What judging costs beside writing: the rows of a Parquet file are written again with zstd level 1, with and without rules in front, and one
//! JSON line says how many seconds each took. One thread, so that wall time is CPU time.
//!
//! `guarded_writer RULES FILE RUNS`

use std::error::Error;
use std::fs::File;
use std::time::Instant;

use arrow::array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use rulegate::{RuleSet, Validator};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(rules), Some(file), Some(runs)) = (args.next(), args.next(), args.next()) else {
        return Err("usage: guarded_writer RULES FILE RUNS".into());
    };
    let compiled = RuleSet::compile(&rules, &std::fs::read_to_string(&rules)?, &rulegate::compile::CompileOptions::default());
    let rules = compiled.rule_set.ok_or("the rules do not compile")?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&file)?)?.with_batch_size(1 << 16).build()?;
    let batches = reader.collect::<Result<Vec<_>, _>>()?;
    let schema = batches.first().ok_or("the file has no rows")?.schema();
    let validator = rules.bind(&schema)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let (mut plain, mut guarded) = (Vec::new(), Vec::new());
    for _ in 0..runs.parse::<usize>()? {
        plain.push(pool.install(|| written(&batches, None)).map_err(|error| error.to_string())?);
        guarded.push(pool.install(|| written(&batches, Some(&validator))).map_err(|error| error.to_string())?);
    }
    println!("{}", serde_json::json!({ "plain_seconds": plain, "guarded_seconds": guarded }));
    Ok(())
}

/// Seconds of writing all batches to nowhere, each judged first if there is someone to judge it.
fn written(batches: &[RecordBatch], validator: Option<&Validator>) -> Result<f64, Box<dyn Error + Send + Sync>> {
    let first = batches.first().ok_or("no batches")?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?)).build();
    let start = Instant::now();
    let mut session = validator.map(Validator::session);
    let mut writer = ArrowWriter::try_new(std::io::sink(), first.schema(), Some(properties))?;
    for batch in batches {
        if let Some(session) = &mut session {
            session.add(batch)?;
        }
        writer.write(batch)?;
    }
    writer.close()?;
    Ok(start.elapsed().as_secs_f64())
}

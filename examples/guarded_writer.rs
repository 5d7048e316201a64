//! What judging costs beside writing: the rows of a Parquet file are written again with zstd level 1, in turns with nothing in front, with
//! every byte read once, and with rules. One JSON line says how many seconds each took, and the median share that the last two add. One
//! thread, so that wall time is CPU time.
//!
//! `guarded_writer RULES FILE RUNS [ROWS]`: of 65 536 rows are batches, unless told otherwise.

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::time::Instant;

use arrow::array::{Array, RecordBatch};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use rulegate::{RuleSet, Validator};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(rules), Some(file), Some(runs)) = (args.next(), args.next(), args.next()) else {
        return Err("usage: guarded_writer RULES FILE RUNS [ROWS]".into());
    };
    let rows = args.next().map_or(Ok(1 << 16), |rows| rows.parse())?;
    let compiled = RuleSet::compile(&rules, &std::fs::read_to_string(&rules)?, &rulegate::compile::CompileOptions::default());
    let rules = compiled.rule_set.ok_or("the rules do not compile")?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&file)?)?.with_batch_size(rows).build()?;
    let batches = reader.collect::<Result<Vec<_>, _>>()?;
    let schema = batches.first().ok_or("the file has no rows")?.schema();
    let validator = rules.bind(&schema)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let firsts = [First::Nothing, First::Reading, First::Judging(&validator)];
    let mut seconds = [const { Vec::new() }; 3];
    for _ in 0..runs.parse::<usize>()? {
        for (seconds, first) in seconds.iter_mut().zip(&firsts) {
            seconds.push(pool.install(|| written(&batches, first)).map_err(|error| error.to_string())?);
        }
    }
    let [plain, read, guarded] = &seconds;
    // Runs of one round stand side by side.
    let adds = |seconds: &[f64]| {
        let mut shares: Vec<f64> = seconds.iter().zip(plain).map(|(with, without)| with / without - 1.0).collect();
        shares.sort_by(f64::total_cmp);
        shares.get(shares.len() / 2).copied()
    };
    println!(
        "{}",
        serde_json::json!({
            "plain_seconds": plain, "read_seconds": read, "guarded_seconds": guarded,
            "reading_adds": adds(read), "judging_adds": adds(guarded),
        })
    );
    Ok(())
}

/// What is done with a batch before it is written.
enum First<'a> {
    Nothing,
    /// Every byte is looked at once: what no judge can do without.
    Reading,
    Judging(&'a Validator),
}

/// Seconds of writing all batches to nowhere.
fn written(batches: &[RecordBatch], first: &First<'_>) -> Result<f64, Box<dyn Error + Send + Sync>> {
    let schema = batches.first().ok_or("no batches")?.schema();
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?)).build();
    let start = Instant::now();
    let mut session = if let First::Judging(validator) = first { Some(validator.session()) } else { None };
    let mut writer = ArrowWriter::try_new(std::io::sink(), schema, Some(properties))?;
    for batch in batches {
        if let First::Reading = first {
            black_box(sum(batch));
        }
        if let Some(session) = &mut session {
            session.add(batch)?;
        }
        writer.write(batch)?;
    }
    writer.close()?;
    Ok(start.elapsed().as_secs_f64())
}

/// Of all words of all buffers.
fn sum(batch: &RecordBatch) -> u64 {
    let words = |bytes: &[u8]| bytes.as_chunks::<8>().0.iter().fold(0_u64, |sum, word| sum.wrapping_add(u64::from_le_bytes(*word)));
    let columns = batch.columns().iter().map(|column| column.to_data());
    columns.map(|data| data.buffers().iter().map(|buffer| words(buffer)).fold(0, u64::wrapping_add)).fold(0, u64::wrapping_add)
}

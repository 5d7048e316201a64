//! Judges a Parquet file from memory, again and again, and prints one JSON line: what `benches/peers` compares with other tools.
//!
//! `in_memory RULES FILE RUNS`: the file is loaded into batches of 1 Mi rows first; only binding and judging are timed.

use std::error::Error;
use std::fs::File;
use std::time::Instant;

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rulegate::RuleSet;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(rules), Some(file), Some(runs)) = (args.next(), args.next(), args.next()) else {
        return Err("usage: in_memory RULES FILE RUNS".into());
    };
    let compiled = RuleSet::compile(&rules, &std::fs::read_to_string(&rules)?, &rulegate::compile::CompileOptions::default());
    for diagnostic in &compiled.diagnostics {
        eprintln!("{}: {}", diagnostic.code.as_str(), diagnostic.message);
    }
    let rules = compiled.rule_set.ok_or("the rules do not compile")?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&file)?)?.with_batch_size(1 << 20).build()?;
    let batches = reader.collect::<Result<Vec<_>, _>>()?;
    let mut seconds = Vec::new();
    let mut report = None;
    for _ in 0..runs.parse::<usize>()? {
        let start = Instant::now();
        let schema = batches.first().ok_or("the file has no rows")?.schema();
        let mut session = rules.bind(&schema)?.session();
        for batch in &batches {
            session.add(batch)?;
        }
        report = Some(session.finish());
        seconds.push(start.elapsed().as_secs_f64());
    }
    let report = report.ok_or("no run was asked for")?;
    let counts: serde_json::Map<_, _> = report
        .rules
        .iter()
        .filter(|rule| rule.kind == rulegate::report::RuleKind::Row)
        .map(|rule| (rule.id.clone(), rule.failed.into()))
        .collect();
    println!(
        "{}",
        serde_json::json!({ "tool": "rulegate", "version": report.rulegate_version, "mode": "memory", "seconds": seconds, "counts": counts })
    );
    Ok(())
}

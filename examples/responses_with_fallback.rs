//! Responses of a language model behind a gate: every row lands as typed values; a response that is not JSON, or breaks its schema, lands
//! as the fallback of the rule file, and both are told apart.
//!
//! `cargo run --example responses_with_fallback`

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::AsArray;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rulegate::RuleSet;
use rulegate::gate::{Gate, GateOptions, Outcome, Policy};

fn main() -> Result<(), Box<dyn Error>> {
    let text = std::fs::read_to_string(shipped("llm/narrative_analysis.rules"))?;
    let rules = RuleSet::compile("narrative_analysis.rules", &text, &Default::default()).rule_set.ok_or("the rules do not compile")?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(shipped("samples/narrative_responses.parquet"))?)?.build()?;
    let batches = reader.collect::<Result<Vec<_>, _>>()?;
    let schema = batches.first().ok_or("no rows")?.schema();
    let gate = Gate::with_options(&rules.bind(&schema)?, Policy::Split, GateOptions { typed: true, ..GateOptions::default() })?;

    let (mut not_json, mut broken_schema) = (0, 0);
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    for batch in &batches {
        let decision = gate.judge(batch)?;
        assert_eq!((decision.outcome, decision.passed.num_rows()), (Outcome::Accepted, batch.num_rows()));
        let passed = |name: &str| decision.passed.column_by_name(name).ok_or(format!("no `{name}`"));
        let (status, reason) = (passed("_gate_status")?.as_string::<i32>(), passed("_gate_reason")?.as_string::<i32>());
        let summaries = passed("response")?.as_struct().column_by_name("narrative_summary").ok_or("no summary")?.as_string_view();
        for row in (0..batch.num_rows()).filter(|row| status.value(*row) == "fallback") {
            assert_eq!(summaries.value(row), "analysis unavailable");
            // A rule's id says that a schema is broken; one word says why a response is no JSON.
            let by_rule = reason.value(row).starts_with("narrative_analysis.");
            *(if by_rule { &mut broken_schema } else { &mut not_json }) += 1_u64;
            *reasons.entry(reason.value(row).to_owned()).or_default() += 1;
        }
        // What the model really said is kept for whoever looks into it.
        assert_eq!(decision.changed()?.num_rows() as u64, decision.counts.fallback);
    }

    let finished = gate.finish();
    println!("{} responses: {not_json} are no JSON, {broken_schema} break the schema", finished.totals.rows);
    reasons.iter().for_each(|(reason, count)| println!("{count:6}  {reason}"));
    assert_eq!(not_json + broken_schema, finished.totals.fallback);
    assert!(not_json > 0 && broken_schema > 0, "the sample has both");
    // Past `max_broken` the whole would be refused: a prompt or a model has come loose then.
    assert_eq!((finished.outcome, finished.refusal), (Outcome::Accepted, None));
    Ok(())
}

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(name)
}

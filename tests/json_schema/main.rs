//! Rules against JSON Schema: the official test suite as far as the language can say it, and random blocks against a validator that
//! shares no code with the engine. What a schema says is told by writers of their own here, not by what the program exports.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod random;
mod suite;

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use rulegate::RuleSet;
use rulegate::compile::CompileOptions;

/// Whether each response passes all rules of the block.
fn pass(block: &str, texts: &[String]) -> Vec<bool> {
    let compiled = RuleSet::compile("t.rules", &format!("rulegate 1\n{block}"), &CompileOptions::default());
    let rules = compiled.rule_set.unwrap_or_else(|| panic!("{block}\n{:#?}", compiled.diagnostics));
    let batch = RecordBatch::try_from_iter([("r", Arc::new(StringArray::from(texts.to_vec())) as ArrayRef)]).unwrap();
    let verdict = rules.bind(&batch.schema()).unwrap().validate(&batch).unwrap();
    verdict.passing().iter().map(Option::unwrap).collect()
}

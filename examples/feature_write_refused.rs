//! A write to a feature store that is refused as a whole, with an error that lists every violation: feature, kind of check, value, bound.
//!
//! `cargo run --example feature_write_refused`

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Float64Array, RecordBatch, StringArray};
use arrow::datatypes::DataType;
use rulegate::gate::{Gate, Policy, Refusal, RowGate};
use rulegate::{BindOptions, HostFunctions, RowValue, RuleSet, Validator};

const RULES: &str = r#"
rulegate 1
extern function is_tradable(symbol: string): bool

features token_features {
  symbol          : string   matches /[A-Z0-9]{1,12}/
  gem_score       : float64  between 0 and 100
  confidence      : float64  between 0 and 1
  liquidity_usd   : float64  >= 0
  sentiment_score : float64? between -1 and 1
  risk_level      : enum("LOW", "MEDIUM", "HIGH", "CRITICAL")
  flagged         : bool

  rule tradable: is_tradable(symbol)
}"#;

/// The error of the service whose writes are guarded.
#[derive(Debug)]
struct FeatureValidationError {
    feature: String,
    validation_type: String,
    value: Option<serde_json::Value>,
    bound: String,
    rows: u64,
}

impl From<&rulegate::gate::Violation> for FeatureValidationError {
    fn from(violation: &rulegate::gate::Violation) -> Self {
        Self {
            feature: violation.field.clone().unwrap_or_else(|| violation.rule.clone()),
            validation_type: violation.check.clone(),
            value: violation.value.clone(),
            bound: violation.expects.clone(),
            rows: violation.failed,
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let bad = features(&["ETH", "doge!", "TEST"], &[Some(91.0), Some(104.2), None], &["LOW", "HIGH", "EXTREME"])?;
    let good = features(&["ETH", "SOL", "BTC"], &[Some(91.0), Some(4.2), Some(0.0)], &["LOW", "HIGH", "MEDIUM"])?;
    let validator = validator(&good)?;
    let gate = Gate::new(&validator, Policy::Reject)?;

    assert_eq!(gate.judge_as("write 1", &good)?.into_passed()?, good);
    let refusal = gate.judge_as("write 2", &bad)?.refusal().ok_or("it must be refused")?;
    println!("{refusal}");
    check(&refusal)?;

    // The same for one row at a time.
    let row = [RowValue::Str("ETH"), RowValue::Float(104.2), RowValue::Float(0.5), RowValue::Float(1.0)];
    let rest = [RowValue::Null, RowValue::Str("LOW"), RowValue::Bool(false)];
    let single = RowGate::new(&validator)?.validate_row(&[row.as_slice(), rest.as_slice()].concat())?;
    let refusal = single.err().ok_or("it must be refused")?;
    assert_eq!(refusal.violations.iter().map(|violation| violation.rule.as_str()).collect::<Vec<_>>(), ["token_features.gem_score.range"]);
    Ok(())
}

fn check(refusal: &Refusal) -> Result<(), Box<dyn Error>> {
    let errors: Vec<FeatureValidationError> = refusal.violations.iter().map(FeatureValidationError::from).collect();
    let mut counter: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for error in &errors {
        *counter.entry((&error.feature, &error.validation_type)).or_default() += error.rows;
    }
    for ((feature, kind), count) in &counter {
        println!("feature_validation_failures_total{{feature_name=\"{feature}\", validation_type=\"{kind}\"}} {count}");
    }
    let expected = [
        (("gem_score", "range"), 1),
        (("gem_score", "required"), 1),
        (("risk_level", "enum"), 1),
        (("symbol", "regex"), 1),
        (("token_features.tradable", "rule"), 1),
    ];
    assert_eq!(counter.into_iter().collect::<Vec<_>>(), expected);
    let range = errors.iter().find(|error| error.validation_type == "range").ok_or("104.2 is out of range")?;
    assert_eq!((range.value.clone(), range.bound.as_str()), (Some(104.2.into()), "gem_score is between 0 and 100, both included"));
    Ok(())
}

fn validator(batch: &RecordBatch) -> Result<Validator, Box<dyn Error>> {
    let rules = RuleSet::compile("token_features.rules", RULES, &Default::default()).rule_set.ok_or("the rules do not compile")?;
    let mut functions = HostFunctions::default();
    functions.register("is_tradable", [DataType::Utf8], DataType::Boolean, |columns| {
        let symbols = columns.first().ok_or("one column")?.as_string::<i32>();
        Ok(Arc::new(symbols.iter().map(|symbol| symbol.map(|symbol| symbol != "TEST")).collect::<BooleanArray>()))
    });
    Ok(rules.bind_with(&batch.schema(), &BindOptions { functions, ..BindOptions::default() })?)
}

fn features(symbols: &[&str], scores: &[Option<f64>], risks: &[&str]) -> Result<RecordBatch, Box<dyn Error>> {
    let rows = symbols.len();
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("symbol", Arc::new(StringArray::from(symbols.to_vec())), true),
        ("gem_score", Arc::new(Float64Array::from(scores.to_vec())), true),
        ("confidence", Arc::new(Float64Array::from(vec![0.9; rows])), true),
        ("liquidity_usd", Arc::new(Float64Array::from(vec![12_000.0; rows])), true),
        ("sentiment_score", Arc::new(Float64Array::new_null(rows)), true),
        ("risk_level", Arc::new(StringArray::from(risks.to_vec())), true),
        ("flagged", Arc::new(BooleanArray::from(vec![false; rows])), true),
    ];
    Ok(RecordBatch::try_from_iter_with_nullable(columns)?)
}

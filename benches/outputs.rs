//! Responses of language models: `outputs/<text>/<rules>/rows=<rows>`, in bytes of text judged by one thread.
//!
//! The block has eight fields and the rules of the shipped narrative pack; detectors come on top of them. `serde_json_value` parses the
//! same texts into its own values, and judges nothing; `serde_json_and_jsonschema`, the peer of `all_but_detectors`, validates those by a
//! compiled schema of the same shape.

use std::hint::black_box;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rulegate::{CompileOptions, RuleSet, Validator};
use serde_json::{Value, json};

#[allow(dead_code, reason = "the example's own main is not called here")]
#[path = "../examples/generate_responses.rs"]
mod generate_responses;

use generate_responses::{Response, Rng};

const ROWS: usize = 8_192;

/// Whole responses with a symbol and a horizon beside the six fields of the pack.
fn texts(escaped: bool) -> Vec<String> {
    let mut rng = Rng(11);
    (0..ROWS)
        .map(|_| {
            let json = Response::draw(&mut rng).json();
            let json = json.replacen('{', "{\"symbol\": \"SOL\", \"horizon\": \"7d\", ", 1);
            // An escape in each sentence.
            if escaped { json.replace(". ", ".\\n") } else { json }
        })
        .collect()
}

fn validator(texts: &[String], detectors: &str) -> (Validator, RecordBatch, u64) {
    let text = format!(
        r#"rulegate 1
output narrative from response @closed {{
  symbol            : string matches /[A-Z]{{2,6}}/
  horizon           : enum("1d", "7d", "30d")
  sentiment         : enum("bullish", "bearish", "neutral")
  sentiment_score   : float between -1 and 1
  momentum          : float between -1 and 1
  key_themes        : list<string> @normalize(trim, drop_blank) length between 1 and 10, each length <= 80
  narrative_summary : string length between 10 and 500{detectors}
  confidence        : float between 0 and 1
  rule signs_agree {{ when sentiment = "bullish" expect sentiment_score > 0 }}
}}"#
    );
    let rules = RuleSet::compile("narrative.rules", &text, &CompileOptions::default()).rule_set.expect("sound rules");
    let column = Arc::new(StringArray::from_iter_values(texts)) as ArrayRef;
    let batch = RecordBatch::try_from_iter([("response", column)]).expect("one column");
    let bytes = texts.iter().map(|text| text.len() as u64).sum();
    (rules.bind(&batch.schema()).expect("binds"), batch, bytes)
}

/// What the block says, as far as a schema can: all but normalised texts and keys that stand twice.
fn schema() -> jsonschema::Validator {
    let unit = |low: i8| json!({"type": "number", "minimum": low, "maximum": 1});
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "required": ["symbol", "horizon", "sentiment", "sentiment_score", "momentum", "key_themes", "narrative_summary", "confidence"],
        "properties": {
            "symbol": {"type": "string", "pattern": "^[A-Z]{2,6}$"},
            "horizon": {"enum": ["1d", "7d", "30d"]},
            "sentiment": {"enum": ["bullish", "bearish", "neutral"]},
            "sentiment_score": unit(-1),
            "momentum": unit(-1),
            "key_themes": {"type": "array", "minItems": 1, "maxItems": 10, "items": {"type": "string", "maxLength": 80}},
            "narrative_summary": {"type": "string", "minLength": 10, "maxLength": 500},
            "confidence": unit(0),
        },
        "if": {"properties": {"sentiment": {"const": "bullish"}}},
        "then": {"properties": {"sentiment_score": {"exclusiveMinimum": 0}}},
    });
    jsonschema::validator_for(&schema).expect("a sound schema")
}

fn is_valid(schema: &jsonschema::Validator, text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|value| schema.is_valid(&value))
}

fn bench(c: &mut Criterion) {
    let schema = schema();

    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    for (name, escaped) in [("plain", false), ("escaped", true)] {
        let texts = texts(escaped);
        let mut group = c.benchmark_group(format!("outputs/{name}"));
        let rules = [
            ("all_but_detectors", ""),
            ("with_secrets", ", no_secrets"),
            ("with_secrets_pii_injection", ", no_secrets, no_pii, no_prompt_injection"),
        ];
        for (rules, detectors) in rules {
            let (validator, batch, bytes) = validator(&texts, detectors);
            group.throughput(Throughput::Bytes(bytes));
            group.bench_function(format!("{rules}/rows={ROWS}"), |b| {
                b.iter(|| {
                    pool.install(|| {
                        let mut session = validator.session();
                        session.add(&batch).expect("of the bound schema");
                        black_box(session.finish().rows_failed)
                    })
                });
            });
        }
        // Both sides judge alike, or the comparison means nothing.
        let (validator, batch, bytes) = validator(&texts, "");
        let failed = validator.validate(&batch).expect("of the bound schema").rows_failed();
        assert_eq!(failed, texts.iter().filter(|text| !is_valid(&schema, text)).count());
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function(format!("serde_json_and_jsonschema/rows={ROWS}"), |b| {
            b.iter(|| texts.iter().filter(|text| is_valid(&schema, text)).count());
        });
        group.bench_function(format!("serde_json_value/rows={ROWS}"), |b| {
            b.iter(|| texts.iter().map(|text| serde_json::from_str::<Value>(text).is_ok()).filter(|sound| *sound).count());
        });
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);

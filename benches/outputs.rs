//! Responses of language models: `outputs/<text>/<rules>/rows=<rows>`, in bytes of text judged by one thread.
//!
//! The block has eight fields and the rules of the shipped narrative pack; detectors come on top of them. `serde_json_value` parses the
//! same texts into its own values, and judges nothing; `serde_json_and_jsonschema`, the peer of `all_but_detectors`, validates those by a
//! compiled schema of the same shape. Behind the single benchmarks all of them take turns: the ratios are those to go by.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use criterion::{Criterion, Throughput, criterion_group};
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

fn validator(texts: &[String], detectors: &str) -> (Validator, RecordBatch) {
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
    (rules.bind(&batch.schema()).expect("binds"), batch)
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

/// A name, and what one round of it does: the number of responses that fail.
type Contestant = (&'static str, Box<dyn Fn() -> usize>);

/// All of them over the same texts; the rules alone come first.
fn contestants(texts: &[String]) -> Vec<Contestant> {
    let rules = [
        ("all_but_detectors", ""),
        ("with_secrets", ", no_secrets"),
        ("with_secrets_pii_injection", ", no_secrets, no_pii, no_prompt_injection"),
    ];
    let mut all: Vec<Contestant> = Vec::new();
    for (name, detectors) in rules {
        let (validator, batch) = validator(texts, detectors);
        all.push((
            name,
            Box::new(move || {
                let mut session = validator.session();
                session.add(&batch).expect("of the bound schema");
                usize::try_from(session.finish().rows_failed).expect("a count of rows")
            }),
        ));
    }
    let (schema, texts) = (schema(), texts.to_vec());
    let parsed = texts.clone();
    all.push(("serde_json_and_jsonschema", Box::new(move || texts.iter().filter(|text| !is_valid(&schema, text)).count())));
    all.push(("serde_json_value", Box::new(move || parsed.iter().filter(|text| serde_json::from_str::<Value>(text).is_err()).count())));
    all
}

const TEXTS: [(&str, bool); 2] = [("plain", false), ("escaped", true)];

fn bench(c: &mut Criterion) {
    for (name, escaped) in TEXTS {
        let texts = texts(escaped);
        let mut group = c.benchmark_group(format!("outputs/{name}"));
        group.throughput(Throughput::Bytes(texts.iter().map(|text| text.len() as u64).sum()));
        for (contestant, round) in contestants(&texts) {
            group.bench_function(format!("{contestant}/rows={ROWS}"), |b| b.iter(|| black_box(round())));
        }
        group.finish();
    }
}

/// Every contestant once in each round and in any order, so that all of them meet the machine in the same moods.
#[allow(clippy::indexing_slicing, reason = "one list of times for each contestant")]
fn turns(_: &mut Criterion) {
    const ROUNDS: usize = 201;
    let mut rng = Rng(5);
    for (name, escaped) in TEXTS {
        let texts = texts(escaped);
        let bytes: usize = texts.iter().map(String::len).sum();
        let all = contestants(&texts);
        // Both sides judge alike, or the comparison means nothing.
        let failed: Vec<usize> = all.iter().map(|(_, round)| round()).collect();
        assert_eq!(failed[0], failed[3]);
        let mut times: Vec<Vec<f64>> = vec![Vec::new(); all.len()];
        let mut order: Vec<usize> = (0..all.len()).collect();
        for _ in 0..ROUNDS {
            // What ran just before leaves its mark on caches and the allocator.
            order.sort_by_cached_key(|_| rng.below(1 << 30));
            for contestant in &order {
                let start = Instant::now();
                black_box((all[*contestant].1)());
                times[*contestant].push(start.elapsed().as_secs_f64());
            }
        }
        let rules = times[0].clone();
        for ((contestant, _), times) in all.iter().zip(times) {
            let ratio = median(times.iter().zip(&rules).map(|(time, rules)| time / rules).collect());
            let speed = bytes as f64 / median(times) / 1e9;
            println!("{name:8} {contestant:28} {speed:5.2} GB/s   {ratio:.2} x the time of the rules alone");
        }
    }
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

fn main() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    pool.install(|| {
        benches();
        Criterion::default().configure_from_args().final_summary();
    });
}

criterion_group!(benches, bench, turns);

//! Rows one at a time: `one_row/<way>/<rows>`, over the 21 row rules of `benches/peers/table.rules`.

use std::hint::black_box;

use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use criterion::{Criterion, criterion_group, criterion_main};
use rulegate::{CompileOptions, RowValidator, RowValue, RuleSet};
use serde_json::{Map, Value, json};

fn schema() -> Schema {
    let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let fields = [
        ("token_id", DataType::Int64),
        ("symbol", DataType::Utf8),
        ("chain", DataType::Utf8),
        ("contract_address", DataType::Utf8),
        ("gem_score", DataType::Float64),
        ("confidence", DataType::Float64),
        ("liquidity_usd", DataType::Float64),
        ("volume_24h", DataType::Float64),
        ("sentiment_score", DataType::Float64),
        ("momentum", DataType::Float64),
        ("risk_level", DataType::Utf8),
        ("flagged", DataType::Boolean),
        ("holders", DataType::Int32),
        ("created_at", instant.clone()),
        ("updated_at", instant),
        ("narrative", DataType::Utf8),
        ("wallet_email", DataType::Utf8),
    ];
    Schema::new(fields.map(|(name, data)| Field::new(name, data, true)).to_vec())
}

fn rows() -> RowValidator {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/table.rules");
    let text = std::fs::read_to_string(path).expect("ships with the repository");
    let rules = RuleSet::compile(path, &text, &CompileOptions::default()).rule_set.expect("sound rules");
    rules.bind(&schema()).expect("binds").row_validator()
}

/// A row that passes every rule, both `when` rules among them.
fn passing() -> [RowValue<'static>; 17] {
    [
        RowValue::Int(4_711),
        RowValue::Str("PEPE"),
        RowValue::Str("ethereum"),
        RowValue::Str("0x6982508145454ce325ddbe47a25d4ec3d2311933"),
        RowValue::Float(91.5),
        RowValue::Float(0.82),
        RowValue::Float(1_250_000.0),
        RowValue::Float(310_000.0),
        RowValue::Float(0.4),
        RowValue::Float(-0.2),
        RowValue::Str("CRITICAL"),
        RowValue::Bool(true),
        RowValue::Int(12_000),
        RowValue::Timestamp(1_764_000_000_000_000, TimeUnit::Microsecond),
        RowValue::Timestamp(1_764_052_800_000_000, TimeUnit::Microsecond),
        RowValue::Str("A steady climb on rising volume, no news behind it."),
        RowValue::Str("jane.doe42@example.com"),
    ]
}

/// A row that fails nine rules.
fn failing() -> [RowValue<'static>; 17] {
    let mut row = passing();
    row[0] = RowValue::Int(0);
    row[1] = RowValue::Str("SCAM");
    row[3] = RowValue::Str("0x6982508145454CE325ddbe47a25d4ec3d2311933");
    row[4] = RowValue::Float(f64::NAN);
    row[9] = RowValue::Float(f64::INFINITY);
    row[11] = RowValue::Bool(false);
    row[12] = RowValue::Int(-1);
    row[15] = RowValue::Str("short");
    row[16] = RowValue::Str("jane.doe42@example");
    row
}

fn object() -> Map<String, Value> {
    let row = json!({
        "token_id": 4_711,
        "symbol": "PEPE",
        "chain": "ethereum",
        "contract_address": "0x6982508145454ce325ddbe47a25d4ec3d2311933",
        "gem_score": 91.5,
        "confidence": 0.82,
        "liquidity_usd": 1_250_000.0,
        "volume_24h": 310_000.0,
        "sentiment_score": 0.4,
        "momentum": -0.2,
        "risk_level": "CRITICAL",
        "flagged": true,
        "holders": 12_000,
        "created_at": "2025-11-24T16:00:00Z",
        "updated_at": "2025-11-25T06:40:00Z",
        "narrative": "A steady climb on rising volume, no news behind it.",
        "wallet_email": "jane.doe42@example.com",
    });
    row.as_object().cloned().expect("an object")
}

fn one_row(criterion: &mut Criterion) {
    let rows = rows();
    let (good, bad, object) = (passing(), failing(), object());
    assert!(rows.judge(&good).expect("fits").outcomes().all(|(_, outcome)| outcome == rulegate::RowOutcome::Passed));
    assert_eq!(rows.judge(&bad).expect("fits").failed().count(), 9);
    assert!(rows.judge_map(&object).expect("known keys").passes());
    let mut group = criterion.benchmark_group("one_row");
    group.bench_function("typed/passing", |bencher| bencher.iter(|| rows.judge(black_box(&good)).map(|verdict| verdict.passes())));
    group.bench_function("typed/failing", |bencher| bencher.iter(|| rows.judge(black_box(&bad)).map(|verdict| verdict.failed().count())));
    group.bench_function("typed/failing_in_detail", |bencher| {
        bencher.iter(|| rows.judge(black_box(&bad)).map(|verdict| verdict.failures()))
    });
    group.bench_function("json/passing", |bencher| bencher.iter(|| rows.judge_map(black_box(&object)).map(|verdict| verdict.passes())));
    group.finish();
}

criterion_group!(benches, one_row);
criterion_main!(benches);

//! How long a batch takes through a gate: p50, p95 and p99 by policy, over the 21 row rules of `benches/peers/table.rules`.
//!
//! ```text
//! RAYON_NUM_THREADS=1 cargo bench --bench gate
//! ```
//!
//! `GATE_ROUNDS` is how many batches of 10 000 rows are timed for each line (default 1 000; five times as many of 1 000 rows). What is timed
//! is `Gate::judge`: judging, deciding, and cutting the batch into what passes and what is set aside.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use rulegate::gate::{Gate, Policy};
use rulegate::{CompileOptions, RuleSet};

/// Of so many rows one fails rules, where some do.
const ONE_OF: usize = 100;

/// Token features; each `ONE_OF`-th row fails four rules if `dirty`.
fn batch(rows: usize, dirty: bool) -> RecordBatch {
    let is_bad = |row: usize| dirty && row % ONE_OF == 7;
    let pick = |row: usize, of: &[&'static str]| of.get(row % of.len()).copied().unwrap_or_default();
    let texts = |of: &dyn Fn(usize) -> String| Arc::new(StringArray::from_iter_values((0..rows).map(of))) as ArrayRef;
    let floats = |of: &dyn Fn(usize) -> f64| Arc::new(Float64Array::from_iter_values((0..rows).map(of))) as ArrayRef;
    let share = |row: usize| f64::from(u16::try_from(row % 1_000).unwrap_or(0)) / 1_000.0;
    let times = |later: i64| {
        let of = (0_i64..).take(rows).map(|row| 1_764_000_000_000_000 + row * 60_000_000 + later);
        Arc::new(TimestampMicrosecondArray::from_iter_values(of).with_timezone("UTC")) as ArrayRef
    };
    let columns: [(&str, ArrayRef); 17] = [
        ("token_id", Arc::new(Int64Array::from_iter_values((1_i64..).take(rows)))),
        ("symbol", texts(&|row| pick(row, &["BTC", "ETH", "SOL", "PEPE", "WIF", "BONK"]).to_owned())),
        ("chain", texts(&|row| if is_bad(row) { "tron".to_owned() } else { pick(row, &["ethereum", "solana", "base"]).to_owned() })),
        ("contract_address", texts(&|row| format!("0x{:040x}", row.wrapping_mul(2_654_435_761)))),
        ("gem_score", floats(&|row| if is_bad(row) { 104.2 } else { share(row) * 80.0 })),
        ("confidence", floats(&share)),
        ("liquidity_usd", floats(&|row| 1_000.0 + share(row) * 1_000_000.0)),
        ("volume_24h", floats(&|row| share(row) * 4_000.0)),
        ("sentiment_score", floats(&|row| share(row) - 0.5)),
        ("momentum", floats(&|row| if is_bad(row) { f64::INFINITY } else { share(row) * 3.0 })),
        ("risk_level", texts(&|row| pick(row, &["LOW", "MEDIUM", "HIGH", "CRITICAL"]).to_owned())),
        ("flagged", Arc::new((0..rows).map(|_| Some(true)).collect::<BooleanArray>())),
        ("holders", Arc::new(Int32Array::from_iter_values((0..rows).map(|row| if is_bad(row) { -1 } else { 12_000 })))),
        ("created_at", times(0)),
        ("updated_at", times(3_600_000_000)),
        ("narrative", texts(&|row| format!("A steady climb on rising volume, no news behind it: {}.", row % 1_000))),
        ("wallet_email", texts(&|row| format!("jane.doe{}@example.com", row % 10_000))),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

fn rounds() -> usize {
    std::env::var("GATE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000)
}

fn timed(gate: &Gate, batch: &RecordBatch, rounds: usize) -> Vec<Duration> {
    let judge = || {
        let begun = Instant::now();
        black_box(gate.judge(black_box(batch)).expect("of the bound schema"));
        begun.elapsed()
    };
    // Warm: patterns and buffers are there.
    (0..rounds.div_ceil(20)).for_each(|_| {
        judge();
    });
    let mut times: Vec<Duration> = (0..rounds).map(|_| judge()).collect();
    times.sort_unstable();
    times
}

/// The least time that this share of the batches did not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let at = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(at).copied().unwrap_or_default()
}

fn main() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/table.rules");
    let text = std::fs::read_to_string(path).expect("ships with the repository");
    let rules = RuleSet::compile(path, &text, &CompileOptions::default()).rule_set.expect("sound rules");
    println!("| rows | failing rows | policy | p50 µs | p95 µs | p99 µs | p50 ns a row |");
    println!("| ---: | ---: | --- | ---: | ---: | ---: | ---: |");
    for (rows, rounds) in [(1_000, 5 * rounds()), (10_000, rounds())] {
        for (dirty, share) in [(false, "none"), (true, "1 %")] {
            let batch = batch(rows, dirty);
            let validator = rules.bind(&batch.schema()).expect("binds");
            for policy in [Policy::Reject, Policy::Split, Policy::Flag, Policy::Observe] {
                let gate = Gate::new(&validator, policy).expect("a gate");
                let decision = gate.judge(&batch).expect("of the bound schema");
                let failing = if dirty { rows.div_ceil(ONE_OF) as u64 } else { 0 };
                assert_eq!(decision.counts.failing, failing, "rows fail as they were made to");
                let times = timed(&gate, &batch, rounds);
                let [p50, p95, p99] = [50, 95, 99].map(|percent| percentile(&times, percent));
                let micros = |time: Duration| time.as_secs_f64() * 1e6;
                let a_row = p50.as_nanos() / rows as u128;
                println!("| {rows} | {share} | {policy} | {:.0} | {:.0} | {:.0} | {a_row} |", micros(p50), micros(p95), micros(p99));
            }
        }
    }
}

//! Judges one column of one kind again and again: what `benches/instructions.sh` counts the instructions of.
//!
//! `kernels_once KERNEL TIMES`; without arguments the names of the kernels.

use std::error::Error;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, StringViewArray};
use rulegate::RuleSet;

#[expect(dead_code, reason = "the example's own main is not called here")]
#[path = "generate_responses.rs"]
mod generate_responses;

use generate_responses::{Response, Rng};

const ROWS: usize = 8_192;

/// A number for each row that repeats on every machine.
fn mixed(row: usize) -> usize {
    (row + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

fn texts(mut text: impl FnMut(usize) -> String) -> ArrayRef {
    Arc::new((0..ROWS).map(|row| Some(text(row))).collect::<StringArray>())
}

/// The same as views, which is how texts come out of Parquet.
fn views(text: impl FnMut(usize) -> String) -> ArrayRef {
    Arc::new((0..ROWS).map(text).map(Some).collect::<StringViewArray>())
}

fn column(kernel: &str) -> Option<(&'static str, ArrayRef)> {
    let float = |row: usize| if mixed(row) % 1_000 == 0 { 200.0 } else { f64::from(u8::try_from(mixed(row) % 100).unwrap_or(0)) };
    let chain = |row: usize| ["ethereum", "solana", "base"].get(mixed(row) % 3).copied().unwrap_or("base").to_owned();
    let address = |row: usize| format!("0x{:040x}", mixed(row));
    let sentence = |row: usize| "words of a sentence, and é now and then ".chars().cycle().take(10 + mixed(row) % 60).collect::<String>();
    Some(match kernel {
        "range_float64" => ("float64? between 0 and 100", Arc::new((0..ROWS).map(float).collect::<Float64Array>()) as ArrayRef),
        "range_float64_nulls" => {
            let some: Float64Array = (0..ROWS).map(|row| (row % 10 > 0).then(|| float(row))).collect();
            ("float64? between 0 and 100", Arc::new(some))
        }
        "range_int64" => {
            let ints: Int64Array = (0..ROWS).map(|row| i64::try_from(mixed(row) % 1_000).ok()).collect();
            ("int64? >= 1", Arc::new(ints))
        }
        "set_utf8" => ("string? in (\"ethereum\", \"solana\", \"base\")", texts(chain)),
        "set_utf8view" => ("string? in (\"ethereum\", \"solana\", \"base\")", views(chain)),
        "fixed_pattern" => ("string? matches /0x[0-9a-f]{40}/", texts(address)),
        "fixed_pattern_utf8view" => ("string? matches /0x[0-9a-f]{40}/", views(address)),
        "automaton" => {
            ("string? matches /[a-z0-9._]+@[a-z0-9-]+\\.[a-z]{2,6}/", texts(|row| format!("someone{}@example.org", mixed(row) % 1_000)))
        }
        "length" => ("string? length between 10 and 80", texts(sentence)),
        "length_utf8view" => ("string? length between 10 and 80", views(sentence)),
        "arithmetic" => {
            let ints: Int64Array = (0..ROWS).map(|row| i64::try_from(mixed(row) % 1_000).ok()).collect();
            ("int64?\n  rule r: x * 3 + 1 <= x * x + 5", Arc::new(ints))
        }
        _ => return None,
    })
}

/// The block of `benches/outputs.rs`, its summary with a detector or without.
fn responses(detector: &str) -> (String, ArrayRef) {
    let block = format!(
        r#"output t from x @closed {{
  sentiment         : enum("bullish", "bearish", "neutral")
  sentiment_score   : float between -1 and 1
  momentum          : float between -1 and 1
  key_themes        : list<string> @normalize(trim, drop_blank) length between 1 and 10, each length <= 80
  narrative_summary : string length between 10 and 500{detector}
  confidence        : float between 0 and 1
  rule signs_agree {{ when sentiment = "bullish" expect sentiment_score > 0 }}
}}"#
    );
    let mut rng = Rng(11);
    (block, texts(|_| Response::draw(&mut rng).json()))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(kernel), Some(times)) = (args.next(), args.next()) else {
        println!(
            "range_float64 range_float64_nulls range_int64 set_utf8 set_utf8view fixed_pattern fixed_pattern_utf8view automaton \
             length length_utf8view arithmetic responses responses_secrets"
        );
        return Ok(());
    };
    let (block, column) = match kernel.as_str() {
        "responses" => responses(""),
        "responses_secrets" => responses(", no_secrets"),
        _ => {
            let (field, column) = column(&kernel).ok_or("no such kernel")?;
            (format!("features t {{\n  x : {field}\n}}"), column)
        }
    };
    let text = format!("rulegate 1\n{block}\n");
    let rules =
        RuleSet::compile("t.rules", &text, &rulegate::compile::CompileOptions::default()).rule_set.ok_or("the rules do not compile")?;
    let batch = RecordBatch::try_from_iter([("x", column)])?;
    let validator = rules.bind(&batch.schema())?;
    let mut failed = 0;
    for _ in 0..times.parse::<usize>()? {
        failed += validator.validate(&batch)?.rows_failed();
    }
    println!("{failed} rows failed");
    Ok(())
}

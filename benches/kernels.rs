//! Kernels over one column, named by shape: `kernels/<test>/<layout>/rows=…/nulls=…/bad=…`.

use std::hint::black_box;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, StringViewArray};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rulegate::RuleSet;

const ROWS: usize = 65_536;

/// A number for each row that repeats on every machine.
fn mixed(row: usize) -> u64 {
    (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

fn validate(criterion: &mut Criterion, name: &str, field: &str, column: ArrayRef) {
    let text = format!("rulegate 1\nfeatures t {{ x : {field} }}");
    let rules = RuleSet::compile("bench.rules", &text, &rulegate::CompileOptions::default()).rule_set.expect("sound rules");
    let batch = RecordBatch::try_from_iter([("x", column)]).expect("one column");
    let validator = rules.bind(&batch.schema()).expect("binds");
    let mut group = criterion.benchmark_group("kernels");
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function(name, |bencher| bencher.iter(|| validator.validate(black_box(&batch))));
    group.finish();
}

fn kernels(criterion: &mut Criterion) {
    let float = |row: usize| if mixed(row) % 1_000 == 0 { 200.0 } else { (mixed(row) % 100) as f64 };
    let floats: ArrayRef = Arc::new((0..ROWS).map(float).collect::<Float64Array>());
    validate(criterion, "range/float64/rows=65536/nulls=0%/bad=0.1%", "float64? between 0 and 100", floats);
    let some: ArrayRef = Arc::new((0..ROWS).map(|row| (row % 10 > 0).then(|| float(row))).collect::<Float64Array>());
    validate(criterion, "range/float64/rows=65536/nulls=10%/bad=0.1%", "float64? between 0 and 100", some);
    let ints: ArrayRef = Arc::new((0..ROWS).map(|row| (mixed(row) % 1_000) as i64).collect::<Int64Array>());
    validate(criterion, "range/int64/rows=65536/nulls=0%/bad=0.1%", "int64? >= 1", ints);
    let names = ["ethereum", "solana", "base", "elsewhere"];
    let name = |row: usize| if mixed(row) % 1_000 == 0 { names[3] } else { names[(mixed(row) % 3) as usize] };
    let plain: ArrayRef = Arc::new((0..ROWS).map(|row| Some(name(row))).collect::<StringArray>());
    let views: ArrayRef = Arc::new((0..ROWS).map(|row| Some(name(row))).collect::<StringViewArray>());
    let set = "string? in (\"ethereum\", \"solana\", \"base\")";
    validate(criterion, "set/utf8/rows=65536/nulls=0%/bad=0.1%", set, Arc::clone(&plain));
    validate(criterion, "set/utf8view/rows=65536/nulls=0%/bad=0.1%", set, views);
    validate(criterion, "length/utf8/rows=65536/nulls=0%/bad=0%", "string? length between 1 and 12", plain);
    let address = |row: usize| format!("0x{:040x}", u128::from(mixed(row)) << 60);
    let addresses: ArrayRef = Arc::new((0..ROWS).map(|row| Some(address(row))).collect::<StringArray>());
    validate(criterion, "fixed_pattern/utf8/rows=65536/nulls=0%/bad=0%", "string? matches /0x[0-9a-f]{40}/", Arc::clone(&addresses));
    validate(criterion, "regex/utf8/rows=65536/nulls=0%/bad=0%", "string? matches /0x[0-9a-f]+/", addresses);
}

criterion_group!(benches, kernels);
criterion_main!(benches);

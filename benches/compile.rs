//! Text to rules: `compile/rules=…`.

use std::fmt::Write;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use rulegate::RuleSet;

fn file(fields: usize) -> String {
    let mut text = String::from("rulegate 1\nfeatures t {\n");
    for field in 0..fields {
        let _ = writeln!(text, "  c{field} : float64? between 0 and {} when c{} > 0", field + 1, field / 2);
    }
    text + "}\n"
}

fn compile(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compile");
    group.sample_size(10);
    // Each field gives two rules: its type and its range.
    for rules in [100, 1_000, 10_000] {
        let text = file(rules / 2);
        group.bench_function(format!("rules={rules}"), |bencher| {
            bencher.iter(|| RuleSet::compile("bench.rules", black_box(&text), &rulegate::CompileOptions::default()))
        });
    }
    group.finish();
}

criterion_group!(benches, compile);
criterion_main!(benches);

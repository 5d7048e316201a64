//! A Parquet file and the same rows in memory, to a report: `end_to_end/<way>/<pack>`.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rulegate::scan::{FolderLoader, Format, Quiet, Run, ScanOptions, Source};
use rulegate::{BindOptions, CompileOptions, RuleSet};

fn rules() -> RuleSet {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/std/token_features.rules");
    let loader = FolderLoader::for_entry(Path::new(path));
    let text = std::fs::read_to_string(path).expect("ships with the repository");
    let options = CompileOptions { loader: Some(&loader), ..CompileOptions::default() };
    RuleSet::compile(path, &text, &options).rule_set.expect("sound rules")
}

fn end_to_end(criterion: &mut Criterion) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/samples/token_features.parquet");
    let rules = rules();
    let source = Source { path: path.into(), name: "sample".into(), format: Format::Parquet, partitions: Vec::new() };
    let file = std::fs::File::open(path).expect("ships with the repository");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("a sound file").build().expect("readable");
    let batches: Vec<_> = reader.collect::<Result<_, _>>().expect("readable");
    let rows: usize = batches.iter().map(|batch| batch.num_rows()).sum();
    let mut group = criterion.benchmark_group("end_to_end");
    group.throughput(Throughput::Elements(rows as u64));
    group.bench_function("parquet/token_features", |bencher| {
        bencher.iter(|| {
            let mut run = Run::new(rules.clone(), BindOptions::default(), ScanOptions::default());
            run.add(black_box(&source), &Quiet).expect("readable");
            run.finish(false)
        })
    });
    group.bench_function("memory/token_features", |bencher| {
        let validator = rules.bind(&batches[0].schema()).expect("binds");
        bencher.iter(|| {
            let mut session = validator.session();
            batches.iter().for_each(|batch| session.add(black_box(batch)).expect("of the bound schema"));
            session.finish()
        })
    });
    let one = batches[0].slice(0, 1);
    let validator = rules.bind(&one.schema()).expect("binds");
    group.throughput(Throughput::Elements(1));
    group.bench_function("one_row/token_features", |bencher| bencher.iter(|| validator.validate(black_box(&one))));
    group.finish();
}

criterion_group!(benches, end_to_end);
criterion_main!(benches);

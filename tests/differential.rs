//! The engine against the row-by-row oracle, and against itself on every way through: random rules over random data.
//!
//! `RULEGATE_CASES` sets how many cases are drawn; the default is what continuous integration runs.
#![allow(unreachable_pub, reason = "generator and oracle are shared with other programs")]

#[path = "support/generate/mod.rs"]
mod generate;
#[path = "support/oracle/mod.rs"]
mod oracle;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arrow::array::RecordBatch;
use generate::{Case, LAYOUTS};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use rulegate::report::Report;
use rulegate::{BindOptions, RuleSet};

/// Cases of one run; both tests together draw more than ten thousand.
fn cases(default: u32) -> u32 {
    std::env::var("RULEGATE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(default)
}

fn runner(default: u32) -> TestRunner {
    // A fixed seed: a failing case fails again, on any machine.
    let rng = proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(Config { cases: cases(default), failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() }, rng)
}

fn rules(case: &Case) -> RuleSet {
    let compiled = RuleSet::compile("t.rules", &case.rules, &rulegate::compile::CompileOptions::default());
    compiled.rule_set.unwrap_or_else(|| panic!("{:?}\n{}", compiled.diagnostics, case.rules))
}

fn options(case: &Case) -> BindOptions {
    let nanos = u64::try_from(case.now).expect("the pinned clock is after 1970");
    BindOptions { now: Some(SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)), ..BindOptions::default() }
}

/// The engine's report over batches.
fn report(rules: &RuleSet, case: &Case, batches: &[RecordBatch]) -> Report {
    let schema = batches.first().map_or_else(|| Arc::clone(&case.schema), RecordBatch::schema);
    let mut session = rules.bind_with(&schema, &options(case)).expect("binds").session();
    for batch in batches {
        session.add(batch).expect("of the bound schema");
    }
    session.finish()
}

/// The line of a rule, from a report or from the oracle's: everything a verdict consists of.
macro_rules! verdict_line {
    ($rule:expr, $kind:expr) => {
        format!(
            "{} {} {} {} evaluated {} passed {} failed {} alone {} unknown {} faulted {} waived {}",
            $rule.id,
            $kind,
            $rule.severity,
            $rule.outcome,
            $rule.evaluated,
            $rule.passed,
            $rule.failed,
            $rule.failed_alone,
            $rule.unknown,
            $rule.faulted,
            $rule.waived
        )
    };
}

fn rows_line(rows: u64, failed: u64) -> String {
    format!("rows {rows} failed {failed}")
}

fn waiver_line(rule: &str, state: &str, rows: u64) -> String {
    format!("waiver {rule} {state} {rows}")
}

fn engine_lines(report: &Report) -> Vec<String> {
    let lines = report.rules.iter().map(|rule| verdict_line!(rule, format!("{:?}", rule.kind).to_lowercase()));
    let waivers = report.waivers.iter().map(|waiver| waiver_line(&waiver.rule, &waiver.state.to_string(), waiver.rows));
    lines.chain(waivers).chain([rows_line(report.rows, report.rows_failed)]).collect()
}

fn oracle_lines(case: &Case) -> Vec<String> {
    let mut sources = rulegate::source::SourceMap::default();
    let file = sources.add("t.rules", case.rules.as_str());
    let (tree, _) = rulegate::syntax::parse(file, &case.rules);
    let options = oracle::OracleOptions { now: case.now, ..oracle::OracleOptions::default() };
    let judged = oracle::judge(&tree, &case.block, &case.batches, &options);
    let lines = judged.rules.iter().map(|rule| verdict_line!(rule, rule.kind));
    let waivers = judged.waivers.iter().map(|(rule, state, rows)| waiver_line(rule, state, *rows));
    lines.chain(waivers).chain([rows_line(judged.rows, judged.rows_failed)]).collect()
}

fn same(what: &str, case: &Case, left: &[String], right: &[String]) -> Result<(), TestCaseError> {
    let different: Vec<String> =
        left.iter().zip(right).filter(|(left, right)| left != right).map(|(left, right)| format!("{left}\n    {right}")).collect();
    if left.len() == right.len() && different.is_empty() {
        return Ok(());
    }
    Err(TestCaseError::fail(format!("{what}:\n    {}\n{}", different.join("\n    "), case.rules)))
}

#[test]
fn the_engine_agrees_with_the_oracle() {
    let result = runner(6_000).run(&generate::case(), |case| {
        let rules = rules(&case);
        same("oracle and engine differ", &case, &oracle_lines(&case), &engine_lines(&report(&rules, &case, &case.batches)))
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn every_way_through_gives_the_same_report() {
    let result = runner(4_500).run(&generate::case(), |case| {
        let rules = rules(&case);
        let expected = whole(&report(&rules, &case, &case.batches));
        for size in [1, 7, 8_192] {
            let got = whole(&report(&rules, &case, &generate::rebatch(&case.batches, size)));
            same(&format!("batches of {size} rows"), &case, &expected, &got)?;
        }
        let sliced: Vec<_> = case.batches.iter().map(generate::slice_at_offset).collect();
        same("arrays at an offset", &case, &expected, &whole(&report(&rules, &case, &sliced)))?;
        for layout in LAYOUTS {
            let laid: Vec<_> = case.batches.iter().map(|batch| generate::relayout(batch, layout)).collect();
            same(&format!("strings as {layout:?}"), &case, &expected, &whole(&report(&rules, &case, &laid)))?;
        }
        same("two sessions merged", &case, &expected, &whole(&merged(&rules, &case)))
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// Verdicts, and samples but for the inputs they name.
fn whole(report: &Report) -> Vec<String> {
    let mut lines = engine_lines(report);
    for rule in &report.rules {
        let samples: Vec<_> = rule.samples.iter().map(|sample| (sample.row, &sample.values, &sample.message, sample.waived)).collect();
        lines.push(format!("{} {samples:?} {:?} {:?} {:?}", rule.id, rule.value, rule.groups, rule.top_values));
    }
    lines
}

/// The first half of the batches in one session, the second in another, its state sent as JSON, and merged in that order.
fn merged(rules: &RuleSet, case: &Case) -> Report {
    let validator = rules.bind_with(&case.schema, &options(case)).expect("binds");
    let half = case.batches.len() / 2;
    let mut first = validator.session();
    let input = first.begin(&validator, "batches").expect("same rules");
    let mut row = 0;
    let mut parts = Vec::new();
    for batch in &case.batches {
        parts.push(input.judge(batch, row));
        row += batch.num_rows() as u64;
    }
    // Folded backwards: the order of folding must not matter either.
    let later = parts.split_off(half);
    later.into_iter().rev().chain(parts.into_iter().rev()).for_each(|part| first.fold(part));
    let state = serde_json::to_string(first.state()).expect("states serialise");
    let mut restored = validator.session();
    restored.restore(&validator, serde_json::from_str(&state).expect("states read back")).expect("same rules");
    restored.finish()
}

#[test]
fn one_thread_and_many_give_the_same_report() {
    let result = runner(300).run(&generate::case_of_rows(400), |case| {
        let rules = rules(&case);
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            whole(&pool.install(|| report(&rules, &case, &case.batches)))
        };
        same("threads", &case, &run(1), &run(3))
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

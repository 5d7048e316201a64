//! The packs of `rules/std/` and the data that goes with them.
//!
//! The counts below are those the generator planted (`examples/generate_samples.rs`), not those an engine once found.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "the example's own main is not called here")]
#[path = "../examples/generate_samples.rs"]
mod generate_samples;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rulegate::compile::{CompileOptions, Compiled};
use rulegate::report::{Outcome, Report, RuleOutcome};
use rulegate::scan::{FolderLoader, Format, Quiet, Run, ScanOptions, Source};
use rulegate::{BindOptions, RuleSet};

use RuleOutcome::{Fail, Pass, Warn};

/// A sample, the pack that judges it, and what that comes to.
struct Expected {
    sample: &'static str,
    pack: &'static str,
    outcome: Outcome,
    rows: u64,
    /// Rows that fail an enforced row rule of severity error.
    rows_failed: u64,
    /// Rules with failing rows (checks: groups), and their verdicts; no other rule has any.
    rules: &'static [(&'static str, u64, RuleOutcome)],
}

const EXPECTED: &[Expected] = &[
    Expected {
        sample: "token_features.parquet",
        pack: "token_features.rules",
        outcome: Outcome::Pass,
        rows: 5_000,
        rows_failed: 44,
        rules: &[
            ("token_features.symbol.trimmed", 7, Warn),
            ("token_features.contract_address.regex", 12, Warn),
            ("token_features.contract_address.base58", 2, Warn),
            ("token_features.sentiment_score.range", 9, Warn),
            ("token_features.hot_tokens_need_liquidity", 14, Warn),
            ("token_features.volume_is_plausible", 14, Warn),
            ("token_features.flagged_tokens_are_risky", 6, Pass),
        ],
    },
    Expected {
        sample: "token_features_bad.parquet",
        pack: "token_features.rules",
        outcome: Outcome::Fail,
        rows: 2_000,
        rows_failed: 182,
        rules: &[
            ("token_features.token_id.unique", 11, Fail),
            ("token_features.symbol.length", 6, Fail),
            ("token_features.chain.enum", 26, Fail),
            // 31 addresses with a checksum, and the four tokens whose chain is `sol` and no longer `solana`.
            ("token_features.contract_address.regex", 35, Fail),
            ("token_features.gem_score.required", 7, Fail),
            // Nine above the scale and five NaN.
            ("token_features.gem_score.range", 14, Fail),
            ("token_features.confidence.range", 6, Fail),
            ("token_features.liquidity_usd.range", 11, Fail),
            ("token_features.sentiment_score.range", 60, Fail),
            ("token_features.risk_level.enum", 5, Fail),
            ("token_features.flagged.required", 3, Fail),
            ("token_features.updated_at.range", 13, Fail),
            // The negative pools again.
            ("token_features.volume_is_plausible", 11, Warn),
            ("token_features.fresh", 1, Fail),
            ("token_features.one_row_per_version", 1, Fail),
            // Chains with a NaN among their scores.
            ("token_features.stable_mean", 4, Warn),
        ],
    },
    Expected {
        sample: "entities.parquet",
        pack: "entities.rules",
        outcome: Outcome::Pass,
        rows: 3_987,
        rows_failed: 35,
        rules: &[
            ("entities.external_ref.unique", 6, Warn),
            ("entities.email.is_email", 14, Warn),
            ("entities.phone.regex", 12, Warn),
            ("entities.country.enum", 9, Warn),
            ("entities.only_closed_entities_have_a_date", 11, Warn),
        ],
    },
    Expected {
        sample: "freshness.parquet",
        pack: "freshness.rules",
        outcome: Outcome::Pass,
        rows: 8_000,
        rows_failed: 140,
        rules: &[
            ("events.sequence.order", 3, Warn),
            ("events.event_id.unique", 10, Warn),
            ("events.event_time.happened_before_it_came", 6, Warn),
            ("events.ingest_time.in_order", 20, Pass),
            ("events.ds.range", 8, Warn),
            ("events.value.finite", 6, Warn),
            ("events.arrives_in_time", 120, Warn),
        ],
    },
    Expected {
        sample: "embeddings.parquet",
        pack: "embeddings.rules",
        outcome: Outcome::Pass,
        rows: 2_000,
        rows_failed: 40,
        rules: &[
            ("embeddings.embedding.finite", 2, Pass),
            // Eight that nobody normalised; the norm of the two with a NaN is NaN.
            ("embeddings.embedding.norm", 10, Warn),
            ("embeddings.characters.range", 30, Warn),
            ("embeddings.no_component_dominates", 5, Warn),
            ("embeddings.language_is_whole", 4, Warn),
        ],
    },
    Expected {
        sample: "money.parquet",
        pack: "money.rules",
        outcome: Outcome::Pass,
        rows: 5_003,
        rows_failed: 19,
        rules: &[
            ("order_lines.currency.enum", 7, Warn),
            ("order_lines.discount_percent.usual", 30, Warn),
            ("order_lines.total_adds_up", 9, Warn),
            ("order_lines.fee_is_plausible", 12, Warn),
            ("order_lines.no_hundredths_where_there_are_none", 3, Warn),
            ("order_lines.refunds_are_small", 1, Warn),
        ],
    },
];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(name)
}

fn compile(path: &Path) -> Compiled {
    let text = std::fs::read_to_string(path).expect("the pack is there");
    let loader = FolderLoader::for_entry(path);
    RuleSet::compile(&path.to_string_lossy(), &text, &CompileOptions { loader: Some(&loader), ..CompileOptions::default() })
}

/// No clock is given: a pack that asks for the time would be in error, and its sample would go stale.
fn judge(expected: &Expected) -> Report {
    let rules = compile(&folder("std").join(expected.pack)).rule_set.expect("the pack compiles");
    let mut run = Run::new(rules, BindOptions::default(), ScanOptions::default());
    let path = folder("samples").join(expected.sample);
    let source = Source { path, name: expected.sample.to_owned(), format: Format::Parquet, partitions: Vec::new() };
    run.add(&source, &Quiet).expect("the sample is read to its end");
    run.finish(false).expect("a file was added")
}

#[test]
fn packs_compile_without_a_remark() {
    let mut packs: Vec<PathBuf> =
        std::fs::read_dir(folder("std")).expect("rules/std is there").map(|entry| entry.expect("a file").path()).collect();
    packs.sort();
    assert!(packs.len() >= 6, "{packs:?}");
    for pack in packs {
        let compiled = compile(&pack);
        assert!(compiled.diagnostics.is_empty(), "{}: {:#?}", pack.display(), compiled.diagnostics);
        assert!(compiled.rule_set.is_some());
    }
}

#[test]
fn every_pack_with_a_block_has_a_sample() {
    for entry in std::fs::read_dir(folder("std")).expect("rules/std is there") {
        let path = entry.expect("a file").path();
        let judges = compile(&path).rule_set.is_some_and(|rules| !rules.blocks().is_empty());
        let tested = EXPECTED.iter().any(|expected| path.ends_with(expected.pack));
        assert_eq!(judges, tested, "{}", path.display());
    }
}

#[test]
fn samples_come_to_what_was_planted_in_them() {
    for expected in EXPECTED {
        let report = judge(expected);
        let found: BTreeMap<&str, (u64, RuleOutcome)> = report
            .rules
            .iter()
            .filter(|rule| rule.failed > 0 || rule.outcome != Pass)
            .map(|rule| (rule.id.as_str(), (rule.failed, rule.outcome)))
            .collect();
        let wanted: BTreeMap<&str, (u64, RuleOutcome)> =
            expected.rules.iter().map(|(id, failed, outcome)| (*id, (*failed, *outcome))).collect();
        assert_eq!(found, wanted, "{}", expected.sample);
        let whole = (report.outcome, report.rows, report.rows_failed);
        assert_eq!(whole, (expected.outcome, expected.rows, expected.rows_failed), "{}", expected.sample);
        assert!(report.warnings.is_empty(), "{}: {:?}", expected.sample, report.warnings);
    }
}

#[test]
fn redacted_values_stay_out_of_the_report() {
    let expected = EXPECTED.iter().find(|expected| expected.pack == "entities.rules").expect("it is in the table");
    let text = serde_json::to_string(&judge(expected)).expect("a report is JSON");
    assert!(!text.contains("@example.") && !text.contains("(at)"), "an e-mail address is in the report");
}

#[test]
fn samples_are_generated_byte_for_byte() {
    for (name, bytes) in generate_samples::samples().expect("the generator works") {
        let stored = std::fs::read(folder("samples").join(name)).expect("the sample is there");
        assert!(stored == bytes, "{name} differs: run `cargo run --example generate_samples`, and look at what changed");
    }
}

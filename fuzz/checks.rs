//! What must hold of any bytes. The fuzz targets call these functions with what the fuzzer makes up, `tests/regressions.rs` calls them with
//! what it once found; both include this file by its path.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a check fails by panicking")]
#![allow(dead_code, unreachable_pub, reason = "each program that includes this uses its part of it")]

#[path = "../tests/support/generate/mod.rs"]
mod generate;
#[path = "../tests/support/oracle/mod.rs"]
mod oracle;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arrow::datatypes::Schema;
use generate::Case;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rulegate::compile::{CompileOptions, Compiled};
use rulegate::diagnostics::Diagnostic;
use rulegate::report::Report;
use rulegate::source::{SourceMap, Span};
use rulegate::{BindOptions, RuleSet};

/// Any text gives a tree and diagnostics whose places are places of the text.
pub fn parse(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    let mut sources = SourceMap::default();
    let file = sources.add("t.rules", text);
    let (tree, diagnostics) = rulegate::syntax::parse(file, text);
    tree.comments.iter().for_each(|comment| in_text(&sources, comment.span));
    tree.items.iter().for_each(|item| in_text(&sources, item.span));
    diagnostics.iter().for_each(|diagnostic| well_placed(&sources, diagnostic));
    if tree.version.is_none() {
        assert!(!diagnostics.is_empty(), "a file without a version was not remarked on");
    }
}

/// Any text is formatted, or too large; doing it again changes nothing. That tokens, comments and tree are the same the formatter checks
/// itself, and says so if they are not.
pub fn format(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    let once = match rulegate::format::format(text) {
        Ok(formatted) => formatted,
        Err(rulegate::format::FormatError::TooLarge { .. }) => return,
        Err(error) => panic!("{error}"),
    };
    let twice = rulegate::format::format(&once.text).expect("what was formatted can be formatted");
    assert_eq!(twice.text, once.text, "formatting again changes something");
    assert_eq!(twice.left_alone, once.left_alone, "as many places are left alone");
}

/// Largest schema that is looked at: larger ones find nothing that smaller ones do not.
const LARGEST_SCHEMA: usize = 64 << 10;

/// Any text is a schema that becomes rules, or is refused for a reason. The rules compile without a word but what is told of their own
/// parts, say the same when they are laid out again, and can be exported and imported again; every place in the residue is a pointer.
pub fn import(bytes: &[u8]) {
    use rulegate::interchange::{ImportError, ImportOptions, Source, Target, export, import};
    let text = &*String::from_utf8_lossy(bytes);
    if text.len() > LARGEST_SCHEMA {
        return;
    }
    let source = Source::named("json-schema").expect("there is such a source");
    let imported = match import(source, text, &ImportOptions::default()) {
        Ok(imported) => imported,
        Err(ImportError::Unsound { why }) => panic!("the rules that were made do not compile: {why}"),
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    for unsaid in &imported.residue {
        assert!(unsaid.pointer.is_empty() || unsaid.pointer.starts_with('/'), "{unsaid:?} is no place");
        assert!(!unsaid.keyword.is_empty() && !unsaid.why.is_empty(), "{unsaid:?} tells nothing");
    }
    assert_eq!(rulegate::format::format(&imported.rules).expect("rules are laid out").text, imported.rules);
    let rules = RuleSet::compile("t.rules", &imported.rules, &CompileOptions::default()).rule_set.expect("they compile");
    unique_ids(&rules);
    let block = rules.blocks().remove(0).name;
    for target in Target::all() {
        let Ok(exported) = export(&rules, &block, target) else { continue };
        if target.name == "draft2020-12" {
            let again = import(source, &exported.schema.to_string(), &ImportOptions::default());
            assert!(!matches!(again, Err(ImportError::Unsound { .. })), "what was exported does not come back: {again:?}");
        }
    }
}

/// Any text gives diagnostics that can be shown, or rules that can be bound and asked for a report.
pub fn compile(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    let Compiled { rule_set, diagnostics, sources } = RuleSet::compile("t.rules", text, &CompileOptions::default());
    diagnostics.iter().for_each(|diagnostic| well_placed(&sources, diagnostic));
    assert_eq!(rule_set.is_none(), diagnostics.iter().any(Diagnostic::is_error), "rules are given where no diagnostic is an error");
    let Some(rules) = rule_set else { return };
    unique_ids(&rules);
    for block in rules.blocks() {
        let options = BindOptions { block: Some(block.name.clone()), now: Some(SystemTime::UNIX_EPOCH), ..BindOptions::default() };
        // Two declarations of one column, say, are errors of binding.
        let Ok(validator) = rules.bind_with(&Schema::empty(), &options) else { continue };
        let report = validator.session().finish();
        assert_eq!(report.rules.len(), block.rules, "every declared rule is in the report");
    }
}

/// Whatever case the bytes stand for, the engine and the oracle agree on it.
pub fn evaluate(bytes: &[u8]) {
    let case = decode(bytes);
    let compiled = RuleSet::compile("t.rules", &case.rules, &CompileOptions::default());
    let rules = compiled.rule_set.unwrap_or_else(|| panic!("{:?}\n{}", compiled.diagnostics, case.rules));
    let (engine, oracle) = (engine_lines(&report(&rules, &case)), oracle_lines(&case));
    let different: Vec<String> = engine
        .iter()
        .zip(&oracle)
        .filter(|(engine, oracle)| engine != oracle)
        .map(|(engine, oracle)| format!("engine {engine}\noracle {oracle}"))
        .collect();
    assert!(different.is_empty() && engine.len() == oracle.len(), "{}\n{}\n{:?}", different.join("\n"), case.rules, case.batches);
}

/// The rule file of the case that bytes stand for, for people who look into a finding.
pub fn rules_of(bytes: &[u8]) -> String {
    decode(bytes).rules
}

/// The generator's draws are the bytes themselves, so that a small change of the bytes is a small change of the case.
fn decode(bytes: &[u8]) -> Case {
    // Past its end the generator draws zeros and would reject them for ever; ones are small and accepted. More than any case draws.
    let padded: Vec<u8> = bytes.iter().copied().chain([1, 0, 0, 0].into_iter().cycle().take(1 << 16)).collect();
    let rng = TestRng::from_seed(RngAlgorithm::PassThrough, &padded);
    let mut runner = TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, rng);
    generate::case_of_rows(24).new_tree(&mut runner).expect("the generator rejects nothing").current()
}

fn well_placed(sources: &SourceMap, diagnostic: &Diagnostic) {
    assert!(!diagnostic.message.is_empty(), "{diagnostic:?}");
    in_text(sources, diagnostic.span);
    diagnostic.labels.iter().for_each(|(span, _)| in_text(sources, *span));
    if let Some(suggestion) = &diagnostic.suggestion {
        in_text(sources, suggestion.span);
    }
}

/// A place lies in its text, between characters, and has a line and a column.
fn in_text(sources: &SourceMap, span: Span) {
    let file = sources.get(span.file).unwrap_or_else(|| panic!("{span:?} is in no file"));
    assert!(file.text.get(span.range()).is_some(), "{span:?} is no place in a text of {} bytes", file.text.len());
    let (start, end) = (file.line_column(span.start), file.line_column(span.end));
    assert!(start.line >= 1 && start.column >= 1 && (start.line, start.column) <= (end.line, end.column), "{span:?}: {start:?} to {end:?}");
}

fn unique_ids(rules: &RuleSet) {
    let mut ids: Vec<&str> = rules.rule_ids().collect();
    ids.sort_unstable();
    if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        panic!("two rules are called {}", twice[0]);
    }
}

fn report(rules: &RuleSet, case: &Case) -> Report {
    let nanos = u64::try_from(case.now).expect("the pinned clock is after 1970");
    let options = BindOptions { now: Some(SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)), ..BindOptions::default() };
    let mut session = rules.bind_with(&Arc::clone(&case.schema), &options).expect("binds").session();
    case.batches.iter().for_each(|batch| session.add(batch).expect("of the bound schema"));
    session.finish()
}

/// One line for each rule: everything a verdict consists of.
fn engine_lines(report: &Report) -> Vec<String> {
    let line = |rule: &rulegate::report::RuleReport| {
        let counts = [rule.evaluated, rule.passed, rule.failed, rule.failed_alone, rule.unknown, rule.faulted];
        format!("{} {} {} {} {counts:?}", rule.id, format!("{:?}", rule.kind).to_lowercase(), rule.severity, rule.outcome)
    };
    report.rules.iter().map(line).chain([format!("rows {} failed {}", report.rows, report.rows_failed)]).collect()
}

fn oracle_lines(case: &Case) -> Vec<String> {
    let mut sources = SourceMap::default();
    let file = sources.add("t.rules", case.rules.as_str());
    let (tree, _) = rulegate::syntax::parse(file, &case.rules);
    let options = oracle::OracleOptions { now: case.now, ..oracle::OracleOptions::default() };
    let judged = oracle::judge(&tree, &case.block, &case.batches, &options);
    let line = |rule: &oracle::OracleRule| {
        let counts = [rule.evaluated, rule.passed, rule.failed, rule.failed_alone, rule.unknown, rule.faulted];
        format!("{} {} {} {} {counts:?}", rule.id, rule.kind, rule.severity, rule.outcome)
    };
    judged.rules.iter().map(line).chain([format!("rows {} failed {}", judged.rows, judged.rows_failed)]).collect()
}

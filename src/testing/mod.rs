//! Tests of rules: runs the `test` blocks of a rule file, and tells what they leave untested.
//!
//! At the door: [`run`], which judges the rows that tests give and compares what the rules say with what is expected; its result has the
//! coverage of the rules; and [`mutate`], which changes each rule a little and tells which changes no test notices. Everything is judged
//! by the same plans as data: rows become Arrow columns of the declared types. Rows of files come from the caller ([`StoredRows`]).

mod coverage;
mod expect;
mod judge;
mod mutants;
mod mutate;
mod rows;
mod show;

use std::sync::Arc;
use std::time::SystemTime;

use arrow::array::RecordBatch;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::compile::{LoadError, RuleSet};
use crate::host::HostFunctions;
use crate::source::Span;

pub use mutate::{RuleMutants, mutate};

use judge::Bench;

/// What running tests may be told.
#[derive(Default)]
pub struct Options<'a> {
    /// Only tests whose name has this text in it.
    pub filter: Option<String>,
    /// What `now()` is. Without it tests that give `now()` fail, and rules that ask for it are in error.
    pub now: Option<SystemTime>,
    /// Functions of the host program.
    pub functions: HostFunctions,
    /// Reads rows that tests give from files; without it such tests fail.
    pub rows: Option<&'a dyn StoredRows>,
}

/// Reads single rows of data files. The library itself opens nothing.
pub trait StoredRows: Sync {
    /// Reads a row as a batch of one row. Columns that the block declares have their types; columns it does not declare may be there.
    ///
    /// # Errors
    /// Why it cannot be had.
    fn row(&self, asked: &StoredRow<'_>) -> Result<RecordBatch, LoadError>;
}

/// A row of a file that a test gives: `given row 3 from "file.parquet"`.
#[derive(Debug, Clone, Copy)]
pub struct StoredRow<'a> {
    /// The rules.
    pub rules: &'a RuleSet,
    /// The block that is tested.
    pub block: &'a str,
    /// The rule file, by its name.
    pub from: &'a str,
    /// The path as the test has it, relative to the rule file.
    pub path: &'a str,
    /// The number of the row, from 0.
    pub row: u64,
}

/// What the tests of a rule file have come to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Tested {
    /// Every test that was run, in file order.
    pub tests: Vec<TestResult>,
    /// Tests that the filter left out.
    pub left_out: usize,
    /// Every rule of the blocks, in file order, with what the tests that were run show of it.
    pub coverage: Vec<RuleCoverage>,
}

/// What a test has come to.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TestResult {
    /// Its name.
    pub name: String,
    /// The block it tests.
    pub block: String,
    /// Where its name stands.
    pub span: Span,
    /// Where rules say something else than it expects; none if it passes.
    pub mismatches: Vec<Mismatch>,
    /// Why nothing could be judged, if so: the test fails.
    pub trouble: Option<String>,
}

impl TestResult {
    /// Whether everything is as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.mismatches.is_empty() && self.trouble.is_none()
    }
}

/// A rule that says something else than a test expects.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Mismatch {
    /// The rule's id; none where the test expects something of the whole row.
    pub rule: Option<String>,
    /// What is expected of it.
    pub expected: Expected,
    /// What it says.
    pub actual: Verdict,
    /// Why it says so, where values do not tell: why it is in error or skipped, or how a column does not fit.
    pub reason: Option<String>,
    /// What a check has measured.
    pub measured: Option<Json>,
    /// The rows that decided, with the columns the rule reads; redacted values are blacked out.
    pub rows: Vec<RowValues>,
}

/// Values of a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowValues {
    /// Which of the test's rows, from 0.
    pub row: usize,
    /// Its values by column.
    pub values: Map<String, Json>,
}

/// What a test expects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Expected {
    /// The rule does not fail.
    Pass,
    /// The rule fails.
    Fail,
    /// The rule says nothing about the row.
    Unknown,
    /// The response fails for this reason.
    Reason(String),
    /// The fallback takes the place of the response.
    Fallback,
}

/// What a rule says of the rows of a test: of several rows the worst, from the top of this list to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It asks no row: its `when` is false or null, or it is about many rows and one was given.
    NotAsked,
    /// It holds.
    Pass,
    /// It says nothing: null.
    Unknown,
    /// It was not asked: this version does not evaluate it, or a column does not fit.
    Skipped,
    /// It could not be asked: no clock, or a host function that is not there.
    Error,
    /// It does not hold.
    Fail,
    /// It could not be computed, and so fails.
    Fault,
}

impl Verdict {
    /// Whether the rule fails.
    #[must_use]
    pub fn fails(self) -> bool {
        matches!(self, Self::Fail | Self::Fault)
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotAsked => "is not asked",
            Self::Pass => "passes",
            Self::Unknown => "is unknown",
            Self::Skipped => "is skipped",
            Self::Error => "is in error",
            Self::Fail => "fails",
            Self::Fault => "fails: it cannot be computed",
        })
    }
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pass => f.write_str("does not fail"),
            Self::Fail => f.write_str("fails"),
            Self::Unknown => f.write_str("is unknown"),
            Self::Reason(reason) => write!(f, "reason {reason}"),
            Self::Fallback => f.write_str("fallback"),
        }
    }
}

/// What tests show of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RuleCoverage {
    /// The rule's id.
    pub rule: String,
    /// The first test that expects it to fail, and in which it does.
    pub fails_in: Option<String>,
    /// The first test in which it passes.
    pub passes_in: Option<String>,
    /// Why no test could make it fail, if so: the schema settles it, or it is not evaluated. Such a rule counts nowhere.
    pub exempt: Option<String>,
}

impl RuleCoverage {
    /// Whether it is seen to pass in one test and to fail in another, or need not be.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        self.exempt.is_some() || self.fails_in.is_some() && self.passes_in.is_some()
    }
}

/// Runs the tests of a rule set.
///
/// # Example
/// ```
/// use rulegate::RuleSet;
/// use rulegate::testing::{Options, run};
///
/// let text = r#"
/// rulegate 1
/// features orders {
///   amount : float64 >= 0
///   example good { amount: 12.5 }
/// }
/// test "an order is good"     for orders { given good expect pass }
/// test "no amount is below 0" for orders { given good with { amount: -1 } expect only fail amount.range }
/// "#;
/// let rules = RuleSet::compile("orders.rules", text, &Default::default()).rule_set.expect("sound rules");
/// let tested = run(&rules, &Options::default());
/// assert!(tested.tests.iter().all(|test| test.passed()));
///
/// // Nothing shows that an amount is needed.
/// let open: Vec<&str> = tested.coverage.iter().filter(|rule| !rule.is_covered()).map(|rule| rule.rule.as_str()).collect();
/// assert_eq!(open, ["orders.amount.required"]);
/// ```
#[must_use]
pub fn run(rules: &RuleSet, options: &Options<'_>) -> Tested {
    let mut tests: Vec<(usize, TestResult)> = Vec::new();
    let mut coverage = Vec::new();
    for block in &rules.blocks {
        let bench = Bench::new(rules, block, options);
        match bench.judge(rules, options) {
            Ok(judged) => {
                tests.extend(bench.cases.iter().enumerate().map(|(at, (place, _))| (*place, bench.result(at, &judged))));
                coverage.extend(coverage::of(&bench, &judged));
            }
            // The schema is made from the declarations, so that this is a fault of ours; it must not look like a test that passes.
            Err(error) => tests.extend(bench.cases.iter().map(|(place, case)| (*place, judge::troubled(case, error.to_string())))),
        }
    }
    tests.sort_by_key(|(place, _)| *place);
    let tests: Vec<TestResult> = tests.into_iter().map(|(_, test)| test).collect();
    Tested { left_out: rules.tests.len() - tests.len(), tests, coverage }
}

/// Whether a test is to be run.
fn chosen(options: &Options<'_>, name: &str) -> bool {
    options.filter.as_ref().is_none_or(|text| name.contains(text.as_str()))
}

/// A block of a rule set.
type Block = Arc<crate::compile::ir::Block>;

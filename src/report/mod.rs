//! What a run has come to, as plain data.
//!
//! At the door: [`Report`], which serialises to the JSON form described by `docs/report.schema.json`. This room knows no Arrow and no plans;
//! everything in it is safe to show: redacted values were never put in.

mod baseline;
mod outcome;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::compile::{Mode, OverrideInfo, OverrideState, Severity};
pub use baseline::{Baseline, BaselineError, Comparison, NewFailure};
pub use outcome::{RuleOutcome, judge, judge_waived};

/// The version of the JSON form.
pub const REPORT_VERSION: u32 = 1;

/// The result of judging data with a rule set.
///
/// Everything but the times is the same for the same rules and data, whatever the threads, batch sizes and Arrow layouts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Report {
    /// The version of this form.
    pub report_version: u32,
    /// The version of the engine.
    pub rulegate_version: String,
    /// The rules.
    pub ruleset: RuleSetInfo,
    /// What was judged.
    pub inputs: Vec<InputInfo>,
    /// The caller's trace id.
    pub trace_id: Option<String>,
    /// Whether vacuous rules and absent columns were failures.
    pub strict: bool,
    /// Remarks about the run.
    pub warnings: Vec<Warning>,
    /// Waivers of the rule file.
    pub waivers: Vec<WaiverInfo>,
    /// Whether the data holds.
    pub outcome: Outcome,
    /// Rows judged.
    pub rows: u64,
    /// Rows that fail at least one enforced rule of severity error and are not waived there.
    pub rows_failed: u64,
    /// Every declared rule, in file order.
    pub rules: Vec<RuleReport>,
    /// Distributions of observed values.
    pub observations: Vec<ObservationReport>,
    /// When the run started, in RFC 3339; absent where no clock was given.
    pub started_at: Option<String>,
    /// How long it took; absent where no clock was given.
    pub elapsed_ms: Option<u64>,
    /// What it comes to beside an earlier report; only where the caller has compared them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Comparison>,
    /// What is laid over the rule files: which rules are in shadow or off, or weigh otherwise, by whose word; absent where nothing is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<OverrideInfo>,
}

/// Whether data holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It holds; rules may have warned.
    Pass,
    /// It does not: an enforced rule of severity error is past its bound.
    Fail,
}

/// The rules of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleSetInfo {
    /// The name the rules were compiled under.
    pub name: String,
    /// SHA-256 of files, sets, parameters and overrides.
    pub hash: String,
    /// All rule files, the entry first.
    pub files: Vec<String>,
    /// Parameters in force.
    pub params: BTreeMap<String, String>,
    /// What `now()` was, in RFC 3339.
    pub now: Option<String>,
}

/// How much of the pages that verdicts rest on was covered by checksums that were right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Integrity {
    /// Every page has a checksum, and it was compared.
    Verified,
    /// Some have.
    Partial,
    /// None has, the input has no pages, or trusted statistics settled everything.
    None,
}

/// One input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InputInfo {
    /// The block that judged it.
    pub block: String,
    /// Its name: a path, or what the caller called it.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// Its row groups, for Parquet.
    pub row_groups: Option<u64>,
    /// Rows for which every rule on rows was settled without decoding one: those of row groups in which dictionaries, the schema or
    /// trusted statistics decided all of them. Dataset checks may have read them all the same; 0 where there is no rule on rows.
    pub rows_proved: u64,
    /// Whether its bytes could be checked.
    pub integrity: Integrity,
    /// Nullable columns it does not have.
    pub absent_columns: Vec<String>,
}

/// A remark about the run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// What kind of remark.
    pub code: String,
    /// The rule it is about.
    pub rule: Option<String>,
    /// The remark.
    pub text: String,
}

/// A waiver of the rule file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaiverInfo {
    /// The rule it waives.
    pub rule: String,
    /// Its last day, such as `2027-03-31`; a waiver without one does not end.
    pub until: Option<String>,
    /// Why, in the words of the rule file.
    #[serde(default)]
    pub because: Option<String>,
    /// Whether it is in force, and covers anything.
    pub state: WaiverState,
    /// Failing rows it covers, counted as the rule's `failed` counts them: cells for a pattern, groups for a check. A row that several
    /// waivers of a rule would cover is counted for the first.
    pub rows: u64,
}

/// What a waiver has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WaiverState {
    /// It covers failures.
    Active,
    /// It is over, and covers nothing any more.
    Expired,
    /// It is in force, and nothing fails that it covers.
    Unused,
}

impl std::fmt::Display for WaiverState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Unused => "unused",
        })
    }
}

/// What kind of question a rule asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuleKind {
    /// Of each row.
    Row,
    /// Of all rows together.
    Dataset,
    /// Of the columns and their types.
    Schema,
}

/// What a rule has come to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct RuleReport {
    /// Its id.
    pub id: String,
    /// Its block.
    pub block: String,
    /// The field it belongs to.
    pub field: Option<String>,
    /// The kind of its id: range, enum, regex …
    pub check: String,
    /// Rows, data set or schema.
    pub kind: RuleKind,
    /// Its weight.
    pub severity: Severity,
    /// Evaluated, and never acted on.
    pub shadow: bool,
    /// Its verdict.
    pub outcome: RuleOutcome,
    /// Rows its `when` is true for (for a check: groups).
    pub evaluated: u64,
    /// Of these, rows that pass.
    pub passed: u64,
    /// Rows that fail.
    pub failed: u64,
    /// Rows that fail it and no other enforced rule of severity error.
    pub failed_alone: u64,
    /// Rows it says nothing about: null.
    pub unknown: u64,
    /// Failed rows that could not be computed.
    pub faulted: u64,
    /// Failed rows that a waiver covers: counted as failed, and not held against the data.
    pub waived: u64,
    /// failed / (passed + failed); absent where both are zero.
    pub failed_fraction: Option<f64>,
    /// How many failures are too many.
    pub bounds: Bounds,
    /// Why it was skipped, in error, or failed by the schema.
    pub reason: Option<String>,
    /// Rows that passed on a recovered reading (LLM outputs).
    pub recovered: u64,
    /// For a pattern its columns, for a check with `by` the groups that fail.
    pub groups: Vec<GroupReport>,
    /// For an `enum` rule the most frequent values outside the set.
    pub top_values: Vec<TopValue>,
    /// Where broken responses break (LLM outputs).
    pub break_offsets: Vec<u64>,
    /// The measured value of a check.
    pub value: Option<serde_json::Value>,
    /// Its message template.
    pub message: Option<String>,
    /// Failures by reason (LLM outputs).
    pub reasons: BTreeMap<String, u64>,
    /// The first failing rows; those that are waived after all others.
    pub samples: Vec<SampleReport>,
}

/// How many failures are too many, as written: `0.1%`, `100 rows`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bounds {
    /// Past this it warns.
    pub warn: Option<String>,
    /// Past this it fails.
    pub error: Option<String>,
}

/// A part of a rule's rows, with counts of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GroupReport {
    /// The column, or the values of `by`.
    pub key: serde_json::Map<String, serde_json::Value>,
    /// The measured value of a check.
    pub value: Option<serde_json::Value>,
    /// Rows its `when` is true for.
    pub evaluated: u64,
    /// Rows that pass.
    pub passed: u64,
    /// Rows that fail.
    pub failed: u64,
    /// Rows it says nothing about.
    pub unknown: u64,
}

/// A frequent value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TopValue {
    /// The value, as text.
    pub value: String,
    /// How often it occurs.
    pub count: u64,
}

/// A failing row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SampleReport {
    /// The input it is in.
    pub input: String,
    /// Its number in the input, from 0.
    pub row: u64,
    /// Its key columns.
    pub key: serde_json::Map<String, serde_json::Value>,
    /// The values the rule reads.
    pub values: serde_json::Map<String, serde_json::Value>,
    /// The rule's message for this row.
    pub message: Option<String>,
    /// Whether a waiver covers it.
    #[serde(default)]
    pub waived: bool,
}

/// The distribution of an observed expression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObservationReport {
    /// The block.
    pub block: String,
    /// The expression.
    pub name: String,
    /// Upper bounds of the buckets, included.
    pub bounds: Vec<f64>,
    /// Values in each bucket, and last those above all bounds.
    pub counts: Vec<u64>,
    /// The exact sum of these values, rounded once; absent where there is none, or where it is not finite.
    #[serde(default)]
    pub sum: Option<f64>,
    /// Null rows.
    pub nulls: u64,
    /// NaN rows.
    pub nans: u64,
}

impl Report {
    /// The rules of an outcome.
    pub fn with_outcome(&self, outcome: RuleOutcome) -> impl Iterator<Item = &RuleReport> {
        self.rules.iter().filter(move |rule| rule.outcome == outcome)
    }

    /// The rule of an id.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&RuleReport> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Whether the run holds: against its baseline where it has one, else by its outcome.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.baseline.as_ref().map_or(self.outcome, |baseline| baseline.outcome) == Outcome::Pass
    }

    /// The JSON Schema of the JSON form.
    #[must_use]
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }
}

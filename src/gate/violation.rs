//! What is wrong with a write, as plain data and as text.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::compile::{OnFail, RuleInfo, Severity};
use crate::report::{Bounds, RuleKind, RuleReport, SampleReport};
use crate::session::{Found, RowFailure};

/// Violations that a text lists one by one.
const LISTED: usize = 50;

/// What a node of a map takes, and how many entries it has on the whole.
const MAP_BYTES: usize = 640;
const MAP_ENTRIES: usize = 8;

/// What a rule asks a gate to do with a row that fails it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consequence {
    /// The batch is refused.
    RejectBatch,
    /// The row is set aside.
    RejectRow,
    /// A constant is put in the place of its value.
    Replace,
    /// Nothing.
    Keep,
}

impl From<&OnFail> for Consequence {
    fn from(on_fail: &OnFail) -> Self {
        match on_fail {
            OnFail::RejectBatch => Self::RejectBatch,
            OnFail::RejectRow => Self::RejectRow,
            OnFail::Replace(_) => Self::Replace,
            OnFail::Keep => Self::Keep,
        }
    }
}

/// A rule that some rows fail: what it asks, how often it fails, and of what value, without anything redacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Violation {
    /// The rule's id.
    pub rule: String,
    /// Its block.
    pub block: String,
    /// The field (feature) it stands on, if it stands on one.
    pub field: Option<String>,
    /// The kind of check: range, enum, regex, required …
    pub check: String,
    /// Whether it is asked of rows, of all rows together, or of the columns.
    pub kind: RuleKind,
    /// How much it weighs.
    pub severity: Severity,
    /// Whether it is only reported, never acted on.
    pub shadow: bool,
    /// What must hold, in words: `score is between 0 and 100, both included`.
    pub expects: String,
    /// How many failures are too many, as written.
    pub bounds: Bounds,
    /// What it asks a gate to do.
    pub on_fail: Consequence,
    /// Rows that fail it (cells, where it stands on several columns; groups, for a check).
    pub failed: u64,
    /// Rows that fail it and no other enforced error rule.
    pub failed_alone: u64,
    /// Failing rows that could not be computed.
    pub faulted: u64,
    /// Failing rows that a waiver covers.
    pub waived: u64,
    /// The value of the field in the first failing row; where the rule stands on no field and reads several, an object of them; of a check the
    /// measured value. `[redacted]` where it must not be shown.
    pub value: Option<Json>,
    /// The first failing rows, numbered within the batch (of the end: within the session), with the batch as their input.
    pub samples: Vec<SampleReport>,
    /// What the rule says of the first failing row: its message, else what must hold.
    pub message: String,
}

impl Violation {
    /// Whether it counts against the write: not in shadow, not covered by waivers, and of severity error.
    #[must_use]
    pub fn is_enforced(&self) -> bool {
        self.severity == Severity::Error && !self.shadow && self.failed > self.waived
    }

    fn new(info: &RuleInfo, kind: RuleKind) -> Self {
        Self {
            rule: info.id.clone(),
            block: info.block.clone(),
            field: info.field.clone(),
            check: info.check.clone(),
            kind,
            severity: info.severity,
            shadow: info.shadow,
            expects: info.expects.clone(),
            bounds: Bounds { warn: info.warn.map(|bound| bound.to_string()), error: info.error.map(|bound| bound.to_string()) },
            on_fail: Consequence::from(&info.on_fail),
            failed: 0,
            failed_alone: 0,
            faulted: 0,
            waived: 0,
            value: None,
            samples: Vec::new(),
            message: info.expects.clone(),
        }
    }

    /// About how many bytes it takes: its texts, and the values it shows, which are as long as those of the data.
    pub(super) fn bytes(&self) -> usize {
        let texts = [&self.rule, &self.block, &self.check, &self.expects, &self.message];
        let texts: usize = texts.into_iter().chain(&self.field).map(String::len).sum();
        let shown = self.samples.iter().flat_map(|sample| sample.key.iter().chain(&sample.values));
        let nodes: usize =
            self.samples.iter().map(|sample| sample.key.len().div_ceil(MAP_ENTRIES) + sample.values.len().div_ceil(MAP_ENTRIES)).sum();
        let held = size_of_val(self.samples.as_slice()) + nodes * MAP_BYTES;
        let told: usize = self.samples.iter().map(|sample| sample.input.len() + sample.message.as_ref().map_or(0, String::len)).sum();
        let names: usize = shown.clone().map(|(name, _)| name.len()).sum();
        size_of::<Self>() + texts + held + told + names + json_bytes(shown.map(|(_, value)| value).chain(&self.value))
    }

    /// Of rows in a batch.
    pub(super) fn of_rows(info: &RuleInfo, found: Found) -> Self {
        let kind = if info.dataset { RuleKind::Dataset } else { RuleKind::Row };
        let mut out = Self::new(info, kind);
        (out.failed, out.failed_alone, out.faulted, out.waived) = (found.failed, found.failed_alone, found.faulted, found.waived);
        out.take_samples(found.samples);
        out
    }

    /// Of a whole batch, which its columns or the rule itself fail.
    pub(super) fn of_all(info: &RuleInfo, kind: RuleKind, rows: u64, faulted: bool, reason: &str) -> Self {
        let mut out = Self::new(info, kind);
        (out.failed, out.faulted) = (rows, if faulted { rows } else { 0 });
        reason.clone_into(&mut out.message);
        out
    }

    /// Of one row.
    pub(super) fn of_row(info: &RuleInfo, failure: RowFailure) -> Self {
        let mut out = Self::new(info, RuleKind::Row);
        (out.failed, out.faulted, out.waived) = (1, u64::from(failure.faulted), u64::from(failure.waived));
        out.take_samples(vec![SampleReport {
            input: String::new(),
            row: 0,
            key: failure.key,
            values: failure.values,
            message: failure.message,
            waived: failure.waived,
        }]);
        out
    }

    /// Of all batches together.
    pub(super) fn of_report(info: &RuleInfo, report: &RuleReport) -> Self {
        let mut out = Self::new(info, report.kind);
        (out.failed, out.failed_alone) = (report.failed, report.failed_alone);
        (out.faulted, out.waived) = (report.faulted, report.waived);
        out.take_samples(report.samples.clone());
        if let Some(value) = &report.value {
            out.value = Some(value.clone());
        }
        if let Some(reason) = &report.reason {
            out.message.clone_from(reason);
        }
        out
    }

    /// Whether it is a `check`, which speaks of no rows.
    fn is_check(&self) -> bool {
        self.kind == RuleKind::Dataset && self.check == "check"
    }

    fn take_samples(&mut self, samples: Vec<SampleReport>) {
        if let Some(first) = samples.first() {
            let own = self.field.as_ref().and_then(|field| first.values.get(field));
            let only = || first.values.values().next().filter(|_| first.values.len() == 1);
            let all = || (!first.values.is_empty()).then(|| Json::Object(first.values.clone()));
            self.value = own.or_else(only).cloned().or_else(all);
            if let Some(message) = &first.message {
                self.message.clone_from(message);
            }
        }
        self.samples = samples;
    }
}

impl fmt::Display for Violation {
    /// `score (tokens.score.range, error): 3 rows fail, such as 104.2 in row 7: score is between 0 and 100, both included`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{field} ({}, {}", self.rule, self.severity)?,
            None => write!(f, "{} ({}", self.rule, self.severity)?,
        }
        f.write_str(if self.shadow { ", in shadow): " } else { "): " })?;
        match (self.kind, self.failed) {
            (RuleKind::Schema, _) => {}
            (RuleKind::Dataset, ..=1) if self.is_check() => f.write_str("does not hold")?,
            (RuleKind::Dataset, groups) if self.is_check() => write!(f, "{groups} groups fail")?,
            (_, 1) => f.write_str("1 row fails")?,
            (_, failed) => write!(f, "{failed} rows fail")?,
        }
        if self.waived > 0 {
            write!(f, ", {} waived", self.waived)?;
        }
        if self.faulted > 0 && self.kind != RuleKind::Schema {
            write!(f, ", {} not computed", self.faulted)?;
        }
        if let Some(value) = &self.value {
            match self.samples.first() {
                Some(sample) => write!(f, ", such as {value} in row {}", sample.row)?,
                None => write!(f, ", with {value}")?,
            }
        }
        if self.kind != RuleKind::Schema {
            f.write_str(": ")?;
        }
        f.write_str(&self.message)
    }
}

/// Why a write is refused: everything that is wrong with it.
///
/// # Example
/// Its text tells every violation, the enforced ones first:
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, Float64Array, RecordBatch};
/// use rulegate::RuleSet;
/// use rulegate::gate::{Gate, Policy};
///
/// let text = "rulegate 1\nfeatures tokens { score : float64 between 0 and 100  trust : float64 between 0 and 1 @warn }";
/// let rules = RuleSet::compile("tokens.rules", text, &Default::default()).rule_set.expect("sound rules");
/// let column = |values: Vec<f64>| Arc::new(Float64Array::from(values)) as ArrayRef;
/// let batch = RecordBatch::try_from_iter([("score", column(vec![91.0, 104.2])), ("trust", column(vec![0.5, 7.0]))])?;
/// let gate = Gate::new(&rules.bind(&batch.schema())?, Policy::Reject)?;
///
/// let refusal = gate.judge(&batch)?.refusal().expect("104.2 is out of range");
/// assert_eq!(refusal.to_string(), "\
/// batch `1` is refused: 1 of 2 rows must not pass
///   score (tokens.score.range, error): 1 row fails, such as 104.2 in row 1: score is between 0 and 100, both included
///   trust (tokens.trust.range, warn): 1 row fails, such as 7.0 in row 1: trust is between 0 and 1, both included");
/// assert_eq!(refusal.violations[0].check, "range");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refusal {
    /// The batch; absent where all batches together are refused.
    pub batch_id: Option<String>,
    /// The name the rules were compiled under.
    pub ruleset: String,
    /// The hash of the rules.
    pub ruleset_hash: String,
    /// The block that judged.
    pub block: String,
    /// The caller's trace id.
    pub trace_id: Option<String>,
    /// Why, in the order in which it was found.
    pub reasons: Vec<String>,
    /// Every violation, those that count against the write first, else in file order.
    pub violations: Vec<Violation>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.batch_id {
            Some(id) => write!(f, "batch `{id}` is refused: ")?,
            None => f.write_str("the write is refused: ")?,
        }
        f.write_str(&self.reasons.join("; "))?;
        for violation in self.violations.iter().take(LISTED) {
            write!(f, "\n  {violation}")?;
        }
        match self.violations.len().checked_sub(LISTED) {
            Some(more) if more > 0 => write!(f, "\n  and {more} more"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

/// About how many bytes values take beside what holds them. Values nest as deep as types; nothing recurses all the same.
fn json_bytes<'a>(values: impl Iterator<Item = &'a Json>) -> usize {
    let (mut open, mut bytes) = (values.collect::<Vec<_>>(), 0_usize);
    while let Some(value) = open.pop() {
        bytes += match value {
            Json::String(text) => text.len(),
            Json::Array(items) => {
                open.extend(items);
                size_of_val(items.as_slice())
            }
            Json::Object(members) => {
                open.extend(members.values());
                members.len().div_ceil(MAP_ENTRIES) * MAP_BYTES + members.keys().map(String::len).sum::<usize>()
            }
            _ => 0,
        };
    }
    bytes
}

/// Those that count against the write first.
pub(super) fn sorted(mut violations: Vec<Violation>) -> Vec<Violation> {
    violations.sort_by_key(|violation| !violation.is_enforced());
    violations
}

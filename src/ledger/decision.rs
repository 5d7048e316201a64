//! What is written of a decision: identities and counts, and nothing from rows.

use serde::{Deserialize, Serialize};

use crate::compile::RuleSet;
use crate::gate;
use crate::report::{Mode, OverrideInfo, OverrideState, Report, RuleOutcome, RuleReport, Severity};

/// Most failing rules that an entry names.
const MAX_FAILING: usize = 100;

/// A decision on data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// What was decided.
    pub outcome: DecisionOutcome,
    /// The rules it was decided by.
    pub ruleset: RulesId,
    /// What was laid over the rule files.
    pub overrides: Option<OverrideSummary>,
    /// Whether rules that judged nothing failed the data.
    pub strict: bool,
    /// Whether failures known from an earlier report were let pass.
    pub baseline: bool,
    /// What was judged.
    pub inputs: Vec<Identity>,
    /// What was written.
    pub outputs: Vec<Identity>,
    /// Rows judged.
    pub rows: u64,
    /// Rows that fail at least one enforced rule of severity error and are not waived there.
    pub rows_failed: u64,
    /// Rules by outcome, those in shadow left out. A gate decides by rows and not by bounds: of its decisions these are the rules that some
    /// rows fail, and the others are not counted.
    pub rules: RuleCounts,
    /// Rules in shadow by the outcome that nobody acted on.
    pub shadow: RuleCounts,
    /// The enforced rules that failed or could not be computed, in file order, as far as there is room.
    pub failing: Vec<Failing>,
    /// How many more of them there were.
    pub failing_more: u64,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionOutcome {
    /// The data holds; nobody acted on it.
    Pass,
    /// It does not; nobody acted on it.
    Fail,
    /// A gate let it through, whole.
    Accepted,
    /// A gate refused it.
    Refused,
    /// A gate let part of it through, and set rows aside for somebody who decides.
    Escalated,
}

impl std::fmt::Display for DecisionOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Escalated => "escalated",
        })
    }
}

/// Rules, by name and identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesId {
    /// The name they were compiled under.
    pub name: String,
    /// SHA-256 of files, sets, parameters and overrides.
    pub hash: String,
}

/// Data, by name and identity. The name is the caller's: it should tell where the data came from and nothing about anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The block that judged it; none for what was written.
    pub block: Option<String>,
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// SHA-256 of its bytes in hex, where it was known.
    pub sha256: Option<String>,
}

/// What was laid over the rule files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverrideSummary {
    /// SHA-256 of the report's `overrides` as compact JSON.
    pub hash: String,
    /// Each of them.
    pub list: Vec<OverrideLine>,
}

/// An override: what it says, and how many rules it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverrideLine {
    /// A rule's id, a pattern, or `param` and a name.
    pub target: String,
    /// Rules it changes.
    pub rules: u64,
    /// Enforced, in shadow, or off.
    pub mode: Option<Mode>,
    /// The severity it gives.
    pub severity: Option<Severity>,
    /// The bound it gives.
    pub tolerate: Option<String>,
    /// The value of a parameter.
    pub value: Option<String>,
    /// Who laid it.
    pub who: String,
    /// When.
    pub when: String,
    /// Why.
    pub why: String,
    /// Its last day.
    pub until: Option<String>,
    /// Whether it is in force.
    pub state: OverrideState,
}

/// Rules by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the outcomes of rules, by their names")]
pub struct RuleCounts {
    pub pass: u64,
    pub warn: u64,
    pub fail: u64,
    pub vacuous: u64,
    pub error: u64,
    pub skipped: u64,
    pub waived: u64,
}

/// A rule that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failing {
    /// Its id.
    pub rule: String,
    /// Rows that failed it; for a check, groups.
    pub failed: u64,
}

impl Decision {
    /// What a report comes to: pass or fail. Hashes of the data are to be added by whoever has them.
    ///
    /// # Example
    /// ```
    /// use rulegate::ledger::{Decision, DecisionOutcome};
    ///
    /// let rules = rulegate::RuleSet::compile("t.rules", "rulegate 1\nfeatures t { a : int64? }", &Default::default()).rule_set.expect("sound");
    /// let report = rules.bind(&arrow::datatypes::Schema::empty()).expect("binds").session().finish();
    /// let decision = Decision::of(&report);
    /// assert_eq!((decision.outcome, decision.ruleset.hash.as_str()), (DecisionOutcome::Pass, rules.hash()));
    /// ```
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let enforced = |rule: &&RuleReport| rule.severity == Severity::Error && !rule.shadow;
        let broken = |rule: &&RuleReport| matches!(rule.outcome, RuleOutcome::Fail | RuleOutcome::Error);
        let failing = || report.rules.iter().filter(enforced).filter(broken);
        let inputs = report.inputs.iter().map(|input| Identity {
            block: Some(input.block.clone()),
            name: input.name.clone(),
            rows: input.rows,
            sha256: None,
        });
        Self {
            outcome: if report.holds() { DecisionOutcome::Pass } else { DecisionOutcome::Fail },
            ruleset: RulesId { name: report.ruleset.name.clone(), hash: report.ruleset.hash.clone() },
            overrides: OverrideSummary::of(&report.overrides),
            strict: report.strict,
            baseline: report.baseline.is_some(),
            inputs: inputs.collect(),
            outputs: Vec::new(),
            rows: report.rows,
            rows_failed: report.rows_failed,
            rules: RuleCounts::of(report.rules.iter().filter(|rule| !rule.shadow)),
            shadow: RuleCounts::of(report.rules.iter().filter(|rule| rule.shadow)),
            failing: failing().take(MAX_FAILING).map(|rule| Failing { rule: rule.id.clone(), failed: rule.failed }).collect(),
            failing_more: failing().skip(MAX_FAILING).count() as u64,
        }
    }

    /// What a gate has decided of a batch. The batch's id stands for its name.
    #[must_use]
    pub fn of_gate(decision: &gate::Decision) -> Self {
        let rules = decision.rule_set();
        let failing = || decision.violations.iter().filter(|violation| violation.is_enforced());
        let count = |shadow| RuleCounts::of_violations(decision.violations.iter().filter(|violation| violation.shadow == shadow));
        Self {
            outcome: match decision.outcome {
                gate::Outcome::Accepted => DecisionOutcome::Accepted,
                gate::Outcome::Refused => DecisionOutcome::Refused,
                gate::Outcome::Escalated => DecisionOutcome::Escalated,
            },
            ruleset: RulesId::of(rules),
            overrides: OverrideSummary::of(rules.overrides()),
            strict: false,
            baseline: false,
            inputs: vec![Identity {
                block: Some(decision.block().to_owned()),
                name: decision.batch_id.clone(),
                rows: decision.counts.rows,
                sha256: None,
            }],
            outputs: Vec::new(),
            rows: decision.counts.rows,
            rows_failed: decision.counts.failing,
            rules: count(false),
            shadow: count(true),
            failing: failing()
                .take(MAX_FAILING)
                .map(|violation| Failing { rule: violation.rule.clone(), failed: violation.failed })
                .collect(),
            failing_more: failing().skip(MAX_FAILING).count() as u64,
        }
    }

    /// Whether it is about a file of this SHA-256, judged or written.
    #[must_use]
    pub fn is_about(&self, sha256: &str) -> bool {
        self.inputs.iter().chain(&self.outputs).any(|data| data.sha256.as_deref() == Some(sha256))
    }
}

impl RulesId {
    /// The name and identity of rules.
    #[must_use]
    pub fn of(rules: &RuleSet) -> Self {
        Self { name: rules.name().to_owned(), hash: rules.hash().to_owned() }
    }
}

impl OverrideSummary {
    /// What overrides come to; `None` where there are none.
    #[must_use]
    pub fn of(overrides: &[OverrideInfo]) -> Option<Self> {
        if overrides.is_empty() {
            return None;
        }
        let json = serde_json::to_vec(overrides).unwrap_or_default();
        let hash = super::entry::hex(&<sha2::Sha256 as sha2::Digest>::digest(json));
        Some(Self { hash, list: overrides.iter().map(OverrideLine::of).collect() })
    }
}

impl OverrideLine {
    fn of(info: &OverrideInfo) -> Self {
        Self {
            target: info.target.clone(),
            rules: info.rules.len() as u64,
            mode: info.mode,
            severity: info.severity,
            tolerate: info.tolerate.clone(),
            value: info.value.clone(),
            who: info.who.clone(),
            when: info.when.clone(),
            why: info.why.clone(),
            until: info.until.clone(),
            state: info.state,
        }
    }
}

impl RuleCounts {
    fn of_violations<'a>(violations: impl Iterator<Item = &'a gate::Violation>) -> Self {
        let mut out = Self::default();
        for violation in violations {
            *match violation.severity {
                _ if violation.failed <= violation.waived => &mut out.waived,
                Severity::Error => &mut out.fail,
                Severity::Warn | Severity::Info => &mut out.warn,
            } += 1;
        }
        out
    }

    fn of<'a>(rules: impl Iterator<Item = &'a RuleReport>) -> Self {
        let mut out = Self::default();
        for rule in rules {
            *match rule.outcome {
                RuleOutcome::Pass => &mut out.pass,
                RuleOutcome::Warn => &mut out.warn,
                RuleOutcome::Fail => &mut out.fail,
                RuleOutcome::Vacuous => &mut out.vacuous,
                RuleOutcome::Error => &mut out.error,
                RuleOutcome::Skipped => &mut out.skipped,
                RuleOutcome::Waived => &mut out.waived,
            } += 1;
        }
        out
    }
}

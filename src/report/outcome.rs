//! From counts to a verdict.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compile::{Bound, Severity};

/// The verdict on a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuleOutcome {
    /// Within its bounds.
    Pass,
    /// Past the bound at which it warns.
    Warn,
    /// Past the bound at which it fails.
    Fail,
    /// Nothing was judged: no row passed or failed.
    Vacuous,
    /// It could not be computed.
    Error,
    /// It was not asked: a column does not fit, or this version does not evaluate it.
    Skipped,
    /// It would warn or fail, but for waivers.
    Waived,
}

impl std::fmt::Display for RuleOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Vacuous => "vacuous",
            Self::Error => "error",
            Self::Skipped => "skipped",
            Self::Waived => "waived",
        })
    }
}

/// The verdict on counts: vacuous if nothing passed or failed; else the higher bound is asked first.
///
/// # Example
/// ```
/// use rulegate::report::{RuleOutcome, Severity, judge};
/// use rulegate::Bound;
///
/// let two_percent = Some(Bound::Fraction(2, 2));
/// assert_eq!(judge(Severity::Error, None, two_percent, 98, 2), RuleOutcome::Pass);
/// assert_eq!(judge(Severity::Error, None, two_percent, 97, 3), RuleOutcome::Fail);
/// assert_eq!(judge(Severity::Error, None, two_percent, 0, 0), RuleOutcome::Vacuous);
/// ```
#[must_use]
pub fn judge(severity: Severity, warn: Option<Bound>, error: Option<Bound>, passed: u64, failed: u64) -> RuleOutcome {
    of_judged(severity, warn, error, passed.saturating_add(failed), failed)
}

/// As [`judge`], where `waived` of the failed rows are not held against the rule: it is `waived` if it would not pass without that, and
/// does with it. Shares are still those of all rows that passed or failed.
///
/// # Example
/// ```
/// use rulegate::report::{RuleOutcome, Severity, judge_waived};
/// use rulegate::Bound;
///
/// let none = Some(Bound::ZERO);
/// assert_eq!(judge_waived(Severity::Error, None, none, 98, 2, 2), RuleOutcome::Waived);
/// assert_eq!(judge_waived(Severity::Error, None, none, 98, 2, 1), RuleOutcome::Fail);
/// assert_eq!(judge_waived(Severity::Error, None, none, 100, 0, 0), RuleOutcome::Pass);
/// ```
#[must_use]
pub fn judge_waived(severity: Severity, warn: Option<Bound>, error: Option<Bound>, passed: u64, failed: u64, waived: u64) -> RuleOutcome {
    let held = of_judged(severity, warn, error, passed.saturating_add(failed), failed.saturating_sub(waived));
    match (judge(severity, warn, error, passed, failed), held) {
        (RuleOutcome::Fail | RuleOutcome::Warn, RuleOutcome::Pass) => RuleOutcome::Waived,
        (_, held) => held,
    }
}

fn of_judged(severity: Severity, warn: Option<Bound>, error: Option<Bound>, judged: u64, failed: u64) -> RuleOutcome {
    if judged == 0 {
        return RuleOutcome::Vacuous;
    }
    let past = |bound: Option<Bound>| bound.is_some_and(|bound| bound.exceeded(failed, judged));
    if severity == Severity::Error && past(error) {
        RuleOutcome::Fail
    } else if past(warn) {
        RuleOutcome::Warn
    } else {
        RuleOutcome::Pass
    }
}

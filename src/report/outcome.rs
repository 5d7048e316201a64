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
    /// All its failures are waived.
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
    let judged = passed.saturating_add(failed);
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

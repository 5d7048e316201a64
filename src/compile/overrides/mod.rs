//! What a host lays over a rule file without touching it: rules enforced, in shadow or off, other severities and bounds, parameters.
//!
//! At the door: [`Overrides`] and [`RuleSet::with_overrides`]. Each override says who laid it, when and why, and is part of the rule set's
//! identity. Nothing here reads files: a host hands in the structures, or text that its own reader of TOML or JSON made them from.

mod apply;
mod bound;
mod error;

use std::collections::BTreeMap;
use std::time::SystemTime;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Bound, Severity};
use crate::kernels::time;

pub use bound::BoundError;
pub use error::{OverrideError, OverrideErrors, OverridePlace};

/// Overrides of rules and of parameters.
///
/// Parameters are known when rules are compiled, so they go into [`CompileOptions::params`](super::CompileOptions) first
/// ([`Overrides::compile_params`]); [`RuleSet::with_overrides`](super::RuleSet::with_overrides) then sees that they have arrived.
///
/// # Example
/// ```
/// use rulegate::compile::{Mode, Override, Overrides};
/// use rulegate::RuleSet;
///
/// let rules = RuleSet::compile("t.rules", "rulegate 1\nfeatures t { a : int64 >= 0 }", &Default::default()).rule_set.expect("sound");
/// let quiet = Override::of("t.a.range", "ana", "2026-11-20", "the feed sends negative amounts until its release").mode(Mode::Shadow);
/// let effective = rules.with_overrides(&Overrides::from_iter([quiet])).expect("the rule exists");
/// assert!(effective.describe("t.a.range").expect("declared").shadow);
/// assert_ne!(effective.hash(), rules.hash());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overrides {
    /// Overrides of rules.
    #[serde(default, rename = "override", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Override>,
    /// Values of parameters.
    #[serde(default, rename = "param", skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<ParamOverride>,
    /// Today, in days since 1970: what `until` is held against.
    #[serde(skip)]
    today: Option<i128>,
}

/// What some rules are to be, other than their file says. At least one of mode, severity and tolerance is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// A rule's id; with `*` in it, all ids that fit, where `*` stands for any text. An exact id comes before a pattern.
    pub rule: String,
    /// Enforced, in shadow, or off; as the file says where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Its weight; as the file says where left out. A bound of the old severity becomes that of the new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The bound of its severity, `0.1%` or `100 rows`; as the file says where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerate: Option<Bound>,
    /// Who laid it.
    pub who: String,
    /// When: a date, or a time in RFC 3339.
    pub when: String,
    /// Why.
    pub why: String,
    /// The last day it holds (in UTC), such as `2026-12-31`; without one it does not end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// A parameter's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParamOverride {
    /// Its name.
    pub name: String,
    /// Its value, as text in the language's own form: `5_000`, `"base"`.
    pub value: String,
    /// Who set it.
    pub who: String,
    /// When: a date, or a time in RFC 3339.
    pub when: String,
    /// Why.
    pub why: String,
}

/// Whether a rule is acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Judged and acted on.
    Enforce,
    /// Judged and reported, never acted on.
    Shadow,
    /// Not judged: reports list it as skipped, with the reason.
    Off,
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Enforce => "enforce",
            Self::Shadow => "shadow",
            Self::Off => "off",
        })
    }
}

/// An override as it has come to hold; reports and the ledger carry these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OverrideInfo {
    /// The id or pattern, or for a parameter `param` and its name.
    pub target: String,
    /// The rules it changes, in file order; empty for a parameter and for an override that is over.
    pub rules: Vec<String>,
    /// Enforced, in shadow, or off.
    pub mode: Option<Mode>,
    /// The severity it gives.
    pub severity: Option<Severity>,
    /// The bound it gives, as written: `0.1%`, `100 rows`.
    pub tolerate: Option<String>,
    /// The value of a parameter.
    pub value: Option<String>,
    /// Who laid it.
    pub who: String,
    /// When.
    pub when: String,
    /// Why.
    pub why: String,
    /// The last day it holds.
    pub until: Option<String>,
    /// Whether it is in force.
    pub state: OverrideState,
}

/// Whether an override is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OverrideState {
    /// It is.
    Active,
    /// Its last day is over: the file holds again.
    Expired,
}

impl Override {
    /// An override that changes nothing yet.
    #[must_use]
    pub fn of(rule: impl Into<String>, who: impl Into<String>, when: impl Into<String>, why: impl Into<String>) -> Self {
        let (rule, who, when, why) = (rule.into(), who.into(), when.into(), why.into());
        Self { rule, mode: None, severity: None, tolerate: None, who, when, why, until: None }
    }

    /// Enforces it, puts it in shadow, or switches it off.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = Some(mode);
        self
    }

    /// Gives it another weight.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// Gives it another bound.
    #[must_use]
    pub fn tolerate(mut self, bound: Bound) -> Self {
        self.tolerate = Some(bound);
        self
    }

    /// Ends it after a day, such as `2026-12-31`.
    #[must_use]
    pub fn until(mut self, day: impl Into<String>) -> Self {
        self.until = Some(day.into());
        self
    }
}

impl FromIterator<Override> for Overrides {
    fn from_iter<T: IntoIterator<Item = Override>>(rules: T) -> Self {
        Self { rules: rules.into_iter().collect(), ..Self::default() }
    }
}

impl Overrides {
    /// Says what time it is: overrides whose `until` is over are laid aside. Without it, overrides that end are refused.
    #[must_use]
    pub fn at(mut self, now: SystemTime) -> Self {
        let nanos = |duration: std::time::Duration| i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX);
        let now = now.duration_since(SystemTime::UNIX_EPOCH).map_or_else(|before| -nanos(before.duration()), nanos);
        self.today = Some(time::day_of(now));
        self
    }

    /// Overrides of rules and of parameters.
    #[must_use]
    pub fn new(rules: Vec<Override>, params: Vec<ParamOverride>) -> Self {
        Self { rules, params, today: None }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.params.is_empty()
    }

    /// Puts the parameters among those that rules are compiled with. One of them that is there already with another value is a mistake, and
    /// comes back by name.
    ///
    /// # Errors
    /// [`OverrideErrors`] if a parameter is given twice.
    pub fn compile_params(&self, params: &mut BTreeMap<String, String>) -> Result<(), OverrideErrors> {
        let mut errors = Vec::new();
        for (index, param) in self.params.iter().enumerate() {
            match params.insert(param.name.clone(), param.value.clone()) {
                Some(other) if other != param.value => errors.push(OverrideError {
                    place: OverridePlace::Param(index),
                    what: format!("the parameter `{}` is given twice: `{other}` and `{}`", param.name, param.value),
                    help: "give it once".to_owned(),
                }),
                _ => {}
            }
        }
        OverrideErrors::none_or(errors)
    }
}

#[cfg(test)]
mod tests;

//! What attributes say of a rule: its severity, its bounds, its name.

use super::number::literal_decimal;
use super::value::Value;
use rulegate::syntax::ast::{Attribute, AttributeArgument, ExprKind};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warn,
    Info,
}

impl Severity {
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
        }
    }
}

/// How many failures a rule bears: a share of those it judged (`mantissa / 10^scale`), or a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    Share { mantissa: i128, scale: u32 },
    Rows(u64),
}

const NONE_AT_ALL: Bound = Bound::Share { mantissa: 0, scale: 0 };

impl Bound {
    pub fn is_passed(self, failed: u64, judged: u64) -> bool {
        match self {
            Self::Rows(rows) => failed > rows,
            // failed / judged > mantissa / 10^scale, without dividing.
            Self::Share { mantissa, scale } => i128::from(failed) * 10i128.pow(scale) > mantissa * i128::from(judged),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Settings {
    pub severity: Severity,
    pub error_bound: Option<Bound>,
    pub warn_bound: Option<Bound>,
    pub own_bound: Bound,
    pub shadow: bool,
    pub nulls_fail: bool,
    /// What `@name(x)` puts in place of the kind.
    pub name: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self::of(&[])
    }
}

impl Settings {
    /// Attributes by distance from the rule, its own first. The nearest level that speaks of severity decides it.
    pub fn of(levels: &[&[Attribute]]) -> Self {
        let speaking = levels.iter().find(|level| level.iter().any(is_severity)).copied().unwrap_or_default();
        let severity = match (find(speaking, "error"), find(speaking, "warn"), find(speaking, "info")) {
            (Some(_), _, _) | (None, None, None) => Severity::Error,
            (None, Some(_), _) => Severity::Warn,
            _ => Severity::Info,
        };
        let anywhere = |name: &str| levels.iter().find_map(|level| find(level, name));
        Self {
            severity,
            error_bound: find(speaking, "error").and_then(bound),
            warn_bound: find(speaking, "warn").map(|warn| bound(warn).unwrap_or(NONE_AT_ALL)),
            own_bound: anywhere("tolerate").and_then(bound).unwrap_or(NONE_AT_ALL),
            shadow: anywhere("shadow").is_some(),
            nulls_fail: anywhere("nulls").is_some(),
            name: levels.first().and_then(|own| find(own, "name")).and_then(name_of),
        }
    }

    /// Failing rows of this rule make a row fail.
    pub fn is_enforced(&self) -> bool {
        self.severity == Severity::Error && !self.shadow
    }

    /// The outcome by counts where some failures are waived.
    pub fn outcome_waived(&self, passed: u64, failed: u64, waived: u64) -> &'static str {
        match (self.outcome(passed, failed), self.outcome_of(passed + failed, failed - waived)) {
            ("fail" | "warn", "pass") => "waived",
            (_, held) => held,
        }
    }

    /// The outcome by counts: the higher bound is asked first.
    pub fn outcome(&self, passed: u64, failed: u64) -> &'static str {
        self.outcome_of(passed + failed, failed)
    }

    fn outcome_of(&self, judged: u64, failed: u64) -> &'static str {
        let past = |bound: Option<Bound>| bound.is_some_and(|bound| bound.is_passed(failed, judged));
        let error_bound = self.error_bound.or(Some(self.own_bound));
        let warn_bound = match self.severity {
            Severity::Error => self.warn_bound,
            Severity::Warn => self.warn_bound.filter(|bound| *bound != NONE_AT_ALL).or(Some(self.own_bound)),
            Severity::Info => Some(self.own_bound),
        };
        if judged == 0 {
            "vacuous"
        } else if self.severity == Severity::Error && past(error_bound) {
            "fail"
        } else if past(warn_bound) {
            "warn"
        } else {
            "pass"
        }
    }
}

fn is_severity(attribute: &Attribute) -> bool {
    matches!(&*attribute.name.node, "error" | "warn" | "info")
}

pub fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| attribute.name.node == name)
}

fn bound(attribute: &Attribute) -> Option<Bound> {
    let share = |text: &str| match literal_decimal(text) {
        Some(Value::Decimal { mantissa, scale }) => Bound::Share { mantissa, scale: u32::try_from(scale).expect("a share is at most one") },
        _ => panic!("{text} is no share"),
    };
    match attribute.arguments.first()? {
        AttributeArgument::Rows(rows) => Some(Bound::Rows(rows.node)),
        AttributeArgument::Fraction(text) => Some(share(&text.node)),
        AttributeArgument::Value(expr) => match &expr.kind {
            ExprKind::Number(text) => Some(share(text)),
            other => panic!("{other:?} is no bound"),
        },
        AttributeArgument::Named(_, _) => None,
    }
}

fn name_of(attribute: &Attribute) -> Option<String> {
    match attribute.arguments.first() {
        Some(AttributeArgument::Value(expr)) => match &expr.kind {
            ExprKind::Name(name) | ExprKind::String(name) => Some(name.clone()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(severity: Severity, error: Option<Bound>, warn: Option<Bound>) -> Settings {
        Settings { severity, error_bound: error, warn_bound: warn, ..Settings::default() }
    }

    #[test]
    fn bounds_are_passed_not_reached() {
        let percent = Bound::Share { mantissa: 1, scale: 2 };
        assert!(!percent.is_passed(1, 100));
        assert!(percent.is_passed(1, 99));
        assert!(!Bound::Rows(3).is_passed(3, 3));
    }

    #[test]
    fn the_error_bound_is_asked_before_the_warn_bound() {
        let share = |mantissa| Some(Bound::Share { mantissa, scale: 2 });
        let two = settings(Severity::Error, share(50), share(10));
        assert_eq!(two.outcome(100, 0), "pass");
        assert_eq!(two.outcome(80, 20), "warn");
        assert_eq!(two.outcome(20, 80), "fail");
        assert_eq!(two.outcome(0, 0), "vacuous");
        assert_eq!(settings(Severity::Info, None, None).outcome(0, 1), "warn");
    }
}

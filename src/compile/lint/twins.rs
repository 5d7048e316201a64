//! Rules that ask what another rule asks.

use crate::compile::ir::{Block, Rule, RuleBody};
use crate::diagnostics::{Code, Diagnostic};

use super::written;

/// Each rule whose question, severity and bounds are those of one before it.
pub(super) fn same(block: &Block) -> Vec<Diagnostic> {
    let mut known: std::collections::HashMap<String, &Rule, ahash::RandomState> = std::collections::HashMap::default();
    let mut out = Vec::new();
    for rule in written(block) {
        let Some(question) = question(block, rule) else { continue };
        match known.get(&question) {
            Some(first) => out.push(
                Diagnostic::new(Code::SameRule, format!("this rule asks what `{}` asks", first.id), rule.span)
                    .also(first.span, "that rule")
                    .help("remove one of them"),
            ),
            None => {
                known.insert(question, rule);
            }
        }
    }
    out
}

/// What a rule asks and what follows from it, as a text that is the same for the same rules.
fn question(block: &Block, rule: &Rule) -> Option<String> {
    let body = match &rule.body {
        // What reads nothing is told otherwise.
        RuleBody::Row(test) if block.arena.columns([*test]).is_empty() => return None,
        RuleBody::Row(test) => format!("row {}", test.0),
        RuleBody::Pattern(pattern, test) => format!("pattern {pattern} {}", test.0),
        RuleBody::Unique(keys) => format!("unique {keys:?}"),
        RuleBody::Increasing(value) => format!("increasing {}", value.0),
        RuleBody::Reference(test, _) => format!("reference {}", test.0),
        RuleBody::Check(check) => format!("check {:?} {:?} {:?} {}", check.filter, check.by, check.aggregates, check.expect.0),
        RuleBody::Type(..) | RuleBody::Response(..) | RuleBody::Planned => return None,
    };
    let terms = (rule.severity, rule.warn, rule.error, rule.shadow, rule.nulls_fail, &rule.on_fail);
    Some(format!("{body} when {:?} {terms:?}", rule.when))
}

//! Comparisons with values that a field never has: most often one that is misspelt.

use std::collections::{BTreeMap, BTreeSet};

use crate::compile::block::Places;
use crate::compile::expr::order;
use crate::compile::ir::{Block, ExprId, Literal, Node, RuleBody, Set, SetId};
use crate::compile::literal_text;
use crate::diagnostics::{Code, Diagnostic, nearest};
use crate::source::Span;
use crate::types::CompareOp;

use super::{is_firm, written};

/// Most values a help names.
const SHOWN: usize = 8;

/// What each rule compares with values outside of the set that its field must be in.
pub(super) fn unknown(block: &Block, places: &Places, sets: &[Set], inline: &BTreeSet<SetId>) -> Vec<Diagnostic> {
    let domains = domains(block, sets, inline);
    let mut out = Vec::new();
    for rule in written(block) {
        let roots: Vec<ExprId> = match &rule.body {
            RuleBody::Row(test) => rule.when.into_iter().chain([*test]).collect(),
            RuleBody::Check(check) => {
                check.filter.into_iter().chain(check.aggregates.iter().flat_map(|call| call.arguments.clone())).collect()
            }
            _ => continue,
        };
        let mut said = BTreeSet::new();
        for id in block.arena.closure(roots) {
            let Node::Compare(CompareOp::Eq | CompareOp::NotEq, a, b) = block.arena.node(id) else { continue };
            for (subject, value) in [(a, b), (b, a)] {
                let (Some(domain), Node::Literal(literal)) = (domains.get(subject), block.arena.node(*value)) else { continue };
                let is_fixed = *literal != Literal::Null && !block.params.contains(value);
                let outside =
                    is_fixed && domain.iter().all(|known| known != literal && order(known, literal) != Some(std::cmp::Ordering::Equal));
                if outside && said.insert((*subject, *value)) {
                    let comparison = places.in_rule(id, rule.span).unwrap_or(rule.span);
                    let exact = places.within(*value, comparison);
                    out.push(remark(block, *subject, literal, domain, exact.ok_or(comparison)));
                }
            }
        }
    }
    out
}

/// The values of subjects that must be in a set, whatever the row.
fn domains<'a>(block: &Block, sets: &'a [Set], inline: &BTreeSet<SetId>) -> BTreeMap<ExprId, &'a [Literal]> {
    let mut out = BTreeMap::new();
    for rule in written(block).filter(|rule| rule.when.is_none() && is_firm(rule)) {
        let RuleBody::Row(test) = rule.body else { continue };
        let Node::InSet(subject, set) = block.arena.node(test) else { continue };
        let Some(found) = sets.get(set.0 as usize).filter(|found| found.name.is_none() || inline.contains(set)) else { continue };
        // Of two sets neither is all there is to know.
        if out.insert(*subject, found.values.as_slice()).is_some() {
            out.insert(*subject, &[]);
        }
    }
    out.retain(|_, values| !values.is_empty());
    out
}

/// The place is that of the value itself, or else of what is around it.
fn remark(block: &Block, subject: ExprId, literal: &Literal, domain: &[Literal], place: Result<Span, Span>) -> Diagnostic {
    let value = literal_text(literal);
    let columns = block.arena.columns([subject]);
    let name = columns.first().and_then(|column| block.columns.get(column.0 as usize)).map_or("the field", |column| &column.name);
    let known: Vec<String> = domain.iter().map(literal_text).collect();
    let diagnostic = Diagnostic::new(Code::NoSuchValue, format!("`{name}` is never {value}"), place.unwrap_or_else(|around| around));
    match nearest(&value, known.iter().map(String::as_str)) {
        Some(near) => {
            let diagnostic = diagnostic.help(format!("did you mean {near}?"));
            if let Ok(span) = place { diagnostic.guess(span, near) } else { diagnostic }
        }
        None if known.len() > SHOWN => {
            diagnostic.help(format!("it is one of {} …", known.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ")))
        }
        None => diagnostic.help(format!("it is one of {}", known.join(", "))),
    }
}

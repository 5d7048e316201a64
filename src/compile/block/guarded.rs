//! Reports show no values of columns that a detector of secrets or of personal data looks at: what it finds would stand in them.

use crate::compile::ir::{Column, ColumnId, ExprId, Node, RuleBody};
use crate::functions::finds_private;

use super::BlockBuilder;

impl BlockBuilder<'_> {
    /// Marks such columns and patterns, once all rules are known, and the rules and observations that read them.
    pub(super) fn hide_what_detectors_look_at(&mut self) {
        let arena = &self.scope.arena;
        let looks = |id: &ExprId| matches!(arena.node(*id), Node::Call(function, _) if finds_private(function.0.name));
        let mut texts: Vec<ExprId> = Vec::new();
        for id in arena.ids() {
            match arena.node(id) {
                Node::Call(_, args) if looks(&id) => texts.extend(args),
                // What is looked at is an item of the list.
                Node::Quantifier { list, body, .. } if arena.closure([*body]).iter().any(looks) => texts.push(*list),
                _ => {}
            }
        }
        if texts.is_empty() {
            return;
        }
        let patterns: Vec<usize> = (self.block.rules.iter())
            .filter_map(|rule| if let RuleBody::Pattern(pattern, test) = &rule.body { Some((*pattern, *test)) } else { None })
            .filter(|(_, test)| arena.closure([*test]).iter().any(looks))
            .map(|(pattern, _)| pattern)
            .collect();
        for column in arena.columns(texts) {
            if let Some(column) = self.scope.columns.get_mut(column.0 as usize) {
                column.guarded = true;
            }
        }
        for pattern in patterns {
            if let Some(pattern) = self.block.patterns.get_mut(pattern) {
                pattern.redact = true;
            }
        }
        let hidden = |column: &ColumnId| self.scope.columns.get(column.0 as usize).is_some_and(Column::is_hidden);
        for rule in &mut self.block.rules {
            let pattern = if let RuleBody::Pattern(pattern, _) = &rule.body { self.block.patterns.get(*pattern) } else { None };
            rule.redacted |= pattern.is_some_and(|pattern| pattern.redact) || rule.columns.iter().any(hidden);
        }
        for observation in &mut self.block.observations {
            observation.redacted |= self.scope.arena.columns([observation.value]).iter().any(hidden);
        }
    }
}

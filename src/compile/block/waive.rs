//! Waivers: which rule each names, until when, and for which rows.

use crate::compile::expr::Mode;
use crate::compile::ir::{Literal, Node, RuleBody, Waiver};
use crate::compile::names::{RuleNames, written};
use crate::diagnostics::{Code, Diagnostic};
use crate::syntax::ast::{self, BlockItemKind};
use crate::types::Type;

use super::{BlockBuilder, id_part};

impl BlockBuilder<'_> {
    /// All waivers of the block. Rules may stand below their waivers, so this comes when all rules are known.
    pub(super) fn waivers(&mut self, block: &ast::Block) {
        for item in &block.items {
            if let BlockItemKind::Waive(waive) = &*item.kind {
                self.waive(waive, item, block);
            }
        }
    }

    fn waive(&mut self, waive: &ast::Waive, item: &ast::BlockItem, block: &ast::Block) {
        let rules = self.waived_rules(waive, block);
        self.scope.planned = None;
        let filter = waive.filter.as_ref().map(|filter| self.scope.condition(filter, Mode::Row).id);
        let until = waive.until.as_ref().and_then(|until| self.last_day(until));
        if let Some(reason) = self.scope.planned.take() {
            self.diagnose(
                Diagnostic::new(Code::NotSupportedYet, format!("not supported yet: {reason}"), item.span)
                    .help("nothing is waived until then, so failures count"),
            );
            return;
        }
        for rule in rules {
            if self.is_check(rule)
                && let Some(filter) = &waive.filter
            {
                self.diagnose(
                    Diagnostic::new(Code::Misplaced, "a check is waived as a whole: `where` has no rows to choose from", filter.span)
                        .help("leave `where` out, or put it into the check"),
                );
            }
            let because = waive.because.as_ref().map(|because| because.node.clone());
            self.block.waivers.push(Waiver { rule, until, because, filter });
        }
    }

    fn is_check(&self, rule: usize) -> bool {
        self.block.rules.get(rule).is_some_and(|rule| matches!(rule.body, RuleBody::Check(_)))
    }

    /// The day after which a waiver is over: a date, or a parameter that is one.
    fn last_day(&mut self, until: &ast::Expr) -> Option<i128> {
        let checked = self.scope.expr(until, Mode::Row);
        let message = match (self.scope.arena.node(checked.id), &checked.ty) {
            (_, Type::Error) => return None,
            (Node::Literal(Literal::Date(day)), _) => return Some(*day),
            (Node::Literal(Literal::Null), Type::Date) => return None,
            (_, Type::Date) => "a waiver ends on a fixed date, and this one is computed".to_owned(),
            (_, ty) => format!("a waiver ends on a date, and this is {ty}"),
        };
        self.diagnose(Diagnostic::new(Code::ValueType, message, until.span).help("write `until date \"2027-03-31\"`"));
        None
    }

    /// The rules a waiver names, by their places in the block: one, unless names with dots make two ids read the same.
    fn waived_rules(&mut self, waive: &ast::Waive, block: &ast::Block) -> Vec<usize> {
        let plain = |id: &str| id.replace('`', "");
        let prefix = format!("{}.", id_part(&self.block.name));
        let exact = waive.rule.iter().map(|part| id_part(&part.node)).collect::<Vec<_>>().join(".");
        let path = written(&waive.rule);
        let named = |is: &dyn Fn(&str) -> bool| -> Vec<usize> {
            let rules = self.block.rules.iter().enumerate();
            let named = rules.filter(|(_, rule)| is(&rule.id) || rule.id.strip_prefix(&prefix).is_some_and(is));
            named.map(|(index, _)| index).collect()
        };
        let mut found = named(&|id| id == exact);
        if found.is_empty() {
            found = named(&|id| plain(id) == path);
        }
        if found.is_empty() {
            self.no_such_rule(waive, block, &path);
        }
        found
    }

    fn no_such_rule(&mut self, waive: &ast::Waive, block: &ast::Block, path: &str) {
        let Some(first) = waive.rule.first() else { return };
        // What is wrong with a field has been said, and its rules are not known.
        if block.broken.iter().any(|name| name.node == first.node) {
            return;
        }
        if matches!(path, "extra_fields" | "extra_columns") {
            let message = format!("this block has no rule `{path}`, for it is not closed");
            let diagnostic = Diagnostic::new(Code::UnknownName, message, first.span);
            return self.diagnose(diagnostic.help("remove the waiver, or write `@closed` behind the name of the block"));
        }
        let names = RuleNames::new(&self.block.name, self.block.rules.iter().map(|rule| rule.id.as_str()));
        if let Err(diagnostic) = names.find(&waive.rule) {
            self.diagnose(*diagnostic);
        }
    }
}

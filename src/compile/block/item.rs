//! Items beside the fields: rules, checks, observations, examples; and messages.

use std::collections::BTreeMap;

use crate::compile::attributes::{self, Attributes, Place};
use crate::compile::env::constant;
use crate::compile::expr::{Checked, Mode, order};
use crate::compile::ir::{Check, ExprId, Literal, Node, Observation, RuleBody, Template, TemplatePart};
use crate::compile::names::{RuleNames, written};
use crate::compile::records::Records;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{self, BlockItemKind, Expr, ExprKind};
use crate::types::Type;

use super::BlockBuilder;

impl BlockBuilder<'_> {
    pub(super) fn rule(&mut self, rule: &ast::RuleItem, item: &ast::BlockItem, outer: &Attributes) {
        let attributes = attributes::read(&rule.attributes, Place::Rule, self.scope.diagnostics).over(outer);
        self.scope.planned = None;
        self.scope.broken = None;
        let when = self.when(rule.when.as_ref());
        let expect = self.scope.condition(&rule.expect, Mode::Row);
        let message = self.template(rule.message.as_ref(), &|_| Mode::Row);
        let mut compiled = self.named(&rule.name, &attributes, item);
        compiled.when = when;
        compiled.body = RuleBody::Row(expect.id);
        compiled.message = message;
        self.finish_rule(compiled, &rule.name, &[]);
    }

    pub(super) fn check(&mut self, check: &ast::CheckItem, item: &ast::BlockItem, outer: &Attributes) {
        let attributes = attributes::read(&check.attributes, Place::Rule, self.scope.diagnostics).over(outer);
        self.scope.planned = None;
        self.scope.broken = None;
        self.scope.aggregates.clear();
        let filter = self.when(check.filter.as_ref());
        let by: Vec<ExprId> = check.by.iter().map(|key| self.scope.expr(key, Mode::Row).id).collect();
        let before = self.scope.diagnostics.len();
        let expect = self.scope.condition(&check.expect, Mode::Check);
        let value = self.measured(&check.expect, expect.id);
        let aggregates = std::mem::take(&mut self.scope.aggregates);
        if aggregates.is_empty() && expect.ty != Type::Error && self.scope.planned.is_none() && self.scope.diagnostics.len() == before {
            self.diagnose(
                Diagnostic::new(Code::Aggregate, "this check asks nothing of the data", check.expect.span)
                    .help("use an aggregate, such as `row_count()`"),
            );
        }
        let narrowed = check.filter.as_ref().map(|filter| filter.span).or_else(|| check.by.first().map(|key| key.span));
        if let Some(span) = narrowed.filter(|_| aggregates.iter().any(|call| call.share.is_some())) {
            self.diagnose(
                Diagnostic::new(Code::Aggregate, "the share of rows that fail a rule speaks of all rows", span)
                    .help("leave `where` and `by` out, or count with `count_if(…)`"),
            );
        }
        let mut compiled = self.named(&check.name, &attributes, item);
        compiled.message = self.check_message(check);
        let by_names = check.by.iter().map(|key| key_name(&key.kind)).collect();
        let read: Vec<ExprId> = filter
            .iter()
            .copied()
            .chain(by.iter().copied())
            .chain(aggregates.iter().flat_map(|call| call.arguments.iter().copied()))
            .collect();
        compiled.body = RuleBody::Check(Box::new(Check { filter, by, by_names, aggregates, expect: expect.id, value }));
        self.finish_rule(compiled, &check.name, &read);
    }

    /// The side of a check's comparison that a report shows as its value.
    fn measured(&mut self, expect: &Expr, id: ExprId) -> Option<ExprId> {
        if let ExprKind::Test(..) = &expect.kind {
            let mut at = id;
            for _ in 0..4 {
                match self.scope.arena.node(at).clone() {
                    Node::Not(inner) | Node::InSet(inner, _) | Node::IsNull(inner) => at = inner,
                    Node::And(all) => at = *all.first()?,
                    Node::Compare(_, left, _) => return Some(left),
                    _ => return (at != id).then_some(at),
                }
            }
        }
        matches!(self.scope.arena.node(id), Node::Aggregate(_)).then_some(id)
    }

    /// Finds the rules that checks ask about.
    pub(super) fn shares(&mut self) {
        let asked = std::mem::take(&mut self.scope.shares);
        if asked.is_empty() {
            return;
        }
        let names = RuleNames::new(&self.block.name, self.block.rules.iter().map(|rule| rule.id.as_str()));
        let mut ids = BTreeMap::new();
        for path in asked {
            match names.find(&path).map(|place| self.block.rules.get(place)) {
                Ok(Some(rule)) if !matches!(rule.body, RuleBody::Check(_)) => {
                    ids.insert(written(&path), rule.id.clone());
                }
                Ok(_) => {
                    let span = path.iter().map(|part| part.span).reduce(Span::to);
                    let message = format!("`{}` is a check: it judges no rows that a share could be of", written(&path));
                    let diagnostic = span.map(|span| Diagnostic::new(Code::Aggregate, message, span).help("name a rule on rows"));
                    self.scope.diagnostics.extend(diagnostic);
                }
                Err(diagnostic) => self.scope.diagnostics.push(*diagnostic),
            }
        }
        for rule in &mut self.block.rules {
            let RuleBody::Check(check) = &mut rule.body else { continue };
            for share in check.aggregates.iter_mut().filter_map(|call| call.share.as_mut()) {
                if let Some(id) = ids.get(&share.rule) {
                    share.rule.clone_from(id);
                }
            }
        }
    }

    pub(super) fn observe(&mut self, observe: &ast::Observe) {
        let value = self.scope.expr(&observe.value, Mode::Row);
        if !value.ty.is_numeric() {
            let message = format!("only numbers are observed, and this is {}", value.ty);
            return self.diagnose(Diagnostic::new(Code::TypeMismatch, message, observe.value.span).help("observe `length(x)` of a text"));
        }
        let mut buckets = Vec::new();
        for bucket in &observe.buckets {
            match constant(bucket, self.scope.diagnostics).filter(|literal| literal.ty().is_numeric() && *literal != Literal::Null) {
                Some(literal) => buckets.push(literal),
                None => self
                    .diagnose(Diagnostic::new(Code::ValueType, "a bucket's bound is a number", bucket.span).help("list ascending numbers")),
            }
        }
        let ascending = buckets.windows(2).all(|pair| matches!(pair, [a, b] if order(a, b) == Some(std::cmp::Ordering::Less)));
        if !ascending {
            let span = observe.buckets.first().map_or(observe.value.span, |first| first.span);
            self.diagnose(
                Diagnostic::new(Code::ValueType, "the buckets do not ascend", span).help("list them from the smallest to the largest"),
            );
        }
        let columns = self.scope.arena.columns([value.id]);
        let redacted = columns.iter().any(|column| self.scope.columns.get(column.0 as usize).is_some_and(|column| column.redact));
        self.block.observations.push(Observation { text: key_name(&observe.value.kind), value: value.id, buckets, redacted });
    }

    pub(super) fn record(&mut self, row: &[(ast::Name, Expr)], what: &str) {
        let records = Records { columns: &self.scope.columns, patterns: &self.block.patterns, params: &self.scope.env.params };
        records.row(row, what, self.scope.diagnostics);
    }

    /// Examples may name columns of patterns that stand below them, so they are read when all are known.
    pub(super) fn examples(&mut self, block: &ast::Block) {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for item in &block.items {
            let BlockItemKind::Example { name, row } = &*item.kind else { continue };
            if let Some(first) = seen.insert(&name.node, name.span) {
                let message = format!("two examples of this block are called `{}`", name.node);
                self.diagnose(Diagnostic::new(Code::DuplicateName, message, name.span).also(first, "the first is here").help("rename one"));
            }
            self.record(row, &format!("the example `{}`", name.node));
        }
    }

    /// The message of a check. It can name parameters and the columns of `by`, not those that have a value for each row.
    fn check_message(&mut self, check: &ast::CheckItem) -> Option<Template> {
        let message = check.message.as_ref()?;
        let by: Vec<&str> =
            check.by.iter().filter_map(|key| if let ExprKind::Name(name) = &key.kind { Some(name.as_str()) } else { None }).collect();
        self.template(Some(message), &|name| if by.contains(&name) { Mode::Row } else { Mode::Check })?;
        // Shown as it is written.
        Some(Template { text: message.node.clone(), parts: vec![TemplatePart::Text(message.node.clone())] })
    }

    /// A message; `mode` tells for the name of each place where it is looked up.
    fn template(&mut self, message: Option<&crate::source::Spanned<String>>, mode: &dyn Fn(&str) -> Mode) -> Option<Template> {
        let message = message?;
        let mut parts = Vec::new();
        let mut rest = message.node.as_str();
        // Where there are no escapes, the text stands as it is between two quotes.
        let (place, as_written) = (message.span.range(), message.span.range().len() == message.node.len() + 2);
        while let Some((text, after)) = rest.split_once('{') {
            parts.push(TemplatePart::Text(text.replace("}}", "}")));
            if let Some(literal) = after.strip_prefix('{') {
                parts.push(TemplatePart::Text("{".to_owned()));
                rest = literal;
                continue;
            }
            let Some((name, after)) = after.split_once('}') else {
                self.diagnose(
                    Diagnostic::new(Code::Syntax, "a `{` in this message is not closed", message.span).help("write `{{` for a brace"),
                );
                return None;
            };
            let blanks = name.len() - name.trim_start().len();
            let start = place.start + 1 + (message.node.len() - rest.len()) + text.len() + 1 + blanks;
            let exact = as_written.then(|| Span::new(message.span.file, start..start + name.trim().len()));
            let checked = self.placeholder(name.trim(), exact.unwrap_or(message.span), exact.is_some(), mode(name.trim()));
            parts.push(TemplatePart::Value(checked.id));
            rest = after;
        }
        parts.push(TemplatePart::Text(rest.replace("}}", "}")));
        Some(Template { text: message.node.clone(), parts })
    }

    /// `{column}`, `{column.member}`, `{let}`, `{$param}`.
    fn placeholder(&mut self, text: &str, span: Span, exact: bool, mode: Mode) -> Checked {
        let mut parts = text.split('.');
        let first = parts.next().unwrap_or_default().trim_matches('`');
        let kind = match first.strip_prefix('$') {
            Some(param) => ExprKind::Param(param.to_owned()),
            None => ExprKind::Name(first.to_owned()),
        };
        let mut expr = Expr { kind, span };
        for member in parts {
            expr = Expr { kind: ExprKind::Member(Box::new(expr), ast::Name::new(member.trim_matches('`').to_owned(), span)), span };
        }
        let known = self.scope.diagnostics.len();
        let checked = self.scope.expr(&expr, mode);
        // An edit of the whole message, or of a path, would replace more than the name.
        if !exact || text.contains('.') {
            self.scope.diagnostics.iter_mut().skip(known).for_each(|diagnostic| diagnostic.suggestion = None);
        }
        checked
    }
}

/// An expression of `by` or `observe` as a report names it.
fn key_name(kind: &ExprKind) -> String {
    match kind {
        ExprKind::Name(name) => name.clone(),
        ExprKind::Member(inner, member) => format!("{}.{}", key_name(&inner.kind), member.node),
        ExprKind::Call { function, arguments } => {
            let arguments: Vec<_> = arguments.iter().map(|argument| key_name(&argument.kind)).collect();
            format!("{}({})", function.node, arguments.join(", "))
        }
        ExprKind::Number(text) | ExprKind::String(text) => text.clone(),
        _ => "expression".to_owned(),
    }
}

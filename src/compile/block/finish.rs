//! From a rule as it is read to a rule with its id, its columns and its place in the block.

use crate::compile::attributes::Attributes;
use crate::compile::env::fit;
use crate::compile::ir::{Column, ColumnId, ExprId, Literal, OnFail, Question, Rule, RuleBody, Severity, TypeSubject};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast;

use super::field::Subject;
use super::{BlockBuilder, id_part};

impl BlockBuilder<'_> {
    pub(super) fn named(&mut self, name: &ast::Name, attributes: &Attributes, item: &ast::BlockItem) -> Rule {
        if let Some((_, span)) = &attributes.replacement {
            self.diagnose(
                Diagnostic::new(Code::AttributeArguments, "there is no value here that could be replaced", *span)
                    .help("`replace` stands on a field or a constraint of it"),
            );
        }
        let (severity, warn, error) = attributes.bounds();
        Rule {
            id: format!("{}.{}", id_part(&self.block.name), id_part(&name.node)),
            field: None,
            check: "rule".to_owned(),
            severity,
            warn,
            error,
            shadow: attributes.shadow,
            nulls_fail: attributes.nulls_fail,
            on_fail: on_fail(attributes, severity),
            on_fail_given: attributes.on_fail.is_some(),
            replacement: None,
            when: None,
            body: RuleBody::Planned,
            message: None,
            docs: item.docs.clone(),
            tags: attributes.tags.clone(),
            owner: attributes.owner.clone(),
            span: item.span,
            columns: Vec::new(),
            redacted: false,
            planned: None,
            broken: None,
            off: None,
        }
    }

    pub(super) fn blank(&mut self, subject: &Subject, check: &str, own: &Attributes, docs: Option<&String>, span: Span) -> Rule {
        let merged = own.clone().over(&subject.attributes);
        self.check_replacement(subject, &merged);
        let (severity, warn, error) = merged.bounds();
        // Only the last part is replaced: `each.length` becomes `each.name`.
        let check = &format!("{}{check}", subject.each);
        let each = check.rfind('.').map_or("", |at| check.get(..=at).unwrap_or_default());
        let last = own.name.as_ref().map_or_else(|| check.to_owned(), |name| format!("{each}{}", id_part(&name.node)));
        Rule {
            id: format!("{}.{}.{last}", id_part(&self.block.name), subject.path),
            field: Some(subject.field.clone()),
            check: check.clone(),
            severity,
            warn,
            error,
            shadow: merged.shadow,
            nulls_fail: merged.nulls_fail,
            on_fail: on_fail(&merged, severity),
            on_fail_given: merged.on_fail.is_some(),
            replacement: merged.replacement.as_ref().map(|(literal, _)| fit(literal.clone(), &subject.value.ty).unwrap_or(Literal::Null)),
            when: None,
            body: RuleBody::Planned,
            message: None,
            docs: docs.cloned(),
            tags: merged.tags,
            owner: merged.owner,
            span,
            columns: Vec::new(),
            redacted: false,
            planned: None,
            broken: None,
            off: None,
        }
    }

    /// What `@on_fail(replace(…))` puts in the place of a field's value is of the field's type.
    fn check_replacement(&mut self, subject: &Subject, attributes: &Attributes) {
        let Some((literal, span)) = &attributes.replacement else { return };
        let ty = &subject.value.ty;
        let message = match literal {
            Literal::Null if subject.required => format!("`{}` is never null, so null cannot be put in its place", subject.field),
            Literal::Null => return,
            literal if fit(literal.clone(), ty).is_some() => return,
            literal => format!("`{}` is {ty}, and this is {}", subject.field, literal.ty()),
        };
        self.diagnose(Diagnostic::new(Code::ValueType, message, *span).help("give a value of the field's type"));
    }

    pub(super) fn push_row(&mut self, subject: &Subject, check: &str, test: ExprId, own: &Attributes, docs: Option<&String>, span: Span) {
        let mut rule = self.blank(subject, check, own, docs, span);
        let test = self.over_items(subject, test);
        rule.body = self.row_body(subject, test);
        if check == "required" {
            rule.nulls_fail = false;
            if let Some(path) = &subject.response {
                rule.body = RuleBody::Response(Question::Required(path.clone()), Box::new(rule.body));
            }
        }
        self.push(rule, subject, &[]);
    }

    pub(super) fn push(&mut self, mut rule: Rule, subject: &Subject, read: &[ExprId]) {
        if let Some(pattern) = subject.pattern {
            rule.redacted = self.block.patterns.get(pattern).is_some_and(|pattern| pattern.redact);
        }
        rule.redacted |= subject.attributes.redact;
        let name = ast::Name::new(rule.id.clone(), rule.span);
        self.finish_rule(rule, &name, read);
    }

    pub(super) fn finish_rule(&mut self, mut rule: Rule, name: &ast::Name, read: &[ExprId]) {
        if let Some(reason) = self.scope.planned.take() {
            self.diagnose(
                Diagnostic::new(Code::NotSupportedYet, format!("not supported yet: {reason}"), rule.span)
                    .help("the rule is skipped until then, and every report says so"),
            );
            rule.planned.get_or_insert(reason);
        }
        rule.broken = rule.broken.or(self.scope.broken.take());
        let own = match asked(&rule.body) {
            RuleBody::Row(test) | RuleBody::Increasing(test) | RuleBody::Reference(test, _) | RuleBody::Pattern(_, test) => {
                std::slice::from_ref(test)
            }
            RuleBody::Unique(keys) => keys,
            _ => &[],
        };
        let roots = rule.when.iter().chain(read).chain(own).copied();
        let mut columns = self.scope.arena.columns(roots);
        if let RuleBody::Type(TypeSubject::Column(column) | TypeSubject::Member(column), _) = asked(&rule.body) {
            columns.insert(*column);
        }
        rule.columns = columns.into_iter().collect();
        let redacted = |column: &ColumnId| self.scope.columns.get(column.0 as usize).is_some_and(Column::is_hidden);
        rule.redacted |= rule.columns.iter().any(redacted);
        if let Some(first) = self.ids.get(&rule.id).copied() {
            return self.duplicate(&rule, name, first);
        }
        self.ids.insert(rule.id.clone(), rule.span);
        self.block.rules.push(rule);
    }

    fn duplicate(&mut self, rule: &Rule, name: &ast::Name, first: Span) {
        let diagnostic =
            Diagnostic::new(Code::DuplicateId, format!("two rules have the id `{}`", rule.id), name.span).also(first, "the first is here");
        let diagnostic = if rule.field.is_some() {
            let last = rule.id.rsplit('.').next().unwrap_or("rule");
            let fresh = (2..)
                .map(|n| format!("{last}_{n}"))
                .find(|name| !self.ids.keys().any(|id| id.ends_with(&format!(".{name}"))))
                .unwrap_or_default();
            let at = Span { start: rule.span.end, ..rule.span };
            let named = !rule.id.ends_with(&format!(".{}", rule.check));
            let diagnostic = diagnostic.help(match named {
                true => format!("give it another name: `@name({fresh})`"),
                false => format!("name this one, so that its id never moves: `@name({fresh})`"),
            });
            // Behind a `when` there is another place for it, and where there is a name already it would be the second.
            if named || rule.when.is_some() { diagnostic } else { diagnostic.suggest(at, format!(" @name({fresh})")) }
        } else {
            diagnostic.help("rename one of them")
        };
        self.diagnose(diagnostic);
    }
}

/// What a rule asks of values that stand in columns.
fn asked(body: &RuleBody) -> &RuleBody {
    if let RuleBody::Response(_, asked) = body { asked } else { body }
}

fn on_fail(attributes: &Attributes, severity: Severity) -> OnFail {
    attributes.on_fail.clone().unwrap_or_else(|| OnFail::by_default(severity))
}

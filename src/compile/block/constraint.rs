//! Constraints of a field.

use std::collections::HashSet;

use crate::compile::attributes::{self, Attributes, Place};
use crate::compile::expr::{Checked, Mode};
use crate::compile::ir::{ExprId, Literal, Node, RuleBody};
use crate::compile::references::{Named, NoValues};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{self, AttributeArgument, ConstraintKind, ExprKind, Tail};
use crate::types::{Entry, Type};

use super::BlockBuilder;
use super::field::Subject;

impl BlockBuilder<'_> {
    pub(super) fn constraint(&mut self, subject: &Subject, constraint: &ast::Constraint, docs: Option<&String>) {
        let own = attributes::read(&constraint.attributes, Place::Constraint, self.scope.diagnostics);
        self.scope.planned = None;
        self.scope.broken = None;
        if let Some(when) = &constraint.when {
            self.scope.places.note_when(constraint.span, when.span);
        }
        match &constraint.kind {
            ConstraintKind::Unique | ConstraintKind::Increasing | ConstraintKind::Reference { .. } => {
                self.session_constraint(subject, constraint, &own, docs);
            }
            kind => {
                let (test, check) = self.constraint_test(&subject.value.clone(), kind, constraint.span);
                let mut rule = self.blank(subject, &check, &own, docs, constraint.span);
                // A word that is no constraint is told once, and has no id that could be another's.
                if test.ty == Type::Error && matches!(kind, ConstraintKind::Predicate { .. }) && self.ids.contains_key(&rule.id) {
                    return;
                }
                rule.when = self.when(constraint.when.as_ref());
                let test = self.silent_where_missing(subject, test.id);
                let test = self.over_items(subject, test);
                rule.body = self.row_body(subject, test);
                self.push(rule, subject, &[]);
            }
        }
    }

    /// A missing value of a required field is one failure, that of `required`: where the condition could still be false or a fault, it
    /// is made unknown.
    fn silent_where_missing(&mut self, subject: &Subject, test: ExprId) -> ExprId {
        if !subject.required {
            return test;
        }
        let arena = &self.scope.arena;
        let own = arena.closure([subject.value.id]);
        let speaks = arena.closure([test]).into_iter().filter(|id| !own.contains(id)).any(|id| {
            matches!(
                arena.node(id),
                Node::IsNull(_)
                    | Node::Distinct(..)
                    | Node::Arith(..)
                    | Node::Cast(..)
                    | Node::Call(..)
                    | Node::Host(..)
                    | Node::Coalesce(_)
                    | Node::Case(..)
                    | Node::NullIf(..)
                    | Node::ListItem(..)
                    | Node::Entries(..)
                    | Node::Quantifier { .. }
                    | Node::Negate(_)
            ) && arena.node(id).children() != [subject.value.id]
                || matches!(arena.node(id), Node::IsNull(_))
        });
        if !speaks {
            return test;
        }
        let missing = self.scope.arena.intern(Node::IsNull(subject.value.id));
        let null = self.scope.arena.intern(Node::Literal(Literal::Null));
        self.scope.arena.intern(Node::Case(vec![(missing, null)], test))
    }

    pub(super) fn row_body(&self, subject: &Subject, test: ExprId) -> RuleBody {
        match subject.pattern {
            Some(pattern) => RuleBody::Pattern(pattern, test),
            None => RuleBody::Row(test),
        }
    }

    fn session_constraint(&mut self, subject: &Subject, constraint: &ast::Constraint, own: &Attributes, docs: Option<&String>) {
        let check = match &constraint.kind {
            ConstraintKind::Unique => "unique",
            ConstraintKind::Increasing => "order",
            _ => "reference",
        };
        let mut rule = self.blank(subject, check, own, docs, constraint.span);
        rule.when = self.when(constraint.when.as_ref());
        if !subject.within.is_empty() {
            return self.diagnose(
                Diagnostic::new(Code::ConstraintType, "this constraint speaks about all rows, not about items", constraint.span)
                    .help("put it on the field itself"),
            );
        }
        if subject.pattern.is_some() {
            self.diagnose(
                Diagnostic::new(Code::ConstraintType, "a pattern cannot carry this constraint", constraint.span)
                    .help("it speaks about all rows of one column: declare the column as a field"),
            );
            return;
        }
        let comparable = !matches!(subject.value.ty, Type::List(_) | Type::Struct(_) | Type::Map(..));
        rule.body = match &constraint.kind {
            ConstraintKind::Unique if comparable => RuleBody::Unique(vec![subject.value.id]),
            ConstraintKind::Increasing if comparable && subject.value.ty != Type::Bool => RuleBody::Increasing(subject.value.id),
            ConstraintKind::Reference { path, column } if comparable => match self.reference(subject, Named { path, column }) {
                Ok(body) => body,
                Err(NoValues::Mistake) => return,
                Err(NoValues::Missing(reason)) => {
                    rule.broken = Some(reason);
                    RuleBody::Reference(subject.value.id, Named { path, column }.shown())
                }
            },
            _ => {
                let message = format!("{} cannot be `{check}`", subject.value.ty);
                return self.diagnose(
                    Diagnostic::new(Code::ConstraintType, message, constraint.span).help("it works on numbers, strings, times and dates"),
                );
            }
        };
        self.push(rule, subject, &[]);
    }

    /// `in reference("file", "column")`: a test of the set of its different values.
    fn reference(&mut self, subject: &Subject, named: Named<'_>) -> Result<RuleBody, NoValues> {
        let ty = subject.value.ty.clone();
        let mut values = self.scope.references.values(named, &ty, self.scope.diagnostics)?;
        let mut seen = HashSet::with_capacity_and_hasher(values.len(), ahash::RandomState::default());
        values.retain(|value| seen.insert(value.clone()));
        let set = self.scope.file_set(named.shown(), ty, values);
        Ok(RuleBody::Reference(self.scope.arena.intern(Node::InSet(subject.value.id, set)), named.shown()))
    }

    /// The condition of a constraint, and the word its id ends in.
    fn constraint_test(&mut self, value: &Checked, kind: &ConstraintKind, span: Span) -> (Checked, String) {
        match kind {
            ConstraintKind::Test(tail) => {
                let check = match tail {
                    Tail::InList { .. } | Tail::InSet { .. } => "enum",
                    Tail::Matches { .. } | Tail::Like { .. } => "regex",
                    Tail::IsNull { .. } => "null",
                    _ => "range",
                };
                (self.scope.tail(value.clone(), span, tail, Mode::Row), check.to_owned())
            }
            ConstraintKind::Measure { function, .. } if attribute_without_sign(function).is_some() => {
                (self.predicate(value, function, &[], span), function.node.clone())
            }
            ConstraintKind::Measure { function, arguments, test } => {
                let mut all = vec![value.clone()];
                let mut places = vec![span];
                for argument in arguments {
                    all.push(self.scope.expr(argument, Mode::Row));
                    places.push(argument.span);
                }
                let measured = self.scope.call_checked(function, &all, &places, span, Mode::Row);
                (self.scope.tail(measured, span, test, Mode::Row), function.node.clone())
            }
            ConstraintKind::Predicate { function, arguments } => (self.predicate(value, function, arguments, span), function.node.clone()),
            ConstraintKind::Each(inner) => {
                if !matches!(value.ty, Type::List(_) | Type::Map(..) | Type::Error) {
                    let message = format!("`each` speaks about the items of a list or the values of a map, and this is {}", value.ty);
                    self.diagnose(Diagnostic::new(Code::ConstraintType, message, span).help("leave `each` out"));
                    let broken = self.scope.literal(Literal::Null);
                    return (Checked { ty: Type::Error, ..broken }, "each".to_owned());
                }
                let mut check = String::new();
                // The borrow of `self` ends inside, so the body is checked by hand.
                let list = self.items_of(value);
                let test = self.each_test(&list, inner, span, &mut check);
                (test, format!("each.{check}"))
            }
            ConstraintKind::Unique | ConstraintKind::Increasing | ConstraintKind::Reference { .. } => {
                self.diagnose(
                    Diagnostic::new(Code::ConstraintType, "this constraint speaks about all rows, not about items", span)
                        .help("put it on the field itself"),
                );
                (self.scope.literal(Literal::Null), "unique".to_owned())
            }
        }
    }

    /// What `each` goes through: a list, or the values of a map.
    fn items_of(&mut self, value: &Checked) -> Checked {
        match &value.ty {
            Type::Map(_, of_values) => self.entries(value.id, Entry::Values, (**of_values).clone()),
            _ => value.clone(),
        }
    }

    /// One side of a map, as a list.
    pub(super) fn entries(&mut self, map: ExprId, entry: Entry, of: Type) -> Checked {
        Checked { id: self.scope.arena.intern(Node::Entries(map, entry)), ty: Type::list(of) }
    }

    fn each_test(&mut self, list: &Checked, inner: &ConstraintKind, span: Span, check: &mut String) -> Checked {
        let lambda = self.scope.new_lambda();
        let item_type = if let Type::List(item) = &list.ty { (**item).clone() } else { Type::Error };
        let item = Checked { id: self.scope.arena.intern(Node::Item(lambda)), ty: item_type };
        let (body, word) = self.constraint_test(&item, inner, span);
        *check = word;
        let id = self.scope.arena.intern(Node::Quantifier { all: true, list: list.id, lambda, body: body.id });
        Checked { id, ty: Type::Bool }
    }

    fn predicate(&mut self, value: &Checked, function: &ast::Name, arguments: &[AttributeArgument], span: Span) -> Checked {
        if let Some(diagnostic) = attribute_without_sign(function) {
            self.diagnose(diagnostic);
            let broken = self.scope.literal(Literal::Null);
            return Checked { ty: Type::Error, ..broken };
        }
        let detector = self.scope.is_detector(&function.node);
        let mut all = vec![value.clone()];
        let mut places = vec![span];
        for argument in arguments {
            match argument {
                AttributeArgument::Value(word) if detector => {
                    all.push(self.scope.detector_word(&function.node, word, false));
                    places.push(word.span);
                }
                AttributeArgument::Named(name, level) if detector && name.node == "from" => {
                    all.push(self.scope.detector_word(&function.node, level, true));
                    places.push(level.span);
                }
                AttributeArgument::Value(expr) => {
                    if let (ExprKind::Regex(pattern), "contains_match") = (&expr.kind, function.node.as_str()) {
                        return self.scope.matches(value, span, pattern, expr.span, false);
                    }
                    all.push(self.scope.expr(expr, Mode::Row));
                    places.push(expr.span);
                }
                other => {
                    let message = format!("`{}` does not take this argument", function.node);
                    let help = if detector { "it takes kinds, and the level to fail from: `from: medium`" } else { "give it plain values" };
                    self.diagnose(Diagnostic::new(Code::ArgumentType, message, other.span()).help(help));
                }
            }
        }
        let test = self.scope.call_checked(function, &all, &places, function.span, Mode::Row);
        if !matches!(test.ty, Type::Bool | Type::Error | Type::Null) {
            let message = format!("`{}` gives {}, which is neither true nor false", function.node, test.ty);
            let help = format!("test it: `{} >= 0`, `{0} between 1 and 10`", function.node);
            self.diagnose(Diagnostic::new(Code::NotBool, message, function.span).help(help));
        }
        test
    }
}

/// What to say of `warn(1%)`: no function has the name of an attribute.
fn attribute_without_sign(function: &ast::Name) -> Option<Diagnostic> {
    let name = function.node.as_str();
    attributes::known_names().find(|(known, _)| *known == name)?;
    let message = format!("`{name}` is an attribute, and attributes begin with `@`");
    let begin = Span { end: function.span.start, ..function.span };
    Some(
        Diagnostic::new(Code::UnknownFunction, message, function.span)
            .help(format!("write `@{name}`, behind the type or a constraint without a comma"))
            .guess(begin, "@"),
    )
}

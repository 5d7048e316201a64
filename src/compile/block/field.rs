//! Fields, patterns and members of structs, and the rules that their types bring.

use crate::compile::attributes::{self, Attributes, Place};
use crate::compile::env::{ResolvedType, fit};
use crate::compile::expr::{Checked, Mode};
use crate::compile::ir::{Bound, Column, ColumnId, ExprId, Literal, Node, Pattern, RuleBody, Severity, TypeSubject};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{self, Tail};

use super::{BlockBuilder, id_part};

/// The subject a constraint speaks about.
#[derive(Clone)]
pub(super) struct Subject {
    /// Parts of the id after the block's name, quoted where needed.
    pub(super) path: String,
    /// The field as a report shows it.
    pub(super) field: String,
    pub(super) value: Checked,
    /// The value before ill-typed ones became null.
    pub(super) present: ExprId,
    /// Not nullable: a missing value fails `required`.
    pub(super) required: bool,
    /// The struct it is a member of.
    pub(super) parent: Option<ExprId>,
    pub(super) pattern: Option<usize>,
    pub(super) column: Option<ColumnId>,
    pub(super) attributes: Attributes,
    pub(super) span: Span,
}

impl BlockBuilder<'_> {
    pub(super) fn column(&mut self, name: &ast::Name, resolved: &ResolvedType, attributes: &Attributes, docs: Option<&String>) {
        let id = ColumnId(u32::try_from(self.scope.columns.len()).unwrap_or(u32::MAX));
        self.scope.columns.push(Column {
            name: name.node.clone(),
            ty: resolved.ty.clone(),
            nullable: resolved.nullable,
            redact: attributes.redact,
            docs: docs.cloned(),
            span: name.span,
        });
        let raw = self.scope.arena.intern(Node::Column(id));
        let readable = self.readable(raw, resolved, attributes, name.span);
        self.scope.values.insert(name.node.clone(), readable.1.clone());
        self.readable.push(readable);
    }

    /// What reading a value gives: (with sentinels as null, and with ill-typed values as null too).
    fn readable(&mut self, raw: ExprId, resolved: &ResolvedType, attributes: &Attributes, span: Span) -> (ExprId, Checked) {
        let ty = resolved.ty.value_type();
        let mut present = raw;
        if !attributes.missing.is_empty() {
            let mut sentinels = Vec::new();
            for sentinel in &attributes.missing {
                match fit(sentinel.clone(), &ty).or_else(|| ty.comparable_with(&sentinel.ty()).then(|| sentinel.clone())) {
                    Some(fitted) => sentinels.push(fitted),
                    None => {
                        let message = format!("a sentinel of `@missing` is {}, the field is {ty}", sentinel.ty());
                        self.diagnose(Diagnostic::new(Code::ValueType, message, span).help("give a value of the field's type"));
                    }
                }
            }
            present = self.scope.arena.intern(Node::Missing(present, sentinels));
        }
        // Every column goes through `Typed`: text inputs have cells that do not parse, whatever the type.
        let value = self.scope.arena.intern(Node::Typed(present, resolved.ty.clone()));
        (present, Checked { id: value, ty })
    }

    pub(super) fn field(&mut self, field: &ast::Field, item: &ast::BlockItem, outer: &Attributes) {
        let resolved = self.scope.env.resolve(&field.body.ty, self.scope.diagnostics);
        let attributes = field_attributes(&field.body, &resolved, self.scope.diagnostics).over(outer);
        let Some(index) = self.scope.columns.iter().position(|column| column.span == field.name.span) else { return };
        let Some((present, value)) = self.readable.get(index).cloned() else { return };
        let id = ColumnId(u32::try_from(index).unwrap_or(u32::MAX));
        let subject = Subject {
            path: id_part(&field.name.node),
            field: field.name.node.clone(),
            value,
            present,
            required: !resolved.nullable,
            parent: None,
            pattern: None,
            column: Some(id),
            attributes,
            span: field.name.span,
        };
        self.subject_rules(&subject, &resolved, &field.body, item.docs.as_ref());
    }

    pub(super) fn pattern(&mut self, fields: &ast::FieldsPattern, item: &ast::BlockItem, outer: &Attributes) {
        let resolved = self.scope.env.resolve(&fields.body.ty, self.scope.diagnostics);
        let attributes = field_attributes(&fields.body, &resolved, self.scope.diagnostics).over(outer);
        let regex = match crate::compile::regex(&fields.pattern.node, true) {
            Ok(regex) => regex,
            Err((message, help)) => return self.diagnose(Diagnostic::new(Code::Regex, message, fields.pattern.span).help(help)),
        };
        let index = self.block.patterns.len();
        self.block.patterns.push(Pattern { regex, ty: resolved.ty.clone(), redact: attributes.redact });
        let raw = self.scope.arena.intern(Node::PatternColumn);
        let (present, value) = self.readable(raw, &resolved, &attributes, fields.pattern.span);
        let subject = Subject {
            path: format!("fields({})", fields.pattern.node),
            field: format!("fields({})", fields.pattern.node),
            value,
            present,
            required: !resolved.nullable,
            parent: None,
            pattern: Some(index),
            column: None,
            attributes,
            span: fields.pattern.span,
        };
        self.subject_rules(&subject, &resolved, &fields.body, item.docs.as_ref());
    }

    /// Every rule of a field, a pattern or a struct's member.
    fn subject_rules(&mut self, subject: &Subject, resolved: &ResolvedType, body: &ast::FieldBody, docs: Option<&String>) {
        if !resolved.nullable {
            let test = self.scope.arena.intern(Node::Present(subject.present));
            let test = self.within_parent(subject, test);
            self.push_row(subject, "required", test, &Attributes::default(), docs, subject.span);
        }
        self.type_rule(subject, resolved, docs);
        if let Some(values) = &resolved.values {
            let tail = Tail::InList { negated: false, values: values.clone() };
            let test = self.scope.tail(subject.value.clone(), body.ty.span, &tail, Mode::Row);
            self.push_row(subject, "enum", test.id, &Attributes::default(), docs, body.ty.span);
        }
        if let Some(reason) = &resolved.planned {
            self.not_yet(&format!("{} types", reason.as_str().trim_end_matches(" comes with LLM outputs")), body.ty.span);
        }
        for member in &resolved.members {
            self.member(subject, member, docs);
        }
        for constraint in resolved.constraints.iter().chain(&body.constraints) {
            self.constraint(subject, constraint, docs);
        }
    }

    /// A member's condition is unknown where the struct is null.
    fn within_parent(&mut self, subject: &Subject, test: ExprId) -> ExprId {
        let Some(parent) = subject.parent else { return test };
        let absent = self.scope.arena.intern(Node::IsNull(parent));
        let null = self.scope.arena.intern(Node::Literal(Literal::Null));
        self.scope.arena.intern(Node::Case(vec![(absent, null)], test))
    }

    fn type_rule(&mut self, subject: &Subject, resolved: &ResolvedType, docs: Option<&String>) {
        let by_row = Some(self.scope.arena.intern(Node::TypeOk(subject.present, resolved.ty.clone())));
        let about = match (subject.pattern, subject.column, subject.parent) {
            (Some(pattern), ..) => TypeSubject::Pattern(pattern),
            (None, Some(column), None) => TypeSubject::Column(column),
            (None, Some(column), Some(_)) => TypeSubject::Member(column),
            (None, None, _) => return,
        };
        let mut rule = self.blank(subject, "type", &Attributes::default(), docs, subject.span);
        // `@warn` on a field does not soften `type`.
        (rule.severity, rule.warn, rule.error) = (Severity::Error, None, Some(Bound::ZERO));
        rule.shadow = false;
        rule.nulls_fail = false;
        rule.body = RuleBody::Type(about, by_row);
        self.push(rule, subject, &[]);
    }

    fn member(&mut self, parent: &Subject, member: &ast::Field, docs: Option<&String>) {
        let resolved = self.scope.env.resolve(&member.body.ty, self.scope.diagnostics);
        let attributes = field_attributes(&member.body, &resolved, self.scope.diagnostics).over(&parent.attributes);
        let raw = self.scope.arena.intern(Node::Member(parent.value.id, member.name.node.clone()));
        let (present, value) = self.readable(raw, &resolved, &attributes, member.name.span);
        let subject = Subject {
            path: format!("{}.{}", parent.path, id_part(&member.name.node)),
            field: format!("{}.{}", parent.field, member.name.node),
            value,
            present,
            required: !resolved.nullable,
            parent: Some(parent.value.id),
            pattern: parent.pattern,
            column: parent.column,
            attributes,
            span: member.name.span,
        };
        self.subject_rules(&subject, &resolved, &member.body, docs);
    }
}

/// Attributes of a field, of its constraints where only a field can have them, and of its named types.
pub(super) fn field_attributes(body: &ast::FieldBody, resolved: &ResolvedType, diagnostics: &mut Vec<Diagnostic>) -> Attributes {
    let named = attributes::read(&resolved.attributes, Place::Field, diagnostics);
    let mut own = attributes::read(&body.attributes, Place::Field, diagnostics).over(&named);
    own.redact |= named.redact;
    own.missing.extend(named.missing);
    for constraint in &body.constraints {
        let stray = attributes::read(&constraint.attributes, Place::Constraint, &mut Vec::new());
        own.redact |= stray.redact;
        own.missing.extend(stray.missing);
    }
    own
}

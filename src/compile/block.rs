//! Blocks: fields, constraints, rules and checks become rules with ids.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{self, AttributeArgument, BlockItemKind, ConstraintKind, Expr, ExprKind, Tail};
use crate::types::{ColumnType, Type};

use super::attributes::{self, Attributes, Place};
use super::env::{Env, ResolvedType, constant, fit};
use super::expr::{Checked, Mode};
use super::ir::{
    AggregateCall, Arena, Block, Check, Column, ColumnId, ExprId, LambdaId, Literal, Node, Observation, OnFail, Pattern, Rule, RuleBody,
    Set, SetId, Severity, Template, TemplatePart, TypeSubject,
};

/// A `let` on its way from text to value.
enum Let {
    Open(Expr),
    Busy,
    Done(Checked),
}

/// Everything an expression of a block can see, and what the block has come to so far.
pub(crate) struct Scope<'a> {
    pub env: &'a Env,
    pub diagnostics: &'a mut Vec<Diagnostic>,
    pub arena: Arena,
    pub lambdas: Vec<(String, LambdaId, Type)>,
    pub next_lambda: &'a mut u32,
    /// Inline value sets; their ids go on after those of the environment.
    pub inline_sets: &'a mut Vec<Set>,
    pub aggregates: Vec<AggregateCall>,
    pub planned: Option<String>,
    pub used_params: BTreeSet<String>,
    pub used_sets: BTreeSet<String>,
    columns: Vec<Column>,
    /// What reading a column gives: sentinels and ill-typed values taken for null.
    values: BTreeMap<String, Checked>,
    lets: BTreeMap<String, Let>,
}

impl Scope<'_> {
    /// Columns and lets, for suggestions.
    pub(crate) fn names(&self) -> Vec<String> {
        self.values.keys().chain(self.lets.keys()).cloned().collect()
    }

    /// The value of a column or `let`.
    pub(crate) fn named_value(&mut self, name: &str, span: Span) -> Option<Checked> {
        if let Some(checked) = self.values.get(name) {
            return Some(checked.clone());
        }
        let entry = self.lets.get_mut(name)?;
        match std::mem::replace(entry, Let::Busy) {
            Let::Done(checked) => {
                *entry = Let::Done(checked.clone());
                Some(checked)
            }
            Let::Open(expr) => {
                let checked = self.expr(&expr, Mode::Row);
                self.lets.insert(name.to_owned(), Let::Done(checked.clone()));
                Some(checked)
            }
            Let::Busy => {
                let message = format!("`{name}` leads back to itself");
                self.diagnostics
                    .push(Diagnostic::new(Code::Cycle, message, span).help("a `let` is built from columns and lets that do not use it"));
                let broken = Checked { id: self.arena.intern(Node::Literal(Literal::Null)), ty: Type::Error };
                self.lets.insert(name.to_owned(), Let::Done(broken.clone()));
                Some(broken)
            }
        }
    }

    /// The id of a set of constants, new or known.
    pub(crate) fn inline_set(&mut self, ty: Type, values: Vec<Literal>) -> SetId {
        let offset = self.env.sets.len();
        let known = self.inline_sets.iter().position(|set| set.ty == ty && set.values == values);
        let index = known.unwrap_or_else(|| {
            self.inline_sets.push(Set { name: None, ty, values });
            self.inline_sets.len() - 1
        });
        SetId(u32::try_from(offset + index).unwrap_or(u32::MAX))
    }
}

/// The subject a constraint speaks about.
#[derive(Clone)]
struct Subject {
    /// Parts of the id after the block's name, quoted where needed.
    path: String,
    /// The field as a report shows it.
    field: String,
    value: Checked,
    /// The value before ill-typed ones became null.
    present: ExprId,
    /// Not nullable: a missing value fails `required`.
    required: bool,
    /// The struct it is a member of.
    parent: Option<ExprId>,
    pattern: Option<usize>,
    column: Option<ColumnId>,
    attributes: Attributes,
    span: Span,
}

/// Builds one block.
pub(crate) struct BlockBuilder<'a> {
    scope: Scope<'a>,
    block: Block,
    ids: BTreeMap<String, Span>,
    keys: Vec<ast::Name>,
}

/// Most rules one file may have.
pub(crate) const MAX_RULES: usize = 20_000;

/// Compiles a block.
pub(crate) fn compile(
    item: &ast::Item,
    ast_block: &ast::Block,
    output: bool,
    env: &Env,
    inline_sets: &mut Vec<Set>,
    next_lambda: &mut u32,
    diagnostics: &mut Vec<Diagnostic>,
) -> Block {
    let place = if output { Place::OutputBlock } else { Place::FeaturesBlock };
    let attributes = attributes::read(&ast_block.attributes, place, diagnostics);
    let scope = Scope {
        env,
        diagnostics,
        arena: Arena::default(),
        lambdas: Vec::new(),
        next_lambda,
        inline_sets,
        aggregates: Vec::new(),
        planned: None,
        used_params: BTreeSet::new(),
        used_sets: BTreeSet::new(),
        columns: Vec::new(),
        values: BTreeMap::new(),
        lets: BTreeMap::new(),
    };
    let block = Block {
        name: ast_block.name.node.clone(),
        docs: item.docs.clone(),
        output,
        closed: attributes.closed,
        keys: Vec::new(),
        columns: Vec::new(),
        patterns: Vec::new(),
        arena: Arena::default(),
        rules: Vec::new(),
        observations: Vec::new(),
    };
    let mut builder = BlockBuilder { scope, block, ids: BTreeMap::new(), keys: Vec::new() };
    builder.declare(ast_block);
    builder.build(ast_block, &attributes);
    builder.finish(ast_block, output)
}

/// A name as part of an id.
pub(crate) fn id_part(name: &str) -> String {
    let plain =
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { name.to_owned() } else { format!("`{name}`") }
}

impl BlockBuilder<'_> {
    fn diagnose(&mut self, diagnostic: Diagnostic) {
        self.scope.diagnostics.push(diagnostic);
    }

    /// Columns and lets first: rules may use what stands below them.
    fn declare(&mut self, block: &ast::Block) {
        let mut seen: BTreeMap<String, Span> = BTreeMap::new();
        for item in &block.items {
            let name = match &item.kind {
                BlockItemKind::Field(field) => &field.name,
                BlockItemKind::Let(binding) => &binding.name,
                BlockItemKind::Columns(columns) => {
                    for (name, ty) in columns {
                        let resolved = self.scope.env.resolve(ty, self.scope.diagnostics);
                        self.column(name, &resolved, &Attributes::default(), item.docs.as_ref());
                    }
                    continue;
                }
                _ => continue,
            };
            if let Some(first) = seen.insert(name.node.clone(), name.span) {
                let message = format!("`{}` is declared twice in this block", name.node);
                self.diagnose(
                    Diagnostic::new(Code::DuplicateName, message, name.span)
                        .also(first, "first declared here")
                        .help("rename or remove one of them"),
                );
                continue;
            }
            match &item.kind {
                BlockItemKind::Field(field) => {
                    let mut ignored = Vec::new();
                    let resolved = self.scope.env.resolve(&field.body.ty, &mut ignored);
                    let own = field_attributes(&field.body, &resolved, &mut ignored);
                    self.column(&field.name, &resolved, &own, item.docs.as_ref());
                }
                BlockItemKind::Let(binding) => {
                    self.scope.lets.insert(name.node.clone(), Let::Open(binding.value.clone()));
                }
                _ => {}
            }
        }
    }

    fn column(&mut self, name: &ast::Name, resolved: &ResolvedType, attributes: &Attributes, docs: Option<&String>) {
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
        let (_, value) = self.readable(raw, resolved, attributes, name.span);
        self.scope.values.insert(name.node.clone(), value);
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

    fn build(&mut self, block: &ast::Block, outer: &Attributes) {
        for item in &block.items {
            if self.block.rules.len() > MAX_RULES {
                self.diagnose(
                    Diagnostic::new(Code::Limit, format!("a block has at most {MAX_RULES} rules"), item.span).help("split the block"),
                );
                return;
            }
            match &item.kind {
                BlockItemKind::Key(names) => self.keys.extend(names.iter().cloned()),
                BlockItemKind::Field(field) => self.field(field, item, outer),
                BlockItemKind::Fields(pattern) => self.pattern(pattern, item, outer),
                BlockItemKind::Let(binding) => {
                    self.scope.named_value(&binding.name.node, binding.name.span);
                }
                BlockItemKind::Rule(rule) => self.rule(rule, item, outer),
                BlockItemKind::Check(check) => self.check(check, item, outer),
                BlockItemKind::Waive(waive) => self.waive(waive, item),
                BlockItemKind::Observe(observe) => self.observe(observe),
                BlockItemKind::Example { name, row } => {
                    self.record(row, &format!("the example `{}`", name.node));
                }
                BlockItemKind::Fallback(row) if self.block.output => self.record(row, "the fallback"),
                BlockItemKind::Fallback(_) | BlockItemKind::Columns(_) if !self.block.output => {
                    self.diagnose(
                        Diagnostic::new(Code::Misplaced, "this belongs to an `output` block", item.span)
                            .help("remove it, or make the block an `output`"),
                    );
                }
                BlockItemKind::Fallback(_) | BlockItemKind::Columns(_) => {}
            }
        }
    }

    fn not_yet(&mut self, what: &str, span: Span) {
        self.diagnose(
            Diagnostic::new(Code::NotSupportedYet, format!("{what} are not supported yet"), span)
                .help("the file is fine; this part takes effect in a later version"),
        );
    }

    fn record(&mut self, row: &[(ast::Name, Expr)], what: &str) {
        for (name, value) in row {
            let Some(column) = self.scope.columns.iter().find(|column| column.name == name.node).cloned() else {
                let known: Vec<String> = self.scope.columns.iter().map(|column| column.name.clone()).collect();
                let diagnostic = Diagnostic::new(Code::UnknownName, format!("{what} names `{}`, which is no field", name.node), name.span);
                let diagnostic = diagnostic.did_you_mean(&name.node, known.iter().map(String::as_str));
                self.diagnose(if diagnostic.help.is_some() { diagnostic } else { diagnostic.help("name a field of the block") });
                continue;
            };
            let mut ignored = Vec::new();
            let Some(literal) = constant(value, &mut ignored) else { continue };
            let ty = column.ty.value_type();
            if literal != Literal::Null && fit(literal.clone(), &ty).is_none() {
                let message = format!("`{}` is {ty}, and this is {}", name.node, literal.ty());
                self.diagnose(Diagnostic::new(Code::ValueType, message, value.span).help("give a value of the field's type"));
            }
        }
    }

    fn field(&mut self, field: &ast::Field, item: &ast::BlockItem, outer: &Attributes) {
        let resolved = self.scope.env.resolve(&field.body.ty, self.scope.diagnostics);
        let attributes = field_attributes(&field.body, &resolved, self.scope.diagnostics).over(outer);
        let Some(index) = self.scope.columns.iter().position(|column| column.span == field.name.span) else { return };
        let id = ColumnId(u32::try_from(index).unwrap_or(u32::MAX));
        let raw = self.scope.arena.intern(Node::Column(id));
        let (present, value) = self.readable_again(raw, &resolved, &attributes);
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

    /// [`Self::readable`] for a field that has been declared: its diagnostics are known already.
    fn readable_again(&mut self, raw: ExprId, resolved: &ResolvedType, attributes: &Attributes) -> (ExprId, Checked) {
        let ty = resolved.ty.value_type();
        let sentinels: Vec<Literal> = attributes
            .missing
            .iter()
            .filter_map(|sentinel| fit(sentinel.clone(), &ty).or_else(|| ty.comparable_with(&sentinel.ty()).then(|| sentinel.clone())))
            .collect();
        let present = if sentinels.is_empty() { raw } else { self.scope.arena.intern(Node::Missing(raw, sentinels)) };
        (present, Checked { id: self.scope.arena.intern(Node::Typed(present, resolved.ty.clone())), ty })
    }

    fn pattern(&mut self, fields: &ast::FieldsPattern, item: &ast::BlockItem, outer: &Attributes) {
        let resolved = self.scope.env.resolve(&fields.body.ty, self.scope.diagnostics);
        let attributes = field_attributes(&fields.body, &resolved, self.scope.diagnostics).over(outer);
        let regex = match super::expr::regex(&fields.pattern.node, true) {
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
        (rule.severity, rule.warn, rule.error) = (Severity::Error, None, Some(super::ir::Bound::ZERO));
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

    fn constraint(&mut self, subject: &Subject, constraint: &ast::Constraint, docs: Option<&String>) {
        let own = attributes::read(&constraint.attributes, Place::Constraint, self.scope.diagnostics);
        self.scope.planned = None;
        match &constraint.kind {
            ConstraintKind::Unique | ConstraintKind::Increasing | ConstraintKind::Reference { .. } => {
                self.session_constraint(subject, constraint, &own, docs);
            }
            kind => {
                let (test, check) = self.constraint_test(&subject.value.clone(), kind, constraint.span);
                let mut rule = self.blank(subject, &check, &own, docs, constraint.span);
                rule.when = self.when(constraint.when.as_ref());
                let test = self.silent_where_missing(subject, test.id);
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

    fn row_body(&self, subject: &Subject, test: ExprId) -> RuleBody {
        match subject.pattern {
            Some(pattern) => RuleBody::Pattern(pattern, test),
            None => RuleBody::Row(test),
        }
    }

    fn when(&mut self, when: Option<&Expr>) -> Option<ExprId> {
        when.map(|when| self.scope.condition(when, Mode::Row).id)
    }

    fn session_constraint(&mut self, subject: &Subject, constraint: &ast::Constraint, own: &Attributes, docs: Option<&String>) {
        let check = match &constraint.kind {
            ConstraintKind::Unique => "unique",
            ConstraintKind::Increasing => "order",
            _ => "reference",
        };
        let mut rule = self.blank(subject, check, own, docs, constraint.span);
        rule.when = self.when(constraint.when.as_ref());
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
            ConstraintKind::Reference { .. } => {
                rule.planned = Some("references come with a later version".to_owned());
                self.not_yet("references", constraint.span);
                RuleBody::Planned
            }
            _ => {
                let message = format!("{} cannot be `{check}`", subject.value.ty);
                return self.diagnose(
                    Diagnostic::new(Code::ConstraintType, message, constraint.span).help("it works on numbers, strings, times and dates"),
                );
            }
        };
        self.push(rule, subject, &[]);
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
                if !matches!(value.ty, Type::List(_) | Type::Error) {
                    let message = format!("`each` speaks about the items of a list, and this is {}", value.ty);
                    self.diagnose(Diagnostic::new(Code::ConstraintType, message, span).help("leave `each` out"));
                    let broken = self.scope.literal(Literal::Null);
                    return (Checked { ty: Type::Error, ..broken }, "each".to_owned());
                }
                let mut check = String::new();
                // The borrow of `self` ends inside, so the body is checked by hand.
                let lambda_value = value.clone();
                let test = self.each_test(&lambda_value, inner, span, &mut check);
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
        let detector =
            matches!(crate::functions::find(&function.node), Some(def) if matches!(def.eval, crate::functions::Eval::Planned(_)));
        let mut all = vec![value.clone()];
        let mut places = vec![span];
        for argument in arguments {
            match argument {
                // Kinds and levels of detectors are words, not columns.
                _ if detector => {}
                AttributeArgument::Value(expr) => {
                    if let (ExprKind::Regex(pattern), "contains_match") = (&expr.kind, function.node.as_str()) {
                        return self.scope.matches(value, span, pattern, expr.span, false);
                    }
                    all.push(self.scope.expr(expr, Mode::Row));
                    places.push(expr.span);
                }
                other => {
                    let message = format!("`{}` does not take this argument", function.node);
                    self.diagnose(Diagnostic::new(Code::ArgumentType, message, other.span()).help("give it plain values"));
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

    fn rule(&mut self, rule: &ast::RuleItem, item: &ast::BlockItem, outer: &Attributes) {
        let attributes = attributes::read(&rule.attributes, Place::Rule, self.scope.diagnostics).over(outer);
        self.scope.planned = None;
        let when = self.when(rule.when.as_ref());
        let expect = self.scope.condition(&rule.expect, Mode::Row);
        let message = self.template(rule.message.as_ref());
        let mut compiled = self.named(&rule.name, &attributes, item);
        compiled.when = when;
        compiled.body = RuleBody::Row(expect.id);
        compiled.message = message;
        self.finish_rule(compiled, &rule.name, &[]);
    }

    fn check(&mut self, check: &ast::CheckItem, item: &ast::BlockItem, outer: &Attributes) {
        let attributes = attributes::read(&check.attributes, Place::Rule, self.scope.diagnostics).over(outer);
        self.scope.planned = None;
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
        let mut compiled = self.named(&check.name, &attributes, item);
        compiled.message =
            check.message.as_ref().map(|text| Template { text: text.node.clone(), parts: vec![TemplatePart::Text(text.node.clone())] });
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

    fn named(&mut self, name: &ast::Name, attributes: &Attributes, item: &ast::BlockItem) -> Rule {
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
        }
    }

    fn blank(&mut self, subject: &Subject, check: &str, own: &Attributes, docs: Option<&String>, span: Span) -> Rule {
        let merged = own.clone().over(&subject.attributes);
        let (severity, warn, error) = merged.bounds();
        // Only the last part is replaced: `each.length` becomes `each.name`.
        let each = if check.starts_with("each.") { "each." } else { "" };
        let last = own.name.as_ref().map_or_else(|| check.to_owned(), |name| format!("{each}{}", id_part(&name.node)));
        Rule {
            id: format!("{}.{}.{last}", id_part(&self.block.name), subject.path),
            field: Some(subject.field.clone()),
            check: check.to_owned(),
            severity,
            warn,
            error,
            shadow: merged.shadow,
            nulls_fail: merged.nulls_fail,
            on_fail: on_fail(&merged, severity),
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
        }
    }

    fn push_row(&mut self, subject: &Subject, check: &str, test: ExprId, own: &Attributes, docs: Option<&String>, span: Span) {
        let mut rule = self.blank(subject, check, own, docs, span);
        rule.body = self.row_body(subject, test);
        if check == "required" {
            rule.nulls_fail = false;
        }
        self.push(rule, subject, &[]);
    }

    fn push(&mut self, mut rule: Rule, subject: &Subject, read: &[ExprId]) {
        if let Some(pattern) = subject.pattern {
            rule.redacted = self.block.patterns.get(pattern).is_some_and(|pattern| pattern.redact);
        }
        rule.redacted |= subject.attributes.redact;
        let name = ast::Name::new(rule.id.clone(), rule.span);
        self.finish_rule(rule, &name, read);
    }

    fn finish_rule(&mut self, mut rule: Rule, name: &ast::Name, read: &[ExprId]) {
        if let Some(reason) = self.scope.planned.take() {
            self.diagnose(
                Diagnostic::new(Code::NotSupportedYet, format!("not supported yet: {reason}"), rule.span)
                    .help("the rule is skipped until then, and every report says so"),
            );
            rule.planned.get_or_insert(reason);
        }
        let roots: Vec<ExprId> = rule
            .when
            .iter()
            .copied()
            .chain(read.iter().copied())
            .chain(match &rule.body {
                RuleBody::Row(test) | RuleBody::Increasing(test) | RuleBody::Pattern(_, test) => vec![*test],
                RuleBody::Unique(keys) => keys.clone(),
                _ => Vec::new(),
            })
            .collect();
        let mut columns = self.scope.arena.columns(roots);
        if let RuleBody::Type(TypeSubject::Column(column) | TypeSubject::Member(column), _) = rule.body {
            columns.insert(column);
        }
        rule.columns = columns.into_iter().collect();
        let redacted = |column: &ColumnId| self.scope.columns.get(column.0 as usize).is_some_and(|column| column.redact);
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
            diagnostic.help(format!("name this one, so that its id never moves: `@name({fresh})`")).suggest(at, format!(" @name({fresh})"))
        } else {
            diagnostic.help("rename one of them")
        };
        self.diagnose(diagnostic);
    }

    fn waive(&mut self, waive: &ast::Waive, item: &ast::BlockItem) {
        if let Some(filter) = &waive.filter {
            self.scope.condition(filter, Mode::Row);
        }
        if let Some(until) = &waive.until {
            let ty = self.scope.expr(until, Mode::Row).ty;
            if !matches!(ty, Type::Date | Type::Error) {
                self.diagnose(
                    Diagnostic::new(Code::ValueType, format!("a waiver ends on a date, and this is {ty}"), until.span)
                        .help("write `until date \"2027-03-31\"`"),
                );
            }
        }
        self.not_yet("waivers", item.span);
    }

    fn observe(&mut self, observe: &ast::Observe) {
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
        let ascending = buckets.windows(2).all(|pair| matches!(pair, [a, b] if super::expr::order(a, b) == Some(std::cmp::Ordering::Less)));
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

    fn template(&mut self, message: Option<&crate::source::Spanned<String>>) -> Option<Template> {
        let message = message?;
        let mut parts = Vec::new();
        let mut rest = message.node.as_str();
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
            let checked = self.placeholder(name.trim(), message.span);
            parts.push(TemplatePart::Value(checked.id));
            rest = after;
        }
        parts.push(TemplatePart::Text(rest.replace("}}", "}")));
        Some(Template { text: message.node.clone(), parts })
    }

    /// `{column}`, `{column.member}`, `{let}`, `{$param}`.
    fn placeholder(&mut self, text: &str, span: Span) -> Checked {
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
        let checked = self.scope.expr(&expr, Mode::Row);
        // The place is the whole message, so an edit of it would replace more than the name.
        self.scope.diagnostics.iter_mut().skip(known).for_each(|diagnostic| diagnostic.suggestion = None);
        checked
    }

    fn finish(mut self, block: &ast::Block, output: bool) -> Block {
        for key in std::mem::take(&mut self.keys) {
            match self.scope.columns.iter().position(|column| column.name == key.node) {
                Some(index) => self.block.keys.push(ColumnId(u32::try_from(index).unwrap_or(u32::MAX))),
                None => {
                    let known: Vec<String> = self.scope.columns.iter().map(|column| column.name.clone()).collect();
                    let diagnostic =
                        Diagnostic::new(Code::UnknownName, format!("the key `{}` is no field of this block", key.node), key.span);
                    let diagnostic = diagnostic.did_you_mean(&key.node, known.iter().map(String::as_str));
                    self.diagnose(if diagnostic.help.is_some() { diagnostic } else { diagnostic.help("declare it as a field") });
                }
            }
        }
        if self.block.closed && !output {
            let mut rule = self.named(
                &ast::Name::new("extra_columns".to_owned(), block.name.span),
                &Attributes::default(),
                &ast::BlockItem { kind: BlockItemKind::Key(Vec::new()), docs: None, span: block.name.span },
            );
            rule.check = "extra_columns".to_owned();
            self.block.rules.push(rule);
        }
        if output {
            let message = format!("`output` blocks are not supported yet: the rules of `{}` are skipped", block.name.node);
            self.diagnose(
                Diagnostic::new(Code::NotSupportedYet, message, block.name.span).help("every report lists them as skipped until then"),
            );
            for rule in &mut self.block.rules {
                rule.planned = Some("output blocks come with LLM outputs".to_owned());
            }
        }
        self.block.columns = self.scope.columns;
        self.block.arena = self.scope.arena;
        self.block
    }
}

fn on_fail(attributes: &Attributes, severity: Severity) -> OnFail {
    attributes.on_fail.clone().unwrap_or(if severity == Severity::Error { OnFail::RejectRow } else { OnFail::Keep })
}

/// Attributes of a field, of its constraints where only a field can have them, and of its named types.
fn field_attributes(body: &ast::FieldBody, resolved: &ResolvedType, diagnostics: &mut Vec<Diagnostic>) -> Attributes {
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

/// The shape of a column in JSON-like words, for tests and `check`.
pub(crate) fn shape(column: &Column) -> String {
    let mark = if column.nullable { "?" } else { "" };
    match &column.ty {
        ColumnType::Error => "?".to_owned(),
        ty => format!("{ty}{mark}"),
    }
}

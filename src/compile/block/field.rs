//! Fields, patterns and members of structs, and the rules that their types bring.

use crate::compile::attributes::{self, Attributes, Place};
use crate::compile::env::{Env, ResolvedType, fit};
use crate::compile::expr::{Checked, Mode};
use crate::compile::ir::{
    Bound, Column, ColumnId, ExprId, LambdaId, Literal, Node, OnFail, Pattern, Question, Rule, RuleBody, Severity, TypeSubject,
};
use crate::diagnostics::{Code, Diagnostic};
use crate::outputs::Step;
use crate::source::Span;
use crate::syntax::ast::{self, Tail};
use crate::types::{ColumnType, Entry};

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
    /// Lists whose items it is in, outermost first.
    pub(super) within: Vec<(LambdaId, ExprId)>,
    /// What the kinds of its ids begin with: `each.` for the items of a list and the values of a map, `key.` for its keys.
    pub(super) each: String,
    /// In a response: the names that lead to it.
    pub(super) response: Option<Vec<String>>,
    pub(super) attributes: Attributes,
    pub(super) span: Span,
}

impl Subject {
    /// The parts of the ids of its members: those of items stand behind `each`.
    fn dotted(&self) -> String {
        format!("{}{}", self.path, if self.each.is_empty() { String::new() } else { format!(".{}", self.each.trim_end_matches('.')) })
    }

    /// The names that lead to a member.
    fn deeper(&self, member: &str) -> Option<Vec<String>> {
        self.response.as_ref().map(|path| path.iter().map(String::as_str).chain([member]).map(str::to_owned).collect())
    }
}

/// A field with what its type and attributes come to.
pub(super) struct Declared {
    /// Where its name stands.
    name: Span,
    column: usize,
    pub(super) resolved: ResolvedType,
    pub(super) attributes: Attributes,
    /// What there is to say of both, once its rules are built.
    said: Vec<Diagnostic>,
}

impl Declared {
    pub(super) fn of(field: &ast::Field, column: usize, env: &Env) -> Self {
        let mut said = Vec::new();
        let resolved = env.resolve(&field.body.ty, &mut said);
        let attributes = field_attributes(&field.body, &resolved, &mut said);
        Self { name: field.name.span, column, resolved, attributes, said }
    }
}

/// Whether a type brings rules of its own to the items that have it.
fn brings_rules(item: &ResolvedType) -> bool {
    let of_entries = || item.entry.as_deref().is_some_and(|(key, value)| brings_rules(key) || brings_rules(value));
    let of_items = || item.item.as_deref().is_some_and(brings_rules);
    item.values.is_some() || !item.members.is_empty() || !item.constraints.is_empty() || of_items() || of_entries()
}

impl BlockBuilder<'_> {
    pub(super) fn column(
        &mut self,
        name: &ast::Name,
        resolved: &ResolvedType,
        attributes: &Attributes,
        response: bool,
        docs: Option<&String>,
    ) {
        let id = ColumnId(u32::try_from(self.scope.columns.len()).unwrap_or(u32::MAX));
        self.scope.columns.push(Column {
            name: name.node.clone(),
            ty: resolved.ty.clone(),
            nullable: resolved.nullable,
            redact: attributes.redact,
            guarded: false,
            response,
            docs: docs.cloned(),
        });
        let raw = self.scope.arena.intern(Node::Column(id));
        let readable = self.readable(raw, resolved, attributes);
        self.scope.values.insert(name.node.clone(), readable.1.clone());
        self.readable.push(readable);
    }

    /// What reading a value gives: (with sentinels as null, and with ill-typed values as null too).
    fn readable(&mut self, raw: ExprId, resolved: &ResolvedType, attributes: &Attributes) -> (ExprId, Checked) {
        let ty = resolved.ty.value_type();
        let mut present = raw;
        if !attributes.missing.is_empty() {
            let mut sentinels = Vec::new();
            for (sentinel, place) in &attributes.missing {
                match fit(sentinel.clone(), &ty).or_else(|| ty.comparable_with(&sentinel.ty()).then(|| sentinel.clone())) {
                    Some(fitted) => sentinels.push(fitted),
                    None => {
                        let message = format!("a sentinel of `@missing` is {}, the field is {ty}", sentinel.ty());
                        self.diagnose(Diagnostic::new(Code::ValueType, message, *place).help("give a value of the field's type"));
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
        let is_next = self.declared.front().is_some_and(|declared| declared.name == field.name.span);
        let Some(declared) = is_next.then(|| self.declared.pop_front()).flatten() else {
            // The second of its name has no column, and mistakes all the same.
            return self.scope.diagnostics.append(&mut Declared::of(field, 0, self.scope.env).said);
        };
        let Declared { column: index, resolved, attributes, mut said, .. } = declared;
        self.scope.diagnostics.append(&mut said);
        let attributes = attributes.over(outer);
        let Some((present, value)) = self.readable.get(index).cloned() else { return };
        let id = ColumnId(u32::try_from(index).unwrap_or(u32::MAX));
        let response = self.scope.columns.get(index).is_some_and(|column| column.response);
        let subject = Subject {
            path: id_part(&field.name.node),
            field: field.name.node.clone(),
            value,
            present,
            required: !resolved.nullable,
            parent: None,
            pattern: None,
            column: Some(id),
            within: Vec::new(),
            each: String::new(),
            response: response.then(|| vec![field.name.node.clone()]),
            attributes,
            span: field.name.span,
        };
        self.only_in_responses(&subject, &resolved, &field.body);
        self.subject_rules(&subject, &resolved, &field.body, item.docs.as_ref());
    }

    /// What makes sense for values of a response alone.
    fn only_in_responses(&mut self, subject: &Subject, resolved: &ResolvedType, body: &ast::FieldBody) {
        if subject.response.is_some() {
            return self.note_reading(subject, resolved);
        }
        let attributes = &subject.attributes;
        let places = [("@coerce", attributes.coerce), ("@normalize", attributes.normalize.as_ref().map(|(_, span)| *span))].into_iter();
        for (name, span) in places.filter_map(|(name, span)| Some((name, span?))) {
            let message = format!("`{name}` is for fields of an `output` block: the values of a column are judged as they are");
            self.diagnose(Diagnostic::new(Code::UnknownAttribute, message, span).help("remove it"));
        }
        if matches!(resolved.ty, ColumnType::OneOf(..)) {
            self.diagnose(
                Diagnostic::new(Code::ConstraintType, "`one_of` is for fields of an `output` block", body.ty.span)
                    .help("declare the column as a `struct { … }`"),
            );
        }
    }

    /// Remembers how the values of a field of a response are read.
    fn note_reading(&mut self, subject: &Subject, resolved: &ResolvedType) {
        let Some(path) = &subject.response else { return };
        if subject.attributes.coerce.is_some() {
            self.coerced.insert(path.clone());
        }
        let Some((steps, span)) = subject.attributes.normalize.clone() else { return };
        let text = |ty: &ColumnType| *ty == ColumnType::String;
        let fits = match &resolved.ty {
            ColumnType::List(item, _) => text(item),
            ty => text(ty) && !steps.contains(&Step::DropBlank),
        };
        if !fits && resolved.ty != ColumnType::Error {
            let what =
                if text(&resolved.ty) { "`drop_blank` drops items of a list".to_owned() } else { format!("this is {}", resolved.ty) };
            self.diagnose(
                Diagnostic::new(Code::AttributeArguments, format!("`@normalize` changes texts and lists of texts, and {what}"), span)
                    .help("remove it, or put it on a field of type `string` or `list<string>`"),
            );
        } else if path.len() == 1 {
            self.normalized.insert(subject.field.clone(), steps);
        } else {
            self.diagnose(
                Diagnostic::new(Code::AttributeArguments, "`@normalize` stands on fields, not on members of a struct", span)
                    .help("make the member a field of its own, or test it with `trimmed`, `not_blank` and the like"),
            );
        }
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
        let (present, value) = self.readable(raw, &resolved, &attributes);
        let subject = Subject {
            path: format!("fields({})", fields.pattern.node),
            field: format!("fields({})", fields.pattern.node),
            value,
            present,
            required: !resolved.nullable,
            parent: None,
            pattern: Some(index),
            column: None,
            within: Vec::new(),
            each: String::new(),
            response: None,
            attributes,
            span: fields.pattern.span,
        };
        self.subject_rules(&subject, &resolved, &fields.body, item.docs.as_ref());
    }

    /// Every rule of a field, a pattern or a struct's member.
    fn subject_rules(&mut self, subject: &Subject, resolved: &ResolvedType, body: &ast::FieldBody, docs: Option<&String>) {
        let is_item = !subject.each.is_empty();
        if !resolved.nullable && !is_item {
            let test = self.scope.arena.intern(Node::Present(subject.present));
            let test = self.within_parent(subject, test);
            self.push_row(subject, "required", test, &Attributes::default(), docs, subject.span);
        }
        // The type of items is part of their list's.
        if !is_item {
            self.type_rule(subject, resolved, docs);
        }
        // Of values that are wrong it has been told.
        if let Some(values) = resolved.values.as_ref().filter(|_| resolved.ty != ColumnType::Error) {
            let tail = Tail::InList { negated: false, values: values.clone() };
            let test = self.scope.tail(subject.value.clone(), body.ty.span, &tail, Mode::Row);
            self.push_row(subject, "enum", test.id, &Attributes::default(), docs, body.ty.span);
        }
        if matches!(resolved.ty, ColumnType::OneOf(..)) {
            resolved.members.iter().for_each(|variant| self.variant(subject, variant, docs));
        } else {
            resolved.members.iter().for_each(|member| self.member(subject, member, docs));
        }
        if let Some(item) = &resolved.item {
            self.items(subject, subject.value.id, "each.", item, body, docs);
        }
        if let Some((key, value)) = resolved.entry.as_deref() {
            self.of_entries(subject, Entry::Keys, key, body, docs);
            self.of_entries(subject, Entry::Values, value, body, docs);
        }
        for constraint in resolved.constraints.iter().chain(&body.constraints) {
            self.constraint(subject, constraint, docs);
        }
    }

    /// Rules that the type of a map's keys or values brings.
    fn of_entries(&mut self, map: &Subject, entry: Entry, ty: &ResolvedType, body: &ast::FieldBody, docs: Option<&String>) {
        let is_text = matches!(ty.ty, ColumnType::String | ColumnType::Error);
        if entry == Entry::Keys && map.response.is_some() && !is_text {
            let message = format!("the keys of an object are texts, and these are declared {}", ty.ty);
            return self.diagnose(Diagnostic::new(Code::ConstraintType, message, body.ty.span).help("write `map<string, …>`"));
        }
        if !brings_rules(ty) {
            return;
        }
        let list = self.entries(map.value.id, entry, ty.ty.value_type());
        match entry {
            Entry::Values => self.items(map, list.id, "each.", ty, body, docs),
            // No path of a response leads to a key.
            Entry::Keys => self.items(&Subject { response: None, ..map.clone() }, list.id, "key.", ty, body, docs),
        }
    }

    /// Rules that the type of a list's items brings: values of an `enum`, members of a struct, constraints of a named type.
    fn items(&mut self, of: &Subject, list: ExprId, kind: &str, item: &ResolvedType, body: &ast::FieldBody, docs: Option<&String>) {
        if !brings_rules(item) {
            return;
        }
        let lambda = self.scope.new_lambda();
        let id = self.scope.arena.intern(Node::Item(lambda));
        let subject = Subject {
            value: Checked { id, ty: item.ty.value_type() },
            present: id,
            required: !item.nullable,
            parent: Some(id),
            within: of.within.iter().copied().chain([(lambda, list)]).collect(),
            each: format!("{}{kind}", of.each),
            ..of.clone()
        };
        let body = ast::FieldBody { ty: body.ty.clone(), attributes: Vec::new(), constraints: Vec::new() };
        self.subject_rules(&subject, item, &body, docs);
    }

    /// A condition on an item, asked of all items of the lists it is in.
    pub(super) fn over_items(&mut self, subject: &Subject, test: ExprId) -> ExprId {
        subject
            .within
            .iter()
            .rev()
            .fold(test, |body, (lambda, list)| self.scope.arena.intern(Node::Quantifier { all: true, list: *list, lambda: *lambda, body }))
    }

    /// A member's condition is unknown where the struct is null.
    fn within_parent(&mut self, subject: &Subject, test: ExprId) -> ExprId {
        let Some(parent) = subject.parent else { return test };
        let absent = self.scope.arena.intern(Node::IsNull(parent));
        let null = self.scope.arena.intern(Node::Literal(Literal::Null));
        self.scope.arena.intern(Node::Case(vec![(absent, null)], test))
    }

    fn type_rule(&mut self, subject: &Subject, resolved: &ResolvedType, docs: Option<&String>) {
        if !subject.within.is_empty() && subject.response.is_none() {
            return self.member_type_rule(subject, resolved, docs);
        }
        let by_row = Some(self.scope.arena.intern(Node::TypeOk(subject.present, resolved.ty.clone())));
        let about = match (subject.pattern, subject.column, subject.parent) {
            (Some(pattern), ..) => TypeSubject::Pattern(pattern),
            (None, Some(column), None) => TypeSubject::Column(column),
            (None, Some(column), Some(_)) => TypeSubject::Member(column),
            (None, None, _) => return,
        };
        let mut rule = self.blank(subject, "type", &Attributes::default(), docs, subject.span);
        unsoftened(&mut rule);
        rule.body = RuleBody::Type(about, by_row.filter(|_| subject.within.is_empty()));
        if let Some(path) = &subject.response {
            rule.body = RuleBody::Response(Question::Type(path.clone()), Box::new(rule.body));
        }
        self.push(rule, subject, &[]);
    }

    /// Whether members of items have their type is asked of all items, where rows can fail it.
    fn member_type_rule(&mut self, subject: &Subject, resolved: &ResolvedType, docs: Option<&String>) {
        if !resolved.ty.can_fail_by_row() {
            return;
        }
        let test = self.scope.arena.intern(Node::TypeOk(subject.present, resolved.ty.clone()));
        let mut rule = self.blank(subject, "type", &Attributes::default(), docs, subject.span);
        unsoftened(&mut rule);
        let test = self.over_items(subject, test);
        rule.body = self.row_body(subject, test);
        self.push(rule, subject, &[]);
    }

    /// The members that a value of a discriminator brings.
    fn variant(&mut self, union: &Subject, variant: &ast::Field, docs: Option<&String>) {
        let resolved = self.scope.env.resolve(&variant.body.ty, self.scope.diagnostics);
        let id = self.scope.arena.intern(Node::Member(union.value.id, variant.name.node.clone()));
        let subject = Subject {
            path: format!("{}.{}", union.dotted(), id_part(&variant.name.node)),
            field: format!("{}.{}", union.field, variant.name.node),
            value: Checked { id, ty: resolved.ty.value_type() },
            present: id,
            required: false,
            parent: Some(id),
            each: String::new(),
            response: union.deeper(&variant.name.node),
            ..union.clone()
        };
        resolved.members.iter().for_each(|member| self.member(&subject, member, docs));
    }

    fn member(&mut self, parent: &Subject, member: &ast::Field, docs: Option<&String>) {
        let resolved = self.scope.env.resolve(&member.body.ty, self.scope.diagnostics);
        let attributes = field_attributes(&member.body, &resolved, self.scope.diagnostics).over(&parent.attributes);
        let raw = self.scope.arena.intern(Node::Member(parent.value.id, member.name.node.clone()));
        let (present, value) = self.readable(raw, &resolved, &attributes);
        let subject = Subject {
            path: format!("{}.{}", parent.dotted(), id_part(&member.name.node)),
            field: format!("{}.{}", parent.field, member.name.node),
            value,
            present,
            required: !resolved.nullable,
            parent: Some(parent.value.id),
            pattern: parent.pattern,
            column: parent.column,
            within: parent.within.clone(),
            each: String::new(),
            response: parent.deeper(&member.name.node),
            attributes,
            span: member.name.span,
        };
        self.only_in_responses(&subject, &resolved, &member.body);
        self.subject_rules(&subject, &resolved, &member.body, docs);
    }
}

/// `@warn` on a field does not soften `type`.
fn unsoftened(rule: &mut Rule) {
    (rule.severity, rule.warn, rule.error) = (Severity::Error, None, Some(Bound::ZERO));
    rule.shadow = false;
    rule.nulls_fail = false;
    if !rule.on_fail_given {
        rule.on_fail = OnFail::by_default(Severity::Error);
    }
}

/// Attributes of a field, of its constraints where only a field can have them, and of its named types.
pub(super) fn field_attributes(body: &ast::FieldBody, resolved: &ResolvedType, diagnostics: &mut Vec<Diagnostic>) -> Attributes {
    let named = attributes::read(&resolved.attributes, Place::Field, diagnostics);
    let mut own = attributes::read(&body.attributes, Place::Field, diagnostics).over(&named);
    own.redact |= named.redact;
    own.missing.extend(named.missing);
    let of_field = |attribute: &ast::Attribute| matches!(attribute.name.node.as_str(), "redact" | "missing");
    for constraint in body.constraints.iter().filter(|constraint| constraint.attributes.iter().any(of_field)) {
        let stray = attributes::read(&constraint.attributes, Place::Constraint, &mut Vec::new());
        own.redact |= stray.redact;
        own.missing.extend(stray.missing);
    }
    own
}

//! Fields, struct members and patterns as subjects of rules: their cells, row by row.

use super::eval::{Context, Scope};
use super::settings::find;
use super::table::serves;
use super::value::Value;
use rulegate::syntax::ast::{Attribute, AttributeArgument, BlockItemKind, Constraint, Field, FieldBody, FieldsPattern, TypeExpr, TypeKind};

/// One cell of a subject.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The struct around a member is null, so nothing is asked of the member.
    pub parent_null: bool,
    /// Sentinels taken out.
    pub present: Value,
    /// Ill-shaped values taken out too: what rules read.
    pub typed: Value,
}

/// What a group of rules speaks about.
pub struct Subject<'a> {
    /// The id without its last part.
    pub id: String,
    pub body: &'a FieldBody,
    /// Attributes of the members and fields around it, nearest first.
    pub outer: Vec<&'a [Attribute]>,
    /// Columns that hold it; several for a pattern, none where the column is absent.
    pub columns: Vec<Vec<Cell>>,
    /// The column is in the data.
    pub is_there: bool,
    /// The data has the declared type.
    pub fits: bool,
    /// A pattern: no matching column is no fault.
    pub is_pattern: bool,
}

/// A constraint with its attributes, nearest first.
pub type Layered<'a> = (&'a Constraint, Vec<&'a [Attribute]>);

/// A name as it stands in an id.
pub fn id_name(name: &str) -> String {
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let plain = starts && chars.all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { name.to_owned() } else { format!("`{name}`") }
}

impl<'a> Context<'a> {
    /// Takes sentinels and ill-shaped values out of every declared column, so that all expressions read it so.
    pub fn lay_down_columns(&mut self) {
        for item in &self.block.items {
            let BlockItemKind::Field(field) = &*item.kind else { continue };
            let cells = self.cells(&field.name.node, &field.body);
            self.table.set_seen(&field.name.node, cells.into_iter().map(|cell| cell.typed).collect());
        }
    }

    fn cells(&self, column: &str, body: &'a FieldBody) -> Vec<Cell> {
        let raw = self.table.raw_column(column).into_iter();
        raw.map(|value| self.cell_of(false, self.without_sentinels(value, body), body)).collect()
    }

    fn cell_of(&self, parent_null: bool, present: Value, body: &'a FieldBody) -> Cell {
        let typed = self.typed(present.clone(), &body.ty);
        Cell { parent_null, present, typed }
    }

    fn members_of(&self, ty: &'a TypeExpr) -> &'a [Field] {
        match &self.resolve(ty).0.kind {
            TypeKind::Struct(members) => members,
            _ => &[],
        }
    }

    /// `@missing` of the field, of its constraints and of its named types, and of the members inside.
    fn without_sentinels(&self, value: Value, body: &'a FieldBody) -> Value {
        if self.is_sentinel(&value, body) {
            return Value::Null;
        }
        self.with_members(value, &body.ty, |value, member| self.without_sentinels(value, &member.body))
    }

    fn is_sentinel(&self, value: &Value, body: &'a FieldBody) -> bool {
        let own = self.constraints(body).into_iter().flat_map(|(_, levels)| levels);
        let levels = own.chain(self.type_attributes(&body.ty)).chain([&*body.attributes]);
        let arguments = levels.filter_map(|level| find(level, "missing")).flat_map(|missing| &missing.arguments);
        let sentinels = arguments.filter_map(super::walk::argument_expr);
        let subject = super::eval::Operand { value: value.clone(), shape: self.type_shape(&body.ty) };
        !value.is_null()
            && sentinels
                .into_iter()
                .any(|sentinel| self.is_in(&subject, std::slice::from_ref(sentinel), &Scope::default()) == Value::Bool(true))
    }

    fn with_members(&self, value: Value, ty: &'a TypeExpr, change: impl Fn(Value, &'a Field) -> Value) -> Value {
        let declared = self.members_of(ty);
        let Value::Struct(members) = value else { return value };
        let changed = members.into_iter().map(|(name, value)| {
            let value = match declared.iter().find(|member| member.name.node == name) {
                Some(member) => change(value, member),
                None => value,
            };
            (name, value)
        });
        Value::Struct(changed.collect())
    }

    fn typed(&self, value: Value, ty: &'a TypeExpr) -> Value {
        if !self.conforms(&value, ty) {
            return Value::Null;
        }
        self.with_members(value, ty, |value, member| self.typed(value, &member.body.ty))
    }

    /// Can single rows have another shape than declared, though the column has the type?
    pub fn is_judged_by_row(&self, ty: &'a TypeExpr) -> bool {
        match &self.resolve(ty).0.kind {
            TypeKind::Vector(_, _) => true,
            TypeKind::List(item) => !self.resolve(item).1 || self.is_judged_by_row(item),
            _ => false,
        }
    }

    /// Vectors have their length and no null items, lists null items only where declared.
    pub fn conforms(&self, value: &Value, ty: &'a TypeExpr) -> bool {
        let Value::List(items) = value else { return true };
        match &self.resolve(ty).0.kind {
            TypeKind::Vector(_, length) => items.len() as u64 == *length && !items.iter().any(Value::is_null),
            TypeKind::List(item) => {
                let nullable = self.resolve(item).1;
                items.iter().all(|value| (nullable || !value.is_null()) && self.conforms(value, item))
            }
            _ => true,
        }
    }

    fn type_attributes(&self, ty: &'a TypeExpr) -> Vec<&'a [Attribute]> {
        let TypeKind::Name(name) = &ty.kind else { return Vec::new() };
        let Some(decl) = self.type_decl(name) else { return Vec::new() };
        std::iter::once(&*decl.attributes).chain(self.type_attributes(&decl.ty)).collect()
    }

    /// The constraints of named types, innermost type first, then the field's own.
    pub fn constraints(&self, body: &'a FieldBody) -> Vec<Layered<'a>> {
        let own = body.constraints.iter().map(|constraint| (constraint, vec![&*constraint.attributes, &*body.attributes]));
        let mut all = self.type_constraints(&body.ty, &body.attributes);
        all.extend(own);
        all
    }

    fn type_constraints(&self, ty: &'a TypeExpr, field: &'a [Attribute]) -> Vec<Layered<'a>> {
        let TypeKind::Name(name) = &ty.kind else { return Vec::new() };
        let Some(decl) = self.type_decl(name) else { return Vec::new() };
        let mut all = self.type_constraints(&decl.ty, field);
        let own = decl.constraints.iter();
        all.extend(own.map(|constraint| (constraint, vec![&*constraint.attributes, field, &*decl.attributes])));
        all
    }

    pub fn field_subject(&self, field: &'a Field) -> Subject<'a> {
        let column = &field.name.node;
        let data_type = self.table.data_type(column);
        let resolve = |ty: &'a TypeExpr| self.resolve(ty);
        let fits = data_type.as_ref().is_none_or(|data| serves(&field.body.ty, data, &resolve));
        Subject {
            id: format!("{}.{}", self.block.name.node, id_name(column)),
            body: &field.body,
            outer: Vec::new(),
            columns: if fits { vec![self.cells(column, &field.body)] } else { Vec::new() },
            is_there: data_type.is_some() || self.table.schema.is_none(),
            fits,
            is_pattern: false,
        }
    }

    pub fn member_subject(&self, parent: &Subject<'a>, member: &'a Field) -> Subject<'a> {
        let name = &member.name.node;
        let cell = |parent: &Cell| self.cell_of(parent.parent_null || parent.typed.is_null(), parent.present.member(name), &member.body);
        let columns = parent.columns.iter().map(|cells| cells.iter().map(cell).collect());
        Subject {
            id: format!("{}.{}", parent.id, id_name(name)),
            body: &member.body,
            outer: std::iter::once(&*parent.body.attributes).chain(parent.outer.iter().copied()).collect(),
            columns: columns.collect(),
            is_there: parent.is_there,
            fits: parent.fits,
            is_pattern: parent.is_pattern,
        }
    }

    /// The members of a subject that is a struct.
    pub fn members(&self, subject: &Subject<'a>) -> &'a [Field] {
        self.members_of(&subject.body.ty)
    }

    pub fn pattern_subject(&self, pattern: &'a FieldsPattern) -> Subject<'a> {
        let columns = self.columns_of(pattern);
        let resolve = |ty: &'a TypeExpr| self.resolve(ty);
        let fits = columns.iter().all(|column| self.table.data_type(column).is_some_and(|data| serves(&pattern.body.ty, &data, &resolve)));
        Subject {
            id: format!("{}.fields({})", self.block.name.node, pattern.pattern.node),
            body: &pattern.body,
            outer: Vec::new(),
            columns: if fits { columns.iter().map(|column| self.cells(column, &pattern.body)).collect() } else { Vec::new() },
            is_there: true,
            fits,
            is_pattern: true,
        }
    }

    /// Undeclared columns that match, those an earlier pattern has taken left out.
    fn columns_of(&self, pattern: &'a FieldsPattern) -> Vec<String> {
        let patterns = self.block.items.iter().filter_map(|item| match &*item.kind {
            BlockItemKind::Fields(pattern) => Some(pattern),
            _ => None,
        });
        let earlier: Vec<&FieldsPattern> = patterns.take_while(|other| !std::ptr::eq(*other, pattern)).collect();
        let matches = |pattern: &FieldsPattern, column: &str| {
            self.matches(&Value::Str(column.to_owned()), &pattern.pattern.node) == Value::Bool(true)
        };
        let mut columns = self.table.column_names();
        columns.retain(|column| {
            self.field(column).is_none() && matches(pattern, column) && !earlier.iter().any(|other| matches(other, column))
        });
        columns
    }

    /// Fields whose column is absent though required, or of another type: rules that read them are skipped.
    pub fn is_broken(&self, name: &str) -> bool {
        self.field(name).is_some_and(|field| {
            let subject = self.field_subject(field);
            !subject.fits || (!subject.is_there && !self.resolve(&field.body.ty).1)
        })
    }
}

/// The positional arguments of a predicate.
pub fn predicate_arguments(arguments: &[AttributeArgument]) -> impl Iterator<Item = &rulegate::syntax::ast::Expr> {
    arguments.iter().filter_map(super::walk::argument_expr)
}

//! What a file and its imports declare: types, sets, parameters, functions of the host.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use ahash::HashMap;

use crate::diagnostics::{Code, Diagnostic};
use crate::kernels::number::parse_decimal;
use crate::kernels::time;
use crate::source::{Span, Spanned};
use crate::syntax::ast;
use crate::types::{ColumnType, IntWidth, Member, Type};

use super::ir::{Extern, Literal, Set, SetId};

/// Most parts of a type: members, items, keys and values, with all that named types bring.
const MAX_PARTS: usize = 4_096;

/// A parameter with its value.
#[derive(Debug, Clone)]
pub(crate) struct Param {
    pub ty: Type,
    pub value: Literal,
}

/// A named type with the constraints it carries.
#[derive(Debug, Clone)]
pub(crate) struct NamedType {
    pub decl: ast::TypeDecl,
}

/// Everything declared at the top of the files.
#[derive(Debug, Default)]
pub(crate) struct Env {
    pub params: BTreeMap<String, Param>,
    pub types: BTreeMap<String, NamedType>,
    pub sets: Vec<Set>,
    pub set_names: BTreeMap<String, SetId>,
    pub externs: BTreeMap<String, Extern>,
    /// Names of declarations that could not be read: what uses them is not at fault.
    pub broken: BTreeSet<String>,
    /// Named types, how many names each leads through, and of how many parts each is: a chain of them is gone through once.
    resolved: BTreeMap<String, (ResolvedType, usize, usize)>,
    /// Most names that the type at hand has led through.
    deepest: Cell<usize>,
    /// Parts of the type at hand so far.
    parts: Cell<usize>,
    /// Where each name was declared, for "declared here".
    pub places: BTreeMap<(&'static str, String), Span>,
    /// What an editor will ask for, where one does.
    pub facts: Option<super::index::Facts>,
}

/// A type with everything that hangs on it once names are resolved.
#[derive(Debug, Clone)]
pub(crate) struct ResolvedType {
    pub ty: ColumnType,
    pub nullable: bool,
    /// Values of an `enum`.
    pub values: Option<Vec<ast::Expr>>,
    /// Constraints and attributes of named types, outermost first.
    pub attributes: Vec<ast::Attribute>,
    pub constraints: Vec<ast::Constraint>,
    /// Members as written, for a struct; for a `one_of`, a struct for each value of its discriminator.
    pub members: Vec<ast::Field>,
    /// What hangs on the items of a list or vector.
    pub item: Option<Box<ResolvedType>>,
    /// What hangs on the keys and on the values of a map.
    pub entry: Option<Box<(ResolvedType, ResolvedType)>>,
}

impl ResolvedType {
    pub(crate) fn plain(ty: ColumnType, nullable: bool) -> Self {
        Self { ty, nullable, values: None, attributes: Vec::new(), constraints: Vec::new(), members: Vec::new(), item: None, entry: None }
    }
}

impl Env {
    /// An empty one, which notes what an editor will ask for where there are `facts`.
    pub(crate) fn noting(facts: Option<super::index::Facts>) -> Self {
        Self { facts, ..Self::default() }
    }

    /// Registers a name; two of a kind clash.
    pub(crate) fn declare(&mut self, kind: &'static str, name: &ast::Name, diagnostics: &mut Vec<Diagnostic>) -> bool {
        if let Some(first) = self.places.get(&(kind, name.node.clone())) {
            diagnostics.push(
                Diagnostic::new(Code::DuplicateName, format!("the {kind} `{}` is declared twice", name.node), name.span)
                    .also(*first, "first declared here")
                    .help("rename or remove one of them"),
            );
            return false;
        }
        self.places.insert((kind, name.node.clone()), name.span);
        true
    }

    /// Resolves a named type where it is declared, once for all its uses.
    pub(crate) fn resolve_named(&mut self, name: &ast::Name, ty: &ast::TypeExpr, diagnostics: &mut Vec<Diagnostic>) {
        self.deepest.set(0);
        let named = ast::TypeExpr { kind: ast::TypeKind::Name(name.node.clone()), nullable: false, span: ty.span };
        let resolved = self.resolve(&named, diagnostics);
        // What is wrong with it has been said.
        let depth = if resolved.ty == ColumnType::Error { 0 } else { self.deepest.get() };
        self.resolved.insert(name.node.clone(), (resolved, depth, self.parts.get()));
    }

    /// Resolves a type.
    pub(crate) fn resolve(&self, ty: &ast::TypeExpr, diagnostics: &mut Vec<Diagnostic>) -> ResolvedType {
        self.parts.set(0);
        self.resolve_within(ty, &mut Vec::new(), diagnostics)
    }

    /// Counts parts of the type at hand; one of too many is told once.
    fn is_too_large(&self, more: usize, span: Span, diagnostics: &mut Vec<Diagnostic>) -> bool {
        let before = self.parts.get();
        let parts = before.saturating_add(more);
        self.parts.set(parts);
        if parts > MAX_PARTS && before <= MAX_PARTS {
            let message = format!("this type has more than {MAX_PARTS} parts");
            diagnostics.push(Diagnostic::new(Code::Limit, message, span).help("named types that hold others twice double with every name"));
        }
        parts > MAX_PARTS
    }

    fn resolve_within(&self, ty: &ast::TypeExpr, open: &mut Vec<String>, diagnostics: &mut Vec<Diagnostic>) -> ResolvedType {
        if self.is_too_large(1, ty.span, diagnostics) {
            return ResolvedType::plain(ColumnType::Error, true);
        }
        let nullable = ty.nullable;
        let mut item = |inner: &ast::TypeExpr, diagnostics: &mut Vec<Diagnostic>| self.resolve_within(inner, open, diagnostics);
        let plain = match &ty.kind {
            ast::TypeKind::Name(name) => return self.named(name, ty, open, diagnostics),
            ast::TypeKind::Decimal(precision, scale) => decimal(*precision, *scale, ty.span, diagnostics),
            ast::TypeKind::TimestampZone(zone) => ColumnType::Timestamp(Some(zone.clone())),
            ast::TypeKind::TimestampLocal => ColumnType::LocalTimestamp,
            ast::TypeKind::List(inner) => {
                let inner = item(inner, diagnostics);
                let mut resolved = ResolvedType::plain(ColumnType::List(Box::new(inner.ty.clone()), inner.nullable), nullable);
                resolved.item = Some(Box::new(inner));
                return resolved;
            }
            ast::TypeKind::Vector(inner, length) => {
                let inner = item(inner, diagnostics);
                let length = u32::try_from(*length).unwrap_or(u32::MAX);
                let mut resolved = ResolvedType::plain(ColumnType::Vector(Box::new(inner.ty.clone()), length), nullable);
                resolved.item = Some(Box::new(inner));
                return resolved;
            }
            ast::TypeKind::Map(key, value) => {
                let (key, value) = (item(key, diagnostics), item(value, diagnostics));
                let ty = ColumnType::Map(Box::new(key.ty.clone()), Box::new(value.ty.clone()), value.nullable);
                let mut resolved = ResolvedType::plain(ty, nullable);
                resolved.entry = Some(Box::new((key, value)));
                return resolved;
            }
            ast::TypeKind::Enum(values) => {
                let mut resolved = ResolvedType::plain(enum_type(values, ty.span, diagnostics), nullable);
                resolved.values = Some(values.clone());
                return resolved;
            }
            ast::TypeKind::Struct(fields) => {
                let mut resolved = ResolvedType::plain(self.struct_type(fields, open, diagnostics), nullable);
                resolved.members.clone_from(fields);
                return resolved;
            }
            ast::TypeKind::OneOf { tag, variants } => return self.one_of(tag, variants, ty, open, diagnostics),
        };
        ResolvedType::plain(plain, nullable)
    }

    fn one_of(
        &self,
        tag: &ast::Name,
        variants: &[(Spanned<String>, Vec<ast::Field>)],
        ty: &ast::TypeExpr,
        open: &mut Vec<String>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> ResolvedType {
        let mut known: BTreeMap<&str, Span> = [(tag.node.as_str(), tag.span)].into_iter().collect();
        for (name, _) in variants {
            if let Some(first) = known.insert(&name.node, name.span) {
                let message = format!("`{}` stands in this `one_of` twice", name.node);
                diagnostics.push(
                    Diagnostic::new(Code::DuplicateName, message, name.span)
                        .also(first, "it stands here too")
                        .help("give each value of the discriminator one list of members, and none the discriminator's own name"),
                );
            }
        }
        let members =
            |fields: &[ast::Field], open: &mut Vec<String>, diagnostics: &mut Vec<Diagnostic>| self.members(fields, open, diagnostics);
        let typed = variants.iter().map(|(name, fields)| (name.node.clone(), members(fields, open, diagnostics))).collect();
        let mut resolved = ResolvedType::plain(ColumnType::OneOf(tag.node.clone(), typed), ty.nullable);
        resolved.members = variants.iter().map(|(name, fields)| variant(name, fields)).collect();
        resolved
    }

    fn struct_type(&self, fields: &[ast::Field], open: &mut Vec<String>, diagnostics: &mut Vec<Diagnostic>) -> ColumnType {
        ColumnType::Struct(self.members(fields, open, diagnostics))
    }

    fn members(&self, fields: &[ast::Field], open: &mut Vec<String>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Member> {
        fields
            .iter()
            .map(|field| {
                let resolved = self.resolve_within(&field.body.ty, open, diagnostics);
                Member { name: field.name.node.clone(), ty: resolved.ty, nullable: resolved.nullable }
            })
            .collect()
    }

    fn named(&self, name: &str, ty: &ast::TypeExpr, open: &mut Vec<String>, diagnostics: &mut Vec<Diagnostic>) -> ResolvedType {
        if let Some((resolved, depth, parts)) = self.resolved.get(name)
            && open.len() + depth <= crate::syntax::MAX_DEPTH
        {
            // One that is too large itself has been told of.
            if *parts > MAX_PARTS || self.is_too_large(*parts, ty.span, diagnostics) {
                return ResolvedType::plain(ColumnType::Error, true);
            }
            self.deepest.set(self.deepest.get().max(open.len() + depth));
            return ResolvedType { nullable: resolved.nullable | ty.nullable, ..resolved.clone() };
        }
        if let Some(found) = self.types.get(name) {
            if open.iter().any(|known| known == name) {
                let message = format!("the type `{name}` leads back to itself");
                diagnostics.push(Diagnostic::new(Code::Cycle, message, ty.span).help("a type is built from types declared without it"));
                return ResolvedType::plain(ColumnType::Error, true);
            }
            if open.len() >= crate::syntax::MAX_DEPTH {
                let message = format!("types lead through more than {} names", crate::syntax::MAX_DEPTH);
                diagnostics.push(Diagnostic::new(Code::Limit, message, ty.span).help("build it from a type nearer to the built-in ones"));
                return ResolvedType::plain(ColumnType::Error, true);
            }
            open.push(name.to_owned());
            self.deepest.set(self.deepest.get().max(open.len()));
            let mut resolved = self.resolve_within(&found.decl.ty, open, diagnostics);
            open.pop();
            resolved.nullable |= ty.nullable;
            resolved.attributes.extend(found.decl.attributes.iter().cloned());
            resolved.constraints.extend(found.decl.constraints.iter().cloned());
            return resolved;
        }
        if let Some(builtin) = ColumnType::builtin(name) {
            return ResolvedType::plain(builtin, ty.nullable);
        }
        if self.broken.contains(name) {
            return ResolvedType::plain(ColumnType::Error, true);
        }
        let known = ColumnType::BUILTIN_NAMES.iter().copied().chain(self.types.keys().map(String::as_str));
        let diagnostic = Diagnostic::new(Code::UnknownType, format!("there is no type `{name}`"), ty.span);
        let diagnostic = match foreign_type(name) {
            Some(ours) => diagnostic.help(format!("write `{ours}`")).suggest(ty.span, ours),
            None => diagnostic.did_you_mean(name, known),
        };
        let diagnostic = if diagnostic.help.is_some() {
            diagnostic
        } else {
            diagnostic.help("built-in types are bool, int64, float64, string, date, timestamp and more; your own are declared with `type`")
        };
        diagnostics.push(diagnostic);
        ResolvedType::plain(ColumnType::Error, true)
    }
}

/// The members that a value of a discriminator brings, as a nullable struct of that name.
fn variant(name: &Spanned<String>, fields: &[ast::Field]) -> ast::Field {
    let ty = ast::TypeExpr { kind: ast::TypeKind::Struct(fields.to_vec()), nullable: true, span: name.span };
    ast::Field { name: name.clone(), body: ast::FieldBody { ty, attributes: Vec::new(), constraints: Vec::new() } }
}

/// What other languages call our types.
fn foreign_type(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
        "str" | "text" | "varchar" | "utf8" | "char" => "string",
        "integer" | "bigint" | "long" => "int64",
        "double" | "real" | "f64" => "float64",
        "f32" => "float32",
        "i64" => "int64",
        "i32" => "int32",
        "boolean" => "bool",
        "datetime" | "timestamptz" => "timestamp",
        "bytes" | "blob" => "binary",
        "array" => "list",
        "numeric" => "decimal",
        _ => return None,
    })
}

fn decimal(precision: u64, scale: i64, span: Span, diagnostics: &mut Vec<Diagnostic>) -> ColumnType {
    match (u8::try_from(precision), i8::try_from(scale)) {
        (Ok(precision @ 1..=38), Ok(scale @ 0..=38)) if scale.unsigned_abs() <= precision => ColumnType::Decimal(Some((precision, scale))),
        _ => {
            diagnostics.push(
                Diagnostic::new(Code::Literal, format!("decimal({precision}, {scale}) does not exist"), span)
                    .help("a decimal has 1 to 38 digits, of which 0 or more stand after the point"),
            );
            ColumnType::Error
        }
    }
}

fn enum_type(values: &[ast::Expr], span: Span, diagnostics: &mut Vec<Diagnostic>) -> ColumnType {
    let is = |test: fn(&ast::ExprKind) -> bool| values.iter().all(|value| test(&value.kind));
    if is(|kind| matches!(kind, ast::ExprKind::String(_))) {
        return ColumnType::String;
    }
    let int = |kind: &ast::ExprKind| match kind {
        ast::ExprKind::Number(text) => !text.contains(['.', 'e', 'E']),
        ast::ExprKind::Negate(inner) => matches!(inner.kind, ast::ExprKind::Number(_)),
        _ => false,
    };
    if values.iter().all(|value| int(&value.kind)) {
        return ColumnType::Int(IntWidth::Any);
    }
    if let Some((word, place)) =
        values.iter().find_map(|value| if let ast::ExprKind::Name(word) = &value.kind { Some((word, value.span)) } else { None })
    {
        let diagnostic = Diagnostic::new(Code::ValueType, format!("the value `{word}` of this `enum` is no text"), place);
        diagnostics.push(diagnostic.help(format!("a text stands in quotes: `\"{word}\"`")).guess(place, format!("\"{word}\"")));
        return ColumnType::Error;
    }
    diagnostics.push(
        Diagnostic::new(Code::ValueType, "the values of an `enum` are all strings, or all integers", span)
            .help("for other types write the type and `in (…)`"),
    );
    ColumnType::Error
}

/// A number as written.
pub(crate) fn number_literal(text: &str) -> Literal {
    let float = || text.parse::<f64>().unwrap_or(f64::NAN);
    if !text.contains(['.', 'e', 'E']) {
        return match text.parse::<i128>().ok().and_then(crate::kernels::number::int_in_range) {
            Some(value) => Literal::Int(value),
            None => Literal::Float(float().to_bits()),
        };
    }
    match parse_decimal(text) {
        Some((mantissa, scale)) => Literal::Number(mantissa, scale, float().to_bits()),
        None => Literal::Float(float().to_bits()),
    }
}

/// The value of a constant expression: a literal, or a literal with a minus sign.
pub(crate) fn constant(expr: &ast::Expr, diagnostics: &mut Vec<Diagnostic>) -> Option<Literal> {
    Some(match &expr.kind {
        ast::ExprKind::Null => Literal::Null,
        ast::ExprKind::Bool(value) => Literal::Bool(*value),
        ast::ExprKind::Number(text) => number_literal(text),
        ast::ExprKind::String(text) => Literal::Str(text.clone()),
        ast::ExprKind::Duration(nanos) => Literal::Duration(*nanos),
        ast::ExprKind::Date(text) => dated(time::parse_date(text).map(Literal::Date), "date", "2026-01-31", expr, diagnostics),
        ast::ExprKind::Time(text) => dated(time::parse_time(text).map(Literal::Time), "time", "23:59:59", expr, diagnostics),
        ast::ExprKind::Timestamp(text) => {
            let value = time::parse_timestamp(text)
                .map(|(nanos, has_offset)| if has_offset { Literal::Timestamp(nanos) } else { Literal::LocalTimestamp(nanos) });
            dated(value, "timestamp", "2026-01-31T23:59:59Z", expr, diagnostics)
        }
        ast::ExprKind::Negate(inner) => match constant(inner, diagnostics)? {
            Literal::Int(value) => Literal::Int(-value),
            Literal::Number(mantissa, scale, bits) => Literal::Number(-mantissa, scale, (-f64::from_bits(bits)).to_bits()),
            Literal::Float(bits) => Literal::Float((-f64::from_bits(bits)).to_bits()),
            Literal::Duration(nanos) => Literal::Duration(-nanos),
            _ => return None,
        },
        _ => return None,
    })
}

fn dated(value: Option<Literal>, what: &str, example: &str, expr: &ast::Expr, diagnostics: &mut Vec<Diagnostic>) -> Literal {
    value.unwrap_or_else(|| {
        let message = match &expr.kind {
            ast::ExprKind::Date(text) | ast::ExprKind::Time(text) | ast::ExprKind::Timestamp(text) => format!("`{text}` is no {what}"),
            _ => format!("this is no {what}"),
        };
        diagnostics.push(Diagnostic::new(Code::Literal, message, expr.span).help(format!("write it like `{what} \"{example}\"`")));
        Literal::Null
    })
}

/// Warns of constants that stand in a list of values twice.
pub(crate) fn warn_of_duplicates(values: &[ast::Expr], diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<Literal, Span> = HashMap::default();
    for value in values {
        let Some(literal) = constant(value, &mut Vec::new()) else { continue };
        let shown = super::literal_text(&literal);
        if let Some(first) = seen.insert(normal(literal), value.span) {
            let message = format!("`{shown}` stands in this list twice");
            diagnostics.push(Diagnostic::new(Code::SetValues, message, value.span).also(first, "it stands here too").help("remove one"));
        }
    }
}

/// One form for equal numbers: `1`, `1.0` and `1.00`.
fn normal(literal: Literal) -> Literal {
    let (Literal::Number(mut mantissa, mut scale, _) | Literal::Decimal(mut mantissa, mut scale)) = literal else { return literal };
    while scale > 0 && mantissa % 10 == 0 {
        (mantissa, scale) = (mantissa / 10, scale - 1);
    }
    if scale == 0 { Literal::Int(mantissa) } else { Literal::Decimal(mantissa, scale) }
}

/// Whether a constant can stand for a value of a type, and as what.
pub(crate) fn fit(literal: Literal, ty: &Type) -> Option<Literal> {
    Some(match (literal, ty) {
        (Literal::Int(value), Type::Float) => {
            #[expect(clippy::cast_precision_loss, reason = "an integer for a float parameter is the nearest float64")]
            let float = value as f64;
            Literal::Float(float.to_bits())
        }
        (Literal::Number(_, _, bits), Type::Float) => Literal::Float(bits),
        (Literal::Number(mantissa, scale, _), Type::Decimal) => Literal::Decimal(mantissa, scale),
        (Literal::Int(value), Type::Decimal) => Literal::Decimal(value, 0),
        (literal, Type::Number) if literal.ty().is_numeric() => literal,
        (Literal::LocalTimestamp(nanos), Type::Timestamp) => Literal::Timestamp(nanos),
        (literal, ty) if literal.ty() == *ty || *ty == Type::Error => literal,
        _ => return None,
    })
}

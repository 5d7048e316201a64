//! Records of values, `{ amount: 1.5, tags: ["a"] }`: what examples, fallbacks and tests are made of, checked against a block's columns.

use std::collections::BTreeMap;

use crate::diagnostics::{Code, Diagnostic, nearest};
use crate::kernels::cast::rescale;
use crate::kernels::number::power_of_ten;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Name};
use crate::types::{ArithOp, ColumnType, IntWidth};

use super::env::{Param, constant, fit};
use super::expr::{is_number, time_of};
use super::ir::{Column, Literal, Pattern};
use super::literal_text;

/// Scale of a decimal that is declared without one, as readers of text have it.
pub(crate) const OPEN_SCALE: i8 = 9;

/// A value of a record, of the type its column is declared with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Datum {
    /// A plain value: numbers of `float` and `number` as floats, decimals at the scale of their type, text for bytes.
    Value(Literal),
    /// So many nanoseconds after `now()`; of a date, the day that is.
    Now(i128),
    /// Items of a list.
    List(Vec<Datum>),
    /// Members of a struct, or entries of a map.
    Record(Vec<(String, Datum)>),
}

/// A row: its values by column; what is left out is null.
pub(crate) type Row = Vec<(String, Datum)>;

/// What a record is checked against.
pub(crate) struct Records<'a> {
    pub columns: &'a [Column],
    pub patterns: &'a [Pattern],
    pub params: &'a BTreeMap<String, Param>,
}

impl Records<'_> {
    /// Reads a record. `what` tells in messages whose it is.
    pub(crate) fn row(&self, record: &[(Name, Expr)], what: &str, diagnostics: &mut Vec<Diagnostic>) -> Row {
        let mut row: Row = Vec::with_capacity(record.len());
        for (name, value) in record {
            let Some(ty) = self.column(&name.node) else {
                let known = self.columns.iter().map(|column| column.name.as_str());
                let diagnostic = Diagnostic::new(Code::UnknownName, format!("{what} names `{}`, which is no field", name.node), name.span);
                let diagnostic = diagnostic.did_you_mean(&name.node, known);
                diagnostics.push(if diagnostic.help.is_some() { diagnostic } else { diagnostic.help("name a field of the block") });
                continue;
            };
            if row.iter().any(|(known, _)| *known == name.node) {
                diagnostics.push(twice(what, name));
                continue;
            }
            let mut reader = Reader { params: self.params, subject: format!("`{}`", name.node), diagnostics };
            if let Some(datum) = reader.datum(value, ty) {
                row.push((name.node.clone(), datum));
            }
        }
        row
    }

    /// The declared type of a column: its own, or that of the first pattern it matches.
    fn column(&self, name: &str) -> Option<&ColumnType> {
        let own = self.columns.iter().find(|column| column.name == name).map(|column| &column.ty);
        own.or_else(|| self.patterns.iter().find(|pattern| pattern.regex.is_match(name)).map(|pattern| &pattern.ty))
    }
}

fn twice(what: &str, name: &Name) -> Diagnostic {
    Diagnostic::new(Code::DuplicateName, format!("{what} gives `{}` twice", name.node), name.span).help("remove one of them")
}

/// Reads the value of one field.
struct Reader<'a> {
    params: &'a BTreeMap<String, Param>,
    /// What is being read, in words.
    subject: String,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn datum(&mut self, value: &Expr, ty: &ColumnType) -> Option<Datum> {
        match (&value.kind, ty) {
            (_, ColumnType::Error) => Some(loose(value)),
            (ExprKind::List(items), ColumnType::List(item, _) | ColumnType::Vector(item, _)) => {
                let subject = format!("an item of {}", self.subject);
                self.within(subject, |this| items.iter().map(|one| this.datum(one, item)).collect::<Option<Vec<_>>>()).map(Datum::List)
            }
            (ExprKind::Record(entries), ColumnType::Struct(members)) => self.members(entries, members),
            (ExprKind::Record(entries), ColumnType::Map(key, item, _)) => self.entries(entries, key, item, value.span),
            _ => self.scalar(value, ty),
        }
    }

    /// Reads a part of the value.
    fn within<T>(&mut self, subject: String, read: impl FnOnce(&mut Self) -> T) -> T {
        let whole = std::mem::replace(&mut self.subject, subject);
        let part = read(self);
        self.subject = whole;
        part
    }

    fn members(&mut self, entries: &[(Name, Expr)], members: &[crate::types::Member]) -> Option<Datum> {
        let mut out: Row = Vec::new();
        for (name, value) in entries {
            let Some(member) = members.iter().find(|member| member.name == name.node) else {
                let diagnostic = Diagnostic::new(Code::UnknownName, format!("{} has no member `{}`", self.subject, name.node), name.span);
                let diagnostic = diagnostic.did_you_mean(&name.node, members.iter().map(|member| member.name.as_str()));
                let known: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
                let help = format!("it has {}", known.join(", "));
                self.diagnostics.push(if diagnostic.help.is_some() { diagnostic } else { diagnostic.help(help) });
                return None;
            };
            if out.iter().any(|(known, _)| *known == name.node) {
                self.diagnostics.push(twice("the record", name));
                return None;
            }
            let subject = format!("`{}` of {}", name.node, self.subject);
            out.push((name.node.clone(), self.within(subject, |this| this.datum(value, &member.ty))?));
        }
        Some(Datum::Record(out))
    }

    fn entries(&mut self, entries: &[(Name, Expr)], key: &ColumnType, item: &ColumnType, span: Span) -> Option<Datum> {
        if *key != ColumnType::String {
            let message = format!("{} has keys of type {key}, and a record has names", self.subject);
            self.diagnostics.push(Diagnostic::new(Code::ValueType, message, span).help("only maps with text keys can be written"));
            return None;
        }
        let mut out: Row = Vec::new();
        for (name, value) in entries {
            if out.iter().any(|(known, _)| *known == name.node) {
                self.diagnostics.push(twice("the record", name));
                return None;
            }
            let subject = format!("`{}` of {}", name.node, self.subject);
            out.push((name.node.clone(), self.within(subject, |this| this.datum(value, item))?));
        }
        Some(Datum::Record(out))
    }

    fn scalar(&mut self, value: &Expr, ty: &ColumnType) -> Option<Datum> {
        if let (Some(offset), ColumnType::Timestamp(_) | ColumnType::Date) = (now(value), ty) {
            return Some(Datum::Now(offset));
        }
        let literal = match &value.kind {
            ExprKind::Cast { value, .. } if value_type_is_float(ty) => not_finite(value),
            ExprKind::Param(name) => match self.params.get(name) {
                Some(param) => Some(param.value.clone()),
                None => return self.unknown_param(name, value.span),
            },
            _ => {
                let said = self.diagnostics.len();
                let literal = constant(value, self.diagnostics);
                if self.diagnostics.len() > said {
                    return None;
                }
                literal
            }
        };
        let Some(literal) = literal else {
            let found = match &value.kind {
                ExprKind::List(_) => "this is a list",
                ExprKind::Record(_) => "this is a record",
                _ => "this is no constant",
            };
            let message = format!("{} is {ty}, and {found}", self.subject);
            self.diagnostics.push(Diagnostic::new(Code::ValueType, message, value.span).help(form(ty)));
            return None;
        };
        match typed(literal, ty) {
            Ok(literal) => Some(Datum::Value(literal)),
            Err(why) => {
                let message = format!("{} is {ty}, and {why}", self.subject);
                let diagnostic = Diagnostic::new(Code::ValueType, message, value.span);
                let unquoted = if let ExprKind::String(text) = &value.kind { unquoted(text, ty) } else { None };
                let unquoted = unquoted.or_else(|| midnight(value, ty));
                self.diagnostics.push(match unquoted {
                    Some(written) => diagnostic.help(format!("write `{written}`")).suggest(value.span, written),
                    None => diagnostic.help(form(ty)),
                });
                None
            }
        }
    }

    fn unknown_param(&mut self, name: &str, span: Span) -> Option<Datum> {
        let diagnostic = Diagnostic::new(Code::UnknownName, format!("there is no parameter `${name}`"), span);
        let near = nearest(name, self.params.keys().map(String::as_str)).map(|near| format!("${near}"));
        self.diagnostics.push(match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).guess(span, near),
            None => diagnostic.help("declare it at the top of the file: `param name: type = value`"),
        });
        None
    }
}

/// A value whose type this version does not know.
fn loose(value: &Expr) -> Datum {
    match &value.kind {
        ExprKind::List(items) => Datum::List(items.iter().map(loose).collect()),
        ExprKind::Record(entries) => Datum::Record(entries.iter().map(|(name, value)| (name.node.clone(), loose(value))).collect()),
        _ => Datum::Value(constant(value, &mut Vec::new()).unwrap_or(Literal::Null)),
    }
}

/// How a value of a type is written.
fn form(ty: &ColumnType) -> &'static str {
    match ty {
        ColumnType::List(..) | ColumnType::Vector(..) => "write the items in brackets: `[1, 2]`",
        ColumnType::Struct(_) | ColumnType::Map(..) => "write it as a record: `{ name: 1 }`",
        ColumnType::Timestamp(_) => "write a constant, such as `timestamp \"2026-01-31T00:00:00Z\"` or `now() - 1 day`",
        ColumnType::Date => "write a constant, such as `date \"2026-01-31\"` or `today() - 1 day`",
        ColumnType::LocalTimestamp => "write a constant, such as `timestamp \"2026-01-31T00:00:00\"`",
        ColumnType::Time => "write a constant, such as `time \"23:59:59\"`",
        ColumnType::Duration => "write a constant, such as `5 min`",
        _ => "write a constant of its type, or a `$parameter`",
    }
}

/// What a text stands for in a field of another type, where that is plain.
fn unquoted(text: &str, ty: &ColumnType) -> Option<String> {
    let ty = ty.value_type();
    if ty.is_numeric() {
        return is_number(text).then(|| text.to_owned());
    }
    // A column of instants takes no day, as a comparison would.
    time_of(text, &ty).filter(|written| ty == crate::types::Type::Date || !written.starts_with("date "))
}

/// A day, in quotes or with its word, as the instant at its beginning.
fn midnight(value: &Expr, ty: &ColumnType) -> Option<String> {
    let (ExprKind::String(text) | ExprKind::Date(text)) = &value.kind else { return None };
    crate::kernels::time::parse_date(text)?;
    match ty {
        ColumnType::Timestamp(_) => Some(format!("timestamp \"{text}T00:00:00Z\"")),
        ColumnType::LocalTimestamp => Some(format!("timestamp \"{text}T00:00:00\"")),
        _ => None,
    }
}

fn value_type_is_float(ty: &ColumnType) -> bool {
    matches!(ty, ColumnType::Float32 | ColumnType::Float64 | ColumnType::Float | ColumnType::Number)
}

/// `cast("NaN" as float64)`: what is no number, and what is above all numbers, have no literal.
fn not_finite(value: &Expr) -> Option<Literal> {
    let ExprKind::String(text) = &value.kind else { return None };
    let float = crate::kernels::cast::parse_float(text)?;
    Some(Literal::Float(float.to_bits()))
}

/// The distance from `now()` that an expression names: `now()`, `now() - 1 day`, `today() + 2 days`.
fn now(value: &Expr) -> Option<i128> {
    match &value.kind {
        ExprKind::Call { function, arguments } => (arguments.is_empty() && matches!(function.node.as_str(), "now" | "today")).then_some(0),
        ExprKind::Arith(op, left, right) => match (op, now(left)?, &right.kind) {
            (ArithOp::Add, offset, ExprKind::Duration(nanos)) => offset.checked_add(*nanos),
            (ArithOp::Sub, offset, ExprKind::Duration(nanos)) => offset.checked_sub(*nanos),
            _ => None,
        },
        _ => None,
    }
}

/// A constant as a value of a column's type.
///
/// # Errors
/// Why it is none, to stand after "the field is …, and".
fn typed(literal: Literal, ty: &ColumnType) -> Result<Literal, String> {
    let shown = literal_text(&literal);
    let out_of_range = || Err(format!("{shown} does not fit it"));
    match (literal, ty) {
        (Literal::Null, _) => Ok(Literal::Null),
        (Literal::Int(value), ColumnType::Int(width)) => {
            if width_holds(*width, value) {
                Ok(Literal::Int(value))
            } else {
                out_of_range()
            }
        }
        (literal, ColumnType::Number) if literal.ty().is_numeric() => {
            fit(literal, &crate::types::Type::Float).map_or_else(out_of_range, Ok)
        }
        (Literal::Int(value), ColumnType::Decimal(shape)) => decimal(value, 0, *shape).map_or_else(out_of_range, Ok),
        (Literal::Number(mantissa, scale, _) | Literal::Decimal(mantissa, scale), ColumnType::Decimal(shape)) => {
            decimal(mantissa, scale, *shape).map_or_else(out_of_range, Ok)
        }
        (Literal::Str(text), ColumnType::Binary) => Ok(Literal::Str(text)),
        (Literal::Date(days), ColumnType::Date) => {
            if i32::try_from(days).is_ok() {
                Ok(Literal::Date(days))
            } else {
                out_of_range()
            }
        }
        (Literal::Timestamp(nanos) | Literal::LocalTimestamp(nanos), ColumnType::Timestamp(_)) => {
            if micros(nanos) {
                Ok(Literal::Timestamp(nanos))
            } else {
                Err("is kept to the microsecond here".to_owned())
            }
        }
        (Literal::LocalTimestamp(nanos), ColumnType::LocalTimestamp) => {
            if micros(nanos) {
                Ok(Literal::LocalTimestamp(nanos))
            } else {
                Err("is kept to the microsecond here".to_owned())
            }
        }
        (Literal::Duration(nanos), ColumnType::Duration) => {
            if i64::try_from(nanos).is_ok() {
                Ok(Literal::Duration(nanos))
            } else {
                out_of_range()
            }
        }
        (literal, ty) => {
            let found = literal.ty();
            fit(literal, &ty.value_type()).ok_or_else(|| format!("this is {found}"))
        }
    }
}

fn micros(nanos: i128) -> bool {
    nanos % 1000 == 0 && i64::try_from(nanos / 1000).is_ok()
}

fn width_holds(width: IntWidth, value: i128) -> bool {
    match width {
        IntWidth::Any => i64::try_from(value).is_ok(),
        IntWidth::Signed(bits) => (-(1_i128 << (bits - 1))..1_i128 << (bits - 1)).contains(&value),
        IntWidth::Unsigned(bits) => (0..1_i128 << bits).contains(&value),
    }
}

/// A decimal at the scale of its type, if the type holds it without loss.
fn decimal(mantissa: i128, scale: i32, shape: Option<(u8, i8)>) -> Option<Literal> {
    let (precision, own) = shape.unwrap_or((38, OPEN_SCALE));
    let stored = rescale(mantissa, scale, i32::from(own))?;
    let limit = power_of_ten(i32::from(precision)).unwrap_or(i128::MAX);
    (stored.unsigned_abs() < limit.unsigned_abs()).then_some(Literal::Decimal(stored, i32::from(own)))
}

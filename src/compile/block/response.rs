//! What is special about an `output` block: its columns, how a response is read, and what stands in for one that fails.

use std::collections::BTreeMap;

use arrow::array::StringArray;
use serde_json::{Map, Value};

use crate::compile::attributes::Attributes;
use crate::compile::env::constant;
use crate::compile::ir::{Literal, Question, Response, RuleBody};
use crate::diagnostics::{Code, Diagnostic};
use crate::outputs::{self, Item, Kind, Limits, Member, Options, Reason, Shape, State};
use crate::source::Span;
use crate::syntax::ast::{self, BlockItemKind, Expr, ExprKind};
use crate::types::{ColumnType, IntWidth};

use super::{BlockBuilder, id_part};

/// Digits of a `decimal` that does not say how many, all of them and those after the point.
const OPEN_DECIMAL: (u8, i8) = (38, 9);

/// A column beside the responses, as the field that it is like.
pub(super) fn companion_field(name: &ast::Name, ty: &ast::TypeExpr) -> ast::Field {
    ast::Field { name: name.clone(), body: ast::FieldBody { ty: ty.clone(), attributes: Vec::new(), constraints: Vec::new() } }
}

impl BlockBuilder<'_> {
    /// `<block>.parse`: could the response be read?
    pub(super) fn parse_rule(&mut self, block: &ast::Block) {
        self.own_rule(block, "parse", Question::Parse);
    }

    /// A rule that every block of its kind has.
    fn own_rule(&mut self, block: &ast::Block, name: &str, question: Question) {
        let name = ast::Name::new(name.to_owned(), block.name.span);
        let item = ast::BlockItem { kind: BlockItemKind::Key(Vec::new()).into(), docs: None, span: block.name.span };
        let mut rule = self.named(&name, &Attributes::default(), &item);
        rule.check.clone_from(&name.node);
        rule.body = RuleBody::Response(question, Box::new(RuleBody::Planned));
        self.finish_rule(rule, &name, &[]);
    }

    /// The rules of a column beside the responses.
    pub(super) fn companion(&mut self, name: &ast::Name, ty: &ast::TypeExpr, item: &ast::BlockItem, outer: &Attributes) {
        self.field(&companion_field(name, ty), item, outer);
    }

    /// How responses are read.
    pub(super) fn response(&mut self, block: &ast::Block, attributes: &Attributes) {
        if self.block.closed {
            self.own_rule(block, "extra_fields", Question::ExtraFields);
        }
        let source = self.source(block);
        let fields: Vec<_> = self.scope.columns.iter().filter(|column| column.response).cloned().collect();
        let members = fields.iter().map(|column| self.member_of(&column.name, &column.ty, column.nullable, &mut Vec::new())).collect();
        let places = fields.iter().enumerate().filter_map(|(place, column)| Some((place, self.normalized.get(&column.name)?.clone())));
        let normalize: BTreeMap<_, _> = places.collect();
        let shape = Shape::new(members);
        let fallback = self.fallback(block, &shape);
        let finish = attributes.finish_reason.as_ref().map(|name| self.finish_column(name));
        self.block.response = Some(Response { source, finish, lenient: attributes.lenient, shape, normalize, fallback });
    }

    fn source(&mut self, block: &ast::Block) -> String {
        if let Some(from) = &block.from {
            return from.node.clone();
        }
        let span = block.name.span;
        let at = Span { start: span.end, ..span };
        self.diagnose(
            Diagnostic::new(Code::Syntax, "an `output` block says which column holds its responses", span)
                .help(format!("write `output {} from response {{ … }}`", block.name.node))
                .suggest(at, " from response"),
        );
        "response".to_owned()
    }

    /// The column of `@finish_reason`: a text among `columns { … }`.
    fn finish_column(&mut self, name: &ast::Name) -> String {
        let companion = self.scope.columns.iter().find(|column| column.name == name.node && !column.response).cloned();
        match companion {
            Some(column) if matches!(column.ty, ColumnType::String | ColumnType::Error) => {}
            Some(column) => self.diagnose(
                Diagnostic::new(
                    Code::ValueType,
                    format!("the reasons why responses ended are texts, and `{}` is {}", name.node, column.ty),
                    name.span,
                )
                .help("name a column of type `string`"),
            ),
            None => self.diagnose(
                Diagnostic::new(Code::UnknownName, format!("there is no column `{}` beside the responses", name.node), name.span)
                    .help(format!("declare it: `columns {{ {}: string? }}`", id_part(&name.node))),
            ),
        }
        name.node.clone()
    }

    fn member_of(&self, name: &str, ty: &ColumnType, nullable: bool, path: &mut Vec<String>) -> Member {
        path.push(name.to_owned());
        let coerce = self.is_coerced(path);
        let kind = self.kind_of(ty, path);
        path.pop();
        Member { name: name.to_owned(), kind, nullable, coerce, wanted: true }
    }

    /// Whether a value is coerced: by its own `@coerce`, or that of a field it is in.
    fn is_coerced(&self, path: &[String]) -> bool {
        (1..=path.len()).any(|length| path.get(..length).is_some_and(|prefix| self.coerced.contains(prefix)))
    }

    fn kind_of(&self, ty: &ColumnType, path: &mut Vec<String>) -> Kind {
        let item = |ty: &ColumnType, nullable: bool, path: &mut Vec<String>| {
            let kind = self.kind_of(ty, path);
            Box::new(Item { kind, nullable, coerce: self.is_coerced(path), exactly: None })
        };
        let shape = |members: &[crate::types::Member], path: &mut Vec<String>| {
            Shape::new(members.iter().map(|member| self.member_of(&member.name, &member.ty, member.nullable, path)).collect())
        };
        match ty {
            ColumnType::Bool => Kind::Bool,
            ColumnType::Int(width) => int_kind(*width),
            ColumnType::Float32 | ColumnType::Float64 | ColumnType::Float | ColumnType::Number => Kind::Float,
            ColumnType::Decimal(digits) => {
                let (precision, scale) = digits.unwrap_or(OPEN_DECIMAL);
                Kind::Decimal(precision, scale)
            }
            ColumnType::String | ColumnType::Error => Kind::String,
            ColumnType::Binary => Kind::Binary,
            ColumnType::Date => Kind::Date,
            ColumnType::Time => Kind::Time,
            ColumnType::Timestamp(_) => Kind::Timestamp,
            ColumnType::LocalTimestamp => Kind::LocalTimestamp,
            ColumnType::Duration => Kind::Duration,
            ColumnType::List(inner, nullable) => Kind::List(item(inner, *nullable, path)),
            ColumnType::Vector(inner, length) => {
                let item = item(inner, false, path);
                Kind::List(Box::new(Item { exactly: usize::try_from(*length).ok(), ..*item }))
            }
            ColumnType::Map(_, inner, nullable) => Kind::Map(item(inner, *nullable, path)),
            ColumnType::Struct(members) => Kind::Struct(shape(members, path)),
            ColumnType::OneOf(tag, variants) => {
                let variants = variants
                    .iter()
                    .map(|(name, members)| {
                        path.push(name.clone());
                        let shape = shape(members, path);
                        path.pop();
                        (name.clone(), shape)
                    })
                    .collect();
                Kind::Union { tag: tag.clone(), variants }
            }
        }
    }

    /// What stands in for a response that fails, as the response it would be: it is read like one, so that it has the types declared.
    fn fallback(&mut self, block: &ast::Block, shape: &Shape) -> Option<String> {
        let mut found = block.items.iter().filter_map(|item| match &*item.kind {
            BlockItemKind::Fallback(row) => Some((row, item.span)),
            _ => None,
        });
        let (row, span) = found.next()?;
        if let Some((_, second)) = found.next() {
            self.diagnose(
                Diagnostic::new(Code::DuplicateName, "this block has two fallbacks", second)
                    .also(span, "the first is here")
                    .help("keep one"),
            );
        }
        let unknown: Vec<&ast::Name> = row.iter().map(|(name, _)| name).filter(|name| shape.place(&name.node).is_none()).collect();
        for name in &unknown {
            let known: Vec<String> = shape.members.iter().map(|member| member.name.clone()).collect();
            let diagnostic =
                Diagnostic::new(Code::UnknownName, format!("the fallback names `{}`, which is no field", name.node), name.span);
            let diagnostic = diagnostic.did_you_mean(&name.node, known.iter().map(String::as_str));
            self.diagnose(if diagnostic.help.is_some() { diagnostic } else { diagnostic.help("name a field of the block") });
        }
        let text = self.json_record(row)?;
        // A misspelt name is one mistake, not two.
        if unknown.is_empty() {
            self.check_fallback(row, span, shape, &text);
        }
        Some(text)
    }

    fn check_fallback(&mut self, row: &[(ast::Name, Expr)], span: Span, shape: &Shape, text: &str) {
        let options = Options { limits: Limits::default(), lenient: false, closed: false, refusal: &|_| false };
        let Ok(reading) = outputs::read(shape, &StringArray::from(vec![text]), None, 0..1, &options) else { return };
        if reading.parse.first() != Some(&Reason::Read) {
            return;
        }
        for member in &reading.members {
            let state = member.states.first().copied().unwrap_or(State::Present);
            let declared = declared_at(shape, &member.path);
            let place = row.iter().find(|(name, _)| member.path.first() == Some(&name.node)).map_or(span, |(_, value)| value.span);
            let path = member.path.join(".");
            let (message, help) = match state {
                State::Present | State::NotRead => continue,
                State::Null | State::Absent if declared.is_none_or(|member| member.nullable) => continue,
                State::Null | State::Absent => (format!("the fallback gives `{path}` no value"), "a field that is not `?` needs one"),
                _ => (format!("the fallback's `{path}` is not of the declared type"), "give a value of the field's type"),
            };
            self.diagnose(Diagnostic::new(Code::ValueType, message, place).help(help));
        }
    }

    fn json_record(&mut self, row: &[(ast::Name, Expr)]) -> Option<String> {
        let mut object = Map::new();
        for (name, value) in row {
            object.insert(name.node.clone(), self.json(value)?);
        }
        Some(Value::Object(object).to_string())
    }

    /// A constant, a list or a record of them, as JSON.
    fn json(&mut self, value: &Expr) -> Option<Value> {
        match &value.kind {
            ExprKind::List(items) => items.iter().map(|item| self.json(item)).collect::<Option<Vec<_>>>().map(Value::Array),
            ExprKind::Record(members) => {
                members.iter().map(|(name, value)| Some((name.node.clone(), self.json(value)?))).collect::<Option<_>>().map(Value::Object)
            }
            _ => {
                let literal = constant(value, self.scope.diagnostics);
                let json = literal.as_ref().and_then(json_literal);
                if json.is_none() {
                    self.diagnose(
                        Diagnostic::new(Code::ValueType, "a fallback is made of constants", value.span)
                            .help("write a text, a number, `true`, `false`, `null`, `[ … ]` or `{ … }`"),
                    );
                }
                json
            }
        }
    }
}

fn int_kind(width: IntWidth) -> Kind {
    let (min, max) = match width {
        IntWidth::Any => (i128::from(i64::MIN), i128::from(i64::MAX)),
        IntWidth::Signed(bits) => (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
        IntWidth::Unsigned(bits) => (0, (1_i128 << bits) - 1),
    };
    Kind::Int { min, max }
}

/// The member that a path leads to.
fn declared_at<'a>(shape: &'a Shape, path: &[String]) -> Option<&'a Member> {
    let (first, rest) = path.split_first()?;
    let member = shape.members.get(shape.place(first)?)?;
    if rest.is_empty() {
        return Some(member);
    }
    let mut kind = &member.kind;
    loop {
        match kind {
            Kind::List(item) | Kind::Map(item) => kind = &item.kind,
            Kind::Struct(shape) => return declared_at(shape, rest),
            Kind::Union { variants, .. } => {
                let (name, rest) = rest.split_first()?;
                return declared_at(&variants.iter().find(|(known, _)| known == name)?.1, rest);
            }
            _ => return None,
        }
    }
}

fn json_literal(literal: &Literal) -> Option<Value> {
    use crate::kernels::{render, time};
    let number = |text: String| serde_json::from_str::<Value>(&text).ok();
    Some(match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => number(value.to_string())?,
        Literal::Number(mantissa, scale, _) | Literal::Decimal(mantissa, scale) => number(render::decimal(*mantissa, *scale))?,
        Literal::Float(bits) => serde_json::Number::from_f64(f64::from_bits(*bits)).map(Value::Number)?,
        Literal::Str(text) => Value::String(text.clone()),
        Literal::Date(days) => Value::String(time::format_date(*days)),
        Literal::Time(nanos) => Value::String(time::format_time(*nanos)),
        Literal::Timestamp(nanos) => Value::String(time::format_timestamp(*nanos, true)),
        Literal::LocalTimestamp(nanos) => Value::String(time::format_timestamp(*nanos, false)),
        Literal::Duration(_) => return None,
    })
}

//! Expressions: names resolved, types checked, nodes interned.

use crate::diagnostics::{Code, Diagnostic, counted};
use crate::functions::{self, AggregateKind, SignatureError};
use crate::kernels::time::UNITS;
use crate::source::Span;
use crate::syntax::ast::{self, ArithOp, CompareOp, Expr, ExprKind, Tail};
use crate::types::{ColumnType, IntWidth, Type};

use super::aliases::{Alias, alias, literal_word};
use super::block::Scope;
use super::env::{constant, fit, warn_of_duplicates};
use super::ir::{AggregateCall, CastTarget, ExprId, FunctionRef, LambdaId, Literal, Node, RuleShare, SetId};

/// A checked expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Checked {
    pub id: ExprId,
    pub ty: Type,
}

/// Where an expression stands: a row of data, or the result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Row,
    Check,
}

/// Patterns are limited before they are compiled, compiled ones in size.
const MAX_PATTERN_BYTES: usize = 4096;
const MAX_REGEX_BYTES: usize = 1 << 20;

/// A number of days, in the language's own form.
fn counted_days(days: i128) -> String {
    counted(usize::try_from(days).unwrap_or(usize::MAX), "day")
}

/// Whether a text is a number as rules write it.
pub(crate) fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// A text as a time of a type, in the language's own form, if it is one.
pub(crate) fn time_of(text: &str, ty: &Type) -> Option<String> {
    if text.contains(['"', '\\']) {
        return None;
    }
    let is = |kind: ExprKind, wanted: &[Type]| {
        let mut found = Vec::new();
        let span = Span::new(crate::source::FileId(0), 0..0);
        let literal = constant(&Expr { kind, span }, &mut found);
        found.is_empty() && literal.is_some_and(|literal| wanted.contains(&literal.ty()))
    };
    let zoned = format!("{text}Z");
    let candidates = [
        ("timestamp", text, ExprKind::Timestamp(text.to_owned())),
        ("date", text, ExprKind::Date(text.to_owned())),
        ("timestamp", zoned.as_str(), ExprKind::Timestamp(zoned.clone())),
    ];
    let fits: &[Type] = match ty {
        Type::Date => &[Type::Date],
        Type::Timestamp => &[Type::Timestamp, Type::Date],
        Type::LocalTimestamp => &[Type::LocalTimestamp, Type::Date],
        _ => &[],
    };
    let (word, text, _) = candidates.into_iter().find(|(_, _, kind)| is(kind.clone(), fits))?;
    Some(format!("{word} \"{text}\""))
}

/// How a time of a type is written.
fn time_like(ty: &Type) -> &'static str {
    match ty {
        Type::Date => "date \"2026-01-31\"",
        Type::LocalTimestamp => "timestamp \"2026-01-31T00:00:00\"",
        _ => "timestamp \"2026-01-31T00:00:00Z\"",
    }
}

/// Compiles a pattern under the limits of the language; the error says what to do.
pub(crate) fn regex(pattern: &str, whole: bool) -> Result<regex::Regex, (String, String)> {
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err((format!("this pattern has more than {MAX_PATTERN_BYTES} bytes"), "use a shorter one, or a value set".to_owned()));
    }
    let text = if whole { format!(r"\A(?:{pattern})\z") } else { pattern.to_owned() };
    regex::RegexBuilder::new(&text).size_limit(MAX_REGEX_BYTES).dfa_size_limit(MAX_REGEX_BYTES * 2).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => (
            "this pattern is too large when compiled".to_owned(),
            "use smaller repetition counts, or ASCII classes such as [0-9] for \\d".to_owned(),
        ),
        error => {
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let help = if reason.contains("look-around") || reason.contains("backreference") {
                "patterns run in linear time, so look-around and back-references do not exist here: say it with two rules"
            } else {
                "mend the pattern; before a character that means something in patterns write a backslash, as in `\\[`"
            };
            (format!("this is no pattern: {reason}"), help.to_owned())
        }
    })
}

impl Scope<'_> {
    fn node(&mut self, node: Node, ty: Type) -> Checked {
        Checked { id: self.arena.intern(node), ty }
    }

    pub(super) fn error(&mut self) -> Checked {
        self.node(Node::Literal(Literal::Null), Type::Error)
    }

    pub(super) fn fail(&mut self, diagnostic: Diagnostic) -> Checked {
        self.diagnostics.push(diagnostic);
        self.error()
    }

    pub(crate) fn literal(&mut self, literal: Literal) -> Checked {
        let ty = literal.ty();
        self.node(Node::Literal(literal), ty)
    }

    /// An expression that must be true or false.
    pub(crate) fn condition(&mut self, expr: &Expr, mode: Mode) -> Checked {
        let checked = self.expr(expr, mode);
        if !matches!(checked.ty, Type::Bool | Type::Error | Type::Null) {
            let message = format!("a condition is true or false, but this is {}", checked.ty);
            let help = match &expr.kind {
                ExprKind::Name(name) if checked.ty.is_numeric() => format!("compare it: `{name} > 0`"),
                _ => "compare it with something".to_owned(),
            };
            return self.fail(Diagnostic::new(Code::NotBool, message, expr.span).help(help));
        }
        checked
    }

    /// Checks an expression.
    pub(crate) fn expr(&mut self, expr: &Expr, mode: Mode) -> Checked {
        let checked = self.expr_of_any_kind(expr, mode);
        self.places.note(checked.id, expr.span);
        if let Some(facts) = &self.env.facts {
            facts.note_type(expr.span, &checked.ty);
        }
        checked
    }

    fn expr_of_any_kind(&mut self, expr: &Expr, mode: Mode) -> Checked {
        let mut found = Vec::new();
        if let Some(literal) = constant(expr, &mut found) {
            let broken = !found.is_empty();
            self.diagnostics.append(&mut found);
            return if broken { self.error() } else { self.literal(literal) };
        }
        match &expr.kind {
            ExprKind::Name(name) => self.name(name, expr.span, mode),
            ExprKind::Param(name) => self.param(name, expr.span),
            ExprKind::Negate(inner) => self.negate(inner, mode),
            ExprKind::Not(inner) => {
                let inner = self.condition(inner, mode);
                self.node(Node::Not(inner.id), Type::Bool)
            }
            ExprKind::And(all) => self.connective(all, mode, Node::And),
            ExprKind::Or(all) => self.connective(all, mode, Node::Or),
            ExprKind::Arith(op, a, b) => {
                let (left, right) = (self.expr(a, mode), self.expr(b, mode));
                self.arith(*op, left, right, expr.span, (a.span, b.span))
            }
            ExprKind::Test(subject, tail) => {
                let checked = self.expr(subject, mode);
                self.tail(checked, subject.span, tail, mode)
            }
            ExprKind::Call { function, arguments } => self.call(function, arguments, expr.span, mode),
            ExprKind::Quantifier { all, variable, list, body } => self.quantifier(*all, variable, list, body, mode),
            ExprKind::Case { operand, branches, otherwise } => self.case(operand.as_deref(), branches, otherwise.as_deref(), mode),
            ExprKind::Cast { lenient, value, ty } => self.cast(*lenient, value, ty, mode),
            ExprKind::Member(value, member) => self.member(value, member, mode),
            ExprKind::Index(value, index) => self.index(value, index, mode),
            ExprKind::List(items) => self.list(items, mode),
            ExprKind::Regex(_) => self.fail(
                Diagnostic::new(Code::TypeMismatch, "a pattern is no value", expr.span)
                    .help("it stands after `matches`, or in `contains_match(text, /…/)`"),
            ),
            ExprKind::Record(_) => self.fail(
                Diagnostic::new(Code::TypeMismatch, "a record is no value", expr.span)
                    .help("records stand in `given`, `example` and `fallback`"),
            ),
            _ => self.error(),
        }
    }

    fn name(&mut self, name: &str, span: Span, mode: Mode) -> Checked {
        if let Some((_, lambda, ty)) = self.lambdas.iter().rev().find(|(known, ..)| known == name).cloned() {
            return self.node(Node::Item(lambda), ty);
        }
        let Some(checked) = self.named_value(name, span) else {
            let known: Vec<String> = self.names();
            let params = self.env.params.contains_key(name);
            let sets = self.env.set_names.contains_key(name);
            let diagnostic = Diagnostic::new(Code::UnknownName, format!("there is no column or `let` named `{name}`"), span);
            let diagnostic = if params {
                diagnostic.help(format!("the parameter is written `${name}`")).suggest(span, format!("${name}"))
            } else if sets {
                diagnostic.help(format!("`{name}` is a value set: test with `in {name}`"))
            } else {
                match literal_word(name) {
                    None if functions::find(name).is_some() || functions::find_aggregate(name).is_some() => without_call(diagnostic, name),
                    Some("null") => diagnostic.help("a value that is not there is `null`: write `is null`, or `is not null`"),
                    Some(word) => diagnostic.help(format!("write `{word}`")).suggest(span, word),
                    None => diagnostic.did_you_mean(name, known.iter().map(String::as_str)),
                }
            };
            let diagnostic = if diagnostic.help.is_some() { diagnostic } else { diagnostic.help("declare it as a field of the block") };
            return self.fail(diagnostic);
        };
        if mode == Mode::Check && checked.ty != Type::Error {
            let message = format!("`{name}` has a value for each row, and a check has one for all of them");
            return self.fail(
                Diagnostic::new(Code::Aggregate, message, span)
                    .help(format!("put it inside an aggregate, such as `max({name})`; a condition on each row is a `rule`")),
            );
        }
        checked
    }

    fn param(&mut self, name: &str, span: Span) -> Checked {
        match self.env.params.get(name) {
            Some(param) => {
                let (value, ty) = (param.value.clone(), param.ty.clone());
                let ty = if value == Literal::Null { Type::Error } else { ty };
                let checked = self.node(Node::Literal(value), ty);
                self.param_nodes.insert(checked.id);
                checked
            }
            None if self.env.broken.contains(name) => self.error(),
            None => {
                let known: Vec<String> = self.env.params.keys().cloned().collect();
                let diagnostic = Diagnostic::new(Code::UnknownName, format!("there is no parameter `${name}`"), span);
                let diagnostic = match crate::diagnostics::nearest(name, known.iter().map(String::as_str)) {
                    Some(near) => diagnostic.help(format!("did you mean `${near}`?")).guess(span, format!("${near}")),
                    None => diagnostic.help(format!("declare it: `param {name}: float = 1.0`")),
                };
                self.fail(diagnostic)
            }
        }
    }

    fn negate(&mut self, inner: &Expr, mode: Mode) -> Checked {
        let checked = self.expr(inner, mode);
        if !checked.ty.is_numeric() && checked.ty != Type::Duration {
            let message = format!("a minus sign stands before numbers and durations, not before {}", checked.ty);
            return self.fail(Diagnostic::new(Code::TypeMismatch, message, inner.span).help("remove the minus sign"));
        }
        self.node(Node::Negate(checked.id), checked.ty)
    }

    fn connective(&mut self, all: &[Expr], mode: Mode, node: fn(Vec<ExprId>) -> Node) -> Checked {
        let ids = all.iter().map(|one| self.condition(one, mode).id).collect();
        self.node(node(ids), Type::Bool)
    }

    fn arith(&mut self, op: ArithOp, left: Checked, right: Checked, span: Span, places: (Span, Span)) -> Checked {
        // As in comparisons, a date beside an instant or a local time is its midnight.
        let (left, right) = match (op, &left.ty, &right.ty) {
            (ArithOp::Sub, Type::Date, ty @ (Type::Timestamp | Type::LocalTimestamp)) => (self.date_to(left, ty.clone()), right),
            (ArithOp::Sub, ty @ (Type::Timestamp | Type::LocalTimestamp), Type::Date) => {
                let ty = ty.clone();
                (left, self.date_to(right, ty))
            }
            _ => (left, right),
        };
        let Some(ty) = arith_type(op, &left.ty, &right.ty) else {
            let message = format!("`{}` does not take {} and {}", op.symbol(), left.ty, right.ty);
            let help = match (&left.ty, &right.ty) {
                (Type::String, Type::String) if op == ArithOp::Add => "join texts by `||`".to_owned(),
                (Type::Bool, _) | (_, Type::Bool) if op == ArithOp::Concat => "write `or`: `||` joins texts".to_owned(),
                (Type::Timestamp | Type::Date | Type::LocalTimestamp, Type::Int) => match self.arena.node(right.id) {
                    Node::Literal(Literal::Int(days)) => format!("give the number a unit: `{} {}`", op.symbol(), counted_days(*days)),
                    _ => format!("use a duration: `{} 1 day`", op.symbol()),
                },
                _ => "see the operators in the language reference".to_owned(),
            };
            let diagnostic = Diagnostic::new(Code::TypeMismatch, message, span)
                .also(places.0, format!("this is {}", left.ty))
                .also(places.1, format!("this is {}", right.ty))
                .help(help);
            let days = match (&left.ty, self.arena.node(right.id)) {
                (Type::Timestamp | Type::Date | Type::LocalTimestamp, Node::Literal(Literal::Int(days))) if *days >= 0 => Some(*days),
                _ => None,
            };
            return self.fail(match days {
                Some(days) => diagnostic.guess(places.1, counted_days(days)),
                None => diagnostic,
            });
        };
        if op == ArithOp::Concat {
            return match functions::find("concat") {
                Some(concat) => self.node(Node::Call(FunctionRef(concat), vec![left.id, right.id]), ty),
                None => self.error(),
            };
        }
        self.node(Node::Arith(op, left.id, right.id), ty)
    }

    /// A test with the subject on its left.
    pub(crate) fn tail(&mut self, subject: Checked, place: Span, tail: &Tail, mode: Mode) -> Checked {
        match tail {
            Tail::Compare(op, other) => {
                let right = self.beside(&subject, other, mode);
                self.compare(*op, subject, right, (place, other.span))
            }
            Tail::Between { negated, low, high } => {
                let (lower, upper) = (self.expr(low, mode), self.expr(high, mode));
                self.warn_empty_range(low, high);
                let above = self.compare(CompareOp::GtEq, subject.clone(), lower, (place, low.span));
                let below = self.compare(CompareOp::LtEq, subject, upper, (place, high.span));
                let both = self.node(Node::And(vec![above.id, below.id]), Type::Bool);
                self.negate_if(*negated, both)
            }
            Tail::InList { negated, values } => {
                let test = self.in_list(subject, place, values, mode);
                self.negate_if(*negated, test)
            }
            Tail::InSet { negated, set } => {
                let test = self.in_set(&subject, place, set);
                self.negate_if(*negated, test)
            }
            Tail::Matches { negated, pattern } => {
                let test = self.matches(&subject, place, &pattern.node, pattern.span, true);
                self.negate_if(*negated, test)
            }
            Tail::Like { negated, pattern } => {
                let right = self.expr(pattern, mode);
                let test = match (self.want_string(&subject, place), self.want_string(&right, pattern.span)) {
                    (true, true) => self.node(Node::Like(subject.id, right.id), Type::Bool),
                    _ => self.error(),
                };
                self.negate_if(*negated, test)
            }
            Tail::IsNull { negated } => {
                let test = self.node(Node::IsNull(subject.id), Type::Bool);
                self.negate_if(*negated, test)
            }
            Tail::IsDistinct { negated, other } => {
                let right = self.expr(other, mode);
                let Some((left, right)) = self.aligned(subject, right, (place, other.span), "is distinct from") else {
                    return self.error();
                };
                let test = self.node(Node::Distinct(left.id, right.id), Type::Bool);
                self.negate_if(*negated, test)
            }
        }
    }

    /// An operand beside a subject: beside a text, a word that names nothing is a text without its quotes.
    fn beside(&mut self, subject: &Checked, expr: &Expr, mode: Mode) -> Checked {
        if let (Type::String, ExprKind::Name(word)) = (&subject.ty, &expr.kind)
            && self.is_unheard(word)
        {
            let message = format!("there is no column or `let` named `{word}`");
            let diagnostic = Diagnostic::new(Code::UnknownName, message, expr.span);
            return self.fail(diagnostic.help(format!("a text stands in quotes: `\"{word}\"`")).guess(expr.span, format!("\"{word}\"")));
        }
        self.expr(expr, mode)
    }

    /// Whether a word neither names anything nor is near to a name.
    fn is_unheard(&self, word: &str) -> bool {
        if literal_word(word).is_some() {
            return false;
        }
        let names = self.names();
        let known = || names.iter().map(String::as_str).chain(self.lambdas.iter().map(|(name, ..)| name.as_str()));
        !known().any(|name| name == word)
            && crate::diagnostics::nearest(word, known()).is_none()
            && !self.env.params.contains_key(word)
            && !self.env.set_names.contains_key(word)
    }

    fn warn_empty_range(&mut self, low: &Expr, high: &Expr) {
        let mut ignored = Vec::new();
        let (Some(low_value), Some(high_value)) = (constant(low, &mut ignored), constant(high, &mut ignored)) else { return };
        if order(&low_value, &high_value) == Some(std::cmp::Ordering::Greater) {
            let span = low.span.to(high.span);
            self.diagnostics.push(
                Diagnostic::new(Code::ValueType, "nothing lies between these bounds: the first is above the second", span)
                    .help("write the lower bound first"),
            );
        }
    }

    fn negate_if(&mut self, negated: bool, test: Checked) -> Checked {
        if negated && test.ty == Type::Bool { self.node(Node::Not(test.id), Type::Bool) } else { test }
    }

    /// Brings two sides to one type, or says why there is none.
    fn aligned(&mut self, left: Checked, right: Checked, places: (Span, Span), operator: &str) -> Option<(Checked, Checked)> {
        let right = self.retype_literal(right, &left.ty);
        let left = self.retype_literal(left, &right.ty);
        match (&left.ty, &right.ty) {
            (Type::Date, Type::Timestamp) => return Some((self.date_to(left, Type::Timestamp), right)),
            (Type::Timestamp, Type::Date) => return Some((left, self.date_to(right, Type::Timestamp))),
            (Type::Date, Type::LocalTimestamp) => return Some((self.date_to(left, Type::LocalTimestamp), right)),
            (Type::LocalTimestamp, Type::Date) => return Some((left, self.date_to(right, Type::LocalTimestamp))),
            _ => {}
        }
        if left.ty.comparable_with(&right.ty) {
            return Some((left, right));
        }
        let diagnostic = self.incomparable(&left, &right, places, operator);
        self.diagnostics.push(diagnostic);
        None
    }

    fn retype_literal(&mut self, side: Checked, other: &Type) -> Checked {
        let Node::Literal(literal) = self.arena.node(side.id).clone() else { return side };
        match (&literal, other) {
            (Literal::Number(..), Type::Decimal | Type::Float) => fit(literal, other).map_or(side, |literal| self.literal(literal)),
            _ => side,
        }
    }

    fn date_to(&mut self, date: Checked, ty: Type) -> Checked {
        let target = if ty == Type::Timestamp { CastTarget::Timestamp } else { CastTarget::LocalTimestamp };
        self.node(Node::Cast(date.id, target, false), ty)
    }

    fn incomparable(&self, left: &Checked, right: &Checked, places: (Span, Span), operator: &str) -> Diagnostic {
        if matches!((&left.ty, &right.ty), (Type::Timestamp, Type::LocalTimestamp) | (Type::LocalTimestamp, Type::Timestamp)) {
            let diagnostic =
                Diagnostic::new(Code::LocalWithInstant, "an instant cannot be compared with wall-clock time", places.0.to(places.1))
                    .also(places.0, format!("this is {}", left.ty))
                    .also(places.1, format!("this is {}", right.ty));
            let literal = |side: &Checked| matches!(self.arena.node(side.id), Node::Literal(Literal::LocalTimestamp(_)));
            return diagnostic.help(if literal(left) || literal(right) {
                "write the time with its zone, as in `timestamp \"2026-01-31T00:00:00Z\"`"
            } else {
                "declare both alike: `timestamp`, or `timestamp(local)`"
            });
        }
        let message = format!("`{operator}` does not compare {} with {}", left.ty, right.ty);
        let diagnostic = Diagnostic::new(Code::TypeMismatch, message, places.1)
            .label(format!("this is {}", right.ty))
            .also(places.0, format!("this is {}", left.ty));
        match (&left.ty, self.arena.node(right.id)) {
            (ty, Node::Literal(Literal::Str(text))) if ty.is_numeric() && is_number(text) => {
                diagnostic.help(format!("write `{text}` without quotes")).suggest(places.1, text.clone())
            }
            (Type::Timestamp | Type::Date | Type::LocalTimestamp, Node::Literal(Literal::Str(text))) => match time_of(text, &left.ty) {
                Some(written) => diagnostic.help(format!("write `{written}`")).suggest(places.1, written),
                None => diagnostic.help(format!("write a time, such as `{}`", time_like(&left.ty))),
            },
            (Type::String, Node::Literal(Literal::Int(value))) => {
                diagnostic.help(format!("write `\"{value}\"` in quotes, or `cast(… as int)` on the other side"))
            }
            (Type::Duration, Node::Literal(Literal::Int(number))) => {
                let written = format!("{number} s");
                diagnostic.help(format!("give the number a unit: `{written}`, `{number} min`, `{number} h`")).guess(places.1, written)
            }
            (Type::Timestamp | Type::Date | Type::LocalTimestamp, node) => {
                match self.day_of(node).and_then(|day| time_of(&day, &left.ty)) {
                    Some(written) => {
                        diagnostic.help(format!("write `{written}`: without quotes it is a subtraction")).suggest(places.1, written)
                    }
                    None => diagnostic.help(format!("compare it with a time, such as `{}`", time_like(&left.ty))),
                }
            }
            (Type::Bool, _) => diagnostic.help("a true-or-false value needs no comparison: write it alone, or with `not`"),
            _ => diagnostic.help("compare values of one type; `cast(x as type)` converts"),
        }
    }

    /// The day that is meant by `2026-01-31` without quotes.
    fn day_of(&self, node: &Node) -> Option<String> {
        let number = |id: ExprId| if let Node::Literal(Literal::Int(number)) = self.arena.node(id) { Some(*number) } else { None };
        let Node::Arith(ArithOp::Sub, month, day) = node else { return None };
        let Node::Arith(ArithOp::Sub, year, month) = self.arena.node(*month) else { return None };
        let (year, month, day) = (number(*year)?, number(*month)?, number(*day)?);
        (1000..=9999).contains(&year).then(|| format!("{year:04}-{month:02}-{day:02}"))
    }

    fn compare(&mut self, op: CompareOp, left: Checked, right: Checked, places: (Span, Span)) -> Checked {
        if right.ty == Type::Null && *self.arena.node(right.id) == Node::Literal(Literal::Null) {
            let cure = if op == CompareOp::NotEq { "is not null" } else { "is null" };
            return self.fail(
                Diagnostic::new(Code::TypeMismatch, format!("`{} null` is never true", op.symbol()), places.1)
                    .help(format!("write `{cure}`")),
            );
        }
        let ordering = !matches!(op, CompareOp::Eq | CompareOp::NotEq);
        if ordering && matches!(left.ty, Type::Bool | Type::List(_)) {
            let message = format!("{} has no order", left.ty);
            return self.fail(Diagnostic::new(Code::TypeMismatch, message, places.0).help("test it with `=` or `!=`"));
        }
        match self.aligned(left, right, places, op.symbol()) {
            Some((left, right)) => self.node(Node::Compare(op, left.id, right.id), Type::Bool),
            None => self.error(),
        }
    }

    fn in_list(&mut self, subject: Checked, place: Span, values: &[Expr], mode: Mode) -> Checked {
        if values.is_empty() {
            return self.fail(
                Diagnostic::new(Code::ArgumentCount, "this value set is empty", place)
                    .help("nothing is in an empty set: name at least one value"),
            );
        }
        warn_of_duplicates(values, self.diagnostics);
        let mut found = Vec::new();
        let constants: Option<Vec<Literal>> = values.iter().map(|value| constant(value, &mut found)).collect();
        self.diagnostics.append(&mut found);
        if let Some(index) = values.iter().position(|value| matches!(value.kind, ExprKind::Null)) {
            let span = values.get(index).map_or(place, |value| value.span);
            return self.fail(
                Diagnostic::new(Code::NullInList, "null in a list of values matches nothing", span)
                    .help("leave it out: a field whose type ends in `?` may be null anyway; in a rule write `or x is null`"),
            );
        }
        let Some(constants) = constants else { return self.in_expressions(subject, place, values, mode) };
        let mut fitted = Vec::new();
        for (literal, value) in constants.into_iter().zip(values) {
            let ty = literal.ty();
            if !subject.ty.comparable_with(&ty) {
                let checked = self.literal(literal);
                let diagnostic = self.incomparable(&subject, &checked, (place, value.span), "in");
                return self.fail(diagnostic);
            }
            fitted.push(literal);
        }
        let ty = subject.ty.clone();
        let set = self.inline_set(ty, fitted);
        self.node(Node::InSet(subject.id, set), Type::Bool)
    }

    /// `x in (a, b)` over expressions is `x = a or x = b`.
    fn in_expressions(&mut self, subject: Checked, place: Span, values: &[Expr], mode: Mode) -> Checked {
        let mut tests = Vec::new();
        for value in values {
            let right = self.beside(&subject, value, mode);
            tests.push(self.compare(CompareOp::Eq, subject.clone(), right, (place, value.span)).id);
        }
        self.node(Node::Or(tests), Type::Bool)
    }

    fn in_set(&mut self, subject: &Checked, place: Span, name: &ast::Name) -> Checked {
        let Some(set) = self.env.set_names.get(&name.node).copied() else {
            if self.env.broken.contains(&name.node) {
                return self.error();
            }
            let known: Vec<&str> = self.env.set_names.keys().map(String::as_str).collect();
            let diagnostic = Diagnostic::new(Code::UnknownName, format!("there is no value set `{}`", name.node), name.span);
            let diagnostic = diagnostic.did_you_mean(&name.node, known);
            let help = diagnostic.help.is_some();
            let is_list = self.names().contains(&name.node);
            return self.fail(match (help, is_list) {
                (true, _) => diagnostic,
                (_, true) => diagnostic.help(format!("`{0}` is a column: write `contains({0}, x)` for a list, or `= {0}`", name.node)),
                _ => diagnostic.help(format!("declare it: `set {} = (\"a\", \"b\")`", name.node)),
            });
        };
        let ty = self.set(set).map_or(Type::Error, |set| set.ty.clone());
        if !subject.ty.comparable_with(&ty) {
            let message = format!("the set `{}` holds {ty}, and this is {}", name.node, subject.ty);
            return self.fail(
                Diagnostic::new(Code::TypeMismatch, message, name.span)
                    .also(place, format!("this is {}", subject.ty))
                    .help("test values of the set's type"),
            );
        }
        self.node(Node::InSet(subject.id, set), Type::Bool)
    }

    fn want_string(&mut self, side: &Checked, place: Span) -> bool {
        if matches!(side.ty, Type::String | Type::Error | Type::Null) {
            return true;
        }
        let message = format!("patterns test strings, and this is {}", side.ty);
        self.diagnostics.push(Diagnostic::new(Code::TypeMismatch, message, place).help("`cast(x as string)` gives its text"));
        false
    }

    pub(crate) fn matches(&mut self, subject: &Checked, place: Span, pattern: &str, at: Span, whole: bool) -> Checked {
        if !self.want_string(subject, place) {
            return self.error();
        }
        if let Err((message, help)) = regex(pattern, whole) {
            return self.fail(Diagnostic::new(Code::Regex, message, at).help(help));
        }
        self.node(Node::Matches(subject.id, pattern.to_owned(), whole), Type::Bool)
    }

    fn call(&mut self, function: &ast::Name, arguments: &[Expr], span: Span, mode: Mode) -> Checked {
        if mode == Mode::Check
            && let Some(aggregate) = functions::find_aggregate(&function.node)
        {
            return self.aggregate(aggregate, arguments, function, span);
        }
        if let Some(pattern) = self.pattern_call(function, arguments, mode) {
            return pattern;
        }
        if let ("date" | "timestamp" | "time", [Expr { kind: ExprKind::String(text), .. }]) = (function.node.as_str(), arguments) {
            let word = &function.node;
            let message = format!("a {word} that is written down has no parentheses");
            let diagnostic = Diagnostic::new(Code::ArgumentType, message, span).help(format!("write `{word} \"{text}\"`"));
            return self.fail(if text.contains(['"', '\\']) { diagnostic } else { diagnostic.suggest(span, format!("{word} \"{text}\"")) });
        }
        // What an unknown function would have taken needs to make sense, and no more.
        let known = functions::find(&function.node).is_some() || self.env.externs.contains_key(&function.node);
        let inner = if known { mode } else { Mode::Row };
        let words = arguments.get(1..).filter(|_| self.is_detector(&function.node)).unwrap_or_default();
        let values = arguments.get(..arguments.len() - words.len()).unwrap_or_default();
        let mut checked: Vec<Checked> = values.iter().map(|argument| self.expr(argument, inner)).collect();
        checked.extend(words.iter().map(|word| self.detector_word(&function.node, word, false)));
        let places: Vec<Span> = arguments.iter().map(|argument| argument.span).collect();
        self.call_checked(function, &checked, &places, span, mode)
    }

    /// `matches(x, /re/)` and `contains_match(x, /re/)`: the second argument is a pattern, not a value.
    fn pattern_call(&mut self, function: &ast::Name, arguments: &[Expr], mode: Mode) -> Option<Checked> {
        let whole = match function.node.as_str() {
            "matches" => true,
            "contains_match" => false,
            _ => return None,
        };
        let [subject, pattern] = arguments else { return None };
        let ExprKind::Regex(text) = &pattern.kind else { return None };
        let checked = self.expr(subject, mode);
        Some(self.matches(&checked, subject.span, text, pattern.span, whole))
    }

    /// A call whose arguments are checked already.
    pub(crate) fn call_checked(&mut self, function: &ast::Name, arguments: &[Checked], places: &[Span], span: Span, mode: Mode) -> Checked {
        if self.env.externs.contains_key(&function.node) {
            return self.host_call(function, arguments, places, span);
        }
        let Some(def) = functions::find(&function.node) else {
            if self.env.broken.contains(&function.node) {
                return self.error();
            }
            let diagnostic = self.unknown_function(function, mode);
            return self.fail(diagnostic);
        };
        let types: Vec<Type> = arguments.iter().map(|argument| argument.ty.clone()).collect();
        let ty = match def.signature.check(&types) {
            Ok(ty) => ty,
            Err(error) => {
                let diagnostic = bad_call(def.name, &def.signature.display(def.name), &error, &types, places, span, mode);
                return self.fail(diagnostic);
            }
        };
        if let Some(diagnostic) = self.unknown_unit(def, arguments, places) {
            return self.fail(diagnostic);
        }
        self.build_call(def, arguments, places, ty)
    }

    /// A unit that `date_trunc` does not know would be a fault in every row.
    fn unknown_unit(&self, def: &functions::FunctionDef, arguments: &[Checked], places: &[Span]) -> Option<Diagnostic> {
        let (Some(unit), Some(place)) = (arguments.first(), places.first()) else { return None };
        let Node::Literal(Literal::Str(unit)) = self.arena.node(unit.id) else { return None };
        if def.name != "date_trunc" || UNITS.contains(&unit.as_str()) {
            return None;
        }
        let diagnostic = Diagnostic::new(Code::ArgumentType, format!("`date_trunc` knows no unit `{unit}`"), *place);
        Some(match crate::diagnostics::nearest(unit, UNITS.iter().copied()) {
            Some(near) => diagnostic.help(format!("did you mean `\"{near}\"`?")).guess(*place, format!("\"{near}\"")),
            None => diagnostic.help(format!("units are {}", UNITS.join(", "))),
        })
    }

    /// A value chosen from several: all of one type, and of one that is no list or struct.
    fn choice(&mut self, values: &[Checked], places: &[Span], node: impl FnOnce(&mut Self, Vec<ExprId>) -> Node) -> Checked {
        let mut ty = Type::Null;
        for (value, place) in values.iter().zip(places) {
            match ty.unify(&value.ty) {
                Some(common) if !matches!(common, Type::List(_) | Type::Struct(_) | Type::Map(..)) => ty = common,
                Some(common) => {
                    let message = format!("one of several values cannot be chosen where they are {common}");
                    return self.fail(
                        Diagnostic::new(Code::TypeMismatch, message, *place).help("choose between numbers, texts, times or truth values"),
                    );
                }
                None => {
                    let message = format!("these values are {ty} and {}", value.ty);
                    return self.fail(Diagnostic::new(Code::TypeMismatch, message, *place).help("let all of them be of one type"));
                }
            }
        }
        let ids = values.iter().map(|value| value.id).collect();
        let node = node(self, ids);
        self.node(node, ty)
    }

    fn build_call(&mut self, def: &'static functions::FunctionDef, arguments: &[Checked], places: &[Span], ty: Type) -> Checked {
        let ids: Vec<ExprId> = arguments.iter().map(|argument| argument.id).collect();
        match (def.name, ids.as_slice()) {
            ("now", _) => return self.node(Node::Now, ty),
            ("coalesce", _) => return self.choice(arguments, places, |_, ids| Node::Coalesce(ids)),
            ("nullif", [a, b]) => return self.node(Node::NullIf(*a, *b), ty),
            ("if", [condition, ..]) => {
                let (condition, rest) = (*condition, arguments.get(1..).unwrap_or_default());
                return self.choice(rest, places.get(1..).unwrap_or_default(), |this, ids| {
                    let otherwise = ids.get(1).copied().unwrap_or_else(|| this.literal(Literal::Null).id);
                    Node::Case(vec![(condition, ids.first().copied().unwrap_or(otherwise))], otherwise)
                });
            }
            ("like", [text, pattern]) => return self.node(Node::Like(*text, *pattern), ty),
            _ => {}
        }
        // Functions of days and instants see nanoseconds; a date argument is lifted, and a date result brought back.
        let mut dated = false;
        let ids = arguments
            .iter()
            .enumerate()
            .map(|(index, argument)| {
                let accepts = def.signature.parameters.get(index).map(|parameter| parameter.accepts);
                if accepts == Some(functions::Accepts::DateOrTimestamp) && argument.ty == Type::Date {
                    dated = true;
                    return self.date_to(argument.clone(), Type::Timestamp).id;
                }
                argument.id
            })
            .collect();
        let call = self.node(Node::Call(FunctionRef(def), ids), if dated && ty == Type::Date { Type::Timestamp } else { ty.clone() });
        if dated && matches!(def.signature.returns, functions::Returns::SameAs(_)) {
            return self.node(Node::Cast(call.id, CastTarget::Date, false), Type::Date);
        }
        Checked { id: call.id, ty }
    }

    fn unknown_function(&self, function: &ast::Name, mode: Mode) -> Diagnostic {
        let name = function.node.as_str();
        if mode == Mode::Row && functions::find_aggregate(name).is_some() {
            return Diagnostic::new(
                Code::Aggregate,
                format!("`{name}` is taken over all rows, and this is asked of each row"),
                function.span,
            )
            .help("aggregates stand in a `check`");
        }
        if let Some(alias) = alias(name) {
            let diagnostic = Diagnostic::new(Code::UnknownFunction, format!("there is no function `{name}`"), function.span);
            return match alias {
                Alias::Help(help) => diagnostic.help(help),
                Alias::Name(ours) if mode == Mode::Row && functions::find(ours).is_none() => {
                    diagnostic.help(format!("here it is called `{ours}`, an aggregate: it stands in a `check`"))
                }
                // Elsewhere `log` is to the base of ten as often as not.
                Alias::Name(ours @ "ln") => {
                    diagnostic.help("here it is called `ln`, and to the base of ten `log10`").guess(function.span, ours)
                }
                Alias::Name(ours) => diagnostic.help(format!("here it is called `{ours}`")).suggest(function.span, ours),
            };
        }
        let known = functions::all().map(|def| def.name).chain(self.env.externs.keys().map(String::as_str));
        let aggregates = functions::aggregates().iter().map(|def| def.name).filter(|_| mode == Mode::Check);
        let diagnostic = Diagnostic::new(Code::UnknownFunction, format!("there is no function `{name}`"), function.span);
        let diagnostic = diagnostic.did_you_mean(name, known.chain(aggregates));
        if diagnostic.help.is_some() {
            return diagnostic;
        }
        diagnostic.help(format!(
            "the language has no such function, see its reference; one of a program that embeds rulegate is declared: `extern function {name}(x: string): bool`"
        ))
    }

    fn host_call(&mut self, function: &ast::Name, arguments: &[Checked], places: &[Span], span: Span) -> Checked {
        let Some(declared) = self.env.externs.get(&function.node).cloned() else { return self.error() };
        if declared.arguments.len() != arguments.len() {
            let are = if arguments.len() == 1 { "is" } else { "are" };
            let wanted = counted(declared.arguments.len(), "argument");
            let message = format!("`{}` takes {wanted}, here {are} {}", declared.name, arguments.len());
            return self.fail(Diagnostic::new(Code::ArgumentCount, message, span).help("see its `extern function` line"));
        }
        let mut ids = Vec::new();
        for (index, (argument, wanted)) in arguments.iter().zip(&declared.arguments).enumerate() {
            let argument = self.retype_literal(argument.clone(), &wanted.value_type());
            let wanted_type = wanted.value_type();
            let fits = argument.ty.is_unknown() || argument.ty == wanted_type || argument.ty.is_numeric() && wanted_type.is_numeric();
            if !fits {
                let message = format!("argument {} of `{}` is {wanted}, here it is {}", index + 1, declared.name, argument.ty);
                let place = places.get(index).copied().unwrap_or(span);
                return self.fail(Diagnostic::new(Code::ArgumentType, message, place).help("`cast(x as type)` converts"));
            }
            ids.push(argument.id);
        }
        self.node(Node::Host(declared.name, ids), declared.result.value_type())
    }

    fn aggregate(&mut self, def: &'static functions::AggregateDef, arguments: &[Expr], function: &ast::Name, span: Span) -> Checked {
        if def.kind == AggregateKind::RuleShare {
            return self.rule_share(def, arguments, span);
        }
        if let AggregateKind::Drift(measure) = def.kind {
            return self.drift(def, measure, arguments, span);
        }
        let checked: Vec<Checked> = arguments.iter().map(|argument| self.expr(argument, Mode::Row)).collect();
        let types: Vec<Type> = checked.iter().map(|argument| argument.ty.clone()).collect();
        let places: Vec<Span> = arguments.iter().map(|argument| argument.span).collect();
        let ty = match def.signature.check(&types) {
            Ok(ty) => ty,
            Err(error) => {
                let diagnostic = bad_call(def.name, &def.signature.display(def.name), &error, &types, &places, span, Mode::Check);
                return self.fail(diagnostic);
            }
        };
        if let Some(bad) = types.iter().position(|ty| !def.takes(ty)) {
            let message = format!("`{}` does not take {}", def.name, types.get(bad).unwrap_or(&Type::Error));
            let place = places.get(bad).copied().unwrap_or(function.span);
            return self.fail(Diagnostic::new(Code::ArgumentType, message, place).help("reduce it first, as in `max(max(l))`"));
        }
        if let (AggregateKind::Quantile | AggregateKind::ApproxQuantile, [_, share]) = (def.kind, checked.as_slice())
            && !self.is_share(share)
        {
            let place = places.get(1).copied().unwrap_or(span);
            let message = format!("the share of `{}` is a constant from 0 to 1", def.name);
            return self.fail(Diagnostic::new(Code::Aggregate, message, place).help(format!("for example `{}(x, 0.95)`", def.name)));
        }
        let call = AggregateCall {
            kind: def.kind,
            share: None,
            baseline: None,
            arguments: checked.iter().map(|argument| argument.id).collect(),
            ty,
        };
        self.aggregate_node(call)
    }

    /// Whether an expression is a constant from 0 to 1.
    fn is_share(&self, share: &Checked) -> bool {
        match self.arena.node(share.id) {
            Node::Literal(Literal::Int(value)) => (0..=1).contains(value),
            Node::Literal(Literal::Number(_, _, bits) | Literal::Float(bits)) => (0.0..=1.0).contains(&f64::from_bits(*bits)),
            _ => share.ty == Type::Error,
        }
    }

    pub(super) fn aggregate_node(&mut self, call: AggregateCall) -> Checked {
        let ty = call.ty.clone();
        let index = self.aggregates.iter().position(|known| *known == call).unwrap_or_else(|| {
            self.aggregates.push(call);
            self.aggregates.len() - 1
        });
        self.node(Node::Aggregate(u32::try_from(index).unwrap_or(u32::MAX)), ty)
    }

    /// `failed_fraction(rule)`, `reason_fraction(rule, "reason")`. The rule may stand below, so it is looked for when all are known.
    fn rule_share(&mut self, def: &'static functions::AggregateDef, arguments: &[Expr], span: Span) -> Checked {
        let wanted = def.signature.parameters.len();
        let (Some(rule), reason) = (arguments.first(), arguments.get(1)) else {
            let message = format!("`{}` takes the name of a rule", def.name);
            return self.fail(Diagnostic::new(Code::ArgumentCount, message, span).help("as in `failed_fraction(amount.range)`"));
        };
        let path = rule_path(rule);
        let word = reason.map(|reason| if let ExprKind::String(text) = &reason.kind { Some(text.clone()) } else { None });
        match (path, word) {
            (Some(path), word) if arguments.len() == wanted && word != Some(None) => {
                let share = RuleShare { rule: super::names::written(&path), reason: word.flatten() };
                self.shares.push(path);
                self.aggregate_node(AggregateCall {
                    kind: def.kind,
                    share: Some(share),
                    baseline: None,
                    arguments: Vec::new(),
                    ty: Type::Float,
                })
            }
            _ => {
                let example = if wanted == 1 { "failed_fraction(amount.range)" } else { "reason_fraction(parse, \"truncated\")" };
                let message = format!("`{}` cannot take these arguments", def.name);
                self.fail(Diagnostic::new(Code::ArgumentType, message, span).help(format!("write it like `{example}`")))
            }
        }
    }

    fn quantifier(&mut self, all: bool, variable: &ast::Name, list: &Expr, body: &Expr, mode: Mode) -> Checked {
        let checked = self.expr(list, mode);
        let item = match &checked.ty {
            Type::List(item) => (**item).clone(),
            Type::Error => Type::Error,
            other => {
                let message = format!("`{}` goes over a list, and this is {other}", if all { "all" } else { "any" });
                return self.fail(Diagnostic::new(Code::TypeMismatch, message, list.span).help("name a list column"));
            }
        };
        let lambda = self.new_lambda();
        self.lambdas.push((variable.node.clone(), lambda, item));
        let body = self.condition(body, mode);
        self.lambdas.pop();
        self.node(Node::Quantifier { all, list: checked.id, lambda, body: body.id }, Type::Bool)
    }

    pub(crate) fn new_lambda(&mut self) -> LambdaId {
        *self.next_lambda += 1;
        LambdaId(*self.next_lambda)
    }

    fn case(&mut self, operand: Option<&Expr>, branches: &[(Expr, Expr)], otherwise: Option<&Expr>, mode: Mode) -> Checked {
        let subject = operand.map(|operand| (self.expr(operand, mode), operand.span));
        let mut ty = Type::Null;
        let mut nodes = Vec::new();
        let values = branches.iter().map(|(_, value)| value).chain(otherwise);
        let mut checked_values = Vec::new();
        for value in values {
            let checked = self.expr(value, mode);
            match ty.unify(&checked.ty) {
                Some(common) => ty = common,
                None => {
                    let message = format!("the branches of this `case` give {ty} and {}", checked.ty);
                    return self.fail(Diagnostic::new(Code::TypeMismatch, message, value.span).help("let all branches give one type"));
                }
            }
            if matches!(ty, Type::List(_) | Type::Struct(_) | Type::Map(..)) {
                let message = format!("a `case` cannot give {ty}");
                return self.fail(
                    Diagnostic::new(Code::TypeMismatch, message, value.span).help("let it give numbers, texts, times or truth values"),
                );
            }
            checked_values.push(checked.id);
        }
        for ((condition, _), value) in branches.iter().zip(&checked_values) {
            let test = match &subject {
                Some((subject, place)) => {
                    let right = self.expr(condition, mode);
                    self.compare(CompareOp::Eq, subject.clone(), right, (*place, condition.span))
                }
                None => self.condition(condition, mode),
            };
            nodes.push((test.id, *value));
        }
        let otherwise = if otherwise.is_some() { checked_values.last().copied() } else { None };
        let otherwise = otherwise.unwrap_or_else(|| self.literal(Literal::Null).id);
        self.node(Node::Case(nodes, otherwise), ty)
    }

    fn cast(&mut self, lenient: bool, value: &Expr, ty: &ast::TypeExpr, mode: Mode) -> Checked {
        let checked = self.expr(value, mode);
        let resolved = self.env.resolve(ty, self.diagnostics);
        let Some(target) = cast_target(&resolved.ty) else {
            if resolved.ty == ColumnType::Error {
                return self.error();
            }
            let message = format!("nothing can be cast to {}", resolved.ty);
            return self.fail(
                Diagnostic::new(Code::TypeMismatch, message, ty.span).help("casts go to bool, numbers, string, date, time and timestamp"),
            );
        };
        if !castable(&checked.ty, &target) {
            let message = format!("{} cannot be cast to {}", checked.ty, target.ty());
            return self
                .fail(Diagnostic::new(Code::TypeMismatch, message, value.span).help("cast to string first, if its text is what you mean"));
        }
        let ty = target.ty();
        self.node(Node::Cast(checked.id, target, lenient), ty)
    }

    fn member(&mut self, value: &Expr, member: &ast::Name, mode: Mode) -> Checked {
        // `orders.amount`, as SQL writes columns.
        if let ExprKind::Name(owner) = &value.kind
            && self.is_unheard(owner)
            && self.names().contains(&member.node)
        {
            let message = format!("there is no column or `let` named `{owner}`");
            let diagnostic = Diagnostic::new(Code::UnknownName, message, value.span);
            let help = format!("columns are named without their block: `{}`", member.node);
            return self.fail(diagnostic.help(help).guess(value.span.to(member.span), member.node.clone()));
        }
        let checked = self.expr(value, mode);
        match &checked.ty {
            Type::Struct(members) => match members.iter().find(|(name, _)| *name == member.node) {
                Some((_, ty)) => {
                    let ty = ty.clone();
                    self.node(Node::Member(checked.id, member.node.clone()), ty)
                }
                None => {
                    let diagnostic = Diagnostic::new(Code::UnknownName, format!("there is no member `{}`", member.node), member.span);
                    let diagnostic = diagnostic.did_you_mean(&member.node, members.iter().map(|(name, _)| name.as_str()));
                    let diagnostic =
                        if diagnostic.help.is_some() { diagnostic } else { diagnostic.help("declare it in the `struct { … }`") };
                    self.fail(diagnostic)
                }
            },
            Type::Error => self.error(),
            other => {
                let message = format!("only a struct has members, and this is {other}");
                self.fail(
                    Diagnostic::new(Code::TypeMismatch, message, member.span)
                        .help("a column whose name has a point in it stands in back-ticks"),
                )
            }
        }
    }

    fn index(&mut self, value: &Expr, index: &Expr, mode: Mode) -> Checked {
        let (checked, at) = (self.expr(value, mode), self.expr(index, mode));
        match &checked.ty {
            Type::List(item) if matches!(at.ty, Type::Int | Type::Error) => {
                let item = (**item).clone();
                self.node(Node::ListItem(checked.id, at.id), item)
            }
            Type::Map(key, value) if key.comparable_with(&at.ty) => {
                let value = (**value).clone();
                self.node(Node::MapItem(checked.id, at.id), value)
            }
            Type::Error => self.error(),
            other => {
                let message = format!("{other} has no `[{}]`", at.ty);
                self.fail(
                    Diagnostic::new(Code::TypeMismatch, message, index.span).help("lists are indexed by a number from 0, maps by a key"),
                )
            }
        }
    }

    fn list(&mut self, items: &[Expr], mode: Mode) -> Checked {
        let mut ty = Type::Null;
        let mut ids = Vec::new();
        for item in items {
            let checked = self.expr(item, mode);
            match ty.unify(&checked.ty) {
                Some(common) => ty = common,
                None => {
                    let message = format!("this list holds {ty} and {}", checked.ty);
                    return self.fail(Diagnostic::new(Code::TypeMismatch, message, item.span).help("all items of a list have one type"));
                }
            }
            ids.push(checked.id);
        }
        self.node(Node::List(ids), Type::list(ty))
    }

    fn set(&self, id: SetId) -> Option<&super::ir::Set> {
        let shared = self.env.sets.len();
        let index = id.0 as usize;
        if index < shared { self.env.sets.get(index) } else { self.inline_sets.get(index - shared) }
    }
}

/// What to say of a function that is named and not called.
fn without_call(diagnostic: Diagnostic, name: &str) -> Diagnostic {
    let takes_nothing = |signature: &functions::Signature| signature.parameters.is_empty();
    let nothing = functions::find(name).is_some_and(|def| takes_nothing(&def.signature))
        || functions::find_aggregate(name).is_some_and(|def| takes_nothing(&def.signature));
    let span = diagnostic.span;
    if nothing {
        diagnostic.help(format!("`{name}` is a function: write `{name}()`")).suggest(span, format!("{name}()"))
    } else {
        diagnostic.help(format!("`{name}` is a function: write `{name}(x)`"))
    }
}

fn bad_call(name: &str, signature: &str, error: &SignatureError, types: &[Type], places: &[Span], span: Span, mode: Mode) -> Diagnostic {
    match error {
        SignatureError::Count { least, most } => {
            let wanted = match most {
                Some(most) if most == least => counted(*least, "argument"),
                Some(most) => format!("{least} to {most} arguments"),
                None => format!("at least {}", counted(*least, "argument")),
            };
            let are = if types.len() == 1 { "is" } else { "are" };
            Diagnostic::new(Code::ArgumentCount, format!("`{name}` takes {wanted}, here {are} {}", types.len()), span)
                .help(format!("it is {signature}"))
        }
        SignatureError::Argument { index, wanted } => {
            let found = types.get(*index).unwrap_or(&Type::Error);
            let place = places.get(*index).copied().unwrap_or(span);
            let over_rows = mode == Mode::Row && functions::find_aggregate(name).is_some() && !matches!(found, Type::List(_));
            let message = format!("argument {} of `{name}` is {wanted}, here it is {found}", index + 1);
            let diagnostic = Diagnostic::new(Code::ArgumentType, message, place).label(format!("this is {found}"));
            if over_rows {
                return diagnostic.help(format!("over all rows, `{name}` is an aggregate: it stands in a `check`"));
            }
            diagnostic.help(format!("it is {signature}"))
        }
    }
}

/// The type of `a op b`; `None` where there is none.
pub(crate) fn arith_type(op: ArithOp, left: &Type, right: &Type) -> Option<Type> {
    use ArithOp::{Add, Concat, Div, IntDiv, Mul, Sub};
    use Type::{Date, Duration, Int, LocalTimestamp, Timestamp};
    if *left == Type::Error || *right == Type::Error {
        return Some(Type::Error);
    }
    if op == Concat {
        let text = |ty: &Type| matches!(ty, Type::String | Type::Null);
        return (text(left) && text(right)).then_some(Type::String);
    }
    if left.is_numeric() && right.is_numeric() {
        return Some(match (op, left.arithmetic_with(right)) {
            (Div, Int) => Type::Float,
            (_, ty) => ty,
        });
    }
    Some(match (op, left, right) {
        (Add | Sub, Timestamp, Duration) | (Add, Duration, Timestamp) => Timestamp,
        (Add | Sub, LocalTimestamp, Duration) | (Add, Duration, LocalTimestamp) => LocalTimestamp,
        (Add | Sub, Date, Duration) | (Add, Duration, Date) => Date,
        (Add | Sub, Duration, Duration) => Duration,
        (Sub, Timestamp, Timestamp) | (Sub, LocalTimestamp, LocalTimestamp) | (Sub, Date, Date) => Duration,
        (Mul, Duration, Int) | (Mul, Int, Duration) | (Div | IntDiv, Duration, Int) => Duration,
        _ => return None,
    })
}

fn cast_target(ty: &ColumnType) -> Option<CastTarget> {
    Some(match ty {
        ColumnType::Bool => CastTarget::Bool,
        ColumnType::Int(IntWidth::Any) => CastTarget::Int(crate::kernels::number::INT_MIN, crate::kernels::number::INT_MAX),
        ColumnType::Int(IntWidth::Signed(bits)) => CastTarget::Int(-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
        ColumnType::Int(IntWidth::Unsigned(bits)) => CastTarget::Int(0, (1_i128 << bits) - 1),
        ColumnType::Float32 => CastTarget::Float32,
        ColumnType::Float64 | ColumnType::Float | ColumnType::Number => CastTarget::Float,
        ColumnType::Decimal(shape) => CastTarget::Decimal(*shape),
        ColumnType::String => CastTarget::String,
        ColumnType::Date => CastTarget::Date,
        ColumnType::Time => CastTarget::Time,
        ColumnType::Timestamp(_) => CastTarget::Timestamp,
        ColumnType::LocalTimestamp => CastTarget::LocalTimestamp,
        _ => return None,
    })
}

fn castable(from: &Type, to: &CastTarget) -> bool {
    if from.is_unknown() || *from == to.ty() || *from == Type::String {
        return true;
    }
    match to {
        CastTarget::String => !matches!(from, Type::List(_) | Type::Struct(_) | Type::Map(..) | Type::Binary),
        CastTarget::Bool => *from == Type::Int,
        CastTarget::Int(..) => from.is_numeric() || *from == Type::Bool,
        CastTarget::Float | CastTarget::Float32 | CastTarget::Decimal(_) => from.is_numeric(),
        CastTarget::Date | CastTarget::Time => matches!(from, Type::Timestamp | Type::LocalTimestamp),
        CastTarget::Timestamp | CastTarget::LocalTimestamp => matches!(from, Type::Date | Type::LocalTimestamp | Type::Timestamp),
    }
}

/// Orders two constants of one kind.
pub(crate) fn order(a: &Literal, b: &Literal) -> Option<std::cmp::Ordering> {
    use crate::kernels::number::Num;
    let number = |literal: &Literal| match literal {
        Literal::Int(value) => Some(Num::Int(*value)),
        Literal::Number(mantissa, scale, _) | Literal::Decimal(mantissa, scale) => Some(Num::Decimal(*mantissa, *scale)),
        Literal::Float(bits) => Some(Num::Float(f64::from_bits(*bits))),
        _ => None,
    };
    if let (Some(a), Some(b)) = (number(a), number(b)) {
        return a.compare(b);
    }
    match (a, b) {
        (Literal::Str(a), Literal::Str(b)) => Some(a.cmp(b)),
        (Literal::Date(a), Literal::Date(b))
        | (Literal::Time(a), Literal::Time(b))
        | (Literal::Timestamp(a), Literal::Timestamp(b))
        | (Literal::LocalTimestamp(a), Literal::LocalTimestamp(b))
        | (Literal::Duration(a), Literal::Duration(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// The name of a rule, as an expression would be read: `parse`, `amount.range`.
fn rule_path(expr: &Expr) -> Option<Vec<ast::Name>> {
    match &expr.kind {
        ExprKind::Name(name) => Some(vec![ast::Name::new(name.clone(), expr.span)]),
        ExprKind::Member(inner, member) => {
            let mut path = rule_path(inner)?;
            path.push(member.clone());
            Some(path)
        }
        _ => None,
    }
}

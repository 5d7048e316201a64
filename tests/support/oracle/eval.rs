//! Expressions, one row at a time, as the language page words them.

use super::OracleOptions;
use super::big::Big;
use super::number::{arithmetic, compare, decimal_or_fault, literal_decimal, negated, same, to_f64};
use super::shape::{Shape, unify};
use super::table::Table;
use super::time::{parse_date, parse_time, parse_timestamp};
use super::value::Value;
use super::walk::find_let;
use super::{aggregates, cast, functions, text};
use regex::Regex;
use rulegate::syntax::ast::{Block, BlockItemKind, CompareOp, Expr, ExprKind, Field, File, ItemKind, Param, SetSource, Tail};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What every expression of a block may look at.
pub struct Context<'a> {
    pub file: &'a File,
    pub block: &'a Block,
    pub table: Table,
    pub options: &'a OracleOptions,
    regexes: RefCell<BTreeMap<String, Regex>>,
}

/// A value with its static kind. A number literal stays an exact decimal until it is known what it stands beside.
#[derive(Debug, Clone)]
pub struct Operand {
    pub value: Value,
    pub shape: Shape,
}

impl Operand {
    pub fn other(value: Value) -> Self {
        Self { value, shape: Shape::Other }
    }

    /// The value as it counts beside something of kind `beside`.
    pub fn beside(&self, beside: &Shape) -> Value {
        if !matches!(self.shape, Shape::Literal(_)) || matches!(beside, Shape::Decimal(_)) {
            return self.value.clone();
        }
        to_f64(&self.value).map_or(self.value.clone(), Value::Float)
    }

    /// The value converted to the kind in which branches meet.
    pub fn meeting(&self, shape: &Shape) -> Value {
        let value = self.beside(shape);
        match (shape, &value) {
            (Shape::Float, Value::Int(_) | Value::Decimal { .. }) => to_f64(&value).map_or(Value::Fault, Value::Float),
            (Shape::Decimal(scale), Value::Int(int)) => at_scale(*int, 0, *scale),
            (Shape::Decimal(scale), Value::Decimal { mantissa, scale: own }) => at_scale(*mantissa, *own, *scale),
            _ => value,
        }
    }
}

/// Where an expression is evaluated: on a row, or over a group of rows in a check.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    pub row: Option<usize>,
    pub group: Option<Vec<usize>>,
    variables: Vec<(String, Operand)>,
}

impl Scope {
    pub fn row(row: usize) -> Self {
        Self { row: Some(row), ..Self::default() }
    }

    pub fn group(rows: Vec<usize>) -> Self {
        Self { group: Some(rows), ..Self::default() }
    }

    pub fn variable(&self, name: &str) -> Option<&Operand> {
        self.variables.iter().rev().find(|(key, _)| key == name).map(|(_, operand)| operand)
    }

    fn with(&self, name: &str, operand: Operand) -> Self {
        let mut inner = self.clone();
        inner.variables.push((name.to_owned(), operand));
        inner
    }
}

/// Kleene `and`: false wins over a fault, a fault over null.
pub fn and_all(values: impl IntoIterator<Item = Value>) -> Value {
    values.into_iter().fold(Value::Bool(true), |met, value| match (met, value) {
        (Value::Bool(false), _) | (_, Value::Bool(false)) => Value::Bool(false),
        (Value::Fault, _) | (_, Value::Fault) => Value::Fault,
        (Value::Null, _) | (_, Value::Null) => Value::Null,
        (_, value) => value,
    })
}

pub fn not(value: Value) -> Value {
    match value {
        Value::Bool(bool) => Value::Bool(!bool),
        Value::Null | Value::Fault => value,
        other => panic!("not of {other:?}"),
    }
}

/// Kleene `or`, by De Morgan.
pub fn or_all(values: impl IntoIterator<Item = Value>) -> Value {
    not(and_all(values.into_iter().map(not)))
}

fn flip(negated: bool, value: Value) -> Value {
    if negated { not(value) } else { value }
}

/// A fault before a null before what `compute` says of two plain values.
fn of_both(left: &Value, right: &Value, compute: impl FnOnce() -> Value) -> Value {
    if left.is_fault() || right.is_fault() {
        Value::Fault
    } else if left.is_null() || right.is_null() {
        Value::Null
    } else {
        compute()
    }
}

impl<'a> Context<'a> {
    pub fn new(file: &'a File, block: &'a Block, table: Table, options: &'a OracleOptions) -> Self {
        Self { file, block, table, options, regexes: RefCell::default() }
    }

    pub fn field(&self, name: &str) -> Option<&'a Field> {
        self.block.items.iter().find_map(|item| match &*item.kind {
            BlockItemKind::Field(field) if field.name.node == name => Some(field),
            _ => None,
        })
    }

    pub fn param(&self, name: &str) -> Option<&'a Param> {
        self.file.items.iter().find_map(|item| match &*item.kind {
            ItemKind::Param(param) if param.name.node == name => Some(param),
            _ => None,
        })
    }

    fn set(&self, name: &str) -> &'a [Expr] {
        let found = self.file.items.iter().find_map(|item| match &*item.kind {
            ItemKind::Set(set) if set.name.node == name => Some(&set.source),
            _ => None,
        });
        match found {
            Some(SetSource::Inline(values)) => values,
            _ => panic!("the oracle knows no set {name} with its values in the file"),
        }
    }

    /// The value of an expression that stands beside nothing.
    pub fn eval(&self, expr: &'a Expr, scope: &Scope) -> Value {
        self.operand(expr, scope).beside(&Shape::Other)
    }

    pub fn operand(&self, expr: &'a Expr, scope: &Scope) -> Operand {
        Operand { value: self.raw(expr, scope), shape: self.shape(expr, scope) }
    }

    /// The value, a literal still exact.
    fn raw(&self, expr: &'a Expr, scope: &Scope) -> Value {
        match &expr.kind {
            ExprKind::Null => Value::Null,
            ExprKind::Bool(bool) => Value::Bool(*bool),
            ExprKind::Number(text) => number(text),
            ExprKind::String(text) | ExprKind::Regex(text) => Value::Str(text.clone()),
            ExprKind::Duration(nanos) => Value::Duration(*nanos),
            ExprKind::Date(text) => parse_date(text).expect("a date literal"),
            ExprKind::Time(text) => parse_time(text).expect("a time literal"),
            ExprKind::Timestamp(text) => parse_timestamp(text).expect("a timestamp literal"),
            ExprKind::Name(name) => self.name(name, scope),
            ExprKind::Param(name) => self.param_value(name),
            ExprKind::And(parts) => and_all(parts.iter().map(|part| self.eval(part, scope))),
            ExprKind::Or(parts) => or_all(parts.iter().map(|part| self.eval(part, scope))),
            ExprKind::Not(inner) => not(self.eval(inner, scope)),
            ExprKind::Negate(inner) => negated(&self.raw(inner, scope)),
            ExprKind::Test(subject, tail) => self.test(&self.operand(subject, scope), tail, scope),
            ExprKind::Quantifier { all, variable, list, body } => {
                self.quantified(*all, &variable.node, &self.operand(list, scope), body, scope)
            }
            _ => self.compound(expr, scope),
        }
    }

    fn compound(&self, expr: &'a Expr, scope: &Scope) -> Value {
        match &expr.kind {
            ExprKind::List(items) => self.list(items, scope),
            ExprKind::Record(members) => {
                Value::Struct(members.iter().map(|(name, value)| (name.node.clone(), self.eval(value, scope))).collect())
            }
            ExprKind::Arith(operator, left, right) => {
                let (left, right) = (self.operand(left, scope), self.operand(right, scope));
                arithmetic(*operator, &left.beside(&right.shape), &right.beside(&left.shape))
            }
            ExprKind::Call { function, arguments } => self.call(&function.node, arguments, expr, scope),
            ExprKind::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), &self.shape(expr, scope), scope)
            }
            ExprKind::Cast { lenient, value, ty } => {
                let cast = cast::cast(&self.eval(value, scope), &self.resolve(ty).0.kind);
                if *lenient && cast.is_fault() { Value::Null } else { cast }
            }
            ExprKind::Member(inner, name) => self.eval(inner, scope).member(&name.node),
            ExprKind::Index(inner, at) => index(&self.eval(inner, scope), &self.eval(at, scope)),
            other => unreachable!("{other:?} is handled above"),
        }
    }

    fn name(&self, name: &str, scope: &Scope) -> Value {
        if let Some(variable) = scope.variable(name) {
            return variable.value.clone();
        }
        if let Some(found) = find_let(self.block, name) {
            // A let sees the row, never the variables around the place it is used at.
            let outside = Scope { variables: Vec::new(), ..scope.clone() };
            return self.eval(&found.value, &outside);
        }
        let row = scope.row.unwrap_or_else(|| panic!("{name} is read outside a row"));
        self.table.cell(name, row)
    }

    fn param_value(&self, name: &str) -> Value {
        let param = self.param(name).unwrap_or_else(|| panic!("no param {name}"));
        let shape = self.type_shape(&param.ty);
        match (self.options.params.get(name), &param.default) {
            (Some(given), _) => Operand::other(given.clone()).meeting(&shape),
            (None, Some(default)) => self.operand(default, &Scope::default()).meeting(&shape),
            (None, None) => panic!("param {name} has no value"),
        }
    }

    fn list(&self, items: &'a [Expr], scope: &Scope) -> Value {
        let operands: Vec<Operand> = items.iter().map(|item| self.operand(item, scope)).collect();
        let shape = unify(&operands.iter().map(|operand| operand.shape.clone()).collect::<Vec<_>>());
        let values: Vec<Value> = operands.iter().map(|operand| operand.meeting(&shape)).collect();
        if values.contains(&Value::Fault) { Value::Fault } else { Value::List(values) }
    }

    fn quantified(&self, all: bool, variable: &str, list: &Operand, body: &'a Expr, scope: &Scope) -> Value {
        let Value::List(items) = &list.value else { return list.value.clone() };
        let shape = list.shape.item();
        let answers = items.iter().map(|item| {
            let operand = Operand { value: item.clone(), shape: shape.clone() };
            self.eval(body, &scope.with(variable, operand))
        });
        if all { and_all(answers) } else { or_all(answers) }
    }

    fn case(
        &self,
        operand: Option<&'a Expr>,
        branches: &'a [(Expr, Expr)],
        otherwise: Option<&'a Expr>,
        shape: &Shape,
        scope: &Scope,
    ) -> Value {
        let operand = operand.map(|operand| self.operand(operand, scope));
        for (condition, value) in branches {
            let met = match &operand {
                Some(operand) => compare_operands(CompareOp::Eq, operand, &self.operand(condition, scope)),
                None => self.eval(condition, scope),
            };
            match met {
                Value::Fault => return Value::Fault,
                Value::Bool(true) => return self.operand(value, scope).meeting(shape),
                _ => {}
            }
        }
        otherwise.map_or(Value::Null, |value| self.operand(value, scope).meeting(shape))
    }

    fn call(&self, name: &str, arguments: &'a [Expr], expr: &'a Expr, scope: &Scope) -> Value {
        let shape = self.shape(expr, scope);
        match (name, arguments) {
            ("coalesce", _) => self.coalesce(arguments, &shape, scope),
            ("if", [condition, yes, no]) => match self.eval(condition, scope) {
                Value::Fault => Value::Fault,
                Value::Bool(true) => self.operand(yes, scope).meeting(&shape),
                _ => self.operand(no, scope).meeting(&shape),
            },
            ("nullif", [value, other]) => self.nullif(&self.operand(value, scope), &self.operand(other, scope)),
            _ if aggregates::is_aggregate(name) && scope.group.is_some() => self.aggregate(name, arguments, scope),
            _ => {
                let operands: Vec<Operand> = arguments.iter().map(|argument| self.operand(argument, scope)).collect();
                functions::call(self, name, &operands)
            }
        }
    }

    fn coalesce(&self, arguments: &'a [Expr], shape: &Shape, scope: &Scope) -> Value {
        let values = arguments.iter().map(|argument| self.operand(argument, scope).meeting(shape));
        values.into_iter().find(|value| !value.is_null()).unwrap_or(Value::Null)
    }

    fn nullif(&self, value: &Operand, other: &Operand) -> Value {
        match compare_operands(CompareOp::Eq, value, other) {
            Value::Fault => Value::Fault,
            Value::Bool(true) => Value::Null,
            _ => value.beside(&Shape::Other),
        }
    }

    /// An aggregate over the rows of the scope's group.
    fn aggregate(&self, name: &str, arguments: &'a [Expr], scope: &Scope) -> Value {
        aggregates::aggregate(name, &self.aggregated(arguments, scope))
    }

    /// The arguments of an aggregate, row by row.
    pub fn aggregated(&self, arguments: &'a [Expr], scope: &Scope) -> Vec<Vec<Value>> {
        let rows = scope.group.as_deref().unwrap_or_default();
        let on_row = |row: &usize| arguments.iter().map(|argument| self.eval(argument, &Scope::row(*row))).collect();
        rows.iter().map(on_row).collect()
    }

    /// `subject tail`
    pub fn test(&self, subject: &Operand, tail: &'a Tail, scope: &Scope) -> Value {
        let compared = |operator, other: &'a Expr| compare_operands(operator, subject, &self.operand(other, scope));
        match tail {
            Tail::Compare(operator, other) => compared(*operator, other),
            Tail::Between { negated, low, high } => {
                flip(*negated, and_all([compared(CompareOp::GtEq, low), compared(CompareOp::LtEq, high)]))
            }
            Tail::InList { negated, values } => flip(*negated, self.is_in(subject, values, scope)),
            Tail::InSet { negated, set } => flip(*negated, self.is_in(subject, self.set(&set.node), scope)),
            Tail::Matches { negated, pattern } => flip(*negated, self.matches(&subject.value, &pattern.node)),
            Tail::Like { negated, pattern } => flip(*negated, like(&subject.value, &self.eval(pattern, scope))),
            Tail::IsNull { negated } => match &subject.value {
                Value::Fault => Value::Fault,
                value => Value::Bool(value.is_null() != *negated),
            },
            Tail::IsDistinct { negated, other } => {
                let other = self.operand(other, scope);
                let (left, right) = (subject.beside(&other.shape), other.beside(&subject.shape));
                if left.is_fault() || right.is_fault() {
                    return Value::Fault;
                }
                Value::Bool(same(&left, &right) == *negated)
            }
        }
    }

    pub fn is_in(&self, subject: &Operand, values: &'a [Expr], scope: &Scope) -> Value {
        or_all(values.iter().map(|value| compare_operands(CompareOp::Eq, subject, &self.operand(value, scope))))
    }

    /// Whole-value match.
    pub fn matches(&self, text: &Value, pattern: &str) -> Value {
        self.searches(text, &format!(r"\A(?:{pattern})\z"))
    }

    pub fn searches(&self, text: &Value, pattern: &str) -> Value {
        let Value::Str(text) = text else { return text.clone() };
        let mut regexes = self.regexes.borrow_mut();
        let compile = || Regex::new(pattern).expect("a regex the rules type-check with");
        Value::Bool(regexes.entry(pattern.to_owned()).or_insert_with(compile).is_match(text))
    }
}

/// A decimal at the scale at which several meet: a fault if it has more than 38 digits there.
fn at_scale(mantissa: i128, own: i32, scale: i32) -> Value {
    let raised = Big::from_i128(mantissa).times(&Big::power_of_ten((scale - own).unsigned_abs()));
    decimal_or_fault(&raised, scale)
}

fn number(text: &str) -> Value {
    if !text.contains(['.', 'e', 'E']) {
        return super::number::int_or_fault(text.parse().ok());
    }
    literal_decimal(text).unwrap_or_else(|| Value::Float(text.parse().expect("a number literal")))
}

fn compare_operands(operator: CompareOp, left: &Operand, right: &Operand) -> Value {
    let (left, right) = (left.beside(&right.shape), right.beside(&left.shape));
    of_both(&left, &right, || {
        let order = compare(&left, &right);
        Value::Bool(match operator {
            CompareOp::Eq => order == Some(Ordering::Equal),
            // NaN differs from everything, as in IEEE 754.
            CompareOp::NotEq => order != Some(Ordering::Equal),
            CompareOp::Lt => order == Some(Ordering::Less),
            CompareOp::LtEq => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            CompareOp::Gt => order == Some(Ordering::Greater),
            CompareOp::GtEq => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        })
    })
}

pub fn like(text: &Value, pattern: &Value) -> Value {
    of_both(text, pattern, || match (text, pattern) {
        (Value::Str(text), Value::Str(pattern)) => {
            let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
            Value::Bool(text::like(&text, &pattern))
        }
        _ => panic!("like of {text:?}"),
    })
}

fn index(container: &Value, at: &Value) -> Value {
    of_both(container, at, || match (container, at) {
        (Value::List(items), Value::Int(at)) => usize::try_from(*at).ok().and_then(|at| items.get(at)).cloned().unwrap_or(Value::Null),
        (Value::Map(entries), key) => entries.iter().find(|(found, _)| same(found, key)).map_or(Value::Null, |(_, value)| value.clone()),
        _ => panic!("{container:?} has no places"),
    })
}

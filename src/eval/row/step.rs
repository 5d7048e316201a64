//! Steps: one operation over values of one row, each computed at most once.
//!
//! A step means what [`apply`] makes of the same node over a column; what no step knows is given to `apply` over vectors of one slot.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::functions::Context;
use crate::kernels::Vector;
use crate::kernels::arith::exact_operator;
use crate::kernels::compare::holds;
use crate::kernels::number::Num;
use crate::plan::{Arithmetic, NodeId, Plan, PreparedSet, Test, apply};
use crate::types::{ArithOp, CompareOp, Type};

use super::direct;
use super::value::{Kind, Value, pack};

/// Where a step takes an operand from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operand {
    /// A column that is read, by its place among those.
    Column(usize),
    /// The result of a step.
    Step(usize),
    /// A constant of the program.
    Constant(usize),
}

/// An operation and its operands.
#[derive(Debug)]
pub(super) struct Step {
    pub operation: Operation,
    pub operands: Box<[Operand]>,
}

/// What a step does.
#[derive(Debug)]
pub(super) enum Operation {
    Missing(Arc<PreparedSet>),
    Present,
    /// Of the declared type, which only a reader's mark can deny.
    TypeOk,
    IsNull,
    Not,
    And,
    Or,
    Compare(CompareOp),
    Distinct,
    InSet(Arc<PreparedSet>),
    Pattern(Test),
    Regex(Arc<regex::Regex>),
    Arithmetic(Arithmetic),
    Negate,
    Abs,
    ToFloat,
    Finite,
    IsNan,
    Length,
    ByteLength,
    Text(fn(&str) -> bool),
    Texts(fn(&str, &str) -> bool),
    /// The flag tells whether numbers of several kinds become floats.
    Coalesce(bool),
    Case(bool),
    NullIf,
    /// A node's own operation over vectors of one slot.
    Apply(Box<Application>),
}

/// What [`Operation::Apply`] needs: the node, and types and forms of its operands.
#[derive(Debug)]
pub(super) struct Application {
    pub node: NodeId,
    pub types: Vec<Type>,
    pub forms: Vec<Form>,
}

/// How an operand becomes a vector.
#[derive(Debug)]
pub(super) enum Form {
    /// A constant as the plan has it.
    Constant(Box<Vector>),
    Packed(Kind),
    /// A decimal, whose scale is its own.
    Decimal,
    /// It is null or a fault.
    Untyped,
}

/// Values that steps read.
#[derive(Clone, Copy)]
pub(super) struct Known<'v, 'a> {
    pub columns: &'v [Value<'a>],
    pub constants: &'v [Value<'a>],
    pub steps: &'v [Option<Value<'a>>],
}

impl<'v, 'a> Known<'v, 'a> {
    /// The value of an operand; one that was not computed is a fault.
    #[inline]
    pub(super) fn get(&self, operand: Operand) -> &'v Value<'a> {
        let found = match operand {
            Operand::Column(at) => self.columns.get(at),
            Operand::Constant(at) => self.constants.get(at),
            Operand::Step(at) => self.steps.get(at).and_then(Option::as_ref),
        };
        found.unwrap_or(&Value::Fault)
    }
}

impl Step {
    pub(super) fn run<'a>(&self, values: Known<'_, 'a>, plan: &Plan, context: &Context) -> Value<'a> {
        match (&self.operation, &*self.operands) {
            (Operation::And, all) => connected(values, all, false),
            (Operation::Or, all) => connected(values, all, true),
            (Operation::Coalesce(floats), all) => coalesce(values, all, *floats),
            (Operation::Case(floats), all) => case(values, all, *floats),
            (Operation::Apply(application), all) => application.run(values, all, plan, context),
            (operation, [a]) => one(operation, values.get(*a)),
            (operation, [a, b]) => two(operation, values.get(*a), values.get(*b)),
            _ => Value::Fault,
        }
    }
}

/// Operations of one operand.
#[inline]
fn one<'a>(operation: &Operation, value: &Value<'a>) -> Value<'a> {
    match (operation, value) {
        (_, Value::Fault) => Value::Fault,
        (Operation::IsNull, Value::Null) => Value::Bool(true),
        (Operation::IsNull, _) | (Operation::Present, Value::Null) => Value::Bool(false),
        (_, Value::Null) => Value::Null,
        (Operation::Present | Operation::TypeOk, _) => Value::Bool(true),
        (Operation::Not, Value::Bool(value)) => Value::Bool(!value),
        (Operation::Missing(set), value) => {
            if contains(set, value) {
                Value::Null
            } else {
                value.clone()
            }
        }
        (Operation::InSet(set), value) => Value::Bool(contains(set, value)),
        (Operation::Pattern(test), value) => Value::Bool(direct::passes(test, value)),
        (Operation::Regex(regex), Value::Str(text)) => Value::Bool(regex.is_match(text)),
        (Operation::Text(test), Value::Str(text)) => Value::Bool(test(text)),
        (Operation::Length, Value::Str(text)) => Value::Int(text.chars().count() as i128),
        (Operation::ByteLength, Value::Str(text)) => Value::Int(text.len() as i128),
        (Operation::Negate, value) => value.number().and_then(Num::negate).into(),
        (Operation::Abs, value) => value.number().and_then(Num::abs).into(),
        (Operation::ToFloat, value) => value.number().map(|number| Num::Float(number.to_f64())).into(),
        (Operation::Finite, value) => Value::Bool(!matches!(value, Value::Float(value) if !value.is_finite())),
        (Operation::IsNan, value) => Value::Bool(matches!(value, Value::Float(value) if value.is_nan())),
        _ => Value::Fault,
    }
}

/// Operations of two operands.
#[inline]
fn two<'a>(operation: &Operation, a: &Value<'a>, b: &Value<'a>) -> Value<'a> {
    match (operation, a, b) {
        (Operation::Present, value, mark) => match (value, mark) {
            (Value::Fault, _) => Value::Fault,
            (value, mark) => Value::Bool(!matches!(value, Value::Null) || matches!(mark, Value::Bool(true))),
        },
        (Operation::TypeOk, value, mark) => match (value, mark) {
            (Value::Fault, _) => Value::Fault,
            (_, Value::Bool(true)) => Value::Bool(false),
            (Value::Null, _) => Value::Null,
            _ => Value::Bool(true),
        },
        (_, Value::Fault, _) | (_, _, Value::Fault) => Value::Fault,
        (Operation::Distinct, a, b) => Value::Bool(match (a, b) {
            (Value::Null, Value::Null) => false,
            (Value::Null, _) | (_, Value::Null) => true,
            (a, b) => !alike(a, b),
        }),
        (Operation::NullIf, a, b) => {
            let equal = !matches!(a, Value::Null) && !matches!(b, Value::Null) && compared(CompareOp::Eq, a, b);
            if equal { Value::Null } else { a.clone() }
        }
        (_, Value::Null, _) | (_, _, Value::Null) => Value::Null,
        (Operation::Compare(op), a, b) => Value::Bool(compared(*op, a, b)),
        (Operation::Arithmetic(arithmetic), a, b) => arithmetic_of(*arithmetic, a, b),
        (Operation::Texts(test), Value::Str(a), Value::Str(b)) => Value::Bool(test(a, b)),
        // The pattern of a `like`, which stands second, has been compiled.
        (Operation::Regex(regex), Value::Str(text), _) => Value::Bool(regex.is_match(text)),
        _ => Value::Fault,
    }
}

/// Whether a value that is live is in a set.
#[inline]
pub(super) fn contains(set: &PreparedSet, value: &Value<'_>) -> bool {
    match value {
        Value::Str(text) => set.contains_text(text),
        Value::Int(int) => set.contains_int(*int),
        Value::Float(float) => set.contains_float(*float),
        Value::Decimal(mantissa, scale) => set.contains_decimal(*mantissa, *scale),
        Value::Bool(value) => set.contains_bool(*value),
        _ => false,
    }
}

/// Compares two values that are live.
#[inline]
fn compared(op: CompareOp, a: &Value<'_>, b: &Value<'_>) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => holds(op, a.partial_cmp(b)),
        (Value::Int(a), Value::Int(b)) => holds(op, Some(a.cmp(b))),
        (Value::Str(a), Value::Str(b)) if op == CompareOp::Eq => a == b,
        (a, b) => holds(op, order(a, b)),
    }
}

fn order(a: &Value<'_>, b: &Value<'_>) -> Option<Ordering> {
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => Some(a.cmp(b)),
        (Value::Bin(a), Value::Bin(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (a, b) => a.number()?.compare(b.number()?),
    }
}

/// NaN is like NaN, −0 like 0.
fn alike(a: &Value<'_>, b: &Value<'_>) -> bool {
    let nan = |value: &Value<'_>| matches!(value, Value::Float(value) if value.is_nan());
    nan(a) && nan(b) || order(a, b) == Some(Ordering::Equal)
}

#[inline]
fn arithmetic_of(arithmetic: Arithmetic, a: &Value<'_>, b: &Value<'_>) -> Value<'static> {
    match (arithmetic, a, b) {
        (Arithmetic::Floats(op), Value::Float(a), Value::Float(b)) => Value::Float(match op {
            ArithOp::Add => a + b,
            ArithOp::Sub => a - b,
            _ => a * b,
        }),
        (Arithmetic::Ints(operator), Value::Int(a), Value::Int(b)) => operator(*a, *b).map_or(Value::Fault, Value::Int),
        (Arithmetic::Exact(op), a, b) => a.number().zip(b.number()).and_then(|(a, b)| exact_operator(op)(a, b)).into(),
        (Arithmetic::Numbers(operator), a, b) => a.number().zip(b.number()).and_then(|(a, b)| operator(a, b)).into(),
        _ => Value::Fault,
    }
}

/// `and` and `or`: `decisive` settles the result on its own, then faults outweigh nulls.
#[inline]
fn connected<'a>(values: Known<'_, 'a>, operands: &[Operand], decisive: bool) -> Value<'a> {
    let (mut null, mut fault) = (false, false);
    for operand in operands {
        match values.get(*operand) {
            Value::Bool(value) if *value == decisive => return Value::Bool(decisive),
            Value::Bool(_) => {}
            Value::Null => null = true,
            _ => fault = true,
        }
    }
    match (fault, null) {
        (true, _) => Value::Fault,
        (_, true) => Value::Null,
        _ => Value::Bool(!decisive),
    }
}

fn picked<'a>(value: &Value<'a>, floats: bool) -> Value<'a> {
    match value.number() {
        Some(number) if floats => Value::Float(number.to_f64()),
        _ => value.clone(),
    }
}

fn coalesce<'a>(values: Known<'_, 'a>, operands: &[Operand], floats: bool) -> Value<'a> {
    let found = operands.iter().map(|operand| values.get(*operand)).find(|value| !matches!(value, Value::Null));
    found.map_or(Value::Null, |value| picked(value, floats))
}

/// Condition, value, condition, value, …, otherwise.
fn case<'a>(values: Known<'_, 'a>, operands: &[Operand], floats: bool) -> Value<'a> {
    let mut rest = operands;
    while let [condition, value, more @ ..] = rest {
        match values.get(*condition) {
            Value::Fault => return Value::Fault,
            Value::Bool(true) => return picked(values.get(*value), floats),
            _ => rest = more,
        }
    }
    rest.first().map_or(Value::Null, |otherwise| picked(values.get(*otherwise), floats))
}

impl Application {
    fn run(&self, values: Known<'_, '_>, operands: &[Operand], plan: &Plan, context: &Context) -> Value<'static> {
        let vectors: Vec<Vector> = self.forms.iter().zip(operands).map(|(form, operand)| form.vector(values.get(*operand))).collect();
        Value::of_slot(&apply(plan.node(self.node), &vectors, &self.types, 1, context))
    }
}

impl Form {
    fn vector(&self, value: &Value<'_>) -> Vector {
        match (self, value) {
            (Self::Constant(vector), _) => (**vector).clone(),
            (Self::Packed(kind), value) => pack(*kind, std::slice::from_ref(value)),
            (Self::Decimal, Value::Decimal(_, scale)) => pack(Kind::Decimal(*scale), std::slice::from_ref(value)),
            (_, Value::Null) => Vector::null(1),
            _ => Vector::fault(1),
        }
    }
}

//! Nodes of a plan as steps over values of one row.
//!
//! A rule has steps if all its nodes have. What keeps it from that: lists, structs and maps, quantifiers, and operations whose result
//! takes its kind from operands that only a column's own vector tells (decimals that meet in a `case`, numbers beside an untyped null).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::functions::{Eval, FunctionDef};
use crate::kernels::{Values, Vector};
use crate::plan::{Arithmetic, Node, NodeId, Op, Plan, pattern_test};
use crate::types::{CastTarget, Type};

use super::step::{Application, Form, Operand, Operation, Step};
use super::value::{Kind, Value};

/// A node that is asked for, and the steps it is computed from, in order.
#[derive(Debug)]
pub(super) struct Root {
    pub steps: Box<[usize]>,
    pub value: Operand,
}

/// Builds the steps of all rules; rules share them.
pub(super) struct Builder<'a> {
    plan: &'a Plan,
    /// For each column of the schema its place among those that are read.
    places: &'a BTreeMap<usize, usize>,
    pub steps: Vec<Step>,
    pub constants: Vec<Value<'static>>,
    known: BTreeMap<NodeId, Operand>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(plan: &'a Plan, places: &'a BTreeMap<usize, usize>) -> Self {
        Self { plan, places, steps: Vec::new(), constants: Vec::new(), known: BTreeMap::new() }
    }

    /// The steps of a node; `None` where it cannot be had in steps.
    pub(super) fn root(&mut self, root: NodeId) -> Option<Root> {
        let order = self.order_of(root);
        if !order.iter().all(|id| self.has_step(self.plan.node(*id))) {
            return None;
        }
        let mut steps = Vec::new();
        for id in order {
            let operand = self.operand(id)?;
            if let Operand::Step(at) = operand {
                steps.push(at);
            }
        }
        Some(Root { steps: steps.into(), value: *self.known.get(&root)? })
    }

    fn order_of(&self, root: NodeId) -> BTreeSet<NodeId> {
        let (mut seen, mut open) = (BTreeSet::new(), vec![root]);
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(&self.plan.node(id).args);
            }
        }
        seen
    }

    /// Where the value of a node is found, its arguments being known.
    fn operand(&mut self, id: NodeId) -> Option<Operand> {
        if let Some(known) = self.known.get(&id) {
            return Some(*known);
        }
        let node = self.plan.node(id);
        let operand = match &node.op {
            Op::Column(index) => Operand::Column(*self.places.get(index)?),
            Op::Constant(vector) => {
                self.constants.push(Value::of_slot(vector));
                Operand::Constant(self.constants.len() - 1)
            }
            _ => {
                let operands: Option<Box<[Operand]>> = node.args.iter().map(|arg| self.known.get(arg).copied()).collect();
                self.steps.push(Step { operation: self.operation(id, node), operands: operands? });
                Operand::Step(self.steps.len() - 1)
            }
        };
        self.known.insert(id, operand);
        Some(operand)
    }

    fn ty(&self, id: NodeId) -> &Type {
        &self.plan.node(id).ty
    }

    fn types(&self, node: &Node) -> Vec<Type> {
        node.args.iter().map(|arg| self.ty(*arg).clone()).collect()
    }

    fn operation(&self, id: NodeId, node: &Node) -> Operation {
        match &node.op {
            Op::Missing(set) => Operation::Missing(Arc::clone(set)),
            Op::Present => Operation::Present,
            Op::TypeOk(_) => Operation::TypeOk,
            Op::IsNull => Operation::IsNull,
            Op::Not => Operation::Not,
            Op::And => Operation::And,
            Op::Or => Operation::Or,
            Op::Compare(op) => Operation::Compare(*op),
            Op::Distinct => Operation::Distinct,
            Op::InSet(set) => Operation::InSet(Arc::clone(set)),
            Op::Matches(regex, pattern) => {
                pattern_test(regex, pattern).map_or_else(|| Operation::Regex(Arc::clone(regex)), Operation::Pattern)
            }
            Op::Like(Some(regex)) => Operation::Regex(Arc::clone(regex)),
            Op::Arith(op) => Operation::Arithmetic(Arithmetic::of(*op, &self.types(node))),
            // A duration has no range of its own to leave.
            Op::Negate if node.ty != Type::Duration => Operation::Negate,
            Op::Cast(CastTarget::Float, _) if self.types(node).iter().all(is_number) => Operation::ToFloat,
            Op::Coalesce => Operation::Coalesce(self.meet_as_floats(&node.args)),
            Op::Case => Operation::Case(self.meet_as_floats(&case_values(&node.args))),
            Op::NullIf => Operation::NullIf,
            Op::Call(function) => self.called(function, node).unwrap_or_else(|| self.application(id, node)),
            _ => self.application(id, node),
        }
    }

    /// Functions that have an operation of their own.
    fn called(&self, function: &FunctionDef, node: &Node) -> Option<Operation> {
        let types = self.types(node);
        Some(match (function.eval, function.name, types.as_slice()) {
            (Eval::Text(test), ..) => Operation::Text(test),
            (Eval::Texts(test), ..) => Operation::Texts(test),
            (_, "length", [Type::String]) => Operation::Length,
            (_, "byte_length", [Type::String]) => Operation::ByteLength,
            (_, "abs", [ty]) if is_number(ty) => Operation::Abs,
            (_, "finite", [ty]) if is_number(ty) => Operation::Finite,
            (_, "is_nan", [ty]) if is_number(ty) => Operation::IsNan,
            _ => return None,
        })
    }

    fn application(&self, id: NodeId, node: &Node) -> Operation {
        let form = |arg: &NodeId| match &self.plan.node(*arg).op {
            Op::Constant(vector) => Form::Constant(Box::new(vector.clone())),
            _ => match Kind::of_type(self.ty(*arg)) {
                Some(kind) => Form::Packed(kind),
                None if *self.ty(*arg) == Type::Decimal => Form::Decimal,
                None => Form::Untyped,
            },
        };
        Operation::Apply(Box::new(Application { node: id, types: self.types(node), forms: node.args.iter().map(form).collect() }))
    }

    /// Whether branches of several kinds of numbers meet as floats.
    fn meet_as_floats(&self, branches: &[NodeId]) -> bool {
        let is = |wanted: &Type| branches.iter().any(|branch| self.ty(*branch) == wanted && !self.is_untyped(*branch));
        is(&Type::Float) && is(&Type::Int)
    }

    /// A constant null without a kind.
    fn is_untyped(&self, id: NodeId) -> bool {
        matches!(&self.plan.node(id).op, Op::Constant(vector) if matches!(vector.values, Values::Null))
    }

    fn has_step(&self, node: &Node) -> bool {
        let types = self.types(node);
        let plain = types.iter().all(is_plain);
        let simple = types.iter().all(|ty| is_plain(ty) && !is_decimal(ty));
        node.lambdas.is_empty()
            && !self.beside_untyped(node)
            && match &node.op {
                Op::Column(_) | Op::Present | Op::IsNull => true,
                Op::Constant(vector) => is_plain_vector(vector),
                Op::Missing(_)
                | Op::TypeOk(_)
                | Op::Not
                | Op::And
                | Op::Or
                | Op::Compare(_)
                | Op::Distinct
                | Op::InSet(_)
                | Op::Matches(..)
                | Op::Like(_)
                | Op::Arith(_)
                | Op::Negate
                | Op::NullIf => plain,
                Op::Cast(..) => plain && is_plain(&node.ty),
                Op::Coalesce | Op::Case => simple && is_plain(&node.ty) && !is_decimal(&node.ty),
                Op::Call(function) => self.called(function, node).is_some() && plain || simple && is_result(&node.ty),
                Op::Host(_) => simple && is_result(&node.ty),
                Op::Item(_)
                | Op::Aggregate(_)
                | Op::Typed(_)
                | Op::Member(_)
                | Op::ListItem
                | Op::MapItem
                | Op::Entries(_)
                | Op::List
                | Op::Quantifier { .. } => false,
            }
    }

    /// Whether a number is computed from an untyped null: what kind it has only the vectors tell.
    fn beside_untyped(&self, node: &Node) -> bool {
        let of_kinds = matches!(node.op, Op::Arith(_) | Op::Negate | Op::Call(_) | Op::NullIf);
        of_kinds && is_number(&node.ty) && node.args.iter().any(|arg| self.is_untyped(*arg))
    }
}

/// The values of a `case`, conditions apart.
fn case_values(args: &[NodeId]) -> Vec<NodeId> {
    let last = args.len().saturating_sub(1);
    args.iter().enumerate().filter(|(index, _)| index % 2 == 1 || *index == last).map(|(_, arg)| *arg).collect()
}

fn is_number(ty: &Type) -> bool {
    matches!(ty, Type::Int | Type::Float) || is_decimal(ty)
}

fn is_decimal(ty: &Type) -> bool {
    matches!(ty, Type::Decimal | Type::Number)
}

/// Neither nested nor unresolved.
fn is_plain(ty: &Type) -> bool {
    !matches!(ty, Type::List(_) | Type::Struct(_) | Type::Map(..) | Type::Error)
}

/// A type that [`Value::of_slot`] reads back.
fn is_result(ty: &Type) -> bool {
    is_plain(ty) && !is_decimal(ty) && *ty != Type::Binary
}

fn is_plain_vector(vector: &Vector) -> bool {
    matches!(vector.values, Values::Null | Values::Bool(_) | Values::Int(_) | Values::Float(_) | Values::Decimal(..) | Values::Str(_))
}

//! What a condition can come to, whatever the row.

use std::collections::BTreeMap;

use crate::compile::ir::{AggregateCall, Block, ExprId, Literal, Node};
use crate::functions::AggregateKind;
use crate::types::{ColumnType, CompareOp, IntWidth};

use super::range::{Range, atoms, is_empty};

/// What a condition can come to; null is always possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Truth {
    pub can_hold: bool,
    pub can_break: bool,
    pub can_fault: bool,
}

impl Truth {
    const ANY: Self = Self { can_hold: true, can_break: true, can_fault: true };
    const NULL: Self = Self { can_hold: false, can_break: false, can_fault: false };

    /// Whether it is null throughout.
    pub(super) fn is_null(self) -> bool {
        self == Self::NULL
    }

    fn either(self, other: Self) -> Self {
        Self {
            can_hold: self.can_hold || other.can_hold,
            can_break: self.can_break || other.can_break,
            can_fault: self.can_fault || other.can_fault,
        }
    }
}

/// Functions of one value that have no faults of their own and give no number below zero.
const LENGTHS: [&str; 4] = ["length", "byte_length", "word_count", "distinct_count"];

/// What each node below some roots can come to, from the leaves up: children have smaller ids than their parents.
pub(super) struct Truths<'a> {
    block: &'a Block,
    aggregates: &'a [AggregateCall],
    known: BTreeMap<ExprId, Truth>,
    faults: BTreeMap<ExprId, bool>,
    ranges: BTreeMap<ExprId, Range>,
}

impl<'a> Truths<'a> {
    pub(super) fn of(block: &'a Block, aggregates: &'a [AggregateCall], roots: impl IntoIterator<Item = ExprId>) -> Self {
        let mut out = Self { block, aggregates, known: BTreeMap::new(), faults: BTreeMap::new(), ranges: BTreeMap::new() };
        for id in block.arena.closure(roots) {
            let node = block.arena.node(id);
            out.faults.insert(id, out.can_fault(node));
            out.ranges.insert(id, out.range(id, node));
            let truth = out.truth(id, node);
            out.known.insert(id, truth);
        }
        out
    }

    pub(super) fn get(&self, id: ExprId) -> Truth {
        self.known.get(&id).copied().unwrap_or(Truth::ANY)
    }

    /// The smallest part of a condition that makes it hold always, or never.
    pub(super) fn decides(&self, root: ExprId, holds: bool) -> ExprId {
        let (mut at, mut holds) = (root, holds);
        loop {
            let decided = |id: &&ExprId| if holds { !self.get(**id).can_break } else { !self.get(**id).can_hold };
            let next = match (self.block.arena.node(at), holds) {
                // One part is enough: of `and` one that never holds, of `or` one that always does.
                (Node::And(all), false) | (Node::Or(all), true) => all.iter().find(decided).copied(),
                (Node::Not(inner), _) => {
                    holds = !holds;
                    Some(*inner)
                }
                _ => None,
            };
            match next {
                // Children have smaller ids than their parents, so this ends.
                Some(inner) => at = inner,
                None => return at,
            }
        }
    }

    fn faults(&self, id: ExprId) -> bool {
        self.faults.get(&id).copied().unwrap_or(true)
    }

    fn range_of(&self, id: ExprId) -> Range {
        self.ranges.get(&id).cloned().unwrap_or_default()
    }

    fn can_fault(&self, node: &Node) -> bool {
        let own = match node {
            Node::Call(function, _) => !LENGTHS.contains(&function.0.name),
            Node::Aggregate(index) => match self.aggregates.get(*index as usize) {
                Some(call) if shares(call.kind).is_some() => !call.arguments.iter().all(|id| self.is_read(*id)),
                Some(call) => counts(call.kind).is_none() || !call.arguments.is_empty(),
                None => true,
            },
            Node::Literal(_)
            | Node::Column(_)
            | Node::PatternColumn
            | Node::Missing(..)
            | Node::Present(_)
            | Node::TypeOk(..)
            | Node::Typed(..)
            | Node::IsNull(_)
            | Node::Not(_)
            | Node::And(_)
            | Node::Or(_)
            | Node::Compare(..)
            | Node::Distinct(..)
            | Node::InSet(..)
            | Node::Matches(..)
            | Node::Member(..)
            | Node::Coalesce(_)
            | Node::NullIf(..)
            | Node::Case(..) => false,
            _ => true,
        };
        own || node.children().into_iter().any(|child| self.faults(child))
    }

    /// Whether a node is the value of a column, which is never a fault.
    fn is_read(&self, id: ExprId) -> bool {
        match self.block.arena.node(id) {
            Node::Column(_) => true,
            Node::Missing(inner, _) | Node::Typed(inner, _) => self.is_read(*inner),
            _ => false,
        }
    }

    fn range(&self, id: ExprId, node: &Node) -> Range {
        match node {
            Node::Literal(Literal::Null) => Range::default(),
            Node::Literal(literal) if !self.block.params.contains(&id) => Range::point(literal.clone()),
            Node::Column(column) => self.block.columns.get(column.0 as usize).map_or_else(Range::default, |column| of_type(&column.ty)),
            Node::Missing(inner, _) | Node::Typed(inner, _) => self.range_of(*inner),
            Node::Call(function, _) if LENGTHS.contains(&function.0.name) => Range::at_least(0),
            Node::Aggregate(index) => {
                let call = self.aggregates.get(*index as usize);
                call.and_then(|call| counts(call.kind).or_else(|| shares(call.kind))).unwrap_or_default()
            }
            _ => Range::default(),
        }
    }

    fn truth(&self, id: ExprId, node: &Node) -> Truth {
        let can_fault = self.faults(id);
        let any = Truth { can_fault, ..Truth::ANY };
        match node {
            Node::Literal(Literal::Bool(value)) if !self.block.params.contains(&id) => {
                Truth { can_hold: *value, can_break: !value, can_fault: false }
            }
            Node::Literal(Literal::Null) => Truth::NULL,
            Node::Not(inner) => {
                let inner = self.get(*inner);
                Truth { can_hold: inner.can_break, can_break: inner.can_hold, can_fault }
            }
            Node::And(all) => {
                let (holds, breaks) = (all.iter().all(|one| self.get(*one).can_hold), all.iter().any(|one| self.get(*one).can_break));
                Truth { can_hold: holds && !is_empty(&atoms(self.block, id)), can_break: breaks, can_fault }
            }
            Node::Or(all) => {
                let (holds, breaks) = (all.iter().any(|one| self.get(*one).can_hold), all.iter().all(|one| self.get(*one).can_break));
                Truth { can_hold: holds, can_break: breaks, can_fault }
            }
            Node::Case(branches, otherwise) => {
                let values = branches.iter().map(|(_, value)| self.get(*value));
                Truth { can_fault, ..values.fold(self.get(*otherwise), Truth::either) }
            }
            Node::Compare(op, a, b) if a == b && matches!(op, CompareOp::Lt | CompareOp::Gt) => Truth { can_hold: false, ..any },
            Node::Compare(op, a, b) => {
                let (holds, breaks) = self.range_of(*a).compare(*op, &self.range_of(*b));
                Truth { can_hold: holds, can_break: breaks, can_fault }
            }
            _ => any,
        }
    }
}

/// What an aggregate that counts can give.
fn counts(kind: AggregateKind) -> Option<Range> {
    use AggregateKind::{Count, CountIf, DistinctCount, NullCount, RowCount};
    matches!(kind, RowCount | Count | CountIf | NullCount | DistinctCount).then(|| Range::at_least(0))
}

/// What an aggregate that is a share of the rows can give; where there are no rows it is null.
pub(super) fn shares(kind: AggregateKind) -> Option<Range> {
    use AggregateKind::{Completeness, NullFraction, RuleShare};
    let all = || Range { low: Some(Literal::Int(0)), high: Some(Literal::Int(1)) };
    matches!(kind, Completeness | NullFraction | RuleShare).then(all)
}

/// The values of an integer type. Floats have NaN, which is in no range.
fn of_type(ty: &ColumnType) -> Range {
    let bounds = |low: i128, high: i128| Range { low: Some(Literal::Int(low)), high: Some(Literal::Int(high)) };
    match ty {
        ColumnType::Int(IntWidth::Signed(bits @ 1..=64)) => bounds(-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
        ColumnType::Int(IntWidth::Unsigned(bits @ 1..=64)) => bounds(0, (1_i128 << bits) - 1),
        _ => Range::default(),
    }
}

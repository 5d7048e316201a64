//! Ranges of values, and conditions that leave none.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::compile::expr::order;
use crate::compile::ir::{Block, ExprId, Literal, Node, Rule};
use crate::diagnostics::{Code, Diagnostic};
use crate::types::CompareOp;

/// The smallest and the largest value, where they are known. Both are values that can occur.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Range {
    pub low: Option<Literal>,
    pub high: Option<Literal>,
}

impl Range {
    pub(super) fn point(value: Literal) -> Self {
        Self { low: Some(value.clone()), high: Some(value) }
    }

    pub(super) fn at_least(low: i128) -> Self {
        Self { low: Some(Literal::Int(low)), high: None }
    }

    /// Whether a comparison with values of another range can be true, and can be false.
    pub(super) fn compare(&self, op: CompareOp, other: &Self) -> (bool, bool) {
        let between = |a: &Option<Literal>, b: &Option<Literal>| a.as_ref().zip(b.as_ref()).and_then(|(a, b)| order(a, b));
        // Of the ends that face each other: is this range below the other, or above it?
        let (below, above) = (between(&self.high, &other.low), between(&self.low, &other.high));
        let is = |found: Option<Ordering>, wanted: &[Ordering]| found.is_some_and(|found| wanted.contains(&found));
        let (less, up_to) = (is(below, &[Ordering::Less]), is(below, &[Ordering::Less, Ordering::Equal]));
        let (more, down_to) = (is(above, &[Ordering::Greater]), is(above, &[Ordering::Greater, Ordering::Equal]));
        let same = self.low == self.high && other.low == other.high && is(below, &[Ordering::Equal]);
        let apart = less || more;
        match op {
            CompareOp::Lt => (!down_to, !less),
            CompareOp::LtEq => (!more, !up_to),
            CompareOp::Gt => (!up_to, !more),
            CompareOp::GtEq => (!less, !down_to),
            CompareOp::Eq => (!apart, !same),
            CompareOp::NotEq => (!same, !apart),
        }
    }
}

/// `subject op literal`, as one of several conditions that must all hold.
pub(super) type Atom = (ExprId, CompareOp, Literal);

/// Most conditions of one rule that are looked at together.
const MOST: usize = 64;

/// The comparisons with constants that must all hold for a condition to hold.
pub(super) fn atoms(block: &Block, root: ExprId) -> Vec<Atom> {
    let (mut out, mut open) = (Vec::new(), vec![root]);
    while let Some(id) = open.pop().filter(|_| out.len() + open.len() < MOST) {
        match block.arena.node(id) {
            Node::And(all) => open.extend(all),
            Node::Compare(op, a, b) => match (constant(block, *a), constant(block, *b)) {
                (None, Some(value)) => out.push((*a, *op, value)),
                (Some(value), None) => out.push((*b, mirrored(*op), value)),
                _ => {}
            },
            _ => {}
        }
    }
    out
}

fn constant(block: &Block, id: ExprId) -> Option<Literal> {
    match block.arena.node(id) {
        Node::Literal(literal) if *literal != Literal::Null && !block.params.contains(&id) => Some(literal.clone()),
        _ => None,
    }
}

fn mirrored(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::LtEq => CompareOp::GtEq,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::GtEq => CompareOp::LtEq,
        same => same,
    }
}

/// Whether no value fulfils all comparisons of some subject.
pub(super) fn is_empty(atoms: &[Atom]) -> bool {
    let pairs = atoms.iter().enumerate().flat_map(|(at, a)| atoms.iter().skip(at + 1).map(move |b| (a, b)));
    pairs.filter(|(a, b)| a.0 == b.0).any(|(a, b)| excludes(a, b))
}

/// Whether no value fulfils both of two comparisons of one subject.
fn excludes((_, a, x): &Atom, (_, b, y): &Atom) -> bool {
    use CompareOp::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    let Some(found) = order(x, y) else { return false };
    match (a, b) {
        (Eq, Eq) => found != Ordering::Equal,
        (Gt | GtEq | Eq, Lt | LtEq | Eq) => found == Ordering::Greater || found == Ordering::Equal && (matches!(a, Gt) || matches!(b, Lt)),
        (Lt | LtEq, Gt | GtEq | Eq) => found == Ordering::Less || found == Ordering::Equal && (matches!(a, Lt) || matches!(b, Gt)),
        (Eq, Gt | GtEq) => found == Ordering::Less || found == Ordering::Equal && matches!(b, Gt),
        (Eq, NotEq) | (NotEq, Eq) => found == Ordering::Equal,
        _ => false,
    }
}

/// Comparisons that all rows must pass, by subject, with the rules they are of.
#[derive(Default)]
pub(super) struct Together<'a>(BTreeMap<ExprId, Vec<(Atom, &'a Rule)>>);

impl<'a> Together<'a> {
    /// Adds a rule; says so if no value passes it and one before.
    pub(super) fn add(&mut self, block: &Block, rule: &'a Rule, test: ExprId) -> Option<Diagnostic> {
        let mut found = None;
        for atom in atoms(block, test) {
            let before = self.0.entry(atom.0).or_default();
            found = found.or(before.iter().find(|(other, of)| of.id != rule.id && excludes(other, &atom)).map(|(_, of)| *of));
            if before.len() < MOST {
                before.push((atom, rule));
            }
        }
        let other = found?;
        let message = format!("no value passes both `{}` and `{}`", other.id, rule.id);
        Some(
            Diagnostic::new(Code::NeverPasses, message, rule.span)
                .also(other.span, "the other one")
                .help("mend the bounds of one: they leave nothing between them"),
        )
    }
}

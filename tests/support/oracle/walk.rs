//! Walking expressions: what stands in them, and which columns they read.

use rulegate::syntax::ast::{AttributeArgument, Block, BlockItemKind, Constraint, ConstraintKind, Expr, ExprKind, Let, Tail};
use std::collections::BTreeSet;

/// The expressions directly inside one.
pub fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::List(items) | ExprKind::And(items) | ExprKind::Or(items) => items.iter().collect(),
        ExprKind::Record(members) => members.iter().map(|(_, value)| value).collect(),
        ExprKind::Negate(inner) | ExprKind::Not(inner) | ExprKind::Member(inner, _) => vec![inner],
        ExprKind::Arith(_, left, right) | ExprKind::Index(left, right) => vec![left, right],
        ExprKind::Test(subject, tail) => std::iter::once(&**subject).chain(tail_exprs(tail)).collect(),
        ExprKind::Call { arguments, .. } => arguments.iter().collect(),
        ExprKind::Quantifier { list, body, .. } => vec![list, body],
        ExprKind::Case { operand, branches, otherwise } => {
            let arms = branches.iter().flat_map(|(condition, value)| [condition, value]);
            operand.as_deref().into_iter().chain(arms).chain(otherwise.as_deref()).collect()
        }
        ExprKind::Cast { value, .. } => vec![value],
        _ => Vec::new(),
    }
}

fn tail_exprs(tail: &Tail) -> Vec<&Expr> {
    match tail {
        Tail::Compare(_, right) => vec![right],
        Tail::Between { low, high, .. } => vec![low, high],
        Tail::InList { values, .. } => values.iter().collect(),
        Tail::Like { pattern, .. } => vec![pattern],
        Tail::IsDistinct { other, .. } => vec![other],
        Tail::InSet { .. } | Tail::Matches { .. } | Tail::IsNull { .. } => Vec::new(),
    }
}

/// The expressions a constraint reads besides its subject.
pub fn constraint_exprs(constraint: &Constraint) -> Vec<&Expr> {
    kind_exprs(&constraint.kind).into_iter().chain(&constraint.when).collect()
}

fn kind_exprs(kind: &ConstraintKind) -> Vec<&Expr> {
    match kind {
        ConstraintKind::Test(tail) => tail_exprs(tail),
        ConstraintKind::Measure { arguments, test, .. } => arguments.iter().chain(tail_exprs(test)).collect(),
        ConstraintKind::Predicate { arguments, .. } => arguments.iter().filter_map(argument_expr).collect(),
        ConstraintKind::Each(inner) => kind_exprs(inner),
        ConstraintKind::Unique | ConstraintKind::Increasing | ConstraintKind::Reference { .. } => Vec::new(),
    }
}

pub fn argument_expr(argument: &AttributeArgument) -> Option<&Expr> {
    match argument {
        AttributeArgument::Value(expr) => Some(expr),
        _ => None,
    }
}

pub fn find_let<'a>(block: &'a Block, name: &str) -> Option<&'a Let> {
    block.items.iter().find_map(|item| match &*item.kind {
        BlockItemKind::Let(found) if found.name.node == name => Some(found),
        _ => None,
    })
}

/// Every bare name an expression reads, those behind its lets included.
pub fn names_of(block: &Block, expr: &Expr, names: &mut BTreeSet<String>) {
    if let ExprKind::Name(name) = &expr.kind {
        let is_new = names.insert(name.clone());
        if let Some(found) = find_let(block, name).filter(|_| is_new) {
            names_of(block, &found.value, names);
        }
    }
    children(expr).into_iter().for_each(|child| names_of(block, child, names));
}

/// Calls `found` on every call in an expression that is one of the aggregates, outermost only.
pub fn outer_calls<'a>(expr: &'a Expr, is_wanted: &dyn Fn(&str) -> bool, found: &mut Vec<&'a Expr>) {
    if matches!(&expr.kind, ExprKind::Call { function, .. } if is_wanted(&function.node)) {
        found.push(expr);
        return;
    }
    children(expr).into_iter().for_each(|child| outer_calls(child, is_wanted, found));
}

//! Nodes of a physical plan.

use std::sync::Arc;

use crate::compile::ir::LambdaId;
use crate::functions::FunctionDef;
use crate::host::HostFunction;
use crate::kernels::Vector;
use crate::types::{ArithOp, CastTarget, ColumnType, CompareOp, Entry, Type};

use super::set::PreparedSet;

/// Names a node of a plan. Arguments have smaller ids than the nodes that use them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(pub u32);

/// A node: an operation over others.
#[derive(Debug)]
pub(crate) struct Node {
    pub op: Op,
    pub args: Vec<NodeId>,
    pub ty: Type,
    /// Lambdas whose items it depends on, outermost first.
    pub lambdas: Vec<LambdaId>,
}

/// Operations; operands are in [`Node::args`].
#[derive(Debug)]
pub(crate) enum Op {
    /// One slot.
    Constant(Vector),
    /// A column of the schema.
    Column(usize),
    /// An item of a list, inside a lambda.
    Item(LambdaId),
    Aggregate(usize),
    /// Null where the value is in the set.
    Missing(Arc<PreparedSet>),
    /// Not null; or the second argument, which marks cells that could not be read.
    Present,
    /// Of the declared type; the second argument marks cells that could not be read.
    TypeOk(ColumnType),
    /// The value, null where it is not of the declared type.
    Typed(ColumnType),
    IsNull,
    Not,
    And,
    Or,
    Compare(CompareOp),
    Distinct,
    InSet(Arc<PreparedSet>),
    Matches(Arc<regex::Regex>, String),
    /// The pattern is the second argument, unless it is constant.
    Like(Option<Arc<regex::Regex>>),
    Arith(ArithOp),
    Negate,
    Cast(CastTarget, bool),
    Call(&'static FunctionDef),
    Host(Arc<HostFunction>),
    Coalesce,
    NullIf,
    /// Condition, value, condition, value, …, otherwise.
    Case,
    Member(String),
    ListItem,
    MapItem,
    /// The keys or the values of a map, as a list.
    Entries(Entry),
    List,
    /// List, then body.
    Quantifier {
        all: bool,
        lambda: LambdaId,
    },
}

/// Everything the roots are computed from, the roots included, in evaluation order.
pub(crate) fn order_of(nodes: &[Node], roots: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
    let mut seen = std::collections::BTreeSet::new();
    let mut open: Vec<NodeId> = roots.into_iter().collect();
    while let Some(id) = open.pop() {
        if seen.insert(id)
            && let Some(node) = nodes.get(id.0 as usize)
        {
            open.extend(&node.args);
        }
    }
    seen.into_iter().collect()
}

//! Which conditions are unknown wherever a response was not read.

use crate::functions::Context;
use crate::kernels::Vector;
use crate::types::Type;

use super::node::{Node, NodeId, Op};

/// Nodes whose value where a response was not read is known, because it follows from what was read being null.
pub(super) struct Unread(Vec<Option<Vector>>);

impl Unread {
    /// `fields` are the first columns of the schema: those that are read from responses.
    pub(super) fn new(nodes: &[Node], fields: usize, context: &Context) -> Self {
        let mut known: Vec<Option<Vector>> = Vec::with_capacity(nodes.len());
        // Arguments stand before what is computed from them.
        for node in nodes {
            let value = value(node, nodes, &known, fields, context);
            known.push(value);
        }
        Self(known)
    }

    /// Whether a node is null there.
    pub(super) fn is_null(&self, node: NodeId) -> bool {
        self.0.get(node.0 as usize).and_then(Option::as_ref).is_some_and(|value| !value.is_fault(0) && value.is_null(0))
    }
}

fn value(node: &Node, nodes: &[Node], known: &[Option<Vector>], fields: usize, context: &Context) -> Option<Vector> {
    match &node.op {
        Op::Constant(vector) => Some(vector.clone()),
        Op::Column(index) => (*index < fields).then(|| Vector::null(1)),
        // A list that is not there has no items to ask.
        Op::Quantifier { .. } => {
            let list = known.get(node.args.first()?.0 as usize)?.as_ref()?;
            (!list.is_fault(0) && list.is_null(0)).then(|| Vector::null(1))
        }
        Op::Host(_) | Op::Item(_) | Op::Aggregate(_) => None,
        _ if !node.lambdas.is_empty() => None,
        _ => {
            let args: Vec<Vector> = node.args.iter().map(|arg| known.get(arg.0 as usize)?.clone()).collect::<Option<_>>()?;
            let types: Vec<Type> = node.args.iter().map(|arg| nodes.get(arg.0 as usize).map_or(Type::Null, |arg| arg.ty.clone())).collect();
            Some(super::apply::apply(node, &args, &types, 1, context))
        }
    }
}

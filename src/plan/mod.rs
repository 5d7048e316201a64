//! Typed rules bound to a schema: the physical plan.
//!
//! At the door: [`Plan::bind`] and [`Plan`]. Binding finds the columns, decides which rules the schema settles or makes impossible, turns
//! literals into the forms their neighbours need, compiles patterns and sets, folds constants, and picks a kernel for rules of
//! simple shape. It touches no data.

mod apply;
mod bind;
#[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "only Parquet has proofs"))]
mod condition;
mod host;
mod lower;
mod node;
mod replace;
mod response;
mod set;
mod shape;
mod silent;
mod waive;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::Schema;

use crate::compile::ir;
use crate::detectors::Detector;
use crate::types::Type;

pub(crate) use apply::{Arithmetic, apply};
#[cfg(feature = "parquet")]
pub(crate) use condition::Uses;
pub(crate) use condition::{ConditionId, Settled};
pub(crate) use node::{Node, NodeId, Op};
pub(crate) use replace::constant_of;
pub(crate) use response::{Facts, Responses};
pub(crate) use set::PreparedSet;
pub(crate) use shape::{Shape, Test, pattern_test};
pub(crate) use waive::{BoundWaiver, Covers};

/// A column of this name, true where the cell of the column before the mark could not be read as its declared type. Readers of
/// text formats add it.
pub(crate) fn ill_typed_name(column: &str) -> String {
    format!("{column}\u{1f}ill-typed")
}

/// A column of this name holds what stands in the cells of [`ill_typed_name`], as reports show it, and is null elsewhere. It ends in the
/// mark, so that it is not taken for data either.
pub(crate) fn raw_name(column: &str) -> String {
    format!("{column}{RAW_MARK}")
}

/// The mark of [`raw_name`].
pub(crate) const RAW_MARK: &str = "\u{1f}raw\u{1f}ill-typed";

/// The mark of [`ill_typed_name`].
pub(crate) const ILL_TYPED_MARK: &str = "\u{1f}ill-typed";

/// A column of this name tells of responses that were refused or filtered, before what a block names for it. Who opens batch results of
/// providers adds it.
pub(crate) const FINISH_MARK: &str = "\u{1f}finish";

/// A block bound to a schema.
#[derive(Debug)]
pub(crate) struct Plan {
    pub block: Arc<ir::Block>,
    /// The schema of the columns that rules are asked of.
    pub schema: Arc<Schema>,
    /// For an `output` block: how the data becomes these columns.
    pub responses: Option<Responses>,
    pub nodes: Vec<Node>,
    pub rules: Vec<BoundRule>,
    /// For each rule: nodes nobody needs after it.
    pub drops: Vec<Vec<NodeId>>,
    /// Columns that a nullable field declares and the schema has not.
    pub absent_columns: Vec<String>,
    /// Columns without zone that are read as UTC.
    pub local_as_utc: Vec<String>,
    /// Columns of the schema that are read.
    pub projection: Vec<usize>,
    /// Node and type of each key column.
    pub keys: Vec<(String, NodeId, bool)>,
    /// For columns read from texts, what stands in cells that did not parse.
    pub raws: BTreeMap<NodeId, NodeId>,
    pub observations: Vec<BoundObservation>,
    /// Whether the schema fails every row: a column is missing or of another type.
    pub refused: bool,
}

/// A rule bound to a schema.
#[derive(Debug)]
pub(crate) struct BoundRule {
    /// Index into the block's rules.
    pub index: usize,
    pub body: Body,
    /// Values a sample shows: name, node, and whether they are redacted.
    pub shown: Vec<(String, NodeId, bool)>,
    /// Nodes of the message, in the order of its places.
    pub message: Vec<NodeId>,
    /// The waivers of it that are in force, in file order.
    pub waivers: Vec<BoundWaiver>,
}

/// What is to be done for a rule.
#[derive(Debug)]
pub(crate) enum Body {
    /// Judge each row.
    Row(RowRule),
    /// Judge each row of several columns: name and rule of each.
    Columns(Vec<(String, RowRule)>),
    /// The schema has settled it: passed, or failed with a reason.
    Schema(Option<String>),
    /// It cannot be evaluated on this data.
    Skipped(String),
    /// It could not be computed.
    Error(String),
    /// Ask what the reading of each response has come to.
    Response(Asked),
    /// Groups of equal keys.
    Unique { when: Option<NodeId>, keys: Vec<NodeId>, order: Vec<NodeId> },
    /// Judge each row by what stands in a file, apart from the other rules of rows.
    Reference(RowRule),
    /// Each value after the one before.
    Increasing { when: Option<NodeId>, value: NodeId, order: Vec<NodeId> },
    /// A dataset check.
    Check(Box<BoundCheck>),
}

/// What is asked of the reading of a response; members by their place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Parse,
    ExtraFields,
    Required(usize),
    Type(usize),
}

/// A condition on rows.
#[derive(Debug)]
pub(crate) struct RowRule {
    pub when: Option<NodeId>,
    pub test: NodeId,
    /// Everything both are computed from, in evaluation order.
    pub order: Vec<NodeId>,
    /// The same condition for a kernel over one column, where it has such a form.
    pub shape: Option<Shape>,
    /// The value an `enum` rule counts where it fails.
    pub subject: Option<NodeId>,
    /// For a detector: the text it looks through, so that a report tells what it found.
    pub finds: Option<(NodeId, Arc<Detector>)>,
    /// Whether it is unknown wherever a response was not read, since all it reads is null there.
    pub silent: bool,
}

/// A dataset check.
#[derive(Debug)]
pub(crate) struct BoundCheck {
    pub filter: Option<NodeId>,
    pub by: Vec<NodeId>,
    pub aggregates: Vec<(ir::AggregateCall, Vec<NodeId>)>,
    /// What the arguments are computed from.
    pub order: Vec<NodeId>,
    pub expect: NodeId,
    pub value: Option<NodeId>,
    /// What `expect` and `value` are computed from once the aggregates are known.
    pub finish_order: Vec<NodeId>,
}

/// An observed expression.
#[derive(Debug)]
pub(crate) struct BoundObservation {
    pub index: usize,
    pub value: NodeId,
    pub order: Vec<NodeId>,
}

impl Plan {
    /// The node of an id.
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        static NULL: std::sync::OnceLock<Node> = std::sync::OnceLock::new();
        self.nodes.get(id.0 as usize).unwrap_or_else(|| {
            NULL.get_or_init(|| Node {
                op: Op::Constant(crate::kernels::Vector::null(1)),
                args: Vec::new(),
                ty: Type::Null,
                lambdas: Vec::new(),
            })
        })
    }

    /// Everything a node is computed from, in evaluation order.
    pub(crate) fn order_of(&self, root: NodeId) -> Vec<NodeId> {
        node::order_of(&self.nodes, [root])
    }

    /// Why the schema fails every row, if it does.
    pub(crate) fn refusal(&self) -> Option<&str> {
        match &self.rules.get(self.refusing()?)?.body {
            Body::Schema(Some(reason)) => Some(reason.as_str()),
            _ => None,
        }
    }

    /// The first rule for which the schema fails every row, if there is one.
    pub(crate) fn refusing(&self) -> Option<usize> {
        let refuses = |rule: &BoundRule| !rule.is_waived() && matches!(rule.body, Body::Schema(Some(_)));
        self.rules.iter().position(refuses).filter(|_| self.refused)
    }

    /// The schema of the data.
    pub(crate) fn input_schema(&self) -> &Arc<Schema> {
        self.responses.as_ref().map_or(&self.schema, |responses| &responses.schema)
    }

    /// The columns of the data that are read.
    pub(crate) fn input_projection(&self) -> &[usize] {
        self.responses.as_ref().map_or(&self.projection, |responses| &responses.projection)
    }

    /// The type of a node.
    pub(crate) fn ty(&self, id: NodeId) -> &Type {
        &self.node(id).ty
    }
}

pub(crate) use bind::{BindContext, BindFault, near, undeclared};

/// The number of a literal, for the buckets of an observation.
pub(crate) fn literal_float(literal: &ir::Literal) -> Option<f64> {
    match literal {
        #[expect(clippy::cast_precision_loss, reason = "buckets are compared as float64")]
        ir::Literal::Int(value) => Some(*value as f64),
        ir::Literal::Number(_, _, bits) | ir::Literal::Float(bits) => Some(f64::from_bits(*bits)),
        _ => None,
    }
}

//! Values of nodes over a slice of rows, each computed once; items of lists are a slice of their own.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use arrow::array::ArrayRef;
use arrow::buffer::BooleanBuffer;

use crate::compile::ir::LambdaId;
use crate::functions::Context;
use crate::kernels::vector::from_parts;
use crate::kernels::{Values, Vector, bits, load};
use crate::plan::{Node, NodeId, Op, Plan, apply};
use crate::types::Type;

/// The values of a plan's nodes over one slice.
pub(super) struct Frame<'a> {
    pub plan: &'a Plan,
    /// The schema's columns, cut to the slice.
    pub columns: &'a [ArrayRef],
    pub rows: usize,
    pub context: Context,
    /// Values of the check's aggregates, when its expectation is computed.
    pub aggregates: &'a [Vector],
    values: BTreeMap<NodeId, Vector>,
}

/// A list's items as rows: whose they are, and what they are.
struct Items {
    lambda: LambdaId,
    items: Vector,
    /// For each row of the frame around it, where its items end.
    ends: Vec<usize>,
    /// For each item its row, once it is asked for.
    parents: OnceCell<Vec<u32>>,
    values: BTreeMap<NodeId, Vector>,
}

impl Items {
    fn parents(&self) -> &[u32] {
        self.parents.get_or_init(|| {
            let mut parents = Vec::with_capacity(self.items.rows());
            for (row, end) in self.ends.iter().enumerate() {
                parents.resize(*end, u32::try_from(row).unwrap_or(0));
            }
            parents
        })
    }
}

impl<'a> Frame<'a> {
    pub(super) fn new(plan: &'a Plan, columns: &'a [ArrayRef], rows: usize, context: Context) -> Self {
        Self { plan, columns, rows, context, aggregates: &[], values: BTreeMap::new() }
    }

    /// Computes nodes in order.
    pub(super) fn compute(&mut self, order: &[NodeId]) {
        for id in order {
            if !self.values.contains_key(id) && self.plan.node(*id).lambdas.is_empty() {
                let value = self.value_of(*id, &mut Vec::new());
                self.values.insert(*id, value);
            }
        }
    }

    /// Gives the value of a node, so that it is not computed.
    pub(super) fn set(&mut self, id: NodeId, value: Vector) {
        self.values.insert(id, value);
    }

    /// Whether a node has a value by now.
    pub(super) fn has(&self, id: NodeId) -> bool {
        self.values.contains_key(&id)
    }

    /// The value of a node that has been computed.
    pub(super) fn get(&self, id: NodeId) -> Vector {
        self.values.get(&id).cloned().unwrap_or_else(|| Vector::fault(self.rows))
    }

    /// Forgets values nobody needs any more.
    pub(super) fn drop_values(&mut self, ids: &[NodeId]) {
        for id in ids {
            self.values.remove(id);
        }
    }

    fn value_of(&self, id: NodeId, scopes: &mut Vec<Items>) -> Vector {
        let node = self.plan.node(id);
        match &node.op {
            Op::Column(index) => self.columns.get(*index).map_or_else(|| Vector::fault(self.rows), load::load),
            Op::Aggregate(index) => self.aggregates.get(*index).cloned().unwrap_or_else(|| Vector::fault(self.rows)),
            Op::Quantifier { all, lambda } => self.quantifier(node, *all, *lambda, scopes),
            _ => {
                let rows = scopes.last().map_or(self.rows, |scope| scope.items.rows());
                let args: Vec<Vector> = node.args.iter().map(|arg| self.operand(*arg, scopes)).collect();
                self.applied(node, args, rows)
            }
        }
    }

    /// Applies an operation; over a dictionary once per entry where that is less work.
    fn applied(&self, node: &Node, mut args: Vec<Vector>, rows: usize) -> Vector {
        let types: Vec<Type> = node.args.iter().map(|arg| self.plan.ty(*arg).clone()).collect();
        if let Some(encoded) = self.per_entry(node, &args, &types) {
            return encoded;
        }
        if args.iter().any(|arg| matches!(arg.values, Values::Dict(..))) {
            args = args.into_iter().map(Vector::decoded).collect();
        }
        apply(node, &args, &types, rows, &self.context)
    }

    fn per_entry(&self, node: &Node, args: &[Vector], types: &[Type]) -> Option<Vector> {
        let pure = matches!(node.op, Op::InSet(_) | Op::Matches(..) | Op::Like(Some(_)) | Op::Compare(_) | Op::Cast(..) | Op::Call(_));
        let mut encoded = args.iter().enumerate().filter(|(_, arg)| !arg.is_constant());
        let (at, arg) = encoded.next()?;
        let Values::Dict(codes, entries) = &arg.values else { return None };
        if !pure || encoded.next().is_some() || entries.slots() > arg.rows() || entries.is_constant() {
            return None;
        }
        let count = entries.rows();
        let over: Vec<Vector> = args
            .iter()
            .enumerate()
            .map(|(index, other)| if index == at { (**entries).clone() } else { other.clone().with_rows(count) })
            .collect();
        let result = apply(node, &over, types, count, &self.context);
        let spread = if result.is_constant() { result.with_rows(arg.rows()).spread_constant() } else { result.take(codes) };
        // A null code is null whatever the entry it happens to name.
        let nulls = bits::union(spread.nulls.as_ref(), arg.nulls.as_ref());
        let faults = spread.faults.as_ref().map(|faults| bits::minus(faults, arg.nulls.as_ref()));
        Some(spread.with_nulls(nulls).with_faults(bits::union(faults.as_ref(), arg.faults.as_ref())))
    }

    /// The value of an operand in the innermost scope: computed there, or lifted from further out.
    fn operand(&self, id: NodeId, scopes: &mut Vec<Items>) -> Vector {
        let node = self.plan.node(id);
        let Some(scope) = scopes.last() else {
            return self.values.get(&id).cloned().unwrap_or_else(|| self.value_of(id, scopes));
        };
        if let Some(known) = scope.values.get(&id) {
            return known.clone();
        }
        if node.op_is_item(scope.lambda) {
            return scope.items.clone();
        }
        let lambda = scope.lambda;
        let value = if node.lambdas.contains(&lambda) {
            self.value_of(id, scopes)
        } else if let Op::Constant(vector) = &node.op {
            return vector.clone().with_rows(scope.items.rows());
        } else {
            // It belongs further out: computed there, then repeated for each item.
            let Some(inner) = scopes.pop() else { return Vector::fault(self.rows) };
            let outer = self.operand(id, scopes).decoded();
            let lifted = outer.take(inner.parents());
            scopes.push(inner);
            lifted
        };
        if let Some(scope) = scopes.last_mut() {
            scope.values.insert(id, value.clone());
        }
        value
    }

    fn quantifier(&self, node: &Node, all: bool, lambda: LambdaId, scopes: &mut Vec<Items>) -> Vector {
        let [list, body] = node.args.as_slice() else { return Vector::fault(self.rows) };
        let rows = scopes.last().map_or(self.rows, |scope| scope.items.rows());
        let lists = self.operand(*list, scopes).decoded();
        let reader = lists.lists();
        let Some(items) = reader.items() else {
            // Null of no type: unknown throughout.
            return from_parts(
                rows,
                false,
                Values::Null,
                lists.null_rows().or_else(|| Some(BooleanBuffer::new_set(rows))),
                lists.fault_rows(),
            );
        };
        let (ends, items) = items_of(&lists, items, rows);
        scopes.push(Items { lambda, items, ends, parents: OnceCell::new(), values: BTreeMap::new() });
        let verdicts = self.operand(*body, scopes).decoded();
        let Some(Items { ends, .. }) = scopes.pop() else { return Vector::fault(rows) };
        quantified(all, &lists, &verdicts, &ends, rows)
    }
}

/// The items of all rows that have a list, one after another, and where those of each row end.
fn items_of(lists: &Vector, items: &Vector, rows: usize) -> (Vec<usize>, Vector) {
    let reader = lists.lists();
    let range = |row: usize| if lists.is_live(row) { reader.range(row) } else { 0..0 };
    let (mut ends, mut end, mut in_order) = (Vec::with_capacity(rows), 0, true);
    for range in (0..rows).map(range) {
        in_order &= range.is_empty() || range.start == end;
        end += range.len();
        ends.push(end);
    }
    // PERF: benches/outputs.rs: items that lie as they are wanted are not gathered.
    let items = match items.rows() {
        0 => Vector::null(end),
        all if in_order && all == end => items.clone(),
        _ => items.take(&(0..rows).flat_map(range).map(|at| u32::try_from(at).unwrap_or(0)).collect::<Vec<u32>>()),
    };
    (ends, items)
}

impl Node {
    fn op_is_item(&self, lambda: LambdaId) -> bool {
        matches!(self.op, Op::Item(known) if known == lambda)
    }
}

/// Whether every item has a verdict, and none settles that of its row.
fn none_decides(all: bool, verdicts: &Vector) -> bool {
    let Values::Bool(values) = &verdicts.values else { return false };
    let against = if all { values.len() - values.count_set_bits() } else { values.count_set_bits() };
    against == 0 && verdicts.nulls.is_none() && verdicts.faults.is_none()
}

/// Folds the verdicts on items into one for each row: Kleene's `and` or `or` over all of them.
fn quantified(all: bool, lists: &Vector, verdicts: &Vector, ends: &[usize], rows: usize) -> Vector {
    if none_decides(all, verdicts) {
        let values = if all { BooleanBuffer::new_set(rows) } else { BooleanBuffer::new_unset(rows) };
        return from_parts(rows, false, Values::Bool(values), lists.null_rows(), lists.fault_rows());
    }
    let (mut values, mut nulls, mut faults) = (Vec::with_capacity(rows), Vec::with_capacity(rows), Vec::with_capacity(rows));
    let mut start = 0;
    for (row, end) in ends.iter().enumerate() {
        let (mut decided, mut null, mut fault) = (false, false, false);
        for item in start..*end {
            if verdicts.is_fault(item) {
                fault = true;
            } else if verdicts.is_null(item) {
                null = true;
            } else if verdicts.bools().at(item) != all {
                decided = true;
            }
        }
        start = *end;
        let open = !decided;
        values.push(decided != all);
        faults.push(lists.is_fault(row) || open && fault);
        nulls.push(lists.is_null(row) || open && !fault && null);
    }
    let bits = |bits: Vec<bool>| bits::some_if_any(BooleanBuffer::from(bits));
    from_parts(rows, false, Values::Bool(BooleanBuffer::from(values)), bits(nulls), bits(faults))
}

//! One row at a time: what a plan asks of a row, prepared so that a row costs no batch.
//!
//! Three ways to the same answer. A rule of simple shape is asked of its value ([`direct`]). Other rules are *steps* over values, shared
//! between rules and computed at most once a row ([`program`], [`step`]). A rule with a node that has no step goes through the general
//! evaluator over vectors of one slot, and only that rule does.

mod direct;
mod outcome;
mod program;
mod step;
mod value;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::compile::ir::Severity;
use crate::kernels::Vector;
use crate::plan::{Body, Covers, NodeId, Op, Plan, RowRule, Settled, Test};

use super::frame::Frame;
use super::rows::Verdict;
use super::tally::{Position, Sample};
use super::{Keep, Slice, Terms};

pub use outcome::RowOutcome;
pub(crate) use outcome::{Bits, Outcomes};
use program::{Builder, Root};
use step::{Known, Step};
pub(crate) use value::{Kind, Value, pack};

/// A plan prepared for single rows.
#[derive(Debug)]
pub(crate) struct RowPlan {
    plan: Arc<Plan>,
    keep: Keep,
    columns: Vec<ReadColumn>,
    /// What is asked for each rule of the plan; nothing for rules that are not about rows.
    rules: Vec<Vec<Asked>>,
    /// What their waivers ask of a row that fails them; an empty list covers every row.
    waivers: Vec<(usize, Vec<Asked>)>,
    steps: Vec<Step>,
    constants: Vec<Value<'static>>,
    /// Rules of severity error that are acted on.
    enforced: Bits,
}

/// A column that the rules read.
#[derive(Debug)]
struct ReadColumn {
    /// Its nodes; a mark column has one for each rule that asks for it.
    nodes: Vec<NodeId>,
    kind: Option<Kind>,
    null: Vector,
}

/// A condition on a row.
#[derive(Debug)]
struct Asked {
    nulls_fail: bool,
    way: Way,
}

#[derive(Debug)]
enum Way {
    /// A test of one column.
    Direct {
        column: usize,
        test: Test,
    },
    Steps {
        when: Option<Root>,
        test: Root,
    },
    /// The general evaluator over the columns it needs.
    General {
        when: Option<NodeId>,
        test: NodeId,
        order: Vec<NodeId>,
        columns: Vec<usize>,
    },
}

impl RowPlan {
    pub(crate) fn new(plan: &Arc<Plan>, keep: Keep) -> Self {
        let places: BTreeMap<usize, usize> = plan.projection.iter().enumerate().map(|(place, index)| (*index, place)).collect();
        let columns = plan.projection.iter().map(|index| ReadColumn::new(plan, *index)).collect();
        let mut builder = Builder::new(plan, &places);
        let mut enforced = Bits::default();
        let mut rules = Vec::with_capacity(plan.rules.len());
        let mut waivers = Vec::new();
        for (index, bound) in plan.rules.iter().enumerate() {
            let declared = plan.block.rules.get(bound.index);
            if declared.is_some_and(|rule| rule.severity == Severity::Error && !rule.shadow) {
                enforced.set(index);
            }
            let nulls_fail = declared.is_some_and(|rule| rule.nulls_fail);
            let mut asked = |rule: &RowRule| Asked { nulls_fail, way: Way::new(plan, rule, &places, &mut builder) };
            rules.push(match &bound.body {
                Body::Row(rule) => vec![asked(rule)],
                Body::Columns(of_columns) => of_columns.iter().map(|(_, rule)| asked(rule)).collect(),
                _ => Vec::new(),
            });
            let filters: Vec<&RowRule> = bound
                .waivers
                .iter()
                .filter_map(|waiver| if let Covers::Rows(filter) = &waiver.covers { Some(filter) } else { None })
                .collect();
            if bound.is_waived() {
                waivers.push((index, Vec::new()));
            } else if !filters.is_empty() {
                let asked = |filter: &RowRule| Asked { nulls_fail: false, way: Way::new(plan, filter, &places, &mut builder) };
                waivers.push((index, filters.into_iter().map(asked).collect()));
            }
        }
        let Builder { steps, constants, .. } = builder;
        Self { plan: Arc::clone(plan), keep, columns, rules, waivers, steps, constants, enforced }
    }

    pub(crate) fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Whether a rule is about single rows, so that it has an outcome.
    pub(crate) fn is_judged(&self, rule: usize) -> bool {
        self.plan.rules.get(rule).is_some_and(|rule| matches!(rule.body, Body::Row(_) | Body::Columns(_)))
    }

    /// Whether no enforced rule fails that is not waived.
    pub(crate) fn passes(&self, outcomes: &Outcomes) -> bool {
        !outcomes.any_held_of(&self.enforced)
    }

    /// Judges a row: a value for each column of the plan's projection.
    pub(crate) fn judge(&self, columns: &[Value<'_>]) -> Outcomes {
        let mut row = Row { plan: self, columns, steps: Vec::new(), frame: None };
        if !self.steps.is_empty() {
            row.steps.resize_with(self.steps.len(), || None);
        }
        let mut outcomes = Outcomes::default();
        for (index, rule) in self.rules.iter().enumerate() {
            let outcome = match rule.as_slice() {
                [] => continue,
                [one] => row.ask(one),
                // One rule over several columns: the worst of them.
                several => several.iter().map(|asked| row.ask(asked)).max().unwrap_or(RowOutcome::NotAsked),
            };
            outcomes.set(index, outcome);
        }
        for (rule, filters) in &self.waivers {
            let fails = outcomes.get(*rule) >= RowOutcome::Failed;
            if fails && (filters.is_empty() || filters.iter().any(|filter| row.ask(filter) == RowOutcome::Passed)) {
                outcomes.waive(*rule);
            }
        }
        outcomes
    }

    /// The columns of a row as vectors of one slot.
    pub(crate) fn vectors(&self, columns: &[Value<'_>]) -> Vec<Vector> {
        self.columns.iter().zip(columns).map(|(column, value)| column.vector(value)).collect()
    }

    /// The samples that a batch of this row would keep for rules.
    pub(crate) fn samples(&self, columns: &[Vector], rules: impl Iterator<Item = usize>) -> Vec<(usize, Sample)> {
        let mut frame = Frame::new(&self.plan, &[], 1, self.keep.context);
        for (column, vector) in self.columns.iter().zip(columns) {
            column.nodes.iter().for_each(|node| frame.set(*node, vector.clone()));
        }
        let terms = Terms { keep: &self.keep, settled: &Settled::default(), enough: None };
        let slice = Slice { plan: &self.plan, columns: &[], rows: 1, at: Position { input: 0, row: 0 }, terms };
        rules.filter_map(|rule| Some((rule, slice.sample_of(self.plan.rules.get(rule)?, 0, &mut frame)))).collect()
    }
}

impl ReadColumn {
    fn new(plan: &Plan, index: usize) -> Self {
        let data = plan.schema.field(index).data_type();
        let nodes = (0_u32..).map(NodeId).zip(&plan.nodes);
        let nodes = nodes.filter(|(_, node)| matches!(node.op, Op::Column(at) if at == index)).map(|(id, _)| id).collect();
        Self { nodes, kind: Kind::of_data(data), null: value::null_of(data) }
    }

    fn vector(&self, value: &Value<'_>) -> Vector {
        value::one_slot(value, self.kind, &self.null)
    }
}

impl Way {
    fn new(plan: &Plan, rule: &RowRule, places: &BTreeMap<usize, usize>, builder: &mut Builder<'_>) -> Self {
        let direct = rule.shape.as_ref().and_then(|shape| {
            let test = direct::of_shape(shape, plan.schema.field(shape.column).data_type())?;
            Some(Self::Direct { column: *places.get(&shape.column)?, test })
        });
        direct.or_else(|| Self::in_steps(rule, builder)).unwrap_or_else(|| {
            let column = |node: &NodeId| if let Op::Column(index) = plan.node(*node).op { places.get(&index).copied() } else { None };
            let columns = rule.order.iter().filter_map(column).collect();
            Self::General { when: rule.when, test: rule.test, order: rule.order.clone(), columns }
        })
    }

    fn in_steps(rule: &RowRule, builder: &mut Builder<'_>) -> Option<Self> {
        let when = match rule.when {
            Some(when) => Some(builder.root(when)?),
            None => None,
        };
        Some(Self::Steps { when, test: builder.root(rule.test)? })
    }
}

/// A row under judgement.
struct Row<'r, 'a> {
    plan: &'r RowPlan,
    columns: &'r [Value<'a>],
    /// What steps have given so far.
    steps: Vec<Option<Value<'a>>>,
    frame: Option<Frame<'r>>,
}

impl<'r, 'a> Row<'r, 'a> {
    #[inline]
    fn ask(&mut self, asked: &'r Asked) -> RowOutcome {
        let outcome = match &asked.way {
            Way::Direct { column, test } => match (self.columns.get(*column), test) {
                (Some(Value::Null), Test::Present) => RowOutcome::Failed,
                (Some(Value::Null), _) => RowOutcome::Unknown,
                (Some(value), test) if direct::passes(test, value) => RowOutcome::Passed,
                (Some(_), _) => RowOutcome::Failed,
                (None, _) => RowOutcome::Faulted,
            },
            Way::Steps { when, test } => self.by_steps(when.as_ref(), test),
            Way::General { when, test, order, columns } => self.in_general(*when, *test, order, columns),
        };
        if outcome == RowOutcome::Unknown && asked.nulls_fail { RowOutcome::Failed } else { outcome }
    }

    fn by_steps(&mut self, when: Option<&Root>, test: &Root) -> RowOutcome {
        if let Some(when) = when {
            match self.value_of(when) {
                Value::Bool(true) => {}
                Value::Bool(false) | Value::Null => return RowOutcome::NotAsked,
                _ => return RowOutcome::Faulted,
            }
        }
        match self.value_of(test) {
            Value::Bool(true) => RowOutcome::Passed,
            Value::Bool(false) => RowOutcome::Failed,
            Value::Null => RowOutcome::Unknown,
            _ => RowOutcome::Faulted,
        }
    }

    fn known(&self) -> Known<'_, 'a> {
        Known { columns: self.columns, constants: &self.plan.constants, steps: &self.steps }
    }

    fn value_of(&mut self, root: &Root) -> &Value<'a> {
        for at in &root.steps {
            if matches!(self.steps.get(*at), Some(None))
                && let Some(step) = self.plan.steps.get(*at)
            {
                let value = step.run(self.known(), &self.plan.plan, &self.plan.keep.context);
                if let Some(slot) = self.steps.get_mut(*at) {
                    *slot = Some(value);
                }
            }
        }
        self.known().get(root.value)
    }

    fn in_general(&mut self, when: Option<NodeId>, test: NodeId, order: &[NodeId], columns: &[usize]) -> RowOutcome {
        let plan = self.plan;
        let frame = self.frame.get_or_insert_with(|| Frame::new(&plan.plan, &[], 1, plan.keep.context));
        for place in columns {
            if let (Some(column), Some(value)) = (plan.columns.get(*place), self.columns.get(*place)) {
                for node in &column.nodes {
                    if !frame.has(*node) {
                        frame.set(*node, column.vector(value));
                    }
                }
            }
        }
        frame.compute(order);
        let when = when.map(|when| frame.get(when).decoded());
        let counts = Verdict::of(&frame.get(test).decoded(), when.as_ref(), false).counts;
        match (counts.evaluated, counts.faulted, counts.failed, counts.unknown) {
            (0, ..) => RowOutcome::NotAsked,
            (_, 1.., ..) => RowOutcome::Faulted,
            (_, _, 1.., _) => RowOutcome::Failed,
            (.., 1..) => RowOutcome::Unknown,
            _ => RowOutcome::Passed,
        }
    }
}

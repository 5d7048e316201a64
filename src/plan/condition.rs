//! Conditions on rows one by one: which there are, what reads which column, and which of them need not be asked any more.

use std::collections::{BTreeMap, BTreeSet};

use super::node::{NodeId, Op};
use super::{Body, Covers, Plan, RowRule};

/// Names a condition on rows: a rule, and of a pattern's columns which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConditionId {
    pub rule: usize,
    pub part: usize,
}

/// Conditions that are known to hold for the rows at hand, so that these are not asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settled(BTreeSet<ConditionId>);

impl Settled {
    pub(crate) fn contains(&self, rule: usize, part: usize) -> bool {
        !self.0.is_empty() && self.0.contains(&ConditionId { rule, part })
    }

    pub(crate) fn insert(&mut self, condition: ConditionId) {
        self.0.insert(condition);
    }

    pub(crate) fn remove(&mut self, condition: ConditionId) {
        self.0.remove(&condition);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Plan {
    /// Every condition on rows.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = (ConditionId, &RowRule)> {
        self.rules.iter().enumerate().flat_map(|(rule, bound)| {
            let parts: Vec<&RowRule> = match &bound.body {
                Body::Row(row) => vec![row],
                Body::Columns(columns) => columns.iter().map(|(_, row)| row).collect(),
                _ => Vec::new(),
            };
            parts.into_iter().enumerate().map(move |(part, row)| (ConditionId { rule, part }, row))
        })
    }

    /// The condition of an id.
    pub(crate) fn condition(&self, id: ConditionId) -> Option<&RowRule> {
        match &self.rules.get(id.rule)?.body {
            Body::Row(row) if id.part == 0 => Some(row),
            Body::Columns(columns) => columns.get(id.part).map(|(_, row)| row),
            _ => None,
        }
    }

    /// The columns that nodes are computed from, by index into the schema.
    pub(crate) fn columns_of(&self, roots: impl IntoIterator<Item = NodeId>) -> BTreeSet<usize> {
        let (mut seen, mut columns) = (BTreeSet::new(), BTreeSet::new());
        let mut open: Vec<NodeId> = roots.into_iter().collect();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                let node = self.node(id);
                if let Op::Column(index) = node.op {
                    columns.insert(index);
                }
                open.extend(&node.args);
            }
        }
        columns
    }
}

/// What reads each column of the schema.
#[derive(Debug)]
pub(crate) struct Uses {
    columns: BTreeMap<usize, Readers>,
    conditions: usize,
    /// Whether key columns are shown whatever the conditions on rows come to.
    keys_always: bool,
}

/// What reads one column.
#[derive(Debug, Default)]
struct Readers {
    /// A dataset check, a session rule or an observation.
    always: bool,
    /// It is a key, which the samples of every rule show.
    key: bool,
    /// Conditions that are computed from it, or whose samples show it.
    conditions: Vec<ConditionId>,
}

impl Uses {
    pub(crate) fn of(plan: &Plan) -> Self {
        let mut uses = Self { columns: BTreeMap::new(), conditions: 0, keys_always: false };
        if plan.responses.is_some() {
            // Rules are asked of what is read from the columns of the data, so all of these are needed.
            uses.conditions = plan.conditions().count();
            plan.input_projection().iter().for_each(|column| uses.readers(*column).always = true);
            return uses;
        }
        for (index, rule) in plan.rules.iter().enumerate() {
            // Read where the rule fails: by samples and by the filters of waivers.
            let waived =
                rule.waivers.iter().filter_map(|waiver| if let Covers::Rows(filter) = &waiver.covers { Some(filter.test) } else { None });
            let shown = rule.shown.iter().map(|(_, node, _)| *node);
            let samples = plan.columns_of(shown.chain(rule.message.iter().copied()).chain(waived));
            match &rule.body {
                Body::Row(_) | Body::Columns(_) => {
                    for part in 0.. {
                        let id = ConditionId { rule: index, part };
                        let Some(row) = plan.condition(id) else { break };
                        uses.conditions += 1;
                        let read = plan.columns_of(row.when.into_iter().chain([row.test]).chain(row.subject));
                        read.union(&samples).for_each(|column| uses.readers(*column).conditions.push(id));
                    }
                }
                body => {
                    let shows = matches!(body, Body::Unique { .. } | Body::Increasing { .. } | Body::Reference(_));
                    uses.keys_always |= shows;
                    let order = rule.orders().concat();
                    plan.columns_of(order).into_iter().for_each(|column| uses.readers(column).always = true);
                    samples.into_iter().filter(|_| shows).for_each(|column| uses.readers(column).always = true);
                }
            }
        }
        let observed = plan.columns_of(plan.observations.iter().flat_map(|observation| observation.order.iter().copied()));
        observed.into_iter().for_each(|column| uses.readers(column).always = true);
        let keys = plan.columns_of(plan.keys.iter().map(|(_, node, _)| *node));
        keys.into_iter().for_each(|column| uses.readers(column).key = true);
        uses
    }

    fn readers(&mut self, column: usize) -> &mut Readers {
        self.columns.entry(column).or_default()
    }

    /// How many conditions there are.
    pub(crate) fn conditions(&self) -> usize {
        self.conditions
    }

    /// Whether samples of all rules show a column.
    pub(crate) fn is_key(&self, column: usize) -> bool {
        self.columns.get(&column).is_some_and(|readers| readers.key)
    }

    /// Whether anything that is not settled reads a column.
    pub(crate) fn is_read(&self, column: usize, settled: &Settled) -> bool {
        self.columns.get(&column).is_some_and(|readers| self.any_open(readers, settled))
    }

    fn any_open(&self, readers: &Readers, settled: &Settled) -> bool {
        readers.always
            || readers.key && (self.keys_always || settled.len() < self.conditions)
            || readers.conditions.iter().any(|id| !settled.contains(id.rule, id.part))
    }

    /// The columns that anything not settled reads, in the order of the schema.
    pub(crate) fn read(&self, settled: &Settled) -> Vec<usize> {
        self.columns.iter().filter(|(_, readers)| self.any_open(readers, settled)).map(|(column, _)| *column).collect()
    }
}

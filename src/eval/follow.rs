//! Keys of `unique` rules and values of `increasing` ones, row by row: for a gate, which decides rows in the order in which they come.

use arrow::array::{ArrayRef, BooleanBufferBuilder};
use arrow::buffer::BooleanBuffer;

use crate::kernels::Vector;
use crate::plan::{Body, NodeId, Plan, Settled};

use super::frame::Frame;
use super::state::{Scalar, key_of};
use super::tally::{Position, Sample};
use super::{Keep, RESPONSE_ROWS, SLICE_ROWS, Slice, Terms, asked, cut};

/// What there is of a row to be held against the rows before, for a rule that asks about them.
#[derive(Debug, Clone)]
pub(crate) enum Standing {
    /// Its `when` is not true.
    NotAsked,
    /// Null: the rule says nothing.
    Unknown,
    /// It fails whatever came before: a null where nulls fail, or a fault (true).
    Fails(bool),
    /// The key of a `unique` rule.
    Key(Vec<u8>),
    /// The value of an `increasing` rule.
    Value(Scalar),
}

/// What such a rule reads of some rows.
#[derive(Debug, Clone)]
pub(crate) struct Followed {
    pub rule: usize,
    pub rows: Vec<Standing>,
    /// Rows that waivers cover, should they fail.
    pub waived: Option<BooleanBuffer>,
}

impl Scalar {
    /// Whether it may come after another: greater, and no NaN.
    pub(crate) fn follows(&self, last: Option<&Self>) -> bool {
        match last {
            None => !self.is_nan(),
            Some(last) => self.order(last) == Some(std::cmp::Ordering::Greater),
        }
    }
}

/// The rules of a plan that ask about the rows before.
pub(crate) fn followers(plan: &Plan) -> impl Iterator<Item = usize> {
    let bodies = plan.rules.iter().enumerate();
    bodies.filter(|(_, rule)| matches!(rule.body, Body::Unique { .. } | Body::Increasing { .. })).map(|(index, _)| index)
}

/// Reads rows `offset .. offset + rows` for every such rule.
pub(crate) fn follow(plan: &Plan, columns: &[ArrayRef], offset: usize, rows: usize, keep: &Keep) -> Vec<Followed> {
    let rules: Vec<usize> = followers(plan).collect();
    let mut out: Vec<(Vec<Standing>, BooleanBufferBuilder)> =
        rules.iter().map(|_| (Vec::with_capacity(rows), BooleanBufferBuilder::new(rows))).collect();
    let step = if plan.responses.is_some() { RESPONSE_ROWS } else { SLICE_ROWS };
    let mut done = 0;
    while done < rows && !rules.is_empty() {
        let length = (rows - done).min(step);
        let (columns, facts) = cut(plan, columns, offset + done, length);
        let terms = Terms { keep, settled: &Settled::default(), enough: None };
        let slice = Slice { plan, columns: &columns, facts: facts.as_ref(), rows: length, at: Position { input: 0, row: 0 }, terms };
        let mut frame = Frame::new(plan, &columns, length, keep.context);
        for (rule, (read, waived)) in rules.iter().zip(&mut out) {
            slice.read(*rule, &mut frame, read);
            match slice.cover(*rule, &mut frame).rows() {
                Some(rows) => waived.append_buffer(&rows),
                None => waived.append_n(length, false),
            }
        }
        done += length;
    }
    let some = |mut waived: BooleanBufferBuilder| crate::kernels::bits::some_if_any(waived.finish());
    rules.into_iter().zip(out).map(|(rule, (rows, waived))| Followed { rule, rows, waived: some(waived) }).collect()
}

/// What a report would show of some rows that fail a rule.
pub(crate) fn samples(plan: &Plan, columns: &[ArrayRef], rule: usize, rows: &[usize], keep: &Keep) -> Vec<Sample> {
    let Some(bound) = plan.rules.get(rule) else { return Vec::new() };
    let sample = |row: usize| {
        let (columns, facts) = cut(plan, columns, row, 1);
        let terms = Terms { keep, settled: &Settled::default(), enough: None };
        let at = Position { input: 0, row: row as u64 };
        let slice = Slice { plan, columns: &columns, facts: facts.as_ref(), rows: 1, at, terms };
        slice.sample_of(bound, 0, &mut Frame::new(plan, &columns, 1, keep.context))
    };
    rows.iter().map(|row| sample(*row)).collect()
}

impl Slice<'_> {
    fn read(&self, rule: usize, frame: &mut Frame<'_>, out: &mut Vec<Standing>) {
        match self.plan.rules.get(rule).map(|rule| &rule.body) {
            Some(Body::Unique { when, keys, order }) => self.read_keys(rule, *when, keys, order, frame, out),
            Some(Body::Increasing { when, value, order }) => self.read_values(rule, *when, *value, order, frame, out),
            _ => out.extend((0..self.rows).map(|_| Standing::NotAsked)),
        }
    }

    fn read_keys(
        &self,
        rule: usize,
        when: Option<NodeId>,
        keys: &[NodeId],
        order: &[NodeId],
        frame: &mut Frame<'_>,
        out: &mut Vec<Standing>,
    ) {
        frame.compute(order);
        let when = when.map(|when| frame.get(when).decoded());
        let keys: Vec<Vector> = keys.iter().map(|key| frame.get(*key).decoded()).collect();
        let (blind, nulls_fail) = (self.blind(rule), self.nulls_fail(rule));
        let mut key = Vec::new();
        for row in 0..self.rows {
            out.push(match asked(when.as_ref(), row) {
                None => Standing::Fails(true),
                Some(false) => Standing::NotAsked,
                Some(true) if keys.iter().any(|key| key.is_fault(row)) => Standing::Fails(true),
                Some(true) if keys.iter().any(|key| !key.is_live(row)) => null(nulls_fail),
                Some(true) => {
                    key_of(&keys, row, blind.as_ref(), &mut key);
                    Standing::Key(key.clone())
                }
            });
        }
    }

    fn read_values(
        &self,
        rule: usize,
        when: Option<NodeId>,
        value: NodeId,
        order: &[NodeId],
        frame: &mut Frame<'_>,
        out: &mut Vec<Standing>,
    ) {
        frame.compute(order);
        let when = when.map(|when| frame.get(when).decoded());
        let values = frame.get(value).decoded();
        let nulls_fail = self.nulls_fail(rule);
        for row in 0..self.rows {
            out.push(match asked(when.as_ref(), row) {
                None => Standing::Fails(true),
                Some(false) => Standing::NotAsked,
                Some(true) if values.is_fault(row) => Standing::Fails(true),
                Some(true) if !values.is_live(row) => null(nulls_fail),
                Some(true) => Scalar::of(&values, row).map_or(Standing::Unknown, Standing::Value),
            });
        }
    }
}

fn null(nulls_fail: bool) -> Standing {
    if nulls_fail { Standing::Fails(false) } else { Standing::Unknown }
}

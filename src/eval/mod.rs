//! Runs a plan over batches: slices of rows, rule by rule, counting first.
//!
//! At the door: [`evaluate`], which judges a range of rows of one batch and gives a mergeable [`Partial`]; and the states behind it. It
//! knows no files, no reports and no threads but those of the caller.

mod blind;
mod fast;
pub(crate) mod follow;
mod frame;
mod response;
pub(crate) mod row;
mod rows;
mod sketch;
pub(crate) mod state;
pub(crate) mod tally;
pub(crate) mod waive;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::buffer::BooleanBuffer;

use crate::compile::ir::{Column, RuleBody, Severity, TemplatePart};
use crate::detectors::has_private;
use crate::functions::Context;
use crate::kernels::exact::ExactSum;
use crate::kernels::{Values, Vector, render};
use crate::plan::{Asked, Body, BoundCheck, BoundRule, ConditionId, Facts, NodeId, Plan, Responses, RowRule, Settled};

use blind::Blind;
use fast::Scratch;
use frame::Frame;
use rows::{FailingRows, Masks, Verdict};
use state::{CheckState, key_of};
use tally::{Counts, Enough, Partial, Position, Sample, Tally};
use waive::{Cover, Failing};

/// Rows of a slice: what all columns of a rule set hold of it stays in cache.
pub(crate) const SLICE_ROWS: usize = 16_384;

/// Responses that are read at a time, so that rules see them while they are in cache.
const RESPONSE_ROWS: usize = 1_024;

/// What an evaluation is to keep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keep {
    /// Samples of each rule.
    pub samples: usize,
    /// Masks of each rule, not only of all rules together.
    pub masks: bool,
    /// What was read from responses, for their typed values.
    pub read: bool,
    pub context: Context,
    /// Of the rule set: see [`Blind`].
    pub seed: [u8; 32],
}

/// What evaluating some rows has given.
pub(crate) struct Evaluated {
    pub partial: Partial,
    /// Rows that fail an enforced error rule and are not waived.
    pub failing: BooleanBuffer,
    /// For each rule its failing rows, if asked for; `None` where none fails.
    pub masks: Vec<Option<BooleanBuffer>>,
    /// Of these, those that are waived.
    pub waived: Vec<Option<BooleanBuffer>>,
    /// What was read from responses, if asked for.
    pub read: Vec<Read>,
}

/// What was read from some responses: the columns that rules were asked of, and what the reading came to.
pub(crate) struct Read {
    pub columns: Vec<ArrayRef>,
    pub facts: Facts,
    pub rows: usize,
}

/// Judges rows `offset .. offset + rows` of columns; `at` is the position of their first row. Columns that the plan does not read may
/// hold anything.
///
/// # Panics
/// Never: arrays are read within their bounds, and what cannot be computed is a fault.
pub(crate) fn evaluate(plan: &Plan, columns: &[ArrayRef], offset: usize, rows: usize, at: Position, keep: &Keep) -> Evaluated {
    evaluate_open(plan, columns, offset, rows, at, &Terms { keep, settled: &Settled::default(), enough: None })
}

/// What an evaluation need not do.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'a> {
    pub keep: &'a Keep,
    /// Conditions that are not asked: nothing is counted for them, and columns that nothing else reads may hold anything.
    pub settled: &'a Settled,
    /// What other evaluations of the input have sampled.
    pub enough: Option<&'a Enough>,
}

/// As [`evaluate`], leaving out what is known.
pub(crate) fn evaluate_open(plan: &Plan, columns: &[ArrayRef], offset: usize, rows: usize, at: Position, terms: &Terms<'_>) -> Evaluated {
    let keep = terms.keep;
    let mut partial = Partial::new(plan);
    settle(plan, &mut partial);
    let mut failing = Vec::new();
    let mut masks = Masks::new(if keep.masks { plan.rules.len() } else { 0 });
    let (mut done, mut read) = (0, Vec::new());
    let step = if plan.responses.is_some() { RESPONSE_ROWS } else { SLICE_ROWS };
    while done < rows {
        let length = (rows - done).min(step);
        let (columns, facts) = cut(plan, columns, offset + done, length);
        let position = Position { input: at.input, row: at.row + (offset + done) as u64 };
        let slice = Slice { plan, columns: &columns, facts: facts.as_ref(), rows: length, at: position, terms: *terms };
        let failed = slice.judge(&mut partial, &mut masks);
        masks.advance(length);
        failing.push(failed);
        read.extend(facts.filter(|_| keep.read).map(|facts| Read { columns, facts, rows: length }));
        done += length;
    }
    partial.rows = rows as u64;
    if let Some(enough) = terms.enough {
        enough.learn(&partial.tallies, keep.samples);
    }
    let failing = concat(&failing);
    partial.rows_failed = failing.count_set_bits() as u64;
    let (masks, waived) = masks.joined();
    Evaluated { partial, failing, masks, waived, read }
}

/// Asks conditions about some rows of the columns they read, and does nothing else: the counts of each.
pub(crate) fn ask(plan: &Plan, columns: &[ArrayRef], rows: usize, conditions: &[ConditionId], keep: &Keep) -> Vec<Counts> {
    let mut counts = vec![Counts::default(); conditions.len()];
    let mut done = 0;
    while done < rows {
        let length = (rows - done).min(SLICE_ROWS);
        let (columns, facts) = cut(plan, columns, done, length);
        let terms = Terms { keep, settled: &Settled::default(), enough: None };
        let slice = Slice { plan, columns: &columns, facts: facts.as_ref(), rows: length, at: Position { input: 0, row: 0 }, terms };
        let mut frame = Frame::new(plan, &columns, length, keep.context);
        let mut scratch = Scratch::default();
        for (id, counts) in conditions.iter().zip(&mut counts) {
            if let Some(rule) = plan.condition(*id) {
                counts.add(&slice.verdict(id.rule, rule, &mut frame, &mut scratch).counts);
            }
        }
        done += length;
    }
    counts
}

/// Marks what the schema has settled, once for each input that a partial belongs to.
fn settle(plan: &Plan, partial: &mut Partial) {
    for (index, rule) in plan.rules.iter().enumerate() {
        if let Body::Check(check) = &rule.body {
            let calls: Vec<_> = check.aggregates.iter().map(|(call, _)| call.clone()).collect();
            partial.checks.insert(index, CheckState::new(&calls, !check.by.is_empty()));
        }
    }
}

/// What an input adds to the tallies before any of its rows: which rules it can be asked, and what its schema says.
pub(crate) fn opening(plan: &Plan) -> Partial {
    let mut partial = Partial::new(plan);
    settle(plan, &mut partial);
    for (rule, tally) in plan.rules.iter().zip(&mut partial.tallies) {
        match &rule.body {
            Body::Skipped(reason) => {
                tally.skipped = 1;
                tally.reasons.insert(reason.clone(), 1);
            }
            Body::Error(reason) => {
                tally.errors = 1;
                tally.reasons.insert(reason.clone(), 1);
            }
            Body::Schema(Some(reason)) => {
                tally.bound = 1;
                tally.schema_failures = 1;
                tally.reasons.insert(reason.clone(), 1);
            }
            _ => tally.bound = 1,
        }
    }
    partial
}

/// The columns that rules are asked of for some rows of the data, and what the reading of responses came to where they are read.
fn cut(plan: &Plan, columns: &[ArrayRef], offset: usize, rows: usize) -> (Vec<ArrayRef>, Option<Facts>) {
    match &plan.responses {
        None => (slice_columns(plan, columns, offset, rows), None),
        Some(responses) => {
            let (columns, facts) = responses.read(columns, offset..offset + rows);
            (columns, Some(facts))
        }
    }
}

/// The columns a plan reads, cut to a slice; the others stand in as they are and are not touched.
fn slice_columns(plan: &Plan, columns: &[ArrayRef], offset: usize, rows: usize) -> Vec<ArrayRef> {
    let mut wanted = plan.projection.iter().peekable();
    columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            if wanted.next_if(|next| **next == index).is_none() || offset == 0 && rows == column.len() {
                return Arc::clone(column);
            }
            column.slice(offset, rows)
        })
        .collect()
}

fn concat(parts: &[BooleanBuffer]) -> BooleanBuffer {
    if let [one] = parts {
        return one.clone();
    }
    let mut builder = arrow::array::BooleanBufferBuilder::new(parts.iter().map(BooleanBuffer::len).sum());
    parts.iter().for_each(|part| builder.append_buffer(part));
    builder.finish()
}

/// A slice of a batch under judgement.
struct Slice<'a> {
    plan: &'a Plan,
    columns: &'a [ArrayRef],
    /// What the reading of responses has come to, where they are read.
    facts: Option<&'a Facts>,
    rows: usize,
    at: Position,
    terms: Terms<'a>,
}

impl Slice<'_> {
    /// Judges all rules; gives the rows that fail an enforced error rule.
    fn judge(&self, partial: &mut Partial, masks: &mut Masks) -> BooleanBuffer {
        let mut frame = Frame::new(self.plan, self.columns, self.rows, self.terms.keep.context);
        let mut scratch = Scratch::default();
        let mut rows = FailingRows::new(self.rows);
        for (index, rule) in self.plan.rules.iter().enumerate() {
            let failing = match &rule.body {
                Body::Row(_) if self.terms.settled.contains(index, 0) => None,
                Body::Row(row) => self.row_rule(index, row, &mut frame, &mut scratch, partial),
                Body::Columns(columns) => self.column_rules(index, columns, &mut frame, &mut scratch, partial),
                Body::Response(asked) => self.response(index, *asked, &mut frame, partial),
                Body::Reference(row) => {
                    let failing = self.row_rule(index, row, &mut frame, &mut scratch, partial);
                    if let (Some(failing), Some(tally)) = (failing, partial.tallies.get_mut(index)) {
                        self.sample(index, rule, &failing, &mut frame, tally);
                    }
                    None
                }
                Body::Unique { when, keys, order } => {
                    self.unique(index, *when, keys, order, &mut frame, partial);
                    None
                }
                Body::Increasing { when, value, order } => {
                    self.increasing(index, rule, *when, *value, order, &mut frame, partial);
                    None
                }
                Body::Check(check) => {
                    self.check(index, check, &mut frame, partial);
                    None
                }
                Body::Schema(_) | Body::Skipped(_) | Body::Error(_) => None,
            };
            if let Some(failing) = failing {
                masks.add(index, &failing);
                if let Some(tally) = partial.tallies.get_mut(index) {
                    self.sample(index, rule, &failing, &mut frame, tally);
                }
                if let Some(held) = failing.held() {
                    rows.add(index, self.is_enforced(rule), held);
                }
            }
            if let Some(drops) = self.plan.drops.get(index) {
                frame.drop_values(drops);
            }
        }
        self.observe(&mut frame, partial);
        rows.count_alone(&mut partial.tallies);
        if self.plan.refused { BooleanBuffer::new_set(self.rows) } else { rows.failing() }
    }

    fn is_enforced(&self, rule: &BoundRule) -> bool {
        self.plan.block.rules.get(rule.index).is_some_and(|rule| rule.severity == Severity::Error && !rule.shadow)
    }

    fn nulls_fail(&self, index: usize) -> bool {
        self.plan.rules.get(index).and_then(|rule| self.plan.block.rules.get(rule.index)).is_some_and(|rule| rule.nulls_fail)
    }

    fn response(&self, index: usize, asked: Asked, frame: &mut Frame<'_>, partial: &mut Partial) -> Option<Failing> {
        let tally = partial.tallies.get_mut(index)?;
        let rows = response::ask(asked, self.facts?, self.rows, self.hides_responses(), tally)?;
        let cover = self.cover(index, frame);
        cover.count(&rows, &mut tally.waived);
        Some(Failing { rows, cover })
    }

    /// Rows about which a condition says nothing, whatever it comes to: responses that were not read.
    fn unread(&self, rule: &RowRule) -> Option<&BooleanBuffer> {
        self.facts.and_then(|facts| facts.unread.as_ref()).filter(|_| !rule.silent)
    }

    fn verdict(&self, index: usize, rule: &RowRule, frame: &mut Frame<'_>, scratch: &mut Scratch) -> Verdict {
        let unread = self.unread(rule);
        if !self.nulls_fail(index)
            && unread.is_none()
            && let Some(verdict) = self.fast_verdict(rule, scratch)
        {
            return verdict;
        }
        frame.compute(&rule.order);
        let heard = |node: NodeId| {
            let value = frame.get(node).decoded();
            match unread {
                Some(unread) => unheard(value, unread),
                None => value,
            }
        };
        Verdict::of(&heard(rule.test), rule.when.map(heard).as_ref(), self.nulls_fail(index))
    }

    /// The same verdict by a kernel.
    fn fast_verdict(&self, rule: &RowRule, scratch: &mut Scratch) -> Option<Verdict> {
        let judged = fast::judge(rule.shape.as_ref()?, self.columns, self.rows, scratch)?;
        Some(Verdict::from_kernel(self.rows, &judged, &mut scratch.mask.words))
    }

    fn row_rule(
        &self,
        index: usize,
        rule: &RowRule,
        frame: &mut Frame<'_>,
        scratch: &mut Scratch,
        partial: &mut Partial,
    ) -> Option<Failing> {
        let verdict = self.verdict(index, rule, frame, scratch);
        let tally = partial.tallies.get_mut(index)?;
        tally.counts.add(&verdict.counts);
        let rows = verdict.failing?;
        self.top_values(index, rule, &rows, frame, tally);
        findings(rule, &rows, frame, tally);
        let cover = self.cover(index, frame);
        cover.count(&rows, &mut tally.waived);
        Some(Failing { rows, cover })
    }

    /// One rule over several columns: counts add up, a row fails once.
    fn column_rules(
        &self,
        index: usize,
        columns: &[(String, RowRule)],
        frame: &mut Frame<'_>,
        scratch: &mut Scratch,
        partial: &mut Partial,
    ) -> Option<Failing> {
        let mut all: Option<BooleanBuffer> = None;
        let mut cover: Option<Cover> = None;
        for (part, (name, rule)) in columns.iter().enumerate() {
            if self.terms.settled.contains(index, part) {
                continue;
            }
            let verdict = self.verdict(index, rule, frame, scratch);
            let tally = partial.tallies.get_mut(index)?;
            tally.counts.add(&verdict.counts);
            match tally.columns.get_mut(name) {
                Some(counts) => counts.add(&verdict.counts),
                None => {
                    tally.columns.insert(name.clone(), verdict.counts.clone());
                }
            }
            if let Some(rows) = &verdict.failing {
                cover.get_or_insert_with(|| self.cover(index, frame)).count(rows, &mut tally.waived);
            }
            all = crate::kernels::bits::union(all.as_ref(), verdict.failing.as_ref());
        }
        Some(Failing { rows: all?, cover: cover? })
    }

    fn is_redacted(&self, index: usize) -> bool {
        self.plan.rules.get(index).and_then(|rule| self.plan.block.rules.get(rule.index)).is_some_and(|rule| rule.redacted)
    }

    /// What hides the keys of a rule that reads a redacted column.
    fn blind(&self, index: usize) -> Option<Blind> {
        let rule = self.plan.rules.get(index).and_then(|rule| self.plan.block.rules.get(rule.index))?;
        rule.redacted.then(|| Blind::new(&self.terms.keep.seed, &rule.id))
    }

    fn top_values(&self, index: usize, rule: &RowRule, mask: &BooleanBuffer, frame: &mut Frame<'_>, tally: &mut Tally) {
        let Some(subject) = rule.subject else { return };
        // What is redacted is not even counted by value: states are stored and sent.
        if self.is_redacted(index) {
            return;
        }
        frame.compute(&[subject]);
        // PERF: benches/peers, the dirty file: of a column of codes only what failed is spread.
        let rows: Vec<u32> = mask.set_indices().filter_map(|row| u32::try_from(row).ok()).collect();
        let (values, ty) = (frame.get(subject), self.plan.ty(subject));
        let spread = matches!(values.values, Values::Dict(..)).then(|| values.take(&rows).decoded());
        for (at, row) in rows.iter().enumerate() {
            let (values, slot) = spread.as_ref().map_or((&values, *row as usize), |spread| (spread, at));
            if values.is_live(slot) {
                tally.count_value(render::text(values, slot, ty), 1);
            }
        }
    }

    /// Samples of the first failing rows while there is room for them; what waived rows take is room for others.
    fn sample(&self, index: usize, rule: &BoundRule, failing: &Failing, frame: &mut Frame<'_>, tally: &mut Tally) {
        if self.terms.enough.is_some_and(|enough| enough.is_past(index, self.at.row)) {
            return;
        }
        let limit = self.terms.keep.samples;
        let held = tally.samples.iter().filter(|sample| sample.waiver.is_none()).count();
        let rooms = [(failing.held(), limit.saturating_sub(held)), (failing.waived(), limit.saturating_sub(tally.samples.len()))];
        let mut samples = Vec::new();
        for (rows, room) in rooms {
            for row in rows.iter().flat_map(BooleanBuffer::set_indices).take(room) {
                samples.push(Sample { waiver: failing.cover.waiver_of(row), ..self.sample_of(rule, row, frame) });
            }
        }
        tally.add_samples(samples, limit);
    }

    fn sample_of(&self, rule: &BoundRule, row: usize, frame: &mut Frame<'_>) -> Sample {
        let mut show = |entries: &[(String, NodeId, bool)]| {
            let mut out = serde_json::Map::new();
            for (name, node, redacted) in entries {
                let value = if *redacted { redaction() } else { self.shown(*node, row, frame) };
                out.insert(name.clone(), value);
            }
            out
        };
        let key = show(&self.plan.keys);
        let values = match &rule.body {
            Body::Columns(columns) => self.pattern_values(rule, columns, row, frame),
            Body::Response(Asked::Parse) => self.raw_value(row),
            _ => show(&rule.shown),
        };
        let message = match (&rule.body, self.facts) {
            (Body::Response(asked), Some(facts)) => response::explain(*asked, facts, row, self.hides_responses()),
            _ => self.message(rule, row, frame),
        };
        Sample { at: Position { input: self.at.input, row: self.at.row + row as u64 }, key, values, message, waiver: None }
    }

    /// Whether responses hold values that are not to be shown.
    fn hides_responses(&self) -> bool {
        self.plan.block.columns.iter().any(|column| column.response && column.redact)
    }

    /// The text of a response, near where it breaks.
    fn raw_value(&self, row: usize) -> serde_json::Map<String, serde_json::Value> {
        let (Some(response), Some(facts)) = (&self.plan.block.response, self.facts) else { return serde_json::Map::new() };
        let raw = self.plan.responses.as_ref().and_then(Responses::raw).and_then(|index| self.columns.get(index));
        let text = raw.map(crate::kernels::load::load).map(Vector::decoded).filter(|texts| texts.is_live(row));
        let text = text.filter(|texts| matches!(texts.values, Values::Str(_)));
        let guarded = self.plan.block.columns.iter().any(|column| column.response && column.guarded);
        let value = text.map_or(serde_json::Value::Null, |texts| {
            let text = texts.strings().at(row);
            response::excerpt(text, facts, row, self.hides_responses() || guarded && has_private(text)).into()
        });
        [(response.source.clone(), value)].into_iter().collect()
    }

    /// Of a pattern's columns, those that fail in the row.
    fn pattern_values(
        &self,
        rule: &BoundRule,
        columns: &[(String, RowRule)],
        row: usize,
        frame: &mut Frame<'_>,
    ) -> serde_json::Map<String, serde_json::Value> {
        let redacted = self.plan.block.rules.get(rule.index).is_some_and(|rule| rule.redacted);
        let index = rule.index;
        let mut out = serde_json::Map::new();
        for (part, (name, rule)) in columns.iter().enumerate() {
            if self.terms.settled.contains(index, part) {
                continue;
            }
            frame.compute(&rule.order);
            let test = frame.get(rule.test).decoded();
            let fails = test.is_fault(row) || test.is_live(row) && !test.bools().at(row);
            let column = rule.order.iter().find(|node| matches!(self.plan.node(**node).op, crate::plan::Op::Column(_)));
            if let (true, Some(node)) = (fails, column) {
                let value = if redacted { redaction() } else { self.shown(*node, row, frame) };
                out.insert(name.clone(), value);
            }
        }
        out
    }

    fn value(&self, node: NodeId, row: usize, frame: &mut Frame<'_>) -> serde_json::Value {
        frame.compute(&[node]);
        render::json(&frame.get(node), row, self.plan.ty(node))
    }

    /// A value as a sample shows it: of a cell that did not parse, what stands in it.
    fn shown(&self, node: NodeId, row: usize, frame: &mut Frame<'_>) -> serde_json::Value {
        if let Some(raw) = self.plan.raws.get(&node) {
            frame.compute(&[*raw]);
            let texts = frame.get(*raw).decoded();
            if texts.is_live(row) && matches!(texts.values, Values::Str(_)) {
                return render::shortened(texts.strings().at(row)).into();
            }
        }
        self.value(node, row, frame)
    }

    /// The message of a rule for a row; places that read redacted columns are blacked out.
    fn message(&self, rule: &BoundRule, row: usize, frame: &mut Frame<'_>) -> Option<String> {
        let declared = self.plan.block.rules.get(rule.index)?;
        let template = declared.message.as_ref()?;
        if matches!(declared.body, RuleBody::Check(_)) {
            return None;
        }
        let mut nodes = rule.message.iter();
        let mut out = String::new();
        for part in &template.parts {
            match part {
                TemplatePart::Text(text) => out.push_str(text),
                TemplatePart::Value(value) => {
                    let node = *nodes.next()?;
                    let redacted = self
                        .plan
                        .block
                        .arena
                        .columns([*value])
                        .iter()
                        .any(|column| self.plan.block.columns.get(column.0 as usize).is_some_and(Column::is_hidden));
                    if redacted {
                        out.push_str(REDACTED);
                    } else {
                        let order = self.plan.order_of(node);
                        frame.compute(&order);
                        out.push_str(&render::text(&frame.get(node), row, self.plan.ty(node)));
                    }
                }
            }
        }
        Some(out)
    }

    fn unique(&self, index: usize, when: Option<NodeId>, keys: &[NodeId], order: &[NodeId], frame: &mut Frame<'_>, partial: &mut Partial) {
        frame.compute(order);
        let when = when.map(|when| frame.get(when).decoded());
        let keys: Vec<Vector> = keys.iter().map(|key| frame.get(*key).decoded()).collect();
        let cover = self.cover_by_filter(index, frame);
        let state = partial.uniques.entry(index).or_default();
        let (blind, nulls_fail) = (self.blind(index), self.nulls_fail(index));
        let mut key = Vec::new();
        for row in 0..self.rows {
            let Some(asked) = asked(when.as_ref(), row) else {
                state.counts.evaluated += 1;
                state.counts.failed += 1;
                state.counts.faulted += 1;
                state.waive(cover.waiver_of(row));
                continue;
            };
            if !asked {
                continue;
            }
            state.counts.evaluated += 1;
            let (at, waiver) = (Position { input: self.at.input, row: self.at.row + row as u64 }, cover.waiver_of(row));
            if keys.iter().any(|key| key.is_fault(row)) {
                state.counts.failed += 1;
                state.counts.faulted += 1;
                state.waive(waiver);
            } else if keys.iter().any(|key| !key.is_live(row)) {
                state.counts.unknown += 1;
                if nulls_fail {
                    key_of(&keys, row, blind.as_ref(), &mut key);
                    state.waive(waiver);
                    state.remember(at, &key, waiver, self.terms.keep.samples);
                }
            } else {
                key_of(&keys, row, blind.as_ref(), &mut key);
                state.add(&key, at, waiver, self.terms.keep.samples);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a rule's parts, side by side with those of its siblings")]
    fn increasing(
        &self,
        index: usize,
        rule: &BoundRule,
        when: Option<NodeId>,
        value: NodeId,
        order: &[NodeId],
        frame: &mut Frame<'_>,
        partial: &mut Partial,
    ) {
        frame.compute(order);
        let when = when.map(|when| frame.get(when).decoded());
        let values = frame.get(value).decoded();
        let cover = self.cover(index, frame);
        let nulls_fail = self.nulls_fail(index);
        let state = partial.orders.entry(index).or_default();
        for row in 0..self.rows {
            match asked(when.as_ref(), row) {
                Some(false) => continue,
                Some(true) if !values.is_fault(row) => {}
                _ => {
                    state.counts.failed += 1;
                    state.counts.faulted += 1;
                    state.waive(cover.waiver_of(row));
                }
            }
            state.counts.evaluated += 1;
            let unknown = asked(when.as_ref(), row) == Some(true) && values.is_null(row);
            state.counts.unknown += u64::from(unknown);
            if unknown && nulls_fail {
                state.waive(cover.waiver_of(row));
            }
        }
        let cell = std::cell::RefCell::new(frame);
        let waiver_of = |row: usize| cover.waiver_of(row);
        let sample = |row: usize| Sample { waiver: waiver_of(row), ..self.sample_of(rule, row, &mut cell.borrow_mut()) };
        state.add_slice(
            self.at,
            self.rows,
            &values,
            |row| asked(when.as_ref(), row) == Some(true),
            nulls_fail,
            self.terms.keep.samples,
            &waiver_of,
            &sample,
        );
    }

    fn check(&self, index: usize, check: &BoundCheck, frame: &mut Frame<'_>, partial: &mut Partial) {
        frame.compute(&check.order);
        let spread = |vector: Vector| if vector.is_constant() { vector.with_rows(self.rows) } else { vector };
        let filter = check.filter.map(|filter| spread(frame.get(filter).decoded()));
        let by: Vec<Vector> = check.by.iter().map(|by| spread(frame.get(*by).decoded())).collect();
        let calls: Vec<_> = check
            .aggregates
            .iter()
            .map(|(call, arguments)| {
                (call.clone(), arguments.iter().map(|argument| spread(frame.get(*argument).decoded())).collect::<Vec<_>>())
            })
            .collect();
        if let Some(state) = partial.checks.get_mut(&index) {
            state.add(&calls, filter.as_ref(), &by, self.blind(index).as_ref(), (self.at, self.rows));
        }
    }

    fn observe(&self, frame: &mut Frame<'_>, partial: &mut Partial) {
        for bound in &self.plan.observations {
            // A distribution of redacted values is not even counted.
            let declared = self.plan.block.observations.get(bound.index).filter(|declared| !declared.redacted);
            let (Some(declared), Some(observed)) = (declared, partial.observed.get_mut(bound.index)) else { continue };
            let bounds: Vec<f64> = declared.buckets.iter().filter_map(crate::plan::literal_float).collect();
            frame.compute(&bound.order);
            let values = frame.get(bound.value).decoded();
            observed.buckets.resize(bounds.len() + 1, 0);
            for row in 0..self.rows {
                if values.is_fault(row) {
                    observed.faults += 1;
                } else if !values.is_live(row) || matches!(values.values, Values::Null) {
                    observed.nulls += 1;
                } else {
                    let value = values.numbers().at(row).to_f64();
                    if value.is_nan() {
                        observed.nans += 1;
                        continue;
                    }
                    observed.values += 1;
                    observed.sum.get_or_insert_with(ExactSum::new).add(value);
                    let bucket = bounds.partition_point(|bound| *bound < value);
                    if let Some(count) = observed.buckets.get_mut(bucket) {
                        *count += 1;
                    }
                }
            }
        }
    }
}

pub(crate) use blind::seed;

/// What a report shows in place of a redacted value.
pub(crate) const REDACTED: &str = "[redacted]";

fn redaction() -> serde_json::Value {
    serde_json::Value::String(REDACTED.to_owned())
}

/// Counts failing rows of a detector by the kinds it found in them; what it found is not kept.
fn findings(rule: &RowRule, failing: &BooleanBuffer, frame: &mut Frame<'_>, tally: &mut Tally) {
    let Some((text, detector)) = &rule.finds else { return };
    frame.compute(&[*text]);
    let texts = frame.get(*text).decoded();
    if !matches!(texts.values, Values::Str(_)) {
        return;
    }
    let texts = if texts.is_constant() { texts.with_rows(failing.len()) } else { texts };
    let reader = texts.strings();
    for row in failing.set_indices().filter(|row| texts.is_live(*row)) {
        for found in detector.kinds(reader.at(row)) {
            *tally.why.entry(found.kind.name.to_owned()).or_default() += 1;
        }
    }
}

/// Values that are null in some rows, whatever they are.
fn unheard(value: Vector, rows: &BooleanBuffer) -> Vector {
    let value = if value.is_constant() { value.with_rows(rows.len()).spread_constant() } else { value };
    let nulls = crate::kernels::bits::union(value.nulls.as_ref(), Some(rows));
    let faults = value.faults.as_ref().map(|faults| crate::kernels::bits::minus(faults, Some(rows)));
    value.with_nulls(nulls).with_faults(faults)
}

/// Whether a `when` asks about a row; `None` where it is a fault.
fn asked(when: Option<&Vector>, row: usize) -> Option<bool> {
    match when {
        None => Some(true),
        Some(when) if when.is_fault(row) => None,
        Some(when) => Some(when.is_live(row) && when.bools().at(row)),
    }
}

/// Computes nodes of a check once its aggregates are known.
pub(crate) fn finish_check(plan: &Plan, check: &BoundCheck, aggregates: &[Vector], context: Context) -> (Vector, Option<Vector>) {
    let mut frame = Frame::new(plan, &[], 1, context);
    frame.aggregates = aggregates;
    frame.compute(&check.finish_order);
    (frame.get(check.expect), check.value.map(|value| frame.get(value)))
}

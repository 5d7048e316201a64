//! A batch judged for a gate: which rows fail which rule, and counts that are folded into a session only once it is decided.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{BooleanBufferBuilder, RecordBatch};
use arrow::buffer::BooleanBuffer;
use rayon::prelude::*;

use crate::compile::RuleSet;
use crate::eval::follow::{Followed, follow, followers, samples};
use crate::eval::tally::{Partial, Position, Sample};
use crate::eval::{Evaluated, Keep, evaluate};
use crate::plan::Plan;
use crate::report::SampleReport;

use super::{Error, Session, Validator, chunks};

/// What a batch has come to, before it is counted.
#[derive(Debug, Clone)]
pub(crate) struct Closely {
    partial: Partial,
    /// What rules on the rows before read of each row.
    pub followed: Vec<Followed>,
    /// For each rule its failing rows; `None` where none fails.
    pub failing: Vec<Option<BooleanBuffer>>,
    /// Of these, those that a waiver covers.
    pub waived: Vec<Option<BooleanBuffer>>,
}

/// What a rule has found in a batch.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    pub judged: u64,
    pub failed: u64,
    pub failed_alone: u64,
    pub faulted: u64,
    pub waived: u64,
    /// The first failing rows, numbered within the batch.
    pub samples: Vec<SampleReport>,
}

impl Closely {
    /// What a rule has found.
    pub(crate) fn found(&self, rule: usize) -> Found {
        let Some(tally) = self.partial.tallies.get(rule) else { return Found::default() };
        Found {
            judged: tally.counts.evaluated - tally.counts.unknown,
            failed: tally.counts.failed,
            failed_alone: tally.failed_alone,
            faulted: tally.counts.faulted,
            waived: tally.waived.values().sum(),
            samples: tally.samples.iter().cloned().map(shown).collect(),
        }
    }

    /// Rows that fail an enforced error rule and are not waived.
    pub(crate) fn rows_failed(&self) -> u64 {
        self.partial.rows_failed
    }
}

impl Validator {
    /// Judges a batch in parallel, and counts nothing. `go_on` is asked again and again; `None` once it says no.
    ///
    /// # Errors
    /// [`Error::SchemaChanged`] if the batch is not of the bound schema.
    pub(crate) fn judge_closely(&self, batch: &RecordBatch, go_on: &(dyn Fn() -> bool + Sync)) -> Result<Option<Closely>, Error> {
        self.check_schema(batch)?;
        let keep = Keep { masks: true, ..self.keep };
        let follows = followers(&self.plan).next().is_some();
        let mut chunks = chunks(batch.num_rows());
        let one = |rows: Range<usize>| {
            let (start, length) = (rows.start, rows.len());
            go_on().then(|| {
                let evaluated = evaluate(&self.plan, batch.columns(), start, length, Position { input: 0, row: 0 }, &keep);
                let followed = if follows { follow(&self.plan, batch.columns(), start, length, &keep) } else { Vec::new() };
                Part { rows: length, evaluated, followed }
            })
        };
        // The last begins where the batch does: it is the only one, and needs no other thread.
        let parts: Option<Vec<Part>> = match chunks.pop_if(|only| only.start == 0) {
            Some(only) => one(only).map(|part| vec![part]),
            None => chunks.into_par_iter().map(one).collect(),
        };
        Ok(parts.map(|parts| self.joined_closely(parts, keep.samples)))
    }

    fn joined_closely(&self, parts: Vec<Part>, samples: usize) -> Closely {
        let rules = self.plan.rules.len();
        let masks = |of: fn(&Evaluated) -> &[Option<BooleanBuffer>]| {
            (0..rules)
                .map(|rule| joined(parts.iter().map(|part| (part.rows, of(&part.evaluated).get(rule).and_then(Option::as_ref)))))
                .collect::<Vec<_>>()
        };
        let (failing, waived) = (masks(|part| &part.masks), masks(|part| &part.waived));
        let (partials, followed): (Vec<Partial>, Vec<_>) =
            parts.into_iter().map(|part| (part.evaluated.partial, (part.rows, part.followed))).unzip();
        let mut parts = partials.into_iter();
        let first = parts.next().unwrap_or_else(|| Partial::new(&self.plan));
        let partial = parts.fold(first, |mut all, part| {
            all.merge(part, samples);
            all
        });
        Closely { partial, followed: joined_followed(followed), failing, waived }
    }

    /// The same with at most so many samples of each rule.
    pub(crate) fn with_samples(&self, most: usize) -> Self {
        Self { keep: Keep { samples: most.min(self.keep.samples), ..self.keep }, ..self.clone() }
    }

    /// What the rules that rows fail have to say of each of them, by rule and row; nothing where a rule has no message.
    ///
    /// # Errors
    /// [`Error::SchemaChanged`] if the batch is not of the bound schema.
    pub(crate) fn told(&self, batch: &RecordBatch) -> Result<BTreeMap<(usize, usize), String>, Error> {
        self.check_schema(batch)?;
        let keep = Keep { masks: false, samples: usize::MAX, ..self.keep };
        let evaluated = evaluate(&self.plan, batch.columns(), 0, batch.num_rows(), Position { input: 0, row: 0 }, &keep);
        let mut out = BTreeMap::new();
        for (rule, tally) in evaluated.partial.tallies.into_iter().enumerate() {
            for sample in tally.samples {
                if let (Some(message), Ok(row)) = (sample.message, usize::try_from(sample.at.row)) {
                    out.insert((rule, row), message);
                }
            }
        }
        Ok(out)
    }

    /// What a report would show of some rows that fail a rule, numbered within the batch.
    pub(crate) fn samples(&self, batch: &RecordBatch, rule: usize, rows: &[usize]) -> Vec<SampleReport> {
        samples(&self.plan, batch.columns(), rule, rows, &self.keep).into_iter().map(shown).collect()
    }

    /// Samples each rule keeps.
    pub(crate) fn sample_limit(&self) -> usize {
        self.keep.samples
    }

    /// The rules it was bound from.
    pub(crate) fn rule_set(&self) -> &RuleSet {
        &self.rules
    }

    /// The plan it judges by, to be kept.
    pub(crate) fn shared_plan(&self) -> &Arc<Plan> {
        &self.plan
    }
}

/// What some rows of a batch have come to.
struct Part {
    rows: usize,
    evaluated: Evaluated,
    followed: Vec<Followed>,
}

fn shown(sample: Sample) -> SampleReport {
    SampleReport {
        input: String::new(),
        row: sample.at.row,
        key: sample.key,
        values: sample.values,
        message: sample.message,
        waived: sample.waiver.is_some(),
    }
}

/// What rules have read of all parts.
fn joined_followed(parts: Vec<(usize, Vec<Followed>)>) -> Vec<Followed> {
    let rules = parts.first().map_or(0, |(_, followed)| followed.len());
    let waived = |rule: usize| joined(parts.iter().map(|(rows, part)| (*rows, part.get(rule).and_then(|part| part.waived.as_ref()))));
    let waived: Vec<Option<BooleanBuffer>> = (0..rules).map(waived).collect();
    let mut parts = parts.into_iter().map(|(_, part)| part);
    let mut all = parts.next().unwrap_or_default();
    for part in parts {
        for (all, part) in all.iter_mut().zip(part) {
            all.rows.extend(part.rows);
        }
    }
    for (all, waived) in all.iter_mut().zip(waived) {
        all.waived = waived;
    }
    all
}

/// One mask of all parts.
fn joined<'a>(parts: impl Iterator<Item = (usize, Option<&'a BooleanBuffer>)> + Clone) -> Option<BooleanBuffer> {
    let mut some = parts.clone().filter_map(|(_, mask)| mask);
    let first = some.next()?;
    let rows = parts.clone().map(|(rows, _)| rows).sum();
    if first.len() == rows {
        return Some(first.clone());
    }
    let mut builder = BooleanBufferBuilder::new(rows);
    for (rows, mask) in parts {
        match mask {
            Some(mask) => builder.append_buffer(mask),
            None => builder.append_n(rows, false),
        }
    }
    Some(builder.finish())
}

impl Session {
    /// Counts a batch whose first row has this number, as the next rows of the only input.
    ///
    /// # Errors
    /// [`Error::Merge`] never, as the session is of the validator that judged.
    pub(crate) fn fold_closely(&mut self, closely: Closely, first_row: u64) -> Result<(), Error> {
        let input = self.only_input()?;
        let mut partial = closely.partial;
        partial.move_rows(first_row);
        self.fold(super::Judged { index: input.index, partial });
        Ok(())
    }
}

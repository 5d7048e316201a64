//! A second opinion: the language evaluated row by row over the syntax tree.
//!
//! It shares nothing with the engine but the syntax tree: no types, no kernels, no plan. Plain and slow, so that
//! a reader can hold it against the language page and `docs/decisions/0003-where-the-contract-is-silent.md`.
//!
//! Left out: `output` blocks, unions, `observe`, `@closed`, sets and references read from files,
//! detectors, `hash`, `grounded_in`, `quotes_found_in`, `numbers_found_in`, extern functions, and the aggregates that
//! [`aggregates::is_aggregate`] does not name.
#![allow(dead_code, reason = "each test binary that includes this uses its part of it")]

mod aggregates;
mod big;
mod cast;
mod eval;
mod functions;
mod number;
mod rules;
mod settings;
mod shape;
mod subject;
mod table;
mod text;
mod time;
pub mod value;
mod waivers;
mod walk;

#[cfg(test)]
mod tests;

pub use value::Value;

use arrow::array::RecordBatch;
use eval::Context;
use rulegate::syntax::ast::{Block, File, ItemKind};
use rules::{Judged, Rule, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use table::Table;
use waivers::Waiver;

/// What the caller pins.
#[derive(Debug, Clone, Default)]
pub struct OracleOptions {
    /// Values of params in place of their defaults.
    pub params: BTreeMap<String, Value>,
    /// `now()`, in nanoseconds since 1970.
    pub now: i128,
}

/// What one block says of the data.
#[derive(Debug, Clone, PartialEq)]
pub struct OracleReport {
    pub rows: u64,
    /// Rows that fail an enforced row rule of severity error, or all of them where the schema is not as declared.
    pub rows_failed: u64,
    /// Every rule, in file order.
    pub rules: Vec<OracleRule>,
    /// Every waiver, in file order: the rule's id, its state, the failing rows it covers.
    pub waivers: Vec<(String, &'static str, u64)>,
}

/// What one rule came to.
#[derive(Debug, Clone, PartialEq)]
pub struct OracleRule {
    pub id: String,
    /// `row`, `dataset` or `schema`
    pub kind: &'static str,
    pub severity: &'static str,
    pub shadow: bool,
    /// Rows whose `when` is true; cells for a pattern, groups for a check.
    pub evaluated: u64,
    pub passed: u64,
    pub failed: u64,
    /// Rows that fail this rule and no other enforced row rule of severity error.
    pub failed_alone: u64,
    pub unknown: u64,
    pub faulted: u64,
    /// Of the failed.
    pub waived: u64,
    pub outcome: String,
    /// Row numbers over all batches, ascending.
    pub failing_rows: Vec<u64>,
    /// The value of a check's only aggregate, where it has no `by`.
    pub value: Option<Value>,
}

/// Judges all batches by one `features` block of the file.
///
/// # Panics
/// Where the block is not there, or the rules do not type-check, or use what the oracle leaves out.
pub fn judge(file: &File, block: &str, batches: &[RecordBatch], options: &OracleOptions) -> OracleReport {
    let block = find_block(file, block);
    let mut context = Context::new(file, block, Table::read(batches), options);
    context.lay_down_columns();
    let rules = context.rules();
    let waivers = rules.iter().map(|rule| context.waivers_of(&rule.id)).collect();
    report(context.table.rows, rules, waivers)
}

fn find_block<'a>(file: &'a File, name: &str) -> &'a Block {
    let blocks = file.items.iter().filter_map(|item| match &*item.kind {
        ItemKind::Features(block) => Some(block),
        _ => None,
    });
    blocks.into_iter().find(|block| block.name.node == name).unwrap_or_else(|| panic!("no features block {name}"))
}

fn report(rows: usize, rules: Vec<Rule>, waivers: Vec<Vec<Waiver>>) -> OracleReport {
    let failing: Vec<BTreeSet<usize>> = rules.iter().zip(&waivers).map(|(rule, waivers)| held_rows(rule, waivers)).collect();
    let enforced: Vec<bool> = rules.iter().map(|rule| matches!(rule.judged, Judged::Rows(_)) && rule.settings.is_enforced()).collect();
    let fails_elsewhere =
        |row: usize, own: usize| (0..rules.len()).any(|other| other != own && enforced[other] && failing[other].contains(&row));
    let failed_alone = |own: usize| match rules[own].judged {
        Judged::Rows(_) => failing[own].iter().filter(|row| !fails_elsewhere(**row, own)).count() as u64,
        _ => 0,
    };
    let schema_fails =
        rules.iter().zip(&waivers).any(|(rule, waivers)| matches!(rule.judged, Judged::Schema("fail")) && !waivers::is_whole(waivers));
    let rows_failed = (0..rows).filter(|row| schema_fails || fails_elsewhere(*row, usize::MAX)).count();
    OracleReport {
        rows: rows as u64,
        rows_failed: rows_failed as u64,
        waivers: waivers::told(&rules, &waivers),
        rules: (0..rules.len()).map(|at| rule_report(&rules[at], &waivers[at], &failing[at], failed_alone(at))).collect(),
    }
}

fn is_failure(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Fault)
}

/// Rows that fail a rule in any of its columns and are not waived.
fn held_rows(rule: &Rule, waivers: &[Waiver]) -> BTreeSet<usize> {
    rule.judged.failures().into_iter().filter(|row| !waivers.iter().any(|waiver| waiver.covers(*row))).collect()
}

fn rule_report(rule: &Rule, waivers: &[Waiver], failing: &BTreeSet<usize>, failed_alone: u64) -> OracleRule {
    let (kind, verdicts, value): (_, Vec<Verdict>, _) = match &rule.judged {
        Judged::Rows(columns) => ("row", columns.concat(), None),
        Judged::Session(verdicts) => ("dataset", verdicts.clone(), None),
        Judged::Check { verdicts, value } => ("dataset", verdicts.clone(), value.clone()),
        Judged::Schema(_) => ("schema", Vec::new(), None),
        Judged::Skipped(kind) | Judged::Error(kind) => (*kind, Vec::new(), None),
    };
    let count = |wanted: &[Verdict]| verdicts.iter().filter(|verdict| wanted.contains(verdict)).count() as u64;
    let (passed, failed) = (count(&[Verdict::Pass]), count(&[Verdict::Fail, Verdict::Fault]));
    let waived = waivers::covered(rule, waivers).iter().sum();
    let outcome = match &rule.judged {
        Judged::Schema("fail") if waivers::is_whole(waivers) => "waived",
        Judged::Schema(outcome) => outcome,
        Judged::Skipped(_) => "skipped",
        Judged::Error(_) => "error",
        _ => rule.settings.outcome_waived(passed, failed, waived),
    };
    OracleRule {
        id: rule.id.clone(),
        kind,
        severity: rule.settings.severity.word(),
        shadow: rule.settings.shadow,
        evaluated: verdicts.len() as u64 - count(&[Verdict::Aside]),
        passed,
        failed,
        failed_alone,
        unknown: count(&[Verdict::Unknown]),
        faulted: count(&[Verdict::Fault]),
        waived,
        outcome: outcome.to_owned(),
        failing_rows: failing.iter().map(|row| *row as u64).collect(),
        value,
    }
}

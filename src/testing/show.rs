//! Why a test fails, in values: what decided each rule that says something else than expected.

use arrow::array::RecordBatch;
use serde_json::{Map, Value as Json};

use crate::compile::ir::{Column, Rule, RuleBody};
use crate::eval::REDACTED;
use crate::kernels::{load, render};
use crate::plan::Body;
use crate::types::{ColumnType, Type};

use super::expect::{Miss, compare};
use super::judge::{Bench, Judged, Run, Said, by_row, troubled};
use super::{Mismatch, RowValues, TestResult, Verdict};

/// Most rows that are shown for a rule.
const ROWS: usize = 5;

impl Bench<'_> {
    /// The result of a test.
    pub(super) fn result(&self, at: usize, judged: &Judged) -> TestResult {
        let (Some((_, case)), Some(placed), Some(said)) = (self.cases.get(at), self.placed.get(at), judged.tests.get(at)) else {
            return TestResult { name: String::new(), block: self.block.name.clone(), span: none(), mismatches: Vec::new(), trouble: None };
        };
        let runs = match placed {
            Ok(runs) => runs,
            Err(trouble) => return troubled(case, trouble.clone()),
        };
        if let Some(reason) = self.unasked(judged, said) {
            return troubled(case, format!("its rules are not evaluated: {reason}"));
        }
        let misses = compare(self.block, case, said);
        let mismatches = misses.into_iter().map(|miss| self.mismatch(miss, runs, judged, said)).collect();
        TestResult { mismatches, ..troubled(case, String::new()).without_trouble() }
    }

    /// Why no rule at all is evaluated, if that is so.
    fn unasked(&self, judged: &Judged, said: &Said) -> Option<String> {
        let asked = said.verdicts.iter().any(|verdict| !matches!(verdict, Verdict::Skipped | Verdict::Error));
        let first = said.verdicts.iter().position(|verdict| matches!(verdict, Verdict::Skipped | Verdict::Error));
        if asked { None } else { Some(first.and_then(|rule| self.reason(rule, judged, said)).unwrap_or_else(|| "it has none".to_owned())) }
    }

    fn mismatch(&self, miss: Miss, runs: &[Run], judged: &Judged, said: &Said) -> Mismatch {
        let rule = miss.rule.and_then(|at| Some((at, self.block.rules.get(at)?)));
        let reported = rule.and_then(|(at, _)| said.report.as_ref()?.rules.get(at));
        Mismatch {
            rule: rule.map(|(_, rule)| rule.id.clone()),
            expected: miss.expected,
            actual: miss.actual,
            reason: rule.and_then(|(at, _)| self.reason(at, judged, said)),
            measured: reported.and_then(|rule| rule.value.clone()),
            rows: rule.map_or_else(Vec::new, |(at, rule)| self.rows(at, rule, miss.actual, runs, judged)),
        }
    }

    /// What the plan or the report gives for a reason.
    fn reason(&self, rule: usize, judged: &Judged, said: &Said) -> Option<String> {
        let reported = said.report.as_ref().and_then(|report| report.rules.get(rule));
        let of_report = reported.and_then(|rule| match rule.reason.clone() {
            Some(reason) => Some(reason),
            None if rule.reasons.is_empty() => None,
            None => Some(rule.reasons.keys().cloned().collect::<Vec<_>>().join(", ")),
        });
        let of_plan = || {
            judged.validators.iter().find_map(|validator| match &validator.plan().rules.get(rule)?.body {
                Body::Skipped(reason) | Body::Error(reason) | Body::Schema(Some(reason)) => Some(reason.clone()),
                _ => None,
            })
        };
        of_report.or_else(of_plan)
    }

    /// The rows that decided: those that fail where some do, else all of them.
    fn rows(&self, at: usize, rule: &Rule, actual: Verdict, runs: &[Run], judged: &Judged) -> Vec<RowValues> {
        let mut out = Vec::new();
        let mut number = 0;
        for run in runs {
            let (Some(table), Some(validator)) = (self.tables.get(run.table), judged.validators.get(run.table)) else { continue };
            for row in run.start..run.start + run.rows {
                let decides = !actual.fails()
                    || self.block.output
                    || rule.body.is_dataset()
                    || by_row(validator, table, row).get(at).is_some_and(|verdict| verdict.fails());
                if decides && out.len() < ROWS {
                    out.push(RowValues { row: number, values: self.values(rule, table, row) });
                }
                number += 1;
            }
        }
        out.retain(|row| !row.values.is_empty());
        out
    }

    /// The columns a rule reads, of one row.
    fn values(&self, rule: &Rule, table: &RecordBatch, row: usize) -> Map<String, Json> {
        let declared = rule.columns.iter().filter_map(|column| self.block.columns.get(column.0 as usize));
        let mut values: Map<String, Json> = declared
            .filter_map(|column| {
                let hidden = column.redact || rule.redacted && has_members(&column.ty);
                Some((column.name.clone(), value(table, &column.name, row, &column.ty, hidden)?))
            })
            .collect();
        if let RuleBody::Pattern(pattern, _) | RuleBody::Type(crate::compile::ir::TypeSubject::Pattern(pattern), _) = &rule.body
            && let Some(pattern) = self.block.patterns.get(*pattern)
        {
            let own = |name: &str| self.block.columns.iter().any(|column: &Column| column.name == name);
            let matched =
                table.schema_ref().fields().iter().map(|field| field.name()).filter(|name| pattern.regex.is_match(name) && !own(name));
            values.extend(matched.filter_map(|name| Some((name.clone(), value(table, name, row, &pattern.ty, pattern.redact)?))));
        }
        values
    }
}

impl TestResult {
    fn without_trouble(mut self) -> Self {
        self.trouble = None;
        self
    }
}

fn none() -> crate::source::Span {
    crate::source::Span::new(crate::source::FileId(0), 0..0)
}

/// Whether parts of a value may be redacted where the whole is not.
fn has_members(ty: &ColumnType) -> bool {
    match ty {
        ColumnType::Struct(_) => true,
        ColumnType::List(item, _) | ColumnType::Vector(item, _) => has_members(item),
        ColumnType::Map(_, value, _) => has_members(value),
        _ => false,
    }
}

fn value(table: &RecordBatch, column: &str, row: usize, ty: &ColumnType, hidden: bool) -> Option<Json> {
    let array = table.column_by_name(column)?;
    if hidden {
        return Some(REDACTED.into());
    }
    let vector = load::load(&array.slice(row, 1)).decoded();
    let ty = match (ty.value_type(), array.data_type()) {
        (Type::Number, data) if data.is_integer() => Type::Int,
        (ty, _) => ty,
    };
    Some(render::json(&vector, 0, &ty))
}

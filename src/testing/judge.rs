//! The rows of tests in tables of equal columns, and what rules say of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use ahash::HashMap;
use arrow::array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use rayon::prelude::*;

use crate::compile::RuleSet;
use crate::compile::cases::{Case, Expect, Given};
use crate::compile::ir::Rule;
use crate::compile::records::{Datum, Row};
use crate::eval::tally::Counts;
use crate::plan::Body;
use crate::report::{Report, RuleOutcome, RuleReport};
use crate::session::{BindOptions, Error, Validator, nanos_of};
use crate::types::ColumnType;

use super::{Block, Options, StoredRow, TestResult, Verdict, chosen, rows};

/// Most values of a table: a file of a megabyte can have a great many short tests of a block of a great many fields.
const MAX_CELLS: usize = 20_000_000;

/// The tests of a block with their rows.
pub(super) struct Bench<'a> {
    pub block: &'a Block,
    /// Tests with their places among all of the file.
    pub cases: Vec<(usize, &'a Case)>,
    /// Rows that share their columns. The first has the declared columns and no others.
    pub tables: Vec<RecordBatch>,
    /// For each test its rows, or why there are none.
    pub placed: Vec<Result<Vec<Run>, String>>,
}

/// Rows of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub table: usize,
    pub start: usize,
    pub rows: usize,
}

/// What the rules say of all tests of a bench.
pub(super) struct Judged {
    /// For each table its rules.
    pub validators: Vec<Validator>,
    /// For each test the verdict of every rule; nothing where its rows could not be had.
    pub tests: Vec<Said>,
}

/// What the rules say of a test's rows.
#[derive(Default)]
pub(super) struct Said {
    pub verdicts: Vec<Verdict>,
    /// Where rules about many rows, or responses, were asked.
    pub report: Option<Arc<Report>>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(rules: &'a RuleSet, block: &'a Block, options: &Options<'_>) -> Self {
        let cases: Vec<(usize, &Case)> =
            rules.tests.iter().enumerate().filter(|(_, case)| case.block == block.name && chosen(options, &case.name)).collect();
        let mut builder = Builder::new(rules, block, options);
        let placed = cases.iter().map(|(_, case)| builder.place(case)).collect();
        let (tables, placed) = builder.finish(placed);
        Self { block, cases, tables, placed }
    }

    /// Asks the rules of a set, which may differ from those the tests were compiled with, but not in their columns.
    pub(super) fn judge(&self, rules: &RuleSet, options: &Options<'_>) -> Result<Judged, Error> {
        let bind =
            BindOptions { block: Some(self.block.name.clone()), functions: options.functions.clone(), now: options.now, samples: Some(0) };
        let validators: Vec<Validator> =
            self.tables.iter().map(|table| rules.bind_with(&table.schema(), &bind)).collect::<Result<_, _>>()?;
        let tests: Vec<Result<Said, Error>> = self
            .cases
            .par_iter()
            .zip(&self.placed)
            .map(|((_, case), placed)| match placed {
                Ok(runs) => self.ask(&validators, case, runs),
                Err(_) => Ok(Said::default()),
            })
            .collect();
        Ok(Judged { validators, tests: tests.into_iter().collect::<Result<_, _>>()? })
    }

    fn ask(&self, validators: &[Validator], case: &Case, runs: &[Run]) -> Result<Said, Error> {
        let mut verdicts: Vec<Verdict> = Vec::new();
        for run in runs {
            let (Some(validator), Some(table)) = (validators.get(run.table), self.tables.get(run.table)) else { continue };
            for row in run.start..run.start + run.rows {
                let of_row = by_row(validator, table, row);
                verdicts = if verdicts.is_empty() { of_row } else { verdicts.iter().zip(of_row).map(|(a, b)| (*a).max(b)).collect() };
            }
        }
        let one = runs.iter().map(|run| run.rows).sum::<usize>() == 1;
        let named: Vec<&str> = named_rules(case).collect();
        let of_many = |rule: &&Rule| rule.body.is_dataset() && (!one || named.contains(&rule.id.as_str()));
        if !self.block.output && !self.block.rules.iter().any(|rule| of_many(&rule)) {
            return Ok(Said { verdicts, report: None });
        }
        let report = self.report(validators, runs)?;
        // Mutants of rules have the ids of the rules, and stand in a block of their own.
        let asked = validators.first().map_or(self.block, |validator| &validator.plan().block);
        for ((rule, declared), verdict) in report.rules.iter().zip(&asked.rules).zip(&mut verdicts) {
            if of_many(&declared) || self.block.output && !declared.body.is_dataset() {
                *verdict = of_report(rule);
            }
        }
        Ok(Said { verdicts, report: Some(Arc::new(report)) })
    }

    /// What a session over all rows of a test reports.
    fn report(&self, validators: &[Validator], runs: &[Run]) -> Result<Report, Error> {
        let mut session = None;
        for run in runs {
            let (Some(validator), Some(table)) = (validators.get(run.table), self.tables.get(run.table)) else { continue };
            let session = session.get_or_insert_with(|| validator.session());
            let input = session.begin(validator, "test")?;
            session.fold(input.judge(&table.slice(run.start, run.rows), 0));
        }
        session.map(|session| session.finish()).ok_or(Error::NoBlock)
    }
}

/// The ids that the expectations of a test name.
pub(super) fn named_rules(case: &Case) -> impl Iterator<Item = &str> {
    let ids = case.expect.iter().flat_map(|expect| match expect {
        Expect::Fail { rules, .. } | Expect::Unknown(rules) => rules.as_slice(),
        _ => &[],
    });
    ids.map(String::as_str)
}

/// What every rule says of one row.
pub(super) fn by_row(validator: &Validator, table: &RecordBatch, row: usize) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = validator.plan().rules.iter().map(|rule| settled(&rule.body)).collect();
    for (rule, counts) in validator.ask(table, row) {
        if let Some(verdict) = verdicts.get_mut(rule) {
            *verdict = (*verdict).max(of_counts(&counts));
        }
    }
    verdicts
}

/// What is known before any row is asked.
fn settled(body: &Body) -> Verdict {
    match body {
        Body::Schema(None) => Verdict::Pass,
        Body::Schema(Some(_)) => Verdict::Fail,
        Body::Skipped(_) => Verdict::Skipped,
        Body::Error(_) => Verdict::Error,
        Body::Row(_)
        | Body::Columns(_)
        | Body::Response(_)
        | Body::Unique { .. }
        | Body::Increasing { .. }
        | Body::Reference(_)
        | Body::Check(_) => Verdict::NotAsked,
    }
}

fn of_counts(counts: &Counts) -> Verdict {
    match counts {
        counts if counts.faulted > 0 => Verdict::Fault,
        counts if counts.failed > 0 => Verdict::Fail,
        counts if counts.unknown > 0 => Verdict::Unknown,
        counts if counts.evaluated > 0 => Verdict::Pass,
        _ => Verdict::NotAsked,
    }
}

fn of_report(rule: &RuleReport) -> Verdict {
    match rule.outcome {
        RuleOutcome::Error => Verdict::Error,
        RuleOutcome::Skipped => Verdict::Skipped,
        _ if rule.faulted > 0 => Verdict::Fault,
        _ if rule.failed > 0 => Verdict::Fail,
        // The schema fails it.
        RuleOutcome::Fail => Verdict::Fail,
        _ if rule.unknown > 0 => Verdict::Unknown,
        RuleOutcome::Vacuous => Verdict::NotAsked,
        _ => Verdict::Pass,
    }
}

/// A test of which nothing could be judged.
pub(super) fn troubled(case: &Case, trouble: String) -> TestResult {
    TestResult { name: case.name.clone(), block: case.block.clone(), span: case.span, mismatches: Vec::new(), trouble: Some(trouble) }
}

/// Gathers rows into tables.
struct Builder<'a, 'o> {
    rules: &'a RuleSet,
    block: &'a Block,
    options: &'o Options<'o>,
    now: Option<i128>,
    /// Rows by the columns they have beside the declared ones.
    open: Vec<(Vec<String>, Vec<&'a Row>)>,
    /// Texts of responses, and the row whose values stand beside each.
    responses: Vec<(String, Option<&'a Row>)>,
    stored: Vec<RecordBatch>,
    known: BTreeMap<(&'a str, u64), usize>,
}

/// Where a run of rows will be: tables of rows come first, then that of responses, then stored rows.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Rows(usize),
    Responses,
    Stored(usize),
}

type Placing = Result<Vec<(Place, usize, usize)>, String>;

impl<'a, 'o> Builder<'a, 'o> {
    fn new(rules: &'a RuleSet, block: &'a Block, options: &'o Options<'o>) -> Self {
        let now = options.now.map(nanos_of);
        let open = vec![(Vec::new(), Vec::new())];
        Self { rules, block, options, now, open, responses: Vec::new(), stored: Vec::new(), known: BTreeMap::new() }
    }

    fn place(&mut self, case: &'a Case) -> Placing {
        let mut extra: Vec<String> = Vec::new();
        for given in &case.given {
            let Given::Row(row) = given else { continue };
            if self.now.is_none() && row.iter().any(|(_, value)| asks_for_now(value)) {
                return Err("it gives `now()`, and no time was handed in".to_owned());
            }
            let undeclared = row.iter().map(|(name, _)| name).filter(|name| !self.block.columns.iter().any(|column| column.name == **name));
            extra.extend(undeclared.cloned());
        }
        extra.sort_unstable();
        extra.dedup();
        let mut runs: Vec<(Place, usize, usize)> = Vec::new();
        for given in &case.given {
            let (place, at) = match (given, &case.output) {
                (Given::Stored { row, path }, _) => (self.stored(path, *row)?, 0),
                (Given::Response(text), _) => (Place::Responses, self.response(text.clone(), None)),
                (Given::Row(row), Some(output)) => {
                    let text = rows::response(row, &output.beside, self.now);
                    (Place::Responses, self.response(text, Some(row)))
                }
                (Given::Row(row), None) => self.row(&extra, row),
            };
            match runs.last_mut() {
                // Rows that follow each other are one input.
                Some((last, start, rows)) if *last == place && *start + *rows == at => *rows += 1,
                _ => runs.push((place, at, 1)),
            }
        }
        Ok(runs)
    }

    fn row(&mut self, extra: &[String], row: &'a Row) -> (Place, usize) {
        let known = self.open.iter().position(|(columns, _)| columns == extra);
        let table = known.unwrap_or_else(|| {
            self.open.push((extra.to_vec(), Vec::new()));
            self.open.len() - 1
        });
        let rows = self.open.get_mut(table).map_or(0, |(_, rows)| {
            rows.push(row);
            rows.len() - 1
        });
        (Place::Rows(table), rows)
    }

    fn response(&mut self, text: String, row: Option<&'a Row>) -> usize {
        self.responses.push((text, row));
        self.responses.len() - 1
    }

    fn stored(&mut self, path: &'a str, row: u64) -> Result<Place, String> {
        if let Some(known) = self.known.get(&(path, row)) {
            return Ok(Place::Stored(*known));
        }
        let Some(reader) = self.options.rows else { return Err(format!("it gives a row of `{path}`, and nothing reads files here")) };
        let asked = StoredRow { rules: self.rules, block: &self.block.name, from: &self.rules.name, path, row };
        let batch = reader.row(&asked).map_err(|error| format!("row {row} of `{path}` cannot be had: {error}"))?;
        if batch.num_rows() != 1 {
            return Err(format!("row {row} of `{path}` cannot be had: {} rows were read for it", batch.num_rows()));
        }
        self.stored.push(batch);
        self.known.insert((path, row), self.stored.len() - 1);
        Ok(Place::Stored(self.stored.len() - 1))
    }

    /// The tables, and the rows of the tests in them.
    fn finish(self, placed: Vec<Placing>) -> (Vec<RecordBatch>, Vec<Result<Vec<Run>, String>>) {
        let made: Result<Vec<RecordBatch>, ArrowError> = if self.block.output {
            self.answers().map(|batch| vec![batch])
        } else {
            self.open.iter().map(|(extra, rows)| self.table(extra, rows)).collect()
        };
        let mut tables = match made {
            Ok(tables) => tables,
            Err(error) => return (Vec::new(), placed.iter().map(|_| Err(format!("its rows cannot be made: {error}"))).collect()),
        };
        let before = tables.len();
        tables.extend(self.stored);
        let run = |(place, start, rows): (Place, usize, usize)| {
            let table = match place {
                Place::Rows(table) => table,
                Place::Responses => 0,
                Place::Stored(at) => before + at,
            };
            Run { table, start, rows }
        };
        (tables, placed.into_iter().map(|runs| runs.map(|runs| runs.into_iter().map(run).collect())).collect())
    }

    fn table(&self, extra: &[String], rows: &[&Row]) -> Result<RecordBatch, ArrowError> {
        let pattern = |name: &String| self.block.patterns.iter().find(|pattern| pattern.regex.is_match(name)).map(|pattern| &pattern.ty);
        let declared = self.block.columns.iter().map(|column| (&column.name, &column.ty));
        let matched = extra.iter().filter_map(|name| Some((name, pattern(name)?)));
        let columns: Vec<(&String, &ColumnType)> = declared.chain(matched).collect();
        self.batch(&columns, rows.iter().map(|row| Some(*row)).collect(), None)
    }

    /// Responses as a column of texts, with the columns beside it.
    fn answers(&self) -> Result<RecordBatch, ArrowError> {
        let shape = self.rules.tests.iter().filter(|case| case.block == self.block.name).find_map(|case| case.output.as_ref());
        let Some(shape) = shape else { return Ok(RecordBatch::new_empty(Arc::new(Schema::empty()))) };
        let texts: ArrayRef = Arc::new(self.responses.iter().map(|(text, _)| Some(text)).collect::<StringArray>());
        let beside = self.block.columns.iter().filter(|column| shape.beside.contains(&column.name));
        let columns: Vec<(&String, &ColumnType)> = beside.map(|column| (&column.name, &column.ty)).collect();
        let first = (Field::new(&shape.from, DataType::Utf8, true), texts);
        self.batch(&columns, self.responses.iter().map(|(_, row)| *row).collect(), Some(first))
    }

    fn batch(
        &self,
        columns: &[(&String, &ColumnType)],
        rows: Vec<Option<&Row>>,
        first: Option<(Field, ArrayRef)>,
    ) -> Result<RecordBatch, ArrowError> {
        if columns.len().saturating_mul(rows.len()) > MAX_CELLS {
            let what = format!("{} rows of {} columns are more than {MAX_CELLS} values; split the file", rows.len(), columns.len());
            return Err(ArrowError::InvalidArgumentError(what));
        }
        let (mut fields, mut arrays): (Vec<Field>, Vec<ArrayRef>) = first.into_iter().unzip();
        let places: HashMap<&str, usize> = columns.iter().enumerate().map(|(place, (name, _))| (name.as_str(), place)).collect();
        let mut cells: Vec<Vec<Option<&Datum>>> = vec![vec![None; rows.len()]; columns.len()];
        for (at, row) in rows.iter().enumerate() {
            for (name, value) in row.map_or(&[][..], |row| row.as_slice()) {
                let column = places.get(name.as_str()).and_then(|place| cells.get_mut(*place));
                if let Some(cell) = column.and_then(|column| column.get_mut(at)) {
                    *cell = Some(value);
                }
            }
        }
        for ((name, ty), values) in columns.iter().zip(&cells) {
            let array = rows::column(ty, values, self.now)?;
            fields.push(Field::new(*name, array.data_type().clone(), true));
            arrays.push(array);
        }
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows.len()));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
    }
}

fn asks_for_now(value: &Datum) -> bool {
    match value {
        Datum::Now(_) => true,
        Datum::Value(_) => false,
        Datum::List(items) => items.iter().any(asks_for_now),
        Datum::Record(entries) => entries.iter().any(|(_, value)| asks_for_now(value)),
    }
}

//! Random rules over random data: one `features` block, its schema and its batches.
//!
//! Rules type-check by construction. Everything is decoded from tapes of numbers that proptest draws (one for
//! each column, rule and row), so a case follows from proptest's seed alone and shrinks by dropping whole columns,
//! rules and rows.
#![allow(dead_code, unused_imports, reason = "each test binary that includes this uses its part of it")]

mod columns;
mod dice;
mod exprs;
mod fields;
mod layout;
mod waivers;

pub use layout::{LAYOUTS, Layout, rebatch, relayout, relayout_each, slice_at_offset};

use arrow::array::{ArrayRef, Float64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use columns::{Column, DRAWS_A_CELL, Ty};
use dice::Dice;
use exprs::Names;
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::Arc;

/// Name of the block every case has.
pub const BLOCK: &str = "t";
/// The pinned clock of every case: 2025-11-25T06:40:00Z, in nanoseconds.
pub const NOW: i128 = 1_764_052_800 * 1_000_000_000;

/// One random case.
#[derive(Debug, Clone)]
pub struct Case {
    /// A whole rule file with the block [`BLOCK`].
    pub rules: String,
    pub block: String,
    pub schema: SchemaRef,
    /// At least one batch; some may be empty, all are of `schema`.
    pub batches: Vec<RecordBatch>,
    /// What `now()` is.
    pub now: i128,
}

/// Columns that `fields /vol_\d+d/` may find.
const PATTERN_COLUMNS: [&str; 2] = ["vol_1d", "vol_30d"];

/// Random cases of up to 48 rows.
pub fn case() -> impl Strategy<Value = Case> {
    case_of_rows(48)
}

/// Random cases of up to `rows` rows.
pub fn case_of_rows(rows: usize) -> impl Strategy<Value = Case> {
    let tape = |longest: usize| vec(any::<u32>(), 0..longest);
    let row = vec(any::<u32>(), 12 * DRAWS_A_CELL);
    (vec(tape(90), 4..=10), vec(tape(90), 0..8), vec(row, 0..=rows), vec(tape(24), 0..4), tape(16))
        .prop_map(|(columns, rules, rows, waivers, shape)| decode(&columns, &rules, &rows, &waivers, &shape))
}

fn decode(columns: &[Vec<u32>], rules: &[Vec<u32>], rows: &[Vec<u32>], waivers: &[Vec<u32>], shape: &[u32]) -> Case {
    let mut shape = Dice::new(shape);
    let drawn = columns.iter().enumerate().map(|(at, tape)| Column::draw(at, &mut Dice::new(tape)));
    let names = Names { columns: drawn.collect(), ..Names::default() };
    let pattern_columns = shape.below(PATTERN_COLUMNS.len() + 1);
    let batch = data(&names.columns, pattern_columns, rows);
    let first = shape.below(LAYOUTS.len());
    let batch = relayout_each(&batch, |at| LAYOUTS[(first + at) % LAYOUTS.len()]);
    let text = file(names, columns, rules, waivers, &mut shape);
    let batches = split(&batch, &mut shape);
    Case { rules: text, block: BLOCK.to_owned(), schema: batch.schema(), batches, now: NOW }
}

fn data(columns: &[Column], pattern_columns: usize, rows: &[Vec<u32>]) -> RecordBatch {
    let mut fields: Vec<Field> = columns.iter().map(Column::field).collect();
    let mut arrays: Vec<ArrayRef> = columns.iter().enumerate().map(|(at, column)| column.array(rows, at)).collect();
    for (at, name) in PATTERN_COLUMNS.iter().take(pattern_columns).enumerate() {
        let column = Column { name: (*name).to_owned(), ty: Ty::Float("float64", DataType::Float64), nullable: true };
        fields.push(column.field());
        arrays.push(column.array(rows, 10 + at));
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("columns of one length")
}

/// Batches of uneven sizes, some empty, some at an offset.
fn split(batch: &RecordBatch, dice: &mut Dice) -> Vec<RecordBatch> {
    let mut batches = Vec::new();
    let mut start = 0;
    for _ in 0..dice.below(4) {
        let size = dice.below(batch.num_rows() - start + 1);
        let part = batch.slice(start, size);
        batches.push(if dice.one_in(2) { slice_at_offset(&part) } else { part });
        start += size;
    }
    batches.push(batch.slice(start, batch.num_rows() - start));
    batches
}

const HEADER: &str = r#"rulegate 1
param scale: int = 3
param limit: float = 2.5
set words = ("a", "ab", "é", "abcdefghijklm")
type small = int64 between -5 and 100
type unit = float64 between 0 and 1
"#;

fn file(mut names: Names, columns: &[Vec<u32>], rules: &[Vec<u32>], waivers: &[Vec<u32>], shape: &mut Dice) -> String {
    let mut lines = vec![HEADER.to_owned(), format!("features {BLOCK} {{")];
    for (column, tape) in names.columns.iter().zip(columns) {
        // The first draws have gone into the type.
        let mut dice = Dice::new(tape.get(6..).unwrap_or_default());
        lines.push(format!("  {}", fields::field(column, &names, &mut dice)));
    }
    if shape.one_in(2) {
        lines.push(r"  fields /vol_\d+d/ : float64? >= 0, finite @warn".to_owned());
    }
    for (at, tape) in rules.iter().enumerate() {
        lines.push(format!("  {}", item(at, &mut names, &mut Dice::new(tape))));
    }
    lines.extend(waivers::lines(&lines, &names, waivers));
    lines.push("}".to_owned());
    lines.join("\n") + "\n"
}

/// A rule, a let or a check.
fn item(at: usize, names: &mut Names, dice: &mut Dice) -> String {
    match dice.below(8) {
        0..=3 => rule(at, names, dice),
        4 => {
            let text = format!("let l{at} = {}", names.boolean(dice, 2));
            names.bool_lets.push(format!("l{at}"));
            text
        }
        5 => {
            let text = format!("let l{at} = {}", names.number_of(exprs::Kind::Int, dice, 2));
            names.int_lets.push(format!("l{at}"));
            text
        }
        _ => check(at, names, dice),
    }
}

fn rule(at: usize, names: &Names, dice: &mut Dice) -> String {
    if dice.one_in(2) {
        return format!("rule r{at}: {}", names.boolean(dice, 3));
    }
    let attributes = fields::attributes(dice);
    let expect = names.boolean(dice, 3);
    let when = if dice.one_in(2) { format!("when {} ", names.boolean(dice, 2)) } else { String::new() };
    format!("rule r{at} {attributes} {{ {when}expect {expect} }}")
}

fn check(at: usize, names: &Names, dice: &mut Dice) -> String {
    let severity = dice.word(&["", "@warn", "@info"]);
    let expect = aggregate_test(names, dice);
    let filter = if dice.one_in(3) { format!("where {} ", names.boolean(dice, 1)) } else { String::new() };
    let is_key = |ty: &Ty| matches!(ty, Ty::Text | Ty::Bool | Ty::Enum | Ty::Int(_, _) | Ty::Float(_, _) | Ty::Date(_));
    let by = if dice.one_in(4) { names.column(dice, is_key) } else { None };
    let by = by.map_or(String::new(), |by| format!("by {by} "));
    format!("check k{at} {severity} {{ {filter}{by}expect {expect} }}")
}

fn aggregate_test(names: &Names, dice: &mut Dice) -> String {
    let number = names.numeric_column(dice);
    let any = names.any_column(dice);
    let is_key = |ty: &Ty| !matches!(ty, Ty::IntList(_) | Ty::TextList | Ty::Vector { .. } | Ty::Struct | Ty::Map);
    let key = names.column(dice, is_key);
    match (dice.below(9), number, key) {
        (0, _, _) => format!("row_count() between {} and {}", dice.below(5), 5 + dice.below(60)),
        (1, _, _) => format!("count({any}) >= {}", dice.below(20)),
        (2, _, _) => format!("null_fraction({any}) <= {}", dice.word(&["0.1", "25%", "0", "1"])),
        (3, _, _) => format!("count_if({}) <= {}", names.boolean(dice, 1), dice.below(20)),
        (4, _, Some(key)) => format!("distinct_count({key}) > {}", dice.below(10)),
        (5, _, Some(key)) => match names.column(dice, is_key) {
            Some(other) if other != key && dice.one_in(2) => format!("unique({key}, {other})"),
            _ => format!("unique({key})"),
        },
        (6, Some(number), _) => {
            let aggregate = dice.word(&["min", "max", "sum", "mean", "stddev"]);
            format!("{aggregate}({number}) {} {}", dice.word(&["<=", ">", "!="]), exprs::number_literal(dice))
        }
        (7, Some(number), _) => format!("max({number}) - min({number}) >= 0 and null_count({any}) < row_count()"),
        (8, Some(number), _) => format!("sum({number}) <= mean({number}) * count({number}) + 1"),
        _ => "row_count() > 0".to_owned(),
    }
}

#[cfg(test)]
mod tests;

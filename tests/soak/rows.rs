//! Rows whose failures are known when they are made, and what each policy must make of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema, SchemaRef};
use rulegate::compile::{Mode, Override, Overrides, Severity};
use rulegate::gate::{Decision, Outcome, Policy};

use super::random::Random;

/// The rules, in file order; the floor changes from one reload to the next.
pub(super) fn rules(floor: i64) -> String {
    format!(
        "rulegate 1
features tokens {{
  id : int64 unique
  chain : enum(\"solana\", \"base\")
  score : float64 between 0 and 100
  price : float64 >= 0 @on_fail(replace(0.0))
  holders : int64 >= {floor}
  fatal : int64 >= 0 @on_fail(reject_batch)
  age : int64 >= 0 @warn
  memo : int64? >= 0 @on_fail(replace(null))
}}"
    )
}

pub(super) const UNIQUE: &str = "tokens.id.unique";
const CHAIN: &str = "tokens.chain.enum";
const SCORE: &str = "tokens.score.range";
const NO_SCORE: &str = "tokens.score.required";
const PRICE: &str = "tokens.price.range";
const HOLDERS: &str = "tokens.holders.range";
const FATAL: &str = "tokens.fatal.range";
const AGE: &str = "tokens.age.range";
const MEMO: &str = "tokens.memo.range";
pub(super) const RULES: [&str; 9] = [UNIQUE, CHAIN, SCORE, NO_SCORE, PRICE, HOLDERS, FATAL, AGE, MEMO];

/// What is laid over the rule of scores.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Laid {
    Nothing,
    Shadow,
    Off,
    Warning,
}

/// Rules as they are at some time. There are 32 of them, so that nothing that is kept for each grows.
#[derive(Clone, Copy)]
pub(super) struct Setting {
    pub floor: i64,
    pub laid: Laid,
}

impl Setting {
    pub(super) const COUNT: u64 = 32;

    pub(super) fn numbered(number: u64) -> Self {
        let laid = [Laid::Nothing, Laid::Shadow, Laid::Off, Laid::Warning][usize::try_from(number / 8 % 4).unwrap()];
        Self { floor: i64::try_from(number % 8).unwrap() * 10, laid }
    }

    pub(super) fn overrides(self) -> Overrides {
        let of = Override::of(SCORE, "ana", "2026-11-20", "the soak");
        Overrides::from_iter(match self.laid {
            Laid::Nothing => None,
            Laid::Shadow => Some(of.mode(Mode::Shadow)),
            Laid::Off => Some(of.mode(Mode::Off)),
            Laid::Warning => Some(of.severity(Severity::Warn)),
        })
    }
}

#[derive(Clone)]
pub(super) struct Row {
    id: i64,
    chain: bool,
    score: Option<f64>,
    price: f64,
    holders: i64,
    fatal: i64,
    age: i64,
    memo: Option<i64>,
    /// Whether a row before it in the batch has its id.
    again: bool,
}

static IDS: AtomicI64 = AtomicI64::new(0);

impl Row {
    pub(super) fn good() -> Self {
        let id = IDS.fetch_add(1, Ordering::Relaxed);
        Self { id, chain: true, score: Some(50.0), price: 1.5, holders: 1_000, fatal: 0, age: 3, memo: Some(1), again: false }
    }

    /// A row with some faults, none of which refuses the batch by itself.
    fn bad(random: &mut Random) -> Self {
        let mut row = Self::good();
        let mut is = |of: u64| random.below(of) == 0;
        row.chain = !is(5);
        row.score = if is(4) { Some(104.2) } else { row.score };
        row.score = row.score.filter(|_| !is(6));
        row.price = if is(3) { -1.0 } else { row.price };
        row.age = if is(3) { -1 } else { row.age };
        row.memo = if is(4) { Some(-1) } else { row.memo };
        let holders = i64::try_from(random.below(90)).unwrap();
        row.holders = if random.below(2) == 0 { holders } else { row.holders };
        row
    }

    fn fails(&self, rule: &str, setting: Setting) -> bool {
        match rule {
            UNIQUE => self.again,
            CHAIN => !self.chain,
            SCORE => setting.laid != Laid::Off && self.score.is_some_and(|score| score > 100.0),
            NO_SCORE => self.score.is_none(),
            PRICE => self.price < 0.0,
            HOLDERS => self.holders < setting.floor,
            FATAL => self.fatal < 0,
            AGE => self.age < 0,
            MEMO => self.memo.is_some_and(|memo| memo < 0),
            _ => unreachable!("{rule}"),
        }
    }

    fn is_set_aside(&self, setting: Setting) -> bool {
        let scored = setting.laid == Laid::Nothing && self.fails(SCORE, setting);
        scored || [UNIQUE, CHAIN, NO_SCORE, HOLDERS].iter().any(|rule| self.fails(rule, setting))
    }
}

/// What the faults of a batch may be.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Faults {
    None,
    Rows,
    Fatal,
}

pub(super) fn rows(random: &mut Random, faults: Faults) -> Vec<Row> {
    let most = if random.below(20) == 0 { 2_000 } else { 120 };
    let count = 1 + random.below(most);
    let mut rows: Vec<Row> = Vec::new();
    for _ in 0..count {
        let is_bad = faults != Faults::None && random.below(3) == 0;
        rows.push(if is_bad { Row::bad(random) } else { Row::good() });
        if is_bad && random.below(6) == 0 {
            let first = Row::good();
            rows.push(first.clone());
            rows.push(Row { again: true, ..first });
        }
    }
    if faults == Faults::Fatal {
        let at = usize::try_from(random.below(rows.len() as u64)).unwrap();
        // A pair of equal ids must be otherwise sound.
        rows[at] = Row { fatal: -1, again: false, ..Row::good() };
        let again: Vec<bool> = (0..rows.len()).map(|row| rows[..row].iter().any(|before| before.id == rows[row].id)).collect();
        rows.iter_mut().zip(again).for_each(|(row, again)| row.again = again);
    }
    rows
}

pub(super) fn schema() -> SchemaRef {
    schema_with(true)
}

fn schema_with(nullable: bool) -> SchemaRef {
    let field = |name: &str, data_type| Field::new(name, data_type, nullable);
    Arc::new(Schema::new(vec![
        field("id", DataType::Int64),
        field("chain", DataType::Utf8),
        Field::new("score", DataType::Float64, true),
        field("price", DataType::Float64),
        field("holders", DataType::Int64),
        field("fatal", DataType::Int64),
        field("age", DataType::Int64),
        field("memo", DataType::Int64),
    ]))
}

fn columns(rows: &[Row]) -> Vec<ArrayRef> {
    let ints = |of: fn(&Row) -> i64| Arc::new(Int64Array::from_iter_values(rows.iter().map(of))) as ArrayRef;
    vec![
        ints(|row| row.id),
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| if row.chain { "solana" } else { "mars" }))),
        Arc::new(rows.iter().map(|row| row.score).collect::<Float64Array>()),
        Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.price))),
        ints(|row| row.holders),
        ints(|row| row.fatal),
        ints(|row| row.age),
        Arc::new(rows.iter().map(|row| row.memo).collect::<Int64Array>()),
    ]
}

pub(super) fn batch(rows: &[Row]) -> RecordBatch {
    RecordBatch::try_new(schema(), columns(rows)).unwrap()
}

/// The same rows in columns that promise to hold no nulls.
pub(super) fn batch_without_nulls(rows: &[Row]) -> RecordBatch {
    RecordBatch::try_new(schema_with(false), columns(rows)).unwrap()
}

/// The same rows under a schema that the rules were not bound to.
pub(super) fn of_another_schema(rows: &[Row], random: &mut Random) -> RecordBatch {
    let batch = batch(rows);
    match random.below(3) {
        0 => batch.project(&[0, 1, 2, 3, 4, 5, 6]).unwrap(),
        1 => batch.project(&[1, 0, 2, 3, 4, 5, 6, 7]).unwrap(),
        _ => {
            let mut columns = batch.columns().to_vec();
            columns[4] = Arc::new(StringArray::from_iter_values(rows.iter().map(|_| "many")));
            let fields = batch
                .schema()
                .fields()
                .iter()
                .zip(&columns)
                .map(|(field, column)| Field::new(field.name(), column.data_type().clone(), true))
                .collect::<Vec<_>>();
            RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
        }
    }
}

/// Rows without a fault under any setting, with ids of their own.
pub(super) fn mended(rows: &[Row]) -> Vec<Row> {
    rows.iter().filter(|row| !row.again).map(|row| Row { id: row.id, ..Row::good() }).collect()
}

pub(super) fn ids(batch: &RecordBatch) -> Vec<i64> {
    batch.column_by_name("id").unwrap().as_primitive::<Int64Type>().values().to_vec()
}

/// What must become of rows.
#[derive(Debug, PartialEq)]
pub(super) struct Fate {
    pub outcome: Outcome,
    pub passed: Vec<i64>,
    pub set_aside: Vec<i64>,
    pub replaced: u64,
    pub failed: BTreeMap<&'static str, u64>,
}

pub(super) fn fate(rows: &[Row], policy: Policy, setting: Setting) -> Fate {
    let count = |rule: &str| rows.iter().filter(|row| row.fails(rule, setting)).count() as u64;
    let failed: BTreeMap<&str, u64> = RULES.iter().map(|rule| (*rule, count(rule))).filter(|(_, rows)| *rows > 0).collect();
    let aside = |row: &&Row| row.is_set_aside(setting);
    let refused = policy.acts() && (failed.contains_key(FATAL) || policy == Policy::Reject && rows.iter().any(|row| aside(&row)));
    let (away, landing): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| refused || policy == Policy::Split && aside(row));
    let is_replaced = |row: &&&Row| row.fails(PRICE, setting) || row.fails(MEMO, setting);
    let replaced = if policy.acts() { landing.iter().filter(is_replaced).count() as u64 } else { 0 };
    let outcome = match (refused, away.is_empty()) {
        (true, _) => Outcome::Refused,
        (false, true) => Outcome::Accepted,
        (false, false) => Outcome::Escalated,
    };
    let ids = |rows: &[&Row]| rows.iter().map(|row| row.id).collect();
    Fate { outcome, passed: ids(&landing), set_aside: ids(&away), replaced, failed }
}

/// What has become of them.
pub(super) fn found(decision: &Decision) -> Fate {
    let rule = |id: &str| *RULES.iter().find(|rule| **rule == id).unwrap_or_else(|| panic!("{id}"));
    Fate {
        outcome: decision.outcome,
        passed: ids(&decision.passed),
        set_aside: ids(&decision.quarantined),
        replaced: decision.counts.replaced,
        failed: decision.violations.iter().map(|violation| (rule(&violation.rule), violation.failed)).collect(),
    }
}

/// Nothing bad passes where the gate acts.
pub(super) fn is_sound(passed: &RecordBatch) -> bool {
    let prices = passed.column_by_name("price").unwrap().as_primitive::<Float64Type>().iter().flatten().all(|price| price >= 0.0);
    let memos = passed.column_by_name("memo").unwrap().as_primitive::<Int64Type>().iter().flatten().all(|memo| memo >= 0);
    prices && memos
}

/// Whether a null is put in the place of a value in a row that lands.
pub(super) fn puts_nulls(rows: &[Row], policy: Policy, setting: Setting) -> bool {
    rows.iter().any(|row| row.fails(MEMO, setting) && !(policy == Policy::Split && row.is_set_aside(setting)))
}

/// The rows as lines of JSON, and how many of them have a text where a number should be.
pub(super) fn json_lines(rows: &[Row], random: &mut Random) -> (String, u64) {
    let mut ill = 0;
    let lines = rows.iter().map(|row| {
        let is_ill = random.below(5) == 0;
        ill += u64::from(is_ill);
        let holders = if is_ill { "\"many\"".to_owned() } else { row.holders.to_string() };
        let id = row.id;
        format!(
            "{{\"id\":{id},\"chain\":\"base\",\"score\":1.5,\"price\":2.5,\"holders\":{holders},\"fatal\":0,\"age\":1,\"memo\":null}}\n"
        )
    });
    (lines.collect(), ill)
}

/// Rows that fail each rule.
pub(super) fn failures(rows: &[Row], setting: Setting) -> BTreeMap<&'static str, u64> {
    RULES.iter().map(|rule| (*rule, rows.iter().filter(|row| row.fails(rule, setting)).count() as u64)).collect()
}

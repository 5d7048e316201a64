//! Random rules, batches and policies against an oracle that goes row by row and shares no code with the gate.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::{Int64Type, UInt64Type};
use proptest::prelude::*;
use rulegate::gate::{Decision, Gate, Outcome, Policy};

use super::validator;

/// A rule on column `c{field}`: `between low and high`.
#[derive(Debug, Clone)]
struct RuleCase {
    field: usize,
    low: i64,
    high: i64,
    warn: bool,
    /// As written; by default what the severity says.
    on_fail: Option<OnFail>,
    shadow: bool,
    /// Rows with `w = 1` are waived.
    waived: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum OnFail {
    Batch,
    Row,
    Keep,
    Replace(i64),
}

impl RuleCase {
    fn consequence(&self) -> OnFail {
        self.on_fail.unwrap_or(if self.warn { OnFail::Keep } else { OnFail::Row })
    }

    fn text(&self, name: &str) -> String {
        let on_fail = match self.on_fail {
            None => String::new(),
            Some(OnFail::Batch) => "@on_fail(reject_batch)".to_owned(),
            Some(OnFail::Row) => "@on_fail(reject_row)".to_owned(),
            Some(OnFail::Keep) => "@on_fail(keep)".to_owned(),
            Some(OnFail::Replace(value)) => format!("@on_fail(replace({value}))"),
        };
        let warn = if self.warn { "@warn" } else { "" };
        let shadow = if self.shadow { "@shadow" } else { "" };
        format!("between {} and {} @name({name}) {warn} {shadow} {on_fail}", self.low, self.high)
    }

    fn fails(&self, row: &[Option<i64>]) -> bool {
        row[self.field].is_some_and(|value| value < self.low || value > self.high)
    }
}

const FIELDS: usize = 3;

/// A row: `c0`, `c1`, `c2`, and `w` last.
type Row = Vec<Option<i64>>;

fn text(rules: &[RuleCase]) -> String {
    let mut text = "rulegate 1\nfeatures t {\n".to_owned();
    for field in 0..FIELDS {
        let own: Vec<String> =
            rules.iter().enumerate().filter(|(_, rule)| rule.field == field).map(|(at, rule)| rule.text(&format!("r{at}"))).collect();
        text += &format!("  c{field} : int64? {}\n", own.join(", "));
    }
    text += "  w : int64?\n";
    for (at, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.waived) {
        text += &format!("  waive c{}.r{at} because \"a test\" where w = 1\n", rule.field);
    }
    text + "}"
}

fn id(rules: &[RuleCase], at: usize) -> String {
    format!("t.c{}.r{at}", rules[at].field)
}

fn batch_of(rows: &[Row]) -> RecordBatch {
    let column = |at: usize| Arc::new(rows.iter().map(|row| row[at]).collect::<Int64Array>()) as ArrayRef;
    RecordBatch::try_from_iter_with_nullable((0..=FIELDS).map(|at| {
        let name = if at == FIELDS { "w".to_owned() } else { format!("c{at}") };
        (name, column(at), true)
    }))
    .unwrap()
}

fn rows_of(batch: &RecordBatch) -> Vec<Row> {
    let columns: Vec<&Int64Array> = batch.columns().iter().take(FIELDS + 1).map(|column| column.as_primitive::<Int64Type>()).collect();
    (0..batch.num_rows()).map(|row| columns.iter().map(|column| column.iter().nth(row).unwrap()).collect()).collect()
}

/// What becomes of a batch, told row by row.
struct Told {
    outcome: Outcome,
    passed: Vec<(u64, Row)>,
    quarantined: Vec<(u64, Row)>,
    /// Ids of the rules each row fails that are neither waived nor in shadow, in file order.
    failed: Vec<Vec<String>>,
}

/// Rules in the order of the file: by field.
fn in_order(rules: &[RuleCase]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rules.len()).collect();
    order.sort_by_key(|at| rules[*at].field);
    order
}

fn tell(rules: &[RuleCase], policy: Policy, rows: &[Row], first: u64) -> Told {
    let held = |row: &Row| -> Vec<usize> {
        let counts = |at: &usize| {
            let rule = &rules[*at];
            rule.fails(row) && !rule.shadow && !(rule.waived && row[FIELDS] == Some(1))
        };
        in_order(rules).into_iter().filter(counts).collect()
    };
    let asks = |row: &Row, what: OnFail| held(row).iter().any(|at| rules[*at].consequence() == what);
    let numbered = || rows.iter().enumerate().map(|(at, row)| (first + at as u64, row.clone()));
    let failed = rows.iter().map(|row| held(row).into_iter().map(|at| id(rules, at)).collect()).collect();
    if matches!(policy, Policy::Flag | Policy::Observe) {
        return Told { outcome: Outcome::Accepted, passed: numbered().collect(), quarantined: Vec::new(), failed };
    }
    let refuses = |row: &Row| asks(row, OnFail::Batch) || policy == Policy::Reject && asks(row, OnFail::Row);
    if rows.iter().any(refuses) {
        return Told { outcome: Outcome::Refused, passed: Vec::new(), quarantined: numbered().collect(), failed };
    }
    let (quarantined, passed): (Vec<_>, Vec<_>) = numbered().partition(|(_, row)| asks(row, OnFail::Row));
    let replaced = |(number, mut row): (u64, Row)| {
        let mut done = [false; FIELDS];
        for at in held(&row.clone()) {
            if let OnFail::Replace(value) = rules[at].consequence()
                && !std::mem::replace(&mut done[rules[at].field], true)
            {
                row[rules[at].field] = Some(value);
            }
        }
        (number, row)
    };
    let outcome = if quarantined.is_empty() { Outcome::Accepted } else { Outcome::Escalated };
    Told { outcome, passed: passed.into_iter().map(replaced).collect(), quarantined, failed }
}

fn on_fail() -> impl Strategy<Value = Option<OnFail>> {
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(OnFail::Batch)),
        2 => Just(Some(OnFail::Row)),
        2 => Just(Some(OnFail::Keep)),
        3 => (-5_i64..50).prop_map(|value| Some(OnFail::Replace(value))),
    ]
}

fn rule() -> impl Strategy<Value = RuleCase> {
    (0..FIELDS, 0_i64..5, 5_i64..25, prop::bool::weighted(0.2), on_fail(), prop::bool::weighted(0.15), prop::bool::weighted(0.25))
        .prop_map(|(field, low, high, warn, on_fail, shadow, waived)| RuleCase { field, low, high, warn, on_fail, shadow, waived })
}

fn row() -> impl Strategy<Value = Row> {
    let value = prop_oneof![1 => Just(None), 9 => (4_i64..24).prop_map(Some), 1 => (-3_i64..30).prop_map(Some)];
    (prop::collection::vec(value, FIELDS), prop::option::of(0_i64..2)).prop_map(|(mut row, w)| {
        row.push(w);
        row
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    prop_oneof![Just(Policy::Split), Just(Policy::Split), Just(Policy::Reject), Just(Policy::Flag), Just(Policy::Observe)]
}

fn batches() -> impl Strategy<Value = Vec<Vec<Row>>> {
    prop::collection::vec(prop::collection::vec(row(), 0..30), 1..4)
}

proptest! {
    #[test]
    fn decisions_are_those_of_the_oracle(rules in prop::collection::vec(rule(), 1..6), batches in batches(), policy in policy()) {
        let gate = Gate::new(&validator(&text(&rules), &batch_of(&[])), policy).unwrap();
        let (mut first, mut failed) = (0, BTreeMap::<String, (u64, u64, u64)>::new());
        for rows in &batches {
            let batch = batch_of(rows);
            let decision = gate.judge(&batch).unwrap();
            let told = tell(&rules, policy, rows, first);
            prop_assert_eq!(decision.outcome, told.outcome);
            prop_assert_eq!(numbered(decision.passed_rows(), &decision.passed), told.passed);
            prop_assert_eq!(numbered(decision.quarantined_rows(), &decision.quarantined), told.quarantined);
            check_columns(&decision, policy, &told.failed, first)?;
            check_counts(&decision, rows.len())?;
            for violation in &decision.violations {
                let counts = failed.entry(violation.rule.clone()).or_default();
                counts.0 += violation.failed;
                counts.1 += violation.failed_alone;
                counts.2 += violation.waived;
            }
            first += rows.len() as u64;
        }
        let report = gate.finish().report;
        prop_assert_eq!(report.rows, first);
        for rule in &report.rules {
            let counts = failed.get(&rule.id).copied().unwrap_or_default();
            prop_assert_eq!((rule.failed, rule.failed_alone, rule.waived), counts, "{}", rule.id);
        }
    }
}

/// A key, a number and a value that must not be negative; of rows that land no two keys are equal, and each number is past the one before.
fn keyed() -> impl Strategy<Value = Vec<Vec<[Option<i64>; 3]>>> {
    let cell = |most: i64| prop_oneof![1 => Just(None), 12 => (0..most).prop_map(Some)];
    let row = (cell(12), cell(40), prop::bool::weighted(0.2)).prop_map(|(key, number, bad)| [key, number, Some(if bad { -1 } else { 0 })]);
    prop::collection::vec(prop::collection::vec(row, 0..12), 1..5)
}

proptest! {
    #[test]
    fn what_lands_has_each_key_once_and_numbers_in_order(batches in keyed(), reject in any::<bool>()) {
        let policy = if reject { Policy::Reject } else { Policy::Split };
        let text = "rulegate 1\nfeatures t { k : int64? unique  n : int64? increasing  v : int64 >= 0 }";
        let batch_of = |rows: &[[Option<i64>; 3]]| {
            let column = |at: usize| Arc::new(rows.iter().map(|row| row[at]).collect::<Int64Array>()) as ArrayRef;
            RecordBatch::try_from_iter_with_nullable([("k", column(0), true), ("n", column(1), true), ("v", column(2), true)]).unwrap()
        };
        let gate = Gate::new(&validator(text, &batch_of(&[])), policy).unwrap();
        let (mut keys, mut last) = (std::collections::BTreeSet::new(), None);
        for rows in &batches {
            let (mut keys_then, mut last_then, mut landing) = (keys.clone(), last, Vec::new());
            for [key, number, value] in rows.iter().copied() {
                let is_late = key.is_some_and(|key| keys_then.contains(&key)) || number.is_some() && last_then.is_some() && number <= last_then;
                if is_late || value < Some(0) {
                    continue;
                }
                keys_then.extend(key);
                last_then = number.or(last_then);
                landing.push([key, number, value]);
            }
            if reject && landing.len() < rows.len() {
                landing.clear();
            } else {
                (keys, last) = (keys_then, last_then);
            }
            let decision = gate.judge(&batch_of(rows)).unwrap();
            prop_assert_eq!(&decision.passed, &batch_of(&landing));
            prop_assert_eq!(decision.passed.num_rows() + decision.quarantined.num_rows(), rows.len());
        }
    }
}

#[test]
fn a_batch_of_many_slices_comes_to_what_its_parts_come_to() {
    let text = "rulegate 1\nfeatures t { k : int64 unique  v : int64 >= 0 @on_fail(replace(7))  w : int64 >= 0 }";
    let rows = 100_000_i64;
    let column = |of: fn(i64) -> i64| Arc::new((0..rows).map(of).collect::<Int64Array>()) as ArrayRef;
    let columns = [
        ("k", column(|row| if row % 9_973 == 0 { 0 } else { row })),
        ("v", column(|row| if row % 40_111 == 3 { -row } else { row })),
        ("w", column(|row| if row % 33_333 == 32_000 { -row } else { row })),
    ];
    let whole = RecordBatch::try_from_iter(columns).unwrap();
    let gates = [(); 2].map(|()| Gate::new(&validator(text, &whole), Policy::Split).unwrap());
    let at_once = gates[0].judge(&whole).unwrap();
    assert_eq!((at_once.counts.quarantined, at_once.counts.replaced), (10 + 3, 3));
    let parts: Vec<Decision> = (0..10).map(|part| gates[1].judge(&whole.slice(part * 10_000, 10_000)).unwrap()).collect();
    let joined = |of: fn(&Decision) -> &RecordBatch| arrow::compute::concat_batches(&whole.schema(), parts.iter().map(of)).unwrap();
    assert_eq!(at_once.passed, joined(|part| &part.passed));
    assert_eq!(at_once.quarantined, joined(|part| &part.quarantined));
    assert_eq!(at_once.quarantined_rows().collect::<Vec<_>>(), parts.iter().flat_map(Decision::quarantined_rows).collect::<Vec<_>>());
    let reports = gates.map(|gate| gate.finish().report);
    assert_eq!(reports[0].rules, reports[1].rules);
}

fn numbered(numbers: impl Iterator<Item = u64>, batch: &RecordBatch) -> Vec<(u64, Row)> {
    let numbers: Vec<u64> = numbers.collect();
    assert_eq!(numbers.len(), batch.num_rows());
    numbers.into_iter().zip(rows_of(batch)).collect()
}

fn ids(column: &ArrayRef) -> Vec<Vec<String>> {
    let lists = column.as_list::<i32>();
    (0..lists.len())
        .map(|row| {
            let texts = arrow::compute::cast(&lists.value(row), &arrow::datatypes::DataType::Utf8).unwrap();
            texts.as_string::<i32>().iter().flatten().map(str::to_owned).collect()
        })
        .collect()
}

fn check_columns(decision: &Decision, policy: Policy, failed: &[Vec<String>], first: u64) -> Result<(), TestCaseError> {
    if policy == Policy::Flag {
        prop_assert_eq!(ids(decision.passed.column_by_name("_gate_rules").unwrap()), failed.to_vec());
    }
    let aside = decision.quarantine().unwrap();
    let numbers = aside.column_by_name("_gate_row").unwrap().as_primitive::<UInt64Type>().values().to_vec();
    let expected: Vec<Vec<String>> = numbers.iter().map(|number| failed[usize::try_from(number - first).unwrap()].clone()).collect();
    prop_assert_eq!(ids(aside.column_by_name("_gate_rules").unwrap()), expected);
    prop_assert_eq!(rows_of(&aside), rows_of(&decision.quarantined));
    Ok(())
}

fn check_counts(decision: &Decision, rows: usize) -> Result<(), TestCaseError> {
    let counts = decision.counts;
    prop_assert_eq!(counts.rows, rows as u64);
    prop_assert_eq!(counts.passed + counts.quarantined, counts.rows);
    prop_assert_eq!((counts.passed, counts.quarantined), (decision.passed.num_rows() as u64, decision.quarantined.num_rows() as u64));
    prop_assert_eq!(decision.changed().unwrap().num_rows() as u64, counts.replaced);
    Ok(())
}

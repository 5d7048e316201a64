//! Rules in words: what they say of conditions, and what they say of nulls and NaN, held against the engine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};
use rulegate::RuleSet;
use rulegate::compile::Then;

const BLOCK: &str = r#"rulegate 1
set chains = ("base", "solana")
features t {
  a : float64
  b : float64?
  n : int64?
  s : string?
  p : bool?
"#;

/// Conditions and their words.
const WORDS: &[(&str, &str)] = &[
    ("a >= 0", "a is at least 0"),
    ("a between 0 and 1", "a is between 0 and 1, both included"),
    ("a not between 0 and 1", "a is not between 0 and 1, both included"),
    ("s in (\"x\", \"y\")", "s is one of \"x\", \"y\""),
    ("s not in chains", "s is not in the set chains (\"base\", \"solana\")"),
    ("s matches /[a-z]+/", "the whole of s matches /[a-z]+/"),
    ("s is not null", "s is not null"),
    ("s is distinct from \"x\"", "s is distinct from \"x\""),
    ("p", "p is true"),
    ("not p", "p is false"),
    ("p and a > 0", "p is true and a is greater than 0"),
    ("(p or a > 0) and n = 1", "(p is true or a is greater than 0) and n equals 1"),
    ("(a + b) * 2 != n", "(a + b) * 2 differs from n"),
    ("coalesce(b, 0) >= 0", "coalesce(b, 0) is at least 0"),
    ("starts_with(s, \"x\")", "starts_with(s, \"x\") is true"),
    ("if(p, a, b) > 0", "case when p is true then a else b end is greater than 0"),
    ("cast(s as int32) = 1", "cast(s as int32) equals 1"),
];

/// Conditions whose results for nulls and NaN are compared with the engine's.
const CONDITIONS: &[&str] = &[
    "a >= 0",
    "b < 1",
    "b != 1",
    "not b = 1",
    "b between 0 and 1",
    "b not between 0 and 1",
    "b in (1, 2)",
    "b not in (1, 2)",
    "b is null",
    "b is not null",
    "b is distinct from a",
    "b is not distinct from b",
    "finite(b)",
    "is_nan(b)",
    "b + n > a",
    "b > 0 and a > 0",
    "b > 0 or a > 0",
    "p or b > 0",
    "p and s = \"x\"",
    "not p or n > 0",
    "coalesce(b, a) > 0",
    "coalesce(n, 1) > 0",
    "nullif(n, 1) > 0",
    "if(p, n > 0, s = \"x\")",
    "case when b > 0 then true when n > 0 then p else s is null end",
    "s like \"x%\"",
    "s matches /x+/",
    "length(s) > 1",
    "least(a, b) > 0",
    "abs(b) > 0",
    "-b < 0",
    "cast(n as float64) > b",
];

fn compiled(items: &str) -> RuleSet {
    let text = format!("{BLOCK}{items}}}\n");
    let compiled = RuleSet::compile("t.rules", &text, &Default::default());
    compiled.rule_set.unwrap_or_else(|| panic!("{text}{:#?}", compiled.diagnostics))
}

fn numbered(conditions: impl Iterator<Item = &'static str>) -> RuleSet {
    compiled(&conditions.enumerate().map(|(index, condition)| format!("  rule r{index}: {condition}\n")).collect::<String>())
}

#[test]
fn conditions_are_told_in_words() {
    let rules = numbered(WORDS.iter().map(|(condition, _)| *condition));
    let wrong: Vec<String> = WORDS
        .iter()
        .enumerate()
        .filter_map(|(index, (condition, words))| {
            let found = rules.describe(&format!("t.r{index}")).unwrap().expects;
            (found != *words).then(|| format!("{condition}: `{found}` and not `{words}`"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rules_that_fields_and_checks_bring_are_told_in_words() {
    let rules = compiled(
        "  k : int64 unique, increasing
           l : list<string> length between 1 and 3, each length <= 80
           v : float64? >= 0 when p @warn(1%) @error(2%) @owner(\"team\")
           fields /x_\\d+/ : float64? >= 0
           /// Enough.
           check c { where a > 0 by s expect mean(b) between 0 and 1 }
           check d: row_count() > 0\n",
    );
    let expects =
        |id: &str| rules.describe(id).unwrap_or_else(|| panic!("{id} is not among {:?}", rules.rule_ids().collect::<Vec<_>>())).expects;
    assert_eq!(expects("t.k.required"), "k has a value");
    assert_eq!(expects("t.k.type"), "the column k has the type int64");
    assert_eq!(expects("t.k.unique"), "no two rows have the same k");
    assert_eq!(expects("t.k.order"), "every k is greater than the one before");
    assert_eq!(expects("t.l.length"), "length(l) is between 1 and 3, both included");
    assert_eq!(expects("t.l.each.length"), "for every item of l: length(item) is at most 80");
    assert_eq!(expects("t.fields(x_\\d+).range"), "in every column of a name that matches /x_\\d+/: the value is at least 0");
    assert_eq!(expects("t.c"), "over all rows where a is greater than 0, for each s alone: mean(b) is between 0 and 1, both included");
    assert_eq!(expects("t.d"), "over all rows: row_count() is greater than 0");
    let v = rules.describe("t.v.range").unwrap();
    assert_eq!((v.when.as_deref(), v.owner.as_deref()), (Some("p is true"), Some("team")));
    assert_eq!((v.warn.unwrap().to_string(), v.error.unwrap().to_string()), ("1%".to_owned(), "2%".to_owned()));
    assert_eq!(rules.describe("t.c").unwrap().docs.as_deref(), Some("Enough."));
    assert!(rules.describe("t.none").is_none());
}

#[test]
fn expressions_that_double_are_cut_and_take_no_time() {
    let mut items = "  let l0 = a + 1\n".to_owned();
    (1..40).for_each(|n| items.push_str(&format!("  let l{n} = l{0} + l{0}\n", n - 1)));
    let words = compiled(&format!("{items}  rule r: l39 > 0\n")).describe("t.r").unwrap().expects;
    assert!(words.chars().count() < 1_100 && words.contains('…'), "{words}");
}

/// Ordinary values of all columns, so that each comparison above comes out both ways.
const ORDINARY: &[(f64, f64, i64, &str, bool)] = &[
    (1.0, 1.0, 1, "x", true),
    (-1.0, 2.0, -1, "yy", false),
    (0.5, -0.5, 2, "xx", true),
    (2.0, 0.0, 0, "", false),
    (-0.5, 0.25, 3, "x", false),
    (3.0, -7.0, -2, "zebra", true),
];

/// What the engine does with a row: by rule, as told by its counts.
fn judged(rules: &RuleSet, columns: Vec<(&str, ArrayRef)>) -> Vec<Then> {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    let mut session = rules.bind(&batch.schema()).unwrap().session();
    session.add(&batch).unwrap();
    let report = session.finish();
    (0..CONDITIONS.len())
        .map(|index| {
            let rule = report.rule(&format!("t.r{index}")).unwrap();
            assert_eq!(rule.faulted, 0, "{}", CONDITIONS[index]);
            match (rule.evaluated, rule.passed, rule.failed) {
                (0, ..) => Then::NotAsked,
                (_, 1, _) => Then::Passes,
                (_, _, 1) => Then::Fails,
                _ => Then::Unknown,
            }
        })
        .collect()
}

fn row(index: usize, special: &str, nan: bool) -> Vec<(&'static str, ArrayRef)> {
    let (a, b, n, s, p) = ORDINARY[index];
    let float = |name: &str, value: f64| -> ArrayRef {
        Arc::new(Float64Array::from(vec![if special != name {
            Some(value)
        } else if nan {
            Some(f64::NAN)
        } else {
            None
        }]))
    };
    vec![
        ("a", float("a", a)),
        ("b", float("b", b)),
        ("n", Arc::new(Int64Array::from(vec![(special != "n").then_some(n)]))),
        ("s", Arc::new(StringArray::from(vec![(special != "s").then_some(s)]))),
        ("p", Arc::new(BooleanArray::from(vec![(special != "p").then_some(p)]))),
    ]
}

#[test]
fn what_is_said_of_nulls_and_nan_is_what_the_engine_does() {
    let rules = numbered(CONDITIONS.iter().copied());
    let (mut wrong, mut compared, mut exact) = (Vec::new(), 0, 0);
    for (column, nan) in [("a", false), ("a", true), ("b", false), ("b", true), ("n", false), ("s", false), ("p", false)] {
        let seen: Vec<Vec<Then>> = (0..ORDINARY.len()).map(|index| judged(&rules, row(index, column, nan))).collect();
        for (index, condition) in CONDITIONS.iter().enumerate() {
            let info = rules.describe(&format!("t.r{index}")).unwrap();
            let Some(said) = info.special.iter().find(|special| special.column == column && special.nan == nan) else { continue };
            let found: Vec<Then> = seen.iter().map(|row| row[index]).collect();
            if found.iter().any(|then| !said.then.contains(then)) {
                wrong.push(format!("{condition}, {column} {}: said {:?}, seen {found:?}", if nan { "NaN" } else { "null" }, said.then));
            }
            compared += 1;
            exact += usize::from(said.then.iter().all(|then| found.contains(then)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 60 && exact * 10 >= compared * 9, "{exact} of {compared} say no more than what is seen");
}

#[test]
fn a_when_and_nulls_that_fail_are_told() {
    let rules = compiled("  rule r @nulls(fail) { when p expect b > 0 }\n");
    let info = rules.describe("t.r").unwrap();
    let then = |column: &str, nan: bool| info.special.iter().find(|one| one.column == column && one.nan == nan).unwrap().then.clone();
    assert_eq!(then("p", false), [Then::NotAsked]);
    assert_eq!(then("b", false), [Then::UnknownFails, Then::NotAsked]);
    assert_eq!(then("b", true), [Then::Fails, Then::NotAsked]);
}

//! Tests of rules: what they come to, what they cover, and which changes of rules they notice.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::time::{Duration, SystemTime};

use rulegate::compile::LoadError;
use rulegate::testing::{Expected, Options, RuleMutants, StoredRow, StoredRows, TestResult, Tested, Verdict, mutate, run};
use rulegate::{HostFunctions, RuleSet};

use arrow::array::{ArrayRef, Float64Array, RecordBatch};
use std::sync::Arc;

fn rules(body: &str) -> RuleSet {
    let compiled = RuleSet::compile("t.rules", &format!("rulegate 1\n{body}"), &Default::default());
    let told: Vec<String> = compiled.diagnostics.iter().map(|one| format!("{}: {}", one.code.as_str(), one.message)).collect();
    compiled.rule_set.unwrap_or_else(|| panic!("{told:#?}"))
}

fn tested(body: &str) -> Tested {
    run(&rules(body), &Options { now: Some(noon()), ..Options::default() })
}

/// 2026-06-01T12:00:00Z
fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_315_200)
}

/// The mismatches of the only test, as `rule: expected, actual`.
fn told(test: &TestResult) -> Vec<String> {
    test.mismatches.iter().map(|miss| format!("{}: {}, {}", miss.rule.as_deref().unwrap_or("-"), miss.expected, miss.actual)).collect()
}

fn only(tested: &Tested) -> &TestResult {
    assert_eq!(tested.tests.len(), 1);
    &tested.tests[0]
}

const ORDERS: &str = r#"
features orders {
  amount : float64 >= 0
  note   : string?
  rate   : float64? > 0 @warn(0%)
  ghost  : float64? > 0 @shadow
  ratio  : float64?
  rule noted { when amount > 100 expect length(note) > 3 }
  rule safe: 10 / ratio > 1
  example good { amount: 12.5, note: "fine", ratio: 2 }
}
"#;

fn orders(test: &str) -> Tested {
    tested(&format!("{ORDERS}\ntest \"t\" for orders {{ {test} }}"))
}

#[test]
fn expectations_hold_as_the_contract_says() {
    let holds = [
        "given good expect pass",
        "given good with { amount: -1 } expect fail amount.range",
        "given good with { amount: -1 } expect only fail amount.range",
        // A fault fails.
        "given good with { ratio: 0 } expect only fail safe",
        "given good with { ratio: null } expect pass expect unknown safe",
        "given good with { amount: 200, note: null } expect unknown noted, safe expect pass",
        "given { note: \"x\" } expect only fail amount.required",
        // Warnings and shadow rules may fail where the row passes, and can be named.
        "given good with { rate: -1, ghost: -1 } expect pass expect fail rate.range expect only fail ghost.range, rate.range",
        "given good with { amount: -1, rate: -1 } expect fail orders.amount.range",
    ];
    for test in holds {
        let found = orders(&test.replace("unknown noted, safe expect pass", "unknown noted expect pass"));
        assert_eq!(told(only(&found)), Vec::<String>::new(), "{test}");
        assert!(only(&found).passed(), "{test}: {:?}", only(&found).trouble);
    }
    let fails: &[(&str, &[&str])] = &[
        ("given good with { amount: -1 } expect pass", &["orders.amount.range: does not fail, fails"]),
        ("given good expect fail amount.range", &["orders.amount.range: fails, passes"]),
        ("given good expect fail noted", &["orders.noted: fails, is not asked"]),
        ("given good expect unknown safe", &["orders.safe: is unknown, passes"]),
        ("given good with { ratio: 0 } expect pass", &["orders.safe: does not fail, fails: it cannot be computed"]),
        ("given good with { amount: -1, rate: -1 } expect only fail amount.range", &["orders.rate.range: does not fail, fails"]),
    ];
    for (test, expected) in fails {
        assert_eq!(told(only(&orders(test))), *expected, "{test}");
    }
}

#[test]
fn a_mismatch_shows_the_values_that_decided() {
    let found = orders("given good with { amount: 150, note: \"hm\" } expect pass");
    let miss = &only(&found).mismatches[0];
    assert_eq!((miss.rule.as_deref(), &miss.expected, miss.actual), (Some("orders.noted"), &Expected::Pass, Verdict::Fail));
    assert_eq!(serde_json::to_value(&miss.rows).unwrap(), serde_json::json!([{ "row": 0, "values": { "amount": 150.0, "note": "hm" } }]));
}

#[test]
fn values_of_every_type_reach_their_rules() {
    let found = tested(
        r#"
features all {
  tags   : list<string>  length between 1 and 2, each length <= 3
  point  : struct { x: float64 > 0, y: int64? }
  sizes  : map<string, int64>
  wait   : duration <= 5 min
  price  : decimal(6, 2) = 12.50
  open   : decimal = 0.1
  day    : date >= date "2026-01-01"
  at     : timestamp <= now()
  wall   : timestamp(local) >= timestamp "2026-01-01T00:00:00"
  clock  : time < time "12:00:00"
  bytes  : binary
  flag   : bool
  small  : int8 between -128 and 127
  large  : uint64 > 0
  kind   : enum(1, 2, 3)
  ratio  : float64? <= 1 @name(at_most), finite
  vector : vector<float32, 2> norm <= 1.01
  any    : number >= 0.5
  rule lookup: sizes["a"] = 1 and point.y is null
  example whole {
    tags: ["a", "bcd"], point: { x: 1 }, sizes: { a: 1, `b c`: 2 }, wait: 90 s, price: 12.5, open: 0.1, day: today(), at: now(),
    wall: timestamp "2026-06-01T00:00:00", clock: time "11:59:59", bytes: "ab", flag: true, small: -128, large: 18_000_000_000_000_000_000,
    kind: 3, vector: [0.6, 0.8], any: 0.5,
  }
}
test "all pass" for all { given whole expect pass }
test "lists" for all { given whole with { tags: ["abcd", "b", "c"] } expect only fail tags.length, tags.each.length }
test "nulls in lists" for all { given whole with { tags: [null] } expect fail tags.type }
test "structs" for all { given whole with { point: { x: 0, y: 2 } } expect only fail point.x.range, lookup }
test "absent members" for all { given whole with { point: {} } expect only fail point.x.required }
test "maps" for all { given whole with { sizes: {} } expect unknown lookup }
test "times" for all {
  given whole with { wait: 6 min, at: now() + 1 s, day: date "2025-12-31", wall: timestamp "2025-12-31T23:59:59", clock: time "12:00:00" }
  expect only fail wait.range, at.range, day.range, wall.range, clock.range
}
test "numbers" for all {
  given whole with { price: 12.51, open: 0.11, large: 0, kind: 4, any: 0 }
  expect only fail price.range, open.range, large.range, kind.enum, any.range
}
test "what is no number" for all { given whole with { ratio: cast("NaN" as float64) } expect only fail ratio.at_most, ratio.finite }
test "vectors of another length" for all { given whole with { vector: [1] } expect fail vector.type }
"#,
    );
    for test in &found.tests {
        assert_eq!(told(test), Vec::<String>::new(), "{} {:?}", test.name, test.trouble);
    }
    assert!(found.tests.iter().all(TestResult::passed));
}

const TABLE: &str = r#"
features t {
  key id
  id    : int64 unique
  seq   : int64? increasing
  price : float64 >= 0
  mail  : string? is_email @redact
  fields /vol_\d/ : float64? >= 0
  check many: row_count() >= 3
  check by_id { by id expect count(price) <= 1 }
  example one { id: 1, price: 1 }
}
"#;

fn table(test: &str) -> Tested {
    tested(&format!("{TABLE}\ntest \"t\" for t {{ {test} }}"))
}

#[test]
fn one_row_is_judged_by_the_rules_on_rows_and_several_are_a_table() {
    let holds = [
        "given one expect only fail many",
        "given one expect pass",
        "given one given one with { id: 2 } given one with { id: 3 } expect pass",
        "given { id: 1, price: 1 } { id: 1, price: 1 } expect fail id.unique, many expect fail by_id",
        "given one with { seq: 2 } given one with { id: 2, seq: 1 } expect only fail seq.order, many",
        "given one with { seq: 2 } given one with { id: 2, seq: 3 } given one with { id: 3, price: null } expect only fail price.required",
        "given one expect unknown seq.order",
        "given one with { vol_1: 1, vol_2: -1 } expect only fail `fields(vol_\\d)`.range",
    ];
    for test in holds {
        assert_eq!(told(only(&table(test))), Vec::<String>::new(), "{test}");
    }
    let two = table("given one given one with { id: 2, price: -1 } expect pass");
    assert_eq!(told(only(&two)), ["t.price.range: does not fail, fails", "t.many: does not fail, fails"]);
    let misses = &only(&two).mismatches;
    assert_eq!(serde_json::to_value(&misses[0].rows).unwrap(), serde_json::json!([{ "row": 1, "values": { "price": -1.0 } }]));
    assert_eq!((misses[1].measured.clone(), misses[1].rows.len()), (Some(2.into()), 0));
}

#[test]
fn redacted_values_are_blacked_out() {
    let found = table("given one with { mail: \"secret\" } expect pass");
    let miss = &only(&found).mismatches[0];
    assert_eq!(miss.rows[0].values["mail"], "[redacted]");
    assert!(!format!("{found:?}").contains("secret"));
}

#[test]
fn what_cannot_be_judged_is_a_failure() {
    let trouble = |tested: &Tested| only(tested).trouble.clone().unwrap_or_default();
    let rules_with_now = rules("features t { at : timestamp <= now() }\ntest \"t\" for t { given { at: now() } expect pass }");
    let without_clock = run(&rules_with_now, &Options::default());
    assert!(trouble(&without_clock).contains("no time was handed in"), "{}", trouble(&without_clock));

    let stored = tested("features t { a : int64 }\ntest \"t\" for t { given row 3 from \"x.parquet\" expect pass }");
    assert!(trouble(&stored).contains("nothing reads files here"));

    let host =
        "extern function known(a: int64): bool\nfeatures t { a : int64 rule r: known(a) }\ntest \"t\" for t { given { a: 1 } expect pass }";
    assert_eq!(told(only(&tested(host))), ["t.r: does not fail, is in error"]);
    assert!(only(&tested(host)).mismatches[0].reason.is_some());

    let missing =
        "features t { a : string in reference(\"ids.csv\", \"id\") }\ntest \"t\" for t { given { a: \"x\" } expect fail a.reference }";
    assert_eq!(told(only(&tested(missing))), ["t.a.reference: fails, is in error"]);
}

#[test]
fn host_functions_take_part() {
    use arrow::array::{AsArray, BooleanArray};
    use arrow::datatypes::{DataType, Int64Type};
    let text = "extern function even(a: int64): bool\nfeatures t { a : int64 rule r: even(a) }\ntest \"t\" for t { given { a: 3 } expect only fail r }";
    let mut functions = HostFunctions::default();
    functions.register("even", [DataType::Int64], DataType::Boolean, |args| {
        let values = args[0].as_primitive::<Int64Type>();
        Ok(Arc::new(values.iter().map(|value| value.map(|value| value % 2 == 0)).collect::<BooleanArray>()) as ArrayRef)
    });
    let found = run(&rules(text), &Options { functions, ..Options::default() });
    assert!(only(&found).passed(), "{:?}", only(&found));
}

/// Rows 0, 1, … of one column `price`.
struct Prices(Vec<f64>);

impl StoredRows for Prices {
    fn row(&self, asked: &StoredRow<'_>) -> Result<RecordBatch, LoadError> {
        let value = usize::try_from(asked.row).ok().and_then(|row| self.0.get(row));
        let value = value.ok_or_else(|| LoadError::Missing(asked.path.to_owned()))?;
        Ok(RecordBatch::try_from_iter([("price", Arc::new(Float64Array::from(vec![*value])) as ArrayRef)]).unwrap())
    }
}

#[test]
fn stored_rows_come_from_the_caller() {
    let text = r#"
features t { price : float64 >= 0  check many: row_count() >= 3 }
test "one" for t { given row 0 from "p.parquet" expect pass }
test "bad" for t { given row 1 from "p.parquet" expect fail price.range }
test "all" for t { given row 0 from "p.parquet" given { price: 2 } given row 0 from "p.parquet" expect pass }
test "none" for t { given row 7 from "p.parquet" expect pass }
"#;
    let prices = Prices(vec![1.0, -1.0]);
    let found = run(&rules(text), &Options { rows: Some(&prices), ..Options::default() });
    let passed: Vec<bool> = found.tests.iter().map(TestResult::passed).collect();
    assert_eq!(passed, [true, true, true, false], "{:#?}", found.tests);
    assert!(found.tests[3].trouble.as_ref().unwrap().contains("row 7 of `p.parquet`"));
}

#[test]
fn a_filter_leaves_tests_out_and_says_how_many() {
    let rules = rules(&format!(
        "{ORDERS}\ntest \"ab\" for orders {{ given good expect pass }}\ntest \"bc\" for orders {{ given good expect pass }}"
    ));
    let found = run(&rules, &Options { filter: Some("a".to_owned()), ..Options::default() });
    assert_eq!((only(&found).name.as_str(), found.left_out), ("ab", 1));
}

#[test]
fn coverage_counts_what_tests_have_seen() {
    let found = tested(
        r#"
features t {
  a : int64 >= 0
  b : float64? <= 9
  c : string? in reference("ids.csv", "id")
  check some: row_count() > 0
}
test "passes" for t { given { a: 1 } expect pass }
test "fails" for t { given { a: -1, b: 10 } expect fail a.range }
"#,
    );
    let shown: Vec<String> = found
        .coverage
        .iter()
        .map(|rule| {
            let seen = |test: &Option<String>| test.clone().unwrap_or_else(|| "-".to_owned());
            let exempt = if rule.exempt.is_some() { "exempt" } else { "counts" };
            format!("{} {} {} {exempt} {}", rule.rule, seen(&rule.passes_in), seen(&rule.fails_in), rule.is_covered())
        })
        .collect();
    assert_eq!(
        shown,
        [
            "t.a.required passes - counts false",
            "t.a.type passes - exempt true",
            "t.a.range passes fails counts true",
            "t.b.type passes - exempt true",
            // It fails in a test that does not expect it.
            "t.b.range - - counts false",
            "t.c.type passes - exempt true",
            "t.c.reference - - exempt true",
            "t.some - - counts false",
        ]
    );
}

#[test]
fn mutants_survive_where_no_test_looks() {
    let survivors = |tests: &str| -> Vec<(String, Vec<String>)> {
        let text = format!(
            r#"
features t {{
  a : int64 between 0 and 10
  b : string in ("x", "y")
  c : float64? < 0.5 when a > 5
  check few: row_count() <= 2
  example good {{ a: 1, b: "x" }}
}}
{tests}"#
        );
        let found = mutate(&rules(&text), &Options::default());
        assert!(found.iter().all(|rule| rule.tried >= 1 && rule.survivors.len() <= rule.tried));
        found.into_iter().filter(|rule| !rule.survivors.is_empty()).map(|rule| (rule.rule, rule.survivors)).collect()
    };
    let none = survivors("test \"t\" for t { given good expect pass }");
    // Nothing fails in any test: every rule could go.
    assert!(none.iter().all(|(_, survivors)| survivors[0] == RuleMutants::DROPPED));
    let ids: Vec<&str> = none.iter().map(|(rule, _)| rule.as_str()).collect();
    assert_eq!(ids, ["t.a.required", "t.a.range", "t.b.required", "t.b.enum", "t.c.range", "t.few"]);

    let most = survivors(
        r#"
test "good" for t { given good expect pass }
test "y" for t { given good with { b: "y", a: 0, c: 0.5 } expect pass }
test "needed" for t { given {} expect only fail a.required, b.required }
test "below" for t { given good with { a: -1 } expect only fail a.range }
test "ten" for t { given good with { a: 10, c: 0.4 } expect pass }
test "above" for t { given good with { a: 11, c: 0.5 } expect only fail a.range, c.range }
test "z" for t { given good with { b: "z" } expect only fail b.enum }
test "two" for t { given good given good expect pass }
test "three" for t { given good given good given good expect only fail few }
"#,
    );
    // Between 0.4 and 0.5 nothing is tried, so the bound could be 0.4: with `<`, 0.4 itself would fail.
    assert_eq!(most, Vec::<(String, Vec<String>)>::new());

    let edges = survivors(
        r#"
test "good" for t { given good expect pass }
test "needed" for t { given {} expect only fail a.required, b.required }
test "far" for t { given good with { a: -100 } expect only fail a.range }
test "z" for t { given good with { b: "z" } expect only fail b.enum }
test "c" for t { given good with { a: 9, c: 7 } expect only fail c.range }
test "many" for t { given good given good given good given good expect only fail few }
"#,
    );
    let of = |id: &str| edges.iter().find(|(rule, _)| rule == id).map(|(_, survivors)| survivors.clone()).unwrap_or_default();
    assert_eq!(of("t.a.range"), ["`>= 0` became `>`", "0 became -1", "0 became 1", "`<= 10` became `<`", "10 became 9", "10 became 11"]);
    assert_eq!(of("t.b.enum"), ["\"y\" left the set"]);
    assert!(of("t.c.range").contains(&"0.5 became 0.6".to_owned()) && of("t.c.range").contains(&"without its `when`".to_owned()));
    assert!(of("t.few").contains(&"2 became 3".to_owned()) && !of("t.few").contains(&RuleMutants::DROPPED.to_owned()));
}

#[test]
fn the_example_of_the_contract_is_caught() {
    let found = tested(
        r#"
param min_liquidity: float = 1_000
set chains = ("ethereum", "solana", "base")
features token_features {
  key token_id
  token_id         : int64    unique
  chain            : string   in chains
  contract_address : string   matches /0x[0-9a-f]{40}/
  gem_score        : float64  between 0 and 100
  liquidity_usd    : float64  >= 0
  flagged          : bool
  created_at       : timestamp
  updated_at       : timestamp >= created_at
  embedding        : vector<float32, 768>  finite, norm between 0.99 and 1.01
  let hot = gem_score > 80
  rule hot_tokens_need_liquidity @error {
    when    hot
    expect  liquidity_usd >= $min_liquidity
    message "score {gem_score} with only {liquidity_usd} USD"
  }
  check enough_rows: row_count() between 1_000 and 50_000_000
}
test "a hot token without liquidity is caught" for token_features {
  given  { token_id: 1, gem_score: 91.0, liquidity_usd: 12.0, flagged: false, chain: "base" }
  expect fail hot_tokens_need_liquidity
}
"#,
    );
    assert!(only(&found).passed(), "{:?}", only(&found));
}

/// A block with a few rules, and so many tests of it, every seventh of them wrong.
fn generated(tests: usize) -> String {
    use std::fmt::Write;
    let mut text = format!("rulegate 1\n{ORDERS}");
    for at in 0..tests {
        let amount = if at % 2 == 0 { at.cast_signed() } else { -at.cast_signed() };
        let expected = if (amount < 0) != (at % 7 == 0) { "only fail amount.range" } else { "pass" };
        writeln!(
            text,
            "test \"test {at}\" for orders {{ given good with {{ amount: {amount}, note: \"long enough\" }} expect {expected} }}"
        )
        .unwrap();
    }
    text
}

#[test]
fn thousands_of_tests_are_run() {
    let compiled = RuleSet::compile("many.rules", &generated(5_000), &Default::default());
    let rules = compiled.rule_set.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics.first()));
    let found = run(&rules, &Options::default());
    assert_eq!(found.tests.len(), 5_000);
    assert_eq!(found.tests.iter().filter(|test| !test.passed()).count(), 5_000_usize.div_ceil(7));
    assert_eq!(found.tests[14].name, "test 14");
}

#[test]
fn the_tests_of_all_packs_pass() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/std");
    let mut whole = Vec::new();
    for pack in ["token_features", "entities", "freshness", "embeddings", "money"] {
        let path = folder.join(format!("{pack}.rules"));
        let loader = rulegate::scan::FolderLoader::for_entry(&path);
        let options = rulegate::CompileOptions { loader: Some(&loader), ..Default::default() };
        let text = std::fs::read_to_string(&path).unwrap();
        let compiled = RuleSet::compile(&path.to_string_lossy(), &text, &options);
        let rules = compiled.rule_set.unwrap_or_else(|| panic!("{pack}: {:?}", compiled.diagnostics.first()));
        let found = run(&rules, &Options { now: Some(noon()), rows: Some(&loader), ..Options::default() });
        assert!(found.tests.len() >= 5, "{pack} has {} tests", found.tests.len());
        for test in &found.tests {
            assert!(test.passed(), "{pack}: {}: {:?} {:?}", test.name, told(test), test.trouble);
        }
        if found.coverage.iter().all(|rule| rule.is_covered()) {
            whole.push(pack);
        } else if pack == "money" {
            panic!("{:#?}", found.coverage.iter().filter(|rule| !rule.is_covered()).collect::<Vec<_>>());
        }
    }
    assert!(whole.contains(&"money"), "the tests of money cover every rule");
}

#[test]
fn tests_of_outputs_that_are_not_evaluated_fail() {
    let found = tested(
        r#"
output review from answer {
  mood  : enum("good", "bad")
  score : float between 0 and 1
  fallback { mood: "bad", score: 0 }
}
test "row" for review { given { mood: "good", score: 0.5 } expect pass }
test "text" for review { given """{"mood": "good", "score": 0.5}""" expect pass }
test "broken" for review { given """{"mood": "go""" expect reason truncated expect fail parse expect fallback }
"#,
    );
    assert_eq!(found.tests.len(), 3);
    for test in &found.tests {
        let trouble = test.trouble.as_deref().unwrap_or_default();
        assert!(test.passed() || trouble.starts_with("its rules are not evaluated: "), "{}: {trouble:?} {:?}", test.name, test.mismatches);
    }
}

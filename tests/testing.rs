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

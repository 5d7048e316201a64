//! `rulegate test` as its users run it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;
use tempfile::TempDir;

const ORDERS: &str = r#"rulegate 1
features orders {
  amount : float64 >= 0
  mail   : string? is_email @redact
  check enough: row_count() >= 2
  example good { amount: 12.5 }
}

test "a good order passes" for orders { given good expect pass }
test "amounts are not below 0" for orders {
  given  good with { amount: -1 }
  expect only fail amount.range
}
"#;

const WRONG: &str = r#"
test "minus one is fine" for orders { given good with { amount: -1, mail: "secret" } expect pass }
"#;

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn run(folder: &Path, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rulegate"));
    command.arg("test").args(args).current_dir(folder).env_remove("CLICOLOR_FORCE").env_remove("RUST_BACKTRACE");
    let output = assert_cmd::Command::from_std(command).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// The last line without the time.
fn summary(ran: &Ran) -> String {
    let line = ran.stdout.lines().last().unwrap_or_default();
    line.split(" (").next().unwrap_or_default().to_owned()
}

#[test]
fn passing_tests_are_summed_up_in_a_line() {
    let folder = folder(&[("orders.rules", ORDERS)]);
    let ran = run(folder.path(), &["orders.rules"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert_eq!((ran.stdout.lines().count(), summary(&ran).as_str()), (1, "PASS: 2 tests: 2 passed"));
}

#[test]
fn a_failing_test_shows_where_it_stands_and_what_decided() {
    let folder = folder(&[("orders.rules", &format!("{ORDERS}{WRONG}"))]);
    let ran = run(folder.path(), &["orders.rules"]);
    assert_eq!((ran.code, summary(&ran).as_str()), (Some(1), "FAIL: 3 tests: 2 passed, 1 failed"));
    for part in
        ["minus one is fine", "orders.rules:15", "orders.amount.range", "does not fail", "fails", "amount = -1.0", "mail = \"[redacted]\""]
    {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("secret") && !ran.stdout.contains('\u{1b}'), "{}", ran.stdout);
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 100), "{}", ran.stdout);
}

#[test]
fn folders_are_gone_through_and_files_without_tests_are_told() {
    let plain = "rulegate 1\nfeatures t { a : int64 }\n";
    let folder = folder(&[
        ("rules/a/orders.rules", ORDERS),
        ("rules/none.rules", plain),
        ("rules/_old/x.rules", "nonsense"),
        ("rules/notes.txt", ""),
    ]);
    let ran = run(folder.path(), &["rules"]);
    assert_eq!((ran.code, summary(&ran).as_str()), (Some(0), "PASS: 2 tests: 2 passed"), "{}", ran.stderr);
    assert!(ran.stdout.contains("rules/none.rules has no tests"), "{}", ran.stdout);

    let none = run(folder.path(), &["rules/none.rules"]);
    assert_eq!(none.code, Some(2));
    assert!(none.stderr.contains("there is no test"), "{}", none.stderr);
    let nowhere = run(folder.path(), &["nowhere"]);
    assert_eq!(nowhere.code, Some(2), "{}", nowhere.stderr);
}

#[test]
fn a_filter_runs_some_tests() {
    let folder = folder(&[("orders.rules", &format!("{ORDERS}{WRONG}"))]);
    let ran = run(folder.path(), &["orders.rules", "--filter", "good order"]);
    assert_eq!((ran.code, summary(&ran).as_str()), (Some(0), "PASS: 1 test: 1 passed, 2 left out"));
    let none = run(folder.path(), &["orders.rules", "--filter", "nothing"]);
    assert_eq!(none.code, Some(2));
    assert!(none.stderr.contains("no test has `nothing` in its name"), "{}", none.stderr);
}

#[test]
fn rules_with_errors_cannot_be_tested() {
    let folder = folder(&[("orders.rules", ORDERS), ("broken.rules", "rulegate 1\nfeatures t { a : int65 }\n")]);
    let ran = run(folder.path(), &["orders.rules", "broken.rules"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("E0204") && ran.stderr.contains("broken.rules: 1 error: none of its tests was run"), "{}", ran.stderr);
    assert_eq!(summary(&ran), "FAIL: 2 tests: 2 passed, 1 file with errors");
}

#[test]
fn parameters_and_the_clock_are_taken() {
    let text = "rulegate 1\nparam most: float = 10\nfeatures t { a : float64 <= $most  at : timestamp <= timestamp \"2026-01-01T00:00:00Z\" }\n\
                test \"limit\" for t { given { a: $most, at: now() } expect pass }\n\
                test \"eleven\" for t { given { a: 11, at: now() } expect pass }\n";
    let folder = folder(&[("t.rules", text)]);
    let ran = run(folder.path(), &["t.rules", "--param", "most=11", "--now", "2026-01-01T00:00:00Z"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let later = run(folder.path(), &["t.rules", "--param", "most=11", "--now", "2026-01-01T00:00:01Z"]);
    assert_eq!((later.code, summary(&later).as_str()), (Some(1), "FAIL: 2 tests: 0 passed, 2 failed"));
}

#[test]
fn coverage_and_mutants_are_told_and_change_no_verdict() {
    let folder = folder(&[("orders.rules", ORDERS)]);
    let ran = run(folder.path(), &["orders.rules", "--coverage", "--mutants"]);
    assert_eq!(ran.code, Some(0));
    for part in [
        "coverage orders.rules: 1 of 4 rules seen to pass and to fail (25.0%)",
        "orders.amount.required",
        "orders.enough  no test notices if it is dropped",
        "`>= 0` became `>`",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
}

#[test]
fn json_and_junit_say_the_same() {
    let folder = folder(&[("orders.rules", &format!("{ORDERS}{WRONG}"))]);
    let ran = run(folder.path(), &["orders.rules", "--format", "json", "--coverage", "--output", "junit=tests.xml"]);
    assert_eq!(ran.code, Some(1));
    let found: Json = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&found["tests"], &found["passed"], &found["failed"]), (&3.into(), &2.into(), &1.into()));
    let file = &found["files"][0];
    assert_eq!((&file["file"], &file["tests"][2]["line"]), (&"orders.rules".into(), &15.into()));
    let miss = &file["tests"][2]["mismatches"][0];
    assert_eq!((&miss["rule"], &miss["expected"], &miss["actual"]), (&"orders.amount.range".into(), &"pass".into(), &"fail".into()));
    assert_eq!(miss["rows"][0]["values"]["amount"], -1.0);
    assert!(file["coverage"].is_array() && file.get("mutants").is_none());

    let xml = std::fs::read_to_string(folder.path().join("tests.xml")).unwrap();
    for part in [
        "tests=\"3\"",
        "failures=\"1\"",
        "name=\"minus one is fine\"",
        "classname=\"orders\"",
        "orders.amount.range: expected does not fail, actual fails",
    ] {
        assert!(xml.contains(part), "{part}: {xml}");
    }
    let shown = run(folder.path(), &["orders.rules", "--format", "junit"]);
    assert!(shown.stdout.starts_with("<?xml") && shown.stdout.contains("<testsuite "), "{}", shown.stdout);
    let onto = run(folder.path(), &["orders.rules", "--output", "junit=orders.rules"]);
    assert_eq!(onto.code, Some(2), "a report must not replace the rules: {}", onto.stdout);
}

#[test]
fn rows_are_read_from_files_beside_the_rules() {
    let text = "rulegate 1\nfeatures t { a : int64 >= 0  b : string? }\n\
                test \"csv\" for t { given row 1 from \"data/rows.csv\" expect only fail a.range }\n\
                test \"text for a number\" for t { given row 2 from \"data/rows.csv\" expect fail a.type }\n\
                test \"json\" for t { given row 0 from \"data/rows.jsonl\" expect pass }\n\
                test \"beyond\" for t { given row 9 from \"data/rows.csv\" expect pass }\n\
                test \"outside\" for t { given row 0 from \"../rows.csv\" expect pass }\n";
    let folder = folder(&[("t.rules", text), ("data/rows.csv", "a,b\n1,x\n-1,\nten,\n"), ("data/rows.jsonl", "{\"a\": 1}\n")]);
    let ran = run(folder.path(), &["t.rules"]);
    assert_eq!((ran.code, summary(&ran).as_str()), (Some(1), "FAIL: 5 tests: 3 passed, 2 failed"), "{}", ran.stdout);
    assert!(ran.stdout.contains("it has no row 9") && ran.stdout.contains("outside"), "{}", ran.stdout);
}

#[test]
fn what_names_hold_acts_on_no_terminal() {
    let text = "rulegate 1\nfeatures t { a : int64 >= 0 }\ntest \"\\u{1b}[31m##[error]\" for t { given { a: -1 } expect pass }\n";
    let folder = folder(&[("t.rules", text)]);
    let ran = run(folder.path(), &["t.rules"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stdout.contains("##["), "{}", ran.stdout);
}

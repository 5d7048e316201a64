//! What new users stumbled over, one test for each: each is run as they ran it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
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
    let output = command.args(args).current_dir(folder).env_remove("CLICOLOR_FORCE").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn says(text: &str, parts: &[&str]) {
    parts.iter().for_each(|part| assert!(text.contains(part), "{part:?} is not in\n{text}"));
}

const ORDERS: &str = "rulegate 1
features orders {
  key id
  id     : int64 unique
  amount : float64 >= 0
  iban   : int64? @redact
  fields /n_\\d/ : int64?
  fields /s_\\d/ : int64? @redact
  rule paid: amount > 0 or iban is null
}
";

#[test]
fn what_stands_in_a_cell_that_does_not_parse_is_shown_unless_it_is_redacted() {
    let csv = "id,amount,iban,n_1,s_1\n1,\"12,5\",secret-1,many,secret-2\n2,\u{1b}[31m,secret-3,,\n";
    let json = "{\"id\":1,\"amount\":\"12,5\",\"iban\":\"secret-1\",\"n_1\":\"many\",\"s_1\":\"secret-2\"}\n";
    let folder = folder(&[("o.rules", ORDERS), ("o.csv", csv), ("o.jsonl", json)]);
    for data in ["o.csv", "o.jsonl"] {
        let human = run(folder.path(), &["validate", "--rules", "o.rules", data]);
        assert_eq!(human.code, Some(1));
        says(&human.stdout, &["orders.amount.type", "row 0  id=1  amount=\"12,5\"", "n_1=\"many\"", "iban=\"[redacted]\""]);
        for format in ["human", "json", "jsonl", "html", "markdown", "junit", "sarif", "github"] {
            let ran = run(folder.path(), &["validate", "--rules", "o.rules", data, "--format", format]);
            assert!(!ran.stdout.contains("secret") && !ran.stdout.contains('\u{1b}'), "{format}: {}", ran.stdout);
        }
    }
    let report: serde_json::Value =
        serde_json::from_str(&run(folder.path(), &["validate", "--rules", "o.rules", "o.csv", "--format", "json"]).stdout).unwrap();
    let rule = report["rules"].as_array().unwrap().iter().find(|rule| rule["id"] == "orders.amount.type").unwrap();
    assert_eq!(rule["samples"][0]["values"]["amount"], "12,5");
    assert_eq!(rule["failed"], 2);
    // What is judged, and what is written, stays as it was.
    let split = run(folder.path(), &["validate", "--rules", "o.rules", "o.csv", "--clean", "c.csv", "--quarantine", "q.csv", "--quiet"]);
    assert_eq!(split.code, Some(1), "{}", split.stderr);
    let header = std::fs::read_to_string(folder.path().join("q.csv")).unwrap();
    says(header.lines().next().unwrap(), &["id,amount,iban,n_1,s_1"]);
    assert!(!header.contains('\u{1f}'));
}

const MONEY: &str = "rulegate 1
features t {
  id : int64
  amount : float64 >= 0
}
";

#[test]
fn a_header_that_another_character_separates_is_named_with_the_option_that_reads_it() {
    let folder =
        folder(&[("t.rules", MONEY), ("t.csv", "id;amount\n1;2\n"), ("t2.csv", "id\tamount\n1\t2\n"), ("fine.csv", "id,amount\n1,2\n")]);
    for (file, told, option) in
        [("t.csv", "separated by `;`: `--delimiter ';'` reads it so", ";"), ("t2.csv", "by tabs: `--delimiter tab` reads", "tab")]
    {
        let ran = run(folder.path(), &["validate", "--rules", "t.rules", file]);
        assert_eq!(ran.code, Some(1));
        says(&ran.stdout.replace("\n│ ", " "), &["is one column", &told.replace(": `--", "; `--")]);
        let read = run(folder.path(), &["validate", "--rules", "t.rules", file, "--delimiter", option, "--clean", "c.csv"]);
        assert_eq!((read.code, read.stdout.contains("is one column")), (Some(0), false), "{}{}", read.stdout, read.stderr);
        assert_eq!(std::fs::read_to_string(folder.path().join("c.csv")).unwrap(), "id,amount\n1,2\n");
        std::fs::remove_file(folder.path().join("c.csv")).unwrap();
    }
    assert!(!run(folder.path(), &["validate", "--rules", "t.rules", "fine.csv"]).stdout.contains("is one column"));
    let wrong = run(folder.path(), &["validate", "--rules", "t.rules", "t.csv", "--delimiter", "ab"]);
    assert_eq!(wrong.code, Some(2));
    says(&wrong.stderr, &["a delimiter is one character of ASCII"]);
}

#[test]
fn times_without_a_zone_are_told_to_be_read_as_utc() {
    let rules = "rulegate 1\nfeatures t { at : timestamp  local : timestamp(local)? }\n";
    let folder = folder(&[
        ("t.rules", rules),
        ("none.csv", "at,local\n2026-01-01T10:00:00Z,2026-01-01 10:00:00\n2026-01-01 10:00:00,\n"),
        ("all.csv", "at,local\n2026-01-01T10:00:00Z,2026-01-01 10:00:00\n"),
        ("none.jsonl", "{\"at\": \"2026-01-01T10:00:00\"}\n"),
    ]);
    let warning = "warning: column `at` has times without a zone, which are read as UTC";
    for (data, warns) in [("none.csv", true), ("all.csv", false), ("none.jsonl", true)] {
        let ran = run(folder.path(), &["validate", "--rules", "t.rules", data]);
        assert_eq!(
            (ran.code, ran.stdout.contains(warning), ran.stdout.contains("`local`")),
            (Some(0), warns, false),
            "{data}: {}",
            ran.stdout
        );
    }
}

#[test]
fn check_and_test_take_folders_and_the_rules_of_the_project() {
    let sound = "rulegate 1\nfeatures t {\n  a : int64 > 0\n}\ntest \"x\" for t {\n  given  { a: 1 }\n  expect pass\n}\n";
    let wrong = "rulegate 1\nfeatures t {\n  a : int46\n}\n";
    let folder =
        folder(&[("p/rules/b.rules", sound), ("p/rules/deep/a.rules", sound), ("p/other/c.rules", wrong), ("p/.hidden/d.rules", wrong)]);
    let project = folder.path().join("p");
    let ran = run(&project, &["check", "rules"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "checked 2 files: 0 errors, 0 warnings\n"), "{}", ran.stderr);
    let all = run(&project, &["check"]);
    assert_eq!(all.code, Some(1));
    says(&all.stdout, &["other/c.rules:3:7", "checked 3 files: 1 error, 0 warnings"]);
    std::fs::write(project.join("rulegate.toml"), "rules = \"rules/b.rules\"\n").unwrap();
    for place in [project.clone(), project.join("rules/deep")] {
        assert_eq!(run(&place, &["check"]).stdout, "checked 1 file: 0 errors, 0 warnings\n");
        says(&run(&place, &["test"]).stdout, &["PASS: 1 test: 1 passed"]);
    }
    says(&run(&project, &["test", "rules"]).stdout, &["PASS: 2 tests: 2 passed"]);
    let none = run(folder.path(), &["check", "p/.hidden/none"]);
    assert_eq!(none.code, Some(2));
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    let empty = run(&folder.path().join("empty"), &["check"]);
    assert_eq!(empty.code, Some(2));
    says(&empty.stderr, &["there is no rule file in this folder", "or say `rules = \"…\"` in rulegate.toml"]);
}

#[test]
fn words_of_reports_are_explained() {
    let folder = folder(&[]);
    for (word, part) in
        [("severity", "whether a rule's failures fail the data"), ("quarantine", "Where rejected rows go"), ("Vacuous", "judged nothing")]
    {
        let ran = run(folder.path(), &["explain", word]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        says(&ran.stdout, &[part, "word of the book"]);
    }
    says(&run(folder.path(), &["explain", "shadow"]).stdout, &["@shadow", "never acted on"]);
    says(&run(folder.path(), &["explain", "quarantin"]).stderr, &["did you mean `quarantine`?"]);
}

#[test]
fn required_says_that_attributes_of_constraints_are_not_its_own() {
    let rules = "rulegate 1\nfeatures t {\n  a : int64 >= 0 @warn\n  b : int64 @warn >= 0\n}\n";
    let folder = folder(&[("t.rules", rules), ("t.csv", "a,b\n1,\n")]);
    let strict = run(folder.path(), &["explain", "a.required", "--rules", "t.rules"]);
    says(&strict.stdout, &["`t.a.range` has severity warn, and this rule has not"]);
    let soft = run(folder.path(), &["explain", "b.required", "--rules", "t.rules"]);
    assert!(!soft.stdout.contains("beside"), "{}", soft.stdout);
    assert_eq!(run(folder.path(), &["validate", "--rules", "t.rules", "t.csv"]).code, Some(0));
}

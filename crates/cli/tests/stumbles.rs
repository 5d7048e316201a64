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
            (ran.code, ran.stdout.contains(warning), ran.stdout.contains("column `local` has")),
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
    says(&run(folder.path(), &["explain", "null"]).stdout, &["is null"]);
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

#[test]
fn files_that_are_no_rules_are_refused_and_left_as_they_are() {
    let csv = "id,amount\r\n1,2\r\n";
    let others: [(&str, &[u8], &str); 5] = [
        ("o.csv", csv.as_bytes(), "this is no rule file"),
        ("o.yaml", b"rules:\n  - name: x\n", "this is no rule file"),
        ("o.json", b"{\"a\": 1}\n", "this is no rule file"),
        ("o.parquet", b"PAR1\x15\x04\x15\x00PAR1", "this is a Parquet file, and no rule file"),
        ("o.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "compressed by gzip, and no rule file"),
    ];
    let folder = folder(&[]);
    for (name, bytes, told) in others {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        for args in [
            &["check", name][..],
            &["check", "--fix", name],
            &["check", "--fix", "--diff", name],
            &["fmt", name],
            &["fmt", "--check", name],
        ] {
            let ran = run(folder.path(), args);
            assert_eq!(ran.code, Some(2), "{args:?}: {}{}", ran.stdout, ran.stderr);
            says(&ran.stderr, &[told]);
            assert_eq!(std::fs::read(folder.path().join(name)).unwrap(), bytes, "{args:?}");
        }
    }
    says(&run(folder.path(), &["check", "o.csv"]).stderr, &["rulegate validate --rules FILE.rules o.csv"]);
    // The two mixed up.
    std::fs::write(folder.path().join("t.rules"), MONEY).unwrap();
    let swapped = run(folder.path(), &["validate", "--rules", "o.parquet", "t.rules"]);
    assert_eq!(swapped.code, Some(2));
    says(&swapped.stderr, &["data stands without an option"]);
}

/// What `check --fix` leaves of a text.
fn fixed(text: &str) -> (String, Ran) {
    let folder = folder(&[("t.rules", text)]);
    let ran = run(folder.path(), &["check", "--fix", "t.rules"]);
    (std::fs::read_to_string(folder.path().join("t.rules")).unwrap(), ran)
}

#[test]
fn an_edit_is_made_only_where_it_mends() {
    let block = |line: &str| format!("rulegate 1\nfeatures t {{\n  paid : bool\n  qty : int64\n  amount : float64\n  {line}\n}}\n");
    for (before, after) in [
        ("rule r: amount > 0 && qty > 0 || !paid", "rule r: amount > 0 and qty > 0 or not paid"),
        ("rule r: amount > 0&&qty > 0", "rule r: amount > 0 and qty > 0"),
        ("rule r: CASE WHEN paid THEN qty > 0 ELSE qty = 0 END", "rule r: case when paid then qty > 0 else qty = 0 end"),
        ("rule r: amount > 0 -- it is paid", "rule r: amount > 0 // it is paid"),
        ("rule r = amount > 0", "rule r: amount > 0"),
        ("rule r @warn 5%: amount > 0", "rule r @warn(5%): amount > 0"),
    ] {
        let (text, ran) = fixed(&block(before));
        assert_eq!((text.as_str(), ran.code), (block(after).as_str(), Some(0)), "{}{}", ran.stdout, ran.stderr);
    }
    // What cannot be mended stays as it was written.
    for line in ["b : int64 required", "rule r: qty == missing(", "rule r: amount > 0 && qty >"] {
        let (text, ran) = fixed(&block(line));
        assert_eq!(ran.code, Some(1));
        assert!(text.contains(line) || text.contains(&line.replace("&&", "and")), "{text}");
    }
    for first in ["Rulegate 1", "rulegate v1", "rulegate 1.0", "rulegate: 1", "rulegate version 1"] {
        let (text, ran) = fixed(&format!("{first}\nfeatures t {{\n  a : int64\n}}\n"));
        assert_eq!((text.as_str(), ran.code), ("rulegate 1\nfeatures t {\n  a : int64\n}\n", Some(0)), "{}", ran.stdout);
    }
    let given = "rulegate 1\nfeatures t {\n  a : timestamp\n}\ntest \"x\" for t {\n  given  { a: \"2026-01-01\" }\n  expect pass\n}\n";
    assert!(fixed(given).0.contains("given  { a: timestamp \"2026-01-01T00:00:00Z\" }"));
}

#[test]
fn a_column_that_no_line_of_json_has_is_absent_as_in_csv() {
    let rules = "rulegate 1\nfeatures t {\n  id : int64\n  amt : float64? >= 0\n}\n";
    let needed = "rulegate 1\nfeatures t {\n  id : int64\n}\n";
    let answers = "rulegate 1\noutput mood from response {\n  a : int64\n}\n";
    let folder = folder(&[
        ("t.rules", rules),
        ("n.rules", needed),
        ("m.rules", answers),
        ("t.jsonl", "{\"id\":1,\"Amt\":-5}\n{\"id\":2,\"Amt\":5}\n"),
        ("t.csv", "id,Amt\n1,-5\n2,5\n"),
        ("late.jsonl", "{\"id\":1}\n{\"id\":2,\"amt\":5}\n"),
        ("n.jsonl", "{\"ID\":1}\n"),
        ("m.jsonl", "{\"responses\":\"{}\"}\n"),
    ]);
    for data in ["t.jsonl", "t.csv"] {
        let ran = run(folder.path(), &["validate", "--rules", "t.rules", data]);
        assert_eq!(ran.code, Some(0));
        says(&ran.stdout, &["absent: column `amt`, judged as null", "the data has no column `amt`; it has `Amt`"]);
        assert_eq!(run(folder.path(), &["validate", "--rules", "t.rules", data, "--strict"]).code, Some(1), "{data}");
    }
    let late = run(folder.path(), &["validate", "--rules", "t.rules", "late.jsonl", "--strict"]);
    assert_eq!((late.code, late.stdout.contains("absent")), (Some(0), false), "{}", late.stdout);
    says(&run(folder.path(), &["validate", "--rules", "n.rules", "n.jsonl"]).stdout, &["the data has no column `id`; it has `ID`"]);
    let mood = run(folder.path(), &["validate", "--rules", "m.rules", "m.jsonl"]);
    says(&mood.stdout, &["the data has no column `response`; it has `responses`"]);
}

#[test]
fn a_file_of_another_format_than_its_name_says_is_told() {
    let folder =
        folder(&[("t.rules", MONEY), ("text.parquet", "id,amount\n1,2\n"), ("empty.csv", ""), ("empty.jsonl", ""), ("a.json", "[]")]);
    let bytes: [(&str, &[u8], &str); 3] = [
        ("gzip.csv", b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "this is compressed by gzip"),
        ("p.csv", b"PAR1\x15\x04PAR1", "this is a Parquet file, whatever its name says"),
        ("zip.csv", b"PK\x03\x04\x14\x00\x00\x00", "a zip archive or a spreadsheet"),
    ];
    for (name, bytes, told) in bytes {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let ran = run(folder.path(), &["validate", "--rules", "t.rules", name]);
        assert_eq!(ran.code, Some(2));
        says(&ran.stderr, &[told]);
    }
    says(&run(folder.path(), &["validate", "--rules", "t.rules", "text.parquet"]).stderr, &["this is text and no Parquet", ".csv"]);
    for name in ["empty.csv", "empty.jsonl"] {
        says(&run(folder.path(), &["validate", "--rules", "t.rules", name]).stderr, &[&format!("warning: {name}: the file is empty")]);
        assert_eq!(run(folder.path(), &["validate", "--rules", "t.rules", name, "--quiet"]).stderr, "");
    }
    says(&run(folder.path(), &["validate", "--rules", "t.rules", "a.json"]).stderr, &["one object a line"]);
}

#[test]
fn a_file_of_another_shape_among_others_is_named() {
    let folder = folder(&[("t.rules", MONEY), ("d/a.csv", "id,amount\n1,2\n"), ("d/b.csv", "id,total\n1,2\n")]);
    let ran = run(folder.path(), &["validate", "--rules", "t.rules", "d"]);
    assert_eq!(ran.code, Some(1));
    says(&ran.stdout, &["`d/b.csv`: the data has no column `amount`"]);
    let one = run(folder.path(), &["validate", "--rules", "t.rules", "d/b.csv"]);
    assert!(!one.stdout.contains("`d/b.csv`:"), "{}", one.stdout);
}

#[test]
fn as_many_samples_are_shown_as_are_asked_for() {
    let rows: String = (0..30).map(|id| format!("{id},-1\n")).collect();
    let folder = folder(&[("t.rules", MONEY), ("t.csv", &format!("id,amount\n{rows}"))]);
    let shown = |more: &[&str]| {
        let args = [&["validate", "--rules", "t.rules", "t.csv"], more].concat();
        run(folder.path(), &args).stdout.matches("│ row ").count()
    };
    assert_eq!([shown(&[]), shown(&["--limit-samples", "20"]), shown(&["--limit-samples", "1"])], [3, 20, 1]);
}

#[test]
fn a_ledger_is_asked_by_the_digits_it_shows_and_other_files_are_no_ledger() {
    let folder = folder(&[("t.rules", MONEY), ("t.csv", "id,amount\n1,2\n")]);
    let judged = run(folder.path(), &["validate", "--rules", "t.rules", "t.csv", "--ledger", "d.ledger"]);
    assert_eq!(judged.code, Some(0), "{}", judged.stderr);
    let entry: serde_json::Value =
        serde_json::from_str(&run(folder.path(), &["ledger", "show", "d.ledger", "--format", "json"]).stdout).unwrap();
    let text = entry.to_string();
    let sha256 = text.split("\"sha256\":\"").nth(1).unwrap().get(..12).unwrap();
    let found = run(folder.path(), &["ledger", "show", "d.ledger", "--about", sha256]);
    says(&found.stdout, &["t.csv"]);
    let none = run(folder.path(), &["ledger", "show", "d.ledger", "--about", "0123456789ab"]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(0), ""));
    says(&none.stderr, &["no decision is about 0123456789ab"]);
    let short = run(folder.path(), &["ledger", "show", "d.ledger", "--about", "abc"]);
    assert_eq!(short.code, Some(2));
    says(&short.stderr, &["8 to 64 hex digits"]);
    for action in ["verify", "show"] {
        let rules = run(folder.path(), &["ledger", action, "t.rules"]);
        assert_eq!(rules.code, Some(2));
        says(&rules.stderr, &["this is no ledger"]);
    }
    // One that was altered is evidence still.
    let altered = std::fs::read_to_string(folder.path().join("d.ledger")).unwrap().replacen("t.csv", "u.csv", 1);
    std::fs::write(folder.path().join("e.ledger"), altered).unwrap();
    let told = run(folder.path(), &["ledger", "verify", "e.ledger"]);
    assert_eq!(told.code, Some(1));
    says(&told.stderr, &["is altered", "keep this file as evidence"]);
}

#[test]
fn verify_weighs_what_is_wrong_more_than_what_it_did_not_see() {
    let folder = folder(&[("t.rules", MONEY), ("t.csv", "id,amount\n1,2\n2,-1\n"), ("q/x", "")]);
    let args = ["validate", "--rules", "t.rules", "t.csv", "--clean", "c.csv", "--quarantine", "q/bad.csv", "--quiet"];
    assert_eq!(run(folder.path(), &args).code, Some(1));
    std::fs::remove_file(folder.path().join("c.csv")).unwrap();
    let told = run(folder.path(), &["verify", "c.csv.manifest.json"]);
    assert_eq!(told.code, Some(1), "{}{}", told.stdout, told.stderr);
    says(&told.stdout, &["✗ c.csv: it is not there", "? "]);
    let gone = run(folder.path(), &["verify", "nosuch.manifest.json"]);
    assert_eq!(gone.code, Some(2));
    says(&gone.stderr, &["check the path"]);
}

#[test]
fn a_hook_passes_files_without_tests_and_empty_folders_are_told_everywhere() {
    let folder = folder(&[("shared.rules", "rulegate 1\ntype positive = float64 > 0\n"), ("empty/x", "")]);
    assert_eq!(run(folder.path(), &["test", "shared.rules"]).code, Some(2));
    let hook = run(folder.path(), &["test", "--allow-none", "shared.rules"]);
    assert_eq!(hook.code, Some(0), "{}", hook.stderr);
    let hooks = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.pre-commit-hooks.yaml")).unwrap();
    says(&hooks, &["entry: rulegate test --allow-none"]);
    for args in [["check", "empty"].as_slice(), &["test", "empty"], &["fmt", "--check", "empty"]] {
        let ran = run(folder.path(), args);
        assert_eq!(ran.code, Some(2), "{args:?}");
        says(&ran.stderr, &["empty: there is no rule file in this folder"]);
    }
}

#[test]
fn shares_are_not_compared_with_percents() {
    let rules = "rulegate 1\nfeatures t {\n  s : string?\n  check a: completeness(s) >= 95\n  check b: null_fraction(s) < 5\n  check c: completeness(s) >= 95%\n}\n";
    let folder = folder(&[("t.rules", rules)]);
    let ran = run(folder.path(), &["check", "t.rules"]);
    assert_eq!(ran.code, Some(0));
    says(&ran.stdout, &["W0302", "W0301", "shares are from 0 to 1", "0 errors, 2 warnings"]);
}

#[test]
fn what_json_has_no_number_for_is_named_with_its_place() {
    let folder = folder(&[("t.rules", MONEY), ("t.jsonl", "{\"id\":1,\"amount\":1}\n{\"id\":2,\"amount\":NaN}\n")]);
    let ran = run(folder.path(), &["validate", "--rules", "t.rules", "t.jsonl"]);
    assert_eq!(ran.code, Some(2));
    says(&ran.stderr, &["t.jsonl: line 2: column", "`NaN` is no JSON; write null"]);
    assert!(!ran.stderr.contains("line 1"), "{}", ran.stderr);
}

#[test]
fn samples_tell_a_text_from_a_number_and_a_number_past_the_largest_float_is_none() {
    let folder = folder(&[
        ("t.rules", MONEY),
        ("t.jsonl", "{\"id\":\"1\",\"amount\":1}\n{\"id\":99999999999999999999,\"amount\":2}\n"),
        ("t.csv", "id,amount\n1,1e400\n2,inf\n"),
    ]);
    let ran = run(folder.path(), &["validate", "--rules", "t.rules", "t.jsonl"]);
    says(&ran.stdout, &["id=\"\\\"1\\\"\""]);
    let csv = run(folder.path(), &["validate", "--rules", "t.rules", "t.csv"]);
    assert_eq!(csv.code, Some(1));
    says(&csv.stdout, &["t.amount.type", "amount=\"1e400\""]);
}

#[test]
fn an_override_without_its_block_is_told_the_whole_id() {
    let overrides = "[[override]]\nrule = \"amount.range\"\nmode = \"off\"\nwho = \"a\"\nwhen = \"2026-01-01\"\nwhy = \"x\"\n";
    let folder = folder(&[("t.rules", MONEY), ("o.toml", overrides)]);
    let ran = run(folder.path(), &["check", "t.rules", "--overrides", "o.toml"]);
    says(&format!("{}{}", ran.stdout, ran.stderr), &["did you mean `t.amount.range`?"]);
}

#[test]
fn a_block_that_is_not_there_is_told_with_those_that_are() {
    let folder = folder(&[("t.rules", MONEY)]);
    let ran = run(folder.path(), &["schema", "--rules", "t.rules", "--block", "mood", "--for", "openai"]);
    assert_eq!(ran.code, Some(2));
    says(&ran.stderr, &["no block `mood`", "they have t"]);
}

#[test]
fn messages_are_shown_with_the_values_of_rows() {
    let rules = "rulegate 1\nfeatures t {\n  id : int64\n  rule r { expect id > 1 message \"order {id} is early\" }\n}\n";
    let folder = folder(&[("t.rules", rules), ("t.csv", "id\n1\n")]);
    for format in ["github", "markdown"] {
        let ran = run(folder.path(), &["validate", "--rules", "t.rules", "t.csv", "--format", format]);
        says(&ran.stdout, &["order 1 is early"]);
        assert!(!ran.stdout.contains("order {id}"), "{}", ran.stdout);
    }
}

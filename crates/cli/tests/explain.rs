//! `rulegate explain` as its users run it.

use std::process::Command;

use rulegate::compile::reference::words;
use rulegate::diagnostics::Code;
use rulegate::functions;
use serde_json::Value;

const TOKENS: &str = r#"rulegate 1
features tokens {
  key id
  id    : int64 unique
  /// How good it is.
  score : float64 between 0 and 100 @warn(1%) @error(2%) @owner("data team")
  email : string? is_email @redact
  check enough @warn: row_count() >= 2
}
"#;

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn explain(folder: &std::path::Path, args: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_rulegate")).arg("explain").args(args).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.rules"), TOKENS).unwrap();
    folder
}

#[test]
fn everything_that_has_a_name_is_explained() {
    let folder = folder();
    let names = Code::ALL.iter().map(|code| code.as_str().to_owned());
    let names = names.chain(functions::all().map(|function| function.name.to_owned()));
    let names = names.chain(functions::aggregates().iter().map(|aggregate| aggregate.name.to_owned()));
    for name in names.chain(words().map(|word| word.name.to_owned())) {
        let ran = explain(folder.path(), &[&name]);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{name}");
        assert!(ran.stdout.len() > 40 && ran.stdout.ends_with('\n') && !ran.stdout.ends_with("\n\n"), "{name}: {}", ran.stdout);
        let shown = ran.stdout.lines().all(|line| line.chars().count() <= 100 || line.starts_with("    "));
        assert!(shown, "{name}: {}", ran.stdout);
        assert!(!ran.stdout.contains("```") && !ran.stdout.contains("]("), "{name}: Markdown is left in {}", ran.stdout);
    }
}

#[test]
fn a_rule_is_told_in_sentences() {
    let folder = folder();
    let out = explain(folder.path(), &["tokens.score.range", "--rules", "t.rules"]).stdout;
    for text in [
        "t.rules:6:19",
        "6 │   score : float64 between 0 and 100",
        "How good it is.",
        "expects   score is between 0 and 100, both included",
        "null      where score is null: the row is unknown",
        "`required`",
        "NaN       where score is NaN: the row fails",
        "error: warns when more than 1% of the judged rows fail; fails the data when more than 2%",
        "reject_row",
        "data team",
    ] {
        assert!(out.contains(text), "`{text}` is not in: {out}");
    }
    assert!(explain(folder.path(), &["email.is_email", "--rules", "t.rules"]).stdout.contains("reports show none of the values"));
    let check = explain(folder.path(), &["enough", "--rules", "t.rules"]).stdout;
    assert!(
        check.contains("over all rows: row_count() is at least 2") && check.contains("warns when it does not hold; never fails"),
        "{check}"
    );
}

#[test]
fn json_says_the_same() {
    let folder = folder();
    let read = |args: &[&str]| -> Value { serde_json::from_str(&explain(folder.path(), args).stdout).unwrap() };
    let rule = &read(&["score.range", "--rules", "t.rules", "--format", "json"])[0];
    assert_eq!((&rule["name"], &rule["place"]["line"], &rule["bounds"]["warn"]), (&"tokens.score.range".into(), &6.into(), &"1%".into()));
    assert_eq!(rule["special"][1]["then"], "where score is NaN: the row fails");
    let topics = read(&["length", "--format", "json"]);
    let kinds: Vec<&str> = topics.as_array().unwrap().iter().map(|topic| topic["topic"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["function", "constraint"]);
    assert_eq!(read(&["e0301", "--format", "json"])[0]["name"], "E0301");
}

#[test]
fn the_plan_tells_which_way_answers_a_rule() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let args = ["risk_level.enum", "--rules", "rules/std/token_features.rules", "--plan", "rules/samples/token_features.parquet"];
    let ran = explain(&root, &args);
    let plan = ran.stdout.split(" Plan of token_features").nth(1).unwrap_or_else(|| panic!("{}{}", ran.stdout, ran.stderr));
    assert_eq!(plan.lines().filter(|line| line.contains("token_features.")).count(), 1, "{plan}");
    assert!(plan.contains("dictionary"), "{plan}");
}

#[test]
fn what_is_not_known_is_told_with_what_is_near() {
    let folder = folder();
    for (args, said) in [
        (vec!["rond"], "did you mean `round`?"),
        (vec!["@wran"], "did you mean `warn`?"),
        (vec!["E03O1"], "did you mean `E0301`?"),
        (vec!["tokens.scroe.range", "--rules", "t.rules"], "did you mean `tokens.score.range`?"),
        (vec!["scroe.range", "--rules", "t.rules"], "did you mean `score.range`?"),
        (vec!["score", "--rules", "t.rules"], "tokens.score.range"),
        (vec!["tokens.score.range"], "--rules"),
        (vec!["zzzzzz"], "give a code"),
        (vec!["round", "--rules", "t.rules", "--plan", "none.csv"], "is no rule"),
        (vec!["score.range", "--rules", "t.rules", "--plan", "none.csv"], "none.csv"),
    ] {
        let ran = explain(folder.path(), &args);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
    }
}

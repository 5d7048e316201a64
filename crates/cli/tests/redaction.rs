//! A value that is not to be shown, planted wherever a response can hold it, is in nothing that the program writes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;

const CANARY: &str = "CANARYxq7f3a";
const FORMS: [&str; 8] = ["human", "json", "jsonl", "junit", "sarif", "github", "markdown", "html"];

/// Every kind of rule over redacted values: types, constraints, detectors, items, members, rules with messages, checks, `let`.
const RULES: &str = r#"rulegate 1
output answers from response @closed {
  columns { id: string }
  key id
  name : string @redact length <= 3, starts_with("x"), no_secrets, no_pii
  list : list<string>? @redact length <= 0, each length <= 2
  deep : struct { note: string @redact length <= 3 }? @redact
  tone : enum("a", "b") @redact
  odd  : float? @redact
  let small = lower(name)
  rule named { expect length(small) < 2 message "name {name}, {small}" }
  rule alike: name = tone
  check by_name { by name expect row_count() > 1 message "by {name}" }
  check few: distinct_count(name) < 1
  observe length(name)
}
"#;

/// Responses that fail in every way there is, each with the canary in it.
fn responses() -> Vec<String> {
    let c = CANARY;
    vec![
        json!({"name": c, "list": [c, c], "deep": {"note": c}, "tone": c, "odd": c}).to_string(),
        json!({"name": format!("x password={c}7! {c}@northwind-traders.com"), "tone": "a"}).to_string(),
        json!({"name": [c], "list": c, "deep": c, "tone": "a"}).to_string(),
        json!({"name": "x", "tone": "a", c: 1}).to_string(),
        json!({"name": "x", "tone": "a", "deep": {"note": "x", c: 1}}).to_string(),
        format!("{{\"name\": \"{c}\", \"tone\": \"a\""),
        format!("{{\"name\": \"{c}\", \"name\": \"{c}\", \"tone\": \"a\"}}"),
        format!("{{\"{c}\": 1, \"{c}\": 1}}"),
        format!("Sure, {c}: {{\"name\": \"x\", \"tone\": \"a\"}}"),
        format!("{{\"name\": \"x\", \"tone\": \"a\"}} {c}"),
        format!("<think>{c}</think>{{\"name\": \"{c}\", \"tone\": \"a\"}}"),
        format!("```json\n{{\"name\": \"{c}\", \"tone\": \"a\"}}\n```"),
        format!("{{\"name\": \"{c}\\x\"}}"),
        format!("{{\"name\": \"{c}\\ud800\"}}"),
        format!("{{\"name\": \"{c}\u{1}\"}}"),
        format!("{{name: {c}}}"),
        format!("{{\"odd\": 01{c}}}"),
        c.to_owned(),
        json!(c).to_string(),
        json!([c]).to_string(),
    ]
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("answers.rules", RULES);
    write("open.rules", &RULES.replace("@redact", ""));
    let line = |response: &String| json!({"id": "r-1", "response": response}).to_string();
    write("data.jsonl", &responses().iter().map(line).collect::<Vec<_>>().join("\n"));
    folder
}

/// All that the program says, and writes, for some arguments.
fn said(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rulegate"));
    command.args(args).current_dir(folder).env_remove("CLICOLOR_FORCE").env_remove("RUST_BACKTRACE");
    let output = assert_cmd::Command::from_std(command).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{args:?}: {}", text(&output.stderr));
    text(&output.stdout) + &text(&output.stderr)
}

/// The canary as it is, in small letters, or its middle: what is cut and folded is a value still.
fn shows(text: &str) -> bool {
    text.to_lowercase().contains("canary") || text.contains("xq7f3a")
}

fn everything_said(folder: &Path, rules: &str) -> Vec<(String, String)> {
    FORMS
        .into_iter()
        .map(|form| {
            let args = ["validate", "--rules", rules, "--format", form, "--severity", "info", "--limit-samples", "100", "data.jsonl"];
            (form.to_owned(), said(folder, &args))
        })
        .collect()
}

#[test]
fn a_canary_in_redacted_responses_is_in_no_form_of_output() {
    let folder = folder();
    for (form, text) in everything_said(folder.path(), "answers.rules") {
        let line = text.lines().find(|line| shows(line)).unwrap_or_default();
        assert!(!shows(&text), "{form}: {}", line.chars().take(400).collect::<String>());
    }
}

#[test]
fn the_canary_would_be_found() {
    let folder = folder();
    for (form, text) in everything_said(folder.path(), "open.rules") {
        assert!(shows(&text), "{form} shows no values at all");
    }
}

//! Logs of the command: every line is an object where that was asked for, within the caller's trace, and without values of the data.

use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn run(args: &[&str]) -> (Output, Vec<Value>) {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("t.rules"), "rulegate 1\nfeatures t { id : int64 >= 0  note : string no_secrets }\n").unwrap();
    std::fs::write(folder.path().join("t.csv"), "id,note\n1,AKIAQ4RZ7XWPLM2BTEST\n-271828,plain\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rulegate"))
        .args(args)
        .current_dir(folder.path())
        .env("TRACEPARENT", format!("00-{TRACE}-00f067aa0ba902b7-01"))
        .output()
        .unwrap();
    let lines = String::from_utf8(output.stderr.clone()).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect();
    (output, lines)
}

#[test]
fn json_logs_carry_the_callers_trace_and_no_data() {
    let (output, lines) = run(&["validate", "-r", "t.rules", "t.csv", "--format", "json", "--log-level", "debug", "--log-format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["trace_id"], TRACE);
    let text = lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    for word in ["secret_leak_prevented", "a session was judged", "\"name\":\"compile\""] {
        assert!(text.contains(word), "{word} is not in\n{text}");
    }
    for line in &lines {
        assert!(line.to_string().contains(TRACE), "outside of the trace: {line}");
    }
    assert!(lines.iter().all(|line| line["level"] != "ERROR"), "nothing went wrong in\n{text}");
    assert!(!text.contains("271828") && !text.contains("AKIA"), "{text}");
}

#[test]
fn a_failure_is_an_object_too() {
    let (output, lines) = run(&["validate", "-r", "t.rules", "missing.csv", "--log-format", "json"]);
    assert_eq!(output.status.code(), Some(2));
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(line["level"], "ERROR");
    assert!(line["fields"]["message"].as_str().unwrap().contains("missing.csv"), "{line}");
    assert!(line.to_string().contains(TRACE), "{line}");
}

#[test]
fn a_malformed_trace_is_none() {
    let output = Command::new(env!("CARGO_BIN_EXE_rulegate")).args(["validate", "-r", "x", "y"]).env("TRACEPARENT", "zz").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("error: "));
}

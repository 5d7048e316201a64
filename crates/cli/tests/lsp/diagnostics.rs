//! Diagnostics are those of `rulegate check`, while typing too, and bring their edits.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::client::{Client, edited, slice, uri};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

fn rule_files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = ["tests/diagnostics", "rules/std"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(root().join(folder)).expect("a folder"))
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rules"))
        .collect();
    files.sort();
    files
}

/// What `rulegate check` says of a file itself: code, level, first line, last line and message.
fn checked(path: &Path) -> Vec<(String, String, u64, u64, String)> {
    let output = Command::new(env!("CARGO_BIN_EXE_rulegate")).args(["check", "--format", "json"]).arg(path).output().expect("it runs");
    let entries: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = path.file_name().expect("named").to_string_lossy().into_owned();
    let mut found: Vec<_> = entries
        .iter()
        .filter(|entry| text(&entry["file"]).ends_with(&name))
        .map(|entry| {
            let line = |key: &str| entry[key].as_u64().expect("a line") - 1;
            (text(&entry["code"]), text(&entry["level"]), line("line"), line("end_line"), text(&entry["message"]))
        })
        .collect();
    found.sort();
    found
}

fn told(diagnostics: &[Value]) -> Vec<(String, String, u64, u64, String)> {
    let mut found: Vec<_> = diagnostics
        .iter()
        .map(|diagnostic| {
            let line = |side: &str| diagnostic["range"][side]["line"].as_u64().expect("a line");
            let level = if diagnostic["severity"] == 1 { "error" } else { "warning" };
            let message = diagnostic["message"].as_str().expect("a text");
            (diagnostic["code"].as_str().expect("a code").to_owned(), level.to_owned(), line("start"), line("end"), message.to_owned())
        })
        .collect();
    found.sort();
    found
}

#[test]
fn every_file_has_the_diagnostics_that_check_tells() {
    let files = rule_files();
    assert!(files.len() > 50, "{} files", files.len());
    let mut client = Client::start();
    let mut wrong = Vec::new();
    for path in &files {
        // Some files of the collection are not UTF-8, and reach no editor.
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        client.open(&uri(path), &text);
        let (told, checked) = (told(&client.diagnostics(&uri(path))), checked(path));
        let alike = told.len() == checked.len()
            && told.iter().zip(&checked).all(|(told, checked)| {
                (&told.0, &told.1, told.2, told.3) == (&checked.0, &checked.1, checked.2, checked.3) && told.4.starts_with(&checked.4)
            });
        if !alike {
            wrong.push(format!("{}\n  told    {told:?}\n  checked {checked:?}", path.display()));
        }
        client.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri(path) } }));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(client.leave().success());
}

#[test]
fn diagnostics_follow_what_is_typed_and_go_when_it_is_mended() {
    let mut client = Client::start();
    let uri = "file:///nowhere/t.rules";
    client.open(uri, "rulegate 1\nfeatures t { a : int64 >= 0 }\n");
    assert!(client.diagnostics(uri).is_empty());
    client.change(uri, 2, "rulegate 1\nfeatures t { a : int64 >= 0\n  b : strin\n  c : int64 >= \n  rule r: d > 0 }\n");
    let codes: Vec<String> = client.diagnostics(uri).iter().map(|found| found["code"].as_str().unwrap().to_owned()).collect();
    assert_eq!(codes, ["E0204", "E0101", "E0201"], "each broken item has its own, and the others are read");
    client.change(uri, 3, "rulegate 1\nfeatures t { a : int64 >= 0 }\n");
    assert!(client.diagnostics(uri).is_empty());
    client.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    assert!(client.leave().success());
}

#[test]
fn columns_are_counted_as_the_client_asks() {
    let text = "rulegate 1\nfeatures t { /* 😀é */ a : strin }\n";
    for (encodings, character) in [(json!(["utf-16"]), 27), (json!(["utf-8", "utf-16"]), 30), (Value::Null, 27)] {
        let mut client = Client::start_with(&json!({ "general": { "positionEncodings": encodings } }));
        client.open("untitled:t.rules", text);
        let found = client.diagnostics("untitled:t.rules");
        assert_eq!(found[0]["range"]["start"], json!({ "line": 1, "character": character }), "{encodings}");
        assert!(client.leave().success());
    }
}

#[test]
fn imports_that_are_open_are_read_as_they_stand_in_the_editor() {
    let folder = tempfile::tempdir().unwrap();
    let (main, common) = (folder.path().join("main.rules"), folder.path().join("common.rules"));
    std::fs::write(&common, "rulegate 1\ntype share = float between 0 and 1\n").unwrap();
    let text = "rulegate 1\nimport \"common.rules\"\nimport \"../outside.rules\"\nfeatures t { a : share\n b : score }\n";
    std::fs::write(&main, text).unwrap();
    let codes = |found: Vec<Value>| -> Vec<String> { found.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect() };
    let mut client = Client::start();
    client.open(&uri(&main), text);
    assert_eq!(codes(client.diagnostics(&uri(&main))), ["E0603", "E0204"], "a path out of the root folder is refused as check does");
    client.open(&uri(&common), "rulegate 1\ntype share = float between 0 and 1\ntype score = float >= 0\n");
    assert_eq!(codes(client.diagnostics(&uri(&main))), ["E0603"]);
    client.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri(&common) } }));
    assert_eq!(codes(client.diagnostics(&uri(&main))), ["E0603", "E0204"]);
    assert!(client.leave().success());
}

#[test]
fn suggestions_are_edits_that_mend_the_file() {
    let text = "rulegate 1\nfeatures t {\n  gem_score : float64 >= \"0\"\n  rule r: gem_scor > 0\n}\n";
    let mut client = Client::start();
    client.open("file:///nowhere/t.rules", text);
    let all = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 9, "character": 0 } });
    let ask = |range: Value, only: Value| json!({ "textDocument": { "uri": "file:///nowhere/t.rules" }, "range": range, "context": { "diagnostics": [], "only": only } });
    let actions = client.request("textDocument/codeAction", ask(all.clone(), Value::Null)).unwrap();
    let titles: Vec<&str> = actions.as_array().unwrap().iter().map(|action| action["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Replace by `0`", "Replace by `gem_score`"]);
    let mut mended = text.to_owned();
    for action in actions.as_array().unwrap().iter().rev() {
        assert_eq!(action["kind"], "quickfix");
        mended = edited(&mended, &action["edit"]["changes"]["file:///nowhere/t.rules"]);
    }
    assert_eq!(mended, text.replace("\"0\"", "0").replace("gem_scor ", "gem_score "));
    let line = json!({ "start": { "line": 3, "character": 12 }, "end": { "line": 3, "character": 12 } });
    let here = client.request("textDocument/codeAction", ask(line, json!(["quickfix"]))).unwrap();
    assert_eq!(here.as_array().unwrap().len(), 1);
    assert_eq!(slice(text, &here[0]["diagnostics"][0]["range"]), "gem_scor");
    assert_eq!(client.request("textDocument/codeAction", ask(all, json!(["refactor"]))).unwrap(), json!([]));
    assert!(client.leave().success());
}

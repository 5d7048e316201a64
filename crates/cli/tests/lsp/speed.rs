//! How long requests take on a file of 2 000 lines. Figures depend on the machine, so nothing is asserted:
//! `cargo test --release -p rulegate-cli --test lsp -- --ignored --nocapture speed` prints them.

use std::time::Instant;

use serde_json::{Value, json};

use crate::client::{Client, position};

const URI: &str = "file:///nowhere/large.rules";

/// A file of 2 000 lines: four of them a field or rule.
fn large() -> String {
    let mut text = String::from("rulegate 1\nset chains = (\"base\", \"solana\")\nparam least: float = 1.0\nfeatures t {\n");
    for at in 0..499 {
        text.push_str(&format!("  /// Field {at}.\n  field_{at} : float64? >= 0 @warn(0.1%), <= 1_000_000 @name(top)\n"));
        text.push_str(&format!("  rule rule_{at} {{ when field_{at} > $least expect field_{at} <= round(field_{at}) * 2 + 1 }}\n"));
        text.push_str("  // More could be said.\n");
    }
    text.push_str("}\n");
    text
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[test]
#[ignore = "prints figures of this machine"]
fn speed() {
    let text = large();
    println!("{} lines, {} bytes", text.lines().count(), text.len());
    let mut client = Client::start();
    client.open(URI, &text);
    client.diagnostics(URI);
    let middle = text.find("expect field_250 <= ro").unwrap() + "expect field_2".len();
    let all = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 9_999, "character": 0 } });
    let view = json!({ "start": { "line": 1_000, "character": 0 }, "end": { "line": 1_060, "character": 0 } });
    let params = |range: &Value| {
        json!({
            "textDocument": { "uri": URI }, "position": position(&text, middle), "range": range,
            "context": { "diagnostics": [], "includeDeclaration": true, "triggerKind": 1 }, "newName": "other",
            "options": { "tabSize": 2, "insertSpaces": true },
        })
    };
    for (name, range) in [
        ("hover", &view),
        ("completion", &view),
        ("definition", &view),
        ("references", &view),
        ("prepareRename", &view),
        ("rename", &view),
        ("documentSymbol", &view),
        ("semanticTokens/full", &view),
        ("codeAction", &view),
        ("inlayHint", &view),
        ("inlayHint", &all),
        ("formatting", &view),
    ] {
        let mut times = Vec::new();
        for _ in 0..101 {
            let start = Instant::now();
            client.request(&format!("textDocument/{name}"), params(range)).expect(name);
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        println!("{name:24} {:8.2} ms", median(times));
    }
    for name in [
        "hover",
        "completion",
        "definition",
        "references",
        "prepareRename",
        "rename",
        "documentSymbol",
        "semanticTokens/full",
        "codeAction",
        "inlayHint",
        "formatting",
    ] {
        let mut times = Vec::new();
        for round in 0..51 {
            client.change(URI, round, &text.replacen("1_000_000", &format!("{}", 1_000 + round), 1));
            let start = Instant::now();
            client.request(&format!("textDocument/{name}"), params(&view)).expect(name);
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        println!("{name:24} {:8.2} ms right behind an edit", median(times));
    }
    assert!(client.leave().success());
}

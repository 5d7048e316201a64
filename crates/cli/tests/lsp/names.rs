//! What names mean: hover, definition, references, rename, outline, colours and hints.

use std::path::Path;

use serde_json::{Value, json};

use crate::client::{Client, at, edited, slice, uri};

const COMMON: &str = "rulegate 1\n/// A share of all.\ntype share = float between 0 and 1\nset chains = (\"base\", \"solana\")\n";
const TEXT: &str = r#"rulegate 1
import "common.rules"
param least: float = 1.0
features tokens {
  key id
  id : int64 unique
  /// Where it lives.
  chain : string in chains
  trust : share
  home : struct { city: string, zip: string length = 5 }
  let hot = trust > 0.9
  rule r @warn { when hot expect round(trust) >= $least and home.city != "" message "{chain}: {home.city}, {$least}" }
  check enough: row_count() > 10
  waive chain.enum until date "2027-01-01" because "known"
  example good { id: 1, chain: "base" }
}
test "one" for tokens { given good with { chain: "x" } expect fail r, chain.enum }
"#;
const OTHER: &str = "rulegate 1\nimport \"common.rules\"\nfeatures other { a : share }\n";

struct Folder {
    client: Client,
    folder: tempfile::TempDir,
    main: String,
}

fn start() -> Folder {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("common.rules", COMMON), ("tokens.rules", TEXT), ("other.rules", OTHER)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let main = uri(&folder.path().join("tokens.rules"));
    let mut client = Client::start();
    client.open(&main, TEXT);
    Folder { client, folder, main }
}

impl Folder {
    fn ask(&mut self, method: &str, before: &str) -> Result<Value, Value> {
        let params = at(&self.main, TEXT, before);
        self.client.request(method, params)
    }

    fn hover(&mut self, before: &str) -> String {
        let hover = self.ask("textDocument/hover", before).unwrap();
        hover["contents"]["value"].as_str().unwrap_or_else(|| panic!("nothing at `{before}`")).to_owned()
    }

    fn uri(&self, name: &str) -> String {
        uri(&self.folder.path().join(name))
    }

    fn rename(&mut self, before: &str, name: &str) -> Result<Value, Value> {
        let mut params = at(&self.main, TEXT, before);
        params["newName"] = json!(name);
        self.client.request("textDocument/rename", params)
    }
}

#[test]
fn hover_tells_declarations_docs_types_rules_and_functions() {
    let mut folder = start();
    for (before, parts) in [
        ("when h", vec!["let hot = trust > 0.9", "Its value is bool"]),
        ("key ", vec!["id : int64 unique", "`tokens.id.required`: error", "`tokens.id.unique`: error"]),
        ("{cha", vec!["chain : string in chains", "Where it lives.", "`\"base\"`, `\"solana\"`"]),
        ("trust : sh", vec!["type share = float between 0 and 1", "A share of all."]),
        ("expect rou", vec!["round(", "```"]),
        ("enough: row_", vec!["row_count(): int", "Over all rows"]),
        ("rule r @wa", vec!["@warn", "does not fail the data"]),
        ("id : in", vec!["int64", "64 bits"]),
        ("waive chain.en", vec!["`tokens.chain.enum`: error"]),
        ("rule r @warn { wh", vec!["**when**"]),
        ("expect fail ", vec!["rule r @warn", "`tokens.r`: warn"]),
        ("trust > 0", vec!["Its value is"]),
    ] {
        let hover = folder.hover(before);
        for part in parts {
            assert!(hover.contains(part), "`{before}`: no `{part}` in\n{hover}");
        }
    }
    assert_eq!(
        folder.ask("textDocument/hover", "because \"kn").unwrap()["contents"]["value"].as_str().filter(|text| text.contains("**")),
        None
    );
    assert!(folder.client.leave().success());
}

#[test]
fn a_name_leads_to_where_it_is_declared() {
    let mut folder = start();
    let common = folder.uri("common.rules");
    for (before, file, text, declared) in [
        ("when ho", "tokens.rules", TEXT, "hot"),
        ("{chai", "tokens.rules", TEXT, "chain"),
        (">= $lea", "tokens.rules", TEXT, "least"),
        ("home.ci", "tokens.rules", TEXT, "city"),
        ("trust : sha", "common.rules", COMMON, "share"),
        ("in cha", "common.rules", COMMON, "chains"),
        ("waive chain.en", "tokens.rules", TEXT, "in chains"),
        ("given goo", "tokens.rules", TEXT, "good"),
        ("\" for tok", "tokens.rules", TEXT, "tokens"),
        ("expect fail ", "tokens.rules", TEXT, "r"),
    ] {
        let found = folder.ask("textDocument/definition", before).unwrap();
        assert_eq!(found["uri"], json!(folder.uri(file)), "{before}");
        assert_eq!(slice(text, &found["range"]), declared, "{before}");
    }
    assert_eq!(folder.ask("textDocument/definition", "import \"com").unwrap()["uri"], json!(common));
    assert_eq!(folder.ask("textDocument/definition", "expect rou").unwrap(), Value::Null);
    assert!(folder.client.leave().success());
}

#[test]
fn references_go_through_messages_tests_and_other_files() {
    let mut folder = start();
    let count = |folder: &mut Folder, before: &str, declaration: bool| {
        let mut params = at(&folder.main, TEXT, before);
        params["context"] = json!({ "includeDeclaration": declaration });
        folder.client.request("textDocument/references", params).unwrap().as_array().map_or(0, Vec::len)
    };
    // Its field, the message, the waiver, the example, the given row and the expectation.
    assert_eq!((count(&mut folder, "  chai", true), count(&mut folder, "  chai", false)), (6, 5));
    // Declared in one file, used in another that is open and in one that is not.
    assert_eq!(count(&mut folder, "trust : sha", true), 3);
    assert_eq!(count(&mut folder, "waive chain.en", false), 2);
    assert!(folder.client.leave().success());
}

#[test]
fn a_renamed_column_is_renamed_wherever_it_stands_and_the_file_stays_sound() {
    let mut folder = start();
    let main = folder.main.clone();
    let edits = folder.rename("{chai", "block chain").unwrap();
    let renamed = edited(TEXT, &edits["changes"][&main]);
    assert_eq!(renamed.matches("`block chain`").count(), 6, "{renamed}");
    assert!(renamed.contains("message \"{`block chain`}: ") && renamed.contains("in chains"), "{renamed}");
    let before = folder.client.diagnostics(&main).len();
    folder.client.change(&main, 2, &renamed);
    folder.client.notify("textDocument/didSave", json!({ "textDocument": { "uri": main } }));
    let hover = folder.client.request("textDocument/hover", at(&main, &renamed, "key ")).unwrap();
    assert!(hover.is_object());
    folder.client.change(&main, 3, &renamed.replace("key id", "key idd"));
    assert_eq!(folder.client.diagnostics(&main).len(), before + 1, "only the mistake that was made on purpose is new");
    assert!(folder.client.leave().success());
}

#[test]
fn a_renamed_type_is_renamed_in_files_that_are_not_open() {
    let mut folder = start();
    let edits = folder.rename("trust : sha", "fraction").unwrap();
    for (name, text) in [("common.rules", COMMON), ("tokens.rules", TEXT), ("other.rules", OTHER)] {
        let renamed = edited(text, &edits["changes"][folder.uri(name)]);
        assert_eq!(
            (renamed.matches("fraction").count(), renamed.matches(" share").count()),
            (1, usize::from(name == "common.rules")),
            "{renamed}"
        );
    }
    assert!(folder.client.leave().success());
}

#[test]
fn what_cannot_be_renamed_says_why() {
    let mut folder = start();
    for (before, why) in [("expect rou", "language"), ("waive chain.en", "@name"), ("import \"com", "file")] {
        let error = folder.ask("textDocument/prepareRename", before).unwrap_err();
        assert!(error["message"].as_str().unwrap().contains(why), "{error}");
    }
    let ready = folder.ask("textDocument/prepareRename", ">= $lea").unwrap();
    assert_eq!((slice(TEXT, &ready["range"]).as_str(), ready["placeholder"].as_str()), ("least", Some("least")));
    for name in ["", "a`b", "a\nb", "trust"] {
        assert!(folder.rename("  chai", name).is_err(), "{name:?}");
    }
    assert_eq!(folder.ask("textDocument/prepareRename", "because \"").unwrap(), Value::Null);
    assert!(folder.client.leave().success());
}

#[test]
fn the_outline_shows_blocks_with_what_they_hold() {
    let mut folder = start();
    let params = json!({ "textDocument": { "uri": folder.main } });
    let symbols = folder.client.request("textDocument/documentSymbol", params).unwrap();
    let names = |symbols: &Value| -> Vec<String> {
        symbols.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&symbols), ["least", "tokens", "one"]);
    assert_eq!(names(&symbols[1]["children"]), ["id", "chain", "trust", "home", "hot", "r", "enough", "chain.enum", "good"]);
    assert_eq!(symbols[1]["children"][2]["detail"], "share");
    assert!(folder.client.leave().success());
}

#[test]
fn every_word_has_its_meaning_as_a_colour() {
    let mut folder = start();
    let legend = folder.client.capabilities["semanticTokensProvider"]["legend"]["tokenTypes"].clone();
    let params = json!({ "textDocument": { "uri": folder.main } });
    let tokens = folder.client.request("textDocument/semanticTokens/full", params).unwrap();
    let (mut line, mut character) = (0, 0);
    let mut words: Vec<(String, String)> = Vec::new();
    for token in tokens["data"].as_array().unwrap().chunks(5) {
        let number = |at: usize| token[at].as_u64().unwrap();
        character = if number(0) == 0 { character + number(1) } else { number(1) };
        line += number(0);
        let range =
            json!({ "start": { "line": line, "character": character }, "end": { "line": line, "character": character + number(2) } });
        words.push((slice(TEXT, &range), legend[number(3) as usize].as_str().unwrap().to_owned()));
    }
    for (word, kind) in [
        ("features", "keyword"),
        ("tokens", "class"),
        ("chain", "property"),
        ("string", "type"),
        ("chains", "enum"),
        ("share", "type"),
        ("hot", "variable"),
        ("least", "parameter"),
        ("round", "function"),
        ("row_count", "function"),
        ("r", "method"),
        ("warn", "decorator"),
        ("0.9", "number"),
        ("/// Where it lives.", "comment"),
        ("\"solana\"", "string"),
        ("\"{", "string"),
    ] {
        let found = words.iter().find(|(known, _)| known == word);
        assert_eq!(found.map(|(_, kind)| kind.as_str()), if word == "\"solana\"" { None } else { Some(kind) }, "{word} in {words:?}");
    }
    assert!(folder.client.leave().success());
}

#[test]
fn hints_show_ids_of_rules_and_failures_of_the_last_report() {
    let mut folder = start();
    let all = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
    let hints = |folder: &mut Folder| -> Vec<String> {
        let params = json!({ "textDocument": { "uri": folder.main }, "range": all });
        let hints = folder.client.request("textDocument/inlayHint", params).unwrap();
        hints.as_array().unwrap().iter().map(|hint| hint["label"].as_str().unwrap().to_owned()).collect()
    };
    let ids = ["tokens.id.unique", "tokens.chain.enum", "tokens.home.zip.length", "tokens.r", "tokens.enough"];
    assert_eq!(hints(&mut folder), ids);
    save_report(folder.folder.path(), &[("tokens.chain.enum", 12), ("tokens.id.required", 3), ("tokens.id.type", 0)]);
    let expected = [
        "tokens.id.required: 3 failed",
        "tokens.id.unique",
        "tokens.chain.enum: 12 failed",
        "tokens.home.zip.length",
        "tokens.r",
        "tokens.enough",
    ];
    assert_eq!(hints(&mut folder), expected);
    assert!(folder.hover("waive chain.en").contains("12 rows failed last time"));
    std::fs::write(folder.folder.path().join("tokens.report.json"), "{").unwrap();
    assert_eq!(hints(&mut folder), ids, "a report that cannot be read is none");
    assert!(folder.client.leave().success());
}

fn save_report(folder: &Path, rules: &[(&str, u64)]) {
    let rules: Vec<Value> = rules.iter().map(|(id, failed)| json!({ "id": id, "failed": failed })).collect();
    std::fs::write(folder.join("tokens.report.json"), json!({ "rules": rules }).to_string()).unwrap();
}

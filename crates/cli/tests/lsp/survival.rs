//! Nothing that a client sends ends the server.

use serde_json::{Value, json};

use crate::client::{Client, position, uri};

const URI: &str = "file:///nowhere/t.rules";
const TEXT: &str = r#"rulegate 1
/// Näme 😀
type share = float between 0 and 1
set chains = ("base", "solana")
param least: float = 1_000
features tokens @closed {
  key id
  id : int64 unique
  chain : string in chains @warn(0.1%)
  trust : share?
  home : struct { city: string, zip: list<string> }
  fields /vol_\d+/ : float64? >= 0
  let hot = trust > 0.9 and any(x in home.zip: x matches /[0-9]+/)
  rule r { when hot expect case when trust > 1 then 1 else 2 end >= $least message "{chain} {home.city}" }
  check c @warn { where hot by chain expect mean(trust) between 0 and 1 }
  observe trust buckets (0, 1)
}
test "one" for tokens { given { id: 1 } expect fail r }
"#;

/// Requests that speak about a place, and those that speak about a document or a part of it.
const AT_PLACE: &[&str] = &[
    "textDocument/hover",
    "textDocument/completion",
    "textDocument/definition",
    "textDocument/references",
    "textDocument/prepareRename",
    "textDocument/rename",
];
const ABOUT_TEXT: &[&str] =
    &["textDocument/documentSymbol", "textDocument/semanticTokens/full", "textDocument/codeAction", "textDocument/inlayHint"];

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % sides.max(1)
    }

    fn boundary(&mut self, text: &str) -> usize {
        let mut at = self.roll(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

/// A request's parameters about a place.
fn about(place: &Value) -> Value {
    json!({
        "textDocument": { "uri": URI },
        "position": place,
        "range": { "start": { "line": 0, "character": 0 }, "end": place },
        "context": { "diagnostics": [], "includeDeclaration": true, "triggerKind": 1 },
        "newName": "renamed",
        "options": { "tabSize": 2, "insertSpaces": true },
    })
}

fn alive(client: &mut Client) {
    let sound = "file:///nowhere/sound.rules";
    client.open(sound, TEXT);
    let symbols = client.request("textDocument/documentSymbol", json!({ "textDocument": { "uri": sound } })).expect("it answers");
    assert_eq!(symbols.as_array().map(Vec::len), Some(5));
}

/// What is no message; each ends so that the next header can be found.
const GARBAGE: &[&[u8]] = &[
    b"this is no header\r\n\r\n",
    b"Content-Length: 3\r\n\r\n{]}",
    b"Content-Length: nonsense\r\n\r\n",
    b"Content-Length: 4\r\n\r\n\xff\xfe\xfd\xfc",
    b"Content-Length: 2\r\n\r\n[]",
    b"\r\n\r\n",
];

/// `RULEGATE_SOAK=10000` asks for a longer run.
#[test]
fn random_edits_never_end_it_and_leave_nothing_behind() {
    let rounds: usize = std::env::var("RULEGATE_SOAK").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3_000);
    const PIECES: &[&str] = &[
        "{",
        "}",
        "(",
        "\"",
        "\"\"\"",
        "`",
        "/*",
        "//",
        "@",
        "$",
        ".",
        ":",
        "é",
        "😀",
        "\r",
        "\n",
        "rule ",
        "let a = a",
        "\u{0}",
        "/",
        "[",
        ",",
        "- - -",
        "not ",
        "import \"t.rules\"\n",
    ];
    let mut client = Client::start();
    client.open(URI, TEXT);
    let mut dice = Dice(0x5eed);
    let mut text = TEXT.to_owned();
    let mut early = None;
    for round in 0..rounds {
        if round == rounds / 4 {
            early = client.memory();
        }
        if round % 97 == 0 {
            client.raw(GARBAGE[dice.roll(GARBAGE.len())]);
        }
        if round % 50 == 0 {
            text = TEXT.to_owned();
        }
        let (from, to) = (dice.boundary(&text), dice.boundary(&text));
        match dice.roll(4) {
            0 => text.insert_str(from, PIECES[dice.roll(PIECES.len())]),
            1 => {
                let end = text[from..].char_indices().nth(dice.roll(6)).map_or(text.len(), |(at, _)| from + at);
                text.replace_range(from..end, "");
            }
            2 => {
                let piece = text[from.min(to)..from.max(to)].chars().take(40).collect::<String>();
                text.insert_str(from, &piece);
            }
            _ => text.insert_str(from, &TEXT[..dice.boundary(TEXT).min(60)].chars().rev().take(4).collect::<String>()),
        }
        client.change(URI, i32::try_from(round).unwrap(), &text);
        let params = about(&position(&text, dice.boundary(&text)));
        let all = AT_PLACE.len() + ABOUT_TEXT.len() + 1;
        let method = AT_PLACE.iter().chain(ABOUT_TEXT).chain(&["textDocument/formatting"]).nth(dice.roll(all)).unwrap();
        if let Err(error) = client.request(method, params) {
            assert_eq!(error["code"], -32803, "{method} fails with {error} for\n{text}");
        }
    }
    if let (Some(early), Some(late)) = (early, client.memory()) {
        println!("{} KiB after {} rounds, {} KiB after {rounds}", early, rounds / 4, late);
        assert!(late < early + early / 4 + 4_096, "from {early} KiB to {late} KiB");
    }
    alive(&mut client);
    assert!(client.leave().success());
}

#[test]
fn every_place_of_a_file_can_be_asked_about() {
    let mut client = Client::start();
    client.open(URI, TEXT);
    for (at, _) in TEXT.char_indices() {
        for method in AT_PLACE {
            if let Err(error) = client.request(method, about(&position(TEXT, at))) {
                assert_eq!(error["code"], -32803, "{method} at {at}: {error}");
            }
        }
    }
    for place in [json!({ "line": 9_999_999, "character": 0 }), json!({ "line": u32::MAX, "character": u32::MAX })] {
        for method in AT_PLACE.iter().chain(ABOUT_TEXT) {
            client.request(method, about(&place)).expect("a place past the end is the end");
        }
    }
    assert!(client.leave().success());
}

#[test]
fn garbage_is_answered_or_passed_over() {
    let mut client = Client::silent();
    assert_eq!(client.request("textDocument/hover", about(&Value::Null)).unwrap_err()["code"], -32002, "not before it is greeted");
    client.raw(b"this is no header\r\n\r\n");
    client.raw(b"Content-Length: 3\r\n\r\n{]}");
    client.raw(b"Content-Length: 2\r\n\r\n{}{\"rest\": 1}");
    client.raw(b"Content-Length: nonsense\r\n\r\n");
    client.raw(b"Content-Length: 4\r\n\r\n\xff\xfe\xfd\xfc");
    client.raw(&[0, 159, 146, 150, b'\n']);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    client.raw(format!("Content-Length: {}\r\n\r\n{deep}", deep.len()).as_bytes());
    client.request("initialize", json!({ "capabilities": {} })).expect("it can be greeted after all that");
    assert!(client.complaints() >= 4, "what is no message is answered");
    for (method, params, code) in [
        ("no/such/method", json!({}), -32601),
        ("initialize", json!({ "capabilities": {} }), -32600),
        ("textDocument/hover", Value::Null, -32602),
        ("textDocument/hover", json!({ "textDocument": 7 }), -32602),
        ("textDocument/hover", json!({ "textDocument": { "uri": URI }, "position": { "line": -1, "character": 0 } }), -32602),
        ("textDocument/rename", json!([]), -32602),
    ] {
        assert_eq!(client.request(method, params.clone()).unwrap_err()["code"], code, "{method} {params}");
    }
    for (method, params) in [
        ("textDocument/didOpen", json!({})),
        ("textDocument/didChange", json!({ "textDocument": { "uri": URI, "version": 1 } })),
        (
            "textDocument/didChange",
            json!({ "textDocument": { "uri": "file:///never/opened.rules", "version": 1 }, "contentChanges": [{ "text": "x" }] }),
        ),
        ("textDocument/didClose", json!({ "textDocument": { "uri": "file:///never/opened.rules" } })),
        ("no/such/notification", json!(1)),
        ("$/cancelRequest", json!({})),
        ("$/cancelRequest", json!({ "id": 4711 })),
    ] {
        client.notify(method, params);
    }
    client.send(&json!({ "jsonrpc": "2.0", "id": 4711, "result": null }));
    client.send(&json!({ "jsonrpc": "2.0", "id": null, "method": "textDocument/hover" }));
    alive(&mut client);
    assert!(client.leave().success());
}

#[test]
fn documents_that_are_no_rules_or_not_open_have_nothing_to_say() {
    let mut client = Client::start();
    client.notify(
        "textDocument/didOpen",
        json!({ "textDocument": { "uri": "file:///a/readme.md", "languageId": "markdown", "version": 1, "text": TEXT } }),
    );
    for uri in ["file:///a/readme.md", "file:///never/opened.rules", "", "::::", "file://%"] {
        for method in AT_PLACE.iter().chain(ABOUT_TEXT) {
            let mut params = about(&json!({ "line": 1, "character": 3 }));
            params["textDocument"]["uri"] = json!(uri);
            assert_eq!(client.request(method, params).unwrap(), Value::Null, "{method} of {uri}");
        }
    }
    alive(&mut client);
    assert!(client.leave().success());
}

#[test]
fn documents_past_every_limit_are_told_so() {
    let mut client = Client::start();
    let large = format!("rulegate 1\n{}", "// all this is too much\n".repeat(60_000));
    client.open(URI, &large);
    let found = client.diagnostics(URI);
    assert_eq!((found.len(), &found[0]["code"]), (1, &json!("E0601")));
    for method in AT_PLACE.iter().chain(ABOUT_TEXT) {
        client.request(method, about(&json!({ "line": 5, "character": 3 }))).expect("an answer, if an empty one");
    }
    let long_line = format!("rulegate 1\nfeatures t {{ {} }}", (0..20_000).map(|at| format!("`é{at}` : int64 >= 0 ")).collect::<String>());
    client.change(URI, 2, &long_line);
    for method in ["textDocument/semanticTokens/full", "textDocument/hover", "textDocument/completion"] {
        client.request(method, about(&json!({ "line": 1, "character": 90_000 }))).expect("an answer");
    }
    let deep = format!("rulegate 1\nfeatures t {{ a : int64 rule r: {}a > 0{} }}", "(".repeat(5_000), ")".repeat(5_000));
    client.change(URI, 3, &deep);
    client.request("textDocument/hover", about(&json!({ "line": 1, "character": 30 }))).expect("an answer");
    alive(&mut client);
    assert!(client.leave().success());
}

#[test]
fn a_cancelled_request_is_answered_once() {
    let mut client = Client::start();
    client.open(URI, TEXT);
    let mut answers = (0, 0);
    for round in 0..100 {
        client.change(URI, round, &TEXT.replace("r {", &format!("r{round} {{")));
        let id = client.ask("textDocument/semanticTokens/full", about(&Value::Null));
        client.notify("$/cancelRequest", json!({ "id": id }));
        match client.answer(id) {
            Ok(_) => answers.0 += 1,
            Err(error) => {
                assert_eq!(error["code"], -32800);
                answers.1 += 1;
            }
        }
    }
    assert_eq!(answers.0 + answers.1, 100);
    assert!(client.leave().success());
}

#[test]
fn it_ends_when_the_client_does() {
    assert_eq!(Client::start().vanish().code(), Some(1));
    let mut client = Client::start();
    client.request("shutdown", Value::Null).unwrap();
    assert_eq!(client.request("textDocument/hover", about(&Value::Null)).unwrap_err()["code"], -32600, "nothing is answered after that");
    client.notify("exit", Value::Null);
    drop(client);
}

#[test]
fn files_that_vanish_or_are_no_text_are_no_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let main = uri(&folder.path().join("t.rules"));
    std::fs::write(folder.path().join("t.parquet"), b"PAR1 this is none PAR1").unwrap();
    std::fs::write(folder.path().join("t.report.json"), [0xff, 0xfe]).unwrap();
    std::fs::write(folder.path().join("bytes.rules"), [0xff, 0xfe]).unwrap();
    let mut client = Client::start();
    client.open(&main, "rulegate 1\nimport \"bytes.rules\"\nset s from \"t.csv\"\nfeatures t {\n  \n}\n");
    let codes: Vec<Value> = client.diagnostics(&main).iter().map(|found| found["code"].clone()).collect();
    assert_eq!(codes, ["E0602", "E0602"]);
    let place = json!({ "textDocument": { "uri": main }, "position": { "line": 4, "character": 2 } });
    assert!(client.request("textDocument/completion", place.clone()).unwrap()["items"].as_array().is_some_and(|items| items.len() > 5));
    drop(folder);
    client.notify("textDocument/didSave", json!({ "textDocument": { "uri": main } }));
    assert!(client.request("textDocument/hover", place).is_ok());
    assert!(client.leave().success());
}

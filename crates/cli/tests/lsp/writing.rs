//! Completion: what can stand where something is being written.

use std::path::Path;

use serde_json::Value;

use crate::client::{Client, at, uri};

const TEXT: &str = r#"rulegate 1
param least: float = 1.0
set chains = ("base", "solana")
type share = float between 0 and 1
features tokens {
  key symbol
  /// Its ticker.
  symbol : string
  chain : string in chains
  level : enum("LOW", "HIGH")
  trust : share <= 1 @name(sane)
  home : struct { city: string }
  let hot = trust > 0.9
  rule cheap: trust < 1
  example good { symbol: "A" }
}
"#;

struct Written {
    client: Client,
    main: String,
    _folder: tempfile::TempDir,
}

fn start() -> Written {
    let folder = tempfile::tempdir().unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/samples/token_features.parquet");
    std::fs::create_dir(folder.path().join("samples")).unwrap();
    std::fs::copy(sample, folder.path().join("samples/tokens.parquet")).unwrap();
    std::fs::write(folder.path().join("common.rules"), "rulegate 1\n").unwrap();
    let main = uri(&folder.path().join("main.rules"));
    let mut client = Client::start();
    client.open(&main, TEXT);
    client.diagnostics(&main);
    Written { client, main, _folder: folder }
}

impl Written {
    /// What is offered at the mark `|` of a piece of text that stands at the end of the block, or behind it after `^`.
    fn offered(&mut self, piece: &str) -> Vec<Value> {
        let text = match piece.strip_prefix('^') {
            Some(piece) => format!("{TEXT}{piece}\n"),
            None => format!("{}  {piece}\n}}\n", TEXT.trim_end().trim_end_matches('}')),
        };
        let before = text.split('|').next().unwrap().to_owned();
        let text = text.replacen('|', "", 1);
        self.client.change(&self.main, 2, &text);
        let list = self.client.request("textDocument/completion", at(&self.main, &text, &before)).unwrap();
        list["items"].as_array().cloned().unwrap_or_default()
    }

    fn labels(&mut self, piece: &str) -> Vec<String> {
        self.offered(piece).iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn what_fits_a_place_is_offered_there() {
    let mut written = start();
    let cases: &[(&str, &[&str], &[&str])] = &[
        // (where, offered, not offered)
        ("rule x { when tr|", &["trust", "hot", "$least", "round", "not"], &["mean", "gem_score", "share", "and"]),
        ("rule x { when trust |", &["and", "between", "expect"], &["trust", "round"]),
        ("rule x { |", &["when", "expect"], &["trust", "where"]),
        ("check c { |", &["where", "by", "expect"], &["when"]),
        ("rule x: trust > $|", &["least"], &["trust"]),
        ("check c: me|", &["mean", "row_count", "trust"], &[]),
        ("rule x: chain = \"|", &["\"base\"", "\"solana\""], &["\"LOW\""]),
        ("rule x: chain = \"b|\"", &["\"base\""], &[]),
        ("rule x: level in (\"LOW\", \"|", &["\"HIGH\""], &["\"base\""]),
        ("rule x: chain in |", &["chains"], &[]),
        ("rule x: home.|", &["city"], &["trust"]),
        ("a : |", &["string", "share", "float64", "list"], &["trust"]),
        ("a : list<|", &["string", "share"], &["trust"]),
        ("a : string |", &["between", "matches", "is_email", "length", "unique"], &["trust"]),
        ("a : string not_blank, |", &["between", "matches"], &["trust"]),
        ("a : string in |", &["chains", "reference"], &["trust"]),
        ("a : float64 >= |", &["trust", "abs"], &["between"]),
        ("a : float64 >= 0 when |", &["trust", "hot"], &[]),
        ("a : float64 @|", &["warn", "missing", "redact"], &["closed"]),
        ("rule x @|", &["warn", "tolerate"], &["missing", "closed"]),
        ("waive |", &["cheap", "chain.enum", "trust.sane"], &["trust"]),
        ("waive chain.|", &["enum", "required", "type"], &["sane"]),
        ("key |", &["symbol", "trust"], &["hot"]),
        ("example other { |", &["symbol", "chain"], &["hot"]),
        ("example other { level: \"|", &["\"LOW\"", "\"HIGH\""], &[]),
        // Columns of the data that no field declares yet.
        ("gem|", &["gem_score", "rule", "check"], &["symbol", "trust"]),
        ("rule x: all(item in home: it|", &["item"], &[]),
        ("rule x: cast(trust as |", &["float64", "share"], &["trust"]),
        ("^|", &["features", "param", "set"], &["rule"]),
        ("^test \"x\" for |", &["tokens"], &[]),
        ("^test \"x\" for tokens { |", &["given", "expect"], &[]),
        ("^test \"x\" for tokens { given |", &["good"], &[]),
        ("^test \"x\" for tokens { given { |", &["symbol", "trust"], &[]),
        ("^test \"x\" for tokens { given { chain: \"|", &["\"base\""], &[]),
        ("^test \"x\" for tokens { given good expect |", &["pass", "fail"], &[]),
        ("^test \"x\" for tokens { given good expect fail |", &["cheap", "trust.sane"], &["trust"]),
        ("^test \"x\" for tokens { given good expect fail trust.|", &["sane", "required"], &[]),
        ("^import \"|", &["\"common.rules\""], &["\"main.rules\""]),
        ("^features more @|", &["closed", "owner"], &["redact"]),
    ];
    for (piece, offered, not_offered) in cases {
        let labels = written.labels(piece);
        let missing: Vec<_> = offered.iter().filter(|label| !labels.iter().any(|known| known == *label)).collect();
        let extra: Vec<_> = not_offered.iter().filter(|label| labels.iter().any(|known| known == *label)).collect();
        assert!(missing.is_empty() && extra.is_empty(), "`{piece}`: missing {missing:?}, too much {extra:?} in {labels:?}");
    }
    for nowhere in ["// tr|", "rule x: symbol matches /tr|", "/// tr|"] {
        assert_eq!(written.labels(nowhere), Vec::<String>::new(), "{nowhere}");
    }
    assert!(written.client.leave().success());
}

#[test]
fn offers_bring_types_docs_and_what_is_written() {
    let mut written = start();
    let item = |written: &mut Written, piece: &str, label: &str| -> Value {
        let items = written.offered(piece);
        items.iter().find(|item| item["label"] == label).unwrap_or_else(|| panic!("no {label}")).clone()
    };
    let fresh = item(&mut written, "gem|", "gem_score");
    assert_eq!(fresh["textEdit"]["newText"], "gem_score : float64");
    assert!(fresh["detail"].as_str().unwrap().contains("tokens.parquet"), "{fresh}");
    let function = item(&mut written, "rule x { when rou|", "round");
    assert_eq!((function["textEdit"]["newText"].as_str(), function["insertTextFormat"].as_u64()), (Some("round($0)"), Some(2)));
    assert!(function["documentation"]["value"].as_str().unwrap().contains("round("), "{function}");
    let column = item(&mut written, "rule x { when sym|", "symbol");
    assert_eq!(column["documentation"]["value"], "Its ticker.");
    let value = item(&mut written, "rule x: chain = \"b|\"", "\"base\"");
    let range = &value["textEdit"]["range"];
    let length = range["end"]["character"].as_u64().unwrap() - range["start"]["character"].as_u64().unwrap();
    assert_eq!((value["textEdit"]["newText"].as_str(), length), (Some("\"base\""), 3), "the quotes that stand there are replaced");
    let attribute = item(&mut written, "a : float64 @mis|", "missing");
    assert!(attribute["documentation"]["value"].as_str().unwrap().contains("count as null"));
    assert!(written.client.leave().success());
}

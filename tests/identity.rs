//! The identity of a rule set: its hash tells what rules say, not how they are laid out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use rulegate::RuleSet;
use rulegate::compile::CompileOptions;
use rulegate::format::format;
use rulegate::scan::FolderLoader;
use rulegate::syntax::{LexemeKind, lexemes};

/// Every rule file of the repository that compiles.
fn shipped() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut folders, mut found) = (vec![root.join("rules"), root.join("tests"), root.join("examples")], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rules") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn hash(path: &Path, text: &str) -> Option<String> {
    let loader = FolderLoader::for_entry(path);
    let options = CompileOptions { loader: Some(&loader), ..CompileOptions::default() };
    RuleSet::compile(&path.to_string_lossy(), text, &options).rule_set.map(|rules| rules.hash().to_owned())
}

#[test]
fn layout_and_comments_never_change_it() {
    let mut seen = 0;
    for path in shipped() {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let Some(known) = hash(&path, &text) else { continue };
        let formatted = format(&text).unwrap().text;
        assert_eq!(hash(&path, &formatted).as_ref(), Some(&known), "{} formatted", path.display());
        let mut noted = text.clone();
        for lexeme in lexemes(&text).iter().rev().filter(|lexeme| lexeme.first) {
            noted.insert_str(lexeme.start, "/* a note */ // and another\n");
        }
        assert_eq!(hash(&path, &noted).as_ref(), Some(&known), "{} with comments", path.display());
        let windows = text.replace("\r\n", "\n").replace('\n', "\r\n");
        // Line ends within `"""…"""` are part of a text.
        if !text.contains("\"\"\"") {
            assert_eq!(hash(&path, &windows).as_ref(), Some(&known), "{} with other line ends", path.display());
        }
        seen += 1;
    }
    assert!(seen > 30, "only {seen} files compile");
}

#[test]
fn every_token_counts() {
    const TEXT: &str = "rulegate 1\nparam least: float = 1.5\nset chains = (\"base\", \"solana\")\nfeatures t @tag(\"money\") {\n  key id\n  \
                        id : int64 unique, >= 10 @warn(2%)\n  chain : string in chains, matches /[a-z]+/ @name(form)\n  \
                        price : float64? between 0 and 9.5 when id > 3\n  let hot = price > $least\n  \
                        rule r @info { when hot expect chain != \"x\" message \"{chain} it is\" }\n  check c: mean(price) < 7\n}\n";
    let path = Path::new("t.rules");
    let known = hash(path, TEXT).expect("it compiles");
    let mut compared = 0;
    for lexeme in lexemes(TEXT) {
        let (inside, new) = match lexeme.kind {
            LexemeKind::Number => (lexeme.end, "1"),
            LexemeKind::String | LexemeKind::Regex => (lexeme.end - 1, "y"),
            LexemeKind::Word => (lexeme.end, "z"),
            _ => continue,
        };
        let mut text = TEXT.to_owned();
        text.insert_str(inside, new);
        // Many a change is no rule any more; those that are have another hash.
        if let Some(hash) = hash(path, &text) {
            assert_ne!(hash, known, "{text}");
            compared += 1;
        }
    }
    assert!(compared >= 15, "{compared} changes compile");
    for (old, new) in [(">= 10", "> 10"), ("float64?", "float64"), ("!=", "="), ("@info", "@warn")] {
        assert_ne!(hash(path, &TEXT.replacen(old, new, 1)).expect("it compiles"), known, "{new}");
    }
}

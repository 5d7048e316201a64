//! The words of the language: their examples compile, and the pages made from them are what the registry says. `UPDATE=1` rewrites the pages.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "diagnostics/support.rs"]
mod support;

use std::fmt::Write as _;

use rulegate::compile::reference::{Word, WordKind, attribute_stands_on, find, words};
use rulegate::diagnostics::Code;
use support::{InMemory, committed, compile, line, read, repository};

#[test]
fn examples_of_words_compile() {
    let beside = InMemory::default().with("common.rules", "rulegate 1\ntype percentage = float64 between 0 and 100\n");
    let mut wrong = Vec::new();
    for word in words() {
        let text = word.example_file();
        let compiled = compile("example.rules", &text, &beside, &[]);
        // A file of references need not be there.
        let stray: Vec<String> = compiled.diagnostics.iter().filter(|one| one.code != Code::Reference).map(line).collect();
        if !stray.is_empty() || compiled.rule_set.is_none() {
            wrong.push(format!("{} {}: {stray:#?}\n{text}", word.kind.noun(), word.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_word_is_found_with_and_without_its_sign() {
    let kinds = |name: &str| find(name).map(|word| word.kind).collect::<Vec<_>>();
    assert_eq!(kinds("@warn"), [WordKind::Attribute]);
    assert_eq!(kinds("in"), [WordKind::Constraint, WordKind::Operator]);
    assert_eq!((kinds("@in"), kinds("gem_score")), (Vec::new(), Vec::new()));
}

#[test]
fn the_page_of_attributes_is_what_the_registry_says() {
    let mut page = String::from(
        "# Attributes\n\n<!-- Written by tests/words.rs from the registry of words: UPDATE=1 cargo test --test words -->\n\n\
         Attributes stand after what they speak about: after a field's type, after a constraint, after the name of a rule or check, before the `{` of a\n\
         block. What holds for a field holds for all its rules, where they say nothing else. [Rules](rules.md#severity) explains severities and bounds.\n\n",
    );
    index(&mut page, WordKind::Attribute, "@");
    for word in of_kind(WordKind::Attribute) {
        writeln!(page, "## @{}\n", word.name).unwrap();
        writeln!(page, "{} · on: {}\n", code(word.form), attribute_stands_on(word.name).join(", ")).unwrap();
        body(&mut page, word);
    }
    committed(&repository("docs/language/attributes.md"), &page).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn the_page_of_words_is_what_the_registry_says() {
    let mut page = String::from(
        "# Words\n\n<!-- Written by tests/words.rs from the registry of words: UPDATE=1 cargo test --test words -->\n\n\
         Every word of the language but [attributes](attributes.md) and [functions](functions.md). `rulegate explain WORD` shows the same on a terminal.\n\n",
    );
    let kinds = [
        (WordKind::FileItem, "Items of a file"),
        (WordKind::BlockItem, "Items of a block"),
        (WordKind::Clause, "Parts of items"),
        (WordKind::Type, "Types"),
        (WordKind::Constraint, "Constraints, and kinds in ids"),
        (WordKind::Operator, "Operators and constants"),
    ];
    for (kind, heading) in kinds {
        writeln!(page, "## {heading}\n").unwrap();
        for word in of_kind(kind) {
            writeln!(page, "### {}\n\n{}\n", word.name, code(word.form)).unwrap();
            body(&mut page, word);
        }
    }
    committed(&repository("docs/language/words.md"), &page).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn the_index_of_errors_is_what_the_pages_say() {
    let mut page = String::from(
        "# Errors and warnings\n\n<!-- Written by tests/words.rs from the pages beside it: UPDATE=1 cargo test --test words -->\n\n\
         Every remark about a rule file carries a code. An error (`E`) keeps the file from compiling; a warning (`W`) does not. The codes of released\n\
         versions are never given to another meaning. `rulegate explain E0301` shows a page on a terminal.\n\n\
         The pages show a file that gives the code and one that does not; both are compiled by the tests.\n",
    );
    let stages = [
        ("E01", "Syntax"),
        ("E02", "Names"),
        ("E03", "Types"),
        ("E04", "Calls, patterns and attributes"),
        ("E05", "Parameters"),
        ("E06", "Limits and files"),
        ("W", "Warnings"),
    ];
    let mut codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    codes.sort_unstable();
    let mut listed = 0;
    for (stage, heading) in stages {
        writeln!(page, "\n## {heading}\n\n| code | meaning |\n| --- | --- |").unwrap();
        for code in codes.iter().filter(|code| code.starts_with(stage)) {
            let text = read(&repository(&format!("docs/errors/{code}.md")));
            let title = text
                .lines()
                .next()
                .and_then(|line| line.strip_prefix(&format!("# {code}: ")))
                .expect("a page begins with its code and title");
            writeln!(page, "| [{code}]({code}.md) | {title} |").unwrap();
            listed += 1;
        }
    }
    assert_eq!(listed, codes.len(), "a stage is missing from the index");
    committed(&repository("docs/errors/README.md"), &page).unwrap_or_else(|why| panic!("{why}"));
}

fn of_kind(kind: WordKind) -> impl Iterator<Item = &'static Word> {
    words().filter(move |word| word.kind == kind)
}

fn index(page: &mut String, kind: WordKind, sign: &str) {
    let links: Vec<String> = of_kind(kind).map(|word| format!("[`{sign}{0}`](#{0})", word.name)).collect();
    writeln!(page, "{}\n", links.join(" · ")).unwrap();
}

/// Meaning and example. The tests of the reference compile every snippet that is a whole file.
fn body(page: &mut String, word: &Word) {
    let text = word.example_file();
    let info = if text.contains("import") { "text" } else { "rules" };
    writeln!(page, "{}\n\n```{info}\n{text}```\n", word.meaning).unwrap();
}

/// Alternatives of a form, each as code.
fn code(form: &str) -> String {
    let one = |text: &str| if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") };
    form.split("   ").map(|part| if part == "or" { part.to_owned() } else { one(part) }).collect::<Vec<_>>().join(" ")
}

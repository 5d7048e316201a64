//! Diagnostics as an author meets them: every code has a page whose snippets behave as it says, and every case of
//! `tests/diagnostics` is rendered as the text beside it. `UPDATE=1` rewrites those texts.
//!
//! A page's snippets are whole files: `rules wrong` gives the page's code and no other, `rules right` gives nothing. What they import or
//! load stands in further blocks, ```` ```rules file=name ```` and ```` ```csv file=name ````. `<U+202E>` in a snippet stands for that character.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "diagnostics/support.rs"]
mod support;

use std::collections::BTreeSet;

use rulegate::compile::Compiled;
use rulegate::diagnostics::{Applicability, Code, Diagnostic, fix};
use support::{Fence, InMemory, committed, compile, fences, files, line, read, render, repository, stem, with_invisible};

#[test]
fn each_code_has_its_page_and_each_page_its_code() {
    let pages: BTreeSet<String> = files("docs/errors", "md").iter().map(|page| stem(page)).filter(|name| name != "README").collect();
    let codes: BTreeSet<String> = Code::ALL.iter().map(|code| code.as_str().to_owned()).collect();
    assert_eq!(pages, codes);
    for code in Code::ALL {
        let page = page(*code);
        let title = page.lines().next().unwrap_or_default();
        let text =
            title.strip_prefix(&format!("# {}: ", code.as_str())).unwrap_or_else(|| panic!("{}: the title is `{title}`", code.as_str()));
        assert!(!text.is_empty() && !text.ends_with('.'), "{title}");
        assert!(page.contains("\n## What to do\n"), "{} does not say what to do", code.as_str());
    }
}

#[test]
fn each_code_is_in_the_index_of_pages() {
    let index = read(&repository("docs/errors/README.md"));
    for code in Code::ALL {
        let row = format!("[{0}]({0}.md)", code.as_str());
        assert_eq!(index.matches(&row).count(), 1, "{row}");
    }
}

#[test]
fn the_snippets_of_a_page_do_what_it_says() {
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let found = fences(&page(*code));
        let files = page_files(&found);
        for (word, fits) in [("wrong", Some(*code)), ("right", None)] {
            let info = format!("rules {word}");
            let snippets: Vec<&Fence> = found.iter().filter(|fence| fence.info == info).collect();
            if snippets.is_empty() {
                wrong.push(format!("{} has no `{info}`", code.as_str()));
            }
            for snippet in snippets {
                // A snippet can be imported itself, as `page.rules`.
                let text = with_invisible(&snippet.text);
                let compiled = compile("page.rules", &text, &files.clone().with("page.rules", &text), &[]);
                let codes: BTreeSet<Code> = compiled.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
                if codes != fits.into_iter().collect() {
                    let said: Vec<String> = compiled.diagnostics.iter().map(line).collect();
                    wrong.push(format!("{} line {} ({word}) gives {said:#?}", code.as_str(), snippet.line));
                }
                match fits {
                    Some(code) if code.as_str().starts_with('E') => assert!(compiled.rule_set.is_none()),
                    _ => assert!(compiled.rule_set.is_some() || !wrong.is_empty()),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn cases_are_rendered_as_the_texts_beside_them() {
    let mut wrong = Vec::new();
    for path in files("tests/diagnostics", "rules") {
        let compiled = case(&stem(&path));
        if compiled.diagnostics.is_empty() {
            wrong.push(format!("{}: there is nothing to say about this case", stem(&path)));
        }
        let rendered = render(&compiled.diagnostics, &compiled.sources);
        wrong.extend(committed(&path.with_extension("txt"), &rendered).err());
    }
    let cases: BTreeSet<String> = files("tests/diagnostics", "rules").iter().map(|path| stem(path)).collect();
    for text in files("tests/diagnostics", "txt") {
        if !cases.contains(&stem(&text)) {
            wrong.push(format!("{}.txt belongs to no case", stem(&text)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_code_has_a_case() {
    let mut missing: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    for path in files("tests/diagnostics", "rules") {
        let name = stem(&path);
        let Some((code, _)) = name.split_once('_').filter(|(code, _)| *code != "everyday") else { continue };
        let given: BTreeSet<&str> = case(&name).diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
        assert!(given.contains(code.to_uppercase().as_str()), "{name} gives {given:?}");
        missing.retain(|code| !given.contains(code));
    }
    assert!(missing.is_empty(), "no case for {missing:?}");
}

#[test]
fn what_is_said_follows_the_house_style() {
    let mut wrong = Vec::new();
    for path in files("tests/diagnostics", "rules") {
        for diagnostic in case(&stem(&path)).diagnostics {
            let texts = [Some(&diagnostic.message), diagnostic.label.as_ref(), diagnostic.help.as_ref()].into_iter().flatten();
            for text in texts.chain(diagnostic.labels.iter().map(|(_, text)| text)) {
                if let Some(breach) = style(text) {
                    wrong.push(format!("{}: {breach}: {text:?}", stem(&path)));
                }
            }
            if diagnostic.help.is_none() {
                wrong.push(format!("{}: no help: {}", stem(&path), line(&diagnostic)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_edit_lies_in_the_text_and_mends_what_it_is_offered_for() {
    let mut wrong = Vec::new();
    for path in files("tests/diagnostics", "rules") {
        let name = stem(&path);
        let (text, given) = source(&name);
        let before = case(&name);
        for diagnostic in before.diagnostics.iter().filter(|diagnostic| diagnostic.span.file == before.diagnostics[0].span.file) {
            let Some(edit) = &diagnostic.suggestion else { continue };
            let mut edited = text.clone();
            assert!(edited.get(edit.span.range()).is_some(), "{name}: the edit lies outside the text");
            edited.replace_range(edit.span.range(), &edit.replacement);
            let after = compile(&format!("{name}.rules"), &edited, &shared_files(), &borrowed(&given)).diagnostics;
            let same = |other: &&Diagnostic| other.code == diagnostic.code && other.message == diagnostic.message;
            let remains = after.iter().filter(same).count() >= before.diagnostics.iter().filter(same).count();
            // What was hidden behind an item that could not be read may now be said; but that item must be read further than before,
            // and one that could be read must not break.
            let syntax = |one: &&Diagnostic| one.code.as_str().starts_with("E01");
            let spoils = if syntax(&diagnostic) {
                after.iter().filter(syntax).any(|one| one.span.start == diagnostic.span.start)
            } else {
                after.iter().filter(syntax).count() > before.diagnostics.iter().filter(syntax).count()
            };
            if remains || spoils {
                wrong.push(format!("{name}: remains {remains}, spoils {spoils}: {}", line(diagnostic)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn after_all_safe_edits_nothing_is_left_to_mend_and_nothing_new_is_wrong() {
    let mut wrong = Vec::new();
    for path in files("tests/diagnostics", "rules") {
        let name = stem(&path);
        let (mut text, given) = source(&name);
        let before = case(&name);
        let entry = before.sources.files().next().unwrap().0;
        let mut after = case(&name);
        for _ in 0..8 {
            let Some(fixed) = fix(&text, entry, &after.diagnostics, &|_| true) else { break };
            text = fixed.text;
            after = compile(&format!("{name}.rules"), &text, &shared_files(), &borrowed(&given));
        }
        if let Some(left) = after.diagnostics.iter().find(|one| one.suggestion.as_ref().is_some_and(|edit| is_safe(edit, entry))) {
            wrong.push(format!("{name}: after all edits there is still one to make: {}", line(left)));
        }
        // An item that could not be read hides what else is wrong with it, and with what names it.
        let was_read = |compiled: &Compiled| !compiled.diagnostics.iter().any(|one| one.code.as_str().starts_with("E01"));
        for one in after.diagnostics.iter().filter(|one| was_read(&before) || one.code.as_str().starts_with("E01")) {
            let same = |all: &[Diagnostic]| all.iter().filter(|other| other.code == one.code && other.message == one.message).count();
            if same(&after.diagnostics) > same(&before.diagnostics) {
                wrong.push(format!("{name}: the edits bring {}\n{text}", line(one)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn is_safe(edit: &rulegate::diagnostics::Suggestion, file: rulegate::source::FileId) -> bool {
    edit.applicability == Applicability::Safe && edit.span.file == file
}

fn page(code: Code) -> String {
    read(&repository(&format!("docs/errors/{}.md", code.as_str())))
}

fn page_files(found: &[Fence]) -> InMemory {
    found.iter().fold(InMemory::default(), |files, fence| match fence.info.split_once("file=") {
        Some((_, name)) => files.with(name.trim(), &fence.text),
        None => files,
    })
}

/// Files that cases may import or load: those of `tests/diagnostics/files`.
fn shared_files() -> InMemory {
    let mut all = InMemory::default();
    for ending in ["rules", "csv"] {
        for path in files("tests/diagnostics/files", ending) {
            all = all.with(&path.file_name().unwrap().to_string_lossy(), &read(&path));
        }
    }
    all
}

type Given = Vec<(String, String)>;

/// The text of a case with the parameters that a line `// param: name=value` of it gives.
fn source(name: &str) -> (String, Given) {
    let text = with_invisible(&read(&repository(&format!("tests/diagnostics/{name}.rules"))));
    let given = text.lines().filter_map(|line| line.strip_prefix("// param: ")).filter_map(|line| line.split_once('='));
    let given = given.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    (text, given)
}

fn borrowed(given: &Given) -> Vec<(&str, &str)> {
    given.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn case(name: &str) -> Compiled {
    let (text, given) = source(name);
    compile(&format!("{name}.rules"), &text, &shared_files(), &borrowed(&given))
}

/// Lower case, no full stop, no line breaks. A quotation or a name may begin with what it begins with.
fn style(text: &str) -> Option<&'static str> {
    if text.contains('\n') {
        Some("a line break")
    } else if text.trim() != text || text.is_empty() {
        Some("blanks around it, or nothing in it")
    } else if text.ends_with('.') {
        Some("a full stop")
    } else if text.starts_with(|c: char| c.is_ascii_uppercase()) {
        Some("it begins with a capital")
    } else {
        None
    }
}

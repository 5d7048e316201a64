//! The language reference: its snippets compile, and the page of functions is what the registry says. `UPDATE=1` rewrites that page.
//!
//! The info string of a fenced block in `docs/language` and `docs/glossary.md` tells what the snippet is:
//!
//! | info string | what it is |
//! | --- | --- |
//! | `rules` | a whole file without anything to remark |
//! | `rules later` | a whole file with warnings about what comes later, and no others |
//! | `rules fragment` | items of a block: they stand in the block of `rules prelude` in README.md, in place of columns they declare themselves |
//! | `rules expression` | one condition a line, each the condition of a rule in that block |
//! | `rules check` | one condition a line, each the condition of a check in that block |
//! | `rules prelude` | the file and block around fragments, once |
//! | `rules file=name`, `csv file=name` | what snippets of the same page import or load |
//! | `text` | not compiled |

#[path = "diagnostics/support.rs"]
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rulegate::diagnostics::Code;
use rulegate::functions::{AggregateKind, Eval, FunctionDef, aggregates, all};
use support::{Fence, InMemory, committed, compile, fences, files, line, read, repository};

#[test]
fn snippets_compile() {
    let prelude = prelude();
    let mut wrong = Vec::new();
    let mut counted = 0;
    for path in files("docs/language", "md").into_iter().chain([repository("docs/glossary.md")]) {
        let found = fences(&read(&path));
        let beside = found.iter().fold(InMemory::default(), |files, fence| match fence.info.split_once("file=") {
            Some((_, name)) => files.with(name, &fence.text),
            None => files,
        });
        for fence in &found {
            let Some((text, allowed)) = whole(fence, &prelude) else {
                let known = fence.info == "text" || fence.info.contains("file=") || fence.info == "rules prelude";
                assert!(known, "{} line {}: nobody knows `{}`", path.display(), fence.line, fence.info);
                continue;
            };
            counted += 1;
            let compiled = compile("snippet.rules", &text, &beside, &[]);
            let stray: Vec<String> = compiled.diagnostics.iter().filter(|one| Some(one.code) != allowed).map(line).collect();
            if !stray.is_empty() || compiled.rule_set.is_none() {
                let name = path.file_name().unwrap().to_string_lossy();
                wrong.push(format!("{name} line {}: {stray:#?}", fence.line));
            }
            if allowed.is_some() {
                assert!(!compiled.diagnostics.is_empty(), "nothing in {} line {} comes later", path.display(), fence.line);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(counted >= 10, "only {counted} snippets were found");
}

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    let pages = ["docs/language", "docs/errors"].into_iter().flat_map(|folder| files(folder, "md")).chain([repository("docs/glossary.md")]);
    for path in pages {
        let text = read(&path);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = path.parent().unwrap().join(file);
            let missing = !target.is_file() || !anchor.is_empty() && !anchors(&read(&target)).contains(&anchor.to_owned());
            if missing {
                broken.push(format!("{}: {link}", path.file_name().unwrap().to_string_lossy()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn each_type_and_each_attribute_is_explained() {
    let fields = read(&repository("docs/language/fields.md"));
    for name in rulegate::types::ColumnType::BUILTIN_NAMES.iter().filter(|name| **name != "one_of") {
        let shown = fields.contains(&format!("`{name}`")) || fields.contains(&format!("`{name}<")) || fields.contains(&format!("`{name}("));
        assert!(shown || fields.contains(&format!("`{name} {{")), "fields.md does not explain `{name}`");
    }
}

#[test]
fn the_page_of_functions_is_what_the_registry_says() {
    committed(&repository("docs/language/functions.md"), &functions_page()).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn examples_of_functions_compile() {
    let mut wrong = Vec::new();
    for function in all() {
        for example in function.examples {
            let text = format!("rulegate 1\nfeatures examples {{\n  rule example: ({}) is null\n}}\n", example.call);
            let compiled = compile("example.rules", &text, &InMemory::default(), &[]);
            let planned = matches!(function.eval, Eval::Planned(_));
            let stray = compiled.diagnostics.iter().filter(|one| !(planned && one.code == Code::NotSupportedYet));
            wrong.extend(stray.map(|one| format!("{}: {}", example.call, line(one))));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The text around a snippet, and the code that may be remarked; nothing for what is not compiled.
fn whole(fence: &Fence, prelude: &str) -> Option<(String, Option<Code>)> {
    let numbered = |word: &str| {
        let lines = fence.text.lines().filter(|line| !line.trim().is_empty()).enumerate();
        lines.map(|(index, line)| format!("  {word} example_{index}: {line}\n")).collect::<String>()
    };
    Some(match fence.info.as_str() {
        "rules" => (fence.text.clone(), None),
        "rules later" => (fence.text.clone(), Some(Code::NotSupportedYet)),
        "rules fragment" => (within(prelude, &fence.text), None),
        "rules expression" => (within(prelude, &numbered("rule")), None),
        "rules check" => (within(prelude, &numbered("check")), None),
        _ => return None,
    })
}

fn prelude() -> String {
    let found = fences(&read(&repository("docs/language/README.md")));
    found.into_iter().find(|fence| fence.info == "rules prelude").expect("README.md has a prelude").text
}

/// Puts items into the block of the prelude, whose own columns of the same names give way.
fn within(prelude: &str, items: &str) -> String {
    let field = |line: &str| line.split_once(':').map(|(name, _)| name.trim().to_owned()).filter(|name| !name.contains(' '));
    let declared: Vec<String> = items.lines().filter_map(field).collect();
    let (head, _) = prelude.trim_end().rsplit_once('}').expect("the prelude ends with its block");
    let kept: String = head.lines().filter(|line| !field(line).is_some_and(|name| declared.contains(&name))).map(|line| format!("{line}\n")).collect();
    format!("{kept}{items}}}\n")
}

/// The anchors of a page's headings.
fn anchors(page: &str) -> Vec<String> {
    let heading = |line: &str| {
        let text = line.trim_start_matches('#').trim().to_lowercase();
        text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).collect::<String>().replace(' ', "-")
    };
    page.lines().filter(|line| line.starts_with('#')).map(heading).collect()
}

/// Families by folder of `src/functions`, with their headings, in the order of the page.
const FAMILIES: &[(&str, &str)] = &[
    ("number", "Numbers"),
    ("text", "Text"),
    ("time", "Time"),
    ("list", "Lists"),
    ("vector", "Vectors"),
    ("choice", "Choosing"),
    ("planned", "Functions of later versions"),
];

fn functions_page() -> String {
    let mut out = String::from(
        "# Functions\n\n<!-- Written by tests/reference.rs from the registry of functions: UPDATE=1 cargo test --test reference -->\n\n\
         Every function of the language. Where nothing else is said, a null argument gives null and a fault passes through. `same type` is the type of\n\
         the first argument; `x?` may be left out, and `…` means that the last argument may be repeated. `case`, `cast`, `try_cast`, `any` and `all` have a\n\
         form of their own and are explained under [expressions](expressions.md).\n\n",
    );
    let families = families();
    for (folder, heading) in FAMILIES {
        let mut members: Vec<&FunctionDef> = all().filter(|function| families.get(function.name).is_some_and(|family| family == folder)).collect();
        members.sort_by_key(|function| function.name);
        let links: Vec<String> = members.iter().map(|function| format!("[`{0}`](#{0})", function.name)).collect();
        writeln!(out, "## {heading}\n\n{}\n", links.join(" · ")).unwrap();
        for function in members {
            writeln!(out, "### {}\n\n`{}`\n\n{} {}\n", function.name, function.signature.display(function.name), function.summary, function.details).unwrap();
            if let Eval::Planned(reason) = function.eval {
                writeln!(out, "Not evaluated by this version: {reason}.\n").unwrap();
            }
            writeln!(out, "| call | value |\n| --- | --- |").unwrap();
            for example in function.examples {
                writeln!(out, "| {} | {} |", code(example.call), code(example.result)).unwrap();
            }
            out.push('\n');
        }
    }
    out.push_str("## Aggregates\n\nAggregates stand in [checks](checks.md) and are taken over all rows.\n\n");
    aggregate_table(&mut out, false);
    out.push_str("\n## Aggregates of later versions\n\nThey are checked; a check that uses one is skipped by this version.\n\n");
    aggregate_table(&mut out, true);
    out
}

fn aggregate_table(out: &mut String, later: bool) {
    out.push_str("| aggregate | value | remarks |\n| --- | --- | --- |\n");
    for aggregate in aggregates().iter().filter(|aggregate| (aggregate.kind == AggregateKind::Planned) == later) {
        let remarks = if later { "" } else { aggregate.details };
        writeln!(out, "| {} | {} | {remarks} |", code(&aggregate.signature.display(aggregate.name)), aggregate.summary).unwrap();
    }
}

/// Which folder a function's file lies in: the registry lists families by folder and does not name them.
fn families() -> BTreeMap<&'static str, String> {
    let mut found = BTreeMap::new();
    let texts: Vec<(String, String)> = FAMILIES
        .iter()
        .map(|(folder, _)| {
            let single = repository(&format!("src/functions/{folder}.rs"));
            let text = if single.is_file() { read(&single) } else { files(&format!("src/functions/{folder}"), "rs").iter().map(|path| read(path)).collect() };
            ((*folder).to_owned(), text)
        })
        .collect();
    for function in all() {
        let quoted = format!("\"{}\",", function.name);
        let named = |text: &str| text.lines().map(str::trim).any(|line| line == quoted || line == format!("name: {quoted}"));
        let home: Vec<&String> = texts.iter().filter(|(_, text)| named(text)).map(|(folder, _)| folder).collect();
        let family = match home.as_slice() {
            [one] => (*one).clone(),
            several => panic!("`{}` is found in {several:?} of src/functions", function.name),
        };
        found.insert(function.name, family);
    }
    found
}

/// Text as code in a table cell.
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

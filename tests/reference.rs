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

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "diagnostics/support.rs"]
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rulegate::diagnostics::{Code, Diagnostic};
use rulegate::functions::{FunctionDef, aggregates, all};
use rulegate::safety::Family;
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
            // A fragment need not use all that the prelude declares.
            let is_whole = fence.info == "rules" || fence.info == "rules later";
            // A page names files of references and need not bring them.
            let is_stray =
                |one: &&Diagnostic| Some(one.code) != allowed && one.code != Code::Reference && (is_whole || one.code != Code::Unused);
            let stray: Vec<String> = compiled.diagnostics.iter().filter(is_stray).map(line).collect();
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
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let missing = !target.is_file() || !anchor.is_empty() && !anchors(&read(&target)).contains(&anchor.to_owned());
            if missing {
                broken.push(format!("{}: {link}", path.file_name().unwrap().to_string_lossy()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn each_built_in_type_is_explained() {
    let fields = read(&repository("docs/language/fields.md"));
    for name in rulegate::types::ColumnType::BUILTIN_NAMES.iter().filter(|name| **name != "one_of") {
        let shown = fields.contains(&format!("`{name}`")) || fields.contains(&format!("`{name}<")) || fields.contains(&format!("`{name}("));
        assert!(shown || fields.contains(&format!("`{name} {{")), "fields.md does not explain `{name}`");
    }
}

#[test]
fn ids_are_those_that_the_page_shows() {
    let page = read(&repository("docs/language/fields.md"));
    let table = page.split("| written | ids |").nth(1).expect("fields.md has a table of ids").split("\n\n").next().unwrap();
    let mut shown = 0;
    for row in table.lines().filter(|row| row.contains("orders.")) {
        // Code in a cell stands between one or two back-ticks; `…` outside of them stands for ids that are left out.
        let (written, ids) = row.trim_matches('|').split_once(" | ").unwrap();
        let spans = |cell: &str| -> Vec<String> {
            let quote = if cell.contains("``") { "``" } else { "`" };
            cell.split(quote).skip(1).step_by(2).map(|span| span.trim().to_owned()).collect()
        };
        let items: String = spans(written)
            .iter()
            .map(|item| format!("{}\n", item.replace(": …", ": 1 = 1").replace("c: 1 = 1", "c: row_count() > 0")))
            .collect();
        let text = format!("rulegate 1\nfeatures orders {{\n{items}}}\n");
        let compiled = compile("ids.rules", &text, &InMemory::default(), &[]);
        let said: Vec<String> = compiled.diagnostics.iter().map(line).collect();
        let rule_set = compiled.rule_set.unwrap_or_else(|| panic!("{text}{said:#?}"));
        let found: Vec<&str> = rule_set.rule_ids().collect();
        for id in spans(ids) {
            assert!(found.contains(&id.as_str()), "{id} is not among {found:?}");
            shown += 1;
        }
        assert!(ids.contains('…') || found.len() == spans(ids).len(), "the page leaves out some of {found:?}");
    }
    assert!(shown >= 10, "{shown}");
}

#[test]
fn the_page_of_functions_is_what_the_registry_says() {
    committed(&repository("docs/language/functions.md"), &functions_page()).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn the_page_of_detectors_is_what_the_registry_says() {
    committed(&repository("docs/language/detectors.md"), &detectors_page()).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn examples_of_functions_compile() {
    let mut wrong = Vec::new();
    for function in all() {
        for example in function.examples {
            let text = format!("rulegate 1\nfeatures examples {{\n  rule example: ({}) is null\n}}\n", example.call);
            let compiled = compile("example.rules", &text, &InMemory::default(), &[]);
            wrong.extend(compiled.diagnostics.iter().map(|one| format!("{}: {}", example.call, line(one))));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What `docs/language/expressions.md` says of nulls, NaN, faults and numbers: a condition and the column of the verdict it is counted in.
const CLAIMS: &[(&str, &str)] = &[
    ("nil = 1", "unknown"),
    ("nil < 1", "unknown"),
    ("nil + 1 = 2", "unknown"),
    ("nil in (1, 2)", "unknown"),
    ("nil not in (1, 2)", "unknown"),
    ("no and maybe", "failed"),
    ("maybe and no", "failed"),
    ("yes and maybe", "unknown"),
    ("yes or maybe", "passed"),
    ("maybe or yes", "passed"),
    ("no or maybe", "unknown"),
    ("not maybe", "unknown"),
    ("nil between 1 and 2", "unknown"),
    ("three between 4 and nil", "failed"),
    ("nil is null", "passed"),
    ("three is null", "failed"),
    ("nil is distinct from 1", "passed"),
    ("nil is distinct from nil", "failed"),
    ("coalesce(nil, 1) = 1", "passed"),
    ("empty[9] is null", "passed"),
    ("nan = nan", "failed"),
    ("nan < 1", "failed"),
    ("nan >= 0", "failed"),
    ("nan between 0 and 1", "failed"),
    ("nan != nan", "passed"),
    ("nan != 1", "passed"),
    ("nan is null", "failed"),
    ("nan is distinct from nan", "failed"),
    ("finite(nan)", "failed"),
    ("is_nan(nan)", "passed"),
    ("three div zero + 1 = 1", "faulted"),
    ("not three div zero = 1", "faulted"),
    ("three div zero is null", "faulted"),
    ("no and three div zero = 1", "failed"),
    ("three div zero = 1 and no", "failed"),
    ("yes or three div zero = 1", "passed"),
    ("three div zero = 1 or yes", "passed"),
    ("maybe and three div zero = 1", "faulted"),
    ("yes and three div zero = 1", "faulted"),
    ("no or three div zero = 1", "faulted"),
    ("case when yes then true when three div zero = 1 then false end", "passed"),
    ("if(no, three div zero = 1, true)", "passed"),
    ("coalesce(three, three div zero) = 3", "passed"),
    ("try_cast(word as int64) is null", "passed"),
    ("cast(word as int64) is null", "faulted"),
    ("big = 9_007_199_254_740_992.0", "failed"),
    ("three / 2 = 1.5", "passed"),
    ("(-7) div 2 = -3", "passed"),
    ("-7 mod 2 = -1", "passed"),
    ("not three = 4", "passed"),
    ("three + 9_223_372_036_854_775_807 > 0", "passed"),
    ("9_223_372_036_854_775_807 * three > 0", "faulted"),
    ("nan / zero = 1", "faulted"),
    ("day + 36 h = day", "faulted"),
    ("day + 2 days = date \"2026-02-02\"", "passed"),
    ("day = timestamp \"2026-01-31T00:00:00Z\"", "passed"),
    ("least(three, nil) = 3", "unknown"),
    ("length(\"é\") = 1 and byte_length(\"é\") = 2", "passed"),
];

#[test]
fn the_pages_tell_the_truth_about_nulls_nan_and_faults() {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, ListArray, RecordBatch, StringArray};
    use arrow::datatypes::Int64Type;

    let columns: Vec<(&str, &str, ArrayRef)> = vec![
        ("yes", "bool", Arc::new(BooleanArray::from(vec![true]))),
        ("no", "bool", Arc::new(BooleanArray::from(vec![false]))),
        ("maybe", "bool?", Arc::new(BooleanArray::from(vec![None]))),
        ("nil", "int64?", Arc::new(Int64Array::from(vec![None]))),
        ("zero", "int64", Arc::new(Int64Array::from(vec![0]))),
        ("three", "int64", Arc::new(Int64Array::from(vec![3]))),
        ("big", "int64", Arc::new(Int64Array::from(vec![9_007_199_254_740_993]))),
        ("nan", "float64", Arc::new(Float64Array::from(vec![f64::NAN]))),
        ("word", "string", Arc::new(StringArray::from(vec!["abc"]))),
        ("day", "date", Arc::new(Date32Array::from(vec![20_484]))),
        ("empty", "list<int64>", Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([Some(Vec::<Option<i64>>::new())]))),
    ];
    let fields: String = columns.iter().map(|(name, ty, _)| format!("  {name} : {ty}\n")).collect();
    let rules: String = CLAIMS.iter().enumerate().map(|(index, (condition, _))| format!("  rule claim_{index}: {condition}\n")).collect();
    let compiled = compile("claims.rules", &format!("rulegate 1\nfeatures claims {{\n{fields}{rules}}}\n"), &InMemory::default(), &[]);
    let said: Vec<String> = compiled.diagnostics.iter().map(line).collect();
    let batch = RecordBatch::try_from_iter(columns.into_iter().map(|(name, _, array)| (name, array))).unwrap();
    let rule_set = compiled.rule_set.unwrap_or_else(|| panic!("{said:#?}"));
    let mut session = rule_set.bind(&batch.schema()).expect("it binds").session();
    session.add(&batch).expect("it is of the bound schema");
    let report = session.finish();
    let mut wrong = Vec::new();
    for (index, (condition, expected)) in CLAIMS.iter().enumerate() {
        let rule = report.rules.iter().find(|rule| rule.id == format!("claims.claim_{index}")).unwrap();
        let found = match (rule.passed, rule.failed, rule.unknown, rule.faulted) {
            (1, 0, 0, 0) => "passed",
            (0, 1, 0, 0) => "failed",
            (0, 0, 1, 0) => "unknown",
            (0, 1, 0, 1) => "faulted",
            _ => "something else",
        };
        if found != *expected {
            wrong.push(format!("{condition}: the page says {expected}, the engine {found}"));
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
    let kept: String =
        head.lines().filter(|line| !field(line).is_some_and(|name| declared.contains(&name))).map(|line| format!("{line}\n")).collect();
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
    ("detector", "Detectors"),
];

fn detectors_page() -> String {
    let mut out = String::from(DETECTORS);
    for family in Family::ALL {
        writeln!(out, "## no_{}\n", family.name()).unwrap();
        for kind in family.kinds() {
            let named = if kind.opt_in { "; only where it is named" } else { "" };
            writeln!(out, "* **`{}`** ({}{named}): {}.", kind.name, kind.level, kind.finds).unwrap();
            if !kind.allows.is_empty() {
                writeln!(out, "  Passes: {}.", kind.allows).unwrap();
            }
        }
        out.push('\n');
    }
    format!("{}\n", out.trim_end())
}

/// What stands before the lists.
const DETECTORS: &str = "\
# Detectors

<!-- Written by tests/reference.rs from the registry of kinds: UPDATE=1 cargo test --test reference -->

A detector tells whether a text is free of something: `no_secrets`, `no_pii`, `no_prompt_injection`, `no_code_injection`, `no_control_chars`,
`no_refusal`. It stands at a field as a constraint, or in an expression as a function of the text.

```rules fragment
summary : string  no_secrets, no_pii(email, phone), no_prompt_injection(from: medium)
comment : string
rule comment_is_clean: no_code_injection(comment, sql_injection) and no_control_chars(comment)
rule comment_names_nobody: no_pii(comment, low)
```

What a detector looks for are its *kinds*. A finding has a level: LOW, MEDIUM, HIGH or CRITICAL.

* Without arguments the text fails from HIGH. `from: medium` says otherwise; in an expression the level stands alone, `no_pii(comment, medium)`.
* With kinds, only these are looked for, and the text fails from LOW, or from the level that is told: `no_pii(ipv4, from: high)`.
* A null text gives null. Each entry of a dictionary is looked at once.
* Nothing of a text is reported, only that its rule failed: reports show `[redacted]` for each column that `no_secrets` or `no_pii` looks
  at, whichever rule fails, and the shape alone of a response that has a secret or something personal in it. `rulegate::safety` tells
  programs kinds, counts and places.

The level below is that of a plain finding; some are lower, as told. A detector knows forms, not meanings. It finds no names and no places, and no
attack in words that nobody has used before: it is one layer among others. The time it takes is linear in the text, whatever stands in it.

";

fn functions_page() -> String {
    let mut out = String::from(
        "# Functions\n\n<!-- Written by tests/reference.rs from the registry of functions: UPDATE=1 cargo test --test reference -->\n\n\
         Every function of the language. Where nothing else is said, a null argument gives null and a fault passes through. `same type` is the type of\n\
         the first argument; `x?` may be left out, and `…` means that the last argument may be repeated. `case`, `cast`, `try_cast`, `any` and `all` have a\n\
         form of their own and are explained under [expressions](expressions.md).\n\n",
    );
    let families = families();
    for (folder, heading) in FAMILIES {
        let mut members: Vec<&FunctionDef> =
            all().filter(|function| families.get(function.name).is_some_and(|family| family == folder)).collect();
        members.sort_by_key(|function| function.name);
        let links: Vec<String> = members.iter().map(|function| format!("[`{0}`](#{0})", function.name)).collect();
        writeln!(out, "## {heading}\n\n{}\n", links.join(" · ")).unwrap();
        for function in members {
            writeln!(
                out,
                "### {}\n\n`{}`\n\n{} {}\n",
                function.name,
                function.signature.display(function.name),
                function.summary,
                function.details
            )
            .unwrap();
            writeln!(out, "| call | value |\n| --- | --- |").unwrap();
            for example in function.examples {
                writeln!(out, "| {} | {} |", code(example.call), code(example.result)).unwrap();
            }
            out.push('\n');
        }
    }
    out.push_str("## Aggregates\n\nAggregates stand in [checks](checks.md) and are taken over all rows.\n\n");
    aggregate_table(&mut out);
    out
}

fn aggregate_table(out: &mut String) {
    out.push_str("| aggregate | value | remarks |\n| --- | --- | --- |\n");
    for aggregate in aggregates() {
        let remarks = aggregate.details;
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
            let text = if single.is_file() {
                read(&single)
            } else {
                files(&format!("src/functions/{folder}"), "rs").iter().map(|path| read(path)).collect()
            };
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

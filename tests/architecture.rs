//! The shape of the house: which room uses which, and whether every function is where it belongs and does what its page says.
//!
//! The rooms are the top-level modules of `src/`. `docs/architecture.md` has a table `| room | what it is for | may use |`; the
//! edges found in the source are exactly those of the table, and each room uses only rooms above it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use rulegate::functions::FunctionDef;
use rulegate::{BindOptions, RuleSet};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// A file of `src/`: its module path, and its text without comments, strings and test modules.
struct Source {
    path: PathBuf,
    module: Vec<String>,
    code: String,
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let mut paths = Vec::new();
    rust_files(&src, &mut paths);
    paths.sort();
    let mut sources = Vec::new();
    for path in paths {
        let within = path.strip_prefix(&src).expect("below src").with_extension("");
        let mut module: Vec<String> = within.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        module.pop_if(|last| last == "mod");
        // `x/tests.rs` is the body of a `#[cfg(test)] mod tests;`.
        if module.iter().any(|part| part == "tests") {
            continue;
        }
        let code = without_tests(&without_comments(&std::fs::read_to_string(&path).expect("UTF-8")));
        sources.push(Source { path, module, code });
    }
    sources
}

/// Rust without comments, and with empty literals, so that what is left is code.
fn without_comments(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if rest.starts_with('"') {
            code.push_str("\"\"");
            string(rest, 1)
        } else if let Some(length) = raw_string(rest).filter(|_| !code.ends_with(|before: char| before.is_alphanumeric() || before == '_'))
        {
            code.push_str("\"\"");
            length
        } else if let Some(length) = character(rest) {
            code.push_str("' '");
            length
        } else {
            0
        };
        if skipped > 0 {
            code.extend(rest[..skipped].chars().filter(|character| *character == '\n'));
            at += skipped;
        } else {
            let character = rest.chars().next().expect("not at the end");
            code.push(character);
            at += character.len_utf8();
        }
    }
    code
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        if here.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if here.starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

fn string(rest: &str, from: usize) -> usize {
    let bytes = rest.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of `r"…"`, `r#"…"#`, `br"…"`, `b"…"` at the start.
fn raw_string(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('b').unwrap_or(rest);
    let prefix = rest.len() - after.len();
    if prefix == 1 && after.starts_with('"') {
        return Some(1 + string(after, 1));
    }
    let raw = after.strip_prefix('r')?;
    let hashes = raw.len() - raw.trim_start_matches('#').len();
    let body = raw[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end)?;
    Some(prefix + 1 + hashes + 1 + length + end.len())
}

/// The length of a character literal at the start; lifetimes are none.
fn character(rest: &str) -> Option<usize> {
    let rest_bytes = rest.strip_prefix('\'')?;
    if let Some(escaped) = rest_bytes.strip_prefix('\\') {
        let skip = escaped.chars().next()?.len_utf8();
        return escaped[skip..].find('\'').map(|end| 1 + 1 + skip + end + 1);
    }
    let one = rest_bytes.chars().next()?;
    rest_bytes[one.len_utf8()..].starts_with('\'').then(|| 1 + one.len_utf8() + 1)
}

/// Code without the items under `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut left = code.to_owned();
    while let Some(start) = left.find("#[cfg(test)]") {
        let rest = &left[start..];
        let (brace, semicolon) = (rest.find('{'), rest.find(';'));
        let end = match (brace, semicolon) {
            (Some(brace), semicolon) if semicolon.is_none_or(|semicolon| brace < semicolon) => start + brace + closing(&rest[brace..]),
            (_, Some(semicolon)) => start + semicolon + 1,
            _ => left.len(),
        };
        let lines = "\n".repeat(left[start..end].matches('\n').count());
        left.replace_range(start..end, &lines);
    }
    left
}

/// The length of a bracketed group, its brackets included.
fn closing(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Paths written in a file, as module paths from the crate's root: `crate::a::b`, `super::a`, and each of `crate::{a::b, c}`.
fn used_paths(source: &Source) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for (at, word) in words(&source.code) {
        let up = source.code[..at].trim_end();
        // Only the first word of a path matters.
        if up.ends_with("::") || !matches!(word, "crate" | "super") {
            continue;
        }
        let mut base = if word == "crate" { Vec::new() } else { source.module.clone() };
        let mut rest = &source.code[at..];
        while let Some(after) = rest.strip_prefix("super") {
            base.pop();
            rest = after.trim_start().strip_prefix("::").unwrap_or(after).trim_start();
        }
        rest = rest.strip_prefix("crate").map_or(rest, |after| after.trim_start().strip_prefix("::").unwrap_or("").trim_start());
        let firsts = match rest.strip_prefix('{') {
            Some(_) => first_words(&rest[1..closing(rest).max(2) - 1]),
            None => words(rest).next().filter(|(at, _)| *at == 0).map(|(_, word)| word.to_owned()).into_iter().collect(),
        };
        paths.extend(firsts.into_iter().map(|first| base.iter().cloned().chain([first]).collect()));
    }
    paths
}

fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    code.split(|character: char| !(character.is_alphanumeric() || character == '_'))
        .filter(|word| !word.is_empty())
        .map(|word| (word.as_ptr() as usize - code.as_ptr() as usize, word))
}

/// The first word of each member of a `use` group.
fn first_words(group: &str) -> Vec<String> {
    let mut depth = 0;
    let members = group.split(|character: char| {
        depth += i32::from(character == '{') - i32::from(character == '}');
        character == ',' && depth == 0
    });
    members.filter_map(|member| words(member).next()).map(|(_, word)| word.to_owned()).collect()
}

/// What each room uses of the others.
fn edges() -> (BTreeSet<String>, BTreeMap<String, BTreeSet<String>>) {
    let sources = sources();
    let rooms: BTreeSet<String> = sources.iter().filter_map(|source| source.module.first().cloned()).collect();
    let mut edges: BTreeMap<String, BTreeSet<String>> = rooms.iter().map(|room| (room.clone(), BTreeSet::new())).collect();
    for source in &sources {
        let Some(room) = source.module.first() else { continue };
        // The front desk declares every room and uses what it re-exports.
        let reexports =
            words(&source.code).filter(|(at, word)| room == "lib" && rooms.contains(*word) && source.code[..*at].ends_with(' '));
        let found =
            used_paths(source).into_iter().filter_map(|path| path.first().cloned()).chain(reexports.map(|(_, word)| word.to_owned()));
        let others = found.filter(|target| target != room && rooms.contains(target));
        edges.entry(room.clone()).or_default().extend(others);
    }
    (rooms, edges)
}

/// Rows of the table: a room, and what it may use; `all` is every room above.
fn table(page: &str) -> Vec<(String, BTreeSet<String>)> {
    let cell = |cell: &str| cell.trim().trim_matches('`').trim_end_matches(".rs").trim_end_matches('/').to_owned();
    let mut rows: Vec<(String, BTreeSet<String>)> = Vec::new();
    let mut lines = page.lines().skip_while(|line| !line.replace(' ', "").starts_with("|room|whatitisfor|mayuse|")).skip(2);
    for line in lines.by_ref().take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').collect();
        assert_eq!(cells.len(), 3, "the table of rooms has three columns: {line}");
        let used = cells[2].split(',').map(cell).filter(|name| !matches!(name.as_str(), "" | "-" | "–" | "nothing"));
        let used =
            used.flat_map(|name| if name == "all" { rows.iter().map(|(room, _)| room.clone()).collect() } else { vec![name] }).collect();
        rows.push((cell(cells[0]), used));
    }
    rows
}

#[test]
fn rooms_use_what_the_table_says_and_nothing_else() {
    let (rooms, found) = edges();
    for (room, used) in &found {
        println!("{room}: {}", used.iter().cloned().collect::<Vec<_>>().join(", "));
    }
    let page = root().join("docs/architecture.md");
    let page = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("docs/architecture.md: {error}"));
    let table = table(&page);
    let mut wrong = Vec::new();
    let mut above = BTreeSet::new();
    for (room, allowed) in &table {
        let Some(used) = found.get(room) else {
            wrong.push(format!("the table has a room `{room}` that `src/` has not"));
            continue;
        };
        wrong.extend(allowed.difference(&above).map(|target| format!("`{room}` may use `{target}`, which does not stand above it")));
        wrong.extend(used.difference(allowed).map(|target| format!("`{room}` uses `{target}`, and the table does not say so")));
        wrong.extend(allowed.difference(used).map(|target| format!("`{room}` may use `{target}` and does not")));
        above.insert(room.clone());
    }
    wrong.extend(rooms.difference(&above).map(|room| format!("the room `{room}` is not in the table")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn library_code_has_no_calls_that_end_the_program() {
    let forbidden = [".unwrap()", ".expect(", "panic!(", "unreachable!(", "todo!(", "unimplemented!(", "dbg!(", "println!(", "eprintln!("];
    let mut found = Vec::new();
    for source in sources() {
        for (line, text) in source.code.lines().enumerate() {
            let call =
                forbidden.iter().find(|call| text.match_indices(*call).any(|(at, _)| !call.ends_with("!(") || starts_word(text, at)));
            if let Some(call) = call {
                found.push(format!("{}:{}: {call}", source.path.display(), line + 1));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn starts_word(text: &str, at: usize) -> bool {
    !text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
}

#[test]
fn every_function_file_is_in_its_list() {
    let mut wrong = Vec::new();
    let mut listed = 0;
    for family in std::fs::read_dir(root().join("src/functions")).expect("a folder") {
        let family = family.expect("readable").path();
        if !family.is_dir() {
            continue;
        }
        let list = without_comments(&std::fs::read_to_string(family.join("mod.rs")).expect("a family has a list"));
        for file in std::fs::read_dir(&family).expect("a folder") {
            let file = file.expect("readable").path();
            let text = without_comments(&std::fs::read_to_string(&file).expect("UTF-8"));
            let module = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if module == "mod" || !text.contains("const FUNCTION: FunctionDef") {
                continue;
            }
            listed += 1;
            if !list.contains(&format!("&{module}::FUNCTION")) {
                wrong.push(format!("{} is not in the list of its family", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(listed, rulegate::functions::all().count(), "functions in files are all there are");
}

#[test]
fn every_function_is_described() {
    let mut wrong = Vec::new();
    let mut names = BTreeSet::new();
    for function in rulegate::functions::all() {
        let name = function.name;
        let mut must = |holds: bool, what: &str| {
            if !holds {
                wrong.push(format!("{name}: {what}"))
            }
        };
        must(names.insert(name), "the name occurs twice");
        must(function.summary.ends_with('.'), "the summary is a sentence and ends with a full stop");
        must(function.details.is_empty() || function.details.ends_with('.'), "the details end with a full stop");
        must(function.examples.len() >= 2, "there are at least two examples");
        must(!function.since.is_empty(), "the version it came with is told");
        must(rulegate::functions::find(name).is_some_and(|found| std::ptr::eq(found, function)), "it is found by its name");
    }
    for aggregate in rulegate::functions::aggregates() {
        if !aggregate.summary.ends_with('.') {
            wrong.push(format!("{}: the summary is a sentence and ends with a full stop", aggregate.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_example_has_its_result() {
    let wrong: Vec<String> = rulegate::functions::all()
        .flat_map(|function| function.examples.iter().filter_map(|example| told(function, example.call, example.result).err()))
        .collect();
    assert!(wrong.is_empty(), "{} examples are not as told:\n{}", wrong.len(), wrong.join("\n"));
}

/// Judges one row by `call is not distinct from result`.
fn told(function: &FunctionDef, call: &str, result: &str) -> Result<(), String> {
    let fault = result == "fault";
    let test = match result {
        "fault" | "null" => format!("({call}) is null"),
        // An example may leave the last digits out.
        _ if result.ends_with('…') => format!("abs(({call}) - {0}) < 0.0001", result.trim_end_matches('…')),
        "NaN" => format!("is_nan({call})"),
        _ => format!("({call}) is not distinct from ({result})"),
    };
    let text = format!("rulegate 1\nfeatures t {{ row : int64 rule r: {test} }}");
    let compiled = RuleSet::compile("example.rules", &text, &Default::default());
    let place = format!("{}: `{call}` is `{result}`", function.name);
    let rules = compiled.rule_set.ok_or_else(|| {
        let messages: Vec<&str> = compiled.diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
        format!("{place}: {}", messages.join("; "))
    })?;
    let batch = RecordBatch::try_from_iter([("row", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]).expect("one column");
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_764_052_800);
    let options = BindOptions { now: Some(now), ..BindOptions::default() };
    let mut session = rules.bind_with(&batch.schema(), &options).map_err(|error| format!("{place}: {error}"))?.session();
    session.add(&batch).map_err(|error| format!("{place}: {error}"))?;
    let report = session.finish();
    let rule = report.rule("t.r").ok_or_else(|| format!("{place}: no rule"))?;
    let counts = (rule.passed, rule.failed, rule.faulted);
    let expected = if fault { (0, 1, 1) } else { (1, 0, 0) };
    if counts == expected {
        Ok(())
    } else {
        Err(format!("{place}: (passed, failed, faulted) = {counts:?} {}", rule.reason.as_deref().unwrap_or("")))
    }
}

#[test]
fn unsafe_code_is_in_one_crate_and_three_expressions() {
    let mut crates = vec![root()];
    crates.extend(std::fs::read_dir(root().join("crates")).expect("a folder").map(|entry| entry.expect("readable").path()));
    let free: BTreeSet<String> = crates
        .iter()
        .filter(|path| {
            let manifest = std::fs::read_to_string(path.join("Cargo.toml")).expect("a crate");
            !manifest.contains("[lints]\nworkspace = true") && !manifest.contains("unsafe_code = \"forbid\"")
        })
        .map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned())
        .collect();
    assert_eq!(free, BTreeSet::from(["c-data".to_owned()]), "crates that may have `unsafe` code");
    let workspace = std::fs::read_to_string(root().join("Cargo.toml")).expect("a workspace");
    assert!(workspace.contains("unsafe_code = \"deny\""));
    let mut files = Vec::new();
    crates.iter().filter(|path| !path.ends_with("c-data")).for_each(|path| rust_files(&path.join("src"), &mut files));
    let text = |path: &PathBuf| std::fs::read_to_string(path).expect("text");
    files.retain(|path| text(path).contains("[expect(unsafe_code") || text(path).contains("[allow(unsafe_code"));
    files.sort();
    assert_eq!(
        files,
        ["src/detectors/sweep.rs", "src/kernels/wide.rs", "src/outputs/unchecked.rs"].map(|file| root().join(file)),
        "files that have leave to be unsafe"
    );
    let leaves = |path: &PathBuf| text(path).matches("(unsafe_code").count();
    assert_eq!(files.iter().map(leaves).sum::<usize>(), 3, "expressions that are unsafe");
}

#[test]
fn the_scan_of_the_source_sees_what_it_should() {
    let code = "use crate::{a::{x, y}, b}; // crate::c\nfn f() { super::d::g(\"crate::e\"); } /* crate::h */\n#[cfg(test)]\nmod tests { use crate::i; }";
    let source = Source { path: PathBuf::new(), module: vec!["room".to_owned()], code: without_tests(&without_comments(code)) };
    assert_eq!(used_paths(&source), [["a"], ["b"], ["d"]]);
    assert_eq!(without_comments("let a = b'\"'; 'x: loop { r#\"//\"# }"), "let a = b' '; 'x: loop { \"\" }");
}

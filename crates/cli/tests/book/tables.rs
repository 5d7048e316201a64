//! Tables of constructs of other tools: every snippet in a column `Rulegate` compiles.

use rulegate::RuleSet;
use rulegate::compile::{CompileOptions, Compiled};
use rulegate::diagnostics::Code;

use crate::pages::{Page, docs, read};
use crate::snippets::remarks;

const LATER: &str = " (later)";

/// The file whose last block the snippets stand in.
pub(crate) fn prelude() -> String {
    let name = "migrating/README.md";
    let page = Page { name: name.to_owned(), text: read(&docs().join(name)) };
    page.fences().into_iter().find(|fence| fence.info == "rules prelude").expect("docs/migrating/README.md has a prelude").text
}

/// Compiles the cells of a page; gives the page with right marks, and the number of snippets.
pub(crate) fn walk(page: &Page, prelude: &str, wrong: &mut Vec<String>) -> (Option<String>, usize) {
    let (mut out, mut counted, mut column, mut fence) = (String::new(), 0, None, false);
    for (index, line) in page.text.split_inclusive('\n').enumerate() {
        fence ^= line.starts_with("```");
        if fence || !line.starts_with('|') {
            column = None;
            out.push_str(line);
            continue;
        }
        let cells = cells(line);
        match column {
            None => {
                column = cells.iter().position(|(cell, _)| cell.trim() == "Rulegate").or(Some(usize::MAX));
                out.push_str(line);
            }
            Some(at) => match cells.get(at) {
                Some((cell, place)) if !cell.trim().starts_with("---") => {
                    let codes = codes(cell);
                    counted += codes.len();
                    let (cell, found) = judge(cell, &codes, prelude);
                    wrong.extend(found.into_iter().map(|what| format!(":{}: {what}", index + 1)));
                    out.push_str(&line[..place.start]);
                    out.push_str(&cell);
                    out.push_str(&line[place.end..]);
                }
                _ => out.push_str(line),
            },
        }
    }
    ((out != page.text).then_some(out), counted)
}

/// Compiles what stands in a cell together; gives the cell with the right mark.
fn judge(cell: &str, codes: &[String], prelude: &str) -> (String, Vec<String>) {
    if codes.is_empty() {
        return (cell.to_owned(), Vec::new());
    }
    let text = whole(prelude, codes);
    let mut compiled = RuleSet::compile("cell.rules", &text, &CompileOptions::default());
    let is_later = compiled.diagnostics.iter().any(|one| one.code == Code::NotSupportedYet);
    // A snippet need not use all that the prelude has.
    compiled.diagnostics.retain(|one| one.code != Code::Unused);
    let shown = format!("{} in\n{text}", codes.join("; "));
    let mut wrong: Vec<String> = remarks(&compiled, is_later).into_iter().map(|what| format!("{what}: {shown}")).collect();
    wrong.extend(tests(&compiled).map(|name| format!("its test `{name}` fails: {shown}")));
    let marked = cell.contains(LATER.trim());
    if marked != is_later {
        wrong.push(format!("{} `{}`: {shown}", if is_later { "is not marked" } else { "is marked" }, LATER.trim()));
    }
    let bare = cell.replace(LATER, "");
    let cell = if is_later { format!("{}{LATER} ", bare.trim_end()) } else { bare };
    (cell, wrong)
}

fn tests(compiled: &Compiled) -> impl Iterator<Item = String> {
    let tested = compiled.rule_set.iter().map(|rules| rulegate::testing::run(rules, &rulegate::testing::Options::default()));
    tested.flat_map(|tested| tested.tests).filter(|test| !test.passed()).map(|test| test.name)
}

/// A file around snippets: items of a file above the block, blocks instead of it, everything else in it.
fn whole(prelude: &str, codes: &[String]) -> String {
    let starts = |code: &str, words: &[&str]| words.iter().any(|word| code.starts_with(&format!("{word} ")));
    let (blocks, rest): (Vec<&String>, Vec<&String>) = codes.iter().partition(|code| starts(code, &["features", "output", "test"]));
    let (above, inside): (Vec<&String>, Vec<&String>) =
        rest.into_iter().partition(|code| starts(code, &["param", "set", "type", "extern"]));
    let lines = |codes: &[&String]| codes.iter().map(|code| format!("{code}\n")).collect::<String>();
    if blocks.iter().any(|code| !code.starts_with("test ")) {
        return format!("rulegate 1\n{}{}", lines(&above), lines(&blocks));
    }
    let (head, _) = prelude.trim_end().rsplit_once('}').expect("the prelude ends with its block");
    let (file, block) = head.split_once("\nfeatures ").expect("the prelude has a block");
    let name = |line: &str| line.split_once(':').map(|(name, _)| name.trim().to_owned()).filter(|name| !name.contains(' '));
    let declared: Vec<String> = inside.iter().filter_map(|code| name(code)).collect();
    let kept: String =
        block.lines().filter(|line| !name(line).is_some_and(|name| declared.contains(&name))).map(|line| format!("{line}\n")).collect();
    format!("{file}\n{}features {kept}{}}}\n{}", lines(&above), lines(&inside), lines(&blocks))
}

/// The cells of a row of a table, with their places in it.
fn cells(line: &str) -> Vec<(&str, std::ops::Range<usize>)> {
    let bars: Vec<usize> = line.match_indices('|').map(|(at, _)| at).filter(|at| *at == 0 || line.as_bytes()[at - 1] != b'\\').collect();
    bars.windows(2).map(|ends| (&line[ends[0] + 1..ends[1]], ends[0] + 1..ends[1])).collect()
}

/// Code in a cell, which stands between one or two back-ticks.
fn codes(cell: &str) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), cell);
    while let Some(start) = rest.find('`') {
        let ticks = rest[start..].bytes().take_while(|byte| *byte == b'`').count();
        let inner = &rest[start + ticks..];
        let end = inner.find(&"`".repeat(ticks)).unwrap_or_else(|| panic!("code without end: {cell}"));
        found.push(inner[..end].trim().replace("\\|", "|"));
        rest = &inner[end + ticks..];
    }
    found
}

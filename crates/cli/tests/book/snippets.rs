//! Fences of rules, one page at a time, in a folder of their own.

use std::path::Path;
use std::time::{Duration, SystemTime};

use rulegate::RuleSet;
use rulegate::compile::{CompileOptions, Compiled};
use rulegate::diagnostics::{Code, Diagnostic};
use rulegate::scan::FolderLoader;
use rulegate::testing::{Options, run};

use crate::consoles::Console;
use crate::pages::{Fence, Page, repository};

/// What became of a page.
#[derive(Default)]
pub(crate) struct Walked {
    pub(crate) snippets: usize,
    pub(crate) commands: usize,
    /// The page as it should be.
    pub(crate) better: Option<String>,
}

/// Compiles, formats, tests and runs what stands on a page, from top to bottom.
pub(crate) fn walk(page: &Page, wrong: &mut Vec<String>) -> Walked {
    // The pages of the reference write fragments, which `tests/reference.rs` completes; here only their tests are run.
    let is_reference = page.name.starts_with("language/") || page.name == "glossary.md";
    let mut walked = Walked::default();
    if page.name.starts_with("errors/") {
        return walked;
    }
    let fences = page.fences();
    let folder = tempfile::tempdir().unwrap();
    let mut console = Console::new(folder.path());
    if fences.iter().any(|fence| fence.kind() == "console") {
        copy(&repository().join("rules"), &folder.path().join("rules"));
    }
    // Edits go in from behind, so that places stay true.
    let mut edits: Vec<(usize, usize, String)> = Vec::new();
    if is_reference {
        fences.iter().filter(|fence| fence.file().is_some()).for_each(|fence| write(folder.path(), fence));
    }
    for fence in &fences {
        let here = |what: String| format!(":{}: {what}", fence.line);
        write(folder.path(), fence);
        match fence.kind().as_str() {
            "rules" | "rules later" if is_reference => {
                let (_, compiled) = compile(folder.path(), fence);
                tests(&compiled, &folder.path().join("snippet.rules")).into_iter().for_each(|what| wrong.push(here(what)));
            }
            "rules" | "rules later" => {
                walked.snippets += 1;
                let (path, compiled) = compile(folder.path(), fence);
                remarks(&compiled, fence.kind() == "rules later").into_iter().for_each(|what| wrong.push(here(what)));
                tests(&compiled, &path).into_iter().for_each(|what| wrong.push(here(what)));
                match rulegate::format::format(&fence.text) {
                    Ok(formatted) if formatted.text == fence.text => {}
                    Ok(formatted) => {
                        wrong.push(here("is not in canonical layout".to_owned()));
                        edits.push((fence.start, fence.text.len(), formatted.text));
                    }
                    Err(error) => wrong.push(here(error.to_string())),
                }
                let is_later = compiled.diagnostics.iter().any(|one| one.code == Code::NotSupportedYet);
                if is_later != (fence.kind() == "rules later") {
                    let info = if is_later { format!("{} later", fence.info) } else { fence.info.replace(" later", "") };
                    edits.push((fence.start - fence.info.len() - 1, fence.info.len(), info));
                }
            }
            "rules wrong" => {
                walked.snippets += 1;
                if compile(folder.path(), fence).1.rule_set.is_some() {
                    wrong.push(here("compiles, and should not".to_owned()));
                }
            }
            "rules prelude" | "rules fragment" | "rules expression" | "rules check" => {}
            "console" if !is_reference => {
                let (said, commands) = console.run(&fence.text);
                walked.commands += commands;
                if let Some(differs) = said.differs(&fence.text) {
                    wrong.push(here(differs));
                    edits.push((fence.start, fence.text.len(), said.text));
                }
            }
            kind if kind.starts_with("rules") => wrong.push(here(format!("nobody knows `{kind}`"))),
            _ => {}
        }
    }
    edits.sort_by_key(|(start, ..)| std::cmp::Reverse(*start));
    walked.better = (!edits.is_empty()).then(|| {
        edits.into_iter().fold(page.text.clone(), |mut text, (start, length, new)| {
            text.replace_range(start..start + length, &new);
            text
        })
    });
    walked
}

/// Remarks that a snippet should not give, and the one that it should and does not.
pub(crate) fn remarks(compiled: &Compiled, later: bool) -> Vec<String> {
    // A page names files of references and need not bring them.
    let is_stray = |one: &&Diagnostic| !(later && one.code == Code::NotSupportedYet) && one.code != Code::Reference;
    let mut found: Vec<String> = compiled.diagnostics.iter().filter(is_stray).map(line).collect();
    if later && !compiled.diagnostics.iter().any(|one| one.code == Code::NotSupportedYet) {
        found.push("nothing in it comes later any more".to_owned());
    }
    if compiled.rule_set.is_none() && found.is_empty() {
        found.push("it does not compile".to_owned());
    }
    found
}

fn line(diagnostic: &Diagnostic) -> String {
    let help = diagnostic.help.as_deref().unwrap_or("(no help)");
    format!("{}: {}; {help}", diagnostic.code.as_str(), diagnostic.message)
}

/// Compiles a fence as the file it is, or as one beside the page's files.
fn compile(folder: &Path, fence: &Fence) -> (std::path::PathBuf, Compiled) {
    let path = folder.join(fence.file().unwrap_or("snippet.rules"));
    let loader = FolderLoader::for_entry(&path);
    let compiled = RuleSet::compile(&path.to_string_lossy(), &fence.text, &CompileOptions { loader: Some(&loader), ..Default::default() });
    (path, compiled)
}

/// Tests of a snippet that do not pass.
fn tests(compiled: &Compiled, path: &Path) -> Vec<String> {
    let Some(rules) = &compiled.rule_set else { return Vec::new() };
    let loader = FolderLoader::for_entry(path);
    // Any time will do: what gives a time gives it from `now()`, or asks nothing of it.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
    let tested = run(rules, &Options { now: Some(now), rows: Some(&loader), ..Options::default() });
    let failed = tested.tests.iter().filter(|test| !test.passed());
    failed.map(|test| format!("its test `{}` fails: {:?} {:?}", test.name, test.trouble, test.mismatches)).collect()
}

fn write(folder: &Path, fence: &Fence) {
    if let Some(name) = fence.file() {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &fence.text).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &target) } else { std::fs::copy(entry.path(), target).map(|_| ()).unwrap() }
    }
}

//! `check --fix`: the safe edits that diagnostics offer, made in the file, or only shown.
//!
//! An edit is made only if what it is for is gone when the result is compiled, and no error is there that was not before.

use std::collections::BTreeMap;
use std::path::Path;

use rulegate::compile::Compiled;
use rulegate::diagnostics::{Diagnostic, fix};
use rulegate::source::FileId;

use crate::exit::Failure;
use crate::output;
use crate::rules;

/// How often edits are made and their result compiled: an edit can uncover a place for another.
const PASSES: usize = 8;

/// A rule file whose edits have been made.
pub(crate) struct Mended {
    /// The text as it is on disk.
    pub(crate) before: String,
    /// The text with the edits.
    pub(crate) after: String,
    /// What it compiles to now.
    pub(crate) compiled: Compiled,
    /// What was mended, in order: code, line, message.
    pub(crate) made: Vec<String>,
}

/// A text, what it compiles to, and what was mended to get there.
struct State {
    text: String,
    compiled: Compiled,
    made: Vec<String>,
}

/// Mends a rule file as far as safe edits go. Nothing is written.
pub(crate) fn mend(path: &Path, params: &BTreeMap<String, String>) -> Result<Mended, Failure> {
    let before = rules::read(path)?;
    rules::refuse_others(path, &before)?;
    let compile = |text: &str| rules::compile_text(path, text, params);
    let compiled = compile(&before);
    let mut state = State { text: before.clone(), compiled, made: Vec::new() };
    for _ in 0..PASSES {
        if !pass(&mut state, &compile) {
            break;
        }
    }
    Ok(Mended { before, after: state.text, compiled: state.compiled, made: state.made })
}

impl Mended {
    /// Writes the file, if anything was mended.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        if self.made.is_empty() {
            return Ok(());
        }
        let failure = |error: std::io::Error| {
            Failure::new(format!("{}: the file cannot be written: {error}", path.display()))
                .help("check the rights of the file and its folder")
        };
        // A link stays one: what it leads to is mended.
        let place = path.canonicalize().map_err(failure)?;
        output::replace(&place, self.after.as_bytes())
    }
}

/// Makes all safe edits at once or, where that makes matters worse, those that do not. Whether any was made.
fn pass(state: &mut State, compile: &dyn Fn(&str) -> Compiled) -> bool {
    let Some(entry) = state.compiled.sources.files().next().map(|(id, _)| id) else { return false };
    if attempt(state, entry, compile, &|_| true) {
        return true;
    }
    // Each by itself: what is refused alone is refused among others.
    let known = state.compiled.diagnostics.len();
    let good: Vec<usize> = (0..known).filter(|index| tried(state, entry, compile, &|at| at == *index).is_some()).collect();
    let several = good.len() > 1 && attempt(state, entry, compile, &|at| good.contains(&at));
    // Places move with every edit, so after one that was made the next pass begins anew.
    several || good.iter().any(|index| attempt(state, entry, compile, &|at| at == *index))
}

/// Makes some edits, if they are good ones.
fn attempt(state: &mut State, entry: FileId, compile: &dyn Fn(&str) -> Compiled, wanted: &dyn Fn(usize) -> bool) -> bool {
    let Some((text, compiled, made)) = tried(state, entry, compile, wanted) else { return false };
    let told = made.iter().filter_map(|index| state.compiled.diagnostics.get(*index)).map(|one| tell(one, &state.compiled));
    let told: Vec<String> = told.collect();
    state.made.extend(told);
    (state.text, state.compiled) = (text, compiled);
    true
}

/// What comes of some edits, with those they bring about: `None` where a remark stays for which an edit was made, or where there is an
/// error that was not there before and that no edit mends.
fn tried(
    state: &State,
    entry: FileId,
    compile: &dyn Fn(&str) -> Compiled,
    wanted: &dyn Fn(usize) -> bool,
) -> Option<(String, Compiled, Vec<usize>)> {
    let fixed = fix(&state.text, entry, &state.compiled.diagnostics, wanted)?;
    let made: Vec<&Diagnostic> = fixed.made.iter().filter_map(|index| state.compiled.diagnostics.get(*index)).collect();
    let mut text = fixed.text;
    let mut compiled = compile(&text);
    for _ in 0..PASSES {
        let news = news(&state.compiled.diagnostics, &compiled.diagnostics, &made);
        if news.is_empty() {
            break;
        }
        // What one edit uncovers the next may mend, in the same file.
        let mended = fix(&text, entry, &compiled.diagnostics, &|index| news.contains(&index))?;
        if mended.made.len() < news.len() {
            return None;
        }
        text = mended.text;
        compiled = compile(&text);
    }
    let is_worse = errors(&compiled.diagnostics) > errors(&state.compiled.diagnostics)
        || !news(&state.compiled.diagnostics, &compiled.diagnostics, &made).is_empty();
    (text != state.text && !is_worse && are_gone(&state.compiled.diagnostics, &compiled.diagnostics, &made))
        .then_some((text, compiled, fixed.made))
}

/// Errors that were not there before. Behind an item that could not be read may be errors of meaning: they are not new, but told now.
fn news(before: &[Diagnostic], after: &[Diagnostic], made: &[&Diagnostic]) -> Vec<usize> {
    let uncovers = made.iter().any(|one| is_syntax(one));
    let counted = |all: &[Diagnostic], one: &Diagnostic| all.iter().filter(|other| same(other, one)).count();
    let is_new = |one: &Diagnostic| one.is_error() && (is_syntax(one) || !uncovers) && counted(after, one) > counted(before, one);
    after.iter().enumerate().filter(|(_, one)| is_new(one)).map(|(index, _)| index).collect()
}

/// Whether there is one remark less for each edit that was made for it.
fn are_gone(before: &[Diagnostic], after: &[Diagnostic], made: &[&Diagnostic]) -> bool {
    let counted = |all: &mut dyn Iterator<Item = &Diagnostic>, one: &Diagnostic| all.filter(|other| same(other, one)).count();
    made.iter().all(|one| counted(&mut after.iter(), one) + counted(&mut made.iter().copied(), one) <= counted(&mut before.iter(), one))
}

fn same(one: &Diagnostic, other: &Diagnostic) -> bool {
    one.code == other.code && one.message == other.message
}

fn is_syntax(diagnostic: &Diagnostic) -> bool {
    diagnostic.code.as_str().starts_with("E01")
}

fn errors(diagnostics: &[Diagnostic]) -> usize {
    diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count()
}

fn tell(diagnostic: &Diagnostic, compiled: &Compiled) -> String {
    let file = compiled.sources.get(diagnostic.span.file);
    let line = file.map_or(0, |file| file.line_column(diagnostic.span.start).line);
    let help = diagnostic.help.as_ref().map_or_else(String::new, |help| format!(": {help}"));
    format!("line {line}: {}{help}", diagnostic.message)
}

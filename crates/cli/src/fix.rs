//! `check --fix`: the safe edits that diagnostics offer, made in the file, or only shown.

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

/// Makes all safe edits at once or, where that makes matters worse, those that do not, one by one. Whether any was made.
fn pass(state: &mut State, compile: &dyn Fn(&str) -> Compiled) -> bool {
    let Some(entry) = state.compiled.sources.files().next().map(|(id, _)| id) else { return false };
    if attempt(state, entry, compile, &|_| true) {
        return true;
    }
    let known = state.compiled.diagnostics.len();
    // Places move with every edit, so after one that was made the next pass begins anew.
    (0..known).any(|index| attempt(state, entry, compile, &|at| at == index))
}

/// Makes some edits, unless that gives more errors than before.
fn attempt(state: &mut State, entry: FileId, compile: &dyn Fn(&str) -> Compiled, wanted: &dyn Fn(usize) -> bool) -> bool {
    let Some(fixed) = fix(&state.text, entry, &state.compiled.diagnostics, wanted) else { return false };
    let compiled = compile(&fixed.text);
    if errors(&compiled) > errors(&state.compiled) || fixed.text == state.text {
        return false;
    }
    let told = fixed.made.iter().filter_map(|index| state.compiled.diagnostics.get(*index)).map(|one| tell(one, &state.compiled));
    let told: Vec<String> = told.collect();
    state.made.extend(told);
    (state.text, state.compiled) = (fixed.text, compiled);
    true
}

fn errors(compiled: &Compiled) -> usize {
    compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count()
}

fn tell(diagnostic: &Diagnostic, compiled: &Compiled) -> String {
    let file = compiled.sources.get(diagnostic.span.file);
    let line = file.map_or(0, |file| file.line_column(diagnostic.span.start).line);
    let help = diagnostic.help.as_ref().map_or_else(String::new, |help| format!(": {help}"));
    format!("line {line}: {}{help}", diagnostic.message)
}

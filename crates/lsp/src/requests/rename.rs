//! Changes a name wherever it stands.

use std::collections::HashMap;

use gen_lsp_types::{
    RenameOptions, RenameParams, RenameProvider, RenameRequest, ServerCapabilities, TextEdit, WorkDoneProgressOptions, WorkspaceEdit,
};
use lsp_server::ErrorCode;
use rulegate::compile::index::{SymbolKind, Target};

use super::references::everywhere;
use super::{Failure, Handler};
use crate::state::State;

/// Words that are names only in back-ticks: the operators' and those that start items.
const RESERVED: &[&str] =
    &["and", "or", "not", "in", "is", "between", "like", "matches", "null", "true", "false", "case", "when", "then", "else", "end"];

pub(super) struct Rename;

impl Handler for Rename {
    type Request = RenameRequest;

    fn offer(capabilities: &mut ServerCapabilities) {
        capabilities.rename_provider = Some(RenameProvider::RenameOptions(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        }));
    }

    fn answer(state: &mut State, params: RenameParams) -> Result<Option<WorkspaceEdit>, Failure> {
        let place = &params.text_document_position_params;
        let Some(at) = state.at(place) else { return Ok(None) };
        let Some(name) = at.name() else { return Ok(None) };
        renamable(name.target)?;
        let written = written(&params.new_name)?;
        if let Target::Symbol(id) = name.target {
            free(at.analysed.index(), id, written.trim_matches('`'))?;
        }
        let mut changes: HashMap<_, Vec<TextEdit>> = HashMap::new();
        for place in everywhere(state, &place.text_document.uri.0, name) {
            changes.entry(place.location.uri).or_default().push(TextEdit { range: place.location.range, new_text: written.clone() });
        }
        Ok(Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }))
    }
}

/// Refuses what cannot be renamed, and says why.
pub(super) fn renamable(target: Target) -> Result<(), Failure> {
    let refused = |why: &str| Err(Failure::new(ErrorCode::RequestFailed, why));
    match target {
        Target::Symbol(_) => Ok(()),
        Target::Rule(_) => refused("this part of the id comes from the constraint: give the constraint a `@name(…)` and rename that"),
        Target::File(_) => refused("the path of a file is not renamed"),
        Target::Function(_) | Target::Aggregate(_) | Target::Attribute(_) | Target::BuiltinType(_) => {
            refused("the language itself declares this name")
        }
    }
}

/// A name as it is written in rules: in back-ticks where it is no plain word.
fn written(name: &str) -> Result<String, Failure> {
    let name = name.trim();
    let name = name.strip_prefix('`').and_then(|name| name.strip_suffix('`')).unwrap_or(name);
    if name.is_empty() || name.contains(['`', '\n', '\r']) {
        return Err(Failure::new(ErrorCode::RequestFailed, "a name has at least one character, no back-tick and no line end"));
    }
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    let plain = name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit());
    let reserved = RESERVED.contains(&name) || rulegate::syntax::item_words(true).any(|word| word == name);
    Ok(if plain && !reserved { name.to_owned() } else { format!("`{name}`") })
}

/// Refuses a name that something of the same kind has already.
fn free(index: &rulegate::compile::index::Index, id: rulegate::compile::index::SymbolId, name: &str) -> Result<(), Failure> {
    let Some(symbol) = index.symbol(id) else { return Ok(()) };
    // Columns and lets share their names.
    let of = |kind| if kind == SymbolKind::Let { SymbolKind::Column } else { kind };
    let taken = index
        .symbols()
        .any(|(other, known)| other != id && known.name == name && of(known.kind) == of(symbol.kind) && known.owner == symbol.owner);
    if taken {
        return Err(Failure::new(ErrorCode::RequestFailed, format!("there is another `{name}`")));
    }
    Ok(())
}

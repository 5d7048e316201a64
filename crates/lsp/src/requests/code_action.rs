//! The edits that diagnostics suggest.

use std::collections::HashMap;

use gen_lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionParams, CodeActionProvider, CodeActionRequest, CodeActionResponse, ServerCapabilities,
    TextEdit, WorkspaceEdit,
};
use rulegate::diagnostics::Diagnostic;

use super::{Failure, Handler};
use crate::diagnostics::told;
use crate::state::{Analysed, State};

pub(super) struct CodeAction;

impl Handler for CodeAction {
    type Request = CodeActionRequest;

    fn offer(capabilities: &mut ServerCapabilities) {
        capabilities.code_action_provider = Some(CodeActionProvider::CodeActionOptions(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QuickFix]),
            ..CodeActionOptions::default()
        }));
    }

    fn answer(state: &mut State, params: CodeActionParams) -> Result<Option<Vec<CodeActionResponse>>, Failure> {
        let only = params.context.only.unwrap_or_default();
        if !only.is_empty() && !only.iter().any(|kind| matches!(kind, CodeActionKind::QuickFix | CodeActionKind::Empty)) {
            return Ok(Some(Vec::new()));
        }
        let Some((document, analysed)) = state.current(&params.text_document.uri.0) else { return Ok(None) };
        let (start, end) = (document.lines.offset(params.range.start), document.lines.offset(params.range.end));
        let entry = analysed.entry();
        let touches = |diagnostic: &&Diagnostic| {
            let range = diagnostic.span.range();
            Some(diagnostic.span.file) == entry && range.start <= end && start <= range.end
        };
        let diagnostics = analysed.analysis.compiled.diagnostics.iter().filter(touches);
        Ok(Some(diagnostics.filter_map(|diagnostic| action(diagnostic, analysed)).collect()))
    }
}

fn action(diagnostic: &Diagnostic, analysed: &Analysed) -> Option<CodeActionResponse> {
    let suggestion = diagnostic.suggestion.as_ref()?;
    let location = analysed.location(suggestion.span)?;
    let (old, new) = (analysed.text(suggestion.span), suggestion.replacement.trim());
    let title = match (old.trim().is_empty(), new.is_empty()) {
        (true, _) => format!("Insert `{}`", new.lines().next().unwrap_or_default()),
        (false, true) => format!("Remove `{}`", old.trim()),
        (false, false) => format!("Replace by `{new}`"),
    };
    let edit = TextEdit { range: location.range, new_text: suggestion.replacement.clone() };
    Some(CodeActionResponse::CodeAction(gen_lsp_types::CodeAction {
        title,
        kind: Some(CodeActionKind::QuickFix),
        diagnostics: Some(vec![told(diagnostic, analysed)]),
        is_preferred: Some(true),
        edit: Some(WorkspaceEdit { changes: Some(HashMap::from([(location.uri, vec![edit])])), ..WorkspaceEdit::default() }),
        ..gen_lsp_types::CodeAction::default()
    }))
}

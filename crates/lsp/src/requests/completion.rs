//! What can stand at a place: columns, functions, attributes, types, values, ids of rules, words.

use gen_lsp_types::{CompletionList, CompletionOptions, CompletionParams, CompletionRequest, CompletionResponse, ServerCapabilities};

use super::{Failure, Handler};
use crate::completion::{self, Request};
use crate::schemas::DataFile;
use crate::state::State;

pub(super) struct Completion;

impl Handler for Completion {
    type Request = CompletionRequest;

    fn offer(capabilities: &mut ServerCapabilities) {
        let triggers = ["@", "$", ".", "\"", "(", ":", ",", " "];
        capabilities.completion_provider = Some(CompletionOptions {
            trigger_characters: Some(triggers.iter().map(ToString::to_string).collect()),
            ..CompletionOptions::default()
        });
    }

    fn answer(state: &mut State, params: CompletionParams) -> Result<Option<CompletionResponse>, Failure> {
        let place = params.text_document_position_params;
        let uri = &place.text_document.uri.0;
        // Names of an earlier text serve as well: what is typed at this moment is broken more often than not.
        if state.earlier(uri).is_none() {
            state.current(uri);
        }
        let Some((document, _)) = state.earlier(uri) else { return Ok(None) };
        let offset = document.lines.offset(place.position);
        let text = std::sync::Arc::clone(document.lines.text());
        let path = document.path.clone();
        let Some(found) = rulegate::syntax::place(&text, offset) else { return Ok(None) };
        let data = match (&path, &found.block) {
            (Some(path), Some(block)) => state.schemas.near(path, &block.name),
            _ => DataFile::default(),
        };
        let Some((document, analysed)) = state.earlier(uri) else { return Ok(None) };
        let request = Request {
            index: analysed.index(),
            lines: &document.lines,
            text: &text,
            offset,
            place: &found,
            data: &data,
            path: path.as_deref(),
        };
        let (items, is_incomplete) = completion::items(&request);
        Ok(Some(CompletionResponse::CompletionList(CompletionList { is_incomplete, items, ..CompletionList::default() })))
    }
}

//! Where a name is declared.

use gen_lsp_types::{DefinitionParams, DefinitionProvider, DefinitionRequest, DefinitionResponse, ServerCapabilities};
use rulegate::compile::index::Target;
use rulegate::source::Span;

use super::{Failure, Handler};
use crate::state::State;

pub(super) struct Definition;

impl Handler for Definition {
    type Request = DefinitionRequest;

    fn offer(capabilities: &mut ServerCapabilities) {
        capabilities.definition_provider = Some(DefinitionProvider::Bool(true));
    }

    fn answer(state: &mut State, params: DefinitionParams) -> Result<Option<DefinitionResponse>, Failure> {
        let Some(at) = state.at(&params.text_document_position_params) else { return Ok(None) };
        let index = at.analysed.index();
        let span = match at.name().map(|name| name.target) {
            Some(Target::Symbol(id)) => index.symbol(id).map(|symbol| symbol.span),
            Some(Target::Rule(rule)) => index.rule(rule).map(|site| site.span),
            Some(Target::File(file)) => Some(Span::new(file, 0..0)),
            // What the language brings is declared nowhere.
            _ => None,
        };
        let location = span.and_then(|span| at.analysed.location(span));
        Ok(location.map(|location| DefinitionResponse::Definition(gen_lsp_types::Definition::Location(location))))
    }
}

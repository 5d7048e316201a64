//! What stands under the mouse: its declaration, its docs, its type, its rules.

use gen_lsp_types::{Contents, HoverParams, HoverProvider, HoverRequest, ServerCapabilities};
use rulegate::compile::index::keyword;
use rulegate::source::Span;

use super::{Failure, Handler};
use crate::describe;
use crate::state::{At, State};

pub(super) struct Hover;

impl Handler for Hover {
    type Request = HoverRequest;

    fn offer(capabilities: &mut ServerCapabilities) {
        capabilities.hover_provider = Some(HoverProvider::Bool(true));
    }

    fn answer(state: &mut State, params: HoverParams) -> Result<Option<gen_lsp_types::Hover>, Failure> {
        let place = params.text_document_position_params;
        let path = crate::uri::to_path(&place.text_document.uri.0);
        let failures = path.and_then(|path| state.reports.beside(&path));
        let Some(at) = state.at(&place) else { return Ok(None) };
        let of_name = at.name().and_then(|name| Some((name.span, describe::target(name.target, at.analysed, failures.as_ref())?)));
        let found = of_name.or_else(|| word(&at)).or_else(|| expression(&at));
        Ok(found.map(|(span, text)| gen_lsp_types::Hover {
            contents: Contents::MarkupContent(describe::markdown(text)),
            range: Some(at.analysed.range(span)),
        }))
    }
}

/// A word of the language.
fn word(at: &At<'_>) -> Option<(Span, String)> {
    let text = at.document.lines.text();
    let offset = usize::try_from(at.offset).ok()?;
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let start = text.get(..offset)?.rfind(|c| !part(c)).map_or(0, |before| before + 1);
    let start = if text.is_char_boundary(start) { start } else { offset };
    let end = offset + text.get(offset..)?.find(|c| !part(c)).unwrap_or(text.len() - offset);
    let (name, meaning) = keyword(text.get(start..end)?)?;
    // Words of comments and texts mean nothing.
    let place = rulegate::syntax::place(text, end)?;
    let is_code = place.inside == rulegate::syntax::Inside::Code;
    is_code.then(|| (Span::new(at.file, start..end), format!("**{name}**: {meaning}")))
}

/// The type of an expression.
fn expression(at: &At<'_>) -> Option<(Span, String)> {
    let (span, ty) = at.analysed.index().type_at(at.file, at.offset)?;
    Some((span, format!("Its value is {ty}.")))
}

//! Canonical layout, as `rulegate fmt` gives it.

use gen_lsp_types::{DocumentFormattingParams, DocumentFormattingProvider, DocumentFormattingRequest, ServerCapabilities, TextEdit};
use lsp_server::ErrorCode;

use super::{Failure, Handler};
use crate::state::State;

pub(super) struct Formatting;

impl Handler for Formatting {
    type Request = DocumentFormattingRequest;

    fn offer(capabilities: &mut ServerCapabilities) {
        capabilities.document_formatting_provider = Some(DocumentFormattingProvider::Bool(true));
    }

    /// One edit of what differs between the first changed line and the last; none where the layout is canonical. The editor's own
    /// settings (tab size and the like) are not asked: there is one layout.
    fn answer(state: &mut State, params: DocumentFormattingParams) -> Result<Option<Vec<TextEdit>>, Failure> {
        let Some((lines, formatted)) = state.formatted(&params.text_document.uri.0) else { return Ok(None) };
        let old = lines.text();
        let formatted = formatted.map_err(|error| Failure::new(ErrorCode::RequestFailed, error.to_string()))?;
        let new = formatted.text.as_str();
        if new == &**old {
            return Ok(Some(Vec::new()));
        }
        let start = common_lines(old.as_bytes(), new.as_bytes());
        let end = common_end(old.get(start..).unwrap_or_default(), new.get(start..).unwrap_or_default());
        let replaced = new.get(start..new.len() - end).unwrap_or_default().to_owned();
        Ok(Some(vec![TextEdit { range: lines.between(start, old.len() - end), new_text: replaced }]))
    }
}

/// Bytes of the whole lines that both texts begin with.
fn common_lines(a: &[u8], b: &[u8]) -> usize {
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    a.iter().take(same).rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1)
}

/// Bytes of the whole lines that both texts end with.
fn common_end(a: &str, b: &str) -> usize {
    let same = a.bytes().rev().zip(b.bytes().rev()).take_while(|(a, b)| a == b).count();
    // A line is whole if the end of the line before it is common too.
    a.as_bytes().iter().rev().take(same).rposition(|byte| *byte == b'\n').unwrap_or(0)
}

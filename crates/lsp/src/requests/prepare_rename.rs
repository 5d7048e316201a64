//! Whether a name can be changed, and where it stands.

use gen_lsp_types::{PrepareRenameParams, PrepareRenamePlaceholder, PrepareRenameRequest, PrepareRenameResult, ServerCapabilities};

use super::rename::renamable;
use super::{Failure, Handler};
use crate::state::State;

pub(super) struct PrepareRename;

impl Handler for PrepareRename {
    type Request = PrepareRenameRequest;

    /// Offered with renaming itself.
    fn offer(_: &mut ServerCapabilities) {}

    fn answer(state: &mut State, params: PrepareRenameParams) -> Result<Option<PrepareRenameResult>, Failure> {
        let Some(at) = state.at(&params.text_document_position_params) else { return Ok(None) };
        let Some(name) = at.name() else { return Ok(None) };
        renamable(name.target)?;
        let placeholder = at.analysed.text(name.span).trim_matches('`').to_owned();
        let range = at.analysed.range(name.span);
        Ok(Some(PrepareRenameResult::PrepareRenamePlaceholder(PrepareRenamePlaceholder { range, placeholder })))
    }
}

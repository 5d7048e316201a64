//! The requests, one file each: what a request is called, what is offered of it and how it is answered stand together.
//!
//! A new request is a new file and a line in [`ALL`].

mod code_action;
mod completion;
mod definition;
mod document_symbol;
mod formatting;
mod hover;
mod inlay_hint;
mod prepare_rename;
mod references;
mod rename;
mod semantic_tokens;

use gen_lsp_types::{Request, ServerCapabilities};
use lsp_server::ErrorCode;
use serde_json::Value;

use crate::server::read;
use crate::state::State;

/// Every request, by name.
pub(crate) const ALL: &[Definition] = &[
    define::<code_action::CodeAction>(),
    define::<completion::Completion>(),
    define::<definition::Definition>(),
    define::<document_symbol::DocumentSymbol>(),
    define::<formatting::Formatting>(),
    define::<hover::Hover>(),
    define::<inlay_hint::InlayHint>(),
    define::<prepare_rename::PrepareRename>(),
    define::<references::References>(),
    define::<rename::Rename>(),
    define::<semantic_tokens::SemanticTokens>(),
];

/// What each request says of itself.
trait Handler {
    /// Its name, parameters and result in the protocol.
    type Request: Request;

    /// Tells the client that it is answered.
    fn offer(capabilities: &mut ServerCapabilities);

    /// Answers it.
    fn answer(state: &mut State, params: <Self::Request as Request>::Params) -> Result<<Self::Request as Request>::Result, Failure>;
}

/// A request in the table.
pub(crate) struct Definition {
    pub method: &'static str,
    pub offer: fn(&mut ServerCapabilities),
    /// Answers it with the text of its result.
    pub run: fn(&mut State, Value) -> Result<String, Failure>,
}

/// Why a request has no result.
#[derive(Debug)]
pub(crate) struct Failure {
    pub code: ErrorCode,
    pub message: String,
}

impl Failure {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

const fn define<T: Handler>() -> Definition {
    Definition { method: <T::Request as Request>::METHOD.as_str(), offer: T::offer, run: run::<T> }
}

fn run<T: Handler>(state: &mut State, params: Value) -> Result<String, Failure> {
    let result = T::answer(state, read(params)?)?;
    serde_json::to_string(&result).map_err(|error| Failure::new(ErrorCode::InternalError, error.to_string()))
}

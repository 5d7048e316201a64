//! The loop: messages are taken in order, one at a time; what is stale is compiled when none waits.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use gen_lsp_types::{
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, InitializeParams, InitializeResult,
    LspNotificationMethod, Notification as _, PositionEncodingKind, PublishDiagnosticsNotification, Save, ServerCapabilities, ServerInfo,
    TextDocumentContentChangeEvent, TextDocumentSync, TextDocumentSyncKind, TextDocumentSyncOptions,
};
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Ended;
use crate::diagnostics::Published;
use crate::lines::Encoding;
use crate::requests::{self, Definition, Failure};
use crate::state::{State, is_rules};
use crate::transport::Incoming;
use crate::uri;

/// How long the client may be silent before what it has typed is compiled.
const DEBOUNCE: Duration = Duration::from_millis(40);

/// Messages that are looked through before the first of them is handled.
const MAX_WAITING: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Greeting,
    Serving,
    Leaving,
}

/// A server of one client.
pub(crate) struct Server {
    state: State,
    phase: Phase,
    outgoing: Sender<String>,
    waiting: VecDeque<Message>,
    published: Published,
    /// Something has come in since diagnostics were told.
    untold: bool,
    table: &'static [Definition],
}

impl Server {
    pub(crate) fn new(outgoing: Sender<String>) -> Self {
        Self {
            state: State::new(Encoding::Utf16),
            phase: Phase::Greeting,
            outgoing,
            waiting: VecDeque::new(),
            published: Published::default(),
            untold: false,
            table: requests::ALL,
        }
    }

    /// Serves until the client says goodbye or is gone.
    pub(crate) fn serve(mut self, incoming: &Receiver<Incoming>) -> Ended {
        loop {
            // What has come is looked through first: some of it may be cancelled by now.
            while self.waiting.len() < MAX_WAITING
                && let Ok(arrived) = incoming.try_recv()
            {
                self.take(arrived);
            }
            if let Some(message) = self.waiting.pop_front() {
                if let Some(ended) = self.handle(message) {
                    return ended;
                }
                continue;
            }
            let arrived = if self.untold { incoming.recv_timeout(DEBOUNCE) } else { incoming.recv().map_err(RecvTimeoutError::from) };
            match arrived {
                Ok(arrived) => self.take(arrived),
                Err(RecvTimeoutError::Timeout) => self.tell(),
                Err(RecvTimeoutError::Disconnected) => return Ended::Abruptly,
            }
        }
    }

    fn take(&mut self, arrived: Incoming) {
        match arrived {
            Incoming::Message(Message::Notification(notification)) if is(&notification, &LspNotificationMethod::CancelRequest) => {
                self.cancel(&notification.params);
            }
            Incoming::Message(message) => self.waiting.push_back(message),
            Incoming::Garbage { id, reason } => {
                let error = json!({ "code": ErrorCode::ParseError as i32, "message": reason });
                self.send(&json!({ "jsonrpc": "2.0", "id": id, "error": error }));
            }
        }
    }

    /// Answers a request that waits with the news that it was cancelled; one that has been answered is past cancelling.
    fn cancel(&mut self, params: &Value) {
        let Ok(id) = serde_json::from_value::<RequestId>(params.get("id").cloned().unwrap_or_default()) else { return };
        let asks = |message: &Message| matches!(message, Message::Request(request) if request.id == id);
        if let Some(at) = self.waiting.iter().position(asks) {
            self.waiting.remove(at);
            self.respond(id, Err(Failure::new(ErrorCode::RequestCanceled, "the request was cancelled")));
        }
    }

    fn send(&self, message: &impl Serialize) {
        if let Ok(text) = serde_json::to_string(message) {
            // A client that is gone needs no answer.
            let _ = self.outgoing.send(text);
        }
    }

    /// Answers a request with the text of its result, or an error.
    fn respond(&self, id: RequestId, result: Result<String, Failure>) {
        match result {
            Ok(result) => {
                let id = serde_json::to_string(&id).unwrap_or_default();
                // A client that is gone needs no answer.
                let _ = self.outgoing.send(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#));
            }
            Err(failure) => {
                let message = Response::new_err(id, failure.code as i32, failure.message);
                self.send(&JsonRpc { jsonrpc: "2.0", message });
            }
        }
    }

    fn notify(&self, method: &LspNotificationMethod<'_>, params: &impl Serialize) {
        if let Ok(params) = serde_json::to_value(params) {
            self.send(&JsonRpc { jsonrpc: "2.0", message: Notification { method: method.as_str().to_owned(), params } });
        }
    }

    fn handle(&mut self, message: Message) -> Option<Ended> {
        match message {
            Message::Request(request) => self.request(request),
            Message::Notification(notification) if is(&notification, &LspNotificationMethod::Exit) => {
                return Some(if self.phase == Phase::Leaving { Ended::Properly } else { Ended::Abruptly });
            }
            Message::Notification(notification) if self.phase == Phase::Serving => self.notification(notification),
            // This server asks its client for nothing.
            Message::Notification(_) | Message::Response(_) => {}
        }
        None
    }

    fn request(&mut self, request: Request) {
        let Request { id, method, params } = request;
        let result = match (self.phase, method.as_str()) {
            (Phase::Greeting, "initialize") => self.initialize(params),
            (Phase::Greeting, _) => Err(Failure::new(ErrorCode::ServerNotInitialized, "the first request is `initialize`")),
            (Phase::Leaving, _) => Err(Failure::new(ErrorCode::InvalidRequest, "the server is shutting down")),
            (Phase::Serving, "initialize") => Err(Failure::new(ErrorCode::InvalidRequest, "`initialize` has been answered")),
            (Phase::Serving, "shutdown") => {
                self.phase = Phase::Leaving;
                Ok("null".to_owned())
            }
            (Phase::Serving, method) => self.dispatch(method, params),
        };
        self.respond(id, result);
    }

    /// Answers a request by the table. A panic in it is an error of this request and of no other.
    fn dispatch(&mut self, method: &str, params: Value) -> Result<String, Failure> {
        let Some(definition) = self.table.iter().find(|definition| definition.method == method) else {
            return Err(Failure::new(ErrorCode::MethodNotFound, format!("there is no method `{method}`")));
        };
        let state = &mut self.state;
        catch_unwind(AssertUnwindSafe(|| (definition.run)(state, params))).unwrap_or_else(|_| {
            self.state.forget();
            Err(Failure::new(ErrorCode::InternalError, format!("`{method}` failed; this is a bug in rulegate")))
        })
    }

    fn initialize(&mut self, params: Value) -> Result<String, Failure> {
        let params: InitializeParams = read(params)?;
        let offered = params.capabilities.general.and_then(|general| general.position_encodings).unwrap_or_default();
        let encoding = if offered.contains(&PositionEncodingKind::UTF8) { Encoding::Utf8 } else { Encoding::Utf16 };
        self.state = State::new(encoding);
        self.phase = Phase::Serving;
        let server_info = Some(ServerInfo { name: "rulegate".to_owned(), version: Some(env!("CARGO_PKG_VERSION").to_owned()) });
        let result = InitializeResult { capabilities: capabilities(encoding, self.table), server_info };
        serde_json::to_string(&result).map_err(|error| Failure::new(ErrorCode::InternalError, error.to_string()))
    }

    fn notification(&mut self, notification: Notification) {
        let result = catch_unwind(AssertUnwindSafe(|| self.follow(notification)));
        if result.is_err() {
            self.state.forget();
        }
    }

    /// Follows what happens in the editor. Nobody waits for an answer, so what cannot be read is passed over.
    fn follow(&mut self, notification: Notification) {
        let Notification { method, params } = notification;
        match LspNotificationMethod::from(method.as_str()) {
            LspNotificationMethod::TextDocumentDidOpen => {
                let Ok(DidOpenTextDocumentParams { text_document: opened }) = read(params) else { return };
                let language = serde_json::to_value(&opened.language_id).ok();
                let called = uri::to_path(&opened.uri.0).is_some_and(|path| is_rules(&path)) || opened.uri.0.ends_with(".rules");
                if called || language.as_ref().and_then(Value::as_str) == Some("rulegate") {
                    self.state.put(&opened.uri.0, Some(opened.version), opened.text);
                }
            }
            LspNotificationMethod::TextDocumentDidChange => self.change(params),
            LspNotificationMethod::TextDocumentDidClose => {
                if let Ok(DidCloseTextDocumentParams { text_document }) = read(params) {
                    self.state.close(&text_document.uri.0);
                }
            }
            LspNotificationMethod::TextDocumentDidSave | LspNotificationMethod::WorkspaceDidChangeWatchedFiles => self.state.distrust(),
            _ => return,
        }
        self.untold = true;
    }

    fn change(&mut self, params: Value) {
        let Ok(DidChangeTextDocumentParams { text_document, content_changes }) = read(params) else { return };
        let uri = text_document.text_document_identifier.uri.0;
        if !self.state.is_open(&uri) {
            return;
        }
        // The whole text was asked for; of several, the last one stands.
        let whole = content_changes.into_iter().rev().find_map(|change| match change {
            TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => Some(whole.text),
            TextDocumentContentChangeEvent::TextDocumentContentChangePartial(_) => None,
        });
        if let Some(text) = whole {
            self.state.put(&uri, Some(text_document.version), text);
        }
    }

    /// Compiles what is stale and tells its diagnostics.
    fn tell(&mut self) {
        self.untold = false;
        let state = &mut self.state;
        let published = &mut self.published;
        let news = catch_unwind(AssertUnwindSafe(|| {
            state.complete();
            published.news(state)
        }));
        match news {
            Ok(news) => news.iter().for_each(|news| self.notify(&PublishDiagnosticsNotification::METHOD, news)),
            Err(_) => self.state.forget(),
        }
    }
}

/// A message with the version of the protocol it is told in.
#[derive(Serialize)]
struct JsonRpc<T> {
    jsonrpc: &'static str,
    #[serde(flatten)]
    message: T,
}

fn is(notification: &Notification, method: &LspNotificationMethod<'_>) -> bool {
    notification.method == method.as_str()
}

/// Reads parameters.
pub(crate) fn read<T: DeserializeOwned>(params: Value) -> Result<T, Failure> {
    serde_json::from_value(params).map_err(|error| Failure::new(ErrorCode::InvalidParams, error.to_string()))
}

fn capabilities(encoding: Encoding, table: &[Definition]) -> ServerCapabilities {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::Full),
        save: Some(Save::Bool(true)),
        ..TextDocumentSyncOptions::default()
    };
    let mut capabilities = ServerCapabilities {
        position_encoding: Some(if encoding == Encoding::Utf8 { PositionEncodingKind::UTF8 } else { PositionEncodingKind::UTF16 }),
        text_document_sync: Some(TextDocumentSync::Options(sync)),
        ..ServerCapabilities::default()
    };
    table.iter().for_each(|definition| (definition.offer)(&mut capabilities));
    capabilities
}

#[cfg(test)]
mod tests {
    use super::*;

    const BROKEN: &[Definition] = &[
        Definition { method: "fall", offer: |_| {}, run: |_, _| panic!("as it is meant to") },
        Definition { method: "stand", offer: |_| {}, run: |_, _| Ok("1".to_owned()) },
    ];

    fn ask(server: &mut Server, method: &str) -> Option<Ended> {
        let request = Request { id: RequestId::from(1), method: method.to_owned(), params: json!({ "capabilities": {} }) };
        server.handle(Message::Request(request))
    }

    #[test]
    fn a_request_that_panics_is_answered_and_the_next_one_too() {
        let (sender, answers) = std::sync::mpsc::channel();
        let mut server = Server { table: BROKEN, ..Server::new(sender) };
        for method in ["stand", "initialize", "fall", "stand", "unknown", "shutdown", "stand"] {
            assert_eq!(ask(&mut server, method), None);
        }
        let codes: Vec<Value> =
            answers.try_iter().map(|text| serde_json::from_str::<Value>(&text).unwrap()["error"]["code"].clone()).collect();
        let code = |code: ErrorCode| json!(code as i32);
        let expected = [
            code(ErrorCode::ServerNotInitialized),
            Value::Null,
            code(ErrorCode::InternalError),
            Value::Null,
            code(ErrorCode::MethodNotFound),
            Value::Null,
            code(ErrorCode::InvalidRequest),
        ];
        assert_eq!(codes, expected);
    }

    #[test]
    fn a_request_that_waits_can_be_cancelled() {
        let (sender, answers) = std::sync::mpsc::channel();
        let mut server = Server::new(sender);
        server.take(Incoming::Message(Message::Request(Request { id: RequestId::from(5), method: "x".to_owned(), params: Value::Null })));
        let cancel = |id: i32| Notification { method: "$/cancelRequest".to_owned(), params: json!({ "id": id }) };
        server.take(Incoming::Message(Message::Notification(cancel(4))));
        server.take(Incoming::Message(Message::Notification(cancel(5))));
        assert!(server.waiting.is_empty());
        let answers: Vec<String> = answers.try_iter().collect();
        assert_eq!(answers.len(), 1);
        assert!(answers[0].contains("-32800"), "{answers:?}");
    }
}

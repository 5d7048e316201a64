//! A scripted client: starts the real server and talks to it over its standard input and output.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// No answer takes this long, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Client {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    next: i32,
    /// Notifications that came while something else was waited for.
    notes: VecDeque<Value>,
    pub capabilities: Value,
}

impl Client {
    /// Starts a server and greets it.
    pub fn start() -> Self {
        Self::start_with(&json!({}))
    }

    pub fn start_with(capabilities: &Value) -> Self {
        let mut client = Self::silent();
        let params = json!({ "processId": null, "rootUri": null, "capabilities": capabilities });
        let result = client.request("initialize", params).expect("it can be greeted");
        client.capabilities = result["capabilities"].clone();
        client.notify("initialized", json!({}));
        client
    }

    /// Starts a server and says nothing.
    pub fn silent() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_rulegate"))
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the server starts");
        let (input, output) = (child.stdin.take(), child.stdout.take().expect("piped"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = receive(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Self { child, input, messages, next: 0, notes: VecDeque::new(), capabilities: Value::Null }
    }

    /// The memory that the server holds, in KiB, where the system tells.
    pub fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix(" kB")?.trim().parse().ok()
    }

    /// Sends bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("open");
        input.write_all(bytes).and_then(|()| input.flush()).expect("the server reads");
    }

    pub fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request and gives its id.
    pub fn ask(&mut self, method: &str, params: Value) -> i32 {
        self.next += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": self.next, "method": method, "params": params }));
        self.next
    }

    /// Waits for the answer to a request.
    pub fn answer(&mut self, id: i32) -> Result<Value, Value> {
        loop {
            let message = self.messages.recv_timeout(PATIENCE).expect("the server lives and answers");
            if message["id"] == json!(id) && message.get("method").is_none() {
                return match message.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(message["result"].clone()),
                };
            }
            self.notes.push_back(message);
        }
    }

    pub fn request(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.ask(method, params);
        self.answer(id)
    }

    pub fn open(&mut self, uri: &str, text: &str) {
        self.notify(
            "textDocument/didOpen",
            json!({ "textDocument": { "uri": uri, "languageId": "rulegate", "version": 1, "text": text } }),
        );
    }

    pub fn change(&mut self, uri: &str, version: i32, text: &str) {
        let params = json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": [{ "text": text }] });
        self.notify("textDocument/didChange", params);
    }

    /// The next diagnostics of a document.
    pub fn diagnostics(&mut self, uri: &str) -> Vec<Value> {
        loop {
            let message = match self.notes.pop_front() {
                Some(note) => note,
                None => self.messages.recv_timeout(PATIENCE).expect("the server tells diagnostics"),
            };
            if message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri {
                return message["params"]["diagnostics"].as_array().cloned().expect("a list");
            }
        }
    }

    /// Errors that answer no request.
    pub fn complaints(&mut self) -> usize {
        self.notes.iter().filter(|note| note["id"].is_null() && note.get("error").is_some()).count()
    }

    /// Says goodbye properly.
    pub fn leave(mut self) -> ExitStatus {
        self.request("shutdown", Value::Null).expect("it can be asked to leave");
        self.notify("exit", Value::Null);
        self.child.wait().expect("it leaves")
    }

    /// Goes away.
    pub fn vanish(mut self) -> ExitStatus {
        drop(self.input.take());
        self.child.wait().expect("it leaves")
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It has ended already where all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn receive(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().strip_prefix("Content-Length: ") {
            Some(value) => length = value.parse().ok()?,
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    let mut bytes = vec![0; length];
    output.read_exact(&mut bytes).ok()?;
    Some(serde_json::from_slice(&bytes).expect("the server writes JSON"))
}

/// The `file:` URI of a path without strange characters.
pub fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// The place of the end of `before` in a text, in UTF-16 units.
pub fn after(text: &str, before: &str) -> Value {
    let at = text.find(before).unwrap_or_else(|| panic!("no `{before}`")) + before.len();
    position(text, at)
}

pub fn position(text: &str, at: usize) -> Value {
    let head = &text[..at];
    let line = head.rsplit('\n').next().unwrap_or_default();
    json!({ "line": head.matches('\n').count(), "character": line.encode_utf16().count() })
}

/// A request's parameters for the place behind `before`.
pub fn at(uri: &str, text: &str, before: &str) -> Value {
    json!({ "textDocument": { "uri": uri }, "position": after(text, before) })
}

/// The text under a range of ASCII lines.
pub fn slice(text: &str, range: &Value) -> String {
    let offset = |position: &Value| {
        let line = position["line"].as_u64().unwrap() as usize;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let rest: Vec<u16> = text[start..].encode_utf16().take(position["character"].as_u64().unwrap() as usize).collect();
        start + String::from_utf16(&rest).unwrap().len()
    };
    text[offset(&range["start"])..offset(&range["end"])].to_owned()
}

/// The text after the edits of one document.
pub fn edited(text: &str, edits: &Value) -> String {
    let mut edits: Vec<Value> = edits.as_array().cloned().unwrap_or_default();
    edits.sort_by_key(|edit| std::cmp::Reverse((edit["range"]["start"]["line"].as_u64(), edit["range"]["start"]["character"].as_u64())));
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let starts: HashMap<usize, usize> = (0..=lines.len()).map(|line| (line, lines[..line].iter().map(|line| line.len()).sum())).collect();
    let mut out = text.to_owned();
    for edit in edits {
        let offset = |side: &str| {
            let position = &edit["range"][side];
            starts[&(position["line"].as_u64().unwrap() as usize)] + position["character"].as_u64().unwrap() as usize
        };
        out.replace_range(offset("start")..offset("end"), edit["newText"].as_str().unwrap());
    }
    out
}

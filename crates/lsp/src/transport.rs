//! Messages over standard input and output. Whatever arrives, reading goes on with the next message.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use lsp_server::{Message, RequestId};
use serde_json::Value;

/// Largest message that is read; rule files are limited far below it.
const MAX_MESSAGE_BYTES: u64 = 64 << 20;
/// Longest line of a header.
const MAX_HEADER_BYTES: u64 = 4096;
/// Messages that may wait to be handled.
const WAITING: usize = 1024;
/// How long the last answers may take to be written once the client has said goodbye.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Something that has arrived.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A message.
    Message(Message),
    /// Something else, with the id of the request it may have been.
    Garbage { id: Option<RequestId>, reason: String },
}

/// The writing side: texts of messages go to a thread of its own, so that a client that does not read never holds the server up.
pub(crate) struct Outgoing {
    sender: Sender<String>,
    finished: Receiver<()>,
}

impl Outgoing {
    pub(crate) fn sender(&self) -> Sender<String> {
        self.sender.clone()
    }

    /// Waits until all has been written, or the client has had its time.
    pub(crate) fn finish(self) {
        drop(self.sender);
        // Either way there is nothing left to do.
        let _ = self.finished.recv_timeout(LAST_WORDS);
    }
}

/// Starts reading standard input and writing standard output.
pub(crate) fn stdio() -> io::Result<(Receiver<Incoming>, Outgoing)> {
    let (arrived, incoming) = mpsc::sync_channel(WAITING);
    std::thread::Builder::new().name("lsp-read".to_owned()).spawn(move || {
        let mut input = BufReader::new(io::stdin());
        while let Ok(Some(message)) = read(&mut input) {
            if arrived.send(message).is_err() {
                return;
            }
        }
    })?;
    let (sender, texts) = mpsc::channel::<String>();
    let (done, finished) = mpsc::channel();
    std::thread::Builder::new().name("lsp-write".to_owned()).spawn(move || {
        let mut output = io::stdout().lock();
        for text in texts {
            if write(&mut output, &text).is_err() {
                break;
            }
        }
        // Nobody may be waiting.
        let _ = done.send(());
    })?;
    Ok((incoming, Outgoing { sender, finished }))
}

fn write(output: &mut impl Write, text: &str) -> io::Result<()> {
    write!(output, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    output.flush()
}

/// The next message; `None` at the end of input.
fn read(input: &mut impl BufRead) -> io::Result<Option<Incoming>> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if input.by_ref().take(MAX_HEADER_BYTES).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        match (header(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n'])), length) {
            (Header::Length(found), _) => length = Some(found),
            (Header::End, Some(length)) => return body(input, length).map(Some),
            // What is no header is passed over until there is one.
            (Header::End | Header::Other, _) => {}
        }
    }
}

enum Header {
    Length(u64),
    Other,
    End,
}

fn header(line: &str) -> Header {
    const NAME: &str = "content-length:";
    if line.is_empty() {
        return Header::End;
    }
    let lower = line.to_ascii_lowercase();
    if let Some(at) = lower.rfind(NAME) {
        return lower.get(at + NAME.len()..).and_then(|value| value.trim().parse().ok()).map_or(Header::Other, Header::Length);
    }
    Header::Other
}

fn body(input: &mut impl BufRead, length: u64) -> io::Result<Incoming> {
    if length > MAX_MESSAGE_BYTES {
        io::copy(&mut input.by_ref().take(length), &mut io::sink())?;
        return Ok(Incoming::Garbage { id: None, reason: format!("a message has at most {MAX_MESSAGE_BYTES} bytes") });
    }
    // Grows as bytes arrive: a length is only a claim.
    let mut bytes = Vec::new();
    input.by_ref().take(length).read_to_end(&mut bytes)?;
    Ok(match serde_json::from_slice(&bytes) {
        Ok(message) => Incoming::Message(message),
        Err(error) => Incoming::Garbage { id: id_of(&bytes), reason: format!("this is no message: {error}") },
    })
}

/// The id of a request that is not sound otherwise.
fn id_of(bytes: &[u8]) -> Option<RequestId> {
    match serde_json::from_slice::<Value>(bytes).ok()?.get("id")? {
        Value::String(id) => Some(RequestId::from(id.clone())),
        Value::Number(id) => id.as_i64().and_then(|id| i32::try_from(id).ok()).map(RequestId::from),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(text: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{text}", text.len())
    }

    fn all(bytes: &[u8]) -> Vec<String> {
        let mut input = bytes;
        let mut found = Vec::new();
        while let Some(incoming) = read(&mut input).unwrap() {
            found.push(match incoming {
                Incoming::Message(Message::Request(request)) => request.method,
                Incoming::Message(Message::Notification(notification)) => notification.method,
                Incoming::Message(Message::Response(_)) => "response".to_owned(),
                Incoming::Garbage { id, .. } => format!("garbage {id:?}"),
            });
        }
        found
    }

    #[test]
    fn reading_goes_on_behind_whatever_is_not_a_message() {
        let good = framed(r#"{"jsonrpc":"2.0","id":1,"method":"a"}"#);
        assert_eq!(all(good.as_bytes()), ["a"]);
        assert_eq!(all(format!("rubbish\r\n\r\n\u{0}{good}").as_bytes()), ["a"]);
        assert_eq!(all(format!("{}{good}", framed("{")).as_bytes()), ["garbage None", "a"]);
        assert_eq!(
            all(format!("{}{good}", framed(r#"{"id":7,"method":[]}"#)).as_bytes()),
            [format!("garbage {:?}", Some(RequestId::from(7))), "a".to_owned()]
        );
        // A length that is too short leaves a rest in front of the next header.
        assert_eq!(all(format!("Content-Length: 2\r\n\r\n{{}}{{}}{good}").as_bytes()), ["garbage None", "a"]);
        assert_eq!(all(format!("Content-Length: x\r\n\r\n{good}").as_bytes()), ["a"]);
        assert_eq!(all(format!("content-length: 2\r\nContent-Type: x\r\n\r\n[]{good}").as_bytes()), ["garbage None", "a"]);
        assert_eq!(all(b"Content-Length: 99999999999\r\n\r\n{}"), ["garbage None"]);
        assert!(all(b"Content-Length: 99\r\n\r\n{}").len() <= 1);
    }
}

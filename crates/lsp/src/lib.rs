//! The language server of Rulegate rule files: diagnostics while typing, hover, completion, navigation, rename and more, over stdio.
//!
//! At the door: [`run`]. Requests have one file each in `requests`, and one line in its table. What rules mean is the library's
//! matter: it is asked through `rulegate::compile::index`, `rulegate::syntax` and `rulegate::scan`. Only this crate knows the types of the
//! protocol, and places in lines and UTF-16 units.
#![forbid(unsafe_code)]

mod completion;
mod describe;
mod diagnostics;
mod lines;
mod loader;
mod requests;
mod saved;
mod schemas;
mod server;
mod state;
mod transport;
mod uri;

use std::io;

/// Expressions are gone through by functions that call themselves, to depths the library limits.
const STACK_BYTES: usize = 16 << 20;

/// How a client ended its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It asked to shut down, and said goodbye.
    Properly,
    /// It went away, or said goodbye without asking to shut down.
    Abruptly,
}

/// Serves one client over standard input and output until it says goodbye or is gone.
///
/// Nothing that a client sends ends it: what cannot be read, and requests that fail or panic, get an error for an answer.
///
/// # Errors
/// No thread could be started, or the server itself failed.
pub fn run() -> io::Result<Ended> {
    let thread = std::thread::Builder::new().name("rulegate-lsp".to_owned()).stack_size(STACK_BYTES).spawn(|| {
        let (incoming, outgoing) = transport::stdio()?;
        let ended = server::Server::new(outgoing.sender()).serve(&incoming);
        outgoing.finish();
        Ok(ended)
    })?;
    thread.join().map_err(|_| io::Error::other("the language server failed; this is a bug in rulegate"))?
}

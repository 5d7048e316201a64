//! The `rulegate` command: checks rule files and judges data with them.
//!
//! This crate is an edge: it alone reads the command line, the clock and the terminal, and it uses the public face of the library only.
#![forbid(unsafe_code)]

mod commands;
mod config;
mod diff;
mod discover;
mod exit;
mod fix;
mod logs;
#[cfg(feature = "otlp")]
mod otlp;
mod output;
mod overrides;
mod progress;
mod record;
mod render;
mod rules;
mod scrape;
mod split;
mod threads;
mod typed;

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

use exit::Exit;

fn main() -> ExitCode {
    tell_panics_once();
    let cli = match config::apply(commands::cli()) {
        Ok(cli) => cli,
        Err(failure) => {
            failure.print();
            return Exit::NotDone.into();
        }
    };
    let matches = match cli.try_get_matches() {
        Ok(matches) => matches,
        Err(error) => {
            // Nothing is left to do where even this cannot be written.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    // Until the end, so that what went wrong is told within it.
    let logs = logs::start(&matches);
    // A bug must not look like a verdict: a panic exits as work that could not be done.
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| commands::dispatch(&matches)));
    let exit = match result {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => {
            failure.print();
            Exit::NotDone
        }
        Err(_) => Exit::NotDone,
    };
    logs.end(exit);
    exit.into()
}

/// Keeps quiet about panics of file readers, which the library catches and tells as errors.
fn tell_panics_once() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !rulegate::scan::is_guarded() {
            output::stderr("error: this is a bug in rulegate; please report it with what follows\n");
            default(info);
        }
    }));
}

//! How a command ends.

use std::fmt::Display;
use std::process::ExitCode;

use rulegate::commit::CommitError;

use crate::logs;
use crate::output;
use crate::render::text::escape;

/// What the exit code tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The data holds; the rule files are sound.
    Holds = 0,
    /// The data does not hold; a rule file has errors.
    Fails = 1,
    /// The work could not be done.
    NotDone = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why the work could not be done, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub(crate) struct Failure {
    what: String,
    help: Option<String>,
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        Self::new(&error).help(error.help())
    }
}

impl Failure {
    pub(crate) fn new(what: impl Display) -> Self {
        Self { what: what.to_string(), help: None }
    }

    /// Says what to do.
    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Tells the user, on stderr. Names of files and what readers say of them may hold anything, so it is escaped.
    pub(crate) fn print(&self) {
        if logs::failure(&escape(&self.what), self.help.as_deref().map(escape).as_deref()) {
            return;
        }
        let mut text = format!("error: {}\n", escape(&self.what));
        if let Some(help) = &self.help {
            text.push_str(&format!(" help: {}\n", escape(help)));
        }
        output::stderr(&text);
    }
}

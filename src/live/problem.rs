//! Why rules were not replaced.

use std::path::PathBuf;

use crate::compile::{Compiled, OverrideErrors};
use crate::diagnostics::Diagnostic;
use crate::ledger::LedgerError;
use crate::source::SourceMap;

/// Why new rules are not in force.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// They do not compile.
    #[error("the rules have errors; the first: {first}; mend them: `rulegate check` shows each in its place")]
    Broken {
        /// The first error, with its place.
        first: String,
        /// All there is to say.
        diagnostics: Vec<Diagnostic>,
        /// The texts it is said of.
        sources: Box<SourceMap>,
    },
    /// Overrides do not fit them.
    #[error("the overrides do not fit the rules: {0}")]
    Overrides(OverrideErrors),
    /// They cannot be bound to what is judged.
    #[error("the rules cannot judge what is judged now: {0}")]
    Bind(crate::session::Error),
    /// The rule file cannot be read.
    #[error("{}: the rule file cannot be read: {reason}; check its path and rights, and that it is UTF-8", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The ledger cannot take it down.
    #[error("a change that is not in the ledger is not made: {0}")]
    Ledger(LedgerError),
    /// Whoever was to take them has refused.
    #[error("the rules were refused: {0}")]
    Refused(Box<dyn std::error::Error + Send + Sync>),
}

/// What the compiler says, as a problem.
pub(super) fn broken(compiled: Compiled) -> Problem {
    let first = compiled.diagnostics.iter().find(|diagnostic| diagnostic.is_error()).map_or_else(String::new, |diagnostic| {
        let place = compiled.sources.get(diagnostic.span.file).map_or_else(String::new, |file| {
            let at = file.line_column(diagnostic.span.start);
            format!("{}:{}:{}: ", file.name, at.line, at.column)
        });
        format!("{place}{}", diagnostic.message)
    });
    Problem::Broken { first, diagnostics: compiled.diagnostics, sources: Box::new(compiled.sources) }
}

//! What is wrong with a ledger, and what can go wrong with its file.

use std::path::PathBuf;

/// Why a ledger is not what was written: the first place that tells.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: entry {seq} {kind}: {what}")]
pub struct Flaw {
    /// The line of the file, from 1.
    pub line: u64,
    /// The entry that should stand there, from 0.
    pub seq: u64,
    /// What kind of flaw.
    pub kind: FlawKind,
    /// What is seen.
    pub what: String,
}

/// What has happened to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FlawKind {
    /// Its bytes are not those that were written.
    Altered,
    /// It is not in the file.
    Missing,
    /// Something else stands in its place, and it follows.
    Inserted,
    /// It stands elsewhere in the file.
    Reordered,
    /// It, or the one before it, was replaced by another that is sound in itself.
    Replaced,
    /// Its line has no end: a crash while it was written, or a cut.
    Torn,
    /// It was written by another program or version.
    Foreign,
}

impl std::fmt::Display for FlawKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Altered => "is altered",
            Self::Missing => "is missing",
            Self::Inserted => "has something in its place",
            Self::Reordered => "is out of its place",
            Self::Replaced => "does not follow",
            Self::Torn => "is torn",
            Self::Foreign => "cannot be read",
        })
    }
}

/// What can go wrong with a ledger.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The file cannot be used.
    #[error("{}: the ledger cannot be {what}: {source}; check its path, its rights and the disk's space", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried: `read`, `written` …
        what: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is a link, a folder or something else that is no plain file.
    #[error("{}: this is no regular file; name the ledger's own file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// It is not what was written.
    #[error("{}:{}: entry {} {}: {}; {}", path.display(), flaw.line, flaw.seq, flaw.kind, flaw.what, cure(flaw))]
    Flawed {
        /// The file.
        path: PathBuf,
        /// The first flaw.
        flaw: Flaw,
    },
    /// Another program has held it for too long.
    #[error("{}: another program holds the ledger; wait for it, or end it if it hangs", path.display())]
    Held {
        /// The file.
        path: PathBuf,
    },
    /// The entry would be too long to be read again.
    #[error("the entry would have {bytes} bytes, and {limit} are the most; judge fewer files at a time")]
    TooLong {
        /// Its bytes.
        bytes: usize,
        /// The most there may be.
        limit: usize,
    },
    /// The time handed in is not of years 0 to 9999.
    #[error("the time of the entry cannot be written; hand in one of years 0 to 9999")]
    Time,
    /// The entry cannot be written as JSON.
    #[error("the entry cannot be written as JSON: {0}; this is a bug in rulegate")]
    Json(String),
}

fn cure(flaw: &Flaw) -> &'static str {
    match flaw.kind {
        FlawKind::Torn => "the next append moves the torn piece aside and says so in an entry",
        FlawKind::Foreign => "read it with the program that wrote it",
        _ => "compare it with a copy, and keep this file as evidence",
    }
}

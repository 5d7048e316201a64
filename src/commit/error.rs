//! Why files were not committed, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why somebody else could not do their part.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why files could not be written, recovered or verified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// The file system said no. Nothing has changed but what [`recover`](super::recover) takes away.
    #[error("{}: cannot {doing}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried: `be written`, `be synced`.
        doing: &'static str,
        /// What the file system said.
        source: io::Error,
    },
    /// This cannot be a target. Nothing has been written.
    #[error("{}: {reason}", path.display())]
    Refused {
        /// The target.
        path: PathBuf,
        /// Why.
        reason: String,
        /// What to do.
        cure: &'static str,
    },
    /// Another run writes it, or is recovering it.
    #[error("{}: another run is writing this file", path.display())]
    Busy {
        /// The target.
        path: PathBuf,
    },
    /// A lock, a manifest or a file is not what a run would have left. Nothing has been touched.
    #[error("{}: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
        /// What to do.
        cure: &'static str,
    },
    /// The ledger did not take the decision down. Nothing has changed.
    #[error("the decision is not in the ledger, so nothing was written: {0}")]
    Unrecorded(Cause),
    /// Whether a killed run has committed is for its ledger to say, and it cannot be asked. Nothing has been touched.
    #[error("{}: whether its run has committed is for the ledger {ledger} to say, and it cannot be asked: {reason}", path.display())]
    Unwitnessed {
        /// The intent that was being put in its place.
        path: PathBuf,
        /// The ledger.
        ledger: String,
        /// Why it cannot be asked.
        reason: Cause,
    },
    /// All files are complete and committed, and not all of them are in their places.
    #[error("the files are complete, and not all in their places yet: {source}")]
    Unfinished {
        /// The folder to recover.
        folder: PathBuf,
        /// What stands in the way.
        source: Box<CommitError>,
    },
}

impl CommitError {
    pub(super) fn io(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { path, doing, source }
    }

    pub(super) fn refused(path: &Path, reason: impl Into<String>, cure: &'static str) -> Self {
        Self::Refused { path: path.to_path_buf(), reason: reason.into(), cure }
    }

    pub(super) fn damaged(path: &Path, reason: impl Into<String>, cure: &'static str) -> Self {
        Self::Damaged { path: path.to_path_buf(), reason: reason.into(), cure }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "make room, or name a folder that has some".to_owned()
            }
            Self::Io { source, .. } if source.kind() == io::ErrorKind::FileTooLarge => {
                "raise the limit on the size of files, or write less at a time".to_owned()
            }
            Self::Io { source, doing: "be read", .. } if source.kind() == io::ErrorKind::NotFound => {
                "check the path; it is relative to the current folder".to_owned()
            }
            Self::Io { doing: "be read", .. } => "check that it is a file and may be read".to_owned(),
            Self::Io { .. } => "check that the folder is there, may be written and has room".to_owned(),
            Self::Refused { cure, .. } | Self::Damaged { cure, .. } => (*cure).to_owned(),
            Self::Busy { .. } => "wait for it, or give another name".to_owned(),
            Self::Unrecorded(_) => "mend that, and run again".to_owned(),
            Self::Unwitnessed { path, .. } => {
                let folder = path.parent().unwrap_or(path);
                format!("bring the ledger back, or say where it is now: rulegate recover {} --ledger FILE", folder.display())
            }
            Self::Unfinished { folder, .. } => format!("mend that, then run `rulegate recover {}`", folder.display()),
        }
    }
}

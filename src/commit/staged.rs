//! A file on its way: written under a temporary name, hashed as it goes.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use super::digest::{Digest, Hasher};
use super::disk::{Disk, DiskFile, Kind};
use super::error::CommitError;
use super::names::Place;

/// A file of a [`Commit`](super::Commit) that is being written.
///
/// What is written to it goes to the disk at once: wrap it in a [`std::io::BufWriter`] where pieces are small.
pub struct Staged {
    pub(super) index: usize,
    pub(super) place: Place,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) file: Box<dyn DiskFile>,
    pub(super) hasher: Hasher,
}

/// A file that is complete and synced under its temporary name.
#[derive(Debug)]
pub struct StagedFile {
    pub(super) index: usize,
    pub(super) digest: Digest,
    pub(super) rows: Option<u64>,
}

impl StagedFile {
    /// Its length in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.digest.bytes
    }
}

impl Staged {
    /// The file it will be.
    #[must_use]
    pub fn target(&self) -> PathBuf {
        self.place.path()
    }

    /// Ends the file: it gets the permissions of the file it will replace, and is synced. `rows` go into the manifest.
    ///
    /// # Errors
    /// [`CommitError::Io`].
    pub fn finish(mut self, rows: Option<u64>) -> Result<StagedFile, CommitError> {
        let (target, temporary) = (self.place.path(), self.place.temporary());
        self.file.flush().map_err(CommitError::io(&target, "be written"))?;
        let old = self.disk.about(&target).map_err(CommitError::io(&target, "be looked at"))?;
        if old.is_some_and(|old| old.kind == Kind::File) {
            self.disk.permit(&temporary, &target).map_err(CommitError::io(&target, "hand on its permissions"))?;
        }
        self.file.sync().map_err(CommitError::io(&target, "be synced"))?;
        Ok(StagedFile { index: self.index, digest: self.hasher.finish(), rows })
    }
}

impl Write for Staged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl std::fmt::Debug for Staged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Staged").field("target", &self.place.path()).finish_non_exhaustive()
    }
}

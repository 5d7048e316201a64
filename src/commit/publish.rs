//! The commit point, and what follows it.

use super::begin::{Commit, check_target};
use super::error::CommitError;
use super::journal::Manifested;
use super::manifest::{FileEntry, Finished, MAX_MANIFEST_BYTES, Manifest, State};
use super::names::Place;
use super::settle::{Settled, Trust, end, folders, forward, settle, write_whole};
use super::staged::StagedFile;

impl Commit {
    /// Commits the files: all of them appear, or none. Gives the manifest where one was written.
    ///
    /// # Errors
    /// [`CommitError::Unfinished`] if the commit point was passed and not all files are in their places: they are complete, and
    /// [`recover`](super::recover) or the next run puts them there. With any other error nothing has changed.
    pub fn publish(mut self, files: Vec<StagedFile>, finished: Finished) -> Result<Option<Manifest>, CommitError> {
        let entries = self.entries(files)?;
        for file in &self.group.files {
            check_target(&*self.disk, file)?;
        }
        // The temporaries' names must last before anything speaks of them.
        for folder in folders(&self.group.files) {
            self.disk.sync_folder(folder).map_err(CommitError::io(folder, "be synced"))?;
        }
        match self.group.manifest.clone() {
            Some(manifest) => self.with_manifest(&manifest, Manifest::intent(finished, entries)).map(Some),
            None => self.alone().map(|()| None),
        }
    }

    /// What the manifest says of each file; every target must have been written.
    fn entries(&self, mut files: Vec<StagedFile>) -> Result<Vec<FileEntry>, CommitError> {
        files.sort_by_key(|file| file.index);
        let home = self.group.home().map(|home| home.folder.clone()).unwrap_or_default();
        let mut entries = Vec::with_capacity(files.len());
        let mut files = files.into_iter();
        for (index, (place, target)) in self.group.files.iter().zip(&self.targets).enumerate() {
            let (Some(file), Some(path)) = (files.next().filter(|file| file.index == index), place.written(&home)) else {
                return Err(CommitError::refused(&place.path(), "it was not written", "write each target once"));
            };
            entries.push(FileEntry {
                path,
                role: target.role.clone(),
                rows: file.rows,
                bytes: file.digest.bytes,
                sha256: file.digest.sha256,
            });
        }
        Ok(entries)
    }

    fn with_manifest(&mut self, at: &Manifested, intent: Manifest) -> Result<Manifest, CommitError> {
        let path = at.place.path();
        let text = intent.text();
        if text.len() as u64 > MAX_MANIFEST_BYTES {
            return Err(CommitError::refused(&path, "the manifest would be too long", "read fewer files in a run"));
        }
        if let Some(reason) = intent.check() {
            return Err(CommitError::refused(&path, reason, "this is a bug in the program that writes these files"));
        }
        if let Err(error) = write_whole(&*self.disk, &at.place, &text) {
            return self.unclear(error).map(|()| Manifest { state: State::Done, ..intent });
        }
        if let Err(error) = forward(&*self.disk, &self.group, &intent, &Trust::Own) {
            self.over = true;
            return Err(self.unfinished(error));
        }
        self.over = true;
        end(&*self.disk, &self.group, &mut self.locks);
        Ok(Manifest { state: State::Done, ..intent })
    }

    /// The intent may be in its place or not: the disk tells which it is.
    fn unclear(&mut self, error: CommitError) -> Result<(), CommitError> {
        self.over = true;
        match settle(&*self.disk, &self.group, &mut self.locks) {
            Ok(Settled::Finished) => Ok(()),
            Ok(Settled::Undone) => Err(error),
            Err(_) => Err(self.unfinished(error)),
        }
    }

    /// One file: its rename is the commit point.
    fn alone(&mut self) -> Result<(), CommitError> {
        let Some(file) = self.group.home().cloned() else { return Ok(()) };
        self.disk.rename(&file.temporary(), &file.path()).map_err(CommitError::io(&file.path(), "be put in its place"))?;
        self.over = true;
        let synced = self.disk.sync_folder(&file.folder).map_err(CommitError::io(&file.folder, "be synced"));
        synced.map_err(|error| self.unfinished(error))?;
        end(&*self.disk, &self.group, &mut self.locks);
        Ok(())
    }

    fn unfinished(&self, error: CommitError) -> CommitError {
        let folder = self.group.home().map(|home: &Place| home.folder.clone()).unwrap_or_default();
        CommitError::Unfinished { folder, source: Box::new(error) }
    }
}

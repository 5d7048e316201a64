//! The commit point, and what follows it.

use super::begin::{Commit, check_target};
use super::error::{Cause, CommitError};
use super::journal::Manifested;
use super::manifest::{FileEntry, Finished, MAX_MANIFEST_BYTES, Manifest, State};
use super::names::Place;
use super::settle::{Settled, Trust, end, folders, forward, put_manifest, settle, write_beside, write_whole};
use super::staged::StagedFile;

impl Commit {
    /// Commits the files: all of them appear, or none. Gives the manifest where one was written.
    ///
    /// # Errors
    /// [`CommitError::Unfinished`] if the commit point was passed and not all files are in their places: they are complete, and
    /// [`recover`](super::recover) or the next run puts them there. With any other error nothing has changed.
    pub fn publish(mut self, files: Vec<StagedFile>, finished: Finished) -> Result<Option<Manifest>, CommitError> {
        let entries = self.ready(files)?;
        match self.group.manifest.clone() {
            Some(manifest) => self.with_manifest(&manifest, Manifest::intent(finished, entries)).map(Some),
            None => self.alone().map(|()| None),
        }
    }

    /// As [`Commit::publish`], where a ledger is to have the decision first: `record` is handed the manifest, which lists the files with their
    /// hashes, and appends the decision to [`Finished::ledger`]. With that the files are committed. No file has its name before the ledger
    /// has the entry, and where the ledger has it the files get their names, by this run or by whoever recovers it.
    ///
    /// The commit must have been begun with a [`Witness`](super::Witness) of that ledger, and keep its manifest.
    ///
    /// # Errors
    /// [`CommitError::Unrecorded`] if the ledger did not take it; else as [`Commit::publish`].
    pub fn publish_recorded(
        mut self,
        files: Vec<StagedFile>,
        finished: Finished,
        record: impl FnOnce(&Manifest) -> Result<(), Cause>,
    ) -> Result<Manifest, CommitError> {
        let entries = self.ready(files)?;
        let intent = Manifest::intent(finished, entries);
        match self.group.manifest.clone() {
            Some(manifest @ Manifested { kept: true, .. }) if intent.ledger.is_some() => self.recorded(&manifest, intent, record),
            _ => {
                let path = self.group.home().map(Place::path).unwrap_or_default();
                Err(CommitError::refused(&path, "no manifest is kept that names the ledger", "keep one, and name the ledger"))
            }
        }
    }

    /// What the manifest says of each file, all of which are there to last under their temporary names.
    fn ready(&self, files: Vec<StagedFile>) -> Result<Vec<FileEntry>, CommitError> {
        let entries = self.entries(files)?;
        for file in &self.group.files {
            check_target(&*self.disk, file)?;
        }
        // The temporaries' names must last before anything speaks of them.
        for folder in folders(&self.group.files) {
            self.disk.sync_folder(folder).map_err(CommitError::io(folder, "be synced"))?;
        }
        Ok(entries)
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
        let text = sound(at, &intent)?;
        if let Err(error) = write_whole(&*self.disk, &at.place, &text) {
            return self.unclear(error).map(|()| Manifest { state: State::Done, ..intent });
        }
        self.rest(intent)
    }

    fn recorded(
        &mut self,
        at: &Manifested,
        intent: Manifest,
        record: impl FnOnce(&Manifest) -> Result<(), Cause>,
    ) -> Result<Manifest, CommitError> {
        let text = sound(at, &intent)?;
        // On disk before the ledger speaks of it; with its name only afterwards, since an intent that has its name is carried out.
        write_beside(&*self.disk, &at.place, &text)?;
        self.disk.sync_folder(&at.place.folder).map_err(CommitError::io(&at.place.folder, "be synced"))?;
        let put = record(&intent).map_err(CommitError::Unrecorded).and_then(|()| put_manifest(&*self.disk, &self.group));
        match put {
            Ok(()) => self.rest(intent),
            Err(error) => self.unclear(error).map(|()| Manifest { state: State::Done, ..intent }),
        }
    }

    /// What follows the commit point.
    fn rest(&mut self, intent: Manifest) -> Result<Manifest, CommitError> {
        self.over = true;
        if let Err(error) = forward(&*self.disk, &self.group, &intent, &Trust::Own) {
            return Err(self.unfinished(error));
        }
        end(&*self.disk, &self.group, &mut self.locks);
        Ok(Manifest { state: State::Done, ..intent })
    }

    /// The intent may be in its place or not, or the ledger may have the entry or not: the disk tells which it is.
    fn unclear(&mut self, error: CommitError) -> Result<(), CommitError> {
        self.over = true;
        match settle(&*self.disk, &self.group, &mut self.locks) {
            Ok(Settled::Finished) => Ok(()),
            Ok(Settled::Undone | Settled::Cleared) => Err(error),
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

/// The text of a manifest that can be read again.
fn sound(at: &Manifested, intent: &Manifest) -> Result<Vec<u8>, CommitError> {
    let (path, text) = (at.place.path(), intent.text());
    if text.len() as u64 > MAX_MANIFEST_BYTES {
        return Err(CommitError::refused(&path, "the manifest would be too long", "read fewer files in a run"));
    }
    match intent.check() {
        Some(reason) => Err(CommitError::refused(&path, reason, "this is a bug in the program that writes these files")),
        None => Ok(text),
    }
}

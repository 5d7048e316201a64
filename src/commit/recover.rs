//! Finishes or undoes, in a folder, what runs that were killed have left there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, Os};
use super::error::CommitError;
use super::manifest::{MAX_MANIFEST_BYTES, Manifest, State};
use super::names::{MANIFEST_ENDING, Place, locked_name, temporary_name};
use super::settle::{Outcome, Settled, settle_lock, settle_manifest};
use super::witness::Witness;

/// A run that was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Its files.
    pub files: Vec<PathBuf>,
    /// What became of them.
    pub settled: Settled,
}

/// What a folder came to.
#[derive(Debug, Default)]
pub struct Recovery {
    /// Runs that were finished or undone.
    pub settled: Vec<Recovered>,
    /// Runs that were not, and why; nothing of them was touched.
    pub failed: Vec<CommitError>,
    /// Temporaries that no lock speaks of; they are left alone.
    pub left: Vec<PathBuf>,
}

/// Finishes or undoes every killed run that has left something in a folder; runs at work are told as failures. May itself be killed, and be
/// run again.
///
/// # Errors
/// [`CommitError::Io`] if the folder cannot be read.
pub fn recover(folder: &Path) -> Result<Recovery, CommitError> {
    recover_on(&Os::default(), folder)
}

/// As [`recover`], with somebody who reads the ledgers that killed runs were waiting for; without one such runs are told as failures.
///
/// # Errors
/// As [`recover`].
pub fn recover_with(folder: &Path, witness: Arc<dyn Witness>) -> Result<Recovery, CommitError> {
    recover_on(&Os { witness: Some(witness) }, folder)
}

pub(super) fn recover_on(disk: &dyn Disk, folder: &Path) -> Result<Recovery, CommitError> {
    let folder = disk.canonical(folder).map_err(CommitError::io(folder, "be read"))?;
    let names = disk.names(&folder).map_err(CommitError::io(&folder, "be read"))?;
    let names: BTreeSet<String> = names.into_iter().filter_map(|name| name.into_string().ok()).collect();
    let place = |name: &str| Place { folder: folder.clone(), name: name.to_owned() };
    let mut recovery = Recovery::default();
    for file in names.iter().filter_map(|name| locked_name(name)) {
        recovery.add(settle_lock(disk, &place(file)));
    }
    for name in &names {
        if let Some(home) = intent_of(disk, &folder, name).transpose() {
            recovery.add(home.and_then(|home| settle_manifest(disk, &home, &place(name))));
        }
    }
    for name in names.iter().filter(|name| temporary_name(name).is_some()) {
        let path = folder.join(name);
        let is_told = recovery.failed.iter().any(|error| matches!(error, CommitError::Damaged { path: told, .. } if *told == path));
        if !is_told && disk.about(&path).map_err(CommitError::io(&path, "be looked at"))?.is_some() {
            recovery.left.push(path);
        }
    }
    Ok(recovery)
}

impl Recovery {
    fn add(&mut self, outcome: Result<Outcome, CommitError>) {
        match outcome {
            Ok(None) => {}
            Ok(Some((group, settled))) => {
                self.settled.push(Recovered { files: group.files.iter().map(Place::path).collect(), settled });
            }
            // Several locks lead to one run.
            Err(error) if self.failed.iter().any(|known| known.to_string() == error.to_string()) => {}
            Err(error) => self.failed.push(error),
        }
    }
}

/// The first file of a manifest that has committed and is not done.
fn intent_of(disk: &dyn Disk, folder: &Path, name: &str) -> Result<Option<Place>, CommitError> {
    let passing = name.strip_prefix('.').and_then(|name| name.strip_suffix(".rulegate-intent"));
    let Some(first) = passing.or_else(|| name.strip_suffix(MANIFEST_ENDING)) else { return Ok(None) };
    let path = folder.join(name);
    // Gone in the meantime, or no file, or too long to be ours: nobody's concern.
    let Ok(bytes) = disk.read(&path, MAX_MANIFEST_BYTES) else { return Ok(None) };
    match Manifest::parse(&bytes) {
        Ok(manifest) if manifest.state == State::Intent => Ok(Some(Place { folder: folder.to_path_buf(), name: first.to_owned() })),
        Err(reason) if memchr::memmem::find(&bytes, b"\"rulegate_manifest\"").is_some() => {
            Err(CommitError::damaged(&path, reason, "restore it, or move it away once its files have been looked at"))
        }
        _ => Ok(None),
    }
}

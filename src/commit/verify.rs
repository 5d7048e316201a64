//! Files against the manifest that lists them.

use std::path::{Path, PathBuf};

use super::disk::{Disk, Kind, Os};
use super::error::CommitError;
use super::manifest::{FileEntry, MAX_MANIFEST_BYTES, Manifest};
use super::names::{MANIFEST_ENDING, Place};

/// Most manifests of a folder that are looked through for a file.
const MAX_CANDIDATES: usize = 10_000;

/// What a file came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is byte for byte what was written.
    Same,
    /// It is not there.
    Missing,
    /// It is something else; how it differs.
    Differs(String),
    /// It is in another folder and was not named, so that it was not looked at.
    Elsewhere,
}

/// A file of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Where it is.
    pub path: PathBuf,
    /// What the manifest says of it.
    pub entry: FileEntry,
    /// What it came to.
    pub verdict: Verdict,
}

/// A manifest and what its files came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The manifest. Its rows add up, or it would not have been read.
    pub manifest: Manifest,
    /// Its files, in its order.
    pub files: Vec<Checked>,
}

impl Verified {
    /// Whether all files were looked at and are what was written.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.files.iter().all(|file| file.verdict == Verdict::Same)
    }
}

/// Compares the files of a manifest with what it says of them. Files in other folders are looked at only where `named` has them: a manifest
/// from somebody else does not choose what is read.
///
/// # Errors
/// [`CommitError::Io`] if something cannot be read, [`CommitError::Damaged`] if the manifest is none.
pub fn verify(manifest: &Path, named: &[PathBuf]) -> Result<Verified, CommitError> {
    let disk = &Os::default();
    let bytes = disk.read(manifest, MAX_MANIFEST_BYTES).map_err(CommitError::io(manifest, "be read"))?;
    let read = Manifest::parse(&bytes);
    let manifest_read =
        read.map_err(|reason| CommitError::damaged(manifest, reason, "name a manifest that `rulegate validate` has written"))?;
    let home = folder_of(disk, manifest)?;
    let named: Vec<PathBuf> = named.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let mut files = Vec::with_capacity(manifest_read.files.len());
    for entry in &manifest_read.files {
        // Parsing has seen that each path names a file.
        let Some(place) = Place::read(&entry.path, &home) else { continue };
        let path = place.path();
        let verdict = if place.folder == home || named.contains(&path) { compare(disk, &path, entry)? } else { Verdict::Elsewhere };
        files.push(Checked { path, entry: entry.clone(), verdict });
    }
    Ok(Verified { manifest: manifest_read, files })
}

/// The manifests beside a file that list it, the one that bears its name first.
///
/// # Errors
/// [`CommitError::Io`] if its folder cannot be read.
pub fn manifests_of(file: &Path) -> Result<Vec<PathBuf>, CommitError> {
    let disk = &Os::default();
    let folder = folder_of(disk, file)?;
    let Some(name) = file.file_name().and_then(|name| name.to_str()) else { return Ok(Vec::new()) };
    let names = disk.names(&folder).map_err(CommitError::io(&folder, "be read"))?;
    let mut names: Vec<String> =
        names.into_iter().filter_map(|name| name.into_string().ok()).filter(|name| name.ends_with(MANIFEST_ENDING)).collect();
    let own = format!("{name}{MANIFEST_ENDING}");
    names.sort_by_key(|candidate| (*candidate != own, candidate.clone()));
    let lists = |candidate: &PathBuf| {
        let manifest = disk.read(candidate, MAX_MANIFEST_BYTES).ok().and_then(|bytes| Manifest::parse(&bytes).ok());
        manifest.is_some_and(|manifest| manifest.files.iter().any(|entry| entry.path == name))
    };
    Ok(names.into_iter().take(MAX_CANDIDATES).map(|name| folder.join(name)).filter(lists).collect())
}

fn folder_of(disk: &dyn Disk, path: &Path) -> Result<PathBuf, CommitError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    disk.canonical(folder).map_err(CommitError::io(path, "be read"))
}

fn compare(disk: &dyn Disk, path: &Path, entry: &FileEntry) -> Result<Verdict, CommitError> {
    let Some(about) = disk.about(path).map_err(CommitError::io(path, "be looked at"))? else { return Ok(Verdict::Missing) };
    if about.kind != Kind::File {
        return Ok(Verdict::Differs("it is no regular file".to_owned()));
    }
    // Lengths first: what is to be hashed is as long as what was written.
    if about.bytes != entry.bytes {
        return Ok(Verdict::Differs(format!("it has {} bytes, and {} were written", about.bytes, entry.bytes)));
    }
    let found = disk.digest(path).map_err(CommitError::io(path, "be read"))?;
    if (found.bytes, &found.sha256) == (entry.bytes, &entry.sha256) {
        return Ok(Verdict::Same);
    }
    Ok(Verdict::Differs("its bytes are not those that were written".to_owned()))
}

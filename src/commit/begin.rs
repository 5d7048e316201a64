//! A commit from its first lock to its last file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{About, Disk, Kind, Os};
use super::error::CommitError;
use super::journal::{Group, MAX_FILES, Manifested};
use super::manifest::State;
use super::names::{Place, is_ours, is_plain};
use super::settle::{Locks, Said, folders, read_manifest, settle, settle_lock, settle_manifest};
use super::staged::Staged;
use super::witness::Witness;

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    path: PathBuf,
    pub(super) role: String,
    private: bool,
}

impl Target {
    /// A file at a path; `role` is what the manifest calls it.
    pub fn new(path: impl Into<PathBuf>, role: impl Into<String>) -> Self {
        Self { path: path.into(), role: role.into(), private: false }
    }

    /// Readable by its owner alone where it is new; a file that is replaced hands on its permissions.
    #[must_use]
    pub fn private(mut self) -> Self {
        self.private = true;
        self
    }
}

/// Whether a manifest stays beside the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It stays, beside the first target: `out.parquet.manifest.json`.
    Manifest,
    /// There is one only while several files are put in their places.
    Nothing,
}

/// Files that appear together or not at all.
///
/// Dropped before [`Commit::publish`], it removes what it has begun.
///
/// # Example
/// ```
/// use std::io::Write;
/// use rulegate::commit::{Commit, Finished, Keep, Target};
///
/// let folder = tempfile::tempdir()?;
/// let targets = [Target::new(folder.path().join("a.txt"), "report"), Target::new(folder.path().join("b.txt"), "report")];
/// let mut commit = Commit::begin(&targets, Keep::Manifest)?;
/// let mut files = Vec::new();
/// for (index, text) in ["first", "second"].into_iter().enumerate() {
///     let mut file = commit.create(index)?;
///     file.write_all(text.as_bytes())?;
///     files.push(file.finish(None)?);
/// }
/// commit.publish(files, Finished::default())?;
/// assert_eq!(std::fs::read_to_string(folder.path().join("b.txt"))?, "second");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Commit {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) group: Group,
    pub(super) targets: Vec<Target>,
    pub(super) locks: Locks,
    /// Whether nothing is left to undo.
    pub(super) over: bool,
}

impl Commit {
    /// Locks the targets, settles what earlier runs left of them, and writes down which files belong together.
    ///
    /// # Errors
    /// [`CommitError::Refused`] for what cannot be a target (a link, a folder, a file named twice), [`CommitError::Busy`] if another run
    /// writes one of them, [`CommitError::Io`] and [`CommitError::Damaged`] where the folders or what is in them do not allow it.
    pub fn begin(targets: &[Target], keep: Keep) -> Result<Self, CommitError> {
        Self::begin_on(Arc::new(Os::default()), targets, keep)
    }

    /// As [`Commit::begin`], with somebody who tells of runs that were killed while they waited for their ledger, this one among them.
    ///
    /// # Errors
    /// As [`Commit::begin`]; [`CommitError::Unwitnessed`] where the ledger of an earlier run cannot be read.
    pub fn begin_with(targets: &[Target], keep: Keep, witness: Arc<dyn Witness>) -> Result<Self, CommitError> {
        Self::begin_on(Arc::new(Os { witness: Some(witness) }), targets, keep)
    }

    pub(super) fn begin_on(disk: Arc<dyn Disk>, targets: &[Target], keep: Keep) -> Result<Self, CommitError> {
        let group = group(&*disk, targets, keep)?;
        // Each round settles one earlier run, of which there is at most one a target.
        for _ in 0..=targets.len() {
            let mut locks = Locks::default();
            let claimed = claim(&*disk, &group, &mut locks);
            if !matches!(claimed, Ok(None)) {
                locks.clear(&*disk, &group.files);
            }
            match claimed? {
                None => {
                    let mut commit = Self { disk, group, targets: targets.to_vec(), locks, over: false };
                    commit.write_down()?;
                    return Ok(commit);
                }
                Some(earlier) => {
                    drop(locks);
                    match earlier {
                        Earlier::Lock(file) => settle_lock(&*disk, &file)?,
                        Earlier::Manifest { home, place } => settle_manifest(&*disk, &home, &place)?,
                    };
                }
            }
        }
        Err(CommitError::Busy { path: group.home().map(Place::path).unwrap_or_default() })
    }

    /// Says in each lock which files belong together; on disk before any temporary is.
    fn write_down(&mut self) -> Result<(), CommitError> {
        for (index, (file, journal)) in self.group.journals().unwrap_or_default().iter().enumerate() {
            self.locks.say(file, journal)?;
            if index == 0 {
                // The first lock lasts before there is any other.
                self.disk.sync_folder(&file.folder).map_err(CommitError::io(&file.folder, "be synced"))?;
            }
        }
        for folder in folders(&self.group.files) {
            self.disk.sync_folder(folder).map_err(CommitError::io(folder, "be synced"))?;
        }
        Ok(())
    }

    /// Begins to write a target, by its index.
    ///
    /// # Errors
    /// [`CommitError::Io`] if its folder cannot be written; [`CommitError::Refused`] if there is no such target.
    pub fn create(&mut self, index: usize) -> Result<Staged, CommitError> {
        let (Some(place), Some(target)) = (self.group.files.get(index), self.targets.get(index)) else {
            let path = self.group.home().map(Place::path).unwrap_or_default();
            return Err(CommitError::refused(&path, format!("there is no target {index}"), "name it when the commit begins"));
        };
        // What replaces a file is at first for its owner alone; the old file's rights are handed on at the end.
        let old = self.disk.about(&place.path()).map_err(CommitError::io(&place.path(), "be looked at"))?;
        let private = target.private || old.is_some();
        let file = self.disk.create(&place.temporary(), private).map_err(CommitError::io(&place.path(), "be written"))?;
        Ok(Staged { index, place: place.clone(), disk: Arc::clone(&self.disk), file, hasher: Default::default() })
    }
}

impl Drop for Commit {
    fn drop(&mut self) {
        if !self.over {
            // What cannot be undone now is undone by the next run or by `recover`.
            let _ = settle(&*self.disk, &self.group, &mut self.locks);
        }
    }
}

impl std::fmt::Debug for Commit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Commit").field("targets", &self.targets).finish_non_exhaustive()
    }
}

/// Where the targets are, and whether they can be targets.
fn group(disk: &dyn Disk, targets: &[Target], keep: Keep) -> Result<Group, CommitError> {
    let mut files: Vec<Place> = Vec::with_capacity(targets.len());
    for target in targets {
        let place = place(disk, &target.path)?;
        if files.contains(&place) {
            return Err(CommitError::refused(&target.path, "two outputs go to this file", "give each a name of its own"));
        }
        check_target(disk, &place)?;
        files.push(place);
    }
    let Some(home) = files.first() else {
        return Err(CommitError::refused(Path::new(""), "there is nothing to write", "name a file"));
    };
    if files.len() > MAX_FILES {
        return Err(CommitError::refused(&home.path(), format!("more than {MAX_FILES} files at once"), "write them in several runs"));
    }
    let manifest = match keep {
        Keep::Manifest => Some(Manifested { place: home.manifest(), kept: true }),
        Keep::Nothing if files.len() == 1 => None,
        Keep::Nothing => Some(Manifested { place: home.passing_manifest(), kept: false }),
    };
    if let Some(Manifested { place, .. }) = &manifest
        && files.contains(place)
    {
        return Err(CommitError::refused(&place.path(), "the manifest goes to this file", "give another name"));
    }
    Ok(Group { files, manifest })
}

fn place(disk: &dyn Disk, path: &Path) -> Result<Place, CommitError> {
    let name = path.file_name().ok_or_else(|| CommitError::refused(path, "this names no file", "name a file"))?;
    let name = name.to_str().filter(|name| is_plain(name));
    let name = name.ok_or_else(|| CommitError::refused(path, "its name is no plain UTF-8", "give another name"))?;
    if is_ours(name) {
        return Err(CommitError::refused(path, "names like this are those of locks and temporaries", "give another name"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = disk.canonical(folder).map_err(CommitError::io(path, "be written, for its folder cannot be used"))?;
    if folder.to_str().is_none() {
        return Err(CommitError::refused(path, "the path of its folder is no UTF-8", "name another folder"));
    }
    Ok(Place { folder, name: name.to_owned() })
}

/// Refuses to replace what is no file, or cannot be replaced by a rename.
pub(super) fn check_target(disk: &dyn Disk, file: &Place) -> Result<(), CommitError> {
    let path = file.path();
    let about = |path: &Path| disk.about(path).map_err(CommitError::io(path, "be looked at"));
    let Some(About { kind, device, .. }) = about(&path)? else { return Ok(()) };
    match kind {
        Kind::Link => Err(CommitError::refused(&path, "a link is not written through", "name the file it leads to, or remove the link")),
        Kind::File if device != about(&file.folder)?.and_then(|folder| folder.device) => {
            Err(CommitError::refused(&path, "this file is mounted by itself and cannot be replaced", "mount its folder instead"))
        }
        Kind::File => Ok(()),
        _ => Err(CommitError::refused(&path, "this is no regular file", "give another name")),
    }
}

/// A run that left something of a target.
enum Earlier {
    Lock(Place),
    Manifest { home: Place, place: Place },
}

/// Holds the locks of all files and finds that nothing stands in the way; else what does.
fn claim(disk: &dyn Disk, group: &Group, locks: &mut Locks) -> Result<Option<Earlier>, CommitError> {
    for file in &group.files {
        locks.take(disk, file, true)?;
        if !matches!(locks.said(file)?, Said::Nothing) {
            return Ok(Some(Earlier::Lock(file.clone())));
        }
    }
    let Some(home) = group.home() else { return Ok(None) };
    for place in [home.manifest(), home.passing_manifest()] {
        match read_manifest(disk, &place) {
            Ok(Some(manifest)) if manifest.state == State::Intent => return Ok(Some(Earlier::Manifest { home: home.clone(), place })),
            // Somebody else's file; it matters only where ours is to be.
            Err(error) if group.manifest.as_ref().is_some_and(|manifest| manifest.place == place) => return Err(error),
            _ => {}
        }
    }
    for file in group.files.iter().chain(group.manifest.as_ref().map(|manifest| &manifest.place)) {
        let temporary = file.temporary();
        if disk.about(&temporary).map_err(CommitError::io(&temporary, "be looked at"))?.is_some() {
            return Err(CommitError::refused(&temporary, "this name is needed, and no run is known that left it", "move it away"));
        }
    }
    Ok(None)
}

//! From whatever a run left behind to all of it or nothing of it. The run itself ends this way, the next one begins this way, and
//! [`recover`](super::recover) does nothing else.
//!
//! INVARIANT: locks are written before the temporaries they speak of, and removed after them; that of the first file is written first and
//! removed last. So whatever has a temporary has a lock, and whatever has a lock leads to all files of its run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::disk::{Disk, Kind, Lock, LockFile};
use super::error::CommitError;
use super::journal::{Group, Journal, MAX_JOURNAL_BYTES, Manifested, home_of};
use super::manifest::{FileEntry, MAX_MANIFEST_BYTES, Manifest, State};
use super::names::Place;

/// What became of a run that was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It had committed: its files are in their places now.
    Finished,
    /// It had not: what it had begun is gone, and its targets are as they were.
    Undone,
    /// It had left nothing but locks: it was killed before it had written anything, or after it was done.
    Cleared,
}

const BY_HAND: &str = "look at the files named here, and move away what does not belong";

/// Locks that are held, by their paths.
#[derive(Default)]
pub(super) struct Locks {
    held: BTreeMap<PathBuf, Box<dyn LockFile>>,
}

/// What a lock says.
pub(super) enum Said {
    /// Nothing: whoever held it ended before there was anything to say.
    Nothing,
    /// What no run would say.
    Garbage,
    This(Journal),
}

impl Locks {
    /// Holds the lock of a file; `false` where there is none and none is to be made.
    pub(super) fn take(&mut self, disk: &dyn Disk, file: &Place, create: bool) -> Result<bool, CommitError> {
        let path = file.lock();
        if self.held.contains_key(&path) {
            return Ok(true);
        }
        match disk.lock(&path, create).map_err(CommitError::io(&path, "be locked"))? {
            Lock::Held(lock) => {
                self.held.insert(path, lock);
                Ok(true)
            }
            Lock::Absent => Ok(false),
            Lock::Busy => Err(CommitError::Busy { path: file.path() }),
        }
    }

    pub(super) fn said(&mut self, file: &Place) -> Result<Said, CommitError> {
        let path = file.lock();
        let Some(lock) = self.held.get_mut(&path) else { return Ok(Said::Nothing) };
        let bytes = match lock.text(MAX_JOURNAL_BYTES) {
            Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => return Ok(Said::Garbage),
            bytes => bytes.map_err(CommitError::io(&path, "be read"))?,
        };
        Ok(match Journal::parse(&bytes) {
            _ if bytes.is_empty() => Said::Nothing,
            Some(journal) => Said::This(journal),
            None => Said::Garbage,
        })
    }

    pub(super) fn say(&mut self, file: &Place, journal: &Journal) -> Result<(), CommitError> {
        let path = file.lock();
        match self.held.get_mut(&path) {
            Some(lock) => lock.set_text(&journal.text()).map_err(CommitError::io(&path, "be written")),
            None => Ok(()),
        }
    }

    /// Whether a file belongs to the run of `home`, by its own lock.
    fn is_part(&mut self, disk: &dyn Disk, file: &Place, home: &Place) -> Result<bool, CommitError> {
        if !self.take(disk, file, false)? {
            return Ok(false);
        }
        Ok(matches!(self.said(file)?, Said::This(Journal::Part { home: lock, .. }) if home_of(&lock, &file.folder).as_ref() == Some(home)))
    }

    /// Removes locks that say nothing, so that an attempt leaves no trace.
    pub(super) fn clear(&mut self, disk: &dyn Disk, files: &[Place]) {
        for file in files {
            if self.held.contains_key(&file.lock()) && matches!(self.said(file), Ok(Said::Nothing)) {
                let _ = disk.remove(&file.lock());
            }
        }
    }

    /// Removes the locks of a run that is over: that of its first file last, and only when the others are gone for good.
    fn release(&mut self, disk: &dyn Disk, group: &Group, owned: &[bool]) {
        // What is left of a lock now is an older truth, which says the same to whoever finds it.
        for (file, owned) in group.files.iter().zip(owned).skip(1) {
            let empty = !owned && self.held.contains_key(&file.lock()) && matches!(self.said(file), Ok(Said::Nothing));
            if *owned || empty {
                let _ = disk.remove(&file.lock());
            }
        }
        let Some(home) = group.home() else { return };
        for folder in folders(&group.files).into_iter().filter(|folder| *folder != home.folder) {
            let _ = disk.sync_folder(folder);
        }
        let _ = disk.remove(&home.lock());
    }
}

/// The folders of files, each once.
pub(super) fn folders(files: &[Place]) -> BTreeSet<&Path> {
    files.iter().map(|file| file.folder.as_path()).collect()
}

/// Finishes or undoes the run of a group whose first lock is held.
pub(super) fn settle(disk: &dyn Disk, group: &Group, locks: &mut Locks) -> Result<Settled, CommitError> {
    let Some(home) = group.home() else { return Ok(Settled::Cleared) };
    let mut owned = Vec::with_capacity(group.files.len());
    for file in &group.files {
        owned.push(file == home || locks.is_part(disk, file, home)?);
    }
    let trust = Trust::No { owned: &owned };
    let settled = if let Some(manifest) = intent(disk, group)? {
        forward(disk, group, &manifest, &trust)?;
        Settled::Finished
    } else if let Some(manifest) = recorded(disk, group)? {
        waiting(disk, group, &manifest, &trust)?;
        put_manifest(disk, group)?;
        forward(disk, group, &manifest, &trust)?;
        Settled::Finished
    } else if back(disk, group, &owned)? {
        Settled::Undone
    } else {
        Settled::Cleared
    };
    locks.release(disk, group, &owned);
    Ok(settled)
}

/// Ends a run that has finished in this process.
pub(super) fn end(disk: &dyn Disk, group: &Group, locks: &mut Locks) {
    locks.release(disk, group, &vec![true; group.files.len()]);
}

/// The manifest of a run that has committed and is not done.
fn intent(disk: &dyn Disk, group: &Group) -> Result<Option<Manifest>, CommitError> {
    let Some(Manifested { place, .. }) = &group.manifest else { return Ok(None) };
    Ok(read_manifest(disk, place)?.filter(|manifest| manifest.state == State::Intent))
}

/// The manifest of a run whose ledger has the decision, and which was killed before the manifest had its name. It was complete before the
/// ledger was asked: one that cannot be read is of a run that was killed while it wrote it.
fn recorded(disk: &dyn Disk, group: &Group) -> Result<Option<Manifest>, CommitError> {
    let Some(Manifested { place, kept: true }) = &group.manifest else { return Ok(None) };
    let path = place.temporary();
    let about = disk.about(&path).map_err(CommitError::io(&path, "be looked at"))?;
    if about.is_none_or(|about| about.kind != Kind::File) {
        return Ok(None);
    }
    let bytes = disk.read(&path, MAX_MANIFEST_BYTES).map_err(CommitError::io(&path, "be read"))?;
    let Some(manifest) = Manifest::parse(&bytes).ok().filter(|manifest| manifest.state == State::Intent) else { return Ok(None) };
    let Some(ledger) = manifest.ledger.as_ref().map(|ledger| ledger.path.clone()) else { return Ok(None) };
    let is_there = disk.recorded(&manifest).map_err(|reason| CommitError::Unwitnessed { path, ledger, reason })?;
    Ok(is_there.then_some(manifest))
}

/// Gives the manifest its name.
pub(super) fn put_manifest(disk: &dyn Disk, group: &Group) -> Result<(), CommitError> {
    let Some(Manifested { place, .. }) = &group.manifest else { return Ok(()) };
    disk.rename(&place.temporary(), &place.path()).map_err(CommitError::io(&place.path(), "be put in its place"))?;
    disk.sync_folder(&place.folder).map_err(CommitError::io(&place.folder, "be synced"))
}

/// Reads a manifest; `None` where there is none.
pub(super) fn read_manifest(disk: &dyn Disk, place: &Place) -> Result<Option<Manifest>, CommitError> {
    let path = place.path();
    if disk.about(&path).map_err(CommitError::io(&path, "be looked at"))?.is_none() {
        return Ok(None);
    }
    let bytes = disk.read(&path, MAX_MANIFEST_BYTES).map_err(CommitError::io(&path, "be read"))?;
    Manifest::parse(&bytes).map(Some).map_err(|reason| CommitError::damaged(&path, reason, BY_HAND))
}

/// Why files may be renamed as a manifest says.
pub(super) enum Trust<'a> {
    /// They were written by this process.
    Own,
    /// They are what the manifest says, and stand where their own locks or its folder put them.
    No { owned: &'a [bool] },
}

/// The files that are not in their places yet. Looks at everything, and touches nothing.
fn waiting<'a>(disk: &dyn Disk, group: &'a Group, manifest: &Manifest, trust: &Trust<'_>) -> Result<Vec<&'a Place>, CommitError> {
    let (Some(home), Some(Manifested { place, .. })) = (group.home(), &group.manifest) else { return Ok(Vec::new()) };
    let listed: Vec<Option<Place>> = manifest.files.iter().map(|entry| Place::read(&entry.path, &home.folder)).collect();
    if !listed.iter().map(Option::as_ref).eq(group.files.iter().map(Some)) {
        return Err(CommitError::damaged(&place.path(), "it lists other files than its run has written", BY_HAND));
    }
    let mut waiting = Vec::new();
    for (index, (file, entry)) in group.files.iter().zip(&manifest.files).enumerate() {
        let may = match trust {
            Trust::Own => true,
            Trust::No { owned } => file.folder == home.folder || owned.get(index).copied().unwrap_or(false),
        };
        if is_waiting(disk, file, entry, may, matches!(trust, Trust::Own))? {
            waiting.push(file);
        }
    }
    Ok(waiting)
}

/// Renames what is not in its place yet, and marks the manifest done. Looks at everything before it touches anything.
pub(super) fn forward(disk: &dyn Disk, group: &Group, manifest: &Manifest, trust: &Trust<'_>) -> Result<(), CommitError> {
    let (Some(home), Some(Manifested { place, kept })) = (group.home(), &group.manifest) else { return Ok(()) };
    for file in waiting(disk, group, manifest, trust)? {
        disk.rename(&file.temporary(), &file.path()).map_err(CommitError::io(&file.path(), "be put in its place"))?;
    }
    // Also of what was renamed before a kill: it may not have lasted.
    for folder in folders(&group.files) {
        disk.sync_folder(folder).map_err(CommitError::io(folder, "be synced"))?;
    }
    if *kept {
        let done = Manifest { state: State::Done, ..manifest.clone() };
        return write_whole(disk, place, &done.text());
    }
    disk.remove(&place.path()).map_err(CommitError::io(&place.path(), "be removed"))?;
    disk.sync_folder(&home.folder).map_err(CommitError::io(&home.folder, "be synced"))
}

/// Whether a file is still under its temporary name, and is what the manifest lists; where it is not, whether it is in its place.
fn is_waiting(disk: &dyn Disk, file: &Place, entry: &FileEntry, may: bool, own: bool) -> Result<bool, CommitError> {
    let (target, temporary) = (file.path(), file.temporary());
    let is_listed = |path: &Path| -> Result<bool, CommitError> {
        if own {
            return Ok(true);
        }
        let found = disk.digest(path).map_err(CommitError::io(path, "be read"))?;
        Ok(found.bytes == entry.bytes && found.sha256 == entry.sha256)
    };
    let kind = |path: &Path| Ok(disk.about(path).map_err(CommitError::io(path, "be looked at"))?.map(|about| about.kind));
    let at_target = kind(&target)?;
    if at_target.is_some_and(|kind| kind != Kind::File) {
        return Err(CommitError::refused(&target, "what stands here is no regular file", "move it away"));
    }
    match kind(&temporary)? {
        Some(Kind::File) if !may => {
            let reason = "a manifest in another folder asks for this file, and no lock beside it agrees";
            Err(CommitError::damaged(&temporary, reason, BY_HAND))
        }
        Some(Kind::File) if is_listed(&temporary)? => Ok(true),
        Some(_) => Err(CommitError::damaged(&temporary, "this is not the file that the manifest lists", BY_HAND)),
        None if at_target.is_some() && !own && is_listed(&target)? => Ok(false),
        None => Err(CommitError::damaged(&target, "neither this file nor its temporary is what the manifest lists", BY_HAND)),
    }
}

/// Removes what a run that has not committed had begun; `false` if that was nothing.
fn back(disk: &dyn Disk, group: &Group, owned: &[bool]) -> Result<bool, CommitError> {
    let files = group.files.iter().zip(owned).filter(|(_, owned)| **owned).map(|(file, _)| file);
    let manifest = group.manifest.as_ref().map(|manifest| &manifest.place);
    let mut touched = BTreeSet::new();
    for file in files.chain(manifest) {
        let temporary = file.temporary();
        let about = disk.about(&temporary).map_err(CommitError::io(&temporary, "be looked at"))?;
        if about.is_some_and(|about| about.kind == Kind::File) {
            disk.remove(&temporary).map_err(CommitError::io(&temporary, "be removed"))?;
            touched.insert(file.folder.as_path());
        }
    }
    // Before any lock goes: a temporary without a lock would be nobody's.
    for folder in &touched {
        disk.sync_folder(folder).map_err(CommitError::io(folder, "be synced"))?;
    }
    Ok(!touched.is_empty())
}

/// Puts a manifest in its place, whole.
pub(super) fn write_whole(disk: &dyn Disk, place: &Place, text: &[u8]) -> Result<(), CommitError> {
    let (path, temporary) = (place.path(), place.temporary());
    write_beside(disk, place, text)?;
    disk.rename(&temporary, &path).map_err(CommitError::io(&path, "be put in its place"))?;
    disk.sync_folder(&place.folder).map_err(CommitError::io(&place.folder, "be synced"))
}

/// Writes a manifest under its temporary name, whole and synced.
pub(super) fn write_beside(disk: &dyn Disk, place: &Place, text: &[u8]) -> Result<(), CommitError> {
    let (path, temporary) = (place.path(), place.temporary());
    if disk.about(&temporary).map_err(CommitError::io(&temporary, "be looked at"))?.is_some() {
        // Left by a kill at this very place; the lock of the first file says that it is ours.
        disk.remove(&temporary).map_err(CommitError::io(&temporary, "be removed"))?;
    }
    let mut file = disk.create(&temporary, false).map_err(CommitError::io(&path, "be written"))?;
    file.write_all(text).and_then(|()| file.sync()).map_err(CommitError::io(&path, "be written"))
}

/// A group and what became of it.
pub(super) type Outcome = Option<(Group, Settled)>;

/// Settles the run that left the lock of a file.
pub(super) fn settle_lock(disk: &dyn Disk, file: &Place) -> Result<Outcome, CommitError> {
    let mut locks = Locks::default();
    if !locks.take(disk, file, false)? {
        return Ok(None);
    }
    let home = match locks.said(file)? {
        Said::This(Journal::Home { manifest, files, .. }) => {
            return settle_home(disk, file, manifest.as_deref(), &files, &mut locks);
        }
        Said::This(Journal::Part { home, .. }) => home_of(&home, &file.folder),
        Said::Nothing | Said::Garbage => None,
    };
    let Some(home) = home else { return stale(disk, file, "it does not say which run this temporary belongs to") };
    if locks.take(disk, &home, false)?
        && let Said::This(Journal::Home { manifest, files, .. }) = locks.said(&home)?
        && files.iter().any(|listed| Place::read(listed, &home.folder).as_ref() == Some(file))
    {
        return settle_home(disk, &home, manifest.as_deref(), &files, &mut locks);
    }
    stale(disk, file, &format!("its run is on record at {}, and no such record is there", home.lock().display()))
}

fn settle_home(disk: &dyn Disk, home: &Place, manifest: Option<&str>, files: &[String], locks: &mut Locks) -> Result<Outcome, CommitError> {
    let group = Group::read(home, manifest, files);
    let group = group.ok_or_else(|| CommitError::damaged(&home.lock(), "this lock lists files that no run would", BY_HAND))?;
    let settled = settle(disk, &group, locks)?;
    Ok(Some((group, settled)))
}

/// A lock that leads nowhere: harmless unless there is a temporary beside it.
fn stale(disk: &dyn Disk, file: &Place, reason: &str) -> Result<Outcome, CommitError> {
    let (lock, temporary) = (file.lock(), file.temporary());
    if disk.about(&temporary).map_err(CommitError::io(&temporary, "be looked at"))?.is_some() {
        let cure = "bring back what is missing; where the file is not needed, remove it and the lock beside it";
        return Err(CommitError::damaged(&temporary, reason, cure));
    }
    disk.remove(&lock).map_err(CommitError::io(&lock, "be removed"))?;
    Ok(None)
}

/// Settles the run of a manifest whose locks are gone.
pub(super) fn settle_manifest(disk: &dyn Disk, home: &Place, at: &Place) -> Result<Outcome, CommitError> {
    let mut locks = Locks::default();
    locks.take(disk, home, true)?;
    if !matches!(locks.said(home)?, Said::Nothing) {
        drop(locks);
        return settle_lock(disk, home);
    }
    let found = read_manifest(disk, at).and_then(|manifest| {
        let Some(manifest) = manifest.filter(|manifest| manifest.state == State::Intent) else { return Ok(None) };
        let files: Vec<String> = manifest.files.into_iter().map(|file| file.path).collect();
        settle_home(disk, home, Some(&at.name), &files, &mut locks)
    });
    if !matches!(found, Ok(Some(_))) {
        locks.clear(disk, std::slice::from_ref(home));
    }
    found
}

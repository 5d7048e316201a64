//! A disk in memory that can be cut off at any call: as by a kill (what was done stays), or as by a loss of power (what was not synced
//! may be gone, and of the changes to each folder some first ones have lasted).

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::commit::digest::{Digest, Hasher};
use crate::commit::disk::{About, Disk, DiskFile, Kind, Lock, LockFile};
use crate::commit::{Cause, Manifest};

/// What happens at the call whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It and all later ones fail, and nothing more is done.
    End,
    /// It fails, and the next ones do not.
    Fail(ErrorKind),
}

#[derive(Debug, Clone, Default)]
struct Inode {
    now: Vec<u8>,
    lasting: Vec<u8>,
}

#[derive(Debug, Clone)]
enum Change {
    Set(PathBuf, usize),
    Rename(PathBuf, PathBuf, usize),
    Remove(PathBuf),
}

impl Change {
    fn folder(&self) -> &Path {
        let (Self::Set(path, _) | Self::Rename(_, path, _) | Self::Remove(path)) = self;
        path.parent().unwrap()
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Self::Set(path, inode) => drop(names.insert(path.clone(), *inode)),
            Self::Rename(from, to, inode) => {
                names.remove(from);
                names.insert(to.clone(), *inode);
            }
            Self::Remove(path) => drop(names.remove(path)),
        }
    }
}

#[derive(Debug, Clone, Default)]
struct State {
    folders: BTreeSet<PathBuf>,
    inodes: Vec<Inode>,
    now: BTreeMap<PathBuf, usize>,
    lasting: BTreeMap<PathBuf, usize>,
    pending: Vec<Change>,
    locked: BTreeSet<usize>,
    calls: usize,
    turn: Option<(usize, Fate)>,
    dead: bool,
}

#[derive(Debug, Default)]
pub(super) struct Mem(Arc<Mutex<State>>);

/// A small generator: what lasts of a loss of power is different each time, and the same for the same seed.
fn next(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap()
}

impl Mem {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(super) fn folder(&self, path: &str) {
        self.state().folders.insert(path.into());
    }

    pub(super) fn put(&self, path: &str, bytes: &[u8]) {
        let mut state = self.state();
        state.inodes.push(Inode { now: bytes.to_vec(), lasting: bytes.to_vec() });
        let inode = state.inodes.len() - 1;
        state.now.insert(path.into(), inode);
        state.lasting.insert(path.into(), inode);
    }

    pub(super) fn get(&self, path: &str) -> Option<Vec<u8>> {
        let state = self.state();
        state.now.get(Path::new(path)).map(|inode| state.inodes[*inode].now.clone())
    }

    pub(super) fn sha256(&self, path: &str) -> String {
        let mut hasher = Hasher::default();
        hasher.update(&self.get(path).unwrap_or_default());
        hasher.finish().sha256
    }

    /// Names of ours that are left.
    pub(super) fn hidden(&self) -> Vec<PathBuf> {
        let is_hidden = |path: &&PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with('.');
        self.state().now.keys().filter(is_hidden).cloned().collect()
    }

    /// Writes an entry about the files of a manifest, as a ledger would: synced before it is given back.
    pub(super) fn record(&self, manifest: &Manifest) -> io::Result<()> {
        let hash = &manifest.files[0].sha256;
        let path = PathBuf::from(format!("/l/{hash}"));
        if self.state().now.contains_key(&path) {
            // Half an entry, of a run that was killed.
            self.remove(&path)?;
        }
        let mut file = self.create(&path, false)?;
        file.write_all(format!("{hash}\n").as_bytes())?;
        file.sync()?;
        self.sync_folder(Path::new("/l"))
    }

    /// Hashes of the entries that are whole.
    pub(super) fn entries(&self) -> Vec<String> {
        let state = self.state();
        let texts = state.now.iter().filter(|(path, _)| path.starts_with("/l")).map(|(_, inode)| &state.inodes[*inode].now);
        let texts = texts.map(|bytes| String::from_utf8(bytes.clone()).unwrap());
        texts.filter_map(|text| Some(text.strip_suffix('\n')?.to_owned())).collect()
    }

    /// The n-th call from now on has this fate.
    pub(super) fn at(&self, n: usize, fate: Fate) {
        let mut state = self.state();
        (state.calls, state.turn) = (0, Some((n, fate)));
    }

    /// Whether the call with a fate has come.
    pub(super) fn met(&self) -> bool {
        let state = self.state();
        state.turn.is_some_and(|(n, _)| state.calls > n)
    }

    /// The machine goes on after a kill.
    pub(super) fn revive(&self) {
        let mut state = self.state();
        (state.dead, state.turn) = (false, None);
        state.locked.clear();
    }

    /// The machine comes up after a loss of power.
    pub(super) fn lose_power(&self, mut seed: u64) {
        let mut state = self.state();
        let folders = state.folders.clone();
        let mut names = state.lasting.clone();
        for folder in folders {
            let pending: Vec<Change> = state.pending.iter().filter(|change| change.folder() == folder).cloned().collect();
            let lasted = next(&mut seed) % (pending.len() + 1);
            pending.iter().take(lasted).for_each(|change| change.apply(&mut names));
        }
        for inode in &mut state.inodes {
            // What was not synced is there, in part, or not at all.
            inode.now = match next(&mut seed) % 3 {
                0 => inode.lasting.clone(),
                1 => inode.now[..next(&mut seed) % (inode.now.len() + 1)].to_vec(),
                _ => inode.now.clone(),
            };
            if inode.now.len() < inode.lasting.len() || inode.now[..inode.lasting.len()] != inode.lasting {
                inode.now.clone_from(&inode.lasting);
            }
            inode.lasting.clone_from(&inode.now);
        }
        (state.now, state.lasting) = (names.clone(), names);
        state.pending.clear();
        drop(state);
        self.revive();
    }

    pub(super) fn copy(&self) -> Arc<Self> {
        Arc::new(Self(Arc::new(Mutex::new(self.state().clone()))))
    }

    /// Counts a call; `Ok(true)` where the machine ends in the middle of it.
    fn call(state: &mut State) -> io::Result<bool> {
        if state.dead {
            return Err(io::Error::other("the machine has ended"));
        }
        state.calls += 1;
        match state.turn {
            Some((n, Fate::End)) if state.calls == n + 1 => {
                state.dead = true;
                Ok(true)
            }
            Some((n, Fate::Fail(kind))) if state.calls == n + 1 => Err(kind.into()),
            _ => Ok(false),
        }
    }

    fn enter(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        if Self::call(&mut state)? { Err(io::Error::other("the machine ends")) } else { Ok(state) }
    }
}

fn found(state: &State, path: &Path) -> io::Result<usize> {
    state.now.get(path).copied().ok_or_else(|| ErrorKind::NotFound.into())
}

fn change(state: &mut State, change: Change) {
    change.apply(&mut state.now);
    state.pending.push(change);
}

impl Disk for Mem {
    fn canonical(&self, folder: &Path) -> io::Result<PathBuf> {
        let state = self.enter()?;
        if state.folders.contains(folder) { Ok(folder.to_path_buf()) } else { Err(ErrorKind::NotFound.into()) }
    }

    fn about(&self, path: &Path) -> io::Result<Option<About>> {
        let state = self.enter()?;
        let about = |kind, bytes| Some(About { kind, bytes, device: Some(1) });
        if state.folders.contains(path) {
            return Ok(about(Kind::Folder, 0));
        }
        Ok(state.now.get(path).and_then(|inode| about(Kind::File, state.inodes[*inode].now.len() as u64)))
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        let state = self.enter()?;
        Ok(state.now.keys().filter(|path| path.parent() == Some(folder)).map(|path| path.file_name().unwrap().to_owned()).collect())
    }

    fn create(&self, path: &Path, _: bool) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.enter()?;
        if state.now.contains_key(path) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        state.inodes.push(Inode::default());
        let inode = state.inodes.len() - 1;
        change(&mut state, Change::Set(path.to_path_buf(), inode));
        Ok(Box::new(Open { disk: Self(Arc::clone(&self.0)), inode, locked: false }))
    }

    fn lock(&self, path: &Path, create: bool) -> io::Result<Lock> {
        let mut state = self.enter()?;
        let inode = match state.now.get(path) {
            Some(inode) => *inode,
            None if !create => return Ok(Lock::Absent),
            None => {
                state.inodes.push(Inode::default());
                let inode = state.inodes.len() - 1;
                change(&mut state, Change::Set(path.to_path_buf(), inode));
                inode
            }
        };
        if !state.locked.insert(inode) {
            return Ok(Lock::Busy);
        }
        Ok(Lock::Held(Box::new(Open { disk: Self(Arc::clone(&self.0)), inode, locked: true })))
    }

    fn read(&self, path: &Path, _: u64) -> io::Result<Vec<u8>> {
        let state = self.enter()?;
        Ok(state.inodes[found(&state, path)?].now.clone())
    }

    fn digest(&self, path: &Path) -> io::Result<Digest> {
        let state = self.enter()?;
        let mut hasher = Hasher::default();
        hasher.update(&state.inodes[found(&state, path)?].now);
        Ok(hasher.finish())
    }

    fn permit(&self, _: &Path, _: &Path) -> io::Result<()> {
        self.enter().map(|_| ())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.enter()?;
        let inode = found(&state, from)?;
        change(&mut state, Change::Rename(from.to_path_buf(), to.to_path_buf(), inode));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.enter()?;
        found(&state, path)?;
        change(&mut state, Change::Remove(path.to_path_buf()));
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.enter()?;
        let (here, rest): (Vec<Change>, Vec<Change>) = state.pending.drain(..).partition(|change| change.folder() == folder);
        here.iter().for_each(|change| change.apply(&mut state.lasting));
        state.pending = rest;
        Ok(())
    }

    fn recorded(&self, manifest: &Manifest) -> Result<bool, Cause> {
        drop(self.enter()?);
        Ok(self.entries().contains(&manifest.files[0].sha256))
    }
}

struct Open {
    disk: Mem,
    inode: usize,
    locked: bool,
}

impl Write for Open {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.disk.state();
        let torn = Mem::call(&mut state)?;
        let kept = if torn { bytes.len() / 2 } else { bytes.len() };
        state.inodes[self.inode].now.extend_from_slice(&bytes[..kept]);
        if torn { Err(io::Error::other("the machine ends")) } else { Ok(kept) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for Open {
    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.enter()?;
        let inode = &mut state.inodes[self.inode];
        inode.lasting.clone_from(&inode.now);
        Ok(())
    }
}

impl LockFile for Open {
    fn text(&mut self, _: u64) -> io::Result<Vec<u8>> {
        let state = self.disk.enter()?;
        Ok(state.inodes[self.inode].now.clone())
    }

    fn set_text(&mut self, bytes: &[u8]) -> io::Result<()> {
        {
            let mut state = self.disk.enter()?;
            let inode = &mut state.inodes[self.inode];
            inode.now.clear();
            inode.lasting.clear();
        }
        self.write_all(bytes)?;
        self.sync()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.locked {
            self.disk.state().locked.remove(&self.inode);
        }
    }
}

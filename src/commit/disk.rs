//! The few things that are asked of a file system, so that tests can make each of them fail, or be the last.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::digest::{Digest, Hasher};
use super::error::Cause;
use super::manifest::Manifest;
use super::witness::Witness;

/// What stands at a path, links not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Link,
    Other,
}

/// What is known of a path without opening it.
#[derive(Debug, Clone, Copy)]
pub(super) struct About {
    pub kind: Kind,
    pub bytes: u64,
    /// The file system it is on, where the platform tells.
    pub device: Option<u64>,
}

/// A file being written.
pub(super) trait DiskFile: Write + Send {
    /// Returns when what was written lasts.
    fn sync(&mut self) -> io::Result<()>;
}

/// A lock file that is held until it is dropped.
pub(super) trait LockFile: Send {
    /// What it says.
    fn text(&mut self, limit: u64) -> io::Result<Vec<u8>>;
    /// Says something else from now on, and lasts.
    fn set_text(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// An attempt to hold a lock.
pub(super) enum Lock {
    Held(Box<dyn LockFile>),
    /// Somebody else holds it.
    Busy,
    /// There is none, and none was to be made.
    Absent,
}

/// A file system.
pub(super) trait Disk: Send + Sync {
    /// The true path of a folder.
    fn canonical(&self, folder: &Path) -> io::Result<PathBuf>;
    /// `None` where there is nothing.
    fn about(&self, path: &Path) -> io::Result<Option<About>>;
    /// The names in a folder, in no order.
    fn names(&self, folder: &Path) -> io::Result<Vec<OsString>>;
    /// A new file; it is an error if there is one.
    fn create(&self, path: &Path, private: bool) -> io::Result<Box<dyn DiskFile>>;
    /// Holds a lock, if nobody else does.
    fn lock(&self, path: &Path, create: bool) -> io::Result<Lock>;
    /// At most `limit` bytes of a regular file; more are an error.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;
    /// The digest of a regular file.
    fn digest(&self, path: &Path) -> io::Result<Digest>;
    /// Gives a file the permissions of another.
    fn permit(&self, path: &Path, model: &Path) -> io::Result<()>;
    /// Renames a file within its folder, over whatever file is there.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Returns when new names, renames and removals in a folder last.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// Whether the ledger that a manifest names has the decision about its files. No file system knows that: whoever works on one brings the
    /// witness along.
    fn recorded(&self, manifest: &Manifest) -> Result<bool, Cause>;
}

/// The file system of the machine.
#[derive(Default)]
pub(super) struct Os {
    pub witness: Option<Arc<dyn Witness>>,
}

impl Disk for Os {
    fn canonical(&self, folder: &Path) -> io::Result<PathBuf> {
        let folder = folder.canonicalize()?;
        if folder.is_dir() { Ok(folder) } else { Err(ErrorKind::NotADirectory.into()) }
    }

    fn about(&self, path: &Path) -> io::Result<Option<About>> {
        match path.symlink_metadata() {
            Ok(about) => {
                let kind = match about.file_type() {
                    kind if kind.is_file() => Kind::File,
                    kind if kind.is_dir() => Kind::Folder,
                    kind if kind.is_symlink() => Kind::Link,
                    _ => Kind::Other,
                };
                Ok(Some(About { kind, bytes: about.len(), device: device(&about) }))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        folder.read_dir()?.map(|entry| entry.map(|entry| entry.file_name())).collect()
    }

    fn create(&self, path: &Path, private: bool) -> io::Result<Box<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        if private {
            owner_only(&mut options);
        }
        Ok(Box::new(options.open(path)?))
    }

    fn lock(&self, path: &Path, create: bool) -> io::Result<Lock> {
        // A holder that ends removes its lock: one that was opened before and is no longer at the path guards nothing.
        for _ in 0..100 {
            match self.about(path)? {
                Some(about) if about.kind != Kind::File => return Err(io::Error::other("this is no regular file")),
                None if !create => return Ok(Lock::Absent),
                _ => {}
            }
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(create).truncate(false);
            owner_only(&mut options);
            let file = match options.open(path) {
                Err(error) if error.kind() == ErrorKind::NotFound && !create => return Ok(Lock::Absent),
                file => file?,
            };
            match fs4::FileExt::try_lock(&file) {
                Ok(()) => {}
                Err(fs4::TryLockError::WouldBlock) => return Ok(Lock::Busy),
                Err(fs4::TryLockError::Error(error)) => return Err(error),
            }
            if is_at(&file, path)? {
                return Ok(Lock::Held(Box::new(file)));
            }
        }
        Ok(Lock::Busy)
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        read_whole(&mut self.regular(path)?, limit)
    }

    fn digest(&self, path: &Path) -> io::Result<Digest> {
        let mut file = self.regular(path)?;
        let mut hasher = Hasher::default();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return Ok(hasher.finish()),
                Ok(read) => hasher.update(buffer.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn permit(&self, path: &Path, model: &Path) -> io::Result<()> {
        std::fs::set_permissions(path, model.symlink_metadata()?.permissions())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    #[cfg(unix)]
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    #[cfg(not(unix))]
    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn recorded(&self, manifest: &Manifest) -> Result<bool, Cause> {
        match &self.witness {
            Some(witness) => witness.has(manifest),
            None => Err("nobody was named who reads ledgers".into()),
        }
    }
}

impl Os {
    /// Opens a regular file for reading; a pipe or device, which could block for ever, is not opened.
    fn regular(&self, path: &Path) -> io::Result<File> {
        match self.about(path)? {
            Some(About { kind: Kind::File, .. }) => File::open(path),
            Some(_) => Err(io::Error::other("this is no regular file")),
            None => Err(ErrorKind::NotFound.into()),
        }
    }
}

impl DiskFile for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

impl LockFile for File {
    fn text(&mut self, limit: u64) -> io::Result<Vec<u8>> {
        self.seek(SeekFrom::Start(0))?;
        read_whole(self, limit)
    }

    fn set_text(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.seek(SeekFrom::Start(0))?;
        self.set_len(0)?;
        self.write_all(bytes)?;
        self.sync_all()
    }
}

/// All of a file that has at most so many bytes.
fn read_whole(file: &mut File, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(ErrorKind::FileTooLarge, format!("it has more than {limit} bytes")));
    }
    Ok(bytes)
}

#[cfg(unix)]
fn owner_only(options: &mut OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

#[cfg(not(unix))]
fn owner_only(_: &mut OpenOptions) {}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it is not known")]
fn device(about: &std::fs::Metadata) -> Option<u64> {
    Some(std::os::unix::fs::MetadataExt::dev(about))
}

#[cfg(not(unix))]
fn device(_: &std::fs::Metadata) -> Option<u64> {
    None
}

/// Whether an open file is the one that stands at a path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let open = file.metadata()?;
    match path.symlink_metadata() {
        Ok(there) => Ok((open.dev(), open.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Here a file that is open keeps its name.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> io::Result<bool> {
    path.try_exists()
}

//! A ledger in a file: appended to under a lock, synced, never rewritten.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::chain::{Head, Verified, walk};
use super::entry::{Entry, Event, Moved, hex, seal};
use super::error::{Flaw, LedgerError};
use super::lines::MAX_LINE_BYTES;
use super::tail::{self, Tail};
use crate::kernels::time;

/// How often, and how long apart, a lock is asked for: half a minute in all.
const LOCK_TRIES: u32 = 6_000;
const LOCK_PAUSE: Duration = Duration::from_millis(5);
/// Most pieces that one repair tells of; more crashes in a row than this need a look.
const MAX_PIECES: u32 = 100;

/// A ledger's file. Nothing is opened until something is asked of it; threads may share one, and so may programs.
///
/// # Example
/// ```
/// use std::time::{Duration, SystemTime};
/// use rulegate::ledger::{Decision, Event, Ledger};
///
/// let folder = tempfile::tempdir()?;
/// let ledger = Ledger::at(folder.path().join("decisions.ledger"));
/// let rules = rulegate::RuleSet::compile("t.rules", "rulegate 1\nfeatures t { a : int64? }", &Default::default()).rule_set.expect("sound");
/// let report = rules.bind(&arrow::datatypes::Schema::empty())?.session().finish();
///
/// let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
/// let entry = ledger.append(now, None, Event::Decision(Box::new(Decision::of(&report))))?;
/// let verified = ledger.verify(None)?;
/// assert_eq!((verified.entries, verified.head.expect("one entry").hash), (1, entry.hash));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Ledger {
    path: PathBuf,
    /// Threads of this program queue here, so that only programs have to ask for the lock again and again.
    turn: Arc<Mutex<()>>,
}

impl Ledger {
    /// The ledger of a path; the file is made by the first append.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), turn: Arc::default() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes an entry at the end and makes it last: when this returns, the entry has reached the disk.
    ///
    /// Half an entry that a crash has left at the end is moved into a file beside the ledger (`<name>.torn-<entry>.<n>`), and an entry before
    /// the new one tells of it. Nothing else is ever taken away.
    ///
    /// # Errors
    /// [`LedgerError`] where the file cannot be used, is held by another program for half a minute, or ends in an entry that is not sound: the
    /// entry is not written then. After an error of the disk while syncing it may or may not be.
    pub fn append(&self, at: SystemTime, trace_id: Option<&str>, event: Event) -> Result<Entry, LedgerError> {
        let at = text_of(at).ok_or(LedgerError::Time)?;
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let file = self.open_to_append()?;
        let (mut file, tail) = self.end_of(file)?;
        let moved = self.set_aside(&file, &tail)?;
        let (mut bytes, mut next, mut prev) = (Vec::new(), tail.next, tail.prev.clone());
        if !moved.is_empty() {
            let (note, line) = self.sealed(next, &prev, &at, None, Event::Repaired { moved })?;
            bytes.extend(line);
            (next, prev) = (next.saturating_add(1), note.hash);
        }
        let (entry, line) = self.sealed(next, &prev, &at, trace_id, event)?;
        bytes.extend(line);
        self.write(&mut file, &bytes, tail.end)?;
        Ok(entry)
    }

    /// Sees, before long work, whether an entry could be appended; makes the file where there is none. Gives the number that the next entry
    /// would have now.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn ready(&self) -> Result<u64, LedgerError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let file = self.open_to_append()?;
        self.end_of(file).map(|(_, tail)| tail.next)
    }

    /// Checks every entry, and that an entry noted down earlier is among them.
    ///
    /// # Errors
    /// [`LedgerError::Flawed`] with the first flaw; others where the file cannot be read.
    pub fn verify(&self, head: Option<&Head>) -> Result<Verified, LedgerError> {
        self.each(head, |_| {})
    }

    /// As [`Ledger::verify`], showing each entry that is sound and in its place, up to the first flaw.
    ///
    /// # Errors
    /// As [`Ledger::verify`].
    pub fn each(&self, head: Option<&Head>, mut show: impl FnMut(&Entry)) -> Result<Verified, LedgerError> {
        let (file, length) = self.open_to_read()?;
        let walked = walk(BufReader::new(file.take(length)), head, &mut show).map_err(|error| self.io("read", error))?;
        walked.map_err(|flaw| LedgerError::Flawed { path: self.path.clone(), flaw })
    }

    /// The decisions about a file of this SHA-256 (hex, lower case), judged or written, oldest first.
    ///
    /// # Errors
    /// As [`Ledger::verify`]: a ledger whose chain does not hold says nothing.
    pub fn find(&self, sha256: &str) -> Result<Vec<Entry>, LedgerError> {
        let mut found = Vec::new();
        self.each(None, |entry| {
            if matches!(&entry.event, Event::Decision(decision) if decision.is_about(sha256)) {
                found.push(entry.clone());
            }
        })?;
        Ok(found)
    }

    fn io(&self, what: &'static str, source: std::io::Error) -> LedgerError {
        LedgerError::Io { path: self.path.clone(), what, source }
    }

    fn end_of(&self, mut file: File) -> Result<(File, Tail), LedgerError> {
        match tail::read(&mut file).map_err(|error| self.io("read", error))? {
            Ok(tail) => Ok((file, tail)),
            Err(flaw) => {
                // Its lock goes with it.
                drop(file);
                Err(self.first(flaw))
            }
        }
    }

    /// The last entry is flawed; the whole is looked through, since the first flaw may stand before it.
    fn first(&self, flaw: Flaw) -> LedgerError {
        match self.verify(None) {
            Err(error) => error,
            Ok(_) => LedgerError::Flawed { path: self.path.clone(), flaw },
        }
    }

    fn is_plain(&self) -> Result<(), LedgerError> {
        match self.path.symlink_metadata() {
            Ok(about) if !about.is_file() => Err(LedgerError::NotAFile { path: self.path.clone() }),
            Err(error) if error.kind() != ErrorKind::NotFound => Err(self.io("opened", error)),
            _ => Ok(()),
        }
    }

    fn open_to_append(&self) -> Result<File, LedgerError> {
        self.is_plain()?;
        let is_new = !self.path.exists();
        let file = OpenOptions::new().read(true).append(true).create(true).open(&self.path).map_err(|error| self.io("opened", error))?;
        self.lock(&file, Lock::Exclusive)?;
        if is_new {
            sync_folder(&self.path).map_err(|error| self.io("made to last", error))?;
        }
        Ok(file)
    }

    /// The file and its length at a moment when nobody was writing: what is appended later is not looked at, and nobody waits.
    fn open_to_read(&self) -> Result<(File, u64), LedgerError> {
        self.is_plain()?;
        let file = File::open(&self.path).map_err(|error| self.io("read", error))?;
        self.lock(&file, Lock::Shared)?;
        let length = file.metadata().map_err(|error| self.io("read", error))?.len();
        fs4::FileExt::unlock(&file).map_err(|error| self.io("read", error))?;
        Ok((file, length))
    }

    fn lock(&self, file: &File, lock: Lock) -> Result<(), LedgerError> {
        for _ in 0..LOCK_TRIES {
            let asked = match lock {
                Lock::Exclusive => fs4::FileExt::try_lock(file),
                Lock::Shared => fs4::FileExt::try_lock_shared(file),
            };
            match asked {
                Ok(()) => return Ok(()),
                Err(fs4::TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
                Err(fs4::TryLockError::Error(error)) => return Err(self.io("locked", error)),
            }
        }
        Err(LedgerError::Held { path: self.path.clone() })
    }

    fn sealed(&self, seq: u64, prev: &str, at: &str, trace_id: Option<&str>, event: Event) -> Result<(Entry, Vec<u8>), LedgerError> {
        let (entry, line) = seal(seq, prev, at, trace_id, event).map_err(|error| LedgerError::Json(error.to_string()))?;
        if line.len() > MAX_LINE_BYTES {
            return Err(LedgerError::TooLong { bytes: line.len(), limit: MAX_LINE_BYTES });
        }
        Ok((entry, line))
    }

    /// Moves half an entry aside, and gives everything that was moved and of which no entry tells yet.
    ///
    /// INVARIANT: the piece is on the disk before it is cut off, and its name is made of the number of the entry that will tell of it. A crash
    /// in between leaves the piece where the next append finds it.
    fn set_aside(&self, file: &File, tail: &Tail) -> Result<Vec<Moved>, LedgerError> {
        let mut moved = Vec::new();
        for piece in 0..MAX_PIECES {
            let path = self.piece(tail.next, piece);
            match path.symlink_metadata() {
                Ok(_) => moved.push(moved_to(&path).map_err(|error| self.io("repaired", error))?),
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(self.io("repaired", error)),
                Err(_) if tail.torn.is_empty() => return Ok(moved),
                Err(_) => {
                    let kept = keep(&path, &tail.torn).and_then(|()| sync_folder(&path));
                    kept.and_then(|()| file.set_len(tail.end))
                        .and_then(|()| file.sync_all())
                        .map_err(|error| self.io("repaired", error))?;
                    moved.push(moved_to(&path).map_err(|error| self.io("repaired", error))?);
                    return Ok(moved);
                }
            }
        }
        Err(self.io("repaired", std::io::Error::other(format!("{MAX_PIECES} pieces of it were moved aside already"))))
    }

    /// `decisions.ledger.torn-12.0`
    fn piece(&self, seq: u64, piece: u32) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".torn-{seq}.{piece}"));
        self.path.with_file_name(name)
    }

    /// Writes at the end, all or nothing as far as the system lets us.
    fn write(&self, file: &mut File, bytes: &[u8], end: u64) -> Result<(), LedgerError> {
        if let Err(error) = file.write_all(bytes) {
            // A disk that is full may have taken half; the next append would find it, but why leave it.
            let _ = file.set_len(end);
            return Err(self.io("written", error));
        }
        file.sync_data().map_err(|error| self.io("made to last", error))
    }
}

/// SHA-256 of everything a reader gives, in hex, and how many bytes that was.
///
/// # Errors
/// The reader's.
pub fn sha256(mut reader: impl Read) -> std::io::Result<(String, u64)> {
    let (mut hasher, mut block, mut length) = (Sha256::new(), vec![0; 1 << 16], 0_u64);
    loop {
        let read = match reader.read(&mut block) {
            Ok(0) => return Ok((hex(&hasher.finalize()), length)),
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(block.get(..read).unwrap_or_default());
        length = length.saturating_add(read as u64);
    }
}

#[derive(Clone, Copy)]
enum Lock {
    Exclusive,
    Shared,
}

fn keep(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A piece as an entry tells of it.
fn moved_to(path: &Path) -> std::io::Result<Moved> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_LINE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Moved { name, bytes: bytes.len() as u64, sha256: hex(&Sha256::digest(&bytes)) })
}

/// RFC 3339 in UTC, to the millisecond.
fn text_of(at: SystemTime) -> Option<String> {
    const MILLI: i128 = 1_000_000;
    let nanos = |duration: Duration| i128::try_from(duration.as_nanos()).ok();
    let nanos = match at.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => nanos(after)?,
        Err(before) => nanos(before.duration())?.checked_neg()?,
    };
    let text = time::format_timestamp(nanos.div_euclid(MILLI) * MILLI, true);
    // Other years carry a sign, which RFC 3339 does not know.
    (!text.starts_with(['+', '-'])).then_some(text)
}

/// Makes a new name last: on Unix that is a matter of the folder.
#[cfg(unix)]
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

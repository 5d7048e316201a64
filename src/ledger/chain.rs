//! The chain: each entry follows the one before, and the first flaw is named.

use std::io::BufRead;
use std::str::FromStr;

use super::entry::{Entry, GENESIS, is_hash, open};
use super::error::{Flaw, FlawKind};
use super::lines::{self, Line, MAX_LINE_BYTES};

/// The end of a ledger at some time, noted down elsewhere: the ledger cannot lose it without being found out.
///
/// Written `12:<hash>`, or the hash alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The number of the entry, where it is known.
    pub seq: Option<u64>,
    /// The entry's hash.
    pub hash: String,
}

/// A text that is no head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write the hash of an entry, 64 hex digits, or its number and hash: 12:9f86d0…")]
pub struct HeadError;

impl FromStr for Head {
    type Err = HeadError;

    fn from_str(text: &str) -> Result<Self, HeadError> {
        let text = text.trim();
        let (seq, hash) = match text.split_once(':') {
            Some((seq, hash)) => (Some(seq.parse().map_err(|_| HeadError)?), hash),
            None => (None, text),
        };
        if is_hash(hash) { Ok(Self { seq, hash: hash.to_owned() }) } else { Err(HeadError) }
    }
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.seq {
            Some(seq) => write!(f, "{seq}:{}", self.hash),
            None => f.write_str(&self.hash),
        }
    }
}

/// A ledger whose chain holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Its entries.
    pub entries: u64,
    /// Its last entry; none where there are no entries.
    pub head: Option<Head>,
}

/// Checks a ledger: every entry has the hash it bears, follows the one before, and none is missing in between.
///
/// What a chain alone cannot show is entries missing at the end, and a ledger replaced as a whole: for these an earlier `head` is asked for,
/// which must be among the entries.
///
/// # Errors
/// The first [`Flaw`]; the outer error is the reader's.
pub fn verify(reader: impl BufRead, head: Option<&Head>) -> std::io::Result<Result<Verified, Flaw>> {
    walk(reader, head, &mut |_| {})
}

/// As [`verify`], showing each entry that is sound and in its place.
pub(super) fn walk(mut reader: impl BufRead, head: Option<&Head>, each: &mut dyn FnMut(&Entry)) -> std::io::Result<Result<Verified, Flaw>> {
    let mut chain = Chain::default();
    let mut met = head.is_none();
    while let Some(line) = lines::next(&mut reader)? {
        match chain.take(&line) {
            Ok(entry) => {
                met |= head.is_some_and(|head| head.hash == entry.hash && head.seq.is_none_or(|seq| seq == entry.seq));
                each(&entry);
            }
            Err(suspect) => return chain.told(suspect, &mut reader).map(Err),
        }
    }
    match head {
        Some(head) if !met => Ok(Err(chain.without(head))),
        _ => Ok(Ok(Verified { entries: chain.next, head: chain.head() })),
    }
}

/// Where the chain stands.
struct Chain {
    line: u64,
    next: u64,
    prev: String,
}

/// A line that does not go on where the chain stands.
enum Suspect {
    /// It is no sound entry.
    Unsound(FlawKind, String),
    /// It is one, of another place.
    Elsewhere(Box<Entry>),
}

impl Default for Chain {
    fn default() -> Self {
        Self { line: 0, next: 0, prev: GENESIS.to_owned() }
    }
}

impl Chain {
    fn head(&self) -> Option<Head> {
        self.next.checked_sub(1).map(|seq| Head { seq: Some(seq), hash: self.prev.clone() })
    }

    fn take(&mut self, line: &Line) -> Result<Entry, Suspect> {
        self.line += 1;
        let entry = sound(line).map_err(|(kind, what)| Suspect::Unsound(kind, what))?;
        if entry.seq != self.next || entry.prev != self.prev {
            return Err(Suspect::Elsewhere(Box::new(entry)));
        }
        self.next += 1;
        self.prev.clone_from(&entry.hash);
        Ok(entry)
    }

    fn flaw(&self, kind: FlawKind, what: impl Into<String>) -> Flaw {
        Flaw { line: self.line, seq: self.next, kind, what: what.into() }
    }

    /// What has happened, as far as the lines that follow tell.
    fn told(&self, suspect: Suspect, reader: &mut impl BufRead) -> std::io::Result<Flaw> {
        Ok(match suspect {
            Suspect::Unsound(FlawKind::Altered, what) => {
                if self.is_next(reader)? {
                    self.flaw(FlawKind::Inserted, format!("line {} is none of the ledger's entries ({what})", self.line))
                } else {
                    self.flaw(FlawKind::Altered, what)
                }
            }
            Suspect::Unsound(kind, what) => self.flaw(kind, what),
            Suspect::Elsewhere(entry) if entry.seq < self.next => {
                self.flaw(FlawKind::Inserted, format!("line {} is entry {} again, or another of its number", self.line, entry.seq))
            }
            Suspect::Elsewhere(entry) if entry.seq > self.next => match self.later(reader)? {
                Some(line) => self.flaw(FlawKind::Reordered, format!("it stands in line {line}, after entry {}", entry.seq)),
                None => self.flaw(FlawKind::Missing, format!("entry {} stands in its place", entry.seq)),
            },
            Suspect::Elsewhere(_) if self.is_next(reader)? => {
                self.flaw(FlawKind::Inserted, format!("line {} is no entry of this ledger", self.line))
            }
            Suspect::Elsewhere(_) if self.next == 0 => self.flaw(FlawKind::Replaced, "it names an entry before it, and is the first"),
            Suspect::Elsewhere(_) => {
                let what = format!("it bears another hash of the entry before it: entry {} or it was replaced", self.next - 1);
                self.flaw(FlawKind::Replaced, what)
            }
        })
    }

    fn follows(&self, entry: &Entry) -> bool {
        entry.seq == self.next && entry.prev == self.prev
    }

    /// Whether the next line is the entry that should stand here.
    fn is_next(&self, reader: &mut impl BufRead) -> std::io::Result<bool> {
        let line = lines::next(reader)?;
        Ok(line.is_some_and(|line| sound(&line).is_ok_and(|entry| self.follows(&entry))))
    }

    /// The line further on that has the entry that should stand here.
    fn later(&self, reader: &mut impl BufRead) -> std::io::Result<Option<u64>> {
        let mut at = self.line;
        while let Some(line) = lines::next(reader)? {
            at += 1;
            if matches!(line, Line::TooLong) {
                break;
            }
            if sound(&line).is_ok_and(|entry| self.follows(&entry)) {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// Every entry is sound, and the one that was noted down is not among them.
    fn without(&self, head: &Head) -> Flaw {
        let what = match head.seq {
            Some(seq) if seq < self.next => format!("entry {seq} is another than the one that was noted ({})", head.hash),
            _ => format!("the entry that was noted ({head}) is not there: the end is cut off, or this is another ledger"),
        };
        let (kind, seq) = match head.seq {
            Some(seq) if seq < self.next => (FlawKind::Replaced, seq),
            _ => (FlawKind::Missing, self.next),
        };
        // The line it stands in, or would stand in.
        Flaw { line: seq + 1, seq, kind, what }
    }
}

fn sound(line: &Line) -> Result<Entry, (FlawKind, String)> {
    match line {
        Line::Whole(bytes) => open(bytes),
        Line::Torn(bytes) if !lines::may_be_begun(bytes) => {
            Err((FlawKind::Altered, "this is no entry, nor the beginning of one: is the file a ledger?".to_owned()))
        }
        Line::Torn(bytes) => Err((FlawKind::Torn, format!("its line ends after {} bytes, without a line end", bytes.len()))),
        Line::TooLong => Err((FlawKind::Altered, format!("its line is longer than {MAX_LINE_BYTES} bytes"))),
    }
}

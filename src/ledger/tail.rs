//! The end of a ledger's file, read from behind: where the next entry goes, and what a crash has left there.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use super::entry::{GENESIS, open};
use super::error::{Flaw, FlawKind};
use super::lines::{MAX_LINE_BYTES, may_be_begun};

/// Bytes read at first; most last lines are shorter.
const FIRST_BLOCK: u64 = 16 << 10;

/// The end of a file.
pub(super) struct Tail {
    /// The number of the next entry.
    pub(super) next: u64,
    /// The hash of the last one.
    pub(super) prev: String,
    /// Where whole lines end.
    pub(super) end: u64,
    /// What stands behind: half an entry, or nothing.
    pub(super) torn: Vec<u8>,
}

/// Reads the end; the inner error is a last entry that cannot be gone on from.
pub(super) fn read(file: &mut File) -> std::io::Result<Result<Tail, Flaw>> {
    let length = file.seek(SeekFrom::End(0))?;
    let (mut block, most) = (FIRST_BLOCK, 2 * MAX_LINE_BYTES as u64);
    loop {
        let start = length.saturating_sub(block);
        let bytes = read_from(file, start, length)?;
        let ends: Vec<usize> = bytes.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at).take(2).collect();
        match (ends.as_slice(), start) {
            // The file has no whole line.
            ([], 0) if bytes.len() <= MAX_LINE_BYTES && may_be_begun(&bytes) => {
                return Ok(Ok(Tail { next: 0, prev: GENESIS.to_owned(), end: 0, torn: bytes }));
            }
            ([last, before], _) => return Ok(tail(&bytes, before + 1, *last, start)),
            ([last], 0) => return Ok(tail(&bytes, 0, *last, start)),
            _ if block >= most || start == 0 => {
                let what = match start {
                    0 if bytes.len() <= MAX_LINE_BYTES => "this is no ledger, nor the beginning of one".to_owned(),
                    _ => format!("no line ends within the last {MAX_LINE_BYTES} bytes"),
                };
                return Ok(Err(Flaw { line: 0, seq: 0, kind: FlawKind::Altered, what }));
            }
            _ => block = block.saturating_mul(8).min(most),
        }
    }
}

fn read_from(file: &mut File, start: u64, end: u64) -> std::io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(end - start).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The last whole line is `bytes[from..to]`, where `bytes` begins at byte `start` of the file.
fn tail(bytes: &[u8], from: usize, to: usize, start: u64) -> Result<Tail, Flaw> {
    let line = bytes.get(from..to).unwrap_or_default();
    let torn = bytes.get(to + 1..).unwrap_or_default().to_vec();
    match open(line) {
        Ok(entry) => Ok(Tail { next: entry.seq.saturating_add(1), prev: entry.hash, end: start + to as u64 + 1, torn }),
        Err((kind, what)) => Err(Flaw { line: 0, seq: 0, kind, what }),
    }
}

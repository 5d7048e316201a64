//! Files whose first bytes tell that they are something else than their name says.

use std::fs::File;
use std::io::Read;

use super::{Format, ScanError, Source};

/// A kind of file, as its first bytes tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kind {
    /// What it is, to stand behind "this is".
    pub what: &'static str,
    /// What to do about it.
    pub cure: &'static str,
    format: Option<Format>,
}

const UNPACK: &str = "unpack it first";

/// First bytes, what begins so, and what to do.
const KINDS: &[(&[u8], &str, &str, Option<Format>)] = &[
    (b"PAR1", "a Parquet file", "name it so that it ends in .parquet", Some(Format::Parquet)),
    (b"ARROW1", "an Arrow file", "name it so that it ends in .arrow", Some(Format::ArrowIpc)),
    (b"\x1f\x8b", "compressed by gzip", "unpack it first, by `gunzip`", None),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd", "unpack it first, by `unzstd`", None),
    (b"BZh", "compressed by bzip2", "unpack it first, by `bunzip2`", None),
    (b"\xfd7zXZ\0", "compressed by xz", "unpack it first, by `unxz`", None),
    (b"PK\x03\x04", "a zip archive or a spreadsheet", "unpack it first; of a spreadsheet save each sheet as CSV", None),
    (b"PK\x05\x06", "an empty zip archive", UNPACK, None),
    (b"\xd0\xcf\x11\xe0", "a document of an office program", "save the sheet as CSV", None),
    (b"SQLite format 3\0", "a SQLite database", "export the table as CSV", None),
    (b"Obj\x01", "an Avro file", "convert it to Parquet", None),
    (b"ORC", "an ORC file", "convert it to Parquet", None),
    (b"%PDF", "a PDF", "give the data itself", None),
    (b"\xff\xfe", "text in UTF-16", "save it as UTF-8", None),
    (b"\xfe\xff", "text in UTF-16", "save it as UTF-8", None),
];

/// What the first bytes of a file tell it to be, of the kinds that are taken for data or rules by mistake.
///
/// # Example
/// ```
/// assert_eq!(rulegate::scan::recognise(b"PAR1\x15\x04\x15").map(|kind| kind.what), Some("a Parquet file"));
/// assert_eq!(rulegate::scan::recognise(b"PAR1,PAR2\n"), None);
/// ```
#[must_use]
pub fn recognise(start: &[u8]) -> Option<Kind> {
    let (_, what, cure, format) = *KINDS.iter().find(|(magic, ..)| start.starts_with(magic))?;
    // A header of CSV can begin with some of these (`PAR1`, `ORC`); behind a magic comes what is no text.
    let is_text = start.iter().take(FIRST).all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    (!is_text).then_some(Kind { what, cure, format })
}

/// Bytes that are looked at.
const FIRST: usize = 64;

/// Refuses a file of another format than its name says. What cannot be read is for the reader to tell.
pub(super) fn check(source: &Source) -> Result<(), ScanError> {
    let mut start = Vec::new();
    // What is read of a pipe is gone.
    let is_file = std::fs::metadata(&source.path).is_ok_and(|about| about.is_file());
    let read = |file: File| file.take(FIRST as u64).read_to_end(&mut start);
    if !is_file || File::open(&source.path).and_then(read).is_err() {
        return Ok(());
    }
    let wrong = |reason: String| Err(ScanError::Unsupported { file: source.name.clone(), reason });
    if let Some(kind) = recognise(&start).filter(|kind| kind.format != Some(source.format)) {
        return wrong(format!("this is {}, whatever its name says; {}", kind.what, kind.cure));
    }
    let is_text = start.len() >= 8 && start.iter().all(|byte| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    // A stream of Arrow has no magic of its own.
    if source.format == Format::Parquet && is_text && start.contains(&b'\n') {
        return wrong("this is text and no Parquet, whatever its name says; name it so that it ends in .csv, or .jsonl".to_owned());
    }
    Ok(())
}

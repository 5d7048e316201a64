//! Lines of limited length.

use std::io::{BufRead, Read};

/// The longest line there may be, its end included.
pub const MAX_LINE_BYTES: usize = 16 << 20;

/// A line as it stands in the file.
pub(super) enum Line {
    /// Its bytes without the line end.
    Whole(Vec<u8>),
    /// What follows the last line end.
    Torn(Vec<u8>),
    /// It is longer than any entry; the rest of it was not read.
    TooLong,
}

/// The next line; `None` at the end.
pub(super) fn next(reader: &mut impl BufRead) -> std::io::Result<Option<Line>> {
    let mut bytes = Vec::new();
    reader.take(MAX_LINE_BYTES as u64).read_until(b'\n', &mut bytes)?;
    Ok(match bytes.last() {
        None => None,
        Some(b'\n') => {
            bytes.pop();
            Some(Line::Whole(bytes))
        }
        Some(_) if bytes.len() < MAX_LINE_BYTES => Some(Line::Torn(bytes)),
        Some(_) => Some(Line::TooLong),
    })
}

/// Whether bytes without a line end are what a writer that was killed can have left; blocks that were never written read as zeros.
pub(super) fn may_be_begun(bytes: &[u8]) -> bool {
    const BEGIN: &[u8] = b"{\"v\":1,\"seq\":";
    bytes.iter().zip(BEGIN).all(|(byte, begin)| byte == begin) || bytes.iter().all(|byte| *byte == 0)
}

//! Checks a Parquet file's footer and page headers before a Parquet reader sees them.
//!
//! Readers believe what a footer says: a negative offset ends in a panic, a deeply nested schema in
//! a stack overflow, a large count in an allocation. [`footer`] reads the footer once, on its own,
//! and refuses what cannot be true: offsets outside the file, row counts that do not add up, a schema
//! that does not close. [`pages`] does the same for the page headers of one column chunk.
//!
//! What passes is plausible, not right. Nothing here decompresses or decodes a value, compares a
//! checksum, or looks at statistics. Names, types and encodings of columns are not kept.
//!
//! Fields that only the later reader uses are still walked and checked for their types (the `Shape`
//! constants): a reader that ignores stated types would otherwise take other bytes for offsets and
//! counts than the ones checked here. The reader's own view of rows, chunks and offsets should be
//! compared with [`FooterFacts`] all the same.
//!
//! Memory: the footer, plus about two bytes for each of its bytes. Nothing recurses on the input.

mod fields;
mod footer;
mod pages;
mod schema;
mod shapes;

use std::fmt;
use std::io::Read;

use super::thrift::ThriftError;

#[cfg(any(feature = "parquet", test))]
pub(crate) use footer::{ChunkFacts, FooterFacts, footer};
#[cfg(any(feature = "parquet", test))]
pub(crate) use pages::{PageFacts, PageHeader, PageKind, PageSource, each_page, pages};

const MIB: u64 = 1024 * 1024;
/// How large the parts of a Parquet file may be.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// The footer, in bytes. Default 64 MiB.
    pub(crate) footer_bytes: u64,
    /// Levels of schema below the root, a leaf included. Default 64.
    pub(crate) depth: usize,
    /// Leaf columns. Default 20,000.
    pub(crate) leaves: usize,
    /// Schema elements, groups included. Default 100,000.
    pub(crate) elements: usize,
    /// Row groups. Default 32,767, the most the format can number.
    pub(crate) row_groups: usize,
    /// One page, compressed or not, in bytes. Default 256 MiB.
    pub(crate) page_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { footer_bytes: 64 * MIB, depth: 64, leaves: 20_000, elements: 100_000, row_groups: 32_767, page_bytes: 256 * MIB }
    }
}

/// Why a file was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PreflightKind {
    /// The file contradicts itself or its format.
    Corrupt,
    /// The file may be sound, but is larger than a limit allows.
    Limit,
    /// The file or one of its columns is encrypted.
    Encrypted,
    /// The file is sound, but of a kind that is not read.
    Unsupported,
    /// The bytes could not be read.
    Io,
}

/// A file that was turned away, and where the reason lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PreflightError {
    /// The sort of reason.
    pub(crate) kind: PreflightKind,
    /// What is wrong, in lower case, with numbers but without values from the data.
    pub(crate) what: String,
    /// The byte in the file, where one can be named.
    pub(crate) offset: Option<u64>,
}

impl PreflightError {
    pub(super) fn new(kind: PreflightKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), offset: None }
    }

    pub(super) fn corrupt(what: impl Into<String>) -> Self {
        Self::new(PreflightKind::Corrupt, what)
    }

    pub(super) fn limit(what: impl Into<String>) -> Self {
        Self::new(PreflightKind::Limit, what)
    }

    /// Names the byte, counted from wherever the caller counts.
    #[must_use]
    pub(super) fn at(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// Turns an offset counted from `base` into one counted from the start of the file; an error
    /// without one is put at `base`.
    #[must_use]
    pub(super) fn counted_from(mut self, base: u64) -> Self {
        self.offset = self.offset.unwrap_or(0).checked_add(base);
        self
    }
}

impl fmt::Display for PreflightError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Some(offset) => write!(f, "{} (at byte {offset})", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl std::error::Error for PreflightError {}

impl From<ThriftError> for PreflightError {
    fn from(error: ThriftError) -> Self {
        Self::corrupt(error.what).at(wide(error.offset))
    }
}

impl From<std::io::Error> for PreflightError {
    fn from(error: std::io::Error) -> Self {
        Self::new(PreflightKind::Io, format!("the file cannot be read: {error}"))
    }
}

type Result<T> = std::result::Result<T, PreflightError>;

/// Exactly `length` bytes. The caller has compared `length` with the file and a limit.
pub(in crate::scan) fn read_exactly(file: &mut impl Read, length: u64) -> Result<Vec<u8>> {
    let size = usize::try_from(length).map_err(|_| PreflightError::limit(format!("{length} bytes do not fit into memory")))?;
    let mut bytes = vec![0; size];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn encrypted(what: &str) -> PreflightError {
    let what = format!("{what}: encrypted files are not read");
    PreflightError::new(PreflightKind::Encrypted, what)
}

/// Never truncates on the platforms Rust has; saturates rather than wrap should one come.
fn wide(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;

//! A file that many threads read at once: each at places of its own, and never past its end.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use super::preflight::{ChunkFacts, PageSource};
use super::{ScanError, Source};

/// A file that many threads read at places of their own.
pub(super) struct Shared {
    file: File,
    length: u64,
}

pub(super) fn open(source: &Source) -> Result<Arc<Shared>, ScanError> {
    let io = |error: std::io::Error| ScanError::Io { file: source.name.clone(), reason: error.to_string() };
    let file = File::open(&source.path).map_err(io)?;
    let about = file.metadata().map_err(io)?;
    if !about.is_file() {
        return Err(ScanError::Io { file: source.name.clone(), reason: "it is not a regular file".to_owned() });
    }
    Ok(Arc::new(Shared { file, length: about.len() }))
}

impl Shared {
    #[cfg(unix)]
    fn read_at(&self, bytes: &mut [u8], at: u64) -> std::io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, bytes, at)
    }

    #[cfg(windows)]
    fn read_at(&self, bytes: &mut [u8], at: u64) -> std::io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.file, bytes, at)
    }

    /// Reads and seeks the file from one place; for the footer.
    pub(super) fn handle(&self) -> &File {
        &self.file
    }

    /// Exactly these bytes; fewer are an error, and no more is asked for than the file has.
    pub(super) fn bytes(&self, start: u64, length: usize) -> std::io::Result<Vec<u8>> {
        let left = self.length.saturating_sub(start);
        if u64::try_from(length).unwrap_or(u64::MAX) > left {
            return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof));
        }
        let mut out = vec![0; length];
        let mut done = 0;
        while let Some(rest) = out.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match self.read_at(rest, start + done as u64)? {
                0 => return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof)),
                read => done += read,
            }
        }
        Ok(out)
    }
}

/// The parquet crate's view of a shared file.
#[derive(Clone)]
pub(super) struct Chunks(pub(super) Arc<Shared>);

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.0.length
    }
}

impl ChunkReader for Chunks {
    type T = std::io::BufReader<At>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        // Page headers are read this way: a small buffer is enough.
        Ok(std::io::BufReader::with_capacity(1 << 10, At { file: Arc::clone(&self.0), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<bytes::Bytes, ParquetError> {
        Ok(self.0.bytes(start, length)?.into())
    }
}

/// Reads on from a place.
pub(super) struct At {
    file: Arc<Shared>,
    at: u64,
}

impl Read for At {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read_at(bytes, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// Pages of a chunk in a shared file.
pub(super) struct Pages<'a> {
    pub(super) file: &'a Shared,
    pub(super) chunk: &'a ChunkFacts,
}

impl PageSource for Pages<'_> {
    fn window(&self, start: u64, length: usize) -> std::io::Result<Vec<u8>> {
        let left = self.chunk.compressed.saturating_sub(start);
        let length = length.min(usize::try_from(left).unwrap_or(usize::MAX));
        self.file.bytes(self.chunk.start + start, length)
    }
}

//! Data pages that are not decoded: their checksums, and how many of their values are null.

use std::ops::ControlFlow;
use std::sync::Arc;

use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::serialized_reader::SerializedPageReader;

use super::super::guard::guarded;
use super::super::preflight::{self, ChunkFacts, Limits, PageHeader, PageKind};
use super::super::shared::{Chunks, Pages, Shared};
use super::levels;

/// The pages of one chunk.
pub(super) struct ChunkPages<'a> {
    file: &'a Arc<Shared>,
    chunk: &'a ChunkFacts,
    reader: SerializedPageReader<Chunks>,
}

impl<'a> ChunkPages<'a> {
    /// `None` where the reader refuses the chunk.
    pub(super) fn new(file: &'a Arc<Shared>, chunk: &'a ChunkFacts, metadata: &ColumnChunkMetaData) -> Option<Self> {
        let rows = usize::try_from(chunk.values).ok()?;
        let build = || SerializedPageReader::new(Arc::new(Chunks(Arc::clone(file))), metadata, rows, None);
        Some(Self { file, chunk, reader: guarded(build).ok()?.ok()? })
    }

    /// The next page, its checksum compared and its bytes decompressed.
    pub(super) fn page(&mut self) -> Option<Page> {
        guarded(|| self.reader.get_next_page()).ok()?.ok()?
    }

    fn skip(&mut self) -> Option<()> {
        guarded(|| self.reader.skip_next_page()).ok()?.ok()
    }

    /// Compares every checksum there is; where `optional`, counts nulls as well. Values are not decoded, and of pages whose levels
    /// stand apart not even decompressed. `dictionary_read` says whether [`ChunkPages::page`] has given the dictionary already.
    ///
    /// `None` if anything is wrong or unusual, or `stop` says so: a decoding run will say what.
    pub(super) fn nulls(mut self, optional: bool, dictionary_read: bool, stop: &dyn Fn() -> bool) -> Option<u64> {
        let (file, chunk) = (self.file, self.chunk);
        let (mut nulls, mut sound, mut read) = (0_u64, true, dictionary_read);
        let walked = preflight::each_page(&Pages { file, chunk }, chunk, &Limits::default(), &mut |header| {
            if header.kind == PageKind::Dictionary && std::mem::take(&mut read) {
                return ControlFlow::Continue(());
            }
            match self.one(header, optional).filter(|_| !stop()) {
                Some(more) => {
                    nulls += more;
                    ControlFlow::Continue(())
                }
                None => {
                    sound = false;
                    ControlFlow::Break(())
                }
            }
        });
        walked.ok().filter(|_| sound).map(|_| nulls)
    }

    /// The nulls of the page that comes next.
    fn one(&mut self, header: &PageHeader, optional: bool) -> Option<u64> {
        match header.kind {
            PageKind::Index => None,
            PageKind::DataV1 if optional => match self.page()? {
                Page::DataPage { buf, num_values, def_level_encoding: Encoding::RLE, .. } => {
                    let (length, rest) = buf.split_first_chunk::<4>()?;
                    let levels = rest.get(..usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
                    let values = u64::from(num_values);
                    values.checked_sub(levels::present(levels, values)?)
                }
                _ => None,
            },
            PageKind::DataV2 if optional => {
                self.skip()?;
                let v2 = header.v2.filter(|v2| v2.rep_levels_bytes == 0)?;
                let length = if header.crc.is_some() { header.compressed } else { v2.def_levels_bytes };
                let bytes = self.body(header, length)?;
                let levels = bytes.get(..usize::try_from(v2.def_levels_bytes).ok()?)?;
                let nulls = header.values.checked_sub(levels::present(levels, header.values)?)?;
                (nulls == v2.nulls).then_some(nulls)
            }
            kind => {
                if kind == PageKind::Dictionary && optional {
                    self.skip()?;
                }
                if header.crc.is_some() {
                    self.body(header, header.compressed)?;
                }
                Some(0)
            }
        }
    }

    /// The first bytes of a page as they lie in the file; all of them are compared with the checksum, if there is one.
    fn body(&self, header: &PageHeader, length: u64) -> Option<Vec<u8>> {
        let bytes = self.file.bytes(self.chunk.start.checked_add(header.body())?, usize::try_from(length).ok()?).ok()?;
        match header.crc {
            Some(crc) if crc32fast::hash(&bytes) != crc => None,
            _ => Some(bytes),
        }
    }
}

//! Entries of a dictionary page as Arrow arrays: given to the reader as a chunk that uses each entry once, so that they are exactly
//! what a decoding run would make of them.

use std::collections::VecDeque;
use std::iter;

use arrow::array::{Array, ArrayRef};
use bytes::Bytes;
use parquet::arrow::FieldLevels;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, RowGroups};
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};

use super::super::guard::guarded;

/// Entries that are read and judged at a time.
const BATCH: usize = 8_192;

/// A dictionary page.
pub(super) struct Dictionary {
    page: Page,
    entries: u32,
}

impl Dictionary {
    /// Takes a page of a chunk; `None` if it is no dictionary.
    pub(super) fn of(page: Page) -> Option<Self> {
        match page {
            Page::DictionaryPage { num_values, .. } => Some(Self { entries: num_values, page }),
            _ => None,
        }
    }

    /// A dictionary of one entry: a value in PLAIN encoding.
    pub(super) fn of_one(plain: Vec<u8>) -> Self {
        Self { entries: 1, page: Page::DictionaryPage { buf: plain.into(), num_values: 1, encoding: Encoding::PLAIN, is_sorted: false } }
    }

    /// Shows all entries to `judge`, some at a time, until it says no. True if it has seen all; `None` where the reader cannot make
    /// sense of the page.
    pub(super) fn entries(
        self,
        levels: &FieldLevels,
        metadata: &ParquetMetaData,
        optional: bool,
        mut judge: impl FnMut(&ArrayRef) -> bool,
    ) -> Option<bool> {
        let entries = self.entries;
        let chunk = OneChunk { metadata, entries, pages: [self.page, uses(entries, optional)].into() };
        let mut reader = guarded(|| ParquetRecordBatchReader::try_new_with_row_groups(levels, &chunk, BATCH, None)).ok()?.ok()?;
        let mut seen = 0;
        while let Some(batch) = guarded(|| reader.next()).ok()? {
            let batch = batch.ok()?;
            let [column] = batch.columns() else { return None };
            seen += column.len();
            if !judge(column) {
                return Some(false);
            }
        }
        (u32::try_from(seen) == Ok(entries)).then_some(true)
    }
}

/// A data page that holds each entry once: no nulls, then codes of 32 bits, packed.
fn uses(entries: u32, optional: bool) -> Page {
    let mut levels = Vec::new();
    if optional {
        varint(u64::from(entries) << 1, &mut levels);
        levels.push(1);
    }
    let def_levels_byte_len = u32::try_from(levels.len()).unwrap_or(0);
    let groups = entries.div_ceil(8);
    let mut bytes = levels;
    bytes.push(32);
    varint(u64::from(groups) << 1 | 1, &mut bytes);
    let last = entries.saturating_sub(1);
    bytes.extend((0..groups.saturating_mul(8)).flat_map(|entry| entry.min(last).to_le_bytes()));
    Page::DataPageV2 {
        buf: Bytes::from(bytes),
        num_values: entries,
        encoding: Encoding::RLE_DICTIONARY,
        num_nulls: 0,
        num_rows: entries,
        def_levels_byte_len,
        rep_levels_byte_len: 0,
        is_compressed: false,
        statistics: None,
    }
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap_or(0));
}

/// A row group of one chunk, whose pages are at hand.
struct OneChunk<'a> {
    metadata: &'a ParquetMetaData,
    entries: u32,
    pages: VecDeque<Page>,
}

impl RowGroups for OneChunk<'_> {
    fn num_rows(&self) -> usize {
        usize::try_from(self.entries).unwrap_or(usize::MAX)
    }

    fn column_chunks(&self, _: usize) -> Result<Box<dyn PageIterator>, ParquetError> {
        Ok(Box::new(Chunks(Some(self.pages.clone()))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(iter::empty())
    }

    fn metadata(&self) -> &ParquetMetaData {
        self.metadata
    }
}

struct Chunks(Option<VecDeque<Page>>);

impl Iterator for Chunks {
    type Item = Result<Box<dyn PageReader>, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(|pages| Ok(Box::new(Pages(pages)) as Box<dyn PageReader>))
    }
}

impl PageIterator for Chunks {}

struct Pages(VecDeque<Page>);

impl Iterator for Pages {
    type Item = Result<Page, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.pop_front().map(Ok)
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>, ParquetError> {
        Ok(self.0.pop_front())
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>, ParquetError> {
        Ok(self.0.front().map(|page| PageMetadata {
            num_rows: None,
            num_levels: usize::try_from(page.num_values()).ok(),
            is_dict: page.is_dictionary_page(),
        }))
    }

    fn skip_next_page(&mut self) -> Result<(), ParquetError> {
        self.0.pop_front();
        Ok(())
    }
}

//! Page headers of one column chunk.

use std::ops::ControlFlow;

use crate::scan::thrift::{Field, Fields, Reader, Shape, Wire};

use super::fields::{expect_struct, int32, required, size32};
use super::footer::ChunkFacts;
use super::shapes::{EMPTY, STATISTICS};
use super::{Limits, PreflightError, Result, wide};

/// The number of the encoding that splits values into streams of bytes.
pub(super) const BYTE_STREAM_SPLIT: i32 = 9;

/// The kind of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageKind {
    /// Values behind levels, compressed together.
    DataV1,
    /// An index, never written in practice.
    Index,
    /// The dictionary of the chunk.
    Dictionary,
    /// Values, with the levels outside the compression.
    DataV2,
}

impl PageKind {
    fn from_code(code: i32) -> Option<Self> {
        match code {
            0 => Some(Self::DataV1),
            1 => Some(Self::Index),
            2 => Some(Self::Dictionary),
            3 => Some(Self::DataV2),
            _ => None,
        }
    }

    /// The field of the page header that describes a page of this kind.
    fn field(self) -> i16 {
        match self {
            Self::DataV1 => 5,
            Self::Index => 6,
            Self::Dictionary => 7,
            Self::DataV2 => 8,
        }
    }

    /// Whether pages of this kind hold values of the column.
    pub(crate) fn is_data(self) -> bool {
        matches!(self, Self::DataV1 | Self::DataV2)
    }
}

/// One page header, checked against the bytes it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageHeader {
    /// Where the header starts, counted from the start of the bytes walked.
    pub(crate) offset: u64,
    /// The length of the header; the page's data follows it.
    pub(crate) header_len: u64,
    /// The kind of page.
    pub(crate) kind: PageKind,
    /// The bytes of data in the file; they lie inside the bytes walked.
    pub(crate) compressed: u64,
    /// The bytes of data after decompression, as claimed.
    pub(crate) uncompressed: u64,
    /// The checksum of the data as it lies in the file, if the writer gave one.
    pub(crate) crc: Option<u32>,
    /// Values, nulls included; entries for a dictionary; 0 for an index.
    pub(crate) values: u64,
    /// The number of the encoding, as the format counts them; none for an index.
    pub(crate) encoding: Option<i32>,
    /// The encoding of the definition levels; data pages of version 1 only.
    pub(crate) def_level_encoding: Option<i32>,
    /// The encoding of the repetition levels; data pages of version 1 only.
    pub(crate) rep_level_encoding: Option<i32>,
    /// What only data pages of version 2 state.
    pub(crate) v2: Option<PageV2>,
}

impl PageHeader {
    /// Where the page's data starts, counted as [`PageHeader::offset`] is.
    pub(crate) fn body(&self) -> u64 {
        self.offset.saturating_add(self.header_len)
    }

    /// Whether the values are indexes into the chunk's dictionary.
    pub(crate) fn is_dictionary_encoded(&self) -> bool {
        // PLAIN_DICTIONARY, and RLE_DICTIONARY that replaced it.
        self.kind.is_data() && matches!(self.encoding, Some(2 | 8))
    }
}

/// The part of a page header that only data pages of version 2 have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageV2 {
    /// Values that are null; never more than the page's values.
    pub(crate) nulls: u64,
    /// Rows that start in the page.
    pub(crate) rows: u64,
    /// Bytes of definition levels, never compressed.
    pub(crate) def_levels_bytes: u64,
    /// Bytes of repetition levels, which come first, never compressed.
    pub(crate) rep_levels_bytes: u64,
    /// Whether the values are compressed with the chunk's codec.
    pub(crate) is_compressed: bool,
}

/// What the page headers of one column chunk say together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PageFacts {
    /// Pages of any kind.
    pub(crate) pages: u32,
    /// Pages that carry a checksum.
    pub(crate) with_crc: u32,
    /// Values in data pages, nulls included; equal to what the footer says.
    pub(crate) data_values: u64,
    /// Whether there are data pages and all of them are dictionary encoded. Writers leave the
    /// dictionary out when every value is null, so this does not imply `has_dictionary`.
    pub(crate) all_dictionary: bool,
    /// Whether there is a dictionary page. There is at most one, before all data pages.
    pub(crate) has_dictionary: bool,
    /// Entries of the dictionary.
    pub(crate) dictionary_values: u64,
    /// The largest page, before or after decompression, as claimed.
    pub(crate) max_page_bytes: u64,
}

/// Walks the page headers of one column chunk, given the bytes of that chunk.
///
/// # Errors
///
/// If the pages do not fill the chunk exactly, one exceeds the limit, the dictionary does not come
/// first or comes twice, or the values do not add up to `chunk.values`. Offsets in errors count from
/// the start of the file.
pub(crate) fn pages(source: &dyn PageSource, chunk: &ChunkFacts, limits: &Limits) -> Result<PageFacts> {
    each_page(source, chunk, limits, &mut |_| ControlFlow::Continue(()))
}

/// As [`pages`], and shows each header once it has been checked. Where `visit` breaks off, the facts are those so far.
///
/// # Errors
///
/// As [`pages`].
pub(crate) fn each_page(
    source: &dyn PageSource,
    chunk: &ChunkFacts,
    limits: &Limits,
    visit: &mut dyn FnMut(&PageHeader) -> ControlFlow<()>,
) -> Result<PageFacts> {
    walk_pages(source, chunk, limits, visit).map_err(|error| error.counted_from(chunk.start))
}

/// Where the bytes of a column chunk come from: a file, or memory.
pub(crate) trait PageSource {
    /// Up to `length` bytes from `start` on, counted from the start of the chunk.
    fn window(&self, start: u64, length: usize) -> std::io::Result<Vec<u8>>;
}

impl PageSource for &[u8] {
    fn window(&self, start: u64, length: usize) -> std::io::Result<Vec<u8>> {
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        let rest = self.get(start..).unwrap_or_default();
        Ok(rest.get(..length.min(rest.len())).unwrap_or_default().to_vec())
    }
}

/// Page headers are small; one with long statistics in it needs a second look.
const WINDOW: usize = 1 << 10;
const LARGE_WINDOW: usize = 1 << 20;

/// The header at `at` of a chunk, without reading what follows it.
pub(super) fn header_at(source: &dyn PageSource, at: u64, left: u64) -> Result<PageHeader> {
    let cut = |window: usize| usize::try_from(left).unwrap_or(usize::MAX).min(window);
    let small = source.window(at, cut(WINDOW))?;
    match page_header(&small, at, left) {
        Err(_) if left > wide(WINDOW) => page_header(&source.window(at, cut(LARGE_WINDOW))?, at, left),
        other => other,
    }
    .map_err(|error| error.counted_from(at))
}

fn walk_pages(
    source: &dyn PageSource,
    chunk: &ChunkFacts,
    limits: &Limits,
    visit: &mut dyn FnMut(&PageHeader) -> ControlFlow<()>,
) -> Result<PageFacts> {
    let mut facts = PageFacts { all_dictionary: true, ..PageFacts::default() };
    let mut data_pages = 0u32;
    let mut at = 0;
    while at < chunk.compressed {
        let header = header_at(source, at, chunk.compressed - at)?;
        at = header.body().saturating_add(header.compressed);
        count_page(&mut facts, &header, limits).map_err(|error| error.at(header.offset))?;
        if header.kind.is_data() {
            data_pages = data_pages.saturating_add(1);
            facts.all_dictionary &= header.is_dictionary_encoded();
            // Checksums do not cover headers, and a reader takes any bytes for split streams: their number is not held against the values.
            if header.encoding == Some(BYTE_STREAM_SPLIT) && !chunk.byte_stream_split {
                let what = "a page has the encoding byte-stream-split, which its column chunk does not list";
                return Err(PreflightError::corrupt(what).at(header.offset));
            }
        } else if header.kind == PageKind::Dictionary {
            one_dictionary(&mut facts, &header, data_pages)?;
        }
        if visit(&header).is_break() {
            return Ok(facts);
        }
    }
    facts.all_dictionary &= data_pages > 0;
    if facts.data_values != chunk.values {
        let (has, claims) = (facts.data_values, chunk.values);
        let what = format!("the pages hold {has} values but the column chunk claims {claims}");
        return Err(PreflightError::corrupt(what).at(0));
    }
    Ok(facts)
}

/// Adds what every kind of page has.
fn count_page(facts: &mut PageFacts, header: &PageHeader, limits: &Limits) -> Result<()> {
    let bytes = header.compressed.max(header.uncompressed);
    if bytes > limits.page_bytes {
        let most = limits.page_bytes;
        let what = format!("a page has {bytes} bytes, more than the {most} allowed");
        return Err(PreflightError::limit(what));
    }
    facts.max_page_bytes = facts.max_page_bytes.max(bytes);
    let too_many = || PreflightError::corrupt("the pages are too many to count");
    facts.pages = facts.pages.checked_add(1).ok_or_else(too_many)?;
    if header.crc.is_some() {
        facts.with_crc = facts.with_crc.saturating_add(1);
    }
    if header.kind.is_data() {
        let sum = facts.data_values.checked_add(header.values);
        facts.data_values = sum.ok_or_else(too_many)?;
    }
    Ok(())
}

fn one_dictionary(facts: &mut PageFacts, header: &PageHeader, data_pages: u32) -> Result<()> {
    let what = match (facts.has_dictionary, data_pages) {
        (false, 0) => {
            facts.has_dictionary = true;
            facts.dictionary_values = header.values;
            return Ok(());
        }
        (true, _) => "the column chunk has a second dictionary page",
        (false, _) => "the dictionary page comes after a data page",
    };
    Err(PreflightError::corrupt(what).at(header.offset))
}

/// The header at the start of `rest`, in a chunk that has `left` bytes from there; offsets in errors count from there.
fn page_header(rest: &[u8], offset: u64, left: u64) -> Result<PageHeader> {
    let mut decoder = PageDecoder { reader: Reader::new(rest), raw: RawPage::default() };
    decoder.page()?;
    let header_len = decoder.reader.offset();
    let header = decoder.raw.checked(offset, header_len)?;
    let left = left.saturating_sub(wide(header_len));
    if header.compressed > left {
        let claims = header.compressed;
        let what = format!("a page claims {claims} bytes but its column chunk has {left} left");
        return Err(PreflightError::corrupt(what).at(0));
    }
    Ok(header)
}

/// The fields of a page header as they were found.
#[derive(Default)]
struct RawPage {
    kind: Option<i32>,
    compressed: Option<u64>,
    uncompressed: Option<u64>,
    crc: Option<i32>,
    /// The number of the field that described the page.
    described_by: Option<i16>,
    values: Option<u64>,
    encoding: Option<i32>,
    def_level_encoding: Option<i32>,
    rep_level_encoding: Option<i32>,
    nulls: Option<u64>,
    rows: Option<u64>,
    def_levels_bytes: Option<u64>,
    rep_levels_bytes: Option<u64>,
    stored_plain: bool,
}

impl RawPage {
    fn checked(&self, offset: u64, header_len: usize) -> Result<PageHeader> {
        let kind = self.kind()?;
        let has_values = kind != PageKind::Index;
        let v1 = kind == PageKind::DataV1;
        if has_values {
            required(self.values, "number of values of a page", 0)?;
            required(self.encoding, "encoding of a page", 0)?;
        }
        if v1 {
            required(self.def_level_encoding, "definition level encoding", 0)?;
            required(self.rep_level_encoding, "repetition level encoding", 0)?;
        }
        let header = PageHeader {
            offset,
            header_len: wide(header_len),
            kind,
            compressed: required(self.compressed, "compressed page size", 0)?,
            uncompressed: required(self.uncompressed, "uncompressed page size", 0)?,
            crc: self.crc.map(i32::cast_unsigned),
            values: self.values.unwrap_or(0),
            encoding: self.encoding,
            def_level_encoding: self.def_level_encoding,
            rep_level_encoding: self.rep_level_encoding,
            v2: self.v2(kind)?,
        };
        levels_fit(&header)?;
        Ok(header)
    }

    /// The kind, which has to agree with the part that describes the page: a reader that looks at
    /// the other parts first would take the page for another.
    fn kind(&self) -> Result<PageKind> {
        let code = required(self.kind, "type of a page", 0)?;
        let Some(kind) = PageKind::from_code(code) else {
            let what = format!("a page has the unknown type {code}");
            return Err(PreflightError::corrupt(what).at(0));
        };
        if self.described_by != Some(kind.field()) {
            // Index pages are skipped by every reader, described or not.
            if kind != PageKind::Index || self.described_by.is_some() {
                let what = "a page is not described as the type it has";
                return Err(PreflightError::corrupt(what).at(0));
            }
        }
        Ok(kind)
    }

    fn v2(&self, kind: PageKind) -> Result<Option<PageV2>> {
        if kind != PageKind::DataV2 {
            return Ok(None);
        }
        Ok(Some(PageV2 {
            nulls: required(self.nulls, "number of nulls of a page", 0)?,
            rows: required(self.rows, "number of rows of a page", 0)?,
            def_levels_bytes: required(self.def_levels_bytes, "definition levels length", 0)?,
            rep_levels_bytes: required(self.rep_levels_bytes, "repetition levels length", 0)?,
            is_compressed: !self.stored_plain,
        }))
    }
}

/// Refuses a page of version 2 with more nulls than values or more levels than bytes.
fn levels_fit(header: &PageHeader) -> Result<()> {
    let Some(v2) = header.v2 else {
        return Ok(());
    };
    if v2.nulls > header.values {
        let (nulls, values) = (v2.nulls, header.values);
        let what = format!("a page claims {nulls} nulls among {values} values");
        return Err(PreflightError::corrupt(what).at(0));
    }
    let levels = v2.def_levels_bytes.checked_add(v2.rep_levels_bytes);
    let most = header.compressed.min(header.uncompressed);
    if levels.is_none_or(|levels| levels > most) {
        let what = "a page claims more bytes of levels than it has bytes";
        return Err(PreflightError::corrupt(what).at(0));
    }
    Ok(())
}

/// Decodes one page header.
struct PageDecoder<'a> {
    reader: Reader<'a>,
    raw: RawPage,
}

impl PageDecoder<'_> {
    fn page(&mut self) -> Result<()> {
        let mut fields = Fields::default();
        while let Some(field) = fields.next(&mut self.reader)? {
            let (reader, raw) = (&mut self.reader, &mut self.raw);
            match field.id {
                1 => raw.kind = Some(int32(reader, &field, "type of a page")?),
                2 => raw.uncompressed = Some(size32(reader, &field, "uncompressed page size")?),
                3 => raw.compressed = Some(size32(reader, &field, "compressed page size")?),
                4 => raw.crc = Some(int32(reader, &field, "checksum of a page")?),
                5..=8 => self.description(&field)?,
                _ => reader.skip(field.wire)?,
            }
        }
        Ok(())
    }

    /// The part that depends on the kind of page; only one may be there.
    fn description(&mut self, field: &Field) -> Result<()> {
        expect_struct(field, "description of a page")?;
        if self.raw.described_by.replace(field.id).is_some() {
            let what = "a page is described as two types";
            return Err(PreflightError::corrupt(what).at(wide(field.offset)));
        }
        match field.id {
            5 => self.data_v1(),
            7 => self.dictionary(),
            8 => self.data_v2(),
            _ => Ok(self.reader.conform(field.wire, &EMPTY)?),
        }
    }

    fn data_v1(&mut self) -> Result<()> {
        let mut fields = Fields::default();
        while let Some(field) = fields.next(&mut self.reader)? {
            let (reader, raw) = (&mut self.reader, &mut self.raw);
            match field.id {
                1 => raw.values = Some(size32(reader, &field, "number of values of a page")?),
                2 => raw.encoding = Some(int32(reader, &field, "encoding of a page")?),
                3 => raw.def_level_encoding = Some(int32(reader, &field, "level encoding")?),
                4 => raw.rep_level_encoding = Some(int32(reader, &field, "level encoding")?),
                5 => reader.conform(field.wire, &STATISTICS)?,
                _ => reader.skip(field.wire)?,
            }
        }
        Ok(())
    }

    fn dictionary(&mut self) -> Result<()> {
        let mut fields = Fields::default();
        while let Some(field) = fields.next(&mut self.reader)? {
            let (reader, raw) = (&mut self.reader, &mut self.raw);
            match field.id {
                1 => raw.values = Some(size32(reader, &field, "number of dictionary entries")?),
                2 => raw.encoding = Some(int32(reader, &field, "encoding of a page")?),
                3 => reader.conform(field.wire, &Shape::Bool)?,
                _ => reader.skip(field.wire)?,
            }
        }
        Ok(())
    }

    fn data_v2(&mut self) -> Result<()> {
        let mut fields = Fields::default();
        while let Some(field) = fields.next(&mut self.reader)? {
            let (reader, raw) = (&mut self.reader, &mut self.raw);
            match field.id {
                1 => raw.values = Some(size32(reader, &field, "number of values of a page")?),
                2 => raw.nulls = Some(size32(reader, &field, "number of nulls of a page")?),
                3 => raw.rows = Some(size32(reader, &field, "number of rows of a page")?),
                4 => raw.encoding = Some(int32(reader, &field, "encoding of a page")?),
                5 => raw.def_levels_bytes = Some(size32(reader, &field, "levels length")?),
                6 => raw.rep_levels_bytes = Some(size32(reader, &field, "levels length")?),
                7 => {
                    reader.conform(field.wire, &Shape::Bool)?;
                    raw.stored_plain = field.wire == Wire::False;
                }
                8 => reader.conform(field.wire, &STATISTICS)?,
                _ => reader.skip(field.wire)?,
            }
        }
        Ok(())
    }
}

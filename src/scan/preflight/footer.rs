//! The footer: magic, length, and what the file's metadata claim.

use std::io::{Read, Seek, SeekFrom};

use crate::scan::thrift::{Field, Fields, Reader, Shape, Wire};

use super::fields::{expect_struct, int32, required, size, size32, structs};
use super::pages::BYTE_STREAM_SPLIT;
use super::schema::{Element, SchemaTree};
use super::shapes::{
    COLUMN_ORDERS, ENCODING_STATS, GEO_STATISTICS, INTS, KEY_VALUES, LOGICAL_TYPE, SIZE_STATISTICS, SORTING_COLUMNS, STATISTICS, TEXTS,
};
use super::{Limits, PreflightError, PreflightKind, Result, encrypted, read_exactly, wide};

/// `PAR1`, the footer's length, and everything before it: the least a file can hold.
const SMALLEST_FILE: u64 = 12;

/// The footer's length and the closing magic.
const TAIL_BYTES: u64 = 8;
/// A footer that passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FooterFacts {
    /// The size of the file.
    pub(crate) file_bytes: u64,
    /// The rows of all row groups together.
    pub(crate) num_rows: u64,
    /// The row groups in the order of the footer.
    pub(crate) row_groups: Vec<RowGroupFacts>,
    /// The number of leaf columns, and so of chunks in every row group.
    pub(crate) leaves: usize,
    /// Levels of schema below the root; 1 for a flat table.
    pub(crate) max_depth: usize,
}

/// One row group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowGroupFacts {
    /// Its rows.
    pub(crate) rows: u64,
    /// One chunk for each leaf column, in schema order.
    pub(crate) columns: Vec<ChunkFacts>,
}

/// Where one column chunk lies and what it claims to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChunkFacts {
    /// The first byte: the dictionary page if the footer names one, else the first data page.
    pub(crate) start: u64,
    /// The bytes in the file, page headers included.
    pub(crate) compressed: u64,
    /// The bytes after decompression, as claimed.
    pub(crate) uncompressed: u64,
    /// The values, nulls included.
    pub(crate) values: u64,
    /// The number of the compression codec, as the format counts them.
    pub(crate) codec: i32,
    /// Whether pages may be encoded as split streams of bytes.
    pub(crate) byte_stream_split: bool,
}

/// Reads and checks the footer of a Parquet file.
///
/// # Errors
///
/// If the file is no Parquet file, is encrypted, exceeds a limit, keeps columns in other files, or
/// its footer contradicts the file or itself.
pub(crate) fn footer(file: &mut (impl Read + Seek), limits: &Limits) -> Result<FooterFacts> {
    let file_bytes = file.seek(SeekFrom::End(0))?;
    if file_bytes < SMALLEST_FILE {
        let what = format!("{file_bytes} bytes are too few for a parquet file");
        return Err(PreflightError::corrupt(what));
    }
    leading_magic(file)?;
    let (start, bytes) = read_footer(file, file_bytes, limits)?;
    let decoder = FooterDecoder { reader: Reader::new(&bytes), limits, data_end: start, leaves: None, max_depth: 0 };
    let facts = decoder.file(file_bytes);
    facts.map_err(|error| error.counted_from(start))
}

fn leading_magic(file: &mut (impl Read + Seek)) -> Result<()> {
    let mut magic = [0; 4];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut magic)?;
    match &magic {
        b"PAR1" => Ok(()),
        b"PARE" => Err(encrypted("the footer is encrypted").at(0)),
        _ => Err(PreflightError::corrupt("the file does not start with PAR1").at(0)),
    }
}

/// The footer's first byte in the file, and the footer.
fn read_footer(file: &mut (impl Read + Seek), file_bytes: u64, limits: &Limits) -> Result<(u64, Vec<u8>)> {
    let tail_at = file_bytes.saturating_sub(TAIL_BYTES);
    file.seek(SeekFrom::Start(tail_at))?;
    let mut length = [0; 4];
    file.read_exact(&mut length)?;
    let mut magic = [0; 4];
    file.read_exact(&mut magic)?;
    match &magic {
        b"PAR1" => {}
        b"PARE" => return Err(encrypted("the footer is encrypted").at(tail_at)),
        _ => return Err(PreflightError::corrupt("the file does not end with PAR1").at(tail_at)),
    }
    let length = u64::from(u32::from_le_bytes(length));
    let start = footer_start(length, tail_at, limits)?;
    file.seek(SeekFrom::Start(start))?;
    Ok((start, read_exactly(file, length)?))
}

fn footer_start(length: u64, tail_at: u64, limits: &Limits) -> Result<u64> {
    let start = tail_at.checked_sub(length).filter(|&start| start >= 4);
    let Some(start) = start else {
        let what = format!("a footer of {length} bytes does not fit into the file");
        return Err(PreflightError::corrupt(what).at(tail_at));
    };
    if length > limits.footer_bytes {
        let most = limits.footer_bytes;
        let what = format!("the footer has {length} bytes, more than the {most} allowed");
        return Err(PreflightError::limit(what).at(tail_at));
    }
    Ok(start)
}

/// Decodes a footer; offsets in its errors count from the footer's start.
struct FooterDecoder<'a> {
    reader: Reader<'a>,
    limits: &'a Limits,
    /// Where the data ends and the footer starts.
    data_end: u64,
    /// Known once the schema has been read.
    leaves: Option<usize>,
    max_depth: usize,
}

impl FooterDecoder<'_> {
    fn file(mut self, file_bytes: u64) -> Result<FooterFacts> {
        let (mut version, mut num_rows, mut row_groups) = (None, None, None);
        let mut fields = Fields::default();
        while let Some(field) = fields.next(&mut self.reader)? {
            let reader = &mut self.reader;
            match field.id {
                1 => version = Some(int32(reader, &field, "format version")?),
                2 => self.schema(&field)?,
                3 => num_rows = Some(size(reader, &field, "number of rows")?),
                4 => row_groups = Some(self.row_groups(&field)?),
                5 => reader.conform(field.wire, &KEY_VALUES)?,
                6 | 9 => reader.conform(field.wire, &Shape::Binary)?,
                7 => reader.conform(field.wire, &COLUMN_ORDERS)?,
                8 => return Err(encrypted("the file is encrypted").at(wide(field.offset))),
                _ => reader.skip(field.wire)?,
            }
        }
        let end = self.reader.offset();
        required(version, "format version", end)?;
        let num_rows = required(num_rows, "number of rows", end)?;
        let row_groups = required(row_groups, "list of row groups", end)?;
        Ok(FooterFacts {
            file_bytes,
            num_rows: sum_rows(&row_groups, num_rows)?,
            row_groups,
            leaves: required(self.leaves, "schema", end)?,
            max_depth: self.max_depth,
        })
    }

    /// Walks the schema, a tree written as a flat list, parents before children.
    fn schema(&mut self, field: &Field) -> Result<()> {
        let count = structs(&mut self.reader, field, "schema elements")?;
        if count > self.limits.elements {
            let most = self.limits.elements;
            let what = format!("the schema has {count} elements, more than the {most} allowed");
            return Err(PreflightError::limit(what).at(wide(field.offset)));
        }
        let mut tree = SchemaTree::default();
        for _ in 0..count {
            let at = self.reader.offset();
            let element = self.element()?;
            tree.add(element, self.limits).map_err(|error| error.at(wide(at)))?;
        }
        let end = self.reader.offset();
        tree.close().map_err(|error| error.at(wide(end)))?;
        self.leaves = Some(tree.leaves);
        self.max_depth = tree.max_depth;
        Ok(())
    }

    fn element(&mut self) -> Result<Element> {
        let mut element = Element::default();
        let mut fields = Fields::default();
        while let Some(field) = fields.next(&mut self.reader)? {
            let reader = &mut self.reader;
            match field.id {
                1 => {
                    int32(reader, &field, "physical type")?;
                    element.typed = true;
                }
                2 | 3 | 6..=9 => reader.conform(field.wire, &Shape::Int)?,
                4 => reader.conform(field.wire, &Shape::Binary)?,
                5 => element.children = self.children(&field)?,
                10 => reader.conform(field.wire, &LOGICAL_TYPE)?,
                _ => reader.skip(field.wire)?,
            }
        }
        Ok(element)
    }

    fn children(&mut self, field: &Field) -> Result<usize> {
        let count = size32(&mut self.reader, field, "number of children")?;
        usize::try_from(count).map_err(|_| PreflightError::corrupt("the number of children is too large"))
    }

    fn row_groups(&mut self, field: &Field) -> Result<Vec<RowGroupFacts>> {
        let leaves = required(self.leaves, "schema before the row groups", field.offset)?;
        let count = structs(&mut self.reader, field, "row groups")?;
        if count > self.limits.row_groups {
            let most = self.limits.row_groups;
            let what = format!("the file has {count} row groups, more than the {most} allowed");
            return Err(PreflightError::limit(what).at(wide(field.offset)));
        }
        (0..count).map(|number| self.row_group(number, leaves)).collect()
    }

    fn row_group(&mut self, number: usize, leaves: usize) -> Result<RowGroupFacts> {
        let (mut columns, mut rows) = (None, None);
        let mut fields = Fields::default();
        while let Some(field) = fields.next(&mut self.reader)? {
            let reader = &mut self.reader;
            match field.id {
                1 => columns = Some(self.chunks(&field, number, leaves)?),
                2 => drop(size(reader, &field, "byte size of a row group")?),
                3 => rows = Some(size(reader, &field, "number of rows of a row group")?),
                4 => reader.conform(field.wire, &SORTING_COLUMNS)?,
                5..=7 => reader.conform(field.wire, &Shape::Int)?,
                _ => reader.skip(field.wire)?,
            }
        }
        let end = self.reader.offset();
        Ok(RowGroupFacts {
            rows: required(rows, "number of rows of a row group", end)?,
            columns: required(columns, "list of columns of a row group", end)?,
        })
    }

    fn chunks(&mut self, field: &Field, group: usize, leaves: usize) -> Result<Vec<ChunkFacts>> {
        let count = structs(&mut self.reader, field, "columns")?;
        if count != leaves {
            let what = format!("row group {group} has {count} columns, the schema has {leaves} leaves");
            return Err(PreflightError::corrupt(what).at(wide(field.offset)));
        }
        (0..count).map(|_| self.chunk()).collect()
    }

    /// One `ColumnChunk`: the place of its data and of its indexes.
    fn chunk(&mut self) -> Result<ChunkFacts> {
        let at = self.reader.offset();
        let mut facts = None;
        let (mut offset_index, mut column_index) = (Span::default(), Span::default());
        let mut fields = Fields::default();
        while let Some(field) = fields.next(&mut self.reader)? {
            let reader = &mut self.reader;
            match field.id {
                1 => return Err(external(&field)),
                2 => reader.conform(field.wire, &Shape::Int)?,
                3 => facts = Some(self.column(&field)?),
                4 => offset_index.start = Some(size(reader, &field, "offset index offset")?),
                5 => offset_index.length = Some(size32(reader, &field, "offset index length")?),
                6 => column_index.start = Some(size(reader, &field, "column index offset")?),
                7 => column_index.length = Some(size32(reader, &field, "column index length")?),
                8 | 9 => return Err(encrypted("a column is encrypted").at(wide(field.offset))),
                _ => reader.skip(field.wire)?,
            }
        }
        self.inside(&offset_index, "offset index", at)?;
        self.inside(&column_index, "column index", at)?;
        required(facts, "metadata of a column chunk", at)
    }

    /// One `ColumnMetaData`.
    fn column(&mut self, field: &Field) -> Result<ChunkFacts> {
        expect_struct(field, "metadata of a column chunk")?;
        let mut raw = RawColumn::default();
        let mut fields = Fields::default();
        while let Some(field) = fields.next(&mut self.reader)? {
            let reader = &mut self.reader;
            match field.id {
                2 => raw.byte_stream_split = lists_byte_stream_split(reader, &field)?,
                4 => raw.codec = Some(int32(reader, &field, "codec")?),
                5 => raw.values = Some(size(reader, &field, "number of values")?),
                6 => raw.uncompressed = Some(size(reader, &field, "uncompressed size")?),
                7 => raw.compressed = Some(size(reader, &field, "compressed size")?),
                9 => raw.data_page = Some(size(reader, &field, "data page offset")?),
                11 => raw.dictionary_page = Some(size(reader, &field, "dictionary page offset")?),
                14 => raw.bloom.start = Some(size(reader, &field, "bloom filter offset")?),
                // One writer (Dremio) keeps a list of its own under this number.
                15 if field.wire == Wire::List => reader.skip(field.wire)?,
                15 => raw.bloom.length = Some(size32(reader, &field, "bloom filter length")?),
                _ => self.unused_column_field(&field)?,
            }
        }
        self.locate(&raw, field.offset)
    }

    fn unused_column_field(&mut self, field: &Field) -> Result<()> {
        let shape = match field.id {
            1 | 10 => &Shape::Int,
            3 => &TEXTS,
            8 => &KEY_VALUES,
            12 => &STATISTICS,
            13 => &ENCODING_STATS,
            16 => &SIZE_STATISTICS,
            17 => &GEO_STATISTICS,
            _ => return Ok(self.reader.skip(field.wire)?),
        };
        Ok(self.reader.conform(field.wire, shape)?)
    }

    /// Places a chunk in the file. A dictionary page at byte 0, where the magic stands, means that
    /// there is none: some writers say it that way. (The parquet crate takes the 0 literally; it is
    /// the one place where its view of a footer that passed here differs.)
    fn locate(&self, raw: &RawColumn, at: usize) -> Result<ChunkFacts> {
        let data_page = required(raw.data_page, "data page offset", at)?;
        let facts = ChunkFacts {
            start: raw.dictionary_page.filter(|&at| at > 0).unwrap_or(data_page),
            compressed: required(raw.compressed, "compressed size", at)?,
            uncompressed: required(raw.uncompressed, "uncompressed size", at)?,
            values: required(raw.values, "number of values", at)?,
            codec: required(raw.codec, "codec", at)?,
            byte_stream_split: raw.byte_stream_split,
        };
        let whole = Span { start: Some(facts.start), length: Some(facts.compressed) };
        let first_page = Span { start: Some(data_page), length: None };
        self.inside(&whole, "column chunk", at)?;
        self.inside(&first_page, "first data page", at)?;
        self.inside(&raw.bloom, "bloom filter", at)?;
        Ok(facts)
    }

    /// Refuses a span that does not lie between the leading magic and the footer. An empty span
    /// may lie anywhere up to the footer, since no byte of it is read.
    fn inside(&self, span: &Span, name: &str, at: usize) -> Result<()> {
        let (Some(start), length) = (span.start, span.length.unwrap_or(0)) else {
            return Ok(());
        };
        let end = start.checked_add(length);
        let early = length > 0 && start < 4;
        if !early && end.is_some_and(|end| end <= self.data_end) {
            return Ok(());
        }
        let most = self.data_end;
        let what = format!(
            "the {name} of {length} bytes at byte {start} does not lie between byte 4 and the \
             footer at byte {most}"
        );
        Err(PreflightError::corrupt(what).at(wide(at)))
    }
}

/// Whether a chunk's list of encodings has byte-stream-split.
fn lists_byte_stream_split(reader: &mut Reader<'_>, field: &Field) -> Result<bool> {
    if field.wire != Wire::List {
        reader.conform(field.wire, &INTS)?;
        return Ok(false);
    }
    let list = reader.list()?;
    let mut found = false;
    for _ in 0..list.len {
        if list.wire == Wire::I32 {
            found |= reader.i32()? == BYTE_STREAM_SPLIT;
        } else {
            reader.conform(list.wire, &Shape::Int)?;
        }
    }
    Ok(found)
}

/// The fields of `ColumnMetaData` that are kept.
#[derive(Default)]
struct RawColumn {
    byte_stream_split: bool,
    codec: Option<i32>,
    values: Option<u64>,
    uncompressed: Option<u64>,
    compressed: Option<u64>,
    data_page: Option<u64>,
    dictionary_page: Option<u64>,
    bloom: Span,
}

/// A run of bytes, as far as the footer states it.
#[derive(Default)]
struct Span {
    start: Option<u64>,
    length: Option<u64>,
}

fn external(field: &Field) -> PreflightError {
    let what = "a column is kept in another file, which is not read";
    PreflightError::new(PreflightKind::Unsupported, what).at(wide(field.offset))
}

/// The rows of all row groups, which have to be those the footer gives for the file.
///
/// A footer that gives 0 for the file gives nothing: some writers never fill the number in, and
/// every reader goes by the row groups.
fn sum_rows(groups: &[RowGroupFacts], num_rows: u64) -> Result<u64> {
    let sum = groups.iter().try_fold(0u64, |sum, group| sum.checked_add(group.rows));
    if let Some(sum) = sum.filter(|&sum| num_rows == 0 || sum == num_rows) {
        return Ok(sum);
    }
    let sum = sum.map_or_else(|| "too many to count".to_owned(), |sum| sum.to_string());
    let what = format!("the footer claims {} row groups with {sum} rows in all but {num_rows} rows in the file", groups.len());
    Err(PreflightError::corrupt(what))
}

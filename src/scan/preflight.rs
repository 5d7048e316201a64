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

use std::fmt;
use std::io::{Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use super::thrift::{Field, Fields, ListHeader, Reader, Shape, ThriftError, Wire};

const MIB: u64 = 1024 * 1024;

/// `PAR1`, the footer's length, and everything before it: the least a file can hold.
const SMALLEST_FILE: u64 = 12;

/// The footer's length and the closing magic.
const TAIL_BYTES: u64 = 8;

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

/// Exactly `length` bytes. The caller has compared `length` with the file and a limit.
pub(super) fn read_exactly(file: &mut impl Read, length: u64) -> Result<Vec<u8>> {
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

// The footer's structs as far as their values are not kept here. Field numbers and types are those
// of parquet.thrift.

static EMPTY: Shape = Shape::Struct(&[]);

static KEY_VALUES: Shape = Shape::List(&Shape::Struct(&[(1, Shape::Binary), (2, Shape::Binary)]));

static STATISTICS: Shape = Shape::Struct(&[
    (1, Shape::Binary),
    (2, Shape::Binary),
    (3, Shape::Int),
    (4, Shape::Int),
    (5, Shape::Binary),
    (6, Shape::Binary),
    (7, Shape::Bool),
    (8, Shape::Bool),
]);

static SIZE_STATISTICS: Shape = Shape::Struct(&[(1, Shape::Int), (2, Shape::List(&Shape::Int)), (3, Shape::List(&Shape::Int))]);

static BOUNDING_BOX: &[(i16, Shape)] = &[
    (1, Shape::Double),
    (2, Shape::Double),
    (3, Shape::Double),
    (4, Shape::Double),
    (5, Shape::Double),
    (6, Shape::Double),
    (7, Shape::Double),
    (8, Shape::Double),
];

static GEO_STATISTICS: Shape = Shape::Struct(&[(1, Shape::Struct(BOUNDING_BOX)), (2, Shape::List(&Shape::Int))]);

static ENCODING_STATS: Shape = Shape::List(&Shape::Struct(&[(1, Shape::Int), (2, Shape::Int), (3, Shape::Int)]));

static SORTING_COLUMNS: Shape = Shape::List(&Shape::Struct(&[(1, Shape::Int), (2, Shape::Bool), (3, Shape::Bool)]));

static COLUMN_ORDERS: Shape = Shape::List(&Shape::Struct(&[(1, Shape::Struct(&[])), (2, Shape::Struct(&[]))]));

static INTS: Shape = Shape::List(&Shape::Int);

static TEXTS: Shape = Shape::List(&Shape::Binary);

static TIME_FIELDS: &[(i16, Shape)] =
    &[(1, Shape::Bool), (2, Shape::Struct(&[(1, Shape::Struct(&[])), (2, Shape::Struct(&[])), (3, Shape::Struct(&[]))]))];

static LOGICAL_TYPE: Shape = Shape::Struct(&[
    (1, Shape::Struct(&[])),
    (2, Shape::Struct(&[])),
    (3, Shape::Struct(&[])),
    (4, Shape::Struct(&[])),
    (5, Shape::Struct(&[(1, Shape::Int), (2, Shape::Int)])),
    (6, Shape::Struct(&[])),
    (7, Shape::Struct(TIME_FIELDS)),
    (8, Shape::Struct(TIME_FIELDS)),
    (10, Shape::Struct(&[(1, Shape::Byte), (2, Shape::Bool)])),
    (11, Shape::Struct(&[])),
    (12, Shape::Struct(&[])),
    (13, Shape::Struct(&[])),
    (14, Shape::Struct(&[])),
    (15, Shape::Struct(&[])),
    (16, Shape::Struct(&[(1, Shape::Byte)])),
    (17, Shape::Struct(&[(1, Shape::Binary)])),
    (18, Shape::Struct(&[(1, Shape::Binary), (2, Shape::Int)])),
]);

/// Any number.
fn int(reader: &mut Reader<'_>, field: &Field, name: &str) -> Result<i64> {
    match field.wire {
        Wire::I16 => Ok(i64::from(reader.i16()?)),
        Wire::I32 => Ok(i64::from(reader.i32()?)),
        Wire::I64 => Ok(reader.i64()?),
        _ => {
            let what = format!("the {name} is not a number");
            Err(PreflightError::corrupt(what).at(wide(field.offset)))
        }
    }
}

/// A number that cannot be negative.
fn size(reader: &mut Reader<'_>, field: &Field, name: &str) -> Result<u64> {
    let value = int(reader, field, name)?;
    u64::try_from(value).map_err(|_| {
        let what = format!("the {name} is negative ({value})");
        PreflightError::corrupt(what).at(wide(field.offset))
    })
}

/// A number of 32 bits.
fn int32(reader: &mut Reader<'_>, field: &Field, name: &str) -> Result<i32> {
    let value = int(reader, field, name)?;
    i32::try_from(value).map_err(|_| {
        let what = format!("the {name} ({value}) does not fit 32 bits");
        PreflightError::corrupt(what).at(wide(field.offset))
    })
}

/// A number of 32 bits that cannot be negative.
fn size32(reader: &mut Reader<'_>, field: &Field, name: &str) -> Result<u64> {
    let value = int32(reader, field, name)?;
    u64::try_from(value).map_err(|_| {
        let what = format!("the {name} is negative ({value})");
        PreflightError::corrupt(what).at(wide(field.offset))
    })
}

/// Refuses a field that is no struct.
fn expect_struct(field: &Field, name: &str) -> Result<()> {
    if field.wire == Wire::Struct {
        return Ok(());
    }
    let what = format!("the {name} is not a struct");
    Err(PreflightError::corrupt(what).at(wide(field.offset)))
}

/// The length of a list of structs.
fn structs(reader: &mut Reader<'_>, field: &Field, name: &str) -> Result<usize> {
    let header = match field.wire {
        Wire::List => Some(reader.list()?),
        _ => None,
    };
    match header {
        Some(ListHeader { len: 0, .. }) => Ok(0),
        Some(ListHeader { wire: Wire::Struct, len }) => Ok(len),
        _ => {
            let what = format!("the list of {name} is not a list of structs");
            Err(PreflightError::corrupt(what).at(wide(field.offset)))
        }
    }
}

fn required<T>(value: Option<T>, name: &str, at: usize) -> Result<T> {
    value.ok_or_else(|| PreflightError::corrupt(format!("the {name} is missing")).at(wide(at)))
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
            2 => &INTS,
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

/// The fields of `ColumnMetaData` that are kept.
#[derive(Default)]
struct RawColumn {
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

/// One element of the schema list.
#[derive(Clone, Copy, Default)]
struct Element {
    children: usize,
    typed: bool,
}

/// The schema as far as it has been walked.
#[derive(Default)]
struct SchemaTree {
    /// For each open group, outermost first, how many of its children have not come yet.
    open: Vec<usize>,
    rooted: bool,
    leaves: usize,
    max_depth: usize,
}

impl SchemaTree {
    fn add(&mut self, element: Element, limits: &Limits) -> Result<()> {
        self.enter()?;
        let depth = self.open.len();
        if depth > limits.depth {
            let most = limits.depth;
            let what = format!("the schema nests more than {most} levels deep");
            return Err(PreflightError::limit(what));
        }
        self.max_depth = self.max_depth.max(depth);
        if element.children > 0 {
            self.open.push(element.children);
        } else if element.typed && depth > 0 {
            // A group without children is no column; the root never is one.
            self.leaf(limits)?;
        }
        Ok(())
    }

    /// Takes the next place in the tree, closing the groups that are full.
    fn enter(&mut self) -> Result<()> {
        if !self.rooted {
            self.rooted = true;
            return Ok(());
        }
        while let Some(left) = self.open.last_mut() {
            if let Some(rest) = left.checked_sub(1) {
                *left = rest;
                return Ok(());
            }
            self.open.pop();
        }
        let what = "the schema has elements that belong to no group";
        Err(PreflightError::corrupt(what))
    }

    fn leaf(&mut self, limits: &Limits) -> Result<()> {
        self.leaves = self.leaves.saturating_add(1);
        if self.leaves > limits.leaves {
            let most = limits.leaves;
            let what = format!("the schema has more than the {most} columns allowed");
            return Err(PreflightError::limit(what));
        }
        Ok(())
    }

    /// Refuses a schema that is empty or ends before its groups are full.
    fn close(&self) -> Result<()> {
        if !self.rooted {
            return Err(PreflightError::corrupt("the schema is empty"));
        }
        if self.open.iter().any(|&left| left > 0) {
            let what = "the schema ends before its groups are complete";
            return Err(PreflightError::corrupt(what));
        }
        Ok(())
    }
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
fn header_at(source: &dyn PageSource, at: u64, left: u64) -> Result<PageHeader> {
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

#[cfg(test)]
mod tests {
    /// The page headers in the bytes of one column chunk, up to the first error.
    fn page_headers(bytes: &[u8]) -> impl Iterator<Item = Result<PageHeader>> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            let left = wide(bytes.len()).checked_sub(at).filter(|left| *left > 0)?;
            let header = header_at(&bytes, at, left);
            at = header.as_ref().map_or(wide(bytes.len()), |header| header.body() + header.compressed);
            Some(header)
        })
    }

    use super::*;
    use std::fs::File;
    use std::io::Cursor;
    use std::path::{Path, PathBuf};

    const I32: u8 = 5;
    const I64: u8 = 6;
    const BINARY: u8 = 8;
    const LIST: u8 = 9;
    const STRUCT: u8 = 12;

    /// Writes one struct of compact Thrift, with short field headers only.
    #[derive(Clone, Default)]
    struct Thrift {
        bytes: Vec<u8>,
        last: u8,
    }

    impl Thrift {
        fn header(mut self, id: u8, wire: u8) -> Self {
            self.bytes.push((id - self.last) << 4 | wire);
            self.last = id;
            self
        }

        fn varint(mut self, mut value: u64) -> Self {
            while value >= 0x80 {
                self.bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
                value >>= 7;
            }
            self.bytes.push(u8::try_from(value).unwrap());
            self
        }

        fn zigzag(self, value: i64) -> Self {
            self.varint(((value << 1) ^ (value >> 63)).cast_unsigned())
        }

        fn int(self, id: u8, value: i64) -> Self {
            self.header(id, I64).zigzag(value)
        }

        fn int32(self, id: u8, value: i64) -> Self {
            self.header(id, I32).zigzag(value)
        }

        fn text(self, id: u8, text: &str) -> Self {
            let mut next = self.header(id, BINARY).varint(u64::try_from(text.len()).unwrap());
            next.bytes.extend(text.as_bytes());
            next
        }

        fn inner(self, id: u8, inner: Self) -> Self {
            let mut next = self.header(id, STRUCT);
            next.bytes.extend(inner.end());
            next
        }

        fn list(self, id: u8, items: Vec<Self>) -> Self {
            let mut next = self.header(id, LIST);
            next.bytes.push(0xf0 | STRUCT);
            next = next.varint(u64::try_from(items.len()).unwrap());
            for item in items {
                next.bytes.extend(item.end());
            }
            next
        }

        fn end(mut self) -> Vec<u8> {
            self.bytes.push(0);
            self.bytes
        }
    }

    fn thrift() -> Thrift {
        Thrift::default()
    }

    fn group(children: i64) -> Thrift {
        thrift().text(4, "g").int32(5, children)
    }

    fn leaf() -> Thrift {
        thrift().int32(1, 1).int32(3, 0).text(4, "c")
    }

    fn column(start: i64, length: i64, values: i64) -> Thrift {
        thrift().int32(1, 1).int32(4, 0).int(5, values).int(6, length).int(7, length).int(9, start)
    }

    fn chunk(column: Thrift) -> Thrift {
        thrift().int(2, 4).inner(3, column)
    }

    fn row_group(chunks: Vec<Thrift>, rows: i64) -> Thrift {
        thrift().list(1, chunks).int(2, 0).int(3, rows)
    }

    fn metadata(schema: Vec<Thrift>, rows: i64, groups: Vec<Thrift>) -> Thrift {
        thrift().int32(1, 1).list(2, schema).int(3, rows).list(4, groups)
    }

    /// A file with 100 bytes of data and this footer.
    fn file(footer: Thrift) -> Vec<u8> {
        let footer = footer.end();
        let mut bytes = b"PAR1".to_vec();
        bytes.extend([0; 100]);
        bytes.extend(&footer);
        bytes.extend(u32::try_from(footer.len()).unwrap().to_le_bytes());
        bytes.extend(b"PAR1");
        bytes
    }

    fn check(bytes: &[u8]) -> Result<FooterFacts> {
        footer(&mut Cursor::new(bytes), &Limits::default())
    }

    fn refused(footer: Thrift) -> PreflightError {
        check(&file(footer)).expect_err("the footer is to be refused")
    }

    /// A flat table of one column in one row group of ten rows.
    fn one_column(column: Thrift) -> Thrift {
        let groups = vec![row_group(vec![chunk(column)], 10)];
        metadata(vec![group(1), leaf()], 10, groups)
    }

    #[test]
    fn a_sound_footer_passes() {
        let bytes = file(one_column(column(4, 100, 10)));
        let facts = check(&bytes).unwrap();
        assert_eq!(facts.file_bytes, u64::try_from(bytes.len()).unwrap());
        assert_eq!((facts.num_rows, facts.leaves, facts.max_depth), (10, 1, 1));
        let expected = ChunkFacts { start: 4, compressed: 100, uncompressed: 100, values: 10, codec: 0 };
        assert_eq!(facts.row_groups[0].columns, [expected]);
    }

    #[test]
    fn magic_and_length_are_checked_first() {
        let sound = file(one_column(column(4, 100, 10)));
        let end = sound.len();
        let kind = |at: usize, with: &[u8]| {
            let mut bytes = sound.clone();
            bytes[at..at + with.len()].copy_from_slice(with);
            check(&bytes).unwrap_err().kind
        };
        assert_eq!(kind(0, b"PARE"), PreflightKind::Encrypted);
        assert_eq!(kind(end - 4, b"PARE"), PreflightKind::Encrypted);
        assert_eq!(kind(end - 4, b"PAR2"), PreflightKind::Corrupt);
        assert_eq!(kind(end - 8, &[0xff; 4]), PreflightKind::Corrupt);
        assert_eq!(check(b"PAR1PAR1").unwrap_err().kind, PreflightKind::Corrupt);
        let limits = Limits { footer_bytes: 10, ..Limits::default() };
        let error = footer(&mut Cursor::new(&sound), &limits).unwrap_err();
        assert_eq!(error.kind, PreflightKind::Limit);
    }

    #[test]
    fn every_truncation_and_flip_ends() {
        let sound = file(one_column(column(4, 100, 10)));
        for len in 0..sound.len() {
            assert!(check(&sound[..len]).is_err());
        }
        for at in 0..sound.len() {
            for bit in 0..8 {
                let mut bytes = sound.clone();
                bytes[at] ^= 1 << bit;
                let _ = check(&bytes);
            }
        }
    }

    #[test]
    fn chunks_lie_inside_the_data() {
        for (start, length) in [(4, 101), (3, 10), (104, 1), (i64::MAX, i64::MAX)] {
            let error = refused(one_column(column(start, length, 10)));
            assert!(error.what.contains("does not lie"), "{error}");
        }
        let error = refused(one_column(column(-1, 10, 10)));
        assert_eq!(error.what, "the data page offset is negative (-1)");
        assert!(error.offset.is_some_and(|offset| offset > 104));
        assert!(check(&file(one_column(column(104, 0, 0)))).is_ok());
    }

    #[test]
    fn a_dictionary_starts_the_chunk_unless_at_zero() {
        let start = |dictionary: i64| {
            let footer = one_column(column(50, 20, 10).int(11, dictionary));
            check(&file(footer)).unwrap().row_groups[0].columns[0].start
        };
        assert_eq!(start(0), 50);
        assert_eq!(start(30), 30);
        assert!(check(&file(one_column(column(50, 20, 10).int(11, 90)))).is_err());
    }

    #[test]
    fn indexes_and_bloom_filters_lie_inside_the_data() {
        let with = |id: u8, offset: i64, length: i64| {
            let chunk = chunk(column(4, 10, 10)).int(id, offset).int32(id + 1, length);
            let groups = vec![row_group(vec![chunk], 10)];
            check(&file(metadata(vec![group(1), leaf()], 10, groups)))
        };
        for id in [4, 6] {
            assert!(with(id, 50, 54).is_ok());
            assert!(with(id, 50, 55).is_err());
            assert!(with(id, -1, 5).is_err());
            assert!(with(id, 50, -1).is_err());
        }
        let bloom = |offset| check(&file(one_column(column(4, 10, 10).int(14, offset))));
        assert!(bloom(50).is_ok());
        assert!(bloom(1000).is_err());
    }

    #[test]
    fn rows_add_up() {
        let groups = |rows: &[i64]| {
            let groups = rows.iter().map(|&rows| row_group(vec![], rows));
            groups.collect::<Vec<_>>()
        };
        let error = refused(metadata(vec![group(0)], 90, groups(&[40, 40, 20])));
        assert_eq!(error.what, "the footer claims 3 row groups with 100 rows in all but 90 rows in the file");
        let overflow = groups(&[i64::MAX, i64::MAX, i64::MAX]);
        assert!(refused(metadata(vec![group(0)], 1, overflow)).what.contains("too many"));
        let unstated = check(&file(metadata(vec![group(0)], 0, groups(&[40, 2])))).unwrap();
        assert_eq!(unstated.num_rows, 42);
        assert!(check(&file(metadata(vec![group(0)], -1, vec![]))).is_err());
    }

    #[test]
    fn every_leaf_has_one_chunk() {
        let groups = vec![row_group(vec![], 10)];
        let error = refused(metadata(vec![group(1), leaf()], 10, groups));
        assert_eq!(error.what, "row group 0 has 0 columns, the schema has 1 leaves");
    }

    #[test]
    fn the_schema_closes() {
        let schema = |elements: Vec<Thrift>| check(&file(metadata(elements, 0, vec![])));
        assert!(schema(vec![]).is_err());
        assert!(schema(vec![group(2), leaf()]).is_err());
        assert!(schema(vec![group(1), leaf(), leaf()]).is_err());
        assert!(schema(vec![group(-1), leaf()]).is_err());
        assert!(schema(vec![group(2_000_000_000), leaf()]).is_err());
        let facts = schema(vec![group(2), group(2), leaf(), leaf(), group(0)]).unwrap();
        assert_eq!((facts.leaves, facts.max_depth), (2, 2));
    }

    #[test]
    fn the_schema_is_64_deep_at_most() {
        let nested = |depth: usize| {
            let mut elements = vec![group(1); depth];
            elements.push(leaf());
            check(&file(metadata(elements, 0, vec![])))
        };
        assert_eq!(nested(63).unwrap().max_depth, 63);
        assert_eq!(nested(64).unwrap().max_depth, 64);
        assert_eq!(nested(65).unwrap_err().kind, PreflightKind::Limit);
        assert_eq!(nested(90_000).unwrap_err().kind, PreflightKind::Limit);
    }

    #[test]
    fn columns_are_limited() {
        let wide = |columns: usize| {
            let mut elements = vec![group(i64::try_from(columns).unwrap())];
            elements.extend(vec![leaf(); columns]);
            check(&file(metadata(elements, 0, vec![])))
        };
        assert_eq!(wide(20_000).unwrap().leaves, 20_000);
        assert_eq!(wide(20_001).unwrap_err().kind, PreflightKind::Limit);
        assert_eq!(wide(100_000).unwrap_err().kind, PreflightKind::Limit);
    }

    #[test]
    fn encrypted_and_external_columns_are_refused() {
        let with = |chunk: Thrift| {
            let groups = vec![row_group(vec![chunk], 10)];
            refused(metadata(vec![group(1), leaf()], 10, groups)).kind
        };
        let crypto = chunk(column(4, 10, 10)).inner(8, thrift());
        assert_eq!(with(crypto), PreflightKind::Encrypted);
        let external = thrift().text(1, "other.parquet").int(2, 4);
        assert_eq!(with(external), PreflightKind::Unsupported);
        let plain_footer = one_column(column(4, 10, 10)).inner(8, thrift());
        assert_eq!(refused(plain_footer).kind, PreflightKind::Encrypted);
    }

    #[test]
    fn mistyped_and_repeated_fields_are_refused() {
        let hidden = one_column(column(4, 10, 10).text(12, "statistics"));
        assert!(refused(hidden).what.contains("another type"));
        let mut twice = column(4, 10, 10);
        // Field 9 again, numbered in full.
        twice.bytes.extend([6, 18, 8]);
        assert!(refused(one_column(twice)).what.contains("twice"));
        let text = thrift().text(1, "1");
        assert_eq!(refused(text).what, "the format version is not a number");
    }

    fn data_page(values: i64, encoding: i64, bytes: i64) -> Vec<u8> {
        let data = thrift().int32(1, values).int32(2, encoding).int32(3, 3).int32(4, 3);
        let mut page = page(0, bytes, bytes).int32(4, -1).inner(5, data).end();
        page.extend(vec![0; usize::try_from(bytes).unwrap()]);
        page
    }

    fn dictionary_page(entries: i64) -> Vec<u8> {
        let dictionary = thrift().int32(1, entries).int32(2, 0);
        page(2, 0, 0).inner(7, dictionary).end()
    }

    fn page(kind: i64, uncompressed: i64, compressed: i64) -> Thrift {
        thrift().int32(1, kind).int32(2, uncompressed).int32(3, compressed)
    }

    fn walk(pages_of_chunk: &[Vec<u8>], values: u64) -> Result<PageFacts> {
        let bytes = pages_of_chunk.concat();
        let chunk = ChunkFacts { start: 1000, compressed: wide(bytes.len()), uncompressed: 0, values, codec: 0 };
        pages(&bytes.as_slice(), &chunk, &Limits::default())
    }

    #[test]
    fn pages_are_counted() {
        let chunk = [dictionary_page(7), data_page(5, 8, 3), data_page(6, 8, 4)];
        let facts = walk(&chunk, 11).unwrap();
        let expected = PageFacts {
            pages: 3,
            with_crc: 2,
            data_values: 11,
            all_dictionary: true,
            has_dictionary: true,
            dictionary_values: 7,
            max_page_bytes: 4,
        };
        assert_eq!(facts, expected);
        let mixed = walk(&[dictionary_page(7), data_page(5, 8, 3), data_page(6, 0, 4)], 11);
        assert!(!mixed.unwrap().all_dictionary);
        assert!(!walk(&[], 0).unwrap().all_dictionary);
    }

    #[test]
    fn page_values_add_up() {
        let error = walk(&[data_page(5, 0, 3)], 6).unwrap_err();
        assert_eq!(error.to_string(), "the pages hold 5 values but the column chunk claims 6 (at byte 1000)");
    }

    #[test]
    fn the_dictionary_comes_first_and_once() {
        let data = || data_page(5, 8, 3);
        assert!(walk(&[data(), dictionary_page(1)], 5).is_err());
        assert!(walk(&[dictionary_page(1), dictionary_page(1), data()], 5).is_err());
    }

    #[test]
    fn pages_stay_inside_their_chunk() {
        let mut short = data_page(5, 0, 3);
        short.pop();
        assert!(walk(&[short], 5).unwrap_err().what.contains("claims 3 bytes"));
        assert!(walk(&[data_page(5, 0, 3), vec![0x15]], 5).is_err());
        let bytes = data_page(5, 0, 3);
        let chunk = ChunkFacts { start: 0, compressed: 1, uncompressed: 0, values: 5, codec: 0 };
        assert!(pages(&bytes.as_slice(), &chunk, &Limits::default()).is_err());
    }

    #[test]
    fn large_and_negative_pages_are_refused() {
        let v1 = || thrift().int32(1, 0).int32(2, 0).int32(3, 3).int32(4, 3);
        let huge = page(0, 1 << 30, 0).inner(5, v1()).end();
        assert_eq!(walk(&[huge], 0).unwrap_err().kind, PreflightKind::Limit);
        let negative = page(0, 0, -1).inner(5, v1()).end();
        assert!(walk(&[negative], 0).unwrap_err().what.contains("negative"));
    }

    #[test]
    fn a_page_is_described_as_what_it_is() {
        let dictionary = || thrift().int32(1, 1).int32(2, 0);
        for (kind, id) in [(0, 7), (9, 7), (2, 6)] {
            let page = page(kind, 0, 0).inner(id, dictionary()).end();
            assert!(walk(&[page], 0).is_err());
        }
        let twice = page(2, 0, 0).inner(7, dictionary()).inner(8, thrift()).end();
        assert!(walk(&[twice], 0).unwrap_err().what.contains("two types"));
    }

    #[test]
    fn version_2_pages_tell_their_levels() {
        let v2 = |nulls, def, rep| {
            let data = thrift().int32(1, 5).int32(2, nulls).int32(3, 4).int32(4, 0).int32(5, def).int32(6, rep).header(7, 2);
            let mut page = page(3, 10, 10).inner(8, data).end();
            page.extend([0; 10]);
            page
        };
        let bytes = v2(5, 6, 4);
        let header = page_headers(&bytes).next().unwrap().unwrap();
        let expected = PageV2 { nulls: 5, rows: 4, def_levels_bytes: 6, rep_levels_bytes: 4, is_compressed: false };
        assert_eq!(header.v2, Some(expected));
        assert_eq!((header.def_level_encoding, header.rep_level_encoding), (None, None));
        assert!(walk(&[v2(6, 1, 1)], 5).is_err());
        assert!(walk(&[v2(0, 6, 5)], 5).is_err());
    }

    #[test]
    fn the_iterator_ends_after_an_error() {
        let bytes = [data_page(5, 0, 3), vec![0xff; 20]].concat();
        let mut headers = page_headers(&bytes);
        assert!(headers.next().is_some_and(|header| header.is_ok()));
        assert!(headers.next().is_some_and(|header| header.is_err()));
        assert!(headers.next().is_none());
    }

    fn corpus(folder: &str) -> Vec<PathBuf> {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus"));
        let Ok(entries) = std::fs::read_dir(root.join("parquet-testing").join(folder)) else {
            return Vec::new();
        };
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    fn check_file(path: &Path) -> Result<FooterFacts> {
        footer(&mut File::open(path).unwrap(), &Limits::default())
    }

    /// Walks the pages of every chunk; the first error, if any.
    fn check_pages(path: &Path, facts: &FooterFacts) -> Result<()> {
        let mut file = File::open(path).unwrap();
        for chunk in facts.row_groups.iter().flat_map(|group| &group.columns) {
            file.seek(SeekFrom::Start(chunk.start))?;
            let bytes = read_exactly(&mut file, chunk.compressed)?;
            pages(&bytes.as_slice(), chunk, &Limits::default())?;
        }
        Ok(())
    }

    #[test]
    fn valid_files_pass() {
        let mut refused = Vec::new();
        for folder in ["valid", "valid-geospatial", "valid-variant"] {
            for path in corpus(folder) {
                let facts = check_file(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
                if check_pages(&path, &facts).is_err() {
                    refused.push(path.file_name().unwrap().to_string_lossy().into_owned());
                }
            }
        }
        refused.sort();
        // One has pages of 1 GiB, the other a dictionary page that is cut short.
        let known = ["large_string_map.brotli.parquet", "nation.dict-malformed.parquet"];
        assert!(refused.is_empty() || refused == known, "{refused:?}");
    }

    #[test]
    fn encrypted_files_are_refused_as_such() {
        for path in corpus("encrypted") {
            let error = check_file(&path).expect_err("the file is encrypted");
            assert_eq!(error.kind, PreflightKind::Encrypted, "{path:?}");
        }
    }

    #[test]
    fn broken_files_end_in_an_answer() {
        for folder in ["bad_data", "fuzz-parquet", "fuzz-parquet-encoding", "fuzz-csv"] {
            for path in corpus(folder) {
                let refused = match check_file(&path) {
                    Ok(facts) => check_pages(&path, &facts),
                    Err(error) => Err(error),
                };
                let known = folder == "bad_data" || folder == "fuzz-parquet";
                assert!(known || refused.is_err(), "{path:?}");
            }
        }
    }
}

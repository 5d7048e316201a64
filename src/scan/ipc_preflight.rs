//! Checks an Arrow IPC file or stream before an Arrow reader sees it.
//!
//! Readers of IPC allocate and slice by the lengths a message states: of corrupt streams one in
//! fourteen panics, thirty bytes can ask for gigabytes, and a big-endian stream is read with its
//! bytes swapped and no error. [`check`] goes through the headers only, seeking past the bodies, and
//! refuses what does not fit: lengths beyond the file, buffers outside their body, null counts above
//! lengths, bodies that claim to decompress without bound, schemas too deep or too wide.
//!
//! It knows as much of flatbuffers and of Arrow's `Message`, `Schema` and `Footer` tables as that
//! takes. It does not compare buffers with the types of the schema, does not look at offsets,
//! validity or text inside the buffers, and does not decompress. What passes is plausible, not right.
//!
//! Memory: the metadata of one message and the footer of a file, each at most twice over. Nothing
//! recurses.

use std::io::{Read, Seek, SeekFrom};

use super::preflight::{PreflightError, PreflightKind, read_exactly};

const MIB: u64 = 1024 * 1024;

/// Opens and closes a file; a stream has no magic.
const MAGIC: &[u8; 6] = b"ARROW1";

/// Precedes the metadata length since format 0.15; before, the length came first.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// The opening magic with its padding.
const HEAD_BYTES: u64 = 8;

/// The footer's length and the closing magic.
const TAIL_BYTES: u64 = 10;

/// Bytes that state a compressed buffer's uncompressed length.
const PREFIX_BYTES: u64 = 8;

/// How large the parts of an IPC file or stream may be.
#[derive(Debug, Clone)]
pub(crate) struct IpcLimits {
    /// The metadata of one message, or the footer, in bytes. Default 64 MiB.
    pub(crate) metadata_bytes: u64,
    /// Levels of schema fields. Default 64.
    pub(crate) depth: usize,
    /// Schema fields, nested ones included. Default 20,000.
    pub(crate) fields: usize,
    /// Rows of one batch. Default 2,147,483,647, the most Arrow recommends.
    pub(crate) batch_rows: u64,
    /// One buffer after decompression, in bytes. Default 1 GiB.
    pub(crate) buffer_bytes: u64,
    /// All buffers of one batch after decompression, and all dictionaries together, in bytes.
    /// Default 4 GiB.
    pub(crate) batch_bytes: u64,
}

impl Default for IpcLimits {
    fn default() -> Self {
        Self {
            metadata_bytes: 64 * MIB,
            depth: 64,
            fields: 20_000,
            batch_rows: 2_147_483_647,
            buffer_bytes: 1024 * MIB,
            batch_bytes: 4096 * MIB,
        }
    }
}

/// The two framings of Arrow IPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IpcKind {
    /// Between two magics, with a footer that lists the batches.
    File,
    /// Messages one after the other.
    Stream,
}

/// What the headers say together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IpcFacts {
    /// The framing found.
    pub(crate) kind: IpcKind,
    /// Record batches, dictionaries not counted.
    pub(crate) batches: u64,
    /// The rows of all record batches.
    pub(crate) rows: u64,
}

type Result<T> = std::result::Result<T, PreflightError>;

/// Checks the headers of an Arrow IPC file or stream, whichever it is.
///
/// # Errors
///
/// If the bytes are neither, are big-endian, exceed a limit, or contradict themselves.
pub(crate) fn check(file: &mut (impl Read + Seek), limits: &IpcLimits) -> Result<IpcFacts> {
    let end = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let head = read_exactly(file, end.min(HEAD_BYTES))?;
    let kind = if head.starts_with(MAGIC) { IpcKind::File } else { IpcKind::Stream };
    let mut checker = Checker { file, limits, view_columns: 0, dictionary_bytes: 0, batches: 0, rows: 0 };
    match kind {
        IpcKind::File => checker.file(end)?,
        IpcKind::Stream => checker.stream(end)?,
    }
    Ok(IpcFacts { kind, batches: checker.batches, rows: checker.rows })
}

fn corrupt(what: impl Into<String>) -> PreflightError {
    PreflightError::corrupt(what)
}

fn too_large(what: &str, size: u64, most: u64) -> PreflightError {
    PreflightError::limit(format!("{what} {size}, more than the {most} allowed"))
}

/// A number that cannot be negative.
fn size(value: i64, name: &str) -> Result<u64> {
    u64::try_from(value).map_err(|_| corrupt(format!("the {name} is negative ({value})")))
}

/// What is to follow at this place in the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Schema,
    Batches,
    Only(Header),
}

/// The kinds of message that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Header {
    Schema,
    Dictionary,
    Batch,
}

/// Where a message lies: its metadata, and the body behind it.
struct Place {
    metadata: u64,
    metadata_len: u64,
    body: u64,
    /// The bytes the body may have at most; exactly, for a block of a file.
    body_room: u64,
    body_exact: bool,
}

struct Checker<'a, F> {
    file: &'a mut F,
    limits: &'a IpcLimits,
    /// Columns of text or binary views outside dictionaries; batches state buffers for each.
    view_columns: u64,
    dictionary_bytes: u64,
    batches: u64,
    rows: u64,
}

impl<F: Read + Seek> Checker<'_, F> {
    fn stream(&mut self, end: u64) -> Result<()> {
        let (mut at, mut expect) = (0, Expect::Schema);
        while let Some(place) = self.next_message(at, end)? {
            let body_len = self.message(&place, expect)?;
            at = place.body.saturating_add(body_len);
            expect = Expect::Batches;
        }
        if expect == Expect::Schema {
            return Err(corrupt("the stream holds no schema").at(0));
        }
        Ok(())
    }

    /// The message whose length stands at `at`, or `None` at the end of the stream.
    fn next_message(&mut self, at: u64, end: u64) -> Result<Option<Place>> {
        if at == end {
            return Ok(None);
        }
        self.file.seek(SeekFrom::Start(at))?;
        let (metadata_len, prefix) = self.length(at, end)?;
        if metadata_len == 0 {
            return Ok(None);
        }
        let metadata = at.saturating_add(prefix);
        let body = metadata.checked_add(metadata_len);
        let Some(body) = body.filter(|&body| body <= end) else {
            let what = format!("a message claims {metadata_len} bytes of metadata, past the end");
            return Err(corrupt(what).at(at));
        };
        Ok(Some(Place { metadata, metadata_len, body, body_room: end.saturating_sub(body), body_exact: false }))
    }

    /// The metadata length at the current place, and the bytes that stated it.
    fn length(&mut self, at: u64, end: u64) -> Result<(u64, u64)> {
        let truncated = || corrupt("the bytes end inside a message's length").at(at);
        let left = end.saturating_sub(at);
        if left < 4 {
            return Err(truncated());
        }
        let (mut word, mut prefix) = ([0; 4], 4);
        self.file.read_exact(&mut word)?;
        if word == CONTINUATION {
            if left < 8 {
                return Err(truncated());
            }
            self.file.read_exact(&mut word)?;
            prefix = 8;
        }
        let length = i64::from(i32::from_le_bytes(word));
        let length = size(length, "metadata length").map_err(|error| error.at(at))?;
        Ok((length, prefix))
    }

    fn file(&mut self, end: u64) -> Result<()> {
        let (start, bytes) = self.footer(end)?;
        let blocks = self.footer_tables(Flat { bytes: &bytes }).map_err(|error| error.counted_from(start))?;
        // Blocks that share bytes could have the same metadata read without end.
        let mut room = start;
        for (header, block) in blocks {
            let used = block.metadata_len.saturating_add(block.body_len);
            room = room.checked_sub(used).ok_or_else(|| corrupt("the blocks of the file overlap").at(block.offset))?;
            self.block(header, &block, start)?;
        }
        Ok(())
    }

    /// The footer's first byte in the file, and the footer.
    fn footer(&mut self, end: u64) -> Result<(u64, Vec<u8>)> {
        let tail_at = end
            .checked_sub(TAIL_BYTES)
            .filter(|&at| at >= HEAD_BYTES)
            .ok_or_else(|| corrupt(format!("{end} bytes are too few for an arrow file")))?;
        self.file.seek(SeekFrom::Start(tail_at))?;
        let mut length = [0; 4];
        self.file.read_exact(&mut length)?;
        let mut magic = [0; 6];
        self.file.read_exact(&mut magic)?;
        if &magic != MAGIC {
            return Err(corrupt("the file does not end with ARROW1").at(tail_at));
        }
        let length = i64::from(i32::from_le_bytes(length));
        let length = size(length, "footer length").map_err(|error| error.at(tail_at))?;
        let start = tail_at.checked_sub(length).filter(|&at| at >= HEAD_BYTES);
        let Some(start) = start else {
            let what = format!("a footer of {length} bytes does not fit into the file");
            return Err(corrupt(what).at(tail_at));
        };
        self.metadata_fits(length, tail_at)?;
        self.file.seek(SeekFrom::Start(start))?;
        Ok((start, read_exactly(self.file, length)?))
    }

    fn metadata_fits(&self, length: u64, at: u64) -> Result<()> {
        let most = self.limits.metadata_bytes;
        if length > most {
            return Err(too_large("the metadata has a size of", length, most).at(at));
        }
        Ok(())
    }

    /// Checks the footer's schema and lists its blocks, dictionaries first.
    fn footer_tables(&mut self, flat: Flat<'_>) -> Result<Vec<(Header, Block)>> {
        let footer = flat.root()?;
        let schema = flat.child(&footer, 1)?.ok_or_else(|| corrupt("the footer holds no schema"))?;
        self.view_columns = check_schema(flat, &schema, self.limits)?;
        let mut blocks = Vec::new();
        for (slot, header) in [(2, Header::Dictionary), (3, Header::Batch)] {
            let vector = flat.vector(&footer, slot, 24)?;
            for at in vector.places() {
                blocks.push((header, flat.block(at)?));
            }
        }
        Ok(blocks)
    }

    /// Checks the message of one block; `end` is where the footer starts.
    fn block(&mut self, header: Header, block: &Block, end: u64) -> Result<()> {
        let body = block.offset.checked_add(block.metadata_len);
        let past = body.and_then(|body| body.checked_add(block.body_len));
        let (Some(body), true) = (body, past.is_some_and(|past| past <= end)) else {
            let what = "a block of the file runs past the footer";
            return Err(corrupt(what).at(block.offset));
        };
        self.file.seek(SeekFrom::Start(block.offset))?;
        let (metadata_len, prefix) = self.length(block.offset, body.min(end))?;
        let used = metadata_len.saturating_add(prefix);
        if metadata_len == 0 || used > block.metadata_len {
            let has = block.metadata_len;
            let what = format!("a message of {used} bytes does not fit its block of {has} bytes");
            return Err(corrupt(what).at(block.offset));
        }
        let place =
            Place { metadata: block.offset.saturating_add(prefix), metadata_len, body, body_room: block.body_len, body_exact: true };
        self.message(&place, Expect::Only(header)).map(drop)
    }

    /// Reads and checks one message's metadata; the body's length is the answer.
    fn message(&mut self, place: &Place, expect: Expect) -> Result<u64> {
        self.metadata_fits(place.metadata_len, place.metadata)?;
        self.file.seek(SeekFrom::Start(place.metadata))?;
        let bytes = read_exactly(self.file, place.metadata_len)?;
        let parsed = self.metadata(Flat { bytes: &bytes }, place, expect);
        let (body_len, batch) = parsed.map_err(|error| error.counted_from(place.metadata))?;
        if let Some(batch) = batch {
            self.count(&batch, place)?;
        }
        Ok(body_len)
    }

    fn metadata(&mut self, flat: Flat<'_>, place: &Place, expect: Expect) -> Result<(u64, Option<Batch>)> {
        let message = flat.root()?;
        check_version(flat.i16(&message, 0, 0)?)?;
        let header = header_kind(flat.u8(&message, 1, 0)?, expect)?;
        let table = flat.child(&message, 2)?.ok_or_else(|| corrupt("a message has no header"))?;
        let body_len = body_length(flat, &message, place)?;
        let batch = match header {
            Header::Schema => {
                self.view_columns = check_schema(flat, &table, self.limits)?;
                None
            }
            Header::Dictionary => {
                let data = flat.child(&table, 1)?;
                let data = data.ok_or_else(|| corrupt("a dictionary batch has no data"))?;
                Some(self.batch(flat, &data, header, body_len)?)
            }
            Header::Batch => Some(self.batch(flat, &table, header, body_len)?),
        };
        Ok((body_len, batch))
    }

    /// Checks the parts of a `RecordBatch` table that need no look at the body.
    fn batch(&self, flat: Flat<'_>, table: &Table, header: Header, body_len: u64) -> Result<Batch> {
        let rows = size(flat.i64(table, 0, 0)?, "number of rows of a batch")?;
        if rows > self.limits.batch_rows {
            let most = self.limits.batch_rows;
            return Err(too_large("a batch has a number of rows of", rows, most));
        }
        check_nodes(flat, table)?;
        let buffers = read_buffers(flat, table, body_len)?;
        let compressed = is_compressed(flat, table)?;
        let views = check_variadic(flat, table, buffers.len())?;
        if header == Header::Batch && views != self.view_columns {
            let columns = self.view_columns;
            let what = format!("a batch counts the buffers of {views} view columns, not of {columns}");
            return Err(corrupt(what));
        }
        Ok(Batch { header, rows, buffers, compressed })
    }

    /// Adds a batch up: its rows, and the bytes its buffers have after decompression.
    fn count(&mut self, batch: &Batch, place: &Place) -> Result<()> {
        let bytes = self.decompressed(batch, place)?;
        let total = match batch.header {
            Header::Dictionary => {
                self.dictionary_bytes = self.dictionary_bytes.saturating_add(bytes);
                self.dictionary_bytes
            }
            _ => bytes,
        };
        let most = self.limits.batch_bytes;
        if total > most {
            let error = too_large("the buffers have a total size of", total, most);
            return Err(error.at(place.body));
        }
        if batch.header == Header::Batch {
            let rows = self.rows.checked_add(batch.rows);
            self.rows = rows.ok_or_else(|| corrupt("the rows are too many to count"))?;
            self.batches = self.batches.saturating_add(1);
        }
        Ok(())
    }

    fn decompressed(&mut self, batch: &Batch, place: &Place) -> Result<u64> {
        let mut total = 0u64;
        for buffer in &batch.buffers {
            let bytes = if batch.compressed && buffer.length > 0 {
                let at = place.body.saturating_add(buffer.offset);
                self.uncompressed_length(buffer, at).map_err(|error| error.at(at))?
            } else {
                buffer.length
            };
            total = total.saturating_add(bytes);
            if total > self.limits.batch_bytes {
                // The caller refuses; the buffers that follow need not be looked at.
                break;
            }
        }
        Ok(total)
    }

    /// What a compressed buffer claims to hold; -1 says that it is not compressed after all.
    fn uncompressed_length(&mut self, buffer: &Span, at: u64) -> Result<u64> {
        let Some(stored) = buffer.length.checked_sub(PREFIX_BYTES) else {
            let length = buffer.length;
            let what = format!("a compressed buffer of {length} bytes does not state its length");
            return Err(corrupt(what));
        };
        self.file.seek(SeekFrom::Start(at))?;
        let mut prefix = [0; 8];
        self.file.read_exact(&mut prefix)?;
        let length = i64::from_le_bytes(prefix);
        if length == -1 {
            return Ok(stored);
        }
        let length = size(length, "uncompressed length of a buffer")?;
        let most = self.limits.buffer_bytes;
        if length > most {
            return Err(too_large("a buffer has an uncompressed length of", length, most));
        }
        Ok(length)
    }
}

/// A record batch or dictionary whose metadata passed.
struct Batch {
    header: Header,
    rows: u64,
    buffers: Vec<Span>,
    compressed: bool,
}

/// A run of bytes inside a body.
struct Span {
    offset: u64,
    length: u64,
}

/// An entry of a file's footer.
struct Block {
    offset: u64,
    metadata_len: u64,
    body_len: u64,
}

/// The length a message gives its body, which has to fit the place it is in.
fn body_length(flat: Flat<'_>, message: &Table, place: &Place) -> Result<u64> {
    let length = size(flat.i64(message, 3, 0)?, "body length of a message")?;
    let room = place.body_room;
    if length > room || (place.body_exact && length != room) {
        let what = format!("a message claims a body of {length} bytes where {room} are");
        return Err(corrupt(what).at(0));
    }
    Ok(length)
}

/// Versions 4 and 5 of the metadata; those before are older than Arrow 0.8 and laid out otherwise.
fn check_version(version: i16) -> Result<()> {
    if (3..=4).contains(&version) {
        return Ok(());
    }
    let what = format!("metadata of the unsupported version number {version}");
    Err(PreflightError::new(PreflightKind::Unsupported, what).at(0))
}

fn header_kind(code: u8, expect: Expect) -> Result<Header> {
    let header = match code {
        1 => Header::Schema,
        2 => Header::Dictionary,
        3 => Header::Batch,
        _ => {
            let what = format!("a message of the unsupported type {code}");
            return Err(PreflightError::new(PreflightKind::Unsupported, what).at(0));
        }
    };
    let fits = match expect {
        Expect::Schema => header == Header::Schema,
        Expect::Batches => header != Header::Schema,
        Expect::Only(only) => header == only,
    };
    if fits {
        return Ok(header);
    }
    let what = format!("a message of type {code} where another belongs");
    Err(corrupt(what).at(0))
}

/// Checks byte order, depth and number of fields; the columns of views are the answer.
fn check_schema(flat: Flat<'_>, schema: &Table, limits: &IpcLimits) -> Result<u64> {
    match flat.i16(schema, 0, 0)? {
        0 => {}
        1 => {
            let what = "the data is big-endian, which is not read";
            return Err(PreflightError::new(PreflightKind::Unsupported, what));
        }
        other => return Err(corrupt(format!("the unknown byte order {other}"))),
    }
    let mut walk = FieldWalk { open: vec![(flat.vector(schema, 1, 4)?, false)], seen: 0, views: 0 };
    while walk.step(flat, limits)? {}
    Ok(walk.views)
}

/// The fields of a schema, depth first.
struct FieldWalk {
    /// For each open level, the fields still to come and whether they lie in a dictionary.
    open: Vec<(Vector, bool)>,
    seen: usize,
    views: u64,
}

impl FieldWalk {
    /// Visits one field or closes one level; false when all is done.
    fn step(&mut self, flat: Flat<'_>, limits: &IpcLimits) -> Result<bool> {
        let Some((fields, in_dictionary)) = self.open.last_mut() else {
            return Ok(false);
        };
        let in_dictionary = *in_dictionary;
        let Some(at) = fields.next() else {
            self.open.pop();
            return Ok(true);
        };
        self.seen = self.seen.saturating_add(1);
        if self.seen > limits.fields {
            let most = limits.fields;
            let what = format!("the schema has more than the {most} fields allowed");
            return Err(PreflightError::limit(what));
        }
        self.field(flat, &flat.follow(at)?, in_dictionary, limits)?;
        Ok(true)
    }

    fn field(&mut self, flat: Flat<'_>, field: &Table, in_dictionary: bool, limits: &IpcLimits) -> Result<()> {
        // The values of a dictionary travel in messages of their own.
        let in_dictionary = in_dictionary || flat.slot(field, 4)?.is_some();
        let is_view = matches!(flat.u8(field, 2, 0)?, 23 | 24);
        if is_view && !in_dictionary {
            self.views = self.views.saturating_add(1);
        }
        let children = flat.vector(field, 5, 4)?;
        if children.len == 0 {
            return Ok(());
        }
        if self.open.len() >= limits.depth {
            let most = limits.depth;
            let what = format!("the schema nests more than {most} levels deep");
            return Err(PreflightError::limit(what));
        }
        self.open.push((children, in_dictionary));
        Ok(())
    }
}

/// Refuses a column that is longer than nothing can be, or has more nulls than values.
fn check_nodes(flat: Flat<'_>, batch: &Table) -> Result<()> {
    for at in flat.vector(batch, 1, 16)?.places() {
        let length = size(flat.i64_at(at)?, "length of a column")?;
        let nulls = size(flat.i64_at(at.saturating_add(8))?, "null count of a column")?;
        if nulls > length {
            let what = format!("a column claims {nulls} nulls among {length} values");
            return Err(corrupt(what).at(wide(at)));
        }
    }
    Ok(())
}

/// The buffers of a batch, all inside its body.
fn read_buffers(flat: Flat<'_>, batch: &Table, body_len: u64) -> Result<Vec<Span>> {
    let vector = flat.vector(batch, 2, 16)?;
    let mut buffers = Vec::new();
    for at in vector.places() {
        let offset = size(flat.i64_at(at)?, "offset of a buffer")?;
        let length = size(flat.i64_at(at.saturating_add(8))?, "length of a buffer")?;
        let end = offset.checked_add(length);
        if end.is_none_or(|end| end > body_len) {
            let what = format!(
                "a buffer of {length} bytes at byte {offset} lies outside its body of \
                 {body_len} bytes"
            );
            return Err(corrupt(what).at(wide(at)));
        }
        buffers.push(Span { offset, length });
    }
    Ok(buffers)
}

/// Whether the buffers are compressed, each on its own.
fn is_compressed(flat: Flat<'_>, batch: &Table) -> Result<bool> {
    let Some(compression) = flat.child(batch, 3)? else {
        return Ok(false);
    };
    let (codec, method) = (flat.u8(&compression, 0, 0)?, flat.u8(&compression, 1, 0)?);
    if codec > 1 || method > 0 {
        let what = format!("the unsupported compression {codec} by method {method}");
        return Err(PreflightError::new(PreflightKind::Unsupported, what));
    }
    Ok(true)
}

/// Checks the buffer counts of view columns; how many there are is the answer.
fn check_variadic(flat: Flat<'_>, batch: &Table, buffers: usize) -> Result<u64> {
    let vector = flat.vector(batch, 4, 8)?;
    let mut sum = 0u64;
    for at in vector.places() {
        let count = size(flat.i64_at(at)?, "number of buffers of a view column")?;
        sum = sum.saturating_add(count);
        if sum > wide(buffers) {
            let what = format!("the view columns claim more buffers than the {buffers} there are");
            return Err(corrupt(what).at(wide(at)));
        }
    }
    Ok(wide(vector.len))
}

/// Never truncates on the platforms Rust has; saturates rather than wrap should one come.
fn wide(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// A flatbuffer. Every access is checked against the end of the bytes; errors count from its start.
#[derive(Clone, Copy)]
struct Flat<'a> {
    bytes: &'a [u8],
}

/// A table: where it starts, and where its slots are listed.
struct Table {
    at: usize,
    vtable: usize,
    /// Slots listed; those beyond have their default.
    slots: usize,
}

/// The elements of a vector that are still to come.
#[derive(Clone)]
struct Vector {
    at: usize,
    len: usize,
    width: usize,
}

impl Vector {
    const EMPTY: Self = Self { at: 0, len: 0, width: 0 };

    /// Where the next element stands.
    fn next(&mut self) -> Option<usize> {
        self.len = self.len.checked_sub(1)?;
        let at = self.at;
        self.at = self.at.saturating_add(self.width);
        Some(at)
    }

    /// Where each element stands.
    fn places(&self) -> impl Iterator<Item = usize> + use<> {
        let mut vector = self.clone();
        std::iter::from_fn(move || vector.next())
    }
}

impl Flat<'_> {
    fn array<const N: usize>(self, at: usize) -> Result<[u8; N]> {
        at.checked_add(N)
            .and_then(|end| self.bytes.get(at..end))
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| corrupt("the metadata refers past its end").at(wide(at)))
    }

    fn u16_at(self, at: usize) -> Result<usize> {
        Ok(usize::from(u16::from_le_bytes(self.array(at)?)))
    }

    fn u32_at(self, at: usize) -> Result<usize> {
        let value = u32::from_le_bytes(self.array(at)?);
        usize::try_from(value).map_err(|_| corrupt("a metadata offset is too large").at(wide(at)))
    }

    fn i64_at(self, at: usize) -> Result<i64> {
        Ok(i64::from_le_bytes(self.array(at)?))
    }

    /// The table the whole flatbuffer stands for.
    fn root(self) -> Result<Table> {
        self.follow(0)
    }

    /// The place the offset at `at` refers to; flatbuffers refer forwards only.
    fn target(self, at: usize) -> Result<usize> {
        let offset = self.u32_at(at)?;
        at.checked_add(offset).filter(|_| offset > 0).ok_or_else(|| corrupt("a metadata offset leads nowhere").at(wide(at)))
    }

    /// The table the offset at `at` refers to.
    fn follow(self, at: usize) -> Result<Table> {
        let at = self.target(at)?;
        let back = i64::from(i32::from_le_bytes(self.array(at)?));
        let vtable = i64::try_from(at)
            .ok()
            .and_then(|at| at.checked_sub(back))
            .and_then(|vtable| usize::try_from(vtable).ok())
            .ok_or_else(|| corrupt("a metadata table has no slots").at(wide(at)))?;
        let bytes = self.u16_at(vtable)?;
        // Its own length and the table's length come before the slots, two bytes each.
        let slots = bytes.checked_sub(4).map(|bytes| bytes / 2).ok_or_else(|| corrupt("a metadata table has no slots").at(wide(at)))?;
        Ok(Table { at, vtable, slots })
    }

    /// Where the value of a slot stands, or `None` for its default.
    fn slot(self, table: &Table, slot: usize) -> Result<Option<usize>> {
        if slot >= table.slots {
            return Ok(None);
        }
        let listed =
            slot.checked_mul(2).and_then(|slot| slot.checked_add(4)).and_then(|slot| slot.checked_add(table.vtable)).unwrap_or(usize::MAX);
        let offset = self.u16_at(listed)?;
        Ok((offset > 0).then(|| table.at.saturating_add(offset)))
    }

    fn u8(self, table: &Table, slot: usize, default: u8) -> Result<u8> {
        match self.slot(table, slot)? {
            Some(at) => Ok(u8::from_le_bytes(self.array(at)?)),
            None => Ok(default),
        }
    }

    fn i16(self, table: &Table, slot: usize, default: i16) -> Result<i16> {
        match self.slot(table, slot)? {
            Some(at) => Ok(i16::from_le_bytes(self.array(at)?)),
            None => Ok(default),
        }
    }

    fn i64(self, table: &Table, slot: usize, default: i64) -> Result<i64> {
        match self.slot(table, slot)? {
            Some(at) => self.i64_at(at),
            None => Ok(default),
        }
    }

    /// The table a slot refers to.
    fn child(self, table: &Table, slot: usize) -> Result<Option<Table>> {
        let at = self.slot(table, slot)?;
        at.map(|at| self.follow(at)).transpose()
    }

    /// The vector a slot refers to, whole inside the bytes; empty if there is none.
    fn vector(self, table: &Table, slot: usize, width: usize) -> Result<Vector> {
        let Some(at) = self.slot(table, slot)? else {
            return Ok(Vector::EMPTY);
        };
        let at = self.target(at)?;
        let len = self.u32_at(at)?;
        let first = at.saturating_add(4);
        let end = len.checked_mul(width).and_then(|bytes| bytes.checked_add(first));
        if end.is_none_or(|end| end > self.bytes.len()) {
            let what = "a metadata list claims more elements than bytes are left";
            return Err(corrupt(what).at(wide(at)));
        }
        Ok(Vector { at: first, len, width })
    }

    /// A `Block`: an offset, a length of 32 bits, four bytes of nothing, a length of 64 bits.
    fn block(self, at: usize) -> Result<Block> {
        let metadata_len = i32::from_le_bytes(self.array(at.saturating_add(8))?);
        Ok(Block {
            offset: size(self.i64_at(at)?, "offset of a block")?,
            metadata_len: size(i64::from(metadata_len), "metadata length of a block")?,
            body_len: size(self.i64_at(at.saturating_add(16))?, "body length of a block")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Cursor;
    use std::path::{Path, PathBuf};

    /// One slot of a table to be written.
    #[derive(Clone)]
    enum Slot {
        Absent,
        Inline(Vec<u8>),
        Table(Vec<Slot>),
        Tables(Vec<Vec<Slot>>),
        /// The number of elements, and their bytes.
        Vector(usize, Vec<u8>),
    }

    fn u32_of(value: usize) -> [u8; 4] {
        u32::try_from(value).unwrap().to_le_bytes()
    }

    fn u16_of(value: usize) -> [u8; 2] {
        u16::try_from(value).unwrap().to_le_bytes()
    }

    fn flatbuffer(root: &[Slot]) -> Vec<u8> {
        let mut out = vec![0; 4];
        let at = write_table(&mut out, root);
        out[..4].copy_from_slice(&u32_of(at));
        out
    }

    /// Writes slots, then the table, then what it refers to; where the table starts is the answer.
    fn write_table(out: &mut Vec<u8>, slots: &[Slot]) -> usize {
        let vtable_len = 4 + 2 * slots.len();
        let (mut inline, mut listed, mut later) = (vec![0; 4], Vec::new(), Vec::new());
        for slot in slots {
            match slot {
                Slot::Absent => listed.push(0),
                Slot::Inline(bytes) => {
                    listed.push(inline.len());
                    inline.extend(bytes);
                }
                child => {
                    listed.push(inline.len());
                    later.push((inline.len(), child));
                    inline.extend([0; 4]);
                }
            }
        }
        inline[..4].copy_from_slice(&u32_of(vtable_len));
        out.extend(u16_of(vtable_len));
        out.extend(u16_of(inline.len()));
        for at in listed {
            out.extend(u16_of(at));
        }
        let table = out.len();
        out.extend(inline);
        for (at, child) in later {
            let target = write_child(out, child);
            let place = table + at;
            out[place..place + 4].copy_from_slice(&u32_of(target - place));
        }
        table
    }

    fn write_child(out: &mut Vec<u8>, child: &Slot) -> usize {
        let start = out.len();
        match child {
            Slot::Table(slots) => return write_table(out, slots),
            Slot::Tables(tables) => {
                out.extend(u32_of(tables.len()));
                let first = out.len();
                out.extend(vec![0; 4 * tables.len()]);
                for (number, slots) in tables.iter().enumerate() {
                    let place = first + 4 * number;
                    let target = write_table(out, slots);
                    out[place..place + 4].copy_from_slice(&u32_of(target - place));
                }
            }
            Slot::Vector(len, bytes) => {
                out.extend(u32_of(*len));
                out.extend(bytes);
            }
            Slot::Absent | Slot::Inline(_) => unreachable!("not stored apart"),
        }
        start
    }

    fn i64s(values: &[i64]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn i16_slot(value: i16) -> Slot {
        Slot::Inline(value.to_le_bytes().to_vec())
    }

    /// Pairs of 64-bit numbers, as nodes and buffers are written.
    fn pairs(values: &[i64]) -> Slot {
        Slot::Vector(values.len() / 2, i64s(values))
    }

    fn field(code: u8, children: Vec<Vec<Slot>>) -> Vec<Slot> {
        let children = if children.is_empty() { Slot::Absent } else { Slot::Tables(children) };
        let code = Slot::Inline(vec![code]);
        vec![Slot::Absent, Slot::Absent, code, Slot::Absent, Slot::Absent, children]
    }

    fn schema_of(fields: Vec<Vec<Slot>>, endianness: i16) -> Vec<Slot> {
        vec![i16_slot(endianness), Slot::Tables(fields)]
    }

    fn schema() -> Vec<Slot> {
        schema_of(vec![field(2, vec![])], 0)
    }

    fn batch(rows: i64, nodes: &[i64], buffers: &[i64]) -> Vec<Slot> {
        vec![Slot::Inline(i64s(&[rows])), pairs(nodes), pairs(buffers)]
    }

    fn message(kind: u8, header: Vec<Slot>, body: &[u8]) -> Vec<u8> {
        let length = i64::try_from(body.len()).unwrap();
        message_claiming(kind, header, body, length)
    }

    fn message_claiming(kind: u8, header: Vec<Slot>, body: &[u8], length: i64) -> Vec<u8> {
        let kind = Slot::Inline(vec![kind]);
        let length = Slot::Inline(i64s(&[length]));
        let metadata = flatbuffer(&[i16_slot(4), kind, Slot::Table(header), length]);
        let mut bytes = CONTINUATION.to_vec();
        bytes.extend(u32_of(metadata.len()));
        bytes.extend(metadata);
        bytes.extend(body);
        bytes
    }

    fn read(bytes: &[u8]) -> Result<IpcFacts> {
        check(&mut Cursor::new(bytes), &IpcLimits::default())
    }

    fn with_batch(header: Vec<Slot>, body: &[u8]) -> Result<IpcFacts> {
        read(&[message(1, schema(), &[]), message(3, header, body)].concat())
    }

    fn refused(header: Vec<Slot>, body: &[u8]) -> String {
        with_batch(header, body).unwrap_err().what
    }

    #[test]
    fn a_sound_stream_passes_however_it_ends() {
        let sound = [
            message(1, schema(), &[]),
            message(3, batch(3, &[3, 1], &[0, 8, 8, 8]), &[0; 16]),
            message(3, batch(4, &[4, 0], &[0, 0, 0, 16]), &[0; 16]),
        ]
        .concat();
        let expected = IpcFacts { kind: IpcKind::Stream, batches: 2, rows: 7 };
        assert_eq!(read(&sound), Ok(expected.clone()));
        let mut marked = sound.clone();
        marked.extend([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
        assert_eq!(read(&marked), Ok(expected));
        // Before format 0.15 the length came without a marker.
        let old = message(1, schema(), &[]).split_off(4);
        assert_eq!(read(&old).map(|facts| facts.batches), Ok(0));
    }

    #[test]
    fn every_truncation_and_flip_ends() {
        let first = message(1, schema(), &[]);
        let body = message(3, batch(3, &[3, 1], &[0, 8, 8, 8]), &[0; 16]);
        let sound = [first.clone(), body].concat();
        for len in 0..sound.len() {
            let whole = len == first.len();
            assert_eq!(read(&sound[..len]).is_ok(), whole, "{len}");
        }
        for at in 0..sound.len() {
            for bit in 0..8 {
                let mut bytes = sound.clone();
                bytes[at] ^= 1 << bit;
                let _ = read(&bytes);
            }
        }
    }

    #[test]
    fn big_endian_is_refused() {
        let fields = || vec![field(2, vec![])];
        let error = read(&message(1, schema_of(fields(), 1), &[])).unwrap_err();
        assert_eq!(error.kind, PreflightKind::Unsupported);
        assert!(error.what.contains("big-endian"));
        let footer = vec![i16_slot(4), Slot::Table(schema_of(fields(), 1))];
        assert!(read(&file(&[], footer)).unwrap_err().what.contains("big-endian"));
        assert!(read(&message(1, schema_of(fields(), 2), &[])).is_err());
    }

    #[test]
    fn lengths_stay_inside_the_bytes() {
        assert!(refused(batch(3, &[3, 0], &[0, 8, 9, 8]), &[0; 16]).contains("outside its body"));
        assert!(refused(batch(3, &[3, 0], &[-1, 8]), &[0; 16]).contains("negative"));
        assert!(refused(batch(3, &[3, 0], &[i64::MAX, i64::MAX]), &[0; 16]).contains("outside"));
        let huge = message_claiming(3, batch(0, &[], &[]), &[], 1 << 60);
        let stream = [message(1, schema(), &[]), huge].concat();
        assert!(read(&stream).unwrap_err().what.contains("claims a body"));
        let negative = message_claiming(1, schema(), &[], -1);
        assert!(read(&negative).unwrap_err().what.contains("negative"));
        assert!(read(&[0xff, 0xff, 0xff, 0x7f, 0, 0]).is_err());
        assert!(read(&[0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff]).is_err());
    }

    #[test]
    fn nulls_and_rows_are_counts() {
        assert!(refused(batch(3, &[3, 4], &[]), &[]).contains("4 nulls among 3 values"));
        assert!(refused(batch(3, &[3, -1], &[]), &[]).contains("null count"));
        assert!(refused(batch(-1, &[], &[]), &[]).contains("negative"));
        assert!(refused(batch(1 << 40, &[], &[]), &[]).contains("number of rows"));
    }

    #[test]
    fn compressed_buffers_state_plausible_lengths() {
        let compressed = |prefix: i64| {
            let mut header = batch(1, &[1, 0], &[0, 16]);
            header.push(Slot::Table(vec![Slot::Inline(vec![1])]));
            let body = i64s(&[prefix, 0]);
            with_batch(header, &body)
        };
        for sound in [-1, 0, 100, 1 << 30] {
            assert!(compressed(sound).is_ok(), "{sound}");
        }
        assert!(compressed(-2).is_err());
        assert_eq!(compressed((1 << 30) + 1).unwrap_err().kind, PreflightKind::Limit);
    }

    #[test]
    fn decompression_has_a_budget() {
        // Five buffers over the same bytes, each claiming one GiB.
        let buffers = [0, 16].repeat(5);
        let mut header = batch(1, &[1, 0], &buffers);
        header.push(Slot::Table(vec![]));
        let error = with_batch(header, &i64s(&[1 << 30, 0])).unwrap_err();
        assert_eq!(error.kind, PreflightKind::Limit);
        assert!(error.what.contains("total size"));
    }

    #[test]
    fn view_columns_count_their_buffers() {
        let views = || schema_of(vec![field(24, vec![]), field(2, vec![])], 0);
        let with = |counts: &[i64]| {
            let mut header = batch(0, &[], &[0, 0, 0, 0]);
            header.push(Slot::Absent);
            header.push(Slot::Vector(counts.len(), i64s(counts)));
            read(&[message(1, views(), &[]), message(3, header, &[])].concat())
        };
        assert!(with(&[0]).is_ok());
        assert!(with(&[2]).is_ok());
        assert!(with(&[3]).is_err());
        assert!(with(&[-1]).is_err());
        assert!(with(&[0, 0]).is_err());
        assert!(with(&[]).is_err());
    }

    #[test]
    fn schemas_are_limited_in_depth_and_width() {
        let nested = |depth: usize| {
            let mut inner = field(2, vec![]);
            for _ in 1..depth {
                inner = field(13, vec![inner]);
            }
            read(&message(1, schema_of(vec![inner], 0), &[]))
        };
        assert!(nested(64).is_ok());
        assert_eq!(nested(65).unwrap_err().kind, PreflightKind::Limit);
        assert_eq!(nested(80).unwrap_err().kind, PreflightKind::Limit);
        let wide = |fields| read(&message(1, schema_of(vec![field(2, vec![]); fields], 0), &[]));
        assert!(wide(20_000).is_ok());
        assert_eq!(wide(20_001).unwrap_err().kind, PreflightKind::Limit);
    }

    #[test]
    fn messages_come_in_order() {
        let one = || message(1, schema(), &[]);
        assert!(read(&[one(), one()].concat()).is_err());
        assert!(read(&message(3, batch(0, &[], &[]), &[])).is_err());
        assert!(read(&message(4, schema(), &[])).is_err());
        assert!(read(&[]).is_err());
    }

    fn block(offset: usize, metadata: usize, body: usize) -> Vec<u8> {
        let number = |value: usize| i64::try_from(value).unwrap();
        i64s(&[number(offset), number(metadata), number(body)])
    }

    /// A file with these bytes behind the opening magic, and this footer.
    fn file(content: &[u8], footer: Vec<Slot>) -> Vec<u8> {
        let footer = flatbuffer(&footer);
        let mut bytes = b"ARROW1\0\0".to_vec();
        bytes.extend(content);
        bytes.extend(&footer);
        bytes.extend(u32_of(footer.len()));
        bytes.extend(MAGIC);
        bytes
    }

    #[test]
    fn files_are_checked_block_by_block() {
        let content = message(3, batch(3, &[3, 0], &[0, 16]), &[0; 16]);
        let metadata = content.len() - 16;
        let with = |blocks: &[Vec<u8>]| {
            let blocks = Slot::Vector(blocks.len(), blocks.concat());
            let footer = vec![i16_slot(4), Slot::Table(schema()), Slot::Absent, blocks];
            read(&file(&content, footer))
        };
        let sound = block(8, metadata, 16);
        let expected = IpcFacts { kind: IpcKind::File, batches: 1, rows: 3 };
        assert_eq!(with(std::slice::from_ref(&sound)), Ok(expected));
        assert!(with(&[sound.clone(), sound]).unwrap_err().what.contains("overlap"));
        assert!(with(&[block(8, metadata, 15)]).is_err());
        assert!(with(&[block(8, metadata, 17)]).is_err());
        assert!(with(&[block(8, 8, 16)]).is_err());
        assert!(with(&[block(8, 0, 16)]).is_err());
        assert!(with(&[block(9, metadata, 16)]).is_err());
    }

    #[test]
    fn footers_lie_inside_the_file() {
        let mut bytes = file(&[], vec![i16_slot(4), Slot::Table(schema())]);
        assert!(read(&bytes).is_ok());
        let at = bytes.len() - 10;
        bytes[at..at + 4].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f]);
        assert!(read(&bytes).is_err());
        bytes[at..at + 4].copy_from_slice(&[0xff; 4]);
        assert!(read(&bytes).is_err());
        assert!(read(b"ARROW1\0\0ARROW1").is_err());
        assert!(read(&file(&[], vec![i16_slot(4)])).is_err());
    }

    fn corpus(folder: &str) -> Vec<PathBuf> {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus"));
        let Ok(entries) = std::fs::read_dir(root.join("parquet-testing").join(folder)) else {
            return Vec::new();
        };
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    fn check_file(path: &Path) -> Result<IpcFacts> {
        check(&mut File::open(path).unwrap(), &IpcLimits::default())
    }

    #[test]
    fn valid_files_pass_unless_big_endian() {
        for path in corpus("valid-ipc") {
            let result = check_file(&path);
            if path.to_string_lossy().contains("bigendian") {
                let error = result.expect_err("the file is big-endian");
                assert!(error.what.contains("big-endian"), "{path:?}: {error}");
            } else {
                let facts = result.unwrap_or_else(|error| panic!("{path:?}: {error}"));
                let stream = path.extension().is_some_and(|end| end == "stream");
                assert_eq!(facts.kind == IpcKind::Stream, stream, "{path:?}");
            }
        }
    }

    #[test]
    fn broken_files_end_in_an_answer() {
        for folder in ["fuzz-ipc-stream", "fuzz-ipc-file", "fuzz-csv", "fuzz-parquet"] {
            for path in corpus(folder) {
                let known = folder.starts_with("fuzz-ipc");
                assert!(known || check_file(&path).is_err(), "{path:?}");
            }
        }
    }
}

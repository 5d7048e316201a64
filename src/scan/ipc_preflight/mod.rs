//! Checks an Arrow IPC file or stream before an Arrow reader sees it.
//!
//! Readers of IPC allocate and slice by the lengths a message states: of corrupt streams one in
//! fourteen panics, thirty bytes can ask for gigabytes, and a big-endian stream is read with its
//! bytes swapped and no error. [`check`] goes through the headers only, seeking past the bodies, and
//! refuses what does not fit: lengths beyond the file, buffers outside their body, null counts above
//! lengths, bodies that claim to decompress without bound, schemas too deep or too wide, types that
//! Arrow does not have (integers of 24 bits, a fourth precision of floats).
//!
//! It knows as much of flatbuffers and of Arrow's `Message`, `Schema` and `Footer` tables as that
//! takes: [`flat`] reads the bytes, [`schema`] goes through the fields, [`types`] knows what a field may
//! declare, [`batch`] adds up buffers. It does not compare buffers with the types of the schema, does not
//! look at offsets, validity or text inside the buffers, and does not decompress. What passes is
//! plausible, not right.
//!
//! Memory: the metadata of one message and the footer of a file, each at most twice over. Nothing
//! recurses.

mod batch;
mod flat;
mod schema;
#[cfg(test)]
mod tests;
mod types;

use std::io::{Read, Seek, SeekFrom};

use super::preflight::{PreflightError, PreflightKind, read_exactly};
use batch::Batch;
use flat::{Flat, Table};
use schema::check_schema;

const MIB: u64 = 1024 * 1024;

/// Opens and closes a file; a stream has no magic.
const MAGIC: &[u8; 6] = b"ARROW1";

/// Precedes the metadata length since format 0.15; before, the length came first.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// The opening magic with its padding.
const HEAD_BYTES: u64 = 8;

/// The footer's length and the closing magic.
const TAIL_BYTES: u64 = 10;

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
/// If the bytes are neither, are big-endian, exceed a limit, declare a type that Arrow does not have, or contradict themselves.
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
                blocks.push((header, Block::read(flat, at)?));
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
}

/// An entry of a file's footer.
struct Block {
    offset: u64,
    metadata_len: u64,
    body_len: u64,
}

impl Block {
    /// A `Block`: an offset, a length of 32 bits, four bytes of nothing, a length of 64 bits.
    fn read(flat: Flat<'_>, at: usize) -> Result<Self> {
        Ok(Self {
            offset: size(flat.i64_at(at)?, "offset of a block")?,
            metadata_len: size(i64::from(flat.i32_at(at.saturating_add(8))?), "metadata length of a block")?,
            body_len: size(flat.i64_at(at.saturating_add(16))?, "body length of a block")?,
        })
    }
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

//! Batches: their lengths, null counts and buffers, and what the buffers come to after decompression.

use std::io::{Read, Seek, SeekFrom};

use super::flat::{Flat, Table, wide};
use super::{Checker, Header, Place, PreflightError, PreflightKind, Result, corrupt, size, too_large};

/// Bytes that state a compressed buffer's uncompressed length.
const PREFIX_BYTES: u64 = 8;

/// A record batch or dictionary whose metadata passed.
pub(super) struct Batch {
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

impl<F: Read + Seek> Checker<'_, F> {
    /// Checks the parts of a `RecordBatch` table that need no look at the body.
    pub(super) fn batch(&self, flat: Flat<'_>, table: &Table, header: Header, body_len: u64) -> Result<Batch> {
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
    pub(super) fn count(&mut self, batch: &Batch, place: &Place) -> Result<()> {
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

//! Cells of a text column in every layout, and the buffers that views of their parts refer to.

use std::sync::Arc;

use arrow::array::builder::make_view;
use arrow::array::cast::AsArray;
use arrow::array::types::ByteArrayType;
use arrow::array::{AnyDictionaryArray, Array, GenericByteArray, LargeStringArray, StringArray, StringViewArray};
use arrow::buffer::Buffer;
use arrow::datatypes::DataType;

/// Cells and buffers beyond this size are not referred to: Arrow counts bytes within a buffer in 31 bits.
pub(super) const BLOCK: usize = 1 << 30;

/// A column of texts.
pub(super) enum Cells<'a> {
    Utf8(&'a StringArray),
    LargeUtf8(&'a LargeStringArray),
    View(&'a StringViewArray),
    Dictionary(Vec<usize>, &'a dyn AnyDictionaryArray, Box<Cells<'a>>),
}

/// Where a text's bytes are, for views of its parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    block: u32,
    offset: u32,
}

impl<'a> Cells<'a> {
    /// The cells of an array; `None` if it does not hold texts.
    pub(super) fn new(array: &'a dyn Array) -> Option<Self> {
        match array.data_type() {
            DataType::Utf8 => Some(Self::Utf8(array.as_string())),
            DataType::LargeUtf8 => Some(Self::LargeUtf8(array.as_string())),
            DataType::Utf8View => Some(Self::View(array.as_string_view())),
            DataType::Dictionary(..) => {
                let dictionary = array.as_any_dictionary_opt()?;
                let values = Self::new(dictionary.values().as_ref())?;
                let keys = if dictionary.values().is_empty() { Vec::new() } else { dictionary.normalized_keys() };
                Some(Self::Dictionary(keys, dictionary, Box::new(values)))
            }
            _ => None,
        }
    }

    /// The text of a cell and where it is; `None` for null.
    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<(&'a str, Origin)> {
        match self {
            Self::Utf8(array) => part(array, row),
            Self::LargeUtf8(array) => part(array, row),
            Self::View(array) => {
                let text = array.is_valid(row).then(|| array.value(row))?;
                let view = arrow::array::ByteView::from(array.views().get(row).copied()?);
                Some((text, Origin { block: view.buffer_index, offset: view.offset }))
            }
            Self::Dictionary(keys, dictionary, values) => {
                let key = dictionary.keys().is_valid(row).then(|| keys.get(row).copied())??;
                values.get(key)
            }
        }
    }

    /// The buffers that origins count in.
    pub(super) fn buffers(&self) -> Vec<Buffer> {
        match self {
            Self::Utf8(array) => blocks(array.values(), BLOCK),
            Self::LargeUtf8(array) => blocks(array.values(), BLOCK),
            Self::View(array) => array.data_buffers().to_vec(),
            Self::Dictionary(_, _, values) => values.buffers(),
        }
    }
}

fn part<T: ByteArrayType<Native = str>>(array: &GenericByteArray<T>, row: usize) -> Option<(&str, Origin)>
where
    T::Offset: TryInto<usize>,
{
    let text = array.is_valid(row).then(|| array.value(row))?;
    let start: usize = (*array.value_offsets().get(row)?).try_into().ok()?;
    Some((text, Origin { block: u32::try_from(start / BLOCK).ok()?, offset: u32::try_from(start % BLOCK).ok()? }))
}

/// A buffer as overlapping blocks that begin `size` bytes after each other, so that a text shorter than that which begins in one
/// before the next is whole in it.
fn blocks(buffer: &Buffer, size: usize) -> Vec<Buffer> {
    let starts = (0..buffer.len().max(1)).step_by(size);
    starts.map(|start| buffer.slice_with_length(start, (buffer.len() - start).min(2 * size - 1))).collect()
}

/// Texts that had escapes, without them.
pub(super) struct Side {
    /// The block that is being filled.
    pub(super) bytes: Vec<u8>,
    full: Vec<Buffer>,
    /// The number of the first block.
    first: u32,
}

impl Side {
    /// `first` is the number of buffers that the column has.
    pub(super) fn new(first: usize) -> Self {
        Self { bytes: Vec::new(), full: Vec::new(), first: u32::try_from(first).unwrap_or(u32::MAX) }
    }

    /// Makes sure that the parts of a text fit in the block.
    #[inline]
    pub(super) fn make_room(&mut self, bytes: usize) {
        if self.bytes.len() + bytes > BLOCK {
            self.full.push(Buffer::from_vec(std::mem::take(&mut self.bytes)));
        }
    }

    /// The view of the bytes from `start` on, which are kept only if the view refers to them.
    pub(super) fn view_from(&mut self, start: usize) -> u128 {
        let block = self.first.saturating_add(u32::try_from(self.full.len()).unwrap_or(u32::MAX));
        let bytes = self.bytes.get(start..).unwrap_or_default();
        let view = make_view(bytes, block, u32::try_from(start).unwrap_or(u32::MAX));
        if bytes.len() <= 12 {
            self.bytes.truncate(start);
        }
        view
    }

    /// All buffers that views refer to.
    pub(super) fn finish(mut self, mut buffers: Vec<Buffer>) -> Arc<[Buffer]> {
        self.full.push(Buffer::from_vec(self.bytes));
        buffers.extend(self.full);
        buffers.into()
    }
}

impl Origin {
    /// The origin of what begins so many bytes later.
    pub(super) fn after(self, bytes: usize) -> Self {
        Self { offset: u32::try_from(bytes).map_or(u32::MAX, |bytes| self.offset.saturating_add(bytes)), ..self }
    }

    /// A view of bytes that begin `at` bytes later.
    #[inline]
    pub(super) fn view(self, bytes: &[u8], at: usize) -> u128 {
        make_view(bytes, self.block, self.after(at).offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_whole_in_the_block_they_begin_in() {
        let bytes: Vec<u8> = (0..200).collect();
        for length in [0, 1, 15, 16, 17, 200] {
            let buffer = Buffer::from_slice_ref(&bytes[..length]);
            let blocks = blocks(&buffer, 16);
            for start in 0..length {
                for end in start..length.min(start + 16) {
                    assert_eq!(blocks[start / 16][start % 16..][..end - start], bytes[start..end]);
                }
            }
        }
    }

    #[test]
    fn a_full_side_block_is_followed_by_another() {
        let mut side = Side::new(3);
        side.bytes = vec![b'x'; 20];
        let first = arrow::array::ByteView::from(side.view_from(0));
        side.make_room(BLOCK - 20);
        assert_eq!(side.bytes.len(), 20);
        side.make_room(BLOCK - 19);
        side.bytes.extend_from_slice(b"short");
        side.view_from(0);
        side.bytes.extend_from_slice(b"longer than twelve");
        let second = arrow::array::ByteView::from(side.view_from(0));
        assert_eq!((first.buffer_index, second.buffer_index, second.offset), (3, 4, 0));
        let buffers = side.finish(vec![Buffer::from_vec(Vec::<u8>::new()); 3]);
        assert_eq!((buffers.len(), buffers[4].as_slice()), (5, &b"longer than twelve"[..]));
    }
}

//! The page index of a chunk: bounds and nulls page by page, for files whose footers have none for the chunk.

use super::super::thrift::{Fields, Reader, Wire};

/// What an index says of the pages of a chunk.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PageIndex {
    /// The smallest and the largest value of each page that has values.
    pub bounds: Vec<(Vec<u8>, Vec<u8>)>,
    /// Nulls of all pages together.
    pub nulls: Option<u64>,
}

impl PageIndex {
    /// Reads a `ColumnIndex` struct for a chunk of so many data pages; `None` where it is malformed or speaks of another number of pages.
    pub(super) fn read(bytes: &[u8], pages: usize) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let (mut empty, mut low, mut high, mut nulls) = (None, None, None, None);
        let mut fields = Fields::default();
        while let Some(field) = fields.next(&mut reader).ok()? {
            match (field.id, field.wire) {
                (1, Wire::List) => empty = Some(list(&mut reader, Reader::byte)?),
                (2, Wire::List) => low = Some(list(&mut reader, Reader::binary)?),
                (3, Wire::List) => high = Some(list(&mut reader, Reader::binary)?),
                (5, Wire::List) => nulls = Some(list(&mut reader, Reader::i64)?),
                _ => reader.skip(field.wire).ok()?,
            }
        }
        let (empty, low, high) = (empty?, low?, high?);
        let whole = [empty.len(), low.len(), high.len(), nulls.as_ref().map_or(pages, Vec::len)];
        if whole.iter().any(|count| *count != pages) {
            return None;
        }
        let nulls = match nulls {
            Some(counts) => {
                let total = counts.into_iter().try_fold(0_u64, |sum, count| sum.checked_add(u64::try_from(count).ok()?));
                Some(total?)
            }
            None => None,
        };
        // In a list, true is the byte 1.
        let full = empty.iter().zip(low.iter().zip(&high)).filter(|(empty, _)| **empty != 1);
        Some(Self { bounds: full.map(|(_, (low, high))| (low.to_vec(), high.to_vec())).collect(), nulls })
    }
}

fn list<'a, T>(reader: &mut Reader<'a>, item: impl Fn(&mut Reader<'a>) -> Result<T, super::super::thrift::ThriftError>) -> Option<Vec<T>> {
    let header = reader.list().ok()?;
    (0..header.len).map(|_| item(reader).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pages, the second all null.
    const TWO: [u8; 23] = [0x19, 0x21, 2, 1, 0x19, 0x28, 1, 5, 0, 0x19, 0x28, 1, 9, 0, 0x15, 0, 0x19, 0x26, 0, 6, 0, 0, 0];

    #[test]
    fn pages_without_values_have_no_bounds() {
        let read = PageIndex::read(&TWO, 2).unwrap();
        assert_eq!(read, PageIndex { bounds: vec![(vec![5], vec![9])], nulls: Some(3) });
    }

    #[test]
    fn an_index_of_other_pages_or_cut_short_is_none() {
        assert_eq!(PageIndex::read(&TWO, 3), None);
        for length in 0..20 {
            assert_eq!(PageIndex::read(&TWO[..length], 2), None, "{length}");
        }
        let mut negative = TWO;
        negative[19] = 5;
        assert_eq!(PageIndex::read(&negative, 2), None);
    }
}

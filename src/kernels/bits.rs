//! Bitmaps of slots: small helpers over Arrow's [`BooleanBuffer`], where "absent" stands for "no bit set".

use arrow::buffer::{BooleanBuffer, Buffer};

use super::wide::{Loop, widest};

/// The union of two optional bitmaps.
pub(crate) fn union(a: Option<&BooleanBuffer>, b: Option<&BooleanBuffer>) -> Option<BooleanBuffer> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a | b),
        (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        (None, None) => None,
    }
}

/// `a & !b`.
pub(crate) fn minus(a: &BooleanBuffer, b: Option<&BooleanBuffer>) -> BooleanBuffer {
    b.map_or_else(|| a.clone(), |b| a & &!b)
}

/// Keeps a bitmap only where a bit of it is set.
pub(crate) fn some_if_any(bits: BooleanBuffer) -> Option<BooleanBuffer> {
    (ones(&bits) > 0).then_some(bits)
}

/// Number of set bits; an absent bitmap has none.
pub(crate) fn count(bits: Option<&BooleanBuffer>) -> usize {
    bits.map_or(0, ones)
}

/// Number of set bits.
///
/// PERF: benches/peers, the wide table: a rule's slice is counted several times, and the general x86-64 has no instruction for it.
pub(crate) fn ones(bits: &BooleanBuffer) -> usize {
    words(bits).map_or_else(|| bits.count_set_bits(), |words| widest(Ones(words)))
}

struct Ones<'a>(&'a [[u8; 8]]);

impl Loop for Ones<'_> {
    type Out = usize;

    #[inline(always)]
    fn run(self) -> usize {
        self.0.iter().map(|word| u64::from_le_bytes(*word).count_ones() as usize).sum()
    }
}

/// A bitmap that is made of whole words, as little-endian bytes.
pub(crate) fn words(bits: &BooleanBuffer) -> Option<&[[u8; 8]]> {
    let whole = bits.offset().is_multiple_of(8) && bits.len().is_multiple_of(64);
    let bytes = bits.values().get(bits.offset() / 8..).filter(|_| whole)?;
    bytes.as_chunks().0.get(..bits.len() / 64)
}

/// Whether bit `at` is set; an absent bitmap has none, and so has a place past the end.
#[inline]
pub(crate) fn get(bits: Option<&BooleanBuffer>, at: usize) -> bool {
    bits.is_some_and(|bits| at < bits.len() && bits.value(at))
}

/// Up to 64 bits as a word, the first lowest.
///
/// PERF: benches/kernels.rs `set`: a byte each, packed by eights, is cheaper than bit by bit.
#[inline(always)]
pub(crate) fn word(bits: impl Iterator<Item = bool>) -> u64 {
    let mut marks = [0_u8; 64];
    marks.iter_mut().zip(bits).for_each(|(mark, bit)| *mark = u8::from(bit));
    // Of eight bytes that are 0 or 1 the product has one bit each in its highest byte.
    let eight = |word: &[u8; 8]| u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    marks.as_chunks::<8>().0.iter().enumerate().fold(0, |bits, (at, word)| bits | eight(word) << (at * 8))
}

/// A bit for each pair of values; a slice of one value stands for as many as the other has.
#[inline]
pub(crate) fn pairs<T: Copy>(left: &[T], right: &[T], test: impl Fn(T, T) -> bool) -> BooleanBuffer {
    let words: Vec<u64> = match (left, right) {
        (&[a], right) => right.chunks(64).map(|chunk| word(chunk.iter().map(|b| test(a, *b)))).collect(),
        (left, &[b]) => left.chunks(64).map(|chunk| word(chunk.iter().map(|a| test(*a, b)))).collect(),
        _ => left.chunks(64).zip(right.chunks(64)).map(|(a, b)| word(a.iter().zip(b).map(|(a, b)| test(*a, *b)))).collect(),
    };
    let slots = match (left.len(), right.len()) {
        (1, slots) | (slots, 1) => slots,
        (left, right) => left.min(right),
    };
    BooleanBuffer::new(Buffer::from_vec(words), 0, slots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_counted_from_every_place() {
        let bits = BooleanBuffer::collect_bool(300, |at| at * 7 % 5 < 2);
        for (start, length) in [(0, 0), (0, 64), (8, 128), (64, 192), (3, 64), (0, 300), (16, 250), (300, 0)] {
            let slice = bits.slice(start, length);
            assert_eq!(ones(&slice), slice.iter().filter(|bit| *bit).count(), "{length} from {start}");
        }
    }

    #[test]
    fn pairs_are_tested_slot_by_slot() {
        for slots in [0, 1, 2, 63, 64, 65, 200] {
            let left: Vec<i32> = (0..slots).map(|slot| slot * 7 % 5).collect();
            let right: Vec<i32> = (0..slots).map(|slot| slot * 3 % 5).collect();
            let plain = |test: &dyn Fn(usize) -> bool| BooleanBuffer::collect_bool(left.len(), test);
            assert_eq!(pairs(&left, &right, |a, b| a < b), plain(&|slot| left[slot] < right[slot]), "{slots}");
            assert_eq!(pairs(&left, &[2], |a, b| a < b), plain(&|slot| left[slot] < 2), "{slots}");
            assert_eq!(pairs(&[2], &right, |a, b| a < b), plain(&|slot| 2 < right[slot]), "{slots}");
        }
    }
}

//! Bitmaps of slots: small helpers over Arrow's [`BooleanBuffer`], where "absent" stands for "no bit set".

use arrow::buffer::BooleanBuffer;

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
    (bits.count_set_bits() > 0).then_some(bits)
}

/// Number of set bits; an absent bitmap has none.
pub(crate) fn count(bits: Option<&BooleanBuffer>) -> usize {
    bits.map_or(0, BooleanBuffer::count_set_bits)
}

/// Whether bit `at` is set; an absent bitmap has none, and so has a place past the end.
#[inline]
pub(crate) fn get(bits: Option<&BooleanBuffer>, at: usize) -> bool {
    bits.is_some_and(|bits| at < bits.len() && bits.value(at))
}

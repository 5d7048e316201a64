//! Definition levels of flat columns: how many of a page's values are not null, without a look at the values.

/// Counts the values that are not null among the first `values` levels of one bit each, in the RLE/bit-packing hybrid.
///
/// `None` where the levels end early or hold what a level of one bit cannot be: the reader is to judge those.
pub(super) fn present(mut bytes: &[u8], values: u64) -> Option<u64> {
    let (mut seen, mut present) = (0_u64, 0_u64);
    while seen < values {
        let header = varint(&mut bytes)?;
        let left = values - seen;
        if header & 1 == 0 {
            let (level, rest) = bytes.split_first()?;
            bytes = rest;
            let run = (header >> 1).min(left);
            present += match level {
                0 => 0,
                1 => run,
                _ => return None,
            };
            seen += run;
            if header == 0 {
                return None;
            }
        } else {
            let length = usize::try_from(header >> 1).ok()?;
            let run = (header >> 1).checked_mul(8)?.min(left);
            // The last bytes of the last run may be left out; bits past the page's values mean nothing.
            let used = usize::try_from(run.div_ceil(8)).ok()?;
            let packed = bytes.get(..used)?;
            present += ones(packed, run);
            bytes = bytes.get(length..).unwrap_or_default();
            seen += run;
            if run == 0 {
                return None;
            }
        }
    }
    Some(present)
}

/// The ones among the first `bits` bits, lowest bits first.
fn ones(packed: &[u8], bits: u64) -> u64 {
    let whole = usize::try_from(bits / 8).unwrap_or(usize::MAX);
    let (full, rest) = packed.split_at_checked(whole).unwrap_or((packed, &[]));
    let mask = (1_u16 << (bits % 8)) - 1;
    let last = rest.first().map_or(0, |byte| (u16::from(*byte) & mask).count_ones());
    full.iter().map(|byte| u64::from(byte.count_ones())).sum::<u64>() + u64::from(last)
}

/// An unsigned LEB128 number.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_packed_bits_are_counted() {
        // Ten ones, then five zeros.
        assert_eq!(present(&[20, 1, 10, 0], 15), Some(10));
        // Two groups of eight: 0b1010_1010 and 0b0000_0111, of which ten count.
        assert_eq!(present(&[5, 0xaa, 0x07], 10), Some(6));
        assert_eq!(present(&[5, 0xaa, 0x07], 16), Some(7));
        assert_eq!(present(&[], 0), Some(0));
    }

    #[test]
    fn a_run_past_the_values_counts_up_to_them() {
        assert_eq!(present(&[200, 1, 1], 7), Some(7));
        assert_eq!(present(&[3, 0xff], 3), Some(3));
    }

    #[test]
    fn what_a_level_cannot_be_is_left_to_the_reader() {
        for bytes in [&[][..], &[20], &[20, 2], &[0, 1], &[1], &[5, 0xff], &[4, 1], &[0x80; 12]] {
            assert_eq!(present(bytes, 16), None, "{bytes:?}");
        }
    }

    #[test]
    fn every_short_input_ends() {
        for first in 0..=255_u8 {
            for second in 0..=255_u8 {
                let _ = present(&[first, second, 1, first], 1 << 40);
            }
        }
    }
}

//! Keys of the objects that are open, to find those that occur twice.

/// Keys of open objects, innermost last.
#[derive(Debug, Default)]
pub(super) struct Keys {
    keys: Vec<Key>,
    /// Keys that were written with escapes, without them.
    decoded: Vec<u8>,
}

/// Where the keys of an object begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    keys: usize,
    decoded: usize,
}

#[derive(Debug, Clone, Copy)]
struct Key {
    /// Of equal keys they are equal: length and first bytes.
    print: u64,
    /// Where the key stands in the text.
    at: u32,
    /// Its bytes: in the text, or in `decoded`.
    start: u32,
    length: u32,
    escaped: bool,
}

impl Keys {
    /// Forgets all objects.
    pub(super) fn clear(&mut self) {
        self.keys.clear();
        self.decoded.clear();
    }

    /// Begins an object.
    #[inline]
    pub(super) fn mark(&self) -> Mark {
        Mark { keys: self.keys.len(), decoded: self.decoded.len() }
    }

    /// Takes up a key without escapes.
    #[inline]
    pub(super) fn plain(&mut self, bytes: &[u8], at: usize) {
        let start = at + 1;
        self.keys.push(Key { print: print(bytes), at: narrow(at), start: narrow(start), length: narrow(bytes.len()), escaped: false });
    }

    /// Takes up a key whose escapes have been decoded.
    pub(super) fn escaped(&mut self, bytes: &[u8], at: usize) {
        let start = narrow(self.decoded.len());
        self.decoded.extend_from_slice(bytes);
        self.keys.push(Key { print: print(bytes), at: narrow(at), start, length: narrow(bytes.len()), escaped: true });
    }

    /// Ends the object, and tells where the first key stands that it has had before.
    #[inline]
    pub(super) fn close(&mut self, text: &[u8], mark: Mark) -> Option<usize> {
        let count = self.keys.len().saturating_sub(mark.keys);
        let found = if count < 2 { None } else { self.repeated(text, mark) };
        self.drop_to(mark);
        found
    }

    /// Ends the object without a look at its keys.
    pub(super) fn drop_to(&mut self, mark: Mark) {
        self.keys.truncate(mark.keys);
        self.decoded.truncate(mark.decoded);
    }

    fn repeated(&mut self, text: &[u8], mark: Mark) -> Option<usize> {
        let (keys, decoded) = (self.keys.get_mut(mark.keys..)?, &self.decoded);
        // Few keys: each against those before it. PERF: prints differ nearly always, so bytes are hardly looked at.
        if keys.len() <= 12 {
            let mut rest = &*keys;
            let mut first: Option<u32> = None;
            while let [key, after @ ..] = rest {
                for other in after.iter().filter(|other| other.print == key.print) {
                    if key.bytes(text, decoded) == other.bytes(text, decoded) {
                        first = Some(first.map_or(other.at, |at| at.min(other.at)));
                    }
                }
                rest = after;
            }
            return first.map(|at| at as usize);
        }
        // Many: sorted, so that no choice of keys makes this slow. The object ends here, so their order is of no more use.
        keys.sort_unstable_by(|left, right| {
            (left.print.cmp(&right.print))
                .then_with(|| left.bytes(text, decoded).cmp(right.bytes(text, decoded)))
                .then(left.at.cmp(&right.at))
        });
        let pairs = keys.iter().zip(keys.iter().skip(1));
        let repeated = pairs.filter(|(left, right)| left.print == right.print && left.bytes(text, decoded) == right.bytes(text, decoded));
        repeated.map(|(_, right)| right.at as usize).min()
    }
}

impl Key {
    fn bytes<'b>(&self, text: &'b [u8], decoded: &'b [u8]) -> &'b [u8] {
        let from = if self.escaped { decoded } else { text };
        let start = self.start as usize;
        from.get(start..start + self.length as usize).unwrap_or_default()
    }
}

#[inline]
fn print(bytes: &[u8]) -> u64 {
    let mut head = [0_u8; 8];
    match bytes.first_chunk::<8>() {
        Some(chunk) => head = *chunk,
        None => head.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = *byte),
    }
    // The last byte and the length tell apart keys with a common beginning.
    let tail = u64::from(bytes.last().copied().unwrap_or(0)) << 32 | u64::from(narrow(bytes.len()));
    u64::from_le_bytes(head) ^ tail.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Texts are shorter than 1 GiB.
#[inline(always)]
fn narrow(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_repetition_in_the_text_is_told_for_few_and_for_many_keys() {
        for count in [2_usize, 5, 12, 13, 40] {
            let names: Vec<String> = (0..count).map(|number| format!("member_{number:03}")).collect();
            let text: String = names.iter().map(|name| format!("\"{name}\"")).collect();
            let at = |number: usize| number * 12;
            for repeated in [None, Some(0), Some(count - 1)] {
                let mut keys = Keys::default();
                keys.plain(b"x", 0);
                let mark = keys.mark();
                names.iter().enumerate().for_each(|(number, name)| keys.plain(name.as_bytes(), at(number)));
                if let Some(number) = repeated {
                    keys.escaped(names[number].as_bytes(), 5000);
                    keys.escaped(names[number].as_bytes(), 6000);
                }
                assert_eq!(keys.close(text.as_bytes(), mark), repeated.map(|_| 5000), "{count}");
                assert_eq!((keys.keys.len(), keys.decoded.len()), (1, 0));
            }
        }
    }
}

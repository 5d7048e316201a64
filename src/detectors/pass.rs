//! [`Pass`]: one pass over texts for each kind of trigger, and a closer look where one stands.

use super::anchors::Anchors;
use super::bytes::{at, before, padded};
use super::engine::{Detector, Sink, Spotted, Texts};
use super::marks::is_coded;
use super::sweep::{LONG, pieces, rows};

/// Bytes that are looked at together for one that is marked.
pub(super) const BLOCK: usize = 32;

/// One pass over texts, trigger after trigger.
pub(super) struct Pass<'a, 's, S> {
    pub(super) detector: &'a Detector,
    pub(super) texts: Texts<'a>,
    pub(super) sink: &'s mut S,
}

impl<S: Sink> Pass<'_, '_, S> {
    /// Looks closer at a trigger that stands at `place .. end`; the place to go on from.
    pub(super) fn offer(&mut self, place: usize, end: usize, kinds: &[usize]) -> usize {
        let Some((index, first, last)) = self.texts.of(place) else { return place + 1 };
        if self.sink.is_settled(index) {
            return last;
        }
        let text = self.texts.buffer.get(first..last).unwrap_or(&[]);
        if end > last {
            return place + 1;
        }
        for kind in kinds {
            let (Some(definition), Some(Some(from))) = (self.detector.family.kinds().get(*kind), self.detector.from.get(*kind)) else {
                continue;
            };
            if let Some(found) = (definition.verify)(text, place - first).filter(|found| found.level >= *from) {
                self.sink.take(index, Spotted { kind: *kind, found });
            }
        }
        place + 1
    }

    /// Goes through anchors; `small` is the region in small letters.
    pub(super) fn anchors(&mut self, anchors: &Anchors, small: Option<&[u8]>) {
        self.texts.at = 0;
        let offset = self.texts.start();
        let region = small.unwrap_or(self.texts.region());
        let mut from = 0;
        while let Some((start, end, kinds)) = anchors.next(region, from, region.len()) {
            from = self.offer(offset + start, offset + end, kinds) - offset;
        }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8], kinds: &[usize]) {
        self.texts.at = 0;
        let (offset, region) = (self.texts.start(), self.texts.region());
        let next = |rest: &[u8]| match bytes {
            [one] => memchr::memchr(*one, rest),
            [one, two] => memchr::memchr2(*one, *two, rest),
            [one, two, three] => memchr::memchr3(*one, *two, *three, rest),
            _ => None,
        };
        let mut from = 0;
        while let Some(place) = region.get(from..).and_then(next).map(|place| from + place) {
            from = self.offer(offset + place, offset + place + 1, kinds) - offset;
        }
    }

    /// Goes through anchors inside long pieces without white space.
    pub(super) fn long(&mut self, anchors: &Anchors) {
        self.texts.at = 0;
        let mut done = 0;
        pieces(self.texts.region(), |place| done = self.long_piece(anchors, place, done));
    }

    /// Looks into the piece that a place of the region lies in, if it is long and begins behind `done`; where what has been looked into ends.
    fn long_piece(&mut self, anchors: &Anchors, place: usize, done: usize) -> usize {
        let (offset, region) = (self.texts.start(), self.texts.region());
        if place < done {
            return done;
        }
        let start = region.get(done..place).unwrap_or(&[]).iter().rposition(|byte| *byte <= 0x20).map_or(done, |gap| done + gap + 1);
        let end = place + region.get(place..).unwrap_or(&[]).iter().take_while(|byte| **byte > 0x20).count();
        let is_short = |first: usize, last: usize| last - first < LONG as usize;
        if is_short(start, end) {
            return end;
        }
        let mut from = start;
        while let Some((first, last, kinds)) = anchors.next(region, from, end) {
            // Of a piece that goes on into other texts, what lies in this one counts.
            let text = self.texts.of(offset + first).map(|(_, first, last)| (first.max(offset + start), last.min(offset + end)));
            from = match text.filter(|(first, last)| is_short(*first, *last)) {
                Some((_, last)) => last - offset,
                None => self.offer(offset + first, offset + last, kinds) - offset,
            };
        }
        end
    }

    /// Goes through the bytes that a mask marks, in blocks that have one. `marks` gets eight bytes and what it gave for those before.
    pub(super) fn marked(
        &mut self,
        any: fn(&[u8; BLOCK]) -> bool,
        marks: fn(u64, &mut u64) -> u64,
        mut each: impl FnMut(&mut Self, usize),
    ) {
        self.texts.at = 0;
        let (offset, region) = (self.texts.start(), self.texts.region());
        let (blocks, rest) = region.as_chunks::<BLOCK>();
        let mut carried = 0;
        for (index, block) in blocks.iter().chain([&padded(rest, b' ')]).enumerate() {
            if !any(block) {
                carried = 0;
                continue;
            }
            for (within, word) in block.as_chunks::<8>().0.iter().enumerate() {
                let mut marked = marks(u64::from_le_bytes(*word), &mut carried);
                while marked != 0 {
                    let place = index * BLOCK + within * 8 + marked.trailing_zeros() as usize / 8;
                    marked &= marked - 1;
                    each(self, offset + place);
                }
            }
        }
    }

    /// A number may begin with a text, right behind the last digit of the text before.
    pub(super) fn numbers_at_starts(&mut self) {
        self.texts.at = 0;
        let is_digit = |place: usize| at(self.texts.buffer, place).is_some_and(|byte| byte.is_ascii_digit());
        let starts: Vec<usize> =
            self.texts.bounds.iter().copied().filter(|start| is_digit(*start) && start.checked_sub(1).is_some_and(is_digit)).collect();
        starts.into_iter().for_each(|place| self.number(place));
    }

    pub(super) fn number(&mut self, place: usize) {
        let detector = self.detector;
        let buffer = self.texts.buffer;
        // An IBAN's check digits stand right behind two letters.
        if !detector.digits.is_empty() && before(buffer, place).is_some_and(|byte| byte.is_ascii_alphabetic()) {
            self.offer(place, place + 1, &detector.digits);
        }
        if !detector.long_digits.is_empty() && is_long_number(buffer, place) {
            self.offer(place, place + 1, &detector.long_digits);
        }
    }

    /// Looks at rows of short words that are long enough for a phrase.
    pub(super) fn words(&mut self) {
        self.texts.at = 0;
        let detector = self.detector;
        let (offset, region) = (self.texts.start(), self.texts.region());
        rows(region, |place| {
            self.offer(offset + place, offset + place + 1, &detector.words);
        });
    }

    /// Every piece of 31 bytes has a whole block of sixteen in it.
    pub(super) fn runs(&mut self) {
        self.texts.at = 0;
        let detector = self.detector;
        let (offset, region) = (self.texts.start(), self.texts.region());
        let mut done = 0;
        for (index, block) in region.as_chunks::<16>().0.iter().enumerate() {
            let place = offset + index * 16;
            // PERF: the first test is cheap, and ends nearly every block of prose.
            let whole = block.iter().fold(true, |all, byte| all & (*byte > 0x20));
            if !whole || place < done || !block.iter().all(|byte| is_coded(*byte)) {
                continue;
            }
            let Some((_, first, last)) = self.texts.of(place) else { continue };
            let text = self.texts.buffer.get(first..last).unwrap_or(&[]);
            let within = place - first;
            let start = text.get(..within).unwrap_or(&[]).iter().rposition(|byte| !is_coded(*byte)).map_or(0, |stop| stop + 1);
            let length = text.get(start..).unwrap_or(&[]).iter().take_while(|byte| is_coded(**byte)).count();
            done = first + start + length;
            if length >= 32 {
                self.offer(first + start, done, &detector.runs);
            }
        }
    }
}

/// Whether a number goes on, through single separators or a bracket beside one, to seven digits or to three dots.
fn is_long_number(text: &[u8], place: usize) -> bool {
    const WINDOW: usize = 40;
    let (mut digits, mut dots, mut gap) = (0, 0, 0);
    for byte in text.get(place..).unwrap_or(&[]).iter().take(WINDOW) {
        match byte {
            b'0'..=b'9' => (digits, gap) = (digits + 1, 0),
            b' ' | b'-' | b'.' | b'(' | b')' | b'/' if gap < 2 => {
                gap += 1;
                dots += usize::from(*byte == b'.');
            }
            _ => break,
        }
        if digits >= 7 || dots >= 3 && gap == 0 {
            return true;
        }
    }
    false
}

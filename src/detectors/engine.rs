//! [`Detector`]: triggers in one pass over the bytes of many texts, and a closer look around each.

use std::sync::OnceLock;

use super::anchors::Anchors;
use super::bytes::{at, before};
use super::secrets::WordHeads;
use super::{Family, Found, Kind, Level, Trigger};

/// Looks for kinds of one family.
#[derive(Debug)]
pub(crate) struct Detector {
    family: Family,
    /// For each kind of the family, the lowest level that counts; `None` where the kind is not looked for.
    from: Vec<Option<Level>>,
    /// Kinds by what makes the detector look at them.
    exact: bool,
    folded: bool,
    long: bool,
    bytes: Vec<(&'static [u8], usize)>,
    digits: Vec<usize>,
    long_digits: Vec<usize>,
    words: Vec<usize>,
    runs: Vec<usize>,
    non_ascii: Vec<usize>,
    control: Vec<usize>,
}

/// Findings of one kind in one text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    pub kind: &'static Kind,
    /// The highest level among them.
    pub level: Level,
    /// The first of them, in bytes.
    pub offset: usize,
    pub length: usize,
    pub count: usize,
}

/// A finding and its kind, by its place in the family's list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spotted {
    pub kind: usize,
    pub found: Found,
}

/// Texts are gone through in pieces of this many bytes or of one text, so that what one pass has read the next finds near by.
const PIECE: usize = 1 << 15;

/// Fewest bytes of a piece without white space that [`Trigger::Long`] looks into.
const LONG: usize = 23;

/// Bytes that are looked at together for one that is marked.
const BLOCK: usize = 32;

impl Detector {
    /// Kinds that are named count from `low`; without names every kind of the family that need not be named counts, from `high`.
    /// `from` says otherwise.
    pub(crate) fn new(family: Family, named: &[&'static Kind], from: Option<Level>) -> Self {
        let level = |kind: &Kind| {
            if named.is_empty() {
                return (!kind.opt_in).then(|| from.unwrap_or(Level::High));
            }
            named.iter().any(|one| one.name == kind.name).then(|| from.unwrap_or(Level::Low))
        };
        Self::with(family, level)
    }

    /// `level` tells the lowest level that counts of each kind.
    pub(crate) fn with(family: Family, level: impl Fn(&Kind) -> Option<Level>) -> Self {
        let kinds = family.kinds();
        let from: Vec<Option<Level>> = kinds.iter().map(|kind| level(kind)).collect();
        let wanted = || kinds.iter().enumerate().filter(|(index, _)| from.get(*index).is_some_and(Option::is_some));
        let of = |test: fn(&Trigger) -> bool| -> Vec<usize> {
            wanted().filter(|(_, kind)| kind.triggers.iter().any(test)).map(|(index, _)| index).collect()
        };
        let bytes = |trigger: &Trigger| if let Trigger::Bytes(bytes) = trigger { Some(*bytes) } else { None };
        Self {
            family,
            exact: !of(|trigger| matches!(trigger, Trigger::Exact(_))).is_empty(),
            folded: !of(|trigger| matches!(trigger, Trigger::Folded(_))).is_empty(),
            long: !of(|trigger| matches!(trigger, Trigger::Long(_))).is_empty(),
            bytes: wanted().filter_map(|(index, kind)| Some((kind.triggers.iter().find_map(bytes)?, index))).collect(),
            digits: of(|trigger| matches!(trigger, Trigger::Digits)),
            long_digits: of(|trigger| matches!(trigger, Trigger::LongDigits)),
            words: of(|trigger| matches!(trigger, Trigger::Words)),
            runs: of(|trigger| matches!(trigger, Trigger::Runs)),
            non_ascii: of(|trigger| matches!(trigger, Trigger::NonAscii)),
            control: of(|trigger| matches!(trigger, Trigger::Control)),
            from,
        }
    }

    /// Whether each of some texts has a finding that counts. Text `i` stands at `bounds[i] .. bounds[i + 1]` of `buffer`; bounds
    /// rise, and what lies outside of the buffer is empty.
    pub(crate) fn found(&self, buffer: &[u8], bounds: &[usize]) -> Vec<bool> {
        let mut flags = vec![false; bounds.len().saturating_sub(1)];
        let mut small = Vec::new();
        let (mut first, mut last) = (0, 0);
        while let (Some(start), Some(end)) = (bounds.get(first), bounds.get(last + 1)) {
            last += 1;
            if end.saturating_sub(*start) < PIECE && last + 1 < bounds.len() {
                continue;
            }
            let texts = Texts { buffer: buffer.get(..*end).unwrap_or(buffer), bounds: bounds.get(first..=last).unwrap_or(&[]), at: 0 };
            let mut sink = Flags(flags.get_mut(first..last).unwrap_or(&mut []));
            self.scan(texts, &mut small, &mut sink);
            first = last;
        }
        flags
    }

    /// The family of what it looks for.
    #[cfg(feature = "tracing")]
    pub(crate) fn family(&self) -> Family {
        self.family
    }

    /// Whether a text has a finding that counts.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.found(text.as_bytes(), &[0, text.len()]).contains(&true)
    }

    /// What counts in a text, kind by kind, in the order of the family's list.
    pub(crate) fn kinds(&self, text: &str) -> Vec<Counted> {
        let mut all: Vec<Counted> = Vec::new();
        for spotted in self.spotted(text) {
            let Some(kind) = self.family.kinds().get(spotted.kind) else { continue };
            let found = spotted.found;
            match all.last_mut().filter(|last| last.kind.name == kind.name) {
                Some(last) => {
                    last.count += 1;
                    last.level = last.level.max(found.level);
                }
                None => all.push(Counted { kind, level: found.level, offset: found.start, length: found.end - found.start, count: 1 }),
            }
        }
        all
    }

    /// Findings that count, by kind and place; those of one kind do not overlap.
    pub(super) fn spotted(&self, text: &str) -> Vec<Spotted> {
        let mut sink = Collected { all: Vec::new() };
        let bounds = [0, text.len()];
        self.scan(Texts { buffer: text.as_bytes(), bounds: &bounds, at: 0 }, &mut Vec::new(), &mut sink);
        sink.all.sort_by_key(|spotted| (spotted.kind, spotted.found.start, std::cmp::Reverse(spotted.found.end)));
        sink.all.dedup_by(|next, last| next.kind == last.kind && next.found.start < last.found.end);
        sink.all
    }

    fn scan(&self, texts: Texts<'_>, small: &mut Vec<u8>, sink: &mut impl Sink) {
        let mut pass = Pass { detector: self, texts, sink };
        let sets = Sets::of(self.family);
        if self.exact {
            pass.anchors(&sets.exact, None);
        }
        if self.folded {
            small.clear();
            small.extend_from_slice(pass.texts.region());
            small.make_ascii_lowercase();
            pass.anchors(&sets.folded, Some(small));
        }
        if self.long {
            pass.long(&sets.long);
        }
        for (bytes, kind) in &self.bytes {
            pass.bytes(bytes, &[*kind]);
        }
        if !self.digits.is_empty() || !self.long_digits.is_empty() {
            pass.marked(|block| block.iter().fold(false, |any, byte| any | byte.is_ascii_digit()), digits, Pass::number);
            pass.numbers_at_starts();
        }
        if !self.non_ascii.is_empty() {
            pass.marked(
                |block| !block.is_ascii(),
                lead_bytes,
                |pass, place| {
                    pass.offer(place, place + 1, &self.non_ascii);
                },
            );
        }
        if !self.control.is_empty() {
            let any = |block: &[u8; BLOCK]| block.iter().fold(false, |any, byte| any | (*byte < 0x20) | (*byte == 0x7f));
            pass.marked(any, controls, |pass, place| {
                pass.offer(place, place + 1, &self.control);
            });
        }
        if !self.words.is_empty() {
            pass.words();
        }
        if !self.runs.is_empty() {
            pass.runs();
        }
    }
}

/// The anchors of a family.
struct Sets {
    exact: Anchors,
    folded: Anchors,
    long: Anchors,
}

impl Sets {
    /// Made when a family is first looked for.
    fn of(family: Family) -> &'static Self {
        static ALL: [OnceLock<Sets>; Family::ALL.len()] = [const { OnceLock::new() }; Family::ALL.len()];
        static ELSE: OnceLock<Sets> = OnceLock::new();
        let index = Family::ALL.iter().position(|known| *known == family);
        index.and_then(|index| ALL.get(index)).unwrap_or(&ELSE).get_or_init(|| Self {
            exact: Anchors::of(family, |trigger| if let Trigger::Exact(anchors) = trigger { Some(anchors) } else { None }),
            folded: Anchors::of(family, |trigger| if let Trigger::Folded(anchors) = trigger { Some(anchors) } else { None }),
            long: Anchors::of(family, |trigger| if let Trigger::Long(anchors) = trigger { Some(anchors) } else { None }),
        })
    }
}

/// What becomes of findings.
trait Sink {
    /// Whether nothing more need be known of a text.
    fn is_settled(&self, text: usize) -> bool;
    fn take(&mut self, text: usize, spotted: Spotted);
}

/// Only whether there is one.
struct Flags<'a>(&'a mut [bool]);

impl Sink for Flags<'_> {
    fn is_settled(&self, text: usize) -> bool {
        self.0.get(text).copied().unwrap_or(true)
    }

    fn take(&mut self, text: usize, _: Spotted) {
        if let Some(flag) = self.0.get_mut(text) {
            *flag = true;
        }
    }
}

/// All of them.
struct Collected {
    all: Vec<Spotted>,
}

impl Sink for Collected {
    fn is_settled(&self, _: usize) -> bool {
        false
    }

    fn take(&mut self, _: usize, spotted: Spotted) {
        self.all.push(spotted);
    }
}

/// Texts one after another in a buffer, and the one that was looked at last.
#[derive(Clone, Copy)]
struct Texts<'a> {
    buffer: &'a [u8],
    bounds: &'a [usize],
    at: usize,
}

impl<'a> Texts<'a> {
    fn start(&self) -> usize {
        self.bounds.first().copied().unwrap_or(0)
    }

    /// The bytes of all texts.
    fn region(&self) -> &'a [u8] {
        self.buffer.get(self.start()..).unwrap_or(&[])
    }

    /// The text that a place of the buffer lies in; places are asked for in rising order.
    fn of(&mut self, place: usize) -> Option<(usize, usize, usize)> {
        loop {
            let (start, end) = (*self.bounds.get(self.at)?, *self.bounds.get(self.at + 1)?);
            if place < end {
                return (place >= start).then_some((self.at, start, end));
            }
            self.at += 1;
        }
    }
}

/// One pass over texts, trigger after trigger.
struct Pass<'a, 's, S> {
    detector: &'a Detector,
    texts: Texts<'a>,
    sink: &'s mut S,
}

impl<S: Sink> Pass<'_, '_, S> {
    /// Looks closer at a trigger that stands at `place .. end`; the place to go on from.
    fn offer(&mut self, place: usize, end: usize, kinds: &[usize]) -> usize {
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
    fn anchors(&mut self, anchors: &Anchors, small: Option<&[u8]>) {
        self.texts.at = 0;
        let offset = self.texts.start();
        let region = small.unwrap_or(self.texts.region());
        let mut from = 0;
        while let Some((start, end, kinds)) = anchors.next(region, from, region.len()) {
            from = self.offer(offset + start, offset + end, kinds) - offset;
        }
    }

    fn bytes(&mut self, bytes: &[u8], kinds: &[usize]) {
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

    /// Goes through anchors inside long pieces without white space. Each of them has eight bytes of every sixteen in it.
    fn long(&mut self, anchors: &Anchors) {
        self.texts.at = 0;
        let (offset, region) = (self.texts.start(), self.texts.region());
        let mut done = 0;
        for (index, word) in region.as_chunks::<8>().0.iter().enumerate().step_by(2) {
            let place = index * 8;
            if below(u64::from_le_bytes(*word), 0x21) != 0 || place < done {
                continue;
            }
            let start = region.get(done..place).unwrap_or(&[]).iter().rposition(|byte| *byte <= 0x20).map_or(done, |gap| done + gap + 1);
            done = place + 8 + region.get(place + 8..).unwrap_or(&[]).iter().take_while(|byte| **byte > 0x20).count();
            if done - start < LONG {
                continue;
            }
            let mut from = start;
            while let Some((first, end, kinds)) = anchors.next(region, from, done) {
                from = self.offer(offset + first, offset + end, kinds) - offset;
            }
        }
    }

    /// Goes through the bytes that a mask marks, in blocks that have one. `marks` gets eight bytes and what it gave for those before.
    fn marked(&mut self, any: fn(&[u8; BLOCK]) -> bool, marks: fn(u64, &mut u64) -> u64, mut each: impl FnMut(&mut Self, usize)) {
        self.texts.at = 0;
        let (offset, region) = (self.texts.start(), self.texts.region());
        let (blocks, rest) = region.as_chunks::<BLOCK>();
        let mut last = [b' '; BLOCK];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        let mut carried = 0;
        for (index, block) in blocks.iter().chain([&last]).enumerate() {
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
    fn numbers_at_starts(&mut self) {
        self.texts.at = 0;
        let is_digit = |place: usize| at(self.texts.buffer, place).is_some_and(|byte| byte.is_ascii_digit());
        let starts: Vec<usize> =
            self.texts.bounds.iter().copied().filter(|start| is_digit(*start) && start.checked_sub(1).is_some_and(is_digit)).collect();
        starts.into_iter().for_each(|place| self.number(place));
    }

    fn number(&mut self, place: usize) {
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

    /// Sixteen bytes of every thirty-two: a phrase of twelve words of three letters has forty-seven.
    fn words(&mut self) {
        self.texts.at = 0;
        let detector = self.detector;
        let (offset, region) = (self.texts.start(), self.texts.region());
        let blocks = region.as_chunks::<16>().0;
        let heads = WordHeads::known();
        for (index, block) in blocks.iter().enumerate().step_by(2) {
            if !is_small_letters(block) {
                continue;
            }
            // One of the two blocks beside it belongs to the phrase too.
            let beside = |other: Option<usize>| {
                other.and_then(|other| blocks.get(other)).is_some_and(|other| is_small_letters(other) && short_words(other).is_some())
            };
            let Some(spaces) = short_words(block) else { continue };
            let is_known = |space: usize| {
                let head = region.get(index * 16 + space + 1..).and_then(|rest| rest.first_chunk::<4>());
                head.is_none_or(|head| heads.may_have(*head))
            };
            if (0..16).filter(|space| spaces >> space & 1 == 1).all(is_known) && (beside(Some(index + 1)) || beside(index.checked_sub(1))) {
                self.offer(offset + index * 16, offset + index * 16 + 16, &detector.words);
            }
        }
    }

    /// Every piece of 31 bytes has a whole block of sixteen in it.
    fn runs(&mut self) {
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

/// What base64, hexadecimal digits and percent signs with them are written in.
#[inline]
pub(super) fn is_coded(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | (byte == b'+') | (byte == b'/') | (byte == b'=') | (byte == b'_') | (byte == b'-') | (byte == b'%')
}

const HIGH: u64 = 0x8080_8080_8080_8080;
const LOW: u64 = !HIGH;
const ONES: u64 = 0x0101_0101_0101_0101;

/// The high bit of each byte below `limit`, which is 128 at most. No sum is carried into the next byte.
#[inline(always)]
fn below(word: u64, limit: u8) -> u64 {
    let limit = ONES * u64::from(0x80 - limit);
    !(((word & LOW) + limit) | word) & HIGH
}

/// Digits that no digit stands before.
#[inline(always)]
fn digits(word: u64, carried: &mut u64) -> u64 {
    let digits = below(word ^ (ONES * 0x30), 10);
    let first = digits & !(digits << 8 | *carried);
    *carried = digits >> 56;
    first
}

/// First bytes of characters outside ASCII.
#[inline(always)]
fn lead_bytes(word: u64, _: &mut u64) -> u64 {
    word & word << 1 & HIGH
}

/// Control characters of ASCII but tab, line feed and carriage return.
#[inline(always)]
fn controls(word: u64, _: &mut u64) -> u64 {
    let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, 0x20) & !(is(b'\t') | is(b'\n') | is(b'\r'))) | is(0x7f)
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

/// Only small letters and white space.
#[inline]
fn is_small_letters(block: &[u8; 16]) -> bool {
    // PERF: a fold without a way out early is what vectorises.
    block.iter().fold(true, |all, byte| all & (byte.is_ascii_lowercase() | (*byte == b' ') | (*byte == b'\n')))
}

/// Where the spaces are, if small letters and white space can be words of three to eight letters with one space between them, as far as
/// a block can tell.
#[inline]
fn short_words(block: &[u8; 16]) -> Option<u64> {
    // Only letters have the bit 0x40: one bit for each byte says whether it is a space.
    let spaces = |word: u64| (!word & (ONES << 6)) >> 6;
    let [low, high] = block.as_chunks::<8>().0 else { return None };
    let packed = |word: &[u8; 8]| spaces(u64::from_le_bytes(*word)).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    let space = packed(low) | packed(high) << 8;
    let short = space & (space << 1 | space << 2 | space << 3);
    let letters = !space & 0xffff;
    let two = letters & letters << 1;
    let four = two & two << 2;
    let nine = four & four << 4 & letters << 8;
    (short == 0 && nine == 0).then_some(space)
}

/// A place of a number inside a text, for kinds that look at groups of digits: up to `most` groups with what stands between them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Groups {
    /// Start and length of each group.
    groups: [(usize, usize); Groups::MOST],
    count: usize,
}

impl Groups {
    const MOST: usize = 8;

    /// Groups of digits from a place on, one or two of `separators` between them.
    pub(super) fn read(text: &[u8], place: usize, separators: &[u8]) -> Self {
        let mut all = Self { groups: [(0, 0); Self::MOST], count: 0 };
        let mut from = place;
        for slot in &mut all.groups {
            let length = super::bytes::run(text, from, 20, |byte| byte.is_ascii_digit());
            if length == 0 {
                break;
            }
            *slot = (from, length);
            all.count += 1;
            let gap = super::bytes::run(text, from + length, 2, |byte| separators.contains(&byte));
            from += length + gap;
            if gap == 0 || !at(text, from).is_some_and(|byte| byte.is_ascii_digit()) {
                break;
            }
        }
        all
    }

    pub(super) fn lengths(&self) -> impl Iterator<Item = usize> {
        self.groups.iter().take(self.count).map(|(_, length)| *length)
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The end of the last of the first `count` groups.
    pub(super) fn end(&self, count: usize) -> usize {
        count.checked_sub(1).and_then(|last| self.groups.get(last)).map_or(0, |(start, length)| start + length)
    }

    /// The digits of the first `count` groups.
    pub(super) fn digits<'t>(&self, text: &'t [u8], count: usize) -> impl Iterator<Item = u8> + 't {
        let groups = self.groups;
        groups
            .into_iter()
            .take(count.min(self.count))
            .flat_map(move |(start, length)| super::bytes::part(text, start, start + length))
            .copied()
    }

    /// What stands between two groups, if it is one byte and the same everywhere among the first `count` groups.
    pub(super) fn separator(&self, text: &[u8], count: usize) -> Option<u8> {
        let mut separators = self
            .groups
            .iter()
            .zip(self.groups.iter().skip(1))
            .take(count.min(self.count).saturating_sub(1))
            .map(|((start, length), (next, _))| if next - (start + length) == 1 { at(text, start + length) } else { None });
        let first = separators.next()??;
        separators.all(|other| other == Some(first)).then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_mark_what_they_say() {
        let text = "a1\t2\u{1}3é 9";
        let mark = |marks: fn(u64, &mut u64) -> u64| {
            let mut word = [0; 8];
            word.iter_mut().zip(text.as_bytes()).for_each(|(to, from)| *to = *from);
            let marked = marks(u64::from_le_bytes(word), &mut 0);
            (0..8).filter(|place| marked >> (place * 8 + 7) & 1 == 1).collect::<Vec<_>>()
        };
        assert_eq!(mark(digits), [1, 3, 5]);
        assert_eq!(mark(controls), [4]);
        assert_eq!(mark(lead_bytes), [6]);
    }

    #[test]
    fn a_number_that_goes_on_over_a_word_begins_once() {
        let mut carried = 0;
        assert_ne!(digits(u64::from_le_bytes(*b"abcdefg1"), &mut carried), 0);
        assert_eq!(digits(u64::from_le_bytes(*b"23456 ab"), &mut carried), 0);
    }

    #[test]
    fn short_words_are_told_from_prose() {
        for good in [b"abandon ability ", b"bon ability able", b"zoo zoo zoo zoo "] {
            assert!(is_small_letters(good) && short_words(good).is_some(), "{}", String::from_utf8_lossy(good));
        }
        for bad in [b"rise of the market", b"liquidities are ro", b"The market rallied"].map(|text| text.first_chunk::<16>().unwrap()) {
            assert!(!(is_small_letters(bad) && short_words(bad).is_some()), "{}", String::from_utf8_lossy(bad));
        }
    }
}

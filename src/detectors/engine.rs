//! [`Detector`]: which triggers are looked for in many texts at once, and what becomes of findings.

use std::sync::OnceLock;

use super::anchors::Anchors;
use super::marks::{controls, digits, lead_bytes};
use super::pass::{BLOCK, Pass};
use super::{Family, Found, Kind, Level, Trigger};

/// Looks for kinds of one family.
#[derive(Debug)]
pub(crate) struct Detector {
    pub(super) family: Family,
    /// For each kind of the family, the lowest level that counts; `None` where the kind is not looked for.
    pub(super) from: Vec<Option<Level>>,
    /// Kinds by what makes the detector look at them.
    exact: bool,
    folded: bool,
    long: bool,
    bytes: Vec<(&'static [u8], usize)>,
    pub(super) digits: Vec<usize>,
    pub(super) long_digits: Vec<usize>,
    pub(super) words: Vec<usize>,
    pub(super) runs: Vec<usize>,
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
pub(super) trait Sink {
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
pub(super) struct Texts<'a> {
    pub(super) buffer: &'a [u8],
    pub(super) bounds: &'a [usize],
    pub(super) at: usize,
}

impl<'a> Texts<'a> {
    pub(super) fn start(&self) -> usize {
        self.bounds.first().copied().unwrap_or(0)
    }

    /// The bytes of all texts.
    pub(super) fn region(&self) -> &'a [u8] {
        self.buffer.get(self.start()..).unwrap_or(&[])
    }

    /// The text that a place of the buffer lies in; places are asked for in rising order.
    pub(super) fn of(&mut self, place: usize) -> Option<(usize, usize, usize)> {
        loop {
            let (start, end) = (*self.bounds.get(self.at)?, *self.bounds.get(self.at + 1)?);
            if place < end {
                return (place >= start).then_some((self.at, start, end));
            }
            self.at += 1;
        }
    }
}

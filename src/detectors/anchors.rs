//! Anchors: rare pieces, all of a family searched for in one pass.

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};

use super::{Family, Kind, Trigger};

/// The anchors of a family, in very letters or in letters of any case.
pub(super) struct Anchors {
    automaton: Option<AhoCorasick>,
    /// The kinds, by place in the family's list, that each pattern is an anchor of.
    owners: Vec<Vec<usize>>,
}

impl Anchors {
    /// Those of a family's triggers that `pick` knows.
    pub(super) fn of(family: Family, pick: fn(&Trigger) -> Option<&'static [&'static str]>) -> Self {
        let anchors_of = |kind: &Kind| kind.triggers.iter().filter_map(pick).flatten().copied().collect::<Vec<_>>();
        Self::new(family.kinds(), anchors_of)
    }

    /// No pattern begins with another: an anchor that does is found with the shorter one. So at most one pattern is found at a place,
    /// and a search that goes on one byte further on finds all of them.
    fn new(kinds: &[&Kind], anchors_of: impl Fn(&Kind) -> Vec<&'static str>) -> Self {
        let all: Vec<(usize, &str)> =
            kinds.iter().enumerate().flat_map(|(index, kind)| anchors_of(kind).into_iter().map(move |anchor| (index, anchor))).collect();
        let mut patterns: Vec<&str> = all.iter().map(|(_, anchor)| *anchor).collect();
        patterns.sort_unstable();
        patterns.dedup_by(|longer, shorter| longer.starts_with(*shorter));
        let owners = patterns
            .iter()
            .map(|pattern| {
                let mut owners: Vec<usize> =
                    all.iter().filter(|(_, anchor)| anchor.starts_with(pattern)).map(|(index, _)| *index).collect();
                owners.dedup();
                owners
            })
            .collect();
        let builder = |kind| AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).kind(kind).build(&patterns).ok();
        let automaton = if patterns.is_empty() { None } else { builder(Some(AhoCorasickKind::DFA)).or_else(|| builder(None)) };
        Self { automaton, owners }
    }

    /// The next anchor in a range: where it starts and ends, and whose it is.
    pub(super) fn next(&self, text: &[u8], from: usize, to: usize) -> Option<(usize, usize, &[usize])> {
        let to = to.min(text.len());
        let hit = self.automaton.as_ref()?.find(Input::new(text).range(from.min(to)..to))?;
        Some((hit.start(), hit.end(), self.owners.get(hit.pattern().as_usize())?))
    }
}

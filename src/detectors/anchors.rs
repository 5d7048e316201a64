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
        let patterns = alike(&patterns);
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

/// Groups that the search puts patterns into: pattern `i` into group `i % 8`.
const GROUPS: usize = 8;

/// Patterns in an order that has those with like beginnings in one group. The order is a matter of speed alone.
// PERF: of each of a group's first four bytes `aho-corasick` knows which halves occur there, but not which of them together. Of 5 MB of
// English prose, 0.4 % of blocks of 32 bytes are looked at more closely instead of 12 %.
fn alike<'p>(patterns: &[&'p str]) -> Vec<&'p str> {
    let width = patterns.iter().map(|pattern| pattern.len()).min().unwrap_or(0).min(4);
    let whole = patterns.len().div_ceil(GROUPS);
    let mut groups: [Vec<&str>; GROUPS] = Default::default();
    for pattern in patterns {
        let growth = |group: &[&'p str]| looseness(group.iter().chain([pattern]), width) - looseness(group.iter(), width);
        let open = groups.iter_mut().filter(|group| group.len() < whole);
        if let Some(group) = open.min_by_key(|group| (growth(group), group.len())) {
            group.push(pattern);
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    (0..whole).flat_map(|round| groups.iter().filter_map(move |group| group.get(round).copied())).collect()
}

/// How many beginnings of so many bytes a group lets through.
fn looseness<'p>(group: impl Iterator<Item = &'p &'p str> + Clone, width: usize) -> u64 {
    let halves = |at: usize| {
        let bytes = group.clone().filter_map(|pattern| pattern.as_bytes().get(at));
        let [low, high] = bytes.fold([0_u16; 2], |[low, high], byte| [low | 1 << (byte & 15), high | 1 << (byte >> 4)]);
        u64::from(low.count_ones() * high.count_ones())
    };
    (0..width).map(halves).product()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What all groups let through.
    fn passed(patterns: &[&str]) -> u64 {
        (0..GROUPS).map(|group| looseness(patterns.iter().skip(group).step_by(GROUPS), 4)).sum()
    }

    #[test]
    fn like_patterns_share_a_group() {
        let exact = |trigger: &Trigger| if let Trigger::Exact(anchors) = trigger { Some(*anchors) } else { None };
        let mut secrets: Vec<&str> =
            Family::Secrets.kinds().iter().flat_map(|kind| kind.triggers.iter().filter_map(exact).flatten().copied()).collect();
        secrets.sort_unstable();
        assert!(passed(&alike(&secrets)) * 10 < passed(&secrets), "{} {}", passed(&alike(&secrets)), passed(&secrets));
    }

    proptest! {
        #[test]
        fn each_pattern_is_kept_once(patterns in proptest::collection::btree_set(".{1,6}", 0..70)) {
            let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
            let mut kept = alike(&patterns);
            kept.sort_unstable();
            prop_assert_eq!(kept, patterns);
        }
    }
}

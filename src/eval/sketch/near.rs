//! Texts that say nearly the same: fingerprints whose agreement tells how many pairs of words two texts share.
//!
//! A text is the set of its pairs of neighbouring words, in lower case, whatever stands between them. Two texts are near where they share at
//! least 0.8 of all pairs that either has (Jaccard's index). A fingerprint tells that index with a standard error of at most
//! √(0.8 · 0.2 / 64) = 0.05 at that border; two texts of index 0.8 meet in a band with a probability of 0.9998.
//!
//! # Source
//! A. Broder, "On the resemblance and containment of documents", 1997; bands as in J. Leskovec, A. Rajaraman, J. Ullman, "Mining of Massive
//! Datasets", chapter 3.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::eval::blind::Blind;

/// Numbers of a fingerprint.
const NUMBERS: usize = 64;
/// Numbers that have to agree for two texts to be compared.
const BAND: usize = 4;
/// Numbers that agree in texts that are near: 0.8 of 64.
const NEAR: usize = 52;
/// Most texts of a band that another is compared with: hostile texts do not make this quadratic.
const COMPARED: usize = 256;

/// Fingerprints, and how many rows have each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Near(#[serde(with = "as_list")] BTreeMap<Vec<u32>, u64>);

/// JSON has no maps with lists for keys.
mod as_list {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(map: &BTreeMap<Vec<u32>, u64>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Vec<u32>, u64>, D::Error> {
        Ok(Vec::<(Vec<u32>, u64)>::deserialize(deserializer)?.into_iter().collect())
    }
}

impl Near {
    pub(super) fn add(&mut self, text: &str, blind: Option<&Blind>) {
        *self.0.entry(fingerprint(text, blind)).or_default() += 1;
    }

    pub(super) fn merge(&mut self, other: Self) {
        other.0.into_iter().for_each(|(print, rows)| *self.0.entry(print).or_default() += rows);
    }

    /// Rows whose text is near that of another row.
    pub(super) fn duplicates(&self) -> u64 {
        let prints: Vec<(&Vec<u32>, u64)> = self.0.iter().map(|(print, rows)| (print, *rows)).collect();
        let mut near: BTreeSet<usize> = prints.iter().enumerate().filter(|(_, (_, rows))| *rows > 1).map(|(at, _)| at).collect();
        for band in 0..NUMBERS / BAND {
            let mut bands: HashMap<&[u32], Vec<usize>> = HashMap::new();
            for (at, (print, _)) in prints.iter().enumerate() {
                let Some(numbers) = print.get(band * BAND..(band + 1) * BAND) else { continue };
                let others = bands.entry(numbers).or_default();
                let known = |other: &usize| prints.get(*other).is_some_and(|(other, _)| agree(print, other) >= NEAR);
                for other in others.iter().copied().filter(known).collect::<Vec<_>>() {
                    near.extend([at, other]);
                }
                if others.len() < COMPARED {
                    others.push(at);
                }
            }
        }
        near.into_iter().filter_map(|at| prints.get(at)).map(|(_, rows)| rows).sum()
    }
}

fn agree(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).filter(|(a, b)| a == b).count()
}

/// The least of each of so many orders of a text's pairs of words.
fn fingerprint(text: &str, blind: Option<&Blind>) -> Vec<u32> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let mut pairs: BTreeSet<u64> = words.windows(2).map(|pair| hidden(&pair.join(" "), blind)).collect();
    if let [only] = words.as_slice() {
        pairs.insert(hidden(only, blind));
    }
    let mut least = vec![u32::MAX; NUMBERS];
    for pair in pairs {
        for (number, slot) in (1_u64..).zip(least.iter_mut()) {
            // An order of its own for each number: the pair's hash, mixed with an odd multiple.
            let mixed = (pair ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xff51_afd7_ed55_8ccd);
            let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
            *slot = u32::try_from(mixed >> 32).unwrap_or(u32::MAX).min(*slot);
        }
    }
    least
}

fn hidden(words: &str, blind: Option<&Blind>) -> u64 {
    let mut bytes = words.as_bytes().to_vec();
    if let Some(blind) = blind {
        blind.hide(&mut bytes);
    }
    super::hash(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text of `length` words of its own.
    fn own(number: usize, length: usize) -> Vec<String> {
        (0..length).map(|word| format!("w{number}x{word}")).collect()
    }

    fn index(a: &[String], b: &[String]) -> f64 {
        let pairs = |words: &[String]| words.windows(2).map(|pair| pair.join(" ")).collect::<BTreeSet<_>>();
        let (a, b) = (pairs(a), pairs(b));
        a.intersection(&b).count() as f64 / a.union(&b).count() as f64
    }

    #[test]
    fn what_is_clearly_near_or_far_is_told_so_and_merging_does_not_matter() {
        let mut texts: Vec<Vec<String>> = Vec::new();
        let mut expected = 0;
        for number in 0..200 {
            let text = own(number, 60);
            let mut other = text.clone();
            // One word in sixty leaves an index of 0.93, fifteen leave one of 0.33 or so.
            let changed = if number % 2 == 0 { 1 } else { 15 };
            (0..changed).for_each(|at| other[4 * at + 2] = format!("n{number}x{at}"));
            let index = index(&text, &other);
            assert!(index > 0.9 || index < 0.6, "{index}");
            expected += if index > 0.9 { 2 } else { 0 };
            texts.extend([text, other]);
        }
        let (mut whole, mut parts) = (Near::default(), [Near::default(), Near::default()]);
        for (at, text) in texts.iter().enumerate() {
            whole.add(&text.join(" "), None);
            parts[usize::from(at % 3 == 0)].add(&text.join("; ").to_uppercase(), None);
        }
        let [mut first, second] = parts;
        first.merge(second);
        assert_eq!(first, whole);
        assert_eq!(whole.duplicates(), expected);
        let stored = serde_json::to_string(&whole).unwrap();
        assert_eq!(serde_json::from_str::<Near>(&stored).unwrap(), whole);
    }

    #[test]
    fn equal_texts_are_near_and_empty_ones_are_equal() {
        let mut near = Near::default();
        for text in ["", " ! ", "one", "One.", "two words", "other words here"] {
            near.add(text, None);
        }
        assert_eq!(near.duplicates(), 4);
    }

    #[test]
    fn texts_that_share_a_band_and_no_more_do_not_make_it_quadratic() {
        let prints = (0..100_000_u32).map(|at| (vec![7, 7, 7, 7].into_iter().chain((4..64).map(|number| at * 64 + number)).collect(), 1));
        assert_eq!(Near(prints.collect()).duplicates(), 0);
    }
}

//! How far the values of a column lie from those of a baseline.
//!
//! A baseline is the sample that is compared with. It is known before any row, so what a column needs to be remembered by is the number of
//! rows in each *cell* that the baseline cuts the numbers into: integers that add up in any order.
//!
//! # Sources
//! * Population stability index: Σ (aᵢ − bᵢ) · ln(aᵢ / bᵢ) over the shares of bins; Siddiqi, *Credit Risk Scorecards* (2006); its
//!   distribution: Yurdakul, *Statistical Properties of Population Stability Index* (2018). The tenths of the baseline are its usual bins.
//! * Kolmogorov and Smirnov's distance of two samples: sup |F(x) − G(x)| over their empirical distribution functions; Smirnov (1939);
//!   `ks_2samp(…).statistic` of SciPy.
//! * Jensen and Shannon's divergence, in bits: Lin, *Divergence Measures Based on the Shannon Entropy* (1991);
//!   `jensenshannon(p, q, base=2)²` of SciPy.

use std::collections::{BTreeMap, BTreeSet};

/// Bins that the values of a baseline are cut into.
const BINS: u64 = 10;

/// What a share of zero counts as in the index, whose logarithm it would make infinite.
const LEAST_SHARE: f64 = 0.0001;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Population stability index.
    Psi,
    /// Kolmogorov and Smirnov's distance.
    Ks,
    /// Jensen and Shannon's divergence, in bits.
    JensenShannon,
}

/// A sample to compare with, prepared for one measure.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Baseline {
    measure: Measure,
    cuts: Cuts,
    /// How many values of the baseline lie in each cell that has some.
    rows: BTreeMap<u64, u64>,
    total: u64,
}

/// Where cells begin and end.
#[derive(Debug, Clone, PartialEq)]
enum Cuts {
    /// Cell 2i + 1 holds what equals value i of the baseline, cell 2i what lies below it and above the one before.
    Values(Vec<f64>),
    /// Cell 0 lies below the least value; cell 1 goes from it to the first bound, each further one to the next; the last lies above all.
    Bins { least: f64, bounds: Vec<f64> },
    /// Cell i + 1 holds text i; cell 0 all texts that the baseline does not have.
    Texts(Vec<String>),
}

// No bound is NaN.
impl Eq for Baseline {}

impl Baseline {
    /// Of numbers, none of which is NaN; `None` if there are none.
    pub(crate) fn of_numbers(measure: Measure, mut values: Vec<f64>) -> Option<Self> {
        if values.is_empty() || values.iter().any(|value| value.is_nan()) {
            return None;
        }
        // −0 is 0.
        values.iter_mut().filter(|value| **value == 0.0).for_each(|value| *value = 0.0);
        values.sort_by(f64::total_cmp);
        let cuts = match measure {
            Measure::Ks => {
                let mut distinct = values.clone();
                distinct.dedup();
                Cuts::Values(distinct)
            }
            Measure::Psi | Measure::JensenShannon => {
                Cuts::Bins { least: values.first().copied().unwrap_or_default(), bounds: bounds(&values) }
            }
        };
        let mut out = Self { measure, cuts, rows: BTreeMap::new(), total: values.len() as u64 };
        for value in values {
            let cell = out.cell(value);
            *out.rows.entry(cell).or_default() += 1;
        }
        Some(out)
    }

    /// Of texts, for measures of shares; `None` if there are none, or the measure needs an order.
    pub(crate) fn of_texts(measure: Measure, values: impl IntoIterator<Item = String>) -> Option<Self> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        values.into_iter().for_each(|value| *counts.entry(value).or_default() += 1);
        if counts.is_empty() || measure == Measure::Ks {
            return None;
        }
        let total = counts.values().sum();
        let rows = (1..).zip(counts.values().copied()).collect();
        Some(Self { measure, cuts: Cuts::Texts(counts.into_keys().collect()), rows, total })
    }

    /// The cell of a number that is not NaN.
    pub(crate) fn cell(&self, value: f64) -> u64 {
        match &self.cuts {
            Cuts::Values(values) => {
                let below = values.partition_point(|known| *known < value);
                let equal = values.get(below).is_some_and(|known| *known == value);
                2 * below as u64 + u64::from(equal)
            }
            Cuts::Bins { least, .. } if value < *least => 0,
            Cuts::Bins { bounds, .. } => bounds.partition_point(|bound| *bound < value) as u64 + 1,
            Cuts::Texts(_) => 0,
        }
    }

    /// The cell of a text.
    pub(crate) fn cell_of_text(&self, text: &str) -> u64 {
        match &self.cuts {
            Cuts::Texts(texts) => texts.binary_search_by(|known| known.as_str().cmp(text)).map_or(0, |at| at as u64 + 1),
            _ => 0,
        }
    }

    /// How far rows lie from the baseline that are so many in each cell; `None` where there are none.
    pub(crate) fn distance(&self, rows: &BTreeMap<u64, u64>) -> Option<f64> {
        let total: u64 = rows.values().sum();
        if total == 0 {
            return None;
        }
        let cells: BTreeSet<u64> = rows.keys().chain(self.rows.keys()).copied().collect();
        let shares = cells.iter().map(|cell| (share(rows, *cell, total), share(&self.rows, *cell, self.total)));
        Some(match self.measure {
            Measure::Psi => shares.map(|(a, b)| psi(a.max(LEAST_SHARE), b.max(LEAST_SHARE))).sum(),
            Measure::JensenShannon => (shares.map(|(a, b)| toward_middle(a, b) + toward_middle(b, a)).sum::<f64>() / 2.0).clamp(0.0, 1.0),
            Measure::Ks => self.greatest_gap(&cells, rows, total),
        })
    }

    /// Between two values of the baseline its distribution function stands still and that of the rows rises: the gap is greatest at one of
    /// the ends, so it is asked after every cell.
    fn greatest_gap(&self, cells: &BTreeSet<u64>, rows: &BTreeMap<u64, u64>, total: u64) -> f64 {
        let (mut seen, mut of_baseline, mut gap) = (0, 0, 0.0_f64);
        for cell in cells {
            seen += rows.get(cell).copied().unwrap_or(0);
            of_baseline += self.rows.get(cell).copied().unwrap_or(0);
            gap = gap.max((ratio(seen, total) - ratio(of_baseline, self.total)).abs());
        }
        gap
    }
}

/// The values at or below which a tenth of the values lies, two tenths and so on to all; each once.
fn bounds(sorted: &[f64]) -> Vec<f64> {
    let count = sorted.len() as u64;
    let rank = |tenths: u64| usize::try_from((count.saturating_mul(tenths)).div_ceil(BINS).max(1) - 1).unwrap_or(usize::MAX);
    let mut bounds: Vec<f64> = (1..=BINS).filter_map(|tenths| sorted.get(rank(tenths)).copied()).collect();
    bounds.dedup();
    bounds
}

fn share(rows: &BTreeMap<u64, u64>, cell: u64, total: u64) -> f64 {
    ratio(rows.get(&cell).copied().unwrap_or(0), total)
}

#[expect(clippy::cast_precision_loss, reason = "shares of rows are float64")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

fn psi(a: f64, b: f64) -> f64 {
    (a - b) * (a / b).ln()
}

/// p · log2(p / m), m being the middle of p and q; nothing for a share of zero.
fn toward_middle(p: f64, q: f64) -> f64 {
    if p > 0.0 { p * (p / f64::midpoint(p, q)).log2() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(baseline: &Baseline, values: &[f64]) -> BTreeMap<u64, u64> {
        let mut rows = BTreeMap::new();
        values.iter().for_each(|value| *rows.entry(baseline.cell(*value)).or_default() += 1);
        rows
    }

    fn distance(measure: Measure, baseline: &[f64], values: &[f64]) -> f64 {
        let baseline = Baseline::of_numbers(measure, baseline.to_vec()).unwrap();
        baseline.distance(&rows(&baseline, values)).unwrap()
    }

    #[test]
    fn a_sample_is_at_no_distance_from_itself() {
        let values: Vec<f64> = (0..97).map(|at| f64::from(at * at % 41)).collect();
        for measure in [Measure::Psi, Measure::Ks, Measure::JensenShannon] {
            assert_eq!(distance(measure, &values, &values), 0.0, "{measure:?}");
        }
    }

    #[test]
    fn bins_end_with_tenths_and_the_first_begins_with_the_least_value() {
        let baseline = Baseline::of_numbers(Measure::Psi, (1..=20).map(f64::from).collect()).unwrap();
        let cells: Vec<u64> = [0.9, 1.0, 2.0, 2.1, 4.0, 20.0, 20.1].into_iter().map(|value| baseline.cell(value)).collect();
        assert_eq!(cells, [0, 1, 1, 2, 2, 10, 11]);
        let tied = Baseline::of_numbers(Measure::Psi, [1.0, 2.0, 3.0].repeat(4)).unwrap();
        assert_eq!([1.0, 1.5, 2.0, 3.0].map(|value| tied.cell(value)), [1, 2, 2, 3]);
    }

    #[test]
    fn the_greatest_gap_is_that_of_the_definition() {
        let gap = |a: &[f64], b: &[f64]| {
            let at = |values: &[f64], x: f64| values.iter().filter(|value| **value <= x).count() as f64 / values.len() as f64;
            a.iter().chain(b).map(|x| (at(a, *x) - at(b, *x)).abs()).fold(0.0, f64::max)
        };
        let mut seed = 7_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 60) as f64 / 2.0
        };
        for size in 1..40 {
            let (a, b): (Vec<f64>, Vec<f64>) = ((0..size).map(|_| next()).collect(), (0..41 - size).map(|_| next() + 1.0).collect());
            assert!((distance(Measure::Ks, &b, &a) - gap(&a, &b)).abs() < 1e-15, "{a:?} against {b:?}");
        }
    }

    #[test]
    fn values_the_baseline_does_not_have_are_far_from_it() {
        assert!(distance(Measure::Psi, &[5.0; 10], &[3.0; 10]) > 10.0);
        assert_eq!(distance(Measure::JensenShannon, &[5.0; 10], &[3.0; 10]), 1.0);
        assert_eq!(distance(Measure::Ks, &[5.0; 10], &[3.0; 10]), 1.0);
    }
}

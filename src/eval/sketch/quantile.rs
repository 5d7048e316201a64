//! Quantiles: exact ones of values with their counts, and approximate ones of buckets that grow with the values they hold.
//!
//! # Source
//! Exact: `PERCENTILE_CONT` of SQL:2003, with linear interpolation. Buckets: C. Masson, J. E. Rim, H. K. Lee, "DDSketch", 2019: a value is
//! told with a relative error of at most 1 %, whatever the order of rows and the number of merges.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Relative error of a value that is told.
const ERROR: f64 = 0.01;

/// The value that `share` of the rows stay below; NaN if one is. Null if there is no row.
pub(super) fn exact(values: impl Iterator<Item = (f64, u64)>, share: f64, rows: u64) -> Option<f64> {
    let mut values: Vec<(f64, u64)> = values.collect();
    if values.iter().any(|(value, _)| value.is_nan()) {
        return Some(f64::NAN);
    }
    values.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let (low, part) = place(share, rows)?;
    let at = |rank: u64| {
        let mut before = 0;
        values.iter().find_map(|(value, count)| {
            before += count;
            (rank < before).then_some(*value)
        })
    };
    let low_value = at(low)?;
    match part {
        0.0 => Some(low_value),
        part => at(low + 1).map(|high| if high == low_value { high } else { low_value + (high - low_value) * part }),
    }
}

/// The row that a share leads to, from 0, and how far it is to the next.
fn place(share: f64, rows: u64) -> Option<(u64, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "ranks of more rows than 2^53 are told to the nearest")]
    let rank = share.clamp(0.0, 1.0) * rows.checked_sub(1)? as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the number of rows")]
    let low = rank.floor() as u64;
    Some((low.min(rows - 1), rank - rank.floor()))
}

/// Counts of values by bucket: bucket `k` holds what is between γ^(k − 1) and γ^k.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LogBuckets {
    /// What is asked for, by its bits.
    share: u64,
    nan: bool,
    zeros: u64,
    negative: BTreeMap<i32, u64>,
    positive: BTreeMap<i32, u64>,
}

fn base() -> f64 {
    (1.0 + ERROR) / (1.0 - ERROR)
}

impl LogBuckets {
    pub(super) fn new(share: f64) -> Self {
        Self { share: share.to_bits(), nan: false, zeros: 0, negative: BTreeMap::new(), positive: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, value: f64) {
        if value.is_nan() {
            self.nan = true;
        } else if value == 0.0 {
            self.zeros += 1;
        } else {
            let side = if value < 0.0 { &mut self.negative } else { &mut self.positive };
            *side.entry(bucket(value.abs())).or_default() += 1;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.nan |= other.nan;
        self.zeros += other.zeros;
        other.negative.into_iter().for_each(|(bucket, count)| *self.negative.entry(bucket).or_default() += count);
        other.positive.into_iter().for_each(|(bucket, count)| *self.positive.entry(bucket).or_default() += count);
    }

    /// A value of the rank that the share leads to, from the lower end.
    pub(super) fn quantile(&self, rows: u64) -> Option<f64> {
        if self.nan {
            return Some(f64::NAN);
        }
        let negative = self.negative.iter().rev().map(|(bucket, count)| (-middle(*bucket), *count));
        let positive = self.positive.iter().map(|(bucket, count)| (middle(*bucket), *count));
        let all = negative.chain([(0.0, self.zeros)]).chain(positive);
        let (rank, _) = place(f64::from_bits(self.share), rows)?;
        let mut before = 0;
        all.into_iter().find_map(|(value, count)| {
            before += count;
            (rank < before).then_some(value)
        })
    }
}

fn bucket(value: f64) -> i32 {
    if value.is_infinite() {
        return i32::MAX;
    }
    #[expect(clippy::cast_possible_truncation, reason = "at most 40 000 either way")]
    let bucket = (value.ln() / base().ln()).ceil() as i32;
    bucket
}

/// The value of a bucket whose relative distance to both of its ends is the same.
fn middle(bucket: i32) -> f64 {
    if bucket == i32::MAX { f64::INFINITY } else { (f64::from(bucket) * base().ln()).exp() * (2.0 / (base() + 1.0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_interpolate_and_ends_are_the_extremes() {
        let values = || [(1.0, 1), (2.0, 1), (4.0, 2)].into_iter();
        assert_eq!(exact(values(), 0.5, 4), Some(3.0));
        assert_eq!(exact(values(), 0.0, 4), Some(1.0));
        assert_eq!(exact(values(), 1.0, 4), Some(4.0));
        assert_eq!(exact(values(), 0.25, 4), Some(1.75));
        assert_eq!(exact([].into_iter(), 0.5, 0), None);
        assert!(exact([(f64::NAN, 1), (1.0, 1)].into_iter(), 0.5, 2).unwrap().is_nan());
        assert_eq!(exact([(f64::INFINITY, 2)].into_iter(), 0.5, 2), Some(f64::INFINITY));
    }

    #[test]
    fn buckets_tell_values_within_one_percent_whatever_was_merged() {
        let values: Vec<f64> = (0..10_001).map(|i| f64::from(i - 5_000) * 1.7e-3 + f64::from(i % 7) * 1e6).collect();
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        for share in [0.0, 0.01, 0.25, 0.5, 0.9, 0.999, 1.0] {
            let (mut whole, mut other) = (LogBuckets::new(share), LogBuckets::new(share));
            values.iter().for_each(|value| whole.add(*value));
            values.iter().rev().skip(4_000).for_each(|value| other.add(*value));
            let mut rest = LogBuckets::new(share);
            values.iter().rev().take(4_000).for_each(|value| rest.add(*value));
            rest.merge(other);
            assert_eq!(rest, whole);
            let rank = (share * 10_000.0).floor() as usize;
            let (told, real) = (whole.quantile(10_001).unwrap(), sorted[rank]);
            assert!((told - real).abs() <= real.abs() * 0.010_001, "{share}: {told} for {real}");
        }
    }
}

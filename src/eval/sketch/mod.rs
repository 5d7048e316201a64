//! What aggregates remember beyond sums and extremes: values with their counts, sketches, fingerprints. All merge in any order, and what
//! they come to depends on the rows alone, never on how they were cut.

mod distinct;
mod near;
mod pairs;
mod quantile;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::functions::AggregateKind;
use crate::kernels::drift::Baseline;
use crate::kernels::{Slot, Values, Vector};

use super::blind::Blind;
use super::state::{Scalar, by_key, key_of, values_of};
use super::tally::Position;

use distinct::Distinct;
use near::Near;
use pairs::Pairs;
use quantile::LogBuckets;

/// What one of these aggregates remembers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) enum Sketch {
    /// Nothing was seen yet, or the aggregate needs none.
    #[default]
    None,
    /// Every value, by its key, and how many rows have it; `share` is what a quantile asks for, by its bits.
    Counted {
        share: u64,
        #[serde(with = "by_key")]
        rows: BTreeMap<Vec<u8>, u64>,
    },
    /// About how many values are different.
    Distinct(Distinct),
    /// About where values lie.
    Buckets(LogBuckets),
    /// Sums of two columns and of their products.
    Pairs(Box<Pairs>),
    /// The value of the first or of the last row.
    Edge { last: bool, at: Position, value: Scalar },
    /// Fingerprints of texts.
    Near(Near),
    /// How many rows lie in each cell of a baseline, and how many are NaN.
    Cells { nans: u64, rows: BTreeMap<u64, u64> },
}

/// A row on its way into a sketch; none of its arguments is null or a fault.
pub(crate) struct Row<'a> {
    pub arguments: &'a [Vector],
    pub row: usize,
    pub at: Position,
    pub blind: Option<&'a Blind>,
    /// What the aggregate compares with.
    pub baseline: Option<&'a Baseline>,
}

impl Sketch {
    /// Takes in a row.
    pub(crate) fn add(&mut self, kind: AggregateKind, row: &Row<'_>, key: &mut Vec<u8>) {
        let Some(first) = row.arguments.get(..1) else { return };
        match kind {
            // The values themselves are what is asked for: hashes would have no order.
            AggregateKind::Median | AggregateKind::Quantile => {
                key_of(first, row.row, None, key);
                self.count(key, row.share());
            }
            AggregateKind::ModeFraction | AggregateKind::Entropy => {
                key_of(first, row.row, row.blind, key);
                self.count(key, 0.0);
            }
            AggregateKind::ApproxDistinctCount => {
                key_of(first, row.row, row.blind, key);
                self.made(|| Self::Distinct(Distinct::default()));
                if let Self::Distinct(distinct) = self {
                    distinct.add(key);
                }
            }
            AggregateKind::ApproxQuantile => {
                self.made(|| Self::Buckets(LogBuckets::new(row.share())));
                if let Self::Buckets(buckets) = self {
                    buckets.add(row.number(0));
                }
            }
            AggregateKind::Correlation => {
                self.made(|| Self::Pairs(Box::new(Pairs::new())));
                if let Self::Pairs(pairs) = self {
                    pairs.add(row.number(0), row.number(1));
                }
            }
            AggregateKind::Drift(_) => self.add_to_cell(row),
            AggregateKind::First | AggregateKind::Last => self.add_edge(kind == AggregateKind::Last, row),
            AggregateKind::NearDuplicateFraction => {
                self.made(|| Self::Near(Near::default()));
                if let (Self::Near(near), Some(texts)) =
                    (self, row.arguments.first().filter(|texts| matches!(texts.values, Values::Str(_))))
                {
                    near.add(texts.strings().at(row.row), row.blind);
                }
            }
            _ => {}
        }
    }

    fn made(&mut self, make: impl FnOnce() -> Self) {
        if matches!(self, Self::None) {
            *self = make();
        }
    }

    fn count(&mut self, key: &[u8], share: f64) {
        self.made(|| Self::Counted { share: share.to_bits(), rows: BTreeMap::new() });
        if let Self::Counted { rows, .. } = self {
            match rows.get_mut(key) {
                Some(count) => *count += 1,
                None => {
                    rows.insert(key.to_vec(), 1);
                }
            }
        }
    }

    fn add_to_cell(&mut self, row: &Row<'_>) {
        let (Some(baseline), Some(values)) = (row.baseline, row.arguments.first()) else { return };
        self.made(|| Self::Cells { nans: 0, rows: BTreeMap::new() });
        let Self::Cells { nans, rows } = self else { return };
        let cell = match &values.values {
            Values::Str(_) => baseline.cell_of_text(values.strings().at(row.row)),
            Values::Bool(_) => baseline.cell_of_text(if values.bools().at(row.row) { "true" } else { "false" }),
            _ => match row.number(0) {
                value if value.is_nan() => return *nans += 1,
                value => baseline.cell(value),
            },
        };
        *rows.entry(cell).or_default() += 1;
    }

    fn add_edge(&mut self, last: bool, row: &Row<'_>) {
        let (Some(column), at) = (row.arguments.first(), row.at) else { return };
        let is_further = match self {
            Self::Edge { at: known, .. } => (at > *known) == last,
            _ => true,
        };
        if let Some(value) = Scalar::of(column, row.row).filter(|_| is_further) {
            *self = Self::Edge { last, at, value };
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        match (&mut *self, other) {
            (_, Self::None) => {}
            (mine @ Self::None, theirs) => *mine = theirs,
            (Self::Counted { rows, .. }, Self::Counted { rows: more, .. }) => {
                more.into_iter().for_each(|(key, count)| *rows.entry(key).or_default() += count);
            }
            (Self::Distinct(mine), Self::Distinct(more)) => mine.merge(&more),
            (Self::Buckets(mine), Self::Buckets(more)) => mine.merge(more),
            (Self::Pairs(mine), Self::Pairs(more)) => mine.merge(*more),
            (Self::Edge { last, at, .. }, Self::Edge { at: theirs, value, .. }) if (theirs > *at) == *last => {
                *self = Self::Edge { last: *last, at: theirs, value };
            }
            (Self::Near(mine), Self::Near(more)) => mine.merge(more),
            (Self::Cells { nans, rows }, Self::Cells { nans: more_nans, rows: more }) => {
                *nans += more_nans;
                more.into_iter().for_each(|(cell, count)| *rows.entry(cell).or_default() += count);
            }
            // States of one check have one kind.
            (_, _) => {}
        }
    }

    /// Moves positions to other input numbers.
    pub(crate) fn shift(&mut self, moved: impl Fn(&mut Position)) {
        if let Self::Edge { at, .. } = self {
            moved(at);
        }
    }

    /// The value over `valued` rows; null where it has none.
    pub(crate) fn finish(&self, kind: AggregateKind, valued: u64, baseline: Option<&Baseline>) -> Vector {
        let float = |value: f64| Vector::constant(1, f64::pack(vec![value]));
        let value = match self {
            Self::None => None,
            Self::Counted { share, rows } => match kind {
                AggregateKind::ModeFraction => rows.values().max().map(|most| float(ratio(*most, valued))),
                AggregateKind::Entropy => Some(float(entropy(rows.values().copied(), valued))),
                _ => quantile::exact(rows.iter().map(|(key, count)| (number_of(key), *count)), f64::from_bits(*share), valued).map(float),
            },
            Self::Distinct(distinct) => Some(Vector::constant(1, i128::pack(vec![distinct.estimate()]))),
            Self::Buckets(buckets) => buckets.quantile(valued).map(float),
            Self::Pairs(pairs) => pairs.correlation(valued).map(float),
            Self::Edge { value, .. } => Some(value.vector()),
            Self::Cells { nans: 1.., .. } => Some(float(f64::NAN)),
            Self::Cells { rows, .. } => baseline.and_then(|baseline| baseline.distance(rows)).map(float),
            Self::Near(near) => Some(float(ratio(near.duplicates(), valued))),
        };
        value.unwrap_or_else(|| Vector::null(1))
    }
}

impl Row<'_> {
    fn number(&self, argument: usize) -> f64 {
        self.arguments.get(argument).map_or(f64::NAN, |numbers| numbers.numbers().at(self.row).to_f64())
    }

    /// What a quantile asks for; a median asks for the half.
    fn share(&self) -> f64 {
        if self.arguments.len() > 1 { self.number(1) } else { 0.5 }
    }
}

fn number_of(key: &[u8]) -> f64 {
    let value = values_of(key).into_iter().next().flatten();
    value.and_then(|value| value.number()).map_or(f64::NAN, |number| number.to_f64())
}

#[expect(clippy::cast_precision_loss, reason = "a share of rows as float64 is what the aggregate gives")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

/// −Σ p · log2 p, in the order of the keys.
fn entropy(counts: impl Iterator<Item = u64>, valued: u64) -> f64 {
    let parts = counts.map(|count| ratio(count, valued)).map(|share| share * share.log2());
    // −0 of a single value is 0.
    0.0 - parts.sum::<f64>()
}

/// A hash that is the same on every machine and in every version: states travel.
///
/// # Source
/// FNV-1a of 64 bits, then the finaliser of MurmurHash3, which spreads what FNV leaves in the low bits.
fn hash(bytes: &[u8]) -> u64 {
    let fnv = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    let mixed = (fnv ^ (fnv >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ (mixed >> 33)
}

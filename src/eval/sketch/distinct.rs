//! About how many values are different: a HyperLogLog sketch, of which only registers that are set are kept.
//!
//! # Source
//! P. Flajolet, É. Fusy, O. Gandouet, F. Meunier, "HyperLogLog", 2007; the estimator is that of O. Ertl, "New cardinality estimation
//! algorithms for HyperLogLog sketches", 2017, algorithm 6, which needs no tables of bias. The standard error is 1.04 / √4096 = 1.6 %.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Bits of a hash that choose a register.
const PRECISION: u32 = 12;
const REGISTERS: u16 = 1 << PRECISION;
/// Bits that are left.
const REST: u32 = 64 - PRECISION;

/// Registers that are set: the longest run of zeros, and one, of the hashes that chose them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Distinct(BTreeMap<u16, u8>);

impl Distinct {
    pub(super) fn add(&mut self, key: &[u8]) {
        let hash = super::hash(key);
        let register = u16::try_from(hash >> REST).unwrap_or(0);
        let run = (hash << PRECISION).leading_zeros().min(REST) + 1;
        self.set(register, u8::try_from(run).unwrap_or(u8::MAX));
    }

    fn set(&mut self, register: u16, run: u8) {
        let known = self.0.entry(register).or_default();
        *known = run.max(*known);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(register, run)| self.set(*register, *run));
    }

    pub(super) fn estimate(&self) -> i128 {
        let mut counts = [0.0_f64; REST as usize + 2];
        self.0.values().map(|run| usize::from(*run)).for_each(|run| {
            if let Some(count) = counts.get_mut(run) {
                *count += 1.0;
            }
        });
        let all = f64::from(REGISTERS);
        let unset = all - counts.iter().sum::<f64>();
        let full = counts.last().copied().unwrap_or(0.0);
        let mut z = all * tau(1.0 - full / all);
        for count in counts.iter().skip(1).take(REST as usize).rev() {
            z = 0.5 * (z + count);
        }
        z += all * sigma(unset / all);
        #[expect(clippy::cast_possible_truncation, reason = "a count of values is far below 2^127")]
        let estimate = (all * all / (2.0 * std::f64::consts::LN_2 * z)).round() as i128;
        estimate
    }
}

fn sigma(start: f64) -> f64 {
    let (mut x, mut y, mut z) = (start, 1.0, start);
    while x < 1.0 {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
    f64::INFINITY
}

fn tau(start: f64) -> f64 {
    if start <= 0.0 || start >= 1.0 {
        return 0.0;
    }
    let (mut x, mut y, mut z) = (start, 1.0, 1.0 - start);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z == before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_within_five_standard_errors_and_merging_does_not_matter() {
        for count in [0_u32, 1, 10, 1_000, 5_000, 12_000, 50_000, 400_000] {
            let (mut whole, mut parts) = (Distinct::default(), [Distinct::default(), Distinct::default()]);
            for value in (0..count).chain(0..count / 2) {
                whole.add(&value.to_le_bytes());
                parts[usize::from(value % 3 == 0)].add(&value.to_le_bytes());
            }
            let [mut first, second] = parts;
            first.merge(&second);
            assert_eq!(first, whole);
            let error = (whole.estimate() - i128::from(count)).abs();
            assert!(error * 100 <= i128::from(count) * 8, "{count}: {}", whole.estimate());
        }
    }
}

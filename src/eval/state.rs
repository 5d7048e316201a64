//! States of dataset checks and session rules: what they remember of rows gone by. All merge in any order and serialise.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use ahash::HashMap;
use num_bigint::BigInt;
use serde::{Deserialize, Serialize};

use crate::compile::ir::AggregateCall;
use crate::functions::AggregateKind;
use crate::kernels::exact::{self, ExactSum};
use crate::kernels::number::{DECIMAL_MAX, Num, int_in_range};
use crate::kernels::vector::Slot;
use crate::kernels::{Values, Vector};
use crate::types::Type;

use super::blind::Blind;
use super::sketch::{Row, Sketch};
use super::tally::{Counts, Position, Sample};
use super::waive::{CoveredKeys, WaivedRows, add_waived};

/// A value that outlives its slice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Scalar {
    Bool(bool),
    Int(i128),
    Float(#[serde(with = "float_by_bits")] f64),
    Decimal(i128, i32),
    Str(String),
    Bin(Vec<u8>),
}

/// JSON has no NaN and no infinity.
mod float_by_bits {
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(value.to_bits())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Ok(f64::from_bits(u64::deserialize(deserializer)?))
    }
}

impl Scalar {
    /// The value of a live row.
    pub(crate) fn of(vector: &Vector, row: usize) -> Option<Self> {
        Some(match &vector.values {
            Values::Bool(_) => Self::Bool(vector.bools().at(row)),
            Values::Int(_) => Self::Int(vector.ints().at(row)),
            Values::Float(_) => Self::Float(vector.floats().at(row)),
            Values::Decimal(_, scale) => Self::Decimal(vector.ints().at(row), *scale),
            Values::Str(_) => Self::Str(vector.strings().at(row).to_owned()),
            Values::Bin(_) => Self::Bin(vector.binaries().at(row).to_vec()),
            _ => return None,
        })
    }

    /// As a constant column.
    pub(crate) fn vector(&self) -> Vector {
        Vector::constant(
            1,
            match self {
                Self::Bool(value) => bool::pack(vec![*value]),
                Self::Int(value) => i128::pack(vec![*value]),
                Self::Float(value) => f64::pack(vec![*value]),
                Self::Decimal(mantissa, scale) => Values::Decimal(vec![*mantissa].into(), *scale),
                Self::Str(text) => String::pack(vec![text.clone()]),
                Self::Bin(bytes) => Values::Bin(crate::kernels::vector::Binaries::Small([Some(bytes.as_slice())].into_iter().collect())),
            },
        )
    }

    pub(crate) fn number(&self) -> Option<Num> {
        match self {
            Self::Int(value) => Some(Num::Int(*value)),
            Self::Float(value) => Some(Num::Float(*value)),
            Self::Decimal(mantissa, scale) => Some(Num::Decimal(*mantissa, *scale)),
            _ => None,
        }
    }

    /// Orders two values of one type; `None` if one is NaN.
    pub(crate) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Str(a), Self::Str(b)) => Some(a.cmp(b)),
            (Self::Bin(a), Self::Bin(b)) => Some(a.cmp(b)),
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (a, b) => a.number()?.compare(b.number()?),
        }
    }

    pub(super) fn is_nan(&self) -> bool {
        matches!(self, Self::Float(value) if value.is_nan())
    }
}

/// Bytes that are equal exactly where values are: NaN is NaN, −0 is 0; a null has bytes of its own. Values that must not be told are
/// hidden by `blind`.
pub(crate) fn key_of(vectors: &[Vector], row: usize, blind: Option<&Blind>, out: &mut Vec<u8>) {
    plain_key_of(vectors, row, out);
    if let Some(blind) = blind {
        blind.hide(out);
    }
}

fn plain_key_of(vectors: &[Vector], row: usize, out: &mut Vec<u8>) {
    out.clear();
    for vector in vectors {
        if !vector.is_live(row) {
            out.push(0);
            continue;
        }
        match &vector.values {
            Values::Bool(_) => out.extend([1, u8::from(vector.bools().at(row))]),
            Values::Int(_) => {
                out.push(2);
                out.extend(vector.ints().at(row).to_le_bytes());
            }
            Values::Decimal(_, scale) => {
                out.push(3);
                out.extend(vector.ints().at(row).to_le_bytes());
                out.extend(scale.to_le_bytes());
            }
            Values::Float(_) => {
                let value = vector.floats().at(row);
                let bits = if value.is_nan() {
                    u64::MAX
                } else if value == 0.0 {
                    0
                } else {
                    value.to_bits()
                };
                out.push(4);
                out.extend(bits.to_le_bytes());
            }
            Values::Str(_) => sized(5, vector.strings().at(row).as_bytes(), out),
            Values::Bin(_) => sized(6, vector.binaries().at(row), out),
            _ => out.push(7),
        }
    }
}

fn sized(mark: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(mark);
    out.extend((bytes.len() as u64).to_le_bytes());
    out.extend(bytes);
}

/// A sum: exact, whatever the kind of number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Sums {
    None,
    Int { sum: BigInt, squares: BigInt, scale: i32 },
    Float { sum: Box<ExactSum>, squares: Option<Box<ExactSum>> },
}

/// What one aggregate remembers of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AggregateState {
    rows: u64,
    nulls: u64,
    trues: u64,
    faults: u64,
    sums: Sums,
    extreme: Option<Scalar>,
    nan: bool,
    /// Keys with the number of rows that have them (distinct values, groups of `unique`).
    keys: BTreeSet<Vec<u8>>,
    duplicate: bool,
    #[serde(default)]
    sketch: Sketch,
}

impl AggregateState {
    fn new() -> Self {
        Self {
            rows: 0,
            nulls: 0,
            trues: 0,
            faults: 0,
            sums: Sums::None,
            extreme: None,
            nan: false,
            keys: BTreeSet::new(),
            duplicate: false,
            sketch: Sketch::None,
        }
    }

    /// Takes in a row.
    fn add(&mut self, kind: AggregateKind, of: &Row<'_>, key: &mut Vec<u8>) {
        let Row { arguments, row, blind, .. } = *of;
        self.rows += 1;
        if arguments.iter().any(|argument| argument.is_fault(row)) {
            self.faults += 1;
            return;
        }
        if arguments.iter().any(|argument| !argument.is_live(row)) {
            self.nulls += 1;
            return;
        }
        let Some(first) = arguments.first() else { return };
        match kind {
            AggregateKind::CountIf => self.trues += u64::from(first.bools().at(row)),
            AggregateKind::Sum | AggregateKind::Mean => self.add_number(first.numbers().at(row), false),
            AggregateKind::StdDev | AggregateKind::Variance => self.add_number(first.numbers().at(row), true),
            AggregateKind::Min => self.add_extreme(first, row, Ordering::Less),
            AggregateKind::Max => self.add_extreme(first, row, Ordering::Greater),
            AggregateKind::DistinctCount | AggregateKind::Unique => {
                key_of(arguments, row, blind, key);
                if self.keys.contains(key.as_slice()) {
                    self.duplicate = true;
                } else {
                    self.keys.insert(key.clone());
                }
            }
            _ => self.sketch.add(kind, of, key),
        }
    }

    fn add_number(&mut self, number: Num, squares: bool) {
        match number {
            Num::Float(value) => {
                if matches!(self.sums, Sums::None) {
                    self.sums = Sums::Float { sum: Box::new(ExactSum::new()), squares: squares.then(|| Box::new(ExactSum::new())) };
                }
                if let Sums::Float { sum, squares } = &mut self.sums {
                    sum.add(value);
                    if let Some(squares) = squares {
                        squares.add_square(value);
                    }
                }
            }
            Num::Int(value) => self.add_integer(value, 0, squares),
            Num::Decimal(mantissa, scale) => self.add_integer(mantissa, scale, squares),
        }
    }

    fn add_integer(&mut self, value: i128, own: i32, with_squares: bool) {
        if matches!(self.sums, Sums::None) {
            self.sums = Sums::Int { sum: BigInt::from(0), squares: BigInt::from(0), scale: own };
        }
        if let Sums::Int { sum, squares, .. } = &mut self.sums {
            *sum += value;
            if with_squares {
                let value = BigInt::from(value);
                *squares += &value * &value;
            }
        }
    }

    fn add_extreme(&mut self, vector: &Vector, row: usize, wanted: Ordering) {
        let Some(mut value) = Scalar::of(vector, row) else { return };
        if value == Scalar::Float(0.0) {
            // −0 and 0 are equal: which of them comes first must not show.
            value = Scalar::Float(0.0);
        }
        if value.is_nan() {
            self.nan = true;
        } else if self.extreme.as_ref().is_none_or(|known| value.order(known) == Some(wanted)) {
            self.extreme = Some(value);
        }
    }

    fn merge(&mut self, other: Self, kind: AggregateKind) {
        self.rows += other.rows;
        self.nulls += other.nulls;
        self.trues += other.trues;
        self.faults += other.faults;
        self.nan |= other.nan;
        self.duplicate |= other.duplicate;
        let wanted = if kind == AggregateKind::Min { Ordering::Less } else { Ordering::Greater };
        if let Some(value) = other.extreme
            && self.extreme.as_ref().is_none_or(|known| value.order(known) == Some(wanted))
        {
            self.extreme = Some(value);
        }
        for key in other.keys {
            self.duplicate |= !self.keys.insert(key);
        }
        self.sketch.merge(other.sketch);
        match (&mut self.sums, other.sums) {
            (_, Sums::None) => {}
            (mine @ Sums::None, theirs) => *mine = theirs,
            (Sums::Int { sum, squares, scale }, Sums::Int { sum: more, squares: more_squares, scale: other }) => {
                // Files may store one decimal at different scales: the finer one holds both.
                let common = (*scale).max(other);
                let lift = |by: i32| BigInt::from(10).pow(u32::try_from(by).unwrap_or(0));
                *sum = &*sum * lift(common - *scale) + more * lift(common - other);
                *squares = &*squares * lift(2 * (common - *scale)) + more_squares * lift(2 * (common - other));
                *scale = common;
            }
            (Sums::Float { sum, squares }, Sums::Float { sum: more, squares: more_squares }) => {
                sum.merge(*more);
                if let (Some(squares), Some(more)) = (squares, more_squares) {
                    squares.merge(*more);
                }
            }
            // One column has one kind of number; states of different column types are refused before.
            (_, _) => self.faults += 1,
        }
    }

    /// The value; a fault if a row was one, null over zero rows (but `row_count`).
    fn finish(&self, call: &AggregateCall, ty: &Type) -> Vector {
        let kind = call.kind;
        let int = |value: u64| Vector::constant(1, i128::pack(vec![i128::from(value)]));
        let float = |value: f64| Vector::constant(1, f64::pack(vec![value]));
        if self.faults > 0 {
            return Vector::fault(1);
        }
        if kind == AggregateKind::RowCount {
            return int(self.rows);
        }
        if self.rows == 0 {
            return Vector::null(1);
        }
        let valued = self.rows - self.nulls;
        #[expect(clippy::cast_precision_loss, reason = "a share of rows as float64 is what the aggregate gives")]
        let share = |part: u64| float(part as f64 / self.rows as f64);
        match kind {
            AggregateKind::Count => int(valued),
            AggregateKind::CountIf => int(self.trues),
            AggregateKind::NullCount => int(self.nulls),
            AggregateKind::NullFraction => share(self.nulls),
            AggregateKind::Completeness => share(valued),
            AggregateKind::DistinctCount => int(self.keys.len() as u64),
            AggregateKind::Unique => Vector::constant(1, bool::pack(vec![!self.duplicate])),
            AggregateKind::Min | AggregateKind::Max if self.nan => float(f64::NAN),
            AggregateKind::Min | AggregateKind::Max => self.extreme.as_ref().map_or_else(|| Vector::null(1), Scalar::vector),
            AggregateKind::Sum | AggregateKind::Mean | AggregateKind::StdDev | AggregateKind::Variance => self.finish_sum(kind, ty, valued),
            _ => self.sketch.finish(kind, valued, call.sample()),
        }
    }

    fn finish_sum(&self, kind: AggregateKind, ty: &Type, count: u64) -> Vector {
        let float = |value: f64| Vector::constant(1, f64::pack(vec![value]));
        let variance = || match &self.sums {
            Sums::Float { sum, squares: Some(squares) } => exact::variance(sum, squares, count),
            Sums::Int { sum, squares, scale } => exact::integer_variance(sum, squares, count).map(|value| value / 10_f64.powi(2 * scale)),
            _ => None,
        };
        let value = match (kind, &self.sums) {
            (_, Sums::None) => None,
            (AggregateKind::Sum, Sums::Float { sum, .. }) => Some(float(sum.sum())),
            (AggregateKind::Sum, Sums::Int { sum, scale, .. }) => {
                let whole = i128::try_from(sum).ok();
                return match (whole, ty) {
                    (Some(value), Type::Decimal) if value.unsigned_abs() <= DECIMAL_MAX.unsigned_abs() => {
                        Vector::constant(1, Values::Decimal(vec![value].into(), *scale))
                    }
                    (Some(_), Type::Decimal) => Vector::fault(1),
                    (Some(value), _) => {
                        int_in_range(value).map_or_else(|| Vector::fault(1), |value| Vector::constant(1, i128::pack(vec![value])))
                    }
                    // The exact sum is past what a value can hold: an overflow.
                    (None, _) => Vector::fault(1),
                };
            }
            (AggregateKind::Mean, Sums::Float { sum, .. }) => Some(float(sum.mean(count))),
            (AggregateKind::Mean, Sums::Int { sum, scale, .. }) => {
                let denominator = BigInt::from(count) * BigInt::from(10).pow(u32::try_from(*scale).unwrap_or(0));
                Some(float(exact::round_quotient(sum, 0, &denominator)))
            }
            (AggregateKind::Variance, _) => variance().map(float),
            (AggregateKind::StdDev, _) => variance().map(|value| float(value.sqrt())),
            _ => None,
        };
        value.unwrap_or_else(|| Vector::null(1))
    }
}

/// Most groups of a check.
pub(crate) const MAX_GROUPS: usize = 10_000;

/// What a dataset check remembers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct CheckState {
    kinds: Vec<AggregateKindRepr>,
    #[serde(with = "by_key")]
    pub groups: BTreeMap<Vec<u8>, Group>,
    /// Rows of groups beyond the limit.
    pub overflowed: u64,
    /// Rows whose `where` or `by` is a fault.
    pub faults: u64,
}

/// [`AggregateKind`] by its name, for states that travel.
type AggregateKindRepr = String;

/// One group of a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Group {
    pub states: Vec<AggregateState>,
}

impl CheckState {
    pub(crate) fn new(calls: &[AggregateCall], grouped: bool) -> Self {
        let kinds = calls.iter().map(|call| format!("{:?}", call.kind)).collect();
        let mut out = Self { kinds, ..Self::default() };
        if !grouped {
            // Without groups there is one, even over no rows.
            out.groups.insert(Vec::new(), Group { states: calls.iter().map(|_| AggregateState::new()).collect() });
        }
        out
    }

    /// Takes in the rows of a slice that `filter` lets through.
    pub(crate) fn add(
        &mut self,
        calls: &[(AggregateCall, Vec<Vector>)],
        filter: Option<&Vector>,
        by: &[Vector],
        blind: Option<&Blind>,
        (at, rows): (Position, usize),
    ) {
        let (mut group_key, mut key) = (Vec::new(), Vec::new());
        for row in 0..rows {
            if let Some(filter) = filter {
                if filter.is_fault(row) {
                    self.faults += 1;
                    continue;
                }
                if !filter.is_live(row) || !filter.bools().at(row) {
                    continue;
                }
            }
            if by.iter().any(|by| by.is_fault(row)) {
                self.faults += 1;
                continue;
            }
            // Without groups there is one, of no key.
            if !by.is_empty() {
                key_of(by, row, blind, &mut group_key);
            }
            if !self.groups.contains_key(&group_key) {
                if self.groups.len() >= MAX_GROUPS {
                    self.overflowed += 1;
                    continue;
                }
                let states = calls.iter().map(|_| AggregateState::new()).collect();
                self.groups.insert(group_key.clone(), Group { states });
            }
            if let Some(group) = self.groups.get_mut(&group_key) {
                for (state, (call, arguments)) in group.states.iter_mut().zip(calls) {
                    state.add(
                        call.kind,
                        &Row { arguments, row, at: Position { input: at.input, row: at.row + row as u64 }, blind, baseline: call.sample() },
                        &mut key,
                    );
                }
            }
        }
    }

    /// Moves positions to other input numbers.
    pub(crate) fn shift(&mut self, moved: impl Fn(&mut Position) + Copy) {
        self.groups.values_mut().flat_map(|group| &mut group.states).for_each(|state| state.sketch.shift(moved));
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.overflowed += other.overflowed;
        self.faults += other.faults;
        let min = "Min";
        for (key, group) in other.groups {
            if let Some(known) = self.groups.get_mut(&key) {
                for ((state, more), kind) in known.states.iter_mut().zip(group.states).zip(&self.kinds) {
                    state.merge(more, if kind == min { AggregateKind::Min } else { AggregateKind::Max });
                }
            } else if self.groups.len() < MAX_GROUPS {
                self.groups.insert(key, group);
            } else {
                self.overflowed += group.states.iter().map(|state| state.rows).max().unwrap_or(0);
            }
        }
    }
}

impl Group {
    /// The values of the aggregates.
    pub(crate) fn finish(&self, calls: &[(AggregateCall, Type)]) -> Vec<Vector> {
        self.states.iter().zip(calls).map(|(state, (call, ty))| state.finish(call, ty)).collect()
    }
}

/// One key of a `unique` rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Seen {
    rows: u64,
    first: Position,
}

/// What a `unique` rule remembers: every key, blind where its column is redacted, with how often it was seen, and where first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct UniqueState {
    pub counts: Counts,
    #[serde(with = "key_list")]
    keys: HashMap<Vec<u8>, Seen>,
    /// Rows that are not the first of their key, or have none where that is a failure: the first of them.
    later: Vec<Member>,
    /// Rows that filters of waivers are true for, by key.
    #[serde(default)]
    covered: CoveredKeys,
    /// Failing rows without a key that are waived.
    #[serde(default)]
    pub waived: WaivedRows,
}

/// A failing row of a `unique` rule; those held against the data come first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Member {
    pub waiver: Option<u32>,
    pub at: Position,
    pub key: Vec<u8>,
}

impl Member {
    fn rank(&self) -> (bool, Position) {
        (self.waiver.is_some(), self.at)
    }
}

/// What a `unique` rule has come to.
pub(crate) struct Repeated {
    /// Rows that share their key with another.
    pub failed: u64,
    /// Of these and of rows without a key, those that filters of waivers cover.
    pub waived: WaivedRows,
    /// The first failing rows.
    pub rows: Vec<Member>,
}

/// JSON has no maps with bytes for keys.
pub(super) mod by_key {
    use super::BTreeMap;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::eval) fn serialize<S: Serializer, V: Serialize>(map: &BTreeMap<Vec<u8>, V>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(in crate::eval) fn deserialize<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<Vec<u8>, V>, D::Error> {
        Ok(Vec::<(Vec<u8>, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}

/// The same for keys.
mod key_list {
    use super::{HashMap, Seen};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(map: &HashMap<Vec<u8>, Seen>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entries: Vec<_> = map.iter().collect();
        entries.sort_by_key(|(key, _)| *key);
        serializer.collect_seq(entries)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HashMap<Vec<u8>, Seen>, D::Error> {
        Ok(Vec::<(Vec<u8>, Seen)>::deserialize(deserializer)?.into_iter().collect())
    }
}

impl UniqueState {
    /// Takes in a row with a key; `waiver` covers it, should it fail.
    pub(crate) fn add(&mut self, key: &[u8], at: Position, waiver: Option<u32>, limit: usize) {
        match self.keys.get_mut(key) {
            Some(seen) => {
                seen.rows += 1;
                self.remember(at, key, waiver, limit);
            }
            None => {
                self.keys.insert(key.to_vec(), Seen { rows: 1, first: at });
            }
        }
        if let Some(waiver) = waiver {
            self.covered.add(key, at, waiver);
        }
    }

    /// Counts a failing row without a key.
    pub(crate) fn waive(&mut self, waiver: Option<u32>) {
        if let Some(waiver) = waiver {
            *self.waived.entry(waiver).or_default() += 1;
        }
    }

    /// Keeps a row to be shown, if it is one of the first.
    pub(crate) fn remember(&mut self, at: Position, key: &[u8], waiver: Option<u32>, limit: usize) {
        let rank = (waiver.is_some(), at);
        if self.later.len() < limit || self.later.last().is_some_and(|last| rank < last.rank()) {
            self.later.push(Member { waiver, at, key: key.to_vec() });
            first(&mut self.later, limit);
        }
    }

    pub(crate) fn merge(&mut self, other: Self, limit: usize) {
        self.counts.add(&other.counts);
        add_waived(&mut self.waived, &other.waived);
        self.later.extend(other.later);
        first(&mut self.later, limit);
        for (key, seen) in other.keys {
            let Some(known) = self.keys.get_mut(&key) else {
                self.keys.insert(key, seen);
                continue;
            };
            known.rows += seen.rows;
            // Of the two that were first, one is not any more.
            let (second, of) = if known.first > seen.first { (known.first, &self.covered) } else { (seen.first, &other.covered) };
            known.first = known.first.min(seen.first);
            let waiver = of.waiver_of(&key, second);
            self.remember(second, &key, waiver, limit);
        }
        self.covered.merge(other.covered);
    }

    /// Moves positions to other input numbers.
    pub(crate) fn shift(&mut self, moved: impl Fn(&mut Position)) {
        self.keys.values_mut().for_each(|seen| moved(&mut seen.first));
        self.later.iter_mut().for_each(|member| moved(&mut member.at));
        self.covered.shift(moved);
    }

    /// The rows that share their key with another.
    pub(crate) fn repeated(&self, limit: usize) -> Repeated {
        let mut out = Repeated { failed: 0, waived: self.waived.clone(), rows: self.later.clone() };
        for (key, seen) in self.keys.iter().filter(|(_, seen)| seen.rows > 1) {
            out.failed += seen.rows;
            out.rows.push(Member { waiver: self.covered.waiver_of(key, seen.first), at: seen.first, key: key.clone() });
            if let Some(rows) = self.covered.rows(key) {
                add_waived(&mut out.waived, rows);
            }
        }
        first(&mut out.rows, limit);
        out
    }
}

/// Keeps as many of the first rows.
fn first(rows: &mut Vec<Member>, limit: usize) {
    rows.sort_by_key(Member::rank);
    rows.truncate(limit);
}

/// Reads back the values of a key.
pub(crate) fn values_of(key: &[u8]) -> Vec<Option<Scalar>> {
    let mut out = Vec::new();
    let mut rest = key;
    while let Some((mark, after)) = rest.split_first() {
        let take = |count: usize| after.split_at_checked(count);
        let int = |bytes: &[u8]| <[u8; 16]>::try_from(bytes).map(i128::from_le_bytes).unwrap_or(0);
        let (value, left) = match mark {
            1 => take(1).map(|(bytes, left)| (Some(Scalar::Bool(bytes.first() == Some(&1))), left)),
            2 => take(16).map(|(bytes, left)| (Some(Scalar::Int(int(bytes))), left)),
            3 => take(20).and_then(|(bytes, left)| {
                let (mantissa, scale) = bytes.split_at_checked(16)?;
                Some((Some(Scalar::Decimal(int(mantissa), i32::from_le_bytes(scale.try_into().ok()?))), left))
            }),
            4 => take(8)
                .and_then(|(bytes, left)| Some((Some(Scalar::Float(f64::from_bits(u64::from_le_bytes(bytes.try_into().ok()?)))), left))),
            5 | 6 => take(8).and_then(|(bytes, left)| {
                let length = usize::try_from(u64::from_le_bytes(bytes.try_into().ok()?)).ok()?;
                let (bytes, left) = left.split_at_checked(length)?;
                let value = if *mark == 5 { Scalar::Str(String::from_utf8_lossy(bytes).into_owned()) } else { Scalar::Bin(bytes.to_vec()) };
                Some((Some(value), left))
            }),
            _ => Some((None, after)),
        }
        .unwrap_or((None, &[]));
        out.push(value);
        rest = left;
    }
    out
}

/// A run of rows whose order has been checked inside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Run {
    start: Position,
    /// One past the last row.
    end: u64,
    first: Option<(Scalar, Sample)>,
    last: Option<Scalar>,
}

/// What an `increasing` rule remembers: the ends of the runs it has seen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct OrderState {
    pub counts: Counts,
    runs: Vec<Run>,
    pub samples: Vec<Sample>,
    /// Failing rows that are waived.
    #[serde(default)]
    pub waived: WaivedRows,
}

impl OrderState {
    /// Takes in a slice of rows: those that `counted` names, in order.
    #[expect(clippy::too_many_arguments, reason = "what is known of the slice, and what of the rule")]
    pub(crate) fn add_slice(
        &mut self,
        start: Position,
        rows: usize,
        values: &Vector,
        counted: impl Fn(usize) -> bool,
        nulls_fail: bool,
        limit: usize,
        waiver_of: &dyn Fn(usize) -> Option<u32>,
        sample: &dyn Fn(usize) -> Sample,
    ) {
        let mut run = Run { start, end: start.row + rows as u64, first: None, last: None };
        for row in 0..rows {
            if !counted(row) {
                continue;
            }
            if nulls_fail && values.is_null(row) {
                self.keep(limit, || sample(row));
            }
            if !values.is_live(row) {
                continue;
            }
            let Some(value) = Scalar::of(values, row) else { continue };
            if run.first.is_none() {
                run.first = Some((value.clone(), sample(row)));
            }
            // A NaN is greater than nothing, not even where nothing stands before it.
            let fails = value.is_nan() || run.last.as_ref().is_some_and(|last| value.order(last) != Some(Ordering::Greater));
            if fails {
                self.counts.failed += 1;
                self.waive(waiver_of(row));
                self.keep(limit, || sample(row));
            }
            run.last = Some(value);
        }
        self.runs.push(run);
    }

    /// Counts a failing row that is waived.
    pub(crate) fn waive(&mut self, waiver: Option<u32>) {
        if let Some(waiver) = waiver {
            *self.waived.entry(waiver).or_default() += 1;
        }
    }

    /// Keeps a sample of a row behind all that are kept, if there is room: also what a waived row takes.
    fn keep(&mut self, limit: usize, sample: impl FnOnce() -> Sample) {
        if self.samples.len() < limit || self.samples.last().is_some_and(|last| last.waiver.is_some()) {
            self.samples.push(sample());
            self.cut(limit);
        }
    }

    fn cut(&mut self, limit: usize) {
        self.samples.sort_by_key(Sample::rank);
        self.samples.truncate(limit);
    }

    pub(crate) fn merge(&mut self, other: Self, limit: usize) {
        self.counts.add(&other.counts);
        add_waived(&mut self.waived, &other.waived);
        self.runs.extend(other.runs);
        self.samples.extend(other.samples);
        self.cut(limit);
    }

    /// Moves positions to other input numbers.
    pub(crate) fn shift(&mut self, moved: impl Fn(&mut Position)) {
        for run in &mut self.runs {
            moved(&mut run.start);
            if let Some((_, sample)) = &mut run.first {
                moved(&mut sample.at);
            }
        }
        self.samples.iter_mut().for_each(|sample| moved(&mut sample.at));
    }

    /// Moves positions to later rows.
    pub(crate) fn move_rows(&mut self, by: u64) {
        self.shift(|at| at.row = at.row.saturating_add(by));
        self.runs.iter_mut().for_each(|run| run.end = run.end.saturating_add(by));
    }

    /// Puts the runs in order and checks where they meet; across inputs order goes on. No runs are left.
    pub(crate) fn finish(mut self, limit: usize) -> Self {
        let mut runs = std::mem::take(&mut self.runs);
        runs.sort_by_key(|run| run.start);
        let mut last: Option<Scalar> = None;
        for run in runs {
            if let (Some(before), Some((first, sample))) = (&last, run.first)
                && !first.is_nan()
                && first.order(before) != Some(Ordering::Greater)
            {
                self.counts.failed += 1;
                self.waive(sample.waiver);
                self.samples.push(sample);
            }
            last = run.last.or(last);
        }
        self.cut(limit);
        self
    }
}

//! What a footer says of a chunk's values, as far as a caller who trusts its writer may use it.
//!
//! Bounds of floats are not taken, since NaN may hide behind them; nor bounds in the deprecated fields or of an order the format does not
//! define, nor those of INT96; of texts only a single value, and only where both bounds are said to be exact.

use arrow::datatypes::DataType;
use parquet::basic::{ColumnOrder, SortOrder};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::{Statistics, ValueStatistics};

use crate::types::CompareOp;

/// What is known of a chunk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Known {
    pub rows: u64,
    /// How many values are null.
    pub nulls: Option<u64>,
    /// The smallest and the largest value in the column's own unit, or values beyond them.
    pub ints: Option<(i128, i128)>,
    /// The only value there is, in PLAIN encoding.
    pub single: Option<Vec<u8>>,
}

impl Known {
    /// Reads the statistics of a chunk whose values are read as `ty`.
    pub(super) fn of(chunk: &ColumnChunkMetaData, order: Option<ColumnOrder>, ty: &DataType, optional: bool, rows: u64) -> Self {
        let statistics = chunk.statistics();
        let counted = statistics.and_then(Statistics::null_count_opt).filter(|nulls| *nulls <= rows);
        let nulls = if optional { counted } else { Some(0) };
        let mut known = Self { rows, nulls, ints: None, single: None };
        let usable = statistics.filter(|statistics| !statistics.is_min_max_deprecated());
        let (Some(statistics), Some(order)) = (usable, order) else { return known };
        known.ints = ints(statistics, order, ty, chunk.column_descr().type_length()).filter(|(low, high)| low <= high);
        known.single = match known.ints {
            Some((low, high)) if low == high => plain(statistics),
            _ => single_text(statistics, order, ty),
        };
        known
    }

    /// How many rows are null in one of two chunks or both; `None` where the counts leave it open.
    pub(super) fn either_null(&self, other: &Self) -> Option<u64> {
        match (self.nulls?, other.nulls?) {
            (nulls, 0) | (0, nulls) => Some(nulls),
            (a, b) if a == self.rows || b == other.rows => Some(self.rows),
            _ => None,
        }
    }

    /// Whether every value of this chunk stands in this relation to every value of another.
    pub(super) fn compares(&self, op: CompareOp, other: &Self) -> bool {
        let (Some((low, high)), Some((other_low, other_high))) = (self.ints, other.ints) else { return false };
        match op {
            CompareOp::Lt => high < other_low,
            CompareOp::LtEq => high <= other_low,
            CompareOp::Gt => low > other_high,
            CompareOp::GtEq => low >= other_high,
            CompareOp::Eq => low == other_high && high == other_low,
            CompareOp::NotEq => high < other_low || low > other_high,
        }
    }
}

/// Both bounds as integers of the column's own unit.
fn ints(statistics: &Statistics, order: ColumnOrder, ty: &DataType, length: i32) -> Option<(i128, i128)> {
    let unsigned = matches!(ty, DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64);
    let wanted = if unsigned { SortOrder::UNSIGNED } else { SortOrder::SIGNED };
    if order != ColumnOrder::TYPE_DEFINED_ORDER(wanted) {
        return None;
    }
    let pair = match (statistics, ty) {
        (Statistics::Int32(values), DataType::UInt8 | DataType::UInt16 | DataType::UInt32) => {
            both(values, |value| i128::from(value.cast_unsigned()))
        }
        (Statistics::Int64(values), DataType::UInt64) => both(values, |value| i128::from(value.cast_unsigned())),
        (Statistics::Int32(values), DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Date32 | DataType::Decimal128(..)) => {
            both(values, |value| i128::from(*value))
        }
        (Statistics::Int64(values), DataType::Int64 | DataType::Timestamp(..) | DataType::Decimal128(..)) => {
            both(values, |value| i128::from(*value))
        }
        (Statistics::FixedLenByteArray(values), DataType::Decimal128(..)) => {
            // A bound that was cut short has another length.
            let whole = |bytes: &&[u8]| i32::try_from(bytes.len()) == Ok(length);
            Some((
                big_endian(values.min_bytes_opt().filter(whole)?)?,
                big_endian(values.max_bytes_opt().filter(whole)?)?,
            ))
        }
        (Statistics::ByteArray(values), DataType::Decimal128(..)) if values.min_is_exact() && values.max_is_exact() => {
            Some((big_endian(values.min_bytes_opt()?)?, big_endian(values.max_bytes_opt()?)?))
        }
        _ => None,
    }?;
    let (smallest, largest) = limits(ty);
    (smallest <= pair.0 && pair.1 <= largest).then_some(pair)
}

fn both<T>(values: &ValueStatistics<T>, int: impl Fn(&T) -> i128) -> Option<(i128, i128)> {
    Some((int(values.min_opt()?), int(values.max_opt()?)))
}

/// The values a type can hold; a reader makes others of what lies beyond.
fn limits(ty: &DataType) -> (i128, i128) {
    match ty {
        DataType::Int8 => (i8::MIN.into(), i8::MAX.into()),
        DataType::Int16 => (i16::MIN.into(), i16::MAX.into()),
        DataType::UInt8 => (0, u8::MAX.into()),
        DataType::UInt16 => (0, u16::MAX.into()),
        _ => (i128::MIN, i128::MAX),
    }
}

/// A two's complement number of up to sixteen bytes.
fn big_endian(bytes: &[u8]) -> Option<i128> {
    let first = bytes.first().filter(|_| bytes.len() <= 16)?;
    let start = if first & 0x80 == 0 { 0 } else { -1 };
    Some(bytes.iter().fold(start, |value, byte| value << 8 | i128::from(*byte)))
}

/// The lower bound as a value in PLAIN encoding.
fn plain(statistics: &Statistics) -> Option<Vec<u8>> {
    let bytes = statistics.min_bytes_opt()?;
    Some(match statistics {
        Statistics::ByteArray(_) => with_length(bytes)?,
        _ => bytes.to_vec(),
    })
}

fn with_length(bytes: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(bytes.len()).ok()?;
    Some([&length.to_le_bytes(), bytes].concat())
}

/// The one text of a chunk whose bounds are exact and equal.
fn single_text(statistics: &Statistics, order: ColumnOrder, ty: &DataType) -> Option<Vec<u8>> {
    let Statistics::ByteArray(values) = statistics else { return None };
    let defined = matches!(order, ColumnOrder::TYPE_DEFINED_ORDER(SortOrder::UNSIGNED));
    let text = matches!(ty, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let exact = values.min_is_exact() && values.max_is_exact();
    let (low, high) = (values.min_bytes_opt()?, values.max_bytes_opt()?);
    if defined && text && exact && low == high { with_length(low) } else { None }
}

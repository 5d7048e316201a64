//! What a footer says of a chunk's values, as far as a caller who trusts its writer may use it.
//!
//! Bounds of floats are not taken, since NaN may hide behind them; nor bounds in the deprecated fields or of an order the format does not
//! define, nor those of INT96; of texts only a single value, and only where both bounds are said to be exact.

use arrow::datatypes::DataType;
use parquet::basic::{ColumnOrder, SortOrder, Type as Physical};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::{Statistics, ValueStatistics};

use crate::types::CompareOp;

use super::index::PageIndex;

/// A chunk whose statistics are read.
pub(super) struct Column<'a> {
    pub chunk: &'a ColumnChunkMetaData,
    /// The order its bounds are in, where the footer says.
    pub order: Option<ColumnOrder>,
    /// What its values are read as.
    pub ty: &'a DataType,
    pub optional: bool,
}

impl Column<'_> {
    /// The bounds of a page as those of a chunk; only of integers, since an index does not tell bounds that were cut short.
    fn page(&self, low: &[u8], high: &[u8]) -> Option<Statistics> {
        Some(match self.chunk.column_type() {
            Physical::INT32 => {
                let int = |bytes: &[u8]| Some(i32::from_le_bytes(bytes.try_into().ok()?));
                Statistics::int32(Some(int(low)?), Some(int(high)?), None, None, false)
            }
            Physical::INT64 => {
                let int = |bytes: &[u8]| Some(i64::from_le_bytes(bytes.try_into().ok()?));
                Statistics::int64(Some(int(low)?), Some(int(high)?), None, None, false)
            }
            _ => return None,
        })
    }
}

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
    /// Reads the statistics of a chunk; `index` gives its page index, which is asked only where the footer has none.
    pub(super) fn of(column: &Column<'_>, rows: u64, index: impl FnOnce() -> Option<PageIndex>) -> Self {
        let known = match column.chunk.statistics() {
            Some(statistics) => Self::of_parts(column, rows, statistics.null_count_opt(), std::slice::from_ref(statistics)),
            None => match index() {
                Some(index) => {
                    let pages: Option<Vec<Statistics>> = index.bounds.iter().map(|(low, high)| column.page(low, high)).collect();
                    Self::of_parts(column, rows, index.nulls, &pages.unwrap_or_default())
                }
                None => Self::of_parts(column, rows, None, &[]),
            },
        };
        Self { nulls: if column.optional { known.nulls } else { Some(0) }, ..known }
    }

    /// What the statistics of all parts of a chunk come to.
    fn of_parts(column: &Column<'_>, rows: u64, nulls: Option<u64>, parts: &[Statistics]) -> Self {
        let mut known = Self { rows, nulls: nulls.filter(|nulls| *nulls <= rows), ints: None, single: None };
        let Some(order) = column.order.filter(|_| parts.iter().all(|part| !part.is_min_max_deprecated())) else { return known };
        let length = column.chunk.column_descr().type_length();
        let bounds = parts.iter().map(|part| ints(part, order, column.ty, length).filter(|(low, high)| low <= high));
        known.ints = bounds.reduce(|all, part| all.zip(part).map(|((a, b), (c, d))| (a.min(c), b.max(d)))).flatten();
        known.single = match (known.ints, parts) {
            (Some((low, high)), [part, ..]) if low == high => plain(part),
            (None, [part]) => single_text(part, order, column.ty),
            _ => None,
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
            Some((big_endian(values.min_bytes_opt().filter(whole)?)?, big_endian(values.max_bytes_opt().filter(whole)?)?))
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::TimeUnit;
    use parquet::data_type::{ByteArray, FixedLenByteArray, Int96};
    use parquet::schema::parser::parse_message_type;
    use parquet::schema::types::SchemaDescriptor;

    use super::*;

    const SIGNED: ColumnOrder = ColumnOrder::TYPE_DEFINED_ORDER(SortOrder::SIGNED);
    const UNSIGNED: ColumnOrder = ColumnOrder::TYPE_DEFINED_ORDER(SortOrder::UNSIGNED);

    fn known_in(order: ColumnOrder, field: &str, ty: &DataType, statistics: Option<Statistics>) -> Known {
        let message = parse_message_type(&format!("message t {{ {field}; }}")).unwrap();
        let descriptor = SchemaDescriptor::new(Arc::new(message));
        let mut builder = ColumnChunkMetaData::builder(descriptor.column(0));
        if let Some(statistics) = statistics {
            builder = builder.set_statistics(statistics);
        }
        let chunk = builder.build().unwrap();
        Known::of(&Column { chunk: &chunk, order: Some(order), ty, optional: true }, 10, || None)
    }

    fn ints_in(order: ColumnOrder, field: &str, ty: &DataType, statistics: Statistics) -> Option<(i128, i128)> {
        known_in(order, field, ty, Some(statistics)).ints
    }

    fn int32(low: i32, high: i32) -> Statistics {
        Statistics::int32(Some(low), Some(high), None, Some(0), false)
    }

    #[test]
    fn unsigned_bounds_are_read_as_such_and_only_in_their_own_order() {
        let field = "OPTIONAL INT32 a (INTEGER(32, false))";
        assert_eq!(ints_in(UNSIGNED, field, &DataType::UInt32, int32(1, -1)), Some((1, u32::MAX.into())));
        assert_eq!(ints_in(SIGNED, field, &DataType::UInt32, int32(-1, 1)), None);
        assert_eq!(ints_in(UNSIGNED, "OPTIONAL INT32 a", &DataType::Int32, int32(1, 2)), None);
        let high = Statistics::int64(Some(1), Some(-1), None, Some(0), false);
        assert_eq!(ints_in(UNSIGNED, "OPTIONAL INT64 a (INTEGER(64, false))", &DataType::UInt64, high), Some((1, u64::MAX.into())));
    }

    #[test]
    fn an_undefined_order_a_deprecated_field_and_a_type_too_small_give_no_bounds() {
        assert_eq!(ints_in(ColumnOrder::UNDEFINED, "OPTIONAL INT32 a", &DataType::Int32, int32(1, 2)), None);
        assert_eq!(ints_in(ColumnOrder::UNKNOWN, "OPTIONAL INT32 a", &DataType::Int32, int32(1, 2)), None);
        let deprecated = Statistics::int32(Some(1), Some(2), None, Some(3), true);
        let known = known_in(SIGNED, "OPTIONAL INT32 a", &DataType::Int32, Some(deprecated));
        assert_eq!((known.ints, known.single, known.nulls), (None, None, Some(3)));
        assert_eq!(ints_in(SIGNED, "OPTIONAL INT32 a (INTEGER(8, true))", &DataType::Int8, int32(1, 200)), None);
    }

    #[test]
    fn instants_keep_their_unit_and_those_of_96_bits_have_no_bounds() {
        let ty = DataType::Timestamp(TimeUnit::Microsecond, None);
        let micros = Statistics::int64(Some(1_500), Some(2_500), None, Some(0), false);
        assert_eq!(ints_in(SIGNED, "OPTIONAL INT64 a (TIMESTAMP(MICROS, false))", &ty, micros), Some((1_500, 2_500)));
        let nanos = DataType::Timestamp(TimeUnit::Nanosecond, None);
        let old = Statistics::int96(Some(Int96::new()), Some(Int96::new()), None, Some(0), false);
        assert_eq!(known_in(SIGNED, "OPTIONAL INT96 a", &nanos, Some(old)).ints, None);
    }

    #[test]
    fn floats_have_no_bounds() {
        let floats = Statistics::double(Some(1.0), Some(1.0), None, Some(0), false);
        let known = known_in(SIGNED, "OPTIONAL DOUBLE a", &DataType::Float64, Some(floats));
        assert_eq!((known.ints, known.single, known.nulls), (None, None, Some(0)));
    }

    #[test]
    fn decimals_in_bytes_are_signed_and_whole() {
        let ty = DataType::Decimal128(10, 2);
        let fixed = |low: &[u8], high: &[u8]| {
            let value = |bytes: &[u8]| Some(FixedLenByteArray::from(ByteArray::from(bytes.to_vec())));
            Statistics::fixed_len_byte_array(value(low), value(high), None, Some(0), false)
        };
        let field = "OPTIONAL FIXED_LEN_BYTE_ARRAY(2) a (DECIMAL(4, 2))";
        assert_eq!(ints_in(SIGNED, field, &ty, fixed(&[0xff, 0xfe], &[1, 0])), Some((-2, 256)));
        assert_eq!(ints_in(SIGNED, field, &ty, fixed(&[0xff], &[1, 0])), None);
        let bytes = |exact: bool| {
            let value = |byte: u8| Some(ByteArray::from(vec![byte]));
            let values = ValueStatistics::new(value(0x80), value(7), None, Some(0), false);
            Statistics::ByteArray(values.with_min_is_exact(exact).with_max_is_exact(exact))
        };
        let field = "OPTIONAL BYTE_ARRAY a (DECIMAL(4, 2))";
        assert_eq!(ints_in(SIGNED, field, &ty, bytes(true)), Some((-128, 7)));
        assert_eq!(ints_in(SIGNED, field, &ty, bytes(false)), None);
    }

    #[test]
    fn a_single_text_needs_exact_bounds() {
        let single = |low: &str, high: &str, exact: (bool, bool)| {
            let values = ValueStatistics::new(Some(ByteArray::from(low)), Some(ByteArray::from(high)), None, Some(0), false);
            let statistics = Statistics::ByteArray(values.with_min_is_exact(exact.0).with_max_is_exact(exact.1));
            known_in(UNSIGNED, "OPTIONAL BYTE_ARRAY a (UTF8)", &DataType::Utf8View, Some(statistics)).single
        };
        assert_eq!(single("ab", "ab", (true, true)), Some(vec![2, 0, 0, 0, b'a', b'b']));
        assert_eq!(single("ab", "ab", (true, false)), None);
        assert_eq!(single("ab", "ab", (false, true)), None);
        assert_eq!(single("ab", "ac", (true, true)), None);
    }

    #[test]
    fn nulls_are_known_where_they_are_counted_or_cannot_be() {
        let nulls = |statistics| known_in(SIGNED, "OPTIONAL INT32 a", &DataType::Int32, statistics).nulls;
        assert_eq!(nulls(None), None);
        assert_eq!(nulls(Some(Statistics::int32(Some(1), Some(2), None, None, false))), None);
        assert_eq!(nulls(Some(Statistics::int32(None, None, None, Some(10), false))), Some(10));
        assert_eq!(nulls(Some(Statistics::int32(None, None, None, Some(11), false))), None);
    }
}

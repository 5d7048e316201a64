//! Rows of Arrow batches as values of the one-row path.

use arrow::array::types::*;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DurationSecondArray,
    Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, TimeUnit};
use rulegate::RowValue;

/// A column of some values of its type; null where they are of another.
pub fn column(data: &DataType, values: &[RowValue<'_>]) -> ArrayRef {
    macro_rules! of {
        ($array:ty, $pattern:pat => $value:expr) => {
            values.iter().map(|value| if let $pattern = value { Some($value) } else { None }).collect::<$array>()
        };
    }
    match data {
        DataType::Int64 => Arc::new(of!(Int64Array, RowValue::Int(value) => *value)),
        DataType::Float64 => Arc::new(of!(Float64Array, RowValue::Float(value) => *value)),
        DataType::Decimal128(precision, scale) => {
            let array = of!(Decimal128Array, RowValue::Decimal { mantissa, .. } => *mantissa);
            Arc::new(array.with_precision_and_scale(*precision, *scale).expect("a decimal type"))
        }
        DataType::Utf8 => Arc::new(of!(StringArray, RowValue::Str(value) => *value)),
        DataType::Binary => Arc::new(of!(BinaryArray, RowValue::Bytes(value) => *value)),
        DataType::Boolean => Arc::new(of!(BooleanArray, RowValue::Bool(value) => *value)),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            Arc::new(of!(TimestampMicrosecondArray, RowValue::Timestamp(value, _) => *value).with_timezone_opt(zone.clone()))
        }
        DataType::Date32 => Arc::new(of!(Date32Array, RowValue::Date(value) => *value)),
        DataType::Duration(TimeUnit::Second) => Arc::new(of!(DurationSecondArray, RowValue::Duration(value, _) => *value)),
        other => panic!("no column of {other} is made"),
    }
}

/// The values of a row, in the order of the columns. Lists are leaked: a test's rows are few.
pub fn of_row(batch: &RecordBatch, row: usize) -> Vec<RowValue<'static>> {
    batch.columns().iter().map(|column| of_cell(column, row)).collect()
}

fn native<T: ArrowPrimitiveType>(array: &ArrayRef, row: usize) -> T::Native {
    array.as_primitive::<T>().value(row)
}

fn leaked<T>(values: Vec<T>) -> &'static [T] {
    values.leak()
}

fn of_items(items: &ArrayRef) -> &'static [RowValue<'static>] {
    leaked((0..items.len()).map(|at| of_cell(items, at)).collect())
}

fn of_cell(array: &ArrayRef, row: usize) -> RowValue<'static> {
    if array.is_null(row) {
        return RowValue::Null;
    }
    let text = |text: &str| RowValue::Str(Box::leak(text.to_owned().into_boxed_str()));
    match array.data_type() {
        DataType::Boolean => RowValue::Bool(array.as_boolean().value(row)),
        DataType::Int8 => native::<Int8Type>(array, row).into(),
        DataType::Int16 => native::<Int16Type>(array, row).into(),
        DataType::Int32 => native::<Int32Type>(array, row).into(),
        DataType::Int64 => native::<Int64Type>(array, row).into(),
        DataType::UInt8 => native::<UInt8Type>(array, row).into(),
        DataType::UInt16 => native::<UInt16Type>(array, row).into(),
        DataType::UInt32 => native::<UInt32Type>(array, row).into(),
        DataType::UInt64 => native::<UInt64Type>(array, row).into(),
        DataType::Float32 => native::<Float32Type>(array, row).into(),
        DataType::Float64 => native::<Float64Type>(array, row).into(),
        DataType::Decimal128(_, scale) => RowValue::Decimal { mantissa: native::<Decimal128Type>(array, row), scale: *scale },
        DataType::Utf8 => text(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => text(array.as_string::<i64>().value(row)),
        DataType::Utf8View => text(array.as_string_view().value(row)),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            of_cell(dictionary.values(), dictionary.normalized_keys()[row])
        }
        DataType::Binary => RowValue::Bytes(leaked(array.as_binary::<i32>().value(row).to_vec())),
        DataType::Date32 => RowValue::Date(native::<Date32Type>(array, row)),
        DataType::Date64 => {
            RowValue::Date(i32::try_from(native::<Date64Type>(array, row).div_euclid(86_400_000)).expect("generated from 32 bits"))
        }
        DataType::Time32(unit) => RowValue::Time(native::<Time32SecondType>(array, row).into(), *unit),
        DataType::Time64(unit) => RowValue::Time(native::<Time64MicrosecondType>(array, row), *unit),
        DataType::Timestamp(unit, _) => RowValue::Timestamp(
            match unit {
                TimeUnit::Second => native::<TimestampSecondType>(array, row),
                TimeUnit::Millisecond => native::<TimestampMillisecondType>(array, row),
                TimeUnit::Microsecond => native::<TimestampMicrosecondType>(array, row),
                TimeUnit::Nanosecond => native::<TimestampNanosecondType>(array, row),
            },
            *unit,
        ),
        DataType::Duration(unit) => RowValue::Duration(
            match unit {
                TimeUnit::Second => native::<DurationSecondType>(array, row),
                TimeUnit::Millisecond => native::<DurationMillisecondType>(array, row),
                TimeUnit::Microsecond => native::<DurationMicrosecondType>(array, row),
                TimeUnit::Nanosecond => native::<DurationNanosecondType>(array, row),
            },
            *unit,
        ),
        DataType::List(_) => RowValue::List(of_items(&array.as_list::<i32>().value(row))),
        DataType::FixedSizeList(..) => {
            let items = array.as_fixed_size_list().value(row);
            if items.null_count() > 0 {
                return RowValue::List(of_items(&items));
            }
            RowValue::Float32s(leaked(items.as_primitive::<Float32Type>().values().to_vec()))
        }
        DataType::Struct(_) => RowValue::Struct(leaked(array.as_struct().columns().iter().map(|member| of_cell(member, row)).collect())),
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (of_items(entries.column(0)), of_items(entries.column(1)));
            RowValue::Map(leaked(keys.iter().copied().zip(values.iter().copied()).collect()))
        }
        other => panic!("no column of {other} is generated"),
    }
}

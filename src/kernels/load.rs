//! Arrow arrays in: every layout of the declared types becomes a [`Vector`].
//!
//! Float64, strings and binaries are taken without copying; integers, decimals and times are widened. Slots that are null are never
//! read. Any offset, any validity.

use std::sync::Arc;

use arrow::array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
    DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType, Float16Type, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, OffsetSizeTrait, PrimitiveArray};
use arrow::buffer::{BooleanBuffer, ScalarBuffer};
use arrow::datatypes::{ArrowNativeType, DataType, TimeUnit};

use super::bits;
use super::time::DAY;
use super::vector::{Binaries, Lists, Strings, Values, Vector};

/// Takes an array; one of a type the language does not have is all null.
pub(crate) fn load(array: &ArrayRef) -> Vector {
    let rows = array.len();
    let nulls = null_slots(array);
    let values = match array.data_type() {
        DataType::Null => return Vector::null(rows),
        DataType::Dictionary(key, _) => return dictionary(array, key),
        DataType::Struct(fields) => {
            let members = array.as_struct();
            Values::Struct(fields.iter().zip(members.columns()).map(|(field, column)| (field.name().clone(), load(column))).collect())
        }
        DataType::Map(..) => {
            let map = array.as_map();
            let offsets = map.value_offsets();
            let (first, last) = ends(offsets);
            let keys = load(&map.keys().slice(first, last - first));
            let items = load(&map.values().slice(first, last - first));
            Values::Map(from_offsets(offsets, first, nulls.as_ref(), keys), Arc::new(items.decoded()))
        }
        _ => scalar_values(array).or_else(|| list_values(array, nulls.as_ref())).unwrap_or(Values::Null),
    };
    if matches!(values, Values::Null) {
        return Vector::null(rows);
    }
    Vector::new(rows, values).with_nulls(nulls)
}

fn null_slots(array: &ArrayRef) -> Option<BooleanBuffer> {
    // The count of an array from outside is not taken on faith.
    array.nulls().and_then(|nulls| bits::some_if_any(!nulls.inner()))
}

fn ints<T: ArrowPrimitiveType>(array: &ArrayRef, convert: impl Fn(T::Native) -> i128) -> ScalarBuffer<i128> {
    array.as_primitive::<T>().values().iter().map(|value| convert(*value)).collect::<Vec<_>>().into()
}

fn int<T>(array: &ArrayRef) -> Values
where
    T: ArrowPrimitiveType,
    T::Native: Into<i128>,
{
    Values::Int(ints::<T>(array, Into::into))
}

fn scaled<T>(array: &ArrayRef, by: i128) -> Values
where
    T: ArrowPrimitiveType,
    T::Native: Into<i128>,
{
    Values::Int(ints::<T>(array, |value| value.into() * by))
}

fn scalar_values(array: &ArrayRef) -> Option<Values> {
    const MICRO: i128 = 1_000;
    const MILLI: i128 = 1_000_000;
    const SECOND: i128 = 1_000_000_000;
    Some(match array.data_type() {
        DataType::Boolean => Values::Bool(array.as_boolean().values().clone()),
        DataType::Int8 => int::<Int8Type>(array),
        DataType::Int16 => int::<Int16Type>(array),
        DataType::Int32 => int::<Int32Type>(array),
        DataType::Int64 => int::<Int64Type>(array),
        DataType::UInt8 => int::<UInt8Type>(array),
        DataType::UInt16 => int::<UInt16Type>(array),
        DataType::UInt32 => int::<UInt32Type>(array),
        DataType::UInt64 => int::<UInt64Type>(array),
        DataType::Float16 => floats::<Float16Type>(array, |value| value.to_f64()),
        DataType::Float32 => floats::<Float32Type>(array, f64::from),
        DataType::Float64 => Values::Float(array.as_primitive::<Float64Type>().values().clone()),
        DataType::Decimal32(_, scale) => decimal(ints::<Decimal32Type>(array, i128::from), *scale),
        DataType::Decimal64(_, scale) => decimal(ints::<Decimal64Type>(array, i128::from), *scale),
        DataType::Decimal128(_, scale) => decimal(ints::<Decimal128Type>(array, |value| value), *scale),
        DataType::Decimal256(_, scale) => {
            decimal(ints::<arrow::array::types::Decimal256Type>(array, |value| value.to_i128().unwrap_or(i128::MAX)), *scale)
        }
        DataType::Utf8 => Values::Str(Strings::Utf8(array.as_string::<i32>().clone())),
        DataType::LargeUtf8 => Values::Str(Strings::Large(array.as_string::<i64>().clone())),
        DataType::Utf8View => Values::Str(Strings::View(array.as_string_view().clone())),
        DataType::Binary => Values::Bin(Binaries::Small(array.as_binary::<i32>().clone())),
        DataType::LargeBinary => Values::Bin(Binaries::Large(array.as_binary::<i64>().clone())),
        DataType::BinaryView => Values::Bin(Binaries::View(array.as_binary_view().clone())),
        DataType::FixedSizeBinary(_) => Values::Bin(Binaries::Fixed(array.as_fixed_size_binary().clone())),
        DataType::Date32 => int::<Date32Type>(array),
        DataType::Date64 => Values::Int(
            ints::<Date64Type>(array, |value| i128::from(value) * MILLI)
                .iter()
                .map(|nanos| nanos.div_euclid(DAY))
                .collect::<Vec<_>>()
                .into(),
        ),
        DataType::Time32(TimeUnit::Second) => scaled::<Time32SecondType>(array, SECOND),
        DataType::Time32(_) => scaled::<Time32MillisecondType>(array, MILLI),
        DataType::Time64(TimeUnit::Microsecond) => scaled::<Time64MicrosecondType>(array, MICRO),
        DataType::Time64(_) => scaled::<Time64NanosecondType>(array, 1),
        DataType::Timestamp(TimeUnit::Second, _) => scaled::<TimestampSecondType>(array, SECOND),
        DataType::Timestamp(TimeUnit::Millisecond, _) => scaled::<TimestampMillisecondType>(array, MILLI),
        DataType::Timestamp(TimeUnit::Microsecond, _) => scaled::<TimestampMicrosecondType>(array, MICRO),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => scaled::<TimestampNanosecondType>(array, 1),
        DataType::Duration(TimeUnit::Second) => scaled::<DurationSecondType>(array, SECOND),
        DataType::Duration(TimeUnit::Millisecond) => scaled::<DurationMillisecondType>(array, MILLI),
        DataType::Duration(TimeUnit::Microsecond) => scaled::<DurationMicrosecondType>(array, MICRO),
        DataType::Duration(TimeUnit::Nanosecond) => scaled::<DurationNanosecondType>(array, 1),
        _ => return None,
    })
}

fn floats<T: ArrowPrimitiveType>(array: &ArrayRef, convert: impl Fn(T::Native) -> f64) -> Values {
    Values::Float(array.as_primitive::<T>().values().iter().map(|value| convert(*value)).collect::<Vec<_>>().into())
}

/// A negative scale is multiplied out, so that scales are 0 to 38.
fn decimal(mantissas: ScalarBuffer<i128>, scale: i8) -> Values {
    if scale >= 0 {
        return Values::Decimal(mantissas, i32::from(scale));
    }
    let unit = super::number::power_of_ten(-i32::from(scale)).unwrap_or(i128::MAX);
    Values::Decimal(mantissas.iter().map(|mantissa| mantissa.saturating_mul(unit)).collect::<Vec<_>>().into(), 0)
}

fn index(offset: impl ArrowNativeType) -> usize {
    offset.as_usize()
}

fn narrow(value: usize) -> u32 {
    // A slice of rows that refers to 2^32 items or more is not met: batches are cut by rows, and 2^32 items would be 32 GiB.
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn ends<O: ArrowNativeType>(offsets: &[O]) -> (usize, usize) {
    (offsets.first().map_or(0, |first| index(*first)), offsets.last().map_or(0, |last| index(*last)))
}

fn from_offsets<O: ArrowNativeType>(offsets: &[O], first: usize, nulls: Option<&BooleanBuffer>, items: Vector) -> Lists {
    let rows = offsets.len().saturating_sub(1);
    let mut starts = Vec::with_capacity(rows);
    let mut lengths = Vec::with_capacity(rows);
    for (row, pair) in offsets.windows(2).enumerate() {
        let [start, end] = pair else { continue };
        starts.push(narrow(index(*start) - first));
        lengths.push(if bits::get(nulls, row) { 0 } else { narrow(index(*end) - index(*start)) });
    }
    Lists { starts: starts.into(), lengths: lengths.into(), items: Arc::new(items.decoded()) }
}

fn list_values(array: &ArrayRef, nulls: Option<&BooleanBuffer>) -> Option<Values> {
    fn plain<O: OffsetSizeTrait>(array: &ArrayRef, nulls: Option<&BooleanBuffer>) -> Lists {
        let list = array.as_list::<O>();
        let (first, last) = ends(list.value_offsets());
        from_offsets(list.value_offsets(), first, nulls, load(&list.values().slice(first, last - first)))
    }
    fn view<O: OffsetSizeTrait>(array: &ArrayRef, nulls: Option<&BooleanBuffer>) -> Lists {
        let list = array.as_list_view::<O>();
        let starts = list.offsets().iter().map(|start| narrow(index(*start))).collect::<Vec<_>>();
        let lengths = list.sizes().iter().enumerate().map(|(row, size)| if bits::get(nulls, row) { 0 } else { narrow(index(*size)) });
        Lists { starts: starts.into(), lengths: lengths.collect::<Vec<_>>().into(), items: Arc::new(load(list.values()).decoded()) }
    }
    Some(Values::List(match array.data_type() {
        DataType::List(_) => plain::<i32>(array, nulls),
        DataType::LargeList(_) => plain::<i64>(array, nulls),
        DataType::ListView(_) => view::<i32>(array, nulls),
        DataType::LargeListView(_) => view::<i64>(array, nulls),
        DataType::FixedSizeList(_, width) => {
            let list = array.as_fixed_size_list();
            let width = usize::try_from(*width).unwrap_or(0);
            let starts = (0..list.len()).map(|row| narrow(row * width)).collect::<Vec<_>>();
            let lengths = (0..list.len()).map(|row| if bits::get(nulls, row) { 0 } else { narrow(width) }).collect::<Vec<_>>();
            let items = list.values().slice(list.value_offset(0).try_into().unwrap_or(0), list.len() * width);
            Lists { starts: starts.into(), lengths: lengths.into(), items: Arc::new(load(&items).decoded()) }
        }
        _ => return None,
    }))
}

fn dictionary(array: &ArrayRef, key: &DataType) -> Vector {
    match key {
        DataType::Int8 => with_keys(array.as_dictionary::<Int8Type>()),
        DataType::Int16 => with_keys(array.as_dictionary::<Int16Type>()),
        DataType::Int32 => with_keys(array.as_dictionary::<Int32Type>()),
        DataType::Int64 => with_keys(array.as_dictionary::<Int64Type>()),
        DataType::UInt8 => with_keys(array.as_dictionary::<UInt8Type>()),
        DataType::UInt16 => with_keys(array.as_dictionary::<UInt16Type>()),
        DataType::UInt32 => with_keys(array.as_dictionary::<UInt32Type>()),
        _ => with_keys(array.as_dictionary::<UInt64Type>()),
    }
}

fn with_keys<K: ArrowDictionaryKeyType>(array: &DictionaryArray<K>) -> Vector {
    let keys: &PrimitiveArray<K> = array.keys();
    let nulls = array.keys().nulls().and_then(|nulls| bits::some_if_any(!nulls.inner()));
    // The key of a null slot may be anything.
    let codes: Vec<u32> = keys
        .values()
        .iter()
        .enumerate()
        .map(|(row, key)| if bits::get(nulls.as_ref(), row) { 0 } else { narrow(key.to_usize().unwrap_or(0)) })
        .collect();
    let entries = load(array.values()).decoded();
    if array.values().is_empty() {
        return Vector::null(array.len());
    }
    Vector::new(array.len(), Values::Dict(codes.into(), Arc::new(entries))).with_nulls(nulls)
}

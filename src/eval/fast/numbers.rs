//! Kernels over numbers, dates and instants.

use arrow::array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow::array::{Array, ArrayRef, ArrowNativeTypeOp, AsArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, TimeUnit};

use crate::types::CompareOp;

use super::blocks::{blocks, pair_blocks};
use super::{Found, Mask};

pub(super) fn finite(array: &ArrayRef, mask: &mut Mask) -> Option<Found> {
    Some(match array.data_type() {
        DataType::Float64 => blocks(array.as_primitive::<Float64Type>().values(), array.nulls(), mask, |value| !value.is_finite()),
        DataType::Float32 => blocks(array.as_primitive::<Float32Type>().values(), array.nulls(), mask, |value| !value.is_finite()),
        _ => return None,
    })
}

pub(super) fn floats(array: &ArrayRef, low: f64, high: f64, mask: &mut Mask) -> Option<Found> {
    let nulls = array.nulls();
    Some(match array.data_type() {
        DataType::Float64 => blocks(array.as_primitive::<Float64Type>().values(), nulls, mask, |value| !((value >= low) & (value <= high))),
        DataType::Float32 => blocks(array.as_primitive::<Float32Type>().values(), nulls, mask, |value| {
            let value = f64::from(value);
            !((value >= low) & (value <= high))
        }),
        _ => return None,
    })
}

pub(super) fn ints(array: &ArrayRef, low: i128, high: i128, mask: &mut Mask) -> Option<Found> {
    Some(match array.data_type() {
        DataType::Int8 => native::<Int8Type>(array, low, high, mask),
        DataType::Int16 => native::<Int16Type>(array, low, high, mask),
        DataType::Int32 => native::<Int32Type>(array, low, high, mask),
        DataType::Int64 => native::<Int64Type>(array, low, high, mask),
        DataType::UInt8 => native::<UInt8Type>(array, low, high, mask),
        DataType::UInt16 => native::<UInt16Type>(array, low, high, mask),
        DataType::UInt32 => native::<UInt32Type>(array, low, high, mask),
        DataType::UInt64 => native::<UInt64Type>(array, low, high, mask),
        DataType::Decimal128(..) => native::<Decimal128Type>(array, low, high, mask),
        DataType::Date32 => native::<Date32Type>(array, low, high, mask),
        DataType::Timestamp(TimeUnit::Second, _) => native::<TimestampSecondType>(array, low, high, mask),
        DataType::Timestamp(TimeUnit::Millisecond, _) => native::<TimestampMillisecondType>(array, low, high, mask),
        DataType::Timestamp(TimeUnit::Microsecond, _) => native::<TimestampMicrosecondType>(array, low, high, mask),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => native::<TimestampNanosecondType>(array, low, high, mask),
        _ => return None,
    })
}

/// Bounds are brought into the column's own width: one outside it lets everything through, or nothing.
fn native<T: ArrowPrimitiveType>(array: &ArrayRef, low: i128, high: i128, mask: &mut Mask) -> Found
where
    T::Native: TryFrom<i128> + Into<i128> + PartialOrd,
{
    let values = array.as_primitive::<T>().values();
    let narrow = |bound: i128| T::Native::try_from(bound).ok();
    let (smallest, largest): (i128, i128) = (T::Native::MIN_TOTAL_ORDER.into(), T::Native::MAX_TOTAL_ORDER.into());
    if low > high || low > largest || high < smallest {
        return blocks(values, array.nulls(), mask, |_| true);
    }
    match (narrow(low.max(smallest)), narrow(high.min(largest))) {
        (Some(low), Some(high)) => blocks(values, array.nulls(), mask, |value| !((value >= low) & (value <= high))),
        _ => blocks(values, array.nulls(), mask, |_| true),
    }
}

pub(super) fn columns(op: CompareOp, left: &ArrayRef, right: &ArrayRef, mask: &mut Mask) -> Option<Found> {
    Some(match left.data_type() {
        DataType::Float64 => pairs::<Float64Type>(op, left, right, mask),
        DataType::Float32 => pairs::<Float32Type>(op, left, right, mask),
        DataType::Int64 => pairs::<Int64Type>(op, left, right, mask),
        DataType::Int32 => pairs::<Int32Type>(op, left, right, mask),
        DataType::Date32 => pairs::<Date32Type>(op, left, right, mask),
        DataType::Timestamp(TimeUnit::Second, _) => pairs::<TimestampSecondType>(op, left, right, mask),
        DataType::Timestamp(TimeUnit::Millisecond, _) => pairs::<TimestampMillisecondType>(op, left, right, mask),
        DataType::Timestamp(TimeUnit::Microsecond, _) => pairs::<TimestampMicrosecondType>(op, left, right, mask),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => pairs::<TimestampNanosecondType>(op, left, right, mask),
        _ => return None,
    })
}

fn pairs<T: ArrowPrimitiveType>(op: CompareOp, left: &ArrayRef, right: &ArrayRef, mask: &mut Mask) -> Found
where
    T::Native: PartialOrd,
{
    let (a, b) = (left.as_primitive::<T>().values(), right.as_primitive::<T>().values());
    let nulls = NullBuffer::union(left.nulls(), right.nulls());
    let nulls = nulls.as_ref();
    match op {
        CompareOp::Eq => pair_blocks(a, b, nulls, mask, |a, b| a == b),
        CompareOp::NotEq => pair_blocks(a, b, nulls, mask, |a, b| a != b),
        CompareOp::Lt => pair_blocks(a, b, nulls, mask, |a, b| a < b),
        CompareOp::LtEq => pair_blocks(a, b, nulls, mask, |a, b| a <= b),
        CompareOp::Gt => pair_blocks(a, b, nulls, mask, |a, b| a > b),
        CompareOp::GtEq => pair_blocks(a, b, nulls, mask, |a, b| a >= b),
    }
}

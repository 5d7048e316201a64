//! Calls of host functions: vectors to Arrow arrays of the registered types, and back. Whatever goes wrong inside fails closed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow::array::{
    ArrayRef, BooleanArray, LargeStringArray, PrimitiveArray, StringArray, StringViewArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
};
use arrow::datatypes::{DataType, TimeUnit};

use crate::host::HostFunction;
use crate::kernels::{Vector, bits, load};
use crate::types::Type;

/// Whether values of a type can be handed over as an Arrow type.
pub(crate) fn can_store(ty: &Type, data: &DataType) -> bool {
    match ty {
        Type::Null => true,
        Type::Bool => *data == DataType::Boolean,
        Type::Int => data.is_integer(),
        Type::Float => matches!(data, DataType::Float32 | DataType::Float64),
        Type::Decimal => matches!(data, DataType::Decimal128(..)),
        Type::String => matches!(data, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View),
        Type::Date => *data == DataType::Date32,
        Type::Timestamp | Type::LocalTimestamp => matches!(data, DataType::Timestamp(..)),
        _ => false,
    }
}

/// Calls a host function; an error, a panic, a wrong length or type is a fault in every row.
pub(crate) fn call(function: &HostFunction, args: &[Vector], types: &[Type], rows: usize, result: &Type) -> Vector {
    let arrays: Option<Vec<ArrayRef>> =
        args.iter().zip(types).zip(&function.arguments).map(|((vector, ty), data)| store(vector, ty, data, rows)).collect();
    let Some(arrays) = arrays else { return Vector::fault(rows) };
    let answer = catch_unwind(AssertUnwindSafe(|| (function.call)(&arrays)));
    let Ok(Ok(array)) = answer else { return Vector::fault(rows) };
    if array.len() != rows || *array.data_type() != function.result || *result == Type::Null {
        return Vector::fault(rows);
    }
    let mut out = load::load(&array).decoded();
    // A row whose arguments fault is a fault, whatever the function made of it.
    let faults = args.iter().fold(None, |all, arg| bits::union(all.as_ref(), arg.fault_rows().as_ref()));
    if faults.is_some() && out.is_constant() {
        out = out.spread_constant();
    }
    out.faults = bits::union(out.faults.as_ref(), faults.as_ref());
    out
}

fn store(vector: &Vector, ty: &Type, data: &DataType, rows: usize) -> Option<ArrayRef> {
    fn ints<T: ArrowPrimitiveType>(vector: &Vector, rows: usize) -> Option<ArrayRef>
    where
        T::Native: TryFrom<i128>,
    {
        let values = vector.ints();
        let mut out = Vec::with_capacity(rows);
        for row in 0..rows {
            out.push(if vector.is_live(row) { Some(T::Native::try_from(values.at(row)).ok()?) } else { None });
        }
        Some(Arc::new(out.into_iter().collect::<PrimitiveArray<T>>()))
    }
    let nanos = |unit: i128| -> Option<Vec<Option<i64>>> {
        let values = vector.ints();
        (0..rows)
            .map(|row| if vector.is_live(row) { i64::try_from(values.at(row).div_euclid(unit)).ok().map(Some) } else { Some(None) })
            .collect()
    };
    let text = |row: usize| vector.is_live(row).then(|| vector.strings().at(row));
    let float = |row: usize| vector.is_live(row).then(|| vector.numbers().at(row).to_f64());
    if !can_store(ty, data) {
        return None;
    }
    Some(match data {
        DataType::Boolean => Arc::new((0..rows).map(|row| vector.is_live(row).then(|| vector.bools().at(row))).collect::<BooleanArray>()),
        DataType::Int8 => ints::<Int8Type>(vector, rows)?,
        DataType::Int16 => ints::<Int16Type>(vector, rows)?,
        DataType::Int32 => ints::<Int32Type>(vector, rows)?,
        DataType::Int64 => ints::<Int64Type>(vector, rows)?,
        DataType::UInt8 => ints::<UInt8Type>(vector, rows)?,
        DataType::UInt16 => ints::<UInt16Type>(vector, rows)?,
        DataType::UInt32 => ints::<UInt32Type>(vector, rows)?,
        DataType::UInt64 => ints::<UInt64Type>(vector, rows)?,
        #[expect(clippy::cast_possible_truncation, reason = "the function is registered over float32")]
        DataType::Float32 => Arc::new((0..rows).map(|row| float(row).map(|value| value as f32)).collect::<PrimitiveArray<Float32Type>>()),
        DataType::Float64 => Arc::new((0..rows).map(float).collect::<PrimitiveArray<Float64Type>>()),
        DataType::Decimal128(precision, scale) => {
            let own = if let crate::kernels::Values::Decimal(_, own) = vector.values { own } else { 0 };
            let values = vector.ints();
            let mut out = Vec::with_capacity(rows);
            for row in 0..rows {
                out.push(if vector.is_live(row) {
                    Some(crate::kernels::cast::rescale(values.at(row), own, i32::from(*scale))?)
                } else {
                    None
                });
            }
            Arc::new(out.into_iter().collect::<PrimitiveArray<Decimal128Type>>().with_precision_and_scale(*precision, *scale).ok()?)
        }
        DataType::Utf8 => Arc::new((0..rows).map(text).collect::<StringArray>()),
        DataType::LargeUtf8 => Arc::new((0..rows).map(text).collect::<LargeStringArray>()),
        DataType::Utf8View => Arc::new((0..rows).map(text).collect::<StringViewArray>()),
        DataType::Date32 => ints::<Date32Type>(vector, rows)?,
        DataType::Timestamp(unit, zone) => {
            let zone = zone.clone();
            match unit {
                TimeUnit::Second => Arc::new(TimestampSecondArray::from(nanos(1_000_000_000)?).with_timezone_opt(zone)),
                TimeUnit::Millisecond => Arc::new(TimestampMillisecondArray::from(nanos(1_000_000)?).with_timezone_opt(zone)),
                TimeUnit::Microsecond => Arc::new(TimestampMicrosecondArray::from(nanos(1_000)?).with_timezone_opt(zone)),
                TimeUnit::Nanosecond => Arc::new(TimestampNanosecondArray::from(nanos(1)?).with_timezone_opt(zone)),
            }
        }
        _ => return None,
    })
}

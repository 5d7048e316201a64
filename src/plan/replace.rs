//! The constants of `@on_fail(replace(…))` as values of the columns they are put into.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, DurationNanosecondArray, Float64Array, StringArray, Time64NanosecondArray,
    TimestampNanosecondArray, new_null_array,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::DataType;

use crate::compile::ir::Literal;

/// Most digits of a decimal of 128 bits.
const DIGITS: u8 = 38;

/// A constant as a column of one row.
///
/// # Errors
/// Why a column of this type cannot hold it.
pub(crate) fn constant_of(literal: &Literal, data: &DataType) -> Result<ArrayRef, String> {
    if *literal == Literal::Null {
        return Ok(new_null_array(data, 1));
    }
    if matches!(data, DataType::RunEndEncoded(..)) {
        return Err("a column of runs has no single values".to_owned());
    }
    let plain = plain(literal).ok_or("it is too large")?;
    let cannot = || format!("a column of {} cannot hold it", crate::types::describe(data));
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let value = cast_with_options(&plain, data, &options).map_err(|_| cannot())?;
    if value.len() == 1 && value.is_valid(0) { Ok(value) } else { Err(cannot()) }
}

fn plain(literal: &Literal) -> Option<ArrayRef> {
    let nanos = |value: &i128| i64::try_from(*value).ok();
    let decimal = |mantissa: i128, scale: i32| {
        let scale = i8::try_from(scale).ok()?;
        Some(Arc::new(Decimal128Array::from(vec![mantissa]).with_precision_and_scale(DIGITS, scale).ok()?) as ArrayRef)
    };
    Some(match literal {
        Literal::Null => return None,
        Literal::Bool(value) => Arc::new(BooleanArray::from(vec![*value])),
        Literal::Int(value) => return decimal(*value, 0),
        Literal::Number(_, _, bits) | Literal::Float(bits) => Arc::new(Float64Array::from(vec![f64::from_bits(*bits)])),
        Literal::Decimal(mantissa, scale) => return decimal(*mantissa, *scale),
        Literal::Str(text) => Arc::new(StringArray::from(vec![text.as_str()])),
        Literal::Date(days) => Arc::new(Date32Array::from(vec![i32::try_from(*days).ok()?])),
        Literal::Time(value) => Arc::new(Time64NanosecondArray::from(vec![nanos(value)?])),
        Literal::Timestamp(value) => Arc::new(TimestampNanosecondArray::from(vec![nanos(value)?]).with_timezone("UTC")),
        Literal::LocalTimestamp(value) => Arc::new(TimestampNanosecondArray::from(vec![nanos(value)?])),
        Literal::Duration(value) => Arc::new(DurationNanosecondArray::from(vec![nanos(value)?])),
    })
}

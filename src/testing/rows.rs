//! Rows of tests as Arrow columns of the declared types, and as the JSON of a response.

use std::sync::Arc;

use arrow::array::types::{
    ArrowPrimitiveType, DurationNanosecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time64NanosecondType,
    TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, ListArray, MapArray, PrimitiveArray, StringArray, StructArray,
    new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use serde_json::Value as Json;

use crate::compile::ir::Literal;
use crate::compile::records::{Datum, Row};
use crate::kernels::{render, time};
use crate::types::ColumnType;
use crate::types::arrow::{data_type, entries_field, item_field, member_fields};

/// Values of one column; `None` is null.
type Values<'a> = [Option<&'a Datum>];

/// A column of values. `now` is what `now()` is; without it such a value is null.
pub(super) fn column(ty: &ColumnType, values: &Values<'_>, now: Option<i128>) -> Result<ArrayRef, ArrowError> {
    let place = data_type(ty);
    Ok(match (ty, &place) {
        (_, DataType::Int8) => ints::<Int8Type>(values),
        (_, DataType::Int16) => ints::<Int16Type>(values),
        (_, DataType::Int32) => ints::<Int32Type>(values),
        (_, DataType::Int64) => ints::<Int64Type>(values),
        (_, DataType::UInt8) => ints::<UInt8Type>(values),
        (_, DataType::UInt16) => ints::<UInt16Type>(values),
        (_, DataType::UInt32) => ints::<UInt32Type>(values),
        (_, DataType::UInt64) => ints::<UInt64Type>(values),
        (_, DataType::Float64) => primitive::<Float64Type>(values, &float),
        #[expect(clippy::cast_possible_truncation, reason = "the column is declared float32")]
        (_, DataType::Float32) => primitive::<Float32Type>(values, &|literal| float(literal).map(|value| value as f32)),
        (ColumnType::Bool, _) => {
            let of = |literal: &Literal| if let Literal::Bool(value) = literal { Some(*value) } else { None };
            Arc::new(values.iter().map(|value| plain(*value).and_then(of)).collect::<BooleanArray>())
        }
        (_, DataType::Decimal128(precision, scale)) => {
            let array: Decimal128Array = values.iter().map(|value| plain(*value).and_then(whole)).collect();
            Arc::new(array.with_precision_and_scale(*precision, *scale)?)
        }
        (ColumnType::String, _) => Arc::new(values.iter().map(|value| plain(*value).and_then(text)).collect::<StringArray>()),
        (ColumnType::Binary, _) => {
            Arc::new(values.iter().map(|value| plain(*value).and_then(text).map(str::as_bytes)).collect::<BinaryArray>())
        }
        (ColumnType::Date, _) => {
            let days = |value: &Datum| match value {
                Datum::Now(offset) => now?.checked_add(*offset).map(time::day_of),
                other => plain(Some(other)).and_then(whole),
            };
            let days = values.iter().map(|value| value.and_then(days).and_then(|days| i32::try_from(days).ok()));
            Arc::new(days.collect::<Date32Array>())
        }
        (_, DataType::Time64(_)) => ints::<Time64NanosecondType>(values),
        (_, DataType::Duration(_)) => ints::<DurationNanosecondType>(values),
        (_, DataType::Timestamp(_, zone)) => {
            let nanos = |value: &Datum| match value {
                Datum::Now(offset) => now?.checked_add(*offset),
                other => plain(Some(other)).and_then(whole),
            };
            let micros = values.iter().map(|value| value.and_then(nanos).and_then(|nanos| i64::try_from(nanos.div_euclid(1000)).ok()));
            Arc::new(micros.collect::<PrimitiveArray<TimestampMicrosecondType>>().with_timezone_opt(zone.clone()))
        }
        (ColumnType::List(item, _) | ColumnType::Vector(item, _), _) => lists(item, values, now)?,
        (ColumnType::Struct(members), _) => structs(members, values, now)?,
        (ColumnType::Map(key, item, _), _) => maps(key, item, values, now)?,
        _ => new_null_array(&place, values.len()),
    })
}

fn plain(value: Option<&Datum>) -> Option<&Literal> {
    if let Some(Datum::Value(literal)) = value { Some(literal) } else { None }
}

/// What is kept as an integer: numbers, mantissas of decimals, days, nanoseconds.
fn whole(literal: &Literal) -> Option<i128> {
    match literal {
        Literal::Int(value)
        | Literal::Decimal(value, _)
        | Literal::Date(value)
        | Literal::Time(value)
        | Literal::Timestamp(value)
        | Literal::LocalTimestamp(value)
        | Literal::Duration(value) => Some(*value),
        _ => None,
    }
}

fn float(literal: &Literal) -> Option<f64> {
    if let Literal::Float(bits) = literal { Some(f64::from_bits(*bits)) } else { None }
}

fn text(literal: &Literal) -> Option<&str> {
    if let Literal::Str(text) = literal { Some(text) } else { None }
}

fn primitive<T: ArrowPrimitiveType>(values: &Values<'_>, read: &dyn Fn(&Literal) -> Option<T::Native>) -> ArrayRef {
    Arc::new(values.iter().map(|value| plain(*value).and_then(read)).collect::<PrimitiveArray<T>>())
}

fn ints<T: ArrowPrimitiveType>(values: &Values<'_>) -> ArrayRef
where
    T::Native: TryFrom<i128>,
{
    primitive::<T>(values, &|literal| T::Native::try_from(whole(literal)?).ok())
}

fn lists(item: &ColumnType, values: &Values<'_>, now: Option<i128>) -> Result<ArrayRef, ArrowError> {
    let items = |value: &Option<&'_ Datum>| if let Some(Datum::List(items)) = value { items.len() } else { 0 };
    let offsets = OffsetBuffer::from_lengths(values.iter().map(items));
    let inner: Vec<Option<&Datum>> =
        values.iter().flat_map(|value| if let Some(Datum::List(items)) = value { items.as_slice() } else { &[] }).map(Some).collect();
    let nulls = NullBuffer::from_iter(values.iter().map(|value| matches!(value, Some(Datum::List(_)))));
    Ok(Arc::new(ListArray::try_new(item_field(item), offsets, column(item, &inner, now)?, Some(nulls))?))
}

fn structs(members: &[crate::types::Member], values: &Values<'_>, now: Option<i128>) -> Result<ArrayRef, ArrowError> {
    let nulls = NullBuffer::from_iter(values.iter().map(|value| matches!(value, Some(Datum::Record(_)))));
    if members.is_empty() {
        return Ok(Arc::new(StructArray::new_empty_fields(values.len(), Some(nulls))));
    }
    let columns = members.iter().map(|member| {
        let inner: Vec<Option<&Datum>> =
            values.iter().map(|value| if let Some(Datum::Record(row)) = value { of(row, &member.name) } else { None }).collect();
        column(&member.ty, &inner, now)
    });
    Ok(Arc::new(StructArray::try_new(member_fields(members), columns.collect::<Result<_, _>>()?, Some(nulls))?))
}

fn maps(key: &ColumnType, item: &ColumnType, values: &Values<'_>, now: Option<i128>) -> Result<ArrayRef, ArrowError> {
    let entries = |value: &Option<&Datum>| if let Some(Datum::Record(entries)) = value { entries.len() } else { 0 };
    let offsets = OffsetBuffer::from_lengths(values.iter().map(entries));
    let all: Vec<&(String, Datum)> =
        values.iter().flat_map(|value| if let Some(Datum::Record(entries)) = value { entries.as_slice() } else { &[] }).collect();
    let keys: ArrayRef = Arc::new(all.iter().map(|(name, _)| Some(name)).collect::<StringArray>());
    let items = column(item, &all.iter().map(|(_, value)| Some(value)).collect::<Vec<_>>(), now)?;
    let field = entries_field(key, item);
    let DataType::Struct(fields) = field.data_type().clone() else {
        return Err(ArrowError::InvalidArgumentError("the entries of a map are no struct".to_owned()));
    };
    let nulls = NullBuffer::from_iter(values.iter().map(|value| matches!(value, Some(Datum::Record(_)))));
    Ok(Arc::new(MapArray::try_new(field, offsets, StructArray::try_new(fields, vec![keys, items], None)?, Some(nulls), false)?))
}

/// The value of a column in a row; a null is none.
pub(super) fn of<'a>(row: &'a Row, name: &str) -> Option<&'a Datum> {
    row.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// A row as the text of a response: what is left out is absent, what is null is null.
pub(super) fn response(row: &Row, beside: &[String], now: Option<i128>) -> String {
    let fields = row.iter().filter(|(name, _)| !beside.contains(name));
    Json::Object(fields.map(|(name, value)| (name.clone(), json(value, now))).collect()).to_string()
}

fn json(value: &Datum, now: Option<i128>) -> Json {
    match value {
        Datum::Value(literal) => literal_json(literal),
        Datum::Now(offset) => now.and_then(|now| now.checked_add(*offset)).map_or(Json::Null, |at| time::format_timestamp(at, true).into()),
        Datum::List(items) => Json::Array(items.iter().map(|item| json(item, now)).collect()),
        Datum::Record(entries) => Json::Object(entries.iter().map(|(name, value)| (name.clone(), json(value, now))).collect()),
    }
}

fn literal_json(literal: &Literal) -> Json {
    match literal {
        Literal::Null => Json::Null,
        Literal::Bool(value) => Json::Bool(*value),
        Literal::Int(value) => i64::try_from(*value).map(Json::from).or_else(|_| u64::try_from(*value).map(Json::from)).unwrap_or_default(),
        Literal::Float(bits) | Literal::Number(_, _, bits) => {
            serde_json::Number::from_f64(f64::from_bits(*bits)).map_or(Json::Null, Json::Number)
        }
        Literal::Decimal(mantissa, scale) => render::decimal(*mantissa, *scale).into(),
        Literal::Str(text) => text.as_str().into(),
        Literal::Date(days) => time::format_date(*days).into(),
        Literal::Time(nanos) => time::format_time(*nanos).into(),
        Literal::Timestamp(nanos) => time::format_timestamp(*nanos, true).into(),
        Literal::LocalTimestamp(nanos) => time::format_timestamp(*nanos, false).into(),
        Literal::Duration(nanos) => time::format_duration(*nanos).into(),
    }
}

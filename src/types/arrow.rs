//! The Arrow types that values are put into where only their declaration is known: cells of text, rows of tests.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields, TimeUnit};

use super::{ColumnType, IntWidth, Member};

/// The Arrow type that values of a declared type are put into.
pub(crate) fn data_type(ty: &ColumnType) -> DataType {
    match ty {
        ColumnType::Bool => DataType::Boolean,
        ColumnType::Int(IntWidth::Signed(8)) => DataType::Int8,
        ColumnType::Int(IntWidth::Signed(16)) => DataType::Int16,
        ColumnType::Int(IntWidth::Signed(32)) => DataType::Int32,
        ColumnType::Int(IntWidth::Unsigned(8)) => DataType::UInt8,
        ColumnType::Int(IntWidth::Unsigned(16)) => DataType::UInt16,
        ColumnType::Int(IntWidth::Unsigned(32)) => DataType::UInt32,
        ColumnType::Int(IntWidth::Unsigned(_)) => DataType::UInt64,
        ColumnType::Int(_) => DataType::Int64,
        ColumnType::Float32 => DataType::Float32,
        ColumnType::Float64 | ColumnType::Float | ColumnType::Number => DataType::Float64,
        ColumnType::Decimal(Some((precision, scale))) => DataType::Decimal128(*precision, *scale),
        ColumnType::Decimal(None) => DataType::Decimal128(38, 9),
        ColumnType::Binary => DataType::Binary,
        ColumnType::Date => DataType::Date32,
        ColumnType::Time => DataType::Time64(TimeUnit::Nanosecond),
        ColumnType::Timestamp(zone) => DataType::Timestamp(TimeUnit::Microsecond, Some(zone.as_deref().unwrap_or("UTC").into())),
        ColumnType::LocalTimestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
        ColumnType::Duration => DataType::Duration(TimeUnit::Nanosecond),
        ColumnType::List(item, _) | ColumnType::Vector(item, _) => DataType::List(item_field(item)),
        ColumnType::Map(key, value, _) => DataType::Map(entries_field(key, value), false),
        ColumnType::Struct(members) => DataType::Struct(member_fields(members)),
        ColumnType::String | ColumnType::Error => DataType::Utf8,
    }
}

/// The field of a list's items.
pub(crate) fn item_field(item: &ColumnType) -> FieldRef {
    Arc::new(Field::new("item", data_type(item), true))
}

/// The fields of a struct.
pub(crate) fn member_fields(members: &[Member]) -> Fields {
    members.iter().map(|member| Field::new(&member.name, data_type(&member.ty), true)).collect()
}

/// The field of a map's entries.
pub(crate) fn entries_field(key: &ColumnType, value: &ColumnType) -> FieldRef {
    let fields = vec![Field::new("key", data_type(key), false), Field::new("value", data_type(value), true)];
    Arc::new(Field::new("entries", DataType::Struct(fields.into()), false))
}

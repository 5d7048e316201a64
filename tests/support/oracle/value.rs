//! One cell as a plain value, and reading it out of any Arrow array.

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BinaryViewArray, FixedSizeBinaryArray, FixedSizeListArray, LargeBinaryArray, LargeListArray,
    LargeListViewArray, LargeStringArray, ListArray, ListViewArray, MapArray, StringArray, StringViewArray, StructArray,
};
use arrow::datatypes::*;

/// A value of the language; null and fault are values too.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    /// The expression could not be evaluated.
    Fault,
    Bool(bool),
    Int(i128),
    Float(f64),
    /// `mantissa / 10^scale`
    Decimal {
        mantissa: i128,
        scale: i32,
    },
    Str(String),
    Binary(Vec<u8>),
    /// Days since 1970-01-01.
    Date(i64),
    /// Nanoseconds since midnight.
    Time(i64),
    /// Nanoseconds since 1970-01-01T00:00:00, in UTC or on the wall clock.
    Timestamp(i128),
    /// Nanoseconds.
    Duration(i128),
    List(Vec<Value>),
    Struct(Vec<(String, Value)>),
    Map(Vec<(Value, Value)>),
}

pub const NANOS_PER_SECOND: i128 = 1_000_000_000;
pub const NANOS_PER_DAY: i128 = 86_400 * NANOS_PER_SECOND;

impl Value {
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub fn is_fault(&self) -> bool {
        matches!(self, Self::Fault)
    }

    /// A member of a struct; null where the struct is null or has no such member.
    pub fn member(&self, name: &str) -> Self {
        let Self::Struct(members) = self else { return self.null_or_fault() };
        members.iter().find(|(key, _)| key == name).map_or(Self::Null, |(_, value)| value.clone())
    }

    fn null_or_fault(&self) -> Self {
        if self.is_fault() { Self::Fault } else { Self::Null }
    }
}

/// The value in slot `row`.
///
/// # Panics
/// On Arrow types the language has no type for.
pub fn read_cell(array: &dyn Array, row: usize) -> Value {
    if array.data_type() == &DataType::Null || array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Boolean => Value::Bool(array.as_boolean().value(row)),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Value::Str(read_text(array, row)),
        DataType::Dictionary(_, _) => read_dictionary(array, row),
        data_type if data_type.is_integer() => Value::Int(read_int(array, row)),
        data_type if data_type.is_numeric() => read_number(array, row),
        data_type if data_type.is_temporal() => read_temporal(array, row),
        data_type if data_type.is_nested() => read_nested(array, row),
        _ => Value::Binary(read_bytes(array, row)),
    }
}

fn down<T: 'static>(array: &dyn Array) -> &T {
    array.as_any().downcast_ref::<T>().expect("the data type names the array")
}

fn read_text(array: &dyn Array, row: usize) -> String {
    match array.data_type() {
        DataType::Utf8 => down::<StringArray>(array).value(row).to_owned(),
        DataType::LargeUtf8 => down::<LargeStringArray>(array).value(row).to_owned(),
        _ => down::<StringViewArray>(array).value(row).to_owned(),
    }
}

fn read_bytes(array: &dyn Array, row: usize) -> Vec<u8> {
    match array.data_type() {
        DataType::Binary => down::<BinaryArray>(array).value(row).to_vec(),
        DataType::LargeBinary => down::<LargeBinaryArray>(array).value(row).to_vec(),
        DataType::BinaryView => down::<BinaryViewArray>(array).value(row).to_vec(),
        DataType::FixedSizeBinary(_) => down::<FixedSizeBinaryArray>(array).value(row).to_vec(),
        other => panic!("the oracle reads no {other}"),
    }
}

fn read_int(array: &dyn Array, row: usize) -> i128 {
    match array.data_type() {
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).into(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).into(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).into(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).into(),
        DataType::UInt8 => array.as_primitive::<UInt8Type>().value(row).into(),
        DataType::UInt16 => array.as_primitive::<UInt16Type>().value(row).into(),
        DataType::UInt32 => array.as_primitive::<UInt32Type>().value(row).into(),
        _ => array.as_primitive::<UInt64Type>().value(row).into(),
    }
}

fn read_number(array: &dyn Array, row: usize) -> Value {
    let decimal = |mantissa: i128, scale: i8| Value::Decimal { mantissa, scale: scale.into() };
    match array.data_type() {
        DataType::Float16 => Value::Float(array.as_primitive::<Float16Type>().value(row).to_f64()),
        DataType::Float32 => Value::Float(array.as_primitive::<Float32Type>().value(row).into()),
        DataType::Float64 => Value::Float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal32(_, s) => decimal(array.as_primitive::<Decimal32Type>().value(row).into(), *s),
        DataType::Decimal64(_, s) => decimal(array.as_primitive::<Decimal64Type>().value(row).into(), *s),
        DataType::Decimal128(_, s) => decimal(array.as_primitive::<Decimal128Type>().value(row), *s),
        other => panic!("the oracle reads no {other}"),
    }
}

fn read_dictionary(array: &dyn Array, row: usize) -> Value {
    let dictionary = array.as_any_dictionary();
    let key = read_int(dictionary.keys(), row);
    read_cell(dictionary.values(), usize::try_from(key).expect("keys are positions"))
}

fn nanos_of(unit: TimeUnit) -> i128 {
    match unit {
        TimeUnit::Second => NANOS_PER_SECOND,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    }
}

fn read_temporal(array: &dyn Array, row: usize) -> Value {
    let ticks = read_ticks(array, row);
    match array.data_type() {
        DataType::Date32 => Value::Date(ticks),
        DataType::Date64 => Value::Date(ticks.div_euclid(86_400_000)),
        DataType::Time32(unit) | DataType::Time64(unit) => Value::Time(ticks * nanos_of(*unit) as i64),
        DataType::Timestamp(unit, _) => Value::Timestamp(i128::from(ticks) * nanos_of(*unit)),
        DataType::Duration(unit) => Value::Duration(i128::from(ticks) * nanos_of(*unit)),
        other => panic!("the oracle reads no {other}"),
    }
}

fn read_ticks(array: &dyn Array, row: usize) -> i64 {
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    match array.data_type() {
        DataType::Date32 => array.as_primitive::<Date32Type>().value(row).into(),
        DataType::Date64 => array.as_primitive::<Date64Type>().value(row),
        DataType::Time32(Second) => array.as_primitive::<Time32SecondType>().value(row).into(),
        DataType::Time32(_) => array.as_primitive::<Time32MillisecondType>().value(row).into(),
        DataType::Time64(Microsecond) => array.as_primitive::<Time64MicrosecondType>().value(row),
        DataType::Time64(_) => array.as_primitive::<Time64NanosecondType>().value(row),
        DataType::Timestamp(Second, _) => array.as_primitive::<TimestampSecondType>().value(row),
        DataType::Timestamp(Millisecond, _) => array.as_primitive::<TimestampMillisecondType>().value(row),
        DataType::Timestamp(Microsecond, _) => array.as_primitive::<TimestampMicrosecondType>().value(row),
        DataType::Timestamp(Nanosecond, _) => array.as_primitive::<TimestampNanosecondType>().value(row),
        DataType::Duration(Second) => array.as_primitive::<DurationSecondType>().value(row),
        DataType::Duration(Millisecond) => array.as_primitive::<DurationMillisecondType>().value(row),
        DataType::Duration(Microsecond) => array.as_primitive::<DurationMicrosecondType>().value(row),
        DataType::Duration(Nanosecond) => array.as_primitive::<DurationNanosecondType>().value(row),
        other => panic!("the oracle reads no {other}"),
    }
}

fn read_all(items: &ArrayRef) -> Vec<Value> {
    (0..items.len()).map(|row| read_cell(items, row)).collect()
}

fn read_nested(array: &dyn Array, row: usize) -> Value {
    match array.data_type() {
        DataType::List(_) => Value::List(read_all(&down::<ListArray>(array).value(row))),
        DataType::LargeList(_) => Value::List(read_all(&down::<LargeListArray>(array).value(row))),
        DataType::ListView(_) => Value::List(read_all(&down::<ListViewArray>(array).value(row))),
        DataType::LargeListView(_) => Value::List(read_all(&down::<LargeListViewArray>(array).value(row))),
        DataType::FixedSizeList(_, _) => Value::List(read_all(&down::<FixedSizeListArray>(array).value(row))),
        DataType::Struct(_) => read_struct(down::<StructArray>(array), row),
        DataType::Map(_, _) => read_map(&down::<MapArray>(array).value(row)),
        other => panic!("the oracle reads no {other}"),
    }
}

fn read_struct(array: &StructArray, row: usize) -> Value {
    let names = array.fields().iter().map(|field| field.name().clone());
    let cells = array.columns().iter().map(|column| read_cell(column, row));
    Value::Struct(names.zip(cells).collect())
}

fn read_map(entries: &StructArray) -> Value {
    let keys = read_all(entries.column(0));
    Value::Map(keys.into_iter().zip(read_all(entries.column(1))).collect())
}

/// A text that is equal for two values exactly where grouping takes them for equal:
/// NaN is one value, −0 is 0, null is a value of its own.
pub fn group_key(value: &Value) -> String {
    match value {
        Value::Float(float) if float.is_nan() => "NaN".to_owned(),
        Value::Float(float) if *float == 0.0 => "Float(0.0)".to_owned(),
        Value::List(items) => items.iter().map(|item| format!("[{}]", group_key(item))).collect(),
        Value::Struct(members) => members.iter().map(|(name, member)| format!("{{{name:?}:{}}}", group_key(member))).collect(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{DictionaryArray, Int32Array, TimestampMillisecondArray};
    use std::sync::Arc;

    #[test]
    fn dictionaries_and_slices_read_as_their_values() {
        let dictionary: DictionaryArray<Int8Type> = vec![Some("a"), None, Some("é")].into_iter().collect();
        assert_eq!(read_cell(&dictionary.slice(1, 2), 1), Value::Str("é".to_owned()));
        assert_eq!(read_cell(&dictionary, 1), Value::Null);
        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)]), None, Some(vec![None, Some(3)])]);
        let sliced = lists.slice(2, 1);
        assert_eq!(read_cell(&sliced, 0), Value::List(vec![Value::Null, Value::Int(3)]));
    }

    #[test]
    fn a_null_struct_hides_its_members() {
        let field = Arc::new(Field::new("a", DataType::Int32, true));
        let column: ArrayRef = Arc::new(Int32Array::from(vec![1, 2]));
        let nulls = Some(vec![true, false].into());
        let array = StructArray::new(vec![field].into(), vec![column], nulls);
        assert_eq!(read_cell(&array, 0).member("a"), Value::Int(1));
        assert_eq!(read_cell(&array, 1), Value::Null);
    }

    #[test]
    fn timestamps_are_nanoseconds_whatever_the_unit() {
        let array = TimestampMillisecondArray::from(vec![-1]).with_timezone("Europe/Zurich");
        assert_eq!(read_cell(&array, 0), Value::Timestamp(-1_000_000));
    }

    #[test]
    fn group_keys_join_nans_and_zeros() {
        assert_eq!(group_key(&Value::Float(-0.0)), group_key(&Value::Float(0.0)));
        assert_eq!(group_key(&Value::Float(f64::NAN)), group_key(&Value::Float(-f64::NAN)));
        assert_ne!(group_key(&Value::Null), group_key(&Value::Str("Null".to_owned())));
    }
}

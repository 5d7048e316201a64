//! One value of a row, and its way into a vector of one slot and out of it.

use std::borrow::Cow;

use arrow::array::{ArrayRef, LargeBinaryArray, LargeStringArray, new_null_array};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::DataType;

use crate::kernels::number::Num;
use crate::kernels::vector::{Binaries, Strings};
use crate::kernels::{Values, Vector, bits, load};
use crate::types::Type;

/// A value as the general evaluator sees it: integers, days and nanoseconds are one kind.
#[derive(Debug, Clone)]
pub(crate) enum Value<'a> {
    Null,
    Fault,
    Bool(bool),
    /// An integer, days, or nanoseconds.
    Int(i128),
    Float(f64),
    /// A mantissa and its number of decimals.
    Decimal(i128, i32),
    Str(Cow<'a, str>),
    Bin(&'a [u8]),
    /// A list, struct or map, in a vector of one slot.
    Nested(Box<Vector>),
}

impl Value<'_> {
    /// The number, of values that have one.
    #[inline]
    pub(super) fn number(&self) -> Option<Num> {
        match self {
            Self::Int(value) => Some(Num::Int(*value)),
            Self::Float(value) => Some(Num::Float(*value)),
            Self::Decimal(mantissa, scale) => Some(Num::Decimal(*mantissa, *scale)),
            _ => None,
        }
    }

    /// What stands in the first slot of a vector; lists, structs, maps and binaries are no results of steps.
    pub(super) fn of_slot(vector: &Vector) -> Value<'static> {
        if vector.is_fault(0) {
            return Value::Fault;
        }
        if vector.is_null(0) {
            return Value::Null;
        }
        match &vector.values {
            Values::Bool(_) => Value::Bool(vector.bools().at(0)),
            Values::Int(_) => Value::Int(vector.ints().at(0)),
            Values::Float(_) => Value::Float(vector.floats().at(0)),
            Values::Decimal(_, scale) => Value::Decimal(vector.ints().at(0), *scale),
            Values::Str(_) => Value::Str(Cow::Owned(vector.strings().at(0).to_owned())),
            _ => Value::Fault,
        }
    }
}

impl From<Option<Num>> for Value<'_> {
    /// `None` is a fault: arithmetic gives it where there is no result.
    fn from(number: Option<Num>) -> Self {
        match number {
            Some(Num::Int(value)) => Self::Int(value),
            Some(Num::Float(value)) => Self::Float(value),
            Some(Num::Decimal(mantissa, scale)) => Self::Decimal(mantissa, scale),
            None => Self::Fault,
        }
    }
}

/// What the slots of a vector hold; nulls have a kind too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Int,
    Float,
    Decimal(i32),
    Str,
    Bin,
}

impl Kind {
    /// The kind that values of an Arrow type are loaded as; `None` for nested types and those the language does not have.
    pub(crate) fn of_data(data: &DataType) -> Option<Self> {
        Some(match data {
            DataType::Dictionary(_, values) => return Self::of_data(values),
            DataType::Boolean => Self::Bool,
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Self::Float,
            DataType::Decimal32(_, scale)
            | DataType::Decimal64(_, scale)
            | DataType::Decimal128(_, scale)
            | DataType::Decimal256(_, scale) => Self::Decimal(i32::from(*scale).max(0)),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Str,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => Self::Bin,
            DataType::Interval(_) => return None,
            data if data.is_integer() || data.is_temporal() => Self::Int,
            _ => return None,
        })
    }

    /// The kind of values of a type; `None` for decimals, whose scale a type does not tell, and for nested types.
    pub(super) fn of_type(ty: &Type) -> Option<Self> {
        Some(match ty {
            Type::Bool => Self::Bool,
            Type::Int | Type::Date | Type::Time | Type::Timestamp | Type::LocalTimestamp | Type::Duration => Self::Int,
            Type::Float => Self::Float,
            Type::String => Self::Str,
            Type::Binary => Self::Bin,
            _ => return None,
        })
    }
}

/// Values as a vector of their kind, a slot for each.
pub(crate) fn pack(kind: Kind, values: &[Value<'_>]) -> Vector {
    let int = |value: &Value<'_>| if let Value::Int(int) | Value::Decimal(int, _) = value { *int } else { 0 };
    let packed = match kind {
        Kind::Bool => Values::Bool(values.iter().map(|value| matches!(value, Value::Bool(true))).collect()),
        Kind::Int => Values::Int(values.iter().map(int).collect::<Vec<_>>().into()),
        Kind::Decimal(scale) => Values::Decimal(values.iter().map(int).collect::<Vec<_>>().into(), scale),
        Kind::Float => {
            Values::Float(values.iter().map(|value| if let Value::Float(float) = value { *float } else { 0.0 }).collect::<Vec<_>>().into())
        }
        Kind::Str => Values::Str(Strings::Large(LargeStringArray::from_iter_values(
            values.iter().map(|value| if let Value::Str(text) = value { text } else { "" }),
        ))),
        Kind::Bin => Values::Bin(Binaries::Large(LargeBinaryArray::from_iter_values(
            values.iter().map(|value| if let Value::Bin(bytes) = value { *bytes } else { &[] }),
        ))),
    };
    let marks = |wanted: fn(&Value<'_>) -> bool| bits::some_if_any(values.iter().map(wanted).collect::<BooleanBuffer>());
    Vector::new(values.len(), packed)
        .with_nulls(marks(|value| matches!(value, Value::Null)))
        .with_faults(marks(|value| matches!(value, Value::Fault)))
}

/// A null of an Arrow type, as a vector of one slot.
pub(super) fn null_of(data: &DataType) -> Vector {
    let plain = if let DataType::Dictionary(_, values) = data { values } else { data };
    let array: ArrayRef = new_null_array(plain, 1);
    load::load(&array).decoded()
}

/// A value as a vector of one slot; `null` is a null of its type.
pub(super) fn one_slot(value: &Value<'_>, kind: Option<Kind>, null: &Vector) -> Vector {
    match (value, kind) {
        (Value::Nested(vector), _) => (**vector).clone(),
        (Value::Null, _) => null.clone(),
        (value, Some(kind)) => pack(kind, std::slice::from_ref(value)),
        (_, None) => Vector::fault(1),
    }
}

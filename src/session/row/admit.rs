//! Values as a caller or a JSON object gives them, taken as values of a column: exactly, or not at all.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::types::{ArrowPrimitiveType, Float16Type};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, TimeUnit};
use serde_json::Value as Json;

use crate::eval::row::{Kind, Value, pack};
use crate::kernels::cast::{parse_instant, rescale};
use crate::kernels::cell::{self, Cell};
use crate::kernels::number::{parse_decimal, power_of_ten};
use crate::kernels::vector::Lists;
use crate::kernels::{Values, Vector, bits, time};
use crate::types::{Type, list_item};

use super::value::RowValue;

/// A value from outside.
#[derive(Debug, Clone, Copy)]
pub(super) enum Given<'a> {
    Row(RowValue<'a>),
    /// A member of a list, struct or map of JSON, or a key.
    Cell(Cell<'a>),
    Float32(f32),
    Float64(f64),
}

impl Given<'_> {
    fn is_null(self) -> bool {
        matches!(self, Self::Row(RowValue::Null) | Self::Cell(Cell::Null | Cell::Json(Json::Null)))
    }
}

/// What an Arrow type takes.
#[derive(Debug)]
pub(super) enum Family {
    Bool,
    /// The smallest and the largest integer.
    Int(i128, i128),
    Float64,
    Float32,
    Float16,
    Decimal(Decimals),
    Text,
    /// The number of bytes, where it is fixed.
    Bytes(Option<usize>),
    Date,
    Time(TimeUnit, Width),
    /// The flag tells an instant from a local timestamp.
    Timestamp(TimeUnit, bool),
    Duration(TimeUnit),
    /// The number of items, where it is fixed.
    List(Box<Family>, Option<usize>),
    Struct(Vec<(String, Family)>),
    Map(Box<Family>, Box<Family>),
    /// A type the language does not have: only nulls.
    Other,
}

/// Bits of a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    W32,
    W64,
}

/// Scale and limit of a decimal type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decimals {
    scale: i32,
    /// 10 to the precision: mantissas are smaller.
    limit: i128,
}

impl Decimals {
    fn new(precision: u8, scale: i8) -> Self {
        Self { scale: i32::from(scale), limit: power_of_ten(i32::from(precision)).unwrap_or(i128::MAX) }
    }

    /// The mantissa at the scale that evaluation knows: a negative one is multiplied out.
    fn take(self, mantissa: i128, own: i32) -> Option<Value<'static>> {
        // A negative scale of the value is multiplied out too.
        let (mantissa, own) = if own < 0 { (mantissa.checked_mul(power_of_ten(-own)?)?, 0) } else { (mantissa, own) };
        let stored = rescale(mantissa, own, self.scale)?;
        (stored.unsigned_abs() < self.limit.unsigned_abs()).then_some(())?;
        if self.scale >= 0 {
            return Some(Value::Decimal(stored, self.scale));
        }
        stored.checked_mul(power_of_ten(-self.scale)?).map(|whole| Value::Decimal(whole, 0))
    }
}

/// Nanoseconds of a unit.
fn nanos_of(unit: TimeUnit) -> i128 {
    match unit {
        TimeUnit::Second => time::SECOND,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    }
}

/// Nanoseconds, if they are a whole number of units that 64 bits hold.
fn in_unit(nanos: i128, unit: TimeUnit) -> Option<Value<'static>> {
    let unit = nanos_of(unit);
    (nanos % unit == 0 && i64::try_from(nanos / unit).is_ok()).then_some(Value::Int(nanos))
}

#[inline]
fn converted(value: i64, from: TimeUnit, to: TimeUnit) -> Option<Value<'static>> {
    let nanos = i128::from(value) * nanos_of(from);
    if from == to { Some(Value::Int(nanos)) } else { in_unit(nanos, to) }
}

impl Family {
    /// What a column takes. `ty` is the type rules see it with, which tells instants from local timestamps.
    pub(super) fn of(data: &DataType, ty: &Type) -> Self {
        match data {
            DataType::Dictionary(_, values) => Self::of(values, ty),
            DataType::Boolean => Self::Bool,
            DataType::Int8 => Self::Int(i8::MIN.into(), i8::MAX.into()),
            DataType::Int16 => Self::Int(i16::MIN.into(), i16::MAX.into()),
            DataType::Int32 => Self::Int(i32::MIN.into(), i32::MAX.into()),
            DataType::Int64 => Self::Int(i64::MIN.into(), i64::MAX.into()),
            DataType::UInt8 => Self::Int(0, u8::MAX.into()),
            DataType::UInt16 => Self::Int(0, u16::MAX.into()),
            DataType::UInt32 => Self::Int(0, u32::MAX.into()),
            DataType::UInt64 => Self::Int(0, u64::MAX.into()),
            DataType::Float64 => Self::Float64,
            DataType::Float32 => Self::Float32,
            DataType::Float16 => Self::Float16,
            DataType::Decimal32(precision, scale)
            | DataType::Decimal64(precision, scale)
            | DataType::Decimal128(precision, scale)
            | DataType::Decimal256(precision, scale) => Self::Decimal(Decimals::new(*precision, *scale)),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Self::Bytes(None),
            DataType::FixedSizeBinary(width) => Self::Bytes(Some(usize::try_from(*width).unwrap_or(0))),
            DataType::Date32 | DataType::Date64 => Self::Date,
            DataType::Time32(unit) => Self::Time(*unit, Width::W32),
            DataType::Time64(unit) => Self::Time(*unit, Width::W64),
            DataType::Timestamp(unit, _) => Self::Timestamp(*unit, *ty != Type::LocalTimestamp),
            DataType::Duration(unit) => Self::Duration(*unit),
            DataType::Struct(fields) => Self::Struct(
                fields.iter().map(|field| (field.name().clone(), Self::of(field.data_type(), member_type(ty, field.name())))).collect(),
            ),
            DataType::Map(entries, _) => Self::of_map(entries.data_type(), ty),
            data => match list_item(data) {
                Some(item) => {
                    let width = if let DataType::FixedSizeList(_, width) = data { usize::try_from(*width).ok() } else { None };
                    let item_type = if let Type::List(item) = ty { item } else { &Type::Null };
                    Self::List(Box::new(Self::of(item.data_type(), item_type)), width)
                }
                None => Self::Other,
            },
        }
    }

    fn of_map(entries: &DataType, ty: &Type) -> Self {
        let (key_type, value_type) = if let Type::Map(key, value) = ty { (&**key, &**value) } else { (&Type::Null, &Type::Null) };
        match entries {
            DataType::Struct(fields) => match fields.as_ref() {
                [key, value] => Self::Map(Box::new(Self::of(key.data_type(), key_type)), Box::new(Self::of(value.data_type(), value_type))),
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }

    /// Takes a value of a row and puts it last; false where the column could not hold it.
    ///
    /// PERF: benches/one_row.rs `typed`: what most columns are is written where it belongs; a value that is returned is copied by
    /// loads wider than the stores just before them, which costs more than the test of the rule.
    #[inline]
    pub(super) fn put_row<'a>(&self, value: &RowValue<'a>, slot: &mut Value<'a>) -> bool {
        match (self, value) {
            (_, RowValue::Null) => *slot = Value::Null,
            (Self::Float64, RowValue::Float(value)) => *slot = Value::Float(*value),
            (Self::Text, RowValue::Str(text)) => *slot = Value::Str(Cow::Borrowed(text)),
            (Self::Int(low, high), RowValue::Int(value)) if (*low..=*high).contains(&i128::from(*value)) => {
                *slot = Value::Int((*value).into());
            }
            (Self::Bool, RowValue::Bool(value)) => *slot = Value::Bool(*value),
            (Self::Timestamp(unit, _), RowValue::Timestamp(value, from)) if unit == from => {
                *slot = Value::Int(i128::from(*value) * nanos_of(*unit));
            }
            (family, value) => match family.take(Given::Row(*value)) {
                Some(value) => *slot = value,
                None => return false,
            },
        }
        true
    }

    /// Takes a value from outside; `None` where the column could not hold it.
    pub(super) fn take<'a>(&self, given: Given<'a>) -> Option<Value<'a>> {
        if given.is_null() {
            return Some(Value::Null);
        }
        match self {
            Self::List(..) | Self::Struct(_) | Self::Map(..) => self.vector(&[given]).map(|vector| Value::Nested(Box::new(vector))),
            _ => match given {
                Given::Row(value) => self.of_row(value),
                Given::Cell(cell) => self.of_cell(cell),
                Given::Float32(value) => self.of_row(RowValue::Float(f64::from(value))),
                Given::Float64(value) => self.of_row(RowValue::Float(value)),
            },
        }
    }

    fn float(&self, value: f64) -> Option<Value<'static>> {
        Some(Value::Float(match self {
            Self::Float64 => value,
            #[expect(clippy::cast_possible_truncation, reason = "the column holds float32")]
            Self::Float32 => f64::from(value as f32),
            Self::Float16 => <Float16Type as ArrowPrimitiveType>::Native::from_f64(value).to_f64(),
            _ => return None,
        }))
    }

    fn of_row<'a>(&self, value: RowValue<'a>) -> Option<Value<'a>> {
        let within = |value: i128, low: i128, high: i128| (low..=high).contains(&value).then_some(Value::Int(value));
        match (self, value) {
            (Self::Bool, RowValue::Bool(value)) => Some(Value::Bool(value)),
            (Self::Int(low, high), RowValue::Int(value)) => within(value.into(), *low, *high),
            (Self::Int(low, high), RowValue::UInt(value)) => within(value.into(), *low, *high),
            (family, RowValue::Float(value)) => family.float(value),
            (Self::Decimal(decimals), RowValue::Decimal { mantissa, scale }) => decimals.take(mantissa, i32::from(scale)),
            (Self::Text, RowValue::Str(text)) => Some(Value::Str(Cow::Borrowed(text))),
            (Self::Bytes(width), RowValue::Bytes(bytes)) => of_width(bytes, *width),
            (Self::Date, RowValue::Date(days)) => Some(Value::Int(days.into())),
            (Self::Time(unit, width), RowValue::Time(value, from)) => {
                converted(value, from, *unit).filter(|value| fits(value, *unit, *width))
            }
            (Self::Timestamp(unit, _), RowValue::Timestamp(value, from)) | (Self::Duration(unit), RowValue::Duration(value, from)) => {
                converted(value, from, *unit)
            }
            _ => None,
        }
    }

    /// A cell of JSON, read as the readers of JSON lines do.
    fn of_cell<'a>(&self, cell: Cell<'a>) -> Option<Value<'a>> {
        match self {
            Self::Bool => cell::boolean(&cell).map(Value::Bool),
            Self::Int(low, high) => cell::int(&cell).filter(|value| (*low..=*high).contains(value)).map(Value::Int),
            Self::Float64 | Self::Float32 | Self::Float16 => self.float(cell::float(&cell)?),
            Self::Decimal(decimals) => {
                let (mantissa, own) = parse_decimal(cell::number_text(&cell)?.trim())?;
                decimals.take(mantissa, own)
            }
            Self::Text => cell::text(&cell).map(|text| Value::Str(Cow::Borrowed(text))),
            Self::Bytes(width) => of_width(cell::text(&cell)?.as_bytes(), *width),
            Self::Date => time::parse_date(cell::plain_text(&cell)?).filter(|days| i32::try_from(*days).is_ok()).map(Value::Int),
            Self::Time(unit, width) => {
                in_unit(time::parse_time(cell::plain_text(&cell)?)?, *unit).filter(|value| fits(value, *unit, *width))
            }
            Self::Timestamp(unit, instant) => in_unit(parse_instant(cell::plain_text(&cell)?, *instant)?, *unit),
            // Durations have no text of their own.
            Self::Duration(_) | Self::List(..) | Self::Struct(_) | Self::Map(..) | Self::Other => None,
        }
    }

    /// The kind of the slots of a vector of such values.
    fn kind(&self) -> Option<Kind> {
        Some(match self {
            Self::Bool => Kind::Bool,
            Self::Int(..) | Self::Date | Self::Time(..) | Self::Timestamp(..) | Self::Duration(_) => Kind::Int,
            Self::Float64 | Self::Float32 | Self::Float16 => Kind::Float,
            Self::Decimal(decimals) => Kind::Decimal(decimals.scale.max(0)),
            Self::Text => Kind::Str,
            Self::Bytes(_) => Kind::Bin,
            Self::List(..) | Self::Struct(_) | Self::Map(..) | Self::Other => return None,
        })
    }

    /// Values as a vector with a slot for each. Recursion follows the type of the column.
    fn vector(&self, given: &[Given<'_>]) -> Option<Vector> {
        let nulls = bits::some_if_any(given.iter().map(|given| given.is_null()).collect::<BooleanBuffer>());
        let values = match self {
            Self::List(item, width) => {
                let lists: Vec<Vec<Given<'_>>> = given.iter().map(|given| items(*given)).collect::<Option<_>>()?;
                let fits =
                    |(given, items): (&Given<'_>, &Vec<Given<'_>>)| given.is_null() || width.is_none_or(|width| items.len() == width);
                given.iter().zip(&lists).all(fits).then_some(())?;
                Values::List(in_lists(&lists, item)?)
            }
            Self::Struct(members) => {
                let rows: Vec<Vec<Given<'_>>> = given.iter().map(|given| parts(*given, members)).collect::<Option<_>>()?;
                let column = |at: usize| rows.iter().map(|row| row.get(at).copied().unwrap_or(NULL)).collect::<Vec<_>>();
                let vectors = members.iter().enumerate().map(|(at, (name, member))| Some((name.clone(), member.vector(&column(at))?)));
                Values::Struct(vectors.collect::<Option<_>>()?)
            }
            Self::Map(key, value) => {
                let rows: Vec<Vec<(Given<'_>, Given<'_>)>> = given.iter().map(|given| entries(*given)).collect::<Option<_>>()?;
                let keys: Vec<Vec<Given<'_>>> = rows.iter().map(|row| row.iter().map(|(key, _)| *key).collect()).collect();
                let flat: Vec<Given<'_>> = rows.iter().flatten().map(|(_, value)| *value).collect();
                keys.iter().flatten().all(|key| !key.is_null()).then_some(())?;
                Values::Map(in_lists(&keys, key)?, Arc::new(value.vector(&flat)?))
            }
            scalar => match scalar.kind() {
                Some(kind) => {
                    let values: Vec<Value<'_>> = given.iter().map(|given| scalar.take(*given)).collect::<Option<_>>()?;
                    return Some(pack(kind, &values));
                }
                None => return given.iter().all(|given| given.is_null()).then(|| Vector::null(given.len())),
            },
        };
        Some(Vector::new(given.len(), values).with_nulls(nulls))
    }
}

const NULL: Given<'static> = Given::Row(RowValue::Null);

fn member_type<'t>(ty: &'t Type, name: &str) -> &'t Type {
    let Type::Struct(members) = ty else { return &Type::Null };
    members.iter().find(|(known, _)| known == name).map_or(&Type::Null, |(_, ty)| ty)
}

fn of_width(bytes: &[u8], width: Option<usize>) -> Option<Value<'_>> {
    width.is_none_or(|width| bytes.len() == width).then_some(Value::Bin(bytes))
}

fn fits(value: &Value<'_>, unit: TimeUnit, width: Width) -> bool {
    width == Width::W64 || matches!(value, Value::Int(nanos) if i32::try_from(nanos / nanos_of(unit)).is_ok())
}

fn in_lists(lists: &[Vec<Given<'_>>], item: &Family) -> Option<Lists> {
    let (mut starts, mut lengths, mut total) = (Vec::new(), Vec::new(), 0_u32);
    for list in lists {
        let length = u32::try_from(list.len()).ok()?;
        starts.push(total);
        lengths.push(length);
        total = total.checked_add(length)?;
    }
    let flat: Vec<Given<'_>> = lists.iter().flatten().copied().collect();
    Some(Lists { starts: starts.into(), lengths: lengths.into(), items: Arc::new(item.vector(&flat)?) })
}

/// The items of a list; none of a null.
fn items(given: Given<'_>) -> Option<Vec<Given<'_>>> {
    Some(match given {
        Given::Row(RowValue::List(items)) => items.iter().map(|item| Given::Row(*item)).collect(),
        Given::Row(RowValue::Float32s(items)) => items.iter().map(|item| Given::Float32(*item)).collect(),
        Given::Row(RowValue::Float64s(items)) => items.iter().map(|item| Given::Float64(*item)).collect(),
        Given::Cell(Cell::Json(Json::Array(items))) => items.iter().map(|item| Given::Cell(Cell::Json(item))).collect(),
        given if given.is_null() => Vec::new(),
        _ => return None,
    })
}

/// The members of a struct, in order; none of a null.
fn parts<'a>(given: Given<'a>, members: &[(String, Family)]) -> Option<Vec<Given<'a>>> {
    Some(match given {
        Given::Row(RowValue::Struct(parts)) if parts.len() == members.len() => parts.iter().map(|part| Given::Row(*part)).collect(),
        Given::Cell(Cell::Json(Json::Object(object))) => {
            members.iter().map(|(name, _)| Given::Cell(object.get(name).map_or(Cell::Null, Cell::Json))).collect()
        }
        given if given.is_null() => Vec::new(),
        _ => return None,
    })
}

/// The entries of a map; none of a null.
fn entries(given: Given<'_>) -> Option<Vec<(Given<'_>, Given<'_>)>> {
    Some(match given {
        Given::Row(RowValue::Map(entries)) => entries.iter().map(|(key, value)| (Given::Row(*key), Given::Row(*value))).collect(),
        Given::Cell(Cell::Json(Json::Object(object))) => {
            object.iter().map(|(key, value)| (Given::Cell(Cell::Text(key)), Given::Cell(Cell::Json(value)))).collect()
        }
        given if given.is_null() => Vec::new(),
        _ => return None,
    })
}

//! Whether an Arrow field has the declared shape.

use arrow::datatypes::{DataType, Field};

use super::column::{ColumnType, IntWidth};

/// Why a column does not serve its declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeMismatch {
    /// What was declared.
    pub declared: String,
    /// What the data has.
    pub found: String,
    /// The way out, if there is one worth telling.
    pub hint: Option<&'static str>,
}

impl ColumnType {
    /// Compares the declaration with a column's Arrow type.
    ///
    /// # Errors
    /// The two types, in words for a report. `float64` takes `float32`, an integer type takes narrower ones of its
    /// sign, every string layout serves `string`; nothing else is widened.
    pub fn accepts(&self, found: &DataType) -> Result<(), TypeMismatch> {
        if self.serves(found) {
            return Ok(());
        }
        Err(TypeMismatch { declared: self.to_string(), found: describe(found), hint: self.hint(found) })
    }

    fn serves(&self, found: &DataType) -> bool {
        if let DataType::Dictionary(_, values) = found {
            return !matches!(**values, DataType::Dictionary(..)) && !values.is_nested() && self.serves(values);
        }
        match self {
            Self::Error => true,
            Self::Bool => *found == DataType::Boolean,
            Self::Int(width) => width.serves(found),
            Self::Float32 => *found == DataType::Float32 || *found == DataType::Float16,
            Self::Float64 | Self::Float => found.is_floating(),
            Self::Number => found.is_numeric() && !matches!(found, DataType::Decimal256(..)) || found.is_integer(),
            Self::Decimal(shape) => decimal_serves(*shape, found),
            Self::String => matches!(found, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View),
            Self::Binary => matches!(found, DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_)),
            Self::Date => matches!(found, DataType::Date32 | DataType::Date64),
            Self::Time => matches!(found, DataType::Time32(_) | DataType::Time64(_)),
            Self::Timestamp(None) => matches!(found, DataType::Timestamp(..)),
            Self::Timestamp(Some(zone)) => matches!(found, DataType::Timestamp(_, Some(z)) if same_zone(zone, z)),
            Self::LocalTimestamp => matches!(found, DataType::Timestamp(_, None)),
            Self::Duration => matches!(found, DataType::Duration(_)),
            Self::List(item, _) | Self::Vector(item, _) => list_item(found).is_some_and(|field| item.serves(field.data_type())),
            Self::Map(key, value, _) => map_entry(found).is_some_and(|(k, v)| key.serves(k.data_type()) && value.serves(v.data_type())),
            Self::Struct(_) | Self::OneOf(..) => self.members().is_some_and(|members| struct_serves(&members, found)),
        }
    }

    fn hint(&self, found: &DataType) -> Option<&'static str> {
        match (self, found) {
            (Self::LocalTimestamp, DataType::Timestamp(_, Some(_))) => Some("declare it `timestamp`: the column holds instants"),
            (_, DataType::RunEndEncoded(..)) => Some("run-end-encoded columns are not read; write the column plain or dictionary-encoded"),
            (_, DataType::Decimal256(..)) => Some("decimals of more than 38 digits are not read"),
            (_, DataType::Null) => {
                Some("a column of nothing but nulls was written without a type: have its writer give it one, or leave the column out")
            }
            (Self::Int(IntWidth::Signed(64)), DataType::UInt64) => Some("declare `uint64`, or `int` for any integer column"),
            (Self::Int(_), found) if found.is_integer() => Some("declare the wider type, or `int` for any integer column"),
            _ => None,
        }
    }
}

impl IntWidth {
    fn serves(self, found: &DataType) -> bool {
        let (signed, bits) = match found {
            DataType::Int8 => (true, 8),
            DataType::Int16 => (true, 16),
            DataType::Int32 => (true, 32),
            DataType::Int64 => (true, 64),
            DataType::UInt8 => (false, 8),
            DataType::UInt16 => (false, 16),
            DataType::UInt32 => (false, 32),
            DataType::UInt64 => (false, 64),
            _ => return false,
        };
        match self {
            Self::Any => true,
            Self::Signed(width) => signed && bits <= width || !signed && bits < width,
            Self::Unsigned(width) => !signed && bits <= width,
        }
    }
}

fn decimal_serves(shape: Option<(u8, i8)>, found: &DataType) -> bool {
    match found {
        DataType::Decimal32(p, s) | DataType::Decimal64(p, s) | DataType::Decimal128(p, s) | DataType::Decimal256(p, s) => {
            *p <= 38 && shape.is_none_or(|(precision, scale)| *p <= precision && *s == scale)
        }
        _ => false,
    }
}

/// `UTC`, `Z`, `+00:00` and `Etc/UTC` name one zone.
fn same_zone(declared: &str, found: &str) -> bool {
    let utc = |zone: &str| matches!(zone, "UTC" | "utc" | "Z" | "+00:00" | "+0000" | "Etc/UTC" | "GMT");
    declared == found || utc(declared) && utc(found)
}

/// The item field of any list layout.
pub(crate) fn list_item(found: &DataType) -> Option<&Field> {
    match found {
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::FixedSizeList(field, _)
        | DataType::ListView(field)
        | DataType::LargeListView(field) => Some(field),
        _ => None,
    }
}

/// The key and value fields of a map.
pub(crate) fn map_entry(found: &DataType) -> Option<(&Field, &Field)> {
    let DataType::Map(entries, _) = found else { return None };
    let DataType::Struct(fields) = entries.data_type() else { return None };
    match fields.as_ref() {
        [key, value] => Some((key, value)),
        _ => None,
    }
}

/// Members are found by name; one that may be null may be absent; members that are not declared are no concern.
fn struct_serves(members: &[super::Member], found: &DataType) -> bool {
    let DataType::Struct(fields) = found else { return false };
    members.iter().all(|member| match fields.find(&member.name) {
        Some((_, field)) => member.ty.serves(field.data_type()),
        None => member.nullable,
    })
}

/// An Arrow type in the words of a report.
pub(crate) fn describe(found: &DataType) -> String {
    match found {
        DataType::Boolean => "bool".to_owned(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "string".to_owned(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => "binary".to_owned(),
        DataType::Dictionary(_, values) => describe(values),
        DataType::Date32 | DataType::Date64 => "date".to_owned(),
        DataType::Time32(_) | DataType::Time64(_) => "time".to_owned(),
        DataType::Timestamp(_, Some(zone)) => format!("timestamp(\"{zone}\")"),
        DataType::Timestamp(_, None) => "timestamp(local)".to_owned(),
        DataType::Duration(_) => "duration".to_owned(),
        DataType::Decimal32(p, s) | DataType::Decimal64(p, s) | DataType::Decimal128(p, s) | DataType::Decimal256(p, s) => {
            format!("decimal({p}, {s})")
        }
        DataType::FixedSizeList(field, length) => format!("vector<{}, {length}>", describe(field.data_type())),
        DataType::Struct(fields) => {
            let members: Vec<_> = fields.iter().map(|field| format!("{}: {}", field.name(), describe(field.data_type()))).collect();
            format!("struct {{ {} }}", members.join(", "))
        }
        DataType::Map(..) => map_entry(found).map_or_else(
            || "map".to_owned(),
            |(key, value)| format!("map<{}, {}>", describe(key.data_type()), describe(value.data_type())),
        ),
        other => match list_item(other) {
            Some(item) => format!("list<{}>", describe(item.data_type())),
            None => other.to_string().to_lowercase(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_widen_but_never_narrow() {
        let declared = ColumnType::Int(IntWidth::Signed(64));
        assert!(declared.accepts(&DataType::Int8).is_ok());
        assert!(declared.accepts(&DataType::UInt32).is_ok());
        assert!(declared.accepts(&DataType::UInt64).is_err());
        assert!(ColumnType::Int(IntWidth::Signed(32)).accepts(&DataType::Int64).is_err());
    }

    #[test]
    fn a_mismatch_names_both_types() {
        let mismatch = ColumnType::Float64.accepts(&DataType::Utf8View).unwrap_err();
        assert_eq!((mismatch.declared.as_str(), mismatch.found.as_str()), ("float64", "string"));
    }

    #[test]
    fn a_demanded_zone_is_compared_and_a_plain_timestamp_is_not() {
        let local = DataType::Timestamp(arrow::datatypes::TimeUnit::Second, None);
        assert!(ColumnType::Timestamp(None).accepts(&local).is_ok());
        assert!(ColumnType::Timestamp(Some("UTC".into())).accepts(&local).is_err());
    }
}

//! [`RowValue`]: a value of a row as the caller has it.

use arrow::datatypes::TimeUnit;

/// A value of one row, for [`RowValidator::judge`](super::RowValidator::judge).
///
/// It must be of the family of its column's Arrow type: an integer for integer columns of any width, a string for strings of any layout
/// and for dictionaries of them. What the column could not hold (300 in an `Int8`, a nanosecond in a column of microseconds, a list of
/// another length than a `FixedSizeList`) is an error, not a failing row; only floats are rounded, to the width of their column.
///
/// # Example
/// ```
/// use rulegate::RowValue;
///
/// let row = [RowValue::from("ETH"), RowValue::from(91.5), RowValue::from(None::<i64>), RowValue::Date(20_000)];
/// assert_eq!(row[2], RowValue::Null);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum RowValue<'a> {
    /// No value.
    #[default]
    Null,
    /// `bool`
    Bool(bool),
    /// A signed integer, for integer columns of any width and sign that hold it.
    Int(i64),
    /// An unsigned integer, for integer columns of any width and sign that hold it.
    UInt(u64),
    /// A float, for float columns of any width.
    Float(f64),
    /// Text.
    Str(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// `mantissa / 10^scale`, for decimal columns that hold it without loss.
    Decimal {
        /// The digits.
        mantissa: i128,
        /// How many of them stand after the point.
        scale: i8,
    },
    /// Days since 1970-01-01.
    Date(i32),
    /// A time of day, since midnight.
    Time(i64, TimeUnit),
    /// Since 1970-01-01T00:00:00: in UTC for an instant, by its own wall clock for a local timestamp.
    Timestamp(i64, TimeUnit),
    /// A span of time.
    Duration(i64, TimeUnit),
    /// Items of a list.
    List(&'a [RowValue<'a>]),
    /// Items of a list of `float32`, such as an embedding.
    Float32s(&'a [f32]),
    /// Items of a list of `float64`.
    Float64s(&'a [f64]),
    /// Members of a struct, in the order of its Arrow fields.
    Struct(&'a [RowValue<'a>]),
    /// Entries of a map.
    Map(&'a [(RowValue<'a>, RowValue<'a>)]),
}

impl RowValue<'_> {
    /// What it is, in words: errors never show values, which may be redacted.
    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a bool",
            Self::Int(_) | Self::UInt(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Str(_) => "a string",
            Self::Bytes(_) => "bytes",
            Self::Decimal { .. } => "a decimal",
            Self::Date(_) => "a date",
            Self::Time(..) => "a time",
            Self::Timestamp(..) => "a timestamp",
            Self::Duration(..) => "a duration",
            Self::List(_) | Self::Float32s(_) | Self::Float64s(_) => "a list",
            Self::Struct(_) => "a struct",
            Self::Map(_) => "a map",
        }
    }
}

macro_rules! from {
    ($($given:ty => $variant:ident),*) => {
        $(impl<'a> From<$given> for RowValue<'a> {
            fn from(value: $given) -> Self {
                Self::$variant(value.into())
            }
        })*
    };
}

from!(bool => Bool, i8 => Int, i16 => Int, i32 => Int, i64 => Int, u8 => UInt, u16 => UInt, u32 => UInt, u64 => UInt, f32 => Float, f64 => Float);
from!(&'a str => Str, &'a [u8] => Bytes);

impl<'a, T: Into<RowValue<'a>>> From<Option<T>> for RowValue<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

//! Logical types of the language and what Arrow columns serve them.
//!
//! At the door: [`Type`], the type of an expression; [`ColumnType`], the declared type of a column; and
//! [`ColumnType::accepts`], which compares a declaration with an Arrow field. This room knows no rules and no data.

mod accepts;
pub(crate) mod arrow;
mod column;
mod operators;

pub use accepts::TypeMismatch;
pub(crate) use accepts::{describe, list_item, map_entry};
pub use column::{ColumnType, IntWidth, Member};
pub use operators::{ArithOp, CastTarget, CompareOp, Entry};

use std::fmt;

/// The type of an expression. Widths, units and scales of columns are known only once a schema is bound, so
/// an integer is an integer here, whatever its width.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// The type of a broken expression: it agrees with everything, so that one mistake makes one diagnostic.
    Error,
    /// The type of `null`.
    Null,
    /// True or false.
    Bool,
    /// An exact integer in −2⁶³ … 2⁶⁴−1.
    Int,
    /// IEEE double; `float32` columns are widened.
    Float,
    /// A decimal of at most 38 digits.
    Decimal,
    /// A number whose kind only the bound column tells (`number`).
    Number,
    /// Unicode text.
    String,
    /// Bytes.
    Binary,
    /// A calendar day.
    Date,
    /// A time of day.
    Time,
    /// A point in time.
    Timestamp,
    /// Wall-clock time, without zone.
    LocalTimestamp,
    /// A span of time.
    Duration,
    /// A list of items; vectors are lists too.
    List(Box<Type>),
    /// Named members.
    Struct(Vec<(String, Type)>),
    /// Keys and values.
    Map(Box<Type>, Box<Type>),
}

impl Type {
    /// A list of this type.
    #[must_use]
    pub fn list(item: Self) -> Self {
        Self::List(Box::new(item))
    }

    /// Integers, floats, decimals and `number`.
    #[must_use]
    pub fn is_numeric(&self) -> bool {
        matches!(self, Self::Int | Self::Float | Self::Decimal | Self::Number | Self::Error | Self::Null)
    }

    /// True for the silent types that fit anywhere.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Error | Self::Null)
    }

    /// Whether values of the two types can be compared with `<` or `=`.
    #[must_use]
    pub fn comparable_with(&self, other: &Self) -> bool {
        match (self, other) {
            (a, b) if a.is_unknown() || b.is_unknown() => true,
            (a, b) if a.is_numeric() && b.is_numeric() => true,
            (Self::List(a), Self::List(b)) => a.comparable_with(b),
            (Self::Struct(_) | Self::Map(..), _) => false,
            (a, b) => a == b,
        }
    }

    /// The type both branches of a `case` can take; `None` where there is none.
    #[must_use]
    pub fn unify(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (a, b) if a == b => Some(a.clone()),
            (Self::Error, _) | (_, Self::Error) => Some(Self::Error),
            (Self::Null, b) => Some(b.clone()),
            (a, Self::Null) => Some(a.clone()),
            (a, b) if a.is_numeric() && b.is_numeric() => Some(a.arithmetic_with(b)),
            (Self::List(a), Self::List(b)) => a.unify(b).map(Self::list),
            _ => None,
        }
    }

    /// The type of `a + b` for numbers.
    #[must_use]
    pub fn arithmetic_with(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Error, _) | (_, Self::Error) => Self::Error,
            (Self::Null, b) => b.clone(),
            (a, Self::Null) => a.clone(),
            (Self::Float, _) | (_, Self::Float) => Self::Float,
            (Self::Number, _) | (_, Self::Number) => Self::Number,
            (Self::Decimal, _) | (_, Self::Decimal) => Self::Decimal,
            _ => Self::Int,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error => f.write_str("unknown"),
            Self::Null => f.write_str("null"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Float => f.write_str("float"),
            Self::Decimal => f.write_str("decimal"),
            Self::Number => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::Binary => f.write_str("binary"),
            Self::Date => f.write_str("date"),
            Self::Time => f.write_str("time"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::LocalTimestamp => f.write_str("timestamp(local)"),
            Self::Duration => f.write_str("duration"),
            Self::List(item) => write!(f, "list<{item}>"),
            Self::Struct(members) => {
                f.write_str("struct { ")?;
                for (index, (name, ty)) in members.iter().enumerate() {
                    write!(f, "{}{name}: {ty}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str(" }")
            }
            Self::Map(key, value) => write!(f, "map<{key}, {value}>"),
        }
    }
}

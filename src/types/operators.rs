//! Operators, and what values are cast to: words that the tree, the typed rules and the kernels share.

use super::Type;

/// Comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// `=`
    Eq,
    /// `!=`, `<>`
    NotEq,
    /// `<`
    Lt,
    /// `<=`
    LtEq,
    /// `>`
    Gt,
    /// `>=`
    GtEq,
}

impl CompareOp {
    /// The operator as written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::NotEq => "!=",
            Self::Lt => "<",
            Self::LtEq => "<=",
            Self::Gt => ">",
            Self::GtEq => ">=",
        }
    }
}

/// Arithmetic operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArithOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `div`
    IntDiv,
    /// `mod`
    Mod,
    /// `||`
    Concat,
}

impl ArithOp {
    /// The operator as written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::IntDiv => "div",
            Self::Mod => "mod",
            Self::Concat => "||",
        }
    }
}

/// A side of the entries of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entry {
    /// Its keys.
    Keys,
    /// Its values.
    Values,
}

/// What a value is cast to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CastTarget {
    /// `bool`
    Bool,
    /// An integer type: its smallest and largest value.
    Int(i128, i128),
    /// `float32`: rounded to it.
    Float32,
    /// `float64`
    Float,
    /// `decimal(p, s)`, or `decimal` without either.
    Decimal(Option<(u8, i8)>),
    /// `string`
    String,
    /// `date`
    Date,
    /// `time`
    Time,
    /// `timestamp`
    Timestamp,
    /// `timestamp(local)`
    LocalTimestamp,
}

impl CastTarget {
    /// The type of the result.
    #[must_use]
    pub fn ty(&self) -> Type {
        match self {
            Self::Bool => Type::Bool,
            Self::Int(..) => Type::Int,
            Self::Float | Self::Float32 => Type::Float,
            Self::Decimal(_) => Type::Decimal,
            Self::String => Type::String,
            Self::Date => Type::Date,
            Self::Time => Type::Time,
            Self::Timestamp => Type::Timestamp,
            Self::LocalTimestamp => Type::LocalTimestamp,
        }
    }
}

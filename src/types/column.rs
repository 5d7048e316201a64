//! Declared types of columns.

use std::fmt;

use super::Type;

/// The declared type of a column, of a list's items, of a struct's member.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// A type that could not be resolved; it accepts anything.
    Error,
    /// `bool`
    Bool,
    /// `int8` … `uint64`, `int`
    Int(IntWidth),
    /// `float32`
    Float32,
    /// `float64`: takes `float32` too.
    Float64,
    /// `float`: any float column.
    Float,
    /// `number`: any integer, float or decimal column.
    Number,
    /// `decimal(p, s)`, or `decimal` without either.
    Decimal(Option<(u8, i8)>),
    /// `string`, and `enum` of strings.
    String,
    /// `binary`
    Binary,
    /// `date`
    Date,
    /// `time`
    Time,
    /// `timestamp`, an instant; with a zone, only columns of that zone.
    Timestamp(Option<String>),
    /// `timestamp(local)`
    LocalTimestamp,
    /// `duration`
    Duration,
    /// `list<T>`; the flag tells whether items may be null.
    List(Box<ColumnType>, bool),
    /// `vector<T, N>`
    Vector(Box<ColumnType>, u32),
    /// `map<K, V>`; the flag tells whether values may be null.
    Map(Box<ColumnType>, Box<ColumnType>, bool),
    /// `struct { … }`
    Struct(Vec<Member>),
    /// `one_of(tag) { … }`: the discriminator, and the members of each of its values. Read as a struct of the discriminator and one
    /// nullable struct for each of its values.
    OneOf(String, Vec<(String, Vec<Member>)>),
}

/// A member of a struct type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: ColumnType,
    /// True for `T?`.
    pub nullable: bool,
}

/// Widths of integer columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntWidth {
    /// `int`: any integer column.
    Any,
    /// `int8` … `int64`: this many bits or fewer, signed.
    Signed(u8),
    /// `uint8` … `uint64`: this many bits or fewer, unsigned.
    Unsigned(u8),
}

impl ColumnType {
    /// The built-in type of a plain name.
    #[must_use]
    pub fn builtin(name: &str) -> Option<Self> {
        Some(match name {
            "bool" => Self::Bool,
            "int" => Self::Int(IntWidth::Any),
            "int8" => Self::Int(IntWidth::Signed(8)),
            "int16" => Self::Int(IntWidth::Signed(16)),
            "int32" => Self::Int(IntWidth::Signed(32)),
            "int64" => Self::Int(IntWidth::Signed(64)),
            "uint8" => Self::Int(IntWidth::Unsigned(8)),
            "uint16" => Self::Int(IntWidth::Unsigned(16)),
            "uint32" => Self::Int(IntWidth::Unsigned(32)),
            "uint64" => Self::Int(IntWidth::Unsigned(64)),
            "float32" => Self::Float32,
            "float64" => Self::Float64,
            "float" => Self::Float,
            "number" => Self::Number,
            "decimal" => Self::Decimal(None),
            "string" => Self::String,
            "binary" => Self::Binary,
            "date" => Self::Date,
            "time" => Self::Time,
            "timestamp" => Self::Timestamp(None),
            "duration" => Self::Duration,
            _ => return None,
        })
    }

    /// Names of the built-in types, for suggestions and the reference.
    pub const BUILTIN_NAMES: &'static [&'static str] = &[
        "bool",
        "int",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float",
        "float32",
        "float64",
        "number",
        "decimal",
        "string",
        "binary",
        "date",
        "time",
        "timestamp",
        "duration",
        "list",
        "vector",
        "map",
        "struct",
        "enum",
        "one_of",
    ];

    /// The type of an expression that reads a value of this type.
    #[must_use]
    pub fn value_type(&self) -> Type {
        match self {
            Self::Error => Type::Error,
            Self::Bool => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Float32 | Self::Float64 | Self::Float => Type::Float,
            Self::Number => Type::Number,
            Self::Decimal(_) => Type::Decimal,
            Self::String => Type::String,
            Self::Binary => Type::Binary,
            Self::Date => Type::Date,
            Self::Time => Type::Time,
            Self::Timestamp(_) => Type::Timestamp,
            Self::LocalTimestamp => Type::LocalTimestamp,
            Self::Duration => Type::Duration,
            Self::List(item, _) | Self::Vector(item, _) => Type::list(item.value_type()),
            Self::Map(key, value, _) => Type::Map(Box::new(key.value_type()), Box::new(value.value_type())),
            Self::Struct(members) => struct_value(members),
            Self::OneOf(tag, variants) => {
                let tag = (tag.clone(), Type::String);
                Type::Struct(
                    [tag].into_iter().chain(variants.iter().map(|(name, members)| (name.clone(), struct_value(members)))).collect(),
                )
            }
        }
    }

    /// The members of a struct; of a `one_of` its discriminator, and a nullable struct for each of its values.
    #[must_use]
    pub fn members(&self) -> Option<std::borrow::Cow<'_, [Member]>> {
        match self {
            Self::Struct(members) => Some(members.into()),
            Self::OneOf(tag, variants) => {
                let tag = Member { name: tag.clone(), ty: Self::String, nullable: false };
                let variant = |(name, members): &(String, Vec<Member>)| Member {
                    name: name.clone(),
                    ty: Self::Struct(members.clone()),
                    nullable: true,
                };
                Some([tag].into_iter().chain(variants.iter().map(variant)).collect())
            }
            _ => None,
        }
    }

    /// Whether a value of a column that has this type can still fail it: a vector of another length, a null item where
    /// items are required.
    #[must_use]
    pub fn can_fail_by_row(&self) -> bool {
        match self {
            Self::Vector(..) => true,
            Self::List(item, nullable) => !nullable || item.can_fail_by_row(),
            Self::Map(_, value, nullable) => !nullable || value.can_fail_by_row(),
            _ => false,
        }
    }
}

fn struct_value(members: &[Member]) -> Type {
    Type::Struct(members.iter().map(|member| (member.name.clone(), member.ty.value_type())).collect())
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = |nullable: &bool| if *nullable { "?" } else { "" };
        match self {
            Self::Int(IntWidth::Any) => f.write_str("int"),
            Self::Int(IntWidth::Signed(bits)) => write!(f, "int{bits}"),
            Self::Int(IntWidth::Unsigned(bits)) => write!(f, "uint{bits}"),
            Self::Float32 => f.write_str("float32"),
            Self::Float64 => f.write_str("float64"),
            Self::Decimal(Some((precision, scale))) => write!(f, "decimal({precision}, {scale})"),
            Self::Timestamp(Some(zone)) => write!(f, "timestamp(\"{zone}\")"),
            Self::List(item, nullable) => write!(f, "list<{item}{}>", mark(nullable)),
            Self::Vector(item, length) => write!(f, "vector<{item}, {length}>"),
            Self::Map(key, value, nullable) => write!(f, "map<{key}, {value}{}>", mark(nullable)),
            Self::Struct(members) => {
                f.write_str("struct { ")?;
                for (index, member) in members.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{}: {}{}", member.name, member.ty, mark(&member.nullable))?;
                }
                f.write_str(" }")
            }
            Self::OneOf(tag, variants) => {
                let names: Vec<String> = variants.iter().map(|(name, _)| format!("{name:?}")).collect();
                write!(f, "one_of({tag}) {{ {} }}", names.join(", "))
            }
            other => write!(f, "{}", other.value_type()),
        }
    }
}

//! What a response is declared to be, and the Arrow types its values come back as.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, TimeUnit};

/// Members that an object is declared to have.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// In declared order, which is the order they are expected in.
    pub(crate) members: Vec<Member>,
    /// Places of names in `members`.
    places: HashMap<String, usize>,
}

/// One declared member of an object.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// Its key, not escaped.
    pub(crate) name: String,
    /// What its value is to be.
    pub(crate) kind: Kind,
    /// Whether it may be null or absent.
    pub(crate) nullable: bool,
    /// Whether texts of numbers and of `true` and `false` serve where those are declared.
    pub(crate) coerce: bool,
    /// Whether values are wanted, or only checked.
    pub(crate) wanted: bool,
}

/// What a value is to be.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// `true` or `false`.
    Bool,
    /// A whole number: 1.0 and 1e2 are some. `UInt64` if `max` is beyond `i64`, else `Int64`.
    Int {
        /// Least value.
        min: i128,
        /// Greatest value.
        max: i128,
    },
    /// Any number that a double can come near to.
    Float,
    /// A number that so many digits (at most 38), and so many of them after the point, hold exactly.
    Decimal(u8, i8),
    /// Text.
    String,
    /// Text in base64 (RFC 4648 section 4, padded).
    Binary,
    /// Text like `2026-01-31`.
    Date,
    /// Text like `13:45:30`.
    Time,
    /// Text like `2026-01-31T13:45:30Z`, with an offset; to the microsecond.
    Timestamp,
    /// The same without offset.
    LocalTimestamp,
    /// Text like `P1DT2H30M`: ISO 8601 without years and months.
    Duration,
    /// An array.
    List(Box<Item>),
    /// An object with keys that are not declared.
    Map(Box<Item>),
    /// An object.
    Struct(Shape),
    /// An object one of whose members tells which shape it has.
    Union {
        /// The key of that member, which no variant declares.
        tag: String,
        /// Values of that member, and the shapes they stand for.
        variants: Vec<(String, Shape)>,
    },
}

/// What the items of a list or the values of a map are to be.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// What each is to be.
    pub(crate) kind: Kind,
    /// Whether they may be null.
    pub(crate) nullable: bool,
    /// As for [`Member::coerce`].
    pub(crate) coerce: bool,
    /// How many there must be, of a vector's.
    pub(crate) exactly: Option<usize>,
}

impl Shape {
    /// A shape of these members; of two with one name the first is meant.
    pub(crate) fn new(members: Vec<Member>) -> Self {
        let mut places = HashMap::new();
        for (place, member) in members.iter().enumerate() {
            places.entry(member.name.clone()).or_insert(place);
        }
        Self { members, places }
    }

    /// Where a member stands.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// The Arrow fields of its values; all of them can be null, since ill-typed values are.
    pub(crate) fn fields(&self) -> Fields {
        self.members.iter().map(|member| Field::new(member.name.as_str(), member.kind.data_type(), true)).collect()
    }
}

impl Kind {
    /// The Arrow type its values come back as.
    pub(crate) fn data_type(&self) -> DataType {
        match self {
            Self::Bool => DataType::Boolean,
            Self::Int { max, .. } if *max > i128::from(i64::MAX) => DataType::UInt64,
            Self::Int { .. } => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Decimal(precision, scale) => DataType::Decimal128(*precision, *scale),
            Self::String => DataType::Utf8View,
            Self::Binary => DataType::BinaryView,
            Self::Date => DataType::Date32,
            Self::Time => DataType::Time64(TimeUnit::Nanosecond),
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::LocalTimestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Duration => DataType::Duration(TimeUnit::Nanosecond),
            Self::List(item) => DataType::List(Arc::new(item_field(item))),
            Self::Map(item) => DataType::Map(Arc::new(entries_field(item)), false),
            Self::Struct(shape) => DataType::Struct(shape.fields()),
            Self::Union { tag, variants } => {
                let variants = variants.iter().map(|(name, shape)| Field::new(name.as_str(), DataType::Struct(shape.fields()), true));
                DataType::Struct([Field::new(tag.as_str(), DataType::Utf8View, true)].into_iter().chain(variants).collect())
            }
        }
    }
}

impl Item {
    /// The fields of a map's entries.
    pub(crate) fn entries(&self) -> Fields {
        [Field::new("key", DataType::Utf8View, false), Field::new("value", self.kind.data_type(), true)].into_iter().collect()
    }
}

/// The field of a list's items.
pub(super) fn item_field(item: &Item) -> Field {
    Field::new("item", item.kind.data_type(), true)
}

/// The field of a map's entries.
pub(super) fn entries_field(item: &Item) -> Field {
    Field::new("entries", DataType::Struct(item.entries()), false)
}

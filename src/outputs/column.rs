//! Columns under construction: values are pushed in any order of members, and rows that fail are taken back.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::builder::NullBufferBuilder;
use arrow::array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, DurationNanosecondType, Float64Type, Int64Type, Time64NanosecondType,
    TimestampMicrosecondType, UInt64Type,
};
use arrow::array::{ArrayRef, BinaryViewArray, BooleanArray, ListArray, MapArray, PrimitiveArray, StructArray, new_null_array};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::error::ArrowError;

use super::shape::{Item, Kind, Shape};
use super::unchecked::strings;
use super::written::Written;

/// A column, and what is known of the place it has in responses.
pub(super) struct Column<'s> {
    pub(super) kind: &'s Kind,
    pub(super) coerce: bool,
    nulls: NullBufferBuilder,
    pub(super) values: Values<'s>,
}

/// Values of a column, as many as it has slots.
pub(super) enum Values<'s> {
    Bool(Vec<bool>),
    Int(Vec<i64>, i128, i128),
    UInt(Vec<u64>, i128, i128),
    Float(Vec<f64>),
    Decimal(Vec<i128>, Decimal),
    Text(Vec<u128>),
    Binary(Vec<u128>),
    Date(Vec<i32>),
    Time(Vec<i64>),
    Timestamp(Vec<i64>, bool),
    Duration(Vec<i64>),
    List(Box<List<'s>>),
    Map(Box<Map<'s>>),
    Struct(Box<Object<'s>>),
    Union(Box<Union<'s>>),
}

/// The room a decimal column has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decimal {
    pub(super) precision: u8,
    pub(super) scale: i8,
    /// The least mantissa with too many digits.
    pub(super) limit: i128,
}

/// Lists: where each ends among the items.
pub(super) struct List<'s> {
    pub(super) item: &'s Item,
    ends: Vec<usize>,
    pub(super) items: Column<'s>,
}

/// Maps, likewise.
pub(super) struct Map<'s> {
    pub(super) item: &'s Item,
    ends: Vec<usize>,
    pub(super) keys: Vec<u128>,
    pub(super) values: Column<'s>,
}

/// Objects with declared members.
pub(super) struct Object<'s> {
    pub(super) shape: &'s Shape,
    pub(super) members: Vec<MemberColumn<'s>>,
    /// The number of the object that is being read.
    pub(super) current: u64,
    /// Names from the root on, for keys that are not declared.
    pub(super) path: Vec<&'s str>,
}

/// A declared member.
pub(super) struct MemberColumn<'s> {
    /// Its key in quotes and a colon.
    pub(super) key: Written,
    /// The last object that had it.
    pub(super) seen: u64,
    pub(super) column: Column<'s>,
    pub(super) place: Place,
    wanted: bool,
}

/// A member's place among the declared paths.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Its own path.
    pub(super) path: u32,
    /// Paths of what is nested in it.
    pub(super) below: Range<u32>,
    /// Whether there can be several of it in one response.
    pub(super) repeated: bool,
    pub(super) nullable: bool,
    /// The last reading that told of a failure here.
    pub(super) told: u64,
}

/// Objects of which one member tells what they are.
pub(super) struct Union<'s> {
    pub(super) tag: &'s str,
    pub(super) tags: Column<'s>,
    pub(super) variants: Vec<Variant<'s>>,
    pub(super) repeated: bool,
}

/// One of them.
pub(super) struct Variant<'s> {
    pub(super) name: &'s str,
    nulls: NullBufferBuilder,
    pub(super) object: Object<'s>,
    pub(super) paths: Range<u32>,
}

/// Numbers declared paths while columns are made, depth first.
pub(super) struct Paths<'s> {
    pub(super) all: Vec<Vec<String>>,
    names: Vec<&'s str>,
}

impl Paths<'_> {
    pub(super) fn new() -> Self {
        Self { all: Vec::new(), names: Vec::new() }
    }

    fn count(&self) -> u32 {
        u32::try_from(self.all.len()).unwrap_or(u32::MAX)
    }
}

impl Values<'_> {
    /// Whether numbers are values of it.
    pub(super) fn numeric(&self) -> bool {
        matches!(self, Self::Int(..) | Self::UInt(..) | Self::Float(_) | Self::Decimal(..))
    }
}

impl<'s> Object<'s> {
    /// Columns for the members of a shape.
    pub(super) fn new(shape: &'s Shape, paths: &mut Paths<'s>, repeated: bool, rows: usize) -> Self {
        let path = paths.names.clone();
        let mut members = Vec::with_capacity(shape.members.len());
        for member in &shape.members {
            let number = paths.count();
            paths.names.push(&member.name);
            paths.all.push(paths.names.iter().map(|name| (*name).to_owned()).collect());
            let column = Column::new(&member.kind, member.coerce, paths, repeated, rows);
            paths.names.pop();
            let place = Place { path: number, below: number + 1..paths.count(), repeated, nullable: member.nullable, told: 0 };
            members.push(MemberColumn { key: Written::new(&member.name), seen: 0, column, place, wanted: member.wanted });
        }
        Self { shape, members, current: 0, path }
    }

    pub(super) fn push_null(&mut self) {
        self.members.iter_mut().for_each(|member| member.column.push_null());
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.members.iter_mut().for_each(|member| member.column.truncate(len));
    }

    /// The members' arrays, `len` slots each.
    pub(super) fn finish(self, len: usize, buffers: &Arc<[Buffer]>) -> Result<Vec<ArrayRef>, ArrowError> {
        let finish = |member: MemberColumn<'s>| {
            if member.wanted { member.column.finish(buffers) } else { Ok(new_null_array(&member.column.kind.data_type(), len)) }
        };
        self.members.into_iter().map(finish).collect()
    }

    fn finish_struct(self, nulls: Option<NullBuffer>, len: usize, buffers: &Arc<[Buffer]>) -> Result<ArrayRef, ArrowError> {
        let fields = self.shape.fields();
        let arrays = self.finish(len, buffers)?;
        Ok(Arc::new(StructArray::try_new_with_length(fields, arrays, nulls, len)?))
    }
}

impl<'s> Column<'s> {
    fn new(kind: &'s Kind, coerce: bool, paths: &mut Paths<'s>, repeated: bool, rows: usize) -> Self {
        let values = match kind {
            Kind::Bool => Values::Bool(Vec::with_capacity(rows)),
            Kind::Int { min, max } if *max > i128::from(i64::MAX) => Values::UInt(Vec::with_capacity(rows), *min, *max),
            Kind::Int { min, max } => Values::Int(Vec::with_capacity(rows), *min, *max),
            Kind::Float => Values::Float(Vec::with_capacity(rows)),
            Kind::Decimal(precision, scale) => {
                let limit = 10_i128.checked_pow(u32::from(*precision)).unwrap_or(i128::MAX);
                Values::Decimal(Vec::with_capacity(rows), Decimal { precision: *precision, scale: *scale, limit })
            }
            Kind::String => Values::Text(Vec::with_capacity(rows)),
            Kind::Binary => Values::Binary(Vec::with_capacity(rows)),
            Kind::Date => Values::Date(Vec::with_capacity(rows)),
            Kind::Time => Values::Time(Vec::with_capacity(rows)),
            Kind::Timestamp => Values::Timestamp(Vec::with_capacity(rows), true),
            Kind::LocalTimestamp => Values::Timestamp(Vec::with_capacity(rows), false),
            Kind::Duration => Values::Duration(Vec::with_capacity(rows)),
            Kind::List(item) => {
                let items = Column::new(&item.kind, item.coerce, paths, true, rows);
                Values::List(Box::new(List { item, ends: Vec::with_capacity(rows), items }))
            }
            Kind::Map(item) => {
                let values = Column::new(&item.kind, item.coerce, paths, true, rows);
                Values::Map(Box::new(Map { item, ends: Vec::with_capacity(rows), keys: Vec::with_capacity(rows), values }))
            }
            Kind::Struct(shape) => Values::Struct(Box::new(Object::new(shape, paths, repeated, rows))),
            Kind::Union { tag, variants } => {
                let tags = Column::new(&Kind::String, false, paths, repeated, rows);
                let variant = |(name, shape): &'s (String, Shape)| {
                    let first = paths.count();
                    paths.names.push(name);
                    let object = Object::new(shape, paths, repeated, rows);
                    paths.names.pop();
                    Variant { name, nulls: NullBufferBuilder::new(rows), object, paths: first..paths.count() }
                };
                let variants = variants.iter().map(variant).collect();
                Values::Union(Box::new(Union { tag, tags, variants, repeated }))
            }
        };
        Self { kind, coerce, nulls: NullBufferBuilder::new(rows), values }
    }

    /// Slots so far.
    pub(super) fn len(&self) -> usize {
        self.nulls.len()
    }

    /// Ends a slot whose value has been pushed.
    #[inline]
    pub(super) fn valid(&mut self) {
        self.nulls.append_non_null();
    }

    /// Adds a slot without a value.
    pub(super) fn push_null(&mut self) {
        self.nulls.append_null();
        match &mut self.values {
            Values::Bool(values) => values.push(false),
            Values::Int(values, ..) | Values::Time(values) | Values::Timestamp(values, _) | Values::Duration(values) => values.push(0),
            Values::UInt(values, ..) => values.push(0),
            Values::Float(values) => values.push(0.0),
            Values::Decimal(values, _) => values.push(0),
            Values::Text(values) | Values::Binary(values) => values.push(0),
            Values::Date(values) => values.push(0),
            Values::List(list) => list.end(),
            Values::Map(map) => map.end(),
            Values::Struct(object) => object.push_null(),
            Values::Union(union) => union.push_null(),
        }
    }

    /// Takes back all slots from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        if self.nulls.len() > len {
            self.nulls.truncate(len);
        }
        match &mut self.values {
            Values::Bool(values) => values.truncate(len),
            Values::Int(values, ..) | Values::Time(values) | Values::Timestamp(values, _) | Values::Duration(values) => {
                values.truncate(len)
            }
            Values::UInt(values, ..) => values.truncate(len),
            Values::Float(values) => values.truncate(len),
            Values::Decimal(values, _) => values.truncate(len),
            Values::Text(values) | Values::Binary(values) => values.truncate(len),
            Values::Date(values) => values.truncate(len),
            Values::List(list) => list.truncate(len),
            Values::Map(map) => map.truncate(len),
            Values::Struct(object) => object.truncate(len),
            Values::Union(union) => union.truncate(len),
        }
    }

    fn finish(mut self, buffers: &Arc<[Buffer]>) -> Result<ArrayRef, ArrowError> {
        let (len, nulls) = (self.len(), self.nulls.finish());
        Ok(match self.values {
            Values::Bool(values) => Arc::new(BooleanArray::new(values.into(), nulls)),
            Values::Int(values, ..) => primitive::<Int64Type>(values, nulls)?,
            Values::UInt(values, ..) => primitive::<UInt64Type>(values, nulls)?,
            Values::Float(values) => primitive::<Float64Type>(values, nulls)?,
            Values::Decimal(values, Decimal { precision, scale, .. }) => {
                let array = PrimitiveArray::<Decimal128Type>::try_new(values.into(), nulls)?;
                Arc::new(array.with_precision_and_scale(precision, scale)?)
            }
            Values::Text(views) => Arc::new(strings(views, buffers, nulls)?),
            Values::Binary(views) => Arc::new(BinaryViewArray::try_new(views.into(), Arc::clone(buffers), nulls)?),
            Values::Date(values) => primitive::<Date32Type>(values, nulls)?,
            Values::Time(values) => primitive::<Time64NanosecondType>(values, nulls)?,
            Values::Timestamp(values, instant) => {
                let array = PrimitiveArray::<TimestampMicrosecondType>::try_new(values.into(), nulls)?;
                Arc::new(if instant { array.with_timezone("UTC") } else { array })
            }
            Values::Duration(values) => primitive::<DurationNanosecondType>(values, nulls)?,
            Values::List(list) => list.finish(nulls, buffers)?,
            Values::Map(map) => map.finish(nulls, buffers)?,
            Values::Struct(object) => object.finish_struct(nulls, len, buffers)?,
            Values::Union(union) => union.finish(self.kind, nulls, len, buffers)?,
        })
    }
}

fn primitive<T: ArrowPrimitiveType>(values: Vec<T::Native>, nulls: Option<NullBuffer>) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(PrimitiveArray::<T>::try_new(ScalarBuffer::from(values), nulls)?))
}

/// Ends among items as Arrow has them.
fn offsets(ends: Vec<usize>) -> Result<OffsetBuffer<i32>, ArrowError> {
    let narrow = |end| i32::try_from(end).map_err(|_| ArrowError::OffsetOverflowError(end));
    let offsets = [0].into_iter().chain(ends).map(narrow).collect::<Result<Vec<i32>, _>>()?;
    Ok(OffsetBuffer::new(offsets.into()))
}

impl List<'_> {
    /// Ends a list after the items pushed so far.
    #[inline]
    pub(super) fn end(&mut self) {
        self.ends.push(self.items.len());
    }

    /// Whether a list that has not ended has as many items as it must.
    #[inline]
    pub(super) fn fits(&self) -> bool {
        let start = self.ends.last().copied().unwrap_or(0);
        self.item.exactly.is_none_or(|count| self.items.len() - start == count)
    }

    /// Takes back the items of a list that has not ended.
    pub(super) fn reopen(&mut self) {
        self.items.truncate(self.ends.last().copied().unwrap_or(0));
    }

    fn truncate(&mut self, len: usize) {
        self.ends.truncate(len);
        self.reopen();
    }

    fn finish(self, nulls: Option<NullBuffer>, buffers: &Arc<[Buffer]>) -> Result<ArrayRef, ArrowError> {
        let items = self.items.finish(buffers)?;
        let field = Arc::new(super::shape::item_field(self.item));
        Ok(Arc::new(ListArray::try_new(field, offsets(self.ends)?, items, nulls)?))
    }
}

impl Map<'_> {
    /// Ends a map after the entries pushed so far.
    pub(super) fn end(&mut self) {
        self.ends.push(self.values.len());
    }

    /// Takes back the entries of a map that has not ended.
    pub(super) fn reopen(&mut self) {
        let start = self.ends.last().copied().unwrap_or(0);
        self.keys.truncate(start);
        self.values.truncate(start);
    }

    fn truncate(&mut self, len: usize) {
        self.ends.truncate(len);
        self.reopen();
    }

    fn finish(self, nulls: Option<NullBuffer>, buffers: &Arc<[Buffer]>) -> Result<ArrayRef, ArrowError> {
        let keys: ArrayRef = Arc::new(strings(self.keys, buffers, None)?);
        let entries = StructArray::try_new(self.item.entries(), vec![keys, self.values.finish(buffers)?], None)?;
        let field = Arc::new(super::shape::entries_field(self.item));
        Ok(Arc::new(MapArray::try_new(field, offsets(self.ends)?, entries, nulls, false)?))
    }
}

impl Union<'_> {
    fn push_null(&mut self) {
        self.tags.push_null();
        self.variants.iter_mut().for_each(Variant::push_null);
    }

    /// Ends a slot of one variant, whose members have been pushed.
    pub(super) fn choose(&mut self, chosen: usize) {
        for (number, variant) in self.variants.iter_mut().enumerate() {
            if number == chosen { variant.nulls.append_non_null() } else { variant.push_null() }
        }
    }

    fn truncate(&mut self, len: usize) {
        self.tags.truncate(len);
        for variant in &mut self.variants {
            if variant.nulls.len() > len {
                variant.nulls.truncate(len);
            }
            variant.object.truncate(len);
        }
    }

    fn finish(self, kind: &Kind, nulls: Option<NullBuffer>, len: usize, buffers: &Arc<[Buffer]>) -> Result<ArrayRef, ArrowError> {
        let mut arrays = vec![self.tags.finish(buffers)?];
        for mut variant in self.variants {
            arrays.push(variant.object.finish_struct(variant.nulls.finish(), len, buffers)?);
        }
        let arrow::datatypes::DataType::Struct(fields) = kind.data_type() else {
            return Err(ArrowError::InvalidArgumentError("a union is a struct".to_owned()));
        };
        Ok(Arc::new(StructArray::try_new_with_length(fields, arrays, nulls, len)?))
    }
}

impl Variant<'_> {
    fn push_null(&mut self) {
        self.nulls.append_null();
        self.object.push_null();
    }
}

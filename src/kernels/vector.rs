//! [`Vector`]: the values of one expression over a slice of rows.
//!
//! A constant is a vector with one physical slot and stride zero, so that operators need no second code path.
//! Slots that are null or faulted hold arbitrary values, which nobody reads.

use std::sync::Arc;

use arrow::array::{
    Array, BinaryArray, BinaryViewArray, FixedSizeBinaryArray, GenericStringArray, LargeBinaryArray, LargeStringArray, LargeStringBuilder,
    StringArray, StringViewArray,
};
use arrow::buffer::{BooleanBuffer, ScalarBuffer};

use super::bits;

/// The values of an expression for each row of a slice.
#[derive(Debug, Clone)]
pub struct Vector {
    rows: usize,
    constant: bool,
    /// The values; slots marked in `nulls` or `faults` mean nothing.
    pub values: Values,
    /// Slots that are null.
    pub nulls: Option<BooleanBuffer>,
    /// Slots that could not be computed. A fault outweighs a null.
    pub faults: Option<BooleanBuffer>,
}

/// Physical values. Integers, days, instants and durations are all exact 128-bit integers here: the fast paths of
/// the evaluator work on Arrow arrays directly and never come this way.
#[derive(Debug, Clone)]
pub enum Values {
    /// No type: every slot is null or a fault.
    Null,
    /// `bool`
    Bool(BooleanBuffer),
    /// `int`; `date` in days, `time`, `timestamp` and `duration` in nanoseconds.
    Int(ScalarBuffer<i128>),
    /// `float`
    Float(ScalarBuffer<f64>),
    /// `decimal`: mantissas, and the number of decimals they have in common.
    Decimal(ScalarBuffer<i128>, i32),
    /// `string`
    Str(Strings),
    /// `binary`
    Bin(Binaries),
    /// `list<T>`, `vector<T, N>`
    List(Lists),
    /// `struct`
    Struct(Arc<[(String, Vector)]>),
    /// `map`: entries as a list, keys beside values.
    Map(Lists, Arc<Vector>),
    /// Dictionary-encoded: the entry of each slot. Only the evaluator sees this form; functions get plain values.
    Dict(ScalarBuffer<u32>, Arc<Vector>),
}

/// Strings in any Arrow layout.
#[derive(Debug, Clone)]
pub enum Strings {
    /// 32-bit offsets.
    Utf8(StringArray),
    /// 64-bit offsets.
    Large(LargeStringArray),
    /// Views.
    View(StringViewArray),
}

/// Bytes in any Arrow layout.
#[derive(Debug, Clone)]
pub enum Binaries {
    /// 32-bit offsets.
    Small(BinaryArray),
    /// 64-bit offsets.
    Large(LargeBinaryArray),
    /// Views.
    View(BinaryViewArray),
    /// One width.
    Fixed(FixedSizeBinaryArray),
}

/// Lists: slot `i` holds the items `starts[i] .. starts[i] + lengths[i]`.
#[derive(Debug, Clone)]
pub struct Lists {
    /// First item of each slot.
    pub starts: ScalarBuffer<u32>,
    /// Number of items of each slot; 0 where the slot is null.
    pub lengths: ScalarBuffer<u32>,
    /// The items of all slots.
    pub items: Arc<Vector>,
}

/// What a function gives for one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<T> {
    /// A value.
    Value(T),
    /// Null.
    Null,
    /// It cannot be computed.
    Fault,
}

impl<T> From<Option<T>> for Cell<T> {
    /// `None` is a fault: the functions of arithmetic return it where there is no result.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Fault, Self::Value)
    }
}

impl Vector {
    /// A vector with a slot for each row.
    #[must_use]
    pub fn new(rows: usize, values: Values) -> Self {
        Self { rows, constant: false, values, nulls: None, faults: None }
    }

    /// The same value in every row: `values` has one slot.
    #[must_use]
    pub fn constant(rows: usize, values: Values) -> Self {
        Self { rows, constant: true, values, nulls: None, faults: None }
    }

    /// Null in every row.
    #[must_use]
    pub fn null(rows: usize) -> Self {
        Self::constant(rows, Values::Null).with_nulls(Some(BooleanBuffer::new_set(1)))
    }

    /// A fault in every row.
    #[must_use]
    pub fn fault(rows: usize) -> Self {
        Self::constant(rows, Values::Null).with_faults(Some(BooleanBuffer::new_set(1)))
    }

    /// Sets the null slots.
    #[must_use]
    pub fn with_nulls(mut self, nulls: Option<BooleanBuffer>) -> Self {
        self.nulls = nulls;
        self
    }

    /// Sets the faulted slots.
    #[must_use]
    pub fn with_faults(mut self, faults: Option<BooleanBuffer>) -> Self {
        self.faults = faults;
        self
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of slots that are stored: one for a constant.
    #[must_use]
    pub fn slots(&self) -> usize {
        if self.constant { 1 } else { self.rows }
    }

    /// Whether all rows share one slot.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.constant
    }

    /// The same constant for another number of rows.
    #[must_use]
    pub fn with_rows(mut self, rows: usize) -> Self {
        debug_assert!(self.constant);
        self.rows = rows;
        self
    }

    /// The slot of a row.
    #[inline]
    #[must_use]
    pub fn slot(&self, row: usize) -> usize {
        if self.constant { 0 } else { row }
    }

    /// Whether a row is null (and not a fault).
    #[inline]
    #[must_use]
    pub fn is_null(&self, row: usize) -> bool {
        let slot = self.slot(row);
        bits::get(self.nulls.as_ref(), slot) && !bits::get(self.faults.as_ref(), slot)
    }

    /// Whether a row is a fault.
    #[inline]
    #[must_use]
    pub fn is_fault(&self, row: usize) -> bool {
        bits::get(self.faults.as_ref(), self.slot(row))
    }

    /// Whether a row has a value.
    #[inline]
    #[must_use]
    pub fn is_live(&self, row: usize) -> bool {
        let slot = self.slot(row);
        !bits::get(self.nulls.as_ref(), slot) && !bits::get(self.faults.as_ref(), slot)
    }

    /// A bitmap spread over all rows.
    fn spread(&self, bits: Option<&BooleanBuffer>) -> Option<BooleanBuffer> {
        let bits = bits?;
        if !self.constant {
            return Some(bits.clone());
        }
        bits::get(Some(bits), 0).then(|| BooleanBuffer::new_set(self.rows))
    }

    /// Null slots for each row (faults may be among them).
    #[must_use]
    pub fn null_rows(&self) -> Option<BooleanBuffer> {
        self.spread(self.nulls.as_ref())
    }

    /// Faulted rows.
    #[must_use]
    pub fn fault_rows(&self) -> Option<BooleanBuffer> {
        self.spread(self.faults.as_ref())
    }

    /// Rows that are true; nulls and faults are not.
    #[must_use]
    pub fn true_rows(&self) -> BooleanBuffer {
        let Values::Bool(values) = &self.values else { return BooleanBuffer::new_unset(self.rows) };
        let values = if self.constant {
            if values.value(0) { BooleanBuffer::new_set(self.rows) } else { BooleanBuffer::new_unset(self.rows) }
        } else {
            values.clone()
        };
        let live = bits::minus(&values, self.null_rows().as_ref());
        bits::minus(&live, self.fault_rows().as_ref())
    }

    /// Rows that are false; nulls and faults are not.
    #[must_use]
    pub fn false_rows(&self) -> BooleanBuffer {
        let not_false = bits::union(Some(&self.true_rows()), bits::union(self.null_rows().as_ref(), self.fault_rows().as_ref()).as_ref());
        not_false.map_or_else(|| BooleanBuffer::new_set(self.rows), |bits| !&bits)
    }

    /// Reads `bool` values.
    #[must_use]
    pub fn bools(&self) -> Reader<'_, BooleanBuffer> {
        static EMPTY: std::sync::OnceLock<BooleanBuffer> = std::sync::OnceLock::new();
        let values = match &self.values {
            Values::Bool(values) => values,
            _ => EMPTY.get_or_init(|| BooleanBuffer::new_unset(0)),
        };
        Reader { values, constant: self.constant }
    }

    /// Reads integers, mantissas of decimals, days, nanoseconds.
    #[must_use]
    pub fn ints(&self) -> Reader<'_, [i128]> {
        let values: &[i128] = match &self.values {
            Values::Int(values) | Values::Decimal(values, _) => values,
            _ => &[],
        };
        Reader { values, constant: self.constant }
    }

    /// Reads floats.
    #[must_use]
    pub fn floats(&self) -> Reader<'_, [f64]> {
        let values: &[f64] = match &self.values {
            Values::Float(values) => values,
            _ => &[],
        };
        Reader { values, constant: self.constant }
    }

    /// Reads strings.
    #[must_use]
    pub fn strings(&self) -> StringReader<'_> {
        let values = match &self.values {
            Values::Str(values) => Some(values),
            _ => None,
        };
        StringReader { values, constant: self.constant }
    }

    /// Reads bytes.
    #[must_use]
    pub fn binaries(&self) -> BinaryReader<'_> {
        let values = match &self.values {
            Values::Bin(values) => Some(values),
            _ => None,
        };
        BinaryReader { values, constant: self.constant }
    }

    /// Reads lists (of a map: its keys).
    #[must_use]
    pub fn lists(&self) -> ListReader<'_> {
        let lists = match &self.values {
            Values::List(lists) | Values::Map(lists, _) => Some(lists),
            _ => None,
        };
        ListReader { lists, constant: self.constant }
    }

    /// Gathers slots; an index past the end gives null.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Self {
        if self.constant {
            let mut all = self.clone();
            all.rows = rows.len();
            return all;
        }
        let gather = |bits: Option<&BooleanBuffer>| {
            bits.map(|bits| rows.iter().map(|row| bits::get(Some(bits), *row as usize)).collect::<BooleanBuffer>())
        };
        let mut out = Self::new(rows.len(), self.values.take(rows));
        out.nulls = gather(self.nulls.as_ref());
        out.faults = gather(self.faults.as_ref());
        out
    }

    /// Spreads a dictionary over its rows; other vectors are returned as they are.
    #[must_use]
    pub fn decoded(self) -> Self {
        let Values::Dict(keys, entries) = &self.values else { return self };
        let mut out = entries.take(keys);
        if out.constant {
            out = out.with_rows(keys.len()).spread_constant();
        }
        out.rows = self.rows;
        out.constant = self.constant;
        out.nulls = bits::union(out.nulls.as_ref(), self.nulls.as_ref());
        out.faults = bits::union(out.faults.as_ref(), self.faults.as_ref());
        out
    }

    /// One slot for each row, for a constant too.
    #[must_use]
    pub fn spread_constant(&self) -> Self {
        if !self.constant {
            return self.clone();
        }
        let zeros = vec![0_u32; self.rows];
        let mut plain = self.clone();
        plain.constant = false;
        plain.rows = 1;
        plain.take(&zeros)
    }
}

impl Values {
    /// Gathers slots. Keys are in range by construction; one that is not reads slot zero, which its null mark hides.
    fn take(&self, rows: &[u32]) -> Self {
        fn primitive<T: arrow::datatypes::ArrowNativeType>(values: &[T], rows: &[u32]) -> ScalarBuffer<T> {
            rows.iter().map(|row| values.get(*row as usize).copied().unwrap_or_default()).collect::<Vec<T>>().into()
        }
        match self {
            Self::Null => Self::Null,
            Self::Bool(values) => Self::Bool(rows.iter().map(|row| bits::get(Some(values), *row as usize)).collect()),
            Self::Int(values) => Self::Int(primitive(values, rows)),
            Self::Float(values) => Self::Float(primitive(values, rows)),
            Self::Decimal(values, scale) => Self::Decimal(primitive(values, rows), *scale),
            Self::Str(values) => Self::Str(values.take(rows)),
            Self::Bin(values) => Self::Bin(values.take(rows)),
            Self::List(lists) => Self::List(lists.take(rows)),
            Self::Struct(members) => Self::Struct(members.iter().map(|(name, member)| (name.clone(), member.take(rows))).collect()),
            Self::Map(keys, values) => Self::Map(keys.take(rows), Arc::clone(values)),
            Self::Dict(keys, entries) => Self::Dict(primitive(keys, rows), Arc::clone(entries)),
        }
    }
}

impl Lists {
    fn take(&self, rows: &[u32]) -> Self {
        let gather = |values: &ScalarBuffer<u32>| -> ScalarBuffer<u32> {
            rows.iter().map(|row| values.get(*row as usize).copied().unwrap_or(0)).collect::<Vec<_>>().into()
        };
        Self { starts: gather(&self.starts), lengths: gather(&self.lengths), items: Arc::clone(&self.items) }
    }
}

impl Strings {
    fn take(&self, rows: &[u32]) -> Self {
        let reader = StringReader { values: Some(self), constant: false };
        let mut builder = LargeStringBuilder::with_capacity(rows.len(), rows.len() * 8);
        for row in rows {
            builder.append_value(reader.at(*row as usize));
        }
        // 64-bit offsets: a dictionary spread over its rows can pass 2 GiB.
        Self::Large(builder.finish())
    }

    fn get(&self, at: usize) -> &str {
        fn plain<O: arrow::array::OffsetSizeTrait>(values: &GenericStringArray<O>, at: usize) -> &str {
            if at < values.len() { values.value(at) } else { "" }
        }
        match self {
            Self::Utf8(values) => plain(values, at),
            Self::Large(values) => plain(values, at),
            Self::View(values) => {
                if at < values.len() {
                    values.value(at)
                } else {
                    ""
                }
            }
        }
    }
}

impl Binaries {
    fn take(&self, rows: &[u32]) -> Self {
        let reader = BinaryReader { values: Some(self), constant: false };
        Self::Large(rows.iter().map(|row| Some(reader.at(*row as usize))).collect())
    }

    fn get(&self, at: usize) -> &[u8] {
        let within = |length: usize| at < length;
        match self {
            Self::Small(values) if within(values.len()) => values.value(at),
            Self::Large(values) if within(values.len()) => values.value(at),
            Self::View(values) if within(values.len()) => values.value(at),
            Self::Fixed(values) if within(values.len()) => values.value(at),
            _ => &[],
        }
    }
}

/// Reads values by row, constants included.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a, T: ?Sized> {
    values: &'a T,
    constant: bool,
}

impl<T: Copy + Default> Reader<'_, [T]> {
    /// The value of a row; the default where the vector is of another type.
    #[inline]
    #[must_use]
    pub fn at(&self, row: usize) -> T {
        self.values.get(if self.constant { 0 } else { row }).copied().unwrap_or_default()
    }
}

impl Reader<'_, BooleanBuffer> {
    /// The value of a row; false where the vector is of another type.
    #[inline]
    #[must_use]
    pub fn at(&self, row: usize) -> bool {
        bits::get(Some(self.values), if self.constant { 0 } else { row })
    }
}

/// Reads strings by row, constants included.
#[derive(Debug, Clone, Copy)]
pub struct StringReader<'a> {
    values: Option<&'a Strings>,
    constant: bool,
}

impl<'a> StringReader<'a> {
    /// The text of a row; empty where the vector is of another type.
    #[inline]
    #[must_use]
    pub fn at(&self, row: usize) -> &'a str {
        self.values.map_or("", |values| values.get(if self.constant { 0 } else { row }))
    }
}

/// Reads bytes by row, constants included.
#[derive(Debug, Clone, Copy)]
pub struct BinaryReader<'a> {
    values: Option<&'a Binaries>,
    constant: bool,
}

impl<'a> BinaryReader<'a> {
    /// The bytes of a row; empty where the vector is of another type.
    #[inline]
    #[must_use]
    pub fn at(&self, row: usize) -> &'a [u8] {
        self.values.map_or(&[], |values| values.get(if self.constant { 0 } else { row }))
    }
}

/// Reads lists by row, constants included.
#[derive(Debug, Clone, Copy)]
pub struct ListReader<'a> {
    lists: Option<&'a Lists>,
    constant: bool,
}

impl<'a> ListReader<'a> {
    /// Slots of the items of a row, in [`ListReader::items`].
    #[inline]
    #[must_use]
    pub fn range(&self, row: usize) -> std::ops::Range<usize> {
        let Some(lists) = self.lists else { return 0..0 };
        let slot = if self.constant { 0 } else { row };
        let start = lists.starts.get(slot).copied().unwrap_or(0) as usize;
        start..start + lists.lengths.get(slot).copied().unwrap_or(0) as usize
    }

    /// The items of all rows; `None` where the vector is no list.
    #[must_use]
    pub fn items(&self) -> Option<&'a Vector> {
        self.lists.map(|lists| &*lists.items)
    }
}

/// A type that functions can return by row.
pub trait Slot: Sized {
    /// Packs values into a vector's values.
    fn pack(values: Vec<Self>) -> Values;
    /// What stands in slots that are null or faulted.
    fn filler() -> Self;
}

impl Slot for bool {
    fn pack(values: Vec<Self>) -> Values {
        Values::Bool(BooleanBuffer::from(values))
    }
    fn filler() -> Self {
        false
    }
}

impl Slot for i128 {
    fn pack(values: Vec<Self>) -> Values {
        Values::Int(values.into())
    }
    fn filler() -> Self {
        0
    }
}

impl Slot for f64 {
    fn pack(values: Vec<Self>) -> Values {
        Values::Float(values.into())
    }
    fn filler() -> Self {
        0.0
    }
}

impl Slot for String {
    fn pack(values: Vec<Self>) -> Values {
        Values::Str(Strings::Large(LargeStringArray::from_iter_values(values)))
    }
    fn filler() -> Self {
        Self::new()
    }
}

/// Evaluates row by row what is null or a fault as soon as one argument is.
///
/// A fault in an argument outweighs a null in another. `row` is called only for rows whose arguments all have values.
///
/// # Shapes
/// `args`: vectors of the same number of rows, constants among them. Result: as many rows; a constant if all arguments are.
pub fn strict<T: Slot>(args: &[Vector], row: impl FnMut(usize) -> Cell<T>) -> Vector {
    strict_with(args, row, T::pack)
}

/// [`strict`] with another packing of the values, for decimals.
pub fn strict_with<T: Slot>(args: &[Vector], mut row: impl FnMut(usize) -> Cell<T>, pack: impl FnOnce(Vec<T>) -> Values) -> Vector {
    let rows = args.iter().map(Vector::rows).max().unwrap_or(1);
    let constant = args.iter().all(Vector::is_constant);
    let slots = if constant { 1 } else { rows };
    let (mut nulls, mut faults) = merged_marks(args, constant);
    let (mut new_nulls, mut new_faults) = (Vec::new(), Vec::new());
    let mut values = Vec::with_capacity(slots);
    for slot in 0..slots {
        if bits::get(nulls.as_ref(), slot) || bits::get(faults.as_ref(), slot) {
            values.push(T::filler());
            continue;
        }
        match row(slot) {
            Cell::Value(value) => values.push(value),
            other => {
                values.push(T::filler());
                if matches!(other, Cell::Null) { new_nulls.push(slot) } else { new_faults.push(slot) }
            }
        }
    }
    mark(&mut nulls, &new_nulls, slots);
    mark(&mut faults, &new_faults, slots);
    Vector { rows, constant, values: pack(values), nulls, faults }
}

fn mark(bits: &mut Option<BooleanBuffer>, slots: &[usize], length: usize) {
    if slots.is_empty() {
        return;
    }
    let mut builder = arrow::array::BooleanBufferBuilder::new(length);
    match bits.as_ref() {
        Some(old) => builder.append_buffer(old),
        None => builder.append_n(length, false),
    }
    for slot in slots {
        builder.set_bit(*slot, true);
    }
    *bits = Some(builder.finish());
}

/// Nulls and faults of all arguments, for the slots of a result.
pub(crate) fn merged_marks(args: &[Vector], constant: bool) -> (Option<BooleanBuffer>, Option<BooleanBuffer>) {
    let marks = |pick: fn(&Vector) -> Option<BooleanBuffer>, raw: fn(&Vector) -> Option<&BooleanBuffer>| {
        args.iter().fold(None, |all, arg| {
            let one = if constant { raw(arg).cloned() } else { pick(arg) };
            bits::union(all.as_ref(), one.as_ref())
        })
    };
    (marks(Vector::null_rows, |v| v.nulls.as_ref()), marks(Vector::fault_rows, |v| v.faults.as_ref()))
}

/// A vector from its parts, where a kernel has packed values itself.
pub(crate) fn from_parts(
    rows: usize,
    constant: bool,
    values: Values,
    nulls: Option<BooleanBuffer>,
    faults: Option<BooleanBuffer>,
) -> Vector {
    Vector { rows, constant, values, nulls, faults }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_outweighs_a_null_and_only_live_rows_are_called() {
        let a = Vector::new(3, Values::Int(vec![1, 2, 3].into())).with_nulls(Some(BooleanBuffer::from(vec![false, true, false])));
        let b = Vector::constant(3, Values::Int(vec![10].into()));
        let out = strict(&[a.clone(), b], |row| if row == 2 { Cell::Fault } else { Cell::Value(a.ints().at(row)) });
        assert_eq!((out.is_live(0), out.is_null(1), out.is_fault(2)), (true, true, true));
    }

    #[test]
    fn constants_stay_constants() {
        let one = Vector::constant(5, Values::Float(vec![2.0].into()));
        let out = strict(&[one.clone()], |row| Cell::Value(one.floats().at(row) + 1.0));
        assert!(out.is_constant());
        assert_eq!((out.rows(), out.floats().at(4)), (5, 3.0));
    }
}

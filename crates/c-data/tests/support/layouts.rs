//! One column of every layout, written once and compiled against each version of Arrow: whoever includes this file has modules `array`,
//! `buffer` and `schema` beside it.

use std::collections::HashMap;
use std::sync::Arc;

use super::array::builder::{
    FixedSizeBinaryBuilder, Int32Builder, ListBuilder, MapBuilder, MapFieldNames, StringBuilder, StringDictionaryBuilder, UnionBuilder,
};
use super::array::types::{
    Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, IntervalMonthDayNanoType, UInt64Type,
};
use super::array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, BooleanArray, Date32Array, DictionaryArray, DurationSecondArray, FixedSizeListArray,
    Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, IntervalMonthDayNanoArray, LargeBinaryArray, LargeListArray,
    LargeStringArray, ListArray, ListViewArray, NullArray, PrimitiveArray, RecordBatch, RunArray, StringArray, StringViewArray,
    StructArray, Time32SecondArray, Time64NanosecondArray, TimestampMicrosecondArray, TimestampSecondArray, UInt8Array, UInt16Array,
    UInt32Array, UnionArray,
};
use super::buffer::{NullBuffer, ScalarBuffer};
use super::schema::{DataType, Field, Schema};

/// How many rows each column has.
pub const ROWS: usize = 6;

/// A layout: its name, a column of it, and what is declared of the column, where the language has a type for it.
pub struct Layout {
    pub name: &'static str,
    pub column: ArrayRef,
    pub declared: &'static str,
}

impl Layout {
    /// A batch of the column `v`, and the numbers of its rows.
    pub fn batch(&self) -> RecordBatch {
        let fields = vec![Field::new("row", DataType::Int64, false), Field::new("v", self.column.data_type().clone(), true)];
        let rows = Arc::new(Int64Array::from_iter_values(0..ROWS as i64)) as ArrayRef;
        let metadata = HashMap::from([("origin".to_owned(), "layouts".to_owned())]);
        RecordBatch::try_new(Arc::new(Schema::new(fields).with_metadata(metadata)), vec![rows, self.column.clone()]).unwrap()
    }
}

const TEXTS: [Option<&str>; ROWS] = [Some(""), Some("süß"), None, Some("a text of more than twelve bytes"), Some("x"), Some("SCAM")];

fn texts() -> impl Iterator<Item = Option<&'static str>> {
    TEXTS.into_iter()
}

fn bytes() -> impl Iterator<Item = Option<&'static [u8]>> {
    TEXTS.into_iter().map(|text| text.map(str::as_bytes))
}

macro_rules! numbers {
    ($array:ident) => {
        $array::from(vec![Some(0 as _), Some(1 as _), None, Some(3 as _), Some(4 as _), Some(100 as _)])
    };
}

fn numbers<T: super::array::types::ArrowPrimitiveType>(numbers: [T::Native; 5]) -> PrimitiveArray<T> {
    let [a, b, c, d, e] = numbers;
    PrimitiveArray::<T>::from_iter([Some(a), Some(b), None, Some(c), Some(d), Some(e)])
}

/// All of them.
pub fn all() -> Vec<Layout> {
    let mut layouts = Vec::new();
    let mut add = |name, declared, column: ArrayRef| layouts.push(Layout { name, column, declared });
    flat(&mut add);
    of_text(&mut add);
    nested(&mut add);
    encoded(&mut add);
    layouts
}

fn flat(add: &mut impl FnMut(&'static str, &'static str, ArrayRef)) {
    add("null", "int64?", Arc::new(NullArray::new(ROWS)));
    add("boolean", "bool? = true", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, Some(true), Some(true), Some(false)])));
    add("int8", "int8? between 1 and 4", Arc::new(numbers!(Int8Array)));
    add("int16", "int16? between 1 and 4", Arc::new(numbers!(Int16Array)));
    add("int32", "int32? between 1 and 4", Arc::new(numbers!(Int32Array)));
    add("int64", "int64 unique", Arc::new(numbers!(Int64Array)));
    add("uint8", "uint8? > 0", Arc::new(numbers!(UInt8Array)));
    add("uint16", "uint16? > 0", Arc::new(numbers!(UInt16Array)));
    add("uint32", "uint32? > 0", Arc::new(numbers!(UInt32Array)));
    add("uint64", "uint64? > 0", Arc::new(numbers::<UInt64Type>([0, u64::MAX, 3, 4, 5])));
    add("float32", "float32? finite", Arc::new(numbers::<Float32Type>([0.0, f32::NAN, -0.0, f32::INFINITY, 1.5])));
    add("float64", "float64 between 0 and 2", Arc::new(numbers::<Float64Type>([0.0, f64::NAN, -0.0, f64::INFINITY, 1.5])));
    add("decimal32", "decimal? > 0", Arc::new(numbers::<Decimal32Type>([0, 1, -1, 5, 6]).with_precision_and_scale(9, 2).unwrap()));
    add("decimal64", "decimal? > 0", Arc::new(numbers::<Decimal64Type>([0, 1, -1, 5, 6]).with_precision_and_scale(18, 2).unwrap()));
    add("decimal128", "decimal? > 0", Arc::new(numbers::<Decimal128Type>([0, 1, -1, 5, 6]).with_precision_and_scale(38, -2).unwrap()));
    let wide = <Decimal256Type as super::array::types::ArrowPrimitiveType>::Native::from_i128;
    let wide = numbers::<Decimal256Type>([wide(0), wide(1), wide(-1), wide(5), wide(6)]);
    add("decimal256", "decimal? > 0", Arc::new(wide.with_precision_and_scale(38, 2).unwrap()));
    add("date32", "date? >= date \"1970-01-02\"", Arc::new(numbers!(Date32Array)));
    add("date64", "date? >= date \"1970-01-02\"", Arc::new(numbers::<Date64Type>([0, 86_400_000, 0, 172_800_000, 1])));
    add("time32", "time?", Arc::new(numbers!(Time32SecondArray)));
    add("time64", "time?", Arc::new(numbers!(Time64NanosecondArray)));
    add("timestamp", "timestamp(local)?", Arc::new(numbers!(TimestampSecondArray)));
    add(
        "timestamp of a zone",
        "timestamp(\"UTC\")? > timestamp \"1970-01-01T00:00:00Z\"",
        Arc::new(numbers!(TimestampMicrosecondArray).with_timezone("UTC")),
    );
    add("duration", "duration?", Arc::new(numbers!(DurationSecondArray)));
    let interval = |days| IntervalMonthDayNanoType::make_value(1, days, -1);
    add(
        "interval",
        "",
        Arc::new(IntervalMonthDayNanoArray::from(vec![Some(interval(1)), None, None, Some(interval(2)), None, Some(interval(3))])),
    );
}

fn of_text(add: &mut impl FnMut(&'static str, &'static str, ArrayRef)) {
    add("utf8", "string? length between 1 and 5", Arc::new(texts().collect::<StringArray>()));
    add("large utf8", "string? length between 1 and 5", Arc::new(texts().collect::<LargeStringArray>()));
    add("utf8 view", "string? length between 1 and 5", Arc::new(texts().collect::<StringViewArray>()));
    let inline = TEXTS.map(|text| text.filter(|text| text.len() < 12));
    add("utf8 view without buffers", "string not_blank", Arc::new(inline.into_iter().collect::<StringViewArray>()));
    add("binary", "binary", Arc::new(bytes().collect::<BinaryArray>()));
    add("large binary", "binary", Arc::new(bytes().collect::<LargeBinaryArray>()));
    add("binary view", "binary", Arc::new(bytes().collect::<BinaryViewArray>()));
    let mut fixed = FixedSizeBinaryBuilder::new(3);
    for text in ["abc", "def", "", "ghi", "jkl", "mno"] {
        if text.is_empty() { fixed.append_null() } else { fixed.append_value(text).unwrap() }
    }
    add("fixed size binary", "binary", Arc::new(fixed.finish()));
}

fn nested(add: &mut impl FnMut(&'static str, &'static str, ArrayRef)) {
    let rows: [Option<Vec<Option<i32>>>; ROWS] =
        [Some(vec![Some(1), Some(2)]), Some(vec![]), None, Some(vec![Some(3), None]), Some(vec![Some(-4)]), Some(vec![Some(5); 3])];
    add("list", "list<int32>? length >= 1, each > 0", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(rows.clone())));
    add("large list", "list<int32>? length >= 1, each > 0", Arc::new(LargeListArray::from_iter_primitive::<Int32Type, _, _>(rows.clone())));
    add(
        "list view",
        "list<int32>? length >= 1, each > 0",
        Arc::new(ListViewArray::from(ListArray::from_iter_primitive::<Int32Type, _, _>(rows))),
    );
    let pairs = (0..ROWS as i32).map(|row| (row != 2).then(|| vec![Some(row), Some(row - 3)]));
    add("fixed size list", "vector<int32, 2>? each > 0", Arc::new(FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>(pairs, 2)));
    add("struct", "struct { a : int64? > 0, b : string? not_blank }?", Arc::new(pair()));
    add("map", "map<string, int32?>?", Arc::new(map()));
    let mut lists = ListBuilder::new(ListBuilder::new(StringBuilder::new()));
    for row in 0..ROWS {
        for text in texts().take(row) {
            lists.values().values().append_option(text);
        }
        lists.values().append(row != 1);
        lists.append(row != 4);
    }
    add("list of lists of text", "", Arc::new(lists.finish()));
    add("sparse union", "", Arc::new(union(UnionBuilder::new_sparse())));
    add("dense union", "", Arc::new(union(UnionBuilder::new_dense())));
}

fn pair() -> StructArray {
    let fields = vec![Field::new("a", DataType::Int64, true), Field::new("b", DataType::Utf8View, true)];
    let columns: Vec<ArrayRef> = vec![Arc::new(numbers!(Int64Array)), Arc::new(texts().collect::<StringViewArray>())];
    let validity = NullBuffer::from(vec![true, true, true, false, true, true]);
    StructArray::new(fields.into(), columns, Some(validity))
}

fn map() -> super::array::MapArray {
    let names = MapFieldNames { entry: "entries".into(), key: "keys".into(), value: "values".into() };
    let mut map = MapBuilder::new(Some(names), StringBuilder::new(), Int32Builder::new());
    for (row, text) in texts().enumerate() {
        if let Some(text) = text {
            map.keys().append_value(text);
            map.values().append_option((row > 1).then_some(7));
        }
        map.append(row != 5).unwrap();
    }
    map.finish()
}

fn union(mut union: UnionBuilder) -> UnionArray {
    for row in 0..ROWS as i32 {
        match row % 3 {
            0 => union.append::<Int32Type>("a", row).unwrap(),
            1 => union.append::<Float64Type>("b", f64::from(row)).unwrap(),
            _ => union.append_null::<Float64Type>("b").unwrap(),
        }
    }
    union.build().unwrap()
}

fn encoded(add: &mut impl FnMut(&'static str, &'static str, ArrayRef)) {
    let mut words = StringDictionaryBuilder::<Int8Type>::new();
    for text in ["a", "b", "", "a", "SCAM", "b"] {
        if text.is_empty() { words.append_null() } else { words.append_value(text) }
    }
    add("dictionary", "string? in (\"a\", \"b\")", Arc::new(words.finish()));
    let keys = super::array::UInt32Array::from(vec![Some(0), Some(1), None, Some(2), Some(0), Some(1)]);
    let values: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.5), None, Some(-1.0)]));
    add("dictionary of floats", "float64? > 0", Arc::new(DictionaryArray::new(keys, values)));
    let views: ArrayRef = Arc::new(["a text of more than twelve bytes", "b"].into_iter().map(Some).collect::<StringViewArray>());
    let keys = super::array::PrimitiveArray::<Int16Type>::from(vec![0, 1, 0, 1, 0, 1]);
    add("dictionary of views", "string? length < 9", Arc::new(DictionaryArray::new(keys, views)));
    let ends = Int32Array::from(vec![2, 3, ROWS as i32]);
    let values = Int64Array::from(vec![Some(1), None, Some(-1)]);
    add("run end encoded", "int64? > 0", Arc::new(RunArray::<Int32Type>::try_new(&ends, &values).unwrap()));
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1)]), None]);
    let keys = ScalarBuffer::from(vec![0_i32, 1, 0, 1, 0, 0]);
    let keys = super::array::PrimitiveArray::<Int32Type>::new(keys, None);
    add("dictionary of lists", "", Arc::new(DictionaryArray::new(keys, Arc::new(list))));
}

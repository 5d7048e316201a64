//! Columns of random types with adversarial cells.

use super::dice::Dice;
use arrow::array::*;
use arrow::datatypes::*;
use std::sync::Arc;

/// What a generated column holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Ty {
    Bool,
    /// Declared name and Arrow type.
    Int(&'static str, DataType),
    Float(&'static str, DataType),
    Decimal(u8, i8),
    Text,
    Enum,
    Date(DataType),
    Timestamp(&'static str, TimeUnit, Option<&'static str>),
    Duration(TimeUnit),
    Time(TimeUnit),
    Binary,
    /// Whether items may be null.
    IntList(bool),
    TextList,
    /// Fixed-size layout or plain list.
    Vector {
        fixed: bool,
    },
    Struct,
    Map,
}

/// Length of generated vectors.
pub const DIMS: usize = 3;
/// Values of generated enums.
pub const LEVELS: [&str; 3] = ["LOW", "MEDIUM", "HIGH"];

#[derive(Debug, Clone)]
pub struct Column {
    /// As the schema has it.
    pub name: String,
    pub ty: Ty,
    pub nullable: bool,
}

impl Column {
    /// The name as rules write it.
    pub fn written(&self) -> String {
        if self.name.contains(' ') { format!("`{}`", self.name) } else { self.name.clone() }
    }

    pub fn draw(at: usize, dice: &mut Dice) -> Self {
        let ty = draw_type(dice);
        let nullable = dice.one_in(2);
        let name = if dice.one_in(12) { format!("odd {at}") } else { format!("c{at}") };
        Self { name, ty, nullable }
    }

    pub fn declared(&self) -> String {
        let mark = if self.nullable { "?" } else { "" };
        format!("{}{mark}", self.ty.declared())
    }

    pub fn field(&self) -> Field {
        // Nullable in Arrow whatever is declared: `required` is for the rules to find out.
        Field::new(&self.name, self.array(&[], 0).data_type().clone(), true)
    }

    /// The cells of this column, one tape per row; the column reads its own part of each.
    pub fn array(&self, rows: &[Vec<u32>], at: usize) -> ArrayRef {
        let draws = |row: &Vec<u32>| -> Vec<u32> { row.iter().skip(at * DRAWS_A_CELL).take(DRAWS_A_CELL).copied().collect() };
        let tapes: Vec<Vec<u32>> = rows.iter().map(draws).collect();
        let dice = tapes.iter().map(|tape| if self.nullable { Dice::new(tape) } else { Dice::new(tape).with_few_nulls() });
        self.ty.array(&mut dice.collect::<Vec<_>>())
    }
}

/// Numbers of a row's tape that each column owns.
pub const DRAWS_A_CELL: usize = 6;

const INTS: [(&str, DataType); 12] = [
    ("int64", DataType::Int64),
    ("int8", DataType::Int8),
    ("int16", DataType::Int16),
    ("int32", DataType::Int32),
    ("uint8", DataType::UInt8),
    ("uint16", DataType::UInt16),
    ("uint32", DataType::UInt32),
    ("uint64", DataType::UInt64),
    ("int", DataType::UInt64),
    ("int", DataType::Int16),
    ("int64", DataType::Int32),
    ("int64", DataType::Int64),
];

const UNITS: [TimeUnit; 4] = [TimeUnit::Microsecond, TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Nanosecond];

fn draw_type(dice: &mut Dice) -> Ty {
    match dice.below(26) {
        0..=5 => {
            let (name, data) = dice.pick(&INTS).clone();
            Ty::Int(name, data)
        }
        6..=9 => draw_float(dice),
        10..=12 => Ty::Text,
        13 => Ty::Bool,
        14 => Ty::Enum,
        15 => dice.pick(&[Ty::Decimal(10, 2), Ty::Decimal(38, 0), Ty::Decimal(38, 6), Ty::Decimal(5, 5)]).clone(),
        16 => Ty::Date(dice.pick(&[DataType::Date32, DataType::Date64]).clone()),
        17 | 18 => draw_timestamp(dice),
        19 => Ty::Duration(*dice.pick(&UNITS)),
        20 => dice.pick(&[Ty::IntList(false), Ty::IntList(true)]).clone(),
        21 => Ty::TextList,
        22 => dice.pick(&[Ty::Vector { fixed: true }, Ty::Vector { fixed: false }]).clone(),
        23 => Ty::Struct,
        24 => Ty::Map,
        _ => dice.pick(&[Ty::Binary, Ty::Time(TimeUnit::Microsecond), Ty::Time(TimeUnit::Second)]).clone(),
    }
}

fn draw_float(dice: &mut Dice) -> Ty {
    let floats = [("float64", DataType::Float64), ("float32", DataType::Float32), ("float", DataType::Float64)];
    let (name, data) = dice.pick(&floats).clone();
    Ty::Float(name, data)
}

fn draw_timestamp(dice: &mut Dice) -> Ty {
    let unit = *dice.pick(&UNITS);
    match dice.below(4) {
        0 => Ty::Timestamp("timestamp", unit, Some("UTC")),
        1 => Ty::Timestamp("timestamp", unit, None),
        2 => Ty::Timestamp("timestamp", unit, Some("Europe/Zurich")),
        _ => Ty::Timestamp("timestamp(\"UTC\")", unit, Some("UTC")),
    }
}

impl Ty {
    pub fn declared(&self) -> String {
        match self {
            Self::Bool => "bool".into(),
            Self::Int(name, _) | Self::Float(name, _) | Self::Timestamp(name, _, _) => (*name).into(),
            Self::Decimal(precision, scale) => format!("decimal({precision}, {scale})"),
            Self::Text => "string".into(),
            Self::Enum => format!("enum({})", LEVELS.map(|level| format!("\"{level}\"")).join(", ")),
            Self::Date(_) => "date".into(),
            Self::Duration(_) => "duration".into(),
            Self::Time(_) => "time".into(),
            Self::Binary => "binary".into(),
            Self::IntList(nullable) => format!("list<int64{}>", if *nullable { "?" } else { "" }),
            Self::TextList => "list<string>".into(),
            Self::Vector { .. } => format!("vector<float32, {DIMS}>"),
            Self::Struct => "struct { x: int64? between -5 and 100, y: string length <= 3 }".into(),
            Self::Map => "map<string, int64?>".into(),
        }
    }

    fn array(&self, dice: &mut [Dice]) -> ArrayRef {
        match self {
            Self::Bool => Arc::new(cells(dice, |dice| dice.one_in(2)).into_iter().collect::<BooleanArray>()),
            Self::Int(_, data) => int_array(data, dice),
            Self::Float(_, DataType::Float32) => Arc::new(cells(dice, |dice| float(dice) as f32).into_iter().collect::<Float32Array>()),
            Self::Float(_, _) => Arc::new(cells(dice, float).into_iter().collect::<Float64Array>()),
            Self::Decimal(precision, scale) => decimal_array(*precision, *scale, dice),
            Self::Text => Arc::new(StringArray::from(cells(dice, text))),
            Self::Enum => Arc::new(StringArray::from(cells(dice, level))),
            Self::Binary => {
                let bytes = cells(dice, |dice| text(dice).into_bytes());
                Arc::new(BinaryArray::from(bytes.iter().map(|cell| cell.as_deref()).collect::<Vec<_>>()))
            }
            Self::IntList(_) => Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(cells(dice, int_items))),
            Self::TextList => text_lists(dice),
            Self::Vector { fixed: true } => {
                Arc::new(FixedSizeListArray::from_iter_primitive::<Float32Type, _, _>(cells(dice, |dice| vector(dice, DIMS)), DIMS as i32))
            }
            Self::Vector { fixed: false } => Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(cells(dice, |dice| {
                let length = if dice.one_in(8) { dice.below(5) } else { DIMS };
                vector(dice, length)
            }))),
            Self::Struct => structs(dice),
            Self::Map => maps(dice),
            _ => self.time_array(dice),
        }
    }

    fn time_array(&self, dice: &mut [Dice]) -> ArrayRef {
        use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
        match self {
            Self::Date(DataType::Date32) => Arc::new(primitive::<Date32Type>(dice, |dice| day(dice) as i32)),
            Self::Date(_) => Arc::new(primitive::<Date64Type>(dice, |dice| day(dice) * 86_400_000)),
            Self::Time(Second) => Arc::new(primitive::<Time32SecondType>(dice, |dice| dice.below(86_400) as i32)),
            Self::Time(_) => Arc::new(primitive::<Time64MicrosecondType>(dice, |dice| dice.below(86_400) as i64 * 999_983)),
            Self::Duration(Second) => Arc::new(primitive::<DurationSecondType>(dice, span)),
            Self::Duration(Millisecond) => Arc::new(primitive::<DurationMillisecondType>(dice, span)),
            Self::Duration(Microsecond) => Arc::new(primitive::<DurationMicrosecondType>(dice, span)),
            Self::Duration(Nanosecond) => Arc::new(primitive::<DurationNanosecondType>(dice, span)),
            Self::Timestamp(_, Second, zone) => zoned::<TimestampSecondType>(dice, 1, *zone),
            Self::Timestamp(_, Millisecond, zone) => zoned::<TimestampMillisecondType>(dice, 1_000, *zone),
            Self::Timestamp(_, Microsecond, zone) => zoned::<TimestampMicrosecondType>(dice, 1_000_000, *zone),
            Self::Timestamp(_, Nanosecond, zone) => zoned::<TimestampNanosecondType>(dice, 1_000_000_000, *zone),
            other => unreachable!("{other:?} is no time"),
        }
    }
}

/// One cell per row, some of them null.
fn cells<T>(dice: &mut [Dice], draw: impl Fn(&mut Dice) -> T) -> Vec<Option<T>> {
    let cell = |dice: &mut Dice| if dice.null() { None } else { Some(draw(dice)) };
    dice.iter_mut().map(cell).collect()
}

fn primitive<T: ArrowPrimitiveType>(dice: &mut [Dice], draw: impl Fn(&mut Dice) -> T::Native) -> PrimitiveArray<T> {
    cells(dice, draw).into_iter().collect()
}

/// The ends of the type, the neighbourhood of 2⁵³, and small numbers that meet each other.
fn int(dice: &mut Dice, low: i128, high: i128) -> i128 {
    let interesting = [1, 0, 2, -1, 10, 100, low, high, low + 1, high - 1, 1 << 53, (1 << 53) + 1, 7, -7, 50, 3];
    let drawn = if dice.one_in(2) { dice.below(40) as i128 - 10 } else { *dice.pick(&interesting) };
    if (low..=high).contains(&drawn) { drawn } else { 5 }
}

fn int_array(data: &DataType, dice: &mut [Dice]) -> ArrayRef {
    macro_rules! of {
        ($arrow:ty, $native:ty) => {
            Arc::new(primitive::<$arrow>(dice, |dice| int(dice, <$native>::MIN.into(), <$native>::MAX.into()) as $native))
        };
    }
    match data {
        DataType::Int8 => of!(Int8Type, i8),
        DataType::Int16 => of!(Int16Type, i16),
        DataType::Int32 => of!(Int32Type, i32),
        DataType::UInt8 => of!(UInt8Type, u8),
        DataType::UInt16 => of!(UInt16Type, u16),
        DataType::UInt32 => of!(UInt32Type, u32),
        DataType::UInt64 => of!(UInt64Type, u64),
        _ => of!(Int64Type, i64),
    }
}

fn float(dice: &mut Dice) -> f64 {
    let two_53 = 9_007_199_254_740_992.0;
    let interesting = [
        1.0,
        0.0,
        -0.0,
        0.5,
        -1.5,
        0.1,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        two_53,
        two_53 + 2.0,
        -two_53,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        50.0,
        100.0,
        1e-3,
        -f64::NAN,
    ];
    if dice.one_in(2) { (dice.below(1_600) as f64 - 400.0) / 8.0 } else { *dice.pick(&interesting) }
}

fn decimal_array(precision: u8, scale: i8, dice: &mut [Dice]) -> ArrayRef {
    let end = 10i128.pow(precision.into()) - 1;
    let draw = |dice: &mut Dice| {
        let drawn = if dice.one_in(2) { dice.below(20_000) as i128 - 5_000 } else { *dice.pick(&[100, 0, 1, -1, end, -end, 50, 12_345]) };
        drawn.clamp(-end, end)
    };
    let array = primitive::<Decimal128Type>(dice, draw).with_precision_and_scale(precision, scale);
    Arc::new(array.expect("values fit the precision"))
}

/// Empty, blank, multi-byte, around the bounds rules use, longer than a view holds inline.
pub const TEXTS: [&str; 32] = [
    "a",
    "",
    "b",
    "ab",
    "abc",
    "abcd",
    "abcde",
    "é",
    "日本",
    "😀x",
    " a ",
    "A",
    "0xff",
    "0x1",
    "a%b",
    "a_b",
    "LOW",
    "abcdefghijkl",
    "abcdefghijklm",
    "日本語日本語日本語日本語日",
    "e\u{301}",
    "550e8400-e29b-41d4-a716-446655440000",
    "192.168.0.1",
    "a@b.co",
    "4111111111111111",
    "12",
    "-7",
    "300",
    "one two  three",
    "x\ny",
    "ẞß",
    "a,b,,c",
];

fn text(dice: &mut Dice) -> String {
    dice.word(&TEXTS).to_owned()
}

fn level(dice: &mut Dice) -> String {
    if dice.one_in(6) { text(dice) } else { dice.word(&LEVELS).to_owned() }
}

fn day(dice: &mut Dice) -> i64 {
    let interesting = [20_000, 0, -1, 1, 11_016, 19_782, i64::from(i32::MAX), i64::from(i32::MIN), -719_468];
    if dice.one_in(2) { 20_400 + dice.below(400) as i64 } else { *dice.pick(&interesting) }
}

/// Around the pinned clock, and the ends of the unit.
fn zoned<T: ArrowTimestampType>(dice: &mut [Dice], per_second: i64, zone: Option<&'static str>) -> ArrayRef {
    let draw = |dice: &mut Dice| match dice.below(8) {
        0 => 1_700_000_000 * per_second,
        1 => -1,
        2 => *dice.pick(&[0, i64::MAX, i64::MIN, 1]),
        _ => (1_764_000_000 + dice.below(200) as i64 * 43_200) * per_second,
    };
    let array: PrimitiveArray<T> = primitive(dice, draw);
    Arc::new(array.with_timezone_opt(zone))
}

fn span(dice: &mut Dice) -> i64 {
    if dice.one_in(2) { dice.below(200_000) as i64 } else { *dice.pick(&[60, 0, -1, 86_400, 86_400_000, 3_600_000_000]) }
}

fn int_items(dice: &mut Dice) -> Vec<Option<i64>> {
    let count = dice.below(4);
    (0..count).map(|_| if dice.one_in(9) { None } else { Some(dice.below(12) as i64 - 2) }).collect()
}

fn text_lists(dice: &mut [Dice]) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for cell in cells(dice, |dice| (0..dice.below(4)).map(|_| text(dice)).collect::<Vec<_>>()) {
        builder.append_option(cell.map(|items| items.into_iter().map(Some).collect::<Vec<_>>()));
    }
    Arc::new(builder.finish())
}

/// Small eighths: their squares and sums are exact, so any order of addition gives one norm.
fn vector(dice: &mut Dice, length: usize) -> Vec<Option<f32>> {
    let hole = dice.one_in(12);
    let item = |dice: &mut Dice| dice.below(33) as f32 / 8.0 - 2.0;
    (0..length).map(|at| if hole && at == 1 { None } else { Some(item(dice)) }).collect()
}

fn structs(dice: &mut [Dice]) -> ArrayRef {
    let present: Vec<bool> = dice.iter_mut().map(|dice| !dice.null()).collect();
    let x: ArrayRef = Arc::new(primitive::<Int64Type>(dice, |dice| dice.below(130) as i64 - 10));
    let y: ArrayRef = Arc::new(StringArray::from(cells(dice, text)));
    let fields = vec![Field::new("x", DataType::Int64, true), Field::new("y", DataType::Utf8, true)];
    Arc::new(StructArray::new(fields.into(), vec![x, y], Some(present.into())))
}

fn maps(dice: &mut [Dice]) -> ArrayRef {
    let mut builder = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    for cell in cells(dice, |dice| (dice.below(3), dice.below(20) as i64)) {
        let keys = ["k", "j"].into_iter().take(cell.map_or(0, |(count, _)| count));
        keys.for_each(|key| {
            builder.keys().append_value(key);
            builder.values().append_option(cell.map(|(_, value)| value).filter(|value| *value > 0));
        });
        builder.append(cell.is_some()).expect("keys and values are as many");
    }
    Arc::new(builder.finish())
}

//! Types that there are, and types that there are not.

use std::io::Cursor;
use std::sync::{Arc, Mutex};

use arrow::datatypes::{DataType, Field, Fields, IntervalUnit, Schema, TimeUnit, UnionFields, UnionMode};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;

use super::*;
use crate::scan::{guarded, is_guarded};

/// What is said of a stream with one column.
fn told(column: Vec<Slot>) -> PreflightError {
    let stream = message(1, schema_of(vec![column], 0), &[]);
    // Each of them is one that the reader panics on, or takes for something else.
    read(&stream).expect_err("it is refused")
}

#[test]
fn types_that_arrow_does_not_have_are_refused_with_field_and_cure() {
    let about = |code, slots| field_of(code, Slot::Table(slots), vec![]);
    let keyed = |slots| {
        let dictionary = Slot::Table(vec![Slot::Absent, slots]);
        vec![Slot::Vector(1, b"a".to_vec()), Slot::Absent, Slot::Inline(vec![5]), Slot::Absent, dictionary]
    };
    let union = |mode, ids: &[i32]| {
        let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
        field_of(14, Slot::Table(vec![i16_slot(mode), Slot::Vector(ids.len(), bytes)]), vec![field(2, vec![]), field(5, vec![])])
    };
    let runs = |ends| field_of(22, Slot::Absent, vec![ends, field(5, vec![])]);
    for (column, what) in [
        (about(2, int(7)), "integers of 7 bits; write it with 8, 16, 32 or 64"),
        (about(2, int(24)), "integers of 24 bits"),
        (about(2, int(-8)), "integers of -8 bits"),
        (about(3, vec![i16_slot(3)]), "floats of the unknown precision 3; write it as float16, float32 or float64"),
        (about(7, vec![i32_slot(5), i32_slot(2), i32_slot(96)]), "decimals of 96 bits"),
        (about(7, vec![i32_slot(39), i32_slot(2)]), "decimals of 39 digits, where 128 bits hold 1 to 38"),
        (about(7, vec![i32_slot(-1), i32_slot(2)]), "decimals of -1 digits"),
        (about(7, vec![i32_slot(5), i32_slot(300)]), "the scale 300"),
        (about(8, vec![i16_slot(2)]), "dates of the unknown unit 2; write it as date32 or date64"),
        (about(9, vec![i16_slot(2), i32_slot(32)]), "times of 32 bits in the unit 2"),
        (about(9, vec![i16_slot(9), i32_slot(64)]), "times of 64 bits in the unit 9"),
        (about(10, vec![i16_slot(4)]), "timestamps of the unknown unit 4; write it as seconds"),
        (about(11, vec![i16_slot(3)]), "intervals of the unknown unit 3"),
        (about(15, vec![i32_slot(-4)]), "values of -4 bytes"),
        (about(18, vec![i16_slot(-1)]), "durations of the unknown unit -1"),
        (field(12, vec![]), "items in 0 fields, not in one"),
        (field(21, vec![field(2, vec![]), field(2, vec![])]), "items in 2 fields"),
        (field_of(16, Slot::Table(vec![i32_slot(-2)]), vec![field(2, vec![])]), "lists of -2 items"),
        (union(2, &[0, 1]), "union of the unknown mode 2"),
        (union(0, &[0, 0]), "member 0 is none, or there twice"),
        (union(0, &[0, 128]), "member 128 is none"),
        (union(1, &[0]), "2 members with 1 ids"),
        (runs(field(5, vec![])), "ends of runs that are not int16, int32 or int64"),
        (runs(about(2, int(8))), "ends of runs"),
        (field(0, vec![]), "unknown type 0"),
        (field(27, vec![]), "unknown type 27"),
        (field_of(2, Slot::Absent, vec![]), "does not say the parameters of its type"),
        (keyed(Slot::Table(int(24))), "dictionary keys of 24 bits; write it with 8, 16, 32 or 64"),
        (keyed(Slot::Absent), "the type of its dictionary's keys; write it with keys of int32"),
    ] {
        let error = told(column);
        assert!(error.what.starts_with("column `a` ") && error.what.contains(what), "{error}");
    }
}

#[test]
fn a_schema_that_lists_no_fields_is_refused() {
    assert!(read(&message(1, vec![i16_slot(0)], &[])).unwrap_err().what.contains("does not list its fields"));
}

#[test]
fn a_field_within_others_is_named_by_its_path_and_in_files_too() {
    let odd = || field(13, vec![field_of(12, Slot::Absent, vec![field_of(2, Slot::Table(int(24)), vec![])])]);
    assert!(told(odd()).what.starts_with("column `a.a.a` has integers"));
    let footer = vec![i16_slot(4), Slot::Table(schema_of(vec![odd()], 0))];
    let error = read(&file(&[], footer)).unwrap_err();
    assert!(error.what.starts_with("column `a.a.a` has integers"), "{error}");
}

/// A schema with every type that there is.
fn every_type() -> Schema {
    let int = |name: &str| Arc::new(Field::new(name, DataType::Int32, true));
    let unit = [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond];
    let mut types = vec![
        DataType::Null,
        DataType::Boolean,
        DataType::Int8,
        DataType::UInt16,
        DataType::Int64,
        DataType::Float16,
        DataType::Float64,
        DataType::Decimal32(9, 2),
        DataType::Decimal128(38, -3),
        DataType::Decimal256(76, 0),
        DataType::Date32,
        DataType::Date64,
        DataType::Time32(TimeUnit::Second),
        DataType::Time64(TimeUnit::Nanosecond),
        DataType::Interval(IntervalUnit::YearMonth),
        DataType::Interval(IntervalUnit::MonthDayNano),
        DataType::Utf8,
        DataType::LargeUtf8,
        DataType::Utf8View,
        DataType::Binary,
        DataType::FixedSizeBinary(3),
        DataType::List(int("item")),
        DataType::LargeList(int("item")),
        DataType::ListView(int("item")),
        DataType::FixedSizeList(int("item"), 2),
        DataType::Struct(Fields::from(vec![int("x"), int("y")])),
        DataType::Dictionary(Box::new(DataType::UInt8), Box::new(DataType::Utf8)),
        DataType::RunEndEncoded(Arc::new(Field::new("run_ends", DataType::Int16, false)), int("values")),
        DataType::Union(UnionFields::try_new([3, 5], [int("x"), int("y")]).unwrap(), UnionMode::Dense),
    ];
    types.extend(unit.map(|unit| DataType::Timestamp(unit, Some("UTC".into()))));
    types.extend(unit.map(DataType::Duration));
    let entries = Fields::from(vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Int32, true)]);
    types.push(DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries), false)), false));
    Schema::new(types.into_iter().enumerate().map(|(at, data_type)| Field::new(format!("c{at}"), data_type, true)).collect::<Vec<_>>())
}

fn written(schema: &Schema) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), schema).unwrap();
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn every_type_of_arrow_passes() {
    assert_eq!(read(&written(&every_type())), Ok(IpcFacts { kind: IpcKind::Stream, batches: 0, rows: 0 }));
}

/// Schemas that pass are schemas that the reader makes something of, or gives an error for: it does not panic.
#[test]
fn no_schema_that_passes_makes_the_reader_panic() {
    static LAST: Mutex<String> = Mutex::new(String::new());
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if is_guarded() {
            *LAST.lock().unwrap() = info.to_string();
        } else {
            default(info);
        }
    }));
    let sound = written(&every_type());
    let mut passed = 0;
    for at in 0..sound.len() {
        for change in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
            let mut bytes = sound.clone();
            bytes[at] ^= change;
            if read(&bytes).is_ok() {
                passed += 1;
                let opened = guarded(|| StreamReader::try_new(Cursor::new(&bytes), None).map(drop));
                assert!(opened.is_ok(), "byte {at} of {}, changed by {change}: {}", sound.len(), LAST.lock().unwrap());
            }
        }
    }
    assert!(passed > sound.len(), "{passed}");
}

//! Values, whatever the layout of the column, and nothing of rows that fail.

use super::*;
use std::sync::Arc;

use arrow::array::cast::AsArray;
use arrow::array::types::{
    Date32Type, Decimal128Type, DurationNanosecondType, Float64Type, Int8Type, Int32Type, Int64Type, Time64NanosecondType,
    TimestampMicrosecondType, UInt64Type,
};
use arrow::array::{DictionaryArray, Int32Array, LargeStringArray, StringViewArray};
use arrow::datatypes::DataType;
use serde_json::{Value, json};

/// A cell as JSON; what JSON has no kind for as its number.
pub(super) fn cell(array: &dyn Array, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Boolean => json!(array.as_boolean().value(row)),
        DataType::Int64 => json!(array.as_primitive::<Int64Type>().value(row)),
        DataType::UInt64 => json!(array.as_primitive::<UInt64Type>().value(row)),
        DataType::Float64 => json!(array.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(..) => json!(array.as_primitive::<Decimal128Type>().value_as_string(row)),
        DataType::Utf8View => json!(array.as_string_view().value(row)),
        DataType::BinaryView => json!(array.as_binary_view().value(row)),
        DataType::Date32 => json!(array.as_primitive::<Date32Type>().value(row)),
        DataType::Time64(_) => json!(array.as_primitive::<Time64NanosecondType>().value(row)),
        DataType::Timestamp(..) => json!(array.as_primitive::<TimestampMicrosecondType>().value(row)),
        DataType::Duration(_) => json!(array.as_primitive::<DurationNanosecondType>().value(row)),
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            (0..items.len()).map(|item| cell(&items, item)).collect()
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            (0..entries.len())
                .map(|entry| (cell(entries.column(0), entry).as_str().unwrap().to_owned(), cell(entries.column(1), entry)))
                .collect()
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            fields.iter().zip(columns).map(|(field, column)| (field.name().clone(), cell(column, row))).collect()
        }
        other => panic!("{other}"),
    }
}

/// The value that one text gives for a kind.
fn value(kind: Kind, text: &str) -> Value {
    let shape = Shape::new(vec![member("m", kind)]);
    let reading = read_one(&shape, &format!("{{\"m\":{text}}}"));
    assert_eq!((reading.parse[0], state(&reading, "m", 0)), (Reason::Read, State::Present), "{text}");
    cell(&reading.columns[0], 0)
}

#[test]
fn numbers_are_exact() {
    for text in [
        "0",
        "-0",
        "0.1",
        "-0.65",
        "1e22",
        "1e23",
        "123456789012345",
        "9007199254740993",
        "0.1e-6",
        "1E5",
        "5e-324",
        "2.2250738585072011e-308",
        "1.7976931348623157e308",
        "1e-400",
        "3.14159265358979323846264338327950288",
        "100000000000000000000000",
        "18446744073709551616",
        "1e000000000022",
        "0e999999999999999999999",
    ] {
        let shape = Shape::new(vec![member("m", Kind::Float)]);
        let reading = read_one(&shape, &format!("{{\"m\": {text}}}"));
        let read = reading.columns[0].as_primitive::<Float64Type>().value(0);
        assert_eq!(read.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
    }
    for (text, int) in [
        ("1.0", 1),
        ("1e2", 100),
        ("-0", 0),
        ("-0.0", 0),
        ("120e-1", 12),
        ("9223372036854775807", i64::MAX),
        ("-9223372036854775808", i64::MIN),
        ("9007199254740993", 9_007_199_254_740_993),
        ("0.9223372036854775807e19", i64::MAX),
        ("1000000000000000000000e-3", 1_000_000_000_000_000_000),
        ("0e99999999999999999999", 0),
        ("5.00000000000000000000000000000000000000000000", 5),
    ] {
        assert_eq!(value(INT, text), json!(int), "{text}");
    }
    assert_eq!(value(Kind::Int { min: 0, max: u64::MAX.into() }, "18446744073709551615"), json!(u64::MAX));
    for (text, decimal) in
        [("1.5", "1.50"), ("99.99", "99.99"), ("-0.01", "-0.01"), ("1e1", "10.00"), ("0.1200e1", "1.20"), ("0", "0.00"), ("7", "7.00")]
    {
        assert_eq!(value(Kind::Decimal(4, 2), text), json!(decimal), "{text}");
    }
    assert_eq!(value(Kind::Decimal(38, 0), &"9".repeat(38)), json!("9".repeat(38)));
}

#[test]
fn texts_of_time_and_bytes_are_read() {
    assert_eq!(value(Kind::Date, "\"1970-01-02\""), json!(1));
    assert_eq!(value(Kind::Date, "\"1970\\u002d01-02\""), json!(1));
    assert_eq!(value(Kind::Date, "\"9999-12-31\""), json!(2_932_896));
    assert_eq!(value(Kind::Time, "\"00:00:01.5\""), json!(1_500_000_000_i64));
    assert_eq!(value(Kind::Timestamp, "\"1970-01-01T02:00:00.000001+02:00\""), json!(1));
    assert_eq!(value(Kind::Timestamp, "\"1970-01-01T00:00:01\""), json!(1_000_000));
    assert_eq!(value(Kind::Timestamp, "\"9999-12-31T23:59:59Z\""), json!(253_402_300_799_000_000_i64));
    assert_eq!(value(Kind::LocalTimestamp, "\"1970-01-01T00:00:01\""), json!(1_000_000));
    for (text, nanos) in [
        ("P1D", 86_400_000_000_000_i64),
        ("PT1.5S", 1_500_000_000),
        ("-PT2H30M", -9_000_000_000_000),
        ("P2W", 1_209_600_000_000_000),
        ("P1DT0.000000001S", 86_400_000_000_001),
    ] {
        assert_eq!(value(Kind::Duration, &format!("\"{text}\"")), json!(nanos), "{text}");
    }
    assert_eq!(value(Kind::Binary, "\"aGVsbG8gdGhlcmUsIHdvcmxk\""), json!(b"hello there, world"));
    assert_eq!(value(Kind::Binary, "\"YWI=\""), json!(b"ab"));
    assert_eq!(value(Kind::Binary, "\"\\u0059Q==\""), json!(b"a"));
    assert_eq!(value(Kind::Binary, "\"\""), json!(b""));
}

#[test]
fn strings_keep_every_character() {
    for text in [
        "",
        "plain",
        "exactly 12 by",
        "twelve bytes",
        "more than twelve bytes",
        "é😀\u{0}\u{7f}",
        "a\"b\\c/d\u{8}\u{c}\n\r\t",
        "ends with \\",
        "\u{2028}\u{feff}",
    ] {
        let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        for written in [
            serde_json::to_string(text).unwrap(),
            format!("\"{escaped}\""),
            format!("\"{}\"", escaped.to_uppercase().replace("\\U", "\\u")),
        ] {
            assert_eq!(value(Kind::String, &written), json!(text), "{written}");
            assert_eq!(value(Kind::Map(item(Kind::String)), &format!("{{{written}: {written}}}")), json!({text: text}));
        }
    }
    assert_eq!(value(Kind::String, "\"a\\/b\""), json!("a/b"));
}

#[test]
fn strings_without_escapes_are_not_copied() {
    let text = r#"{"sentiment": "a string beyond twelve bytes", "narrative_summary": "one\nwith an escape in it"}"#;
    let array = StringArray::from(vec![text]);
    let shape = narrative();
    let reading = read_array(&shape, &array, 0..1, &options());
    let sentiment = reading.columns[0].as_string_view();
    assert_eq!(sentiment.data_buffers()[0].as_ptr(), array.values().as_ptr());
    assert_eq!(sentiment.value(0).as_ptr(), array.value(0)[15..].as_ptr());
    assert_eq!(sentiment.data_buffers().last().unwrap().as_slice(), b"one\nwith an escape in it");
}

/// Rows of all kinds, broken ones between good ones.
fn rows() -> Vec<Option<String>> {
    let good = |number: usize| {
        format!(
            "{{\"count\": {number}, \"sentiment\": \"sentiment number {number}\", \"sentiment_score\": -{number}.5, \"unknown\": [{{}}], \
             \"key_themes\": [\"{number}\", \"a theme \\\"quoted\\\" {number}\"], \"narrative_summary\": \"sum\\tmary of more than twelve bytes {number}\"}}"
        )
    };
    (0..200)
        .map(|number| match number % 9 {
            0 => None,
            1 => Some(good(number).replace("\"key_themes\": [", "\"key_themes\": [\"x\", ")),
            2 => Some(good(number)[..60 + number % 60].to_owned()),
            3 => Some(format!("```json\n{}\n```", good(number))),
            4 => Some(serde_json::to_string(&good(number)).unwrap()),
            5 => Some(good(number).replace("\"count\"", "\"sentiment\"")),
            6 => Some(good(number).replace("-", "\"x\", \"y\": ")),
            7 => Some("{}".to_owned()),
            _ => Some(good(number)),
        })
        .collect()
}

#[test]
fn every_layout_and_slice_reads_the_same() {
    let texts = rows();
    let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
    let shape = narrative();
    let keys: Int32Array = (0..200).map(|row: i32| if row % 9 == 0 && row % 2 == 0 { None } else { Some(199 - row) }).collect();
    let reversed: Vec<Option<&str>> = texts.iter().rev().copied().collect();
    let layouts: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(texts.clone())),
        Arc::new(LargeStringArray::from(texts.clone())),
        Arc::new(StringViewArray::from(texts.clone())),
        Arc::new(DictionaryArray::<Int32Type>::new(keys.clone(), Arc::new(StringArray::from(reversed.clone())))),
        Arc::new(DictionaryArray::<Int32Type>::new(keys, Arc::new(StringViewArray::from(reversed)))),
    ];
    for lenient in [false, true] {
        let options = Options { lenient, closed: true, ..options() };
        let whole = read_array(&shape, &layouts[0], 0..200, &options);
        assert!(whole.parse.iter().any(|reason| *reason == Reason::DuplicateKey) && whole.recovered.len() > 20);
        let json = as_json(&shape, &whole.columns);
        for layout in &layouts {
            for range in [0..200, 0..0, 17..18, 50..123, 199..200] {
                for array in [layout.clone(), layout.slice(range.start, range.len())] {
                    let own = if array.len() == 200 { range.clone() } else { 0..range.len() };
                    let reading = read_array(&shape, &array, own, &options);
                    assert_eq!(reading.parse, whole.parse[range.clone()]);
                    assert_eq!(as_json(&shape, &reading.columns), json[range.clone()]);
                    for (part, all) in reading.members.iter().zip(&whole.members) {
                        let state = |states: &[State], row: usize, reason: Reason| match states.get(row) {
                            Some(state) => *state,
                            None if reason == Reason::Read => State::Present,
                            None => State::NotRead,
                        };
                        for (row, reason) in range.clone().zip(&reading.parse) {
                            assert_eq!(state(&part.states, row - range.start, *reason), state(&all.states, row, *reason));
                        }
                    }
                    let within = |row: &u32| range.contains(&(*row as usize));
                    assert_eq!(reading.recovered.len(), whole.recovered.iter().filter(|(row, _)| within(row)).count());
                    assert_eq!(reading.extra.len(), whole.extra.iter().filter(|(row, _)| within(row)).count());
                }
            }
        }
    }
}

#[test]
fn rows_that_fail_leave_nothing_in_the_columns() {
    let shape = Shape::new(vec![
        member("l", Kind::List(item(Kind::List(item(Kind::String))))),
        member("m", Kind::Map(item(Kind::Struct(Shape::new(vec![member("x", Kind::List(item(INT)))]))))),
        member("s", Kind::Struct(Shape::new(vec![member("t", Kind::String)]))),
    ]);
    let good = r#"{"l": [["a"], ["\u0062 and some more of it"]], "m": {"k": {"x": [1, 2]}}, "s": {"t": "t"}}"#;
    let mut texts = Vec::new();
    for end in 0..good.len() {
        texts.push(Some(&good[..end]));
        texts.push(Some(good));
    }
    let reading = read_all(&shape, &texts, &options());
    assert_eq!(reading.broken.len(), good.len());
    let lists = reading.columns[0].as_list::<i32>();
    assert_eq!((lists.values().len(), lists.values().as_list::<i32>().values().len()), (2 * good.len(), 2 * good.len()));
    let maps = reading.columns[1].as_map();
    assert_eq!(maps.entries().len(), good.len());
    let expected: Value = serde_json::from_str(good).unwrap();
    for (row, json) in as_json(&shape, &reading.columns).iter().enumerate() {
        assert_eq!(*json, if row % 2 == 1 { expected.clone() } else { json!({"l": null, "m": null, "s": null}) });
    }
    let strings = lists.values().as_list::<i32>().values().as_string_view().data_buffers().last().unwrap().len();
    assert_eq!(strings, good.len() * "b and some more of it".len());
}

#[test]
fn values_that_are_not_wanted_are_checked_all_the_same() {
    let unwanted = |name: &str, kind: Kind| Member { wanted: false, ..member(name, kind) };
    let shape = Shape::new(vec![
        unwanted("a", Kind::List(item(INT))),
        member("s", Kind::Struct(Shape::new(vec![unwanted("b", Kind::String), member("c", Kind::String)]))),
    ]);
    let reading =
        read_all(&shape, &[Some(r#"{"a": [1], "s": {"b": "b", "c": "c"}}"#), Some(r#"{"a": ["x"], "s": {"b": 1, "c": "c"}}"#)], &options());
    assert_eq!(
        (state(&reading, "a", 1), state(&reading, "s.b", 1), state(&reading, "s.b", 0)),
        (State::OtherType, State::OtherType, State::Present)
    );
    assert_eq!(
        as_json(&shape, &reading.columns),
        [json!({"a": null, "s": {"b": null, "c": "c"}}), json!({"a": null, "s": {"b": null, "c": "c"}})]
    );
}

#[test]
fn odd_names_of_members_are_found() {
    let names = ["", "with \"quotes\"", "back\\slash", "line\nbreak", "é😀", "a", "ab", "dot.ted"];
    let shape = Shape::new(names.iter().map(|name| member(name, INT)).collect());
    let object: serde_json::Map<String, Value> =
        names.iter().enumerate().map(|(number, name)| ((*name).to_owned(), json!(number))).collect();
    let text = serde_json::to_string(&object).unwrap();
    let escaped = format!(
        "{{{}}}",
        names
            .iter()
            .enumerate()
            .map(|(number, name)| {
                let name: String = name.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
                format!("\"{name}\":{number}")
            })
            .collect::<Vec<_>>()
            .join(",")
    );
    let reading = read_all(&shape, &[Some(&text), Some(&escaped)], &options());
    assert_eq!(as_json(&shape, &reading.columns), [Value::Object(object.clone()), Value::Object(object)]);
}

#[test]
fn shapes_without_members_and_columns_without_texts() {
    let empty = Shape::new(Vec::new());
    assert_eq!(read_all(&empty, &[Some("{}"), Some("{")], &options()).parse, [Reason::Read, Reason::Truncated]);
    let shape = Shape::new(vec![member("s", Kind::Struct(Shape::new(Vec::new())))]);
    let reading = read_all(&shape, &[Some("{\"s\": {}}"), Some("{}")], &options());
    assert_eq!(as_json(&shape, &reading.columns), [json!({"s": {}}), json!({"s": null})]);
    let numbers = arrow::array::Int64Array::from(vec![1]);
    assert!(matches!(read(&empty, &numbers, None, 0..1, &options()), Err(ReadError::NotText(DataType::Int64))));
    let texts = StringArray::from(vec!["{}"]);
    assert!(matches!(read(&empty, &texts, Some(&numbers), 0..1, &options()), Err(ReadError::NotText(_))));
    assert!(matches!(read(&empty, &texts, None, 0..2, &options()), Err(ReadError::NoSuchRows(_))));
    let none =
        DictionaryArray::<Int8Type>::new(arrow::array::Int8Array::from(vec![None; 3]), Arc::new(StringArray::from(Vec::<&str>::new())));
    assert_eq!(read_array(&shape, &none, 0..3, &options()).parse, [Reason::NullCell; 3]);
}

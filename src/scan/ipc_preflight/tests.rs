use super::*;
use std::fs::File;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrow::datatypes::{DataType, Field, Fields, IntervalUnit, Schema, TimeUnit, UnionFields, UnionMode};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;

use crate::scan::{guarded, is_guarded};

/// One slot of a table to be written.
#[derive(Clone)]
enum Slot {
    Absent,
    Inline(Vec<u8>),
    Table(Vec<Slot>),
    Tables(Vec<Vec<Slot>>),
    /// The number of elements, and their bytes.
    Vector(usize, Vec<u8>),
}

fn u32_of(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap().to_le_bytes()
}

fn u16_of(value: usize) -> [u8; 2] {
    u16::try_from(value).unwrap().to_le_bytes()
}

fn flatbuffer(root: &[Slot]) -> Vec<u8> {
    let mut out = vec![0; 4];
    let at = write_table(&mut out, root);
    out[..4].copy_from_slice(&u32_of(at));
    out
}

/// Writes slots, then the table, then what it refers to; where the table starts is the answer.
fn write_table(out: &mut Vec<u8>, slots: &[Slot]) -> usize {
    let vtable_len = 4 + 2 * slots.len();
    let (mut inline, mut listed, mut later) = (vec![0; 4], Vec::new(), Vec::new());
    for slot in slots {
        match slot {
            Slot::Absent => listed.push(0),
            Slot::Inline(bytes) => {
                listed.push(inline.len());
                inline.extend(bytes);
            }
            child => {
                listed.push(inline.len());
                later.push((inline.len(), child));
                inline.extend([0; 4]);
            }
        }
    }
    inline[..4].copy_from_slice(&u32_of(vtable_len));
    out.extend(u16_of(vtable_len));
    out.extend(u16_of(inline.len()));
    for at in listed {
        out.extend(u16_of(at));
    }
    let table = out.len();
    out.extend(inline);
    for (at, child) in later {
        let target = write_child(out, child);
        let place = table + at;
        out[place..place + 4].copy_from_slice(&u32_of(target - place));
    }
    table
}

fn write_child(out: &mut Vec<u8>, child: &Slot) -> usize {
    let start = out.len();
    match child {
        Slot::Table(slots) => return write_table(out, slots),
        Slot::Tables(tables) => {
            out.extend(u32_of(tables.len()));
            let first = out.len();
            out.extend(vec![0; 4 * tables.len()]);
            for (number, slots) in tables.iter().enumerate() {
                let place = first + 4 * number;
                let target = write_table(out, slots);
                out[place..place + 4].copy_from_slice(&u32_of(target - place));
            }
        }
        Slot::Vector(len, bytes) => {
            out.extend(u32_of(*len));
            out.extend(bytes);
        }
        Slot::Absent | Slot::Inline(_) => unreachable!("not stored apart"),
    }
    start
}

fn i64s(values: &[i64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn i16_slot(value: i16) -> Slot {
    Slot::Inline(value.to_le_bytes().to_vec())
}

/// Pairs of 64-bit numbers, as nodes and buffers are written.
fn pairs(values: &[i64]) -> Slot {
    Slot::Vector(values.len() / 2, i64s(values))
}

fn field(code: u8, children: Vec<Vec<Slot>>) -> Vec<Slot> {
    let about = if code == 2 { Slot::Table(int(64)) } else { Slot::Absent };
    field_of(code, about, children)
}

fn field_of(code: u8, about: Slot, children: Vec<Vec<Slot>>) -> Vec<Slot> {
    let children = if children.is_empty() { Slot::Absent } else { Slot::Tables(children) };
    let code = Slot::Inline(vec![code]);
    vec![Slot::Vector(1, b"a".to_vec()), Slot::Absent, code, about, Slot::Absent, children]
}

fn i32_slot(value: i32) -> Slot {
    Slot::Inline(value.to_le_bytes().to_vec())
}

/// The parameters of signed integers.
fn int(bits: i32) -> Vec<Slot> {
    vec![i32_slot(bits), Slot::Inline(vec![1])]
}

fn schema_of(fields: Vec<Vec<Slot>>, endianness: i16) -> Vec<Slot> {
    vec![i16_slot(endianness), Slot::Tables(fields)]
}

fn schema() -> Vec<Slot> {
    schema_of(vec![field(2, vec![])], 0)
}

fn batch(rows: i64, nodes: &[i64], buffers: &[i64]) -> Vec<Slot> {
    vec![Slot::Inline(i64s(&[rows])), pairs(nodes), pairs(buffers)]
}

fn message(kind: u8, header: Vec<Slot>, body: &[u8]) -> Vec<u8> {
    let length = i64::try_from(body.len()).unwrap();
    message_claiming(kind, header, body, length)
}

fn message_claiming(kind: u8, header: Vec<Slot>, body: &[u8], length: i64) -> Vec<u8> {
    let kind = Slot::Inline(vec![kind]);
    let length = Slot::Inline(i64s(&[length]));
    let metadata = flatbuffer(&[i16_slot(4), kind, Slot::Table(header), length]);
    let mut bytes = CONTINUATION.to_vec();
    bytes.extend(u32_of(metadata.len()));
    bytes.extend(metadata);
    bytes.extend(body);
    bytes
}

fn read(bytes: &[u8]) -> Result<IpcFacts> {
    check(&mut Cursor::new(bytes), &IpcLimits::default())
}

fn with_batch(header: Vec<Slot>, body: &[u8]) -> Result<IpcFacts> {
    read(&[message(1, schema(), &[]), message(3, header, body)].concat())
}

fn refused(header: Vec<Slot>, body: &[u8]) -> String {
    with_batch(header, body).unwrap_err().what
}

#[test]
fn a_sound_stream_passes_however_it_ends() {
    let sound = [
        message(1, schema(), &[]),
        message(3, batch(3, &[3, 1], &[0, 8, 8, 8]), &[0; 16]),
        message(3, batch(4, &[4, 0], &[0, 0, 0, 16]), &[0; 16]),
    ]
    .concat();
    let expected = IpcFacts { kind: IpcKind::Stream, batches: 2, rows: 7 };
    assert_eq!(read(&sound), Ok(expected.clone()));
    let mut marked = sound.clone();
    marked.extend([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    assert_eq!(read(&marked), Ok(expected));
    // Before format 0.15 the length came without a marker.
    let old = message(1, schema(), &[]).split_off(4);
    assert_eq!(read(&old).map(|facts| facts.batches), Ok(0));
}

#[test]
fn every_truncation_and_flip_ends() {
    let first = message(1, schema(), &[]);
    let body = message(3, batch(3, &[3, 1], &[0, 8, 8, 8]), &[0; 16]);
    let sound = [first.clone(), body].concat();
    for len in 0..sound.len() {
        let whole = len == first.len();
        assert_eq!(read(&sound[..len]).is_ok(), whole, "{len}");
    }
    for at in 0..sound.len() {
        for bit in 0..8 {
            let mut bytes = sound.clone();
            bytes[at] ^= 1 << bit;
            let _ = read(&bytes);
        }
    }
}

#[test]
fn big_endian_is_refused() {
    let fields = || vec![field(2, vec![])];
    let error = read(&message(1, schema_of(fields(), 1), &[])).unwrap_err();
    assert_eq!(error.kind, PreflightKind::Unsupported);
    assert!(error.what.contains("big-endian"));
    let footer = vec![i16_slot(4), Slot::Table(schema_of(fields(), 1))];
    assert!(read(&file(&[], footer)).unwrap_err().what.contains("big-endian"));
    assert!(read(&message(1, schema_of(fields(), 2), &[])).is_err());
}

#[test]
fn lengths_stay_inside_the_bytes() {
    assert!(refused(batch(3, &[3, 0], &[0, 8, 9, 8]), &[0; 16]).contains("outside its body"));
    assert!(refused(batch(3, &[3, 0], &[-1, 8]), &[0; 16]).contains("negative"));
    assert!(refused(batch(3, &[3, 0], &[i64::MAX, i64::MAX]), &[0; 16]).contains("outside"));
    let huge = message_claiming(3, batch(0, &[], &[]), &[], 1 << 60);
    let stream = [message(1, schema(), &[]), huge].concat();
    assert!(read(&stream).unwrap_err().what.contains("claims a body"));
    let negative = message_claiming(1, schema(), &[], -1);
    assert!(read(&negative).unwrap_err().what.contains("negative"));
    assert!(read(&[0xff, 0xff, 0xff, 0x7f, 0, 0]).is_err());
    assert!(read(&[0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff]).is_err());
}

#[test]
fn nulls_and_rows_are_counts() {
    assert!(refused(batch(3, &[3, 4], &[]), &[]).contains("4 nulls among 3 values"));
    assert!(refused(batch(3, &[3, -1], &[]), &[]).contains("null count"));
    assert!(refused(batch(-1, &[], &[]), &[]).contains("negative"));
    assert!(refused(batch(1 << 40, &[], &[]), &[]).contains("number of rows"));
}

#[test]
fn compressed_buffers_state_plausible_lengths() {
    let compressed = |prefix: i64| {
        let mut header = batch(1, &[1, 0], &[0, 16]);
        header.push(Slot::Table(vec![Slot::Inline(vec![1])]));
        let body = i64s(&[prefix, 0]);
        with_batch(header, &body)
    };
    for sound in [-1, 0, 100, 1 << 30] {
        assert!(compressed(sound).is_ok(), "{sound}");
    }
    assert!(compressed(-2).is_err());
    assert_eq!(compressed((1 << 30) + 1).unwrap_err().kind, PreflightKind::Limit);
}

#[test]
fn decompression_has_a_budget() {
    // Five buffers over the same bytes, each claiming one GiB.
    let buffers = [0, 16].repeat(5);
    let mut header = batch(1, &[1, 0], &buffers);
    header.push(Slot::Table(vec![]));
    let error = with_batch(header, &i64s(&[1 << 30, 0])).unwrap_err();
    assert_eq!(error.kind, PreflightKind::Limit);
    assert!(error.what.contains("total size"));
}

#[test]
fn view_columns_count_their_buffers() {
    let views = || schema_of(vec![field(24, vec![]), field(2, vec![])], 0);
    let with = |counts: &[i64]| {
        let mut header = batch(0, &[], &[0, 0, 0, 0]);
        header.push(Slot::Absent);
        header.push(Slot::Vector(counts.len(), i64s(counts)));
        read(&[message(1, views(), &[]), message(3, header, &[])].concat())
    };
    assert!(with(&[0]).is_ok());
    assert!(with(&[2]).is_ok());
    assert!(with(&[3]).is_err());
    assert!(with(&[-1]).is_err());
    assert!(with(&[0, 0]).is_err());
    assert!(with(&[]).is_err());
}

#[test]
fn schemas_are_limited_in_depth_and_width() {
    let nested = |depth: usize| {
        let mut inner = field(2, vec![]);
        for _ in 1..depth {
            inner = field(13, vec![inner]);
        }
        read(&message(1, schema_of(vec![inner], 0), &[]))
    };
    assert!(nested(64).is_ok());
    assert_eq!(nested(65).unwrap_err().kind, PreflightKind::Limit);
    assert_eq!(nested(80).unwrap_err().kind, PreflightKind::Limit);
    let wide = |fields| read(&message(1, schema_of(vec![field(2, vec![]); fields], 0), &[]));
    assert!(wide(20_000).is_ok());
    assert_eq!(wide(20_001).unwrap_err().kind, PreflightKind::Limit);
}

#[test]
fn messages_come_in_order() {
    let one = || message(1, schema(), &[]);
    assert!(read(&[one(), one()].concat()).is_err());
    assert!(read(&message(3, batch(0, &[], &[]), &[])).is_err());
    assert!(read(&message(4, schema(), &[])).is_err());
    assert!(read(&[]).is_err());
}

fn block(offset: usize, metadata: usize, body: usize) -> Vec<u8> {
    let number = |value: usize| i64::try_from(value).unwrap();
    i64s(&[number(offset), number(metadata), number(body)])
}

/// A file with these bytes behind the opening magic, and this footer.
fn file(content: &[u8], footer: Vec<Slot>) -> Vec<u8> {
    let footer = flatbuffer(&footer);
    let mut bytes = b"ARROW1\0\0".to_vec();
    bytes.extend(content);
    bytes.extend(&footer);
    bytes.extend(u32_of(footer.len()));
    bytes.extend(MAGIC);
    bytes
}

#[test]
fn files_are_checked_block_by_block() {
    let content = message(3, batch(3, &[3, 0], &[0, 16]), &[0; 16]);
    let metadata = content.len() - 16;
    let with = |blocks: &[Vec<u8>]| {
        let blocks = Slot::Vector(blocks.len(), blocks.concat());
        let footer = vec![i16_slot(4), Slot::Table(schema()), Slot::Absent, blocks];
        read(&file(&content, footer))
    };
    let sound = block(8, metadata, 16);
    let expected = IpcFacts { kind: IpcKind::File, batches: 1, rows: 3 };
    assert_eq!(with(std::slice::from_ref(&sound)), Ok(expected));
    assert!(with(&[sound.clone(), sound]).unwrap_err().what.contains("overlap"));
    assert!(with(&[block(8, metadata, 15)]).is_err());
    assert!(with(&[block(8, metadata, 17)]).is_err());
    assert!(with(&[block(8, 8, 16)]).is_err());
    assert!(with(&[block(8, 0, 16)]).is_err());
    assert!(with(&[block(9, metadata, 16)]).is_err());
}

#[test]
fn footers_lie_inside_the_file() {
    let mut bytes = file(&[], vec![i16_slot(4), Slot::Table(schema())]);
    assert!(read(&bytes).is_ok());
    let at = bytes.len() - 10;
    bytes[at..at + 4].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f]);
    assert!(read(&bytes).is_err());
    bytes[at..at + 4].copy_from_slice(&[0xff; 4]);
    assert!(read(&bytes).is_err());
    assert!(read(b"ARROW1\0\0ARROW1").is_err());
    assert!(read(&file(&[], vec![i16_slot(4)])).is_err());
}

fn corpus(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus"));
    let Ok(entries) = std::fs::read_dir(root.join("parquet-testing").join(folder)) else {
        return Vec::new();
    };
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn check_file(path: &Path) -> Result<IpcFacts> {
    check(&mut File::open(path).unwrap(), &IpcLimits::default())
}

#[test]
fn valid_files_pass_unless_big_endian() {
    for path in corpus("valid-ipc") {
        let result = check_file(&path);
        if path.to_string_lossy().contains("bigendian") {
            let error = result.expect_err("the file is big-endian");
            assert!(error.what.contains("big-endian"), "{path:?}: {error}");
        } else {
            let facts = result.unwrap_or_else(|error| panic!("{path:?}: {error}"));
            let stream = path.extension().is_some_and(|end| end == "stream");
            assert_eq!(facts.kind == IpcKind::Stream, stream, "{path:?}");
        }
    }
}

#[test]
fn broken_files_end_in_an_answer() {
    for folder in ["fuzz-ipc-stream", "fuzz-ipc-file", "fuzz-csv", "fuzz-parquet"] {
        for path in corpus(folder) {
            let known = folder.starts_with("fuzz-ipc");
            assert!(known || check_file(&path).is_err(), "{path:?}");
        }
    }
}

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

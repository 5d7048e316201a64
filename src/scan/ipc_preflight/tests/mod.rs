use super::*;
use std::fs::File;
use std::io::Cursor;
use std::path::{Path, PathBuf};

mod types;

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

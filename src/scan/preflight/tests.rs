use std::fs::File;
use std::io::{Cursor, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::pages::{PageHeader, PageV2, header_at};
use super::*;

/// The page headers in the bytes of one column chunk, up to the first error.
fn page_headers(bytes: &[u8]) -> impl Iterator<Item = Result<PageHeader>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let left = wide(bytes.len()).checked_sub(at).filter(|left| *left > 0)?;
        let header = header_at(&bytes, at, left);
        at = header.as_ref().map_or(wide(bytes.len()), |header| header.body() + header.compressed);
        Some(header)
    })
}

const I32: u8 = 5;
const I64: u8 = 6;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

/// Writes one struct of compact Thrift, with short field headers only.
#[derive(Clone, Default)]
struct Thrift {
    bytes: Vec<u8>,
    last: u8,
}

impl Thrift {
    fn header(mut self, id: u8, wire: u8) -> Self {
        self.bytes.push((id - self.last) << 4 | wire);
        self.last = id;
        self
    }

    fn varint(mut self, mut value: u64) -> Self {
        while value >= 0x80 {
            self.bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
            value >>= 7;
        }
        self.bytes.push(u8::try_from(value).unwrap());
        self
    }

    fn zigzag(self, value: i64) -> Self {
        self.varint(((value << 1) ^ (value >> 63)).cast_unsigned())
    }

    fn int(self, id: u8, value: i64) -> Self {
        self.header(id, I64).zigzag(value)
    }

    fn int32(self, id: u8, value: i64) -> Self {
        self.header(id, I32).zigzag(value)
    }

    fn text(self, id: u8, text: &str) -> Self {
        let mut next = self.header(id, BINARY).varint(u64::try_from(text.len()).unwrap());
        next.bytes.extend(text.as_bytes());
        next
    }

    fn inner(self, id: u8, inner: Self) -> Self {
        let mut next = self.header(id, STRUCT);
        next.bytes.extend(inner.end());
        next
    }

    fn list(self, id: u8, items: Vec<Self>) -> Self {
        let mut next = self.header(id, LIST);
        next.bytes.push(0xf0 | STRUCT);
        next = next.varint(u64::try_from(items.len()).unwrap());
        for item in items {
            next.bytes.extend(item.end());
        }
        next
    }

    fn end(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }
}

fn thrift() -> Thrift {
    Thrift::default()
}

fn group(children: i64) -> Thrift {
    thrift().text(4, "g").int32(5, children)
}

fn leaf() -> Thrift {
    thrift().int32(1, 1).int32(3, 0).text(4, "c")
}

fn column(start: i64, length: i64, values: i64) -> Thrift {
    thrift().int32(1, 1).int32(4, 0).int(5, values).int(6, length).int(7, length).int(9, start)
}

fn chunk(column: Thrift) -> Thrift {
    thrift().int(2, 4).inner(3, column)
}

fn row_group(chunks: Vec<Thrift>, rows: i64) -> Thrift {
    thrift().list(1, chunks).int(2, 0).int(3, rows)
}

fn metadata(schema: Vec<Thrift>, rows: i64, groups: Vec<Thrift>) -> Thrift {
    thrift().int32(1, 1).list(2, schema).int(3, rows).list(4, groups)
}

/// A file with 100 bytes of data and this footer.
fn file(footer: Thrift) -> Vec<u8> {
    let footer = footer.end();
    let mut bytes = b"PAR1".to_vec();
    bytes.extend([0; 100]);
    bytes.extend(&footer);
    bytes.extend(u32::try_from(footer.len()).unwrap().to_le_bytes());
    bytes.extend(b"PAR1");
    bytes
}

fn check(bytes: &[u8]) -> Result<FooterFacts> {
    footer(&mut Cursor::new(bytes), &Limits::default())
}

fn refused(footer: Thrift) -> PreflightError {
    check(&file(footer)).expect_err("the footer is to be refused")
}

/// A flat table of one column in one row group of ten rows.
fn one_column(column: Thrift) -> Thrift {
    let groups = vec![row_group(vec![chunk(column)], 10)];
    metadata(vec![group(1), leaf()], 10, groups)
}

#[test]
fn a_sound_footer_passes() {
    let bytes = file(one_column(column(4, 100, 10)));
    let facts = check(&bytes).unwrap();
    assert_eq!(facts.file_bytes, u64::try_from(bytes.len()).unwrap());
    assert_eq!((facts.num_rows, facts.leaves, facts.max_depth), (10, 1, 1));
    let expected = ChunkFacts { start: 4, compressed: 100, uncompressed: 100, values: 10, codec: 0, byte_stream_split: false };
    assert_eq!(facts.row_groups[0].columns, [expected]);
}

#[test]
fn magic_and_length_are_checked_first() {
    let sound = file(one_column(column(4, 100, 10)));
    let end = sound.len();
    let kind = |at: usize, with: &[u8]| {
        let mut bytes = sound.clone();
        bytes[at..at + with.len()].copy_from_slice(with);
        check(&bytes).unwrap_err().kind
    };
    assert_eq!(kind(0, b"PARE"), PreflightKind::Encrypted);
    assert_eq!(kind(end - 4, b"PARE"), PreflightKind::Encrypted);
    assert_eq!(kind(end - 4, b"PAR2"), PreflightKind::Corrupt);
    assert_eq!(kind(end - 8, &[0xff; 4]), PreflightKind::Corrupt);
    assert_eq!(check(b"PAR1PAR1").unwrap_err().kind, PreflightKind::Corrupt);
    let limits = Limits { footer_bytes: 10, ..Limits::default() };
    let error = footer(&mut Cursor::new(&sound), &limits).unwrap_err();
    assert_eq!(error.kind, PreflightKind::Limit);
}

#[test]
fn every_truncation_and_flip_ends() {
    let sound = file(one_column(column(4, 100, 10)));
    for len in 0..sound.len() {
        assert!(check(&sound[..len]).is_err());
    }
    for at in 0..sound.len() {
        for bit in 0..8 {
            let mut bytes = sound.clone();
            bytes[at] ^= 1 << bit;
            let _ = check(&bytes);
        }
    }
}

#[test]
fn chunks_lie_inside_the_data() {
    for (start, length) in [(4, 101), (3, 10), (104, 1), (i64::MAX, i64::MAX)] {
        let error = refused(one_column(column(start, length, 10)));
        assert!(error.what.contains("does not lie"), "{error}");
    }
    let error = refused(one_column(column(-1, 10, 10)));
    assert_eq!(error.what, "the data page offset is negative (-1)");
    assert!(error.offset.is_some_and(|offset| offset > 104));
    assert!(check(&file(one_column(column(104, 0, 0)))).is_ok());
}

#[test]
fn a_dictionary_starts_the_chunk_unless_at_zero() {
    let start = |dictionary: i64| {
        let footer = one_column(column(50, 20, 10).int(11, dictionary));
        check(&file(footer)).unwrap().row_groups[0].columns[0].start
    };
    assert_eq!(start(0), 50);
    assert_eq!(start(30), 30);
    assert!(check(&file(one_column(column(50, 20, 10).int(11, 90)))).is_err());
}

#[test]
fn indexes_and_bloom_filters_lie_inside_the_data() {
    let with = |id: u8, offset: i64, length: i64| {
        let chunk = chunk(column(4, 10, 10)).int(id, offset).int32(id + 1, length);
        let groups = vec![row_group(vec![chunk], 10)];
        check(&file(metadata(vec![group(1), leaf()], 10, groups)))
    };
    for id in [4, 6] {
        assert!(with(id, 50, 54).is_ok());
        assert!(with(id, 50, 55).is_err());
        assert!(with(id, -1, 5).is_err());
        assert!(with(id, 50, -1).is_err());
    }
    let bloom = |offset| check(&file(one_column(column(4, 10, 10).int(14, offset))));
    assert!(bloom(50).is_ok());
    assert!(bloom(1000).is_err());
}

#[test]
fn rows_add_up() {
    let groups = |rows: &[i64]| {
        let groups = rows.iter().map(|&rows| row_group(vec![], rows));
        groups.collect::<Vec<_>>()
    };
    let error = refused(metadata(vec![group(0)], 90, groups(&[40, 40, 20])));
    assert_eq!(error.what, "the footer claims 3 row groups with 100 rows in all but 90 rows in the file");
    let overflow = groups(&[i64::MAX, i64::MAX, i64::MAX]);
    assert!(refused(metadata(vec![group(0)], 1, overflow)).what.contains("too many"));
    let unstated = check(&file(metadata(vec![group(0)], 0, groups(&[40, 2])))).unwrap();
    assert_eq!(unstated.num_rows, 42);
    assert!(check(&file(metadata(vec![group(0)], -1, vec![]))).is_err());
}

#[test]
fn every_leaf_has_one_chunk() {
    let groups = vec![row_group(vec![], 10)];
    let error = refused(metadata(vec![group(1), leaf()], 10, groups));
    assert_eq!(error.what, "row group 0 has 0 columns, the schema has 1 leaves");
}

#[test]
fn the_schema_closes() {
    let schema = |elements: Vec<Thrift>| check(&file(metadata(elements, 0, vec![])));
    assert!(schema(vec![]).is_err());
    assert!(schema(vec![group(2), leaf()]).is_err());
    assert!(schema(vec![group(1), leaf(), leaf()]).is_err());
    assert!(schema(vec![group(-1), leaf()]).is_err());
    assert!(schema(vec![group(2_000_000_000), leaf()]).is_err());
    let facts = schema(vec![group(2), group(2), leaf(), leaf(), group(0)]).unwrap();
    assert_eq!((facts.leaves, facts.max_depth), (2, 2));
}

#[test]
fn the_schema_is_64_deep_at_most() {
    let nested = |depth: usize| {
        let mut elements = vec![group(1); depth];
        elements.push(leaf());
        check(&file(metadata(elements, 0, vec![])))
    };
    assert_eq!(nested(63).unwrap().max_depth, 63);
    assert_eq!(nested(64).unwrap().max_depth, 64);
    assert_eq!(nested(65).unwrap_err().kind, PreflightKind::Limit);
    assert_eq!(nested(90_000).unwrap_err().kind, PreflightKind::Limit);
}

#[test]
fn columns_are_limited() {
    let wide = |columns: usize| {
        let mut elements = vec![group(i64::try_from(columns).unwrap())];
        elements.extend(vec![leaf(); columns]);
        check(&file(metadata(elements, 0, vec![])))
    };
    assert_eq!(wide(20_000).unwrap().leaves, 20_000);
    assert_eq!(wide(20_001).unwrap_err().kind, PreflightKind::Limit);
    assert_eq!(wide(100_000).unwrap_err().kind, PreflightKind::Limit);
}

#[test]
fn encrypted_and_external_columns_are_refused() {
    let with = |chunk: Thrift| {
        let groups = vec![row_group(vec![chunk], 10)];
        refused(metadata(vec![group(1), leaf()], 10, groups)).kind
    };
    let crypto = chunk(column(4, 10, 10)).inner(8, thrift());
    assert_eq!(with(crypto), PreflightKind::Encrypted);
    let external = thrift().text(1, "other.parquet").int(2, 4);
    assert_eq!(with(external), PreflightKind::Unsupported);
    let plain_footer = one_column(column(4, 10, 10)).inner(8, thrift());
    assert_eq!(refused(plain_footer).kind, PreflightKind::Encrypted);
}

#[test]
fn mistyped_and_repeated_fields_are_refused() {
    let hidden = one_column(column(4, 10, 10).text(12, "statistics"));
    assert!(refused(hidden).what.contains("another type"));
    let mut twice = column(4, 10, 10);
    // Field 9 again, numbered in full.
    twice.bytes.extend([6, 18, 8]);
    assert!(refused(one_column(twice)).what.contains("twice"));
    let text = thrift().text(1, "1");
    assert_eq!(refused(text).what, "the format version is not a number");
}

fn data_page(values: i64, encoding: i64, bytes: i64) -> Vec<u8> {
    let data = thrift().int32(1, values).int32(2, encoding).int32(3, 3).int32(4, 3);
    let mut page = page(0, bytes, bytes).int32(4, -1).inner(5, data).end();
    page.extend(vec![0; usize::try_from(bytes).unwrap()]);
    page
}

fn dictionary_page(entries: i64) -> Vec<u8> {
    let dictionary = thrift().int32(1, entries).int32(2, 0);
    page(2, 0, 0).inner(7, dictionary).end()
}

fn page(kind: i64, uncompressed: i64, compressed: i64) -> Thrift {
    thrift().int32(1, kind).int32(2, uncompressed).int32(3, compressed)
}

fn walk(pages_of_chunk: &[Vec<u8>], values: u64) -> Result<PageFacts> {
    let bytes = pages_of_chunk.concat();
    let chunk = ChunkFacts { start: 1000, compressed: wide(bytes.len()), uncompressed: 0, values, codec: 0, byte_stream_split: false };
    pages(&bytes.as_slice(), &chunk, &Limits::default())
}

#[test]
fn pages_are_counted() {
    let chunk = [dictionary_page(7), data_page(5, 8, 3), data_page(6, 8, 4)];
    let facts = walk(&chunk, 11).unwrap();
    let expected = PageFacts {
        pages: 3,
        with_crc: 2,
        data_values: 11,
        all_dictionary: true,
        has_dictionary: true,
        dictionary_values: 7,
        max_page_bytes: 4,
    };
    assert_eq!(facts, expected);
    let mixed = walk(&[dictionary_page(7), data_page(5, 8, 3), data_page(6, 0, 4)], 11);
    assert!(!mixed.unwrap().all_dictionary);
    assert!(!walk(&[], 0).unwrap().all_dictionary);
}

#[test]
fn page_values_add_up() {
    let error = walk(&[data_page(5, 0, 3)], 6).unwrap_err();
    assert_eq!(error.to_string(), "the pages hold 5 values but the column chunk claims 6 (at byte 1000)");
}

#[test]
fn the_dictionary_comes_first_and_once() {
    let data = || data_page(5, 8, 3);
    assert!(walk(&[data(), dictionary_page(1)], 5).is_err());
    assert!(walk(&[dictionary_page(1), dictionary_page(1), data()], 5).is_err());
}

#[test]
fn pages_stay_inside_their_chunk() {
    let mut short = data_page(5, 0, 3);
    short.pop();
    assert!(walk(&[short], 5).unwrap_err().what.contains("claims 3 bytes"));
    assert!(walk(&[data_page(5, 0, 3), vec![0x15]], 5).is_err());
    let bytes = data_page(5, 0, 3);
    let chunk = ChunkFacts { start: 0, compressed: 1, uncompressed: 0, values: 5, codec: 0, byte_stream_split: false };
    assert!(pages(&bytes.as_slice(), &chunk, &Limits::default()).is_err());
}

#[test]
fn split_streams_are_listed_by_their_chunk() {
    let bytes = data_page(5, 9, 3);
    let chunk =
        |listed| ChunkFacts { start: 0, compressed: wide(bytes.len()), uncompressed: 0, values: 5, codec: 0, byte_stream_split: listed };
    assert!(pages(&bytes.as_slice(), &chunk(true), &Limits::default()).is_ok());
    assert!(pages(&bytes.as_slice(), &chunk(false), &Limits::default()).unwrap_err().what.contains("does not list"));
}

#[test]
fn large_and_negative_pages_are_refused() {
    let v1 = || thrift().int32(1, 0).int32(2, 0).int32(3, 3).int32(4, 3);
    let huge = page(0, 1 << 30, 0).inner(5, v1()).end();
    assert_eq!(walk(&[huge], 0).unwrap_err().kind, PreflightKind::Limit);
    let negative = page(0, 0, -1).inner(5, v1()).end();
    assert!(walk(&[negative], 0).unwrap_err().what.contains("negative"));
}

#[test]
fn a_page_is_described_as_what_it_is() {
    let dictionary = || thrift().int32(1, 1).int32(2, 0);
    for (kind, id) in [(0, 7), (9, 7), (2, 6)] {
        let page = page(kind, 0, 0).inner(id, dictionary()).end();
        assert!(walk(&[page], 0).is_err());
    }
    let twice = page(2, 0, 0).inner(7, dictionary()).inner(8, thrift()).end();
    assert!(walk(&[twice], 0).unwrap_err().what.contains("two types"));
}

#[test]
fn version_2_pages_tell_their_levels() {
    let v2 = |nulls, def, rep| {
        let data = thrift().int32(1, 5).int32(2, nulls).int32(3, 4).int32(4, 0).int32(5, def).int32(6, rep).header(7, 2);
        let mut page = page(3, 10, 10).inner(8, data).end();
        page.extend([0; 10]);
        page
    };
    let bytes = v2(5, 6, 4);
    let header = page_headers(&bytes).next().unwrap().unwrap();
    let expected = PageV2 { nulls: 5, rows: 4, def_levels_bytes: 6, rep_levels_bytes: 4, is_compressed: false };
    assert_eq!(header.v2, Some(expected));
    assert_eq!((header.def_level_encoding, header.rep_level_encoding), (None, None));
    assert!(walk(&[v2(6, 1, 1)], 5).is_err());
    assert!(walk(&[v2(0, 6, 5)], 5).is_err());
}

#[test]
fn the_iterator_ends_after_an_error() {
    let bytes = [data_page(5, 0, 3), vec![0xff; 20]].concat();
    let mut headers = page_headers(&bytes);
    assert!(headers.next().is_some_and(|header| header.is_ok()));
    assert!(headers.next().is_some_and(|header| header.is_err()));
    assert!(headers.next().is_none());
}

fn corpus(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus"));
    let Ok(entries) = std::fs::read_dir(root.join("parquet-testing").join(folder)) else {
        return Vec::new();
    };
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn check_file(path: &Path) -> Result<FooterFacts> {
    footer(&mut File::open(path).unwrap(), &Limits::default())
}

/// Walks the pages of every chunk; the first error, if any.
fn check_pages(path: &Path, facts: &FooterFacts) -> Result<()> {
    let mut file = File::open(path).unwrap();
    for chunk in facts.row_groups.iter().flat_map(|group| &group.columns) {
        file.seek(SeekFrom::Start(chunk.start))?;
        let bytes = read_exactly(&mut file, chunk.compressed)?;
        pages(&bytes.as_slice(), chunk, &Limits::default())?;
    }
    Ok(())
}

#[test]
fn valid_files_pass() {
    let mut refused = Vec::new();
    for folder in ["valid", "valid-geospatial", "valid-variant"] {
        for path in corpus(folder) {
            let facts = check_file(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            if check_pages(&path, &facts).is_err() {
                refused.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    refused.sort();
    // One has pages of 1 GiB, the other a dictionary page that is cut short.
    let known = ["large_string_map.brotli.parquet", "nation.dict-malformed.parquet"];
    assert!(refused.is_empty() || refused == known, "{refused:?}");
}

#[test]
fn encrypted_files_are_refused_as_such() {
    for path in corpus("encrypted") {
        let error = check_file(&path).expect_err("the file is encrypted");
        assert_eq!(error.kind, PreflightKind::Encrypted, "{path:?}");
    }
}

#[test]
fn broken_files_end_in_an_answer() {
    for folder in ["bad_data", "fuzz-parquet", "fuzz-parquet-encoding", "fuzz-csv"] {
        for path in corpus(folder) {
            let refused = match check_file(&path) {
                Ok(facts) => check_pages(&path, &facts),
                Err(error) => Err(error),
            };
            let known = folder == "bad_data" || folder == "fuzz-parquet";
            assert!(known || refused.is_err(), "{path:?}");
        }
    }
}

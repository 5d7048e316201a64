#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap, reason = "sizes of small files")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader, ParquetMetaDataWriter};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion};
use parquet::file::statistics::Statistics;

use crate::RuleSet;
use crate::report::{Integrity, Report};
use crate::session::BindOptions;

use super::super::preflight::{ChunkFacts, Limits, PageKind, each_page};
use super::super::{Explanation, Format, Quiet, Run, ScanError, ScanOptions, Source, Tier, Why};

/// Rules over columns `a` and `b` of a block `t`.
fn rules(fields: &str) -> RuleSet {
    let text = format!("rulegate 1\nfeatures t {{ {fields} }}");
    let compiled = RuleSet::compile("t.rules", &text, &crate::CompileOptions::default());
    compiled.rule_set.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics))
}

fn judge_with(bytes: &[u8], fields: &str, trust_statistics: bool) -> Result<(Report, Explanation), ScanError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    std::fs::write(&path, bytes).unwrap();
    let source = Source { path, name: "t".to_owned(), format: Format::Parquet, partitions: Vec::new() };
    let mut run = Run::new(rules(fields), BindOptions::default(), ScanOptions { trust_statistics, ..ScanOptions::default() });
    run.add(&source, &Quiet)?;
    Ok((run.finish(false).unwrap(), run.explanation().clone()))
}

fn judge(bytes: &[u8], fields: &str) -> Result<(Report, Explanation), ScanError> {
    judge_with(bytes, fields, false)
}

/// What a run says that cannot prove anything: a `when` stands in the way.
fn decoded(bytes: &[u8], fields: &str) -> Result<(Report, Explanation), ScanError> {
    judge(bytes, &format!("{fields} rule decode {{ when true expect a is null or a is not null }}"))
}

fn counts(report: &Report, id: &str) -> (u64, u64, u64, u64) {
    let rule = report.rule(id).unwrap();
    (rule.evaluated, rule.passed, rule.failed, rule.unknown)
}

fn tiers(explanation: &Explanation, id: &str) -> BTreeMap<Tier, u64> {
    explanation.rules.iter().find(|rule| rule.id == id).unwrap().row_groups.clone()
}

fn reasons(explanation: &Explanation, id: &str) -> BTreeMap<Why, u64> {
    explanation.rules.iter().find(|rule| rule.id == id).unwrap().reasons.clone()
}

/// Uncompressed, in one row group, without indexes.
fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder().set_statistics_enabled(EnabledStatistics::Chunk).set_offset_index_disabled(true)
}

fn file_of(columns: Vec<(&str, ArrayRef, bool)>, properties: WriterPropertiesBuilder) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn text_file(texts: Vec<Option<&str>>, properties: WriterPropertiesBuilder) -> Vec<u8> {
    file_of(vec![("a", Arc::new(StringArray::from(texts)), true)], properties)
}

/// Ten rows of two chains and one null.
fn chains(properties: WriterPropertiesBuilder) -> Vec<u8> {
    let cells = ["base", "solana", "base", "base", "solana"].map(Some);
    text_file(cells.into_iter().chain([None]).chain(cells.into_iter().take(4)).collect(), properties)
}

const CHAINS: &str = "a : string? in (\"base\", \"solana\", \"ethereum\")";

fn footer_of(bytes: &[u8]) -> ParquetMetaData {
    ParquetMetaDataReader::new().parse_and_finish(&bytes::Bytes::copy_from_slice(bytes)).unwrap()
}

/// A file of these bytes before the footer, with the footer of `metadata` changed chunk by chunk.
fn refooted(data: &[u8], metadata: ParquetMetaData, change: impl Fn(usize, ColumnChunkMetaData) -> ColumnChunkMetaData) -> Vec<u8> {
    let mut builder = metadata.clone().into_builder();
    let groups = builder.take_row_groups().into_iter().map(|group| {
        let columns = group.columns().iter().cloned().enumerate().map(|(at, chunk)| change(at, chunk)).collect();
        group.into_builder().set_column_metadata(columns).build().unwrap()
    });
    let metadata = builder.set_row_groups(groups.collect()).build();
    let mut bytes = data.to_vec();
    ParquetMetaDataWriter::new(&mut bytes, &metadata).finish().unwrap();
    bytes
}

/// Where the footer of a file begins.
fn data_end(bytes: &[u8]) -> usize {
    let tail = &bytes[bytes.len() - 8..bytes.len() - 4];
    bytes.len() - 8 - u32::from_le_bytes(tail.try_into().unwrap()) as usize
}

/// A page of the only chunk: kind, header, data.
type RawPage = (PageKind, Vec<u8>, Vec<u8>);

/// The pages of a file's only chunk.
fn pages_of(bytes: &[u8]) -> Vec<RawPage> {
    let chunk = footer_of(bytes).row_group(0).column(0).clone();
    let (start, length) = chunk.byte_range();
    let facts =
        ChunkFacts { start, compressed: length, uncompressed: 0, values: chunk.num_values() as u64, codec: 0, byte_stream_split: false };
    let data = &bytes[start as usize..(start + length) as usize];
    let mut pages = Vec::new();
    each_page(&data, &facts, &Limits::default(), &mut |header| {
        let (head, body) = (header.offset as usize, header.body() as usize);
        pages.push((header.kind, data[head..body].to_vec(), data[body..body + header.compressed as usize].to_vec()));
        ControlFlow::Continue(())
    })
    .unwrap();
    pages
}

/// The file of these pages.
fn reassembled(bytes: &[u8], pages: &[RawPage]) -> Vec<u8> {
    let lengths: Vec<usize> = pages.iter().map(|(_, header, body)| header.len() + body.len()).collect();
    let dictionary = pages.first().filter(|page| page.0 == PageKind::Dictionary).map_or(0, |_| lengths[0]);
    let mut data = b"PAR1".to_vec();
    pages.iter().for_each(|(_, header, body)| data.extend([header.as_slice(), body.as_slice()].concat()));
    refooted(&data, footer_of(bytes), |_, chunk| {
        chunk
            .into_builder()
            .set_total_compressed_size(lengths.iter().sum::<usize>() as i64)
            .set_data_page_offset(4 + dictionary as i64)
            .build()
            .unwrap()
    })
}

/// A page with a checksum in its header.
fn with_crc((kind, header, body): RawPage) -> RawPage {
    // Three numbers come first, then the description, whose field number is told by its distance.
    let mut at = 0;
    for _ in 0..3 {
        at += 1;
        at += header[at..].iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    }
    let crc = crc32fast::hash(&body).cast_signed();
    let mut zigzag = ((crc << 1) ^ (crc >> 31)).cast_unsigned();
    let mut more = header[..at].to_vec();
    more.push(0x15);
    while zigzag >= 0x80 {
        more.push((zigzag & 0x7f) as u8 | 0x80);
        zigzag >>= 7;
    }
    more.push(zigzag as u8);
    more.push(header[at] - 0x10);
    more.extend(&header[at + 1..]);
    (kind, more, body)
}

fn checked(bytes: &[u8]) -> Vec<u8> {
    reassembled(bytes, &pages_of(bytes).into_iter().map(with_crc).collect::<Vec<_>>())
}

fn versions() -> [WriterPropertiesBuilder; 2] {
    [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0].map(|version| properties().set_writer_version(version))
}

#[test]
fn a_dictionary_settles_its_rules_and_levels_count_its_nulls() {
    for properties in versions() {
        let (report, explanation) = judge(&chains(properties), CHAINS).unwrap();
        assert_eq!(counts(&report, "t.a.enum"), (10, 9, 0, 1));
        assert_eq!((report.rows, report.inputs[0].rows_proved), (10, 10));
        assert_eq!(report.inputs[0].integrity, Integrity::None);
        assert_eq!(tiers(&explanation, "t.a.enum"), BTreeMap::from([(Tier::DictionaryProof, 1)]));
    }
}

#[test]
fn what_fails_is_left_to_the_reader() {
    for (fields, why) in [
        ("a : string in (\"base\", \"solana\")", Why::NullsFail),
        ("a : string? in (\"base\")", Why::EntryFails),
        ("a : string? @missing(\"solana\") in (\"base\")", Why::Sentinels),
    ] {
        let (report, explanation) = judge(&chains(properties()), fields).unwrap();
        assert_eq!(report.inputs[0].rows_proved, 0, "{fields}");
        let rule = if why == Why::NullsFail { "t.a.required" } else { "t.a.enum" };
        assert_eq!(reasons(&explanation, rule), BTreeMap::from([(why, 1)]), "{fields}");
    }
}

#[test]
fn a_dictionary_that_overflowed_proves_nothing() {
    let texts: Vec<String> = (0..200).map(|row| format!("text {row}")).collect();
    let small = properties().set_dictionary_page_size_limit(64).set_write_batch_size(8);
    let bytes = text_file(texts.iter().map(|text| Some(text.as_str())).collect(), small);
    let (report, explanation) = judge(&bytes, "a : string length <= 10").unwrap();
    assert_eq!(report.inputs[0].rows_proved, 0);
    assert!(reasons(&explanation, "t.a.length").contains_key(&Why::Overflowed), "{explanation:?}");
}

#[test]
fn a_required_column_has_no_nulls_by_its_schema() {
    let column: ArrayRef = Arc::new(Float64Array::from(vec![1.0, f64::NAN, 3.0]));
    let bytes = file_of(vec![("a", column, false)], properties().set_dictionary_enabled(false));
    let (report, explanation) = judge(&bytes, "a : float64").unwrap();
    assert_eq!(counts(&report, "t.a.required"), (3, 3, 0, 0));
    assert_eq!(report.inputs[0].rows_proved, 3);
    assert_eq!(tiers(&explanation, "t.a.required"), BTreeMap::from([(Tier::Schema, 1)]));
    let (report, explanation) = judge(&bytes, "a : float64 <= 3").unwrap();
    assert_eq!(counts(&report, "t.a.range"), (3, 2, 1, 0));
    assert_eq!(reasons(&explanation, "t.a.range"), BTreeMap::from([(Why::Plain, 1), (Why::FloatStatistics, 1)]));
}

#[test]
fn a_column_that_something_else_reads_is_not_proved() {
    let (report, explanation) = decoded(&chains(properties()), CHAINS).unwrap();
    assert_eq!(report.inputs[0].rows_proved, 0);
    assert_eq!(tiers(&explanation, "t.a.enum"), BTreeMap::from([(Tier::Encoded, 1)]));
    assert_eq!(reasons(&explanation, "t.a.enum"), BTreeMap::from([(Why::ReadAnyway, 1)]));
    assert_eq!(reasons(&explanation, "t.decode"), BTreeMap::from([(Why::When, 1)]));
}

#[test]
fn checksums_of_skipped_pages_are_compared() {
    for properties in versions() {
        let sound = checked(&chains(properties));
        let (report, _) = judge(&sound, CHAINS).unwrap();
        assert_eq!((report.inputs[0].rows_proved, report.inputs[0].integrity), (10, Integrity::Verified));
        for page in 0..pages_of(&sound).len() {
            let mut pages = pages_of(&sound);
            let last = pages[page].2.len() - 1;
            pages[page].2[last] ^= 1;
            let broken = reassembled(&sound, &pages);
            let error = judge(&broken, CHAINS).unwrap_err().to_string();
            assert!(error.contains("CRC"), "{error}");
            assert_eq!(error, decoded(&broken, CHAINS).unwrap_err().to_string());
        }
    }
}

#[test]
fn checksums_of_a_column_whose_values_nobody_asks_for_are_compared_too() {
    let column: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let sound = checked(&file_of(vec![("a", column, false)], properties()));
    let (report, _) = judge(&sound, "a : int64").unwrap();
    assert_eq!((report.inputs[0].rows_proved, report.inputs[0].integrity), (3, Integrity::Verified));
    let mut pages = pages_of(&sound);
    pages[1].2[0] ^= 1;
    let broken = reassembled(&sound, &pages);
    let error = judge(&broken, "a : int64").unwrap_err().to_string();
    assert_eq!(error, decoded(&broken, "a : int64").unwrap_err().to_string());
}

#[test]
fn a_page_without_checksum_is_not_verified_and_changes_no_verdict() {
    let plain = chains(properties().set_writer_version(WriterVersion::PARQUET_2_0));
    let mut pages = pages_of(&plain);
    // The codes, which no proof reads.
    let last = pages[1].2.len() - 1;
    pages[1].2[last] ^= 1;
    let (report, _) = judge(&reassembled(&plain, &pages), CHAINS).unwrap();
    assert_eq!(counts(&report, "t.a.enum"), (10, 9, 0, 1));
    assert_eq!(report.inputs[0].integrity, Integrity::None);
    let mut pages = pages_of(&plain);
    pages[0] = with_crc(pages[0].clone());
    let (report, _) = judge(&reassembled(&plain, &pages), CHAINS).unwrap();
    assert_eq!((report.inputs[0].rows_proved, report.inputs[0].integrity), (10, Integrity::Partial));
}

#[test]
fn hostile_dictionary_pages_end_as_a_decoding_run_ends() {
    let plain = chains(properties());
    let entry = |text: &[u8]| [&(text.len() as u32).to_le_bytes()[..], text].concat();
    let good = [entry(b"base"), entry(b"solana")].concat();
    let bodies = [
        good[..good.len() - 1].to_vec(),
        good[..2].to_vec(),
        entry(b"base"),
        [entry(b"base"), entry(b"sol\xffna")].concat(),
        [entry(b"base"), vec![0xff; 10]].concat(),
        [entry(b"base"), u32::MAX.to_le_bytes().to_vec(), b"solana".to_vec()].concat(),
        Vec::new(),
    ];
    for body in bodies {
        let mut pages = pages_of(&plain);
        // Sizes below 64 are one byte each: type, uncompressed, compressed.
        let size = (body.len() * 2) as u8;
        (pages[0].1[3], pages[0].1[5]) = (size, size);
        pages[0].2 = body.clone();
        let broken = reassembled(&plain, &pages);
        let error = judge(&broken, CHAINS).expect_err("the dictionary is broken").to_string();
        assert_eq!(error, decoded(&broken, CHAINS).unwrap_err().to_string(), "{body:?}");
    }
}

#[test]
fn every_flipped_bit_of_a_small_file_ends_in_an_answer() {
    let plain = chains(properties());
    for at in 4..data_end(&plain) {
        for bit in 0..8 {
            let mut bytes = plain.clone();
            bytes[at] ^= 1 << bit;
            if let Ok((report, _)) = judge(&bytes, CHAINS) {
                assert_eq!(report.rows, 10);
            }
        }
    }
}

/// Rows 1 to 100, with statistics of our own making.
fn lying(statistics: Option<Statistics>) -> Vec<u8> {
    let column: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=100));
    let sound = file_of(vec![("a", column, true)], properties().set_dictionary_enabled(false));
    refooted(&sound[..data_end(&sound)], footer_of(&sound), |_, chunk| {
        let builder = chunk.into_builder().clear_statistics();
        match &statistics {
            Some(statistics) => builder.set_statistics(statistics.clone()).build().unwrap(),
            None => builder.build().unwrap(),
        }
    })
}

#[test]
fn statistics_that_lie_are_believed_only_if_they_are_trusted() {
    let bytes = lying(Some(Statistics::int64(Some(50), Some(60), None, Some(0), false)));
    let fields = "a : int64 between 40 and 70";
    let (report, explanation) = judge(&bytes, fields).unwrap();
    assert_eq!(counts(&report, "t.a.range"), (100, 31, 69, 0));
    assert_eq!(reasons(&explanation, "t.a.range"), BTreeMap::from([(Why::Plain, 1), (Why::Untrusted, 1)]));
    let (report, explanation) = judge_with(&bytes, fields, true).unwrap();
    assert_eq!(counts(&report, "t.a.range"), (100, 100, 0, 0));
    assert_eq!((report.inputs[0].rows_proved, report.inputs[0].integrity), (100, Integrity::None));
    assert_eq!(tiers(&explanation, "t.a.range"), BTreeMap::from([(Tier::Statistics, 1)]));
}

#[test]
fn statistics_that_settle_nothing_leave_the_rows_to_the_reader() {
    let range = |low, high, nulls| Some(Statistics::int64(low, high, None, nulls, false));
    for (statistics, why) in [
        (None, Why::NullsUncounted),
        (range(Some(1), Some(100), None), Why::NullsUncounted),
        (range(Some(1), None, Some(0)), Why::NoStatistics),
        (range(Some(100), Some(1), Some(0)), Why::NoStatistics),
        (range(Some(1), Some(101), Some(0)), Why::Unsettled),
        (range(Some(1), Some(100), Some(101)), Why::NullsUncounted),
        (Some(Statistics::int64(Some(1), Some(100), None, Some(0), true)), Why::NoStatistics),
    ] {
        let (report, explanation) = judge_with(&lying(statistics), "a : int64? between 1 and 100", true).unwrap();
        assert_eq!(counts(&report, "t.a.range"), (100, 100, 0, 0), "{why}");
        assert_eq!(report.inputs[0].rows_proved, 0, "{why}");
        assert!(reasons(&explanation, "t.a.range").contains_key(&why), "{why}: {explanation:?}");
    }
}

#[test]
fn floats_are_read_whatever_their_statistics_say() {
    let column: ArrayRef = Arc::new(Float64Array::from(vec![1.0, f64::NAN, 2.0]));
    let bytes = file_of(vec![("a", column, true)], properties().set_dictionary_enabled(false));
    for fields in ["a : float64 between 0 and 5", "a : float64 finite"] {
        let (report, _) = judge_with(&bytes, fields, true).unwrap();
        assert_eq!(report.rows_failed, 1, "{fields}");
    }
}

#[test]
fn the_order_of_two_columns_follows_from_their_bounds() {
    let ints = |values: Vec<Option<i64>>| -> ArrayRef { Arc::new(Int64Array::from(values)) };
    let judged = |a: Vec<Option<i64>>, b: Vec<Option<i64>>, op: &str| {
        let bytes = file_of(vec![("a", ints(a), true), ("b", ints(b), true)], properties().set_dictionary_enabled(false));
        let fields = format!("a : int64? b : int64? rule r: a {op} b");
        let (trusted, explanation) = judge_with(&bytes, &fields, true).unwrap();
        let (read, _) = judge(&bytes, &fields).unwrap();
        assert_eq!(counts(&trusted, "t.r"), counts(&read, "t.r"), "{op}");
        tiers(&explanation, "t.r").contains_key(&Tier::Statistics)
    };
    let (low, high) = (vec![Some(1), Some(5)], vec![Some(5), Some(9)]);
    for (op, forward, backward) in
        [("<", false, false), ("<=", true, false), (">", false, false), (">=", false, true), ("=", false, false), ("!=", false, false)]
    {
        assert_eq!(judged(low.clone(), high.clone(), op), forward, "{op}");
        assert_eq!(judged(high.clone(), low.clone(), op), backward, "{op}");
    }
    assert!(judged(vec![Some(4); 2], vec![Some(4); 2], "="));
    let around = vec![Some(1), Some(9)];
    for op in ["<", "<=", ">", ">=", "=", "!="] {
        assert!(!judged(around.clone(), vec![Some(3), Some(5)], op), "{op}");
        assert!(!judged(vec![Some(3), Some(5)], around.clone(), op), "{op}");
    }
    for (op, other) in [("<", 7), ("!=", 7), (">", 0), ("!=", 0)] {
        assert!(judged(vec![Some(3), Some(5)], vec![Some(other); 2], op), "{op} {other}");
    }
    // Nulls on one side are counted; on both sides it is open how many rows they make.
    assert!(judged(vec![None, Some(1), Some(2)], vec![Some(3); 3], "<"));
    assert!(!judged(vec![None, Some(1), Some(2)], vec![Some(3), None, Some(4)], "<"));
}

#[test]
fn a_page_index_stands_in_for_statistics_that_are_missing() {
    let column: ArrayRef = Arc::new(Int64Array::from_iter((1..=100).map(|row| (row % 10 != 0).then_some(row))));
    let paged = WriterProperties::builder()
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_data_page_row_count_limit(7)
        .set_write_batch_size(7)
        .set_dictionary_enabled(false);
    let sound = file_of(vec![("a", column, true)], paged);
    let bytes =
        refooted(&sound[..data_end(&sound)], footer_of(&sound), |_, chunk| chunk.into_builder().clear_statistics().build().unwrap());
    let (report, explanation) = judge_with(&bytes, "a : int64? between 1 and 99", true).unwrap();
    assert_eq!(counts(&report, "t.a.range"), (100, 90, 0, 10));
    assert_eq!(tiers(&explanation, "t.a.range"), BTreeMap::from([(Tier::Statistics, 1)]));
    let (report, _) = judge_with(&bytes, "a : int64? between 2 and 99", true).unwrap();
    assert_eq!(counts(&report, "t.a.range"), (100, 89, 1, 10));
    let (_, explanation) = judge(&bytes, "a : int64? between 1 and 99").unwrap();
    assert_eq!(tiers(&explanation, "t.a.range"), BTreeMap::from([(Tier::Decoded, 1)]));
}

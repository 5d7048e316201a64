//! The files of other writers with footers that lie, with bits flipped, with bytes gone.
//!
//! `RULEGATE_MUTANTS` sets how many mutants of each file are judged; the default is what continuous integration runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Once, mpsc};
use std::time::Duration;

use parquet::basic::{Encoding, PageType};
use parquet::file::metadata::{
    ColumnChunkMetaData, PageEncodingStats, PageIndexPolicy, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader,
    ParquetMetaDataWriter,
};
use parquet::file::statistics::{Statistics, ValueStatistics};
use rulegate::RuleSet;
use rulegate::report::{Integrity, Report, RuleKind};
use rulegate::scan::ScanOptions;

use super::{all_rules, for_each_file, in_memory, judged, same, table, told, written};

// ---- footers that lie -------------------------------------------------------------------------------------------------------------

pub(super) fn metadata(bytes: &[u8]) -> ParquetMetaData {
    let bytes = bytes::Bytes::copy_from_slice(bytes);
    let options = ParquetMetaDataOptions::new().with_encoding_stats_as_mask(false);
    let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Skip).with_metadata_options(Some(options));
    reader.parse_and_finish(&bytes).expect("sound")
}

/// A file with another footer: every chunk told anew.
fn retold(bytes: &[u8], lie: fn(ColumnChunkMetaData) -> ColumnChunkMetaData) -> Vec<u8> {
    let honest = metadata(bytes);
    let groups = honest.row_groups().iter().map(|group| {
        let chunks = group.columns().iter().cloned().map(lie).collect();
        group.clone().into_builder().set_column_metadata(chunks).build().expect("a row group")
    });
    let told = honest.clone().into_builder().set_row_groups(groups.collect()).build();
    let mut out = bytes[..footer_start(bytes)].to_vec();
    let mut footer = Vec::new();
    ParquetMetaDataWriter::new(&mut footer, &told).finish().expect("a footer");
    out.extend(footer);
    out
}

fn footer_start(bytes: &[u8]) -> usize {
    let tail = bytes.len() - 8;
    tail - usize::try_from(u32::from_le_bytes(bytes[tail..tail + 4].try_into().unwrap())).unwrap()
}

/// Other statistics of a chunk that has some: `$lie` makes bounds of the honest least and greatest value.
macro_rules! with_statistics {
    ($chunk:expr, $nulls:expr, $lie:expr) => {
        with_statistics!($chunk, $nulls, $lie; Boolean, Int32, Int64, Int96, Float, Double, ByteArray, FixedLenByteArray)
    };
    ($chunk:expr, $nulls:expr, $lie:expr; $($kind:ident),*) => {
        match $chunk.statistics().cloned() {
            $(Some(Statistics::$kind(honest)) => {
                let (least, greatest) = $lie(honest.min_opt().cloned(), honest.max_opt().cloned());
                let told = ValueStatistics::new(least, greatest, Some(1), Some($nulls), false).with_backwards_compatible_min_max(false);
                $chunk.into_builder().set_statistics(Statistics::$kind(told)).build().expect("a chunk")
            })*
            None => $chunk,
        }
    };
}

/// No nulls, and the least value is the only one.
fn one_value_no_nulls(chunk: ColumnChunkMetaData) -> ColumnChunkMetaData {
    with_statistics!(chunk, 0, |least, _| (Clone::clone(&least), least))
}

/// Nothing but nulls, and the greatest value all the same.
fn nothing_but_nulls(chunk: ColumnChunkMetaData) -> ColumnChunkMetaData {
    let rows = u64::try_from(chunk.num_values()).unwrap();
    with_statistics!(chunk, rows, |_, greatest| (Clone::clone(&greatest), greatest))
}

/// The bounds swapped, and more nulls than rows.
fn swapped(chunk: ColumnChunkMetaData) -> ColumnChunkMetaData {
    with_statistics!(chunk, u64::from(u32::MAX), |least, greatest| (greatest, least))
}

/// Every data page in the dictionary's codes.
fn all_in_codes(chunk: ColumnChunkMetaData) -> ColumnChunkMetaData {
    let page = |page_type, encoding| PageEncodingStats { page_type, encoding, count: 1 };
    let pages = vec![page(PageType::DICTIONARY_PAGE, Encoding::PLAIN), page(PageType::DATA_PAGE, Encoding::RLE_DICTIONARY)];
    let encodings = vec![Encoding::RLE_DICTIONARY, Encoding::RLE];
    chunk.into_builder().set_encodings(encodings).set_page_encoding_stats(pages).build().expect("a chunk")
}

#[test]
fn statistics_that_lie_are_not_believed() {
    let table = table();
    let lies =
        [("one value", one_value_no_nulls as fn(_) -> _), ("all null", nothing_but_nulls), ("swapped", swapped), ("codes", all_in_codes)];
    let lied = AtomicUsize::new(0);
    for_each_file(|written, rules| {
        let bytes = std::fs::read(written.path()).expect("readable");
        let expected = in_memory(rules, &table, written, 1_000);
        let folder = tempfile::tempdir().expect("a folder");
        lies.iter().try_for_each(|(name, lie)| {
            let path = folder.path().join("lying.parquet");
            let told = retold(&bytes, *lie);
            // Where there are no statistics, nothing can be told anew.
            lied.fetch_add(usize::from(told != retold(&bytes, |chunk| chunk)), Ordering::Relaxed);
            std::fs::write(&path, told).expect("writable");
            let found = match judged(rules, &path, ScanOptions::default()) {
                // A page that its footer contradicts is refused.
                Err(error) if *name == "codes" && error.to_string().contains("does not list") => return Ok(()),
                found => found.map_err(|error| format!("{}: {name}: {error}", written.file))?,
            };
            same(&format!("{} with a footer that lies: {name}", written.file), &expected, &found)
        })
    });
    assert!(lied.into_inner() >= 200, "footers were told anew that had nothing to tell");
}

// ---- mutants ----------------------------------------------------------------------------------------------------------------------

/// Longest that a mutant may take.
const PATIENCE: Duration = Duration::from_secs(60);
const MUTANTS: usize = 30;

fn mutants() -> usize {
    std::env::var("RULEGATE_MUTANTS").ok().and_then(|mutants| mutants.parse().ok()).unwrap_or(MUTANTS)
}

/// Numbers that look random and are always the same.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % count.max(1) as u64).expect("below a usize")
    }
}

fn mutated(bytes: &[u8], nth: usize, numbers: &mut Numbers) -> Vec<u8> {
    let mut mutant = bytes.to_vec();
    let footer = footer_start(bytes);
    let flip = |mutant: &mut Vec<u8>, from: usize, numbers: &mut Numbers| {
        let at = from + numbers.below(bytes.len() - from);
        mutant[at] ^= 1 << numbers.below(8);
    };
    match nth % 6 {
        0 => flip(&mut mutant, 0, numbers),
        1 => (0..8).for_each(|_| flip(&mut mutant, 0, numbers)),
        2 => flip(&mut mutant, footer, numbers),
        3 => {
            let (at, length) = (numbers.below(bytes.len()), 1 + numbers.below(24));
            let value = [0x00, 0xff, 0x80][numbers.below(3)];
            mutant[at..].iter_mut().take(length).for_each(|byte| *byte = value);
        }
        4 => {
            // Bytes go, and the footer stays where its length says.
            let at = numbers.below(footer.max(1));
            mutant.drain(at..(at + 1 + numbers.below(16)).min(footer.max(at + 1)));
        }
        _ => mutant.truncate(numbers.below(bytes.len())),
    }
    mutant
}

/// Panics that the library catches are not printed.
fn quiet_guarded_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !rulegate::scan::is_guarded() {
                before(info);
            }
        }));
    });
}

/// What holds of every report.
fn sound(what: &str, report: &Report) {
    for rule in report.rules.iter().filter(|rule| rule.kind == RuleKind::Row) {
        assert_eq!(rule.passed + rule.failed + rule.unknown, rule.evaluated, "{what}: {}", rule.id);
        assert!(rule.evaluated <= report.rows && rule.faulted <= rule.failed && rule.failed_alone <= rule.failed, "{what}: {}", rule.id);
    }
}

#[test]
fn mutants_end_in_a_report_or_an_error() {
    quiet_guarded_panics();
    let mutants = mutants();
    let rules = all_rules();
    let (mut judged_mutants, mut refused) = (0, 0);
    for written in written() {
        let bytes = std::fs::read(written.path()).expect("readable");
        let rules: Vec<RuleSet> = written.groups.iter().map(|group| rules[group.as_str()].clone()).collect();
        let (said, heard) = mpsc::channel();
        let file = written.file.clone();
        let thread = std::thread::spawn(move || {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("mutant.parquet");
            let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
            for nth in 0..mutants {
                std::fs::write(&path, mutated(&bytes, nth, &mut numbers)).expect("writable");
                let what = format!("mutant {nth} of {file}");
                let rules = &rules[nth % rules.len()];
                let end = catch_unwind(AssertUnwindSafe(|| judged(rules, &path, ScanOptions::default())));
                let end = end.unwrap_or_else(|_| panic!("{what} made the library panic"));
                end.iter().for_each(|report| sound(&what, report));
                if said.send(end.is_ok()).is_err() {
                    return;
                }
            }
        });
        for nth in 0..mutants {
            match heard.recv_timeout(PATIENCE) {
                Ok(true) => judged_mutants += 1,
                Ok(false) => refused += 1,
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("mutant {nth} of {}: no end within {PATIENCE:?}", written.file),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    }
    assert!(refused > judged_mutants / 4, "{judged_mutants} mutants judged, {refused} refused: are files read at all?");
}

/// Every page of some files has a checksum: there a bit that is flipped in a page is told, or it changes nothing.
#[test]
fn a_flipped_bit_under_checksums_gives_no_other_report() {
    quiet_guarded_panics();
    let (verified, refused, flips) = (AtomicUsize::new(0), AtomicUsize::new(0), mutants());
    for_each_file(|written, rules| {
        let whole = told(written, rules, ScanOptions::default())?;
        if whole.inputs[0].integrity != Integrity::Verified {
            return Ok(());
        }
        verified.fetch_add(1, Ordering::Relaxed);
        let bytes = std::fs::read(written.path()).expect("readable");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("flipped.parquet");
        let pages = page_bytes(&bytes);
        let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
        for _ in 0..flips {
            let mut mutant = bytes.clone();
            let (from, to) = pages[numbers.below(pages.len())];
            let (at, bit) = (from + numbers.below(to - from), numbers.below(8));
            mutant[at] ^= 1 << bit;
            std::fs::write(&path, mutant).expect("writable");
            match judged(rules, &path, ScanOptions::default()) {
                Err(_) => _ = refused.fetch_add(1, Ordering::Relaxed),
                Ok(report) if report.inputs[0].integrity != Integrity::Verified => {}
                Ok(report) => same(&format!("{}: bit {bit} of byte {at} flipped, and verified", written.file), &whole, &report)?,
            }
        }
        Ok(())
    });
    let (verified, refused) = (verified.into_inner(), refused.into_inner());
    assert!(verified >= 12 && refused > verified * flips / 4, "{verified} reports of files with checksums, {refused} flips refused");
}

/// Where the column chunks of a file lie: page headers and pages.
fn page_bytes(bytes: &[u8]) -> Vec<(usize, usize)> {
    let range = |(start, length): (u64, u64)| (usize::try_from(start).unwrap(), usize::try_from(start + length).unwrap());
    metadata(bytes).row_groups().iter().flat_map(|group| group.columns().iter().map(|column| range(column.byte_range()))).collect()
}

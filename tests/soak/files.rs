//! Files, sound and corrupt, through the readers.

use std::path::Path;

use arrow::ipc::writer::FileWriter;
use parquet::arrow::ArrowWriter;
use rulegate::report::Report;
use rulegate::scan::{Format, Quiet, Run, ScanError, ScanOptions, Source};

use super::random::Random;
use super::rows::{self, Faults, Row, UNIQUE};
use super::{Soak, add};

/// Writes a file, breaks it or not, and judges it.
pub(super) fn judge(soak: &Soak, stem: &Path, random: &mut Random) {
    let rows = rows::rows(random, Faults::Rows);
    add(&soak.seen.files);
    let format = [Format::Parquet, Format::ArrowIpc, Format::JsonLines][usize::try_from(random.below(3)).unwrap()];
    if format == Format::JsonLines {
        return ill_typed(soak, stem, &rows, random);
    }
    let bytes = if format == Format::Parquet { parquet(&rows) } else { ipc(&rows) };
    let (rules, setting) = rules(soak);
    match random.below(3) {
        0 => {
            let report = judged(rules, stem, &bytes, format).unwrap();
            assert_eq!(report.rows, rows.len() as u64);
            for (rule, failed) in rows::failures(&rows, setting) {
                let failed = if rule == UNIQUE { 2 * failed } else { failed };
                assert_eq!(report.rule(rule).unwrap().failed, failed, "{rule}");
            }
        }
        1 => {
            let end = usize::try_from(random.below(bytes.len() as u64)).unwrap();
            assert!(judged(rules, stem, &bytes[..end], format).is_err(), "cut after {end} of {} bytes", bytes.len());
            add(&soak.seen.corrupt_refused);
        }
        _ => {
            let mut bytes = bytes;
            for _ in 0..=random.below(8) {
                let at = usize::try_from(random.below(bytes.len() as u64)).unwrap();
                bytes[at] ^= u8::try_from(1 + random.below(255)).unwrap();
            }
            // Arrow IPC has no checksums, so that a bent value is a value. What matters is that nothing panics, hangs or eats memory.
            match judged(rules, stem, &bytes, format) {
                Ok(_) => add(&soak.seen.corrupt_read),
                Err(_) => add(&soak.seen.corrupt_refused),
            }
        }
    }
}

fn ill_typed(soak: &Soak, stem: &Path, rows: &[Row], random: &mut Random) {
    let (text, ill) = rows::json_lines(rows, random);
    let report = judged(rules(soak).0, stem, text.as_bytes(), Format::JsonLines).unwrap();
    assert_eq!((report.rows, report.rule("tokens.holders.type").unwrap().failed), (rows.len() as u64, ill));
}

fn rules(soak: &Soak) -> (rulegate::RuleSet, rows::Setting) {
    let rules = soak.live.current().rules().clone();
    let setting = soak.setting(rules.hash());
    (rules, setting)
}

fn parquet(rows: &[Row]) -> Vec<u8> {
    let mut writer = ArrowWriter::try_new(Vec::new(), rows::schema(), None).unwrap();
    writer.write(&rows::batch(rows)).unwrap();
    writer.into_inner().unwrap()
}

fn ipc(rows: &[Row]) -> Vec<u8> {
    let mut writer = FileWriter::try_new(Vec::new(), &rows::schema()).unwrap();
    writer.write(&rows::batch(rows)).unwrap();
    writer.into_inner().unwrap()
}

fn judged(rules: rulegate::RuleSet, stem: &Path, bytes: &[u8], format: Format) -> Result<Report, ScanError> {
    std::fs::write(stem, bytes).unwrap();
    let mut run = Run::new(rules, Default::default(), ScanOptions::default());
    run.add(&Source { path: stem.to_path_buf(), name: "soaked".to_owned(), format, partitions: Vec::new() }, &Quiet)?;
    Ok(run.finish(false).unwrap())
}

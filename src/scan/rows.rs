//! How many rows a file has.

use std::fs::File;
use std::io::BufReader;

use super::blank_lines::{BlankLines, Lines as Blank};
use super::csv::{LineLimit, broken};
use super::envelope::Envelopes;
use super::json::{Lines, MAX_LINE};
use super::{Format, ScanError, ScanOptions, Source, ipc};

/// Counts the rows of a file: of Parquet and Arrow IPC what it declares, of text what it holds.
///
/// # Errors
/// The file cannot be read, or is not sound.
///
/// # Example
/// ```
/// use rulegate::scan::{Format, Source, rows};
///
/// let path = std::path::PathBuf::from("rules/samples/token_features.parquet");
/// let source = Source { name: path.display().to_string(), path, format: Format::Parquet, partitions: Vec::new() };
/// # #[cfg(feature = "parquet")]
/// assert!(rows(&source)? > 0);
/// # Ok::<(), rulegate::scan::ScanError>(())
/// ```
pub fn rows(source: &Source) -> Result<u64, ScanError> {
    match source.format {
        #[cfg(feature = "parquet")]
        Format::Parquet => Ok(super::parquet::Opened::new(source)?.facts.num_rows),
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => Err(ScanError::Unsupported { file: source.name.clone(), reason: "this build reads no Parquet".to_owned() }),
        Format::ArrowIpc => Ok(ipc::checked(source)?.1.rows),
        Format::JsonLines => json(source),
        Format::Csv => csv(source),
    }
}

fn json(source: &Source) -> Result<u64, ScanError> {
    let mut lines = Lines::open(source, MAX_LINE, None, Envelopes::None)?;
    let mut rows = 0;
    while let Some(some) = lines.batch_with(source, 1_024, |_| {})? {
        rows += some.len() as u64;
    }
    Ok(rows)
}

fn csv(source: &Source) -> Result<u64, ScanError> {
    let file = File::open(&source.path).map_err(|error| ScanError::Io { file: source.name.clone(), reason: error.to_string() })?;
    let (lines, kind) = BlankLines::new(BufReader::new(LineLimit::new(file, ScanOptions::default().line_bytes)));
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(lines);
    let columns = reader.byte_headers().map_err(|error| broken(source, &error))?.len();
    kind.set(if columns == 1 { Blank::Values } else { Blank::AsTheyAre });
    let (mut rows, mut record) = (0, csv::ByteRecord::new());
    while reader.read_byte_record(&mut record).map_err(|error| broken(source, &error))? {
        rows += 1;
    }
    Ok(rows)
}

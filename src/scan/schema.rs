//! The schema of a file, without its rows.

use arrow::datatypes::SchemaRef;

use super::{Format, ScanError, Source, ipc};

/// Reads the Arrow schema of a Parquet or Arrow IPC file, behind the checks that judging it goes through. No row is read.
///
/// # Errors
/// The file cannot be read, is not sound, or is of a format that carries no schema.
///
/// # Example
/// ```
/// use rulegate::scan::{Format, Source, schema};
///
/// let path = std::path::PathBuf::from("rules/samples/token_features.parquet");
/// let source = Source { name: path.display().to_string(), path, format: Format::Parquet, partitions: Vec::new() };
/// # #[cfg(feature = "parquet")]
/// assert!(schema(&source)?.field_with_name("gem_score").is_ok());
/// # Ok::<(), rulegate::scan::ScanError>(())
/// ```
pub fn schema(source: &Source) -> Result<SchemaRef, ScanError> {
    match source.format {
        #[cfg(feature = "parquet")]
        Format::Parquet => super::parquet::schema(source),
        Format::ArrowIpc => ipc::schema(source),
        _ => {
            let reason = "only Parquet and Arrow files carry a schema".to_owned();
            Err(ScanError::Unsupported { file: source.name.clone(), reason })
        }
    }
}

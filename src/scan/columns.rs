//! The columns of a file, without its rows.

use super::{Format, ScanError, Source, ipc};

/// A column as a file declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileColumn {
    /// Its name.
    pub name: String,
    /// Its type in the words of the language, such as `list<string>`.
    pub ty: String,
    /// Whether the file allows nulls in it. Most writers allow them everywhere.
    pub nullable: bool,
}

/// Reads what columns a Parquet or Arrow IPC file has, behind the checks that judging it goes through. No row is read.
///
/// # Errors
/// The file cannot be read, is not sound, or is of a format that declares no columns.
///
/// # Example
/// ```
/// use rulegate::scan::{Format, Source, columns};
///
/// let path = std::path::PathBuf::from("rules/samples/token_features.parquet");
/// let source = Source { name: path.display().to_string(), path, format: Format::Parquet, partitions: Vec::new() };
/// # #[cfg(feature = "parquet")]
/// assert!(columns(&source)?.iter().any(|column| column.name == "gem_score" && column.ty == "float64"));
/// # Ok::<(), rulegate::scan::ScanError>(())
/// ```
pub fn columns(source: &Source) -> Result<Vec<FileColumn>, ScanError> {
    let schema = match source.format {
        #[cfg(feature = "parquet")]
        Format::Parquet => super::parquet::schema(source)?,
        Format::ArrowIpc => ipc::schema(source)?,
        _ => {
            let reason = "only Parquet and Arrow files declare columns".to_owned();
            return Err(ScanError::Unsupported { file: source.name.clone(), reason });
        }
    };
    let column = |field: &arrow::datatypes::FieldRef| FileColumn {
        name: field.name().clone(),
        ty: crate::types::describe(field.data_type()),
        nullable: field.is_nullable(),
    };
    Ok(schema.fields().iter().map(column).collect())
}

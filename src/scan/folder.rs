//! Files that rule files name: imports and value sets, read beneath one root folder and nowhere else.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::compile::{LoadError, LoadedColumn, LoadedRules, LoadedValue, Loader};
use crate::syntax::MAX_FILE_BYTES;

/// Largest file of values.
const MAX_SET_BYTES: u64 = 256 << 20;

/// Reads imports and value sets beneath a root folder: no path, and no link, leads out of it.
#[derive(Debug, Clone)]
pub struct FolderLoader {
    root: PathBuf,
    /// The folder of the entry file, which paths of the entry are relative to.
    entry: PathBuf,
    /// The entry file itself, and the name it is known by.
    entry_file: PathBuf,
    entry_name: String,
}

impl FolderLoader {
    /// A loader for an entry file: the root is the nearest folder upwards with a `rulegate.toml`, else the entry's own folder.
    #[must_use]
    pub fn for_entry(path: &Path) -> Self {
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let entry = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        let root = entry.ancestors().find(|folder| folder.join("rulegate.toml").is_file()).unwrap_or(&entry).to_path_buf();
        let entry_file = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        Self { root, entry, entry_file, entry_name: path.to_string_lossy().into_owned() }
    }

    /// The folder that nothing is read outside of.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a path leads that the file `from` names, if that is a file beneath the root.
    ///
    /// # Errors
    /// There is no such file, or it lies outside the root.
    pub fn resolve(&self, from: &str, path: &str) -> Result<PathBuf, LoadError> {
        if Path::new(path).is_absolute() {
            return Err(LoadError::OutsideRoot(path.to_owned()));
        }
        // Imported files are known by their path from the root, so that no machine's folders show; the entry by the name it was given.
        let from_root = self.root.join(from);
        let base = if from == self.entry_name { &self.entry } else { from_root.parent().unwrap_or(&self.root) };
        let joined = base.join(path);
        let Ok(real) = joined.canonicalize() else {
            let escapes = normal(&joined).is_none_or(|plain| !plain.starts_with(&self.root));
            return Err(if escapes { LoadError::OutsideRoot(path.to_owned()) } else { LoadError::Missing(path.to_owned()) });
        };
        if !real.starts_with(&self.root) {
            return Err(LoadError::OutsideRoot(path.to_owned()));
        }
        Ok(real)
    }

    fn open(&self, from: &str, path: &str, limit: u64) -> Result<(PathBuf, Vec<u8>), LoadError> {
        let unreadable = |reason: String| LoadError::Unreadable { path: path.to_owned(), reason };
        let real = self.resolve(from, path)?;
        // A pipe or device is told before it is opened, which could block for ever.
        let about = std::fs::metadata(&real).map_err(|error| unreadable(error.to_string()))?;
        if !about.is_file() {
            return Err(unreadable("it is not a regular file".to_owned()));
        }
        let file = File::open(&real).map_err(|error| unreadable(error.to_string()))?;
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
        if bytes.len() as u64 > limit {
            return Err(unreadable(format!("it has more than {limit} bytes")));
        }
        Ok((real, bytes))
    }
}

/// A path with `.` and `..` worked out by name; `None` if it climbs past its start.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                if !out.pop() {
                    return None;
                }
            }
            std::path::Component::CurDir => {}
            other => out.push(other),
        }
    }
    Some(out)
}

impl Loader for FolderLoader {
    fn rules(&self, from: &str, path: &str) -> Result<LoadedRules, LoadError> {
        let (real, bytes) = self.open(from, path, MAX_FILE_BYTES as u64)?;
        let text =
            String::from_utf8(bytes).map_err(|_| LoadError::Unreadable { path: path.to_owned(), reason: "it is not UTF-8".to_owned() })?;
        let shown = real.strip_prefix(&self.root).unwrap_or(&real).to_string_lossy().into_owned();
        Ok(LoadedRules { name: if real == self.entry_file { self.entry_name.clone() } else { shown }, text })
    }

    fn column(&self, from: &str, path: &str, column: Option<&str>) -> Result<LoadedColumn, LoadError> {
        let (_, bytes) = self.open(from, path, MAX_SET_BYTES)?;
        let sha256 = hex(&bytes);
        let is_parquet = Path::new(path)
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("parquet") || extension.eq_ignore_ascii_case("pq"));
        let values = if is_parquet { parquet_values(path, bytes, column)? } else { csv_values(path, &bytes, column)? };
        Ok(LoadedColumn { values, sha256 })
    }
}

fn hex(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Which column is meant: the named one, or the only one.
fn choose(path: &str, known: &[String], column: Option<&str>) -> Result<usize, LoadError> {
    match column {
        Some(name) => known.iter().position(|known| known == name).ok_or_else(|| LoadError::NoColumn {
            path: path.to_owned(),
            column: name.to_owned(),
            known: known.to_vec(),
        }),
        None if known.len() == 1 => Ok(0),
        None => {
            let reason = format!("it has {} columns, so name one: `column \"{}\"`", known.len(), known.first().map_or("", String::as_str));
            Err(LoadError::Unreadable { path: path.to_owned(), reason })
        }
    }
}

fn csv_values(path: &str, bytes: &[u8], column: Option<&str>) -> Result<Vec<Option<LoadedValue>>, LoadError> {
    let unreadable = |reason: String| LoadError::Unreadable { path: path.to_owned(), reason };
    let text = std::str::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header: Vec<String> = reader.headers().map_err(|error| unreadable(error.to_string()))?.iter().map(str::to_owned).collect();
    let index = choose(path, &header, column)?;
    let mut values = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(error.to_string()))?;
        let cell = record.get(index).unwrap_or_default();
        values.push((!cell.is_empty()).then(|| LoadedValue::Text(cell.to_owned())));
    }
    Ok(values)
}

#[cfg(not(feature = "parquet"))]
fn parquet_values(path: &str, _: Vec<u8>, _: Option<&str>) -> Result<Vec<Option<LoadedValue>>, LoadError> {
    Err(LoadError::Unreadable { path: path.to_owned(), reason: "this build reads no Parquet".to_owned() })
}

#[cfg(feature = "parquet")]
fn parquet_values(path: &str, bytes: Vec<u8>, column: Option<&str>) -> Result<Vec<Option<LoadedValue>>, LoadError> {
    use parquet::arrow::ProjectionMask;
    use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
    let unreadable = |reason: String| LoadError::Unreadable { path: path.to_owned(), reason };
    let mut cursor = std::io::Cursor::new(&bytes);
    super::preflight::footer(&mut cursor, &super::preflight::Limits::default()).map_err(|error| unreadable(error.to_string()))?;
    let bytes = bytes::Bytes::from(bytes);
    let failed = || unreadable("the reader failed on corrupt data".to_owned());
    let read = || -> Result<Vec<Option<LoadedValue>>, LoadError> {
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let builder =
            ParquetRecordBatchReaderBuilder::try_new_with_options(bytes.clone(), options).map_err(|error| unreadable(error.to_string()))?;
        let known: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
        let index = choose(path, &known, column)?;
        let mask = ProjectionMask::roots(builder.parquet_schema(), [index]);
        let reader = builder.with_projection(mask).with_batch_size(4_096).build().map_err(|error| unreadable(error.to_string()))?;
        let mut values = Vec::new();
        for batch in reader {
            let batch = batch.map_err(|error| unreadable(error.to_string()))?;
            let vector = crate::kernels::load::load(batch.column(0)).decoded();
            let data = batch.column(0).data_type();
            values.extend((0..batch.num_rows()).map(|row| loaded(&vector, data, row)));
        }
        Ok(values)
    };
    super::guard::guarded(read).map_err(|()| failed())?
}

#[cfg(feature = "parquet")]
fn loaded(vector: &crate::kernels::Vector, data: &arrow::datatypes::DataType, row: usize) -> Option<LoadedValue> {
    use crate::kernels::Values;
    use arrow::datatypes::DataType;
    if !vector.is_live(row) {
        return None;
    }
    Some(match &vector.values {
        Values::Str(_) => LoadedValue::Text(vector.strings().at(row).to_owned()),
        Values::Int(_) => match data {
            DataType::Date32 | DataType::Date64 => LoadedValue::Date(vector.ints().at(row)),
            DataType::Timestamp(..) => LoadedValue::Timestamp(vector.ints().at(row)),
            data if data.is_integer() => LoadedValue::Int(vector.ints().at(row)),
            _ => return None,
        },
        Values::Decimal(_, scale) => LoadedValue::Decimal(vector.ints().at(row), *scale),
        Values::Float(_) => LoadedValue::Float(vector.floats().at(row)),
        Values::Bool(_) => LoadedValue::Bool(vector.bools().at(row)),
        _ => return None,
    })
}

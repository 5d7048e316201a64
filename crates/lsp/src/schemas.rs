//! Data files beside a rule file: their columns are what its fields are about.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rulegate::scan::{FileColumn, Format, Source, columns};

use crate::loader::{Stamp, stamp};

/// Folders that are looked at, from the rule file's own.
const FOLDERS: &[&str] = &["", "samples", "data"];
/// Most entries of a folder that are looked at.
const MAX_ENTRIES: usize = 2_000;
/// Most columns that are told.
const MAX_COLUMNS: usize = 5_000;

/// The columns of a data file and its name.
#[derive(Debug, Clone, Default)]
pub(crate) struct DataFile {
    pub name: String,
    pub columns: Vec<FileColumn>,
}

/// Columns of data files, kept while the files stay as they are.
#[derive(Debug, Default)]
pub(crate) struct Schemas(HashMap<PathBuf, (Stamp, DataFile)>);

impl Schemas {
    /// The columns of the data files near a rule file that are called as it is, or as one of its blocks.
    pub(crate) fn near(&mut self, rules: &Path, block: &str) -> DataFile {
        let stem = rules.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let folder = rules.parent().unwrap_or(Path::new("."));
        // The first folder that has one is meant; a file called as the block comes before one called as the rules.
        for folder in FOLDERS.iter().map(|below| folder.join(below)) {
            for name in [block, stem.as_str()].into_iter().filter(|name| !name.is_empty()) {
                if let Some(file) = data_file(&folder, name).map(|path| self.read(&path)).filter(|file| !file.columns.is_empty()) {
                    return file;
                }
            }
        }
        DataFile::default()
    }

    fn read(&mut self, path: &Path) -> DataFile {
        let Some(now) = stamp(path) else { return DataFile::default() };
        if let Some((_, file)) = self.0.get(path).filter(|(then, _)| *then == now) {
            return file.clone();
        }
        let file = read(path).unwrap_or_default();
        self.0.insert(path.to_path_buf(), (now, file.clone()));
        file
    }
}

/// The data file of a name in a folder, the first by its ending.
fn data_file(folder: &Path, name: &str) -> Option<PathBuf> {
    let entries = folder.read_dir().ok()?.take(MAX_ENTRIES).flatten().map(|entry| entry.path());
    let fits = |path: &PathBuf| {
        path.file_stem().is_some_and(|stem| stem == name)
            && matches!(Format::of(path), Some(Format::Parquet | Format::ArrowIpc))
            && path.is_file()
    };
    entries.filter(fits).min()
}

fn read(path: &Path) -> Option<DataFile> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    let source = Source { path: path.to_path_buf(), name: name.clone(), format: Format::of(path)?, partitions: Vec::new() };
    // A file that cannot be read has no columns to offer; `validate` tells why.
    let mut columns = columns(&source).ok()?;
    columns.truncate(MAX_COLUMNS);
    Some(DataFile { name, columns })
}

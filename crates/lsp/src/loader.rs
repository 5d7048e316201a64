//! How rule files reach other files: texts that are open in the editor come before those on disk.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rulegate::compile::{LoadError, LoadedColumn, LoadedRules, Loader};
use rulegate::scan::FolderLoader;

/// Sets of values read from files, kept while the files stay as they are.
#[derive(Debug, Default)]
pub(crate) struct Columns(Mutex<HashMap<ColumnOf, (Stamp, LoadedColumn)>>);

/// A file, and the column of it that is asked for.
type ColumnOf = (PathBuf, Option<String>);

/// What tells a file from the same file changed.
pub(crate) type Stamp = (Option<SystemTime>, u64);

/// The stamp of a file; `None` where there is none.
pub(crate) fn stamp(path: &Path) -> Option<Stamp> {
    let about = path.metadata().ok()?;
    Some((about.modified().ok(), about.len()))
}

/// Reads what one entry file names, beneath its root folder and nowhere else.
pub(crate) struct OpenFirst<'a> {
    folder: FolderLoader,
    open: &'a HashMap<PathBuf, Arc<str>>,
    columns: &'a Columns,
    /// Where the files lie that were read, by the names the compiler knows them by.
    paths: Mutex<HashMap<String, PathBuf>>,
}

impl<'a> OpenFirst<'a> {
    pub(crate) fn new(entry: &Path, open: &'a HashMap<PathBuf, Arc<str>>, columns: &'a Columns) -> Self {
        Self { folder: FolderLoader::for_entry(entry), open, columns, paths: Mutex::default() }
    }

    /// Where the files lie that were read.
    pub(crate) fn into_paths(self) -> HashMap<String, PathBuf> {
        self.paths.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loader for OpenFirst<'_> {
    fn rules(&self, from: &str, path: &str) -> Result<LoadedRules, LoadError> {
        let real = self.folder.resolve(from, path)?;
        let mut loaded = self.folder.rules(from, path)?;
        if let Some(text) = self.open.get(&real) {
            loaded.text = text.to_string();
        }
        self.paths.lock().unwrap_or_else(PoisonError::into_inner).insert(loaded.name.clone(), real);
        Ok(loaded)
    }

    fn column(&self, from: &str, path: &str, column: Option<&str>) -> Result<LoadedColumn, LoadError> {
        let real = self.folder.resolve(from, path)?;
        let key = (real, column.map(str::to_owned));
        let stamp = stamp(&key.0).unwrap_or_default();
        let mut known = self.columns.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, loaded)) = known.get(&key).filter(|(then, _)| *then == stamp) {
            return Ok(loaded.clone());
        }
        let loaded = self.folder.column(from, path, column)?;
        known.insert(key, (stamp, loaded.clone()));
        Ok(loaded)
    }
}

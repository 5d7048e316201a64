//! How rule files reach other files: imports and value sets go through a [`Loader`] the caller hands in.

/// Reads the files a rule file names. The library itself opens nothing.
pub trait Loader: Sync {
    /// Reads an imported rule file. `from` is the name of the importing file, `path` what it wrote.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn rules(&self, from: &str, path: &str) -> Result<LoadedRules, LoadError>;

    /// Reads a column of a CSV or Parquet file; without a name, the only one.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn column(&self, from: &str, path: &str, column: Option<&str>) -> Result<LoadedColumn, LoadError>;
}

/// An imported rule file.
#[derive(Debug, Clone)]
pub struct LoadedRules {
    /// Its name: two imports of one file have the same.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The values of a column.
#[derive(Debug, Clone, Default)]
pub struct LoadedColumn {
    /// The values; nulls are `None`.
    pub values: Vec<Option<LoadedValue>>,
    /// SHA-256 of the file, in hex: part of the rule set's identity.
    pub sha256: String,
}

/// A value of a loaded column.
#[derive(Debug, Clone, PartialEq)]
pub enum LoadedValue {
    /// Text; of a CSV every value.
    Text(String),
    /// An integer.
    Int(i128),
    /// A float.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A decimal: its digits, and how many stand after the point.
    Decimal(i128, i32),
    /// A day, counted from 1970.
    Date(i128),
    /// A point in time, in nanoseconds from 1970.
    Timestamp(i128),
}

/// Why a file cannot be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LoadError {
    /// No such file.
    #[error("there is no file `{0}`")]
    Missing(String),
    /// The path leads outside the root folder.
    #[error("`{0}` lies outside the root folder")]
    OutsideRoot(String),
    /// It is there and cannot be read.
    #[error("`{path}` cannot be read: {reason}")]
    Unreadable {
        /// The path as written.
        path: String,
        /// Why.
        reason: String,
    },
    /// The file has no such column.
    #[error("`{path}` has no column `{column}`")]
    NoColumn {
        /// The path as written.
        path: String,
        /// The column that is asked for.
        column: String,
        /// The columns there are.
        known: Vec<String>,
    },
}

/// A loader for rules that stand alone: every import and every set file is missing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl Loader for NoFiles {
    fn rules(&self, _: &str, path: &str) -> Result<LoadedRules, LoadError> {
        Err(LoadError::Missing(path.to_owned()))
    }

    fn column(&self, _: &str, path: &str, _: Option<&str>) -> Result<LoadedColumn, LoadError> {
        Err(LoadError::Missing(path.to_owned()))
    }
}

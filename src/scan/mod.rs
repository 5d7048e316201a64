//! Where batches come from: Parquet, Arrow IPC, JSON lines and CSV files, each read as if someone hostile had written it.
//!
//! At the door: [`Run`], which judges one file after another and gives a report, and [`FolderLoader`], which reads what rule files
//! name. Every file ends in a verdict, a typed error or a refusal that names the limit. This room finds no files: [`Source`]s are handed to it.

mod blank_lines;
mod columns;
mod csv;
mod delimiter;
mod envelope;
#[cfg(feature = "parquet")]
mod explain;
mod folder;
mod guard;
mod ipc;
mod ipc_preflight;
mod json;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "the checks of IPC share its errors; the rest is for Parquet"))]
mod preflight;
#[cfg(feature = "parquet")]
mod proof;
mod rows;
#[cfg(feature = "parquet")]
mod shared;
mod sniff;
mod stored;
mod text;
mod thrift;
mod typed;
pub(crate) mod whole;
#[cfg(feature = "parquet")]
mod whole_parquet;

use std::path::PathBuf;
use std::time::Instant;

use arrow::array::ArrayRef;
use arrow::datatypes::Schema;
use rayon::prelude::*;

use crate::compile::{RuleSet, ir};
use crate::report::Report;
use crate::session::{BindOptions, Error, Input, Session, Validator};
use crate::spans::span;
use typed::{Part, Taker};

pub use columns::{FileColumn, columns};
pub use delimiter::{Delimiter, DelimiterError};
pub use envelope::{Envelope, Envelopes};
#[cfg(feature = "parquet")]
pub use explain::{Explanation, RuleWays, Tier, Why};
pub use folder::FolderLoader;
pub(crate) use guard::guarded;
pub use guard::is_guarded;
pub use rows::rows;
pub use sniff::{Kind, recognise};
pub use typed::TakeTyped;

/// Formats of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Arrow IPC, file or stream.
    ArrowIpc,
    /// One JSON object a line.
    JsonLines,
    /// Comma-separated values with a header line.
    Csv,
}

impl Format {
    /// The format a file name tells of.
    #[must_use]
    pub fn of(path: &std::path::Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "parquet" | "pq" => Self::Parquet,
            "arrow" | "arrows" | "feather" | "ipc" => Self::ArrowIpc,
            "jsonl" | "ndjson" => Self::JsonLines,
            "csv" => Self::Csv,
            _ => return None,
        })
    }

    /// File name endings, for messages.
    pub const ENDINGS: &'static str = ".parquet .pq .arrow .arrows .feather .ipc .jsonl .ndjson .csv";
}

/// A file to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// What the report calls it.
    pub name: String,
    /// Its format.
    pub format: Format,
    /// Columns that its folders give: `dt=2026-01-31/` is a column `dt` with that value in every row.
    pub partitions: Vec<(String, String)>,
}

/// What reading may be told.
#[derive(Debug, Clone)]
pub struct ScanOptions {
    /// Most rows of a batch.
    pub batch_rows: usize,
    /// About how many bytes a batch may have once decoded; batches get fewer rows to stay below.
    pub batch_bytes: usize,
    /// When reading must be over.
    pub deadline: Option<Instant>,
    /// Longest line of a text file, in bytes.
    pub line_bytes: usize,
    /// What separates the cells of CSV.
    pub delimiter: Delimiter,
    /// Whether what a Parquet footer says of its columns (smallest and largest values, numbers of nulls) may settle rules. It is not
    /// checked against the values: say yes only where the writer is trusted.
    pub trust_statistics: bool,
    /// Whether lines of JSON are batch results of a provider, for output blocks.
    pub envelopes: Envelopes,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self {
            batch_rows: 65_536,
            batch_bytes: 64 << 20,
            deadline: None,
            line_bytes: 64 << 20,
            delimiter: Delimiter::default(),
            trust_statistics: false,
            envelopes: Envelopes::default(),
        }
    }
}

/// Is told how far a run has come; called from many threads.
pub trait Progress: Sync {
    /// A file begins.
    fn begin(&self, name: &str, rows: Option<u64>);
    /// Rows have been judged.
    fn advance(&self, rows: u64);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn begin(&self, _: &str, _: Option<u64>) {}
    fn advance(&self, _: u64) {}
}

/// Why a file could not be judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// It cannot be opened or read.
    #[error("{file}: cannot be read: {reason}")]
    Io {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// Its bytes are not what its format asks for.
    #[error("{file}: {place}{reason}")]
    Corrupt {
        /// The file.
        file: String,
        /// Where in it, ending in `: `, or nothing.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// It is past a limit.
    #[error("{file}: {reason}")]
    Limit {
        /// The file.
        file: String,
        /// Which limit, and what to do.
        reason: String,
    },
    /// Its format, or something in it, is not read.
    #[error("{file}: {reason}")]
    Unsupported {
        /// The file.
        file: String,
        /// What is not read, and what to do.
        reason: String,
    },
    /// The rules cannot be bound to it.
    #[error("{file}: {source}")]
    Bind {
        /// The file.
        file: String,
        /// Why.
        source: Error,
    },
    /// Who takes typed rows could not.
    #[error("{reason}")]
    Taken {
        /// What it said.
        reason: String,
    },
}

/// Files a thread takes at a time: what is open at once, and held in memory until all before it are judged, stays small.
const FILES_PER_THREAD: usize = 8;

/// Judges files one after another under one block.
pub struct Run {
    rules: RuleSet,
    bind: BindOptions,
    options: ScanOptions,
    session: Option<Session>,
    /// The last schema and its validator: files of a run are mostly alike, and binding compiles patterns.
    bound: Option<(Schema, Validator)>,
    #[cfg(feature = "parquet")]
    explanation: Explanation,
}

impl Run {
    /// A run of one block of the rules.
    #[must_use]
    pub fn new(rules: RuleSet, bind: BindOptions, options: ScanOptions) -> Self {
        Self {
            rules,
            bind,
            options,
            session: None,
            bound: None,
            #[cfg(feature = "parquet")]
            explanation: Explanation::default(),
        }
    }

    /// Judges a file, in parallel on the rayon pool of the caller.
    ///
    /// # Errors
    /// [`ScanError`]: the file could not be judged to its end, and the run must not be reported as if it had been.
    pub fn add(&mut self, source: &Source, progress: &dyn Progress) -> Result<(), ScanError> {
        self.add_to(source, progress, &mut None)
    }

    fn add_to(&mut self, source: &Source, progress: &dyn Progress, taker: &mut Option<Taker<'_>>) -> Result<(), ScanError> {
        let _span = span!("judge", files = 1);
        sniff::check(source)?;
        match source.format {
            format if format != Format::JsonLines && matches!(self.options.envelopes, Envelopes::Of(_)) => {
                let reason = "batch results of providers are lines of JSON; leave the envelope out, or judge the file in a run of its own";
                Err(ScanError::Unsupported { file: source.name.clone(), reason: reason.to_owned() })
            }
            #[cfg(feature = "parquet")]
            Format::Parquet => parquet::judge(self, std::slice::from_ref(source), progress, taker),
            #[cfg(not(feature = "parquet"))]
            Format::Parquet => Err(ScanError::Unsupported { file: source.name.clone(), reason: "this build reads no Parquet".to_owned() }),
            Format::ArrowIpc => ipc::judge(self, source, progress, taker),
            Format::JsonLines => json::judge(self, source, progress, taker),
            Format::Csv => csv::judge(self, source, progress, taker),
        }
    }

    /// Judges files as [`Run::add`] does one after another; Parquet files some at a time, so that many small ones keep all threads busy.
    ///
    /// # Errors
    /// The first that [`Run::add`] would give.
    pub fn add_all(&mut self, sources: &[Source], progress: &dyn Progress) -> Result<(), ScanError> {
        let at_once = rayon::current_num_threads() * FILES_PER_THREAD;
        let alike = |a: &Source, b: &Source| a.format == b.format;
        for some in sources.chunk_by(alike).flat_map(|alike| alike.chunks(at_once.max(1))) {
            match some {
                #[cfg(feature = "parquet")]
                [first, ..] if first.format == Format::Parquet && !matches!(self.options.envelopes, Envelopes::Of(_)) => {
                    some.iter().try_for_each(sniff::check)?;
                    let _span = span!("judge", files = some.len());
                    parquet::judge(self, some, progress, &mut None)?;
                }
                _ => some.iter().try_for_each(|source| self.add(source, progress))?,
            }
        }
        Ok(())
    }

    /// The session so far; `None` before the first file.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// How the rules were answered over the Parquet files so far, and why not in a cheaper way.
    #[cfg(feature = "parquet")]
    #[must_use]
    pub fn explanation(&self) -> &Explanation {
        &self.explanation
    }

    /// The report; `None` if no file was added.
    #[must_use]
    pub fn finish(&self, strict: bool) -> Option<Report> {
        self.session.as_ref().map(|session| if strict { session.finish_strict() } else { session.finish() })
    }

    /// The block that judges.
    fn block(&self, source: &Source) -> Result<std::sync::Arc<ir::Block>, ScanError> {
        self.rules.chosen(self.bind.block.as_deref()).cloned().map_err(|error| ScanError::Bind { file: source.name.clone(), source: error })
    }

    /// Binds the rules to a file's schema and begins an input.
    fn begin(&mut self, source: &Source, schema: &Schema) -> Result<(Validator, Input), ScanError> {
        let fail = |error| ScanError::Bind { file: source.name.clone(), source: error };
        let validator = match self.bound.take().filter(|(known, _)| known == schema) {
            Some((_, validator)) => validator,
            None => self.rules.bind_with(schema, &self.bind).map_err(fail)?,
        };
        self.bound = Some((schema.clone(), validator.clone()));
        let session = self.session.get_or_insert_with(|| validator.session());
        let input = session.begin(&validator, source.name.clone()).map_err(fail)?;
        Ok((validator, input))
    }

    fn check_deadline(&self, source: &Source) -> Result<(), ScanError> {
        check_deadline(&self.options, source)
    }
}

fn check_deadline(options: &ScanOptions, source: &Source) -> Result<(), ScanError> {
    match options.deadline {
        Some(deadline) if Instant::now() >= deadline => {
            let reason = "the time limit was met before the file was judged to its end; give it more time, or split the file".to_owned();
            Err(ScanError::Limit { file: source.name.clone(), reason })
        }
        _ => Ok(()),
    }
}

/// Rows as Arrow columns, and how many there are.
type Columns = (Vec<ArrayRef>, usize);

/// A text file whose rules are bound, and who takes its typed rows, if anybody does.
struct Bound<'a, 'b> {
    source: &'a Source,
    input: &'a Input,
    progress: &'a dyn Progress,
    taker: &'a mut Option<Taker<'b>>,
}

/// Judges batches of a text format: read one after another, converted and judged in parallel, a few at a time.
fn text_batches<T: Send>(
    run: &mut Run,
    bound: Bound<'_, '_>,
    mut next: impl FnMut() -> Result<Option<T>, ScanError>,
    convert: &(dyn Fn(T) -> Result<Columns, ScanError> + Sync),
) -> Result<(), ScanError> {
    let Bound { source, input, progress, taker } = bound;
    let mut row = 0;
    loop {
        run.check_deadline(source)?;
        let mut waiting = Vec::new();
        while waiting.len() < rayon::current_num_threads().max(1) {
            match next()? {
                Some(rows) => waiting.push(rows),
                None => break,
            }
        }
        if waiting.is_empty() {
            return Ok(());
        }
        let batches: Vec<Columns> = waiting.into_par_iter().map(convert).collect::<Result<_, _>>()?;
        let mut placed = Vec::new();
        for (columns, rows) in &batches {
            placed.push(Part { columns, start: 0, rows: *rows, first: row });
            row += *rows as u64;
        }
        for part in typed::judge(input, source, placed, taker)? {
            progress.advance(part.rows());
            if let Some(session) = run.session.as_mut() {
                session.fold(part);
            }
        }
    }
}

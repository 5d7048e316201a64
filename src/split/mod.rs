//! Files in, two files out: the rows that may land, and the rows that were set aside with what is wrong with them.
//!
//! At the door: [`Split`]. Rows keep their order; every row that is read is written to one side or the other. Each file is read whole behind
//! the checks that judging goes through, each batch is judged by one [`Gate`] with
//! [`Policy::Split`], and while one batch is judged and written the next is read. Where the bytes go is the
//! caller's matter: a [`crate::commit::Staged`] file, or anything else that can be written.

mod again;
mod pieces;
mod sink;

use std::io::Write;
use std::path::PathBuf;

use crate::compile::RuleSet;
use crate::gate::{AtEnd, Gate, GateError, GateOptions, Policy, Refusal};
use crate::report::Report;
use crate::scan::whole::{Part, Whole};
use crate::scan::{Progress, ScanError, ScanOptions, Source};
use crate::session::{BindOptions, Error};

use pieces::{Layout, Side};
use sink::Sink;

/// The column of the quarantine file that names the file a row is from; the others are those of [`crate::gate::ColumnNames`].
pub const FILE_COLUMN: &str = "_gate_file";

/// Where one side goes.
#[derive(Debug)]
pub struct Output<W> {
    /// Its path; the ending tells the format.
    pub path: PathBuf,
    /// Takes its bytes.
    pub out: W,
}

/// What a split came to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Done<W> {
    /// The clean side's writer, all bytes written.
    pub clean: Option<W>,
    /// The quarantine side's.
    pub quarantine: Option<W>,
    /// Rows of each source, in their order.
    pub rows: Vec<u64>,
    /// Rows that may land.
    pub passed: u64,
    /// Of these, rows with a value replaced.
    pub replaced: u64,
    /// Rows that were set aside.
    pub quarantined: u64,
    /// Rows that fail an enforced error rule.
    pub failed: u64,
}

/// Why files were not split. Nothing of what was written may be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// A file cannot be read to its end.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// The rules cannot be bound.
    #[error("{0}")]
    Bind(#[from] Error),
    /// There is no decision.
    #[error("{0}")]
    Gate(#[from] GateError),
    /// A rule with `@on_fail(reject_batch)` fails, or no row can pass: all files together are the batch.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// The files have different columns.
    #[error("{file}: {reason}")]
    Columns {
        /// The one that differs from those before.
        file: String,
        /// How, and what to do.
        reason: String,
    },
    /// A side cannot be written.
    #[error("{}: cannot be written: {reason}", path.display())]
    Write {
        /// The side.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file is not what it was when a report was made of it.
    #[error("{file}: it was not the same when it was read again: {what}")]
    Changed {
        /// The file, or the first of all where it cannot be told which it is.
        file: String,
        /// How it differs.
        what: String,
    },
    /// The ending of a path tells no format.
    #[error("{}: its ending tells no format that is written", path.display())]
    Format {
        /// The path.
        path: PathBuf,
    },
}

/// Splits files by the rules of a block.
///
/// # Example
/// ```
/// use rulegate::scan::{Format, Quiet, ScanOptions, Source};
/// use rulegate::split::{Output, Split};
/// use rulegate::{BindOptions, RuleSet};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("t.csv");
/// std::fs::write(&path, "id,score\n1,50\n2,101\n")?;
/// let rules = RuleSet::compile("t.rules", "rulegate 1\nfeatures t { id : int64  score : int64 between 0 and 100 }", &Default::default());
/// let rules = rules.rule_set.expect("sound rules");
///
/// let (bind, options) = (BindOptions::default(), ScanOptions::default());
/// let split = Split { rules: &rules, bind: &bind, options: &options };
/// let sources = [Source { name: "t.csv".into(), path, format: Format::Csv, partitions: Vec::new() }];
/// let side = |name: &str| Some(Output { path: name.into(), out: Vec::new() });
/// let done = split.run(&sources, side("clean.csv"), side("bad.jsonl"), &Quiet)?;
/// assert_eq!((done.passed, done.quarantined), (1, 1));
/// assert_eq!(done.clean.as_deref(), Some("id,score\n1,50\n".as_bytes()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Split<'a> {
    /// The rules.
    pub rules: &'a RuleSet,
    /// The block, the clock and the host's functions.
    pub bind: &'a BindOptions,
    /// How files are read.
    pub options: &'a ScanOptions,
}

impl Split<'_> {
    /// Reads the files one after another and writes each row to its side; a side that is left out is counted and not written. Two batches
    /// are in memory at a time, and what the writers hold back.
    ///
    /// # Errors
    /// [`SplitError`].
    pub fn run<W: Write + Send + 'static>(
        &self,
        sources: &[Source],
        clean: Option<Output<W>>,
        quarantine: Option<Output<W>>,
        progress: &dyn Progress,
    ) -> Result<Done<W>, SplitError> {
        self.run_with(sources, clean, quarantine, progress, None)
    }

    /// As [`Split::run`], for files that a report was made of: what is read now must come to the same, rule by rule, and monitoring, which
    /// has counted these rows already, does not count them again.
    ///
    /// # Errors
    /// As [`Split::run`]; [`SplitError::Changed`].
    pub fn run_after<W: Write + Send + 'static>(
        &self,
        report: &Report,
        sources: &[Source],
        clean: Option<Output<W>>,
        quarantine: Option<Output<W>>,
        progress: &dyn Progress,
    ) -> Result<Done<W>, SplitError> {
        self.run_with(sources, clean, quarantine, progress, Some(report))
    }

    fn run_with<W: Write + Send + 'static>(
        &self,
        sources: &[Source],
        clean: Option<Output<W>>,
        quarantine: Option<Output<W>>,
        progress: &dyn Progress,
        report: Option<&Report>,
    ) -> Result<Done<W>, SplitError> {
        let (clean, quarantine) = (Half::new(clean)?, Half::new(quarantine)?);
        let mut work = Work { gate: None, schema: None, clean, quarantine, before: 0, report };
        let block = self.rules.chosen(self.bind.block.as_deref())?;
        let mut rows = Vec::with_capacity(sources.len());
        for source in sources {
            let mut whole = Whole::open(source, block, self.options)?;
            progress.begin(&source.name, None);
            work.begin(self, source, &whole)?;
            let layout = Layout::of(&whole.schema);
            let mut next = whole.next()?;
            while let Some(part) = next {
                let count = part.batch.num_rows() as u64;
                let (written, ahead) = rayon::join(|| work.take(source, &layout, &part), || whole.next());
                written?;
                progress.advance(count);
                next = ahead?;
            }
            let all = work.gate.as_ref().map_or(0, |gate| gate.totals().rows);
            rows.push(all - work.before);
            work.before = all;
        }
        work.finish(rows)
    }
}

struct Work<'a, W> {
    gate: Option<Gate>,
    /// The first file and its columns.
    schema: Option<(String, arrow::datatypes::SchemaRef)>,
    clean: Half<W>,
    quarantine: Half<W>,
    /// Rows of the files before this one.
    before: u64,
    /// What the files came to when they were read before.
    report: Option<&'a Report>,
}

/// A side, once there is something to write to it.
struct Half<W> {
    path: PathBuf,
    format: Option<sink::Form>,
    out: Option<W>,
    sink: Option<Box<dyn Sink<W>>>,
}

impl<W: Write + Send + 'static> Half<W> {
    fn new(output: Option<Output<W>>) -> Result<Self, SplitError> {
        let Some(Output { path, out }) = output else { return Ok(Self { path: PathBuf::new(), format: None, out: None, sink: None }) };
        let format = sink::Form::of(&path).ok_or_else(|| SplitError::Format { path: path.clone() })?;
        Ok(Self { path, format: Some(format), out: Some(out), sink: None })
    }

    fn error(&self) -> impl Fn(sink::SinkError) -> SplitError + '_ {
        |error| SplitError::Write { path: self.path.clone(), reason: error.0 }
    }

    fn write(&mut self, piece: Option<&sink::Piece>) -> Result<(), SplitError> {
        match (piece, &mut self.sink) {
            (Some(piece), Some(sink)) => sink.write(piece).map_err(|error| SplitError::Write { path: self.path.clone(), reason: error.0 }),
            _ => Ok(()),
        }
    }

    fn finish(mut self) -> Result<Option<W>, SplitError> {
        match self.sink.take() {
            Some(sink) => sink.finish().map(Some).map_err(self.error()),
            None => Ok(self.out),
        }
    }
}

impl<W: Write + Send + 'static> Work<'_, W> {
    /// Binds the rules to the first file and opens the sinks; a later file must have the same columns.
    fn begin(&mut self, split: &Split<'_>, source: &Source, whole: &Whole<'_>) -> Result<(), SplitError> {
        if let Some((first, known)) = &self.schema {
            return pieces::same_columns(first, known, source, &whole.schema);
        }
        let validator = split.rules.bind_with(&whole.schema, split.bind)?;
        let options = GateOptions { at_end: AtEnd::Nothing, ..GateOptions::default() };
        let make = if self.report.is_some() { Gate::uncounted } else { Gate::with_options };
        let gate = make(&validator, Policy::Split, options)?;
        for (half, side) in [(&mut self.clean, Side::Clean), (&mut self.quarantine, Side::Quarantine)] {
            if let (Some(format), Some(out)) = (half.format, half.out.take()) {
                let plan = pieces::plan(side, format, source, whole, &gate)?;
                half.sink = Some(format.open(out, &plan).map_err(half.error())?);
            }
        }
        self.gate = Some(gate);
        self.schema = Some((source.name.clone(), std::sync::Arc::clone(&whole.schema)));
        Ok(())
    }

    /// Judges some rows and writes each to its side.
    fn take(&mut self, source: &Source, layout: &Layout, part: &Part) -> Result<(), SplitError> {
        let Some(gate) = &self.gate else { return Ok(()) };
        let decision = gate.judge(&part.batch)?;
        if let Some(refusal) = decision.refusal() {
            return Err(SplitError::Refused(Box::new(refusal)));
        }
        let cut = |error: arrow::error::ArrowError| SplitError::Columns { file: source.name.clone(), reason: error.to_string() };
        let pieces = pieces::Cut { source, layout, part, decision: &decision, before: self.before };
        let clean = self.clean.format.map(|format| pieces.clean(format).map_err(cut)).transpose()?;
        let quarantine = match self.quarantine.format.filter(|_| decision.counts.quarantined > 0) {
            Some(format) => Some(pieces.quarantine(format)?),
            None => None,
        };
        let (clean_half, quarantine_half) = (&mut self.clean, &mut self.quarantine);
        let (one, other) = rayon::join(|| clean_half.write(clean.as_ref()), || quarantine_half.write(quarantine.as_ref()));
        one.and(other)
    }

    fn finish(self, rows: Vec<u64>) -> Result<Done<W>, SplitError> {
        let totals = self.gate.as_ref().map(Gate::totals).unwrap_or_default();
        let report = self.gate.as_ref().map(|gate| gate.finish().report);
        if let (Some(before), Some(now)) = (self.report, &report) {
            again::same(before, now, &rows)?;
        }
        Ok(Done {
            clean: self.clean.finish()?,
            quarantine: self.quarantine.finish()?,
            rows,
            passed: totals.passed,
            replaced: totals.replaced,
            quarantined: totals.quarantined,
            failed: report.map_or(0, |report| report.rows_failed),
        })
    }
}

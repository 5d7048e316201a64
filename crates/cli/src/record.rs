//! What `validate` writes to the ledger.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rulegate::commit::{Cause, FileEntry, LedgerPlace, Manifest, Witness};
use rulegate::ledger::{Decision, DecisionOutcome, Event, Flaw, FlawKind, Identity, Ledger, LedgerError, sha256};
use rulegate::report::Report;
use rulegate::scan::Source;

use crate::exit::Failure;
use crate::output;
use crate::render::text::escape;

/// A ledger that an entry can be appended to.
pub(crate) struct Record {
    ledger: Ledger,
}

/// What tells that a file is another than it was: its length, and when it was changed.
pub(crate) type Stamp = (u64, Option<SystemTime>);

/// What to do about a file that changes under the hands.
pub(crate) const STILL: &str = "nothing was written; let nobody write to the data while it is judged";

/// The files as they are before they are judged.
pub(crate) fn stamps(sources: &[Source]) -> Result<Vec<Stamp>, Failure> {
    sources.iter().map(|source| stamp(&source.path).map_err(|error| unread(source, &error))).collect()
}

/// Refuses files that are not as they were before.
pub(crate) fn unchanged(sources: &[Source], stamps: &[Stamp]) -> Result<(), Failure> {
    for (source, before) in sources.iter().zip(stamps) {
        if stamp(&source.path).map_err(|error| unread(source, &error))? != *before {
            return Err(Failure::new(format!("{}: the file was changed while it was split", source.name)).help(STILL));
        }
    }
    Ok(())
}

/// Refuses a ledger that is one of the files that are read.
pub(crate) fn check(ledger: &Path, read: &[PathBuf]) -> Result<(), Failure> {
    let Ok(place) = ledger.canonicalize() else { return Ok(()) };
    match read.iter().filter_map(|path| path.canonicalize().ok()).any(|path| path == place) {
        true => Err(Failure::new(format!("{}: the ledger is a file that is read", ledger.display())).help("give it another name")),
        false => Ok(()),
    }
}

/// Decisions that wait for their entries.
pub(crate) struct Pending<'a> {
    pub(crate) ledger: &'a Record,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) at: SystemTime,
    pub(crate) trace_id: Option<String>,
    pub(crate) quiet: bool,
}

impl Pending<'_> {
    /// Where the entry will be, for the manifest of the files it is about.
    pub(crate) fn place(&self) -> Result<LedgerPlace, Failure> {
        let ledger = &self.ledger.ledger;
        let from = ledger.ready().map_err(Failure::new)?;
        let unnamed = |reason: &dyn std::fmt::Display| {
            Failure::new(format!("{}: a manifest cannot name this ledger: {reason}", ledger.path().display())).help("give it another name")
        };
        let path = ledger.path().canonicalize().map_err(|error| unnamed(&error))?;
        let path = path.to_str().ok_or_else(|| unnamed(&"its path is no UTF-8"))?;
        Ok(LedgerPlace { path: path.to_owned(), from })
    }

    /// Says of every decision that nothing was split.
    pub(crate) fn refused(&mut self) {
        self.decisions.iter_mut().for_each(|decision| decision.outcome = DecisionOutcome::Refused);
    }

    /// Says of every decision which files come of it, with their hashes: the first of the manifest, under the names they were given.
    pub(crate) fn wrote(&mut self, files: &[(PathBuf, u64)], manifest: &Manifest) {
        for ((path, rows), entry) in files.iter().zip(&manifest.files) {
            let (name, sha256) = (path.to_string_lossy().into_owned(), Some(entry.sha256.clone()));
            let output = Identity { block: None, name, rows: *rows, sha256 };
            self.decisions.iter_mut().for_each(|decision| decision.outputs.push(output.clone()));
        }
    }

    /// Appends the decisions, and says on stderr where they stand.
    pub(crate) fn append(self) -> Result<(), LedgerError> {
        for decision in self.decisions {
            let entry = self.ledger.ledger.append(self.at, self.trace_id.as_deref(), Event::Decision(Box::new(decision)))?;
            if !self.quiet {
                let name = self.ledger.ledger.path().to_string_lossy().into_owned();
                output::stderr(&format!("ledger: {}, head {}:{}\n", escape(&name), entry.seq, entry.hash));
            }
        }
        Ok(())
    }
}

/// Reads the ledgers that killed runs were waiting for.
#[derive(Debug, Default)]
pub(crate) struct Ledgers {
    /// Where the ledger is now, if it was moved.
    pub(crate) moved: Option<PathBuf>,
}

impl Witness for Ledgers {
    /// Whether an entry from the one that was next on names each data file by its name and hash. Nobody else writes these files meanwhile, so
    /// that an entry like this is the run's own, or says the same of the same bytes.
    fn has(&self, manifest: &Manifest) -> Result<bool, Cause> {
        let Some(place) = &manifest.ledger else { return Ok(false) };
        let path = self.moved.clone().unwrap_or_else(|| PathBuf::from(&place.path));
        let files: Vec<_> = manifest.files.iter().filter(|file| file.rows.is_some()).collect();
        let is_about = |decision: &Decision| {
            let named = |file: &FileEntry, output: &Identity| {
                output.sha256.as_ref() == Some(&file.sha256) && Path::new(&output.name).file_name() == Path::new(&file.path).file_name()
            };
            !files.is_empty() && files.iter().all(|file| decision.outputs.iter().any(|output| named(file, output)))
        };
        let (mut found, mut entries) = (false, 0);
        let read = Ledger::at(path).each(None, |entry| {
            entries += 1;
            found |= entry.seq >= place.from && matches!(&entry.event, Event::Decision(decision) if is_about(decision));
        });
        match read {
            // Half an entry at the end is what a kill leaves of one.
            Ok(_) | Err(LedgerError::Flawed { flaw: Flaw { kind: FlawKind::Torn, .. }, .. }) if entries >= place.from => Ok(found),
            Ok(_) | Err(LedgerError::Flawed { flaw: Flaw { kind: FlawKind::Torn, .. }, .. }) => {
                Err(format!("it has {entries} entries, and had {} when the run began to write: it is another, or cut off", place.from)
                    .into())
            }
            Err(error) => Err(Box::new(error)),
        }
    }
}

impl Record {
    /// Sees, before anything is judged, that the ledger can be appended to.
    pub(crate) fn begin(path: &Path) -> Result<Self, Failure> {
        let ledger = Ledger::at(path);
        ledger.ready().map_err(Failure::new)?;
        Ok(Self { ledger })
    }

    /// The decision of a report, with the hashes of the files it judged.
    pub(crate) fn decision(&self, report: &Report, sources: &[Source], stamps: &[Stamp]) -> Result<Decision, Failure> {
        let mut decision = Decision::of(report);
        for (source, before) in sources.iter().zip(stamps) {
            let (hash, _) = File::open(&source.path).and_then(sha256).map_err(|error| unread(source, &error))?;
            if stamp(&source.path).map_err(|error| unread(source, &error))? != *before {
                return Err(Failure::new(format!("{}: the file was changed while it was judged", source.name))
                    .help("nothing was written to the ledger; judge a file that nobody writes to"));
            }
            for input in decision.inputs.iter_mut().filter(|input| input.name == source.name) {
                input.sha256 = Some(hash.clone());
            }
        }
        Ok(decision)
    }
}

fn stamp(path: &Path) -> std::io::Result<Stamp> {
    let about = path.metadata()?;
    Ok((about.len(), about.modified().ok()))
}

fn unread(source: &Source, error: &std::io::Error) -> Failure {
    Failure::new(format!("{}: cannot be read for its hash: {error}", source.name)).help("check its rights, and that nobody moves it")
}

//! What `validate` writes to the ledger.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rulegate::ledger::{Decision, Event, Identity, Ledger, sha256};
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
type Stamp = (u64, Option<SystemTime>);

/// The files as they are before they are judged.
pub(crate) fn stamps(sources: &[Source]) -> Result<Vec<Stamp>, Failure> {
    sources.iter().map(|source| stamp(&source.path).map_err(|error| unread(source, &error))).collect()
}

/// Refuses a ledger that is one of the files that are read.
pub(crate) fn check(ledger: &Path, read: &[PathBuf]) -> Result<(), Failure> {
    let Ok(place) = ledger.canonicalize() else { return Ok(()) };
    match read.iter().filter_map(|path| path.canonicalize().ok()).any(|path| path == place) {
        true => Err(Failure::new(format!("{}: the ledger is a file that is read", ledger.display())).help("give it another name")),
        false => Ok(()),
    }
}

/// The files that were written, with their hashes, in every decision they come from.
pub(crate) fn add_outputs(decisions: &mut [Decision], written: &[(PathBuf, u64)]) -> Result<(), Failure> {
    for (path, rows) in written {
        let (hash, _) = File::open(path).and_then(sha256).map_err(|error| {
            Failure::new(format!("{}: cannot be read for its hash: {error}", path.display()))
                .help("nothing was written to the ledger; run again")
        })?;
        let output = Identity { block: None, name: path.to_string_lossy().into_owned(), rows: *rows, sha256: Some(hash) };
        decisions.iter_mut().for_each(|decision| decision.outputs.push(output.clone()));
    }
    Ok(())
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

    /// Appends decisions, and says on stderr where they stand.
    pub(crate) fn append(&self, decisions: Vec<Decision>, at: SystemTime, trace_id: Option<&str>, quiet: bool) -> Result<(), Failure> {
        for decision in decisions {
            let entry = self.ledger.append(at, trace_id, Event::Decision(Box::new(decision))).map_err(Failure::new)?;
            if !quiet {
                let name = self.ledger.path().to_string_lossy().into_owned();
                output::stderr(&format!("ledger: {}, head {}:{}\n", escape(&name), entry.seq, entry.hash));
            }
        }
        Ok(())
    }
}

fn stamp(path: &Path) -> std::io::Result<Stamp> {
    let about = path.metadata()?;
    Ok((about.len(), about.modified().ok()))
}

fn unread(source: &Source, error: &std::io::Error) -> Failure {
    Failure::new(format!("{}: cannot be read for its hash: {error}", source.name)).help("check its rights, and that nobody moves it")
}

//! The clean and the quarantine file of a run, committed together with its reports.

use std::path::{Path, PathBuf};

use rulegate::commit::{Commit, Finished, InputEntry, Keep, RowCounts, RuleSetEntry, Staged, StagedFile, Target};
use rulegate::report::Report;
use rulegate::scan::{Progress, Source};
use rulegate::split::{Output, Split, SplitError};

use crate::exit::Failure;
use crate::output::{self, OutputFile, stage};
use crate::record::{self, Pending, Stamp};
use crate::render::text::{escape, grouped};

/// Files that are locked and wait for rows.
pub(crate) struct Splitting {
    commit: Commit,
    clean: Option<PathBuf>,
    quarantine: Option<PathBuf>,
    outputs: Vec<OutputFile>,
}

/// What was judged.
pub(crate) struct Seen<'a> {
    pub(crate) sources: &'a [Source],
    /// Of the sources, before they were judged.
    pub(crate) stamps: &'a [Stamp],
    pub(crate) reports: &'a [Report],
}

/// What came of a split.
pub(crate) enum Written {
    /// There was nothing to split.
    Nothing,
    /// All files are in their places; each data file with its rows, and how many of the clean rows have a value replaced.
    Files { rows: Vec<(PathBuf, u64)>, replaced: u64 },
    /// A rule refuses all of it.
    Refused(String),
    /// The data does not hold, and was not to be split then.
    Withheld,
}

impl Splitting {
    /// Locks all files of a run. Says at once what would fail after minutes of reading: a format, a folder, another run.
    pub(crate) fn begin(clean: Option<&Path>, quarantine: Option<&Path>, outputs: &[OutputFile]) -> Result<Self, Failure> {
        let mut targets = Vec::new();
        for (path, role) in [(clean, "clean"), (quarantine, "quarantine")] {
            let Some(path) = path else { continue };
            if rulegate::scan::Format::of(path).is_none() {
                let endings = rulegate::scan::Format::ENDINGS;
                return Err(Failure::new(format!("{}: its ending tells no format that is written", path.display()))
                    .help(format!("data files end in {endings}")));
            }
            targets.push(Target::new(path, role));
        }
        targets.extend(outputs.iter().map(OutputFile::target));
        let commit = output::begin(&targets, Keep::Manifest)?;
        Ok(Self { commit, clean: clean.map(Path::to_path_buf), quarantine: quarantine.map(Path::to_path_buf), outputs: outputs.to_vec() })
    }

    /// Reads the sources once more, splits their rows, and commits all files; where a ledger is to have the decision, with its entry. A report
    /// tells what the rows came to; what is read now must come to the same.
    pub(crate) fn run(
        mut self,
        split: &Split<'_>,
        seen: &Seen<'_>,
        progress: &dyn Progress,
        rendered: impl Fn(&OutputFile) -> Result<String, Failure>,
        pending: &mut Option<Pending<'_>>,
    ) -> Result<Written, Failure> {
        let Some(report) = seen.reports.first() else { return Ok(Written::Nothing) };
        let mut next = 0;
        let mut open = |commit: &mut Commit, path: &Option<PathBuf>| -> Result<Option<Output<Staged>>, Failure> {
            let Some(path) = path else { return Ok(None) };
            next += 1;
            Ok(Some(Output { path: path.clone(), out: commit.create(next - 1)? }))
        };
        let clean = open(&mut self.commit, &self.clean)?;
        let quarantine = open(&mut self.commit, &self.quarantine)?;
        let done = match split.run_after(report, seen.sources, clean, quarantine, progress) {
            Ok(done) => done,
            Err(SplitError::Refused(refusal)) => return Ok(Written::Refused(refusal.to_string())),
            Err(error) => return Err(failure(&error)),
        };
        record::unchanged(seen.sources, seen.stamps)?;
        let (passed, quarantined, replaced) = (done.passed, done.quarantined, done.replaced);
        let mut rows = Vec::new();
        let mut staged: Vec<StagedFile> = Vec::new();
        for (file, path, count) in [(done.clean, &self.clean, passed), (done.quarantine, &self.quarantine, quarantined)] {
            if let (Some(file), Some(path)) = (file, path) {
                staged.push(file.finish(Some(count))?);
                rows.push((path.clone(), count));
            }
        }
        for file in &self.outputs {
            staged.push(stage(&mut self.commit, staged.len(), &rendered(file)?)?);
        }
        let mut finished = finished(report, passed, quarantined);
        match pending.take() {
            None => drop(self.commit.publish(staged, finished)?),
            Some(mut pending) => {
                finished.ledger = Some(pending.place()?);
                self.commit.publish_recorded(staged, finished, |manifest| {
                    pending.wrote(&rows, manifest);
                    Ok(pending.append()?)
                })?;
            }
        }
        Ok(Written::Files { rows, replaced })
    }
}

/// What the manifest says of the run.
fn finished(report: &Report, clean: u64, quarantined: u64) -> Finished {
    let input = |input: &rulegate::report::InputInfo| InputEntry { block: input.block.clone(), name: input.name.clone(), rows: input.rows };
    Finished {
        ruleset: Some(RuleSetEntry { name: report.ruleset.name.clone(), hash: report.ruleset.hash.clone() }),
        trace_id: report.trace_id.clone(),
        inputs: report.inputs.iter().map(input).collect(),
        rows: Some(RowCounts { input: report.rows, clean, quarantined }),
        ledger: None,
    }
}

fn failure(error: &SplitError) -> Failure {
    let failure = Failure::new(error);
    match error {
        SplitError::Changed { .. } => failure.help(record::STILL),
        SplitError::Write { .. } => failure.help("check the folder's rights and space; what was there before is untouched"),
        _ => failure,
    }
}

impl Written {
    /// Whether the output files have been written as well.
    pub(crate) fn has_outputs(&self) -> bool {
        matches!(self, Self::Files { .. })
    }

    pub(crate) fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// What to tell of it.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Withheld => "withheld: the data does not hold, so no row was split\n".to_owned(),
            Self::Refused(why) => format!("refused, and no row was split: {}\n", why.lines().map(escape).collect::<Vec<_>>().join("\n")),
            Self::Files { rows, replaced } => {
                let file = |(path, rows): &(PathBuf, u64)| {
                    let noun = if *rows == 1 { "row" } else { "rows" };
                    format!("{} ({} {noun})", escape(&path.display().to_string()), grouped(*rows))
                };
                let files: Vec<String> = rows.iter().map(file).collect();
                let replaced = match replaced {
                    0 => String::new(),
                    1 => ", 1 with a value replaced".to_owned(),
                    many => format!(", {} with a value replaced", grouped(*many)),
                };
                format!("wrote {}{replaced}\n", files.join(" and "))
            }
        }
    }
}

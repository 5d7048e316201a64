//! Where text goes: the terminal or pipe, and files that are never seen half-written.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rulegate::commit::{Commit, Finished, Keep, StagedFile, Target};

use crate::exit::Failure;
use crate::record::Ledgers;
use crate::render::Form;

/// Writes to stdout; colours are kept on a terminal only. A reader that has gone away wants no more, which is no error.
pub(crate) fn stdout(text: &str) -> Result<(), Failure> {
    told(anstream::stdout().lock(), text)
}

/// Writes to stdout byte for byte: text that a program will read.
pub(crate) fn raw_stdout(text: &str) -> Result<(), Failure> {
    told(std::io::stdout().lock(), text)
}

fn told(mut out: impl Write, text: &str) -> Result<(), Failure> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("stdout cannot be written: {error}")).help("check the disk or the program behind the pipe"))
        }
        _ => Ok(()),
    }
}

/// Writes to stderr; where even that fails there is nobody left to tell.
pub(crate) fn stderr(text: &str) {
    let mut out = anstream::stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Forms of what a command has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people
    Human,
    /// For programs: everything, as JSON
    Json,
}

/// A file that a report is to be written to.
#[derive(Debug, Clone)]
pub(crate) struct OutputFile {
    pub(crate) form: &'static Form,
    path: PathBuf,
}

impl OutputFile {
    /// Reads `json=report.json`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let advice = || format!("write it as format=path with a format of {}; for example json=report.json", Form::names());
        let (name, path) = text.split_once('=').ok_or_else(advice)?;
        let form = Form::named(name).ok_or_else(advice)?;
        if path.is_empty() { Err(advice()) } else { Ok(Self { form, path: path.into() }) }
    }

    /// A file whose text is made elsewhere.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { form: &crate::render::human::FORM, path }
    }

    /// Refuses, before any work is done, what could not be written in the end or would destroy what is read.
    pub(crate) fn check(&self, read: &[PathBuf]) -> Result<(), Failure> {
        let shown = self.path.display();
        if let Ok(about) = self.path.symlink_metadata() {
            if about.is_symlink() {
                return Err(
                    Failure::new(format!("{shown}: a link is not written through")).help("name the file it leads to, or remove the link")
                );
            }
            if !about.is_file() {
                return Err(Failure::new(format!("{shown}: this is no regular file")).help("name a file to write to"));
            }
        }
        let place = self
            .place()
            .map_err(|error| Failure::new(format!("{shown}: its folder cannot be used: {error}")).help("make the folder first"))?;
        if read.iter().filter_map(|path| path.canonicalize().ok()).any(|path| path == place) {
            return Err(Failure::new(format!("{shown}: this would replace a file that is read")).help("give another name"));
        }
        Ok(())
    }

    /// Where the file is or will be, in full.
    pub(crate) fn place(&self) -> std::io::Result<PathBuf> {
        let name = self.path.file_name().ok_or_else(|| std::io::Error::new(ErrorKind::InvalidInput, "the path names no file"))?;
        Ok(folder(&self.path).canonicalize()?.join(name))
    }

    /// Writes the file, whole or not at all.
    pub(crate) fn write(&self, text: &str) -> Result<(), Failure> {
        write_all(&[(self, text.to_owned())])
    }

    /// The file as part of a commit.
    pub(crate) fn target(&self) -> Target {
        // Samples may be nobody else's business.
        Target::new(&self.path, "report").private()
    }
}

/// Writes texts to their files: all of them appear, or none.
pub(crate) fn write_all(files: &[(&OutputFile, String)]) -> Result<(), Failure> {
    if files.is_empty() {
        return Ok(());
    }
    for (file, _) in files {
        file.check(&[])?;
    }
    let targets: Vec<Target> = files.iter().map(|(file, _)| file.target()).collect();
    let mut commit = begin(&targets, Keep::Nothing)?;
    let texts = files.iter().map(|(_, text)| text.as_str());
    let staged = texts.enumerate().map(|(index, text)| stage(&mut commit, index, text)).collect::<Result<Vec<_>, Failure>>()?;
    commit.publish(staged, Finished::default()).map_err(Failure::from)?;
    Ok(())
}

/// Writes one file of a commit, without colours.
pub(crate) fn stage(commit: &mut Commit, index: usize, text: &str) -> Result<StagedFile, Failure> {
    staged(commit, index, anstream::adapter::strip_str(text).to_string().as_bytes())
}

fn staged(commit: &mut Commit, index: usize, bytes: &[u8]) -> Result<StagedFile, Failure> {
    let mut file = commit.create(index)?;
    let path = file.target();
    let failure = |error: std::io::Error| {
        Failure::new(format!("{}: cannot be written: {error}", path.display())).help("check the folder's rights and space")
    };
    file.write_all(bytes).map_err(failure)?;
    Ok(file.finish(None)?)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Puts a file in the place of another, or of none: whoever looks sees the old file or the new one, whole.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut commit = begin(&[Target::new(path, "text")], Keep::Nothing)?;
    let staged = staged(&mut commit, 0, bytes)?;
    commit.publish(vec![staged], Finished::default())?;
    Ok(())
}

/// Begins a commit that can settle whatever an earlier run has left of its files, one that waited for its ledger among them.
pub(crate) fn begin(targets: &[Target], keep: Keep) -> Result<Commit, Failure> {
    Ok(Commit::begin_with(targets, keep, Arc::new(Ledgers::default()))?)
}

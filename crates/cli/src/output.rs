//! Where text goes: the terminal or pipe, and files that are never seen half-written.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use rulegate::commit::{Commit, Finished, Keep, StagedFile, Target};

use crate::exit::Failure;
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
    let mut commit = Commit::begin(&targets, Keep::Nothing).map_err(Failure::from)?;
    let texts = files.iter().map(|(_, text)| text.as_str());
    let staged = texts.enumerate().map(|(index, text)| stage(&mut commit, index, text)).collect::<Result<Vec<_>, Failure>>()?;
    commit.publish(staged, Finished::default()).map_err(Failure::from)?;
    Ok(())
}

/// Writes one file of a commit, without colours.
pub(crate) fn stage(commit: &mut Commit, index: usize, text: &str) -> Result<StagedFile, Failure> {
    let mut file = commit.create(index)?;
    let plain = anstream::adapter::strip_str(text).to_string();
    let path = file.target();
    let failure = |error: std::io::Error| {
        Failure::new(format!("{}: cannot be written: {error}", path.display())).help("check the folder's rights and space")
    };
    file.write_all(plain.as_bytes()).map_err(failure)?;
    Ok(file.finish(None)?)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Puts a file in the place of another, or of none: whoever looks sees the old file or the new one, whole.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut temporary = Temporary::at(path)?;
    temporary.file.write_all(bytes)?;
    temporary.commit(path)
}

/// A file that goes away again unless it is renamed.
struct Temporary {
    file: File,
    path: PathBuf,
    renamed: bool,
}

impl Temporary {
    /// A file beside the one whose place it is to take.
    fn at(target: &Path) -> std::io::Result<Self> {
        Self::beside(folder(target), target)
    }

    /// Syncs what was written and puts it in its place, with the rights of what was there: whoever looks sees the old file or the new
    /// one, whole.
    fn commit(self, target: &Path) -> std::io::Result<()> {
        if let Ok(old) = target.metadata() {
            self.file.set_permissions(old.permissions())?;
        }
        self.file.sync_all()?;
        self.rename(target)?;
        sync_folder(folder(target))
    }

    /// A new file of a name of its own, readable by its owner alone: samples may be nobody else's business.
    fn beside(folder: &Path, target: &Path) -> std::io::Result<Self> {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let mut attempt = 0;
        loop {
            // Names with a leading dot are not taken for data.
            let path = folder.join(format!(".{name}.{}-{attempt}.tmp", std::process::id()));
            match options().open(&path) {
                Ok(file) => return Ok(Self { file, path, renamed: false }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists && attempt < 100 => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn rename(mut self, target: &Path) -> std::io::Result<()> {
        std::fs::rename(&self.path, target)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.renamed {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a rename last: on Unix that is a matter of the folder.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

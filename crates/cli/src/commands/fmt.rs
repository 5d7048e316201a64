//! `rulegate fmt`: rule files in canonical layout.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rulegate::format::{Formatted, format};
use rulegate::source::SourceMap;

use super::Subcommand;
use crate::diff;
use crate::exit::{Exit, Failure};
use crate::output;
use crate::render::diagnostics::render;
use crate::render::human;
use crate::render::text::{escape, plural};
use crate::rules;

/// Arguments of `fmt`.
#[derive(Debug, clap::Args)]
pub(crate) struct Fmt {
    /// Rule files, folders (with every .rules file below), or - for stdin; the current folder where left out
    #[arg(value_name = "FILE")]
    paths: Vec<PathBuf>,

    /// Writes nothing; lists the files that would change
    #[arg(long)]
    check: bool,

    /// Writes nothing; shows what would change
    #[arg(long)]
    diff: bool,
}

impl Subcommand for Fmt {
    const NAME: &'static str = "fmt";
    const ABOUT: &'static str = "Gives rule files their canonical layout";
    const EXAMPLES: &'static str = "\
Comments and all that a file means are kept. Items with mistakes stay as they are; the rest of their file is laid out.
In folders, names that begin with `.` are passed over.

Exit codes: 0 done, 1 something would change (--check, --diff), 2 a file could not be read, or not all of it.

Examples:
  rulegate fmt
  rulegate fmt tokens.rules rules/
  rulegate fmt --check rules/
  rulegate fmt --diff tokens.rules
  rulegate fmt - < tokens.rules";

    fn run(self) -> Result<Exit, Failure> {
        let mut paths = self.paths.clone();
        if paths.is_empty() {
            paths.push(PathBuf::from("."));
        }
        if paths.iter().any(|path| path.as_os_str() == "-") {
            if paths.len() > 1 {
                return Err(Failure::new("`-` stands alone: stdin is one file").help("give files, or `-`"));
            }
            return self.stdin();
        }
        let mut files = Vec::new();
        let mut seen = Seen::default();
        for path in paths {
            if let Err(failure) = find(path, &mut files) {
                failure.print();
                seen.not_done = true;
            }
        }
        let mut done = HashSet::new();
        // A file that was named twice is one file.
        files.retain(|path| done.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
        for path in &files {
            if let Err(failure) = self.file(path, &mut seen) {
                failure.print();
                seen.not_done = true;
            }
        }
        self.tell(&seen);
        Ok(seen.exit(self.check || self.diff))
    }
}

/// What has come of the files so far.
#[derive(Default)]
struct Seen {
    files: u64,
    changed: u64,
    not_done: bool,
}

impl Seen {
    fn exit(&self, only_looks: bool) -> Exit {
        match (self.not_done, only_looks && self.changed > 0) {
            (true, _) => Exit::NotDone,
            (false, true) => Exit::Fails,
            (false, false) => Exit::Holds,
        }
    }
}

impl Fmt {
    fn file(&self, path: &Path, seen: &mut Seen) -> Result<(), Failure> {
        let text = rules::read(path)?;
        rules::refuse_others(path, &text)?;
        let name = path.to_string_lossy();
        let formatted = laid_out(&name, &text)?;
        seen.files += 1;
        seen.not_done |= formatted.left_alone > 0;
        if formatted.text == text {
            return Ok(());
        }
        seen.changed += 1;
        if self.diff {
            return diff::show(&name, &text, &formatted.text);
        }
        if !self.check {
            write(path, &formatted.text)?;
        }
        output::stdout(&format!("{}\n", escape(&name)))
    }

    fn stdin(&self) -> Result<Exit, Failure> {
        let text = rules::read_from(std::io::stdin().lock(), "stdin")?;
        let formatted = laid_out("stdin", &text)?;
        let changed = u64::from(formatted.text != text);
        let seen = Seen { files: 1, changed, not_done: formatted.left_alone > 0 };
        match (self.diff, self.check) {
            (true, _) => diff::show("stdin", &text, &formatted.text)?,
            (false, true) => {}
            // As it is, without anything a terminal might do to it.
            (false, false) => output::raw_stdout(&formatted.text)?,
        }
        Ok(seen.exit(self.check || self.diff))
    }

    /// One line on stderr: stdout holds names or differences alone.
    fn tell(&self, seen: &Seen) {
        let verb = if self.check || self.diff { "would change" } else { "changed" };
        output::stderr(&format!("{} of {} {verb}\n", seen.changed, plural(seen.files, "file")));
    }
}

/// Lays a text out; tells of the mistakes for which parts of it stay as they are.
fn laid_out(name: &str, text: &str) -> Result<Formatted, Failure> {
    let mut formatted = format(text).map_err(|error| Failure::new(format!("{name}: {error}")))?;
    if formatted.left_alone > 0 && !rules::has_items(text) {
        // Not even its line ends are ours.
        text.clone_into(&mut formatted.text);
    }
    if formatted.left_alone > 0 {
        let mut sources = SourceMap::default();
        sources.add(name, text);
        let errors = formatted.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
        errors.for_each(|diagnostic| output::stderr(&render(diagnostic, &sources, human::columns())));
        let places = match formatted.left_alone {
            1 => "1 place left as it is, for its mistakes".to_owned(),
            count => format!("{count} places left as they are, for their mistakes"),
        };
        output::stderr(&format!("{}: {places}\n", escape(name)));
    }
    Ok(formatted)
}

/// The rule files an argument stands for: itself, or all below a folder, sorted. Links in folders are not followed.
fn find(path: PathBuf, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let failure = |path: &Path, error: std::io::Error| {
        Failure::new(format!("{}: cannot be read: {error}", path.display())).help("check that it exists and may be read")
    };
    if !path.metadata().map_err(|error| failure(&path, error))?.is_dir() {
        files.push(path);
        return Ok(());
    }
    let named = path.clone();
    let (mut folders, mut found) = (vec![path], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().map_err(|error| failure(&folder, error))? {
            let entry = entry.map_err(|error| failure(&folder, error))?;
            let kind = entry.file_type().map_err(|error| failure(&entry.path(), error))?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            // What was found below `.` is named without it.
            let path = if folder.as_os_str() == "." { PathBuf::from(entry.file_name()) } else { entry.path() };
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|ending| ending == "rules") {
                found.push(path);
            }
        }
    }
    if found.is_empty() {
        let what = "there is no rule file in this folder";
        return Err(Failure::new(format!("{}: {what}", named.display())).help("rule files end in .rules"));
    }
    found.sort();
    files.append(&mut found);
    Ok(())
}

/// Puts a text in a file's place; the file a link leads to, where the path is one.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failure = |error: std::io::Error| {
        Failure::new(format!("{}: cannot be written: {error}", path.display())).help("check the rights and space of its folder")
    };
    let place = path.canonicalize().map_err(failure)?;
    if place.metadata().map_err(failure)?.permissions().readonly() {
        return Err(Failure::new(format!("{}: the file may only be read", path.display())).help("make it writable first"));
    }
    output::replace(&place, text.as_bytes())
}

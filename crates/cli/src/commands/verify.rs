//! `rulegate verify`: compares files with the manifest of the run that wrote them.

use std::path::{Path, PathBuf};

use rulegate::commit::{Checked, MANIFEST_ENDING, State, Verdict, Verified, manifests_of, verify};
use rulegate::ledger::{Entry, Event, Ledger};
use rulegate::scan::{Format, Source, rows};

use super::Subcommand;
use crate::exit::{Exit, Failure};
use crate::output;
use crate::render::text::{escape, grouped};

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// Manifests (out.parquet.manifest.json), or files that a manifest beside them lists
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// A ledger that must have a decision about each of the files, by its SHA-256
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
}

/// What the end of a name says a file is, and how it is verified; what is none of these is a file that a manifest lists.
const KINDS: &[(&str, Check)] = &[(MANIFEST_ENDING, of_manifest)];

/// Verifies a file; all files that were named may be looked at, wherever they are.
type Check = fn(&Path, &Verify) -> Result<Told, Failure>;

/// What is told of a file.
struct Told {
    text: String,
    exit: Exit,
    /// True paths of the files that were looked at.
    seen: Vec<PathBuf>,
}

impl Subcommand for Verify {
    const NAME: &'static str = "verify";
    const ABOUT: &'static str = "Compares files with the manifest of the run that wrote them";
    const EXAMPLES: &'static str = "\
Compares length and SHA-256 of each file with the manifest, and counts its rows; the rows of a manifest must add up, too. \
Files in other folders than their manifest are looked at only where they are named.

Exit codes: 0 all files are what was written, 1 one is not, 2 it could not be told of one, and the others are.

Examples:
  rulegate verify out.parquet.manifest.json
  rulegate verify out.parquet bad.parquet
  rulegate verify out/clean.parquet.manifest.json quarantine/bad.parquet
  rulegate verify out.parquet --ledger decisions.ledger";

    fn run(self) -> Result<Exit, Failure> {
        let kind = |path: &Path| KINDS.iter().find(|(ending, _)| path.to_string_lossy().ends_with(ending)).map(|(_, check)| *check);
        let (mut text, mut exit, mut seen) = (String::new(), Exit::Holds, Vec::new());
        // What lists files comes first: what it lists needs no second look.
        let (listing, listed): (Vec<&PathBuf>, Vec<&PathBuf>) = self.files.iter().partition(|path| kind(path).is_some());
        for path in listing.into_iter().chain(listed) {
            if path.canonicalize().is_ok_and(|real| seen.contains(&real)) {
                continue;
            }
            let told = kind(path).unwrap_or(of_file)(path, &self)?;
            text.push_str(&told.text);
            exit = worse(exit, told.exit);
            seen.extend(told.seen);
        }
        output::stdout(&text)?;
        Ok(exit)
    }
}

/// A file that is not what was written weighs more than one that was not looked at.
fn worse(one: Exit, other: Exit) -> Exit {
    match (one, other) {
        (Exit::Fails, _) | (_, Exit::Fails) => Exit::Fails,
        (Exit::NotDone, _) | (_, Exit::NotDone) => Exit::NotDone,
        (Exit::Holds, Exit::Holds) => Exit::Holds,
    }
}

/// A manifest, what its files came to, and which of them was asked for.
struct Found {
    manifest: PathBuf,
    verified: Verified,
    only: Option<PathBuf>,
}

fn of_manifest(path: &Path, asked: &Verify) -> Result<Told, Failure> {
    Found { manifest: path.to_path_buf(), verified: verify(path, &asked.files)?, only: None }.told(asked.ledger.as_deref())
}

/// The manifest that agrees with a file, else the one that bears its name, else any that lists it.
fn of_file(path: &Path, asked: &Verify) -> Result<Told, Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let real = folder.canonicalize().ok().and_then(|folder| Some(folder.join(path.file_name()?)));
    let mut first = None;
    for manifest in manifests_of(path)? {
        let verified = verify(&manifest, &[])?;
        let agrees = verified.files.iter().any(|file| Some(&file.path) == real.as_ref() && file.verdict == Verdict::Same);
        // Told as the file was named, and not by its true path.
        let name = path.with_file_name(manifest.file_name().unwrap_or_default());
        let found = Found { manifest: name, verified, only: real.clone() };
        if agrees {
            return found.told(asked.ledger.as_deref());
        }
        first.get_or_insert(found);
    }
    let found = first.ok_or_else(|| {
        Failure::new(format!("{}: no manifest beside it lists this file", path.display()))
            .help("name its manifest, too: rulegate verify MANIFEST FILE")
    });
    found?.told(asked.ledger.as_deref())
}

impl Found {
    fn told(&self, ledger: Option<&Path>) -> Result<Told, Failure> {
        let manifest = &self.verified.manifest;
        if manifest.state == State::Intent {
            let folder = self.manifest.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            return Err(Failure::new(format!("{}: its run was killed before all files had their names", self.manifest.display()))
                .help(format!("run `rulegate recover {}`", folder.display())));
        }
        let mut text = format!("{}\n", shown(&self.manifest));
        let mut exit = Exit::Holds;
        let asked = |file: &&Checked| self.only.as_ref().is_none_or(|only| *only == file.path);
        for file in self.verified.files.iter().filter(asked) {
            let (line, verdict) = told(file);
            text.push_str(&line);
            exit = worse(exit, verdict);
            if let (Some(ledger), Exit::Holds, true) = (ledger, verdict, file.entry.rows.is_some()) {
                let (line, verdict) = decided(ledger, file)?;
                text.push_str(&line);
                exit = worse(exit, verdict);
            }
        }
        if let Some(rows) = manifest.rows {
            let (input, clean, aside) = (grouped(rows.input), grouped(rows.clean), grouped(rows.quarantined));
            text.push_str(&format!("  {input} rows read = {clean} clean + {aside} quarantined\n"));
        }
        let seen = self.verified.files.iter().filter(|file| file.verdict != Verdict::Elsewhere).filter(asked);
        Ok(Told { text, exit, seen: seen.map(|file| file.path.clone()).collect() })
    }
}

/// What a ledger says of a data file.
fn decided(ledger: &Path, file: &Checked) -> Result<(String, Exit), Failure> {
    let found = Ledger::at(ledger).find(&file.entry.sha256).map_err(Failure::new)?;
    if found.is_empty() {
        return Ok((format!("  ✗ {}: the ledger has no decision about it\n", shown(Path::new(&file.entry.path))), Exit::Fails));
    }
    let line = |entry: &Entry| match &entry.event {
        Event::Decision(decision) => format!("    ledger: entry {}, {}: {}\n", entry.seq, escape(&entry.at), decision.outcome),
        _ => String::new(),
    };
    Ok((found.iter().map(line).collect(), Exit::Holds))
}

fn told(file: &Checked) -> (String, Exit) {
    let name = shown(Path::new(&file.entry.path));
    let wrong = |what: &str| (format!("  ✗ {name}: {what}\n"), Exit::Fails);
    match &file.verdict {
        Verdict::Missing => wrong("it is not there"),
        Verdict::Differs(how) => wrong(how),
        Verdict::Elsewhere => (format!("  ? {name}: in another folder and not looked at; name it, too\n"), Exit::NotDone),
        Verdict::Same => match counted(file) {
            Ok(()) => {
                let rows = file.entry.rows.map(|rows| format!("{} rows, ", grouped(rows))).unwrap_or_default();
                (format!("  ✓ {name}: {}, {rows}{} bytes, the same\n", escape(&file.entry.role), grouped(file.entry.bytes)), Exit::Holds)
            }
            Err(what) => wrong(&what),
        },
    }
}

/// Whether a data file has as many rows as its manifest says.
fn counted(file: &Checked) -> Result<(), String> {
    let (Some(expected), Some(format)) = (file.entry.rows, Format::of(&file.path)) else { return Ok(()) };
    let source = Source { path: file.path.clone(), name: file.entry.path.clone(), format, partitions: Vec::new() };
    match rows(&source) {
        Ok(found) if found == expected => Ok(()),
        Ok(found) => Err(format!("it has {} rows, and the manifest says {}", grouped(found), grouped(expected))),
        Err(error) => Err(error.to_string()),
    }
}

fn shown(path: &Path) -> String {
    escape(&path.display().to_string()).into_owned()
}

//! From arguments to files: a file, a folder with everything below it, or a pattern.
//!
//! The order is the same on every machine: arguments as given, below each one sorted by path. In folders, names that begin with `.` or `_`
//! are somebody's private matter (`_SUCCESS`, `_temporary/`) and passed over; folders named `key=value` give a column.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::Metadata;
use std::io;
use std::path::{Component, Path, PathBuf};

use globset::{Glob, GlobMatcher};
use rulegate::scan::{Format, Source};

use crate::exit::Failure;

/// The files an argument stands for, never none.
pub(crate) fn discover(argument: &OsStr) -> Result<Vec<Source>, Failure> {
    let path = Path::new(argument);
    match path.metadata() {
        Ok(about) if about.is_dir() => below(path),
        Ok(about) if about.is_file() => Ok(vec![named(path)?]),
        Ok(_) => Err(Failure::new(format!("{}: this is no regular file", path.display())).help("write the data to a file first")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            match argument.to_str().filter(|text| is_pattern(text)) {
                Some(pattern) => matching(pattern),
                None => Err(Failure::new(format!("there is no file or folder `{}`", path.display()))
                    .help("paths are relative to the current folder")),
            }
        }
        Err(error) => Err(unreadable(path, &error)),
    }
}

/// Whether an argument that names no file is to be matched against names.
pub(crate) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', ']'])
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("{}: cannot be read: {error}", path.display())).help("check that it exists and may be read")
}

/// A file that was named outright: it must tell its format.
fn named(path: &Path) -> Result<Source, Failure> {
    source(path).ok_or_else(|| {
        let ending = path.extension().map_or_else(|| "no ending".to_owned(), |ending| format!("ending `.{}`", ending.to_string_lossy()));
        Failure::new(format!("{}: {ending} tells no format that is read", path.display())).help(format!(
            "{}data files end in {}",
            cure(path),
            Format::ENDINGS
        ))
    })
}

/// What to do about a file of a format that is not read, where that is known.
fn cure(path: &Path) -> &'static str {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "gz" | "zst" | "bz2" | "xz" | "zip" => "unpack it first; ",
        "tsv" | "tab" => "name it .csv and give `--delimiter tab`; ",
        "txt" => "name it .csv, and give `--delimiter` where no commas stand in it; ",
        "json" => "write one object a line, by `jq -c '.[]' a.json > a.jsonl`; ",
        "xlsx" | "xls" | "ods" => "save the sheet as CSV; ",
        "avro" | "orc" => "convert it to Parquet; ",
        "rules" => "rules are named by --rules; ",
        _ => "",
    }
}

fn source(path: &Path) -> Option<Source> {
    let format = Format::of(path)?;
    Some(Source { path: path.to_path_buf(), name: path.to_string_lossy().into_owned(), format, partitions: partitions(path) })
}

/// Columns that folders named `key=value` give.
fn partitions(path: &Path) -> Vec<(String, String)> {
    let folders = path.parent().into_iter().flat_map(Path::components);
    folders
        .filter_map(|part| match part {
            Component::Normal(name) => name.to_str()?.split_once('='),
            _ => None,
        })
        .filter(|(key, _)| !key.is_empty())
        .map(|(key, value)| (percent_decoded(key), percent_decoded(value)))
        .collect()
}

/// `a%3Ab` is `a:b`; what does not decode to text stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = if first == b'%' { tail.get(..2).and_then(hex) } else { None };
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn hex(digits: &[u8]) -> Option<u8> {
    // `from_str_radix` would take a sign for a digit.
    let text = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u8::from_str_radix(text, 16).ok()
}

/// The data files below a folder.
fn below(folder: &Path) -> Result<Vec<Source>, Failure> {
    let mut walk = Walk::default();
    walk.folder(folder)?;
    walk.sources().ok_or_else(|| {
        Failure::new(format!("{}: there is no data file in this folder", folder.display()))
            .help(format!("data files end in {}; names that begin with `.` or `_` are passed over", Format::ENDINGS))
    })
}

/// The data files a pattern stands for; folders it matches stand for what is below them.
fn matching(pattern: &str) -> Result<Vec<Source>, Failure> {
    let mut places = vec![PathBuf::new()];
    for part in Path::new(pattern).components() {
        places = match part {
            Component::Normal(name) => step(&places, &name.to_string_lossy(), pattern)?,
            other => places.iter().map(|place| place.join(other)).collect(),
        };
    }
    if places.is_empty() {
        return Err(Failure::new(format!("nothing matches `{pattern}`")).help("`*` stays within one folder, `**/` goes through all below"));
    }
    let mut walk = Walk::default();
    for place in places {
        match place.metadata() {
            Ok(about) => walk.visit(place, &about)?,
            Err(error) => return Err(unreadable(&place, &error)),
        }
    }
    walk.sources()
        .ok_or_else(|| Failure::new(format!("no data file matches `{pattern}`")).help(format!("data files end in {}", Format::ENDINGS)))
}

/// One part of a pattern, from the places the parts before it lead to.
fn step(places: &[PathBuf], part: &str, pattern: &str) -> Result<Vec<PathBuf>, Failure> {
    if part == "**" {
        let mut walk = Walk::default();
        places.iter().try_for_each(|place| walk.folder(place))?;
        return Ok(walk.folders);
    }
    if !is_pattern(part) {
        return Ok(places.iter().map(|place| place.join(part)).filter(|path| path.exists()).collect());
    }
    let matcher =
        matcher(part).map_err(|error| Failure::new(format!("`{pattern}` is no pattern: {error}")).help("write `[[]` for a bracket"))?;
    let private_too = is_private(OsStr::new(part));
    let mut found = Vec::new();
    for place in places.iter().filter(|place| place.as_os_str().is_empty() || place.is_dir()) {
        let names = names(place)?;
        found.extend(
            names.into_iter().filter(|name| (private_too || !is_private(name)) && matcher.is_match(name)).map(|name| place.join(name)),
        );
    }
    Ok(found)
}

fn matcher(part: &str) -> Result<GlobMatcher, globset::Error> {
    Glob::new(part).map(|glob| glob.compile_matcher())
}

fn is_private(name: &OsStr) -> bool {
    matches!(name.as_encoded_bytes().first(), Some(b'.' | b'_'))
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<std::ffi::OsString>, Failure> {
    let place = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries =
        place.read_dir().and_then(|entries| entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<io::Result<Vec<_>>>());
    let mut names = entries.map_err(|error| unreadable(place, &error))?;
    names.sort();
    Ok(names)
}

/// A walk through folders that enters each one once, whatever links lead to it, and follows no link to what it is inside of.
#[derive(Default)]
struct Walk {
    entered: HashSet<PathBuf>,
    /// Where the walk is: each folder's true path, outermost first.
    inside: Vec<PathBuf>,
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Walk {
    fn folder(&mut self, folder: &Path) -> Result<(), Failure> {
        let place = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        if !place.is_dir() {
            return Ok(());
        }
        let real = place.canonicalize().map_err(|error| unreadable(place, &error))?;
        if self.inside.iter().any(|outer| outer.starts_with(&real)) || !self.entered.insert(real.clone()) {
            return Ok(());
        }
        self.inside.push(real);
        self.folders.push(folder.to_path_buf());
        let result = self.entries(folder);
        self.inside.pop();
        result
    }

    fn entries(&mut self, folder: &Path) -> Result<(), Failure> {
        for name in names(folder)?.into_iter().filter(|name| !is_private(name)) {
            let path = folder.join(name);
            match path.metadata() {
                Ok(about) => self.visit(path, &about)?,
                // A link to nowhere among the data may be data that is missing; elsewhere it is nobody's concern.
                Err(error) if Format::of(&path).is_some() => return Err(unreadable(&path, &error)),
                Err(_) => {}
            }
        }
        Ok(())
    }

    fn visit(&mut self, path: PathBuf, about: &Metadata) -> Result<(), Failure> {
        if about.is_dir() {
            return self.folder(&path);
        }
        if about.is_file() && Format::of(&path).is_some() {
            self.files.push(path);
        }
        Ok(())
    }

    /// What was found, sorted; `None` if that is nothing.
    fn sources(mut self) -> Option<Vec<Source>> {
        self.files.sort();
        self.files.dedup();
        let sources: Vec<Source> = self.files.iter().filter_map(|path| source(path)).collect();
        (!sources.is_empty()).then_some(sources)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_give_columns_with_decoded_values() {
        let found = partitions(Path::new("data/dt=2026-01-31/region=a%2Fb%25/=x/part=0.csv"));
        assert_eq!(found, [("dt".to_owned(), "2026-01-31".to_owned()), ("region".to_owned(), "a/b%".to_owned())]);
    }

    #[test]
    fn what_does_not_decode_stays_as_it_is() {
        for text in ["100%", "%zz", "%+1", "%ff", "%"] {
            assert_eq!(percent_decoded(text), text);
        }
    }
}

//! Rule files: read, compiled with what they import, and their names as people know them.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rulegate::RuleSet;
use rulegate::compile::{CompileOptions, Compiled};
use rulegate::scan::{FolderLoader, Format, recognise};
use rulegate::source::SourceMap;
use rulegate::syntax;

use crate::config;
use crate::exit::Failure;

/// More than this is not read; the compiler has a lower limit, and says so in its own words.
const MAX_BYTES: u64 = 16 << 20;

/// Reads and compiles a rule file.
pub(crate) fn compile(path: &Path, params: &BTreeMap<String, String>) -> Result<Compiled, Failure> {
    let text = read(path)?;
    refuse_others(path, &text)?;
    Ok(compile_text(path, &text, params))
}

/// Compiles a text as if the file held it.
pub(crate) fn compile_text(path: &Path, text: &str, params: &BTreeMap<String, String>) -> Compiled {
    let loader = FolderLoader::for_entry(path);
    let options = CompileOptions { loader: Some(&loader), params: params.clone() };
    RuleSet::compile(&path.to_string_lossy(), text, &options)
}

/// Refuses a text that is no rule file: of another ending, and without anything in it that could be read as an item.
pub(crate) fn refuse_others(path: &Path, text: &str) -> Result<(), Failure> {
    let is_ours = path.extension().is_none_or(|ending| ending.eq_ignore_ascii_case("rules"));
    if is_ours || text.trim().is_empty() || has_items(text) {
        return Ok(());
    }
    let help = match Format::of(path) {
        Some(_) => format!("data is judged by rules: rulegate validate --rules FILE.rules {}", path.display()),
        None => "rule files end in .rules and begin with `rulegate 1`".to_owned(),
    };
    Err(Failure::new(format!("{}: this is no rule file: nothing in it can be read as one", path.display())).help(help))
}

/// Whether a text has a version line or an item, sound or not.
pub(crate) fn has_items(text: &str) -> bool {
    let file = SourceMap::default().add("", "");
    let (tree, _) = syntax::parse(file, text);
    tree.version.is_some() || !tree.items.is_empty() || !tree.broken.is_empty()
}

/// Reads a rule file.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let failure = |error| unreadable(&path.to_string_lossy(), &error).help("check the path; it is relative to the current folder");
    read_from(File::open(path).map_err(failure)?, &path.to_string_lossy())
}

fn unreadable(name: &str, reason: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("{name}: the rule file cannot be read: {reason}"))
}

/// Reads a rule file from wherever it comes.
pub(crate) fn read_from(from: impl Read, name: &str) -> Result<String, Failure> {
    let failure = |reason: &dyn std::fmt::Display| unreadable(name, reason);
    let mut bytes = Vec::new();
    from.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failure(&error).help("give a file of rules"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(failure(&format!("it has more than {MAX_BYTES} bytes")).help("split it and `import` the parts"));
    }
    if let Some(kind) = recognise(&bytes) {
        let help = "rules are text, behind --rules; data stands without an option: rulegate validate --rules FILE.rules DATA";
        return Err(Failure::new(format!("{name}: this is {}, and no rule file", kind.what)).help(help));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
        failure(&format!("line {line} is not UTF-8")).help("save it as UTF-8")
    })
}

/// Reads a text that is no rule file.
pub(crate) fn text(from: impl Read, name: &str) -> Result<String, Failure> {
    let failure = |reason: &dyn std::fmt::Display| Failure::new(format!("{name}: cannot be read: {reason}"));
    let mut bytes = Vec::new();
    from.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failure(&error).help("check the path"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(failure(&format!("it has more than {MAX_BYTES} bytes")).help("give a part of it"));
    }
    String::from_utf8(bytes).map_err(|_| failure(&"it is not UTF-8").help("save it as UTF-8"))
}

/// The rule files that arguments stand for, each once; without arguments those of the project, or below the working folder.
pub(crate) fn named(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    if arguments.is_empty() {
        let advice = "name files or folders, or say `rules = \"…\"` in rulegate.toml";
        return find(&config::rules()).map_err(|failure| failure.help(advice));
    }
    let mut found: Vec<PathBuf> = Vec::new();
    let mut known = HashSet::new();
    for path in arguments {
        found.extend(find(path)?.into_iter().filter(|file| known.insert(file.clone())));
    }
    Ok(found)
}

/// Most rule files, and most folders, that a folder may stand for.
const MAX_FILES: usize = 10_000;
const MAX_FOLDERS: usize = 100_000;

/// The rule files a path stands for: itself, or what ends in `.rules` below a folder, sorted by path. In folders, names that begin with
/// `.` or `_` are passed over, and so are links to folders.
pub(crate) fn find(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let (mut found, mut open, mut folders) = (Vec::new(), vec![path.to_path_buf()], 0_usize);
    while let Some(folder) = open.pop() {
        folders += 1;
        if found.len() > MAX_FILES || folders > MAX_FOLDERS {
            let what = format!("{}: there are more than {MAX_FILES} rule files or {MAX_FOLDERS} folders below it", path.display());
            return Err(Failure::new(what).help("name the folders that hold rules"));
        }
        let failure =
            |error: std::io::Error| Failure::new(format!("{}: cannot be read: {error}", folder.display())).help("check its rights");
        for entry in folder.read_dir().map_err(failure)? {
            let entry = entry.map_err(failure)?;
            // Below the working folder names are as people write them.
            let path = entry.path().strip_prefix(".").map_or_else(|_| entry.path(), Path::to_path_buf);
            if matches!(entry.file_name().as_encoded_bytes().first(), Some(b'.' | b'_')) {
                continue;
            }
            if entry.file_type().map_err(failure)?.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rules") {
                found.push(path);
            }
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(Failure::new(format!("{}: there is no rule file in this folder", path.display())).help("rule files end in .rules"));
    }
    Ok(found)
}

/// Reads `name=value`.
pub(crate) fn parse_param(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("write it as name=value, for example min_liquidity=5_000".to_owned()),
    }
}

/// Parameters by name, with those of `rulegate.toml` that are not given; one given twice is a mistake.
pub(crate) fn params(given: &[(String, String)]) -> Result<BTreeMap<String, String>, Failure> {
    let mut params = BTreeMap::new();
    for (name, value) in given {
        if params.insert(name.clone(), value.clone()).is_some() {
            return Err(Failure::new(format!("the parameter `{name}` is given twice")).help("give it once"));
        }
    }
    for (name, value) in config::params() {
        params.entry(name.clone()).or_insert_with(|| value.clone());
    }
    Ok(params)
}

/// A file's name as people know it: imported files have full paths, which are shown from the current folder where they lie below it.
pub(crate) fn shown(name: &str) -> String {
    let here = std::env::current_dir().and_then(|folder| folder.canonicalize());
    match here.as_ref().map(|here| Path::new(name).strip_prefix(here)) {
        Ok(Ok(relative)) => relative.to_string_lossy().into_owned(),
        _ => name.to_owned(),
    }
}

//! What the tests of diagnostics, of the contract and of the reference share: files in memory, fenced blocks of Markdown pages, and a
//! plain-text rendering of diagnostics.

#![allow(dead_code, reason = "three tests share this file, and none of them uses all of it")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rulegate::RuleSet;
use rulegate::compile::{CompileOptions, Compiled, LoadError, LoadedColumn, LoadedRules, LoadedValue, Loader};
use rulegate::diagnostics::{Diagnostic, Level};
use rulegate::source::{SourceMap, Span};

/// A path inside the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A text file of the repository, line ends as the tests expect them.
pub(crate) fn read(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.replace("\r\n", "\n")
}

/// Files in a folder with an ending, by name.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let folder = repository(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|have| have == ending)).collect();
    found.sort();
    found
}

/// The name of a file without folder and ending.
pub(crate) fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// Whether expectations are rewritten.
pub(crate) fn update() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}

/// Compares a text with a committed file, or rewrites the file where `UPDATE=1`.
pub(crate) fn committed(path: &Path, text: &str) -> Result<(), String> {
    if update() {
        std::fs::write(path, text).unwrap();
        return Ok(());
    }
    let expected = std::fs::read_to_string(path).map(|text| text.replace("\r\n", "\n")).unwrap_or_default();
    if expected == text {
        return Ok(());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let differs =
        expected.lines().zip(text.lines()).position(|(a, b)| a != b).unwrap_or_else(|| expected.lines().count().min(text.lines().count()));
    let line = |text: &str| text.lines().nth(differs).unwrap_or("(the end)").to_owned();
    Err(format!("{name} line {}: committed `{}`, now `{}` (UPDATE=1 rewrites it)", differs + 1, line(&expected), line(text)))
}

/// Rule files and CSV files in memory, all in one folder. A path that climbs or is absolute leads outside of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct InMemory {
    pub(crate) files: BTreeMap<String, String>,
}

impl InMemory {
    pub(crate) fn with(mut self, name: &str, text: &str) -> Self {
        self.files.insert(name.to_owned(), text.to_owned());
        self
    }

    fn text(&self, path: &str) -> Result<&str, LoadError> {
        if path.starts_with('/') || path.split('/').any(|part| part == "..") {
            return Err(LoadError::OutsideRoot(path.to_owned()));
        }
        self.files.get(path).map(String::as_str).ok_or_else(|| LoadError::Missing(path.to_owned()))
    }
}

impl Loader for InMemory {
    fn rules(&self, _: &str, path: &str) -> Result<LoadedRules, LoadError> {
        Ok(LoadedRules { name: path.to_owned(), text: self.text(path)?.to_owned() })
    }

    fn column(&self, _: &str, path: &str, column: Option<&str>) -> Result<LoadedColumn, LoadError> {
        let mut lines = self.text(path)?.lines();
        let known: Vec<String> = lines.next().unwrap_or_default().split(',').map(str::to_owned).collect();
        let index = match column {
            Some(name) => known.iter().position(|known| known == name),
            None => (known.len() == 1).then_some(0),
        };
        let Some(index) = index else {
            return Err(match column {
                Some(column) => LoadError::NoColumn { path: path.to_owned(), column: column.to_owned(), known },
                None => LoadError::Unreadable { path: path.to_owned(), reason: format!("it has {} columns, so name one", known.len()) },
            });
        };
        let cell = |line: &str| line.split(',').nth(index).filter(|cell| !cell.is_empty()).map(|cell| LoadedValue::Text(cell.to_owned()));
        Ok(LoadedColumn { values: lines.map(cell).collect(), sha256: path.to_owned() })
    }
}

/// Compiles a text with files in memory.
pub(crate) fn compile(name: &str, text: &str, files: &InMemory, params: &[(&str, &str)]) -> Compiled {
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    RuleSet::compile(name, text, &CompileOptions { loader: Some(files), params })
}

/// A fenced block of a Markdown page.
#[derive(Debug, Clone)]
pub(crate) struct Fence {
    /// What stands after the opening back-ticks: `rules wrong`.
    pub(crate) info: String,
    pub(crate) text: String,
    /// The line of the fence, from 1.
    pub(crate) line: usize,
}

/// The fenced blocks of a page.
pub(crate) fn fences(page: &str) -> Vec<Fence> {
    let mut found = Vec::new();
    let mut open: Option<Fence> = None;
    for (index, line) in page.lines().enumerate() {
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(info), None) => open = Some(Fence { info: info.trim().to_owned(), text: String::new(), line: index + 1 }),
            (Some(_), Some(_)) => found.extend(open.take()),
            (None, Some(fence)) => {
                fence.text.push_str(line);
                fence.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a fenced block is not closed");
    found
}

/// A diagnostic on one line, for failed assertions.
pub(crate) fn line(diagnostic: &Diagnostic) -> String {
    let help = diagnostic.help.as_deref().unwrap_or("(no help)");
    format!("{}: {}; {help}", diagnostic.code.as_str(), diagnostic.message)
}

/// Diagnostics as plain text, in the manner of rustc.
///
/// Each place is shown with its line and the characters it covers; a place over several lines is underlined to the end of its first.
pub(crate) fn render(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    diagnostics.iter().map(|diagnostic| render_one(diagnostic, sources)).collect::<Vec<_>>().join("\n")
}

fn render_one(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let level = if diagnostic.level() == Level::Error { "error" } else { "warning" };
    let mut out = format!("{level}[{}]: {}\n", diagnostic.code.as_str(), diagnostic.message);
    let (primary, others) = (diagnostic.span, &diagnostic.labels);
    let line_of = |span: Span| sources.get(span.file).map_or(0, |file| file.line_column(span.start).line);
    let mut places: Vec<(Span, char, &str)> = vec![(primary, '^', diagnostic.label.as_deref().unwrap_or_default())];
    places.extend(others.iter().map(|(span, text)| (*span, '-', text.as_str())));
    let gutter = places.iter().map(|(span, ..)| line_of(*span).to_string().len()).max().unwrap_or(1);
    let blank = " ".repeat(gutter);
    // The place of the diagnostic first, then the others in the order they were given; places on one line share it.
    let mut lines: Vec<(Span, Vec<_>)> = Vec::new();
    for place in places {
        match lines.iter_mut().find(|(span, _)| span.file == place.0.file && line_of(*span) == line_of(place.0)) {
            Some((_, marks)) => marks.push(place),
            None => lines.push((place.0, vec![place])),
        }
    }
    for (index, (span, marks)) in lines.iter().enumerate() {
        let Some(file) = sources.get(span.file) else { continue };
        let at = file.line_column(span.start);
        let arrow = if index == 0 { "-->" } else { ":::" };
        writeln!(out, "{blank}{arrow} {}:{}:{}", file.name, at.line, at.column).unwrap();
        let text = file.text.lines().nth(at.line as usize - 1).unwrap_or_default();
        writeln!(out, "{blank} |\n{:gutter$} | {}", at.line, visible(text)).unwrap();
        for (span, mark, label) in marks {
            let column = file.line_column(span.start).column as usize - 1;
            let covered = sources.text(*span).lines().next().unwrap_or_default().chars().count().max(1);
            let underline = mark.to_string().repeat(covered);
            writeln!(out, "{}", format!("{blank} | {}{underline} {label}", " ".repeat(column)).trim_end()).unwrap();
        }
    }
    if let Some(help) = &diagnostic.help {
        writeln!(out, "{blank} = help: {help}").unwrap();
    }
    if let Some(edit) = &diagnostic.suggestion {
        let old = sources.text(edit.span);
        let text = match (old.is_empty(), edit.replacement.is_empty()) {
            (true, _) => format!("insert `{}`", edit.replacement.escape_debug()),
            (false, true) => format!("remove `{old}`"),
            (false, false) => format!("replace `{old}` by `{}`", edit.replacement.escape_debug()),
        };
        writeln!(out, "{blank} = edit: {text}").unwrap();
    }
    out
}

/// Invisible characters as `<U+202E>`, so that expectations show them.
fn visible(text: &str) -> String {
    text.chars()
        .map(|c| {
            if matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') { format!("<U+{:04X}>", u32::from(c)) } else { c.to_string() }
        })
        .collect()
}

/// `<U+202E>` as the character itself: pages and cases do not hold characters that nobody sees.
pub(crate) fn with_invisible(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<U+") {
        out.push_str(before);
        match after.split_once('>').and_then(|(hex, tail)| Some((char::from_u32(u32::from_str_radix(hex, 16).ok()?)?, tail))) {
            Some((character, tail)) => {
                out.push(character);
                rest = tail;
            }
            None => {
                out.push_str("<U+");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

//! What the server knows: open documents, and what compiling them has come to.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use gen_lsp_types::{Location, Position, Range, TextDocumentPositionParams, Uri};
use rulegate::compile::CompileOptions;
use rulegate::compile::index::{Analysis, Index, Use, analyse, analyse_again};
use rulegate::format::{FormatError, Formatted, format_again};
use rulegate::source::{FileId, SourceMap, Span};
use rulegate::syntax::{MAX_FILE_BYTES, Memory, ast, parse_again};

use crate::lines::{Encoding, Lines};
use crate::loader::{Columns, OpenFirst, Stamp, stamp};
use crate::saved::Reports;
use crate::schemas::Schemas;
use crate::uri;

/// Most entries of folders that are looked through for rule files, and how deep.
const MAX_ENTRIES: usize = 5_000;
const MAX_DEPTH: usize = 8;
/// Most rule files that are read for the places where a name of theirs is used.
const MAX_FILES: usize = 200;

/// A document that is open in the editor.
pub(crate) struct Document {
    pub uri: String,
    pub path: Option<PathBuf>,
    pub version: Option<i32>,
    pub lines: Lines,
    /// What compiling has come to, of this text or, where `stale`, of an earlier one.
    analysed: Option<Analysed>,
    stale: bool,
    /// Items of its earlier text.
    memory: Memory,
}

/// What compiling a file has come to.
pub(crate) struct Analysed {
    pub analysis: Analysis,
    /// The texts with their lines and places, entry first.
    files: Vec<(FileId, Lines, String)>,
    paths: BTreeSet<PathBuf>,
}

/// Everything the server knows.
pub(crate) struct State {
    pub encoding: Encoding,
    pub schemas: Schemas,
    pub reports: Reports,
    documents: HashMap<String, Document>,
    /// Texts of open documents by their true paths.
    open: HashMap<PathBuf, Arc<str>>,
    columns: Columns,
    bin: Bin,
    /// Rule files that are not open and may use names of those that are.
    others: HashMap<PathBuf, (Stamp, Analysed)>,
}

impl Analysed {
    fn new(name: &str, path: Option<&Path>, text: &str, own_uri: &str, state: &State, earlier: Option<(&Lines, &mut Memory)>) -> Self {
        let (lines, memory) = earlier.unzip();
        let analyse = |options: &CompileOptions<'_>| match memory {
            Some(memory) => analyse_again(name, text, options, memory),
            None => analyse(name, text, options),
        };
        let (analysis, loaded) = match path {
            Some(path) => {
                let loader = OpenFirst::new(path, &state.open, &state.columns);
                let analysis = analyse(&CompileOptions { loader: Some(&loader), ..CompileOptions::default() });
                (analysis, loader.into_paths())
            }
            None => (analyse(&CompileOptions::default()), HashMap::new()),
        };
        let mut paths: BTreeSet<PathBuf> = loaded.values().cloned().collect();
        paths.extend(path.map(real));
        let uri = |name: &str| loaded.get(name).map_or_else(String::new, |path| state.uri_of(path));
        let sources = analysis.compiled.sources.files().enumerate();
        let files = sources.map(|(index, (id, file))| match (index, lines) {
            (0, Some(lines)) => (id, lines.clone(), own_uri.to_owned()),
            (0, None) => (id, Lines::new(Arc::clone(&file.text), state.encoding), own_uri.to_owned()),
            _ => (id, Lines::new(Arc::clone(&file.text), state.encoding), uri(&file.name)),
        });
        let files = files.collect();
        Self { analysis, files, paths }
    }

    pub(crate) fn index(&self) -> &Index {
        &self.analysis.index
    }

    /// The id of the entry itself.
    pub(crate) fn entry(&self) -> Option<FileId> {
        self.files.first().map(|(id, ..)| *id)
    }

    fn file(&self, id: FileId) -> Option<&(FileId, Lines, String)> {
        self.files.iter().find(|(known, ..)| *known == id)
    }

    /// Where a span is, for the client.
    pub(crate) fn location(&self, span: Span) -> Option<Location> {
        let (_, lines, uri) = self.file(span.file)?;
        (!uri.is_empty()).then(|| Location { uri: Uri(uri.clone()), range: lines.range(span) })
    }

    /// The lines and columns of a span.
    pub(crate) fn range(&self, span: Span) -> Range {
        self.file(span.file).map(|(_, lines, _)| lines.range(span)).unwrap_or_default()
    }

    /// The text under a span.
    pub(crate) fn text(&self, span: Span) -> &str {
        self.analysis.compiled.sources.text(span)
    }

    /// The URIs of the files it is made of.
    pub(crate) fn uris(&self) -> impl Iterator<Item = (FileId, &str)> {
        self.files.iter().map(|(id, _, uri)| (*id, uri.as_str()))
    }
}

/// Takes what is not needed any more: freeing it takes a while, for which no request should wait.
struct Bin(Option<Sender<Analysed>>);

impl Bin {
    fn new() -> Self {
        let (sender, thrown) = channel();
        let emptied = std::thread::Builder::new().name("lsp-bin".to_owned()).spawn(move || thrown.into_iter().for_each(drop::<Analysed>));
        // Without a thread it is freed on the spot.
        Self(emptied.is_ok().then_some(sender))
    }

    fn throw(&self, analysed: Option<Analysed>) {
        if let Some((analysed, sender)) = analysed.zip(self.0.as_ref()) {
            // A thread that is gone hands it back, to be freed here.
            drop(sender.send(analysed));
        }
    }
}

/// A place that a request asks about.
pub(crate) struct At<'a> {
    pub document: &'a Document,
    pub analysed: &'a Analysed,
    pub file: FileId,
    pub offset: u32,
}

impl At<'_> {
    /// The name that stands there.
    pub(crate) fn name(&self) -> Option<Use> {
        self.analysed.index().use_at(self.file, self.offset).copied()
    }
}

impl State {
    pub(crate) fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            schemas: Schemas::default(),
            reports: Reports::default(),
            documents: HashMap::new(),
            open: HashMap::new(),
            columns: Columns::default(),
            bin: Bin::new(),
            others: HashMap::new(),
        }
    }

    /// Takes in a document, new or changed. Only rule files are kept.
    pub(crate) fn put(&mut self, uri: &str, version: Option<i32>, text: String) {
        let path = uri::to_path(uri);
        let text: Arc<str> = text.into();
        if let Some(path) = &path {
            self.open.insert(real(path), Arc::clone(&text));
        }
        let lines = Lines::new(text, self.encoding);
        let (analysed, memory) = self.documents.remove(uri).map(|document| (document.analysed, document.memory)).unwrap_or_default();
        let is_new = analysed.is_none();
        let document = Document { uri: uri.to_owned(), path: path.clone(), version, lines, analysed, stale: true, memory };
        self.documents.insert(uri.to_owned(), document);
        if is_new {
            // A file that was missing until now may be what others import.
            self.distrust();
        } else if let Some(path) = path {
            self.changed(&real(&path));
        }
    }

    /// Forgets a document.
    pub(crate) fn close(&mut self, uri: &str) {
        if let Some(document) = self.documents.remove(uri) {
            document.path.iter().for_each(|path| {
                self.open.remove(&real(path));
            });
            self.distrust();
        }
    }

    /// Whether a document is open.
    pub(crate) fn is_open(&self, uri: &str) -> bool {
        self.documents.contains_key(uri)
    }

    fn changed(&mut self, path: &Path) {
        for document in self.documents.values_mut() {
            document.stale |= document.analysed.as_ref().is_none_or(|analysed| analysed.paths.contains(path));
        }
        self.others.retain(|_, (_, analysed)| !analysed.paths.contains(path));
    }

    /// Takes nothing that was compiled for current any more: files on disk may have changed.
    pub(crate) fn distrust(&mut self) {
        self.documents.values_mut().for_each(|document| document.stale = true);
        self.others.clear();
    }

    /// Forgets everything that was computed, after a failure in the midst of something.
    pub(crate) fn forget(&mut self) {
        self.distrust();
        self.documents.values_mut().for_each(|document| (document.analysed, document.memory) = (None, Memory::default()));
        self.schemas = Schemas::default();
        self.reports = Reports::default();
        self.columns = Columns::default();
    }

    /// Compiles what is stale, and looks for everything there is to say about it.
    pub(crate) fn complete(&mut self) {
        self.refresh();
        let analysed = self.documents.values_mut().filter_map(|document| document.analysed.as_mut());
        analysed.for_each(|analysed| analysed.analysis.complete());
    }

    /// Compiles what is stale, as far as names go.
    fn refresh(&mut self) {
        let stale: Vec<String> = self.documents.values().filter(|document| document.stale).map(|document| document.uri.clone()).collect();
        stale.iter().for_each(|uri| self.refresh_one(uri));
    }

    fn refresh_one(&mut self, uri: &str) {
        let Some(document) = self.documents.get_mut(uri).filter(|document| document.stale) else { return };
        let mut memory = std::mem::take(&mut document.memory);
        let path = document.path.clone();
        let name = path.as_ref().map_or_else(|| uri.to_owned(), |path| path.to_string_lossy().into_owned());
        let lines = document.lines.clone();
        let mut earlier = document.analysed.take();
        // Items that are in no other tree are moved to their new places, and need not be copied for that.
        earlier.iter_mut().for_each(|analysed| analysed.analysis.index.trees.clear());
        let analysed = Analysed::new(&name, path.as_deref(), lines.text(), uri, self, Some((&lines, &mut memory)));
        if let Some(document) = self.documents.get_mut(uri) {
            document.memory = memory;
            document.analysed = Some(analysed);
            document.stale = false;
        }
        self.bin.throw(earlier);
    }

    /// A document, and its tree alone: nothing is compiled for it.
    pub(crate) fn parsed(&mut self, uri: &str) -> Option<(&Lines, Cow<'_, ast::File>)> {
        let Document { lines, analysed, stale, memory, .. } = self.documents.get_mut(uri)?;
        let known = analysed.as_ref().filter(|_| !*stale).and_then(|analysed| analysed.index().trees.first());
        let tree = match known {
            Some(tree) => Cow::Borrowed(tree),
            None => Cow::Owned(parse_again(SourceMap::default().add("", ""), lines.text(), memory)),
        };
        Some((lines, tree))
    }

    /// A document in canonical layout.
    pub(crate) fn formatted(&mut self, uri: &str) -> Option<(&Lines, Result<Formatted, FormatError>)> {
        let Document { lines, memory, .. } = self.documents.get_mut(uri)?;
        let formatted = format_again(lines.text(), memory);
        Some((lines, formatted))
    }

    /// A document with what compiling its text has come to.
    pub(crate) fn current(&mut self, uri: &str) -> Option<(&Document, &Analysed)> {
        self.refresh_one(uri);
        self.earlier(uri)
    }

    /// A document with what compiling it, or an earlier text of it, has come to.
    pub(crate) fn earlier(&self, uri: &str) -> Option<(&Document, &Analysed)> {
        let document = self.documents.get(uri)?;
        Some((document, document.analysed.as_ref()?))
    }

    /// All documents that have been compiled.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Document, &Analysed)> {
        self.documents.values().filter_map(|document| Some((document, document.analysed.as_ref()?)))
    }

    /// The place that a request asks about; `None` where its document is no rule file that is open.
    pub(crate) fn at(&mut self, params: &TextDocumentPositionParams) -> Option<At<'_>> {
        let (document, analysed) = self.current(&params.text_document.uri.0)?;
        let offset = offset(document, params.position);
        Some(At { document, analysed, file: analysed.entry()?, offset })
    }

    /// The client's own URI of a file where it is open, else ours.
    fn uri_of(&self, path: &Path) -> String {
        let open = self.documents.values().find(|document| document.path.as_ref().is_some_and(|known| real(known) == path));
        open.map_or_else(|| uri::of_path(path), |document| document.uri.clone())
    }

    /// Everything that may name what the file at `path` declares: open documents, and rule files on disk near it.
    pub(crate) fn around(&mut self, path: Option<&Path>) -> Vec<&Analysed> {
        self.refresh();
        let files = path.map(rule_files).unwrap_or_default();
        let closed: Vec<PathBuf> = files.into_iter().filter(|file| !self.open.contains_key(file)).take(MAX_FILES).collect();
        for file in &closed {
            self.read_other(file);
        }
        let others = closed.iter().filter_map(|file| self.others.get(file)).map(|(_, analysed)| analysed);
        self.documents.values().filter_map(|document| document.analysed.as_ref()).chain(others).collect()
    }

    fn read_other(&mut self, path: &Path) {
        let Some(now) = stamp(path).filter(|(_, bytes)| *bytes <= MAX_FILE_BYTES as u64) else { return };
        if self.others.get(path).is_some_and(|(then, _)| *then == now) {
            return;
        }
        // Only files that import can name what another declares.
        let Some(text) = std::fs::read_to_string(path).ok().filter(|text| text.contains("import")) else { return };
        let analysed = Analysed::new(&path.to_string_lossy(), Some(path), &text, &uri::of_path(path), self, None);
        self.others.insert(path.to_path_buf(), (now, analysed));
    }
}

/// The byte of a document that a position means.
pub(crate) fn offset(document: &Document, position: Position) -> u32 {
    u32::try_from(document.lines.offset(position)).unwrap_or(u32::MAX)
}

/// A path as all ways to it share it.
fn real(path: impl AsRef<Path>) -> PathBuf {
    path.as_ref().canonicalize().unwrap_or_else(|_| path.as_ref().to_path_buf())
}

/// The rule files below the root folder of a rule file.
fn rule_files(path: &Path) -> Vec<PathBuf> {
    let root = rulegate::scan::FolderLoader::for_entry(path).root().to_path_buf();
    let (mut found, mut folders, mut left) = (Vec::new(), vec![(root, 0)], MAX_ENTRIES);
    while let Some((folder, depth)) = folders.pop() {
        for entry in folder.read_dir().into_iter().flatten().flatten().take(left) {
            left = left.saturating_sub(1);
            let (path, Ok(kind)) = (entry.path(), entry.file_type()) else { continue };
            let hidden = entry.file_name().as_encoded_bytes().first() == Some(&b'.');
            if kind.is_dir() && depth < MAX_DEPTH && !hidden && entry.file_name() != "target" && entry.file_name() != "node_modules" {
                folders.push((path, depth + 1));
            } else if kind.is_file() && is_rules(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Whether a file is called as rule files are.
pub(crate) fn is_rules(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("rules"))
}

//! Documents: text with the places where a line may end, and the printer that decides where it does.
//!
//! A [`Doc::Group`] stands on one line if it fits, else every [`Doc::Line`] directly in it ends a line. A [`Doc::Fill`] ends a line only
//! where the next chunk does not fit. Comments that need the rest of their line break every group around them. The printer looks no
//! further than one line's width ahead, so its time is linear in the document.

use std::borrow::Cow;
use std::slice::Iter;

/// Columns of a line, counted in characters.
pub(super) const WIDTH: usize = 100;

/// Blanks before a comment that ends a line, at least.
const COMMENT_GAP: usize = 2;

/// A piece of a document.
#[derive(Debug, Clone)]
pub(super) enum Doc<'a> {
    /// Text as it is; line ends in it are those of a raw string, a comment or an item that is left alone.
    Text(Cow<'a, str>),
    Space,
    /// A space on one line, else a line end.
    Line,
    /// Nothing on one line, else a line end.
    SoftLine,
    /// `flat` on one line; else blanks and then `broken`.
    Either {
        blanks: usize,
        broken: &'static str,
        flat: &'static str,
    },
    /// A comment at the end of the line.
    Trail(Cow<'a, str>),
    /// A comment on a line of its own.
    Own(Cow<'a, str>),
    Indent(usize, Docs<'a>),
    Group(Docs<'a>),
    Fill(Vec<Chunk<'a>>),
}

/// A chunk of a fill.
#[derive(Debug, Clone)]
pub(super) struct Chunk<'a> {
    /// Starts a line wherever the fill is broken at all: its author broke the line here.
    pub starts_line: bool,
    pub docs: Docs<'a>,
}

/// Pieces one after the other.
#[derive(Debug, Clone, Default)]
pub(super) struct Docs<'a> {
    list: Vec<Doc<'a>>,
    /// Whether something in it ends a line come what may.
    forced: bool,
    /// Whether the last thing in it is a comment that takes the rest of its line.
    taken: bool,
}

impl<'a> Docs<'a> {
    pub(super) fn push(&mut self, doc: Doc<'a>) {
        // What follows a comment stands on another line; a comment at the very end breaks only what is around.
        self.forced |= self.taken;
        let (forced, taken) = match &doc {
            Doc::Own(_) => (true, false),
            Doc::Trail(_) => (false, true),
            Doc::Indent(_, docs) | Doc::Group(docs) => (docs.forced, docs.taken),
            Doc::Fill(chunks) => (
                chunks.iter().rev().enumerate().any(|(index, chunk)| chunk.docs.forced || index > 0 && chunk.docs.taken),
                chunks.last().is_some_and(|chunk| chunk.docs.taken),
            ),
            _ => (false, false),
        };
        self.forced |= forced;
        self.taken = taken;
        self.list.push(doc);
    }

    pub(super) fn of(text: impl Into<Cow<'a, str>>) -> Self {
        let mut docs = Self::default();
        docs.text(text);
        docs
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn text(&mut self, text: impl Into<Cow<'a, str>>) {
        self.push(Doc::Text(text.into()));
    }

    pub(super) fn append(&mut self, mut other: Self) {
        if !other.is_empty() {
            self.forced |= self.taken || other.forced;
            self.taken = other.taken;
            self.list.append(&mut other.list);
        }
    }

    pub(super) fn indent(&mut self, columns: usize, docs: Self) {
        self.push(Doc::Indent(columns, docs));
    }

    pub(super) fn group(&mut self, docs: Self) {
        self.push(Doc::Group(docs));
    }

    /// Breaks this, and every group around it.
    pub(super) fn force(&mut self) {
        self.forced = true;
    }

    /// Columns on one line; `None` if it does not stand on one.
    pub(super) fn width(&self) -> Option<usize> {
        if self.forced {
            return None;
        }
        self.list.iter().try_fold(0, |sum, doc| Some(sum + doc.width()?))
    }
}

impl Doc<'_> {
    fn width(&self) -> Option<usize> {
        match self {
            Self::Text(text) => (!text.contains('\n')).then(|| text.chars().count()),
            Self::Space | Self::Line => Some(1),
            Self::SoftLine => Some(0),
            Self::Either { flat, .. } => Some(flat.len()),
            Self::Indent(_, docs) | Self::Group(docs) => docs.width(),
            Self::Fill(chunks) => {
                chunks.iter().try_fold(chunks.len().saturating_sub(1), |sum, chunk| chunk.docs.width().map(|width| sum + width))
            }
            Self::Trail(_) | Self::Own(_) => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Flat,
    Broken,
}

/// What is still to be printed, innermost last.
#[derive(Debug, Clone)]
enum Frame<'d, 'a> {
    Docs(usize, Mode, Iter<'d, Doc<'a>>),
    /// A fill, and whether its next chunk is the first.
    Fill(usize, Mode, Iter<'d, Chunk<'a>>, bool),
}

/// A finished line.
#[derive(Debug, Default)]
struct OutLine {
    indent: usize,
    text: String,
    /// Columns up to the end of the text.
    columns: usize,
    comment: String,
}

struct Printer<'d, 'a> {
    stack: Vec<Frame<'d, 'a>>,
    lines: Vec<OutLine>,
    line: OutLine,
    /// Blanks that stand before the next text on this line.
    blanks: usize,
    /// Whether a comment has taken the rest of the line.
    taken: bool,
    /// Whether only the end of the line ends that comment.
    open_comment: bool,
}

/// Lines of a text, one below the other. What is printed begins a line and ends one, so that its parts can be printed on their own.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    lines: Vec<OutLine>,
}

impl Sheet {
    pub(super) fn empty_line(&mut self) {
        self.lines.push(OutLine::default());
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.lines.append(&mut other.lines);
    }

    /// Prints a document on lines of its own.
    pub(super) fn print(&mut self, docs: &Docs<'_>, indent: usize) {
        self.lines = print(docs, indent, std::mem::take(&mut self.lines));
    }

    /// The text of all lines; it ends in a line end.
    pub(super) fn text(&self) -> String {
        joined(&self.lines)
    }
}

fn print(docs: &Docs<'_>, indent: usize, lines: Vec<OutLine>) -> Vec<OutLine> {
    let root = Frame::Docs(indent, Mode::Broken, docs.list.iter());
    let line = OutLine { indent, ..OutLine::default() };
    let mut printer = Printer { stack: vec![root], lines, line, blanks: 0, taken: false, open_comment: false };
    while let Some(frame) = printer.stack.last_mut() {
        match frame {
            Frame::Docs(indent, mode, rest) => {
                let (indent, mode) = (*indent, *mode);
                match rest.next() {
                    Some(doc) => printer.doc(doc, indent, mode),
                    None => drop(printer.stack.pop()),
                }
            }
            Frame::Fill(indent, mode, rest, first) => {
                let (indent, mode, first) = (*indent, *mode, std::mem::take(first));
                match rest.next() {
                    Some(chunk) => printer.chunk(chunk, indent, mode, first),
                    None => drop(printer.stack.pop()),
                }
            }
        }
    }
    printer.end_line(0);
    printer.lines
}

impl<'d, 'a> Printer<'d, 'a> {
    fn doc(&mut self, doc: &'d Doc<'a>, indent: usize, mode: Mode) {
        match doc {
            Doc::Text(text) => self.write(text, indent),
            Doc::Space => self.blanks += 1,
            Doc::Line | Doc::SoftLine if mode == Mode::Broken || self.taken => self.end_line(indent),
            Doc::Line => self.blanks += 1,
            Doc::SoftLine => {}
            Doc::Either { blanks, broken, flat } => {
                let text = if mode == Mode::Broken { broken } else { flat };
                self.blanks += if mode == Mode::Broken { *blanks } else { 0 };
                if !text.is_empty() {
                    self.write(text, indent);
                }
            }
            Doc::Trail(comment) => self.trail(comment, indent),
            Doc::Own(comment) => {
                self.end_line(indent);
                self.write(comment, indent);
                (self.taken, self.open_comment) = (true, comment.starts_with("//"));
            }
            Doc::Indent(columns, docs) => self.stack.push(Frame::Docs(indent + columns, mode, docs.list.iter())),
            Doc::Group(docs) => {
                let flat = !docs.forced && (mode == Mode::Flat || self.fits(docs));
                self.stack.push(Frame::Docs(indent, if flat { Mode::Flat } else { Mode::Broken }, docs.list.iter()));
            }
            Doc::Fill(chunks) => self.stack.push(Frame::Fill(indent, mode, chunks.iter(), true)),
        }
    }

    fn chunk(&mut self, chunk: &'d Chunk<'a>, indent: usize, mode: Mode, first: bool) {
        if !first {
            self.blanks += 1;
            if self.taken || mode == Mode::Broken && (chunk.starts_line || !self.fits(&chunk.docs)) {
                self.end_line(indent);
            }
        }
        self.stack.push(Frame::Docs(indent, mode, chunk.docs.list.iter()));
    }

    fn write(&mut self, text: &str, indent: usize) {
        if self.taken {
            self.end_line(indent);
        }
        if self.line.text.is_empty() {
            self.line.columns = self.line.indent;
        } else {
            self.line.text.extend(std::iter::repeat_n(' ', self.blanks));
            self.line.columns += self.blanks;
        }
        self.blanks = 0;
        for byte in text.bytes() {
            match byte {
                b'\n' => self.line.columns = 0,
                // The bytes of a character after its first.
                0x80..=0xBF => {}
                _ => self.line.columns += 1,
            }
        }
        self.line.text.push_str(text);
    }

    fn trail(&mut self, comment: &str, indent: usize) {
        if self.open_comment {
            // Behind it, this one would be part of it.
            self.end_line(indent);
        }
        if self.line.text.is_empty() || self.line.comment.is_empty() && comment.starts_with("/*") {
            // As it stands between two words: whether a line ends behind it is not for it to say.
            (self.blanks, self.taken) = (1, false);
            self.write(comment, indent);
        } else {
            let gap = if self.line.comment.is_empty() { "" } else { " " };
            self.line.comment.push_str(gap);
            self.line.comment.push_str(comment);
        }
        (self.taken, self.open_comment) = (true, comment.starts_with("//"));
    }

    /// Ends the line if anything stands on it; the next one begins at `indent`.
    fn end_line(&mut self, indent: usize) {
        if self.line.text.is_empty() {
            self.line.indent = indent;
        } else {
            self.lines.push(std::mem::replace(&mut self.line, OutLine { indent, ..OutLine::default() }));
        }
        (self.blanks, self.taken, self.open_comment) = (0, false, false);
    }

    /// Whether a line holds these on one line, with what follows them up to where the line may end.
    fn fits(&self, docs: &'d Docs<'a>) -> bool {
        let used = if self.line.text.is_empty() { self.line.indent } else { self.line.columns + self.blanks };
        let mut room = Room(WIDTH.checked_sub(used));
        let mut inner = vec![Frame::Docs(0, Mode::Flat, docs.list.iter())];
        let mut outer = self.stack.iter().rev();
        loop {
            let Some(frame) = inner.last_mut() else {
                match outer.next() {
                    Some(frame) => inner.push(frame.clone()),
                    None => return room.0.is_some(),
                }
                continue;
            };
            let next = match frame {
                Frame::Docs(_, mode, rest) => rest.next().map(|doc| (doc, *mode)),
                Frame::Fill(_, mode, rest, first) => {
                    let (mode, first) = (*mode, std::mem::take(first));
                    if let Some(chunk) = rest.next() {
                        if !first && mode == Mode::Broken {
                            return room.0.is_some();
                        }
                        room.take(usize::from(!first));
                        inner.push(Frame::Docs(0, mode, chunk.docs.list.iter()));
                        continue;
                    }
                    None
                }
            };
            match next {
                None => drop(inner.pop()),
                Some((Doc::Indent(_, docs) | Doc::Group(docs), mode)) => inner.push(Frame::Docs(0, mode, docs.list.iter())),
                Some((Doc::Fill(chunks), mode)) => inner.push(Frame::Fill(0, mode, chunks.iter(), true)),
                Some((doc, mode)) => {
                    if room.ends_with(doc, mode) {
                        return room.0.is_some();
                    }
                }
            }
            if room.0.is_none() {
                return false;
            }
        }
    }
}

/// Columns that are left on a line; `None` once there are too few.
struct Room(Option<usize>);

impl Room {
    fn take(&mut self, columns: usize) {
        self.0 = self.0.and_then(|room| room.checked_sub(columns));
    }

    /// Takes what a piece needs; tells whether the line ends, or may end, in it.
    fn ends_with(&mut self, doc: &Doc<'_>, mode: Mode) -> bool {
        match (doc, mode) {
            (Doc::Text(text), _) => return self.take_text(text),
            // It counts as it does between two words, so that where a line ends behind it changes nothing.
            (Doc::Trail(text), _) if text.starts_with("/*") => {
                self.take(1);
                return self.take_text(text);
            }
            (Doc::Space, _) | (Doc::Line, Mode::Flat) => self.take(1),
            (Doc::SoftLine, Mode::Flat) => {}
            (Doc::Either { flat, .. }, Mode::Flat) => self.take(flat.len()),
            (Doc::Either { blanks, broken, .. }, Mode::Broken) => self.take(blanks + broken.len()),
            _ => return true,
        }
        false
    }

    /// Takes what a text needs of this line; tells whether it goes on on another.
    fn take_text(&mut self, text: &str) -> bool {
        // No more than a line is looked at, however long the text.
        let most = self.0.unwrap_or(0) + 1;
        self.take(text.chars().take(most).take_while(|character| *character != '\n').count());
        self.0.is_some() && text.chars().take(most).any(|character| character == '\n')
    }
}

/// The text of all lines; comments at the ends of neighbouring lines of one indentation stand below each other.
fn joined(lines: &[OutLine]) -> String {
    let mut out = String::new();
    let mut index = 0;
    while let Some(line) = lines.get(index) {
        let run = lines.iter().skip(index).take_while(|next| !next.comment.is_empty() && next.indent == line.indent);
        let (count, columns) = run.fold((0, 0), |(count, columns), next| (count + 1, columns.max(next.columns)));
        for line in lines.iter().skip(index).take(count.max(1)) {
            push_line(&mut out, line, columns);
        }
        index += count.max(1);
    }
    out
}

fn push_line(out: &mut String, line: &OutLine, columns: usize) {
    if !line.text.is_empty() {
        out.extend(std::iter::repeat_n(' ', line.indent));
        out.push_str(&line.text);
    }
    if !line.comment.is_empty() {
        out.extend(std::iter::repeat_n(' ', columns.saturating_sub(line.columns) + COMMENT_GAP));
        out.push_str(&line.comment);
    }
    out.push('\n');
}

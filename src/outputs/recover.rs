//! What stands around an object in a response that is not read strictly: why it fails, and where the object is.
//!
//! Only texts that have failed come here. An object is taken out of what surrounds it only where there is no doubt which one is
//! meant, and only as it stands: nothing within it is repaired.

use std::ops::Range;

use super::bytes::{after_space, is_space};
use super::cursor::{Cursor, Scratch};
use super::{Limits, Reason};

/// Layers around an object that are taken off, one within the other.
const LAYERS: usize = 4;

/// The text that is left when all around the object is taken away.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A part of the response.
    Part(Range<usize>),
    /// Text that stood within a string.
    Decoded(String),
}

/// Why a text is not read, and the object that may be in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) reason: Reason,
    pub(super) found: Option<Found>,
}

/// Judges a text whose strict reading failed for `reason` at a byte.
pub(super) fn judge(text: &str, reason: Reason, at: usize, refusal: &dyn Fn(&str) -> bool, surroundings: &mut Surroundings<'_>) -> Verdict {
    let alone = |reason| Verdict { reason, found: None };
    if reason == Reason::TooLarge {
        return alone(reason);
    }
    let start = text.len() - text.trim_start().len();
    let body = text.trim();
    if !body.contains('{') && refusal(text) {
        return alone(Reason::Refused);
    }
    let found = |reason, rest: &str, surroundings: &mut Surroundings<'_>| {
        let offset = start + (body.len() - rest.len());
        let found = surroundings.take(rest, LAYERS).map(|found| found.after(offset));
        Verdict { reason, found }
    };
    if document_begins(body) {
        return match reason {
            Reason::TrailingText => surroundings.after_document(text, start, at),
            _ => alone(reason),
        };
    }
    if reason == Reason::RootType {
        let within = surroundings.string(body).filter(|within| holds_json(within, LAYERS));
        return match within {
            Some(within) => Verdict {
                reason: Reason::DoubleEncoded,
                found: surroundings.take(&within, LAYERS).map(|found| Found::Decoded(found.text(&within))),
            },
            None => alone(reason),
        };
    }
    if let Some(end) = surroundings.reasoning(body) {
        return found(Reason::ReasoningLeak, body.get(end..).unwrap_or_default(), surroundings);
    }
    if surroundings.fence(body).is_some() {
        return found(Reason::Fenced, body, surroundings);
    }
    if object_begins(body).is_some() {
        return found(Reason::ProseWrapped, body, surroundings);
    }
    // Prose that begins like a number, a string or a literal is still prose.
    let prose = reason == Reason::TrailingText || body.bytes().any(is_space) && reason != Reason::Truncated && !body.starts_with('"');
    alone(if prose { Reason::NotJson } else { reason })
}

/// What it takes to look at surroundings: the limits of strict reading, and room for it.
pub(super) struct Surroundings<'s> {
    pub(super) limits: Limits,
    pub(super) scratch: &'s mut Scratch,
}

/// A fence that opens, and what is in it.
struct Fence {
    mark: u8,
    length: usize,
    content: usize,
    /// An object stands before it.
    object_before: bool,
}

impl Surroundings<'_> {
    /// Where the JSON document that begins at `start` ends; `None` if it is broken.
    fn document_end(&mut self, text: &str, start: usize) -> Option<usize> {
        let rest = text.get(start..)?;
        let mut cursor = Cursor::new(rest, self.limits, self.scratch);
        cursor.skip().ok()?;
        Some(start + cursor.at)
    }

    /// The content of a text that is one string.
    fn string(&mut self, text: &str) -> Option<String> {
        if !text.starts_with('"') {
            return None;
        }
        let mut cursor = Cursor::new(text, self.limits, self.scratch);
        let span = cursor.string().ok()?;
        if cursor.at != text.len() {
            return None;
        }
        cursor.decode(span);
        String::from_utf8(std::mem::take(&mut self.scratch.decoded)).ok()
    }

    /// The object within a text, if nothing but wrapping is around it.
    fn take(&mut self, text: &str, layers: usize) -> Option<Found> {
        let layers = layers.checked_sub(1)?;
        let offset = text.len() - text.trim_start().len();
        let body = text.trim();
        if let Some(end) = self.reasoning(body) {
            return self.take(body.get(end..)?, layers).map(|found| found.after(offset + end));
        }
        if let Some(fence) = self.fence(body) {
            return self.fenced(body, &fence).map(|range| Found::Part(range).after(offset));
        }
        if let Some(within) = self.string(body) {
            return self.take(&within, layers).map(|found| Found::Decoded(found.text(&within)));
        }
        let start = object_begins(body)?;
        let end = self.document_end(body, start)?;
        let (before, after) = (body.get(..start)?, body.get(end..)?);
        (stands_alone(before, after) && object_begins(after).is_none()).then(|| Found::Part(start..end).after(offset))
    }

    /// A document ends at `end`, and there is more.
    fn after_document(&mut self, text: &str, start: usize, end: usize) -> Verdict {
        let rest = text.get(end..).unwrap_or_default();
        if document_begins(rest.trim_start_matches([',', ' ', '\t', '\r', '\n'])) || self.object_in(rest) {
            return Verdict { reason: Reason::SeveralDocuments, found: None };
        }
        let alone = text.get(start..).is_some_and(|text| text.starts_with('{')) && stands_alone("", rest) && object_begins(rest).is_none();
        Verdict { reason: Reason::TrailingText, found: alone.then_some(Found::Part(start..end)) }
    }

    /// Whether a whole object stands somewhere in a text.
    fn object_in(&mut self, text: &str) -> bool {
        object_begins(text).is_some_and(|start| self.document_end(text, start).is_some())
    }

    /// Where a block of reasoning ends that stands before any document: all of the text if it does not end.
    fn reasoning(&mut self, text: &str) -> Option<usize> {
        if document_begins(text) || text.starts_with('"') {
            return None;
        }
        let document = object_begins(text).unwrap_or(text.len());
        let fence = self.fence(text).map_or(text.len(), |fence| fence.content);
        if let Some((open, name)) = tag(text, "<", 0).filter(|(open, _)| *open < document.min(fence)) {
            return Some(closing_tag(text, open, Some(name)).unwrap_or(text.len()));
        }
        // The block's beginning may have been part of the prompt.
        let end = closing_tag(text, 0, None)?;
        let within_document = document < end && self.document_end(text, document).is_some_and(|after| after >= end);
        (end < fence && !within_document).then_some(end)
    }

    /// The first fence that begins a line outside of any document.
    fn fence(&mut self, text: &str) -> Option<Fence> {
        if document_begins(text) {
            return None;
        }
        let (mut at, mut object_before) = (0, false);
        while at < text.len() {
            let line = text.get(at..)?;
            let end = line.find('\n').map_or(text.len(), |end| at + end + 1);
            if let Some((mark, length)) = fence_mark(line) {
                let content = at + (line.len() - line.trim_start().len()) + length;
                return Some(Fence { mark, length, content: content + info(text.get(content..)?), object_before });
            }
            at = match object_begins(text.get(at..end)?) {
                Some(start) => {
                    object_before = true;
                    self.document_end(text, at + start)?
                }
                None => end,
            };
            // What follows a document on its line is no beginning of a line.
            if text.get(..at).is_some_and(|before| !before.ends_with('\n')) {
                at = text.get(at..)?.find('\n').map_or(text.len(), |end| at + end + 1);
            }
        }
        None
    }

    /// The object in a fence, if that is all there is in it, and there is no other outside of it.
    fn fenced(&mut self, text: &str, fence: &Fence) -> Option<Range<usize>> {
        let start = after_space(text.as_bytes(), fence.content);
        if fence.object_before || !text.get(start..)?.starts_with('{') {
            return None;
        }
        let end = self.document_end(text, start)?;
        let rest = text.get(end..)?.trim_start();
        let closing = rest.bytes().take_while(|byte| *byte == fence.mark).count();
        let after = rest.get(closing..)?;
        let closed = rest.is_empty() || closing >= fence.length;
        (closed && object_begins(after).is_none() && !document_begins(after.trim_start())).then_some(start..end)
    }
}

impl Found {
    /// The same, counted from so many bytes before.
    fn after(self, offset: usize) -> Self {
        match self {
            Self::Part(range) => Self::Part(range.start + offset..range.end + offset),
            decoded => decoded,
        }
    }

    /// Its text.
    fn text(self, whole: &str) -> String {
        match self {
            Self::Part(range) => whole.get(range).unwrap_or_default().to_owned(),
            Self::Decoded(text) => text,
        }
    }
}

/// Whether a text begins like an object or an array, rather than like prose.
fn document_begins(text: &str) -> bool {
    let next = || text.as_bytes().get(after_space(text.as_bytes(), 1)).copied();
    match text.as_bytes().first() {
        Some(b'{') => true,
        Some(b'[') => next().is_none_or(|byte| matches!(byte, b'{' | b'[' | b']' | b'"' | b'-' | b'0'..=b'9')),
        _ => false,
    }
}

/// Where something begins that can only be meant as an object.
fn object_begins(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'{', bytes).find(|at| matches!(bytes.get(after_space(bytes, at + 1)), Some(b'"' | b'}' | b'\'')))
}

/// Whether what is around an object is not JSON as well.
fn stands_alone(before: &str, after: &str) -> bool {
    !before.trim_end().ends_with('[') && !after.trim_start().starts_with(['}', ']', '{', '[', ':', '"'])
}

/// Whether the content of a string is meant as JSON.
fn holds_json(text: &str, layers: usize) -> bool {
    let text = text.trim();
    let quoted = || text.starts_with('"') && text.ends_with('"') && text.contains('{') && layers > 0;
    document_begins(text) || fence_mark(text).is_some() || quoted()
}

/// The mark of a fence and how often it stands there, if a line begins with one.
fn fence_mark(line: &str) -> Option<(u8, usize)> {
    let line = line.trim_start_matches([' ', '\t']);
    let mark = *line.as_bytes().first().filter(|mark| matches!(mark, b'`' | b'~'))?;
    let length = line.bytes().take_while(|byte| *byte == mark).count();
    (length >= 3).then_some((mark, length))
}

/// The length of what stands after a fence's marks: a language, such as `json`.
fn info(text: &str) -> usize {
    let word = text.trim_start_matches([' ', '\t']);
    let end =
        word.find(|character: char| !(character.is_alphanumeric() || matches!(character, '_' | '-' | '+' | '.'))).unwrap_or(word.len());
    text.len() - word.len() + end
}

/// Names of the tags that models put around their reasoning.
const TAGS: [&str; 3] = ["thinking", "think", "reasoning"];

/// The first such tag at or after `from`, and its name; `open` is what stands before the name.
fn tag(text: &str, open: &str, from: usize) -> Option<(usize, &'static str)> {
    let rest = text.get(from..)?;
    rest.match_indices(open).find_map(|(at, _)| {
        let inner = rest.as_bytes().get(at + open.len()..)?;
        let named = |name: &&&str| {
            inner.get(..name.len()).is_some_and(|bytes| bytes.eq_ignore_ascii_case(name.as_bytes())) && inner.get(name.len()) == Some(&b'>')
        };
        TAGS.iter().find(named).map(|name| (from + at, *name))
    })
}

/// Where the next closing tag ends, of that name or of any.
fn closing_tag(text: &str, mut from: usize, wanted: Option<&str>) -> Option<usize> {
    loop {
        let (at, name) = tag(text, "</", from)?;
        let end = at + "</>".len() + name.len();
        if wanted.is_none_or(|wanted| wanted == name) {
            return Some(end);
        }
        from = end;
    }
}

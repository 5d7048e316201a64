//! A cursor over one JSON text: tokens, and values that are only checked. No value of a text makes it recurse.

use super::bytes::after_space;
use super::keys::{Keys, Mark};
use super::wrong::Expected;
use super::{Limits, Reason};

/// The text broke; where and why is in the cursor.
#[derive(Debug)]
pub(super) struct Stop;

pub(super) type Step<T> = Result<T, Stop>;

/// A string of the text, its quotes not included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) escaped: bool,
}

/// What outlives a text: room that is used again.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) keys: Keys,
    /// Containers that are skipped, innermost last; objects with the mark of their keys.
    open: Vec<Option<Mark>>,
    /// A string without its escapes.
    pub(super) decoded: Vec<u8>,
}

pub(super) struct Cursor<'t, 's> {
    pub(super) source: &'t str,
    pub(super) text: &'t [u8],
    pub(super) at: usize,
    /// Containers that are open.
    pub(super) depth: usize,
    /// Items that may still come.
    items: usize,
    pub(super) limits: Limits,
    /// Where the text broke, and why.
    pub(super) broken: Option<(Reason, usize)>,
    /// Where the first key stands that occurs twice in its object.
    pub(super) duplicate: Option<usize>,
    pub(super) scratch: &'s mut Scratch,
}

impl<'t, 's> Cursor<'t, 's> {
    pub(super) fn new(source: &'t str, limits: Limits, scratch: &'s mut Scratch) -> Self {
        scratch.keys.clear();
        scratch.open.clear();
        let (text, items) = (source.as_bytes(), limits.items);
        Self { source, text, at: 0, depth: 0, items, limits, broken: None, duplicate: None, scratch }
    }

    /// The next byte; zero at the end, which is no token either.
    #[inline(always)]
    pub(super) fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    /// Goes past white space.
    #[inline(always)]
    pub(super) fn space(&mut self) {
        if self.peek() <= b' ' {
            self.more_space();
        }
    }

    #[inline]
    fn more_space(&mut self) {
        // PERF: one blank is what there mostly is.
        if self.peek() == b' ' {
            self.at += 1;
            if self.peek() > b' ' {
                return;
            }
        }
        self.at = after_space(self.text, self.at);
    }

    #[cold]
    pub(super) fn stop(&mut self, reason: Reason, at: usize) -> Stop {
        self.broken = self.broken.or(Some((reason, at)));
        Stop
    }

    /// Enters an array or object, whose bracket is next.
    #[inline]
    pub(super) fn enter(&mut self) -> Step<()> {
        if self.depth >= self.limits.depth {
            return Err(self.stop(Reason::TooDeep, self.at));
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    /// Leaves it; its end is next.
    #[inline]
    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.at += 1;
    }

    /// Counts an item or member.
    #[inline]
    pub(super) fn count(&mut self) -> Step<()> {
        match self.items.checked_sub(1) {
            Some(items) => self.items = items,
            None => return Err(self.stop(Reason::TooLarge, self.at)),
        }
        Ok(())
    }

    /// Goes past a comma; false at the end of the container.
    #[inline]
    pub(super) fn comma_or(&mut self, end: u8) -> Step<bool> {
        self.space();
        match self.peek() {
            b',' => {
                self.at += 1;
                self.space();
                Ok(true)
            }
            byte if byte == end => {
                self.leave();
                Ok(false)
            }
            _ => Err(self.wrong(Expected::Punctuation)),
        }
    }

    /// Reads a key, and goes on to the value.
    pub(super) fn key(&mut self) -> Step<Span> {
        if self.peek() != b'"' {
            return Err(self.wrong(Expected::Key));
        }
        let span = self.string()?;
        self.space();
        if self.peek() != b':' {
            return Err(self.wrong(Expected::Punctuation));
        }
        self.at += 1;
        self.space();
        Ok(span)
    }

    /// Takes note of a key that must not come again.
    pub(super) fn remember(&mut self, span: Span) {
        let at = span.start.saturating_sub(1);
        if span.escaped {
            self.decode(span);
            let decoded = std::mem::take(&mut self.scratch.decoded);
            self.scratch.keys.escaped(&decoded, at);
            self.scratch.decoded = decoded;
        } else {
            self.scratch.keys.plain(self.bytes(span), at);
        }
    }

    /// Ends an object whose keys have been remembered since `mark`.
    #[inline]
    pub(super) fn close_keys(&mut self, mark: Mark) {
        if let Some(at) = self.scratch.keys.close(self.text, mark) {
            self.repeated(at);
        }
    }

    #[cold]
    pub(super) fn repeated(&mut self, at: usize) {
        self.duplicate = Some(self.duplicate.map_or(at, |first| first.min(at)));
    }

    /// The bytes between the quotes, as written.
    #[inline]
    pub(super) fn bytes(&self, span: Span) -> &'t [u8] {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// Reads `true`, `false` or `null`.
    #[inline]
    pub(super) fn literal(&mut self, literal: &'static str) -> Step<()> {
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(literal.as_bytes())) {
            self.at += literal.len();
            return Ok(());
        }
        Err(self.wrong(Expected::Value))
    }

    /// Checks a value of any kind, which is next.
    pub(super) fn skip(&mut self) -> Step<()> {
        let base = self.scratch.open.len();
        loop {
            let entered = match self.peek() {
                b'"' => self.string().map(|_| false)?,
                b'{' | b'[' => self.skip_into()?,
                b't' => self.literal("true").map(|()| false)?,
                b'f' => self.literal("false").map(|()| false)?,
                b'n' => self.literal("null").map(|()| false)?,
                b'-' | b'0'..=b'9' => self.number().map(|_| false)?,
                _ => return Err(self.wrong(Expected::Value)),
            };
            if !entered && !self.skip_on(base)? {
                return Ok(());
            }
        }
    }

    /// Enters a container; false if it is empty.
    #[inline]
    fn skip_into(&mut self) -> Step<bool> {
        let object = self.peek() == b'{';
        self.enter()?;
        self.space();
        if self.peek() == if object { b'}' } else { b']' } {
            self.leave();
            return Ok(false);
        }
        self.count()?;
        let mark = object.then(|| self.scratch.keys.mark());
        self.scratch.open.push(mark);
        if object {
            let key = self.key()?;
            self.remember(key);
        }
        Ok(true)
    }

    /// After a value: goes to the next one; false if what was to be skipped is over.
    #[inline]
    fn skip_on(&mut self, base: usize) -> Step<bool> {
        while self.scratch.open.len() > base {
            let Some(mark) = self.scratch.open.last().copied() else { break };
            if self.comma_or(if mark.is_some() { b'}' } else { b']' })? {
                self.count()?;
                if mark.is_some() {
                    let key = self.key()?;
                    self.remember(key);
                }
                return Ok(true);
            }
            if let Some(mark) = mark {
                self.close_keys(mark);
            }
            self.scratch.open.pop();
        }
        Ok(false)
    }

    /// Does something further on in the text, and comes back to here as if it had not been done.
    pub(super) fn ahead<T>(&mut self, go: impl FnOnce(&mut Self) -> Step<T>) -> Step<T> {
        let (at, depth, items) = (self.at, self.depth, self.items);
        let (broken, duplicate) = (self.broken, self.duplicate);
        let (mark, open) = (self.scratch.keys.mark(), self.scratch.open.len());
        let result = go(self);
        (self.at, self.depth, self.items) = (at, depth, items);
        (self.broken, self.duplicate) = (broken, duplicate);
        self.scratch.keys.drop_to(mark);
        self.scratch.open.truncate(open);
        result
    }

    /// Whether a string that has been read says this.
    pub(super) fn is(&mut self, span: Span, name: &str) -> bool {
        if span.escaped {
            self.decode(span);
            return self.scratch.decoded == name.as_bytes();
        }
        self.bytes(span) == name.as_bytes()
    }
}

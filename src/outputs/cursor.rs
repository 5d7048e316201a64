//! A cursor over one JSON text: tokens, and values that are only checked. No value of a text makes it recurse.

use super::bytes::{after_space, is_space, special};
use super::keys::{Keys, Mark};
use super::number::Number;
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

/// What the grammar has at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Key,
    Value,
    /// A comma, a colon or an end.
    Punctuation,
}

pub(super) struct Cursor<'t, 's> {
    pub(super) source: &'t str,
    pub(super) text: &'t [u8],
    pub(super) at: usize,
    /// Containers that are open.
    depth: usize,
    /// Items that may still come.
    items: usize,
    limits: Limits,
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

    /// Reads a string, whose quote is next.
    #[inline]
    pub(super) fn string(&mut self) -> Step<Span> {
        let start = self.at + 1;
        let end = special(self.text, start);
        if self.text.get(end) == Some(&b'"') {
            self.at = end + 1;
            return self.within_limit(Span { start, end, escaped: false });
        }
        self.rest_of_string(start, end, None)
    }

    /// The same, and writes it without its escapes after what `out` holds, if it has any.
    #[inline]
    pub(super) fn string_into(&mut self, out: &mut Vec<u8>) -> Step<Span> {
        let start = self.at + 1;
        let end = special(self.text, start);
        if self.text.get(end) == Some(&b'"') {
            self.at = end + 1;
            return self.within_limit(Span { start, end, escaped: false });
        }
        self.rest_of_string(start, end, Some(out))
    }

    #[inline(always)]
    fn within_limit(&mut self, span: Span) -> Step<Span> {
        if span.end - span.start > self.limits.string_bytes {
            return Err(self.stop(Reason::TooLarge, span.start));
        }
        Ok(span)
    }

    /// Reads on where something other than plain text begins, at `at`.
    fn rest_of_string(&mut self, start: usize, mut at: usize, mut out: Option<&mut Vec<u8>>) -> Step<Span> {
        let mut plain = start;
        loop {
            let next = self.text.get(at);
            if let (Some(out), Some(b'"' | b'\\')) = (&mut out, next) {
                out.extend_from_slice(self.text.get(plain..at).unwrap_or_default());
            }
            match next {
                Some(b'"') => {
                    self.at = at + 1;
                    return self.within_limit(Span { start, end: at, escaped: true });
                }
                Some(b'\\') => {
                    let (character, after) = self.escape(at)?;
                    if let Some(out) = &mut out {
                        push(out, character);
                    }
                    (plain, at) = (after, special(self.text, after));
                }
                Some(_) => return Err(self.stop(Reason::ControlChar, at)),
                None => return Err(self.stop(Reason::Truncated, at)),
            }
        }
    }

    /// The character that an escape at `at` stands for, and where the text goes on.
    #[inline]
    fn escape(&mut self, at: usize) -> Step<(char, usize)> {
        let character = match self.text.get(at + 1) {
            Some(b'n') => '\n',
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'u') => return self.unicode(at),
            Some(_) => return Err(self.stop(Reason::BadEscape, at)),
            None => return Err(self.stop(Reason::Truncated, self.text.len())),
        };
        Ok((character, at + 2))
    }

    /// `\u0041` or a pair of them at `at`.
    fn unicode(&mut self, at: usize) -> Step<(char, usize)> {
        let unit = self.hex(at)?;
        if let Some(character) = char::from_u32(unit) {
            return Ok((character, at + 6));
        }
        // The first half of a pair must be followed by the second.
        let second = match self.text.get(at + 6..) {
            Some([b'\\', b'u', ..]) if unit < 0xdc00 => self.hex(at + 6)?,
            Some([] | [b'\\']) if unit < 0xdc00 => return Err(self.stop(Reason::Truncated, self.text.len())),
            _ => 0,
        };
        if !(0xdc00..0xe000).contains(&second) {
            return Err(self.stop(Reason::LoneSurrogate, at));
        }
        let point = 0x1_0000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
        char::from_u32(point).map(|character| (character, at + 12)).ok_or_else(|| self.stop(Reason::LoneSurrogate, at))
    }

    fn hex(&mut self, at: usize) -> Step<u32> {
        let mut unit = 0;
        for place in at + 2..at + 6 {
            let Some(byte) = self.text.get(place) else { return Err(self.stop(Reason::Truncated, place)) };
            let Some(digit) = char::from(*byte).to_digit(16) else { return Err(self.stop(Reason::BadEscape, at)) };
            unit = unit * 16 + digit;
        }
        Ok(unit)
    }

    /// Writes a string that has been read to `scratch.decoded`, without its escapes.
    #[cold]
    pub(super) fn decode(&mut self, span: Span) {
        let mut out = std::mem::take(&mut self.scratch.decoded);
        out.clear();
        let mut at = span.start;
        while at < span.end {
            let next = special(self.text, at).min(span.end);
            out.extend_from_slice(self.text.get(at..next).unwrap_or_default());
            at = next;
            if next < span.end {
                // It has been read before, so nothing of it stops.
                let Ok((character, after)) = self.escape(next) else { break };
                push(&mut out, character);
                at = after;
            }
        }
        self.scratch.decoded = out;
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

    /// Reads a number, which begins with a digit or minus.
    #[inline]
    pub(super) fn number(&mut self) -> Step<Number<'t>> {
        let start = self.at;
        let negative = self.peek() == b'-';
        self.at += usize::from(negative);
        let mut mantissa = 0_u64;
        let first = self.at;
        let whole = self.digits(&mut mantissa);
        if whole == 0 || (whole > 1 && self.text.get(first) == Some(&b'0')) {
            return Err(self.bad_number(start));
        }
        let (mut digits, mut exponent) = (whole, 0_i64);
        if self.peek() == b'.' {
            self.at += 1;
            let fraction = self.digits(&mut mantissa);
            if fraction == 0 {
                return Err(self.bad_number(start));
            }
            digits += fraction;
            exponent = -i64::try_from(fraction).unwrap_or(i64::MAX);
        }
        if matches!(self.peek(), b'e' | b'E') {
            exponent = exponent.saturating_add(self.exponent(start)?);
        }
        let text = self.source.get(start..self.at).unwrap_or_default();
        Ok(Number { text, negative, mantissa, exponent, exact: digits <= 19 })
    }

    /// Reads digits on to a number that wraps around, and counts them.
    #[inline(always)]
    fn digits(&mut self, value: &mut u64) -> usize {
        let start = self.at;
        while let Some(digit) = self.text.get(self.at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
            *value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            self.at += 1;
        }
        self.at - start
    }

    /// The exponent, whose letter is next; beyond what any text's digits could make up for, it is about a quintillion.
    fn exponent(&mut self, start: usize) -> Step<i64> {
        self.at += 1;
        let negative = self.peek() == b'-';
        self.at += usize::from(negative || self.peek() == b'+');
        let mut value = 0;
        while self.text.get(self.at) == Some(&b'0') {
            (value, self.at) = (1, self.at + 1);
        }
        let any = value == 1;
        value = 0;
        let digits = self.digits(&mut value);
        if digits == 0 && !any {
            return Err(self.bad_number(start));
        }
        let value = if digits > 18 { 1_000_000_000_000_000_000 } else { i64::try_from(value).unwrap_or(i64::MAX) };
        Ok(if negative { -value } else { value })
    }

    #[cold]
    fn bad_number(&mut self, start: usize) -> Stop {
        if self.at >= self.text.len() {
            // A leading zero is wrong, whatever might have followed.
            let digits = self.text.get(start..).unwrap_or_default();
            let digits = digits.strip_prefix(b"-").unwrap_or(digits);
            let leading_zero = matches!(digits, [b'0', second, ..] if second.is_ascii_digit());
            return if leading_zero { self.stop(Reason::BadNumber, start) } else { self.stop(Reason::Truncated, self.at) };
        }
        self.stop(Reason::BadNumber, start)
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
                _ => return Err(self.wrong_value()),
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

    #[cold]
    pub(super) fn wrong_value(&mut self) -> Stop {
        self.wrong(Expected::Value)
    }

    /// The text breaks here, where something else was expected.
    #[cold]
    fn wrong(&mut self, expected: Expected) -> Stop {
        let reason = self.why_wrong(expected);
        self.stop(reason, if reason == Reason::Truncated { self.text.len() } else { self.at })
    }

    fn why_wrong(&self, expected: Expected) -> Reason {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(first) = rest.first() else { return Reason::Truncated };
        if expected != Expected::Punctuation && ["true", "false", "null"].iter().any(|literal| literal.as_bytes().starts_with(rest)) {
            return Reason::Truncated;
        }
        let begins = |words: &[&str]| words.iter().any(|word| rest.strip_prefix(word.as_bytes()).is_some_and(ends_word));
        let before = self.text.get(..self.at).unwrap_or_default();
        let lenient = match (expected, first) {
            // Before and after the document there is room for text of any kind.
            _ if self.depth == 0 => begins(&["True", "False", "None"]),
            (_, b'#') => true,
            (_, b'/') => matches!(rest.get(1), Some(b'/' | b'*')),
            (Expected::Key | Expected::Value, b'\'') => true,
            (Expected::Key | Expected::Value, b'}' | b']') => before.iter().rev().find(|byte| !is_space(**byte)) == Some(&b','),
            (Expected::Key, _) => bare_key(rest),
            (Expected::Value, _) => begins(&["True", "False", "None", "undefined"]),
            _ => false,
        };
        let number = match expected {
            Expected::Key => false,
            Expected::Value => begins(&["NaN", "Infinity"]) || matches!(first, b'.' | b'+'),
            // What is glued to a number was meant as a part of it.
            Expected::Punctuation => {
                before.last().is_some_and(u8::is_ascii_digit)
                    && (first.is_ascii_alphanumeric() || matches!(first, b'.' | b'_' | b'+' | b'-'))
            }
        };
        match (lenient, number) {
            (true, _) => Reason::LenientSyntax,
            (_, true) => Reason::BadNumber,
            _ => Reason::NotJson,
        }
    }
}

/// Whether a word is over where `rest` begins.
fn ends_word(rest: &[u8]) -> bool {
    !rest.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// A key without quotes, as JavaScript has them.
fn bare_key(rest: &[u8]) -> bool {
    let word =
        rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'-') || !byte.is_ascii()).count();
    let after = rest.get(after_space(rest, word));
    word > 0 && !rest.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-') && after == Some(&b':')
}

#[inline]
fn push(out: &mut Vec<u8>, character: char) {
    let mut bytes = [0; 4];
    out.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
}

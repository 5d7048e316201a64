//! Strings as JSON writes them: where they end, and what they say.

use super::Reason;
use super::bytes::special;
use super::cursor::{Cursor, Span, Step};

impl Cursor<'_, '_> {
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
}

#[inline]
fn push(out: &mut Vec<u8>, character: char) {
    let mut bytes = [0; 4];
    out.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
}

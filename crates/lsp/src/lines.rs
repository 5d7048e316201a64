//! Places as the protocol counts them: lines from 0, and columns in UTF-16 units or bytes.

use std::sync::Arc;

use gen_lsp_types::{Position, Range};
use rulegate::source::Span;

/// What columns are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    Utf16,
}

/// A text with its lines.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    text: Arc<str>,
    encoding: Encoding,
    /// First byte of every line. Unlike in rules, a lone carriage return ends a line here.
    starts: Vec<usize>,
    /// Characters that are not ASCII, in order.
    wide: Vec<Wide>,
}

/// A character of more than one byte.
#[derive(Debug, Clone, Copy)]
struct Wide {
    byte: usize,
    /// UTF-16 units before it, in the whole text.
    unit: usize,
    bytes: usize,
    units: usize,
}

impl Lines {
    pub(crate) fn new(text: Arc<str>, encoding: Encoding) -> Self {
        let mut starts = vec![0];
        let bytes = text.as_bytes();
        let ends = |at: usize, byte: u8| byte == b'\n' || byte == b'\r' && bytes.get(at + 1) != Some(&b'\n');
        if text.contains('\r') {
            starts.extend(bytes.iter().enumerate().filter(|(at, byte)| ends(*at, **byte)).map(|(at, _)| at + 1));
        } else {
            starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
        }
        let mut wide = Vec::new();
        let mut excess = 0;
        let characters = if text.is_ascii() { "" } else { &*text };
        for (byte, character) in characters.char_indices().filter(|(_, character)| !character.is_ascii()) {
            let (bytes, units) = (character.len_utf8(), character.len_utf16());
            wide.push(Wide { byte, unit: byte - excess, bytes, units });
            excess += bytes - units;
        }
        Self { text, encoding, starts, wide }
    }

    /// The text itself.
    pub(crate) fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The text under a span.
    pub(crate) fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// Units before a byte, in the whole text.
    fn unit(&self, byte: usize) -> usize {
        if self.encoding == Encoding::Utf8 {
            return byte;
        }
        match self.wide.partition_point(|wide| wide.byte < byte).checked_sub(1).and_then(|index| self.wide.get(index)) {
            Some(wide) => wide.unit + if byte < wide.byte + wide.bytes { 0 } else { wide.units + (byte - wide.byte - wide.bytes) },
            None => byte,
        }
    }

    /// The byte after so many units of the whole text.
    fn byte(&self, unit: usize) -> usize {
        if self.encoding == Encoding::Utf8 {
            return unit;
        }
        match self.wide.partition_point(|wide| wide.unit < unit).checked_sub(1).and_then(|index| self.wide.get(index)) {
            Some(wide) if unit < wide.unit + wide.units => wide.byte,
            Some(wide) => wide.byte + wide.bytes + (unit - wide.unit - wide.units),
            None => unit,
        }
    }

    /// Line and column of a byte.
    pub(crate) fn position(&self, byte: usize) -> Position {
        let byte = byte.min(self.text.len());
        self.on_line(self.starts.partition_point(|start| *start <= byte).saturating_sub(1), byte)
    }

    /// Line and column of a byte that stands on a line known to be near, or behind it.
    pub(crate) fn position_from(&self, line: u32, byte: usize) -> Position {
        const NEAR: usize = 8;
        let mut line = usize::try_from(line).unwrap_or(usize::MAX);
        for _ in 0..NEAR {
            match (self.starts.get(line), line.checked_add(1).map(|next| self.starts.get(next))) {
                (Some(start), Some(next)) if *start <= byte && next.is_none_or(|next| byte < *next) => return self.on_line(line, byte),
                (Some(_), Some(Some(_))) => line += 1,
                _ => break,
            }
        }
        self.position(byte)
    }

    fn on_line(&self, line: usize, byte: usize) -> Position {
        let byte = byte.min(self.text.len());
        let start = self.starts.get(line).copied().unwrap_or(0);
        Position { line: u32::try_from(line).unwrap_or(u32::MAX), character: self.units(start, byte) }
    }

    /// What is between two bytes of a line, in units.
    pub(crate) fn units(&self, start: usize, end: usize) -> u32 {
        u32::try_from(self.unit(end).saturating_sub(self.unit(start))).unwrap_or(u32::MAX)
    }

    /// The byte of a line and column. Columns past the end of a line mean its end, lines past the last the end of the text.
    pub(crate) fn offset(&self, position: Position) -> usize {
        let line = usize::try_from(position.line).unwrap_or(usize::MAX);
        let Some(start) = self.starts.get(line).copied() else { return self.text.len() };
        let next = line.checked_add(1).and_then(|next| self.starts.get(next)).copied().unwrap_or(self.text.len());
        let end = start + self.text.get(start..next).map_or(0, |line| line.trim_end_matches(['\n', '\r']).len());
        let unit = self.unit(start).saturating_add(usize::try_from(position.character).unwrap_or(usize::MAX));
        let mut byte = self.byte(unit).min(end);
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        byte
    }

    /// The lines and columns of a span.
    pub(crate) fn range(&self, span: Span) -> Range {
        let range = span.range();
        self.between(range.start, range.end)
    }

    /// The lines and columns of some bytes.
    pub(crate) fn between(&self, start: usize, end: usize) -> Range {
        Range { start: self.position(start), end: self.position(end) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a é\r\nb\rc 😀 d\n\nende";

    #[test]
    fn every_boundary_survives_the_way_there_and_back() {
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            let lines = Lines::new(TEXT.into(), encoding);
            for (byte, _) in TEXT.char_indices().filter(|(_, c)| !matches!(c, '\n' | '\r')) {
                assert_eq!(lines.offset(lines.position(byte)), byte, "{byte} in {encoding:?}");
                for line in 0..9 {
                    assert_eq!(lines.position_from(line, byte), lines.position(byte), "{byte} from {line}");
                }
            }
        }
    }

    #[test]
    fn columns_are_counted_in_units_and_stay_in_their_line() {
        let lines = Lines::new(TEXT.into(), Encoding::Utf16);
        let at = |line, character| Position { line, character };
        assert_eq!(lines.position(TEXT.find('d').unwrap()), at(2, 5));
        assert_eq!(lines.offset(at(0, 99)), 4);
        assert_eq!(lines.offset(at(2, 3)), TEXT.find('😀').unwrap());
        assert_eq!(lines.offset(at(u32::MAX, u32::MAX)), TEXT.len());
        assert_eq!(Lines::new(TEXT.into(), Encoding::Utf8).offset(at(0, 3)), 2);
    }
}

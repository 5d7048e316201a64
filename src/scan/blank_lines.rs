//! In a CSV file of one column a blank line is an empty value; the reader of CSV would skip it.
//!
//! [`BlankLines`] stands before that reader and writes such a line out as `""`. How many columns there are is known only when the header
//! has been read, so until then bytes are handed on line by line, and none behind the header.

use std::io::{BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// What is done with lines behind the header; shared with whoever reads the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// The header has not been read to its end.
    Header,
    /// Blank lines are values.
    Values,
    /// Nothing is done.
    AsTheyAre,
}

/// Tells the reader of lines when the header has been read; a file may be read on one thread after another.
#[derive(Debug, Clone, Default)]
pub(super) struct Told(Arc<AtomicU8>);

impl Told {
    pub(super) fn set(&self, lines: Lines) {
        let told = match lines {
            Lines::Header => 0,
            Lines::Values => 1,
            Lines::AsTheyAre => 2,
        };
        self.0.store(told, Ordering::Release);
    }

    fn get(&self) -> Lines {
        match self.0.load(Ordering::Acquire) {
            0 => Lines::Header,
            1 => Lines::Values,
            _ => Lines::AsTheyAre,
        }
    }
}

/// Where in a line of one cell the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Plain,
    Quoted,
    /// Behind a quote inside of quotes: the end, or the first of two.
    Quote,
}

pub(super) struct BlankLines<R> {
    inner: R,
    lines: Told,
    at: At,
    /// Whether the last byte was a carriage return: a line feed then ends no other line.
    returned: bool,
    /// What is still to be handed on, and from where.
    ready: Vec<u8>,
    done: usize,
}

impl<R: BufRead> BlankLines<R> {
    /// With the cell that tells it when the header has been read.
    pub(super) fn new(inner: R) -> (Self, Told) {
        let lines = Told::default();
        (Self { inner, lines: lines.clone(), at: At::Start, returned: false, ready: Vec::new(), done: 0 }, lines)
    }

    /// Bytes up to the end of a line.
    fn line(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let got = self.inner.fill_buf()?;
        let end = got.iter().position(|byte| matches!(byte, b'\n' | b'\r')).map_or(got.len(), |at| at + 1).min(bytes.len());
        if let (Some(from), Some(to)) = (got.get(..end), bytes.get_mut(..end)) {
            to.copy_from_slice(from);
            self.returned = from.last() == Some(&b'\r');
        }
        self.inner.consume(end);
        Ok(end)
    }

    /// Takes more bytes in, blank lines written out.
    fn refill(&mut self) -> std::io::Result<()> {
        self.ready.clear();
        self.done = 0;
        let got = self.inner.fill_buf()?;
        for byte in got {
            let (ends, follows) = (matches!(byte, b'\n' | b'\r'), self.returned && *byte == b'\n');
            if self.at == At::Start && ends && !follows {
                self.ready.extend(b"\"\"");
            }
            self.at = match (self.at, *byte) {
                (At::Quoted, b'"') => At::Quote,
                (At::Quoted, _) => At::Quoted,
                (At::Start | At::Quote, b'"') => At::Quoted,
                _ if ends => At::Start,
                _ => At::Plain,
            };
            self.returned = *byte == b'\r' && self.at == At::Start;
            self.ready.push(*byte);
        }
        let length = got.len();
        self.inner.consume(length);
        Ok(())
    }
}

impl<R: BufRead> Read for BlankLines<R> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        match self.lines.get() {
            Lines::Header => return self.line(bytes),
            Lines::AsTheyAre => return self.inner.read(bytes),
            Lines::Values => {}
        }
        if self.done == self.ready.len() {
            self.refill()?;
        }
        let mut rest = self.ready.get(self.done..).unwrap_or_default();
        let read = rest.read(bytes)?;
        self.done += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells of a file of one column, read through a small buffer.
    fn cells(text: &str) -> Vec<String> {
        let (reader, lines) = BlankLines::new(std::io::BufReader::with_capacity(3, text.as_bytes()));
        let mut reader = csv::Reader::from_reader(reader);
        assert_eq!(reader.headers().unwrap().len(), 1);
        lines.set(Lines::Values);
        reader.records().map(|record| record.unwrap().get(0).unwrap().to_owned()).collect()
    }

    #[test]
    fn a_blank_line_is_an_empty_cell() {
        assert_eq!(cells("a\n1\n\n2\n"), ["1", "", "2"]);
        assert_eq!(cells("a\r\n\r\n1\r\n\r\n\r\n2"), ["", "1", "", "", "2"]);
        assert_eq!(cells("a\r1\r\r2\r"), ["1", "", "2"]);
        assert_eq!(cells("\"a\nb\"\n\n\n"), ["", ""]);
        assert_eq!(cells("a\n"), Vec::<String>::new());
    }

    #[test]
    fn blank_lines_inside_quotes_are_text() {
        assert_eq!(cells("a\n\"1\n\n2\"\n\n\"\"\"\n\n\"\"\"\n"), ["1\n\n2", "", "\"\n\n\""]);
        assert_eq!(cells("a\nit\"s\n\n\"\"\n"), ["it\"s", "", ""]);
    }
}

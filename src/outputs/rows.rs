//! Rows of responses, one after the other: what each comes to.

use std::ops::Range;

use arrow::array::{Array, ArrayRef};

use super::cells::{BLOCK, Cells, Origin, Side};
use super::column::{Object, Paths};
use super::cursor::{Cursor, Scratch};
use super::object::{Note, Reader, Told};
use super::recover::{Found, Surroundings, judge};
use super::{Broken, MemberStates, Options, ReadError, Reading, Reason, Shape, State};

/// Reads a range of responses.
///
/// `finish` is the companion column with the provider's reason to stop, if there is one.
///
/// # Errors
/// A column that holds no text, a range that is not within it, or lists past Arrow's reach.
pub(crate) fn read(
    shape: &Shape,
    texts: &dyn Array,
    finish: Option<&dyn Array>,
    range: Range<usize>,
    options: &Options<'_>,
) -> Result<Reading, ReadError> {
    let shortest = finish.map_or(texts.len(), |finish| finish.len().min(texts.len()));
    if range.start > range.end || range.end > shortest || u32::try_from(range.len()).is_err() {
        return Err(ReadError::NoSuchRows(range));
    }
    let rows = range.len();
    // Only the range is looked at: what a dictionary's keys are prepared for, for one.
    let texts = texts.slice(range.start, rows);
    let finish = finish.map(|finish| finish.slice(range.start, rows));
    let not_text = |array: &ArrayRef| ReadError::NotText(array.data_type().clone());
    let column = Cells::new(&texts).ok_or_else(|| not_text(&texts))?;
    let companion = finish.as_ref().map(|finish| Cells::new(finish).ok_or_else(|| not_text(finish))).transpose()?;
    let mut paths = Paths::new();
    let root = Object::new(shape, &mut paths, false, rows);
    let buffers = column.buffers();
    let mut reading = Rows {
        root,
        options,
        side: Side::new(buffers.len()),
        scratch: Scratch::default(),
        told: Told::default(),
        parse: Vec::with_capacity(rows),
        broken: Vec::new(),
        recovered: Vec::new(),
    };
    for (number, row) in (0_u32..).zip(0..rows) {
        let end = companion.as_ref().and_then(|companion| companion.get(row));
        reading.row(number, column.get(row), end.and_then(|(end, _)| stopped(end)));
    }
    let Rows { root, side, told, parse, broken, recovered, .. } = reading;
    let columns = root.finish(rows, &side.finish(buffers))?;
    let members = states(paths.all, &told.notes, &parse);
    Ok(Reading { columns, parse, broken, recovered, members, extra: told.extra })
}

/// What providers say when they did not let a response through, or when the model did not give one.
fn stopped(finish: &str) -> Option<Reason> {
    let is = |names: &[&str]| names.iter().any(|name| finish.eq_ignore_ascii_case(name));
    if is(&[
        "content_filter",
        "content_filtered",
        "filtered",
        "guardrail_intervened",
        "safety",
        "recitation",
        "blocklist",
        "prohibited_content",
        "spii",
        "language",
    ]) {
        return Some(Reason::Filtered);
    }
    is(&["refusal", "refused"]).then_some(Reason::Refused)
}

struct Rows<'s, 'o> {
    root: Object<'s>,
    options: &'o Options<'o>,
    side: Side,
    scratch: Scratch,
    told: Told,
    parse: Vec<Reason>,
    broken: Vec<Broken>,
    recovered: Vec<(u32, Reason)>,
}

impl Rows<'_, '_> {
    fn row(&mut self, row: u32, cell: Option<(&str, Origin)>, stopped: Option<Reason>) {
        let Some((text, origin)) = cell else { return self.fail(row, Reason::NullCell, 0) };
        if !text.starts_with('{') && text.trim().is_empty() {
            return self.fail(row, Reason::Empty, 0);
        }
        if text.len() > self.options.limits.bytes || text.len() >= BLOCK {
            return self.fail(row, Reason::TooLarge, 0);
        }
        if let Some(reason) = stopped {
            return self.fail(row, reason, 0);
        }
        match self.strictly(row, text, Some(origin)) {
            Ok(()) => self.parse.push(Reason::Read),
            Err((reason, at)) => self.otherwise(row, text, origin, reason, at),
        }
    }

    /// Adds a row of nulls.
    fn fail(&mut self, row: u32, reason: Reason, at: usize) {
        self.root.push_null();
        self.parse.push(reason);
        self.broken.push(Broken { row, offset: u32::try_from(at).unwrap_or(u32::MAX) });
    }

    /// Reads a text into the columns; why not, and where, with everything taken back.
    fn strictly(&mut self, row: u32, text: &str, origin: Option<Origin>) -> Result<(), (Reason, usize)> {
        self.side.make_room(text.len());
        let (bytes, notes, extra) = (self.side.bytes.len(), self.told.notes.len(), self.told.extra.len());
        self.told.reading += 1;
        let cursor = Cursor::new(text, self.options.limits, &mut self.scratch);
        let closed = self.options.closed;
        let mut reader = Reader { cursor, side: &mut self.side, origin, told: &mut self.told, row, closed };
        let read = reader.document(&mut self.root);
        let duplicate = reader.cursor.duplicate.map(|at| (Reason::DuplicateKey, at));
        let broken = match read {
            Ok(()) => duplicate,
            Err(_) => reader.cursor.broken.or(Some((Reason::NotJson, 0))),
        };
        let Some(broken) = broken else { return Ok(()) };
        self.root.truncate(self.parse.len());
        self.side.bytes.truncate(bytes);
        self.told.notes.truncate(notes);
        self.told.extra.truncate(extra);
        Err(broken)
    }

    /// Looks again at a text whose strict reading failed.
    #[cold]
    fn otherwise(&mut self, row: u32, text: &str, origin: Origin, reason: Reason, at: usize) {
        let mut surroundings = Surroundings { limits: self.options.limits, scratch: &mut self.scratch };
        let verdict = judge(text, reason, at, self.options.refusal, &mut surroundings);
        let read = match verdict.found {
            None => false,
            Some(Found::Part(part)) => {
                let origin = origin.after(part.start);
                text.get(part).is_some_and(|part| self.recover(row, part, Some(origin)))
            }
            Some(Found::Decoded(text)) => self.recover(row, &text, None),
        };
        if read {
            self.recovered.push((row, verdict.reason));
        }
        if read && self.options.lenient {
            self.parse.push(Reason::Read);
        } else {
            self.fail(row, verdict.reason, at);
        }
    }

    /// Whether the object that was found can be read; it is, where that is wanted.
    fn recover(&mut self, row: u32, text: &str, origin: Option<Origin>) -> bool {
        if self.options.lenient {
            return self.strictly(row, text, origin).is_ok();
        }
        let mut cursor = Cursor::new(text, self.options.limits, &mut self.scratch);
        cursor.skip().is_ok() && cursor.duplicate.is_none()
    }
}

/// States of all rows from what was told of some.
fn states(paths: Vec<Vec<String>>, notes: &[Note], parse: &[Reason]) -> Vec<MemberStates> {
    let mut members: Vec<MemberStates> = paths.into_iter().map(|path| MemberStates { path, states: Vec::new() }).collect();
    for note in notes {
        let Some(member) = members.get_mut(note.path as usize) else { continue };
        if member.states.is_empty() {
            let state = |reason: &Reason| if *reason == Reason::Read { State::Present } else { State::NotRead };
            member.states.extend(parse.iter().map(state));
        }
        if let Some(state) = member.states.get_mut(note.row as usize).filter(|state| **state == State::Present) {
            *state = note.state;
        }
    }
    members
}

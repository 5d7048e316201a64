//! JSON lines, read with the declared types: one object a line, blank lines skipped, absent and null alike.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::Schema;
use serde_json::{Map, Value};

use crate::plan::near;
use crate::types::ColumnType;

use super::csv::LineLimit;
use super::envelope::{Envelopes, Opener};
use super::text::{self, Cell, Zoneless};
use super::typed::Taker;
use super::{Bound, Progress, Run, ScanError, Source, text_batches};

/// Longest line: a hostile line of JSON takes up to ninety times its bytes once it is a tree.
pub(super) const MAX_LINE: usize = 4 << 20;

/// Judges a file of JSON lines.
pub(super) fn judge(run: &mut Run, source: &Source, progress: &dyn Progress, taker: &mut Option<Taker<'_>>) -> Result<(), ScanError> {
    let block = run.block(source)?;
    if let (Envelopes::Of(_), None) = (run.options.envelopes, &block.response) {
        let reason = format!("`{}` is a features block: only responses come in envelopes; name an output block", block.name);
        return Err(ScanError::Unsupported { file: source.name.clone(), reason });
    }
    let mut lines = Lines::open(source, run.options.line_bytes.min(MAX_LINE), Some(&block), run.options.envelopes)?;
    // The columns are those of the first batch and all declared ones: what a later line adds is not declared.
    let first = lines.batch(source, run.options.batch_rows.min(4_096))?.unwrap_or_default();
    let columns = columns(&block, &first);
    let schema = Schema::new(columns.iter().flat_map(|(name, ty)| text::fields(name, ty)).collect::<Vec<_>>());
    let (schema, partitions) = text::with_partitions(&Arc::new(schema), source, &block);
    let (_, input) = run.begin(source, &schema)?;
    if let (Envelopes::Recognised, Some(Some(opener)), Some(session)) = (run.options.envelopes, &lines.opener, run.session.as_mut()) {
        session.remark(&input, "envelope", format!("lines of `{}` are read as {}", source.name, opener.title()));
    }
    let has_rows = !first.is_empty();
    progress.begin(&source.name, None);
    let mut pending = Some(first).filter(|rows| !rows.is_empty());
    let batch_rows = run.options.batch_rows.min(4_096);
    let declared: Vec<String> = block.inputs().into_iter().map(|(name, _)| name).collect();
    let mut unseen = declared.clone();
    let next = || {
        let rows = match pending.take() {
            Some(rows) => Some(rows),
            None => lines.batch(source, batch_rows)?,
        };
        for row in rows.iter().flatten() {
            if unseen.is_empty() {
                break;
            }
            unseen.retain(|name| !row.contains_key(name));
        }
        Ok(rows)
    };
    let responses = responses_of(&block);
    let zoneless = Zoneless::default();
    let convert = |rows: Vec<Map<String, Value>>| {
        let mut arrays = arrays(&columns, &rows, responses, &zoneless);
        arrays.extend(partitions.iter().map(|partition| partition.column(rows.len())));
        Ok((arrays, rows.len()))
    };
    text_batches(run, Bound { source, input: &input, progress, taker }, next, &convert)?;
    zoneless.tell(run, &input);
    if let Some(session) = run.session.as_mut().filter(|_| has_rows) {
        let others: Vec<&str> =
            columns.iter().map(|(name, _)| name.as_str()).filter(|name| !declared.iter().any(|own| own == name)).collect();
        for name in &unseen {
            let may_be_absent = block.columns.iter().any(|column| column.name == *name && column.nullable);
            session.never_there(&input, name, may_be_absent, near(name, others.iter().copied()));
        }
    }
    Ok(())
}

/// Responses as texts: a line may hold them as texts, or as the JSON they are.
fn response_texts<'a>(rows: &'a [Map<String, Value>], name: &str) -> Vec<Option<Cow<'a, str>>> {
    let text = |value: &'a Value| match value {
        Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text.as_str())),
        value => Some(Cow::Owned(value.to_string())),
    };
    rows.iter().map(|row| row.get(name).and_then(text)).collect()
}

/// One row of a file of JSON lines, with its marks; `None` where the file has fewer.
pub(super) fn row(source: &Source, block: &crate::compile::ir::Block, row: u64) -> Result<Option<RecordBatch>, ScanError> {
    let mut lines = Lines::open(source, MAX_LINE, Some(block), Envelopes::default())?;
    let mut at = 0;
    while let Some(objects) = lines.batch(source, 1)? {
        if at == row {
            let columns = columns(block, &objects);
            let schema = Schema::new(columns.iter().flat_map(|(name, ty)| text::fields(name, ty)).collect::<Vec<_>>());
            return super::stored::batch(source, schema, arrays(&columns, &objects, responses_of(block), &Zoneless::default())).map(Some);
        }
        at += 1;
    }
    Ok(None)
}

/// The column that holds the responses of an `output` block.
pub(super) fn responses_of(block: &crate::compile::ir::Block) -> Option<&str> {
    block.response.as_ref().map(|response| response.source.as_str())
}

pub(super) fn arrays(
    columns: &[(String, ColumnType)],
    rows: &[Map<String, Value>],
    responses: Option<&str>,
    zoneless: &Zoneless,
) -> Vec<ArrayRef> {
    let mut arrays = Vec::new();
    for (name, ty) in columns {
        let texts = if responses == Some(name.as_str()) { response_texts(rows, name) } else { Vec::new() };
        let cells: Vec<Cell<'_>> = match texts.as_slice() {
            [] => rows.iter().map(|row| row.get(name).map_or(Cell::Null, Cell::Json)).collect(),
            texts => texts.iter().map(|text| text.as_deref().map_or(Cell::Null, Cell::Text)).collect(),
        };
        arrays.extend(text::arrays(name, ty, &cells, zoneless));
    }
    arrays
}

/// Declared columns, nullable ones only where a line has them, then undeclared ones in the order they are met.
pub(super) fn columns(block: &crate::compile::ir::Block, rows: &[Map<String, Value>]) -> Vec<(String, ColumnType)> {
    let mut out = block.inputs();
    for name in rows.iter().flat_map(Map::keys) {
        if !out.iter().any(|(known, _)| known == name) && out.len() < 20_000 {
            let ty = text::declared(block, name).unwrap_or(ColumnType::String);
            out.push((name.clone(), ty));
        }
    }
    out
}

pub(super) struct Lines<'a> {
    reader: BufReader<LineLimit<File>>,
    line: u64,
    text: Vec<u8>,
    /// Without one lines are taken as they are.
    block: Option<&'a crate::compile::ir::Block>,
    envelopes: Envelopes,
    /// What opens lines, once the first has told whether anything does.
    opener: Option<Option<Opener<'a>>>,
}

impl<'a> Lines<'a> {
    pub(super) fn open(
        source: &Source,
        limit: usize,
        block: Option<&'a crate::compile::ir::Block>,
        envelopes: Envelopes,
    ) -> Result<Self, ScanError> {
        let file = File::open(&source.path).map_err(|error| ScanError::Io { file: source.name.clone(), reason: error.to_string() })?;
        let reader = BufReader::with_capacity(1 << 16, LineLimit::new(file, limit));
        Ok(Self { reader, line: 0, text: Vec::new(), block, envelopes, opener: None })
    }

    /// The next rows; `None` at the end.
    fn batch(&mut self, source: &Source, rows: usize) -> Result<Option<Vec<Map<String, Value>>>, ScanError> {
        self.batch_with(source, rows, |_| {})
    }

    /// As [`Lines::batch`]; `keep` gets the text of each row as well.
    pub(super) fn batch_with(
        &mut self,
        source: &Source,
        rows: usize,
        mut keep: impl FnMut(&[u8]),
    ) -> Result<Option<Vec<Map<String, Value>>>, ScanError> {
        let mut out = Vec::new();
        while out.len() < rows {
            self.text.clear();
            let read = self.reader.read_until(b'\n', &mut self.text).map_err(|error| unreadable(source, &error))?;
            if read == 0 {
                break;
            }
            self.line += 1;
            let text = self.text.strip_prefix(b"\xef\xbb\xbf").filter(|_| self.line == 1).unwrap_or(&self.text);
            if text.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            // Without its end, so that what is cut off is so in this line.
            let object = self.object(source, text.trim_ascii_end())?;
            keep(text.trim_ascii());
            let opener = self.opener.get_or_insert_with(|| Opener::choose(self.envelopes, self.block?, &object));
            out.push(match opener {
                Some(opener) => opener.open(&object).map_err(|reason| wrong(source, self.line, reason))?,
                None => object,
            });
        }
        Ok((!out.is_empty()).then_some(out))
    }

    fn object(&self, source: &Source, text: &[u8]) -> Result<Map<String, Value>, ScanError> {
        let fail = |reason: String| wrong(source, self.line, reason);
        match serde_json::from_slice::<Value>(text) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(Value::Array(_)) => {
                Err(fail("this is a list, and no JSON object; write one object a line, without brackets around all".to_owned()))
            }
            Ok(_) => Err(fail("this is no JSON object; write one object a line".to_owned())),
            Err(error) => Err(fail(not_json(text, &error))),
        }
    }
}

/// Words that other languages write as numbers, and JSON does not have.
const NO_NUMBERS: [&str; 6] = ["NaN", "Infinity", "-Infinity", "nan", "inf", "-inf"];

/// Why a line is not JSON. The line is named already: what is left of the place is the column.
fn not_json(text: &[u8], error: &serde_json::Error) -> String {
    let column = error.column();
    let said = error.to_string();
    let what = said.split(" at line ").next().unwrap_or(&said);
    let stands = |at: usize| text.get(at..).and_then(|rest| NO_NUMBERS.into_iter().find(|word| rest.starts_with(word.as_bytes())));
    // The reader stops at the word, or behind its first letter or sign.
    let word = (0..=2).find_map(|back| stands(column.checked_sub(back)?));
    match word {
        Some(word) => {
            format!("column {column}: `{word}` is no JSON; write null where there is no number, or have the writer leave such values out")
        }
        None if text.starts_with(b"[") => {
            "this is no JSON object but the begin of a list; write one object a line, without brackets and commas around".to_owned()
        }
        None => format!("this is not JSON: {what} at column {column}; write one object a line"),
    }
}

fn wrong(source: &Source, line: u64, reason: String) -> ScanError {
    ScanError::Corrupt { file: source.name.clone(), place: format!("line {line}: "), reason }
}

fn unreadable(source: &Source, error: &std::io::Error) -> ScanError {
    let file = source.name.clone();
    if error.kind() == std::io::ErrorKind::FileTooLarge {
        return ScanError::Limit { file, reason: format!("{error}; split it, or check that the file has one object a line") };
    }
    ScanError::Io { file, reason: error.to_string() }
}

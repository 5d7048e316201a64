//! From a decision to what is written to each side.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringArray, UInt64Array};
use arrow::compute::{cast, take, take_record_batch};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef, UInt64Type};
use arrow::error::ArrowError;

use crate::gate::{Decision, Gate};
use crate::plan::ILL_TYPED_MARK;
use crate::scan::whole::{About, Part, Text, Whole};
use crate::scan::{Format, Source};

use super::sink::{Form, Piece, Plan, objects};
use super::{FILE_COLUMN, SplitError};

/// Columns that say why a row was set aside, besides the file it is from.
const SAID: usize = 4;

/// Which rows a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Clean,
    Quarantine,
}

/// Which columns of what is judged are data, and not marks of cells that did not parse.
pub(super) struct Layout {
    data: Vec<usize>,
}

impl Layout {
    pub(super) fn of(schema: &Schema) -> Self {
        let is_data = |field: &FieldRef| !field.name().ends_with(ILL_TYPED_MARK);
        Self { data: schema.fields().iter().enumerate().filter(|(_, field)| is_data(field)).map(|(at, _)| at).collect() }
    }

    fn schema(&self, schema: &Schema) -> Schema {
        let fields: Vec<FieldRef> = self.data.iter().filter_map(|at| schema.fields().get(*at)).cloned().collect();
        Schema::new_with_metadata(fields, schema.metadata().clone())
    }
}

/// How the rows of a file reach a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As the columns that were judged.
    Typed,
    /// As the cells of CSV.
    Cells,
    /// As lines of JSON.
    Lines,
    /// As a column of lines of JSON: types would lose what does not parse.
    LineColumn,
}

/// Texts stay texts where the format allows, and always where rows are set aside: what did not parse is still there.
fn way(side: Side, source: Format, form: Form) -> Way {
    match (source, side, form) {
        (Format::Csv, Side::Quarantine, _) | (Format::Csv, Side::Clean, Form::Csv) => Way::Cells,
        (Format::JsonLines, _, Form::JsonLines) => Way::Lines,
        (Format::JsonLines, Side::Quarantine, _) => Way::LineColumn,
        _ => Way::Typed,
    }
}

/// What a sink must know before the first row.
pub(super) fn plan(side: Side, form: Form, source: &Source, whole: &Whole<'_>, gate: &Gate) -> Result<Plan, SplitError> {
    let layout = Layout::of(&whole.schema);
    let way = way(side, source.format, form);
    let data = layout.schema(&whole.schema);
    let own: Vec<FieldRef> = match way {
        Way::Typed | Way::Lines => data.fields().iter().cloned().collect(),
        Way::Cells => data.fields().iter().map(|field| Arc::new(Field::new(field.name(), DataType::Utf8, true)) as FieldRef).collect(),
        Way::LineColumn => vec![Arc::new(Field::new("line", DataType::Utf8, false))],
    };
    let mut fields = own.clone();
    if side == Side::Quarantine {
        fields.extend(said_fields(&gate.quarantine_schema()));
        let clash = own.iter().find(|field| fields.iter().skip(own.len()).any(|said| said.name() == field.name()));
        if let Some(field) = clash {
            let reason = format!("it has a column `{}`, which the quarantine file adds; rename it", field.name());
            return Err(SplitError::Columns { file: source.name.clone(), reason });
        }
    }
    let mut metadata: HashMap<String, String> = data.metadata().clone();
    if form != Form::Parquet {
        let pairs = whole.about.metadata.iter().filter(|(key, _)| key != "ARROW:schema");
        metadata.extend(pairs.map(|(key, value)| (key.clone(), value.clone().unwrap_or_default())));
    }
    let about = if way == Way::Typed { whole.about.clone() } else { About::default() };
    Ok(Plan { schema: Arc::new(Schema::new_with_metadata(fields, metadata)), about })
}

fn said_fields(quarantine: &Schema) -> Vec<FieldRef> {
    let from = quarantine.fields().len().saturating_sub(SAID);
    let mut out: Vec<FieldRef> = vec![Arc::new(Field::new(FILE_COLUMN, DataType::Utf8, false))];
    out.extend(quarantine.fields().iter().skip(from).map(|field| match field.data_type() {
        // Ids as texts: codes would ask every batch for the same dictionary.
        DataType::List(_) => Arc::new(Field::new_list(field.name(), Field::new("item", DataType::Utf8, true), field.is_nullable())),
        _ => Arc::clone(field),
    }));
    out
}

/// Refuses a file whose columns are not those of the first.
pub(super) fn same_columns(first: &str, known: &SchemaRef, source: &Source, found: &SchemaRef) -> Result<(), SplitError> {
    let layout = |schema: &SchemaRef| -> Vec<(String, DataType)> {
        schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect()
    };
    let (known, found) = (layout(known), layout(found));
    if known == found {
        return Ok(());
    }
    let name = |column: &(String, DataType)| column.0.trim_end_matches(ILL_TYPED_MARK).to_owned();
    let odd = found.iter().find(|column| !known.contains(column)).or_else(|| known.iter().find(|column| !found.contains(column)));
    let what = odd.map_or_else(|| "in another order".to_owned(), |column| format!("`{}` differs", name(column)));
    let reason = format!("its columns are not those of {first} ({what}); split it in a run of its own");
    Err(SplitError::Columns { file: source.name.clone(), reason })
}

/// Some rows and what was decided of them.
pub(super) struct Cut<'a> {
    pub source: &'a Source,
    pub layout: &'a Layout,
    pub part: &'a Part,
    pub decision: &'a Decision,
    /// Rows of the files before this one.
    pub before: u64,
}

impl Cut<'_> {
    /// The rows that may land.
    pub(super) fn clean(&self, form: Form) -> Result<Piece, ArrowError> {
        let way = way(Side::Clean, self.source.format, form);
        let text = match (&self.part.text, way) {
            (Some(Text::Cells(cells)), Way::Cells) => Some(Piece::Table(take_record_batch(&self.with_partitions(cells)?, &self.passed())?)),
            (Some(Text::Lines(lines)), Way::Lines) => Some(Piece::Lines(take(lines, &self.passed(), None)?.as_string::<i32>().clone())),
            _ => None,
        };
        match text {
            None => Ok(Piece::Table(self.decision.passed.project(&self.layout.data)?)),
            Some(text) if self.decision.counts.replaced == 0 => Ok(text),
            Some(text) => self.with_replacements(text),
        }
    }

    /// The rows that were set aside, and why.
    pub(super) fn quarantine(&self, form: Form) -> Result<Piece, SplitError> {
        let explained = self.decision.quarantine()?;
        let fail = |error: ArrowError| SplitError::Columns { file: self.source.name.clone(), reason: error.to_string() };
        let said = self.said(&explained).map_err(fail)?;
        let rows = self.rows(self.decision.quarantined_rows());
        let own = match (&self.part.text, way(Side::Quarantine, self.source.format, form)) {
            (Some(Text::Cells(cells)), Way::Cells) => self.with_partitions(cells).and_then(|cells| take_record_batch(&cells, &rows)),
            (Some(Text::Lines(lines)), way) => match (take(lines, &rows, None), way) {
                (Ok(lines), Way::Lines) => return spliced(lines.as_string(), &said).map(Piece::Lines).map_err(fail),
                (Ok(lines), _) => RecordBatch::try_from_iter([("line", lines)]),
                (Err(error), _) => Err(error),
            },
            _ => explained.project(&self.layout.data),
        };
        own.and_then(|own| beside(&own, &said)).map(Piece::Table).map_err(fail)
    }

    /// Rows by their numbers in the batch.
    fn rows(&self, numbers: impl Iterator<Item = u64>) -> UInt64Array {
        numbers.map(|row| row.saturating_sub(self.decision.first_row)).collect()
    }

    fn passed(&self) -> UInt64Array {
        self.rows(self.decision.passed_rows())
    }

    /// Cells and, behind them, the columns of the folders as texts.
    fn with_partitions(&self, cells: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let mut columns: Vec<(FieldRef, ArrayRef)> = cells.schema().fields().iter().cloned().zip(cells.columns().iter().cloned()).collect();
        for at in self.layout.data.iter().skip(columns.len()) {
            let field = self.part.batch.schema().field(*at).clone();
            columns.push((Arc::new(Field::new(field.name(), DataType::Utf8, true)), cast(self.part.batch.column(*at), &DataType::Utf8)?));
        }
        batch(columns, cells.num_rows())
    }

    /// The columns that say why: the file, the number of the row in it, rules, severity, messages.
    fn said(&self, explained: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let from = explained.num_columns().saturating_sub(SAID);
        let fields = said_fields(&explained.schema());
        let rows = explained.num_rows();
        let mut columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from_iter_values(std::iter::repeat_n(&self.source.name, rows)))];
        for column in explained.columns().iter().skip(from) {
            columns.push(match column.as_primitive_opt::<UInt64Type>() {
                Some(numbers) => Arc::new(numbers.unary::<_, UInt64Type>(|row| row.saturating_sub(self.before))),
                None => Arc::clone(column),
            });
        }
        let columns = fields.iter().zip(columns).map(|(field, column)| Ok((Arc::clone(field), cast(&column, field.data_type())?)));
        batch(columns.collect::<Result<Vec<_>, ArrowError>>()?, rows)
    }

    /// Texts of rows that land, with the values that were put in the place of others: also where a cell did not parse and its value was null
    /// before as it is after.
    fn with_replacements(&self, text: Piece) -> Result<Piece, ArrowError> {
        let passed = self.passed();
        let mut text = text;
        for (place, at) in self.layout.data.iter().enumerate() {
            let Some(replaced) = self.decision.replaced_in(*at) else { continue };
            let is_replaced = |row: u64| usize::try_from(row).is_ok_and(|row| row < replaced.len() && replaced.value(row));
            let changed: Vec<usize> = passed.values().iter().enumerate().filter(|(_, row)| is_replaced(**row)).map(|(to, _)| to).collect();
            if changed.is_empty() {
                continue;
            }
            let (name, new) = (self.part.batch.schema().field(*at).name().clone(), self.decision.passed.column(*at));
            text = match text {
                Piece::Table(cells) => Piece::Table(overlaid(&cells, place, new, &changed)?),
                Piece::Lines(lines) => Piece::Lines(patched(&lines, &name, new, &changed)?),
            };
        }
        Ok(text)
    }
}

/// Cells with some of a column's values in the place of what stood there.
fn overlaid(cells: &RecordBatch, place: usize, new: &ArrayRef, rows: &[usize]) -> Result<RecordBatch, ArrowError> {
    let texts = cast(new, &DataType::Utf8)?;
    let (texts, old) = (texts.as_string::<i32>(), cells.column(place).as_string::<i32>());
    let mut out: Vec<Option<&str>> = old.iter().collect();
    for row in rows {
        if let Some(slot) = out.get_mut(*row) {
            *slot = texts.is_valid(*row).then(|| texts.value(*row));
        }
    }
    let mut columns = cells.columns().to_vec();
    if let Some(slot) = columns.get_mut(place) {
        *slot = Arc::new(StringArray::from(out));
    }
    RecordBatch::try_new(cells.schema(), columns)
}

/// Lines of JSON with some of a column's values in the place of what stood there; such a line is written anew.
fn patched(lines: &StringArray, name: &str, new: &ArrayRef, rows: &[usize]) -> Result<StringArray, ArrowError> {
    let column = batch(vec![(Arc::new(Field::new(name, new.data_type().clone(), true)), Arc::clone(new))], new.len())?;
    let values = objects(&column)?;
    let mut out: Vec<String> = lines.iter().map(|line| line.unwrap_or_default().to_owned()).collect();
    let wrong = |error: serde_json::Error| ArrowError::JsonError(error.to_string());
    for row in rows {
        let (Some(slot), Some(value)) = (out.get_mut(*row), values.get(*row)) else { continue };
        let mut object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(slot).map_err(wrong)?;
        let value: serde_json::Map<String, serde_json::Value> = serde_json::from_str(value).map_err(wrong)?;
        object.extend(value);
        *slot = serde_json::to_string(&object).map_err(wrong)?;
    }
    Ok(StringArray::from(out))
}

/// Lines of JSON with further members at their ends; what stood there stays as it was written.
fn spliced(lines: &StringArray, said: &RecordBatch) -> Result<StringArray, ArrowError> {
    let said = objects(said)?;
    let mut out = Vec::with_capacity(lines.len());
    for (line, said) in lines.iter().zip(&said) {
        let line = line.unwrap_or_default();
        let body = line.trim_end().strip_suffix('}').map(str::trim_end);
        let (Some(body), Some(said)) = (body, said.strip_prefix('{')) else {
            return Err(ArrowError::JsonError("this is no JSON object".to_owned()));
        };
        let comma = if body.trim_start() == "{" { "" } else { "," };
        out.push(format!("{body}{comma}{said}"));
    }
    Ok(StringArray::from(out))
}

/// Columns side by side.
fn beside(own: &RecordBatch, said: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let columns = [own, said].into_iter().flat_map(|part| {
        let schema = part.schema();
        schema.fields().iter().cloned().zip(part.columns().iter().cloned()).collect::<Vec<_>>()
    });
    batch(columns.collect(), said.num_rows())
}

fn batch(columns: Vec<(FieldRef, ArrayRef)>, rows: usize) -> Result<RecordBatch, ArrowError> {
    let (fields, columns): (Vec<FieldRef>, Vec<ArrayRef>) = columns.into_iter().unzip();
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &RecordBatchOptions::new().with_row_count(Some(rows)))
}

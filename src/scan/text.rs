//! Cells of text formats as Arrow arrays of the declared types: a cell that does not parse is null, and marked.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::types::{ArrowPrimitiveType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type};
use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, ListArray, MapArray,
    PrimitiveArray, StringArray, StructArray, Time64NanosecondArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};

use crate::compile::ir;
use crate::kernels::cast::rescale;
pub(super) use crate::kernels::cell::Cell;
use crate::kernels::cell::{boolean, float, int, number_text, plain_text, text};
use crate::kernels::number::parse_decimal;
use crate::kernels::time;
use crate::plan::{ill_typed_name, raw_name};
use crate::session::Input;
use crate::types::ColumnType;
pub(super) use crate::types::arrow::data_type;
use crate::types::arrow::{entries_field, item_field, member_fields};

use super::{Run, Source};

/// A column and which of its cells did not parse.
struct Column {
    array: ArrayRef,
    ill_typed: Vec<bool>,
    /// Whether an instant in it says no zone.
    zoneless: bool,
}

impl Column {
    /// The mark column beside it.
    fn marks(&self) -> ArrayRef {
        Arc::new(BooleanArray::from(self.ill_typed.clone()))
    }

    /// What stands in the cells that did not parse, for reports.
    fn raws(&self, cells: &[Cell<'_>]) -> ArrayRef {
        if !self.ill_typed.contains(&true) {
            return new_null_array(&DataType::Utf8, cells.len());
        }
        let raws = cells.iter().zip(&self.ill_typed).map(|(cell, ill)| ill.then(|| written(cell)).flatten());
        Arc::new(raws.collect::<StringArray>())
    }
}

/// Most characters of a cell that did not parse that a report shows.
const RAW_CHARS: usize = 200;

/// A cell as it stands, as far as a report shows it.
fn written(cell: &Cell<'_>) -> Option<String> {
    let text = match cell {
        Cell::Null => return None,
        Cell::Text(text) => Cow::Borrowed(*text),
        // A text that would read as a number keeps its quotes, so that a number is told from it.
        Cell::Json(value @ serde_json::Value::String(text)) if reads_as_another(text) => Cow::Owned(value.to_string()),
        Cell::Json(serde_json::Value::String(text)) => Cow::Borrowed(text.as_str()),
        Cell::Json(value) => Cow::Owned(value.to_string()),
    };
    Some(match text.char_indices().nth(RAW_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.into_owned(),
    })
}

/// Whether a text without its quotes would be a number or a truth value of JSON.
fn reads_as_another(text: &str) -> bool {
    text.len() < 64 && matches!(serde_json::from_str(text), Ok(serde_json::Value::Number(_) | serde_json::Value::Bool(_)))
}

/// Whether reports show what stands in cells that are not of the type. Of structs they do not: their members may be redacted.
fn shows_raw(ty: &ColumnType) -> bool {
    match ty {
        ColumnType::Struct(_) | ColumnType::OneOf(..) => false,
        ColumnType::List(item, _) | ColumnType::Vector(item, _) => shows_raw(item),
        ColumnType::Map(_, value, _) => shows_raw(value),
        _ => true,
    }
}

/// Fields of a schema for a declared column: the column, its marks, and what stands in cells that are marked.
pub(super) fn fields(name: &str, ty: &ColumnType) -> Vec<Field> {
    let mut fields = marked_fields(name, ty).to_vec();
    if shows_raw(ty) {
        fields.push(Field::new(raw_name(name), DataType::Utf8, true));
    }
    fields
}

fn marked_fields(name: &str, ty: &ColumnType) -> [Field; 2] {
    [Field::new(name, data_type(ty), true), Field::new(ill_typed_name(name), DataType::Boolean, false)]
}

/// The arrays of [`fields`].
pub(super) fn arrays(name: &str, ty: &ColumnType, cells: &[Cell<'_>], zoneless: &Zoneless) -> Vec<ArrayRef> {
    let column = column(ty, cells);
    if column.zoneless {
        zoneless.note(name);
    }
    let mut arrays = vec![Arc::clone(&column.array), column.marks()];
    if shows_raw(ty) {
        arrays.push(column.raws(cells));
    }
    arrays
}

/// Columns with instants that say no zone; batches are read side by side.
#[derive(Default)]
pub(super) struct Zoneless(Mutex<BTreeSet<String>>);

impl Zoneless {
    fn note(&self, name: &str) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !names.contains(name) {
            names.insert(name.to_owned());
        }
    }

    /// Has the report say how they were read.
    pub(super) fn tell(self, run: &mut Run, input: &Input) {
        let names = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Some(session) = run.session.as_mut() else { return };
        for name in names {
            session.remark(input, "local_as_utc", format!("column `{name}` has times without a zone, which are read as UTC"));
        }
    }
}

/// Reads cells as a declared type.
fn column(ty: &ColumnType, cells: &[Cell<'_>]) -> Column {
    let mut reader = Reader { ill_typed: vec![false; cells.len()], zoneless: false };
    let array = reader.array(ty, cells);
    Column { array, ill_typed: reader.ill_typed, zoneless: reader.zoneless }
}

struct Reader {
    ill_typed: Vec<bool>,
    zoneless: bool,
}

impl Reader {
    /// Reads each cell; `None` marks it.
    fn each<'c, T>(&mut self, cells: &[Cell<'c>], read: impl Fn(&Cell<'c>) -> Option<T>) -> Vec<Option<T>> {
        let mut out = Vec::with_capacity(cells.len());
        for (row, cell) in cells.iter().enumerate() {
            if matches!(cell, Cell::Null | Cell::Json(serde_json::Value::Null)) {
                out.push(None);
                continue;
            }
            let value = read(cell);
            if let (None, Some(mark)) = (&value, self.ill_typed.get_mut(row)) {
                *mark = true;
            }
            out.push(value);
        }
        out
    }

    fn ints<T: ArrowPrimitiveType>(&mut self, cells: &[Cell<'_>]) -> ArrayRef
    where
        T::Native: TryFrom<i128>,
    {
        Arc::new(self.each(cells, |cell| T::Native::try_from(int(cell)?).ok()).into_iter().collect::<PrimitiveArray<T>>())
    }

    fn array(&mut self, ty: &ColumnType, cells: &[Cell<'_>]) -> ArrayRef {
        match (ty, data_type(ty)) {
            (_, DataType::Int8) => self.ints::<Int8Type>(cells),
            (_, DataType::Int16) => self.ints::<Int16Type>(cells),
            (_, DataType::Int32) => self.ints::<Int32Type>(cells),
            (_, DataType::Int64) => self.ints::<Int64Type>(cells),
            (_, DataType::UInt8) => self.ints::<UInt8Type>(cells),
            (_, DataType::UInt16) => self.ints::<UInt16Type>(cells),
            (_, DataType::UInt32) => self.ints::<UInt32Type>(cells),
            (_, DataType::UInt64) => self.ints::<UInt64Type>(cells),
            (ColumnType::Bool, _) => Arc::new(self.each(cells, boolean).into_iter().collect::<BooleanArray>()),
            #[expect(clippy::cast_possible_truncation, reason = "the column is declared float32")]
            (ColumnType::Float32, _) => {
                Arc::new(self.each(cells, |cell| float(cell).map(|value| value as f32)).into_iter().collect::<Float32Array>())
            }
            (_, DataType::Float64) => Arc::new(self.each(cells, float).into_iter().collect::<Float64Array>()),
            (ColumnType::Decimal(_), DataType::Decimal128(precision, scale)) => self.decimals(cells, precision, scale),
            (ColumnType::Date, _) => Arc::new(
                self.each(cells, |cell| i32::try_from(time::parse_date(plain_text(cell)?)?).ok()).into_iter().collect::<Date32Array>(),
            ),
            (ColumnType::Time, _) => Arc::new(
                self.each(cells, |cell| i64::try_from(time::parse_time(plain_text(cell)?)?).ok())
                    .into_iter()
                    .collect::<Time64NanosecondArray>(),
            ),
            (ColumnType::Timestamp(zone), _) => Arc::new(self.micros(cells, true).with_timezone(zone.as_deref().unwrap_or("UTC"))),
            (ColumnType::LocalTimestamp, _) => Arc::new(self.micros(cells, false)),
            (ColumnType::Binary, _) => {
                Arc::new(self.each(cells, |cell| text(cell).map(str::as_bytes)).into_iter().collect::<BinaryArray>())
            }
            (ColumnType::String | ColumnType::Error, _) => Arc::new(self.each(cells, text).into_iter().collect::<StringArray>()),
            (ColumnType::List(item, _) | ColumnType::Vector(item, _), _) => self.lists(item, cells),
            (ColumnType::Struct(_) | ColumnType::OneOf(..), _) => self.structs(&ty.members().unwrap_or_default(), cells),
            (ColumnType::Map(key, value, _), _) => self.maps(key, value, cells),
            (_, ty) => {
                // Durations have no text of their own: a cell with anything in it is marked.
                self.each(cells, |_| None::<()>);
                new_null_array(&ty, cells.len())
            }
        }
    }

    fn decimals(&mut self, cells: &[Cell<'_>], precision: u8, scale: i8) -> ArrayRef {
        let limit = 10_i128.checked_pow(u32::from(precision)).unwrap_or(i128::MAX);
        let values = self.each(cells, |cell| {
            let written = number_text(cell)?;
            let (mantissa, own) = parse_decimal(written.trim())?;
            rescale(mantissa, own, i32::from(scale)).filter(|mantissa| mantissa.abs() < limit)
        });
        let array = values.into_iter().collect::<Decimal128Array>();
        match array.with_precision_and_scale(precision, scale) {
            Ok(array) => Arc::new(array),
            Err(_) => new_null_array(&DataType::Decimal128(precision, scale), cells.len()),
        }
    }

    fn micros(&mut self, cells: &[Cell<'_>], instant: bool) -> TimestampMicrosecondArray {
        let zoneless = std::cell::Cell::new(false);
        let values = self.each(cells, |cell| {
            let (nanos, has_zone) = time::parse_timestamp(plain_text(cell)?).filter(|(_, has_zone)| instant || !has_zone)?;
            zoneless.set(zoneless.get() || !has_zone);
            (nanos % 1_000 == 0).then(|| i64::try_from(nanos / 1_000).ok())?
        });
        self.zoneless |= instant && zoneless.get();
        values.into_iter().collect()
    }

    /// The JSON value of each cell of a nested type; CSV cells hold JSON text.
    fn nested(&mut self, cells: &[Cell<'_>], wanted: fn(&serde_json::Value) -> bool) -> Vec<Option<serde_json::Value>> {
        self.each(cells, |cell| {
            let value = match cell {
                Cell::Json(value) => (*value).clone(),
                Cell::Text(text) => serde_json::from_str(text).ok()?,
                Cell::Null => return None,
            };
            wanted(&value).then_some(value)
        })
    }

    /// Reads parts of rows; a part that does not parse marks its row.
    fn parts(&mut self, ty: &ColumnType, parts: &[Cell<'_>], rows: &[usize]) -> ArrayRef {
        let read = column(ty, parts);
        self.zoneless |= read.zoneless;
        for (row, _) in rows.iter().zip(&read.ill_typed).filter(|(_, ill)| **ill) {
            if let Some(mark) = self.ill_typed.get_mut(*row) {
                *mark = true;
            }
        }
        read.array
    }

    fn lists(&mut self, item: &ColumnType, cells: &[Cell<'_>]) -> ArrayRef {
        let values = self.nested(cells, serde_json::Value::is_array);
        let lists: Vec<&[serde_json::Value]> =
            values.iter().map(|value| value.as_ref().and_then(|value| value.as_array()).map_or(&[][..], Vec::as_slice)).collect();
        let rows: Vec<usize> = lists.iter().enumerate().flat_map(|(row, items)| std::iter::repeat_n(row, items.len())).collect();
        let parts: Vec<Cell<'_>> = lists.iter().flat_map(|items| items.iter().map(Cell::Json)).collect();
        let items = self.parts(item, &parts, &rows);
        let offsets = OffsetBuffer::from_lengths(lists.iter().map(|items| items.len()));
        Arc::new(ListArray::new(item_field(item), offsets, items, self.validity(&values)))
    }

    /// Rows with a value; a row with a part that did not parse is null as a whole.
    fn validity<T>(&self, values: &[Option<T>]) -> Option<NullBuffer> {
        Some(NullBuffer::from_iter(values.iter().zip(&self.ill_typed).map(|(value, ill)| value.is_some() && !ill)))
    }

    fn structs(&mut self, members: &[crate::types::Member], cells: &[Cell<'_>]) -> ArrayRef {
        let values = self.nested(cells, serde_json::Value::is_object);
        let rows: Vec<usize> = (0..values.len()).collect();
        let columns: Vec<ArrayRef> = members
            .iter()
            .map(|member| {
                let parts: Vec<Cell<'_>> = values
                    .iter()
                    .map(|value| value.as_ref().and_then(|value| value.get(&member.name)).map_or(Cell::Null, Cell::Json))
                    .collect();
                self.parts(&member.ty, &parts, &rows)
            })
            .collect();
        let validity = self.validity(&values);
        if columns.is_empty() {
            return Arc::new(StructArray::new_empty_fields(cells.len(), validity));
        }
        Arc::new(StructArray::new(member_fields(members), columns, validity))
    }

    fn maps(&mut self, key: &ColumnType, value: &ColumnType, cells: &[Cell<'_>]) -> ArrayRef {
        let values = self.nested(cells, serde_json::Value::is_object);
        let maps: Vec<Vec<(&String, &serde_json::Value)>> = values
            .iter()
            .map(|value| value.as_ref().and_then(serde_json::Value::as_object).map_or_else(Vec::new, |map| map.iter().collect()))
            .collect();
        let rows: Vec<usize> = maps.iter().enumerate().flat_map(|(row, entries)| std::iter::repeat_n(row, entries.len())).collect();
        let keys: Vec<Cell<'_>> = maps.iter().flatten().map(|(key, _)| Cell::Text(key)).collect();
        let items: Vec<Cell<'_>> = maps.iter().flatten().map(|(_, value)| Cell::Json(value)).collect();
        let (keys, items) = (self.parts(key, &keys, &rows), self.parts(value, &items, &rows));
        let ty = data_type(&ColumnType::Map(Box::new(key.clone()), Box::new(value.clone()), true));
        if keys.null_count() > 0 {
            // A key that does not parse cannot be stored: the row is marked, and has no map.
            return new_null_array(&ty, cells.len());
        }
        let entries = entries_field(key, value);
        let DataType::Struct(fields) = entries.data_type().clone() else { return new_null_array(&ty, cells.len()) };
        let offsets = OffsetBuffer::from_lengths(maps.iter().map(Vec::len));
        Arc::new(MapArray::new(entries, offsets, StructArray::new(fields, vec![keys, items], None), self.validity(&values), false))
    }
}

/// A column that a folder's name gives.
pub(super) struct Partition {
    array: ArrayRef,
    mark: Option<ArrayRef>,
    is_mark: bool,
}

impl Partition {
    /// The column for so many rows.
    pub(super) fn column(&self, rows: usize) -> ArrayRef {
        let source = if self.is_mark { self.mark.as_ref().unwrap_or(&self.array) } else { &self.array };
        let indices = arrow::array::UInt32Array::from(vec![0_u32; rows]);
        arrow::compute::take(source, &indices, None).unwrap_or_else(|_| new_null_array(source.data_type(), rows))
    }
}

/// Adds the columns of a source's folders to its schema, with their declared types; a column of the file with the name wins.
pub(super) fn with_partitions(schema: &SchemaRef, source: &Source, block: &ir::Block) -> (Schema, Vec<Partition>) {
    let mut all: Vec<FieldRef> = schema.fields().iter().cloned().collect();
    let mut partitions = Vec::new();
    for (name, value) in &source.partitions {
        if schema.field_with_name(name).is_ok() {
            continue;
        }
        let ty = declared(block, name).unwrap_or(ColumnType::String);
        let cell = if value == "__HIVE_DEFAULT_PARTITION__" { Cell::Null } else { Cell::Text(value) };
        let read = column(&ty, &[cell]);
        let mark = read.marks();
        for (index, field) in marked_fields(name, &ty).into_iter().enumerate() {
            all.push(Arc::new(field));
            partitions.push(Partition { array: Arc::clone(&read.array), mark: Some(Arc::clone(&mark)), is_mark: index == 1 });
        }
    }
    (Schema::new(all), partitions)
}

/// The declared type of a column, from a field or from the first pattern that matches.
pub(super) fn declared(block: &ir::Block, name: &str) -> Option<ColumnType> {
    let field = block.inputs().into_iter().find(|(known, _)| known == name).map(|(_, ty)| ty);
    field.or_else(|| block.patterns.iter().find(|pattern| pattern.regex.is_match(name)).map(|pattern| pattern.ty.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::IntWidth;

    #[test]
    fn a_cell_that_does_not_parse_is_null_and_marked() {
        let read = column(&ColumnType::Int(IntWidth::Signed(8)), &[Cell::Text("7"), Cell::Text("300"), Cell::Text("x"), Cell::Null]);
        assert_eq!(read.ill_typed, [false, true, true, false]);
        assert_eq!(read.array.null_count(), 3);
    }

    #[test]
    fn what_stands_in_a_cell_that_does_not_parse_is_kept_for_reports_except_where_members_may_be_redacted() {
        let long = "9".repeat(300) + "x";
        let value = serde_json::json!([1, "x"]);
        let cells = [Cell::Text("7"), Cell::Text("12,5"), Cell::Null, Cell::Text(&long), Cell::Json(&value)];
        let read = arrays("a", &ColumnType::Float64, &cells, &Zoneless::default());
        let raws = read[2].as_any().downcast_ref::<StringArray>().unwrap();
        assert_eq!(
            raws.iter().map(|raw| raw.map(|raw| raw.chars().count())).collect::<Vec<_>>(),
            [None, Some(4), None, Some(201), Some(7)]
        );
        assert_eq!((raws.value(1), raws.value(4)), ("12,5", "[1,\"x\"]"));
        let members = ColumnType::List(Box::new(ColumnType::Struct(Vec::new())), false);
        assert_eq!((arrays("a", &members, &[Cell::Text("x")], &Zoneless::default()).len(), fields("a", &members).len()), (2, 2));
    }

    #[test]
    fn json_values_keep_their_type() {
        let values = [serde_json::json!(1.0), serde_json::json!("1"), serde_json::json!(1.5)];
        let cells: Vec<_> = values.iter().map(Cell::Json).collect();
        assert_eq!(column(&ColumnType::Int(IntWidth::Any), &cells).ill_typed, [false, true, true]);
    }

    #[test]
    fn a_bad_item_marks_its_row() {
        let values = [serde_json::json!([1.0, 2]), serde_json::json!([1, "x"])];
        let cells: Vec<_> = values.iter().map(Cell::Json).collect();
        let read = column(&ColumnType::List(Box::new(ColumnType::Float64), false), &cells);
        assert_eq!(read.ill_typed, [false, true]);
    }
}

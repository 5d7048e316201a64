//! The data of one judgement: every column as plain values, and what Arrow types serve which declared types.

use super::value::{Value, read_cell};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use rulegate::syntax::ast::{Expr, ExprKind, Field, TypeExpr, TypeKind};
use std::collections::BTreeMap;

/// Every column over all batches, as it stands in the data and as rules read it.
#[derive(Debug, Default)]
pub struct Table {
    pub rows: usize,
    pub schema: Option<SchemaRef>,
    raw: BTreeMap<String, Vec<Value>>,
    seen: BTreeMap<String, Vec<Value>>,
}

impl Table {
    pub fn read(batches: &[RecordBatch]) -> Self {
        let mut table = Self { schema: batches.first().map(RecordBatch::schema), ..Self::default() };
        for batch in batches {
            table.rows += batch.num_rows();
            for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
                let cells = (0..column.len()).map(|row| read_cell(column, row));
                table.raw.entry(field.name().clone()).or_default().extend(cells);
            }
        }
        table
    }

    /// The column as it stands in the data; null throughout where it is absent.
    pub fn raw_column(&self, name: &str) -> Vec<Value> {
        self.raw.get(name).cloned().unwrap_or_else(|| vec![Value::Null; self.rows])
    }

    /// Lays down how rules read a column: without sentinels and ill-shaped values.
    pub fn set_seen(&mut self, name: &str, values: Vec<Value>) {
        self.seen.insert(name.to_owned(), values);
    }

    /// A cell as rules read it.
    pub fn cell(&self, name: &str, row: usize) -> Value {
        let column = self.seen.get(name).or_else(|| self.raw.get(name));
        column.unwrap_or_else(|| panic!("no column {name}"))[row].clone()
    }

    /// The Arrow type of a column; `None` where it is absent.
    pub fn data_type(&self, name: &str) -> Option<DataType> {
        let field = self.schema.as_ref()?.field_with_name(name).ok()?;
        Some(field.data_type().clone())
    }

    pub fn column_names(&self) -> Vec<String> {
        let fields = self.schema.iter().flat_map(|schema| schema.fields().iter());
        fields.map(|field| field.name().clone()).collect()
    }
}

/// Finds the type a named type stands for.
pub type Resolve<'r, 'a> = dyn Fn(&'a TypeExpr) -> (&'a TypeExpr, bool) + 'r;

/// Does an Arrow type serve a declared one?
pub fn serves<'a>(ty: &'a TypeExpr, data: &DataType, resolve: &Resolve<'_, 'a>) -> bool {
    match &resolve(ty).0.kind {
        TypeKind::Name(name) => serves_name(name, data),
        TypeKind::Decimal(precision, scale) => decimal_of(data) == Some((*precision, *scale)),
        TypeKind::TimestampZone(zone) => matches!(data, DataType::Timestamp(_, Some(found)) if **found == **zone),
        TypeKind::TimestampLocal => matches!(data, DataType::Timestamp(_, None)),
        TypeKind::List(item) | TypeKind::Vector(item, _) => list_item(data).is_some_and(|found| serves(item, found, resolve)),
        TypeKind::Map(key, value) => serves_map(key, value, data, resolve),
        TypeKind::Enum(values) if is_int_set(values) => data.is_integer(),
        TypeKind::Enum(_) => serves_name("string", data),
        TypeKind::Struct(members) => match data {
            DataType::Struct(fields) => members.iter().all(|member| serves_member(member, fields, resolve)),
            _ => false,
        },
        TypeKind::OneOf { .. } => panic!("the oracle judges no unions"),
    }
}

fn is_int_set(values: &[Expr]) -> bool {
    matches!(values.first().map(|value| &value.kind), Some(ExprKind::Number(_) | ExprKind::Negate(_)))
}

fn serves_member<'a>(member: &'a Field, fields: &arrow::datatypes::Fields, resolve: &Resolve<'_, 'a>) -> bool {
    match fields.find(&member.name.node) {
        Some((_, found)) => serves(&member.body.ty, found.data_type(), resolve),
        None => resolve(&member.body.ty).1,
    }
}

fn serves_map<'a>(key: &'a TypeExpr, value: &'a TypeExpr, data: &DataType, resolve: &Resolve<'_, 'a>) -> bool {
    let DataType::Map(entries, _) = data else { return false };
    let DataType::Struct(fields) = entries.data_type() else { return false };
    serves(key, fields[0].data_type(), resolve) && serves(value, fields[1].data_type(), resolve)
}

fn list_item(data: &DataType) -> Option<&DataType> {
    match data {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => Some(item.data_type()),
        _ => None,
    }
}

fn decimal_of(data: &DataType) -> Option<(u64, i64)> {
    match data {
        DataType::Decimal32(p, s) | DataType::Decimal64(p, s) | DataType::Decimal128(p, s) => Some((u64::from(*p), i64::from(*s))),
        _ => None,
    }
}

fn serves_name(name: &str, data: &DataType) -> bool {
    use DataType::{Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64};
    let is_float = matches!(data, DataType::Float16 | DataType::Float32 | DataType::Float64);
    match name {
        "bool" => *data == DataType::Boolean,
        "int8" => *data == Int8,
        "int16" => *data == Int16,
        "int32" => *data == Int32,
        "int64" => matches!(data, Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32),
        "uint8" => *data == UInt8,
        "uint16" => *data == UInt16,
        "uint32" => *data == UInt32,
        "uint64" => *data == UInt64,
        "int" => data.is_integer(),
        "float32" => *data == DataType::Float32,
        "float64" => matches!(data, DataType::Float32 | DataType::Float64),
        "float" => is_float,
        "number" => is_float || data.is_integer() || decimal_of(data).is_some(),
        "decimal" => decimal_of(data).is_some(),
        _ => serves_other_name(name, data),
    }
}

fn serves_other_name(name: &str, data: &DataType) -> bool {
    match name {
        "string" => match data {
            DataType::Dictionary(_, values) => serves_name("string", values),
            other => matches!(other, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View),
        },
        "binary" => matches!(data, DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_)),
        "date" => matches!(data, DataType::Date32 | DataType::Date64),
        "time" => matches!(data, DataType::Time32(_) | DataType::Time64(_)),
        "timestamp" => matches!(data, DataType::Timestamp(_, _)),
        "duration" => matches!(data, DataType::Duration(_)),
        other => panic!("no type {other}"),
    }
}

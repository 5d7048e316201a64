//! The Arrow schema of a block: its columns, or the columns that the answers of an output block become.

use arrow::datatypes::{DataType, Field, Fields, TimeUnit};

use super::{Carried, Export, Loss, Residue, Words};
use crate::compile::RuleSet;
use crate::compile::ir::{Block, Question, RuleBody};
use crate::interchange::document::Document;
use crate::types::arrow::data_type;

pub(super) fn export(rules: &RuleSet, block: &Block) -> Export {
    let own = block.columns.iter().filter(|column| column.response == block.output);
    let fields: Fields = match &block.response {
        Some(response) => {
            let nullable = own.map(|column| column.nullable);
            let typed = response.shape.fields();
            typed.iter().zip(nullable).map(|(field, nullable)| field.as_ref().clone().with_nullable(nullable)).collect()
        }
        None => own.map(|column| Field::new(&column.name, data_type(&column.ty), column.nullable)).collect(),
    };
    let words = Words { rules, block };
    let (mut carried, mut residue) = (Vec::new(), Vec::new());
    for (index, rule) in block.rules.iter().enumerate() {
        let of_column = rule.field.as_ref().and_then(|name| fields.iter().position(|field| field.name() == name));
        let keyword = match (&rule.body, rule.check.as_str()) {
            (RuleBody::Response(Question::Type(_), _) | RuleBody::Type(..), _) => Some("type"),
            (_, "required") => Some("nullable"),
            _ => None,
        };
        match (of_column, keyword) {
            (Some(place), Some(keyword)) => {
                carried.push(Carried { rule: rule.id.clone(), pointer: format!("/fields/{place}/{keyword}") });
            }
            _ => residue.push(Residue {
                pointer: of_column.map_or_else(String::new, |place| format!("/fields/{place}")),
                loss: Loss::Dropped,
                rule: Some(rule.id.clone()),
                asks: words.expects(index),
                why: "an Arrow schema has names, types and nulls alone".to_owned(),
            }),
        }
    }
    let fields = fields.iter().map(|field| field_json(field)).collect();
    Export { schema: Document::object([("fields", Document::Array(fields))]), carried, residue }
}

fn field_json(field: &Field) -> Document {
    let children = match field.data_type() {
        DataType::List(item) => vec![field_json(item)],
        DataType::Map(entries, _) => vec![field_json(entries)],
        DataType::Struct(members) => members.iter().map(|member| field_json(member)).collect(),
        _ => Vec::new(),
    };
    Document::object([
        ("name", field.name().as_str().into()),
        ("nullable", Document::Bool(field.is_nullable())),
        ("type", type_json(field.data_type())),
        ("children", Document::Array(children)),
    ])
}

/// Types as the integration tests of Arrow write them.
fn type_json(ty: &DataType) -> Document {
    let named = |name: &str| Document::object([("name", name.into())]);
    let int = |bits: u64, signed: bool| {
        Document::object([("name", "int".into()), ("bitWidth", bits.into()), ("isSigned", Document::Bool(signed))])
    };
    match ty {
        DataType::Boolean => named("bool"),
        DataType::Int8 => int(8, true),
        DataType::Int16 => int(16, true),
        DataType::Int32 => int(32, true),
        DataType::Int64 => int(64, true),
        DataType::UInt8 => int(8, false),
        DataType::UInt16 => int(16, false),
        DataType::UInt32 => int(32, false),
        DataType::UInt64 => int(64, false),
        DataType::Float32 => Document::object([("name", "floatingpoint".into()), ("precision", "SINGLE".into())]),
        DataType::Float64 => Document::object([("name", "floatingpoint".into()), ("precision", "DOUBLE".into())]),
        DataType::Decimal128(precision, scale) => Document::object([
            ("name", "decimal".into()),
            ("precision", u64::from(*precision).into()),
            ("scale", Document::Number((*scale).into())),
            ("bitWidth", 128.into()),
        ]),
        DataType::Utf8 => named("utf8"),
        DataType::Utf8View => named("utf8view"),
        DataType::Binary => named("binary"),
        DataType::BinaryView => named("binaryview"),
        DataType::Date32 => Document::object([("name", "date".into()), ("unit", "DAY".into())]),
        DataType::Time64(unit) => Document::object([("name", "time".into()), ("unit", time_unit(unit)), ("bitWidth", 64.into())]),
        DataType::Timestamp(unit, zone) => {
            let zone = zone.as_ref().map(|zone| ("timezone".to_owned(), Document::from(zone.as_ref())));
            let plain = [("name".to_owned(), "timestamp".into()), ("unit".to_owned(), time_unit(unit))];
            Document::Object(plain.into_iter().chain(zone).collect())
        }
        DataType::Duration(unit) => Document::object([("name", "duration".into()), ("unit", time_unit(unit))]),
        DataType::List(_) => named("list"),
        DataType::Struct(_) => named("struct"),
        DataType::Map(_, sorted) => Document::object([("name", "map".into()), ("keysSorted", Document::Bool(*sorted))]),
        other => named(&other.to_string()),
    }
}

fn time_unit(unit: &TimeUnit) -> Document {
    match unit {
        TimeUnit::Second => "SECOND",
        TimeUnit::Millisecond => "MILLISECOND",
        TimeUnit::Microsecond => "MICROSECOND",
        TimeUnit::Nanosecond => "NANOSECOND",
    }
    .into()
}

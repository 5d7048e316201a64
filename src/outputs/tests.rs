//! What responses come to: reasons, states, values, layouts.

mod hostile;
mod oracle;
mod reasons;
mod states;
mod values;

use std::ops::Range;

use arrow::array::{Array, ArrayRef, RecordBatch, StringArray};

use super::*;

/// A member that may not be null.
fn member(name: &str, kind: Kind) -> Member {
    Member { name: name.to_owned(), kind, nullable: false, coerce: false, wanted: true }
}

fn nullable(name: &str, kind: Kind) -> Member {
    Member { nullable: true, ..member(name, kind) }
}

fn item(kind: Kind) -> Box<Item> {
    Box::new(Item { kind, nullable: false, coerce: false, exactly: None })
}

const INT: Kind = Kind::Int { min: i64::MIN as i128, max: i64::MAX as i128 };

/// The seed shape of the guide.
fn narrative() -> Shape {
    Shape::new(vec![
        member("sentiment", Kind::String),
        member("sentiment_score", Kind::Float),
        member("key_themes", Kind::List(item(Kind::String))),
        member("narrative_summary", Kind::String),
        member("count", INT),
    ])
}

fn no_refusal(_: &str) -> bool {
    false
}

fn options() -> Options<'static> {
    Options { limits: Limits::default(), lenient: false, closed: false, refusal: &no_refusal }
}

fn read_all(shape: &Shape, texts: &[Option<&str>], options: &Options<'_>) -> Reading {
    let array = StringArray::from(texts.to_vec());
    read_array(shape, &array, 0..texts.len(), options)
}

fn read_array(shape: &Shape, array: &dyn Array, range: Range<usize>, options: &Options<'_>) -> Reading {
    let rows = range.len();
    let reading = read(shape, array, None, range, options).unwrap();
    assert_eq!(reading.parse.len(), rows);
    assert!(reading.columns.iter().all(|column| column.len() == rows));
    for (member, column) in shape.members.iter().zip(&reading.columns) {
        assert_eq!(*column.data_type(), member.kind.data_type());
        column.to_data().validate_full().unwrap();
    }
    let broken: Vec<usize> = (0..rows).filter(|row| reading.parse[*row] != Reason::Read).collect();
    assert_eq!(reading.broken.iter().map(|broken| broken.row as usize).collect::<Vec<_>>(), broken);
    assert!(reading.members.iter().all(|member| member.states.is_empty() || member.states.len() == rows));
    reading
}

fn read_one(shape: &Shape, text: &str) -> Reading {
    read_all(shape, &[Some(text)], &options())
}

/// The columns as JSON, one object a row; nulls are shown.
fn as_json(shape: &Shape, columns: &[ArrayRef]) -> Vec<serde_json::Value> {
    let batch = RecordBatch::try_from_iter_with_nullable(
        shape.members.iter().zip(columns).map(|(member, column)| (member.name.as_str(), column.clone(), true)),
    )
    .unwrap();
    (0..batch.num_rows())
        .map(|row| {
            let members = shape.members.iter().zip(columns).map(|(member, column)| (member.name.clone(), values::cell(column, row)));
            serde_json::Value::Object(members.collect())
        })
        .collect()
}

/// The state of a path in a row.
fn state(reading: &Reading, path: &str, row: usize) -> State {
    let member = reading.members.iter().find(|member| member.path.join(".") == path).unwrap_or_else(|| panic!("no path {path}"));
    member.states.get(row).copied().unwrap_or(State::Present)
}

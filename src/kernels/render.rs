//! Values as text, in the language's own form: for samples, messages and reports.

use super::time;
use super::vector::{Values, Vector};
use crate::types::Type;

/// A float: the shortest text that reads back as the same number.
#[must_use]
pub(crate) fn float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf".to_owned() } else { "-inf".to_owned() };
    }
    let magnitude = value.abs();
    if value != 0.0 && !(1e-5..1e16).contains(&magnitude) { format!("{value:e}") } else { format!("{value:?}") }
}

/// A decimal with its zeros: scale 2 gives `1.50`.
#[must_use]
pub(crate) fn decimal(mantissa: i128, scale: i32) -> String {
    let scale = usize::try_from(scale).unwrap_or(0);
    if scale == 0 {
        return mantissa.to_string();
    }
    let digits = format!("{:0>width$}", mantissa.unsigned_abs(), width = scale + 1);
    let (whole, rest) = digits.split_at(digits.len() - scale);
    format!("{}{whole}.{rest}", if mantissa < 0 { "-" } else { "" })
}

/// Longest text of a sample, in characters.
const MAX_TEXT: usize = 200;

/// The value of a row as JSON: numbers, strings, true, false and null; a fault as the text `fault`.
#[must_use]
pub(crate) fn json(vector: &Vector, row: usize, ty: &Type) -> serde_json::Value {
    use serde_json::Value as Json;
    if vector.is_fault(row) {
        return Json::String("fault".to_owned());
    }
    if vector.is_null(row) {
        return Json::Null;
    }
    match (&vector.values, ty) {
        (Values::Null, _) => Json::Null,
        (Values::Bool(_), _) => Json::Bool(vector.bools().at(row)),
        (Values::Int(_), Type::Int) => int_json(vector.ints().at(row)),
        (Values::Int(_), _) => Json::String(temporal(vector.ints().at(row), ty)),
        (Values::Decimal(_, scale), _) => Json::String(decimal(vector.ints().at(row), *scale)),
        (Values::Float(_), _) => float_json(vector.floats().at(row)),
        (Values::Str(_), _) => Json::String(shortened(vector.strings().at(row))),
        (Values::Bin(_), _) => Json::String(hex(vector.binaries().at(row))),
        (Values::List(_), Type::List(item)) => list_json(vector, row, item),
        (Values::Struct(members), Type::Struct(types)) => Json::Object(
            members
                .iter()
                .filter_map(|(name, member)| {
                    let (_, ty) = types.iter().find(|(known, _)| known == name)?;
                    Some((name.clone(), json(member, row, ty)))
                })
                .collect(),
        ),
        (Values::Map(_, values), Type::Map(key, value)) => map_json(vector, values, row, (key, value)),
        (Values::Dict(keys, entries), _) => {
            let key = keys.get(vector.slot(row)).copied().unwrap_or(0) as usize;
            json(entries, key, ty)
        }
        _ => Json::String("?".to_owned()),
    }
}

/// The value of a row as text.
#[must_use]
pub(crate) fn text(vector: &Vector, row: usize, ty: &Type) -> String {
    match json(vector, row, ty) {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

fn int_json(value: i128) -> serde_json::Value {
    i64::try_from(value)
        .map(serde_json::Value::from)
        .or_else(|_| u64::try_from(value).map(serde_json::Value::from))
        .unwrap_or_else(|_| value.to_string().into())
}

fn float_json(value: f64) -> serde_json::Value {
    serde_json::Number::from_f64(value).map_or_else(|| serde_json::Value::String(float(value)), serde_json::Value::Number)
}

fn temporal(value: i128, ty: &Type) -> String {
    match ty {
        Type::Date => time::format_date(value),
        Type::Time => time::format_time(value),
        Type::Timestamp => time::format_timestamp(value, true),
        Type::LocalTimestamp => time::format_timestamp(value, false),
        Type::Duration => time::format_duration(value),
        _ => value.to_string(),
    }
}

/// A text as a sample shows it.
#[must_use]
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn hex(bytes: &[u8]) -> String {
    let shown: String = bytes.iter().take(MAX_TEXT / 2).map(|byte| format!("{byte:02x}")).collect();
    if bytes.len() > MAX_TEXT / 2 { format!("{shown}…") } else { shown }
}

/// Most items of a list in a sample.
const MAX_ITEMS: usize = 10;

fn list_json(vector: &Vector, row: usize, item: &Type) -> serde_json::Value {
    let lists = vector.lists();
    let Some(items) = lists.items() else { return serde_json::Value::Null };
    let range = lists.range(row);
    let more = range.len().saturating_sub(MAX_ITEMS);
    let mut shown: Vec<_> = range.take(MAX_ITEMS).map(|at| json(items, at, item)).collect();
    if more > 0 {
        shown.push(serde_json::Value::String(format!("… {more} more")));
    }
    serde_json::Value::Array(shown)
}

fn map_json(vector: &Vector, values: &Vector, row: usize, types: (&Type, &Type)) -> serde_json::Value {
    let lists = vector.lists();
    let Some(keys) = lists.items() else { return serde_json::Value::Null };
    let entries = lists.range(row).take(MAX_ITEMS).map(|at| (text(keys, at, types.0), json(values, at, types.1)));
    serde_json::Value::Object(entries.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back() {
        assert_eq!((float(0.1).as_str(), float(1e300).as_str(), float(-0.0).as_str()), ("0.1", "1e300", "-0.0"));
        assert_eq!((decimal(-5, 2).as_str(), decimal(150, 2).as_str()), ("-0.05", "1.50"));
    }
}

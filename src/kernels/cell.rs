//! Cells of text and JSON as values of the language: what a reader of CSV, JSON lines or one JSON object takes for a number, a truth value,
//! a text.

use super::cast::{parse_float, parse_int};

/// A cell as its format has it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    Null,
    /// Text without a type of its own: a CSV field, the name of a folder, the key of a JSON object.
    Text(&'a str),
    /// A JSON value, which has one.
    Json(&'a serde_json::Value),
}

/// The text of a cell that is text; white space around what has no type of its own is ignored.
pub(crate) fn plain_text<'a>(cell: &Cell<'a>) -> Option<&'a str> {
    match cell {
        Cell::Text(text) => Some(text.trim()),
        Cell::Json(serde_json::Value::String(text)) => Some(text),
        _ => None,
    }
}

/// The text of a cell that is text, as it stands.
pub(crate) fn text<'a>(cell: &Cell<'a>) -> Option<&'a str> {
    match cell {
        Cell::Text(text) => Some(text),
        Cell::Json(serde_json::Value::String(text)) => Some(text),
        _ => None,
    }
}

pub(crate) fn boolean(cell: &Cell<'_>) -> Option<bool> {
    match cell {
        Cell::Text(text) => match text.trim() {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        },
        Cell::Json(value) => value.as_bool(),
        Cell::Null => None,
    }
}

/// A whole number; of a JSON number also 1.0.
pub(crate) fn int(cell: &Cell<'_>) -> Option<i128> {
    match cell {
        Cell::Text(text) => parse_int(text),
        Cell::Json(serde_json::Value::Number(number)) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(value), ..) => Some(i128::from(value)),
            (_, Some(value), _) => Some(i128::from(value)),
            #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53, so exact")]
            (.., Some(value)) if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 => Some(value as i128),
            _ => None,
        },
        _ => None,
    }
}

pub(crate) fn float(cell: &Cell<'_>) -> Option<f64> {
    match cell {
        // What is past the largest float is no infinity, as in JSON: that has a word.
        Cell::Text(text) => parse_float(text).filter(|value| !value.is_infinite() || !text.bytes().any(|byte| byte.is_ascii_digit())),
        Cell::Json(serde_json::Value::Number(number)) => number.as_f64().filter(|value| value.is_finite()),
        _ => None,
    }
}

/// A decimal as text; JSON gives it as a number, or as a string so that no digit is lost.
pub(crate) fn number_text(cell: &Cell<'_>) -> Option<String> {
    match cell {
        Cell::Json(serde_json::Value::Number(number)) => Some(number.to_string()),
        cell => text(cell).map(str::to_owned),
    }
}

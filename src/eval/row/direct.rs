//! Rules of simple shape, asked of one value: what the kernels ask of a column.

use arrow::datatypes::{DataType, TimeUnit};

use crate::kernels::texts::{Text, has_length};
use crate::plan::{Shape, Test};

use super::value::Value;

/// The test of a shape for values as the evaluator sees them; `None` where the steps ask as well.
pub(super) fn of_shape(shape: &Shape, data: &DataType) -> Option<Test> {
    // Rules with a `when` go by steps.
    if shape.when.is_some() {
        return None;
    }
    match &shape.test {
        // Instants are nanoseconds here, whatever the column's unit.
        Test::Ints(low, high) => {
            let unit = match data {
                DataType::Timestamp(TimeUnit::Second, _) => 1_000_000_000,
                DataType::Timestamp(TimeUnit::Millisecond, _) => 1_000_000,
                DataType::Timestamp(TimeUnit::Microsecond, _) => 1_000,
                _ => 1,
            };
            Some(Test::Ints(low.saturating_mul(unit), high.saturating_mul(unit)))
        }
        test @ (Test::Present
        | Test::Finite
        | Test::Floats(..)
        | Test::Strings(..)
        | Test::Bool(_)
        | Test::Regex(_)
        | Test::Bytes(_)
        | Test::Length(..)) => Some(test.clone()),
        _ => None,
    }
}

/// Whether a value that is live passes a test.
#[inline]
pub(super) fn passes(test: &Test, value: &Value<'_>) -> bool {
    match (test, value) {
        (Test::Present, _) => true,
        (Test::Finite, Value::Float(value)) => value.is_finite(),
        (Test::Floats(low, high), Value::Float(value)) => (value >= low) & (value <= high),
        (Test::Ints(low, high), Value::Int(value) | Value::Decimal(value, _)) => (value >= low) & (value <= high),
        (Test::Strings(set, outside), Value::Str(text)) => set.contains(Text::new(text.as_bytes())) != *outside,
        (Test::Bool(wanted), Value::Bool(value)) => value == wanted,
        (Test::Regex(pattern), Value::Str(text)) => pattern.matches(text.as_bytes()),
        (Test::Bytes(pattern), Value::Str(text)) => pattern.matches(Text::new(text.as_bytes())),
        (Test::Length(low, high), Value::Str(text)) => has_length(text.as_bytes(), *low, *high),
        _ => false,
    }
}

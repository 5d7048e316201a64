//! Functions that reduce a list; the aggregates of checks bear the same names.

mod distinct_count;
mod max;
mod min;
mod sum;

use super::FunctionDef;

/// The functions of this family.
pub(super) const FUNCTIONS: &[&FunctionDef] = &[&distinct_count::FUNCTION, &max::FUNCTION, &min::FUNCTION, &sum::FUNCTION];

//! Forms that choose among their arguments; the language evaluates them itself.

mod coalesce;
mod if_;
mod nullif;

use super::FunctionDef;

/// The functions of this family.
pub(super) const FUNCTIONS: &[&FunctionDef] = &[&coalesce::FUNCTION, &if_::FUNCTION, &nullif::FUNCTION];

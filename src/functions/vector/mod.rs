//! Functions of vectors: lists of numbers, computed in float64.

mod cosine_similarity;
mod dims;
mod dot;
mod norm;

use super::FunctionDef;

/// The functions of this family.
pub(super) const FUNCTIONS: &[&FunctionDef] = &[&cosine_similarity::FUNCTION, &dims::FUNCTION, &dot::FUNCTION, &norm::FUNCTION];

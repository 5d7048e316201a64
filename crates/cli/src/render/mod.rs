//! Forms that results are shown in. Whatever comes from data or files goes through [`text::escape`] or a JSON string, nothing else.

pub(crate) mod diagnostics;
pub(crate) mod explanation;
pub(crate) mod human;
pub(crate) mod json;
pub(crate) mod junit_tests;
pub(crate) mod tested;
pub(crate) mod text;

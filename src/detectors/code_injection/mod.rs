//! Code where text is expected: for fields that flow to a database, a shell, a template, a page.
//!
//! Prose about code has code in it, so this is for fields that should have none.

mod commands;
mod markup;
mod paths;
mod sql;

use super::{Family, Found, Kind, Level, Trigger, bytes, phrase};

/// The kinds of this family.
pub(super) const KINDS: &[&Kind] =
    &[&sql::SQL_INJECTION, &commands::SHELL_INJECTION, &paths::PATH_TRAVERSAL, &markup::TEMPLATE_INJECTION, &markup::SCRIPT_INJECTION];

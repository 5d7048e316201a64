//! Columns of files that rules name in passing: `in reference("ids.parquet", "id")`, and the baselines of drift.
//!
//! A file that is not there is no mistake of the rules: they compile with a warning, and whatever needs the file is in *error*, so that it
//! never passes. A path out of the root folder, and a column that the file does not have, are mistakes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostics::{Code, Diagnostic, counted};
use crate::kernels::number::{int_in_range, parse_decimal};
use crate::kernels::time;
use crate::source::{FileId, Spanned};
use crate::types::Type;

use super::env::number_literal;
use super::files::unreadable;
use super::ir::Literal;
use super::load::{LoadError, LoadedColumn, LoadedValue, Loader};

/// A column of a file, as rules name it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'a> {
    pub path: &'a Spanned<String>,
    pub column: &'a Spanned<String>,
}

impl Named<'_> {
    /// As it is written.
    pub(crate) fn shown(self) -> String {
        format!("reference({:?}, {:?})", self.path.node, self.column.node)
    }
}

/// What loading a column has come to: its values, or why there are none.
type Found = Result<Arc<LoadedColumn>, LoadError>;

/// Reads columns, each once.
pub(crate) struct References<'a> {
    loader: &'a dyn Loader,
    /// Names of the rule files, by their ids: paths are relative to the file they stand in.
    files: &'a [String],
    known: RefCell<BTreeMap<(FileId, String, String), Found>>,
}

/// Why a column gives no values.
pub(crate) enum NoValues {
    /// The rules are at fault, which has been told.
    Mistake,
    /// The file is not there: what needs it is in error for this reason.
    Missing(String),
}

impl<'a> References<'a> {
    pub(crate) fn new(loader: &'a dyn Loader, files: &'a [String]) -> Self {
        Self { loader, files, known: RefCell::default() }
    }

    /// Hashes of the files that were read, in a fixed order: they are part of the rule set's identity.
    pub(crate) fn hashes(self) -> impl Iterator<Item = String> {
        self.known.into_inner().into_values().filter_map(|found| found.ok().map(|column| column.sha256.clone()))
    }

    /// The values of a column as constants that stand beside values of type `ty`, in the order of the file; nulls are left out.
    pub(crate) fn values(&self, named: Named<'_>, ty: &Type, diagnostics: &mut Vec<Diagnostic>) -> Result<Vec<Literal>, NoValues> {
        let column = match self.column(named) {
            Ok(column) => column,
            Err(error) => return Err(told(&error, named, diagnostics)),
        };
        let (mut values, mut nulls, mut strange) = (Vec::with_capacity(column.values.len()), 0, 0);
        for value in &column.values {
            match value.as_ref().map(|value| fitting(value, ty)) {
                None => nulls += 1,
                Some(None) => strange += 1,
                Some(Some(literal)) => values.push(literal),
            }
        }
        let path = &named.path.node;
        if nulls > 0 {
            let are = if nulls == 1 { "is" } else { "are" };
            let message = format!("{} in `{path}` {are} left out", counted(nulls, "null"));
            diagnostics.push(Diagnostic::new(Code::SetValues, message, named.column.span).help("remove them from the file"));
        }
        if strange > 0 && values.is_empty() {
            let message = format!("the column `{}` of `{path}` holds no {ty}", named.column.node);
            let help = format!("name a column of values that a field of type {ty} can have");
            diagnostics.push(Diagnostic::new(Code::SetFile, message, named.column.span).help(help));
            return Err(NoValues::Mistake);
        }
        if strange > 0 {
            let are = if strange == 1 { "is" } else { "are" };
            let message = format!("{} in `{path}` {are} no {ty} and left out", counted(strange, "value"));
            diagnostics.push(Diagnostic::new(Code::SetValues, message, named.column.span).help("mend or remove them in the file"));
        }
        Ok(values)
    }

    fn column(&self, named: Named<'_>) -> Found {
        let file = named.path.span.file;
        let key = (file, named.path.node.clone(), named.column.node.clone());
        if let Some(found) = self.known.borrow().get(&key) {
            return found.clone();
        }
        let from = self.files.get(file.0 as usize).map_or("", String::as_str);
        let found = self.loader.column(from, &named.path.node, Some(&named.column.node)).map(Arc::new);
        self.known.borrow_mut().insert(key, found.clone());
        found
    }
}

/// Tells why a column could not be had.
fn told(error: &LoadError, named: Named<'_>, diagnostics: &mut Vec<Diagnostic>) -> NoValues {
    match error {
        LoadError::NoColumn { .. } => diagnostics.push(unreadable(error, named.column.span)),
        LoadError::OutsideRoot(_) => diagnostics.push(unreadable(error, named.path.span)),
        LoadError::Missing(_) | LoadError::Unreadable { .. } => {
            let found = unreadable(error, named.path.span);
            let message = format!("{}: what needs it is in error", found.message);
            diagnostics.push(Diagnostic { code: Code::Reference, message, ..found });
            return NoValues::Missing(error.to_string());
        }
    }
    NoValues::Mistake
}

/// A value of a file as a constant of a type. Texts are read as a reader of CSV reads them; nothing else is converted.
fn fitting(value: &LoadedValue, ty: &Type) -> Option<Literal> {
    if let LoadedValue::Text(text) = value {
        return of_text(text, ty);
    }
    Some(match (value, ty) {
        (LoadedValue::Int(value), Type::Int | Type::Float | Type::Decimal | Type::Number) => Literal::Int(int_in_range(*value)?),
        (LoadedValue::Float(value), Type::Int | Type::Float | Type::Decimal | Type::Number) => Literal::Float(value.to_bits()),
        (LoadedValue::Decimal(mantissa, scale), Type::Int | Type::Float | Type::Decimal | Type::Number) => {
            Literal::Decimal(*mantissa, *scale)
        }
        (LoadedValue::Bool(value), Type::Bool) => Literal::Bool(*value),
        (LoadedValue::Date(days), Type::Date | Type::Timestamp | Type::LocalTimestamp) => Literal::Date(*days),
        (LoadedValue::Timestamp(nanos), Type::Timestamp) => Literal::Timestamp(*nanos),
        (LoadedValue::Timestamp(nanos), Type::LocalTimestamp) => Literal::LocalTimestamp(*nanos),
        _ => return None,
    })
}

/// A cell of a CSV file as a constant of a type.
pub(super) fn of_text(text: &str, ty: &Type) -> Option<Literal> {
    Some(match ty {
        Type::String | Type::Error => Literal::Str(text.to_owned()),
        Type::Int => Literal::Int(int_in_range(text.trim().parse().ok()?)?),
        Type::Float | Type::Decimal | Type::Number => {
            let text = text.trim();
            if parse_decimal(text).is_none() {
                text.parse::<f64>().ok()?;
            }
            number_literal(text)
        }
        Type::Bool => Literal::Bool(match text.trim() {
            "true" => true,
            "false" => false,
            _ => return None,
        }),
        Type::Date => Literal::Date(time::parse_date(text.trim())?),
        Type::Time => Literal::Time(time::parse_time(text.trim())?),
        Type::Timestamp => Literal::Timestamp(time::parse_timestamp(text.trim())?.0),
        Type::LocalTimestamp => Literal::LocalTimestamp(time::parse_timestamp(text.trim()).filter(|(_, has_zone)| !has_zone)?.0),
        _ => return None,
    })
}

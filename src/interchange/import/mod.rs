//! Schemas of other programs as rules, and what of them rules cannot say.
//!
//! At the door: [`import`] and the formats of [`Source::all`]. A new format is a new file and a line in [`ALL`]. What a schema says is never
//! taken for less in silence: each keyword that is left out is told with its place and the reason.

mod facts;
mod field;
mod json_schema;
mod kinds;
mod refs;
mod scalar;
mod text;
mod union;

use serde::Serialize;

use crate::compile::{CompileOptions, RuleSet};
use crate::format::{FormatError, format};

/// Every format, by name.
const ALL: &[&Source] = &[&json_schema::SOURCE];

/// Larger texts are not read.
const MAX_BYTES: usize = 4 << 20;

/// What rules can be made from.
#[derive(Debug)]
pub struct Source {
    /// What it is called.
    pub name: &'static str,
    /// What goes in, in a line.
    pub summary: &'static str,
    read: fn(&str, &ImportOptions) -> Result<Made, ImportError>,
}

/// A rule file in any layout, and what it does not say.
type Made = (String, Vec<Unsaid>);

impl Source {
    /// The format of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|source| source.name == name)
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        ALL.iter().copied()
    }
}

/// What a schema does not say itself.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// The name of the block; that of the schema where left out.
    pub block: Option<String>,
    /// The column that holds the responses; `response` where left out.
    pub column: Option<String>,
}

/// Rules made from a schema.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Imported {
    /// A rule file in canonical layout, which compiles.
    pub rules: String,
    /// What it does not say, in the order of the schema.
    pub residue: Vec<Unsaid>,
}

/// A keyword that rules do not say, or not wholly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Unsaid {
    /// Where it stands, as a JSON pointer (RFC 6901).
    pub pointer: String,
    /// The keyword.
    pub keyword: String,
    /// Why rules do not say it, or what they say instead.
    pub why: String,
}

/// Why nothing was imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The text is no JSON.
    #[error("it is no JSON: {why}")]
    Json {
        /// What is wrong, and where.
        why: String,
    },
    /// The text, or what its references lead to, is too large.
    #[error("it is too large: {what}")]
    TooLarge {
        /// The limit.
        what: String,
    },
    /// The root is not what a response is.
    #[error("a response is an object, and the root of the schema is {what}")]
    Root {
        /// What it is instead.
        what: String,
    },
    /// The rules that were made do not compile: a bug, or a schema that says something very odd.
    #[error("the rules made from it do not compile: {why}")]
    Unsound {
        /// The first diagnostic.
        why: String,
    },
}

impl ImportError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Json { .. } => "give a JSON Schema, as `model_json_schema()` writes it",
            Self::TooLarge { .. } => "give a part of it",
            Self::Root { .. } => "give a schema of `type: object` with `properties`",
            Self::Unsound { .. } => "please report it with the schema",
        }
    }
}

/// Makes rules from a schema.
///
/// # Errors
/// If the text cannot be read, is too large, or describes no object. Whatever else rules cannot say is told in [`Imported::residue`].
///
/// # Example
/// ```
/// use rulegate::interchange::{Source, import};
///
/// let schema = r#"{"title": "Mood", "type": "object", "required": ["score"],
///                  "properties": {"score": {"type": "number", "minimum": -1, "maximum": 1}}}"#;
/// let imported = import(Source::named("json-schema").expect("a format"), schema, &Default::default())?;
/// assert_eq!(imported.rules, "rulegate 1\n\noutput mood from response {\n  score : float between -1 and 1\n}\n");
/// # Ok::<(), rulegate::interchange::ImportError>(())
/// ```
pub fn import(source: &Source, text: &str, options: &ImportOptions) -> Result<Imported, ImportError> {
    if text.len() > MAX_BYTES {
        return Err(ImportError::TooLarge { what: format!("it has more than {MAX_BYTES} bytes") });
    }
    let (rules, residue) = (source.read)(text, options)?;
    let formatted = format(&rules).map_err(|error| match error {
        FormatError::TooLarge { .. } => ImportError::TooLarge { what: "the rules have more bytes than a rule file may".to_owned() },
        other => ImportError::Unsound { why: other.to_string() },
    })?;
    let compiled = RuleSet::compile("imported.rules", &formatted.text, &CompileOptions::default());
    match compiled.diagnostics.iter().find(|diagnostic| diagnostic.is_error()) {
        // A limit of the language, and no fault of the rules.
        Some(error) if error.code.as_str() == "E0601" => Err(ImportError::TooLarge { what: error.message.clone() }),
        Some(error) => Err(ImportError::Unsound { why: error.message.clone() }),
        None => Ok(Imported { rules: formatted.text, residue }),
    }
}

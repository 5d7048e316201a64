//! What can be wrong with structures that somebody else has filled, and where in them.

use std::fmt;

/// Why a batch or a stream was not taken. Whatever had been handed over is released.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A structure is not there: its address is null, or not one at which it could stand.
    #[error("the address of the {what} is null or not aligned: hand over the address of a structure")]
    NoStructure {
        /// `ArrowArray`, `ArrowSchema` or `ArrowArrayStream`.
        what: &'static str,
    },
    /// A structure was imported before, or never filled.
    #[error("the {what} is released: it was imported before, or its producer never filled it")]
    Released {
        /// `ArrowArray`, `ArrowSchema` or `ArrowArrayStream`.
        what: &'static str,
    },
    /// The schema breaks the rules of the interface, or names a type that this Arrow does not have.
    #[error("schema of {place}: {reason}")]
    Schema {
        /// Which part of the schema.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The data breaks the rules of its layout.
    #[error("{place}: {reason}")]
    Data {
        /// Which array of the batch.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The producer of a stream says that it has failed.
    #[error("the stream's {call} failed with code {code}: {message}")]
    Stream {
        /// `get_schema` or `get_next`.
        call: &'static str,
        /// The code it gave, an `errno`.
        code: i32,
        /// What it told about it.
        message: String,
    },
}

/// How much of a name is shown.
const SHOWN_CHARS: usize = 60;

/// A part of a batch: a column, an item of it, the values of a dictionary.
pub(crate) struct Place<'a> {
    above: Option<&'a Place<'a>>,
    name: &'a str,
    /// Whether the name is the data's, not ours.
    quoted: bool,
}

impl<'a> Place<'a> {
    /// The batch.
    pub(crate) const ROOT: Place<'static> = Place { above: None, name: "the batch", quoted: false };

    /// A child with a name of its own.
    pub(crate) fn child(&'a self, name: &'a str) -> Self {
        Self { above: Some(self), name, quoted: true }
    }

    /// A part that has no name in the data.
    pub(crate) fn part(&'a self, name: &'a str) -> Self {
        Self { above: Some(self), name, quoted: false }
    }

    pub(crate) fn schema_error(&self, reason: impl Into<String>) -> Error {
        Error::Schema { place: self.to_string(), reason: reason.into() }
    }

    pub(crate) fn data_error(&self, reason: impl Into<String>) -> Error {
        Error::Data { place: self.to_string(), reason: reason.into() }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(above) = self.above else { return f.write_str(self.name) };
        if above.above.is_some() {
            write!(f, "{above}, ")?;
        } else if self.quoted {
            f.write_str("column ")?;
        }
        if !self.quoted {
            return f.write_str(self.name);
        }
        write!(f, "`{}", self.name.chars().take(SHOWN_CHARS).flat_map(char::escape_debug).collect::<String>())?;
        f.write_str(if self.name.chars().nth(SHOWN_CHARS).is_some() { "…`" } else { "`" })
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_reads_from_the_column_down() {
        let column = Place::ROOT.child("scores");
        assert_eq!(column.to_string(), "column `scores`");
        assert_eq!(column.child("item").part("dictionary").to_string(), "column `scores`, `item`, dictionary");
        let hostile = "a\n".repeat(1_000);
        let hostile = Place::ROOT.child(&hostile).to_string();
        assert!(hostile.len() < 200 && !hostile.contains('\n'), "{hostile}");
    }
}

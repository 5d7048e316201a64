//! References: those into the schema itself are followed, others never.

use crate::interchange::document::Document;

use super::ImportError;

/// Subschemas that are looked at in all: references may lead to the same one again and again.
const MAX_VISITS: usize = 20_000;

/// The schema that references lead into.
pub(super) struct Refs<'a> {
    pub(super) root: &'a Document,
    visits: usize,
}

impl<'a> Refs<'a> {
    pub(super) fn new(root: &'a Document) -> Self {
        Self { root, visits: 0 }
    }

    /// Counts a subschema.
    pub(super) fn visit(&mut self) -> Result<(), ImportError> {
        self.visits += 1;
        if self.visits > MAX_VISITS {
            return Err(ImportError::TooLarge { what: format!("its references lead to more than {MAX_VISITS} schemas") });
        }
        Ok(())
    }

    /// The schema a reference leads to, with its pointer; why there is none otherwise.
    pub(super) fn follow(&self, reference: &str) -> Result<(&'a Document, String), String> {
        let Some(pointer) = reference.strip_prefix('#') else {
            return Err("it leads out of the schema, and nothing is fetched".to_owned());
        };
        let pointer = percent_decoded(pointer).ok_or("it is no JSON pointer")?;
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return Err("it names an anchor; only JSON pointers are followed".to_owned());
        }
        let found = self.root.at(&pointer).ok_or("it leads nowhere")?;
        Ok((found, pointer))
    }
}

/// A URI fragment without its percent signs.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let value = digit(rest.next()?)? * 16 + digit(rest.next()?)?;
        bytes.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(bytes).ok()
}

//! Rules by the names people give them: the id, or the id without its block.

use ahash::HashMap;

use crate::diagnostics::{Code, Diagnostic};
use crate::syntax::ast::Name;

use super::block::id_part;

/// The rules of a block, to be found by name.
pub(crate) struct RuleNames {
    /// Ids without the block, as they are written: no back-ticks.
    short: Vec<String>,
    places: HashMap<String, usize>,
}

impl RuleNames {
    /// The names of rules in their order.
    pub(crate) fn new<'a>(block: &str, ids: impl Iterator<Item = &'a str>) -> Self {
        let plain = |id: &str| id.replace('`', "");
        let prefix = format!("{}.", plain(&id_part(block)));
        let (mut short, mut places) = (Vec::new(), HashMap::default());
        for (place, id) in ids.map(plain).enumerate() {
            let own = id.strip_prefix(&prefix).unwrap_or(&id).to_owned();
            places.entry(own.clone()).or_insert(place);
            places.entry(id).or_insert(place);
            short.push(own);
        }
        Self { short, places }
    }

    /// The place of the rule that a path names.
    ///
    /// # Errors
    /// There is none: what to write instead.
    pub(crate) fn find(&self, path: &[Name]) -> Result<usize, Box<Diagnostic>> {
        let written = written(path);
        if let Some(place) = self.places.get(&written) {
            return Ok(*place);
        }
        let (Some(first), Some(last)) = (path.first(), path.last()) else { return Ok(0) };
        let diagnostic = Diagnostic::new(Code::UnknownName, format!("this block has no rule `{written}`"), first.span.to(last.span));
        let of_field: Vec<&str> = self.short.iter().map(String::as_str).filter(|id| id.starts_with(&format!("{written}."))).collect();
        let diagnostic = match of_field.as_slice() {
            [] => diagnostic.did_you_mean(&written, self.short.iter().map(String::as_str)),
            rules => diagnostic.help(format!("name one rule of the field: {}", rules.join(", "))),
        };
        Err(Box::new(if diagnostic.help.is_some() {
            diagnostic
        } else {
            diagnostic.help("name a rule by its id without the block: `amount.range`, or the name after `rule`")
        }))
    }
}

/// A path as it is written, without back-ticks.
pub(crate) fn written(path: &[Name]) -> String {
    path.iter().map(|part| part.node.as_str()).collect::<Vec<_>>().join(".")
}

//! How large a schema is, against what its target takes.

use crate::interchange::document::Document;
use crate::interchange::targets::Limits;

use super::{Loss, Residue};

#[derive(Default)]
struct Size {
    properties: usize,
    depth: usize,
    characters: usize,
    enum_values: usize,
    optional: usize,
    unions: usize,
}

/// The limits that a schema goes past.
pub(super) fn exceeded(schema: &Document, limits: &Limits, target: &str) -> Vec<Residue> {
    let mut size = Size::default();
    size.measure(schema, 1);
    let all = [
        (size.properties, limits.properties, "properties"),
        (size.depth, limits.depth, "levels of objects"),
        (size.characters, limits.characters, "characters in names and values"),
        (size.enum_values, limits.enum_values, "values in enums"),
        (size.optional, limits.optional, "properties that may be absent"),
        (size.unions, limits.unions, "properties of more than one type"),
    ];
    let past = all.into_iter().filter_map(|(found, limit, what)| Some((found, limit.filter(|limit| found > *limit)?, what)));
    past.map(|(found, limit, what)| Residue {
        pointer: String::new(),
        loss: Loss::Refused,
        rule: None,
        asks: String::new(),
        why: format!("{target} takes {limit} {what}, and these are {found}"),
    })
    .collect()
}

impl Size {
    fn measure(&mut self, schema: &Document, depth: usize) {
        if let Some(properties) = schema.get("properties") {
            self.depth = self.depth.max(depth);
            let required = schema.get("required").map(Document::items).unwrap_or_default();
            for (name, place) in properties.members() {
                self.properties += 1;
                self.characters += name.chars().count();
                self.optional += usize::from(!required.iter().any(|required| required.as_str() == Some(name)));
                let union = place.get("anyOf").is_some() || matches!(place.get("type"), Some(Document::Array(_)));
                self.unions += usize::from(union);
                self.measure(place, depth + 1);
            }
        }
        let values = schema.get("enum").map(Document::items).unwrap_or_default();
        self.enum_values += values.len();
        self.characters +=
            values.iter().chain(schema.get("const")).filter_map(Document::as_str).map(|text| text.chars().count()).sum::<usize>();
        schema
            .get("items")
            .into_iter()
            .chain(schema.get("anyOf").map(Document::items).unwrap_or_default())
            .for_each(|inner| self.measure(inner, depth));
    }
}

//! Which JSON types and values a schema leaves.

use crate::interchange::document::Document;

use super::facts::Facts;

/// The JSON types a value may have, null aside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Bool,
    Integer,
    Number,
    String,
    Array,
    Object,
}

/// The types that are left, and whether null is one.
pub(super) fn types(facts: &Facts<'_>) -> (Vec<Kind>, bool) {
    let mut left: Option<Vec<&str>> = None;
    for fact in facts.of("type") {
        let named: Vec<&str> = match fact.value {
            Document::String(name) => vec![name],
            other => other.items().iter().filter_map(Document::as_str).collect(),
        };
        left = Some(match left {
            None => named,
            Some(left) => left
                .into_iter()
                .filter_map(|name| match name {
                    "number" if !named.contains(&"number") && named.contains(&"integer") => Some("integer"),
                    "integer" if named.contains(&"number") => Some("integer"),
                    name => named.contains(&name).then_some(name),
                })
                .collect(),
        });
    }
    let left = left.unwrap_or_else(|| implied(facts));
    let kinds = left.iter().filter_map(|name| kind(name)).collect();
    (kinds, left.contains(&"null"))
}

fn kind(name: &str) -> Option<Kind> {
    Some(match name {
        "boolean" => Kind::Bool,
        "integer" => Kind::Integer,
        "number" => Kind::Number,
        "string" => Kind::String,
        "array" => Kind::Array,
        "object" => Kind::Object,
        _ => return None,
    })
}

/// The type of a schema that does not say it: that of its values, or the one its keywords speak of.
fn implied(facts: &Facts<'_>) -> Vec<&'static str> {
    if let Some(values) = values(facts) {
        let mut names: Vec<&str> = values
            .iter()
            .map(|value| match value {
                Document::Null => "null",
                Document::Bool(_) => "boolean",
                Document::Number(number) if number.is_f64() => "number",
                Document::Number(_) => "integer",
                Document::String(_) => "string",
                Document::Array(_) => "array",
                Document::Object(_) => "object",
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        return names;
    }
    let implied: [(&str, &[&str]); 4] = [
        ("object", &["properties", "required"]),
        ("array", &["items", "prefixItems", "minItems", "maxItems", "uniqueItems"]),
        ("string", &["minLength", "maxLength", "pattern", "contentEncoding"]),
        ("number", &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]),
    ];
    implied.into_iter().filter(|(_, keywords)| facts.has(keywords)).map(|(name, _)| name).collect()
}

/// The values that `enum` and `const` leave.
pub(super) fn values<'a>(facts: &Facts<'a>) -> Option<Vec<&'a Document>> {
    let mut left: Option<Vec<&'a Document>> = None;
    for fact in facts.all.iter().filter(|fact| matches!(fact.keyword, "enum" | "const")) {
        let own: Vec<&Document> = if fact.keyword == "const" { vec![fact.value] } else { fact.value.items().iter().collect() };
        left = Some(match left {
            None => own,
            Some(left) => left.into_iter().filter(|value| own.contains(value)).collect(),
        });
    }
    left
}

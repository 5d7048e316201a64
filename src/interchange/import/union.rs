//! `anyOf` and `oneOf`: null beside a type, variants by discriminator, and little else.

use crate::interchange::document::Document;

use super::facts::{Facts, gather};
use super::field::{Place, Reader, Value};
use super::{ImportError, text};

impl<'a> Reader<'a> {
    /// A value of one of several schemas.
    pub(super) fn alternatives(&mut self, facts: &Facts<'a>, place: &Place<'_>) -> Result<Option<Value>, ImportError> {
        let unions: Vec<_> = facts.all.iter().filter(|fact| matches!(fact.keyword, "anyOf" | "oneOf")).cloned().collect();
        let [union] = unions.as_slice() else {
            self.unsaid(place.pointer, "allOf", "several `anyOf` and `oneOf` at one place cannot be declared: the field is left out");
            self.leave_out();
            return Ok(None);
        };
        let rest = Facts { all: facts.all.iter().filter(|fact| fact.keyword != union.keyword).cloned().collect(), ..facts.clone() };
        let (mut branches, mut nullable) = (Vec::new(), false);
        for (index, schema) in union.value.items().iter().enumerate() {
            let pointer = format!("{}/{index}", union.place());
            let branch = gather(schema, &pointer, &facts.open, &mut self.refs, &mut self.residue)?;
            if is_null(&branch) {
                nullable = true;
            } else {
                branches.push((pointer, branch));
            }
        }
        let value = match branches.len() {
            0 => None,
            1 => branches.pop().map(|(pointer, branch)| self.only(branch, &rest, &pointer, place)).transpose()?.flatten(),
            _ => self.several(&branches, &union.place(), place)?,
        };
        if value.is_none() && branches.is_empty() && union.value.items().is_empty() {
            self.unsaid(&union.pointer, union.keyword, "it has no alternatives");
            self.leave_out();
        }
        Ok(value.map(|mut value| {
            value.nullable |= nullable;
            value
        }))
    }

    /// The one type that stands beside null, with what is said of both.
    fn only(&mut self, branch: Facts<'a>, rest: &Facts<'a>, pointer: &str, place: &Place<'_>) -> Result<Option<Value>, ImportError> {
        let all = branch.all.iter().chain(&rest.all).cloned().collect();
        let facts = Facts { all, docs: rest.docs.or(branch.docs), ..branch };
        self.of_facts(facts, &Place { pointer, ..place.clone() })
    }

    fn several(&mut self, branches: &[(String, Facts<'a>)], pointer: &str, place: &Place<'_>) -> Result<Option<Value>, ImportError> {
        if let Some(broken) = branches.iter().find_map(|(_, facts)| facts.broken.clone()) {
            self.unsaid(&broken.pointer, &broken.keyword, &broken.why);
            self.leave_out();
            return Ok(None);
        }
        if let Some(tag) = discriminator(branches) {
            return self.variants(branches, &tag, place);
        }
        let names: Vec<Option<&str>> = branches.iter().map(|(_, facts)| facts.first("type").and_then(|fact| fact.value.as_str())).collect();
        let plain = |index: usize| branches.get(index).is_some_and(|(_, facts)| facts.all.len() == 1);
        match names.as_slice() {
            [Some("integer"), Some("number")] | [Some("number"), Some("integer")] if plain(0) && plain(1) => {
                return Ok(Some(Value::plain("float")));
            }
            // Pydantic's Decimal.
            [Some("number"), Some("string")] if branches.get(1).is_some_and(|(_, facts)| facts.has(&["pattern"])) => {
                self.unsaid(
                    pointer,
                    "anyOf",
                    "it is a `decimal` that takes texts of numbers (`@coerce`); its pattern and bounds are not read",
                );
                return Ok(Some(Value::coerced("decimal")));
            }
            _ => {}
        }
        self.unsaid(pointer, "anyOf", "alternatives that no key tells apart cannot be declared: the field is left out");
        self.leave_out();
        Ok(None)
    }

    fn variants(&mut self, branches: &[(String, Facts<'a>)], tag: &str, place: &Place<'_>) -> Result<Option<Value>, ImportError> {
        let Some(written) = text::name(tag) else {
            self.unsaid(place.pointer, "oneOf", "the name of its discriminator cannot be written in a rule file");
            self.leave_out();
            return Ok(None);
        };
        let mut variants = Vec::new();
        for (pointer, facts) in branches {
            let value = tag_value(facts, tag).unwrap_or_default();
            let path = place.path.as_ref().zip(text::name(value)).map(|(path, name)| format!("{path}.{name}"));
            let inner = Place {
                pointer: facts.open.last().filter(|_| facts.all.first().is_some_and(|fact| fact.pointer != *pointer)).unwrap_or(pointer),
                path,
                depth: place.depth + 1,
            };
            let members = self.members(facts, &inner, Some(tag))?;
            let members: Vec<String> = members.iter().map(|member| format!("{}: {}", member.name, member.body)).collect();
            variants.push(format!("{}: {{ {} }}", text::string(value), members.join(", ")));
        }
        Ok(Some(Value::plain(&format!("one_of({written}) {{ {} }}", variants.join(", ")))))
    }
}

fn is_null(facts: &Facts<'_>) -> bool {
    let by_type = facts.first("type").is_some_and(|fact| fact.value.as_str() == Some("null"));
    let by_value = facts.first("const").is_some_and(|fact| *fact.value == Document::Null);
    by_type || by_value
}

/// The key whose constant tells the alternatives apart.
fn discriminator(branches: &[(String, Facts<'_>)]) -> Option<String> {
    let (_, first) = branches.first()?;
    let mut names = first.of("properties").flat_map(|fact| fact.value.members()).map(|(name, _)| name);
    let name = names.find(|name| {
        let values: Vec<Option<&str>> = branches.iter().map(|(_, facts)| tag_value(facts, name)).collect();
        let mut different: Vec<&str> = values.iter().flatten().copied().collect();
        different.sort_unstable();
        different.dedup();
        // A variant cannot have the name of the discriminator itself.
        different.len() == values.len() && !different.contains(&name.as_str())
    })?;
    Some(name.clone())
}

fn tag_value<'a>(facts: &Facts<'a>, name: &str) -> Option<&'a str> {
    let schema = facts.of("properties").find_map(|fact| fact.value.get(name))?;
    match (schema.get("const"), schema.get("enum").map(Document::items)) {
        (Some(only), _) => only.as_str(),
        (None, Some([only])) => only.as_str(),
        _ => None,
    }
}

//! What a schema says of a value, as a type and constraints.

use std::collections::BTreeMap;

use crate::interchange::document::{Document, pointer_part};

use super::facts::{Facts, gather};
use super::kinds::{Kind, types, values};
use super::refs::Refs;
use super::scalar::{count, length};
use super::{ImportError, Unsaid, text};

/// Values nested deeper than this are not declared.
const MAX_NESTING: usize = 24;

/// A field or member as it is declared.
pub(super) struct Member {
    pub(super) docs: String,
    pub(super) name: String,
    pub(super) body: String,
}

/// A type with what is asked of its values.
pub(super) struct Value {
    pub(super) ty: String,
    pub(super) nullable: bool,
    pub(super) attribute: Option<&'static str>,
    pub(super) constraints: Vec<Constraint>,
    docs: Option<String>,
}

/// A constraint, and the word its id ends in.
pub(super) struct Constraint {
    kind: String,
    text: String,
}

/// Where a value stands.
#[derive(Clone)]
pub(super) struct Place<'p> {
    pub(super) pointer: &'p str,
    /// The expression that reads it; none for items.
    pub(super) path: Option<String>,
    pub(super) depth: usize,
}

/// Reads schemas.
pub(super) struct Reader<'a> {
    pub(super) refs: Refs<'a>,
    pub(super) residue: Vec<Unsaid>,
    /// Objects that say `additionalProperties: false`, and those that do not.
    closed: Vec<String>,
    open: Vec<String>,
    /// Keys that are not declared.
    undeclared: bool,
}

impl Value {
    pub(super) fn new(ty: impl Into<String>) -> Self {
        Self { ty: ty.into(), nullable: false, attribute: None, constraints: Vec::new(), docs: None }
    }

    pub(super) fn coerced(ty: &str) -> Self {
        Self { attribute: Some("@coerce"), ..Self::new(ty) }
    }

    pub(super) fn ask(&mut self, kind: &str, text: String) {
        self.constraints.push(Constraint { kind: kind.to_owned(), text });
    }

    fn typed(&self) -> String {
        format!("{}{}", self.ty, if self.nullable { "?" } else { "" })
    }

    /// The type with all that follows it. Rules of one kind are told apart by names.
    fn body(&self) -> String {
        let mut out = self.typed();
        out.extend(self.attribute.map(|attribute| format!(" {attribute}")));
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        if self.ty.starts_with("enum(") {
            seen.insert("enum", 1);
        }
        for (index, constraint) in self.constraints.iter().enumerate() {
            let count = seen.entry(&constraint.kind).or_default();
            *count += 1;
            out.push_str(if index > 0 { ", " } else { " " });
            out.push_str(&constraint.text);
            if *count > 1 {
                let last = constraint.kind.rsplit('.').next().unwrap_or("rule");
                out.push_str(&format!(" @name({last}_{count})"));
            }
        }
        out
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(refs: Refs<'a>, residue: Vec<Unsaid>) -> Self {
        Self { refs, residue, closed: Vec::new(), open: Vec::new(), undeclared: false }
    }

    /// The fields of the root.
    pub(super) fn root(&mut self, facts: &Facts<'a>) -> Result<Vec<Member>, ImportError> {
        let place = Place { pointer: facts.open.last().map_or("", String::as_str), path: Some(String::new()), depth: 0 };
        self.members(facts, &place, None)
    }

    /// Whether the block is closed; where that cannot be said, it is told.
    pub(super) fn closed(&mut self) -> bool {
        let all = self.open.is_empty() && !self.undeclared;
        if !all {
            let why = if self.open.is_empty() {
                "`@closed` would refuse the keys that are not declared here".to_owned()
            } else {
                format!("`@closed` closes every object of the response, and {} is open", shown(self.open.first()))
            };
            let closed = std::mem::take(&mut self.closed);
            for pointer in closed {
                self.unsaid(&pointer, "additionalProperties", &why);
            }
        }
        all && !self.closed.is_empty()
    }

    pub(super) fn unsaid(&mut self, pointer: &str, keyword: &str, why: &str) {
        let new = Unsaid { pointer: pointer.to_owned(), keyword: keyword.to_owned(), why: why.to_owned() };
        // One schema may be led to by many references.
        if !self.residue.contains(&new) {
            self.residue.push(new);
        }
    }

    pub(super) fn unsaid_facts(&mut self, facts: &Facts<'_>, keywords: &[&str], why: &str) {
        for fact in facts.all.iter().filter(|fact| keywords.contains(&fact.keyword)) {
            self.unsaid(&fact.pointer, fact.keyword, why);
        }
    }

    /// The members of an object; `tag` is one that is declared elsewhere.
    pub(super) fn members(&mut self, facts: &Facts<'a>, place: &Place<'_>, tag: Option<&str>) -> Result<Vec<Member>, ImportError> {
        let required: Vec<&str> = facts.of("required").flat_map(|fact| fact.value.items()).filter_map(Document::as_str).collect();
        let mut members: Vec<Member> = Vec::new();
        let mut known: Vec<&str> = Vec::new();
        for fact in facts.of("properties") {
            for (name, schema) in fact.value.members() {
                let pointer = format!("{}/{}", fact.place(), pointer_part(name));
                if Some(name.as_str()) == tag {
                    known.push(name);
                    continue;
                }
                if known.contains(&name.as_str()) {
                    self.unsaid(&pointer, "properties", "the property is described twice, and the first description holds");
                    continue;
                }
                known.push(name);
                let Some(written) = text::name(name) else {
                    self.undeclared(&pointer, "properties", "its name cannot be written in a rule file");
                    continue;
                };
                let path = place.path.as_ref().map(|path| if path.is_empty() { written.clone() } else { format!("{path}.{written}") });
                let inner = Place { pointer: &pointer, path, depth: place.depth + 1 };
                if let Some(value) = self.value(schema, &facts.open, &inner)? {
                    let member = self.member(written, value, required.contains(&name.as_str()), &inner);
                    members.push(member);
                }
            }
        }
        for name in required.iter().filter(|name| !known.contains(name)) {
            self.undeclared(place.pointer, "required", &format!("`{}` is required and not described", name.escape_debug()));
        }
        self.additional(facts, place);
        Ok(members)
    }

    fn member(&mut self, name: String, mut value: Value, required: bool, place: &Place<'_>) -> Member {
        match (required, value.nullable) {
            (false, false) => self.unsaid(place.pointer, "required", "what may be absent may be null too (`?`)"),
            (true, true) => self.unsaid(place.pointer, "required", "what may be null may be absent too (`?`)"),
            _ => {}
        }
        value.nullable |= !required;
        let mut docs = String::new();
        if let Some(text) = &value.docs {
            if place.depth == 1 {
                docs = text::docs(text);
            } else {
                self.unsaid(place.pointer, "description", "members of objects have no docs of their own");
            }
        }
        Member { docs, name, body: value.body() }
    }

    /// Notes that a key is not declared, for a reason that has been told.
    pub(super) fn leave_out(&mut self) {
        self.undeclared = true;
    }

    fn undeclared(&mut self, pointer: &str, keyword: &str, why: &str) {
        self.undeclared = true;
        self.unsaid(pointer, keyword, why);
    }

    /// Keys beside the described ones.
    fn additional(&mut self, facts: &Facts<'a>, place: &Place<'_>) {
        let mut closed = false;
        for fact in facts.of("additionalProperties") {
            match fact.value {
                Document::Bool(false) => closed = true,
                Document::Bool(true) => {}
                _ => self.unsaid(&fact.pointer, fact.keyword, "keys beside the declared ones are not looked at"),
            }
        }
        (if closed { &mut self.closed } else { &mut self.open }).push(place.pointer.to_owned());
    }

    /// A value; none where no type can hold it, which is told.
    pub(super) fn value(&mut self, schema: &'a Document, open: &[String], place: &Place<'_>) -> Result<Option<Value>, ImportError> {
        if place.depth > MAX_NESTING {
            self.undeclared(place.pointer, "properties", &format!("it is nested deeper than {MAX_NESTING} levels, and not declared"));
            return Ok(None);
        }
        let facts = gather(schema, place.pointer, open, &mut self.refs, &mut self.residue)?;
        self.of_facts(facts, place)
    }

    pub(super) fn of_facts(&mut self, facts: Facts<'a>, place: &Place<'_>) -> Result<Option<Value>, ImportError> {
        if let Some(broken) = &facts.broken {
            self.undeclared(&broken.pointer, &broken.keyword, &broken.why);
            return Ok(None);
        }
        let docs = facts.docs.map(str::to_owned);
        let value = if facts.has(&["anyOf", "oneOf"]) { self.alternatives(&facts, place)? } else { self.single(&facts, place)? };
        Ok(value.map(|value| Value { docs: docs.or(value.docs), ..value }))
    }

    fn single(&mut self, facts: &Facts<'a>, place: &Place<'_>) -> Result<Option<Value>, ImportError> {
        let (kinds, mut nullable) = types(facts);
        let values = values(facts);
        if let Some(values) = &values {
            nullable &= values.iter().any(|value| **value == Document::Null);
        }
        let kind = match kinds.as_slice() {
            [kind] => Some(*kind),
            [Kind::Integer, Kind::Number] | [Kind::Number, Kind::Integer] => Some(Kind::Number),
            _ => None,
        };
        let Some(kind) = kind else {
            let why = if kinds.is_empty() {
                "a value of any type cannot be declared: the field is left out"
            } else {
                "a value of several types cannot be declared: the field is left out"
            };
            self.undeclared(place.pointer, "type", why);
            return Ok(None);
        };
        let value = match kind {
            Kind::Bool => Some(Value::new("bool")),
            Kind::Integer | Kind::Number => Some(self.number(facts, kind)),
            Kind::String => Some(self.string(facts)),
            Kind::Array => self.array(facts, place)?,
            Kind::Object => self.object(facts, place)?,
        };
        let Some(mut value) = value else { return Ok(None) };
        value.nullable = nullable;
        if let Some(values) = values {
            self.one_of(&mut value, facts, &values, kind);
        }
        self.none_of(&mut value, facts);
        Ok(Some(value))
    }

    fn array(&mut self, facts: &Facts<'a>, place: &Place<'_>) -> Result<Option<Value>, ImportError> {
        let (least, mut most) = (count(facts, "minItems", u64::max), count(facts, "maxItems", u64::min));
        let tuple = facts.first("prefixItems").map(|fact| (fact.place(), fact.value.items()));
        let (schema, pointer) = match (&tuple, facts.first("items")) {
            (Some((pointer, [first, rest @ ..])), items) => {
                let same = rest.iter().all(|item| without_notes(item) == without_notes(first));
                let length = u64::try_from(rest.len() + 1).unwrap_or(u64::MAX);
                let ends = most == Some(length) || items.is_some_and(|items| *items.value == Document::Bool(false));
                if !same || !ends {
                    self.undeclared(pointer, "prefixItems", "items of different types cannot be declared: the field is left out");
                    return Ok(None);
                }
                most = Some(length);
                (first, format!("{pointer}/0"))
            }
            (None, Some(items)) if !matches!(items.value, Document::Bool(_)) => (items.value, items.place()),
            _ => {
                self.undeclared(place.pointer, "items", "a list of anything cannot be declared: the field is left out");
                return Ok(None);
            }
        };
        let item_place = Place { pointer: &pointer, path: None, depth: place.depth + 1 };
        let Some(item) = self.value(schema, &facts.open, &item_place)? else { return Ok(None) };
        if item.docs.is_some() {
            self.unsaid(&pointer, "description", "items of lists have no docs of their own");
        }
        if item.attribute.is_some() {
            self.unsaid(&pointer, "anyOf", "`@coerce` stands on fields, not on items");
        }
        let mut value = Value::new(format!("list<{}>", item.typed()));
        length(&mut value, least, most);
        if facts.of("uniqueItems").any(|fact| *fact.value == Document::Bool(true)) {
            match place.path.as_ref().filter(|_| item.comparable()) {
                Some(path) => value.ask("distinct_count", format!("distinct_count = length({path})")),
                None => self.unsaid_facts(
                    facts,
                    &["uniqueItems"],
                    "lists within items, and items that are lists or objects, cannot be asked for this",
                ),
            }
        }
        for constraint in item.constraints {
            value.ask(&format!("each.{}", constraint.kind), format!("each {}", constraint.text));
        }
        Ok(Some(value))
    }

    fn object(&mut self, facts: &Facts<'a>, place: &Place<'_>) -> Result<Option<Value>, ImportError> {
        if facts.has(&["properties"]) {
            let members = self.members(facts, place, None)?;
            return Ok(Some(Value::new(structure(&members))));
        }
        let values = facts.of("additionalProperties").find(|fact| !matches!(fact.value, Document::Bool(_)));
        let Some(values) = values else {
            self.undeclared(place.pointer, "type", "an object of any keys and values cannot be declared: the field is left out");
            return Ok(None);
        };
        let pointer = values.place();
        let inner = Place { pointer: &pointer, path: None, depth: place.depth + 1 };
        let Some(value) = self.value(values.value, &facts.open, &inner)? else { return Ok(None) };
        if value.docs.is_some() {
            self.unsaid(&pointer, "description", "values of maps have no docs of their own");
        }
        if value.attribute.is_some() {
            self.unsaid(&pointer, "anyOf", "`@coerce` stands on fields, not on values of maps");
        }
        let mut map = Value::new(format!("map<string, {}>", value.typed()));
        for constraint in value.constraints {
            map.ask(&format!("each.{}", constraint.kind), format!("each {}", constraint.text));
        }
        Ok(Some(map))
    }
}

impl Value {
    /// Whether its values are single ones, which can be compared.
    pub(super) fn comparable(&self) -> bool {
        let ty = &self.ty;
        !["list<", "map<", "struct", "one_of", "binary"].iter().any(|begin| ty.starts_with(begin))
    }
}

/// An object as a type.
pub(super) fn structure(members: &[Member]) -> String {
    let members: Vec<String> = members.iter().map(|member| format!("{}: {}", member.name, member.body)).collect();
    format!("struct {{ {} }}", members.join(", "))
}

fn shown(pointer: Option<&String>) -> String {
    match pointer.map(String::as_str) {
        None | Some("") => "the root".to_owned(),
        Some(pointer) => format!("`{pointer}`"),
    }
}

/// A schema without its title and description.
fn without_notes(schema: &Document) -> Vec<&(String, Document)> {
    schema.members().iter().filter(|(keyword, _)| !matches!(keyword.as_str(), "title" | "description")).collect()
}

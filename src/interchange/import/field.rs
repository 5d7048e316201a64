//! What a schema says of a value, as a type and constraints.

use std::collections::BTreeMap;

use crate::interchange::document::{Document, pointer_part};
use crate::interchange::export::{BASE64, LOCAL_TIMESTAMP, TIME};
use crate::interchange::number::Bound;
use crate::interchange::pattern;

use super::facts::{Fact, Facts, gather};
use super::refs::Refs;
use super::{ImportError, Unsaid, text};

/// Values nested deeper than this are not declared.
const MAX_NESTING: usize = 24;
/// Enums of more values are no types.
const MAX_VALUES: usize = 5_000;

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

/// The JSON types a value may have, null aside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Bool,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl Value {
    fn new(ty: impl Into<String>) -> Self {
        Self { ty: ty.into(), nullable: false, attribute: None, constraints: Vec::new(), docs: None }
    }

    pub(super) fn plain(ty: &str) -> Self {
        Self::new(ty)
    }

    pub(super) fn coerced(ty: &str) -> Self {
        Self { attribute: Some("@coerce"), ..Self::new(ty) }
    }

    fn ask(&mut self, kind: &str, text: String) {
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

    fn unsaid_facts(&mut self, facts: &Facts<'_>, keywords: &[&str], why: &str) {
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

    /// `enum` and `const`.
    fn one_of(&mut self, value: &mut Value, facts: &Facts<'a>, values: &[&Document], kind: Kind) {
        let fits = |value: &&&Document| {
            matches!(
                (kind, value),
                (Kind::Bool, Document::Bool(_)) | (Kind::Integer | Kind::Number, Document::Number(_)) | (Kind::String, Document::String(_))
            )
        };
        let mut written: Vec<String> = Vec::new();
        for literal in values.iter().filter(fits).filter_map(|value| text::literal(value)) {
            if !written.contains(&literal) {
                written.push(literal);
            }
        }
        let why = match (kind, written.len()) {
            (Kind::Array | Kind::Object, _) => Some("lists and objects cannot be compared with constants".to_owned()),
            (_, 0) => Some("no value is left that fits the type".to_owned()),
            (_, count) if count > MAX_VALUES => {
                Some(format!("{count} values are too many for a rule file: `set … from \"file\"` reads them from a file"))
            }
            _ => None,
        };
        if let Some(why) = why {
            return self.unsaid_facts(facts, &["enum", "const"], &why);
        }
        match (kind, written.as_slice()) {
            (Kind::Bool, [_, _]) => {}
            (_, [only]) => value.ask("range", format!("= {only}")),
            (Kind::String, many) if value.ty == "string" => value.ty = format!("enum({})", many.join(", ")),
            (_, many) => value.ask("enum", format!("in ({})", many.join(", "))),
        }
    }

    /// `not` of some values; no other.
    fn none_of(&mut self, value: &mut Value, facts: &Facts<'a>) {
        for fact in facts.of("not") {
            let values: Option<Vec<String>> = match fact.value.members() {
                [(keyword, values)] if keyword == "enum" => values.items().iter().map(text::literal).collect(),
                [(keyword, only)] if keyword == "const" => text::literal(only).map(|only| vec![only]),
                _ => None,
            };
            match values.filter(|values| !values.is_empty() && value.comparable()) {
                Some(values) => value.ask("enum", format!("not in ({})", values.join(", "))),
                None => self.unsaid(&fact.pointer, "not", "only values can be shut out: `not in (…)`"),
            }
        }
    }

    fn string(&mut self, facts: &Facts<'a>) -> Value {
        let mut value = Value::new("string");
        let mut patterns: Vec<&Fact<'a>> = facts.of("pattern").collect();
        for fact in facts.of("contentEncoding") {
            if fact.value.as_str() == Some("base64") {
                value.ty = "binary".to_owned();
                patterns.retain(|fact| fact.value.as_str() != Some(BASE64));
            } else {
                self.unsaid(&fact.pointer, fact.keyword, "only base64 is known (`binary`)");
            }
        }
        for (known, ty) in [(TIME, "time"), (LOCAL_TIMESTAMP, "timestamp(local)")] {
            if patterns.iter().any(|fact| fact.value.as_str() == Some(known)) {
                value.ty = ty.to_owned();
                patterns.retain(|fact| fact.value.as_str() != Some(known));
            }
        }
        for fact in facts.of("format") {
            self.format(&mut value, fact);
        }
        if value.ty != "string" {
            self.unsaid_facts(facts, &["minLength", "maxLength"], &format!("a value of type `{}` has no length", value.ty));
            for fact in patterns {
                self.unsaid(&fact.pointer, "pattern", &format!("a value of type `{}` is no text", value.ty));
            }
            return value;
        }
        length(&mut value, count(facts, "minLength", u64::max), count(facts, "maxLength", u64::min));
        for fact in patterns {
            match fact.value.as_str().ok_or_else(|| "a pattern is a text".to_owned()).and_then(matching) {
                Ok(text) => value.ask(if text.starts_with("matches") { "regex" } else { "contains_match" }, text),
                Err(why) => self.unsaid(&fact.pointer, "pattern", &why),
            }
        }
        value
    }

    fn format(&mut self, value: &mut Value, fact: &Fact<'a>) {
        let (ty, constraint, less) = match fact.value.as_str().unwrap_or_default() {
            "date" => ("date", None, None),
            "date-time" => ("timestamp", None, None),
            "time" => ("time", None, Some("a time of day has no offset here")),
            "duration" => ("duration", None, Some("durations in years and months are refused here")),
            "uuid" => ("string", Some("is_uuid"), None),
            "ipv4" => ("string", Some("is_ipv4"), None),
            "ipv6" => ("string", Some("is_ipv6"), None),
            "email" => ("string", Some("is_email"), None),
            "uri" => ("string", Some("is_url"), None),
            "binary" | "byte" | "password" => return,
            other => {
                let why = format!("the format `{}` is not known", other.escape_debug());
                return self.unsaid(&fact.pointer, "format", &why);
            }
        };
        if ty != "string" && value.ty == "string" {
            value.ty = ty.to_owned();
        }
        if let Some(constraint) = constraint.filter(|_| value.ty == "string") {
            value.ask(constraint, constraint.to_owned());
        }
        if let Some(less) = less {
            self.unsaid(&fact.pointer, "format", less);
        }
    }

    fn number(&mut self, facts: &Facts<'a>, kind: Kind) -> Value {
        let mut value = Value::new(if kind == Kind::Integer { "int" } else { "float" });
        let mut bound = |keyword: &str, most: bool| {
            let mut best: Option<Bound> = None;
            for fact in facts.of(keyword) {
                let Document::Number(number) = fact.value else {
                    self.unsaid(&fact.pointer, fact.keyword, "it is no number; the flags of draft 4 are not read");
                    continue;
                };
                let new = Bound { value: number.clone(), exclusive: keyword.starts_with("exclusive") };
                let tighter = best.as_ref().is_none_or(|best| new.order(best).is_lt() == most);
                best = if tighter { Some(new) } else { best };
            }
            best
        };
        let (low, high) = (bound("minimum", false), bound("maximum", true));
        let (above, below) = (bound("exclusiveMinimum", false), bound("exclusiveMaximum", true));
        let (mut above, mut below) = (above, below);
        let mut by: Vec<&Fact<'a>> = facts.of("multipleOf").collect();
        if let Some((place, scale)) = by.iter().enumerate().find_map(|(place, by)| Some((place, scale(by.value)?)))
            && kind == Kind::Number
        {
            by.remove(place);
            let whole = above.as_ref().and_then(|above| power(&above.negative())).or_else(|| below.as_ref().and_then(power));
            let whole = whole.filter(|whole| whole + scale <= 38);
            value.ty = format!("decimal({}, {scale})", whole.map_or(38, |whole| whole + scale));
            if let Some(limit) = whole.map(Bound::power_of_ten) {
                above = above.filter(|above| !above.order(&limit.negative()).is_eq());
                below = below.filter(|below| !below.order(&limit).is_eq());
            }
        }
        range(&mut value, low, high, above, below);
        for fact in by {
            match whole(fact.value) {
                Some(by) if by > 0 => value.ask("mod", format!("mod({by}) = 0")),
                _ => self.unsaid(
                    &fact.pointer,
                    "multipleOf",
                    "only multiples of whole numbers can be asked for; a `decimal(p, s)` has so many digits",
                ),
            }
        }
        value
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
        for constraint in &value.constraints {
            self.unsaid(&pointer, constraint.keyword(), &format!("values of a map have a type and no constraints: `{}`", constraint.text));
        }
        if value.docs.is_some() {
            self.unsaid(&pointer, "description", "values of maps have no docs of their own");
        }
        if value.ty.starts_with("enum(") {
            self.unsaid(&pointer, "enum", "values of a map have a type and no constraints");
            return Ok(Some(Value::new(format!("map<string, string{}>", if value.nullable { "?" } else { "" }))));
        }
        Ok(Some(Value::new(format!("map<string, {}>", value.typed()))))
    }
}

impl Constraint {
    fn keyword(&self) -> &str {
        self.text.split([' ', '(']).next().unwrap_or("constraint")
    }
}

impl Value {
    /// Whether its values are single ones, which can be compared.
    fn comparable(&self) -> bool {
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

/// The types that are left, and whether null is one.
fn types(facts: &Facts<'_>) -> (Vec<Kind>, bool) {
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
fn values<'a>(facts: &Facts<'a>) -> Option<Vec<&'a Document>> {
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

fn count(facts: &Facts<'_>, keyword: &str, pick: fn(u64, u64) -> u64) -> Option<u64> {
    facts.of(keyword).filter_map(|fact| fact.value.as_count()).reduce(pick)
}

fn length(value: &mut Value, least: Option<u64>, most: Option<u64>) {
    let least = least.filter(|least| *least > 0);
    match (least, most) {
        (Some(least), Some(most)) if least == most => value.ask("length", format!("length = {least}")),
        (Some(least), Some(most)) if least < most => value.ask("length", format!("length between {least} and {most}")),
        _ => {
            least.into_iter().for_each(|least| value.ask("length", format!("length >= {least}")));
            most.into_iter().for_each(|most| value.ask("length", format!("length <= {most}")));
        }
    }
}

fn range(value: &mut Value, low: Option<Bound>, high: Option<Bound>, above: Option<Bound>, below: Option<Bound>) {
    let int64 = (i128::from(i64::MIN), i128::from(i64::MAX));
    let uint64 = (0, i128::from(u64::MAX));
    let both = low.as_ref().and_then(Bound::whole).zip(high.as_ref().and_then(Bound::whole));
    match (low, high) {
        _ if value.ty == "int" && both == Some(int64) => value.ty = "int64".to_owned(),
        _ if value.ty == "int" && both == Some(uint64) => value.ty = "uint64".to_owned(),
        (Some(low), Some(high)) if low.order(&high).is_le() => value.ask("range", format!("between {} and {}", low.value, high.value)),
        (low, high) => {
            low.into_iter().for_each(|low| value.ask("range", format!(">= {}", low.value)));
            high.into_iter().for_each(|high| value.ask("range", format!("<= {}", high.value)));
        }
    }
    above.into_iter().for_each(|above| value.ask("range", format!("> {}", above.value)));
    below.into_iter().for_each(|below| value.ask("range", format!("< {}", below.value)));
}

fn whole(value: &Document) -> Option<i128> {
    let Document::Number(number) = value else { return None };
    Bound { value: number.clone(), exclusive: false }.whole()
}

/// The digits after the point of `multipleOf: 0.01`.
fn scale(by: &Document) -> Option<i32> {
    let Document::Number(by) = by else { return None };
    let by = Bound { value: by.clone(), exclusive: false };
    (1..=30).find(|scale| Bound::power_of_ten(-scale).order(&by).is_eq())
}

/// Which power of ten a bound is.
fn power(bound: &Bound) -> Option<i32> {
    (0..=38).find(|power| Bound::power_of_ten(*power).order(bound).is_eq())
}

/// The constraint of a pattern.
fn matching(text: &str) -> Result<String, String> {
    let translated = pattern::translate(text, &pattern::TO_RUST).map_err(|why| format!("the pattern is not one of rules: {why}"))?;
    let (constraint, pattern, whole) = match translated.inner {
        Some(inner) => (format!("matches /{inner}/"), inner, true),
        None if translated.text.is_empty() => return Err("the pattern is empty, and matches everything".to_owned()),
        None => (format!("contains_match(/{}/)", translated.text), translated.text, false),
    };
    crate::compile::regex(&pattern, whole).map_err(|(message, _)| message)?;
    Ok(constraint)
}

/// A schema without its title and description.
fn without_notes(schema: &Document) -> Vec<&(String, Document)> {
    schema.members().iter().filter(|(keyword, _)| !matches!(keyword.as_str(), "title" | "description")).collect()
}

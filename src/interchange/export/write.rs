//! Places as JSON Schema: what the target takes is written, what it does not is told.

use std::cmp::Ordering;

use crate::interchange::document::{Document, pointer_part};
use crate::interchange::number::Bound;
use crate::interchange::pattern;
use crate::interchange::targets::Subset;

use super::place::{Demand, Keyword, Kind, Member, Place};
use super::read::inclusive;

/// What became of a demand.
pub(super) enum Fate {
    /// The schema says it.
    Carried,
    /// The schema says less.
    Weaker(String),
    /// The schema does not say it.
    Dropped(String),
    /// The target does not take the keyword.
    NotTaken(String),
}

impl Fate {
    /// Whether the schema says anything of it.
    pub(super) fn is_said(&self) -> bool {
        matches!(self, Self::Carried | Self::Weaker(_))
    }
}

/// What became of what a rule asks, at one place.
pub(super) struct Told {
    pub(super) rule: usize,
    /// The place it speaks of.
    pub(super) place: String,
    /// The keyword that says it, or the place.
    pub(super) pointer: String,
    pub(super) fate: Fate,
}

/// Writes the places of a block.
pub(super) struct Writer<'a> {
    pub(super) subset: &'a Subset,
    /// Whether the block refuses keys that it does not declare.
    pub(super) closed: bool,
    /// What rules ask, in words, for descriptions.
    pub(super) words: &'a dyn Fn(usize) -> Option<String>,
    pub(super) told: Vec<Told>,
    /// Objects whose keys no declaration names, where the target has none.
    pub(super) maps: Vec<String>,
}

/// A schema as it is written: keywords in order.
#[derive(Default)]
struct Schema {
    keywords: Vec<(String, Document)>,
}

impl Schema {
    fn get(&self, keyword: &str) -> Option<&Document> {
        self.keywords.iter().find(|(known, _)| known == keyword).map(|(_, value)| value)
    }

    fn set(&mut self, keyword: &str, value: Document) {
        match self.keywords.iter_mut().find(|(known, _)| known == keyword) {
            Some((_, old)) => *old = value,
            None => self.keywords.push((keyword.to_owned(), value)),
        }
    }
}

impl Writer<'_> {
    /// The schema of the root.
    pub(super) fn root(&mut self, place: &Place, title: &str) -> Document {
        let mut head = Vec::new();
        if self.subset.header {
            head.push(("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into()));
            head.push(("title".to_owned(), title.into()));
        }
        let Document::Object(body) = self.place(place, "") else { return Document::Null };
        head.extend(body);
        Document::Object(head)
    }

    /// The schema of a place. A nullable one may be null, and its key may be missing too.
    fn place(&mut self, place: &Place, pointer: &str) -> Document {
        let mut schema = Schema::default();
        if let Kind::Union(tag, variants) = &place.kind {
            self.union(place, tag, variants, pointer, &mut schema);
        } else {
            let name = match &place.kind {
                Kind::Bool => "boolean",
                Kind::Integer => "integer",
                Kind::Number => "number",
                Kind::Text => "string",
                Kind::List(_) => "array",
                _ => "object",
            };
            let ty = if place.nullable { Document::Array(vec![name.into(), "null".into()]) } else { name.into() };
            schema.set("type", ty);
        }
        let first = self.told.len();
        for (rule, why) in &place.lost {
            self.tell(*rule, pointer, pointer.to_owned(), Fate::Dropped(why.clone()));
        }
        for demand in &place.demands {
            self.demand(place, demand, pointer, &mut schema);
        }
        let last = self.told.len();
        match &place.kind {
            Kind::List(item) => {
                let items = self.place(item, &format!("{pointer}/items"));
                schema.set("items", items);
            }
            Kind::Map(item) => {
                if self.subset.closed {
                    self.maps.push(pointer.to_owned());
                }
                let values = self.place(item, &format!("{pointer}/additionalProperties"));
                schema.set("additionalProperties", values);
            }
            Kind::Object(members) => self.object(members, None, pointer, &mut schema),
            _ => {}
        }
        if place.nullable {
            admit_null(&mut schema);
        }
        self.follow_values(first..last, &schema);
        self.describe(place, first..last, &mut schema);
        Document::Object(schema.keywords)
    }

    /// What was said by `enum` may have become a `const`, and the other way round.
    fn follow_values(&mut self, told: std::ops::Range<usize>, schema: &Schema) {
        let (gone, stays) = if schema.get("const").is_some() { ("/enum", "/const") } else { ("/const", "/enum") };
        for told in self.told.get_mut(told).unwrap_or_default().iter_mut().filter(|told| told.fate.is_said()) {
            if let Some(place) = told.pointer.strip_suffix(gone).filter(|place| *place == told.place) {
                told.pointer = format!("{place}{stays}");
            }
        }
    }

    /// What the author says of it, and for models what the schema could not say.
    fn describe(&self, place: &Place, told: std::ops::Range<usize>, schema: &mut Schema) {
        let mut lines: Vec<String> = place.docs.iter().map(|docs| docs.trim().to_owned()).collect();
        if self.subset.told {
            let told = self.told.get(told).unwrap_or_default().iter();
            let mut lost: Vec<usize> = told.filter(|told| !matches!(told.fate, Fate::Carried)).map(|told| told.rule).collect();
            lost.sort_unstable();
            lost.dedup();
            lines.extend(lost.into_iter().filter_map(self.words).map(|words| format!("Rule: {words}")));
        }
        if !lines.is_empty() {
            schema.keywords.insert(0, ("description".to_owned(), Document::String(lines.join("\n"))));
        }
    }

    fn object(&mut self, members: &[Member], tag: Option<(&str, &str)>, pointer: &str, schema: &mut Schema) {
        let (mut properties, mut patterns, mut required) = (Vec::new(), Vec::new(), Vec::new());
        if let Some((tag, value)) = tag {
            let only = if self.subset.takes("const") { ("const", value.into()) } else { ("enum", Document::Array(vec![value.into()])) };
            properties.push((tag.to_owned(), Document::object([("type", "string".into()), only])));
            required.push(Document::from(tag));
        }
        for member in members {
            let keyword = if member.pattern { "patternProperties" } else { "properties" };
            let name = if member.pattern { self.name_pattern(&member.name) } else { Ok(member.name.clone()) };
            let name = match name {
                Ok(name) => name,
                Err(why) => {
                    self.drop_all(&member.place, pointer, &format!("its pattern of names cannot be written in JSON Schema: {why}"));
                    continue;
                }
            };
            let value = self.place(&member.place, &format!("{pointer}/{keyword}/{}", pointer_part(&name)));
            if !member.pattern && (self.subset.all_required || !member.place.nullable) {
                required.push(Document::from(member.name.as_str()));
            }
            if member.pattern { patterns.push((name, value)) } else { properties.push((name, value)) }
        }
        if self.subset.ordering && properties.len() > 1 {
            schema.set("propertyOrdering", Document::Array(properties.iter().map(|(name, _)| Document::from(name.as_str())).collect()));
        }
        schema.set("properties", Document::Object(properties));
        if !patterns.is_empty() {
            schema.set("patternProperties", Document::Object(patterns));
        }
        if self.subset.all_required || !required.is_empty() {
            schema.set("required", Document::Array(required));
        }
        if self.subset.closed || self.closed {
            schema.set("additionalProperties", Document::Bool(false));
        }
    }

    fn name_pattern(&self, pattern: &str) -> Result<String, String> {
        if !self.subset.takes("patternProperties") {
            return Err("the target has no patterns of names".to_owned());
        }
        pattern::translate(pattern, &pattern::TO_ECMA).map(|translated| translated.whole())
    }

    /// A place that is not written, with all that is asked of it.
    fn drop_all(&mut self, place: &Place, pointer: &str, why: &str) {
        let rules = place.demands.iter().map(|demand| demand.rule).chain(place.lost.iter().map(|(rule, _)| *rule));
        rules.for_each(|rule| self.tell(rule, pointer, pointer.to_owned(), Fate::Dropped(why.to_owned())));
        match &place.kind {
            Kind::List(item) | Kind::Map(item) => self.drop_all(item, pointer, why),
            Kind::Object(members) => members.iter().for_each(|member| self.drop_all(&member.place, pointer, why)),
            Kind::Union(_, variants) => variants.iter().for_each(|(_, variant)| self.drop_all(variant, pointer, why)),
            _ => {}
        }
    }

    fn union(&mut self, place: &Place, tag: &str, variants: &[(String, Place)], pointer: &str, schema: &mut Schema) {
        let keyword = if self.subset.takes("oneOf") { "oneOf" } else { "anyOf" };
        let mut all = Vec::new();
        for (index, (value, variant)) in variants.iter().enumerate() {
            let pointer = format!("{pointer}/{keyword}/{index}");
            let mut one = Schema::default();
            one.set("type", "object".into());
            if let Kind::Object(members) = &variant.kind {
                self.object(members, Some((tag, value)), &pointer, &mut one);
            }
            all.push(Document::Object(one.keywords));
        }
        if place.nullable {
            all.push(Document::object([("type", "null".into())]));
        }
        schema.set(keyword, Document::Array(all));
    }

    fn demand(&mut self, place: &Place, demand: &Demand, pointer: &str, schema: &mut Schema) {
        let (at, fate) = match &demand.keyword {
            Keyword::Required => (self.required_at(pointer), Fate::Carried),
            Keyword::Type => (self.type_at(place, pointer), Fate::Carried),
            Keyword::Closed => (format!("{pointer}/additionalProperties"), Fate::Carried),
            keyword => {
                let (keyword, fate) = self.keyword(&place.kind, keyword, schema);
                let at = if fate.is_said() { format!("{pointer}/{keyword}") } else { pointer.to_owned() };
                (at, fate)
            }
        };
        for why in &demand.weaker {
            self.tell(demand.rule, pointer, at.clone(), Fate::Weaker(why.clone()));
        }
        self.tell(demand.rule, pointer, at, fate);
    }

    fn tell(&mut self, rule: usize, place: &str, pointer: String, fate: Fate) {
        self.told.push(Told { rule, place: place.to_owned(), pointer, fate });
    }

    /// Where a property is said to be required: in the object that it is one of.
    fn required_at(&self, pointer: &str) -> String {
        let object = pointer.rsplit_once("/properties/").map_or("", |(object, _)| object);
        format!("{object}/required")
    }

    fn type_at(&self, place: &Place, pointer: &str) -> String {
        let keyword = match &place.kind {
            Kind::Union(..) if self.subset.takes("oneOf") => "oneOf",
            Kind::Union(..) => "anyOf",
            _ => "type",
        };
        format!("{pointer}/{keyword}")
    }

    /// Writes a keyword, under the name that is given back.
    fn keyword(&self, kind: &Kind, keyword: &Keyword, schema: &mut Schema) -> (&'static str, Fate) {
        match keyword {
            Keyword::Required | Keyword::Type | Keyword::Closed => ("type", Fate::Carried),
            Keyword::AtLeast(bound) => self.bound(kind, bound, true, schema),
            Keyword::AtMost(bound) => self.bound(kind, bound, false, schema),
            Keyword::OneOf(values) => self.one_of(values, schema),
            Keyword::NoneOf(values) => self.none_of(values, schema),
            Keyword::MultipleOf(by) => self.single("multipleOf", by.clone(), schema),
            Keyword::Unique => self.single("uniqueItems", Document::Bool(true), schema),
            Keyword::Encoding(name) => self.single("contentEncoding", (*name).into(), schema),
            Keyword::Length(least, most) => self.length(kind, *least, *most, schema),
            Keyword::Matches(pattern, whole) => self.matches(pattern, *whole, schema),
            Keyword::Pattern(text, validators) if *validators && !self.subset.unicode_patterns => {
                ("pattern", Fate::Dropped(format!("it would take a pattern that is not for models: `{text}`")))
            }
            Keyword::Pattern(text, _) => self.single("pattern", text.as_str().into(), schema),
            Keyword::Format(name) => {
                if self.subset.formats.contains(name) {
                    self.put("format", (*name).into(), schema)
                } else {
                    ("format", Fate::NotTaken(format!("the format `{name}`")))
                }
            }
        }
    }

    fn single(&self, keyword: &'static str, value: Document, schema: &mut Schema) -> (&'static str, Fate) {
        if self.subset.takes(keyword) { self.put(keyword, value, schema) } else { (keyword, not_taken(keyword)) }
    }

    /// Says something beside what other rules have said by the same keyword.
    fn put(&self, keyword: &'static str, value: Document, schema: &mut Schema) -> (&'static str, Fate) {
        match schema.get(keyword) {
            None => schema.set(keyword, value),
            Some(known) if *known == value => {}
            Some(_) if self.subset.takes("allOf") => {
                let mut all = schema.get("allOf").map(|all| all.items().to_vec()).unwrap_or_default();
                all.push(Document::object([(keyword, value)]));
                schema.set("allOf", Document::Array(all));
                return ("allOf", Fate::Carried);
            }
            Some(_) => return (keyword, Fate::Dropped(format!("another rule has taken `{keyword}`, and there is no `allOf`"))),
        }
        (keyword, Fate::Carried)
    }

    /// Of two bounds the tighter one says both.
    fn bound(&self, kind: &Kind, bound: &Bound, least: bool, schema: &mut Schema) -> (&'static str, Fate) {
        let (plain, exclusive) = if least { ("minimum", "exclusiveMinimum") } else { ("maximum", "exclusiveMaximum") };
        let mut keyword = if bound.exclusive { exclusive } else { plain };
        let mut bound = bound.clone();
        let mut fate = Fate::Carried;
        if !self.subset.takes(keyword) && self.subset.takes(plain) {
            keyword = plain;
            match inclusive(&bound, least).filter(|_| matches!(kind, Kind::Integer)) {
                Some(next) => bound = next,
                None => fate = Fate::Weaker(format!("the bound itself is let through: there is no `{exclusive}`")),
            }
        }
        if !self.subset.takes(keyword) {
            return (keyword, not_taken(keyword));
        }
        let tighter = match schema.get(keyword) {
            Some(Document::Number(known)) => {
                let known = Bound { value: known.clone(), exclusive: bound.exclusive };
                bound.order(&known) == if least { Ordering::Greater } else { Ordering::Less }
            }
            _ => true,
        };
        if tighter {
            schema.set(keyword, bound.document());
        }
        (keyword, fate)
    }

    fn one_of(&self, values: &[Document], schema: &mut Schema) -> (&'static str, Fate) {
        let known: Option<Vec<Document>> =
            schema.get("enum").map(|values| values.items().to_vec()).or_else(|| schema.get("const").map(|value| vec![value.clone()]));
        let mut left: Vec<Document> = Vec::new();
        for value in values {
            if known.as_ref().is_none_or(|known| known.contains(value)) && !left.contains(value) {
                left.push(value.clone());
            }
        }
        if left.is_empty() {
            return ("enum", Fate::Dropped("no value is left that all rules of the field allow".to_owned()));
        }
        let keyword = match (left.as_slice(), self.subset.takes("const")) {
            ([_], true) => "const",
            _ => "enum",
        };
        schema.keywords.retain(|(known, _)| known != "enum" && known != "const");
        let value = if keyword == "const" { left.pop().unwrap_or(Document::Null) } else { Document::Array(left) };
        schema.set(keyword, value);
        (keyword, Fate::Carried)
    }

    fn none_of(&self, values: &[Document], schema: &mut Schema) -> (&'static str, Fate) {
        self.single("not", Document::object([("enum", Document::Array(values.to_vec()))]), schema)
    }

    fn length(&self, kind: &Kind, least: Option<u64>, most: Option<u64>, schema: &mut Schema) -> (&'static str, Fate) {
        let (min, max) = if matches!(kind, Kind::List(_)) { ("minItems", "maxItems") } else { ("minLength", "maxLength") };
        let mut said = None;
        let mut lost = Vec::new();
        if let Some(least) = least.filter(|least| *least > 0) {
            let most = if min == "minItems" { self.subset.min_items.unwrap_or(u64::MAX) } else { u64::MAX };
            if self.subset.takes(min) {
                tighten(schema, min, least.min(most), u64::max);
                said = Some(min);
            }
            if !self.subset.takes(min) || least > most {
                lost.push(format!("`{min}` {least}"));
            }
        }
        if let Some(most) = most {
            if self.subset.takes(max) {
                tighten(schema, max, most, u64::min);
                said = said.or(Some(max));
            } else {
                lost.push(format!("`{max}` {most}"));
            }
        }
        let keyword = said.unwrap_or(if most.is_none() { min } else { max });
        let fate = match (said, lost.is_empty()) {
            (_, true) => Fate::Carried,
            (Some(_), false) => Fate::Weaker(format!("{} is not taken", lost.join(" and "))),
            (None, false) => Fate::NotTaken(lost.join(" and ")),
        };
        (keyword, fate)
    }

    fn matches(&self, pattern: &str, whole: bool, schema: &mut Schema) -> (&'static str, Fate) {
        if whole
            && self.subset.told
            && let Some(words) = pattern::alternatives(pattern)
        {
            let values: Vec<Document> = words.into_iter().map(Document::String).collect();
            return self.one_of(&values, schema);
        }
        let dialect = if self.subset.unicode_patterns { &pattern::TO_ECMA } else { &pattern::TO_DECODER };
        if !self.subset.takes("pattern") {
            return ("pattern", not_taken("pattern"));
        }
        match pattern::translate(pattern, dialect) {
            Ok(translated) => {
                let text = if whole { translated.whole() } else { translated.text };
                self.put("pattern", text.into(), schema)
            }
            Err(why) => ("pattern", Fate::Dropped(format!("the pattern cannot be written in JSON Schema: {why}"))),
        }
    }
}

fn tighten(schema: &mut Schema, keyword: &str, value: u64, pick: fn(u64, u64) -> u64) {
    let value = schema.get(keyword).and_then(Document::as_count).map_or(value, |known| pick(known, value));
    schema.set(keyword, value.into());
}

fn not_taken(keyword: &str) -> Fate {
    Fate::NotTaken(format!("`{keyword}`"))
}

/// Null beside the values of an enum.
fn admit_null(schema: &mut Schema) {
    if let Some(value) = schema.get("const").cloned() {
        schema.keywords.retain(|(keyword, _)| keyword != "const");
        schema.set("enum", Document::Array(vec![value, Document::Null]));
    } else if let Some(values) = schema.get("enum") {
        let values = values.items().iter().cloned().chain([Document::Null]).collect();
        schema.set("enum", Document::Array(values));
    }
}

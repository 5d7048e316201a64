//! What a schema says of one value, with what `$ref` and `allOf` add to it.

use crate::interchange::document::{Document, pointer_part};

use super::refs::Refs;
use super::{ImportError, Unsaid};

/// Keywords that say nothing of values.
const ANNOTATIONS: &[&str] = &[
    "$schema",
    "$id",
    "$anchor",
    "$comment",
    "$defs",
    "definitions",
    "title",
    "examples",
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
    "discriminator",
    "propertyOrdering",
    "$vocabulary",
];

/// Keywords that are read where a field is made.
const READ: &[&str] = &[
    "type",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "contentEncoding",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "properties",
    "required",
    "additionalProperties",
    "anyOf",
    "oneOf",
    "not",
];

/// A keyword with its value and its place.
#[derive(Debug, Clone)]
pub(super) struct Fact<'a> {
    pub(super) keyword: &'a str,
    pub(super) value: &'a Document,
    /// The schema that it stands in.
    pub(super) pointer: String,
}

impl Fact<'_> {
    /// Where the keyword stands.
    pub(super) fn place(&self) -> String {
        format!("{}/{}", self.pointer, pointer_part(self.keyword))
    }
}

/// Everything said of a value, in the order of the text.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts<'a> {
    pub(super) all: Vec<Fact<'a>>,
    pub(super) docs: Option<&'a str>,
    /// References that were followed to get here.
    pub(super) open: Vec<String>,
    /// Why nothing can be said of the value.
    pub(super) broken: Option<Unsaid>,
}

impl<'a> Facts<'a> {
    /// What is said by a keyword.
    pub(super) fn of(&self, keyword: &str) -> impl Iterator<Item = &Fact<'a>> {
        self.all.iter().filter(move |fact| fact.keyword == keyword)
    }

    pub(super) fn first(&self, keyword: &str) -> Option<&Fact<'a>> {
        self.all.iter().find(|fact| fact.keyword == keyword)
    }

    pub(super) fn has(&self, keywords: &[&str]) -> bool {
        self.all.iter().any(|fact| keywords.contains(&fact.keyword))
    }
}

/// Gathers what is said of a value.
pub(super) fn gather<'a>(
    schema: &'a Document,
    pointer: &str,
    open: &[String],
    refs: &mut Refs<'a>,
    residue: &mut Vec<Unsaid>,
) -> Result<Facts<'a>, ImportError> {
    let mut facts = Facts { open: open.to_vec(), ..Facts::default() };
    add(schema, pointer, &mut facts, refs, residue)?;
    Ok(facts)
}

fn add<'a>(
    schema: &'a Document,
    pointer: &str,
    facts: &mut Facts<'a>,
    refs: &mut Refs<'a>,
    residue: &mut Vec<Unsaid>,
) -> Result<(), ImportError> {
    refs.visit()?;
    let broken = |keyword: &str, why: String| Unsaid { pointer: pointer.to_owned(), keyword: keyword.to_owned(), why };
    match schema {
        Document::Object(_) | Document::Bool(true) => {}
        Document::Bool(false) => {
            facts.broken.get_or_insert(broken("false", "no value fits it, so that the field is not declared".to_owned()));
            return Ok(());
        }
        _ => {
            facts.broken.get_or_insert(broken("schema", "a schema is an object, `true` or `false`".to_owned()));
            return Ok(());
        }
    }
    for (keyword, value) in schema.members() {
        match (keyword.as_str(), value) {
            ("description", Document::String(text)) => facts.docs = facts.docs.or(Some(text)),
            ("$ref" | "$dynamicRef", Document::String(reference)) => match refs.follow(reference) {
                Ok((_, target)) if facts.open.contains(&target) => {
                    facts.broken.get_or_insert(broken(keyword, "it leads back to itself, and types of rules end somewhere".to_owned()));
                }
                Ok((schema, target)) => {
                    facts.open.push(target.clone());
                    add(schema, &target, facts, refs, residue)?;
                }
                Err(why) => {
                    facts.broken.get_or_insert(broken(keyword, why));
                }
            },
            ("allOf", Document::Array(parts)) => {
                for (index, part) in parts.iter().enumerate() {
                    add(part, &format!("{pointer}/allOf/{index}"), facts, refs, residue)?;
                }
            }
            ("default", _) => residue.push(broken(keyword, "nothing is filled in: a value that is missing stays missing".to_owned())),
            (known, _) if ANNOTATIONS.contains(&known) => {}
            (known, _) if READ.contains(&known) => {
                facts.all.push(Fact { keyword, value, pointer: pointer.to_owned() });
            }
            (other, _) => {
                // A name of no letters would tell nothing.
                let shown = if other.is_empty() { "\"\"" } else { other };
                residue.push(broken(shown, why_not(other).to_owned()));
            }
        }
    }
    Ok(())
}

/// Why a keyword is not read.
fn why_not(keyword: &str) -> &'static str {
    match keyword {
        "if" | "then" | "else" | "dependentRequired" | "dependentSchemas" | "dependencies" => {
            "write it as a `rule` with `when` and `expect`"
        }
        "patternProperties" | "propertyNames" => "keys of objects are names or anything: there are no patterns for them",
        "minProperties" | "maxProperties" => "the number of keys of an object cannot be asked for",
        "contains" | "minContains" | "maxContains" => "write it as a rule: `any(item in list: …)`",
        "unevaluatedProperties" | "unevaluatedItems" => "`@closed` on the block is all there is",
        "contentMediaType" | "contentSchema" => "texts that hold texts of another kind are not looked into",
        _ => "this keyword is not known",
    }
}

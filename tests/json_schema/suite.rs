//! The official JSON Schema test suite (draft 2019-09, the files on values; `suite/README.md`): each case that the language can say becomes
//! a block, each of its documents a response, and the verdict is the one that the suite expects.
//!
//! A field has one type, and so has the schema it says; [`UNSAID`] lists what a block cannot say, and why.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::pass;

/// Files of the suite that are about values; the others are about schemas that refer to schemas.
const FILES: [&str; 31] = [
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "default",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "if-then-else",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "properties",
    "propertyNames",
    "required",
    "type",
    "uniqueItems",
    "boolean_schema",
    "additionalItems",
    "dependentRequired",
    "maxProperties",
];

/// Keywords that a block has no word for, and shapes of schemas that it cannot have.
const UNSAID: &[(&str, &str)] = &[
    ("$ref", "references: a named type stands for a schema, and has a test of its own"),
    ("$defs", "likewise"),
    ("additionalItems", "items are all of one type"),
    ("additionalProperties", "undeclared members are all allowed, or none (`@closed`); a map has values of one type"),
    ("dependentRequired", "which members are there is no condition"),
    ("dependentSchemas", "likewise"),
    ("items", "items are all of one type, which is one of the language's"),
    ("maxProperties", "members are not counted"),
    ("minProperties", "likewise"),
    ("patternProperties", "members have names"),
    ("propertyNames", "likewise"),
    ("null", "there is no type of nothing but null"),
    ("several types", "a field has one type"),
    ("no type", "a field has a type; this schema has none, nor a keyword that implies one"),
    ("name", "a name has no control characters"),
    ("object", "a value with members is no value to be compared"),
    ("default", "a value that is not there stays away"),
];

enum Said {
    /// A block, and the key under which a document stands in the response; `None` if it is the response.
    Block(String, Option<&'static str>),
    Unsaid(&'static str),
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Bool,
    Int,
    Float,
    /// Numbers with six places, where floats are too coarse.
    Decimal,
    Text,
    List(Box<Kind>),
    Object,
}

type Try<T> = Result<T, &'static str>;

impl Kind {
    fn word(&self) -> String {
        match self {
            Self::Bool => "bool".to_owned(),
            Self::Int => "int".to_owned(),
            Self::Float => "float".to_owned(),
            Self::Decimal => "decimal(30, 6)".to_owned(),
            Self::Text => "string".to_owned(),
            Self::List(item) => format!("list<{}>", item.word()),
            Self::Object => "struct { }".to_owned(),
        }
    }

    /// Whether a document is of this kind: of others an untyped schema says nothing, and a field says that they are wrong.
    fn has(&self, value: &Value) -> bool {
        match self {
            Self::Bool => value.is_boolean(),
            Self::Int => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            Self::Float | Self::Decimal => value.is_number(),
            Self::Text => value.is_string(),
            Self::List(item) => value.as_array().is_some_and(|items| items.iter().all(|value| item.has(value))),
            Self::Object => value.is_object(),
        }
    }
}

const OF_NUMBERS: [&str; 5] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const OF_TEXTS: [&str; 3] = ["minLength", "maxLength", "pattern"];
const OF_LISTS: [&str; 8] = ["minItems", "maxItems", "items", "uniqueItems", "contains", "additionalItems", "minContains", "maxContains"];
const OF_OBJECTS: [&str; 8] = [
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "propertyNames",
    "dependentRequired",
    "minProperties",
    "maxProperties",
];

/// The kind of values that a schema speaks of.
fn kind(schema: &Value) -> Try<Kind> {
    let has = |keywords: &[&str]| keywords.iter().any(|keyword| schema.get(keyword).is_some());
    match schema.get("type") {
        Some(Value::String(name)) => return named(name, schema),
        Some(_) => return Err("several types"),
        None => {}
    }
    if has(&OF_NUMBERS) {
        let coarse = schema.get("multipleOf").and_then(Value::as_f64).is_some_and(|step| step.fract() != 0.0);
        return Ok(if coarse { Kind::Decimal } else { Kind::Float });
    }
    if has(&OF_TEXTS) {
        return Ok(Kind::Text);
    }
    if has(&OF_LISTS) {
        return Ok(Kind::List(Box::new(item_kind(schema)?)));
    }
    if has(&OF_OBJECTS) {
        return Ok(Kind::Object);
    }
    let values: Vec<&Value> = (schema.get("const").into_iter()).chain(schema["enum"].as_array().into_iter().flatten()).collect();
    if !values.is_empty() {
        return of_values(&values);
    }
    for keyword in ["allOf", "anyOf", "oneOf", "not", "if", "then", "else"] {
        let Some(within) = schema.get(keyword) else { continue };
        let parts = within.as_array().map_or_else(|| vec![within], |parts| parts.iter().collect());
        let kinds: Vec<Kind> = parts.iter().filter_map(|part| kind(part).ok()).collect();
        if let Some(first) = kinds.first() {
            let number = |kind: &Kind| matches!(kind, Kind::Int | Kind::Float | Kind::Decimal);
            if kinds.iter().all(|kind| kind == first) {
                return Ok(first.clone());
            }
            return if kinds.iter().all(number) { Ok(Kind::Float) } else { Err("several types") };
        }
    }
    Err(OF_UNSAID.into_iter().find(|keyword| schema.get(keyword).is_some()).unwrap_or("no type"))
}

const OF_UNSAID: [&str; 4] = ["$ref", "$defs", "default", "dependentSchemas"];

fn named(name: &str, schema: &Value) -> Try<Kind> {
    Ok(match name {
        "boolean" => Kind::Bool,
        "integer" => Kind::Int,
        "number" => Kind::Float,
        "string" => Kind::Text,
        "array" => Kind::List(Box::new(item_kind(schema)?)),
        "object" => Kind::Object,
        _ => return Err("null"),
    })
}

/// Items need a type too: that of the schema for them, or of what is looked for among them. Where nothing says it they are integers.
fn item_kind(schema: &Value) -> Try<Kind> {
    match (schema.get("items"), schema.get("contains")) {
        (Some(Value::Object(_)), _) => match kind(&schema["items"])? {
            Kind::Object => Err("items"),
            kind => Ok(kind),
        },
        (Some(_), _) => Err("items"),
        (None, Some(contains)) if contains.is_object() => kind(contains),
        _ => Ok(Kind::Int),
    }
}

fn of_values(values: &[&Value]) -> Try<Kind> {
    let kinds: Vec<Option<Kind>> = values
        .iter()
        .map(|value| match value {
            Value::Bool(_) => Some(Kind::Bool),
            Value::Number(number) => Some(if number.is_f64() { Kind::Float } else { Kind::Int }),
            Value::String(_) => Some(Kind::Text),
            _ => None,
        })
        .collect();
    let Some(Some(first)) = kinds.first() else { return Err(if values[0].is_null() { "null" } else { "object" }) };
    if kinds.iter().all(|kind| kind.as_ref() == Some(first)) { Ok(first.clone()) } else { Err("several types") }
}

/// A literal of the language.
fn literal(value: &Value, kind: &Kind) -> Try<String> {
    match value {
        Value::Bool(_) | Value::String(_) => Ok(value.to_string()),
        Value::Number(number) => Ok(match (kind, number.as_f64()) {
            (Kind::Int, Some(number)) if number.fract() == 0.0 => format!("{number:.0}"),
            _ => number.to_string(),
        }),
        Value::Null => Err("null"),
        _ => Err("object"),
    }
}

/// What a schema asks of `x`, as an expression.
fn asked(schema: &Value, x: &str, of: &Kind) -> Try<String> {
    let object = match schema {
        Value::Bool(all) => return Ok(if *all { format!("{x} = {x}") } else { format!("{x} != {x}") }),
        schema => schema.as_object().ok_or("no type")?,
    };
    let mut all = Vec::new();
    for (keyword, value) in object {
        let number = || literal(value, of);
        all.push(match keyword.as_str() {
            "$schema" | "$comment" | "description" | "title" | "then" | "else" => continue,
            "type" if value == "integer" && *of != Kind::Int => format!("{x} = floor({x})"),
            // The type of the field says it.
            "type" if named(value.as_str().ok_or("several types")?, schema)? == *of => continue,
            "type" if value == "number" => continue,
            "type" => return Err("several types"),
            "minimum" => format!("{x} >= {}", number()?),
            "maximum" => format!("{x} <= {}", number()?),
            "exclusiveMinimum" => format!("{x} > {}", number()?),
            "exclusiveMaximum" => format!("{x} < {}", number()?),
            "multipleOf" => format!("mod({x}, {}) = 0", number()?),
            "minLength" | "minItems" => format!("length({x}) >= {}", literal(value, &Kind::Int)?),
            "maxLength" | "maxItems" => format!("length({x}) <= {}", literal(value, &Kind::Int)?),
            "pattern" => format!("contains_match({x}, /{}/)", value.as_str().ok_or("no type")?),
            "const" => format!("{x} = {}", literal(value, of)?),
            "enum" => {
                let values = value.as_array().ok_or("no type")?.iter().map(|value| literal(value, of)).collect::<Try<Vec<_>>>()?;
                format!("{x} in ({})", values.join(", "))
            }
            "uniqueItems" if *value == json!(true) => format!("distinct_count({x}) = length({x})"),
            "uniqueItems" => continue,
            "items" => match of {
                Kind::List(item) => format!("all(y in {x}: {})", asked(value, "y", item)?),
                _ => return Err("items"),
            },
            "contains" => match of {
                Kind::List(item) => format!("any(y in {x}: {})", asked(value, "y", item)?),
                _ => return Err("items"),
            },
            "not" => format!("not ({})", asked(value, x, of)?),
            "allOf" => joined(value, x, of, " and ")?,
            "anyOf" => joined(value, x, of, " or ")?,
            "oneOf" => {
                let parts = parts(value, x, of)?;
                let one: Vec<String> = parts.iter().map(|part| format!("(if({part}, 1, 0))")).collect();
                format!("{} = 1", one.join(" + "))
            }
            "if" => {
                let branch = |name: &str| object.get(name).map_or(Ok(format!("{x} = {x}")), |branch| asked(branch, x, of));
                format!("if({}, {}, {})", asked(value, x, of)?, branch("then")?, branch("else")?)
            }
            other => return Err(UNSAID.iter().map(|(word, _)| *word).find(|word| *word == other).unwrap_or("no type")),
        });
    }
    Ok(if all.is_empty() { format!("{x} = {x}") } else { all.iter().map(|one| format!("({one})")).collect::<Vec<_>>().join(" and ") })
}

fn parts(value: &Value, x: &str, of: &Kind) -> Try<Vec<String>> {
    value.as_array().ok_or("no type")?.iter().map(|part| Ok(format!("({})", asked(part, x, of)?))).collect()
}

fn joined(value: &Value, x: &str, of: &Kind, word: &str) -> Try<String> {
    Ok(format!("({})", parts(value, x, of)?.join(word)))
}

/// Simple keywords as constraints of the field, as a rule file would have them.
fn constraints(schema: &Value, of: &Kind) -> Option<String> {
    let mut all = Vec::new();
    for (keyword, value) in schema.as_object()? {
        let text = literal(value, of).ok();
        all.push(match keyword.as_str() {
            "type" => continue,
            "minimum" => format!(">= {}", text?),
            "maximum" => format!("<= {}", text?),
            "exclusiveMinimum" => format!("> {}", text?),
            "exclusiveMaximum" => format!("< {}", text?),
            "minLength" | "minItems" => format!("length >= {}", literal(value, &Kind::Int).ok()?),
            "maxLength" | "maxItems" => format!("length <= {}", literal(value, &Kind::Int).ok()?),
            "enum" => {
                let values = value.as_array()?.iter().map(|value| literal(value, of)).collect::<Try<Vec<_>>>().ok()?;
                format!("in ({})", values.join(", "))
            }
            "const" => format!("= {}", text?),
            "pattern" => format!("contains_match(/{}/)", value.as_str()?),
            _ => return None,
        });
    }
    let named = all.iter().enumerate().map(|(number, one)| format!("{one} @name(n{number})"));
    Some(named.collect::<Vec<_>>().join(", "))
}

/// A member of a block or struct that a schema describes.
fn field(name: &str, schema: &Value, required: bool, nested: bool) -> Try<String> {
    let of = kind(schema)?;
    if name.contains(char::is_control) {
        return Err("name");
    }
    let mark = if required { "" } else { "?" };
    if of == Kind::Object {
        return Ok(format!("`{name}` : struct {{ {} }}{mark}", fields(schema, true)?.0));
    }
    match constraints(schema, &of) {
        Some(constraints) => Ok(format!("`{name}` : {}{mark} {constraints}", of.word())),
        None if nested => Err("object"),
        None => Ok(format!("`{name}` : {}{mark}\n  rule `of {name}`: {}", of.word(), asked(schema, &format!("`{name}`"), &of)?)),
    }
}

/// The members of an object, and whether there may be no others.
fn fields(schema: &Value, nested: bool) -> Try<(String, bool)> {
    let known = ["type", "properties", "required", "additionalProperties", "$schema", "description"];
    if let Some(other) = schema.as_object().ok_or("no type")?.keys().find(|keyword| !known.contains(&keyword.as_str())) {
        return Err(UNSAID.iter().map(|(word, _)| *word).find(|word| word == other).unwrap_or("object"));
    }
    let closed = match schema.get("additionalProperties") {
        None => false,
        Some(Value::Bool(open)) => !open,
        Some(_) => return Err("additionalProperties"),
    };
    let required: Vec<&str> = schema["required"].as_array().map_or_else(Vec::new, |names| names.iter().filter_map(Value::as_str).collect());
    let properties = schema["properties"].as_object().ok_or("no type")?;
    if required.iter().any(|name| !properties.contains_key(*name)) {
        return Err("no type");
    }
    let fields: Try<Vec<String>> =
        properties.iter().map(|(name, schema)| field(name, schema, required.contains(&name.as_str()), nested)).collect();
    Ok((fields?.join(if nested { ", " } else { "\n  " }), closed))
}

fn said(schema: &Value) -> Said {
    let block = || -> Try<Said> {
        if kind(schema)? == Kind::Object {
            let (fields, closed) = fields(schema, false)?;
            return Ok(Said::Block(format!("output t from r {} {{\n  {fields}\n}}", if closed { "@closed" } else { "" }), None));
        }
        Ok(Said::Block(format!("output t from r {{\n  {}\n}}", field("v", schema, true, false)?), Some("v")))
    };
    block().unwrap_or_else(Said::Unsaid)
}

#[test]
fn verdicts_are_those_of_the_json_schema_test_suite() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/json_schema/suite");
    let (mut run, mut cases, mut untyped) = (0, 0, 0);
    let mut unsaid: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for file in FILES {
        let text = std::fs::read_to_string(folder.join(format!("{file}.json"))).unwrap();
        let all: Value = serde_json::from_str(&text).unwrap();
        for case in all.as_array().unwrap() {
            let (block, key) = match said(&case["schema"]) {
                Said::Block(block, key) => (block, key),
                Said::Unsaid(why) => {
                    *unsaid.entry(why).or_default() += 1;
                    continue;
                }
            };
            cases += 1;
            let of = kind(&case["schema"]).unwrap();
            let typed = case["schema"].get("type").is_some();
            let (tests, vacuous): (Vec<&Value>, Vec<&Value>) =
                case["tests"].as_array().unwrap().iter().partition(|test| typed || of.has(&test["data"]));
            untyped += vacuous.len();
            let text = |test: &&Value| key.map_or_else(|| test["data"].clone(), |key| json!({ key: test["data"] })).to_string();
            let texts: Vec<String> = tests.iter().map(text).collect();
            for (test, ours) in tests.iter().zip(pass(&block, &texts)) {
                run += 1;
                if json!(ours) != test["valid"] {
                    wrong.push(format!(
                        "{file}: {} / {}: we say {ours} of {}\n{block}",
                        case["description"], test["description"], test["data"]
                    ));
                }
            }
        }
    }
    println!("{run} documents of {cases} cases, {untyped} of a type that an untyped schema lets through; not said: {unsaid:#?}");
    assert!(wrong.is_empty(), "{} verdicts are not those of the suite:\n{}", wrong.len(), wrong.join("\n"));
    let listed: Vec<&&str> = unsaid.keys().filter(|why| !UNSAID.iter().any(|(word, _)| word == *why)).collect();
    assert!(listed.is_empty(), "not listed as unsaid: {listed:?}");
    assert!(run >= 100, "only {run} documents were judged");
}

//! Schemas of other people as rules: what Pydantic writes, what the suite of drafts allows, and what someone hostile would send.

use rulegate::interchange::{ImportError, ImportOptions, Imported, Source, import};
use serde_json::{Value, json};

use crate::generate::Dice;
use crate::support::{cases, root, rules};

fn from(schema: &str) -> Result<Imported, ImportError> {
    import(Source::named("json-schema").unwrap(), schema, &ImportOptions::default())
}

/// An object with one property `x`, required, as the line that declares it; and what is told of it.
fn declared(schema: Value) -> (String, Vec<String>) {
    let schema = json!({"title": "T", "type": "object", "required": ["x"], "properties": {"x": schema}});
    let imported = from(&schema.to_string()).unwrap_or_else(|error| panic!("{schema}: {error}"));
    let line = imported.rules.lines().skip(3).filter(|line| *line != "}").map(str::trim).collect::<Vec<_>>().join(" ");
    (line, imported.residue.into_iter().map(|unsaid| unsaid.keyword).collect())
}

#[test]
fn keywords_become_types_and_constraints() {
    let cases = [
        (json!({"type": "string"}), "x : string"),
        (json!({"type": "string", "minLength": 2, "maxLength": 5}), "x : string length between 2 and 5"),
        (json!({"type": "string", "pattern": "^a/\\d+$"}), r"x : string matches /a\/[0-9]+/"),
        (json!({"type": "string", "pattern": "a|b"}), "x : string contains_match(/a|b/)"),
        (json!({"type": "string", "enum": ["a", "b\"", "a"]}), r#"x : enum("a", "b\"")"#),
        (json!({"const": "a"}), r#"x : string = "a""#),
        (json!({"enum": [1, 2]}), "x : int in (1, 2)"),
        (json!({"const": true}), "x : bool = true"),
        (json!({"type": "integer", "minimum": 0, "exclusiveMaximum": 10}), "x : int >= 0, < 10 @name(range_2)"),
        (json!({"type": "number", "minimum": 0, "maximum": 1}), "x : float between 0 and 1"),
        (json!({"type": "number", "minimum": 5, "maximum": 1}), "x : float >= 5, <= 1 @name(range_2)"),
        (json!({"type": "integer", "multipleOf": 5}), "x : int mod (5) = 0"),
        (json!({"type": "number", "multipleOf": 0.01}), "x : decimal(38, 2)"),
        (json!({"type": ["integer", "number"]}), "x : float"),
        (
            json!({"type": "array", "items": {"type": "string", "maxLength": 3}, "minItems": 1}),
            "x : list<string> length >= 1, each length <= 3",
        ),
        (json!({"type": "array", "items": {"type": "integer"}, "uniqueItems": true}), "x : list<int> distinct_count = length(x)"),
        (
            json!({"prefixItems": [{"type": "number", "title": "a"}, {"type": "number", "title": "b"}], "minItems": 2, "maxItems": 2}),
            "x : list<float> length = 2",
        ),
        (json!({"type": "object", "additionalProperties": {"type": "number"}}), "x : map<string, float>"),
        (
            json!({"type": "object", "additionalProperties": {"type": "integer", "minimum": 0, "maximum": 9}}),
            "x : map<string, int> each between 0 and 9",
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 3}}),
            r#"x : map<string, list<enum("a", "b")>> each length <= 3"#,
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "object", "properties": {"a": {"type": "string", "minLength": 1}}, "required": ["a"]}}),
            "x : map<string, struct { a: string length >= 1 }>",
        ),
        (
            json!({"type": "object", "required": ["two words"], "properties": {"two words": {"type": "boolean"}}}),
            "x : struct { `two words`: bool }",
        ),
        (json!({"allOf": [{"type": "string", "minLength": 1}, {"maxLength": 9}]}), "x : string length between 1 and 9"),
        (json!({"type": "string", "not": {"enum": ["a", "b"]}}), r#"x : string not in ("a", "b")"#),
        (json!({"type": "string", "format": "date-time"}), "x : timestamp"),
        (json!({"type": "string", "format": "uuid"}), "x : string is_uuid"),
        (json!({"type": "string", "contentEncoding": "base64"}), "x : binary"),
    ];
    for (schema, expected) in cases {
        let (line, residue) = declared(schema.clone());
        assert_eq!(line, expected, "{schema}");
        assert!(residue.is_empty(), "{schema}: {residue:?}");
    }
}

#[test]
fn what_rules_cannot_say_is_told() {
    let cases = [
        (json!({}), "", &["type"] as &[&str]),
        (json!({"type": ["string", "integer"]}), "", &["type"]),
        (json!({"type": "object"}), "", &["type"]),
        (json!({"type": "array"}), "", &["items"]),
        (json!({"$ref": "https://example.com/schema.json"}), "", &["$ref"]),
        (json!({"$ref": "other.json#/a"}), "", &["$ref"]),
        (json!({"$ref": "#/nowhere"}), "", &["$ref"]),
        (json!({"$ref": "#/properties/x"}), "", &["$ref"]),
        (json!({"$ref": "#"}), "", &["$ref"]),
        (json!(false), "", &["false"]),
        (json!(7), "", &["schema"]),
        (json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}), "", &["anyOf"]),
        (json!({"anyOf": []}), "", &["anyOf"]),
        (json!({"type": "string", "pattern": "(?=a)b"}), "x : string", &["pattern"]),
        (json!({"type": "string", "pattern": "a{1000}{1000}"}), "x : string", &["pattern"]),
        (json!({"type": "string", "pattern": "["}), "x : string", &["pattern"]),
        (json!({"type": "string", "format": "hostname", "default": "a"}), "x : string", &["default", "format"]),
        (json!({"type": "number", "multipleOf": 0.3}), "x : float", &["multipleOf"]),
        (json!({"type": "string", "enum": []}), "x : string", &["enum"]),
        (json!({"type": "string", "not": {"pattern": "a"}}), "x : string", &["not"]),
        (json!({"type": "string", "if": {}, "then": {}}), "x : string", &["if", "then"]),
        (json!({"type": "array", "items": {"type": "string"}, "contains": {}}), "x : list<string>", &["contains"]),
        (json!({"type": ["string", "null"]}), "x : string?", &["required"]),
        (json!({"type": "string", "surprise": 1}), "x : string", &["surprise"]),
    ];
    for (schema, expected, keywords) in cases {
        let (line, residue) = declared(schema.clone());
        assert_eq!((line.as_str(), residue.iter().map(String::as_str).collect::<Vec<_>>().as_slice()), (expected, keywords), "{schema}");
    }
}

#[test]
fn models_of_pydantic_are_imported_and_compile() {
    for (name, expected) in [("NarrativeAnalysis", 6), ("ContractSafety", 5), ("Payment", 15), ("Node", 1)] {
        let schema = std::fs::read_to_string(root().join(format!("tests/interchange/pydantic/{name}.json"))).unwrap();
        let imported = from(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        let block = rules(&imported.rules).blocks().remove(0);
        let fields = block.columns.len();
        assert_eq!(fields, expected, "{}", imported.rules);
    }
}

#[test]
fn the_model_of_system_one_loses_nothing_that_pydantic_tells() {
    let schema = std::fs::read_to_string(root().join("tests/interchange/pydantic/NarrativeAnalysis.json")).unwrap();
    let imported = from(&schema).unwrap();
    assert_eq!(imported.residue, []);
    for line in [
        "output narrative_analysis from response @closed {",
        r#"sentiment       : enum("bullish", "bearish", "neutral")"#,
        "key_themes      : list<string> length between 1 and 10, each length <= 80",
    ] {
        assert!(imported.rules.contains(line), "{line}\n{}", imported.rules);
    }
}

#[test]
fn closed_is_said_only_where_all_objects_are() {
    let nested = |root: bool, inner: bool| {
        json!({"type": "object", "additionalProperties": !root, "required": ["x"],
               "properties": {"x": {"type": "object", "additionalProperties": !inner, "properties": {}}}})
    };
    for (root, inner, closed, told) in [(true, true, true, 0), (true, false, false, 1), (false, true, false, 1), (false, false, false, 0)] {
        let imported = from(&nested(root, inner).to_string()).unwrap();
        assert_eq!((imported.rules.contains("@closed"), imported.residue.len()), (closed, told), "{root} {inner} {:?}", imported.residue);
    }
}

#[test]
fn hostile_schemas_are_refused_or_told_and_never_panic() {
    let object = |properties: &str| format!("{{\"type\": \"object\", \"properties\": {{{properties}}}}}");
    let refused = |schema: &str| from(schema).unwrap_err();
    assert!(matches!(refused(""), ImportError::Json { .. }));
    assert!(matches!(refused("{\"a\": 1, \"a\": 2}"), ImportError::Json { .. }));
    assert!(matches!(refused(&"[".repeat(100_000)), ImportError::Json { .. }));
    assert!(matches!(refused("[]"), ImportError::Root { .. }));
    assert!(matches!(refused("{\"$ref\": \"#\"}"), ImportError::Root { .. }));
    assert!(matches!(refused("{\"type\": \"array\"}"), ImportError::Root { .. }));
    assert!(matches!(refused(&" ".repeat(5 << 20)), ImportError::TooLarge { .. }));

    // Each definition uses the next one twice: written out it would have a million fields.
    let defs: Vec<String> = (0..40)
        .map(|index| {
            let next = format!("{{\"$ref\": \"#/$defs/d{}\"}}", index + 1);
            format!("\"d{index}\": {{\"type\": \"object\", \"properties\": {{\"a\": {next}, \"b\": {next}}}}}")
        })
        .collect();
    let bomb = format!("{{\"$ref\": \"#/$defs/d0\", \"$defs\": {{{}, \"d40\": {{\"type\": \"string\"}}}}}}", defs.join(", "));
    assert!(matches!(refused(&bomb), ImportError::TooLarge { .. }));

    // Deep, but within what JSON may be: cut where types end.
    let deep = (0..40).fold("{\"type\": \"string\"}".to_owned(), |inner, _| format!("{{\"type\": \"array\", \"items\": {inner}}}"));
    let imported = from(&object(&format!("\"x\": {deep}"))).unwrap();
    assert!(imported.residue.iter().any(|unsaid| unsaid.why.contains("nested deeper")), "{:?}", imported.residue);

    let values: Vec<String> = (0..20_000).map(|value| format!("\"v{value}\"")).collect();
    let imported = from(&object(&format!("\"x\": {{\"enum\": [{}]}}", values.join(",")))).unwrap();
    assert_eq!(imported.residue[0].keyword, "enum");

    for name in
        ["a`b", "line\\nbreak", "", "\\u0000", "\\u2028", "and", "rule", "x y", "ünï", "\\\"", "//", "*/", "{", "😀", "fields", "parse"]
    {
        let schema = format!(
            "{{\"type\": \"object\", \"required\": [\"{name}\"], \"properties\": {{\"{name}\": {{\"type\": \"string\", \"description\": \"a\\nb */ \\u0000\"}}}}}}"
        );
        let imported = from(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(rules(&imported.rules).blocks()[0].columns.len() + imported.residue.len(), 1, "{name}\n{}", imported.rules);
    }
}

#[test]
fn names_of_block_and_column_can_be_given() {
    let schema = r#"{"title": "Two Words", "type": "object", "properties": {}}"#;
    assert!(from(schema).unwrap().rules.contains("output two_words from response {"));
    let options = ImportOptions { block: Some("my-block".to_owned()), column: Some("the answer".to_owned()) };
    let imported = import(Source::named("json-schema").unwrap(), schema, &options).unwrap();
    assert!(imported.rules.contains("output `my-block` from `the answer` {"), "{}", imported.rules);
}

/// A schema of keywords and values that need not go together.
fn soup(dice: &mut Dice, depth: usize) -> Value {
    const KEYWORDS: &[&str] = &[
        "type",
        "enum",
        "const",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "format",
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
        "allOf",
        "not",
        "$ref",
        "description",
        "default",
        "contentEncoding",
        "if",
    ];
    let types = ["string", "integer", "number", "boolean", "array", "object", "null", "what"];
    let plain = [
        json!(null),
        json!(true),
        json!(-3),
        json!(2.5),
        json!(1e300),
        json!(0.01),
        json!("a`\n/\u{0}"),
        json!(18_446_744_073_709_551_615_u64),
    ];
    if depth > 3 {
        return json!({"type": types[dice.below(types.len())]});
    }
    let mut schema = serde_json::Map::new();
    if !dice.one_in(4) {
        schema.insert("type".to_owned(), json!(types[dice.below(types.len())]));
    }
    for _ in 0..dice.below(6) {
        let keyword = KEYWORDS[dice.below(KEYWORDS.len())];
        let value = match keyword {
            _ if dice.one_in(8) => plain[dice.below(plain.len())].clone(),
            "type" if dice.one_in(2) => json!([types[dice.below(types.len())], types[dice.below(types.len())]]),
            "type" => json!(types[dice.below(types.len())]),
            "enum" | "required" => (0..dice.below(4)).map(|_| plain[dice.below(plain.len())].clone()).collect(),
            "pattern" => {
                json!(["^a$", "(?i)b", "[^\\d\\W]", "\\bx{3,}", "(", "^$", "/", "\\p{L}+", "[\\s\\S]", "a&&b", "[a&&b~~]"][dice.below(11)])
            }
            "format" => json!(["date", "date-time", "time", "uuid", "uri", "email", "what"][dice.below(7)]),
            "$ref" => json!(["#", "#/properties/a", "#/properties/b", "#/%zz", "x", "#a"][dice.below(6)]),
            "items" | "not" | "additionalProperties" | "if" => soup(dice, depth + 1),
            "anyOf" | "oneOf" | "allOf" | "prefixItems" => (0..dice.below(4)).map(|_| soup(dice, depth + 1)).collect(),
            "properties" => {
                let names = ["a", "b", "kind", "and", "x y", "`", "type"];
                Value::Object((0..dice.below(4)).map(|_| (names[dice.below(names.len())].to_owned(), soup(dice, depth + 1))).collect())
            }
            _ => plain[dice.below(plain.len())].clone(),
        };
        schema.insert(keyword.to_owned(), value);
    }
    Value::Object(schema)
}

#[test]
fn whatever_a_schema_holds_the_rules_made_from_it_compile() {
    let mut compiled = 0;
    for seed in 0..cases(1_500) {
        let mut dice = Dice::new(seed + 7);
        let properties: Value = Value::Object(["a", "b", "c"].into_iter().map(|name| (name.to_owned(), soup(&mut dice, 0))).collect());
        let schema = json!({"type": "object", "required": ["a"], "properties": properties});
        match from(&schema.to_string()) {
            Ok(_) => compiled += 1,
            Err(ImportError::TooLarge { .. }) => {}
            Err(error) => panic!("seed {seed}: {error}\n{schema:#}"),
        }
    }
    assert!(compiled > 10);
}

//! What each target takes: rewrites that lose nothing, and nothing in a schema that its target would refuse.

use rulegate::interchange::{ExportError, Loss, Target, export};
use serde_json::{Value, json};

use crate::generate;
use crate::support::{cases, exported, plain, rules, target};

/// The schema of one field.
fn field(declaration: &str, target: &str) -> Value {
    let text = format!("rulegate 1\noutput t from response {{ x : {declaration} }}");
    plain(&exported(&text, target).schema)["properties"]["x"].clone()
}

#[test]
fn keywords_that_a_target_lacks_are_rewritten_where_nothing_is_lost() {
    assert_eq!(field("string matches /LOW|HIGH/", "draft2020-12"), json!({"type": "string", "pattern": "^(?:LOW|HIGH)$"}));
    // Anchors that a pattern has are not written twice.
    for pattern in ["^a+$", "a+", "^a+", "a+$", r"\Aa+\z"] {
        assert_eq!(
            field(&format!("string matches /{pattern}/"), "draft2020-12"),
            json!({"type": "string", "pattern": "^a+$"}),
            "{pattern}"
        );
    }
    assert_eq!(field("string matches /(LOW|HIGH)/", "anthropic"), json!({"type": "string", "enum": ["LOW", "HIGH"]}));
    assert_eq!(field("string matches /LOW|HI+/", "gemini")["enum"], Value::Null);
    assert_eq!(field("string = \"a\"", "draft2020-12"), json!({"type": "string", "const": "a"}));
    assert_eq!(field("string = \"a\"", "gemini"), json!({"type": "string", "enum": ["a"]}));
    let whole = field("int > 0, < 10 @name(upper)", "gemini");
    assert_eq!((&whole["minimum"], &whole["maximum"]), (&json!(1), &json!(9)));
    assert_eq!(field("float? between 0 and 1", "openai"), json!({"type": ["number", "null"], "minimum": 0, "maximum": 1}));
    assert_eq!(field("enum(\"a\", \"b\")?", "openai"), json!({"type": ["string", "null"], "enum": ["a", "b", null]}));
}

#[test]
fn bounds_of_several_rules_at_one_place_are_all_held() {
    assert_eq!(field("float >= 0, >= 5 @name(more)", "draft2020-12"), json!({"type": "number", "minimum": 5}));
    assert_eq!(field("string in (\"a\", \"b\"), in (\"b\", \"c\") @name(other)", "draft2020-12"), json!({"type": "string", "const": "b"}));
    let two = field("string matches /a+/, matches /.{2}/ @name(two)", "draft2020-12");
    assert_eq!(two, json!({"type": "string", "pattern": "^a+$", "allOf": [{"pattern": "^[^\\n]{2}$"}]}));
    let text = "rulegate 1\noutput t from response { x : string matches /a+/, matches /.{2}/ @name(two) }";
    let lost = exported(text, "openai").residue;
    assert!(lost.iter().any(|lost| lost.rule.as_deref() == Some("t.x.two") && lost.loss == Loss::Dropped), "{lost:?}");
}

#[test]
fn rules_that_are_conjunctions_are_carried() {
    let text = "rulegate 1\noutput t from response { xs : list<float> y : float? rule r: all(x in xs: x > 0) and (y is null or y < 5) }";
    let export = exported(text, "draft2020-12");
    let schema = plain(&export.schema);
    assert_eq!(schema["properties"]["xs"]["items"]["exclusiveMinimum"], json!(0));
    assert_eq!(schema["properties"]["y"]["exclusiveMaximum"], json!(5));
    assert!(!export.residue.iter().any(|lost| lost.rule.as_deref() == Some("t.r")));
}

#[test]
fn providers_are_told_in_words_what_their_schema_cannot_say() {
    let text = "rulegate 1\noutput t from response {\n  /// How sure.\n  x : float between 0 and 1\n  s : string no_secrets }";
    let schema = plain(&exported(text, "anthropic").schema);
    assert_eq!(schema["properties"]["x"]["description"], json!("How sure.\nRule: x is between 0 and 1, both included."));
    assert_eq!(schema["properties"]["s"]["description"], json!("Rule: s holds no secrets."));
}

#[test]
fn maps_are_refused_where_objects_are_closed() {
    let rules = rules("rulegate 1\noutput t from response { x : map<string, int> }");
    for name in ["openai", "anthropic"] {
        assert!(matches!(export(&rules, "t", target(name)), Err(ExportError::Map { .. })), "{name}");
    }
    assert!(export(&rules, "t", target("gemini")).is_ok());
}

#[test]
fn limits_that_a_schema_goes_past_are_told() {
    let values: Vec<String> = (0..1_100).map(|value| format!("\"v{value}\"")).collect();
    let text = format!("rulegate 1\noutput t from response {{ x : enum({}) }}", values.join(", "));
    let lost = exported(&text, "openai").residue;
    assert!(lost.iter().any(|lost| lost.loss == Loss::Refused && lost.rule.is_none()), "{lost:?}");
    let fields: String = (0..30).map(|field| format!("f{field} : int?\n")).collect();
    let lost = exported(&format!("rulegate 1\noutput t from response {{ {fields} }}"), "anthropic").residue;
    assert_eq!(lost.iter().filter(|lost| lost.loss == Loss::Refused).count(), 2, "optional properties, and unions");
}

#[test]
fn no_schema_has_what_its_target_refuses() {
    for seed in 0..cases(200) {
        let block = generate::block(seed);
        let rules = rules(&block.text);
        for name in ["openai", "anthropic", "gemini"] {
            if let Ok(export) = export(&rules, "made", target(name)) {
                fits(&plain(&export.schema), name, &block.text);
            }
        }
    }
}

/// Asserts what the guides of the providers say of every object.
fn fits(schema: &Value, target: &str, text: &str) {
    let Some(object) = schema.as_object() else { return };
    let known: &[&str] = match target {
        "openai" => {
            &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "pattern", "minItems", "maxItems", "const"]
        }
        "anthropic" => &["minItems"],
        _ => &["minimum", "maximum", "minItems", "maxItems", "propertyOrdering"],
    };
    let common = ["type", "description", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "format"];
    for keyword in object.keys() {
        assert!(common.contains(&keyword.as_str()) || known.contains(&keyword.as_str()), "{target}: {keyword}\n{text}");
    }
    if target == "anthropic" {
        assert!(object.get("minItems").is_none_or(|least| least.as_u64() <= Some(1)), "{text}");
    }
    if let Some(properties) = object.get("properties").and_then(Value::as_object) {
        if target != "gemini" {
            assert_eq!(object.get("additionalProperties"), Some(&json!(false)), "{text}");
        }
        if target == "openai" {
            assert_eq!(object["required"].as_array().unwrap().len(), properties.len(), "{text}");
        }
        properties.values().for_each(|inner| fits(inner, target, text));
    }
    for inner in ["items", "additionalProperties"].into_iter().filter_map(|keyword| object.get(keyword)) {
        fits(inner, target, text);
    }
    object.get("anyOf").and_then(Value::as_array).into_iter().flatten().for_each(|inner| fits(inner, target, text));
}

#[test]
fn the_arrow_schema_has_the_types_of_the_columns() {
    let text = "rulegate 1\nfeatures t { id : int64  name : string?  scores : list<float32>  at : timestamp }";
    let schema = plain(&exported(text, "arrow").schema);
    let fields = schema["fields"].as_array().unwrap();
    assert_eq!(
        fields[0],
        json!({"name": "id", "nullable": false, "type": {"name": "int", "bitWidth": 64, "isSigned": true}, "children": []})
    );
    assert_eq!(fields[1]["nullable"], json!(true));
    assert_eq!(fields[2]["children"][0]["type"], json!({"name": "floatingpoint", "precision": "SINGLE"}));
    assert_eq!(fields[3]["type"], json!({"name": "timestamp", "unit": "MICROSECOND", "timezone": "UTC"}));
}

#[test]
fn rows_of_features_are_objects_for_validators_alone() {
    let text = "rulegate 1\nfeatures t @closed { id : int64 >= 0  fields /vol_\\d+d/ : float64? >= 0 }";
    let schema = plain(&exported(text, "draft2020-12").schema);
    assert_eq!(schema["patternProperties"][r"^vol_\p{Nd}+d$"]["minimum"], json!(0));
    assert_eq!(schema["additionalProperties"], json!(false));
    let rules = rules(text);
    for target in Target::all().filter(|target| !matches!(target.name, "draft2020-12" | "arrow")) {
        assert!(matches!(export(&rules, "t", target), Err(ExportError::NoOutput { .. })));
    }
}

//! What becomes of declared members.

use super::*;

fn one(kind: Kind, value: &str) -> (State, serde_json::Value) {
    of(member("m", kind), value)
}

fn of(member: Member, value: &str) -> (State, serde_json::Value) {
    let shape = Shape::new(vec![member]);
    let reading = read_one(&shape, &format!("{{\"m\": {value}}}"));
    assert_eq!(reading.parse, [Reason::Read], "{value}");
    (state(&reading, "m", 0), as_json(&shape, &reading.columns)[0]["m"].clone())
}

#[test]
fn values_of_another_kind_are_null_and_say_what_they_are() {
    let list = || Kind::List(item(Kind::Float));
    let shape = || Kind::Struct(Shape::new(vec![]));
    let small = || Kind::Int { min: -3, max: 3 };
    let unsigned = || Kind::Int { min: 0, max: u64::MAX.into() };
    let cases: Vec<(Kind, &str, State)> = vec![
        (Kind::Float, "null", State::Null),
        (Kind::Float, "\"0.5\"", State::NumericString),
        (Kind::Float, "\" -1e3 \"", State::NumericString),
        (Kind::Float, "\"\\u0030.5\"", State::NumericString),
        (Kind::Float, "\"0.5x\"", State::OtherType),
        (Kind::Float, "\"\"", State::OtherType),
        (Kind::Float, "\"NaN\"", State::OtherType),
        (Kind::Float, "\"+1\"", State::OtherType),
        (Kind::Float, "1e999", State::OutOfRange),
        (Kind::Float, "-1e309", State::OutOfRange),
        (Kind::Float, "true", State::OtherType),
        (Kind::Float, "[1]", State::OtherType),
        (INT, "\"12\"", State::NumericString),
        (INT, "1.5", State::FloatForInt),
        (INT, "1e-1", State::FloatForInt),
        (INT, "9223372036854775808", State::OutOfRange),
        (INT, "-9223372036854775809", State::OutOfRange),
        (INT, "1e400", State::OutOfRange),
        (INT, "1e99999999999999999999", State::OutOfRange),
        (INT, "1e-99999999999999999999", State::FloatForInt),
        (INT, "12345678901234567890123456789012345678901234567890", State::OutOfRange),
        (small(), "4", State::OutOfRange),
        (small(), "-3.5", State::FloatForInt),
        (unsigned(), "-1", State::OutOfRange),
        (unsigned(), "18446744073709551616", State::OutOfRange),
        (Kind::Decimal(4, 2), "1.234", State::OutOfRange),
        (Kind::Decimal(4, 2), "100", State::OutOfRange),
        (Kind::Decimal(4, 2), "\"1.5\"", State::NumericString),
        (Kind::Bool, "\"true\"", State::BoolString),
        (Kind::Bool, "\"False\"", State::BoolString),
        (Kind::Bool, "\"yes\"", State::OtherType),
        (Kind::Bool, "0", State::OtherType),
        (Kind::String, "1", State::OtherType),
        (Kind::String, "{}", State::OtherType),
        (Kind::Binary, "\"a\"", State::OtherType),
        (Kind::Binary, "\"YQ\"", State::OtherType),
        (Kind::Binary, "\"Y=Q=\"", State::OtherType),
        (Kind::Binary, "\"====\"", State::OtherType),
        (Kind::Date, "\"2026-02-30\"", State::OtherType),
        (Kind::Date, "20260230", State::OtherType),
        (Kind::Time, "\"25:00:00\"", State::OtherType),
        (Kind::Timestamp, "\"yesterday\"", State::OtherType),
        (Kind::Timestamp, "\"2026-01-31T00:00:00.0000001Z\"", State::OutOfRange),
        (Kind::LocalTimestamp, "\"2026-01-31T00:00:00Z\"", State::OtherType),
        (Kind::Duration, "\"P1Y\"", State::OtherType),
        (Kind::Duration, "\"P\"", State::OtherType),
        (Kind::Duration, "\"PT\"", State::OtherType),
        (Kind::Duration, "\"PT1.5H\"", State::OtherType),
        (Kind::Duration, "\"PT1S1M\"", State::OtherType),
        (Kind::Duration, "\"P999999999D\"", State::OutOfRange),
        (list(), "1.5", State::ScalarForList),
        (list(), "\"a\"", State::ScalarForList),
        (list(), "false", State::ScalarForList),
        (list(), "{}", State::OtherType),
        (list(), "[1, null]", State::NullItem),
        (list(), "[1, \"2\", null]", State::NumericString),
        (list(), "[[1]]", State::OtherType),
        (list(), "[1, 1e999, {\"deep\": [[]]}, \"\\n\"]", State::OutOfRange),
        (Kind::List(item(list())), "[[1], 2]", State::ScalarForList),
        (Kind::Map(item(Kind::Float)), "{\"a\": 1, \"b\": null}", State::NullItem),
        (Kind::Map(item(Kind::Float)), "{\"a\": \"1\", \"b\": 2}", State::NumericString),
        (Kind::Map(item(Kind::Float)), "[]", State::OtherType),
        (shape(), "[]", State::OtherType),
        (shape(), "\"{}\"", State::OtherType),
    ];
    for (kind, value, expected) in cases {
        let label = format!("{value} for {kind:?}");
        assert_eq!(one(kind, value), (expected, serde_json::Value::Null), "{label}");
    }
}

#[test]
fn coercion_is_asked_for_and_loses_nothing() {
    let coerce = |kind: Kind| Member { coerce: true, ..member("m", kind) };
    assert_eq!(of(coerce(Kind::Float), "\"0.5\""), (State::Present, serde_json::json!(0.5)));
    assert_eq!(of(coerce(INT), "\" 1e2\""), (State::Present, serde_json::json!(100)));
    assert_eq!(of(coerce(INT), "\"1.5\""), (State::FloatForInt, serde_json::Value::Null));
    assert_eq!(of(coerce(INT), "\"1e40\""), (State::OutOfRange, serde_json::Value::Null));
    assert_eq!(of(coerce(Kind::Float), "\"much\""), (State::OtherType, serde_json::Value::Null));
    // The word, not whether there is one.
    assert_eq!(of(coerce(Kind::Bool), "\"false\""), (State::Present, serde_json::json!(false)));
    assert_eq!(of(coerce(Kind::Bool), "\"True\""), (State::Present, serde_json::json!(true)));
    assert_eq!(of(coerce(Kind::Bool), "\"0\""), (State::OtherType, serde_json::Value::Null));
    assert_eq!(of(coerce(Kind::String), "1").0, State::OtherType);
    let items = Kind::List(Box::new(Item { kind: Kind::Float, nullable: true, coerce: true, exactly: None }));
    assert_eq!(one(items, "[\"1\", null, 2]"), (State::Present, serde_json::json!([1.0, null, 2.0])));
}

#[test]
fn null_and_absent_are_told_apart_and_leave_nothing_behind() {
    let shape = narrative();
    let texts = [
        "{\"sentiment\": null, \"sentiment_score\": 1, \"key_themes\": [], \"narrative_summary\": \"\", \"count\": 0}",
        "{\"count\": 1}",
        "broken",
        "{\"sentiment\": \"x\", \"sentiment_score\": 1, \"key_themes\": [], \"narrative_summary\": \"\", \"count\": 0}",
    ];
    let reading = read_all(&shape, &texts.map(Some), &options());
    let states = |path: &str| &reading.members.iter().find(|member| member.path == [path]).unwrap().states;
    assert_eq!(*states("sentiment"), [State::Null, State::Absent, State::NotRead, State::Present]);
    assert_eq!(*states("key_themes"), [State::Present, State::Absent, State::NotRead, State::Present]);
    assert!(states("count").is_empty());
    let nulls: Vec<usize> = reading.columns.iter().map(|column| column.null_count()).collect();
    assert_eq!(nulls, [3, 2, 2, 2, 1]);
}

fn nested() -> Shape {
    let inner = || Shape::new(vec![member("x", Kind::Float), nullable("y", Kind::String)]);
    let entity = Kind::Union {
        tag: "kind".to_owned(),
        variants: vec![
            ("token".to_owned(), Shape::new(vec![member("symbol", Kind::String)])),
            ("chain".to_owned(), Shape::new(vec![member("id", INT)])),
        ],
    };
    Shape::new(vec![
        nullable("s", Kind::Struct(inner())),
        member("l", Kind::List(item(Kind::Struct(inner())))),
        nullable("u", entity.clone()),
        member("ul", Kind::List(item(entity))),
    ])
}

#[test]
fn paths_are_numbered_depth_first() {
    let reading = read_one(&nested(), "{}");
    let paths: Vec<String> = reading.members.iter().map(|member| member.path.join(".")).collect();
    let expected = "s s.x s.y l l.x l.y u u.token.symbol u.chain.id ul ul.token.symbol ul.chain.id";
    assert_eq!(paths.join(" "), expected);
}

#[test]
fn members_of_structs_lists_and_unions_have_states_of_their_own() {
    use State::*;
    let good = r#""s": {"x": 1, "y": null}, "l": [{"x": 1}], "u": {"kind": "token", "symbol": "A"}, "ul": []"#;
    let row = |from: &str, to: &str| format!("{{{}}}", good.replace(from, to));
    let s = r#""s": {"x": 1, "y": null}"#;
    let l = r#"[{"x": 1}]"#;
    let u = r#"{"kind": "token", "symbol": "A"}"#;
    let cases: Vec<(String, &[(&str, State)])> = vec![
        (
            row(s, s),
            &[("s", Present), ("s.x", Present), ("s.y", Null), ("l.y", Present), ("u.token.symbol", Present), ("u.chain.id", NotRead)],
        ),
        (row(s, r#""s": null"#), &[("s", Null), ("s.x", NotRead), ("s.y", NotRead)]),
        (row(s, r#""s": 3"#), &[("s", OtherType), ("s.x", NotRead)]),
        (row(s, r#""z": 3"#), &[("s", Absent), ("s.x", NotRead)]),
        (row(s, r#""s": {"x": "1"}"#), &[("s", Present), ("s.x", NumericString), ("s.y", Absent)]),
        (row(l, "[]"), &[("l", Present), ("l.x", Present), ("l.y", Present)]),
        (row(l, r#"[{"x": 1, "y": 2}, {"y": "a"}]"#), &[("l", Present), ("l.x", Absent), ("l.y", OtherType)]),
        (row(l, r#"[{"x": 1}, {"x": null}, {"x": "1"}]"#), &[("l", Present), ("l.x", Null)]),
        (row(l, r#"[{}, 3]"#), &[("l", OtherType), ("l.x", NotRead), ("l.y", NotRead)]),
        (row(l, r#"[{}, null]"#), &[("l", NullItem), ("l.x", NotRead)]),
        (row(l, r#"{"x": 1}"#), &[("l", OtherType), ("l.x", NotRead)]),
        (row(u, r#"{"id": 3, "kind": "chain"}"#), &[("u", Present), ("u.chain.id", Present), ("u.token.symbol", NotRead)]),
        (row(u, r#"{"id": 3.5, "k\u0069nd": "ch\u0061in"}"#), &[("u", Present), ("u.chain.id", FloatForInt)]),
        (row(u, r#"{"kind": "other"}"#), &[("u", OtherType), ("u.chain.id", NotRead), ("u.token.symbol", NotRead)]),
        (row(u, r#"{"kind": 3, "symbol": "A"}"#), &[("u", OtherType)]),
        (row(u, r#"{"symbol": "A"}"#), &[("u", OtherType)]),
        (row(u, "{}"), &[("u", OtherType)]),
        (row(u, "null"), &[("u", Null), ("u.token.symbol", NotRead)]),
        (
            row(r#""ul": []"#, r#""ul": [{"kind": "token", "symbol": "A"}, {"kind": "chain"}, {"kind": "chain", "id": "1"}]"#),
            &[("ul", Present), ("ul.token.symbol", Present), ("ul.chain.id", Absent)],
        ),
        (
            row(r#""ul": []"#, r#""ul": [{"kind": "token", "symbol": "A"}, {"kind": "token"}, {"id": 1}]"#),
            &[("ul", OtherType), ("ul.token.symbol", NotRead)],
        ),
    ];
    let texts: Vec<Option<&str>> = cases.iter().map(|(text, _)| Some(text.as_str())).collect();
    let reading = read_all(&nested(), &texts, &options());
    for (number, (text, expected)) in cases.iter().enumerate() {
        assert_eq!(reading.parse[number], Reason::Read, "{text}");
        for (path, expected) in *expected {
            assert_eq!(state(&reading, path, number), *expected, "{path} of {text}");
        }
    }
    let rows = as_json(&nested(), &reading.columns);
    assert_eq!(rows[0]["u"], serde_json::json!({"kind": "token", "token": {"symbol": "A"}, "chain": null}));
    assert_eq!(rows[11]["u"], serde_json::json!({"kind": "chain", "token": null, "chain": {"id": 3}}));
    assert_eq!(rows[6]["l"], serde_json::json!([{"x": 1.0, "y": null}, {"x": null, "y": "a"}]));
}

#[test]
fn a_million_failing_items_are_told_once() {
    let text = format!("{{\"l\": [{}{{}}]}}", "{},".repeat(99_999));
    let reading = read_one(&nested(), &text);
    assert_eq!((state(&reading, "l", 0), state(&reading, "l.x", 0)), (State::Present, State::Absent));
}

#[test]
fn undeclared_keys_are_told_where_the_block_is_closed() {
    let texts = [
        r#"{"l": []}"#,
        r#"{"l": [], "extra": 1, "more": 2}"#,
        r#"{"l": [{"x": 1, "z\u007a": 2}]}"#,
        r#"{"u": {"kind": "token", "symbol": "A", "id": 3}}"#,
        r#"{"u": {"symbol": "A", "kind": "token"}}"#,
        r#"{"extra": 1"#,
        "```\n{\"fenced\": 1}\n```",
    ];
    let closed = Options { closed: true, lenient: true, ..options() };
    let reading = read_all(&nested(), &texts.map(Some), &closed);
    let expected = [(1, "extra"), (2, "l.zz"), (3, "u.token.id"), (6, "fenced")];
    assert_eq!(reading.extra, expected.map(|(row, name)| (row, name.to_owned())));
    assert!(read_all(&nested(), &texts.map(Some), &options()).extra.is_empty());
    let long = format!("{{\"{}\": 1}}", "k".repeat(100_000));
    assert_eq!(read_all(&nested(), &[Some(&long)], &closed).extra[0].1.len(), 128);
}

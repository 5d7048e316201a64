//! The reader against others: serde_json decides what JSON is and what strings and structure it has; shapes, states and numbers are
//! told again here, one value at a time. `OUTPUTS_CASES` sets the number of cases: a million take a minute or two at opt-level 2,
//! `OUTPUTS_CASES=1000000 CARGO_PROFILE_TEST_OPT_LEVEL=2 cargo test -p rulegate --lib outputs::tests::oracle -- --nocapture`.

use std::collections::HashMap;

use num_bigint::BigInt;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::*;

fn cases() -> usize {
    std::env::var("OUTPUTS_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(20_000)
}

/// Numbers that look random, the same ones each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        ((self.next() >> 33) as usize) % end
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}

/// A document, its numbers as written.
#[derive(Debug, Clone)]
enum Doc {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Doc>),
    Object(Vec<(String, Doc)>),
}

const NAMES: [&str; 8] = ["a", "b", "kind", "member with a long name", "é", "q\"", "", "kin"];
const STRINGS: [&str; 14] = [
    "",
    "x",
    "token",
    "chain",
    "true",
    "FALSE",
    "0.5",
    "12",
    "2026-01-31",
    "2026-01-31T10:00:00Z",
    "13:45:30",
    "PT5M",
    "aGVsbG8=",
    "a longer text with \"quotes\",\n\\ and 😀",
];

fn number(random: &mut Random) -> String {
    match random.below(8) {
        0 => (random.next() as i64 >> random.below(64)).to_string(),
        1 => random.next().to_string(),
        2 => format!("{:?}", f64::from_bits(random.next())).replace("NaN", "0").replace("inf", "1e999"),
        3 => format!("{}.{}", random.below(100), random.below(1000)),
        4 => format!("-{}e{}", random.below(1000), random.below(40)),
        5 => format!("{}.{}E-{}", random.below(10), random.next(), random.below(30)),
        6 => format!("{}00e-{}", 1 + random.below(100), random.below(5)),
        _ => (*random.of(&["0", "-0", "-0.0", "1.0", "1e2", "0.1", "1e999", "123456789012345678901234567890123456789012"])).to_owned(),
    }
}

fn text(random: &mut Random) -> String {
    if random.one_in(3) {
        let characters = ['a', ' ', '"', '\\', '/', '\n', '\u{0}', '\u{1f}', '\u{7f}', 'é', '\u{2028}', '\u{ffff}', '😀', '{', '}'];
        return (0..random.below(60)).map(|_| *random.of(&characters)).collect();
    }
    (*random.of(&STRINGS)).to_owned()
}

fn doc(random: &mut Random, depth: usize) -> Doc {
    match random.below(if depth == 0 { 4 } else { 7 }) {
        0 => Doc::Null,
        1 => Doc::Bool(random.one_in(2)),
        2 => Doc::Number(number(random)),
        3 => Doc::Text(text(random)),
        4 => Doc::List((0..random.below(4)).map(|_| doc(random, depth - 1)).collect()),
        _ => {
            let mut names: Vec<String> = (0..random.below(5)).map(|_| (*random.of(&NAMES)).to_owned()).collect();
            names.sort();
            names.dedup();
            Doc::Object(names.into_iter().map(|name| (name, doc(random, depth - 1))).collect())
        }
    }
}

/// Writes a document with white space and escapes wherever they may be.
fn write(random: &mut Random, doc: &Doc, out: &mut String) {
    space(random, out);
    match doc {
        Doc::Null => out.push_str("null"),
        Doc::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Doc::Number(text) => out.push_str(text),
        Doc::Text(text) => write_text(random, text, out),
        Doc::List(items) => {
            out.push('[');
            for (number, item) in items.iter().enumerate() {
                out.push_str(if number > 0 { "," } else { "" });
                write(random, item, out);
            }
            space(random, out);
            out.push(']');
        }
        Doc::Object(members) => {
            out.push('{');
            for (number, (name, value)) in members.iter().enumerate() {
                out.push_str(if number > 0 { "," } else { "" });
                space(random, out);
                write_text(random, name, out);
                space(random, out);
                out.push(':');
                write(random, value, out);
            }
            space(random, out);
            out.push('}');
        }
    }
    space(random, out);
}

fn space(random: &mut Random, out: &mut String) {
    if random.one_in(4) {
        let space: &&str = random.of(&[" ", "\n  ", "\t", "\r\n", "  "]);
        out.push_str(space);
    }
}

fn write_text(random: &mut Random, text: &str, out: &mut String) {
    if random.one_in(2) {
        return out.push_str(&serde_json::to_string(text).unwrap());
    }
    out.push('"');
    for character in text.chars() {
        if character < ' ' || matches!(character, '"' | '\\') || random.one_in(5) {
            let mut units = [0; 2];
            character.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(character);
        }
    }
    out.push('"');
}

/// Changes, drops, doubles or moves a few characters.
fn mutate(random: &mut Random, text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..random.below(3) {
        let at = random.below(characters.len() + 1);
        let pool: Vec<char> = "{}[]\",:\\/'u0123456789dDcC.eE+- \n\t\u{0}\u{1f}tfnrabx#é".chars().collect();
        match random.below(5) {
            0 => characters.truncate(at),
            1 => characters.insert(at, *random.of(&pool)),
            _ if at == characters.len() => {}
            2 => characters[at] = *random.of(&pool),
            3 => drop(characters.remove(at)),
            _ => characters.insert(at, characters[at]),
        }
    }
    characters.into_iter().collect()
}

/// Tokens in any order, most of them glued as a document has them: what no mutation of a sound document comes to.
fn soup(random: &mut Random) -> String {
    const TOKENS: [&str; 44] = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\"a\":",
        "\"z\":",
        "\"\\u0061\":",
        "{\"a\":",
        "\"\\",
        "\\u",
        "\\ud83d",
        "\\ude00",
        "\\ud8",
        "\\n",
        "true",
        "false",
        "null",
        "tru",
        "nul",
        "True",
        "NaN",
        "-",
        "0",
        "01",
        "1",
        "-0",
        ".",
        "1.",
        ".5",
        "e",
        "1e5",
        "1E+",
        "1e-2",
        " ",
        "\n",
        "\t",
        "\u{0}",
        "\u{a0}",
        "\u{feff}",
        "é",
    ];
    let mut text = (*random.of(&["", "", "{", "{\"a\":", "{\"a\": [", " {", "["])).to_owned();
    for _ in 0..1 + random.below(8) {
        let token: &&str = random.of(&TOKENS);
        text.push_str(token);
    }
    let end: &&str = random.of(&["", "", "}", "]}", "]"]);
    text + end
}

/// The strict reading agrees with serde_json on what JSON is.
fn agrees(shape: &Shape, text: &str) -> Reason {
    let limits = Limits { depth: usize::MAX, ..Limits::default() };
    let reading = read_all(shape, &[Some(text)], &Options { limits, closed: true, ..options() });
    let json = serde_json::from_str::<IgnoredAny>(text).is_ok();
    let value = serde_json::from_str::<Value>(text);
    let reason = reading.parse[0];
    match reason {
        Reason::Read => assert!(json && text.trim_start().starts_with('{'), "{text:?}"),
        Reason::RootType | Reason::DoubleEncoded => assert!(json && !text.trim_start().starts_with('{'), "{reason:?} {text:?}"),
        // Of a number beyond a double nothing more is known from serde_json.
        Reason::DuplicateKey => assert!(json && (repeats(text) || value.is_err()), "{text:?}"),
        // Where only checked, serde_json takes halves of surrogates; where read, it does not.
        Reason::LoneSurrogate => assert!(value.is_err(), "{text:?}"),
        // These only say what is around, or in, a text that is not JSON, or is a string with half of a surrogate pair in it.
        _ => assert!(!json || value.is_err() && text.trim_start().starts_with('"'), "{reason:?} {text:?}"),
    }
    if reason == Reason::Read {
        assert!(!repeats(text), "{text:?}");
        if let Err(error) = value {
            assert!(error.to_string().contains("out of range") || error.to_string().contains("recursion"), "{error} {text:?}");
        }
    }
    reason
}

/// Whether serde_json sees a key twice in one object.
fn repeats(text: &str) -> bool {
    struct Unique(bool);
    impl<'de> serde::Deserialize<'de> for Unique {
        fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Unique;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("JSON")
                }
                fn visit_unit<E>(self) -> Result<Unique, E> {
                    Ok(Unique(true))
                }
                fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
                    Ok(Unique(true))
                }
                fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
                    Ok(Unique(true))
                }
                fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
                    Ok(Unique(true))
                }
                fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
                    Ok(Unique(true))
                }
                fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
                    Ok(Unique(true))
                }
                fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
                    let mut unique = true;
                    while let Some(item) = items.next_element::<Unique>()? {
                        unique &= item.0;
                    }
                    Ok(Unique(unique))
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(self, mut members: A) -> Result<Unique, A::Error> {
                    let (mut unique, mut names) = (true, std::collections::HashSet::new());
                    while let Some((name, value)) = members.next_entry::<String, Unique>()? {
                        unique &= value.0 && names.insert(name);
                    }
                    Ok(Unique(unique))
                }
            }
            from.deserialize_any(Visitor)
        }
    }
    // Numbers beyond a double are an error to serde_json: then nothing is known of the keys.
    serde_json::from_str::<Unique>(text).is_ok_and(|unique| !unique.0)
}

#[test]
fn what_json_is_agrees_with_serde_json_on_documents_and_mutations() {
    let mut random = Random(0x5eed);
    let mut seen: HashMap<Reason, usize> = HashMap::new();
    for case in 0..cases() {
        let shape = shape(&mut random, 2);
        let document = if random.one_in(8) {
            doc(&mut random, 4)
        } else {
            Doc::Object(vec![("a".to_owned(), doc(&mut random, 3)), ("z".to_owned(), doc(&mut random, 3))])
        };
        let mut text = String::new();
        write(&mut random, &document, &mut text);
        text = text.replace("1e999", "1e99");
        match case % 8 {
            0 | 1 => {}
            2 => text = soup(&mut random),
            _ => text = mutate(&mut random, &text),
        }
        *seen.entry(agrees(&shape, &text)).or_default() += 1;
    }
    println!("{} decisions agree: {seen:?}", seen.values().sum::<usize>());
    for reason in [Reason::Read, Reason::Truncated, Reason::LoneSurrogate, Reason::BadEscape, Reason::BadNumber, Reason::RootType] {
        assert!(seen.contains_key(&reason), "{reason:?}");
    }
}

#[test]
fn every_truncation_and_every_change_of_a_byte_agrees_with_serde_json() {
    let text = r#"{"sentiment": "bu\u0065ll\ud83d\ude00", "sentiment_score": -0.5e+1, "key_themes": ["a", "b\n"], "x": {"y": [1, true, null, {}]}, "count": 10}"#;
    let shape = narrative();
    for end in 1..text.len() {
        assert_eq!(agrees(&shape, &text[..end]), Reason::Truncated, "{end}");
        for suffix in ["\"", "}", "]", ",", ":", "\\", "{", "1"] {
            agrees(&shape, &format!("{}{suffix}", &text[..end]));
        }
    }
    for at in 0..text.len() {
        for byte in 0..128 {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = byte;
            agrees(&shape, std::str::from_utf8(&bytes).unwrap());
        }
        agrees(&shape, &format!("{}€{}", &text[..at], &text[at + 1..]));
    }
}

// Values.

fn kind(random: &mut Random, depth: usize) -> Kind {
    match random.below(if depth == 0 { 9 } else { 14 }) {
        0 => Kind::Bool,
        1 => INT,
        2 => Kind::Int { min: 0, max: u64::MAX.into() },
        3 => Kind::Int { min: -100, max: 100 },
        4 | 5 => Kind::Float,
        6 => Kind::Decimal(20, 3),
        7 | 8 => Kind::String,
        9 | 10 => Kind::List(any_item(random, depth)),
        11 => Kind::Map(any_item(random, depth)),
        12 => Kind::Union {
            tag: "kind".to_owned(),
            variants: ["token", "chain"].map(|name| (name.to_owned(), without_tag(shape(random, depth - 1)))).to_vec(),
        },
        _ => Kind::Struct(shape(random, depth - 1)),
    }
}

fn without_tag(shape: Shape) -> Shape {
    Shape::new(shape.members.into_iter().filter(|member| member.name != "kind").collect())
}

fn any_item(random: &mut Random, depth: usize) -> Box<Item> {
    let kind = kind(random, depth - 1);
    Box::new(Item { kind, nullable: random.one_in(2), coerce: random.one_in(4), exactly: random.one_in(6).then(|| random.below(3)) })
}

fn shape(random: &mut Random, depth: usize) -> Shape {
    let mut names: Vec<&str> = (0..1 + random.below(4)).map(|_| *random.of(&NAMES)).collect();
    names.sort_unstable();
    names.dedup();
    let members =
        names.into_iter().map(|name| Member { coerce: random.one_in(4), nullable: random.one_in(2), ..member(name, kind(random, depth)) });
    Shape::new(members.collect())
}

/// A document that is mostly as declared.
fn fitting(random: &mut Random, kind: &Kind) -> Doc {
    if random.one_in(12) {
        return doc(random, 2);
    }
    match kind {
        Kind::Bool => Doc::Bool(random.one_in(2)),
        Kind::Int { .. } if random.one_in(2) => Doc::Number(random.below(100).to_string()),
        Kind::Int { .. } | Kind::Float | Kind::Decimal(..) => Doc::Number(number(random)),
        Kind::List(item) => Doc::List((0..random.below(4)).map(|_| fitting(random, &item.kind)).collect()),
        Kind::Map(item) => {
            let names = NAMES.iter().filter(|_| random.one_in(3)).collect::<Vec<_>>();
            Doc::Object(names.into_iter().map(|name| ((*name).to_owned(), fitting(random, &item.kind))).collect())
        }
        Kind::Struct(shape) => Doc::Object(fitting_members(random, shape)),
        Kind::Union { tag, variants } => {
            let (name, shape) = random.of(variants);
            let mut members = fitting_members(random, shape);
            let at = random.below(members.len() + 1);
            members.retain(|(name, _)| name != tag);
            members.insert(at.min(members.len()), (tag.clone(), Doc::Text(name.clone())));
            Doc::Object(members)
        }
        _ => Doc::Text(text(random)),
    }
}

fn fitting_members(random: &mut Random, shape: &Shape) -> Vec<(String, Doc)> {
    let mut members: Vec<(String, Doc)> = Vec::new();
    for member in &shape.members {
        if !random.one_in(8) {
            members.push((member.name.clone(), fitting(random, &member.kind)));
        }
    }
    if random.one_in(4) {
        members.push(("undeclared".to_owned(), doc(random, 2)));
    }
    if random.one_in(3) {
        members.reverse();
    }
    members
}

/// The exact number as digits and a power of ten.
fn exact(text: &str) -> (BigInt, i64) {
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    (format!("{whole}{fraction}").parse().unwrap(), exponent.parse::<i64>().unwrap() - fraction.len() as i64)
}

/// The number times 10^scale if that is whole.
fn whole(text: &str, scale: i64) -> Option<BigInt> {
    let (digits, exponent) = exact(text);
    let power = exponent + scale;
    let ten = BigInt::from(10).pow(power.unsigned_abs() as u32);
    if power >= 0 {
        return Some(digits * ten);
    }
    (&digits % &ten == BigInt::from(0)).then(|| digits / ten)
}

fn number_value(kind: &Kind, text: &str) -> Result<Value, State> {
    match kind {
        Kind::Float => {
            Some(text.parse::<f64>().unwrap()).filter(|value| value.is_finite()).map(|value| json!(value)).ok_or(State::OutOfRange)
        }
        Kind::Int { min, max } => {
            let value = whole(text, 0).ok_or(State::FloatForInt)?;
            let value = i128::try_from(value).ok().filter(|value| min <= value && value <= max).ok_or(State::OutOfRange)?;
            Ok(u64::try_from(value).map_or_else(|_| json!(i64::try_from(value).unwrap()), |value| json!(value)))
        }
        Kind::Decimal(precision, scale) => {
            let value = whole(text, i64::from(*scale))
                .filter(|value| *value.magnitude() < *BigInt::from(10).pow(u32::from(*precision)).magnitude());
            let value = value.ok_or(State::OutOfRange)?;
            let sign = if value.sign() == num_bigint::Sign::Minus { "-" } else { "" };
            let digits = format!("{:0>4}", value.magnitude().to_string());
            let (whole, fraction) = digits.split_at(digits.len() - 3);
            Ok(json!(format!("{sign}{whole}.{fraction}")))
        }
        _ => Err(State::OtherType),
    }
}

/// What a document comes to under a shape, told plainly.
#[derive(Default)]
struct Oracle {
    /// A path, whether what is below it is meant, and its state.
    told: Vec<(String, bool, State)>,
}

impl Oracle {
    fn members(&mut self, shape: &Shape, members: &[(String, Doc)], path: &str, repeated: bool) -> Value {
        let value = |oracle: &mut Self, member: &Member| {
            let path = format!("{path}/{}", member.name);
            let before = oracle.told.len();
            let state = match members.iter().find(|(name, _)| *name == member.name) {
                None => State::Absent,
                Some((_, Doc::Null)) => State::Null,
                Some((_, doc)) => match oracle.value(&member.kind, member.coerce, doc, &path, repeated) {
                    Ok(value) => return value,
                    Err(state) => state,
                },
            };
            oracle.told.truncate(before);
            if !(repeated && member.nullable && matches!(state, State::Null | State::Absent)) {
                oracle.told.push((path.clone(), false, state));
            }
            if !repeated {
                oracle.told.push((path, true, State::NotRead));
            }
            Value::Null
        };
        shape.members.iter().map(|member| (member.name.clone(), value(self, member))).collect()
    }

    fn value(&mut self, kind: &Kind, coerce: bool, doc: &Doc, path: &str, repeated: bool) -> Result<Value, State> {
        match (kind, doc) {
            (Kind::Bool, Doc::Bool(value)) => Ok(json!(value)),
            (Kind::Bool, Doc::Text(text)) => match text.to_lowercase().as_str() {
                word @ ("true" | "false") if coerce => Ok(json!(word == "true")),
                "true" | "false" => Err(State::BoolString),
                _ => Err(State::OtherType),
            },
            (Kind::String, Doc::Text(text)) => Ok(json!(text)),
            (Kind::Int { .. } | Kind::Float | Kind::Decimal(..), Doc::Number(text)) => number_value(kind, text),
            (Kind::Int { .. } | Kind::Float | Kind::Decimal(..), Doc::Text(text)) => match serde_json::from_str::<Value>(text) {
                Ok(Value::Number(_)) if coerce => number_value(kind, text.trim()),
                Ok(Value::Number(_)) => Err(State::NumericString),
                _ => Err(State::OtherType),
            },
            (Kind::List(item), Doc::List(items)) => {
                let values = items.iter().map(|doc| self.item(item, doc, path)).collect::<Result<Vec<_>, _>>()?;
                if item.exactly.is_some_and(|count| count != values.len()) { Err(State::OtherType) } else { Ok(Value::from(values)) }
            }
            (Kind::List(_), Doc::Bool(_) | Doc::Number(_) | Doc::Text(_)) => Err(State::ScalarForList),
            (Kind::Map(item), Doc::Object(members)) => {
                let entry = |(name, doc): &(String, Doc)| Ok((name.clone(), self.item(item, doc, path)?));
                members.iter().map(entry).collect::<Result<serde_json::Map<_, _>, _>>().map(Value::from)
            }
            (Kind::Struct(shape), Doc::Object(members)) => Ok(self.members(shape, members, path, repeated)),
            (Kind::Union { tag, variants }, Doc::Object(members)) => {
                let Some((_, Doc::Text(chosen))) = members.iter().find(|(name, _)| name == tag) else { return Err(State::OtherType) };
                let mut value = serde_json::Map::from_iter([(tag.clone(), json!(chosen))]);
                if !variants.iter().any(|(name, _)| name == chosen) {
                    return Err(State::OtherType);
                }
                for (name, shape) in variants {
                    let path = format!("{path}/{name}");
                    let variant = if name == chosen { self.members(shape, members, &path, repeated) } else { Value::Null };
                    if name != chosen && !repeated {
                        self.told.push((path, true, State::NotRead));
                    }
                    value.insert(name.clone(), variant);
                }
                Ok(Value::Object(value))
            }
            _ => Err(State::OtherType),
        }
    }

    fn item(&mut self, item: &Item, doc: &Doc, path: &str) -> Result<Value, State> {
        match doc {
            Doc::Null if item.nullable => Ok(Value::Null),
            Doc::Null => Err(State::NullItem),
            _ => self.value(&item.kind, item.coerce, doc, path, true),
        }
    }

    /// The state of a path: the first that was told of it, or of what it is in.
    fn state(&self, path: &str) -> State {
        let about = |told: &str, below: bool| if below { path.starts_with(&format!("{told}/")) } else { told == path };
        self.told.iter().find(|(told, below, _)| about(told, *below)).map_or(State::Present, |(.., state)| *state)
    }
}

/// The document as serde_json reads it, which tells whether it was written as meant.
fn same(doc: &Doc, value: &Value) -> bool {
    match (doc, value) {
        (Doc::Null, Value::Null) => true,
        (Doc::Bool(left), Value::Bool(right)) => left == right,
        (Doc::Text(left), Value::String(right)) => left == right,
        // Its numbers may be off in the last places.
        (Doc::Number(left), Value::Number(right)) => {
            let (left, right) = (left.parse::<f64>().unwrap(), right.as_f64().unwrap());
            (left - right).abs() <= 4.0 * left.abs() * f64::EPSILON
        }
        (Doc::List(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Doc::Object(left), Value::Object(right)) => {
            left.len() == right.len() && left.iter().all(|(name, doc)| right.get(name).is_some_and(|value| same(doc, value)))
        }
        _ => false,
    }
}

#[test]
fn values_and_states_are_those_of_the_oracle() {
    let mut random = Random(0xca5e);
    for _ in 0..cases() / 8 + 1 {
        let shape = shape(&mut random, 3);
        let documents: Vec<Doc> = (0..8).map(|_| Doc::Object(fitting_members(&mut random, &shape))).collect();
        let mut texts = Vec::new();
        for document in &documents {
            let mut text = String::new();
            write(&mut random, document, &mut text);
            if let Ok(value) = serde_json::from_str(&text) {
                assert!(same(document, &value), "{text}");
            }
            texts.push(Some(text));
            // Broken rows in between leave nothing.
            texts.push(random.one_in(3).then(|| "{\"a\": [".to_owned()));
        }
        let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
        let reading = read_all(&shape, &texts, &options());
        let rows = as_json(&shape, &reading.columns);
        for (number, document) in documents.iter().enumerate() {
            let (row, Doc::Object(members)) = (2 * number, document) else { panic!("an object") };
            let mut oracle = Oracle::default();
            let expected = oracle.members(&shape, members, "", false);
            assert_eq!(reading.parse[row], Reason::Read, "{:?}", texts[row]);
            assert_eq!(rows[row], expected, "{:?} under {shape:?}", texts[row]);
            for member in &reading.members {
                let state = member.states.get(row).copied().unwrap_or(State::Present);
                assert_eq!(
                    state,
                    oracle.state(&format!("/{}", member.path.join("/"))),
                    "{:?} of {:?} under {shape:?}",
                    member.path,
                    texts[row]
                );
            }
        }
    }
}

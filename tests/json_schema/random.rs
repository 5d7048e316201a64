//! Random `output` blocks, the schemas that say the same, and documents that mostly fit. `SCHEMA_CASES` sets the number of blocks.

use serde_json::{Map, Value, json};

use super::pass;

fn cases() -> usize {
    std::env::var("SCHEMA_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(150)
}

/// Documents for each block.
const DOCUMENTS: usize = 40;

/// Numbers that look random, the same ones each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize) % end
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }
}

#[derive(Debug, Clone)]
enum Type {
    Bool,
    /// An integer type, its least and its greatest value.
    Int(&'static str, Value, Value),
    Float,
    Text,
    Words(Vec<&'static str>),
    Codes(Vec<i64>),
    List(Box<Slot>),
    Vector(Box<Type>, usize),
    Map(Box<Slot>),
    Struct(Vec<Member>),
    OneOf(Vec<(&'static str, Vec<Member>)>),
}

/// A type that may be null, and what is asked of its values.
#[derive(Debug, Clone)]
struct Slot {
    ty: Type,
    nullable: bool,
    asked: Vec<Asked>,
}

#[derive(Debug, Clone)]
struct Member {
    name: &'static str,
    slot: Slot,
}

/// A constraint, as the language writes it and as a schema does.
#[derive(Debug, Clone)]
struct Asked {
    rule: String,
    schema: Value,
}

const NAMES: [&str; 7] = ["a", "b", "score", "key", "rule", "odd name", "é"];
const WORDS: [&str; 12] = ["", "a", "ab", "abc", "abcd", "é", "😀😀", "AB-12", "x y", "true", "12", "a\nb"];
const INTS: [&str; 16] = [
    "0",
    "1",
    "-3",
    "7",
    "100",
    "1.0",
    "7.0",
    "1e2",
    "-0",
    "-0.0",
    "255",
    "256",
    "-129",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
];
const FLOATS: [&str; 10] = ["0.5", "-1", "0", "1", "-0.5", "1e-3", "2.5e2", "100", "99.75", "-1e3"];
const PATTERNS: [&str; 4] = ["[a-z]+", r"[A-Z]{2}-\d+", ".{0,2}", "(ab|é)*"];

fn slot(random: &mut Random, depth: usize) -> Slot {
    let ty = ty(random, depth);
    let asked = if random.one_in(2) { asked(random, &ty) } else { Vec::new() };
    Slot { ty, nullable: random.one_in(3), asked }
}

fn ty(random: &mut Random, depth: usize) -> Type {
    match random.below(if depth == 0 { 8 } else { 14 }) {
        0 => Type::Bool,
        1 => Type::Int("int64", json!(i64::MIN), json!(i64::MAX)),
        2 => random.of(&[
            Type::Int("int8", json!(-128), json!(127)),
            Type::Int("uint8", json!(0), json!(255)),
            Type::Int("int32", json!(i32::MIN), json!(i32::MAX)),
            Type::Int("uint64", json!(0), json!(u64::MAX)),
        ]),
        3 | 4 => Type::Float,
        5 => Type::Text,
        6 => Type::Words((0..1 + random.below(3)).map(|number| WORDS[1 + 3 * number]).collect()),
        7 => Type::Codes(vec![1, 7, 100]),
        // Items have their constraints in their type, or through `each`.
        8 | 9 => Type::List(Box::new(Slot { asked: Vec::new(), ..slot(random, depth - 1) })),
        10 => Type::Vector(Box::new(random.of(&[Type::Float, Type::Text])), 1 + random.below(2)),
        11 => Type::Map(Box::new(Slot { asked: Vec::new(), ..slot(random, depth - 1) })),
        12 => Type::Struct(members(random, depth - 1)),
        _ => Type::OneOf(vec![("token", without_tag(members(random, depth - 1))), ("chain", without_tag(members(random, depth - 1)))]),
    }
}

fn members(random: &mut Random, depth: usize) -> Vec<Member> {
    let mut names = NAMES.to_vec();
    (0..1 + random.below(4)).map(|_| Member { name: names.remove(random.below(names.len())), slot: slot(random, depth) }).collect()
}

fn without_tag(members: Vec<Member>) -> Vec<Member> {
    members.into_iter().filter(|member| member.name != "key").collect()
}

fn asked(random: &mut Random, ty: &Type) -> Vec<Asked> {
    let count = 1 + random.below(2);
    (0..count).filter_map(|_| one_asked(random, ty)).collect()
}

fn one_asked(random: &mut Random, ty: &Type) -> Option<Asked> {
    let asked = |rule: String, schema: Value| Some(Asked { rule, schema });
    match ty {
        Type::Int(..) | Type::Codes(_) | Type::Float => {
            let (low, high) = random.of(&[(-3, 7), (0, 1), (1, 100), (-1, 0)]);
            match random.below(if matches!(ty, Type::Float) { 5 } else { 9 }) {
                0 => asked(format!(">= {low}"), json!({"minimum": low})),
                1 => asked(format!("> {low}"), json!({"exclusiveMinimum": low})),
                2 => asked(format!("<= {high}.5"), json!({"maximum": f64::from(high) + 0.5})),
                3 => asked(format!("< {high}"), json!({"exclusiveMaximum": high})),
                4 => asked(format!("between {low} and {high}"), json!({"minimum": low, "maximum": high})),
                5 => asked(format!("in ({low}, {high})"), json!({"enum": [low, high]})),
                6 => asked(format!("not in ({low}, {high})"), json!({"not": {"enum": [low, high]}})),
                7 => asked(format!("= {high}"), json!({"const": high})),
                _ => asked(format!("!= {high}"), json!({"not": {"const": high}})),
            }
        }
        Type::Text | Type::Words(_) => match random.below(5) {
            0 => length(random, "minLength", "maxLength"),
            1 => {
                let pattern = random.of(&PATTERNS);
                asked(format!("matches /{pattern}/"), json!({"pattern": format!("^(?:{pattern})$")}))
            }
            2 => {
                let pattern = random.of(&PATTERNS);
                asked(format!("not matches /{pattern}/"), json!({"not": {"pattern": format!("^(?:{pattern})$")}}))
            }
            3 => asked("in (\"a\", \"é\", \"12\")".to_owned(), json!({"enum": ["a", "é", "12"]})),
            _ => asked("!= \"ab\"".to_owned(), json!({"not": {"const": "ab"}})),
        },
        Type::List(_) if random.one_in(2) => length(random, "minItems", "maxItems"),
        Type::List(item) => {
            let one = one_asked(random, &item.ty).filter(|one| !one.rule.starts_with("each"))?;
            let within = if item.nullable { json!({"anyOf": [{"type": "null"}, one.schema]}) } else { one.schema };
            asked(format!("each {}", one.rule), json!({"items": within}))
        }
        _ => None,
    }
}

fn length(random: &mut Random, least: &str, most: &str) -> Option<Asked> {
    let low = random.below(3);
    let high = low + random.below(3);
    Some(match random.below(3) {
        0 => Asked { rule: format!("length >= {low}"), schema: json!({least: low}) },
        1 => Asked { rule: format!("length <= {high}"), schema: json!({most: high}) },
        _ => Asked { rule: format!("length between {low} and {high}"), schema: json!({least: low, most: high}) },
    })
}

// What the language writes.

/// Numbers constraints, so that each has an id of its own.
struct Writer(usize);

impl Writer {
    fn ty(&mut self, ty: &Type) -> String {
        match ty {
            Type::Bool => "bool".to_owned(),
            Type::Int(name, ..) => (*name).to_owned(),
            Type::Float => "float".to_owned(),
            Type::Text => "string".to_owned(),
            Type::Words(words) => format!("enum({})", words.iter().map(|word| json!(word).to_string()).collect::<Vec<_>>().join(", ")),
            Type::Codes(codes) => format!("enum({})", codes.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")),
            Type::List(item) => format!("list<{}>", self.slot(item)),
            Type::Vector(item, length) => format!("vector<{}, {length}>", self.ty(item)),
            Type::Map(item) => format!("map<string, {}>", self.slot(item)),
            Type::Struct(members) => format!("struct {{ {} }}", self.members(members, ", ")),
            Type::OneOf(variants) => {
                let variants = variants.iter().map(|(name, members)| format!("\"{name}\": {{ {} }}", self.members(members, ", ")));
                format!("one_of(key) {{ {} }}", variants.collect::<Vec<_>>().join(", "))
            }
        }
    }

    fn slot(&mut self, slot: &Slot) -> String {
        format!("{}{}", self.ty(&slot.ty), if slot.nullable { "?" } else { "" })
    }

    fn members(&mut self, members: &[Member], separator: &str) -> String {
        let member = |member: &Member| {
            let asked: Vec<String> = (member.slot.asked.iter())
                .map(|asked| {
                    self.0 += 1;
                    format!("{} @name(n{})", asked.rule, self.0)
                })
                .collect();
            format!("`{}` : {} {}", member.name, self.slot(&member.slot), asked.join(", "))
        };
        members.iter().map(member).collect::<Vec<_>>().join(separator)
    }
}

fn block(members: &[Member], closed: bool) -> String {
    format!("output t from r {} {{\n  {}\n}}", if closed { "@closed" } else { "" }, Writer(0).members(members, "\n  "))
}

// What a schema says.

fn of_type(ty: &Type, closed: bool) -> Value {
    match ty {
        Type::Bool => json!({"type": "boolean"}),
        Type::Int(_, least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
        Type::Float => json!({"type": "number"}),
        Type::Text => json!({"type": "string"}),
        Type::Words(words) => json!({"enum": words}),
        Type::Codes(codes) => json!({"enum": codes}),
        Type::List(item) => json!({"type": "array", "items": of_slot(item, closed)}),
        Type::Vector(item, length) => json!({"type": "array", "items": of_type(item, closed), "minItems": length, "maxItems": length}),
        Type::Map(item) => json!({"type": "object", "additionalProperties": of_slot(item, closed)}),
        Type::Struct(members) => of_members(members, closed, None),
        Type::OneOf(variants) => {
            json!({"oneOf": variants.iter().map(|(name, members)| of_members(members, closed, Some(name))).collect::<Vec<_>>()})
        }
    }
}

fn of_slot(slot: &Slot, closed: bool) -> Value {
    let all: Vec<Value> = [of_type(&slot.ty, closed)].into_iter().chain(slot.asked.iter().map(|asked| asked.schema.clone())).collect();
    if slot.nullable { json!({"anyOf": [{"type": "null"}, {"allOf": all}]}) } else { json!({"allOf": all}) }
}

fn of_members(members: &[Member], closed: bool, tag: Option<&str>) -> Value {
    let mut properties: Map<String, Value> = members.iter().map(|member| (member.name.to_owned(), of_slot(&member.slot, closed))).collect();
    let mut required: Vec<&str> = members.iter().filter(|member| !member.slot.nullable).map(|member| member.name).collect();
    if let Some(tag) = tag {
        properties.insert("key".to_owned(), json!({"const": tag}));
        required.push("key");
    }
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": !closed})
}

// Documents.

fn value(random: &mut Random, slot: &Slot) -> String {
    if random.one_in(if slot.nullable { 4 } else { 25 }) {
        return "null".to_owned();
    }
    if random.one_in(15) {
        return anything(random);
    }
    match &slot.ty {
        Type::Bool => random.of(&["true", "false"]).to_owned(),
        Type::Int(..) | Type::Codes(_) => number(random),
        Type::Float => random.of(&FLOATS).to_owned(),
        Type::Text => json!(random.of(&WORDS)).to_string(),
        Type::Words(words) => json!(if random.one_in(4) { random.of(&WORDS) } else { random.of(words) }).to_string(),
        Type::List(item) => list(random, item, 4),
        Type::Vector(item, length) => {
            let item = Slot { ty: (**item).clone(), nullable: false, asked: Vec::new() };
            let length = if random.one_in(4) { random.below(4) } else { *length };
            format!("[{}]", (0..length).map(|_| value(random, &item)).collect::<Vec<_>>().join(","))
        }
        Type::Map(item) => {
            let keys: Vec<&str> = WORDS.into_iter().filter(|_| random.one_in(4)).collect();
            let entries: Vec<String> = keys.into_iter().map(|key| format!("{}: {}", json!(key), value(random, item))).collect();
            format!("{{{}}}", entries.join(","))
        }
        Type::Struct(members) => object(random, members, None),
        Type::OneOf(variants) => {
            let (name, members) = random.of(variants);
            let tag = match random.below(12) {
                0 => None,
                1 => Some("\"other\"".to_owned()),
                2 => Some("1".to_owned()),
                _ => Some(json!(name).to_string()),
            };
            object(random, &members, tag)
        }
    }
}

fn number(random: &mut Random) -> String {
    let number = if random.one_in(6) { random.of(&FLOATS) } else { random.of(&INTS) };
    number.to_owned()
}

fn list(random: &mut Random, item: &Slot, most: usize) -> String {
    format!("[{}]", (0..random.below(most)).map(|_| value(random, item)).collect::<Vec<_>>().join(", "))
}

fn anything(random: &mut Random) -> String {
    random.of(&["\"text\"", "\"0.5\"", "true", "12", "1.5", "[]", "[1, null]", "{}", "{\"a\": [true]}", "null", "\"false\""]).to_owned()
}

fn object(random: &mut Random, members: &[Member], tag: Option<String>) -> String {
    let mut written: Vec<String> = Vec::new();
    for member in members {
        if !random.one_in(10) {
            written.push(format!("{}: {}", json!(member.name), value(random, &member.slot)));
        }
    }
    if let Some(tag) = tag {
        written.insert(random.below(written.len() + 1), format!("\"key\": {tag}"));
    }
    if random.one_in(6) {
        let other = anything(random);
        written.insert(random.below(written.len() + 1), format!("\"undeclared\": {other}"));
    }
    if random.one_in(3) {
        written.reverse();
    }
    format!("{{{}}}", written.join(", "))
}

#[test]
fn random_blocks_pass_what_the_schemas_that_say_the_same_pass() {
    let mut random = Random(0x5c4e_3a17);
    let (mut passed, mut failed) = (0, 0);
    for _ in 0..cases() {
        let (members, closed) = (members(&mut random, 3), random.one_in(2));
        let (block, schema) = (block(&members, closed), of_members(&members, closed, None));
        let validator = jsonschema::validator_for(&schema).unwrap();
        let texts: Vec<String> =
            (0..DOCUMENTS).map(|_| if random.one_in(40) { anything(&mut random) } else { object(&mut random, &members, None) }).collect();
        for (text, ours) in texts.iter().zip(pass(&block, &texts)) {
            let theirs = validator.is_valid(&serde_json::from_str(text).unwrap());
            assert_eq!(ours, theirs, "we say {ours}, jsonschema says {theirs} of\n{text}\n{block}\n{schema:#}");
            *if ours { &mut passed } else { &mut failed } += 1;
        }
    }
    println!("{passed} documents pass, {failed} fail");
    assert!(passed > cases() * DOCUMENTS / 10 && failed > cases() * DOCUMENTS / 10, "{passed} pass, {failed} fail");
}

//! Blocks made up from a seed, and answers to them: some sound, some wrong in one place or many.

use std::fmt::Write;

use serde_json::{Map, Value, json};

/// A small generator of numbers: the same for a seed on every machine.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from((self.next() >> 33) % limit.max(1) as u64).unwrap()
    }

    pub(crate) fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// A field as it is declared, and values that come near to what it asks.
pub(crate) struct Field {
    ty: String,
    constraints: String,
    /// Values inside, at and beyond the bounds.
    near: Vec<Value>,
    shape: Shape,
    optional: bool,
}

enum Shape {
    Plain,
    List(Box<Field>),
    Map(Box<Field>),
    Struct(Vec<(String, Field)>),
    Union(String, Vec<(String, Vec<(String, Field)>)>),
}

pub(crate) struct Block {
    pub(crate) text: String,
    fields: Vec<(String, Field)>,
}

const TEXTS: &[&str] =
    &["", "a", "ab", "abc", "abcd", "LOW", "HIGH", "MEDIUM", "0x1f", "äöü", "👍👍", "a b", " a", "x\ny", "2026-01-31", "ab-12", "٣"];
const PATTERNS: &[(&str, &[&str])] = &[
    ("[a-z]{2,4}", &["ab", "abcd", "abcde", "A", "ab1"]),
    (r"0x[0-9a-f]+", &["0x", "0x1f", "0xG"]),
    ("LOW|HIGH", &["LOW", "HIGH", "LOWHIGH", "low"]),
    (r"\d{1,2}", &["1", "12", "123", "٣"]),
    (r"[\w-]+", &["ab-12", "ä", "a b", ""]),
    (r"a.c\/?", &["abc", "a/c/", "a\nc", "ac"]),
    (r"\s*x\S", &["xy", " xy", "x ", "x"]),
    (r"(?:ab)+c?", &["abab", "ababc", "c"]),
];

/// Names that need quotes and escapes among plain ones.
const NAMES: &[&str] =
    &["alpha", "beta", "gamma", "type", "rule", "key", "in", "two words", "a.b", "a/b~c", "ünï", "\"quoted\"", "$ref", "fallback"];

pub(crate) fn block(seed: u64) -> Block {
    let mut dice = Dice::new(seed);
    let mut fields = Vec::new();
    for name in names(&mut dice, 5) {
        let field = field(&mut dice, 0);
        fields.push((name, field));
    }
    let closed = if dice.one_in(2) { " @closed" } else { "" };
    let mut text = format!("rulegate 1\n/// A block.\noutput made from response{closed} {{\n");
    for (name, field) in &fields {
        if dice.one_in(4) {
            text.push_str("/// What it holds.\n");
        }
        writeln!(text, "{}: {}", quoted(name), field.text()).unwrap();
    }
    text.push_str("}\n");
    Block { text, fields }
}

fn names(dice: &mut Dice, most: usize) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for _ in 0..=dice.below(most) {
        let name = (*dice.pick(NAMES)).to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn quoted(name: &str) -> String {
    format!("`{name}`")
}

fn field(dice: &mut Dice, depth: usize) -> Field {
    let kinds = if depth < 2 { 17 } else { 11 };
    let mut field = match dice.below(kinds) {
        0 => plain("bool", "", vec![json!(true), json!(false)]),
        1 => number(dice, "float"),
        2 => integer(dice, "int"),
        3 => integer(dice, "int8"),
        4 => decimal(dice),
        5 => text_length(dice),
        6 => text_pattern(dice),
        7 => plain("enum(\"LOW\", \"HIGH\", \"ä\\\"/\")", "", ["LOW", "HIGH", "ä\"/", "low"].map(Value::from).to_vec()),
        8 => times(dice),
        9 => predicate(dice),
        10 => values(dice),
        11..=13 => list(dice, depth),
        14 => map(dice, depth),
        15 => structure(dice, depth),
        _ => union(dice, depth),
    };
    if dice.one_in(4) {
        field.optional = true;
        field.ty.push('?');
    }
    field
}

impl Field {
    fn text(&self) -> String {
        format!("{} {}", self.ty, self.constraints)
    }
}

/// A field of a type and constraints.
fn plain(ty: &str, constraints: &str, near: Vec<Value>) -> Field {
    Field { ty: ty.to_owned(), constraints: constraints.to_owned(), near, shape: Shape::Plain, optional: false }
}

fn number(dice: &mut Dice, ty: &str) -> Field {
    let (low, high) = (dice.below(5) as i64 - 4, dice.below(5) as i64 + 1);
    let near = [low, high]
        .into_iter()
        .flat_map(|bound| [json!(bound), json!(bound as f64 + 0.25), json!(bound as f64 - 0.25)])
        .chain([json!(0.0), json!(1e300)]);
    let constraint = match dice.below(7) {
        0 => String::new(),
        1 => format!("between {low} and {high}"),
        2 => format!("> {low}, <= {high}.25 @name(upper)"),
        3 => format!(">= {low}"),
        4 => format!("< {high}"),
        5 => format!("!= {high}, not in ({low}, 0.25)"),
        _ => format!("not between {} and {high}", low - 3),
    };
    // What is outside of a range is two ranges, which no conjunction says.
    plain(ty, &constraint, near.collect())
}

fn integer(dice: &mut Dice, ty: &str) -> Field {
    let (low, high) = (dice.below(9) as i64 - 8, dice.below(9) as i64 + 1);
    let near = [low, high].into_iter().flat_map(|bound| [json!(bound), json!(bound + 1), json!(bound - 1)]);
    let constraint = match dice.below(6) {
        0 => String::new(),
        1 => format!("between {low} and {high}"),
        2 => format!("> {low}, < {high} @name(upper)"),
        3 => format!("mod(3) = 0"),
        4 => format!("in ({low}, 0, {high}), >= {low}"),
        _ => format!("= {high}"),
    };
    plain(ty, &constraint, near.chain([json!(1.0), json!(1.5), json!(127), json!(128), json!(-129), json!(3), json!(6)]).collect())
}

fn decimal(dice: &mut Dice) -> Field {
    let constraint = *dice.pick(&["", ">= 0", "< 9.5"]);
    plain("decimal(3, 2)", constraint, [json!(9.99), json!(10), json!(0.5), json!(0.125), json!(-9.99), json!(-0.01), json!(9.5)].to_vec())
}

fn text_length(dice: &mut Dice) -> Field {
    let constraint =
        *dice.pick(&["", "length between 1 and 3", "length >= 2", "length < 3", "length = 2", "length > 0, length <= 4 @name(longest)"]);
    plain("string", constraint, TEXTS.iter().map(|text| json!(text)).collect())
}

fn text_pattern(dice: &mut Dice) -> Field {
    let (pattern, texts) = dice.pick(PATTERNS);
    let constraint = match dice.below(3) {
        0 => format!("matches /{pattern}/"),
        1 => format!("contains_match(/{pattern}/)"),
        _ => format!("matches /{pattern}/, length <= 3"),
    };
    plain("string", &constraint, texts.iter().chain(TEXTS).map(|text| json!(text)).collect())
}

fn times(dice: &mut Dice) -> Field {
    let (ty, texts): &(&str, &[&str]) = dice.pick(&[
        ("date", &["2026-01-31", "2026-02-30", "26-01-31", "2026-01-31T00:00:00Z"] as &[&str]),
        ("time", &["13:45", "13:45:30", "13:45:30.25", "24:00", "13:60", "13:45:30Z"]),
        ("timestamp", &["2026-01-31T13:45:30Z", "2026-01-31T13:45:30+02:00", "2026-02-30T00:00:00Z", "x"]),
        ("timestamp(local)", &["2026-01-31T13:45:30", "2026-01-31", "2026-01-31T25:00:00", "2026-01-31T13:45:30Z"]),
        ("duration", &["PT5M", "P1DT2H30M", "P1W", "PT", "5 min"]),
        ("binary", &["YQ==", "YWI=", "YWJj", "", "YQ", "Y==="]),
    ]);
    plain(ty, "", texts.iter().map(|text| json!(text)).collect())
}

fn predicate(dice: &mut Dice) -> Field {
    let (constraint, texts): &(&str, &[&str]) = dice.pick(&[
        ("is_uuid", &["123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000", "x"] as &[&str]),
        ("is_ipv4", &["192.0.2.1", "192.0.2.256", "192.0.02.1"]),
        ("is_ipv6", &["2001:db8::1", "1::2::3", "::"]),
        ("not_blank", &["", " ", "\u{2003}", " a ", "\u{85}"]),
        ("trimmed", &["", "a", " a", "a\u{2003}", "a b", "\n"]),
        ("is_hex", &["1f", "", "0x", "G"]),
        ("is_base64", &["YQ==", "YWJj", "", "===="]),
        ("starts_with(\"0x\")", &["0x1", "x0x", ""]),
        ("ends_with(\"^$.\")", &["a^$.", "a^$.a", "$"]),
        ("contains(\"[a]\")", &["x[a]y", "a", ""]),
        ("like \"a_%\\\\%\"", &["ab%", "ab", "a%", "a\n%", "a👍%"]),
    ]);
    plain("string", constraint, texts.iter().map(|text| json!(text)).collect())
}

fn values(dice: &mut Dice) -> Field {
    let constraint = *dice.pick(&["in (\"a\", \"ab\")", "= \"LOW\"", "!= \"LOW\"", "not in (\"a\", \"\")", "in (\"a\"), length = 1"]);
    plain("string", constraint, TEXTS.iter().map(|text| json!(text)).collect())
}

fn list(dice: &mut Dice, depth: usize) -> Field {
    let item = field(dice, depth + 1);
    // Constraints of items stand behind `each`, which the list writes itself: items here are types alone.
    let (item, each) = if matches!(item.shape, Shape::Plain) { simple_item(dice) } else { (item, "") };
    let simple = !each.is_empty();
    let length = *dice.pick(&["", "length between 1 and 3", "length <= 2", "length > 0"]);
    let mut constraints: Vec<&str> = [length, each].into_iter().filter(|text| !text.is_empty()).collect();
    if simple && dice.one_in(3) && constraints.len() < 2 && !item.optional {
        constraints.push("distinct_count = 2");
    }
    let (ty, constraints) = (format!("list<{}>", item.ty), constraints.join(", "));
    Field { ty, constraints, near: Vec::new(), shape: Shape::List(Box::new(item)), optional: false }
}

/// A plain type for items, and what `each` asks of them.
fn simple_item(dice: &mut Dice) -> (Field, &'static str) {
    let texts = || TEXTS.iter().map(|text| json!(text)).collect();
    let (mut field, each) = match dice.below(4) {
        0 => (plain("string", "", texts()), "each length <= 3"),
        1 => (plain("float", "", vec![json!(-1), json!(0.0), json!(0.5), json!(1), json!(1.5)]), "each between 0 and 1"),
        2 => (plain("string", "", texts()), "each matches /[a-z]+/"),
        _ => (plain("enum(\"LOW\", \"HIGH\")", "", vec![json!("LOW"), json!("HIGH"), json!("x")]), ""),
    };
    field.optional = dice.one_in(4);
    if field.optional {
        field.ty.push('?');
    }
    (field, each)
}

fn map(dice: &mut Dice, depth: usize) -> Field {
    // A value of a map has a type and no constraints, and that of an enum is one.
    let value = match dice.below(3) {
        0 => plain("string", "", vec![json!("a"), json!("")]),
        1 => plain("float?", "", vec![json!(1), json!(0.5)]),
        _ => {
            let (ty, near) = ("list<string>".to_owned(), Vec::new());
            let item = plain("string", "", vec![json!("a")]);
            Field { ty, constraints: String::new(), near, shape: Shape::List(Box::new(item)), optional: depth > 5 }
        }
    };
    Field {
        ty: format!("map<string, {}>", value.ty),
        constraints: String::new(),
        near: Vec::new(),
        shape: Shape::Map(Box::new(value)),
        optional: false,
    }
}

fn members(dice: &mut Dice, depth: usize) -> Vec<(String, Field)> {
    names(dice, 3).into_iter().map(|name| (name, field(dice, depth + 1))).collect()
}

fn written(members: &[(String, Field)]) -> String {
    members.iter().map(|(name, field)| format!("{}: {}", quoted(name), field.text())).collect::<Vec<_>>().join(", ")
}

fn structure(dice: &mut Dice, depth: usize) -> Field {
    let members = members(dice, depth);
    Field {
        ty: format!("struct {{ {} }}", written(&members)),
        constraints: String::new(),
        near: Vec::new(),
        shape: Shape::Struct(members),
        optional: false,
    }
}

fn union(dice: &mut Dice, depth: usize) -> Field {
    let variants: Vec<(String, Vec<(String, Field)>)> =
        ["one", "two"].into_iter().map(|name| (name.to_owned(), members(dice, depth))).collect();
    let text: Vec<String> = variants.iter().map(|(name, members)| format!("\"{name}\": {{ {} }}", written(members))).collect();
    Field {
        ty: format!("one_of(kind) {{ {} }}", text.join(", ")),
        constraints: String::new(),
        near: Vec::new(),
        shape: Shape::Union("kind".to_owned(), variants),
        optional: false,
    }
}

impl Block {
    /// An answer; about one in three is sound.
    pub(crate) fn answer(&self, dice: &mut Dice) -> Value {
        let chances = [1_000, 30, 6][dice.below(3)];
        object(&self.fields, dice, chances)
    }
}

fn object(fields: &[(String, Field)], dice: &mut Dice, chances: usize) -> Value {
    let mut object = Map::new();
    for (name, field) in fields {
        if !dice.one_in(if field.optional { 4 } else { chances * 2 }) {
            object.insert(name.clone(), value(field, dice, chances));
        }
    }
    if dice.one_in(chances) {
        object.insert("undeclared".to_owned(), json!(1));
    }
    Value::Object(object)
}

fn value(field: &Field, dice: &mut Dice, chances: usize) -> Value {
    if field.optional && dice.one_in(4) {
        return Value::Null;
    }
    if dice.one_in(chances) {
        let junk =
            [json!(null), json!(true), json!(-7), json!(2.5), json!("x"), json!([]), json!(["x"]), json!({}), json!({"kind": "one"})];
        return dice.pick(&junk).clone();
    }
    let count = dice.below(4);
    match &field.shape {
        Shape::Plain => dice.pick(&field.near).clone(),
        Shape::List(item) => (0..count).map(|_| value(item, dice, chances)).collect(),
        Shape::Map(item) => Value::Object((0..count).map(|index| (format!("k{index}"), value(item, dice, chances))).collect()),
        Shape::Struct(members) => object(members, dice, chances),
        Shape::Union(tag, variants) => {
            let (name, members) = dice.pick(variants);
            let mut value = object(members, dice, chances);
            let name = if dice.one_in(chances) { "three" } else { name };
            value.as_object_mut().unwrap().insert(tag.clone(), json!(name));
            value
        }
    }
}

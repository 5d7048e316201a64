//! What kinds of things can stand at a place, told by the lexemes of its item before it.

use rulegate::compile::index::AttributePlace;
use rulegate::syntax::{Inside, Lexeme, LexemeKind};

use super::Request;

/// Something that can stand at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Words that start items, in a block or at the top.
    Items { in_block: bool },
    /// Columns of the data that no field declares yet.
    NewFields,
    /// Names of values: columns, lets, variables of `any` and `all`, parameters.
    Values { variables: Vec<String> },
    /// Columns, as `key` and records name them; with a colon behind them in records.
    Columns { block: String, colon: bool },
    /// Functions; aggregates too in checks.
    Functions { in_check: bool },
    /// Constraints of a field.
    Constraints,
    /// Types.
    Types,
    /// Attributes.
    Attributes(AttributePlace),
    /// Parameters, behind their `$`.
    Params,
    /// Value sets.
    Sets,
    /// The values that a column may have.
    ValuesOf { block: String, column: String },
    /// Members of a struct, behind a path of names.
    Members { block: String, path: Vec<String> },
    /// Ids of rules that begin with these parts.
    Rules { block: String, path: Vec<String> },
    /// Blocks, in tests.
    Blocks,
    /// Examples, in tests.
    Examples { block: String },
    /// Words of the language.
    Words(&'static [&'static str]),
    /// Rule files, in imports.
    Files,
}

/// Words that a value may start with.
const STARTS: &[&str] = &["not", "null", "true", "false", "case", "any", "all", "cast", "try_cast", "date", "time", "timestamp"];
/// Words that may stand behind a value.
const OPERATORS: &[&str] =
    &["and", "or", "not", "in", "is", "between", "like", "matches", "div", "mod", "when", "then", "else", "end", "as"];
/// Words after which a value stands.
const BEFORE_VALUE: &[&str] = &[
    "and", "or", "not", "between", "like", "when", "then", "else", "case", "div", "mod", "expect", "where", "by", "from", "let", "observe",
    "until",
];

/// What can stand at the place of a request.
pub(super) fn wanted(request: &Request<'_>) -> Vec<Wanted> {
    let before = request.before();
    let last = before.last();
    let symbol = |at: Option<&Lexeme>| if let Some(Lexeme { kind: LexemeKind::Symbol(byte), .. }) = at { *byte } else { 0 };
    match request.place.inside {
        Inside::Comment | Inside::Regex => return Vec::new(),
        Inside::String(_) => return in_string(request, before),
        Inside::Code | Inside::QuotedName(_) => {}
    }
    match symbol(last) {
        b'@' => return vec![Wanted::Attributes(attribute_place(request, before))],
        b'$' => return vec![Wanted::Params],
        b'.' => return after_dot(request, before),
        _ => {}
    }
    match (&request.place.block, request.place.item) {
        (Some(_), Some(item)) => in_item(request, item, before),
        (Some(_), None) => vec![Wanted::Items { in_block: true }, Wanted::NewFields],
        (None, Some("test")) => in_test(request, before),
        (None, Some("param" | "extern" | "type")) if at_item_start(request, before) => vec![Wanted::Items { in_block: false }],
        (None, Some("param" | "extern")) => vec![Wanted::Types],
        (None, Some("type")) => in_field(request, before, b'='),
        (None, Some("set" | "import" | "rulegate")) if !at_item_start(request, before) => vec![Wanted::Words(&["from", "column"])],
        (None, _) => vec![Wanted::Items { in_block: false }],
    }
}

/// Whether the word at the place stands first on its line, with no bracket open before it in the item.
fn at_item_start(request: &Request<'_>, before: &[Lexeme]) -> bool {
    let start = request.start();
    let line = request.text.get(..start).map_or("", |text| text.rsplit(['\n', '\r']).next().unwrap_or_default());
    line.trim().is_empty() && depth(before) == 0
}

fn depth(lexemes: &[Lexeme]) -> usize {
    lexemes.iter().fold(0, |depth: usize, lexeme| match lexeme.kind {
        LexemeKind::Symbol(b'(' | b'[' | b'{') => depth + 1,
        LexemeKind::Symbol(b')' | b']' | b'}') => depth.saturating_sub(1),
        _ => depth,
    })
}

fn block_name(request: &Request<'_>) -> String {
    request.place.block.as_ref().map(|block| block.name.clone()).unwrap_or_default()
}

fn in_item(request: &Request<'_>, item: &str, before: &[Lexeme]) -> Vec<Wanted> {
    let block = block_name(request);
    let mut wanted = Vec::new();
    if at_item_start(request, before) {
        wanted.extend([Wanted::Items { in_block: true }, Wanted::NewFields]);
    }
    match item {
        ":" => wanted.extend(in_field(request, before, b':')),
        "fields" => wanted.extend(in_field(request, before, b':')),
        "key" => wanted.push(Wanted::Columns { block, colon: false }),
        "example" | "fallback" => wanted.extend(in_record(request, before, &block)),
        "columns" => wanted.push(Wanted::Types),
        "waive" if before.len() <= 1 => wanted.push(Wanted::Rules { block, path: Vec::new() }),
        "rule" | "check" if before.len() <= 1 => {}
        _ => wanted.extend(in_expression(request, item, before)),
    }
    wanted
}

/// A field or a type: `name : type attributes constraints`.
fn in_field(request: &Request<'_>, before: &[Lexeme], introduces: u8) -> Vec<Wanted> {
    let Some(at) = before.iter().position(|lexeme| lexeme.kind == LexemeKind::Symbol(introduces)) else { return Vec::new() };
    let rest = before.get(at + 1..).unwrap_or_default();
    let Some(last) = rest.last() else { return vec![Wanted::Types] };
    let text = request.word(last);
    let is_word = last.kind == LexemeKind::Word;
    if is_word && text == "in" {
        return vec![Wanted::Sets, Wanted::Words(&["reference"])];
    }
    if is_word && text == "not" {
        return vec![Wanted::Words(&["between", "in", "like", "matches"])];
    }
    if is_word && text == "each" {
        return vec![Wanted::Constraints];
    }
    let after_when =
        rest.iter().rev().take_while(|lexeme| lexeme.kind != LexemeKind::Symbol(b',')).any(|lexeme| request.word(lexeme) == "when");
    if in_type(request, rest) {
        return vec![Wanted::Types];
    }
    // A comma outside of brackets ends a constraint, and the next one follows.
    let next = last.kind == LexemeKind::Symbol(b',') && depth(rest) == 0;
    let value = before_value(request, Some(last)) && !next;
    if value || after_when || depth(rest) > 0 {
        let mut wanted = in_expression(request, "rule", before);
        if depth(rest) > 0
            && let Some(column) = before.first().filter(|_| introduces == b':')
        {
            let column = request.word(column).trim_matches('`').to_owned();
            wanted.push(Wanted::ValuesOf { block: block_name(request), column });
        }
        return wanted;
    }
    vec![Wanted::Constraints]
}

/// Whether a place behind a field's colon is still within its type: `list<`, `map<string,`, `struct { a:`.
fn in_type(request: &Request<'_>, rest: &[Lexeme]) -> bool {
    let first = rest.first().map(|first| request.word(first)).unwrap_or_default();
    let open = |byte: u8| rest.iter().filter(|lexeme| lexeme.kind == LexemeKind::Symbol(byte)).count();
    match first {
        "list" | "vector" | "map" => open(b'<') > open(b'>') && rest.iter().all(|lexeme| request.word(lexeme) != "between"),
        "struct" | "one_of" => open(b'{') > open(b'}') && matches!(rest.last().map(|last| last.kind), Some(LexemeKind::Symbol(b':'))),
        _ => false,
    }
}

/// Whether a value stands behind a lexeme, and not an operator or the next clause.
fn before_value(request: &Request<'_>, last: Option<&Lexeme>) -> bool {
    match last.map(|last| last.kind) {
        None => true,
        Some(LexemeKind::Symbol(byte)) => !matches!(byte, b')' | b']' | b'}' | b'?' | b'%'),
        Some(LexemeKind::Word) => last.is_some_and(|last| BEFORE_VALUE.contains(&request.word(last))),
        Some(_) => false,
    }
}

fn in_expression(request: &Request<'_>, item: &str, before: &[Lexeme]) -> Vec<Wanted> {
    let in_check = item == "check";
    let last = before.last();
    match last.map(|last| request.word(last)).unwrap_or_default() {
        "in" => return vec![Wanted::Sets, Wanted::Values { variables: Vec::new() }],
        "as" => return vec![Wanted::Types],
        "is" => return vec![Wanted::Words(&["null", "not", "distinct"])],
        _ => {}
    }
    let clauses: &[&str] = match item {
        "check" => &["where", "by", "expect", "message"],
        "rule" => &["when", "expect", "message"],
        "waive" => &["until", "because", "where"],
        "observe" => &["buckets"],
        _ => &[],
    };
    let in_braces = depth(before) == 1 && before.iter().any(|lexeme| lexeme.kind == LexemeKind::Symbol(b'{'));
    let at_clause = in_braces || matches!(item, "waive" | "observe");
    if in_braces && last.is_some_and(|last| last.kind == LexemeKind::Symbol(b'{')) {
        return vec![Wanted::Words(clauses)];
    }
    let mut wanted = Vec::new();
    if in_rule_argument(request, before) {
        wanted.push(Wanted::Rules { block: block_name(request), path: Vec::new() });
    }
    if before_value(request, last) {
        wanted.extend([Wanted::Values { variables: variables(request, before) }, Wanted::Functions { in_check }, Wanted::Words(STARTS)]);
    } else {
        wanted.push(Wanted::Words(OPERATORS));
        wanted.extend(at_clause.then_some(Wanted::Words(clauses)));
    }
    wanted
}

/// `failed_fraction(` takes the id of a rule.
fn in_rule_argument(request: &Request<'_>, before: &[Lexeme]) -> bool {
    let [.., function, open] = before else { return false };
    open.kind == LexemeKind::Symbol(b'(') && matches!(request.word(function), "failed_fraction" | "reason_fraction")
}

/// The variables of `any(x in` and `all(x in` that stand before a place.
fn variables(request: &Request<'_>, before: &[Lexeme]) -> Vec<String> {
    let of = |window: &[Lexeme]| match window {
        [word, open, name, within] => {
            let quantifier = matches!(request.word(word), "any" | "all") && open.kind == LexemeKind::Symbol(b'(');
            (quantifier && request.word(within) == "in").then(|| request.word(name).trim_matches('`').to_owned())
        }
        _ => None,
    };
    before.windows(4).filter_map(of).collect()
}

fn in_record(request: &Request<'_>, before: &[Lexeme], block: &str) -> Vec<Wanted> {
    match before {
        [.., name, colon] if colon.kind == LexemeKind::Symbol(b':') => {
            let column = request.word(name).trim_matches('`').to_owned();
            vec![Wanted::ValuesOf { block: block.to_owned(), column }, Wanted::Words(&["null", "true", "false"])]
        }
        [.., last] if matches!(last.kind, LexemeKind::Symbol(b'{' | b',')) => {
            vec![Wanted::Columns { block: block.to_owned(), colon: true }]
        }
        _ => Vec::new(),
    }
}

fn in_test(request: &Request<'_>, before: &[Lexeme]) -> Vec<Wanted> {
    let words: Vec<&str> = before.iter().map(|lexeme| request.word(lexeme)).collect();
    let block = words.iter().position(|word| *word == "for").and_then(|at| words.get(at + 1)).map(|name| name.trim_matches('`').to_owned());
    let Some(block) = block else {
        return if words.last() == Some(&"for") { vec![Wanted::Blocks] } else { vec![Wanted::Words(&["for"])] };
    };
    let clause = words.iter().rposition(|word| matches!(*word, "given" | "expect"));
    match (words.last().copied(), clause.and_then(|at| words.get(at)).copied()) {
        (_, Some("given")) if depth(before) >= 2 => in_record(request, before, &block),
        (Some("given"), _) => vec![Wanted::Examples { block }, Wanted::Words(&["row"])],
        (Some("expect"), _) => vec![Wanted::Words(&["pass", "fail", "only", "unknown", "reason", "fallback"])],
        (Some("only"), Some("expect")) => vec![Wanted::Words(&["fail"])],
        (Some("fail" | "unknown" | ","), Some("expect")) => vec![Wanted::Rules { block, path: Vec::new() }],
        _ if depth(before) >= 1 => vec![Wanted::Words(&["given", "expect", "with"])],
        _ => Vec::new(),
    }
}

/// The names that stand before the last dot; `[]` for an index.
fn path(request: &Request<'_>, before: &[Lexeme]) -> Vec<String> {
    let mut path = Vec::new();
    let mut rest = before;
    while let Some((dot, names)) = rest.split_last() {
        if dot.kind != LexemeKind::Symbol(b'.') {
            break;
        }
        rest = names;
        while let Some((Lexeme { kind: LexemeKind::Symbol(b']'), .. }, inside)) = rest.split_last() {
            let Some(open) = inside.iter().rposition(|lexeme| lexeme.kind == LexemeKind::Symbol(b'[')) else { return Vec::new() };
            path.push("[]".to_owned());
            rest = inside.get(..open).unwrap_or_default();
        }
        let Some((name, left)) = rest.split_last() else { break };
        path.push(request.word(name).trim_matches('`').to_owned());
        rest = left;
    }
    path.reverse();
    path
}

fn after_dot(request: &Request<'_>, before: &[Lexeme]) -> Vec<Wanted> {
    let path = path(request, before);
    match (&request.place.block, request.place.item) {
        (Some(block), Some("waive")) if before.iter().all(|lexeme| request.word(lexeme) != "where") => {
            vec![Wanted::Rules { block: block.name.clone(), path }]
        }
        (Some(block), _) => {
            vec![Wanted::Members { block: block.name.clone(), path: path.clone() }, Wanted::Rules { block: block.name.clone(), path }]
                .into_iter()
                .filter(|wanted| {
                    !matches!(wanted, Wanted::Rules { .. }) || before.iter().any(|lexeme| request.word(lexeme) == "failed_fraction")
                })
                .collect()
        }
        (None, Some("test")) => {
            let name = before.windows(2).find_map(|pair| match pair {
                [word, name] if request.word(word) == "for" => Some(request.word(name).trim_matches('`').to_owned()),
                _ => None,
            });
            name.map(|block| Wanted::Rules { block, path }).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// A text: a value of what it is compared with, or the path of a file.
fn in_string(request: &Request<'_>, before: &[Lexeme]) -> Vec<Wanted> {
    let words: Vec<&str> = before.iter().map(|lexeme| request.word(lexeme)).collect();
    if request.place.item == Some("import") || words.last() == Some(&"import") {
        return vec![Wanted::Files];
    }
    let tested = words.iter().position(|word| *word == "for").and_then(|at| words.get(at + 1));
    let block = match (&request.place.block, tested) {
        (Some(block), _) => block.name.clone(),
        (None, Some(name)) if request.place.item == Some("test") => name.trim_matches('`').to_owned(),
        _ => return Vec::new(),
    };
    match subject(request, before) {
        Some(column) => vec![Wanted::ValuesOf { block, column }],
        None => Vec::new(),
    }
}

/// The column that the value at a place is one of: `chain = "`, `chain in ("a", "`, `chain : string in ("`, `{ chain: "`.
fn subject(request: &Request<'_>, before: &[Lexeme]) -> Option<String> {
    let name = |lexeme: &Lexeme| {
        matches!(lexeme.kind, LexemeKind::Word | LexemeKind::QuotedName).then(|| request.word(lexeme).trim_matches('`').to_owned())
    };
    // Back over the values of a list to its `in`.
    let mut rest = before;
    if matches!(rest.last()?.kind, LexemeKind::Symbol(b'(' | b',')) {
        let open = rest.iter().rposition(|lexeme| lexeme.kind == LexemeKind::Symbol(b'('))?;
        rest = rest.get(..open)?;
        if request.word(rest.last()?) != "in" {
            return None;
        }
    }
    let (operator, rest) = rest.split_last()?;
    match (operator.kind, request.word(operator)) {
        (LexemeKind::Symbol(b':'), _) => name(rest.last()?),
        (LexemeKind::Symbol(b'='), _) | (_, "in") => {
            let rest = match rest.split_last()? {
                (last, left) if last.kind == LexemeKind::Symbol(b'!') || request.word(last) == "not" => left,
                _ => rest,
            };
            // A constraint speaks about its field: what stands before it is a type, an attribute or a comma.
            let in_field = request.place.item == Some(":") && before.iter().all(|lexeme| request.word(lexeme) != "when");
            if in_field { name(before.first()?) } else { name(rest.last()?) }
        }
        _ => None,
    }
}

fn attribute_place(request: &Request<'_>, before: &[Lexeme]) -> AttributePlace {
    match (&request.place.block, request.place.item) {
        (None, Some("output")) => AttributePlace::OutputBlock,
        (None, Some("features")) => AttributePlace::FeaturesBlock,
        (_, Some("rule" | "check")) => AttributePlace::Rule,
        // Behind the type alone it is the field's.
        _ if before.len() <= 4 => AttributePlace::Field,
        _ => AttributePlace::Constraint,
    }
}

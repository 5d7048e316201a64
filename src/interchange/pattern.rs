//! Patterns from one dialect to another: those of rules are Rust's, those of JSON Schema are ECMA-262's.
//!
//! A pattern is parsed and printed anew. What looks the same and means something else (`\d` is ASCII in one, Unicode in the other) is
//! written out; what the other side does not have is an error that names it.

use std::fmt::Write;

use regex_syntax::ast::{self, Ast, ClassSet, ClassSetItem};

/// What is written for constructs that differ.
#[derive(Debug)]
pub(crate) struct Dialect {
    digit: Class,
    space: Class,
    word: Class,
    /// `.`: all characters but line ends.
    dot: &'static str,
    /// Any character.
    any: &'static str,
    word_boundary: Option<&'static str>,
    not_word_boundary: Option<&'static str>,
    /// Whether flags such as `(?i)` can stand in it.
    flags: bool,
    /// Whether properties such as `\p{L}` can.
    properties: bool,
}

/// A class of characters: in brackets without the brackets, and its complement where that can stand in brackets.
#[derive(Debug)]
struct Class {
    inside: &'static str,
    not_inside: Option<&'static str>,
}

/// Rust's pattern for validators of JSON Schema, which read ECMA-262 with its flag `u`.
pub(crate) const TO_ECMA: Dialect = Dialect {
    digit: Class { inside: r"\p{Nd}", not_inside: Some(r"\P{Nd}") },
    space: Class { inside: r"\p{White_Space}", not_inside: Some(r"\P{White_Space}") },
    word: Class { inside: r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}", not_inside: None },
    dot: r"[^\n]",
    any: r"[\s\S]",
    word_boundary: None,
    not_word_boundary: None,
    flags: false,
    properties: true,
};

/// Rust's pattern for models, whose decoders know ASCII classes: what they write fits the pattern, though not all that fits is written.
pub(crate) const TO_DECODER: Dialect = Dialect {
    digit: Class { inside: "0-9", not_inside: None },
    space: Class { inside: r" \t\n\r", not_inside: None },
    word: Class { inside: "0-9A-Za-z_", not_inside: None },
    dot: r"[^\n]",
    any: r"[\s\S]",
    word_boundary: None,
    not_word_boundary: None,
    flags: false,
    properties: false,
};

/// ECMA-262's pattern as a rule has it.
pub(crate) const TO_RUST: Dialect = Dialect {
    digit: Class { inside: "0-9", not_inside: None },
    space: Class { inside: r"\t\n\x0B\x0C\r \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF", not_inside: None },
    word: Class { inside: "0-9A-Za-z_", not_inside: None },
    dot: r"[^\n\r\u2028\u2029]",
    any: "(?s:.)",
    word_boundary: Some(r"(?-u:\b)"),
    not_word_boundary: Some(r"(?-u:\B)"),
    flags: true,
    properties: true,
};

/// A pattern in another dialect.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Translated {
    pub(crate) text: String,
    /// What matches whole texts: the pattern without the `^` at its begin and the `$` at its end, which are written anew.
    bare: String,
    /// Where it has `^` at its begin and `$` at its end, and no alternatives outside groups: what is between.
    pub(crate) inner: Option<String>,
}

impl Translated {
    /// The pattern that matches whole texts.
    pub(crate) fn whole(&self) -> String {
        format!("^{}$", self.bare)
    }
}

/// Translates a pattern.
///
/// # Errors
/// What the dialect does not have, or what is wrong with the pattern.
pub(crate) fn translate(pattern: &str, dialect: &Dialect) -> Result<Translated, String> {
    let ast = parse(pattern)?;
    let text = printed(std::slice::from_ref(&ast), dialect)?;
    let Ast::Concat(concat) = &ast else {
        // Alternatives that no group holds get one.
        let bare = if matches!(ast, Ast::Alternation(_)) { format!("(?:{text})") } else { text.clone() };
        return Ok(Translated { text, bare, inner: None });
    };
    let (begins, middle, ends) = unanchored(&concat.asts);
    let bare = printed(middle, dialect)?;
    let inner = (begins && ends && !middle.is_empty()).then(|| bare.clone());
    Ok(Translated { text, bare, inner })
}

fn printed(asts: &[Ast], dialect: &Dialect) -> Result<String, String> {
    let mut printer = Printer { out: String::new(), dialect };
    asts.iter().try_for_each(|ast| printer.print(ast))?;
    Ok(printer.out)
}

/// Parts of a pattern without the anchors at either end, and whether there were some: `^` at its begin, `$` at its end.
fn unanchored(mut asts: &[Ast]) -> (bool, &[Ast], bool) {
    use ast::AssertionKind as Kind;
    let is = |ast: &Ast, kinds: [Kind; 2]| matches!(ast, Ast::Assertion(assertion) if kinds.contains(&assertion.kind));
    let (mut begins, mut ends) = (false, false);
    while let [first, rest @ ..] = asts
        && is(first, [Kind::StartLine, Kind::StartText])
    {
        (asts, begins) = (rest, true);
    }
    while let [rest @ .., last] = asts
        && is(last, [Kind::EndLine, Kind::EndText])
    {
        (asts, ends) = (rest, true);
    }
    (begins, asts, ends)
}

fn parse(pattern: &str) -> Result<Ast, String> {
    let parsed = ast::parse::ParserBuilder::new().nest_limit(64).build().parse(pattern);
    parsed.map_err(|error| error.kind().to_string())
}

/// A pattern that matches a text where it is, character by character.
pub(crate) fn literal(text: &str) -> String {
    let mut out = String::new();
    text.chars().for_each(|character| push_literal(&mut out, character));
    out
}

/// The pattern of SQL's `like`.
pub(crate) fn like(pattern: &str) -> String {
    let (mut out, mut rest) = (String::from("^"), pattern.chars());
    while let Some(character) = rest.next() {
        match character {
            '%' => out.push_str(r"[\s\S]*"),
            '_' => out.push_str(r"[\s\S]"),
            '\\' => push_literal(&mut out, rest.next().unwrap_or('\\')),
            other => push_literal(&mut out, other),
        }
    }
    out.push('$');
    out
}

/// The texts that a pattern matches as a whole, where they are few and plain alternatives.
pub(crate) fn alternatives(pattern: &str) -> Option<Vec<String>> {
    let words = words(&parse(pattern).ok()?)?;
    let mut seen = std::collections::HashSet::new();
    let different: Vec<String> = words.into_iter().filter(|word| seen.insert(word.clone())).collect();
    (!different.is_empty()).then_some(different)
}

/// More alternatives than this are a pattern.
const MAX_WORDS: usize = 250;

fn words(ast: &Ast) -> Option<Vec<String>> {
    let found = match ast {
        Ast::Empty(_) => vec![String::new()],
        Ast::Literal(literal) => vec![literal.c.to_string()],
        Ast::Group(group) if !matches!(&group.kind, ast::GroupKind::NonCapturing(flags) if !flags.items.is_empty()) => words(&group.ast)?,
        Ast::Alternation(all) => {
            let mut found = Vec::new();
            for one in &all.asts {
                found.append(&mut words(one)?);
            }
            found
        }
        Ast::Concat(all) => {
            let mut found = vec![String::new()];
            for (index, one) in all.asts.iter().enumerate() {
                let outer = match one {
                    Ast::Assertion(assertion) => match assertion.kind {
                        ast::AssertionKind::StartLine | ast::AssertionKind::StartText => index == 0,
                        ast::AssertionKind::EndLine | ast::AssertionKind::EndText => index + 1 == all.asts.len(),
                        _ => return None,
                    },
                    _ => false,
                };
                if outer {
                    continue;
                }
                let next = words(one)?;
                if found.len().checked_mul(next.len())? > MAX_WORDS {
                    return None;
                }
                found = found.iter().flat_map(|start| next.iter().map(move |end| format!("{start}{end}"))).collect();
            }
            found
        }
        _ => return None,
    };
    (found.len() <= MAX_WORDS).then_some(found)
}

struct Printer<'a> {
    out: String,
    dialect: &'a Dialect,
}

impl<'a> Printer<'a> {
    fn print(&mut self, ast: &Ast) -> Result<(), String> {
        match ast {
            Ast::Empty(_) => {}
            Ast::Flags(flags) => self.flags(&flags.flags)?,
            Ast::Literal(literal) => push_literal(&mut self.out, literal.c),
            Ast::Dot(_) => self.out.push_str(self.dialect.dot),
            Ast::Assertion(assertion) => self.assertion(&assertion.kind)?,
            Ast::ClassUnicode(class) => self.property(class)?,
            Ast::ClassPerl(class) => {
                let known = self.class(&class.kind);
                match (class.negated, known.not_inside) {
                    (true, Some(not)) => self.out.push_str(not),
                    (true, None) => self.push(format_args!("[^{}]", known.inside)),
                    // One escape stands without brackets.
                    (false, Some(_)) => self.out.push_str(known.inside),
                    (false, None) => self.push(format_args!("[{}]", known.inside)),
                }
            }
            Ast::ClassBracketed(class) if !class.negated && is_any(&class.kind) => self.out.push_str(self.dialect.any),
            Ast::ClassBracketed(class) => {
                self.out.push_str(if class.negated { "[^" } else { "[" });
                self.set(&class.kind)?;
                self.out.push(']');
            }
            Ast::Repetition(repetition) => self.repetition(repetition)?,
            Ast::Group(group) => self.group(group)?,
            Ast::Alternation(all) => {
                for (index, one) in all.asts.iter().enumerate() {
                    if index > 0 {
                        self.out.push('|');
                    }
                    self.print(one)?;
                }
            }
            Ast::Concat(all) => all.asts.iter().try_for_each(|one| self.print(one))?,
        }
        Ok(())
    }

    fn push(&mut self, arguments: std::fmt::Arguments<'_>) {
        // A string takes whatever is written to it.
        let _ = self.out.write_fmt(arguments);
    }

    fn class(&self, kind: &ast::ClassPerlKind) -> &'a Class {
        match kind {
            ast::ClassPerlKind::Digit => &self.dialect.digit,
            ast::ClassPerlKind::Space => &self.dialect.space,
            ast::ClassPerlKind::Word => &self.dialect.word,
        }
    }

    fn assertion(&mut self, kind: &ast::AssertionKind) -> Result<(), String> {
        use ast::AssertionKind as Kind;
        let text = match kind {
            Kind::StartLine | Kind::StartText => Some("^"),
            Kind::EndLine | Kind::EndText => Some("$"),
            Kind::WordBoundary => self.dialect.word_boundary,
            Kind::NotWordBoundary => self.dialect.not_word_boundary,
            _ => None,
        };
        self.out.push_str(text.ok_or("it has a boundary of words")?);
        Ok(())
    }

    fn property(&mut self, class: &ast::ClassUnicode) -> Result<(), String> {
        let name = match &class.kind {
            ast::ClassUnicodeKind::OneLetter(letter) => letter.to_string(),
            ast::ClassUnicodeKind::Named(name) if is_shared_property(name) => name.clone(),
            ast::ClassUnicodeKind::NamedValue { op, name, value } if *op != ast::ClassUnicodeOpKind::NotEqual => format!("{name}={value}"),
            _ => return Err("it names a property of Unicode in a way of its own".to_owned()),
        };
        if !self.dialect.properties {
            return Err("it names properties of Unicode".to_owned());
        }
        let letter = if class.negated { 'P' } else { 'p' };
        self.push(format_args!("\\{letter}{{{name}}}"));
        Ok(())
    }

    fn set(&mut self, set: &ClassSet) -> Result<(), String> {
        match set {
            ClassSet::Item(item) => self.item(item),
            ClassSet::BinaryOp(_) => Err("it computes with classes (`&&`, `--`, `~~`)".to_owned()),
        }
    }

    fn item(&mut self, item: &ClassSetItem) -> Result<(), String> {
        match item {
            ClassSetItem::Empty(_) => {}
            ClassSetItem::Literal(literal) => push_in_class(&mut self.out, literal.c),
            ClassSetItem::Range(range) => {
                push_in_class(&mut self.out, range.start.c);
                self.out.push('-');
                push_in_class(&mut self.out, range.end.c);
            }
            ClassSetItem::Ascii(class) if !class.negated => self.out.push_str(ascii(&class.kind)),
            ClassSetItem::Ascii(_) => return Err("it negates a class within a class".to_owned()),
            ClassSetItem::Unicode(class) => self.property(class)?,
            ClassSetItem::Perl(class) if class.negated => {
                let not = self.class(&class.kind).not_inside.ok_or("it negates a class within a class")?;
                self.out.push_str(not);
            }
            ClassSetItem::Perl(class) => {
                let inside = self.class(&class.kind).inside;
                self.out.push_str(inside);
            }
            ClassSetItem::Bracketed(class) if !class.negated => self.set(&class.kind)?,
            ClassSetItem::Bracketed(_) => return Err("it negates a class within a class".to_owned()),
            ClassSetItem::Union(union) => union.items.iter().try_for_each(|item| self.item(item))?,
        }
        Ok(())
    }

    fn repetition(&mut self, repetition: &ast::Repetition) -> Result<(), String> {
        use ast::{RepetitionKind as Kind, RepetitionRange as Range};
        self.print(&repetition.ast)?;
        match &repetition.op.kind {
            Kind::ZeroOrOne => self.out.push('?'),
            Kind::ZeroOrMore => self.out.push('*'),
            Kind::OneOrMore => self.out.push('+'),
            Kind::Range(Range::Exactly(count)) => self.push(format_args!("{{{count}}}")),
            Kind::Range(Range::AtLeast(least)) => self.push(format_args!("{{{least},}}")),
            Kind::Range(Range::Bounded(least, most)) => self.push(format_args!("{{{least},{most}}}")),
        }
        if !repetition.greedy {
            self.out.push('?');
        }
        Ok(())
    }

    fn group(&mut self, group: &ast::Group) -> Result<(), String> {
        match &group.kind {
            ast::GroupKind::NonCapturing(flags) if flag_text(flags) == "s" && matches!(*group.ast, Ast::Dot(_)) => {
                self.out.push_str(self.dialect.any);
                return Ok(());
            }
            ast::GroupKind::NonCapturing(flags) if !flags.items.is_empty() => {
                if !self.dialect.flags {
                    return Err("it has flags".to_owned());
                }
                self.push(format_args!("(?{}:", flag_text(flags)));
            }
            _ => self.out.push_str("(?:"),
        }
        self.print(&group.ast)?;
        self.out.push(')');
        Ok(())
    }

    fn flags(&mut self, flags: &ast::Flags) -> Result<(), String> {
        if !self.dialect.flags {
            return Err("it has flags".to_owned());
        }
        self.push(format_args!("(?{})", flag_text(flags)));
        Ok(())
    }
}

/// `[\s\S]` and the like: a class and its complement.
fn is_any(set: &ClassSet) -> bool {
    let ClassSet::Item(ClassSetItem::Union(union)) = set else { return false };
    match union.items.as_slice() {
        [ClassSetItem::Perl(a), ClassSetItem::Perl(b)] => a.kind == b.kind && a.negated != b.negated,
        _ => false,
    }
}

fn flag_text(flags: &ast::Flags) -> String {
    use ast::{Flag, FlagsItemKind};
    let letter = |item: &ast::FlagsItem| match item.kind {
        FlagsItemKind::Negation => '-',
        FlagsItemKind::Flag(Flag::CaseInsensitive) => 'i',
        FlagsItemKind::Flag(Flag::MultiLine) => 'm',
        FlagsItemKind::Flag(Flag::DotMatchesNewLine) => 's',
        FlagsItemKind::Flag(Flag::SwapGreed) => 'U',
        FlagsItemKind::Flag(Flag::Unicode) => 'u',
        FlagsItemKind::Flag(Flag::CRLF) => 'R',
        FlagsItemKind::Flag(Flag::IgnoreWhitespace) => 'x',
    };
    flags.items.iter().map(letter).collect()
}

/// Names that both dialects have: general categories, and the properties that are written here.
fn is_shared_property(name: &str) -> bool {
    const KNOWN: &[&str] = &["Alphabetic", "White_Space", "Join_Control"];
    let category = (1..=2).contains(&name.len()) && name.starts_with(['L', 'M', 'N', 'P', 'S', 'Z', 'C']);
    category || KNOWN.contains(&name)
}

fn ascii(kind: &ast::ClassAsciiKind) -> &'static str {
    use ast::ClassAsciiKind as Kind;
    match kind {
        Kind::Alnum => "0-9A-Za-z",
        Kind::Alpha => "A-Za-z",
        Kind::Ascii => r"\u0000-\u007F",
        Kind::Blank => r"\t ",
        Kind::Cntrl => r"\u0000-\u001F\u007F",
        Kind::Digit => "0-9",
        Kind::Graph => "!-~",
        Kind::Lower => "a-z",
        Kind::Print => " -~",
        Kind::Punct => r"!-\/:-@\[-`\{-~",
        Kind::Space => r"\t\n\u000B\u000C\r ",
        Kind::Upper => "A-Z",
        Kind::Word => "0-9A-Za-z_",
        Kind::Xdigit => "0-9A-Fa-f",
    }
}

/// A character outside brackets.
fn push_literal(out: &mut String, character: char) {
    if r"\^$.|?*+()[]{}/".contains(character) {
        out.push('\\');
        out.push(character);
    } else {
        push_plain(out, character);
    }
}

/// A character within brackets.
fn push_in_class(out: &mut String, character: char) {
    if r"\^-[]{}()|/".contains(character) {
        out.push('\\');
        out.push(character);
    } else if matches!(character, '&' | '~') {
        // Two of them would compute with classes in Rust, and neither may be escaped in ECMA-262.
        let _ = write!(out, "\\u{:04X}", u32::from(character));
    } else {
        push_plain(out, character);
    }
}

/// Characters that cannot be seen are written as escapes that both dialects read.
fn push_plain(out: &mut String, character: char) {
    match character {
        '\n' => out.push_str(r"\n"),
        '\r' => out.push_str(r"\r"),
        '\t' => out.push_str(r"\t"),
        other if other.is_control() || matches!(other, '\u{2028}' | '\u{2029}' | '\u{FEFF}') => {
            let _ = write!(out, "\\u{:04X}", u32::from(other));
        }
        other => out.push(other),
    }
}

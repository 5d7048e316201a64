//! pest, and the only place that mentions it: the text of one item in, its pairs out, errors told in the language's words.

mod expr;
mod hint;
mod items;

#[cfg(test)]
#[cfg(test)]
pub(crate) use hint::ATTRIBUTES;

use std::sync::Arc;

use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};
use pest::iterators::{Pair, Pairs};

use crate::diagnostics::{Applicability, Code, Diagnostic};
use crate::source::{FileId, Span};

use super::ast;
use super::scan::ItemStart;

// The derive needs names of its own for the grammar's text and makes an enum called `Rule`, which is our central noun.
mod grammar {
    #![allow(missing_docs, reason = "generated from the grammar")]
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/rules.pest"]
    pub(super) struct Grammar;
}
use grammar::{Grammar, Rule as Production};

/// Most arithmetic operators, members and indexes of one item: they nest without brackets.
const MAX_LINKS: usize = 400;

/// One parsed item: at the top of a file or in a block.
#[derive(Debug, Clone)]
pub(super) enum Parsed {
    Version(crate::source::Spanned<u64>),
    Top(Arc<ast::ItemKind>),
    Header(Box<ast::Block>),
    Inner(Arc<ast::BlockItemKind>),
}

/// Parses one item. `text` is the item's text, comments blanked, which starts at byte `offset` of the file.
pub(super) fn item(file: FileId, offset: usize, text: &str, start: ItemStart, diagnostics: &mut Vec<Diagnostic>) -> Option<Parsed> {
    let build = Build { file, offset, diagnostics, links: 0 };
    match Grammar::parse(entry(start), text) {
        Ok(pairs) => items::build(build, pairs, start),
        Err(error) => {
            let diagnostic = explain(&build, text, &error, start);
            build.diagnostics.push(diagnostic);
            None
        }
    }
}

fn entry(start: ItemStart) -> Production {
    match start {
        ItemStart::Version => Production::version_entry,
        ItemStart::Import => Production::import_entry,
        ItemStart::Param => Production::param_entry,
        ItemStart::Set => Production::set_entry,
        ItemStart::Type => Production::type_entry,
        ItemStart::Extern => Production::extern_entry,
        ItemStart::Features | ItemStart::Output => Production::header_entry,
        ItemStart::Test => Production::test_entry,
        ItemStart::Key => Production::key_entry,
        ItemStart::Field => Production::field_entry,
        ItemStart::Fields => Production::fields_entry,
        ItemStart::Let => Production::let_entry,
        ItemStart::Rule => Production::rule_entry,
        ItemStart::Check => Production::check_entry,
        ItemStart::Waive => Production::waive_entry,
        ItemStart::Observe => Production::observe_entry,
        ItemStart::Example => Production::example_entry,
        ItemStart::Fallback => Production::fallback_entry,
        ItemStart::Columns => Production::columns_entry,
    }
}

/// Where pairs become a tree: knows places, collects diagnostics of literals.
struct Build<'a> {
    file: FileId,
    offset: usize,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// Operators, members and indexes so far: each makes the tree one deeper at worst.
    links: usize,
}

impl Build<'_> {
    fn span(&self, pair: &Pair<'_, Production>) -> Span {
        let span = pair.as_span();
        // pest's spans of non-atomic pairs can end in white space.
        let length = span.as_str().trim_end().len();
        Span::new(self.file, self.offset + span.start()..self.offset + span.start() + length)
    }

    /// Counts a link of a chain such as `a + b + …` or `l[0][0]…`; `None` where there are too many.
    fn link(&mut self, span: Span) -> Option<()> {
        self.links += 1;
        if self.links == MAX_LINKS + 1 {
            let message = format!("this item has more than {MAX_LINKS} operators");
            self.diagnostics.push(Diagnostic::new(Code::Limit, message, span).help("name parts of it with `let`"));
        }
        (self.links <= MAX_LINKS).then_some(())
    }

    fn literal_error(&mut self, span: Span, message: impl Into<String>, help: &str) {
        self.diagnostics.push(Diagnostic::new(Code::Literal, message, span).help(help));
    }
}

/// The pairs inside a pair, taken one by one.
struct Inside<'i>(std::iter::Peekable<Pairs<'i, Production>>);

impl<'i> Inside<'i> {
    fn of(pair: Pair<'i, Production>) -> Self {
        Self(pair.into_inner().peekable())
    }

    fn next(&mut self) -> Option<Pair<'i, Production>> {
        self.0.next()
    }

    /// The next pair if it is of this production.
    fn next_if(&mut self, production: Production) -> Option<Pair<'i, Production>> {
        self.0.next_if(|pair| pair.as_rule() == production)
    }

    /// Skips a word of the language; tells whether it was there.
    fn skip(&mut self, production: Production) -> bool {
        self.next_if(production).is_some()
    }

    /// All pairs of this production that come next.
    fn while_next(&mut self, production: Production) -> Vec<Pair<'i, Production>> {
        std::iter::from_fn(|| self.next_if(production)).collect()
    }
}

/// Tells what pest expected, in words an author knows.
fn explain(build: &Build<'_>, text: &str, error: &pest::error::Error<Production>, start: ItemStart) -> Diagnostic {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    if let Some(diagnostic) = foreign_type(build, text, at, start) {
        return diagnostic;
    }
    let rest = text.get(at..).unwrap_or_default();
    let trimmed = rest.trim_start();
    let at = at + (rest.len() - trimmed.len());
    let found = first_token(trimmed);
    let (at, length) = if found.is_empty() { (text.trim_end().len(), 0) } else { (at, found.len()) };
    let span = Span::new(build.file, build.offset + at..build.offset + at + length);
    let wanted = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => expected(positives),
        ErrorVariant::CustomError { message } => message.clone(),
    };
    let stop = hint::Stop { text, at, found, wanted: &wanted, start };
    if let Some(hint) = hint::hint(&stop) {
        let diagnostic = Diagnostic::new(Code::Syntax, hint.message, span).help(hint.help);
        let Some((range, replacement, applicability)) = hint.edit else { return diagnostic };
        let span = Span::new(build.file, build.offset + range.start..build.offset + range.end);
        return match applicability {
            Applicability::Safe => diagnostic.suggest(span, replacement),
            Applicability::Guess => diagnostic.guess(span, replacement),
        };
    }
    let message = if wanted.is_empty() { format!("unexpected `{found}`") } else { format!("unexpected `{found}`: expected {wanted}") };
    // A word of the language that stands at the wrong place is not a misspelt one.
    let known = KEYWORDS.iter().copied().filter(|_| found.len() > 2 && !KEYWORDS.contains(&found));
    let diagnostic = Diagnostic::new(Code::Syntax, message, span).did_you_mean(found, known);
    if diagnostic.help.is_some() { diagnostic } else { diagnostic.help(shape_of(start)) }
}

/// A type with brackets as other languages write it: `List<string>`, `varchar(10)`. `at` is where the parser stopped: not far behind it.
fn foreign_type(build: &Build<'_>, text: &str, at: usize, start: ItemStart) -> Option<Diagnostic> {
    let before = match start {
        ItemStart::Field | ItemStart::Fields | ItemStart::Param => text.find(':')?,
        ItemStart::Type => text.find('=')?,
        _ => return None,
    };
    let rest = text.get(before + 1..)?;
    let from = before + 1 + (rest.len() - rest.trim_start().len());
    let word = first_token(text.get(from..)?);
    let bracket = text.get(from + word.len()..)?.trim_start().chars().next()?;
    let closing = text.get(from..)?.find(if bracket == '<' { '>' } else { ')' }).map_or(text.len(), |length| from + length);
    if at > closing {
        return None;
    }
    let span = Span::new(build.file, build.offset + from..build.offset + from + word.len());
    let lower = word.to_ascii_lowercase();
    let ours = match (lower.as_str(), bracket) {
        ("list" | "array" | "sequence" | "set", '<') => "list",
        ("vector" | "map", '<') | ("decimal" | "timestamp" | "enum", '(') => lower.as_str(),
        ("dict" | "hashmap", '<') => "map",
        ("numeric", '(') => "decimal",
        ("string" | "str" | "text", '(') if text.get(from..closing).is_some_and(|text| text.contains(['"', '\''])) => {
            let diagnostic = Diagnostic::new(Code::Syntax, format!("the values of a `{word}` do not stand behind its type alone"), span);
            return Some(diagnostic.help("write `string in (\"a\", \"b\")`, or `enum(\"a\", \"b\")`"));
        }
        ("string" | "str" | "text" | "varchar" | "char", '(') => {
            let diagnostic = Diagnostic::new(Code::Syntax, format!("`{word}` has no length in its type"), span);
            // The number that was written, where there is one.
            let inside = text.get(from..closing).and_then(|text| text.split('(').nth(1)).map_or("", str::trim);
            let length = if !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_digit()) { inside } else { "10" };
            return Some(diagnostic.help(format!("write `string length <= {length}`, or `string length = {length}`")));
        }
        ("int" | "integer" | "bigint" | "float" | "double" | "bool", '(') => {
            let diagnostic = Diagnostic::new(Code::Syntax, format!("`{word}` has no width in its type"), span);
            return Some(diagnostic.help("write the type alone: `int64`, `float64`; bounds are a constraint: `between 0 and 99`"));
        }
        _ => return None,
    };
    if ours == word {
        return None;
    }
    let diagnostic = Diagnostic::new(Code::Syntax, format!("there is no type `{word}`"), span);
    Some(diagnostic.help(format!("write `{ours}`")).suggest(span, ours))
}

/// How an item is written, where nothing more telling can be said.
pub(super) fn shape_of(start: ItemStart) -> &'static str {
    match start {
        ItemStart::Version => "the first line is `rulegate 1`",
        ItemStart::Import => "an import reads `import \"file.rules\"`",
        ItemStart::Param => "a parameter reads `param name: type = value`",
        ItemStart::Set => "a set reads `set name = (\"a\", \"b\")`, or `set name from \"file.csv\" column \"c\"`",
        ItemStart::Type => "a named type reads `type name = type constraint, constraint`",
        ItemStart::Extern => "a host function reads `extern function name(argument: type): type`",
        ItemStart::Features => "a block reads `features name { … }`",
        ItemStart::Output => "a block reads `output name from column { … }`",
        ItemStart::Test => "a test reads `test \"name\" for block { given … expect … }`",
        ItemStart::Key => "keys read `key column, column`",
        ItemStart::Field => "a field reads `name : type constraint, constraint`",
        ItemStart::Fields => "a pattern reads `fields /regex/ : type constraint, constraint`",
        ItemStart::Let => "a `let` reads `let name = expression`",
        ItemStart::Rule => "a rule reads `rule name: condition`, or `rule name { when … expect … message \"…\" }`",
        ItemStart::Check => "a check reads `check name: condition`, or `check name { where … by … expect … }`",
        ItemStart::Waive => "a waiver reads `waive rule until date \"…\" because \"…\" where …`",
        ItemStart::Observe => "an observation reads `observe expression buckets (0, 10, 100)`",
        ItemStart::Example => "an example reads `example name { field: value, … }`",
        ItemStart::Fallback => "a fallback reads `fallback { field: value, … }`",
        ItemStart::Columns => "columns read `columns { name: type, … }`",
    }
}

/// Words of the language, for "did you mean".
const KEYWORDS: &[&str] = &[
    "and",
    "or",
    "not",
    "in",
    "is",
    "between",
    "like",
    "matches",
    "null",
    "true",
    "false",
    "case",
    "when",
    "then",
    "else",
    "end",
    "expect",
    "message",
    "where",
    "by",
    "unique",
    "increasing",
    "each",
    "length",
    "until",
    "because",
    "buckets",
    "column",
    "from",
];

fn first_token(text: &str) -> &str {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = match text.chars().next() {
        None => 0,
        Some('"') => text.get(1..).and_then(|rest| rest.find('"')).map_or(text.len().min(1), |length| length + 2),
        Some(first) if word(first) => text.find(|c: char| !word(c)).unwrap_or(text.len()),
        Some('<' | '>' | '=' | '!') if text.get(1..2) == Some("=") => 2,
        Some(first) => first.len_utf8(),
    };
    text.get(..end).unwrap_or_default()
}

/// A few of the things that could have stood there, most telling first.
fn expected(productions: &[Production]) -> String {
    let mut words: Vec<&str> = productions.iter().filter_map(|production| in_words(*production)).collect();
    words.sort_unstable();
    words.dedup();
    // An operand or an operator says all that its many forms would say.
    if words.contains(&"a value") {
        words.retain(|word| !matches!(*word, "a name" | "a number" | "a string" | "a regex" | "`-`" | "`not`"));
    }
    if words.contains(&"an operator") {
        words.retain(|word| !word.starts_with("`not`"));
    }
    if words.len() > 5 {
        words.truncate(5);
        return format!("{}, …", words.join(", "));
    }
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

fn in_words(production: Production) -> Option<&'static str> {
    use Production as P;
    Some(match production {
        P::name | P::word | P::quoted => "a name",
        P::expr
        | P::arith
        | P::operand
        | P::primary
        | P::condition
        | P::predicate
        | P::operand_name
        | P::call
        | P::parens
        | P::duration
        | P::percent
        | P::typed_literal
        | P::boolean
        | P::null
        | P::param_ref
        | P::list_literal
        | P::record
        | P::case_expr
        | P::cast_expr
        | P::quantifier => "a value",
        P::number | P::integer | P::digits | P::signed_integer => "a number",
        P::string | P::plain_string | P::raw_string => "a string",
        P::regex => "a regex",
        P::arith_op
        | P::logic_op
        | P::compare_op
        | P::compare
        | P::tail
        | P::between
        | P::in_tail
        | P::like
        | P::matches
        | P::is_null
        | P::distinct
        | P::k_mod
        | P::k_div => "an operator",
        P::postfix => return None,
        P::type_expr
        | P::type_body
        | P::list_type
        | P::vector_type
        | P::map_type
        | P::struct_type
        | P::enum_type
        | P::one_of_type
        | P::decimal_type
        | P::timestamp_type => "a type",
        P::attribute => "an attribute",
        P::constraint | P::constraint_body | P::each | P::in_reference | P::unique | P::increasing | P::measure | P::predicate_call => {
            "a constraint"
        }
        P::value_list => "`(`",
        P::k_not => "`not`",
        P::minus => "`-`",
        P::k_and => "`and`",
        P::k_then => "`then`",
        P::k_when | P::when_clause => "`when`",
        P::k_expect | P::expect_clause => "`expect`",
        P::k_message | P::message_clause => "`message`",
        P::where_clause | P::k_where => "`where`",
        P::by_clause | P::k_by => "`by`",
        P::k_from => "`from`",
        P::k_column => "`column`",
        P::k_buckets => "`buckets`",
        P::until_clause => "`until`",
        P::because_clause => "`because`",
        P::rule_body | P::check_body => "`{`",
        P::k_given | P::given => "`given`",
        P::expectation => "`expect`",
        P::members => "`{`",
        P::unit => "a unit of time",
        P::k_end => "`end`",
        P::branch => "`when`",
        P::k_for => "`for`",
        P::k_in => "`in`",
        P::EOI => "the end of the item",
        _ => return None,
    })
}

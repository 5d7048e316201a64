//! Mistakes that are made often: what to say of them instead of what the grammar expected, and the edit that mends them.

mod spelling;

use std::ops::Range;

use crate::diagnostics::Applicability;
use crate::syntax::scan::ItemStart;

use super::KEYWORDS;
use spelling::{capitals, literals, names, types, units};

/// Where an item could not be read on.
pub(super) struct Stop<'a> {
    /// The item's text.
    pub text: &'a str,
    /// Where it stops.
    pub at: usize,
    /// The token that stands there; empty at the end.
    pub found: &'a str,
    /// What the grammar wanted, in words.
    pub wanted: &'a str,
    pub start: ItemStart,
}

/// What to say, in the place of what was expected.
pub(super) struct Hint {
    pub message: String,
    pub help: String,
    /// An edit of the item's text.
    pub edit: Option<(Range<usize>, String, Applicability)>,
}

impl Hint {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into(), edit: None }
    }

    fn safe(self, range: Range<usize>, text: impl Into<String>) -> Self {
        Self { edit: Some((range, text.into(), Applicability::Safe)), ..self }
    }

    fn guess(self, range: Range<usize>, text: impl Into<String>) -> Self {
        Self { edit: Some((range, text.into(), Applicability::Guess)), ..self }
    }
}

/// Words that start a constraint and nothing else in a field.
const CONSTRAINTS: &[&str] =
    &["unique", "increasing", "each", "in", "between", "matches", "like", "length", "finite", "trimmed", "not_blank"];
const COMPARISONS: &[&str] = &["<", ">", "=", "<=", ">=", "!="];

/// What is known of a mistake; `None` where nothing more telling can be said than what was expected.
pub(super) fn hint(stop: &Stop<'_>) -> Option<Hint> {
    [names, attributes, choices, words, foreign_words, bounds, constraints, rules, patterns, operators, units, literals, types, values]
        .iter()
        .find_map(|hint| hint(stop))
}

impl Stop<'_> {
    fn before(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default().trim_end()
    }

    fn last_word(&self) -> &str {
        self.before().rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default()
    }

    /// The token that stands there.
    fn place(&self) -> Range<usize> {
        self.at..self.at + self.found.len()
    }

    /// Right behind what was read.
    fn gap(&self) -> Range<usize> {
        let end = self.before().len();
        end..end
    }

    /// What stands behind the token that stands there.
    fn behind(&self) -> &str {
        self.text.get(self.place().end..).unwrap_or_default().trim_start()
    }

    /// Whether constraints are read here.
    fn in_field(&self) -> bool {
        matches!(self.start, ItemStart::Field | ItemStart::Fields | ItemStart::Type)
    }

    fn in_rule(&self) -> bool {
        matches!(self.start, ItemStart::Rule | ItemStart::Check)
    }

    /// What stands behind the last `between`, where its bounds are not joined yet.
    fn open_bounds(&self) -> Option<&str> {
        let (_, bounds) = self.before().rsplit_once("between")?;
        (!bounds.split_whitespace().any(|word| word == "and")).then(|| bounds.trim_start())
    }
}

/// Attributes that stand behind constraints, rules and blocks.
pub(crate) const ATTRIBUTES: &[&str] = &[
    "closed",
    "coerce",
    "error",
    "finish_reason",
    "info",
    "json",
    "missing",
    "name",
    "normalize",
    "nulls",
    "on_fail",
    "owner",
    "redact",
    "shadow",
    "tag",
    "tolerate",
    "warn",
];

/// Attributes without their sign, or behind a comma.
fn attributes(stop: &Stop<'_>) -> Option<Hint> {
    let before = stop.before();
    if stop.found == "@" && before.ends_with(',') {
        let hint = Hint::new("no comma stands before an attribute", "remove the comma");
        return Some(hint.safe(before.len() - 1..before.len(), ""));
    }
    // An operand is wanted where a name may stand, and the name of a field may be any word.
    if !ATTRIBUTES.contains(&stop.found) || stop.wanted.contains("a value") || stop.wanted.contains("a name") || before.ends_with(',') {
        return None;
    }
    let (message, help) = (format!("`{}` is an attribute, and attributes begin with `@`", stop.found), format!("write `@{}`", stop.found));
    Some(Hint::new(message, help).safe(stop.at..stop.at, "@"))
}

/// Conditions on which something is asked, as other languages write them.
fn choices(stop: &Stop<'_>) -> Option<Hint> {
    let in_rule = stop.start == ItemStart::Rule;
    let advice = "write `rule name { when … expect … }`";
    match stop.found {
        "if" if in_rule && stop.before().ends_with('{') => {
            let hint = Hint::new("the rows that a rule asks are chosen by `when`", advice);
            Some(match when_and_expect(stop) {
                Some((range, text)) => hint.safe(range, text),
                None => hint,
            })
        }
        "where" if in_rule && stop.before().ends_with('{') => Some(
            Hint::new("the rows that a rule asks are chosen by `when`, those of a check by `where`", advice).safe(stop.place(), "when"),
        ),
        "{" if in_rule && stop.before().contains("if(") || stop.found == "{" && in_rule && stop.before().contains("if (") => {
            Some(Hint::new("the rows that a rule asks are chosen by `when`", advice))
        }
        "implies" if in_rule => Some(implication(stop, "implies", ("", "implies"), advice)),
        "implies" => Some(Hint::new(
            "there is no operator `implies`",
            "write `not (a) or b`; a rule of its own says it as `rule name { when a expect b }`",
        )),
        "then" if in_rule && !stop.text.contains("case") => Some(implication(stop, "if … then", ("if", "then"), advice)),
        _ if in_rule && stop.last_word() == "if" => Some(implication(stop, "if … then", ("if", "then"), advice)),
        _ if stop.last_word() == "if" || stop.found == "if" => Some(Hint::new(
            "a choice between values is written otherwise",
            "write `if(condition, a, b)`, or `case when … then … else … end`",
        )),
        _ => None,
    }
}

/// What `{ if a then b }` should read, as far as its `then`; `None` where only its author can tell.
fn when_and_expect(stop: &Stop<'_>) -> Option<(Range<usize>, String)> {
    let body = stop.text.get(stop.place().end..)?;
    match split_at_words(body, "then").as_slice() {
        [_] => Some((stop.place(), "when".to_owned())),
        [when, expect] if split_at_words(expect, "else").len() == 1 && !body.contains("case") && !when.contains('"') => {
            let end = stop.place().end + when.len() + "then".len();
            Some((stop.at..end, format!("when{when}expect")))
        }
        _ => None,
    }
}

/// What `rule name: if a then b` should read.
fn implication(stop: &Stop<'_>, what: &str, (begin, middle): (&str, &str), advice: &str) -> Hint {
    let hint = Hint::new(format!("a rule has no `{what}`: the rows it asks are chosen by `when`"), advice);
    let Some((head, body)) = stop.text.split_once(':') else { return hint };
    let parts: Vec<&str> = body.trim_start().strip_prefix(begin).map(|body| split_at_words(body, middle)).unwrap_or_default();
    match parts.as_slice() {
        [when, expect] if !head.contains(['{', '(']) && !expect.contains("else") && !when.contains('"') => {
            hint.guess(head.len()..stop.text.len(), format!(" {{ when {} expect {} }}", when.trim(), expect.trim()))
        }
        _ => hint,
    }
}

/// The parts of a text between occurrences of a word.
fn split_at_words<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (mut parts, mut from) = (Vec::new(), 0);
    for (at, found) in text.match_indices(word) {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + found.len()..).unwrap_or_default());
        if !before.ends_with(is_part) && !after.starts_with(is_part) {
            parts.push(text.get(from..at).unwrap_or_default());
            from = at + found.len();
        }
    }
    parts.push(text.get(from..).unwrap_or_default());
    parts
}

/// Operators and words of SQL and Python that have another name here.
fn foreign_words(stop: &Stop<'_>) -> Option<Hint> {
    let what = match stop.found.to_ascii_lowercase().as_str() {
        "none" | "nil" if stop.last_word() == "is" || stop.last_word() == "not" => {
            let hint = Hint::new(format!("a value that is not there is called null here, not `{}`", stop.found), "write `is null`");
            return Some(hint.safe(stop.place(), "null"));
        }
        "ilike" => "write `lower(x) like \"a%\"`",
        "rlike" | "regexp" | "similar" | "glob" => "write `x matches /…/`, or `contains_match(x, /…/)` for a part",
        "contains" | "startswith" | "endswith" | "starts_with" | "ends_with" => {
            return Some(Hint::new(
                format!("`{}` is a function here", stop.found),
                "write `contains(x, \"a\")`, `starts_with(x, \"a\")` or `ends_with(x, \"a\")`",
            ));
        }
        "isnull" | "notnull" => "write `x is null`, or `x is not null`",
        "xor" => "write `a != b`",
        "regex" => "write `matches /…/`",
        "interval" => "a duration is a number with its unit: `1 day`, `90 s`",
        "true" | "false" | "nan" | "empty" if stop.last_word() == "is" || stop.last_word() == "not" => {
            return Some(Hint::new(
                "`is` asks for null, and for being distinct",
                "write `x` or `not x` of a truth value, `is_nan(x)` of a number, `x = \"\"` of a text",
            ));
        }
        _ => return None,
    };
    Some(Hint::new(format!("there is no operator `{}`", stop.found), what))
}

/// Words in capitals, and words the language does not have.
fn words(stop: &Stop<'_>) -> Option<Hint> {
    let lower = stop.found.to_ascii_lowercase();
    if lower == "null" && stop.last_word().eq_ignore_ascii_case("not") && stop.in_field() {
        return Some(Hint::new("a field has no `not null`: without `?` after its type it is required already", "leave `not null` out"));
    }
    if lower != stop.found && KEYWORDS.contains(&lower.as_str()) {
        if let Some(hint) = capitals(stop) {
            return Some(hint);
        }
        let message = format!("words of the language are written in lower case, and this is `{}`", stop.found);
        return Some(Hint::new(message, format!("write `{lower}`")).safe(stop.place(), lower));
    }
    match stop.found {
        "month" | "months" | "year" | "years" => {
            Some(Hint::new("there are no months or years here, for they differ in length", "write days or weeks: `30 days`"))
        }
        "*" if stop.before().ends_with("count(") => {
            let hint = Hint::new("rows are not counted by `count(*)`", "write `row_count()`");
            let start = stop.before().len().checked_sub("count(".len())?;
            let closes = stop.text.get(stop.at + 1..).is_some_and(|rest| rest.starts_with(')'));
            Some(if closes { hint.safe(start..stop.at + 2, "row_count()") } else { hint })
        }
        _ => None,
    }
}

/// The two bounds of `between`.
fn bounds(stop: &Stop<'_>) -> Option<Hint> {
    let message = "the bounds of `between` are joined by `and`";
    let in_list = stop.open_bounds().is_none() && stop.behind().starts_with('.');
    if stop.found == "." && in_list && stop.before().ends_with(|c: char| c.is_ascii_digit()) {
        return Some(Hint::new("`..` makes no range", "write `between 0 and 9`"));
    }
    let bounds = stop.open_bounds()?;
    match stop.found {
        "." if stop.behind().starts_with('.') => {
            Some(Hint::new(message, "write `between low and high`").safe(stop.at..stop.at + 2, " and "))
        }
        "," if bounds.starts_with('(') => {
            Some(Hint::new("`between` takes two bounds, not a list", "write `between low and high`, without parentheses around both"))
        }
        "," => Some(Hint::new(message, "write `between low and high`").safe(stop.place(), " and")),
        "to" | ".." => Some(Hint::new(message, "write `between low and high`").safe(stop.place(), "and")),
        _ => None,
    }
}

/// What stands between the constraints of a field.
fn constraints(stop: &Stop<'_>) -> Option<Hint> {
    if !stop.in_field() || stop.found.is_empty() {
        return None;
    }
    let before = stop.before();
    if before.ends_with(',') && stop.wanted == "the end of the item" {
        let hint = Hint::new("no comma stands between the type and the first constraint", "remove the comma");
        return Some(hint.safe(before.len() - 1..before.len(), ""));
    }
    match stop.found {
        "and" => {
            Some(Hint::new("constraints are not joined by `and`", "separate them by commas: `>= 0, <= 10`; or write `between 0 and 10`"))
        }
        "or" => Some(Hint::new("constraints are not joined by `or`: all of them hold", "write a choice as a rule: `rule name: a or b`")),
        found if COMPARISONS.contains(&found) && before.contains(['<', '>', '=']) && !before.ends_with(['<', '>', '=', '!', ',']) => {
            Some(Hint::new(format!("a comma is missing before `{found}`"), "separate constraints by commas: `>= 0, <= 10`"))
        }
        found if COMPARISONS.contains(&found) && matches!(stop.last_word(), "unique" | "increasing") => {
            let hint = Hint::new(format!("a comma is missing before `{found}`"), "separate constraints by commas: `unique, >= 0`");
            Some(hint.safe(stop.gap(), ","))
        }
        found if CONSTRAINTS.contains(&found) && !before.ends_with([',', ':', '=']) && !KEYWORDS.contains(&stop.last_word()) => {
            let hint = Hint::new(format!("a comma is missing before `{found}`"), "separate constraints by commas");
            Some(hint.safe(stop.gap(), ","))
        }
        _ => None,
    }
}

/// The parts of rules and checks.
fn rules(stop: &Stop<'_>) -> Option<Hint> {
    if !stop.in_rule() || stop.found.is_empty() {
        return None;
    }
    let word = if stop.start == ItemStart::Check { "check" } else { "rule" };
    let in_body = stop.before().contains('{');
    if !in_body
        && !stop.before().contains([':', '@'])
        && let Some(hint) = heads(stop, word)
    {
        return Some(hint);
    }
    match stop.found {
        "@" if !in_body && stop.before().contains(':') => {
            Some(Hint::new(format!("the attributes of a {word} stand behind its name"), format!("write `{word} name @warn: condition`")))
        }
        "when" if word == "check" => Some(Hint::new("a check has no `when`", "choose its rows by `where`, first in its body")),
        "when" if in_body => Some(Hint::new("`when` stands before `expect`", "write `rule name { when … expect … }`")),
        "when" => Some(Hint::new("a rule on one line has no `when`", "give it a body: `rule name { when … expect … }`")),
        found
            if !in_body
                && stop.wanted.contains("`{`")
                && !stop.before().contains(':')
                && found.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '"' | '$' | '`')) =>
        {
            let message = format!("a colon is missing before the condition of this {word}");
            Some(Hint::new(message, format!("write `{word} name: condition`")).guess(stop.gap(), ":"))
        }
        _ if stop.before().ends_with('{') && stop.wanted.contains("`expect`") => {
            let hint = Hint::new("`expect` is missing before the condition", format!("write `{word} name {{ expect … }}`"));
            Some(hint.guess(stop.at..stop.at, "expect "))
        }
        _ => None,
    }
}

/// What stands behind the name of a rule in the place of a colon.
fn heads(stop: &Stop<'_>, word: &str) -> Option<Hint> {
    let name = stop.last_word();
    match stop.found {
        "=" => {
            let hint =
                Hint::new(format!("a colon stands before the condition of a {word}, not `=`"), format!("write `{word} name: condition`"));
            Some(hint.safe(stop.gap().start..stop.place().end, ":"))
        }
        "(" => {
            let length = stop.behind().find(')')?;
            let end = stop.text.len() - stop.behind().len() + length + 1;
            let hint = Hint::new(
                format!("a {word} takes no arguments: it sees all columns of its block"),
                format!("write `{word} {name}: condition`"),
            );
            Some(hint.guess(stop.gap().start..end, ""))
        }
        _ => None,
    }
}

/// Patterns of `matches`.
fn patterns(stop: &Stop<'_>) -> Option<Hint> {
    if stop.found.starts_with('"') && stop.last_word() == "matches" {
        let hint = Hint::new("a pattern stands between slashes, not in quotes", "write `matches /…/`");
        let inner = stop.found.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|inner| !inner.is_empty());
        return Some(match inner.filter(|inner| !inner.contains(['/', '\\', '"'])) {
            Some(inner) => hint.safe(stop.place(), format!("/{inner}/")),
            None => hint,
        });
    }
    if let ("/", word @ ("regex" | "regexp" | "pattern" | "match" | "rlike" | "re")) = (stop.found, stop.last_word()) {
        let from = stop.gap().start - word.len();
        return Some(Hint::new(format!("there is no `{word}`"), "write `matches /…/`").safe(from..from + word.len(), "matches"));
    }
    if !stop.before().ends_with('/') || !stop.before().contains("matches") {
        return None;
    }
    match stop.found {
        "/" => {
            Some(Hint::new("the pattern ends at the slash before this one", "write a slash inside a pattern as `\\/`: `/https:\\/\\/x/`"))
        }
        "|" => Some(Hint::new("patterns are not joined by `|`", "write the choice inside of one: `/a|b/`")),
        flags if (1..=3).contains(&flags.len()) && flags.bytes().all(|flag| b"imsxUu".contains(&flag)) => {
            Some(Hint::new("no flags stand behind a pattern", format!("put them inside: `/(?{flags})…/`")))
        }
        "g" => Some(Hint::new("no flags stand behind a pattern", "leave `g` out: a pattern is asked once of each value")),
        _ => None,
    }
}

/// Operators that are no operators.
fn operators(stop: &Stop<'_>) -> Option<Hint> {
    let before = stop.before();
    if stop.found == "null" && before.ends_with('=') {
        let not = if before.ends_with("!=") { "not " } else { "" };
        return Some(Hint::new("nothing equals null", format!("write `is {not}null`")));
    }
    if stop.found == "not" && before.ends_with("||") {
        let hint = Hint::new("`||` joins texts, and `not` begins a condition", "write `or`");
        return Some(hint.safe(before.len() - 2..before.len(), "or"));
    }
    let other = match stop.found {
        "%" => Some(("there is no operator `%`: it stands only in percentages such as `5%`", "the remainder is `mod`: `a mod 2`")),
        "*" if before.ends_with('*') => Some(("there is no operator `**`", "write `pow(a, 2)`")),
        "?" => Some(("there is no `a ? b : c`", "write `if(a, b, c)`; nothing but a type ends in `?`")),
        ">" if before.len() == stop.at && before.ends_with('-') => {
            Some(("there is no `->`", "a rule under a condition is `rule name { when a expect b }`; a member is `a.b`"))
        }
        "(" if before.strip_suffix(stop.last_word()).is_some_and(|rest| rest.ends_with('.')) => {
            Some(("values have no methods", "call the function with the value in it: `upper(x)`, `length(x)`"))
        }
        _ if stop.last_word() == "distinct" && before.contains("count(") => {
            Some(("there is no `count(distinct x)`", "write `distinct_count(x)`"))
        }
        _ => None,
    };
    if let Some((message, help)) = other.filter(|_| !stop.in_field() || stop.found != "?") {
        return Some(Hint::new(message, help));
    }
    if !COMPARISONS.contains(&stop.found) {
        return None;
    }
    if let Some(other) = before.strip_suffix('=').filter(|other| before.len() == stop.at && !other.ends_with(['<', '>', '=', '!']))
        && let right @ (">" | "<") = stop.found
    {
        let hint = Hint::new(format!("`={right}` is not an operator here"), format!("write `{right}=`"));
        return Some(hint.safe(other.len()..stop.at + 1, format!("{right}=")));
    }
    if before.ends_with(['<', '>', '=', '!']) {
        let message = format!("`{}` stands behind another operator", stop.found);
        return Some(Hint::new(message, "remove one of the two").guess(stop.place(), ""));
    }
    (stop.wanted.is_empty() || before.contains(['<', '>', '=']))
        .then(|| Hint::new("comparisons do not chain", "write `a < b and b < c`, or `b between a and c`"))
}

/// Lists of values.
fn values(stop: &Stop<'_>) -> Option<Hint> {
    let rest = stop.text.get(stop.at..).unwrap_or_default();
    match stop.found {
        "[" if stop.last_word() == "in" => {
            let hint = Hint::new("a value set stands in parentheses", "write `in (\"a\", \"b\")`");
            let inner = rest.get(1..).and_then(|rest| rest.split_once(']')).map(|(inner, _)| inner).filter(|inner| !inner.contains('['));
            Some(match inner {
                Some(inner) => hint.safe(stop.at..stop.at + inner.len() + 2, format!("({inner})")),
                None => hint,
            })
        }
        found
            if stop.start == ItemStart::Set
                && found.starts_with(|c: char| c == '"' || c.is_ascii_digit())
                && stop.before().contains('(') =>
        {
            Some(
                Hint::new(format!("a comma is missing before `{found}`"), "separate values by commas: `(\"a\", \"b\")`")
                    .safe(stop.gap(), ","),
            )
        }
        "" => Some(Hint::new(
            if stop.wanted.is_empty() {
                "this ends too early".to_owned()
            } else {
                format!("this ends too early: expected {}", stop.wanted)
            },
            "complete it, or remove it",
        )),
        _ => None,
    }
}

//! Lines that were meant to begin an item and do not.
//!
//! Line ends are white space, so `order id : int64` below a field reads on as a constraint `order` of that field: what is said of it then
//! speaks of functions. Here a line with such an error is looked at alone, and where it looks like an item, that is said instead.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::diagnostics::{Code, Diagnostic};
use crate::source::{SourceMap, Span};
use crate::syntax::item_words;

/// What a line looks like, and what to say of it.
struct Look {
    pattern: &'static str,
    say: fn(&Line<'_>, &Captures<'_>) -> Option<Diagnostic>,
}

/// Looks, the surest first.
const LOOKS: &[Look] = &[
    Look { pattern: r"^(?P<word>[A-Za-z]+)[ \t]+[A-Za-z_`]", say: capital },
    Look { pattern: r"^(?P<word>rule|check)[ \t]*:", say: nameless },
    Look { pattern: r"^(?P<word>rule|check)[ \t]+(?P<name>[A-Za-z0-9_]+([\-.][A-Za-z0-9_]+)+)", say: rule_name },
    Look { pattern: r"@(?P<word>warn|error|tolerate)(?P<bound>[ \t]+[0-9][0-9_.]*([ \t]*%|[ \t]*rows?\b)?)", say: bare_bound },
    Look {
        pattern: r"^(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<sign>[ \t]*=[ \t]*)(?P<type>[A-Za-z_][A-Za-z0-9_]*)\??[ \t]*(,|[a-z@>=<].*)?$",
        say: equals,
    },
    Look { pattern: r#"^(?P<name>[0-9A-Za-z_"'][0-9A-Za-z_"' .\-/]*?)[ \t]*:[ \t]*(?P<type>[A-Za-z_][A-Za-z0-9_]*)"#, say: odd_name },
];

static PROGRAMS: LazyLock<Vec<Option<Regex>>> = LazyLock::new(|| LOOKS.iter().map(|look| Regex::new(look.pattern).ok()).collect());

/// The line an error begins in, from its first character that is no blank.
struct Line<'a> {
    text: &'a str,
    /// The place of its first character.
    at: Span,
    of: &'a Diagnostic,
}

impl Line<'_> {
    fn place(&self, range: std::ops::Range<usize>) -> Span {
        let offset = |at: usize| self.at.start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
        Span { start: offset(range.start), end: offset(range.end), ..self.at }
    }
}

/// Says of errors in lines that look like items what is wrong with these; one remark a line.
pub(super) fn reread(diagnostics: &mut Vec<Diagnostic>, sources: &SourceMap) {
    // They are in the order of the text, so the last line is the only one that can come again.
    let mut told: Option<Span> = None;
    let mut out = Vec::with_capacity(diagnostics.len());
    for diagnostic in diagnostics.drain(..) {
        let line = line_of(&diagnostic, sources);
        if line.as_ref().is_some_and(|line| told == Some(line.at)) {
            continue;
        }
        match line.and_then(|line| Some((looked_at(&line)?, line.at))) {
            Some((said, at)) => {
                told = Some(at);
                out.push(said);
            }
            None => out.push(diagnostic),
        }
    }
    *diagnostics = out;
}

/// Longest line that is looked at, in bytes: no item that is meant begins a longer one.
const LONGEST: usize = 400;

/// Errors that a line which begins no item gives.
const GIVEN: [Code; 6] = [Code::Syntax, Code::Misplaced, Code::UnknownFunction, Code::UnknownType, Code::UnknownName, Code::ForeignToken];

fn line_of<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Option<Line<'a>> {
    let text = &sources.get(diagnostic.span.file)?.text;
    let at = diagnostic.span.range().start;
    let from = at.saturating_sub(LONGEST);
    let start = match text.as_bytes().get(from..at)?.iter().rposition(|byte| *byte == b'\n') {
        Some(end) => from + end + 1,
        None if from == 0 => 0,
        None => return None,
    };
    let rest = text.as_bytes().get(start..)?;
    let end = rest.iter().take(LONGEST + 1).position(|byte| *byte == b'\n').or((rest.len() <= LONGEST).then_some(rest.len()))?;
    let line = text.get(start..start + end)?;
    let blanks = line.len() - line.trim_start().len();
    Some(Line { text: line.trim(), at: Span::new(diagnostic.span.file, start + blanks..start + blanks), of: diagnostic })
}

fn looked_at(line: &Line<'_>) -> Option<Diagnostic> {
    if !GIVEN.contains(&line.of.code) {
        return None;
    }
    let looks = LOOKS.iter().zip(PROGRAMS.iter());
    looks
        .filter_map(|(look, program)| Some((look, program.as_ref()?.captures(line.text)?)))
        .find_map(|(look, found)| (look.say)(line, &found))
}

/// `Rule r: a > 0`
fn capital(line: &Line<'_>, found: &Captures<'_>) -> Option<Diagnostic> {
    let word = found.name("word")?;
    let lower = word.as_str().to_ascii_lowercase();
    let is_item = item_words(true).chain(item_words(false)).any(|known| known == lower) && lower != word.as_str();
    if !is_item || line.of.span.start != line.at.start {
        return None;
    }
    let span = line.place(word.range());
    let message = format!("words of the language are written in lower case, and this is `{}`", word.as_str());
    Some(Diagnostic::new(Code::Misplaced, message, span).help(format!("write `{lower}`")).suggest(span, lower))
}

/// `rule: a > 0`
fn nameless(line: &Line<'_>, found: &Captures<'_>) -> Option<Diagnostic> {
    let word = found.name("word")?;
    let condition = line.text.get(found.get(0)?.end()..)?.trim_start();
    // A column may be called so.
    if line.of.code != Code::UnknownType && line.of.code != Code::Syntax || condition.is_empty() {
        return None;
    }
    let message = format!("this {} has no name, and is read as a field called `{}`", word.as_str(), word.as_str());
    Some(Diagnostic::new(line.of.code, message, line.place(word.range())).help(format!("write `{} name: condition`", word.as_str())))
}

/// `rule my-rule: a > 0`
fn rule_name(line: &Line<'_>, found: &Captures<'_>) -> Option<Diagnostic> {
    let (word, name) = (found.name("word")?.as_str(), found.name("name")?);
    let inside = line.of.span.range().start <= line.place(name.range()).range().end;
    if line.of.code != Code::Syntax || !inside {
        return None;
    }
    let plain = name.as_str().replace(['-', '.'], "_");
    let message = format!("the name of a {word} is made of letters, digits and `_`");
    Some(
        Diagnostic::new(Code::Syntax, message, line.place(name.range()))
            .help(format!("write `{word} {plain}`"))
            .guess(line.place(name.range()), plain),
    )
}

/// `@warn 5%`
fn bare_bound(line: &Line<'_>, found: &Captures<'_>) -> Option<Diagnostic> {
    let (word, bound) = (found.name("word")?.as_str(), found.name("bound")?);
    let place = line.place(bound.range());
    if line.of.code != Code::Syntax || line.of.span.start < place.start || line.of.span.start > place.end {
        return None;
    }
    let given = bound.as_str().trim();
    let help = format!("write `@{word}({given})`");
    let diagnostic = Diagnostic::new(Code::Syntax, "what an attribute is given stands in parentheses", place).help(help);
    Some(diagnostic.suggest(place, format!("({given})")))
}

/// `c = int64`
fn equals(line: &Line<'_>, found: &Captures<'_>) -> Option<Diagnostic> {
    let (name, sign, ty) = (found.name("name")?, found.name("sign")?, found.name("type")?);
    let is_type = crate::types::ColumnType::builtin(ty.as_str()).is_some();
    if !is_type || line.of.span.start != line.at.start {
        return None;
    }
    let message = format!("a colon stands between the field `{}` and its type, not `=`", name.as_str());
    let span = line.place(sign.range());
    let help = format!("write `{} : {}`", name.as_str(), ty.as_str());
    Some(Diagnostic::new(Code::Misplaced, message, line.place(name.range())).help(help).suggest(span, " : "))
}

/// `order id : int64`, `order-id : int64`, `1st : int64`, `"order" : int64`
fn odd_name(line: &Line<'_>, found: &Captures<'_>) -> Option<Diagnostic> {
    let (name, ty) = (found.name("name")?, found.name("type")?);
    let written = name.as_str().trim();
    let plain = written.trim_matches(['"', '\'']);
    let is_name =
        plain.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && plain.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let first = written.split([' ', '\t']).next().unwrap_or_default();
    let is_item = item_words(true).chain(item_words(false)).any(|word| word == first) && written != first;
    let inside = line.of.span.range().start < line.place(name.range()).range().end;
    if is_item || !inside || plain.is_empty() || plain.contains(['"', '\'']) || is_name && plain == written || ty.as_str().is_empty() {
        return None;
    }
    let span = line.place(name.start()..name.start() + written.len());
    let quoted = if is_name { plain.to_owned() } else { format!("`{plain}`") };
    let message = format!("`{written}` is no plain name: those are made of letters, digits and `_`");
    let help = if is_name { "names stand without quotes".to_owned() } else { "any other name stands in back-ticks".to_owned() };
    Some(Diagnostic::new(Code::Misplaced, message, span).help(help).guess(span, quoted))
}

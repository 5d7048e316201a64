//! What there is to say of a name, in Markdown: for hover and completion alike.

use gen_lsp_types::{Documentation, MarkupContent, MarkupKind};
use rulegate::compile::Severity;
use rulegate::compile::index::{Index, RuleSite, Symbol, SymbolId, SymbolKind, Target, attribute, builtin_type};
use rulegate::functions::{AggregateDef, FunctionDef};

use crate::saved::Failures;
use crate::state::Analysed;

/// Most lines of a declaration that are shown.
const MAX_LINES: usize = 12;
/// Most values and rules that are listed.
const MAX_LISTED: usize = 12;

/// Markdown for the client.
pub(crate) fn markdown(value: String) -> MarkupContent {
    MarkupContent { kind: MarkupKind::Markdown, value }
}

/// Markdown beside a completion.
pub(crate) fn documentation(value: String) -> Option<Documentation> {
    Some(Documentation::MarkupContent(markdown(value)))
}

/// Code of the language.
fn code(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().take(MAX_LINES).collect();
    if text.lines().count() > MAX_LINES {
        lines.push("…");
    }
    // A fence longer than any in the text keeps it inside.
    let fence = if text.contains("```") { "`````" } else { "```" };
    format!("{fence}rules\n{}\n{fence}", lines.join("\n"))
}

/// A function with its examples.
pub(crate) fn function(def: &FunctionDef) -> String {
    let mut out = format!("{}\n\n{}", code(&def.signature.display(def.name)), def.summary);
    if !def.details.is_empty() {
        out.push_str(&format!("\n\n{}", def.details));
    }
    if !def.examples.is_empty() {
        let examples: Vec<String> = def.examples.iter().map(|example| format!("{} = {}", example.call, example.result)).collect();
        out.push_str(&format!("\n\n{}", code(&examples.join("\n"))));
    }
    out
}

/// An aggregate.
pub(crate) fn aggregate(def: &AggregateDef) -> String {
    format!("{}\n\n{} Over all rows, in a `check`.\n\n{}", code(&def.signature.display(def.name)), def.summary, def.details)
}

/// What a name means.
pub(crate) fn target(target: Target, analysed: &Analysed, failures: Option<&Failures>) -> Option<String> {
    let index = analysed.index();
    Some(match target {
        Target::Symbol(id) => symbol(id, index.symbol(id)?, analysed, failures),
        Target::Rule(rule) => self::rule(index.rule(rule)?, failures),
        Target::Function(def) => function(def),
        Target::Aggregate(def) => aggregate(def),
        Target::Attribute(name) => format!("{}\n\n{}", code(&format!("@{name}")), attribute(name)?.1),
        Target::BuiltinType(name) => format!("{}\n\nType: {}.", code(name), builtin_type(name)?.1),
        Target::File(file) => format!("`{}`", analysed.analysis.compiled.sources.get(file)?.name),
    })
}

fn symbol(id: SymbolId, symbol: &Symbol, analysed: &Analysed, failures: Option<&Failures>) -> String {
    let index = analysed.index();
    let mut out = code(&declaration(symbol, analysed));
    let mut say = |text: String| out.push_str(&format!("\n\n{text}"));
    if let Some(docs) = &symbol.docs {
        say(docs.clone());
    }
    if symbol.kind == SymbolKind::Let
        && let Some(ty) = let_type(index, symbol)
    {
        say(format!("Its value is {ty}."));
    }
    let values = match (&symbol.kind, &symbol.set) {
        (SymbolKind::Set, _) => index.sets.get(&symbol.name),
        (_, Some(set)) => index.sets.get(set),
        _ => None,
    };
    if let Some(values) = values {
        say(format!("Values: {}", listed(values.iter().map(String::as_str))));
    }
    let rules: Vec<RuleSite<'_>> = rules_of(index, id, symbol).collect();
    match rules.as_slice() {
        [one] if symbol.kind == SymbolKind::Rule => say(rule(*one, failures)),
        [] => {}
        several => {
            let lines = several.iter().take(MAX_LISTED).map(|site| format!("* {}", rule(*site, failures)));
            let more = several.len().saturating_sub(MAX_LISTED);
            let rest = (more > 0).then(|| format!("* … and {more} more"));
            say(format!("Rules:\n{}", lines.chain(rest).collect::<Vec<_>>().join("\n")));
        }
    }
    out
}

/// A declaration as it is written; of a block its first line.
fn declaration(symbol: &Symbol, analysed: &Analysed) -> String {
    let text = analysed.text(symbol.item);
    match symbol.kind {
        SymbolKind::Block => text.lines().next().unwrap_or_default().to_owned(),
        SymbolKind::Rule if analysed.index().rules().any(|rule| rule.span == symbol.item && rule.field.is_some()) => {
            format!("@name({})", symbol.name)
        }
        _ => dedented(text),
    }
}

/// A text whose lines after the first are moved left as far as all of them go.
fn dedented(text: &str) -> String {
    let blanks = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let least = text.lines().skip(1).filter(|line| !line.trim().is_empty()).map(blanks).min().unwrap_or(0);
    let lines = text.lines().enumerate().map(|(at, line)| if at == 0 { line } else { line.get(least.min(blanks(line))..).unwrap_or(line) });
    lines.collect::<Vec<_>>().join("\n")
}

/// The type of a `let`: that of the largest expression within it.
fn let_type(index: &Index, symbol: &Symbol) -> Option<String> {
    let inside = index
        .types
        .iter()
        .filter(|(span, _)| span.file == symbol.item.file && span.start >= symbol.span.end && span.end <= symbol.item.end);
    inside.max_by_key(|(span, _)| span.end - span.start).map(|(_, ty)| ty.to_string())
}

/// The rules that a symbol stands for: all of a field, the one of a rule's name.
pub(crate) fn rules_of<'a>(index: &'a Index, id: SymbolId, symbol: &'a Symbol) -> impl Iterator<Item = RuleSite<'a>> {
    let block = std::iter::successors(Some(id), |id| index.symbol(*id)?.owner).last().and_then(|id| index.symbol(id));
    let path: Vec<&str> = std::iter::successors(Some(symbol), |symbol| index.symbol(symbol.owner?))
        .take_while(|symbol| symbol.kind != SymbolKind::Block)
        .map(|symbol| symbol.name.as_str())
        .collect();
    let field = path.into_iter().rev().collect::<Vec<_>>().join(".");
    index.rules().filter(move |rule| match symbol.kind {
        SymbolKind::Column | SymbolKind::Member => {
            rule.field == Some(field.as_str()) && block.is_some_and(|block| block.name == rule.block)
        }
        SymbolKind::Rule => rule.span == symbol.item,
        _ => false,
    })
}

/// A rule in one line.
pub(crate) fn rule(site: RuleSite<'_>, failures: Option<&Failures>) -> String {
    let severity = match site.severity {
        Severity::Error => "error",
        Severity::Warn => "warn",
        Severity::Info => "info",
    };
    let failed = failures.and_then(|failures| failures.get(site.id)).map(|failed| format!(", {}", failed_last(*failed)));
    format!("`{}`: {severity}{}", site.id, failed.unwrap_or_default())
}

/// A count of the last report in words.
pub(crate) fn failed_last(failed: u64) -> String {
    match failed {
        0 => "none failed last time".to_owned(),
        1 => "1 row failed last time".to_owned(),
        rows => format!("{rows} rows failed last time"),
    }
}

fn listed<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = values.collect();
    let shown: Vec<String> = all.iter().take(MAX_LISTED).map(|value| format!("`{value}`")).collect();
    let more = if all.len() > shown.len() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

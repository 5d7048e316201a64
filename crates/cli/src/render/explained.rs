//! What `explain` has to say: pages for the terminal, values for programs.

use anstyle::Style;
use rulegate::Severity;
use rulegate::compile::reference::{Term, Word, WordKind, attribute_stands_on};
use rulegate::compile::{OnFail, RuleInfo, Special, Then};
use rulegate::diagnostics::Code;
use rulegate::functions::{AggregateDef, FunctionDef};
use serde_json::{Value, json};

use super::place::Place;
use super::text::{escape, left, width, wrapped};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
/// Columns of the words on the left of a rule's page.
const LABEL: usize = 9;
/// Lines longer than this tire the eye.
const MAX_COLUMNS: usize = 100;

/// Something that can be explained.
#[derive(Debug)]
pub(crate) enum Topic {
    Code(Code),
    Function(&'static FunctionDef),
    Aggregate(&'static AggregateDef),
    Word(&'static Word),
    /// Of the glossary.
    Term(Term),
    Rule(Box<RuleTopic>),
}

/// A rule with its text.
#[derive(Debug)]
pub(crate) struct RuleTopic {
    pub(crate) info: RuleInfo,
    pub(crate) place: Place,
    pub(crate) lines: Vec<String>,
    /// How it differs from the other rules of its field.
    pub(crate) beside: Option<String>,
}

/// Pages, one below the other.
pub(crate) fn human(topics: &[Topic], plan: Option<&str>, columns: usize) -> String {
    let columns = columns.min(MAX_COLUMNS);
    let mut pages: Vec<String> = topics.iter().map(|topic| page(topic, columns)).collect();
    pages.extend(plan.map(str::to_owned));
    pages.join("\n")
}

fn page(topic: &Topic, columns: usize) -> String {
    match topic {
        Topic::Code(code) => markdown(code.page(), columns),
        Topic::Function(function) => function_page(function, columns),
        Topic::Aggregate(aggregate) => aggregate_page(aggregate, columns),
        Topic::Word(word) => word_page(word, columns),
        Topic::Term(term) => format!("{}{}", title(term.name, "word of the book"), markdown(term.meaning, columns)),
        Topic::Rule(rule) => rule_page(rule, columns),
    }
}

fn function_page(function: &FunctionDef, columns: usize) -> String {
    let mut out = title(&function.signature.display(function.name), "function");
    paragraph(&mut out, &format!("{} {}", function.summary, function.details), columns);
    let call = function.examples.iter().map(|example| width(example.call)).max().unwrap_or(0);
    for example in function.examples {
        out.push_str(&format!("    {}  {DIM}→{DIM:#} {}\n", left(example.call, call), example.result));
    }
    out
}

fn aggregate_page(aggregate: &AggregateDef, columns: usize) -> String {
    let mut out = title(&aggregate.signature.display(aggregate.name), "aggregate, for checks");
    let details = aggregate.details;
    paragraph(&mut out, &format!("{} {details}", aggregate.summary), columns);
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn word_page(word: &Word, columns: usize) -> String {
    let sign = if word.kind == WordKind::Attribute { "@" } else { "" };
    let mut out = title(&format!("{sign}{}", word.name), word.kind.noun());
    paragraph(&mut out, word.meaning, columns);
    word.form.split("   ").filter(|form| *form != "or").for_each(|form| out.push_str(&format!("    {form}\n")));
    out.push('\n');
    if word.kind == WordKind::Attribute {
        paragraph(&mut out, &format!("It stands on: {}.", attribute_stands_on(word.name).join(", ")), columns);
    }
    out.push_str("Example:\n\n");
    word.example_file().lines().for_each(|line| out.push_str(&code_line(line)));
    out
}

/// A line of code, set in.
fn code_line(line: &str) -> String {
    format!("{}\n", format!("    {line}").trim_end())
}

fn rule_page(rule: &RuleTopic, columns: usize) -> String {
    let info = &rule.info;
    let mut out = title(&escape(&info.id), if info.check == "check" { "check" } else { "rule" });
    out.push_str(&format!("{DIM}{}:{}:{}{DIM:#}\n\n", escape(&rule.place.file), rule.place.line, rule.place.column));
    let number = rule.place.line.saturating_add(u32::try_from(rule.lines.len()).unwrap_or(0)).to_string().len();
    for (line, at) in rule.lines.iter().zip(rule.place.line..) {
        out.push_str(&format!("  {DIM}{at:>number$} │{DIM:#} {}\n", escape(line)));
    }
    out.push('\n');
    if let Some(docs) = &info.docs {
        docs.lines().for_each(|line| paragraph(&mut out, &escape(line), columns));
    }
    for (label, text) in facts(info).into_iter().chain(rule.beside.clone().map(|beside| ("beside", beside))) {
        let mut lines = wrapped(&escape(&text), columns.saturating_sub(LABEL + 1)).into_iter();
        out.push_str(&format!("{BOLD}{}{BOLD:#} {}\n", left(label, LABEL), lines.next().unwrap_or_default()));
        lines.for_each(|line| out.push_str(&format!("{} {line}\n", " ".repeat(LABEL))));
    }
    out
}

/// A rule in sentences, each with the word it stands behind.
fn facts(info: &RuleInfo) -> Vec<(&'static str, String)> {
    let mut facts = vec![("expects", info.expects.clone())];
    facts.extend(info.when.clone().map(|when| ("where", when)));
    if !info.columns.is_empty() {
        let columns: Vec<String> = info.columns.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
        facts.push(("reads", columns.join(", ")));
    }
    facts.extend(info.special.iter().map(|special| (if special.nan { "NaN" } else { "null" }, special_words(special, info))));
    facts.extend(info.message.clone().map(|message| ("says", message)));
    facts.push(("severity", consequence(info)));
    if !info.dataset {
        facts.push(("a gate", gate(info).to_owned()));
    }
    if info.redacted {
        facts.push(("redacted", "reports show none of the values it reads".to_owned()));
    }
    if let Some(reason) = &info.planned {
        facts.push(("not yet", format!("skipped by this version: {reason}")));
    }
    if !info.tags.is_empty() {
        facts.push(("tags", info.tags.join(", ")));
    }
    facts.extend(info.owner.clone().map(|owner| ("owner", owner)));
    facts
}

fn special_words(special: &Special, info: &RuleInfo) -> String {
    let holder = if special.column.is_empty() { "the value" } else { &special.column };
    let odd = if special.nan { "NaN" } else { "null" };
    let required =
        !special.nan && info.check != "required" && info.columns.iter().any(|(name, ty)| *name == special.column && !ty.ends_with('?'));
    let also = if required { "; `required` fails for it" } else { "" };
    let outcomes: Vec<&Then> = special.then.iter().filter(|then| **then != Then::NotAsked).collect();
    let asked = if outcomes.len() < special.then.len() && !outcomes.is_empty() { "where it is asked, " } else { "" };
    let what = match outcomes.as_slice() {
        [] => "the rule is not asked".to_owned(),
        [one] => outcome(**one).to_owned(),
        several => {
            let all: Vec<&str> = several.iter().map(|then| outcome(**then)).collect();
            format!("other values decide: {}", all.join(", or "))
        }
    };
    format!("where {holder} is {odd}: {asked}{what}{also}")
}

fn outcome(then: Then) -> &'static str {
    match then {
        Then::Passes => "the row passes",
        Then::Fails => "the row fails",
        Then::Unknown => "the row is unknown, which neither passes nor fails",
        Then::UnknownFails => "the row is unknown, which fails here: @nulls(fail)",
        Then::NotAsked => "the rule is not asked",
    }
}

/// What failures lead to.
fn consequence(info: &RuleInfo) -> String {
    let noun = if info.check == "check" { "groups" } else { "judged rows" };
    let past = |bound: rulegate::Bound| match bound {
        rulegate::Bound::Rows(0) => None,
        rulegate::Bound::Fraction(0, _) => None,
        rulegate::Bound::Rows(_) => Some(format!("when more than {bound} fail")),
        rulegate::Bound::Fraction(..) => Some(format!("when more than {bound} of the {noun} fail")),
    };
    let first = if info.check == "check" { "when it does not hold" } else { "from the first failing row" };
    let told = |bound: Option<rulegate::Bound>, verb: &str| {
        bound.map(|bound| format!("{verb} {}", past(bound).unwrap_or_else(|| first.to_owned())))
    };
    let mut parts = vec![];
    parts.extend(told(info.warn, "warns"));
    parts.extend(told(info.error, "fails the data"));
    if info.severity != Severity::Error {
        parts.push("never fails the data".to_owned());
    }
    if info.shadow {
        parts.push("@shadow: reported only, never acted on".to_owned());
    }
    format!("{}: {}", info.severity, parts.join("; "))
}

fn gate(info: &RuleInfo) -> &'static str {
    match &info.on_fail {
        _ if info.shadow => "keeps failing rows, as of any @shadow rule",
        OnFail::RejectRow => "sets failing rows aside (reject_row)",
        OnFail::RejectBatch => "refuses the batch where a row fails (reject_batch)",
        OnFail::Keep => "keeps failing rows (keep)",
        OnFail::Replace(_) => "puts a constant in the place of the failing value (replace)",
    }
}

fn title(text: &str, kind: &str) -> String {
    format!("{BOLD}{text}{BOLD:#}  {DIM}{kind}{DIM:#}\n\n")
}

fn paragraph(out: &mut String, text: &str, columns: usize) {
    wrapped(text, columns).iter().for_each(|line| out.push_str(&format!("{line}\n")));
    out.push('\n');
}

/// A page of our own Markdown: headings, paragraphs, fenced text, lists and tables.
fn markdown(page: &str, columns: usize) -> String {
    let (mut out, mut open, mut fenced) = (String::new(), String::new(), false);
    let close = |out: &mut String, open: &mut String| {
        if !open.is_empty() {
            paragraph(out, &unlinked(open), columns);
            open.clear();
        }
    };
    for line in page.lines() {
        if let Some(info) = line.strip_prefix("```") {
            close(&mut out, &mut open);
            fenced = !fenced;
            match info.strip_prefix("rules ").or(info.split_once("file=").map(|_| info)) {
                Some(kind) => out.push_str(&format!("{DIM}{}:{DIM:#}\n\n", kind.rsplit("file=").next().unwrap_or(kind))),
                None if !fenced => out.push('\n'),
                None => {}
            }
        } else if fenced || line.starts_with('|') {
            close(&mut out, &mut open);
            out.push_str(&code_line(line));
        } else if let Some(heading) = line.strip_prefix('#') {
            close(&mut out, &mut open);
            if out.ends_with('\n') && !out.ends_with("\n\n") {
                out.push('\n');
            }
            out.push_str(&format!("{BOLD}{}{BOLD:#}\n\n", heading.trim_start_matches('#').trim()));
        } else if line.is_empty() || line.starts_with("- ") {
            close(&mut out, &mut open);
            open.push_str(line);
        } else {
            open.push_str(if open.is_empty() { "" } else { " " });
            open.push_str(line.trim_start());
        }
    }
    close(&mut out, &mut open);
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// Text without the targets of its links.
fn unlinked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("](") {
        let (head, name) = before.rsplit_once('[').unwrap_or((before, ""));
        out.push_str(head);
        out.push_str(name);
        rest = after.split_once(')').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out
}

/// The same for programs.
pub(crate) fn values(topics: &[Topic], plan: Option<&str>) -> Value {
    Value::Array(topics.iter().map(|topic| value(topic, plan)).collect())
}

fn value(topic: &Topic, plan: Option<&str>) -> Value {
    match topic {
        Topic::Code(code) => json!({ "topic": "code", "name": code.as_str(), "summary": code.summary(), "page": code.page() }),
        Topic::Function(function) => json!({
            "topic": "function",
            "name": function.name,
            "signature": function.signature.display(function.name),
            "since": function.since,
            "summary": function.summary,
            "details": function.details,
            "examples": function.examples.iter().map(|example| json!({ "call": example.call, "result": example.result })).collect::<Vec<_>>(),
        }),
        Topic::Aggregate(aggregate) => json!({
            "topic": "aggregate",
            "name": aggregate.name,
            "signature": aggregate.signature.display(aggregate.name),
            "summary": aggregate.summary,
            "details": aggregate.details,
        }),
        Topic::Word(word) => json!({
            "topic": word.kind.noun(),
            "name": word.name,
            "form": word.form,
            "meaning": word.meaning,
            "example": word.example_file(),
        }),
        Topic::Term(term) => json!({ "topic": "term", "name": term.name, "meaning": term.meaning }),
        Topic::Rule(rule) => rule_value(rule, plan),
    }
}

fn rule_value(rule: &RuleTopic, plan: Option<&str>) -> Value {
    let info = &rule.info;
    let special = |special: &Special| json!({ "column": special.column, "value": if special.nan { "NaN" } else { "null" }, "then": special_words(special, info) });
    json!({
        "topic": "rule",
        "name": info.id,
        "block": info.block,
        "field": info.field,
        "check": info.check,
        "place": rule.place,
        "text": rule.lines.join("\n"),
        "docs": info.docs,
        "expects": info.expects,
        "where": info.when,
        "reads": info.columns.iter().map(|(name, ty)| json!({ "column": name, "type": ty })).collect::<Vec<_>>(),
        "special": info.special.iter().map(special).collect::<Vec<_>>(),
        "message": info.message,
        "severity": info.severity,
        "consequence": consequence(info),
        "beside": rule.beside,
        "gate": (!info.dataset).then(|| gate(info)),
        "bounds": { "warn": info.warn.map(|bound| bound.to_string()), "error": info.error.map(|bound| bound.to_string()) },
        "shadow": info.shadow,
        "redacted": info.redacted,
        "planned": info.planned,
        "tags": info.tags,
        "owner": info.owner,
        "plan": plan,
    })
}

//! What a name can stand for.

use rulegate::compile::{RuleInfo, reference};
use rulegate::diagnostics::{Code, nearest};
use rulegate::functions;
use rulegate::source::SourceMap;
use rulegate::{RuleSet, Severity};

use crate::exit::Failure;
use crate::render::explained::{RuleTopic, Topic};
use crate::render::place::Place;

/// Lines of a rule's text that are shown.
const SOURCE_LINES: usize = 16;
/// Rules that are listed where a name stands for several.
const LISTED: usize = 12;

/// Everything a name stands for, the rules' own names first.
pub(super) fn find(what: &str, rules: Option<(&RuleSet, &SourceMap)>) -> Result<Vec<Topic>, Failure> {
    if let Some((rules, sources)) = rules {
        let ids = named(what, rules);
        match ids.as_slice() {
            [] => {}
            [one] => return Ok(rule(one, rules, sources).into_iter().collect()),
            several => {
                let shown: Vec<&str> = several.iter().take(LISTED).copied().collect();
                let more = if several.len() > LISTED { ", …" } else { "" };
                return Err(Failure::new(format!("`{what}` stands for {} rules", several.len()))
                    .help(format!("name one: {}{more}", shown.join(", "))));
            }
        }
    }
    let plain = what.trim_end_matches("()");
    let mut topics: Vec<Topic> = code(plain).map(Topic::Code).into_iter().collect();
    topics.extend(functions::find(plain).map(Topic::Function));
    topics.extend(functions::find_aggregate(plain).map(Topic::Aggregate));
    topics.extend(reference::find(plain).map(Topic::Word));
    topics.extend(reference::find_terms(plain).map(Topic::Term));
    if topics.is_empty() {
        topics.extend(reference::words().filter(|word| speaks_of(word, plain)).take(SEVERAL).map(Topic::Word));
    }
    if topics.is_empty() { Err(unknown(what, rules.map(|(rules, _)| rules))) } else { Ok(topics) }
}

/// Most words that a part of their name stands for.
const SEVERAL: usize = 3;

/// Whether a word's name has this part, as `is null` has `null`, or its form this sign, as `a >= b` has `>=`.
fn speaks_of(word: &reference::Word, part: &str) -> bool {
    let is_sign = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_punctuation());
    word.name.contains(' ') && word.name.split(' ').any(|own| own == part) || is_sign && word.form.split(' ').any(|own| own == part)
}

fn code(name: &str) -> Option<Code> {
    Code::ALL.iter().find(|code| code.as_str().eq_ignore_ascii_case(name)).copied()
}

/// Rules a name stands for: an id, one without its block, or all rules of a field.
fn named<'a>(what: &str, rules: &'a RuleSet) -> Vec<&'a str> {
    let all: Vec<&str> = rules.rule_ids().collect();
    if let Some(exact) = all.iter().find(|id| **id == what) {
        return vec![exact];
    }
    let ends = format!(".{what}");
    let short: Vec<&str> = all.iter().copied().filter(|id| id.ends_with(&ends)).collect();
    if !short.is_empty() {
        return short;
    }
    let (begins, within) = (format!("{what}."), format!(".{what}."));
    all.into_iter().filter(|id| id.starts_with(&begins) || id.contains(&within)).collect()
}

fn rule(id: &str, rules: &RuleSet, sources: &SourceMap) -> Option<Topic> {
    let info = rules.describe(id)?;
    let place = Place::of(info.span, sources);
    let file = sources.get(info.span.file);
    let lines = file.map_or_else(Vec::new, |file| {
        let first = place.line.saturating_sub(1) as usize;
        let count = (place.end_line.saturating_sub(place.line) as usize).saturating_add(1).min(SOURCE_LINES);
        file.text.lines().skip(first).take(count).map(str::to_owned).collect()
    });
    let beside = softer(&info, rules);
    Some(Topic::Rule(Box::new(RuleTopic { info, place, lines, beside })))
}

/// What a `required` rule says of the constraints of its field that never fail the data: their attributes are not its own.
fn softer(info: &RuleInfo, rules: &RuleSet) -> Option<String> {
    if info.check != "required" || info.severity != Severity::Error || info.field.is_none() {
        return None;
    }
    let others = rules.rule_ids().filter_map(|id| rules.describe(id));
    let mut softer = others.filter(|other| other.block == info.block && other.field == info.field && other.severity != Severity::Error);
    let other = softer.next()?;
    Some(format!(
        "`{}` has severity {}, and this rule has not: attributes behind a constraint hold for that constraint; right behind the type \
         they hold for all rules of the field",
        other.id, other.severity
    ))
}

fn unknown(what: &str, rules: Option<&RuleSet>) -> Failure {
    let ids: Vec<&str> = rules.map(|rules| rules.rule_ids().collect()).unwrap_or_default();
    let codes = Code::ALL.iter().map(|code| code.as_str());
    let known = ids.iter().copied().chain(codes).chain(functions::all().map(|function| function.name));
    let known = known.chain(functions::aggregates().iter().map(|aggregate| aggregate.name)).chain(reference::words().map(|word| word.name));
    let known = known.chain(reference::terms().map(|term| term.name));
    // Of a rule's id the end may be what was misspelt.
    let near = nearest(what.trim_start_matches('@'), known).map(str::to_owned).or_else(|| {
        let ends: Vec<&str> = ids.iter().filter_map(|id| id.split_once('.').map(|(_, end)| end)).collect();
        nearest(what, ends.iter().copied()).map(str::to_owned)
    });
    let failure = Failure::new(format!("nothing is known of `{what}`"));
    match near {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None if rules.is_none() && what.contains('.') => failure.help("if it is a rule, name its file with --rules"),
        None => failure.help("give a code such as E0301, a function, an attribute such as @warn, a type, a word of reports such as vacuous, or with --rules a rule's id"),
    }
}

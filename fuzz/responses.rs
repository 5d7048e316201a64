//! What must hold of any responses, and of any block that judges them: another set of checks beside `checks.rs`, shared in the same way.
//!
//! serde_json decides what JSON is. Bytes are parts with `FF` between them, which no UTF-8 has: a rule file, then responses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a check fails by panicking")]

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

use arrow::array::{Array, ArrayRef, LargeStringArray, RecordBatch, StringArray, StringViewArray};
use rulegate::compile::CompileOptions;
use rulegate::source::SourceMap;
use rulegate::syntax::ast::ItemKind;
use rulegate::{BindOptions, RuleSet, Typed, Validator};
use serde::de::IgnoredAny;

/// Every kind that a member can be of, all of them optional, so that what is JSON and what is not decides.
const EVERYTHING: &str = r#"rulegate 1
output t from r {
  a   : string?
  b   : int?
  c   : float?
  d   : bool?
  e   : decimal(20, 3)?
  bin : binary?
  day : date?
  t   : timestamp?
  l   : list<list<int?>>?
  m   : map<string, float?>?
  s   : struct { x: string?, y: list<struct { z: int? }>? }?
  u   : one_of(kind) { "p": { v: int? }, "q": { w: string? } }?
}"#;

/// Reasons that tell of what stands around an object.
const AROUND: [&str; 5] = ["reasoning_leak", "fenced", "double_encoded", "prose_wrapped", "trailing_text"];

/// Strings and objects of a text that are looked at as what was meant; past that nothing is asserted of recovered texts.
const CANDIDATES: usize = 200;

static STRICT: LazyLock<Validator> = LazyLock::new(|| bound("", &batch("r", &[])));
static LENIENT: LazyLock<Validator> = LazyLock::new(|| bound(" @json(lenient)", &batch("r", &[])));
static LARGE: LazyLock<Validator> = LazyLock::new(|| bound("", &large(&[])));
static VIEW: LazyLock<Validator> = LazyLock::new(|| bound("", &view(&[])));

/// Any responses are read, or not read for a reason that is so; any block judges them in one and the same way.
pub(crate) fn check(bytes: &[u8]) {
    let mut parts = bytes.split(|byte| *byte == 0xff).map(|part| String::from_utf8_lossy(part).into_owned());
    let rules = parts.next().unwrap_or_default();
    let texts: Vec<String> = parts.take(32).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    reading(&STRICT, &LENIENT, &texts);
    judging(&rules, &texts);
}

/// A block of all kinds, with an attribute.
fn bound(attribute: &str, batch: &RecordBatch) -> Validator {
    let text = EVERYTHING.replace("from r", &format!("from r{attribute}"));
    let rules = RuleSet::compile("t.rules", &text, &CompileOptions::default()).rule_set.expect("sound rules");
    rules.bind(&batch.schema()).expect("binds")
}

fn batch(column: &str, texts: &[&str]) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable([(column, Arc::new(StringArray::from(texts.to_vec())) as ArrayRef, true)]).expect("one column")
}

/// What became of one response: `Err` with the reason if it was not read, else the first rule it fails, if it fails one.
type Outcome = Result<Option<String>, String>;

fn outcome(typed: &Typed, row: usize) -> Outcome {
    let reason = || typed.reason.value(row).to_owned();
    match typed.status.value(row) {
        "strict" | "recovered" => Ok(None),
        // Reasons of `parse` are words, ids have dots.
        _ if typed.reason.value(row).contains('.') => Ok(Some(reason())),
        _ => Err(reason()),
    }
}

fn reading(strict: &Validator, lenient: &Validator, texts: &[&str]) {
    let read = strict.typed(&batch("r", texts)).expect("texts");
    let taken = lenient.typed(&batch("r", texts)).expect("texts");
    same_in_every_layout(texts, &read);
    for (row, text) in texts.iter().enumerate() {
        let (strictly, leniently) = (outcome(&read, row), outcome(&taken, row));
        is_so(text, &strictly);
        match (&strictly, &leniently) {
            (Ok(_), _) => {
                assert_eq!(strictly, leniently, "{text:?}");
                assert_eq!(read.values.slice(row, 1), taken.values.slice(row, 1), "{text:?}");
                assert_ne!(taken.status.value(row), "recovered", "{text:?}");
            }
            (Err(reason), Ok(_)) => {
                assert!(AROUND.contains(&reason.as_str()), "{reason} of {text:?} was taken out");
                is_an_object_of(strict, text, &taken, row);
            }
            (Err(strictly), Err(leniently)) => assert_eq!(strictly, leniently, "{text:?}"),
        }
    }
}

fn same_in_every_layout(texts: &[&str], read: &Typed) {
    for (validator, batch) in [(&*LARGE, large(texts)), (&*VIEW, view(texts))] {
        let other = validator.typed(&batch).expect("texts");
        assert_eq!((&other.values, &other.status, &other.reason), (&read.values, &read.status, &read.reason));
    }
    assert_eq!(read.values.len(), texts.len());
    read.values.to_data().validate_full().expect("sound Arrow");
}

fn large(texts: &[&str]) -> RecordBatch {
    let column = Arc::new(LargeStringArray::from(texts.to_vec())) as ArrayRef;
    RecordBatch::try_from_iter_with_nullable([("r", column, true)]).expect("one column")
}

fn view(texts: &[&str]) -> RecordBatch {
    let column = Arc::new(StringViewArray::from(texts.to_vec())) as ArrayRef;
    RecordBatch::try_from_iter_with_nullable([("r", column, true)]).expect("one column")
}

/// The reason is so, as serde_json sees it.
fn is_so(text: &str, outcome: &Outcome) {
    let json = serde_json::from_str::<IgnoredAny>(text).is_ok();
    let object = text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{');
    let reason = match outcome {
        Ok(_) => return assert!(json && object && !repeats(text), "read: {text:?}"),
        Err(reason) => reason.as_str(),
    };
    let so = match reason {
        "root_type" | "double_encoded" => json && !object,
        "duplicate_key" => json && object && repeats(text),
        // Where only checked, serde_json takes halves of surrogates; where read, it does not.
        "lone_surrogate" => serde_json::from_str::<serde_json::Value>(text).is_err(),
        "too_deep" => text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count() > 128,
        // A refusal may stand in quotes.
        "refused" => !text.contains('{'),
        "too_large" => text.len() > 1 << 20,
        // A string with half of a surrogate pair may be told by an object in it.
        _ => !json || !object && serde_json::from_str::<serde_json::Value>(text).is_err(),
    };
    assert!(so, "{reason}, json {json}, object {object}: {text:?}");
}

/// Whether a key occurs twice in one object of a JSON text. Keeps no call for what is open.
fn repeats(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut open: Vec<Option<HashSet<String>>> = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' => open.push(Some(HashSet::new())),
            b'[' => open.push(None),
            b'}' | b']' => drop(open.pop()),
            b'"' => {
                let end = end_of_string(bytes, at);
                let key = bytes[end..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
                if let (true, Some(Some(keys))) = (key, open.last_mut()) {
                    let name: Result<String, _> = serde_json::from_str(&text[at..end]);
                    if name.is_ok_and(|name| !keys.insert(name)) {
                        return true;
                    }
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    false
}

fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// What was taken out of a text is one of the objects that stand whole in it, or in a string of it, read strictly.
fn is_an_object_of(strict: &Validator, text: &str, taken: &Typed, row: usize) {
    let mut candidates = Vec::new();
    objects_of(text, 4, &mut candidates);
    if candidates.len() >= CANDIDATES {
        return;
    }
    let read: Vec<&str> = candidates.iter().map(String::as_str).collect();
    let typed = strict.typed(&batch("r", &read)).expect("texts");
    let wanted = outcome(taken, row);
    let found = (0..read.len()).any(|at| outcome(&typed, at) == wanted && typed.values.slice(at, 1) == taken.values.slice(row, 1));
    assert!(found, "{text:?} was read as {:?}, which is none of {candidates:?}", taken.values.slice(row, 1));
}

fn objects_of(text: &str, layers: usize, found: &mut Vec<String>) {
    for (at, opening) in text.match_indices(['{', '"']) {
        if found.len() >= CANDIDATES {
            return;
        }
        let rest = &text[at..];
        if opening == "{" {
            let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
            if let Some(Ok(_)) = stream.next() {
                found.push(rest[..stream.byte_offset()].to_owned());
            }
        } else if let (Some(Ok(within)), true) = (serde_json::Deserializer::from_str(rest).into_iter::<String>().next(), layers > 0)
            && within.contains('{')
        {
            objects_of(&within, layers - 1, found);
        }
    }
}

/// Whatever the block: verdicts, typed values and reports say the same.
fn judging(rules: &str, texts: &[&str]) {
    let Some(compiled) = RuleSet::compile("t.rules", rules, &CompileOptions::default()).rule_set else { return };
    for (block, column) in outputs(rules) {
        let batch = batch(&column, texts);
        let options = BindOptions { block: Some(block), now: Some(SystemTime::UNIX_EPOCH), ..BindOptions::default() };
        let Ok(validator) = compiled.bind_with(&batch.schema(), &options) else { continue };
        let verdict = validator.validate(&batch).expect("of the bound schema");
        assert_eq!(verdict.rows(), texts.len());
        for rule in verdict.counts() {
            assert_eq!(rule.passed + rule.failed + rule.unknown, rule.evaluated, "{}", rule.id);
        }
        let mut session = validator.session();
        session.add(&batch).expect("of the bound schema");
        let report = session.finish();
        assert_eq!((report.rows, report.rows_failed), (texts.len() as u64, verdict.rows_failed() as u64));
        let Ok(typed) = validator.typed(&batch) else { continue };
        assert_eq!((typed.values.len(), typed.status.len(), typed.reason.len()), (texts.len(), texts.len(), texts.len()));
        typed.values.to_data().validate_full().expect("sound Arrow");
        let parse = verdict.counts().iter().find(|rule| rule.id.ends_with(".parse")).map(|rule| rule.id.clone());
        let parse = parse.and_then(|id| verdict.rule_failing(&id));
        for row in 0..texts.len() {
            let (status, failed) = (typed.status.value(row), outcome(&typed, row));
            assert_eq!(status == "failed", typed.values.is_null(row), "{status} of {:?}", texts[row]);
            match failed {
                Ok(None) => assert!(status == "strict" || typed.reason.is_valid(row)),
                Ok(Some(rule)) => assert!(verdict.rule_failing(&rule).is_some_and(|rows| rows.value(row)), "{rule} of {:?}", texts[row]),
                Err(reason) => assert!(parse.as_ref().is_some_and(|rows| rows.value(row)), "{reason} of {:?}", texts[row]),
            }
        }
    }
}

/// The `output` blocks of a file, and the columns they read.
fn outputs(rules: &str) -> Vec<(String, String)> {
    let file = SourceMap::default().add("t.rules", rules);
    let (tree, _) = rulegate::syntax::parse(file, rules);
    let column = |item: &rulegate::syntax::ast::Item| match &*item.kind {
        ItemKind::Output(block) => Some((block.name.node.clone(), block.from.as_ref()?.node.clone())),
        _ => None,
    };
    tree.items.iter().filter_map(column).take(3).collect()
}

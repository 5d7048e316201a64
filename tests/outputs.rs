//! Responses of language models, judged from end to end: counts by rule and reason that were planted, the same on every way through.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "the example's own main is not called here")]
#[path = "../examples/generate_responses.rs"]
mod generate_responses;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use rulegate::compile::CompileOptions;
use rulegate::report::Report;
use rulegate::scan::{FolderLoader, Format, Quiet, Run, ScanOptions, Source};
use rulegate::{BindOptions, RuleSet};

use generate_responses::{Planted, SAMPLE_ROWS, narratives, sample};

fn pack(name: &str) -> RuleSet {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/llm").join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let loader = FolderLoader::for_entry(&path);
    let compiled = RuleSet::compile(name, &text, &CompileOptions { loader: Some(&loader), ..CompileOptions::default() });
    compiled.rule_set.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics))
}

fn rules(text: &str) -> RuleSet {
    let compiled = RuleSet::compile("test.rules", &format!("rulegate 1\n{text}"), &CompileOptions::default());
    compiled.rule_set.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics))
}

fn report(rules: &RuleSet, batches: &[RecordBatch]) -> Report {
    let mut session = rules.bind(&batches[0].schema()).unwrap().session();
    batches.iter().for_each(|batch| session.add(batch).unwrap());
    session.finish()
}

fn responses(texts: &[&str]) -> RecordBatch {
    RecordBatch::try_from_iter([("response", Arc::new(StringArray::from(texts.to_vec())) as ArrayRef)]).unwrap()
}

/// Failing rows by rule and reason, as [`Planted`] has them.
fn failures(report: &Report) -> BTreeMap<(String, String), u64> {
    let mut found = BTreeMap::new();
    for rule in report.rules.iter().filter(|rule| rule.failed > 0 && rule.check != "check") {
        let id = rule.id.strip_prefix("narrative_analysis.").unwrap().to_owned();
        if rule.reasons.is_empty() {
            found.insert((id.clone(), String::new()), rule.failed);
        }
        found.extend(rule.reasons.iter().map(|(reason, count)| ((id.clone(), reason.clone()), *count)));
    }
    found
}

fn wanted(planted: &Planted) -> BTreeMap<(String, String), u64> {
    planted.iter().map(|((rule, reason), count)| (((*rule).to_owned(), (*reason).to_owned()), *count)).collect()
}

#[test]
fn every_reason_is_counted_as_it_was_planted() {
    let (batch, planted) = narratives(5_000, 7).unwrap();
    let report = report(&pack("narrative_analysis.rules"), &[batch]);
    assert_eq!(failures(&report), wanted(&planted));
    assert_eq!(
        report.rows_failed,
        planted.values().sum::<u64>() - planted[&("signs_agree", "")] * u64::from(is_warning(&report, "signs_agree"))
    );
    let parse = report.rule("narrative_analysis.parse").unwrap();
    let placed = parse.reasons.iter().filter(|(reason, _)| !["null_cell", "empty", "filtered", "refused"].contains(&reason.as_str()));
    assert_eq!(parse.break_offsets.iter().sum::<u64>(), placed.map(|(_, count)| count).sum::<u64>());
}

fn is_warning(report: &Report, rule: &str) -> bool {
    // Its bounds let it warn; the rule itself is of severity error.
    report.rule(&format!("narrative_analysis.{rule}")).unwrap().severity != rulegate::Severity::Error
}

#[test]
fn the_sample_is_what_its_generator_makes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/samples/narrative_responses.parquet");
    assert!(std::fs::read(path).unwrap() == sample().unwrap(), "run `cargo run --example generate_responses`");
}

#[test]
fn a_parquet_file_a_batch_and_lines_of_json_give_one_report() {
    let rules = pack("narrative_analysis.rules");
    let (batch, planted) = narratives(SAMPLE_ROWS, 1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let lines = folder.path().join("responses.jsonl");
    let mut text = Vec::new();
    let mut writer = arrow_lines(&batch);
    text.append(&mut writer);
    std::fs::write(&lines, text).unwrap();
    let scanned = |path: PathBuf, format| {
        let mut run = Run::new(rules.clone(), BindOptions::default(), ScanOptions::default());
        run.add(&Source { path, name: "responses".to_owned(), format, partitions: Vec::new() }, &Quiet).unwrap();
        run.finish(false).unwrap()
    };
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/samples/narrative_responses.parquet");
    let memory = report(&rules, &[batch]);
    for found in [scanned(sample, Format::Parquet), scanned(lines, Format::JsonLines)] {
        assert_eq!(failures(&found), wanted(&planted));
        // The type of a column is a question of the schema in one, of each cell in the other.
        let asked = |rule: &rulegate::report::RuleReport| !(rule.check == "type" && rule.reasons.is_empty());
        for (a, b) in found.rules.iter().zip(&memory.rules).filter(|(a, b)| asked(a) && asked(b)) {
            assert_eq!((&a.id, a.evaluated, a.passed, a.failed, a.unknown), (&b.id, b.evaluated, b.passed, b.failed, b.unknown));
            assert_eq!((&a.reasons, &a.break_offsets, a.outcome), (&b.reasons, &b.break_offsets, b.outcome));
        }
    }
}

fn arrow_lines(batch: &RecordBatch) -> Vec<u8> {
    let mut out = String::new();
    let column = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>().clone();
    let (ids, finish, responses) = (column("request_id"), column("finish_reason"), column("response"));
    for row in 0..batch.num_rows() {
        let response = (!responses.is_null(row)).then(|| responses.value(row));
        let line = serde_json::json!({"request_id": ids.value(row), "finish_reason": finish.value(row), "response": response});
        out += &format!("{line}\n");
    }
    out.into_bytes()
}

#[test]
fn layouts_slices_batches_and_threads_give_one_report() {
    let rules = pack("narrative_analysis.rules");
    let (batch, _) = narratives(3_000, 3).unwrap();
    let whole = report(&rules, &[batch.clone()]);
    let with = |ty: &DataType| {
        let names = ["request_id", "finish_reason", "response"];
        RecordBatch::try_from_iter(names.map(|name| (name, cast(batch.column_by_name(name).unwrap(), ty).unwrap()))).unwrap()
    };
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    for ty in [DataType::LargeUtf8, DataType::Utf8View, dictionary] {
        assert_eq!(report(&rules, &[with(&ty)]), whole, "{ty}");
    }
    for size in [1, 7, 1_000] {
        let pieces: Vec<RecordBatch> =
            (0..batch.num_rows()).step_by(size).map(|start| batch.slice(start, size.min(batch.num_rows() - start))).collect();
        assert_eq!(report(&rules, &pieces), whole, "batches of {size}");
    }
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(one.install(|| report(&rules, &[batch.clone()])), whole);
    let (first, second) = (batch.slice(0, 1_234), batch.slice(1_234, 1_766));
    let session = |batch: &RecordBatch| {
        let mut session = rules.bind(&batch.schema()).unwrap().session();
        session.add(batch).unwrap();
        session
    };
    let mut merged = session(&second);
    let state = serde_json::to_string(session(&first).state()).unwrap();
    let validator = rules.bind(&first.schema()).unwrap();
    merged.restore(&validator, serde_json::from_str(&state).unwrap()).unwrap();
    let merged = merged.finish();
    assert_eq!(failures(&merged), failures(&whole));
}

#[test]
fn structs_are_judged_as_the_texts_that_say_the_same() {
    let text = "output t from r { a : float between 0 and 1  b : struct { c: string length <= 3 }  l : list<string>? length <= 1  rule x: a < 0.9 }";
    let rules = rules(text);
    let texts = [
        r#"{"a": 0.5, "b": {"c": "abc"}, "l": ["x"]}"#,
        r#"{"a": 2, "b": {"c": "abcd"}, "l": ["x", "y"]}"#,
        r#"{"a": 0.95, "b": {"c": ""}}"#,
    ];
    let strings = RecordBatch::try_from_iter([("r", Arc::new(StringArray::from(texts.to_vec())) as ArrayRef)]).unwrap();
    let typed = rules.bind(&strings.schema()).unwrap().typed(&strings).unwrap();
    assert_eq!(typed.status, StringArray::from(vec!["strict", "failed", "failed"]));
    // Without failures the typed values are those of the texts, so that they can be judged again as structs.
    let open = super_open();
    let typed = open.bind(&strings.schema()).unwrap().typed(&strings).unwrap();
    let structs = RecordBatch::try_from_iter([("r", Arc::new(typed.values) as ArrayRef)]).unwrap();
    let (by_text, by_struct) = (report(&rules, &[strings]), report(&rules, &[structs]));
    for (a, b) in by_text.rules.iter().zip(&by_struct.rules) {
        assert_eq!((&a.id, a.failed, &a.outcome.to_string()), (&b.id, b.failed, &b.outcome.to_string()));
    }
}

/// The same shape without rules on values.
fn super_open() -> RuleSet {
    rules("output t from r { a : float  b : struct { c: string }  l : list<string>? }")
}

#[test]
fn null_structs_fail_parse_and_nothing_else() {
    let rules = rules("output t from r { a : float between 0 and 1  rule there: a is not null }");
    let strings = responses(&[r#"{"a": 1}"#, r#"{"a": 7}"#]);
    let strings = RecordBatch::try_from_iter([("r", Arc::clone(strings.column(0)))]).unwrap();
    let typed = rules.bind(&strings.schema()).unwrap().typed(&strings).unwrap();
    assert_eq!(typed.values.null_count(), 1);
    let report = report(&rules, &[RecordBatch::try_from_iter([("r", Arc::new(typed.values) as ArrayRef)]).unwrap()]);
    let of = |id: &str| report.rule(id).map(|rule| (rule.failed, rule.unknown)).unwrap();
    assert_eq!(of("t.parse"), (1, 0));
    assert_eq!(report.rule("t.parse").unwrap().reasons["null_cell"], 1);
    assert_eq!(of("t.there"), (0, 1));
    assert_eq!((of("t.a.required").0, of("t.a.range")), (0, (0, 1)));
}

#[test]
fn a_canary_in_a_redacted_block_is_in_nothing_that_is_said() {
    let canary = "CANARY7f3a";
    let rules = rules(
        "output t from r @closed {
           name : string @redact length <= 3, starts_with(\"x\")
           list : list<string>? @redact length <= 0
           tone : enum(\"a\", \"b\")
           rule named: name != \"y\"  message_of_none : string?
         }"
        .replace("rule named: name != \"y\"  message_of_none : string?", "rule named { expect length(name) < 2 message \"name {name}\" }")
        .as_str(),
    );
    let texts = [
        format!(r#"{{"name": "{canary}", "list": ["{canary}"], "tone": "a"}}"#),
        format!(r#"{{"name": "{canary}", "tone": "a""#),
        format!(r#"Sure, {canary}: {{"name": "x", "tone": "a"}}"#),
        format!(r#"{{"name": ["{canary}"], "tone": "a", "{canary}": 1}}"#),
        format!(r#"{{"name": "{canary}", "tone": "{}"}}"#, "a"),
    ];
    let batch = RecordBatch::try_from_iter([("r", Arc::new(StringArray::from(texts.to_vec())) as ArrayRef)]).unwrap();
    let validator = rules.bind(&batch.schema()).unwrap();
    let mut session = validator.session();
    session.add(&batch).unwrap();
    let report = session.finish();
    assert!(report.rules.iter().filter(|rule| rule.failed > 0).count() >= 4, "{report:#?}");
    let said = [serde_json::to_string(&report).unwrap(), serde_json::to_string(session.state()).unwrap()].join("\n");
    assert!(!said.contains("CANARY") && !said.contains("7f3a"), "{said}");
}

#[test]
fn hostile_responses_are_judged_and_not_believed() {
    let rules = rules("output t from r { a : float?  l : list<list<int>>? }");
    let deep = "[".repeat(100_000);
    let nul = "{\"a\": \"\u{0}\"}";
    let large = format!("{{\"a\": 1, \"x\": \"{}\"}}", "y".repeat(20 << 20));
    let texts =
        [deep.as_str(), &format!("{{\"l\": {deep}"), nul, r#"{"a": "\ud800"}"#, r#"{"a": 1e999}"#, &large, "{\"\\u0061\": 1, \"a\": 2}"];
    let batch = RecordBatch::try_from_iter([("r", Arc::new(StringArray::from(texts.to_vec())) as ArrayRef)]).unwrap();
    let report = report(&rules, &[batch]);
    let reasons = &report.rule("t.parse").unwrap().reasons;
    let named: Vec<(&str, u64)> = reasons.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
    assert_eq!(named, [("control_char", 1), ("duplicate_key", 1), ("lone_surrogate", 1), ("too_deep", 2), ("too_large", 1)], "{report:#?}");
    assert_eq!(report.rule("t.a.type").unwrap().failed, 1);
}

#[test]
fn every_hostile_cell_fails_for_the_reason_that_is_so() {
    let rules = rules("output t from r { a : string?  l : list<list<int>>? }");
    let huge = format!("{{\"a\": \"{}\"}}", "y".repeat(100_000_000));
    let many = format!("{{\"l\": [{}[]]}}", "[],".repeat(1_000_000));
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let string = |content: &str| format!("{{\"a\": \"{content}\"}}");
    let mut cells: Vec<(String, Option<&str>)> = vec![
        (huge, Some("too_large")),
        (many, Some("too_large")),
        (deep("[", ""), Some("too_deep")),
        (deep("[", "]"), Some("too_deep")),
        (deep("{\"a\":", ""), Some("too_deep")),
        (format!("{{\"l\": {}", deep("[", "]}")), Some("too_deep")),
        (format!("{{\"undeclared\": {}}}", deep("{\"a\": [", "]}")), Some("too_deep")),
        (deep("]", "}"), Some("not_json")),
        ("\u{0}".to_owned(), Some("not_json")),
        ("{\u{0}}".to_owned(), Some("not_json")),
        ("{\"a\": 1}\u{0}".to_owned(), Some("trailing_text")),
        ("\u{0}{\"a\": \"x\"}".to_owned(), Some("prose_wrapped")),
        ("{\"a\u{0}\": 1}".to_owned(), Some("control_char")),
        (string("\\u0000"), None),
        (string("\\ud83d\\ude00"), None),
        (string("\\uD83D\\uDE00"), None),
        (string("\u{7f}\u{80}\u{2028}\u{ffff}"), None),
    ];
    let lone = ["\\ud800", "\\udfff", "\\ud800\\ud800", "\\ude00\\ud83d", "\\ud83d\\u0041", "\\ud83d\\n", "\\ud83dx"];
    cells.extend(lone.map(|content| (string(content), Some("lone_surrogate"))));
    cells.push(("{\"\\ud800\": 1}".to_owned(), Some("lone_surrogate")));
    let escapes = ["\\x", "\\0", "\\'", "\\U0041", "\\u", "\\u12", "\\u123g", "\\u+123", "\\ ", "\\\u{e9}", "\\\n"];
    cells.extend(escapes.map(|content| (string(content), Some("bad_escape"))));
    cells.extend((0..0x20).map(|code: u8| (string(&char::from(code).to_string()), Some("control_char"))));
    cells.extend(["{\"a\": \"\\", "{\"a\": \"\\u00", "{\"a\": \"\\ud83d\\u"].map(|text| (text.to_owned(), Some("truncated"))));
    let texts: Vec<&str> = cells.iter().map(|(text, _)| text.as_str()).collect();
    let batch = responses(&texts);
    let batch = RecordBatch::try_from_iter([("r", Arc::clone(batch.column(0)))]).unwrap();
    let typed = rules.bind(&batch.schema()).unwrap().typed(&batch).unwrap();
    for (row, (text, reason)) in cells.iter().enumerate() {
        let found = (!typed.reason.is_null(row)).then(|| typed.reason.value(row));
        assert_eq!(found, *reason, "{:?}", text.chars().take(60).collect::<String>());
    }
}

#[test]
fn a_vector_of_another_length_is_of_another_type() {
    let rules = rules("output t from response { a : vector<float, 2>  l : list<vector<int, 1>>? }");
    let texts =
        [r#"{"a": [1, 2]}"#, r#"{"a": []}"#, r#"{"a": [1, 2, 3]}"#, r#"{"a": [1, 2], "l": [[1], []]}"#, r#"{"a": [1, 2], "l": []}"#];
    let batch = responses(&texts);
    let typed = rules.bind(&batch.schema()).unwrap().typed(&batch).unwrap();
    let reasons: Vec<Option<&str>> = typed.reason.iter().collect();
    assert_eq!(reasons, [None, Some("t.a.type"), Some("t.a.type"), Some("t.l.type"), None]);
}

#[test]
fn single_rows_of_features_are_not_taken_for_responses() {
    let rules = rules("output t from r { a : float }");
    let batch = RecordBatch::try_from_iter([("r", Arc::new(StringArray::from(vec!["{}"])) as ArrayRef)]).unwrap();
    let rows = rules.bind(&batch.schema()).unwrap().row_validator();
    let refused = rows.judge(&[rulegate::RowValue::Str("{}")]).unwrap_err().to_string();
    assert!(refused.contains("`RowValidator::judge_response`"), "{refused}");
    assert!(rows.judge_map(&serde_json::Map::new()).is_err());
}

#[test]
fn detectors_count_what_they_found_by_kind_and_masks_take_it_out() {
    let rules = rules("output t from r { a : string no_pii, no_secrets  b : string @normalize(mask_pii) no_pii }");
    let mail = "write to jane.roe@northwind-traders.com today";
    let text = serde_json::json!({"a": mail, "b": mail}).to_string();
    let batch = RecordBatch::try_from_iter([("r", Arc::new(StringArray::from(vec![text])) as ArrayRef)]).unwrap();
    let report = report(&rules, &[batch.clone()]);
    assert_eq!(report.rule("t.a.no_pii").unwrap().reasons, BTreeMap::from([("email".to_owned(), 1)]));
    assert_eq!((report.rule("t.a.no_secrets").unwrap().failed, report.rule("t.b.no_pii").unwrap().failed), (0, 0));
    let typed = rules.bind(&batch.schema()).unwrap().typed(&batch).unwrap();
    assert_eq!(typed.reason.value(0), "t.a.no_pii");
    let masked = rules_open().bind(&batch.schema()).unwrap().typed(&batch).unwrap();
    assert_eq!(masked.values.column_by_name("b").unwrap().as_string_view().value(0), "write to [email] today");
}

/// The same shape, with nothing that fails.
fn rules_open() -> RuleSet {
    rules("output t from r { a : string  b : string @normalize(mask_pii) }")
}

/// Bits of responses that are put together at random: sound ones, broken ones, and all that stands around.
const PIECES: [&str; 30] = [
    "{",
    "}",
    "\"tone\": ",
    "\"score\": ",
    "\"tags\": ",
    "\"by\": ",
    "\"good\"",
    "\"bad\"",
    "0.5",
    "7",
    "-1e999",
    "null",
    "true",
    ",",
    ", ",
    "[",
    "]",
    "[\"a\", \"bcd\"]",
    "{\"x\": 0.5}",
    "{\"x\": 2}",
    "\"0.5\"",
    "```json\n",
    "\n```",
    "Sure: ",
    " trailing",
    "<think>",
    "</think>",
    "\\ud800",
    "\"x\": 1",
    "{\"tone\": \"good\", \"score\": 0.5, \"tags\": [\"a\"], \"by\": {\"x\": 0.5}}",
];

#[test]
fn single_responses_have_the_verdict_of_their_batch() {
    let rules = rules(
        r#"output t from response @closed @json(lenient) @finish_reason(finish) {
  columns { id: int64, finish: string? }
  key id
  tone  : enum("good", "bad")
  score : float? between -1 and 1  @warn
  tags  : list<string>?  each length <= 2 when id > 3
  by    : map<string, float>?  each between 0 and 1
  rule sound: score > 0 or tone = "bad"
  waive score.range because "known" where id = 5
}"#,
    );
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut below = |end: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % end as u64).unwrap()
    };
    let texts: Vec<Option<String>> = (0..1_500)
        .map(|_| match below(12) {
            0 => None,
            1 | 2 => Some(
                PIECES[29]
                    .replace("0.5", ["0.5", "7", "null", "\"x\""][below(4)])
                    .replace("\"good\"", ["\"good\"", "\"bad\"", "\"-\""][below(3)]),
            ),
            3 => Some(format!("{}{}{}", PIECES[below(30)], PIECES[29], PIECES[below(30)])),
            _ => Some((0..1 + below(9)).map(|_| PIECES[below(30)]).collect()),
        })
        .collect();
    let ids = arrow::array::Int64Array::from_iter_values((0..texts.len()).map(|row| i64::try_from(row % 10).unwrap()));
    let finish =
        StringArray::from_iter((0..texts.len()).map(|row| (row % 3 > 0).then_some(if row % 7 == 0 { "content_filter" } else { "stop" })));
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("id", Arc::new(ids) as ArrayRef, false),
        ("response", Arc::new(StringArray::from(texts.clone())), true),
        ("finish", Arc::new(finish), true),
    ])
    .unwrap();
    let validator = rules.bind(&batch.schema()).unwrap();
    let (verdict, typed) = validator.validate_typed(&batch).unwrap();
    let rows = validator.row_validator();
    let (mut failing, mut recovered) = (0, 0);
    for (row, text) in texts.iter().enumerate() {
        let beside = ["id", "finish"].map(|name| (name, batch.column_by_name(name).unwrap().slice(row, 1)));
        let one = rows.judge_response_with(text.as_deref(), &beside).unwrap();
        assert_eq!(one.passes, verdict.passing().value(row), "{text:?}: {one:?}");
        for counts in verdict.counts() {
            let failed = one.failures.iter().find(|failure| failure.rule.rule == counts.id);
            let masks = (verdict.rule_failing(&counts.id).unwrap(), verdict.rule_waived(&counts.id).unwrap());
            assert_eq!(failed.is_some(), masks.0.value(row), "{} of {text:?}", counts.id);
            assert_eq!(failed.is_some_and(|failure| failure.rule.waived), masks.1.value(row), "{} of {text:?}", counts.id);
        }
        let parse = one.failures.iter().find(|failure| failure.rule.check == "parse");
        assert_eq!(parse.map(|failure| failure.reasons.clone()), one.reason.map(|reason| vec![reason.to_owned()]), "{text:?}");
        if let Some(reason) = one.reason {
            assert_eq!(typed.reason.value(row), reason);
        }
        assert_eq!(typed.status.value(row) == "recovered", one.recovered.is_some() && typed.status.value(row) != "failed", "{text:?}");
        failing += usize::from(!one.passes);
        recovered += usize::from(one.recovered.is_some());
    }
    assert!(failing > 300 && failing < 1_400 && recovered > 10, "{failing} of {} fail, {recovered} are recovered", texts.len());
    let missing = rows.judge_response_with(Some("{}"), &[("nowhere", batch.column(0).slice(0, 1))]);
    assert!(missing.is_err(), "a column that the schema lacks");
}

#[test]
fn values_of_redacted_maps_are_not_shown() {
    let rules = rules(
        r#"type short = string length <= 3
output t from response {
  m : map<string, string> @redact each length <= 3
  n : map<short, struct { a: string length <= 3 }>? @redact
}"#,
    );
    let batch = responses(&[
        r#"{"m": {"CANARYkey": "CANARYvalue"}}"#,
        r#"{"m": {}, "n": {"CANARYkey": {"a": "CANARYvalue"}}}"#,
        r#"{"m": {"CANARYkey": 7}}"#,
    ]);
    let report = report(&rules, std::slice::from_ref(&batch));
    let failed = |id: &str| report.rule(id).unwrap().failed;
    assert_eq!(["t.m.each.length", "t.n.key.length", "t.n.each.a.length", "t.m.type"].map(failed), [1; 4]);
    assert!(!serde_json::to_string(&report).unwrap().contains("CANARY"), "{report:#?}");
    let one = rules.bind(&batch.schema()).unwrap().row_validator().judge_response(Some(r#"{"m": {"CANARYkey": "CANARYvalue"}}"#)).unwrap();
    assert!(!one.passes && !format!("{one:?}").contains("CANARY"));
}

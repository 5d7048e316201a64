//! Batch results of providers: what each line comes to, and what is no batch result.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, RecordBatch, StructArray};
use arrow::compute::concat_batches;
use rulegate::report::Report;
use rulegate::scan::{Envelope, Envelopes, Format, Quiet, Run, ScanError, ScanOptions, Source};
use rulegate::{BindOptions, RuleSet};

const MOOD: &str = r#"output mood from response @closed @finish_reason(finish) {
  columns { custom_id: string?, finish: string?, error: string? }
  key custom_id
  tone  : enum("good", "bad")
  score : float between -1 and 1
  fallback { tone: "bad", score: 0.0 }
  check answered: count_if(error is not null) = 0
}"#;

fn rules(text: &str) -> RuleSet {
    let compiled = RuleSet::compile("test.rules", &format!("rulegate 1\n{text}"), &Default::default());
    compiled.rule_set.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics))
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/envelopes").join(format!("{name}.jsonl"))
}

type Scanned = Result<(Report, RecordBatch), ScanError>;

fn scanned(rules: &RuleSet, path: PathBuf, envelopes: Envelopes) -> Scanned {
    let format = Format::of(&path).unwrap();
    let source = Source { name: path.file_name().unwrap().to_string_lossy().into_owned(), path, format, partitions: Vec::new() };
    let mut run = Run::new(rules.clone(), BindOptions::default(), ScanOptions { envelopes, ..ScanOptions::default() });
    let mut taken = Vec::new();
    run.add_all_typed(&[source], &Quiet, &mut |rows| {
        taken.push(rows);
        Ok(())
    })?;
    Ok((run.finish(false).unwrap(), concat_batches(&rules.typed_schema(None).unwrap(), &taken).unwrap()))
}

/// A file of these lines.
fn of_lines(rules: &RuleSet, lines: &str, envelopes: Envelopes) -> Scanned {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lines.jsonl");
    std::fs::write(&path, lines).unwrap();
    scanned(rules, path, envelopes)
}

/// What became of each row: its reason, or nothing where it passed.
fn reasons(rows: &RecordBatch) -> Vec<&str> {
    rows.column_by_name("reason").unwrap().as_string::<i32>().iter().map(Option::unwrap_or_default).collect()
}

fn counted(report: &Report, rule: &str) -> BTreeMap<String, u64> {
    report.rule(rule).unwrap().reasons.clone()
}

fn counts(pairs: &[(&str, u64)]) -> BTreeMap<String, u64> {
    pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[test]
fn each_openai_line_comes_to_what_it_is() {
    let (report, rows) = scanned(&rules(MOOD), fixture("openai"), Envelopes::default()).unwrap();
    let range = "mood.score.range";
    let expected =
        ["", range, "truncated", "refused", "filtered", "null_cell", "null_cell", "filtered", "null_cell", "", "refused", "truncated", ""];
    assert_eq!(reasons(&rows), expected);
    let parse = counts(&[("filtered", 2), ("null_cell", 3), ("refused", 2), ("truncated", 2)]);
    assert_eq!(counted(&report, "mood.parse"), parse);
    assert_eq!(report.rule("mood.answered").unwrap().value, Some(4.into()));
    let keys = rows.column_by_name("key").unwrap().as_any().downcast_ref::<StructArray>().unwrap().column(0).as_string::<i32>().clone();
    assert_eq!((keys.value(0), keys.value(12), keys.null_count()), ("r0", "r12", 0));
    let remark = report.warnings.iter().find(|warning| warning.code == "envelope").unwrap();
    assert_eq!(remark.text, "lines of `openai.jsonl` are read as OpenAI batch results");
}

#[test]
fn each_anthropic_line_comes_to_what_it_is() {
    let (report, rows) = scanned(&rules(MOOD), fixture("anthropic"), Envelopes::default()).unwrap();
    let expected = ["", "mood.score.range", "truncated", "refused", "refused", "", "", "null_cell", "null_cell", "null_cell"];
    assert_eq!(reasons(&rows), expected);
    assert_eq!(counted(&report, "mood.parse"), counts(&[("null_cell", 3), ("refused", 2), ("truncated", 1)]));
    assert_eq!(report.rule("mood.answered").unwrap().value, Some(3.into()));
}

#[test]
fn each_gemini_line_comes_to_what_it_is() {
    let (report, rows) = scanned(&rules(MOOD), fixture("gemini"), Envelopes::default()).unwrap();
    let expected = ["", "mood.score.range", "truncated", "filtered", "filtered", "null_cell", "", "null_cell"];
    assert_eq!(reasons(&rows), expected);
    assert_eq!(counted(&report, "mood.parse"), counts(&[("filtered", 2), ("null_cell", 2), ("truncated", 1)]));
    assert_eq!(report.rule("mood.answered").unwrap().value, Some(2.into()));
}

#[test]
fn a_block_that_names_no_finish_column_tells_refusals_all_the_same() {
    let plain = rules("output mood from answer { tone : string  score : float? }");
    for (name, refused, filtered) in [("openai", 2, 2), ("anthropic", 2, 0), ("gemini", 0, 2)] {
        let (report, _) = scanned(&plain, fixture(name), Envelopes::default()).unwrap();
        let reasons = counted(&report, "mood.parse");
        let of = |reason: &str| reasons.get(reason).copied().unwrap_or(0);
        assert_eq!((of("refused"), of("filtered")), (refused, filtered), "{name}");
    }
}

#[test]
fn a_key_of_another_name_is_the_id() {
    let rules = rules("output mood from answer { columns { request: string }  key request  tone : string }");
    let (report, _) = scanned(&rules, fixture("anthropic"), Envelopes::default()).unwrap();
    assert_eq!(report.rule("mood.request.required").unwrap().failed, 0);
    assert_eq!(report.rule("mood.parse").unwrap().samples[0].key["request"], "r2");
}

#[test]
fn ordinary_lines_are_never_taken_for_batch_results() {
    let rules = rules("output mood from response { tone : string?  body : string? }");
    for line in [
        r#"{"response": {"tone": "good"}}"#,
        r#"{"custom_id": "a", "response": {"tone": "good"}}"#,
        r#"{"custom_id": "a", "response": {"tone": "good"}, "error": null}"#,
        r#"{"custom_id": "a", "response": {"tone": "good", "status_code": 200, "body": "b"}, "error": null}"#,
        r#"{"key": "a", "response": {"tone": "good", "candidates": []}}"#,
        r#"{"custom_id": "a", "result": {"type": "succeeded", "tone": "good"}, "response": "{}"}"#,
        r#"{"custom_id": "a", "result": {"type": "expired"}, "response": "{}"}"#,
    ] {
        let (report, _) = of_lines(&rules, line, Envelopes::default()).unwrap();
        assert_eq!((report.rows_failed, report.rows), (0, 1), "{line}");
        assert!(report.warnings.iter().all(|warning| warning.code != "envelope"), "{line}");
    }
    // What a block declares of its responses decides, and `none` does.
    let first = std::fs::read_to_string(fixture("openai")).unwrap().lines().next().unwrap().to_owned();
    for (rules, envelopes) in [(&rules, Envelopes::default()), (&self::rules(MOOD), Envelopes::None)] {
        let (report, _) = of_lines(rules, &first, envelopes).unwrap();
        assert!(report.warnings.iter().all(|warning| warning.code != "envelope"));
    }
}

#[test]
fn what_a_line_lacks_is_told_with_its_place_and_its_cure() {
    let rules = rules(MOOD);
    let openai = |response: &str| format!(r#"{{"custom_id": "a", "response": {response}, "error": null}}"#);
    let cases = [
        ("openai", "{}".to_owned(), "a line has `custom_id`"),
        ("openai", r#"{"custom_id": 7}"#.to_owned(), "`custom_id` is a text, and here it is a number"),
        ("openai", openai("null"), "a line has `response` or `error`"),
        ("openai", openai("[]"), "`response` is an object, and here it is a list"),
        ("openai", openai(r#"{"status_code": 200}"#), "a line has `response.body`"),
        ("openai", openai(r#"{"status_code": 200, "body": {}}"#), "`response.body.choices` or `response.body.output`"),
        ("openai", openai(r#"{"status_code": 200, "body": {"choices": []}}"#), "holds one answer, and here it holds 0"),
        ("openai", openai(r#"{"status_code": 200, "body": {"choices": [{}, {}]}}"#), "holds one answer, and here it holds 2"),
        (
            "openai",
            openai(r#"{"status_code": 200, "body": {"choices": [{"message": {"content": {}}}]}}"#),
            "is a text, and here it is an object",
        ),
        ("anthropic", r#"{"custom_id": "a", "result": {"type": "succeeded"}}"#.to_owned(), "a line has `result.message`"),
        ("anthropic", r#"{"custom_id": "a", "result": {"type": "other"}}"#.to_owned(), "`result.type` is `succeeded`"),
        ("gemini", r#"{"key": "a"}"#.to_owned(), "a line has `response` or `error`"),
        (
            "gemini",
            r#"{"key": "a", "response": {"candidates": [{"content": {"parts": 1}}]}}"#.to_owned(),
            "is a list, and here it is a number",
        ),
    ];
    for (name, line, told) in cases {
        let envelope = Envelope::named(name).unwrap();
        let first = std::fs::read_to_string(fixture(name)).unwrap();
        let lines = format!("{}\n{line}\n", first.lines().next().unwrap());
        for envelopes in [Envelopes::Of(envelope), Envelopes::Recognised] {
            let error = of_lines(&rules, &lines, envelopes).unwrap_err().to_string();
            assert!(error.starts_with("lines.jsonl: line 2: ") && error.contains(told) && error.contains("the envelope `none`"), "{error}");
        }
    }
    // Nothing that nests is followed further than a line may nest.
    let deep = openai(&format!("{}1{}", r#"{"body":"#.repeat(5_000), "}".repeat(5_000)));
    let error = of_lines(&rules, &deep, Envelopes::Of(Envelope::named("openai").unwrap())).unwrap_err().to_string();
    assert!(error.contains("line 1: "), "{error}");
}

#[test]
fn an_envelope_that_was_asked_for_fits_or_is_refused() {
    let openai = Envelopes::Of(Envelope::named("openai").unwrap());
    let error = scanned(&rules(MOOD), fixture("gemini"), openai).unwrap_err().to_string();
    assert!(error.contains("line 1: ") && error.contains("OpenAI"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("a.csv");
    std::fs::write(&csv, "response\nx\n").unwrap();
    let error = scanned(&rules(MOOD), csv, openai).unwrap_err().to_string();
    assert!(error.contains("are lines of JSON"), "{error}");
}

#[test]
fn redacted_values_of_an_envelope_stand_in_no_report() {
    let rules = rules("output mood from response { tone : string @redact in (\"good\") }");
    let line = r#"{"custom_id": "a", "result": {"type": "succeeded", "message": {"content": [{"type": "text", "text": "{\"tone\": \"zq7canary\"}"}], "stop_reason": "end_turn"}}}"#;
    let broken = line.replace("tone", "tone\\\\q");
    let (report, _) = of_lines(&rules, &format!("{line}\n{broken}\n"), Envelopes::default()).unwrap();
    assert_eq!(report.rows_failed, 2);
    assert!(!serde_json::to_string(&report).unwrap().contains("canary"));
}

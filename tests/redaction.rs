//! What is redacted stands nowhere but in the data: not in a report, not in a state that is stored, and is still told apart by value.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, Float64Array, Int64Array, RecordBatch, StringArray};
use rulegate::report::{Report, RuleOutcome};
use rulegate::{RuleSet, Session, Validator};

/// Every way in which a rule can remember values, over redacted columns.
const RULES: &str = r#"rulegate 1
features people {
  key email
  email  : string  unique, in ("a@example.org"), matches /[a-z]+/  @redact
  number : int64   unique when email is not null  @redact
  token  : binary  unique  @redact
  income : float64 between 0 and 1  @redact
  fields /note_\d/ : string? is_email  @redact
  city   : string

  let address = lower(email)
  rule known { when number > 0 expect address = city message "{address} of {email}, {number}, {income}" }
  check by_person { by email, number expect row_count() < 1 message "too many" }
  check by_address { by address expect distinct_count(income) < 1 }
  check cities { by city expect distinct_count(email) < 1 }
  check persons: unique(email, number, token)
  check incomes: distinct_count(income) > 1_000
  observe income buckets (0, 1)
}
"#;

const TEXT: &str = "canary-email";
const NUMBER: i64 = 8_675_309_000_123;
const TOKEN: &[u8] = b"canary-token";
const INCOME: f64 = 7_654_321.125;
const NOTE: &str = "canary-note";

fn batch(emails: &[&str]) -> RecordBatch {
    let all = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text; emails.len()])) };
    RecordBatch::try_from_iter([
        ("email", Arc::new(StringArray::from(emails.to_vec())) as ArrayRef),
        ("number", Arc::new(Int64Array::from(vec![NUMBER; emails.len()]))),
        ("token", Arc::new(BinaryArray::from(vec![TOKEN; emails.len()]))),
        ("income", Arc::new(Float64Array::from(vec![INCOME; emails.len()]))),
        ("note_1", all(NOTE)),
        ("city", all("Graz")),
    ])
    .unwrap()
}

fn validator(rules: &str) -> Validator {
    let compiled = RuleSet::compile("people.rules", rules, &rulegate::compile::CompileOptions::default());
    compiled.rule_set.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics)).bind(&batch(&[]).schema()).unwrap()
}

fn session(validator: &Validator, batches: &[RecordBatch]) -> Session {
    let mut session = validator.session();
    for batch in batches {
        session.add(batch).unwrap();
    }
    session
}

/// The forms in which a value could stand in JSON: as it is, as bytes, as bits.
fn forms() -> Vec<String> {
    let bytes = |bytes: &[u8]| bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
    let hex: String = TOKEN.iter().map(|byte| format!("{byte:02x}")).collect();
    vec![
        TEXT.to_owned(),
        bytes(TEXT.as_bytes()),
        NUMBER.to_string(),
        bytes(&NUMBER.to_le_bytes()),
        hex,
        bytes(TOKEN),
        INCOME.to_string(),
        INCOME.to_bits().to_string(),
        bytes(&INCOME.to_le_bytes()),
        NOTE.to_owned(),
        bytes(NOTE.as_bytes()),
    ]
}

fn told(json: &str) -> Vec<String> {
    forms().into_iter().filter(|form| json.contains(form.as_str())).collect()
}

#[test]
fn no_redacted_value_stands_in_a_state_or_a_report() {
    let session = session(&validator(RULES), &[batch(&[TEXT, TEXT]), batch(&[TEXT])]);
    let state = serde_json::to_string(session.state()).unwrap();
    let report = serde_json::to_string(&session.finish()).unwrap();
    assert_eq!((told(&state), told(&report)), (Vec::new(), Vec::new()));
    assert!(report.contains("[redacted]"));
}

#[test]
fn the_canary_would_be_found() {
    let open = session(&validator(&RULES.replace("@redact", "")), &[batch(&[TEXT, TEXT])]);
    let state = serde_json::to_string(open.state()).unwrap();
    let hex = &forms()[4];
    let missed: Vec<String> = forms().into_iter().filter(|form| !state.contains(form.as_str()) && form != hex).collect();
    // No rule keeps a float by its bits, and no key is made of a note.
    assert_eq!(missed, [INCOME.to_bits().to_string(), forms()[10].clone()]);
}

/// Counts and verdicts of all rules.
fn verdicts(report: &Report) -> Vec<(String, RuleOutcome, u64, u64, u64)> {
    report.rules.iter().map(|rule| (rule.id.clone(), rule.outcome, rule.evaluated, rule.failed, rule.unknown)).collect()
}

#[test]
fn equal_keys_are_found_across_batches_sessions_and_stored_states() {
    let hidden = validator(RULES);
    let parts = [batch(&["a", "b"]), batch(&["c", "a"]), batch(&["d", "b", "e"])];
    let whole = session(&hidden, &parts).finish();
    let email = whole.rule("people.email.unique").unwrap();
    assert_eq!((email.failed, email.samples.iter().map(|sample| sample.row).collect::<Vec<_>>()), (4, vec![0, 1, 3, 5]));
    assert_eq!(email.samples[0].values["email"], "[redacted]");
    assert_eq!(whole.rule("people.by_address").unwrap().evaluated, 5);

    // The same verdicts as without redaction.
    let open = session(&validator(&RULES.replace("@redact", "")), &parts).finish();
    assert_eq!(verdicts(&whole), verdicts(&open));

    // Two sessions, one of them stored and taken up by a validator that was compiled anew.
    let later = session(&hidden, &parts[1..]);
    let stored = serde_json::to_string(later.state()).unwrap();
    let again = validator(RULES);
    let mut merged = session(&again, &parts[..1]);
    merged.restore(&again, serde_json::from_str(&stored).unwrap()).unwrap();
    assert_eq!(verdicts(&merged.finish()), verdicts(&whole));
}

#[test]
fn keys_cannot_be_compared_between_rule_sets() {
    let keys = |rules: &str| {
        let state = serde_json::to_value(session(&validator(rules), &[batch(&[TEXT])]).state()).unwrap();
        state["partial"]["uniques"].clone()
    };
    assert_ne!(keys(RULES), keys(&RULES.replace("buckets (0, 1)", "buckets (0, 2)")));
    assert_eq!(keys(RULES), keys(RULES));
}

/// Detectors of secrets and of personal data, in every way to ask for them; other rules read the same columns.
const GUARDED: &str = r#"rulegate 1
type note = string no_secrets
features notes {
  key plain
  plain   : string
  typed   : note  length < 3
  ruled   : string  unique, in ("a", "b")
  listed  : list<string>  each no_pii(email), length < 1
  fields /free_\d/ : string no_pii(email), length < 3
  rule of_two { expect plain = "x" and no_secrets(ruled) message "{ruled}" }
  rule fine: plain != "z"
  check many { by typed expect row_count() < 1 }
  check one: mode_fraction(ruled) < 0.5
}
"#;

#[test]
fn reports_show_no_text_that_a_detector_looks_at() {
    let secret = concat!("password=", "hunter2-Ax9!kd");
    let person = "write to jane.doe@northwind.example";
    let listed = {
        let mut list = arrow::array::ListBuilder::new(arrow::array::StringBuilder::new());
        (0..2).for_each(|_| list.append_value([Some(person)]));
        Arc::new(list.finish()) as ArrayRef
    };
    let all = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text; 2])) };
    let columns = [("plain", all("shown")), ("typed", all(secret)), ("ruled", all(secret)), ("listed", listed), ("free_1", all(person))];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let compiled = RuleSet::compile("notes.rules", GUARDED, &rulegate::compile::CompileOptions::default());
    assert_eq!(compiled.diagnostics.iter().map(|one| &one.message).collect::<Vec<_>>(), Vec::<&String>::new());
    let validator = compiled.rule_set.unwrap().bind(&batch.schema()).unwrap();
    let report = session(&validator, &[batch]).finish();
    let fails: Vec<&str> = report.rules.iter().filter(|rule| rule.failed > 0).filter_map(|rule| rule.id.strip_prefix("notes.")).collect();
    let rows = ["typed.no_secrets", "typed.length", "ruled.unique", "ruled.enum", "listed.each.no_pii", "listed.length"];
    assert_eq!(fails, [&rows[..], &["fields(free_\\d).no_pii", "fields(free_\\d).length", "of_two", "many", "one"]].concat());
    let told = serde_json::to_string(&report).unwrap();
    assert!(told.contains("shown"), "other columns are as they are");
    for text in [secret, "hunter2", person, "jane.doe"] {
        assert!(!told.contains(text), "{text} in {told}");
    }
}

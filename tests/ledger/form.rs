//! The form on disk: another program can check it with a SHA-256 and no more, and nothing of rows is in it.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use rulegate::ledger::{Decision, Event};
use rulegate::{BindOptions, RuleSet};

use super::{bytes, ledger_of, lines, moment};

/// As `docs/ledger.md` tells it, without anything of ours but the hash function.
#[test]
fn a_line_is_checked_by_its_bytes_alone() {
    let (_folder, ledger) = ledger_of(4);
    let mut prev = "0".repeat(64);
    for (number, line) in lines(&bytes(&ledger)).iter().enumerate() {
        let text = std::str::from_utf8(line).unwrap().strip_suffix("\"}\n").unwrap();
        let (body, hash) = text.split_at(text.len() - 64);
        let body = body.strip_suffix(",\"hash\":\"").unwrap();
        assert!(body.starts_with(&format!("{{\"v\":1,\"seq\":{number},\"prev\":\"{prev}\",\"at\":\"2027-01-15T")), "{body}");
        assert_eq!(rulegate::ledger::sha256(body.as_bytes()).unwrap().0, hash);
        hash.clone_into(&mut prev);
    }
}

/// The form is a promise: whoever changes it changes the version.
#[test]
fn the_form_of_version_1_does_not_move() {
    let (_folder, ledger) = ledger_of(2);
    let second = String::from_utf8(lines(&bytes(&ledger))[1].clone()).unwrap();
    let expected = concat!(
        "\"at\":\"2027-01-15T08:00:01Z\",\"trace_id\":\"run-7\",\"event\":{\"decision\":{\"outcome\":\"pass\",",
        "\"ruleset\":{\"name\":\"tokens.rules\",\"hash\":\"0000000000000000000000000000000000000000000000000000000000000001\"},",
        "\"overrides\":null,\"strict\":false,\"baseline\":false,",
        "\"inputs\":[{\"block\":\"tokens\",\"name\":\"day=1/λ \\\"part\\\".parquet\",\"rows\":10,",
        "\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000008\"}],\"outputs\":[],",
        "\"rows\":10,\"rows_failed\":1,",
        "\"rules\":{\"pass\":3,\"warn\":0,\"fail\":0,\"vacuous\":0,\"error\":0,\"skipped\":0,\"waived\":0},",
        "\"shadow\":{\"pass\":0,\"warn\":0,\"fail\":0,\"vacuous\":0,\"error\":0,\"skipped\":0,\"waived\":0},",
        "\"failing\":[],\"failing_more\":0}},\"hash\":\""
    );
    assert!(second.contains(expected), "{second}");
}

/// Values, keys, messages and samples stay in the report; the ledger has counts.
#[test]
fn nothing_of_rows_is_written() {
    let text = "rulegate 1\nfeatures people {\n  key name\n  name : string\n  mail : string is_email @redact\n  city : string in (\"Oslo\", \"Bergen\")\n  rule short { expect length(name) <= 3 message \"{name} of {city}\" }\n}";
    let rules = RuleSet::compile("people.rules", text, &rulegate::CompileOptions::default());
    let rules = rules.rule_set.unwrap_or_else(|| panic!("{:?}", rules.diagnostics));
    let column = |values: [&str; 2]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let columns =
        [("name", column(["Sigrid", "Torvald"])), ("mail", column(["sigrid", "tor@fjord.no"])), ("city", column(["Tromso", "Narvik"]))];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut session = rules.bind_with(&batch.schema(), &BindOptions::default()).unwrap().session();
    session.add(&batch).unwrap();
    let report = session.finish();
    let shown = serde_json::to_string(&report).unwrap();
    assert!(shown.contains("Sigrid") && shown.contains("Narvik"), "the report shows samples");

    let (_folder, ledger) = ledger_of(0);
    ledger.append(moment(0), None, Event::Decision(Box::new(Decision::of(&report)))).unwrap();
    let written = String::from_utf8(bytes(&ledger)).unwrap();
    for value in ["Sigrid", "sigrid", "Torvald", "fjord", "Tromso", "Narvik"] {
        assert!(!written.contains(value), "{written}");
    }
    assert!(written.contains("\"failing\":[{\"rule\":\"people.mail.is_email\",\"failed\":1}"), "{written}");
}

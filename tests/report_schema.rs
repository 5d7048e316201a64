//! The committed JSON Schema of the report is the one the code gives; a real report follows it.

use std::path::Path;

#[test]
fn the_committed_schema_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report.schema.json");
    let made = serde_json::to_string_pretty(&rulegate::report::Report::json_schema()).expect("a schema is JSON") + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &made).expect("docs can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(committed, made, "run `UPDATE=1 cargo test --test report_schema` and review the difference");
}

#[test]
fn a_report_has_exactly_the_fields_of_the_contract() {
    use std::sync::Arc;
    let rules = rulegate::RuleSet::compile("t.rules", "rulegate 1\nfeatures t { a : int64 >= 0 }", &rulegate::CompileOptions::default())
        .rule_set
        .expect("sound");
    let column: arrow::array::ArrayRef = Arc::new(arrow::array::Int64Array::from(vec![1, -1]));
    let batch = arrow::array::RecordBatch::try_from_iter([("a", column)]).expect("one column");
    let mut session = rules.bind(&batch.schema()).expect("binds").session();
    session.add(&batch).expect("of the schema");
    let json = serde_json::to_value(session.finish()).expect("a report is JSON");
    let keys = |value: &serde_json::Value| {
        value.as_object().map(|object| object.keys().cloned().collect::<Vec<_>>().join(" ")).unwrap_or_default()
    };
    assert_eq!(
        keys(&json),
        "elapsed_ms inputs observations outcome report_version rows rows_failed rulegate_version rules ruleset started_at strict trace_id waivers warnings"
    );
    assert_eq!(
        keys(&json["rules"][2]),
        "block bounds break_offsets check evaluated failed failed_alone failed_fraction faulted field groups id kind message outcome passed reason reasons recovered samples severity shadow top_values unknown value waived"
    );
    assert_eq!(json["rules"][2]["samples"][0]["row"], 1);
}

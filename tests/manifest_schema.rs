//! The committed JSON Schema of manifests is the one the code gives.

#[test]
fn the_committed_schema_is_fresh() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/manifest.schema.json");
    let made = serde_json::to_string_pretty(&rulegate::commit::Manifest::json_schema()).expect("a schema is JSON") + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &made).expect("docs can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(committed, made, "run `UPDATE=1 cargo test --test manifest_schema` and review the difference");
}

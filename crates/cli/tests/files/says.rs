//! What a split writes and says.

use super::{Folder, RULES};

const DATA: &str = "id,chain,score,note\n1,base,5,a\n2,tron,101,\n3,base,1e1,\"x,y\"\n4,base,nine,z\n";

fn folder() -> Folder {
    Folder::new(&[("t.rules", RULES), ("t.csv", DATA)])
}

#[test]
fn rows_of_text_stay_as_they_were_written_and_say_why_they_were_set_aside() {
    let folder = folder();
    let ran = folder.split(&["t.csv"], "clean.csv", "bad.csv", &["-o", "json=r.json"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(ran.stderr, "wrote clean.csv (2 rows) and bad.csv (2 rows)\n");
    assert_eq!(folder.read("clean.csv"), "id,chain,score,note\n1,base,5,a\n3,base,1e1,\"x,y\"\n");
    let bad = folder.read("bad.csv");
    let lines: Vec<&str> = bad.lines().collect();
    assert_eq!(lines[0], "id,chain,score,note,_gate_file,_gate_row,_gate_rules,_gate_severity,_gate_messages");
    assert!(lines[1].starts_with("2,tron,101,,t.csv,1,\"[\"\"tokens.chain.enum\"\",\"\"tokens.score.range\"\"]\",error,"), "{bad}");
    assert!(lines[2].starts_with("4,base,nine,z,t.csv,3,\"[\"\"tokens.score.type\"\"]\",error,"), "{bad}");
    assert_eq!(folder.names("."), ["bad.csv", "clean.csv", "clean.csv.manifest.json", "r.json", "t.csv", "t.rules"]);
    let ran = folder.run(&["verify", "clean.csv.manifest.json"]);
    assert!(ran.code == Some(0) && ran.stdout.contains("  4 rows read = 2 clean + 2 quarantined\n"), "{ran:?}");
}

#[test]
fn the_report_is_the_same_with_and_without_a_split() {
    let folder = folder();
    let report = |rest: &[&str]| {
        let args = [&["validate", "--rules", "t.rules", "t.csv", "--now", "2026-01-31T00:00:00Z", "--format", "json"], rest].concat();
        let mut report: serde_json::Value = serde_json::from_str(&folder.run(&args).stdout).unwrap();
        report["started_at"].take();
        report["elapsed_ms"].take();
        report
    };
    assert_eq!(report(&[]), report(&["--clean", "c.parquet", "--quarantine", "q.jsonl"]));
}

#[test]
fn bounds_do_not_move_rows_and_withhold_keeps_all_of_them_back() {
    let folder = folder();
    folder.write("t.rules", "rulegate 1\nfeatures t { id : int64 >= 0  check many: row_count() >= 100 }");
    let ran = folder.split(&["t.csv"], "clean.csv", "bad.csv", &["--withhold"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("withheld"), "{ran:?}");
    assert_eq!(folder.names("."), ["t.csv", "t.rules"]);
    let ran = folder.split(&["t.csv"], "clean.csv", "bad.csv", &[]);
    assert_eq!((ran.code, folder.read("clean.csv").as_str()), (Some(1), DATA), "{ran:?}");
    assert_eq!(folder.read("bad.csv").lines().count(), 1, "a header");
}

#[test]
fn a_rule_that_refuses_the_batch_refuses_all_files_together() {
    let folder = folder();
    folder.write("t.rules", "rulegate 1\nfeatures t { id : int64 <= 3 @on_fail(reject_batch) }");
    let ran = folder.split(&["t.csv"], "clean.csv", "bad.csv", &["-o", "json=r.json"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("refused, and no row was split") && ran.stderr.contains("t.id.range"), "{ran:?}");
    assert_eq!(folder.names("."), ["r.json", "t.csv", "t.rules"], "the report is there");
}

#[test]
fn replaced_values_land_and_other_cells_stay() {
    let folder = folder();
    folder.write("t.rules", "rulegate 1\nfeatures t { id : int64  score : float64 <= 100 @on_fail(replace(0)) }");
    folder.write("t.csv", "id,score,free\n1,5.50,a\n2,101,b\n");
    folder.write("t.jsonl", "{\"score\": 5.50, \"id\": 1, \"free\": [1]}\n{\"id\": 2, \"score\": 101}\n");
    let ran = folder.split(&["t.csv"], "clean.csv", "bad.csv", &[]);
    assert_eq!(ran.stderr, "wrote clean.csv (2 rows) and bad.csv (0 rows), 1 with a value replaced\n");
    assert_eq!(folder.read("clean.csv"), "id,score,free\n1,5.50,a\n2,0.0,b\n");
    let ran = folder.split(&["t.jsonl"], "clean.jsonl", "bad.jsonl", &["--quiet"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(folder.read("clean.jsonl"), "{\"score\": 5.50, \"id\": 1, \"free\": [1]}\n{\"id\":2,\"score\":0.0}\n");
}

#[test]
fn several_files_keep_their_order_and_their_row_numbers() {
    let folder = folder();
    folder.write("u.csv", "id,chain,score,note\n5,tron,1,\n6,base,1,\n");
    assert_eq!(folder.split(&["t.csv", "u.csv"], "clean.csv", "bad.jsonl", &["--quiet"]).code, Some(1));
    assert_eq!(folder.read("clean.csv"), "id,chain,score,note\n1,base,5,a\n3,base,1e1,\"x,y\"\n6,base,1,\n");
    let place = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        format!("{} {}", row["_gate_file"].as_str().unwrap(), row["_gate_row"])
    };
    assert_eq!(folder.read("bad.jsonl").lines().map(place).collect::<Vec<_>>(), ["t.csv 1", "t.csv 3", "u.csv 0"]);
    folder.write("v.csv", "id,chain,score\n5,tron,1\n");
    let ran = folder.split(&["t.csv", "v.csv"], "clean.csv", "bad.csv", &[]);
    assert!(ran.code == Some(2) && ran.stderr.contains("v.csv: its columns are not those of t.csv (`note` differs)"), "{ran:?}");
}

#[test]
fn redacted_values_are_in_the_data_and_in_no_message() {
    let folder = folder();
    let rules = "rulegate 1\nfeatures t { id : int64  note : string? length <= 2 @redact
  rule short { expect byte_length(note) <= 2  message \"note {note} is long\" } }";
    folder.write("t.rules", rules);
    folder.write("t.csv", "id,note\n1,canary-7\n");
    assert_eq!(folder.split(&["t.csv"], "clean.csv", "bad.jsonl", &["--quiet"]).code, Some(1));
    let row: serde_json::Value = serde_json::from_str(&folder.read("bad.jsonl")).unwrap();
    assert_eq!(row["note"], "canary-7");
    assert!(!row["_gate_messages"].to_string().contains("canary"), "{row}");
}

#[test]
fn a_split_is_of_one_block() {
    let folder = folder();
    folder.write("t.rules", "rulegate 1\nfeatures a { id : int64 }\nfeatures b { id : int64 }");
    let ran = folder.split(&["a=t.csv", "b=t.csv"], "clean.csv", "bad.csv", &[]);
    assert!(ran.code == Some(2) && ran.stderr.contains("one block, and 2 judge data"), "{ran:?}");
    assert_eq!(folder.names("."), ["t.csv", "t.rules"]);
}

//! `rulegate schema` and `rulegate import` as their users run them.

use tempfile::TempDir;

const MOOD: &str = "rulegate 1

output mood from response @closed {
  tone  : enum(\"good\", \"bad\")
  score : float between -1 and 1
  why   : string length between 10 and 500, no_secrets
}
";

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mood.rules"), MOOD).unwrap();
    folder
}

fn ran(folder: &TempDir, args: &[&str], stdin: &str) -> Ran {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_rulegate"));
    let output = command.args(args).current_dir(folder.path()).env_remove("CLICOLOR_FORCE").write_stdin(stdin).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn the_schema_pipes_and_the_residue_is_told_beside_it() {
    let folder = folder();
    let told = ran(&folder, &["schema", "--rules", "mood.rules", "--for", "anthropic"], "");
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    let schema: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(schema["properties"]["tone"]["enum"][1], "bad");
    for line in
        ["mood.score.range dropped at /properties/score", "why: `minimum` and `maximum` are not taken", "why: no keyword says `no_secrets`"]
    {
        assert!(told.stderr.contains(line), "{line}\n{}", told.stderr);
    }
}

#[test]
fn the_residue_goes_to_a_file_or_into_one_object() {
    let folder = folder();
    let told = ran(&folder, &["schema", "--rules", "mood.rules", "--for", "openai", "--residue", "lost.json"], "");
    assert_eq!((told.code, told.stderr.as_str()), (Some(0), ""));
    let lost: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(folder.path().join("lost.json")).unwrap()).unwrap();
    let told = ran(&folder, &["schema", "--rules", "mood.rules", "--for", "openai", "--format", "json"], "");
    let all: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!((&all["residue"], told.stderr.as_str()), (&lost, ""));
    assert_eq!(all["schema"]["type"], "object");
    assert_eq!(lost[0]["rule"], "mood.parse");
}

#[test]
fn what_cannot_be_exported_says_what_to_do() {
    let folder = folder();
    std::fs::write(
        folder.path().join("two.rules"),
        "rulegate 1\noutput a from response { x : map<string, int> }\noutput b from response { y : int }\n",
    )
    .unwrap();
    let told = ran(&folder, &["schema", "--rules", "two.rules"], "");
    assert!(told.code == Some(2) && told.stderr.contains("several blocks: a, b") && told.stderr.contains("--block"), "{}", told.stderr);
    let told = ran(&folder, &["schema", "--rules", "two.rules", "--block", "a", "--for", "openai"], "");
    assert!(told.code == Some(2) && told.stderr.contains("`/properties/x` is a map"), "{}", told.stderr);
    let told = ran(&folder, &["schema", "--rules", "two.rules", "--block", "c"], "");
    assert!(told.code == Some(2) && told.stderr.contains("no block `c`"), "{}", told.stderr);
}

#[test]
fn an_exported_schema_is_imported_from_stdin() {
    let folder = folder();
    let schema = ran(&folder, &["schema", "--rules", "mood.rules"], "").stdout;
    let told = ran(&folder, &["import", "-"], &schema);
    assert_eq!((told.code, told.stderr.as_str()), (Some(0), "The rules say all that the schema says.\n"));
    assert_eq!(told.stdout, MOOD.replace(", no_secrets", "").replace("float between", "float  between"));
    let told = ran(&folder, &["import", "--from", "json-schema", "--block", "other", "--from-column", "answer", "-"], &schema);
    assert!(told.stdout.contains("output other from answer @closed {"), "{}", told.stdout);
}

#[test]
fn what_is_no_schema_is_refused() {
    let folder = folder();
    let told = ran(&folder, &["import", "-"], "{\"type\": \"array\"}");
    assert!(told.code == Some(2) && told.stderr.contains("the root of the schema is array"), "{}", told.stderr);
    let told = ran(&folder, &["import", "missing.json"], "");
    assert!(told.code == Some(2) && told.stderr.contains("missing.json: cannot be read"), "{}", told.stderr);
}

//! The command as its users run it: arguments in; exit code, stdout, stderr and files out.

use std::process::{Command, Stdio};

use rulegate::report::{Outcome, Report, RuleOutcome};
use tempfile::TempDir;

const TOKENS: &str = r#"rulegate 1
param most: float = 100
features tokens {
  key id
  id    : int64 unique
  chain : string in ("base", "solana")
  score : float64 between 0 and $most
  rule low_scores_are_rare @warn { expect score >= 1 message "score {score} on {chain}" }
}
"#;
const GOOD: &str = "id,chain,score\n1,base,5\n2,solana,100\n";
const BAD: &str = "id,chain,score\n1,base,5\n2,tron,101\n3,base,-1\n";
const SHOP: &str = "rulegate 1\nfeatures users { id : int64 }\nfeatures orders { id : int64  total : float64 >= 0  dt : date? }\n";

/// A folder to run the command in.
struct Folder(TempDir);

/// What a run came to.
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, text)| folder.write(name, text));
        folder
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rulegate"));
        command.args(args).current_dir(self.0.path()).env_remove("CLICOLOR_FORCE").env_remove("RUST_BACKTRACE");
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        let output = assert_cmd::Command::from_std(self.command(args)).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    fn validate(&self, rest: &[&str]) -> Ran {
        self.run(&[&["validate", "--rules", "t.rules"], rest].concat())
    }

    fn report(&self, rest: &[&str]) -> Report {
        let ran = self.validate(&[rest, &["--format", "json"]].concat());
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", ran.stdout, ran.stderr))
    }

    /// Runs what cannot be done, and looks for what is said of it.
    fn refuses(&self, rest: &[&str], said: &[&str]) {
        let ran = self.validate(rest);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{rest:?}: {}", ran.stderr);
        said.iter().for_each(|text| assert!(ran.stderr.contains(text), "{rest:?}: `{text}` is not in: {}", ran.stderr));
    }
}

fn names(report: &Report) -> Vec<&str> {
    report.inputs.iter().map(|input| input.name.as_str()).collect()
}

fn tokens() -> Folder {
    Folder::new(&[("t.rules", TOKENS), ("good.csv", GOOD), ("bad.csv", BAD)])
}

#[test]
fn the_exit_code_tells_the_verdict() {
    let folder = tokens();
    let good = folder.validate(&["good.csv"]);
    assert_eq!((good.code, good.stderr.as_str()), (Some(0), ""));
    assert!(good.stdout.ends_with("PASS: all 2 rows hold\n"), "{}", good.stdout);
    let bad = folder.validate(&["bad.csv"]);
    assert_eq!((bad.code, bad.stderr.as_str()), (Some(1), ""));
    assert!(bad.stdout.ends_with("FAIL: 2 rules past their bounds, 1 rule warns\n"), "{}", bad.stdout);
}

#[test]
fn a_failing_rule_shows_its_rows_values_and_message() {
    let out = tokens().validate(&["bad.csv"]).stdout;
    for text in [
        "✗ tokens.chain.enum",
        "most frequent: \"tron\" × 1",
        "row 1  id=2  score=101.0",
        "row 2  id=3  score=-1.0   score -1.0 on base",
        "rules pass; --all shows them",
    ] {
        assert!(out.contains(text), "`{text}` is not in: {out}");
    }
}

#[test]
fn what_cannot_be_judged_is_told_with_a_cure() {
    let folder = tokens();
    folder.write("notes.txt", "");
    folder.write("empty/_SUCCESS", "");
    folder.write("empty/.hidden.csv", GOOD);
    folder.refuses(&["none.csv"], &["no file or folder `none.csv`"]);
    folder.refuses(&["notes.txt"], &["notes.txt", "`.txt`", ".parquet"]);
    folder.refuses(&["empty"], &["empty: there is no data file", "passed over"]);
    folder.refuses(&["*.parquet"], &["nothing matches `*.parquet`"]);
    folder.refuses(&["*.txt"], &["no data file matches `*.txt`", ".jsonl"]);
    folder.refuses(&["good.csv", "--block", "token"], &["no block `token`", "tokens"]);
    folder.refuses(&["good.csv", "--param", "mist=1"], &["E0501", "no parameter `mist`", "did you mean `most`?"]);
    folder.refuses(&["good.csv", "--param", "most=many"], &["E0501", "`many`"]);
    folder.refuses(&["good.csv", "--param", "most"], &["name=value"]);
    folder.refuses(&["good.csv", "--param", "most=1", "--param", "most=2"], &["given twice"]);
    folder.refuses(&["good.csv", "--now", "today"], &["RFC 3339"]);
    folder.refuses(&["good.csv", "--threads", "0"], &["--threads"]);
    folder.refuses(&["good.csv", "--time-limit", "0"], &["seconds"]);
    folder.refuses(&["good.csv", "--time-limit", "0.000000001"], &["good.csv", "time limit"]);
    folder.refuses(&[], &["DATA"]);
}

#[test]
fn rules_that_do_not_compile_judge_nothing() {
    let folder = Folder::new(&[("t.rules", "rulegate 1\nfeatures t { a : int64 >= \"x\" }"), ("t.csv", "a\n1\n")]);
    folder.refuses(&["t.csv"], &["error[E0301]", "t.rules:2:", "nothing was judged"]);
    folder.write("t.rules", "rulegate 1\n");
    folder.refuses(&["t.csv"], &["no block"]);
    std::fs::remove_file(folder.path("t.rules")).unwrap();
    folder.refuses(&["t.csv"], &["t.rules: the rule file cannot be read"]);
}

#[test]
fn corrupt_data_is_no_verdict_and_no_panic() {
    let folder = tokens();
    folder.write("broken.parquet", b"PAR1 this is not what it says PAR1");
    folder.write("ragged.csv", "id,chain,score\n1,base\n");
    folder.write("latin.csv", b"id,chain,score\n1,b\xe4se,3\n");
    folder.refuses(&["broken.parquet"], &["error: broken.parquet: "]);
    folder.refuses(&["good.csv", "ragged.csv"], &["error: ragged.csv: line 2"]);
    folder.refuses(&["latin.csv", "--format", "json"], &["latin.csv: line 2", "UTF-8"]);
    assert!(!folder.validate(&["broken.parquet"]).stderr.contains("panicked"));
}

#[test]
fn json_is_the_whole_report() {
    let folder = tokens();
    let report = folder.report(&[
        "bad.csv",
        "--trace-id",
        "run-7",
        "--limit-samples",
        "1",
        "--now",
        "2026-01-31T12:00:00+02:00",
        "--param",
        "most=200",
    ]);
    assert_eq!((report.outcome, report.rows), (Outcome::Fail, 3));
    assert_eq!(report.trace_id.as_deref(), Some("run-7"));
    assert_eq!(report.ruleset.now.as_deref(), Some("2026-01-31T10:00:00Z"));
    assert_eq!(report.ruleset.params.get("most").map(String::as_str), Some("200.0"));
    assert!(report.started_at.is_some_and(|time| time.ends_with('Z')) && report.elapsed_ms.is_some());
    assert!(report.rules.iter().all(|rule| rule.samples.len() <= 1));
    assert!(folder.validate(&["bad.csv", "--format", "json"]).stdout.ends_with("}\n"));
}

#[test]
fn threads_change_nothing() {
    let folder = tokens();
    let rows: String =
        (0..50_000).map(|id| format!("{},{},{}\n", id % 49_999, if id % 77 == 0 { "tron" } else { "base" }, id % 103)).collect();
    folder.write("many.csv", format!("id,chain,score\n{rows}"));
    let judge = |threads| {
        let mut report = folder.report(&["many.csv", "--threads", threads, "--now", "2026-01-31T00:00:00Z"]);
        (report.started_at, report.elapsed_ms) = (None, None);
        report
    };
    assert_eq!(judge("1"), judge("4"));
}

#[test]
fn nothing_piped_is_coloured() {
    let folder = tokens();
    folder.write("bad.rules", "rulegate 1\nfeatures t { a : int65 }");
    let runs = [
        folder.validate(&["bad.csv", "-o", "human=page.txt"]),
        folder.run(&["check", "bad.rules"]),
        folder.validate(&["good.csv", "-p", "x=1"]),
    ];
    for ran in runs {
        assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'), "{}{}", ran.stdout, ran.stderr);
    }
    assert!(!std::fs::read_to_string(folder.path("page.txt")).unwrap().contains('\u{1b}'));
}

#[test]
fn hostile_data_stays_data() {
    let hostile = [
        "\u{1b}]0;pwned\u{7}",
        "a\u{202e}b",
        "x\n::error::y",
        "##[error]z",
        "##vso[task.complete]",
        "\u{9b}31m",
        "e\u{200b}\u{feff}\u{e0041}",
    ];
    let folder = tokens();
    let rows: String = hostile.iter().enumerate().map(|(id, text)| format!("{id},\"{text}\",0\n")).collect();
    folder.write("hostile.csv", format!("id,chain,score\n{rows}"));
    let human = folder.validate(&["hostile.csv", "--limit-samples", "100"]);
    let json = folder.validate(&["hostile.csv", "--format", "json", "--limit-samples", "100"]);
    for out in [&human.stdout, &json.stdout] {
        let acts = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{200b}' | '\u{feff}' | '\u{e0041}');
        assert!(!out.contains(acts), "{out}");
    }
    for line in human.stdout.lines() {
        assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line}");
        assert!(!line.contains("##vso["), "{line}");
    }
    assert!(human.stdout.contains("\\u{1b}]0;pwned\\u{7}"), "{}", human.stdout);
    let report: Report = serde_json::from_str(&json.stdout).unwrap();
    let shown: Vec<&str> =
        report.rule("tokens.chain.enum").unwrap().samples.iter().filter_map(|sample| sample.values.get("chain")?.as_str()).collect();
    assert_eq!(shown.len(), hostile.len());
    assert!(hostile.iter().all(|text| shown.contains(text)));
}

#[test]
fn hostile_names_stay_names() {
    let folder = tokens();
    folder.refuses(&["\u{1b}[31mx.csv"], &["`\\u{1b}[31mx.csv`"]);
}

#[test]
fn several_blocks_must_be_told_apart() {
    let folder = Folder::new(&[("t.rules", SHOP), ("users.csv", "id\n1\n"), ("orders.csv", "id,total\n1,-2\n")]);
    folder.refuses(&["users.csv"], &["several blocks: users, orders", "--block users", "users=users.csv"]);
    folder.refuses(&["user=none.csv"], &["no file `user=none.csv`", "no block `user`", "users, orders"]);
    assert_eq!(folder.validate(&["--block", "users", "users.csv"]).code, Some(0));
    let both = folder.validate(&["orders=orders.csv", "users=users.csv", "--format", "json"]);
    let reports: Vec<Report> = serde_json::from_str(&both.stdout).unwrap();
    let told: Vec<_> = reports.iter().map(|report| (report.inputs[0].block.as_str(), report.outcome)).collect();
    assert_eq!(both.code, Some(1));
    assert_eq!(told, [("users", Outcome::Pass), ("orders", Outcome::Fail)]);
    let quiet = folder.validate(&["orders=orders.csv", "users=users.csv", "--quiet"]).stdout;
    assert_eq!(quiet, "PASS users: the only row holds\nFAIL orders: 1 rule past its bound\n");
}

#[test]
fn folders_named_key_value_give_columns() {
    let folder = Folder::new(&[("t.rules", SHOP)]);
    folder.write("orders/dt=2026-01-02/b.csv", "id,total\n3,5\n");
    folder.write("orders/dt=2026-01-01/a.csv", "id,total\n1,5\n2,-1\n");
    folder.write("orders/dt=2026%2D01-03/c.csv", "id,total\n4,-1\n");
    folder.write("orders/_temporary/d.csv", "id,total\n1,-9\n");
    folder.write("orders/_SUCCESS", "");
    let report = folder.report(&["--block", "orders", "orders"]);
    assert_eq!(names(&report), ["orders/dt=2026%2D01-03/c.csv", "orders/dt=2026-01-01/a.csv", "orders/dt=2026-01-02/b.csv"]);
    assert_eq!((report.rows, report.rows_failed), (4, 2));
    assert!(report.inputs.iter().all(|input| input.absent_columns.is_empty()));
    assert_eq!(report.rule("orders.dt.type").unwrap().passed, 4);
    // A folder whose name holds `=` is no mapping, and neither is a pattern.
    folder.write("dt=2026-01-01/a.csv", "id,total\n1,5\n");
    assert_eq!(names(&folder.report(&["-b", "orders", "dt=2026-01-01"])), ["dt=2026-01-01/a.csv"]);
    assert_eq!(names(&folder.report(&["-b", "orders", "dt=*"])), ["dt=2026-01-01/a.csv"]);
}

#[test]
fn patterns_match_files_and_folders() {
    let folder = tokens();
    for name in ["d/a1.csv", "d/a2.csv", "d/b.csv", "d/e/f/c.csv", "d/_x.csv", "d/README.md"] {
        folder.write(name, GOOD);
    }
    assert_eq!(names(&folder.report(&["d/a?.csv"])), ["d/a1.csv", "d/a2.csv"]);
    assert_eq!(names(&folder.report(&["d/[!a]*"])), ["d/b.csv", "d/e/f/c.csv"]);
    assert_eq!(names(&folder.report(&["d/**/c.csv"])), ["d/e/f/c.csv"]);
    assert_eq!(names(&folder.report(&["d/_*.csv"])), ["d/_x.csv"]);
    assert_eq!(names(&folder.report(&["**/f/"])), ["d/e/f/c.csv"]);
}

#[test]
fn a_file_is_judged_once() {
    let folder = tokens();
    folder.write("d/a.csv", GOOD);
    let ran = folder.validate(&["d", "./d/a.csv"]);
    assert!(ran.stdout.contains("2 rows") && ran.stderr.contains("named twice"), "{}{}", ran.stdout, ran.stderr);
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_in_circles() {
    use std::os::unix::fs::symlink;
    let folder = tokens();
    folder.write("d/e/a.csv", GOOD);
    folder.write("other/b.csv", GOOD);
    symlink("..", folder.path("d/e/up")).unwrap();
    symlink(folder.path("d"), folder.path("d/self")).unwrap();
    symlink(folder.path("other"), folder.path("d/z")).unwrap();
    assert_eq!(names(&folder.report(&["d"])), ["d/e/a.csv", "d/z/b.csv"]);
    symlink("nowhere.csv", folder.path("d/lost.csv")).unwrap();
    folder.refuses(&["d"], &["d/lost.csv", "cannot be read"]);
}

#[test]
fn parquet_tells_of_its_integrity() {
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::WriterProperties;
    use std::sync::Arc;

    let folder = Folder::new(&[("t.rules", "rulegate 1\nfeatures t { a : int64 >= 0 @error(50%) }")]);
    let column = Arc::new(arrow::array::Int64Array::from(vec![1, -2, 3])) as arrow::array::ArrayRef;
    let batch = arrow::array::RecordBatch::try_from_iter([("a", column)]).unwrap();
    let file = std::fs::File::create(folder.path("t.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(WriterProperties::builder().build())).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let ran = folder.validate(&["t.parquet"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("integrity: none — the file has no page checksums\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("fails past 50%"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("PASS: 1 of 3 rows fails, all within bounds\n"), "{}", ran.stdout);
}

#[test]
fn strict_and_severity_do_as_they_say() {
    let folder = Folder::new(&[("t.rules", "rulegate 1\nfeatures t { a : int64  b : string? }"), ("t.csv", "a\n1\n")]);
    assert_eq!(folder.validate(&["t.csv"]).code, Some(0));
    let strict = folder.validate(&["t.csv", "--strict"]);
    assert_eq!(strict.code, Some(1));
    assert!(strict.stdout.contains("1 absent column (--strict)"), "{}", strict.stdout);
    let shown = |rest: &[&str]| folder.validate(&[&["t.csv"], rest].concat()).stdout;
    assert!(!shown(&[]).contains("t.a.required") && shown(&["--all"]).contains("✓ t.a.required"));
    assert_eq!(shown(&["--all"]).lines().count(), shown(&["--severity", "info"]).lines().count());
    assert!(!shown(&["--severity", "error"]).contains("t.b.type"));
    assert_eq!(shown(&["--quiet"]), "PASS: the only row holds\n");
}

#[test]
fn a_column_that_does_not_fit_fails() {
    let folder = tokens();
    folder.write("short.csv", "id,chain\n1,base\n");
    let ran = folder.validate(&["short.csv"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("1 column that does not fit") && ran.stdout.contains("skipped"), "{}", ran.stdout);
    let report = folder.report(&["short.csv"]);
    assert_eq!(report.rule("tokens.score.required").unwrap().outcome, RuleOutcome::Fail);
}

#[test]
fn outputs_are_whole_files_beside_the_report() {
    let folder = tokens();
    folder.write("out/r.json", "old");
    let ran = folder.validate(&["bad.csv", "--output", "json=out/r.json", "-o", "human=out/r.txt", "--quiet"]);
    assert_eq!(ran.code, Some(1));
    let report: Report = serde_json::from_slice(&std::fs::read(folder.path("out/r.json")).unwrap()).unwrap();
    assert_eq!(report.rows, 3);
    assert!(std::fs::read_to_string(folder.path("out/r.txt")).unwrap().contains("FAIL: 2 rules"));
    assert_eq!(std::fs::read_dir(folder.path("out")).unwrap().count(), 2, "no temporary file stays behind");
}

#[test]
fn outputs_never_replace_what_is_read_or_linked() {
    let folder = tokens();
    folder.refuses(&["good.csv", "-o", "json=./good.csv"], &["would replace a file that is read"]);
    folder.refuses(&["good.csv", "-o", "json=t.rules"], &["would replace a file that is read"]);
    folder.refuses(&["good.csv", "-o", "json=no/r.json"], &["no/r.json", "make the folder first"]);
    folder.refuses(&["good.csv", "-o", "json=r", "-o", "human=./r"], &["two outputs go to one file"]);
    folder.refuses(&["good.csv", "-o", "xml=r.xml"], &["json=report.json"]);
    folder.write("old.json", "old");
    folder.refuses(&["none.csv", "-o", "json=old.json"], &["none.csv"]);
    assert_eq!(std::fs::read_to_string(folder.path("old.json")).unwrap(), "old");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("old.json", folder.path("link.json")).unwrap();
        folder.refuses(&["good.csv", "-o", "json=link.json"], &["link.json: a link is not written through"]);
        assert_eq!(std::fs::read_to_string(folder.path("old.json")).unwrap(), "old");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = tokens();
    let mut child = folder
        .command(&["validate", "--rules", "t.rules", "bad.csv", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(1), ""));
}

#[test]
fn check_tells_what_is_wrong_and_where() {
    let folder = tokens();
    let good = folder.run(&["check", "t.rules"]);
    assert_eq!((good.code, good.stdout.as_str()), (Some(0), "checked 1 file: 0 errors, 0 warnings\n"));
    folder.write("bad.rules", "rulegate 1\nfeatures t {\n  score : float64\n  rule r: scroe > 1\n}\n");
    let bad = folder.run(&["check", "t.rules", "bad.rules"]);
    assert_eq!(bad.code, Some(1));
    for text in [
        "error[E0201]",
        "--> bad.rules:4:11",
        "^^^^^",
        "did you mean `score`?",
        "+   rule r: score > 1",
        "checked 2 files: 1 error, 0 warnings\n",
    ] {
        assert!(bad.stdout.contains(text), "`{text}` is not in: {}", bad.stdout);
    }
    let lost = folder.run(&["check", "none.rules", "bad.rules"]);
    assert_eq!(lost.code, Some(2));
    assert!(lost.stderr.contains("none.rules: the rule file cannot be read") && lost.stdout.contains("E0201"));
    assert_eq!(folder.run(&["check", "t.rules", "--param", "most=x"]).code, Some(1));
}

#[test]
fn check_speaks_json() {
    let folder = Folder::new(&[("é.rules", "rulegate 1\nfeatures t { `ä` : float64  rule r: `ö` > 1 }\n")]);
    let ran = folder.run(&["check", "é.rules", "--format", "json"]);
    let found: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let first = &found[0];
    assert_eq!((first["code"].as_str(), first["level"].as_str(), first["file"].as_str()), (Some("E0201"), Some("error"), Some("é.rules")));
    assert_eq!((first["line"].as_u64(), first["column"].as_u64(), first["end_column"].as_u64()), (Some(2), Some(37), Some(40)));
    folder.write("good.rules", "rulegate 1\nfeatures t { a : int64 }\n");
    assert_eq!(folder.run(&["check", "good.rules", "--format", "json"]).stdout, "[]\n");
}

#[test]
fn an_imported_file_is_told_of_once_by_its_own_name() {
    let folder = Folder::new(&[("common.rules", "rulegate 1\nparam most: int = \"x\"\n")]);
    for name in ["a.rules", "b.rules"] {
        folder.write(name, "rulegate 1\nimport \"common.rules\"\nfeatures f { a : int64 }\n");
    }
    let ran = folder.run(&["check", "a.rules", "b.rules", "common.rules"]);
    assert!(
        ran.stdout.ends_with("checked 3 files: 1 error, 0 warnings\n") && ran.stdout.contains("--> common.rules:2:19"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains(&*folder.0.path().to_string_lossy()), "{}", ran.stdout);
}

#[test]
fn help_and_version_are_there() {
    let folder = Folder::new(&[]);
    let alone = folder.run(&[]);
    assert_eq!(alone.code, Some(2));
    assert!(alone.stderr.contains("validate") && alone.stderr.contains("Example"), "{}", alone.stderr);
    for command in ["check", "validate"] {
        let help = folder.run(&[command, "--help"]);
        assert!(
            help.code == Some(0) && help.stdout.contains(&format!("rulegate {command} ")) && help.stdout.contains("Examples:"),
            "{}",
            help.stdout
        );
    }
    assert_eq!(folder.run(&["--version"]).stdout, concat!("rulegate ", env!("CARGO_PKG_VERSION"), "\n"));
    assert_eq!(folder.run(&["valdate"]).code, Some(2));
}

/// The rules that `check --help` shows are rules.
#[test]
fn the_rules_of_the_help_compile() {
    let folder = Folder::new(&[]);
    let help = folder.run(&["check", "--help"]).stdout;
    let (_, rules) = help.split_once("A rule file:\n").unwrap();
    folder.write("help.rules", rules);
    let ran = folder.run(&["check", "help.rules"]);
    assert_eq!(ran.stdout, "checked 1 file: 0 errors, 0 warnings\n");
}

#[test]
fn a_plan_tells_which_way_each_rule_was_answered() {
    use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
    let folder = Folder::new(&[("t.rules", "rulegate 1\nfeatures t { chain : string in (\"base\", \"tron\")  score : float64 >= 0 }")]);
    let chain: ArrayRef = std::sync::Arc::new(StringArray::from_iter_values((0..100).map(|row| ["base", "tron"][row % 2])));
    let score: ArrayRef = std::sync::Arc::new(Float64Array::from_iter_values((0..100).map(f64::from)));
    let batch = RecordBatch::try_from_iter([("chain", chain), ("score", score)]).unwrap();
    let file = std::fs::File::create(folder.path("t.parquet")).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let args = ["validate", "--rules", "t.rules", "t.parquet", "--explain-plan"];
    let ran = folder.run(&args);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let line = |text: &str, id: &str| text.lines().find(|line| line.contains(id)).unwrap_or_default().to_owned();
    assert!(line(&ran.stdout, "t.chain.enum").ends_with("dictionary proof"), "{}", ran.stdout);
    let json = folder.run(&[&args[..], &["--format", "json"]].concat());
    assert!(line(&json.stderr, "t.chain.enum").ends_with("dictionary proof"), "{}", json.stderr);
    let report: Report = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((report.rows, report.inputs[0].rows_proved), (100, 100));
    // Nothing of the plan where nobody asked.
    assert!(!folder.run(&args[..4]).stdout.contains("dictionary"));
    // Text formats have no plan to tell of.
    folder.write("t.csv", "chain,score\nbase,1\n");
    let ran = folder.run(&["validate", "--rules", "t.rules", "t.csv", "--explain-plan"]);
    assert!(ran.stdout.contains("no Parquet row group was read"), "{}", ran.stdout);
}

#[test]
fn statistics_are_trusted_only_where_that_is_asked_for() {
    use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    let folder = Folder::new(&[("t.rules", "rulegate 1\nfeatures t { a : int64 >= 0 }")]);
    let column: ArrayRef = std::sync::Arc::new(Int64Array::from_iter_values(0..10));
    let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
    let plain = parquet::file::properties::WriterProperties::builder().set_dictionary_enabled(false).build();
    let file = std::fs::File::create(folder.path("t.parquet")).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), Some(plain)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let args = ["validate", "--rules", "t.rules", "t.parquet", "--explain-plan"];
    let ran = folder.run(&args);
    assert!(ran.stdout.contains("statistics are not trusted (--trust-statistics)"), "{}", ran.stdout);
    let ran = folder.run(&[&args[..], &["--trust-statistics"]].concat());
    let range = ran.stdout.lines().find(|line| line.contains("t.a.range")).unwrap_or_default().to_owned();
    assert!(range.ends_with("statistics"), "{}", ran.stdout);
}

#[test]
fn waived_failures_are_shown_and_do_not_fail_the_data() {
    let rules = TOKENS.replace(
        "  rule low",
        "  waive score.range until date \"2031-06-30\" because \"ticket 412\" where chain = \"base\"\n  waive chain.enum because \"new chain\"\n  rule low",
    );
    let folder = Folder::new(&[("t.rules", &rules), ("d.csv", "id,chain,score\n1,base,101\n2,tron,5\n")]);
    let ran = folder.validate(&["d.csv", "--now", "2031-06-30T12:00:00Z"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.stdout);
    for text in [
        "~ tokens.score.range",
        "row 0 (waived)  id=1  score=101.0",
        "waiver: tokens.score.range until 2031-06-30, 1 failure: ticket 412\n",
        "waiver: tokens.chain.enum, 1 failure: new chain\n",
        "PASS: all 2 rows hold, 2 failures waived\n",
    ] {
        assert!(ran.stdout.contains(text), "`{text}` is not in: {}", ran.stdout);
    }
    let over = folder.validate(&["d.csv", "--now", "2031-07-01T00:00:00Z"]);
    assert_eq!(over.code, Some(1));
    assert!(over.stdout.contains("warning: the waiver of tokens.score.range ended on 2031-06-30"), "{}", over.stdout);
}

#[test]
fn safe_edits_are_made_and_guesses_are_left() {
    let broken = "features t {\n  a : int64 == 5\n  b : varchar length <= 3\n  c : int64 >= 0 && a > 1\n}\n";
    let folder = Folder::new(&[("t.rules", broken), ("guess.rules", "rulegate 1\nfeatures t { a : int64 >= bb  b : int64 }\n")]);
    let ran = folder.run(&["check", "t.rules", "--fix"]);
    let text = std::fs::read_to_string(folder.path("t.rules")).unwrap();
    assert!(
        text.starts_with("rulegate 1\n\nfeatures t {\n  a : int64 = 5\n  b : string length <= 3\n"),
        "{text}{}{}",
        ran.stdout,
        ran.stderr
    );
    assert!(ran.stderr.contains("fixed: t.rules: line 2: `==` is not an operator here"), "{}", ran.stderr);
    assert!(!ran.stdout.contains("`==`"), "{}", ran.stdout);
    let again = folder.run(&["check", "t.rules", "--fix"]);
    assert_eq!((again.code, again.stdout.as_str(), again.stderr.as_str()), (ran.code, ran.stdout.as_str(), ""));
    let before = std::fs::read_to_string(folder.path("guess.rules")).unwrap();
    assert_eq!(folder.run(&["check", "guess.rules", "--fix"]).code, Some(1));
    assert_eq!(std::fs::read_to_string(folder.path("guess.rules")).unwrap(), before);
}

#[test]
fn what_fix_would_change_can_be_seen_before() {
    let broken = "rulegate 1\nfeatures t {\n  a : int64 == 5\n  b : int64 >= bb\n}\n";
    let folder = Folder::new(&[("t.rules", broken), ("sound.rules", "rulegate 1\nfeatures t { a : int64 }\n")]);
    for options in [["--fix", "--diff"].as_slice(), &["--diff"]] {
        let ran = folder.run(&[&["check", "t.rules", "sound.rules"], options].concat());
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert_eq!(
            ran.stdout,
            "--- t.rules\n+++ t.rules\n@@ -1,5 +1,5 @@\n rulegate 1\n features t {\n-  a : int64 == 5\n+  a : int64 = 5\n   b : int64 >= bb\n }\n"
        );
        assert_eq!(ran.stderr, "would fix: t.rules: line 3: `==` is not an operator here: equality is one `=`\n");
        assert_eq!(std::fs::read_to_string(folder.path("t.rules")).unwrap(), broken, "nothing is written");
    }
    // Guesses are no edits, so there is nothing to show; missing files are told.
    let after = folder.run(&["check", "t.rules", "--fix"]);
    assert_eq!(after.code, Some(1));
    assert_eq!(folder.run(&["check", "t.rules", "--diff"]).code, Some(0));
    assert_eq!(folder.run(&["check", "missing.rules", "t.rules", "--diff"]).code, Some(2));
}

#[test]
fn a_baseline_lets_what_is_known_pass_and_nothing_else() {
    let folder = tokens();
    assert_eq!(folder.validate(&["bad.csv", "--output", "json=known.json"]).code, Some(1));
    let same = folder.validate(&["bad.csv", "--baseline", "known.json"]);
    assert_eq!(same.code, Some(0), "{}{}", same.stdout, same.stderr);
    assert!(same.stdout.ends_with("PASS: 3 failures known from baseline, 1 rule warns\n"), "{}", same.stdout);
    folder.write("worse.csv", "id,chain,score\n1,base,5\n2,tron,101\n2,tron,102\n");
    let worse = folder.validate(&["worse.csv", "--baseline", "known.json"]);
    assert_eq!(worse.code, Some(1));
    assert!(worse.stdout.contains("new: tokens.id.unique has 2 failures, none known from baseline"), "{}", worse.stdout);
    let report = folder.report(&["worse.csv", "--baseline", "known.json"]);
    assert_eq!(report.baseline.map(|baseline| baseline.outcome), Some(Outcome::Fail));
    folder.refuses(&["bad.csv", "--baseline", "bad.csv"], &["bad.csv: the baseline cannot be read", "--output json=FILE"]);
    folder.refuses(&["bad.csv", "--baseline", "known.json", "--output", "json=known.json"], &["would replace a file that is read"]);
}

const MOOD: &str = r#"rulegate 1
output mood from response {
  columns { id: int64 }
  key id
  tone  : string @normalize(lower) in ("good", "bad")
  score : float between -1 and 1
  fallback { tone: "bad", score: 0.0 }
}
"#;

#[test]
fn typed_values_are_written_whole_beside_the_verdict() {
    let lines = concat!(
        "{\"id\": 1, \"response\": {\"tone\": \"GOOD\", \"score\": 0.5}}\n",
        "{\"id\": 2, \"response\": \"{\\\"tone\\\": \\\"good\\\", \\\"sco\"}\n",
        "{\"id\": 3, \"response\": {\"tone\": \"good\", \"score\": 7}}\n",
    );
    let folder = Folder::new(&[("mood.rules", MOOD), ("a.jsonl", lines), ("b.jsonl", lines), ("t.rules", TOKENS), ("good.csv", GOOD)]);
    let ran = folder.run(&["validate", "--rules", "mood.rules", "a.jsonl", "b.jsonl", "--typed", "out.parquet"]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);

    let file = std::fs::File::open(folder.path("out.parquet")).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let shown = |batch: &arrow::array::RecordBatch, row: usize| {
        let cells = batch.columns().iter().map(|column| arrow::util::display::array_value_to_string(column, row).unwrap());
        cells.collect::<Vec<_>>().join(" | ")
    };
    let rows: Vec<String> =
        reader.map(Result::unwrap).flat_map(|batch| (0..batch.num_rows()).map(|row| shown(&batch, row)).collect::<Vec<_>>()).collect();
    assert_eq!(
        rows,
        [
            "a.jsonl | 0 | {id: 1} | {tone: good, score: 0.5} | strict | ",
            "a.jsonl | 1 | {id: 2} | {tone: bad, score: 0.0} | fallback | truncated",
            "a.jsonl | 2 | {id: 3} | {tone: bad, score: 0.0} | fallback | mood.score.range",
            "b.jsonl | 0 | {id: 1} | {tone: good, score: 0.5} | strict | ",
            "b.jsonl | 1 | {id: 2} | {tone: bad, score: 0.0} | fallback | truncated",
            "b.jsonl | 2 | {id: 3} | {tone: bad, score: 0.0} | fallback | mood.score.range",
        ]
    );
    let left: Vec<_> = std::fs::read_dir(folder.0.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".tmp")), "{left:?}");

    // A run that breaks off leaves what was there before.
    let before = std::fs::read(folder.path("out.parquet")).unwrap();
    folder.write("broken.jsonl", format!("{lines}{{\n"));
    let ran = folder.run(&["validate", "--rules", "mood.rules", "broken.jsonl", "--typed", "out.parquet"]);
    assert_eq!(ran.code, Some(2), "{}{}", ran.stdout, ran.stderr);
    assert!(std::fs::read(folder.path("out.parquet")).unwrap() == before);
    let left = std::fs::read_dir(folder.0.path()).unwrap().count();
    assert_eq!(left, 7);

    for (args, told) in [
        (vec!["--rules", "t.rules", "good.csv", "--typed", "x.parquet"], "is a features block"),
        (vec!["--rules", "mood.rules", "a.jsonl", "--typed", "x.csv"], "ends in .parquet"),
        (vec!["--rules", "mood.rules", "a.jsonl", "--typed", "x.parquet", "-o", "json=x.parquet"], "two outputs go to one file"),
        (vec!["--rules", "mood.rules", "out.parquet", "--typed", "out.parquet"], "would replace a file that is read"),
    ] {
        let ran = folder.run(&[vec!["validate"], args].concat());
        assert_eq!((ran.code, ran.stderr.contains(told)), (Some(2), true), "{}", ran.stderr);
    }
}

const MOOD: &str = r#"rulegate 1
output mood from response @closed @finish_reason(finish) {
  columns { custom_id: string?, finish: string? }
  key custom_id
  tone  : enum("good", "bad")
  score : float between -1 and 1
}
"#;

#[test]
fn batch_results_are_read_as_the_envelope_says() {
    let lines = include_str!("../../../tests/envelopes/openai.jsonl");
    let folder = Folder::new(&[("t.rules", MOOD), ("out.jsonl", lines)]);
    let judged = |args: &[&str]| {
        let report = folder.report(&[args, &["out.jsonl"]].concat());
        let parse = report.rules.iter().find(|rule| rule.id == "mood.parse").unwrap();
        (report.rows, parse.failed, parse.reasons.clone())
    };
    let auto = judged(&[]);
    assert_eq!((auto.0, auto.1), (13, 9));
    assert_eq!(auto.2.get("refused"), Some(&2));
    assert_eq!(judged(&["--envelope", "auto"]), auto);
    assert_eq!(judged(&["--envelope", "openai"]), auto);
    let human = folder.validate(&["--envelope", "openai", "out.jsonl"]);
    assert_eq!(human.code, Some(1), "{}", human.stderr);

    // Taken as they are, the lines are no responses of this block.
    let plain = folder.validate(&["--envelope", "none", "out.jsonl", "--format", "json"]);
    assert_ne!(plain.code, Some(0));
    assert!(!plain.stdout.contains("\"refused\": 2"), "{}", plain.stdout);
    folder.refuses(&["--envelope", "openia", "out.jsonl"], &["openia", "--envelope"]);
}

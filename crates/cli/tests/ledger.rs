//! `validate --ledger`, `validate --overrides`, `check --overrides`, `ledger verify` and `ledger show`, as people run them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

const RULES: &str = "rulegate 1
param floor: float = 0
features tokens {
  key id
  id        : int64 unique
  gem_score : float64 between 0 and 100
  chain     : string in (\"ethereum\", \"base\")
  liquidity : float64 >= $floor @warn
}
";
const DATA: &str = "id,gem_score,chain,liquidity\n1,50,base,100\n2,120,base,-5\n3,10,solana,3\n";
const OVERRIDES: &str = "[[override]]
rule = \"tokens.gem_score.range\"
mode = \"shadow\"
who = \"ana\"
when = 2026-11-20
why = \"scores go up to 120 until the release\"

[[override]]
rule = \"tokens.chain.enum\"
mode = \"off\"
who = \"ben\"
when = \"2026-11-21\"
why = \"chains are being <renamed>\"
until = \"2026-12-31\"

[[param]]
name = \"floor\"
value = \"10\"
who = \"ben\"
when = \"2026-11-21\"
why = \"a trial\"
";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("t.rules", RULES), ("t.csv", DATA), ("o.toml", OVERRIDES)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn run(folder: &Path, line: &str) -> (i32, String, String) {
    let mut command = Command::cargo_bin("rulegate").unwrap();
    let Output { status, stdout, stderr } = command.current_dir(folder).args(line.split(' ')).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

const JUDGE: &str = "validate -r t.rules t.csv --now 2026-11-22T00:00:00Z";

#[test]
fn each_run_is_an_entry_and_the_first_altered_one_is_named() {
    let folder = folder();
    let (code, _, told) = run(folder.path(), &format!("{JUDGE} --ledger d.ledger --trace-id run-1"));
    assert_eq!(code, 1);
    assert!(told.starts_with("ledger: d.ledger, head 0:"), "{told}");
    assert_eq!(run(folder.path(), &format!("{JUDGE} --ledger d.ledger --overrides o.toml --quiet")).0, 0);

    let (code, out, _) = run(folder.path(), "ledger verify d.ledger");
    assert_eq!(code, 0);
    assert!(out.starts_with("d.ledger: 2 entries, the chain holds\nhead: 1:"), "{out}");
    let head = out.trim().rsplit("head: ").next().unwrap().to_owned();
    let (_, shown, _) = run(folder.path(), "ledger show d.ledger");
    for part in [
        "fail  trace run-1\n  rules     t.rules (",
        "  judged    t.csv by tokens: 3 rows, sha256 ",
        "  failing   tokens.gem_score.range (1)",
        "  in shadow 1 fail\n",
        "  override  tokens.chain.enum off until 2026-12-31, by ben on 2026-11-21: chains are being <renamed>\n",
        "  override  param floor = 10, by ben on 2026-11-21: a trial\n",
    ] {
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
    let (hash, _) = rulegate::ledger::sha256(DATA.as_bytes()).unwrap();
    let (_, about, _) = run(folder.path(), &format!("ledger show d.ledger --about {hash} --last 1 --format json"));
    assert_eq!((about.lines().count(), about.contains("\"seq\":1,")), (1, true), "{about}");

    let path = folder.path().join("d.ledger");
    let sound = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, sound.lines().next().unwrap().to_owned() + "\n").unwrap();
    assert_eq!(run(folder.path(), "ledger verify d.ledger").0, 0, "a cut end is no flaw of the chain");
    let (code, _, told) = run(folder.path(), &format!("ledger verify d.ledger --head {head}"));
    assert_eq!(code, 1);
    assert!(told.contains("d.ledger:2: entry 1 is missing: the entry that was noted (1:"), "{told}");

    std::fs::write(&path, sound.replacen("\"rows_failed\":2", "\"rows_failed\":0", 1)).unwrap();
    let (code, out, told) = run(folder.path(), "ledger verify d.ledger");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(told.starts_with("error: d.ledger:1: entry 0 is altered: its bytes do not have the hash it bears; compare"), "{told}");
    let (code, out, _) = run(folder.path(), "ledger verify d.ledger --format json");
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (code, &answer["holds"], &answer["flaw"]["entry"], &answer["flaw"]["kind"]),
        (1, &false.into(), &0.into(), &"altered".into())
    );
    assert_eq!(run(folder.path(), "ledger verify none.ledger").0, 2);
}

#[test]
fn nothing_is_judged_where_the_ledger_could_not_take_it() {
    let folder = folder();
    for (ledger, part) in
        [("t.csv", "t.csv: the ledger is a file that is read"), ("o.toml", "o.toml:1: entry 0 is altered: it is not JSON")]
    {
        let (code, out, told) = run(folder.path(), &format!("{JUDGE} --ledger {ledger}"));
        assert_eq!((code, out.as_str()), (2, ""), "{told}");
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("t.csv")).unwrap(), DATA);
    assert_eq!(std::fs::read_to_string(folder.path().join("o.toml")).unwrap(), OVERRIDES);
}

#[test]
fn every_rendering_tells_of_overrides_and_of_what_shadow_rules_would_have_done() {
    let folder = folder();
    let line = "tokens.gem_score.range: shadow, by ana on 2026-11-20: scores go up to 120 until the release";
    for (format, parts) in [
        (
            "human",
            &[
                "tokens.gem_score.range (shadow)",
                "tokens.gem_score.range  in shadow: not acted on; 1 of 3 rows fails",
                "override: tokens.gem_score.range: shadow, by ana",
                "1 rule in shadow would fail it",
                "switched off by ben on 2026-11-21 until 2026-12-31",
            ][..],
        ),
        ("markdown", &[line, "in shadow: would fail the data", "error, shadow", "1 rule in shadow would fail it"]),
        ("html", &[line, "in shadow: would fail the data", "error, shadow", "chains are being &lt;renamed&gt;"]),
        ("junit", &[line, "in shadow: would fail the data", "switched off by ben"]),
        ("sarif", &[line, "in shadow: would fail the data", "\"shadow\": true"]),
        ("github", &["::notice title=override::tokens.gem_score.range: shadow, by ana on 2026-11-20", "in shadow: would fail the data"]),
        ("json", &["\"target\": \"tokens.gem_score.range\"", "\"shadow\": true", "switched off by ben"]),
        ("jsonl", &["\"target\":\"tokens.gem_score.range\"", "\"shadow\":true", "switched off by ben"]),
    ] {
        let (code, out, told) = run(folder.path(), &format!("{JUDGE} --overrides o.toml --format {format}"));
        assert_eq!(code, 0, "{format}: {told}");
        for part in parts {
            assert!(out.contains(part), "{format}: {part:?} is not in\n{out}");
        }
    }
}

#[test]
fn an_override_that_is_over_leaves_the_rule_enforced_and_is_told() {
    let folder = folder();
    let (code, out, _) = run(folder.path(), "validate -r t.rules t.csv --now 2027-01-01T00:00:00Z --overrides o.toml");
    assert_eq!(code, 1);
    assert!(out.contains("warning: the override of `tokens.chain.enum` by ben ended after 2026-12-31"), "{out}");
}

#[test]
fn mistakes_in_overrides_are_told_at_their_lines() {
    let folder = folder();
    assert_eq!(run(folder.path(), "check t.rules --overrides o.toml").0, 0);
    // What does not fit stands among the diagnostics, at what the override names; what cannot be read is told on stderr.
    for (from, to, at, part) in [
        ("tokens.chain.enum", "tokens.chain.enm", "o.toml:9:8", "there is no rule `tokens.chain.enm`"),
        ("mode = \"off\"\n", "", "o.toml:9:8", "the override of `tokens.chain.enum` changes nothing"),
        ("2026-11-21", "2026-13-21", "o.toml:9:8", "`when` is neither a date nor a time: `2026-13-21`"),
        ("\"floor\"", "\"flor\"", "o.toml:17:8", "the rules have no parameter `flor`"),
        ("\"10\"", "\"ten\"", "o.toml:17:8", "`ten` is no value for the parameter `floor`"),
        ("\"off\"", "\"loud\"", "o.toml:10: ", "unknown variant `loud`, expected one of `enforce`, `shadow`, `off`"),
        ("who = \"ana\"\n", "", "o.toml:1: ", "missing field `who`"),
        ("2026-11-20", "20.11.2026", "o.toml:5: ", ""),
    ] {
        std::fs::write(folder.path().join("o.toml"), OVERRIDES.replacen(from, to, 1)).unwrap();
        let (code, out, told) = run(folder.path(), "check t.rules --overrides o.toml");
        let (judged, printed, _) = run(folder.path(), &format!("{JUDGE} --overrides o.toml"));
        assert!(code > 0 && (out.contains(part) && out.contains(at) || told.contains(part) && told.contains(at)), "{part}: {out}{told}");
        assert_eq!((code == 1, code == 1), (out.contains("checked 1 file: 1 error, 0 warnings"), told.is_empty()), "{part}: {out}{told}");
        assert_eq!((judged, printed.as_str()), (2, ""), "{part}");
    }
    std::fs::write(folder.path().join("o.toml"), OVERRIDES.replacen("tokens.chain.enum", "tokens.chain.enm", 1)).unwrap();
    let (_, out, _) = run(folder.path(), "check t.rules --overrides o.toml --format json");
    let entries: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&entries[0]["code"], &entries[0]["line"], &entries[0]["help"]),
        (&"overrides".into(), &9.into(), &"did you mean `tokens.chain.enum`?".into())
    );
    assert!(run(folder.path(), &format!("{JUDGE} --overrides o.toml")).2.contains("error: o.toml:9: there is no rule `tokens.chain.enm`"));
    std::fs::copy(folder.path().join("t.rules"), folder.path().join("u.rules")).unwrap();
    let (code, _, told) = run(folder.path(), "check t.rules u.rules --overrides o.toml");
    assert_eq!(code, 2);
    assert!(told.contains("--overrides is about one rule file"), "{told}");
}

#[test]
fn overrides_out_of_their_time_are_warned_of() {
    let folder = folder();
    let dated = OVERRIDES.replace("2026-12-31", "2020-12-31").replacen("when = 2026-11-20", "when = 2999-01-01", 1);
    std::fs::write(folder.path().join("o.toml"), dated).unwrap();
    let (code, out, told) = run(folder.path(), "check t.rules --overrides o.toml");
    assert_eq!((code, told.as_str()), (0, ""), "{out}");
    for part in [
        "warning: the override of `tokens.gem_score.range` is dated 2999-01-01, which is yet to come: it holds today",
        "o.toml:2:8",
        "warning: the override of `tokens.chain.enum` by ben ended after 2020-12-31: the rule file holds again",
        "o.toml:9:8",
        "checked 1 file: 0 errors, 2 warnings",
    ] {
        assert!(out.contains(part), "{part:?} is not in\n{out}");
    }
}

#[test]
fn the_ledger_shows_when_overrides_were_laid_and_until_when_they_hold() {
    let folder = folder();
    run(folder.path(), &format!("{JUDGE} --overrides o.toml --ledger d.ledger --quiet"));
    let (_, out, _) = run(folder.path(), "ledger show d.ledger");
    assert!(out.contains("tokens.gem_score.range shadow, by ana on 2026-11-20: scores"), "{out}");
    assert!(out.contains("tokens.chain.enum off until 2026-12-31, by ben on 2026-11-21: chains"), "{out}");
}

#[test]
fn a_parameter_is_given_once() {
    let folder = folder();
    let (code, _, told) = run(folder.path(), &format!("{JUDGE} --overrides o.toml --param floor=3"));
    assert_eq!(code, 2);
    assert!(told.contains("the parameter `floor` is given twice"), "{told}");
    let (_, out, _) = run(folder.path(), &format!("{JUDGE} --overrides o.toml --format json"));
    assert!(out.contains("\"floor\": \"10.0\""), "{out}");
}

/// Files that a run wrote are found in the ledger by their hashes.
#[test]
fn written_files_are_verified_against_the_ledger() {
    let folder = folder();
    let split = format!("{JUDGE} --clean clean.csv --quarantine bad.csv --ledger d.ledger");
    let (_, _, told) = run(folder.path(), &split);
    let (code, out, _) = run(folder.path(), "verify clean.csv bad.csv --ledger d.ledger");
    assert_eq!(code, 0, "{out}{told}");
    assert_eq!(out.matches("ledger: entry 0, ").count(), 2, "{out}");
    run(folder.path(), "validate -r t.rules t.csv --ledger other.ledger");
    let (code, out, _) = run(folder.path(), "verify clean.csv --ledger other.ledger");
    assert_eq!(code, 1);
    assert!(out.contains("the ledger has no decision about it"), "{out}");
}

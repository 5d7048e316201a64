//! `rulegate.toml`, colours, completions and pages for man.

use std::path::Path;
use std::process::Command;

const RULES: &str = "rulegate 1\nparam most: float = 1\nfeatures t {\n  a : float64 between 0 and $most\n  b : float64?\n}\n";

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn run_with(folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rulegate"));
    command.args(args).current_dir(folder).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").envs(variables.iter().copied());
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn run(folder: &Path, args: &[&str]) -> Ran {
    run_with(folder, args, &[])
}

/// A folder with rules, data of one row with 2 in `a`, and a `rulegate.toml`.
fn folder(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("rules/deep")).unwrap();
    std::fs::write(folder.path().join("rules/t.rules"), RULES).unwrap();
    std::fs::write(folder.path().join("t.csv"), "a\n2\n").unwrap();
    std::fs::write(folder.path().join("rulegate.toml"), config).unwrap();
    folder
}

#[test]
fn options_come_from_the_file_and_the_command_line_wins() {
    let folder = folder("rules = \"rules/t.rules\"\n[params]\nmost = 5\n[validate]\nformat = \"json\"\nstrict = true\n");
    let strict = run(folder.path(), &["validate", "t.csv"]);
    assert_eq!(strict.code, Some(1), "{}", strict.stderr);
    assert!(strict.stdout.contains("\"strict\": true") && strict.stdout.contains("\"most\": \"5"), "{}", strict.stdout);
    let lenient = run(folder.path(), &["validate", "t.csv", "--strict=false", "--format", "human"]);
    assert_eq!(lenient.code, Some(0), "{}{}", lenient.stdout, lenient.stderr);
    assert!(lenient.stdout.contains("PASS"), "{}", lenient.stdout);
    let given = run(folder.path(), &["validate", "t.csv", "--strict=false", "--param", "most=1"]);
    assert_eq!(given.code, Some(1), "{}", given.stdout);
    let explained = run(folder.path(), &["explain", "a.range"]);
    assert!(
        explained.stdout.contains("between 0.0 and 5.0") || explained.stdout.contains("between 0 and 5"),
        "{}{}",
        explained.stdout,
        explained.stderr
    );
}

#[test]
fn the_nearest_file_upwards_counts_and_its_paths_are_its_own() {
    let folder = folder("rules = \"rules/t.rules\"\n[validate]\noutput = [\"jsonl=out.jsonl\"]\n");
    let ran = run(&folder.path().join("rules/deep"), &["validate", "../../t.csv"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(folder.path().join("out.jsonl").is_file());
    std::fs::write(folder.path().join("rules/rulegate.toml"), "").unwrap();
    let ran = run(&folder.path().join("rules/deep"), &["validate", "../../t.csv"]);
    assert!(ran.stderr.contains("--rules"), "the nearer file is empty: {}", ran.stderr);
}

#[test]
fn an_option_of_all_means_those_that_can_take_it() {
    let folder = folder("format = \"sarif\"\nrules = \"rules/t.rules\"\n");
    assert!(run(folder.path(), &["check", "rules/t.rules"]).stdout.contains("\"2.1.0\""));
    assert!(run(folder.path(), &["explain", "round"]).stdout.contains("round("), "explain has no sarif and keeps its own form");
}

#[test]
fn what_does_not_fit_is_told_with_its_line_and_what_is_near() {
    for (config, said) in [
        ("rules = \"t.rules\"\n\nthreds = 4\n", vec!["rulegate.toml:3", "`threds`", "did you mean `threads`?"]),
        ("[validate]\nstrct = true\n", vec!["rulegate.toml:2", "`strct`", "did you mean `strict`?"]),
        ("[validat]\n", vec!["rulegate.toml:1", "`validat`", "did you mean `validate`?"]),
        ("[validate]\nthreads = \"many\"\n", vec!["rulegate.toml:2", "`threads`", "many"]),
        ("[validate]\nstrict = 1\n", vec!["rulegate.toml:2", "`strict`", "true or false"]),
        ("[validate]\nthreads = [1, 2]\n", vec!["rulegate.toml:2", "one value"]),
        ("[check]\nformat = \"html5\"\n", vec!["rulegate.toml:2", "html5", "github"]),
        ("[validate]\nblock = [[1]]\n", vec!["rulegate.toml:2", "no plain value"]),
        ("rules = t.rules\n", vec!["rulegate.toml:1", "TOML"]),
    ] {
        let ran = run(folder(config).path(), &["validate", "t.csv", "--rules", "rules/t.rules"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{config}: {}", ran.stderr);
        said.iter().for_each(|text| assert!(ran.stderr.contains(text), "{config}: `{text}` is not in: {}", ran.stderr));
    }
}

#[test]
fn colours_are_where_they_are_wanted() {
    let folder = folder("");
    let coloured = |args: &[&str], variables: &[(&str, &str)]| {
        run_with(folder.path(), &[&["validate", "--rules", "rules/t.rules", "t.csv"], args].concat(), variables).stdout.contains('\u{1b}')
    };
    assert!(!coloured(&[], &[]), "a pipe has none");
    assert!(coloured(&["--color", "always"], &[]) && coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]) && coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn completions_and_pages_name_every_command() {
    let folder = folder("");
    let help = run(folder.path(), &["--help"]).stdout;
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(folder.path(), &["completions", shell]).stdout;
        assert!(["validate", "explain", "limit-samples"].iter().all(|word| script.contains(word)), "{shell}");
    }
    let pages = folder.path().join("man");
    std::fs::create_dir(&pages).unwrap();
    assert_eq!(run(folder.path(), &["completions", "--man", "man"]).code, Some(0));
    for name in ["rulegate.1", "rulegate-validate.1", "rulegate-explain.1"] {
        assert!(std::fs::read_to_string(pages.join(name)).unwrap().contains(".TH"), "{name}");
    }
    assert!(help.contains("completions") && help.contains("--color"), "{help}");
    assert_eq!(run(folder.path(), &["completions", "--man", "none"]).code, Some(2));
}
